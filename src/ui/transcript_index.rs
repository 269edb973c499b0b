//! What the reply log knows of each line beyond the line itself, and which lines its filter shows: kept up to date a
//! bounded step at a time, never computed while drawing.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::model::exchange::Joined;
use crate::model::log_filter::{Filter, Seen};
use crate::model::log_layout::Sort;
use crate::model::{ConnectionId, Direction, Exchange, Exchanges, Line, Transcript};

use super::transcript_fold::{Folds, Group};
use super::transcript_order::ExchangeRows;
use super::transcript_shown::{CLASSES, ShownLines, class_of, visible};

/// Lines that one step looks at: a fraction of a millisecond's work.
pub const STEP: usize = 2_000;

/// Lines before and behind a line among which its reply or command is looked for.
const REACH: usize = 20_000;

/// `exchange` of a line that belongs to none.
const NOTHING: u64 = u64::MAX;

/// What the lines before it tell of a line.
#[derive(Clone, Copy, Debug)]
struct Facts {
    /// The code of the reply that the line belongs to; 0 for none.
    code: u16,
    /// The number of the exchange that it belongs to.
    exchange: u64,
}

/// Everything the panel looks up by row. Lines are named by number: `Transcript::dropped()` plus their index.
#[derive(Debug)]
pub struct Index {
    facts: VecDeque<Facts>,
    first: u64,
    exchanges: Exchanges,
    /// The number of the first line of each exchange that is kept.
    heads: VecDeque<u64>,
    rows: ExchangeRows,
    folds: Folds,
    /// Rows of exchanges that went away at the top and have not been taken.
    gone: usize,
    started: Option<Timestamp>,
    failure: Option<u64>,
    filter: Filter,
    connection: Option<ConnectionId>,
    classes: [bool; CLASSES],
    shown: ShownLines,
    /// The number of the line that the filter looks at next.
    next: u64,
    /// Lines before this one were cleared away.
    cleared: u64,
}

impl Default for Index {
    fn default() -> Self {
        Self {
            facts: VecDeque::new(),
            first: 0,
            exchanges: Exchanges::new(usize::MAX),
            heads: VecDeque::new(),
            rows: ExchangeRows::default(),
            folds: Folds::default(),
            gone: 0,
            started: None,
            failure: None,
            filter: Filter::default(),
            connection: None,
            classes: [false; CLASSES],
            shown: ShownLines::default(),
            next: 0,
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
            let Self { filter, connection, classes, folds, .. } = std::mem::take(self);
            *self = Self { filter, connection, classes, ..Self::default() };
            self.folds.set(folds.is_on());
        }
        let gone = self.forget(transcript.dropped().max(self.cleared));
        self.forget_exchanges(transcript);
        let end = transcript.dropped() + transcript.len() as u64;
        let mut budget = STEP;
        // A third for each, so that of a long log the first rows are there at once.
        while self.first + (self.facts.len() as u64) < end && budget > STEP * 2 / 3 {
            let number = self.first + self.facts.len() as u64;
            let Some(line) = line(transcript, number) else { break };
            let facts = self.facts_of(number, line);
            self.facts.push_back(facts);
            if facts.exchange < self.rows.looked() {
                self.look_at_exchange(facts.exchange);
            }
            if self.filter.looks_at_ends() {
                self.look_again(transcript, facts.exchange);
            }
            if let Some(moved) = self.folds.take_moved() {
                self.look_again(transcript, moved);
            }
            budget -= 1;
        }
        let known = self.first + self.facts.len() as u64;
        while self.next < known && budget > STEP / 3 {
            self.look(transcript, self.next);
            self.next += 1;
            budget -= 1;
        }
        while self.rows.looked() < self.exchanges.numbers().end && budget > 0 {
            self.look_at_exchange(self.rows.looked());
            budget -= 1;
        }
        (self.next < end || self.rows.looked() < self.exchanges.numbers().end, gone)
    }

    /// The connection is closed: what it owes will not come.
    pub fn close(&mut self, transcript: &Transcript, connection: ConnectionId) {
        for number in self.exchanges.close(connection) {
            self.look_at_exchange(number);
            if self.filter.looks_at_ends() {
                self.look_again(transcript, number);
            }
        }
    }

    /// Shows no line that is there now.
    pub fn clear(&mut self, transcript: &Transcript) {
        self.cleared = transcript.dropped() + transcript.len() as u64;
        self.forget(self.cleared);
        self.rows.begin(self.exchanges.numbers().end);
    }

    /// Shows what passes `filter`, on one connection or all.
    pub fn set_filter(&mut self, filter: Filter, connection: Option<ConnectionId>) {
        if self.filter == filter && self.connection == connection {
            return;
        }
        self.filter = filter;
        self.connection = connection;
        self.shown = ShownLines::default();
        self.next = self.first;
        self.look_at_exchanges_anew();
    }

    /// Shows only replies of the chosen classes (0 for 1yz); with none chosen, every line.
    pub fn set_classes(&mut self, classes: [bool; CLASSES]) {
        if self.classes != classes {
            self.classes = classes;
            self.show_anew();
            self.look_at_exchanges_anew();
        }
    }

    /// Folds log-ins, keep-alive and listings, or shows all lines.
    pub fn set_folds(&mut self, on: bool) {
        if self.folds.is_on() != on {
            self.folds.set(on);
            self.show_anew();
        }
    }

    /// Opens the group of lines that begins with `head`, or folds it.
    pub fn turn_fold(&mut self, head: u64) {
        self.folds.turn(head);
        self.show_anew();
    }

    /// Which lines are folded.
    pub fn folds(&self) -> &Folds {
        &self.folds
    }

    fn show_anew(&mut self) {
        let mut shown = std::mem::take(&mut self.shown);
        shown.show_anew(|number, class| self.is_shown(number, class));
        self.shown = shown;
    }

    /// Whether neither the chips nor a fold hide what the filter lets through.
    fn is_shown(&self, number: u64, class: u8) -> bool {
        if !visible(self.classes, class) {
            return false;
        }
        // Whoever looks for something wants it found, and a heading that has left hides nothing.
        let folds = self.filter.is_empty() && !self.classes.contains(&true);
        let is_error = matches!(class, 3 | 4);
        let under = folds.then(|| self.folds.hides(number, self.exchange_of(number), is_error)).flatten();
        under.is_none_or(|head| head < self.first)
    }

    /// What the line `number` is the heading of, and whether that is open.
    pub fn heading(&self, number: u64) -> Option<(Group, bool)> {
        let folds = self.filter.is_empty() && !self.classes.contains(&true);
        self.folds.heading(number).filter(|_| folds)
    }

    /// Orders the exchanges.
    pub fn sort(&mut self, sort: Sort) {
        self.rows.sort(sort);
    }

    /// Brings the exchanges into their order, once a frame; `true`: it is still to be done.
    pub fn arrange(&mut self) -> bool {
        self.rows.arrange(&self.exchanges)
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
        self.shown.number(row)
    }

    /// The row that shows the line called `number`, or the next one.
    pub fn row_of(&self, number: u64) -> usize {
        self.shown.row_of(number)
    }

    /// Replies of each class that the field lets through, whatever the chips say.
    pub fn counts(&self) -> [usize; CLASSES] {
        self.shown.counts()
    }

    /// The first line of the next reply behind `from` that is an error, or of the one before it; of those that are shown.
    pub fn error(&self, from: Option<u64>, forward: bool) -> Option<u64> {
        self.shown.error(from, forward, self.classes)
    }

    /// The first line of the next exchange that failed, in their order, behind the one that begins with `from`, or before.
    pub fn failed_exchange(&self, from: Option<u64>, forward: bool) -> Option<u64> {
        let row = from.and_then(|from| self.rows.row(self.exchange_of(from)?));
        let failed = |row: &usize| {
            let number = self.rows.number(*row);
            number.and_then(|number| self.exchanges.get(number)).is_some_and(Exchange::failed)
        };
        let found = if forward {
            (row.map_or(0, |row| row + 1)..self.rows.len()).find(failed)
        } else {
            (0..row.unwrap_or(self.rows.len())).rev().find(failed)
        };
        self.head(self.rows.number(found?)?)
    }

    /// When the first line came that is remembered.
    pub fn started(&self) -> Option<Timestamp> {
        self.started
    }

    /// The newest exchange that failed, to be announced.
    pub fn newest_failure(&self) -> Option<&Exchange> {
        self.failure.and_then(|number| self.exchanges.get(number))
    }

    /// The code of the reply that the line called `number` belongs to.
    pub fn code(&self, number: u64) -> Option<u16> {
        self.facts_at(number).map(|facts| facts.code).filter(|code| *code != 0)
    }

    /// The number of the command that the line called `number` answers.
    pub fn answers(&self, number: u64) -> Option<u64> {
        let facts = self.facts_at(number).filter(|facts| facts.code != 0)?;
        self.exchanges.get(facts.exchange)?.command.as_ref()?;
        self.head(facts.exchange)
    }

    /// The number of the exchange that the line called `number` belongs to.
    pub fn exchange_of(&self, number: u64) -> Option<u64> {
        self.facts_at(number).map(|facts| facts.exchange).filter(|exchange| *exchange != NOTHING)
    }

    /// All exchanges that are kept.
    pub fn exchanges(&self) -> &Exchanges {
        &self.exchanges
    }

    /// The exchanges that are shown.
    pub fn rows(&self) -> &ExchangeRows {
        &self.rows
    }

    /// How many rows of exchanges went away at the top since it was asked last.
    pub fn take_gone(&mut self) -> usize {
        std::mem::take(&mut self.gone)
    }

    /// The number of the first line of the exchange called `exchange`.
    pub fn head(&self, exchange: u64) -> Option<u64> {
        let index = exchange.checked_sub(self.exchanges.numbers().start)?;
        self.heads.get(usize::try_from(index).ok()?).copied()
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

    /// The numbers of all lines of the exchange that begins with the line called `head`: also its notes.
    pub fn lines_of(&self, transcript: &Transcript, head: u64) -> Vec<u64> {
        let Some(exchange) = self.exchange_of(head) else { return Vec::new() };
        let end = transcript.dropped() + transcript.len() as u64;
        (head..end).take(REACH).filter(|number| self.exchange_of(*number) == Some(exchange)).collect()
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
        self.shown.forget(dropped)
    }

    /// Lets go of exchanges that began before the oldest line.
    fn forget_exchanges(&mut self, transcript: &Transcript) {
        let oldest = transcript.get(0).map_or(u64::MAX, |line| line.seq);
        self.exchanges.forget(oldest);
        let gone = self.heads.len() - self.exchanges.iter().len();
        self.heads.drain(..gone);
        self.gone += self.rows.forget(self.exchanges.numbers().start);
        self.folds.forget(self.exchanges.numbers().start, self.heads.front().copied().unwrap_or(self.first));
    }

    /// Joins a line to its exchange.
    fn facts_of(&mut self, number: u64, line: &Line) -> Facts {
        let end = self.exchanges.numbers().end;
        self.started = self.started.or(Some(line.at));
        let Joined { number: joined, ended } = self.exchanges.push(line);
        if ended && line.code.is_some_and(|code| code >= 400) {
            self.failure = joined;
        }
        if self.exchanges.numbers().end > end {
            self.heads.push_back(number);
            let (heads, start) = (&self.heads, self.exchanges.numbers().start);
            let head_of = |exchange: u64| heads.get(usize::try_from(exchange.checked_sub(start)?).ok()?).copied();
            self.folds.begin(number, &self.exchanges, head_of);
        }
        let exchange = joined.unwrap_or(NOTHING);
        self.folds.count(exchange, line.at);
        let code = match (line.direction, line.code) {
            (Direction::Received, Some(code)) => code,
            (Direction::Received, None) => {
                let found = joined.and_then(|exchange| self.exchanges.get(exchange));
                found.and_then(Exchange::last_code).unwrap_or(0)
            }
            _ => 0,
        };
        Facts { code, exchange }
    }

    fn look_at_exchanges_anew(&mut self) {
        let cleared = self.heads.partition_point(|head| *head < self.cleared) as u64;
        self.rows.begin(self.exchanges.numbers().start + cleared);
    }

    /// Shows an exchange, or not, by what is known of it now.
    fn look_at_exchange(&mut self, number: u64) {
        let passing = self.exchanges.get(number).filter(|exchange| self.exchange_passes(exchange));
        let class = passing.map(|exchange| class_of(exchange.last_code()));
        self.rows.count(number, class);
        self.rows.show(number, class.is_some_and(|class| visible(self.classes, class)));
    }

    fn exchange_passes(&self, exchange: &Exchange) -> bool {
        self.connection.is_none_or(|connection| connection == exchange.connection)
            && self.filter.passes_exchange(exchange)
    }

    /// Shows a line, or not, by what is known of it now.
    fn look(&mut self, transcript: &Transcript, number: u64) {
        let Some(line) = line(transcript, number) else { return };
        let code = self.code(number);
        let exchange = self.exchange_of(number).and_then(|exchange| self.exchanges.get(exchange));
        let passes = self.connection.is_none_or(|connection| connection == line.connection)
            && self.filter.passes(Seen::line(line, code, exchange));
        let class = class_of(code);
        let is_shown = passes && self.is_shown(number, class);
        self.shown.put(number, (class, line.code.is_some()), passes, is_shown);
    }

    /// Looks once more at the lines of an exchange: it has gone on, or is folded with others.
    fn look_again(&mut self, transcript: &Transcript, exchange: u64) {
        let Some(head) = self.head(exchange) else { return };
        for number in (head..self.next).take(REACH) {
            if self.exchange_of(number) == Some(exchange) {
                self.look(transcript, number);
            }
        }
    }
}

/// The line called `number`.
pub fn line(transcript: &Transcript, number: u64) -> Option<&Line> {
    transcript.get(usize::try_from(number.checked_sub(transcript.dropped())?).ok()?)
}

#[cfg(test)]
mod tests;
