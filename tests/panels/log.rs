//! The reply log: lines, filter, details, typed commands.

use super::*;

#[test]
fn the_filter_field_filters_and_says_mistakes() {
    let mut panel = panels(dialogue());
    assert_eq!(lines(&panel).len(), 8);
    type_into(&mut panel, "Filter the log", "code:5xx");
    assert_eq!(lines(&panel), ["550 Failed to open file."]);
    panel.key_press(Key::Escape);
    panel.run();
    assert_eq!(lines(&panel).len(), 8, "Escape empties the field");
    type_into(&mut panel, "Filter the log", "code:huge");
    assert_eq!(lines(&panel).len(), 8, "a mistake filters nothing");
    panel.get_by_label_contains("Nothing is filtered");
}

#[test]
fn chips_count_and_choose_classes() {
    let mut panel = panels(dialogue());
    press(&mut panel, "5yz permanent errors: 1");
    assert_eq!(lines(&panel), ["550 Failed to open file."]);
    press(&mut panel, "2yz completions: 3");
    assert_eq!(lines(&panel).len(), 6, "both classes, whole replies");
    press(&mut panel, "2yz completions: 3");
    press(&mut panel, "5yz permanent errors: 1");
    assert_eq!(lines(&panel).len(), 8);
}

#[test]
fn a_reply_cannot_change_how_the_log_looks() {
    let panel = panels(dialogue());
    assert_eq!(lines(&panel).last().unwrap(), "200 Zzz[U+202E]\u{241b}[31m");
}

#[test]
fn a_click_on_a_reply_explains_it() {
    let mut panel = panels([dialogue(), vec![transfers(vec![("secret.txt", failed("550 no"))])]].concat());
    panel.get_by_label("550 Failed to open file.").click();
    panel.run();
    for label in ["What it means", "Likely cause", "What to do", "How the digits read", "Waited", "80 ms"] {
        panel.get_by_label(label);
    }
    assert!(panel.query_by_label("Not there, or not allowed").is_some());
    panel.get_by_role_and_label(Role::Link, "RETR secret.txt").click();
    panel.run();
    panel.get_by_label("Answered by");
    panel.get_by_role_and_label(Role::Link, "secret.txt").click();
    panel.run();
    assert!(panel.query_by_label("secret.txt, download, failed, 550 no").is_some(), "the queue shows the row");
    press(&mut panel, "Close the details");
    assert!(panel.query_by_label("Answered by").is_none());
}

#[test]
fn open_details_follow_the_row_of_the_menu() {
    let mut panel = panels(dialogue());
    panel.get_by_label("550 Failed to open file.").click_secondary();
    panel.run();
    panel.key_press(Key::Escape);
    panel.run();
    assert!(panel.query_by_label("Close the details").is_none(), "a menu opens none");
    panel.get_by_label("RETR secret.txt").click();
    panel.run();
    panel.get_by_label("Answered by");
    panel.get_by_role_and_label(Role::ListBoxOption, "550 Failed to open file.").click_secondary();
    panel.run();
    assert!(panel.query_by_label("What it means").is_some() && panel.query_by_label("Answered by").is_none());
}

#[test]
fn a_row_of_the_queue_leads_to_its_lines_whatever_is_filtered() {
    let mut panel = panels([dialogue(), vec![transfers(vec![("secret.txt", failed("550 no"))])]].concat());
    type_into(&mut panel, "Filter the log", "conn:2");
    assert_eq!(lines(&panel).len(), 3);
    panel.get_by_role_and_label(Role::Tab, "Failed 1").click();
    panel.run();
    panel.get_by_label("secret.txt, download, failed, 550 no").click_secondary();
    panel.run();
    press(&mut panel, "Show in the reply log");
    panel.get_by_label("Answered by");
    assert_eq!(panel.get_by_label("Filter the log").value().as_deref(), Some(""));
}

#[test]
fn a_failed_row_leads_to_the_reply_that_refused_it() {
    let note = |seq, direction, text: &str| {
        Event::Line(Line {
            seq,
            at: jiff::Timestamp::UNIX_EPOCH,
            connection: ConnectionId(1),
            direction,
            code: None,
            text: text.into(),
            raw: None,
            transfer: Some(TransferId(1)),
        })
    };
    let mut refused = note(2, Direction::Received, "550 no");
    if let Event::Line(line) = &mut refused {
        line.code = Some(550);
    }
    let sent = note(1, Direction::Sent, "RETR secret.txt");
    let after = note(3, Direction::Note, "Data connection: given up");
    let mut panel = panels(vec![sent, refused, after, transfers(vec![("secret.txt", failed("550 no"))])]);
    panel.get_by_role_and_label(Role::Tab, "Failed 1").click();
    panel.run();
    panel.get_by_label("secret.txt, download, failed, 550 no").click_secondary();
    panel.run();
    press(&mut panel, "Show in the reply log");
    panel.get_by_label("Answers");
}

#[test]
fn one_connection_can_be_shown_alone() {
    let opened = |number, tab| Event::Opened { connection: ConnectionId(number), tab, site: site() };
    let mut panel = panels([vec![opened(1, Some(TAB)), opened(2, None)], dialogue()].concat());
    press(&mut panel, "Connections shown");
    press(&mut panel, "#2  ftp.example.org, transfers");
    assert_eq!(lines(&panel).len(), 3);
    press(&mut panel, "Connections shown");
    press(&mut panel, "All connections");
    assert_eq!(lines(&panel).len(), 8);
}

#[test]
fn details_show_the_whole_reply() {
    let mut panel = panels(dialogue());
    panel.get_by_label(" to the archive").click();
    panel.run();
    let whole: Vec<_> = panel.get_all_by_label("220 Ready.").collect();
    assert_eq!(whole.len(), 2, "once in the log, once in the details");
}

#[test]
fn lines_are_copied_as_text() {
    let mut panel = panels(dialogue());
    panel.get_by_label("550 Failed to open file.").click();
    panel.run();
    panel.event(egui::Event::Copy);
    panel.step();
    let copied = panel.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(copied.unwrap(), "12:00:00.200 1 ← 550 Failed to open file.");
}

#[test]
fn the_log_can_be_cleared() {
    let mut panel = panels(dialogue());
    press(&mut panel, "More about the log");
    press(&mut panel, "Clear the log");
    panel.get_by_label("Cleared; what comes next appears here");
    let more = log(&[(1, ">PWD")]);
    more.into_iter().for_each(|event| panel.state_mut().mirror.apply(event));
    panel.run();
    assert_eq!(lines(&panel), ["PWD"]);
}

#[test]
fn a_raw_command_needs_a_connection() {
    let panel = panels(Vec::new());
    assert!(panel.get_by_label("Command to send").accesskit_node().is_disabled());
    let mut panel = panels(vec![server()]);
    type_into(&mut panel, "Command to send", " SITE HELP ");
    panel.key_press(Key::Enter);
    panel.run();
    let sent = take(&mut panel);
    let [Action::Files { tab: TAB, action: FileAction::Raw(command), .. }] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    assert_eq!(command, "SITE HELP");
    panel.key_press(Key::ArrowUp);
    panel.run();
    assert_eq!(panel.get_by_label("Command to send").value().as_deref(), Some("SITE HELP"), "the history");
    panel.event(egui::Event::Text(" X".into()));
    panel.run();
    let typed = panel.get_by_label("Command to send").value();
    assert_eq!(typed.as_deref(), Some("SITE HELP X"), "one goes on at its end");
}

#[test]
fn a_warning_does_not_take_the_keyboard_from_the_command() {
    let mut panel = panels(vec![server()]);
    type_into(&mut panel, "Command to send", "REST");
    let warned = panel.get_by_label_contains("changes where the next transfer").rect();
    let helped = panel.get_by_label_contains("sets where the next transfer begins").rect();
    assert!(helped.bottom() <= warned.top(), "the help stands above the warning: {helped:?}, {warned:?}");
    panel.event(egui::Event::Text(" 5".into()));
    panel.run();
    let field = panel.get_by_label("Command to send");
    assert!(field.is_focused() && field.value().as_deref() == Some("REST 5"), "{:?}", field.value());
}
