//! The fields of a proxy, as the settings and a site have them.

use eframe::egui::{DragValue, Margin, TextEdit, Ui};

use super::frame;
use crate::model::{Proxy, ProxyKind};

/// How proxies are spoken to, in a person's words.
pub const KINDS: [(ProxyKind, &str); 8] = [
    (ProxyKind::None, "No proxy"),
    (ProxyKind::Socks5, "SOCKS 5"),
    (ProxyKind::Http, "HTTP CONNECT"),
    (ProxyKind::FtpUser, "FTP: USER user@host"),
    (ProxyKind::FtpSite, "FTP: SITE host"),
    (ProxyKind::FtpOpen, "FTP: OPEN host"),
    (ProxyKind::FtpLogin, "FTP: USER user@host proxyuser"),
    (ProxyKind::FtpScript, "FTP: log-in of your own"),
];

/// Draws the fields that its kind has.
pub fn proxy_ui(ui: &mut Ui, proxy: &mut Proxy) {
    if proxy.kind == ProxyKind::None {
        return;
    }
    frame::row(ui, "Proxy host", |ui| frame::field(ui, &mut proxy.host, "proxy.example.org"));
    let mut port = proxy.port();
    let value = DragValue::new(&mut port).range(1..=u16::MAX);
    if frame::row(ui, "Proxy port", |ui| frame::number(ui, 84.0, value)).changed() {
        proxy.port = Some(port);
    }
    frame::row(ui, "Proxy user", |ui| frame::field(ui, &mut proxy.user, "only where the proxy asks for one"));
    if proxy.kind == ProxyKind::FtpScript {
        frame::row(ui, "Commands", |ui| {
            let field = TextEdit::multiline(&mut proxy.script).desired_rows(4).desired_width(ui.available_width());
            frame::ringed(ui, field.hint_text("USER %u@%h\nPASS %p").margin(Margin::symmetric(6, 4)))
        });
        frame::remark(
            ui,
            "One command a line. %h: the server, %u %p %a: user, password and account there, %s %w: user and password of \
             the proxy, %%: a percent sign.",
        );
    }
    frame::remark(
        ui,
        if proxy.is_tunnel() {
            "All connections go through it, also those for data; active mode is impossible. Its password is asked for."
        } else {
            "It reads all that crosses it: there is no TLS through it. Its password is asked for."
        },
    );
}
