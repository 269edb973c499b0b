//! Files to the server: straight to their name, because many servers refuse to rename, or by a name of their own first
//! where the site wants that; whole only when the sizes say so.

mod naming;
mod notes;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

use self::naming::{free_name, place, take_name};
use self::notes::{Before, before_path, forget, note};
pub(super) use self::notes::{disown, gone};
use super::connect::{Context, Link};
use super::disk;
use super::download::{OVERLAP, is_done};
use super::retry::{Kind as TroubleKind, Trouble};
use super::rules::Verdict;
use super::transfer::{End, Job, remote_name};
use super::{News, verify, walk};
use crate::ftp::{self, DataFault, Operation, Outcome, Then};
use crate::model::question::Facts;
use crate::model::transfer::Proof;
use crate::model::{Cause, RemotePath, Transfer};
use crate::net::{self, Body, Cancel};

/// A server process that outlived its connection may still be writing: the size counts when it stays for this long.
const SETTLED: Duration = Duration::from_secs(1);
/// How often a size that still changes is looked at.
const MOST_LOOKS: u32 = 5;

pub(super) async fn run(job: &mut Job) -> Result<End, Trouble> {
    let path = job.row.folder.local.join(disk::to_os(job.row.local_name()));
    let what = format!("Could not upload {}", job.row.local_shown());
    let opened = path.clone();
    let (file, source) = job.blocking(&what, move || open(&opened)).await?;
    let size = source.size.unwrap_or(0);
    if job.row.size != source.size {
        job.row.size = source.size;
        job.context.news(job.row.id, News::Size(size)).await;
    }
    let forgotten = job.context.memory.forgotten();
    walk::ensure(job, &job.row.folder.remote).await?;
    let begin = match start(job, &what, &file, source).await? {
        Ok(begin) => begin,
        Err(end) => return Ok(end),
    };
    let offset = match begin.offset {
        0 => 0,
        there if has_beginning(job, &what, &file, &place(&job.site, &job.row), there).await? => there,
        _ if begin.before == Before::Beginning => {
            let why = "what is on the server is not the beginning of the file here";
            return Err(Trouble::new(what, why, Cause::Differs, false));
        }
        _ => {
            if let Some(link) = &job.link {
                let words = "What is on the server is not the beginning of the file here: it is sent anew";
                link.connection.note_about(job.row.id, words);
            }
            0
        }
    };
    note(job, &what, source, begin.before).await?;
    job.recorded().await;
    job.begun = true;
    let stored = match store(job, &what, &file, offset, source, Way::Restart).await {
        Err(trouble) if is_refused(job, &trouble) && is_made_again(job, forgotten).await => {
            store(job, &what, &file, 0, source, Way::Restart).await
        }
        Err(trouble) if trouble.kind == TroubleKind::NoRestart => {
            // APPE puts it where the file ends by now, so that this must be where it ended.
            let is_still_there = settled_size(job).await? == Some(offset);
            let (offset, way) = if is_still_there { (offset, Way::Append) } else { (0, Way::Restart) };
            store(job, &what, &file, offset, source, way).await
        }
        result => result,
    };
    let Stored { from: resumed_from, there, clean } = match stored {
        Ok(stored) => stored,
        Err(trouble) => {
            // Only a server that said no has begun nothing for sure. Where the connection, the data connection or its TLS
            // failed, an empty file may be there, and be ours.
            let is_unwanted = job.gauge.is_discarded() && !job.gauge.is_accepted();
            if begin.fresh && (is_unwanted || is_refused(job, &trouble)) {
                forget(job, &what).await?;
            }
            tidy(job, &what, &trouble, begin.before).await;
            return Err(trouble);
        }
    };
    if !is_unchanged(&file, &path, source).map_err(|error| Trouble::local(&*what, &error))? {
        // What was sent may be of both; whether the new one is wanted is for a person to say.
        note(job, &what, Facts::default(), begin.before).await?;
        return Err(Trouble::new(what, "it changed while it was being sent", Cause::Local, false));
    }
    let proof = match verify::upload(job, &what, &place(&job.site, &job.row), size, there, clean).await {
        Err(trouble) if trouble.failure.cause == Cause::Differs => {
            // What is there is wrong: ours to replace, but not to go on with.
            note(job, &what, Facts::default(), begin.before).await?;
            return Err(trouble);
        }
        result => result?,
    };
    take_name(job, begin.replaces, size).await?;
    // That it was ours is forgotten only when the journal knows that it is done: see `Worker::forget_stored`.
    Ok(job.done(size, resumed_from, proof))
}

/// Whether a file here and one on the server that are equally long are the same, as far as their times or their last bytes
/// say.
pub(super) async fn is_same(
    job: &Job,
    what: &str,
    file: &File,
    remote: &RemotePath,
    (source, target): (Facts, Facts),
) -> Result<bool, Trouble> {
    Ok(is_done(source, target) || has_beginning(job, what, file, remote, source.size.unwrap_or(0)).await?)
}

/// Whether what the server has, `there` bytes, is the beginning of the file here, as far as its last bytes say.
async fn has_beginning(job: &Job, what: &str, file: &File, path: &RemotePath, there: u64) -> Result<bool, Trouble> {
    let offset = there.saturating_sub(OVERLAP);
    job.gauge.step("Comparing with what is there");
    let operation = Operation::Retrieve { path: path.clone(), offset, kind: job.kind(), dated: false };
    let Some(link) = &job.link else { return Err(Trouble::lost(what)) };
    // A server that starts elsewhere than it was told to sends more.
    let body = Body::Collect(usize::try_from(there - offset).unwrap_or(usize::MAX));
    let read = link.connection.run(operation, body, Some(job.row.id), &job.cancel).await;
    let bytes = match read {
        Ok((_, bytes)) => bytes,
        Err(error) => return unread(&error).ok_or_else(|| Trouble::of(what, &error)),
    };
    let mut file = file.try_clone().map_err(|error| Trouble::local(what, &error))?;
    let wrong = |error| Trouble::local(what, &error);
    file.seek(SeekFrom::Start(offset)).map_err(wrong)?;
    let mut here = Vec::new();
    file.take(there - offset).read_to_end(&mut here).map_err(wrong)?;
    Ok(here == bytes)
}

/// What follows for [`has_beginning`] when the bytes could not be read; `None`: nothing, it must be tried again.
fn unread(error: &net::Error) -> Option<bool> {
    match error {
        // A server that lets nobody read it, or not from the middle, is believed. That it can open no data connection, or is
        // busy, says nothing of the file.
        net::Error::Ftp(ftp::Error::Refused { verb: "RETR" | "REST", code: 450 | 500.., .. }) => Some(true),
        net::Error::Ftp(ftp::Error::Unsupported(_)) => Some(true),
        net::Error::Ftp(ftp::Error::Data { fault: DataFault::Limit, .. }) => Some(false),
        // One that sends and then takes it back, likewise.
        net::Error::Ftp(ftp::Error::Data { reply: Some(reply), .. }) if reply.starts_with('5') => Some(true),
        _ => None,
    }
}

/// Where an upload begins.
struct Begin {
    offset: u64,
    before: Before,
    /// No earlier attempt has begun it.
    fresh: bool,
    /// What has the file's name may go for it.
    replaces: bool,
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

/// Whether the file that is called `path` is still the one that was opened, and as it was then. Most programs save by
/// putting another file in its place. One that is gone was sent as it was.
fn is_unchanged(file: &File, path: &Path, source: Facts) -> std::io::Result<bool> {
    let called = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(facts(file)? == source),
        called => called?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let opened = file.metadata()?;
        if (called.dev(), called.ino()) != (opened.dev(), opened.ino()) {
            return Ok(false);
        }
    }
    Ok(facts(file)? == source && facts_of(&called) == source)
}

fn facts(file: &File) -> std::io::Result<Facts> {
    file.metadata().map(|metadata| facts_of(&metadata))
}

fn facts_of(metadata: &std::fs::Metadata) -> Facts {
    Facts { size: Some(metadata.len()), modified: metadata.modified().ok().and_then(disk::modified) }
}

/// Where to begin, or how the row ends without any byte sent.
async fn start(job: &mut Job, what: &str, file: &File, source: Facts) -> Result<Result<Begin, End>, Trouble> {
    if let Some(begun) = go_on(job, what, file, source).await? {
        return Ok(begun);
    }
    let has_own_name = job.site.temporary_names;
    let begin = |offset, before| {
        let replaces = before != Before::Absent;
        // What has a name of its own until it is whole begins with nothing.
        let (offset, before) = if has_own_name { (0, Before::Absent) } else { (offset, before) };
        Ok(Ok(Begin { offset, before, fresh: true, replaces }))
    };
    // A listing's time in a zone that nobody knows is not one to compare.
    let is_vague = |facts: &Facts| facts.modified.is_none_or(|modified| !modified.is_exact());
    // Once it was tried, a listing from before says nothing any more.
    let target = match job.listed_target().filter(|_| job.row.attempts <= 1 && !job.begun) {
        Some(Some(listed)) if job.compares_times() && is_vague(&listed) => {
            job.remote_facts(&job.row.remote()).await?.or(Some(listed))
        }
        Some(listed) => listed,
        None => job.target_facts(&job.row.remote()).await?,
    };
    let Some(target) = target else { return begin(0, Before::Absent) };
    let size = source.size.unwrap_or(0);
    match job.verdict(source, target).await? {
        Verdict::Continue(offset) => begin(offset, Before::Beginning),
        Verdict::Write => begin(0, Before::Other(target.size)),
        Verdict::Complete => {
            let remote = job.row.remote();
            if !is_same(job, what, file, &remote, (source, target)).await? {
                let why = "what is on the server is as long as the file here, and another one";
                return Err(Trouble::new(what, why, Cause::Differs, false));
            }
            Ok(Err(job.done(size, size, Proof::Size)))
        }
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
            job.named().await;
            begin(0, Before::Absent)
        }
        Verdict::Skip | Verdict::Ask => Ok(Err(End::Skipped)),
    }
}

/// Where an upload goes on that was begun: at what the server has, if the file here is still the same and the server
/// no longer has what was there before. `None` where nothing was begun that this row may go on with.
async fn go_on(job: &Job, what: &str, file: &File, source: Facts) -> Result<Option<Result<Begin, End>>, Trouble> {
    let (journal, remote) = (job.context.journal.clone(), job.remote_name());
    let noted = move || Ok((journal.source(Path::new(&remote))?, journal.source(&before_path(&remote))?));
    let (Some(begun), other) = job.blocking(what, noted).await? else { return Ok(None) };
    let before = Before::noted(other);
    let begin = |offset| Ok(Some(Ok(Begin { offset, before, fresh: false, replaces: true })));
    let same = source == Facts { size: begun.size, modified: begun.modified } && begun.remote == job.row.local_shown();
    if !job.row.is_text() && (same || job.begun) {
        let place = place(&job.site, &job.row);
        let there = settled_size(job).await?.filter(|there| is_ours(before, *there));
        // What is longer than all that was ever sent is somebody else's.
        if there.zip(begun.size).is_some_and(|(there, sent)| there > sent) {
            return Ok(None);
        }
        match (there, source.size.filter(|_| same)) {
            // All of it arrived, and only the word for it was lost.
            (Some(there), Some(size))
                if there == size && size > 0 && job.begun && has_beginning(job, what, file, &place, there).await? =>
            {
                keep_time(job, &place, source).await;
                take_name(job, true, size).await?;
                return Ok(Some(Err(job.done(size, size, Proof::Size))));
            }
            (Some(there), Some(size)) if there < size && there > 0 => return begin(there),
            _ => {}
        }
    }
    // What another row has begun may be somebody's whole file by now; that is for the rules to decide.
    if job.begun { begin(0) } else { Ok(None) }
}

/// Whether a target that has `there` bytes now is what we have begun, and not still the file that was there before.
fn is_ours(before: Before, there: u64) -> bool {
    match before {
        Before::Absent | Before::Beginning => true,
        Before::Other(size) => size.is_some_and(|size| size != there),
    }
}

/// Whether `there` bytes are at most a beginning of the file of `whole` bytes. Time has passed since it was sent: a whole
/// file there may have been put there by somebody else. As text, a whole file may be shorter than its source.
fn is_beginning(there: u64, whole: Option<u64>, ascii: bool) -> bool {
    !ascii && whole.is_some_and(|whole| there < whole)
}

/// The size on the server, once it has stopped to change.
async fn settled_size(job: &Job) -> Result<Option<u64>, Trouble> {
    let path = place(&job.site, &job.row);
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

/// A file that was sent.
struct Stored {
    /// Where it began.
    from: u64,
    /// The size that the server has, if it said so.
    there: Option<u64>,
    /// Whether the data connection was closed in order.
    clean: bool,
}

/// How a file is gone on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// REST and STOR.
    Restart,
    /// APPE.
    Append,
}

/// Sends the file from `offset` on.
async fn store(job: &Job, what: &str, file: &File, offset: u64, source: Facts, way: Way) -> Result<Stored, Trouble> {
    let size = source.size.unwrap_or(0);
    let local = |error| Trouble::local(what, &error);
    let mut file = file.try_clone().map_err(local)?;
    file.seek(SeekFrom::Start(offset)).map_err(local)?;
    let flow = job.flow(offset, offset, None, None);
    let remote = place(&job.site, &job.row);
    let permissions = job.settings.keep_permissions.then(|| permissions(&file)).flatten();
    let then = Then { size: true, modified: time_to_keep(job, source), permissions };
    let operation = match way {
        Way::Restart => Operation::Store { path: remote.clone(), offset, kind: job.kind(), then },
        Way::Append => Operation::Append { path: remote.clone(), kind: job.kind(), then },
    };
    match job
        .transfer(operation, Body::Send { file, from: offset, flow }, ("Could not upload to", &remote), &job.cancel)
        .await?
    {
        Outcome::Stored { bytes, size: there, clean, .. } if job.row.is_text() || offset + bytes == size => {
            Ok(Stored { from: offset, there, clean })
        }
        Outcome::Stored { bytes, .. } => {
            let why = format!("{} of {size} bytes were sent: it changed meanwhile", offset + bytes);
            Err(Trouble::new(what, why, Cause::Local, false))
        }
        _ => Err(Trouble::new(what, "the server did not take it", Cause::Protocol, true)),
    }
}

/// Whether the server said no before it began: what is there, if something is, is not ours.
fn is_refused(job: &Job, trouble: &Trouble) -> bool {
    trouble.failure.cause == Cause::Refused && trouble.kind == TroubleKind::Plain && !job.gauge.is_accepted()
}

/// Whether the folder that a transfer has seen or made on the server was there no more, and is now: made again by this row,
/// or by another one since directories were `forgotten` so many times.
async fn is_made_again(job: &Job, forgotten: u64) -> bool {
    let folder = &job.row.folder.remote;
    if folder.is_root() {
        return false;
    }
    match job.is_directory(folder, false).await {
        Ok(true) => job.context.memory.forgotten() != forgotten,
        Ok(false) => walk::ensure_anew(job, folder).await.is_ok(),
        // Why the upload was refused is the reason to tell.
        Err(_) => false,
    }
}

/// Half a file that nobody will go on with must not look like a whole one. What a person had there is not ours to delete.
async fn tidy(job: &Job, what: &str, trouble: &Trouble, before: Before) {
    let is_said = matches!(trouble.kind, TroubleKind::Plain | TroubleKind::ServerFull);
    let for_good = !trouble.failure.again && is_said && !job.cancel.is_cancelled();
    let is_begun = job.gauge.moved() > 0 && job.gauge.is_accepted();
    if !is_begun || !(for_good || job.gauge.is_discarded()) || before == Before::Beginning {
        return;
    }
    let Some(link) = job.link.as_ref().filter(|link| link.is_open()) else { return };
    let (path, cancel, sent) = (place(&job.site, &job.row), Cancel::new(), job.gauge.read().done);
    // A server that refuses to replace a file takes some bytes first.
    let facts = Operation::Facts { path: path.clone() };
    match link.connection.run(facts, Body::None, Some(job.row.id), &cancel).await {
        Ok((Outcome::Facts { size: Some(there), .. }, _)) if !is_ours(before, there) || there > sent => return,
        Ok((Outcome::Facts { size: Some(_), .. }, _)) => {}
        _ if before == Before::Absent => {}
        _ => return,
    }
    // The reason why the upload failed is the one to tell.
    let _ = link.connection.run(Operation::Delete { path }, Body::None, Some(job.row.id), &cancel).await;
    let _ = forget(job, what).await;
}

/// Deletes what a cancelled row has left on the server while it did not run, if that is ours for sure.
pub(super) async fn discard(context: &Context, link: &Link, row: &Transfer) {
    let (path, cancel) = (place(&row.folder.site, row), Cancel::new());
    let (journal, remote) = (context.journal.clone(), remote_name(&row.folder.site, &row.remote()));
    let noted =
        move || Ok::<_, disk::Error>((journal.source(Path::new(&remote))?, journal.source(&before_path(&remote))?));
    let Ok(Ok((Some(begun), other))) = tokio::task::spawn_blocking(noted).await else { return };
    let before = Before::noted(other);
    if begun.remote != row.local_shown() || before == Before::Beginning {
        return;
    }
    let facts = Operation::Facts { path: path.clone() };
    let is_left = match link.connection.run(facts, Body::None, Some(row.id), &cancel).await {
        Ok((Outcome::Facts { size: Some(there), .. }, _)) => {
            is_ours(before, there) && is_beginning(there, begun.size, row.is_text())
        }
        _ => false,
    };
    if is_left {
        // What cannot be deleted stays; the server's reason is in the reply log.
        let _ = link.connection.run(Operation::Delete { path }, Body::None, Some(row.id), &cancel).await;
    }
}

/// Gives the file on the server its time; a server that cannot is no reason to fail.
async fn keep_time(job: &Job, remote: &RemotePath, source: Facts) {
    if let Some(at) = time_to_keep(job, source) {
        let operation = Operation::SetModified { path: remote.clone(), at };
        let _ = job.operate(operation, "Could not set the time of", remote).await;
    }
}

/// The permissions of a file here, without the bits that lend rights.
fn permissions(file: &File) -> Option<u16> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = file.metadata().ok()?.permissions().mode();
        u16::try_from(mode & 0o777).ok()
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        None
    }
}

/// The time that the file on the server is to get.
fn time_to_keep(job: &Job, source: Facts) -> Option<jiff::Timestamp> {
    let time = source.modified.filter(|_| job.settings.keep_times)?;
    jiff::Timestamp::from_second(time.unix_seconds()).ok()
}

#[cfg(test)]
mod tests;
