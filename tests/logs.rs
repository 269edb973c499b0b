//! Logs from files in the window: opened, filtered, explained, and left again.
#![allow(clippy::unwrap_used)]

use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};

use eframe::egui::accesskit::{Role, Toggled};
use eframe::egui::{Vec2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use longshore::model::compare::{Compared, Source};
use longshore::model::foreign::Lines;
use longshore::model::log_layout::{Column, Sort};
use longshore::model::{Action, Actions, Comparison, ConnectionId, Direction, Event, Line, Log, OpenedLog, Transcript};
use longshore::ui::{App, Start};

struct Window {
    harness: Harness<'static, App>,
    actions: Receiver<Action>,
    events: SyncSender<Event>,
}

impl Window {
    fn new(size: Vec2) -> Self {
        let (events, from_worker) = sync_channel(1000);
        let (to_worker, actions) = sync_channel(100);
        events.send(Event::Settings(Box::default())).unwrap();
        let send = move |action| {
            to_worker.try_send(action).map_err(|error| match error {
                TrySendError::Full(action) | TrySendError::Disconnected(action) => action,
            })
        };
        let log = Some("/logs/night.txt".into());
        let start = Start { actions: Actions::new(send), events: from_worker, open: None, local: None, log };
        let builder = Harness::builder().with_size(size).with_max_steps(20).allow_missing_glyphs();
        let harness = builder.build_eframe(|cc| App::new(&cc.egui_ctx, start));
        let mut window = Self { harness, actions, events };
        window.run();
        window
    }

    fn tell(&mut self, event: Event) {
        self.events.send(event).unwrap();
        self.run();
    }

    fn run(&mut self) {
        self.harness.step();
        self.harness.run();
    }

    fn press(&mut self, role: Role, name: &str) {
        self.harness.get_by_role_and_label(role, name).click();
        self.run();
    }

    /// Labels of the log's rows.
    fn rows(&self) -> Vec<String> {
        self.harness.query_all_by_role(Role::ListBoxOption).filter_map(|node| node.accesskit_node().label()).collect()
    }

    fn has(&self, words: &str) -> bool {
        self.harness.query_all_by_label_contains(words).next().is_some()
    }
}

fn opened(name: &str) -> Event {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs").join(name);
    let text = std::fs::read(&path).unwrap();
    read(path, &text)
}

fn read(path: std::path::PathBuf, text: &[u8]) -> Event {
    let day = jiff::civil::date(2026, 11, 28);
    let mut lines = Lines::of(text, jiff::tz::TimeZone::UTC, day).unwrap().unwrap();
    let mut transcript = Transcript::new(1000);
    lines.by_ref().for_each(|line| transcript.push(line.unwrap()));
    let (program, unread) = (lines.program(), lines.unread());
    Event::Log(Ok(Box::new(OpenedLog { path, program, transcript, unread })))
}

fn live(text: &str) -> Event {
    let (at, connection) = (jiff::Timestamp::UNIX_EPOCH, ConnectionId(1));
    let (direction, code) = (Direction::Received, Some(220));
    Event::Line(Line { seq: 1, at, connection, direction, code, text: text.into(), raw: None, transfer: None })
}

#[test]
fn a_log_that_the_command_line_names_is_asked_for() {
    let window = Window::new(vec2(1400.0, 900.0));
    let asked = window
        .actions
        .try_iter()
        .any(|action| matches!(action, Action::OpenLog(path) if path == std::path::Path::new("/logs/night.txt")));
    assert!(asked);
}

#[test]
fn a_log_is_shown_in_the_place_of_the_live_one_until_one_goes_back() {
    for size in [vec2(1400.0, 900.0), vec2(1024.0, 700.0)] {
        let mut window = Window::new(size);
        window.tell(live("220 the live one"));
        assert!(window.has("Reading night.txt…"), "large ones take a while");
        window.tell(opened("filezilla.txt"));
        assert!(!window.has("local files") && !window.has("Transfers"), "the window was opened for the log");
        window.press(Role::Button, "Show the panes and the queue");
        assert!(window.has("Transfers"));
        assert!(!window.has("Reading") && window.has("filezilla.txt") && window.has("written by FileZilla, 44 lines"));
        assert!(window.rows().iter().any(|row| row.contains("Resolving address of ftp.example.org")));
        assert!(!window.rows().iter().any(|row| row.contains("the live one")));
        assert!(window.harness.query_by_label("Command to send").is_none(), "nobody would answer");
        window.tell(live("220 meanwhile"));
        window.press(Role::Button, "Back to the live log");
        let rows = window.rows();
        assert!(
            rows.iter().any(|row| row.contains("the live one")) && rows.iter().any(|row| row.contains("meanwhile"))
        );
        assert!(!window.has("filezilla.txt"));
    }
}

#[test]
fn how_an_opened_log_is_looked_at_is_kept() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    window.tell(live("220 the live one"));
    window.tell(opened("filezilla.txt"));
    window.press(Role::RadioButton, "Exchanges");
    window.press(Role::Button, "More about the log");
    window.press(Role::Button, "Columns");
    window.press(Role::Button, "Rate");
    window.press(Role::ColumnHeader, "Command");
    window.press(Role::Button, "Back to the live log");
    let layout = |action: Action| match action {
        Action::SaveSettings(settings) => Some(settings.layout),
        _ => None,
    };
    let kept = window.actions.try_iter().filter_map(layout).last().unwrap();
    assert!(kept.exchanges && kept.columns.hidden.contains(&Column::Rate));
    assert_eq!(kept.columns.order, Sort { column: Column::Command, descending: false });
    let exchanges = window.harness.get_by_role_and_label(Role::RadioButton, "Exchanges");
    assert_eq!(exchanges.accesskit_node().toggled(), Some(Toggled::True), "the live log is looked at in the same way");
}

#[test]
fn a_line_of_an_opened_log_is_explained() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    window.tell(opened("winscp.txt"));
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Filter the log");
    field.click();
    window.run();
    window.harness.get_by_role_and_label(Role::TextInput, "Filter the log").type_text("is:error");
    window.run();
    assert_eq!(window.rows().len(), 1, "{:?}", window.rows());
    window.harness.query_all_by_role(Role::ListBoxOption).next().unwrap().click();
    window.run();
    assert!(window.has("The connection for the data could not be made"));
}

#[test]
fn numbers_in_an_opened_log_are_none_of_this_run() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    let line = concat!(
        r#"{"seq":1,"at":"2026-11-28T10:00:00Z","connection":1,"direction":"received","code":550,"#,
        r#""text":"550 not that one","raw":null,"transfer":7}"#
    );
    window.tell(read("own.jsonl".into(), line.as_bytes()));
    window.harness.query_all_by_role(Role::ListBoxOption).next().unwrap().click();
    window.run();
    assert!(window.has("Connection"), "the details are shown");
    assert!(!window.has("no longer in the queue"));
}

#[test]
fn an_exchange_is_copied_as_a_command_of_another_program() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    window.tell(opened("filezilla.txt"));
    let field = window.harness.get_by_role_and_label(Role::TextInput, "Filter the log");
    field.click();
    window.run();
    window.harness.get_by_role_and_label(Role::TextInput, "Filter the log").type_text("verb:RETR");
    window.run();
    let copied = |window: &mut Window, name: &str| {
        window.harness.query_all_by_role(Role::ListBoxOption).next().unwrap().click_secondary();
        window.run();
        window.harness.get_by_label(name).click();
        window.harness.step();
        let commands = window.harness.output().platform_output.commands.clone();
        let text = commands.into_iter().find_map(|command| match command {
            eframe::egui::OutputCommand::CopyText(text) => Some(text),
            _ => None,
        });
        window.run();
        text.unwrap()
    };
    assert_eq!(
        copied(&mut window, "Copy as curl command"),
        "curl --user tester --output report.zip ftp://192.0.2.7/report.zip"
    );
    assert!(copied(&mut window, "Copy as lftp command").starts_with("lftp -u tester -e '"));
    let table = copied(&mut window, "Copy as Markdown");
    assert!(table.starts_with("| Time |") && table.contains("| `RETR report.zip` |"), "{table}");
}

#[test]
fn what_leaves_is_seen_before_it_leaves() {
    for size in [vec2(1400.0, 900.0), vec2(1024.0, 700.0)] {
        let mut window = Window::new(size);
        window.tell(opened("filezilla.txt"));
        window.harness.get_by_role_and_label(Role::TextInput, "Filter the log").click();
        window.run();
        window.harness.get_by_role_and_label(Role::TextInput, "Filter the log").type_text("verb:USER");
        window.run();
        window.press(Role::Button, "More about the log");
        window.harness.get_by_label("Export log…").click();
        window.run();
        let preview = |window: &mut Window, words: &str| {
            // It is worked out on another thread.
            for _ in 0..200 {
                std::thread::sleep(std::time::Duration::from_millis(10));
                window.run();
                let field = window.harness.get_by_label("Preview");
                if field.accesskit_node().value().is_some_and(|value| value.contains(words)) {
                    return field.accesskit_node().value().unwrap();
                }
            }
            panic!("no {words} in the preview");
        };
        assert_eq!(preview(&mut window, "USER tester").lines().count(), 7);
        window.press(Role::CheckBox, "Users");
        assert!(!preview(&mut window, "USER user1").contains("tester"));
        window.press(Role::RadioButton, "All (44)");
        window.press(Role::RadioButton, "JSON lines");
        preview(&mut window, "\"text\":\"Resolving address of ftp.example.org\"");
        window.actions.try_iter().for_each(drop);
        window.press(Role::Button, "Save");
        let saved = window.actions.try_iter().find_map(|action| match action {
            Action::SaveLog(export) => Some(export),
            _ => None,
        });
        let saved = saved.unwrap();
        assert_eq!((saved.rows.len(), saved.format), (44, longshore::model::Format::Json));
        assert!(saved.masks.user && !saved.masks.host);
        assert!(saved.path.to_str().unwrap().ends_with(".jsonl") && window.harness.query_by_label("Preview").is_none());
    }
}

#[test]
fn a_half_typed_filter_is_completed_by_key_and_by_pointer() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    window.tell(opened("filezilla.txt"));
    let field = |window: &Window| {
        let field = window.harness.get_by_role_and_label(Role::TextInput, "Filter the log");
        field.accesskit_node().value().unwrap_or_default()
    };
    window.harness.get_by_role_and_label(Role::TextInput, "Filter the log").click();
    window.run();
    assert!(window.has("bytes of a transfer or listing"), "what there is");
    window.harness.get_by_role_and_label(Role::TextInput, "Filter the log").type_text("-ve");
    window.run();
    window.harness.key_press(eframe::egui::Key::Tab);
    window.run();
    assert_eq!(field(&window), "-verb:");
    assert!(!window.has("Nothing is filtered"), "it is not yet wrong");
    window.harness.get_by_role_and_label(Role::TextInput, "Filter the log").type_text("ret");
    window.run();
    window.harness.get_by_label("RETR download").click();
    window.run();
    assert_eq!(field(&window), "-verb:RETR ");
    window.harness.get_by_role_and_label(Role::TextInput, "Filter the log").type_text("is:error");
    window.run();
    assert_eq!(field(&window), "-verb:RETR is:error", "the keyboard is still there, behind what was taken");
    assert_eq!(window.rows().len(), 1, "{:?}", window.rows());
}

fn lines_of(name: &str) -> Vec<Line> {
    let Event::Log(Ok(log)) = opened(name) else { panic!("no log") };
    log.transcript.iter().cloned().collect()
}

/// As the worker answers `Action::Compare`.
fn compared(sources: [Source; 2]) -> Event {
    let [left, right] = sources.map(|source| match source {
        Source::File(path) => {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            Compared { log: Arc::new(Log::of(lines_of(&name))), name, path }
        }
        Source::Lines(name, lines) => Compared { name, path: "".into(), log: Arc::new(Log::of(lines)) },
    });
    Event::Compared(Ok(Box::new(Comparison::of(left, right))))
}

fn is_chosen(row: &egui_kittest::Node<'_>) -> bool {
    row.accesskit_node().toggled() == Some(eframe::egui::accesskit::Toggled::True)
}

#[test]
fn two_logs_are_chosen_and_stand_side_by_side() {
    for size in [vec2(1400.0, 900.0), vec2(1024.0, 700.0)] {
        let mut window = Window::new(size);
        window.tell(opened("curl.txt"));
        window.press(Role::Button, "Compare with…");
        let compare = window.harness.get_by_role_and_label(Role::Button, "Compare");
        assert!(compare.accesskit_node().is_disabled(), "nobody said with what");
        window.harness.get_by_role_and_label(Role::TextInput, "File on the right").type_text("/logs/ftp.txt");
        window.run();
        window.actions.try_iter().for_each(drop);
        window.press(Role::Button, "Compare");
        let sources = window.actions.try_iter().find_map(|action| match action {
            Action::Compare(sources) => Some(*sources),
            _ => None,
        });
        let sources = sources.unwrap();
        let [Source::File(left), Source::File(right)] = &sources else { panic!("{sources:?}") };
        assert!(left.ends_with("logs/curl.txt") && right == std::path::Path::new("/logs/ftp.txt"));
        window.tell(compared(sources));
        let rows = window.rows();
        assert!(rows.iter().any(|row| row == "The same: PASS ****, 230"), "{rows:?}");
        assert!(rows.iter().any(|row| row == "Only in the left log: PWD, 257"), "{rows:?}");
        let first = window.harness.get_by_role_and_label(Role::ListBoxOption, "Only in the left log: PWD, 257");
        assert!(is_chosen(&first), "the first difference is where it begins");
        assert!(window.has("Server answered 257"), "what was said there");
        window.press(Role::Button, "Back to the log");
        assert!(window.has("written by curl"), "the log that was opened");
    }
}

#[test]
fn differences_are_stepped_through_and_the_rest_folds() {
    let mut window = Window::new(vec2(1400.0, 900.0));
    let whole = lines_of("lftp.txt");
    let mut other = whole.clone();
    for line in &mut other {
        if line.text == "USER tester" {
            line.text = "USER other".to_owned();
        }
        if line.text == "226 Transfer complete." {
            (line.code, line.text) = (Some(426), "426 Broken off.".to_owned());
        }
    }
    let lines = |name: &str, lines| Source::Lines(name.to_owned(), lines);
    window.tell(compared([lines("Yesterday", whole.clone()), lines("Today", other)]));
    assert!(window.has("Yesterday") && window.has("Today"));
    let selected = |window: &Window| {
        let rows = window.harness.query_all_by_role(Role::ListBoxOption);
        let mut selected = rows.filter(|row| is_chosen(row));
        selected.next().and_then(|row| row.accesskit_node().label()).unwrap()
    };
    let mut seen = vec![selected(&window)];
    window.press(Role::Button, "Next difference (F8)");
    seen.push(selected(&window));
    window.press(Role::Button, "Next difference (F8)");
    seen.push(selected(&window));
    assert!(seen[0].starts_with("Only in the left log: USER tester"), "{seen:?}");
    assert!(
        seen[1].starts_with("Answered differently: ") && seen[1].ends_with("226 on the left, 426 on the right"),
        "{seen:?}"
    );
    assert_ne!(seen[1], seen[2]);
    window.press(Role::Button, "Previous difference (Shift+F8)");
    assert_eq!(selected(&window), seen[1]);
    window.press(Role::Button, "Close the details");
    window.press(Role::CheckBox, "Only differences");
    assert_eq!(selected(&window), seen[1]);
    window.press(Role::Button, "Previous difference (Shift+F8)");
    window.press(Role::Button, "Close the details");
    let folded = window.rows().into_iter().find(|row| row.ends_with("exchanges are the same on both sides")).unwrap();
    window.harness.get_by_role_and_label(Role::ListBoxOption, &folded).click();
    window.run();
    assert!(!window.rows().contains(&folded), "it opens");
    window.tell(compared([lines("One", whole.clone()), lines("Two", whole)]));
    assert!(window.has("No difference in"));
    assert!(window.harness.get_by_label("Next difference (F8)").accesskit_node().is_disabled());
}
