//! An open folder, whose entries are reached by name. A link in it is never followed.

use std::ffi::OsStr;
use std::fs::{File, Metadata};
use std::io::{self, ErrorKind};
use std::time::SystemTime;

use crate::model::Kind;

#[cfg(any(not(unix), test))]
mod portable;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use portable::{Folder, allocated, free_bytes, reserve};
#[cfg(unix)]
pub(super) use unix::{Folder, allocated, free_bytes, reserve};

/// What the system knows of an entry.
#[derive(Clone, Debug)]
pub(super) struct Stat {
    pub(super) kind: Kind,
    pub(super) size: u64,
    pub(super) modified: Option<SystemTime>,
    /// Device and number of the file, where the platform tells them.
    identity: Option<(u64, u64)>,
    /// Permissions, where the platform has them.
    mode: Option<u32>,
}

/// What it is, links not followed.
pub(in crate::worker) fn kind(metadata: &Metadata) -> Kind {
    let kind = metadata.file_type();
    if kind.is_symlink() {
        Kind::Link
    } else if kind.is_dir() {
        Kind::Directory
    } else if kind.is_file() {
        Kind::File
    } else {
        Kind::Other
    }
}

impl Stat {
    /// Of an open file.
    pub(super) fn of(file: &File) -> io::Result<Self> {
        Ok(Self::from_metadata(&file.metadata()?))
    }

    fn from_metadata(metadata: &Metadata) -> Self {
        let kind = kind(metadata);
        #[cfg(unix)]
        let (identity, mode) = {
            use std::os::unix::fs::MetadataExt;
            (Some((metadata.dev(), metadata.ino())), Some(metadata.mode()))
        };
        #[cfg(not(unix))]
        let (identity, mode) = (None, None);
        Self { kind, size: metadata.len(), modified: metadata.modified().ok(), identity, mode }
    }

    /// Whether both are one file. Where the platform does not tell, the kind must do.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        self.kind == other.kind && self.identity == other.identity
    }

    /// Gives `file`, which takes the place of this regular file, its permissions; not the bits that change who runs it.
    pub(super) fn hand_permissions_to(&self, file: &File) {
        #[cfg(unix)]
        if let (Kind::File, Some(mode)) = (self.kind, self.mode) {
            use std::os::unix::fs::PermissionsExt;
            // Who may not change permissions there gets a file with its own: no reason to lose the download.
            let _ = file.set_permissions(std::fs::Permissions::from_mode(mode & 0o777));
        }
        #[cfg(not(unix))]
        let _ = (file, self.mode);
    }
}

/// That a file which was opened for writing is one that may be written to.
fn check_regular(file: File) -> io::Result<File> {
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(not_regular());
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if metadata.nlink() > 1 {
            return Err(io::Error::new(ErrorKind::InvalidInput, "it is the same file as another one (a hard link)"));
        }
    }
    Ok(file)
}

fn not_regular() -> io::Error {
    io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")
}

fn not_a_folder(name: &OsStr) -> io::Error {
    let why = format!("“{}” is a link or a file; below the target folder no link is followed", name.to_string_lossy());
    io::Error::new(ErrorKind::NotADirectory, why)
}
