//! `queue`: what an interrupted run left.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::front::Front;
use super::status::{Status, Stop};
use super::transfers;
use super::watch::{Tells, direction};
use crate::model::path::shown;
use crate::model::{Action, Kind, Phase, Report, Section, TabId, Ticket, queue};

/// A row that is left.
#[derive(Serialize)]
struct Row {
    site: String,
    local: String,
    remote: String,
    direction: &'static str,
    kind: &'static str,
    size: Option<u64>,
    error: Option<String>,
}

/// Shows what is left. The worker tells all of it before it ends.
pub(super) fn show(front: &mut Front) -> Result<Status, Stop> {
    front.finish(None);
    let queue = &front.watch.queue;
    let ids = [Section::Active, Section::Failed].into_iter().flat_map(|section| queue.section(section).iter());
    let rows: Vec<_> = ids.filter_map(|id| queue.get(*id)).map(row).collect();
    if front.options.json {
        front.results.json(&rows);
        return Ok(Status::Done);
    }
    for row in rows {
        let arrow = if row.direction == "download" { "<-" } else { "->" };
        let error = row.error.map_or_else(String::new, |error| format!(" ({error})"));
        front.results.line(&format!("{} {arrow} {}:{}{error}", row.local, row.site, row.remote));
    }
    Ok(Status::Done)
}

/// Forgets what is left.
pub(super) fn clear(front: &mut Front) -> Result<Status, Stop> {
    for section in [Section::Active, Section::Failed, Section::Done] {
        front.send(Action::Clear(section))?;
    }
    Ok(Status::Done)
}

/// Adds the transfers of a file.
pub(super) fn import(front: &mut Front, file: &Path) -> Result<Status, Stop> {
    let path = absolute(file)?;
    exchange(front, |tab, ticket| Action::Import { tab, ticket, path })
}

/// Writes what is left into a file.
pub(super) fn export(front: &mut Front, file: &Path) -> Result<Status, Stop> {
    let path = absolute(file)?;
    exchange(front, |tab, ticket| Action::Export { tab, ticket, path })
}

fn absolute(file: &Path) -> Result<PathBuf, Stop> {
    std::path::absolute(file).map_err(|error| Stop::Usage(format!("{}: {error}", file.display())))
}

fn exchange(front: &mut Front, action: impl FnOnce(TabId, Ticket) -> Action) -> Result<Status, Stop> {
    match front.ask(TabId(0), action)? {
        Ok(Report::Said(words)) => front.note(&words),
        Ok(_) => {}
        Err(failure) => {
            front.complain(&failure.to_string());
            return Ok(Status::Failed);
        }
    }
    Ok(Status::Done)
}

/// Transfers what is left, and what was given up before.
pub(super) fn run(front: &mut Front) -> Result<Status, Stop> {
    front.watch.tells = Tells::Changes;
    transfers::wait(front, 0, &[])?;
    let given_up = front.watch.untold();
    if !given_up.is_empty() {
        front.send(Action::Retry(given_up))?;
        transfers::wait(front, 0, &[])?;
    }
    let tally = front.watch.tally;
    let none_at_all = tally.done == 0 && tally.failed > 0 && tally.failed == tally.without_connection;
    if none_at_all {
        // Nothing was tried: all of it is still left.
        return Ok(Status::NoConnection);
    }
    Ok(transfers::sum_up(front, 0))
}

fn row(row: queue::Row<'_>) -> Row {
    Row {
        site: shown(&row.folder.site.title()),
        local: row.local_shown(),
        remote: row.remote().to_string(),
        direction: direction(row.course),
        kind: if row.kind == Kind::Directory { "dir" } else { "file" },
        size: row.size,
        error: match row.phase {
            Phase::Failed(failure) | Phase::Waiting { failure, .. } => Some(failure.to_string()),
            _ => None,
        },
    }
}
