//! The language of the reply log's filter field: what a person types becomes tests that a line passes or not.
//!
//! A word is a test; all must pass. `-` in front negates, quotes group, commas separate alternatives. Plain words look
//! into the text, in any case, and so does a regular expression between slashes:
//! `code:550,5xx code:>=400 verb:STOR conn:2 dir:in|out|note file:*.zip took:>500ms wait:>1s bytes:>1M
//! is:error|slow|waiting|broken|transfer /regular expression/`. What an exchange says, each of its lines says.

use std::fmt;

use super::exchange::Exchange;
use super::transcript::{ConnectionId, Direction, Line};

mod complete;
mod read;
mod test;

use self::test::Test;
pub use complete::{Completion, complete};

/// What a test may look at: one line, with what is known from the lines before it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// The connection.
    pub connection: ConnectionId,
    /// Which way the line went.
    pub direction: Direction,
    /// The code of the reply that the line belongs to, also for the lines that continue it.
    pub code: Option<u16>,
    /// The verb of the command: its own for a line that was sent, of the command that it answers for a reply.
    pub verb: &'a str,
    /// The line as it is shown.
    pub text: &'a str,
    /// Whether it was about a transfer.
    pub transfer: bool,
    /// The exchange that the line belongs to.
    pub exchange: Option<&'a Exchange>,
}

impl<'a> Seen<'a> {
    /// A line whose reply, if it is of one, has `code`.
    pub fn line(line: &'a Line, code: Option<u16>, exchange: Option<&'a Exchange>) -> Self {
        let Line { connection, direction, ref text, transfer, .. } = *line;
        let verb = exchange.map_or("", Exchange::verb);
        Self { connection, direction, code, verb, text, transfer: transfer.is_some(), exchange }
    }
}

/// Why a filter cannot be used; it filters nothing then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// The character where it is, from 0.
    pub at: usize,
    /// What is wrong, and what was expected.
    pub text: String,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "At character {}: {}", self.at + 1, self.text)
    }
}

/// Tests that all must pass.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    terms: Vec<Term>,
}

/// Tests of which one must pass, or none where it is negated.
#[derive(Clone, Debug, PartialEq)]
struct Term {
    negated: bool,
    any: Vec<Test>,
}

impl Filter {
    /// Reads what was typed.
    pub fn parse(typed: &str) -> Result<Self, Mistake> {
        Ok(Self { terms: read::terms(typed)? })
    }

    /// Whether every line passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether what a line passes can change when its exchange goes on.
    pub fn looks_at_ends(&self) -> bool {
        self.terms.iter().flat_map(|term| &term.any).any(Test::looks_at_ends)
    }

    /// Whether `line` passes every test.
    pub fn passes(&self, line: Seen<'_>) -> bool {
        self.terms.iter().all(|term| term.any.iter().any(|test| test.passes(line)) != term.negated)
    }

    /// Whether `exchange` passes every test: by its command, or by one of its replies.
    pub fn passes_exchange(&self, exchange: &Exchange) -> bool {
        let command = exchange.command.as_deref().map(|command| (Direction::Sent, None, command));
        let replies = exchange.preliminary.iter().chain(&exchange.reply);
        let replies = replies.map(|reply| (Direction::Received, Some(reply.code), reply.text.as_str()));
        let seen: Vec<_> = command.into_iter().chain(replies).collect();
        let passes = |test: &Test| {
            seen.iter().any(|&(direction, code, text)| {
                let (connection, verb, transfer) = (exchange.connection, exchange.verb(), exchange.transfer.is_some());
                test.passes(Seen { connection, direction, code, verb, text, transfer, exchange: Some(exchange) })
            })
        };
        self.terms.iter().all(|term| term.any.iter().any(passes) != term.negated)
    }

    /// The plain words that must be in the text, in lower case: what a panel highlights.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter(|term| !term.negated).flat_map(|term| &term.any).filter_map(|test| match test {
            Test::Text(text) => Some(text.as_str()),
            _ => None,
        })
    }
}

/// Where the first of `words` that occurs in `text` lies, in bytes; `words` are in lower case.
pub fn highlight<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Option<std::ops::Range<usize>> {
    words
        .filter_map(|word| test::position(text, word).map(|start| start..start + word.len()))
        .min_by_key(|range| range.start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::tests::joined;

    fn seen<'a>(direction: Direction, code: Option<u16>, verb: &'a str, text: &'a str) -> Seen<'a> {
        Seen { connection: ConnectionId(2), direction, code, verb, text, transfer: true, exchange: None }
    }

    fn passes(typed: &str) -> bool {
        let reply = seen(Direction::Received, Some(550), "RETR", "550 Größe: No such File in c:\\pub");
        Filter::parse(typed).unwrap().passes(reply)
    }

    #[test]
    fn words_look_into_the_text_in_any_case() {
        for typed in
            ["", "  ", "no such", "NO file", "\"such file\"", "größe", "GRÖSSE:", "c:\\pub", "-", "-absent", "\"-\" -x"]
        {
            assert_eq!(passes(typed), !matches!(typed, "GRÖSSE:" | "\"-\" -x"), "{typed}");
        }
        for typed in ["absent", "\"file such\"", "-such", "no -file"] {
            assert!(!passes(typed), "{typed}");
        }
    }

    #[test]
    fn regular_expressions_look_into_the_text_in_any_case() {
        for typed in ["/no su.h/", "/^550 .*pub$/", "-/^226/", "/(?-i)No/", "/such file/ code:550", r"/c:\\/"] {
            assert!(passes(typed), "{typed}");
        }
        for typed in ["/(?-i)no such/", "/^No/", "-/no/", "/pub/x", "/pub"] {
            assert!(!passes(typed), "{typed}");
        }
        let path = seen(Direction::Sent, None, "RETR", "RETR /pub/x y/z");
        for typed in ["/pub/x", r"/pub\/x y/", "/pub", "/x /z", "//"] {
            assert_eq!(Filter::parse(typed).unwrap().passes(path), typed != "//", "{typed}");
        }
    }

    #[test]
    fn keys_look_at_the_rest() {
        for typed in [
            "code:550",
            "code:5xx",
            "code:55x",
            "code:5yz",
            "5xx",
            "5YZ -4yz",
            "code:>=400",
            "code:>549",
            "code:<=550",
            "code:<551",
            "code:500-599",
            "code:226,550",
            "-code:4xx",
            "verb:retr",
            "verb:STOR,RETR",
            "conn:2",
            "dir:in",
            "is:error",
            "is:transfer",
            "CODE:550 -conn:1,3",
        ] {
            assert!(passes(typed), "{typed}");
        }
        for typed in [
            "code:551",
            "code:4xx",
            "4xx",
            "\"5xx\"",
            "code:<550",
            "code:>550",
            "verb:STOR",
            "conn:1",
            "dir:out",
            "dir:out,note",
            "-is:error",
            "-verb:STOR,RETR",
            "took:>0",
            "is:broken",
        ] {
            assert!(!passes(typed), "{typed}");
        }
        assert!(!Filter::parse("code:2xx").unwrap().passes(seen(Direction::Sent, None, "RETR", "RETR x")));
    }

    #[test]
    fn what_an_exchange_says_each_of_its_lines_says() {
        let mut exchanges = joined(
            "S: 220 hi\n C: RETR /pub/big.ZIP\n S: 150 go\n \
             N: Data connection: 2000000 bytes in 3 ms, TLS 1.3, session resumed\n wait 2\n S: 226 done\n C: STOR a,b.txt\n \
             S: 150 go",
        );
        let found = |exchanges: &crate::model::Exchanges, typed: &str| -> Vec<u64> {
            let filter = Filter::parse(typed).unwrap();
            let passes = |number: &u64| {
                let exchange = exchanges.get(*number).unwrap();
                let line = Seen { exchange: Some(exchange), ..seen(Direction::Note, None, exchange.verb(), "") };
                let alone = filter.passes_exchange(exchange);
                assert_eq!(filter.passes(line), alone, "{typed}");
                alone
            };
            exchanges.numbers().filter(passes).collect()
        };
        for (typed, numbers) in [
            ("file:*.zip", &[1][..]),
            ("file:big", &[1]),
            ("file:/pub/*", &[1]),
            ("file:a,b.txt", &[2]),
            ("-file:*", &[0]),
            ("took:>500ms", &[1]),
            ("took:2s-3s", &[1]),
            ("took:>2.1s", &[]),
            ("wait:<500", &[1, 2]),
            ("bytes:>1M", &[1]),
            ("bytes:2M", &[1]),
            ("bytes:<=1953Ki", &[]),
            ("bytes:<1954KiB", &[1]),
            ("is:slow", &[1]),
            ("is:waiting", &[2]),
            ("is:broken", &[]),
            ("verb:STOR", &[2]),
        ] {
            assert_eq!(found(&exchanges, typed), numbers, "{typed}");
        }
        exchanges.close(ConnectionId(2));
        exchanges.close(ConnectionId(1));
        assert_eq!(found(&exchanges, "is:broken"), [2]);
        assert!(found(&exchanges, "is:waiting").is_empty());
        assert!(Filter::parse("x -took:>5s").unwrap().looks_at_ends());
        assert!(!Filter::parse("file:x verb:y").unwrap().looks_at_ends());
    }

    #[test]
    fn an_exchange_passes_by_its_command_or_a_reply() {
        let exchanges = joined("S: 220 hi\n C: RETR x\n S: 150 Opening\n S: 226 done");
        let retr = exchanges.get(1).unwrap();
        for (typed, passed) in [
            ("code:150", true),
            ("code:226", true),
            ("-code:226", false),
            ("opening done", true),
            ("retr dir:in", true),
            ("dir:note", false),
            ("-opening", false),
        ] {
            assert_eq!(Filter::parse(typed).unwrap().passes_exchange(retr), passed, "{typed}");
        }
    }

    #[test]
    fn mistakes_are_said_with_their_place() {
        for (typed, at, said) in [
            ("code:", 0, "code: takes 550, 5xx"),
            ("code:5", 5, "code: takes"),
            ("é -code:abc", 8, "code: takes"),
            ("code:550,x", 9, "code: takes"),
            ("code:<0", 5, "code: takes"),
            ("conn:x", 5, "conn: takes a connection's number, not “x”"),
            ("dir:up", 4, "dir: takes"),
            ("is:odd", 3, "is: takes error, slow"),
            ("x verb:", 2, "verb: takes"),
            ("took:>soon", 5, "took: takes a time"),
            ("took:>1e3", 5, "took: takes"),
            ("bytes:many", 6, "bytes: takes a size"),
            ("a \"open", 2, "the quotation mark"),
            ("/a(b/", 1, "the regular expression is wrong"),
        ] {
            let mistake = Filter::parse(typed).unwrap_err();
            assert!(mistake.at == at && mistake.text.starts_with(said), "{typed}: {mistake:?}");
        }
        assert!(Filter::parse("code:x").unwrap_err().to_string().starts_with("At character 6: code: takes"));
        assert!(Filter::parse(&"x".repeat(5000)).is_err());
        assert!(Filter::parse("/((a{1000}){1000}){1000}/").is_err(), "what would fill the memory");
    }

    #[test]
    fn what_matched_is_highlighted() {
        let filter = Filter::parse("such code:5xx -absent \"no\"").unwrap();
        assert_eq!(highlight("550 No such file", filter.words()), Some(4..6));
        assert_eq!(highlight("nothing", Filter::parse("xyz").unwrap().words()), None);
        assert_eq!(highlight("äö", ["ä"].into_iter()), Some(0..2));
    }
}
