//! How long it waits, and for what.

use std::time::Duration;

use tokio::time::Instant;

use super::super::data::DataConnection;
use super::{Driver, Error, Input, STOP_WITHIN};
use crate::ftp::DataFault;

/// Behind the final reply the first byte of what is fetched comes within this time, or none will.
const LATE_DATA: Duration = Duration::from_secs(5);

impl Driver {
    pub(super) fn extend(&mut self) {
        self.heard = Instant::now();
        self.due = self.heard + self.patience;
    }

    /// When NOOP is due, while data move and the site wants that.
    pub(super) fn nudge(&self) -> Option<Instant> {
        let moves = self.data.as_ref().is_some_and(DataConnection::is_busy) && self.task.stopped.is_none();
        let every = self.dial.keep_alive.filter(|_| moves && self.dial.site.noop_in_transfers)?;
        Some(self.spoken + every)
    }

    /// When the waiting ends; `None` while the data connection keeps the time.
    pub(super) fn deadline(&self) -> Option<Instant> {
        match self.task.stopped {
            Some(stopped) => Some(stopped + STOP_WITHIN),
            None if self.is_left_without_data() => Some(self.heard + LATE_DATA.min(self.patience)),
            None if self.data.as_ref().is_some_and(DataConnection::is_busy) => None,
            None => Some(self.due),
        }
    }

    pub(super) async fn expire(&mut self) {
        if self.task.stopped.is_none() && self.data.as_ref().is_some_and(DataConnection::is_busy) {
            // Where something has come at the last moment, the data connection keeps the time again.
            if self.is_left_without_data() {
                self.give_up_data().await;
                let why = "nothing came over it after the final reply".to_owned();
                self.session.handle(Input::DataDone(Err(DataFault::Connect(why))));
            }
            return;
        }
        if self.task.stopped.is_some() || self.session.is_ending() {
            // Why it ends is known, and better than that its last replies do not come.
            self.scribe.note("The server did not let the operation be stopped: the connection is closed");
        } else {
            let what = format!("Waiting for the reply to {}", self.verb);
            let error = Error::Timeout { what, seconds: self.patience.as_secs() };
            self.scribe.note(error.to_string());
            self.task.fault = Some(error);
        }
        self.closed = true;
        self.session.handle(Input::Closed);
    }
}
