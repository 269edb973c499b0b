//! The queue: the worker owns one, the window mirrors it; both change only by [`Queue::apply`].

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};

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
            Phase::Queued | Phase::Left | Phase::Waiting { .. } | Phase::Paused | Phase::Running(_) => Self::Active,
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
            Delta::Add(transfers) => transfers.into_iter().for_each(|transfer| self.add(transfer)),
            Delta::Phase(id, phase) => self.change_phase(id, phase),
            Delta::Progress(progress) => {
                for (id, running) in progress {
                    if let Some(Transfer { phase: phase @ Phase::Running(_), .. }) = self.rows.get_mut(&id) {
                        *phase = Phase::Running(Box::new(running));
                    }
                }
            }
            Delta::Size(id, size) => {
                self.uncount(id);
                if let Some(row) = self.rows.get_mut(&id) {
                    row.size = Some(size);
                }
                self.count(id);
            }
            Delta::Attempts(id, attempts) => {
                if let Some(row) = self.rows.get_mut(&id) {
                    row.attempts = attempts;
                }
            }
            Delta::Remove(ids) => self.remove(&ids),
            Delta::Move(ids, place) => self.reorder(&ids.into_iter().collect(), place),
            Delta::Held(held) => self.held = held,
        }
    }

    fn add(&mut self, transfer: Transfer) {
        let id = transfer.id;
        if !self.rows.contains_key(&id) {
            self.section_mut(Section::of(&transfer.phase)).push_back(id);
            self.rows.insert(id, transfer);
            self.count(id);
        }
    }

    fn change_phase(&mut self, id: TransferId, phase: Phase) {
        self.uncount(id);
        let Some(row) = self.rows.get_mut(&id) else { return };
        let (from, to) = (Section::of(&row.phase), Section::of(&phase));
        row.phase = phase;
        self.count(id);
        if from != to {
            self.take_from(from, id);
            self.section_mut(to).push_back(id);
        }
    }

    /// Rows leave a section near its front as a rule, so the search is short.
    fn take_from(&mut self, section: Section, id: TransferId) {
        let list = self.section_mut(section);
        if let Some(index) = list.iter().position(|other| *other == id) {
            list.remove(index);
        }
    }

    fn remove(&mut self, ids: &[TransferId]) {
        let mut left = HashSet::new();
        for id in ids {
            self.uncount(*id);
            if let Some(row) = self.rows.remove(id) {
                left.insert(Section::of(&row.phase));
            }
        }
        if let ([id], Some(section)) = (ids, left.iter().next()) {
            return self.take_from(*section, *id);
        }
        for section in left {
            let mut list = std::mem::take(self.section_mut(section));
            list.retain(|id| self.rows.contains_key(id));
            *self.section_mut(section) = list;
        }
    }

    fn reorder(&mut self, ids: &HashSet<TransferId>, place: Place) {
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

    /// Takes a row into the sums.
    fn count(&mut self, id: TransferId) {
        let Some(row) = self.rows.get(&id) else { return };
        if Section::of(&row.phase) == Section::Active {
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
        let Some(row) = self.rows.get(&id) else { return };
        if Section::of(&row.phase) == Section::Active {
            self.sizes -= u128::from(row.size.unwrap_or(0));
            self.running.remove(&id);
            self.left -= usize::from(row.phase == Phase::Left);
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

    /// How many rows an earlier run left and nobody has let go on.
    pub fn left(&self) -> usize {
        self.left
    }

    /// Sums over the rows that are not finished. Costs as much as there are running rows.
    pub fn totals(&self) -> Totals {
        let mut totals = Totals { rows: self.active.len(), running: self.running.len(), ..Totals::default() };
        let mut left = self.sizes;
        for row in self.running() {
            let Phase::Running(running) = &row.phase else { continue };
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
    pub fn running(&self) -> impl Iterator<Item = &Transfer> {
        self.running.iter().filter_map(|id| self.rows.get(id))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::failure::{Cause, Failure};
    use crate::model::path::RemotePath;
    use crate::model::transfer::{Done, Folder, Proof};
    use crate::model::{Kind, Site};

    /// Xorshift: the same numbers in every run.
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % end
        }

        fn id(&mut self) -> TransferId {
            TransferId(self.below(40))
        }

        fn ids(&mut self) -> Vec<TransferId> {
            (0..self.below(6)).map(|_| self.id()).collect()
        }

        fn size(&mut self) -> u64 {
            if self.below(20) == 0 { u64::MAX } else { self.below(1000) }
        }

        fn running(&mut self) -> Running {
            Running { done: self.size(), rate: self.size(), ..Running::default() }
        }

        fn phase(&mut self) -> Phase {
            let failure =
                || Box::new(Failure { what: String::new(), why: String::new(), cause: Cause::Local, again: false });
            let at = jiff::Timestamp::UNIX_EPOCH;
            let done = Done { bytes: 1, resumed_from: 0, milliseconds: 1, proof: Proof::Size, at };
            match self.below(8) {
                0 => Phase::Queued,
                7 => Phase::Left,
                1 => Phase::Waiting { until: at, failure: failure() },
                2 => Phase::Paused,
                3 => Phase::Running(Box::new(self.running())),
                4 => Phase::Failed(failure()),
                5 => Phase::Done(Box::new(done)),
                _ => Phase::Skipped,
            }
        }

        fn transfer(&mut self, folder: &Arc<Folder>) -> Transfer {
            Transfer {
                id: self.id(),
                course: if self.below(2) == 0 { Course::Download } else { Course::Upload },
                kind: Kind::File,
                folder: Arc::clone(folder),
                remote_name: "x".into(),
                local_name: None,
                size: (self.below(3) > 0).then(|| self.size()),
                phase: self.phase(),
                attempts: 0,
                if_exists: None,
            }
        }

        fn delta(&mut self, folder: &Arc<Folder>) -> Delta {
            match self.below(12) {
                0..=2 => Delta::Add((0..self.below(5)).map(|_| self.transfer(folder)).collect()),
                3..=5 => Delta::Phase(self.id(), self.phase()),
                6 => Delta::Progress((0..self.below(4)).map(|_| (self.id(), self.running())).collect()),
                7 => Delta::Size(self.id(), self.size()),
                8 => Delta::Attempts(self.id(), 3),
                9 => Delta::Remove(self.ids()),
                10 => {
                    let places = [Place::Top, Place::Up, Place::Down, Place::Bottom];
                    let place = places[usize::try_from(self.below(4)).unwrap()];
                    Delta::Move(self.ids(), place)
                }
                _ => Delta::Held(self.below(2) == 0),
            }
        }
    }

    /// The queue as plainly as it can be written: every row in one list, in its order.
    #[derive(Default)]
    struct Plain(Vec<Transfer>);

    impl Plain {
        fn apply(&mut self, delta: &Delta) {
            let Self(rows) = self;
            match delta {
                Delta::Add(added) => {
                    for transfer in added {
                        if rows.iter().all(|row| row.id != transfer.id) {
                            rows.push(transfer.clone());
                        }
                    }
                }
                Delta::Phase(id, phase) => {
                    if let Some(index) = rows.iter().position(|row| row.id == *id) {
                        let same = Section::of(&rows[index].phase) == Section::of(phase);
                        rows[index].phase = phase.clone();
                        if !same {
                            let row = rows.remove(index);
                            rows.push(row);
                        }
                    }
                }
                Delta::Progress(progress) => {
                    for (id, running) in progress {
                        let row = rows.iter_mut().find(|row| row.id == *id);
                        if let Some(row) = row.filter(|row| matches!(row.phase, Phase::Running(_))) {
                            row.phase = Phase::Running(Box::new(running.clone()));
                        }
                    }
                }
                Delta::Size(id, size) => {
                    rows.iter_mut().filter(|row| row.id == *id).for_each(|row| row.size = Some(*size));
                }
                Delta::Attempts(id, attempts) => {
                    rows.iter_mut().filter(|row| row.id == *id).for_each(|row| row.attempts = *attempts);
                }
                Delta::Remove(ids) => rows.retain(|row| !ids.contains(&row.id)),
                Delta::Move(ids, place) => {
                    let mut active = self.section(Section::Active);
                    let rank = |id: &TransferId| !ids.contains(id);
                    match place {
                        Place::Top => active.sort_by_key(rank),
                        Place::Bottom => active.sort_by_key(|id| !rank(id)),
                        Place::Up => (1..active.len()).for_each(|at| {
                            if !rank(&active[at]) && rank(&active[at - 1]) {
                                active.swap(at, at - 1);
                            }
                        }),
                        Place::Down => (1..active.len()).rev().for_each(|at| {
                            if !rank(&active[at - 1]) && rank(&active[at]) {
                                active.swap(at, at - 1);
                            }
                        }),
                    }
                    self.0.sort_by_key(|row| active.iter().position(|id| *id == row.id));
                }
                Delta::Held(_) => {}
            }
        }

        fn section(&self, section: Section) -> Vec<TransferId> {
            self.0.iter().filter(|row| Section::of(&row.phase) == section).map(|row| row.id).collect()
        }

        fn totals(&self) -> Totals {
            let mut totals = Totals::default();
            for row in self.0.iter().filter(|row| Section::of(&row.phase) == Section::Active) {
                totals.rows += 1;
                let mut left = row.size.unwrap_or(0);
                if let Phase::Running(running) = &row.phase {
                    totals.running += 1;
                    left = left.saturating_sub(running.done);
                    let rate = if row.course == Course::Download { &mut totals.down } else { &mut totals.up };
                    *rate = rate.saturating_add(running.rate);
                }
                totals.bytes = totals.bytes.saturating_add(left);
            }
            totals
        }
    }

    fn folder() -> Arc<Folder> {
        Arc::new(Folder { site: Arc::new(Site::default()), local: "/".into(), remote: RemotePath::root(), below: 0 })
    }

    #[test]
    fn any_deltas_make_the_same_queue_on_both_sides() {
        let folder = folder();
        for seed in 1..=40 {
            let mut random = Random(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed));
            let (mut queue, mut mirror, mut plain) = (Queue::default(), Queue::default(), Plain::default());
            for step in 0..200 {
                let delta = random.delta(&folder);
                plain.apply(&delta);
                mirror.apply(delta.clone());
                queue.apply(delta.clone());
                assert_eq!(mirror, queue);
                for section in [Section::Active, Section::Failed, Section::Done] {
                    let at = format!("{section:?} after {delta:?}, step {step} of {seed}");
                    assert_eq!(Vec::from(queue.section(section).clone()), plain.section(section), "{at}");
                    let rows = (0..queue.section(section).len()).map(|index| queue.row(section, index).unwrap());
                    assert!(rows.zip(plain.section(section)).all(|(row, id)| row.id == id), "{at}");
                }
                assert!(plain.0.iter().all(|row| queue.get(row.id) == Some(row)) && queue.len() == plain.0.len());
                assert_eq!(queue.totals(), plain.totals(), "after {delta:?}, step {step} of {seed}");
            }
        }
    }

    #[test]
    fn a_hundred_thousand_rows_are_no_burden() {
        let (folder, count) = (folder(), 100_000);
        let mut random = Random(7);
        let rows: Vec<_> = (0..count).map(|id| Transfer { id: TransferId(id), ..random.transfer(&folder) }).collect();
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let mut queue = Queue::default();
        queue.apply(Delta::Add(rows));
        for place in [Place::Top, Place::Up, Place::Down, Place::Bottom] {
            queue.apply(Delta::Move(ids.iter().copied().step_by(2).collect(), place));
        }
        queue.apply(Delta::Remove(ids));
        assert_eq!((queue.len(), queue.totals()), (0, Totals::default()));
    }
}
