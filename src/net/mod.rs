//! Sockets, TLS, and data between a connection and a file; no policy.
//!
//! [`open()`] reaches a server, secures the control connection and logs in; a task then drives the [`ftp::Session`] and
//! reads also while nothing is asked, so that an unsolicited reply is seen at once. [`Connection`] is the handle to it.
//! Nothing here waits without a bound: every step has a deadline, and every operation can be cancelled.
//!
//! [`ftp::Session`]: crate::ftp::Session

mod ascii;
mod belt;
mod cancel;
mod connection;
mod copy;
mod data;
mod dial;
#[cfg(any(target_os = "linux", target_os = "android"))]
mod direct;
mod driver;
mod error;
mod identity;
mod list;
mod log;
mod outside;
mod pace;
mod proxy;
mod span;
mod stream;
#[cfg(test)]
mod tests;
mod tls;
mod trust;
mod zone;

pub use cancel::Cancel;
pub use connection::{Body, Collected, Connection, Flow, open};
pub use dial::{Backlog, Dial};
pub use error::Error;
pub use identity::ClientCertificate;
pub use log::Log;
pub use pace::Pace;
pub use proxy::Through;
pub use span::Span;
pub use trust::{Roots, Trust};
