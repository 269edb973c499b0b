//! What stands between us and a server: SOCKS5, HTTP CONNECT, and the FTP proxies of old firewalls.

use serde::{Deserialize, Serialize};

use super::url::{host_part, split_port};

/// A proxy, without its password, which is in the vault.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Proxy {
    /// How it is spoken to.
    pub kind: ProxyKind,
    /// Name or address, without brackets.
    pub host: String,
    /// `None`: 1080 for SOCKS5, 8080 for HTTP, 21 for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Who logs in at the proxy; empty: nobody.
    pub user: String,
    /// The log-in of `ProxyKind::FtpScript`: a command a line, with `%h` the server (with its port, if it is not 21), `%u`
    /// user, `%p` password, `%a` account, `%s` the proxy's user, `%w` the proxy's password, `%%` a percent sign.
    pub script: String,
}

/// How a proxy is spoken to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProxyKind {
    /// No proxy.
    #[default]
    None,
    /// SOCKS 5 (RFC 1928, 1929); it looks up names.
    Socks5,
    /// HTTP CONNECT (RFC 9110 9.3.6).
    Http,
    /// `USER user@host`, after a log-in at the proxy if it has a user.
    FtpUser,
    /// `SITE host`, then the log-in.
    FtpSite,
    /// `OPEN host`, then the log-in.
    FtpOpen,
    /// `USER user@host proxyuser`, `PASS password`, `ACCT proxypassword`.
    FtpLogin,
    /// As the script says.
    FtpScript,
}

/// The log-in at the proxy itself comes first, where it has a user.
const FTP_USER: &str = "USER %s\nPASS %w\nUSER %u@%h\nPASS %p\nACCT %a";
const FTP_SITE: &str = "USER %s\nPASS %w\nSITE %h\nUSER %u\nPASS %p\nACCT %a";
const FTP_OPEN: &str = "USER %s\nPASS %w\nOPEN %h\nUSER %u\nPASS %p\nACCT %a";
const FTP_LOGIN: &str = "USER %u@%h %s\nPASS %p\nACCT %w";

impl Proxy {
    /// Reads `socks5://user@host:port` and the like. The schemes are those of [`ProxyKind::scheme`]. A password is refused:
    /// whoever lists processes can read it.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text == "none" {
            return Ok(Self::default());
        }
        if text.chars().any(char::is_control) {
            return Err("control characters are not allowed".to_owned());
        }
        let schemes = || ProxyKind::OF_URLS.map(ProxyKind::scheme).join("://, ");
        let (scheme, rest) = text.split_once("://").ok_or_else(|| format!("begin it with one of {}://", schemes()))?;
        let kind = ProxyKind::OF_URLS.into_iter().find(|kind| kind.scheme().eq_ignore_ascii_case(scheme));
        let kind = kind.ok_or_else(|| format!("{scheme}:// is none of {}://", schemes()))?;
        let (user, address) = rest.trim_end_matches('/').rsplit_once('@').unwrap_or(("", rest.trim_end_matches('/')));
        if user.contains(':') {
            return Err("leave the password out: it is asked for, or comes from LONGSHORE_PROXY_PASSWORD".to_owned());
        }
        let (host, port) = split_port(address).map_err(|error| error.to_string())?;
        if host.is_empty() || host.contains(['/', '?', '#']) {
            return Err(format!("{address:?} is not a host"));
        }
        Ok(Self { kind, host: host.to_owned(), port, user: user.to_owned(), script: String::new() })
    }

    /// The port to connect to.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.kind {
            ProxyKind::Socks5 => 1080,
            ProxyKind::Http => 8080,
            _ => 21,
        })
    }

    /// What names it to a person, and its password in the vault: scheme, user, host and port.
    pub fn title(&self) -> String {
        let host = host_part(&self.host);
        let user = if self.user.is_empty() { String::new() } else { format!("{}@", self.user) };
        format!("{}://{user}{host}:{}", self.kind.scheme(), self.port())
    }

    /// Whether it carries any connection, and not FTP only.
    pub fn is_tunnel(&self) -> bool {
        matches!(self.kind, ProxyKind::Socks5 | ProxyKind::Http)
    }

    /// The log-in of an FTP proxy, a command a line.
    pub fn log_in(&self) -> Option<&str> {
        match self.kind {
            ProxyKind::None | ProxyKind::Socks5 | ProxyKind::Http => None,
            ProxyKind::FtpUser => Some(FTP_USER),
            ProxyKind::FtpSite => Some(FTP_SITE),
            ProxyKind::FtpOpen => Some(FTP_OPEN),
            ProxyKind::FtpLogin => Some(FTP_LOGIN),
            ProxyKind::FtpScript => Some(&self.script),
        }
    }
}

impl ProxyKind {
    /// Those that a URL can name.
    const OF_URLS: [Self; 6] = [Self::Socks5, Self::Http, Self::FtpUser, Self::FtpSite, Self::FtpOpen, Self::FtpLogin];

    /// What stands before `://`.
    pub fn scheme(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Socks5 => "socks5",
            Self::Http => "http",
            Self::FtpUser => "ftp-user",
            Self::FtpSite => "ftp-site",
            Self::FtpOpen => "ftp-open",
            Self::FtpLogin => "ftp-login",
            Self::FtpScript => "ftp-script",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_a_proxy() {
        let proxy = Proxy::parse("socks5://me@[::1]:9050").unwrap();
        assert_eq!((proxy.kind, proxy.host.as_str(), proxy.user.as_str()), (ProxyKind::Socks5, "::1", "me"));
        assert_eq!(proxy.title(), "socks5://me@[::1]:9050");
        assert_eq!(Proxy::parse("HTTP://squid/").unwrap().title(), "http://squid:8080");
        assert_eq!(Proxy::parse("ftp-site://gate").unwrap().port(), 21);
        assert_eq!(Proxy::parse("none"), Ok(Proxy::default()));
    }

    #[test]
    fn what_is_no_proxy() {
        for text in ["", "squid:3128", "socks4://h", "http://", "http://h:0", "http://a\rb", "http://h/x", "ftp://h"] {
            assert!(Proxy::parse(text).is_err(), "{text:?}");
        }
        let error = Proxy::parse("http://me:hunter2@h").unwrap_err();
        assert!(error.contains("LONGSHORE_PROXY_PASSWORD") && !error.contains("hunter2"));
    }
}
