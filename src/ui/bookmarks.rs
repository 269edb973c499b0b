//! Bookmarks: the folders that a site keeps.

use std::sync::Arc;

use crate::model::site::Bookmark;
use crate::model::{Action, PathSyntax, Place, RemotePath, Site};

use super::mirror::Mirror;
use super::pane::Travel;
use super::perform::{self, Out};
use super::place;
use super::view::{TabView, View};

/// Keeps the shown folders with the tab's site; one that was only typed is opened in the site manager first.
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
    match sites.sites.iter_mut().find(|stored| perform::is_stored_as(&site, stored)) {
        Some(stored) => stored.bookmarks.push(bookmark),
        None => {
            let name = site.host.clone();
            sites.sites.push(Site { name, bookmarks: vec![bookmark], ..(*site).clone() });
            view.sites.open = true;
        }
    }
    out.actions.push(Action::SaveSites(Arc::new(sites)));
}

/// The bookmarks of the tab's site.
pub fn of<'a>(mirror: &'a Mirror, tab: &TabView) -> &'a [Bookmark] {
    let stored = tab.server.as_ref().and_then(|(site, _)| {
        let same = |stored: &&Site| {
            (stored.name == site.name && stored.folder == site.folder)
                || (site.name.is_empty() && stored.host == site.host)
        };
        mirror.sites.sites.iter().find(same)
    });
    stored.map(|site| site.bookmarks.as_slice()).unwrap_or_default()
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
