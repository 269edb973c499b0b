//! Round trips over a link of 50 ms, against lftp and curl in one run: `cargo bench --bench distance`, or with `-- log-in` only
//! those of a log-in, line by line. Needs root: the link lies between two network namespaces, which are made for it and
//! deleted at the end.
#![cfg_attr(not(target_os = "linux"), allow(unused))]
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../harness/mod.rs"]
mod harness;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use harness::{FAR, Kind, PASSWORD, Server, Setup, Tls, USER};

/// In milliseconds.
const ROUND_TRIP: u32 = 50;
const NEAR_SPACE: &str = "longshore-near";
const FAR_SPACE: &str = "longshore-away";
/// Files of the short and the long run: what is begun with cancels out between them.
const FEW: usize = 20;
const MANY: usize = 60;
/// Files for four connections.
const CROWD: usize = 200;
const SIZE: usize = 4096;

fn main() {
    match std::env::var_os("LONGSHORE_NEAR") {
        None => build_link(),
        Some(_) if std::env::args().any(|argument| argument == "log-in") => log_ins(),
        Some(_) => measure(),
    }
}

/// Makes the link, and measures from its near end.
fn build_link() {
    let work = tempfile::tempdir().unwrap();
    let (script, ready) = (work.path().join("link.py"), work.path().join("ready"));
    std::fs::write(&script, include_str!("link.py")).unwrap();
    let mut link = Command::new("python3");
    link.arg(&script).arg(ROUND_TRIP.to_string()).arg(&ready).args([NEAR_SPACE, FAR_SPACE]);
    let mut link = link.stdin(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(10);
    while !ready.exists() {
        assert!(link.try_wait().unwrap().is_none() && Instant::now() < deadline, "the link cannot be made: needs root");
        std::thread::sleep(Duration::from_millis(20));
    }
    let me = std::env::current_exe().unwrap();
    let mut near = Command::new("ip");
    near.args(["netns", "exec", NEAR_SPACE]).arg(me).args(std::env::args().skip(1));
    near.env("LONGSHORE_NEAR", "yes").stdin(Stdio::null());
    let status = near.status().unwrap();
    drop(link.stdin.take());
    link.wait().unwrap();
    std::process::exit(status.code().unwrap_or(1));
}

fn measure() {
    println!("Round trips of {ROUND_TRIP} ms for a file of {SIZE} bytes on one connection; {}", peers());
    println!(
        "| server | longshore down | lftp | lftp, not synchronous | curl | longshore up | lftp up | log-in | log-in, TLS |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd, Kind::Pyftpdlib] {
        let Some(server) = Setup::new(kind).far(FAR_SPACE, FAR).start() else { return };
        fill(&server, "few", FEW);
        fill(&server, "many", MANY);
        let home = tempfile::tempdir().unwrap();
        let home = home.path();
        let trips = |run: &dyn Fn(&str) -> Command| {
            let times: Vec<f64> = ["few", "many"].iter().map(|folder| seconds(run(folder))).collect();
            (times[1] - times[0]) * 1000.0 / f64::from(ROUND_TRIP) / (MANY - FEW) as f64
        };
        let down = trips(&|folder| get(&server, home, folder, "1"));
        let lftp_down = trips(&|folder| lftp(&server, home, &format!("mirror {folder} lftp-{folder}"), true));
        let loose = trips(&|folder| lftp(&server, home, &format!("mirror {folder} loose-{folder}"), false));
        let curl_down = trips(&|folder| curl(&server, home, folder));
        let up = trips(&|folder| put(&server, home, folder));
        let lftp_up =
            trips(&|folder| lftp(&server, home, &format!("mirror -R got-1-{folder}/{folder} up-{folder}"), true));
        let plain = log_in(&server, home);
        let tls = Setup::new(kind).tls(Tls::Explicit).far(FAR_SPACE, FAR).start().map(|server| log_in(&server, home));
        println!(
            "| {kind:?} | **{down:.2}** | {lftp_down:.2} | {loose:.2} | {curl_down:.2} | **{up:.2}** | {lftp_up:.2} | {plain:.1} | {:.1} |",
            tls.unwrap_or(f64::NAN)
        );
        if kind == Kind::Vsftpd {
            fill(&server, "crowd", CROWD);
            let ours = seconds(get(&server, home, "crowd", "4"));
            let theirs = seconds(lftp(&server, home, "mirror -P 4 crowd lftp-crowd", true));
            println!("| {CROWD} files, 4 connections | {ours:.2} s | {theirs:.2} s | | | | | | |");
        }
    }
}

fn peers() -> String {
    let version = |program: &str| {
        let output = Command::new(program).arg("--version").output().unwrap();
        String::from_utf8_lossy(&output.stdout).lines().next().unwrap_or_default().chars().take(24).collect::<String>()
    };
    format!("{}; {}", version("lftp"), version("curl"))
}

fn fill(server: &Server, folder: &str, count: usize) {
    let folder = server.root.join(folder);
    std::fs::create_dir(&folder).unwrap();
    for index in 0..count {
        std::fs::write(folder.join(format!("file-{index:04}")), vec![b'x'; SIZE]).unwrap();
    }
    server.own();
}

fn seconds(mut command: Command) -> f64 {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let start = Instant::now();
    let output = command.output().unwrap();
    let time = start.elapsed();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    time.as_secs_f64()
}

fn get(server: &Server, home: &Path, folder: &str, connections: &str) -> Command {
    let mut command = server.longshore(home);
    let to = home.join(format!("got-{connections}-{folder}"));
    command.args(["get", &server.url(folder), "-j", connections, "-o"]).arg(to);
    command
}

fn put(server: &Server, home: &Path, folder: &str) -> Command {
    let mut command = server.longshore(home);
    command.arg("put").arg(home.join(format!("got-1-{folder}")).join(folder)).arg(server.url("ours")).args(["-j", "1"]);
    command
}

fn lftp(server: &Server, home: &Path, mirror: &str, synchronous: bool) -> Command {
    let sync = if synchronous { "on" } else { "off" };
    let script = format!(
        "set ftp:ssl-allow no; set ftp:sync-mode {sync}; set cmd:fail-exit yes; open -u {USER},'{PASSWORD}' ftp://{}:{}; \
         {mirror}",
        server.host, server.port
    );
    let mut command = Command::new("lftp");
    command.args(["--norc", "-c", &script]).env("HOME", home).current_dir(home);
    command
}

fn curl(server: &Server, home: &Path, folder: &str) -> Command {
    let count = if folder == "few" { FEW } else { MANY };
    let to = home.join(format!("curl-{folder}"));
    std::fs::create_dir_all(&to).unwrap();
    let url = format!("ftp://{}:{}/{folder}/file-[0000-{:04}]", server.host, server.port, count - 1);
    let mut command = Command::new("curl");
    command.args(["-s", "-S", "-u", &format!("{USER}:{PASSWORD}"), &url, "-o", "file-#1"]).current_dir(to);
    command
}

/// When the lines of a log-in came, in round trips, to servers that are met for the first time and for the second.
fn log_ins() {
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd, Kind::Pyftpdlib] {
        let Some(server) = Setup::new(kind).tls(Tls::Explicit).far(FAR_SPACE, FAR).start() else { return };
        let home = tempfile::tempdir().unwrap();
        for time in ["first", "second"] {
            println!("\n{kind:?}, TLS, for the {time} time");
            log_in_lines(&server, home.path()).iter().for_each(|(at, text)| println!("{at:6.2} {text}"));
        }
    }
}

/// Round trips from the first packet to the first command of a person.
fn log_in(server: &Server, home: &Path) -> f64 {
    log_in_lines(server, home).iter().find(|(_, text)| text.starts_with("NOOP")).unwrap().0
}

/// The lines of a log-in and a NOOP, and after how many round trips they came.
fn log_in_lines(server: &Server, home: &Path) -> Vec<(f64, String)> {
    let mut command = server.longshore(home);
    let transcript = home.join("transcript");
    command.args(["raw", &server.url(""), "NOOP", "--transcript"]).arg(&transcript);
    seconds(command);
    let text = std::fs::read_to_string(&transcript).unwrap();
    let _ = std::fs::remove_file(&transcript);
    let lines = text.lines().map(|line| serde_json::from_str(line).unwrap()).map(|line: serde_json::Value| {
        let at = line["at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        (at.as_microsecond(), line["text"].as_str().unwrap().to_owned())
    });
    let lines: Vec<(i64, String)> = lines.collect();
    let (connected, _) = lines.iter().find(|(_, text)| text.starts_with("Connected to")).unwrap().clone();
    // Connecting was one round trip.
    let trips = |at: i64| (at - connected) as f64 / 1000.0 / f64::from(ROUND_TRIP) + 1.0;
    lines.into_iter().map(|(at, text)| (trips(at), text)).collect()
}
