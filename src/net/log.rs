//! Where the lines of all control connections come together, numbered.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use crate::model::{ConnectionId, Direction, Line, Record, TransferId};

/// Takes the lines of all connections of a run, in one order.
#[derive(Clone)]
pub struct Log(Arc<Inner>);

struct Inner {
    /// The number of the newest line; held while a line is handed over, so that the numbers arrive in order.
    newest: Mutex<u64>,
    take: Box<dyn Fn(Line) + Send + Sync>,
}

impl Log {
    /// `take` gets each line, in the order of `Line::seq`. It must be quick and never log.
    pub fn new(take: impl Fn(Line) + Send + Sync + 'static) -> Self {
        Self(Arc::new(Inner { newest: Mutex::new(0), take: Box::new(take) }))
    }

    fn add(&self, connection: ConnectionId, record: Record, transfer: Option<TransferId>) {
        let mut newest = self.0.newest.lock().unwrap_or_else(PoisonError::into_inner);
        *newest += 1;
        let Record { direction, code, text, raw } = record;
        (self.0.take)(Line { seq: *newest, at: Timestamp::now(), connection, direction, code, text, raw, transfer });
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Log")
    }
}

/// Writes the lines of one control connection.
#[derive(Clone, Debug)]
pub(super) struct Scribe {
    log: Log,
    connection: ConnectionId,
    about: Option<TransferId>,
}

impl Scribe {
    /// For `connection`.
    pub(super) fn new(log: Log, connection: ConnectionId) -> Self {
        Self { log, connection, about: None }
    }

    /// What the lines from now on are about.
    pub(super) fn set_about(&mut self, about: Option<TransferId>) {
        self.about = about;
    }

    /// A line of the dialogue.
    pub(super) fn record(&self, record: Record) {
        self.log.add(self.connection, record, self.about);
    }

    /// What we did or noticed.
    pub(super) fn note(&self, text: impl Into<String>) {
        self.record(Record { direction: Direction::Note, code: None, text: text.into(), raw: None });
    }
}
