//! The menu bar.

use eframe::egui::{
    FocusDirection, Key, Layout, MenuBar, Modifiers, Popup, Rect, Response, Stroke, Ui, UiBuilder, vec2,
};

use crate::model::settings::Theme;
use crate::model::{AfterLast, TransferType};

use super::bookmarks;
use super::menu::{self, Can, Item};
use super::mirror::Mirror;
use super::quickconnect;
use super::view::View;
use super::{icons, paint, theme};

/// Height of the menu bar.
pub const HEIGHT: f32 = 30.0;

/// What was chosen in the bar.
#[derive(Clone, Debug)]
pub enum Choice {
    /// A command.
    Item(Item),
    /// A site or a command of the sites' menu.
    Quick(quickconnect::Wish),
    /// How files go from now on.
    TransferType(TransferType),
    /// What happens after the last transfer.
    AfterLast(AfterLast),
    /// The bookmark at a place in the list.
    Bookmark(usize),
}

/// Draws the menu bar into `rect`.
/// With `focus` its first menu gets the keyboard.
pub fn bar_ui(
    ui: &mut Ui,
    rect: Rect,
    mirror: &Mirror,
    view: &View,
    can: &Can,
    focus: bool,
    choices: &mut Vec<Choice>,
) {
    let line = Stroke::new(1.0, theme::of(ui).line);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, line);
    let inner = rect.shrink2(vec2(theme::TIGHT, 2.0));
    let layout = Layout::left_to_right(eframe::egui::Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout).id_salt("menu bar"), |ui| {
        MenuBar::new().ui(ui, |ui| {
            ui.spacing_mut().button_padding = vec2(8.0, 3.0);
            ui.spacing_mut().item_spacing.x = 0.0;
            let mut group = Group { mirror, can, choices };
            let first = menu(ui, "File", |ui| group.rows(ui, FILE));
            if focus {
                first.request_focus();
            }
            menu(ui, "Edit", |ui| group.rows(ui, EDIT));
            menu(ui, "View", |ui| group.view(ui, view));
            menu(ui, "Transfer", |ui| group.transfer(ui));
            menu(ui, "Server", |ui| group.rows(ui, SERVER));
            menu(ui, "Bookmarks", |ui| group.bookmarks(ui, view));
            menu(ui, "Help", |ui| group.rows(ui, &[&[Item::About]]));
        });
    });
}

/// A menu of the bar. While its name has the keyboard, the Down key opens it as well.
fn menu(ui: &mut Ui, name: &str, rows: impl FnOnce(&mut Ui)) -> Response {
    let response = ui.menu_button(name, rows).response;
    if response.has_focus() {
        paint::ring(ui, response.rect, theme::CORNER);
        if ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown)) {
            let popup = Popup::default_response_id(&response);
            menu::opened_by_key(ui, popup);
            Popup::open_id(ui, popup);
            ui.memory_mut(|memory| memory.move_focus(FocusDirection::None));
        }
    }
    response
}

type Groups<'a> = &'a [&'a [Item]];

const FILE: Groups<'_> = &[
    &[Item::Sites, Item::NewTab, Item::CloseTab, Item::NextTab, Item::PreviousTab],
    &[Item::NewFolder, Item::UploadFiles],
    &[Item::Import, Item::ExportQueue],
    &[Item::OpenLog, Item::CompareLogs, Item::ExportLog],
    &[Item::Quit],
];
const EDIT: Groups<'_> = &[
    &[Item::SelectAll, Item::InvertSelection, Item::Find],
    &[Item::Rename, Item::Permissions, Item::Delete],
    &[Item::CopyNames, Item::CopyAddresses],
    &[Item::Settings],
];
const TRANSFER: Groups<'_> = &[
    &[Item::Transfer, Item::UploadFiles],
    &[Item::ReleaseQueue, Item::HoldQueue],
    &[Item::RetryFailed, Item::ClearFailed, Item::ClearDone],
];
const SERVER: Groups<'_> = &[&[Item::Reconnect, Item::Disconnect], &[Item::RawCommand]];
const GO: Groups<'_> = &[
    &[Item::Refresh, Item::Parent, Item::Back, Item::Forward, Item::Home, Item::GoTo],
    &[Item::OtherPane, Item::NextArea],
];

struct Group<'a> {
    mirror: &'a Mirror,
    can: &'a Can,
    choices: &'a mut Vec<Choice>,
}

impl Group<'_> {
    fn rows(&mut self, ui: &mut Ui, groups: Groups<'_>) {
        for (index, group) in groups.iter().enumerate() {
            if index > 0 {
                ui.separator();
            }
            for item in *group {
                if menu::row(ui, *item, self.mirror.settings.keys, item.enabled(self.can)) {
                    self.choices.push(Choice::Item(*item));
                }
            }
        }
    }

    fn marked(&mut self, ui: &mut Ui, item: Item, on: bool) {
        if menu::row_marked(ui, item, self.mirror.settings.keys, true, Some(on)) {
            self.choices.push(Choice::Item(item));
        }
    }

    fn view(&mut self, ui: &mut Ui, view: &View) {
        let settings = &self.mirror.settings;
        let (theme, hidden, compact) = (settings.theme, settings.show_hidden, settings.compact);
        self.rows(ui, GO);
        ui.separator();
        self.marked(ui, Item::HiddenFiles, hidden);
        self.marked(ui, Item::Trees, view.layout.trees);
        self.marked(ui, Item::Queue, view.layout.transfers);
        self.marked(ui, Item::Log, view.layout.log);
        self.marked(ui, Item::Compact, compact);
        ui.separator();
        self.rows(ui, &[&[Item::Filters]]);
        self.marked(ui, Item::FiltersCount, settings.filters.enabled);
        ui.separator();
        self.marked(ui, Item::ThemeSystem, theme == Theme::System);
        self.marked(ui, Item::ThemeLight, theme == Theme::Light);
        self.marked(ui, Item::ThemeDark, theme == Theme::Dark);
    }

    fn transfer(&mut self, ui: &mut Ui) {
        self.rows(ui, TRANSFER);
        ui.separator();
        let chosen = menu::transfer_types(ui, Some(self.mirror.settings.transfer_type), true, "");
        self.choices.extend(chosen.map(Choice::TransferType));
        menu::submenu(ui, icons::CLOCK, "After the last", |ui| {
            for choice in AfterLast::ALL {
                let possible = choice != AfterLast::Command || !self.mirror.settings.after_command.is_empty();
                let row = menu::choice(ui, choice.name(), self.mirror.after_last == choice, possible);
                if row.on_disabled_hover_text("Settings, Transfers says which").clicked() {
                    self.choices.push(Choice::AfterLast(choice));
                }
            }
        });
    }

    fn bookmarks(&mut self, ui: &mut Ui, view: &View) {
        self.rows(ui, &[&[Item::AddBookmark]]);
        let Some(tab) = view.tabs.iter().find(|tab| tab.id == view.tab) else { return };
        let bookmarks = bookmarks::of(self.mirror, tab);
        if !bookmarks.is_empty() {
            ui.separator();
        }
        for (index, bookmark) in bookmarks.iter().enumerate() {
            if menu::entry(ui, Some(icons::BOOKMARK), &bookmark.name, "", true).clicked() {
                self.choices.push(Choice::Bookmark(index));
                ui.close();
            }
        }
        ui.separator();
        let mut wishes = Vec::new();
        quickconnect::sites_menu(ui, self.mirror, &mut wishes);
        self.choices.extend(wishes.into_iter().map(Choice::Quick));
    }
}
