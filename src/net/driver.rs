//! The task that drives one session: the only place where the dialogue meets sockets and clocks.

mod data;
mod patience;
mod requests;
mod security;

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, sleep_until};

use self::data::{Used, next};
use self::requests::{receive, withdrawn};
use super::connection::{Body, Collected, Request, Shared};
use super::data::DataConnection;
use super::identity::Identity;
use super::log::Scribe;
use super::outside::may_be_reached;
use super::stream::Wire;
use super::tls::Security;
use super::{Dial, Error, Through};
use crate::ftp::{self, Config, DataFault, Follows, Gateway, Input, Known, Operation, Outcome, Output, Session, op};
use crate::model::event::{Server, Tls};
use crate::model::{ConnectionId, Direction, Record, RemotePath, TlsVersion, TransferId};

/// A cancelled operation is over within this time, or its connection is closed.
const STOP_WITHIN: Duration = Duration::from_secs(5);
/// A server that is silent so long behind a line that ends replies, though of another code, means the end.
const ODD_END: Duration = Duration::from_secs(2);
/// Replies while logging in may take this many times the usual time, because some servers slow down who guesses
/// passwords…
const LOGIN_PATIENCE: u32 = 3;
/// …but not more than this, unless the usual time is longer.
const MAX_LOGIN_PATIENCE: Duration = Duration::from_secs(60);
/// A server is far where no reply comes sooner: there each round trip counts.
const FAR: Duration = Duration::from_millis(15);
/// It is found out whether a server can connect to us while so many transfers wait, at least.
const MANY: usize = 8;
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
                read = self.wire.turn(), if !self.session.is_leaving() => self.take_input(read),
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
                    Output::Flow { protected } => {
                        // A byte that overtakes its command belongs to none.
                        self.wire.send_now().await;
                        inputs.extend(self.flow(protected));
                    }
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
                if let Some((100..200, flow)) = record.code.zip(self.task.body.flow()) {
                    flow.accepted.store(true, Ordering::Relaxed);
                }
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
        // One that still logs in may be long about it, and keep all others from finding out.
        let may_try = pays && comes.is_none() && self.task.body.flow().is_some() && backlog.count() >= MANY;
        let next = self.next.as_ref().filter(|next| !next.cancel.is_cancelled() && pays);
        let follows = Follows {
            more: backlog.count() > 0 || self.next.is_some(),
            expected: self.task.body.flow().and_then(|flow| flow.expected),
            next: next.map(|next| next.operation.clone()),
            far: pays,
            may_try: may_try && backlog.may_try(self.dial.id),
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
