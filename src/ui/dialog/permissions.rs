//! Permissions of files and folders: nine boxes, and the same as three digits.

use eframe::egui::{Context, Grid, RichText, Sense, TextEdit, Ui, Vec2};

use crate::model::action::Below;
use crate::model::{Action, Entry, FileAction, Kind, Place, TabId, permissions};
use crate::ui::view::Tickets;
use crate::ui::{marks, text, theme};

use super::frame::{self, Foot, MainButton, Opening};

/// Whose permissions change, and to what.
#[derive(Clone, Debug)]
pub struct Permissions {
    tab: TabId,
    places: Vec<Place>,
    title: String,
    folders: bool,
    mode: u16,
    typed: String,
    below: Option<Below>,
    opening: Opening,
}

impl Permissions {
    /// Begins with what the listing says of the first one.
    pub fn new(tab: TabId, places: Vec<(Place, Entry)>) -> Self {
        let title = match places.as_slice() {
            [(_, entry)] => format!("Permissions of “{}”", text::visible(&entry.name)),
            _ => format!("Permissions of {}", text::count(places.len() as u64, "entry", "entries")),
        };
        let folders = places.iter().any(|(_, entry)| entry.kind == Kind::Directory);
        let known = places.first().and_then(|(_, entry)| entry.permissions.as_deref()).and_then(permissions::mode);
        let mode = known.unwrap_or(if folders { 0o755 } else { 0o644 });
        let places = places.into_iter().map(|(place, _)| place).collect();
        Self { tab, places, title, folders, mode, typed: octal(mode), below: None, opening: Opening::default() }
    }

    /// Draws it; `true` when it is to be closed.
    pub fn ui(&mut self, ctx: &Context, tickets: &mut Tickets, actions: &mut Vec<Action>) -> bool {
        let mut foot = None;
        let title = self.title.clone();
        let escaped = frame::show(ctx, &title, 380.0, |ui| {
            self.boxes(ui);
            let response = frame::row(ui, "As digits", |ui| {
                let field = TextEdit::singleline(&mut self.typed).font(theme::mono()).desired_width(64.0).char_limit(4);
                frame::ringed(ui, field)
            });
            if self.opening.is_now(ui) {
                response.request_focus();
            }
            let typed = read_octal(&self.typed);
            if let Some(mode) = typed.filter(|_| response.changed()) {
                self.mode = mode;
            }
            if typed.is_none() {
                frame::mistake(ui, "Three or four digits from 0 to 7, such as 644");
            }
            if self.folders {
                frame::choice(
                    ui,
                    "Below folders",
                    &mut self.below,
                    &[
                        (None, "Leave as it is"),
                        (Some(Below::All), "Files and folders too"),
                        (Some(Below::Files), "Only files"),
                        (Some(Below::Folders), "Only folders"),
                    ],
                );
            }
            foot =
                frame::foot(ui, "Cancel", MainButton { enabled: typed.is_some(), ..MainButton::new("Change") }, |_| {});
        });
        if foot == Some(Foot::Main) {
            let places = std::mem::take(&mut self.places);
            let action = FileAction::Chmod { places, mode: self.mode, below: self.below };
            actions.push(Action::Files { tab: self.tab, ticket: tickets.next(), action });
        }
        foot.is_some() || escaped
    }

    fn boxes(&mut self, ui: &mut Ui) {
        let color = theme::of(ui).secondary;
        Grid::new("permissions").spacing([24.0, theme::GAP]).show(ui, |ui| {
            ui.allocate_exact_size(Vec2::new(frame::LABEL - theme::GROUP, 18.0), Sense::hover());
            for what in ["Read", "Write", "Execute"] {
                ui.label(RichText::new(what).font(theme::small()).color(color));
            }
            ui.end_row();
            for (who, shift) in [("Owner", 6), ("Group", 3), ("Others", 0)] {
                ui.label(who);
                for (what, bit) in [("read", 4), ("write", 2), ("execute", 1)] {
                    let mask = bit << shift;
                    let mut on = self.mode & mask != 0;
                    let response = marks::tick(ui, &mut on, "");
                    if response.accessible_name(format!("{who}: {what}")).changed() {
                        self.mode ^= mask;
                        self.typed = octal(self.mode);
                    }
                }
                ui.end_row();
            }
        });
    }
}

fn octal(mode: u16) -> String {
    format!("{mode:03o}")
}

fn read_octal(typed: &str) -> Option<u16> {
    permissions::octal(typed.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_checked() {
        assert_eq!(
            ["644", "1777", "64", "888", "77777", "+44"].map(read_octal),
            [Some(0o644), Some(0o1777), None, None, None, None]
        );
    }
}
