//! A tree of 303 files goes up and down again through every server, mode, TLS and IP version, byte for byte.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod harness;

use std::process::Stdio;

use harness::{Kind, Setup, Tls, tree};

#[test]
fn vsftpd() {
    all_ways(Kind::Vsftpd);
}

#[test]
fn proftpd() {
    all_ways(Kind::Proftpd);
}

#[test]
fn pure_ftpd() {
    all_ways(Kind::PureFtpd);
}

fn all_ways(kind: Kind) {
    for tls in [Tls::Off, Tls::Explicit] {
        for ipv6 in [false, true] {
            let mut setup = Setup::new(kind).tls(tls);
            setup.ipv6 = ipv6;
            let Some(server) = setup.start() else { return };
            for mode in ["passive", "active"] {
                let what = format!("{kind:?}, {tls:?}, IPv{}, {mode}", if ipv6 { 6 } else { 4 });
                there_and_back(&server, mode, &what);
            }
        }
    }
}

fn there_and_back(server: &harness::Server, mode: &str, what: &str) {
    let home = tempfile::tempdir().unwrap();
    let source = home.path().join("source");
    std::fs::create_dir(&source).unwrap();
    tree::make(&source);
    let run = |arguments: &[&str]| {
        let mut command = server.longshore(home.path());
        let output = command.args(["--mode", mode]).args(arguments).stdout(Stdio::piped()).output().unwrap();
        assert!(output.status.success(), "{what}: {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    };
    let folder = format!("up-{mode}");
    run(&["put", source.to_str().unwrap(), &server.url(&folder)]);
    tree::assert_same(&source, &server.root.join(&folder).join("source"), &format!("{what}, up"));
    let target = home.path().join("target");
    run(&["get", &server.url(&format!("{folder}/source")), "-o", target.to_str().unwrap()]);
    tree::assert_same(&source, &target.join("source"), &format!("{what}, down"));
}
