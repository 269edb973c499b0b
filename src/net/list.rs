//! A directory of the server, as a listing.

use std::time::Duration;

use jiff::civil::DateTime;

use super::{Body, Cancel, Connection, Error};
use crate::ftp::listing::Hints;
use crate::ftp::{self, Operation, Outcome, Zone, listing};
use crate::model::path::shown;
use crate::model::{Entry, Kind, Listing, Modified, Precision, RawListing, RemotePath};

/// Files that are asked for their time until one tells the zone.
const MOST_ASKED: usize = 2;
/// No zone is farther from Greenwich.
const FARTHEST_ZONE: i64 = 15 * 60;
/// All zones are multiples of so many minutes away from it.
const ZONE_STEP: i64 = 15;
/// A file that is so many seconds ahead is none of UTC.
const CLOCKS_DIFFER: i64 = 600;
/// A file that was listed as so many seconds old in UTC shows that the server lists UTC.
const FRESH: i64 = 300;
/// A zone that was measured longer ago is measured again: summer time begins and ends.
const ZONE_HOLDS: Duration = Duration::from_secs(7 * 24 * 3600);

impl Connection {
    /// Lists a directory.
    pub async fn list(&self, path: &RemotePath, cancel: &Cancel) -> Result<Listing, Error> {
        let (outcome, bytes) = self.run(Operation::List { path: path.clone() }, Body::None, None, cancel).await?;
        let (method, real) = match outcome {
            Outcome::Listed { method, path } => (method, path),
            _ => (ftp::Method::List, None),
        };
        let at = jiff::Timestamp::now();
        let today = jiff::Zoned::now().datetime();
        let encoding = self.encoding();
        let last = self.known().dialect;
        let path = real.unwrap_or_else(|| path.clone());
        let folder = path.clone();
        // A listing of 100,000 lines takes a while, and other connections must not wait for it.
        let parsing = tokio::task::spawn_blocking(move || {
            let hints = Hints { dialect: last.as_deref(), folder: Some(&folder), ..Hints::default() };
            let parsed = listing::parse_like(&bytes, method, today, encoding, hints);
            (parsed, bytes)
        });
        let (mut parsed, bytes) = parsing.await.map_err(|error| Error::Local(std::io::Error::other(error)))?;
        if !parsed.whole {
            // What is missing would look as if it were not there.
            return Err(ftp::Error::Limit("listing").into());
        }
        if method == ftp::Method::List && !parsed.entries.is_empty() {
            self.heard_dialect(parsed.dialect);
            if let Some(minutes) = self.zone(&path, &parsed.entries, cancel).await {
                for modified in parsed.entries.iter_mut().filter_map(|entry| entry.modified.as_mut()) {
                    *modified = modified.in_zone(minutes);
                }
            }
        }
        Ok(Listing {
            path,
            entries: parsed.entries,
            dialect: parsed.dialect.to_owned(),
            refused: parsed.refused,
            at,
            raw: RawListing::new(bytes, parsed.spans),
            guess: parsed.guess,
        })
    }

    /// The zone of the times in LIST, in minutes east of Greenwich: as the site says, as it was measured, or as MDTM
    /// of a listed file tells now, once in a session.
    ///
    /// RFC 3659 wants MDTM in UTC, but some servers (vsftpd with `use_localtime`) tell their own time by it. Both then
    /// say the same, as they do in UTC: only a file that was changed just now tells these two apart, so that such a one
    /// is asked for whenever it is listed.
    async fn zone(&self, folder: &RemotePath, entries: &[Entry], cancel: &Cancel) -> Option<i16> {
        let server = self.server();
        if server.site.zone.is_some() {
            return server.site.zone;
        }
        let measured = self.known().zone;
        let holds = |zone: &Zone| jiff::Timestamp::now().duration_since(zone.at).unsigned_abs() < ZONE_HOLDS;
        if let Some(zone) = measured.filter(holds) {
            return Some(zone.minutes);
        }
        let says = |name: &str| server.features.iter().any(|line| line.eq_ignore_ascii_case(name));
        let fresh = |entry: &Entry| entry.modified.as_ref().is_some_and(is_fresh);
        let tells = |entry: &&Entry| tells_zone(entry);
        if !says("MDTM") || says("MLSD") || !entries.iter().any(tells_zone) {
            return None;
        }
        if !self.asks_for_zone() && !entries.iter().filter(tells).any(fresh) {
            return None;
        }
        let mut files: Vec<&Entry> = entries.iter().filter(tells).collect();
        // A file of today shows best whether MDTM tells UTC.
        files.sort_by_key(|entry| std::cmp::Reverse(entry.modified));
        files.truncate(MOST_ASKED);
        for entry in files {
            let operation = Operation::Facts { path: folder.join(&entry.name) };
            let asked = self.run(operation, Body::None, None, cancel).await;
            let Ok((Outcome::Facts { modified: Some(exact), .. }, _)) = asked else { continue };
            let said = format!("MDTM of {} says {}", shown(&entry.name), exact.at.strftime("%F %T"));
            if exact.unix_seconds() > jiff::Timestamp::now().as_second() + CLOCKS_DIFFER {
                self.note(format!("The zone of LIST is not known: {said}, which is yet to come; it is not in UTC"));
                return None;
            }
            let Some(listed) = entry.modified else { continue };
            let Some(minutes) = zone_between(listed.at, exact.at) else { continue };
            if minutes == 0 && !is_fresh(&listed) {
                self.note(format!(
                    "The zone of LIST is not known: {said}, as LIST does; both may be UTC or the server's own time"
                ));
                return None;
            }
            let offset = jiff::tz::Offset::from_seconds(i32::from(minutes) * 60).unwrap_or(jiff::tz::Offset::UTC);
            self.note(format!("Times in LIST are UTC{offset}: {said}, LIST {}", listed.at.strftime("%F %R")));
            self.heard_zone(Zone { minutes, at: jiff::Timestamp::now() });
            return Some(minutes);
        }
        None
    }
}

/// Whether the time of a file is the server's, with hours.
fn tells_zone(entry: &Entry) -> bool {
    let is_own = |modified: &Modified| !modified.utc && modified.precision != Precision::Day;
    entry.kind == Kind::File && entry.modified.as_ref().is_some_and(is_own)
}

/// Whether this is the present, if it is in UTC.
fn is_fresh(modified: &Modified) -> bool {
    let age = jiff::Timestamp::now().as_second() - modified.unix_seconds();
    // The seconds that the listing left out make a file up to a minute older.
    (-FRESH..FRESH + 60).contains(&age)
}

/// Minutes from `utc` to `listed`, which may be cut to the minute, if that can be a zone.
fn zone_between(listed: DateTime, utc: DateTime) -> Option<i16> {
    let seconds = listed.duration_since(utc).as_secs();
    // The seconds that the listing left out are missing from the difference.
    let minutes = seconds.div_euclid(60) + i64::from(seconds.rem_euclid(60) != 0);
    let is_zone = minutes.abs() <= FARTHEST_ZONE && minutes % ZONE_STEP == 0;
    if is_zone { i16::try_from(minutes).ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_the_difference_if_it_can_be_one() {
        let at = |text: &str| text.parse::<DateTime>().unwrap();
        let zone = |listed, utc| zone_between(at(listed), at(utc));
        assert_eq!(zone("2026-03-01T12:30:00", "2026-03-01T10:30:59"), Some(120));
        assert_eq!(zone("2026-03-01T12:30:00", "2026-03-01T12:30:00"), Some(0));
        assert_eq!(zone("2026-03-01T23:30:00", "2026-03-02T05:00:07"), Some(-330));
        assert_eq!(zone("2026-03-01T12:30:00", "2026-03-01T12:37:00"), None, "the file has changed meanwhile");
        assert_eq!(zone("2025-03-01T12:30:00", "2026-03-01T12:30:00"), None, "the year was guessed wrongly");
    }
}
