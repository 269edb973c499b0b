//! Logs in files: reading them for the window, and writing them for others.

use std::fs::File;
use std::io::{self, BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::connect::Context;
use super::here::tell;
use crate::model::compare::{Compared, Source};
use crate::model::export::export;
use crate::model::foreign::Lines;
use crate::model::{Cause, Comparison, Event, Failure, Log, LogExport, OpenedLog, Transcript};

/// Lines of a log that are kept, the newest: as many as the window stays quick with.
const MOST_LINES: usize = 1_000_000;

/// Reads a log for the window.
pub(super) fn open(context: &Context, path: PathBuf) {
    tell(context, move || Event::Log(read(&path).map(Box::new).map_err(|error| unread(&path, &error))));
}

/// Sets two logs side by side for the window.
pub(super) fn compare(context: &Context, [left, right]: [Source; 2]) {
    let both = move || Ok(Box::new(Comparison::of(compared(left)?, compared(right)?)));
    tell(context, move || Event::Compared(both()));
}

fn compared(source: Source) -> Result<Compared, Failure> {
    let (name, path, lines) = match source {
        Source::Lines(name, lines) => (name, PathBuf::new(), lines),
        Source::File(path) => {
            let log = read(&path).map_err(|error| unread(&path, &error))?;
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            (name, path, log.transcript.iter().cloned().collect())
        }
    };
    Ok(Compared { name, path, log: Arc::new(Log::of(lines)) })
}

fn unread(path: &Path, error: &io::Error) -> Failure {
    Failure {
        what: format!("Could not open the log {}", path.display()),
        why: error.to_string(),
        cause: Cause::Local,
        again: false,
    }
}

/// Writes a log into a new file.
pub(super) fn save(context: &Context, wanted: LogExport) {
    tell(context, move || match write(&wanted) {
        Ok(()) => Event::Notice(format!("The log is saved as {}", wanted.path.display())),
        Err(error) => Event::Failed(Failure {
            what: format!("Could not save the log as {}", wanted.path.display()),
            why: error.to_string(),
            cause: Cause::Local,
            again: false,
        }),
    });
}

fn write(wanted: &LogExport) -> io::Result<()> {
    let text = export(&wanted.log, &wanted.rows, wanted.format, wanted.masks, &TimeZone::system());
    let mut file = File::create_new(&wanted.path)?;
    let written = file.write_all(text.as_bytes()).and_then(|()| file.sync_all());
    if written.is_err() {
        // What is left of it would be taken for the whole.
        let _ = std::fs::remove_file(&wanted.path);
    }
    written
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
    use crate::model::compare::Alike;
    use crate::model::foreign::Program;
    use crate::model::{Format, Masks};

    #[test]
    fn a_log_is_read_from_its_file() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs/lftp-times.txt");
        let log = read(&path).unwrap();
        assert_eq!((log.program, log.transcript.len(), log.unread, log.path), (Program::Lftp, 65, 7, path));
        assert!(read(Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml").as_path()).is_err());
        assert!(read(Path::new("/nowhere/at/all")).is_err());
    }

    #[test]
    fn logs_of_a_file_and_of_lines_are_compared() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs");
        let lines = read(&folder.join("curl.txt")).unwrap().transcript.iter().cloned().collect();
        let left = compared(Source::Lines("This run".to_owned(), lines)).unwrap();
        let right = compared(Source::File(folder.join("curl.txt"))).unwrap();
        assert_eq!((left.name.as_str(), right.name.as_str()), ("This run", "curl.txt"));
        let pairs = Comparison::of(left, right).pairs;
        assert!(pairs.len() > 5 && pairs.iter().all(|pair| pair.alike == Alike::Same), "{pairs:?}");
        let failure = compared(Source::File(folder.join("none.txt"))).unwrap_err();
        assert!(failure.what.ends_with("none.txt"));
    }

    #[test]
    fn a_log_is_saved_and_nothing_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let opened = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/logs/curl.txt")).unwrap();
        let log = Arc::new(Log::of(opened.transcript.iter().cloned().collect()));
        let (format, masks) = (Format::Text, Masks { user: true, ..Masks::default() });
        let path = folder.path().join("out.txt");
        let wanted = LogExport { log, rows: [3, 4].into(), format, masks, path: path.clone() };
        write(&wanted).unwrap();
        let text = "- 1 → USER user1\n- 1 ← 331 Please specify the password.\n";
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
        assert_eq!(write(&wanted).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    }
}
