//! What goes wrong in daily life gives one clear message with the server's words, leaves nothing half-done that looks
//! done, and does not keep the next action from working.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

mod harness;

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use harness::{Kind, Server, Setup, Tls, free_port, longshore};

#[test]
fn a_wrong_password() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let output = run(server.longshore(home.path()).env("LONGSHORE_PASSWORD", "wrong").args(["ls", &server.url("")]));
    fails(&output, 3, "530 Login incorrect");
    works(&server, home.path());
}

#[test]
fn a_host_that_is_not_there() {
    let home = tempfile::tempdir().unwrap();
    let port = free_port("127.0.0.1");
    let output = run(longshore(home.path()).args(["ls", &format!("ftp://127.0.0.1:{port}/")]));
    fails(&output, 3, "refused");
    let output = run(longshore(home.path()).args(["ls", "ftp://no-such-host.invalid/", "--timeout", "5"]));
    fails(&output, 3, "no-such-host.invalid");
}

#[test]
fn a_certificate_that_is_not_trusted() {
    let Some(server) = Setup::new(Kind::Vsftpd).tls(Tls::Explicit).start() else { return };
    let home = tempfile::tempdir().unwrap();
    let mut strange = longshore(home.path());
    strange.env("LONGSHORE_PASSWORD", harness::PASSWORD).args(["ls", &server.url(""), "--transcript", "-"]);
    let output = run(&mut strange);
    assert_eq!(output.status.code(), Some(3), "{}", text(&output.stderr));
    assert!(!text(&output.stderr).contains("USER"), "no log-in before the certificate is trusted");
    let fingerprint = fingerprint(&server);
    assert!(text(&output.stderr).replace(':', "").to_lowercase().contains(&fingerprint), "{}", text(&output.stderr));
    let mut trusting = longshore(home.path());
    trusting.env("LONGSHORE_PASSWORD", harness::PASSWORD).args(["ls", &server.url(""), "--trust", &fingerprint]);
    let output = run(&mut trusting);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let other = fingerprint.chars().rev().collect::<String>();
    let mut mistaken = longshore(home.path());
    mistaken.env("LONGSHORE_PASSWORD", harness::PASSWORD).args(["ls", &server.url(""), "--trust", &other]);
    let output = run(&mut mistaken);
    assert_eq!(output.status.code(), Some(3));
    let said = text(&output.stderr);
    assert!(said.contains("is not the one that --trust names") && !said.contains("before"), "{said}");
}

#[test]
fn a_server_that_wants_a_client_certificate() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let made = rcgen::generate_simple_self_signed(["client".to_owned()]).unwrap();
    fs::write(at("client.pem"), made.cert.pem()).unwrap();
    fs::write(at("client.key"), made.signing_key.serialize_pem()).unwrap();
    let mut pack = Command::new("openssl");
    pack.args(["pkcs12", "-export", "-passout", "pass:open me", "-in"]).arg(at("client.pem"));
    assert!(pack.arg("-inkey").arg(at("client.key")).arg("-out").arg(at("client.p12")).status().unwrap().success());
    for version in ["TLSv1.2", "TLSv1.3"] {
        let setup = Setup::new(Kind::Proftpd).tls(Tls::Explicit).extra("TLSVerifyClient on");
        let setup = setup.extra(&format!("TLSProtocol {version}"));
        let setup = setup.extra(&format!("TLSCACertificateFile {}", at("client.pem").display()));
        let Some(server) = setup.start() else { return };
        let ls = || {
            let mut command = server.longshore(home.path());
            command.env("LONGSHORE_KEY_PASSWORD", "open me").args(["ls", &server.url("")]);
            command
        };
        fails(&run(&mut ls()), 3, "client certificate");
        let strange = server.certificate();
        let key = strange.with_file_name("key.pem");
        fails(&run(ls().arg("--cert").arg(strange).arg("--cert-key").arg(key)), 3, "client certificate");
        let output = run(ls().arg("--cert").arg(at("client.pem")).arg("--cert-key").arg(at("client.key")));
        assert!(output.status.success(), "{version}: {}", text(&output.stderr));
        let output = run(ls().arg("--cert").arg(at("client.p12")));
        assert!(output.status.success(), "{version}: {}", text(&output.stderr));
    }
}

#[test]
fn a_full_disk() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    fs::write(server.root.join("large.bin"), vec![7; 4_000_000]).unwrap();
    server.own();
    let home = tempfile::tempdir().unwrap();
    let disk = home.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let script = "mount -t tmpfs -o size=1m none \"$1\" && \"$0\" get \"$2\" -o \"$1\"; status=$?; ls -A \"$1\" >&2; exit $status";
    let output = run(elsewhere(&server.longshore(home.path()), script).arg(&disk).arg(server.url("large.bin")));
    fails(&output, 1, "o space left on");
    assert!(!text(&output.stderr).lines().any(|line| line == "large.bin"), "a part looks like the whole file");
    works(&server, home.path());
}

/// What had no room is known, and comes once there is some.
#[test]
fn a_full_disk_that_gets_room() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let tree = server.root.join("tree");
    fs::create_dir(&tree).unwrap();
    for index in 0..6_u8 {
        fs::write(tree.join(format!("file {index}")), vec![index; 700_000]).unwrap();
    }
    server.own();
    let home = tempfile::tempdir().unwrap();
    let disk = home.path().join("disk");
    fs::create_dir(&disk).unwrap();
    let script = "mount -t tmpfs -o size=2m none \"$1\" || exit 99
        \"$0\" get \"$2\" -o \"$1\" && exit 98
        \"$0\" queue run && exit 97
        mount -o remount,size=20m \"$1\" && \"$0\" queue run && diff -r \"$1\"/tree \"$3\"";
    let output = run(elsewhere(&server.longshore(home.path()), script).arg(&disk).arg(server.url("tree")).arg(&tree));
    assert!(output.status.success(), "{:?}: {}", output.status, text(&output.stderr));
    let left = run(server.longshore(home.path()).args(["queue", "--json"]));
    assert_eq!(text(&left.stdout).trim(), "[]");
}

/// Runs a script of bash with mounts of its own, as `program` would run; `$0` is the program.
fn elsewhere(program: &Command, script: &str) -> Command {
    let mut command = Command::new("unshare");
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.args(["--mount", "--propagation", "private", "bash", "-c", script]).arg(program.get_program());
    command
}

#[test]
fn folders_without_permission() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let closed = server.root.join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, std::os::unix::fs::PermissionsExt::from_mode(0o000)).unwrap();
    fs::write(server.root.join("file"), b"content").unwrap();
    let home = tempfile::tempdir().unwrap();
    fails(&run(server.longshore(home.path()).args(["ls", &server.url("closed")])), 1, "550 ");
    let put = run(server.longshore(home.path()).args(["put", "/etc/hostname", &server.url("closed")]));
    assert_eq!(put.status.code(), Some(1), "{}", text(&put.stderr));
    assert!(text(&put.stderr).contains("550 ") || text(&put.stderr).contains("553 "), "{}", text(&put.stderr));
    let file = home.path().join("not a folder");
    fs::write(&file, b"").unwrap();
    let get = run(server.longshore(home.path()).args(["get", &server.url("file"), "-o"]).arg(file.join("below")));
    fails(&get, 1, "ot a directory");
    works(&server, home.path());
}

#[test]
fn a_server_killed_in_mid_transfer() {
    for course in ["get", "put"] {
        let Some(mut server) = Setup::new(Kind::Vsftpd).start() else { return };
        let home = tempfile::tempdir().unwrap();
        let content: Vec<u8> = (0..6_000_000_u32).map(|index| (index % 251) as u8).collect();
        let local = home.path().join("local");
        fs::create_dir(&local).unwrap();
        let (from, to) = if course == "get" { (&server.root, &local) } else { (&local, &server.root) };
        fs::write(from.join("large.bin"), &content).unwrap();
        let to = to.join("large.bin");
        server.own();
        let transfer = |server: &Server| {
            let mut command = server.longshore(home.path());
            match course {
                "get" => command.args(["get", &server.url("large.bin"), "-o"]).arg(&local),
                _ => command.arg("put").arg(local.join("large.bin")).arg(server.url("")),
            };
            command.arg("--json").stdout(Stdio::piped()).stderr(Stdio::piped());
            command
        };
        let mut slow = transfer(&server);
        let child = slow.args(["--limit-down", "1M", "--limit-up", "1M", "--retries", "0"]).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(1500));
        server.kill();
        let output = child.wait_with_output().unwrap();
        assert!(matches!(output.status.code(), Some(1 | 3)), "{course}: {:?} {}", output.status, text(&output.stderr));
        assert!(text(&output.stdout).contains("\"failed\""), "{course}: {}", text(&output.stdout));
        if course == "get" {
            assert!(!to.exists(), "half a file looks like the whole");
            assert!(local.join("large.bin.part").metadata().unwrap().len() > 0);
        }
        server.restart();
        let output = run(transfer(&server).args(["--if-exists", "resume"]));
        assert!(output.status.success(), "{course}: {}", text(&output.stderr));
        assert!(fs::read(&to).unwrap() == content, "{course}: the file differs");
        let result: serde_json::Value = serde_json::from_str(text(&output.stdout).lines().next().unwrap()).unwrap();
        assert!(result["resumed_from"].as_u64().unwrap() > 0, "{course}: {result}");
        assert_eq!(result["outcome"], "done");
    }
}

fn run(command: &mut Command) -> Output {
    command.output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The exit status, and one line on standard error that holds the words.
fn fails(output: &Output, status: i32, words: &str) {
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(said.lines().any(|line| line.contains(words)), "{words:?} is not in {said:?}");
    assert!(!said.contains("panicked"), "{said}");
}

/// The next action with the same settings works.
fn works(server: &Server, home: &Path) {
    let output = run(server.longshore(home).args(["ls", &server.url("")]));
    assert!(output.status.success(), "{}", text(&output.stderr));
}

fn fingerprint(server: &Server) -> String {
    let mut openssl = Command::new("openssl");
    let output = run(openssl.args(["x509", "-noout", "-fingerprint", "-sha256", "-in"]).arg(server.certificate()));
    text(&output.stdout).trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase()
}
