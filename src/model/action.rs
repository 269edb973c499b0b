//! What a person asks: everything that a front can say to the worker.

use std::path::PathBuf;
use std::sync::Arc;

use super::TabId;
use super::after::AfterLast;
use super::compare::Source;
use super::log::LogExport;
use super::path::{Place, RemotePath};
use super::question::{Answer, QuestionId};
use super::queue::{Place as QueuePlace, Section};
use super::settings::Settings;
use super::site::{Credentials, Secret, Site, Sites};
use super::transfer::{Batch, Priority, TransferId};
use super::transfer_type::TransferType;

/// Ties an answer to its action; made by the front, unique in its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// Something a person wants.
#[derive(Clone, Debug)]
pub enum Action {
    /// Connect a tab to a server and open its remote folder (`site.remote`, else the log-in folder).
    Connect {
        /// The tab.
        tab: TabId,
        /// The server.
        site: Arc<Site>,
        /// What logs in; `None`: from the vault, or asked for.
        credentials: Option<Credentials>,
    },
    /// Close the tab's browsing connection; transfers go on.
    Disconnect {
        /// The tab.
        tab: TabId,
    },
    /// Forget the tab.
    CloseTab {
        /// The tab.
        tab: TabId,
    },
    /// List a remote directory and make it the tab's. Reconnects if need be.
    List {
        /// The tab.
        tab: TabId,
        /// The directory.
        path: RemotePath,
    },
    /// List a remote directory for a tree, without going there.
    ListBranch {
        /// The tab.
        tab: TabId,
        /// The directory.
        path: RemotePath,
    },
    /// List a local directory and make it the tab's; it is watched, and listed again when it changes.
    ListLocal {
        /// The tab.
        tab: TabId,
        /// The directory; empty: the home directory.
        path: PathBuf,
    },
    /// List a local directory for a tree. Empty: the roots (`/`, or the drives).
    ListLocalBranch {
        /// The directory.
        path: PathBuf,
    },
    /// Count what lies below `places`; answered by `Event::Measured`, several times.
    Measure {
        /// For the answers.
        ticket: Ticket,
        /// The tab whose server is meant.
        tab: TabId,
        /// What to count.
        places: Vec<Place>,
    },
    /// Stop counting.
    StopMeasuring(Ticket),
    /// Change files or folders; answered by `Event::Finished`, after which the tab's listings are sent again.
    Files {
        /// The tab whose server is meant.
        tab: TabId,
        /// For the answer.
        ticket: Ticket,
        /// What to do.
        action: FileAction,
    },
    /// Put files and folders into the queue.
    Enqueue(Batch),
    /// Hold the queue: what runs goes on, nothing new starts.
    Hold,
    /// Let the queue go on.
    Release,
    /// Pause these rows: what runs stops and keeps its part.
    Pause(Vec<TransferId>),
    /// Let paused rows go on.
    Resume(Vec<TransferId>),
    /// Stop these rows and remove them, with their parts.
    Cancel(Vec<TransferId>),
    /// Put failed rows back into the queue.
    Retry(Vec<TransferId>),
    /// Put rows that do not run back into the queue as if nobody had tried them: what was moved of them is given up.
    Reset(Vec<TransferId>),
    /// Remove rows that do not run.
    Remove(Vec<TransferId>),
    /// Change the order.
    Move(Vec<TransferId>, QueuePlace),
    /// Give rows another priority.
    Prioritise(Vec<TransferId>, Priority),
    /// Let rows go as text or not, where nobody has tried them, or they were given up.
    ChangeType(Vec<TransferId>, TransferType),
    /// Read transfers and filters from a file that this program or FileZilla wrote. The transfers wait until `Release`.
    Import {
        /// The tab that is told how it ended.
        tab: TabId,
        /// For the answer.
        ticket: Ticket,
        /// The file.
        path: PathBuf,
    },
    /// Write what is left of the queue into a file: for FileZilla where its name ends with `.xml`, else as JSON.
    Export {
        /// The tab that is told how it ended.
        tab: TabId,
        /// For the answer.
        ticket: Ticket,
        /// The file.
        path: PathBuf,
    },
    /// Choose what happens once, after the last transfer.
    AfterLast(AfterLast),
    /// Remove all rows of a section that do not run.
    Clear(Section),
    /// Decide a question.
    Answer(QuestionId, Answer),
    /// Let rows of the queue that do not run go to `to`: the same server as `from`, reached in another way.
    ChangeSite {
        /// As the rows have it.
        from: Arc<Site>,
        /// As they will have it.
        to: Arc<Site>,
    },
    /// Replace all sites.
    SaveSites(Arc<Sites>),
    /// Keep a site's password in the vault; `None`: forget it.
    SavePassword {
        /// Whose.
        site: Arc<Site>,
        /// PASS.
        password: Option<Secret>,
    },
    /// Replace the settings.
    SaveSettings(Box<Settings>),
    /// Read a log from a file; answered by `Event::Log`.
    OpenLog(PathBuf),
    /// Set two logs side by side; answered by `Event::Compared`.
    Compare(Box<[Source; 2]>),
    /// Write a log into a new file, in a form for others.
    SaveLog(Box<LogExport>),
    /// Open a local file or folder with the program that the system has for it.
    OpenLocal(PathBuf),
    /// End: finish writing, close every connection, then `Event::Stopped`.
    Quit,
}

/// A change of files or folders, on either side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileAction {
    /// Make a folder. Its parent must be there.
    MakeDirectory(Place),
    /// Give a file or folder another name or another parent, on the same side.
    Rename {
        /// What.
        from: Place,
        /// Where to.
        to: Place,
    },
    /// Delete files, and folders with all that is in them. Local ones go to the bin where there is one.
    Delete(Vec<Place>),
    /// Change permissions.
    Chmod {
        /// What.
        places: Vec<Place>,
        /// `0o000` to `0o7777`.
        mode: u16,
        /// And all that lies below: `None` for no.
        below: Option<Below>,
    },
    /// Copy local files and folders into a local folder.
    Copy {
        /// What.
        from: Vec<PathBuf>,
        /// The folder.
        to: PathBuf,
    },
    /// Compare a file with what the server has: sizes, and a checksum where the server computes one. Nothing is changed.
    Verify {
        /// Here.
        local: PathBuf,
        /// There.
        remote: RemotePath,
    },
    /// Send a command on the tab's browsing connection as typed.
    Raw(String),
}

/// Which entries below a folder change with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Below {
    /// Files and folders.
    All,
    /// Files.
    Files,
    /// Folders.
    Folders,
}
