//! Two logs side by side in the place of the reply log: exchange by exchange, where they part, and what each server said.

use eframe::egui::{
    self, Align, CornerRadius, Key, Label, Layout, Modifiers, Rect, RichText, Role, ScrollArea, Sense, Ui, UiBuilder,
    WidgetInfo,
};

use crate::model::compare::{Alike, Compared, Pair};
use crate::model::explain::sentence;
use crate::model::{Comparison, Direction, Exchange, Line};

use super::list::{self, Rows, Scroll};
use super::picked::{Order, Picked};
use super::split::{self, Bounds};
use super::strip::{at_right, at_right_width, bar, nothing};
use super::transcript_line::{HEIGHT, drawn, paint_chip, write_command};
use super::transcript_waterfall::duration;
use super::{icons, marks, paint, text, theme};

/// Its accessible name, and what the keyboard finds it by.
pub(super) const NAME: &str = "Comparison of two logs";
/// Like exchanges that stay in sight before and behind a difference when only differences are shown.
const AROUND: usize = 2;
/// Width of what stands between both logs: how two exchanges are alike.
const BETWEEN: f32 = 28.0;
/// Width of a side from which it has room for connections and times.
const ROOMY: f32 = 250.0;
/// Lines of an exchange that are shown.
const LINES: usize = 500;
/// What stands at the right of the bar.
const TOOLS: &str = "tools of the comparison";

/// What the window knows of it.
#[derive(Debug)]
pub struct ComparedView {
    comparison: Comparison,
    rows: Vec<Row>,
    /// Only differences are shown, with little of what is around them.
    only: bool,
    /// The first pair of each stretch of differences.
    places: Vec<usize>,
    /// Pairs that differ.
    differing: usize,
    /// Whether the logs tell of times.
    timed: bool,
    scroll: Scroll,
    /// By their place among the pairs.
    picked: Picked<usize>,
    details: Option<Details>,
}

/// A row: a pair, or pairs that are alike and folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    from: usize,
    /// 0: it is a pair.
    folded: usize,
}

/// What both sides said, worked out once when a row is chosen.
#[derive(Debug)]
struct Details {
    pair: usize,
    sides: [Option<(Exchange, Vec<Line>)>; 2],
}

impl ComparedView {
    /// Of two logs that were compared; at the first difference.
    pub fn new(comparison: Comparison) -> Self {
        let differs = |pair: &Pair| pair.alike != Alike::Same;
        let pairs = &comparison.pairs;
        let begins = |at: &usize| differs(&pairs[*at]) && (*at == 0 || !differs(&pairs[at - 1]));
        let places: Vec<usize> = (0..pairs.len()).filter(begins).collect();
        let differing = pairs.iter().filter(|pair| differs(pair)).count();
        let (rows, details) = (rows(pairs, false), None);
        let (scroll, picked) = (Scroll::default(), Picked::default());
        let timed = [&comparison.left, &comparison.right]
            .iter()
            .any(|side| side.log.exchanges().iter().any(|exchange| exchange.lasted().is_some()));
        let mut view = Self { comparison, rows, only: false, places, differing, timed, scroll, picked, details };
        view.step(true);
        view
    }

    /// Chooses the next stretch of differences, or the one before; behind the last comes the first.
    fn step(&mut self, forward: bool) {
        let from = self.picked.cursor();
        let next = match (forward, from) {
            (true, Some(from)) => self.places.iter().find(|place| **place > from).or(self.places.first()),
            (true, None) => self.places.first(),
            (false, from) => self.places.iter().rev().find(|place| Some(**place) < from).or(self.places.last()),
        };
        if let Some(place) = next.copied() {
            self.choose(place);
        }
    }

    fn choose(&mut self, pair: usize) {
        self.picked.only(pair);
        if let Some(row) = self.row(pair) {
            // With what is around it, which tells how it came to it.
            self.scroll.reveal_among(row, AROUND);
        }
        self.look(pair);
    }

    fn look(&mut self, pair: usize) {
        let Some(Pair { left, right, .. }) = self.comparison.pairs.get(pair).copied() else { return };
        let side = |of: &Compared, number: Option<u64>| {
            let exchange = of.log.exchanges().get(number?)?.clone();
            Some((exchange, of.log.lines_of(number?).take(LINES).cloned().collect()))
        };
        let sides = [side(&self.comparison.left, left), side(&self.comparison.right, right)];
        self.details = Some(Details { pair, sides });
    }

    fn show_only(&mut self, only: bool) {
        self.only = only;
        self.rows = rows(&self.comparison.pairs, only);
        if let Some(row) = self.picked.cursor().and_then(|cursor| self.row(cursor)) {
            self.scroll.reveal_among(row, AROUND);
        }
    }

    /// How far the chosen row is through the differences: `2 of 5`.
    fn place(&self) -> String {
        let Some(cursor) = self.picked.cursor() else { return text::grouped(self.places.len() as u64) };
        let passed = self.places.partition_point(|place| *place <= cursor);
        format!("{} of {}", text::grouped(passed as u64), text::grouped(self.places.len() as u64))
    }

    fn summary(&self) -> String {
        let all = self.comparison.pairs.len() as u64;
        match self.differing as u64 {
            0 => format!("No difference in {}", text::count(all, "exchange", "exchanges")),
            1 => format!("1 of {} differs", text::count(all, "exchange", "exchanges")),
            differing => {
                format!("{} of {} differ", text::grouped(differing), text::count(all, "exchange", "exchanges"))
            }
        }
    }
}

impl Order<usize> for ComparedView {
    fn count(&self) -> usize {
        self.rows.len()
    }

    fn key(&self, row: usize) -> Option<usize> {
        self.rows.get(row).map(|row| row.from)
    }

    fn row(&self, key: usize) -> Option<usize> {
        self.rows.partition_point(|row| row.from <= key).checked_sub(1)
    }
}

/// All pairs, or those that differ with some around them, the rest folded.
fn rows(pairs: &[Pair], only: bool) -> Vec<Row> {
    if !only {
        return (0..pairs.len()).map(|from| Row { from, folded: 0 }).collect();
    }
    let mut rows = Vec::new();
    let mut from = 0;
    while from < pairs.len() {
        let alike = pairs[from..].iter().take_while(|pair| pair.alike == Alike::Same).count();
        let before = if from == 0 { 0 } else { AROUND };
        let behind = if from + alike == pairs.len() { 0 } else { AROUND };
        let folded = alike.saturating_sub(before + behind);
        // One row is not worth folding.
        if folded > 1 {
            rows.extend((from..from + before).map(|from| Row { from, folded: 0 }));
            rows.push(Row { from: from + before, folded });
            from += before + folded;
        }
        let rest = if folded > 1 { behind } else { alike };
        let apart = pairs[from + rest..].iter().take_while(|pair| pair.alike != Alike::Same).count();
        rows.extend((from..from + rest + apart).map(|from| Row { from, folded: 0 }));
        from += rest + apart;
    }
    rows
}

/// Draws it under a bar whose left end `title` fills, with details as high as is remembered; `true`: back to the log.
pub fn compared_ui(ui: &mut Ui, view: &mut ComparedView, height: &mut f32, title: impl FnOnce(&mut Ui)) -> bool {
    ui.spacing_mut().item_spacing.y = 0.0;
    let mut back = false;
    bar(ui, |ui| {
        title(ui);
        back = tools(ui, view);
    });
    let mut rows = ui.available_rect_before_wrap();
    if view.details.is_some() {
        let bounds = Bounds { default: rows.height() * 0.36, min: 60.0, max: rows.height() * 0.7 };
        let (rest, area) = split::end(ui, rows, height, bounds, false, egui::Id::unique("compared details"));
        rows = rest;
        split::within(ui, area, "compared details", |ui| details_ui(ui, view));
    }
    split::within(ui, rows, "rows", |ui| {
        names(ui, view);
        if view.comparison.pairs.is_empty() {
            nothing(ui, "Neither log has a command or a reply");
        } else {
            rows_ui(ui, view);
        }
    });
    back
}

fn tools(ui: &mut Ui, view: &mut ComparedView) -> bool {
    let palette = theme::of(ui);
    let room = ui.available_width() - at_right_width(ui, TOOLS) - theme::GAP;
    if room > 40.0 {
        let size = egui::vec2(room, theme::BAR);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Center), |ui| {
            ui.add_space(theme::TIGHT);
            ui.add(Label::new(RichText::new(view.summary()).color(palette.secondary)).truncate());
        });
    }
    let mut back = false;
    at_right(ui, TOOLS, |ui| {
        let some = !view.places.is_empty();
        let mut only = view.only;
        let name = RichText::new("Only differences").font(theme::small());
        if ui.add_enabled_ui(some, |ui| marks::tick(ui, &mut only, name)).inner.changed() {
            view.show_only(only);
        }
        ui.add_space(theme::TIGHT);
        if some {
            ui.label(RichText::new(view.place()).font(theme::small()).color(palette.secondary));
        }
        if icons::button_if(ui, icons::UP, "Previous difference (Shift+F8)", some).clicked() {
            view.step(false);
        }
        if icons::button_if(ui, icons::DOWN, "Next difference (F8)", some).clicked() {
            view.step(true);
        }
        back = ui.button("Back to the log").clicked();
    });
    back
}

/// Both sides of `rect`, and what is between them.
fn halves(rect: Rect) -> [Rect; 3] {
    let width = ((rect.width() - BETWEEN) / 2.0).floor();
    let (left, right) = (rect.left() + width, rect.left() + width + BETWEEN);
    [rect.with_max_x(left), Rect::from_x_y_ranges(left..=right, rect.y_range()), rect.with_min_x(right)]
}

/// Whose the sides are.
fn names(ui: &mut Ui, view: &ComparedView) {
    let palette = theme::of(ui);
    let rect = Rect::from_min_size(ui.cursor().min, egui::vec2(ui.available_width(), theme::BAR));
    ui.advance_cursor_after_rect(rect);
    ui.painter().rect_filled(rect, CornerRadius::ZERO, palette.raised);
    let [left, _, right] = halves(rect.with_max_x(rect.right() - list::BAR));
    for (side, of, place) in [("Left", &view.comparison.left, left), ("Right", &view.comparison.right, right)] {
        let inner = place.shrink2(egui::vec2(theme::GAP, 0.0));
        let layout = Layout::left_to_right(Align::Center);
        let mut ui = ui.new_child(UiBuilder::new().id_salt(side).max_rect(inner).layout(layout));
        ui.spacing_mut().item_spacing.x = theme::GAP;
        let count = text::count(of.log.exchanges().iter().len() as u64, "exchange", "exchanges");
        let wide = paint::line(&ui, &count, theme::small(), palette.secondary, f32::INFINITY).size().x;
        let name = Label::new(RichText::new(text::visible(&of.name)).font(theme::strong())).truncate();
        let room = (ui.available_width() - wide - theme::GAP).max(40.0);
        let where_it_lies = text::visible(&of.path.to_string_lossy()).into_owned();
        let response = ui.scope(|ui| {
            ui.set_max_width(room);
            ui.add(name)
        });
        if !where_it_lies.is_empty() {
            response.inner.on_hover_text(where_it_lies);
        }
        ui.label(RichText::new(count).font(theme::small()).color(palette.secondary));
    }
    let line = egui::Stroke::new(1.0, palette.line);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, line);
}

fn rows_ui(ui: &mut Ui, view: &mut ComparedView) {
    let id = list::focus_id(NAME);
    let focused = ui.memory(|memory| memory.has_focus(id));
    if focused {
        keys(ui, view);
    }
    let (mut open, mut chosen) = (None, None);
    let ComparedView { comparison, rows, picked, scroll, timed, .. } = view;
    let shown = Rows { scroll, count: rows.len(), height: HEIGHT, name: NAME, follows: false };
    shown.show(ui, |ui, row, rect| {
        let Some(row) = rows.get(row).copied() else { return };
        let response = ui.interact(rect, ui.unique_id().with(row.from), Sense::CLICK);
        let selected = picked.contains(row.from);
        response.widget_info(|| {
            let said = if row.folded > 0 { alike(row.folded) } else { spoken(comparison, row.from) };
            WidgetInfo::selected(Role::ListBoxOption, true, selected, text::visible(&said))
        });
        if response.clicked() {
            ui.memory_mut(|memory| memory.request_focus(id));
            if row.folded > 0 {
                open = Some(row.from);
            } else {
                chosen = Some(row.from);
            }
        }
        list::ground(ui, rect, selected, focused, response.hovered());
        draw(ui, rect, comparison, row, selected, *timed);
        let between = halves(rect.with_max_x(rect.right() - list::BAR))[1];
        if row.folded == 0 && response.hovered() && ui.rect_contains_pointer(between) {
            response.on_hover_text_at_pointer(word(comparison.pairs[row.from].alike));
        }
    });
    if let Some(pair) = chosen {
        view.picked.only(pair);
        view.look(pair);
    }
    if let Some(pair) = open {
        view.picked.only(pair);
        view.show_only(false);
        view.look(pair);
    }
}

fn keys(ui: &Ui, view: &mut ComparedView) {
    let pressed = |modifiers, key| ui.input_mut(|input| input.consume_key(modifiers, key));
    if view.details.is_some() && pressed(Modifiers::NONE, Key::Escape) {
        view.details = None;
    }
    // Shift first: a pattern without modifiers matches it as well.
    if pressed(Modifiers::SHIFT, Key::F8) {
        view.step(false);
    } else if pressed(Modifiers::NONE, Key::F8) {
        view.step(true);
    }
    let (mut picked, mut scroll) = (std::mem::take(&mut view.picked), view.scroll);
    let moved = picked.keyboard(ui, view, &mut scroll);
    (view.picked, view.scroll) = (picked, scroll);
    if let Some(cursor) = view.picked.cursor().filter(|_| moved || pressed(Modifiers::NONE, Key::Enter)) {
        view.picked.only(cursor);
        view.look(cursor);
    }
}

/// What folded rows hold.
fn alike(count: usize) -> String {
    format!("{} are the same on both sides", text::count(count as u64, "exchange", "exchanges"))
}

fn word(alike: Alike) -> &'static str {
    match alike {
        Alike::Same => "The same",
        Alike::Answered => "Answered differently",
        Alike::Left => "Only in the left log",
        Alike::Right => "Only in the right log",
    }
}

/// A row for those who hear it: `Answered differently: RETR x, 226 on the left, 550 on the right`.
fn spoken(comparison: &Comparison, pair: usize) -> String {
    let Some(pair) = comparison.pairs.get(pair) else { return String::new() };
    let of = |compared: &Compared, number: Option<u64>| compared.log.exchanges().get(number?).cloned();
    let (left, right) = (of(&comparison.left, pair.left), of(&comparison.right, pair.right));
    let code = |exchange: &Exchange| exchange.code().map_or_else(|| "no reply".to_owned(), |code| code.to_string());
    let Some(any) = left.as_ref().or(right.as_ref()) else { return String::new() };
    let (word, asked) = (word(pair.alike), asked(any));
    match (&left, &right) {
        (Some(left), Some(right)) if pair.alike == Alike::Answered => {
            format!("{word}: {asked}, {} on the left, {} on the right", code(left), code(right))
        }
        _ => format!("{word}: {asked}, {}", code(any)),
    }
}

fn asked(exchange: &Exchange) -> &str {
    match &exchange.command {
        Some(command) => command,
        None if exchange.first => "Greeting",
        None => "Unasked",
    }
}

fn draw(ui: &Ui, rect: Rect, comparison: &Comparison, row: Row, selected: bool, timed: bool) {
    let palette = theme::of(ui);
    let inner = rect.with_max_x(rect.right() - list::BAR);
    let [left, between, right] = halves(inner);
    if row.folded > 0 {
        let (font, words) = (theme::small(), alike(row.folded));
        list::write(ui, inner, format!("⋯  {words}"), font, palette.secondary, Align::Center);
        return;
    }
    let Some(pair) = comparison.pairs.get(row.from) else { return };
    let (color, sides): (_, &[Rect]) = match pair.alike {
        Alike::Same => (palette.secondary, &[]),
        Alike::Answered => (palette.transient, &[left, right]),
        Alike::Left => (palette.accent, &[left]),
        Alike::Right => (palette.accent, &[right]),
    };
    if !selected {
        for side in sides {
            ui.painter().rect_filled(*side, CornerRadius::ZERO, palette.tint(color));
        }
    }
    match pair.alike {
        Alike::Same => {}
        Alike::Answered => {
            list::write(ui, between, "≠", theme::mono_strong(), color, Align::Center);
        }
        Alike::Left => icons::LEFT.paint_small(ui.painter(), between.center(), color),
        Alike::Right => icons::RIGHT.paint_small(ui.painter(), between.center(), color),
    }
    for (side, of, number) in [(left, &comparison.left, pair.left), (right, &comparison.right, pair.right)] {
        if let Some(exchange) = number.and_then(|number| of.log.exchanges().get(number)) {
            draw_side(ui, side, exchange, timed);
        }
    }
}

fn draw_side(ui: &Ui, side: Rect, exchange: &Exchange, timed: bool) {
    let palette = theme::of(ui);
    let (mut from, mut to) = (side.left() + theme::GAP, side.right() - theme::GAP);
    let write = |from: f32, to: f32, said: String| {
        let cell = Rect::from_x_y_ranges(from..=to, side.y_range());
        list::write(ui, cell, said, theme::mono(), palette.secondary, Align::Max);
    };
    if side.width() > ROOMY {
        write(from, from + 18.0, exchange.connection.0.to_string());
        from += 18.0 + theme::GAP;
    }
    if side.width() > ROOMY && timed {
        let took = exchange.lasted().and_then(|lasted| i64::try_from(lasted.as_micros()).ok()).map(duration);
        write(to - 60.0, to, took.unwrap_or_default());
        to -= 60.0 + theme::GAP;
    }
    let chip = Rect::from_x_y_ranges(to - 34.0..=to, side.y_range());
    match exchange.code() {
        Some(code) => paint_chip(ui, chip, code),
        None => drop(list::write(ui, chip, "—", theme::mono(), palette.secondary, Align::Center)),
    }
    let place = Rect::from_x_y_ranges(from..=(chip.left() - theme::GAP).max(from), side.y_range());
    let color = if exchange.command.is_some() { palette.text } else { palette.secondary };
    write_command(ui, place, asked(exchange), &[], color);
}

/// What was said on both sides of the chosen row.
fn details_ui(ui: &mut Ui, view: &mut ComparedView) {
    let Some(details) = &view.details else { return };
    let palette = theme::of(ui);
    let mut close = false;
    let alike = view.comparison.pairs.get(details.pair).map_or(Alike::Same, |pair| pair.alike);
    ui.horizontal(|ui| {
        ui.set_height(theme::BAR);
        ui.add_space(theme::GAP);
        ui.label(RichText::new(word(alike)).font(theme::strong()));
        at_right(ui, "details of the comparison", |ui| {
            close = icons::button(ui, icons::CLOSE, "Close the details").clicked();
        });
    });
    let rest = ui.available_rect_before_wrap();
    let [left, between, right] = halves(rest.with_max_x(rest.right() - list::BAR));
    let line = egui::Stroke::new(1.0, palette.line);
    ui.painter().vline(between.center().x, between.y_range(), line);
    let mut first = details.sides.each_ref().map(|side| side.as_ref());
    for (name, place, side) in [("left", left, first[0].take()), ("right", right, first[1].take())] {
        let inner = place.shrink2(egui::vec2(theme::GAP, theme::TIGHT));
        let mut ui = ui.new_child(UiBuilder::new().id_salt(name).max_rect(inner));
        ui.set_clip_rect(inner.intersect(ui.clip_rect()));
        ScrollArea::vertical().id_salt(name).auto_shrink([false, false]).show(&mut ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            match side {
                Some((exchange, lines)) => said(ui, exchange, lines),
                None => {
                    let words = RichText::new("Nothing of the kind here").color(palette.secondary);
                    ui.label(words.font(theme::small()));
                }
            }
        });
    }
    ui.advance_cursor_after_rect(rest);
    if close {
        view.details = None;
    }
}

fn said(ui: &mut Ui, exchange: &Exchange, lines: &[Line]) {
    let palette = theme::of(ui);
    let words = RichText::new(text::visible(&sentence(exchange))).font(theme::small()).color(palette.secondary);
    ui.add(Label::new(words).wrap());
    ui.add_space(theme::TIGHT);
    for line in lines {
        let color = match (line.direction, line.code) {
            (Direction::Sent, _) => palette.accent,
            (Direction::Received, Some(code)) => palette.of_code(code),
            (Direction::Received, None) => palette.text,
            (Direction::Note, _) => palette.secondary,
        };
        let words = RichText::new(text::visible(drawn(&line.text))).font(theme::mono()).color(color);
        ui.add(Label::new(words).wrap().selectable(true));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_folds_away_but_for_what_is_around_a_difference() {
        let pair = |letter| {
            let alike = if letter == '!' { Alike::Answered } else { Alike::Same };
            Pair { left: Some(0), right: Some(0), alike }
        };
        let shown = |pairs: &str| {
            let pairs: Vec<Pair> = pairs.chars().map(pair).collect();
            let rows = rows(&pairs, true);
            let all: usize = rows.iter().map(|row| row.folded.max(1)).sum();
            assert_eq!(all, pairs.len(), "each pair is in one row");
            assert!(rows.windows(2).all(|two| two[0].from + two[0].folded.max(1) == two[1].from));
            rows.iter().map(|row| (row.from, row.folded)).filter(|(_, folded)| *folded > 0).collect::<Vec<_>>()
        };
        assert_eq!(shown("......!........!!......"), [(0, 4), (9, 4), (19, 4)]);
        assert_eq!(shown("...!.....!..."), [], "one row is not worth folding");
        assert_eq!(shown("!"), []);
        assert_eq!(shown("......"), [(0, 6)]);
    }
}
