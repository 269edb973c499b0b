//! What goes into a session, and what comes out of it.

use std::net::{Ipv4Addr, SocketAddr};

use super::error::{DataFault, Error};
use super::op::{Operation, Outcome};
use crate::model::Record;

/// What happens to a session.
#[derive(Debug)]
pub enum Input<'a> {
    /// Bytes from the control connection (decrypted, once it is secure).
    Bytes(&'a [u8]),
    /// Start an operation. Only while none is under way.
    Begin(Operation),
    /// The control connection is secure, as `Output::Secure` wanted.
    Secured,
    /// The control connection is in clear again, as `Output::Clear` wanted.
    Cleared,
    /// A port listens for the server, as `Output::Listen` wanted.
    Listening(SocketAddr),
    /// What comes behind the transfer at hand, so that it may be asked for ahead.
    Follows(Follows),
    /// The operation that was certain to begin next does not.
    Unwanted,
    /// The data connection is open: connected to, or accepted.
    DataOpen,
    /// The data connection has ended, or could not be made.
    DataDone(Result<DataEnd, DataFault>),
    /// The server has said nothing more for a while, and [`Session::reply_seems_over`](super::Session::reply_seems_over).
    Quiet,
    /// The control connection has been quiet for long while data move: say something, if that is safe.
    KeepAlive,
    /// A person, or a deadline, wants the operation to stop.
    Cancel,
    /// The control connection is closed or broken.
    Closed,
}

/// What comes behind a transfer on its connection, and what is known of the one at hand.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Follows {
    /// Another transfer follows at once, as far as anybody knows.
    pub more: bool,
    /// The bytes that the one at hand must bring.
    pub expected: Option<u64>,
    /// The operation that begins next on this connection, for certain: another one closes it.
    pub next: Option<Operation>,
    /// The server is so far away that active mode pays, where it works.
    pub far: bool,
    /// It may be found out whether it works.
    pub may_try: bool,
    /// What another connection to the server has found out about that.
    pub comes: Option<bool>,
}

/// How a data connection ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataEnd {
    /// Bytes that crossed it.
    pub bytes: u64,
    /// Whether its end is authentic: of what was received a close_notify under TLS, and always in clear; of what was sent
    /// that the server has closed its side, so that it has read all.
    pub clean: bool,
    /// In clear, of what was sent: the server has reset the connection instead of closing it, as one does that has not read
    /// all. Under TLS a reset behind our close_notify is usual.
    pub broken: bool,
}

/// What a session wants.
#[derive(Debug)]
pub enum Output {
    /// Put this into the transcript.
    Log(Record),
    /// Send these bytes on the control connection.
    Send(Vec<u8>),
    /// Start TLS on the control connection, then `Input::Secured`.
    Secure,
    /// End TLS on the control connection, then `Input::Cleared`.
    Clear,
    /// Open a data connection, then `Input::DataOpen` or `DataDone(Err)`.
    Connect {
        /// Where to: `None` for the control connection's peer.
        host: Option<Ipv4Addr>,
        /// The port there.
        port: u16,
    },
    /// Listen for a data connection on our end's address, then `Input::Listening`.
    Listen,
    /// The data command is on the wire: as soon as the data connection is open, secure it if `protected` (without
    /// waiting for the preliminary reply), move the bytes of the operation, then `Input::DataDone`. A second `Flow` in
    /// one operation starts again: what the first one collected is void.
    Flow {
        /// PROT P holds.
        protected: bool,
    },
    /// Abandon the data connection at once, with a reset: nobody may take what was sent for a whole file. Nothing more
    /// of it may be told to the session.
    Drop,
    /// The operation is over, and nothing is owed.
    Done(Result<Outcome, Error>),
    /// The session can never be used again: close the control connection. Comes after `Done` where an operation was
    /// under way.
    Close,
}
