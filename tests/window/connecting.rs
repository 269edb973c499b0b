//! Quickconnect, tabs, and what is said of a connection.

use super::*;

#[test]
fn quickconnect_connects() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    window.run();
    window.actions();
    for (name, text) in
        [("Address", "ftpes://ftp.example.org/pub"), ("User", "me"), ("Password", "s3cret"), ("Port", "2121")]
    {
        let role = if name == "Password" { Role::PasswordInput } else { Role::TextInput };
        if name == "Address" {
            window.harness.get_by_role_and_label(role, name).click();
            window.run();
        } else {
            window.press(Modifiers::NONE, Key::Tab);
        }
        let field = window.harness.get_by_role_and_label(role, name);
        assert!(field.is_focused(), "{name}");
        field.type_text(text);
        window.run();
    }
    window.press(Modifiers::NONE, Key::Enter);
    let actions = window.actions();
    let connect = actions.iter().find_map(|action| match action {
        Action::Connect { site, credentials, .. } => Some((site.clone(), credentials.clone().unwrap())),
        _ => None,
    });
    let (site, credentials) = connect.unwrap_or_else(|| panic!("{actions:?}"));
    assert_eq!((site.host.as_str(), site.port(), site.user.as_str()), ("ftp.example.org", 2121, "me"));
    assert_eq!((site.remote.as_deref(), credentials.password.expose()), (Some("pub"), "s3cret"));
    let recent = actions.iter().find_map(|action| match action {
        Action::SaveSites(sites) => Some(sites.recent.len()),
        _ => None,
    });
    assert_eq!(recent, Some(1));
    assert!(!format!("{actions:?}").contains("s3cret"));
}

#[test]
fn a_password_in_the_address_does_not_stay_on_the_screen() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    window.run();
    window.harness.get_by_role_and_label(Role::TextInput, "Address").click();
    window.run();
    window.harness.get_by_role_and_label(Role::TextInput, "Address").type_text("ftp://me:s3cret@ftp.example.org/pub");
    window.run();
    assert!(!format!("{:?}", window.harness.state()).contains("s3cret"));
    window.harness.get_by_label("Connect").click();
    window.run();
    let address = window.harness.get_by_role_and_label(Role::TextInput, "Address").value();
    assert_eq!(address.as_deref(), Some("ftp.example.org"));
    assert!(window.actions().iter().any(|action| matches!(action, Action::Connect { credentials: Some(_), .. })));
}

#[test]
fn a_port_in_the_address_counts_and_goes_into_its_field() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    window.run();
    for (address, port) in [("ftp.example.org:2121", 2121), ("ftps://ann@127.0.0.1:42022/pub", 42022)] {
        let field = |window: &Window, name| window.harness.get_by_role_and_label(Role::TextInput, name).value();
        window.harness.get_by_role_and_label(Role::TextInput, "Address").click();
        window.run();
        window.press(Modifiers::COMMAND, Key::A);
        window.harness.get_by_role_and_label(Role::TextInput, "Address").type_text(address);
        window.run();
        window.press(Modifiers::NONE, Key::Enter);
        let connected = |action: &Action| matches!(action, Action::Connect { site, .. } if site.port == Some(port));
        let actions = window.actions();
        assert!(actions.iter().any(connected), "{address}: {actions:?}");
        assert_eq!(field(&window, "Port"), Some(port.to_string()), "{address}");
        assert!(!field(&window, "Address").unwrap().contains(&port.to_string()), "{address}");
    }
}

#[test]
fn quickconnect_follows_the_tab() {
    let mut window = Window::with_folders();
    let value = |window: &Window, name| window.harness.get_by_role_and_label(Role::TextInput, name).value();
    window.harness.get_by_label("New tab").click();
    window.run();
    assert_eq!(value(&window, "Address").as_deref(), Some(""), "a new tab has no server");
    assert!(window.harness.get_by_role_and_label(Role::TextInput, "Address").is_focused());
    window.harness.get_by_role_and_label(Role::TextInput, "Address").type_text("other.example");
    window.run();
    window.harness.get_by_role_and_label(Role::Tab, "ftp.example.org, connected").click();
    window.run();
    assert_eq!(value(&window, "Address").as_deref(), Some("ftp.example.org"));
    assert_eq!(value(&window, "User").as_deref(), Some("me"));
    window.harness.get_by_role_and_label(Role::Tab, "New tab, not connected").click();
    window.run();
    assert_eq!(value(&window, "Address").as_deref(), Some("other.example"), "what was typed stays");
}

#[test]
fn after_a_site_is_connected_to_the_fields_show_it_and_the_keyboard_is_not_in_them() {
    let mut window = Window::with_folders();
    let site = Site { name: "Stored".into(), host: "stored.example".into(), port: Some(2121), ..(*site()).clone() };
    window.tell(Event::Sites(Arc::new(Sites { sites: vec![site], ..Sites::default() })));
    window.run();
    window.press(Modifiers::COMMAND, Key::S);
    window.harness.get_by_role_and_label(Role::Dialog, "Site manager").get_by_label("Connect").click();
    window.run();
    let address = window.harness.get_by_role_and_label(Role::TextInput, "Address");
    assert_eq!(address.value().as_deref(), Some("stored.example"));
    assert!(!address.is_focused());
    assert_eq!(window.harness.get_by_role_and_label(Role::TextInput, "Port").value().as_deref(), Some("2121"));
    let connected =
        |action: &Action| matches!(action, Action::Connect { tab, site, .. } if site.name == "Stored" && *tab != TAB);
    assert!(window.actions().iter().any(connected), "in a tab of its own");
}

#[test]
fn recent_servers_are_chosen_with_keys() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    let recent = Site { port: Some(2121), ..(*site()).clone() };
    window.tell(Event::Sites(Arc::new(Sites { recent: vec![recent], ..Sites::default() })));
    window.run();
    window.actions();
    window.harness.get_by_role_and_label(Role::TextInput, "Address").click();
    window.run();
    window.press(Modifiers::NONE, Key::ArrowDown);
    window.harness.get_by_label_contains("ftp.example.org:2121");
    window.press(Modifiers::NONE, Key::Enter);
    assert!(
        window.actions().iter().any(|action| matches!(action, Action::Connect { site, .. } if site.port() == 2121))
    );
    let mut named = window.harness.query_all_by_label_contains("ftp.example.org:2121");
    assert!(named.all(|node| node.accesskit_node().role() == Role::Tab), "the list is closed");
}

#[test]
fn a_missing_vault_is_said_once_in_plain_words() {
    let mut window = Window::with_folders();
    for _ in 0..2 {
        window.tell(Event::NoVault("zbus error: no such name".into()));
    }
    window.run();
    window.harness.get_by_label_contains("passwords are kept until you quit");
    assert!(window.harness.query_by_label_contains("zbus").is_none(), "it is said under the pointer");
    assert!(window.harness.query_by_label("1 more").is_none());
}

#[test]
fn keys_of_the_text_stay_with_the_text() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.press(Modifiers::COMMAND, Key::F);
    window.press(Modifiers::COMMAND, Key::A);
    window.press(Modifiers::NONE, Key::Backspace);
    assert_eq!(window.remote_selected(), ["one.html"]);
    assert!(window.actions().is_empty());
}

#[test]
fn a_mistake_in_the_address_is_said_and_nothing_is_sent() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    window.run();
    window.actions();
    window.harness.get_by_role_and_label(Role::TextInput, "Address").click();
    window.run();
    window.harness.get_by_role_and_label(Role::TextInput, "Address").type_text("sftp://host");
    window.run();
    window.harness.get_by_label("Connect").click();
    window.run();
    assert!(window.harness.query_by_label_contains("sftp:// is not FTP").is_some());
    assert!(window.actions().is_empty());
}

#[test]
fn what_is_typed_comes_in_sight_however_fast() {
    let mut window = Window::with_folders();
    window.tell(remote("/www", (0..1000).map(|number| entry(&format!("f{number:04}"), 1)).collect()));
    window.run();
    window.click("f0001", Modifiers::NONE);
    for key in [Key::Home, Key::End] {
        window.press(Modifiers::NONE, key);
        window.harness.step();
        for letter in ["f", "0", "5", "0", "0"] {
            window.harness.event(Input::Text(letter.into()));
            window.harness.step();
        }
        window.run();
        assert_eq!(window.remote_selected(), ["f0500"]);
        assert!(window.harness.query_by_role_and_label(Role::ListBoxOption, "f0500").is_some(), "after {key:?}");
        window.harness.input_mut().time = window.harness.input_mut().time.map(|time| time + 10.0);
    }
}

#[test]
fn a_failed_connection_can_be_made_again() {
    let mut window = Window::new(vec2(1024.0, 700.0));
    window.run();
    let why = "530 Login incorrect.";
    let failed = failure("Could not log in to ftp.example.org", why);
    window.tell(Event::Connection { tab: TAB, state: ConnectionState::Disconnected(Some(failed)) });
    window.run();
    assert!(window.harness.query_by_label(why).is_some());
    assert!(window.harness.query_by_role_and_label(Role::Link, "Show in the reply log").is_some());
}

#[test]
fn tabs_open_and_close() {
    let mut window = Window::with_folders();
    window.press(Modifiers::COMMAND, Key::T);
    let opened = window.actions();
    assert!(matches!(opened.as_slice(), [Action::ListLocal { tab, .. }] if *tab != TAB), "{opened:?}");
    window.press(Modifiers::COMMAND, Key::W);
    assert!(matches!(window.actions().as_slice(), [Action::CloseTab { tab }] if *tab != TAB));
    assert_eq!(window.harness.state().view().tabs.len(), 1);
}

#[test]
fn what_goes_in_clear_beside_tls_is_said() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    window.run();
    let Event::Connection { state: ConnectionState::Connected(server), .. } = connected() else { panic!() };
    let tls = Tls { version: "TLS 1.3".into(), ..Tls::default() };
    for clear_data in [false, true] {
        let site = Arc::new(Site { clear_data, ..(*site()).clone() });
        let server = Arc::new(Server { site, tls: Some(tls.clone()), ..(*server).clone() });
        window.tell(Event::Connection { tab: TAB, state: ConnectionState::Connected(server) });
        window.run();
        assert!(window.harness.query_by_label("TLS 1.3").is_some());
        assert_eq!(window.harness.query_by_label("data connections not encrypted").is_some(), clear_data);
    }
}

#[test]
fn a_charset_is_offered_where_names_are_not_utf8() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    window.run();
    window.harness.get_by_role_and_label(Role::TextInput, "Address").click();
    window.run();
    window.harness.get_by_role_and_label(Role::TextInput, "Address").type_text("me@ftp.example.org");
    window.run();
    window.harness.get_by_label("Connect").click();
    window.run();
    window.tell(connected());
    window.run();
    let listing = |guess| {
        let Event::Listing { path, result: Ok(listing), .. } = remote("/www", vec![entry("x", 1)]) else { panic!() };
        Event::Listing { tab: TAB, path, result: Ok(Arc::new(Listing { guess, ..(*listing).clone() })) }
    };
    window.tell(listing(Some("windows-1251")));
    window.run();
    assert!(window.harness.query_by_label_contains("read them as windows-1251?").is_some());
    window.harness.get_by_label("Read so").click();
    window.run();
    let charset = window.actions().iter().find_map(|action| match action {
        Action::Connect { tab: TAB, site, .. } => site.encoding.clone(),
        _ => None,
    });
    assert_eq!(charset.as_deref(), Some("windows-1251"));
    // Put away, it is not offered again with the next folder.
    window.harness.get_by_label("Put away (remote)").click();
    window.run();
    // Nor as another charset: what names look like changes with every one that comes or goes.
    for charset in ["windows-1251", "windows-1254"] {
        window.tell(listing(Some(charset)));
        window.run();
        assert!(window.harness.query_by_label_contains("read them as").is_none(), "{charset}");
    }
}

#[test]
fn a_connection_that_the_server_closed_is_not_shown_as_one() {
    let mut window = Window::with_folders();
    let opened = |connection| Event::Opened { connection: ConnectionId(connection), tab: Some(TAB), site: site() };
    let shown = |window: &Window| {
        let tab = |label| window.harness.query_by_role_and_label(Role::Tab, label).is_some();
        let status = window.harness.query_by_label("connects again when needed").is_some();
        let command = window.harness.get_by_role_and_label(Role::TextInput, "Command to send");
        assert_eq!(status, window.harness.query_by_label("UTF-8").is_none());
        assert_eq!(status, command.accesskit_node().is_disabled());
        assert_eq!(tab("ftp.example.org, connected"), !status);
        assert_eq!(tab("ftp.example.org, not connected"), status);
        !status
    };
    for event in [opened(1), connected()] {
        window.tell(event);
    }
    window.run();
    assert!(shown(&window));
    window.click("two.html", Modifiers::NONE);
    window.tell(Event::Closed(ConnectionId(1)));
    window.run();
    assert!(!shown(&window));
    assert_eq!(window.remote_names().len(), 4, "the folder stays");
    // The end of the old connection may be heard of after the beginning of the new one.
    for event in [opened(2), connected(), opened(3), Event::Closed(ConnectionId(2)), connected()] {
        window.tell(event);
        window.run();
    }
    assert!(shown(&window));
    // A server that had TLS before is asked for nothing less, which makes it no other one.
    let Event::Connection { state: ConnectionState::Connected(server), .. } = connected() else { panic!() };
    let site = Arc::new(Site { security: Security::Explicit, ..(*site()).clone() });
    let server = Arc::new(Server { site, ..(*server).clone() });
    window.tell(Event::Connection { tab: TAB, state: ConnectionState::Connected(server) });
    window.run();
    assert_eq!(window.remote_selected(), ["two.html"]);
}
