//! Quickconnect: one line that takes an address, with user, password and port; and what was typed before.

use std::fmt;
use std::sync::Arc;

use eframe::egui::{
    self, Align, Button, Id, Key, Layout, Margin, Modifiers, Popup, Rect, RichText, TextEdit, Ui, UiBuilder, vec2,
};

use crate::model::url::{Address, host_part};
use crate::model::{Action, Credentials, Login, Secret, Site, Sites, TabId};

use super::menu::{self, Item};
use super::mirror::Mirror;
use super::{icons, paint, theme};

/// Servers that are remembered.
const RECENT: usize = 10;
/// Width of the fields for user and password.
const NAME: f32 = 128.0;
/// Width of the field for the port.
const PORT: f32 = 56.0;

/// What is typed.
#[derive(Clone, Default)]
pub struct QuickView {
    /// URL or host.
    pub address: String,
    /// USER.
    pub user: String,
    /// PASS.
    pub password: String,
    /// As typed.
    pub port: String,
    /// What is wrong with it.
    pub mistake: Option<String>,
    /// The address is to get the keyboard.
    pub focus: bool,
    /// The first of the recent servers is to get the keyboard.
    to_recent: bool,
}

/// What a person wants of the bar.
#[derive(Clone, Debug)]
pub enum Wish {
    /// Connect.
    Connect(Arc<Site>, Option<Credentials>),
    /// A command of the window.
    Item(Item),
}

impl fmt::Debug for QuickView {
    /// Nothing of what is typed: the password may also stand in the address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("QuickView")
    }
}

impl QuickView {
    /// Reads what is typed. What the address says counts: the fields beside it may still be of the server before.
    pub fn read(&self) -> Result<(Site, Option<Credentials>), String> {
        let Address { mut site, password, path } = Address::parse(&self.address).map_err(|error| error.to_string())?;
        let user = self.user.trim();
        if site.user.is_empty() && !user.is_empty() {
            site.user = user.to_owned();
            site.login = if user == "anonymous" { Login::Anonymous } else { Login::Normal };
        }
        if site.port.is_none() && !self.port.trim().is_empty() {
            let port = self.port.trim().parse().ok().filter(|port| *port > 0);
            site.port = Some(port.ok_or_else(|| format!("{:?} is not a port", self.port.trim()))?);
        }
        site.remote = (!path.is_empty()).then_some(path);
        let typed = (!self.password.is_empty()).then(|| Secret::new(self.password.clone()));
        let password = password.or(typed).filter(|_| site.login != Login::Anonymous);
        let credentials = password.map(|password| Credentials { user: site.user.clone(), password, account: None });
        Ok((site, credentials))
    }

    /// Whether the address says more of `site` than its scheme, host and folder: what there are fields for.
    fn names_more(&self, site: &Site) -> bool {
        let typed = self.address.trim();
        let rest = typed.split_once("://").map_or(typed, |(_, rest)| rest);
        rest.split('/').next() != Some(&*host_part(&site.host))
    }

    /// Shows `site`, which is being connected to, unless it is what is typed.
    pub fn follow(&mut self, site: &Site) {
        if !self.read().is_ok_and(|(typed, _)| typed == *site) {
            self.show(site);
        }
    }

    /// Shows `site` in the fields.
    pub fn show(&mut self, site: &Site) {
        *self = Self {
            address: address(site),
            user: if site.login == Login::Anonymous { String::new() } else { site.user.clone() },
            port: site.port.map(|port| port.to_string()).unwrap_or_default(),
            ..Self::default()
        };
    }
}

/// Host and scheme of a site as one would type them.
fn address(site: &Site) -> String {
    use crate::model::Security;
    let scheme = match site.security {
        Security::Try => "",
        Security::Explicit => "ftpes://",
        Security::Implicit => "ftps://",
        Security::Never => "ftp://",
    };
    format!("{scheme}{}", host_part(&site.host))
}

/// The same with the port, which tells servers of one host apart.
fn label(site: &Site) -> String {
    site.port.map_or_else(|| address(site), |port| format!("{}:{port}", address(site)))
}

/// The sites with `site` as the newest that was typed.
pub fn remember(sites: &Sites, site: &Site) -> Option<Sites> {
    if sites.recent.first() == Some(site) {
        return None;
    }
    let mut sites = sites.clone();
    sites.recent.retain(|other| other != site);
    sites.recent.insert(0, site.clone());
    sites.recent.truncate(RECENT);
    Some(sites)
}

/// The action for what is typed.
pub fn connect(tab: TabId, site: Arc<Site>, credentials: Option<Credentials>) -> Action {
    Action::Connect { tab, site, credentials }
}

/// The id of the field for the address while `tab` is shown.
pub fn address_id(tab: TabId) -> Id {
    Id::unique(("quickconnect address", tab))
}

/// Draws the toolbar.
pub fn quick_ui(ui: &mut Ui, rect: Rect, mirror: &Mirror, tab: TabId, view: &mut QuickView, wishes: &mut Vec<Wish>) {
    let inner = rect.shrink2(vec2(theme::GAP, 7.0));
    let layout = Layout::left_to_right(Align::Center);
    ui.scope_builder(UiBuilder::new().max_rect(inner).layout(layout).id_salt("toolbar"), |ui| {
        sites_button(ui, mirror, wishes);
        let tools = 3.0 * theme::ICON_BUTTON + 2.0 * theme::TIGHT;
        let connect = 76.0;
        let fixed = 2.0 * NAME + PORT + connect + tools + 4.0 * theme::GAP + theme::GROUP;
        let width = (ui.available_width() - fixed).max(120.0);
        let entered = ui.push_id(tab, |ui| fields(ui, mirror, tab, view, width, wishes)).inner;
        let clicked = ui
            .scope(|ui| {
                ui.spacing_mut().button_padding.x = theme::PAD;
                theme::primary(ui, "Connect").clicked()
            })
            .inner;
        if entered || clicked {
            match view.read() {
                Ok((site, credentials)) => {
                    view.mistake = None;
                    view.password.clear();
                    // A password in the address must not stay on the screen, and a port would still count when
                    // another one is typed into its field.
                    if view.names_more(&site) {
                        view.show(&site);
                    }
                    wishes.push(Wish::Connect(Arc::new(site), credentials));
                }
                Err(mistake) => view.mistake = Some(mistake),
            }
        }
        ui.add_space((ui.available_width() - tools).max(0.0));
        ui.scope(|ui| {
            ui.spacing_mut().item_spacing.x = theme::TIGHT;
            let held = mirror.queue.is_held() || mirror.queue.left() > 0;
            for item in [Item::Reconnect, if held { Item::ReleaseQueue } else { Item::HoldQueue }, Item::Settings] {
                let icon = item.icon().unwrap_or(icons::MORE);
                if icons::button(ui, icon, item.text().trim_end_matches('…')).clicked() {
                    wishes.push(Wish::Item(item));
                }
            }
        });
    });
}

fn sites_button(ui: &mut Ui, mirror: &Mirror, wishes: &mut Vec<Wish>) {
    let text = (icons::SITES.text(), "Sites", icons::CHEVRON_DOWN.small());
    let button = Button::new(text).gap(6.0).min_size(vec2(0.0, theme::CONTROL));
    let response = ui.add(button).accessible_name("Sites");
    Popup::menu(&response).show(|ui| sites_menu(ui, mirror, wishes));
}

/// The sites as a menu: folders below folders, and the site manager.
pub fn sites_menu(ui: &mut Ui, mirror: &Mirror, wishes: &mut Vec<Wish>) {
    let mut folder: Option<&str> = None;
    for site in &mirror.sites.sites {
        if folder != Some(&site.folder) && !site.folder.is_empty() {
            ui.label(RichText::new(&site.folder).font(theme::small()).color(theme::of(ui).secondary));
        }
        folder = Some(&site.folder);
        if menu::entry(ui, Some(icons::SERVER), &site.title(), "", true).clicked() {
            wishes.push(Wish::Connect(Arc::new(site.clone()), None));
            ui.close();
        }
    }
    if !mirror.sites.sites.is_empty() {
        ui.separator();
    }
    if menu::row(ui, Item::Sites, mirror.settings.keys, true) {
        wishes.push(Wish::Item(Item::Sites));
    }
}

/// True when Enter was pressed in one of the fields.
fn fields(ui: &mut Ui, mirror: &Mirror, tab: TabId, view: &mut QuickView, width: f32, wishes: &mut Vec<Wish>) -> bool {
    let palette = theme::of(ui);
    let hint = |text: &str| RichText::new(text.to_owned()).color(palette.secondary);
    let margin = Margin::symmetric(8, 4);
    let mut responses = Vec::with_capacity(4);
    let edit = TextEdit::singleline(&mut view.address).id(address_id(tab)).hint_text(hint("ftp://host or address"));
    let mut inside = margin;
    inside.right = 26;
    let response = paint::field(ui, vec2(width, theme::CONTROL), edit.margin(inside)).accessible_name("Address");
    recents(ui, mirror, view, &response, wishes);
    responses.push(response);
    for (text, name, width, hidden) in
        [(&mut view.user, "User", NAME, false), (&mut view.password, "Password", NAME, true)]
    {
        let edit = TextEdit::singleline(text).hint_text(hint(name)).margin(margin).password(hidden);
        responses.push(paint::field(ui, vec2(width, theme::CONTROL), edit).accessible_name(name));
    }
    let edit = TextEdit::singleline(&mut view.port).hint_text(hint("Port")).margin(margin);
    responses.push(paint::field(ui, vec2(PORT, theme::CONTROL), edit).accessible_name("Port"));
    if std::mem::take(&mut view.focus) {
        responses[0].request_focus();
    }
    if responses.iter().any(egui::Response::changed) {
        view.mistake = None;
    }
    let entered = ui.input(|input| input.key_pressed(Key::Enter));
    entered && responses.iter().any(egui::Response::lost_focus)
}

/// The servers that were typed before, behind the field's arrow, or its Down key.
fn recents(ui: &mut Ui, mirror: &Mirror, view: &mut QuickView, field: &egui::Response, wishes: &mut Vec<Wish>) {
    let side = field.rect.height();
    let area = Rect::from_min_size(egui::pos2(field.rect.right() - side, field.rect.top()), vec2(side, side));
    let id = ui.unique_id().with("recent");
    // Not a stop of Tab: who types the address goes on to the user, and Down opens the list from here.
    let arrow = ui.interact(area, id, egui::Sense::CLICK).accessible_name("Recent servers");
    let palette = theme::of(ui);
    let color = if arrow.hovered() { palette.text } else { palette.secondary };
    icons::CHEVRON_DOWN.paint_small(ui.painter(), area.center(), color);
    let down = field.has_focus() && ui.input_mut(|input| input.consume_key(Modifiers::NONE, Key::ArrowDown));
    let popup = Popup::menu(&arrow).anchor(field);
    let popup = if down { popup.open_memory(Some(egui::SetOpenCommand::Bool(true))) } else { popup };
    view.to_recent |= down;
    popup.show(|ui| {
        ui.set_min_width(field.rect.width().max(260.0) - 8.0);
        if mirror.sites.recent.is_empty() {
            ui.label(RichText::new("Servers you connect to appear here").color(palette.secondary));
        }
        for site in &mirror.sites.recent {
            let keys = if site.login == Login::Anonymous { "" } else { site.user.as_str() };
            let entry = menu::entry(ui, Some(icons::HISTORY), &label(site), keys, true);
            if !ui.is_sizing_pass() && std::mem::take(&mut view.to_recent) {
                entry.request_focus();
            }
            if entry.clicked() {
                view.show(site);
                wishes.push(Wish::Connect(Arc::new(site.clone()), None));
                ui.close();
            }
        }
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Security;

    fn quick(address: &str, user: &str, password: &str, port: &str) -> QuickView {
        let (address, user) = (address.into(), user.into());
        QuickView { address, user, password: password.into(), port: port.into(), ..QuickView::default() }
    }

    #[test]
    fn the_fields_add_to_the_address() {
        let (site, credentials) = quick("ftpes://h/pub", "me", "p", "2121").read().unwrap();
        assert_eq!((site.host.as_str(), site.port(), site.security), ("h", 2121, Security::Explicit));
        assert_eq!((site.login, site.remote.as_deref()), (Login::Normal, Some("pub")));
        assert_eq!(credentials.unwrap().password.expose(), "p");
        let (site, credentials) = quick("me:secret@h", "", "", "").read().unwrap();
        assert_eq!((site.user(), credentials.unwrap().password.expose()), ("me", "secret"));
        let (site, credentials) = quick("h", "", "unused", "").read().unwrap();
        assert_eq!((site.login, credentials), (Login::Anonymous, None));
        assert!(quick("h", "", "", "0").read().unwrap_err().contains("port"));
        let (site, credentials) = quick("ftps://ann:a@h:42022/pub", "bob", "b", "21").read().unwrap();
        assert_eq!((site.port(), site.user(), site.security), (42022, "ann", Security::Implicit));
        assert_eq!(credentials.unwrap().password.expose(), "a");
        assert_eq!(quick("h:42022", "bob", "", "21").read().unwrap().0.port(), 42022);
        assert_eq!(quick("::1", "", "", "21").read().unwrap().0.port(), 21, "it names no port");
        assert!(quick("", "", "", "").read().is_err());
    }

    #[test]
    fn what_was_typed_is_remembered_once() {
        let site = |host: &str| Site { host: host.into(), ..Site::default() };
        let mut sites = Sites::default();
        for n in 0..RECENT + 3 {
            sites = remember(&sites, &site(&n.to_string())).unwrap();
        }
        assert_eq!(sites.recent.len(), RECENT);
        assert_eq!(remember(&sites, &site("12")), None);
        let sites = remember(&sites, &site("5")).unwrap();
        assert_eq!((sites.recent[0].host.as_str(), sites.recent.len()), ("5", RECENT));
    }

    #[test]
    fn an_address_can_be_typed_again() {
        for typed in ["ftpes://h", "ftps://h", "[::1]", "h"] {
            let (site, _) = quick(typed, "", "", "").read().unwrap();
            assert_eq!(address(&site), typed);
        }
    }
}
