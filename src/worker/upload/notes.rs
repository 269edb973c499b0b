//! What the journal knows of uploads that have begun: that what is on the server is ours, and what it was before.

use std::path::PathBuf;

use super::super::disk;
use super::super::journal::{Entry, Journal, Source};
use super::super::ranges::Ranges;
use super::super::retry::Trouble;
use super::super::transfer::Job;
use crate::model::question::Facts;

/// What the target was before it was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Before {
    /// Nothing.
    Absent,
    /// Another file, of this size: as long as the server has that size, it may still be that file.
    Other(Option<u64>),
    /// The beginning of this file.
    Beginning,
}

impl Before {
    /// As [`note`] has written it. No file of this machine has an empty name.
    pub(super) fn noted(other: Option<Source>) -> Self {
        match other {
            None => Self::Absent,
            Some(other) if other.remote.is_empty() => Self::Beginning,
            Some(other) => Self::Other(other.size),
        }
    }
}

/// Notes that the target is our own unfinished work, and what it was before: for the next attempt, also in another run.
pub(super) async fn note(job: &Job, what: &str, source: Facts, before: Before) -> Result<(), Trouble> {
    let (scribe, remote, local) = (job.context.scribe.clone(), job.remote_name(), job.row.local_shown());
    job.blocking(what, move || {
        let begun = |path, source| Entry::Begun(path, source, Ranges::default());
        let was = before_path(&remote);
        scribe.add(match before {
            Before::Other(size) => begun(was, Source { remote: local.clone(), size, modified: None }),
            Before::Beginning => begun(was, Source { remote: String::new(), size: None, modified: None }),
            Before::Absent => Entry::Gone(vec![was]),
        });
        let Facts { size, modified } = source;
        scribe.add(begun(remote.into(), Source { remote: local, size, modified }));
        scribe.flush();
        Ok(())
    })
    .await
}

/// The target is no unfinished work of ours.
pub(super) async fn forget(job: &Job, what: &str) -> Result<(), Trouble> {
    let (journal, remote) = (job.context.journal.clone(), job.remote_name());
    job.blocking(what, move || disown(&journal, &remote)).await
}

/// The target called `remote` is no unfinished work of ours.
pub(in super::super) fn gone(remote: &str) -> Entry {
    Entry::Gone(vec![remote.into(), before_path(remote)])
}

/// The same, written at once.
pub(in super::super) fn disown(journal: &Journal, remote: &str) -> Result<(), disk::Error> {
    journal.write(&[gone(remote)])
}

/// Where it is noted what a target was before. No name on a server ends like this: it holds a line end.
pub(super) fn before_path(remote: &str) -> PathBuf {
    PathBuf::from(format!("{remote}\nbefore"))
}
