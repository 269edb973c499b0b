//! Longshore against curl and lftp on real servers, in one run: `cargo bench --bench speed -- [PART…]`, where a part is
//! `tree`, `throughput`, `many` or `listing`; none for all. Prints rows of Markdown. A ratio below 1 says that Longshore is
//! the faster one. The servers want `TMPDIR=/dev/shm`.
#![cfg_attr(not(target_os = "linux"), allow(unused))]
#![allow(clippy::print_stdout, clippy::unwrap_used)]

#[path = "../harness/mod.rs"]
mod harness;

mod race;
mod rows;

use std::process::Command;

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let wants = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("{}; {}; load {}\n", version("curl"), version("lftp"), load.split(' ').next().unwrap_or_default());
    if wants("tree") {
        rows::tree();
    }
    if wants("throughput") {
        rows::throughput();
    }
    if wants("many") {
        rows::many();
    }
    if wants("listing") {
        rows::listing();
    }
}

/// The first line of what a program says of itself, or that it is missing.
fn version(program: &str) -> String {
    let Ok(output) = Command::new(program).arg("--version").output() else {
        return format!("{program} is missing, its rows are left out");
    };
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split([' ', '|']).filter(|word| !word.is_empty()).take(3).collect::<Vec<_>>().join(" ")
}
