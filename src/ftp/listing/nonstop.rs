//! What Guardian on HP NonStop (Tandem) prints: name, file code, bytes, last modification, owner, security.

use super::{Context, Read, date, month, number, word, words};
use crate::model::{Entry, Kind, Modified, Precision};

/// Longest file name.
const NAME: usize = 8;

/// Reads a line such as `DATAFILE   101   528   6-Apr-07 14:21:18 255, 0 "oooo"`. An `O` behind the name says that it is open.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some(([name], mut at)) = words::<1>(line, 0) else { return Read::Nothing };
    let Some(quote) = line.iter().rposition(|byte| *byte == b'"') else { return Read::Nothing };
    if name.len() > NAME * 2 || !line[quote + 1..].trim_ascii().is_empty() {
        return Read::Nothing;
    }
    if let Some((start, end)) = word(line, at)
        && matches!(&line[start..end], b"O" | b"*" | b"?")
    {
        at = end;
    }
    let Some(entry) = columns(name, line, at, quote, context) else { return Read::Nothing };
    Read::Entry(entry, 1)
}

fn columns(name: &[u8], line: &[u8], from: usize, quote: usize, context: &Context<'_>) -> Option<Entry> {
    let ([code, size, day, clock], end) = words::<4>(line, from)?;
    let digits = code.iter().take_while(|byte| byte.is_ascii_digit()).count();
    // `700P`: the code of a program with a license or a private flag.
    if digits == 0 || code.len() > digits + 2 {
        return None;
    }
    let rest = line.get(end..quote)?;
    let open = rest.iter().position(|byte| *byte == b'"')?;
    let mut entry = Entry::new(context.text(name), Kind::File);
    entry.size = Some(number(size)?);
    entry.modified = modified(day, clock, context);
    let owner: Vec<u8> = rest[..open].iter().copied().filter(|byte| !super::is_blank(*byte)).collect();
    if !owner.contains(&b',') {
        return None;
    }
    entry.owner = context.word(&owner);
    entry.permissions = context.word(&rest[open + 1..]);
    Some(entry)
}

/// `6-Apr-07 14:21:18`.
fn modified(day: &[u8], clock: &[u8], context: &Context<'_>) -> Option<Modified> {
    let mut parts = day.split(|byte| *byte == b'-');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    let (year, month, day) = (date::short_year(year)?, month::named(month, context)?, date::two(day)?);
    let at = date::civil(year, month, day, date::time(clock)?)?;
    Some(Modified { at, precision: Precision::Second, utc: false })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each, none};

    #[test]
    fn files() {
        each(
            "(NonStop)",
            &[
                (
                    "DATAFILE   101        528  6-Apr-07 14:21:18 255, 0 \"oooo\"",
                    "- DATAFILE 528 2007-04-06T14:21:18 255,0 -",
                ),
                (
                    "PROGFILE   700     157748 16-Dec-2014 09:01:08 044,12 \"nunu\"",
                    "- PROGFILE 157748 2014-12-16T09:01:08 044,12 -",
                ),
                (
                    "ISOPEN O   101        528  6-Apr-07 14:21:18 255,255 \"oooo\"",
                    "- ISOPEN 528 2007-04-06T14:21:18 255,255 -",
                ),
                ("EDITFILE   101        528  6-Foo-07 14:21:18 255,255 \"oooo\"", "- EDITFILE 528 - 255,255 -"),
            ],
        );
        none(&[
            "File         Code             EOF  Last Modification    Owner  RWEP",
            "A 101 528 6-Apr-07 14:21:18 255 \"oooo\"",
            "\"\"",
            "A B C D E \"x\"",
        ]);
    }
}
