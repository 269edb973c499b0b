//! What every subcommand stands on: actions go out, events come in, and what concerns all is handled here.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use super::asking::Asker;
use super::interrupt::Interrupt;
use super::options::Options;
use super::output::{Results, aside, complain};
use super::status::Stop;
use super::target::Target;
use super::transcript::TranscriptFile;
use super::watch::Watch;
use crate::model::{
    Action, Actions, ConnectionState, Direction, Event, Failure, FileAction, Line, Listing, Question, RemotePath,
    Report, Server, Sites, TabId, Ticket,
};

/// How often Ctrl-C is looked for while nothing happens.
pub(super) const LOOK: Duration = Duration::from_millis(50);
/// How long a full channel of actions is left alone.
const ROOM: Duration = Duration::from_millis(2);
/// How long the worker may take to end; then the process ends without it. Its own bounds are shorter.
const GOODBYE: Duration = Duration::from_secs(30);
/// How long it may take once somebody has pressed Ctrl-C.
const HASTE: Duration = Duration::from_secs(10);

/// The command line's end of the channels.
pub(super) struct Front {
    actions: Actions,
    events: Receiver<Event>,
    /// Events that came while an action waited for room.
    early: VecDeque<Event>,
    pub(super) options: Options,
    pub(super) results: Results,
    pub(super) asker: Asker,
    /// The queue as the worker tells it.
    pub(super) watch: Watch,
    /// The sites; empty until the worker has told them.
    pub(super) sites: Arc<Sites>,
    /// A filter that was named and that the settings do not have.
    no_filter: Option<String>,
    /// Failures that belong to no row.
    pub(super) failures: usize,
    transcript: Option<TranscriptFile>,
    interrupt: Interrupt,
    tickets: u64,
    /// The worker was told to end.
    over: bool,
}

impl Front {
    /// Stands between the worker's channels and a subcommand.
    pub(super) fn new(
        (actions, events): (Actions, Receiver<Event>),
        options: Options,
        asker: Asker,
        results: Results,
        transcript: Option<TranscriptFile>,
        interrupt: Interrupt,
    ) -> Self {
        Self {
            actions,
            events,
            early: VecDeque::new(),
            results,
            watch: Watch::new(&options),
            asker,
            options,
            sites: Arc::default(),
            no_filter: None,
            failures: 0,
            transcript,
            interrupt,
            tickets: 0,
            over: false,
        }
    }

    /// Waits until the worker has told the sites.
    pub(super) fn wait_for_sites(&mut self) -> Result<(), Stop> {
        while !matches!(self.next()?, Event::Sites(_)) {}
        match self.no_filter.take() {
            Some(name) => Err(Stop::Usage(format!("--filter: no filter is called “{name}”"))),
            None => Ok(()),
        }
    }

    /// Hands an action over, however busy the worker is.
    pub(super) fn send(&mut self, mut action: Action) -> Result<(), Stop> {
        while let Err(back) = self.actions.send(action) {
            action = back;
            match self.events.recv_timeout(ROOM) {
                Ok(event) => self.early.push_back(event),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(ended()),
            }
        }
        Ok(())
    }

    /// The next event that a subcommand may wait for. Lines, questions, notes and the queue's rows are handled on the
    /// way.
    pub(super) fn next(&mut self) -> Result<Event, Stop> {
        loop {
            if self.interrupt.is_raised() {
                return Err(Stop::Interrupted);
            }
            let event = match self.early.pop_front() {
                Some(event) => event,
                None => match self.events.recv_timeout(LOOK) {
                    Ok(event) => event,
                    Err(RecvTimeoutError::Timeout) => continue,
                    Err(RecvTimeoutError::Disconnected) => return Err(ended()),
                },
            };
            if let Event::Ask(question) = event {
                self.answer(&question)?;
            } else if let Some(event) = self.absorb(event) {
                return Ok(event);
            }
        }
    }

    /// Begins to log in to a target's server as `tab`.
    pub(super) fn begin_to_connect(&mut self, tab: TabId, target: &Target) -> Result<(), Stop> {
        let credentials = target.credentials(self.asker.password());
        self.send(Action::Connect { tab, site: target.site.clone(), credentials })
    }

    /// Logs in to a target's server as `tab`.
    pub(super) fn connect(&mut self, tab: TabId, target: &Target) -> Result<Arc<Server>, Stop> {
        self.begin_to_connect(tab, target)?;
        loop {
            match self.next()? {
                Event::Connection { tab: of, state } if of == tab => match state {
                    ConnectionState::Connected(server) => return Ok(server),
                    ConnectionState::Disconnected(failure) => {
                        return Err(Stop::NoConnection(self.no_connection(target, failure.as_ref())));
                    }
                    ConnectionState::Connecting(_) | ConnectionState::Waiting { .. } => {}
                },
                Event::Stopped => return Err(ended()),
                _ => {}
            }
        }
    }

    /// Why there is no connection to a target's server, and what may help.
    pub(super) fn no_connection(&self, target: &Target, failure: Option<&Failure>) -> String {
        let text = failure.map_or_else(|| format!("no connection to {}", target.site.host), Failure::to_string);
        let doubt = self.asker.doubted.as_ref().filter(|doubt| doubt.host.eq_ignore_ascii_case(&target.site.host));
        let Some(doubt) = doubt else { return text };
        let print = doubt.chain.first().map_or("", |certificate| &certificate.sha256);
        let hint = if text.contains(print) { String::new() } else { format!(" (SHA-256 {print})") };
        format!("{text}{hint}; --trust SHA256 or --ca FILE accepts it")
    }

    /// Lists a remote directory.
    pub(super) fn list(&mut self, tab: TabId, path: &RemotePath) -> Result<Result<Arc<Listing>, Failure>, Stop> {
        self.send(Action::List { tab, path: path.clone() })?;
        loop {
            match self.next()? {
                Event::Listing { tab: of, path: asked, result } if of == tab && asked == *path => return Ok(result),
                Event::Connection { tab: of, state: ConnectionState::Disconnected(Some(failure)) } if of == tab => {
                    return Ok(Err(failure));
                }
                Event::Stopped => return Err(ended()),
                _ => {}
            }
        }
    }

    /// Changes something on the server.
    pub(super) fn change(&mut self, tab: TabId, action: FileAction) -> Result<Result<Report, Failure>, Stop> {
        self.ask(tab, |tab, ticket| Action::Files { tab, ticket, action })
    }

    /// Sends an action, and waits for how it ended.
    pub(super) fn ask(
        &mut self,
        tab: TabId,
        action: impl FnOnce(TabId, Ticket) -> Action,
    ) -> Result<Result<Report, Failure>, Stop> {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.send(action(tab, ticket))?;
        loop {
            match self.next()? {
                Event::Finished { ticket: of, result, .. } if of == ticket => return Ok(result),
                Event::Stopped => return Err(ended()),
                _ => {}
            }
        }
    }

    /// One line on standard error about a failure.
    pub(super) fn complain(&self, text: &str) {
        self.watch.bars.pause(|| complain(text));
    }

    /// One line on standard error that `--quiet` leaves out.
    pub(super) fn note(&self, text: &str) {
        if !self.options.quiet {
            self.complain(text);
        }
    }

    /// Ends the worker and hears it out: what it says until then belongs into the transcript and the results.
    pub(super) fn finish(&mut self, stop: Option<&Stop>) {
        if std::mem::replace(&mut self.over, true) {
            return;
        }
        self.watch.bars.clear();
        let interrupted = matches!(stop, Some(Stop::Interrupted));
        let deadline = Instant::now() + if interrupted { HASTE } else { GOODBYE };
        self.watch.is_ending = interrupted;
        if self.send(Action::Quit).is_ok() {
            while let Some(left) = deadline.checked_duration_since(Instant::now()) {
                let event = match self.early.pop_front() {
                    Some(event) => event,
                    None => match self.events.recv_timeout(left) {
                        Ok(event) => event,
                        Err(_) => break,
                    },
                };
                if matches!(self.absorb(event), Some(Event::Stopped)) {
                    break;
                }
            }
        }
    }

    /// Handles what concerns all subcommands; gives back the rest.
    fn absorb(&mut self, event: Event) -> Option<Event> {
        match event {
            Event::Line(line) => self.line(&line),
            Event::Queue(delta) => {
                let (watch, results) = (&mut self.watch, &mut self.results);
                watch.apply(delta, results);
            }
            Event::Notice(text) | Event::TooMany { words: text, .. } => self.note(&text),
            Event::NoVault(why) => self.note(&format!("the password is kept for this run only: {why}")),
            Event::Failed(failure) => {
                self.failures += 1;
                self.complain(&failure.to_string());
            }
            Event::Connection { state: ConnectionState::Connecting(step), .. } if self.options.verbose > 0 => {
                self.note(&step);
            }
            Event::Connection { state: ConnectionState::Waiting { failure, seconds }, .. } => {
                self.note(&format!("{failure}; next try in {seconds} s"));
            }
            Event::Sites(sites) => {
                self.sites = sites.clone();
                return Some(Event::Sites(sites));
            }
            Event::Settings(settings) => {
                let known = |name: &String| {
                    settings.filters.filters.iter().any(|filter| filter.name.eq_ignore_ascii_case(name))
                };
                self.no_filter = self.options.filter.iter().find(|name| !known(name)).cloned();
            }
            Event::Opened { .. } | Event::Closed(_) | Event::Withdrawn(_) | Event::Ask(_) => {}
            other => return Some(other),
        }
        None
    }

    fn line(&mut self, line: &Line) {
        if let Some(transcript) = &mut self.transcript {
            transcript.write(line);
        }
        if self.options.verbose > 1 {
            let sign = match line.direction {
                Direction::Sent => '>',
                Direction::Received => '<',
                Direction::Note => '*',
            };
            self.watch.bars.pause(|| aside(&format!("{} {sign} {}", line.connection.0, line.text)));
        }
    }

    fn answer(&mut self, Question { id, ask, .. }: &Question) -> Result<(), Stop> {
        let asker = &mut self.asker;
        let answer =
            if asker.needs_terminal(ask) { self.watch.bars.pause(|| asker.answer(ask)) } else { asker.answer(ask) };
        // Who leaves has answered nothing: the row waits for another run.
        if self.interrupt.is_raised() {
            return Err(Stop::Interrupted);
        }
        self.send(Action::Answer(*id, answer))
    }
}

fn ended() -> Stop {
    Stop::Local("the worker ended unexpectedly".to_owned())
}
