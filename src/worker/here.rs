//! Work on the local disk that a person asks for, away from the worker's loop.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connect::Context;
use super::local::{self, Measure, Stamp};
use super::{Input, disk};
use crate::model::{Cause, Event, Failure, FileAction, Place, Report, TabId, Ticket};
use crate::net::Cancel;

/// Between two reports of a count.
const REPORT: Duration = Duration::from_millis(100);

/// Between two looks at a folder that is shown.
const LOOK: Duration = Duration::from_secs(1);

/// Lists a local directory for a tree.
pub(super) fn branch(context: &Context, path: PathBuf) {
    tell(context, move || {
        let result = local::list(&path);
        Event::LocalBranch { path, result: result.map(Arc::new).map_err(Failure::from) }
    });
}

/// Opens a file or folder with the system's program for it.
pub(super) fn open(context: &Context, path: PathBuf) {
    let inputs = context.inputs.clone();
    tokio::task::spawn_blocking(move || {
        if let Err(error) = open::that_detached(&path) {
            let failure = Failure {
                what: format!("Could not open {}", path.display()),
                why: error.to_string(),
                cause: Cause::Local,
                again: false,
            };
            // The worker has ended: nobody reads it.
            let _ = inputs.blocking_send(Input::Event(Event::Failed(failure)));
        }
    });
}

/// Counts what lies below local places.
pub(super) fn measure(context: &Context, ticket: Ticket, places: Vec<PathBuf>, stop: Cancel) {
    let inputs = context.inputs.clone();
    tokio::task::spawn_blocking(move || {
        let mut told = Instant::now();
        let event = |count: Measure, whole| Event::Measured {
            ticket,
            files: count.files,
            folders: count.folders,
            bytes: count.bytes,
            whole,
        };
        let mut report = |count| {
            if told.elapsed() >= REPORT {
                told = Instant::now();
                // A count that is not shown is soon followed by another.
                let _ = inputs.try_send(Input::Event(event(count, false)));
            }
        };
        let count = local::measure(&places, &|| stop.is_cancelled(), &mut report);
        // The worker has ended: nobody reads it.
        let _ = inputs.blocking_send(Input::Measured(ticket, event(count, true)));
    });
}

/// Changes local files or folders.
pub(super) fn files(context: &Context, tab: TabId, ticket: Ticket, action: FileAction, for_good: bool, stop: Cancel) {
    let inputs = context.inputs.clone();
    tokio::task::spawn_blocking(move || {
        let result = change(action, for_good, &|| stop.is_cancelled()).map(|()| Report::Done).map_err(Failure::from);
        // The worker has ended: nobody reads it.
        let _ = inputs.blocking_send(Input::Event(Event::Finished { tab, ticket, result }));
        let _ = inputs.blocking_send(Input::LocalTouched(tab));
    });
}

fn change(action: FileAction, for_good: bool, stop: &dyn Fn() -> bool) -> Result<(), disk::Error> {
    match action {
        FileAction::MakeDirectory(Place::Local(path)) => local::make_directory(&path),
        FileAction::Rename { from: Place::Local(from), to: Place::Local(to) } => local::rename(&from, &to),
        FileAction::Delete(places) => local::delete(&paths(places), for_good, stop),
        FileAction::Chmod { places, mode, below } => local::chmod(&paths(places), mode, below, stop),
        FileAction::Copy { from, to } => local::copy(&from, &to, stop),
        // The rest is the server's, and never comes here.
        FileAction::MakeDirectory(_) | FileAction::Rename { .. } | FileAction::Verify { .. } | FileAction::Raw(_) => {
            Ok(())
        }
    }
}

fn paths(places: Vec<Place>) -> Vec<PathBuf> {
    super::files::split(places).0
}

/// Says when a folder that a tab shows has changed, until it is stopped.
pub(super) fn watch(context: &Context, tab: TabId, path: PathBuf, stop: Cancel) {
    let inputs = context.inputs.clone();
    tokio::spawn(async move {
        let mut before: Option<Option<Stamp>> = None;
        loop {
            let looked = path.clone();
            let Ok(now) = tokio::task::spawn_blocking(move || local::stamp(&looked)).await else { return };
            let changed = before.as_ref().is_some_and(|before| *before != now);
            before = Some(now);
            if changed && inputs.send(Input::LocalChanged(tab)).await.is_err() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK) => {}
                () = stop.cancelled() => return,
            }
        }
    });
}

/// Does blocking work and sends what came of it.
pub(super) fn tell(context: &Context, work: impl FnOnce() -> Event + Send + 'static) {
    let inputs = context.inputs.clone();
    tokio::task::spawn_blocking(move || {
        // The worker has ended: nobody reads it.
        let _ = inputs.blocking_send(Input::Event(work()));
    });
}
