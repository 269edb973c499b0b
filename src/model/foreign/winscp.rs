//! WinSCP's session log: `< 2026-11-29 09:33:45.123 220 hello`, with `>` sent, `<` received, `.` a note and `!` an error.

use super::{Told, When, moment};
use crate::model::transcript::Direction;

pub(super) fn parse(line: &str) -> Option<Told<'_>> {
    let direction = match line.split_at_checked(2)?.0 {
        "> " => Direction::Sent,
        "< " => Direction::Received,
        ". " | "! " | "* " => Direction::Note,
        _ => return None,
    };
    let (moment, text) = moment(&line[2..])?;
    // A line of dashes, between the parts of the log's head.
    if text.is_empty() || direction == Direction::Note && text.bytes().all(|byte| byte == b'-') {
        return None;
    }
    // Of data it says "Connecting to" as well.
    let begins = direction == Direction::Note && text.ends_with("Waiting for welcome message...");
    Some(Told { lane: "", when: When::Moment(moment), direction, text, begins })
}
