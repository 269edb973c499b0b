//! What the window knows of the worker: it changes only by [`Mirror::apply`].

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use crate::model::queue::Totals;
use crate::model::{
    AfterLast, Comparison, ConnectionId, ConnectionState, Entry, Event, Failure, Listing, LocalListing, OpenedLog,
    Question, Queue, RemotePath, Report, Server, Settings, Site, Sites, TabId, Ticket, Transcript,
};

use super::ended::Ended;

/// Notices that are kept; the oldest leave first.
const NOTICES: usize = 50;
/// Ends of file actions that are kept until somebody has looked at them.
const FINISHED: usize = 200;
/// Counts below folders that are kept.
const MEASURES: usize = 20;

/// The worker's state, as far as the window was told.
#[derive(Debug)]
pub struct Mirror {
    /// The tabs that events named.
    pub tabs: Vec<Tab>,
    /// All transfers.
    pub queue: Queue,
    /// What is left to do; as of the last [`Mirror::settle`].
    pub totals: Totals,
    /// How fast those go that are over at once.
    pub ended: Ended,
    /// The reply log.
    pub transcript: Transcript,
    /// The control connections of the transcript.
    pub connections: BTreeMap<ConnectionId, Wire>,
    /// Those that were closed, in that order.
    pub closed: Vec<ConnectionId>,
    /// What is being read, in words: large logs take seconds.
    pub reading: Option<String>,
    /// A log that was read from a file, until the window takes it.
    pub opened: Option<Box<OpenedLog>>,
    /// Two logs that were compared, until the window takes them.
    pub compared: Option<Box<Comparison>>,
    /// What a person must decide, oldest first.
    pub questions: Vec<Question>,
    /// The settings as stored.
    pub settings: Settings,
    /// The sites as stored.
    pub sites: Arc<Sites>,
    /// Folders of this machine below others, for the trees.
    pub local_branches: HashMap<PathBuf, Branch>,
    /// What is to be said where there is no row for it.
    pub notices: VecDeque<Notice>,
    /// Counts below folders.
    pub measured: BTreeMap<Ticket, Measured>,
    /// How file actions ended, oldest first.
    pub finished: VecDeque<Finished>,
    /// The worker has ended.
    pub stopped: bool,
    /// How many connections servers take for transfers, where they said so, by host and port.
    pub limits: HashMap<(String, u16), u8>,
    /// What happens after the last transfer.
    pub after_last: AfterLast,
    /// What was chosen for the end of the last transfer, which has come.
    pub last_ended: Option<AfterLast>,
    /// Counts listings and branches, so that trees know when to be worked out again.
    pub listed: u64,
    /// Whether the settings came at least once.
    pub settings_known: bool,
    queue_changed: bool,
    next_notice: u64,
}

/// A control connection of the transcript.
#[derive(Clone, Debug)]
pub struct Wire {
    /// The tab it browses for; `None` for one that transfers.
    pub tab: Option<TabId>,
    /// The server.
    pub site: Arc<Site>,
    /// Whether it still is.
    pub open: bool,
}

/// A tab, as the worker sees it.
#[derive(Debug)]
pub struct Tab {
    /// Its name.
    pub id: TabId,
    /// Its browsing connection.
    pub state: ConnectionState,
    /// It was closed while nothing was asked of the server, and is made again when something is.
    pub idle: bool,
    /// The server of the last connection, also after it ended.
    pub server: Option<Arc<Server>>,
    /// The remote folder that is shown.
    pub remote: Option<Arc<Listing>>,
    /// Why the remote folder that was asked for last is not shown.
    pub remote_failure: Option<(RemotePath, Failure)>,
    /// The local folder that is shown.
    pub local: Option<Arc<LocalListing>>,
    /// Why the local folder that was asked for last is not shown.
    pub local_failure: Option<(PathBuf, Failure)>,
    /// How many answers there were to what was asked of the remote side.
    pub remote_answers: u64,
    /// How many answers there were to what was asked of the local side.
    pub local_answers: u64,
    /// Remote folders below others, for the tree.
    pub branches: HashMap<RemotePath, Branch>,
}

impl Tab {
    /// What was shown of a server is not of the next one.
    fn forget_remote(&mut self) {
        self.branches.clear();
        (self.remote, self.remote_failure) = (None, None);
    }

    fn new(id: TabId) -> Self {
        Self {
            id,
            idle: false,
            state: ConnectionState::Disconnected(None),
            server: None,
            remote: None,
            remote_failure: None,
            local: None,
            local_failure: None,
            remote_answers: 0,
            local_answers: 0,
            branches: HashMap::new(),
        }
    }

    /// Whether it is logged in, or was, and will be again when something is asked.
    pub fn is_connected(&self) -> bool {
        matches!(self.state, ConnectionState::Connected(_))
    }

    /// Whether it is logged in now.
    pub fn is_open(&self) -> bool {
        self.is_connected() && !self.idle
    }
}

/// The folders in a folder.
#[derive(Clone, Debug)]
pub struct Branch {
    /// Their names, sorted as a person reads.
    pub folders: Vec<String>,
    /// Why they are not known.
    pub failure: Option<Failure>,
}

impl Branch {
    fn of(entries: &[Entry]) -> Self {
        let mut folders: Vec<String> =
            entries.iter().filter(|entry| entry.is_directory()).map(|entry| entry.name.clone()).collect();
        folders.sort_by_cached_key(|name| name.to_lowercase());
        Self { folders, failure: None }
    }

    fn failed(failure: Failure) -> Self {
        Self { folders: Vec::new(), failure: Some(failure) }
    }
}

/// Something to be said once.
#[derive(Clone, Debug)]
pub struct Notice {
    /// To put it away by.
    pub id: u64,
    /// The tab it is about.
    pub tab: Option<TabId>,
    /// The server whose connections it is about: there is one such notice at most.
    pub server: Option<(String, u16)>,
    /// What it says.
    pub word: Word,
}

/// What a notice says.
#[derive(Clone, Debug)]
pub enum Word {
    /// Something did not work.
    Failure(Failure),
    /// Something is worth knowing.
    Text(String),
    /// Passwords are kept until the end only, and why.
    NoVault(String),
}

/// What lies below the places that were counted, so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measured {
    /// Files.
    pub files: u64,
    /// Folders.
    pub folders: u64,
    /// Bytes.
    pub bytes: u64,
    /// Whether that is all.
    pub whole: bool,
}

/// How a file action ended.
#[derive(Clone, Debug)]
pub struct Finished {
    /// The action's.
    pub ticket: Ticket,
    /// The action's.
    pub tab: TabId,
    /// How.
    pub result: Result<Report, Failure>,
}

impl Default for Mirror {
    fn default() -> Self {
        let settings = Settings::default();
        Self {
            tabs: Vec::new(),
            queue: Queue::default(),
            totals: Totals::default(),
            ended: Ended::default(),
            transcript: Transcript::new(settings.log_lines),
            connections: BTreeMap::new(),
            closed: Vec::new(),
            reading: None,
            opened: None,
            compared: None,
            questions: Vec::new(),
            settings,
            sites: Arc::default(),
            local_branches: HashMap::new(),
            notices: VecDeque::new(),
            measured: BTreeMap::new(),
            finished: VecDeque::new(),
            stopped: false,
            after_last: AfterLast::Nothing,
            limits: HashMap::new(),
            last_ended: None,
            listed: 0,
            settings_known: false,
            queue_changed: false,
            next_notice: 0,
        }
    }
}

impl Mirror {
    /// Of a log from a file alone: there is no worker behind it, and all its connections are closed.
    pub fn of_log(transcript: Transcript, settings: Settings) -> Self {
        let connections: BTreeSet<ConnectionId> = transcript.iter().map(|line| line.connection).collect();
        Self { transcript, settings, closed: connections.into_iter().collect(), ..Self::default() }
    }

    /// Takes in what happened.
    pub fn apply(&mut self, event: Event) {
        match event {
            Event::Connection { tab, state } => self.connection(tab, state),
            Event::Listing { tab, path, result } => self.listing(tab, path, result),
            Event::Branch { tab, path, result } => {
                let branch = result.map_or_else(Branch::failed, |listing| Branch::of(&listing.entries));
                self.tab_mut(tab).branches.insert(path, branch);
                self.listed += 1;
            }
            Event::LocalListing { tab, path, result } => self.local_listing(tab, path, result),
            Event::LocalBranch { path, result } => {
                let branch = result.map_or_else(Branch::failed, |listing| Branch::of(&listing.entries));
                self.local_branches.insert(path, branch);
                self.listed += 1;
            }
            Event::Measured { ticket, files, folders, bytes, whole } => {
                self.measured.insert(ticket, Measured { files, folders, bytes, whole });
                while self.measured.len() > MEASURES {
                    self.measured.pop_first();
                }
            }
            Event::Queue(delta) => {
                self.ended.note(&delta, &self.queue, Instant::now());
                self.queue.apply(delta);
                self.queue_changed = true;
            }
            Event::QueueIdle => self.queue_changed = true,
            Event::Line(line) => self.transcript.push(line),
            Event::Log(result) => {
                self.reading = None;
                self.opened = self.or_notice(result);
            }
            Event::Compared(result) => {
                self.reading = None;
                self.compared = self.or_notice(result);
            }
            Event::Opened { connection, tab, site } => {
                self.connections.insert(connection, Wire { tab, site, open: true });
            }
            Event::Closed(connection) => self.wire_closed(connection),
            Event::Ask(question) => self.questions.push(question),
            Event::Withdrawn(id) => self.questions.retain(|question| question.id != id),
            Event::Finished { tab, ticket, result } => self.finished(Finished { ticket, tab, result }),
            Event::Sites(sites) => self.sites = sites,
            Event::Settings(settings) => self.settings(*settings),
            Event::Failed(failure) => self.notice(None, Word::Failure(failure)),
            Event::Notice(text) => self.notice(None, Word::Text(text)),
            Event::NoVault(why) => self.no_vault(why),
            Event::TooMany { host, port, words } => {
                // Several connections are refused one after the other, and only the last word holds.
                let server = Some((host, port));
                self.notices.retain(|notice| notice.server != server);
                self.notice(None, Word::Text(words));
                if let Some(notice) = self.notices.back_mut() {
                    notice.server = server;
                }
            }
            Event::Limit { host, port, connections } => {
                match connections {
                    Some(limit) => self.limits.insert((host, port), limit),
                    None => self.limits.remove(&(host, port)),
                };
            }
            Event::AfterLast(choice) => self.after_last = choice,
            Event::LastEnded(choice, words) => {
                if choice != AfterLast::Quit {
                    self.notice(None, Word::Text(words));
                }
                self.last_ended = Some(choice);
            }
            Event::Stopped => self.stopped = true,
        }
    }

    /// Works out what is summed over many events; once a batch of them.
    pub fn settle(&mut self) {
        if std::mem::take(&mut self.queue_changed) {
            self.totals = self.queue.totals();
        }
    }

    /// The tab called `id`, if an event named it.
    pub fn tab(&self, id: TabId) -> Option<&Tab> {
        self.tabs.iter().find(|tab| tab.id == id)
    }

    /// Forgets a tab that a person closed.
    pub fn close(&mut self, id: TabId) {
        self.tabs.retain(|tab| tab.id != id);
        self.questions.retain(|question| question.tab != Some(id));
    }

    /// Takes a question out that a person has answered.
    pub fn answered(&mut self, id: crate::model::QuestionId) {
        self.questions.retain(|question| question.id != id);
    }

    fn tab_mut(&mut self, id: TabId) -> &mut Tab {
        let index = self.tabs.iter().position(|tab| tab.id == id).unwrap_or_else(|| {
            self.tabs.push(Tab::new(id));
            self.tabs.len() - 1
        });
        &mut self.tabs[index]
    }

    /// A tab is about to connect to `site`: what it shows of another server is not of this one.
    pub fn connects(&mut self, id: TabId, site: &Site) {
        let tab = self.tab_mut(id);
        if tab.server.as_ref().is_some_and(|known| !known.site.is_same_server(site)) {
            tab.forget_remote();
        }
    }

    fn connection(&mut self, id: TabId, state: ConnectionState) {
        let tab = self.tab_mut(id);
        if let ConnectionState::Connected(server) = &state {
            // Its security is no mark of it: where there was TLS once, nothing less is asked for later.
            let same =
                |known: &Server| known.site.is_same_server(&server.site) && known.site.encoding == server.site.encoding;
            if !tab.server.as_ref().is_some_and(|known| same(known)) {
                tab.forget_remote();
            }
            tab.server = Some(server.clone());
        }
        (tab.state, tab.idle) = (state, false);
    }

    fn wire_closed(&mut self, connection: ConnectionId) {
        self.closed.push(connection);
        let Some(wire) = self.connections.get_mut(&connection) else { return };
        wire.open = false;
        let Some(id) = wire.tab else { return };
        // Another one may have been opened in its place.
        let other = self.connections.values().any(|wire| wire.open && wire.tab == Some(id));
        if let Some(tab) = self.tabs.iter_mut().find(|tab| tab.id == id && !other) {
            tab.idle = tab.is_connected();
        }
    }

    fn listing(&mut self, id: TabId, path: RemotePath, result: Result<Arc<Listing>, Failure>) {
        self.listed += 1;
        let tab = self.tab_mut(id);
        tab.remote_answers += 1;
        match result {
            Ok(listing) => {
                tab.branches.insert(listing.path.clone(), Branch::of(&listing.entries));
                tab.remote = Some(listing);
                tab.remote_failure = None;
            }
            Err(failure) => tab.remote_failure = Some((path, failure)),
        }
    }

    fn local_listing(&mut self, id: TabId, path: PathBuf, result: Result<Arc<LocalListing>, Failure>) {
        self.listed += 1;
        self.tab_mut(id).local_answers += 1;
        match result {
            Ok(listing) => {
                self.local_branches.insert(listing.path.clone(), Branch::of(&listing.entries));
                let tab = self.tab_mut(id);
                tab.local = Some(listing);
                tab.local_failure = None;
            }
            Err(failure) => self.tab_mut(id).local_failure = Some((path, failure)),
        }
    }

    fn finished(&mut self, finished: Finished) {
        match &finished.result {
            Err(failure) => self.notice(Some(finished.tab), Word::Failure(failure.clone())),
            Ok(Report::Said(words)) => self.notice(Some(finished.tab), Word::Text(words.clone())),
            Ok(Report::Done | Report::Replies(_)) => {}
        }
        self.finished.push_back(finished);
        if self.finished.len() > FINISHED {
            self.finished.pop_front();
        }
    }

    fn settings(&mut self, settings: Settings) {
        if settings.log_lines != self.settings.log_lines {
            let mut transcript = Transcript::new(settings.log_lines);
            for line in self.transcript.iter() {
                transcript.push(line.clone());
            }
            self.transcript = transcript;
        }
        self.settings = settings;
        self.settings_known = true;
    }

    /// Said once, however many passwords it is about.
    fn no_vault(&mut self, why: String) {
        if !self.notices.iter().any(|notice| matches!(notice.word, Word::NoVault(_))) {
            self.notice(None, Word::NoVault(why));
        }
    }

    fn or_notice<T>(&mut self, result: Result<T, Failure>) -> Option<T> {
        result.map_err(|failure| self.notice(None, Word::Failure(failure))).ok()
    }

    fn notice(&mut self, tab: Option<TabId>, word: Word) {
        self.notices.push_back(Notice { id: self.next_notice, tab, server: None, word });
        self.next_notice += 1;
        if self.notices.len() > NOTICES {
            self.notices.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cause, Kind};

    fn failure() -> Failure {
        Failure { what: "Could not open /x".into(), why: "550 No.".into(), cause: Cause::Refused, again: false }
    }

    fn listing(path: &str, names: &[(&str, Kind)]) -> Arc<Listing> {
        Arc::new(Listing {
            path: RemotePath::new(path),
            entries: names.iter().map(|(name, kind)| Entry::new(*name, *kind)).collect(),
            dialect: "MLSD".into(),
            refused: Vec::new(),
            raw: crate::model::RawListing::default(),
            guess: None,
            at: jiff::Timestamp::UNIX_EPOCH,
        })
    }

    #[test]
    fn a_failed_listing_keeps_the_last_one() {
        let (mut mirror, tab, path) = (Mirror::default(), TabId(3), RemotePath::new("/a"));
        let shown = listing("/a", &[("z", Kind::Directory), ("B", Kind::Directory), ("f", Kind::File)]);
        mirror.apply(Event::Listing { tab, path: path.clone(), result: Ok(shown) });
        mirror.apply(Event::Listing { tab, path: RemotePath::new("/x"), result: Err(failure()) });
        let tab = mirror.tab(tab).unwrap();
        assert_eq!(tab.remote.as_ref().unwrap().path, path);
        assert_eq!(tab.remote_failure.as_ref().unwrap().1, failure());
        assert_eq!(tab.branches[&path].folders, ["B", "z"]);
    }

    #[test]
    fn a_failed_action_says_so_in_its_tab() {
        let mut mirror = Mirror::default();
        mirror.apply(Event::Finished { tab: TabId(1), ticket: Ticket(9), result: Err(failure()) });
        let notice = mirror.notices.front().unwrap();
        assert_eq!(notice.tab, Some(TabId(1)));
        assert!(matches!(&notice.word, Word::Failure(said) if *said == failure()));
        assert_eq!(mirror.finished.len(), 1);
    }

    #[test]
    fn the_last_word_on_how_many_connections_a_server_takes_is_the_only_one() {
        let mut mirror = Mirror::default();
        let refused = |host: &str, words: &str| Event::TooMany { host: host.into(), port: 21, words: words.to_owned() };
        mirror.apply(Event::Notice("else".into()));
        for event in [refused("a", "3"), refused("b", "2"), refused("a", "2"), refused("a", "1")] {
            mirror.apply(event);
        }
        let words = mirror.notices.iter().map(|notice| match &notice.word {
            Word::Text(text) => text.as_str(),
            word => panic!("{word:?}"),
        });
        assert_eq!(words.collect::<Vec<_>>(), ["else", "2", "1"]);
    }

    #[test]
    fn notices_are_bounded() {
        let mut mirror = Mirror::default();
        (0..NOTICES + 7).for_each(|n| mirror.apply(Event::Notice(n.to_string())));
        assert_eq!((mirror.notices.len(), mirror.notices.front().unwrap().id), (NOTICES, 7));
    }
}
