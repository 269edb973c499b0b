//! The exchanges of the reply log: a row per command, with what came of it and where the time went.

use eframe::egui::{self, Align, Id, Modifiers, Rect, Role, Sense, Ui, WidgetInfo, pos2};

use crate::model::Exchange;
use crate::model::explain::sentence;

use super::list::{self, Order, Rows};
use super::menu;
use super::mirror::Mirror;
use super::text::{self, Clock};
use super::transcript_copy::{RowMenu, copy, row_menu};
use super::transcript_index::Index;
use super::transcript_line::{HEIGHT, drawn, marked, paint_chip};
use super::transcript_lines::keys;
use super::transcript_order::{Column, Sort};
use super::transcript_panel::{NAME, Times, TranscriptView};
use super::transcript_waterfall::{self as waterfall, Scale};
use super::{icons, paint, theme};

/// From a cell's edge to what is in it.
const INSET: f32 = 6.0;
/// What commands, replies and bars get of the room that the other columns leave.
const SHARES: [(Column, f32, f32); 3] =
    [(Column::Command, 0.36, 120.0), (Column::Reply, 0.36, 100.0), (Column::Waterfall, 0.28, 90.0)];
/// Which columns go first where there is little room.
const LEAVE: [Column; 8] = [
    Column::Rate,
    Column::Bytes,
    Column::Wait,
    Column::Reply,
    Column::Started,
    Column::Waterfall,
    Column::Duration,
    Column::Connection,
];

/// Which columns a person wants to see, and in what order the rows stand.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    hidden: Vec<Column>,
    /// An order that was asked for while drawing.
    sort: Option<Sort>,
}

impl Columns {
    /// The order that a person asked for.
    pub fn take_sort(&mut self) -> Option<Sort> {
        self.sort.take()
    }

    /// Where the columns stand in `width`: those that have no room are left out.
    fn fit(&self, left: f32, width: f32) -> Vec<(Column, f32, f32)> {
        let mut columns: Vec<Column> = Column::ALL.into_iter().filter(|column| !self.hidden.contains(column)).collect();
        let all = |columns: &[Column]| columns.iter().map(|column| least(*column)).sum::<f32>();
        for leaves in LEAVE {
            if all(&columns) > width {
                columns.retain(|column| *column != leaves);
            }
        }
        let spare = (width - all(&columns)).max(0.0);
        let flexible = |column: Column| SHARES.into_iter().find(|(flexible, ..)| *flexible == column);
        let shares: f32 = columns.iter().filter_map(|column| flexible(*column)).map(|(_, share, _)| share).sum();
        let mut x = left;
        let place = |column: Column| {
            let more = flexible(column).map_or(0.0, |(_, share, _)| spare * share / shares);
            let placed = (column, x, least(column) + more);
            x += placed.2;
            placed
        };
        columns.into_iter().map(place).collect()
    }
}

/// The least width of a column; all there is of those that hold numbers.
fn least(column: Column) -> f32 {
    match column {
        Column::Connection => 36.0,
        Column::Started => 104.0,
        Column::Code => 46.0,
        Column::Wait | Column::Duration | Column::Bytes => 72.0,
        Column::Rate => 80.0,
        Column::Command | Column::Reply | Column::Waterfall => {
            SHARES.into_iter().find(|(flexible, ..)| *flexible == column).map_or(0.0, |(.., least)| least)
        }
    }
}

/// Numbers stand at the right.
fn align(column: Column) -> Align {
    match column {
        Column::Connection | Column::Wait | Column::Duration | Column::Bytes | Column::Rate => Align::Max,
        Column::Started | Column::Command | Column::Code | Column::Reply | Column::Waterfall => Align::Min,
    }
}

/// The exchanges that are shown, by the number of their first line.
pub(super) struct ByHead<'a>(pub(super) &'a Index);

impl Order<u64> for ByHead<'_> {
    fn count(&self) -> usize {
        self.0.rows().len()
    }

    fn key(&self, row: usize) -> Option<u64> {
        self.0.head(self.0.rows().number(row)?)
    }

    fn row(&self, key: u64) -> Option<usize> {
        self.0.rows().row(self.0.exchange_of(key)?)
    }
}

/// What a row is drawn with.
struct Env<'a> {
    columns: &'a [(Column, f32, f32)],
    clock: &'a Clock,
    words: &'a [String],
    times: Times,
    started: Option<jiff::Timestamp>,
    origin: jiff::Timestamp,
    scale: &'a Scale,
}

/// Draws those that the filter shows.
pub(super) fn exchanges_ui(ui: &mut Ui, mirror: &Mirror, view: &mut TranscriptView, clock: &Clock) {
    let id = list::focus_id(NAME);
    let focused = ui.memory(|memory| memory.has_focus(id));
    if focused {
        keys(ui, mirror, view, clock);
    }
    let header = Rect::from_min_size(ui.cursor().min, egui::vec2(ui.available_width(), theme::HEADER));
    ui.advance_cursor_after_rect(header);
    let columns = view.columns.fit(header.left(), header.width() - list::BAR);
    header_ui(ui, header, view, &columns);
    let TranscriptView { index, exchanges: scroll, picked, words, opened, connection, clear, times, .. } = view;
    let all = index.exchanges();
    let at = |row: usize| all.get(index.rows().number(row)?);
    let in_sight = scroll.first()..(scroll.first() + scroll.page() + 2).min(index.rows().len());
    let origin = in_sight.clone().find_map(at).map_or(jiff::Timestamp::UNIX_EPOCH, |exchange| exchange.at);
    let aligned = !index.rows().sorted_by().is_natural();
    let scale = waterfall::scale(in_sight.filter_map(at), origin, aligned);
    let (times, started) = (*times, index.started());
    let env = Env { columns: &columns, clock, words, times, started, origin, scale: &scale };
    let mut copying = None;
    let rows = Rows { scroll, count: index.rows().len(), height: HEIGHT, name: NAME, follows: !aligned };
    let drawn = rows.show(ui, |ui, row, rect| {
        let Some((exchange, number)) = at(row).zip(ByHead(index).key(row)) else { return };
        let response = ui.interact(rect, ui.unique_id().with(number), Sense::CLICK);
        let selected = picked.contains(number);
        response.widget_info(|| {
            let said = sentence(exchange);
            WidgetInfo::selected(Role::ListBoxOption, true, selected, text::visible(&said))
        });
        let secondary = response.secondary_clicked() && !selected;
        if response.clicked() || secondary {
            let modifiers = if secondary { Modifiers::NONE } else { ui.input(|input| input.modifiers) };
            picked.click(number, modifiers, &ByHead(index));
            if response.clicked() && modifiers.is_none() {
                *opened = Some(number);
            }
            ui.memory_mut(|memory| memory.request_focus(id));
        }
        list::ground(ui, rect, selected, focused, response.hovered());
        draw(ui, rect, exchange, row.checked_sub(1).and_then(at), &env);
        let bar = columns.iter().find(|(column, ..)| *column == Column::Waterfall);
        if let Some((_, x, width)) = bar
            && response.hovered()
            && ui.rect_contains_pointer(Rect::from_x_y_ranges(*x..=x + width, rect.y_range()))
        {
            response.clone().on_hover_ui_at_pointer(|ui| waterfall::key(ui, exchange));
        }
        response.context_menu(|ui| {
            let of = exchange.connection;
            let menu = RowMenu { of, exchange: index.exchange_of(number), shown: &mut *connection, clear: &mut *clear };
            copying = row_menu(ui, mirror, index, menu);
        });
    });
    if drawn.response.clicked() {
        picked.clear();
    }
    if let Some(chosen) = copying {
        copy(ui, mirror, view, clock, chosen);
    }
}

fn header_ui(ui: &mut Ui, rect: Rect, view: &mut TranscriptView, columns: &[(Column, f32, f32)]) {
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
    let line = egui::Stroke::new(1.0, palette.line);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, line);
}

/// Which columns are shown; the command always is.
pub(super) fn columns_menu(ui: &mut Ui, columns: &mut Columns) {
    for column in Column::ALL.into_iter().filter(|column| *column != Column::Command) {
        let hidden = columns.hidden.contains(&column);
        let icon = (!hidden).then_some(icons::CHECK);
        let name = if column == Column::Connection { "Connection" } else { column.title() };
        if menu::entry(ui, icon, name, "", true).clicked() {
            if hidden {
                columns.hidden.retain(|other| *other != column);
            } else {
                columns.hidden.push(column);
            }
            ui.close();
        }
    }
}

fn draw(ui: &Ui, rect: Rect, exchange: &Exchange, above: Option<&Exchange>, env: &Env<'_>) {
    let palette = theme::of(ui);
    let data = exchange.data.as_deref();
    for (column, x, width) in env.columns {
        let cell = Rect::from_x_y_ranges(x + INSET..=x + width - INSET, rect.y_range());
        let number = |said: Option<String>| {
            let said = said.unwrap_or_default();
            list::write(ui, cell, said, theme::mono(), palette.secondary, align(*column));
        };
        match column {
            Column::Connection => number(Some(exchange.connection.0.to_string())),
            Column::Started => {
                let above = above.map(|above| above.at);
                number(Some(env.times.write(env.clock, exchange.at, env.started, above)));
            }
            Column::Command => match &exchange.command {
                // The end of a path says more than its beginning.
                Some(command) if env.words.is_empty() => {
                    let verb = exchange.verb();
                    let wide = list::write(ui, cell, text::visible(verb), theme::mono(), palette.text, Align::Min);
                    let rest = cell.with_min_x((cell.left() + wide + theme::GAP).min(cell.right()));
                    let argument = text::visible(drawn(command.get(verb.len() + 1..).unwrap_or_default()));
                    list::write_end(ui, rest, &argument, theme::mono(), palette.text);
                }
                Some(command) => words(ui, cell, command, env.words, palette.text),
                None if exchange.first => words(ui, cell, "Greeting", &[], palette.secondary),
                None => words(ui, cell, "Unasked", &[], palette.secondary),
            },
            Column::Code => {
                if let Some(code) = exchange.last_code() {
                    paint_chip(ui, cell, code);
                }
            }
            Column::Reply => reply(ui, cell, exchange, env),
            Column::Wait => number(exchange.waited().map(time)),
            Column::Duration => number(exchange.lasted().map(time)),
            Column::Bytes => number(data.and_then(|data| data.bytes()).map(text::size)),
            Column::Rate => number(data.and_then(|data| data.rate()).map(text::rate)),
            Column::Waterfall => waterfall::bar(ui, cell, exchange, env.origin, env.scale),
        }
    }
}

fn time(time: jiff::SignedDuration) -> String {
    waterfall::duration(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}

fn reply(ui: &Ui, cell: Rect, exchange: &Exchange, env: &Env<'_>) {
    let palette = theme::of(ui);
    match exchange.reply.as_ref().or(exchange.preliminary.last()) {
        Some(reply) => {
            let rest = reply.text.get(3..).unwrap_or_default();
            let color = if exchange.failed() { palette.of_code(reply.code) } else { palette.text };
            words(ui, cell, rest.trim_start_matches([' ', '-']), env.words, color);
        }
        None if exchange.broken => words(ui, cell, "The connection ended before a reply", &[], palette.permanent),
        None => words(ui, cell, "Waiting…", &[], palette.secondary),
    }
}

fn words(ui: &Ui, cell: Rect, said: &str, words: &[String], color: egui::Color32) {
    let job = marked(&text::visible(drawn(said)), words, color, theme::of(ui), cell.width());
    list::write_job(ui, cell, job, Align::Min);
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
        assert!(!shown(700.0).contains(&Column::Rate) && shown(700.0).contains(&Column::Waterfall));
        assert_eq!(shown(200.0), [Column::Command, Column::Code]);
    }

    #[test]
    fn columns_can_be_chosen() {
        let columns = Columns { hidden: vec![Column::Started, Column::Waterfall], sort: None };
        let shown = columns.fit(0.0, 1200.0);
        assert!(!shown.iter().any(|(column, ..)| columns.hidden.contains(column)));
        assert!((shown.last().map_or(0.0, |(_, x, width)| x + width) - 1200.0).abs() < 0.01);
    }
}
