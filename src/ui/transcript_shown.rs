//! Which lines of the reply log its filter lets through, and which of these are shown: by number, in their order.

use std::collections::VecDeque;

/// The five classes of replies, as chips count and hide them.
pub const CLASSES: usize = 5;
/// The class of a line that belongs to no reply.
const NO_CLASS: u8 = 5;

/// A line that the text filter found.
#[derive(Clone, Copy, Debug)]
struct Found {
    number: u64,
    /// 0 to 4, `NO_CLASS` for a line of no reply.
    class: u8,
    /// Whether it is the first line of its reply: what the chips count.
    first: bool,
}

/// Lines that the filter lets through.
#[derive(Debug, Default)]
pub(super) struct ShownLines {
    found: VecDeque<Found>,
    shown: VecDeque<u64>,
    counts: [usize; CLASSES],
}

impl ShownLines {
    pub(super) fn len(&self) -> usize {
        self.shown.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty()
    }

    pub(super) fn number(&self, row: usize) -> Option<u64> {
        self.shown.get(row).copied()
    }

    /// The row that shows the line called `number`, or the next one.
    pub(super) fn row_of(&self, number: u64) -> usize {
        self.shown.partition_point(|other| *other < number)
    }

    /// Replies of each class that the filter lets through.
    pub(super) fn counts(&self) -> [usize; CLASSES] {
        self.counts
    }

    /// What is known of the line called `number` now: whether it begins a reply of `class`, whether it passes the filter, and
    /// whether nothing else hides it.
    pub(super) fn put(&mut self, number: u64, (class, begins): (u8, bool), passes: bool, is_shown: bool) {
        let first = begins && usize::from(class) < CLASSES;
        match self.found.binary_search_by_key(&number, |found| found.number) {
            Err(at) if passes => {
                if first {
                    self.counts[usize::from(class)] += 1;
                }
                self.found.insert(at, Found { number, class, first });
            }
            Ok(at) if !passes => {
                if first {
                    self.counts[usize::from(class)] -= 1;
                }
                self.found.remove(at);
            }
            _ => {}
        }
        match (self.shown.binary_search(&number), passes && is_shown) {
            (Err(at), true) => self.shown.insert(at, number),
            (Ok(at), false) => drop(self.shown.remove(at)),
            _ => {}
        }
    }

    /// Shows of what the filter let through what `is_shown` says, by number and class.
    pub(super) fn show_anew(&mut self, is_shown: impl Fn(u64, u8) -> bool) {
        let shown = self.found.iter().filter(|found| is_shown(found.number, found.class)).map(|found| found.number);
        self.shown = shown.collect();
    }

    /// Lets go of lines before `dropped`; answers how many rows went away.
    pub(super) fn forget(&mut self, dropped: u64) -> usize {
        while self.found.front().is_some_and(|found| found.number < dropped) {
            if let Some(found) = self.found.pop_front().filter(|found| found.first) {
                self.counts[usize::from(found.class)] -= 1;
            }
        }
        let hidden = self.row_of(dropped);
        self.shown.drain(..hidden);
        hidden
    }

    /// The first line of the next reply behind `from` that is an error of a class that `classes` shows, or before it.
    pub(super) fn error(&self, from: Option<u64>, forward: bool, classes: [bool; CLASSES]) -> Option<u64> {
        let is_error = |found: &&Found| found.first && found.class >= 3 && visible(classes, found.class);
        let at = |number: u64| self.found.partition_point(|found| found.number < number);
        let found = if forward {
            let start = from.map_or(0, |from| at(from + 1));
            self.found.range(start..).find(is_error)
        } else {
            let end = from.map_or(self.found.len(), at);
            self.found.range(..end).rev().find(is_error)
        };
        found.map(|found| found.number)
    }
}

/// 0 to 4 for 1yz to 5yz; `NO_CLASS` for no code, or one that RFC 959 does not know.
pub(super) fn class_of(code: Option<u16>) -> u8 {
    match code {
        Some(code @ 100..=599) => u8::try_from(code / 100 - 1).unwrap_or(u8::MAX),
        _ => NO_CLASS,
    }
}

/// Whether chips let a class through; with none chosen, all are.
pub(super) fn visible(classes: [bool; CLASSES], class: u8) -> bool {
    classes.get(usize::from(class)).copied().unwrap_or(false) || !classes.contains(&true)
}
