//! Rows of the queue that are put into another place by hand, with the mouse.

use eframe::egui::{DragAndDrop, PointerButton, Rect, Response, Stroke, Ui, pos2};

use crate::model::TransferId;
use crate::model::queue::Place;

use super::list::Scroll;
use super::picked::{Order, Picked};
use super::{drag, icons, text, theme};

/// That the selected rows are under way; egui carries it.
#[derive(Clone, Copy, Debug)]
struct Moved;

/// Where a list shows its rows.
#[derive(Clone, Copy, Debug)]
pub struct Body {
    /// On the screen.
    pub rect: Rect,
    /// Of each row.
    pub height: f32,
}

/// A drag that begins on a row takes all that are selected with it.
pub fn begin(response: &Response, row: TransferId, picked: &mut Picked<TransferId>) {
    if !response.drag_started_by(PointerButton::Primary) {
        return;
    }
    if !picked.contains(row) {
        picked.only(row);
    }
    response.dnd_set_drag_payload(Moved);
}

/// Shows where the rows under way would go; says it when they are let go there.
pub fn place(
    ui: &Ui,
    body: Body,
    scroll: &mut Scroll,
    order: &impl Order<TransferId>,
    picked: &Picked<TransferId>,
) -> Option<Place> {
    let pointer = ui.ctx().pointer_latest_pos().filter(|_| DragAndDrop::has_payload_of_type::<Moved>(ui.ctx()))?;
    let inside = body.rect.contains(pointer);
    let gap = scroll.gap_at(pointer.y - body.rect.top(), body.height).min(order.count());
    if inside {
        scroll.near_edge(ui, body.rect, pointer);
        let y = body.rect.top() + scroll.top_of(gap, body.height);
        let painter = ui.painter().with_clip_rect(body.rect.expand(1.0));
        let (left, right) = (body.rect.left() + theme::TIGHT, body.rect.right() - theme::TIGHT);
        painter.line_segment([pos2(left, y), pos2(right, y)], Stroke::new(2.0, theme::of(ui).accent));
    }
    let what = text::count(picked.len() as u64, "transfer", "transfers");
    drag::picture(ui.ctx(), pointer, (icons::TRANSFERS, what), inside.then_some("Move here"));
    if !ui.input(|input| input.pointer.primary_released()) {
        return None;
    }
    DragAndDrop::clear_payload(ui.ctx());
    inside.then(|| order.key(gap).map_or(Place::Bottom, Place::Before))
}
