//! Asks for a password.

use eframe::egui::{Context, Key, Label, Margin, RichText, TextEdit, Ui};

use crate::model::{Answer, Secret};
use crate::ui::{icons, marks, text, theme};

use super::frame::{self, Foot, MainButton, Opening};

/// What is being typed.
#[derive(Clone, Default)]
pub struct Typing {
    password: String,
    shown: bool,
    remember: bool,
    opening: Opening,
}

impl std::fmt::Debug for Typing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Typing(****)")
    }
}

impl Typing {
    /// Draws the question whose password `of` is; `None` while it is not answered.
    pub fn ui(&mut self, ctx: &Context, of: &str, user: Option<&str>, refused: Option<&str>) -> Option<Answer> {
        let mut foot = None;
        let escaped = frame::show(ctx, &format!("Password for {of}"), 420.0, |ui| {
            if let Some(words) = refused {
                refusal(ui, words);
            }
            if let Some(user) = user {
                frame::wide_row(ui, "User", |ui| drop(ui.add(Label::new(&*text::visible(user)).truncate())));
            }
            let response = frame::row(ui, "Password", |ui| password_field(ui, &mut self.password, &mut self.shown, ""));
            // Enter in an empty field is a slip: who has no password presses the button. It brings the keyboard back.
            let nobody = ui.memory(|memory| memory.focused().is_none());
            let slip = self.password.is_empty() && nobody && ui.input(|input| input.key_pressed(Key::Enter));
            if self.opening.is_now(ui) || slip {
                response.request_focus();
            }
            frame::wide_row(ui, "", |ui| drop(marks::tick(ui, &mut self.remember, "Remember in the system’s vault")));
            let main = MainButton { enter: !self.password.is_empty(), ..MainButton::new("Connect") };
            foot = frame::foot(ui, "Cancel", main, |_| {});
        });
        match foot {
            Some(Foot::Main) => {
                let password = Secret::new(std::mem::take(&mut self.password));
                Some(Answer::Password { password, remember: self.remember })
            }
            Some(Foot::Cancel) => Some(Answer::Refuse),
            None => escaped.then_some(Answer::Refuse),
        }
    }
}

/// The server's words about the password before.
fn refusal(ui: &mut Ui, words: &str) {
    let color = theme::of(ui).permanent;
    ui.horizontal_top(|ui| {
        ui.label(icons::ERROR.text().color(color));
        ui.add(Label::new(RichText::new(&*text::visible(words)).color(color)).wrap());
    });
}

/// A field that hides what is typed until a person wants to see it.
pub fn password_field(ui: &mut Ui, password: &mut String, shown: &mut bool, hint: &str) -> eframe::egui::Response {
    let width = ui.available_width() - theme::ICON_BUTTON - theme::GAP;
    let field = TextEdit::singleline(password).password(!*shown).hint_text(hint.to_owned()).desired_width(width);
    let response = frame::ringed(ui, field.margin(Margin::symmetric(6, 4)));
    let (icon, name) = if *shown { (icons::EYE_OFF, "Hide the password") } else { (icons::EYE, "Show the password") };
    if icons::button(ui, icon, name).clicked() {
        *shown = !*shown;
    }
    response
}
