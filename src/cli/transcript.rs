//! `--transcript`: every line of every control connection as JSON lines.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use super::output::complain;
use crate::model::Line;
use crate::model::json_line::encode;

/// Writes lines as they come, each at once: after a crash all that happened is in the file.
pub struct TranscriptFile {
    stream: Box<dyn Write + Send>,
    name: String,
    broken: bool,
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ConnectionId, Direction};

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
