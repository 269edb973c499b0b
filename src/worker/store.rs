//! Settings, sites, trusted certificates and what was learned of servers, as TOML in confy's folder.
//!
//! confy truncates its file in place and replaces one that it cannot read. Here a file is written by temporary file,
//! fsync and rename, with the one before it as `.bak`; one that cannot be read is set aside and said. Two processes may
//! write: each change is made to what the file holds at that moment, under a lock.

mod file;
mod merge;

use std::collections::{BTreeMap, HashMap};
use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use directories::ProjectDirs;
use serde::{Deserialize, Serialize};

pub(super) use self::file::private_file;
use self::file::{ConfigFile, Document};
use super::disk::Error;
use crate::ftp::{Comes, Known, Zone};
use crate::model::{Cause, Failure, Settings, Site, Sites, TlsVersion};

/// The program's name in paths.
const NAME: &str = "longshore";

/// Where things are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folders {
    /// Settings and sites.
    pub config: PathBuf,
    /// The queue.
    pub data: PathBuf,
}

impl Folders {
    /// Where this system wants them: confy's native folder, and beside it the one for data.
    pub fn native() -> Result<Self, Failure> {
        let failure = |why: String| Failure {
            what: "Could not find the folder for settings".to_owned(),
            why,
            cause: Cause::Local,
            again: false,
        };
        confy::change_config_strategy(confy::ConfigStrategy::Native);
        let settings = confy::get_configuration_file_path(NAME, "settings").map_err(|e| failure(e.to_string()))?;
        let config = settings.parent().map(Path::to_owned).ok_or_else(|| failure("it has no parent".to_owned()))?;
        let project = ProjectDirs::from("rs", "", NAME).ok_or_else(|| failure("there is no home folder".to_owned()))?;
        Ok(Self { config, data: project.data_local_dir().to_owned() })
    }

    /// Both below `folder`.
    pub fn within(folder: &Path) -> Self {
        Self { config: folder.join("config"), data: folder.join("data") }
    }
}

/// What was learned of a server, so that no later session has to learn it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Learned {
    /// What its sessions found out.
    pub known: Known,
    /// TLS 1.3 does not work for its data connections.
    pub tls12_only: bool,
    /// The most connections that it allows.
    pub connections: Option<u8>,
    /// It has spoken TLS: one day without is an alarm.
    pub tls: bool,
}

impl Learned {
    /// Whether TLS 1.2 at most is spoken for `site`, which may want no less than TLS 1.3 all the same.
    pub fn wants_tls12(&self, site: &Site) -> bool {
        self.tls12_only && site.minimum_tls == TlsVersion::Tls12
    }
}

/// The files. All calls block.
#[derive(Debug)]
pub struct Store {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    settings: ConfigFile,
    sites: ConfigFile,
    certificates: ConfigFile,
    servers: ConfigFile,
    /// What of `servers` was asked for since it last changed: each file that is transferred asks.
    learned: HashMap<String, Learned>,
    /// The settings of this run, where they are not the stored ones.
    run: Option<Document>,
}

impl Store {
    /// Reads all files. What could not be read is told in words; what it held is set aside, never replaced. With
    /// `read_only` nothing is written, now or later, and changes last for the run.
    pub fn open(folders: &Folders, read_only: bool) -> (Self, Settings, Sites, Vec<String>) {
        let mut notices = Vec::new();
        let mut file = |name: &str, reads: fn(&Document) -> Result<(), toml::de::Error>| {
            let (file, notice) = ConfigFile::open(folders.config.join(name), read_only, reads);
            notices.extend(notice);
            file
        };
        let state = State {
            settings: file("settings.toml", parses::<Settings>),
            sites: file("sites.toml", parses::<Sites>),
            certificates: file("certificates.toml", parses::<Certificates>),
            servers: file("servers.toml", parses::<Servers>),
            learned: HashMap::new(),
            run: None,
        };
        let (settings, sites) = (parse(state.settings.document()), parse(state.sites.document()));
        (Self { state: Mutex::new(state) }, settings, sites, notices)
    }

    /// The settings that hold for this run: what differs in them from the stored ones is not stored.
    pub fn adjust(&self, settings: &Settings) {
        self.state().run = document(settings).ok();
    }

    /// Keeps the settings; what another process has changed meanwhile, and this one has not, stays. Answers what holds
    /// for this run now.
    pub fn save_settings(&self, settings: &Settings) -> Result<Settings, Failure> {
        let mut settings = settings.clone();
        // TOML is text: the last folder is a convenience, and no reason to lose everything else.
        settings.layout.local = settings.layout.local.filter(|folder| folder.to_str().is_some());
        let mine = document(&settings).map_err(|why| cannot_keep("the settings", why))?;
        // A line that the file does not have stands for its default.
        let defaults = document(&Settings::default()).unwrap_or_default();
        let whole = |stored: &Document| merge::values(&defaults, stored, &defaults);
        let mut state = self.state();
        let before = whole(state.settings.document());
        let run = state.run.take().unwrap_or_else(|| before.clone());
        let kept = state.settings.change(|_, theirs| merge::values(&run, &whole(theirs), &mine));
        let now = match &kept {
            Ok(()) => merge::values(&before, &run, &whole(state.settings.document())),
            Err(_) => run.clone(),
        };
        let now = merge::values(&run, &now, &mine);
        state.run = Some(now.clone());
        kept.map_err(Failure::from)?;
        Ok(parse(&now))
    }

    /// Keeps all sites; those that another process has added meanwhile stay. Answers what is kept now.
    pub fn save_sites(&self, sites: &Sites) -> Result<Sites, Failure> {
        document(sites).map_err(|why| cannot_keep("the sites", why))?;
        let mut state = self.state();
        let change = |base: &Document, theirs: &Document| {
            let merged = merge::sites(&parse(base), &parse(theirs), sites);
            document(&merged).unwrap_or_else(|_| theirs.clone())
        };
        state.sites.change(change).map_err(Failure::from)?;
        Ok(parse(state.sites.document()))
    }

    /// The fingerprints (SHA-256, lower case) of the certificates that a person trusts for a host and port.
    pub fn trusted(&self, host: &str, port: u16) -> Vec<String> {
        let certificates: Certificates = parse(self.state().certificates.document());
        certificates.trusted.get(&key(host, port)).map(|entry| entry.sha256.clone()).into_iter().collect()
    }

    /// Trusts a certificate for a host and port, instead of the one before.
    pub fn trust(&self, host: &str, port: u16, sha256: &str) -> Result<(), Failure> {
        let entry = Trusted { sha256: sha256.to_ascii_lowercase() };
        let change = |theirs: &Document| {
            let mut certificates: Certificates = parse(theirs);
            certificates.trusted.insert(key(host, port), entry.clone());
            document(&certificates).unwrap_or_else(|_| theirs.clone())
        };
        self.state().certificates.change(|_, theirs| change(theirs)).map_err(Failure::from)
    }

    /// What is known of a server.
    pub fn learned(&self, host: &str, port: u16) -> Learned {
        let (mut state, key) = (self.state(), key(host, port));
        if let Some(learned) = state.learned.get(&key) {
            return learned.clone();
        }
        let mut servers: Servers = parse(state.servers.document());
        let learned = servers.server.remove(&key).map(Server::into_learned).unwrap_or_default();
        state.learned.insert(key, learned.clone());
        learned
    }

    /// Keeps how many connections a server takes; `None`: as many as are wanted.
    pub fn learn_connections(&self, host: &str, port: u16, connections: Option<u8>) -> Result<(), Failure> {
        let change = |theirs: &Document| {
            let mut servers: Servers = parse(theirs);
            servers.server.entry(key(host, port)).or_default().connections = connections;
            document(&servers).unwrap_or_else(|_| theirs.clone())
        };
        self.state().change_servers(change)
    }

    /// Keeps what was learned of a server by its sessions: how many of them it takes stays as it is.
    pub fn learn(&self, host: &str, port: u16, learned: &Learned) -> Result<(), Failure> {
        let mut state = self.state();
        let change = |theirs: &Document| {
            let mut servers: Servers = parse(theirs);
            let known = servers.server.entry(key(host, port)).or_default();
            *known = Server { connections: known.connections, ..Server::of(learned) };
            document(&servers).unwrap_or_else(|_| theirs.clone())
        };
        // Each log-in says it again; only what is new is worth a write.
        let known: Servers = parse(state.servers.document());
        if known.server.get(&key(host, port)) == Some(&Server::of(learned)) {
            return Ok(());
        }
        state.change_servers(change)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn change_servers(&mut self, change: impl Fn(&Document) -> Document) -> Result<(), Failure> {
        self.learned.clear();
        self.servers.change(|_, theirs| change(theirs)).map_err(Failure::from)
    }
}

/// certificates.toml.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Certificates {
    trusted: BTreeMap<String, Trusted>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Trusted {
    sha256: String,
}

/// servers.toml.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Servers {
    server: BTreeMap<String, Server>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Server {
    no_epsv: bool,
    no_eprt: bool,
    no_passive: bool,
    no_mlsd: bool,
    no_list_all: bool,
    no_pipelining: bool,
    takes_host: bool,
    no_host: bool,
    tls12_only: bool,
    tls: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    connections: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dialect: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone: Option<i16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    zone_at: Option<jiff::Timestamp>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    own_time: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    comes_to: Option<IpAddr>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comes_not_to: Option<IpAddr>,
}

impl Server {
    fn of(learned: &Learned) -> Self {
        let Known {
            no_epsv,
            no_eprt,
            no_passive,
            no_mlsd,
            no_list_all,
            no_pipelining,
            takes_host,
            no_host,
            dialect,
            zone,
            own_time,
            waits,
            comes,
        } = learned.known.clone();
        let comes_to = |well| comes.filter(|comes| comes.well == well).map(|comes| comes.to);
        let Learned { tls12_only, tls, connections, .. } = *learned;
        Self {
            no_epsv,
            no_eprt,
            no_passive,
            no_mlsd,
            no_list_all,
            no_pipelining,
            takes_host,
            no_host,
            tls12_only,
            tls,
            connections,
            dialect,
            waits,
            zone: zone.map(|zone| zone.minutes),
            zone_at: zone.map(|zone| zone.at),
            own_time,
            comes_to: comes_to(true),
            comes_not_to: comes_to(false),
        }
    }

    fn into_learned(self) -> Learned {
        let Self {
            no_epsv,
            no_eprt,
            no_passive,
            no_mlsd,
            no_list_all,
            no_pipelining,
            takes_host,
            no_host,
            tls12_only,
            tls,
            connections,
            dialect,
            zone,
            zone_at,
            own_time,
            waits,
            comes_to,
            comes_not_to,
        } = self;
        let well = comes_to.map(|to| Comes { to, well: true });
        let comes = well.or(comes_not_to.map(|to| Comes { to, well: false }));
        let zone = zone.zip(zone_at).map(|(minutes, at)| Zone { minutes, at });
        let known = Known {
            no_epsv,
            no_eprt,
            no_passive,
            no_mlsd,
            no_list_all,
            no_pipelining,
            takes_host,
            no_host,
            dialect,
            zone,
            own_time,
            waits,
            comes,
        };
        Learned { known, tls12_only, connections, tls }
    }
}

/// Names of hosts have no case.
fn key(host: &str, port: u16) -> String {
    format!("{}:{port}", host.to_ascii_lowercase())
}

fn parses<T: for<'de> Deserialize<'de>>(document: &Document) -> Result<(), toml::de::Error> {
    document.clone().try_into::<T>().map(|_| ())
}

/// A document that was checked when it was read; one that another process broke meanwhile was refused.
fn parse<T: for<'de> Deserialize<'de> + Default>(document: &Document) -> T {
    document.clone().try_into().unwrap_or_default()
}

fn document(value: &impl Serialize) -> Result<Document, toml::ser::Error> {
    Document::try_from(value)
}

fn cannot_keep(what: &str, why: toml::ser::Error) -> Failure {
    Failure { what: format!("Could not keep {what}"), why: why.to_string(), cause: Cause::Local, again: false }
}

fn failed(doing: &'static str, path: &Path, error: io::Error) -> Error {
    Error::new(doing, path, error)
}

#[cfg(test)]
mod tests;
