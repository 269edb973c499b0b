//! What is kept between runs, through the worker's own door: damage, second processes, runs that must not write.
#![allow(clippy::unwrap_used)] // in a test, a panic is the word

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use longshore::model::transfer::{Course, Folder, Priority};
use longshore::model::{
    Action, Actions, Delta, Event, Kind, Phase, RemotePath, Run, Settings, Site, Sites, Transfer, TransferId,
    TransferType, Wake,
};
use longshore::worker::journal::{Entry, Journal};
use longshore::worker::store::Folders;
use longshore::worker::{CarryOn, Start, spawn};

/// Far more than any of this takes.
const DEADLINE: Duration = Duration::from_secs(30);

/// A worker over folders of its own.
struct Worker {
    actions: Actions,
    events: Receiver<Event>,
    thread: JoinHandle<()>,
}

fn start(root: &Path, run: Run, carry_on: CarryOn) -> Worker {
    let start = Start { folders: Folders::within(root), run, adjust: Box::new(|_| {}), carry_on };
    let (actions, events, thread) = spawn(start, Wake::nobody());
    Worker { actions, events, thread }
}

fn ignore(root: &Path) -> Worker {
    start(root, Run::default(), CarryOn::Ignore)
}

impl Worker {
    /// The next event that `pick` wants; the others are dropped.
    fn wait<T>(&self, what: &str, pick: impl Fn(Event) -> Option<T>) -> T {
        let end = Instant::now() + DEADLINE;
        while let Ok(event) = self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if let Some(found) = pick(event) {
                return found;
            }
        }
        panic!("no {what}");
    }

    fn sites(&self) -> Arc<Sites> {
        self.wait("sites", |event| match event {
            Event::Sites(sites) => Some(sites),
            _ => None,
        })
    }

    fn settings(&self) -> Settings {
        self.wait("settings", |event| match event {
            Event::Settings(settings) => Some(*settings),
            _ => None,
        })
    }

    fn send(&self, action: Action) {
        self.actions.send(action).unwrap();
    }

    /// Ends it, and gives back all that it still had to say.
    fn quit(self) -> Vec<Event> {
        self.send(Action::Quit);
        let mut events = Vec::new();
        let end = Instant::now() + DEADLINE;
        loop {
            match self.events.recv_timeout(end.saturating_duration_since(Instant::now())).unwrap() {
                Event::Stopped => break,
                event => events.push(event),
            }
        }
        self.thread.join().unwrap();
        events
    }
}

#[test]
fn a_file_with_the_secrets_of_tls_is_said_in_the_window() {
    let root = tempfile::tempdir().unwrap();
    let said = |run: Run| {
        let events = start(root.path(), run, CarryOn::Ignore).quit();
        notices(&events).iter().any(|notice| notice.contains("SSLKEYLOGFILE"))
    };
    assert!(said(Run { tls_keylog: true, ..Run::default() }));
    assert!(!said(Run::default()));
    assert!(!said(Run { tls_keylog: true, bare: true, ..Run::default() }), "the command line has its own warning");
}

fn notices(events: &[Event]) -> Vec<&str> {
    let notices = events.iter().filter_map(|event| match event {
        Event::Notice(notice) => Some(notice.as_str()),
        _ => None,
    });
    notices.collect()
}

fn site(name: &str) -> Site {
    Site { name: name.into(), host: "h.invalid".into(), ..Site::default() }
}

fn with(names: &[&str]) -> Arc<Sites> {
    Arc::new(Sites { sites: names.iter().map(|name| site(name)).collect(), ..Sites::default() })
}

fn config(root: &Path, name: &str) -> PathBuf {
    Folders::within(root).config.join(name)
}

fn row(id: u64) -> Transfer {
    let folder = Folder { site: Arc::new(site("s")), local: "/nowhere".into(), remote: RemotePath::root(), below: 0 };
    Transfer {
        id: TransferId(id),
        course: Course::Download,
        kind: Kind::File,
        folder: Arc::new(folder),
        remote_name: format!("file {id}").into(),
        local_name: None,
        size: Some(id),
        phase: Phase::Queued,
        attempts: 1,
        if_exists: None,
        priority: Priority::default(),
        transfer_type: TransferType::Binary,
        place: 0,
    }
}

/// Leaves rows as a run that was killed does.
fn leave_rows(root: &Path, count: u64) {
    let (journal, notices) = Journal::open(&Folders::within(root).data);
    assert_eq!(notices, [""; 0]);
    let ids = journal.ids(count).unwrap();
    journal.write(&[Entry::Rows(vec![Delta::Add(ids.map(row).collect())])]).unwrap();
}

#[test]
fn sites_and_settings_are_there_in_the_next_run() {
    let root = tempfile::tempdir().unwrap();
    let worker = ignore(root.path());
    let settings = worker.settings();
    assert_eq!(settings, Settings::default());
    assert_eq!(*worker.sites(), Sites::default());
    worker.send(Action::SaveSites(with(&["one", "two"])));
    assert_eq!(worker.sites(), with(&["one", "two"]));
    worker.send(Action::SaveSettings(Box::new(Settings { connections: 7, ..settings })));
    assert_eq!(worker.settings().connections, 7);
    worker.quit();
    let worker = ignore(root.path());
    assert_eq!(worker.settings().connections, 7);
    assert_eq!(worker.sites(), with(&["one", "two"]));
    assert_eq!(notices(&worker.quit()), [""; 0]);
}

#[test]
fn torn_sites_are_set_aside_and_said_and_the_ones_before_are_used() {
    let root = tempfile::tempdir().unwrap();
    let worker = ignore(root.path());
    worker.send(Action::SaveSites(with(&["one"])));
    worker.send(Action::SaveSites(with(&["one", "two"])));
    worker.quit();
    let whole = fs::read(config(root.path(), "sites.toml")).unwrap();
    let torn = &whole[..whole.len() - 4];
    fs::write(config(root.path(), "sites.toml"), torn).unwrap();
    let worker = ignore(root.path());
    assert_eq!(worker.sites(), with(&["one"]));
    let events = worker.quit();
    let said = notices(&events);
    assert!(said.len() == 1 && said[0].contains("sites.toml.broken-1"), "{said:?}");
    assert_eq!(fs::read(config(root.path(), "sites.toml.broken-1")).unwrap(), torn);
    assert_eq!(notices(&ignore(root.path()).quit()), [""; 0], "said once");
}

#[test]
fn a_run_that_must_not_write_writes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let worker = start(root.path(), Run { read_only: true, ..Run::default() }, CarryOn::Ignore);
    worker.send(Action::SaveSites(with(&["one"])));
    worker.send(Action::SaveSettings(Box::new(Settings { connections: 7, ..Settings::default() })));
    worker.quit();
    assert!(!Folders::within(root.path()).config.exists());
}

#[test]
fn what_a_killed_run_left_is_held_run_or_left_alone() {
    let root = tempfile::tempdir().unwrap();
    leave_rows(root.path(), 3);
    let events = ignore(root.path()).quit();
    assert!(!events.iter().any(|event| matches!(event, Event::Queue(_))), "{events:?}");
    let worker = start(root.path(), Run::default(), CarryOn::Hold);
    let rows = worker.wait("rows", |event| match event {
        Event::Queue(Delta::Add(rows)) => Some(rows),
        _ => None,
    });
    let names: Vec<_> = rows.iter().map(|row| (row.remote_name, row.phase)).collect();
    let left = &Phase::Left;
    assert_eq!(names, [("file 1", left), ("file 2", left), ("file 3", left)]);
    worker.send(Action::Remove(vec![rows.get(1).unwrap().id]));
    worker.quit();
    let (journal, _) = Journal::open(&Folders::within(root.path()).data);
    let left: Vec<_> = journal.load().unwrap().into_iter().map(|row| row.id.0).collect();
    assert_eq!(left, [1, 3]);
    assert_eq!(journal.ids(1).unwrap().start, 4, "numbers are never used twice");
}

#[test]
fn a_second_process_is_told_and_touches_no_row() {
    let root = tempfile::tempdir().unwrap();
    leave_rows(root.path(), 2);
    let first = start(root.path(), Run::default(), CarryOn::Hold);
    first.settings();
    let second = start(root.path(), Run { unattended: true, ..Run::default() }, CarryOn::Run);
    let events = second.quit();
    assert!(notices(&events).iter().any(|notice| notice.contains("runs already")), "{events:?}");
    assert!(!events.iter().any(|event| matches!(event, Event::Queue(Delta::Add(_)))), "the rows are the first one's");
    first.quit();
    let (journal, _) = Journal::open(&Folders::within(root.path()).data);
    assert_eq!(journal.load().unwrap().len(), 2);
}

#[test]
fn a_damaged_queue_is_said_and_replaced() {
    let root = tempfile::tempdir().unwrap();
    leave_rows(root.path(), 2);
    let data = Folders::within(root.path()).data;
    fs::write(
        data.join("queue.db"),
        b"no database at all, but as long as the header of one would have to be............",
    )
    .unwrap();
    let events = start(root.path(), Run::default(), CarryOn::Hold).quit();
    assert!(notices(&events).iter().any(|notice| notice.contains("queue.db.broken-1")), "{events:?}");
    assert!(data.join("queue.db.broken-1").exists());
    leave_rows(root.path(), 1);
}
