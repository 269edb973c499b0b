//! Unix without words: the mode in octal digits, owner and group, bytes, seconds since 1970, the name.

use super::{Context, Read, aligned, eplf, number, words};
use crate::model::{Entry, Kind};

/// Reads a line such as `0100644   500  101   12345    123456789       name`.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let Some(([mode, owner, group, size, seconds], end)) = words::<5>(lines[0], 0) else { return Read::Nothing };
    let Some(kind) = kind(mode) else { return Read::Nothing };
    let numbers = [owner, group, size, seconds].iter().all(|text| number(text).is_some());
    let Some(name) = aligned(lines[0], end).filter(|_| numbers) else { return Read::Nothing };
    let mut entry = Entry::new(context.text(name), kind);
    entry.size = number(size);
    entry.modified = eplf::modified(seconds);
    entry.owner = context.word(owner);
    entry.group = context.word(group);
    entry.permissions = context.word(&mode[mode.len() - 4..]);
    Read::Entry(entry, 1)
}

/// The type is in the digits before the last four.
fn kind(mode: &[u8]) -> Option<Kind> {
    let octal = mode.iter().all(|digit| (b'0'..=b'7').contains(digit));
    if !octal || !(5..=7).contains(&mode.len()) {
        return None;
    }
    match mode[..mode.len() - 4].trim_ascii_start() {
        b"10" | b"010" => Some(Kind::File),
        b"4" | b"04" | b"004" => Some(Kind::Directory),
        b"12" | b"012" => Some(Kind::Link),
        b"2" | b"02" | b"6" | b"06" | b"1" | b"01" | b"14" | b"014" => Some(Kind::Other),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{each, none};

    #[test]
    fn lines() {
        each(
            "(numeric Unix)",
            &[
                ("0100644   500  101   12345    123456789       a b", "- a b 12345 1973-11-29T21:33:09Z 500 101"),
                ("040755 0 0 512 0 dir", "d dir 512 1970-01-01T00:00:00Z 0 0"),
                ("0120777 0 0 4 0 link", "l link 4 1970-01-01T00:00:00Z 0 0"),
            ],
        );
        none(&["0100689 500 101 1 1 x", "0777 0 0 1 1 x", "0100644 me 101 1 1 x", "0100644 500 101 1 1"]);
    }
}
