//! What a person does with rows: hold them, let them go on, cancel, retry, begin anew, remove, put in order.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use super::connect::{self, Context, Link};
use super::extras::Extra;
use super::memory::Key;
use super::queue::Stop;
use super::transfer::remote_name;
use super::{Input, Worker, disk, upload};
use crate::model::queue::{Place, Row};
use crate::model::transfer::Priority;
use crate::model::{Course, Delta, Kind, Login, Phase, Section, Transfer, TransferId, TransferType};
use crate::net::Cancel;

impl Worker {
    /// Holds rows; what runs stops and keeps its part.
    pub(super) fn pause(&mut self, ids: &[TransferId]) {
        let waits = |row: Row<'_>| matches!(row.phase, Phase::Queued | Phase::Left | Phase::Waiting { .. });
        self.change_where(ids, waits, |row| row.phase = Phase::Paused);
        for id in ids {
            // One that is cancelled, and has not ended yet, is not to come back.
            if self.active.get(id).is_some_and(|active| active.stop != Some(Stop::Cancel)) {
                self.stop(*id, Stop::Pause);
            }
        }
    }

    /// Lets paused rows go on.
    pub(super) fn resume(&mut self, ids: &[TransferId]) {
        let waits = |row: Row<'_>| matches!(row.phase, Phase::Paused | Phase::Left | Phase::Waiting { .. });
        self.change_where(ids, waits, |row| row.phase = Phase::Queued);
        for id in ids {
            // It was to pause, and has not ended yet: it begins anew when it has.
            if let Some(active) = self.active.get_mut(id).filter(|active| active.stop == Some(Stop::Pause)) {
                active.stop = Some(Stop::Leave);
            }
        }
    }

    /// Changes those of `ids` that `which` names, all at once.
    fn change_where(&mut self, ids: &[TransferId], which: impl Fn(Row<'_>) -> bool, change: impl Fn(&mut Transfer)) {
        let is_one = |id: &TransferId| self.rows.get(*id).is_some_and(&which);
        let ids: Vec<TransferId> = ids.iter().copied().filter(is_one).collect();
        self.rows.change_each(&ids, change);
    }

    /// Gives rows another priority; what runs goes on.
    pub(super) fn prioritise(&mut self, ids: &[TransferId], priority: Priority) {
        self.change_where(ids, |row| row.priority != priority, |row| row.priority = priority);
    }

    /// Lets rows go as text or not. What was moved of those that were given up is given up as well: bytes of one type say
    /// nothing of those of another.
    pub(super) fn change_type(&mut self, ids: &[TransferId], transfer_type: TransferType) {
        let settings = self.context.settings();
        let change = |row: &mut Transfer| {
            row.transfer_type = transfer_type;
            row.decide_type(&settings);
        };
        let changes = |row: Row<'_>| {
            let mut changed = row.to_transfer();
            change(&mut changed);
            row.may_change_type() && changed.transfer_type != row.transfer_type
        };
        let ids: Vec<TransferId> = ids.iter().copied().filter(|id| self.rows.get(*id).is_some_and(changes)).collect();
        let is_tried = |id: &TransferId| self.rows.get(*id).is_some_and(|row| row.attempts > 0);
        let tried: Vec<TransferId> = ids.iter().copied().filter(is_tried).collect();
        self.begin_anew(&tried);
        self.rows.change_each(&ids, |row| {
            row.attempts = 0;
            change(row);
        });
    }

    /// Stops rows and removes them, with their parts.
    pub(super) fn cancel(&mut self, ids: Vec<TransferId>) {
        let (running, resting): (Vec<_>, Vec<_>) = ids.into_iter().partition(|id| self.active.contains_key(id));
        for id in running {
            if let Some(active) = self.active.get(&id) {
                active.gauge.discard();
            }
            self.stop(id, Stop::Cancel);
        }
        let begun = resting.iter().filter_map(|id| self.rows.get(*id)).filter(has_left_something);
        self.discard(begun.map(|row| row.to_transfer()).collect());
        if !resting.is_empty() {
            self.rows.change(Delta::Remove(resting));
        }
    }

    /// Deletes what is left of rows that leave and do not run.
    pub(super) fn discard(&mut self, begun: Vec<Transfer>) {
        let mut uploads: HashMap<Arc<Key>, Vec<Transfer>> = HashMap::new();
        for row in begun {
            if row.course == Course::Upload && row.kind != Kind::Directory {
                // What another row is at is that row's.
                if self.rows.is_busy(row.row()) {
                    continue;
                }
                self.rows.occupy(row.row());
                uploads.entry(self.rows.key(&row.folder.site)).or_default().push(row);
                continue;
            }
            let journal = self.context.journal.clone();
            tokio::task::spawn_blocking(move || discard_part(&row, &journal));
        }
        for (key, rows) in uploads {
            tokio::spawn(discard_parts(self.context.clone(), key.clone(), self.pool.spare(&key), rows));
        }
    }

    /// What cancelled rows had left on a server is gone, as far as it can be.
    pub(super) fn discarded(&mut self, key: &Arc<Key>, rows: &[Transfer]) {
        for row in rows {
            self.rows.free_target_of(row.row());
            self.changed(key, row.row());
        }
    }

    fn stop(&mut self, id: TransferId, stop: Stop) {
        if let Some(active) = self.active.get_mut(&id) {
            active.stop = Some(stop);
            active.gauge.step("Stopping");
            active.cancel.cancel();
        }
    }

    /// Puts failed rows back into the queue.
    pub(super) fn retry(&mut self, ids: &[TransferId]) {
        let is_failed = |row: Row<'_>| matches!(row.phase, Phase::Failed(_) | Phase::Skipped);
        for id in ids {
            if self.rows.get(*id).is_some_and(is_failed) {
                let extra = self.rows.extra(*id);
                (extra.failures, extra.decided, extra.has_yielded) = (0, None, false);
            }
        }
        self.change_where(ids, is_failed, |row| row.phase = Phase::Queued);
    }

    /// Puts rows back into the queue as if nobody had tried them.
    pub(super) fn reset(&mut self, ids: &[TransferId]) {
        let ids: Vec<TransferId> = ids.iter().copied().filter(|id| !self.active.contains_key(id)).collect();
        self.begin_anew(&ids);
        self.rows.change_each(&ids, |row| (row.phase, row.attempts) = (Phase::Queued, 0));
    }

    /// Forgets what is known of rows that do not run, and deletes what was moved of them.
    fn begin_anew(&mut self, ids: &[TransferId]) {
        let mut begun: HashMap<Arc<Key>, Vec<Transfer>> = HashMap::new();
        for row in ids.iter().filter_map(|id| self.rows.get(*id).map(|row| row.to_transfer())).collect::<Vec<_>>() {
            let known = self.rows.extra(row.id);
            *known = Extra { above: known.above.take(), batch: known.batch, anew: true, ..Extra::default() };
            if has_left_something(&row.row()) && row.kind != Kind::Directory && !self.rows.is_busy(row.row()) {
                // It begins once what was moved of it is gone.
                self.rows.occupy(row.row());
                begun.entry(self.rows.key(&row.folder.site)).or_default().push(row);
            }
        }
        for (key, rows) in begun {
            tokio::spawn(discard_parts(self.context.clone(), key.clone(), self.pool.spare(&key), rows));
        }
    }

    /// Forgets what was begun for uploads that are done, now that the changes before say so: the other way round, a program
    /// that is killed in between would take its own file for somebody else's.
    pub(super) fn forget_stored(&mut self) {
        for remote in std::mem::take(&mut self.stored) {
            self.context.scribe.add(upload::gone(&remote));
        }
    }

    /// Removes rows that do not run.
    pub(super) fn remove(&mut self, mut ids: Vec<TransferId>) {
        ids.retain(|id| !self.active.contains_key(id) && self.rows.get(*id).is_some());
        if !ids.is_empty() {
            self.rows.change(Delta::Remove(ids));
        }
    }

    /// Changes the order.
    pub(super) fn reorder(&mut self, ids: Vec<TransferId>, place: Place) {
        self.rows.reorder(&ids, place);
    }

    /// Removes all rows of a section that do not run.
    pub(super) fn clear(&mut self, section: Section) {
        self.remove(self.rows.queue().section(section).iter().copied().collect());
    }

    /// The program ends, and rows that were cancelled or are to pause have not ended: they do not come back as if nobody had
    /// said so.
    pub(super) fn rest_stopped(&mut self) {
        let stopped = |stop| {
            let ids = self.active.iter().filter(move |(_, active)| active.stop == Some(stop)).map(|(id, _)| *id);
            ids.collect::<Vec<_>>()
        };
        let (cancelled, paused) = (stopped(Stop::Cancel), stopped(Stop::Pause));
        if !cancelled.is_empty() {
            self.rows.change(Delta::Remove(cancelled));
        }
        paused.into_iter().for_each(|id| self.rows.phase(id, Phase::Paused));
    }

    /// The program ends: what runs stops, and is left for another run.
    pub(super) fn leave_rows(&mut self) {
        let ids: Vec<_> = self.active.keys().copied().collect();
        for id in ids {
            if self.active.get(&id).is_some_and(|active| active.stop.is_none()) {
                self.stop(id, Stop::Leave);
            }
        }
    }
}

/// Whether what was moved of a row may lie about.
fn has_left_something(row: &Row<'_>) -> bool {
    row.attempts > 0 && !matches!(row.phase, Phase::Done(_) | Phase::Skipped)
}

/// Deletes what rows have left: of uploads on a server, over one connection: one that nobody uses, or a new one where nothing
/// has to be asked for it.
async fn discard_parts(context: Context, key: Arc<Key>, link: Option<Link>, rows: Vec<Transfer>) {
    let site = &rows[0].folder.site;
    let has_uploads = rows.iter().any(|row| row.course == Course::Upload);
    let link = match link {
        None if has_uploads && (context.memory.credentials(&key).is_some() || site.login == Login::Anonymous) => {
            connect::for_transfers(&context, site, &key, &Cancel::new()).await.ok()
        }
        link => link,
    };
    for row in &rows {
        if let Some(link) = link.as_ref().filter(|_| row.course == Course::Upload) {
            upload::discard(&context, link, row).await;
        }
        let (row, journal) = (row.clone(), context.journal.clone());
        let _ = tokio::task::spawn_blocking(move || discard_part(&row, &journal)).await;
    }
    context.tell(Input::Discarded(key, rows)).await;
    if let Some(link) = link {
        link.close().await;
    }
}

/// Deletes the part of a download that nobody wants any more, if it is ours; an upload is ours no longer.
fn discard_part(row: &Transfer, journal: &super::journal::Journal) -> Result<(), disk::Error> {
    let remote = remote_name(&row.folder.site, &row.remote());
    if row.course == Course::Upload {
        let is_ours = journal.source(Path::new(&remote))?.is_some_and(|noted| noted.remote == row.local_shown());
        return if is_ours { upload::disown(journal, &remote) } else { Ok(()) };
    }
    if row.kind == Kind::Directory || !row.folder.local.is_dir() {
        return Ok(());
    }
    let is_ours = |path: &Path, _| Ok(journal.source(path)?.is_some_and(|noted| noted.remote == remote));
    let part = disk::Part::find(&disk::Target::of(row)?, is_ours)?;
    journal.forget_source(&part.path())?;
    part.abandon()
}
