//! The window, driven by what assistive technologies see of it: labels in, actions out.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

#[path = "window/bookmarks.rs"]
mod bookmarks;
#[path = "window/connecting.rs"]
mod connecting;
#[path = "window/drags.rs"]
mod drags;
#[path = "window/files.rs"]
mod files;
#[path = "window/keyboard.rs"]
mod keyboard;
#[path = "window/trees.rs"]
mod trees;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::time::Duration;

use eframe::egui::accesskit::{Role, Toggled};
use eframe::egui::{DroppedFile, Event as Input, Key, Modifiers, PointerButton, Pos2, Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use longshore::model::event::{Server, Tls};
use longshore::model::queue::Delta;
use longshore::model::transfer::{Course, Folder, Priority, Running};
use longshore::model::{
    Action, Actions, AfterLast, Ask, Cause, ConnectionId, ConnectionState, Direction, Entry, Event, Failure,
    FileAction, Kind, Line, Listing, LocalListing, Login, Phase, Place, Question, QuestionId, RemotePath, Security,
    Settings, Site, Sites, TabId, Transfer, TransferId, TransferType,
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

/// Waiting transfers under these names, numbered from 1.
fn transfers(names: &[&str]) -> Event {
    let folder = Folder { site: site(), local: "/home/me".into(), remote: RemotePath::new("/www"), below: 0 };
    let folder = Arc::new(folder);
    let rows = names.iter().zip(1..).map(|(name, id)| Transfer {
        id: TransferId(id),
        course: Course::Download,
        kind: Kind::File,
        folder: folder.clone(),
        remote_name: (*name).into(),
        local_name: None,
        size: Some(1_000),
        phase: Phase::Queued,
        attempts: 1,
        if_exists: None,
        priority: Priority::default(),
        transfer_type: TransferType::Binary,
        place: 0,
    });
    Event::Queue(Delta::Add(rows.collect()))
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
fn the_transfer_type_is_chosen_in_a_menu() {
    let mut window = Window::with_folders();
    for label in ["Transfer", "Transfer type"] {
        window.harness.get_by_label(label).click();
        window.run();
    }
    for (label, chosen) in [("Automatic", Toggled::False), ("Binary", Toggled::True), ("Text", Toggled::False)] {
        let row = window.harness.get_by_role_and_label(Role::RadioButton, label);
        assert_eq!(row.accesskit_node().toggled(), Some(chosen), "{label}");
    }
    window.harness.get_by_role_and_label(Role::RadioButton, "Automatic").click();
    window.run();
    let actions = window.actions();
    let [Action::SaveSettings(settings)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!(**settings, Settings { transfer_type: TransferType::Auto, ..Settings::default() });
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
fn nobody_guesses_how_long_a_person_takes_to_answer() {
    let mut window = Window::with_folders();
    window.tell(transfers(&["a", "b"]));
    let running = |rate, step| Running { rate, step, ..Running::default() };
    for id in [1, 2] {
        let phase = Phase::Running(Box::new(running(100, "")));
        window.tell(Event::Queue(Delta::Phase(TransferId(id), phase)));
    }
    for (second, words) in [(running(0, Running::ASKS), "2 left, 0:20"), (running(0, ""), "2 left, 0:20")] {
        window.tell(Event::Queue(Delta::Progress(vec![(TransferId(2), second)])));
        window.run();
        window.harness.get_by_label(words);
    }
    let asking = [1, 2].map(|id| (TransferId(id), running(100, Running::ASKS)));
    window.tell(Event::Queue(Delta::Progress(asking.into())));
    window.run();
    window.harness.get_by_label("2 left");
}
