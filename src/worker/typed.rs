//! Rows that are put into the queue before their server is reached: they wait for a tab's connection, and are resolved then.

use std::sync::Arc;

use super::Worker;
use super::browse::Request;
use super::connect::Link;
use super::disk;
use super::memory::Key;
use super::transfer::Job;
use crate::model::transfer::Folder;
use crate::model::{Batch, Course, Failure, Kind, Phase, RemotePath, TabId};

impl Worker {
    /// Puts into the queue at once what is to go over the connection that a tab makes, or has: a run that ends before has it.
    pub(super) fn enqueue_for(&mut self, batch: Batch) {
        let tab = batch.tab;
        self.enqueue(batch);
        let Some(site) = self.tabs.get(&tab).and_then(|tab| tab.site()) else { return };
        let key = self.rows.key(&site);
        self.pool.awaits(&key);
        self.request(tab, Request::Lend);
    }

    /// A tab's connection is for the rows of its server; or there is none, and they would do no better.
    pub(super) fn lent(&mut self, key: &Arc<Key>, link: Option<Link>, failure: Option<Failure>) {
        self.pool.has_come(key);
        if let Some(link) = link {
            self.pool.lend(key, link);
        }
        if let Some(failure) = failure {
            self.give_up(key, failure);
        }
    }

    /// A tab cannot even be asked for its connection.
    pub(super) fn never_lent(&mut self, tab: TabId, failure: Failure) {
        if let Some(site) = self.tabs.get(&tab).and_then(|tab| tab.site()) {
            let key = self.rows.key(&site);
            self.lent(&key, None, Some(failure));
        }
    }

    /// No row of a server that waits for its turn will do better.
    pub(super) fn give_up(&mut self, key: &Arc<Key>, failure: Failure) {
        let (ids, failure) = (self.rows.queued_of(key), Arc::new(failure));
        self.rows.change_each(&ids, |row| row.phase = Phase::Failed(failure.clone()));
        self.count_failed(ids.len());
    }
}

impl Job {
    /// Finds out what a person meant by the remote end, where only that is known.
    pub(super) async fn resolve(&mut self) {
        let Some(server) = self.link.as_ref().map(|link| link.connection.server()) else { return };
        let meant = |path: &RemotePath| path.typed().map(|typed| server.paths.resolve(&server.home, typed));
        let row = &mut self.row;
        if row.course == Course::Upload {
            let Some(remote) = meant(&row.folder.remote) else { return };
            row.folder = Arc::new(Folder { remote, ..Folder::clone(&row.folder) });
        } else {
            let Some(remote) = meant(&row.remote()) else { return };
            match remote.parent() {
                Some(parent) => {
                    let mut local = row.folder.local.clone();
                    if row.remote_name.is_empty() {
                        // It has its name only now, and goes into the folder that was to hold it.
                        local.push(disk::to_os(row.local_name()));
                        row.local_name = None;
                    }
                    let name = disk::local_name(remote.name());
                    if row.local_name.is_none() && name != remote.name() {
                        row.local_name = Some(name.into());
                    }
                    row.remote_name = remote.name().into();
                    row.folder = Arc::new(Folder { remote: parent, local, ..Folder::clone(&row.folder) });
                }
                // The root has no name: what is in it goes into the folder itself.
                None => {
                    row.kind = Kind::Directory;
                    row.folder = Arc::new(Folder { remote, ..Folder::clone(&row.folder) });
                }
            }
        }
        self.tell_name().await;
    }
}
