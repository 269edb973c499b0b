//! Moving a file: TYPE where it differs, then RETR, STOR or APPE.

use super::super::command::{Command, Verb};
use super::super::control::Control;
use super::super::error::Error;
use super::super::exchange::Exchange;
use super::super::reply::Class;
use super::{Got, Next, Outcome, Step, TransferType};
use crate::model::RemotePath;

/// A file under way.
#[derive(Debug)]
pub(crate) struct Transfer {
    verb: Verb,
    path: RemotePath,
    offset: u64,
    kind: TransferType,
    exchange: Option<Exchange>,
}

impl Transfer {
    pub(crate) fn new(verb: Verb, path: RemotePath, offset: u64, kind: TransferType) -> Self {
        Self { verb, path, offset, kind, exchange: None }
    }

    pub(crate) fn step(&mut self, got: Got<'_>, control: &mut Control) -> Step {
        if let Some(exchange) = &mut self.exchange {
            let Some(joined) = exchange.step(got, control)? else { return Ok(Next::Wait) };
            let end = joined.verdict(self.verb, control)?;
            return Ok(Next::Done(match self.verb {
                Verb::Retr => Outcome::Retrieved { bytes: end.bytes, clean: end.clean },
                _ => Outcome::Stored { bytes: end.bytes },
            }));
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
        let marker = Some(self.offset).filter(|offset| *offset > 0);
        self.exchange = Some(Exchange::begin(command, marker, control)?);
        Ok(Next::Wait)
    }
}
