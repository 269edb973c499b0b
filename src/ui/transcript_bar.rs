//! The bar of the reply log: what finds lines, and what is done with all of them.

use eframe::egui::{self, CornerRadius, RichText, Role, Sense, Ui, Vec2, WidgetInfo};

use crate::model::log_layout::Times;

use super::menu::{self, Item};
use super::mirror::Mirror;
use super::strip::{at_right, at_right_width};
use super::text::{self, Clock};
use super::transcript_columns::columns_menu;
use super::transcript_lines::copied;
use super::transcript_panel::{Shown, TranscriptView};
use super::transcript_shown::CLASSES;
use super::{icons, theme};

/// The widest that the filter field becomes.
const FIELD: f32 = 360.0;
/// What stands at the right of the bar.
const TOOLS: &str = "tools of the reply log";
/// Width of the bar from which it has room for the buttons to the errors.
const ROOMY: f32 = 760.0;
/// The first class of those that are errors.
const ERRORS: usize = 3;
/// Width of the switch between the views.
const SWITCH: f32 = 126.0;

/// The field takes what the rest leaves of the bar.
pub(super) fn tools(ui: &mut Ui, mirror: &Mirror, view: &mut TranscriptView, clock: &Clock) {
    let room = ui.available_width() - at_right_width(ui, TOOLS) - 2.0 * theme::GAP - SWITCH;
    let width = room.min(FIELD);
    // Where there is less, errors are stepped through by keys and the menu.
    let roomy = ui.available_width() > ROOMY;
    switch(ui, view);
    if width > 48.0 {
        ui.add_space(room - width);
        let TranscriptView { field, filter, mistake, .. } = view;
        let mistaken = mistake.as_ref().is_some_and(|mistake| !field.completes(mistake));
        field.ui(ui, filter, mistaken, width);
    }
    at_right(ui, TOOLS, |ui| {
        let counts = match view.shown {
            Shown::Lines => view.index.counts(),
            Shown::Exchanges => view.index.rows().counts(),
        };
        for (class, (count, on)) in counts.into_iter().zip(&mut view.classes).enumerate() {
            // Where there is little room the field needs it more than numbers of what went well.
            class_chip(ui, class, count, on, roomy || class >= ERRORS);
        }
        ui.add_space(theme::TIGHT);
        if roomy {
            let errors = counts[3] + counts[4] > 0;
            if icons::button_if(ui, icons::UP, "Previous error (Shift+F8)", errors).clicked() {
                view.step_error(false);
            }
            if icons::button_if(ui, icons::DOWN, "Next error (F8)", errors).clicked() {
                view.step_error(true);
            }
        }
        connections(ui, mirror, view);
        follow_button(ui, view);
        let response = icons::button(ui, icons::MORE, "More about the log");
        egui::Popup::menu(&response).show(|ui| {
            let preset = mirror.settings.keys;
            if menu::row(ui, Item::CopyLines, preset, !view.index.is_empty()) {
                ui.ctx().copy_text(copied(mirror, view, clock));
            }
            if menu::row(ui, Item::ClearLog, preset, !mirror.transcript.is_empty()) {
                view.clear = true;
            }
            for item in [Item::OpenLog, Item::CompareLogs, Item::ExportLog] {
                if menu::row(ui, item, preset, true) {
                    view.item = Some(item);
                }
            }
            ui.separator();
            let errors = counts[3] + counts[4] > 0;
            for (name, keys, forward) in [("Next error", "F8", true), ("Previous error", "Shift+F8", false)] {
                if menu::entry(ui, None, name, keys, errors).clicked() {
                    view.step_error(forward);
                    ui.close();
                }
            }
            ui.separator();
            let folded = view.index.folds().is_on();
            let mark = folded.then_some(icons::CHECK);
            if menu::entry(ui, mark, "Fold log-ins and listings", "", true).clicked() {
                view.index.set_folds(!folded);
                ui.close();
            }
            ui.separator();
            times_menu(ui, view);
            if view.shown == Shown::Exchanges {
                ui.separator();
                menu::submenu(ui, icons::EYE, "Columns", |ui| columns_menu(ui, &mut view.columns));
            }
        });
    });
}

fn times_menu(ui: &mut Ui, view: &mut TranscriptView) {
    for (times, name) in [
        (Times::Clock, "Time of day"),
        (Times::SinceStart, "Time since the start"),
        (Times::SinceAbove, "Time since the row above"),
    ] {
        let mark = (view.columns.times == times).then_some(icons::CHECK);
        if menu::entry(ui, mark, name, "", true).clicked() {
            view.columns.times = times;
            ui.close();
        }
    }
}

/// Chooses one of the two views.
fn switch(ui: &mut Ui, view: &mut TranscriptView) {
    let palette = theme::of(ui);
    let (outer, _) = ui.allocate_exact_size(Vec2::new(SWITCH, 22.0), Sense::hover());
    ui.painter().rect_filled(outer, CornerRadius::same(theme::CORNER), palette.raised);
    let middle = outer.left() + 48.0;
    for (shown, name, rect) in
        [(Shown::Lines, "Lines", outer.with_max_x(middle)), (Shown::Exchanges, "Exchanges", outer.with_min_x(middle))]
    {
        let response = ui.interact(rect, ui.unique_id().with(name), Sense::click());
        let on = view.shown == shown;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, on, name));
        let inside = rect.shrink(2.0);
        if on {
            ui.painter().rect_filled(inside, CornerRadius::same(4), palette.panel);
            let line = egui::Stroke::new(1.0, palette.line);
            ui.painter().rect_stroke(inside, CornerRadius::same(4), line, egui::StrokeKind::Inside);
        }
        if response.has_focus() {
            super::paint::ring(ui, inside, 4);
        }
        let color = if on || response.hovered() { palette.text } else { palette.secondary };
        super::paint::text(ui, inside, name, theme::small(), color, egui::Align::Center);
        if response.clicked() && !on {
            view.show(shown);
        }
    }
}

fn follow_button(ui: &mut Ui, view: &mut TranscriptView) {
    let palette = theme::of(ui);
    let following = view.scrolled().is_following();
    let (name, color) = if following {
        ("Following the newest line", palette.accent)
    } else {
        ("Follow the newest line", palette.text)
    };
    let button = egui::Button::new(icons::FOLLOW.text().color(color)).frame_when_inactive(false);
    let button = button.min_size(Vec2::splat(theme::ICON_BUTTON));
    if ui.add(button).on_hover_text(name).accessible_name(name).clicked() {
        view.scrolled().follow();
    }
}

fn connections(ui: &mut Ui, mirror: &Mirror, view: &mut TranscriptView) {
    let shown = view.connection.map_or_else(|| "All".to_owned(), |connection| format!("#{}", connection.0));
    let label = RichText::new(format!("{shown} ")).font(theme::small());
    let glyph = RichText::new(icons::CHEVRON_DOWN.glyph()).font(icons::font());
    let button = egui::Button::new((label, glyph)).frame_when_inactive(view.connection.is_some()).gap(0.0);
    let response = ui.add(button).on_hover_text("Connections that are shown").accessible_name("Connections shown");
    egui::Popup::menu(&response).show(|ui| {
        ui.set_min_width(260.0);
        egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            let mark = |on: bool| on.then_some(icons::CHECK);
            if menu::entry(ui, mark(view.connection.is_none()), "All connections", "", true).clicked() {
                view.connection = None;
                ui.close();
            }
            for (connection, wire) in mirror.connections.iter().rev() {
                let kind = if wire.tab.is_some() { "browsing" } else { "transfers" };
                let closed = if wire.open { "" } else { ", closed" };
                let text = format!("#{}  {}, {kind}{closed}", connection.0, wire.site.title());
                if menu::entry(ui, mark(view.connection == Some(*connection)), &text, "", true).clicked() {
                    view.connection = Some(*connection);
                    ui.close();
                }
            }
        });
    });
}

/// One of the five chips: what it is and, where they are `counted`, how many there are; pressed, only its class is shown.
fn class_chip(ui: &mut Ui, class: usize, count: usize, on: &mut bool, counted: bool) {
    const NAMES: [&str; CLASSES] = ["1yz", "2yz", "3yz", "4yz", "5yz"];
    const MEANINGS: [&str; CLASSES] =
        ["preliminary replies", "completions", "intermediate replies", "transient errors", "permanent errors"];
    let palette = theme::of(ui);
    let color = palette.of_code(u16::try_from(class + 1).unwrap_or(0) * 100);
    let strong = count > 0 || *on;
    let label = ui.painter().layout_no_wrap(
        NAMES[class].to_owned(),
        theme::mono_strong(),
        if strong { color } else { palette.secondary },
    );
    let number = ui.painter().layout_no_wrap(few(count), theme::small(), palette.text);
    let counted = counted && count > 0;
    let width = label.size().x + if counted { number.size().x + 5.0 } else { 0.0 } + 12.0;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, 20.0), Sense::click());
    if response.clicked() {
        *on = !*on;
    }
    let spoken = format!("{} {}: {count}", NAMES[class], MEANINGS[class]);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, *on, &spoken));
    let fill = if *on || response.hovered() { palette.tint(color) } else { egui::Color32::TRANSPARENT };
    ui.painter().rect_filled(rect, CornerRadius::same(4), fill);
    if *on || response.has_focus() {
        let stroke = egui::Stroke::new(1.0, if response.has_focus() { palette.focus } else { color });
        ui.painter().rect_stroke(rect, CornerRadius::same(4), stroke, egui::StrokeKind::Inside);
    }
    let middle = |height: f32| rect.center().y - height / 2.0;
    let end = rect.left() + 6.0 + label.size().x + 5.0;
    let at = egui::pos2(rect.left() + 6.0, middle(label.size().y));
    ui.painter().galley(at, label, color);
    if counted {
        let at = egui::pos2(end, middle(number.size().y));
        ui.painter().galley(at, number, palette.text);
    }
    response.on_hover_text(format!("Show only {}: {}", MEANINGS[class], text::grouped(count as u64)));
}

/// `12`, `9.9k`, `120k`.
fn few(count: usize) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..10_000 => format!("{}.{}k", count / 1000, count % 1000 / 100),
        _ => format!("{}k", count / 1000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stay_short() {
        assert_eq!([0, 999, 1_000, 9_999, 128_400].map(few), ["0", "999", "1.0k", "9.9k", "128k"]);
    }
}
