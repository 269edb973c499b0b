//! Files and whole trees, both ways: names, times, permissions, links.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use longshore::model::transfer::Proof;
use longshore::model::{Action, Course, Credentials, IfExists, Kind, Phase, Run, Secret, Site};
use longshore::worker::CarryOn;

use super::front::{Front, TAB, bytes, folder, site};
use super::harness::{Kind as ServerKind, PASSWORD, Setup, Tls, USER, tree};

#[test]
fn a_tree_goes_up_and_down() {
    for (kind, tls) in
        [(ServerKind::Vsftpd, Tls::Explicit), (ServerKind::PureFtpd, Tls::Off), (ServerKind::Proftpd, Tls::Off)]
    {
        let Some(server) = Setup::new(kind).tls(tls).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let source = folder(&home, "source");
        tree::make(&source);
        let mut front = Front::quick(home.path());
        front.connect(&server);
        front.listing();
        front.enqueue(Course::Upload, Kind::Directory, &source, "/new/up", None);
        front.idle();
        let failed: Vec<_> = front.rows().into_iter().filter(|row| !matches!(row.phase, Phase::Done(_))).collect();
        assert!(failed.is_empty(), "{kind:?}: {failed:#?}");
        tree::assert_same(&source, &server.root.join("new/up"), &format!("{kind:?}, up"));
        let target = home.path().join("target/down");
        front.enqueue(Course::Download, Kind::Directory, &target, "/new/up", None);
        front.idle();
        tree::assert_same(&source, &target, &format!("{kind:?}, down"));
        let proofs = front.rows().into_iter().filter(|row| row.kind == Kind::File);
        assert!(proofs.into_iter().all(|row| matches!(row.phase, Phase::Done(done) if done.proof == Proof::Size)));
        assert!(front.asked.len() <= 1, "one certificate, asked for once: {:?}", front.asked);
        front.quit();
    }
}

#[test]
fn times_are_kept_both_ways() {
    let Some(server) = Setup::new(ServerKind::PureFtpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let then = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_234_567_890);
    let file = home.path().join("file");
    fs::write(&file, b"content").unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(then).unwrap();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    front.enqueue(Course::Upload, Kind::File, &file, "/file", None);
    front.idle();
    assert_eq!(server.root.join("file").metadata().unwrap().modified().unwrap(), then);
    front.enqueue(Course::Download, Kind::Other, &home.path().join("copy"), "/file", None);
    front.idle();
    assert_eq!(home.path().join("copy").metadata().unwrap().modified().unwrap(), then);
    front.quit();
}

#[test]
fn a_folder_that_was_removed_elsewhere_is_uploaded_again() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let source = folder(&home, "source");
    (0..20).for_each(|n| fs::write(source.join(format!("f{n}")), b"content").unwrap());
    server.own();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    for _ in 0..2 {
        front.enqueue(Course::Upload, Kind::Directory, &source, "/up", None);
        front.idle();
        assert_eq!(fs::read_dir(server.root.join("up")).unwrap().count(), 20);
        // Somebody else does that: nobody tells this program.
        fs::remove_dir_all(server.root.join("up")).unwrap();
    }
    front.quit();
}

#[test]
fn permissions_are_kept_both_ways_where_that_is_wanted() {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o7777;
    let Some(server) = Setup::new(ServerKind::Proftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let source = folder(&home, "source");
    fs::write(source.join("file"), b"content").unwrap();
    fs::set_permissions(source.join("file"), fs::Permissions::from_mode(0o6740)).unwrap();
    let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| {
        (settings.timeout, settings.keep_permissions) = (10, true);
    });
    front.connect(&server);
    front.listing();
    front.enqueue(Course::Upload, Kind::Directory, &source, "/up", None);
    front.idle();
    assert_eq!(mode(&server.root.join("up/file")), 0o740, "without the bits that lend rights");
    fs::set_permissions(server.root.join("up/file"), fs::Permissions::from_mode(0o4705)).unwrap();
    front.enqueue(Course::Download, Kind::Directory, &home.path().join("down"), "/up", None);
    front.idle();
    assert_eq!(mode(&home.path().join("down/file")), 0o705);
    front.quit();
}

/// A site whose files are fetched as soon as they are there gets each under its name only when it is whole.
#[test]
fn uploads_take_their_names_when_they_are_whole() {
    for kind in [ServerKind::Vsftpd, ServerKind::Proftpd, ServerKind::PureFtpd, ServerKind::Pyftpdlib] {
        let Some(server) = Setup::new(kind).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let local = home.path().join("file");
        fs::write(&local, bytes(5_000_000)).unwrap();
        fs::write(server.root.join("there"), b"before").unwrap();
        server.own();
        let mut front = Front::start(home.path(), Run::default(), CarryOn::Run, |settings| {
            (settings.timeout, settings.limit_up) = (10, 1_500_000);
        });
        let site = Site { temporary_names: true, ..(*site(&server)).clone() };
        let credentials = Credentials { user: USER.into(), password: Secret::new(PASSWORD), account: None };
        front.act(Action::Connect { tab: TAB, site: Arc::new(site), credentials: Some(credentials) });
        front.listing();
        front.enqueue(Course::Upload, Kind::File, &local, "/there", Some(IfExists::Overwrite));
        let id = front.moved(500_000);
        front.act(Action::Pause(vec![id]));
        front.until("the pause", |_, queue| matches!(queue.get(id)?.phase, Phase::Paused).then_some(()));
        assert_eq!(fs::read(server.root.join("there")).unwrap(), b"before", "{kind:?}: not before it is whole");
        assert!(server.root.join("there.filepart").exists(), "{kind:?}");
        front.act(Action::Resume(vec![id]));
        front.idle();
        assert_eq!(fs::read(server.root.join("there")).unwrap(), bytes(5_000_000), "{kind:?}: {:#?}", front.rows());
        assert!(!server.root.join("there.filepart").exists(), "{kind:?}");
        let Phase::Done(done) = front.rows()[0].phase else { panic!("{kind:?}: {:#?}", front.rows()) };
        assert!(done.resumed_from > 0 && done.proof == Proof::Size, "{kind:?}: {done:?}");
        front.quit();
    }
}

#[test]
fn links_that_lead_back_do_not_make_a_tree_endless() {
    let Some(server) = Setup::new(ServerKind::Vsftpd).start() else { return };
    fs::create_dir_all(server.root.join("tree/sub")).unwrap();
    fs::write(server.root.join("tree/sub/file"), b"content").unwrap();
    std::os::unix::fs::symlink("..", server.root.join("tree/sub/back")).unwrap();
    std::os::unix::fs::symlink("sub", server.root.join("tree/forth")).unwrap();
    server.own();
    let home = tempfile::tempdir().unwrap();
    let mut front = Front::quick(home.path());
    front.connect(&server);
    front.listing();
    let target = home.path().join("tree");
    front.enqueue(Course::Download, Kind::Directory, &target, "/tree", None);
    front.idle();
    let found = tree::read(&target);
    let names: Vec<_> = found.keys().map(String::as_str).collect();
    assert_eq!(names, ["forth", "forth/file", "sub", "sub/file"], "a link to a folder is one, but not without end");
    let failed: Vec<_> = front.rows().into_iter().filter(|row| matches!(row.phase, Phase::Failed(_))).collect();
    assert!(!failed.is_empty(), "what is left out is said");
    front.quit();
}
