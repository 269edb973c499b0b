//! Single changes of files and folders, and what comes after the last transfer.

use std::fs;
use std::time::{Duration, Instant};

use longshore::model::{
    Action, AfterLast, Cause, Course, Event, FileAction, IfExists, Kind, Phase, Place, Report, Run, Section, Ticket,
};
use longshore::worker::CarryOn;

use super::front::{Front, TAB, bytes, folder};
use super::harness::{Kind as ServerKind, Setup};

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

/// What was cut lies in the part; what has the file's own name is an older one.
#[test]
fn of_a_download_that_was_cut_the_part_is_verified() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let content = bytes(6_000_000);
    fs::write(server.root.join("file"), &content).unwrap();
    server.own();
    let local = folder(&home, "local").join("file");
    fs::write(&local, &content).unwrap();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| settings.limit_down = 4_000_000);
    front.connect(&server);
    let path = front.listing().path.join("file");
    front.enqueue(Course::Download, Kind::File, &local, "/file", Some(IfExists::Overwrite));
    let id = front.moved(1_000_000);
    front.act(Action::Pause(vec![id]));
    front.until("the pause", |_, queue| (*queue.get(id)?.phase == Phase::Paused).then_some(()));
    let part = local.with_file_name("file.part");
    let verify = |front: &mut Front| {
        let action = FileAction::Verify { local: local.clone(), remote: path.clone() };
        front.act(Action::Files { tab: TAB, ticket: Ticket(7), action });
        front.until("what came of it", |event, _| match event {
            Event::Finished { result, .. } => Some(result.clone()),
            _ => None,
        })
    };
    let failure = verify(&mut front).unwrap_err();
    let so_far = format!("{} of 6000000 bytes are here so far, in {}", part.metadata().unwrap().len(), part.display());
    assert_eq!((failure.what.as_str(), failure.why), ("/file is not whole here", so_far));
    fs::write(&part, &content).unwrap();
    let Ok(Report::Said(words)) = verify(&mut front) else { panic!("it is whole") };
    assert!(words.ends_with(&format!("Here it is still called {}", part.display())), "{words}");
    front.act(Action::Resume(vec![id]));
    front.idle();
    let report = verify(&mut front);
    assert!(matches!(&report, Ok(Report::Said(words)) if !words.contains("still")), "{report:?}");
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
