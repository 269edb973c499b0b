//! The queue: the worker owns one, the window mirrors it; both change only by [`Queue::apply`].

mod arrange;
pub mod portable;
mod rows;
mod sequence;
mod store;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashSet};

pub use self::rows::{Row, Rows};
pub use self::sequence::Sequence;
use self::store::Store;
use super::transfer::{Course, Phase, Running, Transfer, TransferId};

/// Between the places of two rows that come one after the other: others may be moved in between.
pub const STRIDE: i64 = 1 << 24;
/// Rows that the queue holds at most; a tree with more is broken or hostile.
pub const MOST_ROWS: usize = 2_000_000;
/// Rows that are done and still shown; beyond that the oldest leave.
pub const MOST_DONE: usize = 100_000;

/// A change of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// New rows, each with its place.
    Add(Rows),
    /// Rows that are there become these, at their places.
    Change(Rows),
    /// A row goes on; in another section it goes behind all others.
    Phase(TransferId, Phase),
    /// How far the running rows are; replaces what was said before, at most ten times a second.
    Progress(Vec<(TransferId, Running)>),
    /// The source's size became known.
    Size(TransferId, u64),
    /// A row was begun once more.
    Attempts(TransferId, u16),
    /// Rows leave.
    Remove(Vec<TransferId>),
    /// Rows go to other places in their section.
    Places(Vec<(TransferId, i64)>),
    /// Whether the queue is held: what runs goes on, nothing new starts.
    Held(bool),
}

/// Where rows are moved to, among those that are not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Before all others.
    Top,
    /// One up.
    Up,
    /// One down.
    Down,
    /// Behind all others.
    Bottom,
    /// Right before this row.
    Before(TransferId),
}

/// The three lists that a person sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Section {
    /// Queued, waiting, paused and running.
    Active,
    /// Given up.
    Failed,
    /// Complete and skipped.
    Done,
}

impl Section {
    /// The section that shows a row in `phase`.
    pub fn of(phase: &Phase) -> Self {
        match phase {
            Phase::Queued | Phase::Left | Phase::Waiting { .. } | Phase::Paused | Phase::Running(_) => Self::Active,
            Phase::Failed(_) => Self::Failed,
            Phase::Done(_) | Phase::Skipped => Self::Done,
        }
    }
}

/// All rows, in three ordered sections. A row is found by id or by where it stands in its section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    rows: Store,
    active: Sequence,
    failed: Sequence,
    done: Sequence,
    held: bool,
    /// The last place that any row ever had.
    last: i64,
    /// The rows that run: few, so that [`Queue::totals`] need not walk the others.
    running: BTreeSet<TransferId>,
    /// How many rows an earlier run left and nobody has let go on.
    left: usize,
    /// The known sizes of all active rows; wider than any of them, because a server may claim any size.
    sizes: u128,
}

/// What is left to do and how fast it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows that are not finished.
    pub rows: usize,
    /// Rows that run.
    pub running: usize,
    /// Those of them that wait for a person's answer.
    pub asking: usize,
    /// Bytes left, of rows whose size is known.
    pub bytes: u64,
    /// Bytes a second towards this machine.
    pub down: u64,
    /// Bytes a second towards servers.
    pub up: u64,
}

impl Queue {
    /// Changes the queue. What names a row that is not there changes nothing.
    pub fn apply(&mut self, delta: Delta) {
        match delta {
            Delta::Add(rows) => self.add(rows),
            Delta::Change(rows) => self.change(rows),
            Delta::Phase(id, phase) => self.change_phase(id, phase),
            Delta::Progress(progress) => {
                for (id, running) in progress {
                    if let Some(Transfer { phase: phase @ Phase::Running(_), .. }) = self.rows.get_mut(id) {
                        *phase = Phase::Running(Box::new(running));
                    }
                }
            }
            Delta::Size(id, size) => {
                self.uncount(id);
                if let Some(row) = self.rows.get_mut(id) {
                    row.size = Some(size);
                }
                self.count(id);
            }
            Delta::Attempts(id, attempts) => {
                if let Some(row) = self.rows.get_mut(id) {
                    row.attempts = attempts;
                }
            }
            Delta::Remove(ids) => ids.into_iter().for_each(|id| self.remove(id)),
            Delta::Places(places) => self.replace(&places),
            Delta::Held(held) => self.held = held,
        }
        while self.done.len() > MOST_DONE
            && let Some(oldest) = self.done.get(0).copied()
        {
            self.remove(oldest);
        }
    }

    fn add(&mut self, rows: Rows) {
        let is_new = |row: &Row<'_>| self.rows.get(row.id).is_none();
        let mut seen = HashSet::new();
        let ascending = rows.iter().is_sorted_by(|one, next| one.id < next.id);
        let rows = if rows.iter().all(|row| is_new(&row) && (ascending || seen.insert(row.id))) {
            rows
        } else {
            seen.clear();
            rows.iter().filter(|row| is_new(row) && seen.insert(row.id)).map(|row| row.to_transfer()).collect()
        };
        self.rows.put(rows.clone());
        rows.iter().for_each(|row| self.enter(row.id));
    }

    fn change(&mut self, rows: Rows) {
        let rows = if rows.iter().all(|row| self.rows.get(row.id).is_some()) {
            rows
        } else {
            rows.iter().filter(|row| self.rows.get(row.id).is_some()).map(|row| row.to_transfer()).collect()
        };
        rows.iter().for_each(|row| self.leave(row.id));
        self.rows.put(rows.clone());
        rows.iter().for_each(|row| self.enter(row.id));
    }

    fn change_phase(&mut self, id: TransferId, phase: Phase) {
        let Some(row) = self.rows.get(id) else { return };
        if Section::of(row.phase) != Section::of(&phase) {
            self.leave(id);
            let place = self.next_place();
            if let Some(row) = self.rows.get_mut(id) {
                (row.phase, row.place) = (phase, place);
            }
            return self.enter(id);
        }
        self.uncount(id);
        if let Some(row) = self.rows.get_mut(id) {
            row.phase = phase;
        }
        self.count(id);
    }

    fn remove(&mut self, id: TransferId) {
        self.leave(id);
        self.rows.remove(id);
    }

    fn replace(&mut self, places: &[(TransferId, i64)]) {
        places.iter().for_each(|(id, _)| self.leave(*id));
        for (id, place) in places {
            if let Some(row) = self.rows.get_mut(*id) {
                row.place = *place;
            }
        }
        places.iter().for_each(|(id, _)| self.enter(*id));
    }

    /// Puts a row into its section and into the sums.
    fn enter(&mut self, id: TransferId) {
        let Self { rows, active, failed, done, last, .. } = self;
        let Some(row) = rows.get(id) else { return };
        let section = match Section::of(row.phase) {
            Section::Active => active,
            Section::Failed => failed,
            Section::Done => done,
        };
        *last = row.place.max(*last);
        section.insert(row.place, id, |id| rows.get(id).map_or(0, |row| row.place));
        self.count(id);
    }

    /// Takes a row out of its section and out of the sums.
    fn leave(&mut self, id: TransferId) {
        self.uncount(id);
        let Some(row) = self.rows.get(id) else { return };
        let (section, place) = (Section::of(row.phase), row.place);
        match section {
            Section::Active => self.active.remove(place, id),
            Section::Failed => self.failed.remove(place, id),
            Section::Done => self.done.remove(place, id),
        }
    }

    /// The place behind every row there ever was.
    pub fn next_place(&self) -> i64 {
        self.last.saturating_add(STRIDE)
    }

    /// Takes a row into the sums.
    fn count(&mut self, id: TransferId) {
        let Some(row) = self.rows.get(id) else { return };
        if Section::of(row.phase) == Section::Active {
            self.sizes += u128::from(row.size.unwrap_or(0));
            match row.phase {
                Phase::Running(_) => drop(self.running.insert(id)),
                Phase::Left => self.left += 1,
                _ => {}
            }
        }
    }

    /// Takes a row out of the sums, before it changes.
    fn uncount(&mut self, id: TransferId) {
        let Some(row) = self.rows.get(id) else { return };
        if Section::of(row.phase) == Section::Active {
            self.sizes -= u128::from(row.size.unwrap_or(0));
            self.running.remove(&id);
            self.left -= usize::from(*row.phase == Phase::Left);
        }
    }

    /// The ids of a section, in order.
    pub fn section(&self, section: Section) -> &Sequence {
        match section {
            Section::Active => &self.active,
            Section::Failed => &self.failed,
            Section::Done => &self.done,
        }
    }

    /// Where the row stands in its section.
    pub fn position(&self, id: TransferId) -> Option<usize> {
        let row = self.rows.get(id)?;
        self.section(Section::of(row.phase)).position(row.place, id)
    }

    /// The row at `index` of a section.
    pub fn row(&self, section: Section, index: usize) -> Option<Row<'_>> {
        self.rows.get(*self.section(section).get(index)?)
    }

    /// The row called `id`.
    pub fn get(&self, id: TransferId) -> Option<Row<'_>> {
        self.rows.get(id)
    }

    /// How many of `ids` are best changed at once, at most `most`: those that came together, with what they are now, or some
    /// that did not.
    pub fn portion(&self, ids: &[TransferId], most: usize) -> (usize, Rows) {
        let together = ids.first().and_then(|id| self.rows.begun_by(*id));
        match together
            .filter(|rows| rows.len() <= most && rows.iter().map(|row| row.id).eq(ids.iter().copied().take(rows.len())))
        {
            Some(rows) => (rows.len(), rows.clone()),
            None => {
                let next = ids.iter().take(most).skip(1).position(|id| self.rows.begun_by(*id).is_some());
                (next.map_or(ids.len().min(most), |others| others + 1), Rows::default())
            }
        }
    }

    /// How many rows there are in all.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.len() == 0
    }

    /// Whether nothing new starts.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// How many rows an earlier run left and nobody has let go on.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Sums over the rows that are not finished. Costs as much as there are running rows.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { rows: self.active.len(), running: self.running.len(), ..Totals::default() };
        let mut left = self.sizes;
        for row in self.running() {
            let Phase::Running(running) = row.phase else { continue };
            totals.asking += usize::from(running.step == Running::ASKS);
            left -= u128::from(running.done.min(row.size.unwrap_or(0)));
            match row.course {
                Course::Download => totals.down = totals.down.saturating_add(running.rate),
                Course::Upload => totals.up = totals.up.saturating_add(running.rate),
            }
        }
        totals.bytes = u64::try_from(left).unwrap_or(u64::MAX);
        totals
    }

    /// The rows that run, oldest first.
    pub fn running(&self) -> impl Iterator<Item = Row<'_>> {
        self.running.iter().filter_map(|id| self.rows.get(*id))
    }
}
