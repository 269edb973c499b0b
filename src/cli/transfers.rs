//! `get` and `put`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::front::Front;
use super::progress::size;
use super::status::{Status, Stop};
use super::target::{self, Target, local_file, remote_name};
use super::watch::{Tally, Tells};
use crate::model::transfer::BatchItem;
use crate::model::{Action, Batch, Course, Event, Kind, PathSyntax, RemotePath, Section, Server, TabId};

/// Downloads.
pub(super) fn get(front: &mut Front, texts: &[String], output: &Path) -> Result<Status, Stop> {
    let targets = target::targets(texts, &front.options, &front.sites)?;
    let folder = std::path::absolute(output).map_err(|error| local(output, &error))?;
    fs::create_dir_all(&folder).map_err(|error| local(&folder, &error))?;
    let mut tabs: Vec<Tab> = Vec::new();
    let mut unreached = false;
    for target in targets {
        let known = tabs.iter().position(|tab| tab.of.site == target.site && tab.of.password == target.password);
        let index = match known {
            Some(index) => index,
            None => {
                let server = reach(front, tab(tabs.len()), &target)?;
                tabs.push(Tab { of: target.clone(), server, items: Vec::new() });
                tabs.len() - 1
            }
        };
        let Tab { server, items, .. } = &mut tabs[index];
        match server {
            Ok(server) => items.push(download(&folder, target.resolve(&server.home, server.paths))?),
            // What other servers have is still wanted.
            Err(reason) => {
                unreached = true;
                let item = download(&folder, target.resolve(&RemotePath::root(), PathSyntax::default()))?;
                front.watch.lost(Course::Download, &item, reason, &mut front.results);
            }
        }
    }
    let batches = tabs.into_iter().enumerate().filter(|(_, tab)| !tab.items.is_empty()).map(|(index, found)| Batch {
        tab: tab(index),
        course: Course::Download,
        items: found.items,
        if_exists: Some(front.asker.if_exists()),
        transfer_type: None,
    });
    let batches: Vec<_> = batches.collect();
    let status = if batches.is_empty() { Status::Done } else { transfer(front, batches, 0)? };
    Ok(if unreached { Status::NoConnection } else { status })
}

/// A server, and what is to come from it.
struct Tab {
    of: Target,
    /// Or why there is no connection.
    server: Result<Arc<Server>, String>,
    items: Vec<BatchItem>,
}

/// Connects, and says at once why it cannot.
fn reach(front: &mut Front, tab: TabId, target: &Target) -> Result<Result<Arc<Server>, String>, Stop> {
    match front.connect(tab, target) {
        Ok(server) => Ok(Ok(server)),
        Err(Stop::NoConnection(reason)) => {
            front.complain(&reason);
            Ok(Err(reason))
        }
        Err(stop) => Err(stop),
    }
}

/// The root has no name: what is in it goes into the folder itself.
fn download(folder: &Path, remote: RemotePath) -> Result<BatchItem, Stop> {
    if remote.is_root() {
        return Ok(BatchItem {
            local: folder.to_owned(),
            remote,
            kind: Kind::Directory,
            size: None,
            permissions: None,
        });
    }
    Ok(BatchItem {
        local: local_file(folder, remote.name())?,
        remote,
        kind: Kind::Other,
        size: None,
        permissions: None,
    })
}

/// Uploads.
pub(super) fn put(front: &mut Front, words: &[OsString]) -> Result<Status, Stop> {
    let [paths @ .., last] = words else { return Err(Stop::Usage("put needs a PATH and a URL".to_owned())) };
    let Some(last) = last.to_str().filter(|_| !paths.is_empty()) else {
        return Err(Stop::Usage("put needs a PATH and then a URL".to_owned()));
    };
    let target = target::target(last, &front.options, &front.sites)?;
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
    let server = if sources.is_empty() { None } else { Some(reach(front, tab(0), &target)?) };
    let folder = match &server {
        Some(Ok(server)) => target.resolve(&server.home, server.paths),
        _ => target.resolve(&RemotePath::root(), PathSyntax::default()),
    };
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
    match server {
        None => Ok(Status::Failed),
        Some(Err(reason)) => {
            items.iter().for_each(|item| front.watch.lost(Course::Upload, item, &reason, &mut front.results));
            Ok(Status::NoConnection)
        }
        Some(Ok(_)) => {
            let if_exists = Some(front.asker.if_exists());
            let batch = Batch { tab: tab(0), course: Course::Upload, items, if_exists, transfer_type: None };
            transfer(front, vec![batch], lost)
        }
    }
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

fn transfer(front: &mut Front, batches: Vec<Batch>, missing: usize) -> Result<Status, Stop> {
    let rows = batches.iter().map(|batch| batch.items.len()).sum();
    front.watch.tells = Tells::All;
    for batch in batches {
        front.send(Action::Enqueue(batch))?;
    }
    wait(front, rows)?;
    Ok(sum_up(front, missing))
}

/// Waits until all rows have ended: at least `rows`, which were asked for.
pub(super) fn wait(front: &mut Front, rows: usize) -> Result<(), Stop> {
    loop {
        match front.next()? {
            Event::QueueIdle if front.watch.is_over(rows) || front.failures > 0 => return Ok(()),
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
