//! Our own lines as text: `2026-11-29 09:33:45.123 1 ← 220 hello`, or without the date as they are copied from the window.

use super::{Told, When, moment, time};
use crate::model::transcript::Direction;

pub(super) fn parse(line: &str) -> Option<Told<'_>> {
    let (when, rest) = match (moment(line), time(line)) {
        (Some((moment, rest)), _) => (When::Moment(moment), rest),
        (None, Some((time, rest))) => (When::Time(time), rest),
        // Of a log that tells no times.
        (None, None) => (When::Unsaid, line.strip_prefix("- ").unwrap_or(line)),
    };
    let (connection, rest) = rest.trim_start().split_once(' ')?;
    connection.parse::<u32>().ok()?;
    let (arrow, text) = rest.split_once(' ')?;
    let direction = match arrow {
        "→" => Direction::Sent,
        "←" => Direction::Received,
        "·" => Direction::Note,
        _ => return None,
    };
    Some(Told { lane: connection, when, direction, text, begins: false })
}
