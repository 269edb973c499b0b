//! What is in a directory.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::DateTime;

use super::path::{RemotePath, decode_utf8};

/// A directory of the server, as it was at one moment. Handed around as `Arc<Listing>`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// The directory.
    pub path: RemotePath,
    /// Its entries in the server's order, without `.` and `..`.
    pub entries: Vec<Entry>,
    /// Which command and dialect it was read from, such as `MLSD` or `LIST (Unix)`.
    pub dialect: String,
    /// What is left out of the entries.
    pub refused: Vec<LeftOut>,
    /// When it was received.
    pub at: Timestamp,
    /// What the server printed.
    pub raw: RawListing,
    /// A charset by its WHATWG label that seems to fit, where names are not UTF-8 and no charset was set.
    pub guess: Option<&'static str>,
}

/// A line of a listing that is no entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// As it is in the listing.
    pub line: String,
    /// It was read, and its name must not be used: it would leave the folder. Else nobody can read it, or it is forged.
    pub is_read: bool,
}

/// So many bytes of a listing's text are kept: twice what 100,000 usual lines have.
pub const MAX_RAW: usize = 16 * 1024 * 1024;

/// The text of a listing, and where its entries stand in it: two numbers an entry, and no line is copied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RawListing {
    text: Vec<u8>,
    spans: Vec<Span>,
}

/// Where the line of an entry begins in the listing's text, and how many bytes it has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Span {
    /// In bytes from the text's beginning.
    pub start: u32,
    /// Without the line's end; of the first line, where an entry has several.
    pub length: u32,
}

impl RawListing {
    /// `spans` are the entries', in their order. A text of more than [`MAX_RAW`] bytes is not kept.
    pub fn new(text: Vec<u8>, spans: Vec<Span>) -> Self {
        if text.len() > MAX_RAW { Self::default() } else { Self { text, spans } }
    }

    /// The line that `Listing::entries[index]` was read from, decoded without loss (`path::decode_utf8`).
    pub fn line(&self, index: usize) -> Option<String> {
        let Span { start, length } = *self.spans.get(index)?;
        let start = usize::try_from(start).ok()?;
        let end = start.checked_add(usize::try_from(length).ok()?)?;
        self.text.get(start..end).map(decode_utf8)
    }
}

/// A directory of this machine, as it was at one moment. Names are decoded without loss (`path::decode_utf8`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalListing {
    /// The directory.
    pub path: PathBuf,
    /// Its entries, without `.` and `..`.
    pub entries: Vec<Entry>,
}

/// One entry of a directory. What the server did not say is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// One component; may hold the private characters of `path::escape_byte`.
    pub name: String,
    /// What it is.
    pub kind: Kind,
    /// In bytes.
    pub size: Option<u64>,
    /// Whether `size` is only about right: `33.5k`, or a number of blocks. No copy is complete or not because of it.
    pub rounded: bool,
    /// When it was last changed.
    pub modified: Option<Modified>,
    /// As the server wrote them (`rwxr-xr-x`, `0644`), without the kind's letter.
    pub permissions: Option<Arc<str>>,
    /// Name or number; most entries of a folder share it.
    pub owner: Option<Arc<str>>,
    /// Name or number.
    pub group: Option<Arc<str>>,
    /// Where a link points, as the server wrote it.
    pub target: Option<Box<str>>,
    /// For a link: whether it leads to a directory, where that is known.
    pub to_directory: Option<bool>,
    /// Facts of MLSD that have no field here, as the server wrote them: `perm=adfr;unique=1U7`.
    pub facts: Option<Box<str>>,
}

impl Entry {
    /// An entry of which only the name and the kind are known.
    pub fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self {
            name: name.into(),
            kind,
            size: None,
            rounded: false,
            modified: None,
            permissions: None,
            owner: None,
            group: None,
            target: None,
            to_directory: None,
            facts: None,
        }
    }

    /// In bytes, where it is known to the byte.
    pub fn exact_size(&self) -> Option<u64> {
        self.size.filter(|_| !self.rounded)
    }

    /// What names the file itself, whatever its name, where the server says that (RFC 3659 7.5.7): a link shown as a folder
    /// has that of the folder. With its time, because not every server keeps them apart.
    pub fn identity(&self) -> Option<String> {
        let unique = self.facts.as_deref()?.split(';').find_map(|fact| {
            let (name, value) = fact.split_once('=')?;
            (name.eq_ignore_ascii_case("unique") && !value.is_empty()).then_some(value)
        })?;
        Some(format!("{unique} {}", self.modified?.at))
    }

    /// Whether one can go into it: a directory, or a link that may lead to one.
    pub fn is_directory(&self) -> bool {
        self.kind == Kind::Directory || (self.kind == Kind::Link && self.to_directory == Some(true))
    }

    /// What a transfer finds there: of a link only what it leads to counts; `Kind::Other` where that is not known.
    pub fn destination(&self) -> Kind {
        match (self.kind, self.to_directory) {
            (Kind::Link, Some(true)) => Kind::Directory,
            (Kind::Link, Some(false)) => Kind::File,
            (Kind::Link, None) => Kind::Other,
            (kind, _) => kind,
        }
    }
}

/// The kind of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
    /// A device, a socket, a named pipe, or what the server would not say.
    Other,
}

/// A time of modification, with what is known about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Modified {
    /// The time: in UTC if `utc`, else in the zone of the server.
    pub at: DateTime,
    /// How exact it is.
    pub precision: Precision,
    /// Whether `at` is UTC. LIST gives the server's local time, MLSD and MDTM give UTC (RFC 3659 2.3).
    pub utc: bool,
}

impl Modified {
    /// Seconds since 1970, taking a time of unknown zone for UTC.
    pub fn unix_seconds(&self) -> i64 {
        self.at.to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |zoned| zoned.timestamp().as_second())
    }

    /// Whether two files whose times are equal may be taken for one: UTC, to the second. What LIST says, seen from a
    /// measured zone, is an hour off where summer time began or ended since.
    pub fn is_exact(&self) -> bool {
        self.utc && matches!(self.precision, Precision::Second | Precision::Millisecond)
    }

    /// As UTC, where it is in `zone`, and never exact again: see [`Modified::is_exact`]. A day stays the server's.
    pub fn in_zone(self, zone: &jiff::tz::TimeZone) -> Self {
        if self.utc || self.precision == Precision::Day {
            return self;
        }
        let at = zone.to_timestamp(self.at);
        at.map_or(self, |at| Self { precision: Precision::Minute, ..Self::from_timestamp(at) })
    }

    /// As a clock in `zone` shows it. A day, and a time of unknown zone, stay the server's.
    pub fn local(&self, zone: &jiff::tz::TimeZone) -> DateTime {
        if !self.utc || self.precision == Precision::Day {
            return self.at;
        }
        let utc = self.at.to_zoned(jiff::tz::TimeZone::UTC);
        utc.map_or(self.at, |utc| utc.with_time_zone(zone.clone()).datetime())
    }

    /// The exact UTC time `timestamp`, to the second.
    pub fn from_timestamp(timestamp: Timestamp) -> Self {
        Self { at: timestamp.to_zoned(jiff::tz::TimeZone::UTC).datetime(), precision: Precision::Second, utc: true }
    }
}

/// How exact a time of modification is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    /// The hour is not known.
    Day,
    /// The second is not known.
    Minute,
    /// To the second.
    Second,
    /// Finer than a second.
    Millisecond,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_seen_from_a_measured_zone_is_not_exact() {
        let listed = Modified { at: "2026-01-05T12:30:45".parse().unwrap(), precision: Precision::Second, utc: false };
        let east = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
        let seen = listed.in_zone(&east);
        assert_eq!((seen.at.to_string().as_str(), seen.utc), ("2026-01-05T10:30:45", true));
        assert!(!seen.is_exact(), "it was listed in winter time, and the zone was measured in summer");
        let exact = Modified { utc: true, ..listed };
        assert_eq!(exact.in_zone(&east), exact);
        assert!(exact.is_exact());
    }

    #[test]
    fn only_a_time_in_utc_is_another_one_here() {
        let at = "2026-01-05T22:30:45".parse().unwrap();
        let east = jiff::tz::TimeZone::fixed(jiff::tz::offset(2));
        for (precision, utc, local) in [
            (Precision::Second, true, "2026-01-06T00:30:45"),
            (Precision::Second, false, "2026-01-05T22:30:45"),
            (Precision::Day, true, "2026-01-05T22:30:45"),
        ] {
            assert_eq!(Modified { at, precision, utc }.local(&east).to_string(), local, "{precision:?} {utc}");
        }
    }
}
