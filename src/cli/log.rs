//! Logs in files, ours and those of other programs.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::output::complain;
use super::status::Stop;
use crate::model::foreign::Lines;

/// Opens a log; its times, where they name no zone, are of this machine's.
pub(super) fn open(path: &Path) -> Result<Lines<BufReader<File>>, Stop> {
    let wrong = |error| Stop::Usage(format!("{}: {error}", path.display()));
    let file = File::open(path).map_err(wrong)?;
    let written = file.metadata().and_then(|metadata| metadata.modified()).map_err(wrong)?;
    let zone = TimeZone::system();
    let day = Timestamp::try_from(written).unwrap_or_else(|_| Timestamp::now()).to_zoned(zone.clone()).date();
    let lines = Lines::of(BufReader::new(file), zone, day).map_err(wrong)?;
    let no_log = || "this is no log that can be read: it has no line as Longshore, FileZilla, WinSCP, lftp, curl -v or ftp -d write them";
    lines.ok_or_else(|| Stop::Local(format!("{}: {}", path.display(), no_log())))
}

/// Says how much of a log was left out.
pub(super) fn complain_of_unread(lines: &Lines<impl BufRead>) {
    if lines.unread() > 0 {
        complain(&format!("{} lines could not be read and are left out", lines.unread()));
    }
}
