//! Moving a file: TYPE where it differs, then RETR, STOR or APPE, and what is asked about a file that was stored.

use std::collections::VecDeque;

use super::super::command::{Command, Verb};
use super::super::control::Control;
use super::super::error::Error;
use super::super::exchange::Exchange;
use super::super::fact;
use super::super::reply::{Class, Reply};
use super::super::session::DataEnd;
use super::file::{is_touched, touch};
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
    exchange: Option<Exchange>,
    modified: Option<Modified>,
    stored: Option<Stored>,
}

/// What is asked about a file beside moving it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asks {
    /// MDTM, before it is fetched.
    pub(crate) time: bool,
    /// Once it is stored.
    pub(crate) then: Then,
}

/// A file that was stored.
#[derive(Debug)]
struct Stored {
    bytes: u64,
    size: Option<u64>,
    dated: bool,
    /// Questions whose answers have not come.
    open: usize,
    /// Those of them that wait for the answer before, where commands may not be sent together.
    questions: VecDeque<Command>,
}

impl Transfer {
    pub(crate) fn new(verb: Verb, path: RemotePath, offset: u64, kind: TransferType, asks: Asks) -> Self {
        Self { verb, path, offset, kind, asks, exchange: None, modified: None, stored: None }
    }

    pub(crate) fn step(&mut self, got: Got<'_>, control: &mut Control) -> Step {
        if self.stored.is_some() {
            return match got {
                Got::Reply(_, Class::Preliminary, _) => Ok(Next::Wait),
                Got::Reply(verb, class, reply) => Ok(self.told(verb, class, reply, control)),
                _ => Ok(Next::Wait),
            };
        }
        if let Got::Reply(Verb::Mdtm, class, reply) = got {
            if class == Class::Completion {
                self.modified = fact::time(reply.text());
            }
            return Ok(Next::Wait);
        }
        if let Some(exchange) = &mut self.exchange {
            let Some(joined) = exchange.step(got, control)? else { return Ok(Next::Wait) };
            let verdict = joined.verdict(self.verb, control);
            if exchange.overlaps() {
                control.judge_ahead(verdict.as_ref().ok().map(|end| end.bytes));
            }
            return match self.verb {
                Verb::Retr => verdict.map(|DataEnd { bytes, clean }| {
                    Next::Done(Outcome::Retrieved { bytes, clean, modified: self.modified })
                }),
                _ => self.ask_about(verdict?, control),
            };
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
            control.send_soon(Command::with(Verb::Mdtm, control.file_path(&self.path)?)?);
        }
        let marker = Some(self.offset).filter(|offset| *offset > 0);
        self.exchange = Some(Exchange::begin(command, marker, control)?);
        Ok(Next::Wait)
    }

    /// Asks what is wanted about the file, and for the port of the next one, in one packet where the server bears that.
    fn ask_about(&mut self, end: DataEnd, control: &mut Control) -> Step {
        let mut questions = VecDeque::new();
        if self.asks.then.size && self.kind == TransferType::Image {
            questions.push_back(Command::with(Verb::Size, control.file_path(&self.path)?)?);
        }
        // A server that cannot set times is no reason to fail.
        if let Some(Ok(touch)) = self.asks.then.modified.map(|at| touch(&self.path, at, control)) {
            questions.push_back(touch);
        }
        let mut stored = Stored { bytes: end.bytes, size: None, dated: false, open: questions.len(), questions };
        if control.pipelining {
            let next = self.exchange.as_ref().and_then(|exchange| control.next_port(exchange.way()));
            control.send_with_ahead(stored.questions.drain(..), next);
        } else if let Some(question) = stored.questions.pop_front() {
            control.send(question);
        }
        Ok(self.unless_open(stored))
    }

    /// An answer about the file that was stored.
    fn told(&mut self, verb: Verb, class: Class, reply: &Reply, control: &mut Control) -> Next {
        let Some(mut stored) = self.stored.take() else { return Next::Wait };
        match verb {
            Verb::Size if class == Class::Completion => stored.size = fact::size(reply.text()),
            Verb::Mfmt | Verb::Mdtm => stored.dated = is_touched(verb, class, reply),
            _ => {}
        }
        stored.open -= 1;
        if let Some(question) = stored.questions.pop_front() {
            control.send(question);
        }
        self.unless_open(stored)
    }

    fn unless_open(&mut self, stored: Stored) -> Next {
        if stored.open > 0 {
            self.stored = Some(stored);
            return Next::Wait;
        }
        let Stored { bytes, size, dated, .. } = stored;
        Next::Done(Outcome::Stored { bytes, size, dated })
    }
}
