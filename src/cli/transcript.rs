//! `--transcript`: every line of every control connection as JSON lines.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::output::complain;
use crate::model::{ConnectionId, Direction, Line, TransferId};

/// Writes lines as they come, each at once: after a crash all that happened is in the file.
pub struct TranscriptFile {
    stream: Box<dyn Write + Send>,
    name: String,
    broken: bool,
}

/// A line as the contract has it.
#[derive(Serialize)]
struct Row<'a> {
    seq: u64,
    at: String,
    connection: u32,
    direction: &'static str,
    code: Option<u16>,
    text: &'a str,
    raw: Option<String>,
    transfer: Option<u64>,
}

impl TranscriptFile {
    /// Begins `path` anew; `-` is standard error.
    pub fn create(path: &Path) -> io::Result<Self> {
        let stream: Box<dyn Write + Send> =
            if path == Path::new("-") { Box::new(io::stderr()) } else { Box::new(File::create(path)?) };
        Ok(Self { stream, name: path.display().to_string(), broken: false })
    }

    /// Adds a line. The first that cannot be written is told, the rest is dropped: transfers matter more.
    pub fn write(&mut self, line: &Line) {
        if self.broken {
            return;
        }
        if let Err(error) = self.stream.write_all(&encode(line)).and_then(|()| self.stream.flush()) {
            self.broken = true;
            complain(&format!("could not write the transcript to {}: {error}", self.name));
        }
    }
}

fn encode(line: &Line) -> Vec<u8> {
    let row = Row {
        seq: line.seq,
        at: format!("{:.6}", line.at),
        connection: line.connection.0,
        direction: match line.direction {
            Direction::Sent => "sent",
            Direction::Received => "received",
            Direction::Note => "note",
        },
        code: line.code,
        text: &line.text,
        raw: line.raw.as_deref().map(|raw| STANDARD.encode(raw)),
        transfer: line.transfer.map(|id| id.0),
    };
    let mut bytes = serde_json::to_vec(&row).unwrap_or_default();
    bytes.push(b'\n');
    bytes
}

/// What a line must have to be read again.
#[derive(Deserialize)]
struct Written {
    seq: u64,
    at: Timestamp,
    connection: u32,
    direction: String,
    code: Option<u16>,
    text: String,
    raw: Option<String>,
    transfer: Option<u64>,
}

/// Reads a line that was written by [`TranscriptFile`].
pub(super) fn decode(line: &[u8]) -> Option<Line> {
    let Written { seq, at, connection, direction, code, text, raw, transfer } = serde_json::from_slice(line).ok()?;
    let direction = match direction.as_str() {
        "sent" => Direction::Sent,
        "received" => Direction::Received,
        "note" => Direction::Note,
        _ => return None,
    };
    let raw = raw.and_then(|raw| STANDARD.decode(raw).ok()).map(Vec::into_boxed_slice);
    let (connection, transfer) = (ConnectionId(connection), transfer.map(TransferId));
    Some(Line { seq, at, connection, direction, code, text, raw, transfer })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_exactly_the_fields_of_the_contract() {
        let mut line = Line {
            seq: 7,
            at: "2026-01-02T03:04:05.6Z".parse().unwrap(),
            connection: ConnectionId(2),
            direction: Direction::Received,
            code: Some(550),
            text: "550 caf\u{fffd}".to_owned(),
            raw: Some(b"550 caf\xe9"[..].into()),
            transfer: Some(TransferId(9)),
        };
        assert_eq!(
            String::from_utf8(encode(&line)).unwrap(),
            "{\"seq\":7,\"at\":\"2026-01-02T03:04:05.600000Z\",\"connection\":2,\"direction\":\"received\",\
             \"code\":550,\"text\":\"550 caf\u{fffd}\",\"raw\":\"NTUwIGNhZuk=\",\"transfer\":9}\n"
        );
        assert_eq!(decode(&encode(&line)), Some(line.clone()));
        line = Line {
            direction: Direction::Sent,
            code: None,
            text: "PASS ****".into(),
            raw: None,
            transfer: None,
            ..line
        };
        assert!(String::from_utf8(encode(&line)).unwrap().ends_with(
            "\"direction\":\"sent\",\"code\":null,\"text\":\"PASS ****\",\"raw\":null,\"transfer\":null}\n"
        ));
    }

    #[test]
    fn every_line_is_in_the_file_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.jsonl");
        let mut file = TranscriptFile::create(&path).unwrap();
        let line = Line {
            seq: 1,
            at: "2026-01-02T03:04:05Z".parse().unwrap(),
            connection: ConnectionId(1),
            direction: Direction::Note,
            code: None,
            text: "x".to_owned(),
            raw: None,
            transfer: None,
        };
        file.write(&line);
        assert_eq!(std::fs::read_to_string(&path).unwrap().lines().count(), 1);
    }
}
