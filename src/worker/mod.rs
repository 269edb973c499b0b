//! Policy: owns sessions, queue, transcript and stores.
//!
//! One loop takes in everything that happens as an `Input`: what a person wants, what tasks tell, what time brings.
//! It never waits for a task; tasks do what takes time and tell it how that ended. What it owns is the truth; fronts
//! mirror it by the events that it sends.

mod after;
mod browse;
mod checksum;
mod connect;
mod dispatch;
mod download;
mod enqueue;
mod errand;
mod extras;
mod files;
mod follow;
mod front;
mod guard;
mod helpers;
mod here;
mod import;
mod left;
mod limits;
mod logs;
mod memory;
mod plan;
mod pool;
mod questions;
mod queue;
mod ready;
mod retry;
mod rows;
mod rules;
mod scribe;
mod secret;
mod segments;
mod session_log;
mod settle;
mod tabs;
mod transfer;
mod typed;
mod upload;
mod verify;
mod walk;

pub mod disk;
pub mod journal;
pub mod local;
pub mod ranges;
mod steer;
pub mod store;
pub mod vault;

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::AtomicU32;
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{mpsc, oneshot};

use self::after::{Awake, Tally};
use self::connect::{Closed, Context, Link};
use self::front::Front;
use self::journal::Journal;
use self::memory::{Key, Memory};
use self::pool::Pool;
use self::questions::{Asked, Questions};
use self::queue::Active;
use self::retry::Trouble;
use self::rows::Rows;
use self::scribe::{Lines, Scribe, Written};
use self::segments::Crew;
use self::session_log::SessionLog;
use self::store::{Folders, Store};
use self::tabs::Tab;
use self::transfer::Ended;
use self::vault::Vault;
use crate::model::after::AfterLast;
use crate::model::filezilla::Held;
use crate::model::{
    Action, Actions, Cause, Course, Event, Failure, Kind, LocalListing, Run, Secret, Settings, Site, Sites, TabId,
    Ticket, Transfer, TransferId, TransferType, Wake,
};
use crate::net::{Cancel, Roots};

/// Actions that wait for the worker.
const ACTIONS: usize = 1024;
/// News of tasks that wait for the worker.
const INPUTS: usize = 1024;
/// Threads that move data.
const THREADS: usize = 2;
/// Between two reports of progress.
const PROGRESS: Duration = Duration::from_millis(100);
/// Said in the window as long as it is not put away.
const KEY_LOG: &str = "WARNING: the secrets of TLS are written to the file that SSLKEYLOGFILE names: whoever reads it can \
                       read everything, passwords too";
/// Said where the rows of this run are kept by nobody.
const ELSEWHERE: &str = "Longshore runs already and keeps the queue; what is queued here is forgotten at the end.";
/// How long transfers have to end well, at the end of the program.
const FAREWELL: Duration = Duration::from_millis(1200);
/// And then connections, to say goodbye.
const GOODBYE: Duration = Duration::from_millis(500);

/// What the worker starts with.
pub struct Start {
    /// Where things are kept.
    pub folders: Folders,
    /// What holds for this run.
    pub run: Run,
    /// Changes the stored settings for this run, before anything uses them.
    pub adjust: Box<dyn FnOnce(&mut Settings) + Send>,
    /// What becomes of the rows that an earlier run left.
    pub carry_on: CarryOn,
}

impl fmt::Debug for Start {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Start").field("folders", &self.folders).field("run", &self.run).finish_non_exhaustive()
    }
}

/// What becomes of the rows that an earlier run left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CarryOn {
    /// They are shown, and wait until a person lets the queue go on.
    Hold,
    /// They are carried on with.
    Run,
    /// They stay where they are, for another run.
    Ignore,
}

/// Starts the worker on a thread of its own.
pub fn spawn(start: Start, wake: Wake) -> (Actions, Receiver<Event>, JoinHandle<()>) {
    let (actions, wanted) = mpsc::channel(ACTIONS);
    let (sender, events) = std::sync::mpsc::sync_channel(front::CHANNEL);
    let front = Front::new(sender, wake);
    let thread = std::thread::spawn(move || match runtime() {
        Ok(runtime) => {
            // As a task among those that it hears, it wakes and is woken without a change of threads.
            let worker = runtime.spawn(async move { Worker::new(start, front).run(wanted).await });
            let ended = runtime.block_on(worker);
            runtime.shutdown_timeout(Duration::from_millis(100));
            if let Err(panic) = ended.map_err(tokio::task::JoinError::into_panic) {
                std::panic::resume_unwind(panic);
            }
        }
        Err(error) => fail(front, &error),
    });
    let send = move |action| actions.try_send(action).map_err(mpsc::error::TrySendError::into_inner);
    (Actions::new(send), events, thread)
}

fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_multi_thread().worker_threads(THREADS).thread_name("transfer").enable_all().build()
}

/// The system gives no threads: nothing works, but it is said.
fn fail(mut front: Front, error: &std::io::Error) {
    let (what, why) = ("Could not start".to_owned(), error.to_string());
    front.send(Event::Failed(Failure { what, why, cause: Cause::Local, again: false }));
    front.send(Event::Stopped);
    front.flush();
}

/// Everything that can happen to the worker.
enum Input {
    /// A person wants something.
    Action(Action),
    /// A task asks.
    Asked(Asked),
    /// Somebody who waited for an answer has left.
    Unasked,
    /// A task has something for the front, in order.
    Event(Event),
    /// A tab's task has something for the front, if it is still the tab's.
    Tab { tab: TabId, generation: u64, event: Event },
    /// Something became known about a transfer under way.
    News(TransferId, News),
    /// A transfer fetches a small file, and another one may begin behind it on its connection.
    Leads(TransferId, Link),
    /// A transfer walks a folder that is far away: for what is in it more connections will be wanted.
    Walks(TransferId),
    /// A transfer needs its connection no more.
    HandedBack(TransferId, Option<Link>),
    /// A transfer waits for a person, and needs no connection meanwhile.
    Parked(TransferId, Option<Link>),
    /// An attempt at a transfer ended.
    Ended(Box<Ended>),
    /// One that helped with a transfer has left, or a connection that will be wanted behind it is open.
    Helped { id: TransferId, key: Arc<Key>, course: Course, link: Option<Link>, trouble: Option<Trouble> },
    /// Keep in the vault what opened a proxy or a key: the vault's key, whose it is, and the password.
    KeepSecret { key: String, of: String, password: Option<Secret> },
    /// Rows that an earlier run left were read.
    Loaded(Vec<Transfer>, CarryOn),
    /// What a file of transfers or filters holds, or why it could not be read.
    Imported(TabId, Ticket, Result<Held, Failure>),
    /// What cancelled uploads had left on a server is gone, as far as it can be.
    Discarded(Arc<Key>, Vec<Transfer>),
    /// A person wants the password kept, or forgotten.
    KeepPassword { site: Arc<Site>, password: Option<Secret> },
    /// A person trusts a certificate for good.
    KeepTrust { host: String, port: u16, sha256: String },
    /// Nobody browses: a tab's connection is for what was put into the queue; or why there is none.
    Lent(Arc<Key>, Option<Link>, Option<Failure>),
    /// The server has no room for a browsing connection.
    Crowded(Arc<Key>),
    /// A tab's local folder was listed, or could not be.
    LocalListed(TabId, PathBuf, Result<Arc<LocalListing>, Failure>),
    /// A tab's local folder changed.
    LocalChanged(TabId),
    /// A person changed something that may lie in a tab's local folder.
    LocalTouched(TabId),
    /// A local count is complete.
    Measured(Ticket, Event),
    /// Lines were written, connections closed, or it is time for something.
    Tick,
}

/// What becomes known about a transfer under way.
enum News {
    /// What the source is.
    Kind(Kind, TransferType),
    /// How large the source is.
    Size(u64),
    /// It gets another name, because its own is taken or it is known only now what was meant.
    Named(Box<Transfer>, oneshot::Sender<Written>),
    /// Several connections may fetch it.
    Crew(Arc<Crew>),
}

/// The worker's state; only its own thread touches it.
struct Worker {
    context: Context,
    inputs: mpsc::Receiver<Input>,
    front: Front,
    lines: Arc<Lines>,
    /// Writes what nobody waits for, and ends when the worker does.
    writer: Option<JoinHandle<()>>,
    session_log: SessionLog,
    settings: Settings,
    sites: Arc<Sites>,
    rows: Rows,
    pool: Pool,
    active: HashMap<TransferId, Active>,
    /// What happens after the last transfer.
    after_last: AfterLast,
    /// How those ended that did since the queue was at rest; `None`: none did.
    tally: Option<Tally>,
    awake: Awake,
    questions: Questions,
    tabs: BTreeMap<TabId, Tab>,
    measures: HashMap<Ticket, Cancel>,
    /// Uploads that are done, of which the journal has not been told.
    stored: Vec<String>,
    /// Numbers for new rows that nobody has used.
    ids: std::ops::Range<u64>,
    /// Rows with this number or a higher one are of this run.
    first_id: u64,
    /// The newest of the generations of tabs' tasks.
    generation: u64,
    /// Whether somebody can let a held queue go on.
    can_release: bool,
    /// Rows that failed in this run because the disk was full.
    without_room: Vec<TransferId>,
    /// Stops long work on the local disk when a person leaves.
    leaving: Cancel,
    progress_at: Option<Instant>,
    tidy_at: Option<Instant>,
    /// Since a person wanted to leave: when to go even if not everything ended.
    leave_at: Option<Instant>,
}

impl Worker {
    fn new(start: Start, mut front: Front) -> Self {
        let Start { folders, run, adjust, carry_on } = start;
        let (store, mut settings, sites, mut notices) = Store::open(&folders, run.read_only);
        adjust(&mut settings);
        store.adjust(&settings);
        let (journal, more) = Journal::open(&folders.data);
        notices.extend(more);
        if run.bare && carry_on != CarryOn::Ignore && !journal.is_owner() {
            // Whatever the command wants of the queue, it is not there: done with an empty one, it would look like success.
            let why = if journal.is_elsewhere() { "another Longshore that runs keeps it" } else { "it is not kept" };
            let what = "Could not open the queue".to_owned();
            front.send(Event::Failed(Failure { what, why: why.to_owned(), cause: Cause::Local, again: false }));
        } else if journal.is_elsewhere() {
            notices.push(ELSEWHERE.to_owned());
        }
        if run.tls_keylog && !run.bare {
            notices.push(KEY_LOG.to_owned());
        }
        let roots = Roots::new(&run.roots).unwrap_or_else(|error| {
            notices.push(format!("Could not read the roots to be trusted: {error}"));
            Roots::default()
        });
        let (sender, inputs) = mpsc::channel(INPUTS);
        let lines = Arc::new(Lines::default());
        let (journal, sites) = (Arc::new(journal), Arc::new(sites));
        let scribe = Arc::new(Scribe::new(journal.clone(), sender.clone()));
        let writer = Some(scribe.start());
        let session_log = SessionLog::new(&folders.data, &settings, sender.clone());
        let context = Context {
            inputs: sender,
            memory: Arc::new(Memory::default()),
            store: Arc::new(store),
            vault: Arc::new(Vault::open()),
            journal,
            scribe,
            settles: Arc::default(),
            roots: Arc::new(roots),
            log: Lines::log(&lines),
            limits: Arc::default(),
            settings: Arc::new(Mutex::new(Arc::new(settings.clone()))),
            connections: Arc::new(AtomicU32::new(0)),
            closed: Closed::default(),
            backlogs: Arc::default(),
            run: Arc::new(run),
        };
        context.limits.set(&settings, jiff::Zoned::now().datetime());
        let first_id = context.journal.ids(0).map_or(u64::MAX, |ids| ids.start);
        front.send(Event::Settings(Box::new(settings.clone())));
        front.send(Event::Sites(sites.clone()));
        notices.into_iter().for_each(|notice| front.send(Event::Notice(notice)));
        let mut worker = Self {
            rows: Rows::new(context.backlogs.clone()),
            questions: Questions::new(context.run.unattended),
            context,
            inputs,
            front,
            lines,
            writer,
            session_log,
            settings,
            sites,
            pool: Pool::default(),
            active: HashMap::new(),
            after_last: AfterLast::Nothing,
            tally: None,
            awake: Awake::default(),
            tabs: BTreeMap::new(),
            measures: HashMap::new(),
            stored: Vec::new(),
            ids: 0..0,
            first_id,
            generation: 0,
            can_release: carry_on == CarryOn::Hold,
            without_room: Vec::new(),
            leaving: Cancel::new(),
            progress_at: None,
            tidy_at: None,
            leave_at: None,
        };
        worker.carry_on(carry_on);
        worker
    }

    /// Until a person leaves.
    async fn run(mut self, mut actions: mpsc::Receiver<Action>) {
        while !self.is_over() {
            self.settle();
            let next = self.next_tick();
            let may = !self.front.is_full();
            let input = tokio::select! {
                biased;
                action = actions.recv(), if self.leave_at.is_none() => Input::Action(action.unwrap_or(Action::Quit)),
                Some(input) = self.inputs.recv(), if may => input,
                () = self.lines.wait(), if may => Input::Tick,
                () = self.context.closed.wait(), if may => Input::Tick,
                () = sleep_until(next) => Input::Tick,
            };
            self.take_lines();
            self.handle(input);
        }
        self.farewell().await;
    }

    fn handle(&mut self, input: Input) {
        match input {
            Input::Action(action) => self.act(action),
            Input::Asked(asked) => self.ask(asked),
            Input::Unasked => self.withdraw(),
            Input::Event(event) => self.front.send(event),
            Input::Loaded(rows, carry_on) => self.loaded(rows, carry_on),
            Input::Tab { tab, generation, event } => self.tab_event(tab, generation, event),
            Input::News(id, news) => self.news(id, news),
            Input::Leads(id, link) => self.leads(id, link),
            Input::Walks(id) => self.open_ahead(id),
            Input::HandedBack(id, link) => self.handed_back(id, link),
            Input::Imported(tab, ticket, held) => self.imported(tab, ticket, held),
            Input::Discarded(key, rows) => self.discarded(&key, &rows),
            Input::Parked(id, link) => self.parked(id, link),
            Input::Ended(ended) => self.ended(*ended),
            Input::Helped { id, key, course, link, trouble } => self.helped((id, course), &key, link, trouble),
            Input::KeepPassword { site, password } => self.keep_password(site, password),
            Input::KeepSecret { key, of, password } => self.keep_secret(key, of, password),
            Input::KeepTrust { host, port, sha256 } => self.keep_trust(host, port, sha256),
            Input::Lent(key, link, failure) => self.lent(&key, link, failure),
            Input::Crowded(key) => self.pool.make_room(&key),
            Input::LocalListed(tab, path, result) => self.local_listed(tab, path, result),
            Input::LocalChanged(tab) => self.local_changed(tab),
            Input::LocalTouched(tab) => self.local_touched(tab),
            Input::Measured(ticket, event) => {
                self.measures.remove(&ticket);
                self.front.send(event);
            }
            Input::Tick => self.tick(),
        }
    }

    /// After each input: begins what can begin, and tells what changed.
    fn settle(&mut self) {
        self.begin();
        let changes = self.rows.take_changes();
        if !changes.is_empty() {
            self.context.scribe.rows(&changes, self.rows.queue());
            self.forget_stored();
            changes.into_iter().for_each(|delta| self.front.send(Event::Queue(delta)));
        }
        if self.rows.became_idle() {
            self.context.memory.forget_batches();
            self.front.send(Event::QueueIdle);
        }
        self.after_last();
        if self.front.is_gone() && self.leave_at.is_none() {
            self.act(Action::Quit);
        }
    }

    /// The lines that were written, before whatever happened after them.
    fn take_lines(&mut self) {
        while !self.front.is_full() {
            let lines = self.lines.take();
            if lines.is_empty() {
                break;
            }
            self.session_log.write(&lines);
            lines.into_iter().for_each(|line| self.front.send(Event::Line(line)));
        }
    }

    fn tick(&mut self) {
        for id in self.context.closed.take() {
            self.front.send(Event::Closed(id));
        }
        let now = Instant::now();
        if self.progress_at.is_some_and(|at| at <= now) {
            self.progress(now);
        }
        if self.tidy_at.is_some_and(|at| at <= now) {
            self.tidy_at = self.pool.tidy();
        }
        if !self.settings.schedule.is_empty() {
            self.context.limits.set(&self.settings, jiff::Zoned::now().datetime());
        }
        self.rows.wait_is_over(jiff::Timestamp::now());
        self.refresh_due(now);
    }

    /// When to wake up even if nothing happens.
    fn next_tick(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let flush = self.front.flush();
        let due = self.rows.due().map(|until| {
            let left = until.duration_since(jiff::Timestamp::now());
            now + Duration::try_from(left).unwrap_or_default()
        });
        if self.tidy_at.is_none() {
            self.tidy_at = self.pool.tidy();
        }
        let schedule = (!self.settings.schedule.is_empty())
            .then(|| now + limits::until_next_minute(jiff::Zoned::now().datetime()));
        let refresh = self.tabs.values().filter_map(Tab::due).min();
        [flush, due, self.tidy_at, self.progress_at, schedule, refresh, self.leave_at].into_iter().flatten().min()
    }

    /// Whether everything has ended that had to, or had its time.
    fn is_over(&self) -> bool {
        self.leave_at.is_some_and(|at| self.active.is_empty() || at <= Instant::now())
    }

    /// Closes every connection, writes everything, and says so.
    async fn farewell(mut self) {
        let closing: Vec<_> = self.pool.take_idle().into_iter().map(|link| tokio::spawn(link.close())).collect();
        let tasks: Vec<_> = self.tabs.values_mut().filter_map(Tab::take_task).chain(closing).collect();
        let all = async {
            for task in tasks {
                // A task that panicked has nothing more to close.
                let _ = task.await;
            }
        };
        let waiting = tokio::time::timeout(GOODBYE, all);
        tokio::pin!(waiting);
        // Tasks may still have news, and must not wait for room.
        loop {
            tokio::select! {
                _ = &mut waiting => break,
                Some(input) = self.inputs.recv() => self.handle(input),
            }
        }
        self.rest_stopped();
        self.take_lines();
        self.tick();
        self.settle();
        self.context.scribe.close();
        if let Some(writer) = self.writer.take() {
            // A thread that panicked has nothing more to write.
            let _ = writer.join();
        }
        self.session_log.close();
        self.front.send(Event::Stopped);
        let end = Instant::now() + GOODBYE;
        while self.front.flush().is_some() && Instant::now() < end && !self.front.is_gone() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

async fn sleep_until(then: Option<Instant>) {
    match then {
        Some(then) => tokio::time::sleep_until(then.into()).await,
        None => std::future::pending().await,
    }
}
