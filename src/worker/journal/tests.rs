//! The journal over restarts, crashes, damage and second processes.

use std::sync::Arc;

use jiff::Timestamp;

use super::*;
use crate::model::queue::{Rows, STRIDE};
use crate::model::transfer::{Course, Done, Folder, Priority, Proof, Running};
use crate::model::{Cause, Failure, IfExists, Kind, Login, Phase, Queue, RemotePath, Site, TransferId, TransferType};

fn folder(local: &str) -> Arc<Folder> {
    let site = Site { host: "h".into(), user: "u".into(), login: Login::Normal, ..Site::default() };
    let remote = RemotePath::new("/pub/caf\u{10fee9}");
    Arc::new(Folder { site: Arc::new(site), local: PathBuf::from(to_os(local)), remote, below: 2 })
}

fn to_os(text: &str) -> std::ffi::OsString {
    super::super::disk::to_os(text)
}

impl Journal {
    fn apply(&self, deltas: &[Delta]) -> Result<(), Error> {
        self.write(&[Entry::Rows(deltas.to_vec())])
    }
}

fn row(id: u64, folder: &Arc<Folder>) -> Transfer {
    Transfer {
        id: TransferId(id),
        course: Course::Download,
        kind: Kind::File,
        folder: folder.clone(),
        remote_name: format!("file {id}").into(),
        local_name: None,
        size: Some(id * 1000),
        phase: Phase::Queued,
        attempts: 0,
        if_exists: None,
        priority: Priority::default(),
        transfer_type: TransferType::Binary,
        place: i64::try_from(id).unwrap() * STRIDE,
    }
}

fn failure() -> Failure {
    Failure { what: "Could not get x".into(), why: "550 No.".into(), cause: Cause::Refused, again: false }
}

fn opened(folder: &Path) -> Journal {
    let (journal, notices) = Journal::open(folder);
    assert_eq!(notices, [""; 0]);
    assert!(journal.is_owner());
    journal
}

fn ids(rows: &[Transfer]) -> Vec<u64> {
    rows.iter().map(|row| row.id.0).collect()
}

#[test]
fn rows_come_back_as_they_were() {
    let data = tempfile::tempdir().unwrap();
    let (one, two) = (folder("/home/me/a"), folder("/home/me/caf\u{10fee9}"));
    let mut rows: Vec<_> = (1..=4).map(|id| row(id, if id < 3 { &one } else { &two })).collect();
    rows[1].course = Course::Upload;
    rows[1].if_exists = Some(IfExists::Rename);
    rows[1].local_name = Some("other\u{10feff}".into());
    rows[1].size = None;
    rows[2].kind = Kind::Directory;
    rows[2].phase = Phase::Paused;
    rows[3].phase = Phase::Failed(Arc::new(failure()));
    rows[3].attempts = 7;
    rows[3].priority = Priority::Highest;
    rows[3].transfer_type = TransferType::Text;
    rows[2].transfer_type = TransferType::Auto;
    opened(data.path()).apply(&[Delta::Add(rows.clone().into())]).unwrap();
    let loaded = opened(data.path()).load().unwrap();
    assert_eq!(loaded, rows);
    assert!(Arc::ptr_eq(&loaded[0].folder, &loaded[1].folder), "rows of one folder share it");
}

#[test]
fn what_is_the_same_on_disk_is_not_written_again() {
    let data = tempfile::tempdir().unwrap();
    let rows = |phase: Phase| -> Rows {
        let folder = folder("/x");
        (1..=1000).map(|id| Transfer { phase: phase.clone(), ..row(id, &folder) }).collect()
    };
    opened(data.path()).apply(&[Delta::Add(rows(Phase::Queued))]).unwrap();
    let journal = opened(data.path());
    let loaded = journal.load().unwrap();
    let written =
        || journal.shared().database().unwrap().query_row("SELECT total_changes()", [], |row| row.get::<_, i64>(0));
    let left = loaded.iter().map(|row| Transfer { phase: Phase::Left, ..row.clone() });
    journal.apply(&[Delta::Change(left.collect())]).unwrap();
    assert_eq!(written().unwrap(), 0);
    let paused = loaded.iter().map(|row| Transfer { phase: Phase::Paused, ..row.clone() });
    journal.apply(&[Delta::Change(paused.collect())]).unwrap();
    assert_eq!(written().unwrap(), 1000);
    assert!(journal.load().unwrap().iter().all(|row| row.phase == Phase::Paused));
}

#[test]
fn what_was_under_way_waits_again_and_what_is_done_is_gone() {
    let data = tempfile::tempdir().unwrap();
    let folder = folder("/x");
    let done =
        Done { bytes: 1, resumed_from: 0, milliseconds: 1, proof: Proof::Size, at: Timestamp::UNIX_EPOCH, left_out: 0 };
    let waiting = Phase::Waiting { until: Timestamp::UNIX_EPOCH, failure: Arc::new(failure()) };
    let journal = opened(data.path());
    let rows = (1..=6).map(|id| row(id, &folder)).collect();
    journal
        .apply(&[
            Delta::Add(rows),
            Delta::Phase(TransferId(1), Phase::Running(Box::default())),
            Delta::Phase(TransferId(2), waiting),
            Delta::Attempts(TransferId(2), 3),
            Delta::Phase(TransferId(3), Phase::Done(Box::new(done))),
            Delta::Phase(TransferId(4), Phase::Skipped),
            Delta::Size(TransferId(5), 77),
            Delta::Remove(vec![TransferId(6)]),
            Delta::Progress(vec![(TransferId(1), Running::default())]),
            Delta::Phase(TransferId(99), Phase::Paused),
        ])
        .unwrap();
    drop(journal);
    let loaded = opened(data.path()).load().unwrap();
    assert_eq!(ids(&loaded), [1, 2, 5]);
    assert!(loaded.iter().all(|row| row.phase == Phase::Queued));
    assert_eq!((loaded[1].attempts, loaded[2].size), (3, Some(77)));
}

#[test]
fn the_order_is_the_queues() {
    let data = tempfile::tempdir().unwrap();
    let folder = folder("/x");
    let mut queue = Queue::default();
    let journal = opened(data.path());
    let mut change = |delta: Delta| {
        queue.apply(delta.clone());
        // As the scribe does: in another section a row has another place.
        let place = match &delta {
            Delta::Phase(id, _) => queue.get(*id).map(|row| Delta::Places(vec![(*id, row.place)])),
            _ => None,
        };
        journal.apply(&Vec::from_iter([delta].into_iter().chain(place))).unwrap();
        let order: Vec<_> = queue.section(Section::Active).iter().copied().collect();
        order
    };
    change(Delta::Add((1..=5).map(|id| row(id, &folder)).collect()));
    change(Delta::Phase(TransferId(2), Phase::Failed(Arc::new(failure()))));
    change(Delta::Places(vec![(TransferId(4), 1)]));
    change(Delta::Add([row(6, &folder)].into()));
    let order = change(Delta::Phase(TransferId(2), Phase::Queued));
    drop(journal);
    let loaded = opened(data.path()).load().unwrap();
    assert_eq!(loaded.iter().map(|row| row.id).collect::<Vec<_>>(), order);
    assert_eq!(ids(&loaded), [4, 1, 3, 5, 6, 2]);
}

#[test]
fn numbers_are_never_used_twice() {
    let data = tempfile::tempdir().unwrap();
    let first = opened(data.path()).ids(10).unwrap();
    assert_eq!(first, 1..11);
    let journal = opened(data.path());
    assert_eq!(journal.ids(1).unwrap(), 11..12);
    let (second, _) = Journal::open(data.path());
    assert_eq!(second.ids(2).unwrap(), 12..14, "also in another process");
    assert_eq!(journal.ids(1).unwrap(), 14..15);
}

#[test]
fn a_second_process_is_told_and_works_without() {
    let data = tempfile::tempdir().unwrap();
    let journal = opened(data.path());
    journal.apply(&[Delta::Add([row(1, &folder("/x"))].into())]).unwrap();
    let (second, notices) = Journal::open(data.path());
    assert!(!second.is_owner() && second.is_elsewhere() && notices.is_empty(), "{notices:?}");
    second.apply(&[Delta::Add([row(2, &folder("/x"))].into()), Delta::Remove(vec![TransferId(1)])]).unwrap();
    second.apply(&[Delta::Places(vec![(TransferId(1), 7)])]).unwrap();
    assert_eq!(ids(&second.load().unwrap()), [1], "it may look");
    drop((journal, second));
    assert_eq!(ids(&opened(data.path()).load().unwrap()), [1]);
}

#[test]
fn part_files_know_what_they_were_begun_from() {
    let data = tempfile::tempdir().unwrap();
    let part = Path::new("/downloads/a.part");
    let at = jiff::civil::date(2020, 1, 2).at(3, 4, 5, 678_000_000);
    let modified = Some(Modified { at, precision: Precision::Millisecond, utc: true });
    let source = Source { remote: "ftp://u@h:21/a".into(), size: Some(u64::from(u32::MAX) + 1), modified };
    let journal = opened(data.path());
    assert_eq!(journal.source(part).unwrap(), None);
    journal.note_source(part, &source, &Ranges::first(9)).unwrap();
    let (second, _) = Journal::open(data.path());
    assert_eq!(second.source(part).unwrap().as_ref(), Some(&source), "every process sees it");
    let newer = Source { size: None, modified: None, ..source };
    second.note_source(part, &newer, &Ranges::first(9)).unwrap();
    drop((journal, second));
    let journal = opened(data.path());
    assert_eq!(journal.source(part).unwrap(), Some(newer));
    journal.forget_source(part).unwrap();
    assert_eq!(journal.source(part).unwrap(), None);
}

/// A power cut may leave a length without its bytes: after it only what was synced counts.
#[cfg(target_os = "linux")]
#[test]
fn what_was_not_synced_before_the_system_started_anew_is_not_trusted() {
    let data = tempfile::tempdir().unwrap();
    let part = Path::new("/downloads/a.part");
    let source = Source { remote: "ftp://u@h:21/a".into(), size: Some(9), modified: None };
    let journal = opened(data.path());
    journal.note_source(part, &source, &Ranges::first(9)).unwrap();
    journal.note_synced(part, 5).unwrap();
    let there = || journal.there(part, 9).unwrap().to_string();
    assert_eq!(there(), "0-9", "the system still runs");
    let earlier = |boot: &str| {
        let database = Connection::open(data.path().join(DATABASE)).unwrap();
        database.execute("UPDATE source SET boot = ?1", [boot]).unwrap();
    };
    earlier("an earlier start");
    assert_eq!(there(), "0-5");
    journal.note_source(part, &source, &Ranges::first(9)).unwrap();
    assert_eq!(there(), "0-9", "the part was cut to that, and goes on in this start");
    earlier("again");
    assert_eq!(there(), "0-5", "what was synced then still is");
    journal.note_source(part, &source, &Ranges::default()).unwrap();
    earlier("once more");
    assert_eq!(there(), "", "it was begun again, and nothing of that is synced");
}

/// The length of a part with holes says nothing.
#[cfg(target_os = "linux")]
#[test]
fn of_a_part_with_holes_only_what_was_noted_is_trusted() {
    let data = tempfile::tempdir().unwrap();
    let part = Path::new("/downloads/a.part");
    let source = Source { remote: "ftp://u@h:21/a".into(), size: Some(100), modified: None };
    let ranges = |text: &str| text.parse::<Ranges>().unwrap();
    let journal = opened(data.path());
    journal.note_source(part, &source, &Ranges::first(9)).unwrap();
    journal.note_synced(part, 5).unwrap();
    let there = |length| journal.there(part, length).unwrap().to_string();
    let earlier = |boot: &str| {
        let database = Connection::open(data.path().join(DATABASE)).unwrap();
        database.execute("UPDATE source SET boot = ?1", [boot]).unwrap();
    };
    journal.note_held(part, &ranges("0-9")).unwrap();
    assert_eq!(there(60), "0-9", "what was written behind them was not noted");
    journal.note_held(part, &ranges("0-20,50-60")).unwrap();
    assert_eq!([there(100), there(55), there(10)], ["0-20,50-60", "0-20,50-55", "0-10"]);
    earlier("an earlier start");
    assert_eq!(there(100), "0-5", "nothing was synced since it has holes");
    journal.note_settled(part, &ranges("0-12,50-51")).unwrap();
    assert_eq!(there(100), "0-12,50-51");
    journal.note_source(part, &source, &ranges("0-12,50-51")).unwrap();
    assert_eq!(there(100), "0-12,50-51", "it goes on in this start");
    earlier("again");
    assert_eq!(there(100), "0-12,50-51", "what was synced then still is");
    journal.note_source(part, &source, &Ranges::first(12)).unwrap();
    assert_eq!(there(12), "0-12", "without holes its length counts again");
    earlier("once more");
    assert_eq!(there(12), "0-5", "and what was synced of its start");
    journal.note_held(part, &Ranges::default()).unwrap();
    journal.shared().database().unwrap().execute("UPDATE source SET held = '7-x', boot = NULL", []).unwrap();
    assert_eq!(there(100), "", "what cannot be read is not trusted");
}

#[test]
fn a_file_that_is_no_database_is_set_aside() {
    let data = tempfile::tempdir().unwrap();
    for number in 1..=2 {
        std::fs::write(data.path().join(DATABASE), vec![b'x'; 5000]).unwrap();
        let (journal, notices) = Journal::open(data.path());
        assert!(journal.is_owner());
        assert!(notices.len() == 1 && notices[0].contains(&format!("queue.db.broken-{number}")), "{notices:?}");
        journal.apply(&[Delta::Add([row(1, &folder("/x"))].into())]).unwrap();
        assert_eq!(ids(&journal.load().unwrap()), [1]);
        let aside = data.path().join(format!("queue.db.broken-{number}"));
        assert_eq!(std::fs::read(aside).unwrap(), vec![b'x'; 5000]);
    }
}

#[test]
fn a_database_without_its_tables_is_set_aside() {
    let data = tempfile::tempdir().unwrap();
    opened(data.path()).shared().database().unwrap().execute_batch("DROP TABLE transfer").unwrap();
    let (journal, notices) = Journal::open(data.path());
    assert!(journal.is_owner() && notices.len() == 1, "{notices:?}");
    assert_eq!(journal.load().unwrap(), []);
}

#[test]
fn what_can_be_read_of_a_damaged_database_is_rescued() {
    let data = tempfile::tempdir().unwrap();
    let journal = opened(data.path());
    let folder = folder("/x");
    journal.apply(&[Delta::Add((1..=5000).map(|id| row(id, &folder)).collect())]).unwrap();
    journal
        .shared()
        .database()
        .unwrap()
        .pragma_update_and_check(None, "wal_checkpoint", "TRUNCATE", |_| Ok(()))
        .unwrap();
    drop(journal);
    let path = data.path().join(DATABASE);
    let mut bytes = std::fs::read(&path).unwrap();
    // Pages in the middle, as a bad disk would leave them.
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0xaa);
    std::fs::write(&path, &bytes).unwrap();
    let (journal, notices) = Journal::open(data.path());
    assert!(journal.is_owner() && notices.len() == 1, "{notices:?}");
    let rescued = journal.load().unwrap();
    assert!(!rescued.is_empty() && rescued.len() < 5000, "{}", rescued.len());
    let highest = rescued.iter().map(|row| row.id.0).max().unwrap();
    assert!(journal.ids(1).unwrap().start > highest);
    assert_eq!(ids(&opened_after(journal, data.path()).load().unwrap()), ids(&rescued));
}

fn opened_after(journal: Journal, data: &Path) -> Journal {
    drop(journal);
    opened(data)
}

#[test]
fn a_database_of_a_newer_version_is_left_alone() {
    let data = tempfile::tempdir().unwrap();
    let journal = opened(data.path());
    journal.apply(&[Delta::Add([row(1, &folder("/x"))].into())]).unwrap();
    journal.shared().database().unwrap().pragma_update(None, "user_version", VERSION + 1).unwrap();
    drop(journal);
    let (journal, notices) = Journal::open(data.path());
    assert!(!journal.is_owner() && notices[0].contains("newer"), "{notices:?}");
    assert_eq!(journal.ids(3).unwrap(), 1..4, "it still works, in memory");
    let database = Connection::open(data.path().join(DATABASE)).unwrap();
    let count: i64 = database.query_row("SELECT count(*) FROM transfer", [], |row| row.get(0)).unwrap();
    assert_eq!(count, 1);
}

#[test]
fn where_nothing_can_be_written_it_says_so() {
    let data = tempfile::tempdir().unwrap();
    std::fs::write(data.path().join("file"), "").unwrap();
    let (journal, notices) = Journal::open(&data.path().join("file/folder"));
    assert!(!journal.is_owner() && notices[0].starts_with("The queue cannot be kept"), "{notices:?}");
    assert_eq!(journal.load().unwrap(), []);
}

#[test]
fn a_transaction_is_written_whole_or_not_at_all() {
    let data = tempfile::tempdir().unwrap();
    let journal = opened(data.path());
    journal
        .shared()
        .database()
        .unwrap()
        .execute_batch("CREATE TRIGGER t BEFORE DELETE ON transfer BEGIN SELECT raise(ABORT, 'no'); END")
        .unwrap();
    let folder = folder("/x");
    let error = journal.apply(&[Delta::Add([row(1, &folder)].into()), Delta::Remove(vec![TransferId(1)])]).unwrap_err();
    assert!(error.to_string().contains("no"), "{error}");
    assert_eq!(journal.load().unwrap(), []);
    journal.apply(&[Delta::Add([row(1, &folder)].into())]).unwrap();
    assert_eq!(ids(&journal.load().unwrap()), [1], "its folder was written again");
}

#[test]
fn no_secret_and_no_foreign_eye() {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("made/for it");
    drop(opened(&folder));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(&folder), 0o700);
        assert_eq!(mode(&folder.join(DATABASE)), 0o600);
    }
}

#[test]
fn a_hundred_thousand_rows_are_one_transaction() {
    let data = tempfile::tempdir().unwrap();
    let folder = folder("/x");
    let journal = opened(data.path());
    journal.apply(&[Delta::Add((1..=100_000).map(|id| row(id, &folder)).collect())]).unwrap();
    let order: Vec<_> = (1..=100_000).rev().map(TransferId).zip(1..).collect();
    journal.apply(&[Delta::Places(order)]).unwrap();
    drop(journal);
    let loaded = opened(data.path()).load().unwrap();
    assert_eq!(loaded.len(), 100_000);
    assert_eq!(loaded[0].id, TransferId(100_000));
    let folders: i64 = opened(data.path())
        .shared()
        .database()
        .unwrap()
        .query_row("SELECT count(*) FROM folder", [], |row| row.get(0))
        .unwrap();
    assert_eq!(folders, 1);
}

#[test]
fn a_journal_of_version_1_comes_along() {
    let data = tempfile::tempdir().unwrap();
    let journal = opened(data.path());
    journal.apply(&[Delta::Add((1..=3).map(|id| row(id, &folder("/x"))).collect())]).unwrap();
    let back = "ALTER TABLE transfer DROP COLUMN text; ALTER TABLE transfer DROP COLUMN priority; UPDATE transfer SET place = 4 - id; ALTER TABLE source DROP COLUMN boot;
        ALTER TABLE source DROP COLUMN synced; ALTER TABLE source DROP COLUMN held; ALTER TABLE source DROP COLUMN settled;
        PRAGMA user_version = 1;";
    journal.shared().database().unwrap().execute_batch(back).unwrap();
    let loaded = opened_after(journal, data.path()).load().unwrap();
    assert_eq!(ids(&loaded), [3, 2, 1]);
    assert!(loaded.iter().all(|row| row.priority == Priority::Normal));
    assert_eq!(loaded.iter().map(|row| row.place / STRIDE).collect::<Vec<_>>(), [1, 2, 3]);
}

#[test]
fn a_journal_of_version_2_comes_along() {
    let data = tempfile::tempdir().unwrap();
    let journal = opened(data.path());
    let (part, source) = (Path::new("/a.part"), Source { remote: "r".into(), size: Some(9), modified: None });
    journal.note_source(part, &source, &Ranges::first(9)).unwrap();
    let back = "ALTER TABLE transfer DROP COLUMN text; ALTER TABLE source DROP COLUMN boot; ALTER TABLE source DROP COLUMN synced; ALTER TABLE source DROP COLUMN held;
        ALTER TABLE source DROP COLUMN settled; PRAGMA user_version = 2;";
    journal.shared().database().unwrap().execute_batch(back).unwrap();
    let journal = opened_after(journal, data.path());
    assert_eq!((journal.source(part).unwrap(), journal.there(part, 9).unwrap()), (Some(source), Ranges::first(9)));
}

#[test]
fn a_journal_of_version_3_comes_along() {
    let data = tempfile::tempdir().unwrap();
    let journal = opened(data.path());
    let (part, source) = (Path::new("/a.part"), Source { remote: "r".into(), size: Some(9), modified: None });
    journal.note_source(part, &source, &Ranges::first(7)).unwrap();
    let back = "ALTER TABLE transfer DROP COLUMN text; ALTER TABLE source DROP COLUMN held;
        ALTER TABLE source DROP COLUMN settled; PRAGMA user_version = 3;";
    journal.shared().database().unwrap().execute_batch(back).unwrap();
    let journal = opened_after(journal, data.path());
    assert_eq!((journal.source(part).unwrap(), journal.there(part, 7).unwrap()), (Some(source), Ranges::first(7)));
    journal.note_held(part, &Ranges::first(3)).unwrap();
    assert_eq!(journal.there(part, 7).unwrap(), Ranges::first(3));
}

#[test]
fn a_journal_of_version_4_comes_along() {
    let data = tempfile::tempdir().unwrap();
    let journal = opened(data.path());
    journal
        .apply(&[Delta::Add([Transfer { transfer_type: TransferType::Text, ..row(1, &folder("/x")) }].into())])
        .unwrap();
    let back = "ALTER TABLE transfer DROP COLUMN text; PRAGMA user_version = 4;";
    journal.shared().database().unwrap().execute_batch(back).unwrap();
    assert_eq!(opened_after(journal, data.path()).load().unwrap(), [row(1, &folder("/x"))]);
}
