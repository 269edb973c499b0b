//! What routers and switches print: Cisco IOS, VxWorks, and Nortel's wfFtp.

use super::{Context, Read, aligned, date, month, number, word, words};
use crate::model::{Entry, Kind, Modified};

/// Reads a line of Cisco IOS such as `    4  -rw-     1014196  Apr 23 2003 10:20:03 +02:00  c2600-i-mz.bin`.
pub(super) fn cisco(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some(([index, mode, size], end)) = words::<3>(line, 0) else { return Read::Nothing };
    let is_mode = mode.len() == 4 && b"-d".contains(&mode[0]) && mode[1..].iter().all(|flag| b"rwx-".contains(flag));
    let (Some(_), true, Some(size)) = (number(index), is_mode, number(size)) else { return Read::Nothing };
    let (modified, end) = match words::<4>(line, end) {
        Some((found, end)) => match cisco_date(found, context) {
            Some(modified) => (Some(modified), end),
            None => return Read::Broken,
        },
        None => match words::<2>(line, end) {
            // `<no date>`: the clock was never set.
            Some(([b"<no", b"date>"], end)) => (None, end),
            _ => return Read::Broken,
        },
    };
    let (modified, end) = with_zone(line, end, modified);
    let Some(name) = aligned(line, end) else { return Read::Broken };
    let kind = if mode[0] == b'd' { Kind::Directory } else { Kind::File };
    let mut entry = Entry::new(context.text(name), kind);
    entry.size = Some(size).filter(|_| kind == Kind::File);
    entry.modified = modified;
    entry.permissions = context.word(&mode[1..]);
    Read::Entry(entry, 1)
}

fn cisco_date([month, day, year, clock]: [&[u8]; 4], context: &Context<'_>) -> Option<Modified> {
    let time = date::time(clock)?;
    let at = date::civil(date::year(year)?, month::named(month, context)?, date::two(day)?, time)?;
    let precision = date::precision(time);
    Some(Modified { at, precision, utc: false })
}

/// `+02:00` behind the time makes it a time that everybody knows.
fn with_zone(line: &[u8], end: usize, modified: Option<Modified>) -> (Option<Modified>, usize) {
    if let Some((start, after)) = word(line, end)
        && let Some(minutes) = date::offset(&line[start..after])
    {
        let utc = modified.and_then(|modified| {
            let at = modified.at.checked_sub(jiff::Span::new().minutes(minutes)).ok()?;
            Some(Modified { at, utc: true, ..modified })
        });
        return (utc, after);
    }
    (modified, end)
}

/// Reads a line of VxWorks such as `2048    Feb-28-1998  05:23:30   CONFIG <DIR>`.
pub(super) fn vxworks(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some(([size, day, clock], end)) = words::<3>(line, 0) else { return Read::Nothing };
    let mut parts = day.split(|byte| *byte == b'-');
    let (Some(month), Some(day), Some(year), None) = (parts.next(), parts.next(), parts.next(), parts.next()) else {
        return Read::Nothing;
    };
    let date = || month::named(month, context).zip(date::two(day)).zip(date::short_year(year));
    let (Some(size), Some(((month, day), year)), Some(time)) = (number(size), date(), date::time(clock)) else {
        return Read::Nothing;
    };
    let (Some(at), Some(name)) = (date::civil(year, month, day, time), aligned(line, end)) else { return Read::Broken };
    let trimmed = name.trim_ascii_end();
    let (name, kind) = match trimmed.strip_suffix(b"<DIR>") {
        Some(directory) => (directory.trim_ascii_end(), Kind::Directory),
        None => (name, Kind::File),
    };
    if name.is_empty() {
        return Read::Broken;
    }
    let mut entry = Entry::new(context.text(name), kind);
    entry.size = Some(size).filter(|_| kind == Kind::File);
    let precision = date::precision(time);
    entry.modified = Some(Modified { at, precision, utc: false });
    Read::Entry(entry, 1)
}

/// Reads a line of wfFtp such as `ti.cfg       1014196  06/03/04  Thur.   10:20:03`.
pub(super) fn wfftp(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let Some(([name, size, day, weekday, clock], end)) = words::<5>(lines[0], 0) else { return Read::Nothing };
    let is_day = weekday.strip_suffix(b".").is_some_and(|name| name.len() >= 3 && date::is_weekday(&name[..3]));
    if !is_day || !lines[0][end..].trim_ascii().is_empty() {
        return Read::Nothing;
    }
    let Some(size) = number(size) else { return Read::Broken };
    let mut entry = Entry::new(context.text(name), Kind::File);
    entry.size = Some(size);
    entry.modified = wfftp_date(day, clock, context);
    Read::Entry(entry, 1)
}

fn wfftp_date(day: &[u8], clock: &[u8], context: &Context<'_>) -> Option<Modified> {
    let ((year, month, day), time) = (date::numeric(day, context)?, date::time(clock)?);
    let precision = date::precision(time);
    Some(Modified { at: date::civil(year, month, day, time)?, precision, utc: false })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each, none};

    #[test]
    fn cisco_lines() {
        each(
            "(Cisco)",
            &[
                (
                    "    4  -rw-     1014196  Apr 23 2003 10:20:03  c2600-i-mz.bin",
                    "- c2600-i-mz.bin 1014196 2003-04-23T10:20:03 - -",
                ),
                (
                    "    1  drw-           0   Jan 01 2000 01:00:00 +01:00  crash info",
                    "d crash info - 2000-01-01T00:00:00Z - -",
                ),
                ("    2  -rw-         512   <no date>  private-config", "- private-config 512 - - -"),
            ],
        );
        none(&[
            "Directory of flash:/",
            "15998976 bytes total (2331648 bytes free)",
            "4 -rw- x Apr 23 2003 10:20:03 a",
            "4 -rw- 1 Apr 23 2003",
        ]);
    }

    #[test]
    fn vxworks_lines() {
        each(
            "(VxWorks)",
            &[
                ("    2048    Feb-28-1998  05:23:30   CONFIG            <DIR>", "d CONFIG - 1998-02-28T05:23:30 - -"),
                ("     512    Feb-28-98    05:23:30   boot rom.bin", "- boot rom.bin 512 1998-02-28T05:23:30 - -"),
            ],
        );
        none(&[
            "  size          date       time       name",
            "--------       ------     ------    --------",
            "x Feb-28-1998 05:23:30 x",
            "1 Feb-28-1998 05:23:30 <DIR>",
        ]);
    }

    #[test]
    fn wfftp_lines() {
        each(
            "(wfFtp)",
            &[("config       1014196  06/03/04  Thur.   10:20:03", "- config 1014196 2004-06-03T10:20:03 - -")],
        );
        none(&["config       1014196  06/03/04  Someday.   10:20:03", "config  x  06/03/04  Thu.   10:20:03"]);
    }
}
