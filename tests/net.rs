//! A hundred transfers each way on one connection, through every server, with each version of TLS; modes, lists, stops.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod harness;

use std::fs::File;
use std::io::{Read, Seek};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use harness::dial::dial;
use harness::{Kind, PASSWORD, Server, Setup, Tls, USER};
use longshore::ftp::{self, Operation, Outcome, Then, TransferType};
use longshore::model::{Direction, Mode, RemotePath, Security, Site, TransferId};
use longshore::net::{Body, Cancel, Connection, Dial, Error, Flow, Log, Pace, open};

/// How many transfers in a row one connection must carry, each way.
const MANY: usize = 100;

/// A server, and what is said with it.
struct Bench {
    server: Server,
    lines: Arc<Mutex<Vec<String>>>,
    log: Log,
}

impl Bench {
    fn start(setup: Setup) -> Option<Self> {
        let server = setup.start()?;
        let lines = Arc::new(Mutex::new(Vec::new()));
        let sink = lines.clone();
        let log = Log::new(move |line| {
            let arrow = match line.direction {
                Direction::Sent => ">",
                Direction::Received => "<",
                Direction::Note => " ",
            };
            sink.lock().unwrap().push(format!("{} {arrow} {}", line.at.strftime("%T%.3f"), line.text));
        });
        Some(Self { server, lines, log })
    }

    fn dial(&self, security: Security, mode: Mode, tls12_only: bool) -> Dial {
        let site = Site {
            host: self.server.host.to_owned(),
            port: Some(self.server.port),
            security,
            user: USER.to_owned(),
            mode,
            ..Site::default()
        };
        Dial { tls12_only, ..dial(site, PASSWORD, &[self.server.certificate()], self.log.clone()) }
    }

    fn transcript(&self) -> String {
        let lines = self.lines.lock().unwrap();
        lines[lines.len().saturating_sub(60)..].join("\n")
    }

    fn forget(&self) {
        self.lines.lock().unwrap().clear();
    }

    fn count(&self, part: &str) -> usize {
        self.lines.lock().unwrap().iter().filter(|line| line.contains(part)).count()
    }
}

fn run<T>(bench: &Bench, future: impl Future<Output = Result<T, Error>>) -> T {
    runtime().block_on(future).unwrap_or_else(|error| panic!("{error} ({error:?})\n{}", bench.transcript()))
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

fn some_bytes(seed: usize) -> Vec<u8> {
    // Empty, tiny, around a block, and now and then one that does not fit into any buffer on the way.
    let count = [0, 1, 1_000, 262_144, 70_001, 16_384, 300_000, 5, 65_536, 4_000_000][seed % 10];
    (0..count).map(|i: usize| (i.wrapping_mul(seed + 31).wrapping_add(i / 251)).to_le_bytes()[0]).collect()
}

fn path(name: &str) -> RemotePath {
    RemotePath::root().join(name)
}

async fn upload(
    connection: &Connection,
    bytes: &[u8],
    to: &str,
    flow: Arc<Flow>,
    cancel: &Cancel,
) -> Result<Outcome, Error> {
    let mut file = tempfile::tempfile().unwrap();
    std::io::Write::write_all(&mut file, bytes).unwrap();
    let operation = Operation::Store { path: path(to), offset: 0, kind: TransferType::Image, then: Then::default() };
    let body = Body::Send { file, from: 0, flow };
    Ok(connection.run(operation, body, Some(TransferId(1)), cancel).await?.0)
}

async fn download(connection: &Connection, from: &str, cancel: &Cancel) -> Result<(Outcome, Vec<u8>), Error> {
    let mut file = tempfile::tempfile().unwrap();
    let operation = Operation::Retrieve { path: path(from), offset: 0, kind: TransferType::Image, dated: false };
    let body = Body::Receive { file: file.try_clone().unwrap(), flow: Arc::new(Flow::default()) };
    let (outcome, _) = connection.run(operation, body, Some(TransferId(2)), cancel).await?;
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    Ok((outcome, bytes))
}

/// Uploads, then downloads, all on `connection`.
async fn there_and_back(bench: &Bench, connection: &Connection, count: usize) -> Result<(), Error> {
    let cancel = Cancel::new();
    for i in 0..count {
        let bytes = some_bytes(i);
        let outcome = upload(connection, &bytes, &format!("f{i}"), Arc::new(Flow::default()), &cancel).await?;
        assert_eq!(
            outcome,
            Outcome::Stored { bytes: bytes.len() as u64, size: None, dated: false, clean: true },
            "{}",
            bench.transcript()
        );
        let stored = std::fs::read(bench.server.root.join(format!("f{i}"))).unwrap();
        assert!(stored == bytes, "upload {i}: {} of {} bytes\n{}", stored.len(), bytes.len(), bench.transcript());
    }
    let listing = connection.list(&RemotePath::root(), &cancel).await?;
    assert_eq!(listing.entries.len(), count, "{listing:?}");
    for i in 0..count {
        let bytes = some_bytes(i);
        let (outcome, got) = download(connection, &format!("f{i}"), &cancel).await?;
        assert_eq!(
            outcome,
            Outcome::Retrieved { bytes: bytes.len() as u64, clean: true, modified: None },
            "{}",
            bench.transcript()
        );
        assert!(got == bytes, "download {i}: {} of {} bytes\n{}", got.len(), bytes.len(), bench.transcript());
    }
    Ok(())
}

/// With TLS as it comes; where the server then wants TLS 1.2, with that. Says which it was.
fn many_over_tls(kind: Kind, ipv6: bool) -> Option<&'static str> {
    let mut setup = Setup::new(kind).tls(Tls::Explicit);
    setup.ipv6 = ipv6;
    let bench = Bench::start(setup)?;
    let many = |tls12_only: bool| {
        runtime().block_on(async {
            bench.forget();
            let connection = open(bench.dial(Security::Explicit, Mode::Passive, tls12_only), |_| {}).await?;
            let version = connection.server().tls.as_ref().map(|tls| tls.version.clone());
            assert_eq!(version.as_deref(), Some(if tls12_only { "TLS 1.2" } else { "TLS 1.3" }));
            let result = there_and_back(&bench, &connection, MANY).await;
            assert_eq!(connection.is_open(), result.is_ok());
            connection.close().await;
            result
        })
    };
    let first = patiently(&bench, || many(false));
    let version = match first {
        Ok(()) => "TLS 1.3",
        Err(Error::NeedsTls12) => "TLS 1.2",
        Err(error) => panic!("{error} ({error:?})\n{}", bench.transcript()),
    };
    patiently(&bench, || many(true)).unwrap_or_else(|error| panic!("{error} ({error:?})\n{}", bench.transcript()));
    if matches!(kind, Kind::Vsftpd | Kind::Proftpd) {
        assert_eq!(bench.count("session resumed"), 2 * MANY + 1, "every data connection resumes");
        assert_eq!(bench.count("not resumed"), 0);
    }
    Some(version)
}

/// Once in some thousand uploads, pyftpdlib closes a data connection that it accepted after STOR, and never says a word
/// about it; that is tried again. Everything else counts.
fn patiently(bench: &Bench, mut attempt: impl FnMut() -> Result<(), Error>) -> Result<(), Error> {
    for _ in 0..2 {
        let result = attempt();
        let silent = matches!(&result, Err(Error::Timeout { .. })) && bench.server.kind == Kind::Pyftpdlib;
        if !(silent && bench.transcript().lines().rev().take(3).any(|line| line.contains("< 150 File status okay."))) {
            return result;
        }
    }
    attempt()
}

#[test]
fn vsftpd_resumes_a_hundred_times() {
    let version = many_over_tls(Kind::Vsftpd, false);
    assert!(matches!(version, None | Some("TLS 1.3")), "{version:?}");
}

#[test]
fn proftpd_resumes_a_hundred_times_with_the_version_that_can() {
    // Its uploads bring no new tickets, so TLS 1.3 runs out of them.
    let version = many_over_tls(Kind::Proftpd, false);
    assert!(matches!(version, None | Some("TLS 1.2")), "{version:?}");
}

#[test]
fn pure_ftpd_takes_a_hundred_over_tls() {
    assert_ne!(many_over_tls(Kind::PureFtpd, true), Some("TLS 1.2"));
}

#[test]
fn pyftpdlib_takes_a_hundred_over_tls() {
    assert_ne!(many_over_tls(Kind::Pyftpdlib, false), Some("TLS 1.2"));
}

#[test]
fn implicit_tls_works() {
    for kind in [Kind::Vsftpd, Kind::Proftpd] {
        let Some(bench) = Bench::start(Setup::new(kind).tls(Tls::Implicit)) else { return };
        run(&bench, async {
            let connection = open(bench.dial(Security::Implicit, Mode::Passive, true), |_| {}).await?;
            there_and_back(&bench, &connection, 3).await
        });
    }
}

#[test]
fn both_modes_in_clear_over_both_versions_of_ip() {
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd, Kind::Pyftpdlib] {
        for ipv6 in [false, true] {
            for mode in [Mode::Passive, Mode::Active] {
                let mut setup = Setup::new(kind);
                setup.ipv6 = ipv6;
                let Some(bench) = Bench::start(setup) else { return };
                run(&bench, async {
                    let connection = open(bench.dial(Security::Never, mode, false), |_| {}).await?;
                    there_and_back(&bench, &connection, 12).await?;
                    connection.close().await;
                    Ok(())
                });
            }
        }
    }
}

#[test]
fn active_mode_works_under_tls() {
    for kind in [Kind::Vsftpd, Kind::Proftpd] {
        let Some(bench) = Bench::start(Setup::new(kind).tls(Tls::Explicit)) else { return };
        run(&bench, async {
            let connection = open(bench.dial(Security::Explicit, Mode::Active, true), |_| {}).await?;
            there_and_back(&bench, &connection, 12).await
        });
    }
}

/// pyftpdlib connects as soon as it knows our port, before any data command. One connection only: it closes the object
/// that connected to us at the next EPRT, and with it forgets the file descriptor of that number, which another client's
/// socket may have by then. Whoever has it stalls until a deadline; nothing can be done about that from here.
#[test]
fn pyftpdlib_comes_early_in_active_mode_under_tls() {
    let Some(bench) = Bench::start(Setup::new(Kind::Pyftpdlib).tls(Tls::Explicit)) else { return };
    run(&bench, async {
        let connection = open(bench.dial(Security::Explicit, Mode::Active, false), |_| {}).await?;
        there_and_back(&bench, &connection, MANY).await
    });
}

/// A transfer is stopped in the middle, each way; the connection goes on, or is known to be closed; nothing looks whole.
#[test]
fn a_stopped_transfer_leaves_no_doubt() {
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd, Kind::Pyftpdlib] {
        for tls in [Tls::Off, Tls::Explicit] {
            let Some(bench) = Bench::start(Setup::new(kind).tls(tls)) else { return };
            let bytes = vec![7; 20_000_000];
            std::fs::write(bench.server.root.join("big"), &bytes).unwrap();
            bench.server.own();
            run(&bench, async {
                let dial = || {
                    bench.dial(if tls == Tls::Off { Security::Never } else { Security::Explicit }, Mode::Passive, true)
                };
                let mut connection = open(dial(), |_| {}).await?;
                for up in [true, false, true, false] {
                    if !connection.is_open() {
                        connection = open(dial(), |_| {}).await?;
                    }
                    let cancel = Cancel::new();
                    let flow = Arc::new(Flow::new(Pace::new(4_000_000), false));
                    let stopper = async {
                        tokio::time::sleep(Duration::from_millis(200)).await;
                        cancel.cancel();
                    };
                    let transfer = async {
                        if up {
                            upload(&connection, &bytes, "up", flow, &cancel).await.map(drop)
                        } else {
                            let file = tempfile::tempfile().unwrap();
                            let operation = Operation::Retrieve {
                                path: path("big"),
                                offset: 0,
                                kind: TransferType::Image,
                                dated: false,
                            };
                            connection.run(operation, Body::Receive { file, flow }, None, &cancel).await.map(drop)
                        }
                    };
                    let (result, ()) = tokio::join!(transfer, stopper);
                    assert!(
                        matches!(result, Err(Error::Ftp(ftp::Error::Cancelled))),
                        "{kind:?} {tls:?} up {up}: {result:?}\n{}",
                        bench.transcript()
                    );
                    if connection.is_open() {
                        let (outcome, _) =
                            connection.run(Operation::NoOperation, Body::None, None, &Cancel::new()).await?;
                        assert_eq!(outcome, Outcome::Done);
                    }
                    println!("{kind:?} {tls:?} up {up}: open {}", connection.is_open());
                }
                Ok(())
            });
            assert!(std::fs::metadata(bench.server.root.join("up")).map_or(0, |meta| meta.len()) < 20_000_000);
        }
    }
}

#[test]
fn a_file_goes_on_from_where_it_was() {
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd, Kind::Pyftpdlib] {
        let Some(bench) = Bench::start(Setup::new(kind)) else { return };
        let bytes = some_bytes(9);
        run(&bench, async {
            let connection = open(bench.dial(Security::Never, Mode::Passive, false), |_| {}).await?;
            let cancel = Cancel::new();
            upload(&connection, &bytes[..1_000_000], "f", Arc::new(Flow::default()), &cancel).await?;
            let mut file: File = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut file, &bytes).unwrap();
            let operation = Operation::Store {
                path: path("f"),
                offset: 1_000_000,
                kind: TransferType::Image,
                then: Then::default(),
            };
            let body = Body::Send { file: file.try_clone().unwrap(), from: 1_000_000, flow: Arc::new(Flow::default()) };
            connection.run(operation, body, None, &cancel).await?;
            assert!(std::fs::read(bench.server.root.join("f")).unwrap() == bytes, "{kind:?}");
            let mut part = tempfile::tempfile().unwrap();
            std::io::Write::write_all(&mut part, &bytes[..3_999_990]).unwrap();
            let operation =
                Operation::Retrieve { path: path("f"), offset: 3_999_990, kind: TransferType::Image, dated: false };
            let flow = Arc::new(Flow { from: 3_999_990, ..Flow::default() });
            let body = Body::Receive { file: part.try_clone().unwrap(), flow };
            let (outcome, _) = connection.run(operation, body, None, &cancel).await?;
            assert_eq!(outcome, Outcome::Retrieved { bytes: 10, clean: true, modified: None });
            part.rewind().unwrap();
            let mut got = Vec::new();
            part.read_to_end(&mut got).unwrap();
            assert!(got == bytes, "{kind:?}");
            Ok(())
        });
    }
}
