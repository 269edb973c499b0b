//! The zone of the times in LIST: as the site says, or as MDTM of listed files tells.

use std::time::Duration;

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};

use super::{Body, Cancel, Connection};
use crate::ftp::{Operation, Outcome, Zone};
use crate::model::path::shown;
use crate::model::{Entry, Kind, Modified, Precision, RemotePath};

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

/// So many files are looked at for one of the other half of the year.
const MOST_LOOKED_AT: usize = 1000;
/// One zone for each way to keep summer time at each distance from Greenwich that many servers are at. This machine's own
/// is tried before them.
const SUMMER_TIMES: [&str; 17] = [
    "Europe/Berlin",
    "America/New_York",
    "Europe/London",
    "America/Los_Angeles",
    "America/Chicago",
    "America/Denver",
    "Europe/Helsinki",
    "Australia/Sydney",
    "Pacific/Auckland",
    "America/Halifax",
    "America/Anchorage",
    "America/Santiago",
    "Australia/Adelaide",
    "America/St_Johns",
    "Asia/Jerusalem",
    "Africa/Cairo",
    "Atlantic/Azores",
];

impl Connection {
    /// The zone of the times in LIST, with its summer time where that is known.
    pub(super) async fn zone_of_list(
        &self,
        folder: &RemotePath,
        entries: &[Entry],
        cancel: &Cancel,
    ) -> Option<TimeZone> {
        let (minutes, asked) = self.zone(folder, entries, cancel).await?;
        let fixed = TimeZone::fixed(offset(minutes));
        if self.server().site.zone.is_some() {
            self.look_for_own_time(minutes, folder, entries, cancel).await;
            return Some(fixed);
        }
        if let Some(rules) = self.rules() {
            return Some(rules);
        }
        Some(self.summer_time(minutes, asked.as_deref(), (folder, entries), cancel).await.unwrap_or(fixed))
    }

    /// Whether MDTM tells the time of LIST, which is not UTC as the site says: then downloads take it for what it is.
    async fn look_for_own_time(&self, minutes: i16, folder: &RemotePath, entries: &[Entry], cancel: &Cancel) {
        if minutes == 0 || self.known().own_time || !self.has_mdtm_alone() {
            return;
        }
        let Some(file) = entries.iter().find(|entry| tells_zone(entry)).filter(|_| self.asks_for_zone()) else {
            return;
        };
        let operation = Operation::Facts { path: folder.join(&file.name) };
        let asked = self.run(operation, Body::None, None, cancel).await;
        let Ok((Outcome::Facts { modified: Some(said), .. }, _)) = asked else { return };
        if file.modified.is_some_and(|listed| zone_between(listed.at, said.at) == Some(0)) {
            self.note(format!(
                "MDTM of {} says what LIST says: it tells the server's own time, UTC{}, and no UTC",
                shown(&file.name),
                offset(minutes)
            ));
            self.heard_own_time();
        }
    }

    /// Whether MDTM tells times, and MLSD does not, which always tells UTC.
    pub(super) fn has_mdtm_alone(&self) -> bool {
        let server = self.server();
        let says = |name: &str| server.features.iter().any(|line| line.eq_ignore_ascii_case(name));
        says("MDTM") && !says("MLSD")
    }

    /// A zone that is so many minutes east of Greenwich in one half of the year and otherwise in the other, if MDTM of a file
    /// of that half says so; one file is asked in a session.
    async fn summer_time(
        &self,
        minutes: i16,
        asked: Option<&str>,
        (folder, entries): (&RemotePath, &[Entry]),
        cancel: &Cancel,
    ) -> Option<TimeZone> {
        let zones = zones_with(minutes);
        let telling = || entries.iter().filter(|entry| tells_zone(entry)).take(MOST_LOOKED_AT);
        let (file, listed) = zones.iter().find_map(|zone| {
            // The one that was asked is of the half that is known.
            let fits =
                |entry: &&Entry| entry.modified.is_some_and(|listed| minutes_of(zone, listed.at) == Some(minutes));
            let known = telling().any(|entry| fits(&entry));
            let other = telling().find(|entry| !fits(entry) && asked != Some(entry.name.as_str())).filter(|_| known)?;
            Some((other, other.modified?.at))
        })?;
        if !self.asks_for_summer() {
            return None;
        }
        let operation = Operation::Facts { path: folder.join(&file.name) };
        let asked = self.run(operation, Body::None, None, cancel).await;
        let Ok((Outcome::Facts { modified: Some(exact), .. }, _)) = asked else { return None };
        let then = zone_between(listed, exact.at)?;
        let said = format!(
            "MDTM of {} says {}, LIST {}",
            shown(&file.name),
            exact.at.strftime("%F %T"),
            listed.strftime("%F %R")
        );
        let Some(zone) = zones.into_iter().find(|zone| then != minutes && minutes_of(zone, listed) == Some(then))
        else {
            let there = if then == minutes { "no summer time is kept" } else { "no summer time fits" };
            self.note(format!("Times in LIST are UTC{} all the year: {there}: {said}", offset(minutes)));
            return None;
        };
        let name = zone.iana_name().unwrap_or_default();
        self.note(format!("Times in LIST have summer time, as in {name}: UTC{} on that day: {said}", offset(then)));
        self.heard_rules(zone.clone());
        Some(zone)
    }

    /// The zone of the times in LIST, in minutes east of Greenwich: as the site says, as it was measured, or as MDTM
    /// of a listed file tells now, once in a session; and the file that was asked.
    ///
    /// RFC 3659 wants MDTM in UTC, but some servers (vsftpd with `use_localtime`) tell their own time by it. Both then
    /// say the same, as they do in UTC: only a file that was changed just now tells these two apart, so that such a one
    /// is asked for whenever it is listed.
    async fn zone(&self, folder: &RemotePath, entries: &[Entry], cancel: &Cancel) -> Option<(i16, Option<String>)> {
        let server = self.server();
        if let Some(minutes) = server.site.zone {
            return Some((minutes, None));
        }
        let measured = self.known().zone;
        let holds = |zone: &Zone| jiff::Timestamp::now().duration_since(zone.at).unsigned_abs() < ZONE_HOLDS;
        if let Some(zone) = measured.filter(holds) {
            return Some((zone.minutes, None));
        }
        let fresh = |entry: &Entry| entry.modified.as_ref().is_some_and(is_fresh);
        let tells = |entry: &&Entry| tells_zone(entry);
        if !self.has_mdtm_alone() || !entries.iter().any(tells_zone) {
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
                    "The zone of LIST is not known: {said}, as LIST does; both may be UTC or the server's own time, \
                     which the site can say"
                ));
                return None;
            }
            self.note(format!(
                "Times in LIST are UTC{}: {said}, LIST {}",
                offset(minutes),
                listed.at.strftime("%F %R")
            ));
            self.heard_zone(Zone { minutes, at: jiff::Timestamp::now() });
            return Some((minutes, Some(entry.name.clone())));
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

fn offset(minutes: i16) -> Offset {
    Offset::from_seconds(i32::from(minutes) * 60).unwrap_or(Offset::UTC)
}

/// Zones with summer time that are so many minutes east of Greenwich in one half of this year.
fn zones_with(minutes: i16) -> Vec<TimeZone> {
    let year = jiff::Zoned::now().year();
    let halves =
        |zone: &TimeZone| [1, 7].map(|month| minutes_of(zone, jiff::civil::date(year, month, 1).at(12, 0, 0, 0)));
    let known = SUMMER_TIMES.iter().filter_map(|name| TimeZone::get(name).ok());
    let own = TimeZone::try_system().ok().filter(|zone| zone.iana_name().is_some());
    own.into_iter()
        .chain(known)
        .filter(|zone| {
            let halves = halves(zone);
            halves[0] != halves[1] && halves.contains(&Some(minutes))
        })
        .collect()
}

/// How far east of Greenwich the clocks of `zone` were at this time of theirs.
fn minutes_of(zone: &TimeZone, at: DateTime) -> Option<i16> {
    i16::try_from(zone.to_offset(zone.to_timestamp(at).ok()?).seconds() / 60).ok()
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
