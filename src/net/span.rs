//! The range of a file that one of several connections fetches: others may make it shorter or longer meanwhile.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::ftp::DataFault;

/// What one connection may write. Whatever the server sends, and however the range changes, not a byte is written outside:
/// each read is claimed first, and nobody takes back what is claimed.
#[derive(Debug)]
pub struct Span {
    /// Bytes before the range that are fetched as well, to be compared with what is there.
    overlap: u64,
    from: u64,
    /// Of the file: a range that ends there is read to the end of the data.
    size: u64,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    head: Vec<u8>,
    /// Read up to here.
    taken: u64,
    /// A read may be under way up to here.
    claimed: u64,
    written: u64,
    end: u64,
    over: bool,
}

impl Span {
    /// The range from `from` to `end` of a file of `size` bytes, with `overlap` bytes before it.
    pub fn new(from: u64, end: u64, size: u64, overlap: u64) -> Self {
        let state = State { head: Vec::new(), taken: from, claimed: from, written: from, end, over: false };
        Self { overlap: overlap.min(from), from, size, state: Mutex::new(state) }
    }

    /// Where the data begin.
    pub fn offset(&self) -> u64 {
        self.from - self.overlap
    }

    /// Where the range begins.
    pub fn from(&self) -> u64 {
        self.from
    }

    /// Where it ends now.
    pub fn end(&self) -> u64 {
        self.state().end
    }

    /// Up to where the file has it.
    pub fn written(&self) -> u64 {
        self.state().written
    }

    /// Up to where it has come.
    pub fn taken(&self) -> u64 {
        self.state().taken
    }

    /// Up to where it cannot be taken back.
    pub fn claimed(&self) -> u64 {
        self.state().claimed
    }

    /// What came of the bytes before the range.
    pub fn head(&self) -> Vec<u8> {
        self.state().head.clone()
    }

    /// Makes it end at `end`, unless it is further, or over.
    pub fn shorten(&self, end: u64) -> bool {
        let mut state = self.state();
        let may = !state.over && state.claimed <= end && end < state.end;
        if may {
            state.end = end;
        }
        may
    }

    /// Makes it end at `end`, unless it is over.
    pub fn lengthen(&self, end: u64) -> bool {
        let mut state = self.state();
        let may = !state.over && state.end < end;
        if may {
            state.end = end.min(self.size);
        }
        may
    }

    /// Nothing more comes.
    pub fn close(&self) {
        self.state().over = true;
    }

    /// How many bytes before the range have not come.
    pub fn head_left(&self) -> usize {
        let came = self.state().head.len();
        usize::try_from(self.overlap).unwrap_or(usize::MAX).saturating_sub(came)
    }

    /// So much came of them.
    pub fn put_head(&self, bytes: &[u8]) {
        self.state().head.extend_from_slice(bytes);
    }

    /// How many bytes, up to `most`, may be read next; `DataFault::Enough` at the end of the range. At that of the file one more is
    /// looked for: it must not come.
    pub(super) fn claim(&self, most: usize) -> Result<usize, DataFault> {
        let mut state = self.state();
        let left = state.end - state.taken;
        if left == 0 && state.end == self.size {
            return Ok(1);
        }
        let count = usize::try_from(left).unwrap_or(usize::MAX).min(most);
        state.over |= count == 0;
        state.claimed = state.taken + count as u64;
        if count == 0 { Err(DataFault::Enough) } else { Ok(count) }
    }

    /// So many came of what was claimed.
    pub(super) fn took(&self, count: usize) -> Result<(), DataFault> {
        let mut state = self.state();
        let taken = state.taken + count as u64;
        if taken > state.end {
            state.over = true;
            return Err(DataFault::Limit);
        }
        (state.taken, state.claimed) = (taken, taken);
        Ok(())
    }

    /// The file has so many more.
    pub(super) fn wrote(&self, count: usize) {
        self.state().written += count as u64;
    }

    /// So many bytes came and are written: what a data connection does, for tests of those who plan ranges.
    #[cfg(test)]
    pub(crate) fn advance(&self, count: u64) {
        let mut state = self.state();
        state.taken += count;
        (state.claimed, state.written) = (state.taken, state.taken);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Whoever panicked left numbers that are each true.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes a file at a place of its own: the file's position is shared by all that have it open, and may be moved by them.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) file: &'a File,
    pub(super) at: u64,
}

impl Write for Place<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = write_at(self.file, bytes, self.at)?;
        self.at += count as u64;
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(unix)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::write_at(file, bytes, at)
}

#[cfg(windows)]
fn write_at(file: &File, bytes: &[u8], at: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_write(file, bytes, at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_claimed_is_not_taken_back() {
        let span = Span::new(1000, 2000, 5000, 64);
        assert_eq!((span.offset(), span.head_left()), (936, 64));
        assert_eq!(span.claim(300), Ok(300));
        assert!(!span.shorten(1299) && span.shorten(1500));
        span.took(200).unwrap();
        assert_eq!((span.claim(10_000), span.claimed()), (Ok(300), 1500));
        span.took(300).unwrap();
        span.wrote(500);
        assert_eq!((span.claim(1), span.written()), (Err(DataFault::Enough), 1500));
        assert!(!span.lengthen(2000), "it is over");
    }

    #[test]
    fn a_range_that_grows_goes_on_and_the_last_one_ends_with_the_data() {
        let span = Span::new(0, 100, 150, 64);
        assert_eq!((span.offset(), span.head_left(), span.claim(100)), (0, 0, Ok(100)));
        span.took(100).unwrap();
        assert!(span.lengthen(150));
        assert_eq!(span.claim(100), Ok(50));
        span.took(50).unwrap();
        assert_eq!(span.claim(100), Ok(1), "the end of the data is looked for");
        assert_eq!(span.took(1), Err(DataFault::Limit), "and does not come");
    }
}
