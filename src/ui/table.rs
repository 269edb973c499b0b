//! The table of a pane: a header, and the rows in sight by their index. A hundred thousand rows cost what forty do.

use std::sync::Arc;

use eframe::egui::scroll_area::ScrollSource;
use eframe::egui::text::LayoutJob;
use eframe::egui::{
    self, Color32, CornerRadius, DragAndDrop, Event, EventFilter, Galley, Id, Key, Rect, Response, Role, ScrollArea,
    Sense, TextBuffer, TextEdit, Ui, UiBuilder, WidgetInfo, pos2, vec2,
};

use crate::model::file_columns::Column;
use crate::model::{Entry, TabId, path};

use super::drag::{Dragged, Into};
use super::pane::{Env, Want};
use super::rows::{Pick, Rows};
use super::table_header::{self, Columns, align, cell};
use super::theme::{self, Palette};
use super::view::Side;
use super::{icons, menu, paint, place, table_keys, text};

/// What the window knows of a table.
#[derive(Debug)]
pub struct TableView {
    /// Its rows.
    pub rows: Rows,
    /// The name that is being changed.
    pub rename: Option<Rename>,
    /// Scroll to the cursor when next drawn.
    pub reveal: bool,
    /// Scroll to the top when next drawn.
    pub to_top: bool,
    pub(super) typed: String,
    pub(super) typed_at: f64,
    pub(super) page: usize,
    /// How far the rows are scrolled.
    offset: f32,
    /// The menu of the row with the cursor is asked for by key.
    menu: bool,
    /// The selected row that was pressed: let go where it was, only it stays selected.
    pressed: Option<u32>,
}

/// A name that is being changed in its row.
#[derive(Debug)]
pub struct Rename {
    /// The entry: whatever its place is when the folder is listed again meanwhile.
    pub from: String,
    /// The new name so far; bytes that are not text stand in it as they do in names.
    pub text: String,
    /// Whether the field had the keyboard once.
    pub begun: bool,
}

impl Default for TableView {
    fn default() -> Self {
        Self {
            rows: Rows::default(),
            rename: None,
            reveal: false,
            to_top: false,
            typed: String::new(),
            typed_at: 0.0,
            page: 1,
            offset: 0.0,
            menu: false,
            pressed: None,
        }
    }
}

impl TableView {
    /// Begins to change the name of the row with the cursor.
    pub fn begin_rename(&mut self) {
        let row = (0..self.rows.len()).find(|row| self.rows.is_selected(*row));
        let Some(index) = row.and_then(|row| self.rows.index(row)) else { return };
        let Some(entry) = self.rows.entry(index) else { return };
        self.rename = Some(Rename { from: entry.name.clone(), text: entry.name.clone(), begun: false });
        self.reveal = true;
    }
}

/// The id by which the table of a pane has the keyboard.
pub fn focus_id(env: &Env<'_>) -> Id {
    focus_id_of(env.tab, env.side)
}

/// The same, from outside.
pub fn focus_id_of(tab: TabId, side: Side) -> Id {
    Id::unique(("table", tab, side))
}

/// Draws the table into `rect`.
pub fn table_ui(ui: &mut Ui, rect: Rect, table: &mut TableView, env: &mut Env<'_>) {
    let header = Rect::from_min_size(rect.min, vec2(rect.width(), theme::HEADER));
    let body = Rect::from_min_max(pos2(rect.left(), header.bottom()), rect.max);
    let columns = Columns::fit(env.columns, rect.left(), rect.width() - theme::TIGHT);
    table_header::header_ui(ui, header, table, &columns, env);
    let has = |name: &str| table.rows.content().is_some_and(|all| all.entries().iter().any(|entry| entry.name == name));
    if table.rename.as_ref().is_some_and(|rename| !has(&rename.from)) {
        table.rename = None;
    }
    let id = focus_id(env);
    let focused = ui.memory(|memory| memory.has_focus(id));
    if focused {
        ui.memory_mut(|memory| memory.set_focus_lock_filter(id, FILTER));
        table_keys::keys(ui, table);
        if table.rows.cursor().is_none() {
            table.rows.pick(0, Pick::Cursor);
        }
        table.menu = table.rename.is_none() && menu::is_asked_for(ui);
        if let Some(row) = table.rows.cursor().filter(|_| table.menu) {
            table.reveal = true;
            if !table.rows.is_selected(row) {
                table.rows.pick(row, Pick::Only);
            }
        }
    }
    let name = format!("{} files", env.side.title());
    let builder = UiBuilder::new().max_rect(body).id_salt("rows").accessibility_role(Role::Grid);
    ui.scope_builder(builder.accessibility_label(name.clone()), |ui| {
        ui.set_clip_rect(body.intersect(ui.clip_rect()));
        ground(ui, body, id, &name, table, env);
        rows_ui(ui, body, table, &columns, env, focused);
        if focused && table.rows.cursor().is_none() {
            paint::ring(ui, body, 0);
        }
    });
}

/// In a table, keys mean rows and not other widgets.
const FILTER: EventFilter = EventFilter { tab: true, horizontal_arrows: true, vertical_arrows: true, escape: true };

/// What lies behind and below the rows: it takes the keyboard, and clears the selection.
fn ground(ui: &Ui, body: Rect, id: Id, name: &str, table: &mut TableView, env: &mut Env<'_>) {
    let response = ui.interact(body, id, Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::ListBox, true, name));
    if response.clicked() || response.secondary_clicked() {
        table.rows.select_none();
        response.request_focus();
        env.wants.push(Want::Focus);
    }
    let by_key = table.rows.is_empty() && std::mem::take(&mut table.menu);
    menu::context(&response, by_key, |ui| pane_menu(ui, env));
}

fn rows_ui(ui: &mut Ui, body: Rect, table: &mut TableView, columns: &Columns, env: &mut Env<'_>, focused: bool) {
    let height = env.row;
    let count = table.rows.len();
    table.page = paint::in_sight(0.0, body.height(), height, usize::MAX).len().saturating_sub(2).max(1);
    let mut area = ScrollArea::vertical().id_salt(("rows", env.tab, env.side)).auto_shrink([false, false]);
    area = area.scroll_source(ScrollSource { drag: egui::scroll_area::DragScroll::Never, ..ScrollSource::default() });
    if std::mem::take(&mut table.to_top) {
        area = area.vertical_scroll_offset(0.0);
    }
    // Not by `scroll_to_rect`: keys in frames that follow each other closely would see each other's old offset.
    let cursor = if std::mem::take(&mut table.reveal) { table.rows.cursor() } else { None };
    if let Some(offset) = cursor.and_then(|cursor| revealing(cursor, height, table.offset, body.height())) {
        area = area.vertical_scroll_offset(offset);
    }
    let shown = area.show_viewport(ui, |ui, viewport| {
        ui.set_height(height * count as f32);
        drag_scroll(ui, body);
        for row in paint::in_sight(viewport.min.y, viewport.max.y, height, count) {
            let top = body.top() + paint::offset(row, height, viewport.min.y);
            let rect = Rect::from_x_y_ranges(body.x_range(), top..=top + height);
            row_ui(ui, rect, row, table, columns, env, focused);
        }
    });
    table.offset = shown.state.clamped_offset().y;
}

/// How far to scroll so that all of a row is in sight; `None` where it is.
fn revealing(row: usize, height: f32, offset: f32, room: f32) -> Option<f32> {
    let top = row as f32 * height;
    if top < offset {
        Some(top)
    } else if top + height > offset + room {
        Some(top + height - room)
    } else {
        None
    }
}

/// Near the upper or lower edge, a drag scrolls.
fn drag_scroll(ui: &Ui, body: Rect) {
    const EDGE: f32 = 28.0;
    const STEP: f32 = 10.0;
    if !DragAndDrop::has_payload_of_type::<Dragged>(ui.ctx()) {
        return;
    }
    let Some(pointer) = ui.ctx().pointer_latest_pos().filter(|pointer| body.contains(*pointer)) else { return };
    let by = if pointer.y < body.top() + EDGE {
        STEP
    } else if pointer.y > body.bottom() - EDGE {
        -STEP
    } else {
        return;
    };
    ui.scroll_with_delta(vec2(0.0, by));
    ui.request_repaint_after_secs(0.02);
}

fn row_ui(
    ui: &mut Ui,
    rect: Rect,
    row: usize,
    table: &mut TableView,
    columns: &Columns,
    env: &mut Env<'_>,
    focused: bool,
) {
    let Some(index) = table.rows.index(row) else { return };
    let id = focus_id(env).with(("row", index));
    let response = ui.interact(rect, id, Sense::CLICK | Sense::DRAG);
    clicks(ui, &response, row, table, env);
    drags(&response, row, table, env);
    let palette = theme::of(ui);
    let selected = table.rows.is_selected(row);
    let fill = match (selected, focused) {
        (true, true) => palette.selection,
        (true, false) => palette.selection_idle,
        _ if response.hovered() && !DragAndDrop::has_any_payload(ui.ctx()) => palette.raised,
        _ => Color32::TRANSPARENT,
    };
    ui.painter().rect_filled(rect, CornerRadius::ZERO, fill);
    let cursor = table.rows.cursor() == Some(row);
    if focused && cursor {
        paint::ring(ui, rect, 0);
    }
    let Some(entry) = table.rows.entry(index) else { return };
    let name = text::visible(&entry.name);
    response.widget_info(|| WidgetInfo::selected(Role::ListBoxOption, true, selected, &name));
    ui.accesskit_node_builder(response.id, |node| {
        node.set_selected(selected);
        node.set_row_index(row);
    });
    if entry.is_directory()
        && let Some(content) = table.rows.content()
    {
        let visible = rect.intersect(ui.clip_rect());
        env.targets.add(visible, 0, Into::Folder(place::child(&content.place(), &entry.name)));
    }
    let cut = cells(ui, rect, entry, columns, env, palette, selected);
    tooltip(&response, entry, columns, rect, env, cut);
    let by_key = cursor && std::mem::take(&mut table.menu);
    menu::context(&response, by_key, |ui| row_menu(ui, env));
    if table.rename.as_ref().is_some_and(|rename| rename.from == entry.name) {
        rename_ui(ui, rect, table, columns, env);
    }
}

/// Draws what a row says. True when the name was cut.
fn cells(
    ui: &Ui,
    rect: Rect,
    entry: &Entry,
    columns: &Columns,
    env: &Env<'_>,
    palette: &Palette,
    selected: bool,
) -> bool {
    let secondary = if selected { palette.text } else { palette.secondary };
    let mut cut = false;
    for (column, x, width) in &columns.0 {
        let mut area = cell(*x, *width, rect);
        let align = align(*column);
        match column {
            Column::Name => {
                let folder = entry.is_directory();
                let center = pos2(area.left() + theme::ICON / 2.0, area.center().y);
                icons::of(entry).paint(ui.painter(), center, if folder { palette.text } else { secondary });
                area.min.x += theme::ICON + theme::GAP;
                let color = if entry.name.starts_with('.') { secondary } else { palette.text };
                let name = text::visible(&entry.name);
                cut = paint::text(ui, area, &name, theme::body(), color, align);
            }
            Column::Size => {
                let size = shown_size(entry).map(text::size).unwrap_or_default();
                paint::text(ui, area, &size, theme::body(), secondary, align);
            }
            Column::Modified => {
                let time = entry.modified.map(|modified| env.clock.relative(&modified)).unwrap_or_default();
                paint::text(ui, area, &time, theme::body(), secondary, align);
            }
            Column::Permissions => {
                let text = entry.permissions.as_deref().unwrap_or_default();
                paint::text(ui, area, &text::permissions(text), theme::mono(), secondary, align);
            }
            Column::Owner | Column::Group => {
                let text = if *column == Column::Owner { &entry.owner } else { &entry.group };
                let text = text::visible(text.as_deref().unwrap_or_default());
                paint::text(ui, area, &text, theme::body(), secondary, align);
            }
        }
    }
    cut
}

/// What a server says of a folder's size is not that of what is in it.
fn shown_size(entry: &Entry) -> Option<u64> {
    entry.size.filter(|_| !entry.is_directory())
}

/// Says in full what the cell under the pointer says in short.
fn tooltip(response: &Response, entry: &Entry, columns: &Columns, row: Rect, env: &Env<'_>, cut: bool) {
    let Some(pointer) = response.hover_pos().filter(|_| !DragAndDrop::has_any_payload(&response.ctx)) else { return };
    let over = |column| columns.rect(column, row).is_some_and(|rect| rect.contains(pointer));
    let words = if over(Column::Name) {
        let target = entry.target.as_ref().map(|target| format!(" → {}", text::visible(target)));
        (cut || target.is_some()).then(|| format!("{}{}", text::visible(&entry.name), target.unwrap_or_default()))
    } else if over(Column::Size) {
        shown_size(entry)
            .map(|size| if entry.rounded { format!("about {}", text::size(size)) } else { text::exact_size(size) })
    } else if over(Column::Modified) {
        entry.modified.map(|modified| env.clock.exact(&modified))
    } else {
        None
    };
    if let Some(words) = words {
        response.clone().on_hover_text_at_pointer(words);
    }
}

fn clicks(ui: &Ui, response: &Response, row: usize, table: &mut TableView, env: &mut Env<'_>) {
    // Press and release may come in one frame, and then it is no longer down.
    let touched = response.is_pointer_button_down_on() || response.clicked() || response.secondary_clicked();
    if response.contains_pointer() && touched {
        pressed(ui, row, table, env);
    }
    let index = table.rows.index(row);
    if response.clicked() && table.pressed.take_if(|pressed| Some(*pressed) == index).is_some() {
        table.rows.pick(row, Pick::Only);
    }
    if response.double_clicked() {
        env.items.push((env.side, menu::Item::Open));
    }
}

fn pressed(ui: &Ui, row: usize, table: &mut TableView, env: &mut Env<'_>) {
    // The modifiers of the press itself: those of the frame may be of what came after.
    let press = ui.input(|input| {
        input.events.iter().find_map(|event| match event {
            Event::PointerButton { button, pressed: true, modifiers, .. } => Some((*button, *modifiers)),
            _ => None,
        })
    });
    let Some((button, modifiers)) = press else { return };
    ui.memory_mut(|memory| memory.request_focus(focus_id(env)));
    env.wants.push(Want::Focus);
    let (selected, index) = (table.rows.is_selected(row), table.rows.index(row));
    table.pressed = None;
    match button {
        egui::PointerButton::Primary if modifiers.shift => table.rows.pick(row, Pick::Range),
        egui::PointerButton::Primary if modifiers.command => table.rows.pick(row, Pick::Toggle),
        // It may be the beginning of a drag of all that is selected.
        egui::PointerButton::Primary if selected => {
            table.pressed = index;
            table.rows.pick(row, Pick::Cursor);
        }
        egui::PointerButton::Primary | egui::PointerButton::Secondary if !selected => {
            table.rows.pick(row, Pick::Only);
        }
        _ => {}
    }
}

fn drags(response: &Response, row: usize, table: &mut TableView, env: &Env<'_>) {
    if !response.drag_started_by(egui::PointerButton::Primary) {
        return;
    }
    if !table.rows.is_selected(row) {
        table.rows.pick(row, Pick::Only);
    }
    if let Some(content) = table.rows.content() {
        let entries = table.rows.selected_entries().cloned().collect();
        response.dnd_set_drag_payload(Dragged { tab: env.tab, from: content.place(), entries });
    }
}

fn rename_ui(ui: &mut Ui, row: Rect, table: &mut TableView, columns: &Columns, env: &mut Env<'_>) {
    let (Some(rename), Some(mut area)) = (&mut table.rename, columns.rect(Column::Name, row)) else { return };
    area.min.x += theme::ICON + theme::TIGHT;
    let mut layouter = lay_out_name;
    let edit = TextEdit::singleline(&mut rename.text).margin(egui::Margin::symmetric(4, 2)).layouter(&mut layouter);
    let edit = edit.desired_width(area.width()).align(egui::Align2::LEFT_CENTER);
    let response = ui.put(area, edit).accessible_name("New name");
    paint::ring(ui, response.rect, theme::CORNER);
    if !rename.begun {
        rename.begun = true;
        response.request_focus();
        select_stem(ui, &response, &rename.text);
        return;
    }
    if response.lost_focus() {
        let entered = ui.input(|input| input.key_pressed(Key::Enter));
        let rename = table.rename.take();
        if let (true, Some(Rename { from, text, .. })) = (entered, rename)
            && !text.is_empty()
            && text != from
        {
            env.wants.push(Want::Rename { from, to: text });
        }
        ui.memory_mut(|memory| memory.request_focus(focus_id(env)));
    }
}

/// A name as it is edited: a byte that is not text is drawn as one character, and stays what it is.
fn lay_out_name(ui: &Ui, name: &dyn TextBuffer, _width: f32) -> Arc<Galley> {
    let color = theme::of(ui).text;
    let mut job = LayoutJob::simple_singleline(path::shown(name.as_str()), theme::body(), color);
    job.keep_trailing_whitespace = true;
    ui.fonts_mut(|fonts| fonts.layout_job(job))
}

/// Selects a name up to its suffix, which mostly stays.
fn select_stem(ui: &Ui, response: &Response, name: &str) {
    let stem = name.rfind('.').filter(|dot| *dot > 0).unwrap_or(name.len());
    let stem = name[..stem].chars().count();
    let mut state = egui::text_edit::TextEditState::load(ui.ctx(), response.id).unwrap_or_default();
    let range = egui::text::CCursorRange::two(egui::text::CCursor::new(0), egui::text::CCursor::new(stem));
    state.cursor.set_char_range(Some(range));
    state.store(ui.ctx(), response.id);
}

fn row_menu(ui: &mut Ui, env: &mut Env<'_>) {
    use menu::Item;
    let transfer = [Item::Transfer, Item::Open, Item::OpenWithProgram];
    let groups: [&[Item]; 4] = [
        &transfer,
        &[Item::NewFolder, Item::Refresh],
        &[Item::Rename, Item::Permissions, Item::Delete],
        &[Item::CopyNames, Item::CopyAddresses, Item::SelectAll],
    ];
    items(ui, env, &groups);
}

fn pane_menu(ui: &mut Ui, env: &mut Env<'_>) {
    use menu::Item;
    let groups: [&[Item]; 3] =
        [&[Item::NewFolder, Item::Refresh], &[Item::Parent, Item::Home], &[Item::SelectAll, Item::HiddenFiles]];
    items(ui, env, &groups);
}

fn items(ui: &mut Ui, env: &mut Env<'_>, groups: &[&[menu::Item]]) {
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            ui.separator();
        }
        for item in *group {
            let local_only = *item == menu::Item::OpenWithProgram;
            if local_only && !env.can.local {
                continue;
            }
            if menu::row_marked(ui, *item, env.preset, item.enabled(&env.can), env.on(*item)) {
                env.items.push((env.side, *item));
            }
        }
    }
}
