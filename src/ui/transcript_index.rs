//! What the reply log knows of each line beyond the line itself, and which lines its filter shows: kept up to date a
//! bounded step at a time, never computed while drawing.

use std::collections::VecDeque;

use jiff::Timestamp;

use crate::model::exchange::Joined;
use crate::model::log_filter::{Filter, Seen};
use crate::model::{ConnectionId, Direction, Exchange, Exchanges, Line, Transcript};

use super::transcript_fold::{Folds, Group};
use super::transcript_order::{ExchangeRows, Sort};

/// Lines that one step looks at: a fraction of a millisecond's work.
pub const STEP: usize = 2_000;

/// Lines before and behind a line among which its reply or command is looked for.
const REACH: usize = 20_000;

/// `exchange` of a line that belongs to none.
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
    /// The number of the exchange that it belongs to.
    exchange: u64,
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
            let Self { filter, connection, classes, folds, .. } = std::mem::take(self);
            *self = Self { filter, connection, classes, ..Self::default() };
            self.folds.set(folds.is_on());
        }
        let gone = self.forget(transcript.dropped().max(self.cleared));
        self.forget_exchanges(transcript);
        let end = transcript.dropped() + transcript.len() as u64;
        let mut budget = STEP;
        while self.first + (self.facts.len() as u64) < end && budget > 0 {
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
        while self.next < known && budget > 0 {
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
        self.found.clear();
        self.shown.clear();
        self.counts = [0; CLASSES];
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
        let shown =
            self.found.iter().filter(|found| self.is_shown(found.number, found.class)).map(|found| found.number);
        self.shown = shown.collect();
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

    /// The first line of the next reply behind `from` that is an error, or of the one before it; of those that are shown.
    pub fn error(&self, from: Option<u64>, forward: bool) -> Option<u64> {
        let is_error = |found: &&Found| found.first && found.class >= 3 && visible(self.classes, found.class);
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
        while self.found.front().is_some_and(|found| found.number < dropped) {
            if let Some(found) = self.found.pop_front().filter(|found| found.first) {
                self.counts[usize::from(found.class)] -= 1;
            }
        }
        let hidden = self.shown.partition_point(|number| *number < dropped);
        self.shown.drain(..hidden);
        hidden
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
        let passes = self.exchanges.get(number).is_some_and(|exchange| self.exchange_passes(exchange));
        self.rows.show(number, passes);
    }

    fn exchange_passes(&self, exchange: &Exchange) -> bool {
        self.connection.is_none_or(|connection| connection == exchange.connection)
            && visible(self.classes, class_of(exchange.last_code()))
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
        let first = line.code.is_some() && usize::from(class) < CLASSES;
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
        match (self.shown.binary_search(&number), passes && self.is_shown(number, class)) {
            (Err(at), true) => self.shown.insert(at, number),
            (Ok(at), false) => drop(self.shown.remove(at)),
            _ => {}
        }
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
            seq: transcript.dropped() + transcript.len() as u64 + 1,
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

    fn exchanges(index: &Index) -> Vec<&str> {
        let rows = (0..index.rows().len()).filter_map(|row| index.rows().number(row));
        rows.filter_map(|number| index.exchanges().get(number)).map(Exchange::verb).collect()
    }

    #[test]
    fn the_same_filter_and_chips_show_exchanges() {
        let mut transcript = dialogue();
        let mut index = Index::default();
        index.follow(&transcript);
        assert_eq!(exchanges(&index), ["", "FEAT", "", "CWD", "RETR", "DELE"]);
        assert_eq!((index.exchange_of(6), index.head(1), index.exchange_of(0)), (Some(1), Some(2), None));
        index.set_filter(Filter::parse("-is:error -verb:CWD").unwrap(), None);
        index.follow(&transcript);
        assert_eq!(exchanges(&index), ["", "FEAT", "", "RETR"]);
        index.set_filter(Filter::default(), Some(ConnectionId(1)));
        index.set_classes([false, false, false, false, true]);
        index.follow(&transcript);
        assert_eq!(exchanges(&index), ["DELE"]);
        push(&mut transcript, 1, "> RMD x");
        index.follow(&transcript);
        assert_eq!(exchanges(&index), ["DELE"], "nobody knows yet how it ends");
        push(&mut transcript, 1, "< 550 no");
        index.follow(&transcript);
        assert_eq!(exchanges(&index), ["DELE", "RMD"]);
        index.clear(&transcript);
        index.set_classes([false; CLASSES]);
        index.follow(&transcript);
        assert!(exchanges(&index).is_empty(), "cleared away");
        push(&mut transcript, 1, "> NOOP");
        index.follow(&transcript);
        index.close(&transcript, ConnectionId(1));
        assert!(index.exchanges().iter().last().unwrap().broken);
        assert_eq!(exchanges(&index), ["NOOP"]);
    }

    #[test]
    fn a_filter_by_what_came_of_it_finds_the_command_too() {
        let mut transcript = dialogue();
        let mut index = Index::default();
        index.set_filter(Filter::parse("is:error").unwrap(), None);
        index.follow(&transcript);
        let before = shown(&index);
        push(&mut transcript, 1, "> RMD x");
        index.follow(&transcript);
        assert_eq!(shown(&index), before);
        index.set_filter(Filter::parse("is:waiting").unwrap(), None);
        index.follow(&transcript);
        assert_eq!((shown(&index), exchanges(&index)), (vec![14], vec!["RMD"]));
        push(&mut transcript, 1, "< 550 no");
        index.follow(&transcript);
        assert_eq!((shown(&index), exchanges(&index)), (vec![], vec![]), "it waits no longer");
        assert_eq!(index.counts(), [0; CLASSES]);
    }

    #[test]
    fn noise_folds_under_its_first_line_and_errors_never() {
        let mut transcript = Transcript::new(100);
        for text in [
            "< 220 hello",
            "> AUTH TLS",
            "< 502 no",
            "> USER me",
            "< 230 in",
            "> CWD /a",
            "< 250 ok",
            "> EPSV",
            "< 229 (|||5000|)",
            "* Data connection to 192.0.2.1:5000 is open after 1 ms",
            "> MLSD",
            "< 150 go",
            "* Data connection: 5 bytes in 1 ms",
            "< 226 done",
            "> NOOP",
            "< 200 ok",
            "> NOOP",
            "< 200 ok",
        ] {
            push(&mut transcript, 1, text);
        }
        let mut index = Index::default();
        index.follow(&transcript);
        assert_eq!(index.len(), 18, "nothing is hidden at first");
        index.set_folds(true);
        assert_eq!(shown(&index), [0, 2, 5, 6, 7, 14]);
        let heading = |index: &Index, head| {
            index.folds().heading(head).map(|(group, open)| (group.noise.name(), group.lines, open))
        };
        assert_eq!(heading(&index, 0), Some(("Log-in", 5, false)));
        assert_eq!(heading(&index, 7), Some(("Listing", 7, false)));
        assert_eq!((heading(&index, 14), heading(&index, 5)), (Some(("Keep-alive", 4, false)), None));
        index.turn_fold(7);
        assert_eq!(shown(&index), [0, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]);
        push(&mut transcript, 1, "> NOOP");
        push(&mut transcript, 1, "< 421 Timeout");
        index.follow(&transcript);
        assert_eq!(shown(&index)[11..], [14, 19], "the error stays in sight");
        index.set_filter(Filter::parse("230").unwrap(), None);
        index.follow(&transcript);
        assert_eq!(shown(&index), [4], "what is looked for is found");
        let mut late = Index::default();
        late.set_folds(true);
        late.follow(&transcript);
        assert_eq!(shown(&late), [0, 2, 5, 6, 7, 14, 19], "whenever it is folded");
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
        assert_eq!((index.rows().len(), index.head(4), index.head(0)), (2, Some(8), None));
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
        assert_eq!((steps, index.len()), (5, 2 * STEP), "lines, then the filter, then exchanges");
        assert_eq!(index.rows().len(), 2 * STEP);
    }
}
