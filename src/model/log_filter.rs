//! The language of the reply log's filter field: what a person types becomes tests that a line passes or not.
//!
//! A word is a test; all must pass. `-` in front negates, quotes group. Plain words look into the text, in any case:
//! `code:550 code:5xx code:>=400 verb:STOR conn:2 dir:in|out|note is:error`.

use std::fmt;
use std::ops::RangeInclusive;

use super::transcript::{ConnectionId, Direction};

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
}

/// Why a filter cannot be used; it filters nothing then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(pub String);

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Tests that all must pass.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    terms: Vec<Term>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    negated: bool,
    test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Test {
    /// In lower case.
    Text(String),
    Code(RangeInclusive<u16>),
    /// In upper case.
    Verb(String),
    Connection(ConnectionId),
    Direction(Direction),
    Error,
}

impl Filter {
    /// Reads what was typed.
    pub fn parse(typed: &str) -> Result<Self, Mistake> {
        let terms = words(typed)?.into_iter().map(Word::into_term).collect::<Result<_, _>>()?;
        Ok(Self { terms })
    }

    /// Whether every line passes.
    pub fn is_empty(&self) -> bool {
        self.terms.is_empty()
    }

    /// Whether `line` passes every test.
    pub fn passes(&self, line: Seen<'_>) -> bool {
        self.terms.iter().all(|term| term.test.passes(line) != term.negated)
    }

    /// The plain words that must be in the text, in lower case: what a panel highlights.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.terms.iter().filter_map(|term| match &term.test {
            Test::Text(text) if !term.negated => Some(text.as_str()),
            _ => None,
        })
    }
}

impl Test {
    fn passes(&self, line: Seen<'_>) -> bool {
        match self {
            Self::Text(text) => contains(line.text, text),
            Self::Code(range) => line.code.is_some_and(|code| range.contains(&code)),
            Self::Verb(verb) => line.verb.eq_ignore_ascii_case(verb),
            Self::Connection(connection) => line.connection == *connection,
            Self::Direction(direction) => line.direction == *direction,
            Self::Error => line.code.is_some_and(|code| (400..600).contains(&code)),
        }
    }
}

/// Where the first of `words` that occurs in `text` lies, in bytes; `words` are in lower case.
pub fn highlight<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Option<std::ops::Range<usize>> {
    words.filter_map(|word| position(text, word).map(|start| start..start + word.len())).min_by_key(|range| range.start)
}

/// Whether `text` holds `lower` in any case. Nothing is allocated for text that is ASCII, as nearly all of it is.
fn contains(text: &str, lower: &str) -> bool {
    if text.is_ascii() { position(text, lower).is_some() } else { text.to_lowercase().contains(lower) }
}

/// Where `lower` begins in `text`, in bytes, with ASCII letters in any case.
fn position(text: &str, lower: &str) -> Option<usize> {
    let (text_bytes, lower_bytes) = (text.as_bytes(), lower.as_bytes());
    let first = *lower_bytes.first()?;
    let last = text_bytes.len().checked_sub(lower_bytes.len())?;
    (0..=last).find(|&at| {
        text_bytes[at].to_ascii_lowercase() == first
            && text_bytes[at..at + lower_bytes.len()].eq_ignore_ascii_case(lower_bytes)
            && text.is_char_boundary(at)
            && text.is_char_boundary(at + lower_bytes.len())
    })
}

/// A word as typed, quotes taken off.
#[derive(Debug, Default)]
struct Word {
    negated: bool,
    key: Option<String>,
    value: String,
    quoted: bool,
}

impl Word {
    fn into_term(self) -> Result<Term, Mistake> {
        let Self { negated, key, value, .. } = self;
        let Some(key) = key else {
            return Ok(Term { negated, test: Test::Text(value.to_lowercase()) });
        };
        let test = match key.as_str() {
            "code" => Test::Code(codes(&value)?),
            "verb" => Test::Verb(filled(&key, value)?.to_ascii_uppercase()),
            "conn" => Test::Connection(ConnectionId(
                value.parse().map_err(|_| Mistake(format!("conn: takes a connection's number, not “{value}”")))?,
            )),
            "dir" => Test::Direction(match value.as_str() {
                "in" => Direction::Received,
                "out" => Direction::Sent,
                "note" => Direction::Note,
                _ => return Err(Mistake(format!("dir: takes in, out or note, not “{value}”"))),
            }),
            "is" if value == "error" => Test::Error,
            "is" => return Err(Mistake(format!("is: takes error, not “{value}”"))),
            // A colon in plain text, such as a path of Windows or a time.
            _ => Test::Text(format!("{key}:{value}").to_lowercase()),
        };
        Ok(Term { negated, test })
    }
}

fn filled(key: &str, value: String) -> Result<String, Mistake> {
    if value.is_empty() { Err(Mistake(format!("{key}: needs a value"))) } else { Ok(value) }
}

/// `550`, `5xx`, `55x`, `>=400`, `<200`, `400-499`.
fn codes(value: &str) -> Result<RangeInclusive<u16>, Mistake> {
    let wrong = || Mistake(format!("code: takes 550, 5xx, >=400 or 400-499, not “{value}”"));
    let number = |text: &str| text.parse::<u16>().ok().filter(|code| *code < 1000).ok_or_else(wrong);
    for (sign, from, to) in [(">=", 0, 999), ("<=", 0, 0), (">", 1, 999), ("<", 0, 1)] {
        let Some(rest) = value.strip_prefix(sign) else { continue };
        let code = number(rest)?;
        return Ok(if to == 999 { code + from..=999 } else { 0..=code.checked_sub(to).ok_or_else(wrong)? });
    }
    if let Some((from, to)) = value.split_once('-') {
        return Ok(number(from)?..=number(to)?);
    }
    let open = value.trim_end_matches(['x', 'X', 'y', 'Y', 'z', 'Z']);
    match (value.len(), value.len() - open.len()) {
        (3, 0) => number(open).map(|code| code..=code),
        (3, 1) => number(open).map(|tens| tens * 10..=tens * 10 + 9),
        (3, 2) => number(open).map(|hundreds| hundreds * 100..=hundreds * 100 + 99),
        _ => Err(wrong()),
    }
}

/// Splits at white space outside quotes; a key is what stands before the first colon outside quotes.
fn words(typed: &str) -> Result<Vec<Word>, Mistake> {
    let mut words = Vec::new();
    let mut word = Word::default();
    let mut inside = false;
    for c in typed.chars() {
        match c {
            '"' => {
                inside = !inside;
                word.quoted = true;
            }
            c if c.is_whitespace() && !inside => words.push(std::mem::take(&mut word)),
            '-' if !inside && !word.negated && !word.quoted && word.key.is_none() && word.value.is_empty() => {
                word.negated = true;
            }
            ':' if !inside && word.key.is_none() && !word.quoted && !word.value.is_empty() => {
                word.key = Some(std::mem::take(&mut word.value).to_ascii_lowercase());
            }
            c => word.value.push(c),
        }
    }
    if inside {
        return Err(Mistake("a quotation mark is missing".to_owned()));
    }
    words.push(word);
    // Half-typed words (`-`, `""`) test nothing yet.
    words.retain(|word| word.key.is_some() || !word.value.is_empty());
    Ok(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen<'a>(direction: Direction, code: Option<u16>, verb: &'a str, text: &'a str) -> Seen<'a> {
        Seen { connection: ConnectionId(2), direction, code, verb, text }
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
    fn keys_look_at_the_rest() {
        for typed in [
            "code:550",
            "code:5xx",
            "code:55x",
            "code:5yz",
            "code:>=400",
            "code:>549",
            "code:<=550",
            "code:<551",
            "code:500-599",
            "-code:4xx",
            "verb:retr",
            "conn:2",
            "dir:in",
            "is:error",
            "CODE:550 -conn:1",
        ] {
            assert!(passes(typed), "{typed}");
        }
        for typed in ["code:551", "code:4xx", "code:<550", "code:>550", "verb:STOR", "conn:1", "dir:out", "-is:error"] {
            assert!(!passes(typed), "{typed}");
        }
        assert!(!Filter::parse("code:2xx").unwrap().passes(seen(Direction::Sent, None, "RETR", "RETR x")));
    }

    #[test]
    fn mistakes_are_said() {
        for (typed, said) in [
            ("code:", "code: takes"),
            ("code:5", "code: takes"),
            ("code:abc", "code: takes"),
            ("code:<0", "code: takes"),
            ("conn:x", "conn: takes"),
            ("dir:up", "dir: takes"),
            ("is:odd", "is: takes"),
            ("verb:", "verb: needs"),
            ("\"open", "a quotation mark"),
        ] {
            let mistake = Filter::parse(typed).unwrap_err();
            assert!(mistake.0.starts_with(said), "{typed}: {mistake}");
        }
    }

    #[test]
    fn what_matched_is_highlighted() {
        let filter = Filter::parse("such code:5xx -absent \"no\"").unwrap();
        assert_eq!(highlight("550 No such file", filter.words()), Some(4..6));
        assert_eq!(highlight("nothing", Filter::parse("xyz").unwrap().words()), None);
        assert_eq!(highlight("äö", ["ä"].into_iter()), Some(0..2));
    }
}
