//! How long the tree of the tests takes each way, against lftp with as many connections, in one run:
//! `cargo bench --bench speed`. Prints ratios; below 1 Longshore is the faster one.
#![cfg_attr(not(target_os = "linux"), allow(unused))]
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../harness/mod.rs"]
mod harness;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness::{Kind, PASSWORD, Server, Setup, Tls, USER, tree};

const ROUNDS: usize = 5;

fn main() {
    println!("{:<10} {:<9} {:<5} {:>10} {:>10} {:>6}", "server", "TLS", "way", "longshore", "lftp", "ratio");
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd] {
        for tls in [Tls::Off, Tls::Explicit] {
            let Some(server) = Setup::new(kind).tls(tls).start() else { return };
            let home = tempfile::tempdir().unwrap();
            let source = home.path().join("source");
            std::fs::create_dir(&source).unwrap();
            tree::make(&source);
            for way in ["up", "down"] {
                let ours = best(|round| longshore(&server, home.path(), &source, way, round));
                let theirs = best(|round| lftp(&server, home.path(), &source, way, tls, round));
                let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
                let (kind, tls) = (format!("{kind:?}"), format!("{tls:?}"));
                println!("{kind:<10} {tls:<9} {way:<5} {ours:>10.0?} {theirs:>10.0?} {ratio:>6.2}");
            }
        }
    }
}

/// The shortest of some rounds: what else the machine does only ever adds.
fn best(mut round: impl FnMut(usize) -> Command) -> Duration {
    let times = (0..ROUNDS).map(|index| {
        let mut command = round(index);
        command.stdout(Stdio::null()).stderr(Stdio::piped());
        let start = Instant::now();
        let output = command.output().unwrap();
        let time = start.elapsed();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        time
    });
    times.min().unwrap_or_default()
}

fn longshore(server: &Server, home: &Path, source: &Path, way: &str, round: usize) -> Command {
    let mut command = server.longshore(home);
    match way {
        "up" => command.arg("put").arg(source).arg(server.url(&format!("ours-{round}"))),
        _ => command.args(["get", &server.url("ours-0/source"), "-o"]).arg(home.join(format!("ours-{round}"))),
    };
    command.args(["-j", "4"]);
    command
}

fn lftp(server: &Server, home: &Path, source: &Path, way: &str, tls: Tls, round: usize) -> Command {
    let mirror = match way {
        "up" => format!("mirror -R -P 4 {} theirs-{round}", source.display()),
        _ => format!("mirror -P 4 theirs-0 {}", home.join(format!("theirs-{round}")).display()),
    };
    let force =
        if tls == Tls::Off { "set ftp:ssl-allow no" } else { "set ftp:ssl-force yes; set ftp:ssl-protect-data yes" };
    let script = format!(
        "{force}; set ssl:ca-file {}; set cmd:fail-exit yes; open -u {USER},'{PASSWORD}' ftp://{}:{}; {mirror}",
        server.certificate().display(),
        server.host,
        server.port
    );
    let mut command = Command::new("lftp");
    command.args(["--norc", "-c", &script]).env("HOME", home);
    command
}
