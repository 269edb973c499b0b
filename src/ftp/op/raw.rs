//! A command as a person typed it. What it changes on the server, the session must know afterwards.

use super::super::command::{Command, Verb};
use super::super::control::{Control, Tls};
use super::super::error::Error;
use super::super::exchange::Exchange;
use super::super::reply::Class;
use super::{Got, Next, Outcome, Step, TransferType};

/// A typed command under way.
#[derive(Debug)]
pub(crate) struct Raw {
    line: String,
    command: Option<Command>,
    pub(super) exchange: Option<Exchange>,
    replies: Vec<Vec<String>>,
}

impl Raw {
    pub(crate) fn new(line: String) -> Self {
        Self { line, command: None, exchange: None, replies: Vec::new() }
    }

    pub(crate) fn step(&mut self, got: Got<'_>, control: &mut Control) -> Step {
        if let Got::Start = got {
            return self.start(control);
        }
        let Some(command) = self.command.clone() else { return Ok(Next::Wait) };
        if let Got::Reply(verb, class, reply) = &got
            && *verb == command.verb()
        {
            self.replies.push(reply.lines().map(|line| control.shown(line)).collect());
            if *class == Class::Completion || *class == Class::Intermediate {
                remember(&command, control)?;
            }
        }
        match (&mut self.exchange, got) {
            (Some(exchange), got) => match exchange.step(got, control)? {
                // A refusal is an answer too; a transfer that the server thinks well of must be well here.
                Some(joined) if joined.reply.is_negative() => self.done(),
                Some(joined) => joined.verdict(command.verb(), control).and_then(|_| self.done()),
                None => Ok(Next::Wait),
            },
            (None, Got::Reply(_, Class::Preliminary, _)) => Ok(Next::Wait),
            (None, Got::Reply(..)) => self.done(),
            (None, _) => Ok(Next::Wait),
        }
    }

    fn start(&mut self, control: &mut Control) -> Step {
        let command = Command::typed(control.charset.encode(&self.line)?)?;
        if let Some(why_not) = refused_here(&command, control) {
            return Err(Error::Withheld(why_not));
        }
        self.command = Some(command.clone());
        if command.verb().moves_data() {
            let marker = control.marker;
            self.exchange = Some(Exchange::begin(command, marker, control)?);
        } else {
            control.send(command);
        }
        Ok(Next::Wait)
    }

    fn done(&mut self) -> Step {
        Ok(Next::Done(Outcome::Replies(std::mem::take(&mut self.replies))))
    }
}

/// What cannot be typed, because the connection underneath would have to change with it.
fn refused_here(command: &Command, control: &Control) -> Option<&'static str> {
    match command.verb() {
        Verb::Auth => Some("AUTH as a typed command: choose the encryption of the site"),
        Verb::Ccc => Some("CCC: the control connection stays encrypted"),
        Verb::Rein if control.tls != Tls::Clear => Some("REIN under TLS: connect again"),
        _ => None,
    }
}

/// Keeps what is known of the server true after a typed command was obeyed.
fn remember(command: &Command, control: &mut Control) -> Result<(), Error> {
    let argument = String::from_utf8_lossy(command.argument()).to_ascii_uppercase();
    match command.verb() {
        Verb::Type => {
            control.kind = match argument.as_str() {
                "I" | "L 8" => Some(TransferType::Image),
                "A" | "A N" => Some(TransferType::Ascii),
                _ => None,
            }
        }
        Verb::Cwd | Verb::Cdup | Verb::Xcwd | Verb::Xcup | Verb::Smnt => control.directory = None,
        Verb::User | Verb::Rein => {
            control.directory = None;
            control.kind = None;
        }
        Verb::Prot => control.protected = control.tls != Tls::Clear && argument == "P",
        Verb::Mode => control.undo_later(Command::with(Verb::Mode, "S")?, argument != "S"),
        Verb::Stru => control.undo_later(Command::with(Verb::Stru, "F")?, argument != "F"),
        _ => {}
    }
    Ok(())
}
