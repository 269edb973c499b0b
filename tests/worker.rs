//! The worker against real servers: trees both ways, a server that dies and comes back, questions, cancel, pause.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::cast_possible_truncation)]

mod harness;

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use harness::{Kind as ServerKind, PASSWORD, Server, Setup, Tls, USER, tree};
use longshore::model::exists::{DateIs, Rule, SizeIs};
use longshore::model::question::Scope;
use longshore::model::queue::Row;
use longshore::model::transfer::{BatchItem, Proof};
use longshore::model::{
    Action, Actions, AfterLast, Answer, Ask, Batch, Cause, ConnectionState, Course, Credentials, Delta, Direction,
    Event, FileAction, IfExists, Kind, Line, Listing, Login, Phase, Place, Queue, RemotePath, Report, Run, Secret,
    Section, Security, Settings, Site, TabId, Ticket, TransferId, Wake,
};
use longshore::worker::{CarryOn, Start, spawn, store::Folders};

const TAB: TabId = TabId(0);
/// Nothing that these tests wait for takes this long on a machine that works.
const PATIENCE: Duration = Duration::from_secs(60);

/// A front that looks at every event and mirrors the queue.
struct Front {
    actions: Actions,
    events: Receiver<Event>,
    thread: Option<JoinHandle<()>>,
    queue: Queue,
    lines: Vec<Line>,
    asked: Vec<Ask>,
    /// Answers to questions as they come; without one they stay open.
    password: Option<&'static str>,
    exists: Option<IfExists>,
}

impl Front {
    fn start(home: &Path, run: Run, carry_on: CarryOn, adjust: impl FnOnce(&mut Settings) + Send + 'static) -> Self {
        let start = Start { folders: Folders::within(home), run, adjust: Box::new(adjust), carry_on };
        let (actions, events, thread) = spawn(start, Wake::nobody());
        let (queue, lines, asked) = (Queue::default(), Vec::new(), Vec::new());
        Self { actions, events, thread: Some(thread), queue, lines, asked, password: None, exists: None }
    }

    /// With settings as they are, but short waits.
    fn quick(home: &Path) -> Self {
        Self::start(home, Run::default(), CarryOn::Run, |settings| settings.timeout = 10)
    }

    fn act(&self, action: Action) {
        self.actions.send(action).unwrap();
    }

    fn connect(&self, server: &Server) {
        self.connect_as(server, Some(PASSWORD));
    }

    fn connect_as(&self, server: &Server, password: Option<&str>) {
        let credentials =
            password.map(|password| Credentials { user: USER.into(), password: Secret::new(password), account: None });
        self.act(Action::Connect { tab: TAB, site: site(server), credentials });
    }

    /// Takes in events until `wanted` has seen what it waits for.
    fn until<T>(&mut self, what: &str, mut wanted: impl FnMut(&Event, &Queue) -> Option<T>) -> T {
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
    fn listing(&mut self) -> Arc<Listing> {
        self.until("a listing", |event, _| match event {
            Event::Listing { result, .. } => Some(result.clone().unwrap()),
            Event::Connection { state: ConnectionState::Disconnected(Some(failure)), .. } => panic!("{failure}"),
            _ => None,
        })
    }

    fn idle(&mut self) {
        self.until("the end of the queue", |event, _| matches!(event, Event::QueueIdle).then_some(()));
    }

    /// Until some row has moved at least `bytes`.
    fn moved(&mut self, bytes: u64) -> TransferId {
        self.until("progress", |_, queue| {
            let running = queue.section(Section::Active).iter().filter_map(|id| queue.get(*id));
            running
                .filter(|row| matches!(row.phase, Phase::Running(running) if running.done >= bytes))
                .map(|r| r.id)
                .next()
        })
    }

    fn enqueue(&self, course: Course, kind: Kind, local: &Path, remote: &str, if_exists: Option<IfExists>) {
        let item =
            BatchItem { local: local.to_owned(), remote: RemotePath::new(remote), kind, size: None, permissions: None };
        self.act(Action::Enqueue(Batch { tab: TAB, course, items: vec![item], if_exists }));
    }

    fn rows(&self) -> Vec<Row<'_>> {
        let sections = [Section::Active, Section::Failed, Section::Done];
        sections
            .iter()
            .flat_map(|section| self.queue.section(*section).iter())
            .filter_map(|id| self.queue.get(*id))
            .collect()
    }

    /// The only row of the queue, which is complete.
    fn done(&self) -> longshore::model::transfer::Done {
        match self.rows().as_slice() {
            [Row { phase: Phase::Done(done), .. }] => **done,
            rows => panic!("{rows:#?}"),
        }
    }

    fn sent(&self, start: &str) -> usize {
        let sent = self.lines.iter().filter(|line| line.direction == Direction::Sent);
        sent.filter(|line| line.text.starts_with(start)).count()
    }

    fn quit(mut self) {
        self.act(Action::Quit);
        self.until("the worker's end", |event, _| matches!(event, Event::Stopped).then_some(()));
        self.thread.take().unwrap().join().unwrap();
    }
}

fn site(server: &Server) -> Arc<Site> {
    let (host, port) = (server.host.to_owned(), Some(server.port));
    Arc::new(Site { host, port, login: Login::Normal, user: USER.into(), ..Site::default() })
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|index| (index * 7 + index / 251) as u8).collect()
}

fn folder(home: &tempfile::TempDir, name: &str) -> std::path::PathBuf {
    let path = home.path().join(name);
    fs::create_dir(&path).unwrap();
    path
}

#[test]
fn a_tree_goes_up_and_down() {
    for (kind, tls) in
        [(ServerKind::Vsftpd, Tls::Explicit), (ServerKind::PureFtpd, Tls::Off), (ServerKind::Proftpd, Tls::Off)]
    {
        let Some(server) = Setup::new(kind).tls(tls).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let source = folder(&home, "source");
        tree::make(&source);
        let mut front = Front::quick(home.path());
        front.connect(&server);
        front.listing();
        front.enqueue(Course::Upload, Kind::Directory, &source, "/new/up", None);
        front.idle();
        let failed: Vec<_> = front.rows().into_iter().filter(|row| !matches!(row.phase, Phase::Done(_))).collect();
        assert!(failed.is_empty(), "{kind:?}: {failed:#?}");
        tree::assert_same(&source, &server.root.join("new/up"), &format!("{kind:?}, up"));
        let target = home.path().join("target/down");
        front.enqueue(Course::Download, Kind::Directory, &target, "/new/up", None);
        front.idle();
        tree::assert_same(&source, &target, &format!("{kind:?}, down"));
        let proofs = front.rows().into_iter().filter(|row| row.kind == Kind::File);
        assert!(proofs.into_iter().all(|row| matches!(row.phase, Phase::Done(done) if done.proof == Proof::Size)));
        assert!(front.asked.len() <= 1, "one certificate, asked for once: {:?}", front.asked);
        front.quit();
    }
}

#[test]
fn times_are_kept_both_ways() {
    let Some(server) = Setup::new(ServerKind::PureFtpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let then = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_234_567_890);
    let file = home.path().join("file");
    fs::write(&file, b"content").unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(then).unwrap();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    front.enqueue(Course::Upload, Kind::File, &file, "/file", None);
    front.idle();
    assert_eq!(server.root.join("file").metadata().unwrap().modified().unwrap(), then);
    front.enqueue(Course::Download, Kind::Other, &home.path().join("copy"), "/file", None);
    front.idle();
    assert_eq!(home.path().join("copy").metadata().unwrap().modified().unwrap(), then);
    front.quit();
}

/// `kind` says which way; the server dies when half of it is there, and comes back.
#[test]
fn permissions_are_kept_both_ways_where_that_is_wanted() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    let Some(server) = Setup::new(ServerKind::Proftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let source = folder(&home, "source");
    fs::write(source.join("file"), b"content").unwrap();
    fs::set_permissions(source.join("file"), fs::Permissions::from_mode(0o6740)).unwrap();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| {
        (settings.timeout, settings.keep_permissions) = (10, true);
    });
    front.connect(&server);
    front.listing();
    front.enqueue(Course::Upload, Kind::Directory, &source, "/up", None);
    front.idle();
    assert_eq!(mode(&server.root.join("up/file")), 0o740, "without the bits that lend rights");
    fs::set_permissions(server.root.join("up/file"), fs::Permissions::from_mode(0o4705)).unwrap();
    front.enqueue(Course::Download, Kind::Directory, &home.path().join("down"), "/up", None);
    front.idle();
    assert_eq!(mode(&home.path().join("down/file")), 0o705);
    front.quit();
}

/// A site whose files are fetched as soon as they are there gets each under its name only when it is whole.
#[test]
fn uploads_take_their_names_when_they_are_whole() {
    for kind in [ServerKind::Vsftpd, ServerKind::Proftpd, ServerKind::PureFtpd, ServerKind::Pyftpdlib] {
        let Some(server) = Setup::new(kind).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let local = home.path().join("file");
        fs::write(&local, bytes(5_000_000)).unwrap();
        fs::write(server.root.join("there"), b"before").unwrap();
        server.own();
        let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| {
            (settings.timeout, settings.limit_up) = (10, 1_500_000);
        });
        let site = Site { temporary_names: true, ..(*site(&server)).clone() };
        let credentials = Credentials { user: USER.into(), password: Secret::new(PASSWORD), account: None };
        front.act(Action::Connect { tab: TAB, site: Arc::new(site), credentials: Some(credentials) });
        front.listing();
        front.enqueue(Course::Upload, Kind::File, &local, "/there", Some(IfExists::Overwrite));
        let id = front.moved(500_000);
        front.act(Action::Pause(vec![id]));
        front.until("the pause", |_, queue| matches!(queue.get(id)?.phase, Phase::Paused).then_some(()));
        assert_eq!(fs::read(server.root.join("there")).unwrap(), b"before", "{kind:?}: not before it is whole");
        assert!(server.root.join("there.filepart").exists(), "{kind:?}");
        front.act(Action::Resume(vec![id]));
        front.idle();
        assert_eq!(fs::read(server.root.join("there")).unwrap(), bytes(5_000_000), "{kind:?}: {:#?}", front.rows());
        assert!(!server.root.join("there.filepart").exists(), "{kind:?}");
        let Phase::Done(done) = front.rows()[0].phase else { panic!("{kind:?}: {:#?}", front.rows()) };
        assert!(done.resumed_from > 0 && done.proof == Proof::Size, "{kind:?}: {done:?}");
        front.quit();
    }
}

fn survives_the_server(course: Course) {
    let Some(mut server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    // More than the system keeps for a connection on its way.
    let content = bytes(30_000_000);
    let local = home.path().join("file");
    match course {
        Course::Download => fs::write(server.root.join("file"), &content).unwrap(),
        Course::Upload => fs::write(&local, &content).unwrap(),
    }
    server.own();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| {
        (settings.limit_down, settings.limit_up) = (8_000_000, 8_000_000);
        (settings.retries, settings.timeout) = (5, 10);
    });
    front.connect(&server);
    front.listing();
    front.enqueue(course, Kind::File, &local, "/file", None);
    front.moved(2_000_000);
    server.kill();
    front.until("a wait", |event, _| {
        matches!(event, Event::Queue(Delta::Phase(_, Phase::Waiting { .. }))).then_some(())
    });
    if course == Course::Download {
        assert!(!local.exists(), "half a file looks like a whole one");
    }
    server.restart();
    front.idle();
    let done = front.done();
    assert!(done.resumed_from > 0, "{done:?}");
    assert_eq!((done.bytes, done.proof), (30_000_000, Proof::Size));
    assert!(front.sent("REST") > 0);
    assert!(fs::read(server.root.join("file")).unwrap() == content && fs::read(&local).unwrap() == content);
    assert!(front.asked.is_empty(), "our own half file is no reason to ask: {:?}", front.asked);
    front.quit();
}

#[test]
fn a_download_survives_the_servers_death() {
    survives_the_server(Course::Download);
}

#[test]
fn an_upload_survives_the_servers_death() {
    survives_the_server(Course::Upload);
}

#[test]
fn a_wrong_password_is_asked_for_again_with_the_servers_words() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    front.password = Some(PASSWORD);
    front.connect_as(&server, Some("wrong"));
    front.listing();
    match front.asked.as_slice() {
        [Ask::Password { host, user, refused: Some(words) }] => {
            assert_eq!((host, user.as_str()), (&format!("127.0.0.1:{}", server.port), USER));
            assert!(words.starts_with("530 "), "{words}");
        }
        other => panic!("{other:?}"),
    }
    assert!(front.lines.iter().all(|line| !line.text.contains(PASSWORD) && !line.text.contains("wrong")));
    front.quit();
}

#[test]
fn with_nobody_there_a_wrong_password_fails_at_once() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let run = Run { unattended: true, ..Run::default() };
    let mut front = Front::start(home.path(), run, CarryOn::Ignore, |_| {});
    front.connect_as(&server, Some("wrong"));
    let failure = front.until("a refusal", |event, _| match event {
        Event::Connection { state: ConnectionState::Disconnected(failure), .. } => failure.clone(),
        _ => None,
    });
    assert!(failure.why.starts_with("530 "), "{failure}");
    assert_eq!(front.sent("PASS"), 1, "a server may lock out who tries again");
    for name in ["a", "b", "c"] {
        front.enqueue(Course::Download, Kind::File, &home.path().join(name), &format!("/{name}"), None);
    }
    front.until("all to fail", |_, queue| (queue.section(Section::Failed).len() == 3).then_some(()));
    front.quit();
}

#[test]
fn cancel_leaves_nothing_and_pause_goes_on_where_it_was() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let content = bytes(6_000_000);
    fs::write(server.root.join("file"), &content).unwrap();
    server.own();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| {
        settings.limit_down = 4_000_000;
    });
    front.connect(&server);
    front.listing();
    let local = folder(&home, "local");
    front.enqueue(Course::Download, Kind::File, &local.join("file"), "/file", None);
    let id = front.moved(1_000_000);
    front.act(Action::Cancel(vec![id]));
    front.idle();
    assert!(front.queue.is_empty());
    assert_eq!(fs::read_dir(&local).unwrap().count(), 0, "no file and no part");
    front.enqueue(Course::Download, Kind::File, &local.join("file"), "/file", None);
    let id = front.moved(2_000_000);
    front.act(Action::Pause(vec![id]));
    front.until("the pause", |_, queue| (*queue.get(id)?.phase == Phase::Paused).then_some(()));
    assert!(local.join("file.part").metadata().unwrap().len() >= 1_000_000 && !local.join("file").exists());
    front.act(Action::Resume(vec![id]));
    front.idle();
    assert!(front.done().resumed_from >= 1_000_000);
    assert!(fs::read(local.join("file")).unwrap() == content);
    assert!(!local.join("file.part").exists());
    front.quit();
}

#[test]
fn a_row_that_starts_over_begins_with_nothing() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let content = bytes(6_000_000);
    fs::write(server.root.join("down"), &content).unwrap();
    server.own();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| {
        (settings.limit_down, settings.limit_up) = (4_000_000, 4_000_000);
    });
    front.connect(&server);
    front.listing();
    let local = folder(&home, "local");
    fs::write(local.join("up"), &content).unwrap();
    for (course, name) in [(Course::Download, "down"), (Course::Upload, "up")] {
        front.enqueue(course, Kind::File, &local.join(name), &format!("/{name}"), None);
        let id = front.moved(1_000_000);
        front.act(Action::Pause(vec![id]));
        front.until("the pause", |_, queue| (*queue.get(id)?.phase == Phase::Paused).then_some(()));
        front.act(Action::Reset(vec![id]));
        front.idle();
        let row = front.queue.get(id).unwrap();
        let Phase::Done(done) = row.phase else { panic!("{row:?}") };
        assert_eq!((done.resumed_from, done.bytes, row.attempts), (0, 6_000_000, 1), "{name}");
    }
    assert!(fs::read(local.join("down")).unwrap() == content && fs::read(server.root.join("up")).unwrap() == content);
    front.quit();
}

#[test]
fn after_the_last_file_a_command_runs_once() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    fs::write(server.root.join("file"), b"x").unwrap();
    server.own();
    let said = home.path().join("what was said");
    let command = format!("sh -c 'echo $LONGSHORE_DONE $LONGSHORE_FAILED >> \"$0\"' '{}'", said.display());
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| {
        (settings.after_command, settings.retries) = (command, 0);
    });
    front.connect(&server);
    front.listing();
    let local = folder(&home, "local");
    front.act(Action::AfterLast(AfterLast::Command));
    front.until("the choice", |event, _| matches!(event, Event::AfterLast(AfterLast::Command)).then_some(()));
    front.act(Action::Hold);
    for name in ["file", "none"] {
        front.enqueue(Course::Download, Kind::File, &local.join(name), &format!("/{name}"), None);
    }
    front.act(Action::Release);
    front.until("the end", |event, _| matches!(event, Event::LastEnded(AfterLast::Command, _)).then_some(()));
    let begun = Instant::now();
    while !said.exists() && begun.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(10));
    }
    // It holds for one time.
    let ids = front.queue.section(Section::Failed).iter().copied().collect();
    front.act(Action::Retry(ids));
    front.idle();
    front.quit();
    assert_eq!(fs::read_to_string(said).unwrap(), "1 1\n");
}

/// An upload of 6 MB from `local` to `/file`, which was paused on its way.
fn paused_upload(home: &tempfile::TempDir, server: &Server, local: &Path) -> (Front, TransferId) {
    fs::write(local, bytes(6_000_000)).unwrap();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| settings.limit_up = 4_000_000);
    front.connect(server);
    front.listing();
    front.enqueue(Course::Upload, Kind::File, local, "/file", None);
    let id = front.moved(1_000_000);
    front.act(Action::Pause(vec![id]));
    front.until("the pause", |_, queue| (*queue.get(id)?.phase == Phase::Paused).then_some(()));
    (front, id)
}

#[test]
fn cancelling_a_paused_upload_leaves_nothing_on_the_server() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let local = folder(&home, "local").join("file");
    let (mut front, id) = paused_upload(&home, &server, &local);
    assert!(server.root.join("file").exists());
    front.act(Action::Cancel(vec![id]));
    front.until("the part to be deleted", |event, _| match event {
        Event::Line(line) => line.text.starts_with("250 Delete").then_some(()),
        _ => None,
    });
    assert!(!server.root.join("file").exists());
    // The name is free again.
    front.enqueue(Course::Upload, Kind::File, &local, "/file", None);
    front.idle();
    assert_eq!(fs::metadata(server.root.join("file")).unwrap().len(), 6_000_000);
    front.quit();
}

#[test]
fn cancelling_a_paused_upload_leaves_what_others_have_put_there() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let local = folder(&home, "local").join("file");
    let (mut front, id) = paused_upload(&home, &server, &local);
    fs::write(server.root.join("file"), bytes(6_000_000)).unwrap();
    server.own();
    front.act(Action::Cancel(vec![id]));
    // This one begins when nothing is done about the other any more.
    front.enqueue(Course::Upload, Kind::File, &local, "/file", Some(IfExists::Skip));
    front.until("the end of it", |_, queue| (queue.section(Section::Done).len() == 1).then_some(()));
    assert_eq!(front.rows().first().map(|row| row.phase.clone()), Some(Phase::Skipped), "the file is still there");
    front.quit();
}

#[test]
fn rows_that_wait_for_an_answer_hold_up_no_others() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let local = folder(&home, "local");
    for index in 0..10 {
        fs::write(server.root.join(format!("file {index}")), bytes(1_000 + index)).unwrap();
        if index < 8 {
            fs::write(local.join(format!("file {index}")), b"here already").unwrap();
        }
    }
    server.own();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    let ask = Some(IfExists::Ask);
    for index in 0..10 {
        let name = format!("file {index}");
        front.enqueue(Course::Download, Kind::File, &local.join(&name), &format!("/{name}"), ask);
    }
    // Twice as many wait as there are places, and nobody answers.
    front.until("the others", |_, queue| (queue.section(Section::Done).len() == 2).then_some(()));
    let id = *front.queue.section(Section::Active).get(0).unwrap();
    front.act(Action::Cancel(vec![id]));
    front.until("it to leave", |_, queue| queue.get(id).is_none().then_some(()));
    front.quit();
}

#[test]
fn two_files_are_never_joined_into_one() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let then = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_234_567_890);
    let put = |content: &[u8]| {
        fs::write(server.root.join("file"), content).unwrap();
        fs::File::options().write(true).open(server.root.join("file")).unwrap().set_modified(then).unwrap();
        server.own();
    };
    put(&bytes(6_000_000));
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| {
        settings.limit_down = 4_000_000;
    });
    front.connect(&server);
    front.listing();
    let local = home.path().join("file");
    front.enqueue(Course::Download, Kind::File, &local, "/file", None);
    let id = front.moved(2_000_000);
    front.act(Action::Pause(vec![id]));
    front.until("the pause", |_, queue| (*queue.get(id)?.phase == Phase::Paused).then_some(()));
    // The same size and the same time, but another file.
    let other: Vec<u8> = bytes(6_000_000).into_iter().map(|byte| !byte).collect();
    put(&other);
    front.act(Action::Resume(vec![id]));
    front.idle();
    assert_eq!(front.done().resumed_from, 0, "what was there is thrown away");
    assert!(fs::read(&local).unwrap() == other);
    front.quit();
}

#[test]
fn one_answer_can_hold_for_all() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let local = folder(&home, "local");
    for index in 0..12 {
        fs::write(server.root.join(format!("{index}")), b"new").unwrap();
        fs::write(local.join(format!("{index}")), b"old one").unwrap();
    }
    server.own();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    let items = (0..12).map(|index| BatchItem {
        local: local.join(format!("{index}")),
        remote: RemotePath::new(&format!("/{index}")),
        kind: Kind::File,
        size: None,
        permissions: None,
    });
    let batch = Batch { tab: TAB, course: Course::Download, items: items.collect(), if_exists: None };
    front.act(Action::Enqueue(batch));
    let id = front.until("a question", |event, _| match event {
        Event::Ask(question) => Some(question.id),
        _ => None,
    });
    front.act(Action::Answer(id, Answer::Exists { choice: IfExists::Overwrite, scope: Scope::Batch, only: None }));
    front.idle();
    assert!((0..12).all(|index| fs::read(local.join(format!("{index}"))).unwrap() == b"new"));
    assert!(front.asked.len() <= 4, "one question for each that ran, at most: {}", front.asked.len());
    front.quit();
}

#[test]
fn links_that_lead_back_do_not_make_a_tree_endless() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    fs::create_dir_all(server.root.join("tree/sub")).unwrap();
    fs::write(server.root.join("tree/sub/file"), b"content").unwrap();
    std::os::unix::fs::symlink("..", server.root.join("tree/sub/back")).unwrap();
    std::os::unix::fs::symlink("sub", server.root.join("tree/forth")).unwrap();
    server.own();
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    let target = home.path().join("tree");
    front.enqueue(Course::Download, Kind::Directory, &target, "/tree", None);
    front.idle();
    let found = tree::read(&target);
    let names: Vec<_> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["forth", "forth/file", "sub", "sub/file"], "a link to a folder is one, but not without end");
    let failed: Vec<_> = front.rows().into_iter().filter(|row| matches!(row.phase, Phase::Failed(_))).collect();
    assert!(!failed.is_empty(), "what is left out is said");
    front.quit();
}

#[test]
fn another_run_goes_on_where_this_one_was_left() {
    for course in [Course::Download, Course::Upload] {
        let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let content = bytes(6_000_000);
        let local = home.path().join("file");
        match course {
            Course::Download => fs::write(server.root.join("file"), &content).unwrap(),
            Course::Upload => fs::write(&local, &content).unwrap(),
        }
        server.own();
        let mut front = Front::start(home.path(), Run::default(), CarryOn::Ignore, |settings| {
            (settings.limit_down, settings.limit_up) = (4_000_000, 4_000_000);
        });
        front.connect(&server);
        front.listing();
        front.enqueue(course, Kind::File, &local, "/file", None);
        front.moved(2_000_000);
        let begun = Instant::now();
        front.quit();
        assert!(begun.elapsed() < Duration::from_secs(10), "leaving is bounded");
        let mut front = Front::quick(home.path());
        front.password = Some(PASSWORD);
        front.idle();
        assert!(front.done().resumed_from >= 1_000_000, "{course:?}: {:?}", front.done());
        let there = fs::read(server.root.join("file")).unwrap();
        assert!(there == content && fs::read(&local).unwrap() == content, "{course:?}");
        front.quit();
    }
}

#[test]
fn who_connects_again_is_where_they_were() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    fs::create_dir(server.root.join("below")).unwrap();
    server.own();
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    let below = front.listing().path.join("below");
    front.act(Action::List { tab: TAB, path: below.clone() });
    assert_eq!(front.listing().path, below);
    front.act(Action::Disconnect { tab: TAB });
    front.connect(&server);
    assert_eq!(front.listing().path, below);
    front.quit();
}

#[test]
fn a_connection_that_the_server_closed_is_made_again() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).extra("idle_session_timeout=2").start() else { return };
    fs::write(server.root.join("file"), b"content").unwrap();
    server.own();
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| settings.keep_alive = 0);
    front.connect(&server);
    front.listing();
    front.until("the server to hang up", |event, _| matches!(event, Event::Closed(_)).then_some(()));
    assert!(front.lines.iter().any(|line| line.code == Some(421)));
    front.act(Action::List { tab: TAB, path: RemotePath::root() });
    assert!(front.listing().entries.iter().any(|entry| entry.name == "file"));
    assert_eq!(front.sent("PASS"), 2);
    front.quit();
}

#[test]
fn existing_targets_follow_the_rules() {
    let Some(server) = Setup::new(ServerKind::PureFtpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    fs::write(server.root.join("file.txt"), b"from the server").unwrap();
    server.own();
    let local = folder(&home, "local");
    let target = local.join("file.txt");
    fs::write(&target, b"from").unwrap();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    let get = |front: &mut Front, rule| {
        front.enqueue(Course::Download, Kind::File, &target, "/file.txt", rule);
        front.idle();
        let phase = front.rows()[0].phase.clone();
        front.act(Action::Clear(Section::Done));
        front.idle();
        phase
    };
    assert_eq!(get(&mut front, Some(IfExists::Skip)), Phase::Skipped);
    front.exists = Some(IfExists::Rename);
    assert!(matches!(get(&mut front, None), Phase::Done(_)));
    assert_eq!(fs::read(local.join("file (1).txt")).unwrap(), b"from the server");
    assert_eq!(fs::read(&target).unwrap(), b"from");
    assert!(
        matches!(front.asked.as_slice(), [Ask::FileExists(file)] if file.target.size == Some(4)),
        "{:?}",
        front.asked
    );
    assert!(matches!(get(&mut front, Some(IfExists::Resume)), Phase::Done(_)));
    assert_eq!(fs::read(&target).unwrap(), b"from the server");
    assert_eq!(get(&mut front, Some(IfExists::Size)), Phase::Skipped);
    fs::write(&target, b"other").unwrap();
    assert!(matches!(get(&mut front, Some(IfExists::Overwrite)), Phase::Done(_)));
    assert_eq!(fs::read(&target).unwrap(), b"from the server");
    fs::write(&target, b"mine and longer than it").unwrap();
    front.enqueue(Course::Upload, Kind::File, &target, "/file.txt", Some(IfExists::Rename));
    front.idle();
    assert_eq!(fs::read(server.root.join("file (1).txt")).unwrap(), b"mine and longer than it");
    front.quit();
}

#[test]
fn rules_for_targets_that_exist_come_before_the_default() {
    let Some(server) = Setup::new(ServerKind::PureFtpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    fs::write(server.root.join("file.txt"), b"from the server").unwrap();
    server.own();
    let local = folder(&home, "local");
    let target = local.join("file.txt");
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    let smaller = Rule { size: SizeIs::Smaller, action: IfExists::Skip, ..Rule::default() };
    let newer =
        Rule { size: SizeIs::Larger, date: DateIs::Any, course: Some(Course::Download), action: IfExists::Rename };
    front.act(Action::SaveSettings(Box::new(Settings {
        if_exists_down: IfExists::Overwrite,
        rename_pattern: "{name}-copy{.ext}".into(),
        exists_rules: vec![smaller, newer],
        ..Settings::default()
    })));
    let get = |front: &mut Front, there: &[u8]| {
        fs::write(&target, there).unwrap();
        front.enqueue(Course::Download, Kind::File, &target, "/file.txt", None);
        front.idle();
        let phase = front.rows()[0].phase.clone();
        front.act(Action::Clear(Section::Done));
        front.idle();
        phase
    };
    assert_eq!(get(&mut front, b"it is longer than the server's"), Phase::Skipped);
    assert!(matches!(get(&mut front, b"short"), Phase::Done(_)));
    assert_eq!(fs::read(local.join("file-copy.txt")).unwrap(), b"from the server");
    assert_eq!(fs::read(&target).unwrap(), b"short");
    assert!(matches!(get(&mut front, b"from the servas"), Phase::Done(_)));
    assert_eq!(fs::read(&target).unwrap(), b"from the server", "no rule fits: the default");
    assert!(front.asked.is_empty(), "{:?}", front.asked);
    front.quit();
}

#[test]
fn a_failed_download_leaves_the_file_that_was_there() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("file");
    fs::write(&target, b"precious").unwrap();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    front.enqueue(Course::Download, Kind::File, &target, "/missing", Some(IfExists::Overwrite));
    front.idle();
    let rows = front.rows();
    assert!(matches!(rows[0].phase, Phase::Failed(failure) if failure.why.starts_with("550 ")), "{rows:#?}");
    assert_eq!(fs::read(&target).unwrap(), b"precious");
    assert!(!home.path().join("file.part").exists());
    front.quit();
}

#[test]
fn a_rename_to_another_case_replaces_no_file() {
    let Some(server) = Setup::new(ServerKind::Proftpd).start() else { return };
    fs::write(server.root.join("README"), b"one").unwrap();
    fs::write(server.root.join("readme"), b"two").unwrap();
    server.own();
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    let root = front.listing().path.clone();
    let mut rename = |from: &str, to: &str| {
        let action = FileAction::Rename { from: Place::Remote(root.join(from)), to: Place::Remote(root.join(to)) };
        front.act(Action::Files { tab: TAB, ticket: Ticket(2), action });
        front.until("the end of it", |event, _| match event {
            Event::Finished { result, .. } => Some(result.is_ok()),
            _ => None,
        })
    };
    assert!(!rename("README", "readme"));
    assert_eq!(fs::read(server.root.join("readme")).unwrap(), b"two");
    assert!(rename("README", "ReadMe"), "nothing is called so");
    front.quit();
}

#[test]
fn files_and_folders_are_changed_and_the_listing_is_sent_again() {
    let Some(server) = Setup::new(ServerKind::Proftpd).start() else { return };
    fs::create_dir_all(server.root.join("old/deep/er")).unwrap();
    fs::write(server.root.join("old/deep/file"), bytes(100)).unwrap();
    fs::write(server.root.join("old/.hidden"), bytes(11)).unwrap();
    server.own();
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    let root = front.listing().path.clone();
    let remote = |name: &str| Place::Remote(root.join(name));
    front.act(Action::Measure { ticket: Ticket(1), tab: TAB, places: vec![remote("old")] });
    let counts = front.until("the counts", |event, _| match event {
        Event::Measured { files, folders, bytes, whole: true, .. } => Some((*files, *folders, *bytes)),
        _ => None,
    });
    assert_eq!(counts, (2, 3, 111));
    let change = |front: &mut Front, action| {
        front.act(Action::Files { tab: TAB, ticket: Ticket(2), action });
        let report = front.until("the end of it", |event, _| match event {
            Event::Finished { result, .. } => Some(result.clone()),
            _ => None,
        });
        let listing = front.listing();
        (report, listing.entries.iter().map(|entry| entry.name.clone()).collect::<Vec<_>>())
    };
    let done = Ok(Report::Done);
    let (report, names) = change(&mut front, FileAction::MakeDirectory(remote("new")));
    assert_eq!((report, names.contains(&"new".to_owned())), (done.clone(), true));
    let chmod = FileAction::Chmod {
        places: vec![remote("old")],
        mode: 0o700,
        below: Some(longshore::model::action::Below::Folders),
    };
    assert_eq!(change(&mut front, chmod).0, done);
    let mode = |path: &str| {
        std::os::unix::fs::PermissionsExt::mode(&server.root.join(path).metadata().unwrap().permissions()) & 0o777
    };
    assert_eq!((mode("old"), mode("old/deep/er"), mode("old/deep/file")), (0o700, 0o700, 0o644));
    let (report, names) = change(&mut front, FileAction::Rename { from: remote("new"), to: remote("newer") });
    assert_eq!((report, names.contains(&"newer".to_owned())), (done.clone(), true));
    fs::write(server.root.join("one"), b"1").unwrap();
    fs::write(server.root.join("newer/one"), b"2").unwrap();
    server.own();
    let (report, _) = change(&mut front, FileAction::Rename { from: remote("one"), to: remote("newer/one") });
    assert!(report.unwrap_err().why.ends_with("is there already"), "nothing is replaced without a word");
    let (report, _) = change(&mut front, FileAction::Rename { from: remote("one"), to: remote("old") });
    assert!(report.unwrap_err().why.ends_with("is there already"));
    let (report, _) = change(&mut front, FileAction::Rename { from: remote("one"), to: remote("newer/two") });
    assert_eq!((report, fs::read(server.root.join("newer/one")).unwrap()), (done.clone(), b"2".to_vec()));
    let (report, names) = change(&mut front, FileAction::Delete(vec![remote("old"), remote("newer")]));
    assert_eq!((report, names), (done, Vec::new()));
    let (report, _) = change(&mut front, FileAction::Delete(vec![remote("nothing")]));
    assert!(report.unwrap_err().why.starts_with("550 "));
    let (report, names) = change(&mut front, FileAction::Raw(format!("MKD {}", root.join("typed"))));
    assert!(matches!(report, Ok(Report::Replies(replies)) if replies[0][0].starts_with("257 ")));
    assert_eq!(names, ["typed"]);
    let lists = front.sent("MLSD");
    front.act(Action::Files { tab: TAB, ticket: Ticket(3), action: FileAction::Raw("SYST".into()) });
    let report = front.until("the reply", |event, _| match event {
        Event::Finished { ticket: Ticket(3), result, .. } => Some(result.clone()),
        _ => None,
    });
    assert!(matches!(report, Ok(Report::Replies(replies)) if replies[0][0].starts_with("215 ")));
    front.act(Action::Files { tab: TAB, ticket: Ticket(4), action: FileAction::Raw("NOOP".into()) });
    front.until("the next reply", |event, _| matches!(event, Event::Finished { ticket: Ticket(4), .. }).then_some(()));
    assert_eq!(front.sent("MLSD"), lists, "what only asks is not followed by a listing");
    front.quit();
}

/// By checksum where the server computes one, else by size.
#[test]
fn a_file_is_verified_by_hand() {
    for (kind, extra, same) in [
        (ServerKind::Proftpd, "LoadModule mod_digest.c", "the SHA-512 is "),
        (ServerKind::Vsftpd, "", "6000 bytes. The server computes no checksum"),
    ] {
        let Some(server) = Setup::new(kind).extra(extra).start() else { continue };
        let home = tempfile::tempdir().unwrap();
        let local = home.path().join("here");
        fs::write(server.root.join("there"), bytes(6000)).unwrap();
        server.own();
        let mut front = Front::quick(home.path());
        front.connect(&server);
        let path = front.listing().path.join("there");
        let mut verify = |what: Vec<u8>| {
            fs::write(&local, what).unwrap();
            let action = FileAction::Verify { local: local.clone(), remote: path.clone() };
            front.act(Action::Files { tab: TAB, ticket: Ticket(7), action });
            front.until("what came of it", |event, _| match event {
                Event::Finished { result, .. } => Some(result.clone()),
                _ => None,
            })
        };
        let report = verify(bytes(6000));
        assert!(
            matches!(&report, Ok(Report::Said(words)) if words.contains("is the same on both sides: ") && words.contains(same)),
            "{kind:?}: {report:?}"
        );
        let failure = verify(bytes(5000)).unwrap_err();
        assert_eq!(
            (failure.why.as_str(), failure.cause),
            ("it has 6000 bytes on the server and 5000 here", Cause::Differs)
        );
        if kind == ServerKind::Proftpd {
            let failure = verify(vec![0; 6000]).unwrap_err();
            assert!(failure.what.ends_with("is not the same on both sides"), "{failure:?}");
            assert!(failure.why.starts_with("the SHA-512 on the server is "), "{failure:?}");
        }
        fs::remove_file(&local).unwrap();
        let action = FileAction::Verify { local: local.clone(), remote: path.clone() };
        front.act(Action::Files { tab: TAB, ticket: Ticket(8), action });
        let failure = front.until("why not", |event, _| match event {
            Event::Finished { result, .. } => result.clone().err(),
            _ => None,
        });
        assert!(failure.what.starts_with("Could not verify") && failure.cause == Cause::Local, "{failure:?}");
        front.quit();
    }
}

#[test]
fn a_server_with_few_places_is_not_overrun() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).extra("max_per_ip=2").start() else { return };
    let home = tempfile::tempdir().unwrap();
    for index in 0..6 {
        fs::write(server.root.join(format!("file {index}")), bytes(300_000)).unwrap();
    }
    server.own();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| settings.limit_down = 1_000_000);
    front.connect(&server);
    front.listing();
    for index in 0..6 {
        let name = format!("file {index}");
        front.enqueue(Course::Download, Kind::File, &home.path().join(&name), &format!("/{name}"), None);
    }
    front.idle();
    for row in front.rows() {
        assert!(matches!(row.phase, Phase::Done(_)), "{row:#?}");
        assert_eq!(row.attempts, 1, "a full server is no failure of the row");
    }
    front.quit();
    // The next run knows it from the start.
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    for index in 0..6 {
        let name = format!("file {index}");
        front.enqueue(
            Course::Download,
            Kind::File,
            &home.path().join(format!("again {index}")),
            &format!("/{name}"),
            None,
        );
    }
    front.until("the limit", |event, _| matches!(event, Event::Limit { connections: Some(1), .. }).then_some(()));
    front.idle();
    assert!(front.rows().iter().all(|row| matches!(row.phase, Phase::Done(_))));
    assert_eq!(front.lines.iter().filter(|line| line.code == Some(421)).count(), 0, "nothing is refused");
    front.quit();
}

/// ProFTPD's uploads bring no new TLS 1.3 tickets, so that it refuses their data connections after the second. One such
/// refusal is for all connections, also for those that are open.
#[test]
fn a_server_that_needs_tls_1_2_is_known_after_the_first_sign() {
    let Some(server) = Setup::new(ServerKind::Proftpd).tls(Tls::Explicit).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let source = folder(&home, "source");
    for index in 0..60 {
        fs::write(source.join(format!("file {index}")), bytes(20_000)).unwrap();
    }
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| settings.connections = 8);
    front.connect(&server);
    front.listing();
    front.enqueue(Course::Upload, Kind::Directory, &source, "/new", None);
    front.idle();
    for row in front.rows() {
        assert!(matches!(row.phase, Phase::Done(_)), "{row:#?}");
        assert_eq!(row.attempts, 1, "the way TLS is spoken is no failure of the row: {row:#?}");
    }
    let refused = front.lines.iter().filter(|line| line.code == Some(425)).count();
    // Those that are sending at that moment find it out too.
    assert!(refused < 8, "{refused} refusals on eight connections");
    front.quit();
}

#[test]
fn a_site_with_one_place_is_shared_by_browsing_and_transfers() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).extra("max_per_ip=1").start() else { return };
    let home = tempfile::tempdir().unwrap();
    fs::write(server.root.join("file"), bytes(300_000)).unwrap();
    server.own();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    front.enqueue(Course::Download, Kind::File, &home.path().join("file"), "/file", None);
    front.idle();
    assert_eq!(front.done().bytes, 300_000);
    front.act(Action::List { tab: TAB, path: RemotePath::root() });
    assert_eq!(front.listing().entries.len(), 1);
    front.quit();
}

#[test]
fn nobody_there_and_no_server_end_in_order() {
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    front.enqueue(Course::Download, Kind::File, &home.path().join("file"), "/file", None);
    front.idle();
    front.act(Action::List { tab: TAB, path: RemotePath::root() });
    let failure = front.until("an answer", |event, _| match event {
        Event::Listing { result, .. } => Some(result.clone().unwrap_err()),
        _ => None,
    });
    assert!(!failure.why.is_empty());
    let port = harness::free_port("127.0.0.1");
    let host = "127.0.0.1".to_owned();
    let site = Site { host, port: Some(port), security: Security::Never, ..Site::default() };
    front.act(Action::Connect { tab: TAB, site: Arc::new(site), credentials: None });
    let failure = front.until("a refusal", |event, _| match event {
        Event::Connection { state: ConnectionState::Disconnected(failure), .. } => failure.clone(),
        _ => None,
    });
    assert!(failure.why.to_lowercase().contains("refused"), "{failure}");
    front.quit();
    let Front { actions, events, thread, .. } = Front::quick(home.path());
    drop((actions, events));
    thread.unwrap().join().unwrap();
}
