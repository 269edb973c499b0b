//! The target of a transfer is there already: both files side by side, what differs, and what to do.

use std::cmp::Ordering;

use eframe::egui::{Context, Frame, Label, Margin, RichText, Ui};

use crate::model::question::{Facts, FileExists, Scope};
use crate::model::transfer::Course;
use crate::model::{Answer, IfExists, exists};
use crate::ui::text::{self, Clock};
use crate::ui::{icons, marks, theme};

use super::frame::{self, Foot, MainButton, Opening};

/// What a person is about to answer.
#[derive(Clone, Debug)]
pub struct Choice {
    choice: IfExists,
    scope: Scope,
    /// Beyond this file: only the same way.
    one_way: bool,
    opening: Opening,
}

impl Default for Choice {
    fn default() -> Self {
        Self { choice: IfExists::Overwrite, scope: Scope::File, one_way: true, opening: Opening::default() }
    }
}

impl Choice {
    /// Draws the question, behind which `waiting` others wait; `None` while it is not answered.
    pub fn ui(&mut self, ctx: &Context, asked: &FileExists, waiting: usize, clock: &Clock) -> Option<Answer> {
        let path = if asked.course == Course::Upload { &asked.remote } else { &asked.local };
        let name = path.rsplit(['/', std::path::MAIN_SEPARATOR]).next().unwrap_or(path);
        let mut foot = None;
        let escaped = frame::show(ctx, &format!("“{}” is there already", text::visible(name)), 600.0, |ui| {
            ui.columns(2, |columns| {
                let (source, target) = match asked.course {
                    Course::Upload => (&asked.local, &asked.remote),
                    Course::Download => (&asked.remote, &asked.local),
                };
                side(&mut columns[0], "New", source, &asked.source, &asked.target, clock);
                side(&mut columns[1], "There now", target, &asked.target, &asked.source, clock);
            });
            ui.label(RichText::new(difference(&asked.source, &asked.target)).font(theme::medium()));
            ui.add_space(theme::TIGHT);
            ui.scope(|ui| self.choices(ui, asked));
            ui.add_space(theme::TIGHT);
            self.scope_ui(ui, asked.course);
            let focus = self.opening.is_seen(ui);
            let enter = self.opening.is_over();
            let skip = if self.scope == Scope::File { "Skip this file" } else { "Skip all" };
            foot = frame::foot(ui, skip, MainButton { focus, enter, ..MainButton::new(verb(self.choice)) }, |ui| {
                if waiting > 0 {
                    let words = format!("{} after this one", text::count(waiting as u64, "question", "questions"));
                    ui.label(RichText::new(words).font(theme::small()).color(theme::of(ui).secondary));
                }
            });
        });
        match foot {
            Some(Foot::Main) => Some(self.answer(self.choice, asked.course)),
            Some(Foot::Cancel) => Some(self.answer(IfExists::Skip, asked.course)),
            None => escaped.then_some(Answer::Exists { choice: IfExists::Skip, scope: Scope::File, only: None }),
        }
    }

    fn answer(&self, choice: IfExists, course: Course) -> Answer {
        Answer::Exists { choice, scope: self.scope, only: self.one_way.then_some(course) }
    }

    /// For which files the answer holds.
    fn scope_ui(&mut self, ui: &mut Ui, course: Course) {
        ui.horizontal(|ui| {
            ui.label(RichText::new("For").color(theme::of(ui).secondary));
            for (scope, text) in
                [(Scope::File, "this file"), (Scope::Batch, "this batch"), (Scope::Session, "this session")]
            {
                marks::radio(ui, &mut self.scope, scope, text);
            }
            ui.add_space(theme::GAP);
            let way = if course == Course::Upload { "only uploads" } else { "only downloads" };
            ui.add_enabled_ui(self.scope != Scope::File, |ui| marks::tick(ui, &mut self.one_way, way));
        });
    }

    fn choices(&mut self, ui: &mut Ui, asked: &FileExists) {
        ui.spacing_mut().interact_size.y = 22.0;
        ui.spacing_mut().item_spacing.y = 2.0;
        let shorter = match (asked.target.size, asked.source.size) {
            (Some(target), Some(source)) => target < source,
            _ => true,
        };
        for (choice, text, enabled) in [
            (IfExists::Overwrite, "Overwrite".to_owned(), true),
            (IfExists::Newer, "Overwrite if the new one is newer".to_owned(), true),
            (IfExists::Size, "Overwrite if the sizes differ".to_owned(), true),
            (IfExists::SizeOrTime, "Overwrite if size or time differ".to_owned(), true),
            (IfExists::Resume, "Resume: add what is missing at its end".to_owned(), shorter),
            (IfExists::Rename, format!("Keep both: the new one becomes “{}”", text::visible(&asked.renamed)), true),
            (IfExists::Skip, "Skip: keep the one that is there".to_owned(), true),
        ] {
            ui.add_enabled_ui(enabled, |ui| marks::radio(ui, &mut self.choice, choice, text));
        }
    }
}

fn verb(choice: IfExists) -> &'static str {
    match choice {
        IfExists::Ask | IfExists::Overwrite => "Overwrite",
        IfExists::Newer => "Overwrite if newer",
        IfExists::Size | IfExists::SizeOrTime => "Overwrite if different",
        IfExists::Resume => "Resume",
        IfExists::Rename => "Keep both",
        IfExists::Skip => "Skip",
    }
}

fn side(ui: &mut Ui, title: &str, path: &str, facts: &Facts, other: &Facts, clock: &Clock) {
    let palette = theme::of(ui);
    let frame = Frame::NONE.fill(palette.raised).corner_radius(theme::CORNER).inner_margin(Margin::same(10));
    frame.show(ui, |ui| {
        ui.take_available_width();
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.spacing_mut().interact_size.y = 20.0;
        ui.label(RichText::new(title).font(theme::small()).color(palette.secondary));
        ui.horizontal(|ui| {
            ui.label(icons::FILE.text().color(palette.secondary));
            ui.add(Label::new(&*text::visible(path)).truncate()).on_hover_text(text::visible(path));
        });
        let more = exists::sizes(facts, other) == Some(Ordering::Greater);
        let size = facts.size.map_or_else(|| "size not known".to_owned(), text::exact_size);
        value(ui, &size, more.then_some("larger"));
        let newer = exists::times(facts, other) == Some(Ordering::Greater);
        let time = facts.modified.map_or_else(|| "time not known".to_owned(), |modified| clock.exact(&modified));
        value(ui, &time, newer.then_some("newer"));
    });
}

fn value(ui: &mut Ui, text: &str, mark: Option<&str>) {
    ui.horizontal(|ui| {
        ui.label(text);
        if let Some(mark) = mark {
            let color = theme::of(ui).accent;
            ui.label(RichText::new(mark).font(theme::small()).color(color));
        }
    });
}

/// What differs, in one sentence.
fn difference(new: &Facts, there: &Facts) -> String {
    let size = match (new.size, there.size) {
        (Some(new), Some(there)) if new > there => Some(format!("{} larger", text::size(new - there))),
        (Some(new), Some(there)) if new < there => Some(format!("{} smaller", text::size(there - new))),
        (Some(_), Some(_)) => Some("of the same size".to_owned()),
        _ => None,
    };
    let time = exists::times(new, there).map(|order| match order {
        Ordering::Greater => "newer",
        Ordering::Less => "older",
        Ordering::Equal => "of the same time",
    });
    match (time, size) {
        (Some(time), Some(size)) => format!("The new one is {time} and {size}."),
        (Some(time), None) => format!("The new one is {time}."),
        (None, Some(size)) => format!("The new one is {size}."),
        (None, None) => "What differs is not known.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Modified;

    fn facts(size: Option<u64>, second: Option<i64>) -> Facts {
        let modified = second.map(|second| Modified::from_timestamp(jiff::Timestamp::from_second(second).unwrap()));
        Facts { size, modified }
    }

    #[test]
    fn the_difference_is_said() {
        for (new, there, said) in [
            (facts(Some(3_000), Some(9)), facts(Some(1_000), Some(3)), "The new one is newer and 2.0 KB larger."),
            (facts(Some(1), Some(3)), facts(Some(1), Some(3)), "The new one is of the same time and of the same size."),
            (facts(Some(1), None), facts(Some(5), Some(3)), "The new one is 4 B smaller."),
            (facts(None, Some(1)), facts(Some(5), Some(4)), "The new one is older."),
            (facts(None, None), facts(None, None), "What differs is not known."),
        ] {
            assert_eq!(difference(&new, &there), said);
        }
    }
}
