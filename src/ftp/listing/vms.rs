//! What the servers of VMS print: UCX, MultiNet, CMU and the rest, as DIRECTORY does.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::civil::DateTime;

use super::unix::rounded_size;
use super::{Context, Found, Read, date, is_blank, month, number};
use crate::model::{Entry, Kind, Modified, Precision};

/// Bytes in a block.
const BLOCK: u64 = 512;
/// A name that stands alone on its line has its fields on the next one.
const LINES: usize = 2;

/// Reads an entry such as `CII-MANUAL.TEX;1  213/216  29-JAN-1996 03:33:12  [ANONYMOU,ANONYMOUS]   (RWED,RWED,,)`.
///
/// The version stays in the name until [`newest`] has seen all of them.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let Some((start, end)) = name(lines[0]) else { return Read::Nothing };
    let (fields, used) = match lines[0][end..].iter().all(|byte| is_space(*byte)) {
        false => (&lines[0][end..], 1),
        true => match lines.get(LINES - 1) {
            // The next line begins with blanks or a size; `1.TXT;1` would be another file.
            Some(next)
                if next.first().is_some_and(|byte| is_space(*byte) || byte.is_ascii_digit()) && !has_version(next) =>
            {
                (*next, LINES)
            }
            _ => return Read::Nothing,
        },
    };
    // `%RMS-E-PRV, insufficient privilege`: the file is there, and that is all that may be known of it.
    let versioned = lines[0][start..end].contains(&b';');
    match columns(&lines[0][start..end], fields, context).filter(|entry| versioned || entry.permissions.is_some()) {
        Some(entry) => Read::Entry(entry, used),
        None if !versioned => Read::Nothing,
        None if fields.iter().any(u8::is_ascii_digit) => Read::Broken,
        None => Read::Nothing,
    }
}

fn has_version(line: &[u8]) -> bool {
    name(line).is_some_and(|(start, end)| line[start..end].contains(&b';'))
}

/// Where the name stands, with its version if it has one: `A.TXT;3`, without the directory in `DISK:[A.DIR]A.TXT;3`.
fn name(line: &[u8]) -> Option<(usize, usize)> {
    let word = line.iter().position(|byte| is_space(*byte)).unwrap_or(line.len());
    let Some(semicolon) = line.iter().position(|byte| *byte == b';') else {
        return (word > 0).then_some((0, word)); // without a version
    };
    let digits = line[semicolon + 1..].iter().take_while(|byte| byte.is_ascii_digit()).count();
    let end = semicolon + 1 + digits;
    let ends = digits > 0 && line.get(end).is_none_or(|byte| is_space(*byte));
    let directory = line.iter().take_while(|byte| !is_space(**byte)).any(|byte| *byte == b'[');
    let start = if directory { line[..semicolon].iter().rposition(|byte| *byte == b']')? + 1 } else { 0 };
    let plain = start < semicolon && !is_space(line[start]) && !line[start..semicolon].contains(&b'=');
    (ends && plain).then_some((start, end))
}

/// Blocks, date, owner and protection, in any order.
fn columns(name: &[u8], fields: &[u8], context: &Context<'_>) -> Option<Entry> {
    let mut entry = Entry::new("", Kind::File);
    let (mut at, mut day, mut clock) = (0, None, None);
    while let Some((start, end)) = field(fields, at) {
        let text = &fields[start..end];
        at = end;
        match text[0] {
            b'[' if entry.owner.is_none() => (entry.group, entry.owner) = owner(text, context)?,
            b'(' => entry.permissions = context.word(protection(text)?),
            _ if day.is_some() && clock.is_none() && text.contains(&b':') => clock = Some(date::time(text)?),
            // `JUN-2-1998`: a date that is none leaves the file undated.
            _ if day.is_none() && text.contains(&b'-') => day = Some(self::date(text, context)),
            b'0'..=b'9' if entry.size.is_none() => (entry.size, entry.rounded) = size(text)?,
            b'A'..=b'Z' if entry.owner.is_none() && day.is_some() => entry.owner = context.word(text),
            _ => return None,
        }
    }
    if let Some((year, month, day)) = day? {
        entry.modified = Some(modified(date::civil(year, month, day, clock.unwrap_or_default())?, clock));
    }
    let version = name.iter().rposition(|byte| *byte == b';').unwrap_or(name.len());
    entry.name = match directory(&name[..version]) {
        Some(directory) => {
            entry.kind = Kind::Directory;
            context.text(directory)
        }
        None => context.text(name),
    };
    Some(entry)
}

/// The next field: brackets and parentheses may hold blanks, and a bracket may have been cut off.
fn field(text: &[u8], from: usize) -> Option<(usize, usize)> {
    let start = from + text.get(from..)?.iter().position(|byte| !is_space(*byte))?;
    let close = match text[start] {
        b'[' => b']',
        b'(' => b')',
        _ => 0,
    };
    let rest = &text[start..];
    let plain = rest.iter().position(|byte| is_space(*byte)).unwrap_or(rest.len());
    let closed = rest.iter().position(|byte| *byte == close).map(|at| at + 1);
    let next_opens = rest.iter().skip(1).position(|byte| b"([".contains(byte)).map_or(rest.len(), |at| at + 1);
    let length = closed.filter(|closed| close != 0 && *closed <= next_opens).unwrap_or(plain);
    Some((start, start + length))
}

/// `[GROUP,OWNER]` or `[OWNER]`: group and owner.
#[allow(clippy::type_complexity, reason = "two columns of an entry")]
fn owner(text: &[u8], context: &Context<'_>) -> Option<(Option<Arc<str>>, Option<Arc<str>>)> {
    let inside = text.strip_prefix(b"[")?;
    let inside = inside.strip_suffix(b"]").unwrap_or(inside);
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"$_,*. ".contains(byte) || !byte.is_ascii();
    if !inside.iter().all(allowed) {
        return None;
    }
    Some(match inside.iter().position(|byte| *byte == b',') {
        Some(comma) => (context.word(inside[..comma].trim_ascii()), context.word(inside[comma + 1..].trim_ascii())),
        None => (None, context.word(inside.trim_ascii())),
    })
}

/// `(RWED,RWED,RE,)`, for system, owner, group and world.
fn protection(text: &[u8]) -> Option<&[u8]> {
    let inside = text.strip_prefix(b"(")?.strip_suffix(b")")?;
    inside.iter().all(|byte| b"RWEDrwed,: SOG".contains(byte)).then_some(inside)
}

/// The size, and whether it is rounded: used blocks, perhaps with the allocated ones behind them (`213/216`). Where more
/// are used than allocated, the first number counts bytes.
fn size(text: &[u8]) -> Option<(Option<u64>, bool)> {
    let blocks = |blocks: u64| Some((Some(blocks.checked_mul(BLOCK)?), blocks > 0));
    let Some(slash) = text.iter().position(|byte| *byte == b'/') else {
        // `12KB`, where the server's people asked for bytes.
        return if text.ends_with(b"B") {
            rounded_size(text).map(|size| (size.bytes, true))
        } else {
            blocks(number(text)?)
        };
    };
    let (used, allocated) = (number(&text[..slash])?, number(&text[slash + 1..])?);
    if used > allocated.saturating_mul(BLOCK / 2) && allocated > 0 {
        return Some((Some(used), false));
    }
    blocks(used)
}

fn date(text: &[u8], context: &Context<'_>) -> Option<(i16, i8, i8)> {
    let mut parts = text.split(|byte| *byte == b'-');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let date = (date::short_year(year)?, month::named(month, context)?, date::two(day)?);
    parts.next().is_none().then_some(date)
}

fn modified(at: DateTime, clock: Option<date::Clock>) -> Modified {
    let precision = match clock {
        None => Precision::Day,
        Some((_, _, None)) => Precision::Minute,
        Some(_) => Precision::Second,
    };
    Modified { at, precision, utc: false }
}

/// The name of a directory without the `.DIR` that every directory's file has.
fn directory(name: &[u8]) -> Option<&[u8]> {
    let (name, end) = name.split_at_checked(name.len().checked_sub(4)?)?;
    (end.eq_ignore_ascii_case(b".DIR") && !name.is_empty()).then_some(name)
}

/// Of several versions of a file, only the newest is kept, and without its version: that is what its name means.
pub(super) fn newest(mut entries: Found) -> Found {
    let split = |name: &str| {
        let (name, version) = name.rsplit_once(';')?;
        Some((name.to_owned(), version.parse::<u64>().ok()?))
    };
    let mut best = HashMap::<String, u64>::new();
    for (name, version) in entries.iter().filter_map(|(entry, _)| split(&entry.name)) {
        let newest = best.entry(name).or_insert(version);
        *newest = version.max(*newest);
    }
    entries.retain_mut(|(entry, _)| match split(&entry.name) {
        Some((name, version)) => {
            let is_newest = best.get(&name) == Some(&version) && best.remove(&name).is_some();
            entry.name = name;
            is_newest
        }
        None => true,
    });
    entries
}

/// Blanks and the CR that some send in the middle of an entry.
fn is_space(byte: u8) -> bool {
    is_blank(byte) || byte == b'\r'
}

#[cfg(test)]
mod tests {
    use super::super::tests::{brief, each, none};

    #[test]
    fn lines_of_several_servers() {
        each(
            "(VMS)",
            &[
                (
                    "SRC.DIR;1                   1  19-NOV-2001 21:41 [SYSTEM] (RWE,RWE,RE,RE)",
                    "d SRC ~512 2001-11-19T21:41 SYSTEM -",
                ),
                ("DATA.LIS;12    155   2-JUL-2003 10:30:13.64", "- DATA.LIS ~79360 2003-07-02T10:30:13 - -"),
                ("NOTE.TXT;3  2/8  15-JAN-2000  [DEV,ANNA]  (RWED,RWED,RED,)", "- NOTE.TXT ~1024 2000-01-15 ANNA DEV"),
                (
                    "NOTE.TXT;3  2/8  15-jan-00 09:10  [DEV,ANNA]  (RWED,RWED,RED,)",
                    "- NOTE.TXT ~1024 2000-01-15T09:10 ANNA DEV",
                ),
                ("OLD.LOG;1   6/8    15-MAI-2002    PRINTER   (RWED,RWED,RE,)", "- OLD.LOG ~3072 2002-05-15 PRINTER -"),
                ("SWAP.C;1 [SUMMARY]  1  2-AUG-2006 13:05 (RWE,RWE,RE,)", "- SWAP.C ~512 2006-08-02T13:05 SUMMARY -"),
                ("LATE.C;1  17-JUN-1994 17:25:37   6308/13   (RWED,RWED,R,)", "- LATE.C 6308 1994-06-17T17:25:37 - -"),
                ("EMPTY.;1  0/0  17-JUN-1994 17:25 [X]", "- EMPTY. 0 1994-06-17T17:25 X -"),
                (
                    "LONG_NAME_OF_A_FILE.WITH_TYPE;7\r\n   24/27  24-APR-2003 08:16:15  [FTP,SCOT] (RWED,RWED,RE,)",
                    "- LONG_NAME_OF_A_FILE.WITH_TYPE ~12288 2003-04-24T08:16:15 SCOT FTP",
                ),
                (
                    "LONG_NAME_OF_A_FILE.WITH_TYPE;7\r\n24  24-APR-2003 08:16:15.01",
                    "- LONG_NAME_OF_A_FILE.WITH_TYPE ~12288 2003-04-24T08:16:15 - -",
                ),
            ],
        );
    }

    #[test]
    fn of_several_versions_the_newest_is_kept() {
        let line = |name: &str| format!("{name}  1  19-NOV-2001 21:41 [X] (RWE,RWE,RE,RE)\r\n");
        let text = ["A.C;2", "A.C;10", "B.C;1", "A.C;9", "A.DIR;1"].map(line).concat();
        let talk = format!("Directory DISK$A:[X]\r\n\r\n{text}\r\nTotal of 5 files, 5/5 blocks\r\n");
        let (dialect, entries) = brief(&talk);
        let names: Vec<&str> = entries.iter().filter_map(|entry| entry.split(' ').nth(1)).collect();
        assert_eq!((dialect, names), ("(VMS)", vec!["A.C", "B.C", "A"]));
    }

    #[test]
    fn what_is_no_file() {
        none(&[
            "SECRET.DAT;1  %RMS-E-PRV, insufficient privilege or file protection violation",
            "A_VERY_LONG_NAME_OF_A_FILE.DAT;1\r\n   no privilege for attempted operation",
            "Total of 12 files, 133/150 blocks.",
            "%DIRECT-W-NOFILES, no files found",
            "X.Y;1  1  32-NOV-2001 99:99",
            "X.Y;1  1/x  19-NOV-2001 21:41",
            "X.Y;  1  19-NOV-2001 21:41",
            ";1  1  19-NOV-2001 21:41",
            "type=file;1  1  19-NOV-2001 21:41",
        ]);
    }
}
