//! What takes long on a browsing connection, directory by directory, so that listings come in between: counting,
//! deleting and changing permissions of whole trees.

use super::browse::{Browser, entry_of};
use super::retry::Trouble;
use super::walk::MOST_DEPTH;
use crate::ftp::Operation;
use crate::model::action::Below;
use crate::model::{Cause, Event, FileAction, Kind, Listing, Place, RemotePath, Ticket};
use crate::net::Cancel;

/// Entries that one errand keeps in mind at most.
const MOST_WAITING: usize = 1_000_000;

/// Whether there is more to do.
pub(super) enum Step {
    More,
    Over,
}

/// What remains to be done at one place.
#[derive(Debug)]
enum Todo {
    /// Whatever it is.
    Unknown(RemotePath),
    /// A file or link.
    File(RemotePath),
    /// A directory, and what is in it.
    Directory(RemotePath, u16),
    /// A directory, or a link to one: MLSD does not say on every server. DELE takes the link, and refuses a directory.
    Doubtful(RemotePath, u16),
    /// A directory whose entries are gone.
    Empty(RemotePath),
}

#[derive(Debug)]
enum Aim {
    Measure { files: u64, folders: u64, bytes: u64, stop: Cancel },
    Delete,
    Chmod { mode: u16, below: Option<Below> },
}

/// Work on trees of the server.
#[derive(Debug)]
pub(super) struct Errand {
    ticket: Ticket,
    aim: Aim,
    /// The last is next.
    todo: Vec<Todo>,
}

impl Errand {
    pub(super) fn measure(ticket: Ticket, places: Vec<RemotePath>, listing: Option<&Listing>, stop: Cancel) -> Self {
        let mut errand = Self { ticket, aim: Aim::Measure { files: 0, folders: 0, bytes: 0, stop }, todo: Vec::new() };
        for path in places {
            match entry_of(listing, &path).map(|entry| (entry.kind, entry.size)) {
                Some((Kind::Directory, _)) => errand.todo.push(Todo::Directory(path, 0)),
                Some((_, size)) => errand.count_file(size),
                None => errand.todo.push(Todo::Unknown(path)),
            }
        }
        errand
    }

    /// An errand, or the action back that is none.
    pub(super) fn files(ticket: Ticket, action: FileAction) -> Result<Self, FileAction> {
        let unknown = |places: Vec<Place>| {
            let remote = places.into_iter().filter_map(|place| match place {
                Place::Remote(path) => Some(Todo::Unknown(path)),
                Place::Local(_) => None,
            });
            let mut todo: Vec<Todo> = remote.collect();
            todo.reverse();
            todo
        };
        match action {
            FileAction::Delete(places) => Ok(Self { ticket, aim: Aim::Delete, todo: unknown(places) }),
            FileAction::Chmod { places, mode, below } => {
                Ok(Self { ticket, aim: Aim::Chmod { mode, below }, todo: unknown(places) })
            }
            other => Err(other),
        }
    }

    pub(super) fn ticket(&self) -> Ticket {
        self.ticket
    }

    pub(super) fn what(&self) -> &'static str {
        match self.aim {
            Aim::Measure { .. } => "Could not count",
            Aim::Delete => "Could not delete",
            Aim::Chmod { .. } => "Could not change permissions",
        }
    }

    /// The counts so far, of what counts.
    pub(super) fn so_far(&self, whole: bool) -> Option<Event> {
        let Aim::Measure { files, folders, bytes, .. } = self.aim else { return None };
        Some(Event::Measured { ticket: self.ticket, files, folders, bytes, whole })
    }

    fn count_file(&mut self, size: Option<u64>) {
        if let Aim::Measure { files, bytes, .. } = &mut self.aim {
            *files += 1;
            *bytes = bytes.saturating_add(size.unwrap_or(0));
        }
    }

    /// Does what is next; `current` is the listing that the tab shows.
    pub(super) async fn step(&mut self, on: &mut Browser, current: Option<&Listing>) -> Result<Step, Trouble> {
        if matches!(&self.aim, Aim::Measure { stop, .. } if stop.is_cancelled()) {
            return Ok(Step::Over);
        }
        let Some(todo) = self.todo.pop() else { return Ok(Step::Over) };
        match self.aim {
            Aim::Measure { .. } => self.measure_step(on, todo).await?,
            Aim::Delete => self.delete(on, todo, current).await?,
            Aim::Chmod { mode, below } => self.chmod(on, todo, mode, below).await?,
        }
        if self.todo.len() > MOST_WAITING {
            return Err(Trouble::new(self.what(), "there is too much in it", Cause::Limit, false));
        }
        Ok(if self.todo.is_empty() { Step::Over } else { Step::More })
    }

    async fn measure_step(&mut self, on: &mut Browser, todo: Todo) -> Result<(), Trouble> {
        let (path, depth, sure) = match todo {
            Todo::Directory(path, depth) | Todo::Doubtful(path, depth) => (path, depth, true),
            Todo::Unknown(path) => (path, 0, false),
            Todo::File(_) | Todo::Empty(_) => return Ok(()),
        };
        match list(on, &path, depth).await {
            Ok(listing) => {
                if let Aim::Measure { folders, .. } = &mut self.aim {
                    *folders += 1;
                }
                for entry in &listing.entries {
                    if entry.kind == Kind::Directory {
                        self.todo.push(Todo::Directory(path.join(&entry.name), depth + 1));
                    } else {
                        self.count_file(entry.size);
                    }
                }
            }
            // What is no directory is a file; a directory that may not be read counts for itself.
            Err(trouble) if trouble.is_refusal() && sure => {
                if let Aim::Measure { folders, .. } = &mut self.aim {
                    *folders += 1;
                }
            }
            Err(trouble) if trouble.is_refusal() => self.count_file(None),
            Err(trouble) => return Err(trouble),
        }
        Ok(())
    }

    async fn delete(&mut self, on: &mut Browser, todo: Todo, current: Option<&Listing>) -> Result<(), Trouble> {
        match todo {
            Todo::Unknown(path) => match entry_of(current, &path).map(|entry| entry.kind) {
                Some(Kind::Directory) => self.todo.push(folder(current, path, 0)),
                // A link is deleted, never what it leads to.
                Some(_) => delete_file(on, &path).await?,
                None => match delete_file(on, &path).await {
                    Err(trouble) if trouble.is_refusal() => {
                        if !is_directory(on, &path).await? || is_link(on, &path).await? {
                            return Err(trouble);
                        }
                        self.todo.push(Todo::Directory(path, 0));
                    }
                    result => result?,
                },
            },
            Todo::File(path) => delete_file(on, &path).await?,
            Todo::Doubtful(path, depth) => match delete_file(on, &path).await {
                Err(trouble) if trouble.is_refusal() => self.todo.push(Todo::Directory(path, depth)),
                result => result?,
            },
            Todo::Directory(path, depth) => {
                let listing = list(on, &path, depth).await?;
                self.todo.push(Todo::Empty(path.clone()));
                for entry in &listing.entries {
                    let path = path.join(&entry.name);
                    self.todo.push(match entry.kind {
                        Kind::Directory => folder(Some(&listing), path, depth + 1),
                        _ => Todo::File(path),
                    });
                }
            }
            Todo::Empty(path) => {
                let operation = Operation::RemoveDirectory { path: path.clone() };
                on.operate(operation, "Could not delete the folder", &path.to_string()).await?;
            }
        }
        Ok(())
    }

    async fn chmod(&mut self, on: &mut Browser, todo: Todo, mode: u16, below: Option<Below>) -> Result<(), Trouble> {
        let (path, depth, is_directory) = match todo {
            Todo::Unknown(path) => (path, 0, None),
            Todo::Directory(path, depth) | Todo::Doubtful(path, depth) => (path, depth, Some(true)),
            // Both were picked when they were found.
            Todo::File(path) | Todo::Empty(path) => (path, 0, Some(false)),
        };
        let applies = match (is_directory, below) {
            (_, None | Some(Below::All)) => true,
            (None, Some(below)) => below != Below::Folders,
            (Some(true), Some(below)) => below == Below::Folders,
            (Some(false), Some(below)) => below == Below::Files,
        };
        // Of what was named itself, one finds out what it is only by looking.
        let applies_to_folder = is_directory.is_some() && applies || below != Some(Below::Files);
        // First what is in it: with the new permissions it may be closed to us.
        if below.is_some() && is_directory != Some(false) {
            match list(on, &path, depth).await {
                Ok(listing) => {
                    if applies_to_folder {
                        self.todo.push(Todo::Empty(path.clone()));
                    }
                    for entry in &listing.entries {
                        let path = path.join(&entry.name);
                        match entry.kind {
                            Kind::Directory => self.todo.push(Todo::Directory(path, depth + 1)),
                            // What a link leads to may lie anywhere.
                            Kind::Link => {}
                            _ if below != Some(Below::Folders) => self.todo.push(Todo::File(path)),
                            _ => {}
                        }
                    }
                    return Ok(());
                }
                Err(trouble) if trouble.is_refusal() && is_directory.is_none() => {}
                Err(trouble) => return Err(trouble),
            }
        }
        if applies || matches!(is_directory, Some(false)) {
            let operation = Operation::Chmod { path: path.clone(), mode };
            on.operate(operation, "Could not change the permissions of", &path.to_string()).await?;
        }
        Ok(())
    }
}

/// A folder to be deleted, as `listing` shows it.
fn folder(listing: Option<&Listing>, path: RemotePath, depth: u16) -> Todo {
    match listing {
        Some(listing) if listing.dialect.starts_with("MLSD") => Todo::Doubtful(path, depth),
        _ => Todo::Directory(path, depth),
    }
}

async fn delete_file(on: &mut Browser, path: &RemotePath) -> Result<(), Trouble> {
    on.operate(Operation::Delete { path: path.clone() }, "Could not delete", &path.to_string()).await.map(|_| ())
}

async fn is_directory(on: &mut Browser, path: &RemotePath) -> Result<bool, Trouble> {
    let operation = Operation::ChangeDirectory { path: path.clone(), moves: false };
    match on.operate(operation, "Could not open", &path.to_string()).await {
        Ok(_) => Ok(true),
        Err(trouble) if trouble.is_refusal() => Ok(false),
        Err(trouble) => Err(trouble),
    }
}

/// Whether the folder that holds it lists it as a link: what that leads to is not what was meant, also where the link itself
/// may not be deleted.
async fn is_link(on: &mut Browser, path: &RemotePath) -> Result<bool, Trouble> {
    let Some(parent) = path.parent() else { return Ok(false) };
    match list(on, &parent, 0).await {
        Ok(listing) => Ok(entry_of(Some(&listing), path).is_some_and(|entry| entry.kind == Kind::Link)),
        Err(trouble) if trouble.is_refusal() => Ok(false),
        Err(trouble) => Err(trouble),
    }
}

async fn list(on: &mut Browser, path: &RemotePath, depth: u16) -> Result<Listing, Trouble> {
    if depth > MOST_DEPTH {
        let why = format!("there are more than {MOST_DEPTH} folders in one another");
        return Err(Trouble::new(format!("Could not list {path}"), why, Cause::Limit, false));
    }
    on.listing(path).await
}
