//! What the DIR command of DOS and Windows prints, and IIS after it.

use jiff::civil::DateTime;

use super::{Context, Read, date, grouped_number, is_blank, number, word};
use crate::model::{Entry, Kind, Modified, Precision};

/// Years of two digits before this one are in the 21st century.
const CENTURY: i16 = 70;
/// Reads a line such as `04-27-00  12:09PM       <DIR>          16-bit apps`.
pub(super) fn read(lines: &[&[u8]], context: &Context) -> Read {
    let line = lines[0];
    let Some((at, end)) = moment(line) else { return Read::Nothing };
    match columns(line, end, at, context) {
        Some(entry) => Read::Entry(entry, 1),
        None => Read::Broken,
    }
}

fn columns(line: &[u8], from: usize, at: DateTime, context: &Context) -> Option<Entry> {
    let (start, end) = word(line, from)?;
    let mut entry = Entry::new("", Kind::File);
    entry.modified = Some(Modified { at, precision: Precision::Minute, utc: false });
    let tag = &line[start..end];
    match tag {
        b"<DIR>" => entry.kind = Kind::Directory,
        b"<JUNCTION>" | b"<SYMLINKD>" | b"<SYMLINK>" => {
            entry.kind = Kind::Link;
            entry.to_directory = Some(tag != b"<SYMLINK>");
        }
        size => entry.size = Some(grouped_number(size)?),
    }
    // IIS writes one blank between a size and a name. Others, who write `9/23/2018` or `34,359`, align with as many as
    // look well, and so does everybody behind `<DIR>`: there a name cannot be known to begin with a blank.
    let aligned = entry.size.is_none() || line[..from].contains(&b'/') || tag.contains(&b',');
    let rest = &line[end..];
    let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
    let name = &rest[if aligned { blanks } else { blanks.min(1) }..];
    if blanks == 0 || name.is_empty() {
        return None;
    }
    let (name, target) = if entry.kind == Kind::Link { split_link(name) } else { (name, None) };
    entry.name = context.text(name);
    entry.target = target.and_then(|target| context.word(target));
    Some(entry)
}

/// `name -> target`, `name => target` or `name [target]`.
fn split_link(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let arrow = |arrow: &[u8]| text.windows(arrow.len()).position(|window| window == arrow).map(|at| (at, arrow.len()));
    if let Some((at, length)) = arrow(b" -> ").or_else(|| arrow(b" => ")) {
        return (&text[..at], Some(&text[at + length..]));
    }
    if let (Some(inside), Some((at, length))) = (text.strip_suffix(b"]"), arrow(b" [")) {
        return (&text[..at], inside.get(at + length..));
    }
    (text, None)
}

/// Date and time at the beginning of a line, and where they end.
fn moment(line: &[u8]) -> Option<(DateTime, usize)> {
    let (start, end) = word(line, 0)?;
    let (year, month, day) = day(&line[start..end])?;
    let (start, end) = word(line, end)?;
    let text = &line[start..end];
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit() || **byte == b':').count();
    let time = date::time(&text[..digits])?;
    let (half, end) = match half_of_day(&text[digits..]) {
        _ if digits == text.len() => match word(line, end).map(|(start, end)| (half_of_day(&line[start..end]), end)) {
            Some((Some(half), end)) => (Some(half), end),
            _ => (None, end),
        },
        Some(half) => (Some(half), end),
        None => return None,
    };
    let hour = match (half, time.0) {
        (None, hour) => hour,
        (Some(_), hour) if !(1..=12).contains(&hour) => return None,
        (Some(afternoon), hour) => hour % 12 + if afternoon { 12 } else { 0 },
    };
    Some((date::civil(year, month, day, (hour, time.1, time.2))?, end))
}

/// Whether it is the afternoon.
fn half_of_day(text: &[u8]) -> Option<bool> {
    match text.to_ascii_lowercase().as_slice() {
        b"am" | b"a" => Some(false),
        b"pm" | b"p" => Some(true),
        _ => None,
    }
}

/// `04-27-00`, `4/27/2000`, `27.04.2000` or `2000-04-27`; a month that cannot be one is the day.
fn day(text: &[u8]) -> Option<(i16, i8, i8)> {
    let separator = *text.iter().find(|byte| !byte.is_ascii_digit())?;
    if !b"-/.".contains(&separator) {
        return None;
    }
    let mut parts = text.split(|byte| *byte == separator);
    let parts = [parts.next()?, parts.next()?, parts.next().filter(|_| parts.next().is_none())?];
    if parts[0].len() == 4 {
        return Some((date::year(parts[0])?, date::two(parts[1])?, date::two(parts[2])?));
    }
    let (first, second) = (date::two(parts[0])?, date::two(parts[1])?);
    let (month, day) = if separator == b'.' || first > 12 { (second, first) } else { (first, second) };
    Some((year(parts[2])?, month, day))
}

fn year(text: &[u8]) -> Option<i16> {
    if text.len() != 2 {
        return date::year(text);
    }
    let year = i16::try_from(number(text)?).ok()?;
    Some(if year < CENTURY { 2000 + year } else { 1900 + year })
}
