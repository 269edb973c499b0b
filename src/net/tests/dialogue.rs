//! Whole dialogues: what the driver does when a server is slow, silent or hostile.

use std::mem::MaybeUninit;

use socket2::SockRef;
use tokio::io::AsyncReadExt;
use tokio_rustls::server::TlsStream;

use super::*;
use crate::ftp::{self, Operation, Outcome};
use crate::model::RemotePath;
use crate::net::{Body, Cancel, Connection, Error, open};

/// After this long without a command, the client has nothing more to say.
const QUIET: Duration = Duration::from_millis(150);

/// Both sides of a dialogue, which must not take long.
macro_rules! soon {
    ($ours:expr, $theirs:expr) => {
        tokio::time::timeout(SOON, async { tokio::join!($ours, $theirs) }).await.unwrap()
    };
}

/// A client that has logged in, and the server's end.
pub(super) async fn logged_in(change: impl FnOnce(&mut Dial)) -> (Connection, Server<TcpStream>, Lines) {
    let (listener, port) = listener().await;
    let lines = Lines::default();
    let mut dial = dial(port, Security::Never, Trust::default(), &lines);
    change(&mut dial);
    let (connection, server) = tokio::join!(open(dial, |_| {}), async {
        let mut server = Server::accept(&listener).await;
        server.say("220 hello").await;
        // The log-in is over when no more commands come.
        let more = tokio::time::timeout(QUIET, server.behave("-")).await;
        assert!(more.is_err(), "{more:?}");
        server
    });
    (connection.unwrap(), server, lines)
}

async fn failed(
    server: impl Future<Output = ()> + Send + 'static,
    listener_port: u16,
    security: Security,
) -> (Error, Lines) {
    let lines = Lines::default();
    let dial = dial(listener_port, security, Trust::default(), &lines);
    let server = tokio::spawn(server);
    let error = tokio::time::timeout(SOON, open(dial, |_| {})).await.unwrap().unwrap_err();
    server.await.unwrap();
    (error, lines)
}

#[tokio::test]
async fn a_server_that_never_greets_is_given_up() {
    let (listener, port) = listener().await;
    let (error, _) = failed(
        async move {
            let mut server = Server::accept(&listener).await;
            server.hear().await;
        },
        port,
        Security::Never,
    )
    .await;
    assert!(matches!(&error, Error::Timeout { what, seconds: 1 } if what.contains("greeting")), "{error}");
}

#[tokio::test]
async fn what_is_being_done_is_said_in_its_order() {
    let identity = Identity::loopback();
    let (listener, port) = listener().await;
    let lines = Lines::default();
    let dial = dial(port, Security::Explicit, identity.pinned(), &lines);
    let steps = std::sync::Mutex::new(Vec::new());
    let ours = open(dial, |step: String| steps.lock().unwrap().push(step));
    let (connection, _) = soon!(ours, async {
        let mut server = Server::accept(&listener).await;
        server.say("220 hello").await;
        server.hear().await;
        server.say("234 go").await;
        let mut server = Server::new(identity.acceptor().accept(server.stream.into_inner()).await.unwrap());
        let _ = tokio::time::timeout(QUIET, server.behave("-")).await;
    });
    connection.unwrap();
    let steps = steps.into_inner().unwrap();
    let [.., securing, logging_in] = steps.as_slice() else { panic!("{steps:?}") };
    assert!(securing.starts_with("Securing") && logging_in == "Logging in as me", "{steps:?}");
}

/// One byte at a time keeps no command alive for ever.
#[tokio::test]
async fn a_reply_that_trickles_is_given_up() {
    let (listener, port) = listener().await;
    let (error, _) = failed(
        async move {
            let mut server = Server::accept(&listener).await;
            while server.stream.write_all(b"2").await.is_ok() {
                tokio::time::sleep(Duration::from_millis(30)).await;
            }
        },
        port,
        Security::Never,
    )
    .await;
    assert!(matches!(&error, Error::Timeout { .. } | Error::Ftp(ftp::Error::Limit(_))), "{error}");
}

#[tokio::test]
async fn bytes_in_clear_after_the_agreement_on_tls_end_the_connection() {
    let (listener, port) = listener().await;
    let (error, lines) = failed(
        async move {
            let mut server = Server::accept(&listener).await;
            server.say("220 hello").await;
            assert_eq!(server.hear().await, "AUTH TLS");
            server.stream.write_all(b"234 go\r\n230 in\r\n257 \"/\"\r\n").await.unwrap();
            // Nothing of the log-in comes, in whatever form.
            assert_eq!(server.hear().await, "");
        },
        port,
        Security::Explicit,
    )
    .await;
    assert!(matches!(&error, Error::Ftp(ftp::Error::OutOfStep(_))), "{error}");
    assert!(!lines.have("USER"));
}

#[tokio::test]
async fn a_certificate_that_nobody_trusts_gets_no_password() {
    let (listener, port) = listener().await;
    let identity = Identity::loopback();
    let acceptor = identity.acceptor();
    let (error, lines) = failed(
        async move {
            let mut server = Server::accept(&listener).await;
            server.say("220 hello").await;
            server.behave("AUTH").await;
            server.say("234 go").await;
            assert!(acceptor.accept(server.stream.into_inner()).await.is_err());
        },
        port,
        Security::Try,
    )
    .await;
    let Error::Untrusted(doubt) = error else { panic!("{error}") };
    assert_eq!((doubt.port, doubt.problem.as_str()), (port, "is self-signed"));
    assert!(!lines.have("USER") && !lines.have("PASS"));
}

/// As [`logged_in`], under TLS.
async fn securely(identity: &Identity) -> (Connection, Server<TlsStream<TcpStream>>, Lines) {
    let (listener, port) = listener().await;
    let lines = Lines::default();
    let dial = dial(port, Security::Explicit, identity.pinned(), &lines);
    let (connection, server) = tokio::join!(open(dial, |_| {}), async {
        let mut server = Server::accept(&listener).await;
        server.say("220 hello").await;
        server.behave("AUTH").await;
        server.say("234 go").await;
        let mut server = Server::new(identity.acceptor().accept(server.stream.into_inner()).await.unwrap());
        let more = tokio::time::timeout(QUIET, server.behave("-")).await;
        assert!(more.is_err(), "{more:?}");
        server
    });
    (connection.unwrap(), server, lines)
}

#[tokio::test]
async fn tls_is_told_and_the_password_is_not() {
    let (connection, mut server, lines) = securely(&Identity::loopback()).await;
    let tls = connection.server().tls.clone().unwrap();
    assert_eq!((tls.version.as_str(), tls.by_person), ("TLS 1.3", true));
    assert!(lines.have(&format!("certificate sha256 {}", tls.sha256)) && lines.have("Connected to 127.0.0.1:"));
    assert!(lines.have("PASS ****") && !lines.all().join("\n").contains("s3cret"));
    soon!(connection.close(), server.behave("-"));
    assert!(lines.have("221 bye"));
}

/// A server that wants data connections to resume the session says so only after the handshake, in its own words.
#[tokio::test]
async fn a_session_that_was_not_resumed_asks_for_tls_1_2() {
    let identity = Identity::loopback();
    for (reply, wants) in [
        ("425 Unable to build data connection: Operation not permitted", true),
        ("522 SSL connection failed; session reuse required: see require_ssl_reuse option", true),
        ("450 TLS session of data connection not resumed", true),
        ("550 Gone", false),
        ("451 Disk trouble", false),
    ] {
        let (connection, mut server, _) = securely(&identity).await;
        let script = async {
            let (socket, _) = passive(&mut server, "RETR").await;
            server.say("150 comes").await;
            // Another acceptor than the control connection's knows none of its tickets.
            drop(identity.acceptor().accept(socket).await);
            server.say(reply).await;
            server.behave("-").await
        };
        let cancel = Cancel::new();
        let ours = async {
            let result = connection.run(retrieve(), Body::None, None, &cancel).await;
            let open = connection.is_open();
            drop(connection);
            (result, open)
        };
        let ((result, open), _) = soon!(ours, script);
        assert_eq!(matches!(result, Err(Error::NeedsTls12)), wants, "{reply}: {result:?}");
        assert_eq!(open, !wants, "{reply}");
    }
}

/// Half a listing looks like a listing, except that its end is not authentic.
#[tokio::test]
async fn a_listing_that_was_cut_off_is_no_listing() {
    let identity = Identity::loopback();
    for orderly in [true, false] {
        let (connection, mut server, _) = securely(&identity).await;
        let script = async {
            let (socket, _) = passive(&mut server, "LIST").await;
            server.say("150 comes").await;
            let mut stream = identity.acceptor().accept(socket).await.unwrap();
            stream.write_all(b"-rw-r--r-- 1 me me 5 Jan 01 2020 here\r\n").await.unwrap();
            stream.flush().await.unwrap();
            if orderly {
                stream.shutdown().await.unwrap();
            } else {
                stream.into_inner().0.shutdown().await.unwrap();
            }
            server.say("226 done").await;
            server.behave("-").await
        };
        let cancel = Cancel::new();
        let ours = async {
            let result = connection.list(&RemotePath::root(), &cancel).await;
            drop(connection);
            result
        };
        let (result, _) = soon!(ours, script);
        match result {
            Ok(listing) => assert!(orderly && listing.entries.len() == 1, "{listing:?}"),
            Err(error) => assert!(!orderly && error.to_string().contains("close_notify"), "{error}"),
        }
    }
}

#[tokio::test]
async fn an_unasked_421_is_read_while_nothing_is_done() {
    let (connection, mut server, lines) = logged_in(|_| {}).await;
    assert!(connection.is_open());
    server.say("421 too quiet").await;
    tokio::time::timeout(SOON, connection.ended()).await.unwrap();
    assert!(!connection.is_open() && lines.have("421 too quiet"));
    let error = connection.run(Operation::NoOperation, Body::None, None, &Cancel::new()).await.unwrap_err();
    assert!(error.to_string().contains("421 too quiet"), "{error}");
}

#[tokio::test]
async fn a_reply_that_never_comes_closes_the_connection() {
    let (connection, mut server, _) = logged_in(|_| {}).await;
    let cancel = Cancel::new();
    let error = connection.run(Operation::NoOperation, Body::None, None, &cancel).await.unwrap_err();
    assert!(matches!(&error, Error::Timeout { what, .. } if what.contains("NOOP")), "{error}");
    assert!(!connection.is_open());
    assert_eq!((server.hear().await.as_str(), server.hear().await.as_str()), ("NOOP", ""));
}

#[tokio::test]
async fn an_idle_connection_is_kept_alive() {
    let (connection, mut server, _) = logged_in(|dial| dial.keep_alive = Some(Duration::from_millis(400))).await;
    for _ in 0..3 {
        assert_eq!(server.hear().await, "NOOP");
        server.say("200 here").await;
    }
    assert!(connection.is_open());
}

/// A server's passive port, and the dialogue up to the data command.
pub(super) async fn passive<S: AsyncRead + AsyncWrite + Unpin>(
    server: &mut Server<S>,
    verb: &str,
) -> (TcpStream, String) {
    let (listener, port) = listener().await;
    assert_eq!(server.behave("EPSV").await, "EPSV");
    server.say(&format!("229 here (|||{port}|)")).await;
    let (socket, _) = listener.accept().await.unwrap();
    (socket, server.behave(verb).await)
}

fn retrieve() -> Operation {
    Operation::Retrieve { path: RemotePath::new("/f"), offset: 0, kind: ftp::TransferType::Image, dated: false }
}

#[tokio::test]
async fn data_and_replies_may_come_in_any_order() {
    let (connection, mut server, lines) = logged_in(|_| {}).await;
    for reply_first in [true, false] {
        let script = async {
            let (mut socket, command) = passive(&mut server, "RETR").await;
            assert_eq!(command, "RETR /f");
            if reply_first {
                server.say("150 comes").await;
                server.say("226 done").await;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            socket.write_all(b"all of it").await.unwrap();
            drop(socket);
            if !reply_first {
                server.say("150 comes").await;
                server.say("226 done").await;
            }
        };
        let cancel = Cancel::new();
        let (result, ()) = soon!(connection.run(retrieve(), Body::None, None, &cancel), script);
        let (outcome, bytes) = result.unwrap();
        assert_eq!(outcome, Outcome::Retrieved { bytes: 9, clean: true, modified: None });
        assert_eq!(bytes, b"all of it");
    }
    assert!(lines.have("Data connection: 9 bytes"));
}

#[tokio::test]
async fn a_226_that_never_comes_is_not_waited_for_without_end() {
    let (connection, mut server, _) = logged_in(|_| {}).await;
    let script = async {
        let (socket, _) = passive(&mut server, "RETR").await;
        server.say("150 comes").await;
        drop(socket);
    };
    let cancel = Cancel::new();
    let (result, ()) = soon!(connection.run(retrieve(), Body::None, None, &cancel), script);
    assert!(matches!(result, Err(Error::Timeout { .. })), "{result:?}");
    assert!(!connection.is_open());
}

#[tokio::test]
async fn cancelling_a_download_leaves_a_usable_connection() {
    let (connection, mut server, lines) = logged_in(|_| {}).await;
    let cancel = Cancel::new();
    let script = async {
        let (socket, _) = passive(&mut server, "RETR").await;
        server.say("150 comes").await;
        cancel.cancel();
        assert_eq!(server.hear().await, "ABOR");
        server.say("426 broken off").await;
        server.say("226 aborted").await;
        drop(socket);
    };
    let (result, ()) = soon!(connection.run(retrieve(), Body::None, None, &cancel), script);
    assert!(matches!(result, Err(Error::Ftp(ftp::Error::Cancelled))), "{result:?}");
    assert!(connection.is_open() && lines.have("ABOR"));
    let fresh = Cancel::new();
    let script = async {
        assert_eq!(server.hear().await, "NOOP");
        server.say("200 still here").await;
    };
    let (result, ()) = soon!(connection.run(Operation::NoOperation, Body::None, None, &fresh), script);
    result.unwrap();
}

#[tokio::test]
async fn a_dropped_future_cancels_its_operation() {
    let (connection, mut server, _) = logged_in(|_| {}).await;
    let cancel = Cancel::new();
    let script = async {
        let (socket, _) = passive(&mut server, "RETR").await;
        server.say("150 comes").await;
        socket
    };
    let socket = tokio::select! {
        result = connection.run(retrieve(), Body::None, None, &cancel) => panic!("{result:?}"),
        socket = script => socket,
    };
    assert_eq!(tokio::time::timeout(SOON, server.hear()).await.unwrap(), "ABOR");
    drop(socket);
}

/// What went wrong first is the reason, also where the server answers nothing from then on.
#[tokio::test]
async fn a_listing_that_falls_silent_says_so_and_not_what_came_of_it() {
    let (connection, mut server, _) = logged_in(|_| {}).await;
    let script = async {
        let (mut socket, _) = passive(&mut server, "LIST").await;
        server.say("150 comes").await;
        socket.write_all(b"-rw-r--r-- 1 me me 5 Jan 01 2020 here\r\n").await.unwrap();
        assert_eq!(server.hear().await, "ABOR");
        assert_eq!(server.hear().await, "", "closed, because ABOR is not answered");
        drop(socket);
    };
    let cancel = Cancel::new();
    let root = RemotePath::root();
    let (result, ()) = soon!(connection.list(&root, &cancel), script);
    let error = result.unwrap_err().to_string();
    assert!(error.contains("silent for 1 s"), "{error}");
}

/// A large directory is sorted before its first line is sent.
#[tokio::test]
async fn a_listing_may_take_its_time_to_begin() {
    let (connection, mut server, _) = logged_in(|_| {}).await;
    let script = async {
        let (mut socket, _) = passive(&mut server, "LIST").await;
        server.say("150 comes").await;
        tokio::time::sleep(Duration::from_millis(2500)).await;
        socket.write_all(b"-rw-r--r-- 1 me me 5 Jan 01 2020 here\r\n").await.unwrap();
        drop(socket);
        server.say("226 done").await;
    };
    let cancel = Cancel::new();
    let root = RemotePath::root();
    let (result, ()) = soon!(connection.list(&root, &cancel), script);
    assert_eq!(result.unwrap().entries.len(), 1);
}

/// Some servers answer at once that there is nothing to send, and never look at the data connection; and one that has
/// begun must not hang behind a final reply either.
#[tokio::test]
async fn nothing_is_waited_for_long_behind_the_final_reply() {
    let (connection, mut server, lines) = logged_in(|dial| dial.timeout = SOON).await;
    for replies in [&["226 it is empty"][..], &["150 comes", "226 done"]] {
        let script = async {
            let (socket, _) = passive(&mut server, "RETR").await;
            for reply in replies {
                server.say(reply).await;
            }
            socket
        };
        let cancel = Cancel::new();
        let (result, socket) = soon!(connection.run(retrieve(), Body::None, None, &cancel), script);
        match (replies.len(), result) {
            (1, Ok((outcome, _))) => assert_eq!(outcome, Outcome::Retrieved { bytes: 0, clean: true, modified: None }),
            (2, Err(error)) => assert!(error.to_string().contains("(226 done)"), "{error}"),
            (_, result) => panic!("{result:?}"),
        }
        assert!(connection.is_open() && !lines.have("ABOR"));
        drop(socket);
    }
}

#[tokio::test]
async fn epsv_that_is_never_answered_is_not_asked_again() {
    let (connection, mut server, _) = logged_in(|_| {}).await;
    let script = async {
        assert_eq!(server.behave("EPSV").await, "EPSV");
        server.hear().await
    };
    let cancel = Cancel::new();
    let (result, _) = soon!(connection.run(retrieve(), Body::None, None, &cancel), script);
    let error = result.unwrap_err();
    assert!(matches!(&error, Error::Timeout { what, .. } if what.contains("EPSV")), "{error}");
    assert!(connection.known().no_epsv, "the next connection begins with PASV");
}

/// pyftpdlib gives up a data connection over which bytes come before the command that they belong to, and then waits for
/// another one for ever.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_has_left_before_any_byte_of_the_file() {
    let (connection, mut server, _) = logged_in(|_| {}).await;
    let cancel = Cancel::new();
    for round in 0..100 {
        let script = async {
            let (listener, port) = listener().await;
            assert_eq!(server.behave("EPSV").await, "EPSV");
            server.say(&format!("229 here (|||{port}|)")).await;
            let (mut socket, _) = listener.accept().await.unwrap();
            socket.peek(&mut [0]).await.unwrap();
            // Asked of the system itself: what the runtime knows of the socket may be old.
            let command = SockRef::from(server.stream.get_ref()).peek(&mut [MaybeUninit::uninit(); 4]);
            assert!(command.is_ok_and(|count| count == 4), "round {round}: bytes before STOR");
            assert_eq!(server.behave("STOR").await, "STOR /f");
            server.say("150 comes").await;
            socket.read_to_end(&mut Vec::new()).await.unwrap();
            drop(socket);
            server.say("226 done").await;
        };
        let mut file = tempfile::tempfile().unwrap();
        std::io::Write::write_all(&mut file, b"x").unwrap();
        let operation = Operation::Store {
            path: RemotePath::new("/f"),
            offset: 0,
            kind: ftp::TransferType::Image,
            then: ftp::Then::default(),
        };
        let body = Body::Send { file, from: 0, flow: Arc::default() };
        let (result, ()) = soon!(connection.run(operation, body, None, &cancel), script);
        assert!(matches!(result.unwrap().0, Outcome::Stored { bytes: 1, .. }));
    }
}
