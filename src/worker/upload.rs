//! Files to the server: straight to their name, because many servers refuse to rename; whole only when the sizes say so.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::disk;
use super::journal::Source;
use super::retry::{Kind as TroubleKind, Trouble};
use super::rules::{self, Verdict};
use super::transfer::{End, Job};
use super::{News, verify, walk};
use crate::ftp::{Operation, Outcome};
use crate::model::question::Facts;
use crate::model::transfer::Proof;
use crate::model::{Cause, RemotePath};
use crate::net::{Body, Cancel};

/// Numbers tried for `name (1)`.
const MOST_COPIES: u32 = 1000;
/// A server process that outlived its connection may still be writing: the size counts when it stays for this long.
const SETTLED: Duration = Duration::from_secs(1);
/// How often a size that still changes is looked at.
const MOST_LOOKS: u32 = 5;

pub(super) async fn run(job: &mut Job) -> Result<End, Trouble> {
    let path = job.row.folder.local.join(disk::to_os(job.row.local_name()));
    let what = format!("Could not upload {}", job.row.local_shown());
    let (file, source) = job.blocking(&what, move || open(&path)).await?;
    let size = source.size.unwrap_or(0);
    if job.row.size != source.size {
        job.row.size = source.size;
        job.context.news(job.row.id, News::Size(size)).await;
    }
    walk::ensure(job, &job.row.folder.remote).await?;
    let offset = match start(job, &what, source).await? {
        Ok(offset) => offset,
        Err(end) => return Ok(end),
    };
    let remote = job.row.remote();
    note(job, &what, Some(source)).await?;
    let stored = match store(job, &what, &file, offset, size).await {
        Err(trouble) if trouble.kind == TroubleKind::NoRestart => store(job, &what, &file, 0, size).await,
        result => result,
    };
    let resumed_from = match stored {
        Ok(resumed_from) => resumed_from,
        Err(trouble) => {
            if job.gauge.moved() == 0 && offset == 0 {
                note(job, &what, None).await?;
            }
            tidy(job, &what, &trouble, &remote).await;
            return Err(trouble);
        }
    };
    let now = facts(&file).map_err(|error| Trouble::local(&*what, &error))?;
    if now != source {
        return Err(Trouble::new(what, "it changed while it was being sent", Cause::Local, true));
    }
    let proof = verify::upload(job, &what, &remote, size).await?;
    keep_time(job, &remote, source).await;
    note(job, &what, None).await?;
    Ok(job.done(size, resumed_from, proof))
}

/// Notes that the target is our own unfinished work, or with `None` that it is not: for the next attempt, also in
/// another run.
async fn note(job: &Job, what: &str, source: Option<Facts>) -> Result<(), Trouble> {
    let (journal, path, local) = (job.context.journal.clone(), PathBuf::from(job.remote_name()), job.row.local_shown());
    let note = move || match source {
        Some(Facts { size, modified }) => journal.note_source(&path, &Source { remote: local, size, modified }),
        None => journal.forget_source(&path),
    };
    job.blocking(what, note).await
}

/// A regular file only: opening a pipe would wait for whoever writes it.
fn open(path: &Path) -> Result<(File, Facts), disk::Error> {
    let wrong = |error| disk::Error::new("open", path, error);
    let metadata = std::fs::metadata(path).map_err(wrong)?;
    if !metadata.is_file() {
        return Err(wrong(std::io::Error::new(std::io::ErrorKind::InvalidInput, "it is not a regular file")));
    }
    let file = File::open(path).map_err(wrong)?;
    let facts = facts(&file).map_err(wrong)?;
    Ok((file, facts))
}

fn facts(file: &File) -> std::io::Result<Facts> {
    let metadata = file.metadata()?;
    Ok(Facts { size: Some(metadata.len()), modified: metadata.modified().ok().and_then(disk::modified) })
}

/// Where to begin, or how the row ends without any byte sent.
async fn start(job: &mut Job, what: &str, source: Facts) -> Result<Result<u64, End>, Trouble> {
    let (journal, path) = (job.context.journal.clone(), PathBuf::from(job.remote_name()));
    if let Some(begun) = job.blocking(what, move || journal.source(&path)).await? {
        return go_on(job, what, source, &begun).await;
    }
    let target = match job.listed_target() {
        Some(listed) => listed,
        None => job.remote_facts(&job.row.remote()).await?,
    };
    let Some(target) = target else { return Ok(Ok(0)) };
    let size = source.size.unwrap_or(0);
    match job.verdict(source, target).await? {
        Verdict::Write => Ok(Ok(0)),
        Verdict::Continue(offset) => Ok(Ok(if job.context.run.ascii { 0 } else { offset })),
        Verdict::Complete => Ok(Err(job.done(size, size, Proof::Size))),
        Verdict::TooLarge => {
            let why = format!("{} is larger than the file here", job.row.remote());
            Err(Trouble::new(what, why, Cause::Differs, false))
        }
        Verdict::Rename => {
            let name = free_name(job, what).await?;
            if job.row.local_name.is_none() {
                job.row.local_name = Some(job.row.remote_name.clone());
            }
            job.row.remote_name = name.into();
            job.context.news(job.row.id, News::Named(Box::new(job.row.clone()))).await;
            Ok(Ok(0))
        }
        Verdict::Skip | Verdict::Ask => Ok(Err(End::Skipped)),
    }
}

/// Where an upload goes on that we have begun: at what the server has, if the file here is still the same.
async fn go_on(job: &Job, what: &str, source: Facts, begun: &Source) -> Result<Result<u64, End>, Trouble> {
    let same = source == Facts { size: begun.size, modified: begun.modified } && begun.remote == job.row.local_shown();
    let same = same && !job.context.run.ascii;
    let Some(size) = source.size.filter(|_| same) else { return Ok(Ok(0)) };
    match settled_size(job).await? {
        // All of it arrived, and only the word for it was lost.
        Some(there) if there == size && size > 0 => {
            keep_time(job, &job.row.remote(), source).await;
            note(job, what, None).await?;
            Ok(Err(job.done(size, size, Proof::Size)))
        }
        Some(there) if there < size => Ok(Ok(there)),
        _ => Ok(Ok(0)),
    }
}

/// The size on the server, once it has stopped to change.
async fn settled_size(job: &Job) -> Result<Option<u64>, Trouble> {
    let path = job.row.remote();
    let mut size = job.remote_facts(&path).await?.and_then(|facts| facts.size);
    for _ in 0..MOST_LOOKS {
        tokio::select! {
            () = tokio::time::sleep(SETTLED) => {}
            () = job.cancel.cancelled() => return Err(Trouble::stopped("Stopped")),
        }
        let now = job.remote_facts(&path).await?.and_then(|facts| facts.size);
        if now == size {
            return Ok(size);
        }
        size = now;
    }
    Ok(None)
}

async fn free_name(job: &Job, what: &str) -> Result<String, Trouble> {
    for number in 1..=MOST_COPIES {
        let name = rules::numbered(&job.row.remote_name, number);
        if job.remote_facts(&job.row.folder.remote.join(&name)).await?.is_none() {
            return Ok(name);
        }
    }
    Err(Trouble::new(what, "every name like it is taken on the server", Cause::Limit, false))
}

/// Sends the file from `offset` on. Gives back where it began.
async fn store(job: &Job, what: &str, file: &File, offset: u64, size: u64) -> Result<u64, Trouble> {
    let local = |error| Trouble::local(what, &error);
    let mut file = file.try_clone().map_err(local)?;
    file.seek(SeekFrom::Start(offset)).map_err(local)?;
    let flow = job.flow(offset, offset);
    let remote = job.row.remote();
    let operation = Operation::Store { path: remote.clone(), offset, kind: job.kind() };
    match job.transfer(operation, Body::Send { file, from: offset, flow }, "Could not upload to", &remote).await? {
        Outcome::Stored { bytes } if job.context.run.ascii || offset + bytes == size => Ok(offset),
        Outcome::Stored { bytes } => {
            let why = format!("{} of {size} bytes were sent: it changed meanwhile", offset + bytes);
            Err(Trouble::new(what, why, Cause::Local, true))
        }
        _ => Err(Trouble::new(what, "the server did not take it", Cause::Protocol, true)),
    }
}

/// Half a file that nobody will go on with must not look like a whole one.
async fn tidy(job: &Job, what: &str, trouble: &Trouble, remote: &RemotePath) {
    let for_good = !trouble.failure.again && trouble.kind == TroubleKind::Plain && !job.cancel.is_cancelled();
    if job.gauge.moved() == 0 || !(for_good || job.gauge.is_discarded()) {
        return;
    }
    if let Some(link) = job.link.as_ref().filter(|link| link.is_open()) {
        let delete = Operation::Delete { path: remote.clone() };
        // The reason why the upload failed is the one to tell.
        let _ = link.connection.run(delete, Body::None, Some(job.row.id), &Cancel::new()).await;
        let _ = note(job, what, None).await;
    }
}

/// Gives the file on the server its time; a server that cannot is no reason to fail.
async fn keep_time(job: &Job, remote: &RemotePath, source: Facts) {
    let time = source.modified.filter(|_| job.settings.keep_times);
    if let Some(at) = time.and_then(|time| jiff::Timestamp::from_second(time.unix_seconds()).ok()) {
        let operation = Operation::SetModified { path: remote.clone(), at };
        let _ = job.operate(operation, "Could not set the time of", remote).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_regular_files_are_opened() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, b"four").unwrap();
        assert_eq!(open(&path).unwrap().1.size, Some(4));
        assert!(open(folder.path()).is_err());
        assert!(open(&folder.path().join("missing")).is_err());
    }
}
