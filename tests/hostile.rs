//! Hostile and broken servers: what they say, send, and leave out must end in a clear failure, soon, and never in a secret in
//! clear. What becomes of files is beside this.
#![allow(clippy::unwrap_used)]

#[path = "hostile/files.rs"]
mod files;
mod peer;

use std::fs;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

use peer::{PASSWORD, Peer, World, run};

/// For servers that never answer: a deadline of seconds, and no second try.
const HURRIED: [&str; 4] = ["--timeout", "2", "--retries", "0"];

fn ls(peer: &Peer, options: &[&str]) -> peer::Ended {
    run(&[&["ls", &peer.url("")], &HURRIED[..], options].concat())
}

fn get(peer: &Peer, path: &str) -> peer::Ended {
    run(&[&["get", &peer.url(path)], &HURRIED[..]].concat())
}

fn file_of(bytes: &[u8]) -> World {
    let line = format!("-rw-r--r-- 1 u g {} Jan 01 2020 file\r\n", bytes.len());
    World::list(&[("/", line.as_bytes()), ("/file", bytes)])
}

/// Greets late or never, or with something else.
#[test]
fn greetings() {
    let silent = Peer::start(|dialogue| dialogue.ignore());
    ls(&silent, &[]).expect(3);
    assert!(silent.heard().is_empty());

    for greeting in ["SSH-2.0-OpenSSH_9.2", "HTTP/1.1 400 Bad Request", "\x15\x03\x01\0\x02", "777 OK?", "220 a\0b"] {
        let other = Peer::start(move |dialogue| {
            dialogue.say(greeting)?;
            dialogue.ignore()
        });
        ls(&other, &[]).expect(3);
        assert!(!other.heard_verb("PASS"), "{greeting:?}");
    }

    let closes = Peer::start(|_| Ok(()));
    ls(&closes, &[]).expect(3);

    let busy = Peer::start(|dialogue| dialogue.say("421 too many connections, come back later"));
    let ended = ls(&busy, &[]).expect(3);
    assert!(ended.stderr.contains("421 too many connections, come back later"), "{}", ended.stderr);
}

/// A server that had TLS says that it knows none: the password stays here, and the person hears what that may mean.
#[test]
fn tls_that_has_gone() {
    let stripped = Peer::start(|dialogue| {
        dialogue.say("220 ready")?;
        dialogue.serve(&World::default(), |dialogue, verb, _| {
            if verb == "AUTH" { dialogue.say("500 what?").map(|()| true) } else { Ok(false) }
        })
    });
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("config/longshore");
    fs::create_dir_all(&folder).unwrap();
    let learned = format!("[server.\"127.0.0.1:{}\"]\ntls = true\n", stripped.port);
    fs::write(folder.join("servers.toml"), learned).unwrap();
    let ended = peer::run_in(home, &["ls", &stripped.url("")]).expect(3);
    assert!(ended.stderr.contains("somebody may be in between"), "{}", ended.stderr);
    assert!(!stripped.heard_verb("USER"));
}

/// Lines and replies that never end.
#[test]
fn endless_replies() {
    let streams: [(&str, &[u8]); 4] =
        [("220 ", b"AAAAAAAAAAAAAAAA"), ("", b"220-x\r\n"), ("", b"\r\n"), ("220-x\r\n", b"no end \r\n")];
    for (head, body) in streams {
        let endless = Peer::start(move |dialogue| {
            dialogue.send(head.as_bytes())?;
            dialogue.send_endlessly(body)
        });
        let ended = ls(&endless, &[]).expect(3);
        assert!(!endless.heard_verb("READ IT ALL"), "{head:?} {body:?}");
        assert!(ended.transcript.len() < 8 << 20, "{} bytes of transcript", ended.transcript.len());
    }
    let preliminary = Peer::except(file_of(b"hello"), |dialogue, verb, _| match verb {
        "RETR" => dialogue.send_endlessly(b"150 a\r\n").map(|()| true),
        _ => Ok(false),
    });
    let ended = get(&preliminary, "file").expect(1);
    assert!(!preliminary.heard_verb("READ IT ALL"));
    assert!(!ended.target().join("file").exists());
}

/// Replies whose last line has another code than the first one, and then silence.
#[test]
fn replies_that_end_with_another_code() {
    let careless = Peer::start(|dialogue| {
        dialogue.say("220-hi\r\n200 bye")?;
        dialogue.serve(&file_of(b"hello"), |dialogue, verb, _| match verb {
            "PASS" => dialogue.say("230-in\r\n226 not the end?\r\n200 and out").map(|()| true),
            "TYPE" => dialogue.say("200-the code\r\n250 changes").map(|()| true),
            _ => Ok(false),
        })
    });
    let ended = run(&["get", &careless.url("file"), "-j", "1"]).expect(0);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"hello");
}

/// Replies that answer nothing: the dialogue is never trusted again.
#[test]
fn replies_out_of_step() {
    let twice = Peer::except(file_of(b"hello"), |dialogue, verb, _| match verb {
        "CWD" => dialogue.send(b"250 ok\r\n226 done\r\n").map(|()| true),
        _ => Ok(false),
    });
    let ended = ls(&twice, &[]);
    assert!(matches!(ended.status, 1 | 3), "{}", ended.stderr);
    assert!(!twice.heard_verb("LIST"), "{:?}", twice.heard());

    let ahead = Peer::start(|dialogue| {
        dialogue.send(b"220 hi\r\n331 go\r\n230 in\r\n227 (127,0,0,1,4,1)\r\n150 x\r\n226 y\r\n")?;
        dialogue.ignore()
    });
    let ended = ls(&ahead, &[]);
    assert!(matches!(ended.status, 1 | 3), "{}", ended.stderr);
    assert!(!ahead.heard_verb("PASS"), "{:?}", ahead.heard());
}

/// TLS is wanted, and the server will not have it, or somebody in between.
#[test]
fn tls_is_never_given_up() {
    for refusal in ["500 what?", "502 no", "504 no", "530 log in first", "534 policy", "431 no certificate"] {
        for greeting in ["220 hi", "230 you are in already"] {
            let refusing = Peer::start(move |dialogue| {
                dialogue.say(greeting)?;
                dialogue.serve(&World::default(), |dialogue, verb, _| match verb {
                    "AUTH" => dialogue.say(refusal).map(|()| true),
                    _ => Ok(false),
                })
            });
            ls(&refusing, &["--tls", "explicit"]).expect(3);
            assert!(refusing.heard_verb("AUTH"), "{refusal}");
            assert!(!refusing.heard_verb("USER") && !refusing.heard_verb("PASS"), "{refusal}: {:?}", refusing.heard());
        }
    }
    let broken: [(&str, &[u8]); 4] = [
        ("replies in the same packet", b"234 go\r\n230 in\r\n257 \"/\"\r\n"),
        ("garbage", b"234 go\r\n"),
        ("an alert", b"234 go\r\n"),
        ("the end", b"234 go\r\n"),
    ];
    for (what, reply) in broken {
        for tls in ["explicit", "try"] {
            let breaking = Peer::except(World::default(), move |dialogue, verb, _| {
                if verb != "AUTH" {
                    return Ok(false);
                }
                dialogue.send(reply)?;
                match what {
                    "garbage" => dialogue.send(b"this is not a TLS server hello\r\n")?,
                    "an alert" => dialogue.send(b"\x15\x03\x03\0\x02\x02\x28")?,
                    "the end" => return Err(io::ErrorKind::ConnectionAborted.into()),
                    _ => {}
                }
                dialogue.ignore().map(|()| true)
            });
            ls(&breaking, &["--tls", tls]).expect(3);
            let told = breaking.heard();
            assert!(!breaking.heard_verb("USER") && !breaking.heard_verb("PASS"), "{what}, {tls}: {told:?}");
        }
    }
    let silent = Peer::start(|dialogue| dialogue.ignore());
    let url = format!("ftps://tester@127.0.0.1:{}/", silent.port);
    run(&[&["ls", &url], &HURRIED[..]].concat()).expect(3);
}

/// The server says the password again, in every place it can; `run` looks for it in all that is printed.
#[test]
fn the_password_is_never_said_again() {
    for reply in [
        format!("530 wrong password {PASSWORD}"),
        format!("530-{PASSWORD}\r\n {PASSWORD}{PASSWORD}\r\n530 no"),
        format!("230-welcome, your password is \"{PASSWORD}\"\r\n230 in"),
    ] {
        let refused = reply.starts_with("530");
        let echoing = Peer::except(file_of(b"hello"), move |dialogue, verb, argument| match verb {
            "PASS" => dialogue.say(&reply).map(|()| true),
            "CWD" => dialogue.say(&format!("550 not for {PASSWORD}: {argument}")).map(|()| true),
            _ => Ok(false),
        });
        let ended = ls(&echoing, &["-v"]).expect(if refused { 3 } else { 1 });
        assert!(ended.transcript.contains("PASS ****"), "{}", ended.transcript);
    }
    // As a path, it is sent back.
    let home: &str = Box::leak(format!("/{PASSWORD}/").into_boxed_str());
    let naming = Peer::except(World::list(&[("/", b""), (home, b"")]), move |dialogue, verb, _| match verb {
        "PWD" => dialogue.say(&format!("257 \"{}\"", home.trim_end_matches('/'))).map(|()| true),
        _ => Ok(false),
    });
    let ended = ls(&naming, &["-v"]).expect(0);
    assert!(naming.heard().contains(&format!("CWD /{PASSWORD}")), "{:?}", naming.heard());
    assert!(ended.transcript.contains("CWD /****"), "{}", ended.transcript);
}

/// Nor before it is sent on this connection: the server knows it from another one.
#[test]
fn the_password_is_not_said_before_its_time() {
    let peer = Peer::start(|dialogue| {
        dialogue.say(&format!("220-we know your password: {PASSWORD}\r\n220 and will say it again"))?;
        dialogue.serve(&file_of(b"hello"), |dialogue, verb, _| match verb {
            "AUTH" => dialogue.say(&format!("500 no need, {PASSWORD}")).map(|()| true),
            "USER" => dialogue.say(&format!("331 password, such as {PASSWORD}")).map(|()| true),
            _ => Ok(false),
        })
    });
    let ended = get(&peer, "file").expect(0);
    assert!(ended.transcript.contains("we know your password: ****"), "{}", ended.transcript);
    let other = Peer::start(|dialogue| {
        dialogue.say(&format!("this is no reply, {PASSWORD}"))?;
        dialogue.ignore()
    });
    ls(&other, &[]).expect(3);
}

/// Addresses and ports of data connections.
#[test]
fn data_connections_go_to_the_server_or_nowhere() {
    // An address elsewhere is not believed: only the port is.
    for address in ["169,254,169,254", "10,0,0,5", "0,0,0,0", "192,0,2,1"] {
        let elsewhere = Peer::except(file_of(b"hello"), move |dialogue, verb, _| match verb {
            "EPSV" => dialogue.say("500 what?").map(|()| true),
            "PASV" => {
                let port = dialogue.listen()?;
                dialogue.say(&format!("227 here ({address},{},{})", port >> 8, port & 255)).map(|()| true)
            }
            _ => Ok(false),
        });
        let ended = get(&elsewhere, "file").expect(0);
        assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"hello", "{address}");
    }
    let extended =
        ["(|||1000000|)", "(|||0|)", "(|||-1|)", "(|||", "(", "", "(|||99999999999999999999|)", "(|1|10.0.0.1|x|)"];
    let plain = ["(1216,256,2,127,127,127)", "(127,0,0,1,0,0)", "(127,0,0,1,4)", "(", "", "(127,0,0,1,999999999999,1)"];
    for (extended, plain) in extended.into_iter().zip(plain.into_iter().cycle()) {
        let garbage = Peer::except(file_of(b"hello"), move |dialogue, verb, _| match verb {
            "EPSV" => dialogue.say(&format!("229 here {extended}")).map(|()| true),
            "PASV" => dialogue.say(&format!("227 here {plain}")).map(|()| true),
            _ => Ok(false),
        });
        let ended = run(&[&["get", &garbage.url("file"), "--mode", "passive"], &HURRIED[..]].concat()).expect(1);
        assert!(ended.tree().iter().all(|name| name != "file"), "{extended} {plain}: {:?}", ended.tree());
    }
    // Agreed to, and nobody listens there.
    let nobody = Peer::except(file_of(b"hello"), |dialogue, verb, _| match verb {
        "EPSV" => dialogue.say("229 here (|||1|)").map(|()| true),
        _ => Ok(false),
    });
    let ended = run(&[&["get", &nobody.url("file"), "--mode", "passive"], &HURRIED[..]].concat()).expect(1);
    assert!(ended.transcript.contains("No data connection: 127.0.0.1:1: "), "the log tells: {}", ended.transcript);
}

/// Listings without an end, and directories without a bottom.
#[test]
fn endless_listings_and_trees() {
    let blocks: [&[u8]; 3] =
        [b"-rw-r--r-- 1 u g 5 Jan 01  2020 some-file-with-a-rather-long-name.txt\r\n", b"endless line ", b"\r\n"];
    for block in blocks {
        let endless = Peer::except(World::list(&[("/", b"")]), move |dialogue, verb, _| match verb {
            "LIST" => dialogue.transfer_endlessly(block).map(|()| true),
            _ => Ok(false),
        });
        ls(&endless, &[]).expect(1);
        assert!(!endless.heard_verb("READ IT ALL"), "{:?}", String::from_utf8_lossy(block));
    }
    let many = Peer::except(World::list(&[("/", b"")]), |dialogue, verb, _| match verb {
        "LIST" => dialogue.transfer(&b"a\n".repeat(2_000_000)).map(|()| true),
        _ => Ok(false),
    });
    let ended = ls(&many, &[]).expect(1);
    assert!(ended.stderr.contains("listing is longer than is allowed"), "{}", ended.stderr);
    let bottomless = Peer::except(World::list(&[("/", b"")]), |dialogue, verb, _| match verb {
        "CWD" => dialogue.say("250 there").map(|()| true),
        "PWD" => dialogue.say("257 \"/\" is where you are").map(|()| true),
        "LIST" => dialogue.transfer(b"drwxr-xr-x 1 u g 5 Jan 01  2020 a\r\n").map(|()| true),
        _ => Ok(false),
    });
    let ended = get(&bottomless, "a");
    assert_ne!(ended.status, 0, "{}", ended.stderr);
    let deepest = ended.tree().iter().map(|path| path.matches('/').count()).max();
    assert!(deepest <= Some(1000), "{deepest:?}");
}

/// A byte now and then keeps nobody waiting for ever.
#[test]
fn dripping_servers() {
    fn drip(stream: &mut impl Write) -> io::Result<()> {
        loop {
            stream.write_all(b"2")?;
            thread::sleep(Duration::from_millis(300));
        }
    }
    let greeting = Peer::start(|dialogue| drip(&mut dialogue.stream));
    run(&["ls", &greeting.url(""), "--timeout", "1", "--retries", "0"]).expect(3);
    let listing = Peer::except(World::list(&[("/", b"")]), |dialogue, verb, _| {
        if verb != "LIST" {
            return Ok(false);
        }
        dialogue.say("150 here")?;
        drip(&mut dialogue.accept()?).map(|()| true)
    });
    let ended = run(&["ls", &listing.url(""), "--timeout", "1", "--retries", "0"]).expect(3);
    assert!(ended.stderr.contains("silent"), "{}", ended.stderr);
}

/// Paths that the server claims.
#[test]
fn claimed_paths_are_not_believed() {
    for claimed in ["257 \"/a\rSTOR evil\" is here", "257 \"/\x03\"", "257 \"no end", "257 ", "257 \"../../x\""] {
        let claiming = Peer::except(file_of(b"hello"), move |dialogue, verb, _| match verb {
            "PWD" => dialogue.say(claimed).map(|()| true),
            _ => Ok(false),
        });
        let ended = get(&claiming, "file");
        assert!(!claiming.heard_verb("STOR"), "{claimed:?}");
        assert!(matches!(ended.status, 0 | 1 | 3), "{claimed:?}: {} {}", ended.status, ended.stderr);
        assert!(ended.tree().iter().all(|name| name == "file"), "{claimed:?}: {:?}", ended.tree());
    }
}

/// What FEAT brings is text, however much and of whatever kind.
#[test]
fn features_of_any_kind() {
    let endless = Peer::except(file_of(b"hello"), |dialogue, verb, _| match verb {
        "FEAT" => dialogue.send(b"211-has\r\n").and_then(|()| dialogue.send_endlessly(b" MDTM\r\n")).map(|()| true),
        _ => Ok(false),
    });
    get(&endless, "file").expect(3);
    assert!(!endless.heard_verb("READ IT ALL"));
    let odd = Peer::except(file_of(b"hello"), |dialogue, verb, _| match verb {
        "FEAT" => {
            dialogue.send(b"211-has\r\n \x1b[31mSIZE\x07\r\n \xff\xfe;;==\r\n REST\r\n\t\r\n211 end\r\n").map(|()| true)
        }
        _ => Ok(false),
    });
    let ended = get(&odd, "file").expect(0);
    assert_eq!(fs::read(ended.target().join("file")).unwrap(), b"hello");
    assert!(!ended.stderr.contains('\x1b'), "{:?}", ended.stderr);
}

/// Commands of somebody who pastes line breaks, or has them pasted.
#[test]
fn nothing_smuggles_a_command() {
    let peer = Peer::honest(file_of(b"hello"));
    for command in ["NOOP\r\nDELE file", "NOOP\nDELE file", "NOOP\rDELE file"] {
        run(&[&["raw", &peer.url(""), command], &HURRIED[..]].concat());
    }
    for path in ["file%0d%0aDELE%20file", "file%0aDELE%20file"] {
        run(&[&["get", &peer.url(path)], &HURRIED[..]].concat()).expect(2);
    }
    run(&[&["mv", &peer.url("file"), "x\r\nDELE file"], &HURRIED[..]].concat());
    assert!(!peer.heard_verb("DELE"), "{:?}", peer.heard());
}

/// What the server says is shown, and commands no terminal.
#[test]
fn replies_do_not_steer_the_terminal() {
    let steering = Peer::except(file_of(b"hello"), |dialogue, verb, _| match verb {
        "CWD" | "RETR" => dialogue.say("550 \x1b]0;title\x07\x1b[31mred\u{202e}desrever").map(|()| true),
        _ => Ok(false),
    });
    for ended in [ls(&steering, &["-v"]).expect(1), get(&steering, "file").expect(1)] {
        assert!(ended.stderr.contains("550"), "{}", ended.stderr);
        let harmful = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!ended.stderr.chars().any(harmful), "{:?}", ended.stderr);
    }
}
