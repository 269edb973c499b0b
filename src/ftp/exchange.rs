//! A data connection and the command that uses it: how it is made, and the join of its end with the reply.
//!
//! The order on the wire is PRET where the server lists it, EPSV or PASV (or EPRT or PORT), REST, the command. A passive
//! data connection is open before the command is sent, since some servers read no command before. REST comes last: after
//! PASV some servers have forgotten it, and would send a file from its start under a marker that they had accepted.

use std::collections::VecDeque;
use std::net::SocketAddr;

use super::ahead::Made;
use super::command::{Command, Verb};
use super::control::Control;
use super::endpoint;
use super::error::{DataFault, Error};
use super::op::Got;
use super::reply::{Class, Reply};
use super::traffic::{DataEnd, Output};
use crate::model::Mode;

/// A way to a data connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Epsv,
    Pasv,
    Active,
}

impl Way {
    /// What asks the server for a port.
    pub(crate) fn verb(self) -> Verb {
        if self == Self::Epsv { Verb::Epsv } else { Verb::Pasv }
    }
}

/// One data connection and its command, under way.
#[derive(Debug)]
pub(crate) struct Exchange {
    command: Command,
    marker: Option<u64>,
    way: Way,
    /// The data connection was made ahead, and may have become stale meanwhile.
    ahead: bool,
    others: VecDeque<Way>,
    /// Our end, in active mode.
    listening: Option<SocketAddr>,
    /// Active mode is our choice, and a person knows nothing of it.
    tries: bool,
    /// Our end was refused, and the command had left behind it.
    unnamed: bool,
    /// The port that EPSV named could not be reached.
    epsv_unreachable: bool,
    /// No passive way led to a data connection.
    passive_failed: bool,
    opened: bool,
    sent: bool,
    /// The next transfer's port was asked for with the command.
    overlaps: bool,
    started: bool,
    data: Option<Result<DataEnd, DataFault>>,
    reply: Option<Reply>,
}

/// A transfer that is over on both connections.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) reply: Reply,
    /// `None`: it was dropped, because the server had refused.
    pub(crate) data: Option<Result<DataEnd, DataFault>>,
    /// Whether a preliminary reply had come.
    pub(crate) started: bool,
}

impl Exchange {
    /// Begins to make a data connection for `command`, which goes out with the restart marker `marker`, if any.
    pub(crate) fn begin(command: Command, marker: Option<u64>, control: &mut Control) -> Result<Self, Error> {
        let tries = command.verb() == Verb::Retr && control.tries_active();
        let mut ways = ways(tries, control);
        if ways.is_empty() {
            return Err(Error::ActiveThroughProxy);
        }
        let ahead = control.take_ahead();
        let way = match ahead {
            Some(made) => made.way(),
            None => ways.pop_front().ok_or(Error::Unsupported("any data connection"))?,
        };
        let mut exchange = Self { marker, ahead: ahead.is_some(), tries, ..Self::new(command, way, ways) };
        match ahead {
            Some(Made::Asked(_)) => exchange.ahead = false,
            Some(Made::Connecting(_)) => control.adopt_data(),
            Some(Made::Open(_)) => {
                control.adopt_data();
                exchange.open(control)?;
            }
            None => exchange.take_way(way, control)?,
        }
        Ok(exchange)
    }

    /// One whose command is on the wire already, behind our end's `address`.
    pub(crate) fn under_way(command: Command, address: Option<SocketAddr>, control: &Control) -> Self {
        let ways = ways(false, control);
        Self { listening: address, ahead: true, tries: true, sent: true, ..Self::new(command, Way::Active, ways) }
    }

    fn new(command: Command, way: Way, others: VecDeque<Way>) -> Self {
        Self {
            command,
            marker: None,
            way,
            ahead: false,
            others,
            listening: None,
            tries: false,
            unnamed: false,
            epsv_unreachable: false,
            passive_failed: false,
            opened: false,
            sent: false,
            overlaps: false,
            started: false,
            data: None,
            reply: None,
        }
    }

    /// Hears what happened; `Some` once reply and data are both in, in whatever order.
    pub(crate) fn step(&mut self, got: Got<'_>, control: &mut Control) -> Result<Option<Joined>, Error> {
        use Class::{Completion, Intermediate, Preliminary};
        let verb = self.command.verb();
        match got {
            Got::Reply(heard, class, reply) if self.sent && heard == verb => {
                return self.answered(class, reply, control);
            }
            Got::Reply(_, Preliminary, _) => {}
            Got::Reply(Verb::Pret, _, reply) => self.announced(reply, control)?,
            Got::Reply(Verb::Epsv | Verb::Pasv, Completion, reply) => match endpoint::passive(reply) {
                Some(passive) => self.connect(passive, control),
                None => self.try_another(control.refused(self.way.verb(), reply), control)?,
            },
            Got::Reply(heard @ (Verb::Epsv | Verb::Pasv), class, reply) => {
                let refused = control.refused(heard, reply);
                if reply.code() == 530 {
                    return Err(refused);
                }
                control.known.no_epsv |= heard == Verb::Epsv && class == Class::Permanent;
                self.try_another(refused, control)?;
            }
            Got::Listening(address) if self.way == Way::Active && self.listening.is_none() => {
                self.name_our_end(address, control)?;
            }
            // The command has left together with it.
            Got::Reply(Verb::Eprt | Verb::Port, class, _) if self.sent => self.unnamed |= class != Completion,
            Got::Reply(Verb::Eprt | Verb::Port, Completion, _) => self.launch(control)?,
            Got::Reply(heard @ (Verb::Eprt | Verb::Port), class, reply) => {
                self.our_end_refused(heard, class, reply, control)?;
            }
            Got::Reply(Verb::Rest, Intermediate, reply) => self.marked(reply, control)?,
            Got::Reply(Verb::Rest, ..) => {
                if control.marker.is_some() {
                    control.forget_marker()?;
                }
                return Err(Error::Unsupported("REST"));
            }
            Got::Reply(heard, _, reply) => return Err(control.refused(heard, reply)),
            Got::DataOpen if !self.opened => self.open(control)?,
            Got::DataDone(result) => return self.data_done(result, control),
            Got::Start | Got::Secured | Got::Cleared | Got::Listening(_) | Got::DataOpen => {}
        }
        Ok(None)
    }

    fn take_way(&mut self, way: Way, control: &mut Control) -> Result<(), Error> {
        self.way = way;
        self.opened = false;
        if way == Way::Active {
            control.ask_for_data(Output::Listen);
            return Ok(());
        }
        let ask = Command::new(way.verb());
        if !control.uses_pret() {
            control.send(ask);
            return Ok(());
        }
        // A server that is several machines must know what is wanted before it says where from.
        let announce = Command::with(Verb::Pret, self.command.shown_bytes().unwrap_or_default())?;
        if control.pipelining {
            control.send_all([announce, ask]);
        } else {
            control.send(announce);
        }
        Ok(())
    }

    /// PRET was answered. What it refuses, the command itself would be refused.
    fn announced(&mut self, reply: &Reply, control: &mut Control) -> Result<(), Error> {
        if (500..=504).contains(&reply.code()) {
            control.no_pret = true;
        } else if reply.is_negative() {
            return Err(control.refused(self.command.verb(), reply));
        }
        if !control.pipelining {
            control.send(Command::new(self.way.verb()));
        }
        Ok(())
    }

    /// This way led to nothing: the next one, or the end with `error`.
    fn try_another(&mut self, error: Error, control: &mut Control) -> Result<(), Error> {
        control.drop_data();
        self.listening = None;
        // One that was made ahead failed by its age.
        self.passive_failed |= self.way != Way::Active && !self.ahead;
        self.ahead = false;
        let Some(next) = self.others.pop_front() else { return Err(error) };
        if next == Way::Active {
            control.note("No passive data connection can be made: the server is asked to connect to us");
        }
        self.take_way(next, control)
    }

    /// Connects to the port that the server named.
    fn connect(&mut self, passive: endpoint::Passive, control: &mut Control) {
        let host = control.host_of(&passive);
        control.ask_for_data(Output::Connect { host, port: passive.port });
    }

    fn name_our_end(&mut self, address: SocketAddr, control: &mut Control) -> Result<(), Error> {
        let address = control.own_end(address);
        self.listening = Some(address);
        if self.tries && self.marker.is_none() && control.marker.is_none() {
            // Where our end is refused, so is the command behind it, and nothing is lost.
            self.sent = true;
            control.send_all([control.naming(address, true)?, self.command.clone()]);
            control.mark_lead();
            control.put(Output::Flow { protected: control.protected });
        } else {
            control.send(control.naming(address, false)?);
        }
        Ok(())
    }

    fn our_end_refused(&mut self, verb: Verb, class: Class, reply: &Reply, control: &mut Control) -> Result<(), Error> {
        let refused = control.refused(verb, reply);
        let port = self.listening.and_then(endpoint::port).filter(|_| verb == Verb::Eprt);
        let Some(port) = port else {
            self.comes_not(control);
            return self.try_another(refused, control);
        };
        control.known.no_eprt |= class == Class::Permanent;
        control.send(Command::with(Verb::Port, port)?);
        Ok(())
    }

    fn open(&mut self, control: &mut Control) -> Result<(), Error> {
        self.opened = true;
        match self.way {
            Way::Epsv | Way::Pasv => {
                control.known.no_epsv |= self.epsv_unreachable;
                control.known.no_passive = false;
                self.launch(control)
            }
            Way::Active => {
                control.known.no_passive |= self.passive_failed;
                Ok(())
            }
        }
    }

    /// The data connection is there, or is awaited: REST, then the command.
    fn launch(&mut self, control: &mut Control) -> Result<(), Error> {
        match self.marker {
            Some(marker) => control.send(Command::with(Verb::Rest, marker.to_string())?),
            // One that a person has typed, and that the server does not take back.
            None if control.marker.is_some() && !self.lists() => return Err(Error::Unsupported("REST 0")),
            None => self.fire(control),
        }
        Ok(())
    }

    /// REST was accepted. A server that names another marker than ours has not understood it.
    fn marked(&mut self, reply: &Reply, control: &mut Control) -> Result<(), Error> {
        let mut named = numbers(reply.text()).peekable();
        if named.peek().is_some() && !named.any(|named| named == self.marker) {
            control.note("The server accepted another restart marker than ours");
            control.forget_marker()?;
            return Err(Error::Unsupported("REST"));
        }
        self.fire(control);
        Ok(())
    }

    fn fire(&mut self, control: &mut Control) {
        self.sent = true;
        let next = control.next_port_with(self.command.verb(), self.way);
        self.overlaps = next.is_some();
        control.send_with_ahead([self.command.clone()], next);
        control.put(Output::Flow { protected: control.protected });
    }

    fn answered(&mut self, class: Class, reply: &Reply, control: &mut Control) -> Result<Option<Joined>, Error> {
        if self.way == Way::Active && self.opened && matches!(class, Class::Preliminary | Class::Completion) {
            control.came(true);
        }
        if class == Class::Preliminary {
            self.started = true;
            control.marker = None;
            return Ok(None);
        }
        if class == Class::Completion {
            control.marker = None;
            control.transfer_ended();
        } else {
            if control.marker.is_some() {
                control.forget_marker()?;
            }
            let is_early = self.ahead || self.tries;
            if (reply.code() == 425 || self.unnamed) && is_early && !self.started && control.owes_nothing() {
                self.comes_not(control);
                (self.sent, self.data) = (false, None);
                self.try_another(control.refused(self.command.verb(), reply), control)?;
                return Ok(None);
            }
            if reply.code() == 425 {
                self.doubt_active(control);
            }
            control.drop_data();
            return Ok(Some(Joined { reply: reply.clone(), data: self.data.take(), started: self.started }));
        }
        self.reply = Some(reply.clone());
        Ok(self.joined())
    }

    /// Whether the server has said that all is well, and only the end of the data is missing.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.reply.is_some() && self.data.is_none()
    }

    /// Whether the data of the command have ended, and not a data connection that came to nothing before.
    pub(crate) fn has_data_end(&self) -> bool {
        self.sent && self.data.is_some()
    }

    fn data_done(
        &mut self,
        result: Result<DataEnd, DataFault>,
        control: &mut Control,
    ) -> Result<Option<Joined>, Error> {
        if let Err(DataFault::Connect(_)) = result {
            self.doubt_active(control);
        }
        match result {
            // It may try for a minute, and take no command meanwhile.
            Err(DataFault::Connect(_)) if self.sent && self.tries && !self.opened && self.reply.is_none() => {
                self.comes_not(control);
                return Err(Error::NoActive);
            }
            Err(fault @ (DataFault::Local(_) | DataFault::Limit | DataFault::Enough | DataFault::Silent(_)))
                if self.sent =>
            {
                let reply = self.reply.take().map(|reply| control.words(&reply));
                control.abort();
                return Err(Error::Data { fault, reply });
            }
            // The server never used it, and says that all is well: there was nothing to send.
            Err(DataFault::Connect(_)) if self.ends_without_data() => {
                self.data = Some(Ok(DataEnd { bytes: 0, clean: true, broken: false }));
            }
            result if self.sent => {
                // The server has closed its end of the data, so that it is ready for the next port.
                let verb = self.command.verb();
                // An empty listing may be asked for in another way first.
                let may_ask_again = self.lists() && matches!(result, Ok(DataEnd { bytes: 0, .. }));
                if result.is_ok() && !verb.sends_data() && (may_ask_again || !control.ask_for_next()) {
                    let next = control.next_port_behind(verb, self.way);
                    control.send_with_ahead([], next);
                }
                self.data = Some(result);
            }
            // The server has closed what was made ahead, or it could not be made.
            _ if self.ahead && control.owes_nothing() => {
                self.try_another(Error::Unsupported("the data connection that was made ahead"), control)?;
            }
            // While a reply is owed it would be taken for one to what the next way asks.
            Err(fault @ DataFault::Connect(_)) if !self.opened && control.owes_nothing() => {
                self.epsv_unreachable |= self.way == Way::Epsv;
                self.try_another(Error::Data { fault, reply: None }, control)?;
            }
            Err(fault) => return Err(Error::Data { fault, reply: None }),
            Ok(_) => {
                let fault = DataFault::Network("it ended before the transfer began".to_owned());
                return Err(Error::Data { fault, reply: None });
            }
        }
        Ok(self.joined())
    }

    /// The server could not come to us. That it must may have been true of another network only: next time the passive
    /// ways are tried first again.
    fn doubt_active(&self, control: &mut Control) {
        if self.way == Way::Active && !self.opened {
            control.known.no_passive = false;
        }
    }

    /// The server cannot connect to us: it is not asked to again, unless a person has chosen that.
    fn comes_not(&self, control: &mut Control) {
        if self.tries && self.way == Way::Active {
            control.came(false);
        }
    }

    /// The way that led to the data connection.
    pub(crate) fn way(&self) -> Way {
        self.way
    }

    /// Whether the next transfer's port was asked for with the command.
    pub(crate) fn overlaps(&self) -> bool {
        self.overlaps
    }

    fn lists(&self) -> bool {
        matches!(self.command.verb(), Verb::List | Verb::Nlst | Verb::Mlsd)
    }

    fn ends_without_data(&self) -> bool {
        self.reply.is_some() && !self.started && !self.command.verb().sends_data()
    }

    fn joined(&mut self) -> Option<Joined> {
        self.data.as_ref()?;
        let reply = self.reply.take()?;
        Some(Joined { reply, data: self.data.take(), started: self.started })
    }
}

impl Joined {
    /// What the transfer came to: success only where all data went and the server says so.
    pub(crate) fn verdict(self, verb: Verb, control: &Control) -> Result<DataEnd, Error> {
        let refused = || control.refused(verb, &self.reply);
        match self.data {
            Some(Ok(end)) if self.reply.class() == Class::Completion => Ok(end),
            None | Some(Ok(_)) => Err(refused()),
            // A data connection that broke because the server has a reason: the reason is what counts.
            Some(Err(DataFault::Network(_) | DataFault::Connect(_)))
                if self.reply.is_negative() && !matches!(self.reply.code(), 425 | 426) =>
            {
                Err(refused())
            }
            // It said no and hung up, and our handshake ran into that.
            Some(Err(DataFault::Tls(_)))
                if self.reply.is_negative() && !self.started && !matches!(self.reply.code(), 425 | 426 | 522) =>
            {
                Err(refused())
            }
            Some(Err(fault)) => Err(Error::Data { fault, reply: Some(control.words(&self.reply)) }),
        }
    }
}

/// The way that is tried first, if any.
pub(crate) fn first_way(control: &Control) -> Option<Way> {
    ways(false, control).pop_front()
}

/// The ways to a data connection, in the order in which they are tried; with `tries` active mode first, to see whether it works.
fn ways(tries: bool, control: &Control) -> VecDeque<Way> {
    let speaks_ipv4 = control.config.peer.is_none_or(|peer| peer.to_canonical().is_ipv4());
    let passive: &[Way] = match (speaks_ipv4, control.known.no_epsv) {
        (false, _) => &[Way::Epsv], // PASV cannot name an IPv6 address
        (true, false) => &[Way::Epsv, Way::Pasv],
        (true, true) => &[Way::Pasv],
    };
    let active: &[Way] = if control.config.tunnel { &[] } else { &[Way::Active] };
    let order = match control.config.mode {
        Mode::Passive => [passive, &[]],
        Mode::Epsv => [&[Way::Epsv] as &[Way], &[]],
        Mode::Pasv => [if speaks_ipv4 { &[Way::Pasv] } else { passive }, &[]],
        Mode::Active => [active, &[]],
        Mode::Auto if control.known.no_passive || tries => [active, passive],
        Mode::Auto => [passive, active],
    };
    order.concat().into()
}

/// The whole numbers in `text`; one that is too large is `None`.
fn numbers(text: &[u8]) -> impl Iterator<Item = Option<u64>> {
    text.split(|byte| !byte.is_ascii_digit())
        .filter(|digits| !digits.is_empty())
        .map(|digits| std::str::from_utf8(digits).ok().and_then(|digits| digits.parse().ok()))
}
