//! What a person reads when something did not work.

use serde::{Deserialize, Serialize};

/// Why an action failed, made in one place (`worker::retry`) from the error of whatever room it happened in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// What was attempted, on what: `Could not open /pub/x`.
    pub what: String,
    /// Why, in the server's or the system's own words: `550 Failed to open file.`
    pub why: String,
    /// Which layer said no.
    pub cause: Cause,
    /// Whether trying the same again can help (RFC 959 4.2: 4yz and trouble on the way; never 5yz).
    pub again: bool,
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.what, self.why)
    }
}

/// The layer at which an action failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// No connection: the name, the network, a proxy, a connection that broke.
    Network,
    /// TLS could not be set up, or the certificate was not trusted.
    Tls,
    /// The server refused the log-in.
    LogIn,
    /// The server answered, and refused.
    Refused,
    /// The server does not speak FTP as it should; the connection was closed.
    Protocol,
    /// A file or folder of this machine.
    Local,
    /// A limit that protects against the server was reached.
    Limit,
    /// The file arrived, but its size or checksum is not what the server says.
    Differs,
    /// Somebody said stop.
    Cancelled,
}
