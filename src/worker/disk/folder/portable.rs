//! Systems without `openat`: each component is looked at before it is used. Whoever can change the folder meanwhile
//! could win a race, but nothing that a server sends can.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{Stat, check_regular, not_a_folder, not_regular};
use crate::model::Kind;

/// FILE_FLAG_OPEN_REPARSE_POINT: a link that is opened stands for itself.
#[cfg(windows)]
const LINK_ITSELF: u32 = 0x0020_0000;

#[derive(Debug)]
pub(in super::super) struct Folder(PathBuf);

impl Folder {
    /// The folder that a person chose, through links too.
    pub(in super::super) fn open(path: &Path) -> io::Result<Self> {
        if std::fs::metadata(path)?.is_dir() { Ok(Self(path.to_owned())) } else { Err(not_a_folder(path.as_os_str())) }
    }

    /// A folder in this one; `make` makes it where nothing has its name.
    pub(in super::super) fn enter(&self, name: &OsStr, make: bool) -> io::Result<Self> {
        let path = self.0.join(name);
        if make && self.stat(name)?.is_none() {
            match std::fs::create_dir(&path) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
        }
        match self.stat(name)? {
            Some(stat) if stat.kind == Kind::Directory => Ok(Self(path)),
            Some(_) => Err(not_a_folder(name)),
            None => Err(io::Error::from(ErrorKind::NotFound)),
        }
    }

    /// A new file.
    pub(in super::super) fn create(&self, name: &OsStr) -> io::Result<File> {
        options().create_new(true).open(self.0.join(name))
    }

    /// There are no files without a name.
    #[cfg(not(unix))]
    pub(in super::super) fn create_unnamed(&self) -> io::Result<File> {
        Err(io::Error::from(ErrorKind::Unsupported))
    }

    /// As none was made, none gets one.
    #[cfg(not(unix))]
    pub(in super::super) fn name(&self, _file: &File, _name: &OsStr) -> io::Result<()> {
        Err(io::Error::from(ErrorKind::Unsupported))
    }

    /// A regular file that is there, to read and write it.
    pub(in super::super) fn open_file(&self, name: &OsStr) -> io::Result<File> {
        match self.stat(name)? {
            None => return Err(io::Error::from(ErrorKind::NotFound)),
            Some(stat) if stat.kind != Kind::File => return Err(not_regular()),
            Some(_) => {}
        }
        check_regular(options().open(self.0.join(name))?)
    }

    /// What is called `name`; a link stands for itself.
    pub(in super::super) fn stat(&self, name: &OsStr) -> io::Result<Option<Stat>> {
        match std::fs::symlink_metadata(self.0.join(name)) {
            Ok(metadata) => Ok(Some(Stat::from_metadata(&metadata))),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Gives an entry another name. Without `replace`, a name that is taken is an error.
    pub(in super::super) fn rename(&self, from: &OsStr, to: &OsStr, replace: bool) -> io::Result<()> {
        let (from, to) = (self.0.join(from), self.0.join(to));
        if !replace {
            match std::fs::hard_link(&from, &to) {
                Ok(()) => return std::fs::remove_file(from),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => return Err(error),
                // Disks without hard links: the small gap between look and rename stays.
                Err(_) if std::fs::symlink_metadata(&to).is_ok() => {
                    return Err(io::Error::from(ErrorKind::AlreadyExists));
                }
                Err(_) => {}
            }
        }
        std::fs::rename(from, to)
    }

    /// Deletes an entry that is not a folder.
    pub(in super::super) fn remove(&self, name: &OsStr) -> io::Result<()> {
        std::fs::remove_file(self.0.join(name))
    }

    /// Windows keeps a rename in its journal; there is no call that waits for a folder.
    pub(in super::super) fn sync(&self) -> io::Result<()> {
        Ok(())
    }
}

fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(windows)]
    {
        use std::os::windows::fs::OpenOptionsExt;
        options.custom_flags(LINK_ITSELF);
    }
    options
}

/// Nothing is set aside here.
#[cfg_attr(unix, allow(dead_code))]
pub(in super::super) fn reserve(_file: &File, _from: u64, _length: u64) -> io::Result<()> {
    Ok(())
}

/// What is written: nothing is set aside here.
#[cfg_attr(unix, allow(dead_code))]
pub(in super::super) fn allocated(file: &File) -> io::Result<u64> {
    file.metadata().map(|metadata| metadata.len())
}

/// Not known here; a full disk is told when it is full.
#[cfg_attr(unix, allow(dead_code))]
pub(in super::super) fn free_bytes(_folder: &Path) -> Option<u64> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_is_looked_at_before_it_is_used() {
        let root = tempfile::tempdir().unwrap();
        let folder = Folder::open(root.path()).unwrap();
        let inner = folder.enter(OsStr::new("inner"), true).unwrap();
        inner.create(OsStr::new("a")).unwrap();
        inner.create(OsStr::new("b")).unwrap();
        assert_eq!(inner.create(OsStr::new("a")).unwrap_err().kind(), ErrorKind::AlreadyExists);
        assert_eq!(inner.rename(OsStr::new("a"), OsStr::new("b"), false).unwrap_err().kind(), ErrorKind::AlreadyExists);
        inner.rename(OsStr::new("a"), OsStr::new("c"), false).unwrap();
        inner.rename(OsStr::new("c"), OsStr::new("b"), true).unwrap();
        assert!(inner.open_file(OsStr::new("b")).is_ok());
        assert!(folder.open_file(OsStr::new("inner")).is_err());
        assert!(inner.enter(OsStr::new("b"), true).is_err());
        inner.remove(OsStr::new("b")).unwrap();
        inner.sync().unwrap();
        assert_eq!(std::fs::read_dir(root.path().join("inner")).unwrap().count(), 0);
    }

    #[cfg(unix)]
    #[test]
    fn links_are_refused() {
        let root = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/tmp", root.path().join("link")).unwrap();
        let folder = Folder::open(root.path()).unwrap();
        assert_eq!(folder.enter(OsStr::new("link"), true).unwrap_err().kind(), ErrorKind::NotADirectory);
        assert!(folder.open_file(OsStr::new("link")).is_err());
        assert_eq!(folder.create(OsStr::new("link")).unwrap_err().kind(), ErrorKind::AlreadyExists);
    }
}
