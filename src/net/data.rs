//! One data connection: connected to or accepted, secured, used for one load, closed.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

use super::Cancel;
use super::copy::{Fault, Load, Mover};
use super::log::Scribe;
use super::proxy::Route;
use super::stream::{Stream, prepare_data};
use super::tls::{Agreed, Security};
use crate::ftp::{DataEnd, DataFault};

/// A data connection is waited for no longer than this: the host has answered already on the control connection, so
/// that silence is a firewall.
const MAX_CONNECT: Duration = Duration::from_secs(10);
/// Strangers that connect to our port are sent away up to this many times.
const MAX_STRANGERS: usize = 100;
/// A file is let go of within this time after its connection was abandoned, unless the disk hangs.
const LET_GO: Duration = Duration::from_secs(2);

/// What a data connection is used for.
#[derive(Debug)]
pub(super) struct Job {
    /// What moves.
    pub(super) load: Load,
    /// Under TLS, if there is some.
    pub(super) security: Option<Arc<Security>>,
}

/// What happens to a data connection.
#[derive(Debug)]
pub(super) enum Happened {
    /// It is connected.
    Open,
    /// It has ended, or could not be made.
    Done(Box<Ended>),
}

/// How a data connection ended.
#[derive(Debug)]
pub(super) struct Ended {
    /// For the session.
    pub(super) result: Result<DataEnd, DataFault>,
    /// What was collected.
    pub(super) collected: Vec<u8>,
    /// The local file's error, where that was the reason.
    pub(super) local: Option<io::Error>,
}

impl From<DataFault> for Ended {
    fn from(fault: DataFault) -> Self {
        Self { result: Err(fault), collected: Vec::new(), local: None }
    }
}

/// The handle to a data connection's task. Dropping it resets the connection.
#[derive(Debug)]
pub(super) struct DataConnection {
    job: Option<oneshot::Sender<Job>>,
    happened: mpsc::Receiver<Happened>,
    abandon: Cancel,
    /// Ends when the task and every file it used are gone.
    gone: mpsc::Receiver<()>,
    /// What TLS agreed on, as soon as it has.
    pub(super) agreed: Arc<OnceLock<Agreed>>,
    heard: Arc<OnceLock<std::time::Instant>>,
    state: State,
    opened: bool,
    passive: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Opening,
    Open,
    Ended,
}

/// The task's end of the handle.
struct Task {
    job: oneshot::Receiver<Job>,
    happened: mpsc::Sender<Happened>,
    guard: mpsc::Sender<()>,
    agreed: Arc<OnceLock<Agreed>>,
    heard: Arc<OnceLock<std::time::Instant>>,
    scribe: Scribe,
    limit: Duration,
}

impl DataConnection {
    /// Connects on `route`.
    pub(super) fn connect(route: Route, limit: Duration, scribe: Scribe) -> Self {
        let (this, task) = Self::pair(true, limit, scribe);
        let abandon = this.abandon.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = task.passive(route) => {}
                () = abandon.cancelled() => {}
            }
        });
        this
    }

    /// Listens on our address `on`, at a port of `ports`, for a connection from `peer` and nobody else.
    pub(super) fn listen(
        on: SocketAddr,
        peer: IpAddr,
        ports: Option<(u16, u16)>,
        limit: Duration,
        scribe: Scribe,
    ) -> io::Result<(Self, SocketAddr)> {
        let listener = bind(on, ports)?;
        let address = listener.local_addr()?;
        scribe.note(format!("Listening on {address} for the data connection"));
        let (this, task) = Self::pair(false, limit, scribe);
        let abandon = this.abandon.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = task.active(listener, peer) => {}
                () = abandon.cancelled() => {}
            }
        });
        Ok((this, address))
    }

    fn pair(passive: bool, limit: Duration, scribe: Scribe) -> (Self, Task) {
        let (job_in, job) = oneshot::channel();
        let (happened, happened_out) = mpsc::channel(2);
        let (guard, gone) = mpsc::channel(1);
        let this = Self {
            job: Some(job_in),
            happened: happened_out,
            abandon: Cancel::new(),
            gone,
            agreed: Arc::default(),
            heard: Arc::default(),
            state: State::Opening,
            opened: false,
            passive,
        };
        let (agreed, heard) = (this.agreed.clone(), this.heard.clone());
        (this, Task { job, happened, guard, agreed, heard, scribe, limit })
    }

    /// Uses it; once it is open.
    pub(super) fn start(&mut self, job: Job) {
        if let Some(sender) = self.job.take() {
            // A task that is gone has said why.
            let _ = sender.send(job);
        }
    }

    /// Whether it is the data connection's turn, so that no reply is waited for: it has its own deadlines.
    pub(super) fn is_busy(&self) -> bool {
        match self.state {
            State::Opening => self.passive || self.job.is_none(),
            State::Open => self.job.is_none(),
            State::Ended => false,
        }
    }

    /// Whether it is in use, or to be used as soon as it is open, and the server has not been heard on it.
    pub(super) fn is_unheard(&self) -> bool {
        self.job.is_none() && self.state != State::Ended && self.heard.get().is_none()
    }

    /// What TLS agreed on, if it has.
    pub(super) fn agreed(&self) -> Option<Agreed> {
        self.agreed.get().cloned()
    }

    /// Whether it has ever been open.
    pub(super) fn was_open(&self) -> bool {
        self.opened
    }

    /// What happens next. Never after the end. Can be dropped and called again.
    pub(super) async fn next(&mut self) -> Happened {
        if self.state == State::Ended {
            return std::future::pending().await;
        }
        let happened = self
            .happened
            .recv()
            .await
            .unwrap_or_else(|| Happened::Done(Box::new(DataFault::Network("it was given up".to_owned()).into())));
        self.opened |= matches!(happened, Happened::Open);
        self.state = if matches!(happened, Happened::Open) { State::Open } else { State::Ended };
        happened
    }

    /// Resets it, and waits until its file is let go of.
    pub(super) async fn abandon(mut self) {
        self.abandon.cancel();
        let _ = timeout(LET_GO, self.gone.recv()).await;
    }
}

impl Drop for DataConnection {
    fn drop(&mut self) {
        self.abandon.cancel();
    }
}

impl Task {
    async fn passive(self, route: Route) {
        let start = Instant::now();
        let limit = self.limit.min(MAX_CONNECT);
        let to = match &route {
            Route::Direct { to, .. } => to.to_string(),
            Route::Through { host, port, .. } => format!("{host}:{port} through the proxy"),
        };
        let why = match timeout(limit, travel(route, limit)).await {
            Ok(Ok(socket)) => {
                self.scribe.note(format!("Data connection to {to} is open after {} ms", start.elapsed().as_millis()));
                return self.use_it(socket, None).await;
            }
            Ok(Err(why)) => format!("{to}: {why}"),
            Err(_) => format!("{to} did not answer within {} s", limit.as_secs()),
        };
        self.not_made(why).await;
    }

    async fn active(mut self, listener: TcpListener, peer: IpAddr) {
        let mut job = None;
        // Until the data command is sent, nobody is to come.
        let mut until = None;
        let mut strangers = 0;
        let socket = loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((socket, from)) if from.ip().to_canonical() == peer.to_canonical() => {
                        self.scribe.note(format!("Data connection from {from} is open"));
                        break Ok(socket);
                    }
                    Ok((_, from)) => {
                        self.scribe.note(format!("A connection from {from}, which is not the server, was sent away"));
                        strangers += 1;
                        if strangers == MAX_STRANGERS {
                            break Err("too many others connected".to_owned());
                        }
                    }
                    Err(error) => break Err(error.to_string()),
                },
                got = &mut self.job, if job.is_none() => match got {
                    Ok(got) => {
                        job = Some(got);
                        until = Some(Instant::now() + self.limit);
                    }
                    Err(_) => return,
                },
                () = sleep_until(until.unwrap_or_else(Instant::now)), if until.is_some() => {
                    break Err(format!("the server did not connect within {} s", self.limit.as_secs()));
                }
            }
        };
        drop(listener);
        match socket {
            Ok(socket) => self.use_it(socket, job).await,
            Err(why) => self.not_made(why).await,
        }
    }

    /// `model::exchange` reads the note: without it, nothing in the log would tell.
    async fn not_made(self, why: String) {
        self.scribe.note(format!("No data connection: {why}"));
        self.end(DataFault::Connect(why).into()).await;
    }

    async fn use_it(mut self, socket: TcpStream, job: Option<Job>) {
        prepare_data(&socket);
        if self.happened.send(Happened::Open).await.is_err() {
            return;
        }
        let job = match job {
            Some(job) => job,
            None => match (&mut self.job).await {
                Ok(job) => job,
                Err(_) => return,
            },
        };
        let (flow, sends) = (job.load.flow().cloned(), job.load.sends());
        let start = Instant::now();
        let mut handshake = Duration::ZERO;
        let ended = match job.security {
            None => self.carry(Stream::Plain(socket), job.load).await,
            // Apart, so that the task of a connection in clear is small.
            Some(security) => match Box::pin(security.data(socket, self.limit)).await {
                Ok(stream) => {
                    handshake = start.elapsed();
                    let _ = self.agreed.set(Agreed::of(&stream));
                    self.carry(Stream::Tls(Box::new(stream)), job.load).await
                }
                Err(fault) => fault.into(),
            },
        };
        let first = self.heard.get().map(|first| first.duration_since(start.into_std()));
        let came = flow.map_or(0, |flow| flow.done());
        let times = [Some(start.elapsed()), first, Some(handshake)];
        self.scribe.note(report(&ended, sends, came, self.agreed.get(), times));
        self.end(ended).await;
    }

    async fn carry(&self, stream: Stream, load: Load) -> Ended {
        let mut mover = Mover::new(stream, self.limit, self.guard.clone(), self.heard.clone());
        let result = match load {
            Load::Collect { most } => match mover.collect(most).await {
                Ok((end, collected)) => return Ended { result: Ok(end), collected, local: None },
                Err(fault) => Err(fault),
            },
            Load::Receive { file, flow } => mover.receive(file, &flow).await,
            Load::Send { file, from, flow } => mover.send(file, from, &flow).await,
            Load::Nothing => mover.nothing().await,
        };
        match result {
            Ok(end) => Ended { result: Ok(end), collected: Vec::new(), local: None },
            Err(Fault::Data(fault)) => fault.into(),
            Err(Fault::Local(error)) => {
                let fault = DataFault::Local(error.to_string());
                Ended { local: Some(error), ..fault.into() }
            }
        }
    }

    async fn end(self, ended: Ended) {
        let _ = self.happened.send(Happened::Done(Box::new(ended))).await;
    }
}

/// What came of it, for the log: how long it took, until when the first byte came, and how long TLS took, in one line.
/// `model::exchange` reads it.
fn report(ended: &Ended, sends: bool, came: u64, agreed: Option<&Agreed>, times: [Option<Duration>; 3]) -> String {
    let [took, first, handshake] = times.map(|time| time.unwrap_or_default().as_millis());
    let tls = agreed.map_or_else(String::new, |agreed| {
        let session = if agreed.resumed { "resumed" } else { "not resumed" };
        format!(", {}, session {session}, {} in {handshake} ms", agreed.version, agreed.cipher)
    });
    let came = match &ended.result {
        Ok(end) => Ok((end.bytes, if end.clean || sends { "" } else { ", ended without close_notify" }.to_owned())),
        Err(fault @ DataFault::Enough) => Ok((came, format!(", {fault}"))),
        Err(fault) => Err(fault),
    };
    match came {
        Ok((bytes, how)) => {
            let first =
                if times[1].is_some() && bytes > 0 { format!(", first after {first} ms") } else { String::new() };
            format!("Data connection: {bytes} bytes in {took} ms{first}{tls}{how}")
        }
        Err(fault) => format!("Data connection: {fault}{tls}"),
    }
}

async fn travel(route: Route, limit: Duration) -> Result<TcpStream, String> {
    match route {
        Route::Direct { to, from } => connect(to, from).await.map_err(|error| error.to_string()),
        Route::Through { through, at, host, port } => {
            let mut socket = TcpStream::connect(at).await.map_err(|error| error.to_string())?;
            let _ = socket.set_nodelay(true);
            through.open(&mut socket, &host, port, limit).await.map_err(|refusal| refusal.why)?;
            Ok(socket)
        }
    }
}

/// Connects, where that is possible from the address `from`.
async fn connect(to: SocketAddr, from: Option<IpAddr>) -> io::Result<TcpStream> {
    let stream = match from {
        Some(from) if !chosen(to).is_ok_and(|chosen| chosen == from) => connect_bound(to, from).await?,
        _ => TcpStream::connect(to).await?,
    };
    // On one machine a port that nobody listens on can connect to itself.
    if stream.local_addr().ok() == stream.peer_addr().ok() {
        return Err(io::ErrorKind::ConnectionRefused.into());
    }
    Ok(stream)
}

/// The address that the system would connect to `to` from. Nothing is sent.
fn chosen(to: SocketAddr) -> io::Result<IpAddr> {
    let any = if to.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { Ipv6Addr::UNSPECIFIED.into() };
    let socket = UdpSocket::bind((any, 0))?;
    socket.connect(to)?;
    Ok(socket.local_addr()?.ip())
}

/// A port that is bound beforehand must be free towards everybody, and is looked for long where many connections have just
/// ended: only where the system would choose another address.
async fn connect_bound(to: SocketAddr, from: IpAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    let connected = match socket.bind(SocketAddr::new(from, 0)) {
        Ok(()) => socket.connect(to).await,
        Err(error) => Err(error),
    };
    match connected {
        Err(error) if matches!(error.kind(), io::ErrorKind::AddrInUse | io::ErrorKind::AddrNotAvailable) => {
            TcpStream::connect(to).await
        }
        other => other,
    }
}

fn bind(on: SocketAddr, ports: Option<(u16, u16)>) -> io::Result<TcpListener> {
    let (low, high) = ports.map_or((0, 0), |(a, b)| (a.min(b), a.max(b)));
    let count = u32::from(high - low) + 1;
    // Somewhere in the range, not always at its start: a port that was just used may still be remembered by the server.
    let start = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.subsec_micros()) % count;
    let mut refused = io::Error::from(io::ErrorKind::AddrInUse);
    for step in 0..count {
        let port = low + u16::try_from((start + step) % count).unwrap_or(0);
        let socket = if on.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        #[cfg(unix)]
        socket.set_reuseaddr(true)?;
        let mut address = on;
        address.set_port(port);
        match socket.bind(address).and_then(|()| socket.listen(1)) {
            Ok(listener) => return Ok(listener),
            Err(error) => refused = error,
        }
    }
    Err(refused)
}
