//! The rows of menus, and how menus of rows are opened.

use eframe::egui::containers::menu::SubMenuButton;
use eframe::egui::{
    self, Button, Context, Id, Key, KeyboardShortcut, Modifiers, Popup, Response, Role, SetOpenCommand, Ui, WidgetInfo,
};

use crate::model::TransferType;
use crate::model::settings::Keys;

use super::icons::{self, Icon};
use super::menu::Item;
use super::theme;

/// Width of a menu.
const WIDTH: f32 = 240.0;

/// Whether the menu of what has the keyboard is asked for by key.
pub fn is_asked_for(ui: &Ui) -> bool {
    ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, Key::F10) || input.consume_key(Modifiers::NONE, Key::Menu))
}

/// The menu of a row: the right button opens it where the pointer is, and a key, where it was asked for `by_key`, at the row.
pub fn context(response: &Response, by_key: bool, rows: impl FnOnce(&mut Ui)) {
    let popup = Popup::context_menu(response);
    let id = popup.get_id();
    let popup = if by_key {
        opened_by_key(&response.ctx, id);
        popup.open_memory(Some(SetOpenCommand::Bool(true))).anchor(response)
    } else if popup.is_open() && Popup::position_of_id(&response.ctx, id).is_none() {
        popup.anchor(response)
    } else {
        popup
    };
    popup.show(rows);
}

/// The menu whose first row is to get the keyboard.
fn by_key() -> Id {
    Id::unique("menu that was opened by key")
}

/// Notes that the menu called `popup` is opened by key: its first row gets the keyboard.
pub fn opened_by_key(ctx: &Context, popup: Id) {
    ctx.data_mut(|data| data.insert_temp(by_key(), popup));
}

/// Whether the next row gets it.
fn takes_keyboard(ui: &Ui) -> bool {
    let of_this = !ui.is_sizing_pass() && ui.data(|data| data.get_temp(by_key())) == Some(ui.layer_id().id);
    if of_this {
        ui.data_mut(|data| data.remove::<Id>(by_key()));
    }
    of_this
}

/// A row of a menu. True when it was chosen; the menu closes.
pub fn row(ui: &mut Ui, item: Item, preset: Keys, enabled: bool) -> bool {
    row_marked(ui, item, preset, enabled, None)
}

/// As [`row`], for what is on or off.
pub fn row_marked(ui: &mut Ui, item: Item, preset: Keys, enabled: bool, on: Option<bool>) -> bool {
    let icon = match on {
        Some(true) => Some(icons::CHECK),
        Some(false) => None,
        None => item.icon(),
    };
    let keys = item.keys(preset).first().map(|keys| written(ui, keys)).unwrap_or_default();
    let row = entry(ui, icon, item.text(), &keys, enabled);
    if let Some(on) = on {
        row.widget_info(|| WidgetInfo::selected(Role::CheckBox, enabled, on, item.text()));
    }
    let chosen = row.clicked();
    if chosen {
        ui.close();
    }
    chosen
}

/// Keys as they stand on a keyboard; egui has names for some.
fn written(ctx: &Context, keys: &KeyboardShortcut) -> String {
    ctx.format_shortcut(keys).replace("Comma", ",")
}

/// A row of a menu with any text.
pub fn entry(ui: &mut Ui, icon: Option<Icon>, text: &str, keys: &str, enabled: bool) -> Response {
    let button = button(ui, icon, text, enabled).shortcut_text(egui::RichText::new(keys).font(theme::small()));
    let response = ui.add_enabled(enabled, button).accessible_name(text);
    if enabled && takes_keyboard(ui) {
        response.request_focus();
    }
    response
}

/// A row of a menu that opens one beside it.
pub fn submenu(ui: &mut Ui, icon: Icon, text: &str, rows: impl FnOnce(&mut Ui)) {
    let arrow = icons::CHEVRON_RIGHT.small().color(theme::of(ui).secondary);
    let button = button(ui, Some(icon), text, true).right_text(arrow);
    SubMenuButton::from_button(button).ui(ui, rows).0.accessible_name(text);
}

/// A row of such a menu, which chooses one of several.
pub fn choice(ui: &mut Ui, text: &str, chosen: bool, enabled: bool) -> Response {
    let response = entry(ui, chosen.then_some(icons::CHECK), text, "", enabled);
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, enabled, chosen, text));
    if response.clicked() {
        ui.close();
    }
    response
}

/// The menu of transfer types, beside the one that it is a row of. Gives back what was chosen instead of `now`. Where nothing
/// may be chosen, `why` says why.
pub fn transfer_types(ui: &mut Ui, now: Option<TransferType>, enabled: bool, why: &str) -> Option<TransferType> {
    let mut chosen = None;
    submenu(ui, icons::FILE_TEXT, "Transfer type", |ui| {
        for each in TransferType::ALL {
            if choice(ui, each.name(), now == Some(each), enabled).on_disabled_hover_text(why).clicked() {
                chosen = Some(each);
            }
        }
    });
    chosen
}

fn button<'a>(ui: &mut Ui, icon: Option<Icon>, text: &'a str, enabled: bool) -> Button<'a> {
    let palette = theme::of(ui);
    let glyph = icon.map_or_else(
        || egui::RichText::new(" ").font(icons::font()),
        |icon| icon.text().color(if enabled { palette.secondary } else { palette.secondary.gamma_multiply(0.5) }),
    );
    // Where a row has no icon, its text still stands under the others'.
    let glyph = egui::Atom::from(glyph);
    let glyph = egui::AtomExt::atom_size(glyph, egui::Vec2::splat(theme::ICON));
    // A menu is as wide as its widest row, and not as wide as the window lets it be.
    let width = ui.min_rect().width().max(WIDTH);
    ui.set_max_width(width);
    let size = egui::Vec2::new(width, theme::CONTROL);
    Button::new((glyph, text)).gap(theme::GAP).frame_when_inactive(false).min_size(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_written_as_on_a_keyboard() {
        let written = |item: Item| written(&egui::Context::default(), &item.keys(Keys::FileZilla)[0]);
        assert!(written(Item::Settings).ends_with(','), "{}", written(Item::Settings));
        assert!(written(Item::Delete).ends_with("Delete"));
    }
}
