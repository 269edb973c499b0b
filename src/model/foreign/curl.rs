//! `curl -v`: `> ` sent, `< ` received, `* ` notes, `{ ` and `} ` data; in front, by choice, a time (`--trace-time`) and the
//! numbers of transfer and connection (`--trace-ids`).

use super::{Told, When, time};
use crate::model::transcript::Direction;

pub(super) fn parse(line: &str) -> Option<Told<'_>> {
    let (when, rest) = time(line).map_or((When::Unsaid, line), |(time, rest)| (When::Time(time), rest));
    let (lane, rest) = match rest.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((ids, rest)) if ids.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'x')) => {
            (ids.split_once('-').map_or("", |(_, connection)| connection), rest)
        }
        _ => ("", rest),
    };
    let lane = if lane.bytes().all(|byte| byte.is_ascii_digit()) { lane } else { "" };
    let direction = match rest.split_at_checked(2)?.0 {
        "> " => Direction::Sent,
        "< " => Direction::Received,
        "* " => Direction::Note,
        _ if rest.starts_with("curl: (") => {
            return Some(Told { lane, when, direction: Direction::Note, text: rest, begins: false });
        }
        _ => return None,
    };
    // WinSCP puts its marks in front of the date.
    if super::moment(&rest[2..]).is_some() {
        return None;
    }
    let text = if direction == Direction::Note { rest[2..].trim_start() } else { &rest[2..] };
    Some(Told { lane, when, direction, text, begins: false })
}
