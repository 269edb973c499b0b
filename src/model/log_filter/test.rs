//! One test of a filter, and whether a line passes it.

use std::ops::RangeInclusive;

use regex::Regex;

use super::Seen;
use crate::model::exchange::Exchange;
use crate::model::transcript::{ConnectionId, Direction};

/// An exchange that takes so many milliseconds is slow.
const SLOW: u64 = 1000;

#[derive(Clone, Debug)]
pub(super) enum Test {
    /// In lower case.
    Text(String),
    Pattern(Regex),
    Code(RangeInclusive<u16>),
    /// In upper case.
    Verb(String),
    Connection(ConnectionId),
    Direction(Direction),
    File(Glob),
    /// Milliseconds to the final reply.
    Took(RangeInclusive<u64>),
    /// Milliseconds to the first reply.
    Wait(RangeInclusive<u64>),
    Bytes(RangeInclusive<u64>),
    Is(State),
}

/// What can stand behind `is:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// A reply of 4yz or 5yz.
    Error,
    /// Its exchange took a second or more.
    Slow,
    /// Its command has no final reply yet.
    Waiting,
    /// Its connection ended before the final reply.
    Broken,
    /// It was about a transfer.
    Transfer,
}

impl State {
    pub(super) const ALL: [(&str, Self, &str); 5] = [
        ("error", Self::Error, "replies that say no: 4yz and 5yz"),
        ("slow", Self::Slow, "took a second or longer"),
        ("waiting", Self::Waiting, "commands without a final reply"),
        ("broken", Self::Broken, "the connection ended before the reply"),
        ("transfer", Self::Transfer, "about a transfer of the queue"),
    ];
}

impl PartialEq for Test {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Pattern(one), Self::Pattern(other)) => one.as_str() == other.as_str(),
            (Self::Text(one), Self::Text(other)) | (Self::Verb(one), Self::Verb(other)) => one == other,
            (Self::Code(one), Self::Code(other)) => one == other,
            (Self::Connection(one), Self::Connection(other)) => one == other,
            (Self::Direction(one), Self::Direction(other)) => one == other,
            (Self::File(one), Self::File(other)) => one == other,
            (Self::Took(one), Self::Took(other))
            | (Self::Wait(one), Self::Wait(other))
            | (Self::Bytes(one), Self::Bytes(other)) => one == other,
            (Self::Is(one), Self::Is(other)) => one == other,
            _ => false,
        }
    }
}

impl Test {
    /// Whether it looks at what is known only when an exchange ends.
    pub(super) fn looks_at_ends(&self) -> bool {
        matches!(
            self,
            Self::Took(_) | Self::Wait(_) | Self::Bytes(_) | Self::Is(State::Slow | State::Waiting | State::Broken)
        )
    }

    pub(super) fn passes(&self, line: Seen<'_>) -> bool {
        let milliseconds = |range: &RangeInclusive<u64>, time: fn(&Exchange) -> Option<i128>| {
            let time = line.exchange.and_then(time).and_then(|time| u64::try_from(time).ok());
            time.is_some_and(|time| range.contains(&time))
        };
        match self {
            Self::Text(text) => contains(line.text, text),
            Self::Pattern(pattern) => pattern.is_match(line.text),
            Self::Code(range) => line.code.is_some_and(|code| range.contains(&code)),
            Self::Verb(verb) => line.verb.eq_ignore_ascii_case(verb),
            Self::Connection(connection) => line.connection == *connection,
            Self::Direction(direction) => line.direction == *direction,
            Self::File(glob) => line.exchange.and_then(Exchange::pathname).is_some_and(|path| glob.matches(path)),
            Self::Took(range) => milliseconds(range, Exchange::took),
            Self::Wait(range) => milliseconds(range, Exchange::wait),
            Self::Bytes(range) => line
                .exchange
                .and_then(|exchange| exchange.data.as_ref()?.bytes())
                .is_some_and(|bytes| range.contains(&bytes)),
            Self::Is(State::Error) => line.code.is_some_and(|code| (400..600).contains(&code)),
            Self::Is(State::Slow) => milliseconds(&(SLOW..=u64::MAX), Exchange::took),
            Self::Is(State::Waiting) => {
                line.exchange.is_some_and(|exchange| exchange.reply.is_none() && !exchange.broken)
            }
            Self::Is(State::Broken) => line.exchange.is_some_and(|exchange| exchange.broken),
            Self::Is(State::Transfer) => line.transfer,
        }
    }
}

/// A pattern of names: `*` stands for any number of characters, `?` for one. Without either, a part of the name is
/// enough.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Glob {
    /// In lower case.
    pattern: Vec<char>,
    whole: bool,
    path: bool,
}

impl Glob {
    pub(super) fn new(typed: &str) -> Self {
        let whole = typed.contains(['*', '?']);
        Self { pattern: typed.to_lowercase().chars().collect(), whole, path: typed.contains('/') }
    }

    /// By the last name of a path, unless the pattern has a slash itself.
    fn matches(&self, path: &str) -> bool {
        let name = if self.path { path } else { path.trim_end_matches('/').rsplit('/').next().unwrap_or(path) };
        let name: Vec<char> = name.to_lowercase().chars().collect();
        if !self.whole {
            return name.windows(self.pattern.len()).any(|part| part == self.pattern);
        }
        let (mut at, mut from) = (0, 0);
        // Where to go on after a star that stood for too little.
        let mut star = None;
        while at < name.len() {
            match self.pattern.get(from) {
                Some('*') => {
                    star = Some((from + 1, at));
                    from += 1;
                }
                Some(c) if *c == '?' || *c == name[at] => {
                    at += 1;
                    from += 1;
                }
                _ => {
                    let Some((behind, covered)) = star else { return false };
                    star = Some((behind, covered + 1));
                    (from, at) = (behind, covered + 1);
                }
            }
        }
        self.pattern[from..].iter().all(|c| *c == '*')
    }
}

/// Whether `text` holds `lower` in any case. Nothing is allocated for text that is ASCII, as nearly all of it is.
fn contains(text: &str, lower: &str) -> bool {
    if text.is_ascii() { position(text, lower).is_some() } else { text.to_lowercase().contains(lower) }
}

/// Where `lower` begins in `text`, in bytes, with ASCII letters in any case.
pub(super) fn position(text: &str, lower: &str) -> Option<usize> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_names_and_paths() {
        for (glob, path) in [
            ("*.zip", "/pub/A.ZIP"),
            ("a?c", "abc"),
            ("*", "x"),
            ("a*b*c", "a1b2b3c"),
            ("port", "/pub/Report.txt"),
            ("/pub/*", "/pub/x/y"),
            ("*größe*", "die GRÖßE"),
            ("x*", "/a/x/"),
        ] {
            assert!(Glob::new(glob).matches(path), "{glob} {path}");
        }
        for (glob, path) in [("*.zip", "a.zipx"), ("a?c", "ac"), ("pub", "/pub/x"), ("/pub/*", "/pu"), ("*b", "abc")] {
            assert!(!Glob::new(glob).matches(path), "{glob} {path}");
        }
    }

    #[test]
    fn a_glob_of_many_stars_ends() {
        let glob = Glob::new(&"*a".repeat(200));
        assert!(!glob.matches(&"a".repeat(150)));
        assert!(glob.matches(&"ba".repeat(2000)));
    }
}
