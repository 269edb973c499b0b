//! Rows of the queue as rows of the database.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::super::disk::{from_os, to_os};
use super::{is_left, to_i64};
use crate::model::queue::Rows;
use crate::model::transfer::{Folder, Priority};
use crate::model::{Delta, Kind, Phase, RemotePath, Site, Transfer, TransferId, TransferType};

/// Which folder has which number, so that a folder of 100,000 rows is written once.
#[derive(Debug, Default)]
pub(super) struct Folders {
    numbers: HashMap<Arc<Folder>, i64>,
    /// The one that was asked for last: its rows come one after another.
    last: Option<(Arc<Folder>, i64)>,
}

impl Folders {
    /// Takes in what was read: its rows need no folder of their own.
    pub(super) fn know(&mut self, read: Self) {
        for (folder, number) in read.numbers {
            self.numbers.entry(folder).or_insert(number);
        }
    }

    fn number(&mut self, database: &Connection, folder: &Arc<Folder>) -> rusqlite::Result<i64> {
        if let Some((last, number)) = &self.last
            && Arc::ptr_eq(last, folder)
        {
            return Ok(*number);
        }
        let number = match self.numbers.get(folder) {
            Some(number) => *number,
            None => {
                let insert = "INSERT INTO folder (site, local, remote, below) VALUES (?1, ?2, ?3, ?4)";
                let local = from_os(folder.local.as_os_str());
                let site = to_json(&portable(&folder.site))?;
                let values = params![site, local, folder.remote.as_str(), i64::from(folder.below)];
                database.prepare_cached(insert)?.execute(values)?;
                let number = database.last_insert_rowid();
                self.numbers.insert(folder.clone(), number);
                number
            }
        };
        self.last = Some((folder.clone(), number));
        Ok(number)
    }
}

/// The site without folders of this machine: a transfer needs none, and JSON cannot hold each.
fn portable(site: &Site) -> Site {
    Site { local: None, bookmarks: Vec::new(), ..site.clone() }
}

/// A new row, its columns in the order in which [`write`] binds them.
const INSERT: &str =
    "INSERT INTO transfer (id, place, course, kind, folder, remote_name, local_name, size, phase, failure, attempts,
    if_exists, priority, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14) ON CONFLICT DO ";
/// What becomes of one that is there: nothing is written where nothing is different, as where a million rows are let go on,
/// which were queued here all along.
const UPDATE: &str =
    "UPDATE SET place = ?2, course = ?3, kind = ?4, folder = ?5, remote_name = ?6, local_name = ?7, size = ?8,
    phase = ?9, failure = ?10, attempts = ?11, if_exists = ?12, priority = ?13, text = ?14
    WHERE (place, course, kind, folder, remote_name, local_name, size, phase, failure, attempts, if_exists, priority, text)
    IS NOT (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";

/// What changed.
pub(super) fn apply(database: &Connection, folders: &mut Folders, deltas: &[Delta]) -> rusqlite::Result<()> {
    for delta in deltas {
        match delta {
            Delta::Add(transfers) => add(database, folders, transfers)?,
            Delta::Phase(id, changed) => phase(database, *id, changed)?,
            Delta::Size(id, bytes) => size(database, *id, *bytes)?,
            Delta::Attempts(id, count) => attempts(database, *id, *count)?,
            Delta::Remove(ids) => remove(database, ids)?,
            Delta::Change(transfers) => change(database, folders, transfers)?,
            Delta::Places(changed) => places(database, changed)?,
            Delta::Progress(_) | Delta::Held(_) => {}
        }
    }
    Ok(())
}

pub(super) fn add(database: &Connection, folders: &mut Folders, transfers: &Rows) -> rusqlite::Result<()> {
    write(database, folders, "NOTHING", transfers)
}

/// Rows become these; those that are finished well leave.
fn change(database: &Connection, folders: &mut Folders, transfers: &Rows) -> rusqlite::Result<()> {
    let done: Vec<_> =
        transfers.iter().filter(|transfer| !is_left(transfer.phase)).map(|transfer| transfer.id).collect();
    remove(database, &done)?;
    write(database, folders, UPDATE, transfers)
}

fn write(database: &Connection, folders: &mut Folders, known: &str, transfers: &Rows) -> rusqlite::Result<()> {
    let mut insert = database.prepare_cached(&format!("{INSERT}{known}"))?;
    for transfer in transfers.iter().filter(|transfer| is_left(transfer.phase)) {
        let (phase, failure) = phase_to_text(transfer.phase)?;
        insert.execute(params![
            to_i64(transfer.id.0),
            transfer.place,
            to_json(&transfer.course)?,
            kind_to_text(transfer.kind),
            folders.number(database, transfer.folder)?,
            transfer.remote_name,
            transfer.local_name,
            transfer.size.map(to_i64),
            phase,
            failure,
            transfer.attempts,
            transfer.if_exists.as_ref().map(to_json).transpose()?,
            transfer.priority.level(),
            type_to_number(transfer.transfer_type),
        ])?;
    }
    Ok(())
}

fn phase(database: &Connection, id: TransferId, phase: &Phase) -> rusqlite::Result<()> {
    match phase {
        // It was queued before, and after a crash it is again.
        Phase::Running(_) => Ok(()),
        Phase::Done(_) | Phase::Skipped => remove(database, &[id]),
        _ => {
            let (phase, failure) = phase_to_text(phase)?;
            let mut update = database.prepare_cached("UPDATE transfer SET phase = ?2, failure = ?3 WHERE id = ?1")?;
            update.execute(params![to_i64(id.0), phase, failure]).map(|_| ())
        }
    }
}

fn size(database: &Connection, id: TransferId, size: u64) -> rusqlite::Result<()> {
    let mut update = database.prepare_cached("UPDATE transfer SET size = ?2 WHERE id = ?1")?;
    update.execute([to_i64(id.0), to_i64(size)]).map(|_| ())
}

fn attempts(database: &Connection, id: TransferId, attempts: u16) -> rusqlite::Result<()> {
    let mut update = database.prepare_cached("UPDATE transfer SET attempts = ?2 WHERE id = ?1")?;
    update.execute([to_i64(id.0), i64::from(attempts)]).map(|_| ())
}

fn remove(database: &Connection, ids: &[TransferId]) -> rusqlite::Result<()> {
    let mut delete = database.prepare_cached("DELETE FROM transfer WHERE id = ?1")?;
    ids.iter().try_for_each(|id| delete.execute([to_i64(id.0)]).map(|_| ()))
}

fn places(database: &Connection, places: &[(TransferId, i64)]) -> rusqlite::Result<()> {
    let mut update: CachedStatement<'_> =
        database.prepare_cached("UPDATE transfer SET place = ?2 WHERE id = ?1 AND place <> ?2")?;
    places.iter().try_for_each(|(id, place)| update.execute([to_i64(id.0), *place]).map(|_| ()))
}

/// Drops folders that no row needs any more.
pub(super) fn tidy(database: &Connection) -> rusqlite::Result<()> {
    database.execute("DELETE FROM folder WHERE id NOT IN (SELECT folder FROM transfer)", []).map(|_| ())
}

const EVERYTHING: &str = "
    SELECT transfer.id, course, kind, folder, remote_name, local_name, size, phase, failure, attempts, if_exists, priority, text, place,
        site, local, remote, below
    FROM transfer JOIN folder ON folder.id = transfer.folder ORDER BY place, transfer.id";

/// Transfers in one folder share it.
#[derive(Default)]
struct Reader {
    folders: HashMap<i64, Arc<Folder>>,
    sites: HashMap<String, Arc<Site>>,
}

impl Reader {
    /// `None` for a row that does not make sense.
    fn read(&mut self, row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Transfer>> {
        let number: i64 = row.get("folder")?;
        let folder = match self.folders.get(&number) {
            Some(folder) => folder.clone(),
            None => {
                let Some(folder) = self.folder(row)? else { return Ok(None) };
                let folder = Arc::new(folder);
                self.folders.insert(number, folder.clone());
                folder
            }
        };
        let (id, size): (i64, Option<i64>) = (row.get("id")?, row.get("size")?);
        let (phase, failure): (String, Option<String>) = (row.get("phase")?, row.get("failure")?);
        let if_exists: Option<String> = row.get("if_exists")?;
        let (Some(course), Ok(id)) = (from_json(&row.get::<_, String>("course")?), u64::try_from(id)) else {
            return Ok(None);
        };
        Ok(Some(Transfer {
            id: TransferId(id),
            course,
            kind: kind_from_text(&row.get::<_, String>("kind")?),
            folder,
            remote_name: row.get::<_, String>("remote_name")?.into(),
            local_name: row.get::<_, Option<String>>("local_name")?.map(Into::into),
            size: size.and_then(|size| u64::try_from(size).ok()),
            phase: phase_from_text(&phase, failure.as_deref()),
            attempts: row.get("attempts")?,
            if_exists: if_exists.as_deref().and_then(from_json),
            priority: Priority::of_level(row.get("priority")?),
            transfer_type: type_from_number(row.get("text")?),
            place: row.get("place")?,
        }))
    }

    /// Folders of one site share it.
    fn folder(&mut self, row: &rusqlite::Row<'_>) -> rusqlite::Result<Option<Folder>> {
        let (text, local): (String, String) = (row.get("site")?, row.get("local")?);
        let site = match self.sites.get(&text) {
            Some(site) => site.clone(),
            None => {
                let Some(site) = from_json::<Site>(&text).map(Arc::new) else { return Ok(None) };
                self.sites.insert(text, site.clone());
                site
            }
        };
        let remote = RemotePath::of_kept(&row.get::<_, String>("remote")?);
        Ok(Some(Folder { site, local: PathBuf::from(to_os(&local)), remote, below: row.get("below")? }))
    }
}

/// Hands over all rows in their order, in portions, until `take` wants no more. Gives back which folders they are in.
pub(super) fn load(
    database: &Connection,
    portion: usize,
    take: &mut dyn FnMut(Vec<Transfer>) -> bool,
) -> rusqlite::Result<Folders> {
    let mut query = database.prepare(EVERYTHING)?;
    let mut reader = Reader::default();
    let mut rows = query.query([])?;
    let mut read = Vec::new();
    while let Some(row) = rows.next()? {
        read.extend(reader.read(row)?);
        if read.len() == portion && !take(std::mem::take(&mut read)) {
            break;
        }
    }
    if !read.is_empty() {
        take(read);
    }
    let numbers = reader.folders.into_iter().map(|(number, folder)| (folder, number)).collect();
    Ok(Folders { numbers, last: None })
}

/// What can still be read of a damaged database: rows one by one, until the damage.
pub(super) fn rescue(database: &Connection) -> Vec<Transfer> {
    let Ok(mut query) = database.prepare(EVERYTHING) else { return Vec::new() };
    let mut reader = Reader::default();
    let Ok(mut rows) = query.query([]) else { return Vec::new() };
    let mut rescued = Vec::new();
    while let Ok(Some(row)) = rows.next() {
        if let Ok(Some(transfer)) = reader.read(row) {
            rescued.push(transfer);
        }
    }
    rescued
}

/// The phase after a restart: what was under way, or waited for another try, is queued.
fn phase_to_text(phase: &Phase) -> rusqlite::Result<(&'static str, Option<String>)> {
    Ok(match phase {
        Phase::Queued | Phase::Left | Phase::Waiting { .. } | Phase::Running(_) => ("queued", None),
        Phase::Paused => ("paused", None),
        Phase::Failed(failure) => ("failed", Some(to_json(&**failure)?)),
        Phase::Done(_) | Phase::Skipped => ("done", None),
    })
}

fn phase_from_text(phase: &str, failure: Option<&str>) -> Phase {
    match (phase, failure.and_then(from_json)) {
        ("failed", Some(failure)) => Phase::Failed(Arc::new(failure)),
        ("paused", _) => Phase::Paused,
        _ => Phase::Queued,
    }
}

fn kind_to_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Directory => "directory",
        Kind::File => "file",
        Kind::Link => "link",
        Kind::Other => "other",
    }
}

fn kind_from_text(kind: &str) -> Kind {
    match kind {
        "directory" => Kind::Directory,
        "file" => Kind::File,
        "link" => Kind::Link,
        _ => Kind::Other,
    }
}

fn type_to_number(transfer_type: TransferType) -> i64 {
    match transfer_type {
        TransferType::Binary => 0,
        TransferType::Text => 1,
        TransferType::Auto => 2,
    }
}

fn type_from_number(number: i64) -> TransferType {
    match number {
        1 => TransferType::Text,
        2 => TransferType::Auto,
        _ => TransferType::Binary,
    }
}

fn to_json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn from_json<T: DeserializeOwned>(text: &str) -> Option<T> {
    serde_json::from_str(text).ok()
}
