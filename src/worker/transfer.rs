//! One attempt at one row of the queue, from taking a connection to giving it back.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use jiff::civil::DateTime;
use tokio::sync::{mpsc, oneshot};

use super::connect::{self, Context, Link};
use super::extras::{Extra, Target};
use super::memory::Key;
use super::retry::{Kind as TroubleKind, Trouble};
use super::rules::{self, Verdict};
use super::scribe::Written;
use super::segments::Crew;
use super::walk::{Found, LookUp};
use super::{Input, News, download, follow, upload, walk};
use crate::ftp::{self, Operation, Outcome, TransferType};
use crate::model::exists::{DateIs, Pattern};
use crate::model::question::{Facts, FileExists};
use crate::model::transfer::{Done, Proof, Running};
use crate::model::{
    Answer, Ask, Cause, Course, IfExists, Kind, Phase, RemotePath, Settings, Site, Transfer, TransferId,
};
use crate::net::{self, Body, Cancel, Flow};

/// What of a running row is read at any time, ten times a second.
#[derive(Debug, Default)]
pub(super) struct Gauge {
    flow: Mutex<Option<Arc<Flow>>>,
    /// Those who fetch it, where several connections do.
    crew: Mutex<Option<Arc<Crew>>>,
    /// Bytes that were there before this attempt.
    base: AtomicU64,
    resumed: AtomicU64,
    step: Mutex<&'static str>,
    discarded: AtomicBool,
}

impl Gauge {
    /// Says what is done while no bytes move.
    pub(super) fn step(&self, step: &'static str) {
        *self.step.lock().unwrap_or_else(PoisonError::into_inner) = step;
    }

    /// Bytes move from now on: those from `base` on, of which `resumed` were there before.
    fn flow(&self, flow: &Arc<Flow>, base: u64, resumed: u64) {
        self.base.store(base, Ordering::Relaxed);
        self.resumed.store(resumed, Ordering::Relaxed);
        *self.crew.lock().unwrap_or_else(PoisonError::into_inner) = None;
        *self.flow.lock().unwrap_or_else(PoisonError::into_inner) = Some(flow.clone());
        self.step("");
    }

    /// Several connections move its bytes from now on; `resumed` were there before.
    pub(super) fn shared_by(&self, crew: &Arc<Crew>, resumed: u64) {
        self.resumed.store(resumed, Ordering::Relaxed);
        *self.crew.lock().unwrap_or_else(PoisonError::into_inner) = Some(crew.clone());
        self.step("");
    }

    fn crew(&self) -> Option<Arc<Crew>> {
        self.crew.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Bytes that crossed the data connection in this attempt.
    pub(super) fn moved(&self) -> u64 {
        if let Some(crew) = self.crew() {
            return crew.moved();
        }
        let flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        flow.as_ref().map_or(0, |flow| flow.done())
    }

    /// Whether the server has said that the transfer begins.
    pub(super) fn is_accepted(&self) -> bool {
        let flow = self.flow.lock().unwrap_or_else(PoisonError::into_inner);
        flow.as_ref().is_some_and(|flow| flow.accepted.load(Ordering::Relaxed))
    }

    /// Whoever cancelled the row wants nothing of it kept.
    pub(super) fn discard(&self) {
        self.discarded.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_discarded(&self) -> bool {
        self.discarded.load(Ordering::Relaxed)
    }

    /// How far the row is.
    pub(super) fn read(&self) -> Running {
        let step = *self.step.lock().unwrap_or_else(PoisonError::into_inner);
        let resumed_from = self.resumed.load(Ordering::Relaxed);
        let (done, connections) = match self.crew() {
            Some(crew) => (crew.done(), Some(crew.busy()).filter(|busy| *busy > 1).unwrap_or(0)),
            None => (self.base.load(Ordering::Relaxed) + self.moved(), 0),
        };
        Running { done, resumed_from, rate: 0, connections, step }
    }
}

/// An attempt under way.
pub(super) struct Job {
    pub(super) context: Context,
    pub(super) settings: Arc<Settings>,
    pub(super) row: Transfer,
    pub(super) extra: Extra,
    pub(super) site: Arc<Site>,
    pub(super) key: Arc<Key>,
    pub(super) cancel: Cancel,
    pub(super) gauge: Arc<Gauge>,
    /// The connection, once there is one.
    pub(super) link: Option<Link>,
    /// Another row's, which may come before this one has its own.
    pub(super) offered: Option<oneshot::Receiver<Link>>,
    pub(super) started: Instant,
    /// When the row is in the journal.
    pub(super) written: Written,
    /// Whether an earlier run had it, and may have ended before it could say what it had done.
    pub(super) is_left: bool,
    /// Whether this row has begun the upload, in this attempt or an earlier one.
    pub(super) begun: bool,
}

/// How an attempt ended.
pub(super) struct Ended {
    pub(super) id: TransferId,
    pub(super) key: Arc<Key>,
    pub(super) end: Result<End, Trouble>,
    /// To be used for the next row.
    pub(super) link: Option<Link>,
    /// How far it got.
    pub(super) reached: u64,
    /// Whether what is at an upload's target may be its own work.
    pub(super) begun: bool,
}

/// How an attempt ended well.
#[derive(Debug)]
pub(super) enum End {
    /// It is complete.
    Done(Done),
    /// The target stays as it is.
    Skipped,
    /// The folder is there, and holds these.
    Walked(Found),
}

impl End {
    /// The phase that the row comes to rest in.
    pub(super) fn phase(&self) -> Phase {
        match self {
            Self::Done(done) => Phase::Done(Box::new(*done)),
            Self::Skipped => Phase::Skipped,
            Self::Walked(found) => Phase::Done(Box::new(found.done)),
        }
    }
}

/// The remote end, named apart from all others.
pub(super) fn remote_name(site: &Site, path: &RemotePath) -> String {
    format!("{}{}", site.vault_key(), path.as_str())
}

/// What a server says of a file; `None` where it says that there is none.
fn facts_of(said: Result<Outcome, Trouble>) -> Result<Option<Facts>, Trouble> {
    match said {
        Ok(Outcome::Facts { size, modified, directory }) => {
            let is_there = size.is_some() || modified.is_some() || directory.is_some();
            Ok(is_there.then_some(Facts { size, modified }))
        }
        Ok(_) => Ok(None),
        Err(trouble) if trouble.is_refusal() => Ok(None),
        Err(trouble) => Err(trouble),
    }
}

/// Does the attempt, and tells the worker's loop how it ended.
pub(super) async fn run(mut job: Job) {
    let place = HeldPlace::of(&job);
    let mut end = job.attempt().await;
    let is_closed = job.link.as_ref().is_some_and(|link| !link.is_open());
    let is_lost = is_closed && end.as_ref().is_err_and(|trouble| trouble.kind != TroubleKind::NeedsTls12);
    // A connection that waited for work, or for an answer, may have been closed meanwhile: that is no failure of the row.
    if is_lost && job.gauge.moved() == 0 && !job.cancel.is_cancelled() {
        if let Some(link) = job.link.take() {
            link.learn(false);
        }
        end = job.attempt().await;
    }
    if job.cancel.is_cancelled()
        && let Err(trouble) = &mut end
    {
        trouble.kind = TroubleKind::Stopped;
    }
    let link = kept(job.link.take(), end.as_ref().err());
    let reached = job.gauge.read().done;
    place.leave(Ended { id: job.row.id, key: job.key, end, link, reached, begun: job.begun }).await;
}

/// The place of an attempt, which is given back whatever happens: also when its task panics.
struct HeldPlace {
    inputs: mpsc::Sender<Input>,
    held: Option<(TransferId, Arc<Key>)>,
}

impl HeldPlace {
    fn of(job: &Job) -> Self {
        Self { inputs: job.context.inputs.clone(), held: Some((job.row.id, job.key.clone())) }
    }

    async fn leave(mut self, ended: Ended) {
        // The worker has ended: nobody waits for the place.
        let _ = self.inputs.send(Input::Ended(Box::new(ended))).await;
        self.held = None;
    }
}

impl Drop for HeldPlace {
    fn drop(&mut self) {
        if let Some((id, key)) = self.held.take()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            let trouble = Trouble::new("Could not transfer it", "its task ended too early", Cause::Local, false);
            let ended = Ended { id, key, end: Err(trouble), link: None, reached: 0, begun: false };
            let inputs = self.inputs.clone();
            runtime.spawn(async move { inputs.send(Input::Ended(Box::new(ended))).await });
        }
    }
}

/// A connection that the next transfer can use, after this one ended with `trouble` or well.
pub(super) fn kept(link: Option<Link>, trouble: Option<&Trouble>) -> Option<Link> {
    let link = link?;
    let kind = trouble.map(|trouble| trouble.kind);
    link.learn(kind == Some(TroubleKind::NeedsTls12));
    if matches!(kind, Some(TroubleKind::NeedsTls12 | TroubleKind::NoData)) {
        tokio::spawn(link.close());
        return None;
    }
    link.is_open().then_some(link)
}

impl Job {
    async fn attempt(&mut self) -> Result<End, Trouble> {
        if self.link.is_none() {
            self.gauge.step("Connecting");
            // Apart, so that the task of a file that finds a connection is small.
            self.link = Some(Box::pin(self.connect()).await?);
        }
        self.gauge.step("Waiting for the server");
        self.resolve().await;
        if self.row.kind == Kind::Other {
            self.find_kind().await?;
        }
        if self.row.kind == Kind::Directory {
            self.walks().await;
        }
        match (self.row.kind, self.row.course) {
            (Kind::Directory, Course::Download) => walk::remote(self).await,
            (Kind::Directory, Course::Upload) => walk::local(self).await,
            (_, Course::Download) => download::run(self).await,
            (_, Course::Upload) => upload::run(self).await,
        }
    }

    async fn connect(&mut self) -> Result<Link, Trouble> {
        let offered = self.offered.take();
        let dial = connect::for_transfers(&self.context, &self.site, &self.key, &self.cancel);
        let Some(mut offered) = offered else { return dial.await };
        tokio::select! {
            biased;
            Ok(link) = &mut offered => Ok(link),
            dialled = dial => {
                offered.close();
                match offered.try_recv() {
                    Ok(link) => {
                        dialled.map(|other| tokio::spawn(other.close())).ok();
                        Ok(link)
                    }
                    Err(_) => dialled,
                }
            }
        }
    }

    /// Finds out whether the source is a folder, where whoever put it into the queue did not know.
    async fn find_kind(&mut self) -> Result<(), Trouble> {
        let kind = match self.row.course {
            Course::Upload => walk::local_kind(self).await?,
            Course::Download if self.is_directory(&self.row.remote(), true).await? => Kind::Directory,
            Course::Download => Kind::File,
        };
        self.row.kind = kind;
        self.row.decide_type(&self.settings);
        self.context.news(self.row.id, News::Kind(kind, self.row.transfer_type)).await;
        Ok(())
    }

    /// Whether `path` is a directory of the server; with `moves` it is listed or fetched next.
    pub(super) async fn is_directory(&self, path: &RemotePath, moves: bool) -> Result<bool, Trouble> {
        let operation = Operation::ChangeDirectory { path: path.clone(), moves };
        match self.operate(operation, "Could not open", path).await {
            Ok(_) => Ok(true),
            Err(trouble) if trouble.is_refusal() => Ok(false),
            Err(trouble) => Err(trouble),
        }
    }

    /// An operation without data.
    pub(super) async fn operate(
        &self,
        operation: Operation,
        doing: &str,
        path: &RemotePath,
    ) -> Result<Outcome, Trouble> {
        self.transfer(operation, Body::None, (doing, path), &self.cancel).await
    }

    /// An operation.
    pub(super) async fn transfer(
        &self,
        operation: Operation,
        body: Body,
        (doing, path): (&str, &RemotePath),
        cancel: &Cancel,
    ) -> Result<Outcome, Trouble> {
        let what = format!("{doing} {path}");
        let Some(link) = &self.link else { return Err(Trouble::lost(what)) };
        let done = link.connection.run(operation, body, Some(self.row.id), cancel).await;
        done.map(|(outcome, _)| outcome).map_err(|error| Trouble::of(what, &error))
    }

    /// Counts the bytes of a body, at the speed that is allowed; `resumed` bytes were there before, and those from
    /// `base` on move now: `expected` many, where that is known, and not more than `most`.
    pub(super) fn flow(&self, base: u64, resumed: u64, expected: Option<u64>, most: Option<u64>) -> Arc<Flow> {
        let pace = self.context.limits.of(&self.key, &self.site, self.row.course);
        let flow = Arc::new(Flow { most, expected, from: base, ..Flow::new(pace, self.row.is_text()) });
        self.gauge.flow(&flow, base, resumed);
        flow
    }

    /// Waits until the journal has the row as it was begun: no byte moves before, so that a program that is killed knows
    /// what it had begun.
    pub(super) async fn recorded(&self) {
        self.written.clone().begun().await;
    }

    /// The row has another name now. Waits until the journal has it, as [`Job::recorded`] does.
    pub(super) async fn named(&mut self) {
        self.tell_name().await;
        self.recorded().await;
    }

    /// The same without the wait.
    pub(super) async fn tell_name(&mut self) {
        let (answer, written) = oneshot::channel();
        self.context.news(self.row.id, News::Named(Box::new(self.row.clone()), answer)).await;
        // The worker has ended: nothing is written any more.
        if let Ok(written) = written.await {
            self.written = written;
        }
    }

    /// Waits until the journal has the row at all: enough where nothing is left of what was begun.
    pub(super) async fn added(&self) {
        self.written.clone().added().await;
    }

    /// All is ready to fetch `bytes` of a file: where it is far, another row may begin behind this one on its connection.
    pub(super) async fn lead(&self, bytes: Option<u64>) {
        let is_small = bytes.is_some_and(|bytes| bytes <= follow::SMALL);
        if let Some(link) = self.link.as_ref().filter(|link| is_small && link.connection.is_far()) {
            self.context.tell(Input::Leads(self.row.id, link.clone())).await;
        }
    }

    /// A folder is walked: where it is far, the connections for what is in it are opened meanwhile.
    async fn walks(&self) {
        if self.link.as_ref().is_some_and(|link| link.connection.is_far()) {
            self.context.tell(Input::Walks(self.row.id)).await;
        }
    }

    /// The rest is work on the local disk, and may be slow: others may use the connection meanwhile.
    pub(super) async fn hand_back(&mut self) {
        let link = self.link.take().filter(Link::is_open);
        if let Some(link) = &link {
            link.learn(false);
        }
        self.gauge.step("Writing");
        self.context.tell(Input::HandedBack(self.row.id, link)).await;
    }

    /// TYPE.
    pub(super) fn kind(&self) -> TransferType {
        if self.row.is_text() { TransferType::Ascii } else { TransferType::Image }
    }

    /// Size and time of a remote file; `None` where there is nothing of that name.
    pub(super) async fn remote_facts(&self, path: &RemotePath) -> Result<Option<Facts>, Trouble> {
        facts_of(self.operate(Operation::Facts { path: path.clone() }, "Could not look at", path).await)
    }

    /// Size and time of a remote file that is about to be written. A server that cannot tell of one file lists them all, and
    /// is believed that nothing is there where it does not list them either.
    pub(super) async fn target_facts(&self, path: &RemotePath) -> Result<Option<Facts>, Trouble> {
        let (operation, what) = (Operation::Facts { path: path.clone() }, format!("Could not look at {path}"));
        let Some(link) = &self.link else { return Err(Trouble::lost(what)) };
        match link.connection.run(operation, Body::None, Some(self.row.id), &self.cancel).await {
            Err(net::Error::Ftp(ftp::Error::Refused { code: 500..=504, .. } | ftp::Error::Unsupported(_))) => {}
            result => return facts_of(result.map(|(outcome, _)| outcome).map_err(|error| Trouble::of(what, &error))),
        }
        Ok(match walk::look_up(self, path).await? {
            LookUp::Is(facts) => Some(facts),
            // Of what may be the same file nothing is known.
            LookUp::MayBe => Some(Facts::default()),
            LookUp::Absent { .. } | LookUp::Unlisted => None,
        })
    }

    /// What is to be done with a target that exists: by the row's rule, the settings', or what a person says.
    pub(super) async fn verdict(&mut self, source: Facts, target: Facts) -> Result<Verdict, Trouble> {
        let course = self.row.course;
        let rule = self.said().unwrap_or_else(|| self.settings.if_exists(course, &source, &target));
        let decided = || self.context.memory.exists(self.extra.batch, course);
        let rule = if rule == IfExists::Ask { decided().unwrap_or(rule) } else { rule };
        let verdict = match rules::decide(rule, &source, &target) {
            Verdict::Ask => self.ask(source, target).await?,
            verdict => verdict,
        };
        if self.row.is_text() && matches!(verdict, Verdict::Continue(_) | Verdict::Complete | Verdict::TooLarge) {
            let (what, why) = (format!("Could not transfer {}", self.row.remote()), "text cannot be gone on with");
            return Err(Trouble::new(what, why, Cause::Differs, false));
        }
        Ok(verdict)
    }

    /// What was decided for this row, if anything was.
    fn said(&self) -> Option<IfExists> {
        self.extra.decided.or(self.row.if_exists)
    }

    /// Whether the time of a target that exists may count, so that it is worth a question to the server.
    pub(super) fn compares_times(&self) -> bool {
        let compares = |rule| matches!(rule, IfExists::Newer | IfExists::SizeOrTime);
        let by_rules =
            || self.said().is_none() && self.settings.exists_rules.iter().any(|rule| rule.date != DateIs::Any);
        let default = self.said().unwrap_or(self.settings.default_if_exists(self.row.course));
        let decided = || self.context.memory.exists(self.extra.batch, self.row.course);
        let default = if default == IfExists::Ask { decided().unwrap_or(default) } else { default };
        compares(default) || by_rules()
    }

    /// How copies are called, and the local time that their names may hold.
    pub(super) fn copies(&self) -> (Pattern, DateTime) {
        (Pattern::of_setting(&self.settings.rename_pattern), jiff::Zoned::now().datetime())
    }

    async fn ask(&mut self, source: Facts, target: Facts) -> Result<Verdict, Trouble> {
        self.gauge.step(Running::ASKS);
        let (pattern, now) = self.copies();
        let target_name = match self.row.course {
            Course::Download => self.row.local_name(),
            Course::Upload => &self.row.remote_name,
        };
        let file = FileExists {
            transfer: self.row.id,
            course: self.row.course,
            local: self.row.local_shown(),
            remote: self.row.remote().to_string(),
            target,
            source,
            renamed: pattern.name(target_name, 1, now),
        };
        // Others may use the connection while a person thinks.
        let link = self.link.take().filter(Link::is_open);
        self.context.tell(Input::Parked(self.row.id, link)).await;
        let answer = self.context.ask(None, Ask::FileExists(Box::new(file)), &self.cancel).await;
        match answer {
            Some(Answer::Exists { choice: IfExists::Skip, .. }) => Ok(Verdict::Skip),
            // The row begins anew with it: where times decide, they are asked for first.
            Some(Answer::Exists { choice, .. }) if choice != IfExists::Ask => Err(Trouble::answered(choice)),
            _ if self.cancel.is_cancelled() => Err(Trouble::stopped("Stopped")),
            _ => Ok(Verdict::Skip),
        }
    }

    /// The row is complete.
    pub(super) fn done(&self, bytes: u64, resumed_from: u64, proof: Proof) -> End {
        let milliseconds = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        End::Done(Done { bytes, resumed_from, milliseconds, proof, at: Timestamp::now(), left_out: 0 })
    }

    /// The target, if a listing said what it is.
    pub(super) fn listed_target(&self) -> Option<Option<Facts>> {
        match self.extra.listed.target {
            Target::Unknown => None,
            Target::Absent => Some(None),
            Target::Is(facts) => Some(Some(facts)),
        }
    }

    /// The remote end, named apart from all others.
    pub(super) fn remote_name(&self) -> String {
        remote_name(&self.site, &self.row.remote())
    }

    /// Blocking work on the local disk.
    pub(super) async fn blocking<T: Send + 'static>(
        &self,
        what: &str,
        work: impl FnOnce() -> Result<T, super::disk::Error> + Send + 'static,
    ) -> Result<T, Trouble> {
        match tokio::task::spawn_blocking(work).await {
            Ok(result) => result.map_err(|error| Trouble::disk(what, &error)),
            Err(error) => Err(Trouble::local(what, &std::io::Error::other(error))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_place_of_a_task_that_panics_is_given_back() {
        let (inputs, mut heard) = mpsc::channel(1);
        let held = Some((TransferId(7), Arc::new(Key::of(&Site::default()))));
        let task = tokio::spawn(async move {
            let _place = HeldPlace { inputs, held };
            panic!("what a defect does");
        });
        assert!(task.await.is_err());
        let Some(Input::Ended(ended)) = heard.recv().await else { panic!("nothing was told") };
        assert!(ended.id == TransferId(7) && ended.end.is_err());
    }
}
