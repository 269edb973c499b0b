//! Connections beside those that rows have: helpers, which fetch parts of a large file in places that no row can have, and
//! those that are opened ahead while a folder is listed.

use std::sync::Arc;

use super::connect::{self, Context, Link};
use super::memory::Key;
use super::pool::{Helpers, too_many};
use super::queue::Active;
use super::retry::{Kind as TroubleKind, Trouble};
use super::{Input, Worker, segments};
use crate::model::{Course, Site, TransferId};
use crate::net::Cancel;

impl Worker {
    /// Places that no row can have are for helpers; a row that waits for a helper's place gets it.
    pub(super) fn share_places(&mut self) {
        let crews = || self.active.values().filter_map(|active| Some((active, active.crew.as_ref()?)));
        if crews().next().is_none() {
            return;
        }
        let mut helpers = Helpers::default();
        crews().for_each(|(active, crew)| helpers.add(&active.key, crew.helpers()));
        let (pool, settings) = (&self.pool, &self.settings);
        let may = |key: &Arc<Key>, site: &Site, course| pool.would_have_room(key, site, course, settings, &helpers);
        if !helpers.is_empty()
            && let Some(row) = self.rows.next(may).and_then(|id| self.rows.get(id))
        {
            let at_its_server = |active: &Active| active.site == row.folder.site;
            let made_room = |same: bool| {
                let mut those = crews().filter(|(active, _)| at_its_server(active) == same);
                those.any(|(_, crew)| crew.make_room())
            };
            // At another server only where the place is one of all.
            let _ = made_room(true) || made_room(false);
            return;
        }
        let mut hired = Vec::new();
        for (id, active) in &self.active {
            let Some(crew) = active.crew.as_ref().filter(|_| active.stop.is_none()) else { continue };
            while self.pool.has_room(&active.key, &active.site, Course::Download, &self.settings)
                && let Some(helper) = crew.hire()
            {
                let link = self.pool.begin(&active.key, Course::Download);
                hired.push((*id, active.key.clone(), crew.clone(), link, helper));
            }
        }
        for (id, key, crew, link, helper) in hired {
            let (inputs, number) = (self.context.inputs.clone(), helper.0);
            tokio::spawn(async move {
                // Whatever happens to it, its place is given back.
                let helped = tokio::spawn(segments::help(crew.clone(), link, helper)).await;
                let (link, trouble) = helped.unwrap_or_default();
                crew.left(number);
                // The worker has ended: nobody waits for the place.
                let course = Course::Download;
                let _ = inputs.send(Input::Helped { id, key, course, link, trouble }).await;
            });
        }
    }

    /// Opens as many connections as rows may have beside this one, which walks a folder: to log in takes as long as to list
    /// a folder. They wait for the rows.
    pub(super) fn open_ahead(&mut self, id: TransferId) {
        let Some(active) = self.active.get(&id).filter(|active| active.stop.is_none()) else { return };
        let (key, site, course, cancel) =
            (active.key.clone(), active.site.clone(), active.course, active.cancel.clone());
        while self.pool.has_room(&key, &site, course, &self.settings) {
            if let Some(link) = self.pool.begin(&key, course) {
                // What waits is enough to begin with.
                return self.pool.end(&key, course, Some(link));
            }
            let (context, inputs) = (self.context.clone(), self.context.inputs.clone());
            let (key, site, cancel) = (key.clone(), site.clone(), cancel.clone());
            tokio::spawn(async move {
                // Whatever happens to it, its place is given back.
                let opened = tokio::spawn(open(context, key.clone(), site, cancel)).await;
                let (link, trouble) = opened.unwrap_or_default();
                // The worker has ended: nobody waits for the place.
                let _ = inputs.send(Input::Helped { id, key, course, link, trouble }).await;
            });
        }
    }

    /// A helper has left, or a connection is open.
    pub(super) fn helped(
        &mut self,
        (id, course): (TransferId, Course),
        key: &Arc<Key>,
        link: Option<Link>,
        trouble: Option<Trouble>,
    ) {
        let site = self.rows.get(id).map(|row| row.folder.site.clone());
        if link.is_some()
            && self.pool.outgrew(key)
            && let Some(site) = &site
        {
            self.learn_limit(site, None);
        }
        self.pool.end(key, course, link);
        self.tidy_at = None;
        if let Some(trouble) = trouble.filter(|trouble| trouble.kind == TroubleKind::TooMany)
            && let Some((limit, true)) = self.pool.crowded(key)
            && let Some(site) = &site
        {
            self.front.send(too_many(site, limit, &trouble.failure));
            self.learn_limit(site, Some(limit));
        }
    }
}

async fn open(context: Context, key: Arc<Key>, site: Arc<Site>, cancel: Cancel) -> (Option<Link>, Option<Trouble>) {
    match connect::for_transfers(&context, &site, &key, &cancel).await {
        Ok(link) => (Some(link), None),
        Err(trouble) => (None, Some(trouble)),
    }
}
