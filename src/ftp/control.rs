//! What every operation may do on the control connection: send, know, ask for a data connection.

mod hidden;
mod owed;

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use self::hidden::Secrets;
pub use self::owed::MAX_PRELIMINARIES;
pub(crate) use self::owed::Owed;
use super::ahead::Ahead;
use super::charset::Charset;
use super::command::{Command, Verb};
use super::config::{Config, Known};
use super::endpoint::{self, Passive};
use super::error::Error;
use super::feature::Features;
use super::op::{TransferType, pathname};
use super::pipeline::Pipeline;
use super::reply::Reply;
use super::traffic::Output;
use crate::model::{PathSyntax, RemotePath, Security};

/// Most commands that may wait for their replies at once.
pub const MAX_OWED: usize = 32;
/// Most NOOPs during a transfer that wait for their replies: some servers answer them when it is over.
const MAX_NOOPS: usize = 8;
/// Ports below this belong to well-known services.
const WELL_KNOWN_PORTS: u16 = 1024;
/// How far TLS is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    Clear,
    /// `Output::Secure` is out: not a byte may come or go until `Input::Secured`.
    Shaking,
    Secure,
    /// `Output::Clear` is out: not a byte may come or go until `Input::Cleared`.
    Ending,
    /// In clear again, by the site's choice.
    Ended,
}

/// One control connection, as the operations see it.
#[derive(Debug)]
pub(crate) struct Control {
    pub(crate) config: Config,
    pub(crate) known: Known,
    pub(crate) charset: Charset,
    pub(crate) features: Features,
    pub(crate) system: String,
    pub(crate) home: Option<RemotePath>,
    /// The reply that opened the dialogue, until the log-in takes it.
    pub(crate) greeting: Option<Reply>,
    pub(crate) logged_in: bool,
    pub(crate) tls: Tls,
    /// PROT P holds.
    pub(crate) protected: bool,
    /// Whether several commands may be sent in one packet.
    pub(crate) pipelining: bool,
    /// PRET was listed, and is not known after all, or of no use.
    pub(crate) no_pret: bool,
    /// The server does not know NOOP while a transfer runs.
    no_noop: bool,
    /// TYPE as the server has it; `None`: not known.
    pub(crate) kind: Option<TransferType>,
    /// The current directory, where it is known.
    pub(crate) directory: Option<RemotePath>,
    /// The directory that the operation before has entered, and its path as PWD says it.
    pub(crate) entered: Option<(RemotePath, Option<RemotePath>)>,
    /// The form of paths.
    pub(crate) paths: PathSyntax,
    /// Said in front of the next command: no answer to it is waited for.
    pub(crate) preface: Vec<Command>,
    /// Commands that undo what raw commands left behind, before the next transfer.
    pub(crate) undo: Vec<Command>,
    /// The restart marker that the server has accepted and no transfer has used: it stays until one does.
    pub(crate) marker: Option<u64>,
    owed: VecDeque<Owed>,
    outputs: VecDeque<Output>,
    secrets: Secrets,
    /// The reply at hand answers a command that held a secret.
    answers_secret: bool,
    /// A data connection was asked for, and is neither over nor dropped.
    data: bool,
    /// The data connection of the transfer that will follow.
    pub(crate) ahead: Ahead,
    /// The transfer itself that will follow.
    pub(crate) pipeline: Pipeline,
    /// ABOR was sent for the data command at the front of `owed`.
    aborted: bool,
    /// The last final reply ended a transfer: some servers say it twice.
    after_transfer: bool,
    /// EPSV was answered, in whatever way.
    took_epsv: bool,
    /// Why the control connection is over, while data of a confirmed transfer still flow.
    pub(crate) gone: Option<Error>,
}

impl Control {
    pub(crate) fn new(config: Config) -> Self {
        let charset = Charset::new(config.encoding);
        let greeting = Owed::new(Verb::Greeting, true);
        let mut control = Self {
            known: config.known.clone(),
            charset,
            features: Features::default(),
            system: String::new(),
            home: None,
            greeting: None,
            logged_in: false,
            tls: Tls::Clear,
            protected: false,
            pipelining: false,
            no_pret: false,
            no_noop: false,
            kind: None,
            directory: None,
            entered: None,
            paths: config.paths.unwrap_or_default(),
            preface: Vec::new(),
            undo: Vec::new(),
            marker: None,
            owed: VecDeque::from([greeting]),
            outputs: VecDeque::new(),
            secrets: Secrets::default(),
            answers_secret: false,
            data: false,
            ahead: Ahead::new(config.known.waits),
            pipeline: Pipeline::default(),
            aborted: false,
            after_transfer: false,
            took_epsv: false,
            gone: None,
            config,
        };
        // The server may know them from an earlier connection, and say them before they are sent on this one.
        let credentials = &control.config.credentials;
        let gateway = control.config.gateway.as_ref().map(|gateway| gateway.password.expose());
        let secrets = [Some(credentials.password.expose()), credentials.account.as_deref(), gateway];
        let secrets = secrets.into_iter().flatten().filter_map(|secret| control.charset.encode(secret).ok());
        let secrets: Vec<Vec<u8>> = secrets.collect();
        secrets.iter().for_each(|secret| control.secrets.keep(secret, false));
        if control.config.security == Security::Implicit {
            control.secure();
        }
        control
    }

    // What the outside sees.

    pub(crate) fn output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    pub(crate) fn is_drained(&self) -> bool {
        self.outputs.is_empty()
    }

    pub(crate) fn put(&mut self, output: Output) {
        self.outputs.push_back(output);
    }

    // What operations do.

    /// Sends a command and tells the operation of its replies.
    pub(crate) fn send(&mut self, command: Command) {
        self.send_all([command]);
    }

    /// Sends commands in one packet.
    pub(crate) fn send_all(&mut self, commands: impl IntoIterator<Item = Command>) {
        self.send_with_ahead(commands, None);
    }

    /// Sends commands in one packet, and behind them the one that asks for the next transfer's port, if any.
    pub(crate) fn send_with_ahead(&mut self, commands: impl IntoIterator<Item = Command>, ahead: Option<Command>) {
        if self.gone.is_some() {
            return; // nobody would hear it
        }
        let mut bytes = Vec::new();
        for command in std::mem::take(&mut self.preface) {
            self.owe(&command, Owed::new(command.verb(), false));
            command.encode(&mut bytes);
        }
        for command in commands {
            self.owe(&command, Owed::new(command.verb(), true));
            command.encode(&mut bytes);
        }
        if let Some(command) = ahead {
            self.owe(&command, Owed { ahead: true, ..Owed::new(command.verb(), false) });
            command.encode(&mut bytes);
        }
        if !bytes.is_empty() {
            self.put(Output::Send(bytes));
        }
    }

    /// Sends a command whose reply is read off, and no more.
    pub(crate) fn send_quietly(&mut self, command: Command) {
        if self.gone.is_some() {
            return;
        }
        self.owe(&command, Owed::new(command.verb(), false));
        let mut bytes = Vec::new();
        command.encode(&mut bytes);
        self.put(Output::Send(bytes));
    }

    /// Sends commands in one packet whose operation has not begun.
    pub(crate) fn send_early(&mut self, commands: impl IntoIterator<Item = Command>) {
        let mut bytes = Vec::new();
        for command in commands {
            self.owe(&command, Owed { early: true, ..Owed::new(command.verb(), false) });
            command.encode(&mut bytes);
        }
        self.put(Output::Send(bytes));
    }

    /// Logs a command that is sent, and keeps that its replies are `owed`.
    fn owe(&mut self, command: &Command, owed: Owed) {
        debug_assert!(self.may_send(command.verb()), "{command} would go out in clear, or into a handshake");
        self.answers_secret = false;
        if let Some(secret) = command.secret() {
            // One password may have blanks; what follows SITE is several words, each a secret of its own.
            self.secrets.keep(secret, command.verb() == Verb::Site);
        }
        self.log_sent(command);
        let hidden = command.secret().is_some();
        let marker = std::str::from_utf8(command.argument()).ok().and_then(|argument| argument.parse().ok());
        let marker = marker.filter(|_| command.verb() == Verb::Rest);
        self.owed.push_back(Owed { hidden, marker, ..owed });
        debug_assert!(self.owed.len() <= MAX_OWED);
    }

    fn may_send(&self, verb: Verb) -> bool {
        match self.tls {
            Tls::Secure | Tls::Ended => true,
            Tls::Shaking | Tls::Ending => false,
            Tls::Clear => match self.config.security {
                Security::Try | Security::Never => true,
                Security::Explicit | Security::Implicit => matches!(verb, Verb::Auth | Verb::Host | Verb::Quit),
            },
        }
    }

    /// Asks for TLS on the control connection.
    pub(crate) fn secure(&mut self) {
        self.tls = Tls::Shaking;
        self.put(Output::Secure);
    }

    /// Asks for the end of TLS on the control connection.
    pub(crate) fn clear(&mut self) {
        self.tls = Tls::Ending;
        self.put(Output::Clear);
    }

    /// Asks for a data connection.
    pub(crate) fn ask_for_data(&mut self, output: Output) {
        let has_other = self.data || self.ahead.is_made() || self.pipeline.is_asked();
        debug_assert!(!has_other, "two data connections");
        debug_assert!(matches!(output, Output::Connect { .. } | Output::Listen));
        self.data = true;
        self.put(output);
    }

    /// The data connection that was made ahead belongs to the operation from now on.
    pub(crate) fn adopt_data(&mut self) {
        self.data = true;
    }

    /// The data connection has ended by itself.
    pub(crate) fn data_is_over(&mut self) {
        self.data = false;
        self.connect_ahead();
    }

    /// Whether a data connection was asked for and is not over.
    pub(crate) fn has_data(&self) -> bool {
        self.data
    }

    /// Abandons the data connection, if there is one.
    pub(crate) fn drop_data(&mut self) {
        if std::mem::take(&mut self.data) {
            self.put(Output::Drop);
            self.connect_ahead();
        }
    }

    /// Stops a transfer: ABOR if its command is on the wire, and no more data. The replies stay owed.
    pub(crate) fn abort(&mut self) {
        if !self.aborted && self.owed.iter().any(|owed| owed.verb.moves_data() && !owed.early) {
            self.aborted = true;
            self.forget_ahead();
            self.send_quietly(Command::new(Verb::Abor));
        }
        self.drop_data();
    }

    /// Asks one by one from now on: the replies to two commands came the other way round.
    pub(crate) fn answered_out_of_order(&mut self) {
        self.pipelining = false;
        self.known.no_pipelining = true;
        self.note("The server answered the second of two commands first: it is asked one by one from now on");
    }

    /// The control connection is over: nothing that is owed will come, and nothing can be asked.
    pub(crate) fn go(&mut self, error: Error) {
        self.gone = Some(error);
        self.owed.clear();
        self.forget_ahead();
        self.ahead.wanted = false;
        self.pipeline.follows(None, false, false);
    }

    /// Says NOOP while a transfer runs, so that nobody on the way takes the connection for dead.
    pub(crate) fn keep_alive(&mut self) {
        if self.transfers() && !self.aborted && !self.no_noop && self.owed.len() <= MAX_NOOPS {
            self.send_quietly(Command::new(Verb::Noop));
        }
    }

    /// Whether a transfer has begun, and its final reply is owed.
    fn transfers(&self) -> bool {
        self.owed.front().is_some_and(|front| front.verb.moves_data() && !front.is_untouched())
    }

    /// Whether a reply during a transfer answers a NOOP, or what was asked ahead, and not the transfer, and takes that for
    /// paid: some servers answer at once. No transfer ends with these codes after it has begun; should one end with 200,
    /// that reply and the NOOP's have changed places and no harm is done.
    pub(crate) fn answers_at_once(&mut self, reply: &Reply) -> bool {
        let early = |owed: &Owed| match owed.verb {
            Verb::Noop => matches!(reply.code(), 200 | 500..=503),
            _ => owed.ahead && matches!(reply.code(), 500..=503),
        };
        let Some(paid) = self.owed.iter().position(early).filter(|_| self.transfers()) else { return false };
        let paid = self.owed.remove(paid);
        if paid.is_some_and(|paid| paid.ahead) {
            self.does_not_wait();
        } else if reply.is_negative() {
            self.no_noop = true;
            self.note("The server does not know NOOP while a transfer runs: it is left in peace");
        }
        true
    }

    /// An error that says what the server said.
    pub(crate) fn refused(&self, verb: Verb, reply: &Reply) -> Error {
        Error::Refused { verb: verb.name(), code: reply.code(), reply: self.words(reply) }
    }

    /// What the server said, in the line that tells most.
    pub(crate) fn words(&self, reply: &Reply) -> String {
        self.shown(reply.telling_line())
    }

    /// The path of a file as it is sent.
    pub(crate) fn file_path(&self, path: &RemotePath) -> Result<Vec<u8>, Error> {
        self.check_names(path)?;
        self.charset.encode(&self.paths.file(path))
    }

    /// The path of a directory as it is sent.
    pub(crate) fn directory_path(&self, path: &RemotePath) -> Result<Vec<u8>, Error> {
        self.check_names(path)?;
        self.charset.encode(&self.paths.directory(path))
    }

    fn check_names(&self, path: &RemotePath) -> Result<(), Error> {
        if self.paths.can_name(path) { Ok(()) } else { Err(Error::Unsupported("a backslash in a name")) }
    }

    /// The absolute path in a reply to PWD.
    pub(crate) fn pathname(&self, reply: &Reply) -> Option<RemotePath> {
        let text = pathname(reply, self.charset)?;
        if text.is_empty() { Some(RemotePath::root()) } else { self.paths.read(&text) }
    }

    /// Takes the first reply to PWD, which shows how the server writes paths.
    pub(crate) fn arrive(&mut self, reply: &Reply) {
        let text = pathname(reply, self.charset);
        self.paths =
            self.config.paths.unwrap_or_else(|| PathSyntax::of(&self.system, text.as_deref().unwrap_or_default()));
        self.home = self.pathname(reply);
        self.directory.clone_from(&self.home);
    }

    /// Takes back a restart marker that no transfer has used, or the next one would begin in the middle of its file.
    pub(crate) fn forget_marker(&mut self) -> Result<(), Error> {
        self.send_quietly(Command::with(Verb::Rest, "0")?);
        Ok(())
    }

    /// Remembers to undo something before the next transfer, or that this is no longer needed.
    pub(crate) fn undo_later(&mut self, command: Command, needed: bool) {
        self.undo.retain(|other| other.verb() != command.verb());
        if needed {
            self.undo.push(command);
        }
    }

    /// Undoes what typed commands have left behind, and would spoil a transfer.
    pub(crate) fn settle_before_transfer(&mut self) -> Result<(), Error> {
        for command in std::mem::take(&mut self.undo) {
            self.send_quietly(command);
        }
        if self.marker.is_some() {
            self.forget_marker()?;
        }
        Ok(())
    }

    /// Notes that a transfer has ended: its final reply may come twice.
    pub(crate) fn transfer_ended(&mut self) {
        self.after_transfer = true;
    }

    /// Whether PRET comes before EPSV and PASV.
    pub(crate) fn uses_pret(&self) -> bool {
        self.features.has("PRET") && !self.no_pret
    }

    /// Where the data connection goes: `None`, to the control connection's peer, unless the site trusts the server's word.
    /// Says where the server named another address, or a port of another service.
    pub(crate) fn host_of(&mut self, passive: &Passive) -> Option<Ipv4Addr> {
        if passive.port < WELL_KNOWN_PORTS {
            self.note(format!("The server named port {}, which belongs to another service", passive.port));
        }
        let peer = self.config.peer.map(|peer| peer.to_canonical());
        let host = passive.host.filter(|host| peer != Some(IpAddr::V4(*host)))?;
        if self.config.trust_address && !host.is_unspecified() {
            self.note(format!("The server named {host} for the data connection: it is used, as the site says"));
            return Some(host);
        }
        if let Some(peer) = peer {
            self.note(format!("The server named {host} for the data connection: {peer} is used"));
        }
        None
    }

    /// Our end of a data connection as the server is told of it.
    pub(crate) fn own_end(&self, address: SocketAddr) -> SocketAddr {
        let ip = if address.ip().is_unspecified() { self.config.local } else { address.ip() };
        SocketAddr::new(ip, address.port())
    }

    /// EPRT for our end at `address`, or PORT where that is refused; with `at_once`, where a refusal comes too late to say it
    /// otherwise, PORT, which every server knows, unless the address is none of IPv4.
    pub(crate) fn naming(&self, address: SocketAddr, at_once: bool) -> Result<Command, Error> {
        match endpoint::port(address).filter(|_| at_once || self.known.no_eprt) {
            Some(port) => Command::with(Verb::Port, port),
            None => Command::with(Verb::Eprt, endpoint::eprt(address)),
        }
    }
}
