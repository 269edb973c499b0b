//! Frames without a window, and how long they take: everything but the graphics card.

use std::time::Duration;

use eframe::egui::{self, Context, Event, FullOutput, Pos2, RawInput, Rect, Ui, Vec2, pos2, vec2};

use longshore::ui::theme;

const FRAMES: usize = 300;
/// What a frame may take, in milliseconds.
const WANTED: f64 = 16.0;
const SIZE: Vec2 = vec2(1400.0, 900.0);
const MIDDLE: Pos2 = pos2(300.0, 450.0);

/// What frames are drawn on.
pub fn screen() -> Context {
    let ctx = Context::default();
    theme::install(&ctx);
    ctx
}

/// One frame, down to the triangles.
pub fn draw(ctx: &Context, events: Vec<Event>, mut contents: impl FnMut(&mut Ui)) -> FullOutput {
    let input = RawInput { screen_rect: Some(Rect::from_min_size(Pos2::ZERO, SIZE)), events, ..RawInput::default() };
    let mut output = ctx.run_ui(input, |ui| {
        egui::CentralPanel::default().show(ui, &mut contents);
    });
    // No card takes them.
    output.textures_delta.clear();
    std::hint::black_box(ctx.tessellate(output.shapes.clone(), output.pixels_per_point));
    output
}

/// The head of the table that [`time`] fills.
pub fn head() {
    println!("{:<46} {:>8} {:>8} {:>8}", "frames, in ms", "median", "99 %", "longest");
}

/// The end of it.
pub fn foot() {
    println!("wanted: below {WANTED} ms");
}

/// Draws frames with `frame`, which says how long each took.
pub fn time(name: &str, frame: impl FnMut(usize) -> Duration) {
    let mut times: Vec<Duration> = (0..FRAMES).map(frame).collect();
    times.sort_unstable();
    let at = |share: f64| milliseconds(times[(share * (FRAMES - 1) as f64) as usize]);
    println!("{name:<46} {:>8.2} {:>8.2} {:>8.2}", at(0.5), at(0.99), at(1.0));
}

/// The pointer comes over the rows.
pub fn pointer() -> Event {
    Event::PointerMoved(MIDDLE)
}

/// The wheel turns.
pub fn wheel(points: f32) -> Event {
    Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, points),
        phase: egui::TouchPhase::Move,
        modifiers: egui::Modifiers::NONE,
        source: egui::MouseWheelSource::Trackpad,
    }
}

pub fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}
