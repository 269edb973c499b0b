//! The lower panels, the dialogs and the site manager, driven by their accessibility labels.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Modifiers, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use longshore::model::filter::{Condition, FilterSide, NumberIs};
use longshore::model::question::{Certificate, CertificateDoubt, Facts, FileExists, Scope};
use longshore::model::queue::{self, Delta};
use longshore::model::transfer::{Course, Folder, Priority, Running};
use longshore::model::*;
use longshore::ui::dialog::{Wish, dialogs_ui};
use longshore::ui::list::{Rows, Scroll};
use longshore::ui::perform::Choose;
use longshore::ui::sites::sites_ui;
use longshore::ui::text::Clock;
use longshore::ui::{Mirror, View, lower, theme};

const TAB: TabId = TabId(1);

struct Panels {
    mirror: Mirror,
    view: View,
    actions: Vec<Action>,
    installed: bool,
}

impl Panels {
    fn draw(&mut self, ui: &mut Ui) {
        if !std::mem::replace(&mut self.installed, true) {
            theme::install(ui.ctx());
            return;
        }
        while lower::follow(&self.mirror, &mut self.view) {}
        let Self { mirror, view, actions, .. } = self;
        egui::Panel::left("queue").exact_size(600.0).show(ui, |ui| drop(lower::queue_area(ui, mirror, view, actions)));
        egui::CentralPanel::default().show(ui, |ui| lower::log_area(ui, mirror, view, actions));
        sites_ui(ui.ctx(), mirror, &mut view.sites, TAB, actions);
        dialogs_ui(ui.ctx(), mirror, &mut view.dialogs, &mut view.tickets, &view.clock, actions);
    }
}

type Panel = Harness<'static, Panels>;

fn panels(events: Vec<Event>) -> Panel {
    let mut mirror = Mirror::default();
    events.into_iter().for_each(|event| mirror.apply(event));
    let clock = Clock::at("2026-05-12T12:00:00Z[UTC]".parse().unwrap());
    let state = Panels { mirror, view: View::new(clock), actions: Vec::new(), installed: false };
    let mut panel = Harness::builder()
        .with_size([1400.0, 900.0])
        .with_max_steps(30)
        .allow_missing_glyphs()
        .build_ui_state(|ui, state: &mut Panels| state.draw(ui), state);
    panel.run();
    panel
}

fn site() -> Arc<Site> {
    Arc::new(Site { host: "ftp.example.org".into(), login: Login::Normal, user: "me".into(), ..Site::default() })
}

fn transfers(phases: Vec<(&str, Phase)>) -> Event {
    let folder = Arc::new(Folder { site: site(), local: "/home/me".into(), remote: RemotePath::new("/pub"), below: 0 });
    let rows = phases.into_iter().zip(1..).map(|((name, phase), id)| Transfer {
        id: TransferId(id),
        course: Course::Download,
        kind: Kind::File,
        folder: folder.clone(),
        remote_name: name.into(),
        local_name: None,
        size: Some(1_000),
        phase,
        attempts: 1,
        if_exists: None,
        priority: Priority::default(),
        text: false,
        place: 0,
    });
    Event::Queue(Delta::Add(rows.collect()))
}

fn failed(why: &str) -> Phase {
    let failure = Failure { what: "Could not fetch it".into(), why: why.into(), cause: Cause::Refused, again: false };
    Phase::Failed(Arc::new(failure))
}

/// `>` sent, `<` the first line of a reply, `=` a line that continues it.
fn log(lines: &[(u32, &str)]) -> Vec<Event> {
    let base: jiff::Timestamp = "2026-05-12T12:00:00Z".parse().unwrap();
    let line = |(number, (connection, text)): (usize, &(u32, &str))| {
        Event::Line(Line {
            seq: number as u64 + 1,
            at: base + jiff::SignedDuration::from_millis(number as i64 * 40),
            connection: ConnectionId(*connection),
            direction: if text.starts_with('>') { Direction::Sent } else { Direction::Received },
            code: text.strip_prefix('<').and_then(|text| text[..3].parse().ok()),
            text: text[1..].to_owned(),
            raw: None,
            transfer: text.contains("secret").then_some(TransferId(1)),
        })
    };
    lines.iter().enumerate().map(line).collect()
}

fn dialogue() -> Vec<Event> {
    log(&[
        (1, "<220-Welcome"),
        (1, "= to the archive"),
        (1, "=220 Ready."),
        (1, ">RETR secret.txt"),
        (2, "<220 Ready too."),
        (1, "<550 Failed to open file."),
        (2, ">NOOP"),
        (2, "<200 Zzz\u{202e}\u{1b}[31m"),
    ])
}

fn server() -> Event {
    let server = Server {
        site: site(),
        address: "127.0.0.1:21".into(),
        system: "UNIX".into(),
        features: Vec::new(),
        home: RemotePath::root(),
        tls: None,
        listing: "MLSD".into(),
        paths: longshore::model::PathSyntax::Unix,
        encoding: "UTF-8".into(),
        round_trip: 1,
    };
    Event::Connection { tab: TAB, state: ConnectionState::Connected(Arc::new(server)) }
}

fn lines(panel: &Panel) -> Vec<String> {
    panel.query_all_by_role(Role::ListBoxOption).filter_map(|row| row.accesskit_node().label()).collect()
}

fn take(panel: &mut Panel) -> Vec<Action> {
    std::mem::take(&mut panel.state_mut().actions)
}

fn type_into(panel: &mut Panel, label: &str, text: &str) {
    panel.get_by_label(label).click();
    panel.run();
    panel.get_by_label(label).type_text(text);
    panel.run();
}

/// The same in place of what is there.
fn retype(panel: &mut Panel, label: &str, text: &str) {
    panel.get_by_label(label).click();
    panel.run();
    panel.key_press_modifiers(Modifiers::COMMAND, Key::A);
    panel.get_by_label(label).type_text(text);
    panel.run();
}

fn press(panel: &mut Panel, button: &str) {
    panel.get_by_role_and_label(Role::Button, button).click();
    panel.run();
}

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

fn ask(ask: Ask) -> Event {
    Event::Ask(Question { id: QuestionId(7), tab: None, ask })
}

#[test]
fn a_file_that_exists_is_decided_for_all() {
    let facts = |size| Facts { size: Some(size), modified: None };
    let mut panel = panels(vec![ask(Ask::FileExists(Box::new(FileExists {
        transfer: TransferId(1),
        course: Course::Upload,
        local: "/home/me/a.iso".into(),
        remote: "/pub/a.iso".into(),
        target: facts(1_000),
        source: facts(3_000),
        renamed: "a (1).iso".into(),
    })))]);
    panel.get_by_role_and_label(Role::Dialog, "“a.iso” is there already");
    panel.get_by_label("The new one is 2.0 KB larger.");
    panel.get_by_label("Resume: add what is missing at its end").click();
    panel.get_by_label("Keep both: the new one becomes “a (1).iso”");
    panel.get_by_label("this batch").click();
    panel.run();
    panel.get_by_label("only uploads");
    press(&mut panel, "Resume");
    let resume = Answer::Exists { choice: IfExists::Resume, scope: Scope::Batch, only: Some(Course::Upload) };
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(QuestionId(7), answer)] if *answer == resume));
    assert!(
        panel.query_by_role_and_label(Role::Dialog, "“a.iso” is there already").is_none(),
        "an answered question is gone at once"
    );
}

#[test]
fn a_second_question_does_not_take_the_keyboard_from_the_first() {
    let question = |id, name: &str| {
        let facts = Facts { size: Some(1), modified: None };
        let (local, remote, renamed) = (format!("/home/me/{name}"), format!("/pub/{name}"), format!("{name} (1)"));
        let both = FileExists {
            transfer: TransferId(id),
            course: Course::Upload,
            local,
            remote,
            target: facts,
            source: facts,
            renamed,
        };
        Event::Ask(Question { id: QuestionId(id), tab: None, ask: Ask::FileExists(Box::new(both)) })
    };
    let mut panel = panels(vec![question(7, "a")]);
    assert!(panel.get_by_role_and_label(Role::Button, "Overwrite").is_focused());
    panel.state_mut().mirror.apply(question(8, "b"));
    panel.run();
    panel.get_by_label("1 question after this one");
    assert!(panel.get_by_role_and_label(Role::Button, "Overwrite").is_focused());
}

#[test]
fn a_file_is_named_where_the_system_has_no_dialog_for_it() {
    let mut panel = panels(Vec::new());
    let open = |panel: &mut Panel, choose| {
        panel.state_mut().view.dialogs.open(Wish::File { choose, folder: "/home/me".into() });
        panel.run();
    };
    open(&mut panel, Choose::Export);
    panel.get_by_role_and_label(Role::Dialog, "Export the queue");
    press(&mut panel, "Save");
    let named = panel.state_mut().view.dialogs.take_named();
    assert_eq!(named, Some((Choose::Export, "/home/me/queue.json".into())));
    open(&mut panel, Choose::Import);
    assert!(panel.get_by_role_and_label(Role::TextInput, "File").is_focused());
    panel.get_by_role_and_label(Role::TextInput, "File").type_text("/tmp/filters.xml");
    panel.run();
    panel.key_press(Key::Enter);
    panel.run();
    let named = panel.state_mut().view.dialogs.take_named();
    assert_eq!(named, Some((Choose::Import, "/tmp/filters.xml".into())));
    open(&mut panel, Choose::Log);
    panel.key_press(Key::Escape);
    panel.run();
    assert!(panel.query_by_role_and_label(Role::Dialog, "Open a log").is_none());
    assert_eq!(panel.state_mut().view.dialogs.take_named(), None);
}

#[test]
fn a_password_is_typed_and_sent_with_enter() {
    let refused = Some("530 Login incorrect.".into());
    let mut panel = panels(vec![ask(Ask::Password { host: "h".into(), user: "me".into(), refused })]);
    panel.get_by_label("530 Login incorrect.");
    let field = panel.get_by_role_and_label(Role::PasswordInput, "Password");
    assert!(field.is_focused());
    field.type_text("s3cret");
    panel.run();
    panel.key_press(Key::Enter);
    panel.run();
    let answer = Answer::Password { password: Secret::new("s3cret"), remember: false };
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(_, given)] if *given == answer));
}

#[test]
fn enter_sends_no_empty_password_but_the_button_does() {
    let question = || ask(Ask::Password { host: "h".into(), user: "me".into(), refused: None });
    let mut panel = panels(vec![question()]);
    panel.key_press(Key::Enter);
    panel.run();
    assert!(take(&mut panel).is_empty());
    assert!(panel.get_by_role_and_label(Role::PasswordInput, "Password").is_focused());
    // A click beside the field takes the keyboard from it.
    panel.get_by_label("me").click();
    panel.run();
    assert!(!panel.get_by_role_and_label(Role::PasswordInput, "Password").is_focused());
    panel.key_press(Key::Enter);
    panel.run();
    assert!(take(&mut panel).is_empty());
    assert!(panel.get_by_role_and_label(Role::PasswordInput, "Password").is_focused(), "what is typed goes there");
    press(&mut panel, "Connect");
    let answer = Answer::Password { password: Secret::new(""), remember: false };
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(_, given)] if *given == answer));
}

fn doubt(previously: Option<&str>) -> Event {
    let certificate = Certificate { sha256: "0123456789abcdef".repeat(4), ..Certificate::default() };
    ask(Ask::Certificate(Box::new(CertificateDoubt {
        host: "h".into(),
        port: 21,
        problem: "self-signed".into(),
        previously: previously.map(str::to_owned),
        chain: vec![certificate],
    })))
}

#[test]
fn a_new_certificate_is_trusted_once_or_always() {
    let mut panel = panels(vec![doubt(None)]);
    let fingerprint = "0123 4567 89ab cdef 0123 4567 89ab cdef";
    panel.get_by_label(&format!("{fingerprint}\n{fingerprint}"));
    press(&mut panel, "Trust once");
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(_, Answer::Trust { remember: false })]));
    let mut panel = panels(vec![doubt(None)]);
    press(&mut panel, "Always trust");
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(_, Answer::Trust { remember: true })]));
    let mut panel = panels(vec![doubt(None)]);
    panel.key_press(Key::Enter);
    panel.run();
    let once = matches!(take(&mut panel).as_slice(), [Action::Answer(_, Answer::Trust { remember: false })]);
    assert!(once, "a stray Enter trusts nothing for good");
}

#[test]
fn a_changed_certificate_is_an_alarm_and_enter_refuses() {
    for key in [Key::Enter, Key::Escape] {
        let mut panel = panels(vec![doubt(Some("fedc"))]);
        panel.get_by_role_and_label(Role::Dialog, "The server’s certificate has changed");
        panel.key_press(key);
        panel.run();
        assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(_, Answer::Refuse)]), "{key:?}");
    }
}

fn places() -> Vec<(Place, Entry)> {
    let place = |name: &str, kind| (Place::Remote(RemotePath::new(name)), Entry::new(&name[1..], kind));
    vec![place("/css", Kind::Directory), place("/index.html", Kind::File)]
}

#[test]
fn deleting_says_how_many_and_what() {
    let mut panel = panels(Vec::new());
    panel.state_mut().view.dialogs.open(Wish::Delete { tab: TAB, places: places() });
    panel.run();
    let counting = take(&mut panel);
    let [Action::Measure { ticket, places: counted, .. }] = counting.as_slice() else { panic!("{counting:?}") };
    assert_eq!(counted.as_slice(), [Place::Remote(RemotePath::new("/css"))], "only folders are counted");
    panel.get_by_role_and_label(Role::Dialog, "Delete 1 file and 1 folder?");
    panel.get_by_label("Counting what is in it…");
    let measured = Event::Measured { ticket: *ticket, files: 12, folders: 2, bytes: 84_000, whole: true };
    panel.state_mut().mirror.apply(measured);
    panel.run();
    panel.get_by_label("In it: 12 files, 1 folder, 84 KB"); // besides the one that was chosen
    let nothing = Event::Measured { ticket: *ticket, files: 0, folders: 1, bytes: 0, whole: true };
    panel.state_mut().mirror.apply(nothing);
    panel.run();
    panel.get_by_label("In it: nothing");
    panel.key_press(Key::Enter);
    panel.run();
    let actions = take(&mut panel);
    let [Action::StopMeasuring(stopped), Action::Files { action: FileAction::Delete(gone), .. }] = actions.as_slice()
    else {
        panic!("{actions:?}")
    };
    assert_eq!((stopped, gone.len()), (ticket, 2));
}

#[test]
fn who_does_not_want_to_be_asked_is_not() {
    let settings = Settings { confirm_delete: false, ..Settings::default() };
    let mut panel = panels(vec![Event::Settings(Box::new(settings))]);
    panel.state_mut().view.dialogs.open(Wish::Delete { tab: TAB, places: places() });
    panel.run();
    assert!(matches!(take(&mut panel).as_slice(), [Action::Files { action: FileAction::Delete(_), .. }]));
}

#[test]
fn a_folder_is_named_safely() {
    let mut panel = panels(Vec::new());
    let parent = Place::Remote(RemotePath::new("/pub"));
    panel.state_mut().view.dialogs.open(Wish::NewFolder { tab: TAB, parent });
    panel.run();
    let name = panel.get_by_label("Name");
    assert!(name.is_focused());
    name.type_text("../x");
    panel.run();
    assert!(panel.get_by_role_and_label(Role::Button, "Create").accesskit_node().is_disabled());
    panel.key_press(Key::Enter);
    panel.run();
    assert!(take(&mut panel).is_empty());
    panel.get_by_label("Name").click();
    panel.run();
    panel.key_press_modifiers(Modifiers::COMMAND, Key::A);
    panel.get_by_label("Name").type_text("css");
    panel.run();
    press(&mut panel, "Create");
    let made = Place::Remote(RemotePath::new("/pub/css"));
    assert!(
        matches!(take(&mut panel).as_slice(), [Action::Files { action: FileAction::MakeDirectory(place), .. }] if *place == made)
    );
}

#[test]
fn permissions_follow_boxes_and_digits() {
    let mut panel = panels(Vec::new());
    let mut places = places();
    places[0].1.permissions = Some("rwxr-xr-x".into());
    panel.state_mut().view.dialogs.open(Wish::Permissions { tab: TAB, places });
    panel.run();
    panel.get_by_label("Others: execute").click();
    panel.run();
    assert_eq!(panel.get_by_label("As digits").value().as_deref(), Some("754"));
    press(&mut panel, "Change");
    assert!(matches!(
        take(&mut panel).as_slice(),
        [Action::Files { action: FileAction::Chmod { mode: 0o754, below: None, .. }, .. }]
    ));
}

#[test]
fn settings_are_saved_and_keep_the_layout() {
    let mut panel = panels(Vec::new());
    panel.state_mut().view.dialogs.open(Wish::Settings);
    panel.run();
    panel.state_mut().mirror.settings.layout.tree = 123.0;
    press(&mut panel, "Interface");
    panel.get_by_label("Compact rows").click();
    panel.run();
    press(&mut panel, "Save");
    let saved = take(&mut panel);
    let [Action::SaveSettings(settings)] = saved.as_slice() else { panic!("{saved:?}") };
    assert!(settings.compact && settings.layout.tree == 123.0);
}

#[test]
fn rules_for_files_that_exist_are_made_ordered_and_saved() {
    let mut panel = panels(vec![]);
    panel.state_mut().view.dialogs.open(Wish::Settings);
    panel.run();
    press(&mut panel, "File exists");
    press(&mut panel, "Add a rule");
    panel.get_by_label("1. Any transfer: overwrite");
    panel.get_by_label("Sizes").click();
    panel.run();
    panel.get_by_label("The new one is smaller").click();
    panel.run();
    panel.get_by_label("1. Any transfer, where the new file is smaller: overwrite");
    press(&mut panel, "Add a rule");
    let up = panel.get_all_by_role_and_label(Role::Button, "Up").last().unwrap();
    up.click();
    panel.run();
    panel.get_by_label("1. Any transfer: overwrite");
    type_into(&mut panel, "Names of copies", "/");
    panel.get_by_label_contains("cannot be in a name");
    press(&mut panel, "Save");
    let saved = take(&mut panel);
    let [Action::SaveSettings(settings)] = saved.as_slice() else { panic!("{saved:?}") };
    let sizes: Vec<_> = settings.exists_rules.iter().map(|rule| rule.size).collect();
    assert_eq!(sizes, [exists::SizeIs::Any, exists::SizeIs::Smaller]);
}

#[test]
fn hours_with_other_limits_are_saved() {
    let mut panel = panels(vec![]);
    panel.state_mut().view.dialogs.open(Wish::Settings);
    panel.run();
    press(&mut panel, "Speed");
    press(&mut panel, "Add hours");
    panel.get_by_label("Saturday, row 1").click();
    panel.run();
    press(&mut panel, "Add hours");
    press(&mut panel, "Remove row 2");
    press(&mut panel, "Save");
    let saved = take(&mut panel);
    let [Action::SaveSettings(settings)] = saved.as_slice() else { panic!("{saved:?}") };
    let days = [true, true, true, true, true, true, false];
    assert_eq!(settings.schedule, [schedule::Slot { days, ..schedule::Slot::default() }]);
}

#[test]
fn filters_are_switched_made_and_saved() {
    let mut panel = panels(vec![]);
    panel.state_mut().view.dialogs.open(Wish::Filters);
    panel.run();
    panel.get_by_label("Useless Explorer files (remote)").click();
    panel.run();
    press(&mut panel, "New filter");
    retype(&mut panel, "Name", "Useless Explorer files");
    panel.get_by_label("Another filter is called so");
    retype(&mut panel, "Name", "Large");
    panel.get_by_label("Large (local)").click();
    panel.run();
    panel.get_by_label("What").click();
    panel.run();
    panel.get_by_role_and_label(Role::Button, "Size").click();
    panel.run();
    press(&mut panel, "Add a condition");
    let second = panel.get_all_by_label("Value").last().unwrap();
    second.click();
    panel.run();
    panel.get_all_by_label("Value").last().unwrap().type_text("[z-a]");
    panel.run();
    panel.get_by_label_contains("is no pattern");
    assert!(panel.get_by_role_and_label(Role::Button, "Save").accesskit_node().is_disabled());
    press(&mut panel, "Remove condition 2");
    press(&mut panel, "Save");
    let saved = take(&mut panel);
    let [Action::SaveSettings(settings)] = saved.as_slice() else { panic!("{saved:?}") };
    let large = settings.filters.filters.last().unwrap();
    assert_eq!(large.conditions, [Condition::Size(NumberIs::Greater, 1_000_000)]);
    let on = |name, side| settings.filters.is_on(name, side);
    assert!(on("Large", FilterSide::Local) && !on("Large", FilterSide::Remote));
    assert!(on("Useless Explorer files", FilterSide::Remote));
}

#[test]
fn questions_that_wait_are_counted() {
    let file = |name: &str| FileExists {
        transfer: TransferId(1),
        course: Course::Download,
        local: format!("/home/me/{name}"),
        remote: format!("/{name}"),
        target: Facts::default(),
        source: Facts::default(),
        renamed: String::new(),
    };
    let question =
        |id, name| Event::Ask(Question { id: QuestionId(id), tab: None, ask: Ask::FileExists(Box::new(file(name))) });
    let mut panel = panels(vec![question(1, "a"), question(2, "b"), question(3, "c")]);
    panel.get_by_label("2 questions after this one");
    panel.key_press(Key::Escape);
    panel.run();
    let skip = Answer::Exists { choice: IfExists::Skip, scope: Scope::File, only: None };
    assert!(matches!(take(&mut panel).as_slice(), [Action::Answer(QuestionId(1), answer)] if *answer == skip));
    panel.get_by_label("1 question after this one");
}

fn sites() -> Event {
    let stored = Site { name: "Stored".into(), ..(*site()).clone() };
    Event::Sites(Arc::new(Sites { sites: vec![stored], ..Sites::default() }))
}

fn manager(events: Vec<Event>) -> Panel {
    let mut panel = panels(events);
    panel.state_mut().view.sites.open = true;
    panel.run();
    panel
}

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
