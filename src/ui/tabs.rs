//! The row of tabs: one server each.

use eframe::egui::{
    self, Align, CornerRadius, Layout, PointerButton, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, UiBuilder,
    WidgetInfo, pos2, vec2,
};

use crate::model::{ConnectionState, TabId};

use super::mirror::{Mirror, Tab};
use super::view::View;
use super::{icons, paint, text, theme};

/// The widest tab.
const WIDEST: f32 = 200.0;
/// The narrowest tab.
const NARROWEST: f32 = 96.0;

/// What a person wants of the tabs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Show it.
    Show(TabId),
    /// Close it.
    Close(TabId),
    /// Open one.
    New,
}

/// How a connection is, as a mark and in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mark {
    Connected,
    Under,
    Waiting,
    Failed,
    None,
}

impl Mark {
    fn of(tab: Option<&Tab>) -> Self {
        match tab.filter(|tab| !tab.idle).map(|tab| &tab.state) {
            Some(ConnectionState::Connected(_)) => Self::Connected,
            Some(ConnectionState::Connecting(_)) => Self::Under,
            Some(ConnectionState::Waiting { .. }) => Self::Waiting,
            Some(ConnectionState::Disconnected(Some(_))) => Self::Failed,
            Some(ConnectionState::Disconnected(None)) | None => Self::None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Under => "connecting",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
            Self::None => "not connected",
        }
    }

    /// Filled while connected, a ring otherwise: the colour only adds to it.
    fn paint(self, ui: &Ui, center: egui::Pos2) {
        let palette = theme::of(ui);
        let ring = |color| ui.painter().circle_stroke(center, 3.5, Stroke::new(1.5, color));
        match self {
            Self::Connected => ui.painter().circle_filled(center, 4.0, palette.completion),
            Self::Under => ring(palette.preliminary),
            Self::Waiting => ring(palette.transient),
            Self::Failed => ring(palette.permanent),
            Self::None => ring(palette.secondary.gamma_multiply(0.7)),
        };
    }
}

/// Draws the tabs into `rect`.
pub fn tabs_ui(ui: &mut Ui, rect: Rect, mirror: &Mirror, view: &View, wishes: &mut Vec<Wish>) {
    let inner = Rect::from_min_max(pos2(rect.left() + theme::GAP, rect.top()), rect.max);
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout).id_salt("tabs"), |ui| {
        ScrollArea::horizontal().id_salt("tabs").auto_shrink([false, false]).show(ui, |ui| {
            ui.spacing_mut().item_spacing.x = 2.0;
            for tab in &view.tabs {
                let mark = Mark::of(mirror.tab(tab.id));
                tab_ui(ui, tab.id, &tab.title(), mark, tab.id == view.tab, view.tabs.len() > 1, wishes);
            }
            ui.add_space(2.0);
            if icons::button(ui, icons::PLUS, "New tab").clicked() {
                wishes.push(Wish::New);
            }
        });
    });
}

fn tab_ui(ui: &mut Ui, id: TabId, title: &str, mark: Mark, active: bool, closable: bool, wishes: &mut Vec<Wish>) {
    let palette = theme::of(ui);
    let title = text::visible(title);
    let color = if active { palette.text } else { palette.secondary };
    let font = if active { theme::medium() } else { theme::body() };
    let galley = paint::line(ui, &title, font, color, WIDEST - 60.0);
    let close = if closable { 20.0 } else { 0.0 };
    let width = (galley.size().x + 34.0 + close).clamp(NARROWEST, WIDEST);
    let (rect, response) = ui.allocate_exact_size(vec2(width, theme::TABS - 4.0), Sense::click());
    let shown = format!("{title}, {}", mark.word());
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, active, &shown));
    let corner = CornerRadius::same(theme::CORNER);
    if active {
        ui.painter().rect(rect, corner, palette.panel, Stroke::new(1.0, palette.line), StrokeKind::Inside);
    } else if response.hovered() {
        ui.painter().rect_filled(rect, corner, palette.raised);
    }
    if response.has_focus() {
        paint::ring(ui, rect, theme::CORNER);
    }
    mark.paint(ui, pos2(rect.left() + 14.0, rect.center().y));
    let area = Rect::from_min_max(pos2(rect.left() + 26.0, rect.top()), rect.max);
    let cut = paint::cell(ui, area, galley, Align::Min);
    if response.clicked() {
        wishes.push(Wish::Show(id));
    }
    if response.clicked_by(PointerButton::Middle) && closable {
        wishes.push(Wish::Close(id));
    }
    if closable && (active || response.contains_pointer()) {
        let center = pos2(rect.right() - 15.0, rect.center().y);
        let area = Rect::from_center_size(center, vec2(18.0, 18.0));
        let button = ui.interact(area, response.id.with("close"), Sense::click());
        let name = format!("Close {title}");
        button.widget_info(|| WidgetInfo::labeled(Role::Button, true, &name));
        let hovered = button.hovered();
        if hovered {
            ui.painter().rect_filled(area, CornerRadius::same(4), palette.raised);
        }
        icons::CLOSE.paint_small(ui.painter(), center, if hovered { palette.text } else { palette.secondary });
        if button.has_focus() {
            paint::ring(ui, area, 4);
        }
        if button.clicked() {
            wishes.push(Wish::Close(id));
        }
    }
    if cut {
        response.on_hover_text(title);
    }
}
