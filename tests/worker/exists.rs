//! Targets that exist: rules, questions, answers.

use std::fs;

use longshore::model::exists::{DateIs, Rule, SizeIs};
use longshore::model::question::Scope;
use longshore::model::transfer::BatchItem;
use longshore::model::{
    Action, Answer, Ask, Batch, Course, Event, IfExists, Kind, Phase, RemotePath, Section, Settings,
};

use super::front::{Front, TAB, bytes, folder};
use super::harness::{Kind as ServerKind, Setup};

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
    let batch =
        Batch { tab: TAB, course: Course::Download, items: items.collect(), if_exists: None, transfer_type: None };
    front.act(Action::Enqueue(batch));
    let id = front.until("a question", |event, _| match event {
        Event::Ask(question) => Some(question.id),
        _ => None,
    });
    front.act(Action::Answer(id, Answer::Exists { choice: IfExists::Overwrite, scope: Scope::Batch, only: None }));
    front.idle();
    assert!((0..12).all(|index| fs::read(local.join(format!("{index}"))).unwrap() == b"new"));
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
