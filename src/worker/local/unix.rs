//! What only Unix knows of a file: permissions, owner and group.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::sync::{Arc, OnceLock};

use crate::model::{Entry, permissions};

/// Users and groups of this machine. Those of a directory service show as numbers.
static USERS: OnceLock<HashMap<u32, Arc<str>>> = OnceLock::new();
static GROUPS: OnceLock<HashMap<u32, Arc<str>>> = OnceLock::new();

pub(super) fn describe(entry: &mut Entry, metadata: &Metadata) {
    entry.permissions = Some(permissions::letters(metadata.mode()).into());
    entry.owner = Some(name(USERS.get_or_init(|| names("/etc/passwd")), metadata.uid()));
    entry.group = Some(name(GROUPS.get_or_init(|| names("/etc/group")), metadata.gid()));
}

fn name(names: &HashMap<u32, Arc<str>>, number: u32) -> Arc<str> {
    names.get(&number).cloned().unwrap_or_else(|| number.to_string().into())
}

/// `name:password:number:…`, a line each.
fn names(path: &str) -> HashMap<u32, Arc<str>> {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines = text.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next().filter(|name| !name.is_empty())?;
        Some((fields.nth(1)?.parse().ok()?, name.into()))
    });
    lines.collect()
}
