//! NLST (RFC 959): names, and nothing else about them.

use super::{Context, Parsed};
use crate::model::{Entry, Kind};

/// Reads one name a line. Some servers put the directory before each: what all names share goes.
pub(super) fn read_all(lines: &[&[u8]], context: &Context<'_>, parsed: &mut Parsed) {
    parsed.dialect = "NLST";
    let directory = |line: &[u8]| line.iter().rposition(|byte| *byte == b'/').map_or(0, |slash| slash + 1);
    let dots = |line: &[u8]| line == b"." || line == b"..";
    let mut named = lines.iter().filter(|line| !dots(line));
    let prefix = named.next().map_or(&b""[..], |first| &first[..directory(first)]);
    let shared = named.all(|line| &line[..directory(line)] == prefix);
    for line in lines {
        let name = if shared { line.strip_prefix(prefix).unwrap_or(line) } else { line };
        parsed.add(Entry::new(context.text(name), Kind::Other), line, context);
    }
}
