//! What happened: everything a front learns from the worker.

use std::path::PathBuf;
use std::sync::Arc;

use super::TabId;
use super::action::Ticket;
use super::after::AfterLast;
use super::compare::Comparison;
use super::failure::Failure;
use super::listing::{Listing, LocalListing};
use super::log::OpenedLog;
use super::path::RemotePath;
use super::question::{Question, QuestionId};
use super::queue::Delta;
use super::settings::Settings;
use super::site::{Site, Sites};
use super::syntax::PathSyntax;
use super::transcript::{ConnectionId, Line};

/// Something that happened. The window's mirror changes only by these.
#[derive(Clone, Debug)]
pub enum Event {
    /// A tab's browsing connection changed.
    Connection {
        /// The tab.
        tab: TabId,
        /// Its state now.
        state: ConnectionState,
    },
    /// A remote directory was listed, or could not be.
    Listing {
        /// The tab that shows it.
        tab: TabId,
        /// The directory that was asked for.
        path: RemotePath,
        /// What is in it; `path` there may differ where the server resolved a link.
        result: Result<Arc<Listing>, Failure>,
    },
    /// A remote directory's children for a tree, asked for with `Action::ListBranch`.
    Branch {
        /// The tab that shows it.
        tab: TabId,
        /// The directory that was asked for.
        path: RemotePath,
        /// What is in it.
        result: Result<Arc<Listing>, Failure>,
    },
    /// A local directory was listed, or could not be.
    LocalListing {
        /// The tab that shows it.
        tab: TabId,
        /// The directory that was asked for.
        path: PathBuf,
        /// What is in it.
        result: Result<Arc<LocalListing>, Failure>,
    },
    /// A local directory's children for a tree, asked for with `Action::ListLocalBranch`.
    LocalBranch {
        /// The directory that was asked for.
        path: PathBuf,
        /// What is in it.
        result: Result<Arc<LocalListing>, Failure>,
    },
    /// How much lies below the places that `Action::Measure` named, so far.
    Measured {
        /// Of the action.
        ticket: Ticket,
        /// Files so far.
        files: u64,
        /// Folders so far.
        folders: u64,
        /// Their bytes so far.
        bytes: u64,
        /// Whether that is all.
        whole: bool,
    },
    /// The queue changed.
    Queue(Delta),
    /// The queue has nothing more to do: every row is finished, failed or skipped.
    QueueIdle,
    /// What happens after the last transfer now.
    AfterLast(AfterLast),
    /// The last transfer has ended, and this was chosen for it: what the worker can do of it is done. How it went, in words.
    LastEnded(AfterLast, String),
    /// How many connections for transfers a server takes, as far as it said so; it is asked for more after a while.
    Limit {
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
        /// `None`: as many as are wanted.
        connections: Option<u8>,
    },
    /// A server has refused a connection because it takes no more, and what is to be said of it; that takes the place of
    /// what was said before.
    TooMany {
        /// Its host.
        host: String,
        /// Its port.
        port: u16,
        /// For a person.
        words: String,
    },
    /// A line crossed a control connection.
    Line(Line),
    /// A log was read from a file, or could not be.
    Log(Result<Box<OpenedLog>, Failure>),
    /// Two logs were compared, or could not be.
    Compared(Result<Box<Comparison>, Failure>),
    /// A control connection of the transcript was opened.
    Opened {
        /// Its number in the transcript.
        connection: ConnectionId,
        /// The tab it browses for; `None` for one that transfers.
        tab: Option<TabId>,
        /// The server.
        site: Arc<Site>,
    },
    /// A control connection of the transcript is closed.
    Closed(ConnectionId),
    /// A person must decide.
    Ask(Question),
    /// A question that no longer needs an answer.
    Withdrawn(QuestionId),
    /// A file action ended.
    Finished {
        /// The tab it was for.
        tab: TabId,
        /// Of the action.
        ticket: Ticket,
        /// How it ended.
        result: Result<Report, Failure>,
    },
    /// The sites as they are stored now.
    Sites(Arc<Sites>),
    /// The settings as they are stored now.
    Settings(Box<Settings>),
    /// A failure that belongs to no row, no listing and no tab.
    Failed(Failure),
    /// A word for the person that is no failure: a file was set aside, the queue is held…
    Notice(String),
    /// The vault could not take a password: it is kept until the program ends. Why, in the vault's words.
    NoVault(String),
    /// The worker has ended: everything is written, every connection closed.
    Stopped,
}

/// How a file action ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It is done.
    Done,
    /// It is done, and this is to be said of it.
    Said(String),
    /// The replies to a raw command, each with all its lines as the server sent them.
    Replies(Vec<Vec<String>>),
}

/// The state of a tab's browsing connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConnectionState {
    /// There is none; why, if it was not wanted.
    Disconnected(Option<Failure>),
    /// Being made; `String` is the step, such as `Looking up ftp.example.org`.
    Connecting(String),
    /// Logged in.
    Connected(Arc<Server>),
    /// Broken; it is made again in a moment.
    Waiting {
        /// What broke it.
        failure: Failure,
        /// Seconds until the next try.
        seconds: u32,
    },
}

/// What is known of a server after the log-in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Server {
    /// Where it is.
    pub site: Arc<Site>,
    /// Its address and port.
    pub address: String,
    /// The reply to SYST, without the code.
    pub system: String,
    /// FEAT's lines, trimmed.
    pub features: Vec<String>,
    /// The folder after the log-in.
    pub home: RemotePath,
    /// What TLS agreed on, such as `TLS 1.3`; `None` in clear.
    pub tls: Option<Tls>,
    /// How directories are listed: `MLSD` or `LIST`.
    pub listing: String,
    /// The form of its paths.
    pub paths: PathSyntax,
    /// The charset of names.
    pub encoding: String,
    /// Round trip of the last simple command, in milliseconds.
    pub round_trip: u32,
}

/// What TLS agreed on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// `TLS 1.2`, `TLS 1.3`.
    pub version: String,
    /// The cipher suite's name.
    pub cipher: String,
    /// SHA-256 of the server's certificate.
    pub sha256: String,
    /// Whether a root vouches for it, or a person does.
    pub by_person: bool,
    /// CCC: the control connection is no longer encrypted.
    pub control_clear: bool,
}
