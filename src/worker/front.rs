//! The way of events to the front: bounded, in order, and never waited for by anything but the worker itself.

use std::collections::VecDeque;
use std::sync::mpsc::{SyncSender, TrySendError};
use std::time::{Duration, Instant};

use crate::model::{Event, Wake};

/// Events in the channel.
pub(super) const CHANNEL: usize = 4096;
/// Events that may wait for room in the channel before the worker takes no more news from its tasks.
const BACKLOG: usize = 8192;
/// A burst wakes the front this often at most: one frame.
const WAKE_EVERY: Duration = Duration::from_millis(16);
/// Events wait this long for others to go with them, so that a front that sleeps is not woken for each.
const GATHER: Duration = Duration::from_millis(4);
/// How soon a full channel is tried again.
const AGAIN: Duration = Duration::from_millis(2);

/// The sending end.
pub(super) struct Front {
    events: SyncSender<Event>,
    wake: Wake,
    waiting: VecDeque<Event>,
    /// Events were put into the channel since the last wake.
    unseen: bool,
    /// When events were put into the channel last.
    sent: Option<Instant>,
    woken: Option<Instant>,
    gone: bool,
}

impl Front {
    pub(super) fn new(events: SyncSender<Event>, wake: Wake) -> Self {
        Self { events, wake, waiting: VecDeque::new(), unseen: false, sent: None, woken: None, gone: false }
    }

    /// Sends `event` after all that were sent before.
    pub(super) fn send(&mut self, event: Event) {
        // Somebody waits for these.
        if matches!(event, Event::Ask(_) | Event::QueueIdle | Event::Stopped) {
            self.sent = None;
        }
        if !self.gone {
            self.waiting.push_back(event);
        }
    }

    /// Whether so much waits that nothing more should be taken in.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= BACKLOG
    }

    /// Whether nobody listens any more.
    pub(super) fn is_gone(&self) -> bool {
        self.gone
    }

    /// Moves what fits into the channel and wakes the front, if it is time. Says when to call again, if at all.
    pub(super) fn flush(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let due = self.sent.map(|sent| sent + GATHER).filter(|due| *due > now);
        if due.is_some() && !self.waiting.is_empty() && self.waiting.len() < CHANNEL {
            return due;
        }
        if !self.waiting.is_empty() {
            self.sent = Some(now);
        }
        while let Some(event) = self.waiting.pop_front() {
            match self.events.try_send(event) {
                Ok(()) => self.unseen = true,
                Err(TrySendError::Full(event)) => {
                    self.waiting.push_front(event);
                    break;
                }
                Err(TrySendError::Disconnected(_)) => {
                    self.gone = true;
                    self.waiting.clear();
                    return None;
                }
            }
        }
        let mut next = (!self.waiting.is_empty()).then(|| now + AGAIN);
        if self.unseen {
            match self.woken.map(|woken| woken + WAKE_EVERY).filter(|due| *due > now) {
                Some(due) => next = Some(next.map_or(due, |next| next.min(due))),
                None => {
                    self.unseen = false;
                    self.woken = Some(now);
                    (self.wake.0)();
                }
            }
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    fn notice(number: usize) -> Event {
        Event::Notice(number.to_string())
    }

    fn number(event: &Event) -> usize {
        match event {
            Event::Notice(text) => text.parse().unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_full_channel_loses_nothing_and_keeps_the_order() {
        let (sender, receiver) = std::sync::mpsc::sync_channel(2);
        let mut front = Front::new(sender, Wake::nobody());
        (0..10).for_each(|i| front.send(notice(i)));
        let mut seen = Vec::new();
        while seen.len() < 10 {
            front.flush();
            seen.extend(receiver.try_iter().map(|event| number(&event)));
        }
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }

    #[test]
    fn a_burst_wakes_once_and_the_rest_is_due_later() {
        let (sender, _receiver) = std::sync::mpsc::sync_channel(100);
        let wakes = Arc::new(AtomicUsize::new(0));
        let count = wakes.clone();
        let wake = Wake(Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        }));
        let mut front = Front::new(sender, wake);
        front.send(notice(0));
        assert_eq!(front.flush(), None);
        front.woken = Some(Instant::now() + Duration::from_secs(60)); // as if it had just happened, however slow the test
        front.send(notice(1));
        assert!(front.flush().is_some(), "the second wake is due, not forgotten");
        assert_eq!(wakes.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn a_front_that_left_is_noticed() {
        let (sender, receiver) = std::sync::mpsc::sync_channel(1);
        let mut front = Front::new(sender, Wake::nobody());
        drop(receiver);
        front.send(notice(0));
        front.flush();
        assert!(front.is_gone());
    }
}
