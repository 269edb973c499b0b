//! Plays what fuzzing has found, and changes of it, through the targets of `fuzz/targets.rs`: a short run for every day.
//!
//! `fuzz/corpus/TARGET` holds an input a line, with `\n`, `\r`, `\t`, `\\`, `\"`, `\'` and `\xNN` for other bytes. `fuzz/run
//! TARGET` fuzzes on from them with cargo-fuzz and keeps what reaches new code.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::path::Path;

use longshore::model::Line;
use longshore::model::foreign::Lines;
use longshore::{ftp, model};

#[path = "fuzz/logs.rs"]
mod logs;
#[path = "fuzz/targets.rs"]
mod targets;
#[path = "fuzz/watch.rs"]
mod watch;

use targets::Target;

/// Changes made to every kept input.
const CHANGES: u32 = 20;
/// How many dialogues of nonsense are held.
const DIALOGUES: u64 = 6000;
/// How many things happen in each.
const EVENTS: usize = 120;
/// A longer input is not changed: it would cost more than it finds.
const LONGEST: usize = 4096;

#[test]
fn what_fuzzing_has_found_still_holds() {
    for target in Target::all() {
        let seeds = corpus(target.name());
        assert!(!seeds.is_empty(), "{} has no seeds", target.name());
        let mut random = 0x9e37_79b9_7f4a_7c15;
        for (at, seed) in seeds.iter().enumerate() {
            target.run(seed);
            for _ in 0..CHANGES {
                let other = &seeds[below(&mut random, seeds.len())];
                let changed = change(seed, other, &mut random);
                if changed.len() <= LONGEST {
                    target.run(&changed);
                }
            }
            assert!(at < 100_000);
        }
    }
}

#[test]
fn nonsense_never_breaks_the_invariants() {
    let (mut flows, mut good) = (0, 0);
    for seed in 1..=DIALOGUES {
        let mut dice = watch::Dice::Seed(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let course = watch::dialogue(&format!("seed {seed}"), &mut dice, EVENTS);
        flows += course.flows;
        good += course.good;
    }
    assert!(flows > 200 && good > 1000, "nonsense that gets nowhere shows nothing: {flows} {good}");
}

/// What no log of a program holds, but any file may: a line without end, and more connections and commands without replies
/// than anybody has.
#[test]
fn endless_logs_are_read_in_bounded_pieces() {
    let read = |text: Vec<u8>| {
        let lines = Lines::of(text.as_slice(), jiff::tz::TimeZone::UTC, jiff::civil::date(2024, 2, 29));
        let lines: Vec<Line> = lines.unwrap().unwrap().map(Result::unwrap).collect();
        (lines.iter().map(|line| line.text.len()).max().unwrap(), lines)
    };
    let begin = b"Command:\tUSER me\nResponse:\t331 who\nResponse:\t".to_vec();
    let endless = [begin.as_slice(), &vec![b'1'; 20_000_000], b"\nResponse:\t230 in\n"].concat();
    let (longest, lines) = read(endless);
    assert!(longest <= 64 * 1024 && lines.len() < 10, "{longest} bytes, {} lines", lines.len());
    assert_eq!(lines.last().unwrap().text, "230 in");

    let many = |count: u32, line: &dyn Fn(u32) -> String| (0..count).map(line).collect::<String>().into_bytes();
    let connections = many(60_000, &|number| format!("2026-11-28 10:19:29 {number} {number} Response: 220 hi\n"));
    let log = model::Log::of(read(connections).1);
    assert_eq!(log.exchanges().iter().len(), 60_000);
    let unanswered = many(60_000, &|number| format!("Command:\tSIZE {}\nResponse:\t150-x\n", number % 3));
    let log = model::Log::of(read(unanswered).1);
    let pairs = model::compare::compare(log.exchanges(), log.exchanges());
    assert!(pairs.len() >= 60_000, "{}", pairs.len());
}

/// Or a dialect's target would try another one.
#[test]
fn each_dialect_has_a_target_that_reads_it() {
    let today = jiff::civil::date(2024, 2, 29).at(12, 0, 0, 0);
    for (name, dialect, headline) in targets::DIALECTS {
        let parsed = ftp::listing::parse(headline.as_bytes(), ftp::Method::List, today, None);
        assert_eq!((parsed.dialect, parsed.refused.len()), (*dialect, 0), "{name}");
        assert!(!parsed.entries.is_empty(), "{name}");
    }
    let source = include_str!("../src/ftp/listing/mod.rs");
    assert_eq!(source.matches("\"LIST (").count(), targets::DIALECTS.len(), "a dialect without a target");
}

/// Every corpus belongs to a target: one that was renamed must not be forgotten.
#[test]
fn every_corpus_is_played() {
    for file in std::fs::read_dir(folder()).unwrap() {
        let name = file.unwrap().file_name().into_string().unwrap();
        assert!(Target::named(&name).is_some(), "nothing plays {name}");
    }
}

fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fuzz/corpus"))
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    std::fs::read_to_string(folder().join(name)).unwrap_or_default().lines().map(unescape).collect()
}

fn unescape(line: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(line.len());
    let mut rest = line.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match (byte, byte == b'\\') {
            (_, false) => byte,
            _ => match rest.next().unwrap() {
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'x' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                same => same,
            },
        });
    }
    bytes
}

/// `seed` with a byte changed, a piece left out, doubled or taken from `other`.
fn change(seed: &[u8], other: &[u8], random: &mut u64) -> Vec<u8> {
    let mut changed = seed.to_vec();
    for _ in 0..=below(random, 3) {
        let at = below(random, changed.len() + 1);
        let end = (at + below(random, 16)).min(changed.len());
        match below(random, 5) {
            0 => changed.insert(at, u8::try_from(below(random, 256)).unwrap()),
            1 if at < changed.len() => changed[at] ^= 1 << below(random, 8),
            2 => drop(changed.drain(at..end)),
            3 => {
                let piece = changed[at..end].to_vec();
                changed.splice(at..at, piece);
            }
            _ => {
                let from = below(random, other.len() + 1);
                let to = (from + below(random, 40)).min(other.len());
                changed.splice(at..at, other[from..to].iter().copied());
            }
        }
    }
    changed
}

fn below(state: &mut u64, end: usize) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    usize::try_from(*state >> 33).unwrap() % end
}
