//! What a person had is still there afterwards: on the server, in the target folder, behind links, after `kill -9`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)] // in a test, a panic is the word

mod harness;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use harness::{Kind, Server, Setup};

/// Far more than any of this takes.
const DEADLINE: Duration = Duration::from_secs(60);

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn get(server: &Server, home: &Path, path: &str, target: &Path, more: &[&str]) -> Output {
    run(server.longshore(home).arg("get").arg(server.url(path)).arg("-o").arg(target).args(more))
}

/// The names in a folder, sorted.
fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

fn bytes(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i * 7 % 251).unwrap()).collect()
}

#[test]
fn a_file_that_the_server_refuses_to_replace_stays_as_it_is() {
    // pyftpdlib serves as root, whom nothing keeps from writing.
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd] {
        let Some(server) = Setup::new(kind).start() else { return };
        let home = tempfile::tempdir().unwrap();
        // As large as the new one, smaller, and larger: none may pass for a part or the whole of it.
        for (name, size) in [("same", 300_000), ("smaller", 100_000), ("larger", 400_000)] {
            let (there, here) = (server.root.join(name), home.path().join(name));
            fs::write(&there, vec![b'o'; size]).unwrap();
            fs::write(&here, bytes(300_000)).unwrap();
        }
        server.own();
        for name in ["same", "smaller", "larger"] {
            let there = server.root.join(name);
            fs::set_permissions(&there, fs::Permissions::from_mode(0o444)).unwrap();
            let before = fs::read(&there).unwrap();
            let mut put = server.longshore(home.path());
            put.arg("put").arg(home.path().join(name)).arg(server.url("")).args(["--if-exists", "overwrite"]);
            let output = run(put.args(["--retries", "1"]));
            assert_eq!(output.status.code(), Some(1), "{kind:?}, {name}: {}", text(&output.stderr));
            assert_eq!(fs::read(&there).unwrap(), before, "{kind:?}, {name}");
        }
    }
}

#[test]
fn to_delete_a_folder_deletes_nothing_behind_links() {
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd, Kind::Pyftpdlib] {
        let Some(server) = Setup::new(kind).start() else { return };
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(server.root.join("kept/inner")).unwrap();
        fs::write(server.root.join("kept/inner/file"), "precious").unwrap();
        fs::create_dir_all(server.root.join("gone/folder")).unwrap();
        fs::write(server.root.join("gone/folder/file"), "").unwrap();
        server.own();
        symlink("../kept", server.root.join("gone/link")).unwrap();
        symlink("../../kept/inner", server.root.join("gone/folder/deep link")).unwrap();
        symlink("kept", server.root.join("top link")).unwrap();
        let mut remove = server.longshore(home.path());
        let output = run(remove.args(["rm", "-r", &server.url("gone"), &server.url("top%20link")]));
        assert_eq!(fs::read(server.root.join("kept/inner/file")).unwrap(), b"precious", "{kind:?}");
        assert!(output.status.success(), "{kind:?}: {}", text(&output.stderr));
        assert_eq!(names(&server.root), ["kept"], "{kind:?}");
    }
}

#[test]
fn parts_of_other_programs_are_left_alone() {
    let Some(server) = Setup::new(Kind::PureFtpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let (target, content) = (home.path().join("target"), bytes(200_000));
    fs::create_dir(server.root.join("tree")).unwrap();
    fs::create_dir(&target).unwrap();
    let files: [(&str, &[u8]); 5] = [
        ("tree/x", &content),
        ("tree/x.part", b"a file of that name"),
        ("tree/z", &content),
        ("tree/z.part", b""),
        ("y", &content),
    ];
    for (name, content) in files {
        fs::write(server.root.join(name), content).unwrap();
    }
    server.own();
    // A browser's, for the same name; its end is not what the file has there.
    fs::write(target.join("y.part"), vec![b'b'; 100_000]).unwrap();
    let output = get(&server, home.path(), "y", &target, &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(fs::read(target.join("y")).unwrap(), content);
    assert_eq!(fs::read(target.join("y.part")).unwrap(), vec![b'b'; 100_000]);
    // And where the server has both names.
    let output = get(&server, home.path(), "tree", &target, &["--if-exists", "overwrite"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(names(&target.join("tree")), ["x", "x.part", "z", "z.part"]);
    for (name, content) in files {
        let local = target.join(name);
        assert_eq!(fs::read(&local).unwrap(), content, "{name}");
    }
}

#[test]
fn to_resume_something_else_changes_nothing() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let (target, content) = (home.path().join("target"), bytes(200_000));
    fs::create_dir(&target).unwrap();
    fs::write(server.root.join("file"), &content).unwrap();
    server.own();
    fs::write(target.join("file"), vec![b'z'; 100_000]).unwrap();
    let output = get(&server, home.path(), "file", &target, &["--if-exists", "resume"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("not the beginning"), "{}", text(&output.stderr));
    assert_eq!(fs::read(target.join("file")).unwrap(), vec![b'z'; 100_000]);
    assert_eq!(names(&target), ["file"]);
    // The beginning of it is gone on with.
    fs::write(target.join("file"), &content[..100_000]).unwrap();
    let output = get(&server, home.path(), "file", &target, &["--if-exists", "resume", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!((30_000..=100_000).contains(&result["resumed_from"].as_u64().unwrap()), "{result}");
    assert_eq!(fs::read(target.join("file")).unwrap(), content);
}

#[test]
fn a_link_in_the_target_is_not_followed() {
    let Some(server) = Setup::new(Kind::Proftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let (target, outside) = (home.path().join("target"), home.path().join("outside"));
    fs::create_dir_all(server.root.join("tree/sub")).unwrap();
    fs::write(server.root.join("tree/sub/authorized_keys"), "evil").unwrap();
    fs::write(server.root.join("tree/file"), "new").unwrap();
    server.own();
    fs::create_dir_all(target.join("tree")).unwrap();
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("file"), "old").unwrap();
    symlink(&outside, target.join("tree/sub")).unwrap();
    symlink(outside.join("file"), target.join("tree/file")).unwrap();
    let output = get(&server, home.path(), "tree", &target, &["--if-exists", "overwrite"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert_eq!(names(&outside), ["file"]);
    assert_eq!(fs::read(outside.join("file")).unwrap(), b"old", "the link is replaced, not what it leads to");
    assert_eq!(fs::read(target.join("tree/file")).unwrap(), b"new");
    // The folder that a person names may be a link.
    symlink(&outside, home.path().join("chosen")).unwrap();
    let output = get(&server, home.path(), "tree/sub/authorized_keys", &home.path().join("chosen"), &[]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert_eq!(names(&outside), ["authorized_keys", "file"]);
}

#[test]
fn a_killed_download_is_carried_on_with() {
    let Some(server) = Setup::new(Kind::Vsftpd).extra("local_max_rate=4000000").start() else { return };
    let home = tempfile::tempdir().unwrap();
    let (target, content) = (home.path().join("target"), bytes(12_000_000));
    fs::write(server.root.join("file"), &content).unwrap();
    server.own();
    let mut command = server.longshore(home.path());
    command.arg("get").arg(server.url("file")).arg("-o").arg(&target).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let part = target.join("file.part");
    let end = Instant::now() + DEADLINE;
    while fs::metadata(&part).map_or(0, |part| part.len()) < 2_000_000 {
        assert!(Instant::now() < end && child.try_wait().unwrap().is_none());
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(names(&target), ["file.part"], "only the part");
    let left = run(server.longshore(home.path()).args(["queue", "--json"]));
    assert!(text(&left.stdout).contains("file"), "{}", text(&left.stdout));
    let output = run(server.longshore(home.path()).args(["queue", "run", "--json"]));
    assert!(output.status.success(), "{}", text(&output.stderr));
    let result: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(result["resumed_from"].as_u64().unwrap() >= 1_000_000, "{result}");
    assert_eq!(fs::read(target.join("file")).unwrap(), content);
    assert_eq!(names(&target), ["file"]);
    let left = run(server.longshore(home.path()).args(["queue", "--json"]));
    assert!(!text(&left.stdout).contains("file"), "{}", text(&left.stdout));
}
