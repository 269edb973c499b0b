//! Logs that anybody wrote: whatever is in them, they are read within bounds, explained, compared and exported.

use jiff::civil::date;
use jiff::tz::TimeZone;

use super::model::compare::{Alike, compare};
use super::model::explain::{findings, sentence};
use super::model::export::export;
use super::model::foreign::Lines;
use super::model::log_filter::Filter;
use super::model::stage::{extent, stages};
use super::model::{Format, Line, Log, Masks, code, json_line};

/// A character that is none takes so many bytes as text.
const REPLACED: usize = 3;
/// What is asked of every log.
const FILTERS: [&str; 4] = ["is:error", "took:>1ms -verb:NOOP", "bytes:>=0 rate", "/2[0-9]+/"];

/// Reads `bytes` as a log, and does with it all that the program does.
pub fn log(bytes: &[u8]) {
    let Ok(Some(mut lines)) = Lines::of(bytes, TimeZone::UTC, date(2024, 2, 29)) else { return };
    let read: Vec<Line> = lines.by_ref().map(|line| line.expect("memory does not fail")).collect();
    assert!(read.len() <= bytes.len() && lines.unread() <= bytes.len() as u64);
    let text: usize = read.iter().map(|line| line.text.len()).sum();
    assert!(text <= REPLACED * bytes.len() + 4 * read.len(), "{text} bytes of text from {}", bytes.len());
    for line in &read {
        assert!(!line.text.contains('\n'), "{line:?}");
        let encoded = String::from_utf8(json_line::encode(line)).expect("it is text");
        let again = json_line::decode(encoded.trim_end()).expect("ours can be read");
        assert_eq!((again.text.as_str(), again.direction, again.code), (line.text.as_str(), line.direction, line.code));
    }
    let log = Log::of(read);
    let exchanges = log.exchanges();
    for number in exchanges.numbers() {
        let exchange = exchanges.get(number).expect("it is there");
        let stages = stages(exchange);
        assert!(stages.windows(2).all(|two| two[0].to <= two[1].from), "{stages:?}");
        let (from, to) = extent(exchange);
        assert!(from <= 0 && to >= 0, "{from} to {to}");
        let _ = (exchange.wait(), exchange.took(), exchange.data.as_deref().and_then(|data| data.rate()));
        let _ = (findings(exchange, exchanges.before(number)), sentence(exchange), exchange.code().map(code::explain));
        assert!(log.lines_of(number).next().is_some(), "an exchange has a line");
    }
    for filter in FILTERS {
        let passing = log.passing(&Filter::parse(filter).expect("it is right"));
        assert!(passing.iter().all(|index| *index < log.lines().len()));
    }
    let pairs = compare(exchanges, exchanges);
    assert!(pairs.iter().all(|pair| pair.alike == Alike::Same) && pairs.len() == exchanges.iter().len());
    let all: Vec<usize> = (0..log.lines().len()).collect();
    let masks = Masks { host: true, user: true, path: true };
    for format in Format::ALL {
        let _ = (
            export(&log, &all, format, masks, &TimeZone::UTC),
            export(&log, &all, format, Masks::default(), &TimeZone::UTC),
        );
    }
}
