//! The row that follows on a connection: it begins while the one before it still runs there.
//!
//! So its beginning costs no time on the wire, and its file can be asked for at the end of the data before it
//! (`ftp::pipeline`). Both share the connection's place; it is the follower's as soon as the one before needs it no more.

use super::Worker;
use super::connect::Link;
use super::queue::Place;
use crate::model::{Course, Kind, TransferId};

/// Larger files take so long that what follows gains nothing by having begun.
pub(super) const SMALL: u64 = 1024 * 1024;

impl Worker {
    /// A row has all that it needs to fetch its file over `link`: another one may begin behind it.
    pub(super) fn leads(&mut self, id: TransferId, link: Link) {
        let Some(active) = self.active.get_mut(&id) else { return };
        active.leads = Some(link);
        self.begin_behind(id);
    }

    /// Begins the row that would have this one's place if it were over, unless that needs another connection.
    fn begin_behind(&mut self, id: TransferId) {
        let Some(active) = self.active.get(&id) else { return };
        let may = active.stop.is_none() && active.place == Place::Connection && active.follower.is_none();
        let Some(link) = active.leads.clone().filter(|link| may && link.is_open()) else { return };
        if self.leave_at.is_some() || !self.pool.may_park() {
            return;
        }
        let (key, course) = (active.key.clone(), active.course);
        self.pool.end(&key, course, None);
        let (pool, settings) = (&self.pool, &self.settings);
        let next = self.rows.next(|key, site, course| pool.has_room(key, site, course, settings));
        self.pool.count(&key, course);
        let Some(row) = next.and_then(|next| self.rows.get(next)).map(|row| row.to_transfer()) else { return };
        let is_small = row.kind == Kind::File && row.size.is_some_and(|size| size <= SMALL);
        let site = row.folder.site.clone();
        if !is_small || row.course != Course::Download || self.rows.key(&site) != key || !link.fits(&key) {
            return;
        }
        if let Some(active) = self.active.get_mut(&id) {
            active.follower = Some(row.id);
        }
        self.start(row, site, key, Some(link), Place::Behind(id));
    }

    /// A row needs its connection no more, or has ended: who follows takes its place. Says whether the place is to be given
    /// back.
    pub(super) fn leaves(&mut self, place: Place, follower: Option<TransferId>) -> bool {
        match place {
            Place::Behind(leader) => {
                if let Some(active) = self.active.get_mut(&leader) {
                    active.follower = None;
                    self.begin_behind(leader);
                }
                false
            }
            Place::Connection => {
                let Some((id, active)) = follower.and_then(|id| Some((id, self.active.get_mut(&id)?))) else {
                    return true;
                };
                active.place = Place::Connection;
                self.begin_behind(id);
                false
            }
            Place::Disk | Place::Parked => false,
        }
    }
}
