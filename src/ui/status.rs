//! The status bar: how the connection is, how fast data move, what is left.

use std::time::{Duration, Instant};

use eframe::egui::{Align, Color32, Layout, Rect, Response, RichText, Stroke, Ui, UiBuilder, vec2};

use crate::model::event::Server;
use crate::model::{AfterLast, ConnectionState, Course, TabId};

use super::mirror::Mirror;
use super::{icons, text, theme};

/// A speed that falls is looked at again after this.
const SETTLES: Duration = Duration::from_millis(500);

/// Draws the status bar into `rect`.
pub fn status_ui(ui: &mut Ui, rect: Rect, mirror: &Mirror, tab: TabId) {
    let palette = theme::of(ui);
    ui.painter().rect_filled(rect, 0, palette.window);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, palette.line));
    let inner = rect.shrink2(vec2(theme::PAD, 0.0));
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout).id_salt("status"), |ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let idle = mirror.tab(tab).is_some_and(|tab| tab.idle);
        match mirror.tab(tab).map(|tab| &tab.state) {
            Some(ConnectionState::Connected(_)) if idle => {
                word(ui, "Not connected");
                dot(ui);
                word(ui, "connects again when needed")
                    .on_hover_text("The connection was closed while nothing was asked");
            }
            Some(ConnectionState::Connected(server)) => {
                server_ui(ui, server);
                limit_ui(ui, mirror, server);
            }
            Some(ConnectionState::Connecting(step)) => {
                word(ui, &text::visible(step));
            }
            Some(ConnectionState::Waiting { seconds, .. }) => {
                word(ui, &format!("Waiting {seconds} s to connect again"));
            }
            Some(ConnectionState::Disconnected(_)) | None => {
                word(ui, "Not connected");
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| totals_ui(ui, mirror));
    });
}

fn server_ui(ui: &mut Ui, server: &Server) {
    let palette = theme::of(ui);
    if let Some(tls) = &server.tls {
        let clear = [
            (tls.control_clear, "control connection not encrypted", "CCC: commands and names can be read on the way"),
            (
                server.site.clear_data,
                "data connections not encrypted",
                "PROT C: files and lists can be read on the way",
            ),
        ];
        let (icon, color) = if clear.iter().any(|(clear, ..)| *clear) {
            (icons::UNLOCK, palette.transient)
        } else {
            (icons::LOCK, palette.completion)
        };
        mark(ui, icon, color);
        let vouched =
            if tls.by_person { "You trust its certificate" } else { "Its certificate is trusted by this system" };
        let hover = format!("{}\n{vouched}\nSHA-256 {}", tls.cipher, tls.sha256);
        word(ui, &tls.version).on_hover_text(hover);
        for (_, words, hover) in clear.into_iter().filter(|(clear, ..)| *clear) {
            dot(ui);
            word(ui, words).on_hover_text(hover);
        }
    } else {
        mark(ui, icons::UNLOCK, palette.transient);
        word(ui, "Not encrypted").on_hover_text("Passwords and files can be read on the way");
    }
    dot(ui);
    word(ui, &server.listing).on_hover_text("How folders are listed");
    dot(ui);
    word(ui, &server.encoding).on_hover_text("Charset of names");
    if server.round_trip > 0 {
        dot(ui);
        word(ui, &format!("{} ms", server.round_trip)).on_hover_text("From a command to its reply");
    }
    if !server.system.is_empty() {
        dot(ui);
        word(ui, &text::visible(&server.system)).on_hover_text(text::visible(&server.address));
    }
}

/// How many connections the server takes.
fn limit_ui(ui: &mut Ui, mirror: &Mirror, server: &Server) {
    if let Some(limit) = mirror.limits.get(&(server.site.host.clone(), server.site.port())) {
        dot(ui);
        let words = text::count(u64::from(*limit), "transfer", "transfers");
        word(ui, &format!("takes {words} at once")).on_hover_text(
            "The server refused more connections. That is remembered, and after five minutes it is asked for more.",
        );
    }
}

/// From right to left.
fn totals_ui(ui: &mut Ui, mirror: &Mirror) {
    let (totals, now) = (&mirror.totals, Instant::now());
    let ended = [Course::Upload, Course::Download].map(|course| mirror.ended.rate(course, now));
    if ended != [0; 2] {
        // No event tells that it is over.
        ui.ctx().request_repaint_after(SETTLES);
    }
    let [up, down] = [totals.up.saturating_add(ended[0]), totals.down.saturating_add(ended[1])];
    if totals.rows > 0 {
        let rate = down.saturating_add(up);
        // Where all wait for a person, nobody can tell how long that takes.
        let moves = totals.running == 0 || totals.asking < totals.running;
        let left = totals.bytes.checked_div(rate).filter(|_| moves);
        let left = left.map(|seconds| format!(", {}", text::duration(seconds)));
        let then = match mirror.after_last {
            AfterLast::Nothing => String::new(),
            choice => format!(", then: {}", choice.name().to_lowercase()),
        };
        let left = format!("{} left{}{then}", text::grouped(totals.rows as u64), left.unwrap_or_default());
        word(ui, &left).on_hover_text(text::exact_size(totals.bytes));
        ui.add_space(theme::GAP);
    }
    for (icon, rate, what) in [(icons::UP, up, "Upload"), (icons::DOWN, down, "Download")] {
        let shown = text::rate(rate);
        word(ui, &shown).accessible_name(format!("{what} {shown}")).on_hover_text(what);
        mark(ui, icon, theme::of(ui).secondary);
        ui.add_space(theme::TIGHT);
    }
}

fn word(ui: &mut Ui, words: &str) -> Response {
    let text = RichText::new(words).font(theme::small()).color(theme::of(ui).secondary);
    ui.add(eframe::egui::Label::new(text).truncate())
}

fn dot(ui: &mut Ui) {
    word(ui, "·");
}

fn mark(ui: &mut Ui, icon: icons::Icon, color: Color32) {
    let (rect, _) = ui.allocate_exact_size(vec2(theme::ICON_SMALL + 2.0, theme::STATUS), eframe::egui::Sense::hover());
    icon.paint_small(ui.painter(), rect.center(), color);
}
