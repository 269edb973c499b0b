//! Listings that other clients test themselves with, read by ours.
//!
//! `data/listings.jsonl` holds a line, or a whole listing (`scope`), and what its source expects of it: entries
//! (`expect`), or that it is refused (`expect_fail`). Fields that a source does not speak of are not compared.

#![allow(clippy::print_stdout, clippy::unwrap_used)]

use std::collections::BTreeMap;

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use longshore::ftp::Method;
use longshore::ftp::listing::{Hints, Parsed, parse, parse_like};
use longshore::model::path::{RemotePath, is_safe_name};
use longshore::model::{Entry, Kind, Modified, Precision};
use serde_json::Value;

/// At least so many of a hundred listings come out as their source expects.
const WANTED: usize = 98;

/// The listing of Mozilla that leaves the column of the size empty, but for the line that was added last. That one, and
/// `V-MultiNet` for a line that is in both, have blocks of 512 bytes there: the others were not asked for their size.
const WITHOUT_SIZES: &str = "mozilla-V-VMS-mix";
/// What the note of a line says that may be refused as well as read without its date.
const MAY_BE_REFUSED: &str = "must be rejected OR come out with an unknown date";

const MOZILLA_ZONE: &str = "XXX-1YYY,M4.1.0,M10.5.0";

/// Where we differ on purpose, one by one.
const OTHERWISE: &[(&str, &str)] = &[
    ("ftputil-01266", "an arrow is part of the name unless the entry is a link; this one is a directory"),
    ("ftputil-01271", "the same"),
    ("commons-net-01644", "the directory's name is DATA; DATA.DIR is the file that holds it, as Mozilla has it too"),
    ("commons-net-01655", "the same"),
    ("commons-net-01659", "the same"),
    ("commons-net-01660", "the same"),
    (
        "commons-net-01703",
        "the source takes the date into the name where the attributes are in small letters: a mistake",
    ),
    ("commons-net-01704", "the source takes the time into the name where `dir` is in small letters: a mistake"),
    (
        "commons-net-01755",
        "a name with a slash leaves the folder; outside of its file, a member shows as the file, a directory",
    ),
    ("commons-net-01823", "the source takes the headline for a member: a mistake"),
    ("commons-net-01799", "a name with a slash is refused, and a line without facts is the rest of a torn name"),
    ("commons-net-01800", "a name with a slash is refused"),
    ("commons-net-01801", "a name with a slash is refused"),
    ("commons-net-01802", "the source takes facts behind a blank for the name; some servers do put it there"),
    ("commons-net-01803", "a blank line is none; the source takes it for a file named ` `"),
    ("cyberduck-01500", "a CR before the end belongs to the line's end; a name with one could not be sent back anyway"),
    ("cyberduck-01538", "a name with a slash is refused: it would leave the folder"),
    ("cyberduck-01466", "a name with a slash is refused: it would leave the folder"),
    ("commons-net-01561", "a device is no file: reading it may never end"),
    ("commons-net-01562", "the same"),
    ("commons-net-01582", "the same"),
    ("commons-net-01581", "of a character device, `0, 27` are the numbers, not group and size"),
    ("commons-net-01686", "read as OS/400 by the source, which takes the owner for the size; it is a plain Unix line"),
    ("commons-net-01687", "the same"),
];

/// Lines that their source refuses and we read, one by one.
const LENIENT: &[(&str, &str)] = &[
    ("rust-suppaftp-01423", "a mode that is none is left out; the file is there"),
    ("rust-suppaftp-01424", "five octal digits are a mode to many servers"),
    ("rust-suppaftp-01427", "a type that nobody knows is `Kind::Other`"),
    ("rust-suppaftp-01428", "a size that is none is unknown; the file is there"),
    ("rust-suppaftp-01429", "a time that is none is unknown; the file is there"),
    ("cyberduck-01518", "refused for what was asked for, which a listing does not know"),
    ("cyberduck-01532", "refused for what was asked for, which a listing does not know"),
    ("cyberduck-01536", "a link without a target is a link"),
    ("cyberduck-01537", "a link without a target is a link"),
    ("cyberduck-01455", "group and size run together, but everything else is in its place"),
    ("cyberduck-01512", "blanks before the mode do not spoil the line"),
    ("commons-net-01550", "a date without a time is a date"),
    ("commons-net-01748", "a day that is none leaves the entry undated, as the source has it for *STMF"),
    ("commons-net-01749", "the same"),
    ("commons-net-01751", "a member with a size and a date is one; its file is shown"),
    ("commons-net-01758", "`10-04-2001` is a date"),
    ("commons-net-01729", "`0  xx` is a strange group, but everything else is in its place"),
    ("commons-net-01786", "NcFTPd leaves out the last semicolon"),
    ("commons-net-01789", "a time that is none is unknown"),
    ("commons-net-01791", "a time that is none is unknown"),
];

#[test]
fn listings_are_read_as_their_sources_expect() {
    let (mut same, mut all, mut wrong) = (0, 0, Vec::new());
    let mut table = BTreeMap::<(String, String), [usize; 2]>::new();
    for row in rows().iter().filter(|row| row.expect.is_some()) {
        all += 1;
        let count = table.entry((row.source.clone(), row.kind.clone())).or_default();
        count[1] += 1;
        count[0] += usize::from(differences(row).is_none());
        let excused = OTHERWISE.iter().any(|(id, _)| *id == row.id);
        match differences(row) {
            None if excused => wrong.push(format!("{}: is as expected, so it needs no excuse", row.id)),
            None => same += 1,
            Some(_) if excused => {}
            Some(difference) => wrong.push(format!("{} {:?}: {difference}", row.id, row.input)),
        }
    }
    print_table(&table);
    println!("{same} of {all} as expected; the others, one by one:");
    OTHERWISE.iter().for_each(|(id, why)| println!("{id:<20} {why}"));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(same * 100 >= all * WANTED, "{same} of {all}");
    assert!(all > 1_200, "only {all} listings to compare");
}

#[test]
fn what_is_no_entry_is_refused() {
    let mut wrong = Vec::new();
    for row in rows().iter().filter(|row| row.fails) {
        let lenient = row.elsewhere || LENIENT.iter().any(|(id, _)| *id == row.id);
        let read = row.parse().entries;
        if !lenient && !read.is_empty() {
            wrong.push(format!("{} {:?}: {read:?}", row.id, row.input));
        } else if read.is_empty() && LENIENT.iter().any(|(id, _)| *id == row.id) {
            wrong.push(format!("{}: is refused, so it needs no excuse", row.id));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every listing of the sources, broken in small ways: nothing panics, and no name leaves the folder.
#[test]
fn broken_listings_do_no_harm() {
    const TIMES: usize = 40;
    let rows = rows();
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % below as u64).unwrap()
    };
    for row in rows.iter().filter(|row| (1..2_000).contains(&row.input.len())) {
        for _ in 0..TIMES {
            let mut bytes = row.input.clone().into_bytes();
            for _ in 0..=random(6) {
                let at = random(bytes.len());
                match random(6) {
                    0 => bytes.truncate(at.max(1)),
                    1 => bytes[at] = b" -:.,;=0123456789/<>[]()\r\n\t\0\"'*\x80\xff"[random(33)],
                    2 => bytes.insert(at, u8::try_from(random(256)).unwrap()),
                    3 => drop(bytes.drain(at..(at + 1 + random(8)).min(bytes.len()))),
                    4 => bytes[at] ^= 1 << random(8),
                    _ => bytes.extend_from_slice(rows[random(rows.len())].input.as_bytes()),
                }
                if bytes.is_empty() {
                    bytes.push(b' ');
                }
            }
            for method in [Method::List, Method::Mlsd, Method::Nlst] {
                for entry in parse(&bytes, method, row.now, None).entries {
                    assert!(is_safe_name(&entry.name), "{:?} of {:?}", entry.name, row.id);
                }
            }
        }
    }
}

/// Listings as expected of all, by source and dialect.
fn print_table(table: &BTreeMap<(String, String), [usize; 2]>) {
    println!("{:<16} {:<18} {:>5} {:>5}", "source", "dialect", "same", "of");
    for ((source, kind), [same, all]) in table {
        println!("{source:<16} {kind:<18} {same:>5} {all:>5}");
    }
}

struct Row {
    source: String,
    id: String,
    kind: String,
    input: String,
    now: DateTime,
    /// A date without a year may be half a year ahead in this source.
    half_a_year_ahead: bool,
    expect: Option<Vec<Value>>,
    fails: bool,
    elsewhere: bool,
    may_be_refused: bool,
    /// The directory that is listed, where the source says it.
    folder: Option<RemotePath>,
}

fn rows() -> Vec<Row> {
    include_str!("data/listings.jsonl")
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).unwrap();
            let text = |key: &str| row[key].as_str().unwrap_or_default().to_owned();
            let now = Some(text("now")).filter(|now| !now.is_empty()).unwrap_or("2024-06-15T12:00".into());
            Row {
                source: text("source"),
                id: text("id"),
                kind: text("kind"),
                input: text("input"),
                now: format!("{now}:00").parse().unwrap(),
                half_a_year_ahead: text("now_policy").contains("6 months"),
                expect: row["expect"].as_array().cloned(),
                fails: row["expect_fail"] == true,
                elsewhere: !row["accepted_elsewhere"].is_null(),
                may_be_refused: text("note").contains(MAY_BE_REFUSED),
                folder: text("note")
                    .split_once("inside listing of ")
                    .map(|(_, rest)| RemotePath::new(rest.split(':').next().unwrap_or_default())),
            }
        })
        .collect()
}

impl Row {
    fn parse(&self) -> Parsed {
        let method = if self.kind == "mlsd" { Method::Mlsd } else { Method::List };
        let hints = Hints { folder: self.folder.as_ref(), ..Hints::default() };
        parse_like(self.input.as_bytes(), method, self.now, None, hints)
    }
}

/// What differs between a listing and what is expected of it.
fn differences(row: &Row) -> Option<String> {
    let parsed = row.parse();
    if row.may_be_refused && parsed.entries.is_empty() {
        return None;
    }
    // The directory itself and its parent are no entries of it, whatever MLSD calls them.
    let itself = !row.input.contains('\n') && ["Type=cdir", "Type=pdir"].iter().any(|kind| row.input.starts_with(kind));
    let dots = |entry: &&Value| itself || entry["name"] == "." || entry["name"] == "..";
    let expected: Vec<_> = row.expect.iter().flatten().filter(|entry| !dots(entry)).collect();
    if expected.len() != parsed.entries.len() {
        return Some(format!("{} entries, not {}", parsed.entries.len(), expected.len()));
    }
    expected.iter().zip(&parsed.entries).find_map(|(expected, entry)| different(expected, entry, row))
}

fn different(expected: &Value, entry: &Entry, row: &Row) -> Option<String> {
    let unlike = |what: &str, wanted: &Value, got: Value| {
        (*wanted != got).then(|| format!("{:?}: {what} is {got}, not {wanted}", entry.name))
    };
    let kind = match entry.kind {
        Kind::Directory => "dir",
        Kind::File => "file",
        Kind::Link => "link",
        Kind::Other => "other",
    };
    let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
    let mut found = vec![
        ("name", Value::from(entry.name.as_str())),
        ("type", Value::from(kind)),
        ("owner", text(entry.owner.as_deref())),
        ("group", text(entry.group.as_deref())),
        ("link_target", text(entry.target.as_deref())),
    ];
    // Commons Net's size of a directory is 0 where the line has none.
    let not_said = row.kind == "dos" && entry.kind == Kind::Directory && expected["size"] == 0;
    let not_asked = row.id.starts_with(WITHOUT_SIZES) && expected["size"].is_null();
    if !not_said && !not_asked {
        found.push(("size", entry.size.map_or(Value::Null, Value::from)));
    }
    if let Some(wanted) = expected["perms"].as_str() {
        // Modes are octal numbers in some sources: 664 is 0664.
        let mode = entry.permissions.as_deref().unwrap_or_default();
        found.push(("perms", if mode.trim_start_matches('0') == wanted { wanted.into() } else { mode.into() }));
    }
    let compared = found.into_iter().filter(|(key, _)| expected.get(key).is_some());
    compared
        .map(|(key, got)| unlike(key, &expected[key], got))
        .find_map(|difference| difference)
        .or_else(|| different_time(expected, entry, row))
}

fn different_time(expected: &Value, entry: &Entry, row: &Row) -> Option<String> {
    let got = entry.modified.as_ref().map(time).unwrap_or_default();
    if let Some(month_day) = expected["mtime_month_day"].as_str() {
        let got_month_day = got.get(5..).unwrap_or_default();
        return (!got_month_day.starts_with(month_day)).then(|| format!("{:?}: {got}, not {month_day}", entry.name));
    }
    let wanted = match expected.get("mtime")? {
        // A source that has no time for a line that has one did not look for it.
        Value::Null => return None,
        wanted => wanted.as_str()?.to_owned(),
    };
    let wanted = if wanted.len() == 10 {
        let day = got.get(..10).unwrap_or_default();
        return (day != wanted).then(|| format!("{:?}: {got}, not {wanted}", entry.name));
    } else {
        let seconds = if wanted.len() == 16 { ":00" } else { "" };
        let mut at: DateTime = format!("{wanted}{seconds}").parse().unwrap();
        // Ours may be one day ahead.
        if row.half_a_year_ahead && at > row.now.checked_add(jiff::Span::new().days(1)).unwrap() {
            at = at.checked_sub(jiff::Span::new().years(1)).unwrap();
        }
        at
    };
    // EPLF says seconds since 1970; Mozilla wrote them down an hour east, with the summer time of the USA of then.
    let zone = if row.id.starts_with("mozilla-E") { TimeZone::posix(MOZILLA_ZONE).unwrap() } else { TimeZone::UTC };
    let got_at =
        entry.modified.map(|modified| modified.at.to_zoned(TimeZone::UTC).unwrap().with_time_zone(zone).datetime());
    if got_at != Some(wanted) {
        return Some(format!("{:?}: {got}, not {wanted}", entry.name));
    }
    let precision = match entry.modified?.precision {
        Precision::Day => "day",
        Precision::Minute => "minute",
        Precision::Second => "second",
        Precision::Millisecond => "millisecond",
    };
    let asked = expected["mtime_precision"].as_str().unwrap_or(precision);
    (asked != precision).then(|| format!("{:?}: to the {precision}, not to the {asked}", entry.name))
}

fn time(modified: &Modified) -> String {
    modified.at.strftime("%Y-%m-%dT%H:%M:%S").to_string()
}
