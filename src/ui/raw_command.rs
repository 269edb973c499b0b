//! The field under the reply log that sends a command as typed.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use eframe::egui::text::{CCursor, CCursorRange};
use eframe::egui::text_edit::TextEditState;
use eframe::egui::{
    self, Button, EventFilter, Id, Key, Label, Modifiers, Popup, PopupCloseBehavior, Rect, RectAlign, Response,
    RichText, TextEdit, TextWrapMode, Ui, Vec2,
};

use crate::model::verb::{self, Completion, Named};
use crate::model::{Report, Server, Site, Ticket};

use super::dialog::frame::ring_field;
use super::mirror::Finished;
use super::{icons, theme};

/// Commands that are remembered.
const HISTORY: usize = 100;
/// Commands that are offered at once.
const OFFERED: usize = 8;
/// Keys that mean the text, and not what has the keyboard next.
const KEYS: EventFilter = EventFilter { tab: false, horizontal_arrows: true, vertical_arrows: true, escape: true };
/// The least width of a row that is offered.
const ROW: f32 = 420.0;
/// Servers whose commands are remembered.
const SERVERS: usize = 20;

/// What is typed, and what was.
#[derive(Debug)]
pub struct RawCommand {
    typed: String,
    history: Vec<String>,
    /// Which one of the history is shown.
    at: Option<usize>,
    /// What was typed before the history was.
    draft: String,
    /// What is typed can become these, worked out when it changes.
    offered: Vec<Completion>,
    /// Which of them the arrow keys have chosen.
    chosen: Option<usize>,
    /// Whether they are put away until something else is typed.
    closed: bool,
    /// For which text they were worked out.
    offered_for: String,
    /// Where they were drawn.
    list: Rect,
    wants_focus: bool,
    /// Commands that ask which commands there are, with what stands before each of these, until they are answered.
    asked: Vec<(Ticket, Arc<Site>, &'static str)>,
    /// What servers said to that; the newest stands last.
    helped: Vec<(Arc<Site>, BTreeSet<String>)>,
}

impl Default for RawCommand {
    fn default() -> Self {
        Self {
            typed: String::new(),
            history: Vec::new(),
            at: None,
            draft: String::new(),
            offered: Vec::new(),
            chosen: None,
            closed: false,
            offered_for: String::new(),
            list: Rect::NOTHING,
            wants_focus: false,
            asked: Vec::new(),
            helped: Vec::new(),
        }
    }
}

impl RawCommand {
    /// Gives the keyboard to the field.
    pub fn focus(&mut self) {
        self.wants_focus = true;
    }

    /// A command is sent to `site`: where it asks which commands there are, the answer is learned.
    pub fn note(&mut self, command: &str, ticket: Ticket, site: &Arc<Site>) {
        if let Some(before) = verb::asks_for_help(command) {
            self.asked.push((ticket, site.clone(), before));
        }
    }

    /// Learns from answers that have come.
    pub fn learn(&mut self, finished: &VecDeque<Finished>) {
        if self.asked.is_empty() {
            return;
        }
        for end in finished {
            let Some(at) = self.asked.iter().position(|(ticket, ..)| *ticket == end.ticket) else { continue };
            let (_, site, before) = self.asked.remove(at);
            let Ok(Report::Replies(replies)) = &end.result else { continue };
            let at = self.helped.iter().position(|(known, _)| *known == site);
            let mut known = at.map_or_else(BTreeSet::new, |at| self.helped.remove(at).1);
            known.extend(replies.iter().flat_map(|reply| verb::listed(reply, before)));
            self.helped.push((site, known));
            if self.helped.len() > SERVERS {
                self.helped.remove(0);
            }
            self.offered_for.clear();
        }
    }

    /// Draws the field for a `server`, or where nothing is `connected`; answers with a command that is to be sent.
    pub fn ui(&mut self, ui: &mut Ui, connected: bool, server: Option<&Server>) -> Option<String> {
        let mut sent = None;
        if self.offered_for != self.typed {
            let (features, none) = (server.map_or(&[][..], |server| &server.features), BTreeSet::new());
            let known = server.and_then(|server| self.helped.iter().find(|(site, _)| *site == server.site));
            self.offered = verb::completions(&self.typed, features, known.map_or(&none, |(_, known)| known));
            self.offered.truncate(OFFERED);
            self.offered_for.clone_from(&self.typed);
            // What comes out of the history is whole, and the arrow keys go on in it.
            (self.chosen, self.closed) = (None, self.at.is_some_and(|at| self.history[at] == self.typed));
        }
        let warned = warning(&self.typed).map(|words| {
            let color = theme::of(ui).transient;
            let strip = ui.horizontal(|ui| {
                ui.set_height(theme::HEADER);
                ui.add_space(theme::TIGHT);
                ui.label(icons::WARNING.text().color(color));
                ui.add(Label::new(RichText::new(words).font(theme::small()).color(color)).truncate());
            });
            strip.response.rect
        });
        ui.horizontal(|ui| {
            ui.spacing_mut().item_spacing.x = theme::TIGHT;
            let color = theme::of(ui).secondary;
            let hint =
                if connected { "Send a command, such as STAT or SITE HELP" } else { "Connect to send a command" };
            let width = ui.available_width() - theme::ICON_BUTTON - theme::TIGHT;
            // By a name of its own: it must not lose the keyboard when the warning comes in above it.
            let id = Id::unique("raw command");
            if ui.memory(|memory| memory.has_focus(id)) {
                self.complete_by_key(ui, id);
                self.escape(ui, id);
            }
            let offers = self.offers();
            let field = TextEdit::singleline(&mut self.typed)
                .id(id)
                .lock_focus(offers)
                .font(theme::mono())
                .hint_text(hint)
                .prefix(icons::TERMINAL.text().color(color))
                .margin(egui::Margin::symmetric(6, 3));
            let size = Vec2::new(width, 24.0);
            let response = ui.add_enabled_ui(connected, |ui| ui.add_sized(size, field)).inner;
            let response = response.accessible_name("Command to send");
            ring_field(ui, &response);
            if std::mem::take(&mut self.wants_focus) {
                response.request_focus();
            }
            if response.has_focus() {
                self.keys(ui, id);
                let filter = EventFilter { tab: offers, ..KEYS };
                ui.memory_mut(|memory| memory.set_focus_lock_filter(id, filter));
            }
            self.offer(ui, &response, warned);
            let enter = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            let ready = connected && !self.typed.trim().is_empty();
            let click = icons::button_if(ui, icons::SEND, "Send the command", ready).clicked();
            if ready && (enter || click) {
                sent = Some(self.take());
                response.request_focus();
            }
        });
        sent
    }

    /// Whether something is offered to go on with.
    fn offers(&self) -> bool {
        !self.offered.is_empty() && !self.closed
    }

    /// Tab takes what is chosen of what is offered, else the first; Enter only what is chosen.
    fn complete_by_key(&mut self, ui: &Ui, id: Id) {
        if !self.offers() {
            return;
        }
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let taken = if pressed(Key::Tab) || (self.chosen.is_some() && pressed(Key::Enter)) {
            self.offered.get(self.chosen.unwrap_or(0))
        } else {
            None
        };
        if let Some(taken) = taken {
            self.typed = format!("{} ", taken.typed);
            self.go_to_end(ui, id);
        }
    }

    /// Escape puts away what is offered, then what is typed, and only then leaves the field.
    fn escape(&mut self, ui: &Ui, id: Id) {
        if !ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Escape)) {
            return;
        }
        if !self.closed && (!self.offered.is_empty() || verb::help(&self.typed).is_some()) {
            self.closed = true;
        } else if !self.typed.is_empty() {
            self.typed.clear();
            self.at = None;
        } else {
            ui.memory_mut(|memory| memory.surrender_focus(id));
        }
    }

    fn go_to_end(&self, ui: &Ui, id: Id) {
        let mut state = TextEditState::load(ui, id).unwrap_or_default();
        state.cursor.set_char_range(Some(CCursorRange::one(CCursor::new(self.typed.chars().count()))));
        state.store(ui, id);
    }

    /// Draws what the typed text can become, or how the verb is used that stands there; above the warning, where one is.
    fn offer(&mut self, ui: &Ui, field: &Response, warned: Option<Rect>) {
        let whole = verb::help(&self.typed).filter(|_| self.offered.is_empty());
        // A press on the list takes the keyboard from the field before it becomes a click.
        let (pointer, busy) = ui.input(|input| {
            (input.pointer.latest_pos(), input.pointer.primary_down() || input.pointer.primary_released())
        });
        let pressed = busy && pointer.is_some_and(|pointer| self.list.contains(pointer));
        let open = (field.has_focus() || pressed) && !self.closed && (!self.offered.is_empty() || whole.is_some());
        let mut taken = None;
        let under = warned.map_or(field.rect, |warned| field.rect.with_min_y(warned.top()));
        let popup = Popup::from_response(field).id(field.id.with("offered")).open(open).align(RectAlign::TOP_START);
        let popup = popup.anchor(under);
        let shown = popup.close_behavior(PopupCloseBehavior::IgnoreClicks).show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            if let Some(verb) = whole {
                row(ui, (verb.name, verb.arguments), verb.help, "", false);
            }
            for (index, offered) in self.offered.iter().enumerate() {
                let known = match offered.named {
                    Some(Named::Feat) => "In FEAT",
                    Some(Named::Help) => "In HELP",
                    None => "",
                };
                let chosen = self.chosen == Some(index);
                if row(ui, (&offered.typed, offered.arguments), offered.help, known, chosen).clicked() {
                    taken = Some(format!("{} ", offered.typed));
                }
            }
        });
        self.list = shown.map_or(Rect::NOTHING, |shown| shown.response.rect);
        if let Some(typed) = taken {
            self.typed = typed;
            self.go_to_end(ui, field.id);
            field.request_focus();
        }
    }

    /// What was typed; it enters the history.
    fn take(&mut self) -> String {
        let typed = std::mem::take(&mut self.typed).trim().to_owned();
        self.history.retain(|other| *other != typed);
        self.history.push(typed.clone());
        if self.history.len() > HISTORY {
            self.history.remove(0);
        }
        self.at = None;
        self.draft.clear();
        typed
    }

    /// The arrow keys move in what is offered, else in the history.
    fn keys(&mut self, ui: &Ui, id: Id) {
        let pressed = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        let step = match (pressed(Key::ArrowUp), pressed(Key::ArrowDown)) {
            (true, _) if self.offers() => return self.choose(false),
            (_, true) if self.offers() => return self.choose(true),
            (true, _) => Self::older,
            (_, true) => Self::newer,
            _ => return,
        };
        step(self);
        self.go_to_end(ui, id);
    }

    /// Chooses the next of what is offered, or the one before; beyond either end none is chosen.
    fn choose(&mut self, next: bool) {
        let last = self.offered.len().checked_sub(1);
        self.chosen = match self.chosen {
            None if next => Some(0),
            None => last,
            Some(at) if next => Some(at + 1).filter(|at| Some(*at) <= last),
            Some(at) => at.checked_sub(1),
        };
    }

    fn older(&mut self) {
        let last = self.at.unwrap_or(self.history.len());
        if let Some(at) = last.checked_sub(1) {
            if self.at.is_none() {
                self.draft.clone_from(&self.typed);
            }
            self.at = Some(at);
            self.typed.clone_from(&self.history[at]);
        }
    }

    /// Behind the newest of the history comes what was typed before.
    fn newer(&mut self) {
        let Some(at) = self.at else { return };
        self.at = Some(at + 1).filter(|at| *at < self.history.len());
        self.typed = self.at.map_or_else(|| std::mem::take(&mut self.draft), |at| self.history[at].clone());
    }
}

/// A command, how it is used, what it does, and how it is `known` that the server knows it; perhaps `chosen` by key.
pub(super) fn row(ui: &mut Ui, (name, arguments): (&str, &str), help: &str, known: &str, chosen: bool) -> Response {
    let palette = theme::of(ui);
    // All rows are as wide as the widest so far, so that what stands at their ends is in line.
    let widest = Id::unique("the widest row of completions");
    let width = ui.data(|data| data.get_temp(widest)).unwrap_or(ROW);
    let mut text = egui::Atoms::new(RichText::new(name).font(theme::mono()).color(palette.text));
    if !arguments.is_empty() {
        text.push_right(RichText::new(arguments).font(theme::mono()).color(palette.secondary));
    }
    text.push_right(RichText::new(help).font(theme::small()).color(palette.secondary));
    let button =
        Button::new(text).gap(theme::GAP).frame_when_inactive(chosen).min_size(Vec2::new(width, theme::CONTROL));
    let button = button.selected(chosen).wrap_mode(TextWrapMode::Extend);
    let button = button.shortcut_text(RichText::new(known).font(theme::small()).color(palette.completion));
    let words = [name, arguments, help].into_iter().filter(|words| !words.is_empty()).collect::<Vec<_>>().join(" ");
    let response = ui.add(button).accessible_name(words);
    if response.rect.width() > width + 0.5 {
        ui.data_mut(|data| data.insert_temp(widest, response.rect.width()));
        ui.request_repaint();
    }
    response
}

/// What to know before a command is sent that changes how the connection behaves.
fn warning(typed: &str) -> Option<&'static str> {
    let verb = typed.split_whitespace().next()?.to_ascii_uppercase();
    Some(match verb.as_str() {
        "TYPE" | "MODE" | "STRU" => "It changes how data are sent, until Longshore sets it again for its own transfer.",
        "REST" => "It changes where the next transfer on this connection begins.",
        "PORT" | "EPRT" | "PASV" | "EPSV" => "It prepares a data connection that no command of Longshore will use.",
        "RNFR" => "The server expects RNTO as the very next command.",
        "USER" | "PASS" | "ACCT" | "REIN" => "It changes who is logged in; what is shown may no longer be true.",
        "PROT" | "PBSZ" => "It changes whether data are encrypted.",
        "AUTH" | "CCC" => {
            "The server changes to TLS or leaves it, and Longshore does not follow: the connection breaks."
        }
        "RETR" | "STOR" | "APPE" | "STOU" | "LIST" | "NLST" | "MLSD" => {
            "It needs a data connection, and a typed command gets none."
        }
        "QUIT" => "It ends the connection.",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_change_the_connection_are_warned_of() {
        assert!(warning(" type A").is_some_and(|words| words.contains("how data are sent")));
        assert!(["RNFR x", "ccc", "AUTH TLS", "LIST"].into_iter().all(|typed| warning(typed).is_some()));
        assert_eq!([warning("STAT"), warning("TYPED"), warning("")], [None; 3]);
    }

    #[test]
    fn what_was_typed_comes_back_behind_the_history() {
        let mut command = RawCommand { typed: "PWD".into(), ..RawCommand::default() };
        command.take();
        command.typed = "SITE".into();
        command.newer();
        assert_eq!(command.typed, "SITE", "there is nothing newer");
        command.older();
        assert_eq!(command.typed, "PWD");
        command.newer();
        assert_eq!((command.typed.as_str(), command.at), ("SITE", None));
    }

    #[test]
    fn the_history_goes_back_and_forth() {
        let mut command = RawCommand::default();
        for typed in ["PWD", " SYST ", "PWD"] {
            command.typed = typed.to_owned();
            command.take();
        }
        assert_eq!(command.history, ["SYST", "PWD"]);
        let mut seen = Vec::new();
        for step in [RawCommand::older, RawCommand::older, RawCommand::older, RawCommand::newer, RawCommand::newer] {
            step(&mut command);
            seen.push(command.typed.clone());
        }
        assert_eq!(seen, ["PWD", "SYST", "SYST", "PWD", ""]);
    }
}
