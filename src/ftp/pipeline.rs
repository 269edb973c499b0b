//! The next file in active mode: PORT and RETR leave together at the end of the data before it.
//!
//! Passive, a small file costs three round trips from a server that keeps its data socket until all was acknowledged
//! (vsftpd): one for that, half for the reply that names the next port, and one and a half until our connection is made.
//! Where the server can connect to us, the next file's address and name leave together at the end of the data: two, from
//! any server. It is done only where nobody has chosen a mode and where it pays, once a file of its own has shown that the
//! server comes to us.

use std::net::SocketAddr;

use super::command::{Command, Verb};
use super::config::Comes;
use super::control::Control;
use super::error::Error;
use super::exchange::Exchange;
use super::op::Operation;
use super::reply::{Class, Reply};
use super::traffic::Output;
use crate::model::Mode;

/// What is known of the file that follows, and was asked for already.
#[derive(Debug, Default)]
pub(crate) struct Pipeline {
    /// What begins next on this connection, where that is certain.
    next: Option<Operation>,
    /// Whether active mode pays.
    far: bool,
    /// Whether it may be found out if it works.
    may_try: bool,
    asked: Option<Asked>,
}

impl Pipeline {
    /// Takes in what follows.
    pub(crate) fn follows(&mut self, next: Option<Operation>, far: bool, may_try: bool) {
        (self.next, self.far, self.may_try) = (next, far, may_try);
    }

    /// The data connection of what was asked for is gone. Says whether anything was.
    pub(crate) fn forget(&mut self) -> bool {
        self.asked.take().is_some()
    }

    /// Whether the next file was asked for, and no operation has taken that up yet.
    pub(crate) fn is_asked(&self) -> bool {
        self.asked.is_some()
    }
}

/// A file that was asked for before its operation began.
#[derive(Debug)]
pub(crate) struct Asked {
    operation: Operation,
    command: Command,
    /// Our end; `None`: it is being made.
    address: Option<SocketAddr>,
    /// Whether the server has connected to it.
    pub(crate) open: bool,
    /// What it has answered so far.
    pub(crate) answers: Vec<(Verb, Class, Reply)>,
}

impl Asked {
    /// The exchange, as far as it is.
    pub(crate) fn exchange(&self, control: &Control) -> Exchange {
        Exchange::under_way(self.command.clone(), self.address, control)
    }
}

impl Control {
    /// Whether the server is to connect to us for this file, because that is known to work, or to see whether it does.
    pub(crate) fn tries_active(&self) -> bool {
        self.pipeline.far && self.may_be_active() && self.comes().unwrap_or(self.pipeline.may_try)
    }

    /// Whether the server can connect to us, where we are now; `None`: nobody knows.
    pub(crate) fn comes(&self) -> Option<bool> {
        self.known.comes.filter(|comes| comes.to == self.config.local).map(|comes| comes.well)
    }

    /// The server has connected to us, or could not.
    pub(crate) fn came(&mut self, well: bool) {
        self.known.comes = Some(Comes { to: self.config.local, well });
    }

    /// Whether the next file will be asked for at the end of the data.
    pub(crate) fn will_ask_for_next(&self) -> bool {
        let fits = self.may_be_active() && self.comes() == Some(true) && !self.ahead.is_made() && !self.asked_ahead();
        let is_plain = self.undo.is_empty() && self.preface.is_empty() && self.marker.is_none();
        let wanted = match &self.pipeline.next {
            Some(Operation::Retrieve { offset: 0, kind, .. }) => self.kind == Some(*kind),
            _ => false,
        };
        fits && is_plain && wanted && self.pipeline.asked.is_none()
    }

    /// At the end of the data: asks for the next file, if that is certain to be wanted. Says whether it does.
    pub(crate) fn ask_for_next(&mut self) -> bool {
        let Some(operation) = self.pipeline.next.clone().filter(|_| self.will_ask_for_next()) else { return false };
        let Operation::Retrieve { path, .. } = &operation else { return false };
        let Ok(command) = self.file_path(path).and_then(|path| Command::with(Verb::Retr, path)) else { return false };
        self.pipeline.asked = Some(Asked { operation, command, address: None, open: false, answers: Vec::new() });
        self.put(Output::Listen);
        true
    }

    /// Our end for the next file is there: names it to the server, and the file.
    pub(crate) fn name_next(&mut self, address: SocketAddr) -> Result<(), Error> {
        let address = self.own_end(address);
        let Some(asked) = self.pipeline.asked.as_mut().filter(|asked| asked.address.is_none()) else {
            return Ok(());
        };
        asked.address = Some(address);
        let (command, dated) =
            (asked.command.clone(), matches!(asked.operation, Operation::Retrieve { dated: true, .. }));
        let port = self.naming(address, true)?;
        let time = dated.then(|| Command::with(Verb::Mdtm, command.argument())).transpose()?;
        self.send_early([Some(port), time, Some(command)].into_iter().flatten());
        self.mark_lead();
        Ok(())
    }

    /// Keeps an answer to what was asked for the next file.
    pub(crate) fn answered_early(&mut self, verb: Verb, class: Class, reply: &Reply) {
        if let Some(asked) = &mut self.pipeline.asked {
            asked.answers.push((verb, class, reply.clone()));
        }
    }

    /// The server has connected for the next file, before that has begun. Says whether it was for that.
    pub(crate) fn opened_early(&mut self) -> bool {
        self.pipeline.asked.as_mut().map(|asked| asked.open = true).is_some()
    }

    /// Hands what was asked for to its operation, which begins. `Err`: it is not this one that was asked for.
    pub(crate) fn take_asked(&mut self, operation: &Operation) -> Result<Option<Asked>, ()> {
        let Some(asked) = self.pipeline.asked.take() else { return Ok(None) };
        if asked.operation != *operation {
            self.put(Output::Drop);
            return Err(());
        }
        self.adopt_data();
        self.hear_early();
        self.put(Output::Flow { protected: self.protected });
        Ok(Some(asked))
    }

    /// Gives up what was asked for.
    pub(crate) fn drop_asked(&mut self) {
        if self.pipeline.asked.take().is_some() {
            self.put(Output::Drop);
        }
    }

    /// Whether active mode is ours to choose.
    fn may_be_active(&self) -> bool {
        let is_free = self.config.mode == Mode::Auto && !self.config.tunnel && !self.known.no_passive;
        is_free && self.pipelining && !self.known.no_pipelining && !self.paths.is_relative()
    }
}
