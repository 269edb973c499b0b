//! What is looked after while a part is written over one connection: that it goes on with the file that was begun, and that
//! a power cut takes little of it.

use std::fs::File;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use tokio::time::sleep_until;

use super::disk::{self, Part};
use super::journal::Source;
use super::ranges::Ranges;
use super::transfer::Job;
use crate::net::{Cancel, Flow};

/// A part is written out to the disk this often…
pub(super) const SYNC_EVERY: Duration = Duration::from_secs(20);
/// …if it has grown by so many bytes since.
pub(super) const SYNC_FROM: u64 = 64 * 1024 * 1024;
/// How often it is looked whether what is fetched again has come.
const COMPARE_EVERY: Duration = Duration::from_millis(200);

pub(super) struct Guard<'a> {
    job: &'a Job,
    part: &'a Part,
    source: Source,
    /// Where this attempt begins.
    offset: u64,
    /// What an earlier attempt had from there on: it is fetched again, over itself, and compared.
    tail: Vec<u8>,
    is_compared: bool,
    /// Ends the transfer, also where the row goes on.
    stop: Cancel,
    /// How much of the part is on the disk for sure.
    pub(super) synced: u64,
    /// The disk has not kept what it was given.
    pub(super) lost: Option<disk::Error>,
}

impl<'a> Guard<'a> {
    /// Of an attempt that begins at `offset` of the part, which holds `tail` from there on, and may become `large`. Until
    /// the tail is compared the journal vouches for what is before it only: whoever is killed meanwhile still has something
    /// to compare with.
    pub(super) async fn new(
        job: &'a Job,
        part: &'a Part,
        source: Source,
        (offset, tail): (u64, Vec<u8>),
        large: bool,
    ) -> Result<Self, disk::Error> {
        let is_compared = tail.is_empty();
        let stop = if is_compared && !large { job.cancel.clone() } else { Cancel::new() };
        let guard = Self { job, part, source, offset, tail, is_compared, stop, synced: 0, lost: None };
        if !is_compared {
            let (journal, path, source) = (job.context.journal.clone(), part.path(), guard.source.clone());
            let before = Ranges::first(offset);
            let note = move || {
                journal.note_source(&path, &source, &before)?;
                journal.note_held(&path, &before)
            };
            blocking(part, note).await?;
        }
        Ok(guard)
    }

    /// What ends the transfer that is watched.
    pub(super) fn stop(&self) -> Cancel {
        self.stop.clone()
    }

    /// Waits for `transfer`, which `flow` counts. One that writes another file than the one that was begun, or to a disk
    /// that loses it, is ended.
    pub(super) async fn watch<T>(&mut self, flow: &Flow, transfer: impl Future<Output = T>) -> T {
        let mut transfer = std::pin::pin!(transfer);
        let mut sync_at = Instant::now() + SYNC_EVERY;
        loop {
            let look_at = if self.is_compared { sync_at } else { Instant::now() + COMPARE_EVERY };
            tokio::select! {
                biased;
                result = &mut transfer => return result,
                () = self.job.cancel.cancelled(), if !self.stop.is_cancelled() => self.stop.cancel(),
                () = sleep_until(look_at.into()), if !self.stop.is_cancelled() => {}
            }
            if self.stop.is_cancelled() {
                continue;
            }
            if !self.is_compared && written(flow) >= self.tail.len() as u64 {
                self.compare(flow).await;
            }
            if self.is_compared && Instant::now() >= sync_at {
                sync_at = Instant::now() + SYNC_EVERY;
                self.sync().await;
            }
        }
    }

    async fn compare(&mut self, flow: &Flow) {
        match self.is_same(flow) {
            Ok(true) => {
                self.is_compared = true;
                let (journal, path, source) = (self.job.context.journal.clone(), self.part.path(), self.source.clone());
                let there = Ranges::first(self.offset + self.tail.len() as u64);
                // What cannot be noted is fetched once more.
                let _ = blocking(self.part, move || journal.note_source(&path, &source, &there)).await;
            }
            // What was read is compared in the end, and nothing more of it is needed.
            Ok(false) | Err(_) => self.stop.cancel(),
        }
    }

    async fn sync(&mut self) {
        let (Ok(length), Ok(file)) = (self.part.length(), self.part.file()) else { return };
        if length.saturating_sub(self.synced) < SYNC_FROM {
            return;
        }
        let (journal, path) = (self.job.context.journal.clone(), self.part.path());
        match sync(file, self.part, move || journal.note_synced(&path, length)).await {
            Ok(()) => self.synced = length,
            Err(error) => {
                self.lost = Some(error);
                self.stop.cancel();
            }
        }
    }

    /// Whether what has come so far begins with what was there before.
    pub(super) fn is_same(&self, flow: &Flow) -> Result<bool, disk::Error> {
        if self.is_compared {
            return Ok(true);
        }
        begins_with(self.part, self.offset, &self.tail, written(flow))
    }
}

/// Whether what the part has from `offset` on, of which `came` bytes are new, begins with `tail`.
fn begins_with(part: &Part, offset: u64, tail: &[u8], came: u64) -> Result<bool, disk::Error> {
    let compared = usize::try_from(came).unwrap_or(usize::MAX).min(tail.len());
    Ok(part.bytes(offset, compared)? == tail[..compared])
}

fn written(flow: &Flow) -> u64 {
    flow.written.load(Ordering::Relaxed)
}

/// Writes out to the disk what `file` has of `part`, and notes it. An error says that the disk has not kept all of it: it
/// says so once, and the next time all seems to be well.
pub(super) async fn sync(
    file: File,
    part: &Part,
    note: impl FnOnce() -> Result<(), disk::Error> + Send + 'static,
) -> Result<(), disk::Error> {
    let path = part.path();
    let work = move || {
        file.sync_data().map_err(|error| disk::Error::new("write", path, error))?;
        // What cannot be noted is fetched once more, after a power cut.
        let _ = note();
        Ok(())
    };
    match blocking(part, work).await {
        // A disk that cannot do this takes nothing from the transfer.
        Err(error) if error.is_unsupported() => Ok(()),
        result => result,
    }
}

/// Work on the disk of a part.
pub(super) async fn blocking(
    part: &Part,
    work: impl FnOnce() -> Result<(), disk::Error> + Send + 'static,
) -> Result<(), disk::Error> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|error| Err(disk::Error::new("write", part.path(), std::io::Error::other(error))))
}

#[cfg(test)]
mod tests {
    use super::super::disk::Target;
    use super::*;

    #[test]
    fn what_is_fetched_again_must_be_what_was_there() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a.part"), b"0123456789").unwrap();
        let part = Part::find(&Target::new(folder.path(), 0, "a").unwrap(), |_, _| Ok(true)).unwrap();
        assert!(begins_with(&part, 6, b"6789", 100).unwrap());
        assert!(begins_with(&part, 6, b"67xx", 2).unwrap(), "only what came is compared");
        assert!(!begins_with(&part, 6, b"6x89", 100).unwrap());
        assert!(begins_with(&part, 6, b"xxxx", 0).unwrap(), "nothing came, nothing differs");
    }
}
