//! The dates that listings print.

use jiff::civil::DateTime;

use super::{Context, number, word};
use crate::model::{Modified, Precision};

/// Years that are believed; anything else of four digits is no year.
const YEARS: std::ops::RangeInclusive<u64> = 1000..=2999;
/// A 29 February without a year may be eight years back (1896 to 1904, 2096 to 2104).
const YEARS_BACK: i16 = 8;

/// Month names of `ls` in the languages that servers were met with, in lower case. Where a name has Latin letters, those
/// that are not ASCII are left out, because nobody says in which charset `ls` wrote them.
const MONTHS: [&[&str]; 12] = [
    &["jan", "ene", "gen", "janv", "sty", "tammi", "led", "янв", "січ"],
    &["feb", "fev", "fvr", "fv", "febr", "lut", "helmi", "no", "фев", "лют"],
    &["mar", "mr", "mrz", "mars", "mrt", "mrc", "maa", "maalis", "be", "мар", "бер"],
    &["apr", "abr", "avr", "avril", "pr", "kwi", "huhti", "dub", "апр", "кві"],
    &["may", "mai", "maj", "mei", "mag", "maio", "mj", "touko", "kv", "май", "мая", "тра"],
    &["jun", "juni", "juin", "giu", "jn", "cze", "kes", "vn", "июн", "чер"],
    &["jul", "juli", "juil", "lug", "jl", "lip", "hein", "vc", "июл", "лип"],
    &["aug", "ago", "aot", "sie", "elo", "srp", "авг", "сер"],
    &["sep", "sept", "set", "szept", "wrz", "syys", "z", "сен", "вер"],
    &["oct", "okt", "out", "ott", "pa", "j", "loka", "окт", "жов"],
    &["nov", "lis", "marras", "ноя", "лис"],
    &["dec", "dez", "dic", "dc", "gru", "joulu", "pro", "дек", "гру"],
];

/// A date of a Unix listing, which begins at `from`, and where it ends.
///
/// `Apr 27 2001`, `Apr  7 07:13`, `7. Apr 07:13`, `4月 7日 2001年`, `2001-04-27 07:13`, `04-27 07:13`, and what
/// `ls --full-time` and BSD's `ls -T` print.
pub(super) fn unix(line: &[u8], from: usize, context: &Context) -> Option<(Modified, usize)> {
    let (start, end) = word(line, from)?;
    let first = &line[start..end];
    if !first[0].is_ascii_digit() {
        let month = month(first, context)?;
        let (start, end) = word(line, end)?;
        let day = day(&line[start..end])?;
        return year_or_time(line, end, month, day, context);
    }
    if first.contains(&b'-') {
        return iso(line, start, end, context);
    }
    let (start, after) = word(line, end)?;
    let second = &line[start..after];
    if let (Some(day), Some(month)) = (day(first), month(second, context)) {
        return year_or_time(line, after, month, day, context);
    }
    // `4月 7日`: digits, then a sign that means month or day in whatever charset.
    let month = signed_number(first).filter(|(_, sign)| *sign)?.0;
    year_or_time(line, after, i8::try_from(month).ok()?, signed_number(second)?.0.try_into().ok()?, context)
}

/// `2001`, `07:13` or `07:13:59 2001` after month and day.
fn year_or_time(line: &[u8], from: usize, month: i8, day: i8, context: &Context) -> Option<(Modified, usize)> {
    let (start, end) = word(line, from)?;
    let text = &line[start..end];
    if let Some(time) = time(text) {
        if time.2.is_some()
            && let Some((start, end)) = word(line, end)
            && let Some(year) = year(&line[start..end])
        {
            return Some((local(civil(year, month, day, time)?, Precision::Second), end));
        }
        return Some((local(without_year(month, day, time, context)?, Precision::Minute), end));
    }
    let at = civil(year(text)?, month, day, (0, 0, None))?;
    // After `Feb 18 2005 ` the year was padded on its right to the width of a time; after `Feb 18  2005` on its left.
    let padded = start == from + 1 && line.get(end..end + 2).is_some_and(|blanks| blanks == b"  ");
    Some((local(at, Precision::Day), if padded { end + 1 } else { end }))
}

/// `2001-04-27 07:13`, `2001-04-27 07:13:59.000000000 +0200`, `04-27 07:13`, and `2001-04-27` before two blanks.
fn iso(line: &[u8], start: usize, end: usize, context: &Context) -> Option<(Modified, usize)> {
    let mut parts = line[start..end].split(|byte| *byte == b'-');
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let clock = word(line, end).and_then(|(start, end)| Some((time(&line[start..end])?, end)));
    let Some(third) = third else {
        let ((hour, minute, second_of), end) = clock?;
        let at = without_year(two(first)?, two(second)?, (hour, minute, second_of), context)?;
        return Some((local(at, Precision::Minute), end));
    };
    let (year, month, day) = (year(first)?, two(second)?, two(third)?);
    let Some((clock, end)) = clock else {
        let padded = line.get(end..end + 2).is_some_and(|blanks| blanks == b"  ");
        return padded.then(|| Some((local(civil(year, month, day, (0, 0, None))?, Precision::Day), end + 1)))?;
    };
    let precision = if clock.2.is_some() { Precision::Second } else { Precision::Minute };
    let at = civil(year, month, day, clock)?;
    if let Some((start, end)) = word(line, end)
        && let Some(minutes) = offset(&line[start..end])
    {
        let at = at.checked_sub(jiff::Span::new().minutes(minutes)).ok()?;
        return Some((Modified { at, precision, utc: true }, end));
    }
    Some((local(at, precision), end))
}

/// Minutes east of Greenwich: `+0200`.
fn offset(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text.split_first()? {
        (b'+', digits) => (1, digits),
        (b'-', digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = (digits.len() == 4).then(|| digits.split_at(2))?;
    Some(sign * (i64::from(two(hours)?) * 60 + i64::from(two(minutes)?)))
}

fn local(at: DateTime, precision: Precision) -> Modified {
    Modified { at, precision, utc: false }
}

/// The newest such day and time that is not after the latest allowed.
fn without_year(month: i8, day: i8, time: (i8, i8, Option<i8>), context: &Context) -> Option<DateTime> {
    let newest = context.latest.year();
    (newest - YEARS_BACK..=newest)
        .rev()
        .find_map(|year| civil(year, month, day, time).filter(|at| *at <= context.latest))
}

/// A date, if there is such a day; 24:00 is the next day's beginning.
pub(super) fn civil(year: i16, month: i8, day: i8, time: (i8, i8, Option<i8>)) -> Option<DateTime> {
    match time {
        (24, 0, None | Some(0)) => {
            let midnight = DateTime::new(year, month, day, 0, 0, 0, 0).ok()?;
            midnight.checked_add(jiff::Span::new().days(1)).ok()
        }
        (hour, minute, second) => DateTime::new(year, month, day, hour, minute, second.unwrap_or(0), 0).ok(),
    }
}

/// `7:13`, `07:13`, `07:13:59`, `07:13:59.123`: the numbers may still be impossible.
pub(super) fn time(text: &[u8]) -> Option<(i8, i8, Option<i8>)> {
    let colon = text.iter().take(3).position(|byte| *byte == b':')?;
    let (hour, rest) = (two(&text[..colon])?, &text[colon + 1..]);
    let minute = (rest.len() >= 2).then(|| two(&rest[..2]))??;
    match &rest[2..] {
        [] => Some((hour, minute, None)),
        [b':', seconds @ ..] if seconds.len() >= 2 => {
            let fraction = &seconds[2..];
            let exact = fraction.is_empty() || (fraction[0] == b'.' && fraction[1..].iter().all(u8::is_ascii_digit));
            exact.then(|| Some((hour, minute, Some(two(&seconds[..2])?))))?
        }
        _ => None,
    }
}

/// One or two digits.
pub(super) fn two(digits: &[u8]) -> Option<i8> {
    if digits.len() > 2 { None } else { i8::try_from(number(digits)?).ok() }
}

/// Four digits, perhaps with a sign behind them that is not ASCII: `2003年`.
pub(super) fn year(text: &[u8]) -> Option<i16> {
    let (digits, sign) = text.split_at_checked(4)?;
    let year = number(digits).filter(|year| YEARS.contains(year))?;
    if sign.iter().all(|byte| !byte.is_ascii()) { i16::try_from(year).ok() } else { None }
}

/// `7`, `07`, `7.` or `7,`.
fn day(text: &[u8]) -> Option<i8> {
    match signed_number(text)? {
        (day, _) if (1..=31).contains(&day) => i8::try_from(day).ok(),
        _ => None,
    }
}

/// One or two digits, perhaps with a full stop, a comma, or characters that are not ASCII behind them; and whether the
/// latter were there.
fn signed_number(text: &[u8]) -> Option<(u64, bool)> {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if !(1..=2).contains(&digits) {
        return None;
    }
    let sign = &text[digits..];
    let foreign = !sign.is_empty() && sign.iter().all(|byte| !byte.is_ascii());
    (sign.is_empty() || foreign || sign == b"." || sign == b",").then(|| Some((number(&text[..digits])?, foreign)))?
}

/// The month that `text` names.
fn month(text: &[u8], context: &Context) -> Option<i8> {
    let text = text.strip_suffix(b".").or_else(|| text.strip_suffix(b",")).unwrap_or(text);
    if let [a, b, c] = text {
        let english: Option<i8> = match &[a.to_ascii_lowercase(), b.to_ascii_lowercase(), c.to_ascii_lowercase()] {
            b"jan" => Some(1),
            b"feb" => Some(2),
            b"mar" => Some(3),
            b"apr" => Some(4),
            b"may" => Some(5),
            b"jun" => Some(6),
            b"jul" => Some(7),
            b"aug" => Some(8),
            b"sep" => Some(9),
            b"oct" => Some(10),
            b"nov" => Some(11),
            b"dec" => Some(12),
            _ => None,
        };
        if english.is_some() {
            return english;
        }
    }
    foreign_month(text, context)
}

fn foreign_month(text: &[u8], context: &Context) -> Option<i8> {
    const LONGEST: usize = 16;
    if text.len() > LONGEST || text.iter().any(|byte| byte.is_ascii() && !byte.is_ascii_alphabetic()) {
        return None;
    }
    let name = if text.iter().any(u8::is_ascii) {
        let ascii = text.iter().filter(|byte| byte.is_ascii()).map(|byte| char::from(byte.to_ascii_lowercase()));
        ascii.collect::<String>()
    } else {
        context.text(text).to_lowercase()
    };
    let index = MONTHS.iter().position(|names| names.contains(&name.as_str()))?;
    i8::try_from(index + 1).ok()
}
