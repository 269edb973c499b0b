//! A line of the transcript as one line of JSON, as `--transcript` writes it and as logs are kept and exchanged.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::transcript::{ConnectionId, Direction, Line};
use super::transfer::TransferId;
use super::visible::escaped;

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

/// `line` with the line feed behind it.
pub fn encode(line: &Line) -> Vec<u8> {
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
    let mut bytes = escaped(serde_json::to_vec(&row).unwrap_or_default());
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

/// Reads what [`encode`] wrote.
pub fn decode(line: &str) -> Option<Line> {
    let Written { seq, at, connection, direction, code, text, raw, transfer } = serde_json::from_str(line).ok()?;
    let direction = match direction.as_str() {
        "sent" => Direction::Sent,
        "received" => Direction::Received,
        "note" => Direction::Note,
        _ => return None,
    };
    // A file can say anything; what is drawn as a code is taken off the text.
    let code = code.filter(|code| text.get(..3) == Some(format!("{code:03}").as_str()));
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
        assert_eq!(decode(&String::from_utf8(encode(&line)).unwrap()), Some(line.clone()));
        let strange = String::from_utf8(encode(&Line { text: "2\u{fffd}50 caf".to_owned(), ..line.clone() })).unwrap();
        assert_eq!(decode(&strange).unwrap().code, None, "it is not the text's");
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
}
