//! Passwords are in nothing that the program writes: no file below its folders, no output, no transcript, no session file,
//! no export.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod harness;

use std::fs;
use std::path::Path;
use std::process::Output;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use harness::{Kind, PASSWORD, Setup, Tls, USER, longshore};

/// Another one, which the server refuses.
const WRONG: &str = "wr0ng+word";
/// One that a typed command holds.
const TYPED: &str = "typed-hush";

#[test]
fn nothing_that_is_written_holds_a_password() {
    for (kind, tls) in [
        (Kind::Vsftpd, Tls::Off),
        (Kind::Vsftpd, Tls::Explicit),
        (Kind::Proftpd, Tls::Off),
        (Kind::PureFtpd, Tls::Off),
        (Kind::Pyftpdlib, Tls::Off),
    ] {
        let Some(server) = Setup::new(kind).tls(tls).start() else { return };
        let home = tempfile::tempdir().unwrap();
        fs::create_dir_all(home.path().join("config/longshore")).unwrap();
        fs::write(home.path().join("config/longshore/settings.toml"), "log_files = 9\n").unwrap();
        fs::write(server.root.join("file"), b"content").unwrap();
        server.own();
        let transcript = home.path().join("transcript.jsonl");
        let with = |password: &str, path: &str| {
            server.url(path).replace(USER, &format!("{USER}:{}", password.replace(' ', "%20").replace('+', "%2B")))
        };
        let run = |words: &[&str]| -> Output {
            let mut command = server.longshore(home.path());
            command.args(words).args(["-vv", "--transcript"]).arg(&transcript).args(["--retries", "0"]);
            command.output().unwrap()
        };
        let target = home.path().join("local");
        let mut outputs = vec![
            run(&["get", &with(PASSWORD, "file"), "-o", target.to_str().unwrap()]),
            run(&["put", target.join("file").to_str().unwrap(), &server.url("up")]),
            run(&["ls", &with(WRONG, "")]),
            run(&["get", &with(WRONG, "file"), "-o", target.to_str().unwrap(), "--if-exists", "overwrite"]),
            run(&["queue"]),
        ];
        let site = format!("SITE PSWD {TYPED} {TYPED}2");
        outputs.push(run(&["raw", &server.url(""), &site, &format!("ACCT {TYPED}"), &format!("PASS {TYPED}")]));
        assert!(outputs[0].status.success() && outputs[1].status.success(), "{kind:?}: {:?}", outputs[0]);
        assert!(!outputs[2].status.success(), "{kind:?}");
        let logs: Vec<_> = fs::read_dir(home.path().join("data/longshore/logs")).unwrap().collect();
        assert!(logs.len() >= 5, "{kind:?}: a session file for each run with a connection, not {}", logs.len());
        for log in logs {
            let log = log.unwrap().path();
            for words in [&["explain"][..], &["log", "--export", "html"], &["log", "--export", "json"]] {
                outputs.push(longshore(home.path()).args(words).arg(&log).output().unwrap());
            }
        }
        outputs.iter().for_each(|output| {
            holds_none(&output.stdout, &format!("{kind:?}: {output:?}"));
            holds_none(&output.stderr, &format!("{kind:?}: {output:?}"));
        });
        let files = each_file(home.path(), &mut |path| {
            holds_none(&fs::read(path).unwrap(), &format!("{kind:?}: {}", path.display()));
        });
        assert!(files >= 10, "{kind:?}: only {files} files were looked at");
        let text =
            String::from_utf8_lossy(&outputs.iter().flat_map(|output| output.stdout.clone()).collect::<Vec<_>>())
                .into_owned();
        assert!(text.contains("PASS ****"), "{kind:?}: the log-in is in the exports");
    }
}

#[test]
fn the_check_finds_what_it_looks_for() {
    for text in [PASSWORD.to_owned(), format!("x{}y", STANDARD.encode(PASSWORD)), PASSWORD.replace(' ', "%20")] {
        assert!(found(text.as_bytes()).is_some(), "{text}");
    }
    assert!(found(b"PASS ****").is_none());
}

fn holds_none(bytes: &[u8], of: &str) {
    if let Some(secret) = found(bytes) {
        panic!("{secret} is in {of}");
    }
}

/// The password that `bytes` hold, as it is or as it is often written.
fn found(bytes: &[u8]) -> Option<String> {
    let plain = [PASSWORD, WRONG, TYPED].into_iter();
    let forms = plain.flat_map(|secret| {
        let percent = secret.replace(' ', "%20").replace('+', "%2B");
        [secret.to_owned(), percent, STANDARD.encode(secret), secret.replace(' ', "\\u0020")]
    });
    forms.into_iter().find(|form| bytes.windows(form.len()).any(|part| part == form.as_bytes()))
}

fn each_file(folder: &Path, look: &mut impl FnMut(&Path)) -> usize {
    let mut count = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            count += each_file(&path, look);
        } else if path.is_file() {
            look(&path);
            count += 1;
        }
    }
    count
}
