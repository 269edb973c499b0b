//! What `ls -l` prints, and the many servers that print something like it.

use super::{Context, Read, date, grouped_number, is_blank, number, word};
use crate::model::{Entry, Kind};

/// Kind, and three times read, write, execute.
const MODE: usize = 10;

/// Reads a line such as `-rw-r--r--   1 root     other        531 Jan 29 03:26 README`.
pub(super) fn read(lines: &[&[u8]], context: &Context) -> Read {
    let line = without_code(lines[0]);
    let Some(kind) = kind(line) else { return Read::Nothing };
    match columns(line, kind, context) {
        Some(entry) => Read::Entry(entry, 1),
        None => Read::Broken,
    }
}

/// Some servers put every line of a listing into a reply: `211-drwxr-xr-x …`.
fn without_code(line: &[u8]) -> &[u8] {
    match line {
        [a, b, c, b'-', rest @ ..] if [a, b, c].iter().all(|byte| byte.is_ascii_digit()) => rest,
        _ => line,
    }
}

/// The kind of entry, if `line` begins with a mode as `ls` writes it.
fn kind(line: &[u8]) -> Option<Kind> {
    let mode = line.get(..MODE)?;
    let kind = match mode[0] {
        b'-' | b'f' => Kind::File,
        b'd' => Kind::Directory,
        b'l' => Kind::Link,
        b'b' | b'c' | b'p' | b's' | b'D' | b'P' | b'n' | b'C' => Kind::Other,
        _ => return None,
    };
    let allowed: [&[u8]; 3] = [b"-r", b"-w", b"-xsStTlL"];
    let written = mode[1..].iter().enumerate().all(|(index, letter)| allowed[index % 3].contains(letter));
    let ends = line.get(MODE).is_some_and(|byte| is_blank(*byte) || b"+.@".contains(byte));
    (written && ends).then_some(kind)
}

fn columns(line: &[u8], kind: Kind, context: &Context) -> Option<Entry> {
    // Behind `+`, `.` or `@` (access control lists, contexts, attributes) the number of links may follow at once.
    let from = if is_blank(line[MODE]) { MODE } else { MODE + 1 };
    let mut entry = behind_mode(line, from, kind, matches!(line[0], b'b' | b'c'), context)?;
    entry.permissions = context.word(&line[1..MODE]);
    Some(entry)
}

/// Number of links, owners, size, date and name, which begin at `from`.
pub(super) fn behind_mode(line: &[u8], from: usize, kind: Kind, device: bool, context: &Context) -> Option<Entry> {
    let mut at = from;
    let (size, size_at, modified, name_at) = loop {
        let (start, end) = word(line, at)?;
        if let Some(size) = size(&line[start..end], device)
            && let Some((modified, after)) = date::unix(line, end, context)
        {
            break (size, start, modified, after + 1);
        }
        at = end;
    };
    // Exactly one blank separates the date from the name: others belong to the name.
    let name = line.get(name_at..).filter(|name| !name.is_empty() && is_blank(line[name_at - 1]))?;
    let (owners, size) = owners(&line[from..size_at], size, device)?;
    let (owner, group) = owner_and_group(owners);
    let mut entry = Entry::new("", kind);
    let (name, target) = if kind == Kind::Link { split_link(name, size) } else { (name, None) };
    entry.name = context.text(name);
    entry.target = target.and_then(|target| context.word(target));
    entry.size = size;
    entry.modified = Some(modified);
    entry.owner = context.word(owner);
    entry.group = context.word(group);
    Some(entry)
}

/// `Some(None)`: a size that does not say how many bytes there are. A rounded size (`33.5k`) is none to compare files
/// with, so it is left unknown; a device has two numbers instead.
#[allow(clippy::option_option, reason = "whether it is a size, and which")]
fn size(text: &[u8], device: bool) -> Option<Option<u64>> {
    if !text[0].is_ascii_digit() {
        return None;
    }
    if text.iter().all(u8::is_ascii_digit) {
        return Some(if device { None } else { number(text) });
    }
    if device && text.iter().all(|byte| byte.is_ascii_digit() || *byte == b',') {
        return Some(None);
    }
    if let Some(size) = grouped_number(text) {
        return Some(Some(size));
    }
    let (unit, digits) = text.split_last()?;
    let rounded = b"kKMGTP".contains(unit) && digits.iter().all(|byte| byte.is_ascii_digit() || b".,".contains(byte));
    rounded.then_some(None)
}

/// What stands between the number of links and the size; and the size, which may begin there.
fn owners(text: &[u8], size: Option<u64>, device: bool) -> Option<(&[u8], Option<u64>)> {
    let text = text.trim_ascii();
    let (start, end) = word(text, 0).unwrap_or((0, 0));
    let links = &text[start..end];
    let owners = if links.iter().all(u8::is_ascii_digit) {
        text[end..].trim_ascii_start()
    } else if links[0].is_ascii_digit() {
        return None; // the number of links and the owner run together: nothing behind them can be told apart
    } else {
        text
    };
    if owners == b"folder" {
        return Some((b"", size)); // NetPresenz has no owners, and so many words
    }
    if device {
        // The major number of `8, 0` stands where the group ends.
        let major = owners.strip_suffix(b",").map(without_number);
        return Some((major.unwrap_or(owners), None));
    }
    // NetPresenz: the resource fork, the data fork, and the sum of both as the size.
    let forks = number(links).zip(number(owners)).and_then(|(resource, data)| resource.checked_add(data));
    if forks.is_some() && forks == size && links != b"1" {
        return Some((b"", size));
    }
    Some((owners, size))
}

/// An owner and a group, each perhaps with blanks inside: wide gaps part columns.
fn owner_and_group(text: &[u8]) -> (&[u8], &[u8]) {
    let gap = text.windows(2).position(|pair| is_blank(pair[0]) && is_blank(pair[1]));
    let Some(gap) = gap.or_else(|| text.iter().position(|byte| is_blank(*byte))) else { return (text, b"") };
    (&text[..gap], text[gap..].trim_ascii())
}

/// The name and target of a link. Both may hold an arrow: then the size tells, which is the length of the target.
fn split_link(text: &[u8], size: Option<u64>) -> (&[u8], Option<&[u8]>) {
    const ARROW: &[u8] = b" -> ";
    let arrows = || text.windows(ARROW.len()).enumerate().filter(|(_, window)| *window == ARROW).map(|(at, _)| at);
    let fits = |at: &usize| u64::try_from(text.len() - at - ARROW.len()).ok() == size;
    match arrows().find(fits).or_else(|| arrows().next()) {
        Some(at) if at > 0 => (&text[..at], Some(&text[at + ARROW.len()..])),
        _ => (text, None),
    }
}

/// `text` without the digits at its end, and the blanks before them.
fn without_number(text: &[u8]) -> &[u8] {
    let digits = text.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    text[..text.len() - digits].trim_ascii_end()
}
