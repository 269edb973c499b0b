//! What is measured on loopback.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

use super::harness::{Kind, Server, Setup, Tls, tree};
use super::race::{Cost, curl, lftp, race, ratio};

/// A large file's MiB, and how often it is moved.
const MIB: usize = 2048;
const LARGE_ROUNDS: usize = 3;
/// Small files, and their bytes.
const FILES: usize = 5_000;
const SMALL: usize = 4096;
const ENTRIES: usize = 100_000;

/// The tree of the tests, each way.
pub fn tree() {
    println!("| a small tree | way | longshore s | lftp s | ratio |\n|---|---|---|---|---|");
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd] {
        for tls in [Tls::Off, Tls::Explicit] {
            let Some(server) = Setup::new(kind).tls(tls).start() else { return };
            let home = tempfile::tempdir().unwrap();
            let source = home.path().join("source");
            fs::create_dir(&source).unwrap();
            tree::make(&source);
            for way in ["up", "down"] {
                let mut ours = |round: usize| {
                    let mut command = server.longshore(home.path());
                    match way {
                        "up" => command.arg("put").arg(&source).arg(server.url(&format!("ours-{round}"))),
                        _ => command
                            .args(["get", &server.url("ours-0/source"), "-o"])
                            .arg(home.path().join(format!("ours-{round}"))),
                    };
                    command.args(["-j", "4"]);
                    command
                };
                let mut theirs = |round: usize| {
                    let script = match way {
                        "up" => format!("mirror -R -P 4 {} theirs-{round}", source.display()),
                        _ => format!("mirror -P 4 theirs-0 {}/theirs-{round}", home.path().display()),
                    };
                    lftp(&server, home.path(), tls, &script)
                };
                let costs = race(5, &mut [&mut ours, &mut theirs]);
                row(&format!("{kind:?}, TLS {tls:?} | {way}"), &costs, false);
            }
        }
    }
}

/// One large file, each way, against curl.
pub fn throughput() {
    println!(
        "\n| {MIB} MiB from memory to memory | longshore s (CPU) | curl s (CPU) | ratio (CPU) |\n|---|---|---|---|"
    );
    for tls in [Tls::Off, Tls::Explicit] {
        let Some(server) = Setup::new(Kind::Vsftpd).tls(tls).start() else { return };
        let home = tempfile::tempdir_in("/dev/shm").unwrap();
        let (here, there) = (home.path().join("large"), server.root.join("large"));
        large(&there);
        server.own();
        let gone = |path: &Path| drop(fs::remove_file(path));
        let mut ours = |_| {
            gone(&here);
            let mut command = server.longshore(home.path());
            command.args(["get", &server.url("large"), "-o"]).arg(home.path());
            command
        };
        let mut theirs = |_| {
            gone(&here);
            let mut command = curl(&server, tls);
            command.arg("-o").arg(&here).arg(format!("ftp://{}:{}/large", server.host, server.port));
            command
        };
        let costs = race(LARGE_ROUNDS, &mut [&mut ours, &mut theirs]);
        row(&format!("down, TLS {tls:?}"), &costs, true);
        gone(&there);
        let mut ours = |_| {
            gone(&there);
            let mut command = server.longshore(home.path());
            command.arg("put").arg(&here).arg(server.url(""));
            command
        };
        let mut theirs = |_| {
            gone(&server.root.join("large"));
            let mut command = curl(&server, tls);
            command.arg("-T").arg(&here).arg(format!("ftp://{}:{}/", server.host, server.port));
            command
        };
        let costs = race(LARGE_ROUNDS, &mut [&mut ours, &mut theirs]);
        row(&format!("up, TLS {tls:?}"), &costs, true);
    }
}

/// Many small files, each program with the number of connections that suits it best.
pub fn many() {
    println!(
        "\n| {FILES} files of {SMALL} bytes | longshore s (CPU) | lftp s (CPU) | ratio (CPU) |\n|---|---|---|---|"
    );
    for kind in [Kind::Vsftpd, Kind::Proftpd, Kind::PureFtpd, Kind::Pyftpdlib] {
        let Some(server) = Setup::new(kind).start() else { return };
        let folder = server.root.join("many");
        fs::create_dir(&folder).unwrap();
        (0..FILES).for_each(|n| fs::write(folder.join(format!("file-{n:05}")), vec![b'x'; SMALL]).unwrap());
        server.own();
        let mut best = [None::<(usize, Cost)>; 2];
        for connections in [2, 4, 8] {
            let home = tempfile::tempdir_in("/dev/shm").unwrap();
            let count = connections.to_string();
            let mut ours = |round: usize| {
                let mut command = server.longshore(home.path());
                command.args(["get", &server.url("many"), "-j", &count, "-o"]);
                command.arg(home.path().join(format!("ours-{round}")));
                command
            };
            let mut theirs = |round: usize| {
                let target = home.path().join(format!("theirs-{round}"));
                lftp(&server, home.path(), Tls::Off, &format!("mirror -P {count} many {}", target.display()))
            };
            for (best, cost) in best.iter_mut().zip(race(2, &mut [&mut ours, &mut theirs])) {
                if let Some(cost) = cost
                    && best.is_none_or(|(_, least)| cost.wall < least.wall)
                {
                    *best = Some((connections, cost));
                }
            }
        }
        let counts = best.map(|best| best.map_or(0, |(connections, _)| connections));
        let what = format!("{kind:?}, at {} and {} connections", counts[0], counts[1]);
        row(&what, &best.map(|best| best.map(|(_, cost)| cost)), true);
    }
}

/// A large folder, listed.
pub fn listing() {
    println!("\n| {ENTRIES} entries | longshore s (CPU) | lftp s (CPU) | ratio (CPU) |\n|---|---|---|---|");
    for kind in [Kind::Vsftpd, Kind::Proftpd] {
        let Some(server) = listed(kind) else { return };
        let home = tempfile::tempdir().unwrap();
        let mut ours = |_| {
            let mut command = server.longshore(home.path());
            command.args(["ls", &server.url("large")]);
            command
        };
        let mut theirs = |_| lftp(&server, home.path(), Tls::Off, "cls -l large");
        row(&format!("{kind:?}"), &race(3, &mut [&mut ours, &mut theirs]), true);
    }
}

fn listed(kind: Kind) -> Option<Server> {
    let server = Setup::new(kind).start()?;
    let folder = server.root.join("large");
    fs::create_dir(&folder).unwrap();
    (0..ENTRIES).for_each(|n| drop(File::create(folder.join(format!("picture of day {n:06}.jpg"))).unwrap()));
    server.own();
    Some(server)
}

/// Bytes that no server and no disk can make small.
fn large(path: &Path) {
    let mut file = File::create(path).unwrap();
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut block = Vec::with_capacity(1 << 20);
    while block.len() < 1 << 20 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        block.extend_from_slice(&state.to_le_bytes());
    }
    (0..MIB).for_each(|_| file.write_all(&block).unwrap());
}

fn row(what: &str, costs: &[Option<Cost>], with_cpu: bool) {
    let cell = |cost: Option<Cost>| match cost {
        Some(cost) if with_cpu => format!("{:.2} ({:.2})", cost.wall, cost.cpu),
        Some(cost) => format!("{:.2}", cost.wall),
        None => "missing".to_owned(),
    };
    let last = match (costs[0], costs[1]) {
        (Some(ours), Some(theirs)) if with_cpu => {
            format!("{} ({})", ratio(ours.wall, theirs.wall), ratio(ours.cpu, theirs.cpu))
        }
        (Some(ours), Some(theirs)) => ratio(ours.wall, theirs.wall),
        _ => "".to_owned(),
    };
    println!("| {what} | {} | {} | {last} |", cell(costs[0]), cell(costs[1]));
}
