//! Logs in files: reading them for the window.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::connect::Context;
use super::here::tell;
use crate::model::foreign::Lines;
use crate::model::{Cause, Event, Failure, OpenedLog, Transcript};

/// Lines of a log that are kept, the newest: as many as the window stays quick with.
const MOST_LINES: usize = 1_000_000;

/// Reads a log for the window.
pub(super) fn open(context: &Context, path: PathBuf) {
    tell(context, move || match read(&path) {
        Ok(log) => Event::Log(Box::new(log)),
        Err(error) => Event::Failed(Failure {
            what: format!("Could not open the log {}", path.display()),
            why: error.to_string(),
            cause: Cause::Local,
            again: false,
        }),
    });
}

fn read(path: &Path) -> io::Result<OpenedLog> {
    let file = File::open(path)?;
    let zone = TimeZone::system();
    let written = Timestamp::try_from(file.metadata()?.modified()?).unwrap_or_else(|_| Timestamp::now());
    let day = written.to_zoned(zone.clone()).date();
    let no_log = || {
        io::Error::other("it has no line as Longshore, FileZilla, WinSCP, lftp, curl -v or ftp -d write them into logs")
    };
    let mut lines = Lines::of(BufReader::new(file), zone, day)?.ok_or_else(no_log)?;
    let mut transcript = Transcript::new(MOST_LINES);
    for line in lines.by_ref() {
        transcript.push(line?);
    }
    Ok(OpenedLog { path: path.to_owned(), program: lines.program(), transcript, unread: lines.unread() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::foreign::Program;

    #[test]
    fn a_log_is_read_from_its_file() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs/lftp-times.txt");
        let log = read(&path).unwrap();
        assert_eq!((log.program, log.transcript.len(), log.unread, log.path), (Program::Lftp, 65, 7, path));
        assert!(read(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml").as_path()).is_err());
        assert!(read(Path::new("/nowhere/at/all")).is_err());
    }
}
