//! The reply log: every line of every connection, found by class, connection and text, and explained.

use eframe::egui::{self, CornerRadius, Key, Modifiers, Panel, RichText, Role, Sense, TextEdit, Ui, Vec2, WidgetInfo};

use crate::model::log_filter::{Filter, Mistake};
use crate::model::{ConnectionId, Line, TabId, Transcript, TransferId};

use super::dialog::frame::ring_field;
use super::list::{self, Order, Picked, Rows, Scroll};
use super::menu::{self, Item};
use super::mirror::Mirror;
use super::raw_command::RawCommand;
use super::remedy::Chosen;
use super::strip::{at_right, at_right_width, bar, bar_tab, nothing};
use super::text::{self, Clock};
use super::transcript_details::{Details, Wish, details_ui};
use super::transcript_index::{self as index, CLASSES, Index};
use super::transcript_line::{HEIGHT, as_text, draw_line};
use super::{icons, theme};

/// Width of the panel from which details stand beside the lines instead of below.
const BESIDE: f32 = 480.0;

/// The widest that the filter field becomes.
const FIELD: f32 = 360.0;
/// What stands at the right of the bar.
const TOOLS: &str = "tools of the reply log";

/// What the window knows of the reply log's panel.
#[derive(Debug)]
pub struct TranscriptView {
    index: Index,
    scroll: Scroll,
    picked: Picked<u64>,
    /// As typed.
    filter: String,
    read: String,
    mistake: Option<Mistake>,
    /// What the filter's plain words are, to mark them.
    words: Vec<String>,
    connection: Option<ConnectionId>,
    classes: [bool; CLASSES],
    /// A line that is to be brought into view once the filter has caught up.
    wanted: Option<u64>,
    /// Whether the filter has lines left to look at.
    busy: bool,
    opened: Option<u64>,
    details: Option<Details>,
    /// As far as the details have looked.
    seen: u64,
    /// How many connections are known to be closed.
    closed: usize,
    jump: Option<TransferId>,
    clear: bool,
    command: RawCommand,
}

impl Default for TranscriptView {
    fn default() -> Self {
        Self {
            index: Index::default(),
            scroll: Scroll::at_end(),
            picked: Picked::default(),
            filter: String::new(),
            read: String::new(),
            mistake: None,
            words: Vec::new(),
            connection: None,
            classes: [false; CLASSES],
            wanted: None,
            busy: false,
            opened: None,
            details: None,
            seen: 0,
            closed: 0,
            jump: None,
            clear: false,
            command: RawCommand::default(),
        }
    }
}

impl TranscriptView {
    /// Looks at the lines that are new, by a bounded step, and does what was asked while drawing. `true`: more are left.
    pub fn follow(&mut self, transcript: &Transcript) -> bool {
        if self.read != self.filter {
            self.read = self.filter.clone();
            self.mistake = Filter::parse(&self.filter).err();
            // What was looked at stays in view while one types.
            self.wanted = self.picked.cursor().filter(|_| !self.scroll.is_following()).or(self.wanted);
        }
        let filter = Filter::parse(&self.read).unwrap_or_default();
        self.words = filter.words().map(str::to_owned).collect();
        self.index.set_filter(filter, self.connection);
        self.index.set_classes(self.classes);
        if std::mem::take(&mut self.clear) {
            self.index.clear(transcript);
            self.picked.clear();
            self.opened = None;
        }
        let (more, gone) = self.index.follow(transcript);
        self.scroll.rows_left(gone);
        self.busy = more;
        if let Some(number) = self.wanted.take_if(|_| !more)
            && let Some(row) = self.index.row(number)
        {
            self.scroll.reveal(row);
        }
        let end = transcript.dropped() + transcript.len() as u64;
        let shown = self.details.as_ref().map(|details| details.number);
        if shown != self.opened || self.seen != end {
            self.details = self.opened.and_then(|number| Details::of(transcript, &self.index, number));
            self.seen = end;
        }
        more
    }

    /// The connections of `closed` have ended, and what they said has been looked at.
    pub fn close(&mut self, transcript: &Transcript, closed: &[ConnectionId]) {
        for connection in closed.get(self.closed..).unwrap_or_default() {
            self.index.close(transcript, *connection);
            self.seen = u64::MAX;
        }
        self.closed = closed.len();
    }

    /// Brings the exchanges into their order, once a frame; `true`: it is still to be done.
    pub fn arrange(&mut self) -> bool {
        self.index.arrange()
    }

    /// The transfer that a person wants to see in the queue.
    pub fn take_jump(&mut self) -> Option<TransferId> {
        self.jump.take()
    }

    /// Shows the line that says how a transfer ended, and its details: the newest error of the server where there is
    /// one and `failed`, else the newest line about it.
    pub fn reveal_transfer(&mut self, transcript: &Transcript, transfer: TransferId, failed: bool) {
        let newest = |wanted: &dyn Fn(&Line) -> bool| {
            transcript.iter().rev().position(|line| line.transfer == Some(transfer) && wanted(line))
        };
        let refused = |line: &Line| line.code.is_some_and(|code| code >= 400);
        let found = if failed { newest(&refused) } else { None };
        if let Some(back) = found.or_else(|| newest(&|_| true)) {
            let end = transcript.dropped() + transcript.len() as u64;
            self.reveal(end - 1 - back as u64);
        }
    }

    /// Gives the keyboard to the field for raw commands.
    pub fn focus_command(&mut self) {
        self.command.focus();
    }

    /// Shows the line called `number`, also when the filter hid it.
    fn reveal(&mut self, number: u64) {
        if self.index.row(number).is_none() {
            self.filter.clear();
            self.connection = None;
            self.classes = [false; CLASSES];
        }
        self.picked.only(number);
        self.opened = Some(number);
        self.wanted = Some(number);
    }
}

impl Order<u64> for Index {
    fn count(&self) -> usize {
        self.len()
    }

    fn key(&self, row: usize) -> Option<u64> {
        self.number(row)
    }

    fn row(&self, key: u64) -> Option<usize> {
        let row = self.row_of(key);
        (self.number(row) == Some(key)).then_some(row)
    }
}

/// Its accessible name, and what the keyboard finds it by.
const NAME: &str = "Reply log";

/// The log's name in its bar.
pub fn transcript_title(ui: &mut Ui) {
    bar_tab(ui, "Reply log", None, true, false);
}

/// What a person asked of the rest of the program.
#[derive(Debug)]
pub enum Asked {
    /// Send this command as it is.
    Command(String),
    /// Do something about a reply.
    Remedy(Box<Chosen>),
}

/// Draws the reply log under a bar whose left end `title` fills; answers with what a person asked.
pub fn transcript_ui(
    ui: &mut Ui,
    mirror: &Mirror,
    view: &mut TranscriptView,
    tab: TabId,
    clock: &Clock,
    title: impl FnOnce(&mut Ui),
) -> Option<Asked> {
    ui.spacing_mut().item_spacing.y = 0.0;
    bar(ui, |ui| {
        title(ui);
        tools(ui, mirror, view, clock);
    });
    if let Some(mistake) = &view.mistake {
        let color = theme::of(ui).transient;
        ui.horizontal(|ui| {
            ui.set_height(theme::HEADER);
            ui.add_space(theme::PAD);
            ui.label(icons::WARNING.text().color(color));
            ui.label(RichText::new(format!("{mistake}. Nothing is filtered.")).font(theme::small()).color(color));
        });
    }
    let palette = theme::of(ui);
    let frame = egui::Frame::NONE.fill(palette.panel);
    let line = egui::Frame::NONE.fill(palette.panel).inner_margin(egui::Margin::symmetric(4, 3));
    let mut sent = None;
    Panel::bottom("raw command").frame(line).resizable(false).show(ui, |ui| {
        sent = view.command.ui(ui, mirror.tab(tab).is_some_and(super::mirror::Tab::is_connected)).map(Asked::Command);
    });
    if let Some(details) = view.details.take() {
        let width = ui.available_width();
        let height = ui.available_height();
        let panel = if width >= BESIDE {
            Panel::right("reply details").default_size((width * 0.42).min(420.0)).size_range(220.0..=width * 0.7)
        } else {
            Panel::bottom("reply details below").default_size(height * 0.5).size_range(60.0..=height * 0.8)
        };
        let mut wish = None;
        panel.resizable(true).frame(frame).show(ui, |ui| wish = details_ui(ui, mirror, &details, clock));
        view.details = Some(details);
        match wish {
            Some(Wish::Close) => view.opened = None,
            Some(Wish::Line(number)) => view.reveal(number),
            Some(Wish::Transfer(transfer)) => view.jump = Some(transfer),
            Some(Wish::Connection(connection)) => view.connection = Some(connection),
            Some(Wish::Remedy(chosen)) => sent = Some(Asked::Remedy(chosen)),
            None => {}
        }
    }
    if view.index.is_empty() {
        nothing(ui, empty(mirror, view));
    } else {
        lines_ui(ui, mirror, view, clock);
    }
    sent
}

fn empty(mirror: &Mirror, view: &TranscriptView) -> &'static str {
    if view.busy {
        "Looking…"
    } else if mirror.transcript.is_empty() {
        "Every command and every reply appears here"
    } else if view.read.is_empty() && view.connection.is_none() && !view.classes.contains(&true) {
        "Cleared; what comes next appears here"
    } else {
        "No line matches the filter"
    }
}

/// The field takes what the rest leaves of the bar.
fn tools(ui: &mut Ui, mirror: &Mirror, view: &mut TranscriptView, clock: &Clock) {
    let room = ui.available_width() - at_right_width(ui, TOOLS) - theme::GAP;
    let width = room.min(FIELD);
    if width > 48.0 {
        ui.add_space(room - width);
        filter_field(ui, view, width);
    }
    at_right(ui, TOOLS, |ui| {
        let counts = view.index.counts();
        for (class, (count, on)) in counts.into_iter().zip(&mut view.classes).enumerate() {
            class_chip(ui, class, count, on);
        }
        ui.add_space(theme::TIGHT);
        connections(ui, mirror, view);
        follow_button(ui, view);
        let response = icons::button(ui, icons::MORE, "More about the log");
        egui::Popup::menu(&response).show(|ui| {
            let preset = mirror.settings.keys;
            if menu::row(ui, Item::CopyLines, preset, !view.index.is_empty()) {
                ui.ctx().copy_text(copied(mirror, view, clock));
            }
            if menu::row(ui, Item::ClearLog, preset, !mirror.transcript.is_empty()) {
                view.clear = true;
            }
        });
    });
}

fn filter_field(ui: &mut Ui, view: &mut TranscriptView, width: f32) {
    let color = view.mistake.as_ref().map(|_| theme::of(ui).transient);
    let field = TextEdit::singleline(&mut view.filter)
        .hint_text("Filter: words, code:5xx, verb:STOR, -is:error")
        .font(theme::body())
        .text_color_opt(color)
        .prefix(icons::SEARCH.text().color(theme::of(ui).secondary))
        .margin(egui::Margin::symmetric(6, 3));
    let response = ui.add_sized(Vec2::new(width, 24.0), field).accessible_name("Filter the log");
    ring_field(ui, &response);
    // egui has taken the focus away by then.
    if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
        view.filter.clear();
    }
}

fn follow_button(ui: &mut Ui, view: &mut TranscriptView) {
    let palette = theme::of(ui);
    let following = view.scroll.is_following();
    let (name, color) = if following {
        ("Following the newest line", palette.accent)
    } else {
        ("Follow the newest line", palette.text)
    };
    let button = egui::Button::new(icons::FOLLOW.text().color(color)).frame_when_inactive(false);
    let button = button.min_size(Vec2::splat(theme::ICON_BUTTON));
    if ui.add(button).on_hover_text(name).accessible_name(name).clicked() {
        view.scroll.follow();
    }
}

fn connections(ui: &mut Ui, mirror: &Mirror, view: &mut TranscriptView) {
    let shown = view.connection.map_or_else(|| "All".to_owned(), |connection| format!("#{}", connection.0));
    let label = RichText::new(format!("{shown} ")).font(theme::small());
    let glyph = RichText::new(icons::CHEVRON_DOWN.glyph()).font(icons::font());
    let button = egui::Button::new((label, glyph)).frame_when_inactive(view.connection.is_some()).gap(0.0);
    let response = ui.add(button).on_hover_text("Connections that are shown").accessible_name("Connections shown");
    egui::Popup::menu(&response).show(|ui| {
        ui.set_min_width(260.0);
        egui::ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            let mark = |on: bool| on.then_some(icons::CHECK);
            if menu::entry(ui, mark(view.connection.is_none()), "All connections", "", true).clicked() {
                view.connection = None;
                ui.close();
            }
            for (connection, wire) in mirror.connections.iter().rev() {
                let kind = if wire.tab.is_some() { "browsing" } else { "transfers" };
                let closed = if wire.open { "" } else { ", closed" };
                let text = format!("#{}  {}, {kind}{closed}", connection.0, wire.site.title());
                if menu::entry(ui, mark(view.connection == Some(*connection)), &text, "", true).clicked() {
                    view.connection = Some(*connection);
                    ui.close();
                }
            }
        });
    });
}

/// One of the five chips: what it is and how many there are; pressed, only its class is shown.
fn class_chip(ui: &mut Ui, class: usize, count: usize, on: &mut bool) {
    const NAMES: [&str; CLASSES] = ["1yz", "2yz", "3yz", "4yz", "5yz"];
    const MEANINGS: [&str; CLASSES] =
        ["preliminary replies", "completions", "intermediate replies", "transient errors", "permanent errors"];
    let palette = theme::of(ui);
    let color = palette.of_code(u16::try_from(class + 1).unwrap_or(0) * 100);
    let strong = count > 0 || *on;
    let label = ui.painter().layout_no_wrap(
        NAMES[class].to_owned(),
        theme::mono_strong(),
        if strong { color } else { palette.secondary },
    );
    let number = ui.painter().layout_no_wrap(few(count), theme::small(), palette.text);
    let width = label.size().x + if count > 0 { number.size().x + 5.0 } else { 0.0 } + 12.0;
    let (rect, response) = ui.allocate_exact_size(Vec2::new(width, 20.0), Sense::click());
    if response.clicked() {
        *on = !*on;
    }
    let spoken = format!("{} {}: {count}", NAMES[class], MEANINGS[class]);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, *on, &spoken));
    let fill = if *on || response.hovered() { palette.tint(color) } else { egui::Color32::TRANSPARENT };
    ui.painter().rect_filled(rect, CornerRadius::same(4), fill);
    if *on || response.has_focus() {
        let stroke = egui::Stroke::new(1.0, if response.has_focus() { palette.focus } else { color });
        ui.painter().rect_stroke(rect, CornerRadius::same(4), stroke, egui::StrokeKind::Inside);
    }
    let middle = |height: f32| rect.center().y - height / 2.0;
    let end = rect.left() + 6.0 + label.size().x + 5.0;
    let at = egui::pos2(rect.left() + 6.0, middle(label.size().y));
    ui.painter().galley(at, label, color);
    if count > 0 {
        let at = egui::pos2(end, middle(number.size().y));
        ui.painter().galley(at, number, palette.text);
    }
    response.on_hover_text(format!("Show only {}", MEANINGS[class]));
}

/// `12`, `9.9k`, `120k`.
fn few(count: usize) -> String {
    match count {
        0..1_000 => count.to_string(),
        1_000..10_000 => format!("{}.{}k", count / 1000, count % 1000 / 100),
        _ => format!("{}k", count / 1000),
    }
}

fn lines_ui(ui: &mut Ui, mirror: &Mirror, view: &mut TranscriptView, clock: &Clock) {
    let id = list::focus_id(NAME);
    let focused = ui.memory(|memory| memory.has_focus(id));
    if focused {
        keys(ui, mirror, view, clock);
    }
    let TranscriptView { index, scroll, picked, words, opened, connection, clear, .. } = view;
    let mut copy = false;
    let rows = Rows { scroll, count: index.len(), height: HEIGHT, name: NAME, follows: true };
    let drawn = rows.show(ui, |ui, row, rect| {
        let Some(number) = index.number(row) else { return };
        let Some(line) = index::line(&mirror.transcript, number) else { return };
        let response = ui.interact(rect, ui.unique_id().with(number), Sense::CLICK);
        let selected = picked.contains(number);
        response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, text::visible(&line.text)));
        let secondary = response.secondary_clicked() && !selected;
        if response.clicked() || secondary {
            let modifiers = if secondary { Modifiers::NONE } else { ui.input(|input| input.modifiers) };
            picked.click(number, modifiers, index);
            if response.clicked() && modifiers.is_none() {
                *opened = Some(number);
            }
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        list::ground(ui, rect, selected, focused, response.hovered());
        draw_line(ui, rect, line, clock, words);
        response.context_menu(|ui| {
            copy |= menu::row(ui, Item::CopyLines, mirror.settings.keys, true);
            ui.separator();
            let only = format!("Show only connection {}", line.connection.0);
            if menu::entry(ui, Some(icons::FILTER), &only, "", true).clicked() {
                *connection = Some(line.connection);
                ui.close();
            }
            if connection.is_some() && menu::entry(ui, None, "Show all connections", "", true).clicked() {
                *connection = None;
                ui.close();
            }
            ui.separator();
            *clear |= menu::row(ui, Item::ClearLog, mirror.settings.keys, true);
        });
    });
    if drawn.response.clicked() {
        picked.clear();
    }
    if copy {
        ui.ctx().copy_text(copied(mirror, view, clock));
    }
}

fn keys(ui: &Ui, mirror: &Mirror, view: &mut TranscriptView, clock: &Clock) {
    let copy = ui.input(|input| input.events.iter().any(|event| matches!(event, egui::Event::Copy)));
    if copy {
        ui.ctx().copy_text(copied(mirror, view, clock));
    }
    if view.opened.is_some() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
        view.opened = None;
    }
    let enter = ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
    let moved = view.picked.keyboard(ui, &view.index, &mut view.scroll);
    if enter || (moved && view.opened.is_some()) {
        view.opened = view.picked.cursor();
    }
    if moved
        && view.picked.cursor().is_some()
        && view.picked.cursor() == view.index.number(view.index.len().saturating_sub(1))
    {
        view.scroll.follow();
    }
}

/// The selected lines, or all that are shown when none is selected.
fn copied(mirror: &Mirror, view: &TranscriptView, clock: &Clock) -> String {
    let all = (0..view.index.len()).filter_map(|row| view.index.number(row));
    let numbers: Vec<u64> = all.filter(|number| view.picked.is_empty() || view.picked.contains(*number)).collect();
    let lines = numbers.into_iter().filter_map(|number| index::line(&mirror.transcript, number));
    lines.map(|line| as_text(line, clock)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_stay_short() {
        assert_eq!([0, 999, 1_000, 9_999, 128_400].map(few), ["0", "999", "1.0k", "9.9k", "128k"]);
    }
}
