//! The local side on a real disk.

use std::cell::Cell;

use super::*;
use crate::model::action::Below;

const ON: &dyn Fn() -> bool = &|| false;

/// `a/` with a file of 3 bytes, `a/b/` with one of 5, and an empty `a/c/`.
fn tree() -> (tempfile::TempDir, PathBuf) {
    let root = tempfile::tempdir().unwrap();
    let top = root.path().join("a");
    fs::create_dir_all(top.join("b")).unwrap();
    fs::create_dir(top.join("c")).unwrap();
    fs::write(top.join("three"), "123").unwrap();
    fs::write(top.join("b/five"), "12345").unwrap();
    (root, top)
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = list(folder).unwrap().entries.into_iter().map(|entry| entry.name).collect();
    names.sort();
    names
}

#[cfg(unix)]
fn link(target: impl AsRef<Path>, link: impl AsRef<Path>) {
    std::os::unix::fs::symlink(target, link).unwrap();
}

#[cfg(unix)]
fn pipe(path: &Path) {
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(rustix::fs::CWD, path, rustix::fs::FileType::Fifo, mode, 0).unwrap();
}

#[cfg(unix)]
fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[cfg(unix)]
#[test]
fn a_listing_says_what_each_entry_is() {
    use std::os::unix::ffi::OsStrExt;
    use std::os::unix::fs::PermissionsExt;
    let (_root, top) = tree();
    fs::set_permissions(top.join("three"), fs::Permissions::from_mode(0o4751)).unwrap();
    let time = SystemTime::UNIX_EPOCH + std::time::Duration::from_millis(981_173_106_999);
    fs::File::options().write(true).open(top.join("three")).unwrap().set_modified(time).unwrap();
    link("b", top.join("to folder"));
    link("three", top.join("to file"));
    link("nowhere", top.join("broken"));
    pipe(&top.join("pipe"));
    fs::write(top.join(std::ffi::OsStr::from_bytes(b"caf\xe9")), "").unwrap();
    let listing = list(&top).unwrap();
    assert_eq!(listing.path, top);
    assert_eq!(listing.entries.len(), 8);
    let entry = |name: &str| listing.entries.iter().find(|entry| entry.name == name).unwrap();
    let file = entry("three");
    assert_eq!((file.kind, file.size, file.permissions.as_deref()), (Kind::File, Some(3), Some("rwsr-x--x")));
    let modified = file.modified.unwrap();
    assert_eq!((modified.at.to_string().as_str(), modified.utc), ("2001-02-03T04:05:06", true), "to the second");
    assert!(file.owner.is_some() && file.group.is_some());
    assert_eq!((entry("b").kind, entry("b").size), (Kind::Directory, None));
    let to_folder = entry("to folder");
    assert_eq!(
        (to_folder.kind, to_folder.to_directory, to_folder.target.as_deref()),
        (Kind::Link, Some(true), Some("b"))
    );
    assert_eq!((entry("to file").to_directory, entry("to file").size), (Some(false), Some(3)));
    assert_eq!((entry("broken").to_directory, entry("broken").size), (Some(false), None));
    assert_eq!(entry("pipe").kind, Kind::Other);
    assert_eq!(entry("caf\u{10fee9}").kind, Kind::File);
}

#[test]
fn what_is_not_there_is_an_error_with_its_name() {
    let (_root, top) = tree();
    let error = list(&top.join("x")).unwrap_err();
    assert!(error.to_string().starts_with("Could not list") && error.path.ends_with("a/x"), "{error}");
    assert!(list(&top.join("three")).is_err());
    assert_eq!(list(Path::new("")).unwrap(), roots());
    assert!(!roots().entries.is_empty());
    assert!(home().is_absolute());
}

#[test]
fn a_stamp_changes_when_something_comes_or_goes() {
    let (_root, top) = tree();
    let before = stamp(&top).unwrap();
    assert_eq!(stamp(&top).unwrap(), before);
    std::thread::sleep(std::time::Duration::from_millis(20));
    fs::write(top.join("new"), "").unwrap();
    assert_ne!(stamp(&top).unwrap(), before);
    assert_eq!(stamp(&top.join("not there")), None);
}

#[test]
fn to_rename_writes_over_nothing() {
    let (_root, top) = tree();
    rename(&top.join("three"), &top.join("3")).unwrap();
    rename(&top.join("3"), &top.join("b/3")).unwrap();
    assert_eq!(names(&top.join("b")), ["3", "five"]);
    let error = rename(&top.join("b/3"), &top.join("b/five")).unwrap_err();
    assert_eq!(error.source.kind(), ErrorKind::AlreadyExists);
    assert_eq!(rename(&top.join("b"), &top.join("c")).unwrap_err().source.kind(), ErrorKind::AlreadyExists);
    assert_eq!(fs::read(top.join("b/five")).unwrap(), b"12345");
    rename(&top.join("b/3"), &top.join("b/3")).unwrap();
    assert!(rename(&top.join("x"), &top.join("y")).is_err());
}

#[test]
fn a_folder_is_made_once() {
    let (_root, top) = tree();
    make_directory(&top.join("new")).unwrap();
    assert_eq!(make_directory(&top.join("new")).unwrap_err().source.kind(), ErrorKind::AlreadyExists);
    assert!(make_directory(&top.join("x/y")).is_err(), "its parent must be there");
}

#[test]
fn to_delete_for_good_goes_on_after_trouble() {
    let (root, top) = tree();
    let places = [top.join("not there"), top.join("b"), top.join("three"), PathBuf::from("/")];
    let error = delete(&places, true, ON).unwrap_err();
    assert!(error.path.ends_with("not there"), "the first trouble is told: {error}");
    assert_eq!(names(&top), ["c"]);
    let stop: &dyn Fn() -> bool = &|| true;
    assert_eq!(delete(std::slice::from_ref(&top), true, stop).unwrap_err().source.kind(), ErrorKind::Interrupted);
    assert!(top.exists());
    delete(&[top], true, ON).unwrap();
    assert_eq!(names(root.path()), [""; 0]);
}

#[cfg(unix)]
#[test]
fn to_delete_a_link_leaves_what_it_leads_to() {
    let (root, top) = tree();
    link(&top, root.path().join("link"));
    fs::create_dir(root.path().join("folder")).unwrap();
    link(&top, root.path().join("folder/inner link"));
    delete(&[root.path().join("link"), root.path().join("folder")], true, ON).unwrap();
    assert_eq!(names(root.path()), ["a"]);
    assert_eq!(names(&top), ["b", "c", "three"]);
}

#[cfg(target_os = "linux")]
#[test]
fn the_bin_keeps_what_is_deleted() {
    // Only what can be on the home disk goes to the home bin; any other has its own.
    let root = tempfile::tempdir_in(home()).unwrap();
    let place = root.path().join(format!("longshore-test-{}", std::process::id()));
    fs::write(&place, "x").unwrap();
    delete(std::slice::from_ref(&place), false, ON).unwrap();
    assert!(!place.exists());
    let items: Vec<_> =
        trash::os_limited::list().unwrap().into_iter().filter(|item| item.original_path() == place).collect();
    assert_eq!(items.len(), 1);
    trash::os_limited::purge_all(items).unwrap();
    let error = delete(&[place], false, ON).unwrap_err();
    assert_eq!(error.source.kind(), ErrorKind::NotFound, "{error}");
}

#[cfg(unix)]
#[test]
fn a_copy_writes_over_nothing_and_follows_no_link() {
    let (root, top) = tree();
    let to = root.path().join("to");
    fs::create_dir(&to).unwrap();
    link("/etc", top.join("b/etc"));
    let old = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000);
    fs::File::options().write(true).open(top.join("three")).unwrap().set_modified(old).unwrap();
    chmod(&[top.join("c")], 0o500, None, ON).unwrap();
    for _ in 0..2 {
        copy(&[top.clone(), top.join("three")], &to, ON).unwrap();
    }
    assert_eq!(names(&to), ["a", "a (1)", "three", "three (1)"]);
    assert_eq!(fs::read(to.join("a (1)/b/five")).unwrap(), b"12345");
    assert_eq!(fs::read_link(to.join("a/b/etc")).unwrap(), Path::new("/etc"));
    assert_eq!(fs::metadata(to.join("a/three")).unwrap().modified().unwrap(), old);
    assert_eq!(mode(&to.join("a/c")), 0o500);
    copy(&[top.join("three")], &top, ON).unwrap();
    assert_eq!(names(&top), ["b", "c", "three", "three (1)"], "beside itself");
}

#[cfg(unix)]
#[test]
fn a_copy_goes_on_after_trouble_and_says_it() {
    let (root, top) = tree();
    let to = root.path().join("to");
    fs::create_dir(&to).unwrap();
    pipe(&top.join("b/pipe"));
    let error = copy(&[top.join("b"), top.join("three")], &to, ON).unwrap_err();
    assert!(error.path.ends_with("b/pipe"), "{error}");
    assert_eq!(fs::read(to.join("b/five")).unwrap(), b"12345");
    assert_eq!(names(&to), ["b", "three"]);
    let error = copy(std::slice::from_ref(&top), &top.join("c"), ON).unwrap_err();
    assert!(error.source.to_string().contains("into itself"), "{error}");
    assert!(copy(std::slice::from_ref(&top), &top, ON).is_err());
    assert_eq!(names(&top.join("c")), [""; 0]);
}

#[test]
fn a_copy_that_is_stopped_leaves_no_half_file() {
    let (root, top) = tree();
    let to = root.path().join("to");
    fs::create_dir(&to).unwrap();
    let asked = Cell::new(0);
    let stop = || {
        asked.set(asked.get() + 1);
        asked.get() > 1
    };
    assert_eq!(copy(&[top.join("three")], &to, &stop).unwrap_err().source.kind(), ErrorKind::Interrupted);
    assert_eq!(names(&to), [""; 0]);
}

#[cfg(unix)]
#[test]
fn permissions_change_below_as_wanted_and_never_through_links() {
    let (root, top) = tree();
    let outside = root.path().join("outside");
    fs::write(&outside, "").unwrap();
    link(&outside, top.join("link"));
    let places = [top.clone()];
    chmod(std::slice::from_ref(&outside), 0o600, None, ON).unwrap();
    chmod(&places, 0o755, Some(Below::All), ON).unwrap();
    assert_eq!((mode(&top), mode(&top.join("b/five")), mode(&outside)), (0o755, 0o755, 0o600));
    chmod(&places, 0o640, Some(Below::Files), ON).unwrap();
    assert_eq!((mode(&top), mode(&top.join("b")), mode(&top.join("b/five"))), (0o755, 0o755, 0o640));
    chmod(&places, 0o700, Some(Below::Folders), ON).unwrap();
    assert_eq!((mode(&top), mode(&top.join("b")), mode(&top.join("b/five"))), (0o700, 0o700, 0o640));
    chmod(&places, 0o400, Some(Below::All), ON).unwrap();
    chmod(&places, 0o750, None, ON).unwrap();
    assert_eq!(mode(&top.join("b")), 0o400, "also the folders within, though they were closed");
    chmod(&places, 0o755, Some(Below::All), ON).unwrap();
    assert_eq!(mode(&top.join("b/five")), 0o755, "and opened again");
    let error = chmod(&[root.path().join("x"), top.join("three")], 0o600, None, ON).unwrap_err();
    assert!(error.path.ends_with("x"));
    assert_eq!(mode(&top.join("three")), 0o600);
}

#[test]
fn to_measure_counts_and_can_be_stopped() {
    let (_root, top) = tree();
    for number in 0..1500 {
        fs::write(top.join(format!("c/{number}")), "x").unwrap();
    }
    let mut reports = Vec::new();
    let sum = measure(&[top.clone(), top.join("three")], ON, &mut |so_far| reports.push(so_far));
    assert_eq!(sum, Measure { files: 1503, folders: 3, bytes: 1511 });
    assert!(reports.len() >= 2 && reports.windows(2).all(|pair| pair[0].files < pair[1].files), "{}", reports.len());
    let stop: &dyn Fn() -> bool = &|| true;
    assert_eq!(measure(&[top], stop, &mut |_| {}), Measure::default());
}
