//! The queue.

use super::*;

#[test]
fn failed_rows_are_retried() {
    let mut panel =
        panels(vec![transfers(vec![("a", failed("550 no")), ("b", failed("550 no")), ("c", Phase::Queued)])]);
    panel.get_by_role_and_label(Role::Tab, "Failed 2").click();
    panel.run();
    press(&mut panel, "Retry all");
    assert!(matches!(take(&mut panel).as_slice(), [Action::Retry(ids)] if *ids == [TransferId(1), TransferId(2)]));
    panel.get_by_label("b, download, failed, 550 no").click();
    panel.run();
    press(&mut panel, "Retry selected");
    assert!(matches!(take(&mut panel).as_slice(), [Action::Retry(ids)] if *ids == [TransferId(2)]));
}

#[test]
fn a_row_says_how_many_connections_fetch_it() {
    let running = |connections| Phase::Running(Box::new(Running { done: 500, connections, ..Running::default() }));
    let panel = panels(vec![transfers(vec![("a", running(4)), ("b", running(0))])]);
    panel.get_by_label("a, download, 50\u{2009}%, 4 connections");
    panel.get_by_label("b, download, 50\u{2009}%");
}

#[test]
fn rows_are_paused_moved_and_cancelled() {
    let running = Phase::Running(Box::new(Running { done: 500, rate: 100, ..Running::default() }));
    let mut panel = panels(vec![transfers(vec![("a", running), ("b", Phase::Queued), ("c", Phase::Queued)])]);
    panel.get_by_label("a, download, 50\u{2009}%").click();
    panel.run();
    press(&mut panel, "Pause the selected transfers");
    panel.get_by_label("a, download, 50\u{2009}%").click();
    panel.run();
    panel.key_press_modifiers(Modifiers::SHIFT, Key::ArrowDown);
    panel.run();
    panel.key_press_modifiers(Modifiers::ALT, Key::ArrowDown);
    panel.run();
    panel.key_press(Key::Delete);
    panel.run();
    let both = [TransferId(1), TransferId(2)];
    let actions = take(&mut panel);
    let [Action::Pause(paused), Action::Move(moved, queue::Place::Down), Action::Cancel(cancelled)] =
        actions.as_slice()
    else {
        panic!("{actions:?}")
    };
    assert_eq!((paused.as_slice(), moved.as_slice(), cancelled.as_slice()), (&both[..1], &both[..], &both[..]));
}

#[test]
fn rows_that_were_given_up_may_go_as_text_and_begun_ones_keep_their_type() {
    let mut panel = panels(vec![transfers(vec![("a", failed("550 no")), ("b", Phase::Paused)])]);
    let open = |panel: &mut Panel, row: &str| {
        panel.get_by_label(row).click_secondary();
        panel.run();
        press(panel, "Transfer type");
        panel.get_by_role_and_label(Role::RadioButton, "Text").accesskit_node().is_disabled()
    };
    assert!(open(&mut panel, "b, download, paused"), "something of it may be there");
    for _ in 0..2 {
        panel.key_press(Key::Escape);
        panel.run();
    }
    panel.get_by_role_and_label(Role::Tab, "Failed 1").click();
    panel.run();
    assert!(!open(&mut panel, "a, download, failed, 550 no"));
    panel.get_by_role_and_label(Role::RadioButton, "Text").click();
    panel.run();
    let actions = take(&mut panel);
    assert!(matches!(&actions[..], [Action::ChangeType(ids, TransferType::Text)] if ids[..] == [TransferId(1)]));
}

#[test]
fn the_queue_is_held_and_released() {
    let mut panel = panels(vec![transfers(vec![("a", Phase::Queued)])]);
    press(&mut panel, "Hold");
    panel.state_mut().mirror.apply(Event::Queue(Delta::Held(true)));
    panel.run();
    press(&mut panel, "Start");
    assert!(matches!(take(&mut panel).as_slice(), [Action::Hold, Action::Release]));
}

#[test]
fn what_an_earlier_run_left_goes_on_with_one_click() {
    let mut panel = panels(vec![transfers(vec![("a", Phase::Left), ("b", Phase::Left), ("c", Phase::Queued)])]);
    panel.get_by_label("2 transfers wait, from last time or a file");
    panel.get_by_label("a, download, waits to be carried on").click();
    panel.run();
    press(&mut panel, "Resume the selected transfers");
    press(&mut panel, "Carry on");
    let actions = take(&mut panel);
    assert!(matches!(actions.as_slice(), [Action::Resume(ids), Action::Release] if ids == &[TransferId(1)]));
    for id in [1, 2] {
        panel.state_mut().mirror.apply(Event::Queue(Delta::Phase(TransferId(id), Phase::Queued)));
    }
    panel.run();
    assert!(panel.query_by_label("Carry on").is_none());
}

#[test]
fn rows_are_dragged_to_another_place() {
    let mut panel = panels(vec![transfers(["a", "b", "c", "d"].map(|name| (name, Phase::Queued)).into())]);
    let row = |panel: &Panel, name: &str| panel.get_by_label(&format!("{name}, download, waiting")).rect();
    let drag = |panel: &mut Panel, from: egui::Pos2, to: egui::Pos2| {
        panel.drag_at(from);
        panel.run();
        panel.hover_at(to);
        panel.run();
        panel.drop_at(to);
        panel.run();
        take(panel)
    };
    let (a, b, d) = (row(&panel, "a"), row(&panel, "b"), row(&panel, "d"));
    let actions = drag(&mut panel, d.center(), b.center_top() + egui::vec2(0.0, 3.0));
    let before_b = queue::Place::Before(TransferId(2));
    assert!(matches!(&actions[..], [Action::Move(ids, place)] if ids[..] == [TransferId(4)] && *place == before_b));
    panel.get_by_label("a, download, waiting").click();
    panel.run();
    panel.get_by_label("c, download, waiting").click_modifiers(Modifiers::COMMAND);
    panel.run();
    let actions = drag(&mut panel, a.center(), d.center_bottom() + egui::vec2(0.0, 60.0));
    let both = [TransferId(1), TransferId(3)];
    assert!(matches!(&actions[..], [Action::Move(ids, queue::Place::Bottom)] if ids[..] == both), "{actions:?}");
    assert!(drag(&mut panel, a.center(), egui::pos2(1000.0, 400.0)).is_empty(), "the log takes no rows");
}

#[test]
fn what_is_done_last_stands_first() {
    let done = || {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let done = Done { bytes: 1, resumed_from: 0, milliseconds: 1, proof: Proof::Size, at, left_out: 0 };
        Phase::Done(Box::new(done))
    };
    let names: Vec<String> = (1..=60).map(|number| format!("f{number}")).collect();
    let mut panel = panels(vec![transfers(names.iter().map(|name| (name.as_str(), Phase::Queued)).collect())]);
    let finish = |panel: &mut Panel, ids: std::ops::RangeInclusive<u64>| {
        for id in ids {
            panel.state_mut().mirror.apply(Event::Queue(Delta::Phase(TransferId(id), done())));
        }
        panel.run();
    };
    let top = |panel: &Panel, name: &str| {
        let rows = panel.query_all_by_role(Role::ListBoxOption);
        let mut rows = rows.filter(|row| row.accesskit_node().label().is_some_and(|said| said.starts_with(name)));
        rows.next().map(|row| row.rect().top())
    };
    finish(&mut panel, 1..=2);
    panel.get_by_role_and_label(Role::Tab, "Done 2").click();
    panel.run();
    assert!(top(&panel, "f2,") < top(&panel, "f1,"));
    panel.get_all_by_role(Role::ListBoxOption).next().unwrap().click();
    panel.run();
    panel.key_press(Key::ArrowDown);
    panel.run();
    panel.key_press(Key::Delete);
    panel.run();
    let actions = take(&mut panel);
    assert!(matches!(actions.as_slice(), [Action::Remove(ids)] if ids[..] == [TransferId(1)]), "{actions:?}");
    finish(&mut panel, 3..=58);
    assert!(top(&panel, "f58,").is_some(), "at the top what comes is seen");
    panel.key_press(Key::End);
    panel.run();
    let before = top(&panel, "f5,");
    assert!(before.is_some());
    finish(&mut panel, 59..=60);
    assert_eq!(top(&panel, "f5,"), before, "further down nothing moves");
}

#[test]
fn a_million_rows_are_scrolled_to_the_pixel() {
    const ROWS: usize = 1_000_000;
    let state = (Scroll::default(), Vec::<(usize, egui::Rect)>::new(), egui::Rect::NOTHING);
    let mut list = Harness::builder().with_size([300.0, 250.0]).build_ui_state(
        |ui, (scroll, drawn, body)| {
            drawn.clear();
            let rows = Rows { scroll, count: ROWS, height: 24.0, name: "Rows", follows: false };
            *body = rows.show(ui, |_, row, rect| drawn.push((row, rect))).body;
        },
        state,
    );
    for row in [ROWS - 1, 733_333, 733_332, 0] {
        list.state_mut().0.reveal(row);
        list.run();
        let (_, drawn, body) = list.state();
        let at = drawn.iter().find(|(drawn, _)| *drawn == row).expect("the row is drawn").1;
        assert!(at.top() >= body.top() && at.bottom() <= body.bottom(), "row {row} is wholly in view");
        assert!(drawn.windows(2).all(|two| two[0].1.bottom() == two[1].1.top()), "rows touch");
        assert!(drawn.len() < 15, "only rows in view are drawn");
    }
    list.state_mut().0.reveal(ROWS - 1);
    list.run();
    let (_, drawn, body) = list.state();
    assert_eq!(drawn.last().map(|(row, rect)| (*row, rect.bottom())), Some((ROWS - 1, body.bottom())));
}
