//! Asks for the path of a file where the system has no dialog for it.

use std::path::PathBuf;

use eframe::egui::Context;

use crate::ui::perform::Choose;

use super::frame::{self, Foot, MainButton, Opening};

/// A file that is to be named.
#[derive(Clone, Debug)]
pub struct Naming {
    choose: Choose,
    /// Where a path begins that names no folder.
    folder: PathBuf,
    path: String,
    opening: Opening,
}

impl Naming {
    /// For what it is chosen, and where it lies unless a person says otherwise.
    pub fn new(choose: Choose, folder: PathBuf) -> Self {
        let path = if choose == Choose::Export { "queue.json".to_owned() } else { String::new() };
        Self { choose, folder, path, opening: Opening::default() }
    }

    /// Draws it. `Some`: it is to be closed, and the file is this one.
    pub fn ui(&mut self, ctx: &Context) -> Option<Option<(Choose, PathBuf)>> {
        let mut foot = None;
        let (title, hint, verb) = match self.choose {
            Choose::Upload => ("Upload a file", "", "Upload"),
            Choose::Import => ("Import transfers or filters", "Queues and filters, also of FileZilla", "Import"),
            Choose::Export => ("Export the queue", "For FileZilla, where its name ends with .xml", "Save"),
            Choose::Log => ("Open a log", "", "Open"),
            Choose::Compared => ("Compare a log", "", "Open"),
        };
        let escaped = frame::show(ctx, title, 460.0, |ui| {
            frame::remark(ui, &format!("This system has no dialog for files. In {}", self.folder.display()));
            let response = frame::row(ui, "File", |ui| frame::field(ui, &mut self.path, hint));
            if self.opening.is_now(ui) {
                response.request_focus();
            }
            let main = MainButton { enabled: !self.path.trim().is_empty(), ..MainButton::new(verb) };
            foot = frame::foot(ui, "Cancel", main, |_| {});
        });
        match foot {
            Some(Foot::Main) => Some(Some((self.choose, self.folder.join(self.path.trim())))),
            Some(Foot::Cancel) => Some(None),
            None => escaped.then_some(None),
        }
    }
}
