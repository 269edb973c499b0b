//! The two lower panels together: what one asks of the other, and both as tabs of one where there is little room.

use std::time::{Duration, Instant};

use eframe::egui::{Response, Ui};

use crate::model::{Action, FileAction, Phase};

use super::View;
use super::mirror::Mirror;
use super::queue_panel::{queue_tabs, queue_ui};
use super::remedy;
use super::transcript_panel::{Asked, transcript_title, transcript_ui};
use super::view::Lower;

/// Time in a frame that following the transcript may take.
const BUDGET: Duration = Duration::from_millis(5);

/// Keeps both panels up to date with the mirror, for a bounded time; to be called from `logic()`. `true`: there is more
/// to do, so draw again soon.
pub fn follow(mirror: &Mirror, view: &mut View) -> bool {
    if let Some(transfer) = view.transcript.take_jump() {
        view.queue.reveal(&mirror.queue, transfer);
        view.lower = Lower::Queue;
    }
    if let Some(transfer) = view.queue.take_jump() {
        let failed = mirror.queue.get(transfer).is_some_and(|row| matches!(row.phase, Phase::Failed(_)));
        view.transcript.reveal_transfer(&mirror.transcript, transfer, failed);
        view.lower = Lower::Log;
    }
    view.queue.follow(&mirror.queue);
    let begun = Instant::now();
    let mut more = true;
    while more && begun.elapsed() < BUDGET {
        more = view.transcript.follow(&mirror.transcript);
    }
    if !more {
        view.transcript.close(&mirror.transcript, &mirror.closed);
    }
    view.transcript.arrange() || more
}

/// Draws the queue. The answer covers its whole area: what is dropped there is to be put into the queue.
pub fn queue_area(ui: &mut Ui, mirror: &Mirror, view: &mut View, actions: &mut Vec<Action>) -> Response {
    let View { queue, clock, .. } = view;
    queue_ui(ui, mirror, queue, clock, actions, |ui, queue| queue_tabs(ui, mirror, queue, None))
}

/// Draws the reply log.
pub fn log_area(ui: &mut Ui, mirror: &Mirror, view: &mut View, actions: &mut Vec<Action>) {
    let asked = transcript_ui(ui, mirror, &mut view.transcript, view.tab, &view.clock, transcript_title);
    act(asked, mirror, view, actions);
}

/// Draws the one that is chosen, with tabs for both. The answer is the queue's area while it is shown.
pub fn tabbed_area(ui: &mut Ui, mirror: &Mirror, view: &mut View, actions: &mut Vec<Action>) -> Option<Response> {
    let View { queue, transcript, clock, lower, tab, .. } = view;
    if *lower == Lower::Queue {
        return Some(queue_ui(ui, mirror, queue, clock, actions, |ui, queue| {
            queue_tabs(ui, mirror, queue, Some(lower));
        }));
    }
    let asked = transcript_ui(ui, mirror, transcript, *tab, clock, |ui| queue_tabs(ui, mirror, queue, Some(lower)));
    act(asked, mirror, view, actions);
    None
}

fn act(asked: Option<Asked>, mirror: &Mirror, view: &mut View, actions: &mut Vec<Action>) {
    match asked {
        Some(Asked::Command(command)) => {
            let ticket = view.tickets.next();
            actions.push(Action::Files { tab: view.tab, ticket, action: FileAction::Raw(command) });
        }
        Some(Asked::Remedy(chosen)) => remedy::apply(&chosen, mirror, view, actions),
        None => {}
    }
}
