//! Whole runs of the command line, on a worker that is played.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Arc, Mutex};
use std::thread;

use clap::Parser;
use jiff::Timestamp;

use super::output::tests::Kept;
use super::*;
use crate::model::transfer::{BatchItem, Done, Folder, Priority, Proof};
use crate::model::{
    Action, Answer, Ask, Batch, Cause, ConnectionState, Course, Delta, Entry, FileAction, Kind, LeftOut, Listing,
    Phase, Question, QuestionId, RemotePath, Report, Secret, Server, Site, Sites, TabId, Transfer, TransferId,
    TransferType,
};

/// What a test's worker answers to an action.
type Play = Box<dyn FnMut(&Action, &SyncSender<Event>) + Send>;

/// What came of a run.
struct Ran {
    status: Status,
    stdout: String,
    actions: Vec<Action>,
}

/// Runs `line` on a worker that does what `play` does.
fn run_line(line: &str, play: impl FnMut(&Action, &SyncSender<Event>) + Send + 'static) -> Ran {
    run_after(Vec::new(), line, play)
}

/// The same, after the worker has said `first`.
fn run_after(first: Vec<Event>, line: &str, play: impl FnMut(&Action, &SyncSender<Event>) + Send + 'static) -> Ran {
    let words = std::iter::once("longshore").chain(line.split_whitespace());
    let arguments = Arguments::try_parse_from(words).unwrap();
    let (send_action, actions) = sync_channel::<Action>(2);
    let (events, receiver) = sync_channel(2);
    let mut play: Play = Box::new(play);
    let worker = thread::spawn(move || {
        let mut seen = Vec::new();
        let home = Site { name: "Home".into(), host: "home".into(), ..Site::default() };
        let sites = Sites { sites: vec![home], ..Sites::default() };
        events.send(Event::Settings(Box::default())).unwrap();
        events.send(Event::Sites(Arc::new(sites))).unwrap();
        first.into_iter().for_each(|event| events.send(event).unwrap());
        for action in actions {
            play(&action, &events);
            let is_over = matches!(action, Action::Quit);
            seen.push(action);
            if is_over {
                let _ = events.send(Event::Stopped);
                break;
            }
        }
        seen
    });
    let send = Actions::new(move |action| {
        send_action.try_send(action).map_err(|back| match back {
            std::sync::mpsc::TrySendError::Full(action) | std::sync::mpsc::TrySendError::Disconnected(action) => action,
        })
    });
    let kept = Kept::default();
    let spawn = |_: Start| Ok((send, receiver));
    let results = Results::to(kept.clone(), false);
    let command = arguments.command.unwrap();
    let status = run_with(command, arguments.options, spawn, results, Interrupt::default());
    Ran { status, stdout: kept.text(), actions: worker.join().unwrap() }
}

/// A worker that logs in to a server whose log-in folder is `/home/me`.
fn connects(action: &Action, events: &SyncSender<Event>) {
    if let Action::Connect { tab, site, .. } = action {
        let server = Server {
            site: site.clone(),
            address: "127.0.0.1:21".into(),
            system: "UNIX Type: L8".into(),
            features: Vec::new(),
            home: RemotePath::new("/home/me"),
            tls: None,
            listing: "MLSD".into(),
            paths: crate::model::PathSyntax::Unix,
            encoding: "UTF-8".into(),
            round_trip: 1,
        };
        let step = ConnectionState::Connecting("Looking up".into());
        events.send(Event::Connection { tab: *tab, state: step }).unwrap();
        let state = ConnectionState::Connected(Arc::new(server));
        events.send(Event::Connection { tab: *tab, state }).unwrap();
    }
}

fn failure(cause: Cause, why: &str) -> Failure {
    Failure { what: "Could not".into(), why: why.into(), cause, again: false }
}

/// A row of the queue.
fn row(id: u64, course: Course, item: &BatchItem, phase: Phase) -> Transfer {
    let folder = Folder {
        site: Arc::new(Site::default()),
        local: item.local.parent().unwrap().to_owned(),
        remote: item.remote.parent().unwrap(),
        below: 0,
    };
    Transfer {
        id: TransferId(id),
        course,
        kind: Kind::File,
        folder: Arc::new(folder),
        remote_name: item.remote.name().into(),
        local_name: None,
        size: Some(10),
        phase,
        attempts: 0,
        if_exists: None,
        priority: Priority::default(),
        transfer_type: TransferType::Binary,
        place: 0,
    }
}

/// A row for each thing that a batch asks for, which ends in one of `phases`.
fn enqueue(action: &Action, events: &SyncSender<Event>, phases: &[Phase]) {
    let Action::Enqueue(Batch { tab, items, course, .. }) = action else { return };
    for (item, (index, phase)) in items.iter().zip((1..).zip(phases)) {
        let id = u64::from(tab.0) * 100 + index;
        events.send(Event::Queue(Delta::Add([row(id, *course, item, Phase::Queued)].into()))).unwrap();
        events.send(Event::Queue(Delta::Phase(TransferId(id), Phase::Running(Box::default())))).unwrap();
        events.send(Event::Queue(Delta::Phase(TransferId(id), phase.clone()))).unwrap();
    }
    events.send(Event::QueueIdle).unwrap();
}

fn done() -> Phase {
    Phase::Done(Box::new(Done {
        bytes: 10,
        resumed_from: 4,
        milliseconds: 1500,
        proof: Proof::Size,
        at: Timestamp::UNIX_EPOCH,
        left_out: 0,
    }))
}

#[test]
fn ls_prints_one_array() {
    let ran = run_line("ls ftp://h/pub --json", |action, events| {
        connects(action, events);
        if let Action::List { tab, path } = action {
            let entries = vec![Entry::new("b", Kind::File), Entry::new("a", Kind::Directory)];
            let listing = Listing {
                path: path.clone(),
                entries,
                dialect: "MLSD".into(),
                refused: vec![LeftOut { line: "../x".into(), is_read: true }],
                raw: crate::model::RawListing::default(),
                guess: None,
                at: Timestamp::UNIX_EPOCH,
            };
            events.send(Event::Listing { tab: *tab, path: path.clone(), result: Ok(Arc::new(listing)) }).unwrap();
        }
    });
    assert_eq!(ran.status, Status::Done);
    let rows: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(
        (rows[0]["name"].as_str(), rows[1]["kind"].as_str(), rows.as_array().unwrap().len()),
        (Some("b"), Some("dir"), 2)
    );
    assert!(
        ran.actions.iter().any(|action| matches!(action, Action::List { path, .. } if path.as_str() == "/home/me/pub"))
    );
    assert!(matches!(ran.actions.last(), Some(Action::Quit)));
}

#[test]
fn what_cannot_be_listed_is_exit_status_1_with_nothing_on_standard_output() {
    let ran = run_line("ls ftp://h/pub", |action, events| {
        connects(action, events);
        if let Action::List { tab, path } = action {
            let result = Err(failure(Cause::Refused, "550 No such directory"));
            events.send(Event::Listing { tab: *tab, path: path.clone(), result }).unwrap();
        }
    });
    assert_eq!((ran.status, ran.stdout.as_str()), (Status::Failed, ""));
}

#[test]
fn no_log_in_is_exit_status_3() {
    for cause in [Cause::LogIn, Cause::Tls, Cause::Network, Cause::Protocol] {
        let ran = run_line("mkdir ftp://me:x@h/new", move |action, events| {
            if let Action::Connect { tab, credentials, .. } = action {
                assert_eq!(credentials.as_ref().unwrap().password, Secret::new("x"));
                let state = ConnectionState::Disconnected(Some(failure(cause, "530 Login incorrect")));
                events.send(Event::Connection { tab: *tab, state }).unwrap();
            }
        });
        assert_eq!(ran.status, Status::NoConnection);
    }
}

#[test]
fn each_file_has_its_line_when_it_ends() {
    let ran = run_line("get ftp://h/a ftp://h/b ftp://h/c -o /nowhere/../tmp --json", |action, events| {
        connects(action, events);
        let phases = [done(), Phase::Skipped, Phase::Failed(Arc::new(failure(Cause::Refused, "550 no")))];
        enqueue(action, events, &phases);
    });
    assert_eq!(ran.status, Status::Failed);
    let lines: Vec<serde_json::Value> = ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(ran.stdout.contains("\"remote\":\"~/a\",\"direction\":\"download\",\"bytes\":10,\"resumed_from\":4,\"seconds\":1.5,\"outcome\":\"done\",\"proof\":\"size\",\"error\":null}"), "{}", ran.stdout);
    assert_eq!((lines[1]["outcome"].as_str(), &lines[1]["error"]), (Some("skipped"), &serde_json::Value::Null));
    assert_eq!((lines[2]["outcome"].as_str(), lines[2]["proof"].as_str()), (Some("failed"), Some("none")));
    assert!(lines[2]["error"].as_str().unwrap().contains("550 no"));
    assert_eq!(lines.len(), 3);
}

#[test]
fn a_file_that_nobody_decided_to_skip_is_exit_status_1() {
    for (option, status) in
        [("", Status::Failed), ("--if-exists skip", Status::Done), ("--if-exists ask", Status::Failed)]
    {
        let ran = run_line(&format!("get ftp://h/a -o /tmp {option}"), |action, events| {
            connects(action, events);
            enqueue(action, events, &[Phase::Skipped]);
        });
        assert_eq!((ran.status, ran.stdout.as_str()), (status, ""), "{option}");
    }
}

#[test]
fn several_servers_are_several_tabs() {
    let ran = run_line("get ftp://one/a ftp://two/b ftp://one/c -o /tmp", |action, events| {
        connects(action, events);
        enqueue(action, events, &[done(), done()]);
    });
    let batches = ran.actions.iter().filter_map(|action| match action {
        Action::Enqueue(batch) => Some((batch.tab.0, batch.items.len())),
        _ => None,
    });
    assert_eq!((ran.status, batches.collect::<Vec<_>>()), (Status::Done, vec![(0, 2), (1, 1)]));
}

#[test]
fn put_goes_into_the_folder_that_the_url_names() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), b"12345").unwrap();
    let line = format!("put {0}/file {0} {0}/missing ftp://h/up", folder.path().display());
    let ran = run_line(&line, |action, events| {
        connects(action, events);
        enqueue(action, events, &[done(), done()]);
    });
    assert_eq!(ran.status, Status::Failed, "one of the sources is missing");
    let batch = ran.actions.iter().find_map(|action| match action {
        Action::Enqueue(batch) => Some(batch.clone()),
        _ => None,
    });
    let items = batch.unwrap().items;
    assert_eq!((items[0].remote.as_str(), items[0].size, items[0].kind), ("~/up/file", Some(5), Kind::File));
    let name = folder.path().file_name().unwrap().to_str().unwrap();
    assert_eq!((items[1].remote.to_string(), items[1].kind), (format!("~/up/{name}"), Kind::Directory));
}

#[test]
fn rm_without_r_sends_dele_and_nothing_else() {
    let answers = |line: &'static str| {
        run_line("rm ftp://h/%2Fx/y", move |action, events| {
            connects(action, events);
            if let Action::Files { tab, ticket, .. } = action {
                let result = Ok(Report::Replies(vec![vec![line.to_owned()]]));
                events.send(Event::Finished { tab: *tab, ticket: *ticket, result }).unwrap();
            }
        })
    };
    let ran = answers("250 Deleted");
    assert_eq!(ran.status, Status::Done);
    let is_dele = |action: &Action| matches!(action, Action::Files { action, .. } if *action == FileAction::Raw("DELE /x/y".into()));
    assert!(ran.actions.iter().any(is_dele));
    assert_eq!(answers("550 Is a directory").status, Status::Failed);
}

#[test]
fn raw_prints_replies_and_a_refusal_is_exit_status_1() {
    for (last, status) in [("200 ok", Status::Done), ("500 what", Status::Failed), ("421 bye", Status::Failed)] {
        let ran = run_line("raw ftp://h FEAT", move |action, events| {
            connects(action, events);
            if let Action::Files { tab, ticket, .. } = action {
                let replies = vec![
                    vec!["211-Features:".to_owned(), " UTF8".to_owned(), "211 End".to_owned()],
                    vec![last.to_owned()],
                ];
                events
                    .send(Event::Finished { tab: *tab, ticket: *ticket, result: Ok(Report::Replies(replies)) })
                    .unwrap();
            }
        });
        assert_eq!((ran.status, ran.stdout), (status, format!("211-Features:\n UTF8\n211 End\n{last}\n")));
    }
}

#[test]
fn questions_without_anybody_there_are_answered() {
    let ran = run_line("mkdir ftp://me@h/x", |action, events| match action {
        Action::Connect { .. } => {
            let ask = Ask::Password { host: "h".into(), user: "me".into(), refused: Some("530 no".into()) };
            events.send(Event::Ask(Question { id: QuestionId(7), tab: None, ask })).unwrap();
        }
        Action::Answer(QuestionId(7), Answer::Refuse) => {
            let state = ConnectionState::Disconnected(Some(failure(Cause::LogIn, "530 no")));
            events.send(Event::Connection { tab: TabId(0), state }).unwrap();
        }
        _ => {}
    });
    assert_eq!(ran.status, Status::NoConnection);
}

#[test]
fn sites_are_named() {
    let ran = run_line("sites", |_, _| {});
    assert_eq!((ran.status, ran.stdout.as_str()), (Status::Done, "Home\n"));
    assert_eq!(run_line("sites --json", |_, _| {}).stdout, "[{\"name\":\"Home\",\"url\":\"ftp://home/\"}]\n");
}

#[test]
fn wrong_usage_that_only_the_meaning_shows_is_exit_status_2() {
    for line in
        ["ls", "ls sftp://h", "ls --site Away", "put x", "raw ftp://h", "mv ftp://h/a ftp://other/b", "get ftp://h:0/x"]
    {
        assert_eq!(run_line(line, connects).status, Status::Usage, "{line}");
    }
}

#[test]
fn ctrl_c_is_exit_status_130_and_the_worker_ends_in_order() {
    let interrupt = Interrupt::default();
    interrupt.raise();
    let (events, receiver) = sync_channel(8);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let send = Actions::new(move |action| {
        if matches!(action, Action::Quit) {
            events.send(Event::Stopped).unwrap();
        }
        log.lock().unwrap().push(action);
        Ok(())
    });
    let arguments = Arguments::try_parse_from(["longshore", "ls", "ftp://h"]).unwrap();
    let results = Results::to(Kept::default(), false);
    let spawn = |_: Start| Ok((send, receiver));
    let status = run_with(arguments.command.unwrap(), arguments.options, spawn, results, interrupt);
    assert_eq!(status, Status::Interrupted);
    assert!(matches!(seen.lock().unwrap()[..], [Action::Quit]));
}

#[test]
fn what_an_earlier_run_left_is_shown_and_carried_on() {
    let item = BatchItem {
        local: "/tmp/a".into(),
        remote: RemotePath::new("/a"),
        kind: Kind::File,
        size: None,
        permissions: None,
    };
    let broken = Phase::Failed(Arc::new(failure(Cause::Network, "broke")));
    let left = vec![row(1, Course::Download, &item, Phase::Paused), row(2, Course::Upload, &item, broken)];
    let left = vec![Event::Queue(Delta::Add(left.into()))];
    let shown = run_after(left.clone(), "queue --json", |_, _| {});
    assert_eq!(shown.status, Status::Done);
    let rows: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    assert_eq!((rows[0]["direction"].as_str(), &rows[0]["error"]), (Some("download"), &serde_json::Value::Null));
    assert_eq!((rows[1]["remote"].as_str(), rows[1]["error"].as_str()), (Some("/a"), Some("Could not: broke")));

    let mut first = left;
    first.push(Event::Queue(Delta::Phase(TransferId(1), done())));
    first.push(Event::QueueIdle);
    let ran = run_after(first, "queue run --json", |action, events| {
        if let Action::Retry(ids) = action {
            events.send(Event::Queue(Delta::Phase(ids[0], Phase::Queued))).unwrap();
            events.send(Event::Queue(Delta::Phase(ids[0], done()))).unwrap();
            events.send(Event::QueueIdle).unwrap();
        }
    });
    assert_eq!((ran.status, ran.stdout.lines().count()), (Status::Done, 2), "{}", ran.stdout);
}
