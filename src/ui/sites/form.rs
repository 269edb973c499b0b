//! The site manager's form: what is known of the site, bookmark or folder that is chosen.

use std::path::PathBuf;

use eframe::egui::{
    self, Align, DragValue, Label, Layout, Margin, Rect, Response, RichText, ScrollArea, TextEdit, Ui, UiBuilder, Vec2,
};

use super::draft::{Draft, Held, Node, Password};
use super::{Wanted, Work, pick, way};
use crate::model::settings::MOST_SEGMENTS;
use crate::model::url::Address;
use crate::model::{Login, Mode, PathSyntax, Secret, Security, Site};
use crate::ui::dialog::{frame, password_field, speed};
use crate::ui::strip::bar_tab;
use crate::ui::{marks, theme};

/// The form's state that is not the site's: what is half typed, and which page is shown.
#[derive(Default)]
pub(super) struct Form {
    page: Page,
    port: String,
    wrong: Option<&'static str>,
    password: String,
    shown: bool,
    focus_host: bool,
}

impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Form").field("page", &self.page).field("port", &self.port).finish_non_exhaustive()
    }
}

/// A page of a site's form.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Page {
    #[default]
    General,
    Tls,
    Network,
    Folders,
    Transfer,
    Charset,
}

const PAGES: [(Page, &str); 6] = [
    (Page::General, "General"),
    (Page::Tls, "TLS"),
    (Page::Network, "Network"),
    (Page::Folders, "Folders"),
    (Page::Transfer, "Transfer"),
    (Page::Charset, "Charset"),
];

const SECURITY: [(Security, &str); 4] = [
    (Security::Try, "TLS if the server has it"),
    (Security::Explicit, "TLS, explicit: AUTH TLS on port 21"),
    (Security::Implicit, "TLS, implicit: port 990"),
    (Security::Never, "None: everything in clear"),
];

const LOGIN: [(Login, &str); 3] = [
    (Login::Anonymous, "Anonymous"),
    (Login::Normal, "User and password"),
    (Login::Ask, "Ask for the password each time"),
];

const MODE: [(Mode, &str); 5] = [
    (Mode::Auto, "Automatic: passive, active where that fails"),
    (Mode::Passive, "Passive"),
    (Mode::Epsv, "Passive, with EPSV only"),
    (Mode::Pasv, "Passive, with PASV only"),
    (Mode::Active, "Active"),
];

/// Charsets by their WHATWG label.
const CHARSETS: [(Option<&str>, &str); 19] = [
    (None, "UTF-8"),
    (Some("windows-1252"), "Western European (Windows-1252)"),
    (Some("iso-8859-15"), "Western European (ISO 8859-15)"),
    (Some("macintosh"), "Western European (Macintosh)"),
    (Some("windows-1250"), "Central European (Windows-1250)"),
    (Some("iso-8859-2"), "Central European (ISO 8859-2)"),
    (Some("windows-1257"), "Baltic (Windows-1257)"),
    (Some("windows-1251"), "Cyrillic (Windows-1251)"),
    (Some("koi8-r"), "Cyrillic (KOI8-R)"),
    (Some("ibm866"), "Cyrillic (DOS 866)"),
    (Some("windows-1253"), "Greek (Windows-1253)"),
    (Some("windows-1254"), "Turkish (Windows-1254)"),
    (Some("windows-1255"), "Hebrew (Windows-1255)"),
    (Some("windows-1256"), "Arabic (Windows-1256)"),
    (Some("shift_jis"), "Japanese (Shift JIS)"),
    (Some("euc-jp"), "Japanese (EUC-JP)"),
    (Some("gb18030"), "Chinese, simplified (GB 18030)"),
    (Some("big5"), "Chinese, traditional (Big5)"),
    (Some("euc-kr"), "Korean (EUC-KR)"),
];

impl Form {
    /// For a site, on the page that was shown.
    pub(super) fn of(held: Option<&Held>, page: Page) -> Self {
        let port = held.and_then(|held| held.site.port).map_or_else(String::new, |port| port.to_string());
        let password = match held.map(|held| &held.password) {
            Some(Password::Typed(secret)) => secret.expose().to_owned(),
            _ => String::new(),
        };
        Self { page, port, password, ..Self::default() }
    }

    /// The page that is shown.
    pub(super) fn page(&self) -> Page {
        self.page
    }

    /// Whether everything typed can be used.
    pub(super) fn is_right(&self) -> bool {
        self.wrong.is_none()
    }

    /// Gives the keyboard to the host.
    pub(super) fn focus_host(&mut self) {
        self.page = Page::General;
        self.focus_host = true;
    }
}

/// Draws the form of a site.
pub(super) fn site_ui(ui: &mut Ui, work: &mut Work, key: u32) {
    let row = Rect::from_min_size(ui.cursor().min, Vec2::new(ui.available_width(), theme::BAR));
    ui.advance_cursor_after_rect(row);
    // The names of the pages stand over the labels, not their padding.
    let row = row.with_min_x(row.left() - theme::GAP);
    let mut pages = ui.new_child(UiBuilder::new().max_rect(row).layout(Layout::left_to_right(Align::Center)));
    pages.spacing_mut().item_spacing.x = theme::TIGHT;
    for (page, name) in PAGES {
        if bar_tab(&mut pages, name, None, work.form.page == page, false).clicked() {
            work.form.page = page;
        }
    }
    let mut wanted = None;
    let mut renamed = false;
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.set_max_width(ui.available_width() - theme::GAP);
        let known = work.saved.sites.iter().any(|site| Some(site) == work.draft.held(key).map(|held| &held.site));
        let Some(held) = work.draft.held_mut(key) else { return };
        match work.form.page {
            Page::General => renamed = general(ui, &mut work.form, held, known),
            Page::Tls => wanted = way::tls(ui, &mut held.site, key),
            Page::Network => way::network(ui, &mut held.site),
            Page::Folders => wanted = folders(ui, &mut held.site).then_some(Wanted::Folder(Node::Site(key))),
            Page::Transfer => transfer(ui, &mut held.site),
            Page::Charset => charset(ui, &mut held.site),
        }
    });
    if let Some(wanted) = wanted {
        pick(work, wanted, ui.ctx());
    }
    if renamed {
        work.changed();
    }
}

fn general(ui: &mut Ui, form: &mut Form, held: &mut Held, known: bool) -> bool {
    let site = &mut held.site;
    let host = frame::row(ui, "Host", |ui| frame::field(ui, &mut site.host, "ftp.example.org, or a whole URL"));
    if std::mem::take(&mut form.focus_host) {
        host.request_focus();
    }
    if host.lost_focus() {
        take_address(form, site, &mut held.password);
    }
    let hint = site.usual_port().to_string();
    let port = frame::row(ui, "Port", |ui| {
        let field = TextEdit::singleline(&mut form.port).hint_text(hint).desired_width(64.0);
        frame::ringed(ui, field.margin(Margin::symmetric(6, 4)))
    });
    if port.changed() {
        match form.port.trim() {
            "" => (site.port, form.wrong) = (None, None),
            typed => match typed.parse().ok().filter(|port| *port != 0) {
                Some(port) => (site.port, form.wrong) = (Some(port), None),
                None => form.wrong = Some("A port is a number from 1 to 65535"),
            },
        }
    }
    if let Some(wrong) = form.wrong {
        frame::mistake(ui, wrong);
    }
    frame::choice(ui, "Encryption", &mut site.security, &SECURITY);
    frame::choice(ui, "Log in as", &mut site.login, &LOGIN);
    if site.login != Login::Anonymous {
        frame::row(ui, "User", |ui| frame::field(ui, &mut site.user, ""));
    }
    if site.login == Login::Normal {
        password(ui, form, &mut held.password, known);
    }
    if site.login != Login::Anonymous {
        frame::row(ui, "Account", |ui| frame::field(ui, &mut site.account, "Only where the server asks for it"));
    }
    frame::row(ui, "Comments", |ui| {
        let width = ui.available_width();
        let field = TextEdit::multiline(&mut site.comments).desired_rows(3).desired_width(width);
        frame::ringed(ui, field.margin(Margin::symmetric(6, 4)))
    });
    host.changed() && site.name.is_empty()
}

/// A URL, or a host with a port, was typed where a host belongs: its parts go where they belong.
fn take_address(form: &mut Form, site: &mut Site, password: &mut Password) {
    site.host = site.host.trim().to_owned();
    let typed = &site.host;
    let url = typed.contains("://");
    if !url && !typed.contains(['/', '@', '[']) && typed.matches(':').count() != 1 {
        return;
    }
    let Ok(address) = Address::parse(typed) else { return };
    site.host = address.site.host;
    if url {
        site.security = address.site.security;
    }
    if url || address.site.port.is_some() {
        site.port = address.site.port;
        form.port = site.port.map_or_else(String::new, |port| port.to_string());
        form.wrong = None;
    }
    if address.site.login != Login::Anonymous {
        (site.login, site.user) = (address.site.login, address.site.user);
    }
    if let Some(secret) = address.password {
        form.password = secret.expose().to_owned();
        *password = Password::Typed(secret);
    }
    if !address.path.is_empty() {
        site.remote = Some(address.path);
    }
}

fn password(ui: &mut Ui, form: &mut Form, password: &mut Password, known: bool) {
    let hint = match password {
        Password::Forgotten => "will be forgotten",
        Password::Kept if known => "as it is kept, or asked for",
        _ => "asked for when it is needed",
    };
    let response = frame::row(ui, "Password", |ui| password_field(ui, &mut form.password, &mut form.shown, hint));
    if response.changed() {
        let typed = !form.password.is_empty();
        *password = if typed { Password::Typed(Secret::new(form.password.clone())) } else { Password::Kept };
    }
    frame::wide_row(ui, "", |ui| {
        let color = theme::of(ui).secondary;
        ui.label(RichText::new("Kept in the system’s vault, never in a file.").font(theme::small()).color(color));
        if *password == Password::Kept && known && ui.link(RichText::new("Forget it").font(theme::small())).clicked() {
            *password = Password::Forgotten;
        }
    });
}

/// A field for a local folder or file, and a button that opens the system's dialog; whether that was pressed.
pub(super) fn local(ui: &mut Ui, label: &str, path: &mut Option<PathBuf>, hint: &str) -> bool {
    let mut browse = false;
    let mut text = path.as_ref().map_or_else(String::new, |path| path.display().to_string());
    let response = frame::row(ui, label, |ui| {
        let width = ui.available_width() - 84.0 - theme::GAP;
        let field = TextEdit::singleline(&mut text).hint_text(hint).desired_width(width);
        let field = field.margin(Margin::symmetric(6, 4));
        let response = frame::ringed(ui, field);
        browse = ui.add(egui::Button::new("Browse…").min_size(Vec2::new(84.0, theme::CONTROL))).clicked();
        response
    });
    if response.changed() {
        *path = (!text.is_empty()).then(|| PathBuf::from(text));
    }
    browse
}

fn remote_folder(ui: &mut Ui, label: &str, path: &mut Option<String>) -> Response {
    let mut text = path.clone().unwrap_or_default();
    let response = frame::row(ui, label, |ui| frame::field(ui, &mut text, "the folder after the log-in"));
    if response.changed() {
        *path = (!text.is_empty()).then_some(text);
    }
    response
}

fn folders(ui: &mut Ui, site: &mut Site) -> bool {
    let browse = local(ui, "Local folder", &mut site.local, "");
    remote_folder(ui, "Remote folder", &mut site.remote);
    frame::remark(
        ui,
        "Both are opened when it connects. A remote folder without a slash in front begins at the log-in.",
    );
    let forms: Vec<_> = std::iter::once((None, "As the server shows it"))
        .chain(PathSyntax::ALL.map(|(syntax, name)| (Some(syntax), name)))
        .collect();
    frame::choice(ui, "Form of paths", &mut site.paths, &forms);
    if !site.bookmarks.is_empty() {
        ui.add_space(theme::GAP);
        ui.label(RichText::new("Bookmarks").font(theme::medium()));
        let color = theme::of(ui).secondary;
        for bookmark in &site.bookmarks {
            ui.horizontal(|ui| {
                ui.label(crate::ui::icons::BOOKMARK.text().color(color));
                ui.label(&bookmark.name);
                let local = bookmark.local.as_ref().map(|path| path.display().to_string());
                let both: Vec<_> = [local, bookmark.remote.clone()].into_iter().flatten().collect();
                ui.add(Label::new(RichText::new(both.join(" · ")).font(theme::small()).color(color)).truncate());
            });
        }
    }
    browse
}

fn transfer(ui: &mut Ui, site: &mut Site) {
    frame::choice(ui, "Mode", &mut site.mode, &MODE);
    frame::remark(ui, "Who opens data connections. Passive works through nearly every firewall.");
    marks::tick(ui, &mut site.trust_address, "Connect to the address that the server names (PASV)");
    frame::remark(ui, "Only where it must be another one: a hostile server could lead Longshore to other machines.");
    let mut capped = site.connections.is_some();
    if marks::tick(ui, &mut capped, "Limit the connections to this site").changed() {
        site.connections = capped.then_some(2);
    }
    if let Some(connections) = &mut site.connections {
        frame::row(ui, "At most", |ui| frame::number(ui, 84.0, DragValue::new(connections).range(1..=20)));
    }
    let mut divided = site.segments.is_some();
    if marks::tick(ui, &mut divided, "Choose the connections for one large file").changed() {
        site.segments = divided.then_some(4);
    }
    if let Some(segments) = &mut site.segments {
        frame::row(ui, "Connections", |ui| frame::number(ui, 84.0, DragValue::new(segments).range(1..=MOST_SEGMENTS)));
        frame::remark(ui, "1: one fetches all of it. More help where a server gives each connection only so much.");
    }
    speed::limit_row(ui, "Download limit", &mut site.limit_down);
    speed::limit_row(ui, "Upload limit", &mut site.limit_up);
    frame::remark(ui, "0: no limit of its own. Those of the settings hold beside it.");
}

fn charset(ui: &mut Ui, site: &mut Site) {
    let current = site.encoding.clone();
    let mut chosen = current.as_deref();
    let mut choices = CHARSETS.to_vec();
    if !choices.iter().any(|(label, _)| *label == chosen) {
        choices.extend(chosen.map(|label| (Some(label), label)));
    }
    frame::choice(ui, "Charset of names", &mut chosen, &choices);
    if chosen != current.as_deref() {
        site.encoding = chosen.map(str::to_owned);
    }
    frame::remark(ui, "Nearly every server speaks UTF-8. Choose another one where names show wrong letters.");
    let zones = zones(site.zone);
    frame::choice(ui, "Times in listings", &mut site.zone, &zones);
    frame::remark(
        ui,
        "Only for servers without MLSD, which list their own time: their zone is measured, or said here.",
    );
}

/// The zones that there are, in minutes east of Greenwich.
fn zones(current: Option<i16>) -> Vec<(Option<i16>, &'static str)> {
    let mut zones = vec![
        (None, "As measured"),
        (Some(-720), "UTC\u{2212}12"),
        (Some(-660), "UTC\u{2212}11"),
        (Some(-600), "UTC\u{2212}10"),
        (Some(-540), "UTC\u{2212}9"),
        (Some(-480), "UTC\u{2212}8"),
        (Some(-420), "UTC\u{2212}7"),
        (Some(-360), "UTC\u{2212}6"),
        (Some(-300), "UTC\u{2212}5"),
        (Some(-240), "UTC\u{2212}4"),
        (Some(-210), "UTC\u{2212}3:30"),
        (Some(-180), "UTC\u{2212}3"),
        (Some(-120), "UTC\u{2212}2"),
        (Some(-60), "UTC\u{2212}1"),
        (Some(0), "UTC"),
        (Some(60), "UTC+1"),
        (Some(120), "UTC+2"),
        (Some(180), "UTC+3"),
        (Some(210), "UTC+3:30"),
        (Some(240), "UTC+4"),
        (Some(270), "UTC+4:30"),
        (Some(300), "UTC+5"),
        (Some(330), "UTC+5:30"),
        (Some(345), "UTC+5:45"),
        (Some(360), "UTC+6"),
        (Some(390), "UTC+6:30"),
        (Some(420), "UTC+7"),
        (Some(480), "UTC+8"),
        (Some(540), "UTC+9"),
        (Some(570), "UTC+9:30"),
        (Some(600), "UTC+10"),
        (Some(660), "UTC+11"),
        (Some(720), "UTC+12"),
        (Some(780), "UTC+13"),
        (Some(840), "UTC+14"),
    ];
    if zones.iter().all(|(zone, _)| *zone != current) {
        zones.push((current, "Another zone"));
    }
    zones
}

/// Draws the form of a bookmark.
pub(super) fn bookmark_ui(ui: &mut Ui, work: &mut Work, key: u32, at: usize) {
    let node = Node::Bookmark(key, at);
    title(ui, &work.draft.name(&node), "Bookmark");
    let mut browse = false;
    if let Some(bookmark) = work.draft.held_mut(key).and_then(|held| held.site.bookmarks.get_mut(at)) {
        browse = local(ui, "Local folder", &mut bookmark.local, "");
        remote_folder(ui, "Remote folder", &mut bookmark.remote);
    }
    frame::remark(ui, "It opens both folders: with Connect, or from the Bookmarks menu while its site is connected.");
    if browse {
        pick(work, Wanted::Folder(node), ui.ctx());
    }
}

/// Draws what is known of a folder.
pub(super) fn folder_ui(ui: &mut Ui, work: &Work, path: &str) {
    let node = Node::Folder(path.to_owned());
    title(ui, &work.draft.name(&node), "Folder");
    let (sites, folders) = work.draft.measure(&node);
    let sites = crate::ui::text::count(sites as u64, "site", "sites");
    let folders = crate::ui::text::count(folders as u64 - 1, "folder", "folders");
    frame::remark(ui, &format!("In it: {sites}, {folders}. Drag sites onto it, or move them by their menu."));
}

fn title(ui: &mut Ui, name: &str, kind: &str) {
    let color = theme::of(ui).secondary;
    ui.horizontal(|ui| {
        ui.set_height(theme::BAR);
        ui.add(Label::new(RichText::new(name).font(theme::strong())).truncate());
        ui.label(RichText::new(kind).font(theme::small()).color(color));
    });
}

/// Puts what was chosen in the system's dialog where it belongs.
pub(super) fn set_picked(draft: &mut Draft, wanted: Wanted, path: PathBuf) {
    let (Wanted::Folder(Node::Site(key) | Node::Bookmark(key, _)) | Wanted::Certificate(key) | Wanted::Key(key)) =
        wanted
    else {
        return;
    };
    let Some(site) = draft.held_mut(key).map(|held| &mut held.site) else { return };
    match wanted {
        Wanted::Folder(Node::Bookmark(_, at)) => {
            if let Some(bookmark) = site.bookmarks.get_mut(at) {
                bookmark.local = Some(path);
            }
        }
        Wanted::Folder(_) => site.local = Some(path),
        Wanted::Certificate(_) => site.certificate = Some(path),
        Wanted::Key(_) => site.key = Some(path),
    }
}

#[cfg(test)]
mod tests;
