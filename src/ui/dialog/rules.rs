//! The page of the settings for targets that exist: the defaults, the names of copies, and the table of rules.

use eframe::egui::{Button, Label, Ui, Vec2};

use crate::model::exists::{DateIs, MOST_RULES, Pattern, Rule, SizeIs};
use crate::model::{Course, IfExists, Settings};
use crate::ui::strip::at_right;
use crate::ui::theme;

use super::frame;
use super::settings::IF_EXISTS;

const WAYS: [(Option<Course>, &str); 3] =
    [(None, "Both ways"), (Some(Course::Download), "Downloads"), (Some(Course::Upload), "Uploads")];
const SIZES: [(SizeIs, &str); 5] = [
    (SizeIs::Any, "Any"),
    (SizeIs::Smaller, "The new one is smaller"),
    (SizeIs::Equal, "Both are the same"),
    (SizeIs::Larger, "The new one is larger"),
    (SizeIs::Different, "They differ"),
];
const DATES: [(DateIs, &str); 5] = [
    (DateIs::Any, "Any"),
    (DateIs::Older, "The new one is older"),
    (DateIs::Equal, "Both are the same"),
    (DateIs::Newer, "The new one is newer"),
    (DateIs::Different, "They differ"),
];

/// What a person does with the table.
enum Change {
    Up(usize),
    Down(usize),
    Remove(usize),
}

/// Draws the page; `open` is the rule that is being edited.
pub(super) fn file_exists(ui: &mut Ui, draft: &mut Settings, open: &mut Option<usize>) {
    frame::choice(ui, "Downloads", &mut draft.if_exists_down, &IF_EXISTS);
    frame::choice(ui, "Uploads", &mut draft.if_exists_up, &IF_EXISTS);
    frame::remark(ui, "What happens to a transfer whose target is there already, unless it says otherwise.");
    frame::row(ui, "Names of copies", |ui| frame::field(ui, &mut draft.rename_pattern, "{name} ({n}){.ext}"));
    match Pattern::parse(&draft.rename_pattern) {
        Err(why) => frame::mistake(ui, &format!("{why}. Until then: {{name}} ({{n}}){{.ext}}")),
        Ok(_) => frame::remark(ui, "{name}, {n}, {.ext}, {ext}, {date} and {time} are filled in."),
    }
    ui.add_space(theme::GAP);
    ui.label("Rules, from the first to the last; the first that fits decides before the defaults");
    let mut change = None;
    let count = draft.exists_rules.len();
    for index in 0..count {
        rule_ui(ui, &draft.exists_rules[index], index, count, open, &mut change);
        if *open == Some(index) {
            ui.push_id(index, |ui| edit(ui, &mut draft.exists_rules[index]));
        }
    }
    match change {
        Some(Change::Up(index)) => swap(&mut draft.exists_rules, index, index - 1, open),
        Some(Change::Down(index)) => swap(&mut draft.exists_rules, index, index + 1, open),
        Some(Change::Remove(index)) => {
            draft.exists_rules.remove(index);
            *open = None;
        }
        None => {}
    }
    if ui.add_enabled(count < MOST_RULES, Button::new("Add a rule")).clicked() {
        *open = Some(count);
        draft.exists_rules.push(Rule { action: IfExists::Overwrite, ..Rule::default() });
    }
}

fn swap(rules: &mut [Rule], index: usize, other: usize, open: &mut Option<usize>) {
    rules.swap(index, other);
    if *open == Some(index) {
        *open = Some(other);
    } else if *open == Some(other) {
        *open = Some(index);
    }
}

fn rule_ui(
    ui: &mut Ui,
    rule: &Rule,
    index: usize,
    count: usize,
    open: &mut Option<usize>,
    change: &mut Option<Change>,
) {
    ui.horizontal(|ui| {
        let summary = format!("{}. {}", index + 1, rule.summary());
        ui.allocate_ui(Vec2::new(ui.available_width() - 216.0, theme::CONTROL), |ui| {
            ui.add(Label::new(&summary).truncate()).on_hover_text(&summary);
        });
        at_right(ui, &format!("rule {index}"), |ui| {
            if ui.button("Remove").clicked() {
                *change = Some(Change::Remove(index));
            }
            if ui.add_enabled(index + 1 < count, Button::new("Down")).clicked() {
                *change = Some(Change::Down(index));
            }
            if ui.add_enabled(index > 0, Button::new("Up")).clicked() {
                *change = Some(Change::Up(index));
            }
            if ui.selectable_label(*open == Some(index), "Edit").clicked() {
                *open = (*open != Some(index)).then_some(index);
            }
        });
    });
}

fn edit(ui: &mut Ui, rule: &mut Rule) {
    frame::choice(ui, "Which way", &mut rule.course, &WAYS);
    frame::choice(ui, "Sizes", &mut rule.size, &SIZES);
    frame::choice(ui, "Times", &mut rule.date, &DATES);
    frame::choice(ui, "Then", &mut rule.action, &IF_EXISTS);
}
