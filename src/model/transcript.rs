//! What crossed the control connections, line by line: the reply log, the wire tests and bug reports are this text.

use std::collections::VecDeque;

use jiff::Timestamp;

use super::transfer::TransferId;

/// How far around a line the other lines of its reply are looked for.
pub const REPLY_REACH: usize = 4096;

/// The time of a line in a log of a program that tells none.
pub const UNTIMED: Timestamp = Timestamp::MIN;

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
    /// the same connection. Looks at most [`REPLY_REACH`] lines far in each direction: other connections may talk in
    /// between, and a reply's lines are bounded.
    pub fn reply_at(&self, index: usize) -> Vec<usize> {
        let Some(line) = self.get(index).filter(|line| line.direction == Direction::Received) else {
            return vec![index];
        };
        let lines = |range: std::ops::Range<usize>| range.filter(|i| self.lines[*i].connection == line.connection);
        let received = |i: &usize| self.lines[*i].direction == Direction::Received;
        let before = lines(index.saturating_sub(REPLY_REACH)..index + 1).rev();
        let mut start = index;
        for i in before.take_while(received) {
            start = i;
            if self.lines[i].code.is_some() {
                break;
            }
        }
        let end = self.lines.len().min(index.saturating_add(REPLY_REACH));
        let rest = lines(start + 1..end).take_while(|i| received(i) && self.lines[*i].code.is_none());
        std::iter::once(start).chain(rest).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of connection `connection`: sent if `text` begins with `>`, a note if with `*`.
    fn line(seq: u64, connection: u32, text: &str) -> Line {
        let direction = match text.as_bytes().first() {
            Some(b'>') => Direction::Sent,
            Some(b'*') => Direction::Note,
            _ => Direction::Received,
        };
        // The last line of a reply of several has its code in its text only.
        let code = text.get(..3).and_then(|code| code.parse().ok()).filter(|_| !text.ends_with("End"));
        let at = Timestamp::UNIX_EPOCH;
        let text = text.to_owned();
        Line { seq, at, connection: ConnectionId(connection), direction, code, text, raw: None, transfer: None }
    }

    fn transcript(lines: &[(u32, &str)]) -> Transcript {
        let mut transcript = Transcript::new(100);
        for (seq, (connection, text)) in (1..).zip(lines) {
            transcript.push(line(seq, *connection, text));
        }
        transcript
    }

    #[test]
    fn a_reply_is_all_its_lines_and_nobody_elses() {
        let transcript = transcript(&[
            (1, ">FEAT"),     // 0
            (1, "211-Here"),  // 1
            (2, "220 Hello"), // 2
            (1, " MLST"),     // 3
            (2, ">USER me"),  // 4
            (1, "211 End"),   // 5
            (1, "200 Next"),  // 6: another reply, though nothing was sent in between
            (1, ">NOOP"),     // 7
            (1, "200 Fine"),  // 8
        ]);
        for index in [1, 3, 5] {
            assert_eq!(transcript.reply_at(index), [1, 3, 5], "{index}");
        }
        assert_eq!(transcript.reply_at(6), [6]);
        assert_eq!(transcript.reply_at(2), [2]);
        assert_eq!(transcript.reply_at(8), [8]);
        assert_eq!(transcript.reply_at(7), [7]); // not a reply
        assert_eq!(transcript.reply_at(99), [99]);
    }

    #[test]
    fn a_reply_whose_head_has_left_is_what_is_left_of_it() {
        let orphans = transcript(&[(1, " MLST"), (2, "220 Hi"), (1, " SIZE"), (1, ">NOOP"), (1, " stray")]);
        assert_eq!(orphans.reply_at(2), [0, 2]);
        assert_eq!(orphans.reply_at(4), [4]);
    }

    #[test]
    fn the_search_is_bounded() {
        let mut transcript = Transcript::new(10 * REPLY_REACH);
        transcript.push(line(1, 1, "211-Here"));
        for seq in 0..4 * REPLY_REACH as u64 {
            transcript.push(line(seq + 2, 2, " other"));
        }
        transcript.push(line(9, 1, " late"));
        let last = transcript.len() - 1;
        assert_eq!(transcript.reply_at(last), [last]);
        assert_eq!(transcript.reply_at(0), [0]);
        assert!(transcript.reply_at(2 * REPLY_REACH).len() <= 2 * REPLY_REACH);
    }

    #[test]
    fn the_ring_is_bounded_and_names_lines_for_good() {
        let mut transcript = Transcript::new(3);
        for seq in 1..=5 {
            transcript.push(line(seq, 1, "200 Fine"));
        }
        assert_eq!((transcript.len(), transcript.dropped()), (3, 2));
        assert_eq!(transcript.get(0).map(|line| line.seq), Some(3));
        transcript.clear();
        assert_eq!((transcript.is_empty(), transcript.dropped()), (true, 5));
    }
}
