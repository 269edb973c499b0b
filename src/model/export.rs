//! A log, or what a filter shows of it, as text for others: plain, JSON lines, a page of HTML, or a table of Markdown. Hosts,
//! users and names of files can be masked; secrets are not in a log in the first place.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use jiff::tz::TimeZone;

use super::code::{Class, explain};
use super::explain::{findings, sentence};
use super::json_line;
use super::log::Log;
use super::transcript::{Direction, Line, UNTIMED};
use super::visible::visible;

mod mask;

use self::mask::Mask;

/// Explanations that a page holds, at most; a log of a broken night can have a thousand alike.
const MOST_EXPLAINED: usize = 200;

/// What becomes of a log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Format {
    /// A line of text for each.
    #[default]
    Text,
    /// A JSON object for each, as `--transcript` writes them.
    Json,
    /// A page that needs nothing else, with explanations.
    Html,
    /// A table.
    Markdown,
}

impl Format {
    /// All.
    pub const ALL: [Self; 4] = [Self::Text, Self::Json, Self::Html, Self::Markdown];

    /// Its name for a person.
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Json => "JSON lines",
            Self::Html => "HTML page",
            Self::Markdown => "Markdown table",
        }
    }

    /// What names of its files end with.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Json => "jsonl",
            Self::Html => "html",
            Self::Markdown => "md",
        }
    }
}

/// What is hidden from whoever gets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Masks {
    /// Names and addresses of hosts.
    pub host: bool,
    /// Names of users.
    pub user: bool,
    /// Names of files and folders.
    pub path: bool,
}

impl Masks {
    fn any(self) -> bool {
        self.host || self.user || self.path
    }
}

/// The lines of `log` at `rows` in a form, with times of `zone`.
pub fn export(log: &Log, rows: &[usize], format: Format, masks: Masks, zone: &TimeZone) -> String {
    let export = Export { log, mask: Mask::of(log, masks), masked: masks.any(), zone };
    match format {
        Format::Text => rows.iter().map(|row| export.text(*row) + "\n").collect(),
        Format::Json => rows.iter().map(|row| export.json(*row)).collect(),
        Format::Html => export.page(rows),
        Format::Markdown => export.table(rows),
    }
}

/// `→` sent, `←` received, `·` a note.
pub fn arrow(direction: Direction) -> char {
    match direction {
        Direction::Sent => '→',
        Direction::Received => '←',
        Direction::Note => '·',
    }
}

struct Export<'a> {
    log: &'a Log,
    mask: Mask,
    masked: bool,
    zone: &'a TimeZone,
}

impl Export<'_> {
    fn words(&self, row: usize) -> Cow<'_, str> {
        let line = &self.log.lines()[row];
        let masked = self.mask.line(line, self.log.exchange(row));
        match masked {
            Cow::Borrowed(text) => visible(text),
            Cow::Owned(text) => Cow::Owned(visible(&text).into_owned()),
        }
    }

    fn time(&self, line: &Line, format: &str) -> String {
        if line.at == UNTIMED {
            return "-".to_owned();
        }
        line.at.to_zoned(self.zone.clone()).strftime(format).to_string()
    }

    /// `2026-05-02 12:03:41.204 1 ← 150 Opening`
    fn text(&self, row: usize) -> String {
        let line = &self.log.lines()[row];
        let time = self.time(line, "%F %T%.3f");
        format!("{time} {} {} {}", line.connection.0, arrow(line.direction), self.words(row))
    }

    fn json(&self, row: usize) -> String {
        let line = &self.log.lines()[row];
        let line = if self.masked {
            // The bytes would tell what the text hides.
            Line { text: self.mask.line(line, self.log.exchange(row)).into_owned(), raw: None, ..line.clone() }
        } else {
            line.clone()
        };
        String::from_utf8(json_line::encode(&line)).unwrap_or_default()
    }

    fn table(&self, rows: &[usize]) -> String {
        let mut table = "| Time | # | | Line |\n|---|--:|:-:|---|\n".to_owned();
        for row in rows {
            let line = &self.log.lines()[*row];
            let (time, connection, arrow) = (self.time(line, "%F %T%.3f"), line.connection.0, arrow(line.direction));
            // Writing to a string cannot fail, here and below.
            let _ = writeln!(table, "| {time} | {connection} | {arrow} | {} |", code_span(&self.words(*row)));
        }
        table
    }

    fn page(&self, rows: &[usize]) -> String {
        let lines = || rows.iter().map(|row| &self.log.lines()[*row]);
        let connections = lines().map(|line| line.connection).collect::<BTreeSet<_>>().len();
        let errors = lines().filter(|line| line.code.is_some_and(|code| (400..600).contains(&code))).count();
        let mut page = format!(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>FTP reply log</title>\n\
             <meta name=\"viewport\" content=\"width=device-width\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
             <h1>FTP reply log</h1>\n<p>{}, {}, {}.{}</p>\n",
            counted(rows.len(), "line", "lines"),
            counted(connections, "connection", "connections"),
            counted(errors, "error", "errors"),
            if self.masked { " Names are masked." } else { "" },
        );
        self.explained(rows, &mut page);
        page.push_str("<table>\n<thead><tr><th>Time<th>#<th><th>Code<th>Line</thead>\n<tbody>\n");
        for row in rows {
            let line = &self.log.lines()[*row];
            let words = self.words(*row);
            let (class, code, text) = match (line.direction, line.code) {
                (Direction::Sent, _) => ("out", String::new(), &*words),
                (Direction::Note, _) => ("note", String::new(), &*words),
                (Direction::Received, None) => ("in", String::new(), &*words),
                (Direction::Received, Some(code)) => (
                    class_of(code),
                    format!("<b title=\"{}\">{code}</b>", explain(code).name()),
                    words.get(3..).unwrap_or_default(),
                ),
            };
            let (time, connection, arrow) = (self.time(line, "%F %T%.3f"), line.connection.0, arrow(line.direction));
            let _ = writeln!(
                page,
                "<tr class=\"{class}\"><td>{time}<td>{connection}<td>{arrow}<td>{code}<td>{}",
                escaped(text)
            );
        }
        page.push_str("</tbody>\n</table>\n</body>\n</html>\n");
        page
    }

    /// What went wrong in the exchanges of these lines, in words.
    fn explained(&self, rows: &[usize], page: &mut String) {
        let numbers: BTreeSet<u64> = rows.iter().filter_map(|row| self.log.number(*row)).collect();
        let mut items = String::new();
        let mut count = 0;
        for number in numbers {
            let Some(exchange) = self.log.exchanges().get(number) else { continue };
            let found = findings(exchange, self.log.exchanges().before(number));
            if found.is_empty() {
                continue;
            }
            count += 1;
            if count > MOST_EXPLAINED {
                continue;
            }
            let words = |text: &str| escaped(&visible(&self.mask.text(text))).into_owned();
            let _ = write!(items, "<li><b>{}</b>", words(&sentence(exchange)));
            for finding in found {
                let _ = write!(items, "<br>{} <small>{}</small>", words(&finding.said), escaped(finding.source));
            }
            items.push('\n');
        }
        if count > 0 {
            let _ = write!(page, "<h2>What went wrong</h2>\n<ul>\n{items}</ul>\n");
            if count > MOST_EXPLAINED {
                let _ = writeln!(page, "<p>And {} more.</p>", count - MOST_EXPLAINED);
            }
            page.push_str("<h2>Lines</h2>\n");
        }
    }
}

fn class_of(code: u16) -> &'static str {
    match Class::of(code) {
        Some(Class::Transient) => "in transient",
        Some(Class::Permanent) => "in permanent",
        _ => "in",
    }
}

fn counted(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// `text` as text of HTML.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    Cow::Owned(text.replace('"', "&quot;").replace('\'', "&#39;"))
}

/// `text` as code in a cell of a table of Markdown.
fn code_span(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let text = text.replace('|', "\\|");
    // A blank keeps a grave accent at an end apart from the fence, and an empty span from being none.
    let blank = if longest > 0 || text.trim().is_empty() { " " } else { "" };
    format!("{fence}{blank}{text}{blank}{fence}")
}

const STYLE: &str = "\
:root { color-scheme: light dark; font: 14px/1.5 system-ui, sans-serif; }
body { margin: 24px; }
h1 { font-size: 20px; } h2 { font-size: 16px; }
table { border-collapse: collapse; font: 13px/1.5 ui-monospace, monospace; }
th { text-align: left; } th, td { padding: 0 12px 0 0; vertical-align: top; }
td:nth-child(5) { white-space: pre-wrap; overflow-wrap: anywhere; }
td:nth-child(1) { white-space: nowrap; }
.note { opacity: .65; }
.out td:nth-child(3), .out td:nth-child(5) { color: light-dark(#1a56c4, #7aa7ff); }
b { color: light-dark(#1f7a3d, #6fcf8b); }
.transient b { color: light-dark(#9a5b00, #f0b35a); }
.permanent b { color: light-dark(#b3261e, #ff8a80); }
li { margin-bottom: 8px; } li b { color: inherit; }
";

#[cfg(test)]
mod tests;
