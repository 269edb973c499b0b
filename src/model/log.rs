//! A log that is all there, such as one from a file: its lines, each with its exchange.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use super::exchange::{Exchange, Exchanges};
use super::export::{Format, Masks};
use super::foreign::Program;
use super::log_filter::{Filter, Seen};
use super::transcript::{ConnectionId, Direction, Line, Transcript};

/// Lines behind the first one of an exchange among which its others are looked for.
const REACH: usize = 20_000;

/// A log that was opened from a file.
#[derive(Clone, Debug)]
pub struct OpenedLog {
    /// The file.
    pub path: PathBuf,
    /// Who wrote it.
    pub program: Program,
    /// Its lines; of very many the newest.
    pub transcript: Transcript,
    /// Lines that are no part of a dialogue.
    pub unread: u64,
}

/// A log that is to be written into a file for others.
#[derive(Clone, Debug)]
pub struct LogExport {
    /// The log.
    pub log: Arc<Log>,
    /// Its lines that are exported.
    pub rows: Arc<[usize]>,
    /// In which form.
    pub format: Format,
    /// What is hidden.
    pub masks: Masks,
    /// The file.
    pub path: PathBuf,
}

/// Lines with what they tell together.
#[derive(Debug)]
pub struct Log {
    lines: Vec<Line>,
    facts: Vec<Facts>,
    exchanges: Exchanges,
    /// The index of the first line of each exchange.
    heads: Vec<usize>,
}

/// What a line belongs to.
#[derive(Clone, Copy, Debug)]
struct Facts {
    exchange: Option<u64>,
    /// Of the reply, also for the lines that continue it.
    code: Option<u16>,
}

impl Log {
    /// Of all `lines`; nothing comes after them, so that what is owed is broken off.
    pub fn of(lines: Vec<Line>) -> Self {
        let mut exchanges = Exchanges::new(usize::MAX);
        let mut codes: BTreeMap<ConnectionId, u16> = BTreeMap::new();
        let mut facts = Vec::with_capacity(lines.len());
        let mut heads = Vec::new();
        for (index, line) in lines.iter().enumerate() {
            let exchange = exchanges.push(line).number;
            heads.resize(heads.len().max(exchanges.iter().len()), index);
            if let Some(code) = line.code {
                codes.insert(line.connection, code);
            }
            let code = codes.get(&line.connection).copied().filter(|_| line.direction == Direction::Received);
            facts.push(Facts { exchange, code });
        }
        let connections: BTreeSet<ConnectionId> = lines.iter().map(|line| line.connection).collect();
        connections.into_iter().for_each(|connection| drop(exchanges.close(connection)));
        Self { lines, facts, exchanges, heads }
    }

    /// All lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// All exchanges.
    pub fn exchanges(&self) -> &Exchanges {
        &self.exchanges
    }

    /// The exchange that the line at `index` belongs to.
    pub fn exchange(&self, index: usize) -> Option<&Exchange> {
        self.exchanges.get(self.facts.get(index)?.exchange?)
    }

    /// The number of the exchange that the line at `index` belongs to.
    pub fn number(&self, index: usize) -> Option<u64> {
        self.facts.get(index)?.exchange
    }

    /// The lines of the exchange called `number`, of very many the first.
    pub fn lines_of(&self, number: u64) -> impl Iterator<Item = &Line> {
        let head = usize::try_from(number).ok().and_then(|number| self.heads.get(number).copied());
        let first = head.unwrap_or(self.lines.len());
        let near = self.lines[first..].iter().zip(&self.facts[first..]).take(REACH);
        near.filter(move |(_, facts)| facts.exchange == Some(number)).map(|(line, _)| line)
    }

    /// The indices of the lines that pass `filter`.
    pub fn passing(&self, filter: &Filter) -> Vec<usize> {
        let passes = |index: &usize| {
            filter.passes(Seen::line(&self.lines[*index], self.facts[*index].code, self.exchange(*index)))
        };
        (0..self.lines.len()).filter(passes).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::tests::lines;

    #[test]
    fn lines_pass_by_what_their_exchange_came_to() {
        let log = Log::of(lines(
            "S: 220 hi\n C: FEAT\n S: 211-Here\n +  MDTM\n + 211 End\n C: RETR a.zip\n S: 150 go\n wait 3\n S: 226 ok\n C: NOOP",
        ));
        for (typed, expected) in [
            ("code:211", &[2, 3, 4][..]),
            ("took:>1s", &[5, 6, 7]),
            ("file:*.zip -dir:out", &[6, 7]),
            ("is:broken", &[8]),
            ("mdtm", &[3]),
        ] {
            assert_eq!(log.passing(&Filter::parse(typed).unwrap()), expected, "{typed}");
        }
        let feat: Vec<_> = log.lines_of(1).map(|line| line.text.as_str()).collect();
        assert_eq!((feat, log.lines_of(9).count()), (vec!["FEAT", "211-Here", " MDTM", "211 End"], 0));
        assert_eq!((log.exchange(3).map(Exchange::verb), log.number(0)), (Some("FEAT"), Some(0)));
    }
}
