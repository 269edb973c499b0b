//! A front without window or command line: it tells the worker what to do, and sees what comes of it.
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use longshore::model::question::Scope;
use longshore::model::queue::Row;
use longshore::model::transfer::BatchItem;
use longshore::model::{
    Action, Actions, Answer, Ask, Batch, ConnectionState, Course, Credentials, Direction, Event, IfExists, Kind, Line,
    Listing, Login, Phase, Queue, RemotePath, Run, Secret, Section, Settings, Site, TabId, TransferId, Wake,
};
use longshore::worker::{CarryOn, Start, spawn, store::Folders};

use super::harness::{PASSWORD, Server, USER};

pub const TAB: TabId = TabId(0);
/// Nothing that these tests wait for takes this long on a machine that works.
const PATIENCE: Duration = Duration::from_secs(60);

/// A front that looks at every event and mirrors the queue.
pub struct Front {
    pub actions: Actions,
    pub events: Receiver<Event>,
    pub thread: Option<JoinHandle<()>>,
    pub queue: Queue,
    pub lines: Vec<Line>,
    pub asked: Vec<Ask>,
    /// Answers to questions as they come; without one they stay open.
    pub password: Option<&'static str>,
    pub exists: Option<IfExists>,
}

impl Front {
    pub fn start(
        home: &Path,
        run: Run,
        carry_on: CarryOn,
        adjust: impl FnOnce(&mut Settings) + Send + 'static,
    ) -> Self {
        let start = Start { folders: Folders::within(home), run, adjust: Box::new(adjust), carry_on };
        let (actions, events, thread) = spawn(start, Wake::nobody());
        let (queue, lines, asked) = (Queue::default(), Vec::new(), Vec::new());
        Self { actions, events, thread: Some(thread), queue, lines, asked, password: None, exists: None }
    }

    /// With settings as they are, but short waits.
    pub fn quick(home: &Path) -> Self {
        Self::start(home, Run::default(), CarryOn::Run, |settings| settings.timeout = 10)
    }

    pub fn act(&self, action: Action) {
        self.actions.send(action).unwrap();
    }

    pub fn connect(&self, server: &Server) {
        self.connect_as(server, Some(PASSWORD));
    }

    pub fn connect_as(&self, server: &Server, password: Option<&str>) {
        let credentials =
            password.map(|password| Credentials { user: USER.into(), password: Secret::new(password), account: None });
        self.act(Action::Connect { tab: TAB, site: site(server), credentials });
    }

    /// Takes in events until `wanted` has seen what it waits for.
    pub fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event, &Queue) -> Option<T>) -> T {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let event = self.events.recv_timeout(left).unwrap_or_else(|_| {
                let lines: Vec<_> = self.lines.iter().map(|line| &line.text).collect();
                panic!("waited in vain for {what}; the log: {lines:#?}; the queue: {:#?}", self.queue)
            });
            match &event {
                Event::Queue(delta) => self.queue.apply(delta.clone()),
                Event::Line(line) => self.lines.push(line.clone()),
                Event::Ask(question) => {
                    self.asked.push(question.ask.clone());
                    let answer = match question.ask {
                        Ask::Password { .. } => self
                            .password
                            .map(|password| Answer::Password { password: Secret::new(password), remember: false }),
                        Ask::FileExists(_) => {
                            self.exists.map(|choice| Answer::Exists { choice, scope: Scope::File, only: None })
                        }
                        Ask::Secret { .. } => None,
                        Ask::Certificate(_) => Some(Answer::Trust { remember: false }),
                    };
                    if let Some(answer) = answer {
                        self.act(Action::Answer(question.id, answer));
                    }
                }
                _ => {}
            }
            if let Some(found) = wanted(&event, &self.queue) {
                return found;
            }
        }
    }

    /// Until the tab's directory is listed.
    pub fn listing(&mut self) -> Arc<Listing> {
        self.until("a listing", |event, _| match event {
            Event::Listing { result, .. } => Some(result.clone().unwrap()),
            Event::Connection { state: ConnectionState::Disconnected(Some(failure)), .. } => panic!("{failure}"),
            _ => None,
        })
    }

    pub fn idle(&mut self) {
        self.until("the end of the queue", |event, _| matches!(event, Event::QueueIdle).then_some(()));
    }

    /// Until some row has moved at least `bytes`.
    pub fn moved(&mut self, bytes: u64) -> TransferId {
        self.until("progress", |_, queue| {
            let running = queue.section(Section::Active).iter().filter_map(|id| queue.get(*id));
            running
                .filter(|row| matches!(row.phase, Phase::Running(running) if running.done >= bytes))
                .map(|r| r.id)
                .next()
        })
    }

    pub fn enqueue(&self, course: Course, kind: Kind, local: &Path, remote: &str, if_exists: Option<IfExists>) {
        let item =
            BatchItem { local: local.to_owned(), remote: RemotePath::new(remote), kind, size: None, permissions: None };
        self.act(Action::Enqueue(Batch { tab: TAB, course, items: vec![item], if_exists, transfer_type: None }));
    }

    pub fn rows(&self) -> Vec<Row<'_>> {
        let sections = [Section::Active, Section::Failed, Section::Done];
        sections
            .iter()
            .flat_map(|section| self.queue.section(*section).iter())
            .filter_map(|id| self.queue.get(*id))
            .collect()
    }

    /// The only row of the queue, which is complete.
    pub fn done(&self) -> longshore::model::transfer::Done {
        match self.rows().as_slice() {
            [Row { phase: Phase::Done(done), .. }] => **done,
            rows => panic!("{rows:#?}"),
        }
    }

    pub fn sent(&self, start: &str) -> usize {
        let sent = self.lines.iter().filter(|line| line.direction == Direction::Sent);
        sent.filter(|line| line.text.starts_with(start)).count()
    }

    pub fn quit(mut self) {
        self.act(Action::Quit);
        self.until("the worker's end", |event, _| matches!(event, Event::Stopped).then_some(()));
        self.thread.take().unwrap().join().unwrap();
    }
}

pub fn site(server: &Server) -> Arc<Site> {
    let (host, port) = (server.host.to_owned(), Some(server.port));
    Arc::new(Site { host, port, login: Login::Normal, user: USER.into(), ..Site::default() })
}

pub fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 7 + index / 251) as u8).collect()
}

pub fn folder(home: &tempfile::TempDir, name: &str) -> std::path::PathBuf {
    let path = home.path().join(name);
    fs::create_dir(&path).unwrap();
    path
}
