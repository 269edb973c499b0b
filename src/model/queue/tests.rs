//! The queue against one that is written as plainly as can be.

use std::sync::Arc;

use super::*;
use crate::model::failure::{Cause, Failure};
use crate::model::path::RemotePath;
use crate::model::transfer::{Done, Folder, Priority, Proof};
use crate::model::{IfExists, Kind, Site, TransferType};

/// Xorshift: the same numbers in every run.
struct Random(u64, i64);

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
            || Arc::new(Failure { what: String::new(), why: String::new(), cause: Cause::Local, again: false });
        let at = jiff::Timestamp::UNIX_EPOCH;
        let done = Done { bytes: 1, resumed_from: 0, milliseconds: 1, proof: Proof::Size, at, left_out: 0 };
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
            remote_name: ["x", "", "ü 2"][usize::try_from(self.below(3)).unwrap()].into(),
            local_name: (self.below(4) == 0).then(|| ["", "y"][usize::try_from(self.below(2)).unwrap()].into()),
            size: (self.below(3) > 0).then(|| self.size()),
            phase: self.phase(),
            attempts: 0,
            if_exists: (self.below(5) == 0).then_some(IfExists::Skip),
            priority: Priority::of_level(u8::try_from(self.below(5)).unwrap()),
            transfer_type: TransferType::ALL[usize::try_from(self.below(3)).unwrap()],
            place: self.place(),
        }
    }

    /// Each place is given once.
    fn place(&mut self) -> i64 {
        self.1 += 1;
        i64::try_from(self.below(1_000_000)).unwrap() * 10_000 + self.1
    }

    fn delta(&mut self, folder: &Arc<Folder>, queue: &Queue) -> Delta {
        match self.below(13) {
            0..=2 => Delta::Add((0..self.below(5)).map(|_| self.transfer(folder)).collect()),
            3..=5 => Delta::Phase(self.id(), self.phase()),
            6 => Delta::Progress((0..self.below(4)).map(|_| (self.id(), self.running())).collect()),
            7 => Delta::Size(self.id(), self.size()),
            8 => Delta::Attempts(self.id(), 3),
            9 => Delta::Remove(self.ids()),
            10 => Delta::Places(queue.arrange(&self.ids(), self.to())),
            11 => {
                let mut ids = self.ids();
                ids.sort_unstable();
                ids.dedup();
                Delta::Change(ids.into_iter().map(|id| Transfer { id, ..self.transfer(folder) }).collect())
            }
            _ => Delta::Held(self.below(2) == 0),
        }
    }

    fn to(&mut self) -> Place {
        match self.below(5) {
            0 => Place::Top,
            1 => Place::Up,
            2 => Place::Down,
            3 => Place::Bottom,
            _ => Place::Before(self.id()),
        }
    }
}

/// What moving must come to, on a plain list.
fn moved(order: &[TransferId], ids: &[TransferId], place: Place) -> Vec<TransferId> {
    let mut order = order.to_vec();
    let is = |id: &TransferId| ids.contains(id);
    match place {
        Place::Top => order.sort_by_key(|id| !is(id)),
        Place::Bottom => order.sort_by_key(is),
        Place::Up => (1..order.len()).for_each(|at| {
            if is(&order[at]) && !is(&order[at - 1]) {
                order.swap(at, at - 1);
            }
        }),
        Place::Down => (1..order.len()).rev().for_each(|at| {
            if is(&order[at - 1]) && !is(&order[at]) {
                order.swap(at, at - 1);
            }
        }),
        Place::Before(target) => {
            let Some(start) = order.iter().position(|id| *id == target) else { return order };
            let behind: Vec<_> = order.split_off(start).into_iter().filter(|id| !is(id)).collect();
            let mut chosen: Vec<_> = Vec::new();
            order.retain(|id| !is(id));
            chosen.extend(ids.iter().copied());
            order.extend(chosen);
            order.extend(behind);
        }
    }
    order
}

/// The queue as plainly as it can be written: every row in one list.
#[derive(Default)]
struct Plain(Vec<Transfer>, i64);

impl Plain {
    fn apply(&mut self, delta: &Delta) {
        let Self(rows, last) = self;
        match delta {
            Delta::Add(added) => {
                for transfer in added.iter() {
                    if rows.iter().all(|row| row.id != transfer.id) {
                        rows.push(transfer.to_transfer());
                    }
                }
            }
            Delta::Change(changed) => {
                for transfer in changed.iter() {
                    rows.iter_mut().filter(|row| row.id == transfer.id).for_each(|row| *row = transfer.to_transfer());
                }
            }
            Delta::Phase(id, phase) => {
                for row in rows.iter_mut().filter(|row| row.id == *id) {
                    if Section::of(&row.phase) != Section::of(phase) {
                        row.place = *last + STRIDE;
                    }
                    row.phase = phase.clone();
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
            Delta::Places(places) => {
                for (id, place) in places {
                    rows.iter_mut().filter(|row| row.id == *id).for_each(|row| row.place = *place);
                }
            }
            Delta::Held(_) => {}
        }
        *last = rows.iter().map(|row| row.place).fold(*last, i64::max);
    }

    fn section(&self, section: Section) -> Vec<TransferId> {
        let mut rows: Vec<_> = self.0.iter().filter(|row| Section::of(&row.phase) == section).collect();
        rows.sort_by_key(|row| row.place);
        rows.into_iter().map(|row| row.id).collect()
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
        let mut random = Random(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed), 0);
        let (mut queue, mut mirror, mut plain) = (Queue::default(), Queue::default(), Plain::default());
        for step in 0..200 {
            let delta = random.delta(&folder, &queue);
            plain.apply(&delta);
            mirror.apply(delta.clone());
            queue.apply(delta.clone());
            assert_eq!(mirror, queue);
            for section in [Section::Active, Section::Failed, Section::Done] {
                let at = format!("{section:?} after {delta:?}, step {step} of {seed}");
                let rows: Vec<_> = queue.section(section).iter().copied().collect();
                assert_eq!(rows, plain.section(section), "{at}");
                let found = (0..rows.len()).map(|index| queue.row(section, index).unwrap().id);
                assert!(found.eq(rows.iter().copied()), "{at}");
                assert!(rows.iter().enumerate().all(|(at, id)| queue.position(*id) == Some(at)), "{at}");
            }
            assert!(plain.0.iter().all(|row| queue.get(row.id) == Some(row.row())) && queue.len() == plain.0.len());
            assert_eq!(queue.totals(), plain.totals(), "after {delta:?}, step {step} of {seed}");
        }
    }
}

#[test]
fn rows_go_where_a_person_puts_them() {
    let folder = folder();
    for seed in 1..=20 {
        let mut random = Random(0x9E37_79B9_7F4A_7C15_u64.wrapping_mul(seed), 0);
        let row =
            |id, place| Transfer { id: TransferId(id), phase: Phase::Queued, place, ..Random(9, 0).transfer(&folder) };
        // Close together, so that there is soon no room between two.
        let mut queue = Queue::default();
        queue.apply(Delta::Add((0..40).map(|id| row(id, i64::try_from(id).unwrap() * 4)).collect()));
        for step in 0..300 {
            let order: Vec<_> = queue.section(Section::Active).iter().copied().collect();
            let mut ids = random.ids();
            ids.sort_by_key(|id| order.iter().position(|other| other == id));
            ids.dedup();
            let place = random.to();
            queue.apply(Delta::Places(queue.arrange(&ids, place)));
            let now: Vec<_> = queue.section(Section::Active).iter().copied().collect();
            assert_eq!(now, moved(&order, &ids, place), "{ids:?} {place:?}, step {step} of {seed}");
        }
    }
}

#[test]
fn rows_of_both_sides_are_in_memory_once_until_they_change() {
    let rows: Rows = (1..100).map(|id| Transfer { id: TransferId(id), ..Random(9, 0).transfer(&folder()) }).collect();
    let (mut queue, mut mirror) = (Queue::default(), Queue::default());
    queue.apply(Delta::Add(rows.clone()));
    mirror.apply(Delta::Add(rows));
    let name = |queue: &Queue, id| queue.get(TransferId(id)).unwrap().remote_name.as_ptr();
    let same = |id| name(&queue, id) == name(&mirror, id);
    assert!((1..100).all(same));
}

#[test]
fn the_oldest_of_very_many_done_rows_leave() {
    let folder = folder();
    let count = u64::try_from(MOST_DONE).unwrap() + 10;
    let mut queue = Queue::default();
    let row = |id| Transfer { id: TransferId(id), phase: Phase::Skipped, place: 0, ..Random(9, 0).transfer(&folder) };
    queue.apply(Delta::Add((0..count).map(|id| Transfer { place: i64::try_from(id).unwrap(), ..row(id) }).collect()));
    assert_eq!(
        (queue.len(), queue.get(TransferId(9)), queue.section(Section::Done).len()),
        (MOST_DONE, None, MOST_DONE)
    );
}

#[test]
fn a_hundred_thousand_rows_are_no_burden() {
    let (folder, count) = (folder(), 100_000);
    let mut random = Random(7, 0);
    let row =
        |id, random: &mut Random| Transfer { id: TransferId(id), phase: Phase::Queued, ..random.transfer(&folder) };
    let rows: Rows = (0..count).map(|id| row(id, &mut random)).collect();
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut queue = Queue::default();
    queue.apply(Delta::Add(rows));
    for place in [Place::Top, Place::Up, Place::Down, Place::Bottom] {
        let half: Vec<_> = ids.iter().copied().step_by(2).collect();
        queue.apply(Delta::Places(queue.arrange(&half, place)));
    }
    queue.apply(Delta::Remove(ids));
    assert_eq!((queue.len(), queue.totals()), (0, Totals::default()));
}
