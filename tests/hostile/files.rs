//! What becomes of files: never one outside the target folder, never a half one that looks whole.

use std::fs;
use std::io::{self, Write};
use std::net::Shutdown;
use std::thread;
use std::time::Duration;

use super::peer::{Dialogue, Peer, World, run, run_in};
use super::{HURRIED, file_of, get};

/// Names in a tree that is fetched as a whole.
#[test]
fn names_never_leave_the_target_folder() {
    let names: [&[u8]; 14] = [
        b"../escaped",
        b"/tmp/longshore-escaped",
        b"a/escaped",
        b"..",
        b"good/../../escaped",
        b"..\\escaped",
        b"C:\\escaped",
        b"C:escaped",
        b"nul\0escaped",
        b"cr\rescaped",
        b"lf\nescaped",
        b"crlf\r\nescaped",
        b"",
        b"\xf4\x8f\xb8\xaf/escaped",
    ];
    for mlsd in [true, false] {
        let line = |directory: bool, name: &[u8]| {
            let head = match (mlsd, directory) {
                (true, true) => "type=dir; ",
                (true, false) => "type=file;size=5; ",
                (false, true) => "drwxr-xr-x 1 u g 5 Jan 01  2020 ",
                (false, false) => "-rw-r--r-- 1 u g 5 Jan 01  2020 ",
            };
            [head.as_bytes(), name, b"\r\n"].concat()
        };
        let mut listing = [line(false, b"good"), line(true, b"folder")].concat();
        for name in names {
            listing.extend([line(false, name), line(true, name)].concat());
        }
        let empty: &[u8] = b"";
        let nodes = [("/", &line(true, b"tree")[..]), ("/tree/", &listing), ("/tree/folder/", empty)];
        let mut world = if mlsd { World::mlsd(&nodes) } else { World::list(&nodes) };
        world.nodes.insert("/tree/good".into(), b"hello".to_vec());
        // Whatever it is asked for, it has.
        let giving = Peer::except(world, |dialogue, verb, argument| match verb {
            "RETR" if argument.contains("escaped") => dialogue.transfer(b"pwned").map(|()| true),
            "SIZE" if argument.contains("escaped") => dialogue.say("213 5").map(|()| true),
            "CWD" if argument.contains("escaped") || argument.contains("..") => {
                dialogue.say("250 there").map(|()| true)
            }
            _ => Ok(false),
        });
        let ended = get(&giving, "tree").expect(1);
        let tree = ended.tree();
        // The rest of a name behind CR LF is a line of its own, which LIST alone cannot tell from an honest one; here it
        // is no entry in either grammar.
        assert_eq!(tree, ["tree/", "tree/folder/", "tree/good"], "mlsd: {mlsd}\n{}", ended.transcript);
        assert_eq!(fs::read(ended.target().join("tree/good")).unwrap(), b"hello");
        assert!(!std::path::Path::new("/tmp/longshore-escaped").exists());
        let beside = fs::read_dir(ended.home.path()).unwrap().map(|entry| entry.unwrap().file_name());
        let beside: Vec<_> = beside.filter(|name| name.to_string_lossy().contains("escaped")).collect();
        assert!(beside.is_empty(), "{beside:?}");
    }
}

/// A link on this machine, or one that the listing tells of, leads nowhere.
#[cfg(unix)]
#[test]
fn links_are_not_followed_out_of_the_target_folder() {
    let home = tempfile::tempdir().unwrap();
    let outside = home.path().join("outside");
    fs::create_dir_all(home.path().join("target/tree")).unwrap();
    fs::create_dir(&outside).unwrap();
    std::os::unix::fs::symlink(&outside, home.path().join("target/tree/folder")).unwrap();
    std::os::unix::fs::symlink(outside.join("file"), home.path().join("target/tree/file")).unwrap();
    let world = World::list(&[
        ("/", b"drwxr-xr-x 1 u g 5 Jan 01  2020 tree\r\n"),
        (
            "/tree/",
            b"drwxr-xr-x 1 u g 5 Jan 01  2020 folder\r\n-rw-r--r-- 1 u g 5 Jan 01  2020 file\r\n\
              lrwxrwxrwx 1 u g 4 Jan 01  2020 link -> /etc\r\n",
        ),
        ("/tree/folder/", b"-rw-r--r-- 1 u g 5 Jan 01  2020 inside\r\n"),
        ("/tree/folder/inside", b"pwned"),
        ("/tree/file", b"pwned"),
    ]);
    let peer = Peer::honest(world);
    let url = peer.url("tree");
    let arguments = [&["get", &url, "--if-exists", "overwrite"], &HURRIED[..]].concat();
    let ended = run_in(home, &arguments);
    let found: Vec<_> = fs::read_dir(&outside).unwrap().collect();
    assert!(found.is_empty(), "{found:?}\n{}", ended.transcript);
    assert!(!ended.target().join("tree/link").is_symlink());
}

/// Names on this machine that no command can hold: the others are sent all the same.
#[cfg(unix)]
#[test]
fn names_that_cannot_be_sent_do_not_hold_up_the_others() {
    let home = tempfile::tempdir().unwrap();
    let tree = home.path().join("target/tree");
    fs::create_dir_all(&tree).unwrap();
    for name in ["good", "bad\r\nDELE good", "bad\nDELE good", "bad\rDELE good"] {
        fs::write(tree.join(name), b"hello").unwrap();
    }
    let peer = Peer::except(World::list(&[("/", b""), ("/tree/", b"")]), |dialogue, verb, _| match verb {
        "SIZE" => dialogue.say("213 5").map(|()| true),
        _ => Ok(false),
    });
    let url = peer.url("");
    run_in(home, &[&["put", "tree", &url, "--if-exists", "overwrite"], &HURRIED[..]].concat()).expect(1);
    assert!(
        peer.heard().iter().any(|line| line.ends_with("tree/good") && line.starts_with("STOR")),
        "{:?}",
        peer.heard()
    );
    assert!(!peer.heard_verb("DELE"), "{:?}", peer.heard());
}

/// Replies and data in an unusual order, which are nobody's fault.
#[test]
fn the_end_of_a_transfer_in_any_order() {
    let early = Peer::except(file_of(b"hello"), |dialogue, verb, _| {
        if verb != "RETR" {
            return Ok(false);
        }
        dialogue.say("150 here\r\n226 done")?;
        let mut data = dialogue.accept()?;
        thread::sleep(Duration::from_millis(300));
        data.write_all(b"hello").map(|()| true)
    });
    let ended = get(&early, "file").expect(0);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"hello");

    // The same, and meanwhile the control connection ends, with a word or without.
    for word in ["226 done", "226 done\r\n421 idle for too long"] {
        let leaving = Peer::except(file_of(&[b'x'; 50_000]), move |dialogue, verb, _| {
            if verb != "RETR" {
                return Ok(false);
            }
            dialogue.say("150 here")?;
            let mut data = dialogue.accept()?;
            data.write_all(&[b'x'; 20_000])?;
            dialogue.say(word)?;
            dialogue.stream.shutdown(Shutdown::Both)?;
            thread::sleep(Duration::from_millis(300));
            data.write_all(&[b'x'; 30_000]).map(|()| true)
        });
        let ended = get(&leaving, "file").expect(0);
        assert_eq!(fs::read(ended.target().join("file")).unwrap(), [b'x'; 50_000]);
        assert_eq!(leaving.count("RETR"), 1, "{word:?}: {}", ended.transcript);
    }

    // Nothing to send: 226 at once, and the data connection is never made.
    let empty = Peer::except(file_of(b""), |dialogue, verb, _| match verb {
        "RETR" => dialogue.say("226 it is empty").map(|()| true),
        _ => Ok(false),
    });
    let ended = run(&[&["get", &empty.url("file"), "--mode", "active"], &HURRIED[..]].concat()).expect(0);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"");

    let plain = get(&Peer::honest(file_of(b"")), "file").expect(0);
    assert_eq!(fs::read(plain.target().join("file")).unwrap(), b"");
}

/// A firewall that takes EPSV for an attack and cuts the connection.
#[test]
fn epsv_that_ends_the_connection_is_asked_once() {
    let cutting = Peer::except(file_of(b"hello"), |dialogue, verb, _| match verb {
        "EPSV" => Err(io::ErrorKind::ConnectionAborted.into()),
        "PASV" => {
            let port = dialogue.listen()?;
            dialogue.say(&format!("227 here (127,0,0,1,{},{})", port >> 8, port & 255)).map(|()| true)
        }
        _ => Ok(false),
    });
    let ended = get(&cutting, "file").expect(0);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"hello");
    assert_eq!((cutting.count("EPSV"), cutting.count("PASV")), (1, 1), "{}", ended.transcript);
}

/// MLSD that is announced, and sends what no MLSD sends, or refuses.
#[test]
fn mlsd_that_is_not_what_it_says() {
    type Way = fn(&mut Dialogue) -> io::Result<()>;
    let ways: [(&str, Way); 4] = [
        ("lines of LIST", |dialogue| dialogue.transfer(b"drwxr-xr-x 1 u g 5 Jan 01  2020 folder\r\n")),
        ("lines of nothing", |dialogue| dialogue.transfer(b"total 5\r\nfile|5\r\n")),
        ("550", |dialogue| dialogue.say("550 MLSD failed")),
        ("550 behind the data", |dialogue| {
            dialogue.say("150 here")?;
            drop(dialogue.accept()?);
            dialogue.say("550 MLSD failed")
        }),
    ];
    for (name, way) in ways {
        let nodes: [(&str, &[u8]); 4] = [
            ("/", b"drwxr-xr-x 1 u g 5 Jan 01  2020 tree\r\n"),
            ("/tree/", b"drwxr-xr-x 1 u g 5 Jan 01  2020 folder\r\n"),
            ("/tree/folder/", b"-rw-r--r-- 1 u g 5 Jan 01  2020 file\r\n"),
            ("/tree/folder/file", b"hello"),
        ];
        let broken = Peer::except(World::list(&nodes), move |dialogue, verb, _| match verb {
            "FEAT" => dialogue.say("211-has\r\n MLST type*;size*;\r\n SIZE\r\n EPSV\r\n211 end").map(|()| true),
            "MLSD" => way(dialogue).map(|()| true),
            _ => Ok(false),
        });
        let ended = run(&[&["get", &broken.url("tree"), "-j", "1"], &HURRIED[..]].concat()).expect(0);
        assert_eq!(ended.tree(), ["tree/", "tree/folder/", "tree/folder/file"], "{name}: {}", ended.transcript);
        assert_eq!(broken.count("MLSD"), 1, "{name}: {}", ended.transcript);
    }
}

/// Whatever is not proved to be whole never has the final name.
#[test]
fn half_files_never_look_whole() {
    type Way = fn(&mut Dialogue) -> io::Result<()>;
    let ways: [(&str, Way); 9] = [
        ("no end of it", |dialogue| dialogue.transfer_endlessly(&[b'x'; 1000])),
        ("226, and an open data connection", |dialogue| {
            dialogue.say("150 here\r\n226 done")?;
            let _open = dialogue.accept()?;
            dialogue.ignore()
        }),
        ("half of it, and 226", |dialogue| dialogue.transfer(&[b'x'; 5000])),
        ("nothing, and 226", |dialogue| dialogue.transfer(b"")),
        ("half of it, and 426", |dialogue| {
            dialogue.say("150 here")?;
            dialogue.accept()?.write_all(&[b'x'; 5000])?;
            dialogue.say("426 broken off")
        }),
        ("all of it, and 550", |dialogue| {
            dialogue.say("150 here")?;
            dialogue.accept()?.write_all(&[b'x'; 10_000])?;
            dialogue.say("550 no such file after all")
        }),
        ("half of it, and no reply", |dialogue| {
            dialogue.say("150 here")?;
            dialogue.accept()?.write_all(&[b'x'; 5000])?;
            dialogue.ignore()
        }),
        ("half of it, and the end of everything", |dialogue| {
            dialogue.say("150 here")?;
            dialogue.accept()?.write_all(&[b'x'; 5000])?;
            Err(io::ErrorKind::ConnectionAborted.into())
        }),
        ("more than it is", |dialogue| dialogue.transfer(&[b'x'; 15_000])),
    ];
    for (what, way) in ways {
        let peer = Peer::except(file_of(&[b'x'; 10_000]), move |dialogue, verb, _| match verb {
            "RETR" => way(dialogue).map(|()| true),
            _ => Ok(false),
        });
        let ended = run(&[&["get", &peer.url("file"), "--json"], &HURRIED[..]].concat()).expect(1);
        assert!(!ended.target().join("file").exists(), "{what}: {:?}", ended.tree());
        assert!(!peer.heard_verb("READ IT ALL"), "{what}");
        assert!(!ended.stdout.contains("\"done\""), "{what}: {}", ended.stdout);
    }
    // A file that is there already stays as it is.
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("target")).unwrap();
    fs::write(home.path().join("target/file"), b"the good old one").unwrap();
    let refusing = Peer::except(file_of(&[b'x'; 10_000]), |dialogue, verb, _| match verb {
        "RETR" => dialogue.say("550 gone").map(|()| true),
        _ => Ok(false),
    });
    let url = refusing.url("file");
    let arguments = [&["get", &url, "--if-exists", "overwrite"], &HURRIED[..]].concat();
    let ended = run_in(home, &arguments).expect(1);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"the good old one");
}

/// A file that is said to be larger than any disk is not begun, and leaves nothing behind.
#[test]
fn a_file_that_fits_nowhere_leaves_no_part() {
    let peer = Peer::except(file_of(b"hello"), |dialogue, verb, _| match verb {
        "SIZE" => dialogue.say("213 4611686018427387904").map(|()| true),
        _ => Ok(false),
    });
    let ended = get(&peer, "file").expect(1);
    assert!(!peer.heard_verb("RETR"), "{:?}", peer.heard());
    assert!(ended.stderr.contains("space"), "{}", ended.stderr);
    assert!(ended.tree().is_empty(), "{:?}", ended.tree());
}

/// All bytes came and the server never says so: if the size is right, it may count; it must not hang, nor leave a lie.
#[test]
fn a_missing_226_does_not_hang() {
    let silent = Peer::except(file_of(b"hello"), |dialogue, verb, _| {
        if verb != "RETR" {
            return Ok(false);
        }
        dialogue.say("150 here")?;
        dialogue.accept()?.write_all(b"hello")?;
        dialogue.ignore().map(|()| true)
    });
    let ended = get(&silent, "file");
    match ended.status {
        0 => assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"hello"),
        1 => assert!(!ended.target().join("file").exists(), "{:?}", ended.tree()),
        other => panic!("{other}: {}", ended.stderr),
    }
}

/// A target that is no regular file is never written to, and never waited for.
#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_the_target_is_left_alone() {
    for name in ["file", "file.part"] {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("target")).unwrap();
        let pipe = home.path().join("target").join(name);
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let peer = Peer::honest(file_of(b"hello"));
        let url = peer.url("file");
        let ended = run_in(home, &[&["get", &url, "--if-exists", "overwrite"], &HURRIED[..]].concat());
        let kind = fs::symlink_metadata(ended.target().join(name)).unwrap().file_type();
        assert!(!kind.is_file() && !kind.is_dir(), "{name}: {kind:?}");
        assert_eq!(ended.status == 0, ended.target().join("file").is_file(), "{name}: {}", ended.stderr);
    }
}

/// The same name twice, and names that differ only in case: nothing is written over silently.
#[test]
fn names_that_collide() {
    let listing = b"-rw-r--r-- 1 u g 5 Jan 01  2020 one\r\n-rw-r--r-- 1 u g 5 Jan 01  2020 one\r\n\
                    drwxr-xr-x 1 u g 5 Jan 01  2020 one\r\n-rw-r--r-- 1 u g 5 Jan 01  2020 two\r\n";
    let world = World::list(&[
        ("/", b"drwxr-xr-x 1 u g 5 Jan 01  2020 tree\r\n"),
        ("/tree/", listing),
        ("/tree/one", b"hello"),
        ("/tree/two", b"world"),
        ("/tree/one/", b""),
    ]);
    let ended = get(&Peer::honest(world), "tree");
    assert_eq!(fs::read(ended.target().join("tree/two")).unwrap(), b"world", "{}", ended.stderr);
    let one = ended.target().join("tree/one");
    assert!(one.is_dir() || fs::read(&one).unwrap() == b"hello", "{:?}", ended.tree());
    assert!(ended.tree().iter().all(|name| !name.ends_with(".part")), "{:?}", ended.tree());
}

/// A file that became shorter or longer since it was listed is whole when the server says so now.
#[test]
fn files_that_change_after_they_were_listed() {
    let world = World::list(&[
        ("/", b"drwxr-xr-x 1 u g 5 Jan 01  2020 tree\r\n"),
        ("/tree/", b"-rw-r--r-- 1 u g 9 Jan 01  2020 shorter\r\n-rw-r--r-- 1 u g 2 Jan 01  2020 longer\r\n"),
        ("/tree/shorter", b"hello"),
        ("/tree/longer", b"world"),
    ]);
    let ended = get(&Peer::honest(world), "tree").expect(0);
    assert_eq!(fs::read(ended.target().join("tree/shorter")).unwrap(), b"hello");
    assert_eq!(fs::read(ended.target().join("tree/longer")).unwrap(), b"world");
}

/// A file that is called as another one's part is.
#[test]
fn a_file_and_one_that_is_called_like_its_part() {
    let line = |name: &str| format!("-rw-r--r-- 1 u g 5 Jan 01  2020 {name}\r\n");
    for names in [["one", "one.part"], ["one.part", "one"]] {
        let listing = names.map(line).concat();
        let world = World::list(&[
            ("/", b"drwxr-xr-x 1 u g 5 Jan 01  2020 tree\r\n"),
            ("/tree/", listing.as_bytes()),
            ("/tree/one", b"hello"),
            ("/tree/one.part", b"world"),
        ]);
        for connections in ["1", "4"] {
            let peer = Peer::except(world.clone(), |_, verb, _| {
                if verb == "RETR" {
                    thread::sleep(Duration::from_millis(200));
                }
                Ok(false)
            });
            let ended = run(&[&["get", &peer.url("tree"), "-j", connections], &HURRIED[..]].concat()).expect(0);
            assert_eq!(fs::read(ended.target().join("tree/one")).unwrap(), b"hello", "{names:?}, {connections}");
            assert_eq!(fs::read(ended.target().join("tree/one.part")).unwrap(), b"world", "{names:?}, {connections}");
            assert_eq!(ended.tree(), ["tree/", "tree/one", "tree/one.part"], "{names:?}, {connections}");
        }
    }
}

/// What was sent is done only when the server has all of it.
#[test]
fn uploads_are_done_when_all_is_there() {
    let put = |peer: &Peer| {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("target")).unwrap();
        fs::write(home.path().join("target/local"), [b'x'; 10_000]).unwrap();
        let url = peer.url("");
        run_in(home, &[&["put", "local", &url, "--json", "--if-exists", "overwrite"], &HURRIED[..]].concat())
    };
    type Way = fn(&mut Dialogue) -> io::Result<()>;
    let ways: [(&str, Way); 4] = [
        ("226, and it has less", |dialogue| {
            dialogue.say("150 send it")?;
            io::copy(&mut dialogue.accept()?, &mut io::sink())?;
            dialogue.say("226 stored")
        }),
        ("552 in the middle", |dialogue| {
            dialogue.say("150 send it")?;
            drop(dialogue.accept()?);
            dialogue.say("552 over quota")
        }),
        ("something is sent back", |dialogue| {
            dialogue.say("150 send it")?;
            let mut data = dialogue.accept()?;
            io::copy(&mut data.try_clone()?, &mut io::sink())?;
            data.write_all(b"surprise")?;
            drop(data);
            dialogue.say("226 stored")
        }),
        ("553 at once", |dialogue| dialogue.say("553 not with this name")),
    ];
    for (what, way) in ways {
        let peer = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, _| match verb {
            "STOR" => way(dialogue).map(|()| true),
            "SIZE" => dialogue.say("213 5000").map(|()| true),
            _ => Ok(false),
        });
        let ended = put(&peer).expect(1);
        assert!(!ended.stdout.contains("\"done\""), "{what}: {}", ended.stdout);
    }
}

/// Where the server computes checksums, they are asked for unasked: one that differs is no file, one that fits proves it.
#[test]
fn a_checksum_that_differs_is_never_done() {
    const RIGHT: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    for (said, proof) in [
        (format!("213 SHA-256 0-4 {RIGHT} file"), Some("checksum")),
        (format!("213 SHA-256 0-4 {} file", "0".repeat(64)), None),
        ("550 not now".to_owned(), Some("size")),
        ("213 MD5 0-4 098f6bcd4621d373cade4e832627b4f6 file".to_owned(), Some("size")),
    ] {
        let reply = said.clone();
        let peer = Peer::except(file_of(b"test"), move |dialogue, verb, _| match verb {
            "FEAT" => dialogue.say("211-has\r\n HASH SHA-256;MD5*\r\n SIZE\r\n EPSV\r\n211 end").map(|()| true),
            "OPTS" => dialogue.say("200 so be it").map(|()| true),
            "HASH" => dialogue.say(&reply).map(|()| true),
            _ => Ok(false),
        });
        let ended = run(&[&["get", &peer.url("file"), "--json"], &HURRIED[..]].concat());
        assert!(peer.heard_verb("OPTS HASH SHA-256") && peer.heard().contains(&"HASH /file".to_owned()), "{said}");
        let ended = ended.expect(if proof.is_some() { 0 } else { 1 });
        let row: serde_json::Value = serde_json::from_str(ended.stdout.lines().next().unwrap()).unwrap();
        assert_eq!(row["proof"], proof.unwrap_or("none"), "{said}: {row}");
        assert_eq!(ended.target().join("file").exists(), proof.is_some(), "{said}");
        if proof.is_none() {
            assert!(row["error"].as_str().unwrap().contains("the SHA-256 on the server is 0000"), "{row}");
        }
    }
}

/// What the server has of a file is compared before more is added, and added by APPE where REST is not known.
#[test]
fn an_upload_goes_on_behind_what_is_its_beginning() {
    let whole = [b'x'; 200_000];
    let put = |world: &World, knows_rest: bool| {
        let peer = Peer::except(world.clone(), move |dialogue, verb, argument| match (verb, argument) {
            ("REST", "0") => Ok(false),
            ("REST", _) if !knows_rest => dialogue.say("502 REST is not known").map(|()| true),
            ("RETR", _) if !knows_rest => dialogue.say("550 nobody may read here").map(|()| true),
            ("APPE", _) => {
                dialogue.say("150 send it")?;
                let count = io::copy(&mut dialogue.accept()?, &mut io::sink())?;
                dialogue.say(&format!("226 {count} bytes were added")).map(|()| true)
            }
            _ => Ok(false),
        });
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("target")).unwrap();
        fs::write(home.path().join("target/file"), whole).unwrap();
        let (url, options) = (peer.url(""), ["--json", "--if-exists", "resume"]);
        (run_in(home, &[&["put", "file", &url], &options[..], &HURRIED[..]].concat()), peer)
    };
    let line = b"-rw-r--r-- 1 u g 150000 Jan 01 2020 file\r\n";
    let other = World::list(&[("/", line), ("/file", &[b'y'; 150_000])]);
    let (ended, peer) = put(&other, true);
    assert!(ended.expect(1).stdout.contains("not the beginning"), "somebody's other file is left alone");
    assert!(!peer.heard_verb("STOR") && !peer.heard_verb("APPE"), "{:?}", peer.heard());
    let same = World::list(&[("/", line), ("/file", &[b'x'; 150_000])]);
    let (_, peer) = put(&same, true);
    assert!(peer.heard().contains(&"REST 150000".to_owned()) && peer.heard_verb("STOR"), "{:?}", peer.heard());
    let (ended, peer) = put(&same, false);
    assert!(peer.heard_verb("APPE /FILE"), "{:?} {}", peer.heard(), ended.stdout);
}

/// A server may store a file under another name, and say so: that name means nothing here.
#[test]
fn a_name_that_the_server_suggests_is_not_used() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("target")).unwrap();
    fs::write(home.path().join("target/local"), b"hello").unwrap();
    let peer = Peer::except(World::list(&[("/", b"")]), |dialogue, verb, _| match verb {
        "STOR" => {
            dialogue.say("150 FILE: ../../suggested")?;
            io::copy(&mut dialogue.accept()?, &mut io::sink())?;
            dialogue.say("226 stored as ../../suggested").map(|()| true)
        }
        "SIZE" => dialogue.say("213 5").map(|()| true),
        _ => Ok(false),
    });
    let url = peer.url("");
    let ended = run_in(home, &[&["put", "local", &url, "--if-exists", "overwrite"], &HURRIED[..]].concat()).expect(0);
    assert!(!peer.heard().iter().any(|line| line.contains("suggested")), "{:?}", peer.heard());
    assert_eq!(ended.tree(), ["local"]);
}
