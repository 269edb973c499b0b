//! What single lines of a log tell of connections and files.

use std::net::{IpAddr, SocketAddr};

use super::{Data, DataEnd, DataTls};
use crate::model::transcript::{Direction, Line};

/// The longest time that a log is believed to tell of: thirty years.
const MOST_MILLISECONDS: i64 = 1_000_000_000_000;

/// ` type=file;size=1024; name`: the facts end at a space, and the name may hold anything (RFC 3659 7.2).
pub(super) fn size_fact(line: &str) -> Option<u64> {
    let facts = line.trim_start().split(' ').next()?;
    facts
        .split(';')
        .filter_map(|fact| fact.split_once('='))
        .find(|(fact, _)| fact.eq_ignore_ascii_case("size"))?
        .1
        .parse()
        .ok()
}

/// `Connecting to 192.0.2.1:21...`, `Connecting to host (192.0.2.1) port 21`: the same in logs of other programs.
pub(super) fn connecting(note: &str) -> Option<IpAddr> {
    let rest = note.strip_prefix("Connecting to ").or_else(|| note.strip_prefix("Connected to "))?;
    let ends = |c: char| c.is_whitespace() || matches!(c, '(' | ')');
    rest.split(ends).find_map(|word| {
        let word = word.trim_end_matches('.');
        word.parse().or_else(|_| word.parse().map(|address: SocketAddr| address.ip())).ok()
    })
}

/// `Connected to 192.0.2.1:21 in 3 ms`: whom a log says that it is with, and how long that took.
pub(super) fn connected(note: &str) -> Option<(Option<IpAddr>, i64)> {
    let rest = note.strip_prefix("Connected to ")?;
    let address = rest.split(' ').next()?;
    let took = rest.rsplit_once(" in ").and_then(|(_, took)| milliseconds(took));
    let address = address.parse::<SocketAddr>().ok().map(|address| address.ip().to_canonical());
    // With neither, another program says it, of a data connection too.
    (address.is_some() || took.is_some()).then(|| (address, took.unwrap_or(0)))
}

/// `3 ms`, and perhaps more. A log can say anything: what no transfer takes is not believed.
fn milliseconds(text: &str) -> Option<i64> {
    let (number, _) = text.split_once(" ms")?;
    number.parse().ok().filter(|number| (0..=MOST_MILLISECONDS).contains(number))
}

/// `Data connection to 192.0.2.1:5000 is open after 3 ms`, `Data connection from 192.0.2.1:20 is open`.
pub(super) fn data_open(line: &Line) -> Option<Data> {
    let rest = line.text.strip_prefix("Data connection ")?;
    let (active, rest) = match rest.strip_prefix("from ") {
        Some(rest) => (true, rest),
        None => (false, rest.strip_prefix("to ")?),
    };
    let (with, rest) = rest.split_once(" is open")?;
    let connecting = rest.strip_prefix(" after ").and_then(milliseconds).unwrap_or(0);
    Some(Data { with: with.to_owned(), active, opened: Some(line.at), connecting, ..Data::default() })
}

/// Whether a note tells that a data connection could not be made: `No data connection: 192.0.2.1:5000: Connection refused`.
pub fn is_unmade(line: &Line) -> bool {
    line.direction == Direction::Note && line.text.starts_with("No data connection: ")
}

/// `Data connection: 12 bytes in 3 ms, first after 2 ms, TLS 1.3, session resumed, TLS13_AES_128_GCM_SHA256 in 1 ms`, or
/// why it failed: what a log says of a data connection's end.
pub(super) fn data_end(line: &Line) -> Option<DataEnd> {
    let said = line.text.strip_prefix("Data connection: ")?;
    let parts: Vec<&str> = said.split(", ").collect();
    let numbers = parts[0].split_once(" bytes in ");
    let numbers = numbers.and_then(|(bytes, took)| Some((bytes.parse().ok()?, milliseconds(took)?)));
    let session = parts.iter().position(|part| part.starts_with("session "));
    let tls = session.filter(|session| *session > 0).map(|session| {
        let cipher = parts.get(session + 1).and_then(|part| part.split_once(" in "));
        DataTls {
            version: parts[session - 1].to_owned(),
            cipher: cipher.map_or_else(String::new, |(cipher, _)| cipher.to_owned()),
            resumed: parts[session] == "session resumed",
            handshake: cipher.and_then(|(_, took)| milliseconds(took)).unwrap_or(0),
        }
    });
    let (bytes, took) = numbers.unwrap_or((0, 0));
    Some(DataEnd {
        at: line.at,
        took,
        bytes,
        first: parts.iter().find_map(|part| part.strip_prefix("first after ")).and_then(milliseconds),
        fault: numbers.is_none().then(|| parts[..session.map_or(parts.len(), |at| at.saturating_sub(1))].join(", ")),
        tls,
        clean: numbers.is_some() && !said.contains(", ended without close_notify"),
        enough: numbers.is_some() && said.ends_with(", ended behind the range that was wanted"),
    })
}
