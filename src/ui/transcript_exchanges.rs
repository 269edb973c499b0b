//! The exchanges of the reply log: a row per command, with what came of it and where the time went.

use eframe::egui::{self, Modifiers, Rect, Role, Sense, Ui, WidgetInfo};

use crate::model::Exchange;
use crate::model::explain::sentence;
use crate::model::log_layout::{Column, Times};

use super::list::{self, Rows};
use super::menu;
use super::mirror::Mirror;
use super::picked::Order;
use super::text::{self, Clock};
use super::theme;
use super::transcript_columns::{INSET, align, header_ui, write_time};
use super::transcript_copy::{RowMenu, copy, row_menu};
use super::transcript_index::Index;
use super::transcript_line::{HEIGHT, paint_chip, write_command, write_words as words};
use super::transcript_lines::keys;
use super::transcript_panel::{NAME, TranscriptView};
use super::transcript_waterfall::{self as waterfall, Scale};

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
    /// `None` in a log of what is past.
    now: Option<jiff::Timestamp>,
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
    let TranscriptView {
        index,
        exchanges: scroll,
        picked,
        words,
        opened,
        connection,
        clear,
        columns: wanted,
        of_file,
        ..
    } = view;
    let all = index.exchanges();
    let at = |row: usize| all.get(index.rows().number(row)?);
    let in_sight = scroll.first()..(scroll.first() + scroll.page() + 2).min(index.rows().len());
    let origin = in_sight.clone().find_map(at).map_or(jiff::Timestamp::UNIX_EPOCH, |exchange| exchange.at);
    let aligned = !index.rows().sorted_by().is_natural();
    let now = (!*of_file).then(|| clock.now().timestamp());
    let scale = waterfall::scale(in_sight.filter_map(at), origin, aligned, now);
    let (times, started) = (wanted.times, index.started());
    let env = Env { columns: &columns, clock, words, times, started, origin, scale: &scale, now };
    let asked = if focused { picked.menu_by_key(ui, &ByHead(index), scroll) } else { None };
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
        }
        if secondary && opened.is_some() {
            *opened = Some(number);
        }
        if response.clicked() || response.secondary_clicked() {
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
        menu::context(&response, asked == Some(number), |ui| {
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
                number(Some(write_time(env.times, env.clock, exchange.at, env.started, above)));
            }
            Column::Command => match &exchange.command {
                Some(command) => write_command(ui, cell, command, env.words, palette.text),
                None => {
                    let said = if exchange.first { "Greeting" } else { "Unasked" };
                    words(ui, cell, said, &[], palette.secondary);
                }
            },
            Column::Code => {
                if let Some(code) = exchange.last_code() {
                    paint_chip(ui, cell, code);
                }
            }
            Column::Reply => reply(ui, cell, exchange, env),
            Column::Wait => number(exchange.waited().map(time)),
            Column::Duration => {
                let so_far = env.now.and_then(|now| waterfall::so_far(exchange, now));
                if so_far.is_some() {
                    ui.request_repaint_after(waterfall::GROWS);
                }
                number(exchange.lasted().map(time).or(so_far));
            }
            Column::Bytes => number(data.and_then(|data| data.bytes()).map(text::size)),
            Column::Rate => number(data.and_then(|data| data.rate()).map(text::rate)),
            Column::Waterfall => waterfall::bar(ui, cell, exchange, env.origin, env.scale, env.now),
        }
    }
}

fn time(time: jiff::SignedDuration) -> String {
    waterfall::duration(i64::try_from(time.as_micros()).unwrap_or(i64::MAX))
}

fn reply(ui: &Ui, cell: Rect, exchange: &Exchange, env: &Env<'_>) {
    let palette = theme::of(ui);
    let (said, marks, color) = match exchange.reply.as_ref().or(exchange.preliminary.last()) {
        Some(_) if exchange.unmade => ("No data connection could be made", &[][..], palette.permanent),
        Some(reply) => {
            let rest = reply.text.get(3..).unwrap_or_default();
            let color = if exchange.failed() { palette.of_code(reply.code) } else { palette.text };
            (rest.trim_start_matches([' ', '-']), env.words, color)
        }
        None if exchange.broken => ("The connection ended before a reply", &[][..], palette.permanent),
        None => ("Waiting…", &[][..], palette.secondary),
    };
    words(ui, cell, said, marks, color);
}
