//! A server that seems far away: each piece of what is said on the control connection takes its time. Data connections go
//! to the server itself.
#![allow(clippy::unwrap_used)]

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::thread;
use std::time::Duration;

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
}

/// Connections that break.
const BREAKING: usize = 5;

/// The port of the way to the server at `port`, for as long as this process lives.
pub fn away(port: u16, firewall: Firewall) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        for (number, client) in listener.incoming().map_while(Result::ok).enumerate() {
            let broken = match firewall {
                // Not two of them at the same place.
                Firewall::Breaks(after) if number < BREAKING => after + 211 * number,
                _ => usize::MAX,
            };
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            let (up, down) = ((client.try_clone().unwrap(), server.try_clone().unwrap()), (server, client));
            thread::spawn(move || carry(up.0, up.1, firewall, usize::MAX));
            thread::spawn(move || carry(down.0, down.1, Firewall::Open, broken));
        }
    });
    near
}

fn carry(mut from: TcpStream, mut to: TcpStream, firewall: Firewall, mut left: usize) {
    let mut bytes = vec![0; 65536];
    while let Ok(count @ 1..) = from.read(&mut bytes) {
        thread::sleep(DELAY);
        let said = &bytes[..count];
        if firewall == Firewall::Silent && said.windows(5).any(|word| word == b"PORT ") {
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
