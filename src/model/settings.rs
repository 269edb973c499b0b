//! What a person can set, with the defaults, and what holds for one run only.

use std::net::IpAddr;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::exists::{self, Rule};
use super::file_columns::FileColumns;
use super::filter::Filters;
use super::log_layout::LogLayout;
use super::proxy::Proxy;
use super::question::Facts;
use super::schedule::Slot;
use super::site::Secret;
use super::transfer::Course;
use super::transfer_type::{EXTENSIONS, TransferType};

/// The most connections for one file.
pub const MOST_SEGMENTS: u8 = 8;

/// Kept between runs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// Transfers at once, over all sites.
    pub connections: u8,
    /// Those of them towards this machine; 0 for no cap of their own.
    pub connections_down: u8,
    /// Those of them towards servers; 0 for no cap of their own.
    pub connections_up: u8,
    /// Connections that fetch one large file together; 1: one fetches all of it.
    pub segments: u8,
    /// Smallest file, in bytes, that is fetched so.
    pub segments_from: u64,
    /// Bytes a second towards this machine; 0 for no limit.
    pub limit_down: u64,
    /// Bytes a second towards servers; 0 for no limit.
    pub limit_up: u64,
    /// Other limits for some hours of the week: the first that holds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub schedule: Vec<Slot>,
    /// Seconds without any byte until a connection counts as dead.
    pub timeout: u32,
    /// How often a transient failure is tried again.
    pub retries: u16,
    /// The machine does not go to sleep by itself while files are transferred.
    pub keep_awake: bool,
    /// What runs after the last transfer, where that is chosen: see `after::words`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub after_command: String,
    /// Downloads whose target exists.
    pub if_exists_down: IfExists,
    /// Uploads whose target exists.
    pub if_exists_up: IfExists,
    /// How a new file is called that must not replace one: see `exists::Pattern`.
    pub rename_pattern: String,
    /// Consulted before these two, in this order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub exists_rules: Vec<Rule>,
    /// How files go that are put into the queue from now on.
    pub transfer_type: TransferType,
    /// The extensions of what is text where names decide: see `transfer_type::is_text`.
    pub text_extensions: String,
    /// What panes do not show and walks leave out.
    pub filters: Filters,
    /// Give files the time of modification of their source.
    pub keep_times: bool,
    /// Give files the permissions of their source, without the bits that lend rights.
    pub keep_permissions: bool,
    /// Largest file, in bytes, whose checksum the server is asked for, where it offers one.
    pub verify_up_to: u64,
    /// Seconds between keep-alive commands on an idle browsing connection; 0 for none.
    pub keep_alive: u32,
    /// Lowest and highest port that active mode listens on; `None`: the system chooses.
    pub active_ports: Option<(u16, u16)>,
    /// The address that active mode names to servers that are not in this network; `None`: our own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub external_address: Option<IpAddr>,
    /// What stands between us and servers.
    pub proxy: Proxy,
    /// Show names that begin with a dot.
    pub show_hidden: bool,
    /// Light, dark, or as the system is.
    pub theme: Theme,
    /// Rows of 22 px instead of 24.
    pub compact: bool,
    /// Which keys do what.
    pub keys: Keys,
    /// Local files are deleted for good instead of going to the bin.
    pub delete_for_good: bool,
    /// Ask before deleting.
    pub confirm_delete: bool,
    /// Lines that the reply log keeps.
    pub log_lines: usize,
    /// Files of the reply log that are kept; 0: it is not written into files.
    pub log_files: u16,
    /// Megabytes of such a file.
    pub log_megabytes: u32,
    /// How the window was left.
    pub layout: Layout,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            connections: 4,
            connections_down: 0,
            connections_up: 0,
            segments: 1,
            segments_from: 64_000_000,
            limit_down: 0,
            limit_up: 0,
            schedule: Vec::new(),
            timeout: 20,
            retries: 3,
            keep_awake: true,
            after_command: String::new(),
            if_exists_down: IfExists::Ask,
            if_exists_up: IfExists::Ask,
            rename_pattern: exists::PATTERN.to_owned(),
            exists_rules: Vec::new(),
            transfer_type: TransferType::default(),
            text_extensions: EXTENSIONS.to_owned(),
            filters: Filters::default(),
            keep_times: true,
            keep_permissions: false,
            verify_up_to: 64_000_000,
            keep_alive: 60,
            active_ports: None,
            external_address: None,
            proxy: Proxy::default(),
            show_hidden: true,
            theme: Theme::System,
            compact: false,
            keys: Keys::FileZilla,
            delete_for_good: false,
            confirm_delete: true,
            log_lines: 200_000,
            log_files: 0,
            log_megabytes: 10,
            layout: Layout::default(),
        }
    }
}

impl Settings {
    /// Bytes a second towards this machine and towards servers at that time; 0 for no limit.
    pub fn limits(&self, now: jiff::civil::DateTime) -> (u64, u64) {
        let slot = self.schedule.iter().find(|slot| slot.holds(now));
        slot.map_or((self.limit_down, self.limit_up), |slot| (slot.down, slot.up))
    }

    /// What to do with a transfer whose target exists: what the first rule says that fits, else the default.
    pub fn if_exists(&self, course: Course, source: &Facts, target: &Facts) -> IfExists {
        exists::first(&self.exists_rules, course, source, target).unwrap_or(self.default_if_exists(course))
    }

    /// The same where no rule fits.
    pub fn default_if_exists(&self, course: Course) -> IfExists {
        match course {
            Course::Download => self.if_exists_down,
            Course::Upload => self.if_exists_up,
        }
    }
}

/// How the window was left; sizes in points, 0 for the default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Layout {
    /// Height of the lower panels.
    pub lower: f32,
    /// Width of the local pane, as a share of both.
    pub panes: f32,
    /// Width of the queue, as a share of both lower panels.
    pub queue: f32,
    /// Width of the trees.
    pub tree: f32,
    /// Whether the trees are shown.
    pub trees: bool,
    /// The columns of files of this machine.
    pub local_files: FileColumns,
    /// The columns of files of a server.
    pub remote_files: FileColumns,
    /// Whether the reply log is shown.
    pub log: bool,
    /// Whether the reply log shows exchanges, and not lines.
    pub exchanges: bool,
    /// Whether it folds log-ins, keep-alive and listings.
    pub folds: bool,
    /// The columns of its exchanges, and its times.
    pub columns: LogLayout,
    /// Width of the log's details where they stand beside its rows.
    pub details_width: f32,
    /// Their height where they stand below.
    pub details_height: f32,
    /// Whether the queue is shown.
    pub transfers: bool,
    /// The local folder at the end of the last run.
    pub local: Option<PathBuf>,
    /// Width and height of the window.
    pub window: Option<(f32, f32)>,
}

impl Default for Layout {
    fn default() -> Self {
        Self {
            lower: 0.0,
            panes: 0.5,
            queue: 0.5,
            tree: 0.0,
            trees: true,
            local_files: FileColumns::local(),
            remote_files: FileColumns::remote(),
            log: true,
            exchanges: false,
            folds: false,
            columns: LogLayout::default(),
            details_width: 0.0,
            details_height: 0.0,
            transfers: true,
            local: None,
            window: None,
        }
    }
}

/// What to do with a transfer whose target exists.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IfExists {
    /// Ask, where somebody is there; else skip.
    #[default]
    Ask,
    /// Replace it.
    Overwrite,
    /// Replace it if the source is newer.
    Newer,
    /// Replace it if the sizes differ.
    Size,
    /// Replace it if the sizes or the times differ, or if that is not known.
    SizeOrTime,
    /// Add what is missing at its end.
    Resume,
    /// Keep it, and give the new one another name: `Settings::rename_pattern`.
    Rename,
    /// Keep it, and leave the source where it is.
    Skip,
}

/// Colours of the window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the system is.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// Sets of shortcuts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keys {
    /// F5 refreshes.
    #[default]
    FileZilla,
    /// F5 copies, F6 renames, F7 makes a folder.
    Commander,
}

/// What holds for one run only and is never stored: from the command line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Run {
    /// SHA-256 fingerprints that are trusted, in hexadecimal digits without colons, lower case.
    pub trusted: Vec<String>,
    /// PEM files with roots that are trusted.
    pub roots: Vec<PathBuf>,
    /// The password of the proxy.
    pub proxy_password: Option<Secret>,
    /// The password of a client certificate's key.
    pub key_password: Option<Secret>,
    /// The secrets of TLS are written to the file that `SSLKEYLOGFILE` names.
    pub tls_keylog: bool,
    /// Compare size, and a checksum where the server offers one, after each transfer, however large the file is.
    pub verify: bool,
    /// Nobody can answer questions: they count as refused.
    pub unattended: bool,
    /// Whether settings, sites and layout may be written.
    pub read_only: bool,
    /// Nothing is listed that was not asked for: no front shows folders.
    pub bare: bool,
}
