//! Which certificates are believed, and what a person is told of the others.

use std::io::Write as _;

use rcgen::date_time_ymd;

use super::*;
use crate::model::question::CertificateDoubt;
use crate::net::Error;
use crate::net::tls::{Agreed, Security as Tls};
use crate::net::trust::fingerprint;

fn dial_to(host: &str, port: u16, trust: Trust) -> Dial {
    let dial = dial(port, Security::Explicit, trust, &Lines::default());
    let site = Site { host: host.to_owned(), ..Site::clone(&dial.site) };
    Dial { site: Arc::new(site), ..dial }
}

/// Shakes hands with a server that shows `identity`, as the control connection to `host` does.
async fn shake(identity: &Identity, host: &str, trust: Trust) -> Result<(), Error> {
    let (listener, port) = listener().await;
    let acceptor = identity.acceptor();
    let server = tokio::spawn(async move {
        let socket = listener.accept().await.unwrap().0;
        let _ = acceptor.accept(socket).await;
    });
    let security = Tls::new(&dial_to(host, port, trust), None).await?;
    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let stream = security.control(socket, SOON).await?;
    assert_eq!(Agreed::of(&stream).version, "TLS 1.3");
    assert_eq!(security.card(&stream).sha256, fingerprint(&identity.certificate));
    drop(stream);
    server.await.unwrap();
    Ok(())
}

async fn doubt(identity: &Identity, host: &str, trust: Trust) -> CertificateDoubt {
    match shake(identity, host, trust).await {
        Err(Error::Untrusted(doubt)) => *doubt,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_stranger_is_described_and_never_trusted_by_itself() {
    let identity = Identity::new(&["files.example", "127.0.0.1"], |params| {
        params.not_before = date_time_ymd(2020, 1, 2);
        params.not_after = date_time_ymd(2090, 3, 4);
    });
    let doubt = doubt(&identity, "127.0.0.1", Trust::default()).await;
    assert_eq!(doubt.problem, "is self-signed");
    assert_eq!((doubt.host.as_str(), doubt.previously), ("127.0.0.1", None));
    let [certificate] = &doubt.chain[..] else { panic!("{:?}", doubt.chain) };
    assert_eq!(certificate.names, ["files.example", "127.0.0.1"]);
    assert_eq!((certificate.not_before.as_str(), certificate.not_after.as_str()), ("2020-01-02", "2090-03-04"));
    assert!(certificate.subject.contains("files.example") && certificate.issuer == certificate.subject);
    assert_eq!(certificate.sha256, fingerprint(&identity.certificate));
}

#[tokio::test]
async fn every_problem_is_told() {
    let expired = Identity::new(&["other.example"], |params| params.not_after = date_time_ymd(2021, 5, 6));
    let problem = doubt(&expired, "127.0.0.1", Trust::default()).await.problem;
    assert_eq!(problem, "is self-signed and expired on 2021-05-06 and is for another host");
    let early = Identity::new(&["127.0.0.1"], |params| params.not_before = date_time_ymd(2090, 5, 6));
    let problem = doubt(&early, "127.0.0.1", Trust::default()).await.problem;
    assert_eq!(problem, "is self-signed and is not valid before 2090-05-06");
}

#[tokio::test]
async fn a_fingerprint_is_enough_whatever_else_is_wrong() {
    let expired = Identity::new(&["other.example"], |params| params.not_after = date_time_ymd(2021, 5, 6));
    shake(&expired, "127.0.0.1", expired.pinned()).await.unwrap();
    let upper: String = fingerprint(&expired.certificate).to_uppercase();
    let colons: Vec<&str> = upper.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap()).collect();
    let trust = Trust::new(Arc::new(Roots::default()), [colons.join(":")]);
    shake(&expired, "127.0.0.1", trust).await.unwrap();
}

#[tokio::test]
async fn another_certificate_than_the_trusted_one_is_an_alarm() {
    let (known, other) = (Identity::loopback(), Identity::loopback());
    let doubt = doubt(&other, "127.0.0.1", known.pinned()).await;
    assert_eq!(doubt.previously, Some(fingerprint(&known.certificate)));
}

#[tokio::test]
async fn a_root_of_a_file_vouches_for_its_host_only() {
    let identity = Identity::new(&["localhost"], |_| {});
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let pem = rcgen_pem(&identity.certificate);
    file.write_all(pem.as_bytes()).unwrap();
    let roots = Arc::new(Roots::new(&[file.path().to_owned()]).unwrap());
    shake(&identity, "localhost", Trust::new(roots.clone(), [])).await.unwrap();
    let problem = doubt(&identity, "127.0.0.1", Trust::new(roots, [])).await.problem;
    assert_eq!(problem, "is for another host");
    file.write_all(b"-----BEGIN CERTIFICATE-----\nAAA").unwrap();
    assert!(Roots::new(&[file.path().to_owned()]).is_err());
    let empty = tempfile::NamedTempFile::new().unwrap();
    assert!(Roots::new(&[empty.path().to_owned()]).unwrap_err().to_string().contains("no certificate"));
}

#[tokio::test]
async fn a_server_that_talks_something_else_is_named() {
    let (listener, port) = listener().await;
    tokio::spawn(async move {
        let mut server = Server::accept(&listener).await;
        server.say("220 hello in clear").await;
        server.hear().await;
    });
    let security = Tls::new(&dial_to("127.0.0.1", port, Trust::default()), None).await.unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let error = security.control(socket, SOON).await.unwrap_err();
    assert!(error.to_string().contains("something that is not TLS"), "{error}");
}

fn rcgen_pem(certificate: &CertificateDer<'_>) -> String {
    use base64::Engine as _;
    let text = base64::engine::general_purpose::STANDARD.encode(certificate);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

#[tokio::test]
async fn a_client_certificate_lets_in_who_has_it() {
    let client = Identity::new(&["me"], |_| {});
    let pem = format!("{}{}", client.key.serialize_pem(), rcgen_pem(&client.certificate));
    lets_in(&client.certificate, pem.as_bytes(), None).await;
}

#[tokio::test]
async fn so_does_one_of_pkcs_12() {
    let packed = include_bytes!("modern.p12");
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, packed).unwrap();
    let password = Some(crate::model::Secret::new("hunter2"));
    let whole =
        crate::net::ClientCertificate { certificate: file.path().to_owned(), key: None, password: password.clone() };
    let root = whole.read().unwrap().chain[1].clone();
    lets_in(&root, packed, password).await;
}

/// A server that trusts `root` lets in who has the certificate in `file`, and nobody without.
async fn lets_in(root: &CertificateDer<'static>, file: &[u8], password: Option<crate::model::Secret>) {
    use rustls::server::WebPkiClientVerifier;
    let server = Identity::loopback();
    let mut roots = rustls::RootCertStore::empty();
    roots.add(root.clone()).unwrap();
    let provider = Arc::new(default_provider());
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider.clone()).build().unwrap();
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![server.certificate.clone()], PrivatePkcs8KeyDer::from(server.key.serialize_der()).into())
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let mut kept = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut kept, file).unwrap();
    for proves in [true, false] {
        let (listener, port) = listener().await;
        let acceptor = acceptor.clone();
        let accepted = tokio::spawn(async move { acceptor.accept(listener.accept().await.unwrap().0).await.is_ok() });
        let password = password.clone();
        let certificate = crate::net::ClientCertificate { certificate: kept.path().to_owned(), key: None, password };
        let identity = proves.then(|| certificate.read().unwrap());
        let security = Tls::new(&dial_to("127.0.0.1", port, server.pinned()), identity).await.unwrap();
        let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
        // Under TLS 1.3 the client is done before the server has looked.
        let stream = security.control(socket, SOON).await;
        assert_eq!(accepted.await.unwrap(), proves);
        drop(stream);
    }
}

#[tokio::test]
async fn a_site_can_ask_for_tls_1_3() {
    let identity = Identity::loopback();
    let config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![identity.certificate.clone()],
            PrivatePkcs8KeyDer::from(identity.key.serialize_der()).into(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let (listener, port) = listener().await;
    tokio::spawn(async move { acceptor.accept(listener.accept().await.unwrap().0).await.map(|_| ()) });
    let dial = dial_to("127.0.0.1", port, identity.pinned());
    let site = Site { minimum_tls: crate::model::TlsVersion::Tls13, ..Site::clone(&dial.site) };
    // What was learned of the server cannot lower what the site wants.
    let security = Tls::new(&Dial { site: Arc::new(site), tls12_only: true, ..dial }, None).await.unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let error = security.control(socket, SOON).await.unwrap_err();
    assert!(error.to_string().contains("older than the site allows"), "{error}");
}

/// Another protocol's server behind the same certificate can see that it is not meant.
#[tokio::test]
async fn the_protocol_is_named_in_the_handshake() {
    let identity = Identity::loopback();
    let (listener, port) = listener().await;
    let mut config = ServerConfig::clone(identity.acceptor().config());
    config.alpn_protocols = vec![b"http/1.1".to_vec(), b"ftp".to_vec()];
    let server = tokio::spawn(async move {
        let stream = TlsAcceptor::from(Arc::new(config)).accept(listener.accept().await.unwrap().0).await.unwrap();
        stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec)
    });
    let security = Tls::new(&dial_to("127.0.0.1", port, identity.pinned()), None).await.unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    security.control(socket, SOON).await.unwrap();
    assert_eq!(server.await.unwrap().as_deref(), Some(&b"ftp"[..]));
}
