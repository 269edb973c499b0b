//! The way through a proxy: SOCKS 5 (RFC 1928, 1929) and HTTP CONNECT (RFC 9110 9.3.6). What it answers is bounded.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Error;
use crate::model::url::host_part;
use crate::model::{Proxy, ProxyKind, Secret};

/// An HTTP proxy may say this much before the way is open.
const MAX_HEAD: usize = 8 * 1024;
/// A proxy's words are shown up to here, in characters.
const MAX_WORDS: usize = 120;
/// Longest name, user and password that SOCKS 5 can carry.
const MAX_SOCKS_TEXT: usize = 255;

/// A proxy, and its password.
#[derive(Clone, Debug)]
pub struct Through {
    /// Where it is, and how it is spoken to.
    pub proxy: Proxy,
    /// Of its user.
    pub password: Secret,
}

/// Why a proxy opened no way.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) why: String,
    /// It does not know the user, or the password is wrong.
    pub(super) login: bool,
}

impl Refusal {
    fn new(why: impl Into<String>) -> Self {
        Self { why: why.into(), login: false }
    }

    fn log_in(why: impl Into<String>) -> Self {
        Self { why: why.into(), login: true }
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::new("it closed the connection"),
            _ => Self::new(error.to_string()),
        }
    }
}

impl Through {
    /// Asks for a connection to `host`, whose name the proxy looks up. What comes afterwards is the server's.
    pub(super) async fn open(
        &self,
        socket: &mut TcpStream,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> Result<(), Refusal> {
        let asked = async {
            match self.proxy.kind {
                ProxyKind::Socks5 => self.socks5(socket, host, port).await,
                ProxyKind::Http => self.connect(socket, host, port).await,
                _ => Err(Refusal::new("it carries no other connections")),
            }
        };
        let late = |_| Err(Refusal::new(format!("no answer within {} s", limit.as_secs())));
        timeout(limit, asked).await.unwrap_or_else(late)
    }

    /// The same, with what was attempted in the error.
    pub(super) async fn reach(
        &self,
        socket: &mut TcpStream,
        host: &str,
        port: u16,
        limit: Duration,
    ) -> Result<(), Error> {
        self.open(socket, host, port, limit).await.map_err(|refusal| Error::Proxy {
            what: format!("The proxy {} to {host}:{port}", self.proxy.title()),
            why: refusal.why,
            login: refusal.login,
        })
    }

    async fn socks5(&self, socket: &mut TcpStream, host: &str, port: u16) -> Result<(), Refusal> {
        const VERSION: u8 = 5;
        const NO_LOG_IN: u8 = 0;
        const PASSWORD: u8 = 2;
        let user = &self.proxy.user;
        let offer: &[u8] = if user.is_empty() { &[VERSION, 1, NO_LOG_IN] } else { &[VERSION, 2, NO_LOG_IN, PASSWORD] };
        socket.write_all(offer).await?;
        let mut answer = [0; 2];
        socket.read_exact(&mut answer).await?;
        match answer {
            [VERSION, NO_LOG_IN] => {}
            [VERSION, PASSWORD] if !user.is_empty() => {
                let log_in = [&[1], &*text(user)?, &*text(self.password.expose())?].concat();
                socket.write_all(&log_in).await?;
                socket.read_exact(&mut answer).await?;
                if answer[1] != 0 {
                    return Err(Refusal::log_in("the user or the password is wrong"));
                }
            }
            [VERSION, 0xff] => return Err(Refusal::log_in("it wants another log-in than it was offered")),
            [VERSION, _] => return Err(Refusal::new("it chose a log-in that it was not offered")),
            _ => return Err(Refusal::new("this is not a SOCKS 5 proxy")),
        }
        let address = match host.parse::<IpAddr>() {
            Ok(IpAddr::V4(ip)) => [&[1][..], &ip.octets()].concat(),
            Ok(IpAddr::V6(ip)) => [&[4][..], &ip.octets()].concat(),
            Err(_) => [&[3][..], &text(host)?].concat(),
        };
        socket.write_all(&[&[VERSION, 1, 0], &*address, &port.to_be_bytes()].concat()).await?;
        socks5_answer(socket).await
    }

    async fn connect(&self, socket: &mut TcpStream, host: &str, port: u16) -> Result<(), Refusal> {
        if host.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(Refusal::new("this host cannot be named to a proxy"));
        }
        let host = host_part(host);
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if !self.proxy.user.is_empty() {
            if self.proxy.user.contains(':') {
                return Err(Refusal::new("a user of an HTTP proxy cannot have a colon in its name"));
            }
            let words = BASE64_STANDARD.encode(format!("{}:{}", self.proxy.user, self.password.expose()));
            request += &format!("Proxy-Authorization: Basic {words}\r\n");
        }
        request += "\r\n";
        socket.write_all(request.as_bytes()).await?;
        http_answer(&head(socket).await?)
    }
}

/// Text with its length before it.
fn text(text: &str) -> Result<Vec<u8>, Refusal> {
    match u8::try_from(text.len()) {
        Ok(length) if length > 0 => Ok([&[length], text.as_bytes()].concat()),
        Ok(_) => Err(Refusal::new("SOCKS 5 cannot carry an empty name or password")),
        Err(_) => {
            Err(Refusal::new(format!("SOCKS 5 carries no more than {MAX_SOCKS_TEXT} bytes of a name or password")))
        }
    }
}

async fn socks5_answer(socket: &mut TcpStream) -> Result<(), Refusal> {
    let mut start = [0; 4];
    socket.read_exact(&mut start).await?;
    let [version, reply, _, kind] = start;
    if version != 5 {
        return Err(Refusal::new("this is not a SOCKS 5 proxy"));
    }
    if reply != 0 {
        return Err(Refusal::new(match reply {
            1 => "it failed".to_owned(),
            2 => "its rules do not allow this connection".to_owned(),
            3 => "it cannot reach the network".to_owned(),
            4 => "it cannot reach the host, or does not know its name".to_owned(),
            5 => "the server refused the connection".to_owned(),
            6 => "the server did not answer in time".to_owned(),
            7 => "it does not connect for others".to_owned(),
            8 => "it does not know this kind of address".to_owned(),
            other => format!("it refused, with the code {other}"),
        }));
    }
    // Its own address towards the server is of no use, but comes before the server's first byte.
    let length = match kind {
        1 => 4,
        4 => 16,
        3 => usize::from(socket.read_u8().await?),
        _ => return Err(Refusal::new("it answered with an address of an unknown kind")),
    };
    let mut address = [0; MAX_SOCKS_TEXT + 2];
    socket.read_exact(&mut address[..length + 2]).await?;
    Ok(())
}

/// The head of an HTTP answer, and not a byte more: the next one is the server's.
async fn head(socket: &mut TcpStream) -> Result<Vec<u8>, Refusal> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") && !head.ends_with(b"\n\n") {
        if head.len() == MAX_HEAD {
            return Err(Refusal::new("it says too much"));
        }
        head.push(socket.read_u8().await?);
    }
    Ok(head)
}

fn http_answer(head: &[u8]) -> Result<(), Refusal> {
    let line = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let line = String::from_utf8_lossy(line.trim_ascii());
    let code = line.strip_prefix("HTTP/1.").and_then(|rest| rest.split_once(' ')).map(|(_, rest)| rest.get(..3));
    let words: String =
        line.chars().take(MAX_WORDS).map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect();
    match code {
        Some(Some(code)) if code.starts_with('2') && code.bytes().all(|byte| byte.is_ascii_digit()) => Ok(()),
        Some(Some("407")) => Err(Refusal::log_in(words)),
        Some(Some(_)) => Err(Refusal::new(words)),
        _ => Err(Refusal::new(format!("this is not an HTTP proxy: {words}"))),
    }
}

/// How data connections are made.
#[derive(Clone, Debug)]
pub(super) enum Route {
    /// From our address `from`.
    Direct {
        /// The server's port.
        to: SocketAddr,
        /// The address that the server knows of us, where the system may choose another.
        from: Option<IpAddr>,
    },
    /// By the proxy that the control connection is with, and never past it.
    Through {
        /// How it is spoken to.
        through: Through,
        /// Where the control connection found it.
        at: SocketAddr,
        /// The server.
        host: String,
        /// The server's port for the data.
        port: u16,
    },
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    const SOON: Duration = Duration::from_secs(10);

    fn through(kind: ProxyKind, user: &str) -> Through {
        let proxy = Proxy { kind, host: "127.0.0.1".into(), user: user.into(), ..Proxy::default() };
        Through { proxy, password: Secret::new("s3cret") }
    }

    /// What `through` makes of a proxy that reads something and answers `answers` one after the other, each to what it read.
    async fn asked(through: Through, host: &str, answers: &[&[u8]]) -> (Result<(), Refusal>, Vec<Vec<u8>>, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let answers: Vec<Vec<u8>> = answers.iter().map(|answer| answer.to_vec()).collect();
        let peer = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (mut heard, mut buffer) = (Vec::new(), vec![0; 1024]);
            for answer in answers {
                let count = stream.read(&mut buffer).await.unwrap();
                heard.push(buffer[..count].to_vec());
                let _ = stream.write_all(&answer).await;
            }
            heard
        });
        let result = through.open(&mut socket, host, 21, SOON).await;
        let heard = peer.await.unwrap();
        let mut rest = Vec::new();
        let _ = timeout(SOON, socket.read_to_end(&mut rest)).await;
        (result, heard, rest)
    }

    #[tokio::test]
    async fn socks5_without_and_with_a_log_in() {
        let (result, heard, rest) = asked(
            through(ProxyKind::Socks5, ""),
            "ftp.example.org",
            &[&[5, 0], b"\x05\x00\x00\x01\x7f\x00\x00\x01\x04\x33220 hi\r\n"],
        )
        .await;
        assert_eq!((result, rest.as_slice()), (Ok(()), &b"220 hi\r\n"[..]));
        assert_eq!(heard, [b"\x05\x01\x00".to_vec(), b"\x05\x01\x00\x03\x0fftp.example.org\x00\x15".to_vec()]);
        let answers: &[&[u8]] = &[&[5, 2], &[1, 0], b"\x05\x00\x00\x03\x02hi\x04\x33"];
        let (result, heard, _) = asked(through(ProxyKind::Socks5, "me"), "192.0.2.1", answers).await;
        assert_eq!(result, Ok(()));
        assert_eq!(heard[0], b"\x05\x02\x00\x02");
        assert_eq!(heard[1], b"\x01\x02me\x06s3cret");
        assert_eq!(heard[2], b"\x05\x01\x00\x01\xc0\x00\x02\x01\x00\x15");
    }

    #[tokio::test]
    async fn socks5_that_refuses_or_is_none() {
        let refusals: [(&[&[u8]], bool); 8] = [
            (&[&[5, 0xff]], true),
            (&[&[5, 2], &[1, 1]], true),
            (&[&[5, 9]], false),
            (&[&[4, 0]], false),
            (&[b"HTTP/1.1 400 no"], false),
            (&[&[5, 0], &[5, 5, 0, 1, 0, 0, 0, 0, 0, 0]], false),
            (&[&[5, 0], &[5, 0, 0, 9]], false),
            (&[&[5, 0], &[5, 0, 0, 3, 255, 1]], false),
        ];
        for (answers, login) in refusals {
            let (result, ..) = asked(through(ProxyKind::Socks5, "me"), "h", answers).await;
            let refusal = result.unwrap_err();
            assert_eq!(refusal.login, login, "{answers:?}: {}", refusal.why);
            assert!(!refusal.why.contains("s3cret"));
        }
        let long = "x".repeat(256);
        assert!(asked(through(ProxyKind::Socks5, ""), &long, &[&[5, 0]]).await.0.is_err());
    }

    #[tokio::test]
    async fn http_connect() {
        let answer = b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n220 hi\r\n";
        let (result, heard, rest) = asked(through(ProxyKind::Http, "me"), "2001:db8::1", &[answer]).await;
        assert_eq!((result, rest.as_slice()), (Ok(()), &b"220 hi\r\n"[..]));
        let request = String::from_utf8(heard[0].clone()).unwrap();
        assert_eq!(
            request,
            "CONNECT [2001:db8::1]:21 HTTP/1.1\r\nHost: [2001:db8::1]:21\r\n\
             Proxy-Authorization: Basic bWU6czNjcmV0\r\n\r\n"
        );
    }

    #[tokio::test]
    async fn http_that_refuses_or_says_too_much() {
        let endless = [&b"HTTP/1.1 200 ok\r\n"[..], &vec![b'A'; 2 * MAX_HEAD]].concat();
        let refusals: [(&[u8], bool, &str); 6] = [
            (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", true, "407"),
            (b"HTTP/1.0 403 \x1b[31mForbidden\r\n\r\n", false, "403 \u{fffd}[31mForbidden"),
            (b"220 FTP server\r\n\r\n", false, "not an HTTP proxy"),
            (b"HTTP/1.1\r\n\r\n", false, "not an HTTP proxy"),
            (b"HTTP/1.1 200 ok\r\n", false, "closed"),
            (&endless, false, "too much"),
        ];
        for (answer, login, words) in refusals {
            let refusal = asked(through(ProxyKind::Http, ""), "h", &[answer]).await.0.unwrap_err();
            assert!(refusal.login == login && refusal.why.contains(words), "{}", refusal.why);
        }
        let attack = asked(through(ProxyKind::Http, ""), "h\r\nX: y", &[]).await.0;
        assert!(attack.is_err());
    }

    #[tokio::test]
    async fn a_silent_proxy_is_given_up() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut socket = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let limit = Duration::from_millis(100);
        let refusal = through(ProxyKind::Socks5, "").open(&mut socket, "h", 21, limit).await.unwrap_err();
        assert!(refusal.why.contains("no answer"));
    }
}
