//! The lines of any number of control connections, joined to exchanges as they come.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;

use jiff::Timestamp;

use super::notes::{connected, connecting, data_end, data_open, is_unmade, size_fact};
use super::{Answer, Data, Exchange};
use crate::model::transcript::{ConnectionId, Direction, Line};

/// Commands of one connection that may wait for their replies; more than the protocol core lets out.
const OWED: usize = 256;
/// Preliminary replies of one command that are kept.
const PRELIMINARIES: usize = 16;

/// What is remembered of a connection between two lines.
#[derive(Debug, Default)]
struct Dialogue {
    /// Numbers of exchanges without a final reply, oldest first.
    owed: VecDeque<u64>,
    /// The newest exchange, to which notes belong.
    newest: Option<u64>,
    /// The one whose reply may still go on.
    replied: Option<u64>,
    /// The newest exchange that moves data.
    data: Option<u64>,
    /// The newest exchange that asked for a data connection.
    way: Option<u64>,
    /// A data connection that was made before its command.
    made: Option<Box<Data>>,
    /// TYPE A or another kind of text holds.
    text: bool,
    begun: bool,
    peer: Option<IpAddr>,
    connected: Option<(Timestamp, i64)>,
    secured: Option<Timestamp>,
}

/// Where a line belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Joined {
    /// The exchange; `None` for what comes before the first one.
    pub number: Option<u64>,
    /// Whether it got its final reply by it.
    pub ended: bool,
}

/// The exchanges of the newest lines, in the order in which they began; an exchange is named by its number.
#[derive(Debug)]
pub struct Exchanges {
    kept: VecDeque<Exchange>,
    gone: u64,
    capacity: usize,
    dialogues: BTreeMap<ConnectionId, Dialogue>,
}

impl Exchanges {
    /// Keeps at most `capacity` exchanges.
    pub fn new(capacity: usize) -> Self {
        Self { kept: VecDeque::new(), gone: 0, capacity: capacity.max(1), dialogues: BTreeMap::new() }
    }

    /// Takes the next line; answers where it belongs.
    pub fn push(&mut self, line: &Line) -> Joined {
        match (line.direction, line.code) {
            (Direction::Sent, _) => {
                let number = self.begin(line, Some(line.text.clone()));
                self.owe(line.connection, number);
                Joined { number: Some(number), ended: false }
            }
            (Direction::Received, Some(code)) => self.answered(line, code),
            (Direction::Received, None) => {
                let number = self.dialogues.get(&line.connection).and_then(|dialogue| dialogue.replied);
                if let Some(exchange) = number.and_then(|number| self.edit(number)).filter(|it| it.verb() == "MLST") {
                    exchange.size = exchange.size.or_else(|| size_fact(&line.text));
                }
                Joined { number, ended: false }
            }
            (Direction::Note, _) => Joined { number: self.noted(line), ended: false },
        }
    }

    /// The connection is closed: what it owes will not come. Answers the numbers of what it broke off.
    pub fn close(&mut self, connection: ConnectionId) -> Vec<u64> {
        let owed = self.dialogues.remove(&connection).map_or_else(VecDeque::new, |dialogue| dialogue.owed);
        owed.into_iter().filter(|number| self.edit(*number).map(|exchange| exchange.broken = true).is_some()).collect()
    }

    /// Forgets what began before the line `seq`, which is the oldest that is kept.
    pub fn forget(&mut self, seq: u64) {
        while self.kept.front().is_some_and(|exchange| exchange.seq < seq) {
            self.kept.pop_front();
            self.gone += 1;
        }
    }

    /// The exchange called `number`, while it is kept.
    pub fn get(&self, number: u64) -> Option<&Exchange> {
        self.kept.get(usize::try_from(number.checked_sub(self.gone)?).ok()?)
    }

    /// The numbers of all that are kept.
    pub fn numbers(&self) -> std::ops::Range<u64> {
        self.gone..self.gone + self.kept.len() as u64
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Exchange> + ExactSizeIterator {
        self.kept.iter()
    }

    /// What came before the exchange called `number` on its connection, newest first.
    pub fn before(&self, number: u64) -> impl Iterator<Item = &Exchange> + Clone {
        let connection = self.get(number).map(|exchange| exchange.connection);
        let count = usize::try_from(number.saturating_sub(self.gone)).unwrap_or(usize::MAX).min(self.kept.len());
        self.kept.range(..count).rev().filter(move |exchange| Some(exchange.connection) == connection)
    }

    fn edit(&mut self, number: u64) -> Option<&mut Exchange> {
        self.kept.get_mut(usize::try_from(number.checked_sub(self.gone)?).ok()?)
    }

    fn begin(&mut self, line: &Line, command: Option<String>) -> u64 {
        if self.kept.len() == self.capacity {
            self.kept.pop_front();
            self.gone += 1;
        }
        let number = self.gone + self.kept.len() as u64;
        let dialogue = self.dialogues.entry(line.connection).or_default();
        let mut exchange = Exchange {
            seq: line.seq,
            connection: line.connection,
            at: line.at,
            command,
            preliminary: Vec::new(),
            reply: None,
            data: None,
            secured: dialogue.secured.take(),
            connected: dialogue.connected.take(),
            broken: false,
            unmade: false,
            first: !std::mem::replace(&mut dialogue.begun, true),
            peer: dialogue.peer,
            transfer: line.transfer,
            text: false,
            size: None,
        };
        dialogue.newest = Some(number);
        if exchange.moves_data() {
            dialogue.data = Some(number);
            exchange.data = dialogue.made.take();
        } else if exchange.asks_for_data() {
            dialogue.way = Some(number);
        }
        self.kept.push_back(exchange);
        number
    }

    fn owe(&mut self, connection: ConnectionId, number: u64) {
        let owed = &mut self.dialogues.entry(connection).or_default().owed;
        if owed.len() == OWED {
            owed.pop_front();
        }
        owed.push_back(number);
    }

    /// A reply that is not preliminary pays the oldest command that is owed one.
    fn answered(&mut self, line: &Line, code: u16) -> Joined {
        let preliminary = code < 200;
        // Some servers answer the second of two commands first; a path is no answer to CWD.
        let swapped = (code == 257).then(|| self.path_before(line.connection)).flatten();
        let owed = &mut self.dialogues.entry(line.connection).or_default().owed;
        let paid = match swapped.and_then(|at| owed.remove(at)) {
            Some(number) => Some(number),
            None if preliminary => owed.front().copied(),
            None => owed.pop_front(),
        };
        let number = paid.unwrap_or_else(|| {
            let number = self.begin(line, None);
            if preliminary {
                self.owe(line.connection, number);
            }
            number
        });
        let dialogue = self.dialogues.entry(line.connection).or_default();
        dialogue.replied = Some(number);
        let text = dialogue.text;
        let answer = Answer { seq: line.seq, code, at: line.at, text: line.text.clone() };
        let Some(exchange) = self.edit(number) else { return Joined::default() };
        if !preliminary {
            if (exchange.verb(), code) == ("SIZE", 213) {
                exchange.size = answer.text.get(4..).and_then(|text| text.trim().parse().ok());
            }
            exchange.reply = Some(answer);
            exchange.text = text;
            if (exchange.verb(), code / 100) == ("TYPE", 2) {
                let text = !exchange.argument().starts_with(['I', 'i', 'L', 'l']);
                self.dialogues.entry(line.connection).or_default().text = text;
            }
        } else if exchange.preliminary.len() < PRELIMINARIES {
            exchange.preliminary.push(answer);
        }
        Joined { number: Some(number), ended: !preliminary }
    }

    /// Where PWD waits right behind CWD.
    fn path_before(&self, connection: ConnectionId) -> Option<usize> {
        let owed = &self.dialogues.get(&connection)?.owed;
        let verb = |at: usize| owed.get(at).and_then(|number| self.get(*number)).map(Exchange::verb);
        (matches!(verb(0), Some("CWD" | "CDUP")) && verb(1) == Some("PWD")).then_some(1)
    }

    fn noted(&mut self, line: &Line) -> Option<u64> {
        let dialogue = self.dialogues.entry(line.connection).or_default();
        dialogue.peer = dialogue.peer.or_else(|| connecting(&line.text));
        let newest = dialogue.newest;
        if let Some((peer, connecting)) = connected(&line.text) {
            (dialogue.peer, dialogue.connected) = (peer.or(dialogue.peer), Some((line.at, connecting)));
        } else if let Some(opened) = data_open(line) {
            return self.data_opened(line.connection, opened).or(newest);
        } else if is_unmade(line) {
            let number = dialogue.way;
            if let Some(exchange) = number.and_then(|number| self.edit(number)) {
                exchange.unmade = true;
                return number;
            }
        } else if let Some(end) = data_end(line) {
            let number = dialogue.data;
            if let Some(exchange) = number.and_then(|number| self.edit(number)) {
                exchange.data.get_or_insert_default().end = Some(end);
                return number;
            }
        } else if line.text.contains(", certificate sha256 ") {
            match newest {
                None => dialogue.secured = Some(line.at),
                Some(number) => {
                    if let Some(exchange) = self.edit(number).filter(|exchange| exchange.verb() == "AUTH") {
                        exchange.secured = Some(line.at);
                    }
                }
            }
        }
        newest
    }

    /// It belongs to the command that waits for it; one that was made before its command waits for that.
    fn data_opened(&mut self, connection: ConnectionId, opened: Data) -> Option<u64> {
        let dialogue = self.dialogues.entry(connection).or_default();
        let opened = Box::new(Data { asked: dialogue.way, ..opened });
        let number = dialogue.data;
        let waits = |exchange: &&mut Exchange| exchange.reply.is_none() && exchange.data.is_none();
        if let Some(exchange) = number.and_then(|number| self.edit(number)).filter(waits) {
            exchange.data = Some(opened);
            return number;
        }
        let dialogue = self.dialogues.entry(connection).or_default();
        dialogue.made = Some(opened);
        dialogue.way
    }
}
