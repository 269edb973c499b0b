//! How long a frame of the queue takes with a million rows: `cargo bench --bench queue`. Scrolled, while a hundred rows a second
//! end, and while a walk adds a hundred thousand. A frame is everything but the graphics card: taking in, drawing, tessellating.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::cast_possible_truncation)]

mod frames;

use std::sync::Arc;
use std::time::Instant;

use eframe::egui::{Context, Event as Input};

use longshore::model::queue::{Rows, STRIDE};
use longshore::model::transfer::{Folder, Priority};
use longshore::model::{
    Course, Delta, Event, Kind, Phase, Queue, RemotePath, Site, Transfer, TransferId, TransferType,
};
use longshore::ui::text::Clock;
use longshore::ui::{Mirror, View, lower};

use frames::{milliseconds, pointer, wheel};

const ROWS: u64 = 1_000_000;
/// Rows that come at once, as the worker reads and walks them.
const PORTION: u64 = 4096;

struct Bench {
    ctx: Context,
    /// The worker's.
    queue: Queue,
    mirror: Mirror,
    view: View,
    folder: Arc<Folder>,
    made: u64,
    done: u64,
}

fn main() {
    let mut bench = Bench::new();
    let (begun, before) = (Instant::now(), memory());
    while bench.made < ROWS {
        bench.add(PORTION);
    }
    println!("{} rows are taken in, by both sides, in {:.0} ms", bench.made, milliseconds(begun.elapsed()));
    if let Some((before, after)) = before.zip(memory()) {
        println!("they take {} MB", (after - before) / 1_000_000);
    }
    frames::head();
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
    frames::foot();
}

impl Bench {
    fn new() -> Self {
        let ctx = frames::screen();
        let view = View::new(Clock::at("2026-05-12T12:00:00Z[UTC]".parse().unwrap()));
        let site = Arc::new(Site { host: "ftp.example.org".into(), ..Site::default() });
        let folder = Arc::new(Folder { site, local: "/home/me/pub".into(), remote: RemotePath::new("/pub"), below: 0 });
        Self { ctx, queue: Queue::default(), mirror: Mirror::default(), view, folder, made: 0, done: 0 }
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
            transfer_type: TransferType::Binary,
            place: number as i64 * STRIDE,
        };
        let rows: Rows = (self.made + 1..=self.made + count).map(row).collect();
        self.made += count;
        self.queue.apply(Delta::Add(rows.clone()));
        self.mirror.apply(Event::Queue(Delta::Add(rows)));
    }

    fn end_one(&mut self) {
        self.done += 1;
        self.mirror.apply(Event::Queue(Delta::Phase(TransferId(self.done), Phase::Running(Box::default()))));
        self.mirror.apply(Event::Queue(Delta::Phase(TransferId(self.done), Phase::Skipped)));
    }

    /// One frame.
    fn frame(&mut self, events: Vec<Input>) {
        self.mirror.settle();
        lower::follow(&self.mirror, &mut self.view);
        let Self { ctx, mirror, view, .. } = self;
        let mut actions = Vec::new();
        frames::draw(ctx, events, |ui| drop(lower::queue_area(ui, mirror, view, &mut actions)));
    }

    fn time(&mut self, name: &str, mut before: impl FnMut(&mut Self, usize) -> Vec<Input>) {
        self.frame(vec![pointer()]);
        frames::time(name, |frame| {
            let begun = Instant::now();
            let events = before(self, frame);
            self.frame(events);
            begun.elapsed()
        });
    }
}

/// Bytes of memory that this program has, where the system says so.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}
