//! What takes the place of hosts, users and names of files. Each gets a name of its own, the same wherever it stands, so that
//! a masked log still tells what belongs together.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::Masks;
use crate::model::exchange::Exchange;
use crate::model::log::Log;
use crate::model::transcript::{Direction, Line};

/// What stands between words that can be names.
const BETWEEN: &[char] =
    &[' ', '\t', '(', ')', '[', ']', '<', '>', '{', '}', '"', '\'', ',', ';', '|', '=', '/', '\\', '@', '`'];
/// Notes of ours and of other programs that name a host.
const NAMING: [&str; 8] = [
    "Looking up ",
    "Resolving address of ",
    "Resolving host ",
    "Connecting to ",
    "Connected to ",
    "Connected with ",
    "Host name: ",
    "Could not resolve host: ",
];
/// Words of replies: a file that is called like one is masked where a command names it only.
const COMMON: [&str; 40] = [
    "a",
    "an",
    "and",
    "ascii",
    "binary",
    "bytes",
    "closed",
    "command",
    "complete",
    "connection",
    "current",
    "data",
    "directory",
    "end",
    "failed",
    "file",
    "files",
    "folder",
    "for",
    "ftp",
    "here",
    "in",
    "is",
    "list",
    "mode",
    "no",
    "not",
    "of",
    "ok",
    "on",
    "open",
    "opening",
    "password",
    "server",
    "successful",
    "such",
    "the",
    "to",
    "transfer",
    "user",
];

/// Knows what takes whose place.
pub(super) struct Mask {
    masks: Masks,
    /// In lower case.
    hosts: HashMap<String, String>,
    addresses: HashMap<IpAddr, IpAddr>,
    users: HashMap<String, String>,
    names: HashMap<String, String>,
    /// Names of several words, by the first.
    phrases: HashMap<String, Vec<String>>,
}

impl Mask {
    /// Looks through `log` for what must go.
    pub(super) fn of(log: &Log, masks: Masks) -> Self {
        let (hosts, addresses, users, names, phrases) = Default::default();
        let mut mask = Self { masks, hosts, addresses, users, names, phrases };
        for line in log.lines() {
            if masks.host {
                mask.learn_hosts(line);
            }
            if masks.path && line.code == Some(257) {
                line.text.split('"').nth(1).into_iter().for_each(|path| mask.learn_path(path));
            }
        }
        for exchange in log.exchanges().iter() {
            if masks.user && exchange.verb().eq_ignore_ascii_case("USER") {
                for name in exchange.argument().split('@').filter(|name| !name.is_empty()) {
                    let number = mask.users.len() + 1;
                    mask.users.entry(name.to_owned()).or_insert_with(|| format!("user{number}"));
                }
            }
            if masks.host && exchange.verb().eq_ignore_ascii_case("HOST") {
                mask.learn_host(exchange.argument());
            }
            if masks.path {
                exchange.pathname().into_iter().for_each(|path| mask.learn_path(path));
            }
        }
        mask
    }

    /// The line's text with everything masked.
    pub(super) fn line<'a>(&self, line: &'a Line, exchange: Option<&Exchange>) -> Cow<'a, str> {
        if !self.masks.any() {
            return Cow::Borrowed(&line.text);
        }
        let kept = match (line.direction, line.code) {
            (Direction::Sent, _) => line.text.find(' ').unwrap_or(line.text.len()),
            (Direction::Received, Some(_)) => 3,
            // What is printed of a folder over the control connection holds names that no command named.
            (Direction::Received, None)
                if self.masks.path && exchange.is_some_and(|exchange| matches!(exchange.verb(), "STAT" | "SITE")) =>
            {
                return Cow::Borrowed("\u{2026}");
            }
            _ => 0,
        };
        let (head, rest) = line.text.split_at_checked(kept).unwrap_or(("", &line.text));
        if self.masks.path
            && line.direction == Direction::Sent
            && let Some(path) = exchange.and_then(Exchange::pathname)
            && let Some(before) = rest.strip_suffix(path)
        {
            return Cow::Owned(format!("{head}{before}{}", self.path(path)));
        }
        Cow::Owned(format!("{head}{}", self.text(rest)))
    }

    /// Words with everything masked.
    pub(super) fn text(&self, text: &str) -> String {
        let text = if self.masks.host { self.ports(text) } else { Cow::Borrowed(text) };
        let mut masked = String::with_capacity(text.len());
        let mut rest = &*text;
        while !rest.is_empty() {
            let end = rest.find(BETWEEN).unwrap_or(rest.len());
            let phrases = self.phrases.get(&rest[..end]);
            if let Some(phrase) = phrases.and_then(|all| all.iter().find(|phrase| rest.starts_with(*phrase))) {
                masked.push_str(&self.path(phrase));
                rest = &rest[phrase.len()..];
                continue;
            }
            masked.push_str(&self.word(&rest[..end]));
            let next = rest[end..].chars().next().map_or(end, |c| end + c.len_utf8());
            masked.push_str(&rest[end..next]);
            rest = &rest[next..];
        }
        masked
    }

    /// A word that may be a name, with stops and colons behind it.
    fn word<'a>(&'a self, word: &'a str) -> Cow<'a, str> {
        let bare = word.trim_end_matches(['.', ':', '!', '?']);
        let behind = &word[bare.len()..];
        if self.masks.host
            && let Some(host) = self.host(bare)
        {
            return Cow::Owned(host + behind);
        }
        let user = self.users.get(bare);
        if let Some(name) = self.names.get(word).filter(|_| !is_common(word)) {
            return Cow::Borrowed(name);
        }
        let name = user.or_else(|| self.names.get(bare).filter(|_| !is_common(bare)));
        name.map_or(Cow::Borrowed(word), |name| Cow::Owned(format!("{name}{behind}")))
    }

    /// What stands for a host, an address, or one of them with a port.
    fn host(&self, word: &str) -> Option<String> {
        if let Ok(address) = word.parse::<IpAddr>() {
            return Some(self.address(address).to_string());
        }
        if let Ok(address) = word.parse::<SocketAddr>() {
            return Some(SocketAddr::new(self.address(address.ip()), address.port()).to_string());
        }
        let (name, port) = match word.rsplit_once(':') {
            Some((name, port)) if port.parse::<u16>().is_ok() => (name, &word[name.len()..]),
            _ => (word, ""),
        };
        if let Ok(address) = name.parse::<Ipv4Addr>() {
            return Some(format!("{}{port}", self.address(address.into())));
        }
        self.hosts.get(&name.to_ascii_lowercase()).map(|host| format!("{host}{port}"))
    }

    fn address(&self, address: IpAddr) -> IpAddr {
        self.addresses.get(&address).copied().unwrap_or(address)
    }

    /// Masks the address in `h1,h2,h3,h4,p1,p2`.
    fn ports<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let outside = |c: char| !c.is_ascii_digit() && c != ',';
        let found = text.split(outside).find_map(|run| Some((run, six(run)?)));
        let Some((run, (address, [high, low]))) = found else { return Cow::Borrowed(text) };
        let IpAddr::V4(masked) = self.address(address.into()) else { return Cow::Borrowed(text) };
        let [a, b, c, d] = masked.octets();
        Cow::Owned(text.replacen(run, &format!("{a},{b},{c},{d},{high},{low}"), 1))
    }

    /// What stands for a path: each of its names by itself.
    fn path(&self, path: &str) -> String {
        let mut masked = String::new();
        let mut rest = path;
        while !rest.is_empty() {
            let end = rest.find(['/', '\\']).unwrap_or(rest.len());
            masked.push_str(self.names.get(&rest[..end]).map_or(&rest[..end], String::as_str));
            let next = (end + 1).min(rest.len());
            masked.push_str(&rest[end..next]);
            rest = &rest[next..];
        }
        masked
    }

    fn learn_path(&mut self, path: &str) {
        for name in path.split(['/', '\\']).filter(|name| !matches!(*name, "" | "." | ".." | "~")) {
            if !self.names.contains_key(name) {
                let dot = name.rfind('.').filter(|dot| *dot > 0 && name.len() - dot <= 5);
                let ending = dot.map_or("", |dot| &name[dot..]);
                let masked = format!("name{}{ending}", self.names.len() + 1);
                if let Some(end) = name.find(BETWEEN) {
                    self.phrases.entry(name[..end].to_owned()).or_default().push(name.to_owned());
                }
                self.names.insert(name.to_owned(), masked);
            }
        }
    }

    fn learn_hosts(&mut self, line: &Line) {
        let text = &line.text;
        if line.direction == Direction::Note
            && let Some(rest) = NAMING.iter().find_map(|words| text.strip_prefix(words))
        {
            let name = rest.split([' ', ':', ',']).next().unwrap_or_default();
            self.learn_host(name.trim_end_matches('.'));
        }
        // A server mostly greets with its name.
        let greets = line.code == Some(220) || line.code == Some(221);
        for word in text.split(BETWEEN) {
            let word = word.trim_end_matches(['.', ':', '!', '?']);
            let address = word.parse::<IpAddr>().ok().or_else(|| Some(word.parse::<SocketAddr>().ok()?.ip()));
            let address = address.or_else(|| Some(word.rsplit_once(':')?.0.parse::<Ipv4Addr>().ok()?.into()));
            match address {
                Some(address) => self.learn_address(address),
                None if greets && is_domain(word) => self.learn_host(word),
                None => {}
            }
        }
        let outside = |c: char| !c.is_ascii_digit() && c != ',';
        text.split(outside).filter_map(six).for_each(|(address, _)| self.learn_address(address.into()));
    }

    fn learn_host(&mut self, name: &str) {
        if name.is_empty() || name.parse::<IpAddr>().is_ok() || is_common(name) || name == "localhost" {
            return;
        }
        let number = self.hosts.len() + 1;
        self.hosts.entry(name.to_ascii_lowercase()).or_insert_with(|| format!("host{number}.example"));
    }

    /// Addresses become such as are kept for examples; private ones stay private, so that the explanations stay true.
    fn learn_address(&mut self, address: IpAddr) {
        if address.is_unspecified() || address.is_loopback() || self.addresses.contains_key(&address) {
            return;
        }
        let number = u8::try_from(self.addresses.len() % 250 + 1).unwrap_or(u8::MAX);
        let group = u8::try_from(self.addresses.len() / 250 % 250).unwrap_or(u8::MAX);
        let masked = match address {
            IpAddr::V4(v4) if v4.is_private() || v4.is_link_local() => Ipv4Addr::new(10, 0, group, number).into(),
            IpAddr::V4(_) => Ipv4Addr::new(198, 18, group, number).into(),
            IpAddr::V6(_) => Ipv6Addr::new(0x2001, 0xDB8, 0, 0, 0, 0, u16::from(group), u16::from(number)).into(),
        };
        self.addresses.insert(address, masked);
    }
}

/// The address and the two halves of the port in `h1,h2,h3,h4,p1,p2`.
fn six(run: &str) -> Option<(Ipv4Addr, [u8; 2])> {
    let numbers: Vec<u8> = run.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [a, b, c, d, high, low] = numbers[..] else { return None };
    Some((Ipv4Addr::new(a, b, c, d), [high, low]))
}

/// `ftp.example.org`, not `3.0.3`.
fn is_domain(word: &str) -> bool {
    let last = word.rsplit('.').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    word.contains('.') && word.chars().all(plain) && last.len() >= 2 && last.chars().all(|c| c.is_ascii_alphabetic())
}

fn is_common(word: &str) -> bool {
    COMMON.contains(&word.to_ascii_lowercase().as_str())
}
