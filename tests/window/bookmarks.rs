//! Bookmarks of what is connected.

use longshore::model::site::Bookmark;

use super::*;

/// The sites that were sent to be stored; the worker answers with the same.
fn stored(window: &mut Window) -> Arc<Sites> {
    let sites = window.actions().into_iter().find_map(|action| match action {
        Action::SaveSites(sites) => Some(sites),
        _ => None,
    });
    let sites = sites.expect("sites are stored");
    window.tell(Event::Sites(sites.clone()));
    window.run();
    sites
}

fn bookmarked(window: &mut Window) -> bool {
    window.harness.get_by_label("Bookmarks").click();
    window.run();
    let listed = window.harness.query_by_role_and_label(Role::Button, "www").is_some();
    window.press(Modifiers::NONE, Key::Escape);
    listed
}

#[test]
fn a_server_that_was_only_typed_becomes_one_site_with_its_bookmarks() {
    let mut window = Window::with_folders();
    let others = [("First", Some(2121), "me"), ("Second", None, "you"), ("ftp.example.org", Some(2121), "joe")];
    let others = others.map(|(name, port, user)| Site {
        name: name.into(),
        port,
        user: user.into(),
        bookmarks: vec![Bookmark { name: "/other".into(), ..Bookmark::default() }],
        ..(*site()).clone()
    });
    window.tell(Event::Sites(Arc::new(Sites { sites: others.to_vec(), ..Sites::default() })));
    window.run();
    assert!(!bookmarked(&mut window));
    window.press(Modifiers::COMMAND, Key::B);
    let sites = stored(&mut window);
    let [.., made] = sites.sites.as_slice() else { panic!("{sites:?}") };
    assert_eq!((sites.sites.len(), made.name.as_str()), (4, "ftp.example.org (2)"), "names tell sites apart");
    assert_eq!(made.bookmarks[0].remote.as_deref(), Some("/www"));
    let manager = window.harness.get_by_role_and_label(Role::Dialog, "Site manager");
    let row = manager.get_by_role_and_label(Role::TreeItem, "www");
    assert_eq!(row.accesskit_node().toggled(), Some(Toggled::True), "the site manager shows it");
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.harness.query_all_by_role(Role::Dialog).count(), 0, "nothing is unsaved");
    assert!(bookmarked(&mut window));
    window.tell(remote("/www/css", Vec::new()));
    window.run();
    window.press(Modifiers::COMMAND, Key::B);
    let sites = stored(&mut window);
    let names: Vec<_> = sites.sites[3].bookmarks.iter().map(|bookmark| bookmark.name.as_str()).collect();
    assert_eq!((sites.sites.len(), names), (4, vec!["www", "css"]), "the site is used again");
    window.press(Modifiers::NONE, Key::Escape);
    window.actions();
    window.press(Modifiers::COMMAND, Key::B);
    assert!(!window.actions().iter().any(|action| matches!(action, Action::SaveSites(_))), "it is there already");
}

#[test]
fn the_site_manager_opens_both_folders_of_a_bookmark() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    let bookmark = Bookmark { name: "Photos".into(), local: Some("/home/me/photos".into()), remote: Some("/p".into()) };
    let site =
        Site { name: "Stored".into(), remote: Some("/www".into()), bookmarks: vec![bookmark], ..(*site()).clone() };
    window.tell(Event::Sites(Arc::new(Sites { sites: vec![site], ..Sites::default() })));
    window.run();
    window.press(Modifiers::COMMAND, Key::S);
    window.harness.get_by_role_and_label(Role::TreeItem, "Photos").click();
    window.run();
    window.actions();
    window.harness.get_by_role_and_label(Role::Dialog, "Site manager").get_by_label("Connect").click();
    window.run();
    let actions = window.actions();
    let connects =
        |action: &Action| matches!(action, Action::Connect { site, .. } if site.remote.as_deref() == Some("/p"));
    let lists =
        |action: &Action| matches!(action, Action::ListLocal { path, .. } if path.to_str() == Some("/home/me/photos"));
    assert!(actions.iter().any(connects) && actions.iter().any(lists), "{actions:?}");
}
