//! What a reply means, in words: what rules have found, with a button for each remedy, and what the code says by itself.

use eframe::egui::{self, Button, Label, RichText, Ui};

use crate::model::code::Explanation;
use crate::model::{Exchange, Finding, Remedy};

use super::mirror::Mirror;
use super::transcript_details::{heading, paragraph};
use super::{remedy, theme};

/// Draws what was found; answers with the remedy that a person chose.
pub fn findings_ui(ui: &mut Ui, mirror: &Mirror, exchange: &Exchange, findings: &[Finding]) -> Option<Remedy> {
    let mut chosen = None;
    for finding in findings {
        let palette = theme::of(ui);
        ui.add_space(theme::TIGHT);
        let frame = egui::Frame::NONE.fill(palette.raised).corner_radius(theme::CORNER).inner_margin(theme::GAP);
        frame.show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.label(RichText::new("What happened").font(theme::medium()));
            paragraph(ui, &finding.said);
            for remedy in &finding.remedies {
                let hindrance = remedy::hindrance(*remedy, exchange, mirror);
                let button = Button::new(remedy.words()).wrap().min_size(egui::vec2(0.0, theme::CONTROL));
                let response = ui.add_enabled(hindrance.is_none(), button);
                let response = response.on_disabled_hover_text(hindrance.unwrap_or_default());
                super::dialog::frame::ring(ui, &response);
                if response.clicked() {
                    chosen = Some(*remedy);
                }
            }
            ui.add(Label::new(RichText::new(finding.source).font(theme::small()).color(palette.secondary)).wrap());
        });
    }
    chosen
}

/// Draws what is known of the code.
pub fn explained_ui(ui: &mut Ui, explanation: &Explanation) {
    let palette = theme::of(ui);
    if let Some(known) = explanation.known {
        for (title, words) in
            [("What it means", known.meaning), ("Likely cause", known.cause), ("What to do", known.remedy)]
        {
            if !words.is_empty() {
                heading(ui, title);
                paragraph(ui, words);
            }
        }
    }
    heading(ui, "How the digits read");
    let mut digit = |number: u16, words: &str| {
        ui.horizontal_top(|ui| {
            let color = palette.of_code(explanation.code);
            ui.label(RichText::new(number.to_string()).font(theme::mono_strong()).color(color));
            ui.add(Label::new(RichText::new(words).font(theme::small())).wrap());
        });
    };
    digit(explanation.code / 100, explanation.class.map_or("No class that FTP knows.", |class| class.meaning()));
    if let Some(group) = explanation.group {
        digit(explanation.code / 10 % 10, group.meaning());
    }
}
