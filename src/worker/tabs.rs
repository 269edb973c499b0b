//! Tabs: which server each browses, which folders it shows, and when they must be listed again.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::browse::{Browser, REQUESTS, Request};
use super::memory::Key;
use super::{Input, Worker, here, local};
use crate::model::queue::Row;
use crate::model::{
    Cause, ConnectionState, Course, Credentials, Event, Failure, LocalListing, Login, RemotePath, Site, TabId,
};
use crate::net::Cancel;

/// A folder that changes is listed again this long after the first change, however many follow.
const REFRESH_AFTER: Duration = Duration::from_millis(500);

/// One tab.
#[derive(Default)]
pub(super) struct Tab {
    site: Option<Arc<Site>>,
    browser: Option<Handle>,
    /// The remote folder that it shows.
    remote: Option<RemotePath>,
    /// The local folder that it shows.
    local: Option<PathBuf>,
    /// Stops the watch over it.
    watch: Option<Cancel>,
    remote_due: Option<Instant>,
    local_due: Option<Instant>,
    /// The local folder that is being listed for it.
    local_asked: Option<PathBuf>,
}

/// A tab's task.
struct Handle {
    requests: mpsc::Sender<Request>,
    cancel: Cancel,
    generation: u64,
    key: Arc<Key>,
    task: JoinHandle<()>,
}

impl Handle {
    /// Stops what it does; it says goodbye in its own time.
    fn stop(self) -> JoinHandle<()> {
        self.cancel.cancel();
        self.task
    }
}

impl Tab {
    pub(super) fn site(&self) -> Option<Arc<Site>> {
        self.site.clone()
    }

    /// When one of its folders is to be listed again.
    pub(super) fn due(&self) -> Option<Instant> {
        let local = self.local_due.filter(|_| self.local_asked.is_none());
        self.remote_due.into_iter().chain(local).min()
    }

    /// Stops what its task does.
    pub(super) fn stop(&self) {
        if let Some(browser) = &self.browser {
            browser.cancel.cancel();
        }
    }

    /// Stops its task, to be waited for.
    pub(super) fn take_task(&mut self) -> Option<JoinHandle<()>> {
        self.browser.take().map(Handle::stop)
    }
}

impl Worker {
    /// Connects a tab to a server.
    pub(super) fn connect(&mut self, id: TabId, site: Arc<Site>, credentials: Option<Credentials>) {
        let key = self.rows.key(&site);
        match credentials {
            Some(credentials) => self.context.memory.keep_credentials(&key, credentials),
            // It is asked for at each connection that a person makes.
            None if site.login == Login::Ask => self.context.memory.forget_credentials(&key, None),
            None => {}
        }
        self.disconnect_quietly(id);
        let tab = self.tabs.entry(id).or_default();
        // Who connects again goes on where they were, however many tries that takes.
        tab.remote = tab.remote.take().filter(|_| tab.site.as_ref() == Some(&site));
        tab.site = Some(site);
        let back = tab.remote.clone();
        self.request(id, Request::Open(back));
    }

    /// Closes a tab's connection.
    pub(super) fn disconnect(&mut self, id: TabId) {
        self.disconnect_quietly(id);
        self.front.send(Event::Connection { tab: id, state: ConnectionState::Disconnected(None) });
    }

    fn disconnect_quietly(&mut self, id: TabId) {
        if let Some(tab) = self.tabs.get_mut(&id) {
            tab.remote_due = None;
            if let Some(browser) = tab.browser.take() {
                drop(browser.stop());
            }
        }
    }

    /// Forgets a tab.
    pub(super) fn close_tab(&mut self, id: TabId) {
        self.disconnect_quietly(id);
        if let Some(watch) = self.tabs.remove(&id).and_then(|tab| tab.watch) {
            watch.cancel();
        }
    }

    /// Asks a tab's task; starts it, if it has ended.
    pub(super) fn request(&mut self, id: TabId, request: Request) {
        let Some(site) = self.tabs.get(&id).and_then(Tab::site) else {
            return self.refuse(id, request, "the tab has no server");
        };
        let key = self.rows.key(&site);
        let Some(tab) = self.tabs.get_mut(&id) else { return };
        if tab.browser.as_ref().is_none_or(|browser| browser.requests.is_closed()) {
            self.generation += 1;
            let (requests, wanted) = mpsc::channel(REQUESTS);
            let (generation, cancel) = (self.generation, Cancel::new());
            let browser = Browser::new(self.context.clone(), id, generation, site, key.clone(), cancel.clone());
            let task = tokio::spawn(browser.run(wanted));
            tab.browser = Some(Handle { requests, cancel, generation, key, task });
        }
        let refused = tab.browser.as_ref().and_then(|browser| browser.requests.try_send(request).err());
        if let Some(refused) = refused {
            self.refuse(id, refused.into_inner(), "the tab has too much to do");
        }
    }

    /// Each request is answered, also one that cannot be served.
    fn refuse(&mut self, tab: TabId, request: Request, why: &str) {
        let failure =
            |what: &str| Failure { what: what.to_owned(), why: why.to_owned(), cause: Cause::Network, again: true };
        let event = match request {
            Request::Open(_) => {
                let state = ConnectionState::Disconnected(Some(failure("Could not connect")));
                Event::Connection { tab, state }
            }
            Request::List(path) => {
                let result = Err(failure(&format!("Could not list {path}")));
                Event::Listing { tab, path, result }
            }
            Request::Branch(path) => {
                let result = Err(failure(&format!("Could not list {path}")));
                Event::Branch { tab, path, result }
            }
            Request::Files(ticket, _) => Event::Finished { tab, ticket, result: Err(failure("Could not do it")) },
            Request::Measure(ticket, ..) => {
                self.measures.remove(&ticket);
                Event::Measured { ticket, files: 0, folders: 0, bytes: 0, whole: true }
            }
            Request::Lend => return self.never_lent(tab, failure("Could not connect")),
            Request::Refresh | Request::Yield => return,
        };
        self.front.send(event);
    }

    /// A tab's task has something for the front.
    pub(super) fn tab_event(&mut self, id: TabId, generation: u64, event: Event) {
        let Some(tab) = self.tabs.get_mut(&id) else { return };
        if tab.browser.as_ref().is_none_or(|browser| browser.generation != generation) {
            // Of an earlier connection. Only what somebody waits for still counts.
            if matches!(event, Event::Finished { .. } | Event::Measured { whole: true, .. }) {
                self.front.send(event);
            }
            return;
        }
        match &event {
            Event::Listing { result: Ok(listing), .. } => {
                tab.remote = Some(listing.path.clone());
                tab.remote_due = None;
            }
            Event::Measured { ticket, whole: true, .. } => {
                self.measures.remove(ticket);
            }
            _ => {}
        }
        self.front.send(event);
    }

    /// A transfer ended, and the folders that its target lies in show something else now.
    pub(super) fn changed(&mut self, key: &Arc<Key>, row: Row<'_>) {
        if self.context.run.bare {
            return;
        }
        let due = Instant::now() + REFRESH_AFTER;
        for tab in self.tabs.values_mut() {
            match row.course {
                Course::Upload => {
                    let same = tab.browser.as_ref().is_some_and(|browser| browser.key == *key);
                    if same && tab.remote.as_ref() == Some(&row.folder.remote) {
                        tab.remote_due.get_or_insert(due);
                    }
                }
                Course::Download => {
                    if tab.local.as_ref() == Some(&row.folder.local) {
                        tab.local_due.get_or_insert(due);
                    }
                }
            }
        }
    }

    /// Lists again what is due.
    pub(super) fn refresh_due(&mut self, now: Instant) {
        let is_due = |due: Option<Instant>| due.is_some_and(|due| due <= now);
        let (mut remote, mut here) = (Vec::new(), Vec::new());
        for (id, tab) in &mut self.tabs {
            if is_due(tab.remote_due) {
                tab.remote_due = None;
                remote.push(*id);
            }
            if is_due(tab.local_due) && tab.local_asked.is_none() {
                tab.local_due = None;
                here.extend(tab.local.clone().map(|path| (*id, path)));
            }
        }
        remote.into_iter().for_each(|id| self.request(id, Request::Refresh));
        here.into_iter().for_each(|(id, path)| self.list_local(id, path));
    }

    /// A tab's local folder changed, as its watch says.
    pub(super) fn local_changed(&mut self, id: TabId) {
        if let Some(tab) = self.tabs.get_mut(&id) {
            tab.local_due.get_or_insert(Instant::now() + REFRESH_AFTER);
        }
    }

    /// A person changed something here: what the tab shows is listed at once.
    pub(super) fn local_touched(&mut self, id: TabId) {
        if let Some(path) = self.tabs.get(&id).and_then(|tab| tab.local.clone()) {
            self.list_local(id, path);
        }
    }

    /// Gives the places that tabs take at a full server to a transfer. Says whether there were any.
    pub(super) fn yield_tabs(&mut self, key: &Arc<Key>) -> bool {
        let mut any = false;
        for browser in self.tabs.values().filter_map(|tab| tab.browser.as_ref()) {
            if browser.key == *key && !browser.requests.is_closed() {
                any |= browser.requests.try_send(Request::Yield).is_ok();
            }
        }
        any
    }

    /// Lists a local folder for a tab, and watches it.
    pub(super) fn list_local(&mut self, id: TabId, path: PathBuf) {
        let path = if path.as_os_str().is_empty() { local::home() } else { path };
        self.tabs.entry(id).or_default().local_asked = Some(path.clone());
        let inputs = self.context.inputs.clone();
        tokio::spawn(async move {
            let asked = path.clone();
            let listed = tokio::task::spawn_blocking(move || local::list(&asked)).await;
            let result = match listed {
                Ok(result) => result.map(Arc::new).map_err(Failure::from),
                Err(error) => Err(super::retry::Trouble::local(
                    format!("Could not list {}", path.display()),
                    &std::io::Error::other(error),
                )
                .failure),
            };
            // The worker has ended: nobody wants it.
            let _ = inputs.send(Input::LocalListed(id, path, result)).await;
        });
    }

    /// A local folder was listed for a tab.
    pub(super) fn local_listed(&mut self, id: TabId, path: PathBuf, result: Result<Arc<LocalListing>, Failure>) {
        // Another folder may have been asked for since.
        if let Some(tab) = self.tabs.get_mut(&id).filter(|tab| tab.local_asked.as_ref() == Some(&path)) {
            tab.local_asked = None;
            if let Ok(listing) = &result
                && tab.local.as_ref() != Some(&listing.path)
            {
                tab.local = Some(listing.path.clone());
                if let Some(watch) = tab.watch.take() {
                    watch.cancel();
                }
                if !self.context.run.bare {
                    let stop = Cancel::new();
                    tab.watch = Some(stop.clone());
                    here::watch(&self.context, id, listing.path.clone(), stop);
                }
            }
            self.front.send(Event::LocalListing { tab: id, path, result });
        }
    }
}
