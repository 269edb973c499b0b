//! About Longshore.

use eframe::egui::{Context, RichText};

use crate::ui::theme;

use super::frame::{self, MainButton, Opening};

/// Draws it; `true` when it is to be closed.
pub fn about_ui(ctx: &Context, opening: &mut Opening) -> bool {
    let mut foot = None;
    let escaped = frame::show(ctx, "Longshore", 380.0, |ui| {
        let palette = theme::of(ui);
        ui.label(RichText::new(concat!("Version ", env!("CARGO_PKG_VERSION"))).color(palette.secondary));
        ui.label(concat!(env!("CARGO_PKG_DESCRIPTION"), "."));
        frame::remark(ui, "Licensed under MIT or Apache-2.0, as you like.");
        frame::remark(ui, "Typefaces: Inter and JetBrains Mono (SIL Open Font License). Icons: Lucide (ISC).");
        let main = MainButton { focus: opening.is_now(ui), ..MainButton::new("Close") };
        foot = frame::foot(ui, "Copy version", main, |_| {});
    });
    if foot == Some(frame::Foot::Cancel) {
        ctx.copy_text(concat!("Longshore ", env!("CARGO_PKG_VERSION")).to_owned());
        return false;
    }
    foot.is_some() || escaped
}
