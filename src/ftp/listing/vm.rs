//! What z/VM and VM/CMS print: minidisks and shared file system, and the byte file system.

use super::{Context, Read, aligned, date, number, words};
use crate::model::{Entry, Kind, Modified};

/// Longest file name, file type.
const NAME: usize = 8;

/// Reads a line of a minidisk such as `LASTING  GLOBALV   A1 V      41     21     1       9/16/91   15:10:32` or
/// `README   ANONYMOU V         71         26          1 1997-04-02 12:33:20 TCP291`.
pub(super) fn cms(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some(([name, mut kind_of_file, format], end)) = name_and_format(line) else { return Read::Nothing };
    let Some(([length, records, blocks, day, clock], end)) = words::<5>(line, end) else { return Read::Nothing };
    let counts = [length, records, blocks].iter().all(|text| *text == b"-" || number(text).is_some());
    let Some(modified) = moment(day, clock) else { return Read::Nothing };
    let owner = aligned(line, end).map(<[u8]>::trim_ascii_end).filter(|owner| *owner != b"-");
    if !counts || owner.is_some_and(|owner| owner.len() > NAME) {
        return Read::Nothing;
    }
    let is_directory = format == b"DIR";
    if is_directory && is_mode(kind_of_file) {
        kind_of_file = b"";
    }
    let whole = if kind_of_file.is_empty() { name.to_vec() } else { [name, b".", kind_of_file].concat() };
    let mut entry = Entry::new(context.text(&whole), if is_directory { Kind::Directory } else { Kind::File });
    entry.modified = Some(modified);
    entry.owner = owner.and_then(|owner| context.word(owner));
    Read::Entry(entry, 1)
}

/// File name, file type if there is one, record format, and where that ends; a file mode may stand before the format.
fn name_and_format(line: &[u8]) -> Option<([&[u8]; 3], usize)> {
    if line.first().is_none_or(|byte| super::is_blank(*byte)) {
        return None;
    }
    let formats: [&[u8]; 4] = [b"V", b"F", b"DIR", b"U"];
    let (found, first_end) = words::<1>(line, 0)?;
    let (name, mut at) = (found[0], first_end);
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"@#$+-:_".contains(byte);
    let mut kind: &[u8] = b"";
    for _ in 0..3 {
        let (found, end) = words::<1>(line, at)?;
        let word = found[0];
        if formats.contains(&word) {
            let fits = name.len() <= NAME.max(16) && kind.len() <= NAME && [name, kind].concat().iter().all(allowed);
            return fits.then_some(([name, kind, word], end));
        }
        if kind.is_empty() {
            kind = word;
        } else if !is_mode(word) {
            return None;
        }
        at = end;
    }
    None
}

/// `A1`.
fn is_mode(word: &[u8]) -> bool {
    matches!(word, [letter] | [letter, b'0'..=b'9'] if letter.is_ascii_uppercase())
}

/// Reads a line of the byte file system such as `05/20/2000 13:38:19 F 1  65758 bfsline.cpy`.
pub(super) fn bfs(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some(([day, clock, letter, _links, size], end)) = words::<5>(line, 0) else { return Read::Nothing };
    let kind = match letter {
        b"F" => Kind::File,
        b"D" => Kind::Directory,
        b"L" | b"S" => Kind::Link,
        b"B" | b"C" | b"P" | b"E" => Kind::Other,
        _ => return Read::Nothing,
    };
    let Some(modified) = moment(day, clock) else { return Read::Nothing };
    if size != b"-" && number(size).is_none() {
        return Read::Nothing;
    }
    let Some(name) = aligned(line, end) else { return Read::Broken };
    let quoted = name.trim_ascii_end().strip_prefix(b"'").and_then(|name| name.strip_suffix(b"'"));
    let mut entry = Entry::new(context.text(quoted.unwrap_or(name)), kind);
    entry.size = number(size).filter(|_| kind == Kind::File);
    entry.modified = Some(modified);
    Read::Entry(entry, 1)
}

fn moment(day: &[u8], clock: &[u8]) -> Option<Modified> {
    use date::Order::{MonthDayYear, YearMonthDay};
    let orders = if day.contains(&b'-') { [YearMonthDay, MonthDayYear] } else { [MonthDayYear, YearMonthDay] };
    let (year, month, day) = date::numeric_as(day, &orders)?;
    let time = date::time(clock)?;
    let precision = date::precision(time);
    Some(Modified { at: date::civil(year, month, day, time)?, precision, utc: false })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each, none};

    #[test]
    fn minidisks() {
        each(
            "(VM/CMS)",
            &[
                (
                    "HELLO    EXEC     V         65        107          2 2005-10-04 15:28:42 OP0191",
                    "- HELLO.EXEC - 2005-10-04T15:28:42 OP0191 -",
                ),
                (
                    "HELLO    EXEC     F         80        107          2 2005-10-04 15:28:42 -",
                    "- HELLO.EXEC - 2005-10-04T15:28:42 - -",
                ),
                (
                    "TOOLS             DIR        -          -          - 2005-10-04 15:28:42 -",
                    "d TOOLS - 2005-10-04T15:28:42 - -",
                ),
                (
                    "PROFILE  XEDIT    A1 V      31     21     1       9/16/91   15:10:32",
                    "- PROFILE.XEDIT - 1991-09-16T15:10:32 - -",
                ),
                (
                    "TOOLS             A1 DIR    -      -      -       9/20/103  10:31:11",
                    "d TOOLS - 2003-09-20T10:31:11 - -",
                ),
            ],
        );
        none(&[
            "Filename FileType  Fm Format Lrecl  Records Blocks Date      Time",
            "HELLO    EXEC     V         65        107          2 2005-10-04",
            "HELLO    EXEC     X         65        107          2 2005-10-04 15:28:42 -",
            "HELLO    EXEC     V         a         107          2 2005-10-04 15:28:42 -",
        ]);
    }

    #[test]
    fn byte_file_system() {
        each(
            "(z/VM BFS)",
            &[
                ("05/20/2000 13:38:19 F 1      65758 'my file.cpy'", "- my file.cpy 65758 2000-05-20T13:38:19 - -"),
                ("08/21/2000 05:28:40 D -          - ALTERNATE", "d ALTERNATE - 2000-08-21T05:28:40 - -"),
            ],
        );
        none(&["05/20/2000 13:38:19 Q 1 65758 x", "05/20/2000 13:38:19 F 1 many x", "05/20/2000 13:38:19 F 1 65758"]);
    }
}
