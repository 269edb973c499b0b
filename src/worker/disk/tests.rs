//! Downloads on a real disk: what may be written, what must not be, and what is left after trouble.

use std::fs;
use std::io::Write;

use super::*;
use crate::model::Precision;

fn target(folder: &Path, below: u16, name: &str) -> Target {
    Target::new(folder, below, name).unwrap()
}

/// Takes any part that can be written.
fn open(target: &Target) -> Result<Part, Error> {
    Part::find(target, |_, _| Ok(true))
}

fn download(target: &Target, bytes: &[u8], replace: bool) -> Result<Settle, Error> {
    let part = open(target)?;
    part.file()?.write_all(bytes).unwrap();
    part.finish(None, None, replace)
}

/// How long the part is, if there is one that is a file.
fn part_length(target: &Target) -> Option<u64> {
    fs::symlink_metadata(target.part_path()).ok().filter(fs::Metadata::is_file).map(|part| part.len())
}

/// What is in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| from_os(&entry.unwrap().file_name())).collect();
    names.sort();
    names
}

#[test]
fn a_download_has_its_name_only_when_it_is_whole() {
    let root = tempfile::tempdir().unwrap();
    let target = target(&root.path().join("a/b"), 2, "file.txt");
    assert_eq!(target.found().unwrap(), None);
    assert_eq!(names(root.path()), [""; 0], "to look makes nothing");
    let part = open(&target).unwrap();
    part.file().unwrap().write_all(b"hello").unwrap();
    assert_eq!(names(&root.path().join("a/b")), ["file.txt.part"]);
    let time = Modified { at: jiff::civil::date(2001, 2, 3).at(4, 5, 6, 0), precision: Precision::Second, utc: true };
    let settle = part.finish(Some(time), None, false).unwrap();
    assert_eq!(settle.directory(), root.path().join("a/b"));
    settle.settle().unwrap();
    assert_eq!(fs::read(target.path()).unwrap(), b"hello");
    assert_eq!(names(&root.path().join("a/b")), ["file.txt"]);
    let found = target.found().unwrap().unwrap();
    assert_eq!(found, Found { kind: Kind::File, size: 5, modified: Some(time) });
    assert_eq!(found.facts(), Facts { size: Some(5), modified: Some(time) });
}

#[test]
fn times_that_no_disk_holds_do_not_fail_a_download() {
    let root = tempfile::tempdir().unwrap();
    for (name, year) in [("early", -9000), ("old", 1901), ("late", 9999)] {
        let target = target(root.path(), 0, name);
        let at = jiff::civil::date(year, 1, 1).at(0, 0, 0, 0);
        let part = open(&target).unwrap();
        part.finish(Some(Modified { at, precision: Precision::Second, utc: true }), None, false)
            .unwrap()
            .settle()
            .unwrap();
        assert_eq!(target.found().unwrap().unwrap().size, 0);
    }
    assert_eq!(target(root.path(), 0, "old").found().unwrap().unwrap().modified.unwrap().at.year(), 1901);
}

#[test]
fn names_that_leave_the_folder_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let inner = root.path().join("inner");
    for name in ["..", ".", "../x", "/etc/x", "a/b", "..\\x", "C:\\x", "c:evil", "a\0b", "a\r\nb"] {
        assert_eq!(Target::new(&inner, 0, name).unwrap_err().source.kind(), ErrorKind::InvalidInput, "{name:?}");
    }
    for (folder, below) in [("inner/../..", 1), ("inner/..", 2), ("a\\b", 1), ("c:x", 1)] {
        assert!(Target::new(&root.path().join(folder), below, "x").is_err(), "{folder}");
    }
    assert!(Target::new(Path::new("relative"), 0, "x").is_err());
    assert!(Target::new(Path::new("/a"), 2, "x").is_err(), "more components than there are");
    assert_eq!(names(root.path()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn a_linked_folder_below_the_target_is_not_followed() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(root.path().join("sub")).unwrap();
    std::os::unix::fs::symlink(outside.path(), root.path().join("sub/link")).unwrap();
    for below in [1, 2] {
        let target = target(&root.path().join("sub/link"), below, "authorized_keys");
        assert_eq!(open(&target).unwrap_err().source.kind(), ErrorKind::NotADirectory);
        assert!(target.found().is_err());
        assert!(target.make_folder().is_err());
    }
    assert!(target(&root.path().join("sub"), 1, "link").make_folder().is_err());
    let dangling = root.path().join("dangling");
    std::os::unix::fs::symlink(outside.path().join("new"), &dangling).unwrap();
    assert!(target(&dangling, 1, "x").make_folder().is_err());
    assert_eq!(names(outside.path()), [""; 0]);
    // What a person chose is followed.
    download(&target(&root.path().join("sub/link"), 0, "mine"), b"x", false).unwrap().settle().unwrap();
    assert_eq!(names(outside.path()), ["mine"]);
}

#[cfg(unix)]
#[test]
fn links_pipes_and_folders_are_never_written_through() {
    let root = tempfile::tempdir().unwrap();
    let victim = root.path().join("victim");
    fs::write(&victim, "precious").unwrap();
    let link = |name: &str| std::os::unix::fs::symlink(&victim, root.path().join(name)).unwrap();
    let pipe = |name: &str| {
        let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
        rustix::fs::mknodat(rustix::fs::CWD, root.path().join(name), rustix::fs::FileType::Fifo, mode, 0).unwrap();
    };
    // As the part.
    link("a.part");
    pipe("b.part");
    fs::create_dir(root.path().join("c.part")).unwrap();
    fs::hard_link(&victim, root.path().join("d.part")).unwrap();
    for name in ["a", "b", "c", "d"] {
        let target = target(root.path(), 0, name);
        let part = open(&target).unwrap();
        assert_eq!(part.path(), root.path().join(format!("{name} (1).part")));
        part.abandon().unwrap();
    }
    assert_eq!(part_length(&target(root.path(), 0, "a")), None);
    // As the target: a link is replaced, what is not a file stays.
    link("e");
    download(&target(root.path(), 0, "e"), b"new", true).unwrap().settle().unwrap();
    assert_eq!(fs::read(root.path().join("e")).unwrap(), b"new");
    assert!(fs::symlink_metadata(root.path().join("e")).unwrap().is_file());
    pipe("f");
    fs::create_dir(root.path().join("g")).unwrap();
    for name in ["f", "g"] {
        let error = download(&target(root.path(), 0, name), b"new", true).unwrap_err();
        assert_eq!(error.source.kind(), ErrorKind::AlreadyExists);
        assert_eq!(part_length(&target(root.path(), 0, name)), Some(3), "the bytes stay");
    }
    assert_eq!(fs::read(&victim).unwrap(), b"precious");
}

#[test]
fn a_part_is_continued_cut_or_begun_again() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path(), 0, "big");
    let part = open(&target).unwrap();
    part.file().unwrap().write_all(b"0123456789").unwrap();
    drop(part);
    assert_eq!(part_length(&target), Some(10));
    let part = open(&target).unwrap();
    assert_eq!(part.length().unwrap(), 10);
    assert_eq!(part.tail(4).unwrap(), b"6789");
    assert_eq!(part.tail(100).unwrap(), b"0123456789");
    part.truncate(20).unwrap();
    assert_eq!(part.length().unwrap(), 10, "never grows");
    part.truncate(8).unwrap();
    let mut file = part.file().unwrap();
    file.seek(SeekFrom::End(0)).unwrap();
    file.write_all(b"XY").unwrap();
    assert_eq!(part.tail(100).unwrap(), b"01234567XY");
    part.truncate(0).unwrap();
    file.rewind().unwrap();
    file.write_all(b"new").unwrap();
    part.finish(None, None, false).unwrap().settle().unwrap();
    assert_eq!(fs::read(target.path()).unwrap(), b"new");
    let part = open(&target).unwrap();
    part.abandon().unwrap();
    assert_eq!(names(root.path()), ["big"]);
}

#[test]
fn a_part_of_somebody_else_is_left_alone() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path(), 0, "x");
    fs::write(root.path().join("x.part"), "").unwrap();
    let part = Part::find(&target, |_, _| Ok(false)).unwrap();
    assert_eq!(part.path(), root.path().join("x (1).part"), "an empty file is somebody's, too");
    part.abandon().unwrap();
    fs::write(root.path().join("x.part"), "a browser's").unwrap();
    let ours = root.path().join("x (1).part");
    let find = || Part::find(&target, |path, length| Ok(path == ours && length == 4)).unwrap();
    let part = find();
    assert_eq!(part.path(), ours);
    part.file().unwrap().write_all(b"half").unwrap();
    drop(part);
    let part = find();
    assert_eq!((part.path(), part.length().unwrap()), (ours.clone(), 4), "and found again");
    part.finish(None, None, false).unwrap().settle().unwrap();
    assert_eq!(names(root.path()), ["x", "x.part"]);
    assert_eq!(fs::read(root.path().join("x.part")).unwrap(), b"a browser's");
    let broken = Part::find(&target, |path, _| Err(Error::new("read", path, io::Error::other("no"))));
    assert!(broken.is_err());
}

#[test]
fn two_transfers_never_write_one_part() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path(), 0, "same");
    let first = open(&target).unwrap();
    assert_eq!(open(&target).unwrap_err().source.kind(), ErrorKind::ResourceBusy);
    first.abandon().unwrap();
    open(&target).unwrap();
}

#[test]
fn what_appears_meanwhile_is_not_overwritten() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path(), 0, "x");
    let part = open(&target).unwrap();
    fs::write(target.path(), "somebody else's").unwrap();
    assert_eq!(part.finish(None, None, false).unwrap_err().source.kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(target.path()).unwrap(), b"somebody else's");
    assert_eq!(part_length(&target), Some(0));
    download(&target, b"wanted", true).unwrap().settle().unwrap();
    assert_eq!(fs::read(target.path()).unwrap(), b"wanted");
}

#[cfg(unix)]
#[test]
fn a_part_that_was_exchanged_is_neither_renamed_nor_deleted() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path(), 0, "x");
    let part = open(&target).unwrap();
    fs::write(root.path().join("other"), "not ours").unwrap();
    fs::rename(root.path().join("other"), target.part_path()).unwrap();
    assert!(part.finish(None, None, true).is_err());
    assert_eq!(names(root.path()), ["x.part"]);
    let part = open(&target).unwrap();
    fs::remove_file(target.part_path()).unwrap();
    assert!(part.abandon().is_err());
}

#[cfg(unix)]
#[test]
fn room_is_set_aside_without_bytes_that_nobody_wrote() {
    let folder = tempfile::tempdir().unwrap();
    let part = open(&target(folder.path(), 0, "file")).unwrap();
    part.reserve(4 << 20).unwrap();
    assert_eq!(part.length().unwrap(), 0);
    #[cfg(target_os = "linux")]
    {
        use std::os::unix::fs::MetadataExt as _;
        let free = super::folder::free_bytes(folder.path()).unwrap();
        let set_aside = part.path().metadata().unwrap().blocks() * 512;
        assert!(set_aside == 0 || set_aside >= 4 << 20, "the disk can or it cannot");
        // The next try must not want room for it once more.
        let lacks = part.lacks(4 << 20, 1 << 20).unwrap();
        assert_eq!(lacks, if set_aside == 0 { 3 << 20 } else { 0 });
        assert!(set_aside == 0 || part.reserve(free.saturating_mul(4)).is_err(), "there is no such room");
    }
    part.abandon().unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_part_without_a_name_is_nowhere_until_it_is_whole() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path(), 0, "x");
    // Not every disk knows files without a name.
    let Some(part) = Part::unnamed(&target).unwrap() else { return };
    part.file().unwrap().write_all(b"half").unwrap();
    assert!(!part.has_name() && names(root.path()).is_empty());
    drop(part);
    assert_eq!(names(root.path()), [""; 0]);
    let part = Part::unnamed(&target).unwrap().unwrap();
    part.file().unwrap().write_all(b"whole").unwrap();
    let mut read = String::new();
    part.reader().unwrap().read_to_string(&mut read).unwrap();
    assert_eq!((read.as_str(), part.length().unwrap()), ("whole", 5));
    part.finish(None, Some(0o640), false).unwrap().settle().unwrap();
    assert_eq!(
        (names(root.path()), fs::read_to_string(target.path()).unwrap()),
        (vec!["x".to_owned()], "whole".into())
    );
    assert!(Part::unnamed(&target).unwrap().is_none(), "the file is there");
}

#[cfg(target_os = "linux")]
#[test]
fn a_part_without_a_name_takes_nobodys_place() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path(), 0, "x");
    let Some(late) = Part::unnamed(&target).unwrap() else { return };
    fs::write(target.path(), "another's").unwrap();
    assert_eq!(late.finish(None, None, true).unwrap_err().source.kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read_to_string(target.path()).unwrap(), "another's");
    fs::remove_file(target.path()).unwrap();

    let mut kept = Part::unnamed(&target).unwrap().unwrap();
    kept.file().unwrap().write_all(b"half").unwrap();
    kept.keep().unwrap();
    assert!(kept.has_name() && Part::unnamed(&target).unwrap().is_none(), "a part is there");
    assert_eq!(fs::read_to_string(target.part_path()).unwrap(), "half");
    kept.abandon().unwrap();
    let copied = Part::unnamed(&target).unwrap().unwrap();
    copied.file().unwrap().write_all(b"whole").unwrap();
    let copied = copied.copied().unwrap();
    assert!(copied.has_name() && names(root.path()) == ["x.part"]);
    copied.finish(None, None, false).unwrap().settle().unwrap();
    assert_eq!((names(root.path()), fs::read(target.path()).unwrap()), (vec!["x".to_owned()], b"whole".to_vec()));
    fs::remove_file(target.path()).unwrap();
    let mut other = Part::unnamed(&target).unwrap().unwrap();
    fs::write(target.part_path(), "another's").unwrap();
    assert!(other.keep().is_err() && !other.has_name());
    assert_eq!(fs::read_to_string(target.part_path()).unwrap(), "another's");
}

#[test]
fn a_replaced_file_hands_on_its_permissions() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path(), 0, "script");
    fs::write(target.path(), "old").unwrap();
    fs::set_permissions(target.path(), fs::Permissions::from_mode(0o4750)).unwrap();
    download(&target, b"new", true).unwrap().settle().unwrap();
    assert_eq!(fs::metadata(target.path()).unwrap().permissions().mode() & 0o7777, 0o750);
}

#[test]
fn a_free_name_counts_on() {
    let root = tempfile::tempdir().unwrap();
    let target = target(root.path(), 0, "a.txt");
    let now = "2026-11-29T08:00:00".parse().unwrap();
    assert_eq!(target.free_name(&Pattern::default(), now).unwrap(), "a (1).txt");
    fs::write(root.path().join("a (1).txt"), "").unwrap();
    fs::write(root.path().join("a (2).txt.part"), "").unwrap();
    assert_eq!(target.free_name(&Pattern::default(), now).unwrap(), "a (3).txt");
}

#[test]
fn long_and_odd_names_reach_the_disk() {
    let root = tempfile::tempdir().unwrap();
    let long = format!("{}.bin", "n".repeat(251));
    for name in ["caf\u{10fee9}", "-rf", "|sh", "ＵＮＩ日本 ü", " lead", long.as_str()] {
        download(&target(root.path(), 0, name), b"x", false).unwrap().settle().unwrap();
        assert_eq!(target(root.path(), 0, name).found().unwrap().unwrap().size, 1, "{name}");
    }
    assert_eq!(names(root.path()).len(), 6);
    let error = open(&target(root.path(), 0, &"n".repeat(300))).unwrap_err();
    assert_eq!(error.source.kind(), ErrorKind::InvalidFilename);
}

#[test]
fn a_folder_of_a_batch_is_made_also_when_it_is_there() {
    let root = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        target(&root.path().join("one/two"), 1, "three").make_folder().unwrap();
        target(&root.path().join("four"), 0, "").make_folder().unwrap();
    }
    assert!(root.path().join("one/two/three").is_dir() && root.path().join("four").is_dir());
    assert!(open(&target(root.path(), 0, "")).is_err());
    fs::write(root.path().join("file"), "").unwrap();
    let failure = Failure::from(target(root.path(), 0, "file").make_folder().unwrap_err());
    assert!(failure.what.ends_with("/file") && failure.what.starts_with("Could not make the folder"), "{failure}");
}

#[cfg(unix)]
#[test]
fn a_disk_without_room_is_told_from_one_with() {
    let root = tempfile::tempdir().unwrap();
    let target = target(&root.path().join("not/there/yet"), 0, "x");
    target.room(1).unwrap();
    let error = target.room(u64::MAX / 2).unwrap_err();
    assert!(error.is_full(), "{error}");
    assert!(is_full(&io::Error::from(rustix::io::Errno::NOSPC)) && is_full(&io::Error::from(rustix::io::Errno::DQUOT)));
    assert!(!is_full(&io::Error::from(ErrorKind::PermissionDenied)));
}
