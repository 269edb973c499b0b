//! Downloads on the disk: the only place that writes them.
//!
//! A download goes into `name.part` and becomes `name` only when it is whole: time of modification, fsync, rename, fsync
//! of the folder. One that is too small to be gone on with has no name until then, where the disk knows such files. Below
//! the folder that a person chose every name came from a server, so each component is opened by itself and no link is
//! followed; a pipe, a device or a link is never written to.

mod folder;
mod name;
#[cfg(test)]
mod tests;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use jiff::civil::DateTime;

pub(super) use self::folder::kind;
use self::folder::{Folder, Stat};
pub(super) use self::name::numbered;
pub use self::name::{collision_key, from_os, local_name, server_name, to_os};
use crate::model::exists::Pattern;
use crate::model::question::Facts;
use crate::model::{Cause, Failure, Kind, Modified, Transfer, path};

/// What a part file ends with.
pub const PART: &str = ".part";
/// Highest number that `name (1)` counts to.
const MOST_COPIES: u32 = 10_000;
/// What lacks fewer bytes than this is written sooner than room for it is set aside.
const RESERVED_FROM: u64 = 1024 * 1024;
/// How often a part file that changes under our hands is opened anew.
const MOST_RACES: u32 = 5;

/// What was attempted with a local file, and why it did not work.
#[derive(Debug, thiserror::Error)]
#[error("Could not {doing} {}: {source}", path.display())]
pub struct Error {
    /// A verb: `write`, `open`…
    pub doing: &'static str,
    /// On what.
    pub path: PathBuf,
    /// The system's word.
    pub source: io::Error,
}

impl Error {
    /// `doing` something on `path` gave `source`.
    pub fn new(doing: &'static str, path: impl Into<PathBuf>, source: impl Into<io::Error>) -> Self {
        Self { doing, path: path.into(), source: source.into() }
    }

    /// Whether the disk is full, so that no other file would fit either.
    pub fn is_full(&self) -> bool {
        is_full(&self.source)
    }

    /// Whether the same may well work later: there is room again, or nobody else is at it.
    pub fn is_for_now(&self) -> bool {
        let kind = self.source.kind();
        matches!(kind, ErrorKind::StorageFull | ErrorKind::ResourceBusy | ErrorKind::PermissionDenied)
    }

    /// Whether the disk knows no such thing.
    pub fn is_unsupported(&self) -> bool {
        matches!(self.source.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported)
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self {
            what: format!("Could not {} {}", error.doing, path::shown(&error.path.to_string_lossy())),
            why: error.source.to_string(),
            cause: Cause::Local,
            again: false,
        }
    }
}

/// Whether `error` says that the disk, or the person's share of it, is full.
pub fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}

/// What is at a place on the disk; a link stands for itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// In bytes.
    pub size: u64,
    /// When it was last changed.
    pub modified: Option<Modified>,
}

impl Found {
    /// What a person compares it by.
    pub fn facts(&self) -> Facts {
        Facts { size: (self.kind == Kind::File).then_some(self.size), modified: self.modified }
    }
}

/// The time of modification `time`, to the second.
pub fn modified(time: SystemTime) -> Option<Modified> {
    let timestamp = Timestamp::try_from(time).ok()?;
    let seconds = timestamp.as_nanosecond().div_euclid(1_000_000_000);
    Timestamp::from_second(i64::try_from(seconds).ok()?).ok().map(Modified::from_timestamp)
}

/// What the file at `path` is called until it is whole.
pub fn part_of(path: &Path) -> PathBuf {
    path.with_file_name(name::part(path.file_name().unwrap_or_default()))
}

/// Where a download goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    folder: PathBuf,
    below: usize,
    name: OsString,
}

impl Target {
    /// The local end of a download.
    pub fn of(transfer: &Transfer) -> Result<Self, Error> {
        Self::new(&transfer.folder.local, transfer.folder.below, transfer.local_name())
    }

    /// `name` in `folder`, whose last `below` components a server named. No name that came from a server may leave the
    /// folder that holds it. An empty `name` is the folder itself, which can only be made.
    pub fn new(folder: &Path, below: u16, name: &str) -> Result<Self, Error> {
        let refused = |why: &'static str| {
            Error::new("write", folder.join(to_os(name)), io::Error::new(ErrorKind::InvalidInput, why))
        };
        if !folder.is_absolute() {
            return Err(refused("not below a known folder"));
        }
        let below = usize::from(below);
        let given: Vec<_> = folder.components().rev().take(below).collect();
        if given.len() < below || given.iter().any(|component| !is_plain(component)) {
            return Err(refused("the folder's name would leave the target folder"));
        }
        if !name.is_empty() && !path::is_safe_name(name) {
            return Err(refused("the name would leave the target folder"));
        }
        Ok(Self { folder: folder.to_owned(), below, name: to_os(name) })
    }

    /// The file as it will be called when it is whole.
    pub fn path(&self) -> PathBuf {
        if self.name.is_empty() { self.folder.clone() } else { self.folder.join(&self.name) }
    }

    /// The file as it is called until then.
    pub fn part_path(&self) -> PathBuf {
        self.folder.join(name::part(&self.name))
    }

    /// What is there already.
    pub fn found(&self) -> Result<Option<Found>, Error> {
        self.look(&self.name)
    }

    fn look(&self, name: &OsStr) -> Result<Option<Found>, Error> {
        let folder = match self.folder(false) {
            Ok(folder) => folder,
            Err(error) if error.source.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        let stat = folder.stat(name).map_err(|e| Error::new("look at", self.folder.join(name), e))?;
        Ok(stat.map(|stat| Found { kind: stat.kind, size: stat.size, modified: stat.modified.and_then(modified) }))
    }

    /// A name like this one that nothing in the folder has: `name (1).ext`, or as the pattern says.
    pub fn free_name(&self, pattern: &Pattern, now: DateTime) -> Result<String, Error> {
        let name = from_os(&self.name);
        let free = |candidate: &String| -> Result<bool, Error> {
            let candidate = to_os(candidate);
            Ok(self.look(&candidate)?.is_none() && self.look(&name::part(&candidate))?.is_none())
        };
        for number in 1..=MOST_COPIES {
            let candidate = pattern.name(&name, number, now);
            if free(&candidate)? {
                return Ok(candidate);
            }
        }
        Err(Error::new("find a free name for", self.path(), io::Error::from(ErrorKind::AlreadyExists)))
    }

    /// Makes the folder that this target is, and those above it.
    pub fn make_folder(&self) -> Result<(), Error> {
        let folder = self.folder(true)?;
        if !self.name.is_empty() {
            folder.enter(&self.name, true).map_err(|e| Error::new("make the folder", self.path(), e))?;
        }
        Ok(())
    }

    /// An error that says that the disk is full, where fewer than `bytes` are free. What cannot be known is no error, and of
    /// few bytes it shows as soon when they are written.
    pub fn room(&self, bytes: u64) -> Result<(), Error> {
        if bytes < RESERVED_FROM {
            return Ok(());
        }
        let there = self.folder.ancestors().find(|folder| folder.is_dir());
        match there.and_then(folder::free_bytes) {
            Some(free) if free < bytes => {
                let why = format!("{bytes} bytes are needed, {free} are free");
                Err(Error::new("write", self.path(), io::Error::new(ErrorKind::StorageFull, why)))
            }
            _ => Ok(()),
        }
    }

    /// Opens the folder: what a person chose as it is, what the server named component by component.
    fn folder(&self, make: bool) -> Result<Folder, Error> {
        let mut components = self.folder.components();
        let mut names: Vec<OsString> = Vec::new();
        for component in components.by_ref().rev().take(self.below) {
            names.push(component.as_os_str().to_owned());
        }
        let mut path = components.as_path().to_owned();
        let opened = match Folder::open(&path) {
            Err(error) if make && error.kind() == ErrorKind::NotFound => {
                std::fs::create_dir_all(&path).map_err(|e| Error::new("make the folder", &path, e))?;
                Folder::open(&path)
            }
            opened => opened,
        };
        let mut folder = opened.map_err(|e| Error::new("open the folder", &path, e))?;
        for name in names.iter().rev() {
            path.push(name);
            folder = folder.enter(name, make).map_err(|e| Error::new("open the folder", &path, e))?;
        }
        Ok(folder)
    }
}

fn is_plain(component: &std::path::Component<'_>) -> bool {
    matches!(component, std::path::Component::Normal(name) if path::is_safe_name(&from_os(name)))
}

/// A download under way: an open, locked `name.part`. Dropped, it stays for a resume; but one without a name goes.
#[derive(Debug)]
pub struct Part {
    folder: Folder,
    directory: PathBuf,
    name: OsString,
    part: OsString,
    file: File,
    /// What it is called by now; `None` while it has no name.
    stat: Option<Stat>,
}

impl Part {
    /// Opens the first of `name.part`, `name (1).part`… that is absent, or that `usable` takes by its path and length. The
    /// others belong to somebody else, and are left alone.
    pub fn find(target: &Target, usable: impl Fn(&Path, u64) -> Result<bool, Error>) -> Result<Self, Error> {
        let name = from_os(&target.name);
        for number in 0..=MOST_COPIES {
            let name = if number == 0 { target.name.clone() } else { to_os(&numbered(&name, number)) };
            match Self::called(target, name::part(&name)) {
                // A link, a pipe or a folder.
                Err(error) if error.source.kind() == ErrorKind::InvalidInput => {}
                Err(error) => return Err(error),
                Ok((part, is_new)) => {
                    if is_new || usable(&part.path(), part.length()?)? {
                        return Ok(part);
                    }
                }
            }
        }
        Err(Error::new("find a free name for", target.part_path(), io::Error::from(ErrorKind::AlreadyExists)))
    }

    /// A part without a name, for a file of which nothing is there, neither itself nor a part; `None` where something is, or
    /// the disk knows no such files.
    pub fn unnamed(target: &Target) -> Result<Option<Self>, Error> {
        let part = name::part(&target.name);
        let (folder, path) = (target.folder(true)?, target.path());
        for name in [&target.name, &part] {
            // A name that the disk does not take is told now, not when all bytes are there.
            if folder.stat(name).map_err(|e| Error::new("write", &path, e))?.is_some() {
                return Ok(None);
            }
        }
        let Ok(file) = folder.create_unnamed() else { return Ok(None) };
        let (directory, name) = (target.folder.clone(), target.name.clone());
        Ok(Some(Self { folder, directory, name, part, file, stat: None }))
    }

    /// Opens the part of this name, and says whether it was not there before.
    fn called(target: &Target, part: OsString) -> Result<(Self, bool), Error> {
        let path = target.folder.join(&part);
        let wrong = |error: io::Error| Error::new("write", &path, error);
        if target.name.is_empty() {
            return Err(wrong(io::Error::from(ErrorKind::IsADirectory)));
        }
        let folder = target.folder(true)?;
        // A name that the disk does not take is told now, not when all bytes are there.
        folder.stat(&target.name).map_err(|e| Error::new("write", target.path(), e))?;
        for _ in 0..MOST_RACES {
            let (opened, is_new) = match folder.create(&part) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => (folder.open_file(&part), false),
                result => (result, true),
            };
            let file = match opened {
                Err(error) if !is_new && error.kind() == ErrorKind::NotFound => continue,
                result => result.map_err(wrong)?,
            };
            lock(&file).map_err(wrong)?;
            // Whoever held the lock before may have renamed or deleted the file that was opened.
            let stat = Stat::of(&file).map_err(wrong)?;
            if folder.stat(&part).map_err(wrong)?.is_some_and(|there| there.is_same(&stat)) {
                let (directory, name) = (target.folder.clone(), target.name.clone());
                return Ok((Self { folder, directory, name, part, file, stat: Some(stat) }, is_new));
            }
        }
        Err(wrong(io::Error::new(ErrorKind::ResourceBusy, "another program keeps replacing it")))
    }

    /// Whether others can find it by its name.
    pub fn has_name(&self) -> bool {
        self.stat.is_some()
    }

    /// Gives it its name, so that it stays.
    pub fn keep(&mut self) -> Result<(), Error> {
        let wrong = |error| Error::new("write", self.path(), error);
        self.folder.name(&self.file, &self.part).map_err(wrong)?;
        self.stat = Some(Stat::of(&self.file).map_err(wrong)?);
        Ok(())
    }

    /// Where the bytes are, as soon as it has a name.
    pub fn path(&self) -> PathBuf {
        self.directory.join(&self.part)
    }

    /// Where they will be.
    pub fn target_path(&self) -> PathBuf {
        self.directory.join(&self.name)
    }

    /// How many bytes there are.
    pub fn length(&self) -> Result<u64, Error> {
        self.file.metadata().map(|metadata| metadata.len()).map_err(|e| Error::new("look at", self.path(), e))
    }

    /// How many bytes of room a file of `size` bytes still needs, of which `there` are there: what was set aside for an
    /// earlier try is its own.
    pub fn lacks(&self, size: u64, there: u64) -> Result<u64, Error> {
        let allocated = folder::allocated(&self.file).map_err(|e| Error::new("look at", self.path(), e))?;
        Ok(size.saturating_sub(allocated.max(there)))
    }

    /// Sets room aside for a file of `size` bytes, so that it lies in one piece and a full disk is found now. The length
    /// stays what is there. A disk that cannot do this does without.
    pub fn reserve(&self, size: u64) -> Result<(), Error> {
        if size < RESERVED_FROM {
            return Ok(());
        }
        let length = self.length()?;
        let missing = size.saturating_sub(length);
        if missing < RESERVED_FROM {
            return Ok(());
        }
        folder::reserve(&self.file, length, missing).map_err(|error| Error::new("write", self.path(), error))
    }

    /// The file for whoever writes it. All that it is handed to share one position: who writes says where.
    pub fn file(&self) -> Result<File, Error> {
        self.file.try_clone().map_err(|e| Error::new("write", self.path(), e))
    }

    /// The file for whoever reads it, from its start on, while nobody else does.
    pub fn reader(&self) -> Result<File, Error> {
        self.reader_at(0)
    }

    fn reader_at(&self, at: u64) -> Result<File, Error> {
        let wrong = |error: io::Error| Error::new("read", self.path(), error);
        let mut file = self.file.try_clone().map_err(wrong)?;
        file.seek(SeekFrom::Start(at)).map_err(wrong)?;
        Ok(file)
    }

    /// Drops all bytes behind the first `length`.
    pub fn truncate(&self, length: u64) -> Result<(), Error> {
        if self.length()? > length {
            self.file.set_len(length).map_err(|e| Error::new("write", self.path(), e))?;
        }
        Ok(())
    }

    /// `length` bytes from `at` on, or as many as there are.
    pub fn bytes(&self, at: u64, length: usize) -> Result<Vec<u8>, Error> {
        let file = self.reader_at(at)?;
        let mut bytes = Vec::new();
        file.take(length as u64).read_to_end(&mut bytes).map_err(|e| Error::new("read", self.path(), e))?;
        Ok(bytes)
    }

    /// The last bytes, at most `most`: to compare them with what the server sends again.
    pub fn tail(&self, most: u64) -> Result<Vec<u8>, Error> {
        self.bytes(self.length()?.saturating_sub(most), usize::try_from(most).unwrap_or(usize::MAX))
    }

    /// The file is whole: gives it its time, its permissions and its name. With `replace` it takes the place of a file or link that is
    /// there; without, something that came there meanwhile is an error of kind `AlreadyExists`, and a part that has a name stays.
    pub fn finish(self, modified: Option<Modified>, permissions: Option<u16>, replace: bool) -> Result<Settle, Error> {
        let (path, target) = (self.path(), self.target_path());
        // What has no name yet gets one only if that is free.
        let there = self.has_name().then(|| self.folder.stat(&self.name)).transpose();
        match there.map_err(|e| Error::new("look at", &target, e))?.flatten() {
            Some(there) if replace && matches!(there.kind, Kind::File | Kind::Link) => {
                there.hand_permissions_to(&self.file);
            }
            Some(there) if replace => {
                let why = if there.kind == Kind::Directory { "it is a folder" } else { "it is not a regular file" };
                return Err(Error::new("replace", target, io::Error::new(ErrorKind::AlreadyExists, why)));
            }
            _ => {}
        }
        #[cfg(unix)]
        if let Some(mode) = permissions {
            use std::os::unix::fs::PermissionsExt as _;
            let _ = self.file.set_permissions(std::fs::Permissions::from_mode(u32::from(mode & 0o777)));
        }
        // A time that the disk cannot hold never fails a transfer.
        if let Some(time) = modified.and_then(system_time) {
            let _ = self.file.set_modified(time);
        }
        self.file.sync_all().map_err(|error| {
            // What the disk has lost of it nobody knows, and it says so only once: nothing of it is gone on with.
            let _ = self.file.set_len(0);
            Error::new("write", &path, error)
        })?;
        self.check_name()?;
        let named = if self.has_name() {
            self.folder.rename(&self.part, &self.name, replace)
        } else {
            self.folder.name(&self.file, &self.name)
        };
        match named {
            Err(error) if !self.has_name() && error.kind() == ErrorKind::Unsupported => {
                return self.copied()?.finish(modified, permissions, replace);
            }
            named => named.map_err(|e| Error::new("finish", &target, e))?,
        }
        Ok(Settle { folder: self.folder, directory: self.directory })
    }

    /// One without a name that cannot be given one is written once more, to a part that has one.
    fn copied(self) -> Result<Self, Error> {
        let wrong = |error: io::Error| Error::new("write", self.path(), error);
        let mut file = self.folder.create(&self.part).map_err(wrong)?;
        if let Err(error) = io::copy(&mut self.reader()?, &mut file) {
            let _ = self.folder.remove(&self.part);
            return Err(wrong(error));
        }
        let stat = Some(Stat::of(&file).map_err(wrong)?);
        Ok(Self { file, stat, ..self })
    }

    /// Nobody wants it any more: deletes the part.
    pub fn abandon(self) -> Result<(), Error> {
        if !self.has_name() {
            return Ok(());
        }
        self.check_name()?;
        self.folder.remove(&self.part).map_err(|e| Error::new("delete", self.path(), e))
    }

    /// That the name is still this file's, and not one that somebody put in its place.
    fn check_name(&self) -> Result<(), Error> {
        let Some(stat) = &self.stat else { return Ok(()) };
        let wrong = |error: io::Error| Error::new("finish", self.path(), error);
        match self.folder.stat(&self.part).map_err(wrong)? {
            Some(there) if there.is_same(stat) => Ok(()),
            Some(_) => Err(wrong(io::Error::other("another program has replaced it"))),
            None => Err(wrong(io::Error::new(ErrorKind::NotFound, "another program has removed it"))),
        }
    }
}

fn lock(file: &File) -> io::Result<()> {
    match file.try_lock() {
        Err(std::fs::TryLockError::WouldBlock) => {
            Err(io::Error::new(ErrorKind::ResourceBusy, "another transfer is writing it"))
        }
        // Some network file systems know no locks; the transfer is worth more.
        Ok(()) | Err(std::fs::TryLockError::Error(_)) => Ok(()),
    }
}

fn system_time(modified: Modified) -> Option<SystemTime> {
    let seconds = modified.unix_seconds();
    let distance = Duration::from_secs(seconds.unsigned_abs());
    if seconds < 0 {
        SystemTime::UNIX_EPOCH.checked_sub(distance)
    } else {
        SystemTime::UNIX_EPOCH.checked_add(distance)
    }
}

/// A rename that a power cut could still undo.
#[derive(Debug)]
#[must_use = "only a settled download survives a power cut"]
pub struct Settle {
    folder: Folder,
    directory: PathBuf,
}

impl Settle {
    /// The folder. To settle one rename is to settle all that were made in it before.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Makes it last.
    pub fn settle(self) -> Result<(), Error> {
        self.folder.sync().map_err(|e| Error::new("write", self.directory, e))
    }
}
