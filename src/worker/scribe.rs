//! What is written down: the lines of all connections for the front, and the queue's changes for the next run.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Notify, mpsc, watch};

use super::Input;
use super::disk::Error;
use super::journal::{Entry, Journal, is_kept};
use crate::model::{Delta, Direction, Event, Line, Queue};
use crate::net::Log;

/// Lines that wait for the worker's loop. Data wait for nobody: beyond this the oldest are left out, and that is said.
const MOST_LINES: usize = 65_536;
/// Lines that the loop takes at once.
const PORTION: usize = 1024;
/// A line, or a change, waits this long for others to come with it: each on its own would wake somebody.
const GATHER: Duration = Duration::from_millis(5);
/// Changes that wait for the disk; with more, nobody goes on before they are written.
const MOST_CHANGES: usize = 256;
/// Changes that are kept while the disk takes none; beyond this the oldest are lost.
const MOST_LEFT: usize = 65_536;

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

/// How many groups of changes are on the disk: a row's first byte moves only after it is there itself.
#[derive(Clone, Debug)]
pub(super) struct Written {
    groups: watch::Receiver<u64>,
    /// The group with which rows last came.
    added: u64,
    /// The group of what is changed now.
    now: u64,
}

impl Written {
    /// Waits until what is changed now is written, or nothing is written any more.
    pub(super) async fn begun(&mut self) {
        let now = self.now;
        let _ = self.groups.wait_for(|written| *written >= now).await;
    }

    /// The same for all rows there are.
    pub(super) async fn added(&mut self) {
        let added = self.added;
        let _ = self.groups.wait_for(|written| *written >= added).await;
    }
}

/// Writes down what changes, in order: a moment later, with what comes meanwhile, or at once for whoever waits for it.
pub(super) struct Scribe {
    journal: Arc<Journal>,
    waiting: Mutex<Unwritten>,
    wake: Condvar,
    /// Held by who writes: what comes later waits. What the disk did not take so far, which goes first the next time.
    writing: Mutex<Vec<Entry>>,
    written: watch::Sender<u64>,
    /// For the word that it does not work, said once: each further change would fail alike.
    inputs: mpsc::Sender<Input>,
    has_failed: AtomicBool,
}

#[derive(Default)]
struct Unwritten {
    entries: Vec<Entry>,
    /// Groups of changes of rows that were handed over.
    groups: u64,
    /// How many there were with the last that holds new rows.
    added: u64,
    is_closed: bool,
}

impl Scribe {
    pub(super) fn new(journal: Arc<Journal>, inputs: mpsc::Sender<Input>) -> Self {
        Self {
            journal,
            waiting: Mutex::default(),
            wake: Condvar::new(),
            writing: Mutex::default(),
            written: watch::channel(0).0,
            inputs,
            has_failed: AtomicBool::new(false),
        }
    }

    /// Starts the thread that writes what nobody waits for.
    pub(super) fn start(self: &Arc<Self>) -> JoinHandle<()> {
        let scribe = self.clone();
        std::thread::spawn(move || scribe.work())
    }

    fn work(&self) {
        loop {
            let nothing = |waiting: &mut Unwritten| waiting.entries.is_empty() && !waiting.is_closed;
            let waiting = self.wake.wait_while(self.waiting(), nothing).unwrap_or_else(PoisonError::into_inner);
            let is_closed = waiting.is_closed;
            drop(waiting);
            if !is_closed {
                std::thread::sleep(GATHER);
            }
            self.flush();
            if is_closed {
                return;
            }
        }
    }

    /// What says how far the writing is; `adds` where new rows are among what is changed now.
    pub(super) fn written(&self, adds: bool) -> Written {
        let groups = self.written.subscribe();
        let waiting = self.waiting();
        // Rows of another process's queue are not waited for.
        let now = if self.journal.is_owner() { waiting.groups + 1 } else { 0 };
        let added = if adds { now } else { waiting.added.min(now) };
        Written { groups, added, now }
    }

    /// Takes the queue's `changes`, after which it is `queue`.
    pub(super) fn rows(&self, changes: &[Delta], queue: &Queue) {
        let mut kept = Vec::new();
        for delta in changes.iter().filter(|delta| is_kept(delta)) {
            kept.push(delta.clone());
            // In another section it has another place.
            if let Delta::Phase(id, _) = delta
                && let Some(row) = queue.get(*id)
            {
                kept.push(Delta::Places(vec![(*id, row.place)]));
            }
        }
        if !kept.is_empty() {
            self.add(Entry::Rows(kept));
        }
    }

    /// Takes what is to be written behind all before. Where much waits already, it is written now, which blocks.
    pub(super) fn add(&self, entry: Entry) {
        let mut waiting = self.waiting();
        if let Entry::Rows(changes) = &entry {
            waiting.groups += 1;
            if changes.iter().any(|change| matches!(change, Delta::Add(_))) {
                waiting.added = waiting.groups;
            }
        }
        waiting.entries.push(entry);
        let count = waiting.entries.len();
        drop(waiting);
        if count == 1 {
            self.wake.notify_one();
        }
        if count >= MOST_CHANGES {
            self.flush();
        }
    }

    /// Writes what waits, in one transaction; behind it everything is on the disk that was added before. Blocks.
    pub(super) fn flush(&self) {
        let mut left = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let new = std::mem::take(&mut self.waiting().entries);
        let groups = new.iter().filter(|entry| matches!(entry, Entry::Rows(_))).count() as u64;
        let mut entries = std::mem::take(&mut *left);
        entries.extend(new);
        if entries.is_empty() {
            return;
        }
        let mut written = self.journal.write(&entries);
        if written.is_err() {
            (written, *left) = self.write_each(entries);
            let lost = left.len().saturating_sub(MOST_LEFT);
            left.drain(..lost);
        }
        drop(left);
        // What cannot be written is said, and holds nothing up.
        self.written.send_modify(|count| *count += groups);
        if let Err(error) = written
            && !self.has_failed.swap(true, Ordering::Relaxed)
        {
            let _ = self.inputs.try_send(Input::Event(Event::Failed(error.into())));
        }
    }

    /// Writes one by one what could not be written together: what is wrong with one of them is not the others' loss. Gives
    /// back what the disk does not take now, and all behind it.
    fn write_each(&self, entries: Vec<Entry>) -> (Result<(), Error>, Vec<Entry>) {
        let (mut written, mut entries) = (Ok(()), entries.into_iter());
        while let Some(entry) = entries.next() {
            match self.journal.write(std::slice::from_ref(&entry)) {
                Err(error) if error.is_for_now() => {
                    return (Err(error), std::iter::once(entry).chain(entries).collect());
                }
                result => written = written.and(result),
            }
        }
        (written, Vec::new())
    }

    /// Nothing more comes: the thread writes what there is, and ends.
    pub(super) fn close(&self) {
        self.waiting().is_closed = true;
        self.wake.notify_one();
    }

    fn waiting(&self) -> MutexGuard<'_, Unwritten> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::super::journal::Source;
    use super::super::ranges::Ranges;
    use super::*;
    use crate::model::ConnectionId;

    fn line(seq: u64) -> Line {
        let (at, connection) = (jiff::Timestamp::UNIX_EPOCH, ConnectionId(1));
        let (direction, text) = (Direction::Sent, String::new());
        Line { seq, at, connection, direction, code: None, text, raw: None, transfer: None }
    }

    #[test]
    fn what_waits_is_written_in_order_by_who_cannot_wait_or_a_moment_later() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Arc::new(Journal::open(folder.path()).0);
        let scribe = Arc::new(Scribe::new(journal.clone(), mpsc::channel(1).0));
        let part = PathBuf::from("/a.part");
        let source = Source { remote: "there".into(), size: Some(1), modified: None };
        let begun = || Entry::Begun(part.clone(), source.clone(), Ranges::default());
        scribe.add(begun());
        scribe.add(Entry::Gone(vec![part.clone()]));
        scribe.add(begun());
        assert_eq!(journal.source(&part).unwrap(), None);
        scribe.flush();
        assert_eq!(journal.source(&part).unwrap(), Some(source.clone()));
        let writer = scribe.start();
        scribe.add(Entry::Gone(vec![part.clone()]));
        scribe.close();
        writer.join().unwrap();
        assert_eq!(journal.source(&part).unwrap(), None);
    }

    #[test]
    fn what_the_disk_had_no_room_for_is_written_when_it_has() {
        let folder = tempfile::tempdir().unwrap();
        let journal = Arc::new(Journal::open(folder.path()).0);
        let scribe = Scribe::new(journal.clone(), mpsc::channel(1).0);
        let source = Source { remote: "x".repeat(100_000), size: Some(1), modified: None };
        let [first, second] = ["/a.part", "/b.part"].map(PathBuf::from);
        journal.limit_pages(Some(1));
        scribe.add(Entry::Begun(first.clone(), source.clone(), Ranges::default()));
        scribe.flush();
        assert_eq!(journal.source(&first).unwrap(), None);
        scribe.add(Entry::Gone(vec![first.clone()]));
        scribe.add(Entry::Begun(second.clone(), source.clone(), Ranges::default()));
        scribe.flush();
        journal.limit_pages(None);
        scribe.flush();
        assert_eq!((journal.source(&first).unwrap(), journal.source(&second).unwrap()), (None, Some(source)));
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
