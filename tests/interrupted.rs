//! Transfers that something interrupts, and how they are gone on with: nothing is sent or fetched for nothing, and what is
//! complete in the end is the file.
#![allow(clippy::unwrap_used)]

mod peer;

use std::fs;
use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use peer::{Dialogue, Ended, Peer, World, run_in};
use tempfile::TempDir;

const SIZE: usize = 200_000;

fn content() -> Vec<u8> {
    (0..SIZE).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

/// The listing of a file of so many bytes, and it.
fn world(bytes: &[u8]) -> World {
    let line = format!("-rw-r--r-- 1 u g {} Jan 01  2020 file\r\n", bytes.len());
    World::list(&[("/", line.as_bytes()), ("/file", bytes)])
}

fn get(home: TempDir, peer: &Peer, retries: &str) -> Ended {
    run_in(home, &["get", &peer.url("file"), "--timeout", "3", "--retries", retries, "--if-exists", "resume"])
}

fn put(peer: &Peer, retries: &str) -> Ended {
    put_bytes(peer, &content(), retries)
}

fn put_bytes(peer: &Peer, bytes: &[u8], retries: &str) -> Ended {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("target")).unwrap();
    fs::write(home.path().join("target/file"), bytes).unwrap();
    run_in(home, &["put", "file", &peer.url(""), "--timeout", "3", "--retries", retries, "--json"])
}

/// A server that serves `first` until it has broken off one download after `sent` bytes, and then `then`.
fn changing(first: Vec<u8>, sent: usize, then: Vec<u8>) -> Peer {
    let downloads = AtomicUsize::new(0);
    let begun = Arc::new(AtomicUsize::new(0));
    Peer::start(move |dialogue| {
        dialogue.say("220 ready")?;
        let now = if begun.load(Ordering::SeqCst) == 0 { &first } else { &then };
        dialogue.serve(&world(now), |dialogue, verb, _| {
            if verb != "RETR" || downloads.fetch_add(1, Ordering::SeqCst) > 0 {
                return Ok(false);
            }
            begun.store(1, Ordering::SeqCst);
            break_off(dialogue, &first[..sent])
        })
    })
}

fn break_off(dialogue: &mut Dialogue, bytes: &[u8]) -> io::Result<bool> {
    dialogue.say("150 here it comes")?;
    dialogue.accept()?.write_all(bytes)?;
    // When the control connection ends, nothing is read any more.
    thread::sleep(Duration::from_millis(500));
    Err(io::ErrorKind::ConnectionAborted.into())
}

fn offsets(peer: &Peer) -> Vec<usize> {
    peer.heard().iter().filter_map(|line| line.strip_prefix("REST ")?.parse().ok()).collect()
}

#[test]
fn a_part_that_is_longer_than_the_file_is_now_is_thrown_away() {
    let short = vec![b'n'; 50_000];
    let peer = changing(content(), 150_000, short.clone());
    let home = get(tempfile::tempdir().unwrap(), &peer, "0").expect(1).home;
    let ended = get(home, &peer, "0").expect(0);
    assert_eq!(ended.tree(), ["file"]);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), short);
}

#[test]
fn a_part_that_holds_all_is_proved_and_takes_its_name() {
    let peer = changing(content(), SIZE, content());
    let home = get(tempfile::tempdir().unwrap(), &peer, "0").expect(1).home;
    let ended = get(home, &peer, "0").expect(0);
    assert_eq!(ended.tree(), ["file"]);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), content());
    assert!(offsets(&peer).iter().any(|offset| *offset >= SIZE - 64 * 1024), "{:?}", peer.heard());
}

#[test]
fn what_came_of_a_small_file_is_kept_and_compared() {
    let bytes = &content()[..1000];
    let folder = b"drwxr-xr-x 1 u g 4096 Jan 01  2020 tree\r\n";
    let line = b"-rw-r--r-- 1 u g 1000 Jan 01  2020 file\r\n";
    let world = World::list(&[("/", folder), ("/tree/", line), ("/tree/file", bytes)]);
    let downloads = AtomicUsize::new(0);
    let begun = bytes[..400].to_vec();
    let peer = Peer::except(world, move |dialogue, verb, _| match verb {
        "FEAT" => dialogue.say("211-has\r\n MDTM\r\n SIZE\r\n EPSV\r\n211 end").map(|()| true),
        "RETR" if downloads.fetch_add(1, Ordering::SeqCst) == 0 => break_off(dialogue, &begun),
        _ => Ok(false),
    });
    let get = |home| run_in(home, &["get", &peer.url("tree"), "--timeout", "3", "--retries", "0"]);
    let ended = get(tempfile::tempdir().unwrap()).expect(1);
    assert_eq!(fs::read(ended.target().join("tree/file.part")).unwrap(), bytes[..400]);
    let ended = get(ended.home).expect(0);
    assert_eq!(ended.tree(), ["tree/", "tree/file"]);
    assert_eq!(fs::read(ended.target().join("tree/file")).unwrap(), bytes);
}

#[test]
fn an_upload_of_which_only_the_last_word_was_lost_is_not_sent_again() {
    let there = AtomicUsize::new(0);
    let peer = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, _| match verb {
        "STOR" => {
            dialogue.say("150 send it")?;
            let mut bytes = Vec::new();
            dialogue.accept()?.read_to_end(&mut bytes)?;
            there.store(bytes.len(), Ordering::SeqCst);
            Err(io::ErrorKind::ConnectionAborted.into())
        }
        "SIZE" if there.load(Ordering::SeqCst) > 0 => {
            dialogue.say(&format!("213 {}", there.load(Ordering::SeqCst))).map(|()| true)
        }
        _ => Ok(false),
    });
    let ended = put(&peer, "2").expect(0);
    assert!(ended.stdout.contains("\"done\""), "{}", ended.stdout);
    assert_eq!(peer.count("STOR"), 1, "{:?}", peer.heard());
}

#[test]
fn an_empty_file_that_broke_off_is_still_our_own() {
    let stores = AtomicUsize::new(0);
    let peer = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, _| match verb {
        "STOR" => {
            dialogue.say("150 send it")?;
            dialogue.accept()?.read_to_end(&mut Vec::new())?;
            if stores.fetch_add(1, Ordering::SeqCst) == 0 {
                return Err(io::ErrorKind::ConnectionAborted.into());
            }
            dialogue.say("226 stored").map(|()| true)
        }
        "SIZE" if stores.load(Ordering::SeqCst) > 0 => dialogue.say("213 0").map(|()| true),
        _ => Ok(false),
    });
    let ended = put_bytes(&peer, b"", "2").expect(0);
    assert!(ended.stdout.contains("\"done\"") && !ended.stdout.contains("\"skipped\""), "{}", ended.stdout);
    assert_eq!(peer.count("STOR"), 2, "{:?}", peer.heard());
}

#[test]
fn a_server_that_makes_no_data_connection_any_more_is_connected_to_again() {
    // Such as one that knows this machine by another address, after it has moved to another network.
    let logins = AtomicUsize::new(0);
    let peer = Peer::start(move |dialogue| {
        let old = logins.fetch_add(1, Ordering::SeqCst) == 0;
        dialogue.say("220 ready")?;
        dialogue.serve(&world(&content()), |dialogue, verb, _| match verb {
            "RETR" if old => dialogue.say("425 Bad IP connecting.").map(|()| true),
            _ => Ok(false),
        })
    });
    let ended = get(tempfile::tempdir().unwrap(), &peer, "2").expect(0);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), content());
    assert_eq!(peer.count("USER"), 2, "{:?}", peer.heard());
}

/// Such as on a full disk: the numbers of a folder's rows come from the journal.
#[test]
fn a_folder_whose_files_get_no_numbers_is_not_done() {
    let folder = b"drwxr-xr-x 1 u g 4096 Jan 01  2020 tree\r\n";
    let lines: String = (0..20_000).map(|n| format!("-rw-r--r-- 1 u g 1 Jan 01  2020 f{n}\r\n")).collect();
    let world = World::list(&[("/", folder), ("/tree/", lines.as_bytes())]);
    let home = tempfile::tempdir().unwrap();
    let database = home.path().join("data/longshore/queue.db");
    let (unlock, locked) = std::sync::mpsc::channel::<()>();
    let locked = std::sync::Mutex::new(Some(locked));
    let peer = Peer::except(world, move |_, verb, _| {
        if verb == "LIST"
            && let Some(locked) = locked.lock().unwrap().take()
        {
            // The folder's own row is written by then.
            thread::sleep(Duration::from_millis(500));
            let journal = rusqlite::Connection::open(&database).unwrap();
            journal.execute_batch("BEGIN IMMEDIATE").unwrap();
            thread::spawn(move || {
                let _ = locked.recv();
                drop(journal);
            });
        }
        Ok(false)
    });
    let ended = run_in(home, &["get", &peer.url("tree"), "--timeout", "3", "--retries", "0"]).expect(1);
    assert!(ended.stderr.contains("Could not transfer all of /tree"), "{}", ended.stderr);
    drop(unlock);
    thread::sleep(Duration::from_millis(100));
    let left = run_in(ended.home, &["queue", "--json"]).expect(0);
    assert!(left.stdout.contains("/tree"), "{}", left.stdout);
}
