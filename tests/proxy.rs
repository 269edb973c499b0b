//! Real servers behind a SOCKS 5 or an HTTP proxy, under a name that only the proxy knows: nothing can go past it.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod harness;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};
use std::thread;

use harness::{Kind, PASSWORD, Server, Setup, Tls, USER, longshore};

/// A name that no resolver knows.
const NAME: &str = "server.invalid";
const PROXY_USER: &str = "gate";
const PROXY_PASSWORD: &str = "Open-Sesame";

#[derive(Clone, Copy)]
enum Kinds {
    Socks5,
    Http,
}

/// A proxy on a free loopback port that knows [`NAME`], and counts the ways that it opened.
struct Proxy {
    port: u16,
    opened: Arc<Mutex<Vec<u16>>>,
}

impl Proxy {
    fn start(kind: Kinds, wants_log_in: bool) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let opened = Arc::new(Mutex::new(Vec::new()));
        let ways = opened.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let ways = ways.clone();
                thread::spawn(move || {
                    let mut client = stream?;
                    let port = match kind {
                        Kinds::Socks5 => socks5(&mut client, wants_log_in)?,
                        Kinds::Http => http(&mut client, wants_log_in)?,
                    };
                    ways.lock().unwrap().push(port);
                    relay(client, TcpStream::connect((Ipv4Addr::LOCALHOST, port))?, kind)
                });
            }
        });
        Self { port, opened }
    }

    fn opened(&self) -> Vec<u16> {
        self.opened.lock().unwrap().clone()
    }
}

fn no(why: &str) -> io::Error {
    io::Error::other(why.to_owned())
}

fn socks5(client: &mut TcpStream, wants_log_in: bool) -> io::Result<u16> {
    let mut start = [0; 2];
    client.read_exact(&mut start)?;
    let mut methods = vec![0; usize::from(start[1])];
    client.read_exact(&mut methods)?;
    if wants_log_in {
        if !methods.contains(&2) {
            client.write_all(&[5, 0xff])?;
            return Err(no("no log-in"));
        }
        client.write_all(&[5, 2])?;
        client.read_exact(&mut [0])?;
        let mut text = || {
            let mut length = [0];
            client.read_exact(&mut length)?;
            let mut text = vec![0; usize::from(length[0])];
            client.read_exact(&mut text)?;
            io::Result::Ok(text)
        };
        let right = text()? == PROXY_USER.as_bytes() && text()? == PROXY_PASSWORD.as_bytes();
        client.write_all(&[1, u8::from(!right)])?;
        if !right {
            return Err(no("wrong password"));
        }
    } else {
        client.write_all(&[5, 0])?;
    }
    let mut ask = [0; 5];
    client.read_exact(&mut ask)?;
    assert_eq!(ask[..4], [5, 1, 0, 3], "a name is to be looked up by the proxy");
    let mut rest = vec![0; usize::from(ask[4]) + 2];
    client.read_exact(&mut rest)?;
    let (name, port) = rest.split_at(rest.len() - 2);
    if name != NAME.as_bytes() {
        client.write_all(&[5, 4, 0, 1, 0, 0, 0, 0, 0, 0])?;
        return Err(no("unknown name"));
    }
    Ok(u16::from_be_bytes([port[0], port[1]]))
}

fn http(client: &mut TcpStream, wants_log_in: bool) -> io::Result<u16> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    // gate:Open-Sesame
    if wants_log_in && !head.contains("Proxy-Authorization: Basic Z2F0ZTpPcGVuLVNlc2FtZQ==\r\n") {
        client.write_all(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")?;
        return Err(no("wrong password"));
    }
    let port = head.strip_prefix(&format!("CONNECT {NAME}:")).and_then(|rest| rest.split(' ').next());
    match port.and_then(|port| port.parse().ok()) {
        Some(port) => Ok(port),
        None => {
            client.write_all(b"HTTP/1.1 502 Unknown host\r\n\r\n")?;
            Err(no("unknown name"))
        }
    }
}

/// Says that the way is open, and carries what comes, each direction until its end, and resets as resets.
fn relay(mut client: TcpStream, server: TcpStream, kind: Kinds) -> io::Result<()> {
    match kind {
        Kinds::Socks5 => client.write_all(&[5, 0, 0, 1, 127, 0, 0, 1, 0, 21])?,
        Kinds::Http => client.write_all(b"HTTP/1.1 200 Connection established\r\nVia: test\r\n\r\n")?,
    }
    let (mut from, mut to) = (client.try_clone()?, server.try_clone()?);
    let up = thread::spawn(move || {
        let _ = io::copy(&mut from, &mut to);
        let _ = to.shutdown(std::net::Shutdown::Write);
    });
    let mut server = server;
    let _ = io::copy(&mut server, &mut client);
    let _ = client.shutdown(std::net::Shutdown::Write);
    let _ = up.join();
    Ok(())
}

fn run(command: &mut Command) -> Output {
    let output = command.env("LONGSHORE_PASSWORD", PASSWORD).output().unwrap();
    for text in [&output.stdout, &output.stderr] {
        let text = String::from_utf8_lossy(text);
        assert!(!text.contains(PASSWORD) && !text.contains(PROXY_PASSWORD), "a password is told: {text}");
    }
    output
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Uploads and downloads through `proxy`, and looks whether every connection went through it.
fn carries(server: &Server, proxy: &Proxy, url: &str, tls: &str) {
    let home = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    std::fs::write(home.path().join("up.bin"), &bytes).unwrap();
    let fingerprint = harness_fingerprint(server);
    let start = || {
        let mut command = longshore(home.path());
        command.current_dir(home.path()).env("LONGSHORE_PROXY_PASSWORD", PROXY_PASSWORD);
        command.args(["--proxy", url, "--trust", &fingerprint, "--tls", tls, "-vv"]);
        command
    };
    let there = |path: &str| format!("ftp://{USER}@{NAME}:{}/{path}", server.port);
    let output = run(start().args(["put", "up.bin", &there("in")]));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let output = run(start().args(["get", &there("in/up.bin"), "-o", "out"]));
    let log = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{log}");
    assert_eq!(std::fs::read(home.path().join("out/up.bin")).unwrap(), bytes);
    assert!(log.contains("The proxy has connected to server.invalid:"), "{log}");
    assert!(log.contains("through the proxy is open"), "{log}");
    let opened = proxy.opened();
    let data = opened.iter().filter(|port| **port != server.port).count();
    assert!(data == 2 && opened.len() > data, "{opened:?}");
}

fn harness_fingerprint(server: &Server) -> String {
    let pem = std::fs::read(server.certificate()).unwrap();
    let der =
        <rustls::pki_types::CertificateDer<'_> as rustls::pki_types::pem::PemObject>::from_pem_slice(&pem).unwrap();
    let digest = <sha2::Sha256 as sha2::Digest>::digest(&der);
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn socks5_carries_control_and_data() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let proxy = Proxy::start(Kinds::Socks5, false);
    carries(&server, &proxy, &format!("socks5://127.0.0.1:{}", proxy.port), "never");
}

#[test]
fn socks5_with_a_log_in_carries_tls_and_resumes_it() {
    let Some(server) = Setup::new(Kind::Vsftpd).tls(Tls::Explicit).start() else { return };
    let proxy = Proxy::start(Kinds::Socks5, true);
    carries(&server, &proxy, &format!("socks5://{PROXY_USER}@127.0.0.1:{}", proxy.port), "explicit");
}

#[test]
fn http_connect_carries_tls() {
    let Some(server) = Setup::new(Kind::Proftpd).tls(Tls::Explicit).start() else { return };
    let proxy = Proxy::start(Kinds::Http, true);
    carries(&server, &proxy, &format!("http://{PROXY_USER}@127.0.0.1:{}", proxy.port), "explicit");
}

#[test]
fn a_proxy_that_lets_nobody_in_is_not_gone_past() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    for kind in [Kinds::Socks5, Kinds::Http] {
        let proxy = Proxy::start(kind, true);
        let scheme = if matches!(kind, Kinds::Http) { "http" } else { "socks5" };
        let url = format!("{scheme}://{PROXY_USER}@127.0.0.1:{}", proxy.port);
        let mut command = longshore(home.path());
        command.env("LONGSHORE_PROXY_PASSWORD", "wrong").args(["--proxy", &url, "ls", &server.url("")]);
        let output = run(&mut command);
        assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
        assert!(text(&output.stderr).contains("The proxy"), "{}", text(&output.stderr));
        assert!(proxy.opened().is_empty());
    }
}

#[test]
fn active_mode_through_a_proxy_is_said_to_be_impossible() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let (home, proxy) = (tempfile::tempdir().unwrap(), Proxy::start(Kinds::Socks5, false));
    let mut command = longshore(home.path());
    let url = format!("ftp://{USER}@{NAME}:{}/", server.port);
    let through = format!("socks5://127.0.0.1:{}", proxy.port);
    let output = run(command.args(["--proxy", &through, "--mode", "active", "ls", &url]));
    assert!(text(&output.stderr).contains("active mode is impossible"), "{}", text(&output.stderr));
    assert_ne!(output.status.code(), Some(0));
}
