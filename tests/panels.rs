//! The lower panels, the dialogs and the site manager, driven by their accessibility labels.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

#[path = "panels/log.rs"]
mod log;
#[path = "panels/manager.rs"]
mod manager;
#[path = "panels/questions.rs"]
mod questions;
#[path = "panels/settings.rs"]
mod settings;
#[path = "panels/transfers.rs"]
mod transfers;

use std::sync::Arc;

use eframe::egui::accesskit::Role;
use eframe::egui::{self, Key, Modifiers, Ui};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};

use longshore::model::filter::{Condition, FilterSide, NumberIs};
use longshore::model::question::{Certificate, CertificateDoubt, Facts, FileExists, Scope};
use longshore::model::queue::{self, Delta};
use longshore::model::transfer::{Course, Done, Folder, Priority, Proof, Running};
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
        transfer_type: TransferType::Binary,
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

fn ask(ask: Ask) -> Event {
    Event::Ask(Question { id: QuestionId(7), tab: None, ask })
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

fn places() -> Vec<(Place, Entry)> {
    let place = |name: &str, kind| (Place::Remote(RemotePath::new(name)), Entry::new(&name[1..], kind));
    vec![place("/css", Kind::Directory), place("/index.html", Kind::File)]
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
