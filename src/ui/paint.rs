//! Text and rings drawn by hand, where a widget for each cell would be too slow or in the way.

use std::ops::Range;
use std::sync::Arc;

use eframe::egui::text::{LayoutJob, TextWrapping};
use eframe::egui::{
    Align, Align2, Color32, CornerRadius, FontId, Galley, Pos2, Rect, Response, Stroke, StrokeKind, TextEdit, Ui, Vec2,
    pos2,
};

/// One line of `text`, cut with an ellipsis where it is wider than `width`.
pub fn line(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let mut job = LayoutJob::simple_singleline(text.to_owned(), font, color);
    job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Paints `galley` in the middle of `cell`'s height. True when it was cut.
pub fn cell(ui: &Ui, cell: Rect, galley: Arc<Galley>, align: Align) -> bool {
    let size = galley.size();
    let x = match align {
        Align::Min => cell.left(),
        Align::Center => cell.center().x - size.x / 2.0,
        Align::Max => cell.right() - size.x,
    };
    let (position, cut) = (at(ui, pos2(x, cell.center().y - size.y / 2.0)), galley.elided);
    ui.painter().galley(position, galley, Color32::PLACEHOLDER);
    cut
}

/// One line of `text` in `rect`. True when it was cut.
pub fn text(ui: &Ui, rect: Rect, text: &str, font: FontId, color: Color32, align: Align) -> bool {
    cell(ui, rect, line(ui, text, font, color, rect.width()), align)
}

/// `position` on whole pixels, where glyphs are sharp.
fn at(ui: &Ui, position: Pos2) -> Pos2 {
    let scale = ui.pixels_per_point();
    pos2((position.x * scale).round() / scale, (position.y * scale).round() / scale)
}

/// A field of one line, whose ring says that it has the keyboard.
pub fn field(ui: &mut Ui, size: Vec2, edit: TextEdit<'_>) -> Response {
    let response = ui.add_sized(size, edit.align(Align2::LEFT_CENTER));
    if response.has_focus() {
        ring(ui, response.rect, super::theme::CORNER);
    }
    response
}

/// The rows of `height` in sight, of `count`, where `top..bottom` of all of them is in sight.
pub fn in_sight(top: f32, bottom: f32, height: f32, count: usize) -> Range<usize> {
    // Pixels of rows that are counted in `usize`; negative ones become 0.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let row = |pixels: f32| pixels.max(0.0) as usize;
    row((top / height).floor())..count.min(row((bottom / height).ceil()))
}

/// How far below the upper edge `row` begins, when `top` of all rows is above it.
pub fn offset(row: usize, height: f32, top: f32) -> f32 {
    // The difference is small, whatever the row: exact in `f32`.
    #[expect(clippy::cast_possible_truncation)]
    let offset = (row as f64 * f64::from(height) - f64::from(top)) as f32;
    offset
}

/// The ring around what has the keyboard.
pub fn ring(ui: &Ui, rect: Rect, corner: u8) {
    let stroke = Stroke::new(1.0, super::theme::of(ui).focus);
    ui.painter().rect_stroke(rect, CornerRadius::same(corner), stroke, StrokeKind::Inside);
}
