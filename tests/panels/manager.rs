//! The site manager.

use super::*;

#[test]
fn a_site_is_deleted_with_keys() {
    let mut panel = manager(vec![sites()]);
    panel.get_by_role_and_label(Role::TreeItem, "Stored").click();
    panel.run();
    panel.key_press(Key::Delete);
    panel.run();
    panel.get_by_role_and_label(Role::Dialog, "Delete “Stored”?");
    panel.key_press(Key::Enter);
    panel.run();
    assert!(panel.query_by_label("Delete “Stored”?").is_none());
    assert!(panel.query_by_role_and_label(Role::TreeItem, "Stored").is_none());
}

#[test]
fn a_choice_is_made_with_keys() {
    let mut panel = manager(vec![sites()]);
    panel.get_by_role_and_label(Role::ComboBox, "Log in as").focus();
    panel.run();
    for key in [Key::Space, Key::ArrowDown, Key::Enter] {
        panel.key_press(key);
        panel.run();
    }
    assert!(panel.query_by_label("Ask for the password each time").is_none(), "the list is closed");
    assert!(panel.get_by_role_and_label(Role::ComboBox, "Log in as").is_focused());
    assert!(panel.state().view.sites.open, "and Enter did not connect");
}

#[test]
fn a_site_is_made_and_saved() {
    let mut panel = manager(vec![sites()]);
    panel.get_by_label("Search the sites");
    press(&mut panel, "New site");
    panel.get_by_label("Name").type_text("Printer");
    panel.key_press(Key::Enter);
    panel.run();
    let host = panel.get_by_label("Host");
    assert!(host.is_focused(), "after its name, a new site needs its host");
    host.type_text("ftp://joe:pw@printer.example:2121");
    panel.run();
    panel.key_press(Key::Tab);
    panel.run();
    assert_eq!(panel.get_by_label("Host").value().as_deref(), Some("printer.example"), "a URL is taken apart");
    press(&mut panel, "Save");
    let actions = take(&mut panel);
    let [Action::SaveSites(sites), Action::SavePassword { site, password }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!((sites.sites[0].name.as_str(), sites.sites[1].name.as_str()), ("Stored", "Printer"));
    assert_eq!((site.host.as_str(), site.port(), site.user()), ("printer.example", 2121, "joe"));
    assert_eq!(password.as_ref().unwrap().expose(), "pw");
    assert!(panel.get_by_role_and_label(Role::Button, "Save").accesskit_node().is_disabled(), "all is saved");
}

#[test]
fn connect_uses_what_is_chosen_and_saves_changes_first() {
    let mut panel = manager(vec![sites()]);
    press(&mut panel, "Connect");
    let actions = take(&mut panel);
    assert!(
        matches!(actions.as_slice(), [Action::Connect { tab: TAB, site, credentials: None }] if site.name == "Stored")
    );
    assert!(!panel.state().view.sites.open);
    let mut panel = manager(vec![sites()]);
    panel.get_by_role_and_label(Role::PasswordInput, "Password").click();
    panel.run();
    panel.get_by_role_and_label(Role::PasswordInput, "Password").type_text("typed");
    panel.run();
    press(&mut panel, "Connect");
    let actions = take(&mut panel);
    let [Action::SaveSites(_), Action::SavePassword { .. }, Action::Connect { credentials: Some(with), .. }] =
        actions.as_slice()
    else {
        panic!("{actions:?}")
    };
    assert_eq!((with.user.as_str(), with.password.expose()), ("me", "typed"));
}

#[test]
fn unsaved_changes_are_not_lost_by_accident() {
    let mut panel = manager(vec![sites()]);
    type_into(&mut panel, "Host", ".new");
    panel.key_press(Key::Escape);
    panel.run();
    panel.get_by_role_and_label(Role::Dialog, "Save the changes?");
    press(&mut panel, "Go back");
    assert!(panel.state().view.sites.open && take(&mut panel).is_empty());
    press(&mut panel, "Cancel");
    press(&mut panel, "Discard");
    assert!(!panel.state().view.sites.open && take(&mut panel).is_empty());
}

#[test]
fn typing_a_name_is_not_connecting() {
    let mut panel = manager(vec![sites()]);
    press(&mut panel, "Rename");
    panel.get_by_label("Name").type_text("Renamed");
    panel.key_press(Key::Enter);
    panel.run();
    assert!(take(&mut panel).is_empty(), "Enter ends the name only");
    panel.get_by_role_and_label(Role::TreeItem, "Renamed");
    press(&mut panel, "Rename");
    panel.get_by_label("Name").type_text("Other");
    panel.key_press(Key::Escape);
    panel.run();
    panel.get_by_role_and_label(Role::TreeItem, "Renamed");
    assert!(panel.state().view.sites.open, "Escape ends the name only");
}

#[test]
fn sites_move_into_folders_by_their_menu() {
    let stored = Site { name: "Stored".into(), ..(*site()).clone() };
    let folders = vec!["Work".to_owned()];
    let mut panel = manager(vec![Event::Sites(Arc::new(Sites { folders, sites: vec![stored], ..Sites::default() }))]);
    panel.get_by_role_and_label(Role::TreeItem, "Stored").click_secondary();
    panel.run();
    panel.get_by_label_contains("Move to").hover();
    panel.run();
    panel.get_by_role_and_label(Role::Button, "Work").click();
    panel.run();
    press(&mut panel, "Save");
    assert!(matches!(take(&mut panel).as_slice(), [Action::SaveSites(sites)] if sites.sites[0].folder == "Work"));
}

#[test]
fn a_site_is_deleted_only_after_a_question() {
    let mut panel = manager(vec![sites()]);
    press(&mut panel, "Delete");
    panel.get_by_role_and_label(Role::Dialog, "Delete “Stored”?");
    let buttons = panel.get_all_by_role_and_label(Role::Button, "Delete");
    buttons.last().unwrap().click();
    panel.run();
    panel.get_by_label("No site yet. Keep a server here to connect to it with one click.");
    press(&mut panel, "Save");
    assert!(matches!(take(&mut panel).as_slice(), [Action::SaveSites(sites)] if sites.sites.is_empty()));
}
