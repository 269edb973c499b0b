//! The icons: one family, one weight, by what they mean here. The glyphs are a subset of Lucide (`assets/fonts`).

use eframe::egui::{Align2, Button, Color32, FontFamily, FontId, Painter, Pos2, Rect, Response, RichText, Ui, Vec2};

use crate::model::{Entry, Kind};

use super::theme;

/// One glyph of the icon font.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Icon(char);

impl Icon {
    /// The icon as text in the colour of its surroundings, 16 px.
    pub fn text(self) -> RichText {
        RichText::new(self.0).font(font())
    }

    /// As text, but smaller: a mark beside other text.
    pub fn small(self) -> RichText {
        RichText::new(self.0).font(FontId::new(theme::ICON_SMALL, FontFamily::Name(theme::ICONS.into())))
    }

    /// The glyph itself; only the icon font has it.
    pub fn glyph(self) -> char {
        self.0
    }

    /// Paints it around `center`.
    pub fn paint(self, painter: &Painter, center: Pos2, color: Color32) {
        let rect = Rect::from_center_size(center, Vec2::splat(theme::ICON));
        painter.text(rect.center(), Align2::CENTER_CENTER, self.0, font(), color);
    }

    /// Paints it smaller, as a mark beside small text.
    pub fn paint_small(self, painter: &Painter, center: Pos2, color: Color32) {
        let font = FontId::new(theme::ICON_SMALL, FontFamily::Name(theme::ICONS.into()));
        painter.text(center, Align2::CENTER_CENTER, self.0, font, color);
    }
}

/// What opens and closes a part of a form, for egui's collapsing headers.
pub fn fold(ui: &mut Ui, openness: f32, response: &Response) {
    let icon = if openness > 0.5 { CHEVRON_DOWN } else { CHEVRON_RIGHT };
    icon.paint_small(ui.painter(), response.rect.center(), theme::of(ui).secondary);
}

/// The icon font at its one size.
pub fn font() -> FontId {
    FontId::new(theme::ICON, FontFamily::Name(theme::ICONS.into()))
}

/// A button that holds only `icon`; `name` is its accessible name and its tooltip.
pub fn button(ui: &mut Ui, icon: Icon, name: &str) -> Response {
    button_if(ui, icon, name, true)
}

/// As [`button`], but grey while it is not `enabled`.
pub fn button_if(ui: &mut Ui, icon: Icon, name: &str, enabled: bool) -> Response {
    ui.scope(|ui| {
        ui.spacing_mut().button_padding = Vec2::splat((theme::ICON_BUTTON - theme::ICON) / 2.0);
        let button = Button::new(icon.text()).frame_when_inactive(false).min_size(Vec2::splat(theme::ICON_BUTTON));
        ui.add_enabled(enabled, button)
    })
    .inner
    .on_hover_text(name)
    .on_disabled_hover_text(name)
    .accessible_name(name)
}

/// Lucide `server`.
pub const SITES: Icon = Icon('\u{e153}');
/// Lucide `hard-drive`.
pub const SERVER: Icon = Icon('\u{e0ed}');
/// Lucide `plus`.
pub const PLUS: Icon = Icon('\u{e13d}');
/// Lucide `x`.
pub const CLOSE: Icon = Icon('\u{e1b2}');
/// Lucide `chevron-left`.
pub const BACK: Icon = Icon('\u{e06e}');
/// Lucide `chevron-right`.
pub const FORWARD: Icon = Icon('\u{e06f}');
/// Lucide `arrow-up`.
pub const UP: Icon = Icon('\u{e04a}');
/// Lucide `arrow-down`.
pub const DOWN: Icon = Icon('\u{e042}');
/// Lucide `rotate-cw`.
pub const REFRESH: Icon = Icon('\u{e149}');
/// Lucide `house`.
pub const HOME: Icon = Icon('\u{e0f5}');
/// Lucide `star`.
pub const STAR: Icon = Icon('\u{e176}');
/// Lucide `search`.
pub const SEARCH: Icon = Icon('\u{e151}');
/// Lucide `ellipsis`.
pub const MORE: Icon = Icon('\u{e0b6}');
/// Lucide `folder`.
pub const FOLDER: Icon = Icon('\u{e0d7}');
/// Lucide `folder-open`.
pub const FOLDER_OPEN: Icon = Icon('\u{e247}');
/// Lucide `folder-plus`.
pub const FOLDER_PLUS: Icon = Icon('\u{e0d9}');
/// Lucide `file`.
pub const FILE: Icon = Icon('\u{e0c0}');
/// Lucide `file-text`.
pub const FILE_TEXT: Icon = Icon('\u{e0cc}');
/// Lucide `file-code`.
pub const FILE_CODE: Icon = Icon('\u{e0c3}');
/// Lucide `file-image`.
pub const FILE_IMAGE: Icon = Icon('\u{e31c}');
/// Lucide `file-archive`.
pub const FILE_ARCHIVE: Icon = Icon('\u{e30d}');
/// Lucide `file-music`.
pub const FILE_AUDIO: Icon = Icon('\u{e55e}');
/// Lucide `file-play`.
pub const FILE_VIDEO: Icon = Icon('\u{e321}');
/// Lucide `file-symlink`.
pub const LINK: Icon = Icon('\u{e327}');
/// Lucide `folder-symlink`.
pub const LINK_FOLDER: Icon = Icon('\u{e33b}');
/// Lucide `file-question-mark`.
pub const OTHER: Icon = Icon('\u{e322}');
/// Lucide `chevron-down`.
pub const CHEVRON_DOWN: Icon = Icon('\u{e06d}');
/// Lucide `chevron-right`.
pub const CHEVRON_RIGHT: Icon = Icon('\u{e06f}');
/// Lucide `chevron-up`.
pub const CHEVRON_UP: Icon = Icon('\u{e070}');
/// Lucide `arrow-down-to-line`.
pub const DOWNLOAD: Icon = Icon('\u{e455}');
/// Lucide `arrow-up-from-line`.
pub const UPLOAD: Icon = Icon('\u{e45a}');
/// Lucide `pause`.
pub const PAUSE: Icon = Icon('\u{e12e}');
/// Lucide `play`.
pub const PLAY: Icon = Icon('\u{e13c}');
/// Lucide `square`.
pub const STOP: Icon = Icon('\u{e167}');
/// Lucide `rotate-ccw`.
pub const RETRY: Icon = Icon('\u{e148}');
/// Lucide `trash-2`.
pub const TRASH: Icon = Icon('\u{e18e}');
/// Lucide `pencil`.
pub const RENAME: Icon = Icon('\u{e1f9}');
/// Lucide `lock`.
pub const LOCK: Icon = Icon('\u{e10b}');
/// Lucide `lock-open`.
pub const UNLOCK: Icon = Icon('\u{e10c}');
/// Lucide `shield-check`.
pub const SHIELD: Icon = Icon('\u{e1ff}');
/// Lucide `shield-alert`.
pub const SHIELD_ALERT: Icon = Icon('\u{e1fe}');
/// Lucide `settings`.
pub const SETTINGS: Icon = Icon('\u{e154}');
/// Lucide `info`.
pub const INFO: Icon = Icon('\u{e0f9}');
/// Lucide `triangle-alert`.
pub const WARNING: Icon = Icon('\u{e193}');
/// Lucide `circle-alert`.
pub const ERROR: Icon = Icon('\u{e077}');
/// Lucide `check`.
pub const CHECK: Icon = Icon('\u{e06c}');
/// Lucide `circle-check`.
pub const CHECK_CIRCLE: Icon = Icon('\u{e226}');
/// Lucide `clock`.
pub const CLOCK: Icon = Icon('\u{e087}');
/// Lucide `columns-2`.
pub const COMPARE: Icon = Icon('\u{e098}');
/// Lucide `copy`.
pub const COPY: Icon = Icon('\u{e09e}');
/// Lucide `eraser`.
pub const ERASER: Icon = Icon('\u{e28f}');
/// Lucide `arrow-down-to-dot`.
pub const FOLLOW: Icon = Icon('\u{e44d}');
/// Lucide `list-filter`.
pub const FILTER: Icon = Icon('\u{e460}');
/// Lucide `send-horizontal`.
pub const SEND: Icon = Icon('\u{e4f2}');
/// Lucide `plug`.
pub const PLUG: Icon = Icon('\u{e37f}');
/// Lucide `unplug`.
pub const UNPLUG: Icon = Icon('\u{e45d}');
/// Lucide `list-ordered`.
pub const LIST: Icon = Icon('\u{e1d1}');
/// Lucide `scroll-text`.
pub const LOG: Icon = Icon('\u{e45f}');
/// Lucide `key-round`.
pub const KEY: Icon = Icon('\u{e4a3}');
/// Lucide `user`.
pub const USER: Icon = Icon('\u{e19f}');
/// Lucide `eye`.
pub const EYE: Icon = Icon('\u{e0ba}');
/// Lucide `eye-off`.
pub const EYE_OFF: Icon = Icon('\u{e0bb}');
/// Lucide `bookmark`.
pub const BOOKMARK: Icon = Icon('\u{e060}');
/// Lucide `save`.
pub const SAVE: Icon = Icon('\u{e14d}');
/// Lucide `skip-forward`.
pub const SKIP: Icon = Icon('\u{e160}');
/// Lucide `monitor`.
pub const COMPUTER: Icon = Icon('\u{e11d}');
/// Lucide `globe`.
pub const GLOBE: Icon = Icon('\u{e0e8}');
/// Lucide `arrow-left`.
pub const LEFT: Icon = Icon('\u{e048}');
/// Lucide `arrow-right`.
pub const RIGHT: Icon = Icon('\u{e049}');
/// Lucide `arrow-up-to-line`.
pub const TO_TOP: Icon = Icon('\u{e45b}');
/// Lucide `arrow-down-to-line`.
pub const TO_BOTTOM: Icon = Icon('\u{e455}');
/// Lucide `shield`.
pub const PERMISSIONS: Icon = Icon('\u{e158}');
/// Lucide `external-link`.
pub const OPEN: Icon = Icon('\u{e0b9}');
/// Lucide `list-tree`.
pub const TREE: Icon = Icon('\u{e408}');
/// Lucide `sun`.
pub const SUN: Icon = Icon('\u{e178}');
/// Lucide `moon`.
pub const MOON: Icon = Icon('\u{e11e}');
/// Lucide `network`.
pub const NETWORK: Icon = Icon('\u{e125}');
/// Lucide `grip-vertical`.
pub const GRIP: Icon = Icon('\u{e0eb}');
/// Lucide `history`.
pub const HISTORY: Icon = Icon('\u{e1f5}');
/// Lucide `circle-question-mark`.
pub const HELP: Icon = Icon('\u{e082}');
/// Lucide `circle`.
pub const CIRCLE: Icon = Icon('\u{e076}');
/// Lucide `dot`.
pub const DOT: Icon = Icon('\u{e44f}');
/// Lucide `arrow-up-down`.
pub const TRANSFERS: Icon = Icon('\u{e37d}');
/// Lucide `terminal`.
pub const TERMINAL: Icon = Icon('\u{e181}');
/// Lucide `gauge`.
pub const GAUGE: Icon = Icon('\u{e1bf}');
/// Lucide `badge-check`.
pub const CERTIFICATE: Icon = Icon('\u{e241}');
/// Lucide `minus`.
pub const MINUS: Icon = Icon('\u{e11c}');
/// Lucide `corner-left-up`.
pub const CORNER: Icon = Icon('\u{e0a4}');
/// Lucide `copy-plus`.
pub const DUPLICATE: Icon = Icon('\u{e3fd}');
/// Lucide `log-out`.
pub const QUIT: Icon = Icon('\u{e10e}');
/// Lucide `list-checks`.
pub const SELECT_ALL: Icon = Icon('\u{e1d0}');

/// The icon of an entry: its kind, and for files a few families by their name.
pub fn of(entry: &Entry) -> Icon {
    match entry.kind {
        Kind::Directory => FOLDER,
        Kind::Link if entry.is_directory() => LINK_FOLDER,
        Kind::Link => LINK,
        Kind::Other => OTHER,
        Kind::File => of_file(&entry.name),
    }
}

fn of_file(name: &str) -> Icon {
    /// The longest suffix that is known, and one more.
    const LONGEST: usize = 6;
    let Some((_, suffix)) = name.rsplit_once('.').filter(|(stem, suffix)| !stem.is_empty() && suffix.len() < LONGEST)
    else {
        return FILE;
    };
    match suffix.to_ascii_lowercase().as_str() {
        "txt" | "md" | "pdf" | "doc" | "docx" | "odt" | "rtf" | "log" | "csv" => FILE_TEXT,
        "html" | "htm" | "css" | "js" | "ts" | "php" | "py" | "rs" | "c" | "h" | "sh" | "json" | "xml" | "toml"
        | "yaml" | "yml" | "sql" => FILE_CODE,
        "png" | "jpg" | "jpeg" | "gif" | "svg" | "webp" | "ico" | "bmp" | "tif" | "tiff" | "psd" => FILE_IMAGE,
        "zip" | "gz" | "tgz" | "bz2" | "xz" | "zst" | "7z" | "rar" | "tar" | "iso" | "deb" | "rpm" | "jar" => {
            FILE_ARCHIVE
        }
        "mp3" | "wav" | "flac" | "ogg" | "opus" | "m4a" | "aac" => FILE_AUDIO,
        "mp4" | "mkv" | "avi" | "mov" | "webm" | "mpg" => FILE_VIDEO,
        _ => FILE,
    }
}
