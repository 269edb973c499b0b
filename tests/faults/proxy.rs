//! A network that fails by a seed: a proxy in front of a server that cuts, stalls, resets, delays and splits what passes,
//! on control and data connections, at any byte.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use rustix::net::connect_unspec;

/// Longer than the client waits.
const STALL: Duration = Duration::from_secs(6);
/// Of so many connections one has a fault.
const ONE_IN: u64 = 6;

/// What happens to a connection.
#[derive(Clone, Copy, Debug)]
enum Fault {
    /// Ended in order behind so many bytes.
    Cut(u64),
    /// Reset behind so many bytes.
    Reset(u64),
    /// Silent behind so many bytes, and then ended.
    Stall(u64),
    /// Late by so many milliseconds at each piece, and in small pieces.
    Slow(u64),
    /// Byte by byte.
    Split,
}

/// The throws of a seed: the same ones each time.
#[derive(Debug)]
pub struct Dice(AtomicU64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(AtomicU64::new(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1))
    }

    pub fn below(&self, end: u64) -> u64 {
        let next = |mut state: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state
        };
        let state = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |state| Some(next(state))).unwrap();
        (next(state) >> 33) % end
    }

    /// What happens to the next connection, which carries about `bytes`.
    fn fault(&self, bytes: u64) -> Option<Fault> {
        if self.below(ONE_IN) > 0 {
            return None;
        }
        let at = self.below(bytes);
        Some(match self.below(5) {
            0 => Fault::Cut(at),
            1 => Fault::Reset(at),
            2 => Fault::Stall(at),
            3 => Fault::Slow(1 + self.below(20)),
            _ => Fault::Split,
        })
    }
}

/// Stands before the server at `port`, and gives back its own port.
pub fn start(port: u16, seed: u64) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    let dice = Arc::new(Dice::new(seed));
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { continue };
            // Long enough for a log-in and some dozen files.
            let fault = dice.fault(6000);
            let dice = dice.clone();
            relay(client, server, fault, move |bytes| with_own_port(bytes, &dice));
        }
    });
    own
}

/// The reply to EPSV, with a port of ours in place of the server's.
fn with_own_port(bytes: &[u8], dice: &Arc<Dice>) -> Vec<u8> {
    let text = String::from_utf8_lossy(bytes);
    let Some(start) = text.find("(|||") else { return bytes.to_vec() };
    let Some(length) = text[start + 4..].find('|') else { return bytes.to_vec() };
    let port: u16 = text[start + 4..start + 4 + length].parse().unwrap();
    let own = data(port, dice.clone());
    format!("{}(|||{own}{}", &text[..start], &text[start + 4 + length..]).into_bytes()
}

/// Waits for one data connection, and carries it to the server's `port`.
fn data(port: u16, dice: Arc<Dice>) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let own = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let Ok((client, _)) = listener.accept() else { return };
        let Ok(server) = TcpStream::connect(("127.0.0.1", port)) else { return };
        relay(client, server, dice.fault(60_000), |bytes| bytes.to_vec());
    });
    own
}

/// Carries bytes both ways, each on a thread of its own.
fn relay(
    client: TcpStream,
    server: TcpStream,
    fault: Option<Fault>,
    change: impl Fn(&[u8]) -> Vec<u8> + Send + 'static,
) {
    let (from, to) = (client.try_clone().unwrap(), server.try_clone().unwrap());
    thread::spawn(move || carry(from, to, fault, |bytes| bytes.to_vec()));
    thread::spawn(move || carry(server, client, fault, change));
}

fn carry(mut from: TcpStream, mut to: TcpStream, fault: Option<Fault>, change: impl Fn(&[u8]) -> Vec<u8>) {
    let mut passed = 0;
    let mut buffer = [0; 16 * 1024];
    loop {
        let count = from.read(&mut buffer);
        let Ok(count @ 1..) = count else {
            let _ = to.shutdown(Shutdown::Write);
            return;
        };
        let bytes = change(&buffer[..count]);
        let limit = match fault {
            Some(Fault::Cut(at) | Fault::Reset(at) | Fault::Stall(at)) => Some(at.saturating_sub(passed)),
            _ => None,
        };
        let whole = limit.is_none_or(|limit| bytes.len() as u64 <= limit);
        let room = usize::try_from(limit.unwrap_or(u64::MAX)).unwrap_or(usize::MAX).min(bytes.len());
        if write(&mut to, &bytes[..room], fault).is_err() {
            end(&from, &to, Fault::Reset(0));
            return;
        }
        passed += bytes.len() as u64;
        if let (false, Some(fault)) = (whole, fault) {
            return end(&from, &to, fault);
        }
    }
}

fn write(to: &mut TcpStream, bytes: &[u8], fault: Option<Fault>) -> io::Result<()> {
    match fault {
        Some(Fault::Slow(milliseconds)) => bytes.chunks(4000).try_for_each(|piece| {
            thread::sleep(Duration::from_millis(milliseconds));
            to.write_all(piece)
        }),
        // A large file byte by byte would take for ever.
        Some(Fault::Split) if bytes.len() < 2000 => bytes.iter().try_for_each(|byte| to.write_all(&[*byte])),
        _ => to.write_all(bytes),
    }
}

fn end(one: &TcpStream, other: &TcpStream, fault: Fault) {
    match fault {
        Fault::Stall(_) => thread::sleep(STALL),
        Fault::Reset(_) => {
            // At once: the thread for the other direction holds both too, and may wait for bytes that nobody will send. A
            // server that is left waiting keeps the file of an upload locked.
            let _ = (connect_unspec(one), connect_unspec(other));
            return;
        }
        _ => {}
    }
    let _ = (one.shutdown(Shutdown::Both), other.shutdown(Shutdown::Both));
}
