//! A pane's path: its buttons, the folders down to the shown one, and the fields for a path and a filter.

use eframe::egui::{
    self, Align, Button, Id, Key, Layout, Margin, Rect, RichText, Sense, TextEdit, Ui, UiBuilder, pos2, vec2,
};

use crate::model::Place;

use super::drag::Into;
use super::menu::Item;
use super::pane::{Env, PaneView, Want};
use super::view::Side;
use super::{icons, paint, place, table, theme};

/// Draws the bar.
pub fn path_bar(ui: &mut Ui, bar: Rect, pane: &mut PaneView, env: &mut Env<'_>) {
    let inner = bar.shrink2(vec2(theme::TIGHT, 3.0));
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout).id_salt("path bar"), |ui| {
        ui.spacing_mut().item_spacing.x = 0.0;
        for item in [Item::Back, Item::Forward, Item::Parent] {
            button(ui, item, env);
        }
        ui.add_space(theme::TIGHT);
        let right = 4.0 * theme::ICON_BUTTON;
        let room = Rect::from_min_max(ui.cursor().min, pos2(inner.right() - right - theme::TIGHT, inner.bottom()));
        ui.scope_builder(UiBuilder::new().max_rect(room).layout(layout).id_salt("path"), |ui| {
            if pane.typing.is_some() { path_field(ui, room, pane, env) } else { crumbs(ui, room, pane, env) }
        });
        let rest = Rect::from_min_max(pos2(inner.right() - right, inner.top()), inner.max);
        ui.scope_builder(UiBuilder::new().max_rect(rest).layout(layout).id_salt("path buttons"), |ui| {
            ui.spacing_mut().item_spacing.x = 0.0;
            for item in [Item::Home, Item::Refresh, Item::Find] {
                button(ui, item, env);
            }
            more(ui, env);
        });
    });
}

fn button(ui: &mut Ui, item: Item, env: &mut Env<'_>) {
    let Some(icon) = item.icon() else { return };
    let name = format!("{} ({})", item.text().trim_end_matches('…'), env.side.title().to_lowercase());
    if icons::button_if(ui, icon, &name, item.enabled(&env.can)).clicked() {
        env.items.push((env.side, item));
    }
}

fn more(ui: &mut Ui, env: &mut Env<'_>) {
    let name = format!("More ({})", env.side.title().to_lowercase());
    let response = icons::button(ui, icons::MORE, &name);
    egui::Popup::menu(&response).show(|ui| {
        let items = [
            Item::GoTo,
            Item::NewFolder,
            Item::SelectAll,
            Item::InvertSelection,
            Item::HiddenFiles,
            Item::Trees,
            Item::AddBookmark,
        ];
        // This machine's folders ask no server.
        let logged = (env.side == Side::Remote).then_some(Item::ShowInLog);
        for item in items.into_iter().chain(logged) {
            if super::menu::row_marked(ui, item, env.preset, item.enabled(&env.can), env.on(item)) {
                env.items.push((env.side, item));
            }
        }
    });
}

/// The id of a path's field, for those who give it the keyboard.
pub fn path_id(env: &Env<'_>) -> Id {
    Id::unique(("path", env.tab, env.side))
}

fn path_field(ui: &mut Ui, room: Rect, pane: &mut PaneView, env: &mut Env<'_>) {
    let Some(typing) = &mut pane.typing else { return };
    let margin = Margin::symmetric(8, 4);
    let edit = TextEdit::singleline(&mut typing.text).id(path_id(env)).margin(margin);
    let response = paint::field(ui, room.size(), edit).accessible_name(format!("{} path", env.side.title()));
    if !std::mem::replace(&mut typing.begun, true) {
        response.request_focus();
        select_all(ui, response.id, &typing.text);
    } else if response.lost_focus() {
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        let typed = pane.typing.take().map(|typing| typing.text).unwrap_or_default();
        if entered && !typed.trim().is_empty() {
            let here = pane.here().unwrap_or_else(|| match env.side {
                Side::Local => Place::Local("/".into()),
                Side::Remote => place::remote_root(),
            });
            env.wants.push(Want::Go(place::resolve(&here, pane.paths, &typed)));
        }
        ui.memory_mut(|memory| memory.request_focus(table::focus_id(env)));
        env.wants.push(Want::Focus);
    }
}

fn select_all(ui: &Ui, id: Id, text: &str) {
    use egui::text::{CCursor, CCursorRange};
    let mut state = egui::text_edit::TextEditState::load(ui.ctx(), id).unwrap_or_default();
    let range = CCursorRange::two(CCursor::new(0), CCursor::new(text.chars().count()));
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), id);
}

/// The folders down to the shown one. Where they do not all fit, the upper ones give way.
fn crumbs(ui: &mut Ui, room: Rect, pane: &mut PaneView, env: &mut Env<'_>) {
    let Some(here) = pane.here() else { return };
    let chain = place::chain(&here);
    let labels: Vec<String> = chain.iter().map(place::label).collect();
    let width = |label: &str| paint::line(ui, label, theme::body(), egui::Color32::WHITE, room.width()).size().x + 22.0;
    let mut left: f32 = room.width() - theme::GROUP;
    let fitting = labels.iter().rev().take_while(|label| {
        left -= width(label);
        left >= 0.0
    });
    let first = labels.len() - fitting.count().max(1);
    // Whatever of the path holds no crumb turns it into a field.
    let ground = ui.interact(room, ui.unique_id().with(("crumbs", env.side)), Sense::CLICK);
    if ground.on_hover_cursor(egui::CursorIcon::Text).clicked() {
        pane.type_path();
    }
    if first > 0 {
        ui.label(RichText::new("…").color(theme::of(ui).secondary));
    }
    for (index, (target, label)) in chain.iter().zip(&labels).enumerate().skip(first) {
        if index > first {
            let (mark, _) = ui.allocate_exact_size(vec2(10.0, room.height()), Sense::hover());
            icons::CHEVRON_RIGHT.paint_small(ui.painter(), mark.center(), theme::of(ui).secondary);
        }
        crumb(ui, target, label, index + 1 == chain.len(), pane, env);
    }
}

fn crumb(ui: &mut Ui, target: &Place, label: &str, last: bool, pane: &mut PaneView, env: &mut Env<'_>) {
    let palette = theme::of(ui);
    ui.spacing_mut().button_padding.x = 6.0;
    let color = if last { palette.text } else { palette.secondary };
    let text = RichText::new(label).font(if last { theme::medium() } else { theme::body() }).color(color);
    let button = Button::new(text).frame_when_inactive(false).truncate();
    let name = format!("Go to {}", place::drawn(target));
    let response = ui.add(button).accessible_name(name);
    env.targets.add(response.rect, theme::CORNER, Into::Folder(target.clone()));
    if response.clicked() {
        if last { pane.type_path() } else { env.wants.push(Want::Go(target.clone())) }
    }
}

/// Draws the strip with the filter.
pub fn filter_bar(ui: &mut Ui, strip: Rect, pane: &mut PaneView, env: &mut Env<'_>) {
    let palette = theme::of(ui);
    ui.painter().rect_filled(strip, 0, palette.raised);
    let inner = strip.shrink2(vec2(theme::GAP, 3.0));
    let mut close = false;
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout).id_salt("filter"), |ui| {
        ui.label(icons::SEARCH.text().color(palette.secondary));
        let Some(filter) = &mut pane.filter else { return };
        let edit = TextEdit::singleline(&mut filter.text).hint_text("Part of a name").margin(Margin::symmetric(8, 3));
        let width = ui.available_width() - theme::ICON_BUTTON - theme::GAP;
        let response = paint::field(ui, vec2(width, inner.height()), edit);
        let response = response.accessible_name(format!("Filter ({})", env.side.title().to_lowercase()));
        if !std::mem::replace(&mut filter.begun, true) {
            response.request_focus();
        } else if response.lost_focus() {
            close = ui.input(|input| input.key_pressed(Key::Escape));
            if ui.input(|input| input.key_pressed(Key::Enter) || input.key_pressed(Key::Escape)) {
                ui.memory_mut(|memory| memory.request_focus(table::focus_id(env)));
            }
        }
        if response.changed() {
            ui.request_repaint();
        }
        close |= icons::button(ui, icons::CLOSE, "Close the filter").clicked();
    });
    if close {
        pane.filter = None;
        ui.request_repaint();
    }
}
