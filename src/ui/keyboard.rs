//! Who has the keyboard: the areas that keys lead to, and which of them gets it when nobody has it.

use eframe::egui::{Context, Event, Id, Order, Pos2, Rect};

use super::mirror::Mirror;
use super::view::{Lower, Side, View};
use super::{bar, compared_log, list, lower, quickconnect, table, transcript_panel, tree};

/// Where a person was last, so that the keyboard goes back there.
#[derive(Debug, Default)]
pub struct Keyboard {
    /// The lower panels of this frame.
    panels: Vec<(Rect, Lower)>,
    /// The lower panel that a person was in last; `None`: a pane.
    last: Option<Lower>,
}

impl Keyboard {
    /// Forgets where the panels were.
    pub fn begin(&mut self) {
        self.panels.clear();
    }

    /// A lower panel is drawn.
    pub fn drawn(&mut self, panel: Lower, rect: Rect) {
        self.panels.push((rect, panel));
    }

    /// The keyboard is to be in the pane, wherever a person was.
    pub fn to_pane(&mut self) {
        self.last = None;
    }
}

/// Once all is drawn: notes where a person is, and where nothing has the keyboard, gives it to where they were last. So
/// keys always mean something, and what they mean does not change behind a menu, or when a row has gone.
pub fn settle(ctx: &Context, mirror: &Mirror, view: &mut View) {
    if let Some(at) = attention(ctx).filter(|at| at.y > ctx.content_rect().top() + bar::HEIGHT) {
        let panel = view.keyboard.panels.iter().find(|(rect, _)| rect.contains(at));
        view.keyboard.last = panel.map(|(_, panel)| *panel);
    }
    let nobody = ctx.memory(|memory| memory.focused().is_none());
    let busy = view.sites.open || view.dialogs.is_open(mirror) || ctx.any_popup_open();
    if nobody && !busy {
        give_back(ctx, view);
    }
}

/// Where the mouse was pressed, else what has the keyboard; not in a menu or dialog, which belong to what lies elsewhere.
fn attention(ctx: &Context) -> Option<Pos2> {
    let pressed = ctx.input(|input| {
        input.events.iter().rev().find_map(|event| match event {
            Event::PointerButton { pos, pressed: true, .. } => Some(*pos),
            _ => None,
        })
    });
    if let Some(at) = pressed {
        return Some(at).filter(|at| ctx.layer_id_at(*at).is_none_or(|layer| layer.order == Order::Background));
    }
    // Looking at what has the keyboard would take it away, as a click beside it does.
    let focused = ctx.memory(|memory| memory.focused()).filter(|_| !ctx.input(|input| input.pointer.any_click()))?;
    let response = ctx.read_response(focused).filter(|response| response.layer_id.order == Order::Background)?;
    Some(response.rect.center())
}

/// Gives the keyboard to the list of the panel that had it last, else of the one beside it, else to the pane.
fn give_back(ctx: &Context, view: &mut View) {
    let fills = lower::fills(view);
    let last = if fills { Some(Lower::Log) } else { view.keyboard.last };
    let order = match last {
        Some(Lower::Queue) => &[Lower::Queue, Lower::Log][..],
        Some(Lower::Log) => &[Lower::Log, Lower::Queue],
        None => &[],
    };
    let lists = order.iter().map(|panel| list_of(*panel, view));
    if let Some(id) = lists.into_iter().find(|id| ctx.read_response(*id).is_some()) {
        ctx.memory_mut(|memory| memory.request_focus(id));
        return ctx.request_repaint();
    }
    let side = view.current().side;
    if !fills && view.current().pane(side).here().is_some() {
        give_to_pane(ctx, view, side);
    }
}

/// What has the keyboard in a lower panel.
fn list_of(panel: Lower, view: &View) -> Id {
    match panel {
        Lower::Queue => list::focus_id(view.queue.shown()),
        Lower::Log if view.compared.is_some() => list::focus_id(compared_log::NAME),
        Lower::Log => list::focus_id(transcript_panel::NAME),
    }
}

/// Gives the keyboard to the table on `side`.
pub fn give_to_pane(ctx: &Context, view: &mut View, side: Side) {
    let tab = view.tab;
    view.current().side = side;
    view.keyboard.to_pane();
    ctx.memory_mut(|memory| memory.request_focus(table::focus_id_of(tab, side)));
}

/// Whether the table of a pane has the keyboard.
pub fn is_in_pane(ctx: &Context, view: &View) -> bool {
    let focused = ctx.memory(|memory| memory.focused());
    let tables = [Side::Local, Side::Remote].map(|side| Some(table::focus_id_of(view.tab, side)));
    focused.is_some() && tables.contains(&focused)
}

/// The areas that F6 goes through, as the eye does.
fn areas(view: &View) -> Vec<Id> {
    let mut areas = vec![quickconnect::address_id(view.tab)];
    for side in [Side::Local, Side::Remote] {
        if view.layout.trees {
            areas.push(tree::focus_id_of(view.tab, side));
        }
        areas.push(table::focus_id_of(view.tab, side));
    }
    areas.extend([Lower::Queue, Lower::Log].map(|panel| list_of(panel, view)));
    areas
}

/// Gives the keyboard to the area `by` places further, round the end.
pub fn step(ctx: &Context, view: &mut View, by: isize) {
    let mut areas = areas(view);
    // What is not drawn, such as a tree without room, cannot have the keyboard.
    areas.retain(|id| ctx.read_response(*id).is_some());
    let Some(last) = areas.len().checked_sub(1) else { return };
    let focused = ctx.memory(|memory| memory.focused());
    let at = areas.iter().position(|id| focused == Some(*id));
    let next = match at {
        Some(0) if by < 0 => last,
        Some(at) if by > 0 && at == last => 0,
        Some(at) => at.saturating_add_signed(by),
        None => 0,
    };
    let id = areas[next];
    for side in [Side::Local, Side::Remote] {
        if [table::focus_id_of(view.tab, side), tree::focus_id_of(view.tab, side)].contains(&id) {
            view.current().side = side;
        }
    }
    ctx.memory_mut(|memory| memory.request_focus(id));
}
