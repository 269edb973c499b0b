//! What can be typed after `longshore`, read by clap.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use super::output::{complain, visible};
use super::transcript::TranscriptFile;
use crate::model::filter::Filters;
use crate::model::{IfExists, Mode, PathSyntax, Proxy, Run, Secret, Security, Settings, Site, TlsVersion};

/// Most transfers at once that can be asked for.
const MOST_CONNECTIONS: i64 = 32;
/// The variable that may hold the password of the proxy.
const PROXY_VARIABLE: &str = "LONGSHORE_PROXY_PASSWORD";
/// The variable that may hold the password of a client certificate's key.
const KEY_VARIABLE: &str = "LONGSHORE_KEY_PASSWORD";
/// The variable that names the file for the secrets of TLS.
const KEYLOG_VARIABLE: &str = "SSLKEYLOGFILE";
/// Digits of a SHA-256 fingerprint in hexadecimal.
const FINGERPRINT_DIGITS: usize = 64;

const AFTER_HELP: &str = "\
URLs:
  ftp://[user[:password]@]host[:port]/path    TLS where the server offers it
  ftpes://...                                 TLS with AUTH TLS, or no log-in
  ftps://...                                  TLS from the first byte (port 990)
  The path is relative to the log-in folder; %2F at its start means the root: ftp://host/%2Fetc.
  With --site NAME, paths take the place of URLs, as typed; one that starts with / is seen from the root.

Passwords come from the URL, --password-stdin, the variable LONGSHORE_PASSWORD, the system's vault, or a question at the
terminal, in this order. The password of a proxy comes from LONGSHORE_PROXY_PASSWORD, the vault, or a question.

Exit status:
  0  all done
  1  something was not transferred, or the server refused
  2  wrong usage
  3  no connection, or TLS or the log-in failed
  130  interrupted; `longshore queue run` carries on";

/// A desktop FTP client that shows and explains every reply of the server.
///
/// Without a subcommand the window opens; with one, the same work is done without it.
#[derive(Debug, Parser)]
#[command(name = "longshore", version, after_help = AFTER_HELP, max_term_width = 100)]
pub struct Arguments {
    /// The server to connect to when the window opens.
    #[arg(value_name = "URL")]
    pub url: Option<String>,
    /// What to do without a window.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// What holds for all.
    #[command(flatten)]
    pub options: Options,
    /// Open the window connected to a practice server of its own.
    #[cfg(feature = "practice")]
    #[arg(long)]
    pub practice: bool,
    /// With --practice: no window; print the server's URL and serve until interrupted.
    #[cfg(feature = "practice")]
    #[arg(long, requires = "practice")]
    pub serve_only: bool,
}

/// The subcommands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// List a remote folder, or one file.
    Ls {
        /// The folder; with --site a path, or nothing for the site's own folder.
        #[arg(value_name = "URL")]
        target: Option<String>,
        /// One aligned line for each entry: permissions, owner, group, size, time, name.
        #[arg(short, long)]
        long: bool,
    },
    /// Download files, and folders with all that is in them.
    Get {
        /// What to download.
        #[arg(value_name = "URL", required = true)]
        targets: Vec<String>,
        /// The local folder to put it in; made if it is missing.
        #[arg(short, long, value_name = "DIR", default_value = ".")]
        output: PathBuf,
    },
    /// Upload files, and folders with all that is in them.
    ///
    /// The last argument is the remote folder to put them in; it is made if it is missing.
    #[command(override_usage = "longshore put [OPTIONS] PATH... URL")]
    Put {
        /// What to upload, then the remote folder to put it in.
        // One list: with two positionals clap takes the word before an option for the last one.
        #[arg(value_name = "PATH URL", required = true)]
        words: Vec<OsString>,
    },
    /// Delete remote files.
    Rm {
        /// What to delete.
        #[arg(value_name = "URL", required = true)]
        targets: Vec<String>,
        /// Also folders, with all that is in them.
        #[arg(short, long)]
        recursive: bool,
    },
    /// Make remote folders.
    Mkdir {
        /// The folders to make.
        #[arg(value_name = "URL", required = true)]
        targets: Vec<String>,
        /// Make missing parents too; a folder that is there already is no failure.
        #[arg(short, long)]
        parents: bool,
    },
    /// Rename or move a remote file or folder.
    Mv {
        /// What to rename.
        #[arg(value_name = "URL")]
        from: String,
        /// Its new path on the same server: relative to the log-in folder, or from the root if it starts with `/`;
        /// or a URL. One that ends with `/` is the folder to move it into.
        #[arg(value_name = "NEWPATH")]
        to: String,
    },
    /// Change the permissions of remote files and folders (SITE CHMOD).
    Chmod {
        /// Octal digits: 644, 0755.
        // `mode` by itself is the id of `--mode`.
        #[arg(id = "permissions", value_name = "MODE", value_parser = permissions)]
        mode: u16,
        /// What to change.
        #[arg(value_name = "URL", required = true)]
        targets: Vec<String>,
        /// And all that lies below.
        #[arg(short = 'R', long)]
        recursive: bool,
    },
    /// Send commands as typed and print the replies.
    #[command(override_usage = "longshore raw [OPTIONS] URL COMMAND...")]
    Raw {
        /// The server (left out with --site), then the commands, each as one argument.
        #[arg(value_name = "URL COMMAND", required = true)]
        words: Vec<String>,
    },
    /// Say what a reply code means, or what went wrong in a log: one that --transcript has written, or one of FileZilla,
    /// WinSCP, lftp (debug), curl -v or ftp -d.
    Explain {
        /// Three digits, or the log's file.
        #[arg(value_name = "CODE|FILE")]
        subject: String,
    },
    /// Open a log in the window: one that --transcript has written, or one that `explain` reads. With --export, print it
    /// in another form instead.
    Log {
        /// The log.
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Print it in this form, without a window.
        #[arg(long, value_name = "FORM")]
        export: Option<Export>,
        /// Print it beside this other log, exchange by exchange, without a window; the first difference is marked.
        #[arg(long, value_name = "FILE", conflicts_with = "export")]
        compare: Option<PathBuf>,
        /// Print the lines that pass this filter only, as in the window: 'code:5xx', 'file:*.zip -is:slow'...
        #[arg(long, value_name = "FILTER", requires = "export")]
        filter: Option<String>,
        /// Hide the names of these, separated by commas.
        #[arg(long, value_name = "WHAT", value_delimiter = ',', requires = "export")]
        mask: Vec<MaskOf>,
    },
    /// List the sites that --site can name.
    Sites {
        /// Their addresses too.
        #[arg(short, long)]
        long: bool,
    },
    /// Show what is left of an interrupted run, or carry on with it.
    Queue {
        /// What to do with it; nothing: show it.
        #[command(subcommand)]
        action: Option<QueueAction>,
    },
}

/// `--export`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Export {
    /// A line of text for each.
    Text,
    /// JSON lines, as --transcript writes them.
    Json,
    /// A page that needs nothing else, with explanations.
    Html,
    /// A table.
    Markdown,
}

/// `--mask`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum MaskOf {
    /// Names and addresses of hosts.
    Host,
    /// Names of users.
    User,
    /// Names of files and folders.
    Path,
}

/// What can be done with the rows that an interrupted run left.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
pub enum QueueAction {
    /// Transfer what is left; parts that are there are added to.
    Run,
    /// Forget what is left. Parts stay where they are.
    Clear,
    /// Add the transfers of a file: one that `export` wrote, or FileZilla.
    ///
    /// They wait for `queue run`, or for the window. Filters that FileZilla wrote into the file are added too.
    Import {
        /// The file.
        file: PathBuf,
    },
    /// Write what is left into a file: as JSON, or for FileZilla where its name ends with `.xml`.
    Export {
        /// The file; one that is there is replaced.
        file: PathBuf,
    },
}

/// Options for every subcommand and for the window.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options for all")]
pub struct Options {
    /// A site of the site manager instead of a URL: its name, or its folder and name separated by `/`.
    #[arg(long, value_name = "NAME", global = true)]
    pub site: Option<String>,
    /// How TLS is used [default: try for ftp://, implicit for ftps://, explicit for ftpes://].
    #[arg(long, value_name = "WHEN", global = true)]
    pub tls: Option<Tls>,
    /// The least version of TLS [default: 1.2].
    #[arg(long, value_name = "VERSION", global = true)]
    pub tls_min: Option<TlsMin>,
    /// Prove with this client certificate who you are (PEM, the chain above it too, or PKCS #12).
    #[arg(long, value_name = "FILE", global = true)]
    pub cert: Option<PathBuf>,
    /// The key of --cert (PEM) [default: in the same file]; what opens it comes from LONGSHORE_KEY_PASSWORD, the vault, or a
    /// question.
    #[arg(long, value_name = "FILE", global = true, requires = "cert")]
    pub cert_key: Option<PathBuf>,
    /// Leave data connections in clear under TLS (PROT C): who listens reads the files.
    #[arg(long, global = true)]
    pub clear_data: bool,
    /// Go on in clear on the control connection after the log-in (CCC), for firewalls that must read it.
    #[arg(long, global = true)]
    pub clear_control: bool,
    /// Write the secrets of TLS to the file that the variable SSLKEYLOGFILE names: whoever reads it can read everything.
    /// Without this option the variable does nothing.
    #[arg(long, global = true)]
    pub tls_keylog: bool,
    /// Accept the certificate with this fingerprint (64 hexadecimal digits, colons allowed).
    #[arg(long, value_name = "SHA256", global = true, value_parser = fingerprint)]
    pub trust: Vec<String>,
    /// Accept certificates that these roots vouch for (PEM).
    #[arg(long, value_name = "FILE", global = true)]
    pub ca: Vec<PathBuf>,
    /// Who opens data connections [default: auto, passive with EPSV before PASV].
    #[arg(long, value_name = "MODE", global = true)]
    pub mode: Option<DataMode>,
    /// Go through this proxy: socks5://[user@]host[:port], http://..., or an FTP proxy as ftp-user:// (USER user@host),
    /// ftp-site://, ftp-open://, ftp-login:// (USER user@host proxyuser); none for no proxy [default: as the site or the
    /// settings say].
    #[arg(long, value_name = "URL", global = true, value_parser = Proxy::parse)]
    pub proxy: Option<Proxy>,
    /// Transfers at once [default: 4]; lowered when the server says that it is too many.
    #[arg(short = 'j', long, value_name = "N", global = true, value_parser = clap::value_parser!(u8).range(1..=MOST_CONNECTIONS))]
    pub connections: Option<u8>,
    /// What to do with targets that exist [default: ask at a terminal, else skip with exit status 1].
    #[arg(long, value_name = "CHOICE", global = true)]
    pub if_exists: Option<Exists>,
    /// Leave out what matches this pattern when folders are transferred: *.o, node_modules, src/**/*.log; may be repeated.
    #[arg(long, value_name = "GLOB", global = true)]
    pub exclude: Vec<String>,
    /// Transfer only files of folders that match this pattern, or another of them; may be repeated.
    #[arg(long, value_name = "GLOB", global = true)]
    pub include: Vec<String>,
    /// Leave out what this filter of the settings leaves out when folders are transferred; may be repeated.
    #[arg(long, value_name = "NAME", global = true)]
    pub filter: Vec<String>,
    /// Most bytes a second towards this machine; k, M, G stand for thousands, millions, thousands of millions.
    #[arg(long, value_name = "RATE", global = true, value_parser = rate)]
    pub limit_down: Option<u64>,
    /// Most bytes a second towards the server.
    #[arg(long, value_name = "RATE", global = true, value_parser = rate)]
    pub limit_up: Option<u64>,
    /// Seconds without any byte until a connection counts as dead [default: 20].
    #[arg(long, value_name = "S", global = true, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    pub timeout: Option<u32>,
    /// How often a transient failure is tried again [default: 3].
    #[arg(long, value_name = "N", global = true)]
    pub retries: Option<u16>,
    /// Transfer as text (TYPE A): the server and this machine each use their own line ends.
    #[arg(long, global = true, conflicts_with = "binary")]
    pub ascii: bool,
    /// Transfer the bytes as they are (TYPE I): the default.
    #[arg(long, global = true)]
    pub binary: bool,
    /// Charset of a server that does not speak UTF-8: windows-1252, shift_jis, koi8-r...
    #[arg(long, value_name = "NAME", global = true, value_parser = charset)]
    pub encoding: Option<String>,
    /// Zone of the times that a server without MLSD lists: +09:00, -05:30, UTC [default: measured, where that can be].
    #[arg(long, value_name = "ZONE", global = true, value_parser = zone, allow_hyphen_values = true)]
    pub server_zone: Option<i16>,
    /// How the server writes paths, where it does not show it: unix, cygwin, dos, device, vms, mvs, vm or nonstop.
    #[arg(long, value_name = "SYSTEM", global = true, value_parser = paths)]
    pub paths: Option<PathSyntax>,
    /// After each transfer compare the size, and a checksum where the server offers one, also of large files.
    #[arg(long, global = true)]
    pub verify: bool,
    /// Write every line of every control connection to FILE as JSON lines; `-` for standard error.
    #[arg(long, value_name = "FILE", global = true)]
    pub transcript: Option<PathBuf>,
    /// Read the password from the first line of standard input.
    #[arg(long, global = true)]
    pub password_stdin: bool,
    /// Machine-readable results on standard output.
    #[arg(long, global = true)]
    pub json: bool,
    /// No progress and no notes on standard error, only failures.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,
    /// Say more on standard error: steps and files; twice: the whole dialogue.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// `--tls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Tls {
    /// AUTH TLS, or no log-in.
    Explicit,
    /// TLS from the first byte.
    Implicit,
    /// AUTH TLS, and in clear only where the server says that it does not know it.
    Try,
    /// No TLS.
    Never,
}

/// `--tls-min`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TlsMin {
    /// TLS 1.2.
    #[value(name = "1.2")]
    Tls12,
    /// TLS 1.3.
    #[value(name = "1.3")]
    Tls13,
}

/// `--mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum DataMode {
    /// We connect to the server (EPSV, PASV).
    Passive,
    /// Passive, with EPSV only.
    Epsv,
    /// Passive, with PASV only.
    Pasv,
    /// The server connects to us (EPRT, PORT).
    Active,
    /// Passive, and active where that fails.
    Auto,
}

/// `--if-exists`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Exists {
    /// Replace the target.
    Overwrite,
    /// Replace it if the source is newer.
    Newer,
    /// Replace it if the sizes differ.
    Size,
    /// Replace it if the sizes or the times differ.
    SizeOrTime,
    /// Add what is missing at its end.
    Resume,
    /// Keep it, and give the new file another name.
    Rename,
    /// Keep it, and leave the source where it is.
    Skip,
    /// Ask at the terminal.
    Ask,
}

impl From<Exists> for IfExists {
    fn from(exists: Exists) -> Self {
        match exists {
            Exists::Overwrite => Self::Overwrite,
            Exists::Newer => Self::Newer,
            Exists::Size => Self::Size,
            Exists::SizeOrTime => Self::SizeOrTime,
            Exists::Resume => Self::Resume,
            Exists::Rename => Self::Rename,
            Exists::Skip => Self::Skip,
            Exists::Ask => Self::Ask,
        }
    }
}

impl Options {
    /// What holds for this run only.
    pub(super) fn bare_run(&self) -> Run {
        Run { bare: true, ..self.run() }
    }

    /// What holds for this run only, in the window.
    pub fn run(&self) -> Run {
        Run {
            trusted: self.trust.clone(),
            proxy_password: std::env::var(PROXY_VARIABLE).ok().map(Secret::new),
            key_password: std::env::var(KEY_VARIABLE).ok().map(Secret::new),
            tls_keylog: self.tls_keylog,
            roots: self.ca.clone(),
            verify: self.verify,
            ascii: self.ascii,
            ..Run::default()
        }
    }

    /// Says aloud what `--tls-keylog` means; an error where it would do nothing.
    pub fn warn_of_keylog(&self) -> Result<(), String> {
        if !self.tls_keylog {
            return Ok(());
        }
        match std::env::var_os(KEYLOG_VARIABLE).filter(|file| !file.is_empty()) {
            Some(file) => complain(&format!(
                "WARNING: the secrets of TLS are written to {}: whoever reads it can read everything, passwords too",
                visible(&file.to_string_lossy())
            )),
            None => return Err(format!("--tls-keylog: the variable {KEYLOG_VARIABLE} names no file")),
        }
        Ok(())
    }

    /// Begins the file that `--transcript` names, if it does.
    pub fn begin_transcript(&self) -> Result<Option<TranscriptFile>, String> {
        let Some(path) = &self.transcript else { return Ok(None) };
        TranscriptFile::create(path).map(Some).map_err(|error| format!("--transcript {}: {error}", path.display()))
    }

    /// Leaves only the filters of this run: those that were named, and the patterns. What is switched on in the window is
    /// not for scripts. What cannot be leaves none, not even by its name.
    pub fn adjust_filters(&self, settings: &mut Settings) {
        let nothing = Filters { filters: Vec::new(), ..Filters::default() };
        let only = settings.filters.only(&self.filter, &self.exclude, &self.include);
        settings.filters = only.unwrap_or(nothing);
    }

    /// Whether the patterns of `--exclude` and `--include` are good.
    pub fn check_patterns(&self) -> Result<(), String> {
        Filters::default().only(&[], &self.exclude, &self.include).map(|_| ())
    }

    /// Puts the options that stand for settings in their place, for this run.
    pub fn adjust(&self, settings: &mut Settings) {
        settings.connections = self.connections.unwrap_or(settings.connections);
        if self.limit_down.is_some() || self.limit_up.is_some() {
            // What was typed holds at every hour.
            settings.schedule.clear();
        }
        settings.limit_down = self.limit_down.unwrap_or(settings.limit_down);
        settings.limit_up = self.limit_up.unwrap_or(settings.limit_up);
        settings.timeout = self.timeout.unwrap_or(settings.timeout);
        settings.retries = self.retries.unwrap_or(settings.retries);
        if let Some(proxy) = &self.proxy {
            settings.proxy.clone_from(proxy);
        }
        if !(self.filter.is_empty() && self.exclude.is_empty() && self.include.is_empty()) {
            self.adjust_filters(settings);
        }
        if let Some(exists) = self.if_exists {
            settings.if_exists_down = exists.into();
            settings.if_exists_up = exists.into();
            settings.exists_rules.clear();
        }
    }

    /// Puts the options that stand for a site's fields in their place.
    pub fn adjust_site(&self, site: &mut Site) {
        match self.tls {
            Some(Tls::Explicit) => site.security = Security::Explicit,
            Some(Tls::Implicit) => site.security = Security::Implicit,
            Some(Tls::Try) => site.security = Security::Try,
            Some(Tls::Never) => site.security = Security::Never,
            None => {}
        }
        match self.mode {
            Some(DataMode::Passive) => site.mode = Mode::Passive,
            Some(DataMode::Epsv) => site.mode = Mode::Epsv,
            Some(DataMode::Pasv) => site.mode = Mode::Pasv,
            Some(DataMode::Active) => site.mode = Mode::Active,
            Some(DataMode::Auto) => site.mode = Mode::Auto,
            None => {}
        }
        match self.tls_min {
            Some(TlsMin::Tls12) => site.minimum_tls = TlsVersion::Tls12,
            Some(TlsMin::Tls13) => site.minimum_tls = TlsVersion::Tls13,
            None => {}
        }
        if self.cert.is_some() {
            site.certificate.clone_from(&self.cert);
            site.key.clone_from(&self.cert_key);
        }
        site.clear_data |= self.clear_data;
        site.clear_control |= self.clear_control;
        if self.proxy.is_some() {
            site.proxy = None; // what the settings of this run say
        }
        if self.encoding.is_some() {
            site.encoding.clone_from(&self.encoding);
        }
        site.zone = self.server_zone.or(site.zone);
        site.paths = self.paths.or(site.paths);
        if self.connections.is_some() {
            site.connections = None;
        }
    }
}

/// `0o000` to `0o7777`, from octal digits.
fn permissions(text: &str) -> Result<u16, String> {
    let octal = (3..=5).contains(&text.len()) && text.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    match u16::from_str_radix(text, 8) {
        Ok(mode) if octal && mode <= 0o7777 => Ok(mode),
        _ => Err("three or four octal digits are needed, such as 644".to_owned()),
    }
}

/// The form that `Run::trusted` has, from what certificate tools print.
fn fingerprint(text: &str) -> Result<String, String> {
    let digits = text.get(..7).filter(|start| start.eq_ignore_ascii_case("sha256:")).map_or(text, |_| &text[7..]);
    let digits: String = digits.chars().filter(|c| *c != ':').collect::<String>().to_ascii_lowercase();
    if digits.len() == FINGERPRINT_DIGITS && digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        Ok(digits)
    } else {
        Err(format!("a SHA-256 fingerprint has {FINGERPRINT_DIGITS} hexadecimal digits"))
    }
}

/// Bytes a second: `500k`, `1.5M`.
fn rate(text: &str) -> Result<u64, String> {
    let wrong = || "a number of bytes a second is needed, such as 500k, 1.5M or 2G".to_owned();
    let (digits, factor) = match text.char_indices().next_back() {
        Some((at, 'k' | 'K')) => (&text[..at], 1_000.0),
        Some((at, 'm' | 'M')) => (&text[..at], 1_000_000.0),
        Some((at, 'g' | 'G')) => (&text[..at], 1_000_000_000.0),
        _ => (text, 1.0),
    };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return Err(wrong());
    }
    let rate = digits.parse::<f64>().map_err(|_| wrong())? * factor;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "digits and a point are not negative")]
    Ok(rate.min(1e15).round() as u64)
}

/// The name of a form of paths.
fn paths(text: &str) -> Result<PathSyntax, String> {
    let named = |(syntax, _): &&(PathSyntax, &str)| syntax.word() == text;
    PathSyntax::ALL
        .iter()
        .find(named)
        .map(|(syntax, _)| *syntax)
        .ok_or_else(|| "there is no such form of paths".to_owned())
}

/// Minutes east of Greenwich: `+09:00`, `-05:30`, `+9`, `UTC`.
fn zone(text: &str) -> Result<i16, String> {
    let wrong = || "an offset from UTC is needed, such as +09:00 or -05:30".to_owned();
    if text.eq_ignore_ascii_case("UTC") {
        return Ok(0);
    }
    let (sign, digits) = match text.split_at_checked(1).ok_or_else(wrong)? {
        ("+", digits) => (1, digits),
        ("-", digits) => (-1, digits),
        _ => return Err(wrong()),
    };
    let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "00"));
    let number = |text: &str, longest: usize, below: i16| -> Option<i16> {
        let digits = (1..=longest).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|number| digits && *number < below)
    };
    match (number(hours, 2, 15), number(minutes, 2, 60)) {
        (Some(hours), Some(rest)) if minutes.len() == 2 => Ok(sign * (hours * 60 + rest)),
        _ => Err(wrong()),
    }
}

/// A label that the WHATWG knows, in the spelling of its encoding.
fn charset(text: &str) -> Result<String, String> {
    encoding_rs::Encoding::for_label(text.as_bytes())
        .map(|encoding| encoding.name().to_ascii_lowercase())
        .ok_or_else(|| "this charset is not known".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Arguments, clap::Error> {
        Arguments::try_parse_from(std::iter::once("longshore").chain(line.split_whitespace()))
    }

    #[test]
    fn a_zone_is_an_offset() {
        for (text, minutes) in [("+09:00", 540), ("-05:30", -330), ("+9", 540), ("utc", 0), ("+00:00", 0)] {
            assert_eq!(zone(text), Ok(minutes), "{text}");
        }
        for text in ["", "+", "9", "+9:", "+15:00", "+09:60", "+09:0", "+-9", "\u{2212}9", "Asia/Tokyo"] {
            assert!(zone(text).is_err(), "{text}");
        }
        let options = read("ls ftp://h --server-zone -05:00").unwrap().options;
        let mut site = Site::default();
        options.adjust_site(&mut site);
        assert_eq!(site.zone, Some(-300));
    }

    #[test]
    fn the_definition_is_sound() {
        use clap::CommandFactory;
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_go_before_and_after_the_subcommand() {
        for line in ["--json -j 8 ls ftp://h -l --tls never", "ls -l ftp://h --tls never --json -j8"] {
            let arguments = read(line).unwrap();
            let options = &arguments.options;
            assert_eq!((options.json, options.connections, options.tls), (true, Some(8), Some(Tls::Never)), "{line}");
            assert!(
                matches!(&arguments.command, Some(Command::Ls { target: Some(url), long: true }) if url == "ftp://h")
            );
        }
    }

    #[test]
    fn a_url_without_subcommand_opens_the_window() {
        let arguments = read("ftp://h/x --tls explicit").unwrap();
        assert!(arguments.command.is_none());
        assert_eq!(arguments.url.as_deref(), Some("ftp://h/x"));
        assert_eq!(read("--site Home").unwrap().options.site.as_deref(), Some("Home"));
    }

    #[test]
    fn put_and_raw_take_several_words() {
        let put = read("put a b --if-exists resume ftp://h/up").unwrap().command;
        let Some(Command::Put { words }) = put else { panic!("no put") };
        assert_eq!(words, ["a", "b", "ftp://h/up"]);
        let Some(Command::Raw { words }) = read("raw ftp://h NOOP SYST").unwrap().command else { panic!("no raw") };
        assert_eq!(words, ["ftp://h", "NOOP", "SYST"]);
    }

    #[test]
    fn arguments_and_options_of_the_same_name_are_two() {
        let arguments = read("chmod 600 ftp://h/a --mode active").unwrap();
        assert_eq!(arguments.options.mode, Some(DataMode::Active));
        assert!(matches!(arguments.command, Some(Command::Chmod { mode: 0o600, recursive: false, .. })));
    }

    #[test]
    fn queue_takes_options_behind_its_action() {
        let arguments = read("queue run --json --password-stdin").unwrap();
        assert!(matches!(arguments.command, Some(Command::Queue { action: Some(QueueAction::Run) })));
        assert!(arguments.options.json && arguments.options.password_stdin);
        assert!(matches!(read("queue --json").unwrap().command, Some(Command::Queue { action: None })));
    }

    #[test]
    fn a_log_is_opened_or_exported() {
        let Some(Command::Log { export, mask, .. }) = read("log a.txt").unwrap().command else { panic!("no log") };
        assert_eq!((export, mask), (None, vec![]));
        let line = "log a.txt --export html --mask host,path --filter code:5xx";
        let Some(Command::Log { export, mask, filter, .. }) = read(line).unwrap().command else { panic!("no log") };
        assert_eq!((export, mask), (Some(Export::Html), vec![MaskOf::Host, MaskOf::Path]));
        assert_eq!(filter.as_deref(), Some("code:5xx"));
    }

    #[test]
    fn wrong_usage_is_exit_status_2() {
        for line in [
            "ls ftp://h --tls maybe",
            "ls ftp://h --trust 12",
            "get",
            "put",
            "rm",
            "mv ftp://h/a",
            "chmod 9 ftp://h/a",
            "chmod 77777 ftp://h/a",
            "chmod u+x ftp://h/a",
            "ls ftp://h -j 0",
            "ls ftp://h --limit-down fast",
            "ls ftp://h --limit-up k",
            "ls ftp://h --encoding klingon",
            "ls ftp://h --ascii --binary",
            "ls ftp://h -q -v",
            "ls ftp://h --password secret",
            "ls ftp://h --insecure",
            "queue walk",
            "log",
            "log a.txt --export pdf",
            "log a.txt --mask host",
        ] {
            assert_eq!(read(line).unwrap_err().exit_code(), 2, "{line}");
        }
        for line in ["--help", "ls --help", "--version"] {
            assert_eq!(read(line).unwrap_err().exit_code(), 0, "{line}");
        }
    }

    #[test]
    fn values_are_read_into_their_meaning() {
        assert_eq!(rate("1.5M"), Ok(1_500_000));
        assert_eq!((rate("0"), rate("12"), rate("2k"), rate("3G")), (Ok(0), Ok(12), Ok(2_000), Ok(3_000_000_000)));
        assert!(rate("").is_err() && rate("1.2.3").is_err() && rate("-1").is_err() && rate("1e5").is_err());
        assert_eq!(permissions("0755"), Ok(0o755));
        let colons = format!("SHA256:{}", ["AB"; 32].join(":"));
        assert_eq!(fingerprint(&colons), Ok("ab".repeat(32)));
        assert_eq!(charset("Latin1"), Ok("windows-1252".to_owned()));
    }

    #[test]
    fn options_overrule_settings_and_sites() {
        let options = read("-j 2 --limit-up 1k --if-exists newer --mode active --tls implicit").unwrap().options;
        let mut settings = Settings { retries: 9, ..Settings::default() };
        options.adjust(&mut settings);
        assert_eq!((settings.connections, settings.limit_up, settings.retries), (2, 1000, 9));
        assert_eq!((settings.if_exists_down, settings.if_exists_up), (IfExists::Newer, IfExists::Newer));
        let mut site = Site { connections: Some(1), ..Site::default() };
        options.adjust_site(&mut site);
        assert_eq!((site.mode, site.security, site.port()), (Mode::Active, Security::Implicit, 990));
        assert_eq!(site.connections, None);
    }
}
