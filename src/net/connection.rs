//! The handle to a control connection.

use std::fs::File;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use encoding_rs::Encoding;
use tokio::sync::{mpsc, oneshot};

use super::dial::reach;
use super::driver::Driver;
use super::log::Scribe;
use super::span::{Place, Span};
use super::{Cancel, Dial, Error, Pace};
use jiff::tz::TimeZone;

use crate::ftp::{DataFault, Known, Operation, Outcome, Zone};
use crate::model::event::Server;
use crate::model::{ConnectionId, Security, TransferId};

/// Requests that wait while another is served.
const REQUESTS: usize = 4;
/// QUIT is answered within this time, or not waited for.
const QUIT_WITHIN: Duration = Duration::from_secs(2);

/// What a data connection brought into memory.
pub type Collected = Vec<u8>;

/// Where the bytes of an operation come from or go to.
#[derive(Debug, Default)]
pub enum Body {
    /// Into memory, or there are none.
    #[default]
    None,
    /// Into memory, if there are no more than so many.
    Collect(usize),
    /// Into a file, where the flow says.
    Receive {
        /// Open for writing.
        file: File,
        /// Progress and speed.
        flow: Arc<Flow>,
    },
    /// From a file.
    Send {
        /// Open for reading.
        file: File,
        /// Bytes of it that are there already.
        from: u64,
        /// Progress and speed.
        flow: Arc<Flow>,
    },
}

impl Body {
    /// Progress and speed, where bytes are counted.
    pub(super) fn flow(&self) -> Option<&Arc<Flow>> {
        match self {
            Self::None | Self::Collect(_) => None,
            Self::Receive { flow, .. } | Self::Send { flow, .. } => Some(flow),
        }
    }
}

/// Progress and speed of one attempt.
#[derive(Debug, Default)]
pub struct Flow {
    /// Bytes that have crossed the data connection in this attempt.
    pub done: AtomicU64,
    /// The limit that it shares with others.
    pub pace: Pace,
    /// TYPE A: line ends are converted.
    pub ascii: bool,
    /// A server that sends more in this attempt is not listened to any longer.
    pub most: Option<u64>,
    /// The bytes that this attempt must bring, where that is known.
    pub expected: Option<u64>,
    /// Where in the file that is received the bytes of this attempt begin.
    pub from: u64,
    /// Bytes of this attempt that it has.
    pub written: AtomicU64,
    /// The server has said that the transfer begins (1yz): what it has of the file from then on may be ours.
    pub accepted: AtomicBool,
    /// The range of the file that is fetched, where others fetch the rest.
    pub span: Option<Arc<Span>>,
    /// How many connections fetch the file: all of them together get as large a share of the limit as another file.
    pub sharers: Arc<AtomicU32>,
}

impl Flow {
    /// At `pace`, with or without conversion of line ends.
    pub fn new(pace: Pace, ascii: bool) -> Self {
        Self { pace, ascii, ..Self::default() }
    }

    /// Bytes so far.
    pub fn done(&self) -> u64 {
        self.done.load(Ordering::Relaxed)
    }

    /// The most bytes, up to `most`, that should be moved at once.
    pub(super) fn portion(&self, most: usize) -> usize {
        let sharers = usize::try_from(self.sharers.load(Ordering::Relaxed)).unwrap_or(1).max(1);
        (self.pace.portion(most.saturating_mul(sharers)) / sharers).clamp(1, most)
    }

    /// The same of what may be received.
    pub(super) fn claim(&self, most: usize) -> Result<usize, DataFault> {
        let most = self.portion(most);
        self.span.as_ref().map_or(Ok(most), |span| span.claim(most))
    }

    /// So many bytes came.
    pub(super) fn took(&self, count: usize) -> Result<(), DataFault> {
        self.span.as_ref().map_or(Ok(()), |span| span.took(count))
    }

    /// The file has so many more.
    pub(super) fn wrote(&self, count: usize) {
        match &self.span {
            Some(span) => span.wrote(count),
            None => drop(self.written.fetch_add(count as u64, Ordering::Relaxed)),
        }
    }

    /// Where `file` is written next.
    pub(super) fn place<'a>(&self, file: &'a File) -> Place<'a> {
        let plain = || self.from + self.written.load(Ordering::Relaxed);
        Place { file, at: self.span.as_ref().map_or_else(plain, |span| span.written()) }
    }
}

/// One operation for the driver.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) operation: Operation,
    pub(super) body: Body,
    pub(super) about: Option<TransferId>,
    pub(super) cancel: Cancel,
    pub(super) answer: oneshot::Sender<Result<(Outcome, Collected), Error>>,
}

/// What the driver tells of itself.
#[derive(Debug)]
pub(super) struct Shared {
    open: AtomicBool,
    ended: Cancel,
    /// In milliseconds.
    round_trip: AtomicU32,
    /// Whether no reply has come so soon that round trips do not count.
    far: AtomicBool,
    /// Whether the zone of LIST was asked for, whatever came of it.
    zone_asked: AtomicBool,
    /// Whether a file of the other half of the year was asked for it.
    summer_asked: AtomicBool,
    /// Whether the server ends no listing with the end of its last line.
    no_end: AtomicBool,
    facts: Mutex<Facts>,
}

#[derive(Debug)]
struct Facts {
    known: Known,
    /// What listings said; `Known` has it of earlier sessions.
    dialect: Option<String>,
    zone: Option<Zone>,
    /// The zone with its summer time, where a second file has told it.
    rules: Option<TimeZone>,
    /// MDTM tells the server's own time.
    own_time: bool,
    /// Handed out as it is, and copied only when it changes.
    card: Arc<Server>,
    words: Option<String>,
}

impl Shared {
    pub(super) fn new(card: Server) -> Self {
        let facts = Facts {
            known: Known::default(),
            dialect: None,
            zone: None,
            rules: None,
            own_time: false,
            card: Arc::new(card),
            words: None,
        };
        Self {
            open: AtomicBool::new(true),
            ended: Cancel::new(),
            round_trip: AtomicU32::new(0),
            far: AtomicBool::new(false),
            zone_asked: AtomicBool::new(false),
            summer_asked: AtomicBool::new(false),
            no_end: AtomicBool::new(false),
            facts: Mutex::new(facts),
        }
    }

    pub(super) fn set_round_trip(&self, took: Duration) {
        self.round_trip.store(u32::try_from(took.as_millis()).unwrap_or(u32::MAX), Ordering::Relaxed);
    }

    pub(super) fn set_far(&self, far: bool) {
        self.far.store(far, Ordering::Relaxed);
    }

    pub(super) fn learn(&self, known: &Known) {
        self.facts().known = known.clone();
    }

    /// A listing was of this dialect.
    pub(super) fn heard_dialect(&self, dialect: &str) {
        self.facts().dialect = Some(dialect.to_owned());
    }

    /// The zone of LIST was measured.
    pub(super) fn heard_zone(&self, zone: Zone) {
        self.facts().zone = Some(zone);
    }

    /// Whether nobody has asked for the zone of LIST yet; from now on somebody has.
    pub(super) fn asks_for_zone(&self) -> bool {
        !self.zone_asked.swap(true, Ordering::AcqRel)
    }

    /// The zone of the site, in minutes, where MDTM tells the server's own time.
    fn zone_of_its_own(&self) -> Option<i16> {
        let facts = self.facts();
        facts.card.site.zone.filter(|_| facts.own_time || facts.known.own_time)
    }

    pub(super) fn describe(&self, change: impl FnOnce(&mut Server)) {
        change(Arc::make_mut(&mut self.facts().card));
    }

    /// The connection can no longer be used; with the server's last words.
    pub(super) fn close(&self, words: Option<String>) {
        let mut facts = self.facts();
        facts.words = facts.words.take().or(words);
        drop(facts);
        self.open.store(false, Ordering::Release);
        self.ended.cancel();
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reaches a server, secures the connection and logs in. `step` hears what is being done. Dropping the future gives up.
pub async fn open(dial: Dial, step: impl Fn(String) + Send + Sync) -> Result<Connection, Error> {
    match attempt(dial.clone(), &step).await {
        Err((error, known)) if known.no_pipelining && !dial.known.no_pipelining => {
            let scribe = Scribe::new(dial.log.clone(), dial.id);
            scribe.note(format!("{error}: once more, and everything is asked one by one"));
            attempt(Dial { known, ..dial }, &step).await
        }
        result => result,
    }
    .map_err(|(error, _)| error)
}

/// One try. An error comes with what it has taught about the server.
async fn attempt(dial: Dial, step: &(impl Fn(String) + Send + Sync)) -> Result<Connection, (Error, Known)> {
    let known = dial.known.clone();
    let mut driver = prepare(dial, step).await.map_err(|error| (error, known))?;
    let log_in = driver.perform(Operation::LogIn, Body::None, None, std::future::pending(), step).await;
    log_in.map_err(|error| (error, driver.known()))?;
    driver.be_brisk();
    let (id, shared, notes) = (driver.id(), driver.shared(), driver.scribe());
    let (requests, served) = mpsc::channel(REQUESTS);
    tokio::spawn(driver.serve(served));
    Ok(Connection { id, shared, requests, notes })
}

/// Reaches the server, and makes what drives the session.
async fn prepare(dial: Dial, step: &(impl Fn(String) + Send + Sync)) -> Result<Driver, Error> {
    let scribe = Scribe::new(dial.log.clone(), dial.id);
    if let Some(through) = dial.proxy.as_ref().filter(|through| through.proxy.log_in().is_some())
        && matches!(dial.site.security, Security::Explicit | Security::Implicit)
    {
        let what = format!("TLS with {} through {}", dial.site.host, through.proxy.title());
        let why = "an FTP proxy reads along: choose no TLS for this site, or another proxy".to_owned();
        return Err(Error::Tls { what, why });
    }
    let identity = match dial.certificate.clone() {
        Some(certificate) => tokio::task::spawn_blocking(move || certificate.read())
            .await
            .map_err(|_| Error::closed(None))?
            .inspect_err(|error| scribe.note(error.to_string()))
            .map(Some)?,
        None => None,
    };
    if dial.site.security != Security::Never {
        // They are wanted only behind AUTH; reading them takes longer than a round trip to a server nearby.
        let roots = dial.trust.roots.clone();
        tokio::task::spawn_blocking(move || roots.load());
    }
    let socket = match reach(&dial, &scribe, &step).await {
        Ok(socket) => socket,
        Err(error) => {
            scribe.note(error.to_string());
            return Err(error);
        }
    };
    let user = dial.credentials.user.clone();
    let waits = matches!(dial.site.security, Security::Implicit | Security::Explicit);
    let what = format!("Connecting to {}", dial.site.host);
    let driver = Driver::new(dial, identity, socket, scribe).map_err(|error| Error::network(what, error))?;
    if !waits {
        step(format!("Logging in as {user}"));
    }
    Ok(driver)
}

/// A control connection that is logged in. Its task also reads while nothing is asked. Dropping it closes the
/// connection; dropping a future of [`Connection::run`] cancels the operation.
#[derive(Debug)]
pub struct Connection {
    id: ConnectionId,
    shared: Arc<Shared>,
    requests: mpsc::Sender<Request>,
    /// For what is noticed above the dialogue.
    notes: Scribe,
}

impl Connection {
    /// Its number in the transcript.
    pub fn id(&self) -> ConnectionId {
        self.id
    }

    /// What is known of the server.
    pub fn server(&self) -> Arc<Server> {
        let round_trip = self.shared.round_trip.load(Ordering::Relaxed);
        let mut facts = self.shared.facts();
        if facts.card.round_trip != round_trip {
            Arc::make_mut(&mut facts.card).round_trip = round_trip;
        }
        facts.card.clone()
    }

    /// What was learned about the server.
    pub fn known(&self) -> Known {
        let facts = self.shared.facts();
        let known = facts.known.clone();
        Known {
            dialect: facts.dialect.clone().or(known.dialect),
            zone: facts.zone.or(known.zone),
            own_time: facts.own_time || known.own_time,
            ..known
        }
    }

    /// Whether the server is so far away that each round trip counts.
    pub fn is_far(&self) -> bool {
        self.shared.far.load(Ordering::Relaxed)
    }

    /// Whether it can be used.
    pub fn is_open(&self) -> bool {
        self.shared.open.load(Ordering::Acquire)
    }

    /// The charset of names, where it is not UTF-8.
    pub(super) fn encoding(&self) -> Option<&'static Encoding> {
        let facts = self.shared.facts();
        facts.card.site.encoding.as_ref().and_then(|label| Encoding::for_label(label.as_bytes()))
    }

    pub(super) fn heard_dialect(&self, dialect: &str) {
        self.shared.heard_dialect(dialect);
    }

    pub(super) fn heard_zone(&self, zone: Zone) {
        self.shared.heard_zone(zone);
    }

    pub(super) fn heard_own_time(&self) {
        self.shared.facts().own_time = true;
    }

    pub(super) fn heard_rules(&self, rules: TimeZone) {
        self.shared.facts().rules = Some(rules);
    }

    pub(super) fn rules(&self) -> Option<TimeZone> {
        self.shared.facts().rules.clone()
    }

    /// Whether no file was asked yet for the zone in the other half of the year; from now on one was.
    pub(super) fn asks_for_summer(&self) -> bool {
        !self.shared.summer_asked.swap(true, Ordering::AcqRel)
    }

    /// Whether the last line of a listing needs no end on this server.
    pub(super) fn ends_no_listing(&self) -> bool {
        self.shared.no_end.load(Ordering::Relaxed)
    }

    pub(super) fn heard_no_end(&self) {
        self.shared.no_end.store(true, Ordering::Relaxed);
    }

    /// Writes into the log what was noticed above the dialogue.
    pub(super) fn note(&self, text: String) {
        self.notes.note(text);
    }

    /// The same about a transfer.
    pub fn note_about(&self, about: TransferId, text: &str) {
        let mut notes = self.notes.clone();
        notes.set_about(Some(about));
        notes.note(text);
    }

    pub(super) fn asks_for_zone(&self) -> bool {
        self.shared.asks_for_zone()
    }

    /// Waits until it can no longer be used.
    pub async fn ended(&self) {
        self.shared.ended.cancelled().await;
    }

    /// The server's last words, if it said why it closed.
    pub fn last_words(&self) -> Option<String> {
        self.shared.facts().words.clone()
    }

    /// Carries out one operation. Cancelled, it ends within five seconds, and the connection is usable or closed.
    pub async fn run(
        &self,
        operation: Operation,
        body: Body,
        about: Option<TransferId>,
        cancel: &Cancel,
    ) -> Result<(Outcome, Collected), Error> {
        let (answer, result) = oneshot::channel();
        let request = Request { operation, body, about, cancel: cancel.clone(), answer };
        if self.requests.send(request).await.is_err() {
            return Err(Error::closed(self.last_words()));
        }
        let mut result = result.await.unwrap_or_else(|_| Err(Error::closed(self.last_words())))?;
        if let Outcome::Facts { modified: Some(modified), .. } = &mut result.0
            && let Some(minutes) = self.shared.zone_of_its_own()
        {
            let at = modified.at.checked_sub(jiff::Span::new().minutes(i64::from(minutes)));
            modified.at = at.unwrap_or(modified.at);
        }
        Ok(result)
    }

    /// Says goodbye and closes.
    pub async fn close(self) {
        let cancel = Cancel::new();
        let quit = self.run(Operation::Quit, Body::None, None, &cancel);
        // Whether the server answered in time matters to nobody.
        let _ = tokio::time::timeout(QUIT_WITHIN, quit).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_fetch_one_file_take_turns_as_one_under_a_limit() {
        let flow = Flow::new(Pace::new(2_000_000), false);
        assert_eq!(flow.portion(1 << 20), 100_000);
        flow.sharers.store(4, Ordering::Relaxed);
        assert_eq!(flow.portion(1 << 20), 25_000);
        assert_eq!((flow.portion(10), Flow::new(Pace::unlimited(), false).portion(10)), (10, 10));
    }

    fn is_send<T: Send>(_: &T) {}

    /// The worker spawns these.
    #[test]
    fn futures_can_cross_threads() {
        let opening = |dial: Dial| is_send(&open(dial, |_| {}));
        let running = |connection: &Connection, cancel: &Cancel| {
            is_send(&connection.run(Operation::NoOperation, Body::None, None, cancel));
        };
        let _ = (opening, running);
    }
}
