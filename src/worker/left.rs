//! What an earlier run left of the queue.

use super::{CarryOn, Input, Worker, disk};
use crate::model::{Event, Phase, Transfer};

impl Worker {
    /// Takes up what an earlier run left.
    pub(super) fn carry_on(&mut self, carry_on: CarryOn) {
        if carry_on == CarryOn::Ignore {
            return;
        }
        // Rows of another process are its own: two that run one row would write one file.
        if self.context.journal.is_owner() {
            // Who shows what is left goes on meanwhile, however much it is; who is to transfer it waits for all of it.
            let shows = carry_on == CarryOn::Hold && !self.context.run.bare;
            if shows { self.load_behind(carry_on) } else { self.load(carry_on) }
        }
        if carry_on == CarryOn::Run {
            self.rows.owe_idle();
        }
    }

    fn load(&mut self, carry_on: CarryOn) {
        let journal = self.context.journal.clone();
        let loaded = journal.load_each(&mut |rows| {
            self.loaded(rows, carry_on);
            true
        });
        if let Some(event) = loaded_event(loaded) {
            self.front.send(event);
        }
    }

    /// Loads on a thread of its own, in portions.
    fn load_behind(&self, carry_on: CarryOn) {
        let (journal, inputs) = (self.context.journal.clone(), self.context.inputs.clone());
        std::thread::spawn(move || {
            let loaded = journal.load_each(&mut |rows| inputs.blocking_send(Input::Loaded(rows, carry_on)).is_ok());
            if let Some(event) = loaded_event(loaded) {
                // The worker has ended: nobody reads it.
                let _ = inputs.blocking_send(Input::Event(event));
            }
        });
    }

    /// Rows that an earlier run left.
    pub(super) fn loaded(&mut self, mut rows: Vec<Transfer>, carry_on: CarryOn) {
        // What a person adds now is wanted now; what was left waits until somebody lets it go on.
        let waits = |row: &&mut Transfer| carry_on == CarryOn::Hold && row.phase == Phase::Queued;
        rows.iter_mut().filter(waits).for_each(|row| row.phase = Phase::Left);
        // What was put in while they were read is there already; whatever became of it, it is not left.
        rows.retain(|row| row.id.0 < self.first_id);
        self.front.send(Event::Queue(self.rows.load(rows)));
    }
}

/// What is to be said of rows that were loaded, or could not be.
fn loaded_event(loaded: Result<Option<String>, disk::Error>) -> Option<Event> {
    match loaded {
        Ok(notice) => notice.map(Event::Notice),
        Err(error) => Some(Event::Failed(error.into())),
    }
}
