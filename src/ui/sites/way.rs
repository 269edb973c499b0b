//! The pages of a site's form about the way to it: TLS, and what stands in between.

use eframe::egui::Ui;

use super::Wanted;
use super::form::local;
use crate::model::{HostCommand, Proxy, ProxyKind, Security, Site, TlsVersion};
use crate::ui::dialog::frame;
use crate::ui::dialog::proxy::{KINDS, proxy_ui};
use crate::ui::marks;

const VERSIONS: [(TlsVersion, &str); 2] = [(TlsVersion::Tls12, "TLS 1.2 or 1.3"), (TlsVersion::Tls13, "TLS 1.3 only")];

const HOST: [(HostCommand, &str); 3] =
    [(HostCommand::Auto, "Where the server has it"), (HostCommand::Always, "Always"), (HostCommand::Never, "Never")];

/// TLS beyond whether there is any; what the system's dialog is wanted for. `key` is the site's in the draft.
pub(super) fn tls(ui: &mut Ui, site: &mut Site, key: u32) -> Option<Wanted> {
    if site.security == Security::Never {
        frame::remark(ui, "This site is used without TLS: see Encryption on the first page.");
        return None;
    }
    frame::choice(ui, "Versions", &mut site.minimum_tls, &VERSIONS);
    let hint = "only where the server asks who you are";
    let mut wanted = local(ui, "Client certificate", &mut site.certificate, hint).then_some(Wanted::Certificate(key));
    if site.certificate.is_some() {
        if local(ui, "Its key", &mut site.key, "in the same file") {
            wanted = Some(Wanted::Key(key));
        }
        frame::remark(
            ui,
            "PEM files, or one of PKCS #12 (.p12, .pfx), which has its key in it. You are asked for a password.",
        );
    }
    marks::tick(ui, &mut site.clear_data, "Leave data connections in clear (PROT C)");
    frame::remark(ui, "Who listens on the way reads the files and the names.");
    marks::tick(ui, &mut site.clear_control, "Go on in clear after the log-in (CCC)");
    frame::remark(ui, "For firewalls that must read the commands. Who listens reads them too.");
    wanted
}

/// What stands between us and the site, and what keeps it talking.
pub(super) fn network(ui: &mut Ui, site: &mut Site) {
    let mut kind = site.proxy.as_ref().map(|proxy| proxy.kind);
    let mut kinds = vec![(None, "As the settings say")];
    kinds.extend(KINDS.map(|(kind, name)| (Some(kind), name)));
    let before = kind;
    frame::choice(ui, "Proxy", &mut kind, &kinds);
    if kind != before {
        let known = site.proxy.take().unwrap_or_default();
        site.proxy = kind.map(|kind| Proxy { kind, port: None, ..known });
    }
    if let Some(proxy) = site.proxy.as_mut().filter(|proxy| proxy.kind != ProxyKind::None) {
        proxy_ui(ui, proxy);
    }
    frame::choice(ui, "HOST command", &mut site.host_command, &HOST);
    frame::remark(ui, "Tells a server that has several hosts which of them is meant.");
    marks::tick(ui, &mut site.noop_in_transfers, "Send NOOP while a file is transferred");
    frame::remark(ui, "Only where a firewall closes quiet control connections: some servers break a transfer for it.");
    marks::tick(ui, &mut site.temporary_names, "Upload by a temporary name, then rename");
    frame::remark(ui, "For folders whose files are fetched as soon as they are there. The server must let you rename.");
}
