//! The task that drives one session: the only place where the dialogue meets sockets and clocks.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use super::connection::{Body, Collected, Request, Shared};
use super::copy::Load;
use super::data::{DataConnection, Ended, Happened, Job};
use super::identity::Identity;
use super::log::Scribe;
use super::outside::{may_be_reached, named_outside};
use super::proxy::Route;
use super::stream::Wire;
use super::tls::{Agreed, Security};
use super::{Dial, Error, Through};
use crate::ftp::session::Gateway;
use crate::ftp::{self, Config, DataEnd, DataFault, Follows, Input, Known, Operation, Outcome, Output, Session, op};
use crate::model::event::{Server, Tls};
use crate::model::{ConnectionId, Direction, Mode, Record, RemotePath, TlsVersion, TransferId};

/// A listing, or the data of a typed command, may be this long.
const MAX_COLLECTED: usize = 128 * 1024 * 1024;
/// A cancelled operation is over within this time, or its connection is closed.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// A server that is silent so long behind a line that ends replies, though of another code, means the end.
const ODD_END: Duration = Duration::from_secs(2);
/// Behind the final reply the first byte of what is fetched comes within this time, or none will.
const LATE_DATA: Duration = Duration::from_secs(5);
/// Replies while logging in may take this many times the usual time, because some servers slow down who guesses
/// passwords…
const LOGIN_PATIENCE: u32 = 3;
/// …but not more than this, unless the usual time is longer.
const MAX_LOGIN_PATIENCE: Duration = Duration::from_secs(60);
/// A server is far where no reply comes sooner: there each round trip counts.
const FAR: Duration = Duration::from_millis(15);
/// It is found out whether a server can connect to us while so many transfers wait, at least.
const MANY: usize = 8;
/// A server that was asked to connect to us does so within this time and some round trips, or a firewall is between us.
const COMES_WITHIN: Duration = Duration::from_secs(2);
/// How many times as long as usual a server may compute a checksum: it reads all of the file.
const CHECKSUM_PATIENCE: u32 = 10;

/// What is waited for before the first command; it guards no password, so it has only the usual time.
const GREETING: &str = "the greeting";

/// One control connection with its session.
pub(super) struct Driver {
    dial: Dial,
    peer: SocketAddr,
    local: SocketAddr,
    wire: Wire,
    session: Session,
    identity: Option<Identity>,
    security: Option<Arc<Security>>,
    tls: Option<Tls>,
    scribe: Scribe,
    shared: Arc<Shared>,
    data: Option<DataConnection>,
    /// The data connection's TLS in this operation: that it was wanted, and what came of it.
    used: Option<Used>,
    task: Running,
    closed: bool,
    /// When the server was last heard, or asked.
    heard: Instant,
    /// When bytes last came.
    read: Instant,
    /// When the reply that is waited for must be there.
    due: Instant,
    patience: Duration,
    /// When the control connection was last used, or a note taken.
    spoken: Instant,
    /// The verb of the newest command.
    verb: String,
    /// What the session was told of the transfers that follow.
    follows: Follows,
    requests: Option<Receiver<Request>>,
    /// What begins as soon as the operation under way is over.
    next: Option<Request>,
    /// The transfer that the operation under way is about.
    about: Option<TransferId>,
    /// When the command was sent whose reply comes next, if nothing else can hold that up.
    sent_at: Option<Instant>,
    /// Commands without their final replies.
    unanswered: usize,
    /// The shortest time that a reply took.
    nearest: Option<Duration>,
    /// The server's words when it closed.
    words: Option<String>,
}

/// The operation under way.
#[derive(Default)]
struct Running {
    body: Body,
    /// What the body's flow had counted before.
    before: u64,
    flow: Option<op::Flow>,
    /// A directory is listed: half of it is worse than none.
    lists: bool,
    collected: Collected,
    stopped: Option<Instant>,
    /// Why it failed, where that is known better than the session can.
    fault: Option<Error>,
    local: Option<io::Error>,
    finished: Option<Result<Outcome, ftp::Error>>,
}

/// A protected data connection.
#[derive(Default)]
struct Used {
    opened: bool,
    agreed: Option<Agreed>,
    bytes: u64,
}

type Step<'a> = &'a (dyn Fn(String) + Send + Sync);

impl Driver {
    /// Over `socket`. [`Driver::perform`] must log in next.
    pub(super) fn new(dial: Dial, identity: Option<Identity>, socket: TcpStream, scribe: Scribe) -> io::Result<Self> {
        let (peer, local) = (socket.peer_addr()?, socket.local_addr()?);
        let site = &dial.site;
        let tunnel = dial.tunnel().is_some();
        let gateway = dial.proxy.as_ref().and_then(|Through { proxy, password }| {
            let (script, user) = (proxy.log_in()?.to_owned(), proxy.user.clone());
            Some(Gateway { script, user, password: password.clone(), port: site.port() })
        });
        let session = Session::new(Config {
            host: site.host.clone(),
            peer: if tunnel { site.host.parse().ok() } else { Some(peer.ip()) },
            tunnel,
            gateway,
            local: local.ip(),
            security: site.security,
            credentials: dial.credentials.clone(),
            mode: site.mode,
            trust_address: site.trust_address,
            host_command: site.host_command,
            clear_data: site.clear_data,
            clear_control: site.clear_control,
            encoding: site.encoding.as_ref().and_then(|label| encoding_rs::Encoding::for_label(label.as_bytes())),
            paths: site.paths,
            known: dial.known.clone(),
        });
        let shared = Arc::new(Shared::new(Server {
            site: site.clone(),
            address: peer.to_string(),
            system: String::new(),
            features: Vec::new(),
            home: RemotePath::root(),
            tls: None,
            listing: String::new(),
            paths: site.paths.unwrap_or_default(),
            encoding: String::new(),
            round_trip: 0,
        }));
        Ok(Self {
            peer,
            local,
            wire: Wire::new(socket),
            session,
            identity,
            security: None,
            tls: None,
            scribe,
            shared,
            data: None,
            used: None,
            task: Running::default(),
            closed: false,
            heard: Instant::now(),
            read: Instant::now(),
            due: Instant::now() + dial.timeout,
            patience: dial.timeout,
            spoken: Instant::now(),
            verb: GREETING.to_owned(),
            follows: Follows::default(),
            requests: None,
            next: None,
            about: None,
            sent_at: None,
            unanswered: 0,
            nearest: None,
            words: None,
            dial,
        })
    }

    /// What the handle sees.
    pub(super) fn shared(&self) -> Arc<Shared> {
        self.shared.clone()
    }

    /// The number of its connection.
    pub(super) fn id(&self) -> ConnectionId {
        self.dial.id
    }

    /// What writes its lines.
    pub(super) fn scribe(&self) -> Scribe {
        self.scribe.clone()
    }

    /// What it has learned about the server.
    pub(super) fn known(&self) -> Known {
        self.session.known().clone()
    }

    /// The usual time for a reply, from now on.
    pub(super) fn be_brisk(&mut self) {
        self.patience = self.dial.timeout;
    }

    /// Serves requests, one after the other, until the connection or the last handle is gone.
    pub(super) async fn serve(mut self, requests: Receiver<Request>) {
        self.requests = Some(requests);
        let mut idle = Instant::now();
        while !self.closed {
            let keep_alive = self.dial.keep_alive.map(|every| idle + every);
            tokio::select! {
                // What the server said before a command was sent is no answer to it: it is read first.
                biased;
                read = self.wire.turn() => {
                    self.take_input(read);
                    self.pump(&|_| {}).await;
                    self.publish();
                }
                // One that was made ahead is open, or will not be used.
                happened = next(&mut self.data) => {
                    self.take_data(happened);
                    self.pump(&|_| {}).await;
                }
                request = next_request(&mut self.next, &mut self.requests) => {
                    let Some(request) = request else { break };
                    self.answer(request).await;
                    idle = Instant::now();
                }
                () = sleep_until(keep_alive.unwrap_or(idle)), if keep_alive.is_some() => {
                    // Why it failed is in the transcript; that the connection is closed then shows by itself.
                    let never = std::future::pending();
                    let _ = self.perform(Operation::NoOperation, Body::None, None, never, &|_| {}).await;
                    idle = Instant::now();
                }
            }
        }
        (self.requests, self.next) = (None, None);
        self.shared.close(self.words.take());
        self.wire.close().await;
    }

    async fn answer(&mut self, request: Request) {
        let Request { operation, body, about, cancel, mut answer } = request;
        if cancel.is_cancelled() || answer.is_closed() {
            let _ = answer.send(Err(ftp::Error::Cancelled.into()));
            self.session.handle(Input::Unwanted);
            self.pump(&|_| {}).await;
            return;
        }
        let stop = async {
            tokio::select! {
                () = cancel.cancelled() => {}
                () = answer.closed() => {}
            }
        };
        let result = self.perform(operation, body, about, stop, &|_| {}).await;
        // Nobody may be left to hear it.
        let _ = answer.send(result);
    }

    /// Carries out one operation, until it is over or `stop` says so.
    pub(super) async fn perform(
        &mut self,
        operation: Operation,
        body: Body,
        about: Option<TransferId>,
        stop: impl Future<Output = ()>,
        step: Step<'_>,
    ) -> Result<(Outcome, Collected), Error> {
        if self.closed {
            return Err(Error::closed(self.words.clone()));
        }
        self.about = about;
        self.scribe.set_about(about);
        let lists = matches!(operation, Operation::List { .. });
        let quits = operation == Operation::Quit;
        let before = body.flow().map_or(0, |flow| flow.done());
        self.task = Running { body, before, flow: operation.flow(), lists, ..Running::default() };
        self.used = None;
        self.extend();
        self.look_ahead();
        if self.session.owes_nothing() {
            self.unanswered = 0;
        }
        self.session.handle(Input::Begin(operation));
        let mut stop = pin!(stop);
        let result = loop {
            self.pump(step).await;
            if let Some(result) = self.task.finished.take() {
                break result;
            }
            if self.closed {
                break Err(ftp::Error::Closed(self.words.clone()));
            }
            if quits && self.is_far() {
                // It is said; to hear the answer would hold up the end by a round trip.
                self.scribe.note("The answer to QUIT is not waited for");
                self.closed = true;
                break Ok(Outcome::Done);
            }
            self.look_ahead();
            let until = self.deadline();
            let nudge = self.nudge();
            let silence = self.session.reply_seems_over().then(|| self.read + ODD_END);
            tokio::select! {
                read = self.wire.turn() => self.take_input(read),
                happened = next(&mut self.data) => self.take_data(happened),
                Some(request) = receive(&mut self.requests), if self.next.is_none() => self.next = Some(request),
                () = withdrawn(&mut self.next), if !self.session.is_ahead() => {
                    // It has not begun, and what runs may last.
                    if let Some(next) = self.next.take() {
                        let _ = next.answer.send(Err(ftp::Error::Cancelled.into()));
                    }
                }
                () = &mut stop, if self.task.stopped.is_none() => {
                    self.task.stopped = Some(Instant::now());
                    self.session.handle(Input::Cancel);
                }
                () = sleep_until(until.unwrap_or(self.due)), if until.is_some() => self.expire().await,
                () = sleep_until(silence.unwrap_or(self.due)), if silence.is_some() => self.session.handle(Input::Quiet),
                () = sleep_until(nudge.unwrap_or(self.due)), if nudge.is_some() => {
                    self.spoken = Instant::now();
                    self.session.handle(Input::KeepAlive);
                }
            }
        };
        if !self.session.is_ahead() {
            self.give_up_data().await;
        }
        self.about = None;
        self.scribe.set_about(None);
        self.task.body = Body::None;
        let result = result.map_err(|error| self.explain(error));
        self.publish();
        result.map(|outcome| (outcome, std::mem::take(&mut self.task.collected)))
    }

    /// Does what the session wants.
    async fn pump(&mut self, step: Step<'_>) {
        let mut inputs = VecDeque::new();
        let (mut secure, mut clear) = (false, false);
        loop {
            while let Some(output) = self.session.poll() {
                match output {
                    Output::Log(record) => self.record(record),
                    Output::Send(bytes) => self.wire.queue(&bytes),
                    Output::Secure => secure = true,
                    Output::Clear => clear = true,
                    Output::Connect { host, port } => {
                        let (route, limit) = (self.route(host, port), self.dial.timeout);
                        self.data = Some(DataConnection::connect(route, limit, self.scribe.clone()));
                    }
                    Output::Listen => {
                        if self.session.is_ahead() {
                            self.scribe.set_about(self.next.as_ref().and_then(|next| next.about));
                        }
                        inputs.push_back(self.listen());
                    }
                    Output::Flow { protected } => inputs.extend(self.flow(protected)),
                    Output::Drop => self.give_up_data().await,
                    Output::Done(result) => self.task.finished = Some(result),
                    Output::Close => self.closed = true,
                }
            }
            // Not before all is drained: bytes that came too early in clear close the session after it asked for TLS.
            if std::mem::take(&mut secure) && !self.session.is_closed() {
                step(format!("Securing the connection to {}", self.dial.site.host));
                let secured = self.secure().await;
                if matches!(secured, Input::Secured) {
                    step(format!("Logging in as {}", self.dial.credentials.user));
                }
                inputs.push_back(secured);
            }
            if std::mem::take(&mut clear) && !self.session.is_closed() {
                inputs.push_back(self.clear().await);
            }
            let Some(input) = inputs.pop_front() else {
                self.scribe.set_about(self.about);
                return;
            };
            self.session.handle(input);
        }
    }

    fn record(&mut self, record: Record) {
        self.spoken = Instant::now();
        match record.direction {
            Direction::Sent => {
                if self.verb == GREETING {
                    let usual = self.dial.timeout;
                    self.patience = usual.max((usual * LOGIN_PATIENCE).min(MAX_LOGIN_PATIENCE));
                }
                self.verb = record.text.split(' ').next().unwrap_or_default().to_owned();
                // What is said while data move, or something else is owed, is answered when the server likes.
                let moves = self.data.as_ref().is_some_and(DataConnection::is_busy);
                if self.unanswered == 0 {
                    self.sent_at = (!moves).then(Instant::now);
                }
                self.unanswered += 1;
                self.extend();
                if matches!(&*self.verb, "HASH" | "MD5" | "XCRC")
                    || self.verb.starts_with("XSHA")
                    || self.verb == "XMD5"
                {
                    self.due += self.patience * (CHECKSUM_PATIENCE - 1);
                }
                if self.verb == "ABOR" {
                    // Whoever is asked to stop what has failed is hardly there.
                    self.due = Instant::now() + self.patience.min(STOP_WITHIN);
                }
            }
            Direction::Received if record.code.is_some() => {
                // Only a new reply gives more time: a server that trickles bytes or lines does not.
                self.extend();
                if record.code.is_some_and(|code| code >= 200) {
                    self.unanswered = self.unanswered.saturating_sub(1);
                }
                if let Some(took) = self.sent_at.take().map(|sent| sent.elapsed()) {
                    self.shared.set_round_trip(took);
                    self.nearest = Some(self.nearest.map_or(took, |nearest| nearest.min(took)));
                    self.shared.set_far(self.is_far());
                }
                if record.code == Some(421) {
                    self.words = Some(record.text.clone());
                }
            }
            Direction::Received | Direction::Note => {}
        }
        self.scribe.record(record);
    }

    async fn secure(&mut self) -> Input<'static> {
        match self.handshake().await {
            Ok(()) => {
                self.extend();
                Input::Secured
            }
            Err(error) => {
                self.scribe.note(error.to_string());
                self.task.fault = Some(error);
                Input::Closed
            }
        }
    }

    /// Ends TLS on the control connection; on data connections it stays.
    async fn clear(&mut self) -> Input<'static> {
        match self.wire.end_tls().await {
            Ok(()) => {
                if let Some(tls) = &mut self.tls {
                    tls.control_clear = true;
                }
                Input::Cleared
            }
            Err(error) => {
                self.scribe.note(format!("The end of TLS on the control connection: {error}"));
                Input::Closed
            }
        }
    }

    async fn handshake(&mut self) -> Result<(), Error> {
        let security = Security::new(&self.dial, self.identity.take()).await?;
        if self.dial.key_log {
            self.scribe.note(
                "WARNING: the secrets of this connection are written to the file that SSLKEYLOGFILE names: \
                 whoever reads it can read everything, the password too",
            );
        }
        let socket = self.wire.take_plain().ok_or_else(|| Error::closed(None))?;
        let stream = security.control(socket, self.dial.timeout).await?;
        let card = security.card(&stream);
        let by = if card.by_person { ", trusted by you" } else { "" };
        self.scribe.note(format!("{}, {}, certificate sha256 {}{by}", card.version, card.cipher, card.sha256));
        self.wire.put(stream);
        self.security = Some(Arc::new(security));
        self.tls = Some(card);
        Ok(())
    }

    /// The way to a port of the server, or of `host`: through the proxy, where the control connection goes through one.
    fn route(&self, host: Option<Ipv4Addr>, port: u16) -> Route {
        match self.dial.tunnel() {
            Some(through) => {
                let host = host.map_or_else(|| self.dial.site.host.clone(), |host| host.to_string());
                Route::Through { through: through.clone(), at: self.peer, host, port }
            }
            None => {
                let mut to = self.peer;
                to.set_port(port);
                if let Some(host) = host {
                    to.set_ip(host.into());
                }
                Route::Direct { to, from: self.local.ip() }
            }
        }
    }

    fn listen(&mut self) -> Input<'static> {
        let mut on = self.local;
        on.set_port(0);
        // Where it is our choice, a firewall must not hold it up for long.
        let is_choice = self.dial.site.mode == Mode::Auto && !self.session.known().no_passive;
        let patience = COMES_WITHIN + self.nearest.unwrap_or_default() * 4;
        let limit = if is_choice { patience.min(self.dial.timeout) } else { self.dial.timeout };
        let ports = self.dial.active_ports;
        match DataConnection::listen(on, self.peer.ip(), ports, limit, self.scribe.clone()) {
            Ok((data, address)) => {
                self.data = Some(data);
                let named = named_outside(address, self.peer.ip(), self.dial.external_address);
                if named != address {
                    self.scribe.note(format!("Named to the server as {named}, as the settings say"));
                }
                Input::Listening(named)
            }
            Err(error) => Input::DataDone(Err(DataFault::Connect(format!("cannot listen on {}: {error}", on.ip())))),
        }
    }

    /// Puts the load on the data connection; what to tell the session if that cannot be done.
    fn flow(&mut self, protected: bool) -> Option<Input<'static>> {
        self.sent_at = None;
        self.task.collected.clear();
        self.used = protected.then(Used::default);
        let security = self.security.clone().filter(|_| protected);
        let fault = match (self.load(), &mut self.data) {
            (Ok(load), Some(data)) => {
                data.start(Job { load, security });
                return None;
            }
            (Ok(_), None) => DataFault::Network("there is no data connection".to_owned()),
            (Err(error), _) => DataFault::Local(error.to_string()),
        };
        Some(Input::DataDone(Err(fault)))
    }

    fn load(&self) -> io::Result<Load> {
        // Where nothing has moved yet, the same can be tried again over another data connection.
        let untouched = self.task.body.flow().is_none_or(|flow| flow.done() == self.task.before);
        match (&self.task.body, self.task.flow) {
            (Body::Receive { file, flow }, Some(op::Flow::Receive)) if untouched => {
                Ok(Load::Receive { file: file.try_clone()?, flow: flow.clone() })
            }
            (Body::Send { file, from, flow }, Some(op::Flow::Send)) if untouched => {
                Ok(Load::Send { file: file.try_clone()?, from: *from, flow: flow.clone() })
            }
            (Body::None, Some(op::Flow::Collect | op::Flow::Receive)) => Ok(Load::Collect { most: MAX_COLLECTED }),
            (Body::None, Some(op::Flow::Send)) => Ok(Load::Nothing),
            _ => Err(io::Error::other("the bytes of this operation cannot be moved again")),
        }
    }

    fn take_input(&mut self, read: io::Result<usize>) {
        self.read = Instant::now();
        match read {
            Ok(0) => self.session.handle(Input::Closed),
            Ok(count) => self.session.handle(Input::Bytes(self.wire.input(count))),
            Err(error) => {
                let refusal = self.security.as_ref().and_then(|security| security.refusal(&error));
                let why = refusal.as_ref().map_or_else(|| error.to_string(), Error::to_string);
                self.scribe.note(format!("The control connection broke: {why}"));
                self.task.fault = self.task.fault.take().or(refusal);
                self.session.handle(Input::Closed);
            }
        }
    }

    /// Tells the session what follows, if that has changed.
    fn look_ahead(&mut self) {
        self.tell_of_coming();
        let (backlog, is_far) = (&self.dial.backlog, self.is_far());
        let comes = backlog.comes();
        let pays = is_far && may_be_reached(self.local.ip(), self.peer.ip(), self.dial.external_address);
        let next = self.next.as_ref().filter(|next| !next.cancel.is_cancelled() && pays);
        let follows = Follows {
            more: backlog.count() > 0 || self.next.is_some(),
            expected: self.task.body.flow().and_then(|flow| flow.expected),
            next: next.map(|next| next.operation.clone()),
            far: pays,
            may_try: pays && comes.is_none() && backlog.count() >= MANY && backlog.may_try(self.dial.id),
            comes,
        };
        if follows != self.follows {
            self.follows = follows.clone();
            self.session.handle(Input::Follows(follows));
        }
    }

    fn is_far(&self) -> bool {
        self.nearest.is_some_and(|nearest| nearest >= FAR)
    }

    /// Tells the other connections whether the server can connect to us.
    fn tell_of_coming(&self) {
        if let Some(well) = self.session.comes() {
            self.dial.backlog.came(well);
        }
    }

    fn take_data(&mut self, happened: Happened) {
        if self.session.is_ahead() {
            return self.take_data_ahead(happened);
        }
        self.extend();
        let Happened::Done(ended) = happened else {
            return self.session.handle(Input::DataOpen);
        };
        let Ended { mut result, collected, local } = *ended;
        self.look_at_data();
        self.data = None;
        if let (Some(used), Ok(end)) = (&mut self.used, &result) {
            used.bytes = end.bytes;
        }
        if self.task.lists && matches!(result, Ok(DataEnd { clean: false, .. })) {
            result = Err(DataFault::Network("it ended without close_notify: the listing may be cut off".to_owned()));
        }
        self.task.collected = collected;
        self.task.local = local;
        self.session.handle(Input::DataDone(result));
    }

    /// What happens to a data connection that no operation has yet is no news of the operation under way.
    fn take_data_ahead(&mut self, happened: Happened) {
        let Happened::Done(ended) = happened else {
            return self.session.handle(Input::DataOpen);
        };
        self.data = None;
        if let Err(fault) = &ended.result {
            self.scribe.note(format!("The data connection that was made ahead is gone: {fault}"));
        }
        self.session.handle(Input::DataDone(ended.result));
    }

    /// Keeps what matters of the data connection before it goes.
    fn look_at_data(&mut self) {
        if let (Some(used), Some(data)) = (&mut self.used, &self.data) {
            used.opened = data.was_open();
            used.agreed = data.agreed();
        }
    }

    async fn give_up_data(&mut self) {
        self.look_at_data();
        if let Some(data) = self.data.take() {
            self.scribe.note("Data connection: given up");
            data.abandon().await;
        }
    }

    fn extend(&mut self) {
        self.heard = Instant::now();
        self.due = self.heard + self.patience;
    }

    /// When NOOP is due, while data move and the site wants that.
    fn nudge(&self) -> Option<Instant> {
        let moves = self.data.as_ref().is_some_and(DataConnection::is_busy) && self.task.stopped.is_none();
        let every = self.dial.keep_alive.filter(|_| moves && self.dial.site.noop_in_transfers)?;
        Some(self.spoken + every)
    }

    /// When the waiting ends; `None` while the data connection keeps the time.
    fn deadline(&self) -> Option<Instant> {
        match self.task.stopped {
            Some(stopped) => Some(stopped + STOP_WITHIN),
            None if self.is_left_without_data() => Some(self.heard + LATE_DATA.min(self.patience)),
            None if self.data.as_ref().is_some_and(DataConnection::is_busy) => None,
            None => Some(self.due),
        }
    }

    /// Whether the server has said that all was sent, and nothing has come.
    fn is_left_without_data(&self) -> bool {
        let fetches = self.task.flow.is_some_and(|flow| flow != op::Flow::Send);
        fetches && self.session.owes_nothing() && self.data.as_ref().is_some_and(DataConnection::is_unheard)
    }

    async fn expire(&mut self) {
        if self.task.stopped.is_none() && self.data.as_ref().is_some_and(DataConnection::is_busy) {
            // Where something has come at the last moment, the data connection keeps the time again.
            if self.is_left_without_data() {
                self.give_up_data().await;
                let why = "nothing came over it after the final reply".to_owned();
                self.session.handle(Input::DataDone(Err(DataFault::Connect(why))));
            }
            return;
        }
        if self.task.stopped.is_some() || self.session.is_ending() {
            // Why it ends is known, and better than that its last replies do not come.
            self.scribe.note("The server did not let the operation be stopped: the connection is closed");
        } else {
            let what = format!("Waiting for the reply to {}", self.verb);
            let error = Error::Timeout { what, seconds: self.patience.as_secs() };
            self.scribe.note(error.to_string());
            self.task.fault = Some(error);
            if self.verb == "EPSV" {
                self.shared.avoid_epsv();
            }
        }
        self.closed = true;
        self.session.handle(Input::Closed);
    }

    /// What went wrong, as well as it is known.
    fn explain(&mut self, error: ftp::Error) -> Error {
        if self.task.stopped.is_some() {
            return ftp::Error::Cancelled.into();
        }
        if let Some(fault) = self.task.fault.take() {
            return fault;
        }
        if let Some(local) = self.task.local.take() {
            return Error::Local(local);
        }
        if let ftp::Error::Data { fault: DataFault::Tls(_), .. } = &error {
            self.closed = true; // a session of TLS that ended so is not gone on with: the next one begins anew
        }
        if self.wants_resumption(&error) {
            // No later data connection would fare better.
            self.closed = true;
            let may_go_back = self.dial.site.minimum_tls == TlsVersion::Tls12;
            if may_go_back && self.tls.as_ref().is_some_and(|tls| tls.version == "TLS 1.3") {
                self.scribe.note(format!(
                    "The server wants this connection's TLS session to be resumed, and {} tickets are left for that: \
                     TLS 1.2 will do",
                    self.security.as_ref().map_or(0, |security| security.tickets())
                ));
                return Error::NeedsTls12;
            }
        }
        error.into()
    }

    /// Whether the server refused a data connection because it did not resume the control connection's TLS session.
    fn wants_resumption(&self, error: &ftp::Error) -> bool {
        let Some(used) = &self.used else { return false };
        let (code, reply) = match error {
            ftp::Error::Refused { code, reply, .. } => (*code, reply.as_str()),
            ftp::Error::Data { reply: Some(reply), .. } => {
                (reply.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0), reply.as_str())
            }
            _ => return false,
        };
        let reply = reply.to_ascii_lowercase();
        let named = reply.contains("reuse") || reply.contains("resum");
        let full = used.agreed.as_ref().map(|agreed| !agreed.resumed);
        let nothing_came = used.bytes == 0 && self.task.flow != Some(op::Flow::Send);
        match code {
            // The refusal can overtake the end of the handshake; then a connection that was open and yet "cannot be
            // built" speaks for itself.
            522 | 425 => named || full.unwrap_or(used.opened),
            426 | 450 => full == Some(true) && (named || nothing_came),
            _ => false,
        }
    }

    /// Tells the handle what is known now.
    fn publish(&mut self) {
        self.tell_of_coming();
        let session = &self.session;
        self.shared.learn(session.known());
        self.shared.describe(|card| {
            // Most of it is as it was after the operation before.
            session.system().clone_into(&mut card.system);
            session.features().lines().clone_into(&mut card.features);
            if session.home().is_some_and(|home| *home != card.home) {
                card.home = session.home().cloned().unwrap_or_else(RemotePath::root);
            }
            card.tls.clone_from(&self.tls);
            let mlsd = session.features().has("MLSD") && !session.known().no_mlsd;
            if mlsd { "MLSD" } else { "LIST" }.clone_into(&mut card.listing);
            card.paths = session.paths();
            session.encoding_name().clone_into(&mut card.encoding);
        });
        if self.closed {
            self.shared.close(self.words.clone());
        }
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.shared.close(None);
        self.dial.backlog.leave(self.dial.id);
    }
}

/// What is to be done next: what was taken in already, or what comes.
async fn next_request(next: &mut Option<Request>, requests: &mut Option<Receiver<Request>>) -> Option<Request> {
    match next.take() {
        Some(request) => Some(request),
        None => receive(requests).await,
    }
}

/// Ends when nobody wants any more what is to be done next.
async fn withdrawn(next: &mut Option<Request>) {
    match next {
        Some(request) => tokio::select! {
            () = request.cancel.cancelled() => {}
            () = request.answer.closed() => {}
        },
        None => std::future::pending().await,
    }
}

/// The next request, if there will be one.
async fn receive(requests: &mut Option<Receiver<Request>>) -> Option<Request> {
    match requests {
        Some(requests) => requests.recv().await,
        None => std::future::pending().await,
    }
}

/// What happens next to the data connection, if there is one.
async fn next(data: &mut Option<DataConnection>) -> Happened {
    match data {
        Some(data) => data.next().await,
        None => std::future::pending().await,
    }
}
