//! Moving a file: TYPE where it differs, then RETR, STOR or APPE, and what is asked about a file that was stored.

use std::collections::VecDeque;

use super::super::command::{Command, Verb};
use super::super::control::Control;
use super::super::error::Error;
use super::super::exchange::{Exchange, Joined};
use super::super::fact;
use super::super::reply::{Class, Reply};
use super::super::traffic::DataEnd;
use super::file::{chmod, is_touched, touch};
use super::{Got, Next, Outcome, Step, Then, TransferType};
use crate::model::{Modified, RemotePath};

/// A file under way.
#[derive(Debug)]
pub(crate) struct Transfer {
    verb: Verb,
    path: RemotePath,
    offset: u64,
    kind: TransferType,
    asks: Asks,
    pub(super) exchange: Option<Exchange>,
    modified: Option<Modified>,
    about: About,
    /// What was sent, and the server has confirmed.
    stored: Option<DataEnd>,
}

/// What is asked about a file beside moving it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asks {
    /// MDTM, before it is fetched.
    pub(crate) time: bool,
    /// Once it is stored.
    pub(crate) then: Then,
}

/// What is asked about a file that was stored, and answered.
#[derive(Debug, Default)]
struct About {
    size: Option<u64>,
    dated: bool,
    /// What was asked and not answered, oldest first; `None`: nothing was asked yet.
    open: Option<VecDeque<Question>>,
    /// Commands that wait for the answer before, where they may not be sent together.
    waiting: VecDeque<Command>,
}

/// What an answer is about: SITE alone does not tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    Size,
    Time,
    Permissions,
}

impl Transfer {
    pub(crate) fn new(verb: Verb, path: RemotePath, offset: u64, kind: TransferType, asks: Asks) -> Self {
        Self { verb, path, offset, kind, asks, exchange: None, modified: None, about: About::default(), stored: None }
    }

    /// Goes on with an exchange whose command is on the wire.
    pub(crate) fn take_up(&mut self, exchange: Exchange) {
        self.exchange = Some(exchange);
    }

    pub(crate) fn step(&mut self, got: Got<'_>, control: &mut Control) -> Step {
        use Verb::{Mdtm, Mfmt, Site, Size};
        match got {
            Got::Reply(Mdtm | Mfmt | Site | Size, Class::Preliminary, _) => return Ok(Next::Wait),
            Got::Reply(verb @ (Mdtm | Mfmt | Site | Size), class, reply) => {
                return Ok(self.told(verb, class, reply, control));
            }
            _ => {}
        }
        if let Some(exchange) = &mut self.exchange {
            let is_over = matches!(got, Got::DataDone(Ok(DataEnd { clean: true, .. })));
            let joined = exchange.step(got, control)?;
            // The server has closed its end of the data: the file is there, and what is asked now is answered behind the
            // word for it. While it still reads, some servers would refuse what is asked.
            if is_over && exchange.has_data_end() && self.verb.sends_data() && control.pipelining {
                self.ask_about(control)?;
            }
            return joined.map_or(Ok(Next::Wait), |joined| self.joined(joined, control));
        }
        match got {
            Got::Start => self.start(control),
            Got::Reply(Verb::Type, Class::Completion, _) => {
                control.kind = Some(self.kind);
                self.exchange(control)
            }
            Got::Reply(_, Class::Preliminary, _) => Ok(Next::Wait),
            Got::Reply(verb, _, reply) => Err(control.refused(verb, reply)),
            _ => Ok(Next::Wait),
        }
    }

    fn start(&mut self, control: &mut Control) -> Step {
        if self.offset > 0 && self.kind == TransferType::Ascii {
            return Err(Error::Unsupported("REST in text mode")); // the same byte lies elsewhere on the other side
        }
        if control.kind == Some(self.kind) {
            return self.exchange(control);
        }
        control.kind = None;
        let letter = match self.kind {
            TransferType::Image => "I",
            TransferType::Ascii => "A",
        };
        control.send(Command::with(Verb::Type, letter)?);
        Ok(Next::Wait)
    }

    fn exchange(&mut self, control: &mut Control) -> Step {
        control.settle_before_transfer()?;
        let command = Command::with(self.verb, control.file_path(&self.path)?)?;
        if self.asks.time && control.pipelining {
            control.send(Command::with(Verb::Mdtm, control.file_path(&self.path)?)?);
        }
        let marker = Some(self.offset).filter(|offset| *offset > 0);
        self.exchange = Some(Exchange::begin(command, marker, control)?);
        Ok(Next::Wait)
    }

    fn joined(&mut self, joined: Joined, control: &mut Control) -> Step {
        let verdict = joined.verdict(self.verb, control);
        if control.gone.is_none() && self.exchange.as_ref().is_some_and(Exchange::overlaps) {
            control.judge_ahead(verdict.as_ref().ok().map(|end| end.bytes));
        }
        let end = verdict?;
        if self.verb == Verb::Retr {
            let DataEnd { bytes, clean, .. } = end;
            return Ok(Next::Done(Outcome::Retrieved { bytes, clean, modified: self.modified }));
        }
        self.stored = Some(end);
        if self.about.open.is_none() {
            self.ask_about(control)?;
        }
        Ok(self.unless_open())
    }

    /// Asks what is wanted about the file, and for the port of the next one, in one packet where the server bears that.
    fn ask_about(&mut self, control: &mut Control) -> Result<(), Error> {
        let mut questions = VecDeque::new();
        if control.gone.is_some() {
            self.about.open = Some(VecDeque::new()); // nobody is there to be asked
            return Ok(());
        }
        let Then { size, modified, permissions } = self.asks.then;
        if size && self.kind == TransferType::Image {
            questions.push_back((Question::Size, Command::with(Verb::Size, control.file_path(&self.path)?)?));
        }
        // A server that cannot set times or permissions is no reason to fail.
        match modified.map(|at| touch(&self.path, at, control)) {
            Some(Ok(touch)) => questions.push_back((Question::Time, touch)),
            Some(Err(_)) => {
                control.note("The server has no command to set times: the file has the time of its arrival")
            }
            None => {}
        }
        if let Some(mode) = permissions {
            questions.push_back((Question::Permissions, chmod(&self.path, mode, control)?));
        }
        let (open, commands) = questions.into_iter().unzip();
        self.about.open = Some(open);
        if control.pipelining {
            let next = self.exchange.as_ref().and_then(|exchange| control.next_port(exchange.way()));
            control.send_with_ahead(commands, next);
        } else {
            self.about.waiting = commands;
            self.ask_next(control);
        }
        Ok(())
    }

    fn ask_next(&mut self, control: &mut Control) {
        if let Some(question) = self.about.waiting.pop_front() {
            control.send(question);
        }
    }

    /// An answer about the file.
    fn told(&mut self, verb: Verb, class: Class, reply: &Reply, control: &mut Control) -> Next {
        if self.verb == Verb::Retr {
            self.modified = (class == Class::Completion).then(|| fact::time(reply.text())).flatten();
            return Next::Wait;
        }
        match self.about.open.as_mut().and_then(VecDeque::pop_front) {
            Some(Question::Size) if class == Class::Completion => self.about.size = fact::size(reply.text()),
            Some(Question::Time) => {
                self.about.dated = is_touched(verb, class, reply);
                if !self.about.dated {
                    control.note("The server did not take the file's time: it has that of its arrival");
                }
            }
            Some(Question::Permissions) if class != Class::Completion => {
                control.note("The server did not take the file's permissions");
            }
            Some(Question::Size | Question::Permissions) | None => {}
        }
        self.ask_next(control);
        self.unless_open()
    }

    fn unless_open(&self) -> Next {
        match (self.stored, &self.about.open) {
            (Some(DataEnd { bytes, broken, .. }), Some(open)) if open.is_empty() => {
                let About { size, dated, .. } = self.about;
                Next::Done(Outcome::Stored { bytes, size, dated, clean: !broken })
            }
            _ => Next::Wait,
        }
    }
}
