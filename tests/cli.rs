//! The contract of the command line, on real servers: exit statuses, JSON, the transcript, passwords, Ctrl-C.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod harness;

use std::fs;
use std::io::{Read, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use harness::{Kind, PASSWORD, Setup, Tls, USER, longshore};
use serde_json::{Value, json};

const ALL: [Kind; 4] = [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd, Kind::Pyftpdlib];

#[test]
fn folders_go_both_ways_without_what_filters_leave_out() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let local = home.path().join("tree");
    for (name, text) in [("src/a.c", "a"), ("src/a.o", "o"), (".git/config", "g"), ("Thumbs.db", "t"), ("notes.c", "n")]
    {
        let path = local.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut put = server.longshore(home.path());
    put.arg("put").arg(&local).arg(server.url("up"));
    let output = run(put.args(["--exclude", "*.o", "--filter", "source control directories", "--include", "*.c"]));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let there = server.root.join("up/tree");
    assert!(there.join("src/a.c").exists() && there.join("notes.c").exists());
    for name in ["src/a.o", ".git", "Thumbs.db"] {
        assert!(!there.join(name).exists(), "{name}");
    }
    let target = home.path().join("target");
    let mut get = server.longshore(home.path());
    get.arg("get").arg(server.url("up/tree")).arg("-o").arg(&target).args(["--exclude", "src/*"]);
    let output = run(&mut get);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(target.join("tree/notes.c").exists() && !target.join("tree/src/a.c").exists());
    for (wrong, words) in [(["--filter", "nothing"], "no filter is called"), (["--exclude", "[z-a]"], "is no pattern")]
    {
        let mut get = server.longshore(home.path());
        let output = run(get.arg("get").arg(server.url("up/tree")).arg("-o").arg(&target).args(wrong));
        assert_eq!(output.status.code(), Some(2), "{}", stderr(&output));
        assert!(stderr(&output).contains(words), "{}", stderr(&output));
    }
}

#[test]
fn ls() {
    for kind in ALL {
        let Some(server) = Setup::new(kind).start() else { return };
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(server.root.join("a folder/below")).unwrap();
        fs::create_dir(server.root.join("empty")).unwrap();
        fs::write(server.root.join("a folder/Grüße.txt"), b"12345").unwrap();
        server.own();

        let output = run(server.longshore(home.path()).args(["ls", "--json", &server.url("a%20folder")]));
        assert_eq!(output.status.code(), Some(0), "{kind:?}: {}", stderr(&output));
        let Value::Array(rows) = serde_json::from_slice(&output.stdout).unwrap() else { panic!("{kind:?}: no array") };
        assert_eq!(rows.len(), 2, "{kind:?}: {rows:?}");
        let file = rows.iter().find(|row| row["name"] == "Grüße.txt").unwrap();
        assert_eq!((&file["kind"], &file["size"]), (&Value::from("file"), &Value::from(5)), "{kind:?}");
        assert_eq!(rows.iter().find(|row| row["name"] == "below").unwrap()["kind"], "dir");
        let keys =
            ["group", "kind", "modified", "modified_precision", "name", "owner", "permissions", "size", "target"];
        for row in &rows {
            let mut found: Vec<_> = row.as_object().unwrap().keys().map(String::as_str).collect();
            found.sort_unstable();
            assert_eq!(found, keys, "{kind:?}");
        }
        let permissions = file["permissions"].as_str().unwrap_or("none");
        assert!(matches!(permissions, "rw-r--r--" | "0644" | "644"), "{kind:?}: {permissions}");
        let modified = file["modified"].as_str().unwrap();
        match file["modified_precision"].as_str().unwrap() {
            "second" | "millisecond" => assert!(modified.ends_with('Z'), "{kind:?}: {modified}"),
            precision => assert!(matches!(precision, "day" | "minute"), "{kind:?}: {precision}"),
        }
        let time = modified.trim_end_matches('Z');
        assert!(time.parse::<jiff::civil::DateTime>().is_ok() && time.contains('T'), "{kind:?}: {modified}");

        let output = run(server.longshore(home.path()).args(["ls", &server.url("a%20folder")]));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "Grüße.txt\nbelow\n", "{kind:?}");
        let output =
            run(server.longshore(home.path()).args(["ls", "-l", &server.url("a%20folder/Gr%C3%BC%C3%9Fe.txt")]));
        let line = String::from_utf8(output.stdout).unwrap();
        assert!(line.starts_with('-') && line.ends_with(" Grüße.txt\n") && line.contains(" 5 "), "{kind:?}: {line:?}");
        let output = run(server.longshore(home.path()).args(["ls", "--json", &server.url("empty")]));
        assert_eq!((output.status.code(), &output.stdout[..]), (Some(0), &b"[]\n"[..]), "{kind:?}");
        let output = run(server.longshore(home.path()).args(["ls", &server.url("%2F")]));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "a folder\nempty\n", "{kind:?}");
        fails(&run(server.longshore(home.path()).args(["ls", &server.url("missing")])), 1, "550 ");
    }
}

#[test]
fn get_and_put_tell_each_file() {
    for kind in ALL {
        let Some(server) = Setup::new(kind).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let local = home.path().join("local");
        fs::create_dir_all(local.join("tree/sub/nothing")).unwrap();
        fs::write(local.join("tree/sub/file"), b"content").unwrap();
        fs::write(local.join("single"), b"").unwrap();

        let put = || {
            let mut command = server.longshore(home.path());
            command.arg("put").arg(local.join("tree")).arg(local.join("single"));
            command.args([&server.url("up/new"), "--json"]);
            command
        };
        let output = run(&mut put());
        assert_eq!(output.status.code(), Some(0), "{kind:?}: {}", stderr(&output));
        let rows = lines(&output);
        assert_eq!(rows.len(), 2, "{kind:?}: {rows:?}");
        let row = rows.iter().find(|row| row["remote"].as_str().unwrap().ends_with("/up/new/tree/sub/file")).unwrap();
        assert_eq!(row["local"], local.join("tree/sub/file").to_str().unwrap());
        assert_eq!((&row["direction"], &row["bytes"]), (&Value::from("upload"), &Value::from(7)));
        assert_eq!((&row["outcome"], &row["resumed_from"], &row["error"]), (&"done".into(), &0.into(), &Value::Null));
        assert!(row["seconds"].is_number() && matches!(row["proof"].as_str(), Some("size" | "checksum" | "reply")));
        let up = server.root.join("up/new");
        assert_eq!(fs::read(up.join("tree/sub/file")).unwrap(), b"content", "{kind:?}");
        assert!(up.join("tree/sub/nothing").is_dir() && up.join("single").exists(), "{kind:?}");

        let output = run(&mut put());
        assert_eq!(output.status.code(), Some(1), "{kind:?}: nobody has decided that they be skipped");
        assert!(lines(&output).iter().all(|row| row["outcome"] == "skipped"), "{kind:?}");
        assert_eq!(run(put().args(["--if-exists", "skip"])).status.code(), Some(0), "{kind:?}");
        fs::write(local.join("tree/sub/file"), b"Content").unwrap();
        // All of this may happen within the second that servers tell times by.
        let later = std::time::SystemTime::now() + std::time::Duration::from_secs(10);
        fs::File::options().write(true).open(local.join("tree/sub/file")).unwrap().set_modified(later).unwrap();
        let output = run(put().args(["--if-exists", "size-or-time"]));
        assert_eq!(output.status.code(), Some(0), "{kind:?}: {}", stderr(&output));
        assert_eq!(fs::read(up.join("tree/sub/file")).unwrap(), b"Content", "{kind:?}: its time differs");
        fs::write(local.join("tree/sub/file"), b"content").unwrap();
        let output = run(put().args(["--if-exists", "overwrite"]));
        assert_eq!(output.status.code(), Some(0), "{kind:?}: {}", stderr(&output));
        assert!(lines(&output).iter().all(|row| row["outcome"] == "done"), "{kind:?}");

        let target = home.path().join("target");
        let mut get = server.longshore(home.path());
        get.args(["get", &server.url("up/new/tree"), &server.url("up/new/single"), &server.url("missing")]);
        let output = run(get.arg("-o").arg(&target).args(["--json", "--verify"]));
        assert_eq!(output.status.code(), Some(1), "{kind:?}: {}", stderr(&output));
        assert_eq!(fs::read(target.join("tree/sub/file")).unwrap(), b"content", "{kind:?}");
        assert!(target.join("tree/sub/nothing").is_dir() && target.join("single").exists(), "{kind:?}");
        assert!(!target.join("missing").exists(), "{kind:?}");
        let rows = lines(&output);
        assert_eq!(rows.iter().filter(|row| row["outcome"] == "done").count(), 2, "{kind:?}: {rows:?}");
        let failed = rows.iter().find(|row| row["outcome"] == "failed").unwrap();
        assert!(failed["error"].as_str().unwrap().contains("550 "), "{kind:?}: {failed}");
        assert_eq!((&failed["proof"], &failed["direction"]), (&Value::from("none"), &Value::from("download")));
        assert!(stderr(&output).lines().any(|line| line.contains("missing") && line.contains("550 ")), "{kind:?}");
    }
}

/// ProFTPD with mod_digest computes checksums.
#[test]
fn files_are_proved_by_checksum_both_ways() {
    let Some(server) = Setup::new(Kind::Proftpd).extra("LoadModule mod_digest.c").start() else { return };
    let home = tempfile::tempdir().unwrap();
    let names = ["plain", "with a blank", "ümlaut"];
    for name in names {
        fs::write(home.path().join(name), name.repeat(1000)).unwrap();
        let url = server.url("up");
        let output = run(server.longshore(home.path()).arg("put").arg(home.path().join(name)).args([&url, "--json"]));
        assert_eq!(lines(&output)[0]["proof"], "checksum", "{name}: {}", stderr(&output));
        let url = server.url(&format!("up/{}", name.replace(' ', "%20")));
        let output =
            run(server.longshore(home.path()).args(["get", &url, "--json", "-o"]).arg(home.path().join("got")));
        assert_eq!(lines(&output)[0]["proof"], "checksum", "{name}: {}", stderr(&output));
        assert_eq!(fs::read(home.path().join("got").join(name)).unwrap(), name.repeat(1000).as_bytes());
    }
}

#[test]
fn one_operation_each() {
    for kind in ALL {
        let Some(server) = Setup::new(kind).extra(chmod_line(kind)).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let works = |arguments: &[&str]| {
            let output = run(server.longshore(home.path()).args(arguments));
            assert_eq!(output.status.code(), Some(0), "{kind:?}: {arguments:?}: {}", stderr(&output));
            assert!(output.stdout.is_empty(), "{kind:?}: {arguments:?}");
        };
        let refused = |arguments: &[&str]| {
            fails(&run(server.longshore(home.path()).args(arguments)), 1, "55");
        };
        works(&["mkdir", &server.url("new")]);
        refused(&["mkdir", &server.url("new")]);
        works(&["mkdir", "-p", &server.url("new"), &server.url("a/b/c%20d")]);
        assert!(server.root.join("a/b/c d").is_dir(), "{kind:?}");
        fs::write(server.root.join("a/b/file"), b"x").unwrap();
        server.own();
        works(&["mv", &server.url("a/b/file"), "a/moved"]);
        works(&["mv", &server.url("a/moved"), &server.url("a/again")]);
        works(&["mv", &server.url("a/again"), "new/"]);
        assert!(server.root.join("new/again").exists(), "{kind:?}");
        works(&["chmod", "600", &server.url("new/again")]);
        let mode = fs::metadata(server.root.join("new/again")).unwrap();
        assert_eq!(std::os::unix::fs::PermissionsExt::mode(&mode.permissions()) & 0o777, 0o600, "{kind:?}");
        works(&["chmod", "-R", "700", &server.url("new")]);
        refused(&["rm", &server.url("new")]);
        assert!(server.root.join("new/again").exists(), "{kind:?}: rm without -r deletes no folder");
        works(&["rm", &server.url("new/again")]);
        refused(&["rm", &server.url("new/again")]);
        works(&["rm", "-r", &server.url("new"), &server.url("a")]);
        assert_eq!(fs::read_dir(&server.root).unwrap().count(), 0, "{kind:?}");
    }
}

/// Pure-FTPd and ProFTPD allow SITE CHMOD as they are; vsftpd has it from the start, too, for users of the system.
fn chmod_line(kind: Kind) -> &'static str {
    match kind {
        Kind::Vsftpd => "chmod_enable=YES",
        Kind::PureFtpd => "-b",
        Kind::Proftpd | Kind::Pyftpdlib => "",
    }
}

#[test]
fn raw() {
    for kind in ALL {
        let Some(server) = Setup::new(kind).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let output = run(server.longshore(home.path()).args(["raw", &server.url(""), "NOOP", "FEAT"]));
        assert_eq!(output.status.code(), Some(0), "{kind:?}: {}", stderr(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with("200 ") && text.contains("\n211-") && text.contains("\n211 "), "{kind:?}: {text}");
        let output = run(server.longshore(home.path()).args(["raw", &server.url(""), "XYZZY", "NOOP"]));
        assert_eq!(output.status.code(), Some(1), "{kind:?}: {}", stderr(&output));
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.starts_with("50") && text.contains("\n200 "), "{kind:?}: {text}");
        let output = run(server.longshore(home.path()).args(["raw", "--json", &server.url(""), "SYST"]));
        let rows = lines(&output);
        assert_eq!(rows[0]["command"], "SYST");
        assert!(rows[0]["replies"][0][0].as_str().unwrap().starts_with("215 "), "{kind:?}: {rows:?}");
    }
}

#[test]
fn passwords_come_from_where_the_contract_says() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let with = |password: &str| server.url("").replace(USER, &format!("{USER}:{}", password.replace(' ', "%20")));
    let ls = |url: &str| {
        let mut command = longshore(home.path());
        command.args(["ls", url]);
        command
    };
    assert_eq!(run(&mut ls(&with(PASSWORD))).status.code(), Some(0));
    assert_eq!(run(ls(&with(PASSWORD)).env("LONGSHORE_PASSWORD", "wrong")).status.code(), Some(0), "the URL is first");
    assert_eq!(run(ls(&server.url("")).env("LONGSHORE_PASSWORD", PASSWORD)).status.code(), Some(0));
    let mut from_stdin = ls(&server.url(""));
    from_stdin.arg("--password-stdin").env("LONGSHORE_PASSWORD", "wrong");
    let mut child = from_stdin.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(child.stdin.take().unwrap(), "{PASSWORD}").unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0), "standard input is second");
    fails(&run(&mut ls(&with("wrong"))), 3, "530 ");
    let output = run(&mut ls(&server.url("")));
    assert_eq!(output.status.code(), Some(3), "nobody to ask: {}", stderr(&output));
    assert_eq!(run(ls(&server.url("")).args(["--password", PASSWORD])).status.code(), Some(2));
}

#[test]
fn what_cannot_be_had_keeps_nothing_else_back() {
    let Some(server) = Setup::new(Kind::Pyftpdlib).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let here = home.path().join("here");
    fs::write(server.root.join("file"), b"content").unwrap();
    fs::write(home.path().join("local"), b"local").unwrap();
    // A port that nobody listens on: it was free, and is let go of.
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let nobody = format!("ftp://127.0.0.1:{port}/");

    let mut get = server.longshore(home.path());
    get.args(["get", "--json", &format!("{nobody}lost"), &server.url("file"), "-o"]).arg(&here);
    let output = run(&mut get);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert_eq!(fs::read(here.join("file")).unwrap(), b"content");
    let rows = lines(&output);
    let row = |name: &str| rows.iter().find(|row| row["remote"].as_str().unwrap().ends_with(name)).unwrap();
    assert_eq!((rows.len(), &row("/file")["outcome"]), (2, &Value::from("done")), "{rows:?}");
    assert_eq!((&row("/lost")["outcome"], &row("/lost")["direction"]), (&"failed".into(), &"download".into()));
    assert_eq!(row("/lost")["local"], here.join("lost").to_str().unwrap());

    let mut put = server.longshore(home.path());
    put.arg("put").arg(home.path().join("missing")).arg(home.path().join("local"));
    let output = run(put.args([&server.url("up"), "--json"]));
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let outcomes: Vec<_> = lines(&output).iter().map(|row| row["outcome"].clone()).collect();
    assert_eq!((outcomes, server.root.join("up/local").exists()), (vec!["failed".into(), "done".into()], true));

    let mut put = server.longshore(home.path());
    let output = run(put.arg("put").arg(home.path().join("local")).args([&nobody, "--json"]));
    assert_eq!((output.status.code(), lines(&output).len()), (Some(3), 1), "{}", stderr(&output));
    assert_eq!(lines(&output)[0]["error"].as_str().map(|error| stderr(&output).contains(error)), Some(true));
}

#[test]
fn wrong_usage_is_exit_status_2() {
    let home = tempfile::tempdir().unwrap();
    let missing = home.path().join("missing");
    for arguments in [
        &["ls"][..],
        &["ls", "http://127.0.0.1/"],
        &["ls", "ftp://127.0.0.1:99999/"],
        &["ls", "ftp://127.0.0.1/%0d%0aDELE%20x"],
        &["ls", "ftp://127.0.0.1/", "--tls", "sometimes"],
        &["ls", "ftp://127.0.0.1/", "--trust", "abc"],
        &["ls", "ftp://127.0.0.1/", "--ca", missing.to_str().unwrap()],
        &["ls", "ftp://127.0.0.1/", "--transcript", missing.join("below").to_str().unwrap()],
        &["ls", "--site", "nowhere"],
        &["put", "/etc/hostname"],
        &["raw", "ftp://127.0.0.1/"],
        &["chmod", "rw", "ftp://127.0.0.1/x"],
        &["frobnicate", "ftp://127.0.0.1/"],
        &["frobnicate"],
    ] {
        let output = run(longshore(home.path()).args(arguments));
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", stderr(&output));
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{arguments:?}");
    }
    for file in [None, Some(missing.join("below"))] {
        let mut command = longshore(home.path());
        command.env_remove("SSLKEYLOGFILE").envs(file.iter().map(|file| ("SSLKEYLOGFILE", file)));
        let output = run(command.args(["ls", "ftp://127.0.0.1/", "--tls-keylog"]));
        assert_eq!(output.status.code(), Some(2), "{file:?}: {}", stderr(&output));
    }
    for arguments in [&["--help"][..], &["get", "--help"], &["--version"]] {
        let output = run(longshore(home.path()).args(arguments));
        assert!(output.status.success() && !output.stdout.is_empty(), "{arguments:?}");
    }
}

#[test]
fn the_transcript_is_json_lines_without_secrets() {
    let Some(server) = Setup::new(Kind::Vsftpd).tls(Tls::Explicit).start() else { return };
    let home = tempfile::tempdir().unwrap();
    fs::write(server.root.join("file"), b"x").unwrap();
    fs::write(server.root.join(<std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(b"caf\xe9")), b"x")
        .unwrap();
    server.own();
    let path = home.path().join("transcript");
    let mut get = server.longshore(home.path());
    get.args(["get", &server.url("file"), &server.url("caf%E9"), "-o"]).arg(home.path().join("target"));
    let output = run(get.arg("--transcript").arg(&path));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains("\"PASS ****\"") && !text.contains(PASSWORD));
    let keys = ["seq", "at", "connection", "direction", "code", "text", "raw", "transfer"];
    let (mut codes, mut raws, mut last) = (0, 0, 0);
    for line in text.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        assert!(
            keys.iter().all(|key| row.get(key).is_some()) && row.as_object().unwrap().len() == keys.len(),
            "{line}"
        );
        let seq = row["seq"].as_u64().unwrap();
        assert!(seq > last, "{line}");
        last = seq;
        let at = row["at"].as_str().unwrap();
        assert!(at.len() == "2026-01-02T03:04:05.678901Z".len() && at.ends_with('Z'), "{line}");
        assert!(at.parse::<jiff::Timestamp>().is_ok(), "{line}");
        let text = row["text"].as_str().unwrap();
        assert!(!text.contains(['\r', '\n']), "{line}");
        if let Some(code) = row["code"].as_u64() {
            assert!(row["direction"] == "received" && text.starts_with(&code.to_string()), "{line}");
            codes += 1;
        }
        assert_eq!(row["raw"].is_string(), text.contains('\u{fffd}'), "{line}");
        raws += usize::from(row["raw"].is_string());
    }
    assert!(codes > 10 && raws > 0, "{codes} replies, {raws} lines that are not text");
    assert!(text.contains("RETR") && text.contains("\"QUIT\""), "{text}");

    let output = run(server.longshore(home.path()).args(["ls", &server.url(""), "--transcript", "-"]));
    assert!(stderr(&output).lines().all(|line| serde_json::from_str::<Value>(line).is_ok()), "{}", stderr(&output));
}

#[test]
fn ctrl_c_leaves_what_the_queue_carries_on() {
    for course in ["get", "put"] {
        let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let local = home.path().join("local");
        fs::create_dir(&local).unwrap();
        let content: Vec<u8> = (0..5_000_000_u32).map(|index| (index % 249) as u8).collect();
        let (from, to) = if course == "get" { (&server.root, &local) } else { (&local, &server.root) };
        fs::write(from.join("large.bin"), &content).unwrap();
        fs::write(from.join("later.bin"), b"later").unwrap();
        server.own();
        let mut command = server.longshore(home.path());
        match course {
            "get" => command.args(["get", &server.url("large.bin"), &server.url("later.bin"), "-o"]).arg(&local),
            _ => command.arg("put").args([from.join("large.bin"), from.join("later.bin")]).arg(server.url("")),
        };
        command.args(["-j", "1", "--limit-down", "1M", "--limit-up", "1M", "--json"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let started = |folder: &Path| {
            fs::read_dir(folder).unwrap().any(|entry| entry.unwrap().metadata().unwrap().len() > 500_000)
        };
        let deadline = Instant::now() + Duration::from_secs(30);
        while !started(to) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        let pid = rustix::process::Pid::from_child(&child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{course}: {}", stderr(&output));
        assert!(!String::from_utf8_lossy(&output.stdout).contains("\"done\""), "{course}");
        if course == "get" {
            assert!(!to.join("large.bin").exists(), "half a file looks like the whole");
        }

        let left = run(server.longshore(home.path()).args(["queue", "--json"]));
        let Value::Array(rows) = serde_json::from_slice(&left.stdout).unwrap() else { panic!("no array") };
        assert_eq!((left.status.code(), rows.len()), (Some(0), 2), "{course}: {rows:?} {}", stderr(&left));
        let carried_on = run(server.longshore(home.path()).args(["queue", "run", "--json"]));
        assert_eq!(carried_on.status.code(), Some(0), "{course}: {}", stderr(&carried_on));
        assert!(fs::read(to.join("large.bin")).unwrap() == content, "{course}: the file differs");
        assert_eq!(fs::read(to.join("later.bin")).unwrap(), b"later");
        let rows = lines(&carried_on);
        let large = rows.iter().find(|row| row["remote"].as_str().unwrap().ends_with("large.bin")).unwrap();
        assert!(large["resumed_from"].as_u64().unwrap() > 0, "{course}: {large}");
        let left = run(server.longshore(home.path()).args(["queue", "--json"]));
        assert_eq!((left.status.code(), &left.stdout[..]), (Some(0), &b"[]\n"[..]), "{course}");
    }
}

#[test]
fn files_that_are_named_by_themselves_keep_their_permissions_too() {
    for kind in [Kind::Vsftpd, Kind::Proftpd] {
        let Some(server) = Setup::new(kind).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let (local, log) = (home.path().join("local"), home.path().join("log"));
        let settings = home.path().join("config/longshore");
        fs::create_dir_all(&settings).unwrap();
        fs::write(settings.join("settings.toml"), "keep_permissions = true").unwrap();
        for (name, mode) in [("one", 0o750), ("two", 0o604)] {
            fs::write(server.root.join(name), name).unwrap();
            fs::set_permissions(server.root.join(name), fs::Permissions::from_mode(mode)).unwrap();
        }
        server.own();
        let mut get = server.longshore(home.path());
        get.args(["get", &server.url("one"), &server.url("two"), "-j", "1", "-o"]).arg(&local);
        let output = run(get.arg("--transcript").arg(&log));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        let mode = |name| fs::metadata(local.join(name)).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode("one"), mode("two")), (0o750, 0o604), "{kind:?}");
        let log = fs::read_to_string(&log).unwrap();
        let lists = log.matches("\"LIST").count() + log.matches("\"MLSD").count();
        assert_eq!(lists, 1, "{kind:?}: once for all files of the folder\n{log}");
    }
}

#[test]
fn what_goes_as_text_does_so_in_a_later_run_as_well() {
    let Some(server) = Setup::new(Kind::Proftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let (local, log) = (home.path().join("local"), home.path().join("log"));
    fs::create_dir_all(server.root.join("tree")).unwrap();
    fs::write(server.root.join("tree/text"), "line\r\n".repeat(1_000_000)).unwrap();
    server.own();
    let mut command = server.longshore(home.path());
    command.args(["get", "--ascii", "--limit-down", "1M", &server.url("tree"), "-o"]).arg(&local);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let part = local.join("tree/text.part");
    let deadline = Instant::now() + Duration::from_secs(30);
    while fs::metadata(&part).map_or(0, |part| part.len()) < 500_000 && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let output = run(server.longshore(home.path()).args(["queue", "run", "--json", "--transcript"]).arg(&log));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let rows = lines(&output);
    assert_eq!((rows[0]["proof"].as_str(), rows[0]["resumed_from"].as_u64()), (Some("reply"), Some(0)), "{rows:?}");
    assert!(fs::read_to_string(local.join("tree/text")).unwrap() == "line\n".repeat(1_000_000));
    let log = fs::read_to_string(&log).unwrap();
    assert!(log.contains("\"TYPE A\"") && !log.contains("\"REST "), "bytes here and there say nothing of each other");
}

#[test]
fn what_a_server_takes_is_remembered_over_the_end_of_the_command() {
    let Some(server) = Setup::new(Kind::Vsftpd).extra("max_per_ip=2").start() else { return };
    let home = tempfile::tempdir().unwrap();
    let log = home.path().join("log");
    (0..30).for_each(|n| fs::write(server.root.join(format!("file {n}")), vec![0; 100_000]).unwrap());
    server.own();
    for (target, is_refused) in [("first", true), ("second", false)] {
        let target = home.path().join(target);
        let mut get = server.longshore(home.path());
        get.args(["get", &server.url(""), "-j", "4", "-o"]).arg(&target).arg("--transcript").arg(&log);
        let output = run(&mut get);
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(fs::read_dir(target).unwrap().count(), 30);
        assert_eq!(fs::read_to_string(&log).unwrap().contains("\"code\":421"), is_refused);
        assert_eq!(stderr(&output).contains("takes 2 connections"), is_refused, "{}", stderr(&output));
    }
}

#[test]
fn the_queue_of_another_that_runs_is_not_taken_for_an_empty_one() {
    let home = tempfile::tempdir().unwrap();
    let queue = |arguments: &[&str]| {
        run(longshore(home.path()).args(["queue", "--json"]).args(arguments).current_dir(home.path()))
    };
    assert_eq!(queue(&[]).status.code(), Some(0));
    let lock = fs::File::options().write(true).open(home.path().join("data/longshore/queue.lock")).unwrap();
    lock.lock().unwrap();
    for arguments in [&[][..], &["run"], &["clear"], &["export", "queue.json"], &["import", "queue.json"]] {
        let output = queue(arguments);
        assert_eq!((output.status.code(), &output.stdout[..]), (Some(1), &b""[..]), "{arguments:?}");
        let said = "longshore: Could not open the queue: another Longshore that runs keeps it\n";
        assert_eq!(stderr(&output), said, "{arguments:?}");
    }
    assert!(!home.path().join("queue.json").exists(), "an empty queue would take the place of another file");
    drop(lock);
    assert_eq!(queue(&[]).status.code(), Some(0));
}

#[test]
fn an_empty_queue_has_nothing_to_do() {
    let home = tempfile::tempdir().unwrap();
    for (arguments, text) in
        [(&["queue"][..], ""), (&["queue", "run"], ""), (&["queue", "clear"], ""), (&["sites", "--json"], "[]\n")]
    {
        let output = run(longshore(home.path()).args(arguments));
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", stderr(&output));
        assert_eq!(String::from_utf8(output.stdout).unwrap(), text, "{arguments:?}");
    }
}

#[test]
fn filters_that_cannot_be_imported_are_named() {
    let home = tempfile::tempdir().unwrap();
    let filter = |name: &str, value: &str| {
        format!(
            "<Filter><Name>{name}</Name><MatchType>All</MatchType><Conditions><Condition><Type>0</Type><Condition>4\
             </Condition><Value>{value}</Value></Condition></Conditions></Filter>"
        )
    };
    let filters = [filter("One", "^a"), filter("NoPhp", "^(?!.*php)"), filter("Two", "b$")].concat();
    let file = home.path().join("filters.xml");
    fs::write(&file, format!("<FileZilla3><Filters>{filters}</Filters></FileZilla3>")).unwrap();
    let output = run(longshore(home.path()).args(["queue", "import"]).arg(&file));
    let said = "longshore: 2 filters read; left out: “NoPhp”, whose regular expression is not known here\n";
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), said));
}

#[test]
fn what_filezilla_would_take_for_something_else_is_not_written() {
    let home = tempfile::tempdir().unwrap();
    let row = |name: &str, kind: &str| json!({"folder": 0, "course": "upload", "kind": kind, "remote_name": name});
    let queue = json!({
        "longshore_queue": 1,
        "folders": [{"site": {"host": "h"}, "local": home.path(), "remote": "/"}],
        "rows": [row("a", "file"), row("b", "folder"), row("c", "unknown")],
    });
    let (from, to) = (home.path().join("queue.json"), home.path().join("queue.xml"));
    fs::write(&from, queue.to_string()).unwrap();
    let output = run(longshore(home.path()).args(["queue", "import"]).arg(&from));
    assert_eq!(stderr(&output), "longshore: 3 transfers read\n");
    let output = run(longshore(home.path()).args(["queue", "export"]).arg(&to));
    let said = stderr(&output);
    assert!(said.contains("1 transfer written; 2 left out: of folders whose files are not listed yet"), "{said}");
    let written = fs::read_to_string(&to).unwrap();
    assert!(written.contains("<RemoteFile>a<") && !written.contains("Folder"), "{written}");
}

#[test]
fn a_queue_is_written_and_run_elsewhere() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let here = tempfile::tempdir().unwrap();
    let target = here.path().join("target");
    fs::create_dir(&target).unwrap();
    fs::write(server.root.join("one"), "one").unwrap();
    fs::write(server.root.join("two"), "two").unwrap();
    server.own();
    let site = json!({"host": server.host, "port": server.port, "security": "never", "login": "normal", "user": USER});
    let row = |name: &str| json!({"folder": 0, "course": "download", "kind": "file", "remote_name": name});
    let queue = json!({
        "longshore_queue": 1,
        "folders": [{"site": site, "local": target, "remote": "/"}],
        "rows": [row("one"), row("two"), row("../three")],
    });
    let first = here.path().join("first.json");
    fs::write(&first, queue.to_string()).unwrap();
    let output = run(longshore(here.path()).args(["queue", "import"]).arg(&first));
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stderr(&output).contains("2 transfers read; 1 left out"), "{}", stderr(&output));
    for (name, begin) in [("queue.json", "{\"longshore_queue\":1,"), ("queue.xml", "<?xml")] {
        let file = here.path().join(name);
        let output = run(longshore(here.path()).args(["queue", "export"]).arg(&file));
        assert!(stderr(&output).contains("2 transfers written"), "{}", stderr(&output));
        assert!(fs::read_to_string(&file).unwrap().starts_with(begin));
        let there = tempfile::tempdir().unwrap();
        let output = run(longshore(there.path()).args(["queue", "import"]).arg(&file));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(fs::read_dir(&target).unwrap().count(), 0, "nothing is transferred before it is wanted");
        let output = run(server.longshore(there.path()).args(["queue", "run"]));
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        for name in ["one", "two"] {
            assert_eq!(fs::read_to_string(target.join(name)).unwrap(), name);
            fs::remove_file(target.join(name)).unwrap();
        }
    }
    fails(&run(longshore(here.path()).args(["queue", "import", "/dev/null"])), 1, "It holds no queue");
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    for index in 0..3000 {
        fs::write(server.root.join(format!("a file with a rather long name, number {index:05}")), b"").unwrap();
    }
    server.own();
    let mut ls = server.longshore(home.path());
    let mut child = ls.args(["ls", &server.url("")]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut first = [0; 6];
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut first).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!((&first, output.status.code()), (b"a file", Some(0)), "{}", stderr(&output));
    assert!(output.stderr.is_empty(), "{}", stderr(&output));
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The JSON lines on standard output.
fn lines(output: &Output) -> Vec<Value> {
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The exit status, nothing on standard output, and one line that says why.
fn fails(output: &Output, status: i32, words: &str) {
    let said = stderr(output);
    assert_eq!((output.status.code(), said.lines().count()), (Some(status), 1), "{said}");
    assert!(said.starts_with("longshore: ") && said.contains(words), "{words:?} is not in {said:?}");
    assert!(output.stdout.is_empty());
}
