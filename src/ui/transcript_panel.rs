//! The reply log: every line of every connection, found by class, connection and text, and explained.

use eframe::egui::{self, Panel, RichText, Ui};

use crate::model::exchange::is_unmade;
use crate::model::explain::sentence;
use crate::model::log_filter::{Filter, Mistake};
use crate::model::settings::Layout;
use crate::model::{ConnectionId, Line, TabId, Transcript, TransferId};

use super::dialog::Exported;
use super::filter_field::FilterField;
use super::list::Scroll;
use super::menu::Item;
use super::mirror::Mirror;
use super::picked::{Order, Picked};
use super::raw_command::RawCommand;
use super::remedy::Chosen;
use super::split::{self, Bounds};
use super::strip::{bar, bar_tab, nothing_in};
use super::text::Clock;
use super::transcript_bar::tools;
use super::transcript_columns::Columns;
use super::transcript_details::{Details, Wish, details_ui};
use super::transcript_exchanges::exchanges_ui;
use super::transcript_index::Index;
use super::transcript_lines::{lines_ui, shown_numbers};
use super::transcript_listing::lists;
use super::transcript_shown::CLASSES;
use super::{icons, theme};

/// Width of the panel from which details stand beside the lines instead of below.
const BESIDE: f32 = 480.0;
/// Width of the bar from which it has room for the log's name.
const TITLED: f32 = 780.0;

/// One of the two views.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// What crossed the wire, line by line.
    #[default]
    Lines,
    /// What was asked, and what came of it.
    Exchanges,
}

/// What the window knows of the reply log's panel.
#[derive(Debug)]
pub struct TranscriptView {
    pub(super) index: Index,
    pub(super) shown: Shown,
    pub(super) scroll: Scroll,
    /// Of the exchanges.
    pub(super) exchanges: Scroll,
    pub(super) columns: Columns,
    /// By the number of a line; an exchange by that of its first one.
    pub(super) picked: Picked<u64>,
    /// As typed.
    pub(super) filter: String,
    pub(super) field: FilterField,
    pub(super) read: String,
    pub(super) mistake: Option<Mistake>,
    /// What the filter's plain words are, to mark them.
    pub(super) words: Vec<String>,
    pub(super) connection: Option<ConnectionId>,
    pub(super) classes: [bool; CLASSES],
    /// A line that is to be brought into view once the filter has caught up.
    pub(super) wanted: Option<u64>,
    /// Whether the filter has lines left to look at.
    pub(super) busy: bool,
    pub(super) opened: Option<u64>,
    pub(super) details: Option<Details>,
    /// The line whose details were drawn last.
    drawn: Option<u64>,
    /// As far as the details have looked.
    pub(super) seen: u64,
    /// How many connections are known to be closed.
    pub(super) closed: usize,
    pub(super) jump: Option<TransferId>,
    pub(super) clear: bool,
    pub(super) command: RawCommand,
    /// What a person chose of the window's menu.
    pub(super) item: Option<Item>,
    /// It is of a file: nobody answers commands.
    pub(super) of_file: bool,
}

impl Default for TranscriptView {
    fn default() -> Self {
        Self {
            index: Index::default(),
            shown: Shown::default(),
            scroll: Scroll::at_end(),
            exchanges: Scroll::at_end(),
            columns: Columns::default(),
            picked: Picked::default(),
            filter: String::new(),
            field: FilterField::default(),
            read: String::new(),
            mistake: None,
            words: Vec::new(),
            connection: None,
            classes: [false; CLASSES],
            wanted: None,
            busy: false,
            opened: None,
            details: None,
            drawn: None,
            seen: 0,
            closed: 0,
            jump: None,
            clear: false,
            command: RawCommand::default(),
            item: None,
            of_file: false,
        }
    }
}

impl TranscriptView {
    /// Of a log from a file.
    pub fn of_file() -> Self {
        Self { of_file: true, scroll: Scroll::default(), exchanges: Scroll::default(), ..Self::default() }
    }

    /// Looks at the lines that are new, by a bounded step, and does what was asked while drawing. `true`: more are left.
    pub fn follow(&mut self, transcript: &Transcript) -> bool {
        if self.read != self.filter {
            self.read = self.filter.clone();
            self.mistake = Filter::parse(&self.filter).err();
            // What was looked at stays in view while one types.
            self.wanted = self.picked.cursor().filter(|_| !self.scrolled().is_following()).or(self.wanted);
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
        if let Some(sort) = self.columns.take_sort() {
            self.index.sort(sort);
        }
        let (more, gone) = self.index.follow(transcript);
        self.scroll.rows_left(gone);
        self.exchanges.rows_left(self.index.take_gone());
        self.busy = more;
        if let Some(number) = self.wanted.take_if(|_| !more)
            && let Some(row) = self.row(number)
        {
            self.scrolled().reveal(row);
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

    /// All lines, and which of them are shown.
    pub fn exported(&self, transcript: &Transcript) -> Exported {
        let numbers = shown_numbers(transcript, self, &|_| true).into_iter();
        let index = |number: u64| usize::try_from(number.checked_sub(transcript.dropped())?).ok();
        Exported::new(transcript.iter().cloned().collect(), numbers.filter_map(index).collect())
    }

    /// What a person chose of the window's menu.
    pub fn take_item(&mut self) -> Option<Item> {
        self.item.take()
    }

    /// The transfer that a person wants to see in the queue.
    pub fn take_jump(&mut self) -> Option<TransferId> {
        self.jump.take()
    }

    /// Shows the line that says how a transfer ended, and its details: the newest error of the server where there is
    /// one and `failed`, else the newest line about it.
    pub fn reveal_transfer(&mut self, transcript: &Transcript, transfer: TransferId, failed: bool) {
        let about = |line: &Line| line.transfer == Some(transfer);
        let found = if failed { newest(transcript, |line| about(line) && refuses(line)) } else { None };
        if let Some(number) = found.or_else(|| newest(transcript, about)) {
            self.reveal(number);
        }
    }

    /// Shows the command that asked for the folder which `tab` shows; where it shows none, or not the one that was wanted, the
    /// newest error on its connections.
    pub fn reveal_listing(&mut self, mirror: &Mirror, tab: TabId) {
        let transcript = &mirror.transcript;
        let wire = |line: &Line| mirror.connections.get(&line.connection);
        let about = |line: &Line| wire(line).is_some_and(|wire| wire.tab == Some(tab));
        let Some(state) = mirror.tab(tab) else { return };
        let listing = state.remote.as_ref().filter(|_| state.is_connected() && state.remote_failure.is_none());
        let found = match listing {
            Some(listing) => newest(transcript, |line| about(line) && lists(line) && line.at <= listing.at),
            None => newest(transcript, |line| about(line) && refuses(line)),
        };
        if let Some(number) = found.or_else(|| newest(transcript, about)) {
            self.reveal(number);
        }
    }

    /// Gives the keyboard to the field for raw commands.
    pub fn focus_command(&mut self) {
        self.command.focus();
    }

    /// Shows the log as it was left.
    pub fn restore(&mut self, layout: &Layout) {
        self.shown = if layout.exchanges { Shown::Exchanges } else { Shown::Lines };
        self.index.set_folds(layout.folds);
        self.columns.restore(&layout.columns);
    }

    /// Notes how the log is shown, for the next run.
    pub fn keep(&self, layout: &mut Layout) {
        layout.exchanges = self.shown == Shown::Exchanges;
        layout.folds = self.index.folds().is_on();
        layout.columns = self.columns.layout(self.index.rows().sorted_by());
    }

    /// Shows the other view; what is chosen stays chosen.
    pub(super) fn show(&mut self, shown: Shown) {
        let following = self.scrolled().is_following();
        self.shown = shown;
        if following {
            self.scrolled().follow();
        }
        if let Some(number) = self.picked.cursor() {
            let head = self.index.exchange_of(number).and_then(|exchange| self.index.head(exchange));
            let number = if shown == Shown::Exchanges { head.unwrap_or(number) } else { number };
            self.picked.only(number);
            self.wanted = Some(number).filter(|_| !following);
        }
    }

    /// Chooses the next error, or the one before; behind the last comes the first.
    pub(super) fn step_error(&mut self, forward: bool) {
        let from = self.picked.cursor();
        let find = |from| match self.shown {
            Shown::Lines => self.index.error(from, forward),
            Shown::Exchanges => self.index.failed_exchange(from, forward),
        };
        if let Some(number) = find(from).or_else(|| find(None)) {
            self.picked.only(number);
            self.opened = Some(number);
            self.wanted = Some(number);
        }
    }

    /// Where the view that is shown is scrolled to.
    pub(super) fn scrolled(&mut self) -> &mut Scroll {
        match self.shown {
            Shown::Lines => &mut self.scroll,
            Shown::Exchanges => &mut self.exchanges,
        }
    }

    /// The row of a line in the view that is shown.
    fn row(&self, number: u64) -> Option<usize> {
        match self.shown {
            Shown::Lines => self.index.row(number),
            Shown::Exchanges => self.index.rows().row(self.index.exchange_of(number)?),
        }
    }

    /// Shows the line called `number`, also when the filter hid it.
    fn reveal(&mut self, number: u64) {
        if self.row(number).is_none() {
            self.filter.clear();
            self.connection = None;
            self.classes = [false; CLASSES];
        }
        // An exchange is chosen by its first line; the details are of the line all the same.
        let head = self.index.exchange_of(number).and_then(|exchange| self.index.head(exchange));
        let row = if self.shown == Shown::Exchanges { head.unwrap_or(number) } else { number };
        self.picked.only(row);
        self.opened = Some(number);
        self.wanted = Some(number);
    }
}

/// The number of the newest line that is `wanted`.
fn newest(transcript: &Transcript, wanted: impl Fn(&Line) -> bool) -> Option<u64> {
    let back = transcript.iter().rev().position(wanted)?;
    Some(transcript.dropped() + (transcript.len() - 1 - back) as u64)
}

fn refuses(line: &Line) -> bool {
    line.code.is_some_and(|code| code >= 400) || is_unmade(line)
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
pub(super) const NAME: &str = "Reply log";

/// The log's name in its bar.
pub fn transcript_title(ui: &mut Ui) {
    // Where there is little room, what is in it names it well enough.
    if ui.available_width() > TITLED {
        bar_tab(ui, "Reply log", None, true, false);
    } else {
        ui.add_space(theme::TIGHT);
    }
}

/// What a person asked of the rest of the program.
#[derive(Debug)]
pub enum Asked {
    /// Send this command as it is.
    Command(String),
    /// Do something about a reply.
    Remedy(Box<Chosen>),
    /// Show the folder in which a connection was, by the path that it went there with.
    Folder(ConnectionId, String),
}

/// Draws the reply log under a bar whose left end `title` fills; answers with what a person asked.
pub fn transcript_ui(
    ui: &mut Ui,
    mirror: &Mirror,
    view: &mut TranscriptView,
    layout: &mut Layout,
    tab: TabId,
    clock: &Clock,
    title: impl FnOnce(&mut Ui),
) -> Option<Asked> {
    ui.spacing_mut().item_spacing.y = 0.0;
    bar(ui, |ui| {
        title(ui);
        tools(ui, mirror, view, clock);
    });
    if let Some(mistake) = view.mistake.as_ref().filter(|mistake| !view.field.completes(mistake)) {
        let color = theme::of(ui).transient;
        ui.horizontal(|ui| {
            ui.set_height(theme::HEADER);
            ui.add_space(theme::PAD);
            ui.label(icons::WARNING.text().color(color));
            ui.label(RichText::new(format!("{mistake}. Nothing is filtered.")).font(theme::small()).color(color));
        });
    }
    let palette = theme::of(ui);
    let line = egui::Frame::NONE.fill(palette.panel).inner_margin(egui::Margin::symmetric(4, 3));
    let mut sent = None;
    if !view.of_file {
        Panel::bottom("raw command").frame(line).resizable(false).show(ui, |ui| {
            let tab = mirror.tab(tab);
            let server = tab.and_then(|tab| tab.server.as_deref());
            let connected = tab.is_some_and(super::mirror::Tab::is_open);
            sent = view.command.ui(ui, connected, server).map(Asked::Command);
        });
    }
    let mut rows = ui.available_rect_before_wrap();
    if let Some(details) = view.details.take() {
        let beside = rows.width() >= BESIDE;
        let (size, bounds) = if beside {
            (&mut layout.details_width, beside_rows(rows.width()))
        } else {
            (&mut layout.details_height, below_rows(rows.height()))
        };
        let (rest, area) = split::end(ui, rows, size, bounds, beside, egui::Id::unique("reply details"));
        rows = rest;
        let new = view.drawn.replace(details.number) != Some(details.number);
        let wish = split::within(ui, area, "reply details", |ui| details_ui(ui, mirror, &details, clock, new));
        view.details = Some(details);
        match wish {
            Some(Wish::Close) => view.opened = None,
            Some(Wish::Line(number)) => view.reveal(number),
            Some(Wish::Transfer(transfer)) => view.jump = Some(transfer),
            Some(Wish::Connection(connection)) => view.connection = Some(connection),
            Some(Wish::Remedy(chosen)) => sent = Some(Asked::Remedy(chosen)),
            Some(Wish::Folder(connection, folder)) => sent = Some(Asked::Folder(connection, folder)),
            None => {}
        }
    }
    announce(ui, view);
    let none = split::within(ui, rows, "rows", |ui| match view.shown {
        Shown::Lines => {
            lines_ui(ui, mirror, view, clock);
            view.index.is_empty()
        }
        Shown::Exchanges => {
            exchanges_ui(ui, mirror, view, clock);
            view.index.rows().is_empty()
        }
    });
    if none {
        nothing_in(ui, rows, empty(mirror, view));
    }
    sent
}

fn beside_rows(width: f32) -> Bounds {
    Bounds { default: (width * 0.42).min(420.0), min: 220.0, max: width * 0.7 }
}

fn below_rows(height: f32) -> Bounds {
    Bounds { default: height * 0.5, min: 60.0, max: height * 0.8 }
}

/// Tells a screen reader of the newest error as soon as it comes.
fn announce(ui: &Ui, view: &TranscriptView) {
    let id = egui::Id::unique("the newest error of the reply log");
    let place = egui::Rect::from_min_size(ui.max_rect().min, egui::Vec2::ZERO);
    ui.interact(place, id, egui::Sense::hover());
    ui.ctx().accesskit_node_builder(id, |node| {
        node.set_role(egui::accesskit::Role::Status);
        node.set_live(egui::accesskit::Live::Polite);
        node.set_label(view.index.newest_failure().map(sentence).unwrap_or_default());
    });
}

fn empty(mirror: &Mirror, view: &TranscriptView) -> &'static str {
    if view.busy {
        "Looking…"
    } else if mirror.transcript.is_empty() {
        "Every command and every reply appears here"
    } else if view.read.is_empty() && view.connection.is_none() && !view.classes.contains(&true) {
        "Cleared; what comes next appears here"
    } else {
        "Nothing matches the filter"
    }
}
