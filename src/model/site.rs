//! Where to connect, and how: sites, bookmarks, credentials.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::proxy::Proxy;

use super::PathSyntax;
use super::url::host_part;

/// An FTP server and how to talk to it. Holds no secret, so it may be stored, logged and compared.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Site {
    /// Its name in the site manager; empty for one that was typed.
    pub name: String,
    /// The folder of the site manager that holds it: names from the top, separated by `/`; empty at the top.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub folder: String,
    /// Name or address, without brackets.
    pub host: String,
    /// `None`: 21, or 990 for implicit TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// TLS on the control and data connections.
    pub security: Security,
    /// Which credentials are used.
    pub login: Login,
    /// For `Login::Normal` and `Login::Ask`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub user: String,
    /// For servers that ask for ACCT; empty for none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// Who opens data connections.
    pub mode: Mode,
    /// Whether data connections go to the address that PASV names, and not to that of the control connection.
    #[serde(skip_serializing_if = "is_default")]
    pub trust_address: bool,
    /// Whether HOST (RFC 7151) tells the server which of its hosts is meant.
    #[serde(skip_serializing_if = "is_default")]
    pub host_command: HostCommand,
    /// What stands between us and it; `None`: what the settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Proxy>,
    /// The least version of TLS.
    #[serde(skip_serializing_if = "is_default")]
    pub minimum_tls: TlsVersion,
    /// A client certificate: a PEM file, with the chain above it and perhaps the key, or a PKCS #12 file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<PathBuf>,
    /// Its key: a PEM file; `None`: in the certificate's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<PathBuf>,
    /// PROT C: under TLS, data connections stay in clear.
    #[serde(skip_serializing_if = "is_default")]
    pub clear_data: bool,
    /// CCC: after the log-in the control connection goes on in clear.
    #[serde(skip_serializing_if = "is_default")]
    pub clear_control: bool,
    /// NOOP also while a file is transferred, where nothing else is said for long.
    #[serde(skip_serializing_if = "is_default")]
    pub noop_in_transfers: bool,
    /// An upload has a name of its own until it is whole, and then takes the file's.
    #[serde(skip_serializing_if = "is_default")]
    pub temporary_names: bool,
    /// A charset by its WHATWG label (`windows-1251`, `shift_jis`); `None`: UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encoding: Option<String>,
    /// The zone of the times in LIST, in minutes east of Greenwich; `None`: measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub zone: Option<i16>,
    /// The form of paths on the server; `None`: as it shows itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paths: Option<PathSyntax>,
    /// The local folder to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<PathBuf>,
    /// The remote folder to open: relative to the log-in folder unless it starts with `/`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
    /// The most connections at once; `None`: what the settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u8>,
    /// Connections that fetch one large file together; `None`: as the settings say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segments: Option<u8>,
    /// Bytes a second towards this machine, beside the limit for all; 0 for none.
    #[serde(skip_serializing_if = "is_default")]
    pub limit_down: u64,
    /// Bytes a second towards it; 0 for no limit of its own.
    #[serde(skip_serializing_if = "is_default")]
    pub limit_up: u64,
    /// For the person.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub comments: String,
    /// Pairs of folders in this site.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub bookmarks: Vec<Bookmark>,
}

impl Default for Site {
    fn default() -> Self {
        Self {
            name: String::new(),
            folder: String::new(),
            host: String::new(),
            port: None,
            security: Security::Try,
            login: Login::Anonymous,
            user: String::new(),
            account: String::new(),
            mode: Mode::Auto,
            trust_address: false,
            host_command: HostCommand::Auto,
            proxy: None,
            minimum_tls: TlsVersion::Tls12,
            certificate: None,
            key: None,
            clear_data: false,
            clear_control: false,
            noop_in_transfers: false,
            temporary_names: false,
            encoding: None,
            zone: None,
            paths: None,
            local: None,
            remote: None,
            connections: None,
            segments: None,
            limit_down: 0,
            limit_up: 0,
            comments: String::new(),
            bookmarks: Vec::new(),
        }
    }
}

impl Site {
    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(self.usual_port())
    }

    /// The port that it has if none is named.
    pub fn usual_port(&self) -> u16 {
        if self.security == Security::Implicit { 990 } else { 21 }
    }

    /// Its host, with the port if that is not the usual one: two servers of one host are never taken for another.
    pub fn address(&self) -> String {
        if self.port() == self.usual_port() {
            return self.host.clone();
        }
        format!("{}:{}", host_part(&self.host), self.port())
    }

    /// The user that logs in.
    pub fn user(&self) -> &str {
        if self.login == Login::Anonymous { "anonymous" } else { &self.user }
    }

    /// Whether `stored` is what the site manager keeps of this one.
    pub fn is_stored_as(&self, stored: &Self) -> bool {
        !self.name.is_empty() && (&stored.name, &stored.folder) == (&self.name, &self.folder)
    }

    /// Whether both are the same server and user.
    pub fn is_same_server(&self, other: &Self) -> bool {
        let who = |site: &Self| (site.host.to_lowercase(), site.port());
        who(self) == who(other) && self.user() == other.user()
    }

    /// What names this site to a person: its name, else its address.
    pub fn title(&self) -> String {
        if self.name.is_empty() { self.address() } else { self.name.clone() }
    }

    /// The key of its password in the vault: scheme, user, host and port.
    pub fn vault_key(&self) -> String {
        format!("ftp://{}@{}:{}", self.user(), self.host, self.port())
    }
}

/// A pair of folders.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Bookmark {
    /// Its name in the menu.
    pub name: String,
    /// The local folder to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<PathBuf>,
    /// The remote folder to open.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub remote: Option<String>,
}

/// TLS (RFC 4217).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Security {
    /// AUTH TLS; in clear only where the server says that it does not know it.
    #[default]
    Try,
    /// AUTH TLS, or no log-in.
    Explicit,
    /// TLS from the first byte, on port 990.
    Implicit,
    /// No TLS.
    Never,
}

/// A version of TLS.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsVersion {
    /// RFC 5246.
    #[default]
    Tls12,
    /// RFC 8446.
    Tls13,
}

/// Which credentials are used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Login {
    /// `anonymous`, with an address as the password.
    #[default]
    Anonymous,
    /// The user, with the password from the vault, or asked for once.
    Normal,
    /// The password is asked for at each connection and never kept.
    Ask,
}

/// Who opens data connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mode {
    /// Passive, and active where that fails.
    #[default]
    Auto,
    /// We connect to the server (EPSV, PASV).
    Passive,
    /// We connect to the server, at the port that EPSV names.
    Epsv,
    /// We connect to the server, at the port that PASV names, or EPSV over IPv6.
    Pasv,
    /// The server connects to us (EPRT, PORT).
    Active,
}

/// Whether HOST (RFC 7151) is sent before the log-in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostCommand {
    /// Where the server has listed it on an earlier connection, and the host has a name.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// What is as it is anyway is not written down.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Everything in the site manager.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Sites {
    /// Folders, also empty ones: names from the top, separated by `/`.
    pub folders: Vec<String>,
    /// The sites in a person's order.
    #[serde(rename = "site")]
    pub sites: Vec<Site>,
    /// Servers that were typed into quickconnect, newest first.
    #[serde(rename = "recent")]
    pub recent: Vec<Site>,
}

impl Sites {
    /// The site called `name`: its name, or its folder and name separated by `/`.
    pub fn find(&self, name: &str) -> Option<&Site> {
        let whole = |site: &Site| {
            if site.folder.is_empty() { site.name.clone() } else { format!("{}/{}", site.folder, site.name) }
        };
        self.sites.iter().find(|site| whole(site) == name).or_else(|| self.sites.iter().find(|site| site.name == name))
    }
}

/// What logs in. Never stored but in the vault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Credentials {
    /// USER.
    pub user: String,
    /// PASS.
    pub password: Secret,
    /// ACCT, where the server asks for it.
    pub account: Option<String>,
}

/// Text that is never printed: not in logs, errors or debug output. Not even its length.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Hides `text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself, for the wire and the vault only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_found_by_folder_and_name_first() {
        let site = |folder: &str, name: &str| Site {
            folder: folder.to_owned(),
            name: name.to_owned(),
            host: format!("{folder}.{name}.example.org"),
            ..Site::default()
        };
        let sites = vec![site("work/old", "web"), site("work", "web"), site("", "home"), site("", "work/web")];
        let sites = Sites { sites, ..Sites::default() };
        let found = |name: &str| sites.find(name).map(|site| site.folder.as_str());
        assert_eq!(found("work/web"), Some("work"));
        assert_eq!(found("work/old/web"), Some("work/old"));
        assert_eq!(found("web"), Some("work/old")); // the first of that name
        assert_eq!(found("home"), Some(""));
        assert_eq!(found("old/web"), None);
        assert_eq!(found(""), None);
    }

    #[test]
    fn the_port_and_the_vault_key_follow_from_the_site() {
        let mut site = Site { host: "h".into(), user: "me".into(), ..Site::default() };
        assert_eq!((site.port(), site.vault_key().as_str()), (21, "ftp://anonymous@h:21"));
        (site.login, site.security) = (Login::Normal, Security::Implicit);
        assert_eq!((site.port(), site.vault_key().as_str()), (990, "ftp://me@h:990"));
        assert_eq!(site.address(), "h");
        site.port = Some(2121);
        assert_eq!(site.address(), "h:2121");
        assert_eq!((site.port(), site.title().as_str()), (2121, "h:2121"));
    }

    #[test]
    fn secrets_do_not_show() {
        let credentials = Credentials { user: "me".into(), password: Secret::new("hunter2"), account: None };
        assert!(!format!("{credentials:?}").contains("hunter2"));
        assert_eq!(credentials.password.expose(), "hunter2");
    }
}
