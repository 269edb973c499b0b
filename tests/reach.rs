//! Servers that are slow, busy or dead when a command begins: what was asked of them is not lost, and others do not wait.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod peer;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use peer::{PASSWORD, Peer, World, run_in};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// A server whose log-in folder is `/home/me`, and that says nothing as long as it is not `awake`.
fn sleeper(awake: &Arc<AtomicBool>) -> Peer {
    let awake = awake.clone();
    let listing = b"-rw-r--r-- 1 u g 1 Jan 01  2020 below\r\n";
    let nodes: [(&str, &[u8]); 5] = [
        ("/home/me/", b""),
        ("/home/me/file", b"at home"),
        ("/tree/", listing),
        ("/tree/below", b"x"),
        ("/other", b"o"),
    ];
    let world = World::list(&nodes);
    Peer::start(move |dialogue| {
        if !awake.load(Ordering::SeqCst) {
            return dialogue.ignore();
        }
        dialogue.say("220 ready")?;
        dialogue.serve(&world, |dialogue, verb, _| match verb {
            "PWD" => dialogue.say("257 \"/home/me\" here").map(|()| true),
            _ => Ok(false),
        })
    })
}

fn command(home: &TempDir, arguments: &[&str]) -> Command {
    let target = home.path().join("target");
    fs::create_dir_all(&target).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
    command.args(arguments).current_dir(target).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path().join("config"));
    command.env("XDG_DATA_HOME", home.path().join("data")).env_remove("DBUS_SESSION_BUS_ADDRESS");
    command.env("LONGSHORE_PASSWORD", PASSWORD);
    command
}

fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

fn rows(text: &[u8]) -> Vec<Value> {
    String::from_utf8_lossy(text).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_was_asked_for_is_kept_before_the_server_answers() {
    for how in [Signal::INT, Signal::KILL] {
        let awake = Arc::<AtomicBool>::default();
        let peer = sleeper(&awake);
        let home = tempfile::tempdir().unwrap();
        let urls = ["file", "%2Fother", "%2Ftree"].map(|path| peer.url(path));
        let child = command(&home, &["get", &urls[0], &urls[1], &urls[2], "--json"]).spawn().unwrap();
        let begun = Instant::now();
        thread::sleep(Duration::from_millis(1000));
        signal(&child, how);
        let output = child.wait_with_output().unwrap();
        assert!(begun.elapsed() < Duration::from_secs(5), "it must not wait for the server");
        if how == Signal::INT {
            assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
        }
        let left = command(&home, &["queue"]).output().unwrap();
        let left = String::from_utf8(left.stdout).unwrap();
        assert_eq!(left.lines().count(), 3, "{left}");
        assert!(left.contains(":~/file") && left.contains(":/other"), "{left}");
        awake.store(true, Ordering::SeqCst);
        let ended = run_in(home, &["queue", "run", "--json"]).expect(0);
        assert_eq!(ended.tree(), ["file", "other", "tree/", "tree/below"]);
        assert!(ended.stdout.contains("\"/home/me/file\""), "{}", ended.stdout);
    }
}

#[test]
fn a_dead_server_holds_up_no_other() {
    let awake = Arc::new(AtomicBool::new(true));
    let (dead, alive) = (sleeper(&Arc::default()), sleeper(&awake));
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("target");
    let urls = [&dead, &alive].map(|peer| peer.url("file"));
    let child = command(&home, &["get", &urls[0], &urls[1], "--timeout", "4", "--json"]).spawn().unwrap();
    let begun = Instant::now();
    while !target.join("file").exists() && begun.elapsed() < Duration::from_secs(3) {
        thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(fs::read(target.join("file")).unwrap_or_default(), b"at home", "it waits for the dead one");
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), said.lines().count()), (Some(3), 1), "{said}");
    assert!(said.contains("Could not connect to") && said.contains("no answer within 4 s"), "{said}");
    let rows = rows(&output.stdout);
    let outcomes: Vec<_> = rows.iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["done", "failed"], "{rows:?}");
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    for (late, retries, status, connections) in
        [(false, "2", 0, 2), (true, "2", 0, 2), (false, "0", 3, 1), (true, "0", 3, 1)]
    {
        let (seen, heard) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let counter = seen.clone();
        let listing = b"-rw-r--r-- 1 u g 1 Jan 01  2020 file\r\n";
        let world = World::list(&[("/", listing), ("/file", b"x")]);
        let peer = Peer::start(move |dialogue| {
            let is_busy = counter.fetch_add(1, Ordering::SeqCst) == 0;
            if is_busy && !late {
                return dialogue.say("421 too busy, come back");
            }
            dialogue.say("220 ready")?;
            let heard = heard.clone();
            dialogue.serve(&world, move |dialogue, verb, _| match verb {
                "PASS" if is_busy && heard.fetch_add(1, Ordering::SeqCst) == 0 => {
                    dialogue.say("451 try later").map(|()| true)
                }
                _ => Ok(false),
            })
        });
        let home = tempfile::tempdir().unwrap();
        let ended = run_in(home, &["get", &peer.url("file"), "--retries", retries, "-j", "1"]).expect(status);
        assert_eq!(seen.load(Ordering::SeqCst), connections, "{late} {retries}: {}", ended.stderr);
        assert_eq!(ended.stderr.contains("next try in 2 s"), retries == "2", "{}", ended.stderr);
    }
}

#[test]
fn a_server_that_refuses_for_good_is_not() {
    let begun = Instant::now();
    let peer = Peer::except(World::default(), |dialogue, verb, _| match verb {
        "PASS" => dialogue.say("530 no").map(|()| true),
        _ => Ok(false),
    });
    run_in(tempfile::tempdir().unwrap(), &["get", &peer.url("file"), "--retries", "3"]).expect(3);
    assert_eq!(peer.count("PASS"), 1, "{:?}", peer.heard());
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = format!("ftp://127.0.0.1:{port}/file");
    run_in(tempfile::tempdir().unwrap(), &["get", &url, "--retries", "3"]).expect(3);
    assert!(begun.elapsed() < Duration::from_secs(5));
}
