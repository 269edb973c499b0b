//! One script of some forty steps, played against every server in every way there is to it, and the table of what each
//! could do. A step that a server cannot do stands in `CANNOT` with the reason; everything else must work.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod harness;
#[path = "servers/script.rs"]
mod script;
#[cfg(feature = "practice")]
#[path = "servers/unftp.rs"]
mod unftp;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use harness::{Kind, PASSWORD, Setup, Tls, USER};
use longshore::model::Mode;
use script::{STEPS, Way};

/// What a server cannot do, by a part of its way's name, and why.
const CANNOT: &[(&str, &str, &str)] = &[
    ("vsftpd", "text goes up", "it stores text as it comes unless ascii_upload_enable is set"),
    ("pyftpdlib", "names that are no UTF-8", "it shows a question mark for what it cannot decode"),
    ("libunftp", "names that are no UTF-8", "it shows a replacement character for what it cannot decode"),
    ("libunftp", "a link to a folder", "it says of a link neither that it is one nor what it leads to"),
    ("libunftp", "a time is set", "it has neither MFMT nor MDTM with two arguments"),
    ("libunftp", "permissions are set", "it has no SITE CHMOD"),
    ("libunftp", "text goes up", "it is always in binary mode, as it says to TYPE A"),
];

/// A server that runs as long as this is held.
type Running = Box<dyn std::any::Any>;

#[test]
fn vsftpd() {
    play("vsftpd", Some(Kind::Vsftpd));
}

#[test]
fn proftpd() {
    play("ProFTPD", Some(Kind::Proftpd));
}

#[test]
fn pure_ftpd() {
    play("Pure-FTPd", Some(Kind::PureFtpd));
}

#[test]
fn pyftpdlib() {
    play("pyftpdlib", Some(Kind::Pyftpdlib));
}

#[test]
#[cfg(feature = "practice")]
fn libunftp() {
    play("libunftp", None);
}

/// Plays the script in every way, prints the table, and compares it with what is known of the server. `None`: libunftp.
fn play(name: &str, kind: Option<Kind>) {
    let mut table: BTreeMap<String, Vec<Result<(), String>>> = BTreeMap::new();
    for (tls, ipv6, mode) in ways(kind) {
        let Some((server, way)) = start(kind, tls, ipv6, mode) else { return };
        let title = format!(
            "{}, {}, {}",
            if tls == Tls::Off { "plain" } else { "TLS" },
            if ipv6 { "IPv6" } else { "IPv4" },
            if mode == Mode::Active { "active" } else { "passive" }
        );
        let mut results = script::play(&way);
        drop(server);
        // pyftpdlib forgets the final reply to one upload in some thousands, which is no client's doing: once more then.
        let is_silent =
            |result: &Result<(), String>| result.as_ref().is_err_and(|why| why.contains("no answer within"));
        if kind == Some(Kind::Pyftpdlib) && results.iter().any(is_silent) {
            let Some((_server, way)) = start(kind, tls, ipv6, mode) else { return };
            results = script::play(&way);
        }
        table.insert(title, results);
    }
    println!("{}", drawn(name, &table));
    let mut wrong = Vec::new();
    for (title, results) in &table {
        for ((step, _), result) in STEPS.iter().zip(results) {
            let whole = format!("{name}, {title}");
            let reason = CANNOT.iter().find(|(of, what, _)| whole.contains(of) && step.contains(what));
            match (result, reason) {
                (Err(why), None) => wrong.push(format!("{whole}: {step}: {why}")),
                (Ok(()), Some((_, _, reason))) => wrong.push(format!("{whole}: {step}: works, although {reason}")),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn ways(kind: Option<Kind>) -> Vec<(Tls, bool, Mode)> {
    let mut ways = Vec::new();
    for tls in [Tls::Off, Tls::Explicit] {
        for ipv6 in [false, true] {
            for mode in [Mode::Passive, Mode::Active] {
                // libunftp listens on IPv4, and knows PORT only for clients that ask for it.
                if kind.is_some() || (!ipv6 && mode == Mode::Passive) {
                    ways.push((tls, ipv6, mode));
                }
            }
        }
    }
    ways
}

fn start(kind: Option<Kind>, tls: Tls, ipv6: bool, mode: Mode) -> Option<(Running, Way)> {
    let Some(kind) = kind else { return start_unftp(tls, mode) };
    let mut setup = Setup::new(kind).tls(tls);
    setup.ipv6 = ipv6;
    let server = setup.start()?;
    let way = Way {
        host: server.host.to_owned(),
        port: server.port,
        user: USER.to_owned(),
        password: PASSWORD.to_owned(),
        certificate: server.certificate(),
        root: server.root.clone(),
        own: Some(Box::new({
            let root: PathBuf = server.root.clone();
            move || harness::own(&root)
        })),
        tls: tls == Tls::Explicit,
        // ProFTPD's uploads bring no new tickets, so TLS 1.3 would run out of them.
        tls12_only: kind == Kind::Proftpd,
        resumes: matches!(kind, Kind::Vsftpd | Kind::Proftpd),
        mode,
    };
    Some((Box::new(server), way))
}

#[cfg(feature = "practice")]
fn start_unftp(tls: Tls, mode: Mode) -> Option<(Running, Way)> {
    let server = unftp::Server::start(tls == Tls::Explicit);
    let way = Way {
        host: "127.0.0.1".to_owned(),
        port: server.port,
        user: USER.to_owned(),
        password: PASSWORD.to_owned(),
        certificate: server.certificate(),
        root: server.root(),
        own: None,
        tls: tls == Tls::Explicit,
        tls12_only: false,
        resumes: false,
        mode,
    };
    Some((Box::new(server), way))
}

#[cfg(not(feature = "practice"))]
fn start_unftp(_: Tls, _: Mode) -> Option<(Running, Way)> {
    None
}

fn drawn(name: &str, table: &BTreeMap<String, Vec<Result<(), String>>>) -> String {
    let mut text = format!("{name}: {}\n", table.keys().cloned().collect::<Vec<_>>().join(" | "));
    for (at, (step, _)) in STEPS.iter().enumerate() {
        let cells = table.values().map(|results| if results[at].is_ok() { "yes" } else { "no " });
        let _ = writeln!(text, "{step:<58} {}", cells.collect::<Vec<_>>().join("  "));
        let why = table.values().find_map(|results| results[at].as_ref().err());
        if let Some(why) = why {
            let _ = writeln!(text, "    {why}");
        }
    }
    text
}
