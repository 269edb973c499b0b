//! The site manager: a tree of folders, sites and bookmarks, and a form for what is chosen in it.

pub mod draft;
mod form;
mod tree;
mod way;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};

use eframe::egui::{self, Align, Button, Context, Layout, RichText, Ui, Vec2};

use crate::model::site::Bookmark;
use crate::model::{Action, Credentials, Login, Site, Sites, TabId};

use super::dialog::frame::{self, Foot, MainButton, Opening};
use super::mirror::Mirror;
use super::theme;
use draft::{Draft, Node, Password, Row};
use form::Form;
use tree::Naming;

const WIDTH: f32 = 840.0;
const HEIGHT: f32 = 452.0;
const TREE: f32 = 250.0;

/// What the window knows of the site manager.
#[derive(Debug, Default)]
pub struct SitesView {
    /// Whether it is shown.
    pub open: bool,
    /// The bookmark that is to be chosen once it is there: the folder and name of its site, and its place.
    wanted: Option<(String, String, usize)>,
    work: Option<Box<Work>>,
}

impl SitesView {
    /// Opens it at a bookmark of `site`, which may still be on its way to be stored.
    pub fn open_at(&mut self, site: &Site, bookmark: usize) {
        self.open = true;
        self.wanted = Some((site.folder.clone(), site.name.clone(), bookmark));
    }
}

/// What a person did since it was opened.
#[derive(Debug)]
struct Work {
    /// As they are stored, or on their way there.
    saved: Arc<Sites>,
    /// As the mirror had them last.
    seen: Arc<Sites>,
    draft: Draft,
    /// The tree as it is drawn; worked out anew after each change.
    rows: Vec<Row>,
    stale: bool,
    search: String,
    chosen: Option<Node>,
    naming: Option<Naming>,
    form: Form,
    /// Why the last thing could not be done.
    refused: Option<String>,
    asking: Option<Asking>,
    /// Of the question.
    asked: Opening,
    picking: Option<Picking>,
    scroll: super::list::Scroll,
    opening: Opening,
}

/// A question of the site manager itself.
#[derive(Clone, Debug)]
enum Asking {
    /// Delete this?
    Delete(Node),
    /// It is to be closed, but there are changes.
    Close,
}

/// What the system's dialog is opened for.
#[derive(Clone, Debug)]
enum Wanted {
    /// The local folder of a site or bookmark.
    Folder(Node),
    /// The client certificate of a site.
    Certificate(u32),
    /// The key of that.
    Key(u32),
}

/// A folder that is being chosen in the system's dialog.
#[derive(Debug)]
struct Picking {
    wanted: Wanted,
    answer: Receiver<Option<PathBuf>>,
}

impl Work {
    fn new(saved: &Arc<Sites>) -> Self {
        let draft = Draft::of(saved);
        let rows = draft.rows("");
        let mut work = Self {
            saved: saved.clone(),
            seen: saved.clone(),
            chosen: rows.iter().map(|row| row.node.clone()).find(|node| matches!(node, Node::Site(_))),
            rows,
            draft,
            stale: false,
            search: String::new(),
            naming: None,
            form: Form::default(),
            refused: None,
            asking: None,
            asked: Opening::default(),
            picking: None,
            scroll: super::list::Scroll::default(),
            opening: Opening::default(),
        };
        work.load();
        work
    }

    /// Fills the form from what is chosen.
    fn load(&mut self) {
        let held = match &self.chosen {
            Some(Node::Site(key)) => self.draft.held(*key),
            _ => None,
        };
        self.form = Form::of(held, self.form.page());
    }

    fn choose(&mut self, node: Node) {
        if self.chosen.as_ref() != Some(&node) {
            self.chosen = Some(node);
            self.load();
        }
        self.refused = None;
    }

    fn changed(&mut self) {
        self.stale = true;
    }

    fn differs(&self) -> bool {
        self.draft.differs(&self.saved)
    }

    /// What may have changed outside: the stored sites, a folder chosen in the system's dialog.
    fn catch_up(&mut self, mirror: &Mirror) {
        if !Arc::ptr_eq(&self.seen, &mirror.sites) {
            self.seen = mirror.sites.clone();
            let untouched = !self.differs() && self.naming.is_none();
            self.saved = mirror.sites.clone();
            if untouched && self.differs() {
                let name = self.chosen.as_ref().map(|node| self.draft.name(node));
                self.draft = Draft::of(&mirror.sites);
                let rows = self.draft.rows("");
                self.chosen = rows.into_iter().find(|row| Some(&row.name) == name.as_ref()).map(|row| row.node);
                self.load();
                self.stale = true;
            }
        }
        if let Some(answer) = self.picking.as_ref().and_then(|picking| picking.answer.try_recv().ok()) {
            let wanted = self.picking.take().map(|picking| picking.wanted);
            if let (Some(wanted), Some(path)) = (wanted, answer) {
                form::set_picked(&mut self.draft, wanted, path);
            }
        }
        if std::mem::take(&mut self.stale) {
            self.rows = self.draft.rows(&self.search);
        }
    }

    /// Stores everything.
    fn save(&mut self, actions: &mut Vec<Action>) {
        let sites = Arc::new(self.draft.sites());
        actions.push(Action::SaveSites(sites.clone()));
        for (site, secret) in self.draft.passwords() {
            actions.push(Action::SavePassword { site: Arc::new(site.clone()), password: secret.cloned() });
        }
        self.saved = sites;
        self.draft.passwords_saved();
        self.load();
    }

    fn connect(&self, tab: TabId, actions: &mut Vec<Action>) {
        let Some(held) = self.site_key().and_then(|key| self.draft.held(key)) else { return };
        let site = Arc::new(self.with_bookmark(&held.site));
        let credentials = match &held.password {
            Password::Typed(password) if site.login == Login::Normal => Some(Credentials {
                user: site.user.clone(),
                password: password.clone(),
                account: (!site.account.is_empty()).then(|| site.account.clone()),
            }),
            _ => None,
        };
        actions.push(Action::Connect { tab, site, credentials });
    }

    /// The site, which begins with the folders of the bookmark that is chosen.
    fn with_bookmark(&self, site: &Site) -> Site {
        let chosen = match self.chosen {
            Some(Node::Bookmark(_, at)) => site.bookmarks.get(at).cloned(),
            _ => None,
        };
        let Bookmark { local, remote, .. } = chosen.unwrap_or_default();
        Site { local: local.or(site.local.clone()), remote: remote.or(site.remote.clone()), ..site.clone() }
    }

    fn site_key(&self) -> Option<u32> {
        match self.chosen {
            Some(Node::Site(key) | Node::Bookmark(key, _)) => Some(key),
            _ => None,
        }
    }

    fn can_connect(&self) -> bool {
        let held = self.site_key().and_then(|key| self.draft.held(key));
        held.is_some_and(|held| !held.site.host.trim().is_empty()) && self.form.is_right() && self.naming.is_none()
    }
}

/// Draws the site manager as a modal while it is open. `tab`: where "Connect" connects.
pub fn sites_ui(ctx: &Context, mirror: &Mirror, view: &mut SitesView, tab: TabId, actions: &mut Vec<Action>) {
    if !view.open {
        (view.work, view.wanted) = (None, None);
        return;
    }
    let work = view.work.get_or_insert_with(|| Box::new(Work::new(&mirror.sites)));
    work.catch_up(mirror);
    if let Some((folder, name, at)) = &view.wanted
        && let Some(node) = work.draft.bookmark_of(folder, name, *at)
    {
        view.wanted = None;
        tree::reveal(work, node);
    }
    let mut close = false;
    let mut foot = None;
    let escaped = frame::show(ctx, "Site manager", WIDTH, |ui| {
        let size = Vec2::new(ui.available_width(), HEIGHT.min(ctx.content_rect().height() - 150.0));
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Min), |ui| {
            ui.set_min_size(size);
            left(ui, work, size.y);
            ui.add_space(theme::GAP);
            ui.with_layout(Layout::top_down(Align::Min), |ui| right(ui, work));
        });
        foot = foot_ui(ui, work, actions);
    });
    match foot {
        Some(Foot::Main) => {
            if work.differs() {
                work.connect_and_save(tab, actions);
            } else {
                work.connect(tab, actions);
            }
            close = true;
        }
        Some(Foot::Cancel) => close = work.may_close(),
        None if escaped && work.naming.take().is_none() => close = work.may_close(),
        None => {}
    }
    close |= ask(ctx, work, actions);
    if close {
        view.open = false;
        view.work = None;
    }
}

impl Work {
    /// The password that was typed logs in now, whether or not the vault takes it.
    fn connect_and_save(&mut self, tab: TabId, actions: &mut Vec<Action>) {
        let mut connect = Vec::new();
        self.connect(tab, &mut connect);
        self.save(actions);
        actions.append(&mut connect);
    }

    /// Whether it can be closed at once; else it asks.
    fn may_close(&mut self) -> bool {
        let lost = self.differs();
        if lost {
            self.asking = Some(Asking::Close);
        }
        !lost
    }
}

fn left(ui: &mut Ui, work: &mut Work, height: f32) {
    ui.allocate_ui_with_layout(Vec2::new(TREE, height), Layout::top_down(Align::Min), |ui| {
        ui.set_width(TREE);
        ui.set_min_height(height);
        let response = frame::field(ui, &mut work.search, "Search").accessible_name("Search the sites");
        if work.opening.is_now(ui) {
            response.request_focus();
        }
        if response.changed() {
            work.changed();
        }
        let tools = theme::CONTROL + theme::GAP;
        let size = Vec2::new(TREE, ui.available_height() - tools);
        ui.allocate_ui(size, |ui| {
            ui.set_min_size(size);
            tree::tree_ui(ui, work);
        });
        tree::tools_ui(ui, work);
    });
}

fn right(ui: &mut Ui, work: &mut Work) {
    match work.chosen.clone() {
        Some(Node::Site(key)) => form::site_ui(ui, work, key),
        Some(Node::Bookmark(key, at)) => form::bookmark_ui(ui, work, key, at),
        Some(Node::Folder(path)) => form::folder_ui(ui, work, &path),
        None if work.draft.is_empty() => nothing_yet(ui, work),
        None => super::strip::nothing(ui, "Choose a site"),
    }
}

/// The empty state: what to do first.
fn nothing_yet(ui: &mut Ui, work: &mut Work) {
    ui.vertical_centered(|ui| {
        ui.add_space(ui.available_height() * 0.36);
        let color = theme::of(ui).secondary;
        ui.label(RichText::new("No site yet. Keep a server here to connect to it with one click.").color(color));
        ui.add_space(theme::GAP);
        if theme::primary(ui, "New site").clicked() {
            tree::new_site(work);
        }
    });
}

fn foot_ui(ui: &mut Ui, work: &mut Work, actions: &mut Vec<Action>) -> Option<Foot> {
    let differs = work.differs();
    let main = MainButton { enabled: work.can_connect(), ..MainButton::new("Connect") };
    let enter_names = work.naming.is_some();
    let foot = frame::foot(ui, if differs { "Cancel" } else { "Close" }, main, |ui| {
        let button = Button::new("Save").min_size(Vec2::new(84.0, theme::CONTROL));
        if ui.add_enabled(differs && work.form.is_right(), button).clicked() {
            work.save(actions);
        }
        let palette = theme::of(ui);
        let (words, color) = match &work.refused {
            Some(refused) => (refused.as_str(), palette.permanent),
            None if differs => ("There are changes that are not saved", palette.secondary),
            None => ("", palette.secondary),
        };
        ui.add(egui::Label::new(RichText::new(words).font(theme::small()).color(color)));
    });
    foot.filter(|foot| !(enter_names && *foot == Foot::Main))
}

/// Draws the question that is open; `true` when the site manager is to be closed.
fn ask(ctx: &Context, work: &mut Work, actions: &mut Vec<Action>) -> bool {
    let Some(asking) = work.asking.clone() else {
        work.asked = Opening::default();
        return false;
    };
    let mut foot = None;
    let mut discard = false;
    let escaped = match &asking {
        Asking::Delete(node) => frame::show(ctx, &format!("Delete “{}”?", work.draft.name(node)), 400.0, |ui| {
            frame::remark(ui, &consequence(&work.draft, node));
            let focus = work.asked.is_now(ui);
            let main = MainButton { danger: true, focus, ..MainButton::new("Delete") };
            foot = frame::foot(ui, "Cancel", main, |_| {});
        }),
        Asking::Close => frame::show(ctx, "Save the changes?", 400.0, |ui| {
            frame::remark(ui, "Sites were changed. Without saving, the changes are lost.");
            let focus = work.asked.is_now(ui);
            foot = frame::foot(ui, "Go back", MainButton { focus, ..MainButton::new("Save") }, |ui| {
                discard = ui.add(Button::new("Discard").min_size(Vec2::new(84.0, theme::CONTROL))).clicked();
            });
        }),
    };
    if foot.is_none() && !escaped && !discard {
        return false;
    }
    work.asking = None;
    match (asking, foot) {
        (Asking::Delete(node), Some(Foot::Main)) => {
            tree::delete(work, &node);
            false
        }
        (Asking::Close, Some(Foot::Main)) => {
            work.save(actions);
            true
        }
        _ => discard,
    }
}

fn consequence(draft: &Draft, node: &Node) -> String {
    let (sites, folders) = draft.measure(node);
    match node {
        Node::Folder(_) => {
            let sites = super::text::count(sites as u64, "site", "sites");
            let folders = super::text::count(folders as u64 - 1, "folder", "folders");
            format!("In it: {sites}, {folders}. It is deleted when you save.")
        }
        Node::Site(_) => "It is deleted when you save. Files on the server are not touched.".to_owned(),
        Node::Bookmark(..) => "The bookmark is deleted when you save. Files are not touched.".to_owned(),
    }
}

/// Opens the system's dialog for a folder or a file on a thread of its own, because it waits.
fn pick(work: &mut Work, wanted: Wanted, ctx: &Context) {
    let (sender, answer) = sync_channel(1);
    let folder = matches!(wanted, Wanted::Folder(_));
    work.picking = Some(Picking { wanted, answer });
    let ctx = ctx.clone();
    std::thread::spawn(move || {
        let dialog = rfd::FileDialog::new();
        let path = if folder { dialog.pick_folder() } else { dialog.pick_file() };
        // Nobody waits any more when the site manager was closed meanwhile.
        let _ = sender.try_send(path);
        ctx.request_repaint();
    });
}
