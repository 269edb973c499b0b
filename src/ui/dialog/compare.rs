//! Which two logs are compared: what this run wrote, one of its connections, or files.

use std::path::PathBuf;

use eframe::egui::{Button, Context, Margin, TextEdit, Ui, vec2};

use crate::model::compare::Source;
use crate::model::{Action, ConnectionId, TabId};
use crate::ui::mirror::Mirror;
use crate::ui::{text, theme};

use super::frame::{self, Foot, MainButton, Opening};

const WIDTH: f32 = 520.0;
/// Width of the button that chooses a file.
const BUTTON: f32 = 84.0;
/// Connections that are offered, the newest; a person who wants an older one has its number in the log.
const CONNECTIONS: usize = 100;

/// What can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Offer {
    /// A file whose name is typed or chosen.
    File,
    /// The log that was opened.
    Opened(PathBuf),
    /// All that this run wrote.
    Run,
    /// The connections that browse for a tab.
    Tab(TabId),
    Connection(ConnectionId),
}

/// One side of the dialog.
#[derive(Clone, Debug)]
struct Side {
    /// Of the offers.
    chosen: usize,
    /// As typed.
    path: String,
}

/// The dialog.
#[derive(Debug)]
pub struct Comparing {
    offers: Vec<(Offer, String)>,
    sides: [Side; 2],
    /// Where names without a folder are looked for.
    folder: PathBuf,
    /// The side for which the system's dialog is to choose a file.
    choosing: Option<usize>,
    /// It is to be opened.
    choose: bool,
    opening: Opening,
}

impl Comparing {
    /// Offers what there is; `opened` is the log that was opened from a file.
    pub fn new(mirror: &Mirror, opened: Option<PathBuf>, folder: PathBuf) -> Self {
        let mut offers = vec![(Offer::File, "A file".to_owned())];
        if let Some(path) = opened {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            offers.push((Offer::Opened(path), text::visible(&name).into_owned()));
        }
        if !mirror.transcript.is_empty() {
            offers.push((Offer::Run, "The log of this run".to_owned()));
        }
        let browse = |tab: TabId| mirror.connections.values().rev().find(|wire| wire.tab == Some(tab));
        let tabs = mirror.tabs.iter().filter_map(|tab| Some((tab.id, browse(tab.id)?)));
        offers.extend(tabs.map(|(tab, wire)| (Offer::Tab(tab), format!("The tab of {}", wire.site.title()))));
        for (connection, wire) in mirror.connections.iter().rev().take(CONNECTIONS) {
            let kind = if wire.tab.is_some() { "browsing" } else { "transfers" };
            let name = format!("Connection {} to {}, {kind}", connection.0, wire.site.title());
            offers.push((Offer::Connection(*connection), name));
        }
        let side = |chosen| Side { chosen, path: String::new() };
        // The file that was opened stands first, else this run: against a file that is still to be named.
        let sides = [side(1.min(offers.len() - 1)), side(0)];
        Self { offers, sides, folder, choosing: None, choose: false, opening: Opening::default() }
    }

    /// Draws it; `true` when it is to be closed.
    pub fn ui(&mut self, ctx: &Context, mirror: &Mirror, actions: &mut Vec<Action>) -> bool {
        let mut foot = None;
        let escaped = frame::show(ctx, "Compare logs", WIDTH, |ui| {
            let now = self.opening.is_now(ui);
            let first = (0..2).find(|side| self.is_file(*side));
            for (side, name) in ["Left", "Right"].into_iter().enumerate() {
                self.side(ui, side, name, now && first == Some(side));
            }
            let words = "Exchanges are set side by side, connection by connection, by what was asked.";
            frame::remark(ui, words);
            let enabled = (0..2).all(|side| !self.is_file(side) || !self.sides[side].path.trim().is_empty());
            let main = MainButton { enabled, ..MainButton::new("Compare") };
            foot = frame::foot(ui, "Cancel", main, |_| {});
        });
        if foot == Some(Foot::Main) {
            actions.push(Action::Compare(Box::new([self.source(0, mirror), self.source(1, mirror)])));
        }
        foot.is_some() || escaped
    }

    /// Whether the system's dialog is to choose a file; told once.
    pub fn take_choosing(&mut self) -> bool {
        std::mem::take(&mut self.choose)
    }

    /// The file that was chosen.
    pub fn chose(&mut self, path: &std::path::Path) {
        if let Some(side) = self.choosing.take() {
            self.sides[side].path = path.to_string_lossy().into_owned();
        }
    }

    fn side(&mut self, ui: &mut Ui, side: usize, name: &str, focus: bool) {
        let offers: Vec<(usize, &str)> = self.offers.iter().map(|(_, name)| name.as_str()).enumerate().collect();
        frame::choice(ui, name, &mut self.sides[side].chosen, &offers);
        if !self.is_file(side) {
            return;
        }
        frame::wide_row(ui, "", |ui| {
            let room = ui.available_width() - BUTTON - theme::GAP;
            let field = TextEdit::singleline(&mut self.sides[side].path).hint_text("a log").desired_width(room);
            let response = frame::ringed(ui, field.margin(Margin::symmetric(6, 4)));
            let response = response.accessible_name(format!("File on the {}", name.to_lowercase()));
            if focus {
                response.request_focus();
            }
            if ui.add(Button::new("Choose…").min_size(vec2(BUTTON, theme::CONTROL))).clicked() {
                (self.choosing, self.choose) = (Some(side), true);
            }
        });
    }

    fn is_file(&self, side: usize) -> bool {
        self.offer(side) == &Offer::File
    }

    fn offer(&self, side: usize) -> &Offer {
        &self.offers[self.sides[side].chosen].0
    }

    fn source(&self, side: usize, mirror: &Mirror) -> Source {
        let name = || self.offers[self.sides[side].chosen].1.clone();
        let lines = |keep: &dyn Fn(ConnectionId) -> bool| {
            let lines = mirror.transcript.iter().filter(|line| keep(line.connection)).cloned().collect();
            Source::Lines(name(), lines)
        };
        let browses = |connection: &ConnectionId| mirror.connections.get(connection).and_then(|wire| wire.tab);
        match self.offer(side) {
            Offer::File => Source::File(self.folder.join(self.sides[side].path.trim())),
            Offer::Opened(path) => Source::File(path.clone()),
            Offer::Run => lines(&|_| true),
            Offer::Tab(tab) => lines(&|connection| browses(&connection) == Some(*tab)),
            Offer::Connection(only) => lines(&|connection| connection == *only),
        }
    }
}
