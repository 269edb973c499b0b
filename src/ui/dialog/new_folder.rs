//! Asks for the name of a new folder.

use eframe::egui::Context;

use crate::model::{Action, FileAction, Place, TabId, path};
use crate::ui::view::Tickets;

use super::frame::{self, Foot, MainButton, Opening};

/// A folder that is to be made.
#[derive(Clone, Debug)]
pub struct NewFolder {
    tab: TabId,
    parent: Place,
    name: String,
    opening: Opening,
}

impl NewFolder {
    /// In `parent`.
    pub fn new(tab: TabId, parent: Place) -> Self {
        Self { tab, parent, name: String::new(), opening: Opening::default() }
    }

    /// Draws it; `true` when it is to be closed.
    pub fn ui(&mut self, ctx: &Context, tickets: &mut Tickets, actions: &mut Vec<Action>) -> bool {
        let mut foot = None;
        let name = self.name.trim().to_owned();
        let usable = path::is_safe_name(&name);
        let escaped = frame::show(ctx, "New folder", 400.0, |ui| {
            let place = match &self.parent {
                Place::Local(path) => path.display().to_string(),
                Place::Remote(path) => path.to_string(),
            };
            frame::remark(ui, &format!("In {place}"));
            let response = frame::row(ui, "Name", |ui| frame::field(ui, &mut self.name, ""));
            if self.opening.is_now(ui) {
                response.request_focus();
            }
            if !name.is_empty() && !usable {
                frame::mistake(ui, "A name cannot hold a slash, a control character or a drive letter");
            }
            foot = frame::foot(ui, "Cancel", MainButton { enabled: usable, ..MainButton::new("Create") }, |_| {});
        });
        if foot == Some(Foot::Main) {
            let place = match &self.parent {
                Place::Local(path) => Place::Local(path.join(&name)),
                Place::Remote(path) => Place::Remote(path.join(&name)),
            };
            let action = FileAction::MakeDirectory(place);
            actions.push(Action::Files { tab: self.tab, ticket: tickets.next(), action });
        }
        foot.is_some() || escaped
    }
}
