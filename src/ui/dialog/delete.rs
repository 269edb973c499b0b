//! Asks before deleting, and says what and how much.

use eframe::egui::{Context, Label, RichText, Ui};

use crate::model::{Action, Entry, FileAction, Kind, Place, TabId, Ticket};
use crate::ui::mirror::{Measured, Mirror};
use crate::ui::view::Tickets;
use crate::ui::{icons, text, theme};

use super::frame::{self, Foot, MainButton, Opening};

/// Names that are listed.
const NAMES: usize = 8;

/// What is to be deleted.
#[derive(Clone, Debug)]
pub struct Delete {
    tab: TabId,
    places: Vec<(Place, Entry)>,
    /// Counts what lies in the folders among them.
    counting: Option<Ticket>,
    opening: Opening,
}

impl Delete {
    /// Asks about `places`, and has what lies in folders among them counted.
    pub fn new(tab: TabId, places: Vec<(Place, Entry)>, tickets: &mut Tickets, actions: &mut Vec<Action>) -> Self {
        let folders: Vec<Place> =
            places.iter().filter(|(_, entry)| entry.kind == Kind::Directory).map(|(place, _)| place.clone()).collect();
        let counting = (!folders.is_empty()).then(|| {
            let ticket = tickets.next();
            actions.push(Action::Measure { ticket, tab, places: folders });
            ticket
        });
        Self { tab, places, counting, opening: Opening::default() }
    }

    /// Deletes without asking.
    pub fn at_once(tab: TabId, places: Vec<(Place, Entry)>, tickets: &mut Tickets) -> Action {
        let places = places.into_iter().map(|(place, _)| place).collect();
        Action::Files { tab, ticket: tickets.next(), action: FileAction::Delete(places) }
    }

    /// Draws it; `true` when it is to be closed.
    pub fn ui(&mut self, ctx: &Context, mirror: &Mirror, tickets: &mut Tickets, actions: &mut Vec<Action>) -> bool {
        let mut foot = None;
        let escaped = frame::show(ctx, &self.question(), 440.0, |ui| {
            self.names(ui);
            if let Some(ticket) = self.counting {
                let measured = mirror.measured.get(&ticket).copied().unwrap_or_default();
                ui.label(RichText::new(below(measured, self.folders())).font(theme::medium()));
            }
            frame::remark(ui, self.consequence(mirror.settings.delete_for_good));
            let focus = self.opening.is_now(ui);
            foot = frame::foot(ui, "Cancel", MainButton { danger: true, focus, ..MainButton::new("Delete") }, |_| {});
        });
        if foot.is_none() && !escaped {
            return false;
        }
        actions.extend(self.counting.map(Action::StopMeasuring));
        if foot == Some(Foot::Main) {
            actions.push(Self::at_once(self.tab, std::mem::take(&mut self.places), tickets));
        }
        true
    }

    fn question(&self) -> String {
        if let [(_, entry)] = self.places.as_slice() {
            let kind = if entry.kind == Kind::Directory { "folder" } else { "file" };
            return format!("Delete the {kind} “{}”?", text::visible(&entry.name));
        }
        let folders = self.folders();
        let files = self.places.len() as u64 - folders;
        let said = [(files, "file", "files"), (folders, "folder", "folders")];
        let said: Vec<_> = said
            .iter()
            .filter(|(number, ..)| *number > 0)
            .map(|(number, one, many)| text::count(*number, one, many))
            .collect();
        format!("Delete {}?", said.join(" and "))
    }

    fn folders(&self) -> u64 {
        self.places.iter().filter(|(_, entry)| entry.kind == Kind::Directory).count() as u64
    }

    fn names(&self, ui: &mut Ui) {
        if self.places.len() < 2 {
            return;
        }
        let palette = theme::of(ui);
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            ui.spacing_mut().interact_size.y = 20.0;
            for (_, entry) in self.places.iter().take(NAMES) {
                ui.horizontal(|ui| {
                    let icon = if entry.kind == Kind::Directory { icons::FOLDER } else { icons::FILE };
                    ui.label(icon.text().color(palette.secondary));
                    ui.add(Label::new(&*text::visible(&entry.name)).truncate());
                });
            }
            if let Some(more) = self.places.len().checked_sub(NAMES).filter(|more| *more > 0) {
                frame::remark(ui, &format!("and {} more", text::grouped(more as u64)));
            }
        });
    }

    fn consequence(&self, for_good: bool) -> &'static str {
        let local = matches!(self.places.first(), Some((Place::Local(_), _)));
        match (local, for_good) {
            (false, _) => "The server deletes for good: this cannot be undone.",
            (true, true) => "Deleted for good: this cannot be undone.",
            (true, false) if self.places.len() == 1 => "It goes to the bin, where there is one.",
            (true, false) => "They go to the bin, where there is one.",
        }
    }
}

/// What lies in the `chosen` folders, which are counted with it.
fn below(measured: Measured, chosen: u64) -> String {
    let folders = measured.folders.saturating_sub(chosen);
    match measured {
        Measured { whole: false, folders: 0, .. } => return "Counting what is in it…".to_owned(),
        Measured { whole: true, folders: 0, .. } => return "What is in it could not be counted".to_owned(),
        Measured { whole: true, files: 0, .. } if folders == 0 => return "In it: nothing".to_owned(),
        _ => {}
    }
    let files = text::count(measured.files, "file", "files");
    let folders = text::count(folders, "folder", "folders");
    let ending = if measured.whole { "" } else { ", still counting…" };
    format!("In it: {files}, {folders}, {}{ending}", text::size(measured.bytes))
}
