//! Commands with what came of them: the lines of any number of control connections, joined to exchanges as they come.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, SocketAddr};

use jiff::Timestamp;

use super::transcript::{ConnectionId, Direction, Line};
use super::transfer::TransferId;

/// Commands of one connection that may wait for their replies; more than the protocol core lets out.
const OWED: usize = 256;
/// Preliminary replies of one command that are kept.
const PRELIMINARIES: usize = 16;

/// The first line of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The line's number, by which the rest of the reply is found.
    pub seq: u64,
    /// Its code.
    pub code: u16,
    /// When it came.
    pub at: Timestamp,
    /// The line, with its code.
    pub text: String,
}

/// How a data connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Data {
    /// Bytes that crossed it.
    pub bytes: u64,
    /// Whether its TLS session was resumed; `None` in clear.
    pub resumed: Option<bool>,
    /// Whether its end was authentic.
    pub clean: bool,
}

/// One command and what came of it; or what the server said unasked, such as its greeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The number of its first line.
    pub seq: u64,
    /// On which control connection.
    pub connection: ConnectionId,
    /// When the command was sent, or the server began to speak unasked.
    pub at: Timestamp,
    /// The command as it is shown; `None` where nothing was asked.
    pub command: Option<String>,
    /// Preliminary replies.
    pub preliminary: Vec<Answer>,
    /// The final reply; `None` while it is owed, and for good where the connection broke.
    pub reply: Option<Answer>,
    /// The end of its data connection.
    pub data: Option<Data>,
    /// The connection ended before the final reply.
    pub broken: bool,
    /// Whether it is the first on its connection: the greeting.
    pub first: bool,
    /// The server's address, where the log tells it.
    pub peer: Option<IpAddr>,
    /// The transfer that it was for.
    pub transfer: Option<TransferId>,
}

impl Exchange {
    /// The command's first word; empty where nothing was asked.
    pub fn verb(&self) -> &str {
        self.command.as_deref().and_then(|command| command.split(' ').next()).unwrap_or_default()
    }

    /// What stands behind the verb.
    pub fn argument(&self) -> &str {
        self.command.as_deref().and_then(|command| command.split_once(' ')).map_or("", |(_, argument)| argument)
    }

    /// Whether the command moves bytes over a data connection.
    pub fn moves_data(&self) -> bool {
        matches!(self.verb(), "RETR" | "STOR" | "APPE" | "STOU" | "LIST" | "NLST" | "MLSD")
    }

    /// The code of the final reply.
    pub fn code(&self) -> Option<u16> {
        self.reply.as_ref().map(|reply| reply.code)
    }

    /// The final reply's first line; empty while there is none.
    pub fn text(&self) -> &str {
        self.reply.as_ref().map_or("", |reply| &reply.text)
    }

    /// Milliseconds until the first reply.
    pub fn wait(&self) -> Option<i128> {
        let first = self.preliminary.first().or(self.reply.as_ref())?;
        Some(first.at.duration_since(self.at).as_millis())
    }

    /// Milliseconds until the final reply.
    pub fn took(&self) -> Option<i128> {
        Some(self.reply.as_ref()?.at.duration_since(self.at).as_millis())
    }
}

/// What is remembered of a connection between two lines.
#[derive(Debug, Default)]
struct Dialogue {
    /// Numbers of exchanges without a final reply, oldest first.
    owed: VecDeque<u64>,
    /// The newest exchange that moves data.
    data: Option<u64>,
    begun: bool,
    peer: Option<IpAddr>,
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

    /// Takes the next line. Answers the number of an exchange that got its final reply by it.
    pub fn push(&mut self, line: &Line) -> Option<u64> {
        match (line.direction, line.code) {
            (Direction::Sent, _) => {
                let number = self.begin(line, Some(line.text.clone()));
                self.owe(line.connection, number);
                None
            }
            (Direction::Received, Some(code)) => self.answered(line, code),
            (Direction::Received, None) => None,
            (Direction::Note, _) => {
                self.noted(line);
                None
            }
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
        let exchange = Exchange {
            seq: line.seq,
            connection: line.connection,
            at: line.at,
            command,
            preliminary: Vec::new(),
            reply: None,
            data: None,
            broken: false,
            first: !std::mem::replace(&mut dialogue.begun, true),
            peer: dialogue.peer,
            transfer: line.transfer,
        };
        if exchange.moves_data() {
            dialogue.data = Some(number);
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
    fn answered(&mut self, line: &Line, code: u16) -> Option<u64> {
        let preliminary = code < 200;
        let owed = &mut self.dialogues.entry(line.connection).or_default().owed;
        let paid = if preliminary { owed.front().copied() } else { owed.pop_front() };
        let number = paid.unwrap_or_else(|| {
            let number = self.begin(line, None);
            if preliminary {
                self.owe(line.connection, number);
            }
            number
        });
        let answer = Answer { seq: line.seq, code, at: line.at, text: line.text.clone() };
        let exchange = self.edit(number)?;
        if !preliminary {
            exchange.reply = Some(answer);
            return Some(number);
        }
        if exchange.preliminary.len() < PRELIMINARIES {
            exchange.preliminary.push(answer);
        }
        None
    }

    fn noted(&mut self, line: &Line) {
        let dialogue = self.dialogues.entry(line.connection).or_default();
        if let Some(peer) = connected(&line.text) {
            dialogue.peer = Some(peer);
        } else if let Some(data) = data_end(&line.text)
            && let Some(number) = dialogue.data
            && let Some(exchange) = self.edit(number)
        {
            exchange.data = Some(data);
        }
    }
}

/// `Connected to 192.0.2.1:21 in 3 ms`: whom a log says that it is with.
fn connected(note: &str) -> Option<IpAddr> {
    let address = note.strip_prefix("Connected to ")?.split(' ').next()?;
    address.parse::<SocketAddr>().ok().map(|address| address.ip().to_canonical())
}

/// `Data connection: 12 bytes in 3 ms, TLS 1.3, session resumed`: what a log says of a data connection's end.
fn data_end(note: &str) -> Option<Data> {
    let (bytes, rest) = note.strip_prefix("Data connection: ")?.split_once(" bytes in ")?;
    let resumed = rest.contains(", session ").then(|| rest.contains(", session resumed"));
    Some(Data { bytes: bytes.parse().ok()?, resumed, clean: !rest.contains(", ended without close_notify") })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The lines of a dialogue: `C:` sent, `S:` the first line of a reply, `+` one that continues it, `N:` a note. `@3`
    /// in front: on connection 3. `wait 300`: seconds go by.
    pub(in crate::model) fn lines(dialogue: &str) -> Vec<Line> {
        let mut at = Timestamp::UNIX_EPOCH;
        let mut lines = Vec::new();
        for typed in dialogue.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (connection, typed) = match typed.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
                Some((connection, rest)) => (connection.parse().unwrap(), rest),
                None => (1, typed),
            };
            let (kind, text) = typed.split_once(' ').unwrap();
            if kind == "wait" {
                at += jiff::SignedDuration::from_secs(text.parse().unwrap());
                continue;
            }
            at += jiff::SignedDuration::from_millis(10);
            let direction = match kind {
                "C:" => Direction::Sent,
                "S:" | "+" => Direction::Received,
                _ => Direction::Note,
            };
            let code = if kind == "S:" { text[..3].parse().ok() } else { None };
            let (seq, connection) = (lines.len() as u64 + 1, ConnectionId(connection));
            let text = text.to_owned();
            lines.push(Line { seq, at, connection, direction, code, text, raw: None, transfer: None });
        }
        lines
    }

    pub(in crate::model) fn joined(dialogue: &str) -> Exchanges {
        let mut exchanges = Exchanges::new(1000);
        for line in lines(dialogue) {
            exchanges.push(&line);
        }
        exchanges
    }

    fn pairs(exchanges: &Exchanges) -> Vec<(u32, &str, Option<u16>)> {
        exchanges.iter().map(|exchange| (exchange.connection.0, exchange.verb(), exchange.code())).collect()
    }

    #[test]
    fn connections_that_talk_at_once_are_kept_apart() {
        let exchanges = joined(
            "N: Connected to 192.0.2.1:21 in 3 ms\n S: 220 hello\n @2 S: 120 soon\n C: FEAT\n @2 S: 220 other\n \
             S: 211-Features\n +  MDTM\n @2 C: RETR x\n + 211 End\n @2 S: 150 go\n \
             @2 N: Data connection: 12 bytes in 3 ms, TLS 1.3, session resumed\n @2 S: 226 done",
        );
        let expected = [(1, "", Some(220)), (2, "", Some(220)), (1, "FEAT", Some(211)), (2, "RETR", Some(226))];
        assert_eq!(pairs(&exchanges), expected);
        let all: Vec<_> = exchanges.iter().collect();
        assert_eq!(all[2].peer, "192.0.2.1".parse().ok());
        assert_eq!((all[3].wait(), all[3].took(), all[3].argument()), (Some(20), Some(40), "x"));
        assert_eq!(all[3].data, Some(Data { bytes: 12, resumed: Some(true), clean: true }));
        assert!(all[0].first && all[1].first && !all[2].first);
        assert_eq!(exchanges.before(3).map(|exchange| exchange.seq).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn replies_pay_the_oldest_of_commands_that_were_sent_together() {
        let exchanges =
            joined("S: 220 hi\n C: RETR x\n C: EPSV\n S: 150 go\n S: 226 done\n S: 229 (|||5000|)\n S: 421 bye");
        let expected = [(1, "", Some(220)), (1, "RETR", Some(226)), (1, "EPSV", Some(229)), (1, "", Some(421))];
        assert_eq!(pairs(&exchanges), expected);
    }

    #[test]
    fn what_is_broken_off_says_so() {
        let mut exchanges = joined("S: 220 hi\n C: RETR x\n S: 150 go");
        assert_eq!(exchanges.close(ConnectionId(1)), [1]);
        assert!(exchanges.get(1).unwrap().broken && !exchanges.get(0).unwrap().broken);
    }

    #[test]
    fn a_million_lines_stay_within_the_bound() {
        let lines = lines("C: NOOP\n S: 200 ok");
        let mut exchanges = Exchanges::new(1000);
        for _ in 0..500_000 {
            for line in &lines {
                exchanges.push(line);
            }
        }
        assert_eq!(exchanges.numbers(), 499_000..500_000);
        assert!(exchanges.get(0).is_none() && exchanges.get(499_999).unwrap().code() == Some(200));
        exchanges.forget(u64::MAX);
        assert!(exchanges.numbers().is_empty());
    }
}
