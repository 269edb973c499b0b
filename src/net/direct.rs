//! Bytes between a data connection and a file, by one thread: no task is woken for a block. In clear they go from the socket
//! through a pipe into the file and never enter this program's memory; under TLS a block stays in the processor's cache until
//! it is through.

mod sealed;

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::net::{Shutdown, TcpStream};
use std::os::fd::OwnedFd;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use rustix::pipe::{PipeFlags, SpliceFlags, fcntl_setpipe_size, pipe_with, splice};
use socket2::SockRef;
use tokio::sync::mpsc::Sender;
use tokio::task::spawn_blocking;

pub(super) use self::sealed::Sealed;
use super::Flow;
use super::copy::{DRAIN, Fault, GOODBYE, Watch, check_unchanged, measure};
use super::span::Place;
use crate::ftp::{DataEnd, DataFault};

/// Bytes that are moved by way of memory before a pipe is worth its price, and again where the file takes none from a pipe.
const BLOCK: usize = 256 * 1024;
/// Room for the first bytes: most files are small, and a block would have to be cleared for each.
const FIRST: usize = 16 * 1024;
/// Bytes that are sent at once: they are still in the processor's cache when they are sealed, and when the system takes them.
const SENT: usize = 64 * 1024;
/// What a pipe is asked to hold; where the system's limit for a user is reached, it stays smaller.
const PIPE: usize = 1024 * 1024;
/// A thread that keeps a speed limit looks up this often.
const NAP: Duration = Duration::from_millis(20);

/// An end in order; how many bytes it has is counted elsewhere.
const CLEAN: DataEnd = DataEnd { bytes: 0, clean: true, broken: false };

/// What is moved by a thread.
#[derive(Debug)]
pub(super) struct Carrier {
    socket: Arc<TcpStream>,
    file: File,
    flow: Arc<Flow>,
    idle: Duration,
    bytes: u64,
    watch: Watch,
    heard: Arc<OnceLock<Instant>>,
    given_up: Arc<AtomicBool>,
    guard: Sender<()>,
}

/// Held by whoever waits for the thread: when dropped, the connection is reset, and the thread ends.
struct Waiting {
    socket: Arc<TcpStream>,
    given_up: Arc<AtomicBool>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if !self.given_up.swap(true, Ordering::AcqRel) {
            // Connecting to nowhere resets at once, though the thread still holds the socket, and wakes it.
            let _ = rustix::net::connect_unspec(&*self.socket);
        }
    }
}

impl Carrier {
    /// Over `socket`, which does not block.
    pub(super) fn new(
        socket: TcpStream,
        file: File,
        flow: Arc<Flow>,
        idle: Duration,
        heard: Arc<OnceLock<Instant>>,
        guard: Sender<()>,
    ) -> Self {
        let watch = Watch::new();
        Self { socket: Arc::new(socket), file, flow, idle, bytes: 0, watch, heard, given_up: Arc::default(), guard }
    }

    /// Into the file.
    pub(super) async fn receive(self, sealed: Option<Sealed>) -> Result<DataEnd, Fault> {
        self.run(|this| match sealed {
            Some(sealed) => this.open_up(sealed).map(|clean| DataEnd { clean, ..CLEAN }),
            None => this.take_in().map(|()| CLEAN),
        })
        .await
    }

    /// From the file, from `from` on.
    pub(super) async fn send(self, from: u64, sealed: Option<Sealed>) -> Result<DataEnd, Fault> {
        self.run(move |this| this.give_out(from, sealed)).await
    }

    /// Does the work, which says how it ended.
    async fn run(
        mut self,
        work: impl FnOnce(&mut Self) -> Result<DataEnd, Fault> + Send + 'static,
    ) -> Result<DataEnd, Fault> {
        let waiting = Waiting { socket: self.socket.clone(), given_up: self.given_up.clone() };
        let thread = spawn_blocking(move || {
            let result = work(&mut self);
            let Self { file, guard, socket, .. } = self;
            drop((file, guard, socket));
            result.map(|end| DataEnd { bytes: self.bytes, ..end })
        });
        let result = thread.await.unwrap_or_else(|error| Err(Fault::Local(io::Error::other(error))));
        // The thread has ended it, in whatever way was right.
        waiting.given_up.store(true, Ordering::Release);
        result
    }

    fn take_in(&mut self) -> Result<(), Fault> {
        if self.take_head()? {
            self.take_rest()?;
        }
        // The server may hold its last reply until our end is closed: not later than this.
        let _ = SockRef::from(&*self.socket).set_linger(None);
        let _ = self.socket.shutdown(Shutdown::Write);
        Ok(())
    }

    /// What comes before a range goes into memory. False: the data have ended.
    fn take_head(&mut self) -> Result<bool, Fault> {
        let Some(span) = self.flow.span.clone() else { return Ok(true) };
        let mut block = [0; FIRST];
        while span.head_left() > 0 {
            let most = self.flow.portion(span.head_left().min(FIRST));
            let count = self.once(PollFlags::IN, |mut socket| socket.read(&mut block[..most]))?;
            self.heard.get_or_init(Instant::now);
            if count == 0 {
                return Ok(false);
            }
            self.count(count);
            span.put_head(&block[..count]);
            self.keep_pace(count)?;
        }
        Ok(true)
    }

    fn take_rest(&mut self) -> Result<(), Fault> {
        let mut block = Vec::new();
        let mut pipe = None;
        let mut is_refused = false;
        loop {
            if pipe.is_none() && !is_refused && self.bytes >= BLOCK as u64 {
                pipe = Pipe::new();
                is_refused = pipe.is_none();
            }
            let room = if self.bytes == 0 { FIRST } else { BLOCK };
            let most = self.flow.claim(if pipe.is_some() { PIPE } else { room })?;
            let count = match &pipe {
                Some(pipe) => self.once(PollFlags::IN, |socket| pipe.fill(socket, most))?,
                None => {
                    block.resize(room, 0);
                    let room = &mut block[..most];
                    self.once(PollFlags::IN, |mut socket| socket.read(room))?
                }
            };
            self.heard.get_or_init(Instant::now);
            if count == 0 {
                return Ok(());
            }
            self.took(count)?;
            let mut place = self.flow.place(&self.file);
            match &pipe {
                None => place.write_all(&block[..count]).map_err(Fault::Local)?,
                Some(full) if !full.empty(place, count).map_err(Fault::Local)? => {
                    (pipe, is_refused) = (None, true);
                }
                Some(_) => {}
            }
            self.flow.wrote(count);
            self.keep_pace(count)?;
        }
    }

    fn give_out(&mut self, from: u64, mut sealed: Option<Sealed>) -> Result<DataEnd, Fault> {
        let (before, mut left) = measure(&self.file, from).map_err(Fault::Local)?;
        (&self.file).seek(SeekFrom::Start(from)).map_err(Fault::Local)?;
        let mut block = vec![0; usize::try_from(left).unwrap_or(SENT).min(SENT)];
        while left > 0 {
            let most = usize::try_from(left).unwrap_or(SENT).min(block.len());
            let count = match (&self.file).read(&mut block[..most]) {
                Ok(0) => return Err(Fault::Local(io::Error::other("the file became shorter while it was sent"))),
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(Fault::Local(error)),
            };
            left -= count as u64;
            let mut rest = &block[..count];
            while !rest.is_empty() {
                let portion = &rest[..self.flow.portion(SENT).min(rest.len())];
                let count = match &mut sealed {
                    Some(sealed) => self.seal(sealed, portion)?,
                    None => self.once(PollFlags::OUT, |mut socket| socket.write(portion))?,
                };
                if count == 0 {
                    return Err(DataFault::Network("the server takes nothing more".to_owned()).into());
                }
                self.count(count);
                self.keep_pace(count)?;
                rest = &rest[count..];
            }
        }
        // Only now is it known that these were all bytes of one unchanged file. Before this, closing is a reset.
        check_unchanged(&self.file, &before).map_err(Fault::Local)?;
        let _ = SockRef::from(&*self.socket).set_linger(None);
        if let Some(sealed) = &mut sealed {
            self.close_notify(sealed)?;
        }
        self.socket.shutdown(Shutdown::Write).map_err(broken)?;
        self.idle = DRAIN;
        let end = match &mut sealed {
            Some(sealed) => self.hear_out(sealed),
            None => self.once(PollFlags::IN, |mut socket| socket.read(&mut [0])),
        };
        match end {
            Ok(1..) => Err(DataFault::Network("the server sent data on an upload's connection".to_owned()).into()),
            // An end, a reset after everything was taken, or nothing at all: the server's reply says what it has.
            Ok(0) => Ok(CLEAN),
            Err(DataFault::Silent(_)) => Ok(DataEnd { clean: false, ..CLEAN }),
            Err(_) => Ok(DataEnd { broken: sealed.is_none(), ..CLEAN }),
        }
    }

    /// So many bytes came.
    fn took(&mut self, count: usize) -> Result<(), DataFault> {
        self.count(count);
        self.flow.took(count)?;
        if self.flow.most.is_some_and(|most| self.bytes > most) { Err(DataFault::Limit) } else { Ok(()) }
    }

    fn count(&mut self, count: usize) {
        self.bytes += count as u64;
        self.flow.done.fetch_add(count as u64, Ordering::Relaxed);
    }

    /// Does what the socket may not be ready for, as soon as it is.
    fn once(
        &mut self,
        ready: PollFlags,
        mut step: impl FnMut(&TcpStream) -> io::Result<usize>,
    ) -> Result<usize, DataFault> {
        if ready == PollFlags::IN {
            self.watch.look(self.bytes, self.idle)?;
        }
        let until = Instant::now() + self.idle;
        loop {
            if self.given_up.load(Ordering::Acquire) {
                return Err(DataFault::Network("it was given up".to_owned()));
            }
            match step(&self.socket) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => return other.map_err(broken),
            }
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Err(DataFault::Silent(self.idle.as_secs()));
            }
            match poll(&mut [PollFd::new(&*self.socket, ready)], Timespec::try_from(left).ok().as_ref()) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(broken(error.into())),
            }
        }
    }

    /// Waits until `bytes` more may have flowed.
    fn keep_pace(&self, bytes: usize) -> Result<(), DataFault> {
        let rate = self.flow.pace.rate();
        let Some(until) = self.flow.pace.book(bytes, tokio::time::Instant::now()) else { return Ok(()) };
        let until = until.into_std();
        let _waits = self.flow.pace.waits();
        while self.flow.pace.rate() == rate {
            let left = until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            if self.given_up.load(Ordering::Acquire) {
                return Err(DataFault::Network("it was given up".to_owned()));
            }
            sleep(left.min(NAP));
        }
        Ok(())
    }
}

fn broken(error: io::Error) -> DataFault {
    DataFault::Network(error.to_string())
}

/// Bytes on their way through the kernel.
struct Pipe {
    exit: OwnedFd,
    entry: OwnedFd,
}

impl Pipe {
    /// None where there are no more to be had.
    fn new() -> Option<Self> {
        let (exit, entry) = pipe_with(PipeFlags::CLOEXEC).ok()?;
        let _ = fcntl_setpipe_size(&entry, PIPE);
        Some(Self { exit, entry })
    }

    fn fill(&self, socket: &TcpStream, most: usize) -> io::Result<usize> {
        Ok(splice(socket, None, &self.entry, None, most, SpliceFlags::MOVE | SpliceFlags::NONBLOCK)?)
    }

    /// Moves all `count` bytes on into the file. False where they had to be copied: it takes none from a pipe.
    fn empty(&self, mut place: Place<'_>, count: usize) -> io::Result<bool> {
        let mut left = count;
        while left > 0 {
            match splice(&self.exit, None, place.file, Some(&mut place.at), left, SpliceFlags::MOVE) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(moved) => left -= moved,
                Err(Errno::INTR) => {}
                Err(Errno::INVAL) => {
                    let exit = File::from(self.exit.try_clone()?);
                    io::copy(&mut exit.take(left as u64), &mut place)?;
                    return Ok(false);
                }
                Err(error) => return Err(error.into()),
            }
        }
        Ok(true)
    }
}
