//! A certificate that nothing vouches for: who it says it is, what to compare, and whether to trust it.

use eframe::egui::{Button, CollapsingHeader, Context, Frame, Label, Margin, RichText, ScrollArea, Ui, Vec2};

use crate::model::Answer;
use crate::model::question::{Certificate, CertificateDoubt};
use crate::ui::{icons, text, theme};

use super::frame::{self, Foot, MainButton, Opening};

/// Hexadecimal digits of a fingerprint in one group, and groups in a line.
const GROUP: usize = 4;
const GROUPS: usize = 8;

/// Draws the question; `None` while it is not answered.
pub fn certificate_ui(ctx: &Context, asked: &CertificateDoubt, opening: &mut Opening) -> Option<Answer> {
    let changed = asked.previously.is_some();
    let title = if changed { "The server’s certificate has changed" } else { "Do you trust this server?" };
    let mut answer = None;
    let escaped = frame::show(ctx, title, 560.0, |ui| {
        ui.horizontal_wrapped(|ui| {
            // The two labels are one sentence.
            ui.spacing_mut().item_spacing.x = 4.0;
            ui.label(format!("The certificate of {}:{} is not trusted: it", asked.host, asked.port));
            ui.label(RichText::new(&*text::visible(&asked.problem)).font(theme::medium()));
        });
        if let Some(previous) = &asked.previously {
            alarm(ui, previous);
        }
        let own = asked.chain.first().cloned().unwrap_or_default();
        frame::remark(ui, "Compare this fingerprint (SHA-256) with what the administrator tells you:");
        fingerprint(ui, &own.sha256);
        facts(ui, &own);
        if asked.chain.len() > 1 {
            let rest = format!("The whole chain, {} certificates", asked.chain.len());
            CollapsingHeader::new(rest).icon(icons::fold).show(ui, |ui| {
                ScrollArea::vertical().max_height(180.0).show(ui, |ui| {
                    for certificate in &asked.chain {
                        facts(ui, certificate);
                        fingerprint(ui, &certificate.sha256);
                        ui.separator();
                    }
                });
            });
        }
        let focus = opening.is_seen(ui);
        answer = buttons(ui, changed, focus, opening.is_over());
    });
    answer.or_else(|| escaped.then_some(Answer::Refuse))
}

/// The main button is never one that trusts for good: Enter may come from a hand that was typing. Where a certificate was
/// trusted and is another one now, it refuses.
fn buttons(ui: &mut Ui, changed: bool, focus: bool, enter: bool) -> Option<Answer> {
    let mut answer = None;
    let small = |ui: &mut Ui, text: &str| ui.add(Button::new(text).min_size(Vec2::new(84.0, theme::CONTROL))).clicked();
    let main = MainButton { focus, enter, ..MainButton::new(if changed { "Do not connect" } else { "Trust once" }) };
    let cancel = if changed { "Trust the new one" } else { "Do not connect" };
    let foot = frame::foot(ui, cancel, main, |ui| {
        if small(ui, if changed { "Trust once" } else { "Always trust" }) {
            answer = Some(Answer::Trust { remember: !changed });
        }
    });
    match foot {
        Some(Foot::Main) if !changed => Some(Answer::Trust { remember: false }),
        Some(Foot::Cancel) if changed => Some(Answer::Trust { remember: true }),
        Some(_) => Some(Answer::Refuse),
        None => answer,
    }
}

fn alarm(ui: &mut Ui, previous: &str) {
    let palette = theme::of(ui);
    let frame = Frame::NONE.fill(palette.tint(palette.permanent)).corner_radius(theme::CORNER);
    frame.inner_margin(Margin::same(10)).show(ui, |ui| {
        ui.take_available_width();
        ui.horizontal_top(|ui| {
            ui.label(icons::SHIELD_ALERT.text().color(palette.permanent));
            let words = "You trusted another certificate for this server before. Somebody may be listening in, or the \
                         administrator has renewed it. Connect only after you asked.";
            ui.add(Label::new(words).wrap());
        });
        frame::remark(ui, "Trusted before:");
        fingerprint(ui, previous);
    });
}

fn fingerprint(ui: &mut Ui, sha256: &str) {
    let text = grouped(sha256).join("\n");
    ui.horizontal_top(|ui| {
        ui.add(Label::new(RichText::new(text).font(theme::mono())).selectable(true));
        if icons::button(ui, icons::COPY, "Copy the fingerprint").clicked() {
            ui.ctx().copy_text(sha256.to_owned());
        }
    });
}

/// Lines of groups, of one width.
fn grouped(sha256: &str) -> Vec<String> {
    let digits: Vec<char> = sha256.chars().collect();
    let groups: Vec<String> = digits.chunks(GROUP).map(|group| group.iter().collect()).collect();
    groups.chunks(GROUPS).map(|line| line.join(" ")).collect()
}

fn facts(ui: &mut Ui, certificate: &Certificate) {
    ui.scope(|ui| {
        ui.spacing_mut().item_spacing.y = 2.0;
        ui.spacing_mut().interact_size.y = 18.0;
        let names = certificate.names.join(", ");
        let valid = format!("{} to {}", certificate.not_before, certificate.not_after);
        for (label, value) in [
            ("Subject", &certificate.subject),
            ("Names", &names),
            ("Valid from", &valid),
            ("Issuer", &certificate.issuer),
        ] {
            if !value.is_empty() {
                frame::wide_row(ui, label, |ui| {
                    ui.add(Label::new(&*text::visible(value)).selectable(true).truncate())
                        .on_hover_text(&*text::visible(value));
                });
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_stand_in_groups_of_one_width() {
        let lines = grouped(&"0123456789abcdef".repeat(4));
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0], "0123 4567 89ab cdef 0123 4567 89ab cdef");
        assert!(grouped("").is_empty());
    }
}
