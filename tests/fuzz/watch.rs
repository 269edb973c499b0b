//! Holds dialogues of nonsense with a session, and checks what must always be true of its outputs.
//!
//! What happens is thrown with [`Dice`]: from a seed, the same in every run, or from the bytes of a fuzzer.

use super::ftp::{Config, DataEnd, DataFault, Follows, Input, Known, Operation, Output, Session, Then, TransferType};
use super::model::{Credentials, Direction, HostCommand, Mode, RemotePath, Secret, Security};

/// What decides on the next event.
pub enum Dice<'a> {
    /// A small generator: the same throws in every run. Not 0.
    Seed(u64),
    /// One byte a throw, two for a choice among more than 256; then always the first choice.
    Bytes(&'a [u8]),
}

impl Dice<'_> {
    fn below(&mut self, end: usize) -> usize {
        match self {
            Self::Seed(state) => {
                *state ^= *state << 13;
                *state ^= *state >> 7;
                *state ^= *state << 17;
                usize::try_from(*state >> 33).unwrap() % end
            }
            Self::Bytes(bytes) => {
                let width = if end > 256 { 2 } else { 1 };
                let (thrown, rest) = bytes.split_at(width.min(bytes.len()));
                *bytes = rest;
                thrown.iter().fold(0, |number, byte| number << 8 | usize::from(*byte)) % end
            }
        }
    }

    fn of<T: Clone>(&mut self, choices: &[T]) -> T {
        choices[self.below(choices.len())].clone()
    }

    /// Whether there is nothing left to throw.
    fn is_out(&self) -> bool {
        matches!(self, Self::Bytes(bytes) if bytes.is_empty())
    }
}

/// What came of a dialogue.
pub struct Course {
    /// Data connections that carried bytes.
    pub flows: usize,
    /// Operations that ended well.
    pub good: usize,
}

/// Holds a dialogue of at most `events` events. `name` is what a failure is known by.
pub fn dialogue(name: &str, dice: &mut Dice<'_>, events: usize) -> Course {
    let mut config = config();
    config.security = dice.of(&[Security::Never, Security::Try, Security::Explicit, Security::Implicit]);
    config.host_command = dice.of(&[HostCommand::Auto, HostCommand::Auto, HostCommand::Always]);
    config.mode = dice.of(&[Mode::Auto, Mode::Passive, Mode::Active]);
    if dice.below(4) == 0 {
        config.peer = "2001:db8::1".parse().ok();
    }
    let mut watch = Watch::new(Session::new(config), name);
    watch.poll();
    watch.begin(Operation::LogIn);
    for _ in 0..events {
        if dice.is_out() {
            break;
        }
        watch.happen(dice);
    }
    watch.session.handle(Input::Closed);
    watch.poll();
    if watch.session.is_leaving() {
        // The data of a transfer that was confirmed are waited for, but not for ever.
        watch.session.handle(Input::Closed);
        watch.poll();
    }
    assert!(watch.session.is_closed() && !watch.running && !watch.data, "{name}");
    Course { flows: watch.flows, good: watch.good }
}

/// Holds what must always be true of a session's outputs.
struct Watch<'a> {
    session: Session,
    name: &'a str,
    running: bool,
    data: bool,
    shaking: bool,
    closed: bool,
    owed: Vec<String>,
    flows: usize,
    good: usize,
}

impl<'a> Watch<'a> {
    fn new(session: Session, name: &'a str) -> Self {
        Self {
            session,
            name,
            running: false,
            data: false,
            shaking: false,
            closed: false,
            owed: Vec::new(),
            flows: 0,
            good: 0,
        }
    }

    fn happen(&mut self, dice: &mut Dice<'_>) {
        match dice.below(20) {
            0 if !self.running => self.begin(any_operation(dice)),
            1 if dice.below(4) == 0 => self.session.handle(Input::Cancel),
            1 if dice.below(4) == 0 => self.session.handle(Input::Quiet),
            2 => self.session.handle(Input::Listening("0.0.0.0:40000".parse().unwrap())),
            3 | 4 => self.session.handle(Input::DataOpen),
            5 | 6 => self.data_done(dice),
            7 if dice.below(4) == 0 => {
                let next = (dice.below(2) > 0).then(|| any_operation(dice));
                let (more, expected) = (dice.below(3) > 0, dice.of(&[None, Some(1)]));
                let (far, may_try) = (dice.below(2) > 0, dice.below(2) > 0);
                let comes = dice.of(&[None, Some(true), Some(false)]);
                self.session.handle(Input::Follows(Follows { more, expected, next, far, may_try, comes }));
            }
            die if self.shaking && die > 0 => {
                self.shaking = false;
                self.session.handle(Input::Secured);
            }
            _ if self.owed.is_empty() && dice.below(100) > 0 => {
                if !self.running {
                    self.begin(any_operation(dice));
                }
            }
            _ => {
                let text = self.any_reply(dice);
                self.session.handle(Input::Bytes(&text));
            }
        }
        self.poll();
    }

    fn begin(&mut self, operation: Operation) {
        self.running = true;
        self.session.handle(Input::Begin(operation));
        self.poll();
    }

    fn data_done(&mut self, dice: &mut Dice<'_>) {
        let bytes = dice.below(3) as u64;
        let fault = dice.of(&[DataFault::Limit, DataFault::Network("x".into()), DataFault::Connect("x".into())]);
        let result =
            if dice.below(3) > 0 { Ok(DataEnd { bytes, clean: dice.below(8) > 0, broken: false }) } else { Err(fault) };
        self.data = false;
        self.session.handle(Input::DataDone(result));
    }

    /// Mostly what fits the command that is owed a reply: nonsense alone would not get past the greeting.
    fn any_reply(&self, dice: &mut Dice<'_>) -> Vec<u8> {
        let owed = self.owed.first().map_or("", String::as_str);
        let fitting: &[&str] = match owed.split(' ').next().unwrap_or_default() {
            "" => &["220 hi", "220 hi", "120 wait"],
            "AUTH" => &["234 go", "502 no"],
            "USER" => &["331 pass", "230 in"],
            "FEAT" => &["211-F\r\n MLST size;\r\n UTF8\r\n MDTM\r\n211 End", "211-F\r\n SIZE\r\n211 End", "500 no"],
            "EPSV" | "PASV" => &["229 (|||5000|)", "227 (1,2,3,4,5,6)", "502 no"],
            "REST" | "RNFR" => &["350 ok", "350 at (0)", "501 no"],
            "PWD" => &["257 \"/\"", "257 \"/a\"\"b\""],
            "RETR" | "STOR" | "APPE" | "LIST" | "MLSD" | "NLST" => {
                &["150 go", "226 done", "226 done", "550 no", "426 x"]
            }
            "ABOR" => &["226 ok", "225 ok"],
            _ => &["200 ok", "250 ok", "230 ok"],
        };
        let text = if dice.below(30) > 0 { dice.of(fitting) } else { "" };
        let odd = [
            "221 bye",
            "226 done",
            "150 go",
            "200",
            "550-a\r\nb\r\n550 c",
            "230-a\r\n200 b",
            "",
            "421 no",
            "xyz",
            "230-\0",
            "999 x",
        ];
        let text = if text.is_empty() && dice.below(2) == 0 { dice.of(&odd) } else { text };
        let mut bytes = text.as_bytes().to_vec();
        if dice.below(100) == 0 {
            bytes.extend((0..dice.below(40)).map(|_| u8::try_from(dice.below(256)).unwrap()));
        }
        bytes.extend(b"\r\n");
        bytes
    }

    fn poll(&mut self) {
        let name = self.name;
        while let Some(output) = self.session.poll() {
            match output {
                Output::Log(record) if record.direction == Direction::Received => {
                    if record.code.is_some_and(|code| code >= 200) && !self.owed.is_empty() {
                        self.owed.remove(0);
                    }
                }
                Output::Log(_) => {}
                Output::Send(bytes) => {
                    assert!(!self.closed && !self.shaking, "{name}: sent into the void");
                    self.owed.extend(String::from_utf8(bytes).unwrap().lines().map(str::to_owned));
                }
                Output::Secure | Output::Clear => self.shaking = true,
                Output::Connect { port, .. } => {
                    assert!(!self.data && port > 0, "{name}: two data connections");
                    self.data = true;
                }
                Output::Listen => {
                    assert!(!self.data, "{name}: two data connections");
                    self.data = true;
                }
                Output::Flow { .. } => {
                    assert!(self.running, "{name}: data for nobody");
                    self.flows += 1;
                }
                Output::Drop => {
                    assert!(self.data, "{name}: nothing to drop");
                    self.data = false;
                }
                Output::Done(result) => {
                    self.good += usize::from(result.is_ok());
                    // What came right behind the last reply may have closed the session: then `Drop` comes next.
                    let is_spoken_for = self.session.is_ahead() || self.session.is_closed();
                    assert!(self.running && (!self.data || is_spoken_for), "{name}: done, and something is left");
                    assert!(self.session.is_idle() || self.session.is_closed(), "{name}: done, and replies are owed");
                    self.running = false;
                }
                Output::Close => self.closed = true,
            }
        }
    }
}

fn any_operation(dice: &mut Dice<'_>) -> Operation {
    let path = RemotePath::new("/a");
    let kind = dice.of(&[TransferType::Image, TransferType::Image, TransferType::Ascii]);
    let offset = dice.of(&[0, 0, 7, u64::MAX]);
    let asked = Then { size: true, modified: Some(jiff::Timestamp::UNIX_EPOCH), permissions: Some(0o644) };
    let then = dice.of(&[Then::default(), asked]);
    let line = dice.of(&["LIST", "REST 5", "TYPE A", "STOR x", "HELP", "MODE Z", "PASS hunter2", "QUIT", "A\rB", ""]);
    dice.of(&[
        Operation::List { path: path.clone(), without_mlsd: false },
        Operation::List { path: path.clone(), without_mlsd: false },
        Operation::Retrieve { path: path.clone(), offset, kind, dated: offset == 7 },
        Operation::Store { path: path.clone(), offset, kind, then },
        Operation::Append { path: path.clone(), kind, then: Then::default() },
        Operation::Facts { path: path.clone() },
        Operation::ChangeDirectory { path: path.clone(), moves: false },
        Operation::MakeDirectory { path: path.clone() },
        Operation::RemoveDirectory { path: path.clone() },
        Operation::Delete { path: path.join("line\nbreak") },
        Operation::Rename { from: path.clone(), to: path.join("b") },
        Operation::Chmod { path: path.clone(), mode: 0o644 },
        Operation::SetModified { path, at: jiff::Timestamp::UNIX_EPOCH },
        Operation::Raw { line: line.to_owned() },
        Operation::NoOperation,
        Operation::Quit,
    ])
}

fn config() -> Config {
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
        credentials: Credentials {
            user: "me".into(),
            password: Secret::new("hunter2"),
            account: Some("acme77".into()),
        },
        mode: Mode::Passive,
        host_command: HostCommand::Auto,
        encoding: None,
        paths: None,
        known: Known::default(),
    }
}
