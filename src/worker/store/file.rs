//! One file of settings: read carefully, written whole or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::super::disk::Error;
use super::failed;

/// What a file holds.
pub(super) type Document = toml::Table;

/// A file of settings larger than this is not one.
const LONGEST: u64 = 64 << 20;
/// How long a change waits for another process that writes.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long between two looks at the lock.
const PAUSE: Duration = Duration::from_millis(10);
/// Highest number that `sites.toml.broken-1` counts to.
const MOST_BROKEN: u32 = 1000;

/// One file, with what it held when it was read or written last.
#[derive(Debug)]
pub(super) struct ConfigFile {
    path: PathBuf,
    document: Document,
    access: Access,
    reads: fn(&Document) -> Result<(), toml::de::Error>,
}

#[derive(Debug, PartialEq, Eq)]
enum Access {
    Write,
    /// Nothing is written in this run.
    Never,
    /// It is there but cannot be read now, so it must not be written over; why.
    Refused(String),
}

/// What reading gave.
enum Content {
    Absent,
    Whole(Document),
    Broken(String),
}

impl ConfigFile {
    /// Reads the file. `reads` says whether a document is one of this file.
    pub(super) fn open(
        path: PathBuf,
        read_only: bool,
        reads: fn(&Document) -> Result<(), toml::de::Error>,
    ) -> (Self, Option<String>) {
        // Who keeps settings elsewhere and links them here keeps the link.
        let path = fs::canonicalize(&path).unwrap_or(path);
        let mut file = Self { path, document: Document::new(), access: Access::Write, reads };
        if read_only {
            file.access = Access::Never;
        }
        let notice = file.read_first(read_only);
        (file, notice)
    }

    fn read_first(&mut self, read_only: bool) -> Option<String> {
        let path = self.path.clone();
        let why = match self.read(&path) {
            Ok(Content::Whole(document)) => {
                self.document = document;
                return None;
            }
            Ok(Content::Absent) => return self.read_backup_of_absent(),
            Ok(Content::Broken(why)) => why,
            Err(error) => {
                let notice = format!("{} cannot be read and is left as it is: {error}", path.display());
                if !read_only {
                    self.access = Access::Refused(error.to_string());
                }
                return Some(notice);
            }
        };
        let aside = if read_only {
            "left as it is".to_owned()
        } else {
            match set_aside(&path) {
                Ok(aside) => format!("kept as {}", aside.display()),
                Err(error) => {
                    self.access = Access::Refused(error.to_string());
                    format!("left as it is ({error})")
                }
            }
        };
        let instead = match self.read(&backup(&path)) {
            Ok(Content::Whole(document)) => {
                self.document = document;
                if self.access == Access::Write
                    && let Err(error) = write(&path, &self.document.to_string())
                {
                    return Some(format!("{} is damaged ({why}), and {error}", path.display()));
                }
                "what it held before is used instead"
            }
            _ => "this run begins without it",
        };
        Some(format!("{} is damaged ({why}); it is {aside}, and {instead}.", path.display()))
    }

    /// A file that is missing while its backup is there was lost by somebody's hand.
    fn read_backup_of_absent(&mut self) -> Option<String> {
        let Ok(Content::Whole(document)) = self.read(&backup(&self.path)) else { return None };
        self.document = document;
        Some(format!("{} is missing; {} is used instead.", self.path.display(), backup(&self.path).display()))
    }

    fn read(&self, path: &Path) -> io::Result<Content> {
        let file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Content::Absent),
            Err(error) => return Err(error),
        };
        let mut bytes = Vec::new();
        file.take(LONGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LONGEST {
            return Ok(Content::Broken("it is too long".to_owned()));
        }
        let Ok(text) = String::from_utf8(bytes) else { return Ok(Content::Broken("it is not text".to_owned())) };
        // This program never writes nothing; a power cut does, and TOML would take it for a file without settings.
        if text.trim().is_empty() {
            return Ok(Content::Broken("it is empty".to_owned()));
        }
        let document = match text.parse::<Document>() {
            Ok(document) => document,
            Err(error) => return Ok(Content::Broken(first_line(&error))),
        };
        Ok(match (self.reads)(&document) {
            Ok(()) => Content::Whole(document),
            Err(error) => Content::Broken(first_line(&error)),
        })
    }

    /// What the file held when it was read or written last.
    pub(super) fn document(&self) -> &Document {
        &self.document
    }

    /// Changes the file. `change` gets what this process read last and what the file holds now, and says what it shall
    /// hold.
    pub(super) fn change(&mut self, change: impl FnOnce(&Document, &Document) -> Document) -> Result<(), Error> {
        match &self.access {
            Access::Never => {
                self.document = change(&self.document, &self.document);
                return Ok(());
            }
            Access::Refused(why) => return Err(failed("write", &self.path, io::Error::other(why.clone()))),
            Access::Write => {}
        }
        let wrong = |error| failed("write", &self.path, error);
        make_folder(&self.path).map_err(wrong)?;
        let _lock = lock(&self.path).map_err(wrong)?;
        let (theirs, is_whole) = match self.read(&self.path).map_err(wrong)? {
            Content::Whole(document) => (document, true),
            Content::Absent => (self.document.clone(), false),
            Content::Broken(why) => {
                // Somebody edits it, or another program wrote it: neither is ours to throw away.
                set_aside(&self.path)
                    .map_err(|e| failed("set aside", &self.path, io::Error::other(format!("{why}; {e}"))))?;
                (self.document.clone(), false)
            }
        };
        let document = change(&self.document, &theirs);
        if is_whole {
            if document == theirs {
                self.document = document;
                return Ok(());
            }
            let before = fs::read_to_string(&self.path).map_err(wrong)?;
            write(&backup(&self.path), &before)?;
        }
        write(&self.path, &document.to_string())?;
        self.document = document;
        Ok(())
    }
}

/// By temporary file, fsync, rename and fsync of the folder: the old file or the new one, whatever happens.
fn write(path: &Path, text: &str) -> Result<(), Error> {
    let wrong = |error| failed("write", path, error);
    make_folder(path).map_err(wrong)?;
    let temporary = with_suffix(path, &format!(".{}.tmp", std::process::id()));
    let written = write_new(&temporary, text).and_then(|()| fs::rename(&temporary, path));
    if let Err(error) = written {
        let _ = fs::remove_file(&temporary);
        return Err(wrong(error));
    }
    sync_folder(path).map_err(wrong)
}

fn write_new(path: &Path, text: &str) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = private().write(true).create_new(true).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    #[cfg(not(unix))]
    let _ = path;
    Ok(())
}

fn make_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent() else { return Ok(()) };
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A new file that only this person may read, in a folder of theirs.
pub(in crate::worker) fn private_file(path: &Path) -> io::Result<File> {
    make_folder(path)?;
    private().write(true).create_new(true).open(path)
}

/// For a file that only this person may read.
fn private() -> OpenOptions {
    #[cfg_attr(not(unix), allow(unused_mut))]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// One lock for the folder; waits a moment for another process.
fn lock(path: &Path) -> io::Result<File> {
    let file = private().read(true).write(true).create(true).truncate(false).open(path.with_file_name(".lock"))?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(fs::TryLockError::WouldBlock) if Instant::now() < deadline => std::thread::sleep(PAUSE),
            Err(fs::TryLockError::WouldBlock) => {
                return Err(io::Error::new(ErrorKind::ResourceBusy, "another program is writing the settings"));
            }
            // Some network file systems know no locks; two windows at once are rare.
            Err(fs::TryLockError::Error(_)) => return Ok(file),
        }
    }
}

/// Moves a broken file to a name that nothing has.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    for number in 1..=MOST_BROKEN {
        let aside = with_suffix(path, &format!(".broken-{number}"));
        if fs::symlink_metadata(&aside).is_err() {
            fs::rename(path, &aside)?;
            return Ok(aside);
        }
    }
    Err(io::Error::from(ErrorKind::AlreadyExists))
}

fn backup(path: &Path) -> PathBuf {
    with_suffix(path, ".bak")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// TOML's errors draw a picture below their first line.
fn first_line(error: &toml::de::Error) -> String {
    error.message().lines().next().unwrap_or_default().to_owned()
}
