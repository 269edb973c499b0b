//! Whom to believe: the system's roots, roots of a file, and certificates that a person has accepted.

use std::fmt::Write as _;
use std::io;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use jiff::Timestamp;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, RootCertStore, SignatureScheme};
use sha2::{Digest, Sha256};
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use crate::model::question::{Certificate, CertificateDoubt};

/// A chain is shown up to here; a server may send more.
const MAX_CHAIN: usize = 10;
/// Alternative names of a certificate are shown up to here.
const MAX_NAMES: usize = 100;
/// A name of a certificate is shown up to here, in characters.
const MAX_NAME: usize = 256;

/// The roots of a run: those of the system, read when they are first needed, and those of files.
#[derive(Debug, Default)]
pub struct Roots {
    extra: Vec<CertificateDer<'static>>,
    all: OnceLock<Loaded>,
}

#[derive(Debug)]
struct Loaded {
    store: RootCertStore,
    /// As they came: a server may use a root itself, which is then compared whole.
    whole: Vec<CertificateDer<'static>>,
}

impl Roots {
    /// The system's roots and those of the PEM files `files`.
    pub fn new(files: &[PathBuf]) -> io::Result<Self> {
        let mut extra = Vec::new();
        for file in files {
            let before = extra.len();
            let broken = |why: String| io::Error::new(io::ErrorKind::InvalidData, format!("{}: {why}", file.display()));
            for certificate in CertificateDer::pem_slice_iter(&std::fs::read(file).map_err(|e| broken(e.to_string()))?)
            {
                extra.push(certificate.map_err(|error| broken(error.to_string()))?);
            }
            if extra.len() == before {
                return Err(broken("holds no certificate".to_owned()));
            }
        }
        Ok(Self { extra, all: OnceLock::new() })
    }

    /// Reads the system's roots, once per process. Blocks for some milliseconds.
    pub(super) fn load(&self) {
        self.all.get_or_init(|| {
            static SYSTEM: OnceLock<Vec<CertificateDer<'static>>> = OnceLock::new();
            let system = SYSTEM.get_or_init(|| rustls_native_certs::load_native_certs().certs);
            let whole: Vec<_> = self.extra.iter().chain(system).cloned().collect();
            let mut store = RootCertStore::empty();
            // A root that cannot be read vouches for nobody; the others still do.
            store.add_parsable_certificates(whole.iter().cloned());
            Loaded { store, whole }
        });
    }

    fn loaded(&self) -> Option<&Loaded> {
        self.load();
        self.all.get()
    }
}

/// Whom to believe for one host and port.
#[derive(Clone, Debug, Default)]
pub struct Trust {
    pub(super) roots: Arc<Roots>,
    pinned: Arc<[String]>,
}

impl Trust {
    /// `roots`, and certificates of exactly these SHA-256 fingerprints (hexadecimal digits) whatever else they say.
    pub fn new(roots: Arc<Roots>, pinned: impl IntoIterator<Item = String>) -> Self {
        let plain =
            |text: String| text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase();
        Self { roots, pinned: pinned.into_iter().map(plain).collect() }
    }
}

/// Decides for one control connection and its data connections.
#[derive(Debug)]
pub(super) struct Verifier {
    host: String,
    port: u16,
    trust: Trust,
    algorithms: WebPkiSupportedAlgorithms,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    /// The certificate that the control connection showed and that was accepted.
    accepted: Option<CertificateDer<'static>>,
    by_person: bool,
    doubt: Option<CertificateDoubt>,
}

impl Verifier {
    pub(super) fn new(host: &str, port: u16, trust: Trust, algorithms: WebPkiSupportedAlgorithms) -> Self {
        Self { host: host.to_owned(), port, trust, algorithms, seen: Mutex::default() }
    }

    /// Why the last handshake was refused, if a certificate was the reason.
    pub(super) fn take_doubt(&self) -> Option<CertificateDoubt> {
        self.seen().doubt.take()
    }

    /// The fingerprint of the control connection's certificate, and whether only a person vouches for it.
    pub(super) fn accepted(&self) -> Option<(String, bool)> {
        let seen = self.seen();
        seen.accepted.as_ref().map(|certificate| (fingerprint(certificate), seen.by_person))
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everything that speaks against the certificate; empty if nothing does.
    fn problems(
        &self,
        own: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        now: UnixTime,
    ) -> Vec<String> {
        let mut problems = Vec::new();
        let Ok(parsed) = ParsedCertificate::try_from(own) else { return vec!["cannot be read".to_owned()] };
        let Some(roots) = self.trust.roots.loaded() else { return vec!["cannot be verified".to_owned()] };
        // webpki refuses a root as a server's own certificate; somebody who named exactly this one as a root meant it.
        let is_root = roots.whole.iter().any(|root| root.as_ref() == own.as_ref());
        let signed = verify_server_cert_signed_by_trust_anchor(&parsed, &roots.store, above, now, self.algorithms.all);
        if let (Err(error), false) = (signed, is_root) {
            problems.extend(chain_problem(&error, own));
        }
        problems.extend(date_problem(own, now));
        if verify_server_name(&parsed, name).is_err() {
            problems.push("is for another host".to_owned());
        }
        problems
    }

    fn doubt(&self, own: &CertificateDer<'_>, above: &[CertificateDer<'_>], problem: String) -> CertificateDoubt {
        CertificateDoubt {
            host: self.host.clone(),
            port: self.port,
            problem,
            // Those that are trusted for longest come last.
            previously: self.trust.pinned.last().cloned(),
            chain: std::iter::once(own).chain(above).take(MAX_CHAIN).map(describe).collect(),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        above: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if self.seen().accepted.as_ref().is_some_and(|accepted| accepted.as_ref() == own.as_ref()) {
            return Ok(ServerCertVerified::assertion());
        }
        let problems = self.problems(own, above, name, now);
        let pinned = self.trust.pinned.contains(&fingerprint(own));
        if !problems.is_empty() && !pinned {
            self.seen().doubt = Some(self.doubt(own, above, problems.join(" and ")));
            return Err(rustls::Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure));
        }
        let mut seen = self.seen();
        if seen.accepted.is_none() {
            seen.accepted = Some(own.clone().into_owned());
            seen.by_person = !problems.is_empty();
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

/// SHA-256 of a certificate: 64 hexadecimal digits in lower case.
pub(super) fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    Sha256::digest(certificate).iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// What a chain's fault means to a person; the validity of the server's own certificate is told by its dates.
fn chain_problem(error: &rustls::Error, own: &CertificateDer<'_>) -> Option<String> {
    let rustls::Error::InvalidCertificate(error) = error else { return Some(error.to_string()) };
    let parsed = X509Certificate::from_der(own).ok().map(|(_, certificate)| certificate);
    let own_signature = parsed.as_ref().is_some_and(|certificate| certificate.subject() == certificate.issuer());
    match error {
        CertificateError::UnknownIssuer | CertificateError::Other(_) if own_signature => {
            Some("is self-signed".to_owned())
        }
        CertificateError::UnknownIssuer => Some("is signed by an authority that this system does not know".to_owned()),
        CertificateError::Expired
        | CertificateError::ExpiredContext { .. }
        | CertificateError::NotValidYet
        | CertificateError::NotValidYetContext { .. } => {
            // webpki looks at the dates first and then no further, so nothing is known of who signed it.
            own_signature.then(|| "is self-signed".to_owned())
        }
        other => Some(format!("cannot be verified: {other}")),
    }
}

fn date_problem(own: &CertificateDer<'_>, now: UnixTime) -> Option<String> {
    let (_, certificate) = X509Certificate::from_der(own).ok()?;
    let now = i64::try_from(now.as_secs()).unwrap_or(i64::MAX);
    let validity = certificate.validity();
    if now > validity.not_after.timestamp() {
        return Some(format!("expired on {}", day(validity.not_after.timestamp())));
    }
    let early = now < validity.not_before.timestamp();
    early.then(|| format!("is not valid before {}", day(validity.not_before.timestamp())))
}

fn describe(certificate: &CertificateDer<'_>) -> Certificate {
    let sha256 = fingerprint(certificate);
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else {
        return Certificate { sha256, ..Certificate::default() };
    };
    let names = match parsed.subject_alternative_name() {
        Ok(Some(names)) => names.value.general_names.iter().filter_map(name).take(MAX_NAMES).collect(),
        _ => Vec::new(),
    };
    Certificate {
        subject: bounded(&parsed.subject().to_string()),
        issuer: bounded(&parsed.issuer().to_string()),
        names,
        not_before: day(parsed.validity().not_before.timestamp()),
        not_after: day(parsed.validity().not_after.timestamp()),
        sha256,
    }
}

fn name(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(host) => Some(bounded(host)),
        GeneralName::IPAddress(bytes) => match **bytes {
            [a, b, c, d] => Some(Ipv4Addr::new(a, b, c, d).to_string()),
            _ => Some(Ipv6Addr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_string()),
        },
        _ => None,
    }
}

/// What a stranger wrote, short and without characters that do things.
fn bounded(text: &str) -> String {
    text.chars().take(MAX_NAME).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn day(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| String::new(), |time| time.strftime("%Y-%m-%d").to_string())
}
