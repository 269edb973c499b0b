//! Which exchanges the reply log shows, and in which order: kept up to date as they come, arranged out of drawing.

use std::collections::VecDeque;

use crate::model::{Exchange, Exchanges};

/// Frames between two arrangements by a column while lines stream in.
const SELDOM: u32 = 16;

/// A column of the exchanges.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Column {
    /// The connection's number.
    Connection,
    /// When it began.
    Started,
    /// Verb and argument.
    Command,
    /// The final code.
    Code,
    /// The final reply.
    Reply,
    /// Until the first reply.
    Wait,
    /// Until the final reply.
    Duration,
    /// Bytes of its data connection.
    Bytes,
    /// Bytes a second.
    Rate,
    /// Its stages on a scale of time.
    Waterfall,
}

impl Column {
    /// All, in their order.
    pub const ALL: [Self; 10] = [
        Self::Connection,
        Self::Started,
        Self::Command,
        Self::Code,
        Self::Reply,
        Self::Wait,
        Self::Duration,
        Self::Bytes,
        Self::Rate,
        Self::Waterfall,
    ];

    /// What it is called.
    pub fn title(self) -> &'static str {
        match self {
            Self::Connection => "#",
            Self::Started => "Started",
            Self::Command => "Command",
            Self::Code => "Code",
            Self::Reply => "Reply",
            Self::Wait => "Wait",
            Self::Duration => "Duration",
            Self::Bytes => "Bytes",
            Self::Rate => "Rate",
            Self::Waterfall => "Waterfall",
        }
    }
}

/// An order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// By this.
    pub column: Column,
    /// Last first.
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { column: Column::Started, descending: false }
    }
}

impl Sort {
    /// As they began: rows are added at the end only.
    pub fn is_natural(self) -> bool {
        matches!(self.column, Column::Started | Column::Waterfall) && !self.descending
    }
}

/// The exchanges that pass the filter.
#[derive(Debug, Default)]
pub struct ExchangeRows {
    /// As they began.
    shown: VecDeque<u64>,
    /// The exchange that is looked at next; all before it have been.
    looked: u64,
    sort: Sort,
    /// The same in another order.
    sorted: Vec<u64>,
    changed: bool,
    /// Changed since the last frame.
    touched: bool,
    /// Frames since it was arranged, while it was changed.
    frames: u32,
}

impl ExchangeRows {
    /// How many there are.
    pub fn len(&self) -> usize {
        if self.sort.is_natural() { self.shown.len() } else { self.sorted.len() }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The exchange in `row`.
    pub fn number(&self, row: usize) -> Option<u64> {
        if self.sort.is_natural() { self.shown.get(row).copied() } else { self.sorted.get(row).copied() }
    }

    /// The row of an exchange.
    pub fn row(&self, number: u64) -> Option<usize> {
        if self.sort.is_natural() {
            self.shown.binary_search(&number).ok()
        } else {
            self.sorted.iter().position(|other| *other == number)
        }
    }

    /// Their order.
    pub fn sorted_by(&self) -> Sort {
        self.sort
    }

    pub(super) fn looked(&self) -> u64 {
        self.looked
    }

    /// Shows none before all from `next` on are looked at.
    pub(super) fn begin(&mut self, next: u64) {
        self.shown.clear();
        self.looked = next;
        (self.changed, self.touched) = (true, true);
    }

    pub(super) fn sort(&mut self, sort: Sort) {
        self.sort = sort;
        (self.changed, self.touched) = (true, false);
    }

    /// Shows an exchange or hides it.
    pub(super) fn show(&mut self, number: u64, shown: bool) {
        self.looked = self.looked.max(number + 1);
        match self.shown.binary_search(&number) {
            Ok(at) if !shown => drop(self.shown.remove(at)),
            Err(at) if shown => self.shown.insert(at, number),
            _ if !shown => return,
            _ => {}
        }
        (self.changed, self.touched) = (true, true);
    }

    /// Lets go of what began before `oldest`; answers how many rows went away at the top.
    pub(super) fn forget(&mut self, oldest: u64) -> usize {
        let gone = self.shown.partition_point(|number| *number < oldest);
        self.shown.drain(..gone);
        self.looked = self.looked.max(oldest);
        self.changed |= gone > 0;
        if self.sort.is_natural() { gone } else { 0 }
    }

    /// Brings the rows into their order; once a frame. While rows change this is not done each time: `true` says that it
    /// is still to be done.
    pub(super) fn arrange(&mut self, exchanges: &Exchanges) -> bool {
        self.frames += 1;
        let touched = std::mem::take(&mut self.touched);
        if self.sort.is_natural() || !self.changed {
            self.frames = 0;
            return false;
        }
        if touched && self.frames < SELDOM {
            return true;
        }
        self.frames = 0;
        self.changed = false;
        let shown = self.shown.iter().filter_map(|number| Some((*number, exchanges.get(*number)?)));
        let mut rows: Vec<(Key<'_>, u64)> =
            shown.map(|(number, exchange)| (key(self.sort.column, exchange), number)).collect();
        rows.sort_unstable();
        if self.sort.descending {
            // What has no value stays behind.
            let known = rows.partition_point(|(key, _)| !key.is_unknown());
            rows[..known].reverse();
        }
        self.sorted = rows.into_iter().map(|(_, number)| number).collect();
        false
    }
}

/// What an exchange is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Number(i128),
    Text(&'a str),
    /// Behind all others.
    Unknown,
}

impl Key<'_> {
    fn is_unknown(self) -> bool {
        self == Self::Unknown
    }
}

fn key(column: Column, exchange: &Exchange) -> Key<'_> {
    let number = |number: Option<i128>| number.map_or(Key::Unknown, Key::Number);
    let data = exchange.data.as_deref();
    match column {
        Column::Connection => Key::Number(exchange.connection.0.into()),
        Column::Started | Column::Waterfall => Key::Number(exchange.at.as_nanosecond()),
        Column::Command => exchange.command.as_deref().map_or(Key::Unknown, Key::Text),
        Column::Code => number(exchange.last_code().map(i128::from)),
        Column::Reply => exchange.reply.as_ref().map_or(Key::Unknown, |reply| Key::Text(&reply.text)),
        Column::Wait => number(exchange.waited().map(|waited| waited.as_nanos())),
        Column::Duration => number(exchange.lasted().map(|lasted| lasted.as_nanos())),
        Column::Bytes => number(data.and_then(|data| data.bytes()).map(i128::from)),
        Column::Rate => number(data.and_then(|data| data.rate()).map(i128::from)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionId, Direction, Line};

    /// Exchanges of connection 1, each a command, its code, and the milliseconds that it took.
    fn exchanges(all: &[(&str, Option<u16>, i64)]) -> Exchanges {
        let mut exchanges = Exchanges::new(100);
        let mut at = jiff::Timestamp::UNIX_EPOCH;
        let mut push = |at, direction, code, text: String| {
            let line =
                Line { seq: 0, at, connection: ConnectionId(1), direction, code, text, raw: None, transfer: None };
            exchanges.push(&line);
        };
        for (command, code, took) in all {
            push(at, Direction::Sent, None, (*command).to_owned());
            at += jiff::SignedDuration::from_millis(*took);
            if let Some(code) = code {
                push(at, Direction::Received, Some(*code), format!("{code} ok"));
            }
        }
        exchanges
    }

    fn rows(rows: &ExchangeRows) -> Vec<u64> {
        (0..rows.len()).filter_map(|row| rows.number(row)).collect()
    }

    #[test]
    fn exchanges_are_ordered_by_any_column() {
        let all =
            exchanges(&[("NOOP", Some(200), 30), ("PWD", Some(257), 10), ("DELE x", Some(550), 20), ("QUIT", None, 0)]);
        let mut order = ExchangeRows::default();
        (0..4).for_each(|number| order.show(number, true));
        while order.arrange(&all) {}
        assert_eq!(rows(&order), [0, 1, 2, 3]);
        let mut by = |column, descending| {
            order.sort(Sort { column, descending });
            while order.arrange(&all) {}
            rows(&order)
        };
        assert_eq!(by(Column::Duration, false), [1, 2, 0, 3]);
        assert_eq!(by(Column::Duration, true), [0, 2, 1, 3], "what is not known stays at the end");
        assert_eq!(by(Column::Code, true), [2, 1, 0, 3]);
        assert_eq!(by(Column::Command, false), [2, 0, 1, 3]);
        assert_eq!(by(Column::Started, true), [3, 2, 1, 0]);
        assert_eq!(order.row(3), Some(0));
    }

    #[test]
    fn exchanges_come_and_go() {
        let all = exchanges(&[("NOOP", Some(200), 1), ("PWD", Some(257), 1), ("DELE x", Some(550), 1)]);
        let mut order = ExchangeRows::default();
        for (number, shown) in [(0, true), (1, false), (2, true), (1, true), (2, false)] {
            order.show(number, shown);
        }
        assert_eq!((rows(&order), order.looked(), order.row(1)), (vec![0, 1], 3, Some(1)));
        assert_eq!(order.forget(1), 1);
        order.sort(Sort { column: Column::Code, descending: false });
        while order.arrange(&all) {}
        assert_eq!(rows(&order), [1]);
        order.begin(2);
        assert!(order.shown.is_empty() && order.looked() == 2);
    }
}
