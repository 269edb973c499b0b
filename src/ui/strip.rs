//! The bar at the top of a lower panel and of a form: tabs at the left, tools at the right.

use eframe::egui::{
    self, Align, CornerRadius, Id, Layout, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo,
};

use super::{text, theme};

/// The bar at the top of a lower panel, with a line under it.
pub fn bar<R>(ui: &mut Ui, contents: impl FnOnce(&mut Ui) -> R) -> R {
    let rect = Rect::from_min_size(ui.cursor().min, Vec2::new(ui.available_width(), theme::BAR));
    ui.advance_cursor_after_rect(rect);
    let palette = theme::of(ui);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, Stroke::new(1.0, palette.line));
    let inner = rect.with_max_x(rect.right() - theme::TIGHT).with_min_x(rect.left() + theme::TIGHT);
    let mut inner = ui.new_child(egui::UiBuilder::new().max_rect(inner).layout(Layout::left_to_right(Align::Center)));
    inner.set_clip_rect(rect.intersect(ui.clip_rect()));
    inner.spacing_mut().item_spacing.x = theme::TIGHT;
    contents(&mut inner)
}

/// Draws `contents` at the right end of a row, but in the order of reading, which is the order in which the keyboard
/// goes. Their width is known only when they are drawn: where it is not what it was, the frame is drawn once more.
pub fn at_right(ui: &mut Ui, salt: &str, contents: impl FnOnce(&mut Ui)) {
    let known = at_right_width(ui, salt);
    if known > 0.0 {
        ui.add_space((ui.available_width() - known).max(0.0));
    }
    let used = ui.scope(contents).response.rect.width();
    if (used - known).abs() > 0.5 {
        ui.data_mut(|data| data.insert_temp(Id::unique(salt), used));
        ui.ctx().request_discard("the width at the right has changed");
    }
}

/// How wide the contents of [`at_right`] were; 0 when they were never drawn.
pub fn at_right_width(ui: &Ui, salt: &str) -> f32 {
    ui.data(|data| data.get_temp(Id::unique(salt))).unwrap_or(0.0)
}

/// A tab of such a bar: its name, how many rows it holds, and a mark under the one that is shown.
pub fn bar_tab(ui: &mut Ui, name: &str, count: Option<usize>, selected: bool, alarm: bool) -> Response {
    let palette = theme::of(ui);
    let font = theme::medium();
    let color = if selected { palette.text } else { palette.secondary };
    let label = ui.painter().layout_no_wrap(name.to_owned(), font, color);
    let number = count.map(|count| {
        let color = if alarm && count > 0 { palette.permanent } else { palette.secondary };
        ui.painter().layout_no_wrap(text::grouped(count as u64), theme::small(), color)
    });
    let extra = number.as_ref().map_or(0.0, |galley| galley.size().x + 6.0);
    let size = Vec2::new(label.size().x + extra + 2.0 * theme::GAP, theme::BAR);
    let (rect, response) = ui.allocate_exact_size(size, Sense::click());
    let shown = count.map_or_else(|| name.to_owned(), |count| format!("{name} {count}"));
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, selected, &shown));
    let (left, middle) = (rect.left() + theme::GAP, rect.center().y);
    let at = egui::pos2(left, middle - label.size().y / 2.0);
    let end = left + label.size().x + 6.0;
    ui.painter().galley(at, label, color);
    if let Some(number) = number {
        let at = egui::pos2(end, middle - number.size().y / 2.0 + 0.5);
        ui.painter().galley(at, number, color);
    }
    if selected {
        let mark =
            Rect::from_min_max(egui::pos2(left, rect.bottom() - 2.0), egui::pos2(rect.right() - 8.0, rect.bottom()));
        ui.painter().rect_filled(mark, CornerRadius::same(1), palette.accent);
    } else if response.hovered() {
        let inside = rect.shrink2(Vec2::new(1.0, 4.0));
        ui.painter().rect_filled(inside, CornerRadius::same(theme::CORNER), palette.raised.gamma_multiply(0.6));
    }
    if response.has_focus() {
        let stroke = Stroke::new(1.5, palette.focus);
        let inside = rect.shrink2(Vec2::new(1.0, 4.0));
        ui.painter().rect_stroke(inside, CornerRadius::same(theme::CORNER), stroke, StrokeKind::Inside);
    }
    response
}

/// The same over an empty list, which is there for the keyboard.
pub fn nothing_in(ui: &mut Ui, rect: Rect, words: &str) {
    ui.scope_builder(egui::UiBuilder::new().max_rect(rect).id_salt("nothing"), |ui| nothing(ui, words));
}

/// One line in the middle of an empty panel.
pub fn nothing(ui: &mut Ui, words: &str) {
    let color = theme::of(ui).secondary;
    ui.centered_and_justified(|ui| ui.label(egui::RichText::new(words).color(color)));
}
