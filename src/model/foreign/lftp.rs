//! lftp's debug output: `---> ` sent, `<--- ` received, `---- ` and `**** ` notes; in front, by choice, the process in
//! brackets, a time and a context. And `ftp -d`, which prints what it sends in the same way and replies as they come.

use super::{Told, When, code, moment};
use crate::model::transcript::Direction;

const MARKS: [(&str, Direction); 4] = [
    ("---> ", Direction::Sent),
    ("<--- ", Direction::Received),
    ("---- ", Direction::Note),
    ("**** ", Direction::Note),
];

pub(super) fn parse(line: &str) -> Option<Told<'_>> {
    let (lane, rest) = match line.strip_prefix('[').and_then(|rest| rest.split_once("] ")) {
        Some((process, rest)) if process.bytes().all(|byte| byte.is_ascii_digit()) => (process, rest),
        _ => ("", line),
    };
    let (when, rest) = moment(rest).map_or((When::Unsaid, rest), |(moment, rest)| (When::Moment(moment), rest));
    let marked = |text: &str| MARKS.iter().find(|(mark, _)| text.starts_with(*mark)).copied();
    if let Some((mark, direction)) = marked(rest) {
        return Some(tell(lane, when, direction, &rest[mark.len()..]));
    }
    // The context has no blanks, and stands behind a process or a time only.
    let (context, behind) = rest.split_once(' ').filter(|_| !lane.is_empty() || when != When::Unsaid)?;
    let (mark, direction) = marked(behind)?;
    let lane = if lane.is_empty() { context } else { lane };
    Some(tell(lane, when, direction, &behind[mark.len()..]))
}

fn tell<'a>(lane: &'a str, when: When, direction: Direction, text: &'a str) -> Told<'a> {
    // Of data it says "Connecting data socket to".
    let begins = direction == Direction::Note && text.starts_with("Connecting to ");
    Told { lane, when, direction, text, begins }
}

/// What ftp says itself.
const NOTES: [&str; 4] = ["Connected to ", "Trying ", "ftp: ", "local: "];

pub(super) fn parse_ftp(line: &str) -> Option<Told<'_>> {
    let (direction, text) = if let Some(text) = line.strip_prefix("---> ") {
        (Direction::Sent, text)
    } else if code(line).is_some() {
        (Direction::Received, line)
    } else if NOTES.iter().any(|note| line.starts_with(note))
        || line.contains(" bytes received in ")
        || line.contains(" bytes sent in ")
    {
        (Direction::Note, line)
    } else {
        // The lines between the first and the last of a reply, if it is not what a listing prints.
        (Direction::Received, line.strip_prefix(' ').filter(|_| line.len() < 200).map(|_| line)?)
    };
    let begins = direction == Direction::Note && text.starts_with("Connected to ");
    Some(Told { lane: "", when: When::Unsaid, direction, text, begins })
}
