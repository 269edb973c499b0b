//! What can go wrong between a session and a server.

use super::op::Outcome;

/// Why an operation failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The server answered with 4yz or 5yz, or with a class that cannot follow the command.
    #[error("{reply}")]
    Refused {
        /// The command's verb, such as `RETR`.
        verb: &'static str,
        /// The code.
        code: u16,
        /// The last line of the reply with its code, as a person reads it.
        reply: String,
    },
    /// The FTP proxy between us and the server lets nobody through; with its words, or why not.
    #[error("the proxy: {0}")]
    Gateway(String),
    /// A proxy carries the connections, and the site wants active mode.
    #[error("a server cannot connect to us through a proxy: active mode is impossible, choose passive mode")]
    ActiveThroughProxy,
    /// TLS is required, and the server does not offer it, or broke it off.
    #[error("the server does not offer TLS: {0}")]
    NoTls(String),
    /// The server said something that cannot be an answer to what was asked.
    #[error("the dialogue is out of step: {0}")]
    OutOfStep(String),
    /// The server carried out at once what was to wait until a file was sent, and so broke that file off.
    #[error("the server does not let a command wait while it sends a file")]
    Overlap,
    /// It was tried whether the server connects to us for a file that is asked for together with PORT, and it does not.
    #[error("the server does not connect to us for a file that is asked for ahead")]
    NoActive,
    /// More than is allowed of something.
    #[error("the server's {0} is longer than is allowed")]
    Limit(&'static str),
    /// The control connection closed; with the server's last words, if it said any.
    #[error("{}", .0.as_deref().unwrap_or("the server closed the connection"))]
    Closed(Option<String>),
    /// The data connection could not be made, or broke.
    #[error("{fault}{}", .reply.as_ref().map(|reply| format!(" ({reply})")).unwrap_or_default())]
    Data {
        /// What happened.
        fault: DataFault,
        /// The server's reply about it.
        reply: Option<String>,
    },
    /// An argument with CR, LF or NUL cannot be sent.
    #[error("a command cannot contain a line break or a NUL")]
    Argument,
    /// The charset of the site lacks a character of a name.
    #[error("the name cannot be written in {0}")]
    Charset(&'static str),
    /// The server lacks a command that the operation needs.
    #[error("the server does not support {0}")]
    Unsupported(&'static str),
    /// It would change the connection underneath, or is nothing at all.
    #[error("Longshore does not send {0}")]
    Withheld(&'static str),
    /// Somebody said stop, or a deadline passed.
    #[error("stopped")]
    Cancelled,
}

/// What happened to a data connection.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DataFault {
    /// It could not be made.
    #[error("no data connection: {0}")]
    Connect(String),
    /// Its TLS handshake failed, or it was not the same server.
    #[error("no TLS on the data connection: {0}")]
    Tls(String),
    /// It broke.
    #[error("the data connection broke: {0}")]
    Network(String),
    /// Nothing came or went for too long.
    #[error("the data connection was silent for {0} s, or nearly so")]
    Silent(u64),
    /// The local file could not be read or written.
    #[error("{0}")]
    Local(String),
    /// More than is allowed came.
    #[error("more data than is allowed came")]
    Limit,
    /// All came that was wanted: others fetch what is behind it.
    #[error("ended behind the range that was wanted")]
    Enough,
}

/// How an operation ends.
pub type Ended = Result<Outcome, Error>;
