//! Easily Parsed LIST Format (D. J. Bernstein): `+`, facts with commas, a tab, a name.

use jiff::Timestamp;

use super::{Context, Read, number};
use crate::model::{Entry, Kind, Modified};

/// Reads a line such as `+i8388621.48594,m825718503,r,s280,<tab>djb.html`.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let Some(rest) = lines[0].strip_prefix(b"+") else { return Read::Nothing };
    let Some(tab) = rest.iter().position(|byte| *byte == b'\t') else { return Read::Nothing };
    let (facts, name) = (&rest[..tab], &rest[tab + 1..]);
    if name.is_empty() {
        return Read::Broken;
    }
    let mut entry = Entry::new(context.text(name), Kind::Other);
    for fact in facts.split(|byte| *byte == b',') {
        match fact {
            b"/" => entry.kind = Kind::Directory,
            b"r" => entry.kind = Kind::File,
            [b's', size @ ..] => entry.size = number(size),
            [b'm', seconds @ ..] => entry.modified = modified(seconds),
            [b'u', b'p', mode @ ..] => entry.permissions = context.word(mode),
            _ => {}
        }
    }
    // What can be neither fetched nor entered is there for other programs.
    if entry.kind == Kind::Other { Read::Nothing } else { Read::Entry(entry, 1) }
}

/// Seconds since 1970, in UTC.
pub(super) fn modified(seconds: &[u8]) -> Option<Modified> {
    let seconds = i64::try_from(number(seconds)?).ok()?;
    Timestamp::from_second(seconds).ok().map(Modified::from_timestamp)
}
