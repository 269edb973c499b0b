//! `rm`, `mkdir`, `mv` and `chmod`: one operation each.

use std::sync::Arc;

use super::front::Front;
use super::status::{Status, Stop};
use super::target::{self, Target};
use crate::model::action::Below;
use crate::model::url::masked;
use crate::model::{Cause, Failure, FileAction, Place, RemotePath, Report, TabId};

/// Deletes files; folders with all that is in them if `recursive`.
pub(super) fn rm(front: &mut Front, texts: &[String], recursive: bool) -> Result<Status, Stop> {
    each(front, texts, |front, tab, path| {
        if recursive {
            front.change(tab, FileAction::Delete(vec![Place::Remote(path)])).map(|result| result.map(|_| ()))
        } else {
            delete_file(front, tab, &path)
        }
    })
}

/// DELE and nothing else, so that a folder is never deleted by mistake: the server refuses it.
fn delete_file(front: &mut Front, tab: TabId, path: &RemotePath) -> Result<Result<(), Failure>, Stop> {
    let refused =
        |why: String| Failure { what: format!("Could not delete {path}"), why, cause: Cause::Refused, again: false };
    Ok(match front.change(tab, FileAction::Raw(format!("DELE {}", path.as_str())))? {
        Ok(Report::Replies(replies)) => match replies.last().and_then(|reply| reply.last()) {
            Some(line) if line.starts_with('2') => Ok(()),
            Some(line) => Err(refused(line.clone())),
            None => Err(refused("no reply".to_owned())),
        },
        Ok(Report::Done | Report::Said(_)) => Ok(()),
        Err(failure) => Err(Failure { what: format!("Could not delete {path}"), ..failure }),
    })
}

/// Makes folders; with `parents` also those above, and one that is there is fine.
pub(super) fn mkdir(front: &mut Front, texts: &[String], parents: bool) -> Result<Status, Stop> {
    each(front, texts, |front, tab, path| {
        if !parents {
            return make(front, tab, path);
        }
        let mut missing = Vec::new();
        let mut above = Some(path);
        while let Some(path) = above.filter(|path| !path.is_root()) {
            if front.list(tab, &path)?.is_ok() {
                break;
            }
            above = path.parent();
            missing.push(path);
        }
        for path in missing.into_iter().rev() {
            if let Err(failure) = make(front, tab, path)? {
                return Ok(Err(failure));
            }
        }
        Ok(Ok(()))
    })
}

fn make(front: &mut Front, tab: TabId, path: RemotePath) -> Result<Result<(), Failure>, Stop> {
    front.change(tab, FileAction::MakeDirectory(Place::Remote(path))).map(|result| result.map(|_| ()))
}

/// Renames or moves.
pub(super) fn mv(front: &mut Front, from: &str, to: &str) -> Result<Status, Stop> {
    let target = target::target(from, &front.options, &front.sites)?;
    let typed = if to.contains("://") {
        let other = Target::of_url(to, &front.options).map_err(Stop::Usage)?;
        let server = |target: &Target| (target.site.host.clone(), target.site.port());
        if server(&other) != server(&target) {
            return Err(Stop::Usage(format!("{}: mv works on one server; use get and put between two", masked(to))));
        }
        other.path
    } else {
        to.to_owned()
    };
    if typed.is_empty() {
        return Err(Stop::Usage("mv needs a new path".to_owned()));
    }
    let tab = TabId(0);
    let server = front.connect(tab, &target)?;
    let from = target.resolve(&server.home, server.paths);
    let mut to = server.paths.resolve(&server.home, &typed);
    if typed.ends_with('/') {
        to = to.join(from.name());
    }
    match front.change(tab, FileAction::Rename { from: Place::Remote(from), to: Place::Remote(to) })? {
        Ok(_) => Ok(Status::Done),
        Err(failure) => Err(Stop::Failed(failure)),
    }
}

/// Changes permissions.
pub(super) fn chmod(front: &mut Front, mode: u16, texts: &[String], recursive: bool) -> Result<Status, Stop> {
    each(front, texts, |front, tab, path| {
        let below = recursive.then_some(Below::All);
        let action = FileAction::Chmod { places: vec![Place::Remote(path)], mode, below };
        front.change(tab, action).map(|result| result.map(|_| ()))
    })
}

/// Does `change` to every target, one after the other; one that fails keeps none of the others from its turn.
fn each(
    front: &mut Front,
    texts: &[String],
    change: impl Fn(&mut Front, TabId, RemotePath) -> Result<Result<(), Failure>, Stop>,
) -> Result<Status, Stop> {
    let targets = target::targets(texts, &front.options, &front.sites)?;
    let mut status = Status::Done;
    let mut tabs = Vec::new();
    for target in &targets {
        let known =
            tabs.iter().find(|(of, ..): &&(&Target, _, _)| of.site == target.site && of.password == target.password);
        let (tab, server) = match known {
            Some((_, tab, server)) => (*tab, Arc::clone(server)),
            None => {
                let tab = TabId(u32::try_from(tabs.len()).unwrap_or(u32::MAX));
                let server = front.connect(tab, target)?;
                tabs.push((target, tab, server.clone()));
                (tab, server)
            }
        };
        if let Err(failure) = change(front, tab, target.resolve(&server.home, server.paths))? {
            front.complain(&failure.to_string());
            if status == Status::Done {
                status = Status::of(&failure);
            }
        }
    }
    Ok(status)
}
