//! `longshore explain`: what a code means, and what went wrong in a log, as text or as JSON.

use std::io::BufRead;
use std::path::Path;

use serde::Serialize;

use super::log;
use super::output::Results;
use super::status::{Status, Stop};
use crate::model::UNTIMED;
use crate::model::code::{self, Explanation};
use crate::model::exchange::{Exchange, Exchanges};
use crate::model::explain::{Finding, findings, sentence};
use crate::model::foreign::Lines;

/// Exchanges that are kept to explain those that follow.
const KEPT: usize = 10_000;

#[derive(Serialize)]
struct CodeRow {
    code: u16,
    name: &'static str,
    meaning: Option<&'static str>,
    cause: Option<&'static str>,
    remedy: Option<&'static str>,
    class: Option<&'static str>,
    group: Option<&'static str>,
}

#[derive(Serialize)]
struct ExchangeRow<'a> {
    seq: u64,
    connection: u32,
    at: String,
    command: Option<&'a str>,
    code: Option<u16>,
    reply: &'a str,
    explanation: Option<CodeRow>,
    findings: Vec<FindingRow>,
}

#[derive(Serialize)]
struct FindingRow {
    rule: &'static str,
    said: String,
    remedies: Vec<&'static str>,
    source: &'static str,
}

/// Explains a code, or the errors in a log.
pub(super) fn explain(results: &mut Results, subject: &str, json: bool) -> Result<Status, Stop> {
    // A file whose name is three digits can be named as ./550.
    if subject.len() == 3 && subject.bytes().all(|byte| byte.is_ascii_digit()) {
        let explanation = code::explain(subject.parse().unwrap_or_default());
        if explanation.class.is_none() {
            return Err(Stop::Usage(format!("{subject} is no reply code: they begin with 1 to 6")));
        }
        if json {
            results.json(&row(&explanation));
        } else {
            results.line(&format!("{subject}: {}", explanation.name()));
            words(&explanation).iter().for_each(|line| results.line(line));
        }
        return Ok(Status::Done);
    }
    let lines = log::open(Path::new(subject))?;
    explain_log(results, lines, json).map_err(|why| Stop::Local(format!("{subject}: {why}")))
}

/// Explains what went wrong in a log, as it is read.
fn explain_log(results: &mut Results, mut source: Lines<impl BufRead>, json: bool) -> Result<Status, String> {
    let mut exchanges = Exchanges::new(KEPT);
    let (mut lines, mut told) = (0_u64, 0_u64);
    let mut tell = |exchanges: &Exchanges, number: u64| told += u64::from(tell(results, exchanges, number, json));
    for line in source.by_ref() {
        lines += 1;
        let joined = exchanges.push(&line.map_err(|error| error.to_string())?);
        if let Some(number) = joined.number.filter(|_| joined.ended) {
            tell(&exchanges, number);
        }
    }
    let mut connections: Vec<_> = exchanges.iter().map(|exchange| exchange.connection).collect();
    connections.sort_unstable();
    connections.dedup();
    for connection in connections {
        for number in exchanges.close(connection) {
            tell(&exchanges, number);
        }
    }
    log::complain_of_unread(&source);
    if told == 0 && !json {
        results.line(&format!("Nothing to explain (lines read: {lines})."));
    }
    Ok(Status::Done)
}

/// Tells about one exchange, if there is something to explain; whether there was.
fn tell(results: &mut Results, exchanges: &Exchanges, number: u64, json: bool) -> bool {
    let Some(exchange) = exchanges.get(number) else { return false };
    let found = findings(exchange, exchanges.before(number));
    let explanation = exchange.code().filter(|code| (400..600).contains(code)).map(code::explain);
    if found.is_empty() && explanation.is_none() {
        return false;
    }
    if json {
        results.json(&exchange_row(exchange, explanation.as_ref(), found));
        return true;
    }
    let at = if exchange.at == UNTIMED { String::new() } else { exchange.at.strftime("%F %T ").to_string() };
    results.line(&format!("{at}{}", sentence(exchange)));
    if exchange.reply.is_some() {
        results.line(&format!("  Reply: {}", exchange.text()));
    }
    if found.is_empty() {
        explanation.iter().flat_map(words).for_each(|line| results.line(&format!("  {line}")));
    }
    for finding in found {
        results.line(&format!("  What happened: {}", finding.said));
        for remedy in finding.remedies {
            results.line(&format!("  What to do: {}.", remedy.words()));
        }
        results.line(&format!("  Source: {}", finding.source));
    }
    true
}

/// What is known of a code, and the reading of its digits.
fn words(explanation: &Explanation) -> Vec<String> {
    let known = explanation
        .known
        .map(|known| [("What it means", known.meaning), ("Likely cause", known.cause), ("What to do", known.remedy)]);
    let digits = [
        ("First digit", explanation.class.map(code::Class::meaning)),
        ("Second digit", explanation.group.map(code::Group::meaning)),
    ];
    let digits = digits.into_iter().filter_map(|(title, words)| words.map(|words| (title, words)));
    known.into_iter().flatten().chain(digits).map(|(title, words)| format!("{title}: {words}")).collect()
}

fn row(explanation: &Explanation) -> CodeRow {
    CodeRow {
        code: explanation.code,
        name: explanation.name(),
        meaning: explanation.known.map(|known| known.meaning),
        cause: explanation.known.map(|known| known.cause),
        remedy: explanation.known.map(|known| known.remedy),
        class: explanation.class.map(code::Class::meaning),
        group: explanation.group.map(code::Group::meaning),
    }
}

fn exchange_row<'a>(exchange: &'a Exchange, explanation: Option<&Explanation>, found: Vec<Finding>) -> ExchangeRow<'a> {
    let finding = |Finding { rule, said, remedies, source }| {
        let remedies = remedies.into_iter().map(crate::model::Remedy::word).collect();
        FindingRow { rule, said, remedies, source }
    };
    ExchangeRow {
        seq: exchange.seq,
        connection: exchange.connection.0,
        at: format!("{:.6}", exchange.at),
        command: exchange.command.as_deref(),
        code: exchange.code(),
        reply: exchange.text(),
        explanation: explanation.map(row),
        findings: found.into_iter().map(finding).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::output::tests::Kept;

    fn said(subject: &str, json: bool) -> Result<String, Stop> {
        let kept = Kept::default();
        let mut results = Results::to(kept.clone(), false);
        explain(&mut results, subject, json)?;
        results.flush();
        Ok(kept.text())
    }

    const LOG: &str = r#"{"seq":1,"at":"2026-01-02T03:04:05.6Z","connection":1,"direction":"received","code":220,"text":"220 hi","raw":null,"transfer":null}
{"seq":2,"at":"2026-01-02T03:04:05.7Z","connection":1,"direction":"sent","code":null,"text":"RETR x","raw":null,"transfer":4}
{"seq":3,"at":"2026-01-02T03:04:05.8Z","connection":1,"direction":"received","code":550,"text":"550 No such file","raw":null,"transfer":4}
{"seq":4,"at":"2026-01-02T03:04:06.7Z","connection":1,"direction":"sent","code":null,"text":"STOR y","raw":null,"transfer":null}
{"seq":5,"at":"2026-01-02T03:04:06.8Z","connection":1,"direction":"received","code":150,"text":"150 go","raw":null,"transfer":null}
"#;

    #[test]
    fn a_code_is_explained() {
        let text = said("550", false).unwrap();
        assert!(text.starts_with("550: not there, or not allowed\nWhat it means: "), "{text}");
        assert!(text.contains("\nFirst digit: ") && text.contains("\nSecond digit: "), "{text}");
        assert!(said("459", false).unwrap().starts_with("459: transient negative\nFirst digit: "));
        let row: serde_json::Value = serde_json::from_str(&said("227", true).unwrap()).unwrap();
        assert_eq!((row["code"].as_u64(), row["name"].as_str()), (Some(227), Some("passive mode")));
        assert!(matches!(said("999", false), Err(Stop::Usage(_))));
    }

    #[test]
    fn a_log_is_explained() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.jsonl");
        std::fs::write(&path, LOG).unwrap();
        let text = said(path.to_str().unwrap(), false).unwrap();
        assert!(text.contains("Server answered 550, not there, or not allowed, to RETR x, after 100 ms"), "{text}");
        assert!(text.contains("What happened: There is nothing of this name.\n  What to do: List the folder again."));
        assert!(text.contains("Server has not answered STOR y") && text.contains("may be a part"), "{text}");
        let rows: Vec<serde_json::Value> =
            said(path.to_str().unwrap(), true).unwrap().lines().map(|row| serde_json::from_str(row).unwrap()).collect();
        assert_eq!((rows[0]["findings"][0]["rule"].as_str(), rows.len()), (Some("file-refused"), 2));
        std::fs::write(&path, include_str!("../../tests/data/logs/lftp.txt")).unwrap();
        let text = said(path.to_str().unwrap(), false).unwrap();
        assert!(
            text.starts_with("Server answered 550, not there, or not allowed, to SIZE absent.zip, on connection 1\n")
        );
        assert!(text.contains("to MKD a, on connection 1") && !text.contains("s3cret"), "{text}");
        std::fs::write(&path, "no log\n").unwrap();
        assert!(matches!(said(path.to_str().unwrap(), false), Err(Stop::Local(_))));
        assert!(matches!(said("/nowhere/at/all", false), Err(Stop::Usage(_))));
        std::fs::write(&path, LOG.lines().next().unwrap()).unwrap();
        assert_eq!(said(path.to_str().unwrap(), false).unwrap(), "Nothing to explain (lines read: 1).\n");
    }
}
