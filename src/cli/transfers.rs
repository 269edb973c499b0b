//! `get` and `put`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use super::front::Front;
use super::progress::size;
use super::status::{Status, Stop};
use super::target::{self, Target, local_name, remote_name};
use super::watch::{Tally, Tells};
use crate::model::transfer::BatchItem;
use crate::model::url::masked;
use crate::model::{Action, Batch, ConnectionState, Course, Event, Kind, RemotePath, Section, TabId};

/// Downloads.
pub(super) fn get(front: &mut Front, texts: &[String], output: &Path) -> Result<Status, Stop> {
    let targets = target::targets(texts, &front.options, &front.sites)?;
    let folder = std::path::absolute(output).map_err(|error| local(output, &error))?;
    let made = fs::create_dir_all(&folder);
    let mut asked: Vec<Asked> = Vec::new();
    for target in targets {
        let item = download(&folder, &target);
        match asked.iter_mut().find(|one| one.of.site == target.site && one.of.password == target.password) {
            Some(one) => one.items.push(item),
            None => asked.push(Asked { of: target, items: vec![item] }),
        }
    }
    if let Err(error) = made {
        let reason = format!("Could not make the folder {}: {error}", folder.display());
        front.complain(&reason);
        let items = asked.iter().flat_map(|one| &one.items);
        items.for_each(|item| front.watch.lost(Course::Download, item, &reason, &mut front.results));
        return Ok(Status::Failed);
    }
    transfer(front, Course::Download, asked, 0)
}

/// What is asked of a server.
pub(super) struct Asked {
    of: Target,
    items: Vec<BatchItem>,
}

/// What has no name yet goes into the folder itself, or gets its name when the server is reached.
fn download(folder: &Path, target: &Target) -> BatchItem {
    let remote = RemotePath::of_typed(&target.path);
    let local = if remote.name().is_empty() { folder.to_owned() } else { folder.join(local_name(remote.name())) };
    BatchItem { local, remote, kind: Kind::Other, size: None, permissions: None }
}

/// Uploads.
pub(super) fn put(front: &mut Front, words: &[OsString]) -> Result<Status, Stop> {
    let [paths @ .., last] = words else { return Err(Stop::Usage("put needs a PATH and a URL".to_owned())) };
    let Some(last) = last.to_str().filter(|_| !paths.is_empty()) else {
        return Err(Stop::Usage("put needs a PATH and then a URL".to_owned()));
    };
    let target = target::target(last, &front.options, &front.sites)?;
    for path in paths {
        if let Some(url) = path.to_str().filter(|text| text.contains("://") && !Path::new(text).exists()) {
            return Err(Stop::Usage(format!("{}: only the last argument of put is a URL", masked(url))));
        }
    }
    let mut sources = Vec::new();
    let mut missing = Vec::new();
    for path in paths {
        match source(Path::new(path)) {
            Ok(source) => sources.push(source),
            Err(stop) => {
                front.complain(&stop.to_string());
                missing.push((absent(Path::new(path)), stop.to_string()));
            }
        }
    }
    let folder = RemotePath::of_typed(&target.path);
    let item = |Source { path, name, kind, size }| BatchItem {
        local: path,
        remote: folder.join(&remote_name(&name)),
        kind,
        size,
        permissions: None,
    };
    let lost = missing.len();
    for (source, reason) in missing {
        front.watch.lost(Course::Upload, &item(source), &reason, &mut front.results);
    }
    let items: Vec<BatchItem> = sources.into_iter().map(item).collect();
    if items.is_empty() {
        return Ok(Status::Failed);
    }
    transfer(front, Course::Upload, vec![Asked { of: target, items }], lost)
}

/// A local file or folder, and what it is called on the server.
struct Source {
    path: PathBuf,
    name: OsString,
    kind: Kind,
    size: Option<u64>,
}

/// What could not be read, for the word about it.
fn absent(path: &Path) -> Source {
    let name = path.file_name().unwrap_or(path.as_os_str()).to_owned();
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    Source { path, name, kind: Kind::File, size: None }
}

fn source(path: &Path) -> Result<Source, Stop> {
    let failed = |error: std::io::Error| local(path, &error);
    let found = fs::metadata(path).map_err(failed)?;
    let absolute = std::path::absolute(path).map_err(failed)?;
    let name = match path.file_name().map(OsStr::to_owned) {
        Some(name) => name,
        // `.` and `..` are named after the folder that they are.
        None => fs::canonicalize(path)
            .map_err(failed)?
            .file_name()
            .map(OsStr::to_owned)
            .ok_or_else(|| Stop::Local(format!("{} has no name", path.display())))?,
    };
    if found.is_dir() {
        Ok(Source { path: absolute, name, kind: Kind::Directory, size: None })
    } else if found.is_file() {
        Ok(Source { path: absolute, name, kind: Kind::File, size: Some(found.len()) })
    } else {
        Err(Stop::Local(format!("{} is neither a file nor a folder", path.display())))
    }
}

/// Puts all of it into the queue, where a run that is interrupted leaves it, and then connects: to all servers at once.
fn transfer(front: &mut Front, course: Course, mut asked: Vec<Asked>, missing: usize) -> Result<Status, Stop> {
    let rows = asked.iter().map(|one| one.items.len()).sum();
    front.watch.tells = Tells::All;
    for (index, Asked { of, items }) in asked.iter_mut().enumerate() {
        let (tab, if_exists) = (tab(index), Some(front.asker.if_exists()));
        front.begin_to_connect(tab, of)?;
        front.send(Action::Enqueue(Batch {
            tab,
            course,
            items: std::mem::take(items),
            if_exists,
            transfer_type: None,
        }))?;
    }
    let unreached = wait(front, rows, &asked)?;
    let status = sum_up(front, missing);
    Ok(if unreached { Status::NoConnection } else { status })
}

/// Waits until all rows have ended: at least `rows`, which were asked for. Says which of the servers cannot be reached, and
/// whether there are such.
pub(super) fn wait(front: &mut Front, rows: usize, asked: &[Asked]) -> Result<bool, Stop> {
    let mut unreached = false;
    loop {
        match front.next()? {
            Event::Connection { tab, state: ConnectionState::Disconnected(Some(failure)) } => {
                if let Some(Asked { of, .. }) = asked.get(tab.0 as usize) {
                    front.complain(&front.no_connection(of, Some(&failure)));
                    front.watch.unreached.insert(failure.to_string());
                    unreached = true;
                }
            }
            Event::QueueIdle if front.watch.is_over(rows) || front.failures > 0 => return Ok(unreached),
            Event::Stopped => return Err(Stop::Local("the worker ended unexpectedly".to_owned())),
            _ => {}
        }
    }
}

/// Empties the queue of what has ended for good, says how it went, and makes an exit status of it.
pub(super) fn sum_up(front: &mut Front, missing: usize) -> Status {
    let (again, for_good) = front.watch.failed();
    // A worker that has ended has nothing to forget.
    let _ = front.send(Action::Clear(Section::Done));
    let _ = front.send(Action::Remove(for_good));
    if !again.is_empty() && (front.asker.is_attended() || front.options.verbose > 0) {
        front.note(&format!("{} can be carried on with: longshore queue run", again.len()));
    }
    let Tally { done, bytes, skipped, failed, .. } = front.watch.tally;
    if skipped > 0 && front.asker.skipping_fails() {
        front.complain(&format!("{skipped} skipped because the target exists; --if-exists says what to do with it"));
    }
    if front.options.verbose > 0 {
        front.note(&format!("{done} done ({}), {skipped} skipped, {failed} failed", size(bytes)));
    }
    let undecided = skipped > 0 && front.asker.skipping_fails();
    if failed + missing + front.failures > 0 || undecided { Status::Failed } else { Status::Done }
}

#[expect(clippy::cast_possible_truncation, reason = "a command line has fewer words")]
fn tab(index: usize) -> TabId {
    TabId(index as u32)
}

fn local(path: &Path, error: &std::io::Error) -> Stop {
    Stop::Local(format!("{}: {error}", path.display()))
}
