//! An exchange as the command line of another program that would do the same. No password is ever in it: both programs ask.

use super::exchange::Exchange;
use super::site::{Login, Security, Site};
use super::url::{escaped, host_part};

/// Whom the command is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Server {
    host: String,
    port: Option<u16>,
    user: String,
    tls: Tls,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tls {
    #[default]
    Off,
    Explicit,
    Implicit,
}

impl Server {
    /// What `before`, what came before on the connection with the newest first, and the connection's site tell of it.
    /// `None` where neither names a host.
    pub fn of<'a>(
        site: Option<&Site>,
        exchange: &Exchange,
        before: impl Iterator<Item = &'a Exchange>,
    ) -> Option<Self> {
        let mut server = match site {
            Some(site) => Self {
                host: site.host.clone(),
                port: (site.port() != 21).then(|| site.port()),
                user: if site.login == Login::Anonymous { "anonymous".to_owned() } else { site.user.clone() },
                tls: if site.security == Security::Implicit { Tls::Implicit } else { Tls::Off },
            },
            None => Self { host: exchange.peer?.to_string(), ..Self::default() },
        };
        for earlier in before {
            if earlier.verb() == "AUTH" && earlier.code() == Some(234) {
                server.tls = Tls::Explicit;
            } else if earlier.verb() == "USER" && server.user.is_empty() {
                earlier.argument().clone_into(&mut server.user);
            }
        }
        Some(server)
    }

    fn url(&self, path: &str) -> String {
        let scheme = if self.tls == Tls::Implicit { "ftps" } else { "ftp" };
        let host = host_part(&self.host);
        let port = self.port.map_or_else(String::new, |port| format!(":{port}"));
        // From the root: RFC 1738 3.2.2.
        let path = path.strip_prefix('/').map_or_else(|| escaped(path), |rest| format!("%2F{}", escaped(rest)));
        format!("{scheme}://{host}{port}/{path}")
    }
}

/// The program that is to do it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tool {
    /// curl.
    Curl,
    /// lftp.
    Lftp,
}

/// The command line for what `exchange` did. `before` is what came before on its connection, the newest first. `None` for
/// what is a part of something else, such as a log-in or the way of a data connection, and for names that a shell could
/// not take.
pub fn command_line<'a>(
    tool: Tool,
    exchange: &Exchange,
    server: &Server,
    before: impl Iterator<Item = &'a Exchange>,
) -> Option<String> {
    let command = exchange.command.as_deref().filter(|command| !command.chars().any(char::is_control))?;
    let folder = folder(before);
    if folder.chars().chain(server.user.chars()).any(char::is_control) {
        return None;
    }
    // Options of LIST are no path.
    let option = matches!(exchange.verb(), "LIST" | "NLST") && exchange.argument().starts_with('-');
    let path = join(&folder, if option { "" } else { exchange.argument() });
    match exchange.verb() {
        "USER" | "PASS" | "ACCT" | "AUTH" | "PBSZ" | "PROT" | "CCC" | "QUIT" | "EPSV" | "PASV" | "EPRT" | "PORT"
        | "REST" | "TYPE" | "RNFR" | "REIN" | "ADAT" => None,
        verb => Some(match tool {
            Tool::Curl => curl(verb, command, server, &folder, &path),
            Tool::Lftp => lftp(verb, command, server, &folder, &path),
        }),
    }
}

fn curl(verb: &str, command: &str, server: &Server, folder: &str, path: &str) -> String {
    let mut line = "curl".to_owned();
    if !server.user.is_empty() && server.user != "anonymous" {
        line += &format!(" --user {}", quoted(&server.user));
    }
    if server.tls == Tls::Explicit {
        line += " --ssl-reqd";
    }
    let listing = server.url(&format!("{}/", path.trim_end_matches('/')));
    let rest = match verb {
        "RETR" => format!(" --output {} {}", quoted(name(path)), quoted(&server.url(path))),
        "STOR" => format!(" --upload-file {} {}", quoted(name(path)), quoted(&server.url(path))),
        "APPE" => format!(" --append --upload-file {} {}", quoted(name(path)), quoted(&server.url(path))),
        "LIST" => format!(" {}", quoted(&listing)),
        "MLSD" => format!(" --request MLSD {}", quoted(&listing)),
        "NLST" => format!(" --list-only {}", quoted(&listing)),
        _ => {
            let there = if folder.is_empty() {
                String::new()
            } else {
                format!(" --quote {}", quoted(&format!("CWD {folder}")))
            };
            format!(" --head{there} --quote {} {}", quoted(command), quoted(&server.url("")))
        }
    };
    line + &rest
}

fn lftp(verb: &str, command: &str, server: &Server, folder: &str, path: &str) -> String {
    let user = if server.user.is_empty() { String::new() } else { format!(" -u {}", quoted(&server.user)) };
    let tls = match server.tls {
        Tls::Off => "set ftp:ssl-allow false; ",
        Tls::Explicit => "set ftp:ssl-force true; set ftp:ssl-protect-data true; ",
        Tls::Implicit => "",
    };
    let there = if folder.is_empty() { String::new() } else { format!("cd {}; ", in_lftp(folder)) };
    let deed = match verb {
        "RETR" => format!("get {}", in_lftp(path)),
        "STOR" | "APPE" => format!("put {} -o {}", in_lftp(name(path)), in_lftp(path)),
        "LIST" | "MLSD" if path.is_empty() => "ls".to_owned(),
        "LIST" | "MLSD" => format!("ls {}", in_lftp(path)),
        "NLST" if path.is_empty() => "nlist".to_owned(),
        "NLST" => format!("nlist {}", in_lftp(path)),
        // What stands outside quotes lftp would take for commands of its own.
        _ => {
            let argument = command.split_once(' ').map_or_else(String::new, |(_, rest)| format!(" {}", in_lftp(rest)));
            format!("{there}quote {}{argument}", in_lftp(verb))
        }
    };
    // With a slash behind it, lftp would go there before the settings hold.
    let server = server.url("");
    format!("lftp{user} -e {} {}", quoted(&format!("{tls}{deed}; bye")), quoted(server.trim_end_matches('/')))
}

/// The folder on the server: the newest that is known, and the steps since then. Empty: the log-in folder.
fn folder<'a>(before: impl Iterator<Item = &'a Exchange>) -> String {
    let mut steps = Vec::new();
    for earlier in before {
        match (earlier.verb(), earlier.code()) {
            ("CWD" | "XCWD", Some(200 | 250)) => {
                steps.push(earlier.argument());
                if earlier.argument().starts_with('/') {
                    break;
                }
            }
            ("CDUP", Some(200 | 250)) => steps.push(".."),
            ("PWD" | "XPWD", Some(257)) => {
                steps.extend(earlier.text().split('"').nth(1));
                break;
            }
            _ => {}
        }
    }
    steps.iter().rev().fold(String::new(), |folder, step| join(&folder, step))
}

fn join(folder: &str, path: &str) -> String {
    if path == ".." {
        return folder.trim_end_matches('/').rsplit_once('/').map_or_else(
            || if folder.is_empty() { "..".to_owned() } else { "/".to_owned() },
            |(above, _)| if above.is_empty() { "/".to_owned() } else { above.to_owned() },
        );
    }
    if folder.is_empty() || path.starts_with('/') {
        return path.to_owned();
    }
    if path.is_empty() { folder.to_owned() } else { format!("{}/{path}", folder.trim_end_matches('/')) }
}

fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// For a POSIX shell: bare where nothing in it means something.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "/.:_-@%+=,".contains(c);
    if !text.is_empty() && !text.starts_with('-') && text.chars().all(plain) {
        return text.to_owned();
    }
    // A name that begins with a hyphen would be taken for an option.
    let text = if text.starts_with('-') { format!("./{text}") } else { text.to_owned() };
    format!("'{}'", text.replace('\'', "'\\''"))
}

fn in_lftp(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::exchange::tests::joined;

    fn both(dialogue: &str, site: Option<&Site>) -> [Option<String>; 2] {
        let exchanges = joined(dialogue);
        let last = exchanges.numbers().end - 1;
        let exchange = exchanges.get(last).unwrap();
        let server = Server::of(site, exchange, exchanges.before(last)).unwrap();
        [Tool::Curl, Tool::Lftp].map(|tool| command_line(tool, exchange, &server, exchanges.before(last)))
    }

    const LOGIN: &str = "N: Connected to 192.0.2.1:21 in 3 ms\n S: 220 hi\n C: USER me\n S: 331 pw\n C: PASS ****\n \
                         S: 230 in\n ";

    #[test]
    fn transfers_listings_and_the_rest_become_commands() {
        for (dialogue, curl, lftp) in [
            (
                "C: PWD\n S: 257 \"/home/me\" it is\n C: CWD a b\n S: 250 ok\n C: RETR it's.zip\n S: 550 no",
                "curl --user me --output 'it'\\''s.zip' ftp://192.0.2.1/%2Fhome/me/a%20b/it%27s.zip",
                "lftp -u me -e 'set ftp:ssl-allow false; get \"/home/me/a b/it'\\''s.zip\"; bye' ftp://192.0.2.1",
            ),
            (
                "C: STOR up/x",
                "curl --user me --upload-file x ftp://192.0.2.1/up/x",
                "lftp -u me -e 'set ftp:ssl-allow false; put \"x\" -o \"up/x\"; bye' ftp://192.0.2.1",
            ),
            (
                "C: CWD /pub\n S: 250 ok\n C: CDUP\n S: 250 ok\n C: MLSD",
                "curl --user me --request MLSD ftp://192.0.2.1/%2F",
                "lftp -u me -e 'set ftp:ssl-allow false; ls \"/\"; bye' ftp://192.0.2.1",
            ),
            (
                "C: CWD /pub\n S: 250 ok\n C: LIST -a",
                "curl --user me ftp://192.0.2.1/%2Fpub/",
                "lftp -u me -e 'set ftp:ssl-allow false; ls \"/pub\"; bye' ftp://192.0.2.1",
            ),
            (
                "C: CWD /pub\n S: 250 ok\n C: DELE $x",
                "curl --user me --head --quote 'CWD /pub' --quote 'DELE $x' ftp://192.0.2.1/",
                "lftp -u me -e 'set ftp:ssl-allow false; cd \"/pub\"; quote \"DELE\" \"$x\"; bye' ftp://192.0.2.1",
            ),
        ] {
            let said = both(&format!("{LOGIN}{dialogue}"), None);
            assert_eq!(said, [Some(curl.to_owned()), Some(lftp.to_owned())], "{dialogue}");
        }
    }

    #[test]
    fn the_site_tells_the_name_port_and_tls() {
        let site =
            Site { host: "h".into(), port: Some(2121), login: Login::Normal, user: "x y".into(), ..Site::default() };
        let [curl, lftp] = both(&format!("S: 220 hi\n C: AUTH TLS\n S: 234 ok\n {LOGIN}C: RETR -x"), Some(&site));
        assert_eq!(curl.unwrap(), "curl --user 'x y' --ssl-reqd --output './-x' ftp://h:2121/-x");
        assert!(lftp.unwrap().starts_with("lftp -u 'x y' -e 'set ftp:ssl-force true; "));
        let implicit = Site { security: Security::Implicit, host: "::1".into(), ..Site::default() };
        let [curl, _] = both("S: 220 hi\n C: RETR x", Some(&implicit));
        assert_eq!(curl.unwrap(), "curl --output x 'ftps://[::1]:990/x'");
    }

    #[test]
    fn what_is_a_part_or_could_harm_a_shell_has_none() {
        for command in ["PASS ****", "EPSV", "AUTH TLS", "RETR a\u{1b}]0;x\u{7}b", "RETR a\u{85}b"] {
            assert_eq!(both(&format!("{LOGIN}C: {command}"), None), [None, None], "{command:?}");
        }
    }
}
