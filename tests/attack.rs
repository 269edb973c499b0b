//! Servers that do several things wrong at once, against every subcommand: each run ends soon, with the status that its end
//! deserves, and nothing is deleted, renamed, stored or written that nobody asked for.
#![allow(clippy::unwrap_used)]

mod peer;

use std::fs;
use std::io::{self, Read, Write};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use peer::{Dialogue, Peer, World, run, run_in};

const HURRIED: [&str; 4] = ["--timeout", "2", "--retries", "0"];

fn hurried(arguments: &[&str]) -> peer::Ended {
    run(&[arguments, &HURRIED[..]].concat())
}

fn line(mlsd: bool, directory: bool, name: &str) -> String {
    match (mlsd, directory) {
        (true, true) => format!("type=dir; {name}\r\n"),
        (true, false) => format!("type=file;size=5; {name}\r\n"),
        (false, true) => format!("drwxr-xr-x 1 u g 5 Jan 01  2020 {name}\r\n"),
        (false, false) => format!("-rw-r--r-- 1 u g 5 Jan 01  2020 {name}\r\n"),
    }
}

fn file_of(bytes: &[u8]) -> World {
    let line = format!("-rw-r--r-- 1 u g {} Jan 01 2020 file\r\n", bytes.len());
    World::list(&[("/", line.as_bytes()), ("/file", bytes)])
}

/// Names that lead elsewhere are not followed when a tree is deleted, whatever the listing's dialect.
#[test]
fn a_tree_is_deleted_and_nothing_beside_it() {
    const NAMES: [&str; 12] = [
        "..",
        ".",
        "../precious",
        "/precious",
        "a/../../precious",
        "..\\precious",
        "C:precious",
        "/tree/../precious",
        "x\rDELE /precious",
        "//precious",
        "~/../precious",
        "",
    ];
    for mlsd in [true, false] {
        let mut listing = line(mlsd, false, "good");
        for name in NAMES {
            listing += &line(mlsd, false, name);
            listing += &line(mlsd, true, name);
        }
        let top = line(mlsd, true, "tree") + &line(mlsd, false, "precious");
        let nodes = [("/", top.as_bytes()), ("/tree/", listing.as_bytes()), ("/tree/~/", b"")];
        let world = if mlsd { World::mlsd(&nodes) } else { World::list(&nodes) };
        let peer = Peer::except(world, |dialogue, verb, _| match verb {
            "DELE" | "RMD" => dialogue.say("250 gone").map(|()| true),
            _ => Ok(false),
        });
        hurried(&["rm", "-r", &peer.url("tree")]);
        let harm = |told: &String| {
            let (verb, path) = told.split_once(' ').unwrap_or((told, ""));
            let below = path == "/tree" || path == "tree" || path.starts_with("/tree/") || !path.starts_with('/');
            matches!(verb, "DELE" | "RMD" | "CWD") && (path.contains("precious") || path.contains("..") || !below)
        };
        let told = peer.heard();
        assert!(!told.iter().any(|told| harm(told) && told != "CWD /"), "{told:?}");
    }
}

/// A tree without a bottom is not deleted for ever.
#[test]
fn a_tree_without_a_bottom_is_not_deleted_for_ever() {
    for mlsd in [true, false] {
        let peer = Peer::except(World { mlsd, ..World::default() }, move |dialogue, verb, _| match verb {
            "CWD" => dialogue.say("250 there").map(|()| true),
            "LIST" | "MLSD" => dialogue.transfer(line(mlsd, true, "deeper").as_bytes()).map(|()| true),
            "RMD" => dialogue.say("550 not empty").map(|()| true),
            _ => Ok(false),
        });
        hurried(&["rm", "-r", &peer.url("tree")]).expect(1);
        assert!(peer.heard().len() < 20_000, "{} lines", peer.heard().len());
    }
}

/// 421 at every point of a dialogue ends it, with the words.
#[test]
fn the_server_leaves_at_any_moment() {
    for (at, status) in
        [("USER", 3), ("PASS", 3), ("SYST", 3), ("FEAT", 3), ("TYPE", 3), ("PWD", 3), ("EPSV", 1), ("RETR", 1)]
    {
        for how in ["421 I must go", "421-I\r\n must\r\n421 go", "", "211-half a", "999 what?", "\u{ff}\u{fb}\u{1}"] {
            let peer = Peer::except(file_of(b"hello"), move |dialogue, verb, _| {
                if verb != at {
                    return Ok(false);
                }
                if !how.is_empty() {
                    dialogue.say(how)?;
                }
                Err(io::ErrorKind::ConnectionAborted.into())
            });
            let ended = hurried(&["get", &peer.url("file")]);
            assert!(ended.status == status || ended.status == 1, "{at} {how:?}: {} {}", ended.status, ended.stderr);
            assert_ne!(ended.stderr.trim(), "", "{at} {how:?}");
            assert_eq!(ended.tree(), Vec::<String>::new(), "{at} {how:?}");
        }
    }
}

/// Everything byte by byte, replies and data, and still the file is whole.
#[test]
fn a_dialogue_in_single_bytes() {
    let drip = |stream: &mut std::net::TcpStream, text: &str| -> io::Result<()> {
        text.as_bytes().iter().try_for_each(|byte| stream.write_all(&[*byte]))
    };
    let peer = Peer::except(file_of(b"hello"), move |dialogue, verb, _| {
        let reply = match verb {
            "USER" => "331-who\r\n 331 are\r\n331 you?\r\n",
            "PASS" => "230-\r\n230 in\n",
            "TYPE" => "200 fine\r\r\n",
            _ => return Ok(false),
        };
        drip(&mut dialogue.stream, reply).map(|()| true)
    });
    let ended = run(&["get", &peer.url("file")]).expect(0);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"hello");
}

/// A log-in that never ends, or asks for ever.
#[test]
fn a_log_in_without_an_end() {
    for (verb, reply) in
        [("PASS", "331 and another one"), ("PASS", "332 account"), ("USER", "331-\r\n"), ("USER", "120 soon")]
    {
        let peer = Peer::except(file_of(b"hello"), move |dialogue, got, _| {
            if got == verb || got == "ACCT" { dialogue.say(reply).map(|()| true) } else { Ok(false) }
        });
        hurried(&["ls", &peer.url("")]).expect(3);
        assert!(peer.count("PASS") <= 1, "{:?}", peer.heard());
    }
    // A wrong password is not tried again: accounts are locked for less.
    let peer = Peer::except(file_of(b"hello"), |dialogue, verb, _| match verb {
        "PASS" => dialogue.say("530 Login incorrect").map(|()| true),
        _ => Ok(false),
    });
    run(&["get", &peer.url("file"), "--retries", "3"]).expect(3);
    assert_eq!(peer.count("PASS"), 1, "{:?}", peer.heard());
}

/// QUIT is never answered, and the program ends all the same.
#[test]
fn nobody_waits_for_the_answer_to_quit() {
    let peer = Peer::except(file_of(b"hello"), |dialogue, verb, _| match verb {
        "QUIT" => dialogue.ignore().map(|()| true),
        _ => Ok(false),
    });
    let ended = run(&["get", &peer.url("file"), "--timeout", "60"]).expect(0);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"hello");
}

/// What is said of a rename, by servers that lie.
#[test]
fn renames_end_as_the_server_says() {
    for (from, to, status) in [
        ("350 go on", "250 done", 0),
        ("550 no", "250 done", 1),
        ("250 done already", "250 done", 1),
        ("350 go on", "550 no", 1),
        ("350 go on", "250 done\r\n250 done", 1),
        ("350-go\r\n250 on\r\n350 now", "250 done", 0),
    ] {
        let peer = Peer::except(file_of(b"hello"), move |dialogue, verb, _| match verb {
            "RNFR" => dialogue.say(from).map(|()| true),
            "RNTO" => dialogue.say(to).map(|()| true),
            _ => Ok(false),
        });
        let ended = hurried(&["mv", &peer.url("file"), "other"]);
        let twice = to.contains('\n') && ended.status == 0; // the second one may come after the end
        assert!(ended.status == status || twice, "{from} {to}: {} {}", ended.status, ended.stderr);
        let refused = !from.starts_with("350");
        assert!(!(refused && peer.heard_verb("RNTO")), "{from}: {:?}", peer.heard());
    }
}

/// Uploads against every kind of lie: never done without all bytes and a word about it.
#[test]
fn uploads_are_not_believed_in_too_early() {
    type Lie = fn(&mut Dialogue) -> io::Result<()>;
    let lies: [(&str, Lie); 6] = [
        ("226 before a byte was read, and a reset", |dialogue| {
            dialogue.say("150 go\r\n226 stored")?;
            drop(dialogue.accept()?);
            Ok(())
        }),
        ("550 in the middle", |dialogue| {
            dialogue.say("150 go")?;
            let mut data = dialogue.accept()?;
            data.read_exact(&mut [0; 1000])?;
            dialogue.say("550 no more")
        }),
        ("552 and 226", |dialogue| {
            dialogue.say("150 go")?;
            io::copy(&mut dialogue.accept()?, &mut io::sink())?;
            dialogue.say("552 disk full\r\n226 stored")
        }),
        ("150 and silence", |dialogue| {
            dialogue.say("150 go")?;
            let _data = dialogue.accept()?;
            dialogue.ignore()
        }),
        ("421 when all is there", |dialogue| {
            dialogue.say("150 go")?;
            io::copy(&mut dialogue.accept()?, &mut io::sink())?;
            dialogue.say("421 I must go")?;
            Err(io::ErrorKind::ConnectionAborted.into())
        }),
        ("data in the other direction", |dialogue| {
            dialogue.say("150 go")?;
            let mut data = dialogue.accept()?;
            data.write_all(&[b'x'; 4096])?;
            let _ = io::copy(&mut data, &mut io::sink());
            dialogue.say("226 stored")
        }),
    ];
    for (what, lie) in lies {
        let peer = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, _| match verb {
            "STOR" => lie(dialogue).map(|()| true),
            "SIZE" => dialogue.say("550 no such file").map(|()| true),
            _ => Ok(false),
        });
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("large");
        fs::write(&file, vec![7; 8 << 20]).unwrap();
        let ended = run_in(home, &[&["put", file.to_str().unwrap(), &peer.url("")], &HURRIED[..]].concat());
        assert_eq!(ended.status, 1, "{what}: {}", ended.stderr);
        assert_eq!(fs::metadata(&file).unwrap().len(), 8 << 20, "{what}");
    }
}

/// A server that resets the connection of an upload has hardly read all, whatever it says: its size decides.
#[test]
fn an_upload_that_was_reset_is_done_where_its_size_says_so() {
    for (size, status) in [("502 no", 1), ("213 100", 1), ("213 100000", 0)] {
        let stored = AtomicBool::new(false);
        let peer = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, _| match verb {
            "STOR" => {
                dialogue.say("150 go")?;
                let mut data = dialogue.accept()?;
                data.read_exact(&mut [0; 100])?;
                thread::sleep(Duration::from_millis(300)); // all that is sent is on its way
                drop(data);
                stored.store(true, Ordering::Relaxed);
                dialogue.say("226 stored").map(|()| true)
            }
            "SIZE" if stored.load(Ordering::Relaxed) => dialogue.say(size).map(|()| true),
            "SIZE" => dialogue.say("550 no such file").map(|()| true),
            _ => Ok(false),
        });
        let home = tempfile::tempdir().unwrap();
        let file = home.path().join("file");
        fs::write(&file, [7; 100_000]).unwrap();
        let ended = run_in(home, &[&["put", file.to_str().unwrap(), &peer.url("")], &HURRIED[..]].concat());
        assert_eq!(ended.status, status, "{size}: {}", ended.stderr);
        assert!(
            status == 0 || size != "502 no" || ended.stderr.contains("reset the data connection"),
            "{}",
            ended.stderr
        );
    }
}

/// What MKD says is no path to go to.
#[test]
fn folders_are_made_where_they_were_asked_for() {
    for reply in [
        "257 \"/etc/evil\" created",
        "257 \"/\r\nDELE x\"",
        "250 done",
        "257 \"../..\"",
        "521 \"/x\" is there",
        "257 \"\u{1b}[31m\"",
    ] {
        let peer = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, argument| match verb {
            "MKD" => dialogue.say(reply).map(|()| true),
            "CWD" if argument.contains("folder") => dialogue.say("250 there").map(|()| true),
            "SIZE" => dialogue.say("213 5").map(|()| true),
            _ => Ok(false),
        });
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("folder");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("a"), b"hello").unwrap();
        run_in(home, &[&["put", folder.to_str().unwrap(), &peer.url("")], &HURRIED[..]].concat());
        let told = peer.heard();
        let stray = |line: &&String| line.contains("evil") || line.contains("..") || line.starts_with("DELE");
        assert!(!told.iter().any(|line| stray(&line)), "{reply:?}: {told:?}");
        for stored in told.iter().filter(|line| line.starts_with("STOR")) {
            assert!(stored.contains("folder/") || told.iter().any(|line| line.contains("folder")), "{stored}");
        }
    }
}

/// What a listing's names do to a terminal, and to what reads the JSON.
#[test]
fn names_are_data() {
    let names = [
        "\x1b[31mred",
        "bell\x07",
        "rtl\u{202e}gpj.exe",
        "zero\u{200b}width",
        "tab\there",
        "quote\"s",
        "new\u{85}line",
        "\u{9b}31m",
    ];
    for mlsd in [true, false] {
        let listing: String = names.iter().map(|name| line(mlsd, false, name)).collect();
        let nodes = [("/", listing.as_bytes())];
        let peer = Peer::honest(if mlsd { World::mlsd(&nodes) } else { World::list(&nodes) });
        let json = hurried(&["ls", "--json", &peer.url("")]).expect(0);
        let rows: Vec<serde_json::Value> = serde_json::from_str(&json.stdout).unwrap();
        let mut told: Vec<_> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
        let mut wanted = names.to_vec();
        told.sort_unstable();
        wanted.sort_unstable();
        assert_eq!(told, wanted);
        assert!(!json.stdout.contains('\x1b') && !json.stdout.contains('\x07'), "{:?}", json.stdout);
        // A program that reads them gets the names as they are; a terminal sees what is in them.
        let piped = hurried(&["ls", &peer.url("")]).expect(0);
        assert!(names.iter().all(|name| piped.stdout.lines().any(|line| line == *name)), "{:?}", piped.stdout);
        for long in ["", "-l "] {
            let Some(shown) = on_a_terminal(&format!("ls {long}{} --timeout 5", peer.url(""))) else { return };
            let harmful = |c: char| !matches!(c, '\n' | '\r') && (c.is_control() || c == '\u{202e}' || c == '\u{200b}');
            assert!(!shown.chars().any(harmful), "{shown:?}");
            assert_eq!(shown.lines().count(), names.len(), "{shown:?}");
        }
    }
}

/// What the program shows on a terminal; `None` where no terminal can be made.
fn on_a_terminal(arguments: &str) -> Option<String> {
    let home = tempfile::tempdir().unwrap();
    let mut script = Command::new("script");
    script.args(["-qec", &format!("{} {arguments}", env!("CARGO_BIN_EXE_longshore")), "/dev/null"]);
    script.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path()).env("XDG_DATA_HOME", home.path());
    script.env("LONGSHORE_PASSWORD", peer::PASSWORD).env_remove("DBUS_SESSION_BUS_ADDRESS").stdin(Stdio::null());
    let output = script.output().ok()?;
    assert!(output.status.success(), "{output:?}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// Sizes that lie, in the listing and in SIZE, both ways.
#[test]
fn sizes_that_lie() {
    for (listed, said, sent, status) in [
        ("5", "213 5", &b"hello"[..], 0),
        ("5", "213 500", b"hello", 1),
        ("500", "213 500", b"hello", 1),
        ("3", "213 3", b"hello", 1),
        ("18446744073709551615", "213 18446744073709551615", b"hello", 1),
        ("-5", "213 -5", b"hello", 0),
        ("5", "213 5 213 99", b"hello", 1),
        ("5", "500 what?", b"hello", 0),
    ] {
        let listing = format!("-rw-r--r-- 1 u g {listed} Jan 01 2020 file\r\n");
        let world = World::list(&[("/", listing.as_bytes()), ("/file", sent)]);
        let peer = Peer::except(world, move |dialogue, verb, _| match verb {
            "SIZE" => dialogue.say(said).map(|()| true),
            _ => Ok(false),
        });
        let ended = hurried(&["get", &peer.url("file")]);
        assert_eq!(ended.status, status, "{listed} {said}: {}", ended.stderr);
        let there = ended.target().join("file").exists();
        assert_eq!(there, status == 0, "{listed} {said}: {:?}", ended.tree());
    }
}

/// REST that is agreed to and not kept: the file is never made of two.
#[test]
fn restarts_that_lie() {
    let whole: Vec<u8> = (0..200_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect();
    for lie in ["350 from there", "350 Restart position accepted (0)", "200 yes", "500 what?", "350-x\r\n350 at (7)"] {
        let served = whole.clone();
        let peer = Peer::except(file_of(&whole), move |dialogue, verb, _| match verb {
            "REST" => dialogue.say(lie).map(|()| true),
            // From the start, whatever was agreed.
            "RETR" => dialogue.transfer(&served).map(|()| true),
            _ => Ok(false),
        });
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join("target")).unwrap();
        fs::write(home.path().join("target/file"), &whole[..100_000]).unwrap();
        let ended = run_in(home, &[&["get", &peer.url("file"), "--if-exists", "resume"], &HURRIED[..]].concat());
        let got = fs::read(ended.target().join("file")).unwrap();
        let fine = if ended.status == 0 { got == whole } else { got == whole[..100_000] };
        assert!(fine, "{lie}: status {}, {} bytes; {}", ended.status, got.len(), ended.stderr);
    }
}

/// Listings that end with a promise broken: none is shown as a listing.
#[test]
fn half_listings_are_no_listings() {
    type Lie = fn(&mut Dialogue) -> io::Result<()>;
    let lies: [(&str, Lie); 5] = [
        ("426 behind half of it", |dialogue| {
            dialogue.say("150 go")?;
            dialogue.accept()?.write_all(b"-rw-r--r-- 1 u g 5 Jan 01 2020 a\r\n-rw-r")?;
            dialogue.say("426 broken")
        }),
        ("the end behind half of it", |dialogue| {
            dialogue.say("150 go")?;
            dialogue.accept()?.write_all(b"-rw-r--r-- 1 u g 5 Jan 01 2020 a\r\n")?;
            Err(io::ErrorKind::ConnectionAborted.into())
        }),
        ("226, 226 and 226", |dialogue| {
            dialogue.transfer(b"-rw-r--r-- 1 u g 5 Jan 01 2020 a\r\n")?;
            dialogue.say("226 done\r\n226 done\r\n250 done")
        }),
        ("one line of a gigabyte", |dialogue| dialogue.transfer_endlessly(b"-rw-r--r-- 1 u g 5 Jan 01 2020 aaaaaaaa")),
        ("150 and nobody comes", |dialogue| {
            dialogue.say("150 go")?;
            thread::sleep(Duration::from_millis(100));
            dialogue.ignore()
        }),
    ];
    for (what, lie) in lies {
        let peer = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, _| match verb {
            "LIST" => lie(dialogue).map(|()| true),
            _ => Ok(false),
        });
        let ended = hurried(&["ls", &peer.url("")]);
        if what.starts_with("226") {
            assert!(matches!(ended.status, 0 | 1 | 3), "{what}: {}", ended.stderr);
            continue;
        }
        assert!(matches!(ended.status, 1 | 3), "{what}: {} {}", ended.status, ended.stderr);
        assert_eq!(ended.stdout, "", "{what}");
        assert!(!peer.heard_verb("READ IT ALL"), "{what}");
    }
}

/// Commands that some server takes amiss are never sent, and each data connection has its own port, asked for after the
/// one before was used.
#[test]
fn what_is_never_sent() {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir_all(home.path().join("up/sub")).unwrap();
    fs::write(home.path().join("up/sub/a"), b"hello").unwrap();
    fs::write(home.path().join("up/b"), b"hello").unwrap();
    let up = home.path().join("up").to_str().unwrap().to_owned();
    for mlsd in [true, false] {
        let (tree, below) = (line(mlsd, true, "tree"), line(mlsd, false, "a") + &line(mlsd, false, "b"));
        let nodes: [(&str, &[u8]); 5] = [
            ("/", tree.as_bytes()),
            ("/tree/", below.as_bytes()),
            ("/tree/a", b"hello"),
            ("/tree/b", b"world"),
            ("/empty/", b""),
        ];
        let peer = Peer::honest(if mlsd { World::mlsd(&nodes) } else { World::list(&nodes) });
        hurried(&["ls", &peer.url("tree"), "-j", "1"]).expect(0);
        hurried(&["ls", &peer.url("empty"), "-j", "1"]).expect(0);
        let got = hurried(&["get", &peer.url("tree"), "-j", "1"]).expect(0);
        assert_eq!(got.tree(), ["tree/", "tree/a", "tree/b"]);
        hurried(&["put", &up, &peer.url("tree"), "-j", "1"]);
        hurried(&["rm", &peer.url("tree/a")]);
        let told = peer.heard();
        for never in ["EPSV ALL", "NLST", "STAT", "MODE", "APPE", "STOU", "ALLO", "REIN", "ABOR", "XCRC"] {
            assert!(!told.iter().any(|line| line.starts_with(never)), "{never}: {told:?}");
        }
        let (mut ports, mut let_in) = (0, false);
        for line in &told {
            match line.split(' ').next().unwrap() {
                "USER" => (ports, let_in) = (0, false),
                "PASS" => let_in = true,
                "FEAT" => assert!(let_in, "FEAT before the log-in: {told:?}"),
                "EPSV" | "PASV" => {
                    assert_eq!(ports, 0, "a second port, while the first is not used: {told:?}");
                    ports = 1;
                }
                "LIST" | "MLSD" | "RETR" | "STOR" => {
                    assert_eq!(ports, 1, "{line} without a port of its own: {told:?}");
                    ports = 0;
                }
                _ => {}
            }
        }
    }
}

/// Passwords go out as they were given; without a user it is `anonymous`, with something like an address.
#[test]
fn passwords_of_every_kind() {
    for (login, sent) in [
        ("anna:with%20blank%20@", "PASS with blank "),
        ("anna:Gr%C3%BC%C3%9Fe@", "PASS Grüße"),
        ("anna:%3A%40%2F%25@", "PASS :@/%"),
        ("anna:-x@", "PASS -x"),
        ("", "PASS anonymous@"),
    ] {
        let told = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
        let hears = std::sync::Arc::clone(&told);
        let peer = Peer::except(file_of(b"hello"), move |dialogue, verb, argument| {
            if verb == "PASS" {
                *hears.lock().unwrap() = format!("PASS {argument}");
            }
            let _ = dialogue;
            Ok(false)
        });
        let url = format!("ftp://{login}127.0.0.1:{}/", peer.port);
        let ended = hurried(&["ls", &url]).expect(0);
        assert_eq!(told.lock().unwrap().trim_end(), sent.trim_end(), "{login}");
        let shown = [&ended.stdout, &ended.stderr, &ended.transcript].iter().any(|text| text.contains(&sent[5..]));
        assert!(!shown || login.is_empty(), "{login} is shown: {}", ended.transcript);
    }
}

/// A size in the 150 is a hint to people: it decides nothing.
#[test]
fn a_size_in_the_preliminary_reply_decides_nothing() {
    for said in ["150 opening BINARY mode data connection for file (99999 bytes)", "150 (0 bytes)", "150 (-1 bytes)"] {
        let peer = Peer::except(file_of(b"hello"), move |dialogue, verb, _| {
            if verb != "RETR" {
                return Ok(false);
            }
            dialogue.say(said)?;
            dialogue.accept()?.write_all(b"hello")?;
            dialogue.say("226 done").map(|()| true)
        });
        let ended = hurried(&["get", &peer.url("file")]).expect(0);
        assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"hello", "{said}");
    }
}
