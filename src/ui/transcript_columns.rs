//! The columns of the log's exchanges: where they stand, their header, the lines between them, and how times are written.

use std::collections::{BTreeMap, BTreeSet};

use eframe::egui::{self, Align, CursorIcon, Id, Rect, Role, Sense, Ui, WidgetInfo, pos2};
use jiff::Timestamp;

use crate::model::log_layout::{Column, LogLayout, Sort, Times};

use super::text::{self, Clock};
use super::transcript_panel::TranscriptView;
use super::{icons, menu, paint, theme};

/// From a cell's edge to what is in it.
pub(super) const INSET: f32 = 6.0;
/// The least and the greatest width that a person can give a column.
const NARROWEST: f32 = 30.0;
const WIDEST: f32 = 4000.0;
/// What commands, replies and bars get of the room that the other columns leave.
const SHARES: [(Column, f32, f32); 3] =
    [(Column::Command, 0.36, 144.0), (Column::Reply, 0.36, 100.0), (Column::Waterfall, 0.28, 90.0)];
/// Which columns go first where there is little room, and what those that share must have beside their least while they stay:
/// a number more is worth less than a name that can be read.
const LEAVE: [(Column, f32); 8] = [
    (Column::Rate, 96.0),
    (Column::Bytes, 96.0),
    (Column::Wait, 96.0),
    (Column::Reply, 0.0),
    (Column::Started, 0.0),
    (Column::Waterfall, 0.0),
    (Column::Duration, 0.0),
    (Column::Connection, 0.0),
];

/// Which columns a person wants to see and how wide, in what order the rows stand, and how times are written.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    hidden: BTreeSet<Column>,
    /// Those that were changed: the width of a column, the weight of one that shares what is left.
    widths: BTreeMap<Column, f32>,
    pub(super) times: Times,
    /// An order that was asked for while drawing.
    sort: Option<Sort>,
}

impl Columns {
    /// The order that a person asked for.
    pub fn take_sort(&mut self) -> Option<Sort> {
        self.sort.take()
    }

    /// Shows them as they were left.
    pub(super) fn restore(&mut self, layout: &LogLayout) {
        let LogLayout { hidden, widths, order, times } = layout.clone();
        let held = |(column, width): &(Column, f32)| width.is_finite() && (is_flexible(*column) || *width >= NARROWEST);
        let widths =
            widths.into_iter().filter(held).map(|(column, width)| (column, width.clamp(0.0, WIDEST))).collect();
        *self = Self { hidden, widths, times, sort: Some(order) };
    }

    /// For the next run, where `order` is the order now.
    pub(super) fn layout(&self, order: Sort) -> LogLayout {
        let order = self.sort.unwrap_or(order);
        LogLayout { hidden: self.hidden.clone(), widths: self.widths.clone(), order, times: self.times }
    }

    /// Where the columns stand in `width`: those that have no room are left out.
    pub(super) fn fit(&self, left: f32, width: f32) -> Vec<(Column, f32, f32)> {
        let mut columns: Vec<Column> = Column::ALL.into_iter().filter(|column| !self.hidden.contains(column)).collect();
        let all = |columns: &[Column]| columns.iter().map(|column| self.base(*column)).sum::<f32>();
        for (leaves, needed) in LEAVE {
            if all(&columns) + needed > width {
                columns.retain(|column| *column != leaves);
            }
        }
        let spare = (width - all(&columns)).max(0.0);
        let weights: f32 = columns.iter().map(|column| self.weight(*column)).sum();
        let mut x = left;
        let place = |column: Column| {
            let more = spare * self.weight(column) / weights.max(f32::MIN_POSITIVE);
            let placed = (column, x, self.base(column) + more);
            x += placed.2;
            placed
        };
        columns.into_iter().map(place).collect()
    }

    /// What a column has before what is left is shared.
    fn base(&self, column: Column) -> f32 {
        let changed = self.widths.get(&column).filter(|_| !is_flexible(column));
        changed.copied().unwrap_or_else(|| least(column))
    }

    /// A column's part of what is left.
    fn weight(&self, column: Column) -> f32 {
        let share = SHARES.into_iter().find(|(flexible, ..)| *flexible == column);
        share.map_or(0.0, |(_, share, _)| self.widths.get(&column).copied().unwrap_or(share))
    }

    /// Moves the line between two of the columns that stand as `placed`: what one gets, the other gives, or where that one is as
    /// narrow as can be, the next behind it.
    fn drag(&mut self, placed: &[(Column, f32, f32)], left: usize, moved: f32) {
        // A chip cannot be cut off as a number can.
        let is_firm = |column| is_flexible(column) || column == Column::Code;
        let least_of = |column| if is_firm(column) { least(column) } else { NARROWEST };
        let room = |at: usize| placed[at].2 - least_of(placed[at].0);
        let gives = (left + 1..placed.len()).find(|at| moved > 0.0 && room(*at) > 0.5);
        let other = gives.unwrap_or(left + 1);
        let (from, to) = (-room(left).max(0.0), room(other).max(0.0));
        let moved = moved.clamp(from, to);
        let spare: f32 = placed
            .iter()
            .filter(|(column, ..)| is_flexible(*column))
            .map(|(column, _, width)| width - least(*column))
            .sum();
        let weights: f32 = placed.iter().map(|(column, ..)| self.weight(*column)).sum();
        for (at, (column, _, width)) in placed.iter().enumerate() {
            let more = if at == left {
                moved
            } else if at == other {
                -moved
            } else {
                0.0
            };
            if is_flexible(*column) {
                // The others keep their widths, so that the line stays under the pointer.
                let weight = (width + more - least(*column)) * weights / spare.max(1.0);
                self.widths.insert(*column, weight.max(0.0));
            } else if more != 0.0 {
                self.widths.insert(*column, width + more);
            }
        }
    }
}

fn is_flexible(column: Column) -> bool {
    SHARES.iter().any(|(flexible, ..)| *flexible == column)
}

/// The width of a column that nobody changed; of those that share what is left, the least.
fn least(column: Column) -> f32 {
    match column {
        Column::Connection => 36.0,
        Column::Started => 104.0,
        Column::Code => 54.0,
        Column::Wait | Column::Duration | Column::Bytes => 72.0,
        Column::Rate => 80.0,
        Column::Command | Column::Reply | Column::Waterfall => {
            SHARES.into_iter().find(|(flexible, ..)| *flexible == column).map_or(0.0, |(.., least)| least)
        }
    }
}

/// Numbers stand at the right.
pub(super) fn align(column: Column) -> Align {
    match column {
        Column::Connection | Column::Wait | Column::Duration | Column::Bytes | Column::Rate => Align::Max,
        Column::Started | Column::Command | Column::Code | Column::Reply | Column::Waterfall => Align::Min,
    }
}

/// Draws the header.
pub(super) fn header_ui(ui: &mut Ui, rect: Rect, view: &mut TranscriptView, columns: &[(Column, f32, f32)]) {
    let palette = theme::of(ui);
    let id: Id = ui.unique_id().with("header of the exchanges");
    let sort = view.index.rows().sorted_by();
    for (column, x, width) in columns {
        let area = Rect::from_x_y_ranges(*x..=x + width, rect.y_range());
        let response = ui.interact(area, id.with(column), Sense::click());
        let title = column.title();
        let spoken = if *column == Column::Connection { "Connection" } else { title };
        response.widget_info(|| WidgetInfo::labeled(Role::ColumnHeader, true, spoken));
        let color = if response.hovered() { palette.text } else { palette.secondary };
        let inner = area.shrink2(egui::vec2(INSET, 0.0));
        if sort.column == *column {
            let icon = if sort.descending { icons::CHEVRON_DOWN } else { icons::CHEVRON_UP };
            let wide = paint::line(ui, title, theme::small(), color, inner.width()).size().x;
            let right = align(*column) == Align::Max;
            let x = if right { inner.right() - wide - 8.0 } else { inner.left() + wide + 8.0 };
            icon.paint_small(ui.painter(), pos2(x, rect.center().y), color);
        }
        paint::text(ui, inner, title, theme::small(), color, align(*column));
        if response.has_focus() {
            paint::ring(ui, area.with_max_y(area.bottom() - 1.0), 0);
        }
        if response.clicked() {
            let descending = sort.column == *column && !sort.descending;
            view.columns.sort = Some(Sort { column: *column, descending });
            ui.request_repaint();
        }
        response.context_menu(|ui| columns_menu(ui, &mut view.columns));
    }
    for left in 0..columns.len().saturating_sub(1) {
        divider(ui, rect, &mut view.columns, columns, left, id);
    }
    let line = egui::Stroke::new(1.0, palette.line);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, line);
}

/// Between two columns.
fn divider(ui: &Ui, header: Rect, wanted: &mut Columns, columns: &[(Column, f32, f32)], left: usize, id: Id) {
    let (column, x, _) = columns[left + 1];
    let area = Rect::from_x_y_ranges((x - 3.0)..=(x + 3.0), header.y_range());
    let response = ui.interact(area, id.with(("divider", column)), Sense::CLICK | Sense::DRAG);
    if response.hovered() || response.dragged() {
        ui.set_cursor_icon(CursorIcon::ResizeColumn);
        ui.painter().vline(x, header.y_range().shrink(5.0), egui::Stroke::new(1.0, theme::of(ui).secondary));
    }
    if response.drag_delta().x != 0.0 {
        wanted.drag(columns, left, response.drag_delta().x);
    }
    if response.double_clicked() {
        wanted.widths.remove(&columns[left].0);
        wanted.widths.remove(&column);
    }
}

/// Which columns are shown; the command always is.
pub(super) fn columns_menu(ui: &mut Ui, columns: &mut Columns) {
    for column in Column::ALL.into_iter().filter(|column| *column != Column::Command) {
        let hidden = columns.hidden.contains(&column);
        let icon = (!hidden).then_some(icons::CHECK);
        let name = if column == Column::Connection { "Connection" } else { column.title() };
        if menu::entry(ui, icon, name, "", true).clicked() {
            if hidden {
                columns.hidden.remove(&column);
            } else {
                columns.hidden.insert(column);
            }
            ui.close();
        }
    }
}

/// `at`, when the row above is from `above` and the first line from `started`.
pub(super) fn write_time(
    times: Times,
    clock: &Clock,
    at: Timestamp,
    started: Option<Timestamp>,
    above: Option<Timestamp>,
) -> String {
    match times {
        Times::Clock => clock.time_of_day(at),
        Times::SinceStart => text::elapsed(started.unwrap_or(at), at),
        Times::SinceAbove => text::elapsed(above.unwrap_or(at), at),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_leave_where_there_is_no_room() {
        let shown = |width: f32| {
            let fitted = Columns::default().fit(10.0, width);
            let end = fitted.last().map_or(0.0, |(_, x, width)| x + width);
            assert!(end <= 10.0 + width + 0.01, "{width}: {end}");
            fitted.into_iter().map(|(column, ..)| column).collect::<Vec<_>>()
        };
        assert_eq!(shown(1200.0), Column::ALL);
        assert!(!shown(700.0).contains(&Column::Wait) && shown(700.0).contains(&Column::Waterfall));
        assert_eq!(shown(200.0), [Column::Command, Column::Code]);
    }

    #[test]
    fn columns_can_be_chosen() {
        let columns = Columns { hidden: [Column::Started, Column::Waterfall].into(), ..Columns::default() };
        let shown = columns.fit(0.0, 1200.0);
        assert!(!shown.iter().any(|(column, ..)| columns.hidden.contains(column)));
        assert!((shown.last().map_or(0.0, |(_, x, width)| x + width) - 1200.0).abs() < 0.01);
    }

    #[test]
    fn a_line_between_columns_follows_the_pointer_and_nothing_else_moves() {
        let mut columns = Columns::default();
        let index = |column| Column::ALL.iter().position(|other| *other == column).unwrap();
        for (left, moved) in [
            (Column::Wait, 20.0),
            (Column::Command, -30.0),
            (Column::Code, 12.0),
            (Column::Reply, 25.0),
            (Column::Rate, -5.0),
            (Column::Command, 40.0),
        ] {
            let before = columns.fit(0.0, 1400.0);
            let left = index(left);
            columns.drag(&before, left, moved);
            for (at, ((column, x, _), (_, was, _))) in columns.fit(0.0, 1400.0).iter().zip(&before).enumerate() {
                let expected = if at == left + 1 { was + moved } else { *was };
                assert!((x - expected).abs() < 0.1, "{column:?} at {x}, not {expected}");
            }
        }
        let (mut fresh, command) = (Columns::default(), index(Column::Command));
        let before = fresh.fit(0.0, 1400.0);
        fresh.drag(&before, command, 40.0);
        let wider = fresh.fit(0.0, 1400.0)[command].2 - before[command].2;
        assert!((wider - 40.0).abs() < 0.1, "the reply gives where the code cannot: {wider}");
        let before = columns.fit(0.0, 1400.0);
        columns.drag(&before, 0, -1000.0);
        assert!((columns.fit(0.0, 1400.0)[0].2 - NARROWEST).abs() < 0.1, "none becomes too narrow");
    }

    #[test]
    fn columns_are_as_they_were_left() {
        let mut columns = Columns::default();
        let placed = columns.fit(0.0, 1200.0);
        columns.drag(&placed, 2, 30.0);
        columns.hidden.insert(Column::Rate);
        columns.times = Times::SinceStart;
        let order = Sort { column: Column::Duration, descending: true };
        let mut later = Columns::default();
        later.restore(&columns.layout(order));
        assert_eq!(later.fit(0.0, 1200.0), columns.fit(0.0, 1200.0));
        assert_eq!((later.times, later.take_sort()), (Times::SinceStart, Some(order)));
        let broken =
            LogLayout { widths: [(Column::Wait, -4.0), (Column::Code, f32::NAN)].into(), ..LogLayout::default() };
        later.restore(&broken);
        assert_eq!(later.fit(0.0, 1200.0), Columns::default().fit(0.0, 1200.0));
    }

    #[test]
    fn times_are_written_as_one_wants() {
        let clock = Clock::at("2026-05-12T12:00:00Z[UTC]".parse().unwrap());
        let at = |second: &str| format!("2026-05-12T12:00:{second}Z").parse::<Timestamp>().unwrap();
        let write = |times: Times, above| write_time(times, &clock, at("05.5"), Some(at("01")), above);
        assert_eq!(write(Times::Clock, None), "12:00:05.500");
        assert_eq!(write(Times::SinceStart, None), "+4.500");
        assert_eq!([write(Times::SinceAbove, Some(at("05.4"))), write(Times::SinceAbove, None)], ["+0.100", "+0.000"]);
    }
}
