//! What the reply log knows of each line beyond the line itself, and which lines its filter shows: kept up to date a
//! bounded step at a time, never computed while drawing.

use std::collections::{BTreeMap, VecDeque};

use crate::model::log_filter::{Filter, Seen};
use crate::model::{ConnectionId, Direction, Line, Transcript};

/// Lines that one step looks at: a fraction of a millisecond's work.
pub const STEP: usize = 2_000;

/// Commands of one connection that may wait for their replies; more than the protocol core lets out.
const OWED: usize = 256;

/// Lines before and behind a line among which its reply or command is looked for.
const REACH: usize = 20_000;

/// `answers` of a line that answers nothing.
const NOTHING: u64 = u64::MAX;

/// The five classes of replies, as chips count and hide them.
pub const CLASSES: usize = 5;
/// The class of a line that belongs to no reply.
const NO_CLASS: u8 = 5;

/// What the lines before it tell of a line.
#[derive(Clone, Copy, Debug)]
struct Facts {
    /// The code of the reply that the line belongs to; 0 for none.
    code: u16,
    /// The number of the command that the reply answers.
    answers: u64,
}

/// What is remembered of a connection between two lines.
#[derive(Debug, Default)]
struct Dialogue {
    /// Numbers of commands without a final reply, oldest first.
    owed: VecDeque<u64>,
    /// Of the reply that may still go on.
    reply: Option<Facts>,
}

/// A line that the text filter found.
#[derive(Clone, Copy, Debug)]
struct Found {
    number: u64,
    /// 0 to 4, `NO_CLASS` for a line of no reply.
    class: u8,
    /// Whether it is the first line of its reply: what the chips count.
    first: bool,
}

/// Everything the panel looks up by row. Lines are named by number: `Transcript::dropped()` plus their index.
#[derive(Debug)]
pub struct Index {
    facts: VecDeque<Facts>,
    first: u64,
    dialogues: BTreeMap<ConnectionId, Dialogue>,
    filter: Filter,
    connection: Option<ConnectionId>,
    classes: [bool; CLASSES],
    found: VecDeque<Found>,
    shown: VecDeque<u64>,
    /// The number of the line that the filter looks at next.
    next: u64,
    counts: [usize; CLASSES],
    /// Lines before this one were cleared away.
    cleared: u64,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            facts: VecDeque::new(),
            first: 0,
            dialogues: BTreeMap::new(),
            filter: Filter::default(),
            connection: None,
            classes: [false; CLASSES],
            found: VecDeque::new(),
            shown: VecDeque::new(),
            next: 0,
            counts: [0; CLASSES],
            cleared: 0,
        }
    }
}

impl Index {
    /// Follows the transcript by at most [`STEP`] lines. Answers whether more are left, and how many rows went away at
    /// the top.
    pub fn follow(&mut self, transcript: &Transcript) -> (bool, usize) {
        if transcript.dropped() + (transcript.len() as u64) < self.first + self.facts.len() as u64 {
            // Another transcript than before: its size was set anew.
            let Self { filter, connection, classes, .. } = std::mem::take(self);
            *self = Self { filter, connection, classes, ..Self::default() };
        }
        let gone = self.forget(transcript.dropped().max(self.cleared));
        let end = transcript.dropped() + transcript.len() as u64;
        let mut budget = STEP;
        while self.first + (self.facts.len() as u64) < end && budget > 0 {
            let number = self.first + self.facts.len() as u64;
            let Some(line) = line(transcript, number) else { break };
            let facts = self.facts_of(number, line);
            self.facts.push_back(facts);
            budget -= 1;
        }
        let known = self.first + self.facts.len() as u64;
        while self.next < known && budget > 0 {
            self.look(transcript, self.next);
            self.next += 1;
            budget -= 1;
        }
        (self.next < end, gone)
    }

    /// Shows no line that is there now.
    pub fn clear(&mut self, transcript: &Transcript) {
        self.cleared = transcript.dropped() + transcript.len() as u64;
        self.forget(self.cleared);
    }

    /// Shows what passes `filter`, on one connection or all.
    pub fn set_filter(&mut self, filter: Filter, connection: Option<ConnectionId>) {
        if self.filter == filter && self.connection == connection {
            return;
        }
        self.filter = filter;
        self.connection = connection;
        self.found.clear();
        self.shown.clear();
        self.counts = [0; CLASSES];
        self.next = self.first;
    }

    /// Shows only replies of the chosen classes (0 for 1yz); with none chosen, every line.
    pub fn set_classes(&mut self, classes: [bool; CLASSES]) {
        if self.classes != classes {
            self.classes = classes;
            let shown = self.found.iter().filter(|found| visible(classes, found.class)).map(|found| found.number);
            self.shown = shown.collect();
        }
    }

    /// How many rows are shown.
    pub fn len(&self) -> usize {
        self.shown.len()
    }

    /// Whether no row is shown.
    pub fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    /// The number of the line in `row`.
    pub fn number(&self, row: usize) -> Option<u64> {
        self.shown.get(row).copied()
    }

    /// The row that shows the line called `number`, or the next one.
    pub fn row_of(&self, number: u64) -> usize {
        self.shown.partition_point(|other| *other < number)
    }

    /// Replies of each class that the field lets through, whatever the chips say.
    pub fn counts(&self) -> [usize; CLASSES] {
        self.counts
    }

    /// The code of the reply that the line called `number` belongs to.
    pub fn code(&self, number: u64) -> Option<u16> {
        self.facts_at(number).map(|facts| facts.code).filter(|code| *code != 0)
    }

    /// The number of the command that the line called `number` answers.
    pub fn answers(&self, number: u64) -> Option<u64> {
        self.facts_at(number).map(|facts| facts.answers).filter(|answers| *answers != NOTHING)
    }

    /// The numbers of the whole reply that the line called `number` belongs to, or of all that answers a command.
    pub fn dialogue(&self, transcript: &Transcript, number: u64) -> Vec<u64> {
        let Some(here) = line(transcript, number) else { return Vec::new() };
        let end = self.first + self.facts.len() as u64;
        let same = |at: &u64| line(transcript, *at).is_some_and(|line| line.connection == here.connection);
        let after = |from: u64| (from..end).take(REACH).filter(same);
        let received = |at: &u64| line(transcript, *at).is_some_and(|line| line.direction == Direction::Received);
        match here.direction {
            Direction::Note => Vec::new(),
            Direction::Sent => after(number + 1).filter(|at| self.answers(*at) == Some(number)).collect(),
            Direction::Received => {
                let begins = |at: &u64| line(transcript, *at).is_some_and(|line| line.code.is_some());
                let before = (self.first..=number).rev().take(REACH).filter(same).filter(received);
                let start = before.clone().find(begins).unwrap_or(number);
                let rest = after(start + 1).filter(received).take_while(|at| !begins(at));
                std::iter::once(start).chain(rest).collect()
            }
        }
    }

    fn facts_at(&self, number: u64) -> Option<&Facts> {
        self.facts.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Lets go of lines that have left the transcript.
    fn forget(&mut self, dropped: u64) -> usize {
        let gone = usize::try_from(dropped.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.facts.len());
        self.facts.drain(..gone);
        self.first = dropped;
        self.next = self.next.max(dropped);
        while self.found.front().is_some_and(|found| found.number < dropped) {
            if let Some(found) = self.found.pop_front().filter(|found| found.first) {
                self.counts[usize::from(found.class)] -= 1;
            }
        }
        let hidden = self.shown.partition_point(|number| *number < dropped);
        self.shown.drain(..hidden);
        hidden
    }

    /// Joins a reply and its command: each reply that is not preliminary pays the oldest command that is owed one.
    fn facts_of(&mut self, number: u64, line: &Line) -> Facts {
        let dialogue = self.dialogues.entry(line.connection).or_default();
        let none = Facts { code: 0, answers: NOTHING };
        match (line.direction, line.code) {
            (Direction::Sent, _) => {
                if dialogue.owed.len() == OWED {
                    dialogue.owed.pop_front();
                }
                dialogue.owed.push_back(number);
                none
            }
            (Direction::Received, Some(code)) => {
                let answers = if code < 200 { dialogue.owed.front().copied() } else { dialogue.owed.pop_front() };
                let facts = Facts { code, answers: answers.unwrap_or(NOTHING) };
                dialogue.reply = Some(facts);
                facts
            }
            (Direction::Received, None) => dialogue.reply.unwrap_or(none),
            (Direction::Note, _) => none,
        }
    }

    fn look(&mut self, transcript: &Transcript, number: u64) {
        let Some(line_here) = line(transcript, number) else { return };
        if self.connection.is_some_and(|connection| connection != line_here.connection) {
            return;
        }
        let code = self.code(number);
        if !self.filter.is_empty() {
            let command = match line_here.direction {
                Direction::Sent => line_here.text.as_str(),
                _ => self.answers(number).and_then(|answers| line(transcript, answers)).map_or("", |line| &line.text),
            };
            let verb = command.split(' ').next().unwrap_or_default();
            if !self.filter.passes(Seen { verb, ..Seen::line(line_here, code, None) }) {
                return;
            }
        }
        let class = class_of(code);
        let first = line_here.code.is_some() && usize::from(class) < CLASSES;
        if first {
            self.counts[usize::from(class)] += 1;
        }
        self.found.push_back(Found { number, class, first });
        if visible(self.classes, class) {
            self.shown.push_back(number);
        }
    }
}

/// 0 to 4 for 1yz to 5yz; `NO_CLASS` for no code, or one that RFC 959 does not know.
fn class_of(code: Option<u16>) -> u8 {
    match code {
        Some(code @ 100..=599) => u8::try_from(code / 100 - 1).unwrap_or(u8::MAX),
        _ => NO_CLASS,
    }
}

fn visible(classes: [bool; CLASSES], class: u8) -> bool {
    classes.get(usize::from(class)).copied().unwrap_or(false) || !classes.contains(&true)
}

/// The line called `number`.
pub fn line(transcript: &Transcript, number: u64) -> Option<&Line> {
    transcript.get(usize::try_from(number.checked_sub(transcript.dropped())?).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `>` sent, `<` the first line of a reply, `=` a line that continues it, `*` a note.
    fn push(transcript: &mut Transcript, connection: u32, typed: &str) {
        let (direction, text) = match typed.split_at(2) {
            ("> ", text) => (Direction::Sent, text),
            ("< " | "= ", text) => (Direction::Received, text),
            (_, text) => (Direction::Note, text),
        };
        let code = text.get(..3).filter(|_| typed.starts_with('<')).and_then(|code| code.parse().ok());
        transcript.push(Line {
            seq: 0,
            at: jiff::Timestamp::UNIX_EPOCH,
            connection: ConnectionId(connection),
            direction,
            code,
            text: text.to_owned(),
            raw: None,
            transfer: None,
        });
    }

    fn dialogue() -> Transcript {
        let mut transcript = Transcript::new(100);
        for (connection, text) in [
            (1, "* connecting"),
            (1, "< 220 hello"),
            (1, "> FEAT"),
            (2, "< 220 other"),
            (1, "< 211-Features"),
            (1, "=  MDTM"),
            (1, "= 211 End"),
            (2, "> CWD /a"),
            (2, "> RETR x"),
            (2, "< 250 ok"),
            (2, "< 150 opening"),
            (2, "< 226 done"),
            (1, "> DELE x"),
            (1, "< 550 no"),
        ] {
            push(&mut transcript, connection, text);
        }
        transcript
    }

    fn shown(index: &Index) -> Vec<u64> {
        index.shown.iter().copied().collect()
    }

    #[test]
    fn replies_find_their_commands() {
        let transcript = dialogue();
        let mut index = Index::default();
        assert_eq!(index.follow(&transcript), (false, 0));
        let answers: Vec<_> = (0..14).map(|number| index.answers(number)).collect();
        let expected =
            [None, None, None, None, Some(2), Some(2), Some(2), None, None, Some(7), Some(8), Some(8), None, Some(12)];
        assert_eq!(answers, expected);
        assert_eq!(index.code(5), Some(211));
        assert_eq!(index.counts(), [1, 5, 0, 0, 1]);
    }

    #[test]
    fn a_line_leads_to_its_whole_reply_and_a_command_to_its_replies() {
        let transcript = dialogue();
        let mut index = Index::default();
        index.follow(&transcript);
        assert_eq!(index.dialogue(&transcript, 5), [4, 5, 6]);
        assert_eq!(index.dialogue(&transcript, 10), [10]);
        assert_eq!(index.dialogue(&transcript, 8), [10, 11]);
        assert!(index.dialogue(&transcript, 0).is_empty());
    }

    #[test]
    fn the_filter_shows_whole_replies_and_the_chips_hide_classes() {
        let transcript = dialogue();
        let mut index = Index::default();
        index.follow(&transcript);
        assert_eq!(index.len(), 14);
        index.set_filter(Filter::parse("verb:RETR").unwrap(), None);
        assert!(index.is_empty());
        index.follow(&transcript);
        assert_eq!(shown(&index), [8, 10, 11]);
        assert_eq!(index.counts(), [1, 1, 0, 0, 0]);
        index.set_classes([false, true, false, false, true]);
        assert_eq!(shown(&index), [11]);
        index.set_filter(Filter::default(), Some(ConnectionId(1)));
        index.set_classes([false; CLASSES]);
        index.follow(&transcript);
        assert_eq!(shown(&index), [0, 1, 2, 4, 5, 6, 12, 13]);
        assert_eq!((index.row_of(4), index.row_of(3), index.number(7)), (3, 3, Some(13)));
    }

    #[test]
    fn lines_that_leave_the_ring_leave_the_index() {
        let mut transcript = Transcript::new(4);
        let mut index = Index::default();
        for round in 0..5 {
            push(&mut transcript, 1, "> NOOP");
            push(&mut transcript, 1, "< 200 ok");
            if round % 2 == 0 {
                index.follow(&transcript);
            }
        }
        assert_eq!(shown(&index), [6, 7, 8, 9]);
        assert_eq!((index.counts(), index.answers(9), index.answers(1)), ([0, 2, 0, 0, 0], Some(8), None));
        transcript.clear();
        index.follow(&transcript);
        assert!(index.is_empty() && index.counts() == [0; CLASSES]);
        push(&mut transcript, 1, "> NOOP");
        index.follow(&transcript);
        assert_eq!(shown(&index), [10]);
    }

    #[test]
    fn cleared_lines_stay_away_and_replies_still_find_their_commands() {
        let mut transcript = Transcript::new(100);
        let mut index = Index::default();
        push(&mut transcript, 1, "> NOOP");
        push(&mut transcript, 1, "> PWD");
        index.follow(&transcript);
        index.clear(&transcript);
        push(&mut transcript, 1, "< 200 ok");
        assert_eq!(index.follow(&transcript), (false, 0));
        assert_eq!((shown(&index), index.answers(2)), (vec![2], Some(0)));
    }

    #[test]
    fn a_transcript_of_another_size_is_read_anew() {
        let mut index = Index::default();
        index.set_classes([false, true, false, false, false]);
        index.follow(&dialogue());
        let mut other = Transcript::new(3);
        dialogue().iter().for_each(|line| other.push(line.clone()));
        let mut small = Transcript::new(10);
        other.iter().for_each(|line| small.push(line.clone()));
        index.follow(&small);
        assert_eq!(shown(&index), [0], "226, DELE, 550");
    }

    #[test]
    fn a_long_transcript_is_followed_in_steps() {
        let mut transcript = Transcript::new(3 * STEP);
        for _ in 0..2 * STEP {
            push(&mut transcript, 1, "> NOOP");
        }
        let mut index = Index::default();
        let steps = std::iter::repeat_with(|| index.follow(&transcript).0).take_while(|more| *more).count();
        assert_eq!((steps, index.len()), (3, 2 * STEP));
    }
}
