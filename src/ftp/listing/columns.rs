//! Listings that begin with the name: Chameleon, Newt and SuperTCP of 16-bit Windows, and `dls`.

use super::{Context, Read, aligned, date, is_blank, month, number, word};
use crate::model::{Entry, Kind, Modified, Precision};

/// Reads a line such as `DESIGN1.DOC     11264      May 11 1995 14:20   A` or
/// `INSTALL         <DIR>           11-16-94        17:17`.
pub(super) fn windows(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    if line.first().is_none_or(|byte| is_blank(*byte)) {
        return Read::Nothing;
    }
    let Some((_, name_end)) = word(line, 0) else { return Read::Nothing };
    let Some((start, end)) = word(line, name_end) else { return Read::Nothing };
    let (kind, size) = match &line[start..end] {
        b"<DIR>" => (Kind::Directory, None),
        size => match number(size) {
            Some(size) => (Kind::File, Some(size)),
            None => return Read::Nothing,
        },
    };
    let Some((modified, end)) = moment(line, end, context) else { return Read::Nothing };
    let attributes = line[end..].trim_ascii();
    if !attributes.iter().all(|letter| b"ARHSD ".contains(letter)) {
        return Read::Nothing;
    }
    let mut entry = Entry::new(context.text(&line[..name_end]), kind);
    entry.size = size;
    entry.modified = Some(modified);
    Read::Entry(entry, 1)
}

/// `May 11 1995 14:20`, `11-16-94 17:16` or `11/16/94 17:16`.
fn moment(line: &[u8], from: usize, context: &Context<'_>) -> Option<(Modified, usize)> {
    let (start, end) = word(line, from)?;
    let text = &line[start..end];
    let ((year, month, day), end) = match month::named(text, context) {
        Some(month) => {
            let ([day, year], end) = super::words::<2>(line, end)?;
            ((date::year(year)?, month, date::two(day)?), end)
        }
        None => (date::numeric(text, context)?, end),
    };
    let (start, end) = word(line, end)?;
    let time = date::time_of_day(&line[start..end])?; // an `A` behind it is an attribute
    let at = date::civil(year, month, day, time)?;
    Some((Modified { at, precision: Precision::Minute, utc: false }, end))
}

/// Sizes of `dls` end here.
const SIZES_END: usize = 23;

/// Reads an entry of `dls` such as `pub/                  =  Jul 11 21:04  Public area`: name, size, perhaps a date, perhaps
/// what it is about. A long name has a line of its own.
pub(super) fn dls(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    if line.first().is_none_or(|byte| is_blank(*byte)) {
        return Read::Nothing;
    }
    let Some((_, name_end)) = word(line, 0) else { return Read::Nothing };
    let name = &line[..name_end];
    let (fields, used) = if line[name_end..].trim_ascii().is_empty() {
        match lines.get(1).filter(|next| next.first().is_some_and(|byte| is_blank(*byte))) {
            Some(next) => (*next, 2),
            None => return Read::Nothing,
        }
    } else {
        (&line[name_end..], 1)
    };
    let taken = if used == 1 { name_end } else { 0 };
    let ends_in_column = word(fields, 0).is_some_and(|(_, end)| taken + end == SIZES_END || name.len() + 2 > SIZES_END);
    if !ends_in_column {
        return Read::Nothing;
    }
    match dls_columns(name, fields, context) {
        Some(entry) => Read::Entry(entry, used),
        None => Read::Nothing,
    }
}

fn dls_columns(name: &[u8], fields: &[u8], context: &Context<'_>) -> Option<Entry> {
    let (start, end) = word(fields, 0)?;
    let directory = name.strip_suffix(b"/");
    let size = match &fields[start..end] {
        b"-" | b"=" if directory.is_some() => None,
        size => Some(number(size)?),
    };
    // Two blanks part the columns: `12 Monkeys` is a sentence.
    let rest = &fields[end..];
    if !(rest.is_empty() || rest.starts_with(b"  ") || rest.trim_ascii().is_empty()) {
        return None;
    }
    let mut entry = Entry::new("", if directory.is_some() { Kind::Directory } else { Kind::File });
    entry.size = size;
    let mut at = end;
    // The date wants a name behind it.
    let padded = [fields, b"  ."].concat();
    if let Some((modified, after)) = date::unix(&padded, end, context)
        && after <= fields.len() + 1
    {
        (entry.modified, at) = (Some(modified), after.min(fields.len()));
    }
    let name = directory.unwrap_or(name);
    if let Some(target) = aligned(fields, at).and_then(|about| about.strip_prefix(b"-> ")) {
        entry.kind = Kind::Link;
        entry.target = context.detail(target.trim_ascii_end());
    }
    entry.name = context.text(name);
    Some(entry)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each, none};

    #[test]
    fn windows_lines() {
        each(
            "(16-bit Windows)",
            &[
                ("TOOLS           <DIR>      Nov 16 1994 17:16", "d TOOLS - 1994-11-16T17:16 - -"),
                ("NOTES.TXT       11264      May 11 1995 14:20   RA", "- NOTES.TXT 11264 1995-05-11T14:20 - -"),
                ("NOTES.TXT            1045      05-10-95        11:01", "- NOTES.TXT 1045 1995-05-10T11:01 - -"),
            ],
        );
        none(&[
            "NOTES.TXT 12 May 11 1995",
            "NOTES.TXT <LIB> May 11 1995 14:20",
            "NOTES.TXT 12 May 11 1995 14:20 what?",
        ]);
    }

    #[test]
    fn dls_lines() {
        each(
            "(dls)",
            &[
                ("NEWS               1763  What has changed", "- NEWS 1763 - - -"),
                ("src/                  =  Feb  3 18:21  Sources", "d src - 2026-02-03T18:21 - -"),
                ("here                 14  -> ../real/there", "l here 14 - - -"),
                (
                    "a-very-long-name-of-a-file.Z\r\n                  79215  Jan  4  2001",
                    "- a-very-long-name-of-a-file.Z 79215 2001-01-04 - -",
                ),
            ],
        );
        none(&["There are 763 things to know", "NEWS 763 What has changed", "a-very-long-name-of-a-file.Z"]);
    }
}
