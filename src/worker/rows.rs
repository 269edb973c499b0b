//! The queue as the worker owns it: every change goes through [`Rows::change`], which keeps the sums that make the
//! choice of the next row cheap, and collects what the front and the journal must be told.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::disk::PART;
use super::extras::{Above, Extra, Extras, Listed};
use super::memory::Key;
use super::ready::{Backlogs, Ready};
use crate::model::path::folded;
use crate::model::queue::{Place, Row, STRIDE};
use crate::model::transfer::Folder;
use crate::model::{Course, Delta, Phase, Queue, Section, Site, Transfer, TransferId};

/// So many rows are changed at a time: a million of them by themselves would be hundreds of megabytes for a moment.
const PORTION: usize = 4096;

/// One end of a row that only one row may write at a time, in a form that file systems blind to case share.
pub(super) type TargetName = (Course, String);

/// The queue and what goes with it.
#[derive(Default)]
pub(super) struct Rows {
    queue: Queue,
    extras: Extras,
    ready: Ready,
    /// Targets of rows that run.
    busy: HashSet<TargetName>,
    changes: Vec<Delta>,
    /// Something was asked of the queue whose end has not been told.
    owes_idle: bool,
}

impl Rows {
    /// An empty queue, whose waiting rows are counted in `backlogs`.
    pub(super) fn new(backlogs: Arc<Backlogs>) -> Self {
        Self { ready: Ready::new(backlogs), ..Self::default() }
    }

    /// The queue as the window mirrors it.
    pub(super) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(super) fn get(&self, id: TransferId) -> Option<Row<'_>> {
        self.queue.get(id)
    }

    pub(super) fn extra(&mut self, id: TransferId) -> &mut Extra {
        self.extras.of(id)
    }

    /// The batch of a row, by its first row; `None` for rows of an earlier run.
    pub(super) fn batch(&self, id: TransferId) -> Option<TransferId> {
        self.extras.batch(id)
    }

    /// Whether new rows are among what the front and the journal have not been told.
    pub(super) fn adds(&self) -> bool {
        self.changes.iter().any(|change| matches!(change, Delta::Add(_)))
    }

    /// What the front and the journal have not been told.
    pub(super) fn take_changes(&mut self) -> Vec<Delta> {
        std::mem::take(&mut self.changes)
    }

    /// The server of a row.
    pub(super) fn key(&mut self, site: &Arc<Site>) -> Arc<Key> {
        self.ready.key(site)
    }

    /// What is known of rows that are about to be added, in the order of their numbers.
    pub(super) fn know(
        &mut self,
        above: Option<&Arc<Above>>,
        batch: Option<TransferId>,
        rows: &[(TransferId, Listed)],
    ) {
        self.extras.add(above, batch, rows);
    }

    /// New rows, behind all others in this order.
    pub(super) fn add(&mut self, mut rows: Vec<Transfer>) {
        let first = self.queue.next_place();
        for (number, row) in (0_i64..).zip(&mut rows) {
            row.place = first.saturating_add(STRIDE.saturating_mul(number));
        }
        let mut rows = rows.into_iter();
        loop {
            let portion: Vec<_> = rows.by_ref().take(PORTION).collect();
            if portion.is_empty() {
                break;
            }
            self.change(Delta::Add(portion.into()));
        }
    }

    /// Takes in rows of the journal, which need not be written there once more. Gives back what the front is to be told.
    pub(super) fn load(&mut self, rows: Vec<Transfer>) -> Delta {
        let told = std::mem::take(&mut self.changes);
        let delta = Delta::Add(rows.into());
        self.change(delta.clone());
        self.changes = told;
        delta
    }

    /// Rows become what `change` makes of them; those that come into another section go behind all others.
    pub(super) fn change_each(&mut self, ids: &[TransferId], change: impl Fn(&mut Transfer)) {
        let mut next = self.queue.next_place();
        let mut rest = ids;
        while !rest.is_empty() {
            let (count, before) = self.queue.portion(rest, PORTION);
            let (ids, others) = rest.split_at(count);
            rest = others;
            let mut rows = Vec::with_capacity(count);
            for row in ids.iter().filter_map(|id| self.queue.get(*id)) {
                let mut row = row.to_transfer();
                let section = Section::of(&row.phase);
                change(&mut row);
                if Section::of(&row.phase) != section {
                    row.place = next;
                    next = next.saturating_add(STRIDE);
                }
                rows.push(row);
            }
            if !rows.is_empty() {
                self.change(Delta::Change(before.changed(rows)));
            }
        }
    }

    /// Rows that do not run, and are not done, go to `to`: the same server as `from`, reached in another way.
    pub(super) fn change_site(&mut self, from: &Site, to: &Arc<Site>) {
        let from = Key::of(from);
        let mut folders: HashMap<Arc<Folder>, Option<Arc<Folder>>> = HashMap::new();
        let sections = [Section::Active, Section::Failed].map(|section| self.queue.section(section));
        let mut ids = Vec::new();
        for row in sections.into_iter().flat_map(|section| section.iter()).filter_map(|id| self.queue.get(*id)) {
            let changed = folders.entry(row.folder.clone()).or_insert_with_key(|folder| {
                let folder = Folder { site: to.clone(), ..(**folder).clone() };
                (Key::of(&row.folder.site) == from).then(|| Arc::new(folder))
            });
            if changed.is_some() && !matches!(row.phase, Phase::Running(_)) {
                ids.push(row.id);
            }
        }
        self.change_each(&ids, |row| {
            if let Some(Some(folder)) = folders.get(&row.folder) {
                row.folder = folder.clone();
            }
        });
        self.renew(to);
    }

    /// A person uses a server as this site from now on.
    pub(super) fn renew(&mut self, site: &Arc<Site>) {
        self.ready.renew(site);
    }

    /// Moves rows by hand.
    pub(super) fn reorder(&mut self, ids: &[TransferId], place: Place) {
        let places = self.queue.arrange(ids, place);
        if !places.is_empty() {
            self.change(Delta::Places(places));
        }
    }

    /// Changes the queue.
    pub(super) fn change(&mut self, delta: Delta) {
        let ids: Vec<TransferId> = match &delta {
            Delta::Add(rows) => rows.iter().map(|row| row.id).filter(|id| self.queue.get(*id).is_none()).collect(),
            Delta::Change(rows) => rows.iter().map(|row| row.id).collect(),
            Delta::Phase(id, phase) if self.queue.get(*id).is_some_and(|row| row.phase != phase) => vec![*id],
            Delta::Phase(..) => return,
            Delta::Remove(ids) => ids.clone(),
            Delta::Places(places) => places.iter().map(|(id, _)| *id).collect(),
            Delta::Progress(_) | Delta::Size(..) | Delta::Attempts(..) | Delta::Held(_) => Vec::new(),
        };
        for id in &ids {
            if let Some(row) = self.queue.get(*id) {
                self.ready.leave(row);
            }
        }
        self.queue.apply(delta.clone());
        for id in &ids {
            match self.queue.get(*id) {
                Some(row) => {
                    self.ready.enter(row, &self.queue);
                    let section = Section::of(row.phase);
                    self.owes_idle |= section != Section::Active;
                    if section == Section::Done {
                        self.extras.remove(*id);
                    }
                }
                None => {
                    self.extras.remove(*id);
                    self.owes_idle = true;
                }
            }
        }
        self.changes.push(delta);
    }

    /// Puts `row` in the place of the one of the same name: what it is or is called has become known.
    pub(super) fn replace(&mut self, row: Transfer) {
        self.change(Delta::Change([row].into()));
    }

    /// Lets a row go to another phase.
    pub(super) fn phase(&mut self, id: TransferId, phase: Phase) {
        self.change(Delta::Phase(id, phase));
    }

    /// The first row that may begin: queued, of the highest priority, its server has room, and nothing writes to its target.
    pub(super) fn next(&self, has_room: impl Fn(&Arc<Key>, &Site, Course) -> bool) -> Option<TransferId> {
        if self.queue.is_held() {
            return None;
        }
        self.ready.next(&self.queue, has_room, |row| {
            let target = target_name(row);
            !self.busy.contains(&target) && !self.busy.contains(&part_of(&target))
        })
    }

    /// Keeps others from the target of a row that begins.
    pub(super) fn occupy(&mut self, row: Row<'_>) -> TargetName {
        let name = target_name(row);
        self.busy.insert(part_of(&name));
        self.busy.insert(name.clone());
        name
    }

    /// Whether some row, or what is left of one, has this row's target.
    pub(super) fn is_busy(&self, row: Row<'_>) -> bool {
        self.busy.contains(&target_name(row))
    }

    /// Frees the target that was kept for a row that is gone.
    pub(super) fn free_target_of(&mut self, row: Row<'_>) {
        self.free(&target_name(row));
    }

    /// Frees the target of a row that ended.
    pub(super) fn free(&mut self, target: &TargetName) {
        self.busy.remove(target);
        self.busy.remove(&part_of(target));
    }

    /// Whether no row waits for its turn or for a time.
    pub(super) fn is_at_rest(&self) -> bool {
        self.ready.is_empty()
    }

    /// When the next waiting row is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.ready.first_waiting().map(|(until, _)| until)
    }

    /// Lets the rows go on whose wait is over.
    pub(super) fn wait_is_over(&mut self, now: Timestamp) {
        while let Some((_, id)) = self.ready.first_waiting().filter(|(until, _)| *until <= now) {
            self.phase(id, Phase::Queued);
        }
    }

    /// The rows of a server that wait for their turn.
    pub(super) fn queued_of(&self, key: &Arc<Key>) -> Vec<TransferId> {
        self.ready.of(key)
    }

    /// Owes `Event::QueueIdle` as soon as nothing is left to do, also if that is now.
    pub(super) fn owe_idle(&mut self) {
        self.owes_idle = true;
    }

    /// Whether it must be told now that nothing is left to do.
    pub(super) fn became_idle(&mut self) -> bool {
        self.queue.section(Section::Active).is_empty() && std::mem::take(&mut self.owes_idle)
    }
}

fn target_name(row: Row<'_>) -> TargetName {
    let name = match row.course {
        Course::Download => folded(&row.folder.local.join(row.local_name()).to_string_lossy()),
        Course::Upload => format!("{}:{}{}", row.folder.site.host, row.folder.site.port(), row.remote().as_str()),
    };
    (row.course, name)
}

/// What is written until a target is whole: another file may be called so.
fn part_of((course, name): &TargetName) -> TargetName {
    (*course, format!("{name}{PART}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::transfer::{Folder, Priority};
    use crate::model::{Cause, Failure, Kind, RemotePath, TransferType};

    #[test]
    fn rows_of_a_site_go_another_way_and_others_do_not() {
        let mut rows = Rows::default();
        rows.add(vec![row(1, "h", "a"), row(2, "h", "b"), row(3, "other", "c"), row(4, "h", "d")]);
        let failure = Failure { what: "x".into(), why: "y".into(), cause: Cause::Network, again: false };
        rows.phase(TransferId(2), Phase::Failed(Arc::new(failure)));
        rows.phase(TransferId(4), Phase::Running(Box::default()));
        let from = Site { host: "H".into(), name: "as it was stored".into(), ..Site::default() };
        let to = Arc::new(Site { mode: crate::model::Mode::Active, ..from.clone() });
        rows.change_site(&from, &to);
        let sites: Vec<_> = (1..=4).map(|id| rows.get(TransferId(id)).unwrap().folder.site.mode).collect();
        use crate::model::Mode::{Active, Auto};
        assert_eq!(sites, [Active, Active, Auto, Auto], "what runs goes on as it began");
        let folders: Vec<_> = [1, 2].map(|id| rows.get(TransferId(id)).unwrap().folder.clone()).into();
        assert!(Arc::ptr_eq(&folders[0], &folders[1]), "rows of a folder share it");
        assert!(matches!(rows.get(TransferId(2)).unwrap().phase, Phase::Failed(_)));
    }

    fn row(id: u64, host: &str, name: &str) -> Transfer {
        let site = Arc::new(Site { host: host.into(), ..Site::default() });
        Transfer {
            id: TransferId(id),
            course: Course::Download,
            kind: Kind::File,
            folder: Arc::new(Folder { site, local: "/l".into(), remote: RemotePath::root(), below: 0 }),
            remote_name: name.into(),
            local_name: None,
            size: None,
            phase: Phase::Queued,
            attempts: 0,
            if_exists: None,
            priority: Priority::default(),
            transfer_type: TransferType::Binary,
            place: 0,
        }
    }

    fn rows(list: Vec<Transfer>) -> Rows {
        let mut rows = Rows::default();
        rows.add(list);
        rows
    }

    fn start(rows: &mut Rows, id: u64) {
        let row = rows.get(TransferId(id)).unwrap().to_transfer();
        rows.occupy(row.row());
        rows.phase(TransferId(id), Phase::Running(Box::default()));
    }

    #[test]
    fn the_next_row_is_the_first_whose_server_has_room() {
        let mut rows = rows(vec![row(1, "a", "x"), row(2, "a", "y"), row(3, "b", "z")]);
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(1)));
        start(&mut rows, 1);
        let full = rows.key(&rows.get(TransferId(1)).unwrap().folder.site.clone());
        assert_eq!(rows.next(|key, _, _| *key != full), Some(TransferId(3)));
        assert_eq!(rows.next(|_, _, _| false), None);
        rows.change(Delta::Held(true));
        assert_eq!(rows.next(|_, _, _| true), None);
    }

    #[test]
    fn how_many_connections_a_site_gets_is_as_a_person_has_it_now() {
        let mut rows = rows(vec![row(1, "a", "x"), row(2, "a", "y")]);
        start(&mut rows, 1);
        let from = Site::clone(&rows.get(TransferId(1)).unwrap().folder.site);
        rows.change_site(&from, &Arc::new(Site { connections: Some(1), ..from.clone() }));
        assert_eq!(rows.next(|_, site, _| site.connections == Some(1)), Some(TransferId(2)));
        // What is found in a folder that ran meanwhile knows no better.
        rows.add(vec![row(3, "a", "z")]);
        assert_eq!(rows.next(|_, site, _| site.connections != Some(1)), None);
        rows.renew(&Arc::new(Site { connections: Some(7), ..from }));
        assert_eq!(rows.next(|_, site, _| site.connections == Some(7)), Some(TransferId(2)));
    }

    #[test]
    fn what_comes_from_the_journal_is_not_written_there_again() {
        let mut rows = rows(vec![row(1, "a", "x")]);
        assert_eq!(rows.load(vec![row(2, "a", "y")]), Delta::Add([row(2, "a", "y")].into()));
        assert_eq!((rows.queue().len(), rows.next(|_, _, _| true)), (2, Some(TransferId(2))));
        let place = rows.get(TransferId(1)).map_or(0, |row| row.place);
        assert_eq!(rows.take_changes(), [Delta::Add([Transfer { place, ..row(1, "a", "x") }].into())]);
    }

    #[test]
    fn rows_that_came_together_are_changed_together() {
        let mut rows = rows((0..2 * PORTION as u64 + 5).map(|id| row(id, "a", &id.to_string())).collect());
        rows.phase(TransferId(7), Phase::Paused);
        rows.take_changes();
        let ids: Vec<_> = (0..2 * PORTION as u64 + 5).map(TransferId).filter(|id| id.0 != PORTION as u64).collect();
        rows.change_each(&ids, |row| row.attempts = 9);
        let changes = rows.take_changes();
        let portions = changes.iter().map(|delta| match delta {
            Delta::Change(rows) => rows.len(),
            other => panic!("{other:?}"),
        });
        assert_eq!(portions.collect::<Vec<_>>(), [PORTION, PORTION - 1, 5]);
        let changed = |id| rows.get(TransferId(id)).map(|row| (row.attempts, row.phase.clone()));
        assert_eq!(changed(7), Some((9, Phase::Paused)));
        assert_eq!(changed(PORTION as u64), Some((0, Phase::Queued)));
    }

    #[test]
    fn what_was_left_waits_and_what_is_new_does_not() {
        let mut rows = rows(vec![Transfer { phase: Phase::Left, ..row(1, "a", "x") }, row(2, "a", "y")]);
        assert_eq!((rows.next(|_, _, _| true), rows.queue().left()), (Some(TransferId(2)), 1));
        rows.change(Delta::Remove(vec![TransferId(2)]));
        assert_eq!(rows.next(|_, _, _| true), None);
        rows.phase(TransferId(1), Phase::Queued);
        assert_eq!((rows.next(|_, _, _| true), rows.queue().left()), (Some(TransferId(1)), 0));
    }

    #[test]
    fn rows_begin_in_their_order_whatever_becomes_of_those_before() {
        let mut rows = rows((0..100).map(|id| row(id, "a", &id.to_string())).collect());
        (0..50).for_each(|id| rows.phase(TransferId(id), Phase::Paused));
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(50)));
        rows.phase(TransferId(50), Phase::Skipped);
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(51)));
        rows.change(Delta::Remove(vec![TransferId(7), TransferId(51)]));
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(52)));
        rows.reorder(&[TransferId(90)], Place::Top);
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(90)));
        rows.phase(TransferId(90), Phase::Paused);
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(52)));
        rows.phase(TransferId(3), Phase::Queued);
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(3)));
        rows.phase(TransferId(50), Phase::Queued);
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(3)), "one that is tried again goes behind the others");
    }

    #[test]
    fn rows_of_a_higher_priority_go_first_wherever_they_stand() {
        let list = [(1, Priority::Low), (2, Priority::Normal), (3, Priority::Highest), (4, Priority::Highest)];
        let mut rows = rows(list.map(|(id, priority)| Transfer { priority, ..row(id, "a", &id.to_string()) }).into());
        let mut order = Vec::new();
        while let Some(id) = rows.next(|_, _, _| true) {
            order.push(id.0);
            start(&mut rows, id.0);
        }
        assert_eq!(order, [3, 4, 2, 1]);
        let mut rows = self::rows(vec![row(1, "a", "x"), row(2, "b", "y"), row(3, "a", "z")]);
        rows.change_each(&[TransferId(3), TransferId(9)], |row| row.priority = Priority::High);
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(3)));
        rows.reorder(&[TransferId(2)], Place::Top);
        assert_eq!(
            rows.next(|key, _, _| *key != Arc::new(Key::of(&Site { host: "a".into(), ..Site::default() }))),
            Some(TransferId(2))
        );
    }

    #[test]
    fn a_row_whose_kind_becomes_known_stays_in_its_place() {
        let mut rows = rows(vec![row(1, "a", "x"), row(2, "a", "y")]);
        rows.extra(TransferId(1)).failures = 3;
        let known = Transfer { kind: Kind::Directory, ..rows.get(TransferId(1)).unwrap().to_transfer() };
        rows.replace(known);
        assert_eq!((rows.next(|_, _, _| true), rows.extra(TransferId(1)).failures), (Some(TransferId(1)), 3));
    }

    #[test]
    fn two_rows_never_write_one_target() {
        let mut rows = rows(vec![row(1, "a", "Same"), row(2, "a", "same"), row(3, "a", "other")]);
        let target = rows.occupy(row(1, "a", "Same").row());
        start(&mut rows, 1);
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(3)));
        rows.free(&target);
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(2)));
    }

    #[test]
    fn a_file_and_one_that_is_called_like_its_part_take_turns() {
        for (first, second) in [("one", "one.part"), ("One.part", "one")] {
            let mut rows = rows(vec![row(1, "a", first), row(2, "a", second), row(3, "a", "two")]);
            let target = rows.occupy(row(1, "a", first).row());
            rows.phase(TransferId(1), Phase::Running(Box::default()));
            assert_eq!(rows.next(|_, _, _| true), Some(TransferId(3)), "{first}, {second}");
            rows.free(&target);
            assert_eq!(rows.next(|_, _, _| true), Some(TransferId(2)), "{first}, {second}");
        }
    }

    #[test]
    fn a_waiting_row_comes_back_to_its_place() {
        let mut rows = rows(vec![row(1, "a", "x"), row(2, "a", "y")]);
        let failure = Failure { what: String::new(), why: String::new(), cause: Cause::Network, again: true };
        let until = Timestamp::from_second(100).unwrap();
        rows.phase(TransferId(1), Phase::Waiting { until, failure: Arc::new(failure) });
        assert_eq!((rows.next(|_, _, _| true), rows.due()), (Some(TransferId(2)), Some(until)));
        rows.wait_is_over(Timestamp::from_second(99).unwrap());
        assert_eq!(rows.next(|_, _, _| true), Some(TransferId(2)));
        rows.wait_is_over(until);
        assert_eq!((rows.next(|_, _, _| true), rows.due()), (Some(TransferId(1)), None));
    }

    #[test]
    fn idle_is_told_once_and_only_when_nothing_is_left() {
        let mut rows = rows(vec![row(1, "a", "x"), row(2, "a", "y")]);
        assert!(!rows.became_idle());
        rows.phase(TransferId(1), Phase::Skipped);
        rows.phase(TransferId(2), Phase::Paused);
        assert!(!rows.became_idle(), "a paused row is not finished");
        rows.change(Delta::Remove(vec![TransferId(2)]));
        assert!(rows.became_idle());
        assert!(!rows.became_idle());
    }

    #[test]
    fn sums_follow_every_change() {
        let mut rows = rows(vec![row(1, "a", "x"), row(2, "a", "y"), row(3, "a", "z")]);
        rows.phase(TransferId(1), Phase::Paused);
        rows.change(Delta::Remove(vec![TransferId(2), TransferId(9)]));
        let key = rows.key(&rows.get(TransferId(3)).unwrap().folder.site.clone());
        assert_eq!(rows.queued_of(&key), [TransferId(3)]);
        assert_eq!(rows.ready.count(), 1);
        rows.phase(TransferId(3), Phase::Skipped);
        assert_eq!(rows.ready.count(), 0);
    }
}
