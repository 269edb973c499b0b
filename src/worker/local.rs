//! Folders of this machine: listing them, and changing what is in them at a person's wish.
//!
//! Nothing here writes over a file that is there, and nothing follows a link out of what a person named.

mod tree;
#[cfg(unix)]
mod unix;

use std::fs::{self, Metadata};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub use self::tree::{Measure, chmod, copy, measure};
use super::disk::{self, Error, from_os, kind};
use crate::model::{Entry, Kind, LocalListing};

/// Where a person's own files are.
pub fn home() -> PathBuf {
    std::env::home_dir()
        .filter(|home| home.is_absolute())
        .unwrap_or_else(|| PathBuf::from(std::path::MAIN_SEPARATOR_STR))
}

/// The tops of all trees: `/`, or the drives. Their listing has no path of its own.
pub fn roots() -> LocalListing {
    let names: Vec<String> = if cfg!(windows) {
        ('A'..='Z').map(|letter| format!("{letter}:\\")).filter(|drive| Path::new(drive).exists()).collect()
    } else {
        vec!["/".to_owned()]
    };
    let entries = names.into_iter().map(|name| Entry::new(name, Kind::Directory)).collect();
    LocalListing { path: PathBuf::new(), entries }
}

/// What is in a folder, in no order. An empty path stands for the roots.
pub fn list(path: &Path) -> Result<LocalListing, Error> {
    if path.as_os_str().is_empty() {
        return Ok(roots());
    }
    let wrong = |error| Error::new("list", path, error);
    let mut entries = Vec::new();
    for found in fs::read_dir(path).map_err(wrong)? {
        let found = found.map_err(wrong)?;
        match found.metadata() {
            Ok(metadata) => entries.push(entry(&found.path(), &metadata)),
            // It was deleted while the others were read.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(_) => entries.push(Entry::new(from_os(&found.file_name()), Kind::Other)),
        }
    }
    Ok(LocalListing { path: path.to_owned(), entries })
}

fn entry(path: &Path, metadata: &Metadata) -> Entry {
    let name = path.file_name().map(from_os).unwrap_or_default();
    let mut entry = Entry::new(name, kind(metadata));
    entry.modified = metadata.modified().ok().and_then(disk::modified);
    match entry.kind {
        Kind::File => entry.size = Some(metadata.len()),
        Kind::Link => {
            entry.target = fs::read_link(path).ok().map(|target| from_os(target.as_os_str()).into());
            // A link that leads nowhere leads to no folder.
            let target = fs::metadata(path).ok();
            entry.to_directory = Some(target.as_ref().is_some_and(Metadata::is_dir));
            entry.size = target.filter(Metadata::is_file).map(|target| target.len());
        }
        Kind::Directory | Kind::Other => {}
    }
    #[cfg(unix)]
    unix::describe(&mut entry, metadata);
    entry
}

/// What changes whenever something in a folder is made, renamed or deleted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    #[cfg(unix)]
    identity: (u64, u64),
}

/// The stamp of a folder: one look, to be taken every second or so. `None` where it is not there.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let metadata = fs::metadata(path).ok()?;
    Some(Stamp {
        modified: metadata.modified().ok(),
        #[cfg(unix)]
        identity: {
            use std::os::unix::fs::MetadataExt;
            (metadata.dev(), metadata.ino())
        },
    })
}

/// Makes a folder in one that is there.
pub fn make_directory(path: &Path) -> Result<(), Error> {
    fs::create_dir(path).map_err(|e| Error::new("make the folder", path, e))
}

/// Gives a file or folder another name or another parent on the same disk. A name that is taken is an error.
pub fn rename(from: &Path, to: &Path) -> Result<(), Error> {
    let wrong = |error| Error::new("rename", from, error);
    let taken = || io::Error::new(ErrorKind::AlreadyExists, format!("{} is there already", to.display()));
    #[cfg(any(target_os = "linux", target_vendor = "apple"))]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
            Ok(()) => return Ok(()),
            Err(Errno::EXIST) if !is_same(from, to) => return Err(wrong(taken())),
            // The same file under another case, or a file system that cannot do it this way.
            Err(Errno::EXIST | Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            Err(errno) => return Err(wrong(errno.into())),
        }
    }
    if fs::symlink_metadata(to).is_ok() && !is_same(from, to) {
        return Err(wrong(taken()));
    }
    fs::rename(from, to).map_err(wrong)
}

/// Whether two names that differ in case only are one file.
fn is_same(from: &Path, to: &Path) -> bool {
    let folded = |path: &Path| path.to_string_lossy().to_lowercase();
    folded(from) == folded(to) && matches!((stamp(from), stamp(to)), (Some(from), Some(to)) if from == to)
}

/// Deletes files, and folders with all that is in them; a link itself, never what it leads to. They go to the bin, or
/// with `for_good` are gone. What cannot be deleted does not keep the others; the first trouble is told.
pub fn delete(places: &[PathBuf], for_good: bool, stop: &dyn Fn() -> bool) -> Result<(), Error> {
    let mut first = Ok(());
    for place in places {
        if stop() {
            return first.and(Err(stopped("delete", place)));
        }
        let deleted = if place.file_name().is_none() {
            Err(io::Error::new(ErrorKind::InvalidInput, "it is the top of a disk"))
        } else if for_good {
            remove(place)
        } else {
            // The bin's own words for what is not there are none.
            fs::symlink_metadata(place).and_then(|_| trash::delete(place).map_err(|error| no_bin(&error)))
        };
        first = first.and(deleted.map_err(|e| Error::new("delete", place, e)));
    }
    first
}

fn remove(place: &Path) -> io::Result<()> {
    let metadata = fs::symlink_metadata(place)?;
    // A link to a folder is a directory to Windows.
    let is_link = metadata.is_symlink();
    if metadata.is_dir() {
        fs::remove_dir_all(place)
    } else if cfg!(windows) && is_link {
        fs::remove_file(place).or_else(|_| fs::remove_dir(place))
    } else {
        fs::remove_file(place)
    }
}

fn no_bin(error: &trash::Error) -> io::Error {
    match error {
        trash::Error::Os { description, .. } | trash::Error::Unknown { description } => {
            io::Error::other(format!("the bin did not take it: {description}"))
        }
        trash::Error::CouldNotAccess { .. } => {
            io::Error::new(ErrorKind::PermissionDenied, "it is in use, or must not be touched")
        }
        error => io::Error::other(format!("the bin did not take it: {error}")),
    }
}

fn stopped(doing: &'static str, path: &Path) -> Error {
    Error::new(doing, path, io::Error::new(ErrorKind::Interrupted, "stopped"))
}

#[cfg(test)]
mod tests;
