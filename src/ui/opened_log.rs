//! A log from a file in the place of the reply log: the same views, under a heading that says whose it is.

use std::path::{Path, PathBuf};

use eframe::egui::{self, Label, RichText, Ui};

use crate::model::foreign::Program;
use crate::model::{OpenedLog, Settings};

use super::menu::Item;
use super::mirror::Mirror;
use super::strip::at_right;
use super::transcript_panel::TranscriptView;
use super::{icons, text, theme};

/// What the window knows of it.
#[derive(Debug)]
pub struct OpenedView {
    /// The file.
    pub path: PathBuf,
    /// Its name.
    file: String,
    /// Where it lies, who wrote it, how long it is.
    about: String,
    /// Of its lines alone.
    pub mirror: Mirror,
    /// Its panel.
    pub view: TranscriptView,
    /// It fills the window, in the place of panes and queue.
    pub fills: bool,
}

impl OpenedView {
    /// Of a log that was read; where it is what the window was opened for, it `fills` it.
    pub fn new(log: OpenedLog, settings: Settings, fills: bool) -> Self {
        let OpenedLog { path, program, transcript, unread } = log;
        let file = path.file_name().map_or_else(|| path.to_string_lossy(), std::ffi::OsStr::to_string_lossy);
        let mut about = format!("{}, {}", writer(program), text::count(transcript.len() as u64, "line", "lines"));
        if transcript.dropped() > 0 {
            about += &format!(", without the first {}", text::grouped(transcript.dropped()));
        }
        if unread > 0 {
            about += &format!(", {} no part of a dialogue", text::grouped(unread));
        }
        if let Some(folder) = path.parent().filter(|folder| *folder != Path::new("")) {
            about += &format!(", in {}", folder.display());
        }
        let file = text::visible(&file).into_owned();
        let about = text::visible(&about).into_owned();
        let mut view = TranscriptView::of_file();
        view.restore(&settings.layout);
        Self { path, file, about, mirror: Mirror::of_log(transcript, settings), view, fills }
    }

    /// Draws the heading; `true`: back to the live log.
    pub fn heading(&mut self, ui: &mut Ui) -> bool {
        let palette = theme::of(ui);
        let mut back = false;
        about_log(ui, |ui| {
            ui.label(RichText::new(&self.file).font(theme::strong()));
            let room = ui.available_width() - super::strip::at_right_width(ui, BACK) - theme::GAP;
            if room > 0.0 {
                let about = RichText::new(&self.about).font(theme::small()).color(palette.secondary);
                let size = egui::vec2(room, theme::BAR);
                let layout = egui::Layout::left_to_right(egui::Align::Center);
                ui.allocate_ui_with_layout(size, layout, |ui| ui.add(Label::new(about).truncate()));
            }
            at_right(ui, BACK, |ui| {
                if ui.button("Compare with…").clicked() {
                    self.view.item = Some(Item::CompareLogs);
                }
                back = ui.button("Back to the live log").clicked();
                let (icon, name) = if self.fills {
                    (icons::CHEVRON_DOWN, "Show the panes and the queue")
                } else {
                    (icons::CHEVRON_UP, "Fill the window with the log")
                };
                if icons::button(ui, icon, name).clicked() {
                    self.fills ^= true;
                }
            });
        });
        back
    }
}

/// A strip above a log that says which one it is.
pub(super) fn about_log(ui: &mut Ui, contents: impl FnOnce(&mut Ui)) {
    let palette = theme::of(ui);
    let frame = egui::Frame::NONE.fill(palette.tint(palette.accent)).inner_margin(egui::Margin::symmetric(8, 0));
    frame.show(ui, |ui| {
        ui.horizontal(|ui| {
            ui.set_height(theme::BAR);
            ui.label(icons::LOG.text().color(palette.accent));
            contents(ui);
        });
    });
}

/// What stands at the right of the heading.
const BACK: &str = "back to the live log";

fn writer(program: Program) -> String {
    match program {
        Program::Longshore | Program::LongshoreText => "written by Longshore".to_owned(),
        other => format!("written by {}", other.name()),
    }
}
