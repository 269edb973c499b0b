//! The queue at work: rows come in, begin, get further, end, wait, and are done with.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use tokio::sync::oneshot;

use super::connect::Link;
use super::memory::Key;
use super::pool::too_many;
use super::retry::{self, Kind as TroubleKind, Trouble};
use super::rows::TargetName;
use super::segments::Crew;
use super::transfer::{self, End, Ended, Gauge, Job, remote_name};
use super::{News, PROGRESS, Worker};
use crate::model::transfer::Running;
use crate::model::{Cause, Course, Delta, Event, Kind, Phase, Site, Transfer, TransferId};
use crate::net::Cancel;

/// Rates are measured over this many reports of progress.
const SAMPLES: usize = 30;

/// Why a row under way is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stop {
    /// It waits, and keeps its part.
    Pause,
    /// It leaves, with its part.
    Cancel,
    /// The program ends; another run goes on.
    Leave,
}

/// What a row under way takes of what there is only so much of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A connection.
    Connection,
    /// Nothing: it shares the connection of this row, and has its place next.
    Behind(TransferId),
    /// The disk: no connection any more, and only the disk's work is left.
    Disk,
    /// Nothing: it waits for a person.
    Parked,
}

/// How often it is looked whether rows still wait for another try, where nothing runs.
const WAITING: Duration = Duration::from_secs(1);

/// A row under way.
pub(super) struct Active {
    /// Where it takes a connection that another row needs no more, while it has none.
    waits: Option<oneshot::Sender<Link>>,
    pub(super) cancel: Cancel,
    pub(super) gauge: Arc<Gauge>,
    pub(super) stop: Option<Stop>,
    pub(super) key: Arc<Key>,
    pub(super) site: Arc<Site>,
    pub(super) course: Course,
    target: TargetName,
    pub(super) place: Place,
    /// Those who fetch it, where several connections may.
    pub(super) crew: Option<Arc<Crew>>,
    /// Its connection, where another row may begin behind it.
    pub(super) leads: Option<Link>,
    /// The row behind it.
    pub(super) follower: Option<TransferId>,
    samples: VecDeque<(Instant, u64)>,
    told: Running,
}

impl Active {
    /// How far it is, if that is news.
    fn news(&mut self, now: Instant) -> Option<Running> {
        let mut running = self.gauge.read();
        if self.samples.len() == SAMPLES {
            self.samples.pop_front();
        }
        // A new attempt within the row begins its measure anew.
        // So does one that has found a part: what was there before did not come now.
        let found = running.resumed_from != self.told.resumed_from;
        if found || self.samples.back().is_some_and(|(_, done)| *done > running.done) {
            self.samples.clear();
        }
        self.samples.push_back((now, running.done));
        if let (Some((first, from)), Some((last, to))) = (self.samples.front(), self.samples.back()) {
            let milliseconds = u64::try_from((*last - *first).as_millis()).unwrap_or(u64::MAX);
            running.rate = ((to - from) * 1000).checked_div(milliseconds).unwrap_or(0);
        }
        let is_news = running != self.told;
        self.told = running.clone();
        is_news.then_some(running)
    }
}

impl Worker {
    /// Begins as many rows as may run.
    pub(super) fn begin(&mut self) {
        while self.leave_at.is_none() {
            let (pool, settings) = (&self.pool, &self.settings);
            let Some(id) = self.rows.next(|key, site, course| pool.has_room(key, site, course, settings)) else {
                self.hand_over();
                return self.share_places();
            };
            let Some(row) = self.rows.get(id).map(|row| row.to_transfer()) else { return };
            let site = self.as_stored(&row.folder.site);
            let key = self.rows.key(&site);
            if self.pool.is_new(&key) {
                self.remember_limit(&key, &site);
            }
            let link = self.pool.begin(&key, row.course);
            self.start(row, site, key, link, Place::Connection);
        }
    }

    /// Connections that nobody uses go to rows that still wait for their own: a server, or a firewall, may let only some
    /// through, and say nothing to the others.
    fn hand_over(&mut self) {
        let is_waiting = |(_, active): &(&TransferId, &Active)| {
            let waits = active.waits.as_ref().is_some_and(|waits| !waits.is_closed());
            waits && active.place == Place::Connection && active.stop.is_none()
        };
        let mut waiting: Vec<TransferId> = self.active.iter().filter(is_waiting).map(|(id, _)| *id).collect();
        waiting.sort_unstable();
        for id in waiting {
            let Some(active) = self.active.get_mut(&id) else { continue };
            let Some(link) = self.pool.spare(&active.key) else { continue };
            if !link.fits(&active.key) {
                tokio::spawn(link.close());
            } else if let Some(waits) = active.waits.take()
                && let Err(link) = waits.send(link)
            {
                // It has its own by now.
                self.pool.lend(&active.key, link);
            }
        }
    }

    /// A row's site, with the limits that it has now: a person may have changed them since the row was put in.
    fn as_stored(&self, site: &Arc<Site>) -> Arc<Site> {
        let of = |site: &Site| (site.limit_down, site.limit_up, site.segments);
        let is_it =
            |stored: &&Site| site.is_stored_as(stored) && of(stored) != of(site) && Key::of(stored) == Key::of(site);
        match self.sites.sites.iter().find(is_it) {
            Some(stored) => {
                let (limit_down, limit_up, segments) = of(stored);
                Arc::new(Site { limit_down, limit_up, segments, ..Site::clone(site) })
            }
            None => site.clone(),
        }
    }

    /// Sites were changed: their limits hold for what runs, too.
    pub(super) fn renew_limits(&self) {
        for active in self.active.values() {
            let site = self.as_stored(&active.site);
            self.context.limits.of(&active.key, &site, active.course);
        }
    }

    pub(super) fn start(
        &mut self,
        mut row: Transfer,
        site: Arc<Site>,
        key: Arc<Key>,
        link: Option<Link>,
        place: Place,
    ) {
        let (cancel, gauge) = (Cancel::new(), Arc::new(Gauge::default()));
        let target = self.rows.occupy(row.row());
        row.attempts = row.attempts.saturating_add(1);
        gauge.step(match place {
            Place::Behind(_) => "Waiting for its turn",
            _ if link.is_some() => "Waiting for the server",
            _ => "Connecting",
        });
        let running = gauge.read();
        self.rows.change(Delta::Attempts(row.id, row.attempts));
        self.rows.phase(row.id, Phase::Running(Box::new(running.clone())));
        let (waits, offered) = match link {
            None => Some(oneshot::channel()).unzip(),
            Some(_) => (None, None),
        };
        let active = Active {
            waits,
            cancel: cancel.clone(),
            gauge: gauge.clone(),
            stop: None,
            key: key.clone(),
            site: site.clone(),
            course: row.course,
            target,
            place,
            crew: None,
            leads: None,
            follower: None,
            samples: VecDeque::new(),
            told: running,
        };
        self.active.insert(row.id, active);
        self.progress_at.get_or_insert_with(|| Instant::now() + PROGRESS);
        let is_left = row.id.0 < self.first_id && !self.rows.extra(row.id).anew;
        let begun = self.rows.extra(row.id).begun || is_left && row.attempts > 1;
        let job = Job {
            context: self.context.clone(),
            settings: self.context.settings(),
            extra: self.rows.extra(row.id).clone(),
            row,
            site,
            key,
            cancel,
            gauge,
            link,
            offered,
            started: Instant::now(),
            written: self.context.scribe.written(self.rows.adds()),
            is_left,
            begun,
        };
        tokio::spawn(transfer::run(job));
    }

    /// Tells how far the running rows are.
    pub(super) fn progress(&mut self, now: Instant) {
        let news: Vec<_> = self.active.iter_mut().filter_map(|(id, active)| Some((*id, active.news(now)?))).collect();
        if !news.is_empty() {
            self.rows.change(Delta::Progress(news));
        }
        self.keep_awake(now);
        self.progress_at = match self.active.is_empty() {
            false => Some(now + PROGRESS),
            true => self.rows.due().map(|_| now + WAITING),
        };
    }

    /// Something became known about a row under way.
    pub(super) fn news(&mut self, id: TransferId, news: News) {
        let Some(row) = self.rows.get(id).map(|row| row.to_transfer()) else { return };
        match news {
            News::Crew(crew) => {
                if let Some(active) = self.active.get_mut(&id) {
                    active.crew = Some(crew);
                }
            }
            News::Size(size) => self.rows.change(Delta::Size(id, size)),
            News::Kind(kind, transfer_type) => self.rows.replace(Transfer { kind, transfer_type, ..row }),
            News::Named(named, answer) => {
                let Transfer { kind, folder, local_name, remote_name, if_exists, .. } = *named;
                let row = Transfer { kind, folder, local_name, remote_name, if_exists, ..row };
                // The old target is free; the new one is nobody else's by the way it was chosen.
                if let Some(active) = self.active.get_mut(&id) {
                    self.rows.free(&active.target);
                    active.target = self.rows.occupy(row.row());
                }
                self.rows.replace(row);
                // A row that was stopped meanwhile does not wait for it.
                let _ = answer.send(self.context.scribe.written(self.rows.adds()));
            }
        }
    }

    /// A row needs its connection no more.
    pub(super) fn handed_back(&mut self, id: TransferId, link: Option<Link>) {
        let Some(active) = self.active.get_mut(&id) else { return };
        let (key, course, place, follower) = (active.key.clone(), active.course, active.place, active.follower);
        (active.place, active.leads) = (Place::Disk, None);
        self.pool.writes();
        if self.leaves(place, follower) {
            self.pool.end(&key, course, link);
        }
        self.tidy_at = None;
    }

    /// A row waits for a person.
    pub(super) fn parked(&mut self, id: TransferId, link: Option<Link>) {
        let Some(active) = self.active.get_mut(&id) else { return };
        let (key, course, place, follower) = (active.key.clone(), active.course, active.place, active.follower);
        (active.place, active.leads) = (Place::Parked, None);
        if self.leaves(place, follower) {
            if !self.pool.park(&key, course, link)
                && let Some(active) = self.active.get_mut(&id)
            {
                active.place = Place::Connection;
            }
        } else {
            self.pool.parks();
        }
        self.tidy_at = None;
    }

    /// An attempt ended.
    pub(super) fn ended(&mut self, ended: Ended) {
        let Ended { id, key, end, link, reached, begun } = ended;
        let Some(mut active) = self.active.remove(&id) else { return };
        // What failed is told with all that had come.
        if end.is_err()
            && self.rows.get(id).is_some()
            && let Some(running) = active.news(Instant::now())
        {
            self.rows.change(Delta::Progress(vec![(id, running)]));
        }
        if begun && self.rows.get(id).is_some() {
            self.rows.extra(id).begun = true;
        }
        if link.is_some() && self.pool.outgrew(&key) {
            self.learn_limit(&active.site, None);
        }
        match active.place {
            Place::Disk => self.pool.written(),
            Place::Parked => self.pool.unpark(),
            place @ (Place::Connection | Place::Behind(_)) => {
                if self.leaves(place, active.follower) {
                    self.pool.end(&key, active.course, link);
                }
            }
        }
        self.tidy_at = None;
        self.rows.free(&active.target);
        let Some(row) = self.rows.get(id).map(|row| row.to_transfer()) else { return };
        match end {
            end if active.stop == Some(Stop::Cancel) => {
                // What an attempt has moved it tidies up itself; this one has not come to that, but one before may have.
                let is_begun = row.course == Course::Download || active.gauge.is_accepted();
                if end.is_err() && !(is_begun && active.gauge.moved() > 0) && row.attempts > 1 {
                    self.discard(vec![row.clone()]);
                }
                self.rows.change(Delta::Remove(vec![id]));
            }
            Ok(end) => self.ended_well(&row, end),
            Err(trouble) => self.ended_badly(&row, &active, trouble, reached),
        }
        if active.stop.is_none() {
            self.count_ended(id);
        }
        if row.kind != Kind::Directory || row.course == Course::Upload {
            self.changed(&active.key, row.row());
        }
    }

    fn ended_well(&mut self, row: &Transfer, end: End) {
        if let End::Done(done) = &end
            && row.size != Some(done.bytes)
        {
            self.rows.change(Delta::Size(row.id, done.bytes));
        }
        if row.course == Course::Upload && row.kind != Kind::Directory && matches!(end, End::Done(_)) {
            self.stored.push(remote_name(&row.folder.site, &row.remote()));
        }
        let mut phase = end.phase();
        if let End::Walked(found) = end
            && let Some(failure) = self.walked(row, found)
        {
            phase = Phase::Failed(Arc::new(failure));
        }
        self.rows.phase(row.id, phase);
    }

    fn ended_badly(&mut self, row: &Transfer, active: &Active, trouble: Trouble, reached: u64) {
        let id = row.id;
        match (active.stop, trouble.kind) {
            (Some(Stop::Pause), _) => self.rows.phase(id, Phase::Paused),
            (Some(Stop::Leave | Stop::Cancel), _) => self.rows.phase(id, Phase::Queued),
            (None, TroubleKind::TooMany) => self.crowded(row, active, trouble),
            (None, TroubleKind::Answered(choice)) => {
                self.rows.extra(id).decided = Some(choice);
                self.again(row);
            }
            // That is learned now, and no failure of the row.
            (None, TroubleKind::NeedsTls12 | TroubleKind::Learned) if self.first_time(row) => self.again(row),
            _ => self.failed(row, active, trouble, reached),
        }
    }

    /// The row was tried for nothing, and that does not count.
    fn again(&mut self, row: &Transfer) {
        self.rows.change(Delta::Attempts(row.id, row.attempts.saturating_sub(1)));
        self.rows.phase(row.id, Phase::Queued);
    }

    /// Whether this row finds out something about its server for the first time; else it would go on for ever.
    fn first_time(&mut self, row: &Transfer) -> bool {
        !std::mem::replace(&mut self.rows.extra(row.id).has_learned, true)
    }

    fn crowded(&mut self, row: &Transfer, active: &Active, trouble: Trouble) {
        match self.pool.crowded(&active.key) {
            Some((limit, is_news)) => {
                if is_news {
                    self.front.send(too_many(&active.site, limit, &trouble.failure));
                    self.learn_limit(&active.site, Some(limit));
                }
                self.again(row);
            }
            // Not even one: the tabs' connections take the places.
            None if !self.rows.extra(row.id).has_yielded && self.yield_tabs(&active.key) => {
                // Once: the places may be other people's, and it would go on for ever.
                self.rows.extra(row.id).has_yielded = true;
                self.again(row);
            }
            None => self.failed(row, active, trouble, 0),
        }
    }

    /// What an earlier run found out about the connections that the server takes.
    fn remember_limit(&mut self, key: &Arc<Key>, site: &Site) {
        let learned = self.context.store.learned(&site.host, site.port());
        if let Some(limit) = learned.connections {
            self.pool.remember(key, usize::from(limit));
            self.front.send(Event::Limit { host: site.host.clone(), port: site.port(), connections: Some(limit) });
        }
    }

    /// The server takes so many connections for transfers: that is remembered, and shown.
    pub(super) fn learn_limit(&mut self, site: &Arc<Site>, limit: Option<usize>) {
        let connections = limit.map(|limit| u8::try_from(limit).unwrap_or(u8::MAX));
        self.front.send(Event::Limit { host: site.host.clone(), port: site.port(), connections });
        let (store, site) = (self.context.store.clone(), site.clone());
        tokio::task::spawn_blocking(move || {
            // What cannot be kept is learned again.
            let _ = store.learn_connections(&site.host, site.port(), connections);
        });
    }

    fn failed(&mut self, row: &Transfer, active: &Active, trouble: Trouble, reached: u64) {
        let Trouble { failure, kind } = trouble;
        let extra = self.rows.extra(row.id);
        // A file that was longer than its size is fetched anew, so that nothing was gained.
        let is_anew = failure.cause == Cause::Differs && row.size.is_none_or(|size| reached >= size);
        if reached >= extra.best.saturating_add(retry::ADVANCE) && !is_anew {
            extra.failures = 0;
        }
        extra.best = extra.best.max(reached);
        extra.failures = extra.failures.saturating_add(1);
        let failures = extra.failures;
        if failure.again && kind != TroubleKind::DiskFull && failures <= self.settings.retries {
            let wait = retry::wait(failures, row.id.0);
            if matches!(kind, TroubleKind::NoConnection | TroubleKind::TooMany) {
                self.pool.wait(&active.key, wait);
            }
            let until = Timestamp::now() + jiff::SignedDuration::try_from(wait).unwrap_or_default();
            self.rows.phase(row.id, Phase::Waiting { until, failure: Arc::new(failure) });
            return;
        }
        if kind == TroubleKind::NoConnection {
            // Each row more would be another log-in refused, or another wait for nobody.
            self.give_up(&active.key, failure.clone());
        }
        if kind == TroubleKind::DiskFull && self.can_release {
            self.without_room.push(row.id);
            if !self.rows.queue().is_held() {
                self.rows.change(Delta::Held(true));
                self.front.send(Event::Notice(format!("The queue is held, because the disk is full: {}", failure.why)));
            }
        }
        if kind == TroubleKind::ServerFull && self.can_release {
            self.pause_uploads(active, &failure.why);
        }
        self.rows.phase(row.id, Phase::Failed(Arc::new(failure)));
    }

    /// Holds the uploads that wait for a server without room: each would be sent in part, and be refused.
    fn pause_uploads(&mut self, active: &Active, why: &str) {
        let mut ids = self.rows.queued_of(&active.key);
        ids.retain(|id| self.rows.get(*id).is_some_and(|row| row.course == Course::Upload));
        if ids.is_empty() {
            return;
        }
        self.rows.change_each(&ids, |row| row.phase = Phase::Paused);
        let host = &active.site.host;
        self.front.send(Event::Notice(format!("Uploads to {host} are paused, because it has no room: {why}")));
    }
}
