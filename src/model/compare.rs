//! Two logs side by side: which exchanges of one are those of the other, and where they part.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::Arc;

use super::exchange::{Exchange, Exchanges};
use super::log::Log;
use super::transcript::{ConnectionId, Line};

/// Exchanges that are set against one another at once; longer logs are taken in parts of so many.
const MOST: usize = 2000;

/// A log that is to be compared.
#[derive(Clone, Debug)]
pub enum Source {
    /// One in a file.
    File(PathBuf),
    /// Lines that are there, and what they are called.
    Lines(String, Vec<Line>),
}

/// Two logs side by side.
#[derive(Clone, Debug)]
pub struct Comparison {
    /// The log on the left.
    pub left: Compared,
    /// The log on the right.
    pub right: Compared,
    /// Their exchanges.
    pub pairs: Vec<Pair>,
}

/// One of two logs that were compared.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The file's name, or what else it is called.
    pub name: String,
    /// Where the file lies; empty for what is no file.
    pub path: PathBuf,
    /// Its lines.
    pub log: Arc<Log>,
}

impl Comparison {
    /// Of two logs.
    pub fn of(left: Compared, right: Compared) -> Self {
        let pairs = compare(left.log.exchanges(), right.log.exchanges());
        Self { left, right, pairs }
    }
}

/// How two exchanges are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alike {
    /// The same was asked, and the same code answered.
    Same,
    /// The same was asked, and another code answered.
    Answered,
    /// Only the left log has it.
    Left,
    /// Only the right log has it.
    Right,
}

/// An exchange of the left log beside that of the right one, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Of the left log.
    pub left: Option<u64>,
    /// Of the right log.
    pub right: Option<u64>,
    /// How they are alike.
    pub alike: Alike,
}

/// The exchanges of both, connection by connection, as few apart as can be.
pub fn compare(left: &Exchanges, right: &Exchanges) -> Vec<Pair> {
    let mut names = HashMap::new();
    let (ours, theirs) = (by_connection(left, &mut names), by_connection(right, &mut names));
    let mut pairs = Vec::new();
    let (mut from, mut to) = (ours.as_slice(), theirs.as_slice());
    while !from.is_empty() || !to.is_empty() {
        let begins_alike = from.iter().zip(to).take_while(|(here, there)| here.command == there.command).count();
        pairs.extend(from[..begins_alike].iter().zip(to).map(|(here, there)| both(here, there)));
        (from, to) = (&from[begins_alike..], &to[begins_alike..]);
        let (part, other) = (from.len().min(MOST), to.len().min(MOST));
        let mut found = align(&from[..part], &to[..other]);
        if part < from.len() || other < to.len() {
            // What stands alone at the end of a part may have its like in the next one.
            let last = found.iter().rposition(|pair| matches!(pair.alike, Alike::Same | Alike::Answered));
            found.truncate(last.map_or(found.len(), |last| last + 1));
        }
        from = &from[found.iter().filter(|pair| pair.left.is_some()).count()..];
        to = &to[found.iter().filter(|pair| pair.right.is_some()).count()..];
        pairs.append(&mut found);
    }
    pairs
}

/// What is compared of an exchange.
#[derive(Debug)]
struct Asked {
    number: u64,
    /// Equal for equal commands.
    command: usize,
    code: Option<u16>,
}

/// All exchanges, those of the connection that began first in front.
fn by_connection<'a>(exchanges: &'a Exchanges, names: &mut HashMap<&'a str, usize>) -> Vec<Asked> {
    let mut connections: BTreeMap<ConnectionId, u64> = BTreeMap::new();
    let mut all = Vec::new();
    for number in exchanges.numbers() {
        let Some(exchange) = exchanges.get(number) else { continue };
        let place = *connections.entry(exchange.connection).or_insert(number);
        let next = names.len();
        let command = *names.entry(command(exchange)).or_insert(next);
        all.push((place, Asked { number, command, code: exchange.code() }));
    }
    all.sort_by_key(|(place, _)| *place);
    all.into_iter().map(|(_, asked)| asked).collect()
}

/// The command as it is compared, empty for what the server said unasked: without the port, which is another every time.
fn command(exchange: &Exchange) -> &str {
    if matches!(exchange.verb(), "PORT" | "EPRT") {
        return exchange.verb();
    }
    exchange.command.as_deref().unwrap_or_default()
}

fn both(here: &Asked, there: &Asked) -> Pair {
    let alike = if here.code == there.code { Alike::Same } else { Alike::Answered };
    Pair { left: Some(here.number), right: Some(there.number), alike }
}

/// Sets two parts against one another by their longest common sequence of commands.
fn align(left: &[Asked], right: &[Asked]) -> Vec<Pair> {
    let width = right.len() + 1;
    // The longest sequence from each pair of places on.
    let mut longest = vec![0_u16; (left.len() + 1) * width];
    for at in (0..left.len()).rev() {
        for other in (0..right.len()).rev() {
            longest[at * width + other] = if left[at].command == right[other].command {
                longest[(at + 1) * width + other + 1] + 1
            } else {
                longest[(at + 1) * width + other].max(longest[at * width + other + 1])
            };
        }
    }
    let (mut at, mut other) = (0, 0);
    let mut pairs = Vec::new();
    while at < left.len() || other < right.len() {
        let (here, there) = (left.get(at), right.get(other));
        let pair = match (here, there) {
            (Some(here), Some(there)) if here.command == there.command => both(here, there),
            (Some(here), there)
                if there.is_none() || longest[(at + 1) * width + other] >= longest[at * width + other + 1] =>
            {
                Pair { left: Some(here.number), right: None, alike: Alike::Left }
            }
            (_, there) => Pair { left: None, right: there.map(|there| there.number), alike: Alike::Right },
        };
        at += usize::from(pair.left.is_some());
        other += usize::from(pair.right.is_some());
        pairs.push(pair);
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::tests::joined;

    fn told(left: &str, right: &str) -> Vec<(String, Alike)> {
        let (left, right) = (joined(left), joined(right));
        let verb = |exchanges: &Exchanges, number: Option<u64>| exchanges.get(number?).map(|all| all.verb().to_owned());
        let word = |pair: &Pair| verb(&left, pair.left).or_else(|| verb(&right, pair.right)).unwrap();
        compare(&left, &right).iter().map(|pair| (word(pair), pair.alike)).collect()
    }

    /// As `joined`, however many there are.
    fn all(dialogue: &str) -> Exchanges {
        let mut exchanges = Exchanges::new(usize::MAX);
        for line in crate::model::exchange::tests::lines(dialogue) {
            exchanges.push(&line);
        }
        exchanges
    }

    #[test]
    fn the_same_dialogue_is_the_same_whatever_the_ports_and_texts() {
        let left = "S: 220 a\n C: PORT 1,2,3,4,5,6\n S: 200 ok\n C: LIST\n S: 150 go\n S: 226 done";
        let right = "S: 220 other\n C: PORT 9,2,3,4,5,6\n S: 200 Fine\n C: LIST\n S: 125 go\n S: 226 all";
        assert!(told(left, right).iter().all(|(_, alike)| *alike == Alike::Same));
    }

    #[test]
    fn what_only_one_has_stands_alone() {
        let left = "S: 220 a\n C: SYST\n S: 215 x\n C: FEAT\n S: 211 y\n C: RETR x\n S: 226 z";
        let right = "S: 220 a\n C: FEAT\n S: 500 y\n C: OPTS UTF8 ON\n S: 200 z\n C: RETR x\n S: 226 z";
        let expected = [
            ("", Alike::Same),
            ("SYST", Alike::Left),
            ("FEAT", Alike::Answered),
            ("OPTS", Alike::Right),
            ("RETR", Alike::Same),
        ];
        assert_eq!(told(left, right), expected.map(|(verb, alike)| (verb.to_owned(), alike)));
        assert_eq!(told("", "S: 220 a").len(), 1);
    }

    #[test]
    fn connections_that_talk_at_once_are_set_apart() {
        let left = "S: 220 a\n @2 S: 220 b\n C: NOOP\n @2 C: PWD\n @2 S: 257 x\n S: 200 y";
        let right = "S: 220 a\n C: NOOP\n S: 200 y\n @5 S: 220 b\n @5 C: PWD\n @5 S: 257 x";
        let told = told(left, right);
        assert!(told.len() == 4 && told.iter().all(|(_, alike)| *alike == Alike::Same), "{told:?}");
    }

    #[test]
    fn long_logs_take_bounded_memory() {
        let dialogue = "C: NOOP\n S: 200 ok\n".repeat(3 * MOST);
        let exchanges = all(&dialogue);
        let pairs = compare(&exchanges, &exchanges);
        assert!(pairs.len() == 3 * MOST && pairs.iter().all(|pair| pair.alike == Alike::Same));
    }

    #[test]
    fn one_command_more_does_not_tear_long_logs_apart() {
        let dialogue = |from: usize| -> String {
            (from..3 * MOST).map(|number| format!("C: SIZE {number}\n S: 213 1\n")).collect()
        };
        let apart = |left: &str, right: &str| {
            let pairs = compare(&all(left), &all(right));
            (pairs.len(), pairs.iter().filter(|pair| pair.alike != Alike::Same).count())
        };
        let (whole, late) = (dialogue(0), dialogue(5));
        assert_eq!(apart(&whole, &late), (3 * MOST, 5));
        assert_eq!(apart(&late, &whole), (3 * MOST, 5));
        let strange = "C: NOOP\n S: 200 ok\n".repeat(2 * MOST + 1);
        assert_eq!(apart(&whole, &strange), (5 * MOST + 1, 5 * MOST + 1), "it ends where nothing is alike");
    }
}
