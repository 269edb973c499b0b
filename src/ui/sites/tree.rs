//! The site manager's tree: choosing, naming, moving, deleting.

use eframe::egui::{
    self, Align, CornerRadius, Key, Margin, Modifiers, Rect, Response, Role, Sense, Stroke, StrokeKind, TextEdit, Ui,
    WidgetInfo,
};

use super::draft::{Node, Row};
use super::{Asking, Work};
use crate::ui::dialog::frame::ring_field;
use crate::ui::list::{self, Rows};
use crate::ui::menu;
use crate::ui::{icons, theme};

/// Height of a row.
const ROW: f32 = 24.0;
const INDENT: f32 = 16.0;
const NAME: &str = "Sites";

/// A row whose name is being typed.
#[derive(Clone, Debug)]
pub(super) struct Naming {
    node: Node,
    typed: String,
    /// Whether the field has had the focus.
    begun: bool,
    /// It was made just now: after its name, its host is next.
    fresh: bool,
}

/// What a row of the tree was asked for.
#[derive(Clone, Debug)]
enum Wish {
    Choose(Node),
    Fold(Node, bool),
    Name(Node),
    /// The name is typed; whether with Enter.
    Named(bool),
    /// The name stays as it was.
    Unnamed,
    Duplicate(Node),
    Delete(Node),
    Move(Node, String),
    NewSite(String),
    NewFolder(String),
    NewBookmark(u32),
}

/// Draws the tree.
pub(super) fn tree_ui(ui: &mut Ui, work: &mut Work) {
    let palette = theme::of(ui);
    let area = ui.available_rect_before_wrap();
    ui.painter().rect_stroke(
        area,
        CornerRadius::same(theme::CORNER),
        Stroke::new(1.0, palette.line),
        StrokeKind::Inside,
    );
    if work.rows.is_empty() {
        let words = if work.draft.is_empty() { "" } else { "Nothing is called so" };
        crate::ui::strip::nothing(ui, words);
        return;
    }
    let mut wishes = Vec::new();
    let id = list::focus_id(NAME);
    let focused = ui.memory(|memory| memory.has_focus(id));
    if focused {
        keys(ui, work, &mut wishes);
    }
    let Work { rows, chosen, naming, scroll, draft, .. } = work;
    let list = Rows { scroll, count: rows.len(), height: ROW, name: NAME, follows: false };
    let drawn = list.show(ui, |ui, index, rect| {
        let Some(row) = rows.get(index) else { return };
        let selected = chosen.as_ref() == Some(&row.node);
        if naming.as_ref().is_some_and(|naming| naming.node == row.node) {
            list::ground(ui, rect, true, false, false);
            paint(ui, row, rect, false, &mut wishes);
            name_field(ui, row, rect, naming, &mut wishes);
            return;
        }
        let response = ui.interact(rect, ui.unique_id().with(&row.node), Sense::CLICK | Sense::DRAG);
        response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, selected, &row.name));
        list::ground(ui, rect, selected, focused, response.hovered());
        paint(ui, row, rect, true, &mut wishes);
        if response.clicked() || response.secondary_clicked() || response.drag_started() {
            ui.memory_mut(|memory| memory.request_focus(id));
            wishes.push(Wish::Choose(row.node.clone()));
        }
        if response.double_clicked()
            && let Some(open) = row.open
        {
            wishes.push(Wish::Fold(row.node.clone(), !open));
        }
        drag(ui, row, rect, &response, &mut wishes);
        response.context_menu(|ui| row_menu(ui, row, draft.folders(), &mut wishes));
    });
    if let Some(node) = drawn.response.dnd_release_payload::<Node>() {
        wishes.push(Wish::Move((*node).clone(), String::new()));
    }
    wishes.into_iter().for_each(|wish| perform(work, wish));
}

fn paint(ui: &Ui, row: &Row, rect: Rect, name: bool, wishes: &mut Vec<Wish>) {
    let palette = theme::of(ui);
    let left = rect.left() + theme::GAP + row.depth as f32 * INDENT;
    if let Some(open) = row.open {
        let fold = Rect::from_min_size(egui::pos2(left - 4.0, rect.top()), egui::vec2(16.0, ROW));
        let icon = if open { icons::CHEVRON_DOWN } else { icons::CHEVRON_RIGHT };
        icon.paint(ui.painter(), fold.center(), palette.secondary);
        let response = ui.interact(fold, ui.unique_id().with(("fold", &row.node)), Sense::CLICK);
        let verb = if open { "Close" } else { "Open" };
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, format!("{verb} {}", row.name)));
        if response.clicked() {
            wishes.push(Wish::Fold(row.node.clone(), !open));
        }
    }
    let icon = match (&row.node, row.open) {
        (Node::Folder(_), Some(true)) => icons::FOLDER_OPEN,
        (Node::Folder(_), _) => icons::FOLDER,
        (Node::Site(_), _) => icons::SERVER,
        (Node::Bookmark(..), _) => icons::BOOKMARK,
    };
    icon.paint(ui.painter(), egui::pos2(left + 22.0, rect.center().y), palette.secondary);
    if name {
        let place = rect.with_min_x(left + 36.0).with_max_x(rect.right() - list::BAR);
        list::write(ui, place, row.name.clone(), theme::body(), palette.text, Align::Min);
    }
}

fn name_field(ui: &mut Ui, row: &Row, rect: Rect, naming: &mut Option<Naming>, wishes: &mut Vec<Wish>) {
    let Some(naming) = naming else { return };
    let left = rect.left() + theme::GAP + row.depth as f32 * INDENT + 32.0;
    let place = rect.with_min_x(left).with_max_x(rect.right() - list::BAR);
    let field = TextEdit::singleline(&mut naming.typed).margin(Margin::symmetric(4, 2));
    let response = ui.put(place, field).accessible_name("Name");
    ring_field(ui, &response);
    if !std::mem::replace(&mut naming.begun, true) {
        response.request_focus();
        let mut state = egui::text_edit::TextEditState::load(ui.ctx(), response.id).unwrap_or_default();
        let all = egui::text::CCursorRange::two(
            egui::text::CCursor::default(),
            egui::text::CCursor::new(naming.typed.chars().count()),
        );
        state.cursor.set_char_range(Some(all));
        state.store(ui.ctx(), response.id);
    } else if response.lost_focus() {
        // Taken out of the input: Enter does not connect as well, Escape does not close the site manager as well.
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        wishes.push(if pressed(Key::Escape) { Wish::Unnamed } else { Wish::Named(pressed(Key::Enter)) });
    }
}

/// A site or folder is dragged onto a folder, or beside what is in one.
fn drag(ui: &Ui, row: &Row, rect: Rect, response: &Response, wishes: &mut Vec<Wish>) {
    if response.drag_started() && !matches!(row.node, Node::Bookmark(..)) {
        response.dnd_set_drag_payload(row.node.clone());
    }
    let Node::Folder(path) = &row.node else { return };
    if response.dnd_hover_payload::<Node>().is_some_and(|node| *node != row.node) {
        let palette = theme::of(ui);
        ui.painter().rect_stroke(rect, CornerRadius::same(4), Stroke::new(1.5, palette.accent), StrokeKind::Inside);
    }
    if let Some(node) = response.dnd_release_payload::<Node>().filter(|node| **node != row.node) {
        wishes.push(Wish::Move((*node).clone(), path.clone()));
        // The list under the row would take it as well.
        egui::DragAndDrop::clear_payload(ui.ctx());
    }
}

fn row_menu(ui: &mut Ui, row: &Row, folders: &[String], wishes: &mut Vec<Wish>) {
    let node = &row.node;
    let mut entry = |ui: &mut Ui, icon, text: &str, keys: &str, wish: Wish| {
        if menu::entry(ui, Some(icon), text, keys, true).clicked() {
            wishes.push(wish);
            ui.close();
        }
    };
    match node {
        Node::Folder(path) => {
            entry(ui, icons::PLUS, "New site", "", Wish::NewSite(path.clone()));
            entry(ui, icons::FOLDER_PLUS, "New folder", "", Wish::NewFolder(path.clone()));
        }
        Node::Site(key) | Node::Bookmark(key, _) => {
            entry(ui, icons::BOOKMARK, "New bookmark", "", Wish::NewBookmark(*key));
            entry(ui, icons::DUPLICATE, "Duplicate", "", Wish::Duplicate(node.clone()));
        }
    }
    entry(ui, icons::RENAME, "Rename", "F2", Wish::Name(node.clone()));
    if !matches!(node, Node::Bookmark(..)) {
        menu::submenu(ui, icons::FOLDER, "Move to", |ui| {
            entry(ui, icons::SITES, "The top", "", Wish::Move(node.clone(), String::new()));
            for folder in folders {
                entry(ui, icons::FOLDER, folder, "", Wish::Move(node.clone(), folder.clone()));
            }
        });
    }
    ui.separator();
    entry(ui, icons::TRASH, "Delete…", "Del", Wish::Delete(node.clone()));
}

fn keys(ui: &Ui, work: &Work, wishes: &mut Vec<Wish>) {
    let at = work.rows.iter().position(|row| Some(&row.node) == work.chosen.as_ref());
    let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let last = work.rows.len().saturating_sub(1);
    let to = if pressed(Key::ArrowUp) {
        Some(at.unwrap_or(1).saturating_sub(1))
    } else if pressed(Key::ArrowDown) {
        Some(at.map_or(0, |at| at + 1).min(last))
    } else if pressed(Key::Home) {
        Some(0)
    } else if pressed(Key::End) {
        Some(last)
    } else {
        None
    };
    if let Some(row) = to.and_then(|to| work.rows.get(to)) {
        wishes.push(Wish::Choose(row.node.clone()));
    }
    let Some(row) = at.and_then(|at| work.rows.get(at)) else { return };
    if pressed(Key::F2) {
        wishes.push(Wish::Name(row.node.clone()));
    } else if pressed(Key::Delete) {
        wishes.push(Wish::Delete(row.node.clone()));
    } else if row.open == Some(true) && pressed(Key::Minus) {
        wishes.push(Wish::Fold(row.node.clone(), false));
    } else if row.open == Some(false) && pressed(Key::Plus) {
        wishes.push(Wish::Fold(row.node.clone(), true));
    }
}

/// The buttons under the tree.
pub(super) fn tools_ui(ui: &mut Ui, work: &mut Work) {
    let mut wishes = Vec::new();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::TIGHT;
        let folder = work.draft.folder_of(work.chosen.as_ref());
        let button = egui::Button::new((icons::PLUS.text(), "New site"));
        if ui.add(button).accessible_name("New site").clicked() {
            wishes.push(Wish::NewSite(folder.clone()));
        }
        if icons::button(ui, icons::FOLDER_PLUS, "New folder").clicked() {
            wishes.push(Wish::NewFolder(folder));
        }
        let key = work.site_key();
        if icons::button_if(ui, icons::BOOKMARK, "New bookmark", key.is_some()).clicked() {
            wishes.extend(key.map(Wish::NewBookmark));
        }
        let copies = matches!(work.chosen, Some(Node::Site(_) | Node::Bookmark(..)));
        if icons::button_if(ui, icons::DUPLICATE, "Duplicate", copies).clicked() {
            wishes.extend(work.chosen.clone().map(Wish::Duplicate));
        }
        if icons::button_if(ui, icons::RENAME, "Rename", work.chosen.is_some()).clicked() {
            wishes.extend(work.chosen.clone().map(Wish::Name));
        }
        if icons::button_if(ui, icons::TRASH, "Delete", work.chosen.is_some()).clicked() {
            wishes.extend(work.chosen.clone().map(Wish::Delete));
        }
    });
    wishes.into_iter().for_each(|wish| perform(work, wish));
}

/// A new site, whose name is typed next.
pub(super) fn new_site(work: &mut Work) {
    let folder = work.draft.folder_of(work.chosen.as_ref());
    perform(work, Wish::NewSite(folder));
}

/// Deletes what was asked about, and chooses what is beside it.
pub(super) fn delete(work: &mut Work, node: &Node) {
    let at = work.rows.iter().position(|row| row.node == *node).unwrap_or(0);
    work.draft.delete(node);
    work.rows = work.draft.rows(&work.search);
    work.chosen = None;
    if let Some(row) = work.rows.get(at.min(work.rows.len().saturating_sub(1))) {
        work.choose(row.node.clone());
    }
    work.changed();
}

fn perform(work: &mut Work, wish: Wish) {
    match wish {
        Wish::Choose(node) => {
            let at = work.rows.iter().position(|row| row.node == node);
            at.into_iter().for_each(|at| work.scroll.reveal(at));
            work.choose(node);
        }
        Wish::Fold(node, open) => work.draft.fold(&node, open),
        Wish::Name(node) => name(work, node, false),
        Wish::Named(enter) => named(work, enter),
        Wish::Unnamed => work.naming = None,
        Wish::Duplicate(node) => {
            if let Some(node) = work.draft.duplicate(&node) {
                name(work, node, false);
            }
        }
        Wish::Delete(node) => work.asking = Some(Asking::Delete(node)),
        Wish::Move(node, folder) => match work.draft.move_to(&node, &folder) {
            Ok(node) => work.choose(node),
            Err(refused) => work.refused = Some(refused),
        },
        Wish::NewSite(folder) => {
            let node = work.draft.add_site(&folder);
            name(work, node, true);
        }
        Wish::NewFolder(folder) => {
            let node = work.draft.add_folder(&folder);
            name(work, node, false);
        }
        Wish::NewBookmark(key) => {
            if let Some(node) = work.draft.add_bookmark(key) {
                name(work, node, false);
            }
        }
    }
    work.changed();
}

/// Chooses a row, wherever it is.
pub(super) fn reveal(work: &mut Work, node: Node) {
    work.search.clear();
    work.draft.fold(&Node::Folder(work.draft.folder_of(Some(&node))), true);
    if let Node::Bookmark(key, _) = node {
        work.draft.fold(&Node::Site(key), true);
    }
    work.rows = work.draft.rows("");
    if let Some(at) = work.rows.iter().position(|row| row.node == node) {
        work.scroll.reveal(at);
    }
    work.choose(node);
}

/// Lets a person type the name of a row.
fn name(work: &mut Work, node: Node, fresh: bool) {
    reveal(work, node.clone());
    let typed = work.draft.name(&node);
    work.naming = Some(Naming { node, typed, begun: false, fresh });
}

fn named(work: &mut Work, enter: bool) {
    let Some(naming) = work.naming.take() else { return };
    match work.draft.rename(&naming.node, &naming.typed) {
        Ok(node) => {
            work.choose(node);
            if enter && naming.fresh {
                work.form.focus_host();
            }
        }
        Err(refused) => work.refused = Some(refused),
    }
}
