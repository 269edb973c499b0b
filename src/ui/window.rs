//! The window as a whole: where each area stands, and the lines between them.

use eframe::egui::{Context, Event, Id, Rect, Stroke, Ui, pos2, vec2};

use super::bar::{self, Choice};
use super::drag::{self, Into, Targets};
use super::menu::Item;
use super::mirror::Mirror;
use super::pane::{self, Env};
use super::perform::{self, Out};
use super::split::{self, Moved};
use super::view::{Lower, Side, View};
use super::{bookmarks, keyboard, lower, notices, quickconnect, status, tabs, theme};

/// Below this width the lower panels are tabs of one.
const NARROW: f32 = 1200.0;
/// Share of the height that the lower panels have at first.
const LOWER: f32 = 0.38;
/// Least height of the lower panels, and of the panes.
const LEAST: f32 = 120.0;
/// Least share of a side.
const SHARE: f32 = 0.2;
/// Points that it has at least, where there are twice as many: the bars above the lists need them.
const SIDE: f32 = 360.0;
/// Height of the strip with notices.
const STRIP: f32 = 34.0;

/// Draws everything but dialogs.
pub fn window_ui(ui: &mut Ui, mirror: &Mirror, view: &mut View, targets: &mut Targets, out: &mut Out) {
    view.keyboard.begin();
    let full = ui.max_rect();
    let palette = theme::of(ui);
    ui.painter().rect_filled(full, 0, palette.window);
    let mut top = full.top();
    let mut take = |height: f32| {
        let rect = Rect::from_min_size(pos2(full.left(), top), vec2(full.width(), height));
        top += height;
        rect
    };
    let side = view.current().side;
    let can = perform::can(mirror, view, side);
    let mut choices = Vec::new();
    let to_bar = std::mem::take(&mut view.to_menu_bar);
    bar::bar_ui(ui, take(bar::HEIGHT), mirror, view, &can, to_bar, &mut choices);
    let mut wishes = Vec::new();
    quickconnect::quick_ui(ui, take(theme::TOOLBAR), mirror, view.tab, &mut view.current().quick, &mut wishes);
    choices.extend(wishes.into_iter().map(Choice::Quick));
    if notices::is_shown(mirror, view) {
        notices::notice_ui(ui, take(STRIP), mirror, view);
    }
    let mut wishes = Vec::new();
    tabs::tabs_ui(ui, take(theme::TABS), mirror, view, &mut wishes);
    let status = Rect::from_min_max(pos2(full.left(), full.bottom() - theme::STATUS), full.max);
    let body = Rect::from_min_max(pos2(full.left(), top), pos2(full.right(), status.top()));
    ui.painter().hline(body.x_range(), body.top() + 0.5, Stroke::new(1.0, palette.line));
    let body = body.with_min_y(body.top() + 1.0);
    // Drawn as the eye goes, because the keyboard goes as they are drawn.
    let border = border(body, view);
    if lower::fills(view) {
        log_ui(ui, body, mirror, view, out);
    } else {
        panes_ui(ui, body.with_max_y(border), mirror, view, targets, out);
        lower_ui(ui, body, border, mirror, view, targets, out);
    }
    status::status_ui(ui, status, mirror, view.tab);
    split::grab(ui);
    choices.extend(lower::take_item(view).map(Choice::Item));
    for choice in choices {
        choose(ui, choice, side, mirror, view, out);
    }
    for wish in wishes {
        match wish {
            tabs::Wish::Show(tab) => view.tab = tab,
            tabs::Wish::Close(tab) => perform::close_tab(tab, view, out),
            tabs::Wish::New => perform::new_tab(mirror, view, out),
        }
    }
}

fn choose(ctx: &Context, choice: Choice, side: Side, mirror: &Mirror, view: &mut View, out: &mut Out) {
    match choice {
        Choice::Item(item) | Choice::Quick(quickconnect::Wish::Item(item)) => {
            perform::perform(ctx, item, side, mirror, view, out);
        }
        Choice::Quick(quickconnect::Wish::Connect(site, credentials)) => {
            if let Some(sites) = quickconnect::remember(&mirror.sites, &site).filter(|_| site.name.is_empty()) {
                out.actions.push(crate::model::Action::SaveSites(sites.into()));
            }
            perform::connect(site, credentials, mirror, view, out);
            view.to_pane(Side::Remote);
        }
        Choice::TransferType(chosen) => perform::set(mirror, out, |settings| settings.transfer_type = chosen),
        Choice::AfterLast(choice) => out.actions.push(crate::model::Action::AfterLast(choice)),
        Choice::Bookmark(index) => {
            let bookmark = bookmarks::of(mirror, view.current()).get(index).cloned();
            if let Some(bookmark) = bookmark {
                bookmarks::open(&bookmark, mirror, view, out);
            }
        }
    }
}

/// Where the panes end and the lower panels begin.
fn border(body: Rect, view: &View) -> f32 {
    if !view.layout.transfers && !view.layout.log {
        return body.bottom();
    }
    let wanted = if view.layout.lower > 0.0 { view.layout.lower } else { body.height() * LOWER };
    let height = wanted.clamp(LEAST, (body.height() - LEAST).max(LEAST));
    (body.bottom() - height).round()
}

/// Draws the lower panels, from `before` on.
fn lower_ui(
    ui: &mut Ui,
    body: Rect,
    before: f32,
    mirror: &Mirror,
    view: &mut View,
    targets: &mut Targets,
    out: &mut Out,
) {
    let (queue, log) = (view.layout.transfers, view.layout.log);
    if !queue && !log {
        return;
    }
    let mut y = before;
    let moved = split::line(ui, body, &mut y, false, Id::unique("lower"));
    if moved == Moved::Done && y < body.top() {
        view.layout.lower = 0.0;
    } else if moved != Moved::No && y != before {
        view.layout.lower = body.bottom() - y;
    }
    let area = Rect::from_min_max(pos2(body.left(), before + 1.0), body.max);
    let both = queue && log;
    if both && body.width() < NARROW {
        view.keyboard.drawn(view.lower, area);
        let response = split::within(ui, area, "lower", |ui| lower::tabbed_area(ui, mirror, view, &mut out.actions));
        if let Some(response) = response {
            add_queue(view, response.rect, targets);
        }
    } else if both {
        let (left, right) = shares(ui, area, &mut view.layout.queue, "queue and log");
        queue_ui(ui, left, mirror, view, targets, out);
        log_ui(ui, right, mirror, view, out);
    } else if queue {
        queue_ui(ui, area, mirror, view, targets, out);
    } else {
        log_ui(ui, area, mirror, view, out);
    }
}

fn queue_ui(ui: &mut Ui, area: Rect, mirror: &Mirror, view: &mut View, targets: &mut Targets, out: &mut Out) {
    view.keyboard.drawn(Lower::Queue, area);
    split::within(ui, area, "queue", |ui| lower::queue_area(ui, mirror, view, &mut out.actions));
    add_queue(view, area, targets);
}

fn log_ui(ui: &mut Ui, area: Rect, mirror: &Mirror, view: &mut View, out: &mut Out) {
    view.keyboard.drawn(Lower::Log, area);
    split::within(ui, area, "log", |ui| lower::log_area(ui, mirror, view, &mut out.actions));
}

fn add_queue(view: &mut View, area: Rect, targets: &mut Targets) {
    let tab = view.current();
    targets.add(area, 0, Into::Queue { local: tab.local.here(), remote: tab.remote.here() });
}

/// Splits `area` by a share that is remembered.
fn shares(ui: &Ui, area: Rect, share: &mut f32, name: &str) -> (Rect, Rect) {
    let least = (SIDE / area.width()).clamp(SHARE, 0.5);
    let wanted = if *share > 0.0 { share.clamp(least, 1.0 - least) } else { 0.5 };
    let mut x = (area.left() + area.width() * wanted).round();
    let before = x;
    let moved = split::line(ui, area, &mut x, true, Id::unique(name));
    if moved == Moved::Done && x < area.left() {
        *share = 0.5;
    } else if moved != Moved::No && x != before {
        *share = ((x - area.left()) / area.width()).clamp(least, 1.0 - least);
    }
    (
        Rect::from_min_max(area.min, pos2(before, area.bottom())),
        Rect::from_min_max(pos2(before + 1.0, area.top()), area.max),
    )
}

fn panes_ui(ui: &mut Ui, area: Rect, mirror: &Mirror, view: &mut View, targets: &mut Targets, out: &mut Out) {
    let (left, right) = shares(ui, area, &mut view.layout.panes, "panes");
    let id = view.tab;
    for (side, rect) in [(Side::Local, left), (Side::Remote, right)] {
        let can = perform::can(mirror, view, side);
        let trees = perform::has_trees(view, rect.width());
        let (mut items, mut wants) = (Vec::new(), Vec::new());
        let View { clock, tabs, layout, .. } = view;
        let Some(tab) = tabs.iter_mut().find(|tab| tab.id == id) else { continue };
        let mut env = Env {
            tab: id,
            side,
            clock,
            preset: mirror.settings.keys,
            row: theme::row_height(mirror.settings.compact),
            can,
            asks: mirror.questions.iter().any(|question| question.tab == Some(id)),
            hidden: mirror.settings.show_hidden,
            trees: layout.trees,
            columns: match side {
                Side::Local => &mut layout.local_files,
                Side::Remote => &mut layout.remote_files,
            },
            targets,
            items: &mut items,
            wants: &mut wants,
        };
        let tree = trees.then_some(&mut layout.tree);
        let pane = tab.pane_mut(side);
        ui.push_id((id, side), |ui| pane::pane_ui(ui, rect, pane, mirror.tab(id), tree, &mut env));
        for (side, item) in items {
            view.current().side = side;
            perform::perform(ui, item, side, mirror, view, out);
        }
        for want in wants {
            perform::wanted(want, side, mirror, view, out);
        }
    }
}

/// Does what keys mean. Keys that edit text, or mean rows, are left to what has the keyboard.
pub fn shortcuts(ctx: &Context, mirror: &Mirror, view: &mut View, out: &mut Out) {
    let pressed = ctx.input(|input| input.events.iter().any(|event| matches!(event, Event::Key { pressed: true, .. })));
    if !pressed || view.sites.open || view.dialogs.is_open(mirror) || ctx.any_popup_open() {
        return;
    }
    let typing = ctx.text_edit_focused();
    let in_pane = keyboard::is_in_pane(ctx, view) && !typing;
    let side = view.current().side;
    let can = perform::can(mirror, view, side);
    let preset = mirror.settings.keys;
    let item = Item::ALL.into_iter().find(|item| {
        let meant = (in_pane || !item.in_pane_only()) && !(typing && item.edits_text());
        meant && item.enabled(&can) && item.keys(preset).iter().any(|keys| take(ctx, keys))
    });
    if let Some(item) = item {
        perform::perform(ctx, item, side, mirror, view, out);
    }
}

/// Takes the keys out of the frame's events, if they are exactly there.
fn take(ctx: &Context, keys: &eframe::egui::KeyboardShortcut) -> bool {
    ctx.input_mut(|input| {
        let is = |event: &Event| {
            matches!(event, Event::Key { key, pressed: true, modifiers, .. }
                if *key == keys.logical_key && modifiers.matches_exact(keys.modifiers))
        };
        let there = input.events.iter().any(is);
        input.events.retain(|event| !is(event));
        there
    })
}

/// While files of another program are over the window: what a drop would do. Where the pointer is not known, as it is in
/// the drags of some programs, it is said of both panes.
pub fn hovered_files(ctx: &Context, view: &mut View, targets: &Targets) {
    let paths: Vec<_> =
        ctx.input(|input| input.raw.hovered_files.iter().filter_map(|file| file.path.clone()).collect());
    if ctx.input(|input| input.raw.hovered_files.is_empty()) {
        return;
    }
    let tab = view.tab;
    if let Some(target) = ctx.pointer_latest_pos().and_then(|pointer| targets.at(pointer)) {
        if let Some(deed) = drag::deed_from_outside(tab, &paths, &target.into) {
            drag::light(ctx, target.rect, target.corner);
            drag::sign(ctx, target.rect, &deed.words);
        }
        return;
    }
    for side in [Side::Local, Side::Remote] {
        let Some(here) = view.current().pane(side).here() else { continue };
        let Some(response) = ctx.read_response(super::table::focus_id_of(tab, side)) else { continue };
        if let Some(deed) = drag::deed_from_outside(tab, &paths, &Into::Folder(here)) {
            drag::light(ctx, response.rect, 0);
            drag::sign(ctx, response.rect, &deed.words);
        }
    }
}
