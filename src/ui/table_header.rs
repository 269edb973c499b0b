//! The columns of a table: where they stand, their header, and the lines between them.

use eframe::egui::{self, Align, CursorIcon, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2};

use crate::model::file_columns::{Column, FileColumns};

use super::pane::Env;
use super::rows::Sort;
use super::table::TableView;
use super::{icons, menu, paint, theme};

/// Least width of the column with names.
const NAME_MIN: f32 = 140.0;
/// Least width of any other column.
const COLUMN_MIN: f32 = 44.0;
/// From the table's edge to its first cell, and between cells.
const INSET: f32 = 8.0;
/// Greatest width that a person can give a column.
const COLUMN_MAX: f32 = 2000.0;

/// Where the columns in sight stand.
pub struct Columns(pub(super) Vec<(Column, f32, f32)>);

impl Columns {
    /// Gives names what the others leave; columns that do not fit are left out, from the last.
    pub fn fit(wanted: &FileColumns, left: f32, width: f32) -> Self {
        let mut others: Vec<Column> =
            Column::ALL.into_iter().skip(1).filter(|column| !wanted.hidden.contains(column)).collect();
        let wide = |others: &[Column]| others.iter().map(|column| wide(wanted, *column)).sum::<f32>();
        while NAME_MIN + wide(&others) > width && others.pop().is_some() {}
        let name = (width - wide(&others)).max(NAME_MIN.min(width));
        let mut columns = vec![(Column::Name, left, name)];
        let mut x = left + name;
        for column in others {
            let width = self::wide(wanted, column);
            columns.push((column, x, width));
            x += width;
        }
        Self(columns)
    }

    /// The cell of `column` in `row`, where it is in sight.
    pub fn rect(&self, column: Column, row: Rect) -> Option<Rect> {
        let (_, x, width) = self.0.iter().find(|(other, ..)| *other == column)?;
        Some(cell(*x, *width, row))
    }
}

/// How wide a column is, but that of names, which takes what is left.
fn wide(wanted: &FileColumns, column: Column) -> f32 {
    let default = match column {
        Column::Name => 0.0,
        Column::Size | Column::Owner | Column::Group => 72.0,
        Column::Modified => 124.0,
        Column::Permissions => 88.0,
    };
    let changed = wanted.widths.get(&column).filter(|width| width.is_finite());
    changed.map_or(default, |width| width.clamp(COLUMN_MIN, COLUMN_MAX))
}

/// The cell of a column from `x` on.
pub fn cell(x: f32, width: f32, row: Rect) -> Rect {
    Rect::from_x_y_ranges((x + INSET)..=(x + width - INSET).max(x + INSET), row.y_range())
}

/// Numbers stand at the right.
pub fn align(column: Column) -> Align {
    if matches!(column, Column::Size | Column::Modified) { Align::Max } else { Align::Min }
}

/// Draws the header.
pub fn header_ui(ui: &mut Ui, rect: Rect, table: &mut TableView, columns: &Columns, env: &mut Env<'_>) {
    let palette = theme::of(ui);
    let id = ui.unique_id().with(("header", env.side));
    for (column, x, width) in &columns.0 {
        let area = Rect::from_x_y_ranges(*x..=*x + *width, rect.y_range());
        let response = ui.interact(area, id.with(*column as usize), Sense::click());
        let title = column.title();
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, title));
        let color = if response.hovered() { palette.text } else { palette.secondary };
        let sort = table.rows.sort();
        let inner = cell(*x, *width, rect);
        let align = align(*column);
        if sort.column == *column {
            let icon = if sort.descending { icons::CHEVRON_DOWN } else { icons::CHEVRON_UP };
            let wide = paint::line(ui, title, theme::small(), color, inner.width()).size().x;
            let x = if align == Align::Max { inner.right() - wide - 9.0 } else { inner.left() + wide + 9.0 };
            icon.paint_small(ui.painter(), pos2(x, rect.center().y), color);
        }
        paint::text(ui, inner, title, theme::small(), color, align);
        if response.has_focus() {
            paint::ring(ui, area.with_max_y(area.bottom() - 1.0), 0);
        }
        if response.clicked() {
            let descending = sort.column == *column && !sort.descending;
            table.rows.sort_by(Sort { column: *column, descending });
            ui.request_repaint();
        }
        response.context_menu(|ui| columns_menu(ui, env.columns, columns));
    }
    for pair in columns.0.windows(2) {
        divider(ui, rect, env.columns, (pair[0].0, pair[1].0), pair[1].1, id);
    }
    let line = egui::Stroke::new(1.0, palette.line);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, line);
}

/// Between two columns: what one gets, the other gives; names give what nobody else does.
fn divider(ui: &Ui, header: Rect, wanted: &mut FileColumns, (left, right): (Column, Column), x: f32, id: Id) {
    let area = Rect::from_x_y_ranges((x - 3.0)..=(x + 3.0), header.y_range());
    let response = ui.interact(area, id.with(("divider", right as usize)), Sense::CLICK | Sense::DRAG);
    if response.hovered() || response.dragged() {
        ui.set_cursor_icon(CursorIcon::ResizeColumn);
        ui.painter().vline(x, header.y_range().shrink(5.0), egui::Stroke::new(1.0, theme::of(ui).secondary));
    }
    let moved = response.drag_delta().x;
    if moved != 0.0 {
        let room = |column| if column == Column::Name { f32::MAX } else { wide(wanted, column) };
        let moved = moved.clamp(COLUMN_MIN - room(left), room(right) - COLUMN_MIN);
        let (wider, narrower) = (wide(wanted, left) + moved, wide(wanted, right) - moved);
        if left != Column::Name {
            wanted.widths.insert(left, wider);
        }
        wanted.widths.insert(right, narrower);
    }
    if response.double_clicked() {
        for column in [left, right] {
            wanted.widths.remove(&column);
        }
    }
}

fn columns_menu(ui: &mut Ui, wanted: &mut FileColumns, columns: &Columns) {
    for column in Column::ALL.into_iter().skip(1) {
        let shown = !wanted.hidden.contains(&column);
        let icon = shown.then_some(icons::CHECK);
        let fits = columns.0.iter().any(|(other, ..)| *other == column);
        let remark = if shown && !fits { "No room" } else { "" };
        if menu::entry(ui, icon, column.title(), remark, true).clicked() {
            if shown {
                wanted.hidden.insert(column);
            } else {
                wanted.hidden.remove(&column);
            }
            ui.close();
        }
    }
}
