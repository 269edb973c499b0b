//! The same errand for Longshore and its peers, and the time of each.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use super::harness::{PASSWORD, Server, Tls, USER};

/// Seconds by the clock and of the processor.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    pub wall: f64,
    pub cpu: f64,
}

/// The least of some rounds, in which all take turns: what else the machine does only ever adds. `None` for a program that
/// is not there.
pub fn race(rounds: usize, runners: &mut [&mut dyn FnMut(usize) -> Command]) -> Vec<Option<Cost>> {
    let mut best: Vec<Option<Cost>> = vec![None; runners.len()];
    for round in 0..rounds {
        for (runner, best) in runners.iter_mut().zip(&mut best) {
            let Some(cost) = run(runner(round)) else { continue };
            let least = best.get_or_insert(cost);
            *least = Cost { wall: least.wall.min(cost.wall), cpu: least.cpu.min(cost.cpu) };
        }
    }
    best
}

/// Runs one, which must succeed.
pub fn run(mut command: Command) -> Option<Cost> {
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    let (start, before) = (Instant::now(), children());
    let child = command.spawn().ok()?;
    let output = child.wait_with_output().unwrap();
    let cost = Cost { wall: start.elapsed().as_secs_f64(), cpu: children() - before };
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    Some(cost)
}

/// Seconds of the processor that ended children took.
fn children() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
    let ticks: u32 = fields[13].parse::<u32>().unwrap() + fields[14].parse::<u32>().unwrap();
    f64::from(ticks) / 100.0
}

/// curl with the server's certificate and password.
pub fn curl(server: &Server, tls: Tls) -> Command {
    let mut command = Command::new("curl");
    command.args(["-sS", "-u", &format!("{USER}:{PASSWORD}")]);
    if tls != Tls::Off {
        command.arg("--ssl-reqd").arg("--cacert").arg(server.certificate());
    }
    command
}

/// lftp that carries out `script`.
pub fn lftp(server: &Server, home: &Path, tls: Tls, script: &str) -> Command {
    let force =
        if tls == Tls::Off { "set ftp:ssl-allow no" } else { "set ftp:ssl-force yes; set ftp:ssl-protect-data yes" };
    let script = format!(
        "{force}; set ssl:ca-file {}; set cmd:fail-exit yes; open -u {USER},'{PASSWORD}' ftp://{}:{}; {script}",
        server.certificate().display(),
        server.host,
        server.port
    );
    let mut command = Command::new("lftp");
    command.args(["--norc", "-c", &script]).env("HOME", home);
    command
}

/// `ours` over `theirs`, to two places.
pub fn ratio(ours: f64, theirs: f64) -> String {
    format!("{:.2}", ours / theirs)
}
