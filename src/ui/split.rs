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

/// A line that can be grabbed: where, its name, and whether it is upright.
type Grabbed = (Rect, Id, bool);

/// Lines of this frame that [`grab`] has not made draggable yet.
fn lines() -> Id {
    Id::unique("lines between areas")
}

/// Draws a line at `at`, upright or lying, and moves it. A double click sets it to negative infinity: the default.
pub fn line(ui: &Ui, rect: Rect, at: &mut f32, upright: bool, id: Id) -> Moved {
    let palette = theme::of(ui);
    let area = if upright {
        // On the left mostly is a bar to scroll by.
        Rect::from_x_y_ranges((*at - GRAB / 2.0)..=(*at + GRAB), rect.y_range())
    } else {
        Rect::from_x_y_ranges(rect.x_range(), (*at - GRAB)..=(*at + GRAB))
    };
    ui.data_mut(|data| data.get_temp_mut_or_default::<Vec<Grabbed>>(lines()).push((area, id, upright)));
    let response = ui.ctx().read_response(id);
    let (hovered, dragged) =
        response.as_ref().map_or((false, false), |response| (response.hovered(), response.dragged()));
    let color = match (dragged, hovered) {
        (true, _) => palette.accent,
        (false, true) => palette.secondary,
        (false, false) => palette.line,
    };
    let stroke = Stroke::new(1.0, color);
    if upright {
        ui.painter().vline(*at + 0.5, rect.y_range(), stroke);
    } else {
        ui.painter().hline(rect.x_range(), *at + 0.5, stroke);
    }
    let Some(response) = response else { return Moved::No };
    if response.double_clicked() {
        *at = f32::NEG_INFINITY;
        return Moved::Done;
    }
    let Vec2 { x, y } = response.drag_delta();
    *at = (*at + if upright { x } else { y }).round();
    match (response.drag_stopped(), dragged) {
        (true, _) => Moved::Done,
        (false, true) => Moved::Dragged,
        _ => Moved::No,
    }
}

/// Makes the lines of this frame draggable, once all is drawn: what lies on either side would be grabbed in their place.
pub fn grab(ui: &Ui) {
    let lines = ui.data_mut(|data| data.remove_temp::<Vec<Grabbed>>(lines())).unwrap_or_default();
    for (area, id, upright) in lines {
        let cursor = if upright { CursorIcon::ResizeHorizontal } else { CursorIcon::ResizeVertical };
        ui.interact(area, id, Sense::CLICK | Sense::DRAG).on_hover_and_drag_cursor(cursor);
    }
}
