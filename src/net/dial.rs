//! From a name to a connected socket: resolve, try every address.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};

use super::log::{Log, Scribe};
use super::{ClientCertificate, Error, Through, Trust};
use crate::ftp::Known;
use crate::model::{ConnectionId, Credentials, Site};

/// Another address is tried beside the first after this long (RFC 8305: 250 ms), so that a dead one costs little.
const STAGGER: Duration = Duration::from_millis(250);
/// A name has no more addresses than this for us.
const MAX_ADDRESSES: usize = 16;
/// A silent control connection is probed after this long, so that routers do not forget it during a long transfer.
const KEEPALIVE_AFTER: Duration = Duration::from_secs(60);
const KEEPALIVE_EVERY: Duration = Duration::from_secs(30);

/// What the connections to one server share: how many transfers wait for them, so that they make their next data
/// connections ahead, and whether the server can connect to us, which one of them finds out.
#[derive(Clone, Debug, Default)]
pub struct Backlog(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicUsize,
    coming: Mutex<Coming>,
}

#[derive(Clone, Copy, Debug, Default)]
enum Coming {
    #[default]
    Unknown,
    /// This connection finds it out.
    Tried(ConnectionId),
    Known(bool),
}

impl Backlog {
    /// One more waits.
    pub fn add(&self) {
        self.0.waiting.fetch_add(1, Ordering::Relaxed);
    }

    /// One waits no longer.
    pub fn remove(&self) {
        // Whoever takes one away has added it.
        let _ = self.0.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |count| count.checked_sub(1));
    }

    /// How many wait.
    pub fn count(&self) -> usize {
        self.0.waiting.load(Ordering::Relaxed)
    }

    /// Whether the server can connect to us, as far as one of its connections has found out.
    pub(super) fn comes(&self) -> Option<bool> {
        if let Coming::Known(well) = *self.coming() { Some(well) } else { None }
    }

    /// A connection has found out whether the server can connect to us. That it cannot is the surer word.
    pub(super) fn came(&self, well: bool) {
        let mut coming = self.coming();
        if !matches!(*coming, Coming::Known(false)) {
            *coming = Coming::Known(well);
        }
    }

    /// Whether it is for `connection` to find that out: should it fail, it alone is held up.
    pub(super) fn may_try(&self, connection: ConnectionId) -> bool {
        let mut coming = self.coming();
        if matches!(*coming, Coming::Unknown) {
            *coming = Coming::Tried(connection);
        }
        matches!(*coming, Coming::Tried(by) if by == connection)
    }

    /// `connection` is gone, and finds out nothing more.
    pub(super) fn leave(&self, connection: ConnectionId) {
        let mut coming = self.coming();
        if matches!(*coming, Coming::Tried(by) if by == connection) {
            *coming = Coming::Unknown;
        }
    }

    fn coming(&self) -> MutexGuard<'_, Coming> {
        self.0.coming.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What to connect to, and how.
#[derive(Clone, Debug)]
pub struct Dial {
    /// The server.
    pub site: Arc<Site>,
    /// What logs in.
    pub credentials: Credentials,
    /// What earlier connections have learned about it.
    pub known: Known,
    /// The connection's number in the transcript.
    pub id: ConnectionId,
    /// Without any byte for this long, a connection counts as dead.
    pub timeout: Duration,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// Lowest and highest port that active mode listens on; `None`: the system chooses.
    pub active_ports: Option<(u16, u16)>,
    /// What stands between us and the server.
    pub proxy: Option<Through>,
    /// What proves who we are, where the server asks for that.
    pub certificate: Option<ClientCertificate>,
    /// The secrets of TLS are written to the file that `SSLKEYLOGFILE` names.
    pub key_log: bool,
    /// What active mode names to a server outside of this network.
    pub external_address: Option<IpAddr>,
    /// TLS 1.2 at most: what [`Error::NeedsTls12`] asks for.
    pub tls12_only: bool,
    /// Where the dialogue is written.
    pub log: Log,
    /// NOOP is sent when nothing was asked for this long.
    pub keep_alive: Option<Duration>,
    /// The transfers that wait for this connection and others like it.
    pub backlog: Backlog,
}

impl Dial {
    /// The proxy that carries every connection to the server, if one does.
    pub(super) fn tunnel(&self) -> Option<&Through> {
        self.proxy.as_ref().filter(|through| through.proxy.is_tunnel())
    }
}

/// Resolves the site's host, and connects to the first of its addresses that answers. Where a proxy stands in between, that
/// one is connected to, and is asked for the way to the site.
pub(super) async fn reach(
    dial: &Dial,
    scribe: &Scribe,
    step: &(impl Fn(String) + Send + Sync),
) -> Result<TcpStream, Error> {
    let (host, port) = match &dial.proxy {
        Some(Through { proxy, .. }) => (proxy.host.as_str(), proxy.port()),
        None => (dial.site.host.as_str(), dial.site.port()),
    };
    let what = format!("Looking up {host}");
    step(what.clone());
    let addresses = match timeout(dial.timeout, tokio::net::lookup_host((host, port))).await {
        Ok(Ok(addresses)) => interleave(addresses.collect()),
        Ok(Err(error)) => return Err(Error::network(what, error)),
        Err(_) => return Err(Error::Timeout { what, seconds: dial.timeout.as_secs() }),
    };
    let Some(first) = addresses.first() else {
        return Err(Error::network(what, io::Error::new(io::ErrorKind::NotFound, "the name has no address")));
    };
    if addresses.len() > 1 || first.ip().to_string() != host {
        let list: Vec<String> = addresses.iter().map(|address| address.ip().to_string()).collect();
        scribe.note(format!("{host} is {}", list.join(", ")));
    }
    let start = Instant::now();
    let mut socket =
        connect_any(addresses, dial.timeout, scribe, &|address| step(format!("Connecting to {address}"))).await?;
    let peer = socket.peer_addr().map_err(|error| Error::network(format!("Connecting to {host}:{port}"), error))?;
    let proxy = if dial.proxy.is_some() { "the proxy " } else { "" };
    scribe.note(format!("Connected to {proxy}{peer} in {} ms", start.elapsed().as_millis()));
    let _ = socket.set_nodelay(true);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE_AFTER).with_interval(KEEPALIVE_EVERY);
    let _ = SockRef::from(&socket).set_tcp_keepalive(&keepalive);
    if let Some(through) = dial.tunnel() {
        let (host, port) = (dial.site.host.as_str(), dial.site.port());
        step(format!("Asking the proxy for {host}:{port}"));
        through.reach(&mut socket, host, port, dial.timeout).await?;
        scribe.note(format!("The proxy has connected to {host}:{port}"));
    }
    Ok(socket)
}

/// The resolver's order, but IPv6 and IPv4 take turns.
fn interleave(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let Some(first) = addresses.first().copied() else { return addresses };
    let mut seen = Vec::new();
    let unique: Vec<SocketAddr> = addresses
        .into_iter()
        .filter(|address| {
            let new = !seen.contains(address);
            seen.push(*address);
            new
        })
        .collect();
    let (like, other): (Vec<_>, Vec<_>) = unique.into_iter().partition(|a| a.is_ipv6() == first.is_ipv6());
    let mut mixed = Vec::with_capacity(like.len() + other.len());
    let (mut like, mut other) = (like.into_iter(), other.into_iter());
    loop {
        let pair = [like.next(), other.next()];
        if pair == [None, None] {
            break;
        }
        mixed.extend(pair.into_iter().flatten());
    }
    mixed.truncate(MAX_ADDRESSES);
    mixed
}

/// Starts with the first address; the next joins when one fails or after [`STAGGER`]; the first that answers wins.
async fn connect_any(
    addresses: Vec<SocketAddr>,
    limit: Duration,
    scribe: &Scribe,
    step: &(impl Fn(SocketAddr) + Send + Sync),
) -> Result<TcpStream, Error> {
    let all = addresses.len();
    let mut left = addresses.into_iter();
    let mut tries = JoinSet::new();
    let mut failed: Option<Error> = None;
    let mut next_at = Instant::now();
    loop {
        if next_at <= Instant::now()
            && let Some(address) = left.next()
        {
            step(address);
            tries.spawn(async move { (address, timeout(limit, TcpStream::connect(address)).await) });
            next_at = Instant::now() + STAGGER;
        }
        tokio::select! {
            done = tries.join_next() => match done {
                Some(Ok((_, Ok(Ok(socket))))) => return Ok(socket),
                Some(Ok((address, result))) => {
                    let error = attempt_error(address, result, limit);
                    if all > 1 {
                        scribe.note(error.to_string());
                    }
                    failed = failed.or(Some(error));
                    next_at = Instant::now();
                }
                Some(Err(_)) => next_at = Instant::now(),
                None if left.len() > 0 => next_at = Instant::now(),
                None => return Err(failed.unwrap_or_else(|| Error::closed(None))),
            },
            () = sleep_until(next_at), if left.len() > 0 => {}
        }
    }
}

fn attempt_error(
    address: SocketAddr,
    result: Result<io::Result<TcpStream>, tokio::time::error::Elapsed>,
    limit: Duration,
) -> Error {
    let what = format!("Connecting to {address}");
    match result {
        Ok(Err(error)) => Error::network(what, error),
        _ => Error::Timeout { what, seconds: limit.as_secs() },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    fn scribe() -> (Scribe, Arc<Mutex<Vec<String>>>) {
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        let log = Log::new(move |line| sink.lock().unwrap().push(line.text));
        (Scribe::new(log, ConnectionId(1)), lines)
    }

    #[test]
    fn families_take_turns_and_nothing_is_tried_twice() {
        let parse = |list: &[&str]| list.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let mixed = interleave(parse(&["[::1]:21", "[::2]:21", "[::1]:21", "[::3]:21", "1.1.1.1:21", "2.2.2.2:21"]));
        assert_eq!(mixed, parse(&["[::1]:21", "1.1.1.1:21", "[::2]:21", "2.2.2.2:21", "[::3]:21"]));
        assert!(interleave(Vec::new()).is_empty());
    }

    #[tokio::test]
    async fn a_refused_address_gives_way_to_the_next() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let dead = tokio::net::TcpListener::bind("127.0.0.2:0").await.unwrap().local_addr().unwrap();
        let (scribe, lines) = scribe();
        let socket = connect_any(vec![dead, good], Duration::from_secs(5), &scribe, &|_| {}).await.unwrap();
        assert_eq!(socket.peer_addr().unwrap(), good);
        assert!(lines.lock().unwrap()[0].starts_with(&format!("Connecting to {dead}: ")));
        let error = connect_any(vec![dead], Duration::from_secs(5), &scribe, &|_| {}).await.unwrap_err();
        assert!(matches!(error, Error::Network { .. }), "{error}");
    }

    /// An address that never answers: a listener whose queue is full drops what comes.
    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_silent_address_does_not_hold_up_the_next() {
        let full = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
        full.bind(&"127.0.0.1:0".parse::<SocketAddr>().unwrap().into()).unwrap();
        full.listen(0).unwrap();
        let dead = full.local_addr().unwrap().as_socket().unwrap();
        let mut fillers = Vec::new();
        for _ in 0..4 {
            fillers.push(timeout(Duration::from_millis(100), TcpStream::connect(dead)).await);
        }
        assert!(fillers.iter().any(Result::is_err), "the queue is not full");
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let good = listener.local_addr().unwrap();
        let (scribe, _) = scribe();
        let socket = connect_any(vec![dead, good], Duration::from_secs(60), &scribe, &|_| {}).await.unwrap();
        assert_eq!(socket.peer_addr().unwrap(), good);
        let error = connect_any(vec![dead], Duration::from_millis(200), &scribe, &|_| {}).await.unwrap_err();
        assert!(matches!(error, Error::Timeout { .. }), "{error}");
    }
}
