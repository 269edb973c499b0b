//! A target that exists: how two files compare, the ordered rules for those who want them, and the names of copies.

use std::cmp::Ordering;

use jiff::civil::DateTime;
use serde::{Deserialize, Serialize};

use super::listing::{Modified, Precision};
use super::question::Facts;
use super::settings::IfExists;
use super::transfer::Course;

/// Rules that are kept; more than that is no table that a person reads.
pub const MOST_RULES: usize = 100;
/// The longest pattern for the names of copies, in bytes.
pub const LONGEST_PATTERN: usize = 100;
/// How a copy is called unless a person wants it otherwise.
pub const PATTERN: &str = "{name} ({n}){.ext}";
/// No two zones of the world are further apart, in seconds: beyond that, also a time of unknown zone is sure.
const ZONES: i64 = 26 * 3600;

/// A row of the table that is consulted before the default: what the source is beside the target, and what then happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Rule {
    /// The source's size beside the target's.
    pub size: SizeIs,
    /// The source's time beside the target's.
    pub date: DateIs,
    /// Only this way; `None`: both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub course: Option<Course>,
    /// What is done.
    pub action: IfExists,
}

/// What a rule asks of the source's size.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SizeIs {
    /// Nothing.
    #[default]
    Any,
    /// Smaller than the target's.
    Smaller,
    /// The same.
    Equal,
    /// Larger than the target's.
    Larger,
    /// Not the same.
    Different,
}

/// What a rule asks of the source's time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DateIs {
    /// Nothing.
    #[default]
    Any,
    /// Older than the target.
    Older,
    /// The same, as exactly as files keep it.
    Equal,
    /// Newer than the target.
    Newer,
    /// Not the same.
    Different,
}

impl Rule {
    /// Whether it is about these two files. What is not known fits nothing but "any".
    pub fn fits(&self, course: Course, source: &Facts, target: &Facts) -> bool {
        let size = match self.size {
            SizeIs::Any => true,
            SizeIs::Smaller => sizes(source, target) == Some(Ordering::Less),
            SizeIs::Equal => sizes(source, target) == Some(Ordering::Equal),
            SizeIs::Larger => sizes(source, target) == Some(Ordering::Greater),
            SizeIs::Different => sizes(source, target).is_some_and(Ordering::is_ne),
        };
        let date = match self.date {
            DateIs::Any => true,
            DateIs::Older => times(source, target) == Some(Ordering::Less),
            DateIs::Equal => times(source, target) == Some(Ordering::Equal),
            DateIs::Newer => times(source, target) == Some(Ordering::Greater),
            DateIs::Different => times(source, target).is_some_and(Ordering::is_ne),
        };
        size && date && self.course.is_none_or(|only| only == course)
    }

    /// The rule in plain words: `Downloads, where the new file is larger and newer: overwrite`.
    pub fn summary(&self) -> String {
        let which = match self.course {
            None => "Any transfer",
            Some(Course::Download) => "Downloads",
            Some(Course::Upload) => "Uploads",
        };
        let size = match self.size {
            SizeIs::Any => None,
            SizeIs::Smaller => Some("smaller"),
            SizeIs::Equal => Some("of the same size"),
            SizeIs::Larger => Some("larger"),
            SizeIs::Different => Some("of another size"),
        };
        let date = match self.date {
            DateIs::Any => None,
            DateIs::Older => Some("older"),
            DateIs::Equal => Some("of the same time"),
            DateIs::Newer => Some("newer"),
            DateIs::Different => Some("of another time"),
        };
        let asked: Vec<_> = [size, date].into_iter().flatten().collect();
        let asked =
            if asked.is_empty() { String::new() } else { format!(", where the new file is {}", asked.join(" and ")) };
        format!("{which}{asked}: {}", done(self.action))
    }
}

fn done(action: IfExists) -> &'static str {
    match action {
        IfExists::Ask => "ask",
        IfExists::Overwrite => "overwrite",
        IfExists::Newer => "overwrite if newer",
        IfExists::Size => "overwrite if the sizes differ",
        IfExists::SizeOrTime => "overwrite if size or time differ",
        IfExists::Resume => "resume",
        IfExists::Rename => "keep both",
        IfExists::Skip => "skip",
    }
}

/// What the first rule says that fits.
pub fn first(rules: &[Rule], course: Course, source: &Facts, target: &Facts) -> Option<IfExists> {
    rules.iter().take(MOST_RULES).find(|rule| rule.fits(course, source, target)).map(|rule| rule.action)
}

/// How the sizes compare, where both are known.
pub fn sizes(source: &Facts, target: &Facts) -> Option<Ordering> {
    Some(source.size?.cmp(&target.size?))
}

/// How the times compare, where that is sure: coarse times and times of unknown zones are never the same, and newer or
/// older only by more than they can be wrong.
pub fn times(source: &Facts, target: &Facts) -> Option<Ordering> {
    let (source, target) = (source.modified?, target.modified?);
    let zones = if source.utc && target.utc { 0 } else { ZONES };
    let grain = grain(&source).max(grain(&target)) + zones;
    match source.unix_seconds() - target.unix_seconds() {
        difference if difference >= grain => Some(Ordering::Greater),
        difference if difference <= -grain => Some(Ordering::Less),
        _ => (source.is_exact() && target.is_exact()).then_some(Ordering::Equal),
    }
}

/// By how many seconds a time may be wrong.
fn grain(modified: &Modified) -> i64 {
    match modified.precision {
        Precision::Day => 86_400,
        Precision::Minute => 60,
        // FAT keeps every second second.
        Precision::Second | Precision::Millisecond => 2,
    }
}

/// What a person may write in a pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Name,
    Number,
    Dotted,
    Extension,
    Date,
    Time,
}

const FIELDS: [(&str, Piece); 6] = [
    ("{name}", Piece::Name),
    ("{n}", Piece::Number),
    ("{.ext}", Piece::Dotted),
    ("{ext}", Piece::Extension),
    ("{date}", Piece::Date),
    ("{time}", Piece::Time),
];

/// How a file is called that must not replace another one: `{name} ({n}){.ext}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern(Vec<Piece>);

impl Default for Pattern {
    fn default() -> Self {
        Self(vec![Piece::Name, Piece::Text(" (".to_owned()), Piece::Number, Piece::Text(")".to_owned()), Piece::Dotted])
    }
}

impl Pattern {
    /// What a person typed; why it cannot be used, in words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.len() > LONGEST_PATTERN {
            return Err(format!("A pattern has at most {LONGEST_PATTERN} bytes"));
        }
        let (mut pieces, mut rest, mut plain) = (Vec::new(), text, String::new());
        while let Some(first) = rest.chars().next() {
            if let Some((word, piece)) = FIELDS.iter().find(|(word, _)| rest.starts_with(word)) {
                if !plain.is_empty() {
                    pieces.push(Piece::Text(std::mem::take(&mut plain)));
                }
                pieces.push(piece.clone());
                rest = &rest[word.len()..];
                continue;
            }
            if matches!(first, '{' | '}') {
                return Err("It knows {name}, {n}, {.ext}, {ext}, {date} and {time}".to_owned());
            }
            if first.is_control() || "<>:\"/\\|?*".contains(first) {
                return Err(format!("“{}” cannot be in a name", first.escape_default()));
            }
            plain.push(first);
            rest = &rest[first.len_utf8()..];
        }
        if !plain.is_empty() {
            pieces.push(Piece::Text(plain));
        }
        if !pieces.contains(&Piece::Name) {
            return Err("It needs {name}: else every file would get the same name".to_owned());
        }
        if !pieces.iter().any(|piece| matches!(piece, Piece::Number | Piece::Date | Piece::Time | Piece::Text(_))) {
            return Err("It changes nothing: add {n}, {date}, {time} or a word".to_owned());
        }
        Ok(Self(pieces))
    }

    /// The pattern that a setting holds; the usual one where that cannot be used.
    pub fn of_setting(text: &str) -> Self {
        Self::parse(text).unwrap_or_default()
    }

    /// The name of copy `number`, counted from 1, of `name`, at the local time `now`. Where the pattern has no number,
    /// the second copy and those after it get one all the same.
    pub fn name(&self, name: &str, number: u32, now: DateTime) -> String {
        let (stem, extension) = match name.rfind('.').filter(|dot| *dot > 0) {
            Some(dot) => (&name[..dot], &name[dot + 1..]),
            None => (name, ""),
        };
        let mut made = String::new();
        for piece in &self.0 {
            match piece {
                Piece::Text(text) => made.push_str(text),
                Piece::Name => made.push_str(stem),
                Piece::Number => made.push_str(&number.to_string()),
                Piece::Dotted if name.len() > stem.len() => made.push_str(&name[stem.len()..]),
                Piece::Dotted => {}
                Piece::Extension => made.push_str(extension),
                Piece::Date => made.push_str(&now.strftime("%Y-%m-%d").to_string()),
                Piece::Time => made.push_str(&now.strftime("%H-%M-%S").to_string()),
            }
        }
        if number > 1 && !self.0.contains(&Piece::Number) { Self::default().name(&made, number - 1, now) } else { made }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(size: u64, at: &str, precision: Precision, utc: bool) -> Facts {
        Facts { size: Some(size), modified: Some(Modified { at: at.parse().unwrap(), precision, utc }) }
    }

    #[test]
    fn times_are_the_same_only_where_that_is_sure() {
        use Precision::{Minute, Second};
        let here = facts(1, "2026-01-05T12:00:00", Second, true);
        for (at, precision, utc, order) in [
            ("2026-01-05T12:00:01", Second, true, Some(Ordering::Equal)),
            ("2026-01-05T12:00:02", Second, true, Some(Ordering::Greater)),
            ("2026-01-05T11:59:58", Second, true, Some(Ordering::Less)),
            ("2026-01-05T12:00:00", Minute, true, None),
            ("2026-01-05T12:01:00", Minute, true, Some(Ordering::Greater)),
            ("2026-01-05T12:00:00", Second, false, None),
            ("2026-01-05T20:00:00", Second, false, None),
            ("2026-01-07T20:00:00", Second, false, Some(Ordering::Greater)),
            ("2026-01-03T20:00:00", Precision::Day, true, Some(Ordering::Less)),
        ] {
            assert_eq!(times(&facts(1, at, precision, utc), &here), order, "{at} {precision:?} {utc}");
        }
        assert_eq!(times(&Facts::default(), &here), None);
    }

    #[test]
    fn the_first_rule_that_fits_decides() {
        let rule = |size, date, course, action| Rule { size, date, course, action };
        let rules = [
            rule(SizeIs::Smaller, DateIs::Any, Some(Course::Upload), IfExists::Ask),
            rule(SizeIs::Equal, DateIs::Equal, None, IfExists::Skip),
            rule(SizeIs::Larger, DateIs::Newer, None, IfExists::Overwrite),
            rule(SizeIs::Different, DateIs::Different, None, IfExists::Rename),
            rule(SizeIs::Any, DateIs::Older, None, IfExists::Skip),
        ];
        let (old, new) = ("2026-01-05T12:00:00", "2026-01-06T12:00:00");
        let exact = |size, at| facts(size, at, Precision::Second, true);
        for (course, source, target, decided) in [
            (Course::Upload, exact(1, new), exact(2, old), Some(IfExists::Ask)),
            (Course::Download, exact(1, new), exact(2, old), Some(IfExists::Rename)),
            (Course::Download, exact(2, new), exact(2, new), Some(IfExists::Skip)),
            (Course::Download, exact(3, new), exact(2, old), Some(IfExists::Overwrite)),
            (Course::Download, exact(2, old), exact(2, new), Some(IfExists::Skip)),
            (Course::Download, exact(2, new), exact(2, old), None),
            // In an unknown zone nothing is newer, older or the same.
            (Course::Download, facts(3, old, Precision::Second, false), exact(2, old), None),
            (Course::Download, Facts::default(), exact(2, old), None),
        ] {
            assert_eq!(first(&rules, course, &source, &target), decided, "{course:?} {source:?} {target:?}");
        }
        assert_eq!(rules[2].summary(), "Any transfer, where the new file is larger and newer: overwrite");
        assert_eq!(Rule::default().summary(), "Any transfer: ask");
    }

    #[test]
    fn copies_are_named_by_the_pattern() {
        let now: DateTime = "2026-11-29T08:05:09".parse().unwrap();
        for (pattern, name, number, made) in [
            (PATTERN, "a.tar.gz", 1, "a.tar (1).gz"),
            (PATTERN, "README", 2, "README (2)"),
            (PATTERN, ".bashrc", 1, ".bashrc (1)"),
            ("{name}-{date}{.ext}", "a.txt", 1, "a-2026-11-29.txt"),
            ("{name}-{date}{.ext}", "a.txt", 2, "a-2026-11-29 (1).txt"),
            ("{name}_{time}.{ext}", "a.txt", 1, "a_08-05-09.txt"),
            ("copy of {name}{.ext}", "a.", 1, "copy of a."),
        ] {
            assert_eq!(Pattern::parse(pattern).unwrap().name(name, number, now), made, "{pattern} {name} {number}");
        }
        assert_eq!(Pattern::parse(PATTERN).unwrap(), Pattern::default());
    }

    #[test]
    fn a_pattern_that_cannot_be_used_is_refused_with_the_reason() {
        for (pattern, why) in [
            ("{n}{.ext}", "needs {name}"),
            ("{name}{.ext}", "changes nothing"),
            ("{name}/{n}", "cannot be in a name"),
            ("{name}\n{n}", "cannot be in a name"),
            ("{name}{size}", "It knows"),
            ("{name", "It knows"),
        ] {
            assert!(Pattern::parse(pattern).unwrap_err().contains(why), "{pattern}");
        }
        assert!(Pattern::parse(&"x".repeat(200)).is_err());
        assert_eq!(Pattern::of_setting("../{name}"), Pattern::default());
    }
}
