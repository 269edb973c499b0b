//! What only Unix knows of a file: permissions, owner and group.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::sync::OnceLock;

use crate::model::Entry;

/// Users and groups of this machine. Those of a directory service show as numbers.
static USERS: OnceLock<HashMap<u32, Box<str>>> = OnceLock::new();
static GROUPS: OnceLock<HashMap<u32, Box<str>>> = OnceLock::new();

pub(super) fn describe(entry: &mut Entry, metadata: &Metadata) {
    entry.permissions = Some(permissions(metadata.mode()).into());
    entry.owner = Some(name(USERS.get_or_init(|| names("/etc/passwd")), metadata.uid()));
    entry.group = Some(name(GROUPS.get_or_init(|| names("/etc/group")), metadata.gid()));
}

fn name(names: &HashMap<u32, Box<str>>, number: u32) -> Box<str> {
    names.get(&number).cloned().unwrap_or_else(|| number.to_string().into())
}

/// `name:password:number:…`, a line each.
fn names(path: &str) -> HashMap<u32, Box<str>> {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        Some((fields.nth(1)?.parse().ok()?, name.into()))
    });
    lines.collect()
}

/// `rwxr-xr-x`, with `s` and `t` where `ls` puts them.
pub(super) fn permissions(mode: u32) -> String {
    let triple = |shift: u32, special: bool, letter: char| {
        let bits = mode >> shift;
        let last = match (bits & 1 != 0, special) {
            (true, false) => 'x',
            (false, false) => '-',
            (true, true) => letter,
            (false, true) => letter.to_ascii_uppercase(),
        };
        [if bits & 4 != 0 { 'r' } else { '-' }, if bits & 2 != 0 { 'w' } else { '-' }, last]
    };
    let user = triple(6, mode & 0o4000 != 0, 's');
    let group = triple(3, mode & 0o2000 != 0, 's');
    let others = triple(0, mode & 0o1000 != 0, 't');
    [user, group, others].concat().iter().collect()
}
