//! Makes finished downloads last: one fsync of a folder for all that were renamed in it meanwhile.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::disk::{Error, Settle};

/// Folders in which renames wait to be settled.
#[derive(Debug, Default)]
pub(super) struct Settles(Mutex<HashMap<PathBuf, Arc<Folder>>>);

#[derive(Debug, Default)]
struct Folder {
    /// Renames that were made.
    made: AtomicU64,
    /// How many of them will outlast a power cut.
    settled: Mutex<u64>,
}

impl Settles {
    /// Settles a rename, unless somebody else has done it by the time that it is this one's turn. Blocks.
    pub(super) fn settle(&self, settle: Settle) -> Result<(), Error> {
        let directory = settle.directory().to_owned();
        self.once(directory, || settle.settle())
    }

    fn once(&self, directory: PathBuf, settle: impl FnOnce() -> Result<(), Error>) -> Result<(), Error> {
        let folder = self.folders().entry(directory.clone()).or_default().clone();
        let mine = folder.made.fetch_add(1, Ordering::AcqRel) + 1;
        let mut settled = folder.settled.lock().unwrap_or_else(PoisonError::into_inner);
        let result = if *settled >= mine {
            Ok(())
        } else {
            // Whoever has counted itself by now has renamed before.
            let made = folder.made.load(Ordering::Acquire);
            settle().map(|()| *settled = made)
        };
        drop(settled);
        let mut folders = self.folders();
        // Only the map and this one hold it: nobody waits.
        if Arc::strong_count(&folder) == 2 {
            folders.remove(&directory);
        }
        result
    }

    fn folders(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Folder>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_who_wait_for_the_same_folder_share_one_fsync() {
        let (settles, count) = (Settles::default(), AtomicU64::new(0));
        let (begun, go_on) = (std::sync::Barrier::new(2), std::sync::Barrier::new(2));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                let slow = || {
                    count.fetch_add(1, Ordering::Relaxed);
                    begun.wait();
                    go_on.wait();
                    Ok(())
                };
                settles.once("/a".into(), slow).unwrap();
            });
            begun.wait();
            for _ in 0..8 {
                scope.spawn(|| {
                    let quick = || {
                        count.fetch_add(1, Ordering::Relaxed);
                        Ok(())
                    };
                    settles.once("/a".into(), quick).unwrap();
                });
            }
            while settles.folders()[&PathBuf::from("/a")].made.load(Ordering::Relaxed) < 9 {
                std::thread::yield_now();
            }
            go_on.wait();
        });
        assert_eq!(count.load(Ordering::Relaxed), 2, "the eight came after the first had begun, and share the second");
        assert!(settles.folders().is_empty());
    }

    #[test]
    fn what_failed_is_tried_by_the_next() {
        let settles = Settles::default();
        let broken = || Err(Error::new("write", "/a", std::io::Error::other("no")));
        assert!(settles.once("/a".into(), broken).is_err());
        assert!(settles.once("/a".into(), || Ok(())).is_ok());
    }
}
