//! What is on the other side already, and is not ours: it is neither replaced nor deleted where nobody asked for that, and
//! nothing counts as done that is another file.
#![allow(clippy::unwrap_used)]

mod peer;

use std::fs;
use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use peer::{Ended, Peer, World, run_in};

const HURRIED: [&str; 2] = ["--timeout", "3"];

/// Puts `files` to the root of a server, or the folder `up` with them in it.
fn put(peer: &Peer, files: &[(&str, &[u8])], options: &[&str]) -> Ended {
    let home = tempfile::tempdir().unwrap();
    let target = home.path().join("target");
    let mut arguments = vec!["put"];
    for (name, bytes) in files {
        let path = target.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        arguments.push(name.split('/').next().unwrap());
    }
    arguments.dedup();
    let url = peer.url("");
    run_in(home, &[&arguments[..], &[&url, "--json"], &HURRIED, options].concat())
}

/// Gets `file`, of which `here` is there already.
fn get(peer: &Peer, here: &[u8], options: &[&str]) -> Ended {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("target")).unwrap();
    fs::write(home.path().join("target/file"), here).unwrap();
    run_in(home, &[&["get", &peer.url("file"), "--json"], &HURRIED[..], options].concat())
}

fn world(bytes: &[u8]) -> World {
    let line = format!("-rw-r--r-- 1 u g {} Jan 01  2020 file\r\n", bytes.len());
    World::list(&[("/", line.as_bytes()), ("/file", bytes)])
}

/// A file that no listing shows, and that may not be replaced.
#[test]
fn what_the_server_refuses_to_replace_is_not_deleted() {
    for refusal in ["553 Could not create file.", "450 busy"] {
        let folder = b"drwxr-xr-x 1 u g 4096 Jan 01  2020 up\r\n";
        let peer = Peer::except(World::list(&[("/", folder), ("/up/", b"")]), move |dialogue, verb, _| match verb {
            "STOR" => {
                let _ = dialogue.accept()?.read(&mut [0; 100])?;
                dialogue.say(refusal).map(|()| true)
            }
            _ => Ok(false),
        });
        let ended = put(&peer, &[("up/name", &[b'x'; 300_000])], &["--if-exists", "skip", "--retries", "0"]).expect(1);
        assert!(ended.stderr.contains(&refusal[..3]), "{}", ended.stderr);
        assert!(peer.heard_verb("STOR") && !peer.heard_verb("DELE"), "{:?}", peer.heard());
    }
}

#[test]
fn a_folder_that_was_removed_meanwhile_is_made_again() {
    let there = AtomicBool::new(true);
    let stores = AtomicUsize::new(0);
    let folder = b"drwxr-xr-x 1 u g 4096 Jan 01  2020 up\r\n";
    let peer = Peer::except(World::list(&[("/", folder), ("/up/", b"")]), move |dialogue, verb, argument| {
        let is_there = there.load(Ordering::SeqCst);
        match verb {
            "STOR" if !is_there => {
                let _ = dialogue.accept()?.read(&mut [0; 100])?;
                dialogue.say("553 Could not create file.").map(|()| true)
            }
            "STOR" => {
                // Behind the first file somebody removes the folder.
                there.store(stores.fetch_add(1, Ordering::SeqCst) > 0, Ordering::SeqCst);
                Ok(false)
            }
            "CWD" if argument.contains("up") && !is_there => dialogue.say("550 no such directory").map(|()| true),
            "MKD" => {
                there.store(true, Ordering::SeqCst);
                dialogue.say("257 made").map(|()| true)
            }
            _ => Ok(false),
        }
    });
    put(&peer, &[("up/a", b"1"), ("up/b", b"22"), ("up/c", b"333")], &["-j", "1", "--retries", "0"]).expect(0);
    assert_eq!(peer.count("MKD"), 1, "{:?}", peer.heard());
}

#[test]
fn an_empty_file_that_a_failed_data_connection_has_left_is_ours() {
    let stores = AtomicUsize::new(0);
    let peer = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, _| match verb {
        "STOR" if stores.fetch_add(1, Ordering::SeqCst) == 0 => {
            dialogue.say("150 send it")?;
            drop(dialogue.accept()?);
            dialogue.say("425 no data connection").map(|()| true)
        }
        "SIZE" if stores.load(Ordering::SeqCst) > 0 => dialogue.say("213 0").map(|()| true),
        _ => Ok(false),
    });
    let ended = put(&peer, &[("name", b"")], &["--if-exists", "skip", "--retries", "1"]);
    assert!(!ended.stdout.contains("\"skipped\""), "{} {}", ended.stdout, ended.stderr);
    assert_eq!(peer.count("STOR"), 2, "{:?}", peer.heard());
}

/// A server that knows no SIZE, no MDTM and no MLST says nothing about one file, but lists it.
#[test]
fn what_a_server_cannot_say_of_one_file_its_listing_says() {
    let peer = Peer::except(world(b"theirs"), |dialogue, verb, _| match verb {
        "FEAT" | "SIZE" | "MDTM" | "MLST" => dialogue.say("500 unknown command").map(|()| true),
        _ => Ok(false),
    });
    let ended = put(&peer, &[("file", b"ours")], &["--if-exists", "skip"]);
    assert!(ended.stdout.contains("\"skipped\""), "{} {}", ended.stdout, ended.stderr);
    assert!(!peer.heard_verb("STOR"), "{:?}", peer.heard());
    put(&peer, &[("other", b"ours")], &["--if-exists", "skip"]).expect(0);
    assert!(peer.heard_verb("STOR"), "{:?}", peer.heard());
}

#[test]
fn a_file_that_is_as_long_is_not_the_same() {
    for (here, there, status) in [(b"aaaa", b"bbbb", 1), (b"aaaa", b"aaaa", 0)] {
        let peer = Peer::honest(world(there));
        let ended = get(&peer, here, &["--if-exists", "resume", "--retries", "0"]).expect(status);
        assert_eq!(fs::read(ended.target().join("file")).unwrap(), here);
        let ended = put(&peer, &[("file", here)], &["--if-exists", "resume", "--retries", "0"]).expect(status);
        assert!(!peer.heard_verb("STOR") && (status == 0 || ended.stderr.contains("another one")), "{}", ended.stderr);
    }
}

#[test]
fn text_is_not_gone_on_with_over_another_file() {
    let peer = Peer::honest(world(b"a\r\nb\r\nc\r\n"));
    let ended = get(&peer, b"MINE\n", &["--if-exists", "resume", "--ascii", "--retries", "0"]).expect(1);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"MINE\n");
    put(&peer, &[("file", b"MINE\n")], &["--if-exists", "resume", "--ascii", "--retries", "0"]).expect(1);
    assert!(!peer.heard_verb("STOR") && !peer.heard_verb("RETR"), "{:?}", peer.heard());
}

/// Such as a log: each attempt brings more than the one before, and none is the file.
#[test]
fn a_file_that_grows_is_not_fetched_for_ever() {
    let bytes = vec![b'l'; 30 << 20];
    let length = Mutex::new(2 << 20);
    let peer = Peer::except(world(&bytes[..2 << 20]), move |dialogue, verb, _| {
        let mut length = length.lock().unwrap();
        match verb {
            "RETR" => {
                *length += 1 << 20;
                dialogue.transfer(&bytes[dialogue.restart..*length])?;
                *length += 1 << 20;
                Ok(true)
            }
            "SIZE" => dialogue.say(&format!("213 {length}")).map(|()| true),
            _ => Ok(false),
        }
    });
    let home = tempfile::tempdir().unwrap();
    run_in(home, &["get", &peer.url("file"), "--timeout", "3", "--retries", "1"]).expect(1);
    assert_eq!(peer.count("RETR"), 2, "{:?}", peer.heard());
}

/// Many servers let nobody delete what lies in the root, such as a link to the folder of a web site.
#[test]
fn what_a_link_leads_to_is_not_deleted_with_it() {
    let root = b"lrwxrwxrwx 1 u g 3 Jan 01  2020 web -> /in\r\n";
    let file = b"-rw-r--r-- 1 u g 1 Jan 01  2020 precious\r\n";
    let world = World::list(&[("/", root), ("/web/", file), ("/web/precious", b"x")]);
    let peer = Peer::except(world, |dialogue, verb, argument| match verb {
        "DELE" | "RMD" => {
            let reply = if argument.ends_with("web") { "550 Permission denied." } else { "250 gone" };
            dialogue.say(reply).map(|()| true)
        }
        _ => Ok(false),
    });
    run_in(tempfile::tempdir().unwrap(), &["rm", "-r", &peer.url("web"), "--timeout", "3"]).expect(1);
    assert!(
        !peer.heard().iter().any(|line| line.starts_with("DELE") && line.contains("precious")),
        "{:?}",
        peer.heard()
    );
}

/// A listing with a line that cannot be read does not say that a file is not there.
#[test]
fn what_stands_in_a_line_that_nobody_can_read_is_not_overwritten() {
    let folder = b"drwxr-xr-x 1 u g 4096 Jan 01  2020 up\r\n";
    for line in ["-rw-r--r-- 1 u g 6 Foo 99  2020 x\r\n", "-rw-r--r-- 1 u g 6 Jan 01  99999 x\r\n"] {
        let listing = format!("-rw-r--r-- 1 u g 6 Jan 01  2020 a\r\n{line}");
        let world = World::list(&[("/", folder), ("/up/", listing.as_bytes()), ("/up/x", b"theirs")]);
        let peer = Peer::honest(world);
        let ended = put(&peer, &[("up/x", b"ours")], &["--if-exists", "skip"]);
        assert!(ended.stdout.contains("\"skipped\""), "{} {}", ended.stdout, ended.stderr);
        assert!(!peer.heard_verb("STOR"), "{:?}", peer.heard());
    }
}

/// It was stored under another name, or not at all.
#[test]
fn what_the_server_does_not_have_is_not_done() {
    let listing = b"-rw-r--r-- 1 u g 4 Jan 01  2020 other\r\n";
    for (world, status) in [
        (World::list(&[("/", listing), ("/other", b"ours")]), 1),
        // A folder that takes files and shows none.
        (World::list(&[("/", b"")]), 0),
    ] {
        let ended = put(&Peer::honest(world), &[("file", b"ours")], &["--retries", "0"]).expect(status);
        let said = ended.stderr.contains("does not have it under this name");
        assert_eq!(said, status == 1, "{} {}", ended.stdout, ended.stderr);
    }
}

#[test]
fn what_the_server_says_to_have_renamed_and_has_not_is_not_done() {
    let peer = that_renames(&[("RNFR", "350 to what"), ("RNTO", "250 renamed")]);
    let ended = with_temporary_names(&peer, b"ours").expect(1);
    assert!(ended.stderr.contains("and has not"), "{}", ended.stderr);
    assert!(!peer.heard_verb("DELE"), "{:?}", peer.heard());
}

#[test]
fn what_is_there_is_not_deleted_for_a_server_that_cannot_rename() {
    let peer = that_renames(&[("RNFR", "502 no RNFR here")]);
    let ended = with_temporary_names(&peer, b"ours").expect(1);
    assert!(ended.stderr.contains("502"), "{}", ended.stderr);
    assert!(!peer.heard_verb("DELE"), "{:?}", peer.heard());
}

/// A server with an old `file` that takes a new one of four bytes, and answers what is to rename it with `replies`.
fn that_renames(replies: &'static [(&str, &str)]) -> Peer {
    let stored = AtomicBool::new(false);
    Peer::except(world(b"their old one"), move |dialogue, verb, argument| match verb {
        "STOR" => {
            stored.store(true, Ordering::SeqCst);
            Ok(false)
        }
        "SIZE" if argument.contains(".filepart") && stored.load(Ordering::SeqCst) => {
            dialogue.say("213 4").map(|()| true)
        }
        _ => match replies.iter().find(|(asked, _)| *asked == verb) {
            Some((_, reply)) => dialogue.say(reply).map(|()| true),
            None => Ok(false),
        },
    })
}

/// Puts `file` over what is there, by a temporary name.
fn with_temporary_names(peer: &Peer, bytes: &[u8]) -> Ended {
    let home = tempfile::tempdir().unwrap();
    let (target, folder) = (home.path().join("target"), home.path().join("config/longshore"));
    fs::create_dir_all(&target).unwrap();
    fs::create_dir_all(&folder).unwrap();
    fs::write(target.join("file"), bytes).unwrap();
    let port = peer.url("").rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
    let site = format!(
        "[[site]]\nname = \"S\"\nhost = \"127.0.0.1\"\nport = {port}\nlogin = \"anonymous\"\nsecurity = \"never\"\n\
         temporary_names = true\n"
    );
    fs::write(folder.join("sites.toml"), site).unwrap();
    let options = ["--site", "S", "--if-exists", "overwrite", "--retries", "0", "--json"];
    run_in(home, &[&["put", "file", "/"], &options[..], &HURRIED].concat())
}

/// Most programs save by putting another file in the place of the old one.
#[test]
fn a_file_that_is_replaced_while_it_is_sent_is_not_done() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("target/file");
    fs::create_dir(home.path().join("target")).unwrap();
    fs::write(&path, vec![b'o'; 300_000]).unwrap();
    let stores = AtomicUsize::new(0);
    let peer = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, _| match verb {
        "STOR" => {
            stores.fetch_add(1, Ordering::SeqCst);
            dialogue.say("150 send it")?;
            let mut data = dialogue.accept()?;
            data.read_exact(&mut [0; 100])?;
            fs::write(path.with_extension("new"), vec![b'n'; 300_000])?;
            fs::rename(path.with_extension("new"), &path)?;
            std::io::copy(&mut data, &mut std::io::sink())?;
            dialogue.say("226 stored").map(|()| true)
        }
        "SIZE" if stores.load(Ordering::SeqCst) > 0 => dialogue.say("213 300000").map(|()| true),
        _ => Ok(false),
    });
    let ended = run_in(home, &[&["put", "file", &peer.url(""), "--json"], &HURRIED[..]].concat()).expect(1);
    assert!(ended.stderr.contains("changed while it was being sent"), "{}", ended.stderr);
    assert_eq!(peer.count("STOR"), 1, "whether it is sent again is for a person to say: {:?}", peer.heard());
}

/// ProFTPD and Pure-FTPd say the size of the link itself.
#[test]
fn what_is_said_of_a_link_is_not_the_size_of_its_file() {
    let listing = b"type=OS.unix=symlink;modify=20200101000000;size=8; l\r\n";
    let world = World::mlsd(&[("/", listing), ("/l", b"longer content")]);
    let peer = Peer::except(world, |dialogue, verb, _| match verb {
        "MLST" => dialogue
            .say("250-here\r\n type=OS.unix=slink:file;modify=20200101000000;size=8; /l\r\n250 end")
            .map(|()| true),
        _ => Ok(false),
    });
    for what in ["", "l"] {
        let home = tempfile::tempdir().unwrap();
        let ended = run_in(home, &[&["get", &peer.url(what), "--json", "--retries", "0"], &HURRIED[..]].concat());
        let ended = ended.expect(0);
        assert!(ended.stdout.contains("\"bytes\":14,"), "{}", ended.stdout);
    }
}

/// pyftpdlib shows links as the folders that they lead to.
#[test]
fn a_link_that_looks_like_a_folder_does_not_lead_back_for_ever() {
    let inside = |unique: u8| {
        format!(
            "type=dir;unique=1u{unique};modify=20200101000000; loop\r\ntype=file;unique=9;modify=20200101000000;size=1; f\r\n"
        )
    };
    let (top, below) = ("type=dir;unique=1u7;modify=20200101000000; lp\r\n", inside(7));
    let peer = Peer::except(World::mlsd(&[("/", top.as_bytes())]), move |dialogue, verb, argument| match verb {
        "CWD" if argument.contains("loop") || argument.contains("lp") => {
            dialogue.directory = format!("{}/", dialogue.path(argument).trim_end_matches('/'));
            dialogue.say("250 there").map(|()| true)
        }
        "MLSD" if dialogue.directory.contains("lp") => dialogue.transfer(below.as_bytes()).map(|()| true),
        "RETR" => dialogue.transfer(b"x").map(|()| true),
        _ => Ok(false),
    });
    let home = tempfile::tempdir().unwrap();
    let ended = run_in(home, &[&["get", &peer.url("lp"), "--json", "--retries", "0"], &HURRIED[..]].concat()).expect(1);
    assert!(ended.stderr.contains("loop"), "{}", ended.stderr);
    assert!(peer.count("MLSD") <= 4, "{:?}", peer.heard());
}

#[test]
fn a_small_file_that_is_no_beginning_is_not_replaced() {
    let bytes = vec![b's'; 5000];
    let peer = Peer::honest(world(&bytes));
    let resume = ["--if-exists", "resume", "--retries", "0"];
    let ended = get(&peer, b"my own notes", &resume).expect(1);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"my own notes");
    assert!(ended.stderr.contains("not the beginning"), "{}", ended.stderr);
    let ended = get(&peer, &bytes[..2000], &resume).expect(0);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), bytes);
    assert!(ended.stdout.contains("\"resumed_from\":2000,"), "{}", ended.stdout);
}

/// A firewall that lets one connection through: what waits for others that never come goes over it.
#[test]
fn rows_do_not_wait_for_connections_while_another_is_free() {
    let names: Vec<String> = (0..6).map(|number| format!("f{number}")).collect();
    let line = |name: &String| format!("-rw-r--r-- 1 u g 1 Jan 01  2020 {name}\r\n");
    let paths: Vec<String> = names.iter().map(|name| format!("/up/{name}")).collect();
    let listing = names.iter().map(line).collect::<String>();
    let folder = b"drwxr-xr-x 1 u g 4096 Jan 01  2020 up\r\n";
    let mut nodes: Vec<(&str, &[u8])> = vec![("/", folder), ("/up/", listing.as_bytes())];
    nodes.extend(paths.iter().map(|path| (path.as_str(), &b"x"[..])));
    let (world, count) = (World::list(&nodes), Arc::new(AtomicUsize::new(0)));
    let counted = count.clone();
    let peer = Peer::start(move |dialogue| {
        if counted.fetch_add(1, Ordering::SeqCst) > 0 {
            return dialogue.ignore();
        }
        dialogue.say("220 ready")?;
        dialogue.serve(&world, |_, _, _| Ok(false))
    });
    let home = tempfile::tempdir().unwrap();
    let options = ["--json", "-j", "4", "--retries", "0", "--timeout", "10"];
    run_in(home, &[&["get", &peer.url("up")], &options[..]].concat()).expect(0);
    assert!(count.load(Ordering::SeqCst) > 1, "there was something to wait for");
}
