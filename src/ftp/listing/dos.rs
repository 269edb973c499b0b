//! What the DIR command of DOS and Windows prints, and IIS after it.

use super::{Context, Read, date, grouped_number, is_blank, word};
use crate::model::{Entry, Kind, Modified};

/// Reads a line such as `04-27-00  12:09PM       <DIR>          16-bit apps`.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let Some((modified, end)) = moment(line, context) else { return Read::Nothing };
    match columns(line, end, modified, context) {
        Some(entry) => Read::Entry(entry, 1),
        None => Read::Broken,
    }
}

fn columns(line: &[u8], from: usize, modified: Modified, context: &Context<'_>) -> Option<Entry> {
    let (start, end) = word(line, from)?;
    let mut entry = Entry::new("", Kind::File);
    entry.modified = Some(modified);
    let tag = &line[start..end];
    match tag.to_ascii_uppercase().as_slice() {
        b"<DIR>" => entry.kind = Kind::Directory,
        link @ (b"<JUNCTION>" | b"<SYMLINKD>" | b"<SYMLINK>") => {
            entry.kind = Kind::Link;
            entry.to_directory = Some(link != b"<SYMLINK>");
        }
        size => entry.size = Some(grouped_number(size)?),
    }
    // IIS writes one blank between a size and a name. Others, who write `9/23/2018` or `34,359`, align with as many as
    // look well, and so does everybody behind `<DIR>`: there a name cannot be known to begin with a blank.
    let aligned = entry.size.is_none() || line[..from].contains(&b'/') || !tag.iter().all(u8::is_ascii_digit);
    let rest = &line[end..];
    let blanks = rest.iter().take_while(|byte| is_blank(**byte)).count();
    let name = &rest[if aligned { blanks } else { blanks.min(1) }..];
    if blanks == 0 || name.is_empty() {
        return None;
    }
    let (name, target) = if entry.kind == Kind::Link { split_link(name) } else { (name, None) };
    entry.name = context.text(name);
    entry.target = target.and_then(|target| context.detail(target));
    Some(entry)
}

/// `name -> target`, `name => target` or `name [target]`.
fn split_link(text: &[u8]) -> (&[u8], Option<&[u8]>) {
    let arrow = |arrow: &[u8]| text.windows(arrow.len()).position(|window| window == arrow).map(|at| (at, arrow.len()));
    if let Some((at, length)) = arrow(b" -> ").or_else(|| arrow(b" => ")) {
        return (&text[..at], Some(&text[at + length..]));
    }
    if let (Some(inside), Some((at, length))) = (text.strip_suffix(b"]"), arrow(b" [")) {
        return (&text[..at], inside.get(at + length..));
    }
    (text, None)
}

/// Date and time at the beginning of a line, and where they end.
fn moment(line: &[u8], context: &Context<'_>) -> Option<(Modified, usize)> {
    let (start, end) = word(line, 0)?;
    let (year, month, day) = date::numeric(&line[start..end], context)?;
    let (time, end) = date::time_at(line, end)?;
    let precision = date::precision(time);
    Some((Modified { at: date::civil(year, month, day, time)?, precision, utc: false }, end))
}
