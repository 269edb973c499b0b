//! A data connection that is made ahead: its port is asked for while the transfer before it ends.
//!
//! Over distance a small file costs round trips, not bytes: one for EPSV, one to connect, one for RETR. The first is saved
//! where EPSV for the next file leaves with the end of the data, or, where the server lets commands wait during a transfer,
//! together with RETR.

use std::net::Ipv4Addr;

use super::command::{Command, Verb};
use super::control::Control;
use super::endpoint;
use super::exchange::{self, Way};
use super::reply::{Class, Reply};
use super::traffic::Output;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// EPSV or PASV is on the wire.
    Asked,
    /// The server listens at this address, if it is not its usual one, and port, and the data connection before this one is not over.
    Named(Option<Ipv4Addr>, u16),
    /// It is being connected.
    Connecting,
    /// It is open.
    Open,
}

/// The data connection that was made ahead, if any.
#[derive(Debug, Default)]
pub(crate) struct Ahead {
    made: Option<(Way, State)>,
    /// Whether another transfer follows on this connection, as far as anybody knows.
    pub(crate) wanted: bool,
    /// How many bytes the transfer at hand must bring, where that is known, so that a mistake would be seen.
    pub(crate) expected: Option<u64>,
    /// Whether the server lets commands wait while it sends a file; `None`: nobody knows.
    pub(crate) waits: Option<bool>,
}

/// What a transfer finds made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// The port is asked for.
    Asked(Way),
    /// The connection is being made.
    Connecting(Way),
    /// It is there.
    Open(Way),
}

impl Made {
    /// How.
    pub(crate) fn way(self) -> Way {
        let (Self::Asked(way) | Self::Connecting(way) | Self::Open(way)) = self;
        way
    }
}

/// Servers that are known to keep commands until a transfer is over, or not to, by their greeting.
const KNOWN: [(&str, bool); 4] = [("vsftpd", true), ("proftpd", true), ("pure-ftpd", false), ("pyftpdlib", false)];

impl Ahead {
    /// With what earlier sessions have learned.
    pub(crate) fn new(waits: Option<bool>) -> Self {
        Self { waits, ..Self::default() }
    }

    /// Learns from the greeting what no earlier session has.
    pub(crate) fn greeted(&mut self, reply: &Reply) {
        let known = KNOWN.iter().find(|(name, _)| reply.says(name)).map(|(_, waits)| *waits);
        self.waits = self.waits.or(known);
    }

    /// Whether there is a connection, or one is being made, that no transfer has yet.
    pub(crate) fn is_made(&self) -> bool {
        matches!(self.made, Some((_, State::Connecting | State::Open)))
    }
}

impl Control {
    /// The command that asks for a port while no data move, where a transfer follows for certain.
    pub(crate) fn first_port(&mut self) -> Option<Command> {
        let way = exchange::first_way(self).filter(|_| !self.has_data() && !self.pipeline.is_asked())?;
        let wanted = std::mem::replace(&mut self.ahead.wanted, true);
        let port = self.next_port(way);
        self.ahead.wanted = wanted;
        port
    }

    /// The command that asks for the next port, if another transfer follows and it is time to ask.
    pub(crate) fn next_port(&mut self, way: Way) -> Option<Command> {
        // PRET names the file that is wanted, and nobody knows the next one.
        let fits = way != Way::Active && !self.uses_pret() && !self.known.no_pipelining;
        let may = fits && self.ahead.wanted && self.ahead.made.is_none();
        may.then(|| {
            self.ahead.made = Some((way, State::Asked));
            Command::new(way.verb())
        })
    }

    /// The same, to be sent together with the command that fetches a file.
    pub(crate) fn next_port_with(&mut self, verb: Verb, way: Way) -> Option<Command> {
        // Where nobody knows, it is found out on a file whose size is known.
        let may = self.ahead.waits.unwrap_or(self.ahead.expected.is_some_and(|bytes| bytes > 0));
        if may && verb == Verb::Retr && self.pipelining { self.next_port_behind(verb, way) } else { None }
    }

    /// The same, behind a command that fetches, unless the server will come to us for the next file.
    pub(crate) fn next_port_behind(&mut self, verb: Verb, way: Way) -> Option<Command> {
        let comes = verb == Verb::Retr && (self.tries_active() || self.will_ask_for_next());
        if comes { None } else { self.next_port(way) }
    }

    /// The server answered what was asked ahead.
    pub(crate) fn port_named(&mut self, class: Class, reply: &Reply) {
        let Some((way, State::Asked)) = self.ahead.made.take() else { return };
        let Some(passive) = endpoint::passive(reply).filter(|_| class == Class::Completion) else { return };
        self.ahead.made = Some((way, State::Named(self.host_of(&passive), passive.port)));
        self.connect_ahead();
    }

    /// Connects to the port that was named ahead, once the data connection before is over.
    pub(crate) fn connect_ahead(&mut self) {
        if let (Some((way, State::Named(host, port))), false) = (self.ahead.made, self.has_data()) {
            self.ahead.made = Some((way, State::Connecting));
            self.put(Output::Connect { host, port });
        }
    }

    /// The connection that was made ahead is open.
    pub(crate) fn opened_ahead(&mut self) {
        if let Some((way, State::Connecting)) = self.ahead.made {
            self.ahead.made = Some((way, State::Open));
        }
    }

    /// The connection that was made ahead could not be made, or the server has closed it.
    pub(crate) fn lost_ahead(&mut self) {
        if self.ahead.is_made() {
            self.ahead.made = None;
        }
    }

    /// What was asked ahead is not to be counted on: whatever the server answers, it is not used.
    pub(crate) fn forget_ahead(&mut self) {
        if !self.ahead.is_made() {
            self.ahead.made = None;
        }
    }

    /// Gives up what was made ahead.
    pub(crate) fn drop_ahead(&mut self) {
        if self.ahead.is_made() {
            self.put(Output::Drop);
        }
        self.ahead.made = None;
    }

    /// Hands what was made ahead to the transfer that begins.
    pub(crate) fn take_ahead(&mut self) -> Option<Made> {
        let (way, state) = self.ahead.made.take()?;
        Some(match state {
            State::Asked => {
                self.hear_ahead();
                Made::Asked(way)
            }
            State::Named(..) => return None, // the data connection before would have to be over
            State::Connecting => Made::Connecting(way),
            State::Open => Made::Open(way),
        })
    }

    /// A transfer has ended with whose command the next port was asked for; with the bytes that it brought, if it was well.
    pub(crate) fn judge_ahead(&mut self, bytes: Option<u64>) {
        if self.ahead.waits.is_some() {
            return;
        }
        if bytes.is_some() && bytes == self.ahead.expected {
            self.ahead.waits = Some(true);
            self.known.waits = Some(true);
        } else {
            self.does_not_wait();
        }
    }

    /// Whether a reply can only be that to what was asked ahead, and has overtaken the one to the transfer.
    pub(crate) fn overtakes(&self, reply: &Reply) -> bool {
        let (Some(front), true) = (self.front(), self.asked_ahead()) else { return false };
        let is_port = (227..=229).contains(&reply.code());
        let is_unknown = front.is_untouched() && (500..=503).contains(&reply.code());
        front.verb.moves_data() && (is_port || is_unknown)
    }

    /// The server does not let a command wait while it sends a file: none is sent again before the file's end.
    pub(crate) fn does_not_wait(&mut self) {
        self.forget_ahead();
        self.ahead.waits = Some(false);
        self.known.waits = Some(false);
        self.note("The server takes no command while a transfer runs: it is asked only after the data");
    }
}
