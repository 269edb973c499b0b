//! Nouns that every side speaks: plain data, no input or output, no clock.

pub mod action;
pub mod after;
pub mod channel;
pub mod code;
pub mod compare;
pub mod copy_as;
pub mod event;
pub mod exchange;
pub mod exists;
pub mod explain;
pub mod export;
pub mod failure;
pub mod file_columns;
pub mod filezilla;
pub mod filter;
pub mod foreign;
pub mod json_line;
pub mod listing;
pub mod log;
pub mod log_filter;
pub mod log_layout;
pub mod path;
pub mod permissions;
pub mod proxy;
pub mod question;
pub mod queue;
pub mod schedule;
pub mod settings;
pub mod site;
pub mod stage;
pub mod syntax;
pub mod transcript;
pub mod transfer;
pub mod transfer_type;
pub mod url;
pub mod verb;
pub mod visible;
pub mod xml;

pub use action::{Action, FileAction, Ticket};
pub use after::AfterLast;
pub use channel::{Actions, Wake};
pub use compare::Comparison;
pub use event::{ConnectionState, Event, Report, Server};
pub use exchange::{Exchange, Exchanges};
pub use explain::{Finding, Remedy};
pub use export::{Format, Masks};
pub use failure::{Cause, Failure};
pub use listing::{Entry, Kind, LeftOut, Listing, LocalListing, Modified, Precision, RawListing, Span};
pub use log::{Log, LogExport, OpenedLog};
pub use path::{Place, RemotePath};
pub use proxy::{Proxy, ProxyKind};
pub use question::{Answer, Ask, Question, QuestionId};
pub use queue::{Delta, Queue, Section};
pub use settings::{IfExists, Run, Settings};
pub use site::{Credentials, HostCommand, Login, Mode, Secret, Security, Site, Sites, TlsVersion};
pub use syntax::PathSyntax;
pub use transcript::{ConnectionId, Direction, Line, Record, Transcript, UNTIMED};
pub use transfer::{Batch, Course, Phase, Transfer, TransferId};
pub use transfer_type::TransferType;

/// One tab of the window: a browsing session with its own local and remote folder. The command line uses tab 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TabId(pub u32);
