//! Boxes and circles to tick: an outline that is seen on every ground, and filled where they are on.

use eframe::egui::{Checkbox, Color32, CornerRadius, Rect, Response, RichText, Stroke, StrokeKind, Ui, Vec2, pos2};

use super::theme::{self, Palette};

/// A box to tick.
pub fn tick(ui: &mut Ui, on: &mut bool, text: impl Into<RichText>) -> Response {
    let text = text.into();
    marked(ui, *on, |ui| {
        let color = theme::of(ui).text;
        ui.add(if text.is_empty() { Checkbox::without_text(on) } else { Checkbox::new(on, text.color(color)) })
    })
}

/// A circle to choose one of several.
pub fn radio<T: PartialEq>(ui: &mut Ui, value: &mut T, choice: T, text: impl Into<RichText>) -> Response {
    let text = text.into();
    marked(ui, *value == choice, |ui| {
        let color = theme::of(ui).text;
        ui.radio_value(value, choice, text.color(color))
    })
}

/// What a mark is drawn with.
struct Look {
    fill: Color32,
    line: Color32,
    mark: Color32,
}

impl Look {
    fn of(palette: &Palette, on: bool) -> Self {
        if on {
            Self { fill: palette.accent, line: palette.accent, mark: palette.on_accent }
        } else {
            Self { fill: palette.panel, line: palette.secondary, mark: palette.text }
        }
    }
}

fn marked(ui: &mut Ui, on: bool, add: impl FnOnce(&mut Ui) -> Response) -> Response {
    ui.scope(|ui| {
        let palette = theme::of(ui);
        let Look { fill, line, mark } = Look::of(palette, on);
        let widgets = &mut ui.visuals_mut().widgets;
        for widget in [&mut widgets.noninteractive, &mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            widget.bg_fill = fill;
            widget.bg_stroke = Stroke::new(1.0, line);
            widget.fg_stroke = Stroke::new(1.5, mark);
        }
        if !on {
            ui.visuals_mut().widgets.hovered.bg_stroke.color = palette.text;
        }
        let response = add(ui);
        if response.has_focus() {
            let side = ui.spacing().icon_width;
            let center = pos2(response.rect.left() + side / 2.0, response.rect.center().y);
            let ring = Rect::from_center_size(center, Vec2::splat(side + 5.0));
            let stroke = Stroke::new(1.5, palette.focus);
            ui.painter().rect_stroke(ring, CornerRadius::same(theme::CORNER + 1), stroke, StrokeKind::Inside);
        }
        response
    })
    .inner
}

#[cfg(test)]
mod tests {
    use super::super::theme::{DARK, LIGHT, contrast};
    use super::*;

    #[test]
    fn marks_are_seen_on_every_ground() {
        for palette in [&DARK, &LIGHT] {
            for ground in [palette.window, palette.panel, palette.raised] {
                for on in [false, true] {
                    assert!(contrast(Look::of(palette, on).line, ground) >= 3.0, "{on} on {ground:?}");
                }
            }
            let Look { fill, mark, .. } = Look::of(palette, true);
            assert!(contrast(mark, fill) >= 4.5);
        }
    }
}
