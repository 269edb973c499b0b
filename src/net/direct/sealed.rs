//! The same under TLS: by the session that the handshake left, without a task.

use std::io::{BufRead, BufReader, Cursor, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::time::Instant;

use rustix::event::PollFlags;
use rustls::{ClientConnection, IoState};
use socket2::SockRef;

use super::{Carrier, Fault, GOODBYE, broken};
use crate::ftp::DataFault;

/// Bytes that are read ahead: rustls asks for 4 KiB at a time.
const AHEAD: usize = 128 * 1024;

/// TLS as it stands after the handshake.
#[derive(Debug)]
pub(in crate::net) struct Sealed {
    session: ClientConnection,
    /// What came behind the handshake and has been read already.
    early: Vec<u8>,
}

impl Sealed {
    pub(in crate::net) fn new(session: ClientConnection, early: Vec<u8>) -> Self {
        Self { session, early }
    }
}

impl Carrier {
    /// Into the file. Says whether a close_notify came at the end.
    pub(super) fn open_up(&mut self, mut sealed: Sealed) -> Result<bool, Fault> {
        let early = Cursor::new(std::mem::take(&mut sealed.early));
        let socket = self.socket.clone();
        let mut ahead = BufReader::with_capacity(AHEAD, early.chain(&*socket));
        let span = self.flow.span.clone();
        let clean = loop {
            // What comes before a range goes into memory.
            let head = span.as_ref().filter(|span| span.head_left() > 0);
            let most = match head {
                Some(span) => self.flow.portion(span.head_left().min(AHEAD)),
                None => self.flow.claim(AHEAD)?,
            };
            match sealed.session.reader().fill_buf() {
                Ok([]) => break true,
                Ok(chunk) => {
                    self.heard.get_or_init(Instant::now);
                    let bytes = &chunk[..most.min(chunk.len())];
                    let count = bytes.len();
                    match head {
                        Some(span) => {
                            self.count(count);
                            span.put_head(bytes);
                        }
                        None => {
                            self.took(count)?;
                            self.flow.place(&self.file).write_all(bytes).map_err(Fault::Local)?;
                            self.flow.wrote(count);
                        }
                    }
                    sealed.session.reader().consume(count);
                    self.keep_pace(count)?;
                }
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => break false,
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    self.once(PollFlags::IN, |_| sealed.session.read_tls(&mut ahead))?;
                    self.process(&mut sealed)?;
                }
                Err(error) => return Err(broken(error).into()),
            }
        };
        self.heard.get_or_init(Instant::now);
        // The server may hold its last reply until our end is closed: not later than this.
        let _ = SockRef::from(&*self.socket).set_linger(None);
        self.idle = GOODBYE;
        let _ = self.close_notify(&mut sealed);
        let _ = self.socket.shutdown(Shutdown::Write);
        Ok(clean)
    }

    /// Sends bytes under TLS: as many as it took.
    pub(super) fn seal(&mut self, sealed: &mut Sealed, bytes: &[u8]) -> Result<usize, DataFault> {
        let count = sealed.session.writer().write(bytes).map_err(broken)?;
        self.flush(sealed)?;
        Ok(count)
    }

    pub(super) fn close_notify(&mut self, sealed: &mut Sealed) -> Result<(), DataFault> {
        sealed.session.send_close_notify();
        self.flush(sealed)
    }

    /// Reads to the server's end: until then its tickets may still come. Gives back how many bytes came that nobody wants.
    pub(super) fn hear_out(&mut self, sealed: &mut Sealed) -> Result<usize, DataFault> {
        let socket = self.socket.clone();
        let mut ahead = Cursor::new(std::mem::take(&mut sealed.early)).chain(&*socket);
        loop {
            let count = self.once(PollFlags::IN, |_| sealed.session.read_tls(&mut ahead))?;
            let state = self.process(sealed)?;
            let plain = state.plaintext_bytes_to_read();
            if count == 0 || plain > 0 || state.peer_has_closed() {
                return Ok(plain);
            }
        }
    }

    /// Takes in what was read.
    fn process(&mut self, sealed: &mut Sealed) -> Result<IoState, DataFault> {
        let state = sealed.session.process_new_packets();
        state.map_err(|error| {
            // The server is told why, if it listens.
            let _ = sealed.session.write_tls(&mut &*self.socket);
            DataFault::Network(error.to_string())
        })
    }

    fn flush(&mut self, sealed: &mut Sealed) -> Result<(), DataFault> {
        while sealed.session.wants_write() {
            if self.once(PollFlags::OUT, |mut socket| sealed.session.write_tls(&mut socket))? == 0 {
                return Err(DataFault::Network("the server takes nothing more".to_owned()));
            }
        }
        Ok(())
    }
}
