//! Its database: opened, made, brought up to date, and set aside where it is broken.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};

use super::rows::{self, Folders};
use super::{to_i64, wrong};
use crate::model::queue::Rows;
use crate::worker::disk::Error;

/// What this program writes; counted up with each change of the tables.
pub(super) const VERSION: i64 = 5;
/// A database with more bytes is checked while its rows are read, and not before: a window does not wait for it.
const CHECKED_AT_ONCE: i64 = 8 << 20;
/// How long a statement waits for another process.
const PATIENCE: Duration = Duration::from_secs(5);
/// Highest number that `queue.db.broken-1` counts to.
const MOST_BROKEN: u32 = 1000;

const TABLES: &str = "
    CREATE TABLE folder (id INTEGER PRIMARY KEY, site TEXT NOT NULL, local TEXT NOT NULL, remote TEXT NOT NULL,
        below INTEGER NOT NULL);
    CREATE TABLE transfer (id INTEGER PRIMARY KEY, place INTEGER NOT NULL, course TEXT NOT NULL, kind TEXT NOT NULL,
        folder INTEGER NOT NULL, remote_name TEXT NOT NULL, local_name TEXT, size INTEGER, phase TEXT NOT NULL,
        failure TEXT, attempts INTEGER NOT NULL, if_exists TEXT, priority INTEGER NOT NULL DEFAULT 2,
        text INTEGER NOT NULL DEFAULT 0);
    CREATE INDEX transfer_place ON transfer (place);
    CREATE TABLE source (part TEXT PRIMARY KEY, remote TEXT NOT NULL, size INTEGER, modified TEXT, boot TEXT,
        synced INTEGER NOT NULL DEFAULT 0, held TEXT, settled TEXT) WITHOUT ROWID;
    CREATE TABLE counter (next INTEGER NOT NULL);
    INSERT INTO counter VALUES (1);";

/// From version 1, which had no priorities, and no room between two places.
const FROM_1: &str = "
    ALTER TABLE transfer ADD COLUMN priority INTEGER NOT NULL DEFAULT 2;
    UPDATE transfer SET place = place * 16777216;";

/// From version 2, which did not know which bytes of a part outlive a power cut.
const FROM_2: &str = "
    ALTER TABLE source ADD COLUMN boot TEXT;
    ALTER TABLE source ADD COLUMN synced INTEGER NOT NULL DEFAULT 0;";

/// From version 3, whose parts had no holes.
const FROM_3: &str = "
    ALTER TABLE source ADD COLUMN held TEXT;
    ALTER TABLE source ADD COLUMN settled TEXT;";

/// From version 4, which did not know what goes as text.
const FROM_4: &str = "
    ALTER TABLE transfer ADD COLUMN text INTEGER NOT NULL DEFAULT 0;";

pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// Opens a file that only this person may read.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// `None` where another process holds it.
pub(super) fn lock(path: &Path) -> io::Result<Option<File>> {
    let file = private(path)?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(std::fs::TryLockError::WouldBlock) => Ok(None),
        Err(std::fs::TryLockError::Error(error)) => Err(error),
    }
}

pub(super) fn connect(path: &Path) -> rusqlite::Result<Connection> {
    // SQLite would make it readable for everybody.
    private(path).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))?;
    let database = Connection::open(path)?;
    database.busy_timeout(PATIENCE)?;
    // A file system that cannot do this keeps the older kind of journal: slower, not less safe.
    database.pragma_update_and_check(None, "journal_mode", "WAL", |_| Ok(()))?;
    // What is written here outlives a power cut: nothing moves before its row is.
    database.pragma_update(None, "synchronous", "FULL")?;
    Ok(database)
}

pub(super) fn in_memory() -> rusqlite::Result<Connection> {
    let database = Connection::open_in_memory()?;
    database.execute_batch(TABLES)?;
    Ok(database)
}

pub(super) fn version(database: &Connection) -> rusqlite::Result<i64> {
    database.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Checks the database, or makes its tables.
pub(super) fn prepare(mut database: Connection, path: &Path) -> rusqlite::Result<Connection> {
    match version(&database)? {
        VERSION if is_large(&database)? => return Ok(database),
        VERSION => check(&database)?,
        older @ 1..VERSION => {
            check(&database)?;
            let transaction = database.transaction()?;
            for (version, change) in (1..).zip([FROM_1, FROM_2, FROM_3, FROM_4]) {
                if version >= older {
                    transaction.execute_batch(change)?;
                }
            }
            transaction.pragma_update(None, "user_version", VERSION)?;
            transaction.commit()?;
        }
        0 => {
            let transaction = database.transaction()?;
            transaction.execute_batch(TABLES)?;
            transaction.pragma_update(None, "user_version", VERSION)?;
            transaction.commit()?;
        }
        newer => {
            let why = format!("{} is of version {newer}, made by a newer Longshore", path.display());
            return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
        }
    }
    rows::tidy(&database)?;
    Ok(database)
}

pub(super) fn is_large(database: &Connection) -> rusqlite::Result<bool> {
    let number = |name| database.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    Ok(number("page_count")?.saturating_mul(number("page_size")?) > CHECKED_AT_ONCE)
}

pub(super) fn check(database: &Connection) -> rusqlite::Result<()> {
    let verdict: String = database.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(()) } else { Err(rusqlite::Error::InvalidColumnName(verdict)) }
}

/// Whether the file itself is at fault, and not the disk, the permissions or another process.
pub(super) fn is_broken(error: &rusqlite::Error) -> bool {
    let by_code = matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase));
    let by_tables = matches!(error, rusqlite::Error::SqliteFailure(code, _) if code.code == ErrorCode::Unknown);
    by_code
        || by_tables
        || matches!(error, rusqlite::Error::InvalidColumnName(_) | rusqlite::Error::InvalidColumnType(..))
}

/// Sets the broken database aside and begins a new one with the rows that can still be read.
pub(super) fn replace_broken(path: &Path) -> Result<(Connection, String), Error> {
    let aside = (1..=MOST_BROKEN)
        .map(|number| with_suffix(path, &format!(".broken-{number}")))
        .find(|aside| !aside.exists())
        .ok_or_else(|| Error::new("set aside", path, io::Error::from(io::ErrorKind::AlreadyExists)))?;
    for suffix in ["", "-wal", "-shm"] {
        match std::fs::rename(with_suffix(path, suffix), with_suffix(&aside, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Error::new("set aside", with_suffix(path, suffix), error));
            }
            _ => {}
        }
    }
    let database = connect(path).and_then(|database| prepare(database, path));
    let mut database = database.map_err(|e| wrong("open", path, e))?;
    let rescued = Connection::open(&aside).ok().map(|old| Rows::from(rows::rescue(&old))).unwrap_or_default();
    let written = database.transaction().and_then(|transaction| {
        rows::add(&transaction, &mut Folders::default(), &rescued)?;
        let highest = rescued.iter().map(|transfer| transfer.id.0).max().unwrap_or(0);
        transaction.execute("UPDATE counter SET next = max(next, ?1)", [to_i64(highest.saturating_add(1))])?;
        transaction.commit()
    });
    written.map_err(|e| wrong("write", path, e))?;
    let notice = format!(
        "The queue was damaged. The damaged file is kept as {}; rows that could still be read: {}.",
        aside.display(),
        rescued.len()
    );
    Ok((database, notice))
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
