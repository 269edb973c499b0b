//! What is owed: each reply that is not preliminary pays the command at the front.

use super::Control;
use crate::ftp::command::Verb;
use crate::ftp::reply::{Class, Reply};

/// Most preliminary replies to one command.
pub const MAX_PRELIMINARIES: u32 = 10;

/// Commands whose success has another code than 226, by all that is known of servers.
const NEVER_226: [Verb; 13] = [
    Verb::Epsv,
    Verb::Pasv,
    Verb::Eprt,
    Verb::Port,
    Verb::Rest,
    Verb::Rnfr,
    Verb::Size,
    Verb::Mdtm,
    Verb::Mlst,
    Verb::Cwd,
    Verb::Pwd,
    Verb::Pret,
    Verb::Host,
];

/// A command on the wire whose final reply has not come.
#[derive(Debug)]
pub(crate) struct Owed {
    pub(crate) verb: Verb,
    /// Whether the operation wants to hear of its replies.
    pub(crate) heard: bool,
    /// Whether it asks for the port of the next transfer.
    pub(crate) ahead: bool,
    /// Whether it belongs to an operation that has not begun.
    pub(crate) early: bool,
    /// Whether the command that needs its success has left with it.
    pub(crate) leads: bool,
    /// Whether the command held a secret.
    pub(super) hidden: bool,
    /// The restart marker that holds if the reply to it says so; 0 is none.
    pub(super) marker: Option<u64>,
    pub(super) preliminaries: u32,
}

impl Owed {
    pub(super) fn new(verb: Verb, heard: bool) -> Self {
        Self { verb, heard, ahead: false, early: false, leads: false, hidden: false, marker: None, preliminaries: 0 }
    }

    /// Whether nothing has come in answer to it.
    pub(crate) fn is_untouched(&self) -> bool {
        self.preliminaries == 0
    }
}

impl Control {
    pub(crate) fn owes_nothing(&self) -> bool {
        self.owed.is_empty()
    }

    /// Whether nothing is owed to the operation under way.
    pub(crate) fn owes_only_early(&self) -> bool {
        self.owed.iter().all(|owed| owed.early)
    }

    pub(crate) fn count_owed(&self) -> usize {
        self.owed.len()
    }

    pub(crate) fn front(&self) -> Option<&Owed> {
        self.owed.front()
    }

    /// Whether the reply to what asks for the next port is owed.
    pub(crate) fn asked_ahead(&self) -> bool {
        self.owed.iter().any(|owed| owed.ahead)
    }

    /// Whether the reply to EPSV is owed, no transfer is in its way, and the server has never given one.
    pub(crate) fn fails_at_epsv(&self) -> bool {
        let owes = |wanted: fn(Verb) -> bool| self.owed.iter().any(|owed| wanted(owed.verb));
        !self.took_epsv && owes(|verb| verb == Verb::Epsv) && !owes(Verb::moves_data)
    }

    /// Marks our end's name among what is owed: the file has left together with it.
    pub(crate) fn mark_lead(&mut self) {
        for owed in self.owed.iter_mut().filter(|owed| matches!(owed.verb, Verb::Port | Verb::Eprt)) {
            owed.leads = true;
        }
    }

    /// What was asked ahead is asked by the operation from now on.
    pub(crate) fn hear_ahead(&mut self) {
        for owed in self.owed.iter_mut().filter(|owed| owed.ahead) {
            (owed.ahead, owed.heard) = (false, true);
        }
    }

    /// The operation that was asked for early has begun.
    pub(crate) fn hear_early(&mut self) {
        for owed in self.owed.iter_mut().filter(|owed| owed.early) {
            (owed.early, owed.heard) = (false, true);
        }
    }

    /// Counts a preliminary reply to the command at the front, and says whether it is one too many.
    pub(crate) fn count_preliminary(&mut self) -> bool {
        self.owed.front_mut().is_some_and(|front| {
            front.preliminaries += 1;
            front.preliminaries > MAX_PRELIMINARIES
        })
    }

    /// Whether a preliminary reply ends the transfer at the front: after an abort, Pure-FTPd's last word is a second 150.
    pub(crate) fn preliminary_is_final(&self) -> bool {
        self.aborted && self.transfers()
    }

    /// Whether a reply is the end of the last transfer, said again: only where nothing was asked since, or something
    /// that is never answered with 226.
    pub(crate) fn repeats_end_of_transfer(&mut self, reply: &Reply) -> bool {
        let cannot_be_answer = self.owed.front().is_none_or(|owed| NEVER_226.contains(&owed.verb));
        let repeats = self.after_transfer && reply.code() == 226 && cannot_be_answer;
        self.after_transfer &= !repeats;
        repeats
    }

    /// Takes the command that a final reply pays for.
    pub(crate) fn pay(&mut self, class: Class) {
        let Some(paid) = self.owed.pop_front() else { return };
        self.after_transfer = false;
        self.answers_secret = paid.hidden;
        match paid.verb {
            Verb::Abor => self.aborted = false,
            Verb::Epsv => self.took_epsv = true,
            Verb::Rest if class == Class::Intermediate => self.marker = paid.marker.filter(|marker| *marker > 0),
            _ => {}
        }
    }
}
