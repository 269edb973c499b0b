//! The rows of the panes: order, selection, names, what could not be listed.

use longshore::model::question::{Facts, FileExists};
use longshore::model::{LeftOut, TransferId};

use super::*;

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
    let refused = vec![LeftOut { line: "-rw-r--r-- 1 u g 9 Nov 14 10:11 ../x".to_owned(), is_read: true }];
    let listing = Listing { refused, ..(*listing("/www", vec![entry("one.html", 5)])).clone() };
    window.tell(Event::Listing { tab: TAB, path: RemotePath::new("/www"), result: Ok(Arc::new(listing)) });
    window.run();
    assert!(window.harness.query_by_label("1 file, 5 B · 1 left out").is_some());
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
fn a_refused_folder_is_selected_where_it_lies() {
    let mut window = Window::with_folders();
    let opened = Event::Opened { connection: ConnectionId(1), tab: Some(TAB), site: site() };
    let line = |(seq, direction, text): (u64, _, &str)| {
        let code = text[..3].parse().ok();
        let (at, connection) = (jiff::Timestamp::UNIX_EPOCH, ConnectionId(1));
        Event::Line(Line { seq, at, connection, direction, code, text: text.into(), raw: None, transfer: None })
    };
    let (sent, received) = (Direction::Sent, Direction::Received);
    let lines = [(1, received, "220 hi"), (2, sent, "CWD /noaccess"), (3, received, "550 Permission denied.")];
    for event in [opened].into_iter().chain(lines.map(line)) {
        window.tell(event);
    }
    window.run();
    window.click("550 Permission denied.", Modifiers::NONE);
    window.harness.get_by_label("Show the permissions").click();
    window.run();
    let actions = window.actions();
    assert!(matches!(actions.as_slice(), [Action::List { path, .. }] if *path == RemotePath::root()), "{actions:?}");
    window.tell(remote("/", vec![entry("noaccess/", 0), entry("www/", 0)]));
    window.run();
    assert_eq!(window.remote_selected(), ["noaccess"], "and not where one came from");
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
fn a_name_is_changed_where_it_is_when_the_folder_is_listed_meanwhile() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::F2);
    let more = ["a.html", "css/", "one.html", "two.html"];
    window.tell(remote("/www", more.iter().map(|name| entry(name, 1)).collect()));
    window.run();
    window.harness.get_by_role_and_label(Role::TextInput, "New name").type_text("1");
    window.run();
    window.press(Modifiers::NONE, Key::Enter);
    let actions = window.actions();
    let [Action::Files { action: FileAction::Rename { from: Place::Remote(from), .. }, .. }] = actions.as_slice()
    else {
        panic!("{actions:?}")
    };
    assert_eq!(from.as_str(), "/www/one.html");
    window.press(Modifiers::NONE, Key::F2);
    window.tell(remote("/www", vec![entry("two.html", 1)]));
    window.run();
    assert!(window.harness.query_by_role_and_label(Role::TextInput, "New name").is_none(), "it is gone");
}

#[test]
fn enter_in_a_question_answers_nothing_that_lies_under_it() {
    let mut window = Window::with_folders();
    window.click("one.html", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::Delete);
    let ask = Ask::Password { host: "h".into(), user: "me".into(), refused: None };
    window.tell(Event::Ask(Question { id: QuestionId(1), tab: Some(TAB), ask }));
    window.run();
    // Whatever had the keyboard in the question has it no more.
    window.harness.ctx.memory_mut(|memory| {
        if let Some(id) = memory.focused() {
            memory.surrender_focus(id);
        }
    });
    window.press(Modifiers::NONE, Key::Enter);
    let actions = window.actions();
    assert!(!actions.iter().any(|action| matches!(action, Action::Files { .. })), "{actions:?}");
}

#[test]
fn what_was_shown_of_one_server_is_not_shown_of_the_next() {
    let mut window = Window::with_folders();
    window.tell(Event::Connection { tab: TAB, state: ConnectionState::Disconnected(None) });
    window.run();
    assert_eq!(window.remote_names().len(), 4, "it can still be looked at");
    window.harness.get_by_role_and_label(Role::TextInput, "Address").click();
    window.run();
    window.press(Modifiers::COMMAND, Key::A);
    window.harness.get_by_role_and_label(Role::TextInput, "Address").type_text("other.example.org");
    window.run();
    window.harness.get_by_label("Connect").click();
    window.run();
    let actions = window.actions();
    let connects = |action: &Action| matches!(action, Action::Connect { site, .. } if site.host == "other.example.org");
    assert!(actions.iter().any(connects), "{actions:?}");
    assert!(window.remote_names().is_empty());
}

#[test]
fn a_key_that_comes_with_a_question_does_not_answer_it() {
    let mut window = Window::with_folders();
    let ask = Ask::FileExists(Box::new(FileExists {
        transfer: TransferId(1),
        course: Course::Download,
        local: "/home/me/here.txt".into(),
        remote: "/www/here.txt".into(),
        target: Facts::default(),
        source: Facts::default(),
        renamed: "here (1).txt".into(),
    }));
    window.tell(Event::Ask(Question { id: QuestionId(1), tab: Some(TAB), ask }));
    window.harness.step();
    window.harness.key_press(Key::Enter);
    window.harness.step();
    let answers = |window: &Window| window.actions().iter().any(|action| matches!(action, Action::Answer(..)));
    assert!(!answers(&window));
    window.harness.run_steps(4);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(answers(&window));
}
