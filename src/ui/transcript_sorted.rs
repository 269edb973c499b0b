//! Exchanges in the order of a column, however many there are: sorted a bounded portion at a time, and what has come or
//! changed is merged in.

use std::cmp::Ordering;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::model::log_layout::{Column, Sort};
use crate::model::{Exchange, Exchanges};

/// Time in a frame that sorting may take.
const BUDGET: Duration = Duration::from_millis(4);
/// Exchanges that are sorted at once, and steps of a merge between two looks at the clock.
const PORTION: usize = 1024;
/// So many that have come or changed are merged in at once; where there are more, all are sorted anew.
const MANY: usize = 4 * PORTION;
/// Frames between two merges while lines stream in.
const SELDOM: u32 = 4;
/// The key of what has no value: behind all others, whatever the order.
const UNKNOWN: u64 = u64::MAX;

/// An exchange with what orders it first: of a text, its beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Entry {
    key: u64,
    number: u64,
}

/// The exchanges that are shown, in an order.
#[derive(Debug, Default)]
pub(super) struct Sorted {
    entries: Vec<Entry>,
    /// Where the next ones are put together.
    spare: Vec<Entry>,
    /// Whether the entry of an exchange holds; by number, from `first`. What has gone has none.
    holds: VecDeque<bool>,
    first: u64,
    /// Those that have come or changed.
    fresh: Vec<u64>,
    building: Option<Building>,
    /// Something has come, gone or changed since the last merge.
    changed: bool,
    /// And that since the last frame.
    touched: bool,
    /// Frames since the last merge.
    frames: u32,
}

impl Sorted {
    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(super) fn number(&self, row: usize) -> Option<u64> {
        self.entries.get(row).map(|entry| entry.number)
    }

    pub(super) fn row(&self, number: u64) -> Option<usize> {
        self.entries.iter().position(|entry| entry.number == number)
    }

    /// Shows none.
    pub(super) fn clear(&mut self) {
        *self = Self { first: self.first, ..Self::default() };
    }

    /// Shows all of `shown` as they stand there.
    pub(super) fn stand(&mut self, shown: &VecDeque<u64>) {
        self.entries = shown.iter().map(|number| Entry { key: UNKNOWN, number: *number }).collect();
    }

    /// Orders all of `shown` anew; until that is done, the rows stay as they are.
    pub(super) fn build(&mut self, shown: &VecDeque<u64>) {
        self.fresh.clear();
        self.holds.clear();
        self.building = Some(Building { numbers: shown.iter().copied().collect(), ..Building::default() });
    }

    /// The exchange called `number` has come, gone or changed.
    pub(super) fn touch(&mut self, number: u64) {
        self.hold(number, false);
        self.fresh.push(number);
        (self.changed, self.touched) = (true, true);
    }

    /// Lets go of what is called less than `oldest`.
    pub(super) fn forget(&mut self, oldest: u64) {
        let gone = usize::try_from(oldest.saturating_sub(self.first)).unwrap_or(usize::MAX).min(self.holds.len());
        self.holds.drain(..gone);
        self.changed |= gone > 0;
        self.first = self.first.max(oldest);
    }

    /// Brings the rows closer to their order, once a frame; `true`: there is more to do.
    pub(super) fn arrange(&mut self, sort: Sort, exchanges: &Exchanges, shown: &VecDeque<u64>) -> bool {
        self.frames += 1;
        let touched = std::mem::take(&mut self.touched);
        let by = By { sort, exchanges };
        if let Some(building) = &mut self.building {
            if let Some(entries) = building.step(&by) {
                self.building = None;
                self.install(entries);
            }
            return true;
        }
        if self.fresh.len() > MANY {
            self.build(shown);
            return true;
        }
        if self.changed && touched && self.frames < SELDOM {
            return true;
        }
        self.frames = 0;
        if std::mem::take(&mut self.changed) {
            self.merge(&by, shown);
        }
        false
    }

    /// What was sorted becomes what is shown, but for what has changed meanwhile.
    fn install(&mut self, entries: Vec<Entry>) {
        self.entries = entries;
        for at in 0..self.entries.len() {
            self.hold(self.entries[at].number, true);
        }
        for at in 0..self.fresh.len() {
            self.hold(self.fresh[at], false);
        }
    }

    fn hold(&mut self, number: u64, holds: bool) {
        let Some(at) = number.checked_sub(self.first).and_then(|at| usize::try_from(at).ok()) else { return };
        self.holds.resize(self.holds.len().max(at + 1), false);
        self.holds[at] = holds;
    }

    /// Takes out what no longer holds, and merges in what is fresh and shown.
    fn merge(&mut self, by: &By<'_>, shown: &VecDeque<u64>) {
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.sort_unstable();
        fresh.dedup();
        let mut fresh: Vec<Entry> = fresh
            .into_iter()
            .filter(|number| shown.binary_search(number).is_ok())
            .filter_map(|number| by.entry(number))
            .collect();
        fresh.sort_unstable_by(|one, other| by.compare(one, other));
        let (holds, first) = (&self.holds, self.first);
        let is_held = |entry: &Entry| {
            let at = entry.number.checked_sub(first).and_then(|at| usize::try_from(at).ok());
            at.and_then(|at| holds.get(at)).is_some_and(|holds| *holds)
        };
        // Fresh memory for a million rows would cost more than the merge itself.
        let mut entries = std::mem::take(&mut self.spare);
        entries.clear();
        entries.reserve(self.entries.len() + fresh.len());
        let mut coming = fresh.iter().peekable();
        for entry in self.entries.iter().filter(|entry| is_held(entry)) {
            while let Some(next) = coming.next_if(|next| by.compare(next, entry).is_lt()) {
                entries.push(*next);
            }
            entries.push(*entry);
        }
        entries.extend(coming);
        self.spare = std::mem::replace(&mut self.entries, entries);
        fresh.iter().for_each(|entry| self.hold(entry.number, true));
    }
}

/// Sorting all of them, by merging sorted runs into ever longer ones.
#[derive(Debug, Default)]
struct Building {
    numbers: Vec<u64>,
    /// How many of these are in runs.
    taken: usize,
    runs: Vec<Vec<Entry>>,
    merging: Option<Merging>,
}

impl Building {
    /// Works for a bounded time; answers with all of them once they are sorted.
    fn step(&mut self, by: &By<'_>) -> Option<Vec<Entry>> {
        let begun = Instant::now();
        while begun.elapsed() < BUDGET {
            let all = self.taken == self.numbers.len();
            if let Some(mut merging) = self.merging.take() {
                match merging.step(by) {
                    true => self.runs.push(merging.merged),
                    false => self.merging = Some(merging),
                }
            } else if self.runs.len() > 1 && (all || self.is_due()) {
                let (right, left) = (self.runs.pop()?, self.runs.pop()?);
                self.merging = Some(Merging::of(left, right));
            } else if all {
                return Some(self.runs.pop().unwrap_or_default());
            } else {
                let end = (self.taken + PORTION).min(self.numbers.len());
                let portion = &self.numbers[self.taken..end];
                let mut run: Vec<Entry> = portion.iter().filter_map(|number| by.entry(*number)).collect();
                run.sort_unstable_by(|one, other| by.compare(one, other));
                self.runs.push(run);
                self.taken = end;
            }
        }
        None
    }

    /// Runs of about one length are merged, so that no exchange is moved often.
    fn is_due(&self) -> bool {
        matches!(self.runs.as_slice(), [.., left, right] if left.len() <= right.len())
    }
}

/// Two runs that become one.
#[derive(Debug)]
struct Merging {
    left: Vec<Entry>,
    right: Vec<Entry>,
    /// How many of each are merged.
    taken: (usize, usize),
    merged: Vec<Entry>,
}

impl Merging {
    fn of(left: Vec<Entry>, right: Vec<Entry>) -> Self {
        let merged = Vec::with_capacity(left.len() + right.len());
        Self { left, right, taken: (0, 0), merged }
    }

    /// `true`: they are merged.
    fn step(&mut self, by: &By<'_>) -> bool {
        for _ in 0..PORTION {
            let (at, other) = self.taken;
            let (Some(left), Some(right)) = (self.left.get(at), self.right.get(other)) else {
                self.merged.extend_from_slice(&self.left[at..]);
                self.merged.extend_from_slice(&self.right[other..]);
                return true;
            };
            // What has gone meanwhile stands nowhere in the order any more.
            let oldest = by.exchanges.numbers().start;
            if left.number < oldest {
                self.taken.0 += 1;
            } else if right.number < oldest {
                self.taken.1 += 1;
            } else if by.compare(right, left).is_lt() {
                self.merged.push(*right);
                self.taken.1 += 1;
            } else {
                self.merged.push(*left);
                self.taken.0 += 1;
            }
        }
        false
    }
}

/// An order of exchanges.
struct By<'a> {
    sort: Sort,
    exchanges: &'a Exchanges,
}

impl By<'_> {
    fn entry(&self, number: u64) -> Option<Entry> {
        let exchange = self.exchanges.get(number)?;
        let known = match text(self.sort.column, exchange) {
            Some(text) => text.map(beginning),
            None => value(self.sort.column, exchange).map(|value| value.cast_unsigned() ^ (1 << 63)),
        };
        let turned = known.map(|key| if self.sort.descending { !key } else { key });
        Some(Entry { key: turned.map_or(UNKNOWN, |key| key.min(UNKNOWN - 1)), number })
    }

    /// Of the same key, texts are compared whole; at last what began first is first.
    fn compare(&self, one: &Entry, other: &Entry) -> Ordering {
        one.key.cmp(&other.key).then_with(|| {
            let whole = |entry: &Entry| self.exchanges.get(entry.number).and_then(|all| text(self.sort.column, all));
            let is_text = matches!(self.sort.column, Column::Command | Column::Reply);
            let texts = if is_text { whole(one).cmp(&whole(other)) } else { Ordering::Equal };
            let order = texts.then(one.number.cmp(&other.number));
            if self.sort.descending && one.key != UNKNOWN { order.reverse() } else { order }
        })
    }
}

/// The first bytes of a text as a number in the same order.
fn beginning(text: &str) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(text.bytes()).for_each(|(byte, of_text)| *byte = of_text);
    u64::from_be_bytes(bytes)
}

/// What an exchange is ordered by where it is a text; `Some(None)`: it has none.
fn text(column: Column, exchange: &Exchange) -> Option<Option<&str>> {
    match column {
        Column::Command => Some(exchange.command.as_deref()),
        Column::Reply => Some(exchange.reply.as_ref().map(|reply| reply.text.as_str())),
        _ => None,
    }
}

/// What an exchange is ordered by where it is a number.
fn value(column: Column, exchange: &Exchange) -> Option<i64> {
    let data = exchange.data.as_deref();
    let big = |number: i128| i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX });
    match column {
        Column::Connection => Some(exchange.connection.0.into()),
        Column::Started | Column::Waterfall => Some(big(exchange.at.as_nanosecond())),
        Column::Code => exchange.last_code().map(i64::from),
        Column::Wait => exchange.waited().map(|waited| big(waited.as_nanos())),
        Column::Duration => exchange.lasted().map(|lasted| big(lasted.as_nanos())),
        Column::Bytes => data.and_then(|data| data.bytes()).map(|bytes| big(bytes.into())),
        Column::Rate => data.and_then(|data| data.rate()).map(|rate| big(rate.into())),
        Column::Command | Column::Reply => None,
    }
}
