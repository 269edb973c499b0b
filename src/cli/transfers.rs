//! `get` and `put`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::front::Front;
use super::output::complain;
use super::progress::size;
use super::status::{Status, Stop};
use super::target::{self, Target, local_file, remote_name};
use super::watch::{Tally, Tells};
use crate::model::transfer::BatchItem;
use crate::model::{Action, Batch, Course, Event, Kind, RemotePath, Section, Server, TabId};

/// Downloads.
pub(super) fn get(front: &mut Front, texts: &[String], output: &Path) -> Result<Status, Stop> {
    let targets = target::targets(texts, &front.options, &front.sites)?;
    let folder = std::path::absolute(output).map_err(|error| local(output, &error))?;
    fs::create_dir_all(&folder).map_err(|error| local(&folder, &error))?;
    let mut tabs: Vec<(Target, Arc<Server>, Vec<BatchItem>)> = Vec::new();
    for target in targets {
        let known = tabs.iter().position(|(of, ..)| of.site == target.site && of.password == target.password);
        let index = match known {
            Some(index) => index,
            None => {
                let server = front.connect(tab(tabs.len()), &target)?;
                tabs.push((target.clone(), server, Vec::new()));
                tabs.len() - 1
            }
        };
        let (_, server, items) = &mut tabs[index];
        items.push(download(&folder, target.resolve(&server.home))?);
    }
    let batches = tabs.into_iter().enumerate().map(|(index, (_, _, items))| Batch {
        tab: tab(index),
        course: Course::Download,
        items,
        if_exists: Some(front.asker.if_exists()),
    });
    let batches: Vec<_> = batches.collect();
    transfer(front, batches, 0)
}

/// The root has no name: what is in it goes into the folder itself.
fn download(folder: &Path, remote: RemotePath) -> Result<BatchItem, Stop> {
    if remote.is_root() {
        return Ok(BatchItem { local: folder.to_owned(), remote, kind: Kind::Directory, size: None });
    }
    Ok(BatchItem { local: local_file(folder, remote.name())?, remote, kind: Kind::Other, size: None })
}

/// Uploads.
pub(super) fn put(front: &mut Front, words: &[OsString]) -> Result<Status, Stop> {
    let [paths @ .., last] = words else { return Err(Stop::Usage("put needs a PATH and a URL".to_owned())) };
    let Some(last) = last.to_str().filter(|_| !paths.is_empty()) else {
        return Err(Stop::Usage("put needs a PATH and then a URL".to_owned()));
    };
    let target = target::target(last, &front.options, &front.sites)?;
    let mut sources = Vec::new();
    let mut missing = 0;
    for path in paths {
        match source(Path::new(path)) {
            Ok(source) => sources.push(source),
            Err(stop) => {
                missing += 1;
                complain(&stop.to_string());
            }
        }
    }
    if sources.is_empty() {
        return Ok(Status::Failed);
    }
    let server = front.connect(tab(0), &target)?;
    let folder = target.resolve(&server.home);
    let items = sources.into_iter().map(|Source { path, name, kind, size }| BatchItem {
        local: path,
        remote: folder.join(&remote_name(&name)),
        kind,
        size,
    });
    let batch =
        Batch { tab: tab(0), course: Course::Upload, items: items.collect(), if_exists: Some(front.asker.if_exists()) };
    transfer(front, vec![batch], missing)
}

/// A local file or folder, and what it is called on the server.
struct Source {
    path: PathBuf,
    name: OsString,
    kind: Kind,
    size: Option<u64>,
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
