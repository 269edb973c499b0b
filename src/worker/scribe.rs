//! What is written down: the lines of all connections for the front, and the queue's changes for the next run.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use super::Input;
use super::journal::Journal;
use super::upload;
use crate::model::{Delta, Direction, Event, Line, Queue};
use crate::net::Log;

/// Lines that wait for the worker's loop. Data wait for nobody: beyond this the oldest are left out, and that is said.
const MOST_LINES: usize = 65_536;
/// Lines that the loop takes at once.
const PORTION: usize = 1024;
/// A line waits this long for others to come with it: each on its own would wake the loop.
const GATHER: Duration = Duration::from_millis(5);
/// Groups of changes that wait for the disk; all that do are written at once.
const MOST_CHANGES: usize = 256;

/// Lines on their way from the connections to the front.
#[derive(Default)]
pub(super) struct Lines {
    waiting: Mutex<Waiting>,
    wake: Notify,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Line>,
    lost: u64,
}

impl Lines {
    /// Where connections write.
    pub(super) fn log(lines: &Arc<Self>) -> Log {
        let lines = lines.clone();
        Log::new(move |line| lines.add(line))
    }

    fn add(&self, line: Line) {
        let mut waiting = self.waiting();
        if waiting.lines.len() >= MOST_LINES {
            waiting.lines.pop_front();
            waiting.lost += 1;
        }
        waiting.lines.push_back(line);
        drop(waiting);
        self.wake.notify_one();
    }

    /// The oldest lines.
    pub(super) fn take(&self) -> Vec<Line> {
        let mut waiting = self.waiting();
        let count = waiting.lines.len().min(PORTION);
        let lost = std::mem::take(&mut waiting.lost);
        let mut lines: Vec<Line> = waiting.lines.drain(..count).collect();
        if lost > 0
            && let Some(first) = lines.first().cloned()
        {
            let text = format!("{lost} lines are left out here: they came faster than they could be shown");
            lines.insert(0, Line { direction: Direction::Note, code: None, text, raw: None, transfer: None, ..first });
        }
        lines
    }

    /// Waits until there are some, and a moment for more.
    pub(super) async fn wait(&self) {
        if self.waiting().lines.is_empty() {
            self.wake.notified().await;
        }
        tokio::time::sleep(GATHER).await;
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Write {
    Changes(Vec<Delta>),
    Forget(String),
}

/// How many groups of changes are on the disk: a row's first byte moves only after it is there itself.
#[derive(Clone, Debug)]
pub(super) struct Written(watch::Receiver<u64>);

impl Written {
    /// Waits until `group` is written, or nothing is written any more.
    pub(super) async fn wait(&mut self, group: u64) {
        let _ = self.0.wait_for(|written| *written >= group).await;
    }
}

/// Writes the queue's changes on a thread of its own, in order.
pub(super) struct Scribe {
    writes: Option<SyncSender<Write>>,
    thread: Option<JoinHandle<()>>,
    /// Groups of changes that were handed over.
    groups: AtomicU64,
    written: Written,
}

impl Scribe {
    pub(super) fn new(journal: Arc<Journal>, inputs: mpsc::Sender<Input>) -> Self {
        let (count, written) = watch::channel(0);
        let (groups, written) = (AtomicU64::new(0), Written(written));
        if !journal.is_owner() {
            return Self { writes: None, thread: None, groups, written };
        }
        let (writes, wanted) = sync_channel(MOST_CHANGES);
        let thread = std::thread::spawn(move || write(&journal, &wanted, &inputs, &count));
        Self { writes: Some(writes), thread: Some(thread), groups, written }
    }

    /// What says how far the writing is, and the group that holds what is changed now.
    pub(super) fn written(&self) -> (Written, u64) {
        (self.written.clone(), self.groups.load(Ordering::Relaxed) + 1)
    }

    /// Writes `changes`, after which the queue is `queue`.
    pub(super) fn write(&self, changes: &[Delta], queue: &Queue) {
        let Some(writes) = &self.writes else { return };
        let mut kept = Vec::new();
        for delta in changes.iter().filter(|delta| !matches!(delta, Delta::Progress(_) | Delta::Held(_))) {
            kept.push(delta.clone());
            // In another section it has another place.
            if let Delta::Phase(id, _) = delta
                && let Some(row) = queue.get(*id)
            {
                kept.push(Delta::Places(vec![(*id, row.place)]));
            }
        }
        if !kept.is_empty() {
            self.groups.fetch_add(1, Ordering::Relaxed);
            // The thread ends only after this.
            let _ = writes.send(Write::Changes(kept));
        }
    }

    /// Forgets what was begun on a server under this name, now that the changes before say that it is done: the other way
    /// round, a program that is killed in between would take its own file for somebody else's.
    pub(super) fn forget(&self, remote: String) {
        if let Some(writes) = &self.writes {
            let _ = writes.send(Write::Forget(remote));
        }
    }

    /// Waits until everything is written.
    pub(super) fn close(&mut self) {
        self.writes = None;
        if let Some(thread) = self.thread.take() {
            // A thread that panicked has nothing more to write.
            let _ = thread.join();
        }
    }
}

fn write(journal: &Journal, wanted: &Receiver<Write>, inputs: &mpsc::Sender<Input>, count: &watch::Sender<u64>) {
    let mut failed = false;
    while let Ok(first) = wanted.recv() {
        // Whatever came while the last group was written is one transaction.
        let (mut deltas, mut groups, mut forgotten) = (Vec::new(), 0, Vec::new());
        for write in std::iter::once(first).chain(wanted.try_iter().take(MOST_CHANGES)) {
            match write {
                Write::Changes(changes) => {
                    deltas.extend(changes);
                    groups += 1;
                }
                Write::Forget(remote) => forgotten.push(remote),
            }
        }
        let mut written = journal.apply(&deltas);
        // What cannot be written is said, and holds nothing up.
        count.send_modify(|count| *count += groups);
        for remote in forgotten {
            written = written.and(upload::disown(journal, &remote));
        }
        if let Err(error) = written
            && !std::mem::replace(&mut failed, true)
        {
            // Said once: each further change would fail alike.
            let _ = inputs.try_send(Input::Event(Event::Failed(error.into())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConnectionId;

    fn line(seq: u64) -> Line {
        let (at, connection) = (jiff::Timestamp::UNIX_EPOCH, ConnectionId(1));
        let (direction, text) = (Direction::Sent, String::new());
        Line { seq, at, connection, direction, code: None, text, raw: None, transfer: None }
    }

    #[test]
    fn lines_that_had_to_be_left_out_are_told() {
        let lines = Lines::default();
        (1..=MOST_LINES as u64 + 5).for_each(|seq| lines.add(line(seq)));
        let taken = lines.take();
        assert!(taken[0].text.starts_with("5 lines") && taken[0].direction == Direction::Note);
        assert_eq!(taken[1].seq, 6);
        let rest = std::iter::from_fn(|| Some(lines.take()).filter(|lines| !lines.is_empty())).flatten().count();
        assert_eq!(taken.len() - 1 + rest, MOST_LINES);
    }
}
