//! Colours, type and measures: every number of the look, once.

use std::sync::Arc;

use eframe::egui::style::{HandleShape, ScrollAnimation, ScrollStyle, Selection, WidgetVisuals, Widgets};
use eframe::egui::{
    self, Color32, Context, CornerRadius, FontData, FontDefinitions, FontFamily, FontId, FontTweak, Margin, Shadow,
    Stroke, Style, TextStyle, Theme, ThemePreference, Ui, Vec2, Visuals,
};

use crate::model::settings::Theme as ThemeSetting;

/// Colours by their role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Palette {
    /// Whether it is the dark one.
    pub dark: bool,
    /// Behind everything: bars, gaps.
    pub window: Color32,
    /// Behind tables, lists and text fields.
    pub panel: Color32,
    /// What stands out of a panel: buttons, headers, the row under the pointer.
    pub raised: Color32,
    /// Lines between areas.
    pub line: Color32,
    /// Text.
    pub text: Color32,
    /// Text of less weight.
    pub secondary: Color32,
    /// What is active, and the main button.
    pub accent: Color32,
    /// Text on the accent.
    pub on_accent: Color32,
    /// Behind selected rows.
    pub selection: Color32,
    /// Behind selected rows of a pane without the focus.
    pub selection_idle: Color32,
    /// Around what has the keyboard focus.
    pub focus: Color32,
    /// 1yz.
    pub preliminary: Color32,
    /// 2yz, done.
    pub completion: Color32,
    /// 3yz.
    pub intermediate: Color32,
    /// 4yz, warnings.
    pub transient: Color32,
    /// 5yz, failed.
    pub permanent: Color32,
    /// Under what floats.
    pub shadow: Color32,
}

const fn rgb(hex: u32) -> Color32 {
    let [_, r, g, b] = hex.to_be_bytes();
    Color32::from_rgb(r, g, b)
}

/// The dark palette.
pub static DARK: Palette = Palette {
    dark: true,
    window: rgb(0x15171C),
    panel: rgb(0x1B1E24),
    raised: rgb(0x242830),
    line: rgb(0x2C313A),
    text: rgb(0xE4E7EC),
    secondary: rgb(0x9BA4B3),
    accent: rgb(0x5B9BFF),
    on_accent: rgb(0x0D1420),
    selection: rgb(0x23406B),
    selection_idle: rgb(0x2C323D),
    focus: rgb(0x5B9BFF),
    preliminary: rgb(0x62B0E8),
    completion: rgb(0x4CC38A),
    intermediate: rgb(0xB197FC),
    transient: rgb(0xE5AC45),
    permanent: rgb(0xF2727D),
    shadow: Color32::from_black_alpha(110),
};

/// The light palette.
pub static LIGHT: Palette = Palette {
    dark: false,
    window: rgb(0xF3F4F7),
    panel: rgb(0xFFFFFF),
    raised: rgb(0xEDEFF3),
    line: rgb(0xDDE1E8),
    text: rgb(0x1A1E26),
    secondary: rgb(0x586172),
    accent: rgb(0x1C68E3),
    on_accent: rgb(0xFFFFFF),
    selection: rgb(0xD9E7FF),
    selection_idle: rgb(0xE4E7ED),
    focus: rgb(0x1C68E3),
    preliminary: rgb(0x1F73B5),
    completion: rgb(0x18794E),
    intermediate: rgb(0x6E48C9),
    transient: rgb(0x8F5E00),
    permanent: rgb(0xC4323F),
    shadow: Color32::from_black_alpha(38),
};

impl Palette {
    /// The colour of a reply code by its first digit; plain text for what is none.
    pub fn of_code(&self, code: u16) -> Color32 {
        match code / 100 {
            1 => self.preliminary,
            2 => self.completion,
            3 => self.intermediate,
            4 => self.transient,
            5 => self.permanent,
            _ => self.secondary,
        }
    }

    /// `color` as a tint of this palette's panels: the ground of a chip whose text has that colour.
    pub fn tint(&self, color: Color32) -> Color32 {
        mix(self.panel, color, if self.dark { 0.16 } else { 0.07 })
    }
}

/// `share` of `b` in `a`.
fn mix(a: Color32, b: Color32, share: f32) -> Color32 {
    let channel = |a: u8, b: u8| egui::lerp(f32::from(a)..=f32::from(b), share).round();
    let [r, g, b] = [channel(a.r(), b.r()), channel(a.g(), b.g()), channel(a.b(), b.b())];
    Color32::from_rgb(byte(r), byte(g), byte(b))
}

fn byte(value: f32) -> u8 {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let byte = value.clamp(0.0, 255.0) as u8;
    byte
}

/// The palette of a theme.
pub fn palette(dark: bool) -> &'static Palette {
    if dark { &DARK } else { &LIGHT }
}

/// The palette that `ui` is drawn in.
pub fn of(ui: &Ui) -> &'static Palette {
    palette(ui.visuals().dark_mode)
}

/// Within a group.
pub const TIGHT: f32 = 4.0;
/// Between controls.
pub const GAP: f32 = 8.0;
/// Inside panels.
pub const PAD: f32 = 12.0;
/// Between groups.
pub const GROUP: f32 = 16.0;
/// Height of the toolbar.
pub const TOOLBAR: f32 = 40.0;
/// Height of the row of tabs.
pub const TABS: f32 = 32.0;
/// Height of the status bar.
pub const STATUS: f32 = 26.0;
/// Height of a panel's own bar: a pane's path, a lower panel's tabs.
pub const BAR: f32 = 32.0;
/// Height of a table's header and of a footer.
pub const HEADER: f32 = 24.0;
/// Side of an icon.
pub const ICON: f32 = 16.0;
/// Side of an icon that is a mark beside small text.
pub const ICON_SMALL: f32 = 12.0;
/// Side of a button that holds only an icon.
pub const ICON_BUTTON: f32 = 26.0;
/// Height of a field or button.
pub const CONTROL: f32 = 26.0;
/// Rounding of corners; tables have none.
pub const CORNER: u8 = 6;
/// Seconds that anything moves.
pub const MOTION: f32 = 0.1;

/// Height of a row.
pub fn row_height(compact: bool) -> f32 {
    if compact { 22.0 } else { 24.0 }
}

/// Text and rows: 13.
pub fn body() -> FontId {
    FontId::new(13.0, FontFamily::Proportional)
}

/// Labels of controls, and what stands out in a row: 13 medium.
pub fn medium() -> FontId {
    FontId::new(13.0, FontFamily::Name(MEDIUM.into()))
}

/// What stands out: 13 semibold.
pub fn strong() -> FontId {
    FontId::new(13.0, FontFamily::Name(SEMIBOLD.into()))
}

/// Secondary text: 12.
pub fn small() -> FontId {
    FontId::new(12.0, FontFamily::Proportional)
}

/// Titles of dialogs: 15 semibold.
pub fn title() -> FontId {
    FontId::new(15.0, FontFamily::Name(SEMIBOLD.into()))
}

/// The log, codes, permissions and hashes: 12.5, all characters of one width.
pub fn mono() -> FontId {
    FontId::new(12.5, FontFamily::Monospace)
}

/// Codes in chips: 12 semibold, all characters of one width.
pub fn mono_strong() -> FontId {
    FontId::new(12.0, FontFamily::Name(MONO_SEMIBOLD.into()))
}

/// Family of the icons.
pub const ICONS: &str = "icons";
const MEDIUM: &str = "medium";
const SEMIBOLD: &str = "semibold";
const MONO_SEMIBOLD: &str = "mono-semibold";

/// Gives `ctx` our faces and both themes.
pub fn install(ctx: &Context) {
    ctx.set_fonts(fonts());
    for dark in [true, false] {
        ctx.set_style_of(if dark { Theme::Dark } else { Theme::Light }, style(palette(dark)));
    }
}

/// Follows the system, or what a person set instead.
pub fn follow(ctx: &Context, setting: ThemeSetting) {
    ctx.set_theme(match setting {
        ThemeSetting::System => ThemePreference::System,
        ThemeSetting::Light => ThemePreference::Light,
        ThemeSetting::Dark => ThemePreference::Dark,
    });
}

fn fonts() -> FontDefinitions {
    let mut fonts = FontDefinitions::default();
    let faces: [(&str, &'static [u8], f32); 6] = [
        ("inter", include_bytes!("../../assets/fonts/Inter-Regular.otf"), 0.0),
        ("inter-medium", include_bytes!("../../assets/fonts/Inter-Medium.otf"), 0.0),
        ("inter-semibold", include_bytes!("../../assets/fonts/Inter-SemiBold.otf"), 0.0),
        ("jetbrains-mono", include_bytes!("../../assets/fonts/JetBrainsMono-Regular.ttf"), 0.0),
        ("jetbrains-mono-semibold", include_bytes!("../../assets/fonts/JetBrainsMono-SemiBold.ttf"), 0.0),
        ("lucide", include_bytes!("../../assets/fonts/lucide-subset.ttf"), 0.0),
    ];
    for (name, bytes, y_offset_factor) in faces {
        let tweak = FontTweak { y_offset_factor, ..FontTweak::default() };
        fonts.font_data.insert(name.to_owned(), Arc::new(FontData::from_static(bytes).tweak(tweak)));
    }
    // What our faces lack, emoji above all, comes from egui's own, then from the system's.
    let rest = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    let mut family = |name: FontFamily, first: &[&str]| {
        let chain = first.iter().map(|face| (*face).to_owned()).chain(rest.iter().cloned());
        fonts.families.insert(name, chain.collect());
    };
    // JetBrains Mono has the pictures of control characters (U+2400) that Inter lacks.
    family(FontFamily::Proportional, &["inter", "jetbrains-mono"]);
    family(FontFamily::Name(MEDIUM.into()), &["inter-medium", "jetbrains-mono"]);
    family(FontFamily::Name(SEMIBOLD.into()), &["inter-semibold", "jetbrains-mono"]);
    family(FontFamily::Monospace, &["jetbrains-mono", "inter"]);
    family(FontFamily::Name(MONO_SEMIBOLD.into()), &["jetbrains-mono-semibold", "inter"]);
    family(FontFamily::Name(ICONS.into()), &["lucide"]);
    fonts
}

fn style(palette: &Palette) -> Style {
    let mut style = Style { visuals: visuals(palette), animation_time: MOTION, ..Style::default() };
    style.text_styles = [
        (TextStyle::Body, body()),
        (TextStyle::Button, body()),
        (TextStyle::Small, small()),
        (TextStyle::Heading, title()),
        (TextStyle::Monospace, mono()),
    ]
    .into();
    style.scroll_animation = ScrollAnimation::none();
    style.compact_menu_style = false;
    let spacing = &mut style.spacing;
    spacing.item_spacing = Vec2::new(GAP, TIGHT);
    spacing.button_padding = Vec2::new(10.0, 4.0);
    spacing.interact_size = Vec2::new(CONTROL, CONTROL);
    spacing.window_margin = Margin::same(16);
    spacing.menu_margin = Margin::same(4);
    spacing.icon_width = 16.0;
    spacing.icon_width_inner = 9.0;
    spacing.icon_spacing = 8.0;
    spacing.combo_width = 120.0;
    spacing.tooltip_width = 420.0;
    spacing.scroll = ScrollStyle {
        bar_width: 10.0,
        floating_width: 6.0,
        bar_inner_margin: 2.0,
        handle_min_length: 24.0,
        dormant_handle_opacity: 0.35,
        active_handle_opacity: 0.6,
        interact_handle_opacity: 0.6,
        dormant_background_opacity: 0.0,
        active_background_opacity: 0.0,
        interact_background_opacity: 0.25,
        ..ScrollStyle::floating()
    };
    style.interaction.tooltip_delay = 0.4;
    style.interaction.selectable_labels = false;
    style
}

fn visuals(palette: &Palette) -> Visuals {
    let corner = CornerRadius::same(CORNER);
    let widget = |fill: Color32, stroke: Color32, text: Color32| WidgetVisuals {
        bg_fill: fill,
        weak_bg_fill: fill,
        bg_stroke: Stroke::new(1.0, stroke),
        corner_radius: corner,
        fg_stroke: Stroke::new(1.0, text),
        expansion: 0.0,
    };
    let hovered = mix(palette.raised, palette.text, 0.07);
    let mut visuals = if palette.dark { Visuals::dark() } else { Visuals::light() };
    visuals.widgets = Widgets {
        noninteractive: widget(palette.panel, palette.line, palette.text),
        inactive: widget(palette.raised, palette.line, palette.text),
        hovered: widget(hovered, mix(palette.line, palette.text, 0.2), palette.text),
        active: widget(hovered, palette.focus, palette.text),
        open: widget(hovered, palette.line, palette.text),
    };
    visuals.selection = Selection { bg_fill: palette.selection, stroke: Stroke::new(1.0, palette.text) };
    visuals.weak_text_color = Some(palette.secondary);
    visuals.hyperlink_color = palette.accent;
    visuals.faint_bg_color = palette.raised;
    visuals.extreme_bg_color = palette.panel;
    visuals.text_edit_bg_color = Some(palette.panel);
    visuals.code_bg_color = palette.raised;
    visuals.warn_fg_color = palette.transient;
    visuals.error_fg_color = palette.permanent;
    visuals.panel_fill = palette.window;
    visuals.window_fill = palette.panel;
    visuals.window_stroke = Stroke::new(1.0, palette.line);
    visuals.window_corner_radius = CornerRadius::same(10);
    visuals.menu_corner_radius = CornerRadius::same(8);
    visuals.window_shadow = Shadow { offset: [0, 12], blur: 32, spread: 0, color: palette.shadow };
    visuals.popup_shadow = Shadow { offset: [0, 6], blur: 16, spread: 0, color: palette.shadow };
    visuals.text_cursor.blink = false; // a frame twice a second, for nothing
    visuals.text_cursor.stroke = Stroke::new(1.5, palette.accent);
    visuals.indent_has_left_vline = false;
    visuals.handle_shape = HandleShape::Circle;
    visuals.slider_trailing_fill = true;
    visuals
}

/// The main button of a dialog or bar.
pub fn primary(ui: &mut Ui, text: &str) -> egui::Response {
    let palette = of(ui);
    let label = egui::RichText::new(text).font(medium()).color(palette.on_accent);
    let response = ui.add(egui::Button::new(label).fill(palette.accent).min_size(Vec2::new(0.0, CONTROL)));
    super::dialog::frame::ring(ui, &response);
    response
}

#[cfg(test)]
fn luminance(color: Color32) -> f64 {
    let linear = |channel: u8| {
        let c = f64::from(channel) / 255.0;
        if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
    };
    0.2126 * linear(color.r()) + 0.7152 * linear(color.g()) + 0.0722 * linear(color.b())
}

/// How well one colour is seen on another (WCAG 2).
#[cfg(test)]
pub(super) fn contrast(a: Color32, b: Color32) -> f64 {
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_can_be_read_and_marks_be_seen() {
        for palette in [&DARK, &LIGHT] {
            let grounds = [palette.window, palette.panel, palette.raised];
            for ground in grounds.into_iter().chain([palette.selection, palette.selection_idle]) {
                assert!(contrast(palette.text, ground) >= 4.5, "text on {ground:?}");
            }
            for ground in grounds {
                assert!(contrast(palette.secondary, ground) >= 4.5, "secondary on {ground:?}");
                assert!(contrast(palette.accent, ground) >= 3.0, "accent on {ground:?}");
                assert!(contrast(palette.focus, ground) >= 3.0, "focus on {ground:?}");
            }
            assert!(contrast(palette.on_accent, palette.accent) >= 4.5);
            for code in [120, 226, 331, 421, 550] {
                let color = palette.of_code(code);
                for ground in [palette.window, palette.panel, palette.tint(color)] {
                    assert!(contrast(color, ground) >= 4.5, "{code} on {ground:?}: {}", contrast(color, ground));
                }
                for ground in [palette.raised, palette.selection, palette.selection_idle] {
                    assert!(contrast(color, ground) >= 3.0, "{code} on {ground:?}: {}", contrast(color, ground));
                }
            }
        }
    }
}
