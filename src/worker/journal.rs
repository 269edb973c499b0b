//! The queue on disk: a SQLite database that says after a crash what was left to do.
//!
//! A row is written before its first byte moves and leaves when it is done. One process at a time owns the rows; a second
//! one works without them. What part files were begun from is written by every process.

mod boot;
mod database;
mod rows;

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, ErrorCode, OptionalExtension, params};

use self::database::{
    VERSION, check, connect, in_memory, is_broken, is_large, lock, make_folder, prepare, replace_broken, version,
};
use self::rows::Folders;
use super::disk::{Error, from_os};
use super::ranges::Ranges;
use crate::model::{Delta, Modified, Phase, Precision, Section, Transfer};

/// The database's name in the data folder.
const DATABASE: &str = "queue.db";
/// Stands for its path where there is no file.
const MEMORY: &str = ":memory:";
/// Held by the process that owns the rows.
const LOCK: &str = "queue.lock";
/// Rows that are handed over at once.
const PORTION: usize = 4096;
/// What a part file was begun from: it may only be continued from the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Which file of which server.
    pub remote: String,
    /// Its size then.
    pub size: Option<u64>,
    /// Its time of modification then.
    pub modified: Option<Modified>,
}

/// What is written together with whatever else there is to write.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Rows changed.
    Rows(Vec<Delta>),
    /// A part is begun from this, and holds these bytes: see [`Journal::note_source`].
    Begun(PathBuf, Source, Ranges),
    /// They are gone, or ours no longer.
    Gone(Vec<PathBuf>),
}

/// The queue on disk. All calls block.
#[derive(Debug)]
pub struct Journal {
    shared: Mutex<Shared>,
    path: PathBuf,
    keeper: Keeper,
}

/// Who keeps the rows.
#[derive(Debug)]
enum Keeper {
    /// This process, as long as it has the file locked.
    Us(#[expect(dead_code, reason = "it is locked until it is closed")] File),
    /// Another one that runs.
    Another,
    /// Nobody, because it cannot be done: they are forgotten at the end.
    Nobody,
}

#[derive(Debug)]
struct Shared {
    /// `None` only where SQLite does not even work in memory.
    database: Option<Connection>,
    folders: Folders,
}

impl Shared {
    fn both(&mut self) -> rusqlite::Result<(&mut Connection, &mut Folders)> {
        match &mut self.database {
            Some(database) => Ok((database, &mut self.folders)),
            None => Err(rusqlite::Error::InvalidQuery),
        }
    }

    fn database(&mut self) -> rusqlite::Result<&mut Connection> {
        self.both().map(|(database, _)| database)
    }
}

impl Journal {
    /// Opens the journal in `folder`, which is made if need be. Never fails: what does not work is told in words, and the
    /// queue lives in memory for this run.
    pub fn open(folder: &Path) -> (Self, Vec<String>) {
        let path = folder.join(DATABASE);
        let mut notices = Vec::new();
        let lock = match make_folder(folder).and_then(|()| lock(&folder.join(LOCK))) {
            Ok(Some(lock)) => lock,
            Ok(None) => {
                // The other process made the tables; without them there is nothing to share but the numbers.
                let database = connect(&path).ok().filter(|database| version(database).is_ok_and(|v| v == VERSION));
                return (Self::with(database.or_else(|| in_memory().ok()), path, Keeper::Another), notices);
            }
            Err(error) => {
                notices.push(format!("The queue cannot be kept: {}", Error::new("open", &path, error)));
                return Self::nowhere(notices);
            }
        };
        match connect(&path).and_then(|database| prepare(database, &path)) {
            Ok(database) => (Self::with(database, path, Keeper::Us(lock)), notices),
            Err(error) if is_broken(&error) => match replace_broken(&path) {
                Ok((database, notice)) => {
                    notices.push(notice);
                    (Self::with(database, path, Keeper::Us(lock)), notices)
                }
                Err(error) => {
                    notices.push(format!("The queue cannot be kept: {error}"));
                    Self::nowhere(notices)
                }
            },
            Err(error) => {
                notices.push(format!("The queue cannot be kept: {}", wrong("open", &path, error)));
                Self::nowhere(notices)
            }
        }
    }

    /// A journal that forgets at the end of the run.
    fn nowhere(notices: Vec<String>) -> (Self, Vec<String>) {
        (Self::with(in_memory().ok(), PathBuf::from(MEMORY), Keeper::Nobody), notices)
    }

    fn with(database: impl Into<Option<Connection>>, path: PathBuf, keeper: Keeper) -> Self {
        let shared = Shared { database: database.into(), folders: Folders::default() };
        Self { shared: Mutex::new(shared), path, keeper }
    }

    /// Whether this process keeps the rows. Where not, no change of them is written.
    pub fn is_owner(&self) -> bool {
        matches!(self.keeper, Keeper::Us(_))
    }

    /// Whether another process does.
    pub fn is_elsewhere(&self) -> bool {
        matches!(self.keeper, Keeper::Another)
    }

    /// `count` numbers that no transfer has or ever had, in no run and no process.
    pub fn ids(&self, count: u64) -> Result<Range<u64>, Error> {
        let update = "UPDATE counter SET next = next + ?1 RETURNING next";
        let mut shared = self.shared();
        let next = shared
            .database()
            .and_then(|database| database.query_row(update, [to_i64(count)], |row| row.get::<_, i64>(0)));
        let next = next.map_err(|e| wrong("write", &self.path, e))?.unsigned_abs();
        Ok(next.saturating_sub(count)..next)
    }

    /// Writes it, all or nothing: each transaction costs as much as some changes.
    pub fn write(&self, entries: &[Entry]) -> Result<(), Error> {
        let is_owner = self.is_owner();
        let is_written = |entry: &&Entry| match entry {
            Entry::Rows(deltas) => is_owner && deltas.iter().any(is_kept),
            Entry::Begun(..) | Entry::Gone(_) => true,
        };
        let entries: Vec<_> = entries.iter().filter(is_written).collect();
        if entries.is_empty() {
            return Ok(());
        }
        let mut shared = self.shared();
        let written = shared.both().and_then(|(database, folders)| {
            let transaction = database.transaction()?;
            for entry in entries {
                match entry {
                    Entry::Rows(deltas) => rows::apply(&transaction, folders, deltas)?,
                    Entry::Begun(part, source, there) => begin(&transaction, part, source, there)?,
                    Entry::Gone(parts) => forget(&transaction, parts)?,
                }
            }
            transaction.commit()
        });
        if written.is_err() {
            // Folders of the transaction that was taken back are not there.
            shared.folders = Folders::default();
        }
        written.map_err(|e| wrong("write", &self.path, e))
    }

    /// The rows that an earlier run left, in their order. What was under way waits again.
    pub fn load(&self) -> Result<Vec<Transfer>, Error> {
        let mut all = Vec::new();
        self.load_each(&mut |rows| {
            all.extend(rows);
            true
        })?;
        Ok(all)
    }

    /// Hands over the rows that an earlier run left, in portions and in their order, until `take` wants no more. It reads
    /// what the database holds at its beginning, and keeps nobody from writing. Gives back what is to be said: a large
    /// database is checked only now.
    pub fn load_each(&self, take: &mut dyn FnMut(Vec<Transfer>) -> bool) -> Result<Option<String>, Error> {
        let failed = |error| wrong("read", &self.path, error);
        if matches!(self.keeper, Keeper::Nobody) {
            return Ok(None);
        }
        let mut notice = None;
        let mut database = connect(&self.path).map_err(failed)?;
        if self.is_owner() && is_large(&database).map_err(failed)? && check(&database).is_err() {
            drop(database);
            let mut shared = self.shared();
            // Files cannot be renamed everywhere while they are open.
            shared.database = None;
            let (new, words) = replace_broken(&self.path)?;
            *shared = Shared { database: Some(new), folders: Folders::default() };
            notice = Some(words);
            database = connect(&self.path).map_err(failed)?;
        }
        let folders = rows::load(&database, PORTION, take).map_err(failed)?;
        self.shared().folders.know(folders);
        Ok(notice)
    }

    /// What `part` was begun from, if this program began it.
    pub fn source(&self, part: &Path) -> Result<Option<Source>, Error> {
        let query = "SELECT remote, size, modified FROM source WHERE part = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            let (size, modified): (Option<i64>, Option<String>) = (row.get(1)?, row.get(2)?);
            let modified = modified.as_deref().and_then(modified_from_text);
            Ok(Source { remote: row.get(0)?, size: size.and_then(|size| u64::try_from(size).ok()), modified })
        };
        let mut shared = self.shared();
        let found = shared.database().and_then(|database| {
            database.prepare_cached(query)?.query_row([from_os(part.as_os_str())], read).optional()
        });
        found.map_err(|e| wrong("read", &self.path, e))
    }

    /// Notes what `part` is begun from, before its first byte, and which start of the system writes it. It holds the bytes
    /// `there` by now: what was synced beyond them is gone. One without holes has nothing behind its last byte.
    pub fn note_source(&self, part: &Path, source: &Source, there: &Ranges) -> Result<(), Error> {
        let written = self.shared().database().and_then(|database| begin(database, part, source, there));
        written.map_err(|e| wrong("write", &self.path, e))
    }

    /// `part`, which may have holes from now on, holds these bytes. Noted before the first of them that is not behind the
    /// others.
    pub fn note_held(&self, part: &Path, held: &Ranges) -> Result<(), Error> {
        let update = "UPDATE source SET held = ?2 WHERE part = ?1";
        self.execute(update, params![from_os(part.as_os_str()), held.to_string()])
    }

    /// The first `bytes` of `part` are on the disk, whatever happens to the power.
    pub fn note_synced(&self, part: &Path, bytes: u64) -> Result<(), Error> {
        let update = "UPDATE source SET synced = ?2 WHERE part = ?1";
        self.execute(update, params![from_os(part.as_os_str()), to_i64(bytes)])
    }

    /// The same of one that may have holes.
    pub fn note_settled(&self, part: &Path, held: &Ranges) -> Result<(), Error> {
        let update = "UPDATE source SET settled = ?2 WHERE part = ?1";
        self.execute(update, params![from_os(part.as_os_str()), held.to_string()])
    }

    /// Which bytes of `part`, which is `length` long, are what was written: not all where it has holes, or where the system
    /// was started anew since.
    pub fn there(&self, part: &Path, length: u64) -> Result<Ranges, Error> {
        let query = "SELECT boot, synced, held, settled FROM source WHERE part = ?1";
        let read = |row: &rusqlite::Row<'_>| {
            let boot: Option<String> = row.get(0)?;
            Ok((boot::was_before(boot.as_deref()), row.get::<_, i64>(1)?, row.get(2)?, row.get(3)?))
        };
        let mut shared = self.shared();
        let found = shared.database().and_then(|database| {
            database.prepare_cached(query)?.query_row([from_os(part.as_os_str())], read).optional()
        });
        let found: Option<(bool, i64, Option<String>, Option<String>)> =
            found.map_err(|e| wrong("read", &self.path, e))?;
        let synced = |bytes: i64| Ranges::first(u64::try_from(bytes).unwrap_or(0));
        // What cannot be read is not trusted.
        let parsed = |text: &String| text.parse().unwrap_or_default();
        let mut there = match &found {
            None => Ranges::default(),
            Some((false, _, None, _)) => Ranges::first(length),
            Some((false, _, Some(held), _)) => parsed(held),
            Some((true, _, Some(_), Some(settled))) => parsed(settled),
            Some((true, bytes, _, _)) => synced(*bytes),
        };
        there.cut(length);
        Ok(there)
    }

    /// `part` is gone: renamed or deleted.
    pub fn forget_source(&self, part: &Path) -> Result<(), Error> {
        self.write(&[Entry::Gone(vec![part.to_owned()])])
    }

    /// The database takes no more pages than it has, or as many as there is room for.
    #[cfg(test)]
    pub(super) fn limit_pages(&self, most: Option<u32>) {
        let most = most.unwrap_or(u32::MAX - 1);
        let mut shared = self.shared();
        shared.database().unwrap().query_row(&format!("PRAGMA max_page_count = {most}"), [], |_| Ok(())).unwrap();
    }

    fn execute(&self, statement: &str, values: impl rusqlite::Params) -> Result<(), Error> {
        let mut shared = self.shared();
        let written = shared.database().and_then(|database| database.prepare_cached(statement)?.execute(values));
        written.map(|_| ()).map_err(|e| wrong("write", &self.path, e))
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        // A thread that panicked left no half-done transaction: SQLite took it back.
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn begin(database: &Connection, part: &Path, source: &Source, there: &Ranges) -> rusqlite::Result<()> {
    let insert = "INSERT OR REPLACE INTO source (part, remote, size, modified, boot, synced, held, settled)
        VALUES (?1, ?2, ?3, ?4, ?5, MIN(?6, COALESCE((SELECT synced FROM source WHERE part = ?1), 0)), ?7,
            CASE WHEN ?7 IS NULL THEN NULL ELSE (SELECT settled FROM source WHERE part = ?1) END)";
    let modified = source.modified.as_ref().map(modified_to_text);
    let (size, prefix) = (source.size.map(to_i64), to_i64(there.prefix()));
    let held = (!there.is_prefix()).then(|| there.to_string());
    let values = params![from_os(part.as_os_str()), source.remote, size, modified, boot::id(), prefix, held];
    database.prepare_cached(insert)?.execute(values).map(|_| ())
}

fn forget(database: &Connection, parts: &[PathBuf]) -> rusqlite::Result<()> {
    // One by one: for a list SQLite makes a table of its own.
    let mut delete = database.prepare_cached("DELETE FROM source WHERE part = ?1")?;
    parts.iter().try_for_each(|part| delete.execute([from_os(part.as_os_str())]).map(|_| ()))
}

/// Whether a delta is written; progress comes ten times a second and is not.
pub(super) fn is_kept(delta: &Delta) -> bool {
    !matches!(delta, Delta::Progress(_) | Delta::Held(_))
}

fn wrong(doing: &'static str, path: &Path, error: rusqlite::Error) -> Error {
    let kind = match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => io::ErrorKind::StorageFull,
        Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => io::ErrorKind::PermissionDenied,
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => io::ErrorKind::ResourceBusy,
        _ => io::ErrorKind::Other,
    };
    Error::new(doing, path, io::Error::new(kind, error))
}

/// SQLite counts to 2^63 - 1; a size or number beyond that does not happen, but must not become another one.
fn to_i64(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn modified_to_text(modified: &Modified) -> String {
    let precision = match modified.precision {
        Precision::Day => "day",
        Precision::Minute => "minute",
        Precision::Second => "second",
        Precision::Millisecond => "millisecond",
    };
    format!("{} {precision} {}", modified.at, if modified.utc { "utc" } else { "server" })
}

fn modified_from_text(text: &str) -> Option<Modified> {
    let mut words = text.split(' ');
    let at = words.next()?.parse().ok()?;
    let precision = match words.next()? {
        "day" => Precision::Day,
        "minute" => Precision::Minute,
        "second" => Precision::Second,
        "millisecond" => Precision::Millisecond,
        _ => return None,
    };
    Some(Modified { at, precision, utc: words.next()? == "utc" })
}

/// Rows that are finished well leave the journal; the others stay.
fn is_left(phase: &Phase) -> bool {
    Section::of(phase) != Section::Done
}

#[cfg(test)]
mod tests;
