//! Which exchanges the reply log shows, and in which order: kept up to date as they come, arranged out of drawing.

use std::collections::VecDeque;

use crate::model::Exchanges;
use crate::model::log_layout::Sort;

use super::transcript_shown::CLASSES;
use super::transcript_sorted::Sorted;

/// The exchanges that pass the filter.
#[derive(Debug, Default)]
pub struct ExchangeRows {
    /// As they began.
    shown: VecDeque<u64>,
    /// The exchange that is looked at next; all before it have been.
    looked: u64,
    sort: Sort,
    /// The same in another order.
    sorted: Sorted,
    counted: Counted,
}

/// How many exchanges of each class the filter lets through, whatever the chips say.
#[derive(Debug, Default)]
struct Counted {
    /// The exchange that the first of `classes` is about.
    first: u64,
    /// The class of each; one beyond the classes where it does not count.
    classes: VecDeque<u8>,
    counts: [usize; CLASSES],
}

impl Counted {
    fn begin(&mut self, next: u64) {
        *self = Self { first: next, ..Self::default() };
    }

    /// The exchange called `number` is of `class` now, or none of those that count.
    fn put(&mut self, number: u64, class: Option<u8>) {
        let Some(at) = number.checked_sub(self.first).and_then(|at| usize::try_from(at).ok()) else { return };
        if at >= self.classes.len() {
            self.classes.resize(at + 1, u8::MAX);
        }
        let before = std::mem::replace(&mut self.classes[at], class.unwrap_or(u8::MAX));
        self.change(before, false);
        self.change(self.classes[at], true);
    }

    fn forget(&mut self, oldest: u64) {
        while self.first < oldest {
            if let Some(class) = self.classes.pop_front() {
                self.change(class, false);
                self.first += 1;
            } else {
                self.first = oldest;
            }
        }
    }

    fn change(&mut self, class: u8, more: bool) {
        if let Some(count) = self.counts.get_mut(usize::from(class)) {
            *count = if more { *count + 1 } else { *count - 1 };
        }
    }
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
        if self.sort.is_natural() { self.shown.get(row).copied() } else { self.sorted.number(row) }
    }

    /// The row of an exchange.
    pub fn row(&self, number: u64) -> Option<usize> {
        if self.sort.is_natural() { self.shown.binary_search(&number).ok() } else { self.sorted.row(number) }
    }

    /// Their order.
    pub fn sorted_by(&self) -> Sort {
        self.sort
    }

    /// Exchanges of each class that the filter lets through.
    pub fn counts(&self) -> [usize; CLASSES] {
        self.counted.counts
    }

    pub(super) fn looked(&self) -> u64 {
        self.looked
    }

    /// Shows none before all from `next` on are looked at.
    pub(super) fn begin(&mut self, next: u64) {
        self.shown.clear();
        self.sorted.clear();
        self.counted.begin(next);
        self.looked = next;
    }

    pub(super) fn sort(&mut self, sort: Sort) {
        if self.sort.is_natural() {
            // Until they are in order they stand as they did.
            self.sorted.stand(&self.shown);
        }
        self.sort = sort;
        if sort.is_natural() {
            self.sorted.clear();
        } else {
            self.sorted.build(&self.shown);
        }
    }

    /// The class of an exchange that the filter lets through.
    pub(super) fn count(&mut self, number: u64, class: Option<u8>) {
        self.counted.put(number, class);
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
        if !self.sort.is_natural() {
            self.sorted.touch(number);
        }
    }

    /// Lets go of what began before `oldest`; answers how many rows went away at the top.
    pub(super) fn forget(&mut self, oldest: u64) -> usize {
        let gone = self.shown.partition_point(|number| *number < oldest);
        self.shown.drain(..gone);
        self.looked = self.looked.max(oldest);
        self.sorted.forget(oldest);
        self.counted.forget(oldest);
        if self.sort.is_natural() { gone } else { 0 }
    }

    /// Brings the rows closer to their order; once a frame. `true` says that it is still to be done.
    pub(super) fn arrange(&mut self, exchanges: &Exchanges) -> bool {
        !self.sort.is_natural() && self.sorted.arrange(self.sort, exchanges, &self.shown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::log_layout::Column;
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

    /// What a plain sort of all that are shown would give.
    fn expected(order: &ExchangeRows, exchanges: &Exchanges, sort: Sort) -> Vec<u64> {
        let value = |number: &u64| {
            let exchange = exchanges.get(*number).unwrap();
            match sort.column {
                Column::Command => (exchange.command.clone(), None),
                _ => (None, exchange.lasted()),
            }
        };
        let known = |number: &&u64| value(number) != (None, None);
        let mut numbers: Vec<u64> = order.shown.iter().filter(known).copied().collect();
        numbers.sort_by_key(|number| (value(number), *number));
        if sort.descending {
            numbers.reverse();
        }
        numbers.extend(order.shown.iter().filter(|number| !known(number)));
        numbers
    }

    #[test]
    fn whatever_comes_goes_and_changes_the_order_is_that_of_a_plain_sort() {
        let mut seed = 7_u64;
        let mut random = move |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        for (column, descending) in
            [(Column::Duration, false), (Column::Duration, true), (Column::Command, false), (Column::Command, true)]
        {
            let sort = Sort { column, descending };
            let (mut all, mut order) = (Exchanges::new(usize::MAX), ExchangeRows::default());
            let mut at = jiff::Timestamp::UNIX_EPOCH;
            let mut lines = 0;
            let mut push = |all: &mut Exchanges, at, connection, direction, code, text: String| {
                lines += 1;
                let connection = ConnectionId(connection);
                all.push(&Line { seq: lines, at, connection, direction, code, text, raw: None, transfer: None }).number
            };
            order.sort(sort);
            for round in 0..400 {
                for _ in 0..random(60) {
                    let connection = 1 + u32::try_from(random(20)).unwrap();
                    at += jiff::SignedDuration::from_millis(1 + i64::try_from(random(5)).unwrap());
                    let number = if random(3) == 0 {
                        let code = 200 + u16::try_from(random(3)).unwrap();
                        push(&mut all, at, connection, Direction::Received, Some(code), format!("{code} ok"))
                    } else {
                        let text = format!("RETR a file with a name {}", random(1000));
                        push(&mut all, at, connection, Direction::Sent, None, text)
                    };
                    if let Some(number) = number.filter(|number| all.get(*number).is_some()) {
                        order.show(number, random(10) > 0);
                    }
                }
                if round % 7 == 6 {
                    let oldest = (all.numbers().start + random(80)).min(all.numbers().end);
                    let seq = all.get(oldest).map_or(u64::MAX, |exchange| exchange.seq);
                    all.forget(seq);
                    order.forget(all.numbers().start);
                }
                if round % 100 == 99 {
                    order.sort(sort);
                }
                order.arrange(&all);
                if round % 40 == 39 {
                    while order.arrange(&all) {}
                    assert_eq!(rows(&order), expected(&order, &all, sort), "{sort:?}, round {round}");
                }
            }
            // More at once than are merged in.
            for _ in 0..9000 {
                let text = format!("RETR {}", random(500));
                let number = push(&mut all, at, 1, Direction::Sent, None, text);
                order.show(number.unwrap(), true);
            }
            while order.arrange(&all) {}
            assert_eq!(rows(&order), expected(&order, &all, sort), "{sort:?}");
        }
    }

    #[test]
    fn exchanges_are_counted_by_class() {
        let mut order = ExchangeRows::default();
        order.begin(2);
        for (number, class) in [(2, Some(1)), (3, Some(0)), (1, Some(1)), (4, None), (3, Some(4)), (5, Some(1))] {
            order.count(number, class);
        }
        assert_eq!(order.counts(), [0, 2, 0, 0, 1]);
        order.forget(4);
        assert_eq!(order.counts(), [0, 1, 0, 0, 0]);
        order.forget(9);
        order.count(9, Some(2));
        assert_eq!(order.counts(), [0, 0, 1, 0, 0]);
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
