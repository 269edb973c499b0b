//! One of the two panes: path, filter, tree, table, footer.

use std::sync::Arc;

use eframe::egui::{self, Align, Rect, Sense, Ui, pos2, vec2};

use jiff::Zoned;

use crate::model::file_columns::FileColumns;
use crate::model::filter::FilterSide;
use crate::model::settings::Keys;
use crate::model::{Cause, ConnectionState, Entry, Kind, LeftOut, PathSyntax, Place, Site, TabId};

use super::drag::{Into, Targets};
use super::menu::{Can, Item};
use super::mirror::{Mirror, Tab};
use super::rows::{Content, Rows, Sum};
use super::table::{self, TableView};
use super::text::Clock;
use super::tree::{self, TreeView};
use super::view::Side;
use super::{paint, path_bar, place, split, text, theme, trouble};

/// Folders that "back" remembers.
const HISTORY: usize = 100;
/// Least width of a pane that still has room for its tree.
const ROOM_FOR_TREE: f32 = 560.0;
/// Lines that were left out, and are said under the pointer.
const REFUSED: usize = 10;
/// Width of a tree, and its bounds.
pub const TREE: split::Bounds = split::Bounds { default: 176.0, min: 96.0, max: 420.0 };

/// What the window knows of a pane.
#[derive(Debug)]
pub struct PaneView {
    /// Which one it is.
    pub side: Side,
    /// The rows.
    pub table: TableView,
    /// The folders.
    pub tree: TreeView,
    /// The path that is being typed.
    pub typing: Option<Typing>,
    /// The form of the server's paths.
    pub paths: PathSyntax,
    /// The filter that is being typed; it holds while it is shown.
    pub filter: Option<Typing>,
    /// The folder that was asked for and has not come yet.
    pub asked: Option<Asked>,
    /// A link that was opened and leads to no folder: its file is wanted.
    pub to_file: Option<Entry>,
    /// The answer whose failure was put away.
    pub put_away: Option<u64>,
    /// The site whose charset was offered, and the offer put away.
    pub declined: Option<Arc<Site>>,
    back: Vec<Place>,
    forward: Vec<Place>,
    footer: Footer,
}

/// A line that is being typed.
#[derive(Debug, Default)]
pub struct Typing {
    /// So far.
    pub text: String,
    /// Whether it had the keyboard once.
    pub(super) begun: bool,
}

impl Typing {
    fn new(text: String) -> Self {
        Self { text, begun: false }
    }
}

/// A folder on its way.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The folder.
    pub place: Place,
    /// How many answers there had been when it was asked for.
    answers: u64,
    travel: Travel,
    /// The link that was opened, where it is not known whether it leads to a folder.
    link: Option<Entry>,
    /// What is to be selected in it.
    land_on: Option<String>,
}

/// How a folder is gone to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Travel {
    /// On.
    On,
    /// Back.
    Back,
    /// Forward again.
    Forward,
}

/// What the footer says, and of what.
#[derive(Debug, Default)]
struct Footer {
    of: (Sum, Sum, usize, Filtered, usize),
    words: String,
}

/// What filters do in a pane.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Filtered {
    /// None is on.
    #[default]
    Nothing,
    /// Some are on, but do not count.
    Off,
    /// They hide so many rows.
    Rows(usize),
}

/// What a pane is drawn with.
pub struct Env<'a> {
    /// Its tab.
    pub tab: TabId,
    /// Which one it is.
    pub side: Side,
    /// Against which times are written.
    pub clock: &'a Clock,
    /// Which keys do what.
    pub preset: Keys,
    /// Height of a row.
    pub row: f32,
    /// What can be done in it.
    pub can: Can,
    /// The worker waits for an answer about it, and so nothing moves.
    pub asks: bool,
    /// Names that begin with a dot are shown.
    pub hidden: bool,
    /// Trees are shown where there is room.
    pub trees: bool,
    /// Which columns its files have.
    pub columns: &'a mut FileColumns,
    /// What takes a drop.
    pub targets: &'a mut Targets,
    /// What was chosen in menus.
    pub items: &'a mut Vec<(Side, Item)>,
    /// What a person wants of this pane.
    pub wants: &'a mut Vec<Want>,
}

/// What a person wants of a pane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Want {
    /// It got the keyboard.
    Focus,
    /// Show a folder.
    Go(Place),
    /// Know a folder's folders.
    Branch(Place),
    /// Give an entry another name.
    Rename {
        /// As listed.
        from: String,
        /// As typed.
        to: String,
    },
    /// Say no more that a folder could not be shown.
    PutAway,
    /// Connect again.
    Reconnect,
    /// Connect again, with this charset of names.
    Charset(&'static str),
    /// Open the site manager.
    Sites,
}

impl Env<'_> {
    /// Whether `item` is on; `None` for what is not on or off.
    pub fn on(&self, item: Item) -> Option<bool> {
        match item {
            Item::HiddenFiles => Some(self.hidden),
            Item::Trees => Some(self.trees),
            _ => None,
        }
    }
}

impl PaneView {
    /// As it is when its tab opens.
    pub fn new(side: Side) -> Self {
        Self {
            side,
            table: TableView::default(),
            tree: TreeView::default(),
            typing: None,
            paths: PathSyntax::default(),
            filter: None,
            asked: None,
            to_file: None,
            put_away: None,
            declined: None,
            back: Vec::new(),
            forward: Vec::new(),
            footer: Footer::default(),
        }
    }

    /// The folder that is shown.
    pub fn here(&self) -> Option<Place> {
        self.table.rows.content().map(Content::place)
    }

    /// Takes over what the mirror learned, and works out what is drawn. Once before each frame.
    pub fn sync(&mut self, mirror: &Mirror, tab: Option<&Tab>, now: &Zoned) {
        let (content, answers) = match (self.side, tab) {
            (Side::Local, Some(tab)) => (tab.local.clone().map(Content::Local), tab.local_answers),
            (Side::Remote, Some(tab)) => (tab.remote.clone().map(Content::Remote), tab.remote_answers),
            (_, None) => (None, 0),
        };
        if let Some(server) = tab.and_then(|tab| tab.server.as_ref()) {
            self.paths = server.paths;
        }
        let before = self.here();
        let moved = self.table.rows.take(content);
        let answered = self.asked.as_ref().is_some_and(|asked| answers > asked.answers);
        let travel = self.asked.as_ref().map_or(Travel::On, |asked| asked.travel);
        let land_on = self.asked.as_mut().filter(|_| answered).and_then(|asked| asked.land_on.take());
        let gone =
            self.side == Side::Remote && tab.is_some_and(|tab| matches!(tab.state, ConnectionState::Disconnected(_)));
        if (answered || gone)
            && let Some(asked) = self.asked.take()
            && let Some(refusal) = tab.and_then(|tab| tab.remote_failure.as_ref()).filter(|_| answered && !moved)
            && asked.place == Place::Remote(refusal.0.clone())
            && refusal.1.cause == Cause::Refused
        {
            self.to_file = asked.link;
            self.put_away = self.to_file.as_ref().map(|_| answers).or(self.put_away);
        }
        if moved {
            self.arrived(before, travel);
        }
        if let Some(name) = land_on {
            self.table.rows.land_on(name);
        }
        self.table.rows.show_hidden(mirror.settings.show_hidden);
        self.table.rows.filter(self.filter.as_ref().map_or("", |filter| &filter.text));
        let filters = &mirror.settings.filters;
        let side = if self.side == Side::Local { FilterSide::Local } else { FilterSide::Remote };
        self.table.rows.leave_out(filters, side, now);
        let landed = self.table.rows.arrange();
        let filtered = match (filters.has_any_on(), filters.enabled) {
            (false, _) => Filtered::Nothing,
            (true, false) => Filtered::Off,
            (true, true) => Filtered::Rows(self.table.rows.filtered),
        };
        self.table.reveal |= landed;
        let Rows { sum, selection, unseen, .. } = self.table.rows;
        let refused = refused(self).len();
        self.footer.arrange((sum, selection, unseen - self.table.rows.filtered, filtered, refused));
        if let Some(here) = self.here() {
            let branch = |place: &Place| match (place, tab) {
                (Place::Local(path), _) => mirror.local_branches.get(path),
                (Place::Remote(path), Some(tab)) => tab.branches.get(path),
                (Place::Remote(_), None) => None,
            };
            self.tree.arrange(&here, mirror.listed, mirror.settings.show_hidden, branch);
        }
    }

    fn arrived(&mut self, before: Option<Place>, travel: Travel) {
        self.table.to_top = true;
        self.table.rename = None;
        self.filter = None;
        let (Some(before), Some(here)) = (before, self.here()) else { return };
        // Coming up from a folder, one stands on it, or on the way to it.
        let way = place::chain(&before).into_iter().find(|place| place::parent(place).as_ref() == Some(&here));
        if let Some(way) = way {
            self.table.rows.land_on(place::name(&way));
        }
        let remember = |list: &mut Vec<Place>| {
            list.push(before.clone());
            if list.len() > HISTORY {
                list.remove(0);
            }
        };
        match travel {
            Travel::On => {
                remember(&mut self.back);
                self.forward.clear();
            }
            Travel::Back => {
                self.back.pop();
                remember(&mut self.forward);
            }
            Travel::Forward => {
                self.forward.pop();
                remember(&mut self.back);
            }
        }
    }

    /// Notes that `place` is asked for.
    pub fn ask(&mut self, place: Place, travel: Travel, tab: Option<&Tab>) {
        let answers = tab.map_or(0, |tab| self.answers(tab));
        self.asked = Some(Asked { place, answers, travel, link: None, land_on: None });
    }

    /// Selects `name` in the folder that was just asked for, wherever one comes from.
    pub fn land_on(&mut self, name: String) {
        if let Some(asked) = &mut self.asked {
            asked.land_on = Some(name);
        }
    }

    /// Notes that what was just asked for is a link, which may lead to a file as well.
    pub fn ask_by_link(&mut self, link: &Entry) {
        if let Some(asked) = self.asked.as_mut().filter(|_| link.kind == Kind::Link && !link.is_directory()) {
            asked.link = Some(link.clone());
        }
    }

    /// How many answers there were to what was asked of its side.
    pub fn answers(&self, tab: &Tab) -> u64 {
        if self.side == Side::Local { tab.local_answers } else { tab.remote_answers }
    }

    /// Where "back" leads.
    pub fn backward(&self) -> Option<&Place> {
        self.back.last()
    }

    /// Where "forward" leads.
    pub fn onward(&self) -> Option<&Place> {
        self.forward.last()
    }

    /// Turns the path into a field.
    pub fn type_path(&mut self) {
        let here = self.here().map(|here| place::written(&here, self.paths));
        self.typing = Some(Typing::new(here.unwrap_or_else(|| "/".to_owned())));
    }

    /// Shows the filter, or gives it the keyboard.
    pub fn type_filter(&mut self) {
        let text = self.filter.take().map(|filter| filter.text).unwrap_or_default();
        self.filter = Some(Typing::new(text));
    }

    /// What is selected, with where it is.
    pub fn selected(&self) -> Vec<(Place, Entry)> {
        let Some(here) = self.here() else { return Vec::new() };
        self.table.rows.selected_entries().map(|entry| (place::child(&here, &entry.name), entry.clone())).collect()
    }
}

impl Footer {
    fn arrange(&mut self, of: (Sum, Sum, usize, Filtered, usize)) {
        if self.of == of && !self.words.is_empty() {
            return;
        }
        let (sum, selection, unseen, filtered, refused) = of;
        let mut words = amounts(&sum);
        if selection.rows() > 0 {
            words += &format!(" · {} selected", text::grouped(selection.rows()));
            if selection.files > 0 {
                words += &format!(", {}", text::size(selection.bytes));
            }
        }
        if unseen > 0 {
            words += &format!(" · {} not shown", text::grouped(unseen as u64));
        }
        match filtered {
            Filtered::Nothing | Filtered::Rows(0) => {}
            Filtered::Off => words += " · filters are off",
            Filtered::Rows(rows) => words += &format!(" · {} hidden by filters", text::grouped(rows as u64)),
        }
        if refused > 0 {
            words += &format!(" · {} left out", text::grouped(refused as u64));
        }
        *self = Self { of, words };
    }
}

/// What is left out of what the server listed.
fn refused(pane: &PaneView) -> &[LeftOut] {
    match pane.table.rows.content() {
        Some(Content::Remote(listing)) => &listing.refused,
        _ => &[],
    }
}

/// `12 files, 3 folders, 1.2 MB`.
fn amounts(sum: &Sum) -> String {
    if sum.rows() == 0 {
        return "Nothing here".to_owned();
    }
    let mut parts = Vec::new();
    if sum.files > 0 {
        parts.push(text::count(sum.files, "file", "files"));
    }
    if sum.folders > 0 {
        parts.push(text::count(sum.folders, "folder", "folders"));
    }
    if sum.files > 0 {
        parts.push(text::size(sum.bytes));
    }
    parts.join(", ")
}

/// Whether there is room for a tree.
pub fn has_room_for_tree(width: f32) -> bool {
    width >= ROOM_FOR_TREE
}

/// Draws the pane into `rect`. `tree`: its width, where it is shown.
pub fn pane_ui(
    ui: &mut Ui,
    rect: Rect,
    pane: &mut PaneView,
    tab: Option<&Tab>,
    tree: Option<&mut f32>,
    env: &mut Env<'_>,
) {
    let palette = theme::of(ui);
    ui.painter().rect_filled(rect, 0, palette.panel);
    if let Some(here) = pane.here() {
        env.targets.add(rect, 0, Into::Folder(here));
    }
    let bar = Rect::from_min_size(rect.min, vec2(rect.width(), theme::BAR));
    path_bar::path_bar(ui, bar, pane, env);
    let line = egui::Stroke::new(1.0, palette.line);
    ui.painter().hline(rect.x_range(), bar.bottom() - 0.5, line);
    let connecting = tab.is_some_and(|tab| env.side == Side::Remote && is_connecting(tab));
    if (pane.asked.is_some() || connecting) && !env.asks {
        progress(ui, bar);
    }
    let footer = Rect::from_min_max(pos2(rect.left(), rect.bottom() - theme::HEADER), rect.max);
    let mut body = Rect::from_min_max(pos2(rect.left(), bar.bottom()), pos2(rect.right(), footer.top()));
    if pane.filter.is_some() {
        let strip = Rect::from_min_size(body.min, vec2(body.width(), theme::BAR));
        path_bar::filter_bar(ui, strip, pane, env);
        body.min.y = strip.bottom();
    }
    if let Some(words) = tab.and_then(|tab| trouble::trouble(pane, tab)) {
        body.min.y = trouble::strip_ui(ui, body, &words, env);
    }
    if pane.here().is_none() {
        trouble::empty_ui(ui, body, tab, env);
        return;
    }
    if let Some(width) = tree.filter(|_| has_room_for_tree(rect.width())) {
        let (left, right) = split::columns(ui, body, width, TREE, ("tree", env.side));
        tree::tree_ui(ui, left, &mut pane.tree, env);
        body = right;
    }
    table::table_ui(ui, body, &mut pane.table, env);
    if pane.table.rows.is_empty() {
        let words = if pane.table.rows.unseen > 0 {
            if pane.table.rows.filtered > 0 {
                "All that is here is hidden by filters"
            } else {
                "No name matches the filter"
            }
        } else if env.side == Side::Remote {
            "Empty. Drop files here to upload"
        } else {
            "Empty. Drop files here to copy or download"
        };
        let area = Rect::from_center_size(body.center(), vec2(body.width() - 2.0 * theme::PAD, theme::CONTROL));
        paint::text(ui, area, words, theme::body(), palette.secondary, Align::Center);
    }
    footer_ui(ui, footer, pane, env);
}

fn is_connecting(tab: &Tab) -> bool {
    matches!(tab.state, ConnectionState::Connecting(_))
}

/// A thin bar on top: something is on its way. It moves only a few times a second.
fn progress(ui: &Ui, bar: Rect) {
    const STEP: f32 = 0.05;
    const ROUND: u64 = 1400;
    // Whole milliseconds of a round, which fit into any number.
    let time = std::time::Duration::from_secs_f64(ui.input(|input| input.time)).as_millis();
    let phase = u16::try_from(time % u128::from(ROUND)).map_or(0.0, f32::from) / ROUND as f32;
    let width = bar.width() * 0.3;
    let x = bar.left() + (bar.width() + width) * phase - width;
    let area = Rect::from_min_size(pos2(x, bar.bottom() - 2.0), vec2(width, 2.0)).intersect(bar);
    ui.painter().rect_filled(area, 0, theme::of(ui).accent);
    ui.request_repaint_after_secs(STEP);
}

/// A click on it switches filters off and on, where they do something.
fn footer_ui(ui: &Ui, rect: Rect, pane: &PaneView, env: &mut Env<'_>) {
    let palette = theme::of(ui);
    ui.painter().rect_filled(rect, 0, palette.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, egui::Stroke::new(1.0, palette.line));
    let inner = rect.shrink2(vec2(theme::PAD, 0.0));
    let words = &pane.footer.words;
    paint::text(ui, inner, words, theme::small(), palette.secondary, Align::Min);
    let id = ui.unique_id().with(("footer", pane.side));
    let switches = !matches!(pane.footer.of.3, Filtered::Nothing | Filtered::Rows(0));
    let sense = if switches { Sense::click() } else { Sense::hover() };
    let mut response = ui.interact(rect, id, sense);
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
    if switches {
        response = response.on_hover_text("Switches the filters off and on");
    }
    if let refused @ [_, ..] = refused(pane) {
        response = response.on_hover_ui(|ui| {
            let unsafe_names = "Left out, because such a name could lead out of its folder:";
            for (words, is_read) in [(unsafe_names, true), ("Left out, because nobody can read it:", false)] {
                let lines = || refused.iter().filter(|out| out.is_read == is_read);
                if lines().next().is_some() {
                    ui.label(words);
                }
                for out in lines().take(REFUSED) {
                    ui.label(text::visible(&out.line));
                }
            }
        });
    }
    if response.clicked() {
        env.items.push((env.side, Item::FiltersCount));
    }
}

/// Whether opening `entry` shows what is in it. Where a link leads is known only by going there.
pub fn is_openable(entry: &Entry) -> bool {
    entry.is_directory() || (entry.kind == Kind::Link && entry.to_directory.is_none())
}
