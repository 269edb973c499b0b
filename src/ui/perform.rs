//! What each command of the window does.

use std::path::PathBuf;
use std::sync::Arc;

use eframe::egui::Context;

use crate::model::queue::Section;
use crate::model::settings::Theme;
use crate::model::{
    Action, Answer, Ask, ConnectionState, Credentials, FileAction, Place, QuestionId, Settings, Site, TabId, url,
};

use super::dialog::Wish;
use super::menu::{Can, Item};
use super::mirror::Mirror;
use super::pane::{Travel, Want, is_openable};
use super::view::{Side, View};
use super::{bookmarks, drag, keyboard, lower, pane, place, quickconnect};

/// What came of a frame.
#[derive(Debug, Default)]
pub struct Out {
    /// For the worker.
    pub actions: Vec<Action>,
    /// The program is to end.
    pub quit: bool,
    /// Files of this machine are to be chosen.
    pub choose: Option<Choose>,
}

/// What files of this machine are chosen for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choose {
    /// To be uploaded.
    Upload,
    /// To be read for transfers or filters.
    Import,
    /// To write the queue into.
    Export,
    /// A log to be shown.
    Log,
    /// A log to be compared.
    Compared,
}

/// What can be done in the pane on `side`.
pub fn can(mirror: &Mirror, view: &View, side: Side) -> Can {
    let Some(tab) = view.tabs.iter().find(|tab| tab.id == view.tab) else { return Can::default() };
    let pane = tab.pane(side);
    let here = pane.here();
    Can {
        connected: mirror.tab(tab.id).is_some_and(super::mirror::Tab::is_connected),
        open: mirror.tab(tab.id).is_some_and(super::mirror::Tab::is_open),
        known_server: tab.server.is_some(),
        folder: here.is_some(),
        parent: here.as_ref().and_then(place::parent).is_some(),
        back: pane.backward().is_some(),
        forward: pane.onward().is_some(),
        selected: usize::try_from(pane.table.rows.selection.rows()).unwrap_or(usize::MAX),
        local: side == Side::Local,
        held: mirror.queue.is_held(),
        left: mirror.queue.left() > 0,
        rows: [Section::Active, Section::Failed].iter().any(|section| !mirror.queue.section(*section).is_empty()),
        failed: !mirror.queue.section(Section::Failed).is_empty(),
        done: !mirror.queue.section(Section::Done).is_empty(),
        tabs: view.tabs.len() > 1,
    }
}

/// Does `item`, to the pane on `side` where it is about a pane.
pub fn perform(ctx: &Context, item: Item, side: Side, mirror: &Mirror, view: &mut View, out: &mut Out) {
    match item {
        Item::Sites => view.sites.open = true,
        Item::NewTab => new_tab(mirror, view, out),
        Item::CloseTab => close_tab(view.tab, view, out),
        Item::NextTab => view.step_tab(1),
        Item::PreviousTab => view.step_tab(-1),
        Item::Settings => view.dialogs.open(Wish::Settings),
        Item::About => view.dialogs.open(Wish::About),
        Item::Quit => out.quit = true,
        Item::UploadFiles => out.choose = Some(Choose::Upload),
        Item::Import => out.choose = Some(Choose::Import),
        Item::ExportQueue => out.choose = Some(Choose::Export),
        Item::OpenLog => out.choose = Some(Choose::Log),
        Item::ExportLog => export_log(mirror, view),
        Item::CompareLogs => {
            let opened = view.opened.as_ref().map(|opened| opened.path.clone());
            let folder = local_folder(view);
            view.dialogs.open(Wish::Compare { opened, folder });
        }
        Item::OtherPane => {
            let side = view.current().side.other();
            keyboard::give_to_pane(ctx, view, side);
        }
        Item::NextArea => keyboard::step(ctx, view, 1),
        Item::MenuBar => view.to_menu_bar = true,
        Item::PreviousArea => keyboard::step(ctx, view, -1),
        Item::Trees => view.layout.trees ^= true,
        Item::Queue => view.layout.transfers ^= true,
        Item::Log => view.layout.log ^= true,
        Item::HiddenFiles => set(mirror, out, |settings| settings.show_hidden ^= true),
        Item::Filters => view.dialogs.open(Wish::Filters),
        Item::FiltersCount => set(mirror, out, |settings| settings.filters.enabled ^= true),
        Item::Compact => set(mirror, out, |settings| settings.compact ^= true),
        Item::ThemeSystem => set(mirror, out, |settings| settings.theme = Theme::System),
        Item::ThemeLight => set(mirror, out, |settings| settings.theme = Theme::Light),
        Item::ThemeDark => set(mirror, out, |settings| settings.theme = Theme::Dark),
        Item::ReleaseQueue => out.actions.push(Action::Release),
        Item::HoldQueue => out.actions.push(Action::Hold),
        Item::RetryFailed => {
            out.actions.push(Action::Retry(mirror.queue.section(Section::Failed).iter().copied().collect()));
        }
        Item::ClearDone => out.actions.push(Action::Clear(Section::Done)),
        Item::ClearFailed => out.actions.push(Action::Clear(Section::Failed)),
        Item::Reconnect => reconnect(view, out),
        Item::Disconnect => out.actions.push(Action::Disconnect { tab: view.tab }),
        Item::RawCommand => {
            lower::show_log(view);
            view.transcript.focus_command();
        }
        Item::ShowInLog => {
            lower::show_log(view);
            view.transcript.reveal_listing(mirror, view.tab);
        }
        Item::AddBookmark => bookmarks::add(mirror, view, out),
        _ => in_pane(ctx, item, side, mirror, view, out),
    }
}

/// Opens our own dialog for a file, where the system has none.
pub fn name_file(view: &mut View, choose: Choose) {
    let folder = local_folder(view);
    view.dialogs.open(Wish::File { choose, folder });
}

/// Opens the dialog for what the reply log shows, or for the log that was opened in its place.
fn export_log(mirror: &Mirror, view: &mut View) {
    let exported = match &view.opened {
        Some(opened) => opened.view.exported(&opened.mirror.transcript),
        None => view.transcript.exported(&mirror.transcript),
    };
    let folder = local_folder(view);
    view.dialogs.open(Wish::Export { exported, folder });
}

/// The folder that the local pane shows.
fn local_folder(view: &mut View) -> PathBuf {
    match view.current().local.here() {
        Some(Place::Local(folder)) => folder,
        _ => PathBuf::new(),
    }
}

fn in_pane(ctx: &Context, item: Item, side: Side, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let tab = view.tab;
    let pane = view.current().pane_mut(side);
    match item {
        Item::SelectAll => pane.table.rows.select_all(),
        Item::InvertSelection => pane.table.rows.invert(),
        Item::CopyNames => {
            let names = pane.table.rows.selected_entries().map(|entry| crate::model::path::shown(&entry.name));
            ctx.copy_text(names.collect::<Vec<_>>().join("\n"));
        }
        Item::CopyAddresses => ctx.copy_text(addresses(view, side)),
        Item::Find => pane.type_filter(),
        Item::GoTo => pane.type_path(),
        Item::Rename => pane.table.begin_rename(),
        Item::NewFolder => {
            if let Some(parent) = pane.here() {
                view.dialogs.open(Wish::NewFolder { tab, parent });
            }
        }
        Item::Delete => {
            let places = pane.selected();
            view.dialogs.open(Wish::Delete { tab, places });
        }
        Item::Permissions => {
            let places = pane.selected();
            view.dialogs.open(Wish::Permissions { tab, places });
        }
        Item::OpenWithProgram => {
            if let Some((Place::Local(path), _)) = pane.selected().into_iter().next() {
                out.actions.push(Action::OpenLocal(path));
            }
        }
        Item::Open => open(side, mirror, view, out),
        Item::Transfer => transfer(side, view, out),
        _ => travel(item, side, mirror, view, out),
    }
}

fn travel(item: Item, side: Side, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let tab = view.tab;
    let pane = view.current().pane(side);
    let home = || match side {
        Side::Local => Some(Place::Local(PathBuf::new())),
        Side::Remote => mirror.tab(tab)?.server.as_ref().map(|server| Place::Remote(server.home.clone())),
    };
    let (place, travel) = match item {
        Item::Refresh => return refresh(mirror, view, out),
        Item::Parent => (pane.here().as_ref().and_then(place::parent), Travel::On),
        Item::Back => (pane.backward().cloned(), Travel::Back),
        Item::Forward => (pane.onward().cloned(), Travel::Forward),
        Item::Home => (home(), Travel::On),
        _ => return,
    };
    if let Some(place) = place {
        go(tab, place, travel, mirror, view, out);
    }
}

/// Lists both panes again, as people know it from F5: what was done on one side often shows on the other.
fn refresh(mirror: &Mirror, view: &mut View, out: &mut Out) {
    let id = view.tab;
    for side in [Side::Local, Side::Remote] {
        if let Some(place) = view.current().pane(side).here() {
            go(id, place, Travel::On, mirror, view, out);
        }
    }
}

/// Asks for a folder; it is shown once it comes.
pub fn go(id: TabId, place: Place, travel: Travel, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let Some(tab) = view.tab_mut(id) else { return };
    let side = if matches!(place, Place::Local(_)) { Side::Local } else { Side::Remote };
    tab.pane_mut(side).ask(place.clone(), travel, mirror.tab(id));
    out.actions.push(match place {
        Place::Local(path) => Action::ListLocal { tab: id, path },
        Place::Remote(path) => Action::List { tab: id, path },
    });
}

/// Does what a person wanted of a pane.
pub fn wanted(want: Want, side: Side, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let tab = view.tab;
    match want {
        Want::Focus => view.current().side = side,
        Want::Go(place) => {
            view.current().side = side;
            go(tab, place, Travel::On, mirror, view, out);
        }
        Want::Branch(Place::Local(path)) => out.actions.push(Action::ListLocalBranch { path }),
        Want::Branch(Place::Remote(path)) => out.actions.push(Action::ListBranch { tab, path }),
        Want::Rename { from, to } => {
            let ticket = view.tickets.next();
            let pane = view.current().pane_mut(side);
            let Some(here) = pane.here() else { return };
            pane.table.rows.land_on_new(to.clone());
            let action = FileAction::Rename { from: place::child(&here, &from), to: place::child(&here, &to) };
            out.actions.push(Action::Files { tab, ticket, action });
        }
        Want::PutAway => {
            let answers = mirror.tab(tab).map(|tab| view.current().pane(side).answers(tab));
            let guessed =
                mirror.tab(tab).filter(|tab| tab.remote.as_ref().is_some_and(|listing| listing.guess.is_some()));
            let site = guessed.and_then(|tab| Some(tab.server.as_ref()?.site.clone()));
            let pane = view.current().pane_mut(side);
            pane.put_away = answers;
            pane.declined = site.filter(|_| side == Side::Remote).or(pane.declined.take());
        }
        Want::Reconnect => reconnect(view, out),
        Want::Charset(label) => read_as(label, mirror, view, out),
        Want::Sites => view.sites.open = true,
    }
}

fn open(side: Side, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let (id, tab) = (view.tab, view.current());
    let selected = tab.pane(side).selected();
    if let ([(place, entry)], nowhere) = (selected.as_slice(), tab.remote.here().is_none()) {
        match place.clone() {
            place if is_openable(entry) => {
                go(id, place, Travel::On, mirror, view, out);
                return view.current().pane_mut(side).ask_by_link(entry);
            }
            Place::Local(path) if nowhere => return out.actions.push(Action::OpenLocal(path)),
            _ => {}
        }
    }
    transfer(side, view, out);
}

fn transfer(side: Side, view: &mut View, out: &mut Out) {
    let id = view.tab;
    let tab = view.current();
    let (Some(from), Some(to)) = (tab.pane(side).here(), tab.pane(side.other()).here()) else { return };
    let entries: Vec<_> = tab.pane(side).table.rows.selected_entries().cloned().collect();
    if !entries.is_empty() {
        drag::transfer(id, &from, &entries, &to).send(id, &mut view.tickets, &mut out.actions);
    }
}

/// Fetches what opened links have turned out to be: files.
pub fn fetch_linked(view: &mut View, out: &mut Out) {
    for tab in &mut view.tabs {
        let Some(link) = tab.remote.to_file.take() else { continue };
        let (Some(from), Some(to)) = (tab.remote.here(), tab.local.here()) else { continue };
        drag::transfer(tab.id, &from, &[link], &to).send(tab.id, &mut view.tickets, &mut out.actions);
    }
}

/// Opens a tab for a server that is to be typed.
pub fn new_tab(mirror: &Mirror, view: &mut View, out: &mut Out) {
    open_tab(mirror, view, out);
    view.current().quick.focus = true;
}

/// Opens a tab that shows the same local folder.
fn open_tab(mirror: &Mirror, view: &mut View, out: &mut Out) {
    let here = view.current().local.here().unwrap_or_else(|| Place::Local(PathBuf::new()));
    let id = view.open_tab();
    go(id, here, Travel::On, mirror, view, out);
}

/// Closes a tab and what it held.
pub fn close_tab(id: TabId, view: &mut View, out: &mut Out) {
    if view.tabs.len() > 1 {
        view.close_tab(id);
        out.actions.push(Action::CloseTab { tab: id });
    }
}

/// Connects to `site` in the shown tab, or in a new one where that one is in use.
pub fn connect(site: Arc<Site>, credentials: Option<Credentials>, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let state = mirror.tab(view.tab).map(|tab| &tab.state);
    if !matches!(state, None | Some(ConnectionState::Disconnected(_))) {
        let tab = view.current();
        if let Some((known, _)) = &tab.server {
            tab.quick.show(known);
        }
        open_tab(mirror, view, out);
    }
    out.actions.push(quickconnect::connect(view.tab, site, credentials));
}

/// Connects again; the worker goes to the folder that is shown.
fn reconnect(view: &mut View, out: &mut Out) {
    let id = view.tab;
    if let Some((site, credentials)) = view.current().server.clone() {
        out.actions.push(quickconnect::connect(id, site, credentials));
    }
}

/// Connects again with another charset of names, and keeps it with the site, if that is stored.
fn read_as(charset: &str, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let id = view.tab;
    let Some((site, credentials)) = view.current().server.clone() else { return };
    let encoding = Some(charset.to_owned());
    let mut sites = (*mirror.sites).clone();
    if let Some(stored) = sites.sites.iter_mut().find(|stored| site.is_stored_as(stored)) {
        stored.encoding.clone_from(&encoding);
        out.actions.push(Action::SaveSites(Arc::new(sites)));
    }
    let site = Arc::new(Site { encoding, ..(*site).clone() });
    // It is the same server, and stays in its tab.
    view.current().server = Some((site.clone(), credentials.clone()));
    out.actions.push(quickconnect::connect(id, site, credentials));
}

/// Notes what the tabs must know of an action that is about to be sent.
pub fn note(action: &Action, mirror: &Mirror, view: &mut View, out: &mut Vec<Action>) {
    let (id, site, credentials) = match action {
        Action::Connect { tab, site, credentials } => (tab, site, credentials),
        Action::Files { tab, action: FileAction::MakeDirectory(place), .. } => return land_on(*tab, place, view),
        _ => return,
    };
    let Some(tab) = view.tab_mut(*id) else { return };
    let known = tab.server.take().filter(|(other, _)| other == site).and_then(|(_, credentials)| credentials);
    tab.server = Some((site.clone(), credentials.clone().or(known)));
    tab.quick.follow(site);
    if let Some(path) = &site.local {
        let place = Place::Local(path.clone());
        tab.local.ask(place, Travel::On, mirror.tab(*id));
        out.push(Action::ListLocal { tab: *id, path: path.clone() });
    }
}

/// Once it is made, a new folder is selected.
fn land_on(id: TabId, made: &Place, view: &mut View) {
    let Some(tab) = view.tab_mut(id) else { return };
    let pane = tab.pane_mut(if matches!(made, Place::Local(_)) { Side::Local } else { Side::Remote });
    if pane.here() == place::parent(made) {
        pane.table.rows.land_on_new(place::name(made));
    }
}

/// A password that was given logs in again when the tab is connected again.
pub fn note_answer(id: QuestionId, answer: &Answer, mirror: &Mirror, view: &mut View) {
    let Answer::Password { password, .. } = answer else { return };
    let question = mirror.questions.iter().find(|question| question.id == id);
    // A proxy's password, or a key's, is not the server's.
    let question = question.filter(|question| matches!(question.ask, Ask::Password { .. }));
    let tab = question.and_then(|question| question.tab);
    if let Some((site, credentials)) = tab.and_then(|tab| view.tab_mut(tab)).and_then(|tab| tab.server.as_mut()) {
        *credentials = Some(Credentials { user: site.user.clone(), password: password.clone(), account: None });
    }
}

/// Changes the settings, at once.
pub fn set(mirror: &Mirror, out: &mut Out, change: impl FnOnce(&mut Settings)) {
    let mut settings = mirror.settings.clone();
    change(&mut settings);
    out.actions.push(Action::SaveSettings(Box::new(settings)));
}

/// The selected rows as FTP addresses, or as local paths.
fn addresses(view: &mut View, side: Side) -> String {
    let tab = view.current();
    let site = tab.server.as_ref().map(|(site, _)| site.clone());
    let address = |place: &Place| match (place, &site) {
        (Place::Remote(path), Some(site)) => url::of(site, Some(path.as_str())),
        (place, _) => place::shown(place),
    };
    tab.pane(side).selected().iter().map(|(place, _)| address(place)).collect::<Vec<_>>().join("\n")
}

/// Width that a pane must have for its tree.
pub fn has_trees(view: &View, width: f32) -> bool {
    view.layout.trees && pane::has_room_for_tree(width)
}
