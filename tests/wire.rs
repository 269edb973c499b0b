//! Plays the dialogues of `tests/wire/*.txt` through a session, whole and byte by byte.
//!
//! A file holds scenes, each under a line `== what it shows`. The lines of a scene:
//!
//! | line | meaning |
//! |---|---|
//! | `config KEY=VALUE…` | security, mode, address, host, hostcommand, peer, tunnel, gateway, user, password, account, encoding, known |
//! | `whole` | only as whole packets: it matters what comes in one |
//! | `login FEATURE \| FEATURE…` | the usual log-in, up to `= ok LoggedIn` |
//! | `begin OPERATION ARGUMENTS` | an operation begins; behind `then`, what is asked of a file that was stored |
//! | `S: line` | the server says a line; `\r \n \0 \xNN` are bytes. `S~` adds no CR LF |
//! | `C: line` | the session must send this line |
//! | `> event` | `secured`, `cleared`, `keepalive`, `follows [BYTES\|try] [then OPERATION]`, `alone`, `unwanted`, `listening ADDRESS`, `open`, `done BYTES [unclean\|broken]`, `fault KIND`, `cancel`, `closed` |
//! | `= output` | the session must want this: `connect PORT`, `flow`, `ok …`, `err …` (words of it), `drop`, `close`… |
//! | `N: words` | a note with these words must have come |
//! | `L: line` | this line must be in the transcript |
//! | `? claim` | `idle`, `ahead`, `closed`, `known FIELD`, `not known FIELD`, `home PATH`, `secure` |
//!
//! Outputs come in exactly this order and none besides; no record ever holds the password.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::collections::VecDeque;
use std::fmt::Write as _;

use longshore::ftp::Gateway;
use longshore::ftp::checksum::Offer;
use longshore::ftp::{
    Comes, Config, DataEnd, DataFault, Follows, Input, Known, Operation, Output, Session, Then, TransferType,
};
use longshore::model::{Credentials, Direction, HostCommand, Mode, PathSyntax, Record, RemotePath, Secret, Security};

#[test]
fn scenes_end_as_they_are_written() {
    let mut scenes = 0;
    for entry in std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        for scene in text.split("\n== ").skip(1) {
            let (title, lines) = scene.split_once('\n').unwrap_or((scene, ""));
            let ways: &[bool] = if lines.lines().any(|line| line == "whole") { &[false] } else { &[false, true] };
            for &bytewise in ways {
                let mut player = Player::new(format!("{file}: {title}"), lines, bytewise);
                lines.lines().for_each(|line| player.line(line));
                player.end();
            }
            scenes += 1;
        }
    }
    assert!(scenes >= 140, "only {scenes} scenes were found");
}

struct Player {
    title: String,
    bytewise: bool,
    password: String,
    session: Session,
    said: Vec<u8>,
    outputs: VecDeque<String>,
    transcript: Vec<Record>,
    lines_said: usize,
    lines_sent: usize,
}

impl Player {
    fn new(title: String, lines: &str, bytewise: bool) -> Self {
        let mut config = config();
        for line in lines.lines() {
            if let Some(pairs) = line.strip_prefix("config ") {
                pairs.split_whitespace().for_each(|pair| configure(&mut config, pair));
            }
        }
        // Where the user's name is the password, the transcript cannot be without it.
        let same = config.credentials.password.expose() == config.credentials.user;
        let password = if same { String::new() } else { config.credentials.password.expose().to_owned() };
        let mut player = Self {
            title,
            bytewise,
            password,
            session: Session::new(config),
            said: Vec::new(),
            outputs: VecDeque::new(),
            transcript: Vec::new(),
            lines_said: 0,
            lines_sent: 0,
        };
        player.poll();
        player
    }

    fn line(&mut self, line: &str) {
        let (kind, rest) = line.split_once(' ').unwrap_or((line, ""));
        if kind != "S:" && kind != "S~" {
            self.say();
        }
        match kind {
            "" | "#" | "config" | "whole" => {}
            "login" => log_in_lines(rest).lines().for_each(|line| self.line(line)),
            "begin" => self.input(Input::Begin(operation(rest))),
            "S:" | "S~" => {
                self.said.extend(unescape(rest));
                if kind == "S:" {
                    self.said.extend(b"\r\n");
                    self.lines_said += 1;
                }
            }
            "C:" => {
                self.lines_sent += 1;
                let line = rest.replace("{version}", env!("CARGO_PKG_VERSION"));
                self.expect(&format!("send {line}"));
            }
            ">" => self.event(rest),
            "=" => self.expect(rest),
            "N:" => self.must_have(Direction::Note, rest),
            "L:" => assert!(self.transcript.iter().any(|record| record.text == rest), "{}", self.fail(line)),
            "?" => self.claim(rest),
            _ => panic!("{}", self.fail(&format!("a line of no kind: {line}"))),
        }
    }

    fn say(&mut self) {
        let said = std::mem::take(&mut self.said);
        if said.is_empty() {
            return;
        }
        self.nothing_left();
        let size = if self.bytewise { 1 } else { said.len() };
        for piece in said.chunks(size) {
            self.session.handle(Input::Bytes(piece));
            self.poll();
        }
    }

    fn input(&mut self, input: Input<'_>) {
        self.nothing_left();
        self.session.handle(input);
        self.poll();
    }

    fn poll(&mut self) {
        while let Some(output) = self.session.poll() {
            match output {
                Output::Log(record) => self.transcript.push(record),
                Output::Send(bytes) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    assert!(text.ends_with("\r\n"), "{}", self.fail("half a line was sent"));
                    self.outputs.extend(text.lines().map(|line| format!("send {line}")));
                }
                Output::Secure => self.outputs.push_back("secure".into()),
                Output::Clear => self.outputs.push_back("clear".into()),
                Output::Connect { host: None, port } => self.outputs.push_back(format!("connect {port}")),
                Output::Connect { host: Some(host), port } => self.outputs.push_back(format!("connect {host} {port}")),
                Output::Listen => self.outputs.push_back("listen".into()),
                Output::Flow { protected: false } => self.outputs.push_back("flow".into()),
                Output::Flow { protected: true } => self.outputs.push_back("flow protected".into()),
                Output::Drop => self.outputs.push_back("drop".into()),
                Output::Done(Ok(outcome)) => self.outputs.push_back(format!("ok {outcome:?}")),
                Output::Done(Err(error)) => self.outputs.push_back(format!("err {error:?} {error}")),
                Output::Close => self.outputs.push_back("close".into()),
            }
        }
    }

    fn event(&mut self, event: &str) {
        let (kind, rest) = event.split_once(' ').unwrap_or((event, ""));
        let fault = |kind: &str| match kind {
            "connect" => DataFault::Connect("refused".into()),
            "tls" => DataFault::Tls("handshake".into()),
            "network" => DataFault::Network("reset".into()),
            "local" => DataFault::Local("disk full".into()),
            "silent" => DataFault::Silent(30),
            "limit" => DataFault::Limit,
            _ => panic!("no fault is called {kind}"),
        };
        let input = match kind {
            "secured" => Input::Secured,
            "cleared" => Input::Cleared,
            "listening" => Input::Listening(rest.parse().unwrap()),
            "open" => Input::DataOpen,
            "done" => {
                let (bytes, clean) = (rest.split(' ').next().unwrap(), !rest.ends_with("unclean"));
                let broken = rest.ends_with("broken");
                Input::DataDone(Ok(DataEnd { bytes: bytes.parse().unwrap(), clean, broken }))
            }
            "fault" => Input::DataDone(Err(fault(rest))),
            "keepalive" => Input::KeepAlive,
            "quiet" => Input::Quiet,
            "follows" => {
                let (bytes, then) = rest.split_once("then ").map_or((rest, None), |(bytes, then)| (bytes, Some(then)));
                let next = then.map(operation);
                let (expected, may_try) = (bytes.trim().parse().ok(), bytes == "try");
                let far = may_try || next.is_some();
                Input::Follows(Follows { more: true, expected, next, far, may_try, comes: None })
            }
            "alone" => Input::Follows(Follows::default()),
            "unwanted" => Input::Unwanted,
            "cancel" => Input::Cancel,
            "closed" => Input::Closed,
            _ => panic!("{}", self.fail(&format!("an event of no kind: {event}"))),
        };
        self.input(input);
    }

    fn expect(&mut self, expected: &str) {
        let came = self.outputs.pop_front();
        let fits = came.as_ref().is_some_and(|came| match expected.split_once(' ') {
            Some((kind @ ("ok" | "err"), words)) => came.strip_prefix(kind).is_some_and(|came| came.contains(words)),
            _ => came == expected || came.split_whitespace().eq([expected]),
        });
        assert!(fits, "{}", self.fail(&format!("expected {expected:?}, and there came {came:?}")));
    }

    fn claim(&mut self, claim: &str) {
        let known = |field: &str| match field {
            "no_epsv" => self.session.known().no_epsv,
            "no_eprt" => self.session.known().no_eprt,
            "no_passive" => self.session.known().no_passive,
            "no_mlsd" => self.session.known().no_mlsd,
            "no_list_all" => self.session.known().no_list_all,
            "no_pipelining" => self.session.known().no_pipelining,
            "takes_host" => self.session.known().takes_host,
            "no_host" => self.session.known().no_host,
            "waits" => self.session.known().waits == Some(true),
            "hurries" => self.session.known().waits == Some(false),
            "comes" => self.session.comes() == Some(true),
            "comes_not" => self.session.comes() == Some(false),
            _ => panic!("nothing is called {field}"),
        };
        let holds = match claim.split_once(' ') {
            None if claim == "idle" => self.session.is_idle(),
            None if claim == "ahead" => self.session.is_ahead(),
            None if claim == "closed" => self.session.is_closed(),
            None if claim == "secure" => self.session.is_secure(),
            Some(("known", field)) => known(field),
            Some(("not", field)) => !known(field.trim_start_matches("known ")),
            Some(("home", path)) => self.session.home().map_or("none", RemotePath::as_str) == path,
            _ => panic!("{}", self.fail(&format!("a claim of no kind: {claim}"))),
        };
        assert!(holds, "{}", self.fail(&format!("it is not so: {claim}")));
    }

    fn must_have(&self, direction: Direction, words: &str) {
        let found = self.transcript.iter().any(|record| record.direction == direction && record.text.contains(words));
        assert!(found, "{}", self.fail(&format!("no line says {words:?}")));
    }

    fn nothing_left(&self) {
        assert!(self.outputs.is_empty(), "{}", self.fail(&format!("unexpected: {:?}", self.outputs)));
    }

    fn end(&mut self) {
        self.say();
        self.nothing_left();
        let count = |direction| self.transcript.iter().filter(|record| record.direction == direction).count();
        assert_eq!(count(Direction::Sent), self.lines_sent, "{}", self.fail("lines sent"));
        assert!(count(Direction::Received) <= self.lines_said + 1, "{}", self.fail("lines received"));
        for record in &self.transcript {
            let raw = record.raw.as_deref().unwrap_or_default();
            let tells = self.password.len() >= 4
                && (record.text.contains(&self.password) || String::from_utf8_lossy(raw).contains(&self.password));
            assert!(!tells, "{}", self.fail("the password is in the transcript"));
        }
    }

    fn fail(&self, what: &str) -> String {
        let mut text = format!("{what}\n  in {:?} (byte by byte: {})\n", self.title, self.bytewise);
        for record in &self.transcript {
            let _ = writeln!(text, "  {:?} {}", record.direction, record.text);
        }
        text
    }
}

fn config() -> Config {
    let credentials = Credentials { user: "me".into(), password: Secret::new("hunter2"), account: None };
    Config {
        host: "ftp.example.org".into(),
        peer: "192.0.2.1".parse().ok(),
        tunnel: false,
        gateway: None,
        trust_address: false,
        clear_data: false,
        clear_control: false,
        local: "192.0.2.7".parse().unwrap(),
        security: Security::Never,
        credentials,
        mode: Mode::Passive,
        host_command: HostCommand::Auto,
        encoding: None,
        paths: None,
        known: Known::default(),
    }
}

fn configure(config: &mut Config, pair: &str) {
    let (key, value) = pair.split_once('=').unwrap();
    match (key, value) {
        ("security", "try") => config.security = Security::Try,
        ("security", "explicit") => config.security = Security::Explicit,
        ("security", "implicit") => config.security = Security::Implicit,
        ("mode", "auto") => config.mode = Mode::Auto,
        ("mode", "active") => config.mode = Mode::Active,
        ("mode", "epsv") => config.mode = Mode::Epsv,
        ("mode", "pasv") => config.mode = Mode::Pasv,
        ("address", "server") => config.trust_address = true,
        ("host", _) => config.host = value.into(),
        ("hostcommand", "always") => config.host_command = HostCommand::Always,
        ("hostcommand", "never") => config.host_command = HostCommand::Never,
        ("peer", _) => config.peer = value.parse().ok(),
        ("tunnel", _) => config.tunnel = true,
        ("data", "clear") => config.clear_data = true,
        ("control", "clear") => config.clear_control = true,
        ("gateway", _) => config.gateway = Some(gateway(value)),
        ("local", _) => config.local = value.parse().unwrap(),
        ("user", _) => config.credentials.user = value.into(),
        ("password", _) => config.credentials.password = Secret::new(value),
        ("account", _) => config.credentials.account = Some(value.into()),
        ("paths", _) => {
            config.paths = PathSyntax::ALL.iter().map(|(syntax, _)| *syntax).find(|syntax| syntax.word() == value);
        }
        ("encoding", _) => config.encoding = encoding_rs::Encoding::for_label(value.as_bytes()),
        ("known", "no_epsv") => config.known.no_epsv = true,
        ("known", "no_eprt") => config.known.no_eprt = true,
        ("known", "no_passive") => config.known.no_passive = true,
        ("known", "no_mlsd") => config.known.no_mlsd = true,
        ("known", "no_list_all") => config.known.no_list_all = true,
        ("known", "no_pipelining") => config.known.no_pipelining = true,
        ("known", "takes_host") => config.known.takes_host = true,
        ("known", "no_host") => config.known.no_host = true,
        ("known", "waits") => config.known.waits = Some(true),
        ("known", "hurries") => config.known.waits = Some(false),
        ("known", "comes") => config.known.comes = Some(Comes { to: config.local, well: true }),
        _ => panic!("nothing is configured by {pair}"),
    }
}

/// `USER_%u@%h|PASS_%p,port,user,password`.
fn gateway(value: &str) -> Gateway {
    let parts: Vec<&str> = value.split(',').collect();
    Gateway {
        script: parts[0].replace('_', " ").replace('|', "\n"),
        port: parts[1].parse().unwrap(),
        user: parts.get(2).unwrap_or(&"").to_string(),
        password: Secret::new(*parts.get(3).unwrap_or(&"")),
    }
}

/// The usual log-in of a server with these features; without features it refuses FEAT.
fn log_in_lines(features: &str) -> String {
    let mut lines = "begin login\nS: 220 hi\nC: USER me\nS: 331 who are you?\nC: PASS hunter2\nS: 230 in\nC: SYST\n\
        S: 215 UNIX Type: L8\nC: FEAT\n"
        .to_owned();
    if features.is_empty() {
        lines += "S: 500 FEAT?\nC: TYPE I\nS: 200 I\nC: PWD\nS: 257 \"/\"\n";
    } else {
        lines += "S: 211-Features:\n";
        features.split('|').for_each(|feature| lines += &format!("S:  {}\n", feature.trim()));
        lines += "S: 211 End\n";
        let utf8 = features.contains("UTF8");
        lines += if utf8 { "C: OPTS UTF8 ON\n" } else { "" };
        lines += "C: TYPE I\nC: PWD\n";
        lines += if utf8 { "S: 200 on\n" } else { "" };
        lines += "S: 200 I\nS: 257 \"/\"\n";
    }
    lines + "= ok LoggedIn\n"
}

fn operation(text: &str) -> Operation {
    let (text, then) = text.split_once(" then ").unwrap_or((text, ""));
    let dated = then == "time";
    let words = || then.split(' ');
    let then = Then {
        size: words().any(|word| word == "size"),
        modified: words().find_map(|word| word.parse().ok()),
        permissions: words().find_map(|word| u16::from_str_radix(word.strip_prefix("0o")?, 8).ok()),
    };
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
    let bytes = |text: &str| longshore::model::path::decode_utf8(&unescape(text));
    let path = |text: &str| RemotePath::root().join(bytes(text).trim_start_matches('/'));
    let kind = if second.ends_with("ascii") { TransferType::Ascii } else { TransferType::Image };
    let offset = second.trim_end_matches("ascii").trim().parse().unwrap_or(0);
    match name {
        "login" => Operation::LogIn,
        "list" => Operation::List { path: path(first), without_mlsd: second == "without mlsd" },
        "retrieve" => Operation::Retrieve { path: path(first), offset, kind, dated },
        "store" => Operation::Store { path: path(first), offset, kind, then },
        "append" => Operation::Append { path: path(first), kind, then },
        "facts" => Operation::Facts { path: path(rest) },
        "cd" => Operation::ChangeDirectory { path: path(first), moves: second == "moves" },
        "mkdir" => Operation::MakeDirectory { path: path(rest) },
        "rmdir" => Operation::RemoveDirectory { path: path(rest) },
        "delete" => Operation::Delete { path: path(rest) },
        "rename" => Operation::Rename { from: path(first), to: path(second) },
        "checksum" => {
            let (name, feature) = rest.split_once(" from ").unwrap();
            Operation::Checksum { path: path(name), offer: Offer::of(&[feature.to_owned()]).unwrap() }
        }
        "chmod" => Operation::Chmod { path: path(second), mode: u16::from_str_radix(first, 8).unwrap() },
        "touch" => Operation::SetModified { path: path(second), at: first.parse().unwrap() },
        "raw" => Operation::Raw { line: bytes(rest) },
        "noop" => Operation::NoOperation,
        "quit" => Operation::Quit,
        _ => panic!("no operation is called {name}"),
    }
}

fn unescape(text: &str) -> Vec<u8> {
    let (mut bytes, mut rest) = (Vec::new(), text);
    while let Some(backslash) = rest.find('\\') {
        bytes.extend(&rest.as_bytes()[..backslash]);
        let (byte, length) = match rest.as_bytes()[backslash + 1] {
            b'r' => (b'\r', 2),
            b'n' => (b'\n', 2),
            b'0' => (0, 2),
            b'x' => (u8::from_str_radix(&rest[backslash + 2..backslash + 4], 16).unwrap(), 4),
            other => (other, 2),
        };
        bytes.push(byte);
        rest = &rest[backslash + length..];
    }
    bytes.extend(rest.as_bytes());
    bytes
}
