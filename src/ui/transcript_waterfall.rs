//! The stages of exchanges as coloured bars on a scale of time.

use std::ops::Range;
use std::time::Duration;

use eframe::egui::{self, Align, Color32, CornerRadius, Rect, RichText, Sense, Ui, Vec2, pos2, vec2};

use crate::model::Exchange;
use crate::model::stage::{Kind, Stage, extent, microseconds, stages, under_way};

use super::transcript_details::heading;
use super::{list, text, theme};

/// Height of a bar.
const BAR: f32 = 10.0;
/// A bar is seen, however short it was.
const LEAST: f32 = 2.0;
/// How often the bar of what is under way grows.
pub const GROWS: Duration = Duration::from_millis(100);
/// What a pause between exchanges may take of the scale, as a share of the time in which there were some.
const PAUSE: f64 = 0.06;

/// The colour of a stage.
pub fn color(kind: Kind, palette: &theme::Palette) -> Color32 {
    match kind {
        Kind::Connecting => palette.transient,
        Kind::Waiting | Kind::Ending => palette.secondary.gamma_multiply(0.65),
        Kind::Securing => palette.intermediate,
        Kind::FirstByte => palette.completion,
        Kind::Moving => palette.accent,
    }
}

/// A scale of time over some exchanges: pauses in which nothing was asked are cut short.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scale {
    /// Times in which something was under way, in microseconds since the first; each with where it begins on the scale.
    busy: Vec<(Range<i64>, f64)>,
    /// Its length.
    length: f64,
    /// Each bar begins at the left.
    aligned: bool,
}

impl Scale {
    /// Over times in any order, from an origin that is theirs.
    pub fn over(times: impl Iterator<Item = Range<i64>>) -> Self {
        let mut times: Vec<Range<i64>> = times.collect();
        times.sort_unstable_by_key(|time| time.start);
        let mut busy: Vec<Range<i64>> = Vec::new();
        for time in times {
            match busy.last_mut() {
                Some(last) if time.start <= last.end => last.end = last.end.max(time.end),
                _ => busy.push(time),
            }
        }
        let total: f64 = busy.iter().map(|time| (time.end - time.start) as f64).sum();
        let longest = (total * PAUSE).max(1.0);
        let (mut length, mut before) = (0.0, None);
        let placed = busy.into_iter().map(|time| {
            let pause = before.map_or(0.0, |end: i64| (time.start - end) as f64).min(longest);
            let start = length + pause;
            length = start + (time.end - time.start) as f64;
            before = Some(time.end);
            (time, start)
        });
        let busy = placed.collect();
        Self { busy, length: length.max(1.0), aligned: false }
    }

    /// From nothing to the longest of `lengths`, each bar from the left.
    pub fn longest(lengths: impl Iterator<Item = i64>) -> Self {
        let length = lengths.max().unwrap_or(1).max(1) as f64;
        Self { busy: Vec::new(), length, aligned: true }
    }

    /// Where `time` lies, as a share of the width.
    pub fn share(&self, time: i64) -> f64 {
        if self.aligned {
            return (time as f64 / self.length).clamp(0.0, 1.0);
        }
        let at = self.busy.partition_point(|(busy, _)| busy.start <= time).saturating_sub(1);
        let place = self.busy.get(at).map_or(0.0, |(busy, start)| start + (time - busy.start) as f64);
        (place / self.length).clamp(0.0, 1.0)
    }
}

/// The scale of the exchanges that are in sight; `aligned` where they do not stand in the order of time. Times on it are
/// since `origin`, and what is under way goes on until `now`.
pub fn scale<'a>(
    shown: impl Iterator<Item = &'a Exchange>,
    origin: jiff::Timestamp,
    aligned: bool,
    now: Option<jiff::Timestamp>,
) -> Scale {
    let extents = shown.map(|exchange| {
        let (from, to) = extent(exchange);
        let to = now.and_then(|now| under_way(exchange, now)).map_or(to, |stage| stage.to);
        (microseconds(origin, exchange.at), (from, to))
    });
    if aligned {
        return Scale::longest(extents.map(|(_, (from, to))| to - from));
    }
    Scale::over(extents.map(|(at, (from, to))| at + from..at + to))
}

/// Draws the bar of `exchange` into `cell`; what is under way has come as far as `now`.
pub fn bar(
    ui: &Ui,
    cell: Rect,
    exchange: &Exchange,
    origin: jiff::Timestamp,
    scale: &Scale,
    now: Option<jiff::Timestamp>,
) {
    let mut stages = stages(exchange);
    if let Some(stage) = now.and_then(|now| under_way(exchange, now)) {
        stages.push(stage);
        ui.request_repaint_after(GROWS);
    }
    let (from, _) = extent(exchange);
    let base = if scale.aligned { -from } else { microseconds(origin, exchange.at) };
    paint(ui, cell, &stages, |time| scale.share(base + time));
    if stages.is_empty() {
        let x = place(cell, scale.share(base));
        let color = color(Kind::Waiting, theme::of(ui));
        ui.painter().rect_filled(mark(cell, x, x), CornerRadius::ZERO, color);
    }
}

fn paint(ui: &Ui, cell: Rect, stages: &[Stage], share: impl Fn(i64) -> f64) {
    let palette = theme::of(ui);
    let mut reached = cell.left();
    for stage in stages {
        let (from, to) = (place(cell, share(stage.from)).max(reached), place(cell, share(stage.to)));
        let rect = mark(cell, from, to);
        reached = rect.right();
        ui.painter().rect_filled(rect, CornerRadius::ZERO, color(stage.kind, palette));
    }
}

fn place(cell: Rect, share: f64) -> f32 {
    #[expect(clippy::cast_possible_truncation)]
    let share = share as f32;
    cell.left() + share * (cell.width() - LEAST).max(0.0)
}

fn mark(cell: Rect, from: f32, to: f32) -> Rect {
    let middle = cell.center().y;
    Rect::from_min_max(pos2(from, middle - BAR / 2.0), pos2(to.max(from + LEAST), middle + BAR / 2.0))
}

/// One bar over the whole width, and under it what each colour means and how long it was.
pub fn legend(ui: &mut Ui, exchange: &Exchange) {
    let stages = stages(exchange);
    let (from, to) = extent(exchange);
    if to <= from {
        return;
    }
    heading(ui, "Where the time went");
    let width = ui.available_width();
    let (cell, _) = ui.allocate_exact_size(vec2(width, BAR + theme::GAP), Sense::hover());
    let length = (to - from) as f64;
    paint(ui, cell, &stages, |time| (time - from) as f64 / length);
    let palette = theme::of(ui);
    let mut row = |swatch: Option<Color32>, name: &str, time: i64| {
        let (rect, response) = ui.allocate_exact_size(vec2(width, 18.0), Sense::hover());
        if let Some(color) = swatch {
            let square = Rect::from_center_size(pos2(rect.left() + 5.0, rect.center().y), Vec2::splat(BAR));
            ui.painter().rect_filled(square, CornerRadius::same(2), color);
        }
        let words = rect.with_min_x(rect.left() + 18.0);
        list::write(ui, words, name, theme::small(), palette.text, Align::Min);
        list::write(ui, words, duration(time), theme::mono(), palette.text, Align::Max);
        let said = format!("{name}: {}", duration(time));
        response.widget_info(|| egui::WidgetInfo::labeled(egui::Role::Label, true, &said));
    };
    for stage in &stages {
        row(Some(color(stage.kind, palette)), stage.kind.name(), stage.to - stage.from);
    }
    if stages.len() > 1 {
        row(None, "All of it", to - from);
    }
}

/// What the colours mean, in a line for a tooltip.
pub fn key(ui: &mut Ui, exchange: &Exchange) {
    let palette = theme::of(ui);
    for stage in stages(exchange) {
        ui.horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(Vec2::splat(BAR), Sense::hover());
            ui.painter().rect_filled(rect, CornerRadius::same(2), color(stage.kind, palette));
            let words = format!("{}: {}", stage.kind.name(), duration(stage.to - stage.from));
            ui.label(RichText::new(words).font(theme::small()));
        });
    }
}

/// How long what is under way has gone on until `now`, in tenths of a second, since more digits would only flicker; `None`
/// where it has ended.
pub fn so_far(exchange: &Exchange, now: jiff::Timestamp) -> Option<String> {
    let tenths = under_way(exchange, now)?.to / 100_000;
    Some(format!("{}.{} s", tenths / 10, tenths % 10))
}

/// A time in microseconds: `0.4 ms`, `47 ms`, `1.250 s`.
pub fn duration(microseconds: i64) -> String {
    let tenths = (microseconds + 50) / 100;
    if tenths < 100 {
        format!("{}.{} ms", tenths / 10, tenths % 10)
    } else {
        text::milliseconds(i128::from(microseconds + 500) / 1000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionId, Direction, Exchanges, Line};

    #[test]
    fn pauses_are_cut_short() {
        // 100 µs twice, an hour apart, and one that lies within the first.
        let hour = 3_600_000_000;
        let scale = Scale::over([hour..hour + 100, 0..100, 20..50].into_iter());
        let share = |time| (scale.share(time) * 1000.0).round();
        assert_eq!(scale.length, 212.0);
        assert_eq!([0, 50, 100].map(share), [0.0, 236.0, 472.0]);
        assert_eq!([hour, hour + 100].map(share), [528.0, 1000.0]);
        assert!(share(hour / 2) <= 1000.0 && Scale::over(std::iter::empty()).share(5) >= 0.0);
    }

    #[test]
    fn out_of_order_all_begin_at_the_left() {
        let scale = Scale::longest([50, 200, 100].into_iter());
        assert_eq!([0, 100, 200, 300].map(|time| scale.share(time)), [0.0, 0.5, 1.0, 1.0]);
    }

    #[test]
    fn what_is_under_way_tells_how_long_so_far() {
        let at: jiff::Timestamp = "2026-05-12T12:00:00Z".parse().unwrap();
        let line = |seq, direction, code, text: &str| Line {
            seq,
            at,
            connection: ConnectionId(1),
            direction,
            code,
            text: text.to_owned(),
            raw: None,
            transfer: None,
        };
        let mut exchanges = Exchanges::new(9);
        exchanges.push(&line(1, Direction::Sent, None, "RETR a"));
        exchanges.push(&line(2, Direction::Received, Some(150), "150 go"));
        let said = |exchanges: &Exchanges, later| {
            so_far(exchanges.get(0).unwrap(), at + jiff::SignedDuration::from_millis(later))
        };
        assert_eq!([0, 12_390].map(|later| said(&exchanges, later).unwrap()), ["0.0 s", "12.3 s"]);
        exchanges.push(&line(3, Direction::Received, Some(226), "226 done"));
        assert_eq!(said(&exchanges, 12_390), None);
    }

    #[test]
    fn short_times_have_a_fraction() {
        assert_eq!([0, 440, 9_940, 9_960, 1_250_000].map(duration), ["0.0 ms", "0.4 ms", "9.9 ms", "10 ms", "1.250 s"]);
    }
}
