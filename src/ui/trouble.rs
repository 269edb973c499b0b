//! What a pane says where it has no rows to show, or not those that were asked for.

use eframe::egui::{Align, Frame, Layout, Margin, Rect, RichText, Ui, UiBuilder, vec2};

use crate::model::{ConnectionState, Failure, Place};

use super::menu::Item;
use super::mirror::Tab;
use super::pane::{Env, PaneView, Want};
use super::view::Side;
use super::{icons, text, theme};

/// What is wrong with a pane, in words, and what can be done.
pub struct Trouble {
    what: String,
    why: String,
    again: Option<(&'static str, Want)>,
    waiting: bool,
    /// It is only about a folder that is not shown.
    passing: bool,
}

/// What is wrong now.
pub fn trouble(pane: &PaneView, tab: &Tab) -> Option<Trouble> {
    let say = |failure: &Failure, again| Trouble {
        what: failure.what.clone(),
        why: failure.why.clone(),
        again: Some(again),
        waiting: false,
        passing: false,
    };
    let passing = |failure: &Failure, place| {
        let put_away = pane.put_away == Some(pane.answers(tab));
        let passing = pane.here().is_some();
        (!put_away || !passing).then(|| Trouble { passing, ..say(failure, ("Try again", Want::Go(place))) })
    };
    if pane.side == Side::Local {
        let (path, failure) = tab.local_failure.as_ref()?;
        return passing(failure, Place::Local(path.clone()));
    }
    match &tab.state {
        ConnectionState::Waiting { failure, seconds } => Some(Trouble {
            what: failure.what.clone(),
            why: format!("{}. Trying again in {seconds} s.", failure.why.trim_end_matches('.')),
            again: Some(("Now", Want::Reconnect)),
            waiting: true,
            passing: false,
        }),
        ConnectionState::Disconnected(Some(failure)) if pane.here().is_some() => {
            Some(say(failure, ("Reconnect", Want::Reconnect)))
        }
        ConnectionState::Connected(_) => {
            let Some((path, failure)) = tab.remote_failure.as_ref() else { return wrong_charset(pane, tab) };
            passing(failure, Place::Remote(path.clone()))
        }
        _ => None,
    }
}

/// Names that are not UTF-8, and what they look like.
fn wrong_charset(pane: &PaneView, tab: &Tab) -> Option<Trouble> {
    let charset = tab.remote.as_ref()?.guess?;
    if pane.declined.is_some() && pane.declined.as_ref() == tab.server.as_ref().map(|server| &server.site) {
        return None;
    }
    Some(Trouble {
        what: format!("Names are not UTF-8; read them as {charset}?"),
        why: "That is what they look like. The charset of the site is set, and the tab connects again.".to_owned(),
        again: Some(("Read so", Want::Charset(charset))),
        waiting: true,
        passing: true,
    })
}

/// Draws a strip with what is wrong on top of `body`; returns where what is left of it begins.
pub fn strip_ui(ui: &mut Ui, body: Rect, trouble: &Trouble, env: &mut Env<'_>) -> f32 {
    let palette = theme::of(ui);
    let color = if trouble.waiting { palette.transient } else { palette.permanent };
    let area = Rect::from_min_size(body.min, vec2(body.width(), 0.0));
    let strip = ui.scope_builder(UiBuilder::new().max_rect(area).id_salt("trouble"), |ui| {
        Frame::new().fill(palette.tint(color)).inner_margin(Margin::symmetric(12, 6)).show(ui, |ui| {
            ui.horizontal(|ui| {
                ui.label(icons::ERROR.text().color(color));
                let logged = env.side == Side::Remote;
                let buttons = [trouble.passing, logged].into_iter().filter(|shown| *shown).count() as f32;
                let room = ui.available_width() - 96.0 - buttons * (theme::ICON_BUTTON + theme::GAP);
                ui.vertical(|ui| {
                    ui.set_max_width(room);
                    ui.spacing_mut().item_spacing.y = 0.0;
                    ui.label(RichText::new(text::visible(&trouble.what)).font(theme::medium()));
                    ui.label(RichText::new(text::visible(&trouble.why)).font(theme::small()).color(palette.secondary));
                });
                ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                    let away = format!("Put away ({})", env.side.title().to_lowercase());
                    if trouble.passing && icons::button(ui, icons::CLOSE, &away).clicked() {
                        env.wants.push(Want::PutAway);
                    }
                    if let Some((label, want)) = &trouble.again
                        && ui.button(*label).clicked()
                    {
                        env.wants.push(want.clone());
                    }
                    if logged && icons::button(ui, icons::LOG, Item::ShowInLog.text()).clicked() {
                        env.items.push((env.side, Item::ShowInLog));
                    }
                });
            });
        });
    });
    strip.response.rect.bottom()
}

/// What a pane without a folder says: what to do next.
pub fn empty_ui(ui: &mut Ui, body: Rect, tab: Option<&Tab>, env: &mut Env<'_>) {
    let palette = theme::of(ui);
    let state = tab.map(|tab| &tab.state);
    let area = Rect::from_center_size(body.center(), vec2((body.width() - 48.0).min(440.0), 120.0));
    // In a low pane it begins below the heading all the same.
    let area = area.translate(vec2(0.0, (body.top() + theme::GAP - area.top()).max(0.0)));
    ui.scope_builder(UiBuilder::new().max_rect(area).layout(Layout::top_down(Align::Center)).id_salt("empty"), |ui| {
        match (env.side, state) {
            (Side::Local, _) if tab.is_some_and(|tab| tab.local_failure.is_some()) => {}
            (Side::Local, _) => {
                ui.label(RichText::new("Opening the folder…").color(palette.secondary));
            }
            (Side::Remote, Some(ConnectionState::Connecting(step))) => {
                ui.label(RichText::new(text::visible(step)).color(palette.secondary));
            }
            (Side::Remote, Some(ConnectionState::Disconnected(Some(failure)))) => {
                ui.label(icons::UNPLUG.text().color(palette.permanent));
                ui.label(RichText::new(text::visible(&failure.what)).font(theme::strong()));
                ui.label(RichText::new(text::visible(&failure.why)).color(palette.secondary));
                ui.add_space(theme::GAP);
                if theme::primary(ui, "Reconnect").clicked() {
                    env.wants.push(Want::Reconnect);
                }
                ui.add_space(theme::TIGHT);
                if ui.link(Item::ShowInLog.text()).clicked() {
                    env.items.push((env.side, Item::ShowInLog));
                }
            }
            (Side::Remote, Some(ConnectionState::Connected(_)))
                if tab.is_some_and(|tab| tab.remote_failure.is_some()) => {}
            (Side::Remote, Some(ConnectionState::Connected(_))) => {
                ui.label(RichText::new("Opening the folder…").color(palette.secondary));
            }
            (Side::Remote, _) => {
                ui.label(RichText::new("Type a host above, or open a site").color(palette.secondary));
                ui.add_space(theme::GAP);
                if ui.button("Open a site").clicked() {
                    env.wants.push(Want::Sites);
                }
            }
        }
    });
}
