//! Uploads that a server has no room for, or no name.

use std::fs;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use longshore::model::{Action, Course, Credentials, Event, IfExists, Kind, Login, Phase, Run, Secret, Section, Site};

use longshore::worker::CarryOn;

use super::front::{Front, TAB, bytes};
use super::peer::{Dialogue, PASSWORD, Peer, USER, World};

/// A front in whose tab `peer` is open.
fn connected(home: &Path, peer: &Peer, temporary_names: bool) -> Front {
    let mut front = Front::start(home, Run::default(), CarryOn::Hold, |settings| {
        (settings.timeout, settings.connections) = (10, 1);
    });
    let (host, port) = ("127.0.0.1".to_owned(), Some(peer.port));
    let site = Site { host, port, login: Login::Normal, user: USER.into(), temporary_names, ..Site::default() };
    let credentials = Credentials { user: USER.into(), password: Secret::new(PASSWORD), account: None };
    front.act(Action::Connect { tab: TAB, site: Arc::new(site), credentials: Some(credentials) });
    front.listing();
    front
}

fn take(dialogue: &mut Dialogue) -> io::Result<usize> {
    dialogue.say("150 send it")?;
    dialogue.accept()?.read_to_end(&mut Vec::new())
}

#[test]
fn uploads_wait_where_the_server_has_no_room() {
    let full = Arc::new(AtomicUsize::new(1));
    let is_full = full.clone();
    let world = World::list(&[("/", b"-rw-r--r-- 1 u g 5 Jan 01  2020 there\r\n"), ("/there", b"hello")]);
    let stored = AtomicUsize::new(0);
    let peer = Peer::except(world, move |dialogue, verb, argument| match (verb, argument) {
        ("STOR", _) => {
            let full = is_full.load(Ordering::SeqCst);
            stored.store(take(dialogue)? - full, Ordering::SeqCst);
            dialogue.say(["226 stored", "552 the disk quota is exceeded"][full]).map(|()| true)
        }
        ("SIZE", name) if name != "/there" && stored.load(Ordering::SeqCst) > 0 => {
            dialogue.say(&format!("213 {}", stored.swap(0, Ordering::SeqCst))).map(|()| true)
        }
        ("DELE", _) => dialogue.say("250 gone").map(|()| true),
        _ => Ok(false),
    });
    let home = tempfile::tempdir().unwrap();
    let mut front = connected(home.path(), &peer, false);
    front.act(Action::Hold);
    for name in ["a", "b", "c"] {
        fs::write(home.path().join(name), bytes(1_000)).unwrap();
        front.enqueue(
            Course::Upload,
            Kind::File,
            &home.path().join(name),
            &format!("/{name}"),
            Some(IfExists::Overwrite),
        );
    }
    front.enqueue(Course::Download, Kind::File, &home.path().join("there"), "/there", Some(IfExists::Overwrite));
    front.act(Action::Release);
    let words = front.until("a notice", |event, _| match event {
        Event::Notice(words) => Some(words.clone()),
        _ => None,
    });
    assert!(words.contains("paused") && words.contains("552 the disk quota"), "{words}");
    front.until("the download", |_, queue| (queue.section(Section::Done).len() == 1).then_some(()));
    assert_eq!(fs::read(home.path().join("there")).unwrap(), b"hello");
    let rows = front.rows();
    let paused = rows.iter().filter(|row| matches!(row.phase, Phase::Paused)).count();
    let failed = rows.iter().filter(|row| matches!(row.phase, Phase::Failed(_))).count();
    assert_eq!((paused, failed), (2, 1), "{rows:#?}");
    assert_eq!((front.sent("STOR"), front.sent("DELE")), (1, 1), "what was sent in part is not left there");
    full.store(0, Ordering::SeqCst);
    let ids: Vec<_> = front.rows().iter().filter(|row| matches!(row.phase, Phase::Paused)).map(|row| row.id).collect();
    front.act(Action::Resume(ids));
    front.until("the others", |_, queue| (queue.section(Section::Done).len() == 3).then_some(()));
    front.quit();
}

#[test]
fn what_is_there_is_kept_where_the_new_file_has_vanished() {
    let world = World::list(&[("/", b"-rw-r--r-- 1 u g 5 Jan 01  2020 there\r\n"), ("/there", b"hello")]);
    let peer = Peer::except(world, |dialogue, verb, argument| match (verb, argument) {
        ("STOR", _) => {
            take(dialogue)?;
            dialogue.say("226 stored").map(|()| true)
        }
        // As where something looks through what comes, and takes away what it does not like.
        ("RNFR", _) => dialogue.say("550 no such file").map(|()| true),
        ("DELE", _) => dialogue.say("250 gone").map(|()| true),
        _ => Ok(false),
    });
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("there"), bytes(1_000)).unwrap();
    let mut front = connected(home.path(), &peer, true);
    front.enqueue(Course::Upload, Kind::File, &home.path().join("there"), "/there", Some(IfExists::Overwrite));
    front.until("its end", |_, queue| (queue.section(Section::Failed).len() == 1).then_some(()));
    assert_eq!((front.sent("STOR"), front.sent("DELE")), (1, 0), "{:#?}", front.rows());
    front.quit();
}

#[test]
fn an_upload_that_only_lacks_its_name_gets_it() {
    let renames = AtomicUsize::new(0);
    let (stored, has_name) = (AtomicUsize::new(0), AtomicBool::new(false));
    let peer = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, argument| match (verb, argument) {
        ("STOR", _) => {
            stored.store(take(dialogue)?, Ordering::SeqCst);
            dialogue.say("226 stored").map(|()| true)
        }
        ("SIZE", name)
            if name.ends_with(".filepart") != has_name.load(Ordering::SeqCst) && stored.load(Ordering::SeqCst) > 0 =>
        {
            dialogue.say(&format!("213 {}", stored.load(Ordering::SeqCst))).map(|()| true)
        }
        ("RNFR", _) if renames.fetch_add(1, Ordering::SeqCst) == 0 => Err(io::ErrorKind::ConnectionAborted.into()),
        ("RNFR", _) => dialogue.say("350 to what").map(|()| true),
        ("RNTO", _) => {
            has_name.store(true, Ordering::SeqCst);
            dialogue.say("250 done").map(|()| true)
        }
        _ => Ok(false),
    });
    let home = tempfile::tempdir().unwrap();
    fs::write(home.path().join("new"), bytes(1_000)).unwrap();
    let mut front = connected(home.path(), &peer, true);
    front.enqueue(Course::Upload, Kind::File, &home.path().join("new"), "/new", Some(IfExists::Overwrite));
    front.until("its end", |_, queue| (queue.section(Section::Done).len() == 1).then_some(()));
    assert_eq!((front.sent("STOR"), front.sent("RNFR"), front.sent("RNTO /new")), (1, 2, 1));
    front.quit();
}
