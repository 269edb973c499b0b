//! FTP URLs (RFC 1738 3.2, RFC 3986), and what people type instead of them.

use std::borrow::Cow;

use super::site::{Login, Secret, Security, Site};

/// Why a text is not an FTP address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UrlError {
    /// Nothing was typed.
    #[error("no host was given")]
    NoHost,
    /// Another protocol.
    #[error("{0}:// is not FTP; use ftp://, ftpes:// or ftps://")]
    Scheme(String),
    /// The port is not a number from 1 to 65535.
    #[error("{0:?} is not a port")]
    Port(String),
    /// `%` without two hexadecimal digits.
    #[error("{0:?} has a broken percent escape")]
    Escape(String),
    /// CR, LF, NUL or another control character, plain or escaped: never part of an address, always an attack.
    #[error("control characters are not allowed in an address")]
    Control,
    /// A bracketed address that does not end.
    #[error("{0:?} is not an address")]
    Host(String),
}

/// `text` as it may be shown, also where it is no address: without what may be a password. That may hold any character but
/// the last `@`.
pub fn masked(text: &str) -> String {
    let start = text.find("://").map_or(0, |at| at + "://".len());
    let secret = text[start..].rfind('@').and_then(|at| Some((text[start..start + at].find(':')?, at)));
    match secret {
        Some((colon, at)) => format!("{}:****{}", &text[..start + colon], &text[start + at..]),
        None => text.to_owned(),
    }
}

/// What a URL says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// Host, port, user and security; the rest as in `Site::default`.
    pub site: Site,
    /// The password in the URL, if one was.
    pub password: Option<Secret>,
    /// The path below the log-in folder, or from the root when it starts with `/`; decoded. Empty: the log-in folder.
    pub path: String,
}

impl Address {
    /// Reads `ftp://user:password@host:port/path`, also with `ftps://` (implicit TLS), `ftpes://` (explicit TLS), or
    /// without a scheme. `%2F` at the start of the path means the root (RFC 1738 3.2.2).
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        if text.chars().any(char::is_control) {
            return Err(UrlError::Control);
        }
        let text = text.trim();
        let (scheme, rest) = text.split_once("://").map_or((None, text), |(scheme, rest)| (Some(scheme), rest));
        let security = match scheme.map(str::to_ascii_lowercase).as_deref() {
            None | Some("ftp") => Security::Try,
            Some("ftpes") => Security::Explicit,
            Some("ftps") => Security::Implicit,
            Some(other) => return Err(UrlError::Scheme(other.to_owned())),
        };
        let (authority, path) = match rest.find('/') {
            Some(slash) => (&rest[..slash], &rest[slash + 1..]),
            None => (rest, ""),
        };
        let (userinfo, host_port) = match authority.rfind('@') {
            Some(at) => (Some(&authority[..at]), &authority[at + 1..]),
            None => (None, authority),
        };
        let (host, port) = split_port(host_port)?;
        if host.is_empty() {
            return Err(UrlError::NoHost);
        }
        let mut site = Site { host: host.to_owned(), port, security, ..Site::default() };
        let mut password = None;
        if let Some(userinfo) = userinfo {
            let (user, secret) =
                userinfo.split_once(':').map_or((userinfo, None), |(user, secret)| (user, Some(secret)));
            site.user = decode(user)?;
            password = secret.map(decode).transpose()?.map(Secret::new);
            site.login =
                if site.user == "anonymous" || site.user.is_empty() { Login::Anonymous } else { Login::Normal };
        }
        let path = decode(path)?;
        Ok(Self { site, password, path })
    }
}

/// The host, without brackets, and the port.
pub(super) fn split_port(host_port: &str) -> Result<(&str, Option<u16>), UrlError> {
    let (host, port) = if let Some(rest) = host_port.strip_prefix('[') {
        let (host, after) = rest.split_once(']').ok_or_else(|| UrlError::Host(host_port.to_owned()))?;
        if !after.is_empty() && !after.starts_with(':') {
            return Err(UrlError::Host(host_port.to_owned()));
        }
        (host, after.strip_prefix(':'))
    } else if host_port.matches(':').count() > 1 {
        (host_port, None) // a bare IPv6 address
    } else {
        host_port.split_once(':').map_or((host_port, None), |(host, port)| (host, Some(port)))
    };
    match port.filter(|port| !port.is_empty()) {
        None => Ok((host, None)),
        Some(port) => match port.parse() {
            Ok(number) if number > 0 => Ok((host, Some(number))),
            _ => Err(UrlError::Port(port.to_owned())),
        },
    }
}

/// The address of `path` on the server of `site`, counted from the root (RFC 1738 3.2.2), or where there is none that of
/// the log-in folder. It never holds a password, and [`Address::parse`] reads it back.
pub fn of(site: &Site, path: Option<&str>) -> String {
    let scheme = match site.security {
        Security::Try | Security::Never => "ftp",
        Security::Explicit => "ftpes",
        Security::Implicit => "ftps",
    };
    let anonymous = site.login == Login::Anonymous || site.user.is_empty();
    let user = if anonymous { String::new() } else { format!("{}@", escaped(&site.user).replace('/', "%2F")) };
    let host = host_part(&site.host);
    let port = site.port.map(|port| format!(":{port}")).unwrap_or_default();
    let path = path.map(|path| format!("%2F{}", escaped(path.trim_start_matches('/')))).unwrap_or_default();
    format!("{scheme}://{user}{host}{port}/{path}")
}

/// With percent escapes for all but `/` and what RFC 3986 2.3 calls unreserved.
pub(super) fn escaped(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for byte in super::path::encode_utf8(path) {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped += &format!("%{byte:02X}");
        }
    }
    escaped
}

/// A host as it stands before a port: an IPv6 address in brackets (RFC 3986 3.2.2).
pub fn host_part(host: &str) -> Cow<'_, str> {
    if host.contains(':') { format!("[{host}]").into() } else { host.into() }
}

/// Undoes percent escapes; bytes that are not UTF-8 stay as `path::escape_byte` characters.
fn decode(text: &str) -> Result<String, UrlError> {
    let broken = || UrlError::Escape(text.to_owned());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        if first == b'%' {
            let digits = after.get(..2).and_then(|digits| std::str::from_utf8(digits).ok()).ok_or_else(broken)?;
            if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
                return Err(broken());
            }
            bytes.push(u8::from_str_radix(digits, 16).map_err(|_| broken())?);
            rest = &after[2..];
        } else {
            bytes.push(first);
            rest = after;
        }
    }
    if bytes.iter().any(|byte| byte.is_ascii_control()) {
        return Err(UrlError::Control);
    }
    Ok(super::path::decode_utf8(&bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_urls() {
        assert_eq!(masked("ftp://me:pa/s@s:1@h:21/x"), "ftp://me:****@h:21/x");
        assert_eq!((masked("me:pw@h"), masked("ftp://h:0/a")), ("me:****@h".into(), "ftp://h:0/a".into()));
        assert_eq!(masked("ftp://me@h/a:b"), "ftp://me@h/a:b");
        let address = Address::parse("ftpes://me:p%40ss@ftp.example.org:2121/a%20b/c").unwrap();
        assert_eq!(address.site.host, "ftp.example.org");
        assert_eq!((address.site.port, address.site.security), (Some(2121), Security::Explicit));
        assert_eq!((address.site.user.as_str(), address.password), ("me", Some(Secret::new("p@ss"))));
        assert_eq!(address.path, "a b/c");
        assert_eq!(Address::parse("ftps://h").unwrap().site.port(), 990);
        assert_eq!(Address::parse("ftp://h/%2Fetc/x").unwrap().path, "/etc/x");
        assert_eq!(Address::parse("ftp://[::1]:2121/").unwrap().site.host, "::1");
        assert_eq!(Address::parse("me@h").unwrap().site.login, Login::Normal);
        assert_eq!(Address::parse("h:2121").unwrap().site.port(), 2121);
        assert_eq!(Address::parse("::1").unwrap().site.host, "::1");
    }

    #[test]
    fn what_is_written_is_read_back() {
        let site = Site { host: "::1".into(), user: "a@b/c".into(), port: Some(2121), ..Site::default() };
        let site = Site { security: Security::Explicit, login: Login::Normal, ..site };
        let url = of(&site, Some("/pub/a b/caf\u{10fee9}"));
        assert_eq!(url, "ftpes://a%40b%2Fc@[::1]:2121/%2Fpub/a%20b/caf%E9");
        let address = Address::parse(&url).unwrap();
        assert_eq!((address.site.user.as_str(), address.path.as_str()), ("a@b/c", "/pub/a b/caf\u{10fee9}"));
        let nobody = Site { login: Login::Anonymous, ..site };
        assert_eq!(of(&nobody, None), "ftpes://[::1]:2121/");
    }

    #[test]
    fn what_is_not_an_address() {
        assert_eq!(Address::parse("sftp://h"), Err(UrlError::Scheme("sftp".into())));
        assert_eq!(Address::parse("  "), Err(UrlError::NoHost));
        assert_eq!(Address::parse("ftp://h:0/"), Err(UrlError::Port("0".into())));
        assert_eq!(Address::parse("ftp://h/%zz"), Err(UrlError::Escape("%zz".into())));
        for attack in ["ftp://u:p%0d%0aDELE@h/", "ftp://h/a%00b", "ftp://h/a\rb"] {
            assert_eq!(Address::parse(attack), Err(UrlError::Control), "{attack}");
        }
    }

    #[test]
    fn nothing_is_left_over() {
        for text in ["ftp://[::1]x/", "ftp://[::1]21/", "ftp://[::1", "ftp://h/x\n", "\rftp://h/"] {
            assert!(Address::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Address::parse("ftp://[::1]:2121/x").unwrap().site.port, Some(2121));
        assert_eq!(Address::parse(" ftp://h/x ").unwrap().path, "x");
    }
}
