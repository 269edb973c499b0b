//! After the last transfer: what a person wants then; and the machine stays awake until it.

use std::io;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::Worker;
use crate::model::after::{self, AfterLast};
use crate::model::{Cause, Event, Failure, Kind, Phase, TabId, TransferId};

/// Transfers that take less time put no machine to sleep.
const AWAKE_AFTER: Duration = Duration::from_secs(2);

/// How the files ended that ended since the queue was at rest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) done: usize,
    pub(super) failed: usize,
}

impl Worker {
    /// A row ended by itself.
    pub(super) fn count_ended(&mut self, row: TransferId) {
        let tally = self.tally.get_or_insert_default();
        match self.rows.get(row).map(|row| (row.phase, row.kind)) {
            Some((Phase::Done(_) | Phase::Skipped, kind)) if kind != Kind::Directory => tally.done += 1,
            Some((Phase::Failed(_), _)) => tally.failed += 1,
            _ => {}
        }
    }

    /// Rows failed with another one, without being tried.
    pub(super) fn count_failed(&mut self, rows: usize) {
        self.tally.get_or_insert_default().failed += rows;
    }

    /// Chooses what happens after the last transfer.
    pub(super) fn choose_after_last(&mut self, choice: AfterLast) {
        self.after_last = choice;
        self.front.send(Event::AfterLast(choice));
    }

    /// Does what was chosen, if the last transfer has ended: nothing runs, and what waits does so for a person.
    pub(super) fn after_last(&mut self) {
        if self.tally.is_none() || !self.active.is_empty() || !self.rows.is_at_rest() {
            return;
        }
        let Tally { done, failed } = self.tally.take().unwrap_or_default();
        let choice = std::mem::take(&mut self.after_last);
        if choice == AfterLast::Nothing || self.leave_at.is_some() {
            return;
        }
        self.front.send(Event::AfterLast(AfterLast::Nothing));
        let words = match failed {
            0 => format!("All transfers are done: {done}"),
            _ => format!("No transfer is left: {done} done, {failed} failed"),
        };
        match choice {
            AfterLast::Nothing | AfterLast::Quit => {}
            AfterLast::Notify => run("Could not notify", notification(&words), |_| {}),
            AfterLast::Command => self.run_command(done, failed),
            AfterLast::Disconnect => {
                let tabs: Vec<TabId> = self.tabs.keys().copied().collect();
                tabs.into_iter().for_each(|tab| self.disconnect(tab));
                for link in self.pool.take_idle() {
                    tokio::spawn(link.close());
                }
            }
            AfterLast::Sleep => {
                let inputs = self.context.inputs.clone();
                self.awake.let_go();
                run("Could not send the machine to sleep", sleep(), move |failure| {
                    // The worker has ended: nobody reads it.
                    let _ = inputs.blocking_send(super::Input::Event(Event::Failed(failure)));
                });
            }
        }
        // The window has its part: to be noticed, or to go.
        self.front.send(Event::LastEnded(choice, words));
    }

    /// Runs the command of the settings, which learns from its environment how it went.
    fn run_command(&self, done: usize, failed: usize) {
        let line = &self.settings.after_command;
        let what = format!("Could not run {line}");
        let inputs = self.context.inputs.clone();
        let tell = move |failure| {
            // The worker has ended: nobody reads it.
            let _ = inputs.blocking_send(super::Input::Event(Event::Failed(failure)));
        };
        match after::words(line) {
            Ok(words) => {
                let mut command = Command::new(&words[0]);
                command.args(&words[1..]);
                command.env("LONGSHORE_DONE", done.to_string()).env("LONGSHORE_FAILED", failed.to_string());
                run(&what, Some(command), tell);
            }
            Err(why) => {
                tokio::task::spawn_blocking(move || tell(failure(&what, why.to_owned())));
            }
        }
    }

    /// Keeps the machine awake while transfers run or wait for another try, if people want it.
    pub(super) fn keep_awake(&mut self, now: Instant) {
        let is_busy = !self.active.is_empty() || self.rows.due().is_some();
        if !is_busy || !self.settings.keep_awake {
            return self.awake.let_go();
        }
        self.awake.hold(now);
    }
}

fn failure(what: &str, why: String) -> Failure {
    Failure { what: what.to_owned(), why, cause: Cause::Local, again: false }
}

/// Runs a program to its end, beside everything else. `tell` hears if it cannot be started or says that it failed.
fn run(what: &str, command: Option<Command>, tell: impl FnOnce(Failure) + Send + 'static) {
    let what = what.to_owned();
    tokio::task::spawn_blocking(move || {
        let Some(mut command) = command else { return tell(failure(&what, "this system has no way to".to_owned())) };
        match command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status() {
            Ok(status) if status.success() => {}
            Ok(status) => tell(failure(&what, format!("it ended with {status}"))),
            Err(error) => tell(failure(&what, error.to_string())),
        }
    });
}

/// What shows a notice on the desktop. Where there is none, the window's own has to do.
fn notification(words: &str) -> Option<Command> {
    let mut command;
    if cfg!(target_os = "macos") {
        command = Command::new("osascript");
        // The words are an argument, and never a part of the script.
        let script = "on run words\ndisplay notification (item 1 of words) with title \"Longshore\"\nend run";
        command.args(["-e", script, words]);
    } else if cfg!(windows) {
        return None;
    } else {
        command = Command::new("notify-send");
        command.args(["--app-name=Longshore", "--icon=longshore", "Longshore", words]);
    }
    Some(command)
}

/// What sends the machine to sleep.
fn sleep() -> Option<Command> {
    let (program, arguments): (_, &[&str]) = if cfg!(target_os = "macos") {
        ("pmset", &["sleepnow"])
    } else if cfg!(windows) {
        ("rundll32.exe", &["powrprof.dll,SetSuspendState", "0,1,0"])
    } else {
        ("systemctl", &["suspend"])
    };
    let mut command = Command::new(program);
    command.args(arguments);
    Some(command)
}

/// Keeps the machine awake: a program of the system does it as long as it runs, and it ends when we do, however that is.
#[derive(Default)]
pub(super) struct Awake {
    since: Option<Instant>,
    /// Where there is no such program, the machine sleeps when it likes.
    tried: bool,
    keeper: Option<Child>,
}

impl Awake {
    fn hold(&mut self, now: Instant) {
        let since = *self.since.get_or_insert(now);
        if !self.tried && now.duration_since(since) >= AWAKE_AFTER {
            self.tried = true;
            self.keeper = keeper().ok();
        }
    }

    pub(super) fn let_go(&mut self) {
        (self.since, self.tried) = (None, false);
        if let Some(mut keeper) = self.keeper.take() {
            // It has ended, or does now: nothing else can be done about it.
            let _ = keeper.kill();
            let _ = keeper.wait();
        }
    }
}

impl Drop for Awake {
    fn drop(&mut self) {
        self.let_go();
    }
}

fn keeper() -> io::Result<Child> {
    let mut command;
    if cfg!(target_os = "macos") {
        command = Command::new("caffeinate");
        command.args(["-i", "-w"]).arg(std::process::id().to_string());
    } else if cfg!(target_os = "linux") {
        command = Command::new("systemd-inhibit");
        // cat ends with our end of its input, so that a killed program keeps nobody awake.
        command.args(["--what=idle:sleep", "--who=Longshore", "--why=Files are being transferred", "cat"]);
    } else {
        return Err(io::Error::from(io::ErrorKind::Unsupported));
    }
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
}
