//! Lines between areas that can be dragged; a double click puts them back.

use eframe::egui::{CursorIcon, Id, Rect, Sense, Stroke, Ui, UiBuilder, Vec2, pos2};

use super::theme;

/// How wide or high an area is.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Until somebody drags.
    pub default: f32,
    /// At least.
    pub min: f32,
    /// At most.
    pub max: f32,
}

/// What happened to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Nothing.
    No,
    /// It is being dragged.
    Dragged,
    /// It was let go, or put back: worth remembering.
    Done,
}

/// Half the width of what can be grabbed.
const GRAB: f32 = 4.0;

/// Splits `rect` into a left part of `width` and the rest.
pub fn columns(
    ui: &Ui,
    rect: Rect,
    width: &mut f32,
    bounds: Bounds,
    salt: impl std::hash::Hash + std::fmt::Debug,
) -> (Rect, Rect) {
    let wanted = if *width > 0.0 { *width } else { bounds.default };
    let mut x = rect.left() + wanted.clamp(bounds.min, bounds.max.min(rect.width() * 0.6).max(bounds.min));
    if line(ui, rect, &mut x, true, Id::unique(("split", salt))) == Moved::Done && x < rect.left() {
        *width = 0.0;
    } else if (x - rect.left() - wanted).abs() > 0.1 {
        *width = x - rect.left();
    }
    let x = x.max(rect.left() + bounds.min);
    (Rect::from_min_max(rect.min, pos2(x, rect.bottom())), Rect::from_min_max(pos2(x + 1.0, rect.top()), rect.max))
}

/// Splits an end of `rect` off: the right one, `size` wide, where the line is `upright`, else the lower one. What is left
/// comes first. Only what a person drags is remembered, and not what a small window allows.
pub fn end(ui: &Ui, rect: Rect, size: &mut f32, bounds: Bounds, upright: bool, id: Id) -> (Rect, Rect) {
    let wanted = if *size > 0.0 { *size } else { bounds.default };
    let held = |size: f32| size.min(bounds.max).max(bounds.min).round();
    let far = if upright { rect.right() } else { rect.bottom() };
    let mut at = far - held(wanted);
    let before = at;
    match line(ui, rect, &mut at, upright, id) {
        Moved::Done if at == f32::NEG_INFINITY => *size = 0.0,
        Moved::Dragged | Moved::Done if at != before => *size = held(far - at),
        _ => {}
    }
    if upright {
        (rect.with_max_x(before), rect.with_min_x(before + 1.0))
    } else {
        (rect.with_max_y(before), rect.with_min_y(before + 1.0))
    }
}

/// An area of its own, filled like a panel.
pub fn within<R>(ui: &mut Ui, area: Rect, name: &str, contents: impl FnOnce(&mut Ui) -> R) -> R {
    ui.painter().rect_filled(area, 0, theme::of(ui).panel);
    let builder = UiBuilder::new().max_rect(area).id_salt(name);
    let inner = ui.scope_builder(builder, |ui| {
        ui.set_clip_rect(area.intersect(ui.clip_rect()));
        contents(ui)
    });
    inner.inner
}

/// Draws a line at `at`, upright or lying, and moves it. A double click sets it to negative infinity: the default.
pub fn line(ui: &Ui, rect: Rect, at: &mut f32, upright: bool, id: Id) -> Moved {
    let palette = theme::of(ui);
    let (area, cursor) = if upright {
        (Rect::from_x_y_ranges((*at - GRAB)..=(*at + GRAB), rect.y_range()), CursorIcon::ResizeHorizontal)
    } else {
        (Rect::from_x_y_ranges(rect.x_range(), (*at - GRAB)..=(*at + GRAB)), CursorIcon::ResizeVertical)
    };
    let response = ui.interact(area, id, Sense::CLICK | Sense::DRAG).on_hover_and_drag_cursor(cursor);
    let active = response.dragged() || response.hovered();
    let stroke = Stroke::new(1.0, if response.dragged() { palette.accent } else { palette.line });
    let stroke = if active && !response.dragged() { Stroke::new(1.0, palette.secondary) } else { stroke };
    if upright {
        ui.painter().vline(*at + 0.5, rect.y_range(), stroke);
    } else {
        ui.painter().hline(rect.x_range(), *at + 0.5, stroke);
    }
    if response.double_clicked() {
        *at = f32::NEG_INFINITY;
        return Moved::Done;
    }
    let Vec2 { x, y } = response.drag_delta();
    *at = (*at + if upright { x } else { y }).round();
    match (response.drag_stopped(), response.dragged()) {
        (true, _) => Moved::Done,
        (false, true) => Moved::Dragged,
        _ => Moved::No,
    }
}
