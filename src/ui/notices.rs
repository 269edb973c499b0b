//! The strip under the toolbar: what has to be said and has no row of its own. One at a time, until it is put away.

use eframe::egui::text::{LayoutJob, TextFormat};
use eframe::egui::{Align, Layout, Rect, RichText, Ui, UiBuilder, vec2};

use super::mirror::{Mirror, Notice, Word};
use super::view::View;
use super::{icons, text, theme, transcript_line};

const NO_VAULT: &str = "No password vault can be used on this system: passwords are kept until you quit";

/// What the strip shows now, and how many more there are.
pub fn current<'a>(mirror: &'a Mirror, view: &View) -> Option<(&'a Notice, usize)> {
    let seen = |notice: &&Notice| notice.tab.is_none_or(|tab| tab == view.tab) && !view.put_away.contains(&notice.id);
    let newest = mirror.notices.iter().rev().find(seen)?;
    Some((newest, mirror.notices.iter().filter(seen).count() - 1))
}

/// Whether the strip is there.
pub fn is_shown(mirror: &Mirror, view: &View) -> bool {
    view.quick().mistake.is_some() || current(mirror, view).is_some()
}

/// Draws the strip into `rect`.
pub fn notice_ui(ui: &mut Ui, rect: Rect, mirror: &Mirror, view: &mut View) {
    let palette = theme::of(ui);
    let notice = current(mirror, view).map(|(notice, more)| (notice.id, notice.word.clone(), more));
    let mistake = view.quick().mistake.clone();
    let (icon, color, what, why) = match (mistake, &notice) {
        (Some(mistake), _) => (icons::WARNING, palette.transient, "This is no address", mistake),
        (None, Some((_, Word::Failure(failure), _))) => {
            (icons::ERROR, palette.permanent, failure.what.as_str(), failure.why.clone())
        }
        (None, Some((_, Word::Text(text), _))) if text.starts_with(transcript_line::WARNING) => {
            (icons::WARNING, palette.transient, text.as_str(), String::new())
        }
        (None, Some((_, Word::Text(text), _))) => (icons::INFO, palette.preliminary, text.as_str(), String::new()),
        (None, Some((_, Word::NoVault(_), _))) => (icons::INFO, palette.preliminary, NO_VAULT, String::new()),
        (None, None) => return,
    };
    ui.painter().rect_filled(rect, 0, palette.tint(color));
    let inner = rect.shrink2(vec2(theme::PAD, 0.0));
    let mut put_away = false;
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout).id_salt("notice"), |ui| {
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            put_away = icons::button(ui, icons::CLOSE, "Put away").clicked();
            if let Some((_, _, more @ 1..)) = notice {
                ui.label(RichText::new(format!("{more} more")).font(theme::small()).color(palette.secondary));
            }
            // What is left of the width is the words'; what has no room is said under the pointer.
            ui.with_layout(layout, |ui| {
                ui.label(icon.text().color(color));
                let (what, why) = (text::visible(what), text::visible(&why));
                let mut words = LayoutJob::default();
                words.append(&what, 0.0, TextFormat::simple(theme::medium(), palette.text));
                if !why.is_empty() {
                    words.append(&why, theme::GAP, TextFormat::simple(theme::body(), palette.secondary));
                }
                let whole = match &notice {
                    // The vault's words are for who can mend it.
                    Some((_, Word::NoVault(why), _)) => format!("{what}\n{}", text::visible(why)),
                    _ if why.is_empty() => what.into_owned(),
                    _ => format!("{what}: {why}"),
                };
                ui.add(eframe::egui::Label::new(words).truncate()).on_hover_text(whole);
            });
        });
    });
    if put_away
        && view.current().quick.mistake.take().is_none()
        && let Some((id, ..)) = notice
    {
        view.put_away.retain(|id| mirror.notices.iter().any(|notice| notice.id == *id));
        view.put_away.insert(id);
    }
}
