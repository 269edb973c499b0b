//! Bookmarks: the folders that a site keeps.

use std::sync::Arc;

use crate::model::site::Bookmark;
use crate::model::{Action, PathSyntax, Place, RemotePath, Site, Sites};

use super::mirror::Mirror;
use super::pane::Travel;
use super::perform::{self, Out};
use super::place;
use super::sites::draft;
use super::view::{TabView, View};

/// Keeps the shown folders with the tab's site, and shows them in the site manager. A server that was only typed becomes a
/// site with its first bookmark.
pub fn add(mirror: &Mirror, view: &mut View, out: &mut Out) {
    let tab = view.current();
    let Some((site, _)) = tab.server.clone() else { return };
    let local = match tab.local.here() {
        Some(Place::Local(path)) => Some(path),
        _ => None,
    };
    let remote = tab.remote.here();
    let name = remote.as_ref().map_or_else(|| site.title(), place::label);
    let bookmark = Bookmark { name, local, remote: remote.as_ref().map(place::shown) };
    let mut sites = (*mirror.sites).clone();
    let at = place_of(&site, &sites).unwrap_or_else(|| {
        let taken = |name: &str| sites.sites.iter().any(|other| other.name == name && other.folder == site.folder);
        let name = draft::free(&site.host, taken);
        sites.sites.push(Site { name, bookmarks: Vec::new(), ..(*site).clone() });
        sites.sites.len() - 1
    });
    let stored = &mut sites.sites[at];
    let known = stored.bookmarks.iter().position(|other| *other == bookmark);
    let at = known.unwrap_or(stored.bookmarks.len());
    view.sites.open_at(stored, at);
    if known.is_none() {
        stored.bookmarks.push(bookmark);
        out.actions.push(Action::SaveSites(Arc::new(sites)));
    }
}

/// The bookmarks of the tab's site.
pub fn of<'a>(mirror: &'a Mirror, tab: &TabView) -> &'a [Bookmark] {
    let at = tab.server.as_ref().and_then(|(site, _)| place_of(site, &mirror.sites));
    at.map(|at| mirror.sites.sites[at].bookmarks.as_slice()).unwrap_or_default()
}

/// Where the site of a tab is stored; for one that was only typed, a site of the same server and user.
fn place_of(site: &Site, sites: &Sites) -> Option<usize> {
    let typed = site.name.is_empty();
    let is = |stored: &Site| site.is_stored_as(stored) || (typed && stored.is_same_server(site));
    sites.sites.iter().position(is)
}

/// Shows both folders of a bookmark.
pub fn open(bookmark: &Bookmark, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let id = view.tab;
    if let Some(path) = &bookmark.local {
        perform::go(id, Place::Local(path.clone()), Travel::On, mirror, view, out);
    }
    if let Some(remote) = &bookmark.remote {
        let server = mirror.tab(id).and_then(|tab| tab.server.as_ref());
        let home = Place::Remote(server.map_or_else(RemotePath::root, |server| server.home.clone()));
        let paths = server.map_or_else(PathSyntax::default, |server| server.paths);
        perform::go(id, place::resolve(&home, paths, remote), Travel::On, mirror, view, out);
    }
}
