//! What comes into the queue: what a person puts in, and what folders hold.

use std::sync::Arc;

use super::Worker;
use super::disk;
use super::extras::{Above, Extra, Listed};
use super::walk::{Child, Found};
use crate::model::queue::MOST_ROWS;
use crate::model::transfer::{Folder, Priority};
use crate::model::{Batch, Cause, Course, Event, Failure, Kind, Phase, RemotePath, Transfer, TransferId};

/// Numbers of rows that are taken from the journal at once.
const IDS: u64 = 16_384;

impl Worker {
    /// Puts files and folders into the queue.
    pub(super) fn enqueue(&mut self, batch: Batch) {
        self.rows.owe_idle();
        let Some(site) = self.tabs.get(&batch.tab).and_then(|tab| tab.site()) else {
            let (what, why) = ("Could not put it into the queue".to_owned(), "the tab has no server".to_owned());
            self.front.send(Event::Failed(Failure { what, why, cause: Cause::Network, again: false }));
            return;
        };
        self.rows.renew(&site);
        let mut folders: Vec<Arc<Folder>> = Vec::new();
        let mut rows: Vec<Transfer> = Vec::with_capacity(batch.items.len());
        let mut known = Vec::with_capacity(batch.items.len());
        let ids = match self.new_ids(batch.items.len()) {
            Ok(ids) => ids,
            Err(error) => return self.front.send(Event::Failed(error.into())),
        };
        for (item, id) in batch.items.into_iter().zip(ids) {
            known.push((id, Listed { permissions: item.permissions, ..Listed::default() }));
            let local = std::path::absolute(&item.local).unwrap_or(item.local);
            let (parent, name) = match (local.parent(), local.file_name()) {
                (Some(parent), Some(name)) => (parent.to_owned(), disk::from_os(name)),
                // A root has no name: what is in it goes right into the other side's folder.
                _ => (local, String::new()),
            };
            let parent_of = |path: &RemotePath| if path.name().is_empty() { None } else { path.parent() };
            let remote = parent_of(&item.remote).unwrap_or_else(|| item.remote.clone());
            let folder = Folder { site: site.clone(), local: parent, remote, below: 0 };
            // Most items of a batch lie beside one another.
            let folder = match folders.last().filter(|last| ***last == folder) {
                Some(last) => last.clone(),
                None => {
                    folders.push(Arc::new(folder));
                    folders[folders.len() - 1].clone()
                }
            };
            let remote_name: Box<str> = item.remote.name().into();
            let mut row = Transfer {
                id,
                course: batch.course,
                kind: if item.kind == Kind::Link { Kind::Other } else { item.kind },
                folder,
                local_name: (name != *remote_name).then(|| name.into()),
                remote_name,
                size: item.size.filter(|_| item.kind == Kind::File),
                phase: Phase::Queued,
                attempts: 0,
                if_exists: batch.if_exists,
                priority: Priority::default(),
                transfer_type: batch.transfer_type.unwrap_or(self.settings.transfer_type),
                place: 0,
            };
            row.decide_type(&self.settings);
            rows.push(row);
        }
        self.rows.know(None, known.first().map(|(first, _)| *first), &known);
        self.rows.add(rows);
    }

    /// `count` numbers that no row ever had, or none where the journal cannot give them.
    pub(super) fn new_ids(&mut self, count: usize) -> Result<impl Iterator<Item = TransferId> + use<>, disk::Error> {
        let count = count as u64;
        if self.ids.end - self.ids.start < count {
            self.ids = self.context.journal.ids(IDS.max(count))?;
        }
        let first = self.ids.start;
        self.ids.start += count;
        Ok((first..self.ids.start).map(TransferId))
    }

    /// What a folder holds becomes rows. Gives back what is wrong with the folder, if something is.
    pub(super) fn walked(&mut self, row: &Transfer, found: Found) -> Option<Failure> {
        let Found { children, refused, real, .. } = found;
        let what = || format!("Could not transfer all of {}", row.remote());
        let limit = |why: String| Some(Failure { what: what(), why, cause: Cause::Limit, again: false });
        let Extra { above, batch, .. } = self.rows.extra(row.id).clone();
        if above.as_ref().is_some_and(|above| above.holds(&real)) {
            return limit(format!("it is {real}, which holds it: a link that leads back"));
        }
        if self.rows.queue().len() + children.len() > MOST_ROWS {
            return limit(format!("the queue holds no more than {MOST_ROWS} rows"));
        }
        let depth = above.as_ref().map_or(0, |above| above.depth + 1);
        let above = Arc::new(Above { real, depth, above });
        let mut local = row.folder.local.clone();
        if !row.local_name().is_empty() {
            local.push(disk::to_os(row.local_name()));
        }
        // A row without a name is the folder that a person chose itself.
        let named = u16::from(!row.local_name().is_empty());
        let below = if row.course == Course::Download { row.folder.below.saturating_add(named) } else { 0 };
        let folder = Arc::new(Folder { site: row.folder.site.clone(), local, remote: row.remote(), below });
        let (mut rows, mut known) = (Vec::with_capacity(children.len()), Vec::with_capacity(children.len()));
        let ids = match self.new_ids(children.len()) {
            Ok(ids) => ids,
            Err(error) => return Some(Failure { what: what(), again: true, ..error.into() }),
        };
        for (child, id) in children.into_iter().zip(ids) {
            let Child { remote_name, local_name, kind, size, listed } = child;
            known.push((id, listed));
            let mut child = Transfer {
                id,
                course: row.course,
                kind,
                folder: folder.clone(),
                remote_name,
                local_name,
                size,
                phase: Phase::Queued,
                attempts: 0,
                if_exists: row.if_exists,
                priority: row.priority,
                transfer_type: row.transfer_type,
                place: 0,
            };
            child.decide_type(&self.settings);
            rows.push(child);
        }
        self.rows.know(Some(&above), batch, &known);
        self.rows.add(rows);
        refused
    }
}
