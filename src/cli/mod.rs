//! The command line: a front without a window, on the same worker.
//!
//! [`run`] reads the arguments, starts the worker through a closure that `main` gives it, and hands over to one file per
//! group of subcommands. They talk to the worker through `front`, which handles on the way what concerns all: the
//! transcript, questions, the queue's rows, Ctrl-C.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::mpsc::Receiver;

use crate::model::{Actions, Event, Failure, Run, Settings};

mod arguments;
mod asking;
mod explain;
mod files;
mod front;
mod interrupt;
mod listing;
mod log;
mod options;
mod output;
mod progress;
mod queue;
mod raw;
mod sites;
mod status;
mod target;
mod transcript;
mod transfers;
mod watch;

pub use arguments::{Arguments, Command, Export, MaskOf, QueueAction};
pub use asking::given_password;
pub use interrupt::on_interrupt;
pub use options::{DataMode, Options, Tls, TlsMin};
pub use output::{complain, explain_usage};
pub use target::Target;
pub use transcript::TranscriptFile;

use asking::Asker;
use front::Front;
use interrupt::Interrupt;
use output::Results;
use status::{Status, Stop};

/// How the worker is to start.
pub struct Start {
    /// What holds for this run only.
    pub run: Run,
    /// Puts options in the place of settings, for this run.
    pub adjust: Box<dyn FnOnce(&mut Settings) + Send>,
    /// What becomes of the rows that an earlier run left.
    pub left: Left,
}

/// What becomes of the rows that an earlier run left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left {
    /// They are left alone.
    Ignore,
    /// They are told, and held.
    Hold,
    /// They go on.
    Run,
}

/// Runs a subcommand on the worker that `spawn` starts, and says how it ended.
pub fn run<S>(command: Command, options: Options, spawn: S) -> ExitCode
where
    S: FnOnce(Start) -> Result<(Actions, Receiver<Event>), Failure>,
{
    run_with(command, options, spawn, Results::new(), Interrupt::listen()).code().into()
}

/// The log that a command opens in the window, if that is what it does, or why it cannot be opened.
pub fn log_for_window(command: &Command) -> Option<Result<PathBuf, String>> {
    let Command::Log { file, export: None, compare: None, .. } = command else { return None };
    // Wrong files are told where they were typed, not in a window.
    let opened = log::open(file).map_err(|stop| stop.to_string());
    let whole = |file: &PathBuf| std::path::absolute(file).map_err(|error| format!("{}: {error}", file.display()));
    Some(opened.and_then(|_| whole(file)))
}

fn run_with<S>(command: Command, options: Options, spawn: S, results: Results, interrupt: Interrupt) -> Status
where
    S: FnOnce(Start) -> Result<(Actions, Receiver<Event>), Failure>,
{
    if let Command::Explain { .. } | Command::Log { .. } = &command {
        // Nothing is asked of a server, so that no worker is needed.
        return looked_at(results, &command, options.json);
    }
    let mut front = match start(&command, options, spawn, results, interrupt) {
        Ok(front) => front,
        Err(stop) => {
            complain(&stop.to_string());
            return stop.status();
        }
    };
    let result = front.wait_for_sites().and_then(|()| perform(&mut front, &command));
    front.finish(result.as_ref().err());
    front.results.flush();
    let status = told(result);
    front.results.end(status)
}

/// How a run ends; why, if it did not do what it was to.
fn told(result: Result<Status, Stop>) -> Status {
    result.unwrap_or_else(|stop| {
        complain(&stop.to_string());
        stop.status()
    })
}

fn looked_at(mut results: Results, command: &Command, json: bool) -> Status {
    let result = match command {
        Command::Explain { subject } => explain::explain(&mut results, subject, json),
        Command::Log { file, export: Some(form), filter, mask, .. } => {
            let filter = filter.as_deref().unwrap_or_default();
            log::print(&mut results, file, log::Wanted { form: *form, filter, masks: mask })
        }
        Command::Log { file, compare: Some(other), .. } => log::beside(&mut results, file, other, json),
        _ => Err(Stop::Usage("a log without --export is shown in the window".to_owned())),
    };
    results.flush();
    let status = told(result);
    results.end(status)
}

fn start<S>(
    command: &Command,
    options: Options,
    spawn: S,
    results: Results,
    interrupt: Interrupt,
) -> Result<Front, Stop>
where
    S: FnOnce(Start) -> Result<(Actions, Receiver<Event>), Failure>,
{
    options.check_roots().map_err(Stop::Usage)?;
    options.check_patterns().map_err(Stop::Usage)?;
    options.warn_of_keylog().map_err(Stop::Usage)?;
    let transcript = options.begin_transcript().map_err(Stop::Usage)?;
    let asker = Asker::new(options.password_stdin, options.if_exists, interrupt.clone()).map_err(Stop::Usage)?;
    let left = match command {
        Command::Queue { action: Some(QueueAction::Run) } => Left::Run,
        Command::Queue { .. } => Left::Hold,
        _ => Left::Ignore,
    };
    let adjusting = options.clone();
    let is_new = matches!(command, Command::Get { .. } | Command::Put { .. });
    let adjust = Box::new(move |settings: &mut Settings| {
        adjusting.adjust(settings);
        // What an earlier run has left was put in with its filters on.
        if is_new {
            adjusting.adjust_filters(settings);
            adjusting.adjust_type(settings);
        }
    });
    let channels = spawn(Start { run: options.bare_run(), adjust, left }).map_err(Stop::Failed)?;
    Ok(Front::new(channels, options, asker, results, transcript, interrupt))
}

fn perform(front: &mut Front, command: &Command) -> Result<Status, Stop> {
    match command {
        Command::Ls { target, long } => listing::ls(front, target.as_deref(), *long),
        Command::Get { targets, output } => transfers::get(front, targets, output),
        Command::Put { words } => transfers::put(front, words),
        Command::Rm { targets, recursive } => files::rm(front, targets, *recursive),
        Command::Mkdir { targets, parents } => files::mkdir(front, targets, *parents),
        Command::Mv { from, to } => files::mv(front, from, to),
        Command::Chmod { mode, targets, recursive } => files::chmod(front, *mode, targets, *recursive),
        Command::Raw { words } => raw::raw(front, words),
        // They need no worker, and are done before there is one.
        Command::Explain { .. } | Command::Log { .. } => Ok(Status::Done),
        Command::Sites { long } => sites::sites(front, *long),
        // It is not there, which was said.
        Command::Queue { .. } if front.failures > 0 => Ok(Status::Failed),
        Command::Queue { action: None } => queue::show(front),
        Command::Queue { action: Some(QueueAction::Clear) } => queue::clear(front),
        Command::Queue { action: Some(QueueAction::Run) } => queue::run(front),
        Command::Queue { action: Some(QueueAction::Import { file }) } => queue::import(front, file),
        Command::Queue { action: Some(QueueAction::Export { file }) } => queue::export(front, file),
    }
}

#[cfg(test)]
mod tests;
