//! A tab's browsing connection: a task of its own, so that a slow server holds up nobody else.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use super::connect::{self, Context, Link, Wanted};
use super::errand::{Errand, Step};
use super::memory::Key;
use super::retry::{self, Kind, Trouble};
use super::{Input, files};
use crate::ftp::checksum::Offer;
use crate::ftp::{Operation, Outcome};
use crate::model::{
    ConnectionState, Entry, Event, Failure, FileAction, Listing, RemotePath, Report, Site, TabId, Ticket,
};
use crate::net::{self, Body, Cancel};

/// Requests that wait while another is served.
pub(super) const REQUESTS: usize = 256;
/// How often a full server is asked again for a browsing connection.
const MOST_WAITS: u16 = 5;

/// What a tab's task is asked for.
#[derive(Debug)]
pub(super) enum Request {
    /// Connect, if need be, and list the folder that the tab showed before, else the site's.
    Open(Option<RemotePath>),
    /// List a directory and make it the tab's.
    List(RemotePath),
    /// List the tab's directory once more: something in it was changed.
    Refresh,
    /// List a directory for a tree.
    Branch(RemotePath),
    /// Change files or folders of the server.
    Files(Ticket, FileAction),
    /// Count what lies below.
    Measure(Ticket, Vec<RemotePath>, Cancel),
    /// Give the connection up: the server allows no more, and a transfer needs one.
    Yield,
    /// Give the connection to the transfers that were put into the queue: nobody browses.
    Lend,
}

/// A tab's task.
pub(super) struct Browser {
    pub(super) context: Context,
    pub(super) tab: TabId,
    /// Tells this task's news from those of an earlier one.
    pub(super) generation: u64,
    pub(super) site: Arc<Site>,
    pub(super) key: Arc<Key>,
    pub(super) cancel: Cancel,
    link: Option<Link>,
    current: Option<Arc<Listing>>,
    errands: VecDeque<Errand>,
    /// It has been connected: making it again is no news.
    known: bool,
    /// Why it could not be connected, the last time.
    unreached: Option<Failure>,
}

impl Browser {
    pub(super) fn new(
        context: Context,
        tab: TabId,
        generation: u64,
        site: Arc<Site>,
        key: Arc<Key>,
        cancel: Cancel,
    ) -> Self {
        Self {
            context,
            tab,
            generation,
            site,
            key,
            cancel,
            link: None,
            current: None,
            errands: VecDeque::new(),
            known: false,
            unreached: None,
        }
    }

    /// Serves requests until there can be no more. What takes long is done in steps between them.
    pub(super) async fn run(mut self, mut requests: mpsc::Receiver<Request>) {
        while !self.cancel.is_cancelled() {
            if self.errands.is_empty() {
                tokio::select! {
                    request = requests.recv() => match request {
                        Some(request) => self.serve(request).await,
                        None => break,
                    },
                    () = ended(self.link.as_ref()) => self.let_go(),
                    () = self.cancel.cancelled() => break,
                }
            } else {
                match requests.try_recv() {
                    Ok(request) => self.serve(request).await,
                    Err(mpsc::error::TryRecvError::Empty) => self.errand().await,
                    Err(mpsc::error::TryRecvError::Disconnected) => break,
                }
            }
        }
        for errand in std::mem::take(&mut self.errands) {
            let stopped = Trouble::stopped(errand.what());
            self.finish(errand, Err(stopped.failure)).await;
        }
        if let Some(link) = self.link.take() {
            link.close().await;
        }
    }

    async fn serve(&mut self, request: Request) {
        match request {
            Request::Open(back) => self.open(back).await,
            Request::List(path) => drop(self.list(path).await),
            Request::Refresh => {
                if let Some(path) = self.current.as_ref().map(|listing| listing.path.clone()) {
                    self.list(path).await;
                }
            }
            Request::Branch(path) => {
                let result = self.listing(&path).await.map(Arc::new).map_err(|trouble| trouble.failure);
                self.tell(Event::Branch { tab: self.tab, path, result }).await;
            }
            Request::Files(ticket, action) => self.files(ticket, action).await,
            Request::Measure(ticket, places, stop) => {
                let known = self.current.clone();
                self.errands.push_back(Errand::measure(ticket, places, known.as_deref(), stop));
            }
            Request::Yield => {
                if let Some(link) = self.link.take() {
                    link.close().await;
                }
            }
            Request::Lend => {
                let link = self.link.take().filter(Link::is_open);
                self.context.tell(Input::Lent(self.key.clone(), link, self.unreached.take())).await;
            }
        }
    }

    /// The first folder: the one it showed before, else the site's, else the one of the log-in.
    async fn open(&mut self, back: Option<RemotePath>) {
        if self.ensure().await.is_err() || self.context.run.bare {
            return;
        }
        let Some(server) = self.link.as_ref().map(|link| link.connection.server()) else { return };
        let home = server.home.clone();
        let begin = self.site.remote.as_deref().map(|remote| server.paths.resolve(&home, remote));
        let wanted = back.or(begin).filter(|path| *path != home);
        if let Some(path) = wanted
            && self.list(path).await
        {
            return;
        }
        self.list(home).await;
    }

    /// The tab's directory, as it was listed last.
    pub(super) fn shown(&self) -> Option<&Listing> {
        self.current.as_deref()
    }

    /// How the server computes checksums, where it does.
    pub(super) fn checksums(&self) -> Option<Offer> {
        Offer::of(&self.link.as_ref()?.connection.server().features)
    }

    /// Lists the tab's directory. Says whether that worked.
    async fn list(&mut self, path: RemotePath) -> bool {
        let result = self.listing(&path).await.map(Arc::new);
        if let Ok(listing) = &result {
            self.current = Some(listing.clone());
        }
        let is_ok = result.is_ok();
        let result = result.map_err(|trouble| trouble.failure);
        self.tell(Event::Listing { tab: self.tab, path, result }).await;
        is_ok
    }

    pub(super) async fn listing(&mut self, path: &RemotePath) -> Result<Listing, Trouble> {
        let what = format!("Could not list {path}");
        let mut fresh = self.ensure().await?;
        loop {
            let Some(link) = &self.link else { return Err(Trouble::lost(what)) };
            match link.connection.list(path, &self.cancel).await {
                Ok(listing) => return Ok(listing),
                Err(error) => self.recover(&mut fresh, true, &what, &error).await?,
            }
        }
    }

    /// An operation without a file. What is collected on its data connection comes with it.
    pub(super) async fn operate(
        &mut self,
        operation: Operation,
        doing: &str,
        path: &str,
    ) -> Result<(Outcome, Vec<u8>), Trouble> {
        let what = if path.is_empty() { doing.to_owned() } else { format!("{doing} {path}") };
        let mut fresh = self.ensure().await?;
        loop {
            let Some(link) = &self.link else { return Err(Trouble::lost(what)) };
            match link.connection.run(operation.clone(), Body::None, None, &self.cancel).await {
                Ok(done) => return Ok(done),
                Err(error) => self.recover(&mut fresh, is_harmless(&operation), &what, &error).await?,
            }
        }
    }

    /// After an error: connects once more where the connection was closed while nothing was asked, or where the server
    /// wants another version of TLS. What may have been done already is done again only if that is `harmless`.
    async fn recover(
        &mut self,
        fresh: &mut bool,
        harmless: bool,
        what: &str,
        error: &net::Error,
    ) -> Result<(), Trouble> {
        let trouble = Trouble::of(what, error);
        let is_open = self.link.as_ref().is_some_and(Link::is_open);
        if trouble.kind == Kind::NeedsTls12
            && let Some(link) = self.link.take()
        {
            link.learn(true);
            tokio::spawn(link.close());
        } else if is_open || self.cancel.is_cancelled() || *fresh || !(harmless || retry::is_leaving(error)) {
            return Err(trouble);
        }
        self.let_go();
        *fresh = self.ensure().await?;
        Ok(())
    }

    /// Lets go of a connection that has ended; what it has learned of the server stays.
    fn let_go(&mut self) {
        if let Some(link) = self.link.take() {
            link.learn(false);
        }
    }

    /// Connects, if there is no connection that can be used. Says whether it did.
    async fn ensure(&mut self) -> Result<bool, Trouble> {
        if self.link.as_ref().is_some_and(Link::is_open) {
            return Ok(false);
        }
        self.let_go();
        let mut failures = 0;
        loop {
            let trouble = match self.connect().await {
                Ok(link) => {
                    let server = link.connection.server();
                    self.link = Some(link);
                    (self.known, self.unreached) = (true, None);
                    self.state(ConnectionState::Connected(server)).await;
                    return Ok(true);
                }
                Err(trouble) => trouble,
            };
            failures += 1;
            let retries = self.context.settings().retries;
            // A person sees at once that it did not work, and tries again.
            let tries = self.known || self.context.run.bare && trouble.is_busy();
            let most = if tries { retries } else { 0 };
            let may = match trouble.kind {
                // Somebody else may leave soon; but who wants no second try gets none.
                Kind::TooMany => retries > 0 && failures <= MOST_WAITS,
                _ => trouble.failure.again && failures <= most,
            };
            if !may || self.cancel.is_cancelled() {
                let why = (trouble.kind != Kind::Stopped).then(|| trouble.failure.clone());
                self.unreached.clone_from(&why);
                self.state(ConnectionState::Disconnected(why)).await;
                return Err(trouble);
            }
            if trouble.kind == Kind::TooMany {
                self.context.tell(Input::Crowded(self.key.clone())).await;
            }
            self.wait(failures, trouble.failure).await;
        }
    }

    async fn wait(&self, failures: u16, failure: Failure) {
        let wait = retry::wait(failures, u64::from(self.tab.0)).min(Duration::from_secs(30));
        let seconds = u32::try_from(wait.as_secs()).unwrap_or(u32::MAX);
        self.state(ConnectionState::Waiting { failure, seconds }).await;
        tokio::select! {
            () = tokio::time::sleep(wait) => {}
            () = self.cancel.cancelled() => {}
        }
    }

    async fn connect(&self) -> Result<Link, Trouble> {
        let (inputs, tab, generation) = (self.context.inputs.clone(), self.tab, self.generation);
        let step = move |step| {
            let event = Event::Connection { tab, state: ConnectionState::Connecting(step) };
            // A step that is not shown because the worker is busy is soon followed by another.
            let _ = inputs.try_send(Input::Tab { tab, generation, event });
        };
        let wanted =
            Wanted { site: &self.site, key: &self.key, tab: Some(self.tab), cancel: &self.cancel, step: &step };
        connect::connect(&self.context, &wanted).await
    }

    async fn state(&self, state: ConnectionState) {
        self.tell(Event::Connection { tab: self.tab, state }).await;
    }

    async fn tell(&self, event: Event) {
        self.context.tell(Input::Tab { tab: self.tab, generation: self.generation, event }).await;
    }

    async fn files(&mut self, ticket: Ticket, action: FileAction) {
        if matches!(action, FileAction::Delete(_) | FileAction::Rename { .. }) {
            self.context.memory.forget_directories(&self.key);
        }
        match Errand::files(ticket, action) {
            Ok(errand) => self.errands.push_back(errand),
            Err(action) => {
                let changes = files::changes(&action);
                let result = files::remote(self, action).await.map_err(|trouble| trouble.failure);
                if changes {
                    self.report(ticket, result).await;
                } else {
                    self.tell(Event::Finished { tab: self.tab, ticket, result }).await;
                }
            }
        }
    }

    /// Does one step of what takes long.
    async fn errand(&mut self) {
        let Some(mut errand) = self.errands.pop_front() else { return };
        let current = self.current.clone();
        match errand.step(self, current.as_deref()).await {
            Ok(Step::More) => {
                if let Some(event) = errand.so_far(false) {
                    self.tell(event).await;
                }
                self.errands.push_back(errand);
            }
            Ok(Step::Over) => self.finish(errand, Ok(Report::Done)).await,
            Err(trouble) => self.finish(errand, Err(trouble.failure)).await,
        }
    }

    async fn finish(&mut self, errand: Errand, result: Result<Report, Failure>) {
        match errand.so_far(true) {
            Some(event) => self.tell(event).await,
            None => self.report(errand.ticket(), result).await,
        }
    }

    /// A file action ended: the tab's listings are sent again.
    async fn report(&mut self, ticket: Ticket, result: Result<Report, Failure>) {
        self.tell(Event::Finished { tab: self.tab, ticket, result }).await;
        if !self.cancel.is_cancelled() && self.link.is_some() && !self.context.run.bare {
            Box::pin(self.serve(Request::Refresh)).await;
        }
    }
}

/// Whether it may be done twice.
fn is_harmless(operation: &Operation) -> bool {
    use Operation as O;
    matches!(operation, O::ChangeDirectory { .. } | O::Facts { .. } | O::Chmod { .. } | O::NoOperation)
}

/// Waits until the connection that there is has ended.
async fn ended(link: Option<&Link>) {
    match link {
        Some(link) => link.connection.ended().await,
        None => std::future::pending().await,
    }
}

/// The entry of `path` in a listing of its folder.
pub(super) fn entry_of<'a>(listing: Option<&'a Listing>, path: &RemotePath) -> Option<&'a Entry> {
    let listing = listing.filter(|listing| path.parent().as_ref() == Some(&listing.path))?;
    listing.entries.iter().find(|entry| entry.name == path.name())
}
