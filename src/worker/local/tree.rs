//! Whole trees: counting, copying, permissions. Without recursion, so that no depth breaks the stack.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use super::super::disk::{Error, from_os, kind, numbered, to_os};
use super::stopped;
use crate::model::Kind;
use crate::model::action::Below;

/// Entries between two words on how far a count is.
const PER_REPORT: u64 = 500;
/// Bytes copied between two looks at whether to stop.
const PER_COPY: u64 = 32 << 20;
/// Highest number that `name (1)` counts to.
const MOST_COPIES: u32 = 10_000;

/// How much there is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Measure {
    /// Files, and whatever is no folder.
    pub files: u64,
    /// Folders.
    pub folders: u64,
    /// Bytes of regular files.
    pub bytes: u64,
}

/// Counts `places` and what lies below them. `report` hears now and then how far it is. Links count as files.
pub fn measure(places: &[PathBuf], stop: &dyn Fn() -> bool, report: &mut dyn FnMut(Measure)) -> Measure {
    let mut sum = Measure::default();
    let mut counted = 0;
    // What cannot be read cannot be counted: the count says what is known.
    each(places, stop, &mut |_, metadata| {
        if metadata.is_dir() {
            sum.folders += 1;
        } else {
            sum.files += 1;
            sum.bytes += if metadata.is_file() { metadata.len() } else { 0 };
        }
        counted += 1;
        if counted % PER_REPORT == 0 {
            report(sum);
        }
        Ok(())
    })
    .unwrap_or_default();
    sum
}

/// Calls `act` with each of `places` and what lies below them, folders before what is in them; links for themselves.
/// What does not work does not keep the others; the first trouble is told.
fn each(
    places: &[PathBuf],
    stop: &dyn Fn() -> bool,
    act: &mut dyn FnMut(&Path, &Metadata) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut first = Ok(());
    let mut left: Vec<PathBuf> = places.iter().rev().cloned().collect();
    while let Some(path) = left.pop() {
        if stop() {
            return first.and(Err(stopped("read", &path)));
        }
        let wrong = |error| Error::new("read", &path, error);
        let done = fs::symlink_metadata(&path).map_err(wrong).and_then(|metadata| {
            let acted = act(&path, &metadata);
            if metadata.is_dir() {
                let children: io::Result<Vec<PathBuf>> =
                    fs::read_dir(&path).and_then(|found| found.map(|entry| Ok(entry?.path())).collect());
                left.extend(children.map_err(wrong)?);
            }
            acted
        });
        first = first.and(done);
    }
    first
}

/// Does all of it, and tells the first that did not work.
fn first_trouble(results: impl Iterator<Item = Result<(), Error>>) -> Result<(), Error> {
    let mut first = Ok(());
    for result in results {
        first = first.and(result);
    }
    first
}

/// Changes permissions of `places`, and with `below` of what lies below them; of links never. Of `places` themselves,
/// `below` picks too: `Files` leaves the folders alone.
#[cfg(unix)]
pub fn chmod(places: &[PathBuf], mode: u16, below: Option<Below>, stop: &dyn Fn() -> bool) -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;

    let set = |path: &Path| {
        let permissions = fs::Permissions::from_mode(u32::from(mode));
        fs::set_permissions(path, permissions).map_err(|e| Error::new("change permissions of", path, e))
    };
    let Some(below) = below else {
        return first_trouble(places.iter().map(|place| set(place)));
    };
    // A folder that is closed first keeps its own from being reached, one that is opened last too.
    let opens = mode & 0o500 == 0o500;
    let mut later = Vec::new();
    let walked = each(places, stop, &mut |path, metadata| {
        let wanted = match kind(metadata) {
            Kind::Link => false,
            Kind::Directory => below != Below::Files,
            Kind::File | Kind::Other => below != Below::Folders,
        };
        match wanted {
            true if metadata.is_dir() && !opens => later.push(path.to_owned()),
            true => set(path)?,
            false => {}
        }
        Ok(())
    });
    walked.and(first_trouble(later.iter().rev().map(|folder| set(folder))))
}

/// Windows has no such permissions.
#[cfg(not(unix))]
pub fn chmod(places: &[PathBuf], _: u16, _: Option<Below>, _: &dyn Fn() -> bool) -> Result<(), Error> {
    let why = io::Error::new(ErrorKind::Unsupported, "this system has other permissions");
    Err(Error::new("change permissions of", places.first().cloned().unwrap_or_default(), why))
}

/// Copies files, folders with all that is in them, and links as links into the folder `to`. A name that is taken gets a
/// number: nothing is written over. What does not work does not keep the others; the first trouble is told.
pub fn copy(from: &[PathBuf], to: &Path, stop: &dyn Fn() -> bool) -> Result<(), Error> {
    first_trouble(from.iter().map(|place| copy_place(place, to, stop)))
}

fn copy_place(place: &Path, to: &Path, stop: &dyn Fn() -> bool) -> Result<(), Error> {
    let wrong = |error| Error::new("copy", place, error);
    let invalid = |why: &'static str| wrong(io::Error::new(ErrorKind::InvalidInput, why));
    let name = place.file_name().ok_or_else(|| invalid("it is the top of a disk"))?;
    let metadata = fs::symlink_metadata(place).map_err(wrong)?;
    if metadata.is_dir() {
        let (inner, outer) = (fs::canonicalize(to).map_err(wrong)?, fs::canonicalize(place).map_err(wrong)?);
        if inner.starts_with(outer) {
            return Err(invalid("a folder cannot be copied into itself"));
        }
    }
    let target = free(&to.join(name)).map_err(wrong)?;
    let mut first = Ok(());
    let mut folders = Vec::new();
    let mut left = vec![(place.to_owned(), target)];
    while let Some((from, to)) = left.pop() {
        if stop() {
            first = first.and(Err(stopped("copy", &from)));
            break;
        }
        match copy_one(&from, &to, stop) {
            Ok(Some(metadata)) => {
                folders.push((to.clone(), metadata));
                let children: io::Result<Vec<_>> = fs::read_dir(&from)
                    .and_then(|found| found.map(|entry| entry.map(|e| (e.path(), to.join(e.file_name())))).collect());
                match children {
                    Ok(children) => left.extend(children),
                    Err(error) => first = first.and(Err(Error::new("copy", from, error))),
                }
            }
            Ok(None) => {}
            Err(error) => first = first.and(Err(Error::new("copy", from, error))),
        }
    }
    // Last, because a folder that must not be written cannot be filled, and filling it changes its time.
    for (folder, metadata) in folders.iter().rev() {
        let _ = fs::set_permissions(folder, metadata.permissions());
        if let (Ok(folder), Ok(time)) = (File::open(folder), metadata.modified()) {
            let _ = folder.set_modified(time);
        }
    }
    first
}

/// Copies one entry; a folder is made and its metadata handed back, to be filled.
fn copy_one(from: &Path, to: &Path, stop: &dyn Fn() -> bool) -> io::Result<Option<Metadata>> {
    let metadata = fs::symlink_metadata(from)?;
    match kind(&metadata) {
        Kind::Directory => fs::create_dir(to).map(|()| Some(metadata)),
        Kind::Link => copy_link(from, to).map(|()| None),
        Kind::File => {
            let copied = copy_file(from, to, stop);
            copied.map(|()| None)
        }
        Kind::Other => Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file")),
    }
}

fn copy_file(from: &Path, to: &Path, stop: &dyn Fn() -> bool) -> io::Result<()> {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        // It was a file a moment ago; should it be a pipe or a link now, neither waits nor leads elsewhere.
        let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    }
    let source = options.read(true).open(from)?;
    let metadata = source.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::new(ErrorKind::InvalidInput, "it is not a regular file"));
    }
    let mut target = OpenOptions::new().write(true).create_new(true).open(to)?;
    let copied = loop {
        if stop() {
            break Err(io::Error::new(ErrorKind::Interrupted, "stopped"));
        }
        match io::copy(&mut (&source).take(PER_COPY), &mut target) {
            Ok(0) => break Ok(()),
            Ok(_) => {}
            Err(error) => break Err(error),
        }
    };
    if copied.is_err() {
        let _ = fs::remove_file(to);
        return copied;
    }
    let _ = target.set_permissions(metadata.permissions());
    if let Ok(time) = metadata.modified() {
        let _ = target.set_modified(time);
    }
    Ok(())
}

fn copy_link(from: &Path, to: &Path) -> io::Result<()> {
    let target = fs::read_link(from)?;
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, to);
    #[cfg(windows)]
    return match fs::metadata(from) {
        Ok(metadata) if metadata.is_dir() => std::os::windows::fs::symlink_dir(target, to),
        _ => std::os::windows::fs::symlink_file(target, to),
    };
    #[cfg(not(any(unix, windows)))]
    Err(io::Error::new(ErrorKind::Unsupported, format!("{} is a link", target.display())))
}

/// `path`, or that with a number which nothing has.
fn free(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().map(from_os).unwrap_or_default();
    let numbers = (1..=MOST_COPIES).map(|number| path.with_file_name(to_os(&numbered(&name, number))));
    for candidate in std::iter::once(path.to_owned()).chain(numbers) {
        match fs::symlink_metadata(&candidate) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(candidate),
            Err(error) => return Err(error),
            Ok(_) => {}
        }
    }
    Err(io::Error::from(ErrorKind::AlreadyExists))
}
