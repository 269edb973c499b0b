//! The transcript equals what a recording proxy saw on the wire, line for line, with secrets as `****`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod harness;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use harness::{Kind, PASSWORD, Setup, tree};

/// What one control connection carried: the direction and the line, in the order in which the proxy saw them.
type Wire = Arc<Mutex<Vec<(bool, String)>>>;

#[test]
fn every_line_is_there_in_its_order() {
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd, Kind::Pyftpdlib] {
        let Some(server) = Setup::new(kind).start() else { return };
        let home = tempfile::tempdir().unwrap();
        tree::make(&server.root);
        std::fs::write(server.root.join(b_name()), b"latin").unwrap();
        server.own();
        let proxy = Proxy::start(server.port);
        let url = format!("ftp://{}@127.0.0.1:{}/", harness::USER, proxy.port);
        let transcript = home.path().join("transcript");
        let target = home.path().join("target");
        let mut command = server.longshore(home.path());
        command.args(["get", &format!("{url}with%20space"), &format!("{url}missing"), "-o"]).arg(&target);
        let output = command.arg("--transcript").arg(&transcript).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
        compare(&proxy, &std::fs::read_to_string(&transcript).unwrap(), kind);
    }
}

/// A name that is not UTF-8.
fn b_name() -> std::ffi::OsString {
    std::os::unix::ffi::OsStringExt::from_vec(b"caf\xe9".to_vec())
}

fn compare(proxy: &Proxy, transcript: &str, kind: Kind) {
    let lines: Vec<serde_json::Value> = transcript.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let connections = proxy.connections.lock().unwrap();
    assert!(!connections.is_empty() && !lines.is_empty());
    assert!(!transcript.contains(PASSWORD));
    let hidden = |(sent, text): &(bool, String)| match text.strip_prefix("PASS ") {
        Some(_) if *sent => (true, "PASS ****".to_owned()),
        _ => (*sent, text.clone()),
    };
    // The proxy cannot know which of two lines that crossed each other came first, so each direction is compared; nor
    // which of two connections that were opened at once has which number, so all are compared together.
    let sides = |all: Vec<(bool, String)>| -> (Vec<_>, Vec<_>) { all.into_iter().partition(|line| line.0) };
    let mut seen: Vec<_> =
        connections.iter().map(|wire| sides(wire.lock().unwrap().iter().map(hidden).collect())).collect();
    let numbers: BTreeSet<u64> = lines.iter().map(|line| line["connection"].as_u64().unwrap()).collect();
    let mut written: Vec<_> = numbers
        .iter()
        .map(|number| {
            let own = lines.iter().filter(|line| line["connection"] == *number && line["direction"] != "note");
            let line =
                |line: &serde_json::Value| (line["direction"] == "sent", line["text"].as_str().unwrap().to_owned());
            sides(own.map(line).collect())
        })
        .collect();
    seen.sort();
    written.sort();
    assert_eq!(written, seen, "{kind:?}");
    let sequence: Vec<u64> = lines.iter().map(|line| line["seq"].as_u64().unwrap()).collect();
    assert!(sequence.windows(2).all(|pair| pair[0] < pair[1]), "{sequence:?}");
}

/// Passes control connections on to a server, and writes down what they carry.
struct Proxy {
    port: u16,
    connections: Arc<Mutex<Vec<Wire>>>,
}

impl Proxy {
    fn start(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&connections);
        thread::spawn(move || {
            for client in listener.incoming() {
                let (client, server) = (client.unwrap(), TcpStream::connect(("127.0.0.1", server)).unwrap());
                let wire = Wire::default();
                kept.lock().unwrap().push(Arc::clone(&wire));
                pass(client.try_clone().unwrap(), server.try_clone().unwrap(), true, Arc::clone(&wire));
                pass(server, client, false, wire);
            }
        });
        Self { port, connections }
    }
}

fn pass(mut from: TcpStream, mut to: TcpStream, sent: bool, wire: Wire) {
    thread::spawn(move || {
        let mut pending = Vec::new();
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            pending.extend_from_slice(&buffer[..length]);
            while let Some(end) = pending.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                let line = line.strip_suffix(b"\r\n").unwrap_or(&line);
                wire.lock().unwrap().push((sent, String::from_utf8_lossy(line).into_owned()));
            }
            if to.write_all(&buffer[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Write);
    });
}
