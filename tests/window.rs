//! The window, driven by what assistive technologies see of it: labels in, actions out.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use eframe::egui::accesskit::{Role, Toggled};
use eframe::egui::{DroppedFile, Event as Input, Key, Modifiers, PointerButton, Pos2, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use longshore::model::event::{Server, Tls};
use longshore::model::transfer::Course;
use longshore::model::{
    Action, Actions, AfterLast, Ask, Cause, ConnectionId, ConnectionState, Direction, Entry, Event, Failure,
    FileAction, Kind, Line, Listing, LocalListing, Login, Place, Question, QuestionId, RemotePath, Settings, Site,
    Sites, TabId,
};
use longshore::ui::{App, Start};

const TAB: TabId = TabId(1);

struct Window {
    harness: Harness<'static, App>,
    actions: Receiver<Action>,
    events: SyncSender<Event>,
}

fn entry(name: &str, size: u64) -> Entry {
    let kind = if name.ends_with('/') { Kind::Directory } else { Kind::File };
    let mut entry = Entry::new(name.trim_end_matches('/'), kind);
    entry.size = (kind == Kind::File).then_some(size);
    entry
}

fn remote(path: &str, entries: Vec<Entry>) -> Event {
    let listing = listing(path, entries);
    Event::Listing { tab: TAB, path: listing.path.clone(), result: Ok(listing) }
}

fn listing(path: &str, entries: Vec<Entry>) -> Arc<Listing> {
    Arc::new(Listing {
        path: RemotePath::new(path),
        entries,
        dialect: "MLSD".into(),
        refused: Vec::new(),
        at: jiff::Timestamp::UNIX_EPOCH,
        raw: Default::default(),
        guess: None,
    })
}

fn local(path: &str, entries: Vec<Entry>) -> Event {
    let listing = LocalListing { path: path.into(), entries };
    Event::LocalListing { tab: TAB, path: path.into(), result: Ok(Arc::new(listing)) }
}

fn site() -> Arc<Site> {
    Arc::new(Site { host: "ftp.example.org".into(), user: "me".into(), login: Login::Normal, ..Site::default() })
}

fn connected() -> Event {
    let server = Server {
        site: site(),
        address: "192.0.2.7:21".into(),
        system: "UNIX".into(),
        features: Vec::new(),
        home: RemotePath::new("/home"),
        tls: None,
        listing: "MLSD".into(),
        paths: longshore::model::PathSyntax::Unix,
        encoding: "UTF-8".into(),
        round_trip: 3,
    };
    Event::Connection { tab: TAB, state: ConnectionState::Connected(Arc::new(server)) }
}

fn failure(what: &str, why: &str) -> Failure {
    Failure { what: what.into(), why: why.into(), cause: Cause::Refused, again: false }
}

impl Window {
    /// Before a connection, with the settings as they are at first.
    fn new(size: Vec2) -> Self {
        Self::with(size, Settings::default())
    }

    fn with(size: Vec2, settings: Settings) -> Self {
        let (events, from_worker) = sync_channel(1000);
        let (to_worker, actions) = sync_channel(100);
        events.send(Event::Settings(Box::new(settings))).unwrap();
        let send = move |action| {
            to_worker.try_send(action).map_err(|error| match error {
                TrySendError::Full(action) | TrySendError::Disconnected(action) => action,
            })
        };
        let start = Start { actions: Actions::new(send), events: from_worker, open: None, local: None, log: None };
        let builder = Harness::builder().with_size(size).with_max_steps(20).allow_missing_glyphs();
        let harness = builder.build_eframe(|cc| App::new(&cc.egui_ctx, start));
        Self { harness, actions, events }
    }

    /// Connected, with a folder on either side.
    fn with_folders() -> Self {
        Self::with_folders_and(Settings::default())
    }

    fn with_folders_and(settings: Settings) -> Self {
        let mut window = Self::with(vec2(1400.0, 900.0), settings);
        window.tell(connected());
        window.tell(local("/home/me", vec![entry("docs/", 0), entry("here.txt", 10), entry("photo.jpg", 20)]));
        let there = ["css/", "one.html", "two.html", "three.html"];
        let sizes = [0, 300, 100, 200];
        window.tell(remote("/www", there.iter().zip(sizes).map(|(name, size)| entry(name, size)).collect()));
        window.run();
        window.actions();
        window
    }

    fn tell(&self, event: Event) {
        self.events.send(event).unwrap();
    }

    fn run(&mut self) {
        self.harness.step();
        self.harness.run();
    }

    /// What was sent to the worker since it was asked last.
    fn actions(&self) -> Vec<Action> {
        self.actions.try_iter().collect()
    }

    fn row<'a>(&'a self, name: &'a str) -> egui_kittest::Node<'a> {
        self.harness.get_by_role_and_label(Role::ListBoxOption, name)
    }

    fn center(&self, name: &str) -> Pos2 {
        self.row(name).rect().center()
    }

    fn click(&mut self, name: &str, modifiers: Modifiers) {
        self.row(name).click_modifiers(modifiers);
        self.run();
    }

    fn press(&mut self, modifiers: Modifiers, key: Key) {
        self.harness.key_press_modifiers(modifiers, key);
        self.run();
    }

    fn drag(&mut self, from: Pos2, to: Pos2) {
        self.harness.hover_at(from);
        self.harness.step();
        self.harness.drag_at(from);
        self.harness.step();
        for share in [0.3, 0.6, 1.0] {
            self.harness.hover_at(from.lerp(to, share));
            self.harness.step();
        }
        let up = Input::PointerButton {
            pos: to,
            button: PointerButton::Primary,
            pressed: false,
            modifiers: Modifiers::NONE,
        };
        self.harness.event(up);
        self.run();
    }

    fn drop_files(&mut self, paths: &[&str]) {
        for path in paths {
            self.harness.input_mut().dropped_files.push(Arc::new(File(path.into())));
        }
        self.harness.step();
    }

    /// Names of the remote rows from the top down.
    fn remote_names(&self) -> Vec<String> {
        let rows = &self.harness.state().view().tabs[0].remote.table.rows;
        (0..rows.len()).map(|row| rows.at(row).unwrap().name.clone()).collect()
    }

    fn remote_selected(&self) -> Vec<String> {
        let rows = &self.harness.state().view().tabs[0].remote.table.rows;
        rows.selected_entries().map(|entry| entry.name.clone()).collect()
    }
}

#[derive(Debug)]
struct File(PathBuf);

impl DroppedFile for File {
    fn path(&self) -> &std::path::Path {
        &self.0
    }

    fn bytes(&self) -> Result<Vec<u8>, String> {
        Err("is not read".into())
    }
}

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
fn headers_sort_and_folders_stay_first() {
    let mut window = Window::with_folders();
    assert_eq!(window.remote_names(), ["css", "one.html", "three.html", "two.html"]);
    let header = |window: &Window| {
        let headers = window.harness.get_all_by_role_and_label(Role::ColumnHeader, "Size");
        headers.max_by(|a, b| a.rect().left().total_cmp(&b.rect().left())).unwrap().rect().center()
    };
    for expected in [["css", "two.html", "three.html", "one.html"], ["css", "one.html", "three.html", "two.html"]] {
        let at = header(&window);
        window.harness.hover_at(at);
        window.harness.step();
        for pressed in [true, false] {
            let (pos, button, modifiers) = (at, PointerButton::Primary, Modifiers::NONE);
            window.harness.event(Input::PointerButton { pos, button, pressed, modifiers });
        }
        window.run();
        assert_eq!(window.remote_names(), expected);
    }
    let (first, last) = (window.center("one.html").y, window.center("two.html").y);
    assert!(first < last, "the rows stand in that order");
}

#[test]
fn clicks_and_keys_select() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.click("two.html", Modifiers::SHIFT);
    assert_eq!(window.remote_selected(), ["one.html", "three.html", "two.html"]);
    window.click("three.html", Modifiers::COMMAND);
    assert_eq!(window.remote_selected(), ["one.html", "two.html"]);
    assert!(window.harness.query_by_label_contains("2 selected, 400 B").is_some());
    window.press(Modifiers::COMMAND, Key::A);
    assert_eq!(window.remote_selected().len(), 4);
    window.press(Modifiers::NONE, Key::Home);
    assert_eq!(window.remote_selected(), ["css"]);
    window.press(Modifiers::SHIFT, Key::ArrowDown);
    assert_eq!(window.remote_selected(), ["css", "one.html"]);
    window.harness.event(Input::Text("tw".into()));
    window.run();
    assert_eq!(window.remote_selected(), ["two.html"]);
}

#[test]
fn keys_go_up_open_refresh_and_transfer() {
    let mut window = Window::with_folders();
    window.click("css", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::Enter);
    let paths = |window: &Window| -> Vec<String> {
        let path = |action: Action| match action {
            Action::List { path, .. } => path.to_string(),
            Action::ListLocal { path, .. } => path.display().to_string(),
            other => format!("{other:?}"),
        };
        window.actions().into_iter().map(path).collect()
    };
    assert_eq!(paths(&window), ["/www/css"]);
    window.press(Modifiers::NONE, Key::F5);
    assert_eq!(paths(&window), ["/home/me", "/www"], "both panes");
    window.press(Modifiers::NONE, Key::Backspace);
    assert_eq!(paths(&window), ["/"]);
    window.click("one.html", Modifiers::NONE);
    window.press(Modifiers::ALT, Key::ArrowDown);
    let actions = window.actions();
    let [Action::Enqueue(batch)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!((batch.course, &batch.items[0].local), (Course::Download, &PathBuf::from("/home/me/one.html")));
}

#[test]
fn back_leads_where_one_was_and_lands_on_the_folder() {
    let mut window = Window::with_folders();
    window.click("css", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::Enter);
    window.tell(remote("/www/css", vec![entry("a.css", 1)]));
    window.run();
    window.actions();
    window.press(Modifiers::ALT, Key::ArrowLeft);
    assert!(matches!(window.actions().as_slice(), [Action::List { path, .. }] if path.as_str() == "/www"));
    window.tell(remote("/www", vec![entry("css/", 0), entry("x", 1)]));
    window.run();
    assert_eq!(window.remote_selected(), ["css"]);
}

#[test]
fn a_name_is_changed_in_its_row() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::F2);
    window.harness.get_by_role_and_label(Role::TextInput, "New name").type_text("1");
    window.run();
    window.press(Modifiers::NONE, Key::Enter);
    let actions = window.actions();
    let [Action::Files { action: FileAction::Rename { from, to }, .. }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    let place = |path: &str| Place::Remote(RemotePath::new(path));
    assert_eq!((from, to), (&place("/www/one.html"), &place("/www/1.html")), "the suffix stays");
}

#[test]
fn what_is_left_of_a_name_that_is_not_text_keeps_its_bytes() {
    let mut window = Window::with_folders();
    let name = longshore::model::path::decode_utf8(b"caf\xe9.txt");
    window.tell(remote("/www", vec![entry(&name, 1)]));
    window.run();
    window.click("caf\u{fffd}.txt", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::F2);
    window.press(Modifiers::NONE, Key::End);
    window.harness.get_by_role_and_label(Role::TextInput, "New name").type_text("2");
    window.run();
    window.press(Modifiers::NONE, Key::Enter);
    let actions = window.actions();
    let [Action::Files { action: FileAction::Rename { to: Place::Remote(to), .. }, .. }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!(longshore::model::path::encode_utf8(to.as_str()), b"/www/caf\xe9.txt2");
}

#[test]
fn a_name_that_is_taken_selects_nothing_else() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::F2);
    window.harness.get_by_role_and_label(Role::TextInput, "New name").type_text("two");
    window.run();
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.actions().len(), 1);
    window.run();
    assert_eq!(window.remote_selected(), ["one.html"], "what is refused leaves the selection as it is");
}

#[test]
fn deleting_asks_first() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::Delete);
    let deletes = |actions: &[Action]| {
        actions.iter().any(|action| matches!(action, Action::Files { action: FileAction::Delete(_), .. }))
    };
    assert!(!deletes(&window.actions()));
    let mut dialogs = window.harness.get_all_by_role(Role::Dialog);
    assert!(dialogs.any(|dialog| dialog.accesskit_node().label().is_some_and(|label| label.contains("one.html"))));
    drop(dialogs);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(deletes(&window.actions()));
}

#[test]
fn a_drag_to_the_other_pane_transfers() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.click("two.html", Modifiers::COMMAND);
    let below = window.center("photo.jpg") + vec2(0.0, 120.0);
    window.drag(window.center("two.html"), below);
    let actions = window.actions();
    let [Action::Enqueue(batch)] = actions.as_slice() else { panic!("{actions:?}") };
    let remotes: Vec<&str> = batch.items.iter().map(|item| item.remote.as_str()).collect();
    assert_eq!(remotes, ["/www/one.html", "/www/two.html"]);
    assert_eq!((batch.tab, batch.course), (TAB, Course::Download));
}

#[test]
fn a_drag_takes_what_was_pressed_however_slow_the_frame() {
    let mut window = Window::with_folders();
    let (from, next) = (window.center("one.html"), window.center("two.html"));
    window.harness.hover_at(from);
    window.harness.step();
    let press =
        Input::PointerButton { pos: from, button: PointerButton::Primary, pressed: true, modifiers: Modifiers::NONE };
    // In one frame: pressed on a row, and moved on to the next one.
    window.harness.input_mut().events.extend([press, Input::PointerMoved(next)]);
    window.harness.step();
    let below = window.center("here.txt") + vec2(0.0, 120.0);
    window.harness.hover_at(below);
    window.harness.step();
    let up =
        Input::PointerButton { pos: below, button: PointerButton::Primary, pressed: false, modifiers: Modifiers::NONE };
    window.harness.event(up);
    window.run();
    let actions = window.actions();
    let [Action::Enqueue(batch)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!(batch.items[0].remote.as_str(), "/www/one.html");
}

#[test]
fn a_drag_out_of_the_pane_in_one_frame_takes_what_was_pressed() {
    let mut window = Window::with_folders();
    let (from, other) = (window.center("one.html"), window.center("here.txt"));
    let below = other + vec2(0.0, 120.0);
    window.harness.hover_at(from);
    window.harness.step();
    let button = |pos, pressed| {
        let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
        Input::PointerButton { pos, button, pressed, modifiers }
    };
    // All of it between two frames, and over a row of the other pane.
    let events = [button(from, true), Input::PointerMoved(other), Input::PointerMoved(below), button(below, false)];
    window.harness.input_mut().events.extend(events);
    window.run();
    let actions = window.actions();
    let [Action::Enqueue(batch)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!((batch.course, batch.items[0].remote.as_str()), (Course::Download, "/www/one.html"));
}

#[test]
fn a_line_between_areas_moves_however_slow_the_frame() {
    let mut window = Window::with_folders();
    let line = Pos2::new(700.0, 400.0);
    window.harness.hover_at(line);
    window.harness.step();
    let (button, modifiers) = (PointerButton::Primary, Modifiers::NONE);
    let (press, end) = (Input::PointerButton { pos: line, button, pressed: true, modifiers }, line + vec2(100.0, 0.0));
    window.harness.input_mut().events.extend([press, Input::PointerMoved(end)]);
    window.harness.step();
    window.harness.event(Input::PointerButton { pos: end, button, pressed: false, modifiers });
    window.run();
    let share = window.harness.state().view().layout.panes;
    assert!((share - 800.0 / 1400.0).abs() < 0.01, "{share}");
}

#[test]
fn a_line_between_areas_is_grabbed_before_what_lies_beside_it() {
    let mut window = Window::with_folders();
    let row = window.row("here.txt").rect();
    for beside in [-1.0, 3.0] {
        let before = window.row("here.txt").rect().left();
        let line = Pos2::new(before + beside, row.center().y);
        window.drag(line, line + vec2(40.0, 0.0));
        let after = window.row("here.txt").rect().left();
        assert!((after - before - 40.0).abs() < 1.0, "{after} from {before}, grabbed at {beside}");
    }
    assert!(window.actions().iter().all(|action| matches!(action, Action::SaveSettings(_))));
}

#[test]
fn columns_and_details_are_as_wide_as_they_were_left() {
    /// Where the server's times of modification begin, and the log's details.
    fn places(window: &Window) -> [f32; 2] {
        let headers = window.harness.get_all_by_role_and_label(Role::ColumnHeader, "Modified");
        let column = headers.map(|header| header.rect().left()).fold(0.0, f32::max);
        [column, window.harness.get_by_label("What it means").rect().left() - 12.0]
    }
    fn explain(window: &mut Window) {
        let (at, connection) = (jiff::Timestamp::UNIX_EPOCH, ConnectionId(1));
        let (direction, code) = (Direction::Received, Some(220));
        let text = "220 hello".into();
        window.tell(Event::Line(Line { seq: 1, at, connection, direction, code, text, raw: None, transfer: None }));
        window.run();
        let row = window.harness.get_all_by_role(Role::ListBoxOption).last().unwrap();
        row.click();
        window.run();
    }
    let mut window = Window::with_folders();
    explain(&mut window);
    let before = places(&window);
    for (x, y, by) in [(before[0], 147.0, -20.0), (before[1], 750.0, -50.0)] {
        let line = Pos2::new(x, y);
        window.drag(line, line + vec2(by, 0.0));
    }
    let after = places(&window);
    assert_eq!(after.map(f32::round), [before[0] - 20.0, before[1] - 50.0].map(f32::round));
    let saved = window.actions().into_iter().filter_map(|action| match action {
        Action::SaveSettings(settings) => Some(*settings),
        _ => None,
    });
    let saved = saved.last().expect("the settings are saved");
    let written = toml::to_string(&saved).unwrap();
    let mut later = Window::with_folders_and(toml::from_str(&written).unwrap());
    explain(&mut later);
    assert_eq!(places(&later), after);
}

#[test]
fn a_drag_onto_a_folder_goes_into_it() {
    let mut window = Window::with_folders();
    window.drag(window.center("here.txt"), window.center("css"));
    let actions = window.actions();
    let [Action::Enqueue(batch)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!((batch.course, batch.items[0].remote.as_str()), (Course::Upload, "/www/css/here.txt"));
    window.drag(window.center("one.html"), window.center("css"));
    let actions = window.actions();
    let [Action::Files { action: FileAction::Rename { to: Place::Remote(to), .. }, .. }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!(to.as_str(), "/www/css/one.html");
    window.drag(window.center("css"), window.center("one.html"));
    assert!(window.actions().is_empty(), "where it already is, a drop does nothing");
}

#[test]
fn a_drag_onto_the_queue_transfers() {
    let mut window = Window::with_folders();
    let queue = window.harness.get_by_label_contains("Drop files here to transfer").rect().center();
    window.drag(window.center("here.txt"), queue);
    let actions = window.actions();
    let [Action::Enqueue(batch)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!(batch.items[0].remote.as_str(), "/www/here.txt");
}

#[test]
fn files_of_other_programs_go_where_the_pointer_is() {
    let mut window = Window::with_folders();
    window.drop_files(&["/tmp/a b", "/tmp/ä"]);
    let css = window.center("css");
    window.harness.hover_at(css);
    window.run();
    let actions = window.actions();
    let [Action::Enqueue(batch)] = actions.as_slice() else { panic!("{actions:?}") };
    let remotes: Vec<&str> = batch.items.iter().map(|item| item.remote.as_str()).collect();
    assert_eq!(remotes, ["/www/css/a b", "/www/css/ä"]);
    window.drop_files(&["/tmp/x"]);
    let docs = window.center("docs");
    window.harness.hover_at(docs);
    window.run();
    let actions = window.actions();
    let [Action::Files { action: FileAction::Copy { from, to }, .. }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!((from.as_slice(), to), ([PathBuf::from("/tmp/x")].as_slice(), &PathBuf::from("/home/me/docs")));
}

#[test]
fn files_dropped_nobody_knows_where_are_uploaded() {
    let mut window = Window::with_folders();
    window.harness.remove_cursor();
    window.harness.step();
    window.drop_files(&["/tmp/x"]);
    for _ in 0..20 {
        window.harness.step();
    }
    let actions = window.actions();
    let [Action::Enqueue(batch)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!(batch.items[0].remote.as_str(), "/www/x");
}

#[test]
fn a_refused_folder_is_said_in_the_servers_words() {
    let mut window = Window::with_folders();
    let path = RemotePath::new("/secret");
    let result = Err(failure("Could not open /secret", "550 Permission denied."));
    window.tell(Event::Listing { tab: TAB, path, result });
    window.run();
    assert!(window.harness.query_by_label("550 Permission denied.").is_some());
    assert!(window.harness.query_by_role_and_label(Role::ListBoxOption, "one.html").is_some(), "the last one stays");
    let opened = Event::Opened { connection: ConnectionId(1), tab: Some(TAB), site: site() };
    let (at, direction) = (jiff::Timestamp::UNIX_EPOCH, Direction::Received);
    let (code, text) = (Some(550), "550 Permission denied.".to_owned());
    let line = Line { seq: 1, at, connection: ConnectionId(1), direction, code, text, raw: None, transfer: None };
    window.tell(opened);
    window.tell(Event::Line(line));
    window.run();
    window.harness.get_by_role_and_label(Role::Button, "Show in the reply log").click();
    window.run();
    assert!(window.harness.query_by_label("What it means").is_some(), "its details are open");
    window.harness.get_by_label("Try again").click();
    window.run();
    assert!(matches!(window.actions().as_slice(), [Action::List { path, .. }] if path.as_str() == "/secret"));
}

#[test]
fn a_link_that_is_opened_and_is_no_folder_is_downloaded() {
    let mut window = Window::with_folders();
    window.tell(remote("/www", vec![Entry::new("latest", Kind::Link), entry("one.html", 1)]));
    window.run();
    window.click("latest", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(matches!(window.actions().as_slice(), [Action::List { path, .. }] if path.as_str() == "/www/latest"));
    let path = RemotePath::new("/www/latest");
    let refused = Failure { cause: Cause::Refused, ..failure("Could not list /www/latest", "550 Not a directory") };
    window.tell(Event::Listing { tab: TAB, path, result: Err(refused) });
    window.run();
    let actions = window.actions();
    let [Action::Enqueue(batch)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!(batch.items[0].remote.as_str(), "/www/latest");
    assert!(window.harness.query_by_label("550 Not a directory").is_none(), "that is no trouble");
}

#[test]
fn names_that_are_left_out_are_said() {
    let mut window = Window::with_folders();
    let refused = vec!["-rw-r--r-- 1 u g 9 Nov 14 10:11 ../x".to_owned()];
    let listing = Listing { refused, ..(*listing("/www", vec![entry("one.html", 5)])).clone() };
    window.tell(Event::Listing { tab: TAB, path: RemotePath::new("/www"), result: Ok(Arc::new(listing)) });
    window.run();
    assert!(window.harness.query_by_label("1 file, 5 B · 1 left out").is_some());
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
fn only_rows_in_sight_are_drawn() {
    let mut window = Window::with_folders();
    let entries = (0..100_000).map(|n| entry(&format!("file {n}"), n)).collect();
    window.tell(remote("/many", entries));
    window.run();
    let rows = |window: &Window| window.harness.get_all_by_role(Role::ListBoxOption).count();
    assert!((10..200).contains(&rows(&window)), "{}", rows(&window));
    window.click("file 0", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::End);
    assert_eq!(window.remote_selected(), ["file 99999"]);
    assert!(window.harness.query_by_role_and_label(Role::ListBoxOption, "file 99999").is_some());
    window.press(Modifiers::COMMAND, Key::A);
    assert_eq!(window.remote_selected().len(), 100_000);
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
fn a_filter_hides_what_does_not_match() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.press(Modifiers::COMMAND, Key::F);
    window.harness.get_by_role_and_label(Role::TextInput, "Filter (remote)").type_text("t");
    window.run();
    assert_eq!(window.remote_names(), ["one.html", "three.html", "two.html"]);
    window.harness.get_by_role_and_label(Role::TextInput, "Filter (remote)").type_text("w");
    window.run();
    assert_eq!(window.remote_names(), ["two.html"]);
}

#[test]
fn what_the_worker_has_no_room_for_is_sent_later() {
    let mut window = Window::with_folders();
    for _ in 0..75 {
        window.harness.key_press(Key::F5); // lists both panes
        window.harness.step();
    }
    assert_eq!(window.actions().len(), 100, "the channel was full");
    window.run();
    assert_eq!(window.actions().len(), 50, "and nothing was lost");
}

#[test]
fn nothing_is_drawn_while_nothing_happens() {
    let mut window = Window::with_folders();
    window.run();
    window.harness.step();
    let delays: Vec<Duration> =
        window.harness.output().viewport_output.values().map(|output| output.repaint_delay).collect();
    assert!(delays.iter().all(|delay| *delay > Duration::from_secs(3600)), "{delays:?}");
}

#[test]
fn everything_is_in_sight_in_a_small_window() {
    let mut window = Window::new(vec2(1024.0, 700.0));
    window.tell(connected());
    window.tell(local("/home/me", vec![entry("here.txt", 10)]));
    window.tell(remote("/var/www/with/a/long/path/that/does/not/fit/at/all/in/here", vec![entry("one.html", 1)]));
    window.run();
    for name in
        ["Connect", "Settings", "Refresh (local)", "Refresh (remote)", "More (remote)", "Filter (remote)", "Port"]
    {
        let rect = window.harness.get_by_label(name).rect();
        assert!(rect.left() >= 0.0 && rect.right() <= 1024.0 && rect.bottom() <= 700.0, "{name}: {rect:?}");
        assert!(rect.width() >= 16.0, "{name}: {rect:?}");
    }
}

#[test]
fn every_control_has_a_name() {
    let window = Window::with_folders();
    let roles = [Role::Button, Role::TextInput, Role::PasswordInput, Role::Tab, Role::ColumnHeader, Role::ComboBox];
    for role in roles {
        for node in window.harness.query_all_by_role(role) {
            let node = node.accesskit_node();
            let name = node.label().or_else(|| node.placeholder().map(str::to_owned)).unwrap_or_default();
            assert!(!name.is_empty(), "{role:?} at {:?}", node.raw_bounds());
        }
    }
}

#[test]
fn settings_are_kept_when_the_layout_changes() {
    let mut window = Window::with_folders();
    window.harness.get_by_label("View").click();
    window.run();
    window.harness.get_by_label("Folder trees").click();
    window.run();
    let saved = window.actions().into_iter().find_map(|action| match action {
        Action::SaveSettings(settings) => Some(settings),
        _ => None,
    });
    let saved: Settings = *saved.expect("the settings are saved");
    assert!(!saved.layout.trees);
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
fn a_question_closes_menus() {
    let mut window = Window::with_folders();
    window.harness.get_by_label("More (remote)").click();
    window.run();
    assert!(window.harness.query_by_label("Invert selection").is_some());
    let ask = Ask::Password { host: "ftp.example.org".into(), user: "me".into(), refused: None };
    window.tell(Event::Ask(Question { id: QuestionId(1), tab: Some(TAB), ask }));
    window.run();
    assert!(window.harness.query_by_label("Invert selection").is_none());
    assert!(window.harness.query_all_by_role(Role::Dialog).count() > 0);
}

#[test]
fn a_new_folder_is_selected_once_it_is_there() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.press(Modifiers::COMMAND | Modifiers::SHIFT, Key::N);
    window.harness.get_by_role_and_label(Role::TextInput, "Name").type_text("new");
    window.run();
    window.press(Modifiers::NONE, Key::Enter);
    let made = |action: &Action| matches!(action, Action::Files { action: FileAction::MakeDirectory(_), .. });
    assert!(window.actions().iter().any(made));
    window.run();
    window.tell(remote("/www", vec![entry("css/", 0), entry("new/", 0), entry("one.html", 1)]));
    window.run();
    assert_eq!(window.remote_selected(), ["new"]);
    window.click("css", Modifiers::NONE);
    window.tell(remote("/www", vec![entry("css/", 0), entry("new/", 0), entry("one.html", 2)]));
    window.run();
    assert_eq!(window.remote_selected(), ["css"], "once");
}

#[test]
fn the_cursor_stays_where_something_was_deleted() {
    let mut window = Window::with_folders();
    window.click("three.html", Modifiers::NONE);
    window.tell(remote("/www", vec![entry("css/", 0), entry("one.html", 1), entry("two.html", 1)]));
    window.run();
    let cursor = |window: &Window| window.harness.state().view().tabs[0].remote.table.rows.cursor();
    assert_eq!((window.remote_selected().len(), cursor(&window)), (0, Some(2)), "on what took its place");
    window.tell(remote("/www", vec![entry("css/", 0)]));
    window.run();
    assert_eq!(cursor(&window), Some(0), "or on the last");
}

#[test]
fn keys_go_to_the_pane_whose_path_was_clicked() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.harness.get_by_label("Go to /home").click();
    window.run();
    window.tell(local("/home", vec![entry("me/", 0), entry("you/", 0)]));
    window.run();
    window.actions();
    window.press(Modifiers::NONE, Key::Enter);
    let actions = window.actions();
    assert!(matches!(actions.as_slice(), [Action::ListLocal { path, .. }] if path.ends_with("me")), "{actions:?}");
}

#[test]
fn from_far_below_one_lands_on_the_way() {
    let mut window = Window::with_folders();
    window.tell(remote("/", vec![entry("www/", 0), entry("etc/", 0)]));
    window.run();
    window.tell(remote("/www/css/deep", vec![]));
    window.run();
    window.tell(remote("/", vec![entry("www/", 0), entry("etc/", 0)]));
    window.run();
    assert_eq!(window.remote_selected(), ["www"]);
}

#[test]
fn a_refused_folder_can_be_put_away() {
    let mut window = Window::with_folders();
    let refused = || Event::Listing {
        tab: TAB,
        path: RemotePath::new("/no"),
        result: Err(failure("Could not list /no", "550 No such folder.")),
    };
    window.tell(refused());
    window.run();
    window.harness.get_by_label("Put away (remote)").click();
    window.run();
    assert!(window.harness.query_by_label_contains("550 No such folder.").is_none());
    window.tell(refused());
    window.run();
    assert!(window.harness.query_by_label_contains("550 No such folder.").is_some(), "the next one is shown");
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

#[test]
fn the_keyboard_goes_as_the_eye_does() {
    let mut window = Window::with_folders();
    window.harness.get_by_role_and_label(Role::TextInput, "Port").click();
    window.run();
    let names = ["Reconnect", "Hold the queue", "Settings", "New tab", "Refresh (local)", "Name", "Local files"];
    let mut expected = names.iter().peekable();
    for _ in 0..40 {
        window.press(Modifiers::NONE, Key::Tab);
        let focused = |name: &&&str| {
            let mut nodes = window.harness.query_all_by_label(name);
            nodes.any(|node| node.is_focused())
        };
        expected.next_if(focused);
    }
    assert_eq!(expected.next(), None, "was not reached in its turn");
}

#[test]
fn what_happens_after_the_last_transfer_is_chosen_in_a_menu() {
    let mut window = Window::with_folders();
    for label in ["Transfer", "After the last"] {
        window.harness.get_by_label(label).click();
        window.run();
    }
    for (label, chosen) in [("Do nothing", Toggled::True), ("Notify me", Toggled::False)] {
        let row = window.harness.get_by_role_and_label(Role::RadioButton, label);
        assert_eq!(row.accesskit_node().toggled(), Some(chosen), "{label}");
    }
    window.harness.get_by_label("Notify me").click();
    window.run();
    assert!(matches!(window.actions().as_slice(), [Action::AfterLast(AfterLast::Notify)]));
    window.tell(Event::LastEnded(AfterLast::Notify, "All transfers are done: 3".into()));
    window.run();
    window.harness.get_by_label_contains("All transfers are done: 3");
    window.tell(Event::LastEnded(AfterLast::Quit, "All".into()));
    window.run();
    assert!(matches!(window.actions().last(), Some(Action::Quit)));
}

#[test]
fn keys_sort() {
    let mut window = Window::with_folders();
    let at = window.harness.get_by_label("More (remote)");
    at.focus();
    window.run();
    for _ in 0..10 {
        window.press(Modifiers::NONE, Key::Tab);
        let mut headers = window.harness.get_all_by_role_and_label(Role::ColumnHeader, "Size");
        if headers.any(|header| header.is_focused()) {
            break;
        }
    }
    window.press(Modifiers::NONE, Key::Space);
    assert_eq!(window.remote_names(), ["css", "two.html", "three.html", "one.html"]);
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
    window.harness.get_by_role_and_label(Role::TextInput, "Address").type_text("ftp.example.org");
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
