//! The room against servers that are scripted line by line, on loopback.

mod data;
mod dialogue;
mod list;
mod trust;
mod zone;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::crypto::ring::default_provider;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use super::log::Scribe;
use super::{Backlog, Dial, Log, Roots, Trust};
use crate::ftp::Known;
use crate::model::{ConnectionId, Credentials, Login, Mode, Secret, Security, Site};

/// Nothing here takes long; what does has failed.
const SOON: Duration = Duration::from_secs(20);

/// A certificate for `names` with its key.
struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

impl Identity {
    fn new(names: &[&str], change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = CertificateParams::new(names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>()).unwrap();
        params.distinguished_name.push(DnType::CommonName, names[0]);
        change(&mut params);
        let key = KeyPair::generate().unwrap();
        let certificate = params.self_signed(&key).unwrap().der().clone();
        Self { certificate, key }
    }

    /// For 127.0.0.1.
    fn loopback() -> Self {
        Self::new(&["127.0.0.1"], |_| {})
    }

    fn acceptor(&self) -> TlsAcceptor {
        let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.clone()], PrivatePkcs8KeyDer::from(self.key.serialize_der()).into())
            .unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// Trusts exactly this one, as `--trust` does.
    fn pinned(&self) -> Trust {
        Trust::new(Arc::new(Roots::default()), [super::trust::fingerprint(&self.certificate)])
    }
}

/// What was logged.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn log(&self) -> Log {
        let lines = self.0.clone();
        Log::new(move |line| lines.lock().unwrap().push(line.text))
    }

    fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    fn have(&self, part: &str) -> bool {
        self.all().iter().any(|line| line.contains(part))
    }
}

fn scribe(lines: &Lines) -> Scribe {
    Scribe::new(lines.log(), ConnectionId(1))
}

/// How to reach a server at `port` with TLS as `security` says; patience is short.
fn dial(port: u16, security: Security, trust: Trust, lines: &Lines) -> Dial {
    Dial {
        site: Arc::new(Site {
            host: "127.0.0.1".to_owned(),
            port: Some(port),
            security,
            login: Login::Normal,
            user: "me".to_owned(),
            mode: Mode::Passive,
            ..Site::default()
        }),
        credentials: Credentials { user: "me".to_owned(), password: Secret::new("s3cret word"), account: None },
        known: Known::default(),
        id: ConnectionId(7),
        timeout: Duration::from_secs(1),
        trust,
        active_ports: None,
        proxy: None,
        certificate: None,
        external_address: None,
        key_log: false,
        tls12_only: false,
        log: lines.log(),
        keep_alive: None,
        backlog: Backlog::default(),
    }
}

/// The server's end of a control connection.
struct Server<S> {
    stream: BufReader<S>,
}

impl Server<TcpStream> {
    async fn accept(listener: &TcpListener) -> Self {
        Self::new(listener.accept().await.unwrap().0)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Server<S> {
    fn new(stream: S) -> Self {
        Self { stream: BufReader::new(stream) }
    }

    async fn say(&mut self, line: &str) {
        self.stream.write_all(format!("{line}\r\n").as_bytes()).await.unwrap();
    }

    /// The next command; empty when the client has closed.
    async fn hear(&mut self) -> String {
        let mut line = String::new();
        // A reset is an end like any other here.
        let _ = self.stream.read_line(&mut line).await;
        line.trim_end().to_owned()
    }

    /// Answers commands as a plain server does, until one comes that begins with `until`, which is returned.
    async fn behave(&mut self, until: &str) -> String {
        loop {
            let line = self.hear().await;
            if line.is_empty() || line.starts_with(until) {
                return line;
            }
            let reply = match line.split(' ').next().unwrap_or_default() {
                "USER" => "331 password?",
                "PASS" => "230 in",
                "SYST" => "215 UNIX Type: L8",
                "FEAT" => "211 no features",
                "PWD" => "257 \"/\"",
                "QUIT" => "221 bye",
                "ABOR" => "226 aborted",
                "CWD" | "TYPE" | "NOOP" | "PBSZ" | "PROT" | "OPTS" | "CLNT" => "200 ok",
                _ => "502 no",
            };
            self.say(reply).await;
        }
    }
}

async fn listener() -> (TcpListener, u16) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    (listener, port)
}
