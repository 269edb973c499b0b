//! How long a large listing takes to be read: `cargo bench --bench listings`. Prints the shortest of some rounds.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::fmt::Write;
use std::hint::black_box;
use std::time::{Duration, Instant};

use jiff::civil::{DateTime, datetime};
use longshore::ftp::Method;
use longshore::ftp::listing::parse;

const LINES: usize = 100_000;
const ROUNDS: usize = 15;
/// What 100,000 lines of Unix may take, in milliseconds.
const WANTED: u32 = 60;

fn main() {
    println!("{:<26} {:>8} {:>10}", "listing", "lines", "time");
    let unix = time("LIST (Unix)", Method::List, |n| {
        format!("-rw-r--r--   1 anna     users {:>12} Jan {:>2} 03:26 picture of day {n}.jpg", n * 37, n % 28 + 1)
    });
    time("LIST (Unix, ISO dates)", Method::List, |n| {
        format!("-rw-r--r-- 1 1000 1000 {n} 2025-03-{:02} 07:13 file{n}.txt", n % 28 + 1)
    });
    time("LIST (Unix, German)", Method::List, |n| {
        format!("-rw-r--r-- 1 anna users {n} Mär {:>2}  2024 Datei {n}", n % 28 + 1)
    });
    time("LIST (DOS)", Method::List, |n| format!("04-{:02}-24  03:47PM {:>20} file{n}.txt", n % 28 + 1, n * 11));
    time("LIST (VMS)", Method::List, |n| {
        format!(
            "FILE{n}.TXT;1   {}/{}   {}-JUN-2024 07:32:04  [GROUP,OWNER]  (RWED,RWED,RE,)",
            n % 90,
            n % 90 + 9,
            n % 28 + 1
        )
    });
    time("MLSD", Method::Mlsd, |n| {
        format!("type=file;size={n};modify=20240307234236;UNIX.mode=0644;UNIX.uid=1000;unique=1U{n}; file{n}.txt")
    });
    println!("100,000 lines of Unix: {:.1} ms, wanted below {WANTED} ms", unix.as_secs_f64() * 1000.0);
}

fn time(name: &str, method: Method, line: impl Fn(usize) -> String) -> Duration {
    const TODAY: DateTime = datetime(2026, 3, 1, 12, 0, 0, 0);
    let mut text = String::new();
    (0..LINES).for_each(|n| write!(text, "{}\r\n", line(n)).unwrap());
    let round = |_| {
        let start = Instant::now();
        let parsed = parse(black_box(text.as_bytes()), method, TODAY, None);
        let took = start.elapsed();
        assert_eq!(parsed.entries.len(), LINES, "{name}");
        took
    };
    let best = (0..ROUNDS).map(round).min().unwrap_or_default();
    println!("{name:<26} {LINES:>8} {:>7.1} ms", best.as_secs_f64() * 1000.0);
    best
}
