//! What a person at a terminal is asked, and what they may do there: answer for all, or leave.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod peer;

use std::fs;
use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use peer::{PASSWORD, Peer, World};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// The end of the question about a file that is there, and of the one about a certificate.
const EXISTS: &str = "for all: ";

/// The program at a terminal of its own.
struct Terminal {
    child: Child,
    shown: Arc<Mutex<String>>,
    home: TempDir,
}

impl Terminal {
    fn run(home: TempDir, arguments: &[&str]) -> Self {
        let line = format!("echo pid $$; exec {} {}", env!("CARGO_BIN_EXE_longshore"), arguments.join(" "));
        let mut command = Command::new("script");
        command.args(["-qfec", &line, "/dev/null"]).env("SHELL", "/bin/sh").current_dir(home.path());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path().join("config"));
        command.env("XDG_DATA_HOME", home.path().join("data")).env_remove("DBUS_SESSION_BUS_ADDRESS");
        let mut child = command.env("LONGSHORE_PASSWORD", PASSWORD).spawn().unwrap();
        let (shown, mut stream) = (Arc::<Mutex<String>>::default(), child.stdout.take().unwrap());
        let kept = shown.clone();
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut buffer) {
                kept.lock().unwrap().push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
        });
        Self { child, shown, home }
    }

    fn shown(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    /// How often it has asked.
    fn count(&self, words: &str) -> usize {
        self.shown().matches(words).count()
    }

    /// Waits for the `number`-th time that it shows `words`.
    fn wait_for(&self, words: &str, number: usize) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while self.count(words) < number {
            assert!(Instant::now() < deadline, "no {words:?}: {}", self.shown());
            thread::sleep(Duration::from_millis(20));
        }
    }

    fn write(&mut self, text: &str) {
        self.child.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// The program's number, which the shell had before it.
    fn pid(&self) -> Pid {
        let shown = self.shown();
        let number = shown.lines().find_map(|line| line.trim().strip_prefix("pid ")).unwrap();
        Pid::from_raw(number.parse().unwrap()).unwrap()
    }

    /// The exit status, which must come soon.
    fn end(&mut self) -> i32 {
        let deadline = Instant::now() + Duration::from_secs(5);
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.code().unwrap();
            }
            assert!(Instant::now() < deadline, "it does not end: {}", self.shown());
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Only where a test has failed does it still run.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A folder `tree` of `count` files, here and on a server.
fn both(count: usize) -> (TempDir, Peer) {
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join("tree")).unwrap();
    let (mut listing, mut nodes) = (String::new(), Vec::new());
    for number in 0..count {
        fs::write(home.path().join(format!("tree/{number}")), b"ours").unwrap();
        listing += &format!("-rw-r--r-- 1 u g 6 Jan 01  2020 {number}\r\n");
        nodes.push((format!("/tree/{number}"), b"theirs".to_vec()));
    }
    nodes.push(("/tree/".to_owned(), listing.into_bytes()));
    let nodes: Vec<_> = nodes.iter().map(|(path, bytes)| (path.as_str(), &bytes[..])).collect();
    (home, Peer::honest(World::list(&nodes)))
}

#[test]
fn an_answer_for_all_is_asked_for_once() {
    for (answer, connections) in [("S", "1"), ("K", "4"), ("O", "4"), ("O", "1")] {
        let (home, peer) = both(40);
        let url = peer.url("tree");
        let mut terminal = Terminal::run(home, &["get", &url, "-j", connections]);
        terminal.wait_for(EXISTS, 1);
        // Many questions are on their way by now.
        thread::sleep(Duration::from_millis(300));
        terminal.write(&format!("{answer}\n"));
        assert_eq!(terminal.end(), 0, "{answer}: {}", terminal.shown());
        assert_eq!(terminal.count(EXISTS), 1, "{answer}: {}", terminal.shown());
        let names = fs::read_dir(terminal.home.path().join("tree")).unwrap();
        let bytes = names.map(|name| fs::read(name.unwrap().path()).unwrap()).collect::<Vec<_>>();
        let theirs = bytes.iter().filter(|bytes| *bytes == b"theirs").count();
        let expected =
            [("S", (40, 0)), ("K", (80, 40)), ("O", (40, 40))].iter().find(|(of, _)| *of == answer).unwrap().1;
        assert_eq!((bytes.len(), theirs), expected, "{answer}");
    }
}

/// Those are several batches.
#[test]
fn an_answer_for_all_holds_for_every_server_of_a_run() {
    let ((home, one), (_, other)) = (both(3), both(3));
    let urls = [0, 1, 2].map(|number| [&one, &other][number % 2].url(&format!("tree/{number}")));
    let mut terminal = Terminal::run(home, &["get", &urls[0], &urls[1], &urls[2], "-o", "tree"]);
    terminal.wait_for(EXISTS, 1);
    terminal.write("o\n");
    terminal.wait_for(EXISTS, 2);
    terminal.write("S\n");
    assert_eq!(terminal.end(), 0, "{}", terminal.shown());
    assert_eq!(terminal.count(EXISTS), 2, "{}", terminal.shown());
}

#[test]
fn who_leaves_at_a_question_has_left() {
    for signal in [None, Some(Signal::TERM)] {
        let (home, peer) = both(2);
        let mut terminal = Terminal::run(home, &["get", &peer.url("tree")]);
        terminal.wait_for(EXISTS, 1);
        match signal {
            None => terminal.write("\u{3}"),
            Some(signal) => kill_process(terminal.pid(), signal).unwrap(),
        }
        assert_eq!(terminal.end(), 130, "{}", terminal.shown());
        assert!(terminal.shown().trim_end().ends_with("longshore: interrupted"), "{:?}", terminal.shown());
        let mut queue = Command::new(env!("CARGO_BIN_EXE_longshore"));
        queue.env("HOME", terminal.home.path()).env("XDG_DATA_HOME", terminal.home.path().join("data"));
        let left = queue.env("XDG_CONFIG_HOME", terminal.home.path().join("config")).arg("queue").output().unwrap();
        let left = String::from_utf8(left.stdout).unwrap();
        assert_eq!(left.lines().count(), 2, "both files wait for another run: {left}");
    }
}
