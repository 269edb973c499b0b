//! Data connections: what the server sees of them, and what becomes of files.

use std::fs::File;
use std::io::{Read as _, Seek as _, Write as _};
use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use tokio::io::AsyncReadExt;
use tokio::net::TcpSocket;
use tokio_rustls::server::TlsStream;

use super::*;
use crate::ftp::{DataEnd, DataFault};
use crate::net::copy::Load;
use crate::net::data::{DataConnection, Ended, Happened, Job};
use crate::net::proxy::Route;
use crate::net::tls::Security as Tls;
use crate::net::{Flow, Pace, Span};

const PATIENCE: Duration = Duration::from_millis(300);

/// A data connection to `listener`, with TLS if there is some; both ends.
async fn connected(listener: &TcpListener, load: Load, security: Option<Arc<Tls>>) -> (DataConnection, TcpStream) {
    let to = listener.local_addr().unwrap();
    let mut data =
        DataConnection::connect(Route::Direct { to, from: Some(to.ip()) }, PATIENCE, scribe(&Lines::default()));
    let (socket, _) = listener.accept().await.unwrap();
    assert!(matches!(data.next().await, Happened::Open));
    data.start(Job { load, security });
    (data, socket)
}

async fn ended(mut data: DataConnection) -> Ended {
    match tokio::time::timeout(SOON, data.next()).await.unwrap() {
        Happened::Done(ended) => *ended,
        Happened::Open => panic!("opened twice"),
    }
}

/// TLS as the control connection of `identity` has it.
async fn secured(identity: &Identity) -> Arc<Tls> {
    let (listener, port) = listener().await;
    let acceptor = identity.acceptor();
    tokio::spawn(async move {
        let socket = listener.accept().await.unwrap().0;
        let mut stream = acceptor.accept(socket).await.unwrap();
        let _ = stream.read_u8().await;
    });
    let security = Tls::new(&dial(port, Security::Explicit, identity.pinned(), &Lines::default()), None).await.unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    security.control(socket, SOON).await.unwrap();
    Arc::new(security)
}

async fn accepted(identity: &Identity, socket: TcpStream) -> TlsStream<TcpStream> {
    identity.acceptor().accept(socket).await.unwrap()
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(bytes).unwrap();
    file
}

fn content(mut file: File) -> Vec<u8> {
    let mut bytes = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut bytes).unwrap();
    bytes
}

fn some_bytes(count: usize) -> Vec<u8> {
    (0..count).map(|i| i.wrapping_mul(31).wrapping_add(i / 251).to_le_bytes()[0]).collect()
}

fn sending(file: &File, from: u64) -> (Load, Arc<Flow>) {
    let flow = Arc::new(Flow::default());
    (Load::Send { file: file.try_clone().unwrap(), from, flow: flow.clone() }, flow)
}

fn receiving(file: &File, ascii: bool) -> (Load, Arc<Flow>) {
    let flow = Arc::new(Flow::new(Pace::unlimited(), ascii));
    (Load::Receive { file: file.try_clone().unwrap(), flow: flow.clone() }, flow)
}

#[tokio::test]
async fn an_upload_sends_exactly_the_rest_of_the_file_and_ends_in_order() {
    let (listener, _) = listener().await;
    let bytes = some_bytes(3_000_000);
    let file = file_of(&bytes);
    for identity in [None, Some(Identity::loopback())] {
        for from in [0, 1_000_001, 3_000_000] {
            let security = match &identity {
                Some(identity) => Some(secured(identity).await),
                None => None,
            };
            let (load, flow) = sending(&file, from);
            let (data, mut socket) = connected(&listener, load, security).await;
            let mut got = Vec::new();
            match &identity {
                None => {
                    socket.read_to_end(&mut got).await.unwrap();
                    drop(socket);
                }
                Some(identity) => {
                    // Also for nothing at all there is a handshake, and an end that is authentic.
                    let mut stream = accepted(identity, socket).await;
                    stream.read_to_end(&mut got).await.unwrap();
                    stream.shutdown().await.unwrap();
                }
            }
            let from = usize::try_from(from).unwrap();
            assert!(got == bytes[from..], "{} bytes from {from}", got.len());
            let end = DataEnd { bytes: (bytes.len() - from) as u64, clean: true, broken: false };
            assert_eq!(ended(data).await.result, Ok(end));
            assert_eq!(flow.done(), end.bytes);
        }
    }
}

#[tokio::test]
async fn a_download_reaches_the_file_and_says_whether_its_end_is_authentic() {
    let (listener, _) = listener().await;
    let (identity, bytes) = (Identity::loopback(), some_bytes(2_000_000));
    for orderly in [true, false] {
        let file = tempfile::tempfile().unwrap();
        let (load, flow) = receiving(&file, false);
        let (data, socket) = connected(&listener, load, Some(secured(&identity).await)).await;
        let mut stream = accepted(&identity, socket).await;
        stream.write_all(&bytes).await.unwrap();
        stream.flush().await.unwrap();
        if orderly {
            stream.shutdown().await.unwrap();
            // The client says goodbye too.
            assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
        } else {
            stream.into_inner().0.shutdown().await.unwrap();
        }
        assert_eq!(ended(data).await.result, Ok(DataEnd { bytes: bytes.len() as u64, clean: orderly, broken: false }));
        assert!(content(file) == bytes);
        assert_eq!(flow.done(), bytes.len() as u64);
    }
}

/// The server's end of a connection that must not look like a whole file: only an error will do.
async fn assert_reset(mut socket: impl AsyncRead + Unpin) {
    let mut got = Vec::new();
    let result = tokio::time::timeout(SOON, socket.read_to_end(&mut got)).await.unwrap();
    assert!(result.is_err(), "{} bytes look like a whole file", got.len());
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_sent_is_never_sent_whole() {
    let (listener, _) = listener().await;
    // More than fits into all buffers on the way, so that the change comes in the middle.
    let size = 40_000_000;
    for new in [size / 2, size + 10] {
        let file = file_of(&some_bytes(size));
        let (load, _) = sending(&file, 0);
        let (data, mut socket) = connected(&listener, load, None).await;
        socket.read_exact(&mut [0; 1000]).await.unwrap();
        file.set_len(new as u64).unwrap();
        assert_reset(socket).await;
        let ended = ended(data).await;
        assert!(matches!(ended.result, Err(DataFault::Local(_))), "{:?}", ended.result);
        assert!(ended.local.unwrap().to_string().contains("while it was sent"));
    }
    let (load, _) = sending(&file_of(b"short"), 6);
    let (data, socket) = connected(&listener, load, None).await;
    assert_reset(socket).await;
    assert!(matches!(ended(data).await.result, Err(DataFault::Local(_))));
}

#[tokio::test]
async fn a_download_in_clear_is_whole_also_where_the_file_takes_nothing_from_a_pipe() {
    let (listener, _) = listener().await;
    let (folder, bytes) = (tempfile::tempdir().unwrap(), some_bytes(5_000_000));
    for appends in [false, true] {
        let path = folder.path().join(appends.to_string());
        let file = File::options().create(true).append(appends).write(true).open(&path).unwrap();
        let (load, flow) = receiving(&file, false);
        let (data, mut socket) = connected(&listener, load, None).await;
        for part in bytes.chunks(700_001) {
            socket.write_all(part).await.unwrap();
        }
        socket.shutdown().await.unwrap();
        assert_eq!(socket.read(&mut [0; 1]).await.unwrap(), 0, "our end is closed too");
        let end = DataEnd { bytes: bytes.len() as u64, clean: true, broken: false };
        assert_eq!(ended(data).await.result, Ok(end));
        assert_eq!(flow.done(), end.bytes);
        assert!(std::fs::read(&path).unwrap() == bytes, "appends: {appends}");
    }
}

#[tokio::test]
async fn an_abandoned_download_is_reset_and_lets_go_of_its_file() {
    let (listener, _) = listener().await;
    let path = tempfile::NamedTempFile::new().unwrap();
    let file = path.reopen().unwrap();
    // Whoever has the file open from here holds the lock.
    file.lock().unwrap();
    let (load, flow) = receiving(&file, false);
    let (data, mut socket) = connected(&listener, load, None).await;
    drop(file);
    socket.write_all(&some_bytes(1000)).await.unwrap();
    while flow.done() < 1000 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let other = path.reopen().unwrap();
    assert!(other.try_lock().is_err(), "it is held");
    data.abandon().await;
    other.try_lock().unwrap();
    assert_reset(socket).await;
}

#[tokio::test]
async fn an_abandoned_connection_is_reset() {
    let (listener, _) = listener().await;
    let (load, _) = sending(&file_of(&some_bytes(40_000_000)), 0);
    let (data, mut socket) = connected(&listener, load, None).await;
    socket.read_exact(&mut [0; 1000]).await.unwrap();
    data.abandon().await;
    assert_reset(socket).await;
}

#[tokio::test]
async fn silence_ends_a_transfer() {
    let (listener, _) = listener().await;
    let (load, _) = receiving(&tempfile::tempfile().unwrap(), false);
    let (data, _socket) = connected(&listener, load, None).await;
    assert_eq!(ended(data).await.result, Err(DataFault::Silent(PATIENCE.as_secs())));
    let (load, _) = sending(&file_of(&some_bytes(40_000_000)), 0);
    let (data, _socket) = connected(&listener, load, None).await;
    assert_eq!(ended(data).await.result, Err(DataFault::Silent(PATIENCE.as_secs())));
    let (data, _socket) =
        connected(&listener, Load::Collect { most: 10 }, Some(secured(&Identity::loopback()).await)).await;
    assert!(ended(data).await.result.is_err());
}

/// The data go on behind the range: the connection is ended, and not a byte of them is written.
#[tokio::test]
async fn a_range_is_written_in_its_place_and_nothing_else() {
    let (listener, _) = listener().await;
    let bytes = some_bytes(3_000_000);
    for identity in [None, Some(Identity::loopback())] {
        for (from, end) in [(1_000_000, 2_000_000), (100, 101), (0, 700_001), (2_000_000, 3_000_000)] {
            let before = vec![b'.'; bytes.len()];
            let file = file_of(&before);
            let span = Arc::new(Span::new(from, end, 3_000_000, 65_536));
            let flow = Arc::new(Flow { span: Some(span.clone()), ..Flow::default() });
            let load = Load::Receive { file: file.try_clone().unwrap(), flow };
            let security = match &identity {
                Some(identity) => Some(secured(identity).await),
                None => None,
            };
            let (data, mut socket) = connected(&listener, load, security).await;
            let offset = usize::try_from(span.offset()).unwrap();
            let sent = bytes[offset..].to_vec();
            // The other end closes before it has read them all.
            match &identity {
                None => drop(tokio::spawn(async move { socket.write_all(&sent).await })),
                Some(identity) => {
                    let mut stream = accepted(identity, socket).await;
                    tokio::spawn(async move {
                        let _ = stream.write_all(&sent).await;
                        stream.shutdown().await
                    });
                }
            }
            let ended = ended(data).await;
            assert_eq!(ended.result.is_ok(), end == 3_000_000, "{:?}", ended.result);
            assert!(ended.result.is_ok() || ended.result == Err(DataFault::Enough), "{:?}", ended.result);
            let (from, end) = (usize::try_from(from).unwrap(), usize::try_from(end).unwrap());
            assert!(span.head() == bytes[offset..from] && span.written() == end as u64);
            let written = content(file);
            assert!(written[from..end] == bytes[from..end], "{from} to {end}");
            assert!(written[..from] == before[..from] && written[end..] == before[end..], "{from} to {end}");
        }
    }
}

/// Who looks how long a part is, or makes sure of it, has the same open file, with the same position.
#[tokio::test]
async fn what_else_is_done_with_the_file_moves_no_byte_of_it() {
    let (listener, _) = listener().await;
    let bytes = some_bytes(400_000);
    for (identity, expected, ascii) in
        [(false, None, false), (true, None, false), (false, Some(10_000), false), (false, None, true)]
    {
        let identity = identity.then(Identity::loopback);
        let count = usize::try_from(expected.unwrap_or(300_000)).unwrap();
        let from = 50_000;
        let mut file = file_of(&bytes[..from + 60_000.min(count)]);
        let flow = Arc::new(Flow { from: from as u64, expected, ascii, ..Flow::default() });
        let load = Load::Receive { file: file.try_clone().unwrap(), flow: flow.clone() };
        let security = match &identity {
            Some(identity) => Some(secured(identity).await),
            None => None,
        };
        let (data, socket) = connected(&listener, load, security).await;
        let mut socket: Box<dyn AsyncWrite + Unpin + Send> = match &identity {
            Some(identity) => Box::new(accepted(identity, socket).await),
            None => Box::new(socket),
        };
        let text = vec![b'x'; bytes.len()];
        let sent = if ascii { &text } else { &bytes };
        for part in sent[from..from + count].chunks(count / 4) {
            file.rewind().unwrap();
            socket.write_all(part).await.unwrap();
            socket.flush().await.unwrap();
            tokio::time::sleep(Duration::from_millis(20)).await;
            file.seek(std::io::SeekFrom::End(0)).unwrap();
        }
        socket.shutdown().await.unwrap();
        drop(socket);
        assert_eq!(ended(data).await.result.unwrap().bytes, count as u64);
        let written = content(file);
        let whole = [&bytes[..from], &sent[from..from + count]].concat();
        assert!(written == whole, "{} of {} bytes, TLS {}", written.len(), whole.len(), identity.is_some());
    }
}

#[tokio::test]
async fn a_listing_has_a_limit() {
    let (listener, _) = listener().await;
    for (count, fits) in [(100_000, true), (100_001, false)] {
        let (data, mut socket) = connected(&listener, Load::Collect { most: 100_000 }, None).await;
        let bytes = some_bytes(count);
        let _ = socket.write_all(&bytes).await;
        drop(socket);
        let ended = ended(data).await;
        if fits {
            assert!(ended.collected == bytes && ended.result.unwrap().clean);
        } else {
            assert_eq!(ended.result, Err(DataFault::Limit));
        }
    }
}

#[tokio::test]
async fn a_server_that_sends_on_an_upload_has_not_taken_it() {
    let (listener, _) = listener().await;
    let (load, _) = sending(&file_of(b"up"), 0);
    let (data, mut socket) = connected(&listener, load, None).await;
    socket.write_all(b"surprise").await.unwrap();
    assert!(matches!(ended(data).await.result, Err(DataFault::Network(_))));
}

#[tokio::test]
async fn a_file_that_cannot_be_written_is_the_reason() {
    let (listener, _) = listener().await;
    let place = tempfile::NamedTempFile::new().unwrap();
    let read_only = File::open(place.path()).unwrap();
    let (load, _) = receiving(&read_only, false);
    let (data, mut socket) = connected(&listener, load, None).await;
    let _ = socket.write_all(&some_bytes(8_000_000)).await;
    drop(socket);
    let ended = ended(data).await;
    assert!(matches!(ended.result, Err(DataFault::Local(_))) && ended.local.is_some());
}

#[tokio::test]
async fn an_upload_without_a_file_is_an_empty_one_that_ends_in_order() {
    let (listener, _) = listener().await;
    let identity = Identity::loopback();
    let (data, mut socket) = connected(&listener, Load::Nothing, None).await;
    assert_eq!(socket.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    drop(socket);
    assert_eq!(ended(data).await.result, Ok(DataEnd { bytes: 0, clean: true, broken: false }));
    let (data, socket) = connected(&listener, Load::Nothing, Some(secured(&identity).await)).await;
    let mut stream = accepted(&identity, socket).await;
    assert_eq!(stream.read_to_end(&mut Vec::new()).await.unwrap(), 0, "a close_notify, or this is an error");
    stream.shutdown().await.unwrap();
    drop(stream);
    assert_eq!(ended(data).await.result, Ok(DataEnd { bytes: 0, clean: true, broken: false }));
}

#[tokio::test]
async fn an_upload_that_the_server_resets_at_its_end_is_known_as_such() {
    let (listener, _) = listener().await;
    for ascii in [false, true] {
        let flow = Arc::new(Flow::new(Pace::unlimited(), ascii));
        let load = Load::Send { file: file_of(b"all of it"), from: 0, flow };
        let (data, mut socket) = connected(&listener, load, None).await;
        socket.read_exact(&mut [0; 9]).await.unwrap();
        socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO)).unwrap();
        drop(socket);
        assert_eq!(ended(data).await.result, Ok(DataEnd { bytes: 9, clean: true, broken: true }), "ascii: {ascii}");
    }
}

#[tokio::test]
async fn text_is_converted_in_both_directions() {
    let (listener, _) = listener().await;
    let flow = Arc::new(Flow::new(Pace::unlimited(), true));
    let load = Load::Send { file: file_of(b"a\nb\r\n\rc\n"), from: 0, flow };
    let (data, mut socket) = connected(&listener, load, None).await;
    let mut got = Vec::new();
    socket.read_to_end(&mut got).await.unwrap();
    assert_eq!(got, b"a\r\nb\r\n\rc\r\n");
    drop(socket);
    assert_eq!(ended(data).await.result, Ok(DataEnd { bytes: got.len() as u64, clean: true, broken: false }));
    let file = tempfile::tempfile().unwrap();
    let (load, flow) = receiving(&file, true);
    let (data, mut socket) = connected(&listener, load, None).await;
    socket.write_all(b"x\r").await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    socket.write_all(b"\ny\r").await.unwrap();
    drop(socket);
    assert_eq!(ended(data).await.result, Ok(DataEnd { bytes: 5, clean: true, broken: false }));
    assert_eq!(flow.done.load(Ordering::Relaxed), 5);
    assert_eq!(content(file), if cfg!(windows) { &b"x\r\ny\r"[..] } else { b"x\ny\r" });
}

#[tokio::test]
async fn the_data_connection_must_be_with_the_same_server() {
    let (listener, _) = listener().await;
    let (ours, other) = (Identity::loopback(), Identity::loopback());
    let security = secured(&ours).await;
    // A full handshake with the same certificate is fine…
    let (data, socket) = connected(&listener, Load::Collect { most: 10 }, Some(security.clone())).await;
    let mut stream = accepted(&ours, socket).await;
    stream.shutdown().await.unwrap();
    let agreed = data.agreed.clone();
    assert!(ended(data).await.result.unwrap().clean && !agreed.get().unwrap().resumed);
    // …another one is somebody else, whatever it says.
    let (data, socket) = connected(&listener, Load::Collect { most: 10 }, Some(security)).await;
    let _ = other.acceptor().accept(socket).await;
    match ended(data).await.result {
        Err(DataFault::Tls(why)) => assert!(why.contains("is not the control connection's"), "{why}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn in_active_mode_only_the_server_may_come() {
    let lines = Lines::default();
    let on: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let (mut data, address) = DataConnection::listen(on, on.ip(), None, SOON, scribe(&lines)).unwrap();
    let stranger = TcpSocket::new_v4().unwrap();
    stranger.bind("127.0.0.2:0".parse().unwrap()).unwrap();
    let mut stranger = stranger.connect(address).await.unwrap();
    assert_eq!(stranger.read(&mut [0; 1]).await.unwrap_or(0), 0);
    let file = tempfile::tempfile().unwrap();
    data.start(Job { load: receiving(&file, false).0, security: None });
    let mut server = TcpStream::connect(address).await.unwrap();
    server.write_all(b"from the server").await.unwrap();
    drop(server);
    assert!(matches!(data.next().await, Happened::Open));
    assert!(ended(data).await.result.is_ok());
    assert_eq!(content(file), b"from the server");
    assert!(lines.have("127.0.0.2") && lines.have("was sent away"));
}

#[tokio::test]
async fn active_mode_keeps_to_its_ports_and_waits_no_longer_than_it_may() {
    let on: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let free = TcpListener::bind(on).await.unwrap().local_addr().unwrap().port();
    let ports = Some((free, free));
    let lines = Lines::default();
    let (data, address) = DataConnection::listen(on, on.ip(), ports, PATIENCE, scribe(&lines)).unwrap();
    assert_eq!(address.port(), free);
    assert!(DataConnection::listen(on, on.ip(), ports, PATIENCE, scribe(&lines)).is_err());
    let mut data = data;
    data.start(Job { load: Load::Collect { most: 10 }, security: None });
    assert!(matches!(ended(data).await.result, Err(DataFault::Connect(_))));
}

/// Shakes hands on a data connection with whoever `acceptor` is.
async fn data_shake(security: &Tls, acceptor: &TlsAcceptor) -> Result<bool, DataFault> {
    let (listener, port) = listener().await;
    let acceptor = acceptor.clone();
    tokio::spawn(async move {
        let mut stream = acceptor.accept(listener.accept().await.unwrap().0).await.unwrap();
        let _ = stream.write_all(b"x").await;
        let _ = stream.shutdown().await;
    });
    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut stream = security.data(socket, SOON).await?;
    let _ = stream.read_to_end(&mut Vec::new()).await; // the tickets come first
    Ok(crate::net::tls::Agreed::of(&stream).resumed)
}

#[tokio::test]
async fn a_data_connection_that_no_longer_resumes_is_not_used() {
    let identity = Identity::loopback();
    let acceptor = identity.acceptor();
    let (listener, port) = listener().await;
    let control = acceptor.clone();
    tokio::spawn(async move {
        let mut stream = control.accept(listener.accept().await.unwrap().0).await.unwrap();
        let _ = stream.write_all(b"220 hi\r\n").await;
        let _ = stream.read_u8().await;
    });
    let dial = dial(port, Security::Explicit, identity.pinned(), &Lines::default());
    let security = Tls::new(&dial, None).await.unwrap();
    let socket = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let mut stream = security.control(socket, SOON).await.unwrap();
    stream.read_u8().await.unwrap();
    assert_eq!(data_shake(&security, &acceptor).await, Ok(true));
    // The same certificate, but it knows nothing of the session.
    let fault = data_shake(&security, &identity.acceptor()).await.unwrap_err();
    assert!(fault.to_string().contains("somebody else may have answered"), "{fault}");
}

#[tokio::test]
async fn a_server_that_never_resumes_is_used_all_the_same() {
    let identity = Identity::loopback();
    let security = secured(&identity).await;
    assert_eq!(data_shake(&security, &identity.acceptor()).await, Ok(false));
    assert_eq!(data_shake(&security, &identity.acceptor()).await, Ok(false));
}

/// Some servers wait for our end, and never say theirs.
#[tokio::test]
async fn a_server_that_never_ends_its_side_of_an_upload_is_left() {
    let (listener, _) = listener().await;
    let identity = Identity::loopback();
    let (load, flow) = sending(&file_of(b"all of it"), 0);
    let (data, socket) = connected(&listener, load, Some(secured(&identity).await)).await;
    let mut stream = accepted(&identity, socket).await;
    let mut got = Vec::new();
    stream.read_to_end(&mut got).await.unwrap();
    // Its side stays open: the reply on the control connection will say what it has.
    assert_eq!(ended(data).await.result, Ok(DataEnd { bytes: 9, clean: false, broken: false }));
    assert_eq!((got.as_slice(), flow.done()), (&b"all of it"[..], 9));
    drop(stream);
}
