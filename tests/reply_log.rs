//! The reply log as an instrument: what it explains, what its buttons do, and its two views, driven by accessibility labels.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use longshore::model::queue::Delta;
use longshore::model::transfer::{Course, Folder, Priority};
use longshore::model::*;
use longshore::ui::text::Clock;
use longshore::ui::{Mirror, View, lower, theme};

const TAB: TabId = TabId(1);
/// The connection that browses, and the one that transfers.
const BROWSES: ConnectionId = ConnectionId(1);
const TRANSFERS: ConnectionId = ConnectionId(2);

struct Log {
    mirror: Mirror,
    view: View,
    actions: Vec<Action>,
    installed: bool,
}

impl Log {
    fn draw(&mut self, ui: &mut Ui) {
        if !std::mem::replace(&mut self.installed, true) {
            theme::install(ui.ctx());
            return;
        }
        while lower::follow(&self.mirror, &mut self.view) {}
        let Self { mirror, view, actions, .. } = self;
        egui::CentralPanel::default().show(ui, |ui| lower::log_area(ui, mirror, view, actions));
    }
}

type Panel = Harness<'static, Log>;

fn site() -> Arc<Site> {
    let (name, host, user) = ("Stored".into(), "ftp.example.org".into(), "me".into());
    Arc::new(Site { name, host, login: Login::Normal, user, mode: Mode::Passive, ..Site::default() })
}

/// A tab that is connected, a connection that transfers, one failed transfer, and `dialogue`.
fn panel(dialogue: &str) -> Panel {
    let mut mirror = Mirror::default();
    for event in set_up().into_iter().chain(lines(dialogue)) {
        mirror.apply(event);
    }
    let mut view = View::new(Clock::at("2026-05-12T12:00:00Z[UTC]".parse().unwrap()));
    view.current().server = Some((site(), None));
    let state = Log { mirror, view, actions: Vec::new(), installed: false };
    let mut panel = Harness::builder()
        .with_size([1200.0, 1600.0])
        .with_max_steps(30)
        .allow_missing_glyphs()
        .build_ui_state(|ui, state: &mut Log| state.draw(ui), state);
    panel.run();
    panel
}

fn set_up() -> Vec<Event> {
    let server = Server {
        site: site(),
        address: "192.0.2.1:21".into(),
        system: "UNIX".into(),
        features: Vec::new(),
        home: RemotePath::new("/home"),
        tls: None,
        listing: "MLSD".into(),
        paths: PathSyntax::Unix,
        encoding: "UTF-8".into(),
        round_trip: 1,
    };
    let failure = Failure { what: "x".into(), why: "550 no".into(), cause: Cause::Refused, again: false };
    let folder = Folder { site: site(), local: "/home/me".into(), remote: RemotePath::new("/pub"), below: 0 };
    let row = Transfer {
        id: TransferId(1),
        course: Course::Download,
        kind: Kind::File,
        folder: Arc::new(folder),
        remote_name: "big.iso".into(),
        local_name: None,
        size: Some(10),
        phase: Phase::Failed(Arc::new(failure)),
        attempts: 1,
        if_exists: None,
        priority: Priority::default(),
        transfer_type: TransferType::Binary,
        place: 0,
    };
    let listing = Listing {
        path: RemotePath::new("/home"),
        entries: vec![Entry::new("secret.txt", Kind::File)],
        dialect: "MLSD".into(),
        refused: Vec::new(),
        raw: RawListing::default(),
        guess: None,
        at: jiff::Timestamp::UNIX_EPOCH,
    };
    vec![
        Event::Sites(Arc::new(Sites { sites: vec![(*site()).clone()], ..Sites::default() })),
        Event::Opened { connection: BROWSES, tab: Some(TAB), site: site() },
        Event::Opened { connection: TRANSFERS, tab: None, site: site() },
        Event::Connection { tab: TAB, state: ConnectionState::Connected(Arc::new(server)) },
        Event::Listing { tab: TAB, path: RemotePath::new("/home"), result: Ok(Arc::new(listing)) },
        Event::Queue(Delta::Add([row].into())),
    ]
}

/// `C:` sent, `S:` the first line of a reply, `+` one that continues it, `N:` a note; `@2` in front: on connection 2, which
/// transfers. Lines are 40 ms apart; `wait 300`: seconds go by.
fn lines(dialogue: &str) -> Vec<Event> {
    let mut at: jiff::Timestamp = "2026-05-12T12:00:00Z".parse().unwrap();
    let mut events = Vec::new();
    for typed in dialogue.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (connection, typed) = typed.strip_prefix("@2 ").map_or((BROWSES, typed), |rest| (TRANSFERS, rest));
        let (kind, text) = typed.split_once(' ').unwrap();
        if kind == "wait" {
            at += jiff::SignedDuration::from_secs(text.parse().unwrap());
            continue;
        }
        at += jiff::SignedDuration::from_millis(40);
        let direction = match kind {
            "C:" => Direction::Sent,
            "S:" | "+" => Direction::Received,
            _ => Direction::Note,
        };
        let code = if kind == "S:" { text[..3].parse().ok() } else { None };
        let transfer = (connection == TRANSFERS).then_some(TransferId(1));
        let (seq, text) = (events.len() as u64 + 1, text.to_owned());
        events.push(Event::Line(Line { seq, at, connection, direction, code, text, raw: None, transfer }));
    }
    events
}

fn press(panel: &mut Panel, button: &str) {
    panel.get_by_role_and_label(Role::Button, button).click();
    panel.run();
}

/// Opens the details of the last line of `dialogue`, presses the remedy, and gives back what was asked of the worker.
fn remedied(dialogue: &str, remedy: &str) -> (Panel, Vec<Action>) {
    let mut panel = panel(dialogue);
    let last = panel.query_all_by_role(Role::ListBoxOption).last().unwrap();
    last.click();
    panel.run();
    panel.get_by_label("What happened");
    press(&mut panel, remedy);
    let actions = std::mem::take(&mut panel.state_mut().actions);
    (panel, actions)
}

/// What a remedy makes of the site: stored, in the queue, and in the tab, which connects again.
fn changed_site(dialogue: &str, remedy: &str) -> Site {
    let (panel, actions) = remedied(dialogue, remedy);
    let [
        Action::SaveSites(sites),
        Action::ChangeSite { from, to },
        Action::Connect { tab: TAB, site: connected, .. },
        ..,
    ] = actions.as_slice()
    else {
        panic!("{actions:?}")
    };
    assert_eq!((from, &sites.sites[0], connected), (&site(), &**to, to));
    assert_eq!(panel.state().view.tabs[0].server.as_ref().unwrap().0, *to);
    assert_ne!(**to, *site());
    let retried = matches!(actions.last(), Some(Action::Retry(ids)) if *ids == [TransferId(1)]);
    assert_eq!(retried, dialogue.contains("@2"), "a failed transfer is tried again");
    (**to).clone()
}

#[test]
fn the_servers_address_can_be_trusted() {
    let dialogue = "N: Connected to 198.51.100.1:21 in 1 ms\nS: 220 hi\nC: PASV\nS: 227 Passive (192,168,1,4,7,1).";
    assert!(changed_site(dialogue, "Use the address that the server gives").trust_address);
}

#[test]
fn another_way_to_data_connections_can_be_tried() {
    let passive = "@2 S: 220 hi\n@2 C: EPSV\n@2 S: 229 (|||5000|)\n@2 C: LIST\n@2 S: 425 Can't build data connection";
    assert_eq!(changed_site(passive, "Try passive mode with PASV").mode, Mode::Pasv);
    assert_eq!(changed_site(passive, "Try active mode").mode, Mode::Active);
    let active = "S: 220 hi\nC: PORT 1,2,3,4,5,6\nS: 200 ok\nC: LIST\nS: 425 Failed";
    assert_eq!(changed_site(active, "Try passive mode with EPSV").mode, Mode::Epsv);
}

#[test]
fn where_one_way_does_not_help_the_next_can_be_tried_from_the_same_line() {
    let active = "S: 220 hi\nC: PORT 1,2,3,4,5,6\nS: 200 ok\nC: LIST\nS: 425 Failed";
    let (mut panel, first) = remedied(active, "Try passive mode with EPSV");
    press(&mut panel, "Try passive mode with PASV");
    let changed = |actions: &[Action]| match actions {
        [.., Action::ChangeSite { from, to }, Action::Connect { site, .. }] if site == to => (from.mode, to.mode),
        _ => panic!("{actions:?}"),
    };
    assert_eq!(changed(&first), (Mode::Passive, Mode::Epsv));
    assert_eq!(changed(&panel.state().actions), (Mode::Epsv, Mode::Pasv), "the site is another one meanwhile");
}

#[test]
fn a_data_connection_that_cannot_be_made_is_explained_where_it_was_asked_for() {
    let refused = "S: 220 hi\nC: AUTH TLS\nS: 502 no\nC: EPSV\nS: 229 (|||5000|)\n\
                   N: No data connection: 192.0.2.1:5000: Connection refused";
    assert_eq!(changed_site(refused, "Try passive mode with PASV").mode, Mode::Pasv);
    let mut panel = panel(refused);
    let failure = Failure { what: "x".into(), why: "no".into(), cause: Cause::Network, again: true };
    let (path, result) = (RemotePath::new("/home"), Err(failure));
    panel.state_mut().mirror.apply(Event::Listing { tab: TAB, path, result });
    let Log { mirror, view, .. } = panel.state_mut();
    view.transcript.reveal_listing(mirror, TAB);
    panel.run();
    panel.get_by_label("What happened");
    panel.get_by_role_and_label(Role::RadioButton, "Exchanges").click();
    panel.run();
    let rows: Vec<String> = rows(&panel);
    assert!(rows.iter().any(|row| row.contains("EPSV") && row.contains("no data connection")), "{rows:?}");
}

#[test]
fn a_cap_of_connections_is_kept_with_the_site() {
    let dialogue = "@2 S: 421 Too many connections (3) from this IP";
    assert_eq!(
        changed_site(dialogue, "Open at most 3 connections to this site").connections,
        Some(2),
        "beside the tab's"
    );
    let dialogue = "@2 S: 421 There are too many connections from your internet address.";
    assert_eq!(changed_site(dialogue, "Open fewer connections to this site").connections, Some(1));
}

#[test]
fn a_site_is_switched_to_tls() {
    let dialogue = "S: 220 hi\nC: USER me\nS: 530 Non-anonymous sessions must use encryption.";
    assert_eq!(changed_site(dialogue, "Switch the site to explicit TLS").security, Security::Explicit);
}

#[test]
fn a_silent_connection_is_kept_alive_or_made_again() {
    let dialogue = "S: 220 hi\nC: NOOP\nS: 200 ok\nwait 300\nS: 421 Timeout.";
    let (_, actions) = remedied(dialogue, "Keep the connection alive every 150 seconds");
    let [Action::SaveSettings(settings), Action::Connect { tab: TAB, .. }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!(settings.keep_alive, 150);
    let (_, actions) = remedied(dialogue, "Connect again");
    assert!(matches!(actions.as_slice(), [Action::Connect { tab: TAB, site: again, .. }] if *again == site()));
}

#[test]
fn a_listing_leads_to_its_command_and_back() {
    let mut panel = panel(
        "S: 220 hi\nC: CWD /home\nS: 250 ok\nC: MLSD\nS: 150 go\nS: 226 done\nC: CWD /pub\nS: 250 ok\nC: LIST\nS: 226 done",
    );
    let listing = |path: &str, at: &str| {
        let at = at.parse().unwrap();
        let (path, dialect, raw) = (RemotePath::new(path), "MLSD".into(), RawListing::default());
        let listing = Listing { path, entries: Vec::new(), dialect, refused: Vec::new(), raw, guess: None, at };
        Event::Listing { tab: TAB, path: listing.path.clone(), result: Ok(Arc::new(listing)) }
    };
    let shown = |panel: &mut Panel, event: Event| {
        let state = panel.state_mut();
        state.mirror.apply(event);
        state.view.transcript.reveal_listing(&state.mirror, TAB);
        panel.run();
        let selected =
            |row: &egui_kittest::Node<'_>| row.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True);
        panel.query_all_by_role(Role::ListBoxOption).find(selected).unwrap().accesskit_node().label().unwrap()
    };
    assert!(shown(&mut panel, listing("/home", "2026-05-12T12:00:00.25Z")).contains("MLSD"));
    panel.get_by_role_and_label(Role::Link, "/home").click();
    panel.run();
    let went = std::mem::take(&mut panel.state_mut().actions);
    assert!(matches!(went.as_slice(), [Action::List { tab: TAB, path }] if *path == RemotePath::new("/home")));
    assert!(shown(&mut panel, listing("/pub", "2026-05-12T12:00:09Z")).contains("LIST"));
    panel.get_by_role_and_label(Role::RadioButton, "Exchanges").click();
    panel.run();
    assert!(shown(&mut panel, listing("/home", "2026-05-12T12:00:00.25Z")).contains("to MLSD"));
}

#[test]
fn what_is_not_there_is_listed_again() {
    let (_, actions) = remedied("S: 220 hi\nC: DELE x\nS: 550 No such file", "List the folder again");
    assert!(matches!(actions.as_slice(), [Action::List { tab: TAB, path }] if *path == RemotePath::new("/home")));
}

#[test]
fn permissions_are_shown_of_what_was_refused() {
    let refused = |command: &str| format!("S: 220 hi\nC: {command}\nS: 550 Permission denied");
    let (mut panel, actions) = remedied(&refused("DELE secret.txt"), "Show the permissions");
    assert!(actions.is_empty());
    let state = panel.state_mut();
    assert!(state.view.dialogs.is_open(&state.mirror), "it is listed: its permissions are shown");
    let (_, actions) = remedied(&refused("DELE /etc/passwd"), "Show the permissions");
    assert!(matches!(actions.as_slice(), [Action::List { tab: TAB, path }] if *path == RemotePath::new("/etc")));
    let dialogue = format!("S: 220 hi\nC: CWD /pub\nS: 250 ok\n{}", refused("MKD new").replace("S: 220 hi\n", ""));
    let (_, actions) = remedied(&dialogue, "Show the permissions");
    let [Action::List { path, .. }] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!(*path, RemotePath::root(), "where /pub itself is listed: the folder is what refuses");
}

#[test]
fn a_full_disk_holds_the_queue() {
    let dialogue = "@2 S: 220 hi\n@2 C: STOR x\n@2 S: 150 go\n@2 S: 452 full";
    let (_, actions) = remedied(dialogue, "Hold the queue");
    assert!(matches!(actions.as_slice(), [Action::Hold]));
}

#[test]
fn a_transfer_without_proof_is_verified_or_fetched_again() {
    let dialogue = "@2 S: 220 hi\n@2 C: SIZE x\n@2 S: 213 10\n@2 C: RETR x\n@2 S: 150 go\n\
        @2 N: Data connection: 7 bytes in 1 ms\n@2 S: 226 done";
    let (here, there) = (std::path::Path::new("/home/me/big.iso"), RemotePath::new("/pub/big.iso"));
    let (_, actions) = remedied(dialogue, "Transfer it again");
    let [Action::Remove(ids), Action::Enqueue(batch)] = actions.as_slice() else { panic!("{actions:?}") };
    assert_eq!((ids.as_slice(), batch.tab, batch.if_exists), (&[TransferId(1)][..], TAB, Some(IfExists::Overwrite)));
    assert_eq!((&batch.items[0].remote, batch.items[0].local.as_path()), (&there, here));
    let (_, actions) = remedied(dialogue, "Verify it by size and checksum");
    let [Action::Files { tab: TAB, action: FileAction::Verify { local, remote }, .. }] = actions.as_slice() else {
        panic!("{actions:?}")
    };
    assert_eq!((remote, local.as_path()), (&there, here));
}

#[test]
fn what_cannot_be_done_says_why() {
    let mut panel = panel("S: 220 hi\nC: STOR x\nS: 452 full");
    panel.state_mut().mirror.apply(Event::Queue(Delta::Held(true)));
    panel.get_by_label("452 full").click();
    panel.run();
    assert!(panel.get_by_role_and_label(Role::Button, "Hold the queue").accesskit_node().is_disabled());
}

#[test]
fn details_tell_of_the_data_connection() {
    let mut panel = panel(
        "S: 220 hi\nC: PASV\nS: 227 Passive (192,0,2,1,19,136)\n\
         N: Data connection to 192.0.2.1:5000 is open after 4 ms\nC: RETR a\nS: 150 go\nwait 1\n\
         N: Data connection: 9000 bytes in 1000 ms, first after 30 ms, TLS 1.3, session resumed, TLS13_X in 20 ms\n\
         S: 226 ok",
    );
    panel.get_by_label("226 ok").click();
    panel.run();
    for label in [
        "Data connection",
        "192.0.2.1:5000 (we connected)",
        "9\u{2009}000 bytes in 1.000 s",
        "9.2 KB/s",
        "TLS 1.3, TLS13_X, session resumed",
        "As it should be",
        "Connecting: 4.0 ms",
        "TLS handshake: 20 ms",
        "Data: 970 ms",
    ] {
        panel.get_by_label(label);
    }
    panel.get_by_role_and_label(Role::Link, "PASV").click();
    panel.run();
    panel.get_by_label("Answered by");
}

#[test]
fn bytes_of_a_line_are_shown_on_demand() {
    let mut panel = panel("S: 220 hi\nC: PWD");
    panel.get_by_label("PWD").click();
    panel.run();
    assert!(panel.query_by_label_contains("50 57 44 0d 0a").is_none());
    panel.get_by_label("Bytes of the line").click();
    panel.run();
    panel.get_by_label_contains("50 57 44 0d 0a");
}

const MIXED: &str = "S: 220 hi\nC: NOOP\nS: 200 ok\n@2 S: 220 two\n@2 C: RETR x\n@2 S: 150 go\nwait 2\n@2 S: 226 done\n\
    C: DELE y\nS: 550 No such file";

fn rows(panel: &Panel) -> Vec<String> {
    panel.query_all_by_role(Role::ListBoxOption).filter_map(|row| row.accesskit_node().label()).collect()
}

fn exchanges(dialogue: &str) -> Panel {
    let mut panel = panel(dialogue);
    panel.get_by_role_and_label(Role::RadioButton, "Exchanges").click();
    panel.run();
    panel
}

#[test]
fn exchanges_read_as_sentences() {
    let panel = exchanges(MIXED);
    let expected = [
        "Server said 220, ready, on connection 1",
        "Server answered 200, command done, to NOOP, after 40 ms, on connection 1",
        "Server said 220, ready, on connection 2",
        "Server answered 226, transfer complete, to RETR x, after 2080 ms, on connection 2",
        "Server answered 550, not there, or not allowed, to DELE y, after 40 ms, on connection 1",
    ];
    assert_eq!(rows(&panel), expected);
}

#[test]
fn the_filter_and_the_chips_hold_in_both_views() {
    let mut panel = exchanges(MIXED);
    press(&mut panel, "5yz permanent errors: 1");
    assert_eq!(rows(&panel).len(), 1);
    press(&mut panel, "5yz permanent errors: 1");
    panel.get_by_label("Filter the log").click();
    panel.run();
    panel.get_by_label("Filter the log").type_text("took:>1s");
    panel.run();
    assert_eq!(rows(&panel), ["Server answered 226, transfer complete, to RETR x, after 2080 ms, on connection 2"]);
    panel.get_by_role_and_label(Role::RadioButton, "Lines").click();
    panel.run();
    assert_eq!(rows(&panel), ["RETR x", "150 go", "226 done"]);
}

#[test]
fn a_column_orders_the_exchanges() {
    let mut panel = exchanges(MIXED);
    let first = |panel: &Panel| rows(panel)[0].clone();
    panel.get_by_role_and_label(Role::ColumnHeader, "Code").click();
    panel.run();
    assert!(first(&panel).contains("NOOP"));
    panel.get_by_role_and_label(Role::ColumnHeader, "Code").click();
    panel.run();
    assert!(first(&panel).contains("DELE y"), "the other way round");
    panel.get_by_role_and_label(Role::ColumnHeader, "Duration").click();
    panel.run();
    panel.get_by_role_and_label(Role::ColumnHeader, "Duration").click();
    panel.run();
    assert!(first(&panel).contains("RETR x"));
    panel.get_by_role_and_label(Role::ColumnHeader, "Waterfall").click_secondary();
    panel.run();
    press(&mut panel, "Rate");
    assert!(panel.query_by_role_and_label(Role::ColumnHeader, "Rate").is_none());
}

#[test]
fn what_is_chosen_in_one_view_is_chosen_in_the_other() {
    let mut panel = panel(MIXED);
    panel.get_by_label("550 No such file").click();
    panel.run();
    panel.get_by_role_and_label(Role::RadioButton, "Exchanges").click();
    panel.run();
    let chosen = |panel: &Panel| {
        let rows = panel.query_all_by_role(Role::ListBoxOption);
        let chosen = rows.filter(|row| row.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True));
        chosen.filter_map(|row| row.accesskit_node().label()).collect::<Vec<_>>()
    };
    let [row] = &chosen(&panel)[..] else { panic!("one row") };
    assert!(row.contains("DELE y"));
    panel.get_by_label("What happened");
    panel.get_by_label_contains("to NOOP").click();
    panel.run();
    assert!(panel.query_by_label("What happened").is_none());
    panel.get_by_label("Answered by");
    panel.event(egui::Event::Copy);
    panel.step();
    let copied = panel.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    assert_eq!(copied.unwrap(), "12:00:00.080 1 → NOOP\n12:00:00.120 1 ← 200 ok");
    panel.get_by_role_and_label(Role::RadioButton, "Lines").click();
    panel.run();
    assert_eq!(chosen(&panel), ["NOOP"]);
}

#[test]
fn a_connection_that_ends_breaks_off_what_it_owes() {
    let mut panel = exchanges("S: 220 hi\nC: RETR x\nS: 150 go");
    panel.state_mut().mirror.apply(Event::Closed(BROWSES));
    panel.run();
    panel.get_by_label("Server has not answered RETR x, on connection 1").click();
    panel.run();
    panel.get_by_label_contains("what arrived may be a part");
}

#[test]
fn a_raw_command_is_completed_with_a_line_of_help() {
    let mut panel = panel("S: 220 hi");
    panel.get_by_label("Command to send").click();
    panel.run();
    panel.get_by_label("Command to send").type_text("re");
    panel.run();
    panel.get_by_label("REST bytes sets where the next transfer begins");
    panel.key_press(egui::Key::Tab);
    panel.run();
    let field = panel.get_by_label("Command to send");
    assert_eq!(field.value().as_deref(), Some("REIN "), "the first one");
    assert!(field.is_focused(), "Tab does not leave the field");
    panel.get_by_label("REIN starts the session anew, without a log-in");
    panel.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
    panel.get_by_label("Command to send").type_text("site ch");
    panel.run();
    panel.get_by_label("SITE CHMOD mode file changes the permissions of a file").click();
    panel.run();
    panel.get_by_label("Command to send").type_text("644 x");
    panel.run();
    assert_eq!(panel.get_by_label("Command to send").value().as_deref(), Some("SITE CHMOD 644 x"));
    panel.key_press(egui::Key::Enter);
    panel.run();
    let actions = std::mem::take(&mut panel.state_mut().actions);
    assert!(matches!(actions.as_slice(),
        [Action::Files { action: FileAction::Raw(sent), .. }] if sent == "SITE CHMOD 644 x"));
}

#[test]
fn what_the_server_says_to_help_is_completed_from_then_on() {
    let mut panel = panel("S: 220 hi");
    let typed = |panel: &mut Panel, text: &str| {
        panel.get_by_label("Command to send").click();
        panel.run();
        panel.key_press_modifiers(egui::Modifiers::COMMAND, egui::Key::A);
        panel.get_by_label("Command to send").type_text(text);
        panel.run();
    };
    typed(&mut panel, "rang");
    assert!(panel.query_by_label("RANGE").is_none());
    typed(&mut panel, "help");
    panel.key_press(egui::Key::Enter);
    panel.run();
    let actions = std::mem::take(&mut panel.state_mut().actions);
    let [Action::Files { tab, ticket, action: FileAction::Raw(_) }] = actions.as_slice() else { panic!("{actions:?}") };
    let reply = ["214-Known are", " RANGE  REST", "214 ok"].map(str::to_owned).to_vec();
    let result = Ok(Report::Replies(vec![reply]));
    panel.state_mut().mirror.apply(Event::Finished { tab: *tab, ticket: *ticket, result });
    typed(&mut panel, "rang");
    panel.get_by_label("RANGE").click();
    panel.run();
    assert_eq!(panel.get_by_label("Command to send").value().as_deref(), Some("RANGE "));
}

#[test]
fn errors_are_stepped_through_by_buttons_and_keys() {
    let dialogue = "S: 220 hi\nC: A\nS: 550 first\nC: NOOP\nS: 200 ok\nC: B\nS: 450 second";
    let mut panel = panel(dialogue);
    let title = |panel: &Panel| {
        panel
            .query_all_by_role(Role::ListBoxOption)
            .find(|row| row.accesskit_node().toggled() == Some(egui::accesskit::Toggled::True))
            .and_then(|row| row.accesskit_node().label())
            .unwrap_or_default()
    };
    press(&mut panel, "Next error (F8)");
    assert_eq!(title(&panel), "550 first");
    press(&mut panel, "Next error (F8)");
    assert_eq!(title(&panel), "450 second");
    press(&mut panel, "Next error (F8)");
    assert_eq!(title(&panel), "550 first", "round the end");
    press(&mut panel, "Previous error (Shift+F8)");
    assert_eq!(title(&panel), "450 second");
    panel.get_by_role_and_label(Role::RadioButton, "Exchanges").click();
    panel.run();
    panel.get_by_label_contains("to A,").click();
    panel.run();
    panel.key_press(egui::Key::F8);
    panel.run();
    assert!(title(&panel).contains("to B,"), "{}", title(&panel));
    panel.key_press_modifiers(egui::Modifiers::SHIFT, egui::Key::F8);
    panel.run();
    assert!(title(&panel).contains("to A,"));
}

#[test]
fn an_error_is_announced_and_lines_read_as_sentences() {
    let mut panel = panel("S: 220 hi\nC: DELE x\nS: 550 No such file");
    let said = "Server answered 550, not there, or not allowed, to DELE x, after 40 ms, on connection 1";
    let status = panel.get_by_role(Role::Status);
    assert_eq!(status.accesskit_node().label().as_deref(), Some(said));
    assert_eq!(status.accesskit_node().live(), egui::accesskit::Live::Polite);
    assert_eq!(panel.get_by_label("550 No such file").accesskit_node().description().as_deref(), Some(said));
    let sent = panel.get_by_label("DELE x").accesskit_node().description();
    assert_eq!(sent.as_deref(), Some("Sent DELE x, on connection 1"));
    for line in lines("C: RMD y\nS: 450 busy") {
        panel.state_mut().mirror.apply(line);
    }
    panel.run();
    assert!(panel.get_by_role(Role::Status).accesskit_node().label().unwrap().contains("to RMD y"));
}

#[test]
fn noise_folds_under_a_heading_that_opens() {
    let mut panel = panel("S: 220 hi\nC: USER me\nS: 230 in\nC: DELE x\nS: 250 ok\nC: NOOP\nS: 200 ok");
    press(&mut panel, "More about the log");
    press(&mut panel, "Fold log-ins and listings");
    assert_eq!(rows(&panel), ["Log-in, 3 lines in 80 ms", "DELE x", "250 ok", "Keep-alive, 2 lines in 40 ms"]);
    panel.get_by_label("Log-in, 3 lines in 80 ms").click();
    panel.run();
    assert_eq!(rows(&panel)[..4], ["220 hi", "USER me", "230 in", "DELE x"]);
    panel.key_press(egui::Key::ArrowLeft);
    panel.run();
    assert_eq!(rows(&panel).len(), 4, "folded again");
    panel.key_press(egui::Key::ArrowRight);
    panel.run();
    assert_eq!(rows(&panel).len(), 6);
}

#[test]
fn what_is_unfolded_stays_in_sight() {
    let features = "+  MDTM\n".repeat(150);
    let mut panel = panel(&format!("S: 220 hi\nC: FEAT\nS: 211-Here\n{features}+ 211 End\nC: DELE x\nS: 250 ok"));
    press(&mut panel, "More about the log");
    press(&mut panel, "Fold log-ins and listings");
    let heading = rows(&panel)[0].clone();
    assert!(heading.starts_with("Log-in, 154 lines"), "{heading}");
    panel.get_by_label(&heading).click();
    panel.run();
    assert_eq!(rows(&panel)[..2], ["220 hi", "FEAT"], "the newest line would be far below");
}
