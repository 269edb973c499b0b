//! What was begun: a server that dies, pause, cancel, another run.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use longshore::model::transfer::{Folder as Ends, Priority, Proof};
use longshore::model::{
    Action, Ask, Course, Delta, Event, IfExists, Kind, Phase, RemotePath, Run, Section, Security, Site, Transfer,
    TransferId, TransferType,
};
use longshore::worker::CarryOn;
use longshore::worker::journal::{Entry, Journal};
use longshore::worker::store::Folders;

use super::front::{Front, TAB, bytes, folder, site};
use super::harness::{Kind as ServerKind, PASSWORD, Server, Setup};
use super::peer::{Peer, World};

/// `course` says which way; the server dies when half of it is there, and comes back.
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
    // What is being cancelled does not come back by a pause.
    front.act(Action::Pause(vec![id]));
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
fn a_file_that_has_changed_is_fetched_anew_and_that_is_said() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    fs::write(server.root.join("file"), bytes(6_000_000)).unwrap();
    server.own();
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
    let there = home.path().join("file.part").metadata().unwrap().len();
    fs::write(server.root.join("file"), bytes(5_000_000)).unwrap();
    front.act(Action::Resume(vec![id]));
    front.idle();
    assert_eq!(front.done().resumed_from, 0);
    assert!(fs::read(&local).unwrap() == bytes(5_000_000));
    let said = format!("The file on the server has changed since {there} bytes of it were fetched: it is fetched anew");
    assert!(front.lines.iter().any(|line| line.text == said && line.transfer == Some(id)));
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

/// A server with one file at most, which nobody gets to see again: it begins to send it and sends nothing.
fn server_that_sends_nothing() -> Peer {
    let file: Mutex<Option<Vec<u8>>> = Mutex::default();
    Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, _| {
        let length = file.lock().unwrap().as_ref().map(Vec::len);
        match (verb, length) {
            ("STOR", _) => {
                dialogue.say("150 send it")?;
                let mut bytes = Vec::new();
                // What came before it broke is kept.
                let _ = dialogue.accept()?.read_to_end(&mut bytes);
                *file.lock().unwrap() = Some(bytes);
                dialogue.say("226 stored")?;
            }
            ("SIZE", Some(length)) => dialogue.say(&format!("213 {length}"))?,
            ("RETR", Some(_)) => {
                dialogue.say("150 here it comes")?;
                let _data = dialogue.accept()?;
                dialogue.hear()?;
                dialogue.say("426 as you wish")?;
                dialogue.say("226 stopped")?;
            }
            ("DELE", Some(_)) => {
                *file.lock().unwrap() = None;
                dialogue.say("250 deleted")?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    })
}

#[test]
fn an_upload_that_is_stopped_while_it_is_compared_goes_no_further() {
    let peer = server_that_sends_nothing();
    let home = tempfile::tempdir().unwrap();
    let local = folder(&home, "local").join("file");
    fs::write(&local, bytes(6_000_000)).unwrap();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| settings.limit_up = 4_000_000);
    let (host, port) = ("127.0.0.1".to_owned(), Some(peer.port));
    let site = Site { host, port, security: Security::Never, ..Site::default() };
    front.act(Action::Connect { tab: TAB, site: Arc::new(site), credentials: None });
    front.listing();
    front.enqueue(Course::Upload, Kind::File, &local, "/file", None);
    let id = front.moved(1_000_000);
    front.act(Action::Pause(vec![id]));
    front.until("the pause", |_, queue| (*queue.get(id)?.phase == Phase::Paused).then_some(()));
    let compares =
        |event: &Event| matches!(event, Event::Line(line) if line.text == "RETR file" || line.text == "RETR /file");
    front.act(Action::Resume(vec![id]));
    front.until("the comparison", |event, _| compares(event).then_some(()));
    front.act(Action::Pause(vec![id]));
    front.until("the second pause", |_, queue| (*queue.get(id)?.phase == Phase::Paused).then_some(()));
    front.act(Action::Resume(vec![id]));
    front.until("another comparison", |event, _| compares(event).then_some(()));
    front.act(Action::Cancel(vec![id]));
    front.until("what is there to be deleted", |event, _| match event {
        Event::Line(line) => (line.code == Some(250) && line.text.ends_with("deleted")).then_some(()),
        _ => None,
    });
    assert_eq!((front.sent("STOR"), front.sent("APPE"), front.queue.len()), (1, 0, 0));
    front.quit();
}

#[test]
fn what_got_its_name_before_the_program_was_killed_is_done() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let local = folder(&home, "local");
    fs::write(server.root.join("file"), bytes(1000)).unwrap();
    server.own();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    front.enqueue(Course::Download, Kind::File, &local.join("file"), "/file", None);
    front.idle();
    front.quit();
    // Killed before a word of it was written: the row is as it came.
    let (journal, _) = Journal::open(&Folders::within(home.path()).data);
    let id = TransferId(journal.ids(1).unwrap().start);
    let ends = Ends { site: site(&server), local, remote: RemotePath::root(), below: 0 };
    let row = Transfer {
        id,
        course: Course::Download,
        kind: Kind::File,
        folder: Arc::new(ends),
        remote_name: "file".into(),
        local_name: None,
        size: Some(1000),
        phase: Phase::Queued,
        attempts: 0,
        if_exists: None,
        priority: Priority::default(),
        transfer_type: TransferType::Binary,
        place: 0,
    };
    journal.write(&[Entry::Rows(vec![Delta::Add([row].into())])]).unwrap();
    drop(journal);
    let mut front = Front::quick(home.path());
    front.password = Some(PASSWORD);
    front.until("the row", |_, queue| matches!(queue.get(id)?.phase, Phase::Done(_)).then_some(()));
    assert_eq!((front.sent("RETR"), front.asked.len()), (0, 1), "only the password is asked for");
    // Whoever wants it anew does not want to hear that it is there.
    front.act(Action::Reset(vec![id]));
    front.until("a question", |event, _| {
        matches!(event, Event::Ask(asked) if matches!(asked.ask, Ask::FileExists(_))).then_some(())
    });
    front.act(Action::Cancel(vec![id]));
    front.until("it to leave", |_, queue| queue.get(id).is_none().then_some(()));
    front.quit();
}
