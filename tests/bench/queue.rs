//! How long a frame of the queue takes with a million rows: `cargo bench --bench queue`. Scrolled, while a hundred rows a second
//! end, and while a walk adds a hundred thousand. A frame is everything but the graphics card: taking in, drawing, tessellating.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_possible_truncation)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use eframe::egui::{self, Context, Event as Input, Pos2, RawInput, Rect, Vec2, pos2, vec2};

use longshore::model::queue::STRIDE;
use longshore::model::transfer::{Folder, Priority};
use longshore::model::{Course, Delta, Event, Kind, Phase, RemotePath, Site, Transfer, TransferId};
use longshore::ui::text::Clock;
use longshore::ui::{Mirror, View, lower, theme};

const ROWS: u64 = 1_000_000;
/// Rows that come at once, as the worker reads and walks them.
const PORTION: u64 = 4096;
const FRAMES: usize = 300;
/// What a frame may take, in milliseconds.
const WANTED: f64 = 16.0;
const SIZE: Vec2 = vec2(1400.0, 900.0);
const MIDDLE: Pos2 = pos2(300.0, 450.0);

struct Bench {
    ctx: Context,
    mirror: Mirror,
    view: View,
    folder: Arc<Folder>,
    made: u64,
    done: u64,
}

fn main() {
    let mut bench = Bench::new();
    let begun = Instant::now();
    while bench.made < ROWS {
        bench.add(PORTION);
    }
    println!("{} rows are taken in in {:.0} ms", bench.made, milliseconds(begun.elapsed()));
    println!("{:<46} {:>8} {:>8} {:>8}", "frames, in ms", "median", "99 %", "longest");
    bench.time("nothing moves", |_, _| Vec::new());
    let scroll = |frame: usize| vec![wheel(if frame % 100 < 50 { -90_000.0 } else { 70_000.0 })];
    bench.time("scrolling", |_, frame| scroll(frame));
    bench.time("scrolling, two rows end in each frame", |bench, frame| {
        (0..2).for_each(|_| bench.end_one());
        scroll(frame)
    });
    bench.time("scrolling, 100,000 rows come within 25 frames", |bench, frame| {
        if frame < 25 {
            bench.add(PORTION);
        }
        scroll(frame)
    });
    println!("wanted: below {WANTED} ms");
}

impl Bench {
    fn new() -> Self {
        let ctx = Context::default();
        theme::install(&ctx);
        let view = View::new(Clock::at("2026-05-12T12:00:00Z[UTC]".parse().unwrap()));
        let site = Arc::new(Site { host: "ftp.example.org".into(), ..Site::default() });
        let folder = Arc::new(Folder { site, local: "/home/me/pub".into(), remote: RemotePath::new("/pub"), below: 0 });
        Self { ctx, mirror: Mirror::default(), view, folder, made: 0, done: 0 }
    }

    fn add(&mut self, count: u64) {
        let row = |number: u64| Transfer {
            id: TransferId(number),
            course: if number.is_multiple_of(3) { Course::Upload } else { Course::Download },
            kind: Kind::File,
            folder: self.folder.clone(),
            remote_name: format!("picture of the day {number}.jpg").into(),
            local_name: None,
            size: Some(number * 37 % 5_000_000),
            phase: Phase::Queued,
            attempts: 0,
            if_exists: None,
            priority: Priority::default(),
            place: number as i64 * STRIDE,
        };
        let rows = (self.made + 1..=self.made + count).map(row).collect();
        self.made += count;
        self.mirror.apply(Event::Queue(Delta::Add(rows)));
    }

    fn end_one(&mut self) {
        self.done += 1;
        self.mirror.apply(Event::Queue(Delta::Phase(TransferId(self.done), Phase::Running(Box::default()))));
        self.mirror.apply(Event::Queue(Delta::Phase(TransferId(self.done), Phase::Skipped)));
    }

    /// One frame.
    fn frame(&mut self, events: Vec<Input>) {
        let input =
            RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)), events, ..RawInput::default() };
        self.mirror.settle();
        lower::follow(&self.mirror, &mut self.view);
        let Self { ctx, mirror, view, .. } = self;
        let mut actions = Vec::new();
        let mut output = ctx.run_ui(input, |ui| {
            egui::CentralPanel::default().show(ui, |ui| drop(lower::queue_area(ui, mirror, view, &mut actions)));
        });
        // No card takes them.
        output.textures_delta.clear();
        std::hint::black_box(ctx.tessellate(output.shapes, output.pixels_per_point));
    }

    fn time(&mut self, name: &str, mut before: impl FnMut(&mut Self, usize) -> Vec<Input>) {
        self.frame(vec![Input::PointerMoved(MIDDLE)]);
        let mut times: Vec<Duration> = Vec::with_capacity(FRAMES);
        for frame in 0..FRAMES {
            let begun = Instant::now();
            let events = before(self, frame);
            self.frame(events);
            times.push(begun.elapsed());
        }
        times.sort_unstable();
        let at = |share: f64| milliseconds(times[(share * (FRAMES - 1) as f64) as usize]);
        println!("{name:<46} {:>8.2} {:>8.2} {:>8.2}", at(0.5), at(0.99), at(1.0));
    }
}

fn wheel(points: f32) -> Input {
    Input::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase: egui::TouchPhase::Move,
        modifiers: egui::Modifiers::NONE,
        source: egui::MouseWheelSource::Trackpad,
    }
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
