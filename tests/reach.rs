//! Servers that are slow, busy or dead when a command begins: what was asked of them is not lost, and others do not wait.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod peer;

use std::fs;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
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
