//! What goes as text, and who decides it.

use std::fs;

use longshore::model::{Action, Course, Kind, Phase, Run, Section, Settings, TransferType};
use longshore::worker::CarryOn;

use super::front::{Front, folder};
use super::harness::{Kind as ServerKind, Setup};

const LINES: usize = 1_000;

fn settings(transfer_type: TransferType) -> Settings {
    Settings { transfer_type, timeout: 10, keep_times: false, ..Settings::default() }
}

#[test]
fn names_decide_in_folders_and_where_nobody_knew_the_kind() {
    let Some(server) = Setup::new(ServerKind::Proftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(server.root.join("tree/sub.txt")).unwrap();
    let names = ["a.txt", "b.bin", ".c.txt", "README", "sub.txt/D.HTML", "sub.txt/e.zip"];
    for name in names {
        fs::write(server.root.join("tree").join(name), "line\r\n".repeat(LINES)).unwrap();
    }
    server.own();
    let mut front =
        Front::start(home.path(), Run::default(), CarryOn::Run, |stored| *stored = settings(TransferType::Auto));
    front.connect(&server);
    front.listing();
    let (down, single, plain) = (folder(&home, "down"), home.path().join("single"), home.path().join("plain"));
    front.act(Action::Hold);
    front.enqueue(Course::Download, Kind::Other, &down.join("tree"), "/tree", None);
    front.enqueue(Course::Download, Kind::Other, &single, "/tree/a.txt", None);
    // What waits keeps its type.
    front.act(Action::SaveSettings(Box::new(settings(TransferType::Binary))));
    front.enqueue(Course::Download, Kind::File, &plain, "/tree/a.txt", None);
    front.act(Action::Release);
    front.idle();
    let rows = front.rows();
    assert!(rows.iter().all(|row| matches!(row.phase, Phase::Done(_))), "{rows:#?}");
    assert!(rows.iter().filter(|row| row.kind == Kind::File).all(|row| row.transfer_type != TransferType::Auto));
    let is_text = |path| fs::read_to_string(path).unwrap() == "line\n".repeat(LINES);
    let is_plain = |path| fs::read_to_string(path).unwrap() == "line\r\n".repeat(LINES);
    for (name, text) in names.into_iter().zip([true, false, false, false, true, false]) {
        let path = down.join("tree").join(name);
        assert!(if text { is_text(path) } else { is_plain(path) }, "{name}");
    }
    assert!(is_text(single) && is_plain(plain));
    front.act(Action::SaveSettings(Box::new(settings(TransferType::Auto))));
    front.enqueue(Course::Upload, Kind::Other, &down.join("tree"), "/up", None);
    front.idle();
    let up = server.root.join("up");
    assert!(is_plain(up.join("b.bin")) && is_text(up.join("sub.txt/D.HTML")));
    assert_eq!(front.rows().iter().filter(|row| row.course == Course::Upload && row.is_text()).count(), 2);
    front.quit();
}

#[test]
fn rows_that_have_not_begun_or_were_given_up_go_another_way() {
    let Some(server) = Setup::new(ServerKind::Proftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let text = "line\r\n".repeat(LINES);
    ["new", "held.txt"].into_iter().for_each(|name| fs::write(server.root.join(name), &text).unwrap());
    server.own();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    // A folder in its place fails for good.
    let failed = folder(&home, "failed");
    front.enqueue(Course::Download, Kind::File, &failed, "/new", None);
    front.until("a failure", |_, queue| queue.section(Section::Failed).get(0).copied());
    front.act(Action::Hold);
    let (new, held) = (home.path().join("new"), home.path().join("held"));
    front.enqueue(Course::Download, Kind::File, &new, "/new", None);
    front.enqueue(Course::Download, Kind::File, &held, "/held.txt", None);
    let ids = front.until("three rows", |_, queue| {
        let sections = [Section::Failed, Section::Active].map(|section| queue.section(section));
        let ids: Vec<_> = sections.into_iter().flat_map(|section| section.iter().copied()).collect();
        (ids.len() == 3).then_some(ids)
    });
    front.act(Action::ChangeType(ids[..2].to_vec(), TransferType::Text));
    front.act(Action::ChangeType(ids[2..].to_vec(), TransferType::Auto));
    front.until("three rows of text", |_, queue| {
        ids.iter().all(|id| queue.get(*id).is_some_and(|row| row.is_text() && row.attempts == 0)).then_some(())
    });
    fs::remove_dir(&failed).unwrap();
    front.act(Action::Retry(ids.clone()));
    front.act(Action::Release);
    front.idle();
    for path in [failed, new, held] {
        assert!(fs::read_to_string(&path).unwrap() == "line\n".repeat(LINES), "{}", path.display());
    }
    front.act(Action::ChangeType(ids, TransferType::Binary));
    front.act(Action::Hold);
    front.until("the queue held", |_, queue| queue.is_held().then_some(()));
    assert!(front.rows().iter().all(|row| row.is_text()), "what is done was text");
    front.quit();
}
