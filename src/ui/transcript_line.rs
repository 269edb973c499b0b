//! One line of the reply log: its columns, the chip of its code, and how it is copied.

use eframe::egui::text::{LayoutJob, TextFormat, TextWrapping};
use eframe::egui::{self, Align, CornerRadius, Rect, Sense, Ui, Vec2, pos2};

use crate::model::exchange::is_unmade;
use crate::model::log_filter::highlight;
use crate::model::{Direction, Line};

use super::text::{self, Clock};
use super::transcript_fold::Group;
use super::{icons, list, theme};

/// Height of a line of the log.
pub const HEIGHT: f32 = 20.0;
/// How notes and notices begin that must not be overlooked.
pub const WARNING: &str = "WARNING: ";
/// Width of a chip.
const CHIP: f32 = 34.0;
/// Characters of a line that a row draws; the details show all of it.
const DRAWN: usize = 600;

/// `12:03:41.204 1 ← 150 Opening BINARY mode data connection`
pub fn as_text(line: &Line, clock: &Clock) -> String {
    let time = clock.time_of_day(line.at);
    format!("{time} {} {} {}", line.connection.0, arrow(line.direction), text::visible(&line.text))
}

fn arrow(direction: Direction) -> char {
    match direction {
        Direction::Sent => '→',
        Direction::Received => '←',
        Direction::Note => '·',
    }
}

/// Draws it: time as it is written, connection, arrow, chip, text with the first of `words` marked.
pub fn draw_line(ui: &Ui, rect: Rect, line: &Line, time: String, words: &[String]) {
    let palette = theme::of(ui);
    let font = theme::mono();
    let mut left = rect.left() + theme::PAD;
    let mut cell = |width: f32| {
        let cell = Rect::from_x_y_ranges(left..=left + width, rect.y_range());
        left += width + theme::GAP;
        cell
    };
    list::write(ui, cell(92.0), time, font.clone(), palette.secondary, Align::Min);
    list::write(ui, cell(20.0), line.connection.0.to_string(), font.clone(), palette.secondary, Align::Max);
    let color = match line.direction {
        Direction::Sent => palette.accent,
        _ => palette.secondary,
    };
    list::write(ui, cell(8.0), arrow(line.direction), font, color, Align::Center);
    let chip_at = cell(CHIP);
    let text = match line.code {
        Some(code) => {
            paint_chip(ui, chip_at, code);
            let rest = line.text.get(3..).unwrap_or_default();
            rest.strip_prefix(' ').unwrap_or(rest)
        }
        None => line.text.as_str(),
    };
    // Commands and notes stand where codes do: the eye tells who spoke by the column.
    let start = if line.direction == Direction::Received { left } else { chip_at.left() };
    let color = match line.direction {
        Direction::Note if line.text.starts_with(WARNING) => palette.transient,
        Direction::Note if is_unmade(line) => palette.permanent,
        Direction::Note => palette.secondary,
        _ => palette.text,
    };
    let place = Rect::from_x_y_ranges(start..=(rect.right() - list::BAR).max(start), rect.y_range());
    list::write_job(ui, place, marked(&text::visible(drawn(text)), words, color, palette, place.width()), Align::Min);
}

/// What stands for lines that are folded: `Log-in, 23 lines in 204 ms`.
pub fn heading(group: &Group) -> String {
    let took = text::milliseconds(group.to.duration_since(group.from).as_millis());
    format!("{}, {} in {took}", group.noise.name(), text::count(group.lines as u64, "line", "lines"))
}

/// Draws the heading of lines that are folded, of which `line` is the first.
pub(super) fn draw_heading(ui: &Ui, rect: Rect, line: &Line, time: String, group: &Group) {
    let palette = theme::of(ui);
    let font = theme::mono();
    let left = rect.left() + theme::PAD;
    let cell = |from: f32, to: f32| Rect::from_x_y_ranges(left + from..=left + to, rect.y_range());
    list::write(ui, cell(0.0, 92.0), time, font.clone(), palette.secondary, Align::Min);
    list::write(ui, cell(100.0, 120.0), line.connection.0.to_string(), font, palette.secondary, Align::Max);
    draw_chevron(ui, rect, false);
    let place = Rect::from_x_y_ranges(left + CHEVRON + 12.0..=rect.right() - list::BAR, rect.y_range());
    list::write(ui, place, heading(group), theme::small(), palette.secondary, Align::Min);
}

/// Where the mark of a heading lies, from the first column.
const CHEVRON: f32 = 132.0;

/// Draws the mark of a heading over the arrow of its line.
pub(super) fn draw_chevron(ui: &Ui, rect: Rect, open: bool) {
    let palette = theme::of(ui);
    let at = pos2(rect.left() + theme::PAD + CHEVRON, rect.center().y);
    if open {
        // The arrow of the line lies under it.
        ui.painter().rect_filled(
            Rect::from_center_size(at, Vec2::new(12.0, 14.0)),
            CornerRadius::same(2),
            palette.panel,
        );
    }
    let icon = if open { icons::CHEVRON_DOWN } else { icons::CHEVRON_RIGHT };
    icon.paint_small(ui.painter(), at, palette.text);
}

/// Whether `at` is on the mark of a heading.
pub(super) fn is_chevron(rect: Rect, at: egui::Pos2) -> bool {
    (at.x - rect.left() - theme::PAD - CHEVRON).abs() < 10.0
}

/// As much of a line as a row draws.
pub(super) fn drawn(text: &str) -> &str {
    let end = text.char_indices().nth(DRAWN).map_or(text.len(), |(at, _)| at);
    &text[..end]
}

/// `text` with the first of `words` in it marked.
pub(super) fn marked(
    text: &str,
    words: &[String],
    color: egui::Color32,
    palette: &theme::Palette,
    width: f32,
) -> LayoutJob {
    let plain = TextFormat { font_id: theme::mono(), color, ..TextFormat::default() };
    let mut job =
        LayoutJob { wrap: TextWrapping::truncate_at_width(width), break_on_newline: false, ..LayoutJob::default() };
    match highlight(text, words.iter().map(String::as_str)) {
        Some(range) => {
            let mark = TextFormat { background: palette.tint(palette.transient), ..plain.clone() };
            job.append(&text[..range.start], 0.0, plain.clone());
            job.append(&text[range.clone()], 0.0, TextFormat { color: palette.transient, ..mark });
            job.append(&text[range.end..], 0.0, plain);
        }
        None => job.append(text, 0.0, plain),
    }
    job
}

/// Writes a command: its verb, and as much of what it names as there is room for.
pub(super) fn write_command(ui: &Ui, cell: Rect, command: &str, words: &[String], color: egui::Color32) {
    let (verb, argument) = command.split_once(' ').unwrap_or((command, ""));
    let wide = write_words(ui, cell, verb, words, color);
    let rest = cell.with_min_x((cell.left() + wide + theme::GAP).min(cell.right()));
    let argument = list::fit_path(ui, rest.width(), &text::visible(drawn(argument)), &theme::mono());
    write_words(ui, rest, &argument, words, color);
}

/// Writes `said` with what is looked for in it marked; says how wide it is.
pub(super) fn write_words(ui: &Ui, cell: Rect, said: &str, words: &[String], color: egui::Color32) -> f32 {
    let job = marked(&text::visible(drawn(said)), words, color, theme::of(ui), cell.width());
    list::write_job(ui, cell, job, Align::Min)
}

/// The chip of a code, in the line of text.
pub fn chip(ui: &mut Ui, code: u16) {
    let (rect, _) = ui.allocate_exact_size(Vec2::new(CHIP, 20.0), Sense::hover());
    paint_chip(ui, rect, code);
}

/// Paints it at the left of `cell`'s middle.
pub(super) fn paint_chip(ui: &Ui, rect: Rect, code: u16) {
    let palette = theme::of(ui);
    let color = palette.of_code(code);
    let chip = Rect::from_center_size(pos2(rect.left() + CHIP / 2.0, rect.center().y), Vec2::new(CHIP, 16.0));
    ui.painter().rect_filled(chip, CornerRadius::same(4), palette.tint(color));
    list::write(ui, chip, format!("{code:03}"), theme::mono_strong(), color, Align::Center);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConnectionId;

    #[test]
    fn a_line_is_copied_as_it_is_read() {
        let line = Line {
            seq: 1,
            at: "2026-05-12T10:03:41.204Z".parse().unwrap(),
            connection: ConnectionId(1),
            direction: Direction::Received,
            code: Some(150),
            text: "150 Opening\u{1b}[2J".to_owned(),
            raw: None,
            transfer: None,
        };
        let clock = Clock::at("2026-05-12T12:00:00Z[UTC]".parse().unwrap());
        assert_eq!(as_text(&line, &clock), "10:03:41.204 1 ← 150 Opening\u{241b}[2J");
    }
}
