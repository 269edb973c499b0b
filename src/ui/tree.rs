//! The tree of a pane: the folders above and beside the one that is shown.

use std::collections::HashSet;

use eframe::egui::{
    Align, CornerRadius, Event, EventFilter, Id, Key, Rect, Role, ScrollArea, Sense, Ui, UiBuilder, WidgetInfo, pos2,
};

use crate::model::{Place, TabId};

use super::drag::Into;
use super::mirror::Branch;
use super::pane::{Env, Want};
use super::view::Side;
use super::{icons, paint, place, text, theme};

/// Further in for each folder down.
const INDENT: f32 = 14.0;
/// Folders deeper than this are not drawn: a link may lead back to above itself.
const DEEPEST: usize = 64;

/// What the window knows of a tree.
#[derive(Debug, Default)]
pub struct TreeView {
    open: HashSet<Place>,
    nodes: Vec<Node>,
    cursor: Option<Place>,
    reveal: bool,
    arranged: Option<(u64, Place, bool)>,
    stale: bool,
    /// The nearest open folder on the way down of which it is not known what lies in it.
    unknown: Option<Place>,
    /// The one that was asked for last.
    asked: Option<Place>,
}

/// A folder in sight.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Node {
    place: Place,
    label: String,
    depth: usize,
    open: bool,
    /// It is known to hold no folder.
    leaf: bool,
    here: bool,
}

impl TreeView {
    /// Works out the nodes, if something changed. `change` counts what the mirror learned.
    pub fn arrange<'a>(
        &mut self,
        here: &Place,
        change: u64,
        hidden: bool,
        branch: impl Fn(&Place) -> Option<&'a Branch>,
    ) {
        let moved = self.arranged.as_ref().is_none_or(|(_, place, _)| place != here);
        let same = self.arranged.as_ref().is_some_and(|arranged| (arranged.0, arranged.2) == (change, hidden));
        if same && !moved && !self.stale {
            return;
        }
        let chain = place::chain(here);
        if moved {
            // A root shows at once what is in it.
            let above = (chain.len() - 1).max(1);
            self.open.extend(chain.iter().take(above).cloned());
            self.cursor = Some(here.clone());
            self.reveal = true;
        }
        let mut nodes = Vec::new();
        let walk = Walk { open: &self.open, here, chain: &chain, hidden, branch: &branch };
        if let Some(root) = chain.first() {
            walk.node(root.clone(), place::label(root), 0, &mut nodes);
        }
        self.nodes = nodes;
        // What was asked for moves the shown folder down, maybe out of sight.
        self.reveal |= self.cursor.as_ref() == Some(here)
            && self.asked.as_ref().is_some_and(|asked| self.unknown.as_ref() == Some(asked) && branch(asked).is_some());
        self.unknown = chain.into_iter().rev().find(|place| self.open.contains(place) && branch(place).is_none());
        self.stale = false;
        self.arranged = Some((change, here.clone(), hidden));
    }

    /// Asks for what lies beside the way down, one folder after the other, the nearest first.
    fn ask(&mut self, env: &mut Env<'_>) {
        if !env.can.local && !env.can.connected {
            self.asked = None;
        } else if let Some(unknown) = &self.unknown
            && self.asked.as_ref() != Some(unknown)
        {
            self.asked = self.unknown.clone();
            env.wants.push(Want::Branch(unknown.clone()));
        }
    }

    fn toggle(&mut self, node: &Node, env: &mut Env<'_>) {
        self.stale = true;
        if node.open {
            self.open.remove(&node.place);
        } else {
            self.open.insert(node.place.clone());
            env.wants.push(Want::Branch(node.place.clone()));
        }
    }
}

struct Walk<'w, F> {
    open: &'w HashSet<Place>,
    here: &'w Place,
    chain: &'w [Place],
    hidden: bool,
    branch: &'w F,
}

impl<'a, F: Fn(&Place) -> Option<&'a Branch>> Walk<'_, F> {
    fn node(&self, place: Place, label: String, depth: usize, nodes: &mut Vec<Node>) {
        let known = (self.branch)(&place);
        let leaf = known.is_some_and(|branch| branch.folders.is_empty() && branch.failure.is_none());
        let open = self.open.contains(&place) && !leaf;
        let here = place == *self.here;
        nodes.push(Node { place: place.clone(), label, depth, open, leaf, here });
        if !open || depth > DEEPEST {
            return;
        }
        // The way to the shown folder is known, even where what lies beside it is not.
        let next = self.chain.get(depth + 1).filter(|_| self.chain.get(depth) == Some(&place)).map(place::name);
        let folders = known.map(|branch| branch.folders.as_slice()).unwrap_or_default();
        let shown = |name: &&String| self.hidden || !name.starts_with('.') || Some(*name) == next.as_ref();
        let missing = next.as_ref().filter(|next| !folders.contains(next));
        for name in missing.into_iter().chain(folders.iter().filter(shown)) {
            self.node(place::child(&place, name), text::visible(name).into_owned(), depth + 1, nodes);
        }
    }
}

/// The id by which the tree of a pane has the keyboard.
pub fn focus_id(env: &Env<'_>) -> Id {
    focus_id_of(env.tab, env.side)
}

/// The same, from outside.
pub fn focus_id_of(tab: TabId, side: Side) -> Id {
    Id::unique(("tree", tab, side))
}

/// Draws the tree into `rect`.
pub fn tree_ui(ui: &mut Ui, rect: Rect, tree: &mut TreeView, env: &mut Env<'_>) {
    let name = format!("{} folders", env.side.title());
    let id = focus_id(env);
    tree.ask(env);
    let builder = UiBuilder::new().max_rect(rect).id_salt("tree").accessibility_role(Role::Tree);
    ui.scope_builder(builder.accessibility_label(name.clone()), |ui| {
        ui.set_clip_rect(rect.intersect(ui.clip_rect()));
        let focused = ui.memory(|memory| memory.has_focus(id));
        if focused {
            let filter = EventFilter { horizontal_arrows: true, vertical_arrows: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
            keys(ui, tree, env);
        }
        let ground = ui.interact(rect, id, Sense::click());
        ground.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, &name));
        nodes_ui(ui, rect, tree, env, focused);
    });
}

fn nodes_ui(ui: &mut Ui, rect: Rect, tree: &mut TreeView, env: &mut Env<'_>, focused: bool) {
    let height = env.row;
    let count = tree.nodes.len();
    ScrollArea::vertical().id_salt(("tree", env.tab, env.side)).auto_shrink([false, false]).show_viewport(
        ui,
        |ui, viewport| {
            ui.set_height(height * count as f32 + theme::TIGHT);
            if std::mem::take(&mut tree.reveal)
                && let Some(row) = tree.nodes.iter().position(|node| tree.cursor.as_ref() == Some(&node.place))
            {
                let top = ui.max_rect().top() + row as f32 * height;
                ui.scroll_to_rect(Rect::from_x_y_ranges(rect.x_range(), top..=top + height), None);
            }
            for row in paint::in_sight(viewport.min.y, viewport.max.y, height, count) {
                let top = rect.top() + theme::TIGHT + paint::offset(row, height, viewport.min.y);
                let area = Rect::from_x_y_ranges(rect.x_range(), top..=top + height);
                let node = tree.nodes[row].clone();
                node_ui(ui, area, &node, tree, env, focused);
            }
        },
    );
}

fn node_ui(ui: &Ui, rect: Rect, node: &Node, tree: &mut TreeView, env: &mut Env<'_>, focused: bool) {
    let palette = theme::of(ui);
    let id = focus_id(env).with(&node.place);
    let response = ui.interact(rect, id, Sense::CLICK);
    response.widget_info(|| WidgetInfo::selected(Role::TreeItem, true, node.here, &node.label));
    let fill = match (node.here, focused) {
        (true, true) => palette.selection,
        (true, false) => palette.selection_idle,
        _ if response.hovered() => palette.raised,
        _ => eframe::egui::Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, CornerRadius::ZERO, fill);
    if focused && tree.cursor.as_ref() == Some(&node.place) {
        paint::ring(ui, rect, 0);
    }
    let left = rect.left() + theme::TIGHT + node.depth as f32 * INDENT;
    let middle = rect.center().y;
    let chevron = Rect::from_x_y_ranges(left..=left + theme::ICON, rect.y_range());
    if !node.leaf {
        let icon = if node.open { icons::CHEVRON_DOWN } else { icons::CHEVRON_RIGHT };
        icon.paint_small(ui.painter(), chevron.center(), palette.secondary);
    }
    let folder = if node.open || node.here { icons::FOLDER_OPEN } else { icons::FOLDER };
    let center = pos2(chevron.right() + theme::TIGHT / 2.0 + theme::ICON / 2.0, middle);
    folder.paint(ui.painter(), center, palette.secondary);
    let area = Rect::from_x_y_ranges((center.x + 14.0)..=(rect.right() - theme::TIGHT), rect.y_range());
    let cut = paint::text(ui, area, &node.label, theme::body(), palette.text, Align::Min);
    env.targets.add(rect.intersect(ui.clip_rect()), 0, Into::Folder(node.place.clone()));
    if response.clicked() {
        let on_chevron = response.interact_pointer_pos().is_some_and(|pointer| pointer.x < chevron.right());
        if on_chevron && !node.leaf {
            tree.toggle(node, env);
        } else {
            tree.cursor = Some(node.place.clone());
            env.wants.push(Want::Go(node.place.clone()));
        }
        ui.memory_mut(|memory| memory.request_focus(focus_id(env)));
        env.wants.push(Want::Focus);
    }
    if response.double_clicked() && !node.open && !node.leaf {
        tree.toggle(node, env);
    }
    if cut {
        response.on_hover_text_at_pointer(place::drawn(&node.place));
    }
}

fn keys(ui: &Ui, tree: &mut TreeView, env: &mut Env<'_>) {
    for event in ui.input(|input| input.events.clone()) {
        if let Event::Key { key, pressed: true, modifiers, .. } = event
            && modifiers.is_none()
        {
            pressed(key, tree, env);
        }
    }
}

fn pressed(key: Key, tree: &mut TreeView, env: &mut Env<'_>) {
    let Some(row) = tree.nodes.iter().position(|node| tree.cursor.as_ref() == Some(&node.place)) else {
        tree.cursor = tree.nodes.first().map(|node| node.place.clone());
        return;
    };
    let node = tree.nodes[row].clone();
    let last = tree.nodes.len() - 1;
    let to = match key {
        Key::ArrowDown => (row + 1).min(last),
        Key::ArrowUp => row.saturating_sub(1),
        Key::Home => 0,
        Key::End => last,
        Key::ArrowRight if !node.open && !node.leaf => return tree.toggle(&node, env),
        Key::ArrowRight => (row + 1).min(last),
        Key::ArrowLeft if node.open => return tree.toggle(&node, env),
        Key::ArrowLeft => tree.nodes[..row].iter().rposition(|above| above.depth < node.depth).unwrap_or(row),
        Key::Enter | Key::Space => return env.wants.push(Want::Go(node.place.clone())),
        _ => return,
    };
    tree.cursor = Some(tree.nodes[to].place.clone());
    tree.reveal = true;
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;
    use crate::model::RemotePath;

    fn remote(path: &str) -> Place {
        Place::Remote(RemotePath::new(path))
    }

    fn labels(tree: &TreeView) -> Vec<(String, usize)> {
        tree.nodes.iter().map(|node| (node.label.clone(), node.depth)).collect()
    }

    #[test]
    fn the_way_down_is_open_and_what_is_known_beside_it() {
        let branch =
            |names: &[&str]| Branch { folders: names.iter().map(|n| (*n).to_owned()).collect(), failure: None };
        let known =
            HashMap::from([(remote("/"), branch(&["etc", "var"])), (remote("/var/www"), branch(&[".git", "a"]))]);
        let mut tree = TreeView::default();
        tree.arrange(&remote("/var/www"), 1, false, |place| known.get(place));
        let expected = [("/", 0), ("etc", 1), ("var", 1), ("www", 2)].map(|(label, depth)| (label.to_owned(), depth));
        assert_eq!(labels(&tree), expected);
        tree.open.insert(remote("/var/www"));
        tree.arrange(&remote("/var/www"), 2, false, |place| known.get(place));
        assert_eq!(labels(&tree).last(), Some(&("a".to_owned(), 3)));
        tree.arrange(&remote("/var/www"), 2, true, |place| known.get(place));
        assert_eq!(labels(&tree)[4], (".git".to_owned(), 3));
    }

    #[test]
    fn the_shown_folder_stays_in_sight_while_others_come() {
        let branch =
            |names: &[&str]| Branch { folders: names.iter().map(|n| (*n).to_owned()).collect(), failure: None };
        let mut known = HashMap::from([(remote("/"), branch(&["var"])), (remote("/var/www"), branch(&[]))]);
        let mut tree = TreeView::default();
        tree.arrange(&remote("/var/www"), 1, false, |place| known.get(place));
        assert_eq!(tree.unknown, Some(remote("/var")));
        tree.asked = tree.unknown.clone();
        tree.reveal = false; // as drawing leaves it
        tree.arrange(&remote("/var/www"), 2, false, |place| known.get(place));
        assert!(!tree.reveal);
        known.insert(remote("/var"), branch(&["a", "b", "www"]));
        tree.arrange(&remote("/var/www"), 3, false, |place| known.get(place));
        assert!(tree.reveal && tree.unknown.is_none());
    }
}
