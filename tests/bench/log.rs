//! How long a frame of the reply log takes: `cargo bench --bench log`. Scrolled through 200,000 lines and through a million,
//! filtered, ordered, and while 10,000 lines a second stream in. A frame is everything but the graphics card: following,
//! drawing, tessellating.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_possible_truncation)]

mod frames;

use std::time::{Duration, Instant};

use eframe::egui::accesskit::{Action, ActionRequest, Role, TreeId};
use eframe::egui::{self, Context, Event as Input};

use longshore::model::{ConnectionId, Direction, Event, Line, Settings, TransferId};
use longshore::ui::text::Clock;
use longshore::ui::{Mirror, View, lower};

use frames::{milliseconds, pointer, wheel};

/// As many as are kept by default, and as many as somebody may want.
const LINES: [usize; 2] = [200_000, 1_000_000];
/// Lines of a frame, of 60 a second, where 10,000 lines come in a second.
const STREAM: usize = 167;

struct Bench {
    ctx: Context,
    mirror: Mirror,
    view: View,
    made: usize,
    at: jiff::Timestamp,
}

fn main() {
    LINES.into_iter().for_each(measure);
    frames::foot();
}

fn measure(lines: usize) {
    let mut bench = Bench::new();
    let settings = Settings { log_lines: lines, ..Settings::default() };
    bench.mirror.apply(Event::Settings(Box::new(settings)));
    let begun = Instant::now();
    bench.push(lines);
    let frames = bench.settle();
    println!("{lines} lines are read, joined and shown in {:.0} ms, {frames} frames", milliseconds(begun.elapsed()));
    frames::head();
    for view in ["Lines", "Exchanges"] {
        bench.click(view);
        bench.settle();
        bench.time(&format!("{view}: nothing moves"), |_, _| Vec::new());
        bench
            .time(&format!("{view}: scrolling"), |_, frame| vec![wheel(if frame % 100 < 50 { 900.0 } else { -700.0 })]);
        bench.time(&format!("{view}: 10,000 lines a second"), |bench, _| {
            bench.push(STREAM);
            Vec::new()
        });
        bench.type_filter("stor code:2xx -took:>1s");
        bench.time(&format!("{view}: filtering anew"), |_, _| Vec::new());
        bench.time(&format!("{view}: the same, filtered"), |bench, _| {
            bench.push(STREAM);
            Vec::new()
        });
        bench.type_filter("");
        bench.settle();
    }
    bench.click("Duration");
    bench.time("Exchanges: ordered by duration", |_, frame| vec![wheel(if frame % 100 < 50 { 900.0 } else { -700.0 })]);
    bench.time("Exchanges: the same, 10,000 lines a second", |bench, _| {
        bench.push(STREAM);
        Vec::new()
    });
}

impl Bench {
    fn new() -> Self {
        let ctx = frames::screen();
        ctx.enable_accesskit();
        let view = View::new(Clock::at("2026-05-12T12:00:00Z[UTC]".parse().unwrap()));
        Self { ctx, mirror: Mirror::default(), view, made: 0, at: "2026-05-12T12:00:00Z".parse().unwrap() }
    }

    /// Uploads on forty connections at once, now and then with an error.
    fn push(&mut self, lines: usize) {
        for _ in 0..lines {
            let (step, file) = (self.made / 40 % 7, self.made / 280);
            let connection = (self.made % 40) as u32 + 1;
            let refused = file % 50 == 49;
            let (direction, text) = match step {
                0 => (Direction::Sent, "EPSV".to_owned()),
                1 => {
                    (Direction::Received, format!("229 Entering Extended Passive Mode (|||{}|)", 30_000 + file % 9_000))
                }
                2 => (
                    Direction::Note,
                    format!("Data connection to 192.0.2.1:{} is open after 4 ms", 30_000 + file % 9_000),
                ),
                3 => (Direction::Sent, format!("STOR /pub/www/pictures/of the day {connection}-{file}.jpg")),
                4 => (Direction::Received, "150 Opening BINARY mode data connection".to_owned()),
                5 => (
                    Direction::Note,
                    format!(
                        "Data connection: {} bytes in {} ms, TLS 1.3, session resumed, X in 3 ms",
                        file * 37,
                        5 + file % 90
                    ),
                ),
                _ if refused => (Direction::Received, "552 Disk quota exceeded".to_owned()),
                _ => (Direction::Received, "226 Transfer complete".to_owned()),
            };
            self.at += jiff::SignedDuration::from_micros(100);
            let code = (direction == Direction::Received).then(|| text[..3].parse().unwrap());
            self.made += 1;
            self.mirror.apply(Event::Line(Line {
                seq: self.made as u64,
                at: self.at,
                connection: ConnectionId(connection),
                direction,
                code,
                text,
                raw: None,
                transfer: Some(TransferId(file as u64)),
            }));
        }
    }

    /// One frame; how long it took, whether more is to be done, and what a screen reader gets.
    fn frame(&mut self, events: Vec<Input>) -> (Duration, bool, egui::FullOutput) {
        let begun = Instant::now();
        let more = lower::follow(&self.mirror, &mut self.view);
        let Self { ctx, mirror, view, .. } = self;
        let mut actions = Vec::new();
        let output = frames::draw(ctx, events, |ui| lower::log_area(ui, mirror, view, &mut actions));
        (begun.elapsed(), more, output)
    }

    /// Frames until nothing is left to do; how many.
    fn settle(&mut self) -> usize {
        (1..).find(|_| !self.frame(Vec::new()).1).unwrap_or(0)
    }

    fn time(&mut self, name: &str, mut before: impl FnMut(&mut Self, usize) -> Vec<Input>) {
        self.frame(vec![pointer()]);
        frames::time(name, |frame| {
            let events = before(self, frame);
            self.frame(events).0
        });
    }

    /// Presses what is called `label`, as a screen reader would.
    fn click(&mut self, label: &str) {
        let (.., output) = self.frame(Vec::new());
        let update = output.platform_output.accesskit_update.unwrap();
        let is_meant = |role: Role| role != Role::ListBoxOption && role != Role::Label;
        let found = update.nodes.iter().find(|(_, node)| node.label() == Some(label) && is_meant(node.role()));
        let (target_node, _) = found.unwrap();
        let (action, target_tree) = (Action::Click, TreeId::ROOT);
        let request = ActionRequest { action, target_tree, target_node: *target_node, data: None };
        self.frame(vec![Input::AccessKitActionRequest(request)]);
        self.frame(Vec::new());
    }

    fn type_filter(&mut self, typed: &str) {
        self.click("Filter the log");
        let all = |key| Input::Key {
            key,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: egui::Modifiers::COMMAND,
        };
        self.frame(vec![all(egui::Key::A)]);
        let empty = Input::Key {
            key: egui::Key::Backspace,
            physical_key: None,
            pressed: true,
            repeat: false,
            modifiers: egui::Modifiers::NONE,
        };
        self.frame(vec![empty]);
        self.frame(vec![Input::Text(typed.to_owned())]);
    }
}
