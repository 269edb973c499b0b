//! The operations: each a table from what is answered, and how, to the next step.

mod enter;
mod file;
mod gateway;
mod list;
mod login;
mod path;
mod raw;
mod transfer;

pub use path::pathname;

use std::net::SocketAddr;

use jiff::Timestamp;

use self::transfer::Asks;
use super::checksum::Offer;
use super::command::{Command, Verb};
use super::control::Control;
use super::error::{DataFault, Error};
use super::exchange::Exchange;
use super::reply::{Class, Reply};
use super::traffic::DataEnd;
use crate::model::RemotePath;

/// A unit of work on one control connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// From the greeting to TYPE I: AUTH, USER, PASS, ACCT, SYST, FEAT, OPTS, PBSZ, PROT, PWD. The first of a session.
    LogIn,
    /// MLSD or LIST. Makes the directory the current one, so that a missing one is an error.
    List {
        /// The directory.
        path: RemotePath,
        /// What MLSD has sent cannot be read: it is not asked, and where LIST works never again.
        without_mlsd: bool,
    },
    /// RETR.
    Retrieve {
        /// The file.
        path: RemotePath,
        /// REST: bytes that are there already.
        offset: u64,
        /// TYPE.
        kind: TransferType,
        /// Whether MDTM is asked, while the data connection is made: it costs no time then.
        dated: bool,
    },
    /// STOR.
    Store {
        /// The file.
        path: RemotePath,
        /// REST: bytes that are there already.
        offset: u64,
        /// TYPE.
        kind: TransferType,
        /// What is asked once it is stored.
        then: Then,
    },
    /// APPE.
    Append {
        /// The file.
        path: RemotePath,
        /// TYPE.
        kind: TransferType,
        /// What is asked once it is stored.
        then: Then,
    },
    /// SIZE and MDTM (or MLST) of a file.
    Facts {
        /// The file.
        path: RemotePath,
    },
    /// CWD: whether a directory is there, and its real path.
    ChangeDirectory {
        /// The directory.
        path: RemotePath,
        /// It is listed next, or fetched as the file that it is: the data connection for that is made ahead.
        moves: bool,
    },
    /// MKD.
    MakeDirectory {
        /// The directory.
        path: RemotePath,
    },
    /// RMD.
    RemoveDirectory {
        /// The directory.
        path: RemotePath,
    },
    /// DELE.
    Delete {
        /// The file.
        path: RemotePath,
    },
    /// RNFR, RNTO.
    Rename {
        /// What.
        from: RemotePath,
        /// Where to.
        to: RemotePath,
    },
    /// SITE CHMOD.
    Chmod {
        /// What.
        path: RemotePath,
        /// `0o000` to `0o7777`.
        mode: u16,
    },
    /// MFMT, or where the server has only that the MDTM of two arguments or SITE UTIME.
    SetModified {
        /// The file.
        path: RemotePath,
        /// When.
        at: Timestamp,
    },
    /// HASH, XSHA256…: the checksum of a file as the server computes it.
    Checksum {
        /// The file.
        path: RemotePath,
        /// How, as FEAT offers it.
        offer: Offer,
    },
    /// A command as typed. One that needs a data connection (LIST, RETR…) gets one: what comes is collected, and what
    /// goes (STOR…) is nothing, an empty file.
    Raw {
        /// The line, without CR LF.
        line: String,
    },
    /// NOOP.
    NoOperation,
    /// QUIT; ends in `Done(Ok)` at the reply or when the server just closes.
    Quit,
}

impl Operation {
    /// Which way data flow, if they do.
    pub fn flow(&self) -> Option<Flow> {
        match self {
            Self::List { .. } => Some(Flow::Collect),
            Self::Raw { line } => {
                let verb = Command::typed(line.clone().into_bytes()).ok()?.verb();
                let flow = if verb.sends_data() { Flow::Send } else { Flow::Collect };
                verb.moves_data().then_some(flow)
            }
            Self::Retrieve { .. } => Some(Flow::Receive),
            Self::Store { .. } | Self::Append { .. } => Some(Flow::Send),
            _ => None,
        }
    }

    /// The file that it is about.
    fn file(&self) -> Option<&RemotePath> {
        match self {
            Self::Retrieve { path, .. }
            | Self::Store { path, .. }
            | Self::Append { path, .. }
            | Self::Facts { path }
            | Self::Checksum { path, .. }
            | Self::Delete { path }
            | Self::Rename { from: path, .. }
            | Self::Chmod { path, .. }
            | Self::SetModified { path, .. } => Some(path),
            _ => None,
        }
    }
}

/// What is asked about a file that was stored, in one packet behind the server's last word: each alone would cost another
/// round trip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Then {
    /// SIZE.
    pub size: bool,
    /// MFMT, or what the server has in its place: the file's time.
    pub modified: Option<Timestamp>,
    /// SITE CHMOD: the file's permissions, `0o000` to `0o777`.
    pub permissions: Option<u16>,
}

/// Where the bytes of a data connection go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Into memory, bounded.
    Collect,
    /// Into a file.
    Receive,
    /// From a file.
    Send,
}

/// TYPE (RFC 959 3.1.1).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum TransferType {
    /// `I`: the bytes as they are.
    #[default]
    Image,
    /// `A`: text, with CR LF on the wire.
    Ascii,
}

/// What an operation brought.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The session is ready.
    LoggedIn,
    /// Data of a listing were collected.
    Listed {
        /// Which command, hence which grammar.
        method: Method,
        /// The directory's path as the server says it (PWD), where it does.
        path: Option<RemotePath>,
    },
    /// All bytes came, and the server confirmed it.
    Retrieved {
        /// Bytes that came in this operation.
        bytes: u64,
        /// Whether the end was authentic (`DataEnd::clean`).
        clean: bool,
        /// What MDTM said, if it was asked and answered.
        modified: Option<crate::model::Modified>,
    },
    /// All bytes went, and the server confirmed it.
    Stored {
        /// Bytes that went in this operation.
        bytes: u64,
        /// What SIZE said, if it was asked and answered.
        size: Option<u64>,
        /// Whether the file has got its time, if that was wanted.
        dated: bool,
        /// Whether the data connection was closed in order (not `DataEnd::broken`): else the server's word is no proof.
        clean: bool,
    },
    /// What SIZE, MDTM or MLST said.
    Facts {
        /// In bytes.
        size: Option<u64>,
        /// In UTC.
        modified: Option<crate::model::Modified>,
        /// Whether it is a directory, where MLST said so.
        directory: Option<bool>,
    },
    /// The checksum in lower-case hexadecimal digits; `None` where the reply holds none.
    Checksum(Option<String>),
    /// The directory's path as the server says it.
    Directory(Option<RemotePath>),
    /// A command was obeyed.
    Done,
    /// The replies to a raw command, each with all its lines.
    Replies(Vec<Vec<String>>),
}

/// Which command listed a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Method {
    /// MLSD (RFC 3659).
    Mlsd,
    /// LIST (RFC 959): any dialect.
    List,
    /// NLST: names only.
    Nlst,
}

/// What an operation hears.
#[derive(Debug)]
pub(crate) enum Got<'a> {
    /// It begins.
    Start,
    /// A reply, and what it answers.
    Reply(Verb, Class, &'a Reply),
    /// The control connection is secure.
    Secured,
    /// The control connection is in clear again.
    Cleared,
    /// A port listens for the server.
    Listening(SocketAddr),
    /// The data connection is open.
    DataOpen,
    /// The data connection has ended, or could not be made.
    DataDone(Result<DataEnd, DataFault>),
}

/// What an operation does next.
#[derive(Debug)]
pub(crate) enum Next {
    /// Wait for what it has asked for.
    Wait,
    /// End, as soon as nothing is owed.
    Done(Outcome),
}

/// How a step of an operation ends. An error ends the operation, and a transfer under way is aborted.
pub(crate) type Step = Result<Next, Error>;

/// An operation under way.
#[derive(Debug)]
pub(crate) struct Task {
    /// The directory to go to first, where files are named from within theirs.
    from: Option<RemotePath>,
    work: Work,
}

impl Task {
    pub(crate) fn new(operation: Operation, control: &Control) -> Self {
        let within = operation.file().filter(|_| control.paths.is_relative()).and_then(RemotePath::parent);
        let from = within.filter(|directory| control.directory.as_ref() != Some(directory));
        Self { from, work: Work::new(operation) }
    }

    /// One that fetches a file, and whose command is on the wire already.
    pub(crate) fn under_way(operation: Operation, exchange: Exchange) -> Self {
        let mut work = Work::new(operation);
        if let Work::Transfer(transfer) = &mut work {
            transfer.take_up(exchange);
        }
        Self { from: None, work }
    }

    /// Whether a transfer is under way of which only the end of the data is missing.
    pub(crate) fn is_confirmed(&self) -> bool {
        let exchange = match &self.work {
            Work::List(list) => &list.exchange,
            Work::Transfer(transfer) => &transfer.exchange,
            Work::Raw(raw) => &raw.exchange,
            Work::LogIn(_) | Work::File(_) => &None,
        };
        exchange.as_ref().is_some_and(Exchange::is_confirmed)
    }

    pub(crate) fn step(&mut self, got: Got<'_>, control: &mut Control) -> Step {
        let Some(directory) = &self.from else { return self.work.step(got, control) };
        match got {
            Got::Start => control.send(Command::with(Verb::Cwd, control.directory_path(directory)?)?),
            Got::Reply(Verb::Cwd, Class::Completion, _) => {
                control.directory = self.from.take();
                return self.work.step(Got::Start, control);
            }
            Got::Reply(_, Class::Preliminary, _) => {}
            Got::Reply(verb, _, reply) => return Err(control.refused(verb, reply)),
            _ => {}
        }
        Ok(Next::Wait)
    }
}

/// What an operation does where it stands.
#[derive(Debug)]
enum Work {
    LogIn(login::LogIn),
    List(list::List),
    Transfer(transfer::Transfer),
    File(file::File),
    Raw(raw::Raw),
}

impl Work {
    fn new(operation: Operation) -> Self {
        let transfer =
            |verb, path, offset, kind, ask| Self::Transfer(transfer::Transfer::new(verb, path, offset, kind, ask));
        match operation {
            Operation::LogIn => Self::LogIn(login::LogIn::default()),
            Operation::List { path, without_mlsd } => Self::List(list::List::new(path, without_mlsd)),
            Operation::Retrieve { path, offset, kind, dated } => {
                transfer(Verb::Retr, path, offset, kind, Asks { time: dated, then: Then::default() })
            }
            Operation::Store { path, offset, kind, then } => {
                transfer(Verb::Stor, path, offset, kind, Asks { time: false, then })
            }
            Operation::Append { path, kind, then } => transfer(Verb::Appe, path, 0, kind, Asks { time: false, then }),
            Operation::Raw { line } => Self::Raw(raw::Raw::new(line)),
            other => Self::File(file::File::new(other)),
        }
    }

    fn step(&mut self, got: Got<'_>, control: &mut Control) -> Step {
        match self {
            Self::LogIn(task) => task.step(got, control),
            Self::List(task) => task.step(got, control),
            Self::Transfer(task) => task.step(got, control),
            Self::File(task) => task.step(got, control),
            Self::Raw(task) => task.step(got, control),
        }
    }
}
