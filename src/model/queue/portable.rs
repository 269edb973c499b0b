//! Rows in a file of their own, to be taken elsewhere: our JSON, one row a line, without passwords.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::{fmt, io};

use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::model::failure::Failure;
use crate::model::path::RemotePath;
use crate::model::queue::MOST_ROWS;
use crate::model::transfer::{Course, Folder, Phase, Priority, Transfer, TransferId};
use crate::model::{IfExists, Kind, Secret, Site, TransferType};

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
    pub left_out: LeftOut,
}

/// Why a row of a file cannot be one of ours: see [`can_be`].
pub const NO_FILE: &str = "that name no file";
/// Why more rows than there may be cannot be taken.
pub const NO_ROOM: &str = "beyond what the queue holds";

impl Rows {
    /// Takes one more, or what is wrong with it.
    pub(in crate::model) fn take(&mut self, row: Result<Transfer, &'static str>) {
        match row {
            Ok(row) if self.rows.len() < MOST_ROWS => self.rows.push(row),
            Ok(_) => self.left_out.add(1, NO_ROOM),
            Err(why) => self.left_out.add(1, why),
        }
    }
}

/// How many rows are left out, and why: `3 left out: 2 of another protocol than FTP, 1 that name no file`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeftOut(BTreeMap<&'static str, usize>);

impl LeftOut {
    /// So many more; `why` goes on after their number.
    pub fn add(&mut self, count: usize, why: &'static str) {
        if count > 0 {
            *self.0.entry(why).or_default() += count;
        }
    }

    /// How many they are.
    pub fn count(&self) -> usize {
        self.0.values().sum()
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whys: Vec<String> = match self.0.keys().next() {
            Some(only) if self.0.len() == 1 => vec![(*only).to_owned()],
            _ => self.0.iter().map(|(why, count)| format!("{count} {why}")).collect(),
        };
        write!(f, "{} left out: {}", self.count(), whys.join(", "))
    }
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
    /// Of a folder: the names of its files decide.
    #[serde(default, skip_serializing_if = "is_false")]
    by_name: bool,
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
            text: row.is_text(),
            by_name: row.transfer_type == TransferType::Auto,
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

/// Reads what [`write`] wrote, row by row. Why it is nothing such, in words.
pub fn read(from: impl io::Read, path: &dyn Fn(&str) -> PathBuf) -> Result<Rows, String> {
    let mut reader = Reader { path, version: None, folders: None, early: Vec::new(), rows: Rows::default() };
    let mut json = serde_json::Deserializer::from_reader(from);
    let read = json.deserialize_map(&mut reader).and_then(|()| json.end());
    if reader.version.is_some_and(|version| version != VERSION) {
        return Err("A newer version of Longshore wrote it".to_owned());
    }
    read.map_err(|error| format!("It holds no queue: {error}"))?;
    Ok(reader.rows)
}

/// Takes rows out of a file while it is read.
struct Reader<'a> {
    path: &'a dyn Fn(&str) -> PathBuf,
    version: Option<u32>,
    folders: Option<Vec<Arc<Folder>>>,
    /// Rows that came before the folders, as no file of ours has them.
    early: Vec<Row>,
    rows: Rows,
}

impl Reader<'_> {
    fn folders(&mut self, pairs: Vec<Pair>) {
        let mut sites: HashMap<Site, Arc<Site>> = HashMap::new();
        let folders = pairs.into_iter().map(|Pair { site, local, remote, below }| {
            let site = sites.entry(site).or_insert_with_key(|site| Arc::new(site.clone())).clone();
            Arc::new(Folder { site, local: (self.path)(&local), remote: RemotePath::of_kept(remote.as_str()), below })
        });
        self.folders = Some(folders.collect());
        std::mem::take(&mut self.early).into_iter().for_each(|row| self.row(row));
    }

    fn row(&mut self, row: Row) {
        match &self.folders {
            Some(folders) => {
                let row = folders.get(row.folder).and_then(|folder| transfer(row, folder));
                self.rows.take(row.ok_or(NO_FILE));
            }
            None => self.early.push(row),
        }
    }
}

impl<'de> Visitor<'de> for &mut Reader<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a queue")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut has_rows = false;
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "longshore_queue" => self.version = Some(map.next_value()?),
                "folders" => self.folders(map.next_value()?),
                "rows" => {
                    has_rows = true;
                    map.next_value_seed(List(&mut *self))?;
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        let lacks =
            [("longshore_queue", self.version.is_some()), ("folders", self.folders.is_some()), ("rows", has_rows)];
        lacks.iter().find(|(_, is_there)| !is_there).map_or(Ok(()), |(name, _)| Err(A::Error::missing_field(name)))
    }
}

/// The list of rows.
struct List<'a, 'b>(&'a mut Reader<'b>);

impl<'de> DeserializeSeed<'de> for List<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for List<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut rows: A) -> Result<(), A::Error> {
        while let Some(row) = rows.next_element()? {
            self.0.row(row);
        }
        Ok(())
    }
}

fn transfer(row: Row, folder: &Arc<Folder>) -> Option<Transfer> {
    let phase = match row.failed {
        Some(failure) => Phase::Failed(Arc::new(failure)),
        None if row.paused => Phase::Paused,
        None => Phase::Left,
    };
    let transfer_type = match (row.text, row.by_name) {
        (true, _) => TransferType::Text,
        (false, true) => TransferType::Auto,
        (false, false) => TransferType::Binary,
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
        transfer_type,
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
            transfer_type: TransferType::Text,
            place: 9,
        };
        let failure = Failure { what: "w".into(), why: "550 no".into(), cause: Cause::Refused, again: false };
        vec![
            row.clone(),
            Transfer {
                kind: Kind::Directory,
                folder: folder("/m", 2),
                local_name: None,
                transfer_type: TransferType::Auto,
                ..row.clone()
            },
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
        let read = read(text.as_bytes(), &|text| text.into()).unwrap();
        assert_eq!((read.rows, read.left_out, read.passwords), (expected, LeftOut::default(), Vec::new()));
        assert_eq!(super::read(written(&[]).as_bytes(), &|text| text.into()).unwrap(), Rows::default());
    }

    #[test]
    fn rows_may_come_before_their_folders() {
        let text = written(&rows());
        let (folders, rows) = text.split_once("\"rows\":").unwrap();
        let (head, folders) = folders.split_once("\"folders\":").unwrap();
        let (folders, rows) =
            (folders.trim_end().strip_suffix(',').unwrap(), rows.trim_end().strip_suffix('}').unwrap());
        let turned = format!("{head}\"rows\":{rows},\"new\":[1],\"folders\":{folders}}}");
        let read = |text: &str| read(text.as_bytes(), &|text| text.into()).unwrap();
        assert_eq!(read(&turned), read(&text));
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
            let read = read(text.replace(from, to).as_bytes(), &|text| text.into()).unwrap();
            assert_eq!(
                (read.rows.len(), read.left_out.to_string().as_str()),
                (0, "1 left out: that name no file"),
                "{to}"
            );
        }
    }

    #[test]
    fn what_is_left_out_is_counted_by_why() {
        let mut left_out = LeftOut::default();
        left_out.add(0, "that are none");
        left_out.add(1, NO_FILE);
        left_out.add(2, NO_FILE);
        assert_eq!(left_out.to_string(), "3 left out: that name no file");
        left_out.add(1, "of a cat");
        assert_eq!(
            (left_out.to_string().as_str(), left_out.count()),
            ("4 left out: 1 of a cat, 3 that name no file", 4)
        );
    }

    #[test]
    fn what_is_no_queue_is_refused() {
        let of_later = written(&[]).replace("\"longshore_queue\":1", "\"longshore_queue\":2");
        let otherwise = of_later.replace("[]", "{}");
        for (text, why) in [
            ("{}", "holds no queue"),
            ("x", "holds no queue"),
            (&of_later, "A newer version"),
            (&otherwise, "A newer version"),
            ("{\"longshore_queue\":1,\"rows\":[]}", "missing field `folders`"),
        ] {
            assert!(read(text.as_bytes(), &|text| text.into()).unwrap_err().contains(why), "{text}");
        }
    }
}
