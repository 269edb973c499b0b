//! The settings window: pages at the left, what can be set at the right; nothing is kept until it is saved.

use eframe::egui::{self, Align, Context, DragValue, Layout, Margin, Response, TextEdit, Ui, Vec2};

use crate::model::settings::{Keys, MOST_SEGMENTS, Theme};
use crate::model::{Action, IfExists, Settings, TransferType, after, transfer_type};
use crate::ui::mirror::Mirror;
use crate::ui::{list, marks, theme};

use super::frame::{self, Foot, MainButton, Opening};
use super::proxy::{KINDS, proxy_ui};
use super::rules;
use super::speed;

const PAGES_WIDTH: f32 = 132.0;
const WIDTH: f32 = 640.0;
const HEIGHT: f32 = 460.0;
/// Bytes in the unit that sizes of files are typed in.
const MEGA: u64 = 1_000_000;
/// Characters of the list of extensions that can be typed.
const LONGEST_EXTENSIONS: usize = 8_000;
/// Session files that are kept at first.
const FILES: u16 = 10;
/// Where a person begins who wants a range of ports.
const PORTS: (u16, u16) = (50_000, 50_100);

/// A working copy of the settings.
#[derive(Clone, Debug)]
pub struct Setting {
    draft: Settings,
    page: Page,
    /// What is typed of the address outside.
    external: Option<String>,
    /// The rule for targets that exist whose row is open.
    rule: Option<usize>,
    opening: Opening,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Page {
    Connection,
    Proxy,
    Transfers,
    Speed,
    FileExists,
    Interface,
    Log,
}

const PAGES: [(Page, &str); 7] = [
    (Page::Connection, "Connection"),
    (Page::Proxy, "Proxy"),
    (Page::Transfers, "Transfers"),
    (Page::Speed, "Speed"),
    (Page::FileExists, "File exists"),
    (Page::Interface, "Interface"),
    (Page::Log, "Reply log"),
];

pub(super) const IF_EXISTS: [(IfExists, &str); 8] = [
    (IfExists::Ask, "Ask"),
    (IfExists::Overwrite, "Overwrite"),
    (IfExists::Newer, "Overwrite if newer"),
    (IfExists::Size, "Overwrite if the sizes differ"),
    (IfExists::SizeOrTime, "Overwrite if size or time differ"),
    (IfExists::Resume, "Resume"),
    (IfExists::Rename, "Keep both"),
    (IfExists::Skip, "Skip"),
];

impl Setting {
    /// Of the settings as they are.
    pub fn new(settings: &Settings) -> Self {
        Self {
            draft: settings.clone(),
            page: Page::Connection,
            external: None,
            rule: None,
            opening: Opening::default(),
        }
    }

    /// Draws it; `true` when it is to be closed.
    pub fn ui(&mut self, ctx: &Context, mirror: &Mirror, actions: &mut Vec<Action>) -> bool {
        let mut foot = None;
        let escaped = frame::show(ctx, "Settings", WIDTH, |ui| {
            let size = Vec2::new(ui.available_width(), HEIGHT.min(ctx.content_rect().height() - 160.0));
            ui.allocate_ui_with_layout(size, Layout::left_to_right(Align::Min), |ui| {
                ui.set_min_size(size);
                self.pages(ui);
                ui.add_space(theme::GROUP);
                egui::ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
                    // The bar of a page that is too long for the dialog stands beside it, and not on it.
                    ui.set_max_width(ui.available_width() - list::BAR);
                    ui.with_layout(Layout::top_down(Align::Min), |ui| self.page_ui(ui));
                });
            });
            foot = frame::foot(ui, "Cancel", MainButton::new("Save"), |ui| {
                if ui.button("Defaults").on_hover_text("Fill in the defaults; nothing is kept until you save").clicked()
                {
                    self.external = None;
                    self.draft = Settings { layout: self.draft.layout.clone(), ..Settings::default() };
                }
            });
        });
        if foot == Some(Foot::Main) {
            // The window's layout went on changing while the dialog was open.
            let Settings { layout, filters, .. } = mirror.settings.clone();
            let settings = Settings { layout, filters, ..self.draft.clone() };
            actions.push(Action::SaveSettings(Box::new(settings)));
        }
        foot.is_some() || escaped
    }

    fn pages(&mut self, ui: &mut Ui) {
        ui.allocate_ui_with_layout(
            Vec2::new(PAGES_WIDTH, ui.available_height()),
            Layout::top_down_justified(Align::Min),
            |ui| {
                ui.spacing_mut().item_spacing.y = 2.0;
                for (page, name) in PAGES {
                    let button = egui::Button::selectable(self.page == page, (name, egui::Atom::grow()));
                    let response = ui.add(button.min_size(Vec2::new(PAGES_WIDTH, theme::CONTROL)));
                    if response.clicked() {
                        self.page = page;
                    }
                    if page == Page::Connection && self.opening.is_now(ui) {
                        response.request_focus();
                    }
                }
            },
        );
    }

    fn page_ui(&mut self, ui: &mut Ui) {
        let draft = &mut self.draft;
        match self.page {
            Page::Connection => connection(ui, draft, &mut self.external),
            Page::Proxy => proxy(ui, draft),
            Page::Transfers => transfers(ui, draft),
            Page::Speed => speed::speed(ui, draft),
            Page::FileExists => rules::file_exists(ui, draft, &mut self.rule),
            Page::Interface => interface(ui, draft),
            Page::Log => {
                number(ui, "Lines kept", &mut draft.log_lines, 1_000..=1_000_000, "");
                frame::remark(
                    ui,
                    "The newest lines of all connections; older ones leave. 100,000 lines take some 20\u{a0}MB.",
                );
                session_files(ui, draft);
            }
        }
    }
}

fn number<N: egui::emath::Numeric>(
    ui: &mut Ui,
    label: &str,
    value: &mut N,
    range: std::ops::RangeInclusive<N>,
    unit: &str,
) -> Response {
    frame::row(ui, label, |ui| {
        let suffix = if unit.is_empty() { String::new() } else { format!(" {unit}") };
        frame::number(ui, 120.0, DragValue::new(value).range(range).suffix(suffix).speed(1.0))
    })
}

fn tick(ui: &mut Ui, value: &mut bool, text: &str) -> Response {
    marks::tick(ui, value, text)
}

fn connection(ui: &mut Ui, draft: &mut Settings, external: &mut Option<String>) {
    number(ui, "Time-out", &mut draft.timeout, 5..=600, "s");
    frame::remark(ui, "A connection on which nothing comes for so long counts as dead.");
    number(ui, "Keep-alive", &mut draft.keep_alive, 0..=3600, "s");
    frame::remark(ui, "How often an idle connection says something, so that the server keeps it; 0: never.");
    number(ui, "Tries again", &mut draft.retries, 0..=100, "");
    let mut ranged = draft.active_ports.is_some();
    if tick(ui, &mut ranged, "Active mode listens on these ports only").changed() {
        draft.active_ports = ranged.then_some(PORTS);
    }
    if let Some((from, to)) = &mut draft.active_ports {
        number(ui, "First port", from, 1024..=u16::MAX, "");
        let least = *from;
        number(ui, "Last port", to, least..=u16::MAX, "");
        *to = (*to).max(least);
    }
    let mut typed = external
        .take()
        .unwrap_or_else(|| draft.external_address.map_or_else(String::new, |address| address.to_string()));
    frame::row(ui, "Address outside", |ui| frame::field(ui, &mut typed, "your own address"));
    draft.external_address = typed.trim().parse().ok();
    if draft.external_address.is_none() && !typed.trim().is_empty() {
        frame::mistake(ui, "This is not an address, and is not kept");
    }
    frame::remark(ui, "What active mode names to servers outside, where a router stands in between.");
    *external = Some(typed);
}

fn proxy(ui: &mut Ui, draft: &mut Settings) {
    let before = draft.proxy.kind;
    frame::choice(ui, "Proxy", &mut draft.proxy.kind, &KINDS);
    if draft.proxy.kind != before {
        draft.proxy.port = None;
    }
    proxy_ui(ui, &mut draft.proxy);
    frame::remark(ui, "For all sites that have no choice of their own. It holds for new connections.");
}

fn transfers(ui: &mut Ui, draft: &mut Settings) {
    number(ui, "At once", &mut draft.connections, 1..=20, "");
    number(ui, "Downloads at once", &mut draft.connections_down, 0..=20, "");
    number(ui, "Uploads at once", &mut draft.connections_up, 0..=20, "");
    frame::remark(ui, "0: as many as transfers may run at once.");
    let unit = if draft.segments == 1 { "connection" } else { "connections" };
    number(ui, "For one large file", &mut draft.segments, 1..=MOST_SEGMENTS, unit);
    let mut large = draft.segments_from / MEGA;
    if draft.segments > 1 && number(ui, "Large from", &mut large, 1..=1_000_000_000, "MB").changed() {
        draft.segments_from = large * MEGA;
    }
    frame::remark(
        ui,
        "More than one help where a server gives each connection only so much. They count as transfers, and rows that wait \
         go first.",
    );
    transfer_types(ui, draft);
    tick(ui, &mut draft.keep_times, "Files keep the time of their source");
    tick(ui, &mut draft.keep_permissions, "Files keep the permissions of their source");
    let mut mega = draft.verify_up_to / MEGA;
    if number(ui, "Checksum up to", &mut mega, 0..=1_000_000_000, "MB").changed() {
        draft.verify_up_to = mega * MEGA;
    }
    frame::remark(ui, "Files up to this size are compared by checksum, where the server offers one; 0: none.");
    tick(ui, &mut draft.keep_awake, "The machine stays awake while files are transferred");
    ui.add_space(theme::GAP);
    frame::row(ui, "After the last", |ui| frame::field(ui, &mut draft.after_command, "program and arguments"));
    if !draft.after_command.trim().is_empty()
        && let Err(why) = after::words(&draft.after_command)
    {
        frame::mistake(ui, why);
    }
    frame::remark(
        ui,
        "The command that Transfer, After the last, can run. It is no line for a shell: quotation marks keep words together, \
         and nothing else is special. LONGSHORE_DONE and LONGSHORE_FAILED tell it how many files ended how.",
    );
}

fn transfer_types(ui: &mut Ui, draft: &mut Settings) {
    let types = TransferType::ALL.map(|each| (each, each.name()));
    frame::choice(ui, "Transfer type", &mut draft.transfer_type, &types);
    if draft.transfer_type == TransferType::Auto {
        frame::row(ui, "Text files", |ui| {
            let field = TextEdit::multiline(&mut draft.text_extensions).desired_rows(4).char_limit(LONGEST_EXTENSIONS);
            let field = field.desired_width(ui.available_width()).hint_text("txt html css");
            frame::ringed(ui, field.margin(Margin::symmetric(6, 4)))
        });
        if let Err(why) = transfer_type::check(&draft.text_extensions) {
            frame::mistake(ui, &why);
        }
    }
    frame::remark(
        ui,
        match draft.transfer_type {
            TransferType::Auto => {
                "Files with these extensions go as text, all others as they are: also those that begin with a dot or have \
                 no extension."
            }
            TransferType::Binary => "Files arrive as they are, byte by byte.",
            TransferType::Text => {
                "Each side has its own line ends. Files that are no text, such as pictures, arrive broken."
            }
        },
    );
}

fn session_files(ui: &mut Ui, draft: &mut Settings) {
    let mut wanted = draft.log_files > 0;
    if tick(ui, &mut wanted, "Write every line into session files").changed() {
        draft.log_files = if wanted { FILES } else { 0 };
    }
    if wanted {
        number(ui, "Files kept", &mut draft.log_files, 1..=1000, "");
        number(ui, "Size of a file", &mut draft.log_megabytes, 1..=1000, "MB");
    }
    let words =
        "As JSON lines, in the folder “logs” among Longshore's data. Names of files are in them, passwords never.";
    frame::remark(ui, words);
}

fn interface(ui: &mut Ui, draft: &mut Settings) {
    let themes = [(Theme::System, "As the system"), (Theme::Light, "Light"), (Theme::Dark, "Dark")];
    frame::choice(ui, "Colours", &mut draft.theme, &themes);
    let keys =
        [(Keys::FileZilla, "FileZilla: F5 refreshes"), (Keys::Commander, "Commander: F5 copies, F7 makes a folder")];
    frame::choice(ui, "Keys", &mut draft.keys, &keys);
    tick(ui, &mut draft.compact, "Compact rows");
    tick(ui, &mut draft.show_hidden, "Show names that begin with a dot");
    tick(ui, &mut draft.confirm_delete, "Ask before deleting");
    tick(ui, &mut draft.delete_for_good, "Delete local files for good instead of moving them to the bin");
}
