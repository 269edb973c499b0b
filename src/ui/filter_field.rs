//! The reply log's filter field, and what a half-typed word in it can go on with.

use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::text_edit::TextEditState;
use eframe::egui::{
    self, Id, Key, Modifiers, Popup, PopupCloseBehavior, Rect, RectAlign, Response, TextEdit, Ui, Vec2,
};

use crate::model::log_filter::{Completion, Mistake, complete};

use super::dialog::frame::ring_field;
use super::raw_command::row;
use super::{icons, theme};

/// What is offered, and for what.
#[derive(Debug)]
pub struct FilterField {
    offered: Vec<Completion>,
    /// The text, and the character where the cursor stands in it.
    offered_for: Option<(String, usize)>,
    /// Where the list is drawn.
    list: Rect,
}

impl Default for FilterField {
    fn default() -> Self {
        Self { offered: Vec::new(), offered_for: None, list: Rect::NOTHING }
    }
}

impl FilterField {
    /// Draws the field for `filter`, whose mistake is shown by its colour.
    pub fn ui(&mut self, ui: &mut Ui, filter: &mut String, mistaken: bool, width: f32) {
        let id = ui.unique_id().with("filter of the reply log");
        if ui.memory(|memory| memory.has_focus(id)) {
            self.complete_by_key(ui, id, filter);
        }
        let color = mistaken.then(|| theme::of(ui).transient);
        let field = TextEdit::singleline(filter)
            .id(id)
            .lock_focus(self.begun())
            .hint_text("Filter: words, code:5xx, verb:STOR, -is:error")
            .font(theme::body())
            .text_color_opt(color)
            .prefix(icons::SEARCH.text().color(theme::of(ui).secondary))
            .margin(egui::Margin::symmetric(6, 3));
        let response = ui.add_sized(Vec2::new(width, 24.0), field).accessible_name("Filter the log");
        ring_field(ui, &response);
        // egui has taken the focus away by then.
        if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Escape)) {
            filter.clear();
        }
        // The filter works as one types: Enter ends nothing.
        if response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter)) {
            response.request_focus();
        }
        if response.has_focus() {
            self.look(ui, id, filter);
        }
        self.offer(ui, &response, filter);
    }

    /// Whether `mistake` is in the word that is being typed, and something is offered to complete it: it is not yet wrong.
    pub fn completes(&self, mistake: &Mistake) -> bool {
        let open = self.list.is_positive() && !self.offered.is_empty();
        let Some((typed, cursor)) = self.offered_for.as_ref().filter(|_| open) else { return false };
        let before: Vec<char> = typed.chars().take(*cursor).collect();
        let word = before.iter().rposition(|letter| *letter == ' ').map_or(0, |blank| blank + 1);
        mistake.at >= word
    }

    /// Whether a word is begun that Tab would complete; else Tab goes on to what comes next.
    fn begun(&self) -> bool {
        self.offered.first().is_some_and(|first| !first.place.is_empty())
    }

    /// Works out what to offer when the text or the cursor has changed.
    fn look(&mut self, ui: &Ui, id: Id, filter: &str) {
        let end = filter.chars().count();
        let range = TextEditState::load(ui, id).and_then(|state| state.cursor.char_range());
        let cursor = range.map_or(end, |range| range.primary.index.into()).min(end);
        let now = (filter.to_owned(), cursor);
        if self.offered_for.as_ref() != Some(&now) {
            self.offered = complete(filter, cursor);
            self.offered_for = Some(now);
        }
    }

    fn complete_by_key(&mut self, ui: &Ui, id: Id, filter: &mut String) {
        if self.begun()
            && let Some(first) = self.offered.first().cloned()
            && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Tab))
        {
            self.take(ui, id, filter, &first);
        }
    }

    fn offer(&mut self, ui: &Ui, field: &Response, filter: &mut String) {
        // A press on the list takes the keyboard from the field before it becomes a click.
        let (pointer, busy) = ui.input(|input| {
            (input.pointer.latest_pos(), input.pointer.primary_down() || input.pointer.primary_released())
        });
        let pressed = busy && pointer.is_some_and(|pointer| self.list.contains(pointer));
        let open = (field.has_focus() || pressed) && !self.offered.is_empty();
        let mut taken = None;
        let popup = Popup::from_response(field).id(field.id.with("offered")).open(open).align(RectAlign::TOP_START);
        let shown = popup.close_behavior(PopupCloseBehavior::IgnoreClicks).show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            for offered in &self.offered {
                if row(ui, (&offered.text, ""), offered.help, "", false).clicked() {
                    taken = Some(offered.clone());
                }
            }
        });
        self.list = shown.map_or(Rect::NOTHING, |shown| shown.response.rect);
        if let Some(taken) = taken {
            self.take(ui, field.id, filter, &taken);
            field.request_focus();
        }
    }

    /// Writes a completion in the place of what was begun; a value is followed by a blank.
    fn take(&mut self, ui: &Ui, id: Id, filter: &mut String, completion: &Completion) {
        let head: String = filter.chars().take(completion.place.start).collect();
        let tail: String = filter.chars().skip(completion.place.end).collect();
        let blank = if completion.text.ends_with(':') || tail.starts_with(' ') { "" } else { " " };
        let head = format!("{head}{}{blank}", completion.text);
        let mut state = TextEditState::load(ui, id).unwrap_or_default();
        state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(head.chars().count()))));
        state.store(ui, id);
        *filter = head + &tail;
        self.offered.clear();
        self.offered_for = None;
    }
}
