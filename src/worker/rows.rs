//! The queue as the worker owns it: every change goes through [`Rows::change`], which keeps the sums that make the
//! choice of the next row cheap, and collects what the front and the journal must be told.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::disk::PART;
use super::memory::Key;
use crate::model::question::Facts;
use crate::model::{Course, Delta, IfExists, Modified, Phase, Queue, Section, Site, Transfer, TransferId};
use crate::net::Backlog;

/// Rows that the queue holds at most; a tree with more is broken or hostile.
pub(super) const MOST_ROWS: usize = 2_000_000;

/// What is known of a row's target before it is begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Target {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// Its folder has just been made, or did not list it.
    Absent,
    /// It was listed.
    Is(Facts),
}

/// What the worker knows of a row beyond what people see; lost at the end of the run, and done without.
#[derive(Clone, Debug, Default)]
pub(super) struct Extra {
    /// The folders that were walked from the row that a person put in down to this one.
    pub(super) above: Option<Arc<Above>>,
    /// The target, if its folder was listed.
    pub(super) target: Target,
    /// The source's time, where a listing said it.
    pub(super) modified: Option<Modified>,
    /// The first row of the batch that it was put in with; `None` for rows of an earlier run.
    pub(super) batch: Option<TransferId>,
    /// What a person said about a target that exists.
    pub(super) decided: Option<IfExists>,
    /// It was begun for nothing, to find out what its server bears.
    pub(super) has_learned: bool,
    /// Failures since it last got further.
    pub(super) failures: u16,
    /// How far it got.
    pub(super) best: u64,
}

/// A folder that was walked, under the name that it really has, and those above it.
#[derive(Debug)]
pub(super) struct Above {
    pub(super) real: String,
    pub(super) depth: u16,
    pub(super) above: Option<Arc<Above>>,
}

impl Above {
    /// Whether `real` is this folder or one above it: a link that leads back.
    pub(super) fn holds(&self, real: &str) -> bool {
        self.real == real || self.above.as_ref().is_some_and(|above| above.holds(real))
    }
}

/// One end of a row that only one row may write at a time, in a form that file systems blind to case share.
pub(super) type TargetName = (Course, String);

/// The queue and what goes with it.
#[derive(Default)]
pub(super) struct Rows {
    queue: Queue,
    extras: HashMap<TransferId, Extra>,
    /// Rows in `Phase::Queued`, by server, and the site that one of them has.
    queued: HashMap<Arc<Key>, (usize, Arc<Site>)>,
    /// The same counts, for the connections.
    backlogs: Arc<Backlogs>,
    waiting: BTreeSet<(Timestamp, TransferId)>,
    /// Targets of rows that run.
    busy: HashSet<TargetName>,
    /// Keys by the address of their site, which the pair keeps from being reused.
    keys: HashMap<usize, (Arc<Site>, Arc<Key>)>,
    /// Equal keys are one, so that they can be compared by address.
    known: HashSet<Arc<Key>>,
    changes: Vec<Delta>,
    /// No row that is not finished is queued before this place: rows that are paused are passed over once only.
    first: usize,
    /// Something was asked of the queue whose end has not been told.
    owes_idle: bool,
}

/// The rows of each server that wait, as its connections see them.
#[derive(Debug, Default)]
pub(super) struct Backlogs(Mutex<HashMap<Arc<Key>, Backlog>>);

impl Backlogs {
    /// That of a server.
    pub(super) fn of(&self, key: &Arc<Key>) -> Backlog {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default().clone()
    }
}

impl Rows {
    /// An empty queue, whose waiting rows are counted in `backlogs`.
    pub(super) fn new(backlogs: Arc<Backlogs>) -> Self {
        Self { backlogs, ..Self::default() }
    }

    /// The queue as the window mirrors it.
    pub(super) fn queue(&self) -> &Queue {
        &self.queue
    }

    pub(super) fn get(&self, id: TransferId) -> Option<&Transfer> {
        self.queue.get(id)
    }

    pub(super) fn extra(&mut self, id: TransferId) -> &mut Extra {
        self.extras.entry(id).or_default()
    }

    /// The batch of a row, by its first row; `None` for rows of an earlier run.
    pub(super) fn batch(&self, id: TransferId) -> Option<TransferId> {
        self.extras.get(&id).and_then(|extra| extra.batch)
    }

    /// What the front and the journal have not been told.
    pub(super) fn take_changes(&mut self) -> Vec<Delta> {
        std::mem::take(&mut self.changes)
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

    /// Changes the queue.
    pub(super) fn change(&mut self, delta: Delta) {
        match &delta {
            Delta::Add(rows) => {
                for row in rows {
                    self.account(row, None, Some(&row.phase));
                }
            }
            Delta::Phase(id, phase) => {
                let Some(row) = self.queue.get(*id).cloned() else { return };
                if row.phase == *phase {
                    return;
                }
                self.account(&row, Some(&row.phase), Some(phase));
                let was_active = Section::of(&row.phase) == Section::Active;
                if Section::of(phase) != Section::Active {
                    self.owes_idle = true;
                    self.first = self.first.saturating_sub(usize::from(was_active));
                } else if was_active && *phase == Phase::Queued {
                    self.first = 0;
                }
                if Section::of(phase) == Section::Done {
                    self.extras.remove(id);
                }
            }
            Delta::Remove(ids) => {
                for id in ids {
                    if let Some(row) = self.queue.get(*id).cloned() {
                        self.account(&row, Some(&row.phase), None);
                        self.extras.remove(id);
                        let was_active = Section::of(&row.phase) == Section::Active;
                        self.first = self.first.saturating_sub(usize::from(was_active));
                    }
                }
                self.owes_idle = true;
            }
            Delta::Move(..) => self.first = 0,
            Delta::Progress(_) | Delta::Size(..) | Delta::Attempts(..) | Delta::Held(_) => {}
        }
        self.queue.apply(delta.clone());
        self.changes.push(delta);
    }

    fn account(&mut self, row: &Transfer, before: Option<&Phase>, after: Option<&Phase>) {
        let key = self.key(&row.folder.site);
        if matches!(before, Some(Phase::Queued))
            && let Some((count, _)) = self.queued.get_mut(&key)
        {
            *count = count.saturating_sub(1);
            self.backlogs.of(&key).remove();
        }
        if let Some(Phase::Waiting { until, .. }) = before {
            self.waiting.remove(&(*until, row.id));
        }
        match after {
            Some(Phase::Queued) => {
                self.backlogs.of(&key).add();
                self.queued.entry(key).or_insert_with(|| (0, row.folder.site.clone())).0 += 1;
            }
            Some(Phase::Waiting { until, .. }) => {
                self.waiting.insert((*until, row.id));
            }
            _ => {}
        }
    }

    /// Puts `row` in the place of the one of the same name: what it is or is called has become known.
    pub(super) fn replace(&mut self, row: Transfer) {
        let id = row.id;
        let extra = self.extra(id).clone();
        self.change(Delta::Remove(vec![id]));
        self.change(Delta::Add(vec![row]));
        *self.extra(id) = extra;
    }

    /// Lets a row go to another phase.
    pub(super) fn phase(&mut self, id: TransferId, phase: Phase) {
        self.change(Delta::Phase(id, phase));
    }

    /// The first row that may begin: queued, its server has room, and nothing writes to its target.
    pub(super) fn next(&mut self, has_room: impl Fn(&Arc<Key>, &Site) -> bool) -> Option<TransferId> {
        if self.queue.is_held() {
            return None;
        }
        let mut room: Vec<&Arc<Key>> = Vec::new();
        let mut left = 0;
        for (key, (count, site)) in &self.queued {
            if *count > 0 && has_room(key, site) {
                room.push(key);
                left += count;
            }
        }
        let mut only_others = true;
        for (place, id) in self.queue.section(Section::Active).iter().enumerate().skip(self.first) {
            if left == 0 {
                break;
            }
            let Some(row) = self.queue.get(*id).filter(|row| row.phase == Phase::Queued) else { continue };
            if std::mem::take(&mut only_others) {
                self.first = place;
            }
            let Some((_, key)) = self.keys.get(&(Arc::as_ptr(&row.folder.site) as usize)) else { continue };
            if room.iter().any(|roomy| Arc::ptr_eq(roomy, key)) {
                left -= 1;
                let target = target_name(row);
                if !self.busy.contains(&target) && !self.busy.contains(&part_of(&target)) {
                    return Some(*id);
                }
            }
        }
        None
    }

    /// Keeps others from the target of a row that begins.
    pub(super) fn occupy(&mut self, row: &Transfer) -> TargetName {
        let name = target_name(row);
        self.busy.insert(part_of(&name));
        self.busy.insert(name.clone());
        name
    }

    /// Whether some row, or what is left of one, has this row's target.
    pub(super) fn is_busy(&self, row: &Transfer) -> bool {
        self.busy.contains(&target_name(row))
    }

    /// Frees the target that was kept for a row that is gone.
    pub(super) fn free_target_of(&mut self, row: &Transfer) {
        self.free(&target_name(row));
    }

    /// Frees the target of a row that ended.
    pub(super) fn free(&mut self, target: &TargetName) {
        self.busy.remove(target);
        self.busy.remove(&part_of(target));
    }

    /// When the next waiting row is due.
    pub(super) fn due(&self) -> Option<Timestamp> {
        self.waiting.first().map(|(until, _)| *until)
    }

    /// Lets the rows go on whose wait is over.
    pub(super) fn wait_is_over(&mut self, now: Timestamp) {
        while let Some((until, id)) = self.waiting.first().copied().filter(|(until, _)| *until <= now) {
            self.waiting.remove(&(until, id));
            self.phase(id, Phase::Queued);
        }
    }

    /// The rows of a server that wait for their turn.
    pub(super) fn queued_of(&self, key: &Arc<Key>) -> Vec<TransferId> {
        let is_its = |row: &&Transfer| {
            row.phase == Phase::Queued
                && self.keys.get(&(Arc::as_ptr(&row.folder.site) as usize)).is_some_and(|(_, other)| other == key)
        };
        let rows = self.queue.section(Section::Active).iter().filter_map(|id| self.queue.get(*id));
        rows.filter(is_its).map(|row| row.id).collect()
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

fn target_name(row: &Transfer) -> TargetName {
    let name = match row.course {
        Course::Download => row.folder.local.join(row.local_name()).to_string_lossy().to_lowercase(),
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
    use crate::model::transfer::Folder;
    use crate::model::{Cause, Failure, Kind, RemotePath};

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
        }
    }

    fn rows(list: Vec<Transfer>) -> Rows {
        let mut rows = Rows::default();
        rows.change(Delta::Add(list));
        rows
    }

    fn start(rows: &mut Rows, id: u64) {
        let row = rows.get(TransferId(id)).cloned().unwrap();
        rows.occupy(&row);
        rows.phase(TransferId(id), Phase::Running(Box::default()));
    }

    #[test]
    fn the_next_row_is_the_first_whose_server_has_room() {
        let mut rows = rows(vec![row(1, "a", "x"), row(2, "a", "y"), row(3, "b", "z")]);
        assert_eq!(rows.next(|_, _| true), Some(TransferId(1)));
        start(&mut rows, 1);
        let full = rows.key(&rows.get(TransferId(1)).unwrap().folder.site.clone());
        assert_eq!(rows.next(|key, _| *key != full), Some(TransferId(3)));
        assert_eq!(rows.next(|_, _| false), None);
        rows.change(Delta::Held(true));
        assert_eq!(rows.next(|_, _| true), None);
    }

    #[test]
    fn what_was_left_waits_and_what_is_new_does_not() {
        let mut rows = rows(vec![Transfer { phase: Phase::Left, ..row(1, "a", "x") }, row(2, "a", "y")]);
        assert_eq!((rows.next(|_, _| true), rows.queue().left()), (Some(TransferId(2)), 1));
        rows.change(Delta::Remove(vec![TransferId(2)]));
        assert_eq!(rows.next(|_, _| true), None);
        rows.phase(TransferId(1), Phase::Queued);
        assert_eq!((rows.next(|_, _| true), rows.queue().left()), (Some(TransferId(1)), 0));
    }

    #[test]
    fn rows_that_are_paused_are_passed_over_once_only() {
        let mut rows = rows((0..100).map(|id| row(id, "a", &id.to_string())).collect());
        (0..50).for_each(|id| rows.phase(TransferId(id), Phase::Paused));
        assert_eq!((rows.next(|_, _| true), rows.first), (Some(TransferId(50)), 50));
        rows.phase(TransferId(50), Phase::Skipped);
        assert_eq!((rows.next(|_, _| true), rows.first), (Some(TransferId(51)), 50));
        rows.change(Delta::Remove(vec![TransferId(7), TransferId(51)]));
        assert_eq!((rows.next(|_, _| true), rows.first), (Some(TransferId(52)), 49));
        rows.change(Delta::Move(vec![TransferId(90)], crate::model::queue::Place::Top));
        assert_eq!(rows.next(|_, _| true), Some(TransferId(90)));
        rows.phase(TransferId(90), Phase::Paused);
        assert_eq!(rows.next(|_, _| true), Some(TransferId(52)));
        rows.phase(TransferId(3), Phase::Queued);
        assert_eq!(rows.next(|_, _| true), Some(TransferId(3)));
        rows.phase(TransferId(50), Phase::Queued);
        assert_eq!(rows.next(|_, _| true), Some(TransferId(3)), "one that is tried again goes behind the others");
    }

    #[test]
    fn two_rows_never_write_one_target() {
        let mut rows = rows(vec![row(1, "a", "Same"), row(2, "a", "same"), row(3, "a", "other")]);
        let target = rows.occupy(&row(1, "a", "Same"));
        start(&mut rows, 1);
        assert_eq!(rows.next(|_, _| true), Some(TransferId(3)));
        rows.free(&target);
        assert_eq!(rows.next(|_, _| true), Some(TransferId(2)));
    }

    #[test]
    fn a_file_and_one_that_is_called_like_its_part_take_turns() {
        for (first, second) in [("one", "one.part"), ("One.part", "one")] {
            let mut rows = rows(vec![row(1, "a", first), row(2, "a", second), row(3, "a", "two")]);
            let target = rows.occupy(&row(1, "a", first));
            rows.phase(TransferId(1), Phase::Running(Box::default()));
            assert_eq!(rows.next(|_, _| true), Some(TransferId(3)), "{first}, {second}");
            rows.free(&target);
            assert_eq!(rows.next(|_, _| true), Some(TransferId(2)), "{first}, {second}");
        }
    }

    #[test]
    fn a_waiting_row_comes_back_to_its_place() {
        let mut rows = rows(vec![row(1, "a", "x"), row(2, "a", "y")]);
        let failure = Failure { what: String::new(), why: String::new(), cause: Cause::Network, again: true };
        let until = Timestamp::from_second(100).unwrap();
        rows.phase(TransferId(1), Phase::Waiting { until, failure: Box::new(failure) });
        assert_eq!((rows.next(|_, _| true), rows.due()), (Some(TransferId(2)), Some(until)));
        rows.wait_is_over(Timestamp::from_second(99).unwrap());
        assert_eq!(rows.next(|_, _| true), Some(TransferId(2)));
        rows.wait_is_over(until);
        assert_eq!((rows.next(|_, _| true), rows.due()), (Some(TransferId(1)), None));
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
        assert_eq!(rows.queued.values().map(|(count, _)| count).sum::<usize>(), 1);
        rows.phase(TransferId(3), Phase::Skipped);
        assert_eq!(rows.queued.values().map(|(count, _)| count).sum::<usize>(), 0);
    }
}
