//! One control connection, as a value.

use std::net::{IpAddr, SocketAddr};

use encoding_rs::Encoding;

use super::error::{DataFault, Error};
use super::op::{Operation, Outcome};
use crate::model::{Credentials, Mode, Record, Security};

/// What a session must be told before the first byte.
#[derive(Clone, Debug)]
pub struct Config {
    /// The host as a person named it, for HOST (RFC 7151).
    pub host: String,
    /// The server's end of the control connection: the only address that data connections are made to.
    pub peer: IpAddr,
    /// Our end of the control connection.
    pub local: IpAddr,
    /// TLS or not.
    pub security: Security,
    /// What logs in.
    pub credentials: Credentials,
    /// Who opens data connections.
    pub mode: Mode,
    /// The charset of names; `None`: UTF-8.
    pub encoding: Option<&'static Encoding>,
    /// What earlier sessions with this server have learned.
    pub known: Known,
}

/// What was learned about a server, so that no later session has to learn it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// EPSV is refused, or its port cannot be reached: use PASV.
    pub no_epsv: bool,
    /// EPRT is refused: use PORT.
    pub no_eprt: bool,
    /// Passive data connections cannot be made: use active mode (`Mode::Auto` only).
    pub no_passive: bool,
    /// MLSD is announced but does not work: use LIST.
    pub no_mlsd: bool,
    /// `LIST -a` takes `-a` for a path: use LIST alone.
    pub no_list_all: bool,
}

/// What happens to a session.
#[derive(Debug)]
pub enum Input<'a> {
    /// Bytes from the control connection (decrypted, once it is secure).
    Bytes(&'a [u8]),
    /// Start an operation. Only while none is under way.
    Begin(Operation),
    /// The control connection is secure, as `Output::Secure` wanted.
    Secured,
    /// A port listens for the server, as `Output::Listen` wanted.
    Listening(SocketAddr),
    /// The data connection is open: connected to, or accepted.
    DataOpen,
    /// The data connection has ended, or could not be made.
    DataDone(Result<DataEnd, DataFault>),
    /// A person, or a deadline, wants the operation to stop.
    Cancel,
    /// The control connection is closed or broken.
    Closed,
}

/// How a data connection ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DataEnd {
    /// Bytes that crossed it.
    pub bytes: u64,
    /// Whether its end is authentic: a close_notify under TLS. Always true in clear.
    pub clean: bool,
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
    /// Open a data connection to the control connection's peer at this port, then `Input::DataOpen` or `DataDone(Err)`.
    Connect(u16),
    /// Listen for a data connection on our end's address, then `Input::Listening`.
    Listen,
    /// The data command is on the wire: as soon as the data connection is open, secure it if `protected` (without
    /// waiting for the preliminary reply), move the bytes of the operation, then `Input::DataDone`.
    Flow {
        /// PROT P holds.
        protected: bool,
    },
    /// Abandon the data connection at once, with a reset: nobody may take what was sent for a whole file.
    Drop,
    /// The operation is over, and nothing is owed.
    Done(Result<Outcome, Error>),
    /// The session can never be used again: close the control connection. Comes after `Done` where an operation was
    /// under way.
    Close,
}
