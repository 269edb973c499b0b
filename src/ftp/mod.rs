//! The File Transfer Protocol as a value: no socket, no clock, no runtime, no file.
//!
//! Bytes and events go into a [`Session`]; transcript records, bytes and requests come out. Where each RFC lives:
//!
//! | RFC | what | where |
//! |---|---|---|
//! | 959, 1123 4.1 | replies, commands, the sequences between them, data connections | `reply`, `command`, `op`, `exchange` |
//! | 2228, 4217 | AUTH, PBSZ, PROT | `op::login` |
//! | 2389 | FEAT, OPTS | `feature` |
//! | 2428 | EPSV, EPRT | `endpoint` |
//! | draft-bryan-ftpext-hash | HASH; XSHA256, XMD5, XCRC... | `checksum`, `op::file` |
//! | 2640 | UTF-8 names | `charset`, `model::path` |
//! | 959 3.2 | the next data connection, made ahead; in active mode the next file, asked for ahead | `ahead`, `pipeline` |
//! | 3659 | MLSD, MLST, SIZE, MDTM, REST | `listing::mlsd`, `op::transfer`, `op::file` |

mod ahead;
pub mod charset;
pub mod checksum;
pub mod command;
mod config;
mod control;
pub mod endpoint;
pub mod error;
mod exchange;
pub mod fact;
pub mod feature;
pub mod listing;
pub mod op;
mod pipeline;
pub mod reply;
pub mod session;
mod stray;
mod traffic;

pub use checksum::Algorithm;
pub use config::{Comes, Config, Gateway, Known, Zone};
pub use error::{DataFault, Error};
pub use feature::Features;
pub use op::{Method, Operation, Outcome, Then, TransferType};
pub use session::Session;
pub use traffic::{DataEnd, Follows, Input, Output};
