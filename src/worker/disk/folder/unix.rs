//! Unix: `openat` and its like, relative to an open folder, with O_NOFOLLOW.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use rustix::io::Errno;

use super::{Stat, check_regular, not_a_folder, not_regular};
use crate::model::Kind;

/// Closed in programs that are started, and never a terminal of ours.
const ALWAYS: OFlags = OFlags::CLOEXEC.union(OFlags::NOCTTY);
/// Whether a file without a name could not be given one: some sandboxes and file systems do not let that happen.
static NEVER_NAMED: AtomicBool = AtomicBool::new(false);
/// Before the person's umask.
const FOLDER_MODE: Mode = Mode::RWXU.union(Mode::RWXG).union(Mode::RWXO);
const FILE_MODE: Mode =
    Mode::RUSR.union(Mode::WUSR).union(Mode::RGRP).union(Mode::WGRP).union(Mode::ROTH).union(Mode::WOTH);

#[derive(Debug)]
pub(in super::super) struct Folder(OwnedFd);

impl Folder {
    /// The folder that a person chose, through links too.
    pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(rustix::fs::open(path, OFlags::RDONLY | OFlags::DIRECTORY | ALWAYS, Mode::empty())?))
    }

    /// A folder in this one; `make` makes it where nothing has its name.
    pub(in super::super) fn enter(&self, name: &OsStr, make: bool) -> io::Result<Self> {
        let open = || {
            let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | ALWAYS;
            rustix::fs::openat(&self.0, name, flags, Mode::empty())
        };
        let opened = match open() {
            Err(Errno::NOENT) if make => {
                match rustix::fs::mkdirat(&self.0, name, FOLDER_MODE) {
                    Ok(()) | Err(Errno::EXIST) => {}
                    Err(errno) => return Err(errno.into()),
                }
                open()
            }
            result => result,
        };
        match opened {
            Ok(folder) => Ok(Self(folder)),
            Err(Errno::NOTDIR | Errno::LOOP) => Err(not_a_folder(name)),
            Err(errno) => Err(errno.into()),
        }
    }

    /// A new file.
    pub(in super::super) fn create(&self, name: &OsStr) -> io::Result<File> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | ALWAYS;
        Ok(File::from(rustix::fs::openat(&self.0, name, flags, FILE_MODE)?))
    }

    /// A new file that has no name yet, and goes with its handle if it gets none. Not every disk has such files, or gives them
    /// a name, or keeps over a power cut what was written to one before it had its name.
    #[cfg(target_os = "linux")]
    pub(in super::super) fn create_unnamed(&self) -> io::Result<File> {
        /// Until Linux 6.15 it does not write down how long a file without a name is.
        const BTRFS: u64 = 0x9123_683e;
        if NEVER_NAMED.load(Ordering::Relaxed) || is_on(&self.0, BTRFS) {
            return Err(io::Error::from(ErrorKind::Unsupported));
        }
        let flags = OFlags::RDWR | OFlags::TMPFILE | ALWAYS;
        Ok(File::from(rustix::fs::openat(&self.0, c".", flags, FILE_MODE)?))
    }

    /// Only Linux has them.
    #[cfg(not(target_os = "linux"))]
    pub(in super::super) fn create_unnamed(&self) -> io::Result<File> {
        Err(io::Error::from(ErrorKind::Unsupported))
    }

    /// Gives a file without a name its name, which must be free. Where that cannot be done here at all, the error is of kind
    /// `Unsupported`, and no file is without a name from now on.
    pub(in super::super) fn name(&self, file: &File, name: &OsStr) -> io::Result<()> {
        // By the system's list of this program's open files.
        let handle = format!("/proc/self/fd/{}", file.as_raw_fd());
        match rustix::fs::linkat(rustix::fs::CWD, handle, &self.0, name, AtFlags::SYMLINK_FOLLOW) {
            Err(
                Errno::NOENT | Errno::PERM | Errno::ACCESS | Errno::XDEV | Errno::INVAL | Errno::NOTSUP | Errno::NOSYS,
            ) => {
                NEVER_NAMED.store(true, Ordering::Relaxed);
                Err(io::Error::from(ErrorKind::Unsupported))
            }
            result => Ok(result?),
        }
    }

    /// A regular file that is there, to read and write it.
    pub(in super::super) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        // To open a device can do something already, so its kind is looked at before, and again after.
        match self.stat(name)? {
            None => return Err(io::Error::from(ErrorKind::NotFound)),
            Some(stat) if stat.kind != Kind::File => return Err(not_regular()),
            Some(_) => {}
        }
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::NONBLOCK | ALWAYS;
        match rustix::fs::openat(&self.0, name, flags, Mode::empty()) {
            Ok(file) => check_regular(File::from(file)),
            Err(Errno::LOOP | Errno::ISDIR | Errno::NXIO) => Err(not_regular()),
            Err(errno) => Err(errno.into()),
        }
    }

    /// What is called `name`; a link stands for itself.
    pub(in super::super) fn stat(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match rustix::fs::statat(&self.0, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => Ok(Some(Stat::from_system(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(errno) => Err(errno.into()),
        }
    }

    /// Gives an entry another name. Without `replace`, a name that is taken is an error.
    pub(in super::super) fn rename(&self, from: &OsStr, to: &OsStr, replace: bool) -> io::Result<()> {
        if replace {
            return Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?);
        }
        #[cfg(any(target_os = "linux", target_vendor = "apple"))]
        match rustix::fs::renameat_with(&self.0, from, &self.0, to, rustix::fs::RenameFlags::NOREPLACE) {
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            result => return Ok(result?),
        }
        // Some file systems cannot rename so; most of them can link so.
        match rustix::fs::linkat(&self.0, from, &self.0, to, AtFlags::empty()) {
            Ok(()) => return self.remove(from),
            Err(Errno::EXIST) => return Err(Errno::EXIST.into()),
            Err(_) => {}
        }
        if self.stat(to)?.is_some() {
            return Err(Errno::EXIST.into());
        }
        Ok(rustix::fs::renameat(&self.0, from, &self.0, to)?)
    }

    /// Deletes an entry that is not a folder.
    pub(in super::super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        Ok(rustix::fs::unlinkat(&self.0, name, AtFlags::empty())?)
    }

    /// Makes what was renamed in it last.
    pub(in super::super) fn sync(&self) -> io::Result<()> {
        match rustix::fs::fsync(&self.0) {
            // Some network file systems cannot do that to a folder.
            Err(Errno::INVAL | Errno::NOTSUP) => Ok(()),
            result => Ok(result?),
        }
    }
}

impl Stat {
    #[allow(clippy::unnecessary_cast, clippy::cast_possible_truncation)] // the fields' types differ between systems
    fn from_system(stat: &rustix::fs::Stat) -> Self {
        let kind = match FileType::from_raw_mode(stat.st_mode as _) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Directory,
            FileType::Symlink => Kind::Link,
            _ => Kind::Other,
        };
        let seconds = Duration::from_secs(stat.st_mtime.unsigned_abs());
        let modified = if stat.st_mtime < 0 {
            SystemTime::UNIX_EPOCH.checked_sub(seconds)
        } else {
            SystemTime::UNIX_EPOCH.checked_add(seconds)
        };
        Self {
            kind,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified,
            identity: Some((stat.st_dev as u64, stat.st_ino as u64)),
            mode: Some(stat.st_mode as u32),
        }
    }
}

/// Whether it lies on a disk of this kind (statfs's `f_type`).
#[cfg(target_os = "linux")]
fn is_on(file: impl std::os::fd::AsFd, kind: u64) -> bool {
    rustix::fs::fstatfs(file).is_ok_and(|disk| u64::try_from(disk.f_type).is_ok_and(|there| there == kind))
}

/// Sets `length` bytes aside behind the first `from` of a file, which does not grow by that. What the disk cannot do is no
/// error, but that it has no room is one.
#[cfg(target_os = "linux")]
pub(in super::super) fn reserve(file: &File, from: u64, length: u64) -> io::Result<()> {
    use rustix::fs::{FallocateFlags, fallocate};
    use rustix::io::Errno;
    /// A disk in memory: nothing lies in pieces there, and its pages would be written twice.
    const TMPFS: u64 = 0x0102_1994;
    if is_on(file, TMPFS) {
        return Ok(());
    }
    match fallocate(file, FallocateFlags::KEEP_SIZE, from, length) {
        Err(error @ (Errno::NOSPC | Errno::DQUOT)) => Err(error.into()),
        _ => Ok(()),
    }
}

/// Only Linux keeps a file's length while room is set aside for it.
#[cfg(not(target_os = "linux"))]
pub(in super::super) fn reserve(_file: &File, _from: u64, _length: u64) -> io::Result<()> {
    Ok(())
}

/// Bytes of the disk that a file has, whatever its length.
pub(in super::super) fn allocated(file: &File) -> io::Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(file.metadata()?.blocks().saturating_mul(512))
}

/// Free bytes for this person on the disk that holds `folder`.
pub(in super::super) fn free_bytes(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}
