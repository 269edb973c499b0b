//! Reading a filter: what was typed is split into words, and each word becomes a term; mistakes know where they are.

use std::ops::RangeInclusive;

use regex::RegexBuilder;

use super::test::{Glob, State, Test};
use super::{Mistake, Term};
use crate::model::transcript::{ConnectionId, Direction};

/// Most characters of a filter that are read; nobody types so many.
const LONGEST: usize = 4096;
/// Most bytes that a regular expression may become in memory.
const PATTERN_SIZE: usize = 256 * 1024;

/// The keys that can stand before a colon, each with what it takes.
pub(super) const KEYS: [(&str, &str); 9] = [
    ("code", "550, 5xx, >=400 or 400-499"),
    ("verb", "a command's name, such as STOR"),
    ("file", "a name, with * and ?"),
    ("is", "error, slow, waiting, broken or transfer"),
    ("dir", "in, out or note"),
    ("conn", "a connection's number"),
    ("took", "a time, such as >500ms or <2s"),
    ("wait", "a time, such as >500ms or <2s"),
    ("bytes", "a size, such as >1M or <10k"),
];

/// The terms of a whole filter.
pub(super) fn terms(typed: &str) -> Result<Vec<Term>, Mistake> {
    if let Some((_, end)) = typed.char_indices().nth(LONGEST).map(|(byte, _)| (byte, LONGEST)) {
        return Err(Mistake { at: end, text: format!("a filter has at most {LONGEST} characters") });
    }
    words(typed)?.into_iter().map(Word::into_term).collect()
}

/// A word as typed, quotes taken off.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) negated: bool,
    pub(super) key: Option<String>,
    pub(super) value: String,
    quoted: bool,
    /// Between slashes.
    pub(super) pattern: bool,
    /// The characters where it begins, and where its value does.
    at: usize,
    pub(super) value_at: usize,
}

impl Word {
    fn into_term(self) -> Result<Term, Mistake> {
        let Self { negated, key, value, quoted, pattern, at, value_at } = self;
        if pattern {
            let built = RegexBuilder::new(&value).case_insensitive(true).size_limit(PATTERN_SIZE).build();
            let wrong = |error| Mistake { at: value_at, text: format!("the regular expression is wrong: {error}") };
            return Ok(Term { negated, any: vec![Test::Pattern(built.map_err(wrong)?)] });
        }
        let Some((key, takes)) = key.as_ref().and_then(|key| KEYS.iter().find(|(known, _)| known == key)) else {
            if let Some(codes) = key.is_none().then(|| class(&value)).flatten().filter(|_| !quoted) {
                return Ok(Term { negated, any: vec![Test::Code(codes)] });
            }
            // A colon in plain text, such as a path of Windows or a time.
            let text = key.map_or_else(|| value.clone(), |key| format!("{key}:{value}"));
            return Ok(Term { negated, any: vec![Test::Text(text.to_lowercase())] });
        };
        if value.is_empty() {
            return Err(Mistake { at, text: format!("{key}: takes {takes}") });
        }
        // Names of files may have commas.
        let values: Vec<&str> = if *key == "file" { vec![&value] } else { value.split(',').collect() };
        let mut any = Vec::new();
        let mut part_at = value_at;
        for part in values {
            let wrong = || Mistake { at: part_at, text: format!("{key}: takes {takes}, not “{part}”") };
            any.push(test(key, part).ok_or_else(wrong)?);
            part_at += part.chars().count() + 1;
        }
        Ok(Term { negated, any })
    }
}

/// `5xx` or `5yz` by itself, as classes of codes are written everywhere: no text has it.
fn class(word: &str) -> Option<RangeInclusive<u16>> {
    let digits = word.get(1..)?;
    (digits.eq_ignore_ascii_case("xx") || digits.eq_ignore_ascii_case("yz")).then(|| codes(word)).flatten()
}

fn test(key: &str, value: &str) -> Option<Test> {
    Some(match key {
        "code" => Test::Code(codes(value)?),
        "verb" => Test::Verb(Some(value).filter(|value| !value.is_empty())?.to_ascii_uppercase()),
        "file" => Test::File(Glob::new(value)),
        "conn" => Test::Connection(ConnectionId(value.parse().ok()?)),
        "dir" => Test::Direction(match value.to_ascii_lowercase().as_str() {
            "in" => Direction::Received,
            "out" => Direction::Sent,
            "note" => Direction::Note,
            _ => return None,
        }),
        "is" => State::ALL.iter().find(|(word, ..)| word.eq_ignore_ascii_case(value)).map(|all| Test::Is(all.1))?,
        "took" => Test::Took(range(value, milliseconds)?),
        "wait" => Test::Wait(range(value, milliseconds)?),
        "bytes" => Test::Bytes(range(value, bytes)?),
        _ => return None,
    })
}

/// `550`, `5xx`, `55x`, `>=400`, `<200`, `400-499`.
fn codes(value: &str) -> Option<RangeInclusive<u16>> {
    let three = |text: &str| text.parse::<u16>().ok().filter(|code| *code < 1000).map(u64::from);
    let open = value.trim_end_matches(['x', 'X', 'y', 'Y', 'z', 'Z']);
    let range = match (value.len(), value.len() - open.len()) {
        (3, wild @ (1 | 2)) => {
            let size = 10_u64.pow(u32::try_from(wild).ok()?);
            let first = three(open)? * size;
            first..=first + size - 1
        }
        (3, 0) if three(value).is_some() => three(value)?..=three(value)?,
        _ if value.starts_with(['<', '>']) || value.contains('-') => range(value, three)?,
        _ => return None,
    };
    Some(u16::try_from(*range.start()).ok()?..=u16::try_from(*range.end()).unwrap_or(u16::MAX))
}

/// `>5`, `>=5`, `<5`, `<=5`, `5-9`; a value alone is the least.
fn range(value: &str, read: impl Fn(&str) -> Option<u64>) -> Option<RangeInclusive<u64>> {
    for (sign, up, open) in [(">=", true, 0), ("<=", false, 0), (">", true, 1), ("<", false, 1)] {
        let Some(rest) = value.strip_prefix(sign) else { continue };
        let bound = read(rest)?;
        return Some(if up { bound.saturating_add(open)..=u64::MAX } else { 0..=bound.checked_sub(open)? });
    }
    match value.split_once('-') {
        Some((from, to)) => Some(read(from)?..=read(to)?),
        None => Some(read(value)?..=u64::MAX),
    }
}

/// `500ms`, `500`, `1.5s`, `2m`.
fn milliseconds(text: &str) -> Option<u64> {
    scaled(text, &[("ms", 1.0), ("min", 60_000.0), ("m", 60_000.0), ("s", 1000.0), ("", 1.0)])
}

/// `100`, `10k`, `1.5M`, `2G`: thousands as everywhere in the program; `Ki`, `Mi` and `Gi` too.
fn bytes(text: &str) -> Option<u64> {
    let text = text.strip_suffix(['B', 'b']).unwrap_or(text).to_ascii_lowercase();
    let units =
        [("ki", 1024.0), ("mi", 1_048_576.0), ("gi", 1_073_741_824.0), ("k", 1e3), ("m", 1e6), ("g", 1e9), ("", 1.0)];
    scaled(&text, &units)
}

/// A number with the first of `units` that it ends with.
fn scaled(text: &str, units: &[(&str, f64)]) -> Option<u64> {
    let (digits, factor) = units.iter().find_map(|(unit, factor)| Some((text.strip_suffix(unit)?, factor)))?;
    if !digits.starts_with(|c: char| c.is_ascii_digit()) || digits.contains(|c: char| !c.is_ascii_digit() && c != '.') {
        return None;
    }
    let number = digits.parse::<f64>().ok()? * factor;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "digits and a point are not negative")]
    Some(number.min(1e18).round() as u64)
}

/// Splits at white space outside quotes and slashes; a key is what stands before the first colon outside quotes.
pub(super) fn words(typed: &str) -> Result<Vec<Word>, Mistake> {
    let chars: Vec<char> = typed.chars().collect();
    let mut words = Vec::new();
    let mut word = Word::default();
    // Where a quotation mark was opened.
    let mut quote = None;
    let mut at = 0;
    while at < chars.len() {
        let c = chars[at];
        let fresh = quote.is_none() && word.key.is_none() && !word.quoted && word.value.is_empty();
        match c {
            '"' => {
                quote = if quote.is_some() { None } else { Some(at) };
                word.quoted = true;
            }
            c if c.is_whitespace() && quote.is_none() => {
                words.push(std::mem::take(&mut word));
                (word.at, word.value_at) = (at + 1, at + 1);
            }
            '-' if fresh && !word.negated => {
                word.negated = true;
                word.value_at = at + 1;
            }
            '/' if fresh && let Some(end) = end_of_pattern(&chars, at) => {
                let unescaped = chars[at + 1..end].iter().collect::<String>().replace("\\/", "/");
                (word.value, word.pattern, word.value_at) = (unescaped, true, at + 1);
                at = end;
            }
            ':' if quote.is_none() && word.key.is_none() && !word.quoted && !word.value.is_empty() => {
                word.key = Some(std::mem::take(&mut word.value).to_ascii_lowercase());
                word.value_at = at + 1;
            }
            c => word.value.push(c),
        }
        at += 1;
    }
    if let Some(at) = quote {
        return Err(Mistake { at, text: "the quotation mark that closes this one is missing".to_owned() });
    }
    words.push(word);
    // Half-typed words (`-`, `""`) test nothing yet.
    words.retain(|word| word.key.is_some() || !word.value.is_empty());
    Ok(words)
}

/// The slash that ends the regular expression that begins at `at`: the first that is not escaped, if white space or
/// nothing follows. A path such as `/pub/x` is none.
fn end_of_pattern(chars: &[char], at: usize) -> Option<usize> {
    let mut escaped = false;
    for (index, c) in chars.iter().enumerate().skip(at + 1) {
        match c {
            '/' if !escaped => {
                let ends = chars.get(index + 1).is_none_or(|next| next.is_whitespace());
                return Some(index).filter(|index| ends && *index > at + 1);
            }
            c => escaped = *c == '\\' && !escaped,
        }
    }
    None
}
