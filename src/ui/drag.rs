//! Drag and drop: what is dragged, what lies under the pointer, and what a drop there would do.

use std::path::PathBuf;

use eframe::egui::{
    Align2, Color32, Context, CornerRadius, DragAndDrop, FontFamily, FontId, Id, LayerId, Order, Painter, Pos2, Rect,
    Stroke, StrokeKind, Vec2, vec2,
};

use crate::model::{
    Action, Batch, Course, Entry, FileAction, Kind, Place, RemotePath, TabId, permissions, transfer::BatchItem,
};

use super::icons::{self, Icon};
use super::view::Tickets;
use super::{place, text, theme};

/// Rows of a pane under way; egui carries it.
#[derive(Clone, Debug)]
pub struct Dragged {
    /// The tab they are from.
    pub tab: TabId,
    /// The folder they are in.
    pub from: Place,
    /// What they are.
    pub entries: Vec<Entry>,
}

/// Where something can be dropped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Into {
    /// Into a folder.
    Folder(Place),
    /// Into the queue, and so from one shown folder to the other.
    Queue {
        /// The local folder that is shown.
        local: Option<Place>,
        /// The remote folder that is shown.
        remote: Option<Place>,
    },
}

/// An area that takes what is dropped on it.
#[derive(Clone, Debug)]
pub struct Target {
    /// What lights up.
    pub rect: Rect,
    /// The corners of what lights up.
    pub corner: u8,
    /// What happens.
    pub into: Into,
}

/// The targets of a frame; later ones lie on top of earlier ones.
#[derive(Debug, Default)]
pub struct Targets(Vec<Target>);

impl Targets {
    /// Forgets those of the last frame.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// Adds one on top.
    pub fn add(&mut self, rect: Rect, corner: u8, into: Into) {
        self.0.push(Target { rect, corner, into });
    }

    /// The topmost one under `position`.
    pub fn at(&self, position: Pos2) -> Option<&Target> {
        self.0.iter().rev().find(|target| target.rect.contains(position))
    }
}

/// What a drop would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// In words, for the picture.
    pub words: String,
    /// For the worker.
    pub act: Act,
    /// The remote folder that gets folders by it, whose tree node is then out of date.
    pub branch: Option<RemotePath>,
}

/// What a drop sends to the worker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Into the queue.
    Enqueue(Batch),
    /// One file action each.
    Files(Vec<FileAction>),
}

impl Deed {
    /// Does it.
    pub fn send(self, tab: TabId, tickets: &mut Tickets, actions: &mut Vec<Action>) {
        match self.act {
            Act::Enqueue(batch) => actions.push(Action::Enqueue(batch)),
            Act::Files(list) => {
                actions.extend(list.into_iter().map(|action| Action::Files { tab, ticket: tickets.next(), action }));
            }
        }
        actions.extend(self.branch.map(|path| Action::ListBranch { tab, path }));
    }
}

/// What dropping `dragged` in the shown tab would do. What is on this machine is so in every tab; what is on a server is not.
fn deed_in(shown: TabId, dragged: &Dragged, into: &Into) -> Option<Deed> {
    if dragged.tab == shown {
        return deed(dragged, into);
    }
    matches!(dragged.from, Place::Local(_)).then(|| deed(&Dragged { tab: shown, ..dragged.clone() }, into)).flatten()
}

/// What dropping `dragged` there would do; `None`: nothing, so that the target stays dark.
pub fn deed(dragged: &Dragged, into: &Into) -> Option<Deed> {
    match into {
        Into::Folder(target) => match (&dragged.from, target) {
            (Place::Local(_), Place::Local(_)) | (Place::Remote(_), Place::Remote(_)) => shift(dragged, target),
            _ => Some(transfer(dragged.tab, &dragged.from, &dragged.entries, target)),
        },
        Into::Queue { local, remote } => {
            let target = if matches!(dragged.from, Place::Local(_)) { remote } else { local };
            target.as_ref().map(|target| transfer(dragged.tab, &dragged.from, &dragged.entries, target))
        }
    }
}

/// Sends `entries` of the folder `from` into the folder `to` on the other side.
pub fn transfer(tab: TabId, from: &Place, entries: &[Entry], to: &Place) -> Deed {
    let upload = matches!(from, Place::Local(_));
    let items = entries.iter().filter_map(|entry| {
        let (source, target) = (place::child(from, &entry.name), place::child(to, &entry.name));
        let (local, remote) = match (source, target) {
            (Place::Local(local), Place::Remote(remote)) | (Place::Remote(remote), Place::Local(local)) => {
                (local, remote)
            }
            _ => return None,
        };
        let permissions = entry.permissions.as_deref().and_then(permissions::plain);
        Some(BatchItem { local, remote, kind: entry.destination(), size: entry.exact_size(), permissions })
    });
    let course = if upload { Course::Upload } else { Course::Download };
    let batch = Batch { tab, course, items: items.collect(), if_exists: None, transfer_type: None };
    let verb = if upload { "Upload" } else { "Download" };
    Deed { words: format!("{verb} to {}", place::label(to)), act: Act::Enqueue(batch), branch: None }
}

/// Moves within one side. Not to where it already is, and no folder into itself.
fn shift(dragged: &Dragged, target: &Place) -> Option<Deed> {
    let sources: Vec<Place> = dragged.entries.iter().map(|entry| place::child(&dragged.from, &entry.name)).collect();
    if *target == dragged.from || sources.iter().any(|source| place::is_within(target, source)) {
        return None;
    }
    let renames = sources.into_iter().map(|from| {
        let to = place::child(target, &place::name(&from));
        FileAction::Rename { from, to }
    });
    let branch = match target {
        Place::Remote(path) if dragged.entries.iter().any(Entry::is_directory) => Some(path.clone()),
        _ => None,
    };
    Some(Deed { words: format!("Move to {}", place::label(target)), act: Act::Files(renames.collect()), branch })
}

/// What dropping files of another program there would do.
pub fn deed_from_outside(tab: TabId, paths: &[PathBuf], into: &Into) -> Option<Deed> {
    let folder = match into {
        Into::Folder(place) => place,
        Into::Queue { remote, .. } => remote.as_ref()?,
    };
    match folder {
        Place::Local(to) => Some(Deed {
            words: format!("Copy to {}", place::label(folder)),
            act: Act::Files(vec![FileAction::Copy { from: paths.to_vec(), to: to.clone() }]),
            branch: None,
        }),
        Place::Remote(to) => {
            let items = paths.iter().filter_map(|path| {
                let name = place::listed_name(path.file_name()?.to_owned());
                let (local, remote) = (path.clone(), to.join(&name));
                Some(BatchItem { local, remote, kind: Kind::Other, size: None, permissions: None })
            });
            let batch =
                Batch { tab, course: Course::Upload, items: items.collect(), if_exists: None, transfer_type: None };
            Some(Deed { words: format!("Upload to {}", place::label(folder)), act: Act::Enqueue(batch), branch: None })
        }
    }
}

/// Lights up the target, draws the picture at the pointer, and drops when the button is let go.
pub fn drag_ui(ctx: &Context, shown: TabId, targets: &Targets, tickets: &mut Tickets, actions: &mut Vec<Action>) {
    let Some(dragged) = DragAndDrop::payload::<Dragged>(ctx) else { return };
    let Some(pointer) = ctx.pointer_latest_pos() else { return };
    let target = targets.at(pointer);
    let deed = target.and_then(|target| deed_in(shown, &dragged, &target.into));
    if let (Some(target), Some(_)) = (target, &deed) {
        light(ctx, target.rect, target.corner);
    }
    picture(ctx, pointer, summary(&dragged.entries), deed.as_ref().map(|deed| deed.words.as_str()));
    if ctx.input(|input| input.pointer.primary_released()) {
        DragAndDrop::clear_payload(ctx);
        if let Some(deed) = deed {
            deed.send(shown, tickets, actions);
        }
    }
}

/// Lights up `rect` as a valid target.
pub fn light(ctx: &Context, rect: Rect, corner: u8) {
    let palette = theme::palette(ctx.theme() == eframe::egui::Theme::Dark);
    let painter = front(ctx, "target");
    let corner = CornerRadius::same(corner);
    painter.rect_filled(rect, corner, palette.accent.gamma_multiply(0.10));
    painter.rect_stroke(rect, corner, Stroke::new(2.0, palette.accent), StrokeKind::Inside);
}

/// Says in the middle of a target, or beside a low one, what a drop would do.
pub fn sign(ctx: &Context, target: Rect, words: &str) {
    let palette = theme::palette(ctx.theme() == eframe::egui::Theme::Dark);
    let painter = front(ctx, "sign");
    let galley = painter.layout_no_wrap(words.to_owned(), theme::strong(), palette.text);
    let size = galley.size() + vec2(2.0 * theme::GROUP, 20.0);
    let below = Pos2::new(target.center().x, target.bottom() + theme::TIGHT + size.y / 2.0);
    let rect = Rect::from_center_size(if target.height() > size.y { target.center() } else { below }, size);
    painter.rect(rect, 8, palette.panel, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    painter.galley(rect.center() - galley.size() / 2.0, galley, palette.text);
}

fn front(ctx: &Context, name: &str) -> Painter {
    ctx.layer_painter(LayerId::new(Order::Tooltip, Id::unique(("drag", name))))
}

/// From the pointer to the picture.
const OFFSET: Vec2 = vec2(14.0, 10.0);
/// The widest name in a picture.
const WIDEST: usize = 40;

/// What is dragged, beside the pointer, and in `words` what a drop would do; `None`: nothing.
pub fn picture(ctx: &Context, pointer: Pos2, (icon, what): (Icon, String), words: Option<&str>) {
    let palette = theme::palette(ctx.theme() == eframe::egui::Theme::Dark);
    let painter = front(ctx, "picture");
    let galley = painter.layout_no_wrap(what, theme::body(), palette.text);
    let (words, color) = words.map_or(("Cannot be dropped here", palette.secondary), |words| (words, palette.accent));
    let below = painter.layout_no_wrap(words.to_owned(), theme::small(), color);
    let text = vec2(galley.size().x.max(below.size().x), galley.size().y + below.size().y + 2.0);
    let size = text + vec2(theme::ICON + theme::GAP + 2.0 * theme::PAD, 2.0 * theme::GAP);
    let screen = ctx.content_rect();
    let corner = (pointer + OFFSET).min(screen.right_bottom() - size - Vec2::splat(4.0));
    let rect = Rect::from_min_size(corner, size);
    let round = CornerRadius::same(8);
    painter.add(ctx.global_style().visuals.popup_shadow.as_shape(rect, round));
    painter.rect(rect, round, palette.panel, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    let left = rect.left() + theme::PAD;
    let font = FontId::new(theme::ICON, FontFamily::Name(theme::ICONS.into()));
    let middle = Pos2::new(left + theme::ICON / 2.0, rect.center().y);
    painter.text(middle, Align2::CENTER_CENTER, icon.glyph(), font, palette.secondary);
    let origin = Pos2::new(left + theme::ICON + theme::GAP, rect.top() + theme::GAP);
    let second = origin + vec2(0.0, galley.size().y + 2.0);
    painter.galley(origin, galley, Color32::PLACEHOLDER);
    painter.galley(second, below, Color32::PLACEHOLDER);
}

/// `index.html`, or `3 files, 1 folder`.
fn summary(entries: &[Entry]) -> (Icon, String) {
    if let [entry] = entries {
        let mut name: String = text::visible(&entry.name).chars().take(WIDEST).collect();
        if name.len() < entry.name.len() {
            name.push('…');
        }
        return (icons::of(entry), name);
    }
    let folders = entries.iter().filter(|entry| entry.is_directory()).count() as u64;
    let files = entries.len() as u64 - folders;
    let parts = [(files, "file", "files"), (folders, "folder", "folders")];
    let parts = parts.into_iter().filter(|part| part.0 > 0).map(|(count, one, many)| text::count(count, one, many));
    (icons::COPY, parts.collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dragged(from: Place, name: &str, kind: Kind) -> Dragged {
        Dragged { tab: TabId(1), from, entries: vec![Entry::new(name, kind)] }
    }

    fn remote(path: &str) -> Place {
        Place::Remote(RemotePath::new(path))
    }

    #[test]
    fn in_another_tab_what_is_here_goes_to_its_server_and_what_is_on_a_server_nowhere() {
        let (here, there) =
            (dragged(Place::Local("/h".into()), "f", Kind::File), dragged(remote("/w"), "f", Kind::File));
        let into = Into::Folder(remote("/www"));
        let deed = deed_in(TabId(2), &here, &into).unwrap();
        assert!(matches!(deed.act, Act::Enqueue(batch) if batch.tab == TabId(2)));
        assert_eq!(deed_in(TabId(2), &there, &into), None);
        assert_eq!(deed_in(TabId(2), &there, &Into::Folder(Place::Local("/h".into()))), None);
        assert!(deed_in(TabId(1), &there, &into).is_some());
    }

    #[test]
    fn across_the_panes_is_a_transfer() {
        let deed = deed(&dragged(remote("/www"), "a.txt", Kind::File), &Into::Folder(Place::Local("/home".into())));
        let Some(Deed { act: Act::Enqueue(batch), words, .. }) = deed else { panic!("{deed:?}") };
        assert_eq!((batch.course, words.as_str()), (Course::Download, "Download to home"));
        assert_eq!(batch.items[0].local, PathBuf::from("/home/a.txt"));
        assert_eq!(batch.items[0].remote, RemotePath::new("/www/a.txt"));
    }

    #[test]
    fn within_a_pane_is_a_move_and_never_into_itself() {
        let folder = dragged(remote("/www"), "css", Kind::Directory);
        assert_eq!(deed(&folder, &Into::Folder(remote("/www"))), None);
        assert_eq!(deed(&folder, &Into::Folder(remote("/www/css"))), None);
        assert_eq!(deed(&folder, &Into::Folder(remote("/www/css/deep"))), None);
        let moved = deed(&folder, &Into::Folder(remote("/old"))).unwrap();
        let expected = FileAction::Rename { from: remote("/www/css"), to: remote("/old/css") };
        assert_eq!(moved.act, Act::Files(vec![expected]));
    }

    #[test]
    fn the_queue_takes_what_has_somewhere_to_go() {
        let file = dragged(Place::Local("/home".into()), "a", Kind::File);
        let nowhere = Into::Queue { local: Some(Place::Local("/home".into())), remote: None };
        assert_eq!(deed(&file, &nowhere), None);
        let queue = Into::Queue { local: None, remote: Some(remote("/up")) };
        assert_eq!(deed(&file, &queue).unwrap().words, "Upload to up");
    }

    #[test]
    fn files_from_outside_are_copied_or_uploaded() {
        let paths = [PathBuf::from("/tmp/x y")];
        let up = deed_from_outside(TabId(2), &paths, &Into::Folder(remote("/in"))).unwrap();
        let Act::Enqueue(batch) = up.act else { panic!("{up:?}") };
        assert_eq!((batch.items[0].remote.as_str(), batch.items[0].kind), ("/in/x y", Kind::Other));
        let copy = deed_from_outside(TabId(2), &paths, &Into::Folder(Place::Local("/d".into()))).unwrap();
        assert_eq!(copy.act, Act::Files(vec![FileAction::Copy { from: paths.to_vec(), to: "/d".into() }]));
    }
}
