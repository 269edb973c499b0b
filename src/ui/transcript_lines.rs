//! The lines of the reply log, as they crossed the wire.

use eframe::egui::{self, Key, Modifiers, Role, Sense, Ui, WidgetInfo};

use crate::model::explain::sentence;
use crate::model::{ConnectionId, Direction, Exchange, Line, Transcript};

use super::list::{self, Rows};
use super::menu;
use super::mirror::Mirror;
use super::picked::Order;
use super::text::{self, Clock};
use super::transcript_columns::write_time;
use super::transcript_copy::{RowMenu, copy, row_menu};
use super::transcript_exchanges::ByHead;
use super::transcript_index as index;
use super::transcript_line::{HEIGHT, as_text, draw_chevron, draw_heading, draw_line, heading, is_chevron};
use super::transcript_panel::{NAME, Shown, TranscriptView};

/// Draws those that the filter shows.
pub(super) fn lines_ui(ui: &mut Ui, mirror: &Mirror, view: &mut TranscriptView, clock: &Clock) {
    let id = list::focus_id(NAME);
    let focused = ui.memory(|memory| memory.has_focus(id));
    if focused {
        keys(ui, mirror, view, clock);
    }
    let TranscriptView { index, scroll, picked, words, opened, connection, clear, columns, .. } = view;
    let asked = if focused { picked.menu_by_key(ui, index, scroll) } else { None };
    let (mut copying, mut turn) = (None, None);
    let rows = Rows { scroll, count: index.len(), height: HEIGHT, name: NAME, follows: true };
    let drawn = rows.show(ui, |ui, row, rect| {
        let Some(number) = index.number(row) else { return };
        let Some(line) = index::line(&mirror.transcript, number) else { return };
        let response = ui.interact(rect, ui.unique_id().with(number), Sense::CLICK);
        let selected = picked.contains(number);
        response.widget_info(|| {
            let folded = index.heading(number).filter(|(_, open)| !open).map(|(group, _)| heading(&group));
            let said = folded.unwrap_or_else(|| text::visible(&line.text).into_owned());
            WidgetInfo::selected(Role::ListBoxOption, true, selected, said)
        });
        ui.ctx().accesskit_node_builder(response.id, |node| {
            let exchange = index.exchange_of(number).and_then(|exchange| index.exchanges().get(exchange));
            node.set_description(text::visible(&spoken(line, exchange)).into_owned());
        });
        let secondary = response.secondary_clicked() && !selected;
        if response.clicked() || secondary {
            let modifiers = if secondary { Modifiers::NONE } else { ui.input(|input| input.modifiers) };
            picked.click(number, modifiers, index);
            let on_chevron = ui.input(|input| input.pointer.interact_pos()).is_some_and(|at| is_chevron(rect, at));
            match index.heading(number) {
                Some((_, open)) if response.clicked() && modifiers.is_none() && (!open || on_chevron) => {
                    turn = Some(number);
                }
                _ if response.clicked() && modifiers.is_none() => *opened = Some(number),
                _ => {}
            }
        }
        if secondary && opened.is_some() {
            *opened = Some(number);
        }
        if response.clicked() || response.secondary_clicked() {
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        list::ground(ui, rect, selected, focused, response.hovered());
        let above = row.checked_sub(1).and_then(|row| index::line(&mirror.transcript, index.number(row)?));
        let time = write_time(columns.times, clock, line.at, index.started(), above.map(|line| line.at));
        match index.heading(number) {
            Some((group, false)) => draw_heading(ui, rect, line, time, &group),
            open => {
                draw_line(ui, rect, line, time, words);
                if open.is_some() {
                    draw_chevron(ui, rect, true);
                }
            }
        }
        menu::context(&response, asked == Some(number), |ui| {
            let of = line.connection;
            let menu = RowMenu { of, exchange: index.exchange_of(number), shown: &mut *connection, clear: &mut *clear };
            copying = row_menu(ui, mirror, index, menu);
        });
    });
    if drawn.response.clicked() {
        picked.clear();
    }
    if let Some(head) = turn {
        index.turn_fold(head);
        // What was opened is to be read: the end would push it out of sight.
        scroll.reveal(index.row_of(head));
    }
    if let Some(chosen) = copying {
        copy(ui, mirror, view, clock, chosen);
    }
}

/// The keys that both views take.
pub(super) fn keys(ui: &Ui, mirror: &Mirror, view: &mut TranscriptView, clock: &Clock) {
    if ui.input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Copy))) {
        ui.ctx().copy_text(copied(mirror, view, clock));
    }
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if view.opened.is_some() && pressed(Modifiers::NONE, Key::Escape) {
        view.opened = None;
    }
    // Shift first: a pattern without modifiers matches it as well.
    if pressed(Modifiers::SHIFT, Key::F8) {
        view.step_error(false);
    } else if pressed(Modifiers::NONE, Key::F8) {
        view.step_error(true);
    }
    for (key, open) in [(Key::ArrowRight, false), (Key::ArrowLeft, true)] {
        let cursor = view.picked.cursor().filter(|_| view.shown == Shown::Lines);
        let head = cursor.filter(|head| view.index.heading(*head).is_some_and(|(_, is_open)| is_open == open));
        if let Some(head) = head.filter(|_| pressed(Modifiers::NONE, key)) {
            view.index.turn_fold(head);
            let row = view.index.row_of(head);
            view.scroll.reveal(row);
        }
    }
    let enter = pressed(Modifiers::NONE, Key::Enter);
    let TranscriptView { picked, index, scroll, exchanges, .. } = view;
    let by_head = ByHead(index);
    let (moved, last) = match view.shown {
        Shown::Lines => (picked.keyboard(ui, index, scroll), index.key(index.len().saturating_sub(1))),
        Shown::Exchanges => (picked.keyboard(ui, &by_head, exchanges), by_head.key(by_head.count().saturating_sub(1))),
    };
    if enter || (moved && view.opened.is_some()) {
        view.opened = view.picked.cursor();
    }
    if moved && last.is_some() && view.picked.cursor() == last {
        view.scrolled().follow();
    }
}

/// What a line is, for those who hear it: the exchange as a sentence, where the line is its command or final reply.
fn spoken(line: &Line, exchange: Option<&Exchange>) -> String {
    let ConnectionId(connection) = line.connection;
    let ends = |exchange: &&Exchange| exchange.reply.as_ref().is_some_and(|reply| reply.seq == line.seq);
    match (line.direction, exchange) {
        (Direction::Sent, _) => format!("Sent {}, on connection {connection}", line.text),
        (Direction::Received, Some(exchange)) if ends(&exchange) => sentence(exchange),
        (Direction::Received, Some(exchange)) if line.code.is_some() => {
            format!("First reply to {}: {}, on connection {connection}", exchange.verb(), line.text)
        }
        (Direction::Received, _) => format!("Reply goes on: {}, on connection {connection}", line.text),
        (Direction::Note, _) => format!("Note: {}, on connection {connection}", line.text),
    }
}

/// The selected lines, or all that are shown when none is selected; of exchanges, all their lines.
pub(super) fn copied(mirror: &Mirror, view: &TranscriptView, clock: &Clock) -> String {
    let numbers = copied_numbers(mirror, view).into_iter();
    let lines = numbers.filter_map(|number| index::line(&mirror.transcript, number));
    lines.map(|line| as_text(line, clock)).collect::<Vec<_>>().join("\n")
}

/// Their numbers.
pub(super) fn copied_numbers(mirror: &Mirror, view: &TranscriptView) -> Vec<u64> {
    shown_numbers(&mirror.transcript, view, &|number| view.picked.is_empty() || view.picked.contains(*number))
}

/// The numbers of the lines that are shown and `chosen`; of exchanges, of all their lines.
pub(super) fn shown_numbers(transcript: &Transcript, view: &TranscriptView, chosen: &dyn Fn(&u64) -> bool) -> Vec<u64> {
    let index = &view.index;
    match view.shown {
        Shown::Lines => (0..index.len()).filter_map(|row| index.number(row)).filter(chosen).collect(),
        Shown::Exchanges => {
            let order = ByHead(index);
            let heads = (0..order.count()).filter_map(|row| order.key(row)).filter(chosen);
            heads.flat_map(|head| index.lines_of(transcript, head)).collect()
        }
    }
}
