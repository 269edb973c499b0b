//! What a URL, or `--site` and a path, mean: a server, credentials if they are there, and a path.

use std::sync::Arc;

use super::options::Options;
use super::status::Stop;
use crate::model::url::{Address, UrlError, masked};
use crate::model::{Credentials, Login, PathSyntax, RemotePath, Secret, Site, Sites};

/// Why `text` is no address. An error quotes what it is about, which may be a part of a password.
fn no_address(text: &str, error: &UrlError) -> String {
    let shown = masked(text);
    let behind = shown.rsplit_once('@').map_or(&*shown, |(_, behind)| behind);
    let is_seen = match error {
        UrlError::NoHost | UrlError::Control => true,
        UrlError::Scheme(quoted) => shown.starts_with(&format!("{quoted}://")),
        UrlError::Port(quoted) => behind.contains(&format!(":{quoted}")),
        UrlError::Escape(quoted) | UrlError::Host(quoted) => behind.contains(quoted),
    };
    if shown == text || is_seen {
        return format!("{shown}: {error}");
    }
    format!("{shown}: not an address; in a password %, /, : and @ are written as %25, %2F, %3A and %40")
}

/// A place on a server, or the server alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The server, with the options in their place.
    pub site: Arc<Site>,
    /// The password that came with the URL.
    pub password: Option<Secret>,
    /// Below the log-in folder, or from the root if it starts with `/`. Empty: the log-in folder.
    pub path: String,
}

impl Target {
    /// From a URL.
    pub fn of_url(text: &str, options: &Options) -> Result<Self, String> {
        let Address { mut site, password, path } = Address::parse(text).map_err(|error| no_address(text, &error))?;
        options.adjust_site(&mut site);
        Ok(Self { site: Arc::new(site), password, path })
    }

    /// From a site's name and a path as typed.
    pub fn of_site(name: &str, path: &str, sites: &Sites, options: &Options) -> Result<Self, String> {
        let site = sites.find(name).ok_or_else(|| format!("there is no site {name}; `longshore sites` lists them"))?;
        if path.contains("://") {
            return Err(format!("{}: a URL and --site exclude each other", masked(path)));
        }
        let mut site = site.clone();
        options.adjust_site(&mut site);
        Ok(Self { site: Arc::new(site), password: None, path: path.to_owned() })
    }

    /// What logs in, if a password is known already.
    pub fn credentials(&self, password: Option<&Secret>) -> Option<Credentials> {
        if self.site.login == Login::Anonymous {
            return None;
        }
        let password = self.password.as_ref().or(password)?.clone();
        let account = Some(self.site.account.clone()).filter(|account| !account.is_empty());
        Some(Credentials { user: self.site.user.clone(), password, account })
    }

    /// The path, seen from the log-in folder.
    pub(super) fn resolve(&self, home: &RemotePath, paths: PathSyntax) -> RemotePath {
        paths.resolve(home, &self.path)
    }
}

/// Reads every one of `texts`: URLs, or paths of the site that `--site` names.
pub(super) fn targets(texts: &[String], options: &Options, sites: &Sites) -> Result<Vec<Target>, Stop> {
    texts.iter().map(|text| target(text, options, sites)).collect()
}

/// Reads one: a URL, or a path of the site that `--site` names.
pub(super) fn target(text: &str, options: &Options, sites: &Sites) -> Result<Target, Stop> {
    match &options.site {
        Some(name) => Target::of_site(name, text, sites, options),
        None => Target::of_url(text, options),
    }
    .map_err(Stop::Usage)
}

/// What something called `name` on the server is called here.
#[cfg(unix)]
pub(super) fn local_name(name: &str) -> std::ffi::OsString {
    use std::os::unix::ffi::OsStringExt;
    std::ffi::OsString::from_vec(crate::model::path::encode_utf8(name))
}

/// The same.
#[cfg(not(unix))]
pub(super) fn local_name(name: &str) -> std::ffi::OsString {
    crate::model::path::shown(name).into()
}

/// What a local name is called on the server; bytes that are not text stay what they are.
pub(super) fn remote_name(name: &std::ffi::OsStr) -> String {
    crate::model::path::decode_utf8(name.as_encoded_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Security;

    #[test]
    fn a_path_is_seen_from_the_log_in_folder() {
        let home = RemotePath::new("/home/me");
        let resolve =
            |url| Target::of_url(url, &Options::default()).unwrap().resolve(&home, PathSyntax::Unix).to_string();
        assert_eq!(resolve("ftp://me@h"), "/home/me");
        assert_eq!(resolve("ftp://me@h/"), "/home/me");
        assert_eq!(resolve("ftp://me@h/a%20b/"), "/home/me/a b");
        assert_eq!(resolve("ftp://me@h/%2Fetc"), "/etc");
        assert_eq!(resolve("ftp://me@h/%2F"), "/");
    }

    #[test]
    fn the_url_s_password_comes_before_all_others() {
        let other = Secret::new("other");
        let with = Target::of_url("ftp://me:mine@h", &Options::default()).unwrap();
        assert_eq!(with.credentials(Some(&other)).unwrap().password, Secret::new("mine"));
        let without = Target::of_url("ftp://me@h", &Options::default()).unwrap();
        assert_eq!(without.credentials(Some(&other)).unwrap().password, other);
        assert_eq!(without.credentials(None), None);
        let anonymous = Target::of_url("ftp://h", &Options::default()).unwrap();
        assert_eq!(anonymous.credentials(Some(&other)), None);
    }

    #[test]
    fn what_is_wrong_with_an_address_is_said_unless_it_may_be_of_a_password() {
        let why = |url| Target::of_url(url, &Options::default()).unwrap_err();
        for (url, words) in [
            ("ftp://u:p@h:99999/", "ftp://u:****@h:99999/: \"99999\" is not a port"),
            ("ftp://u:p@h/a%0d", "ftp://u:****@h/a%0d: control characters are not allowed in an address"),
            ("ftp://u:p@h/%zz", "ftp://u:****@h/%zz: \"%zz\" has a broken percent escape"),
            ("sftp://u:p@h/", "sftp://u:****@h/: sftp:// is not FTP; use ftp://, ftpes:// or ftps://"),
            ("ftp://u:p@[::1", "ftp://u:****@[::1: \"[::1\" is not an address"),
        ] {
            assert_eq!(why(url), words);
        }
        for url in ["ftp://u:pa/ss@h", "ftp://u:100%@h/"] {
            assert!(why(url).contains("in a password %, /, : and @ are written"), "{}", why(url));
        }
    }

    #[test]
    fn a_site_takes_the_options() {
        let sites = Sites {
            sites: vec![Site { name: "Home".into(), host: "h".into(), ..Site::default() }],
            ..Sites::default()
        };
        let options = Options { tls: Some(super::super::Tls::Explicit), ..Options::default() };
        let target = Target::of_site("Home", "/etc", &sites, &options).unwrap();
        assert_eq!((target.site.security, target.path.as_str()), (Security::Explicit, "/etc"));
        assert!(Target::of_site("Away", "", &sites, &options).unwrap_err().contains("Away"));
        assert!(Target::of_site("Home", "ftp://h", &sites, &options).is_err());
    }

    #[cfg(unix)]
    #[test]
    fn names_keep_their_bytes_both_ways() {
        use std::os::unix::ffi::OsStrExt;
        let name = local_name(&crate::model::path::decode_utf8(b"caf\xe9"));
        assert_eq!(name.as_bytes(), b"caf\xe9");
        assert_eq!(remote_name(&name), crate::model::path::decode_utf8(b"caf\xe9"));
    }
}
