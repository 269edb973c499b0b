//! The dates that listings print.

use jiff::civil::DateTime;

use super::{Context, is_blank, month, number, word};
use crate::model::{Modified, Precision};

/// Years that are believed; anything else of four digits is no year.
const YEARS: std::ops::RangeInclusive<u64> = 1000..=2999;
/// A 29 February without a year may be eight years back (1896 to 1904, 2096 to 2104).
const YEARS_BACK: i16 = 8;

/// Hour, minute, and the second if it is known.
pub(super) type Clock = (i8, i8, Option<i8>);

/// A date of a Unix listing, which begins at `from`, and where it ends.
///
/// `Apr 27 2001`, `Apr  7 07:13`, `Apr 07, 2001 07:13`, `7. Apr 07:13`, `4月 7日 2001年`, `2001-04-27 07:13`, `04-27 07:13`,
/// `27-Apr-01`, and what `ls --full-time` and BSD's `ls -T` print.
pub(super) fn unix(line: &[u8], from: usize, context: &Context<'_>) -> Option<(Modified, usize)> {
    let (mut start, mut end) = word(line, from)?;
    if is_weekday(&line[start..end]) {
        (start, end) = word(line, end)?;
    }
    let first = &line[start..end];
    if !first[0].is_ascii_digit() {
        let (day_at, after) = word(line, end)?;
        if first.last().is_some_and(u8::is_ascii_digit) && first.iter().any(|byte| SEPARATORS.contains(byte)) {
            return joined(line, start, end, context);
        }
        if !line[day_at].is_ascii_digit() {
            return None; // before a look at all months
        }
        let month = month::named(first, context)?;
        return year_or_time(line, after, month, day(&line[day_at..after])?, context);
    }
    if first.get(1..first.len() - 1).is_some_and(|inside| inside.iter().any(|byte| SEPARATORS.contains(byte))) {
        return joined(line, start, end, context);
    }
    let (second_start, after) = word(line, end)?;
    if let (Some(day), Some(month)) = (day(first), month::named(&line[second_start..after], context)) {
        return year_or_time(line, after, month, day, context);
    }
    signed(line, start, context)
}

/// What parts day, month and year.
const SEPARATORS: &[u8] = b"-/.";

/// `Thu` or `Thu,`.
pub(super) fn is_weekday(text: &[u8]) -> bool {
    const DAYS: [&[u8; 3]; 7] = [b"mon", b"tue", b"wed", b"thu", b"fri", b"sat", b"sun"];
    let text = text.strip_suffix(b",").or_else(|| text.strip_suffix(b".")).unwrap_or(text);
    (3..=5).contains(&text.len()) && DAYS.iter().any(|day| text[..3].eq_ignore_ascii_case(*day)) && text.is_ascii()
}

/// `2001`, `07:13`, `07:13:59 2001` or `2001 07:13` after month and day.
fn year_or_time(line: &[u8], from: usize, month: i8, day: i8, context: &Context<'_>) -> Option<(Modified, usize)> {
    let (start, end) = word(line, from)?;
    let text = &line[start..end];
    if let Some(time) = time_of_day(text) {
        if time.2.is_some()
            && let Some((start, end)) = word(line, end)
            && let Some(year) = year(&line[start..end])
        {
            return Some((local(civil(year, month, day, time)?, Precision::Second), end));
        }
        return Some((local(without_year(month, day, time, context)?, Precision::Minute), end));
    }
    let year = year(text)?;
    // `ls` writes two blanks before a year: what then looks like a time is a name.
    if start == from + 1
        && let Some((at, after)) = word(line, end)
        && let Some(time) = time_of_day(&line[at..after])
        && line.get(after).is_some_and(|byte| is_blank(*byte))
    {
        return Some((local(civil(year, month, day, time)?, precision(time)), after));
    }
    let at = civil(year, month, day, (0, 0, None))?;
    // After `Feb 18 2005 ` the year was padded on its right to the width of a time; after `Feb 18  2005` on its left.
    let padded = start == from + 1 && line.get(end..end + 2).is_some_and(|blanks| blanks == b"  ");
    Some((local(at, Precision::Day), if padded { end + 1 } else { end }))
}

/// `2001-04-27 07:13`, `2001-04-27 07:13:59.000000000 +0200`, `04-27 07:13`, `09-26 2000`, `27-Apr-01`, `2004.07.15`.
fn joined(line: &[u8], start: usize, end: usize, context: &Context<'_>) -> Option<(Modified, usize)> {
    let text = &line[start..end];
    let separator = *text.iter().find(|byte| SEPARATORS.contains(byte))?;
    let mut parts = text.split(|byte| *byte == separator);
    let (first, second, third) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let Some(third) = third else {
        let (month, day) = month_and_day(first, second, separator, context)?;
        return year_or_time(line, end, month, day, context);
    };
    let (third, joined_time) = match third.iter().position(|byte| *byte == b'T') {
        Some(at) if third[..at].iter().all(u8::is_ascii_digit) => (&third[..at], Some(&third[at + 1..])),
        _ => (third, None),
    };
    let (year, month, day) = match three_numbers([first, second, third], orders(first, separator, context.day_first)) {
        Some(numbers) => numbers,
        None => with_month_name(first, second, third, context)?,
    };
    let zulu = joined_time.is_some_and(|text| text.ends_with(b"Z"));
    let clock = match joined_time {
        Some(text) => Some((time_of_day(text.strip_suffix(b"Z").unwrap_or(text))?, end)),
        None => word(line, end).and_then(|(start, end)| Some((time_of_day(&line[start..end])?, end))),
    };
    let Some((clock, end)) = clock else {
        // The date stands in a column: what follows is aligned.
        let blanks = line[end..].iter().take_while(|byte| is_blank(**byte)).count();
        return Some((local(civil(year, month, day, (0, 0, None))?, Precision::Day), end + blanks.saturating_sub(1)));
    };
    let precision = precision(clock);
    let at = civil(year, month, day, clock)?;
    if let Some((start, end)) = word(line, end)
        && let Some(minutes) = offset(&line[start..end])
    {
        let at = at.checked_sub(jiff::Span::new().minutes(minutes)).ok()?;
        return Some((Modified { at, precision, utc: true }, end));
    }
    Some((Modified { at, precision, utc: zulu }, end))
}

/// Where a date ends whose month nobody knows, but which is one: a word that is not ASCII, a day, and a year or a time.
pub(super) fn unreadable(line: &[u8], from: usize) -> Option<usize> {
    let (start, first_end) = word(line, from)?;
    let (second_start, second_end) = word(line, first_end)?;
    let (third_start, end) = word(line, second_end)?;
    let (first, second) = (&line[start..first_end], &line[second_start..second_end]);
    let is_month = |text: &[u8]| !text.is_ascii() && !text.iter().any(|byte| byte.is_ascii_digit());
    let is_date = is_month(first) && day(second).is_some() || is_month(second) && day(first).is_some();
    let last = &line[third_start..end];
    (is_date && (year(last).is_some() || time(last).is_some())).then_some(end)
}

/// Whether dates of three numbers begin with the day: one has a number in front that can be no month, and none has such a
/// number in the middle.
pub(super) fn has_day_first(lines: &[&[u8]]) -> bool {
    let (mut first, mut second) = (false, false);
    for word in lines.iter().flat_map(|line| line.split(|byte| is_blank(*byte)).take(WORDS)) {
        let Some(separator) = word.iter().take(3).find(|byte| SEPARATORS.contains(byte)) else { continue };
        let mut parts = word.split(|byte| byte == separator);
        let (Some(a), Some(b), Some(year), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
            continue;
        };
        let (Some(a), Some(b), Some(_)) = (two(a), two(b), short_year(year)) else { continue };
        first |= (13..=31).contains(&a) && (1..=12).contains(&b);
        second |= (13..=31).contains(&b) && (1..=12).contains(&a);
    }
    first && !second
}

/// A date is among so many first pieces of a line between blanks.
const WORDS: usize = 40;

/// `04-27`, `27.04`, `27-Apr` or `Apr-27`.
fn month_and_day(first: &[u8], second: &[u8], separator: u8, context: &Context<'_>) -> Option<(i8, i8)> {
    match (two(first), two(second)) {
        (Some(month), Some(day)) if separator != b'.' && month <= 12 => Some((month, day)),
        (Some(day), Some(month)) => Some((month, day)),
        (Some(day), None) => Some((month::named(second, context)?, day)),
        (None, Some(day)) => Some((month::named(first, context)?, day)),
        (None, None) => None,
    }
}

/// `27-Apr-2001`, `27-Apr-01`, `Apr-27-2001` or `2001-Apr-27`: year, month and day.
fn with_month_name(first: &[u8], second: &[u8], third: &[u8], context: &Context<'_>) -> Option<(i16, i8, i8)> {
    if let Some(month) = month::named(second, context) {
        return match year(first) {
            Some(year) => Some((year, month, two(third)?)),
            None => Some((short_year(third)?, month, two(first)?)),
        };
    }
    Some((short_year(third)?, month::named(first, context)?, two(second)?))
}

/// `4月 7日 2001年`, `8月 17 08:52`, `2003年 3月 20日`, and `3 29 03:26`: a sign that is not ASCII means year, month or day in
/// whatever charset.
fn signed(line: &[u8], start: usize, context: &Context<'_>) -> Option<(Modified, usize)> {
    let (first, is_signed, end) = signed_number(line, start)?;
    let (second, second_is_signed, end) = signed_number(line, end)?;
    if first >= 1000 {
        let (third, _, after) = signed_number(line, end).filter(|_| second_is_signed)?;
        let (month, day) = (i8::try_from(second).ok()?, i8::try_from(third).ok()?);
        if !is_signed && year_or_time(line, after, month, day, context).is_some() {
            return None; // the first number is the size
        }
        let year = i16::try_from(first).ok()?;
        if let Some((start, end)) = word(line, after)
            && let Some(time) = time_of_day(&line[start..end])
        {
            return Some((local(civil(year, month, day, time)?, precision(time)), end));
        }
        return Some((local(civil(year, month, day, (0, 0, None))?, Precision::Day), after));
    }
    let (month, day) = (i8::try_from(first).ok()?, i8::try_from(second).ok()?);
    let (start, stop) = word(line, end)?;
    // Two bare numbers are believed where a time follows; a year might be a size.
    (is_signed || time(&line[start..stop]).is_some()).then(|| year_or_time(line, end, month, day, context))?
}

/// Up to four digits behind blanks, perhaps with a sign behind them that is not ASCII; whether it is there; the end.
fn signed_number(line: &[u8], from: usize) -> Option<(u64, bool, usize)> {
    let start = from + line.get(from..)?.iter().position(|byte| !is_blank(*byte))?;
    let digits = line[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = &line[start + digits..];
    let has_sign = rest.first().is_some_and(|byte| !byte.is_ascii());
    let sign = rest.iter().take_while(|byte| !is_blank(**byte) && !byte.is_ascii_digit()).count();
    let fits = (1..=4).contains(&digits) && sign <= LONGEST_SIGN && (sign == 0 || has_sign);
    fits.then(|| Some((number(&line[start..start + digits])?, has_sign, start + digits + sign)))?
}

/// Longest sign for year, month or day, in bytes.
const LONGEST_SIGN: usize = 4;

/// How exact a time of day is.
pub(super) fn precision(time: Clock) -> Precision {
    if time.2.is_some() { Precision::Second } else { Precision::Minute }
}

/// What three numbers of a date mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    /// `04-27-2001`.
    MonthDayYear,
    /// `27.04.2001`.
    DayMonthYear,
    /// `2001-04-27`.
    YearMonthDay,
}

/// What is usual between such separators; a month that cannot be one is the day, and two digits in front are no year.
fn orders(first: &[u8], separator: u8, day_first: bool) -> &'static [Order] {
    use Order::*;
    match separator {
        _ if first.len() == 4 => &[YearMonthDay],
        _ if day_first => &[DayMonthYear, MonthDayYear],
        b'.' => &[DayMonthYear, MonthDayYear],
        _ => &[MonthDayYear, DayMonthYear],
    }
}

/// `04-27-00`, `4/27/2000`, `27.04.2000` or `2000-04-27`: year, month and day, as usual between such separators, or as the
/// other lines have them.
pub(super) fn numeric(text: &[u8], context: &Context<'_>) -> Option<(i16, i8, i8)> {
    let separator = *text.iter().find(|byte| SEPARATORS.contains(byte))?;
    let first = text.split(|byte| *byte == separator).next()?;
    numeric_as(text, orders(first, separator, context.day_first))
}

/// Year, month and day in the first of the orders that gives a day that there is.
pub(super) fn numeric_as(text: &[u8], orders: &[Order]) -> Option<(i16, i8, i8)> {
    let separator = *text.iter().find(|byte| SEPARATORS.contains(byte))?;
    let mut parts = text.split(|byte| *byte == separator);
    let parts = [parts.next()?, parts.next()?, parts.next().filter(|_| parts.next().is_none())?];
    three_numbers(parts, orders)
}

fn three_numbers(parts: [&[u8]; 3], orders: &[Order]) -> Option<(i16, i8, i8)> {
    let [first, second, third] = parts;
    let with = |order: &Order| {
        let (year, month, day) = match order {
            Order::MonthDayYear => (third, first, second),
            Order::DayMonthYear => (third, second, first),
            Order::YearMonthDay => (first, second, third),
        };
        let date = (short_year(year)?, two(month)?, two(day)?);
        civil(date.0, date.1, date.2, (0, 0, None)).map(|_| date)
    };
    orders.iter().find_map(with)
}

/// Years of two digits before this one are in the 21st century.
const CENTURY: i16 = 70;

/// A year of four digits, of two, or of three: `103` and `100` are what counts from 1900 and forgot to stop.
pub(super) fn short_year(text: &[u8]) -> Option<i16> {
    match text.len() {
        2 => {
            let year = i16::try_from(number(text)?).ok()?;
            Some(if year < CENTURY { 2000 + year } else { 1900 + year })
        }
        3 => i16::try_from(number(text)?).ok().filter(|year| *year < 200).map(|year| 1900 + year),
        _ => year(text),
    }
}

/// A time as [`time`] reads it, or one that ends with `AM` or `PM`.
pub(super) fn time_of_day(text: &[u8]) -> Option<Clock> {
    let letters = text.iter().rev().take_while(|byte| byte.is_ascii_alphabetic()).count();
    if letters == 0 {
        return time(text);
    }
    let (clock, half) = text.split_at(text.len() - letters);
    in_half(time(clock)?, half_of_day(half)?)
}

/// Such a time, whose half of the day may stand alone behind it, and where it ends.
pub(super) fn time_at(line: &[u8], from: usize) -> Option<(Clock, usize)> {
    let (start, end) = word(line, from)?;
    let text = &line[start..end];
    if let Some(clock) = time(text)
        && let Some((start, end)) = word(line, end)
        && let Some(half) = half_of_day(&line[start..end])
    {
        return Some((in_half(clock, half)?, end));
    }
    Some((time_of_day(text)?, end))
}

/// The hour of a clock with twelve of them.
fn in_half(time: Clock, afternoon: bool) -> Option<Clock> {
    (1..=12).contains(&time.0).then(|| (time.0 % 12 + if afternoon { 12 } else { 0 }, time.1, time.2))
}

/// Whether it is the afternoon.
fn half_of_day(text: &[u8]) -> Option<bool> {
    match text {
        [b'a' | b'A'] | [b'a' | b'A', b'm' | b'M'] => Some(false),
        [b'p' | b'P'] | [b'p' | b'P', b'm' | b'M'] => Some(true),
        _ => None,
    }
}

/// Minutes east of Greenwich: `+0200`, `+02:00`.
pub(super) fn offset(text: &[u8]) -> Option<i64> {
    let (sign, digits) = match text.split_first()? {
        (b'+', digits) => (1, digits),
        (b'-', digits) => (-1, digits),
        _ => return None,
    };
    let (hours, minutes) = match digits {
        [a, b, b':', rest @ ..] if rest.len() == 2 => ([*a, *b], rest),
        [a, b, rest @ ..] if rest.len() == 2 => ([*a, *b], rest),
        _ => return None,
    };
    Some(sign * (i64::from(two(&hours)?) * 60 + i64::from(two(minutes)?)))
}

fn local(at: DateTime, precision: Precision) -> Modified {
    Modified { at, precision, utc: false }
}

/// The newest such day and time that is not after the latest allowed.
fn without_year(month: i8, day: i8, time: Clock, context: &Context<'_>) -> Option<DateTime> {
    let newest = context.latest.year();
    (newest - YEARS_BACK..=newest)
        .rev()
        .find_map(|year| civil(year, month, day, time).filter(|at| *at <= context.latest))
}

/// A date, if there is such a day; 24:00 is the next day's beginning.
pub(super) fn civil(year: i16, month: i8, day: i8, time: Clock) -> Option<DateTime> {
    match time {
        (24, 0, None | Some(0)) => {
            let midnight = DateTime::new(year, month, day, 0, 0, 0, 0).ok()?;
            midnight.checked_add(jiff::Span::new().days(1)).ok()
        }
        (hour, minute, second) => DateTime::new(year, month, day, hour, minute, second.unwrap_or(0), 0).ok(),
    }
}

/// `7:13`, `07:13`, `07:13:59`, `07:13:59.123`: the numbers may still be impossible.
pub(super) fn time(text: &[u8]) -> Option<Clock> {
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
    let fits = sign.first().is_none_or(|byte| !byte.is_ascii()) && sign.len() <= LONGEST_SIGN;
    if fits { i16::try_from(year).ok() } else { None }
}

/// `7`, `07`, `7.` or `7,`.
fn day(text: &[u8]) -> Option<i8> {
    let text = text.strip_suffix(b".").or_else(|| text.strip_suffix(b",")).unwrap_or(text);
    let digits =
        if text.len() > 2 { signed_number(text, 0).filter(|(_, _, end)| *end == text.len())?.0 } else { number(text)? };
    i8::try_from(digits).ok().filter(|day| (1..=31).contains(day))
}
