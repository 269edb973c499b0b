//! The two lower panels together: what one asks of the other, and both as tabs of one where there is little room.

use std::time::{Duration, Instant};

use eframe::egui::{Response, Ui};

use crate::model::{Action, FileAction, Phase};

use super::View;
use super::compared_log::compared_ui;
use super::menu::Item;
use super::mirror::Mirror;
use super::opened_log::about_log;
use super::queue_panel::{QueueView, queue_tabs, queue_ui};
use super::transcript_panel::{Asked, TranscriptView, transcript_title, transcript_ui};
use super::view::{Lower, Side};
use super::{keyboard, remedy, text};

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
        show_log(view);
    }
    view.queue.follow(&mirror.queue);
    view.transcript.command.learn(&mirror.finished);
    let opened = view.opened.as_mut().is_some_and(|opened| follow_log(&opened.mirror, &mut opened.view));
    follow_log(mirror, &mut view.transcript) || opened
}

/// Brings the live log to the front.
pub fn show_log(view: &mut View) {
    (view.opened, view.compared) = (None, None);
    bring_log(view);
}

/// Brings whichever log is shown to the front.
pub fn bring_log(view: &mut View) {
    view.layout.log = true;
    view.lower = Lower::Log;
}

/// Whether a log fills the window: one that was opened for that, or two that are compared.
pub fn fills(view: &View) -> bool {
    view.compared.is_some() || view.opened.as_ref().is_some_and(|opened| opened.fills)
}

/// Says which log is being read, above the one that is shown.
fn reading_ui(ui: &mut Ui, mirror: &Mirror) {
    let Some(what) = &mirror.reading else { return };
    ui.spacing_mut().item_spacing.y = 0.0;
    about_log(ui, |ui| {
        ui.set_width(ui.available_width());
        ui.label(text::visible(what));
    });
}

fn follow_log(mirror: &Mirror, view: &mut TranscriptView) -> bool {
    let begun = Instant::now();
    let mut more = true;
    while more && begun.elapsed() < BUDGET {
        more = view.follow(&mirror.transcript);
    }
    if !more {
        view.close(&mirror.transcript, &mirror.closed);
    }
    view.arrange() || more
}

/// What a person chose of the window's menu in one of the logs.
pub fn take_item(view: &mut View) -> Option<Item> {
    let opened = view.opened.as_mut().and_then(|opened| opened.view.take_item());
    view.transcript.take_item().or(opened)
}

/// Draws the queue. The answer covers its whole area: what is dropped there is to be put into the queue.
pub fn queue_area(ui: &mut Ui, mirror: &Mirror, view: &mut View, actions: &mut Vec<Action>) -> Response {
    let View { queue, clock, .. } = view;
    queue_ui(ui, mirror, queue, clock, actions, |ui, queue| queue_tabs(ui, mirror, queue, None))
}

/// Draws the reply log, or the one that was opened, or two that were compared.
pub fn log_area(ui: &mut Ui, mirror: &Mirror, view: &mut View, actions: &mut Vec<Action>) {
    reading_ui(ui, mirror);
    if let Some(compared) = &mut view.compared {
        if compared_ui(ui, compared, &mut view.layout.details_height, transcript_title) {
            view.compared = None;
        }
        return;
    }
    if view.opened.is_some() {
        return opened_ui(ui, view, |ui, _, _| transcript_title(ui));
    }
    let asked =
        transcript_ui(ui, mirror, &mut view.transcript, &mut view.layout, view.tab, &view.clock, transcript_title);
    act(ui, asked, mirror, view, actions);
}

/// Draws the one that is chosen, with tabs for both. The answer is the queue's area while it is shown.
pub fn tabbed_area(ui: &mut Ui, mirror: &Mirror, view: &mut View, actions: &mut Vec<Action>) -> Option<Response> {
    let View { queue, transcript, compared, clock, lower, layout, tab, .. } = view;
    if *lower == Lower::Queue {
        return Some(queue_ui(ui, mirror, queue, clock, actions, |ui, queue| {
            queue_tabs(ui, mirror, queue, Some(lower));
        }));
    }
    reading_ui(ui, mirror);
    if let Some(logs) = compared {
        if compared_ui(ui, logs, &mut layout.details_height, |ui| queue_tabs(ui, mirror, queue, Some(lower))) {
            *compared = None;
        }
        return None;
    }
    if view.opened.is_some() {
        opened_ui(ui, view, |ui, queue, lower| queue_tabs(ui, mirror, queue, Some(lower)));
        return None;
    }
    let asked =
        transcript_ui(ui, mirror, transcript, layout, *tab, clock, |ui| queue_tabs(ui, mirror, queue, Some(lower)));
    act(ui, asked, mirror, view, actions);
    None
}

/// Draws a log from a file. What is asked of a server there, nobody can do.
fn opened_ui(ui: &mut Ui, view: &mut View, title: impl FnOnce(&mut Ui, &mut QueueView, &mut Lower)) {
    let View { queue, transcript, opened, clock, lower, layout, tab, .. } = view;
    let Some(log) = opened else { return };
    ui.spacing_mut().item_spacing.y = 0.0;
    let back = log.heading(ui);
    transcript_ui(ui, &log.mirror, &mut log.view, layout, *tab, clock, |ui| title(ui, queue, lower));
    let mut kept = layout.clone();
    log.view.keep(&mut kept);
    if kept != *layout {
        // All logs are looked at in the same way.
        transcript.restore(&kept);
        *layout = kept;
    }
    if back {
        *opened = None;
    }
}

fn act(ui: &Ui, asked: Option<Asked>, mirror: &Mirror, view: &mut View, actions: &mut Vec<Action>) {
    view.transcript.keep(&mut view.layout);
    match asked {
        Some(Asked::Command(command)) => {
            let ticket = view.tickets.next();
            if let Some(server) = mirror.tab(view.tab).and_then(|tab| tab.server.as_ref()) {
                view.transcript.command.note(&command, ticket, &server.site);
            }
            actions.push(Action::Files { tab: view.tab, ticket, action: FileAction::Raw(command) });
        }
        Some(Asked::Remedy(chosen)) => remedy::apply(&chosen, mirror, view, actions),
        Some(Asked::Folder(connection, folder)) => {
            remedy::show_folder(connection, &folder, mirror, view, actions);
            keyboard::give_to_pane(ui, view, Side::Remote);
        }
        None => {}
    }
}
