//! The queue: the worker owns one, the window mirrors it; both change only by [`Queue::apply`].

use std::collections::{HashMap, VecDeque};

use super::transfer::{Course, Phase, Running, Transfer, TransferId};

/// A change of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    /// New rows, behind all others.
    Add(Vec<Transfer>),
    /// A row goes on.
    Phase(TransferId, Phase),
    /// How far the running rows are; replaces what was said before, at most ten times a second.
    Progress(Vec<(TransferId, Running)>),
    /// The source's size became known.
    Size(TransferId, u64),
    /// A row was begun once more.
    Attempts(TransferId, u16),
    /// Rows leave.
    Remove(Vec<TransferId>),
    /// Waiting rows change their place.
    Move(Vec<TransferId>, Place),
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
            Phase::Queued | Phase::Waiting { .. } | Phase::Paused | Phase::Running(_) => Self::Active,
            Phase::Failed(_) => Self::Failed,
            Phase::Done(_) | Phase::Skipped => Self::Done,
        }
    }
}

/// All rows, in three ordered sections. A row is found by id or by place in its section.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    rows: HashMap<TransferId, Transfer>,
    active: VecDeque<TransferId>,
    failed: VecDeque<TransferId>,
    done: VecDeque<TransferId>,
    held: bool,
}

/// What is left to do and how fast it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Rows that are not finished.
    pub rows: usize,
    /// Rows that run.
    pub running: usize,
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
            Delta::Add(transfers) => {
                for transfer in transfers {
                    let section = Section::of(&transfer.phase);
                    if !self.rows.contains_key(&transfer.id) {
                        self.section_mut(section).push_back(transfer.id);
                        self.rows.insert(transfer.id, transfer);
                    }
                }
            }
            Delta::Phase(id, phase) => self.change_phase(id, phase),
            Delta::Progress(progress) => {
                for (id, running) in progress {
                    if let Some(Transfer { phase: phase @ Phase::Running(_), .. }) = self.rows.get_mut(&id) {
                        *phase = Phase::Running(Box::new(running));
                    }
                }
            }
            Delta::Size(id, size) => {
                if let Some(row) = self.rows.get_mut(&id) {
                    row.size = Some(size);
                }
            }
            Delta::Attempts(id, attempts) => {
                if let Some(row) = self.rows.get_mut(&id) {
                    row.attempts = attempts;
                }
            }
            Delta::Remove(ids) => self.remove(&ids),
            Delta::Move(ids, place) => self.reorder(&ids, place),
            Delta::Held(held) => self.held = held,
        }
    }

    fn change_phase(&mut self, id: TransferId, phase: Phase) {
        let Some(row) = self.rows.get_mut(&id) else { return };
        let (from, to) = (Section::of(&row.phase), Section::of(&phase));
        row.phase = phase;
        if from != to {
            let list = self.section_mut(from);
            // Rows finish near the front of the queue, so the search is short.
            if let Some(index) = list.iter().position(|other| *other == id) {
                list.remove(index);
            }
            self.section_mut(to).push_back(id);
        }
    }

    fn remove(&mut self, ids: &[TransferId]) {
        for id in ids {
            self.rows.remove(id);
        }
        let rows = &self.rows;
        for list in [&mut self.active, &mut self.failed, &mut self.done] {
            list.retain(|id| rows.contains_key(id));
        }
    }

    fn reorder(&mut self, ids: &[TransferId], place: Place) {
        let moved = |id: &TransferId| ids.contains(id);
        match place {
            Place::Top | Place::Bottom => {
                let (mut first, mut second): (Vec<_>, Vec<_>) = self.active.iter().copied().partition(|id| moved(id));
                if place == Place::Bottom {
                    std::mem::swap(&mut first, &mut second);
                }
                self.active = first.into_iter().chain(second).collect();
            }
            Place::Up => {
                for index in 1..self.active.len() {
                    if moved(&self.active[index]) && !moved(&self.active[index - 1]) {
                        self.active.swap(index, index - 1);
                    }
                }
            }
            Place::Down => {
                for index in (1..self.active.len()).rev() {
                    if moved(&self.active[index - 1]) && !moved(&self.active[index]) {
                        self.active.swap(index, index - 1);
                    }
                }
            }
        }
    }

    fn section_mut(&mut self, section: Section) -> &mut VecDeque<TransferId> {
        match section {
            Section::Active => &mut self.active,
            Section::Failed => &mut self.failed,
            Section::Done => &mut self.done,
        }
    }

    /// The ids of a section, in order.
    pub fn section(&self, section: Section) -> &VecDeque<TransferId> {
        match section {
            Section::Active => &self.active,
            Section::Failed => &self.failed,
            Section::Done => &self.done,
        }
    }

    /// The row at `index` of a section.
    pub fn row(&self, section: Section, index: usize) -> Option<&Transfer> {
        self.rows.get(self.section(section).get(index)?)
    }

    /// The row called `id`.
    pub fn get(&self, id: TransferId) -> Option<&Transfer> {
        self.rows.get(&id)
    }

    /// How many rows there are in all.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether nothing new starts.
    pub fn is_held(&self) -> bool {
        self.held
    }

    /// Sums over the rows that are not finished. Walks them: call it once a change, not once a frame.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { rows: self.active.len(), ..Totals::default() };
        for row in self.active.iter().filter_map(|id| self.rows.get(id)) {
            let mut left = row.size.unwrap_or(0);
            if let Phase::Running(running) = &row.phase {
                totals.running += 1;
                left = left.saturating_sub(running.done);
                match row.course {
                    Course::Download => totals.down += running.rate,
                    Course::Upload => totals.up += running.rate,
                }
            }
            totals.bytes += left;
        }
        totals
    }
}
