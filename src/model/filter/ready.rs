//! Filters that are ready to be asked: expressions are compiled, and words folded, once.

use std::path::MAIN_SEPARATOR;

use jiff::Zoned;
use jiff::civil::Date;
use regex::{Regex, RegexBuilder};

use super::{Condition, DayIs, Filter, FilterSide, LONGEST_VALUE, MOST_CONDITIONS, Matching, NumberIs, TextIs};
use crate::model::listing::Entry;
use crate::model::path::shown;
use crate::model::permissions;

/// Bytes that a compiled regular expression may take.
const REGEX_SIZE: usize = 1 << 20;

/// Filters that count, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Ready(pub(super) Vec<ReadyFilter>);

impl Ready {
    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `entry` in the folder `path` is left out. Days are those of the zone of `now`.
    pub fn hides(&self, entry: &Entry, path: &str, now: &Zoned) -> bool {
        self.0.iter().any(|filter| filter.hides(entry, path, now))
    }
}

#[derive(Clone, Debug)]
pub(super) struct ReadyFilter {
    files: bool,
    folders: bool,
    matching: Matching,
    tests: Vec<Test>,
}

impl Filter {
    /// Itself, ready to be asked, or what is wrong with it.
    pub(super) fn ready(&self, side: FilterSide) -> Result<ReadyFilter, String> {
        if self.conditions.is_empty() {
            return Err("It has no condition".to_owned());
        }
        if self.conditions.len() > MOST_CONDITIONS {
            return Err(format!("It has more than {MOST_CONDITIONS} conditions"));
        }
        let tests = self.conditions.iter().map(|condition| Test::of(condition, self.match_case, side));
        let tests = tests.collect::<Result<_, _>>()?;
        Ok(ReadyFilter { files: self.files, folders: self.folders, matching: self.matching, tests })
    }
}

impl ReadyFilter {
    /// Conditions that ask for what is not known do not count; where none is left, nothing is left out.
    fn hides(&self, entry: &Entry, path: &str, now: &Zoned) -> bool {
        if !(if entry.is_directory() { self.folders } else { self.files }) {
            return false;
        }
        let mut tests = self.tests.iter().filter_map(|test| test.holds(entry, path, now)).peekable();
        if tests.peek().is_none() {
            return false;
        }
        match self.matching {
            Matching::All => tests.all(|holds| holds),
            Matching::Any => tests.any(|holds| holds),
            Matching::None => !tests.any(|holds| holds),
            Matching::NotAll => !tests.all(|holds| holds),
        }
    }
}

/// A condition, ready to be asked.
#[derive(Clone, Debug)]
enum Test {
    Name(Text),
    Path(Text, FilterSide),
    WholePath(Text),
    Size(NumberIs, u64),
    Day(DayIs, Day),
    Permission(u16, bool),
    Attribute,
}

#[derive(Clone, Debug)]
enum Text {
    Plain { how: TextIs, value: String, folded: bool },
    Matches(Box<Regex>),
}

#[derive(Clone, Copy, Debug)]
enum Day {
    On(Date),
    Ago(i32),
}

impl Test {
    fn of(condition: &Condition, match_case: bool, side: FilterSide) -> Result<Self, String> {
        Ok(match condition {
            Condition::Name(TextIs::Glob, glob) if glob.contains('/') => {
                Self::WholePath(Text::of(TextIs::Glob, glob, match_case)?)
            }
            Condition::Name(how, value) => Self::Name(Text::of(*how, value, match_case)?),
            Condition::Path(how, value) => Self::Path(Text::of(*how, value, match_case)?, side),
            Condition::Size(how, size) => Self::Size(*how, *size),
            Condition::Date(how, value) => Self::Day(*how, Day::parse(value)?),
            Condition::Permission(bits, set) => Self::Permission(*bits, *set),
            Condition::Attribute(..) => Self::Attribute,
        })
    }

    /// `None`: what it asks for is not known of the entry.
    fn holds(&self, entry: &Entry, path: &str, now: &Zoned) -> Option<bool> {
        Some(match self {
            Self::Name(text) => text.holds(&entry.name),
            Self::Path(text, FilterSide::Remote) => text.holds(path),
            Self::Path(text, FilterSide::Local) => text.holds_of_folder(path),
            Self::WholePath(text) => text.holds(&format!("{}/{}", path.trim_end_matches('/'), entry.name)),
            Self::Size(how, size) => {
                let known = entry.size?;
                match how {
                    NumberIs::Greater => known > *size,
                    NumberIs::Equals => known == *size,
                    NumberIs::EqualsNot => known != *size,
                    NumberIs::Less => known < *size,
                }
            }
            Self::Day(how, day) => {
                let known = entry.modified?.local(now.time_zone()).date();
                let day = match day {
                    Day::On(day) => *day,
                    Day::Ago(days) => now.date().saturating_sub(jiff::Span::new().days(*days)),
                };
                match how {
                    DayIs::Before => known < day,
                    DayIs::Equals => known == day,
                    DayIs::EqualsNot => known != day,
                    DayIs::After => known > day,
                }
            }
            Self::Permission(bits, set) => {
                let mode = mode(entry.permissions.as_deref()?)?;
                if *set { mode & bits == *bits } else { mode & bits == 0 }
            }
            Self::Attribute => return None,
        })
    }
}

impl Text {
    fn of(how: TextIs, value: &str, match_case: bool) -> Result<Self, String> {
        if value.is_empty() {
            return Err("A condition has no value".to_owned());
        }
        if value.len() > LONGEST_VALUE {
            return Err(format!("A value has at most {LONGEST_VALUE} bytes"));
        }
        let expression = match how {
            TextIs::Regex => value.to_owned(),
            TextIs::Glob => regex_of_glob(value),
            _ => {
                let value = if match_case { value.to_owned() } else { value.to_lowercase() };
                return Ok(Self::Plain { how, value, folded: !match_case });
            }
        };
        let built = RegexBuilder::new(&expression).case_insensitive(!match_case).size_limit(REGEX_SIZE).build();
        built.map(|regex| Self::Matches(Box::new(regex))).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => format!("“{}” is too large a regular expression", shown(value)),
            _ => format!(
                "“{}” is no {}",
                shown(value),
                if how == TextIs::Glob { "pattern" } else { "regular expression" }
            ),
        })
    }

    /// Whether it holds of a folder of this machine, whose path may end with a separator or not.
    fn holds_of_folder(&self, path: &str) -> bool {
        let ended = if path.ends_with(MAIN_SEPARATOR) { path.to_owned() } else { format!("{path}{MAIN_SEPARATOR}") };
        match self {
            Self::Plain { how: TextIs::ContainsNot, .. } => self.holds(path) && self.holds(&ended),
            _ => self.holds(path) || self.holds(&ended),
        }
    }

    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Matches(regex) => regex.is_match(text),
            Self::Plain { how, value, folded: true } => compare(*how, &text.to_lowercase(), value),
            Self::Plain { how, value, folded: false } => compare(*how, text, value),
        }
    }
}

fn compare(how: TextIs, text: &str, value: &str) -> bool {
    match how {
        TextIs::Equals => text == value,
        TextIs::Begins => text.starts_with(value),
        TextIs::Ends => text.ends_with(value),
        TextIs::ContainsNot => !text.contains(value),
        TextIs::Contains | TextIs::Regex | TextIs::Glob => text.contains(value),
    }
}

/// `*` is anything but a slash, `**` anything, `?` one character, `[a-z]` and `[!a-z]` one of these or none of these.
/// With a slash in it, it may begin at any folder.
fn regex_of_glob(glob: &str) -> String {
    let mut made = String::from(if glob.contains('/') && !glob.starts_with('/') { "(?s)^(?:.*/)?" } else { "(?s)^" });
    let mut rest = glob;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        match first {
            '*' if rest.starts_with('*') => {
                rest = &rest[1..];
                made.push_str(".*");
            }
            '*' => made.push_str("[^/]*"),
            '?' => made.push_str("[^/]"),
            '[' if rest.get(1..).is_some_and(|rest| rest.contains(']')) => {
                let end = 1 + rest[1..].find(']').unwrap_or(0);
                let (negated, class) = match rest[..end].strip_prefix('!') {
                    Some(class) => ("^", class),
                    None => ("", &rest[..end]),
                };
                let class = class.replace('\\', "\\\\").replace('[', "\\[").replace('&', "\\&").replace('^', "\\^");
                made.push_str(&format!("[{negated}{class}]"));
                rest = &rest[end + 1..];
            }
            other => made.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    made.push('$');
    made
}

impl Day {
    fn parse(value: &str) -> Result<Self, String> {
        let value = value.trim();
        if let Ok(days) = value.parse::<u16>() {
            return Ok(Self::Ago(i32::from(days)));
        }
        value
            .parse()
            .map(Self::On)
            .map_err(|_| format!("“{}” is no day such as 2026-11-29, and no number", shown(value)))
    }
}

/// The bits that a server's words for permissions stand for: `rwxr-xr-x`, `0644`.
pub(super) fn mode(permissions: &str) -> Option<u16> {
    if let Some(mode) = permissions::octal(permissions) {
        return Some(mode);
    }
    let letters = permissions.as_bytes().get(..9)?;
    let known = letters.iter().zip(b"rwxrwxrwx").all(|(letter, usual)| letter == usual || b"-sStTlL".contains(letter));
    known.then(|| letters.iter().fold(0, |mode, letter| mode << 1 | u16::from(b"rwxst".contains(letter))))
}
