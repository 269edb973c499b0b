//! MLSD (RFC 3659 7): facts, a blank, a name.

use super::super::fact;
use super::{Context, Read, number};
use crate::model::{Entry, Kind};

/// The octal digits of a mode: `0644`, `02775`.
const MODE_DIGITS: std::ops::RangeInclusive<usize> = 3..=5;

/// So many bytes of facts that have no field are kept.
const MAX_FACTS: usize = 256;

/// Reads a line such as `type=file;size=60;modify=19990307234236;UNIX.mode=0664; kalahari.diz`.
pub(super) fn read(lines: &[&[u8]], context: &Context<'_>) -> Read {
    let Some((facts, name)) = split(lines[0]) else { return Read::Broken };
    let mut said = Said::default();
    for fact in facts.split(|byte| *byte == b';').filter(|fact| !fact.is_empty()) {
        let Some(equals) = fact.iter().position(|byte| *byte == b'=') else { return Read::Broken };
        if !said.take(&fact[..equals], &fact[equals + 1..]) {
            said.others.push(fact);
        }
    }
    if said.itself {
        return Read::Nothing;
    }
    if said.type_is_empty {
        return Read::Broken;
    }
    Read::Entry(said.entry(name, context), 1)
}

/// The facts and the name. A line without facts is refused: it is what the rest of a name with a line break looks like.
fn split(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let line = line.trim_ascii_start(); // some servers put blanks before the facts
    let mut at = line.iter().position(|byte| *byte == b' ')?;
    if !line[..at].ends_with(b";")
        && line[..at].to_ascii_lowercase().windows(6).any(|window| window == b"slink:")
        && let Some(end) = line.windows(2).position(|window| window == b"; ")
    {
        at = end + 1; // the target of the link has a blank
    }
    let (facts, name) = (&line[..at], &line[at + 1..]);
    (facts.contains(&b'=') && !name.is_empty()).then_some((facts, name))
}

/// The facts that are understood, as they were written.
#[derive(Default)]
struct Said<'a> {
    /// It is the directory that is listed, or its parent.
    itself: bool,
    type_is_empty: bool,
    kind: Option<Kind>,
    target: Option<&'a [u8]>,
    size: Option<u64>,
    modify: Option<&'a [u8]>,
    mode: Option<&'a [u8]>,
    owner: Option<&'a [u8]>,
    owner_name: Option<&'a [u8]>,
    group: Option<&'a [u8]>,
    group_name: Option<&'a [u8]>,
    /// What has no field.
    others: Vec<&'a [u8]>,
}

impl<'a> Said<'a> {
    /// Whether the fact has a field.
    fn take(&mut self, name: &[u8], value: &'a [u8]) -> bool {
        let is = |other: &str| name.eq_ignore_ascii_case(other.as_bytes());
        if is("type") {
            self.take_type(value);
        } else if is("modify") {
            self.modify = Some(value);
        } else if is("size") || is("sizd") {
            self.size = number(value);
        } else if is("UNIX.mode") {
            // pyftpdlib writes the mode as Python does: `0o644`.
            let value = value.strip_prefix(b"0o").unwrap_or(value);
            let octal = value.iter().all(|digit| (b'0'..=b'7').contains(digit));
            self.mode = Some(value).filter(|value| octal && MODE_DIGITS.contains(&value.len()));
        } else if is("UNIX.ownername") {
            self.owner_name = Some(value);
        } else if is("UNIX.owner") || is("UNIX.uid") {
            self.owner = Some(value);
        } else if is("UNIX.groupname") {
            self.group_name = Some(value);
        } else if is("UNIX.group") || is("UNIX.gid") {
            self.group = Some(value);
        } else {
            return false;
        }
        true
    }

    fn take_type(&mut self, value: &'a [u8]) {
        let is = |other: &str| value.eq_ignore_ascii_case(other.as_bytes());
        self.itself = is("cdir") || is("pdir");
        self.type_is_empty = value.is_empty();
        self.kind = Some(if is("file") {
            Kind::File
        } else if is("dir") {
            Kind::Directory
        } else if is("link") || is("OS.unix=symlink") || is("OS.unix=slink") {
            Kind::Link
        } else if let Some(target) = after(value, "OS.unix=slink:").or_else(|| after(value, "OS.unix=symlink:")) {
            self.target = Some(target);
            Kind::Link
        } else {
            Kind::Other
        });
    }

    fn entry(&self, name: &[u8], context: &Context<'_>) -> Entry {
        // Without a type, something that has a size is as good as a file.
        let kind = self.kind.unwrap_or(if self.size.is_some() { Kind::File } else { Kind::Other });
        let mut entry = Entry::new(context.text(name), kind);
        let word = |value: Option<&[u8]>| value.and_then(|value| context.word(value));
        entry.size = self.size;
        entry.modified = self.modify.and_then(fact::time);
        entry.permissions = word(self.mode);
        entry.owner = word(self.owner_name).or_else(|| word(self.owner));
        entry.group = word(self.group_name).or_else(|| word(self.group));
        entry.target = self.target.and_then(|target| context.detail(target));
        let others = self.others.join(&b';');
        entry.facts = context.detail(&others[..others.len().min(MAX_FACTS)]);
        entry
    }
}

/// What follows `prefix`, in any case.
fn after<'a>(value: &'a [u8], prefix: &str) -> Option<&'a [u8]> {
    let (head, rest) = value.split_at_checked(prefix.len())?;
    head.eq_ignore_ascii_case(prefix.as_bytes()).then_some(rest)
}
