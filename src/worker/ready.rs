//! Which row begins next: the rows that wait, by server and priority, so that no choice walks over a million of them.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::memory::Key;
use crate::model::queue::{Row, Sequence};
use crate::model::transfer::Priority;
use crate::model::{Course, Phase, Queue, Site, TransferId};
use crate::net::Backlog;

/// Rows whose target another one writes that are passed over at most, in one search.
const LOOKED_AT: usize = 1000;

/// The rows of each server that wait, as its connections see them.
#[derive(Debug, Default)]
pub(super) struct Backlogs(Mutex<HashMap<Arc<Key>, Backlog>>);

impl Backlogs {
    /// That of a server.
    pub(super) fn of(&self, key: &Arc<Key>) -> Backlog {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default().clone()
    }
}

/// The rows of one server and one direction that wait for their turn.
struct Line {
    /// The site as a person has it now: that of the rows may be older, and get another number of connections.
    site: Arc<Site>,
    backlog: Backlog,
    /// By priority, lowest first; by place within it.
    levels: [Sequence; Priority::ALL.len()],
}

/// The rows that wait: for their turn, or for a time.
#[derive(Default)]
pub(super) struct Ready {
    /// By server and direction, which have caps of their own.
    lines: HashMap<(Arc<Key>, Course), Line>,
    /// The same counts, for the connections.
    backlogs: Arc<Backlogs>,
    waiting: BTreeSet<(Timestamp, TransferId)>,
    /// Keys by the address of their site, which the pair keeps from being reused.
    keys: HashMap<usize, (Arc<Site>, Arc<Key>)>,
    /// Equal keys are one, so that they can be compared by address.
    known: HashSet<Arc<Key>>,
}

impl Ready {
    /// Nothing; waiting rows are counted in `backlogs`.
    pub(super) fn new(backlogs: Arc<Backlogs>) -> Self {
        Self { backlogs, ..Self::default() }
    }

    /// The server of a row.
    pub(super) fn key(&mut self, site: &Arc<Site>) -> Arc<Key> {
        let address = Arc::as_ptr(site) as usize;
        if let Some((_, key)) = self.keys.get(&address) {
            return key.clone();
        }
        let key = Arc::new(Key::of(site));
        let key = self.known.get(&key).cloned().unwrap_or(key);
        self.known.insert(key.clone());
        self.keys.insert(address, (site.clone(), key.clone()));
        key
    }

    /// Takes in a row as it is in `queue` now.
    pub(super) fn enter(&mut self, row: Row<'_>, queue: &Queue) {
        match row.phase {
            Phase::Queued => {
                let key = self.key(&row.folder.site);
                let Self { lines, backlogs, .. } = self;
                let line = lines.entry((key, row.course)).or_insert_with_key(|(key, _)| Line {
                    site: row.folder.site.clone(),
                    backlog: backlogs.of(key),
                    levels: Default::default(),
                });
                line.backlog.add();
                let place_of = |id| queue.get(id).map_or(0, |row| row.place);
                line.levels[usize::from(row.priority.level())].insert(row.place, row.id, place_of);
            }
            Phase::Waiting { until, .. } => drop(self.waiting.insert((*until, row.id))),
            _ => {}
        }
    }

    /// A person uses a server as this site from now on.
    pub(super) fn renew(&mut self, site: &Arc<Site>) {
        let key = self.key(site);
        for course in [Course::Download, Course::Upload] {
            if let Some(line) = self.lines.get_mut(&(key.clone(), course)) {
                line.site = site.clone();
            }
        }
    }

    /// Lets go of a row, before it changes.
    pub(super) fn leave(&mut self, row: Row<'_>) {
        match row.phase {
            Phase::Queued => {
                let key = self.key(&row.folder.site);
                if let Some(line) = self.lines.get_mut(&(key, row.course)) {
                    line.levels[usize::from(row.priority.level())].remove(row.place, row.id);
                    line.backlog.remove();
                }
            }
            Phase::Waiting { until, .. } => drop(self.waiting.remove(&(*until, row.id))),
            _ => {}
        }
    }

    /// The first row of the highest priority whose server has room and that `may` begin.
    pub(super) fn next(
        &self,
        queue: &Queue,
        has_room: impl Fn(&Arc<Key>, &Site, Course) -> bool,
        may: impl Fn(Row<'_>) -> bool,
    ) -> Option<TransferId> {
        let has_rows = |line: &Line| line.levels.iter().any(|level| !level.is_empty());
        let roomy =
            self.lines.iter().filter(|((key, course), line)| has_rows(line) && has_room(key, &line.site, *course));
        let lines: Vec<&Line> = roomy.map(|(_, line)| line).collect();
        (0..Priority::ALL.len()).rev().find_map(|level| {
            let firsts = lines.iter().filter_map(|line| {
                let rows = line.levels[level].iter().take(LOOKED_AT).filter_map(|id| queue.get(*id));
                rows.into_iter().find(|row| may(*row))
            });
            firsts.min_by_key(|row| row.place).map(|row| row.id)
        })
    }

    /// Whether no row waits.
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.lines.values().flat_map(|line| &line.levels).all(Sequence::is_empty)
    }

    /// The rows of a server that wait for their turn.
    pub(super) fn of(&self, key: &Arc<Key>) -> Vec<TransferId> {
        let line = |course| self.lines.get(&(key.clone(), course));
        let lines = [Course::Download, Course::Upload].into_iter().filter_map(line);
        let levels = lines.flat_map(|line| line.levels.iter().rev());
        levels.flat_map(Sequence::iter).copied().collect()
    }

    /// How many rows wait for their turn at a server.
    #[cfg(test)]
    pub(super) fn count(&self) -> usize {
        self.lines.values().flat_map(|line| &line.levels).map(Sequence::len).sum()
    }

    /// The next row that waits for a time, and that time.
    pub(super) fn first_waiting(&self) -> Option<(Timestamp, TransferId)> {
        self.waiting.first().copied()
    }
}
