//! What the reply log offers to do about a reply, and doing it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::model::queue::Row;
use crate::model::transfer::{Batch, BatchItem, Course};
use crate::model::{
    Action, ConnectionId, Entry, Exchange, FileAction, IfExists, Mode, PathSyntax, Phase, Place, Remedy, Security,
    Settings, Site, TabId,
};

use super::View;
use super::dialog::Wish;
use super::mirror::{Mirror, Wire};
use super::pane::Travel;
use super::perform::{self, Out};
use super::place;
use super::view::Side;

/// Most connections that a site can be limited to.
const MOST: u32 = 20;

/// A remedy that a person chose, and what it is for.
#[derive(Clone, Debug)]
pub struct Chosen {
    /// What to do.
    pub remedy: Remedy,
    /// What it is for.
    pub exchange: Exchange,
    /// The folder in which the connection was when the command was sent, as the log tells it.
    pub folder: Option<String>,
}

/// Why it cannot be done, in words; `None`: it can.
pub fn hindrance(remedy: Remedy, exchange: &Exchange, mirror: &Mirror) -> Option<&'static str> {
    let Some(wire) = mirror.connections.get(&exchange.connection) else {
        return Some("This connection belongs to another run");
    };
    let site = site_now(wire, mirror.tabs.iter().filter_map(|tab| Some(&tab.server.as_ref()?.site)));
    let row = exchange.transfer.and_then(|id| mirror.queue.get(id));
    match remedy {
        Remedy::TrustServersAddress if site.trust_address => Some("The site is set so already"),
        Remedy::TryActive if site.mode == Mode::Active => Some("The site is set so already"),
        Remedy::TryEpsv if site.mode == Mode::Epsv => Some("The site is set so already"),
        Remedy::TryPasv if site.mode == Mode::Pasv => Some("The site is set so already"),
        Remedy::SwitchToExplicitTls if site.security == Security::Explicit => Some("The site is set so already"),
        Remedy::KeepAlive(every) if mirror.settings.keep_alive == every => Some("The settings say so already"),
        Remedy::PauseQueue if mirror.queue.is_held() => Some("The queue is held already"),
        Remedy::Verify if row.is_none() => Some("The transfer is no longer in the queue"),
        Remedy::FetchAgain => match row.map(|row| row.phase) {
            None => Some("The transfer is no longer in the queue"),
            Some(Phase::Failed(_) | Phase::Done(_) | Phase::Skipped) => None,
            Some(_) => Some("The transfer is still in the queue"),
        },
        Remedy::Verify if tab_of(wire, mirror).is_none() => Some("No tab is connected to this server"),
        Remedy::Refresh | Remedy::ShowPermissions if tab_of(wire, mirror).is_none() => {
            Some("No tab is connected to this server")
        }
        _ => None,
    }
}

/// Does it.
pub fn apply(chosen: &Chosen, mirror: &Mirror, view: &mut View, actions: &mut Vec<Action>) {
    let Some(wire) = mirror.connections.get(&chosen.exchange.connection) else { return };
    let site = site_now(wire, view.tabs.iter().filter_map(|tab| Some(&tab.server.as_ref()?.0)));
    let wire = &Wire { tab: wire.tab, site, open: wire.open };
    let mut out = Out::default();
    match chosen.remedy {
        Remedy::TrustServersAddress => {
            change_site(chosen, wire, mirror, view, &mut out, |site| site.trust_address = true);
        }
        Remedy::TryActive => change_site(chosen, wire, mirror, view, &mut out, |site| site.mode = Mode::Active),
        Remedy::TryEpsv => change_site(chosen, wire, mirror, view, &mut out, |site| site.mode = Mode::Epsv),
        Remedy::TryPasv => change_site(chosen, wire, mirror, view, &mut out, |site| site.mode = Mode::Pasv),
        Remedy::SwitchToExplicitTls => {
            change_site(chosen, wire, mirror, view, &mut out, |site| site.security = Security::Explicit);
        }
        Remedy::LowerConnections(most) => {
            let most =
                most.map_or_else(|| fewer(wire, mirror), |most| for_transfers(most, wire, mirror)).clamp(1, MOST);
            let most = u8::try_from(most).unwrap_or(1);
            change_site(chosen, wire, mirror, view, &mut out, |site| site.connections = Some(most));
        }
        Remedy::KeepAlive(every) => {
            let settings = Settings { keep_alive: every, ..mirror.settings.clone() };
            out.actions.push(Action::SaveSettings(Box::new(settings)));
            again(chosen, wire, mirror, view, &mut out);
        }
        Remedy::Reconnect => again(chosen, wire, mirror, view, &mut out),
        Remedy::PauseQueue => out.actions.push(Action::Hold),
        Remedy::Refresh => refresh(wire, mirror, view, &mut out),
        Remedy::ShowPermissions => permissions(chosen, wire, mirror, view, &mut out),
        Remedy::FetchAgain => fetch(chosen, wire, mirror, &mut out),
        Remedy::Verify => verify(chosen, wire, mirror, view, &mut out),
    }
    actions.append(&mut out.actions);
}

/// The site of a connection as tabs know it now: another remedy may have changed it since.
fn site_now<'a>(wire: &Wire, mut known: impl Iterator<Item = &'a Arc<Site>>) -> Arc<Site> {
    let is_same = |site: &&Arc<Site>| {
        let names = |site: &Site| (site.vault_key(), site.name.clone(), site.folder.clone());
        names(site) == names(&wire.site)
    };
    known.find(is_same).unwrap_or(&wire.site).clone()
}

/// The tab that browses on the connection, else one that is with the same server.
fn tab_of(wire: &Wire, mirror: &Mirror) -> Option<TabId> {
    let known = |tab: TabId| mirror.tab(tab).map(|tab| tab.id);
    let same = || mirror.tabs.iter().find(|tab| tab.server.as_ref().is_some_and(|server| server.site == wire.site));
    wire.tab.and_then(known).or_else(|| same().map(|tab| tab.id))
}

/// What is left for transfers of `most` connections: tabs have theirs beside the queue's.
fn for_transfers(most: u32, wire: &Wire, mirror: &Mirror) -> u32 {
    let browse =
        mirror.connections.values().filter(|other| other.open && other.tab.is_some() && other.site == wire.site);
    most.saturating_sub(u32::try_from(browse.count()).unwrap_or(MOST))
}

/// One connection less than there are to the site.
fn fewer(wire: &Wire, mirror: &Mirror) -> u32 {
    let open = mirror.connections.values().filter(|other| other.open && other.tab.is_none() && other.site == wire.site);
    let limit = wire.site.connections.unwrap_or(mirror.settings.connections);
    u32::try_from(open.count()).unwrap_or(MOST).min(u32::from(limit)).saturating_sub(1)
}

/// Changes the site wherever it is: stored, in tabs, in the queue; and tries again.
fn change_site(
    chosen: &Chosen,
    wire: &Wire,
    mirror: &Mirror,
    view: &mut View,
    out: &mut Out,
    change: impl Fn(&mut Site),
) {
    let mut sites = (*mirror.sites).clone();
    if let Some(stored) = sites.sites.iter_mut().find(|stored| wire.site.is_stored_as(stored)) {
        change(stored);
    }
    sites.recent.iter_mut().filter(|site| **site == *wire.site).for_each(&change);
    if sites != *mirror.sites {
        out.actions.push(Action::SaveSites(Arc::new(sites)));
    }
    let mut site = (*wire.site).clone();
    change(&mut site);
    let site = Arc::new(site);
    out.actions.push(Action::ChangeSite { from: wire.site.clone(), to: site.clone() });
    for tab in &mut view.tabs {
        if let Some((known, credentials)) = tab.server.as_mut().filter(|(known, _)| *known == wire.site) {
            // It is the same server, and stays in its tab.
            *known = site.clone();
            let credentials = credentials.clone();
            out.actions.push(Action::Connect { tab: tab.id, site: site.clone(), credentials });
        }
    }
    out.actions.extend(retried(chosen, mirror));
}

/// The transfer once more, if it has failed.
fn retried(chosen: &Chosen, mirror: &Mirror) -> Option<Action> {
    let row = chosen.exchange.transfer.and_then(|id| mirror.queue.get(id))?;
    matches!(row.phase, Phase::Failed(_)).then(|| Action::Retry(vec![row.id]))
}

/// Connects the tab again, or begins the transfer again, which makes its own connection.
fn again(chosen: &Chosen, wire: &Wire, mirror: &Mirror, view: &View, out: &mut Out) {
    let retried = retried(chosen, mirror);
    if wire.tab.is_some() || retried.is_none() {
        let with = |tab: &&super::view::TabView| {
            wire.tab.map_or_else(|| tab.server.as_ref().is_some_and(|(site, _)| *site == wire.site), |id| id == tab.id)
        };
        if let Some(tab) = view.tabs.iter().find(with) {
            let known = tab.server.as_ref().filter(|(site, _)| *site == wire.site);
            let credentials = known.and_then(|(_, credentials)| credentials.clone());
            out.actions.push(Action::Connect { tab: tab.id, site: wire.site.clone(), credentials });
        }
    }
    out.actions.extend(retried);
}

/// Shows the folder to which `connection` went by `path`, in the pane of its tab.
pub fn show_folder(connection: ConnectionId, path: &str, mirror: &Mirror, view: &mut View, actions: &mut Vec<Action>) {
    let Some(wire) = mirror.connections.get(&connection) else { return };
    let Some(id) = tab_of(wire, mirror) else { return };
    let Some((here, paths)) = stands(id, mirror, view) else { return };
    let folder = place::resolve(&here, paths, path);
    view.tab = id;
    view.current().side = Side::Remote;
    if view.current().remote.here().as_ref() != Some(&folder) {
        let mut out = Out::default();
        perform::go(id, folder, Travel::On, mirror, view, &mut out);
        actions.append(&mut out.actions);
    }
}

/// The folder that a tab shows, else the one after the log-in, and the form of its paths.
fn stands(id: TabId, mirror: &Mirror, view: &mut View) -> Option<(Place, PathSyntax)> {
    let tab = view.tab_mut(id)?;
    let home = || Some(Place::Remote(mirror.tab(id)?.server.as_ref()?.home.clone()));
    Some((tab.remote.here().or_else(home)?, tab.remote.paths))
}

fn refresh(wire: &Wire, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let Some(id) = tab_of(wire, mirror) else { return };
    view.tab = id;
    if let Some((place, _)) = stands(id, mirror, view) {
        perform::go(id, place, Travel::On, mirror, view, out);
    }
}

/// Opens the permissions of what was refused where they are listed; else lists its folder and selects it there.
fn permissions(chosen: &Chosen, wire: &Wire, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let Some(id) = tab_of(wire, mirror) else { return };
    let Some(subject) = subject(chosen, id, mirror, view) else { return refresh(wire, mirror, view, out) };
    view.tab = id;
    match listed(&subject, id, mirror) {
        Some(entry) => view.dialogs.open(Wish::Permissions { tab: id, places: vec![(subject, entry)] }),
        None => {
            let Some(folder) = place::parent(&subject) else { return };
            perform::go(id, folder, Travel::On, mirror, view, out);
            if let Some(tab) = view.tab_mut(id) {
                tab.remote.land_on(place::name(&subject));
            }
        }
    }
}

/// What the command was about; what could not be made is the matter of the folder that it should go into.
fn subject(chosen: &Chosen, id: TabId, mirror: &Mirror, view: &mut View) -> Option<Place> {
    let exchange = &chosen.exchange;
    let row = exchange.transfer.and_then(|id| mirror.queue.get(id));
    let named = match row {
        Some(row) => Place::Remote(row.remote()),
        None => {
            let (here, paths) = stands(id, mirror, view)?;
            let folder = chosen.folder.as_deref().map_or(here.clone(), |path| place::resolve(&here, paths, path));
            place::resolve(&folder, paths, exchange.argument())
        }
    };
    if matches!(exchange.verb(), "STOR" | "APPE" | "STOU" | "MKD") { place::parent(&named) } else { Some(named) }
}

/// What the listing that is shown says of it.
fn listed(subject: &Place, id: TabId, mirror: &Mirror) -> Option<Entry> {
    let listing = mirror.tab(id)?.remote.as_deref()?;
    let name = place::name(subject);
    (place::parent(subject)? == Place::Remote(listing.path.clone()))
        .then(|| listing.entries.iter().find(|entry| entry.name == name).cloned())
        .flatten()
}

/// Compares the file on both sides.
fn verify(chosen: &Chosen, wire: &Wire, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let Some(row) = chosen.exchange.transfer.and_then(|id| mirror.queue.get(id)) else { return };
    let Some(tab) = tab_of(wire, mirror) else { return };
    let action = FileAction::Verify { local: local(row), remote: row.remote() };
    out.actions.push(Action::Files { tab, ticket: view.tickets.next(), action });
}

fn local(row: Row<'_>) -> PathBuf {
    row.folder.local.join(place::os_name(row.local_name()))
}

/// Puts the file into the queue once more.
fn fetch(chosen: &Chosen, wire: &Wire, mirror: &Mirror, out: &mut Out) {
    let Some(row) = chosen.exchange.transfer.and_then(|id| mirror.queue.get(id)) else { return };
    let failed = matches!(row.phase, Phase::Failed(_) | Phase::Skipped);
    match tab_of(wire, mirror) {
        Some(tab) => {
            if failed {
                out.actions.push(Action::Remove(vec![row.id]));
            }
            out.actions.push(Action::Enqueue(batch(row, tab)));
        }
        None => out.actions.extend(failed.then(|| Action::Retry(vec![row.id]))),
    }
}

fn batch(row: Row<'_>, tab: TabId) -> Batch {
    let size = row.size.filter(|_| row.course == Course::Download);
    let item = BatchItem { local: local(row), remote: row.remote(), kind: row.kind, size, permissions: None };
    Batch {
        tab,
        course: row.course,
        items: vec![item],
        if_exists: Some(IfExists::Overwrite),
        transfer_type: Some(row.transfer_type),
    }
}
