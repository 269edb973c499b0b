//! Who has the keyboard, and who gets it when nobody does.

use longshore::model::TransferId;
use longshore::model::queue::Delta;

use super::*;

/// With a selected file in the pane that has the keyboard, and three transfers.
fn with_transfers() -> Window {
    let mut window = Window::with_folders();
    window.tell(transfers(&["a", "b", "c"]));
    window.run();
    window.click("one.html", Modifiers::NONE);
    window
}

impl Window {
    fn has_keyboard(&self, role: Role, name: &str) -> bool {
        self.harness.query_all_by_role_and_label(role, name).any(|node| node.is_focused())
    }

    fn field(&self, name: &str) -> String {
        self.harness.get_by_role_and_label(Role::TextInput, name).value().unwrap_or_default()
    }

    /// Delete does nothing to files.
    fn delete_asks_nothing(&mut self) {
        self.press(Modifiers::NONE, Key::Delete);
        assert_eq!(self.harness.query_all_by_role(Role::Dialog).count(), 0, "files would be deleted");
    }
}

#[test]
fn after_a_menu_the_keyboard_is_in_its_list() {
    let mut window = with_transfers();
    window.click("b, download, waiting", Modifiers::NONE);
    window.click("one.html", Modifiers::NONE);
    assert!(window.has_keyboard(Role::ListBox, "Remote files"));
    window.row("b, download, waiting").click_secondary();
    window.run();
    window.harness.get_by_role_and_label(Role::Button, "Pause").click();
    window.run();
    assert!(window.has_keyboard(Role::List, "Transfers"));
    window.delete_asks_nothing();
    assert!(window.actions().iter().any(|action| matches!(action, Action::Cancel(_))), "but to the row");
}

#[test]
fn an_emptied_queue_keeps_the_keyboard() {
    let mut window = with_transfers();
    window.click("b, download, waiting", Modifiers::NONE);
    window.tell(Event::Queue(Delta::Remove((1..=3).map(TransferId).collect())));
    window.run();
    assert!(window.has_keyboard(Role::List, "Transfers"));
    window.harness.get_by_label("Drop files here to transfer them");
    window.delete_asks_nothing();
    assert!(window.actions().is_empty());
    window.press(Modifiers::NONE, Key::F6);
    assert!(!window.has_keyboard(Role::List, "Transfers"));
}

#[test]
fn another_list_of_the_queue_gets_the_keyboard_of_the_one_before() {
    let mut window = with_transfers();
    window.click("b, download, waiting", Modifiers::NONE);
    window.harness.get_by_role_and_label(Role::Tab, "Failed 0").click();
    window.run();
    assert!(window.has_keyboard(Role::List, "Failed transfers"));
    window.delete_asks_nothing();
}

#[test]
fn a_cleared_log_keeps_the_keyboard() {
    let mut window = with_transfers();
    window.tell(note("Hello"));
    window.run();
    window.row("Hello").click_secondary();
    window.run();
    window.harness.get_by_label("Clear the log").click();
    window.run();
    assert!(window.has_keyboard(Role::List, "Reply log"));
    window.delete_asks_nothing();
}

/// A line of the log.
fn note(text: &str) -> Event {
    Event::Line(Line {
        seq: 1,
        at: jiff::Timestamp::UNIX_EPOCH,
        connection: ConnectionId(1),
        direction: Direction::Note,
        code: None,
        text: text.to_owned(),
        raw: None,
        transfer: None,
    })
}

#[test]
fn a_dragged_row_leaves_the_keyboard_in_the_queue() {
    let mut window = with_transfers();
    let [from, to] = ["c, download, waiting", "a, download, waiting"].map(|name| window.center(name));
    window.drag(from, to);
    assert!(window.actions().iter().any(|action| matches!(action, Action::Move(..))));
    assert!(window.has_keyboard(Role::List, "Transfers"));
    window.delete_asks_nothing();
}

#[test]
fn a_button_of_the_queue_leaves_the_keyboard_in_it() {
    let mut window = with_transfers();
    window.click("b, download, waiting", Modifiers::NONE);
    window.click("one.html", Modifiers::NONE);
    window.harness.get_by_label("Pause the selected transfers").click();
    window.run();
    assert!(window.has_keyboard(Role::List, "Transfers"));
    window.click("one.html", Modifiers::NONE);
    window.harness.get_by_label("Refresh (remote)").click();
    window.run();
    assert!(window.has_keyboard(Role::ListBox, "Remote files"));
}

#[test]
fn enter_leaves_the_keyboard_in_the_filter_of_the_log() {
    let mut window = with_transfers();
    window.harness.get_by_role_and_label(Role::TextInput, "Filter the log").click();
    window.run();
    window.harness.event(Input::Text("abc".into()));
    window.press(Modifiers::NONE, Key::Enter);
    window.harness.event(Input::Text("d".into()));
    window.run();
    assert!(window.has_keyboard(Role::TextInput, "Filter the log"));
    assert_eq!(window.field("Filter the log"), "abcd");
    window.press(Modifiers::NONE, Key::Escape);
    assert_eq!(window.field("Filter the log"), "");
    window.delete_asks_nothing();
}

#[test]
fn escape_goes_back_from_a_command_step_by_step() {
    let mut window = with_transfers();
    window.harness.get_by_role_and_label(Role::TextInput, "Command to send").click();
    window.run();
    window.harness.event(Input::Text("ST".into()));
    window.run();
    let offered = |window: &Window| window.harness.query_by_label_contains("STAT name").is_some();
    assert!(offered(&window));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(!offered(&window), "what is offered closes");
    assert_eq!(window.field("Command to send"), "ST");
    assert!(window.has_keyboard(Role::TextInput, "Command to send"));
    window.harness.event(Input::Text("A".into()));
    window.run();
    assert!(offered(&window), "and comes back with what is typed next");
    for _ in 0..2 {
        window.press(Modifiers::NONE, Key::Escape);
    }
    assert_eq!(window.field("Command to send"), "");
    assert!(window.has_keyboard(Role::TextInput, "Command to send"));
    window.press(Modifiers::NONE, Key::Escape);
    assert!(window.has_keyboard(Role::List, "Reply log"));
    window.delete_asks_nothing();
}

#[test]
fn arrow_keys_move_in_what_is_offered_and_else_in_the_history() {
    let mut window = with_transfers();
    window.harness.get_by_role_and_label(Role::TextInput, "Command to send").click();
    window.run();
    window.harness.event(Input::Text("PWD".into()));
    window.press(Modifiers::NONE, Key::Escape);
    window.press(Modifiers::NONE, Key::Enter);
    window.harness.event(Input::Text("ST".into()));
    window.run();
    for _ in 0..2 {
        window.press(Modifiers::NONE, Key::ArrowDown);
    }
    assert_eq!(window.field("Command to send"), "ST", "what is typed stays");
    window.press(Modifiers::NONE, Key::ArrowUp);
    window.press(Modifiers::NONE, Key::Enter);
    assert_eq!(window.field("Command to send"), "STAT ", "Enter takes what is chosen");
    let sent = |action: &Action| matches!(action, Action::Files { action: FileAction::Raw(said), .. } if said == "PWD");
    assert!(matches!(window.actions().as_slice(), [action] if sent(action)), "and sends nothing");
    for (key, shown) in
        [(Key::ArrowUp, "PWD"), (Key::ArrowUp, "PWD"), (Key::ArrowDown, "STAT "), (Key::ArrowDown, "STAT ")]
    {
        window.press(Modifiers::NONE, key);
        assert_eq!(window.field("Command to send"), shown);
    }
}

#[test]
fn menus_of_rows_open_by_key() {
    for (modifiers, key) in [(Modifiers::NONE, Key::Menu), (Modifiers::SHIFT, Key::F10)] {
        let mut window = with_transfers();
        window.tell(note("Hello"));
        window.run();
        for (row, list, first) in [
            ("one.html", "Remote files", "Transfer selection"),
            ("b, download, waiting", "Transfers", "Pause"),
            ("Hello", "Reply log", "Copy lines"),
        ] {
            window.click(row, Modifiers::NONE);
            window.press(modifiers, key);
            let entry = window.harness.get_by_role_and_label(Role::Button, first);
            assert!(entry.is_focused(), "{first}");
            let (menu, row) = (entry.rect(), window.row(row).rect());
            assert!((menu.left() - row.left()).abs() < 20.0, "{menu:?}, {row:?}");
            assert!(menu.top() > row.top() - 500.0 && menu.top() < row.bottom() + 20.0, "{menu:?}, {row:?}");
            window.press(Modifiers::NONE, Key::ArrowDown);
            assert!(!window.has_keyboard(Role::Button, first), "the arrow keys move in it");
            window.press(Modifiers::NONE, Key::Escape);
            assert!(window.harness.query_by_role_and_label(Role::Button, first).is_none());
            let role = if list == "Remote files" { Role::ListBox } else { Role::List };
            assert!(window.has_keyboard(role, list), "{list}");
        }
    }
}

#[test]
fn a_menu_that_was_opened_by_key_does_what_is_chosen() {
    let mut window = with_transfers();
    window.click("b, download, waiting", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::Menu);
    window.press(Modifiers::NONE, Key::Enter);
    assert!(matches!(window.actions().as_slice(), [Action::Pause(ids)] if ids[..] == [TransferId(2)]));
    assert!(window.has_keyboard(Role::List, "Transfers"));
}

#[test]
fn f10_leads_to_the_menu_bar_and_back() {
    let mut window = with_transfers();
    window.click("b, download, waiting", Modifiers::NONE);
    window.press(Modifiers::NONE, Key::F10);
    assert!(window.has_keyboard(Role::Button, "File"));
    window.press(Modifiers::NONE, Key::ArrowRight);
    assert!(window.has_keyboard(Role::Button, "Edit"));
    window.press(Modifiers::NONE, Key::ArrowDown);
    assert!(window.has_keyboard(Role::Button, "Select all"));
    for _ in 0..2 {
        window.press(Modifiers::NONE, Key::Escape);
    }
    assert!(window.has_keyboard(Role::List, "Transfers"));
}
