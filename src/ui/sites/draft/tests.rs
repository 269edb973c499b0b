//! Folders, names and changes of the working copy.

use super::*;

fn site(folder: &str, name: &str) -> Site {
    Site { folder: folder.to_owned(), name: name.to_owned(), host: format!("{name}.example"), ..Site::default() }
}

fn draft() -> Draft {
    Draft::of(&Sites {
        folders: vec!["Work".into(), "Home".into()],
        sites: vec![site("", "top"), site("Work/Clients", "acme"), site("Work", "intranet")],
        recent: vec![site("", "typed")],
    })
}

fn tree(draft: &Draft, search: &str) -> Vec<String> {
    draft.rows(search).into_iter().map(|row| format!("{}{}", "  ".repeat(row.depth), row.name)).collect()
}

fn find(draft: &Draft, name: &str) -> Node {
    draft.rows("").into_iter().find(|row| row.name == name).unwrap().node
}

#[test]
fn the_tree_shows_folders_first_and_makes_missing_ones() {
    let mut draft = draft();
    assert_eq!(tree(&draft, ""), ["Work", "  Clients", "    acme", "  intranet", "Home", "top"]);
    draft.fold(&find(&draft, "Work"), false);
    assert_eq!(tree(&draft, ""), ["Work", "Home", "top"]);
    assert_eq!(tree(&draft, "ACME.ex"), ["Work", "  Clients", "    acme"]);
    assert_eq!(tree(&draft, "hom"), ["Home"]);
    assert!(tree(&draft, "nowhere").is_empty());
}

#[test]
fn new_things_get_free_names() {
    let mut draft = draft();
    let first = draft.add_site("Work");
    let second = draft.add_site("Work");
    assert_eq!((draft.name(&first), draft.name(&second)), ("New site".into(), "New site (2)".into()));
    assert_eq!(draft.add_folder("Work"), Node::Folder("Work/New folder".into()));
    assert_eq!(draft.add_folder("Work"), Node::Folder("Work/New folder (2)".into()));
    let Node::Site(key) = find(&draft, "top") else { panic!() };
    let bookmark = draft.add_bookmark(key).unwrap();
    assert_eq!(draft.duplicate(&bookmark), Some(Node::Bookmark(key, 1)));
    assert_eq!(draft.name(&Node::Bookmark(key, 1)), "New bookmark (2)");
    let copy = draft.duplicate(&find(&draft, "acme")).unwrap();
    assert_eq!((draft.name(&copy), draft.folder_of(Some(&copy))), ("acme (2)".into(), "Work/Clients".into()));
}

#[test]
fn names_stay_unique() {
    let mut draft = draft();
    let intranet = find(&draft, "intranet");
    let other = draft.add_site("Work");
    assert!(draft.rename(&other, "intranet").unwrap_err().contains("already"));
    assert!(draft.rename(&other, " ").is_err() && draft.rename(&other, "a/b").is_err());
    assert_eq!(draft.rename(&intranet, " wiki "), Ok(intranet.clone()));
    assert_eq!(draft.name(&intranet), "wiki");
    assert!(draft.rename(&Node::Folder("Work".into()), "Home").is_err());
    let moved = draft.rename(&Node::Folder("Work".into()), "Job").unwrap();
    assert_eq!(tree(&draft, ""), ["Job", "  Clients", "    acme", "  wiki", "  New site", "Home", "top"]);
    assert_eq!(draft.measure(&moved), (3, 2));
}

#[test]
fn things_move_between_folders() {
    let mut draft = draft();
    let work = Node::Folder("Work".into());
    assert!(draft.move_to(&work, "Work/Clients").is_err());
    assert_eq!(draft.move_to(&work, "Home"), Ok(Node::Folder("Home/Work".into())));
    assert_eq!(draft.folder_of(Some(&find(&draft, "acme"))), "Home/Work/Clients");
    draft.add_site("");
    let acme = find(&draft, "acme");
    draft.rename(&acme, "top").unwrap();
    draft.move_to(&acme, "").unwrap();
    assert_eq!(draft.name(&acme), "top (2)");
}

#[test]
fn deleting_a_folder_deletes_what_is_in_it() {
    let mut draft = draft();
    draft.delete(&Node::Folder("Work".into()));
    assert_eq!(tree(&draft, ""), ["Home", "top"]);
    draft.delete(&find(&draft, "top"));
    draft.delete(&Node::Folder("Home".into()));
    assert!(draft.is_empty());
    assert_eq!(draft.sites().recent.len(), 1, "what was typed is not the site manager's");
}

#[test]
fn only_changes_count_as_changes() {
    let saved = draft().sites();
    let mut draft = Draft::of(&saved);
    assert!(!draft.differs(&saved));
    let Node::Site(key) = find(&draft, "acme") else { panic!() };
    draft.held_mut(key).unwrap().password = Password::Typed(Secret::new("x"));
    assert!(draft.differs(&saved));
    let passwords: Vec<_> = draft.passwords().map(|(site, secret)| (site.name.clone(), secret.cloned())).collect();
    assert_eq!(passwords, [("acme".to_owned(), Some(Secret::new("x")))]);
}
