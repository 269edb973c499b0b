//! A large file over several connections: the row's own one leads, others help while there are places for them.
//!
//! The worker's loop gives places away, and rows that wait go first: a helper's place is taken back for them. Whatever
//! becomes of helpers, the row goes on; where what they bring cannot be trusted, it goes on over its own connection alone.

use std::fmt;
use std::fs::File;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::News;
use super::connect::{self, Context, Link};
use super::disk::Part;
use super::download::Fetched;
use super::guard::{self, SYNC_EVERY, SYNC_FROM};
use super::memory::Key;
use super::plan::{Plan, Seam};
use super::ranges::Ranges;
use super::retry::{Kind as TroubleKind, Trouble};
use super::transfer::{Job, kept};
use crate::ftp::{self, DataFault, Operation, Outcome, TransferType};
use crate::model::question::Facts;
use crate::model::settings::MOST_SEGMENTS;
use crate::model::{Cause, Course, Modified, RemotePath, Site, TransferId};
use crate::net::{self, Body, Cancel, Flow, Span};

/// What was fetched twice is compared this often: the sooner a lie is seen, the less is fetched for nothing…
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// …and what is there is noted this often.
const NOTE_EVERY: Duration = Duration::from_secs(1);

/// Those who fetch one file.
pub(super) struct Crew {
    context: Context,
    site: Arc<Site>,
    key: Arc<Key>,
    id: TransferId,
    remote: RemotePath,
    file: File,
    /// Helpers, at most.
    most: usize,
    size: u64,
    /// Bytes that were there before.
    before: u64,
    plan: Mutex<Plan>,
    staff: Mutex<Staff>,
    /// A range is over, or a helper has left: for the row's own connection.
    changed: Notify,
    /// A helper has left: for who waits for the last of them.
    gone: Notify,
    sharers: Arc<AtomicU32>,
}

/// The helpers.
#[derive(Default)]
struct Staff {
    /// The file is done, or given up.
    is_closed: bool,
    /// Of those that are there: what sends them away.
    helpers: Vec<(u64, Cancel)>,
    /// How many there have been.
    number: u64,
    /// One that failed is not replaced.
    failed: usize,
    /// The disk has not kept all that it was given.
    has_lost: bool,
    /// What is wrong with what they brought.
    trouble: Option<Trouble>,
    /// What is to be said of it in the log.
    remark: Option<&'static str>,
    /// The file's time, where that was asked on the way.
    modified: Option<Modified>,
}

/// What several connections brought does not fit together.
const MISFIT: &str = "What several connections fetched of the file does not fit together: it is fetched anew over one";
/// The server began somewhere else than it was told to.
const LIE: &str =
    "The server seems to send the file from its start whatever it is told: one connection fetches all of it";
/// The server refused REST.
const REFUSED: &str = "The server does not go on at an offset: one connection fetches all of the file";

/// How many connections may fetch the row's file, of this size, together; 0: it is fetched as any other.
pub(super) fn wanted(job: &Job, size: Option<u64>) -> u8 {
    let segments = job.site.segments.unwrap_or(job.settings.segments).min(MOST_SEGMENTS);
    let is_large = size.is_some_and(|size| size > 0 && size >= job.settings.segments_from);
    let may = segments > 1 && is_large && !job.row.is_text();
    if may && job.context.memory.may_be_divided(&job.key, job.row.id) { segments } else { 0 }
}

/// Fetches what the part lacks, of which `there` is there, over up to `segments` connections.
pub(super) async fn fetch(
    job: &mut Job,
    what: &str,
    part: &Part,
    (source, there): (Facts, Ranges),
    segments: u8,
) -> Result<Fetched, Trouble> {
    let local = |error: &super::disk::Error| Trouble::disk(what, error);
    let before = there.total();
    let crew = Arc::new(Crew {
        context: job.context.clone(),
        site: job.site.clone(),
        key: job.key.clone(),
        id: job.row.id,
        remote: job.row.remote(),
        file: part.file().map_err(|error| local(&error))?,
        most: usize::from(segments.max(1)) - 1,
        size: source.size.unwrap_or(0),
        before,
        plan: Mutex::new(Plan::new(source.size.unwrap_or(0), there)),
        staff: Mutex::default(),
        changed: Notify::new(),
        gone: Notify::new(),
        sharers: Arc::default(),
    });
    crew.note(part).await.map_err(|error| local(&error))?;
    job.recorded().await;
    job.gauge.shared_by(&crew, before);
    // Before anybody else comes: what begins with the file needs no REST, and is there whatever the server makes of that.
    let first = crew.plan().take(Instant::now());
    job.context.news(job.row.id, News::Crew(crew.clone())).await;
    let dated = job.settings.keep_times && source.modified.is_none_or(|modified| !modified.is_exact());
    let mut link = job.link.take();
    let result = {
        let lead = crew.lead(&mut link, &job.cancel, (first, dated));
        crew.watched(part, what, lead).await
    };
    crew.dismiss_all().await;
    job.link = link;
    let result = result.and_then(|()| crew.verdict(part, what));
    // For the next attempt; what cannot be noted is fetched again.
    let _ = crew.note(part).await;
    if crew.staff().has_lost {
        part.truncate(0).map_err(|error| local(&error))?;
    }
    if result.as_ref().is_err_and(|trouble| trouble.failure.cause == Cause::Differs) {
        crew.staff().remark.get_or_insert(MISFIT);
        job.context.memory.keep_in_one(job.row.id);
        part.truncate(0).map_err(|error| local(&error))?;
    }
    crew.remark(job.link.as_ref());
    result?;
    // Where a range was ended early, the server may have closed it; what proves the file needs it.
    if !job.link.as_ref().is_some_and(Link::is_open)
        && (job.context.run.verify || crew.size <= job.settings.verify_up_to)
    {
        job.link = crew.connect(&job.cancel).await.ok();
    }
    let modified = crew.staff().modified;
    Ok(Fetched { from: before, size: source.size, modified })
}

/// A helper's work; gives back its connection, if that can be used again, and what went wrong.
pub(super) async fn help(
    crew: Arc<Crew>,
    mut link: Option<Link>,
    (number, cancel): (u64, Cancel),
) -> (Option<Link>, Option<Trouble>) {
    let result = crew.work(&mut link, &cancel, (None, false)).await;
    let trouble = result.err().filter(|_| !cancel.is_cancelled());
    if let Some(trouble) = &trouble {
        crew.failed(trouble);
    }
    crew.remark(link.as_ref());
    let link = kept(link, trouble.as_ref());
    crew.left(number);
    (link, trouble)
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Crew")
    }
}

impl Crew {
    /// What a new helper is called, and what sends it away, if one more is of use.
    pub(super) fn hire(&self) -> Option<(u64, Cancel)> {
        let has_work = self.plan().has_work(Instant::now());
        let mut staff = self.staff();
        if !has_work || staff.is_closed || staff.helpers.len() + staff.failed >= self.most {
            return None;
        }
        staff.number += 1;
        let helper = (staff.number, Cancel::new());
        staff.helpers.push(helper.clone());
        Some(helper)
    }

    /// A helper is gone.
    pub(super) fn left(&self, number: u64) {
        self.staff().helpers.retain(|(other, _)| *other != number);
        self.changed.notify_one();
        self.gone.notify_one();
    }

    /// How many helpers there are.
    pub(super) fn helpers(&self) -> usize {
        self.staff().helpers.len()
    }

    /// Sends one away, because its place is needed, unless one is on its way out. False: there is none.
    pub(super) fn make_room(&self) -> bool {
        let staff = self.staff();
        match staff.helpers.last() {
            Some((_, last)) if staff.helpers.iter().all(|(_, cancel)| !cancel.is_cancelled()) => {
                last.cancel();
                true
            }
            last => last.is_some(),
        }
    }

    /// Bytes that are there.
    pub(super) fn done(&self) -> u64 {
        self.plan().held().total()
    }

    /// Bytes that came in this attempt.
    pub(super) fn moved(&self) -> u64 {
        self.done().saturating_sub(self.before)
    }

    /// How many connections are at it.
    pub(super) fn busy(&self) -> u8 {
        u8::try_from(self.plan().busy()).unwrap_or(u8::MAX)
    }

    /// The row's own connection fetches ranges until nothing lacks.
    async fn lead(
        &self,
        link: &mut Option<Link>,
        cancel: &Cancel,
        mut first: (Option<Arc<Span>>, bool),
    ) -> Result<(), Trouble> {
        loop {
            self.work(link, cancel, std::mem::take(&mut first)).await?;
            if self.staff().trouble.is_some() || self.plan().is_whole() {
                return Ok(());
            }
            // Others are at the rest. What one of them leaves is taken up, and what takes long is divided.
            tokio::select! {
                () = self.changed.notified() => {}
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = cancel.cancelled() => return Err(Trouble::stopped(self.what())),
            }
        }
    }

    /// One connection fetches ranges until there is none for it; the first may be chosen already, and the file's time be
    /// wanted with it.
    async fn work(
        &self,
        link: &mut Option<Link>,
        cancel: &Cancel,
        (mut first, mut dated): (Option<Arc<Span>>, bool),
    ) -> Result<(), Trouble> {
        while !cancel.is_cancelled() && self.staff().trouble.is_none() {
            let next = first.take().or_else(|| self.plan().take(Instant::now()));
            let Some(span) = next else { return Ok(()) };
            self.share();
            let result = self.fetch(link, cancel, &span, std::mem::take(&mut dated)).await;
            self.plan().end(&span, matches!(result, Ok(true)));
            self.share();
            self.changed.notify_one();
            result?;
        }
        Ok(())
    }

    /// Fetches one range; says whether the data ended with it.
    async fn fetch(
        &self,
        link: &mut Option<Link>,
        cancel: &Cancel,
        span: &Arc<Span>,
        dated: bool,
    ) -> Result<bool, Trouble> {
        let mut result = self.try_fetch(link, cancel, span, dated).await;
        // One that waited for work, or had to be told that it was enough, may have been closed.
        let was_closed = |result: &Result<_, Trouble>| result.as_ref().is_err_and(|t| t.kind == TroubleKind::Lost);
        if was_closed(&result) && span.claimed() == span.from() && span.head().is_empty() && !cancel.is_cancelled() {
            *link = None;
            result = self.try_fetch(link, cancel, span, dated).await;
        }
        result
    }

    async fn try_fetch(
        &self,
        link: &mut Option<Link>,
        cancel: &Cancel,
        span: &Arc<Span>,
        dated: bool,
    ) -> Result<bool, Trouble> {
        if link.as_ref().is_none_or(|link| !link.is_open()) {
            *link = Some(self.connect(cancel).await?);
        }
        let Some(connection) = link.as_ref().map(|link| &link.connection) else { return Ok(false) };
        let file = self.file.try_clone().map_err(|error| Trouble::local(self.what(), &error))?;
        let pace = self.context.limits.of(&self.key, &self.site, Course::Download);
        let flow = Flow { span: Some(span.clone()), sharers: self.sharers.clone(), ..Flow::new(pace, false) };
        let (path, kind) = (self.remote.clone(), TransferType::Image);
        let operation = Operation::Retrieve { path, offset: span.offset(), kind, dated };
        let body = Body::Receive { file, flow: Arc::new(flow) };
        let ended = connection.run(operation, body, Some(self.id), cancel).await;
        let differs = |why: &str| Err(Trouble::new(self.what(), why, Cause::Differs, true));
        match ended {
            Ok((Outcome::Retrieved { modified, .. }, _)) => {
                self.learn_time(modified);
                if span.written() < span.end() {
                    return differs("the file on the server is shorter than it was, or not all of it came");
                }
                Ok(true)
            }
            Ok(_) => Err(Trouble::new(self.what(), "the server did not send it", Cause::Protocol, true)),
            Err(net::Error::Ftp(ftp::Error::Data { fault: DataFault::Enough, .. })) => Ok(false),
            Err(net::Error::Ftp(ftp::Error::Data { fault: DataFault::Limit, .. })) => differs(
                "more came than is left of the file: it has grown, or the server began elsewhere than it was told to",
            ),
            // What a server says about the end that we put to it can overtake the news of that end. The last range has none:
            // its file is not done without the server's word.
            Err(_) if span.written() >= span.end() && span.end() < self.size && !cancel.is_cancelled() => Ok(false),
            Err(error) => Err(Trouble::of(self.what(), &error)),
        }
    }

    async fn connect(&self, cancel: &Cancel) -> Result<Link, Trouble> {
        connect::for_transfers(&self.context, &self.site, &self.key, cancel).await
    }

    fn learn_time(&self, modified: Option<Modified>) {
        let mut staff = self.staff();
        staff.modified = staff.modified.or(modified);
    }

    /// No helpers any more, at this server.
    fn distrust(&self, remark: &'static str) {
        self.context.memory.divides_nothing(&self.key);
        let mut staff = self.staff();
        (staff.failed, staff.remark) = (self.most, Some(remark));
    }

    /// A helper failed. What that says of the server, or of the file, is for all.
    fn failed(&self, trouble: &Trouble) {
        match trouble.kind {
            // The server says how many it takes, and the pool keeps to that.
            TroubleKind::TooMany => {}
            TroubleKind::NoRestart => self.distrust(REFUSED),
            _ if trouble.failure.cause == Cause::Differs => self.staff().trouble = Some(trouble.clone()),
            _ => self.staff().failed += 1,
        }
    }

    /// Looks after what `lead` and the helpers do: notes it, and compares what was fetched twice.
    async fn watched(
        &self,
        part: &Part,
        what: &str,
        lead: impl Future<Output = Result<(), Trouble>>,
    ) -> Result<(), Trouble> {
        let mut lead = std::pin::pin!(lead);
        let mut noted = Instant::now();
        let mut synced = (noted, self.before);
        loop {
            tokio::select! {
                biased;
                result = &mut lead => return result,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
            if let Some(trouble) = self.staff().trouble.take() {
                return Err(trouble);
            }
            if noted.elapsed() >= NOTE_EVERY {
                noted = Instant::now();
                // A disk that cannot do this takes nothing from the transfer.
                let _ = self.note(part).await;
            }
            if synced.0.elapsed() >= SYNC_EVERY && self.done() >= synced.1 + SYNC_FROM {
                synced = (Instant::now(), self.done());
                self.sync(part).await.map_err(|error| Trouble::disk(what, &error))?;
            }
            if !self.is_in_order(part, what)? {
                self.distrust(LIE);
                self.send_away().await;
                if !self.plan().fall_back() {
                    return Err(Self::misfit(what));
                }
            }
        }
    }

    /// Compares what can be compared. An error where it differs; false where the server seems to begin with the file wherever it
    /// is told to.
    fn is_in_order(&self, part: &Part, what: &str) -> Result<bool, Trouble> {
        let (seams, prefix) = {
            let mut plan = self.plan();
            (plan.seams(), plan.held().prefix())
        };
        let is_there = |seam: &Seam, at: u64| {
            let read = part.bytes(at, seam.bytes.len()).map_err(|error| Trouble::disk(what, &error))?;
            Ok::<bool, Trouble>(read == seam.bytes)
        };
        for seam in seams {
            if seam.is_covered {
                if !is_there(&seam, seam.at)? {
                    return Err(Self::misfit(what));
                }
                continue;
            }
            // A file may well be the same here and there, if it is of one byte only.
            let is_plain = seam.bytes.iter().all(|byte| *byte == seam.bytes[0]);
            if !is_plain && prefix >= seam.bytes.len() as u64 && is_there(&seam, 0)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// All ranges are over: whether they are the file.
    fn verdict(&self, part: &Part, what: &str) -> Result<(), Trouble> {
        if let Some(trouble) = self.staff().trouble.take() {
            return Err(trouble);
        }
        if !self.is_in_order(part, what)? {
            return Err(Self::misfit(what));
        }
        Ok(())
    }

    /// Says in the log what is to be said.
    fn remark(&self, link: Option<&Link>) {
        let Some(link) = link else { return };
        if let Some(remark) = self.staff().remark.take() {
            link.connection.note_about(self.id, remark);
        }
    }

    fn misfit(what: &str) -> Trouble {
        let why = "the file on the server is not the one that was begun, or the server began elsewhere than it was told \
                   to; it is fetched anew";
        Trouble::new(what, why, Cause::Differs, true)
    }

    /// No more helpers, and those that are there leave.
    async fn dismiss_all(&self) {
        self.staff().is_closed = true;
        self.send_away().await;
    }

    async fn send_away(&self) {
        self.staff().helpers.iter().for_each(|(_, cancel)| cancel.cancel());
        while self.helpers() > 0 {
            self.gone.notified().await;
        }
    }

    /// Notes in the journal what is there.
    async fn note(&self, part: &Part) -> Result<(), super::disk::Error> {
        let (journal, path, held) = (self.context.journal.clone(), part.path(), self.plan().held());
        guard::blocking(part, move || journal.note_held(&path, &held)).await
    }

    /// Makes sure that a power cut takes little of it.
    async fn sync(&self, part: &Part) -> Result<(), super::disk::Error> {
        let (journal, path, held) = (self.context.journal.clone(), part.path(), self.plan().held());
        let Ok(file) = self.file.try_clone() else { return Ok(()) };
        let result = guard::sync(file, part, move || journal.note_settled(&path, &held)).await;
        self.staff().has_lost |= result.is_err();
        result
    }

    /// All together are as one other file under a speed limit.
    fn share(&self) {
        let busy = u32::try_from(self.plan().busy()).unwrap_or(1);
        self.sharers.store(busy, Ordering::Relaxed);
    }

    fn what(&self) -> String {
        format!("Could not download {}", self.remote)
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        // Nobody panics while holding it; if somebody did, the seams and the proof would show it.
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn staff(&self) -> MutexGuard<'_, Staff> {
        self.staff.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
