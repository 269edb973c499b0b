//! Logs that were written down, ours and those of other programs, as lines of a transcript.
//!
//! [`Lines`] finds out who wrote a log, and turns its lines into ours one by one. What other programs leave in
//! the clear is hidden on the way: `curl -v` and lftp log passwords.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Chain, Cursor, Read};

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::json_line;
use super::transcript::{ConnectionId, Direction, Line};

mod curl;
mod filezilla;
mod lftp;
mod ours;
mod secret;
mod winscp;

use self::secret::Secrets;

/// Bytes at the beginning of a log that tell who wrote it.
const HEAD: u64 = 256 * 1024;
/// Bytes of a line of another program's log that are read, at most.
const LONGEST: usize = 64 * 1024;
/// Bytes of a line that are taken into memory, at most.
const MOST_BYTES: u64 = 1024 * 1024;
/// Most connections of a log that are told apart.
const MOST_CONNECTIONS: usize = 10_000;

/// Who writes logs that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Program {
    /// Our JSON lines.
    Longshore,
    /// Our lines as text, as they are copied and exported.
    LongshoreText,
    /// FileZilla's log file, and lines copied from its window.
    FileZilla,
    /// WinSCP's session log.
    WinScp,
    /// lftp's `debug`.
    Lftp,
    /// `curl -v`, with or without `--trace-time`.
    Curl,
    /// `ftp -d` of the BSDs and of Linux.
    Ftp,
}

impl Program {
    /// All, the stricter first: the first of two that read equally many lines has it.
    const ALL: [Self; 7] =
        [Self::Longshore, Self::LongshoreText, Self::FileZilla, Self::WinScp, Self::Lftp, Self::Curl, Self::Ftp];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Longshore | Self::LongshoreText => "Longshore",
            Self::FileZilla => "FileZilla",
            Self::WinScp => "WinSCP",
            Self::Lftp => "lftp",
            Self::Curl => "curl",
            Self::Ftp => "ftp",
        }
    }

    fn parse(self, line: &str) -> Option<Told<'_>> {
        match self {
            Self::Longshore => None,
            Self::LongshoreText => ours::parse(line),
            Self::FileZilla => filezilla::parse(line),
            Self::WinScp => winscp::parse(line),
            Self::Lftp => lftp::parse(line),
            Self::Curl => curl::parse(line),
            Self::Ftp => lftp::parse_ftp(line),
        }
    }

    /// Which way `line` went if it wrote it, and whether that is beyond doubt in a log of one line.
    fn wrote(self, line: &str) -> Option<(Direction, bool)> {
        match self {
            Self::Longshore => json_line::decode(line).map(|line| (line.direction, true)),
            Self::LongshoreText => self.parse(line).map(|told| (told.direction, true)),
            _ => self.parse(line).map(|told| (told.direction, false)),
        }
    }

    /// How many commands and replies of `lines` it wrote; none unless replies are among them, and commands where replies
    /// have no mark of their own.
    fn count(self, lines: &[&str]) -> usize {
        let (mut sent, mut received, mut sure) = (0, 0, 0);
        for (direction, certain) in lines.iter().filter_map(|line| self.wrote(cut(line.trim_end()))) {
            match direction {
                _ if certain => sure += 1,
                Direction::Sent => sent += 1,
                Direction::Received => received += 1,
                Direction::Note => {}
            }
        }
        let enough = received > 0 && (self != Self::Ftp || sent > 0);
        sure + if enough { sent + received } else { 0 }
    }
}

/// What a line of a log tells.
#[derive(Debug)]
struct Told<'a> {
    /// What its program tells its connections apart by; empty where it does not.
    lane: &'a str,
    when: When,
    direction: Direction,
    text: &'a str,
    /// Whether a control connection begins with it.
    begins: bool,
}

/// What a log says of the time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    Unsaid,
    /// In some zone: that of the machine, for all that is known.
    Time(Time),
    Moment(DateTime),
}

/// Who wrote the log that begins with `head`.
fn detect(head: &str) -> Option<Program> {
    let lines: Vec<&str> = head.trim_start_matches('\u{feff}').lines().collect();
    let counts = Program::ALL.iter().map(|program| (program.count(&lines), *program));
    let best = counts.rev().max_by_key(|(count, _)| *count)?;
    (best.0 > 0).then_some(best.1)
}

/// The lines of one log, read one by one from its text.
#[derive(Debug)]
pub struct Lines<R> {
    text: Chain<Cursor<Vec<u8>>, R>,
    reader: Reader,
    bytes: Vec<u8>,
    unread: u64,
}

impl<R: BufRead> Lines<R> {
    /// Of `text`, whose times are of `zone`; where it tells no day, it begins on `day`. `None`: it is no log that can be
    /// read. An empty one is ours.
    pub fn of(mut text: R, zone: TimeZone, day: Date) -> io::Result<Option<Self>> {
        let mut head = Vec::new();
        text.by_ref().take(HEAD).read_to_end(&mut head)?;
        let found = if head.is_empty() { Some(Program::Longshore) } else { detect(&String::from_utf8_lossy(&head)) };
        let begun = head.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec).unwrap_or(head);
        Ok(found.map(|program| Self {
            text: Cursor::new(begun).chain(text),
            reader: Reader::new(program, zone, day),
            bytes: Vec::new(),
            unread: 0,
        }))
    }

    /// Who wrote it.
    pub fn program(&self) -> Program {
        self.reader.program
    }

    /// Lines so far that are no part of a dialogue.
    pub fn unread(&self) -> u64 {
        self.unread
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = io::Result<Line>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            self.bytes.clear();
            match self.text.by_ref().take(MOST_BYTES).read_until(b'\n', &mut self.bytes) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(error)),
            }
            match self.reader.read(&String::from_utf8_lossy(&self.bytes)) {
                Some(line) => return Some(Ok(line)),
                None => self.unread += 1,
            }
        }
    }
}

/// What is remembered of a connection between two lines.
#[derive(Debug)]
struct Lane {
    connection: ConnectionId,
    /// Whether it has begun to talk.
    begun: bool,
    /// Commands without a final reply.
    owed: usize,
    /// The code of a reply of several lines that is not at its end.
    open: Option<u16>,
}

/// Reads lines in their order.
#[derive(Debug)]
struct Reader {
    program: Program,
    zone: TimeZone,
    /// The day of the newest line, as far as it is known.
    day: Date,
    time: Option<Time>,
    lanes: BTreeMap<String, Lane>,
    connections: u32,
    lines: u64,
    secrets: Secrets,
    /// The newest line of a reply, where it might be told twice.
    told: String,
}

impl Reader {
    /// Of a log by `program`, whose times are of `zone`; where it tells no day, it begins on `day`.
    fn new(program: Program, zone: TimeZone, day: Date) -> Self {
        let (lanes, secrets) = (BTreeMap::new(), Secrets::default());
        Self { program, zone, day, time: None, lanes, connections: 0, lines: 0, secrets, told: String::new() }
    }

    /// Reads the next line; `None`: it is nothing that crossed a control connection, nor a note.
    fn read(&mut self, line: &str) -> Option<Line> {
        let line = cut(line.trim_end_matches(['\r', '\n']));
        if self.program == Program::Longshore {
            return json_line::decode(line);
        }
        let told = self.program.parse(line)?;
        if self.repeats(&told) {
            return None;
        }
        let at = self.moment(told.when);
        let text = self.secrets.hide(told.direction, told.text);
        let (connection, code) = self.place(&told);
        self.lines += 1;
        let (seq, direction) = (self.lines, told.direction);
        Some(Line { seq, at, connection, direction, code, text, raw: None, transfer: None })
    }

    /// Whether it is a reply that was told already: some `ftp` print the one that they read an address from twice.
    fn repeats(&mut self, told: &Told<'_>) -> bool {
        if self.program != Program::Ftp || told.direction != Direction::Received {
            return false;
        }
        let settled = self.lanes.get(told.lane).is_some_and(|lane| lane.owed == 0 && lane.open.is_none());
        let repeats = settled && told.text.starts_with("229 ") && told.text == self.told;
        told.text.clone_into(&mut self.told);
        repeats
    }

    /// The connection of a line, and its code if it is the first of a reply.
    fn place(&mut self, told: &Told<'_>) -> (ConnectionId, Option<u16>) {
        let code = code(told.text).filter(|_| told.direction == Direction::Received);
        let lane = self.lanes.get(told.lane);
        let greeted = |lane: &Lane| lane.begun && lane.owed == 0 && lane.open.is_none() && code == Some(220);
        if lane.is_none_or(|lane| told.begins && lane.begun || greeted(lane)) {
            if self.lanes.len() >= MOST_CONNECTIONS {
                self.lanes.pop_first();
            }
            self.connections += 1;
            let connection = ConnectionId(self.connections);
            self.lanes.insert(told.lane.to_owned(), Lane { connection, begun: false, owed: 0, open: None });
        }
        let Some(lane) = self.lanes.get_mut(told.lane) else { return (ConnectionId(self.connections), None) };
        if told.direction == Direction::Note {
            return (lane.connection, None);
        }
        lane.begun = true;
        if told.direction == Direction::Sent {
            lane.owed += 1;
            return (lane.connection, None);
        }
        if let Some(open) = lane.open {
            let ends = code == Some(open) && !told.text[3..].starts_with('-');
            lane.open = lane.open.filter(|_| !ends);
            return (lane.connection, None);
        }
        if let Some(code) = code {
            lane.open = told.text[3..].starts_with('-').then_some(code);
            lane.owed = if code < 200 { lane.owed } else { lane.owed.saturating_sub(1) };
        }
        (lane.connection, code)
    }

    fn moment(&mut self, when: When) -> Timestamp {
        let moment = match when {
            When::Unsaid => return super::transcript::UNTIMED,
            When::Moment(moment) => moment,
            When::Time(time) => {
                // A clock that goes back by most of a day has passed midnight.
                let back = self.time.map_or(SignedDuration::ZERO, |last| last.duration_since(time));
                if back > SignedDuration::from_hours(12) {
                    self.day = self.day.tomorrow().unwrap_or(self.day);
                }
                self.time = Some(time);
                self.day.to_datetime(time)
            }
        };
        moment.to_zoned(self.zone.clone()).map_or(super::transcript::UNTIMED, |zoned| zoned.timestamp())
    }
}

/// The code that a line of a reply begins with.
fn code(text: &str) -> Option<u16> {
    let digits = text.get(..3).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let ends = text[3..].is_empty() || text[3..].starts_with([' ', '-']);
    digits.parse().ok().filter(|code| ends && (100..700).contains(code))
}

/// The line, or as much of it as is read.
fn cut(line: &str) -> &str {
    &line[..line.floor_char_boundary(LONGEST)]
}

/// `HH:MM:SS`, with any fraction, at the beginning of `text`; and what stands behind it and a blank.
fn time(text: &str) -> Option<(Time, &str)> {
    let (word, rest) = text.split_once([' ', '\t'])?;
    let looks = word.len() >= 8 && word.as_bytes()[2] == b':' && word.as_bytes()[5] == b':';
    Some((word.parse().ok().filter(|_| looks)?, rest))
}

/// `YYYY-MM-DD HH:MM:SS`, with any fraction, at the beginning of `text`; and what stands behind it and a blank.
fn moment(text: &str) -> Option<(DateTime, &str)> {
    let (word, rest) = text.split_once(' ')?;
    let looks = word.len() == 10 && word.as_bytes()[4] == b'-';
    let date: Date = if looks { word.parse().ok()? } else { return None };
    let (time, rest) = time(rest)?;
    Some((date.to_datetime(time), rest))
}

#[cfg(test)]
mod tests;
