//! A connection, plain or under TLS, and the control connection's reading and writing at once.

use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

/// Replies are read up to here at once.
const INPUT: usize = 16 * 1024;
/// What the system may hold of our bytes without having sent them: enough for any line, so much that a thread is seldom woken
/// for more, and progress stays true.
#[cfg(any(target_os = "linux", target_os = "android"))]
const UNSENT: u32 = 1024 * 1024;
/// The last goodbye waits up to here.
const GOODBYE: Duration = Duration::from_secs(1);

/// A connection under TLS. rustls asks the system for 4 KiB at a time, so that data are read ahead; on a control connection,
/// which may go on in clear, nothing is.
pub(super) type Secured = TlsStream<BufReader<TcpStream>>;

/// A connection to a server.
#[derive(Debug)]
pub(super) enum Stream {
    /// In clear.
    Plain(TcpStream),
    /// Under TLS.
    Tls(Box<Secured>),
}

impl Stream {
    /// The socket below.
    pub(super) fn socket(&self) -> &TcpStream {
        match self {
            Self::Plain(socket) => socket,
            Self::Tls(stream) => stream.get_ref().0.get_ref(),
        }
    }

    /// Says that nothing more comes from us, under TLS with a close_notify, and closes our side.
    pub(super) async fn finish(&mut self) -> io::Result<()> {
        self.shutdown().await
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_read(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_write(cx, buf),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(socket) => Pin::new(socket).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

/// Sets up a data connection: small packets of a handshake go at once, and closing it without [`Stream::finish`], also
/// by a crash of this program, is a reset, so that no server takes a part for the whole.
pub(super) fn prepare_data(socket: &TcpStream) {
    let _ = socket.set_nodelay(true);
    let socket = SockRef::from(socket);
    let _ = socket.set_linger(Some(Duration::ZERO));
    #[cfg(any(target_os = "linux", target_os = "android"))]
    let _ = socket.set_tcp_notsent_lowat(UNSENT);
}

/// The transfer is whole: closing is from now on an ordinary end.
pub(super) fn make_orderly(socket: &TcpStream) {
    let _ = SockRef::from(socket).set_linger(None);
}

/// A control connection.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Option<Stream>,
    output: Vec<u8>,
    sent: usize,
    flush: bool,
    input: Box<[u8]>,
}

impl Wire {
    /// Over `socket`, in clear.
    pub(super) fn new(socket: TcpStream) -> Self {
        let stream = Some(Stream::Plain(socket));
        Self { stream, output: Vec::new(), sent: 0, flush: false, input: vec![0; INPUT].into_boxed_slice() }
    }

    /// `bytes` are to be sent.
    pub(super) fn queue(&mut self, bytes: &[u8]) {
        self.output.extend_from_slice(bytes);
        self.flush = true;
    }

    /// Takes the socket, to put TLS on it.
    pub(super) fn take_plain(&mut self) -> Option<TcpStream> {
        match self.stream.take() {
            Some(Stream::Plain(socket)) => Some(socket),
            other => {
                self.stream = other;
                None
            }
        }
    }

    /// Ends TLS with a close_notify each way (RFC 4217 12.3), and goes on in clear. Whatever else comes before that belongs
    /// to nobody.
    pub(super) async fn end_tls(&mut self) -> io::Result<()> {
        let mut stream = match self.stream.take() {
            Some(Stream::Tls(stream)) => stream,
            other => {
                self.stream = other;
                return Err(io::Error::other("there is no TLS to end"));
            }
        };
        stream.get_mut().1.send_close_notify();
        stream.flush().await?;
        // Some servers just go on.
        if let Ok(read) = tokio::time::timeout(GOODBYE, stream.read(&mut [0])).await
            && read? > 0
        {
            return Err(io::Error::other("the server said more before TLS had ended"));
        }
        self.stream = Some(Stream::Plain(stream.into_inner().0.into_inner()));
        Ok(())
    }

    /// Goes on over `stream`.
    pub(super) fn put(&mut self, stream: Secured) {
        self.stream = Some(Stream::Tls(Box::new(stream)));
    }

    /// The first `count` bytes that [`Wire::turn`] read.
    pub(super) fn input(&self, count: usize) -> &[u8] {
        &self.input[..count.min(self.input.len())]
    }

    /// Sends what is queued, until something was read: that many bytes; 0 when the server has closed. Can be dropped
    /// and called again.
    pub(super) async fn turn(&mut self) -> io::Result<usize> {
        let count = poll_fn(|cx| self.poll(cx)).await?;
        #[cfg(any(target_os = "linux", target_os = "android"))]
        if let Some(stream) = &self.stream {
            // Some servers send 150 and 226 as two small packets and wait for our acknowledgement in between, which
            // the system would delay by 40 ms.
            let _ = SockRef::from(stream.socket()).set_tcp_quickack(true);
        }
        Ok(count)
    }

    /// Hands over to the system what is queued, as far as it takes it at once. What goes wrong is heard of by
    /// [`Wire::turn`].
    pub(super) async fn send_now(&mut self) {
        poll_fn(|cx| {
            let _ = self.send(cx);
            Poll::Ready(())
        })
        .await;
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let sent = self.send(cx);
        let Some(stream) = &mut self.stream else { return Poll::Ready(Ok(0)) };
        let mut buffer = ReadBuf::new(&mut self.input);
        match (Pin::new(stream).poll_read(cx, &mut buffer), sent) {
            (Poll::Ready(Ok(())), _) => Poll::Ready(Ok(buffer.filled().len())),
            (Poll::Ready(Err(error)), _) => Poll::Ready(Err(error)),
            // The server may have said why before it stopped listening; only when it has not, this is all there is.
            (Poll::Pending, Err(error)) => Poll::Ready(Err(error)),
            (Poll::Pending, Ok(())) => Poll::Pending,
        }
    }

    fn send(&mut self, cx: &mut Context<'_>) -> io::Result<()> {
        let Some(stream) = &mut self.stream else { return Ok(()) };
        while self.sent < self.output.len() {
            match Pin::new(&mut *stream).poll_write(cx, &self.output[self.sent..]) {
                Poll::Ready(Ok(0)) => return Err(io::ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(count)) => self.sent += count,
                Poll::Ready(Err(error)) => return Err(error),
                Poll::Pending => return Ok(()),
            }
        }
        self.output.clear();
        self.sent = 0;
        if self.flush
            && let Poll::Ready(flushed) = Pin::new(stream).poll_flush(cx)
        {
            flushed?;
            self.flush = false;
        }
        Ok(())
    }

    /// Closes the connection.
    pub(super) async fn close(&mut self) {
        if let Some(mut stream) = self.stream.take() {
            let _ = tokio::time::timeout(GOODBYE, stream.finish()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn what_is_sent_now_needs_no_turn() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut wire = Wire::new(TcpStream::connect(listener.local_addr().unwrap()).await.unwrap());
        let (mut there, _) = listener.accept().await.unwrap();
        wire.queue(b"STOR f\r\n");
        wire.send_now().await;
        let mut came = [0; 8];
        there.read_exact(&mut came).await.unwrap();
        assert_eq!((&came, wire.output.len()), (b"STOR f\r\n", 0));
    }
}
