//! Lines of listings in every dialect, as servers print them and as people meet them: `data/dialects.txt`.

#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

mod peer;

use jiff::civil::DateTime;
use longshore::ftp::Method;
use longshore::ftp::listing::parse;
use longshore::model::{Entry, Kind, Precision};
use peer::{Peer, World, run};
use serde_json::Value;

const TODAY: DateTime = jiff::civil::datetime(2026, 3, 1, 12, 0, 0, 0);

/// Of so many cases one is sent to the program through a socket.
const SENT: usize = 5;

#[test]
fn every_dialect_is_read_as_people_would() {
    let cases = cases();
    let wrong: Vec<String> = cases.iter().filter_map(Case::difference).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    let entries: usize = cases.iter().map(|case| case.wanted.len()).sum();
    assert!(entries > 250, "only {entries} entries");
}

/// What the program prints of a listing that a server sends: names, kinds and sizes, which do not depend on today.
#[test]
fn the_command_line_tells_what_was_read() {
    for case in cases().iter().step_by(SENT) {
        let (nodes, mlsd) = ([("/".to_owned(), case.listing.clone())].into(), case.section == "MLSD");
        let peer = Peer::honest(World { nodes, mlsd });
        let ended = run(&["ls", "--json", &peer.url("")]).expect(0);
        let rows: Vec<Value> = serde_json::from_str(&ended.stdout).unwrap();
        let text = |row: &Value, key: &str| row[key].as_str().unwrap_or("-").to_owned();
        let size = |row: &Value| row["size"].as_u64().map_or("-".to_owned(), |size| size.to_string());
        let mut told: Vec<_> =
            rows.iter().map(|row| (text(row, "kind"), text(row, "name"), size(row), text(row, "target"))).collect();
        let mut wanted: Vec<_> = case.read().iter().map(brief).collect();
        told.sort();
        wanted.sort();
        let told: Vec<String> =
            told.into_iter().map(|(kind, name, size, target)| format!("{kind}|{name}|{size}|{target}")).collect();
        let short = |line: &String| {
            let parts: Vec<&str> = line.split('|').collect();
            format!("{}|{}|{}|{}", parts[0], parts[1], parts[2].trim_start_matches('~'), parts[6])
        };
        assert_eq!(told, wanted.iter().map(short).collect::<Vec<_>>(), "{}", case.section);
    }
}

struct Case {
    section: &'static str,
    listing: Vec<u8>,
    wanted: Vec<&'static str>,
}

fn cases() -> Vec<Case> {
    let (mut section, mut lines, mut cases) = ("", Vec::new(), Vec::new());
    let mut rest = include_str!("data/dialects.txt").lines().filter(|line| !line.starts_with("# ")).peekable();
    while let Some(line) = rest.next() {
        if let Some(name) = line.strip_prefix("== ") {
            section = name;
        } else if let Some(first) = line.strip_prefix("=> ") {
            let mut wanted = vec![first];
            while let Some(next) = rest.next_if(|line| line.starts_with("=> ")) {
                wanted.push(&next[3..]);
            }
            wanted.retain(|wanted| *wanted != "none");
            cases.push(Case { section, listing: unescape(&std::mem::take(&mut lines)), wanted });
        } else if !(line.is_empty() && lines.is_empty()) {
            lines.push(line);
        }
    }
    assert!(lines.iter().all(|line| line.is_empty()), "lines without an end: {lines:?}");
    cases
}

impl Case {
    fn read(&self) -> Vec<Entry> {
        let method = if self.section == "MLSD" { Method::Mlsd } else { Method::List };
        parse(&self.listing, method, TODAY, None).entries
    }

    /// What differs, if something does.
    fn difference(&self) -> Option<String> {
        let got: Vec<String> = self.read().iter().map(brief).collect();
        // What is left out at the end is not compared.
        let same = |(wanted, got): (&&str, &String)| got == wanted || got.starts_with(&format!("{wanted}|"));
        let all = self.wanted.len() == got.len() && self.wanted.iter().zip(&got).all(same);
        let listing = String::from_utf8_lossy(&self.listing);
        (!all).then(|| format!("{}: {listing:?}: {got:#?}, not {:#?}", self.section, self.wanted))
    }
}

fn brief(entry: &Entry) -> String {
    let kind = match entry.kind {
        Kind::File => "file",
        Kind::Directory => "dir",
        Kind::Link => "link",
        Kind::Other => "other",
    };
    let rounded = if entry.rounded { "~" } else { "" };
    let size = entry.size.map_or("-".to_owned(), |size| format!("{rounded}{size}"));
    let time = entry.modified.map_or("-".to_owned(), |modified| {
        let format = match modified.precision {
            Precision::Day => "%F",
            Precision::Minute => "%FT%R",
            Precision::Second => "%FT%T",
            Precision::Millisecond => "%FT%T%.3f",
        };
        format!("{}{}", modified.at.strftime(format), if modified.utc { "Z" } else { "" })
    });
    let [owner, group, target] =
        [entry.owner.as_deref(), entry.group.as_deref(), entry.target.as_deref()].map(|word| word.unwrap_or("-"));
    [kind, &entry.name, &size, &time, owner, group, target].join("|")
}

/// The bytes of the lines, each with its end.
fn unescape(lines: &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for line in lines {
        let line = line.strip_suffix("\\N").unwrap_or(line);
        let mut parts = line.split("\\x");
        bytes.extend(parts.next().unwrap().as_bytes());
        for part in parts {
            bytes.push(u8::from_str_radix(&part[..2], 16).unwrap());
            bytes.extend(&part.as_bytes()[2..]);
        }
        bytes.extend(b"\r\n");
    }
    bytes
}
