//! Its data connections: how they are made, what moves over them, and what becomes of them.

use std::io;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::super::connection::Body;
use super::super::copy::Load;
use super::super::data::{DataConnection, Ended, Happened, Job};
use super::super::outside::named_outside;
use super::super::proxy::Route;
use super::super::tls::Agreed;
use super::Driver;
use crate::ftp::{self, DataEnd, DataFault, Input, op};
use crate::model::Mode;

/// A listing, or the data of a typed command, may be this long.
const MAX_COLLECTED: usize = 128 * 1024 * 1024;
/// A server that was asked to connect to us does so within this time and some round trips, or a firewall is between us.
const COMES_WITHIN: Duration = Duration::from_secs(2);

/// How many times as long as usual the final reply may take where the server was still reading when all was sent.
const SLOW_READER: u32 = 10;

/// A protected data connection.
#[derive(Default)]
pub(super) struct Used {
    pub(super) opened: bool,
    pub(super) agreed: Option<Agreed>,
    pub(super) bytes: u64,
}

impl Driver {
    /// The way to a port of the server, or of `host`: through the proxy, where the control connection goes through one.
    pub(super) fn route(&self, host: Option<Ipv4Addr>, port: u16) -> Route {
        match self.dial.tunnel() {
            Some(through) => {
                let host = host.map_or_else(|| self.dial.site.host.clone(), |host| host.to_string());
                Route::Through { through: through.clone(), at: self.peer, host, port }
            }
            None => {
                let mut to = self.peer;
                to.set_port(port);
                if let Some(host) = host {
                    to.set_ip(host.into());
                }
                // Some servers insist on the address that they know of us; to theirs the system has chosen it already.
                let from = (to.ip() != self.peer.ip()).then(|| self.local.ip());
                Route::Direct { to, from }
            }
        }
    }

    pub(super) fn listen(&mut self) -> Input<'static> {
        let mut on = self.local;
        on.set_port(0);
        // Where it is our choice, a firewall must not hold it up for long.
        let is_choice = self.dial.site.mode == Mode::Auto && !self.session.known().no_passive;
        let patience = COMES_WITHIN + self.nearest.unwrap_or_default() * 4;
        let limit = if is_choice { patience.min(self.dial.timeout) } else { self.dial.timeout };
        let ports = self.dial.active_ports;
        match DataConnection::listen(on, self.peer.ip(), ports, limit, self.scribe.clone()) {
            Ok((data, address)) => {
                self.data = Some(data);
                let named = named_outside(address, self.peer.ip(), self.dial.external_address);
                if named != address {
                    self.scribe.note(format!("Named to the server as {named}, as the settings say"));
                }
                Input::Listening(named)
            }
            Err(error) => Input::DataDone(Err(DataFault::Connect(format!("cannot listen on {}: {error}", on.ip())))),
        }
    }

    /// Puts the load on the data connection; what to tell the session if that cannot be done.
    pub(super) fn flow(&mut self, protected: bool) -> Option<Input<'static>> {
        self.sent_at = None;
        self.task.collected.clear();
        self.used = protected.then(Used::default);
        let security = self.security.clone().filter(|_| protected);
        let fault = match (self.load(), &mut self.data) {
            (Ok(load), Some(data)) => {
                data.start(Job { load, security });
                return None;
            }
            (Ok(_), None) => DataFault::Network("there is no data connection".to_owned()),
            (Err(error), _) => DataFault::Local(error.to_string()),
        };
        Some(Input::DataDone(Err(fault)))
    }

    pub(super) fn load(&self) -> io::Result<Load> {
        // Where nothing has moved yet, the same can be tried again over another data connection.
        let untouched = self.task.body.flow().is_none_or(|flow| flow.done() == self.task.before);
        match (&self.task.body, self.task.flow) {
            (Body::Receive { file, flow }, Some(op::Flow::Receive)) if untouched => {
                Ok(Load::Receive { file: file.try_clone()?, flow: flow.clone() })
            }
            (Body::Send { file, from, flow }, Some(op::Flow::Send)) if untouched => {
                Ok(Load::Send { file: file.try_clone()?, from: *from, flow: flow.clone() })
            }
            (Body::None, Some(op::Flow::Collect | op::Flow::Receive)) => Ok(Load::Collect { most: MAX_COLLECTED }),
            (Body::Collect(most), Some(op::Flow::Receive)) => Ok(Load::Collect { most: *most }),
            (Body::None, Some(op::Flow::Send)) => Ok(Load::Nothing),
            _ => Err(io::Error::other("the bytes of this operation cannot be moved again")),
        }
    }

    pub(super) fn take_data(&mut self, happened: Happened) {
        if self.session.is_ahead() {
            return self.take_data_ahead(happened);
        }
        self.extend();
        let Happened::Done(ended) = happened else {
            return self.session.handle(Input::DataOpen);
        };
        let Ended { mut result, collected, local } = *ended;
        self.look_at_data();
        self.data = None;
        if let (Some(used), Ok(end)) = (&mut self.used, &result) {
            used.bytes = end.bytes;
        }
        if self.task.lists && matches!(result, Ok(DataEnd { clean: false, .. })) {
            result = Err(DataFault::Network("it ended without close_notify: the listing may be cut off".to_owned()));
        }
        if self.task.flow == Some(op::Flow::Send) && matches!(result, Ok(DataEnd { clean: false, .. })) {
            // What it has not read yet is on its way, and the word for it comes behind that.
            self.due += self.patience * (SLOW_READER - 1);
        }
        self.task.collected = collected;
        self.task.local = local;
        self.session.handle(Input::DataDone(result));
    }

    /// What happens to a data connection that no operation has yet is no news of the operation under way.
    pub(super) fn take_data_ahead(&mut self, happened: Happened) {
        let Happened::Done(ended) = happened else {
            return self.session.handle(Input::DataOpen);
        };
        self.data = None;
        if let Err(fault) = &ended.result {
            self.scribe.note(format!("The data connection that was made ahead is gone: {fault}"));
        }
        self.session.handle(Input::DataDone(ended.result));
    }

    /// Keeps what matters of the data connection before it goes.
    pub(super) fn look_at_data(&mut self) {
        if let (Some(used), Some(data)) = (&mut self.used, &self.data) {
            used.opened = data.was_open();
            used.agreed = data.agreed();
        }
    }

    pub(super) async fn give_up_data(&mut self) {
        self.look_at_data();
        if let Some(data) = self.data.take() {
            self.scribe.note("Data connection: given up");
            data.abandon().await;
        }
    }

    /// Whether the server has said that all was sent, and nothing has come.
    pub(super) fn is_left_without_data(&self) -> bool {
        let fetches = self.task.flow.is_some_and(|flow| flow != op::Flow::Send);
        fetches && self.session.owes_nothing() && self.data.as_ref().is_some_and(DataConnection::is_unheard)
    }

    /// Whether the server refused a data connection because it did not resume the control connection's TLS session.
    pub(super) fn wants_resumption(&self, error: &ftp::Error) -> bool {
        let Some(used) = &self.used else { return false };
        let (code, reply) = match error {
            ftp::Error::Refused { code, reply, .. } => (*code, reply.as_str()),
            ftp::Error::Data { reply: Some(reply), .. } => {
                (reply.get(..3).and_then(|code| code.parse().ok()).unwrap_or(0), reply.as_str())
            }
            _ => return false,
        };
        let reply = reply.to_ascii_lowercase();
        let named = reply.contains("reuse") || reply.contains("resum");
        let full = used.agreed.as_ref().map(|agreed| !agreed.resumed);
        let nothing_came = used.bytes == 0 && self.task.flow != Some(op::Flow::Send);
        match code {
            // The refusal can overtake the end of the handshake; then a connection that was open and yet "cannot be
            // built" speaks for itself.
            522 | 425 => named || full.unwrap_or(used.opened),
            426 | 450 => full == Some(true) && (named || nothing_came),
            _ => false,
        }
    }
}

/// What happens next to the data connection, if there is one.
pub(super) async fn next(data: &mut Option<DataConnection>) -> Happened {
    match data {
        Some(data) => data.next().await,
        None => std::future::pending().await,
    }
}
