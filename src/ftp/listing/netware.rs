//! What NetWare prints: as `ls -l` does, but with trustee rights between brackets for the mode.

use super::unix::behind_mode;
use super::{Context, Read, word};
use crate::model::Kind;

/// The rights that there are: read, write, create, erase, access control, file scan, modify, supervisor.
const RIGHTS: &[u8] = b"RWCEAFMS-";
/// Most rights between the brackets.
const MOST_RIGHTS: usize = 10;

/// Reads a line such as `d [RWCEAFMS] jrd        512 Oct 21  2001 bsuk00`.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let line = lines[0];
    let kind = match line.first() {
        Some(b'd') => Kind::Directory,
        Some(b'-') => Kind::File,
        _ => return Read::Nothing,
    };
    let Some(open) = line.iter().skip(1).position(|byte| *byte != b' ').map(|blanks| blanks + 1) else {
        return Read::Nothing;
    };
    let Some(length) = line[open..].iter().take(MOST_RIGHTS + 2).position(|byte| *byte == b']') else {
        return Read::Nothing;
    };
    let rights = &line[open..open + length];
    if !rights.starts_with(b"[") || !rights[1..].iter().all(|right| RIGHTS.contains(right)) {
        return Read::Nothing;
    }
    match behind_mode(line, open + length + 1, kind, false, context) {
        Some(mut entry) => {
            // Some align the names. One blank more than there must be belongs to a name.
            if entry.name.starts_with("  ") {
                entry.name = entry.name.trim_start().to_owned();
            }
            entry.permissions = context.word(&rights[1..]);
            // A number that stands alone is the owner's: few of these servers count links.
            if entry.owner.is_none() {
                entry.owner = word(line, open + length + 1).and_then(|(start, end)| context.word(&line[start..end]));
            }
            Read::Entry(entry, 1)
        }
        None => Read::Broken,
    }
}
