//! One row of the queue, and what is put into it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::path::RemotePath;
use super::queue::Row;
use super::settings::{IfExists, Settings};
use super::site::Site;
use super::transfer_type::{self, TransferType};
use super::{Kind, TabId};

/// Names a transfer for good: never used twice, also over restarts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TransferId(pub u64);

/// Which way a file goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// From the server to this machine.
    Download,
    /// From this machine to the server.
    Upload,
}

/// Files and folders that a person wants moved, all of one site and one way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The tab whose server and log-in it uses.
    pub tab: TabId,
    /// Up or down.
    pub course: Course,
    /// What to move.
    pub items: Vec<BatchItem>,
    /// What to do with targets that exist; `None`: as the settings say.
    pub if_exists: Option<IfExists>,
    /// How they go; `None`: as the settings say.
    pub transfer_type: Option<TransferType>,
}

/// One file, or one folder with all that is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchItem {
    /// The local end: the source of an upload, the target of a download.
    pub local: PathBuf,
    /// The remote end: the target of an upload, the source of a download.
    pub remote: RemotePath,
    /// What the source is. `Kind::Other` where that is not known yet: the worker finds out.
    pub kind: Kind,
    /// The source's size in bytes, where known.
    pub size: Option<u64>,
    /// The permissions of a source on the server, where its listing said them: `0o000` to `0o777`.
    pub permissions: Option<u16>,
}

/// The pair of folders that a row's two files lie in; shared by all rows of a folder.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Folder {
    /// The server.
    pub site: Arc<Site>,
    /// The local folder.
    pub local: PathBuf,
    /// The remote folder.
    pub remote: RemotePath,
    /// How many of the last components of `local` are names that the server gave. A download follows no link there;
    /// what lies above is what a person chose. 0 for uploads.
    pub below: u16,
}

/// One row of the queue: a file, or a folder that is walked and then made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transfer {
    /// Its name for good.
    pub id: TransferId,
    /// Up or down.
    pub course: Course,
    /// A file, or a folder (`Kind::Directory`).
    pub kind: Kind,
    /// Where both ends lie.
    pub folder: Arc<Folder>,
    /// Its name on the server.
    pub remote_name: Box<str>,
    /// Its name on this machine (`path::decode_utf8` of it), where that differs.
    pub local_name: Option<Box<str>>,
    /// The source's size in bytes, where known.
    pub size: Option<u64>,
    /// What happens to it.
    pub phase: Phase,
    /// How often it was tried.
    pub attempts: u16,
    /// What to do if the target exists; `None`: as the settings say.
    pub if_exists: Option<IfExists>,
    /// What goes first.
    pub priority: Priority,
    /// As text or as it is. As text each side has its own line ends, so that bytes here and there say nothing of each other.
    pub transfer_type: TransferType,
    /// Where it stands in its section: a number that says nothing but what comes before what.
    pub place: i64,
}

impl Transfer {
    /// The same, as the queue shows its rows.
    pub fn row(&self) -> Row<'_> {
        Row {
            id: self.id,
            course: self.course,
            kind: self.kind,
            folder: &self.folder,
            remote_name: &self.remote_name,
            local_name: self.local_name.as_deref(),
            size: self.size,
            phase: &self.phase,
            attempts: self.attempts,
            if_exists: self.if_exists,
            priority: self.priority,
            transfer_type: self.transfer_type,
            place: self.place,
        }
    }

    /// Whether it goes as text.
    pub fn is_text(&self) -> bool {
        self.row().is_text()
    }

    /// Lets the name of its source decide how it goes, where that is wanted, and it is known to be a file.
    pub fn decide_type(&mut self, settings: &Settings) {
        if self.transfer_type != TransferType::Auto || self.kind != Kind::File {
            return;
        }
        let name = match self.course {
            Course::Download => &self.remote_name,
            Course::Upload => self.local_name(),
        };
        let is_text = transfer_type::is_text(name, settings);
        self.transfer_type = if is_text { TransferType::Text } else { TransferType::Binary };
    }

    /// The local end's name.
    pub fn local_name(&self) -> &str {
        self.row().local_name()
    }

    /// The local end, as a person reads it.
    pub fn local_shown(&self) -> String {
        self.row().local_shown()
    }

    /// The remote end.
    pub fn remote(&self) -> RemotePath {
        self.row().remote()
    }

    /// The local folder of the row.
    pub fn local_folder(&self) -> &Path {
        &self.folder.local
    }
}

/// Which rows go first: those of a higher one, wherever they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    /// After all others.
    Lowest,
    /// After most.
    Low,
    /// As all.
    #[default]
    Normal,
    /// Before most.
    High,
    /// Before all others.
    Highest,
}

impl Priority {
    /// All, lowest first.
    pub const ALL: [Self; 5] = [Self::Lowest, Self::Low, Self::Normal, Self::High, Self::Highest];

    /// Its place in [`Priority::ALL`].
    pub fn level(self) -> u8 {
        self as u8
    }

    /// The one at a place of [`Priority::ALL`]; the middle one where there is none.
    pub fn of_level(level: u8) -> Self {
        Self::ALL.get(usize::from(level)).copied().unwrap_or_default()
    }

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lowest => "lowest",
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
            Self::Highest => "highest",
        }
    }
}

/// What happens to a transfer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Waits for its turn.
    Queued,
    /// An earlier run left it: it waits until a person lets it go on, and then for its turn.
    Left,
    /// Waits until it may be tried again after a transient failure.
    Waiting {
        /// When it will be tried again.
        until: Timestamp,
        /// What went wrong.
        failure: Arc<Failure>,
    },
    /// A person holds it.
    Paused,
    /// Under way.
    Running(Box<Running>),
    /// Given up; the reason stays with it.
    Failed(Arc<Failure>),
    /// Complete.
    Done(Box<Done>),
    /// Left alone, because the target exists.
    Skipped,
}

/// A transfer under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Running {
    /// Bytes of the target that are there, those before a resume included.
    pub done: u64,
    /// Bytes that were there before this attempt.
    pub resumed_from: u64,
    /// Bytes a second, over the last seconds.
    pub rate: u64,
    /// Connections that fetch it, where there are several; else 0.
    pub connections: u8,
    /// What it does while no bytes move, such as `Connecting` or `Waiting for the server`; empty while they do.
    pub step: &'static str,
}

impl Running {
    /// What it does while a person is asked something about it.
    pub const ASKS: &'static str = "Waiting for an answer";
}

/// A transfer that is complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// Size of the file.
    pub bytes: u64,
    /// Bytes that were there before.
    pub resumed_from: u64,
    /// From the first command to the last reply, in milliseconds.
    pub milliseconds: u64,
    /// How it is known to be complete.
    pub proof: Proof,
    /// When it was complete.
    pub at: Timestamp,
    /// Of a folder: how many of its entries filters left out.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub left_out: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

/// How a transfer is known to be complete, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// It is not.
    None,
    /// The server said so (226 or 250).
    Reply,
    /// And both sides have the same size.
    Size,
    /// And both sides have the same checksum.
    Checksum,
}
