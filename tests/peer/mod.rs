//! A server that is scripted line by line, to be as hostile as a test wants it; and the program that talks to it.
#![allow(dead_code, clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub const USER: &str = "tester";
/// Nothing that is printed may hold it.
pub const PASSWORD: &str = "Hunter2-Secret-Word";
/// A client that hangs longer than this is killed, and the test fails.
const WATCHDOG: Duration = Duration::from_secs(90);
/// How long a dialogue waits for its client: longer than any client's patience.
const PATIENCE: Duration = Duration::from_secs(60);
/// An endless stream ends here, so that a client that never stops reading fails its test.
pub const ENDLESS: usize = 600 << 20;

type Script = dyn Fn(&mut Dialogue) -> io::Result<()> + Send + Sync;

/// A scripted server on a free loopback port. Every connection plays the script from the start.
pub struct Peer {
    pub port: u16,
    heard: Arc<Mutex<Vec<(usize, String)>>>,
}

impl Peer {
    pub fn start(script: impl Fn(&mut Dialogue) -> io::Result<()> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let (script, hearing): (Arc<Script>, _) = (Arc::new(script), Arc::clone(&heard));
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let (script, heard) = (Arc::clone(&script), Arc::clone(&hearing));
                thread::spawn(move || {
                    // The client may leave at any moment: that is its right.
                    let _ = Dialogue::new(stream?, number, heard).and_then(|mut dialogue| script(&mut dialogue));
                    io::Result::Ok(())
                });
            }
        });
        Self { port, heard }
    }

    /// A server that does as a server should, with `world` to serve.
    pub fn honest(world: World) -> Self {
        Self::start(move |dialogue| {
            dialogue.say("220 ready")?;
            dialogue.serve(&world, |_, _, _| Ok(false))
        })
    }

    /// A server that behaves, except where `differs` answers a command itself and says so.
    pub fn except(
        world: World,
        differs: impl Fn(&mut Dialogue, &str, &str) -> io::Result<bool> + Send + Sync + 'static,
    ) -> Self {
        Self::start(move |dialogue| {
            dialogue.say("220 ready")?;
            dialogue.serve(&world, &differs)
        })
    }

    pub fn url(&self, path: &str) -> String {
        format!("ftp://{USER}@127.0.0.1:{}/{path}", self.port)
    }

    /// What all connections were told, in the order in which it came.
    pub fn heard(&self) -> Vec<String> {
        self.heard.lock().unwrap().iter().map(|(_, line)| line.clone()).collect()
    }

    /// Whether any connection was told something that begins with `verb`.
    pub fn heard_verb(&self, verb: &str) -> bool {
        self.heard().iter().any(|line| line.to_ascii_uppercase().starts_with(verb))
    }

    /// How often any connection was told something that begins with `verb`.
    pub fn count(&self, verb: &str) -> usize {
        self.heard().iter().filter(|line| line.starts_with(verb)).count()
    }

    /// How many connections said anything.
    pub fn connections(&self) -> usize {
        let numbers: std::collections::BTreeSet<_> = self.heard.lock().unwrap().iter().map(|(n, _)| *n).collect();
        numbers.len()
    }
}

/// What an honest server serves: paths that end with `/` are directories, with the bytes of their listing.
#[derive(Clone, Default)]
pub struct World {
    pub nodes: BTreeMap<String, Vec<u8>>,
    /// Whether listings are MLSD's; else they are LIST's.
    pub mlsd: bool,
}

impl World {
    pub fn list(nodes: &[(&str, &[u8])]) -> Self {
        let nodes = nodes.iter().map(|(path, bytes)| ((*path).to_owned(), bytes.to_vec())).collect();
        Self { nodes, mlsd: false }
    }

    pub fn mlsd(nodes: &[(&str, &[u8])]) -> Self {
        Self { mlsd: true, ..Self::list(nodes) }
    }
}

/// One control connection, from the server's side.
pub struct Dialogue {
    pub stream: TcpStream,
    lines: BufReader<TcpStream>,
    number: usize,
    heard: Arc<Mutex<Vec<(usize, String)>>>,
    passive: Option<TcpListener>,
    pub directory: String,
    pub restart: usize,
}

impl Dialogue {
    fn new(stream: TcpStream, number: usize, heard: Arc<Mutex<Vec<(usize, String)>>>) -> io::Result<Self> {
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let lines = BufReader::new(stream.try_clone()?);
        Ok(Self { stream, lines, number, heard, passive: None, directory: "/".into(), restart: 0 })
    }

    /// Sends lines; each gets its CR LF.
    pub fn say(&mut self, text: &str) -> io::Result<()> {
        self.stream.write_all(format!("{text}\r\n").as_bytes())
    }

    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// The client's next line.
    pub fn hear(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        if self.lines.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        self.heard.lock().unwrap().push((self.number, line.clone()));
        Ok(line)
    }

    /// Keeps the connection open and listens, without an answer, until the client leaves.
    pub fn ignore(&mut self) -> io::Result<()> {
        loop {
            self.hear()?;
        }
    }

    /// Sends `bytes` again and again until the client leaves, or for far too long: then the test is told.
    pub fn send_endlessly(&mut self, bytes: &[u8]) -> io::Result<()> {
        let (heard, number) = (Arc::clone(&self.heard), self.number);
        endlessly(&mut self.stream, bytes).inspect(|()| heard.lock().unwrap().push((number, "READ IT ALL".into())))
    }

    /// Answers commands as a server should, until the client leaves. `differs` may answer a command in its own way.
    pub fn serve(
        &mut self,
        world: &World,
        differs: impl Fn(&mut Self, &str, &str) -> io::Result<bool>,
    ) -> io::Result<()> {
        loop {
            let line = self.hear()?;
            let (verb, argument) = line.split_once(' ').unwrap_or((&line, ""));
            let verb = verb.to_ascii_uppercase();
            if differs(self, &verb, argument)? {
                continue;
            }
            if verb == "QUIT" {
                return self.say("221 bye");
            }
            self.answer(world, &verb, argument)?;
        }
    }

    fn answer(&mut self, world: &World, verb: &str, argument: &str) -> io::Result<()> {
        let path = self.path(argument);
        match verb {
            "USER" => self.say("331 password"),
            "PASS" => self.say("230 in"),
            "SYST" => self.say("215 UNIX Type: L8"),
            "FEAT" if world.mlsd => {
                self.say("211-has\r\n MLST type*;size*;modify*;\r\n UTF8\r\n SIZE\r\n EPSV\r\n211 end")
            }
            "FEAT" => self.say("211-has\r\n UTF8\r\n SIZE\r\n EPSV\r\n211 end"),
            "PWD" => {
                self.say(&format!("257 \"{}\" here", self.directory.trim_end_matches('/')).replace("\"\"", "\"/\""))
            }
            "CWD" if world.nodes.contains_key(&format!("{}/", path.trim_end_matches('/'))) => {
                self.directory = format!("{}/", path.trim_end_matches('/'));
                self.say("250 there")
            }
            "CWD" => self.say("550 no such directory"),
            "TYPE" | "OPTS" | "NOOP" | "CLNT" | "MODE" | "STRU" => self.say("200 fine"),
            "SIZE" => match world.nodes.get(&path) {
                Some(bytes) => self.say(&format!("213 {}", bytes.len())),
                None => self.say("550 no such file"),
            },
            "REST" => {
                self.restart = argument.parse().unwrap_or(0);
                self.say("350 from there")
            }
            "EPSV" => {
                let port = self.listen()?;
                self.say(&format!("229 here (|||{port}|)"))
            }
            "LIST" | "MLSD" => match world.nodes.get(&self.directory).cloned() {
                Some(listing) if (verb == "MLSD") == world.mlsd => self.transfer(&listing),
                _ => self.say("502 not here"),
            },
            "RETR" => match world.nodes.get(&path) {
                Some(bytes) => self.transfer(bytes.get(self.restart..).unwrap_or_default()),
                None => self.say("550 no such file"),
            },
            "STOR" => {
                self.say("150 send it")?;
                io::copy(&mut self.accept()?, &mut io::sink())?;
                self.say("226 stored")
            }
            "EPRT" | "PORT" => self.say("200 fine"),
            "ABOR" => self.say("226 nothing to abort"),
            _ => self.say("500 unknown"),
        }
    }

    /// `argument` seen from the current directory, as a plain concatenation: nothing is resolved.
    pub fn path(&self, argument: &str) -> String {
        if argument.starts_with('/') { argument.to_owned() } else { format!("{}{argument}", self.directory) }
    }

    /// Listens for a data connection, at this port.
    pub fn listen(&mut self) -> io::Result<u16> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        self.passive = Some(listener);
        Ok(port)
    }

    /// The data connection that the client makes.
    pub fn accept(&mut self) -> io::Result<TcpStream> {
        let listener = self.passive.take().ok_or(io::ErrorKind::NotConnected)?;
        let (stream, _) = listener.accept()?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(stream)
    }

    /// 150, the bytes, 226.
    pub fn transfer(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.restart = 0;
        self.say("150 here it comes")?;
        self.accept()?.write_all(bytes)?;
        self.say("226 done")
    }

    /// The same slowly, at most 1.6 MB a second; 426 where the client has had enough.
    pub fn trickle(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.restart = 0;
        self.say("150 here it comes")?;
        let mut data = self.accept()?;
        for block in bytes.chunks(32 << 10) {
            if data.write_all(block).is_err() {
                return self.say("426 you left");
            }
            thread::sleep(Duration::from_millis(20));
        }
        drop(data);
        self.say("226 done")
    }

    /// 150 and a data connection that never ends.
    pub fn transfer_endlessly(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.say("150 here it comes")?;
        let mut data = self.accept()?;
        if endlessly(&mut data, bytes).is_ok() {
            self.heard.lock().unwrap().push((self.number, "READ IT ALL".into()));
        }
        drop(data);
        self.say("426 you left")
    }
}

fn endlessly(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    let block = bytes.repeat((64 << 10) / bytes.len().max(1) + 1);
    for _ in 0..ENDLESS / block.len() {
        stream.write_all(&block)?;
    }
    Ok(())
}

/// How a run of the program ended, and what it left behind.
pub struct Ended {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
    pub transcript: String,
    /// A folder of its own with `target` (the current folder of the run), and the program's own files.
    pub home: TempDir,
}

impl Ended {
    pub fn target(&self) -> PathBuf {
        self.home.path().join("target")
    }

    /// Every file and folder below `target`, with `/` between, in order.
    pub fn tree(&self) -> Vec<String> {
        let mut found = Vec::new();
        walk(&self.target(), "", &mut found);
        found.sort();
        found
    }

    pub fn expect(self, status: i32) -> Self {
        assert_eq!(self.status, status, "stdout: {}\nstderr: {}\n{}", self.stdout, self.stderr, self.transcript);
        self
    }
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            walk(&entry.path(), &format!("{name}/"), found);
            found.push(format!("{name}/"));
        } else {
            found.push(name);
        }
    }
}

/// Runs the program; one that hangs is killed and fails the test, and so does one that panics or tells the password.
pub fn run(arguments: &[&str]) -> Ended {
    run_in(tempfile::tempdir().unwrap(), arguments)
}

/// The same in a folder that is prepared already.
pub fn run_in(home: TempDir, arguments: &[&str]) -> Ended {
    let target = home.path().join("target");
    fs::create_dir_all(&target).unwrap();
    let output = |name: &str| fs::File::create(home.path().join(name)).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_longshore"));
    command.args(arguments).arg("--transcript").arg(home.path().join("transcript"));
    command.current_dir(&target).stdin(Stdio::null()).stdout(output("stdout")).stderr(output("stderr"));
    command.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path().join("config"));
    command.env("XDG_DATA_HOME", home.path().join("data")).env_remove("DBUS_SESSION_BUS_ADDRESS");
    command.env("LONGSHORE_PASSWORD", PASSWORD);
    let mut child = command.spawn().unwrap();
    let deadline = Instant::now() + WATCHDOG;
    let status = loop {
        match child.try_wait().unwrap() {
            Some(status) => break status.code().unwrap_or(-1),
            None if Instant::now() > deadline => {
                child.kill().unwrap();
                child.wait().unwrap();
                break i32::MIN;
            }
            None => thread::sleep(Duration::from_millis(20)),
        }
    };
    let read = |name: &str| {
        let mut bytes = Vec::new();
        let _ = fs::File::open(home.path().join(name)).and_then(|mut file| file.read_to_end(&mut bytes));
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (stdout, stderr, transcript) = (read("stdout"), read("stderr"), read("transcript"));
    assert_ne!(status, i32::MIN, "{arguments:?} hung; stderr: {stderr}\n{transcript}");
    assert!(!stderr.contains("panicked"), "{arguments:?}: {stderr}");
    for (what, text) in [("standard output", &stdout), ("standard error", &stderr), ("transcript", &transcript)] {
        assert!(!text.contains(PASSWORD), "{arguments:?}: the password is in the {what}: {text}");
    }
    Ended { status, stdout, stderr, transcript, home }
}
