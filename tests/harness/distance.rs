//! A server that seems far away: each piece of what is said on the control connection takes its time. Data connections go
//! to the server itself.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// One way.
const DELAY: Duration = Duration::from_millis(15);

/// What lies on the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Firewall {
    /// Nothing.
    Open,
    /// An attempt of the server to connect to us is swallowed: it tries on, and takes no command.
    Silent,
    /// The first connections break once the server has said so much.
    Breaks(usize),
    /// All but the first connection are asked for a folder's list when so many have logged in, or it seems that they never will.
    ListsAfter(usize),
}

/// How long a folder's list waits for log-ins.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that break.
const BREAKING: usize = 5;

/// The port of the way to the server at `port`, for as long as this process lives.
pub fn away(port: u16, firewall: Firewall) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = listener.local_addr().unwrap().port();
    let logged_in = Arc::new(AtomicUsize::new(0));
    thread::spawn(move || {
        for (number, client) in listener.incoming().map_while(Result::ok).enumerate() {
            let broken = match firewall {
                // Not two of them at the same place.
                Firewall::Breaks(after) if number < BREAKING => after + 211 * number,
                _ => usize::MAX,
            };
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            let (up, down) = ((client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client));
            let firewall = match firewall {
                Firewall::ListsAfter(_) if number == 0 => Firewall::Open,
                firewall => firewall,
            };
            let count = logged_in.clone();
            thread::spawn(move || carry(up.0, up.1, firewall, usize::MAX, &count));
            let count = logged_in.clone();
            thread::spawn(move || carry(down.0, down.1, Firewall::Open, broken, &count));
        }
    });
    near
}

fn carry(mut from: TcpStream, mut to: TcpStream, firewall: Firewall, mut left: usize, logged_in: &AtomicUsize) {
    let mut bytes = vec![0; 65536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        thread::sleep(DELAY);
        let said = &bytes[..count];
        let says = |what: &[u8]| said.windows(what.len()).any(|there| there == what);
        logged_in.fetch_add(usize::from(said.starts_with(b"USER ")), Ordering::SeqCst);
        if let Firewall::ListsAfter(wanted) = firewall
            && says(b"LIST")
        {
            let until = Instant::now() + PATIENCE;
            while logged_in.load(Ordering::SeqCst) < wanted && Instant::now() < until {
                thread::sleep(DELAY);
            }
        }
        if firewall == Firewall::Silent && says(b"PORT ") {
            let _ = from.write_all(b"200 PORT command successful.\r\n");
            // The server is with it for a minute.
            thread::sleep(Duration::from_secs(60));
            return;
        }
        if to.write_all(&said[..said.len().min(left)]).is_err() || said.len() >= left {
            let _ = from.shutdown(Shutdown::Both);
            break;
        }
        left -= said.len();
    }
    let _ = to.shutdown(Shutdown::Write);
}
