//! Rows in a file of their own, to be taken elsewhere: our JSON, one row a line, without passwords.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::failure::Failure;
use crate::model::path::RemotePath;
use crate::model::transfer::{Course, Folder, Phase, Priority, Transfer, TransferId};
use crate::model::{IfExists, Kind, Secret, Site};

/// What this program writes; counted up with each change that older ones cannot read.
const VERSION: u32 = 1;

/// Rows of a file, without numbers and places of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// What is to be moved. What waited in the file is left for a person to let go on.
    pub rows: Vec<Transfer>,
    /// Passwords that the file had.
    pub passwords: Vec<(Arc<Site>, Secret)>,
    /// Rows of the file that cannot be taken.
    pub left_out: usize,
}

/// The pair of folders that rows lie in, as it is written.
#[derive(Serialize, Deserialize)]
struct Pair {
    site: Site,
    local: String,
    remote: RemotePath,
    #[serde(default)]
    below: u16,
}

/// A row as it is written.
#[derive(Serialize, Deserialize)]
struct Row {
    /// By its place in the list.
    folder: usize,
    course: Course,
    kind: What,
    remote_name: Box<str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    local_name: Option<Box<str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    size: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    if_exists: Option<IfExists>,
    #[serde(default)]
    priority: Priority,
    #[serde(default, skip_serializing_if = "is_false")]
    text: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    paused: bool,
    /// Why it was given up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    failed: Option<Failure>,
}

#[derive(Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum What {
    File,
    Folder,
    Unknown,
}

#[derive(Deserialize)]
struct Whole {
    longshore_queue: u32,
    folders: Vec<Pair>,
    rows: Vec<Row>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde asks for a reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

/// Writes rows. `text` makes a text of a path of this machine, which [`read`] gets back.
pub fn write<'a>(
    rows: impl Iterator<Item = super::Row<'a>> + Clone,
    text: &dyn Fn(&Path) -> String,
    to: &mut impl io::Write,
) -> io::Result<()> {
    let mut folders: HashMap<*const Folder, usize> = HashMap::new();
    write!(to, "{{\"longshore_queue\":{VERSION},\n\"folders\":[")?;
    for row in rows.clone() {
        let next = folders.len();
        if let Entry::Vacant(entry) = folders.entry(Arc::as_ptr(row.folder)) {
            entry.insert(next);
            let Folder { site, local, remote, below } = &**row.folder;
            let pair = Pair { site: Site::clone(site), local: text(local), remote: remote.clone(), below: *below };
            to.write_all(if next > 0 { b",\n" } else { b"\n" })?;
            serde_json::to_writer(&mut *to, &pair)?;
        }
    }
    to.write_all(b"],\n\"rows\":[")?;
    for (number, row) in rows.enumerate() {
        to.write_all(if number > 0 { b",\n" } else { b"\n" })?;
        let row = Row {
            folder: folders.get(&Arc::as_ptr(row.folder)).copied().unwrap_or_default(),
            course: row.course,
            kind: match row.kind {
                Kind::File => What::File,
                Kind::Directory => What::Folder,
                _ => What::Unknown,
            },
            remote_name: row.remote_name.into(),
            local_name: row.local_name.map(Into::into),
            size: row.size,
            if_exists: row.if_exists,
            priority: row.priority,
            text: row.text,
            paused: *row.phase == Phase::Paused,
            failed: match row.phase {
                Phase::Failed(failure) => Some(Failure::clone(failure)),
                _ => None,
            },
        };
        serde_json::to_writer(&mut *to, &row)?;
    }
    to.write_all(b"]}\n")
}

/// Reads what [`write`] wrote. Why it is nothing such, in words.
pub fn read(text: &str, path: &dyn Fn(&str) -> PathBuf) -> Result<Rows, String> {
    let whole: Whole = serde_json::from_str(text).map_err(|error| format!("It holds no queue: {error}"))?;
    if whole.longshore_queue != VERSION {
        return Err("A newer version of Longshore wrote it".to_owned());
    }
    let mut sites: HashMap<Site, Arc<Site>> = HashMap::new();
    let folders: Vec<Arc<Folder>> = whole
        .folders
        .into_iter()
        .map(|Pair { site, local, remote, below }| {
            let site = sites.entry(site).or_insert_with_key(|site| Arc::new(site.clone())).clone();
            Arc::new(Folder { site, local: path(&local), remote: RemotePath::of_kept(remote.as_str()), below })
        })
        .collect();
    let mut rows = Rows::default();
    for row in whole.rows {
        match folders.get(row.folder).and_then(|folder| transfer(row, folder)) {
            Some(row) => rows.rows.push(row),
            None => rows.left_out += 1,
        }
    }
    Ok(rows)
}

fn transfer(row: Row, folder: &Arc<Folder>) -> Option<Transfer> {
    let phase = match row.failed {
        Some(failure) => Phase::Failed(Arc::new(failure)),
        None if row.paused => Phase::Paused,
        None => Phase::Left,
    };
    let made = Transfer {
        id: TransferId(0),
        course: row.course,
        kind: match row.kind {
            What::File => Kind::File,
            What::Folder => Kind::Directory,
            What::Unknown => Kind::Other,
        },
        folder: folder.clone(),
        remote_name: row.remote_name,
        local_name: row.local_name,
        size: row.size,
        phase,
        attempts: 0,
        if_exists: row.if_exists,
        priority: row.priority,
        text: row.text,
        place: 0,
    };
    can_be(&made).then_some(made)
}

/// Whether a row of a file can be one of ours: one that leads nowhere else than it says.
pub fn can_be(row: &Transfer) -> bool {
    let is_name = |name: &str| !matches!(name, "." | "..") && !name.contains(['/', '\0']);
    // A root has no name.
    let has_name = !row.remote_name.is_empty() && !row.local_name().is_empty() || row.kind != Kind::File;
    is_name(&row.remote_name)
        && is_name(row.local_name())
        && has_name
        && row.folder.local.is_absolute()
        && !row.folder.site.host.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Cause;

    fn rows() -> Vec<Transfer> {
        let site = Arc::new(Site { host: "h".into(), user: "me".into(), ..Site::default() });
        let folder = |local: &str, below| {
            Arc::new(Folder { site: site.clone(), local: local.into(), remote: RemotePath::new("/pub"), below })
        };
        let row = Transfer {
            id: TransferId(7),
            course: Course::Download,
            kind: Kind::File,
            folder: folder("/l", 0),
            remote_name: "a\"b\u{10fe80}".into(),
            local_name: Some("c".into()),
            size: Some(5),
            phase: Phase::Queued,
            attempts: 3,
            if_exists: Some(IfExists::Skip),
            priority: Priority::High,
            text: true,
            place: 9,
        };
        let failure = Failure { what: "w".into(), why: "550 no".into(), cause: Cause::Refused, again: false };
        vec![
            row.clone(),
            Transfer { kind: Kind::Directory, folder: folder("/m", 2), local_name: None, ..row.clone() },
            Transfer { course: Course::Upload, phase: Phase::Paused, size: None, if_exists: None, ..row.clone() },
            Transfer { phase: Phase::Failed(Arc::new(failure)), ..row },
        ]
    }

    fn written(rows: &[Transfer]) -> String {
        let mut bytes = Vec::new();
        write(rows.iter().map(Transfer::row), &|path| path.to_str().unwrap().to_owned(), &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn rows_come_back_as_they_were_and_wait() {
        let text = written(&rows());
        assert_eq!(text.lines().count(), 2 + 2 + 1 + 4, "{text}");
        let mut expected = rows();
        for row in &mut expected {
            (row.id, row.attempts, row.place) = (TransferId(0), 0, 0);
        }
        expected[0].phase = Phase::Left;
        expected[1].phase = Phase::Left;
        let read = read(&text, &|text| text.into()).unwrap();
        assert_eq!((read.rows, read.left_out, read.passwords), (expected, 0, Vec::new()));
        assert_eq!(super::read(&written(&[]), &|text| text.into()).unwrap(), Rows::default());
    }

    #[test]
    fn rows_that_lead_elsewhere_are_left_out() {
        let text = written(&rows()[..1]);
        for (from, to) in [
            ("\"c\"", "\"../c\""),
            ("\"c\"", "\"..\""),
            ("\"c\"", "\"\""),
            ("\"/l\"", "\"l\""),
            ("\"folder\":0", "\"folder\":1"),
            ("\"host\":\"h\"", "\"host\":\"\""),
        ] {
            assert!(text.contains(from), "{text}");
            let read = read(&text.replace(from, to), &|text| text.into()).unwrap();
            assert_eq!((read.rows.len(), read.left_out), (0, 1), "{to}");
        }
    }

    #[test]
    fn what_is_no_queue_is_refused() {
        let of_later = written(&[]).replace("\"longshore_queue\":1", "\"longshore_queue\":2");
        for (text, why) in [("{}", "holds no queue"), ("x", "holds no queue"), (&of_later, "A newer version")] {
            assert!(read(text, &|text| text.into()).unwrap_err().contains(why), "{text}");
        }
    }
}
