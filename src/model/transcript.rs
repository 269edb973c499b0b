//! What crossed the control connections, line by line: the reply log, the wire tests and bug reports are this text.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::transfer::TransferId;

/// Numbers the control connections of a run from 1, in the order in which they were opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ConnectionId(pub u32);

/// Which way a line went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Direction {
    /// We sent it.
    Sent,
    /// The server sent it.
    Received,
    /// Not on the wire: what we did or noticed.
    Note,
}

/// A line as the protocol core writes it, before the driver adds when and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Which way it went.
    pub direction: Direction,
    /// The code, on the first line of a reply only.
    pub code: Option<u16>,
    /// Without CR LF; secrets as `****`; bytes that are not UTF-8 as U+FFFD.
    pub text: String,
    /// The line's bytes, only where `text` lost something. Never for a line that held a secret.
    pub raw: Option<Box<[u8]>>,
}

/// One line of the transcript.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Counts all lines of a run from 1.
    pub seq: u64,
    /// When it was sent or received.
    pub at: Timestamp,
    /// On which control connection.
    pub connection: ConnectionId,
    /// Which way it went.
    pub direction: Direction,
    /// The code, on the first line of a reply only.
    pub code: Option<u16>,
    /// Without CR LF; secrets as `****`; bytes that are not UTF-8 as U+FFFD.
    pub text: String,
    /// The line's bytes, only where `text` lost something.
    pub raw: Option<Box<[u8]>>,
    /// The transfer it was about.
    pub transfer: Option<TransferId>,
}

/// The newest lines of all connections, bounded.
#[derive(Clone, Debug)]
pub struct Transcript {
    lines: VecDeque<Line>,
    capacity: usize,
    dropped: u64,
}

impl Transcript {
    /// Keeps at most `capacity` lines.
    pub fn new(capacity: usize) -> Self {
        Self { lines: VecDeque::new(), capacity: capacity.max(1), dropped: 0 }
    }

    /// Adds the newest line; the oldest leaves when it is full.
    pub fn push(&mut self, line: Line) {
        if self.lines.len() == self.capacity {
            self.lines.pop_front();
            self.dropped += 1;
        }
        self.lines.push_back(line);
    }

    /// Forgets all lines.
    pub fn clear(&mut self) {
        self.dropped += self.lines.len() as u64;
        self.lines.clear();
    }

    /// How many lines are kept.
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Whether no line is kept.
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// How many lines have left; `dropped() + index` names a line for as long as it is kept.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The line at `index`, counted from the oldest that is kept.
    pub fn get(&self, index: usize) -> Option<&Line> {
        self.lines.get(index)
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Line> + ExactSizeIterator {
        self.lines.iter()
    }

    /// The indices of the whole reply that the line at `index` belongs to: its first line and those that continue it on
    /// the same connection.
    pub fn reply_at(&self, index: usize) -> Vec<usize> {
        let Some(line) = self.get(index).filter(|line| line.direction == Direction::Received) else {
            return vec![index];
        };
        let same = |i: &usize| self.lines[*i].connection == line.connection;
        let received = |i: &usize| self.lines[*i].direction == Direction::Received;
        let start =
            (0..=index).rev().filter(same).find(|i| self.lines[*i].code.is_some() || !received(i)).unwrap_or(index);
        let rest =
            (start + 1..self.lines.len()).filter(same).take_while(|i| received(i) && self.lines[*i].code.is_none());
        std::iter::once(start).chain(rest).collect()
    }
}
