//! The queue as the worker tells it, and a word about each file when it ends.

use std::collections::{HashMap, HashSet};
use std::path::Path;
use std::time::Instant;

use serde::Serialize;

use super::options::Options;
use super::output::{Results, complain};
use super::progress::{Bars, size};
use crate::model::queue::MOST_DONE;
use crate::model::transfer::{BatchItem, Proof};
use crate::model::{Cause, Course, Delta, Kind, Phase, Queue, Section, Transfer, TransferId};

/// How many files ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Complete.
    pub(super) done: usize,
    /// Their bytes, without those that were there before.
    pub(super) bytes: u64,
    /// Left alone.
    pub(super) skipped: usize,
    /// Given up.
    pub(super) failed: usize,
    /// Given up because no connection, TLS or log-in came about.
    pub(super) without_connection: usize,
}

/// Which rows that have ended are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tells {
    /// None.
    Nothing,
    /// Those that end from now on, but not those that come with their end: it is from an earlier run.
    Changes,
    /// All.
    All,
}

/// Follows the queue.
pub(super) struct Watch {
    pub(super) queue: Queue,
    pub(super) bars: Bars,
    pub(super) tally: Tally,
    pub(super) tells: Tells,
    /// What stops now stops because somebody wants it: that is no failure.
    pub(super) is_ending: bool,
    /// Rows that ended badly in this run.
    told: HashSet<TransferId>,
    /// What was said of servers that cannot be reached.
    pub(super) unreached: HashSet<String>,
    /// What was said last about a failure.
    said: Option<String>,
    began: HashMap<TransferId, Instant>,
    json: bool,
    verbose: bool,
}

/// What became of a file, as the contract has it.
#[derive(Serialize)]
struct Row<'a> {
    local: String,
    remote: String,
    direction: &'static str,
    bytes: u64,
    resumed_from: u64,
    seconds: f64,
    outcome: &'static str,
    proof: Proof,
    error: Option<&'a str>,
}

impl Watch {
    pub(super) fn new(options: &Options) -> Self {
        // A transcript on standard error would be drawn over.
        let to_stderr = options.transcript.as_deref() == Some(Path::new("-"));
        Self {
            queue: Queue::default(),
            bars: Bars::new(!options.quiet && options.verbose < 2 && !to_stderr),
            tally: Tally::default(),
            tells: Tells::Nothing,
            told: HashSet::new(),
            unreached: HashSet::new(),
            said: None,
            is_ending: false,
            began: HashMap::new(),
            json: options.json,
            verbose: options.verbose > 0,
        }
    }

    /// Changes the queue as the worker's has changed.
    pub(super) fn apply(&mut self, delta: Delta, results: &mut Results) {
        // Done of a row that was running leaves no trace of how far it was.
        let before = |id: TransferId| (id, self.queue.get(id).map(|row| reached(row.phase)));
        let (mut changed, mut progress) = (Vec::new(), Vec::new());
        match &delta {
            Delta::Phase(id, _) => changed.push(before(*id)),
            Delta::Add(rows) => changed.extend(rows.iter().map(|row| (row.id, None))),
            Delta::Change(rows) => changed.extend(rows.iter().map(|row| before(row.id))),
            Delta::Remove(ids) => ids.iter().for_each(|id| self.bars.end(*id)),
            Delta::Progress(rows) => progress.extend(rows.iter().map(|(id, _)| *id)),
            Delta::Size(..) | Delta::Attempts(..) | Delta::Places(_) | Delta::Held(_) => {}
        }
        self.queue.apply(delta);
        for id in progress {
            if let Some(row) = self.queue.get(id)
                && let Phase::Running(running) = row.phase
            {
                self.bars.update(row, running);
            }
        }
        for (id, before) in changed {
            let tells = self.tells == Tells::All || (self.tells == Tells::Changes && before.is_some());
            self.changed(id, before.unwrap_or_default(), tells, results);
        }
    }

    fn changed(&mut self, id: TransferId, (bytes, resumed_from): (u64, u64), tells: bool, results: &mut Results) {
        let Some(row) = self.queue.get(id) else { return };
        match row.phase {
            Phase::Running(_) => {
                self.began.entry(id).or_insert_with(Instant::now);
            }
            Phase::Queued | Phase::Left | Phase::Paused => self.bars.end(id),
            Phase::Waiting { failure, .. } => {
                self.bars.end(id);
                if self.verbose {
                    let text = format!("{failure}; it is tried again");
                    self.bars.pause(|| complain(&text));
                }
            }
            Phase::Done(_) | Phase::Skipped | Phase::Failed(_) => {
                let row = row.to_transfer();
                self.bars.end(id);
                let seconds = self.began.remove(&id).map_or(0.0, |began| began.elapsed().as_secs_f64());
                if tells {
                    self.tell(&row, bytes, resumed_from, seconds, results);
                }
            }
        }
    }

    fn tell(&mut self, row: &Transfer, bytes: u64, resumed_from: u64, seconds: f64, results: &mut Results) {
        let is_folder = row.kind == Kind::Directory;
        let ended = |outcome, error| Row {
            local: row.local_shown(),
            remote: row.remote().to_string(),
            direction: direction(row.course),
            bytes,
            resumed_from,
            seconds,
            outcome,
            proof: Proof::None,
            error,
        };
        let result = match &row.phase {
            // A folder is only told when it failed: then nobody would know of its files.
            Phase::Done(_) | Phase::Skipped if is_folder => return,
            Phase::Done(done) => {
                self.tally.done += 1;
                self.tally.bytes += done.bytes.saturating_sub(done.resumed_from);
                let (bytes, resumed_from) = (done.bytes, done.resumed_from);
                #[expect(clippy::cast_precision_loss, reason = "milliseconds of a transfer are far below 2^52")]
                let seconds = done.milliseconds as f64 / 1000.0;
                Row { bytes, resumed_from, seconds, proof: done.proof, ..ended("done", None) }
            }
            Phase::Skipped => {
                self.tally.skipped += 1;
                ended("skipped", None)
            }
            Phase::Failed(failure) if self.is_ending && failure.cause == Cause::Cancelled => return,
            Phase::Failed(failure) => {
                self.tally.failed += 1;
                self.told.insert(row.id);
                if matches!(failure.cause, Cause::Network | Cause::Tls | Cause::LogIn) {
                    self.tally.without_connection += 1;
                }
                let text = failure.to_string();
                // A server that is gone fails all its rows with the same words.
                if self.said.as_deref() != Some(&text) && !self.unreached.contains(&text) {
                    self.bars.pause(|| complain(&text));
                    self.said = Some(text.clone());
                }
                if self.json {
                    results.json(&ended("failed", Some(&text)));
                    results.flush();
                }
                return;
            }
            Phase::Queued | Phase::Left | Phase::Waiting { .. } | Phase::Paused | Phase::Running(_) => return,
        };
        if self.verbose {
            let text = format!("{} {}, {}", result.outcome, row.remote(), size(result.bytes));
            self.bars.pause(|| complain(&text));
        }
        if self.json {
            results.json(&result);
            results.flush();
        }
    }

    /// Tells what was asked for and never became a row of the queue. The reason was said already.
    pub(super) fn lost(&self, course: Course, item: &BatchItem, reason: &str, results: &mut Results) {
        if self.json {
            results.json(&Row {
                local: item.local.display().to_string(),
                remote: item.remote.to_string(),
                direction: direction(course),
                bytes: 0,
                resumed_from: 0,
                seconds: 0.0,
                outcome: "failed",
                proof: Proof::None,
                error: Some(reason),
            });
            results.flush();
        }
    }

    /// Rows that were given up before this run.
    pub(super) fn untold(&self) -> Vec<TransferId> {
        self.queue.section(Section::Failed).iter().copied().filter(|id| !self.told.contains(id)).collect()
    }

    /// Rows that failed: those that may be tried again, and those that may not.
    pub(super) fn failed(&self) -> (Vec<TransferId>, Vec<TransferId>) {
        let again = |id: &TransferId| match self.queue.get(*id).map(|row| row.phase) {
            Some(Phase::Failed(failure)) => failure.again,
            _ => false,
        };
        self.queue.section(Section::Failed).iter().copied().partition(again)
    }

    /// Whether `rows` rows came, and all there are have ended.
    pub(super) fn is_over(&self, rows: usize) -> bool {
        self.queue.len() >= rows.min(MOST_DONE) && self.queue.section(Section::Active).is_empty()
    }
}

/// The name of a direction in results.
pub(super) fn direction(course: Course) -> &'static str {
    match course {
        Course::Download => "download",
        Course::Upload => "upload",
    }
}

fn reached(phase: &Phase) -> (u64, u64) {
    match phase {
        Phase::Running(running) => (running.done, running.resumed_from),
        _ => (0, 0),
    }
}
