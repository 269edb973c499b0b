//! What VShell printed before it learned to print as Unix does: size, date with year and time, name.

use super::{Context, Read, aligned, date, month, number, words};
use crate::model::{Entry, Kind, Modified};

/// Reads a line such as `206876  Apr 04, 2000 21:06 notes.txt`; directories end with a slash.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some(([size, month, day, year, clock], end)) = words::<5>(line, 0) else { return Read::Nothing };
    let (Some(size), Some(month)) = (number(size), month::named(month, context)) else { return Read::Nothing };
    let day = day.strip_suffix(b",").unwrap_or(day);
    let (Some(day), Some(year), Some(time)) = (date::two(day), date::year(year), date::time_of_day(clock)) else {
        return Read::Nothing;
    };
    let (Some(at), Some(name)) = (date::civil(year, month, day, time), aligned(line, end)) else { return Read::Broken };
    let (name, kind) = match name.strip_suffix(b"/") {
        Some(directory) => (directory, Kind::Directory),
        None => (name, Kind::File),
    };
    let mut entry = Entry::new(context.text(name), kind);
    entry.size = Some(size).filter(|_| kind == Kind::File);
    let precision = date::precision(time);
    entry.modified = Some(Modified { at, precision, utc: false });
    Read::Entry(entry, 1)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each, none};

    #[test]
    fn lines() {
        each(
            "(VShell)",
            &[
                ("206876  Apr 04, 2000 21:06 notes and more.txt", "- notes and more.txt 206876 2000-04-04T21:06 - -"),
                ("0  Dec 12, 2002 02:13 my dir/", "d my dir - 2002-12-12T02:13 - -"),
            ],
        );
        none(&["0  Dec 32, 2002 02:13 x", "0  Dec 12, 2002 02:13", "x  Dec 12, 2002 02:13 y"]);
    }
}
