//! What leaves of a log: its form, what is hidden, a preview of it, and where to.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use eframe::egui::{self, Context, RichText, TextEdit, Ui, Vec2};
use jiff::tz::TimeZone;

use crate::model::export::export;
use crate::model::{Action, Format, Line, Log, LogExport, Masks};
use crate::ui::text::{self, Clock};
use crate::ui::{marks, theme};

use super::frame::{self, Foot, MainButton, Opening};

/// Lines that the preview shows.
const PREVIEW: usize = 200;
/// Height of the preview.
const HEIGHT: f32 = 220.0;
const WIDTH: f32 = 680.0;

/// A log that is to be exported: its lines, and which of them the filter shows.
#[derive(Clone, Debug)]
pub struct Exported {
    lines: Arc<Mutex<Vec<Line>>>,
    shown: Arc<[usize]>,
    all: Arc<[usize]>,
    /// Worked out by whoever needs it first, never while drawing.
    log: Arc<OnceLock<Arc<Log>>>,
}

impl Exported {
    /// Of `lines`, of which the filter shows those at `shown`.
    pub fn new(lines: Vec<Line>, shown: Vec<usize>) -> Self {
        let all = (0..lines.len()).collect();
        let lines = Arc::new(Mutex::new(lines));
        Self { lines, shown: shown.into(), all, log: Arc::default() }
    }

    fn log(&self) -> Arc<Log> {
        let take = || std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner));
        self.log.get_or_init(|| Arc::new(Log::of(take()))).clone()
    }
}

/// What a person chooses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Choice {
    /// All lines, not only what the filter shows.
    all: bool,
    format: Format,
    masks: Masks,
}

/// The dialog.
#[derive(Debug)]
pub struct Exporting {
    exported: Exported,
    choice: Choice,
    zone: TimeZone,
    /// As typed, without the ending.
    path: String,
    folder: PathBuf,
    /// What the preview shows, and of which choice.
    preview: Option<(Choice, String)>,
    coming: Option<(Choice, Receiver<String>)>,
    copying: Option<Receiver<String>>,
    opening: Opening,
}

impl Exporting {
    /// Of a log, into `folder` unless a person says otherwise.
    pub fn new(exported: Exported, folder: PathBuf, clock: &Clock) -> Self {
        let (now, zone) = (clock.now().strftime("%Y-%m-%d-%H%M%S"), clock.zone());
        let path = folder.join(format!("reply-log-{now}")).to_string_lossy().into_owned();
        let (preview, coming, copying) = (None, None, None);
        let (choice, opening) = (Choice::default(), Opening::default());
        Self { exported, choice, zone, path, folder, preview, coming, copying, opening }
    }

    /// Draws it; `true` when it is to be closed.
    pub fn ui(&mut self, ctx: &Context, actions: &mut Vec<Action>) -> bool {
        self.follow(ctx);
        let mut foot = None;
        let mut copy = false;
        let escaped = frame::show(ctx, "Export the log", WIDTH, |ui| {
            self.choices(ui);
            self.preview_ui(ui);
            frame::remark(ui, "Passwords are never in the log.");
            let ending = self.choice.format.extension();
            let response = frame::row(ui, "Save as", |ui| frame::field(ui, &mut self.path, "a file"));
            if self.opening.is_now(ui) {
                response.request_focus();
            }
            frame::remark(ui, &format!("It ends with .{ending}. A file that is there already is left as it is."));
            let main = MainButton { enabled: !self.path.trim().is_empty(), ..MainButton::new("Save") };
            foot = frame::foot(ui, "Cancel", main, |ui| {
                let waits = self.copying.is_some();
                copy = ui.add_enabled(!waits, egui::Button::new(if waits { "Copying…" } else { "Copy" })).clicked();
            });
        });
        if copy {
            self.copying = Some(self.prepare(ctx, usize::MAX));
        }
        if foot == Some(Foot::Main) {
            let Choice { format, masks, .. } = self.choice;
            let (log, rows, path) = (self.exported.log(), self.rows(), self.path());
            actions.push(Action::SaveLog(Box::new(LogExport { log, rows, format, masks, path })));
        }
        foot.is_some() || escaped
    }

    fn choices(&mut self, ui: &mut Ui) {
        let (shown, all) = (self.exported.shown.len() as u64, self.exported.all.len() as u64);
        frame::wide_row(ui, "Lines", |ui| {
            ui.spacing_mut().item_spacing.x = theme::GROUP;
            marks::radio(ui, &mut self.choice.all, false, format!("What is shown ({})", text::grouped(shown)));
            marks::radio(ui, &mut self.choice.all, true, format!("All ({})", text::grouped(all)));
        });
        frame::wide_row(ui, "Form", |ui| {
            ui.spacing_mut().item_spacing.x = theme::GROUP;
            for format in Format::ALL {
                marks::radio(ui, &mut self.choice.format, format, format.name());
            }
        });
        frame::wide_row(ui, "Hide", |ui| {
            ui.spacing_mut().item_spacing.x = theme::GROUP;
            marks::tick(ui, &mut self.choice.masks.host, "Hosts");
            marks::tick(ui, &mut self.choice.masks.user, "Users");
            marks::tick(ui, &mut self.choice.masks.path, "Files and folders");
        });
    }

    fn preview_ui(&self, ui: &mut Ui) {
        let palette = theme::of(ui);
        let mut shown = self.preview.as_ref().map_or("Preparing…", |(_, text)| text.as_str());
        let frame = egui::Frame::NONE.fill(palette.raised).corner_radius(theme::CORNER).inner_margin(8);
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            let height = HEIGHT.min(ui.ctx().content_rect().height() - 420.0).max(80.0);
            egui::ScrollArea::both().id_salt("preview").max_height(height).auto_shrink([false, false]).show(ui, |ui| {
                let field = TextEdit::multiline(&mut shown).font(theme::mono()).frame(egui::Frame::NONE);
                ui.add(field.desired_width(f32::INFINITY)).accessible_name("Preview");
            });
        });
        let rows = self.rows().len();
        if rows > PREVIEW {
            let more = text::grouped((rows - PREVIEW) as u64);
            ui.label(RichText::new(format!("And {more} more lines.")).font(theme::small()));
        }
        ui.allocate_space(Vec2::ZERO);
    }

    /// Takes in what was prepared, and has it prepared anew when something else was chosen.
    fn follow(&mut self, ctx: &Context) {
        if let Some((choice, coming)) = &self.coming
            && let Ok(text) = coming.try_recv()
        {
            self.preview = Some((*choice, text));
            self.coming = None;
        }
        if let Some(text) = self.copying.as_ref().and_then(|copying| copying.try_recv().ok()) {
            ctx.copy_text(text);
            self.copying = None;
        }
        let known = self.preview.as_ref().map(|(choice, _)| *choice);
        let asked = self.coming.as_ref().map(|(choice, _)| *choice);
        if known != Some(self.choice) && asked != Some(self.choice) {
            self.coming = Some((self.choice, self.prepare(ctx, PREVIEW)));
        }
    }

    /// Works out the first `most` lines on a thread of their own.
    fn prepare(&self, ctx: &Context, most: usize) -> Receiver<String> {
        let (sender, answer) = sync_channel(1);
        let (exported, rows, choice) = (self.exported.clone(), self.rows(), self.choice);
        let (zone, ctx) = (self.zone.clone(), ctx.clone());
        std::thread::spawn(move || {
            let rows = &rows[..most.min(rows.len())];
            // Nobody waits any more when the dialog was closed, or something else chosen.
            let _ = sender.try_send(export(&exported.log(), rows, choice.format, choice.masks, &zone));
            ctx.request_repaint();
        });
        answer
    }

    fn rows(&self) -> Arc<[usize]> {
        if self.choice.all { self.exported.all.clone() } else { self.exported.shown.clone() }
    }

    /// Where to: with the form's ending, in the folder that the pane shows if it names none.
    fn path(&self) -> PathBuf {
        let ending = format!(".{}", self.choice.format.extension());
        let typed = self.path.trim();
        let whole = if typed.ends_with(&ending) { typed.to_owned() } else { format!("{typed}{ending}") };
        self.folder.join(whole)
    }
}
