//! The page of the settings for speed limits: those that always hold, and the table of hours that have others.

use eframe::egui::{Button, DragValue, Label, Response, Ui};
use jiff::civil::Time;

use crate::model::Settings;
use crate::model::schedule::{MOST_SLOTS, Slot};
use crate::ui::icons::{self, Icon};
use crate::ui::theme;

use super::frame;

/// Bytes in the unit that speed limits are typed in.
const KILO: u64 = 1000;
const MOST_KILOS: u64 = 100_000_000;
const DAYS: [(&str, &str); 7] = [
    ("Mo", "Monday"),
    ("Tu", "Tuesday"),
    ("We", "Wednesday"),
    ("Th", "Thursday"),
    ("Fr", "Friday"),
    ("Sa", "Saturday"),
    ("Su", "Sunday"),
];

/// Draws the page.
pub(super) fn speed(ui: &mut Ui, draft: &mut Settings) {
    for (label, limit) in [("Download limit", &mut draft.limit_down), ("Upload limit", &mut draft.limit_up)] {
        limit_row(ui, label, limit);
    }
    frame::remark(ui, "0: no limit. All transfers together; a site can have limits of its own.");
    ui.add_space(theme::GAP);
    ui.label("Hours with other limits; the first row that fits decides");
    let mut gone = None;
    for (index, slot) in draft.schedule.iter_mut().enumerate() {
        ui.push_id(index, |ui| {
            if slot_ui(ui, slot, index + 1) {
                gone = Some(index);
            }
        });
    }
    if let Some(index) = gone {
        draft.schedule.remove(index);
    }
    if ui.add_enabled(draft.schedule.len() < MOST_SLOTS, Button::new("Add hours")).clicked() {
        draft.schedule.push(Slot::default());
    }
}

/// A row of a form for a limit in kilobytes a second.
pub(in crate::ui) fn limit_row(ui: &mut Ui, label: &str, limit: &mut u64) {
    frame::row(ui, label, |ui| kilos(ui, limit, 120.0));
}

fn kilos(ui: &mut Ui, limit: &mut u64, width: f32) -> Response {
    let mut kilo = limit.div_ceil(KILO);
    let value = DragValue::new(&mut kilo).range(0..=MOST_KILOS).suffix(" KB/s").speed(1.0);
    let response = frame::number(ui, width, value);
    if response.changed() {
        *limit = kilo * KILO;
    }
    response
}

/// Draws one row of the table; `true`: it is to go.
fn slot_ui(ui: &mut Ui, slot: &mut Slot, number: usize) -> bool {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 2.0;
        for (on, (short, long)) in slot.days.iter_mut().zip(DAYS) {
            let response = ui.toggle_value(on, short).on_hover_text(long);
            response.accessible_name(format!("{long}, row {number}"));
        }
    });
    let mut gone = false;
    ui.horizontal(|ui| {
        time(ui, &mut slot.from).accessible_name(format!("From, row {number}"));
        ui.label("to");
        time(ui, &mut slot.to).accessible_name(format!("To, row {number}"));
        sign(ui, icons::DOWN);
        kilos(ui, &mut slot.down, 96.0).on_hover_text("Downloads").accessible_name(format!("Downloads, row {number}"));
        sign(ui, icons::UP);
        kilos(ui, &mut slot.up, 96.0).on_hover_text("Uploads").accessible_name(format!("Uploads, row {number}"));
        gone = ui.button("Remove").accessible_name(format!("Remove row {number}")).clicked();
    });
    ui.add_space(theme::TIGHT);
    gone
}

/// Which way the limit behind it is for.
fn sign(ui: &mut Ui, icon: Icon) {
    let color = theme::of(ui).secondary;
    ui.add(Label::new(icon.text().color(color)).selectable(false));
}

/// A time of the day, to the minute.
fn time(ui: &mut Ui, time: &mut Time) -> Response {
    let mut minutes = i32::from(time.hour()) * 60 + i32::from(time.minute());
    let shown = time.strftime("%H:%M").to_string();
    let value = DragValue::new(&mut minutes)
        .range(0..=24 * 60 - 1)
        .custom_formatter(move |_, _| shown.clone())
        .custom_parser(|typed| {
            let time: Time = Time::strptime("%H:%M", typed.trim()).ok()?;
            Some(f64::from(time.hour()) * 60.0 + f64::from(time.minute()))
        });
    let response = frame::number(ui, 56.0, value).on_hover_text("Such as 08:30");
    if response.changed()
        && let (Ok(hour), Ok(minute)) = (i8::try_from(minutes / 60), i8::try_from(minutes % 60))
    {
        *time = Time::new(hour, minute, 0, 0).unwrap_or(*time);
    }
    response
}
