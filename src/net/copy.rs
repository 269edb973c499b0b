//! Bytes between a data connection and a file or memory, and the exact order in which the connection is closed.

use std::fs::{File, Metadata};
use std::future::poll_fn;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt, ReadBuf};
use tokio::sync::mpsc::Sender;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::timeout;

use super::Flow;
use super::ascii::{FromWire, ToWire};
use super::belt::{BLOCK, Drainer, Filler, belt};
#[cfg(any(target_os = "linux", target_os = "android"))]
use super::direct::{Carrier, Sealed};
use super::stream::{Stream, make_orderly};
use crate::ftp::{DataEnd, DataFault};

/// After an upload the server's end of the connection is waited for this long: until it closes, its TLS tickets may
/// still arrive, and closing over unread bytes would be a reset that takes our last bytes with it.
pub(super) const DRAIN: Duration = Duration::from_secs(5);
/// Our close_notify after a download may take this long.
pub(super) const GOODBYE: Duration = Duration::from_secs(1);
/// Within so many times the patience for silence at least [`LEAST`] bytes must come.
const WINDOW: u32 = 10;
/// See [`WINDOW`]. Whoever wants a lower speed than this cannot be meant.
const LEAST: u64 = 256;
/// The first byte of a listing may take this many times as long as any silence later: some servers read and sort a large
/// directory before they send a line of it…
const BEGIN_PATIENCE: u32 = 6;
/// …but not longer than this, unless silence may.
const MAX_BEGIN_PATIENCE: Duration = Duration::from_secs(120);
/// A file up to this size is written by the task that reads it: to wake a thread for it would take longer.
const SMALL: u64 = 16 * 1024;
/// A small file is read in pieces of this size, if it is not larger.
const LEAST_BLOCK: usize = 1024;
/// A collected listing grows by this much at least.
const CHUNK: usize = 16 * 1024;

/// What moves over a data connection.
#[derive(Debug)]
pub(super) enum Load {
    /// From the server into memory, up to a limit.
    Collect { most: usize },
    /// From the server into a file.
    Receive { file: File, flow: Arc<Flow> },
    /// From a file to the server.
    Send { file: File, from: u64, flow: Arc<Flow> },
    /// To the server, an empty file: what a typed STOR sends.
    Nothing,
}

impl Load {
    /// Whether it goes to the server.
    pub(super) fn sends(&self) -> bool {
        matches!(self, Self::Send { .. } | Self::Nothing)
    }

    /// Progress, where it is counted.
    pub(super) fn flow(&self) -> Option<&Arc<Flow>> {
        match self {
            Self::Receive { flow, .. } | Self::Send { flow, .. } => Some(flow),
            Self::Collect { .. } | Self::Nothing => None,
        }
    }
}

/// Why it did not move.
#[derive(Debug)]
pub(super) enum Fault {
    Data(DataFault),
    Local(io::Error),
}

impl From<DataFault> for Fault {
    fn from(fault: DataFault) -> Self {
        Self::Data(fault)
    }
}

/// Watches how fast bytes come: a server that sends one now and then is never silent, and never ends either.
#[derive(Debug)]
pub(super) struct Watch {
    /// Since when, and how many bytes there were then.
    since: Instant,
    before: u64,
}

impl Watch {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), before: 0 }
    }

    /// There are `bytes` now, and silence may last for `idle`.
    pub(super) fn look(&mut self, bytes: u64, idle: Duration) -> Result<(), DataFault> {
        let window = idle * WINDOW;
        if self.since.elapsed() < window {
            return Ok(());
        }
        let came = bytes - self.before;
        (self.since, self.before) = (Instant::now(), bytes);
        if came < LEAST { Err(DataFault::Silent(window.as_secs())) } else { Ok(()) }
    }
}

/// Moves a load, and closes the connection: orderly when all is well, else, or when dropped, with a reset.
#[derive(Debug)]
pub(super) struct Mover {
    pub(super) stream: Stream,
    /// Nothing may be silent for longer.
    pub(super) idle: Duration,
    /// Bytes on the wire so far.
    bytes: u64,
    watch: Watch,
    /// Held while a file is in use.
    pub(super) guard: Sender<()>,
    /// When the first bytes have come, or the end.
    heard: Arc<OnceLock<Instant>>,
}

impl Mover {
    pub(super) fn new(stream: Stream, idle: Duration, guard: Sender<()>, heard: Arc<OnceLock<Instant>>) -> Self {
        Self { stream, idle, bytes: 0, watch: Watch::new(), guard, heard }
    }

    /// Into memory.
    pub(super) async fn collect(&mut self, most: usize) -> Result<(DataEnd, Vec<u8>), Fault> {
        let mut all = Vec::new();
        let mut filled = 0;
        let usual = self.idle;
        self.idle = usual.max((usual * BEGIN_PATIENCE).min(MAX_BEGIN_PATIENCE));
        let clean = loop {
            if all.len() < filled + CHUNK {
                all.resize((filled * 2).clamp(CHUNK, most.saturating_add(CHUNK)), 0);
            }
            match self.read(&mut all[filled..]).await? {
                Came::Bytes(count) => filled += count,
                Came::End { clean } => break clean,
            }
            self.idle = usual;
            self.bytes = filled as u64;
            if filled > most {
                return Err(DataFault::Limit.into());
            }
        };
        all.truncate(filled);
        self.close_after_reading().await;
        Ok((self.end(clean), all))
    }

    /// Into a file.
    pub(super) async fn receive(mut self, file: File, flow: &Arc<Flow>) -> Result<DataEnd, Fault> {
        if !flow.ascii && flow.expected.is_some_and(|bytes| bytes <= SMALL) {
            return self.receive_small(file, flow).await;
        }
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if !flow.ascii {
            let (carrier, sealed) = self.carrier(file, flow)?;
            return carrier.receive(sealed).await;
        }
        let (filler, drainer) = belt();
        let (writing, guard) = (flow.clone(), self.guard.clone());
        let disk = spawn_blocking(move || {
            let written = write_blocks(&file, drainer, &writing);
            drop((file, guard));
            written
        });
        let came = self.fill(filler, flow).await;
        let bytes = self.bytes;
        if came.is_ok() {
            self.close_after_reading().await;
        }
        // The server may hold its last reply until our end is closed: not later than this.
        drop(self);
        joined(disk).await.map_err(Fault::Local)?;
        Ok(DataEnd { bytes, clean: came?, broken: false })
    }

    /// Into a file that is to get no more than [`SMALL`] bytes; more come only where it has just grown.
    async fn receive_small(mut self, file: File, flow: &Flow) -> Result<DataEnd, Fault> {
        // One byte more than is expected tells a file that has grown from the end.
        let expected = flow.expected.and_then(|bytes| usize::try_from(bytes).ok());
        let mut block = vec![0; expected.map_or(CHUNK, |bytes| (bytes + 1).clamp(LEAST_BLOCK, CHUNK))];
        let clean = loop {
            let portion = flow.portion(block.len());
            match self.read(&mut block[..portion]).await? {
                Came::End { clean } => break clean,
                Came::Bytes(count) => {
                    self.count(count, flow)?;
                    flow.place(&file).write_all(&block[..count]).map_err(Fault::Local)?;
                    flow.wrote(count);
                    flow.pace.take(count).await;
                }
            }
        };
        self.close_after_reading().await;
        Ok(self.end(clean))
    }

    fn end(&self, clean: bool) -> DataEnd {
        DataEnd { bytes: self.bytes, clean, broken: false }
    }

    fn count(&mut self, count: usize, flow: &Flow) -> Result<(), DataFault> {
        self.bytes += count as u64;
        flow.done.fetch_add(count as u64, Ordering::Relaxed);
        if flow.most.is_some_and(|most| self.bytes > most) { Err(DataFault::Limit) } else { Ok(()) }
    }

    /// For bytes that go as they are.
    #[cfg(any(target_os = "linux", target_os = "android"))]
    fn carrier(self, file: File, flow: &Arc<Flow>) -> Result<(Carrier, Option<Sealed>), DataFault> {
        let (socket, sealed) = match self.stream {
            Stream::Plain(socket) => (socket, None),
            Stream::Tls(stream) => {
                let (ahead, session) = stream.into_inner();
                let early = ahead.buffer().to_vec();
                (ahead.into_inner(), Some(Sealed::new(session, early)))
            }
        };
        let socket = socket.into_std().map_err(|error| DataFault::Network(error.to_string()))?;
        Ok((Carrier::new(socket, file, flow.clone(), self.idle, self.heard, self.guard), sealed))
    }

    /// What comes before a range goes into memory. `Some`: the data have ended; whether that is authentic.
    async fn take_head(&mut self, flow: &Flow) -> Result<Option<bool>, DataFault> {
        let Some(span) = &flow.span else { return Ok(None) };
        let mut block = vec![0; CHUNK];
        while span.head_left() > 0 {
            let portion = flow.portion(span.head_left().min(CHUNK));
            match self.read(&mut block[..portion]).await? {
                Came::End { clean } => return Ok(Some(clean)),
                Came::Bytes(count) => {
                    self.count(count, flow)?;
                    span.put_head(&block[..count]);
                    flow.pace.take(count).await;
                }
            }
        }
        Ok(None)
    }

    async fn fill(&mut self, mut filler: Filler, flow: &Flow) -> Result<bool, DataFault> {
        if let Some(clean) = self.take_head(flow).await? {
            return Ok(clean);
        }
        // When the disk's end is gone, its own error says why.
        while let Some(mut block) = filler.empty().await {
            let portion = flow.claim(BLOCK)?;
            match self.read(&mut block.room()[..portion]).await? {
                Came::End { clean } => return Ok(clean),
                Came::Bytes(count) => {
                    self.count(count, flow)?;
                    flow.took(count)?;
                    block.set_filled(count);
                    if !filler.put(block).await {
                        break;
                    }
                    flow.pace.take(count).await;
                }
            }
        }
        Err(DataFault::Local("the file could not be written".to_owned()))
    }

    /// From a file.
    pub(super) async fn send(mut self, file: File, from: u64, flow: &Arc<Flow>) -> Result<DataEnd, Fault> {
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if !flow.ascii {
            let (carrier, sealed) = self.carrier(file, flow)?;
            return carrier.send(from, sealed).await;
        }
        let (filler, mut drainer) = belt();
        let (ascii, guard) = (flow.ascii, self.guard.clone());
        let disk = spawn_blocking(move || {
            let read = read_blocks(&file, from, filler, ascii);
            drop((file, guard));
            read
        });
        let gone = self.drain(&mut drainer, flow).await;
        drop(drainer);
        let read = joined(disk).await;
        gone?;
        // Only now is it known that these were all bytes of one unchanged file. Before this, closing is a reset.
        read.map_err(Fault::Local)?;
        self.close_after_writing().await
    }

    /// Ends at once, in order.
    pub(super) async fn nothing(mut self) -> Result<DataEnd, Fault> {
        self.close_after_writing().await
    }

    async fn drain(&mut self, drainer: &mut Drainer, flow: &Flow) -> Result<(), DataFault> {
        while let Some(block) = drainer.full().await {
            let mut rest = block.filled();
            while !rest.is_empty() {
                let portion = &rest[..flow.portion(BLOCK).min(rest.len())];
                let count = self.write(portion).await?;
                self.bytes += count as u64;
                flow.done.fetch_add(count as u64, Ordering::Relaxed);
                flow.pace.take(count).await;
                rest = &rest[count..];
            }
            drainer.give_back(block);
        }
        Ok(())
    }

    async fn write(&mut self, bytes: &[u8]) -> Result<usize, DataFault> {
        match timeout(self.idle, self.stream.write(bytes)).await {
            Ok(Ok(0)) => Err(DataFault::Network("the server takes nothing more".to_owned())),
            Ok(Ok(count)) => Ok(count),
            Ok(Err(error)) => Err(DataFault::Network(error.to_string())),
            Err(_) => Err(self.silent()),
        }
    }

    /// Reads what is there, as much as there is room.
    async fn read(&mut self, room: &mut [u8]) -> Result<Came, DataFault> {
        self.watch.look(self.bytes, self.idle)?;
        let stream = &mut self.stream;
        let mut filled = 0;
        let mut outcome = None;
        let reading = poll_fn(|cx| {
            while outcome.is_none() && filled < room.len() {
                let mut buffer = ReadBuf::new(&mut room[filled..]);
                match Pin::new(&mut *stream).poll_read(cx, &mut buffer) {
                    Poll::Ready(Ok(())) if buffer.filled().is_empty() => outcome = Some(Ok(true)),
                    Poll::Ready(Ok(())) => filled += buffer.filled().len(),
                    Poll::Ready(Err(error)) => outcome = Some(Err(error)),
                    Poll::Pending if filled > 0 => break,
                    Poll::Pending => return Poll::Pending,
                }
            }
            Poll::Ready(())
        });
        if timeout(self.idle, reading).await.is_err() {
            return Err(self.silent());
        }
        self.heard.get_or_init(Instant::now);
        // What came before an end or an error is handed over first; the next read meets the end again.
        match outcome {
            _ if filled > 0 => Ok(Came::Bytes(filled)),
            Some(Err(error)) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(Came::End { clean: false }),
            Some(Err(error)) => Err(DataFault::Network(error.to_string())),
            _ => Ok(Came::End { clean: true }),
        }
    }

    fn silent(&self) -> DataFault {
        DataFault::Silent(self.idle.as_secs())
    }

    /// After a download: close_notify, so that the server sees an orderly end too, then close.
    async fn close_after_reading(&mut self) {
        make_orderly(self.stream.socket());
        let _ = timeout(GOODBYE, self.stream.finish()).await;
    }

    /// After an upload: close_notify, end of our side, then read to the server's end.
    async fn close_after_writing(&mut self) -> Result<DataEnd, Fault> {
        let broken = |error: io::Error| DataFault::Network(error.to_string());
        timeout(self.idle, self.stream.flush()).await.map_err(|_| self.silent())?.map_err(broken)?;
        make_orderly(self.stream.socket());
        timeout(self.idle, self.stream.finish()).await.map_err(|_| self.silent())?.map_err(broken)?;
        let mut byte = [0; 1];
        match timeout(DRAIN, self.stream.read(&mut byte)).await {
            Ok(Ok(1..)) => Err(DataFault::Network("the server sent data on an upload's connection".to_owned()).into()),
            // An end, a reset after everything was taken, or nothing at all: the server's reply says what it has.
            end => {
                let broken = matches!(end, Ok(Err(_))) && matches!(self.stream, Stream::Plain(_));
                Ok(DataEnd { broken, ..self.end(end.is_ok()) })
            }
        }
    }
}

/// What a read met.
enum Came {
    Bytes(usize),
    End { clean: bool },
}

async fn joined(disk: JoinHandle<io::Result<()>>) -> io::Result<()> {
    disk.await.unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn write_blocks(file: &File, mut drainer: Drainer, flow: &Flow) -> io::Result<()> {
    let mut place = flow.place(file);
    let mut lines = FromWire::native();
    let mut converted = Vec::new();
    while let Some(block) = drainer.blocking_full() {
        if flow.ascii {
            converted.clear();
            lines.convert(block.filled(), &mut converted);
            place.write_all(&converted)?;
        } else {
            place.write_all(block.filled())?;
            flow.wrote(block.filled().len());
        }
        drainer.give_back(block);
    }
    converted.clear();
    lines.finish(&mut converted);
    place.write_all(&converted)
}

/// Reads exactly what the file holds now from `from` on; if that changes meanwhile, nothing that was sent is the file.
fn read_blocks(mut file: &File, from: u64, mut filler: Filler, ascii: bool) -> io::Result<()> {
    let (before, mut left) = measure(file, from)?;
    file.seek(SeekFrom::Start(from))?;
    let mut lines = ToWire::default();
    let (mut scratch, mut converted) = (vec![0; if ascii { BLOCK / 2 } else { 0 }], Vec::new());
    while left > 0 {
        let Some(mut block) = filler.blocking_empty() else { return Ok(()) };
        let room = if ascii { scratch.as_mut_slice() } else { block.room() };
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(room.len());
        let count = match file.read(&mut room[..most]) {
            Ok(0) => return Err(io::Error::other("the file became shorter while it was sent")),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
            Err(error) => return Err(error),
        };
        left -= count as u64;
        let mut filled = count;
        if ascii {
            converted.clear();
            lines.convert(&scratch[..count], &mut converted);
            block.room()[..converted.len()].copy_from_slice(&converted);
            filled = converted.len();
        }
        block.set_filled(filled);
        if !filler.blocking_put(block) {
            return Ok(());
        }
    }
    check_unchanged(file, &before)
}

/// What a file is before it is sent, and how much of it there is from `from` on.
pub(super) fn measure(file: &File, from: u64) -> io::Result<(Metadata, u64)> {
    let before = file.metadata()?;
    if !before.is_file() {
        return Err(io::Error::other("it is not a regular file"));
    }
    match before.len().checked_sub(from) {
        Some(left) => Ok((before, left)),
        None => Err(io::Error::other("the file is shorter than what was sent of it earlier")),
    }
}

/// Whether it still is what it was before.
pub(super) fn check_unchanged(file: &File, before: &Metadata) -> io::Result<()> {
    let after = file.metadata()?;
    if after.len() != before.len() || after.modified().ok() != before.modified().ok() {
        return Err(io::Error::other("the file changed while it was sent"));
    }
    Ok(())
}
