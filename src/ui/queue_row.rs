//! One row of the queue: its columns, and what they say in each phase.

use std::borrow::Cow;

use eframe::egui::{self, Align, Color32, CornerRadius, Rect, Ui, Vec2};

use crate::model::queue::Row;
use crate::model::transfer::{Course, Done, Priority, Proof, Running};
use crate::model::{Kind, Phase, TransferType};

use super::icons::Icon;
use super::text::{self, Clock};
use super::{icons, list, theme};

/// Of a row that an earlier run left.
const LEFT: &str = "waits to be carried on";

/// What a screen reader says of a row.
pub fn spoken(row: Row<'_>) -> String {
    let way = match row.course {
        Course::Download => "download",
        Course::Upload => "upload",
    };
    let state = match row.phase {
        Phase::Running(running) if running.step.is_empty() && running.connections > 1 => {
            format!("{}, {} connections", percent(running.done, row.size), running.connections)
        }
        Phase::Running(running) if running.step.is_empty() => percent(running.done, row.size),
        Phase::Running(running) => running.step.to_owned(),
        Phase::Queued => waiting(row.priority),
        Phase::Waiting { failure, .. } => format!("will be tried again, {}", failure.why),
        Phase::Left => LEFT.to_owned(),
        Phase::Paused => "paused".to_owned(),
        Phase::Failed(failure) => format!("failed, {}", failure.why),
        Phase::Done(_) => "done".to_owned(),
        Phase::Skipped => "skipped".to_owned(),
    };
    format!("{}, {way}, {state}", text::visible(row.local_name()))
}

/// `waiting`, and the priority where it is not as all others.
fn waiting(priority: Priority) -> String {
    match priority {
        Priority::Normal => "waiting".to_owned(),
        other => format!("waiting · {} priority", other.name()),
    }
}

fn percent(done: u64, size: Option<u64>) -> String {
    match size {
        Some(0) => "100\u{2009}%".to_owned(),
        Some(size) => format!("{}\u{2009}%", u128::from(done.min(size)) * 100 / u128::from(size)),
        None => text::size(done),
    }
}

/// Where the parts of a row are.
struct Columns {
    icon: Rect,
    name: Rect,
    folder: Rect,
    state: Rect,
    size: Rect,
}

impl Columns {
    /// `words`: the state is a reason in the server's words, which need room.
    fn of(rect: Rect, words: bool) -> Self {
        let inner = rect.with_min_x(rect.left() + theme::PAD).with_max_x(rect.right() - list::BAR - theme::TIGHT);
        let between = |from: f32, to: f32| Rect::from_x_y_ranges(from..=to.max(from), rect.y_range());
        let width = inner.width();
        let size = inner.right() - 64.0;
        let state = size - theme::GAP - (if words { width * 0.6 } else { (width * 0.40).clamp(190.0, 420.0) });
        let name = inner.left() + theme::ICON + theme::GAP;
        // The folder is what narrow panels do without.
        let room = state - theme::PAD - name;
        let folder = if room < 300.0 { name + room } else { name + (room * 0.64).max(200.0) };
        Self {
            icon: between(inner.left(), inner.left() + theme::ICON),
            name: between(name, folder),
            folder: between(folder + theme::PAD, state - theme::PAD),
            state: between(state, size - theme::GAP),
            size: between(size, inner.right()),
        }
    }
}

/// Draws it.
pub fn draw_row(ui: &Ui, row: Row<'_>, rect: Rect, clock: &Clock) {
    let palette = theme::of(ui);
    let columns = Columns::of(rect, matches!(row.phase, Phase::Failed(_)));
    let icon = if row.course == Course::Download { icons::DOWN } else { icons::UP };
    let color = match row.phase {
        Phase::Running(_) => palette.accent,
        Phase::Done(_) => palette.completion,
        Phase::Failed(_) => palette.permanent,
        _ => palette.secondary,
    };
    icon.paint(ui.painter(), columns.icon.center(), color);
    let name = text::visible(row.local_name());
    let name = if row.kind == Kind::Directory { format!("{name}/") } else { name.into_owned() };
    list::write(ui, columns.name, name, theme::body(), palette.text, Align::Min);
    let folder = match row.course {
        Course::Download => row.folder.local.display().to_string(),
        Course::Upload => row.folder.remote.to_string(),
    };
    list::write_path(ui, columns.folder, &text::visible(&folder), theme::small(), palette.secondary);
    draw_state(ui, row, columns.state, clock);
    if let Some(size) = row.size {
        list::write(ui, columns.size, text::size(size), theme::body(), palette.secondary, Align::Max);
    }
}

fn draw_state(ui: &Ui, row: Row<'_>, rect: Rect, clock: &Clock) {
    let palette = theme::of(ui);
    let word = |text: &str, color| {
        list::write(ui, rect, text, theme::body(), color, Align::Min);
    };
    match row.phase {
        Phase::Queued => word(&waiting(row.priority), palette.secondary),
        Phase::Left => word(LEFT, palette.secondary),
        Phase::Paused => word("paused", palette.secondary),
        Phase::Running(running) => draw_running(ui, running, row.size, rect),
        Phase::Waiting { until, failure } => {
            let seconds = until.duration_since(clock.now().timestamp()).as_secs().max(0).unsigned_abs();
            ui.request_repaint_after_secs(1.0);
            word(&format!("again in {} · {}", text::duration(seconds), text::visible(&failure.why)), palette.transient);
        }
        Phase::Failed(failure) => {
            mark(ui, icons::ERROR, palette.permanent, &text::visible(&failure.why), rect);
        }
        Phase::Skipped => word("skipped: the target exists", palette.secondary),
        Phase::Done(done) => {
            let (share, rest) = rect.split_left_right_at_fraction(0.5);
            let left_out = || format!("folder made, {} left out by filters", text::grouped(done.left_out.into()));
            let said = match row.kind {
                Kind::Directory if done.left_out > 0 => Cow::Owned(left_out()),
                Kind::Directory => "folder made".into(),
                _ => proof(done).into(),
            };
            mark(ui, icons::CHECK, palette.completion, &said, share);
            list::write(ui, rest, took(done), theme::body(), palette.secondary, Align::Max);
        }
    }
}

/// A mark in front of a word: colour is never the only sign. Errors have the words' colour as well.
fn mark(ui: &Ui, icon: Icon, color: Color32, words: &str, rect: Rect) {
    let palette = theme::of(ui);
    icon.paint(ui.painter(), egui::pos2(rect.left() + theme::ICON / 2.0, rect.center().y), color);
    let place = rect.with_min_x(rect.left() + theme::ICON + 6.0);
    let color = if color == palette.permanent { color } else { palette.secondary };
    list::write(ui, place, words, theme::body(), color, Align::Min);
}

fn proof(done: &Done) -> &'static str {
    match done.proof {
        Proof::None => "not proved complete",
        Proof::Reply => "the server says complete",
        Proof::Size => "same size",
        Proof::Checksum => "same checksum",
    }
}

/// `0:12 · 84 MB/s`
fn took(done: &Done) -> String {
    let moved = done.bytes.saturating_sub(done.resumed_from);
    let time = if done.milliseconds < 1000 {
        format!("{} ms", done.milliseconds)
    } else {
        text::duration(done.milliseconds / 1000)
    };
    match u128::from(moved) * 1000 / u128::from(done.milliseconds.max(1)) {
        0 => time,
        rate => format!("{time} · {}", text::rate(u64::try_from(rate).unwrap_or(u64::MAX))),
    }
}

fn draw_running(ui: &Ui, running: &Running, size: Option<u64>, rect: Rect) {
    let palette = theme::of(ui);
    const NUMBERS: [f32; 3] = [44.0, 72.0, 52.0];
    // How many connections fetch it, where there are several.
    let several = if running.connections > 1 { 28.0 } else { 0.0 };
    let numbers: f32 = NUMBERS.iter().sum::<f32>() + several;
    let bar = rect.with_max_x(rect.right() - numbers - theme::TIGHT);
    let bar = Rect::from_center_size(bar.center(), Vec2::new(bar.width().max(0.0), 6.0));
    ui.painter().rect_filled(bar, CornerRadius::same(3), palette.line);
    if let Some(size) = size {
        let permille = u128::from(running.done.min(size)) * 1000 / u128::from(size.max(1));
        let share = if size == 0 { 1.0 } else { f32::from(u16::try_from(permille).unwrap_or(1000)) / 1000.0 };
        let width = (bar.width() * share).max(if running.done > 0 { 6.0 } else { 0.0 }).min(bar.width());
        ui.painter().rect_filled(bar.with_max_x(bar.left() + width), CornerRadius::same(3), palette.accent);
    }
    let mut right = rect.right();
    let mut number = |width: f32, text: String, color| {
        let cell = Rect::from_x_y_ranges(right - width..=right, rect.y_range());
        list::write(ui, cell.with_min_x(cell.left() + theme::TIGHT), text, theme::body(), color, Align::Max);
        right -= width;
    };
    if !running.step.is_empty() {
        // The bar says how far it came; the words need the room of all the numbers.
        return number(numbers, running.step.to_owned(), palette.secondary);
    }
    number(NUMBERS[2], left(running, size), palette.secondary);
    number(NUMBERS[1], text::rate(running.rate), palette.text);
    number(NUMBERS[0] + if size.is_none() { 20.0 } else { 0.0 }, percent(running.done, size), palette.text);
    if running.connections > 1 {
        number(several, format!("{}\u{2009}×", running.connections), palette.secondary);
    }
}

/// The time that is left at the present rate.
fn left(running: &Running, size: Option<u64>) -> String {
    match size.map(|size| size.saturating_sub(running.done).div_ceil(running.rate.max(1))) {
        Some(seconds) if running.rate > 0 => text::duration(seconds),
        _ => String::new(),
    }
}

/// What is said of a row under the pointer: both ends, and what the row has no room for.
pub fn hover(ui: &mut Ui, row: Row<'_>) {
    let palette = theme::of(ui);
    let (from, to) = match row.course {
        Course::Download => (row.remote().to_string(), row.local_shown()),
        Course::Upload => (row.local_shown(), row.remote().to_string()),
    };
    ui.label(egui::RichText::new(text::visible(&from)).font(theme::mono()));
    ui.horizontal_top(|ui| {
        ui.label(icons::RIGHT.text().color(palette.secondary));
        ui.label(egui::RichText::new(text::visible(&to)).font(theme::mono()));
    });
    let mut facts = vec![row.folder.site.title()];
    facts.extend(row.size.map(text::exact_size));
    match row.transfer_type {
        TransferType::Text => facts.push("as text".to_owned()),
        TransferType::Auto => facts.push("as text or as it is, by name".to_owned()),
        TransferType::Binary => {}
    }
    if row.attempts > 1 {
        facts.push(format!("{} attempts", row.attempts));
    }
    match row.phase {
        Phase::Running(running) => {
            if running.resumed_from > 0 {
                facts.push(format!("goes on after {}", text::size(running.resumed_from)));
            }
            if running.connections > 1 {
                facts.push(format!("over {} connections", running.connections));
            }
        }
        Phase::Done(done) => facts.push(proof(done).to_owned()),
        _ => {}
    }
    ui.label(egui::RichText::new(facts.join(" · ")).font(theme::small()).color(palette.secondary));
    if let Phase::Failed(failure) | Phase::Waiting { failure, .. } = row.phase {
        ui.label(egui::RichText::new(&*text::visible(&failure.what)));
        ui.label(egui::RichText::new(&*text::visible(&failure.why)).color(palette.permanent));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_whole_and_never_more_than_all() {
        let shares = [(0, Some(10)), (999, Some(1000)), (1000, Some(1000)), (2000, Some(1000)), (0, Some(0))];
        let shares = shares.map(|(done, size)| percent(done, size).replace('\u{2009}', ""));
        assert_eq!(shares, ["0%", "99%", "100%", "100%", "100%"]);
        assert_eq!(percent(4_096, None), "4.1 KB");
        assert_eq!(percent(u64::MAX, Some(u64::MAX)).replace('\u{2009}', ""), "100%");
    }

    #[test]
    fn the_time_left_needs_a_rate_and_a_size() {
        let running = Running { done: 40, rate: 30, ..Running::default() };
        assert_eq!(left(&running, Some(100)), "0:02");
        assert_eq!(left(&running, None), "");
        assert_eq!(left(&Running::default(), Some(100)), "");
    }

    #[test]
    fn a_finished_row_says_how_long_and_how_fast() {
        let at = jiff::Timestamp::UNIX_EPOCH;
        let done = Done {
            bytes: 5_000_000,
            resumed_from: 1_000_000,
            milliseconds: 2_000,
            proof: Proof::Size,
            at,
            left_out: 0,
        };
        assert_eq!(took(&done), "0:02 · 2.0 MB/s");
        assert_eq!(took(&Done { bytes: 0, resumed_from: 0, milliseconds: 12, ..done }), "12 ms");
    }
}
