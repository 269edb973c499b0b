//! libunftp, in this process.

use std::path::PathBuf;
use std::sync::Arc;

use libunftp::ServerBuilder;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};
use unftp_auth_jsonfile::JsonFileAuthenticator;
use unftp_sbe_fs::Filesystem;

use super::harness::{PASSWORD, USER, free_port};

/// A running server; ends when dropped.
pub struct Server {
    pub port: u16,
    work: TempDir,
    runtime: Option<Runtime>,
}

impl Server {
    pub fn start(tls: bool) -> Self {
        let work = tempfile::Builder::new().prefix("longshore-unftp").tempdir().unwrap();
        std::fs::create_dir(work.path().join("root")).unwrap();
        let users = format!(r#"[{{"username": "{USER}", "password": "{PASSWORD}"}}]"#);
        let users = JsonFileAuthenticator::from_json(users).unwrap();
        let root = work.path().join("root");
        let open = move || Filesystem::new(&root).unwrap();
        let mut builder = ServerBuilder::with_authenticator(Box::new(open), Arc::new(users));
        if tls {
            let signed =
                rcgen::generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
            std::fs::write(work.path().join("cert.pem"), signed.cert.pem()).unwrap();
            std::fs::write(work.path().join("key.pem"), signed.signing_key.serialize_pem()).unwrap();
            builder = builder.ftps(work.path().join("cert.pem"), work.path().join("key.pem"));
        }
        let server = builder.build().unwrap();
        let port = free_port("127.0.0.1");
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        runtime.spawn(server.listen(format!("127.0.0.1:{port}")));
        let started = std::time::Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(started.elapsed().as_secs() < 20, "libunftp does not listen");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        Self { port, work, runtime: Some(runtime) }
    }

    pub fn root(&self) -> PathBuf {
        self.work.path().join("root")
    }

    pub fn certificate(&self) -> PathBuf {
        self.work.path().join("cert.pem")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(std::time::Duration::from_millis(500));
        }
    }
}
