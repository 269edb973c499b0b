//! Settings and sites over restarts, damage, and a second process.

use std::fs;

use super::*;
use crate::model::exists::Rule;
use crate::model::site::Bookmark;
use crate::model::{Course, IfExists, Login, Security, Site};

fn site(name: &str) -> Site {
    Site { name: name.into(), host: format!("{name}.example.org"), ..Site::default() }
}

fn names(sites: &Sites) -> Vec<&str> {
    sites.sites.iter().map(|site| site.name.as_str()).collect()
}

fn quiet(folders: &Folders) -> (Store, Settings, Sites) {
    let (store, settings, sites, notices) = Store::open(folders, false);
    assert_eq!(notices, [""; 0]);
    (store, settings, sites)
}

/// A store with one saved file: what was saved first is in its backup.
fn saved(folders: &Folders) {
    let (store, ..) = quiet(folders);
    store.save_sites(&Sites { sites: vec![site("old")], ..Sites::default() }).unwrap();
    store.save_sites(&Sites { sites: vec![site("old"), site("new")], ..Sites::default() }).unwrap();
}

#[test]
fn everything_comes_back_as_it_was() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    let (store, settings, sites) = quiet(&folders);
    assert_eq!((settings, sites), (Settings::default(), Sites::default()));
    assert!(!folders.config.exists(), "to read makes nothing");
    let mut settings = Settings { connections: 9, if_exists_down: IfExists::Resume, ..Settings::default() };
    settings.active_ports = Some((5000, 5010));
    settings.rename_pattern = "{name}-{date}{.ext}".into();
    settings.exists_rules = vec![Rule { course: Some(Course::Upload), ..Rule::default() }, Rule::default()];
    settings.layout.window = Some((1400.0, 900.5));
    settings.layout.local = Some(root.path().to_owned());
    let mut full = site("täst \"quoted\"");
    full.security = Security::Explicit;
    full.login = Login::Normal;
    full.bookmarks = vec![Bookmark { name: "b".into(), local: None, remote: Some("/x".into()) }];
    let sites = Sites { folders: vec!["a/b".into()], sites: vec![full, site("two")], recent: vec![site("")] };
    assert_eq!(store.save_settings(&settings).unwrap(), settings);
    assert_eq!(store.save_sites(&sites).unwrap(), sites);
    let (_, read_settings, read_sites) = quiet(&folders);
    assert_eq!((read_settings, read_sites), (settings.clone(), sites));
    settings.active_ports = None;
    assert_eq!(store.save_settings(&settings).unwrap(), settings);
    assert_eq!(quiet(&folders).1, settings, "what is unset again stays unset");
}

#[cfg(unix)]
#[test]
fn only_this_person_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    saved(&folders);
    for name in ["sites.toml", "sites.toml.bak"] {
        assert_eq!(fs::metadata(folders.config.join(name)).unwrap().permissions().mode() & 0o777, 0o600, "{name}");
    }
    assert_eq!(files(&folders), [".lock", "sites.toml", "sites.toml.bak"], "no temporary file stays");
}

#[test]
fn a_torn_file_is_set_aside_and_the_one_before_is_used() {
    let whole = {
        let root = tempfile::tempdir().unwrap();
        saved(&Folders::within(root.path()));
        fs::read(root.path().join("config/sites.toml")).unwrap()
    };
    let torn: [&[u8]; 6] = [b"", b"\0\0\0\0", b"  \n", b"\xff\xfe", b"site = 3\n", &whole[..whole.len() - 3]];
    for bytes in torn {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::within(root.path());
        saved(&folders);
        let path = folders.config.join("sites.toml");
        fs::write(&path, bytes).unwrap();
        let (store, _, sites, notices) = Store::open(&folders, false);
        assert_eq!(names(&sites), ["old"], "{bytes:?}");
        assert!(notices.len() == 1 && notices[0].contains("sites.toml.broken-1"), "{notices:?}");
        assert_eq!(fs::read(folders.config.join("sites.toml.broken-1")).unwrap(), bytes, "nothing is lost");
        assert_eq!(names(&quiet(&folders).2), ["old"], "the next start is quiet");
        store.save_sites(&Sites { sites: vec![site("next")], ..Sites::default() }).unwrap();
        assert_eq!(names(&quiet(&folders).2), ["next"]);
    }
}

#[test]
fn where_the_backup_is_torn_too_both_are_kept() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    saved(&folders);
    for number in 1..=2 {
        fs::write(folders.config.join("sites.toml"), "[[").unwrap();
        fs::write(folders.config.join("sites.toml.bak"), "]]").unwrap();
        let (_, _, sites, notices) = Store::open(&folders, false);
        assert_eq!(sites, Sites::default());
        assert!(notices[0].contains(&format!("sites.toml.broken-{number}")), "{notices:?}");
        assert_eq!(fs::read_to_string(folders.config.join("sites.toml.bak")).unwrap(), "]]");
    }
}

#[test]
fn a_file_that_breaks_while_the_program_runs_is_set_aside_too() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    saved(&folders);
    let (store, _, mut sites) = quiet(&folders);
    fs::write(folders.config.join("sites.toml"), "half an edit [").unwrap();
    sites.sites.push(site("third"));
    store.save_sites(&sites).unwrap();
    assert_eq!(names(&quiet(&folders).2), ["old", "new", "third"]);
    let aside = folders.config.join("sites.toml.broken-1");
    assert_eq!(fs::read_to_string(aside).unwrap(), "half an edit [");
    assert_eq!(fs::read_to_string(folders.config.join("sites.toml.bak")).unwrap().matches("[[site]]").count(), 1);
}

#[test]
fn what_cannot_be_read_is_not_written_over() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    // A folder in its place cannot be read by anybody, root included.
    fs::create_dir_all(folders.config.join("sites.toml/inner")).unwrap();
    let (store, _, sites, notices) = Store::open(&folders, false);
    assert_eq!(sites, Sites::default());
    assert_eq!(notices.len(), 1, "{notices:?}");
    let failure = store.save_sites(&Sites::default()).unwrap_err();
    assert!(failure.what.contains("sites.toml"), "{failure}");
    assert!(folders.config.join("sites.toml/inner").is_dir());
    store.save_settings(&Settings::default()).unwrap();
}

#[test]
fn read_only_writes_nothing() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    saved(&folders);
    fs::write(folders.config.join("sites.toml"), "torn [").unwrap();
    let before = files(&folders);
    let (store, _, sites, notices) = Store::open(&folders, true);
    assert_eq!(names(&sites), ["old"]);
    assert_eq!(notices.len(), 1, "{notices:?}");
    store.save_sites(&Sites { sites: vec![site("x")], ..Sites::default() }).unwrap();
    store.save_settings(&Settings { connections: 1, ..Settings::default() }).unwrap();
    store.trust("h", 21, "AB").unwrap();
    store.learn("h", 21, &Learned { tls: true, ..Learned::default() }).unwrap();
    assert_eq!(store.trusted("h", 21), ["ab"], "but this run knows it");
    assert!(store.learned("h", 21).tls);
    assert_eq!(files(&folders), before);
    assert_eq!(fs::read_to_string(folders.config.join("sites.toml")).unwrap(), "torn [");
}

/// The names in the folder for settings, sorted.
fn files(folders: &Folders) -> Vec<String> {
    let entries = fs::read_dir(&folders.config).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn two_processes_lose_nothing_of_each_other() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    saved(&folders);
    let (one, settings, mut ours) = quiet(&folders);
    let (two, _, mut theirs) = quiet(&folders);
    theirs.sites.retain(|site| site.name != "old");
    theirs.sites[0].comments = "theirs".into();
    theirs.sites.push(site("added by two"));
    theirs.folders.push("folder of two".into());
    theirs.recent.insert(0, site("recent of two"));
    two.save_sites(&theirs).unwrap();
    ours.sites.push(site("added by one"));
    ours.recent.insert(0, site("recent of one"));
    let merged = one.save_sites(&ours).unwrap();
    assert_eq!(names(&merged), ["new", "added by one", "added by two"]);
    assert_eq!(merged.sites[0].comments, "theirs");
    assert_eq!(merged.folders, ["folder of two"]);
    assert_eq!(merged.recent.len(), 2);
    assert_eq!(quiet(&folders).2, merged);

    two.save_settings(&Settings { connections: 2, timeout: 99, ..settings.clone() }).unwrap();
    let mut mine = settings;
    mine.connections = 3;
    mine.layout.lower = 123.0;
    let merged = one.save_settings(&mine).unwrap();
    assert_eq!((merged.connections, merged.timeout, merged.layout.lower), (3, 99, 123.0));
    let again = one.save_settings(&Settings { retries: 8, ..merged }).unwrap();
    assert_eq!((again.connections, again.retries), (3, 8));
}

#[test]
fn settings_that_only_the_other_process_changed_stay() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    quiet(&folders).0.save_settings(&Settings::default()).unwrap();
    let (one, settings, _) = quiet(&folders);
    let (two, ..) = quiet(&folders);
    two.save_settings(&Settings { timeout: 99, ..settings.clone() }).unwrap();
    let path = folders.config.join("settings.toml");
    let newer = format!("from_the_future = 7\n{}", fs::read_to_string(&path).unwrap());
    fs::write(&path, newer).unwrap();
    let merged = one.save_settings(&Settings { retries: 1, ..settings }).unwrap();
    assert_eq!((merged.timeout, merged.retries), (99, 1));
    assert!(fs::read_to_string(&path).unwrap().contains("from_the_future = 7"), "a newer version's line stays");
}

#[test]
fn what_holds_for_one_run_is_not_stored() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    let (store, mut settings, _) = quiet(&folders);
    (settings.connections, settings.timeout) = (1, 5);
    store.adjust(&settings);
    settings.layout.lower = 99.0;
    assert_eq!(store.save_settings(&settings).unwrap(), settings);
    let stored = quiet(&folders).1;
    assert_eq!((stored.connections, stored.timeout, stored.layout.lower), (4, 20, 99.0));
    // What a person sets in that run is.
    settings.connections = 6;
    assert_eq!(store.save_settings(&settings).unwrap(), settings);
    settings.timeout = 20;
    assert_eq!(store.save_settings(&settings).unwrap(), settings);
    let other = quiet(&folders).0;
    other.save_settings(&Settings { retries: 9, ..quiet(&folders).1 }).unwrap();
    let kept = store.save_settings(&settings).unwrap();
    assert_eq!((kept.connections, kept.timeout, kept.retries), (6, 20, 9));
    assert_eq!(quiet(&folders).1, kept);
}

#[test]
fn certificates_are_trusted_for_one_host_and_port() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    let (one, ..) = quiet(&folders);
    let (two, ..) = quiet(&folders);
    assert_eq!(one.trusted("h", 21), [""; 0]);
    one.trust("H.example.org", 21, "AA11").unwrap();
    two.trust("::1", 990, "bb22").unwrap();
    one.trust("h.example.org", 21, "cc33").unwrap();
    let (store, ..) = quiet(&folders);
    assert_eq!(store.trusted("h.EXAMPLE.org", 21), ["cc33"]);
    assert_eq!(store.trusted("::1", 990), ["bb22"]);
    assert_eq!(store.trusted("h.example.org", 990), [""; 0]);
}

#[test]
fn what_was_learned_is_kept_and_written_once() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    let known = Known { no_epsv: true, no_list_all: true, ..Known::default() };
    let learned = Learned { known, tls12_only: true, connections: None, tls: true };
    let (store, ..) = quiet(&folders);
    assert_eq!(store.learned("h", 21), Learned::default());
    store.learn("h", 21, &learned).unwrap();
    let path = folders.config.join("servers.toml");
    fs::write(&path, format!("# touched\n{}", fs::read_to_string(&path).unwrap())).unwrap();
    store.learn("h", 21, &learned).unwrap();
    assert!(fs::read_to_string(&path).unwrap().starts_with("# touched"), "the same again writes nothing");
    assert_eq!(quiet(&folders).0.learned("h", 21), learned);
    store.learn_connections("h", 21, Some(2)).unwrap();
    // A session that ends knows nothing of it.
    store.learn("h", 21, &Learned { tls12_only: false, ..learned }).unwrap();
    let now = quiet(&folders).0.learned("h", 21);
    assert_eq!((now.connections, now.tls12_only), (Some(2), false));
    store.learn_connections("h", 21, None).unwrap();
    assert_eq!(quiet(&folders).0.learned("h", 21).connections, None);
}

#[cfg(unix)]
#[test]
fn what_toml_cannot_hold_is_said() {
    use std::os::unix::ffi::OsStringExt;
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    let (store, settings, _) = quiet(&folders);
    let odd = PathBuf::from(std::ffi::OsString::from_vec(b"/caf\xe9".to_vec()));
    let bad = Sites { sites: vec![Site { local: Some(odd.clone()), ..site("x") }], ..Sites::default() };
    assert!(store.save_sites(&bad).unwrap_err().what.contains("sites"));
    let mut settings = settings;
    settings.layout.local = Some(odd);
    settings.connections = 5;
    assert_eq!(store.save_settings(&settings).unwrap().connections, 5);
}

#[cfg(unix)]
#[test]
fn a_linked_file_stays_a_link() {
    let root = tempfile::tempdir().unwrap();
    let folders = Folders::within(root.path());
    saved(&folders);
    let (link, real) = (folders.config.join("sites.toml"), root.path().join("dotfiles.toml"));
    fs::rename(&link, &real).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let (store, _, mut sites) = quiet(&folders);
    sites.sites.push(site("third"));
    store.save_sites(&sites).unwrap();
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(fs::read_to_string(&real).unwrap().contains("third"));
}

#[test]
fn the_folders_are_the_systems() {
    let folders = Folders::native().unwrap();
    assert!(folders.config.ends_with(NAME) || folders.config.to_string_lossy().contains(NAME), "{folders:?}");
    assert!(folders.data.to_string_lossy().contains(NAME) && folders.data.is_absolute());
}

#[test]
fn a_site_that_wants_tls_1_3_keeps_its_connections() {
    let learned = Learned { tls12_only: true, ..Learned::default() };
    let site = Site { host: "h".into(), ..Site::default() };
    assert!(learned.wants_tls12(&site) && !Learned::default().wants_tls12(&site));
    // Its connections speak TLS 1.3 whatever another site of the server has found out.
    assert!(!learned.wants_tls12(&Site { minimum_tls: TlsVersion::Tls13, ..site }));
}
