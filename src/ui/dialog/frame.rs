//! What all dialogs share: the frame, rows of a form, and the buttons at the foot.

use std::time::Duration;

use eframe::egui::{
    self, Button, Context, DragValue, Id, Key, Label, Layout, Margin, Modal, Modifiers, Response, RichText, Role,
    TextEdit, Ui, UiBuilder, Vec2,
};

use crate::ui::strip::at_right;
use crate::ui::{icons, theme};

/// Width of the labels of a form.
pub const LABEL: f32 = 132.0;

/// Draws a dialog in the middle of the window. `true`: Escape was pressed.
pub fn show(ctx: &Context, title: &str, width: f32, contents: impl FnOnce(&mut Ui)) -> bool {
    let room = ctx.content_rect().width() - 2.0 * theme::GROUP;
    let frame = egui::Frame::window(&ctx.global_style()).inner_margin(Margin::same(16));
    let modal = Modal::new(Id::unique(title)).frame(frame).show(ctx, |ui| {
        let named = UiBuilder::new().accessibility_role(Role::Dialog).accessibility_label(title);
        ui.scope_builder(named, |ui| {
            ui.set_width(width.min(room));
            ui.spacing_mut().item_spacing.y = theme::GAP;
            ui.add(Label::new(RichText::new(title).font(theme::title())).wrap());
            ui.add_space(theme::TIGHT);
            contents(ui);
        });
    });
    // One that grew or shrank is in the middle again only in the next frames.
    let (id, rect) = (Id::unique((title, "rect")), modal.response.rect);
    if ctx.data_mut(|data| std::mem::replace(data.get_temp_mut_or(id, rect), rect)) != rect {
        ctx.request_repaint();
    }
    modal.is_top_modal && !modal.any_popup_open && ctx.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Escape))
}

/// For so long nobody can have read a question.
const UNSEEN: Duration = Duration::from_millis(400);

/// Tells the first time that a dialog is really drawn: before it, egui only measures it, and drops the focus again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Opening {
    over: bool,
    since: Option<Duration>,
}

impl Opening {
    /// Whether this is that time.
    pub fn is_now(&mut self, ui: &Ui) -> bool {
        !ui.is_sizing_pass() && !std::mem::replace(&mut self.over, true)
    }

    /// The same for a question that comes by itself, once it could have been seen: a key that was meant for what lay under it
    /// does not answer it.
    pub fn is_seen(&mut self, ui: &Ui) -> bool {
        let now = Duration::try_from_secs_f64(ui.input(|input| input.time)).unwrap_or_default();
        let left = UNSEEN.saturating_sub(now.saturating_sub(*self.since.get_or_insert(now)));
        if !left.is_zero() {
            ui.ctx().request_repaint_after(left);
            return false;
        }
        self.is_now(ui)
    }

    /// Whether that time is over.
    pub fn is_over(&self) -> bool {
        self.over
    }
}

/// What a dialog's foot answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foot {
    /// The main button, or Enter.
    Main,
    /// The other one.
    Cancel,
}

/// The main button of a dialog.
#[derive(Clone, Copy, Debug)]
pub struct MainButton<'a> {
    /// What it says.
    pub text: &'a str,
    /// Whether it can be pressed.
    pub enabled: bool,
    /// Whether it destroys something: then it is red.
    pub danger: bool,
    /// Whether it takes the focus now: in dialogs without a field, when they open.
    pub focus: bool,
    /// Whether Enter presses it also where it does not have the focus.
    pub enter: bool,
}

impl<'a> MainButton<'a> {
    /// One that can be pressed.
    pub fn new(text: &'a str) -> Self {
        Self { text, enabled: true, danger: false, focus: false, enter: true }
    }
}

/// The buttons at the foot: `left` at the left, at the right cancel and the main one, which Enter presses as a rule.
pub fn foot(ui: &mut Ui, cancel: &str, main: MainButton<'_>, left: impl FnOnce(&mut Ui)) -> Option<Foot> {
    let mut pressed = None;
    ui.add_space(theme::GAP);
    ui.horizontal(|ui| {
        // In a place of its own: what appears there must not make others of the buttons, which would lose the keyboard.
        ui.scope(left);
        at_right(ui, "foot of a dialog", |ui| {
            let response = ui.add(Button::new(cancel).min_size(Vec2::new(84.0, theme::CONTROL)));
            if response.clicked() {
                pressed = Some(Foot::Cancel);
            }
            let palette = theme::of(ui);
            let fill = if main.danger { palette.permanent } else { palette.accent };
            let text = RichText::new(main.text).font(theme::medium()).color(palette.on_accent);
            let button = Button::new(text).fill(fill).min_size(Vec2::new(84.0, theme::CONTROL));
            let response = ui.add_enabled(main.enabled, button);
            ring(ui, &response);
            if main.focus {
                response.request_focus();
            }
            if response.clicked() {
                pressed = Some(Foot::Main);
            }
        });
    });
    // A field of one line gives the focus away on Enter; a button that has it is pressed by egui itself.
    // What lies under another dialog hears nothing.
    let free = ui.memory(|memory| memory.focused().is_none() && memory.is_above_modal_layer(ui.layer_id()));
    if pressed.is_none()
        && main.enabled
        && main.enter
        && free
        && ui.input_mut(|i| i.consume_key(Modifiers::NONE, Key::Enter))
    {
        pressed = Some(Foot::Main);
    }
    pressed
}

/// The focus ring of a button whose fill hides egui's.
pub fn ring(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let stroke = egui::Stroke::new(2.0, theme::of(ui).focus);
        let corner = egui::CornerRadius::same(theme::CORNER + 2);
        ui.painter().rect_stroke(response.rect.expand(2.0), corner, stroke, egui::StrokeKind::Outside);
    }
}

/// A row of a form: a label, and the control that it names.
pub fn row(ui: &mut Ui, label: &str, control: impl FnOnce(&mut Ui) -> Response) -> Response {
    ui.horizontal(|ui| {
        let color = theme::of(ui).secondary;
        let size = Vec2::new(LABEL.min(ui.available_width() * 0.4), theme::CONTROL);
        let label = ui
            .allocate_ui_with_layout(size, Layout::left_to_right(egui::Align::Center), |ui| {
                ui.set_min_size(size);
                ui.add(Label::new(RichText::new(label).color(color)).truncate())
            })
            .inner;
        control(ui).labelled_by(label.id)
    })
    .inner
}

/// A row of a form that holds several controls, or none that takes input.
pub fn wide_row(ui: &mut Ui, label: &str, contents: impl FnOnce(&mut Ui)) {
    ui.horizontal(|ui| {
        let color = theme::of(ui).secondary;
        let size = Vec2::new(LABEL.min(ui.available_width() * 0.4), theme::CONTROL);
        ui.allocate_ui_with_layout(size, Layout::left_to_right(egui::Align::Center), |ui| {
            ui.set_min_size(size);
            ui.add(Label::new(RichText::new(label).color(color)).truncate());
        });
        contents(ui);
    });
}

/// A field of one line that fills the row.
pub fn field(ui: &mut Ui, text: &mut String, hint: &str) -> Response {
    let width = ui.available_width();
    let field = TextEdit::singleline(text).hint_text(hint.to_owned()).desired_width(width);
    ringed(ui, field.margin(Margin::symmetric(6, 4)))
}

/// A field for a number, which stands at its right end as in a column.
pub fn number(ui: &mut Ui, width: f32, value: DragValue<'_>) -> Response {
    let size = Vec2::new(width, theme::CONTROL);
    let layout = Layout::left_to_right(egui::Align::Center).with_main_align(egui::Align::Max);
    ui.allocate_ui_with_layout(size, layout, |ui| {
        let palette = theme::of(ui);
        let widgets = &mut ui.visuals_mut().widgets;
        for widget in [&mut widgets.inactive, &mut widgets.hovered, &mut widgets.active] {
            widget.weak_bg_fill = palette.panel;
        }
        let response = ui.add(value.min_size(size));
        ring_field(ui, &response);
        response
    })
    .inner
}

/// Adds a field with its focus ring.
pub fn ringed(ui: &mut Ui, field: TextEdit<'_>) -> Response {
    let response = ui.add(field);
    ring_field(ui, &response);
    response
}

/// The focus ring of a field.
pub fn ring_field(ui: &Ui, response: &Response) {
    if response.has_focus() {
        let stroke = egui::Stroke::new(1.5, theme::of(ui).focus);
        let corner = egui::CornerRadius::same(theme::CORNER);
        ui.painter().rect_stroke(response.rect, corner, stroke, egui::StrokeKind::Inside);
    }
}

/// Why something typed cannot be used, under its field.
pub fn mistake(ui: &mut Ui, text: &str) {
    ui.horizontal(|ui| {
        ui.add_space(LABEL + theme::GAP);
        let color = theme::of(ui).permanent;
        ui.add(Label::new(RichText::new(text).font(theme::small()).color(color)).wrap());
    });
}

/// Text of less weight, over several lines.
pub fn remark(ui: &mut Ui, text: &str) {
    let color = theme::of(ui).secondary;
    ui.add(Label::new(RichText::new(text).font(theme::small()).color(color)).wrap());
}

/// A choice of one of several in a field that opens.
pub fn choice<T: PartialEq + Copy>(ui: &mut Ui, label: &str, value: &mut T, choices: &[(T, &str)]) -> Response {
    let shown = choices.iter().find(|(choice, _)| choice == value).map_or("", |(_, text)| *text);
    row(ui, label, |ui| {
        let width = ui.available_width();
        let combo = egui::ComboBox::from_id_salt(label).width(width).selected_text(shown);
        let combo = combo.icon(|ui, rect, visuals, _| {
            icons::CHEVRON_DOWN.paint_small(ui.painter(), rect.center(), visuals.fg_stroke.color);
        });
        let inner = combo.show_ui(ui, |ui| {
            let mut chosen = false;
            for (choice, text) in choices {
                chosen |= ui.selectable_value(value, *choice, *text).clicked();
            }
            // A click closes it anyway, Enter does not.
            if chosen {
                ui.close();
            }
            chosen
        });
        if inner.inner == Some(true) {
            inner.response.request_focus();
        }
        inner.response
    })
}
