//! The trees beside the panes.

use super::*;

#[test]
fn every_key_counts_in_a_tree() {
    let mut window = Window::with_folders();
    window.tell(remote("/", ["a/", "b/", "c/"].map(|name| entry(name, 0)).into()));
    window.run();
    let root = window.harness.get_all_by_role_and_label(Role::TreeItem, "/").last().unwrap().rect().center();
    window.harness.drag_at(root);
    window.harness.drop_at(root);
    window.run();
    window.actions();
    let key = |key| Input::Key { key, physical_key: None, pressed: true, repeat: false, modifiers: Modifiers::NONE };
    let keys = [Key::ArrowDown, Key::ArrowDown, Key::ArrowDown, Key::Enter].map(key);
    window.harness.input_mut().events.extend(keys); // in one frame
    window.run();
    let actions = window.actions();
    assert!(matches!(actions.as_slice(), [Action::List { path, .. }] if path.as_str() == "/c"), "{actions:?}");
}

#[test]
fn a_tree_learns_what_lies_beside_the_way_down() {
    let mut window = Window::with_folders();
    window.tell(remote("/a/b/c", vec![entry("d/", 0)]));
    let branch = |path: &str, names: &[&str]| {
        let listing = listing(path, names.iter().map(|name| entry(name, 0)).collect());
        Event::Branch { tab: TAB, path: listing.path.clone(), result: Ok(listing) }
    };
    let asked = |window: &Window| -> Vec<String> {
        let path = |action| match action {
            Action::ListBranch { path, .. } => Some(path.to_string()),
            _ => None,
        };
        window.actions().into_iter().filter_map(path).collect()
    };
    window.tell(branch("/", &["a/", "www/"])); // what was asked for when it showed /www
    window.run();
    assert_eq!(asked(&window), ["/a/b"], "the nearest first, and one after the other");
    window.run();
    assert!(asked(&window).is_empty(), "not again while the answer is under way");
    window.tell(branch("/a/b", &["beside/", "c/"]));
    window.run();
    assert_eq!(asked(&window), ["/a"]);
    window.tell(Event::Branch { tab: TAB, path: RemotePath::new("/a"), result: Err(failure("No", "550 No.")) });
    window.run();
    assert!(asked(&window).is_empty(), "what is refused is not asked for again");
    window.harness.get_by_role_and_label(Role::TreeItem, "beside");
}

#[test]
fn a_hidden_tree_asks_for_nothing() {
    let mut window = Window::new(vec2(1024.0, 700.0));
    window.tell(connected());
    window.tell(remote("/a/b/c", vec![entry("d/", 0)]));
    window.tell(local("/home/me/docs", vec![]));
    window.run();
    let branches = |action: &Action| matches!(action, Action::ListBranch { .. } | Action::ListLocalBranch { .. });
    assert!(!window.actions().iter().any(branches));
}

#[test]
fn a_move_shows_in_the_tree() {
    let mut window = Window::with_folders();
    window.tell(remote("/www/css", vec![entry("deep/", 0)]));
    window.tell(remote("/www", vec![entry("css/", 0), entry("one/", 0)]));
    window.run();
    window.actions();
    window.drag(window.center("one"), window.center("css"));
    let actions = window.actions();
    let [Action::Files { .. }, Action::ListBranch { path, .. }] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!(path.as_str(), "/www/css");
}
