//! What is dragged: files onto panes, folders and the queue, and lines between areas.

use super::*;

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
