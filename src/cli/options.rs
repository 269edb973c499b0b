//! Options that every subcommand and the window have, and what they overrule.

use std::path::PathBuf;

use clap::builder::PossibleValue;
use clap::{ArgAction, Args, ValueEnum};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::output::{complain, visible};
use super::transcript::TranscriptFile;
use crate::model::filter::Filters;
use crate::model::settings;
use crate::model::{
    IfExists, Mode, PathSyntax, Proxy, Run, Secret, Security, Settings, Site, TlsVersion, TransferType,
};

/// Most transfers at once that can be asked for.
const MOST_CONNECTIONS: i64 = 32;
/// The same for one file.
const MOST_SEGMENTS: i64 = settings::MOST_SEGMENTS as i64;
/// The variable that may hold the password of the proxy.
const PROXY_VARIABLE: &str = "LONGSHORE_PROXY_PASSWORD";
/// The variable that may hold the password of a client certificate's key.
const KEY_VARIABLE: &str = "LONGSHORE_KEY_PASSWORD";
/// The variable that names the file for the secrets of TLS.
const KEYLOG_VARIABLE: &str = "SSLKEYLOGFILE";
/// Digits of a SHA-256 fingerprint in hexadecimal.
const FINGERPRINT_DIGITS: usize = 64;

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
    /// Prove with this client certificate who you are (PEM, the chain above it too; DER; or PKCS #12).
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
    /// Connections that fetch one large file together [default: 1, or what the settings say]: for servers that give each
    /// connection only so much.
    #[arg(long, value_name = "N", global = true, value_parser = clap::value_parser!(u8).range(1..=MOST_SEGMENTS))]
    pub segments: Option<u8>,
    /// What to do with targets that exist [default: ask at a terminal, else skip with exit status 1].
    #[arg(long, value_name = "CHOICE", global = true)]
    pub if_exists: Option<IfExists>,
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
    /// Transfer the bytes as they are (TYPE I) [default; in the window: as the settings say].
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
impl ValueEnum for IfExists {
    fn value_variants<'a>() -> &'a [Self] {
        use IfExists::*;
        &[Overwrite, Newer, Size, SizeOrTime, Resume, Rename, Skip, Ask]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let (name, help) = match self {
            Self::Overwrite => ("overwrite", "Replace the target"),
            Self::Newer => ("newer", "Replace it if the source is newer"),
            Self::Size => ("size", "Replace it if the sizes differ"),
            Self::SizeOrTime => ("size-or-time", "Replace it if the sizes or the times differ"),
            Self::Resume => ("resume", "Add what is missing at its end"),
            Self::Rename => ("rename", "Keep it, and give the new file another name"),
            Self::Skip => ("skip", "Keep it, and leave the source where it is"),
            Self::Ask => ("ask", "Ask at the terminal"),
        };
        Some(PossibleValue::new(name).help(help))
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
            ..Run::default()
        }
    }

    /// Whether there are certificates in the files of `--ca`.
    pub fn check_roots(&self) -> Result<(), String> {
        for file in &self.ca {
            let wrong = |why: &str| format!("--ca {}: {why}", visible(&file.to_string_lossy()));
            let text = std::fs::read(file).map_err(|error| wrong(&error.to_string()))?;
            let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&text).collect();
            if found.map_or(true, |found| found.is_empty()) {
                return Err(wrong("it holds no certificate (PEM)"));
            }
        }
        Ok(())
    }

    /// Says aloud what `--tls-keylog` means; an error where it would do nothing.
    pub fn warn_of_keylog(&self) -> Result<(), String> {
        if !self.tls_keylog {
            return Ok(());
        }
        let Some(file) = std::env::var_os(KEYLOG_VARIABLE).filter(|file| !file.is_empty()) else {
            return Err(format!("--tls-keylog: the variable {KEYLOG_VARIABLE} names no file"));
        };
        let named = visible(&file.to_string_lossy());
        let mut options = std::fs::OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&file).map_err(|error| format!("--tls-keylog: {named}: {error}"))?;
        complain(&format!(
            "WARNING: the secrets of TLS are written to {named}: whoever reads it can read everything, passwords too"
        ));
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

    /// Leaves only the transfer type of this run, which is binary unless `--ascii` says otherwise: what is chosen in the window
    /// is not for scripts.
    pub fn adjust_type(&self, settings: &mut Settings) {
        settings.transfer_type = if self.ascii { TransferType::Text } else { TransferType::Binary };
    }

    /// Whether the patterns of `--exclude` and `--include` are good.
    pub fn check_patterns(&self) -> Result<(), String> {
        Filters::default().only(&[], &self.exclude, &self.include).map(|_| ())
    }

    /// Puts the options that stand for settings in their place, for this run.
    pub fn adjust(&self, settings: &mut Settings) {
        settings.segments = self.segments.unwrap_or(settings.segments);
        // Who asks for more connections for one file than for all wants them.
        let wanted = settings.connections.max(self.segments.unwrap_or(0));
        settings.connections = self.connections.unwrap_or(wanted);
        if self.limit_down.is_some() || self.limit_up.is_some() {
            // What was typed holds at every hour.
            settings.schedule.clear();
        }
        settings.limit_down = self.limit_down.unwrap_or(settings.limit_down);
        settings.limit_up = self.limit_up.unwrap_or(settings.limit_up);
        settings.timeout = self.timeout.unwrap_or(settings.timeout);
        settings.retries = self.retries.unwrap_or(settings.retries);
        if self.ascii || self.binary {
            self.adjust_type(settings);
        }
        if let Some(proxy) = &self.proxy {
            settings.proxy.clone_from(proxy);
        }
        if !(self.filter.is_empty() && self.exclude.is_empty() && self.include.is_empty()) {
            self.adjust_filters(settings);
        }
        if let Some(exists) = self.if_exists {
            settings.if_exists_down = exists;
            settings.if_exists_up = exists;
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
        if self.segments.is_some() {
            site.segments = None;
        }
        if self.connections.is_some() {
            site.connections = None;
        }
    }
}

/// `0o000` to `0o7777`, from octal digits.
pub(super) fn permissions(text: &str) -> Result<u16, String> {
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
    use clap::Parser;

    use super::super::Arguments;
    use super::*;

    fn read(line: &str) -> Options {
        Arguments::try_parse_from(std::iter::once("longshore").chain(line.split_whitespace())).unwrap().options
    }

    #[test]
    fn a_zone_is_an_offset() {
        for (text, minutes) in [("+09:00", 540), ("-05:30", -330), ("+9", 540), ("utc", 0), ("+00:00", 0)] {
            assert_eq!(zone(text), Ok(minutes), "{text}");
        }
        for text in ["", "+", "9", "+9:", "+15:00", "+09:60", "+09:0", "+-9", "\u{2212}9", "Asia/Tokyo"] {
            assert!(zone(text).is_err(), "{text}");
        }
        let options = read("ls ftp://h --server-zone -05:00");
        let mut site = Site::default();
        options.adjust_site(&mut site);
        assert_eq!(site.zone, Some(-300));
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
    fn connections_for_one_file_count_as_transfers() {
        let adjusted = |line: &str| {
            let mut settings = Settings::default();
            read(line).adjust(&mut settings);
            (settings.segments, settings.connections)
        };
        assert_eq!([adjusted(""), adjusted("--segments 3"), adjusted("--segments 8")], [(1, 4), (3, 4), (8, 8)]);
        assert_eq!(adjusted("--segments 8 -j 2"), (8, 2), "what was typed holds");
        let mut site = Site { segments: Some(1), ..Site::default() };
        read("--segments 3").adjust_site(&mut site);
        assert_eq!(site.segments, None);
    }

    #[test]
    fn a_transfer_type_that_is_typed_holds() {
        for (line, expected) in
            [("", TransferType::Auto), ("--ascii", TransferType::Text), ("--binary", TransferType::Binary)]
        {
            let mut settings = Settings { transfer_type: TransferType::Auto, ..Settings::default() };
            read(line).adjust(&mut settings);
            assert_eq!(settings.transfer_type, expected, "{line}");
        }
        let mut settings = Settings { transfer_type: TransferType::Text, ..Settings::default() };
        read("").adjust_type(&mut settings);
        assert_eq!(settings.transfer_type, TransferType::Binary, "scripts do not hear of the window's choice");
    }

    #[test]
    fn options_overrule_settings_and_sites() {
        let options = read("-j 2 --limit-up 1k --if-exists newer --mode active --tls implicit");
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
