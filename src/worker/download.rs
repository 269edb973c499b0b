//! Files from the server: into a part first, which takes the file's name when it is whole.

use std::path::Path;
use std::sync::Arc;

use super::disk::{self, Found, Part, Target};
use super::guard::{Guard, SYNC_FROM};
use super::journal::{Entry, Journal, Source};
use super::ranges::Ranges;
use super::retry::{Kind as TroubleKind, Trouble};
use super::rules::Verdict;
use super::scribe::Scribe;
use super::transfer::{End, Job};
use super::{News, segments, upload, verify, walk};
use crate::ftp::{Operation, Outcome};
use crate::model::question::Facts;
use crate::model::transfer::Proof;
use crate::model::{Cause, IfExists, Kind, Modified, permissions};
use crate::net::Body;

/// Bytes before a resume's offset that are fetched once more and compared, whichever way the file goes: the one on the
/// server may be another by now, and some servers answer REST with 350 and send from the start.
pub(super) const OVERLAP: u64 = 64 * 1024;
/// A file that is not longer than this is fetched anew rather than gone on with: what would be fetched once more to compare is
/// all of it. While it comes it needs no name, and the journal no word of it.
const WHOLE: u64 = 16 * 1024;
/// A file may grow while it is fetched, to twice its size or by this much. A server that sends still more than it said
/// would fill the disk.
const GROWTH: u64 = 64 * 1024 * 1024;

/// What the rules say about a target that may exist.
enum Start {
    /// The row is over.
    Over(End),
    /// Write the target; whether it may take the place of what is there, and whether that is its beginning.
    Write { target: Target, replace: bool, begun: bool },
}

pub(super) async fn run(job: &mut Job) -> Result<End, Trouble> {
    let what = format!("Could not download {}", job.row.remote());
    let target = Target::of(&job.row).map_err(|error| Trouble::disk(&*what, &error))?;
    // Where nothing is to be compared, its exact time is asked on the way, and not waited for.
    let may_be_at_once = job.row.size.is_some() && tells_times(job);
    let listed = Facts { size: job.row.size, modified: job.extra.listed.modified };
    let (look, opening) = (target.clone(), Opening::of(job, listed, false));
    let unnamed = may_be_at_once && is_small(job);
    let look = move || {
        if unnamed && let Some(part) = Part::unnamed(&look)? {
            let there = Ranges::default();
            return Ok((None, false, Some(Opened { part, copied: false, there, outdated: None })));
        }
        let found = look.found()?;
        let is_begun = look.part_path().symlink_metadata().is_ok();
        let is_new = found.is_none() && !is_begun;
        let part = (is_new && may_be_at_once).then(|| opening.open(&look)).transpose()?;
        Ok((found, is_begun, part))
    };
    let (source, replace, Opened { mut part, copied, there, outdated }) =
        match job.blocking(&what, look).await.map_err(full)? {
            (_, _, Some(opened)) => (listed, false, opened),
            (found, is_begun, None) => {
                let source = source(job, is_begun).await?;
                let (target, replace, begun) = match start(job, &what, target, found, source).await? {
                    Start::Over(end) => return Ok(end),
                    Start::Write { target, replace, begun } => (target, replace, begun),
                };
                let opening = Opening::of(job, source, begun);
                (source, replace, job.blocking(&what, move || opening.open(&target)).await.map_err(full)?)
            }
        };
    if let (Some(bytes), Some(link)) = (outdated, &job.link) {
        let words =
            format!("The file on the server has changed since {bytes} bytes of it were fetched: it is fetched anew");
        link.connection.note_about(job.row.id, &words);
    }
    let segments = if copied { 0 } else { segments::wanted(job, source.size) };
    let mut fetched = if segments > 1 || !there.is_prefix() {
        // Apart, so that the task of every other file, which is made and moved for each, is small.
        Box::pin(segments::fetch(job, &what, &part, (source, there), segments)).await
    } else {
        fetch(job, &what, &part, there.end(), source, copied).await
    };
    if fetched.as_ref().is_err_and(|trouble| trouble.kind == TroubleKind::NoRestart) {
        let opening = Opening::of(job, source, false);
        part = job.blocking(&what, move || opening.begin_again(part)).await?;
        fetched = fetch(job, &what, &part, 0, source, false).await;
    }
    let Fetched { from: resumed_from, size, modified } = match fetched {
        Ok(fetched) => fetched,
        Err(trouble) => {
            leave(job, &what, part, source).await;
            return Err(trouble);
        }
    };
    let proof = match verify::download(job, &what, &part, size).await {
        Err(trouble) if trouble.failure.cause == Cause::Differs => {
            // Wrong bytes are nothing to go on with.
            part.truncate(0).map_err(|error| Trouble::disk(&*what, &error))?;
            leave(job, &what, part, source).await;
            return Err(trouble);
        }
        result => result?,
    };
    let bytes = part.length().map_err(|error| Trouble::disk(&*what, &error))?;
    let permissions = if job.settings.keep_permissions { source_permissions(job).await } else { None };
    job.hand_back().await;
    let time = modified.or(source.modified).filter(|modified| modified.is_exact() && job.settings.keep_times);
    let (scribe, settles) = (job.context.scribe.clone(), job.context.settles.clone());
    let finish = move || {
        // What was noted under the target's own name was the part of another file, which is no more.
        let gone = vec![part.target_path(), part.path()];
        settles.settle(part.finish(time, permissions, replace)?)?;
        scribe.add(Entry::Gone(gone));
        Ok(())
    };
    job.blocking(&what, finish).await?;
    Ok(job.done(bytes, resumed_from, proof))
}

/// The permissions of the source. Where it came into the queue by itself or was left by an earlier run, no listing said
/// them: that of its folder does, once for all of its files. Files without them are whole as well.
async fn source_permissions(job: &Job) -> Option<u16> {
    if job.extra.listed.permissions.is_some() {
        return job.extra.listed.permissions;
    }
    let (memory, folder) = (&job.context.memory, &job.row.folder.remote);
    let known = match memory.permissions(&job.key, folder) {
        Some(known) => known,
        None => {
            let listing = walk::list(job, folder, walk::Purpose::Compare).await.ok()?;
            let named = listing.entries.into_iter().filter_map(|entry| {
                let mode = permissions::plain(entry.permissions.as_deref()?)?;
                Some((entry.name, mode))
            });
            memory.keep_permissions(&job.key, folder.clone(), named.collect())
        }
    };
    known.get(&*job.row.remote_name).copied()
}

/// Whether it is fetched whole or not at all. Some servers say 0 of what they do not know.
fn is_small(job: &Job) -> bool {
    !job.row.is_text() && job.row.size.is_some_and(|size| (1..=WHOLE).contains(&size))
}

/// Whether MDTM can be asked beside something else.
fn tells_times(job: &Job) -> bool {
    let server = job.link.as_ref().map(|link| link.connection.server());
    server.is_some_and(|server| server.features.iter().any(|feature| feature.eq_ignore_ascii_case("MDTM")))
}

/// Size and time of the file on the server, from its listing or asked for: a listing from before it was begun does not say
/// whether it is still the same.
async fn source(job: &mut Job, is_begun: bool) -> Result<Facts, Trouble> {
    let mut source = Facts { size: job.row.size, modified: job.extra.listed.modified };
    let exact = |modified: Option<Modified>| modified.is_some_and(|modified| modified.is_exact());
    if source.size.is_none() || !exact(source.modified) || is_begun || job.row.attempts > 1 {
        // A server that says nothing about the file may still send it, or say why not.
        let said = job.remote_facts(&job.row.remote()).await?.unwrap_or_default();
        source = Facts { size: said.size.or(source.size), modified: said.modified.or(source.modified) };
    }
    if let Some(size) = source.size.filter(|size| job.row.size != Some(*size)) {
        job.row.size = Some(size);
        job.context.news(job.row.id, News::Size(size)).await;
    }
    Ok(source)
}

async fn start(
    job: &mut Job,
    what: &str,
    target: Target,
    found: Option<Found>,
    source: Facts,
) -> Result<Start, Trouble> {
    let Some(found) = found else {
        return Ok(Start::Write { target, replace: false, begun: false });
    };
    if matches!(found.kind, Kind::Directory | Kind::Other) {
        let kind = if found.kind == Kind::Directory { "a folder" } else { "no regular file" };
        let why = format!("{} is there and is {kind}", target.path().display());
        return Err(Trouble::new(what, why, Cause::Local, false));
    }
    // That a small one was begun may not have been written down yet.
    let may_have_run = job.row.attempts > 1 || job.is_left && is_small(job);
    if may_have_run && is_done(source, found.facts()) && !has_part(job, what, &target).await? {
        // An earlier run ended between the last rename and the word for it.
        return Ok(Start::Over(job.done(found.size, found.size, Proof::Size)));
    }
    match job.verdict(source, found.facts()).await? {
        Verdict::Write => Ok(Start::Write { target, replace: true, begun: false }),
        Verdict::Continue(_) => Ok(Start::Write { target, replace: true, begun: true }),
        Verdict::Complete => {
            let path = target.path();
            let open = move || std::fs::File::open(&path).map_err(|error| disk::Error::new("read", path, error));
            let file = job.blocking(what, open).await?;
            if !upload::is_same(job, what, &file, &job.row.remote(), (source, found.facts())).await? {
                let why = "what is here is as long as the file on the server, and another one";
                return Err(Trouble::new(what, why, Cause::Differs, false));
            }
            Ok(Start::Over(job.done(found.size, found.size, Proof::Size)))
        }
        Verdict::TooLarge => {
            let why = format!("{} is larger than the file on the server", target.path().display());
            Err(Trouble::new(what, why, Cause::Differs, false))
        }
        Verdict::Rename => {
            let (pattern, now) = job.copies();
            let name = job.blocking(what, move || target.free_name(&pattern, now)).await?;
            job.row.local_name = Some(name.into());
            // Decided once: the next attempt must not find the new name taken by its own part.
            job.row.if_exists = Some(IfExists::Rename);
            job.named().await;
            let target = Target::of(&job.row).map_err(|error| Trouble::disk(what, &error))?;
            Ok(Start::Write { target, replace: false, begun: false })
        }
        Verdict::Skip | Verdict::Ask => Ok(Start::Over(End::Skipped)),
    }
}

/// Whether an earlier attempt has left a part.
async fn has_part(job: &Job, what: &str, target: &Target) -> Result<bool, Trouble> {
    let (journal, remote, part) = (job.context.journal.clone(), job.remote_name(), target.part_path());
    job.blocking(what, move || Ok(begun(&journal, &remote, &part)?.is_some())).await
}

/// How many bytes `part` holds, if it is of a download of `remote` that has not ended. Blocks.
pub(super) fn begun(journal: &Journal, remote: &str, part: &Path) -> Result<Option<u64>, disk::Error> {
    let Ok(length) = part.metadata().map(|metadata| metadata.len()) else { return Ok(None) };
    if journal.source(part)?.is_none_or(|noted| noted.remote != remote) {
        return Ok(None);
    }
    Ok(Some(journal.there(part, length)?.total()))
}

/// Whether the target can only be the source, whole: size and time say so.
pub(super) fn is_done(source: Facts, target: Facts) -> bool {
    let time = |facts: Facts| facts.modified.filter(Modified::is_exact).map(|modified| modified.unix_seconds());
    let is_same_time = time(source).zip(time(target)).is_some_and(|(source, target)| source == target);
    is_same_time && source.size.is_some() && source.size == target.size
}

/// What the part of a file is opened with.
struct Opening {
    journal: Arc<Journal>,
    scribe: Arc<Scribe>,
    now: Source,
    ascii: bool,
    begun: bool,
}

impl Opening {
    fn of(job: &Job, source: Facts, begun: bool) -> Self {
        let now = noted(job, source);
        let (journal, scribe) = (job.context.journal.clone(), job.context.scribe.clone());
        Self { journal, scribe, now, ascii: job.row.is_text(), begun }
    }

    /// Opens the part, holding as much of the file as can be gone on with: that of an earlier try, or with `begun` what is
    /// there under the file's own name, which stays as it is until the new one is whole. Blocks.
    fn open(self, target: &Target) -> Result<Opened, disk::Error> {
        let Self { journal, scribe, now, ascii, begun } = self;
        let noted = |path: &Path| journal.source(path).map(|noted| noted.filter(|noted| noted.remote == now.remote));
        // An empty one is nobody's: a program that was killed had not come to note it.
        let part = Part::find(target, |path, length| Ok(length == 0 || noted(path)?.is_some()))?;
        // And it holds nothing of an earlier try.
        let (mut there, mut outdated) = (Ranges::default(), None);
        if part.length()? > 0 {
            there = journal.there(&part.path(), part.length()?)?;
            let is_other = noted(&part.path())?.is_some_and(|noted| is_other(&noted, &now));
            outdated = is_other.then(|| there.total());
            if ascii || is_other || now.size.is_none_or(|size| there.end() > size) {
                there = Ranges::default();
            }
            part.truncate(there.end())?;
        }
        scribe.add(Entry::Begun(part.path(), now.clone(), there.clone()));
        scribe.flush();
        let copied = begun && there.total() == 0;
        if copied {
            let wrong = |error| disk::Error::new("read", target.path(), error);
            let mut there = std::fs::File::open(target.path()).map_err(wrong)?;
            std::io::copy(&mut there, &mut part.file()?).map_err(|e| disk::Error::new("write", part.path(), e))?;
        }
        if copied {
            there = Ranges::first(part.length()?);
        }
        // As text, the file here has another length.
        let size = now.size.filter(|_| !ascii).unwrap_or(0);
        match part.lacks(size, there.total()).and_then(|lacks| target.room(lacks)) {
            Err(error) if there.total() == 0 => {
                // What was to hold it is not left behind; that it does not fit is the error to tell.
                let _ = journal.forget_source(&part.path());
                let _ = part.abandon();
                Err(error)
            }
            room => room.and_then(|()| part.reserve(size)).map(|()| Opened { part, copied, there, outdated }),
        }
    }

    /// The server does not go on with what the part holds.
    fn begin_again(self, part: Part) -> Result<Part, disk::Error> {
        part.truncate(0)?;
        self.journal.note_source(&part.path(), &self.now, &Ranges::default())?;
        Ok(part)
    }
}

/// What is noted of the source with its part.
fn noted(job: &Job, source: Facts) -> Source {
    Source { remote: job.remote_name(), size: source.size, modified: source.modified }
}

/// A part to go on with.
struct Opened {
    part: Part,
    /// Whether it is what was there under the file's own name.
    copied: bool,
    /// What it holds of the file.
    there: Ranges,
    /// Bytes that an earlier try had fetched of what the file was then.
    outdated: Option<u64>,
}

/// A trouble that a full disk may be the reason of says so.
fn full(mut trouble: Trouble) -> Trouble {
    if trouble.kind == TroubleKind::DiskFull {
        trouble.failure.why = format!("no space left on the disk: {}", trouble.failure.why);
    }
    trouble
}

/// Whether the file on the server is another one than it was.
fn is_other(before: &Source, now: &Source) -> bool {
    let time = |source: &Source| source.modified.filter(Modified::is_exact).map(|modified| modified.unix_seconds());
    let sizes = before.size.zip(now.size).is_some_and(|(before, now)| before != now);
    before.remote != now.remote || sizes || time(before).zip(time(now)).is_some_and(|(before, now)| before != now)
}

/// A file that was fetched.
pub(super) struct Fetched {
    /// How much of it was there before.
    pub(super) from: u64,
    /// Its size, where that is known.
    pub(super) size: Option<u64>,
    /// Its time, where that was asked on the way.
    pub(super) modified: Option<Modified>,
}

/// Fetches what the part lacks, which holds `length` bytes; it may be `copied` from the target.
async fn fetch(
    job: &Job,
    what: &str,
    part: &Part,
    length: u64,
    source: Facts,
    copied: bool,
) -> Result<Fetched, Trouble> {
    let local = |error: &disk::Error| Trouble::disk(what, error);
    let tail = if length > 0 { part.tail(OVERLAP).map_err(|error| local(&error))? } else { Vec::new() };
    let offset = length - tail.len() as u64;
    // Of what this program has fetched before, no byte is left then to be taken for the file's.
    let tail = if offset > 0 || copied { tail } else { Vec::new() };
    let from = if tail.is_empty() { 0 } else { length };
    let file = part.file().map_err(|error| local(&error))?;
    let size = source.size.filter(|size| *size > 0 && !job.row.is_text());
    let large = size.is_none_or(|size| size >= SYNC_FROM);
    let guard = Guard::new(job, part, noted(job, source), (offset, tail), large).await;
    let mut guard = guard.map_err(|error| local(&error))?;
    let most = size.map(|size| size.saturating_sub(offset).saturating_add(size.max(GROWTH)));
    let left = size.and_then(|size| size.checked_sub(offset));
    let flow = job.flow(offset, offset, left, most);
    let dated = job.settings.keep_times && source.modified.is_none_or(|modified| !modified.is_exact());
    let operation = Operation::Retrieve { path: job.row.remote(), offset, kind: job.kind(), dated };
    if part.has_name() {
        job.recorded().await
    } else {
        job.added().await
    }
    job.lead(left).await;
    let body = Body::Receive { file, flow: flow.clone() };
    let (remote, stop) = (job.row.remote(), guard.stop());
    let transfer = job.transfer(operation, body, ("Could not download", &remote), &stop);
    let result = guard.watch(&flow, transfer).await;
    if let Some(error) = guard.lost.take() {
        part.truncate(guard.synced).map_err(|error| local(&error))?;
        return Err(Trouble::disk(what, &error));
    }
    if !guard.is_same(&flow).map_err(|error| local(&error))? {
        part.truncate(0).map_err(|error| local(&error))?;
        if copied {
            // The next attempt would find the same, and to replace the file was not asked for.
            let why = "what is here is not the beginning of the file on the server";
            return Err(Trouble::new(what, why, Cause::Differs, false));
        }
        let why = "the file on the server is not the one that was begun; it is fetched anew";
        return Err(Trouble::new(what, why, Cause::Differs, true));
    }
    let Outcome::Retrieved { bytes, clean, modified } = result? else {
        return Err(Trouble::new(what, "the server did not send it", Cause::Protocol, true));
    };
    if job.row.is_text() {
        return Ok(Fetched { from: 0, size: None, modified });
    }
    let total = offset + bytes;
    if total < length {
        // What lies behind is of the earlier try, and no part of what the server has now.
        part.truncate(total).map_err(|error| local(&error))?;
    }
    let there = part.length().map_err(|error| local(&error))?;
    if there != total {
        let why = format!("{total} bytes came, and the file holds {there}");
        return Err(Trouble::new(what, why, Cause::Differs, true));
    }
    let size = expected(job, what, source, total).await?;
    if size.is_none() && !clean {
        let why = "the data connection ended without TLS's goodbye, and the file's size is not known";
        return Err(Trouble::new(what, why, Cause::Differs, true));
    }
    Ok(Fetched { from, size, modified })
}

/// Compares `total` with the size that the server says; `None` where it says none.
async fn expected(job: &Job, what: &str, source: Facts, total: u64) -> Result<Option<u64>, Trouble> {
    let size = match source.size {
        Some(size) if size == total => return Ok(Some(size)),
        // Some servers say 0 for what they do not know.
        None | Some(0) => return Ok(None),
        Some(size) => size,
    };
    // It may have changed since it was listed. A connection that is gone leaves the first word standing.
    let now = job.remote_facts(&job.row.remote()).await.ok().flatten().and_then(|facts| facts.size);
    if now == Some(total) {
        return Ok(now);
    }
    let size = now.unwrap_or(size);
    let why = if total < size {
        format!("only {total} of {size} bytes came")
    } else {
        format!("{total} bytes came instead of {size}")
    };
    Err(Trouble::new(what, why, Cause::Differs, true))
}

/// A part that holds nothing, or that nobody wants, is no use; any other stays, to be gone on with.
async fn leave(job: &Job, what: &str, mut part: Part, source: Facts) {
    let (discard, journal) = (job.gauge.is_discarded(), job.context.journal.clone());
    let source = noted(job, source);
    let tidy = move || {
        let stays = !discard && part.length()? > 0;
        match (stays, part.has_name()) {
            (true, true) | (false, false) => Ok(()),
            (true, false) => {
                journal.note_source(&part.path(), &source, &Ranges::default())?;
                part.keep().inspect_err(|_| drop(journal.forget_source(&part.path())))
            }
            (false, true) => {
                journal.forget_source(&part.path())?;
                part.abandon()
            }
        }
    };
    // What cannot be tidied up stays; the reason why the transfer failed is the one to tell.
    let _ = job.blocking(what, tidy).await;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_changed_on_the_server_is_another_one() {
        let at = |second| Some(Modified::from_timestamp(jiff::Timestamp::from_second(second).unwrap()));
        let facts = |size, modified| Source { remote: "r".into(), size, modified };
        assert!(is_other(&facts(Some(1), None), &facts(Some(2), None)));
        assert!(is_other(&facts(Some(1), at(1)), &facts(Some(1), at(2))));
        assert!(!is_other(&facts(Some(1), at(1)), &facts(Some(1), at(1))));
        assert!(!is_other(&facts(None, None), &facts(Some(1), at(1))));
        let local = |second| at(second).map(|modified| Modified { utc: false, ..modified });
        assert!(
            !is_other(&facts(Some(1), local(1)), &facts(Some(1), at(3600))),
            "times of different zones say nothing"
        );
    }

    #[test]
    fn a_file_that_an_earlier_run_finished_is_known_by_size_and_time() {
        let at = |second| Some(Modified::from_timestamp(jiff::Timestamp::from_second(second).unwrap()));
        let facts = |size, modified| Facts { size, modified };
        assert!(is_done(facts(Some(3), at(9)), facts(Some(3), at(9))));
        assert!(!is_done(facts(Some(3), at(9)), facts(Some(3), at(8))));
        assert!(!is_done(facts(Some(3), at(9)), facts(Some(2), at(9))));
        assert!(
            !is_done(facts(Some(3), None), facts(Some(3), None)) && !is_done(facts(None, at(9)), facts(None, at(9)))
        );
        let local = at(9).map(|modified| Modified { utc: false, ..modified });
        assert!(!is_done(facts(Some(3), local), facts(Some(3), at(9))), "of another zone, perhaps");
    }
}
