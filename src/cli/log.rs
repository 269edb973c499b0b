//! `longshore log`: logs in files, ours and those of other programs, in another form.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::arguments::{Export, MaskOf};
use super::output::{Results, complain, visible};
use super::status::{Status, Stop};
use crate::model::compare::{Alike, compare};
use crate::model::export::export;
use crate::model::foreign::Lines;
use crate::model::log_filter::Filter;
use crate::model::{Exchanges, Format, Log, Masks};

/// Lines of a log that are taken into memory, at most.
const MOST_LINES: usize = 5_000_000;

/// Characters of the left column of a comparison.
const COLUMN: usize = 56;

/// What is to be printed of a log.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wanted<'a> {
    pub(super) form: Export,
    pub(super) filter: &'a str,
    pub(super) masks: &'a [MaskOf],
}

/// Prints a log.
pub(super) fn print(results: &mut Results, file: &Path, wanted: Wanted<'_>) -> Result<Status, Stop> {
    let filter = Filter::parse(wanted.filter).map_err(|mistake| Stop::Usage(format!("--filter: {mistake}")))?;
    let log = read(file)?;
    let has = |mask| wanted.masks.contains(&mask);
    let masks = Masks { host: has(MaskOf::Host), user: has(MaskOf::User), path: has(MaskOf::Path) };
    let format = match wanted.form {
        Export::Text => Format::Text,
        Export::Json => Format::Json,
        Export::Html => Format::Html,
        Export::Markdown => Format::Markdown,
    };
    let text = export(&log, &log.passing(&filter), format, masks, &TimeZone::system());
    text.lines().for_each(|line| results.line(line));
    Ok(Status::Done)
}

/// An exchange in the results of a comparison.
#[derive(Serialize)]
struct Row<'a> {
    connection: u32,
    command: Option<&'a str>,
    code: Option<u16>,
    reply: &'a str,
}

/// Two exchanges in the results of a comparison.
#[derive(Serialize)]
struct PairRow<'a> {
    alike: &'static str,
    left: Option<Row<'a>>,
    right: Option<Row<'a>>,
}

/// Prints two logs side by side.
pub(super) fn beside(results: &mut Results, file: &Path, other: &Path, json: bool) -> Result<Status, Stop> {
    let (left, right) = (read(file)?, read(other)?);
    let (left, right) = (left.exchanges(), right.exchanges());
    let pairs = compare(left, right);
    let first = pairs.iter().position(|pair| pair.alike != Alike::Same);
    if json {
        for pair in &pairs {
            let alike = word(pair.alike);
            results.json(&PairRow { alike, left: row(left, pair.left), right: row(right, pair.right) });
        }
        return Ok(Status::Done);
    }
    results.line(&format!("  {} {}", column(&file.display().to_string()), other.display()));
    for (index, pair) in pairs.iter().enumerate() {
        if first == Some(index) {
            results.line("--- the first difference ---");
        }
        let mark = match pair.alike {
            Alike::Same => ' ',
            Alike::Answered => '!',
            Alike::Left => '<',
            Alike::Right => '>',
        };
        let (here, there) = (cell(left, pair.left), cell(right, pair.right));
        results.line(format!("{mark} {} {there}", column(&here)).trim_end());
    }
    let differing = pairs.iter().filter(|pair| pair.alike != Alike::Same).count();
    results.line(&match differing {
        0 => format!("No difference in {} exchanges.", pairs.len()),
        _ => format!("Different: {differing} of {} exchanges.", pairs.len()),
    });
    Ok(Status::Done)
}

fn row(exchanges: &Exchanges, number: Option<u64>) -> Option<Row<'_>> {
    let exchange = exchanges.get(number?)?;
    let (connection, command) = (exchange.connection.0, exchange.command.as_deref());
    Some(Row { connection, command, code: exchange.code(), reply: exchange.text() })
}

fn word(alike: Alike) -> &'static str {
    match alike {
        Alike::Same => "same",
        Alike::Answered => "answered",
        Alike::Left => "left",
        Alike::Right => "right",
    }
}

/// `RETR x → 550`
fn cell(exchanges: &Exchanges, number: Option<u64>) -> String {
    let Some(exchange) = number.and_then(|number| exchanges.get(number)) else { return String::new() };
    let unasked = if exchange.first { "(greeting)" } else { "(unasked)" };
    let asked = exchange.command.as_deref().unwrap_or(unasked);
    let code = exchange.code().map_or_else(|| "no reply".to_owned(), |code| code.to_string());
    visible(&format!("{asked} → {code}"))
}

/// `text` in a column of its own; a long one keeps both ends.
fn column(text: &str) -> String {
    let count = text.chars().count();
    if count <= COLUMN {
        return format!("{text}{}", " ".repeat(COLUMN - count));
    }
    let head: String = text.chars().take(COLUMN / 2).collect();
    let tail: String = text.chars().skip(count - (COLUMN - COLUMN / 2 - 1)).collect();
    format!("{head}…{tail}")
}

/// Reads a whole log.
fn read(file: &Path) -> Result<Log, Stop> {
    let mut lines = open(file)?;
    let mut all = Vec::new();
    for line in lines.by_ref() {
        all.push(line.map_err(|error| Stop::Local(format!("{}: {error}", file.display())))?);
        if all.len() > MOST_LINES {
            return Err(Stop::Local(format!("{}: it has more than {MOST_LINES} lines", file.display())));
        }
    }
    complain_of_unread(&lines);
    Ok(Log::of(all))
}

/// Opens a log; its times, where they name no zone, are of this machine's.
pub(super) fn open(path: &Path) -> Result<Lines<BufReader<File>>, Stop> {
    let wrong = |error| Stop::Usage(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(wrong)?;
    let written = file.metadata().and_then(|metadata| metadata.modified()).map_err(wrong)?;
    let zone = TimeZone::system();
    let day = Timestamp::try_from(written).unwrap_or_else(|_| Timestamp::now()).to_zoned(zone.clone()).date();
    let lines = Lines::of(BufReader::new(file), zone, day).map_err(wrong)?;
    let no_log = || "this is no log that can be read: it has no line as Longshore, FileZilla, WinSCP, lftp, curl -v or ftp -d write them";
    lines.ok_or_else(|| Stop::Local(format!("{}: {}", path.display(), no_log())))
}

/// Says how much of a log was left out.
pub(super) fn complain_of_unread(lines: &Lines<impl BufRead>) {
    if lines.unread() > 0 {
        complain(&format!("{} lines could not be read and are left out", lines.unread()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::Kept;

    fn printed(form: Export, filter: &str, masks: &[MaskOf]) -> Result<String, Stop> {
        let kept = Kept::default();
        let mut results = Results::to(kept.clone(), false);
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs/lftp.txt");
        print(&mut results, &file, Wanted { form, filter, masks })?;
        results.flush();
        Ok(kept.text())
    }

    #[test]
    fn what_passes_the_filter_is_printed_masked() {
        let text = printed(Export::Text, "code:550 verb:RETR,MKD", &[]).unwrap();
        assert_eq!(text, "- 1 ← 550 Failed to open file.\n- 1 ← 550 Create directory operation failed.\n");
        let masks = [MaskOf::Host, MaskOf::User, MaskOf::Path];
        let page = printed(Export::Html, "", &masks).unwrap();
        assert!(page.starts_with("<!doctype html>") && page.contains("RETR name"), "{page}");
        assert!(!["tester", "report", "absent", "s3cret"].iter().any(|name| page.contains(name)), "{page}");
        assert!(printed(Export::Json, "dir:out", &[]).unwrap().lines().all(|line| line.contains("\"sent\"")));
        assert!(printed(Export::Markdown, "", &[]).unwrap().starts_with("| Time |"));
    }

    #[test]
    fn two_logs_stand_side_by_side() {
        let kept = Kept::default();
        let mut results = Results::to(kept.clone(), false);
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs");
        beside(&mut results, &folder.join("curl.txt"), &folder.join("ftp.txt"), false).unwrap();
        beside(&mut results, &folder.join("ftp.txt"), &folder.join("ftp.txt"), false).unwrap();
        beside(&mut results, &folder.join("curl.txt"), &folder.join("ftp.txt"), true).unwrap();
        results.flush();
        let text = kept.text();
        assert!(
            text.contains("\n  PASS **** → 230 ") && text.contains("\n> ") && text.contains("\n< PWD → 257\n"),
            "{text}"
        );
        let before = text.split("--- the first difference ---").next().unwrap();
        assert!(before.ends_with("PASS **** → 230\n"), "{before}");
        assert!(text.contains("\nNo difference in 8 exchanges.\n"), "{text}");
        let rows: Vec<serde_json::Value> = text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        assert!(
            rows.iter().any(|row| row["alike"] == "left" && row["left"]["command"] == "PWD" && row["right"].is_null())
        );
    }

    #[test]
    fn a_wrong_filter_is_wrong_usage() {
        let Err(Stop::Usage(text)) = printed(Export::Text, "code:x", &[]) else { panic!("no mistake") };
        assert!(text.starts_with("--filter: At character 6: code: takes"), "{text}");
    }
}
