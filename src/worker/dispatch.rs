//! What a person wants, action by action.

use std::sync::{Arc, PoisonError};
use std::time::Instant;

use super::browse::Request;
use super::files::{self, Side};
use super::questions::{Asked, Put};
use super::tabs::Tab;
use super::vault::Kept;
use super::{FAREWELL, Input, Worker, here, logs};
use crate::model::question::{FileExists, Scope};
use crate::model::{
    Action, Answer, Ask, Cause, Course, Delta, Event, Failure, FileAction, IfExists, Phase, Place, QuestionId, Secret,
    Section, Settings, Site, Sites, TabId, Ticket, TransferId,
};
use crate::net::Cancel;

impl Worker {
    pub(super) fn act(&mut self, action: Action) {
        match action {
            Action::Connect { tab, site, credentials } => self.connect(tab, site, credentials),
            Action::Disconnect { tab } => self.disconnect(tab),
            Action::CloseTab { tab } => self.close_tab(tab),
            Action::List { tab, path } => self.request(tab, Request::List(path)),
            Action::ListBranch { tab, path } => self.request(tab, Request::Branch(path)),
            Action::ListLocal { tab, path } => self.list_local(tab, path),
            Action::ListLocalBranch { path } => here::branch(&self.context, path),
            Action::Measure { ticket, tab, places } => self.measure(ticket, tab, places),
            Action::StopMeasuring(ticket) => {
                if let Some(stop) = self.measures.remove(&ticket) {
                    stop.cancel();
                }
            }
            Action::Files { tab, ticket, action } => self.files(tab, ticket, action),
            Action::Enqueue(batch) if self.context.run.bare => self.enqueue_for(batch),
            Action::Enqueue(batch) => self.enqueue(batch),
            Action::Hold => self.hold(true),
            Action::Release => {
                self.hold(false);
                self.release_left();
                self.retry_without_room();
            }
            Action::AfterLast(choice) => self.choose_after_last(choice),
            Action::Pause(ids) => self.pause(&ids),
            Action::Resume(ids) => self.resume(&ids),
            Action::Cancel(ids) => self.cancel(ids),
            Action::Retry(ids) => self.retry(&ids),
            Action::Reset(ids) => self.reset(&ids),
            Action::Remove(ids) => self.remove(ids),
            Action::Move(ids, place) => self.reorder(ids, place),
            Action::Prioritise(ids, priority) => self.prioritise(&ids, priority),
            Action::ChangeType(ids, transfer_type) => self.change_type(&ids, transfer_type),
            Action::Import { tab, ticket, path } => self.import(tab, ticket, path),
            Action::Export { tab, ticket, path } => self.export(tab, ticket, path),
            Action::Clear(section) => self.clear(section),
            Action::Answer(id, answer) => self.answer(id, &answer),
            Action::ChangeSite { from, to } => self.rows.change_site(&from, &to),
            Action::SaveSites(sites) => self.save_sites(&sites),
            Action::SavePassword { site, password } => self.keep_password(site, password),
            Action::SaveSettings(settings) => self.save_settings(*settings),
            Action::OpenLog(path) => logs::open(&self.context, path),
            Action::Compare(sources) => logs::compare(&self.context, *sources),
            Action::SaveLog(export) => logs::save(&self.context, *export),
            Action::OpenLocal(path) => here::open(&self.context, path),
            Action::Quit => self.quit(),
        }
    }

    fn hold(&mut self, held: bool) {
        if self.rows.queue().is_held() != held {
            self.rows.change(Delta::Held(held));
        }
    }

    /// Lets the rows go on that an earlier run left.
    fn release_left(&mut self) {
        if self.rows.queue().left() == 0 {
            return;
        }
        let rows = self.rows.queue().section(Section::Active).iter().copied();
        let is_left = |id: &TransferId| self.rows.get(*id).is_some_and(|row| *row.phase == Phase::Left);
        let left: Vec<_> = rows.filter(is_left).collect();
        self.resume(&left);
    }

    /// Lets the rows go on for which there was no room, behind those that wait: who lets the queue go on has made some.
    fn retry_without_room(&mut self) {
        let ids = std::mem::take(&mut self.without_room);
        self.retry(&ids);
    }

    fn measure(&mut self, ticket: Ticket, tab: TabId, places: Vec<Place>) {
        let stop = Cancel::new();
        let (local, remote) = files::split(places);
        self.measures.insert(ticket, stop.clone());
        // One side at a time is what a selection can be.
        if remote.is_empty() {
            here::measure(&self.context, ticket, local, stop);
        } else {
            self.request(tab, Request::Measure(ticket, remote, stop));
        }
    }

    fn files(&mut self, tab: TabId, ticket: Ticket, action: FileAction) {
        match files::side(&action) {
            Side::Remote => self.request(tab, Request::Files(ticket, action)),
            Side::Local => {
                let for_good = self.settings.delete_for_good;
                here::files(&self.context, tab, ticket, action, for_good, self.leaving.clone());
            }
            Side::Neither => {
                let (what, why) = ("Could not do it".to_owned(), "both ends must be on one side".to_owned());
                let result = Err(Failure { what, why, cause: Cause::Local, again: false });
                self.front.send(Event::Finished { tab, ticket, result });
            }
        }
    }

    /// Puts a task's question.
    pub(super) fn ask(&mut self, asked: Asked) {
        if asked.reply.is_closed() {
            return;
        }
        if let Ask::FileExists(file) = &asked.ask
            && let Some(choice) = self.context.memory.exists(self.rows.batch(file.transfer), file.course)
        {
            // It was decided for all while this one was on its way. Whoever has left needs no answer.
            let _ = asked.reply.send(Answer::Exists { choice, scope: Scope::File, only: None });
            return;
        }
        if let Put::New(question) = self.questions.put(asked) {
            self.front.send(Event::Ask(question));
        }
    }

    /// Takes back the questions that nobody waits for any more.
    pub(super) fn withdraw(&mut self) {
        for id in self.questions.withdraw() {
            self.front.send(Event::Withdrawn(id));
        }
    }

    fn answer(&mut self, id: QuestionId, answer: &Answer) {
        let Some(asked) = self.questions.answer(id, answer) else { return };
        let (Ask::FileExists(file), Answer::Exists { choice, scope, only }) = (asked, answer) else { return };
        if *choice == IfExists::Ask {
            return;
        }
        if self.rows.get(file.transfer).is_some() {
            self.rows.extra(file.transfer).decided = Some(*choice);
        }
        let courses = [Course::Download, Course::Upload].into_iter();
        let meant: Vec<Course> = courses.filter(|course| only.is_none_or(|only| only == *course)).collect();
        let batch = self.rows.batch(file.transfer);
        for course in &meant {
            match scope {
                Scope::File => return,
                Scope::Batch => self.context.memory.decide_batch(batch, *course, *choice),
                Scope::Session => self.context.memory.decide_session(*course, *choice),
            }
        }
        let same = Answer::Exists { choice: *choice, scope: Scope::File, only: None };
        let rows = &self.rows;
        let is_meant = |other: &FileExists| {
            meant.contains(&other.course) && (*scope == Scope::Session || rows.batch(other.transfer) == batch)
        };
        let decided = self.questions.answer_all(|ask| match ask {
            Ask::FileExists(other) if is_meant(other) => Some(same.clone()),
            _ => None,
        });
        decided.into_iter().for_each(|id| self.front.send(Event::Withdrawn(id)));
    }

    fn save_sites(&mut self, sites: &Sites) {
        match self.context.store.save_sites(sites) {
            Ok(kept) => {
                self.sites = Arc::new(kept);
            }
            Err(failure) => {
                // What cannot be written still holds for this run.
                self.front.send(Event::Failed(failure));
                self.sites = Arc::new(sites.clone());
            }
        }
        self.renew_limits();
        self.front.send(Event::Sites(self.sites.clone()));
    }

    pub(super) fn save_settings(&mut self, settings: Settings) {
        let kept = match self.context.store.save_settings(&settings) {
            Ok(kept) => kept,
            Err(failure) => {
                // What cannot be written still holds for this run.
                self.front.send(Event::Failed(failure));
                settings
            }
        };
        self.context.limits.set(&kept, jiff::Zoned::now().datetime());
        self.session_log.adjust(&kept);
        *self.context.settings.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(kept.clone());
        self.settings = kept.clone();
        self.front.send(Event::Settings(Box::new(kept)));
    }

    /// Keeps a password in the vault, or forgets it.
    pub(super) fn keep_password(&mut self, site: Arc<Site>, password: Option<Secret>) {
        let key = self.rows.key(&site);
        // One that was changed must not be shadowed by the one that logged in before.
        let known = self.context.memory.credentials(&key).map(|known| known.password);
        if known != password {
            self.context.memory.forget_credentials(&key, None);
        }
        self.keep_secret(site.vault_key(), site.title(), password);
    }

    /// Keeps the password of `key` in the vault, or forgets it; `of` names it to the person.
    pub(super) fn keep_secret(&self, key: String, of: String, password: Option<Secret>) {
        let (vault, inputs) = (self.context.vault.clone(), self.context.inputs.clone());
        tokio::spawn(async move {
            let work = move || match password {
                Some(password) => match vault.set(&key, &password) {
                    Kept::Vault => None,
                    Kept::SessionOnly(why) => Some(Event::NoVault(why)),
                },
                None => vault
                    .forget(&key)
                    .err()
                    .map(|why| format!("The password for {of} may still be in the vault: {why}"))
                    .map(Event::Notice),
            };
            if let Ok(Some(event)) = tokio::task::spawn_blocking(work).await {
                // The worker has ended: nobody reads it.
                let _ = inputs.send(Input::Event(event)).await;
            }
        });
    }

    /// Trusts a certificate for good.
    pub(super) fn keep_trust(&mut self, host: String, port: u16, sha256: String) {
        if let Err(failure) = self.context.store.trust(&host, port, &sha256) {
            self.front.send(Event::Failed(failure));
        }
    }

    /// Begins to leave: nothing new starts, and what runs stops.
    fn quit(&mut self) {
        if self.leave_at.is_some() {
            return;
        }
        self.leave_at = Some(Instant::now() + FAREWELL);
        self.leave_rows();
        self.tabs.values().for_each(Tab::stop);
        self.leaving.cancel();
        for stop in self.measures.values() {
            stop.cancel();
        }
    }
}
