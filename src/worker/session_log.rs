//! Session files: every line of every control connection as JSON lines in the data folder, where a person wants them. A
//! file that is full is followed by another, and only the newest are kept.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use tokio::sync::mpsc;

use super::Input;
use super::store::private_file;
use crate::model::{Cause, Direction, Event, Failure, Line, Settings, json_line};

/// Groups of lines that wait for the disk. Data wait for nobody: beyond this they are left out, and that is said.
const WAITING: usize = 256;
/// The names of the files, around the time.
const BEGIN: &str = "replies-";
const END: &str = ".jsonl";

/// How much is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Limits {
    /// Files, with the one that is written.
    files: usize,
    /// Bytes of a file.
    bytes: u64,
}

/// Writes lines on a thread of its own, in order.
pub(super) struct SessionLog {
    folder: PathBuf,
    inputs: mpsc::Sender<Input>,
    writer: Option<Writer>,
    lost: u64,
}

struct Writer {
    limits: Limits,
    lines: SyncSender<Vec<Line>>,
    thread: JoinHandle<()>,
}

impl SessionLog {
    /// Below `data`, as `settings` say.
    pub(super) fn new(data: &Path, settings: &Settings, inputs: mpsc::Sender<Input>) -> Self {
        let mut log = Self { folder: data.join("logs"), inputs, writer: None, lost: 0 };
        log.adjust(settings);
        log
    }

    /// Begins, ends, or begins anew with other limits.
    pub(super) fn adjust(&mut self, settings: &Settings) {
        let files = usize::from(settings.log_files);
        let limits = Limits { files, bytes: u64::from(settings.log_megabytes.max(1)) * 1_000_000 };
        let wanted = (files > 0).then_some(limits);
        if self.writer.as_ref().map(|writer| writer.limits) == wanted {
            return;
        }
        self.close();
        self.writer = wanted.map(|limits| {
            let (lines, wanted) = sync_channel(WAITING);
            let (folder, inputs) = (self.folder.clone(), self.inputs.clone());
            let thread = std::thread::spawn(move || keep(&folder, limits, &wanted, &inputs));
            Writer { limits, lines, thread }
        });
    }

    /// Writes `lines`.
    pub(super) fn write(&mut self, lines: &[Line]) {
        let (Some(writer), Some(first)) = (&self.writer, lines.first()) else { return };
        let mut group = Vec::with_capacity(lines.len() + 1);
        if self.lost > 0 {
            let text = format!("{} lines are left out here: they came faster than they could be written", self.lost);
            let (direction, code, raw, transfer) = (Direction::Note, None, None, None);
            group.push(Line { direction, code, text, raw, transfer, ..first.clone() });
        }
        group.extend_from_slice(lines);
        match writer.lines.try_send(group) {
            Ok(()) => self.lost = 0,
            Err(_) => self.lost += lines.len() as u64,
        }
    }

    /// Waits until everything is written.
    pub(super) fn close(&mut self) {
        if let Some(writer) = self.writer.take() {
            drop(writer.lines);
            // A thread that panicked has nothing more to write.
            let _ = writer.thread.join();
        }
    }
}

fn keep(folder: &Path, limits: Limits, groups: &Receiver<Vec<Line>>, inputs: &mpsc::Sender<Input>) {
    let mut files = Files { folder, limits, open: None };
    for group in groups {
        if let Err(error) = files.write(&group) {
            let failure = Failure {
                what: format!("Could not write the reply log into {}", folder.display()),
                why: error.to_string(),
                cause: Cause::Local,
                again: false,
            };
            // Said once: each further line would fail alike. The next change of the settings tries again.
            let _ = inputs.try_send(Input::Event(Event::Failed(failure)));
            break;
        }
    }
}

/// The files of one session.
struct Files<'a> {
    folder: &'a Path,
    limits: Limits,
    /// The one that is written, and its bytes so far.
    open: Option<(BufWriter<File>, u64)>,
}

impl Files<'_> {
    fn write(&mut self, lines: &[Line]) -> io::Result<()> {
        for line in lines {
            let bytes = json_line::encode(line);
            let length = bytes.len() as u64;
            if self.open.as_ref().is_some_and(|(_, written)| written + length > self.limits.bytes) {
                self.end()?;
            }
            let (file, written) = match &mut self.open {
                Some(open) => open,
                None => self.open.insert((BufWriter::new(self.begin()?), 0)),
            };
            file.write_all(&bytes)?;
            *written += length;
        }
        // After a crash all that happened is there.
        self.open.as_mut().map_or(Ok(()), |(file, _)| file.flush())
    }

    fn end(&mut self) -> io::Result<()> {
        self.open.take().map_or(Ok(()), |(mut file, _)| file.flush())
    }

    /// A new file, called by the time; the oldest give way to it.
    fn begin(&self) -> io::Result<File> {
        let time = jiff::Zoned::now().strftime("%Y-%m-%dT%H-%M-%S").to_string();
        let mut file = None;
        for number in 0..1000 {
            let path = self.folder.join(format!("{BEGIN}{time}-{number:03}{END}"));
            match private_file(&path) {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                result => file = Some(result?),
            }
            break;
        }
        let mut names = names(self.folder)?;
        let most = names.len().saturating_sub(self.limits.files);
        for name in names.drain(..most) {
            fs::remove_file(self.folder.join(name))?;
        }
        file.ok_or_else(|| io::Error::from(io::ErrorKind::AlreadyExists))
    }
}

/// The session files that there are, the oldest first.
fn names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        if let Ok(name) = entry?.file_name().into_string()
            && name.starts_with(BEGIN)
            && name.ends_with(END)
        {
            names.push(name);
        }
    }
    names.sort_unstable();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ConnectionId;

    fn line(seq: u64) -> Line {
        let (at, connection) = (jiff::Timestamp::UNIX_EPOCH, ConnectionId(1));
        let text = "x".repeat(100_000);
        Line { seq, at, connection, direction: Direction::Sent, code: None, text, raw: None, transfer: None }
    }

    fn read(folder: &Path) -> Vec<Vec<u64>> {
        let text = |name| fs::read_to_string(folder.join(name)).unwrap();
        let lines = |name| text(name).lines().map(|line| json_line::decode(line).unwrap().seq).collect();
        names(folder).unwrap().into_iter().map(lines).collect()
    }

    #[test]
    fn full_files_are_followed_by_others_and_the_oldest_leave() {
        let data = tempfile::tempdir().unwrap();
        let (inputs, mut news) = mpsc::channel(10);
        let settings = Settings { log_files: 3, log_megabytes: 1, ..Settings::default() };
        let mut log = SessionLog::new(data.path(), &settings, inputs);
        let folder = data.path().join("logs");
        for group in 0..5 {
            log.write(&(group * 7..group * 7 + 7).map(line).collect::<Vec<_>>());
        }
        log.close();
        let written = read(&folder);
        assert_eq!(written.iter().map(Vec::len).collect::<Vec<_>>(), [9, 9, 8], "9 lines of 100 kB fit into 1 MB");
        assert_eq!(written.concat(), (9..35).collect::<Vec<_>>());
        assert!(news.try_recv().is_err());
    }

    #[test]
    fn nothing_is_written_unless_it_is_wanted() {
        let data = tempfile::tempdir().unwrap();
        let mut log = SessionLog::new(data.path(), &Settings::default(), mpsc::channel(1).0);
        log.write(&[line(1)]);
        log.adjust(&Settings { log_files: 2, ..Settings::default() });
        log.write(&[line(2)]);
        log.adjust(&Settings::default());
        log.write(&[line(3)]);
        log.close();
        assert_eq!(read(&data.path().join("logs")), [[2]]);
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_said_once() {
        let data = tempfile::tempdir().unwrap();
        fs::write(data.path().join("logs"), "in the way").unwrap();
        let (inputs, mut news) = mpsc::channel(10);
        let mut log = SessionLog::new(data.path(), &Settings { log_files: 2, ..Settings::default() }, inputs);
        log.write(&[line(1)]);
        log.write(&[line(2)]);
        log.close();
        assert!(matches!(news.try_recv(), Ok(Input::Event(Event::Failed(_)))) && news.try_recv().is_err());
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_read_them() {
        use std::os::unix::fs::PermissionsExt;
        let data = tempfile::tempdir().unwrap();
        let mut log =
            SessionLog::new(data.path(), &Settings { log_files: 1, ..Settings::default() }, mpsc::channel(1).0);
        log.write(&[line(1)]);
        log.close();
        let folder = data.path().join("logs");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&folder.join(&names(&folder).unwrap()[0]))), (0o700, 0o600));
    }
}
