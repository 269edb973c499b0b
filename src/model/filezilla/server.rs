//! A `<Server>` as FileZilla keeps it, in its site manager and in its queue.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::model::xml::{Element, line};
use crate::model::{Login, Mode, PathSyntax, Secret, Security, Site};

/// The server of an element, with the password if that can be read. `None`: it is none of FTP, or has no host.
pub(super) fn read(element: &Element) -> Option<(Site, Option<Secret>)> {
    let security = match element.number_of("Protocol").unwrap_or(0) {
        0 => Security::Try,
        3 => Security::Implicit,
        4 => Security::Explicit,
        6 => Security::Never,
        _ => return None,
    };
    let login = match element.number_of("Logontype").unwrap_or(0) {
        0 => Login::Anonymous,
        1 | 4 => Login::Normal,
        _ => Login::Ask,
    };
    let mut site = Site {
        name: element.text_of("Name").to_owned(),
        host: element.text_of("Host").trim().to_owned(),
        security,
        login,
        user: element.text_of("User").to_owned(),
        account: element.text_of("Account").to_owned(),
        mode: match element.text_of("PasvMode").trim() {
            "MODE_ACTIVE" => Mode::Active,
            "MODE_PASSIVE" => Mode::Passive,
            _ => Mode::Auto,
        },
        // Theirs is what is added to a time of the server; ours is where the server is.
        zone: element.number_of::<i16>("TimezoneOffset").filter(|offset| *offset != 0).and_then(i16::checked_neg),
        connections: element.number_of("MaximumMultipleConnections").filter(|count| *count > 0),
        comments: element.text_of("Comments").to_owned(),
        paths: element.number_of("Type").and_then(syntax),
        ..Site::default()
    };
    if element.text_of("EncodingType").trim() == "Custom" {
        site.encoding = Some(element.text_of("CustomEncoding").trim().to_owned()).filter(|label| !label.is_empty());
    }
    site.port = element.number_of("Port").filter(|port| *port != site.usual_port());
    let password = element.child("Pass").filter(|_| login == Login::Normal).and_then(password);
    (!site.host.is_empty()).then_some((site, password))
}

/// What FileZilla calls the kinds of servers, and how their paths are written; of two for one form the first is written.
const KINDS: [(u8, PathSyntax); 9] = [
    (1, PathSyntax::Unix),
    (2, PathSyntax::Vms),
    (3, PathSyntax::Dos),
    (4, PathSyntax::Mvs),
    (6, PathSyntax::Vm),
    (7, PathSyntax::NonStop),
    (8, PathSyntax::Dos), // without drives
    (9, PathSyntax::Cygwin),
    (10, PathSyntax::Device), // of DOS, with slashes
];

/// The form of paths of a kind of servers; `None` for what FileZilla finds out, and for VxWorks, which has two colons there.
pub(super) fn syntax(kind: u8) -> Option<PathSyntax> {
    KINDS.iter().find(|(known, _)| *known == kind).map(|(_, syntax)| *syntax)
}

/// A password in clear or in base64; one under a master password cannot be read.
fn password(element: &Element) -> Option<Secret> {
    let text = match element.attribute("encoding") {
        None => element.text.clone(),
        Some("base64") => String::from_utf8(STANDARD.decode(element.text.trim()).ok()?).ok()?,
        Some(_) => return None,
    };
    (!text.is_empty()).then(|| Secret::new(text))
}

/// The lines of a server, without its password.
pub(super) fn write(site: &Site) -> String {
    let kind = KINDS.iter().find(|(_, syntax)| Some(*syntax) == site.paths).map_or(0, |(kind, _)| *kind);
    let protocol = match site.security {
        Security::Try => "0",
        Security::Implicit => "3",
        Security::Explicit => "4",
        Security::Never => "6",
    };
    let mode = match site.mode {
        Mode::Auto => "MODE_DEFAULT",
        Mode::Passive | Mode::Epsv | Mode::Pasv => "MODE_PASSIVE",
        Mode::Active => "MODE_ACTIVE",
    };
    let mut lines = vec![
        line("Host", &site.host),
        line("Port", &site.port().to_string()),
        line("Protocol", protocol),
        line("Type", &kind.to_string()),
        // With a password that is not there FileZilla asks for it.
        line("Logontype", if site.login == Login::Anonymous { "0" } else { "2" }),
        line("PasvMode", mode),
    ];
    if site.login != Login::Anonymous {
        lines.push(line("User", &site.user));
    }
    if let Some(zone) = site.zone.and_then(i16::checked_neg) {
        lines.push(line("TimezoneOffset", &zone.to_string()));
    }
    if let Some(connections) = site.connections {
        lines.push(line("MaximumMultipleConnections", &connections.to_string()));
    }
    match &site.encoding {
        Some(label) => lines.extend([line("EncodingType", "Custom"), line("CustomEncoding", label)]),
        None => lines.push(line("EncodingType", "Auto")),
    }
    if !site.name.is_empty() {
        lines.push(line("Name", &site.name));
    }
    lines.concat()
}

#[cfg(test)]
mod tests {
    use crate::model::xml;

    use super::*;

    fn element(inside: &str) -> Element {
        let text = format!("<Server>{inside}</Server>");
        xml::read(text.as_bytes(), &mut |_, child| Some(child)).unwrap().children.remove(0)
    }

    #[test]
    fn servers_are_read() {
        let inside = "<Host>h.example</Host><Port>990</Port><Protocol>3</Protocol><Type>0</Type><User>me</User>\
            <Pass encoding=\"base64\">c2VjcmV0</Pass><Logontype>1</Logontype><TimezoneOffset>-120</TimezoneOffset>\
            <PasvMode>MODE_ACTIVE</PasvMode><MaximumMultipleConnections>2</MaximumMultipleConnections>\
            <EncodingType>Custom</EncodingType><CustomEncoding>windows-1251</CustomEncoding><Name>Mine</Name>";
        let (site, password) = read(&element(inside)).unwrap();
        let expected = Site {
            name: "Mine".into(),
            host: "h.example".into(),
            security: Security::Implicit,
            login: Login::Normal,
            user: "me".into(),
            mode: Mode::Active,
            encoding: Some("windows-1251".into()),
            zone: Some(120),
            connections: Some(2),
            ..Site::default()
        };
        assert_eq!((site, password), (expected, Some(Secret::new("secret"))));
        let crypt = inside.replace("base64", "crypt");
        assert_eq!(read(&element(&crypt)).unwrap().1, None);
        assert!(read(&element(&inside.replace("<Protocol>3", "<Protocol>1"))).is_none(), "SFTP");
        assert!(read(&element("<Port>21</Port>")).is_none());
        for (kind, paths) in [(0, None), (5, None), (8, Some(PathSyntax::Dos)), (10, Some(PathSyntax::Device))] {
            let inside = inside.replace("<Type>0", &format!("<Type>{kind}"));
            assert_eq!(read(&element(&inside)).unwrap().0.paths, paths, "{kind}");
        }
    }

    #[test]
    fn what_is_written_is_read_again_without_a_password() {
        let site = Site {
            name: "A & B".into(),
            host: "::1".into(),
            port: Some(2121),
            security: Security::Explicit,
            login: Login::Normal,
            user: "me".into(),
            mode: Mode::Passive,
            encoding: Some("shift_jis".into()),
            zone: Some(-60),
            paths: Some(PathSyntax::Dos),
            connections: Some(3),
            ..Site::default()
        };
        let (read, password) = read(&element(&write(&site))).unwrap();
        assert_eq!((read, password), (Site { login: Login::Ask, ..site }, None));
        let anonymous = Site { host: "h".into(), ..Site::default() };
        assert_eq!(super::read(&element(&write(&anonymous))).unwrap().0, anonymous);
    }
}
