//! Whatever happens, every file ends up whole, or is known not to be: killed programs and a network that fails, by seeds.
//!
//! `LONGSHORE_FAULTS=50` plays so many rounds of each, not the few of every day.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::print_stdout)]

mod harness;
#[path = "faults/proxy.rs"]
mod proxy;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread;
use std::time::Duration;

use harness::tree::{assert_same, read};
use harness::{Kind, PASSWORD, Setup, USER, longshore};
use proxy::Dice;

/// Files of a run that is killed.
const FILES: usize = 1000;
/// The same, in the few rounds of every day.
const FILES_A_DAY: usize = 300;
/// Files of a run over a network that fails.
const FEW: usize = 80;
/// Files that may be under way at once: on four connections, and sixteen that only a slow disk still holds up.
const UNDER_WAY: usize = 4 + 16;
/// Rounds of every day.
const ROUNDS: u64 = 4;
/// How often what is left is carried on with, until nothing is.
const MOST_RUNS: usize = 8;

#[test]
fn killed_at_any_moment_every_file_comes_once_and_whole() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let tree = server.root.join("tree");
    let files_there = if rounds() > ROUNDS { FILES } else { FILES_A_DAY };
    make(&tree, files_there);
    server.own();
    let (mut reached, mut begun, mut again) = (0, 0, 0);
    for seed in 1..=rounds() {
        let home = tempfile::tempdir().unwrap();
        let dice = Dice::new(seed);
        let to = home.path().join("here");
        let first = home.path().join("first.json");
        let mut get = server.longshore(home.path());
        get.args(["get", &server.url("tree"), "-j", "4", "-o"]).arg(&to).arg("--transcript").arg(&first);
        let mut get = get.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let moment = dice.below(files_there as u64);
        until_there(&mut get, &to, moment);
        get.kill().unwrap();
        get.wait().unwrap();
        let there = files(&to);
        let second = home.path().join("second.json");
        let mut rest = server.longshore(home.path());
        let rest = run(rest.args(["queue", "run", "-j", "4", "--transcript"]).arg(&second));
        assert!(rest.status.success(), "seed {seed}: {}", text(&rest));
        if there.is_empty() && files(&to).is_empty() {
            continue; // killed before anything was wanted
        }
        assert_same(&tree, &to.join("tree"), &format!("seed {seed}"));
        assert!(!files(&to).iter().any(|name| name.ends_with(".part")), "seed {seed}: a part is left");
        let fetched = count(&first, "RETR") + count(&second, "RETR");
        // Only what was under way when it was killed is fetched again.
        assert!(fetched <= files_there + UNDER_WAY, "seed {seed}: {fetched} files were fetched");
        again += fetched.saturating_sub(files_there);
        reached += usize::from(there.len() < files_there);
        begun += there.len();
    }
    println!("{} rounds, {reached} of them killed in the middle, {begun} files there by then", rounds());
    println!("{again} files were begun twice");
    assert!(reached > 0);
}

/// Waits until `count` files are in `folder`, however fast that goes, or `program` has ended.
fn until_there(program: &mut Child, folder: &Path, count: u64) {
    while whole(folder) < count && program.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(2));
    }
}

/// Files below `folder` that are no part, while others come and go.
fn whole(folder: &Path) -> u64 {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let count = |entry: fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_dir() => whole(&entry.path()),
        Ok(_) => u64::from(!entry.file_name().to_string_lossy().ends_with(".part")),
        Err(_) => 0,
    };
    entries.flatten().map(count).sum()
}

#[test]
fn killed_at_any_moment_every_file_goes_whole() {
    let Some(server) = Setup::new(Kind::Proftpd).start() else { return };
    let source = tempfile::tempdir().unwrap();
    make(&source.path().join("tree"), FILES_A_DAY);
    for seed in 1..=rounds().div_ceil(2) {
        let home = tempfile::tempdir().unwrap();
        let there = format!("up-{seed}");
        let mut put = server.longshore(home.path());
        put.arg("put").arg(source.path().join("tree")).arg(server.url(&there)).args(["-j", "4"]);
        let mut put = put.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let moment = Dice::new(seed).below(FILES_A_DAY as u64);
        until_there(&mut put, &server.root.join(&there), moment);
        put.kill().unwrap();
        put.wait().unwrap();
        let rest = run(server.longshore(home.path()).args(["queue", "run", "-j", "4"]));
        assert!(rest.status.success(), "seed {seed}: {}", text(&rest));
        let there = server.root.join(there);
        if there.exists() {
            assert_same(&source.path().join("tree"), &there.join("tree"), &format!("seed {seed}"));
        }
    }
}

#[test]
fn over_a_network_that_fails_every_file_comes_and_goes_whole() {
    let Some(server) = Setup::new(Kind::Vsftpd).start() else { return };
    let tree = server.root.join("tree");
    make(&tree, FEW);
    server.own();
    for seed in 1..=rounds().div_ceil(2) {
        let home = tempfile::tempdir().unwrap();
        let port = proxy::start(server.port, seed);
        let url = |path: &str| format!("ftp://{USER}@127.0.0.1:{port}/{path}");
        let settings = ["-j", "4", "--timeout", "3", "--retries", "9", "--tls", "never"];
        let to = home.path().join("here");
        let mut get = longshore(home.path());
        get.args(["get", &url("tree"), "-o"]).arg(&to).args(settings);
        until_done(get, home.path(), &format!("seed {seed}, down"));
        assert_same(&tree, &to.join("tree"), &format!("seed {seed}, down"));
        assert!(!files(&to).iter().any(|name| name.ends_with(".part")), "seed {seed}: a part is left");
        let mut put = longshore(home.path());
        put.arg("put").arg(to.join("tree")).arg(url(&format!("back-{seed}"))).args(settings);
        until_done(put, home.path(), &format!("seed {seed}, up"));
        assert_same(&tree, &server.root.join(format!("back-{seed}/tree")), &format!("seed {seed}, up"));
    }
}

/// A large file over four connections, killed and killed again; then the rest of it, over four or one.
#[test]
fn killed_at_any_moment_a_file_in_ranges_comes_whole() {
    let Some(server) = Setup::new(Kind::Vsftpd).extra("local_max_rate=1500000").start() else { return };
    fs::write(server.root.join("file"), varied(12_000_000)).unwrap();
    server.own();
    let (mut gone_on_with, mut in_ranges) = (0, 0);
    for seed in 1..=rounds() {
        let home = tempfile::tempdir().unwrap();
        divides(home.path());
        let dice = Dice::new(seed);
        let to = home.path().join("here");
        let mut get = server.longshore(home.path());
        get.args(["get", &server.url("file"), "--segments", "4", "-o"]).arg(&to);
        killed(&mut get, 400 + dice.below(2000));
        let mut rest = server.longshore(home.path());
        rest.args(["queue", "run", "--segments", if seed % 2 == 0 { "4" } else { "1" }]);
        if seed % 3 == 0 {
            killed(&mut rest, 300 + dice.below(1500));
        }
        let there = fs::metadata(to.join("file.part")).map_or(0, |part| part.len());
        let rest = run(rest.arg("--json"));
        assert!(rest.status.success(), "seed {seed}: {}", text(&rest));
        if !to.exists() {
            continue; // killed before anything was wanted
        }
        assert_eq!(files(&to), ["file"], "seed {seed}");
        assert!(fs::read(to.join("file")).unwrap() == varied(12_000_000), "seed {seed}");
        let result: serde_json::Value = serde_json::from_slice(&rest.stdout).unwrap_or_default();
        let from = result["resumed_from"].as_u64().unwrap_or(0);
        gone_on_with += usize::from(from > 0);
        // The part is longer than what it holds.
        in_ranges += usize::from(from > 0 && from < there);
    }
    println!("{} rounds, {gone_on_with} of them gone on with, {in_ranges} with holes", rounds());
    assert!(in_ranges > 0);
}

#[test]
fn over_a_network_that_fails_a_file_in_ranges_comes_whole() {
    let Some(server) = Setup::new(Kind::Vsftpd).extra("local_max_rate=1500000").start() else { return };
    fs::write(server.root.join("file"), varied(8_000_000)).unwrap();
    server.own();
    for seed in 1..=rounds() {
        let home = tempfile::tempdir().unwrap();
        divides(home.path());
        let port = proxy::start(server.port, seed);
        let to = home.path().join("here");
        let mut get = longshore(home.path());
        get.args(["get", &format!("ftp://{USER}@127.0.0.1:{port}/file"), "--tls", "never", "-o"]).arg(&to);
        get.args(["--timeout", "3", "--retries", "9"]);
        until_done(get, home.path(), &format!("seed {seed}"));
        assert_eq!(files(&to), ["file"], "seed {seed}");
        assert!(fs::read(to.join("file")).unwrap() == varied(8_000_000), "seed {seed}");
    }
}

/// Settings that fetch also files of a few megabytes over four connections.
fn divides(home: &Path) {
    fs::create_dir_all(home.join("config/longshore")).unwrap();
    fs::write(home.join("config/longshore/settings.toml"), "segments = 4\nsegments_from = 1000000\n").unwrap();
}

/// Runs a command for so many milliseconds.
fn killed(command: &mut Command, after: u64) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    thread::sleep(Duration::from_millis(after));
    child.kill().unwrap();
    child.wait().unwrap();
}

fn varied(length: usize) -> Vec<u8> {
    let dice = Dice::new(99);
    (0..length).map(|_| dice.below(256).to_le_bytes()[0]).collect()
}

/// Runs a command until the server is reached, and then what it has left until nothing is.
fn until_done(mut command: Command, home: &Path, what: &str) {
    let mut output = run(command.env("LONGSHORE_PASSWORD", PASSWORD));
    for _ in 0..MOST_RUNS {
        match output.status.code() {
            Some(0) => return,
            // The first connection has met a fault: nothing is in the queue.
            Some(3) => output = run(&mut command),
            _ => {
                let mut rest = longshore(home);
                rest.args(["queue", "run", "-j", "4", "--timeout", "3", "--retries", "9"]);
                output = run(rest.env("LONGSHORE_PASSWORD", PASSWORD));
            }
        }
    }
    assert!(output.status.success(), "{what}: {}", text(&output));
}

fn rounds() -> u64 {
    std::env::var("LONGSHORE_FAULTS").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(ROUNDS)
}

/// Small files and some larger ones, in folders of fifty, and an empty folder.
fn make(root: &Path, count: usize) {
    let dice = Dice::new(77);
    for index in 0..count {
        let folder = root.join(format!("folder-{}", index / 50));
        fs::create_dir_all(&folder).unwrap();
        let most = if index % 25 == 0 { 300_000 } else { 9000 };
        let bytes: Vec<u8> = (0..dice.below(most)).map(|_| dice.below(256).to_le_bytes()[0]).collect();
        fs::write(folder.join(format!("file {index}")), bytes).unwrap();
    }
    fs::create_dir(root.join("empty")).unwrap();
}

fn files(root: &Path) -> Vec<String> {
    if !root.is_dir() {
        return Vec::new();
    }
    read(root).into_iter().filter(|(_, content)| content.is_some()).map(|(name, _)| name).collect()
}

/// Commands of a verb in a transcript, of which the last line may be cut off.
fn count(transcript: &Path, verb: &str) -> usize {
    let text = fs::read_to_string(transcript).unwrap_or_default();
    text.lines().filter(|line| line.contains("\"sent\"") && line.contains(&format!("\"{verb} "))).count()
}

fn run(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap()
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).lines().rev().take(12).collect::<Vec<_>>().join("\n")
}
