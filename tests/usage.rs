//! What is typed wrong, or cannot be: it is told for what it is, without passwords, and keeps nothing else from being done.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod peer;

use std::fs;

use peer::{PASSWORD, Peer, World, run, run_in};
use serde_json::Value;

fn world() -> World {
    World::list(&[("/", b""), ("/file", b"one"), ("/back\\slash", b"two"), ("/a:b", b"three")])
}

fn rows(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_name_that_cannot_be_here_fails_alone() {
    let peer = Peer::honest(world());
    let urls = ["back%5Cslash", "file", "a:b"].map(|path| peer.url(path));
    let ended = run(&["get", &urls[0], &urls[1], &urls[2], "--json", "--retries", "0"]).expect(1);
    assert_eq!(ended.tree(), ["file"]);
    let rows = rows(&ended.stdout);
    let outcome = |end: &str| {
        let row = rows.iter().find(|row| row["remote"].as_str().unwrap().ends_with(end)).unwrap();
        (row["outcome"].as_str().unwrap(), row["error"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!((rows.len(), outcome("/file").0), (3, "done"), "{rows:?}");
    for name in ["/back\\slash", "/a:b"] {
        assert!(outcome(name).0 == "failed" && outcome(name).1.contains(&name[1..]), "{rows:?}");
    }
}

#[test]
fn a_folder_that_cannot_be_made_fails_each() {
    let peer = Peer::honest(world());
    for folder in ["/proc/foo", "/etc/hostname"] {
        let urls = ["file", "other"].map(|path| peer.url(path));
        let ended = run(&["get", &urls[0], &urls[1], "--json", "-o", folder]).expect(1);
        assert!(ended.stderr.contains(&format!("Could not make the folder {folder}: ")), "{}", ended.stderr);
        let rows = rows(&ended.stdout);
        assert!(rows.len() == 2 && rows.iter().all(|row| row["outcome"] == "failed"), "{rows:?}");
        assert!(rows[0]["error"].as_str().unwrap().contains("Could not make the folder"), "{rows:?}");
    }
}

#[test]
fn passwords_of_addresses_are_not_quoted() {
    let home = tempfile::tempdir().unwrap();
    let sites = home.path().join("config/longshore");
    fs::create_dir_all(&sites).unwrap();
    fs::write(sites.join("sites.toml"), "[[site]]\nname = \"B\"\nhost = \"127.0.0.1\"\n").unwrap();
    let (one, other) = (format!("ftp://user:{PASSWORD}@127.0.0.1/a"), format!("ftp://user:{PASSWORD}@127.0.0.1/b"));
    let output = format!("--output={one}");
    // The run itself fails where the password is printed.
    let mut home = home;
    for (arguments, words) in [
        (&["mkdir", "--site", "B", &one][..], "a URL and --site exclude each other"),
        (&["put", &one, &other], "only the last argument of put is a URL"),
        (&["chmod", &one, "644"], "invalid value"),
        (&["ls", &one, &other], "unexpected argument"),
        (&["frobnicate", &one], "unexpected argument"),
        (&["rm", &output, "ftp://h"], "unexpected argument"),
        (&["ls", "ftp://127.0.0.1/", "--limit-down", &one], "invalid value"),
        (&["explain", &one], "No such file"),
    ] {
        let ended = run_in(home, arguments);
        assert!([1, 2].contains(&ended.status), "{arguments:?}: {} {}", ended.status, ended.stderr);
        assert!(ended.stderr.contains(words), "{arguments:?}: {}", ended.stderr);
        home = ended.home;
    }
}

#[test]
fn roots_without_a_certificate_are_none() {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("roots.pem");
    let name = file.to_str().unwrap().to_owned();
    let peer = Peer::honest(world());
    let made = rcgen::generate_simple_self_signed(["h".to_owned()]).unwrap();
    let mut home = home;
    for (text, status) in [(String::new(), 2), (made.signing_key.serialize_pem(), 2), (made.cert.pem(), 0)] {
        fs::write(&file, text).unwrap();
        let ended = run_in(home, &["ls", &peer.url(""), "--ca", &name]).expect(status);
        assert_eq!(ended.stderr.contains("holds no certificate"), status == 2, "{}", ended.stderr);
        home = ended.home;
    }
}

#[test]
fn what_is_not_sent_is_not_blamed_on_the_server() {
    let peer = Peer::honest(world());
    for (command, words) in [("AUTH TLS", "Longshore does not send AUTH"), ("", "does not send an empty command")] {
        let ended = run(&["raw", "--tls", "never", &peer.url(""), command]).expect(1);
        assert!(ended.stderr.contains(words) && !ended.stderr.contains("support"), "{}", ended.stderr);
    }
    assert!(!peer.heard_verb("AUTH"), "{:?}", peer.heard());
}

#[test]
fn what_had_come_of_a_failed_file_is_told() {
    let bytes = vec![b'x'; 200_000];
    let peer = Peer::except(World::list(&[("/", b""), ("/file", &bytes)]), move |dialogue, verb, _| match verb {
        "RETR" => {
            use std::io::Write;
            dialogue.say("150 go")?;
            dialogue.accept()?.write_all(&[b'x'; 100_000])?;
            std::thread::sleep(std::time::Duration::from_millis(30));
            dialogue.say("426 broken").map(|()| true)
        }
        _ => Ok(false),
    });
    let ended = run(&["get", &peer.url("file"), "--json", "--retries", "0"]).expect(1);
    // What was still on its way when the server gave up has not come.
    let part = fs::metadata(ended.target().join("file.part")).unwrap().len();
    assert!(part > 0 && rows(&ended.stdout)[0]["bytes"] == part, "{part}: {}", ended.stdout);
}
