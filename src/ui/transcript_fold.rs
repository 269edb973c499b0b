//! Noise in the reply log: log-ins, keep-alive and listings, whose lines can be folded under the first of them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::Timestamp;

use crate::model::{ConnectionId, Exchange, Exchanges};

/// What a person mostly does not want to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Noise {
    /// All before the first command that somebody wanted.
    LogIn,
    /// NOOP.
    KeepAlive,
    /// A listing, and what asked for its data connection.
    Listing,
}

impl Noise {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogIn => "Log-in",
            Self::KeepAlive => "Keep-alive",
            Self::Listing => "Listing",
        }
    }
}

/// Lines that are folded together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they are.
    pub noise: Noise,
    /// How many.
    pub lines: usize,
    /// When the first came.
    pub from: Timestamp,
    /// When the last came.
    pub to: Timestamp,
}

/// Which lines are folded. A group is named by the number of its first line.
#[derive(Debug, Default)]
pub struct Folds {
    on: bool,
    opened: BTreeSet<u64>,
    groups: BTreeMap<u64, Group>,
    /// Of each exchange that is kept.
    of_exchange: VecDeque<Option<u64>>,
    /// The number of the first of these.
    first: u64,
    /// What the newest exchange of a connection belongs to.
    newest: BTreeMap<ConnectionId, Option<(Noise, u64)>>,
    /// An exchange that was found to belong to a group later than its lines came.
    moved: Option<u64>,
}

impl Folds {
    /// Whether anything is folded.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Folds, or shows everything.
    pub fn set(&mut self, on: bool) {
        self.on = on;
    }

    /// Opens the group that begins with the line `head`, or folds it again.
    pub fn turn(&mut self, head: u64) {
        if !self.opened.remove(&head) {
            self.opened.insert(head);
        }
    }

    /// The group that begins with the line `head`, and whether it is open; while there is something to fold.
    pub fn heading(&self, head: u64) -> Option<(Group, bool)> {
        let group = self.groups.get(&head).filter(|group| self.on && group.lines > 1)?;
        Some((*group, self.opened.contains(&head)))
    }

    /// The first line of the group under which the line `number` of `exchange` is folded away. Errors never are.
    pub fn hides(&self, number: u64, exchange: Option<u64>, is_error: bool) -> Option<u64> {
        let head = exchange.filter(|_| self.on && !is_error).and_then(|exchange| self.group(exchange));
        head.filter(|head| *head != number && !self.opened.contains(head))
    }

    /// The exchange that has just begun with the line `head` is the newest of `exchanges`.
    pub(super) fn begin(&mut self, head: u64, exchanges: &Exchanges, head_of: impl Fn(u64) -> Option<u64>) {
        let number = exchanges.numbers().end - 1;
        let Some(exchange) = exchanges.get(number) else { return };
        let before = self.newest.get(&exchange.connection).copied();
        let group = match (noise(exchange, before), before.flatten()) {
            // A listing is a group of its own: several that follow one another are several.
            (Some(noise), Some((same, group))) if noise == same && noise != Noise::Listing => Some((noise, group)),
            (Some(Noise::Listing), _) => Some((Noise::Listing, self.listing(head, exchange, &head_of, exchanges))),
            (Some(noise), _) => Some((noise, head)),
            (None, _) => None,
        };
        self.newest.insert(exchange.connection, group);
        self.of_exchange.push_back(group.map(|(_, group)| group));
        if let Some((noise, group)) = group {
            let at = exchange.at;
            self.groups.entry(group).or_insert(Group { noise, lines: 0, from: at, to: at });
        }
    }

    /// The first line of a listing's group: of what asked for its data connection, where that came right before.
    fn listing(
        &mut self,
        head: u64,
        exchange: &Exchange,
        head_of: &impl Fn(u64) -> Option<u64>,
        exchanges: &Exchanges,
    ) -> u64 {
        let asked = exchange.data.as_ref().and_then(|data| data.asked);
        let Some((asked, first)) = asked.and_then(|asked| Some((asked, head_of(asked)?))) else { return head };
        let Some(slot) =
            asked.checked_sub(self.first).and_then(|at| self.of_exchange.get_mut(usize::try_from(at).ok()?))
        else {
            return head;
        };
        if slot.is_some() {
            return head;
        }
        *slot = Some(first);
        self.moved = Some(asked);
        let at = exchanges.get(asked).map_or(exchange.at, |asked| asked.at);
        // Its lines so far: the command, and the reply and note that came since.
        self.groups.insert(first, Group { noise: Noise::Listing, lines: 3, from: at, to: at });
        first
    }

    /// A line of `exchange` has come.
    pub(super) fn count(&mut self, exchange: u64, at: Timestamp) {
        if let Some(group) = self.group(exchange).and_then(|head| self.groups.get_mut(&head)) {
            group.lines += 1;
            group.to = at;
        }
    }

    /// The exchange whose lines must be looked at once more.
    pub(super) fn take_moved(&mut self) -> Option<u64> {
        self.moved.take()
    }

    /// Lets go of exchanges before `oldest`, and of groups that began before the line `line`.
    pub(super) fn forget(&mut self, oldest: u64, line: u64) {
        while self.first < oldest {
            self.of_exchange.pop_front();
            self.first += 1;
        }
        if self.groups.first_key_value().is_some_and(|(head, _)| *head < line) {
            self.groups = self.groups.split_off(&line);
            self.opened = self.opened.split_off(&line);
        }
    }

    fn group(&self, exchange: u64) -> Option<u64> {
        *self.of_exchange.get(usize::try_from(exchange.checked_sub(self.first)?).ok()?)?
    }
}

/// What an exchange is, behind what the one before it on its connection was; nothing: the first there is.
fn noise(exchange: &Exchange, before: Option<Option<(Noise, u64)>>) -> Option<Noise> {
    let logs_in = matches!(before, None | Some(Some((Noise::LogIn, _))));
    match exchange.verb() {
        "" if exchange.first => Some(Noise::LogIn),
        "AUTH" | "USER" | "PASS" | "ACCT" | "PBSZ" | "PROT" | "SYST" | "FEAT" | "OPTS" | "CLNT" | "HOST" | "CSID"
        | "CCC" | "LANG" | "TYPE" | "PWD"
            if logs_in =>
        {
            Some(Noise::LogIn)
        }
        "NOOP" => Some(Noise::KeepAlive),
        "LIST" | "MLSD" | "NLST" => Some(Noise::Listing),
        _ => None,
    }
}
