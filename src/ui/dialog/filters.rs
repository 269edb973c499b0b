//! Filters: which of them are on, for each side, and what each of them asks.

use eframe::egui::emath::Numeric;
use eframe::egui::{Button, ComboBox, Context, DragValue, Label, Response, RichText, ScrollArea, TextEdit, Ui, Vec2};

use crate::model::filter::{
    Condition, DayIs, Filter, FilterSide, Filters, MOST_CONDITIONS, MOST_FILTERS, Matching, NumberIs, TextIs,
};
use crate::model::permissions;
use crate::model::{Action, Settings};
use crate::ui::mirror::Mirror;
use crate::ui::{icons, list, marks, text, theme};

use super::frame::{self, Foot, MainButton, Opening};

const WIDTH: f32 = 640.0;
const MATCHING: [(Matching, &str); 4] = [
    (Matching::Any, "one of these holds"),
    (Matching::All, "all of these hold"),
    (Matching::None, "none of these holds"),
    (Matching::NotAll, "not all of these hold"),
];
const KINDS: [(Kind, &str); 5] = [
    (Kind::Name, "Name"),
    (Kind::Path, "Its folder"),
    (Kind::Size, "Size"),
    (Kind::Date, "Date"),
    (Kind::Permission, "Permissions"),
];
const TEXTS: [(TextIs, &str); 7] = [
    (TextIs::Glob, "matches"),
    (TextIs::Contains, "contains"),
    (TextIs::Equals, "is"),
    (TextIs::Begins, "begins with"),
    (TextIs::Ends, "ends with"),
    (TextIs::Regex, "matches the regex"),
    (TextIs::ContainsNot, "does not contain"),
];
const SIZES: [(NumberIs, &str); 4] = [
    (NumberIs::Greater, "more than"),
    (NumberIs::Equals, "is"),
    (NumberIs::EqualsNot, "is not"),
    (NumberIs::Less, "less than"),
];
const DAYS: [(DayIs, &str); 4] =
    [(DayIs::Before, "before"), (DayIs::Equals, "on"), (DayIs::EqualsNot, "not on"), (DayIs::After, "after")];
const BITS: [(bool, &str); 2] = [(true, "has all of"), (false, "has none of")];

/// What a condition asks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Name,
    Path,
    Size,
    Date,
    Permission,
    Attribute,
}

/// A working copy of the filters.
#[derive(Clone, Debug)]
pub struct Filtering {
    draft: Filters,
    /// The filter whose row is open.
    open: Option<usize>,
    /// What is typed as its name, which may be another one's until more is typed.
    name: String,
    opening: Opening,
}

impl Filtering {
    /// Of the filters as they are.
    pub fn new(filters: &Filters) -> Self {
        Self { draft: filters.clone(), open: None, name: String::new(), opening: Opening::default() }
    }

    /// Draws it; `true` when it is to be closed.
    pub fn ui(&mut self, ctx: &Context, mirror: &Mirror, actions: &mut Vec<Action>) -> bool {
        let mut foot = None;
        let wrong = self.draft.check().err();
        let escaped = frame::show(ctx, "Filters", WIDTH, |ui| {
            frame::remark(ui, "What a filter hides is not shown, and stays behind when a folder is transferred.");
            let main = marks::tick(ui, &mut self.draft.enabled, "Filters are on");
            if self.opening.is_now(ui) {
                main.request_focus();
            }
            self.sets(ui);
            ui.add_space(theme::TIGHT);
            let room = (ctx.content_rect().height() - 300.0).max(120.0);
            ScrollArea::vertical().max_height(room).show(ui, |ui| {
                // The bar of a long list stands beside it, and not on it.
                ui.set_max_width(ui.available_width() - list::BAR);
                self.list(ui);
            });
            if let Some(why) = &wrong {
                frame::mistake(ui, why);
            }
            let main = MainButton { enabled: wrong.is_none(), ..MainButton::new("Save") };
            foot = frame::foot(ui, "Cancel", main, |ui| {
                if ui.add_enabled(self.draft.filters.len() < MOST_FILTERS, Button::new("New filter")).clicked() {
                    let name = "New filter".to_owned();
                    let filter = Filter { name, conditions: vec![new_condition()], ..Filter::default() };
                    let index = self.draft.add(filter);
                    self.open(Some(index));
                }
                if ui.button("All off").clicked() {
                    let set = self.draft.set_mut();
                    set.local.clear();
                    set.remote.clear();
                }
            });
        });
        if foot == Some(Foot::Main) {
            let settings = Settings { filters: self.draft.clone(), ..mirror.settings.clone() };
            actions.push(Action::SaveSettings(Box::new(settings)));
        }
        foot.is_some() || escaped
    }

    fn open(&mut self, index: Option<usize>) {
        self.open = index;
        self.name = index.map_or_else(String::new, |index| self.draft.filters[index].name.clone());
    }

    /// Which set is in use, where there is a choice.
    fn sets(&mut self, ui: &mut Ui) {
        if self.draft.sets.len() < 2 {
            return;
        }
        let names: Vec<(usize, String)> =
            self.draft.sets.iter().map(|set| text::visible(&set.name).into_owned()).enumerate().collect();
        let choices: Vec<(usize, &str)> = names
            .iter()
            .map(|(index, name)| (*index, if name.is_empty() { "without a name" } else { name.as_str() }))
            .collect();
        frame::choice(ui, "Set", &mut self.draft.current, &choices);
    }

    fn list(&mut self, ui: &mut Ui) {
        let mut gone = None;
        for index in 0..self.draft.filters.len() {
            ui.push_id(index, |ui| {
                self.filter_row(ui, index, &mut gone);
                if self.open == Some(index) {
                    self.edit(ui, index);
                }
            });
        }
        if let Some(index) = gone {
            self.draft.remove(index);
            self.open(None);
        }
    }

    fn filter_row(&mut self, ui: &mut Ui, index: usize, gone: &mut Option<usize>) {
        let name = self.draft.filters[index].name.clone();
        ui.horizontal(|ui| {
            for (side, word) in [(FilterSide::Local, "Local"), (FilterSide::Remote, "Remote")] {
                let mut on = self.draft.is_on(&name, side);
                let response = ui.add_enabled_ui(self.draft.enabled, |ui| marks::tick(ui, &mut on, word)).inner;
                if response.accessible_name(format!("{} ({})", text::visible(&name), word.to_lowercase())).changed() {
                    self.draft.switch(&name, side, on);
                }
            }
            ui.add_space(theme::GAP);
            ui.allocate_ui(Vec2::new(ui.available_width() - 136.0, theme::CONTROL), |ui| {
                ui.add(Label::new(&*text::visible(&name)).truncate());
            });
            crate::ui::strip::at_right(ui, &format!("filter {index}"), |ui| {
                let edit = ui.selectable_label(self.open == Some(index), "Edit");
                if edit.accessible_name(format!("Edit {}", text::visible(&name))).clicked() {
                    self.open((self.open != Some(index)).then_some(index));
                }
                if ui.button("Remove").accessible_name(format!("Remove {}", text::visible(&name))).clicked() {
                    *gone = Some(index);
                }
            });
        });
    }

    fn edit(&mut self, ui: &mut Ui, index: usize) {
        frame::row(ui, "Name", |ui| frame::field(ui, &mut self.name, "What it is called"));
        if self.name != self.draft.filters[index].name && !self.draft.rename(index, &self.name) {
            frame::mistake(ui, "Another filter is called so");
        }
        let filter = &mut self.draft.filters[index];
        frame::wide_row(ui, "Hides", |ui| {
            marks::tick(ui, &mut filter.files, "files");
            marks::tick(ui, &mut filter.folders, "folders");
            marks::tick(ui, &mut filter.match_case, "only where capitals match");
        });
        frame::choice(ui, "Where", &mut filter.matching, &MATCHING);
        let mut gone = None;
        let count = filter.conditions.len();
        for (at, condition) in filter.conditions.iter_mut().enumerate() {
            ui.push_id(at, |ui| {
                ui.horizontal(|ui| {
                    kind_ui(ui, condition);
                    how_ui(ui, condition);
                    value_ui(ui, condition);
                    let remove = ui.add_enabled(count > 1, Button::new(icons::CLOSE.text()));
                    if remove.accessible_name(format!("Remove condition {}", at + 1)).clicked() {
                        gone = Some(at);
                    }
                });
            });
        }
        if let Some(at) = gone {
            filter.conditions.remove(at);
        }
        if ui.add_enabled(count < MOST_CONDITIONS, Button::new("Add a condition")).clicked() {
            filter.conditions.push(new_condition());
        }
        ui.add_space(theme::GAP);
    }
}

fn new_condition() -> Condition {
    Condition::Name(TextIs::Glob, "*.bak".to_owned())
}

fn kind_ui(ui: &mut Ui, condition: &mut Condition) {
    let before = match condition {
        Condition::Name(..) => Kind::Name,
        Condition::Path(..) => Kind::Path,
        Condition::Size(..) => Kind::Size,
        Condition::Date(..) => Kind::Date,
        Condition::Permission(..) => Kind::Permission,
        Condition::Attribute(..) => Kind::Attribute,
    };
    let mut kind = before;
    pick(ui, "What", 112.0, &mut kind, &KINDS, "An attribute of Windows");
    if kind != before {
        *condition = match kind {
            Kind::Name => new_condition(),
            Kind::Path => Condition::Path(TextIs::Contains, "/".to_owned()),
            Kind::Size => Condition::Size(NumberIs::Greater, 1_000_000),
            Kind::Date => Condition::Date(DayIs::Before, "30".to_owned()),
            Kind::Permission => Condition::Permission(0o002, true),
            Kind::Attribute => return,
        };
    }
}

fn how_ui(ui: &mut Ui, condition: &mut Condition) {
    const WIDTH: f32 = 152.0;
    match condition {
        Condition::Name(how, _) | Condition::Path(how, _) => pick(ui, "How", WIDTH, how, &TEXTS, ""),
        Condition::Size(how, _) => pick(ui, "How", WIDTH, how, &SIZES, ""),
        Condition::Date(how, _) => pick(ui, "How", WIDTH, how, &DAYS, ""),
        Condition::Permission(_, set) | Condition::Attribute(_, set) => pick(ui, "How", WIDTH, set, &BITS, ""),
    };
}

fn value_ui(ui: &mut Ui, condition: &mut Condition) {
    let size = Vec2::new(248.0, theme::CONTROL);
    match condition {
        Condition::Name(_, words) | Condition::Path(_, words) => field(ui, words, "*.txt"),
        Condition::Date(_, day) => field(ui, day, "2026-11-29, or days ago"),
        Condition::Size(_, bytes) => {
            frame::number(ui, size.x, number(bytes).suffix(" bytes")).on_hover_text("In bytes")
        }
        Condition::Permission(bits, _) => {
            let shown = format!("{bits:03o}");
            let value = number(bits)
                .custom_formatter(move |_, _| shown.clone())
                .custom_parser(|typed| permissions::octal(typed.trim()).map(f64::from));
            frame::number(ui, size.x, value).on_hover_text("Octal digits: 002 is what others may write")
        }
        Condition::Attribute(..) => ui.add_sized(size, Label::new("is kept, and hides nothing here").truncate()),
    }
    .accessible_name("Value");
}

/// A number that is typed.
fn number<N: Numeric>(value: &mut N) -> DragValue<'_> {
    DragValue::new(value).speed(0.0).update_while_editing(false)
}

fn field(ui: &mut Ui, value: &mut String, hint: &str) -> Response {
    frame::ringed(ui, TextEdit::singleline(value).hint_text(hint.to_owned()).desired_width(236.0))
}

/// A choice of one of several within a row of others.
fn pick<T: PartialEq + Copy>(ui: &mut Ui, name: &str, width: f32, value: &mut T, choices: &[(T, &str)], other: &str) {
    let shown = choices.iter().find(|(choice, _)| choice == value).map_or(other, |(_, words)| *words);
    let combo = ComboBox::from_id_salt(name).width(width).selected_text(RichText::new(shown));
    let combo = combo.icon(|ui, rect, visuals, _| {
        icons::CHEVRON_DOWN.paint_small(ui.painter(), rect.center(), visuals.fg_stroke.color);
    });
    let inner = combo.show_ui(ui, |ui| {
        for (choice, words) in choices {
            if ui.selectable_value(value, *choice, *words).clicked() {
                ui.close();
            }
        }
    });
    inner.response.accessible_name(name);
}
