//! TLS of one control connection and its data connections, which resume its session (RFC 4217).

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustls::client::{ClientSessionStore, Resumption, Tls12ClientSessionValue, Tls13ClientSessionValue};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::default_provider;
use rustls::crypto::ring::kx_group::{SECP256R1, SECP384R1, X25519};
use rustls::pki_types::ServerName;
use rustls::version::{TLS12, TLS13};
use rustls::{
    AlertDescription, ClientConfig, HandshakeKind, KeyLogFile, NamedGroup, ProtocolVersion, SupportedProtocolVersion,
};
use tokio::io::BufReader;
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::identity::Identity;
use super::stream::Secured;
use super::trust::Verifier;
use super::{Dial, Error};
use crate::ftp::DataFault;
use crate::model::TlsVersion;
use crate::model::event::Tls;

/// Tickets are kept up to here, the newest; servers give two per connection.
const MAX_TICKETS: usize = 64;
/// Bytes of a data connection that are read ahead.
const AHEAD: usize = 128 * 1024;
/// The least there can be on a control connection: every read has more room than this, and passes it by.
const NONE: usize = 1;
/// Says which protocol is meant, so that no other server behind the same certificate can be talked into it (ALPACA).
const ALPN: &[u8] = b"ftp";

/// TLS as one control connection and its data connections use it. Its tickets are never shared with another one:
/// servers refuse that.
#[derive(Debug)]
pub(super) struct Security {
    host: String,
    port: u16,
    name: ServerName<'static>,
    control: Arc<ClientConfig>,
    data: Arc<ClientConfig>,
    verifier: Arc<Verifier>,
    tickets: Arc<Tickets>,
    /// A data connection has resumed the session: from then on each one that can must.
    has_resumed: AtomicBool,
}

impl Security {
    /// For the site of `dial`; `identity` proves who we are.
    pub(super) async fn new(dial: &Dial, identity: Option<Identity>) -> Result<Self, Error> {
        let (host, port, trust) = (dial.site.host.as_str(), dial.site.port(), dial.trust.clone());
        let wrong = |why: String| Error::Tls { what: format!("TLS with {host}:{port}"), why };
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| wrong("this is not a name that a certificate can be for".to_owned()))?;
        let roots = trust.roots.clone();
        // Reading the system's roots takes a while, the first time.
        let _ = tokio::task::spawn_blocking(move || roots.load()).await;
        // The first group is tried at once, any other costs a round trip: vsftpd and Pure-FTPd take only this one, and no
        // server of TLS 1.3 may be without it (RFC 8446 9.1).
        let kx_groups = vec![SECP256R1, X25519, SECP384R1];
        let provider = Arc::new(CryptoProvider { kx_groups, ..default_provider() });
        let verifier = Arc::new(Verifier::new(host, port, trust, provider.signature_verification_algorithms));
        let versions: &[&SupportedProtocolVersion] = match (dial.site.minimum_tls, dial.tls12_only) {
            (TlsVersion::Tls13, _) => &[&TLS13],
            (TlsVersion::Tls12, true) => &[&TLS12],
            (TlsVersion::Tls12, false) => &[&TLS13, &TLS12],
        };
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|error| wrong(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier.clone());
        let mut control = match identity {
            Some(Identity { chain, key }) => builder
                .with_client_auth_cert(chain, key)
                .map_err(|error| wrong(format!("the client certificate cannot be used: {error}")))?,
            None => builder.with_no_client_auth(),
        };
        if dial.key_log {
            control.key_log = Arc::new(KeyLogFile::new());
        }
        let tickets = Arc::new(Tickets::default());
        control.resumption = Resumption::store(tickets.clone());
        let data = Arc::new(control.clone());
        control.alpn_protocols = vec![ALPN.to_vec()];
        let control = Arc::new(control);
        let has_resumed = AtomicBool::new(false);
        Ok(Self { host: host.to_owned(), port, name, control, data, verifier, tickets, has_resumed })
    }

    /// Secures the control connection.
    pub(super) async fn control(&self, socket: TcpStream, limit: Duration) -> Result<Secured, Error> {
        let what = format!("TLS with {}:{}", self.host, self.port);
        let handshake =
            TlsConnector::from(self.control.clone()).connect(self.name.clone(), BufReader::with_capacity(NONE, socket));
        match tokio::time::timeout(limit, handshake).await {
            Ok(Ok(stream)) => Ok(stream),
            Ok(Err(error)) => Err(match self.verifier.take_doubt() {
                Some(doubt) => Error::Untrusted(Box::new(doubt)),
                None => Error::Tls { what, why: explain(&error) },
            }),
            Err(_) => Err(Error::Timeout { what, seconds: limit.as_secs() }),
        }
    }

    /// What the server has against our certificate, if it broke the control connection for that: with TLS 1.3 it says so
    /// only after the handshake.
    pub(super) fn refusal(&self, error: &std::io::Error) -> Option<Error> {
        let why = refused_certificate(error.get_ref()?.downcast_ref()?)?;
        Some(Error::Tls { what: format!("TLS with {}:{}", self.host, self.port), why })
    }

    /// Secures a data connection, which is to resume the control connection's session and must in any case be with the
    /// same server: the same certificate, or one that is trusted for the control connection's host. One that does not
    /// resume, though earlier ones did and it was offered to, may be with somebody else.
    pub(super) async fn data(&self, socket: TcpStream, limit: Duration) -> Result<Secured, DataFault> {
        let offered = self.tickets.can_resume();
        let handshake =
            TlsConnector::from(self.data.clone()).connect(self.name.clone(), BufReader::with_capacity(AHEAD, socket));
        match tokio::time::timeout(limit, handshake).await {
            Ok(Ok(stream)) => {
                let resumed = Agreed::of(&stream).resumed;
                if self.has_resumed.fetch_or(resumed, Ordering::Relaxed) && offered && !resumed {
                    let why =
                        "it does not resume the TLS session, though earlier ones did: somebody else may have answered";
                    return Err(DataFault::Tls(why.to_owned()));
                }
                Ok(stream)
            }
            Ok(Err(error)) => Err(DataFault::Tls(match self.verifier.take_doubt() {
                Some(doubt) => format!("its certificate is not the control connection's: it {}", doubt.problem),
                None => explain(&error),
            })),
            Err(_) => Err(DataFault::Silent(limit.as_secs())),
        }
    }

    /// What the control connection agreed on.
    pub(super) fn card(&self, stream: &Secured) -> Tls {
        let (sha256, by_person) = self.verifier.accepted().unwrap_or_default();
        let agreed = Agreed::of(stream);
        Tls { version: agreed.version.to_owned(), cipher: agreed.cipher, sha256, by_person, control_clear: false }
    }

    /// How many data connections can resume under TLS 1.3 without a new ticket.
    pub(super) fn tickets(&self) -> usize {
        self.tickets.state().tickets.len()
    }
}

/// What a connection agreed on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Agreed {
    /// `TLS 1.2` or `TLS 1.3`.
    pub(super) version: &'static str,
    /// The cipher suite's name.
    pub(super) cipher: String,
    /// Whether it continues an earlier session.
    pub(super) resumed: bool,
}

impl Agreed {
    /// Of a stream whose handshake is done.
    pub(super) fn of(stream: &Secured) -> Self {
        let (_, session) = stream.get_ref();
        Self {
            version: if session.protocol_version() == Some(ProtocolVersion::TLSv1_3) { "TLS 1.3" } else { "TLS 1.2" },
            cipher: session.negotiated_cipher_suite().map_or_else(String::new, |suite| format!("{:?}", suite.suite())),
            resumed: session.handshake_kind() == Some(HandshakeKind::Resumed),
        }
    }
}

/// Why a handshake failed, in words that help.
fn explain(error: &std::io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>());
    match inner {
        Some(rustls::Error::AlertReceived(AlertDescription::ProtocolVersion)) => {
            "the server knows only versions of TLS that are older than the site allows, or no longer safe".to_owned()
        }
        Some(rustls::Error::AlertReceived(AlertDescription::HandshakeFailure)) => {
            "the server found no common cipher that is still safe, or wants a client certificate".to_owned()
        }
        Some(rustls::Error::InvalidMessage(_)) => "the server answered with something that is not TLS".to_owned(),
        Some(other) => refused_certificate(other).unwrap_or_else(|| other.to_string()),
        None if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            "the server closed the connection during the handshake".to_owned()
        }
        None => error.to_string(),
    }
}

/// What the server has against our certificate, if that is what it said.
fn refused_certificate(error: &rustls::Error) -> Option<String> {
    let rustls::Error::AlertReceived(alert) = error else { return None };
    match alert {
        AlertDescription::CertificateRequired => Some("the server wants a client certificate".to_owned()),
        AlertDescription::BadCertificate
        | AlertDescription::UnsupportedCertificate
        | AlertDescription::CertificateRevoked
        | AlertDescription::CertificateExpired
        | AlertDescription::CertificateUnknown
        | AlertDescription::UnknownCA
        | AlertDescription::AccessDenied => {
            Some(format!("the server does not accept the client certificate, or the lack of one ({alert:?})"))
        }
        _ => None,
    }
}

/// The sessions of one control connection.
///
/// A ticket of TLS 1.3 resumes one connection and is gone; how many are left decides whether the next data connection
/// can resume. A session of TLS 1.2 resumes any number.
#[derive(Debug, Default)]
struct Tickets(Mutex<Sessions>);

#[derive(Debug, Default)]
struct Sessions {
    groups: HashMap<ServerName<'static>, NamedGroup>,
    tls12: Option<Tls12ClientSessionValue>,
    tickets: VecDeque<Tls13ClientSessionValue>,
}

impl Tickets {
    /// Whether the next connection can be offered to resume the session.
    fn can_resume(&self) -> bool {
        let state = self.state();
        state.tls12.is_some() || !state.tickets.is_empty()
    }

    fn state(&self) -> MutexGuard<'_, Sessions> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

// One control connection has one server name, so that only the groups are kept by name.
impl ClientSessionStore for Tickets {
    fn set_kx_hint(&self, name: ServerName<'static>, group: NamedGroup) {
        self.state().groups.insert(name, group);
    }

    fn kx_hint(&self, name: &ServerName<'_>) -> Option<NamedGroup> {
        self.state().groups.get(&name.to_owned()).copied()
    }

    fn set_tls12_session(&self, _name: ServerName<'static>, value: Tls12ClientSessionValue) {
        self.state().tls12 = Some(value);
    }

    fn tls12_session(&self, _name: &ServerName<'_>) -> Option<Tls12ClientSessionValue> {
        self.state().tls12.clone()
    }

    fn remove_tls12_session(&self, _name: &ServerName<'static>) {
        self.state().tls12 = None;
    }

    fn insert_tls13_ticket(&self, _name: ServerName<'static>, value: Tls13ClientSessionValue) {
        let mut state = self.state();
        if state.tickets.len() == MAX_TICKETS {
            state.tickets.pop_front();
        }
        state.tickets.push_back(value);
    }

    fn take_tls13_ticket(&self, _name: &ServerName<'static>) -> Option<Tls13ClientSessionValue> {
        self.state().tickets.pop_back()
    }
}
