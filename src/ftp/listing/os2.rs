//! What the servers of OS/2 print: size, attributes, `DIR`, date, time, name.

use super::{Context, Read, aligned, date, number, word};
use crate::model::{Entry, Kind, Modified, Precision};

/// Archived, hidden, read-only, system, directory.
const ATTRIBUTES: &[u8] = b"AHRSDahrsd-";

/// Reads a line such as `36611      A    04-23-103  10:57  OS2 test1.file`.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some((start, end)) = word(line, 0) else { return Read::Nothing };
    let Some(size) = number(&line[start..end]) else { return Read::Nothing };
    let (mut kind, mut at) = (Kind::File, end);
    let day = loop {
        let Some((start, end)) = word(line, at) else { return Read::Nothing };
        let text = &line[start..end];
        at = end;
        if text.eq_ignore_ascii_case(b"DIR") {
            kind = Kind::Directory;
        } else if text[0].is_ascii_digit() && text.contains(&b'-') {
            break text;
        } else if !text.iter().all(|letter| ATTRIBUTES.contains(letter)) {
            // `Jan-08-97`: a date that is none leaves the entry undated.
            if text.iter().filter(|byte| **byte == b'-').count() == 2 && line[at..].contains(&b':') {
                break text;
            }
            return Read::Nothing;
        }
    };
    // VxWorks has seconds.
    let time = word(line, at).and_then(|(start, end)| Some((date::time(&line[start..end])?, end)));
    let Some((time, end)) = time.filter(|(time, _)| time.2.is_none()) else { return Read::Nothing };
    let Some(name) = aligned(line, end) else { return Read::Broken };
    let mut entry = Entry::new(context.text(name), kind);
    entry.size = Some(size);
    entry.modified = date::numeric_as(day, &[date::Order::MonthDayYear])
        .and_then(|(year, month, day)| date::civil(year, month, day, time))
        .map(|at| Modified { at, precision: Precision::Minute, utc: false });
    Read::Entry(entry, 1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each, none};

    #[test]
    fn lines() {
        each(
            "(OS/2)",
            &[
                ("36611      A    04-23-103  10:57  my file", "- my file 36611 2003-04-23T10:57 - -"),
                (" 1123      A    07-14-99   12:37  b", "- b 1123 1999-07-14T12:37 - -"),
                ("    0 DIR       02-11-103  16:15  c", "d c 0 2003-02-11T16:15 - -"),
                (" 1123 DIR  A    10-05-100  23:38  d e", "d d e 1123 2000-10-05T23:38 - -"),
                ("   12           10-05-1997  3:38  f", "- f 12 1997-10-05T03:38 - -"),
            ],
        );
        none(&[
            "0 DIR",
            "0 XYZ 02-11-103 16:15 c",
            "x DIR 02-11-103 16:15 c",
            "0 DIR 02-11-103 c",
            "0 DIR 02-11-103 16:15 ",
        ]);
    }
}
