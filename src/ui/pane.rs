//! One of the two panes: path, filter, tree, table, footer.

use eframe::egui::{
    self, Align, Button, Frame, Id, Key, Layout, Margin, Rect, RichText, Sense, TextEdit, Ui, UiBuilder, pos2, vec2,
};

use crate::model::settings::Keys;
use crate::model::{ConnectionState, Entry, Failure, Kind, Place, TabId};

use super::drag::{Into, Targets};
use super::menu::{Can, Item};
use super::mirror::{Mirror, Tab};
use super::rows::{Content, Sum};
use super::table::{self, TableView};
use super::text::Clock;
use super::tree::{self, TreeView};
use super::view::Side;
use super::{icons, paint, place, split, text, theme};

/// Folders that "back" remembers.
const HISTORY: usize = 100;
/// Least width of a pane that still has room for its tree.
const ROOM_FOR_TREE: f32 = 560.0;
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
    /// The filter that is being typed; it holds while it is shown.
    pub filter: Option<Typing>,
    /// The folder that was asked for and has not come yet.
    pub asked: Option<Asked>,
    back: Vec<Place>,
    forward: Vec<Place>,
    footer: Footer,
}

/// A line that is being typed.
#[derive(Debug, Default)]
pub struct Typing {
    /// So far.
    pub text: String,
    begun: bool,
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
    of: (Sum, Sum, usize),
    words: String,
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
    /// Connect again.
    Reconnect,
    /// Open the site manager.
    Sites,
}

impl PaneView {
    /// As it is when its tab opens.
    pub fn new(side: Side) -> Self {
        Self {
            side,
            table: TableView::new(side == Side::Remote),
            tree: TreeView::default(),
            typing: None,
            filter: None,
            asked: None,
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
    pub fn sync(&mut self, mirror: &Mirror, tab: Option<&Tab>) {
        let (content, answers) = match (self.side, tab) {
            (Side::Local, Some(tab)) => (tab.local.clone().map(Content::Local), tab.local_answers),
            (Side::Remote, Some(tab)) => (tab.remote.clone().map(Content::Remote), tab.remote_answers),
            (_, None) => (None, 0),
        };
        let before = self.here();
        let moved = self.table.rows.take(content);
        let answered = self.asked.as_ref().is_some_and(|asked| answers > asked.answers);
        let travel = self.asked.as_ref().map_or(Travel::On, |asked| asked.travel);
        let gone =
            self.side == Side::Remote && tab.is_some_and(|tab| matches!(tab.state, ConnectionState::Disconnected(_)));
        if answered || gone {
            self.asked = None;
        }
        if moved {
            self.arrived(before, travel);
        }
        self.table.rows.show_hidden(mirror.settings.show_hidden);
        self.table.rows.filter(self.filter.as_ref().map_or("", |filter| &filter.text));
        let landed = self.table.rows.arrange();
        self.table.reveal |= landed;
        self.footer.arrange((self.table.rows.sum, self.table.rows.selection, self.table.rows.unseen));
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
        // Coming up from a folder, one stands on it.
        if place::parent(&before).as_ref() == Some(&here) {
            self.table.rows.land_on(place::name(&before));
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
        let answers =
            tab.map_or(0, |tab| if self.side == Side::Local { tab.local_answers } else { tab.remote_answers });
        self.asked = Some(Asked { place, answers, travel });
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
        let here = self.here().map(|here| place::shown(&here));
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
    fn arrange(&mut self, of: (Sum, Sum, usize)) {
        if self.of == of && !self.words.is_empty() {
            return;
        }
        let (sum, selection, unseen) = of;
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
        *self = Self { of, words };
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
    path_bar(ui, bar, pane, env);
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
        filter_bar(ui, strip, pane, env);
        body.min.y = strip.bottom();
    }
    if let Some(words) = tab.and_then(|tab| trouble(pane, tab)) {
        body.min.y = strip_ui(ui, body, &words, env);
    }
    if pane.here().is_none() {
        empty_ui(ui, body, tab, env);
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
            "No name matches the filter"
        } else if env.side == Side::Remote {
            "Empty. Drop files here to upload"
        } else {
            "Empty. Drop files here to copy or download"
        };
        let area = Rect::from_center_size(body.center(), vec2(body.width() - 2.0 * theme::PAD, theme::CONTROL));
        paint::text(ui, area, words, theme::body(), palette.secondary, Align::Center);
    }
    footer_ui(ui, footer, pane);
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

fn path_bar(ui: &mut Ui, bar: Rect, pane: &mut PaneView, env: &mut Env<'_>) {
    let inner = bar.shrink2(vec2(theme::TIGHT, 3.0));
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout).id_salt("path bar"), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for item in [Item::Back, Item::Forward, Item::Parent] {
            button(ui, item, env);
        }
        ui.add_space(theme::TIGHT);
        let right = 4.0 * theme::ICON_BUTTON;
        let room = Rect::from_min_max(ui.cursor().min, pos2(inner.right() - right - theme::TIGHT, inner.bottom()));
        ui.scope_builder(UiBuilder::new().max_rect(room).layout(layout).id_salt("path"), |ui| {
            if pane.typing.is_some() { path_field(ui, room, pane, env) } else { crumbs(ui, room, pane, env) }
        });
        let rest = Rect::from_min_max(pos2(inner.right() - right, inner.top()), inner.max);
        ui.scope_builder(UiBuilder::new().max_rect(rest).layout(layout).id_salt("path buttons"), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for item in [Item::Home, Item::Refresh, Item::Find] {
                button(ui, item, env);
            }
            more(ui, env);
        });
    });
}

fn button(ui: &mut Ui, item: Item, env: &mut Env<'_>) {
    let Some(icon) = item.icon() else { return };
    let name = format!("{} ({})", item.text().trim_end_matches('…'), env.side.title().to_lowercase());
    if icons::button_if(ui, icon, &name, item.enabled(&env.can)).clicked() {
        env.items.push((env.side, item));
    }
}

fn more(ui: &mut Ui, env: &mut Env<'_>) {
    let name = format!("More ({})", env.side.title().to_lowercase());
    let response = icons::button(ui, icons::MORE, &name);
    egui::Popup::menu(&response).show(|ui| {
        let items = [
            Item::GoTo,
            Item::NewFolder,
            Item::SelectAll,
            Item::InvertSelection,
            Item::HiddenFiles,
            Item::Trees,
            Item::AddBookmark,
        ];
        for item in items {
            if super::menu::row(ui, item, env.preset, item.enabled(&env.can)) {
                env.items.push((env.side, item));
            }
        }
    });
}

/// The id of a path's field, for those who give it the keyboard.
pub fn path_id(env: &Env<'_>) -> Id {
    Id::unique(("path", env.tab, env.side))
}

fn path_field(ui: &mut Ui, room: Rect, pane: &mut PaneView, env: &mut Env<'_>) {
    let Some(typing) = &mut pane.typing else { return };
    let margin = Margin::symmetric(8, 4);
    let edit = TextEdit::singleline(&mut typing.text).id(path_id(env)).margin(margin);
    let response = paint::field(ui, room.size(), edit).accessible_name(format!("{} path", env.side.title()));
    if !std::mem::replace(&mut typing.begun, true) {
        response.request_focus();
        select_all(ui, response.id, &typing.text);
    } else if response.lost_focus() {
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        let typed = pane.typing.take().map(|typing| typing.text).unwrap_or_default();
        if entered && !typed.trim().is_empty() {
            let here = pane.here().unwrap_or_else(|| match env.side {
                Side::Local => Place::Local("/".into()),
                Side::Remote => place::remote_root(),
            });
            env.wants.push(Want::Go(place::resolve(&here, &typed)));
        }
        ui.memory_mut(|memory| memory.request_focus(table::focus_id(env)));
    }
}

fn select_all(ui: &Ui, id: Id, text: &str) {
    use egui::text::{CCursor, CCursorRange};
    let mut state = egui::text_edit::TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let range = CCursorRange::two(CCursor::new(0), CCursor::new(text.chars().count()));
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), id);
}

/// The folders down to the shown one. Where they do not all fit, the upper ones give way.
fn crumbs(ui: &mut Ui, room: Rect, pane: &mut PaneView, env: &mut Env<'_>) {
    let Some(here) = pane.here() else { return };
    let chain = place::chain(&here);
    let labels: Vec<String> = chain.iter().map(place::label).collect();
    let width = |label: &str| paint::line(ui, label, theme::body(), egui::Color32::WHITE, room.width()).size().x + 22.0;
    let mut left: f32 = room.width() - theme::GROUP;
    let fitting = labels.iter().rev().take_while(|label| {
        left -= width(label);
        left >= 0.0
    });
    let first = labels.len() - fitting.count().max(1);
    // Whatever of the path holds no crumb turns it into a field.
    let ground = ui.interact(room, ui.unique_id().with(("crumbs", env.side)), Sense::CLICK);
    if ground.on_hover_cursor(egui::CursorIcon::Text).clicked() {
        pane.type_path();
    }
    if first > 0 {
        ui.label(RichText::new("…").color(theme::of(ui).secondary));
    }
    for (index, (target, label)) in chain.iter().zip(&labels).enumerate().skip(first) {
        if index > first {
            let (mark, _) = ui.allocate_exact_size(vec2(10.0, room.height()), Sense::hover());
            icons::CHEVRON_RIGHT.paint_small(ui.painter(), mark.center(), theme::of(ui).secondary);
        }
        crumb(ui, target, label, index + 1 == chain.len(), pane, env);
    }
}

fn crumb(ui: &mut Ui, target: &Place, label: &str, last: bool, pane: &mut PaneView, env: &mut Env<'_>) {
    let palette = theme::of(ui);
    ui.spacing_mut().button_padding.x = 6.0;
    let color = if last { palette.text } else { palette.secondary };
    let text = RichText::new(label).font(if last { theme::medium() } else { theme::body() }).color(color);
    let button = Button::new(text).frame_when_inactive(false).truncate();
    let name = format!("Go to {}", place::drawn(target));
    let response = ui.add(button).accessible_name(name);
    env.targets.add(response.rect, theme::CORNER, Into::Folder(target.clone()));
    if response.clicked() {
        if last { pane.type_path() } else { env.wants.push(Want::Go(target.clone())) }
    }
}

fn filter_bar(ui: &mut Ui, strip: Rect, pane: &mut PaneView, env: &mut Env<'_>) {
    let palette = theme::of(ui);
    ui.painter().rect_filled(strip, 0, palette.raised);
    let inner = strip.shrink2(vec2(theme::GAP, 3.0));
    let mut close = false;
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout).id_salt("filter"), |ui| {
        ui.label(icons::SEARCH.text().color(palette.secondary));
        let Some(filter) = &mut pane.filter else { return };
        let edit = TextEdit::singleline(&mut filter.text).hint_text("Part of a name").margin(Margin::symmetric(8, 3));
        let width = ui.available_width() - theme::ICON_BUTTON - theme::GAP;
        let response = paint::field(ui, vec2(width, inner.height()), edit);
        let response = response.accessible_name(format!("Filter ({})", env.side.title().to_lowercase()));
        if !std::mem::replace(&mut filter.begun, true) {
            response.request_focus();
        } else if response.lost_focus() {
            close = ui.input(|input| input.key_pressed(Key::Escape));
            if ui.input(|input| input.key_pressed(Key::Enter) || input.key_pressed(Key::Escape)) {
                ui.memory_mut(|memory| memory.request_focus(table::focus_id(env)));
            }
        }
        if response.changed() {
            ui.request_repaint();
        }
        close |= icons::button(ui, icons::CLOSE, "Close the filter").clicked();
    });
    if close {
        pane.filter = None;
        ui.request_repaint();
    }
}

/// What is wrong with a pane, in words, and what can be done.
struct Trouble {
    what: String,
    why: String,
    again: Option<(&'static str, Want)>,
    waiting: bool,
}

fn trouble(pane: &PaneView, tab: &Tab) -> Option<Trouble> {
    let say = |failure: &Failure, again| Trouble {
        what: failure.what.clone(),
        why: failure.why.clone(),
        again: Some(again),
        waiting: false,
    };
    if pane.side == Side::Local {
        let (path, failure) = tab.local_failure.as_ref()?;
        return Some(say(failure, ("Try again", Want::Go(Place::Local(path.clone())))));
    }
    match &tab.state {
        ConnectionState::Waiting { failure, seconds } => Some(Trouble {
            what: failure.what.clone(),
            why: format!("{} Trying again in {seconds} s.", failure.why),
            again: Some(("Now", Want::Reconnect)),
            waiting: true,
        }),
        ConnectionState::Disconnected(Some(failure)) if pane.here().is_some() => {
            Some(say(failure, ("Reconnect", Want::Reconnect)))
        }
        ConnectionState::Connected(_) => {
            let (path, failure) = tab.remote_failure.as_ref()?;
            Some(say(failure, ("Try again", Want::Go(Place::Remote(path.clone())))))
        }
        _ => None,
    }
}

/// Draws a strip with what is wrong on top of `body`; returns where what is left of it begins.
fn strip_ui(ui: &mut Ui, body: Rect, trouble: &Trouble, env: &mut Env<'_>) -> f32 {
    let palette = theme::of(ui);
    let color = if trouble.waiting { palette.transient } else { palette.permanent };
    let area = Rect::from_min_size(body.min, vec2(body.width(), 0.0));
    let strip = ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("trouble"), |ui| {
        Frame::new().fill(palette.tint(color)).inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(icons::ERROR.text().color(color));
                let room = ui.available_width() - 96.0;
                ui.vertical(|ui| {
                    ui.set_max_width(room);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    ui.label(RichText::new(text::visible(&trouble.what)).font(theme::medium()));
                    ui.label(RichText::new(text::visible(&trouble.why)).font(theme::small()).color(palette.secondary));
                });
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    if let Some((label, want)) = &trouble.again
                        && ui.button(*label).clicked()
                    {
                        env.wants.push(want.clone());
                    }
                });
            });
        });
    });
    strip.response.rect.bottom()
}

/// What a pane without a folder says: what to do next.
fn empty_ui(ui: &mut Ui, body: Rect, tab: Option<&Tab>, env: &mut Env<'_>) {
    let palette = theme::of(ui);
    let state = tab.map(|tab| &tab.state);
    let area = Rect::from_center_size(body.center(), vec2((body.width() - 48.0).min(440.0), 120.0));
    ui.scope_builder(UiBuilder::new().max_rect(area).layout(Layout::top_down(Align::Center)).id_salt("empty"), |ui| {
        match (env.side, state) {
            (Side::Local, _) if tab.is_some_and(|tab| tab.local_failure.is_some()) => {}
            (Side::Local, _) => {
                ui.label(RichText::new("Opening the folder…").color(palette.secondary));
            }
            (Side::Remote, Some(ConnectionState::Connecting(step))) => {
                ui.label(RichText::new(text::visible(step)).color(palette.secondary));
            }
            (Side::Remote, Some(ConnectionState::Disconnected(Some(failure)))) => {
                ui.label(icons::UNPLUG.text().color(palette.permanent));
                ui.label(RichText::new(text::visible(&failure.what)).font(theme::strong()));
                ui.label(RichText::new(text::visible(&failure.why)).color(palette.secondary));
                ui.add_space(theme::GAP);
                if theme::primary(ui, "Reconnect").clicked() {
                    env.wants.push(Want::Reconnect);
                }
            }
            (Side::Remote, Some(ConnectionState::Connected(_)))
                if tab.is_some_and(|tab| tab.remote_failure.is_some()) => {}
            (Side::Remote, Some(ConnectionState::Connected(_))) => {
                ui.label(RichText::new("Opening the folder…").color(palette.secondary));
            }
            (Side::Remote, _) => {
                ui.label(RichText::new("Type a host above, or open a site").color(palette.secondary));
                ui.add_space(theme::GAP);
                if ui.button("Open a site").clicked() {
                    env.wants.push(Want::Sites);
                }
            }
        }
    });
}

fn footer_ui(ui: &Ui, rect: Rect, pane: &PaneView) {
    let palette = theme::of(ui);
    ui.painter().rect_filled(rect, 0, palette.panel);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, egui::Stroke::new(1.0, palette.line));
    let inner = rect.shrink2(vec2(theme::PAD, 0.0));
    let words = &pane.footer.words;
    paint::text(ui, inner, words, theme::small(), palette.secondary, Align::Min);
    let id = ui.unique_id().with(("footer", pane.side));
    let response = ui.interact(rect, id, Sense::hover());
    response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, words));
}

/// Whether opening `entry` shows what is in it. Where a link leads is known only by going there.
pub fn is_openable(entry: &Entry) -> bool {
    entry.is_directory() || (entry.kind == Kind::Link && entry.to_directory.is_none())
}
