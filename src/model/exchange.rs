//! Commands with what came of them.

mod join;
mod notes;

use std::net::IpAddr;

use jiff::{SignedDuration, Timestamp};

pub use self::join::{Exchanges, Joined};
pub use self::notes::is_unmade;
use super::transcript::{ConnectionId, UNTIMED};
use super::transfer::TransferId;

/// The first line of a reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The line's number, by which the rest of the reply is found.
    pub seq: u64,
    /// Its code.
    pub code: u16,
    /// When it came.
    pub at: Timestamp,
    /// The line, with its code.
    pub text: String,
}

/// A data connection, as far as the log tells of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Data {
    /// The number of the exchange that asked for it: EPSV, PASV, EPRT or PORT.
    pub asked: Option<u64>,
    /// The server's end; empty where nothing tells it.
    pub with: String,
    /// Whether the server connected to us.
    pub active: bool,
    /// When it was open.
    pub opened: Option<Timestamp>,
    /// Milliseconds that connecting took; 0 where the server connects.
    pub connecting: i64,
    /// How it ended.
    pub end: Option<DataEnd>,
}

/// How a data connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataEnd {
    /// When.
    pub at: Timestamp,
    /// Milliseconds since it was begun to be used: TLS and all bytes.
    pub took: i64,
    /// Bytes that crossed it.
    pub bytes: u64,
    /// Milliseconds until the first byte came.
    pub first: Option<i64>,
    /// What TLS agreed on; `None` in clear.
    pub tls: Option<DataTls>,
    /// Whether its end was authentic.
    pub clean: bool,
    /// Why it failed, if it did.
    pub fault: Option<String>,
    /// It was ended where others fetch what is behind.
    pub enough: bool,
}

/// TLS on a data connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataTls {
    /// `TLS 1.3`.
    pub version: String,
    /// The cipher suite; empty where the log does not tell it.
    pub cipher: String,
    /// Whether its session was resumed.
    pub resumed: bool,
    /// Milliseconds that the handshake took.
    pub handshake: i64,
}

impl Data {
    /// Whether its TLS session was resumed; `None` in clear, or where nobody knows.
    pub fn resumed(&self) -> Option<bool> {
        Some(self.end.as_ref()?.tls.as_ref()?.resumed)
    }

    /// Bytes that crossed it, once it has ended well.
    pub fn bytes(&self) -> Option<u64> {
        self.end.as_ref().filter(|end| end.fault.is_none()).map(|end| end.bytes)
    }

    /// Bytes a second, once it has ended well.
    pub fn rate(&self) -> Option<u64> {
        let end = self.end.as_ref().filter(|end| end.fault.is_none())?;
        let handshake = end.tls.as_ref().map_or(0, |tls| tls.handshake);
        let milliseconds = u64::try_from(end.took - handshake).ok()?.max(1);
        Some(end.bytes.saturating_mul(1000) / milliseconds)
    }
}

/// One command and what came of it; or what the server said unasked, such as its greeting.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    /// The number of its first line.
    pub seq: u64,
    /// On which control connection.
    pub connection: ConnectionId,
    /// When the command was sent, or the server began to speak unasked.
    pub at: Timestamp,
    /// The command as it is shown; `None` where nothing was asked.
    pub command: Option<String>,
    /// Preliminary replies.
    pub preliminary: Vec<Answer>,
    /// The final reply; `None` while it is owed, and for good where the connection broke.
    pub reply: Option<Answer>,
    /// Its data connection.
    pub data: Option<Box<Data>>,
    /// When TLS was agreed on, where it is AUTH, or the greeting of a server that speaks TLS from the start.
    pub secured: Option<Timestamp>,
    /// When the connection was made, and the milliseconds that took, where it is the greeting.
    pub connected: Option<(Timestamp, i64)>,
    /// The connection ended before the final reply.
    pub broken: bool,
    /// The data connection that it asked for could not be made.
    pub unmade: bool,
    /// Whether it is the first on its connection: the greeting.
    pub first: bool,
    /// The server's address, where the log tells it.
    pub peer: Option<IpAddr>,
    /// The transfer that it was for.
    pub transfer: Option<TransferId>,
    /// Whether it moved text, which has another size on each side (TYPE A).
    pub text: bool,
    /// The size of a file that the server tells in its answer to SIZE or MLST (RFC 3659 sections 4 and 7).
    pub size: Option<u64>,
}

impl Exchange {
    /// The command's first word; empty where nothing was asked.
    pub fn verb(&self) -> &str {
        self.command.as_deref().and_then(|command| command.split(' ').next()).unwrap_or_default()
    }

    /// What stands behind the verb.
    pub fn argument(&self) -> &str {
        self.command.as_deref().and_then(|command| command.split_once(' ')).map_or("", |(_, argument)| argument)
    }

    /// The file or folder that the command names.
    pub fn pathname(&self) -> Option<&str> {
        let argument = self.argument();
        let path = match self.verb() {
            "RETR" | "STOR" | "APPE" | "STOU" | "DELE" | "SIZE" | "MDTM" | "CWD" | "MKD" | "RMD" | "RNFR" | "RNTO"
            | "LIST" | "NLST" | "MLSD" | "MLST" | "STAT" | "PRET" | "HASH" | "XCRC" | "XMD5" | "XSHA" | "XSHA1"
            | "XSHA256" | "XSHA512" | "MD5" => argument,
            "MFMT" | "MFCT" => argument.split_once(' ')?.1,
            "SITE" => argument.splitn(3, ' ').nth(2)?,
            _ => return None,
        };
        Some(path).filter(|path| !path.is_empty())
    }

    /// Whether the command moves bytes over a data connection.
    pub fn moves_data(&self) -> bool {
        matches!(self.verb(), "RETR" | "STOR" | "APPE" | "STOU" | "LIST" | "NLST" | "MLSD")
    }

    /// Whether the command asks for a data connection.
    pub fn asks_for_data(&self) -> bool {
        matches!(self.verb(), "EPSV" | "PASV" | "CPSV" | "EPRT" | "PORT")
    }

    /// The code of the final reply.
    pub fn code(&self) -> Option<u16> {
        self.reply.as_ref().map(|reply| reply.code)
    }

    /// The code of the final reply, or while that is owed, of the last preliminary one.
    pub fn last_code(&self) -> Option<u16> {
        self.code().or_else(|| self.preliminary.last().map(|reply| reply.code))
    }

    /// The final reply's first line; empty while there is none.
    pub fn text(&self) -> &str {
        self.reply.as_ref().map_or("", |reply| &reply.text)
    }

    /// Whether the server refused it, or broke it off, or what it asked for did not come about. That the server calls a range of
    /// a file broken off is no failure.
    pub fn failed(&self) -> bool {
        self.broken || self.unmade || self.code().is_some_and(|code| code >= 400) && !self.was_enough()
    }

    /// Whether it fetched a range of a file, and was ended behind that.
    pub fn was_enough(&self) -> bool {
        self.data.as_ref().and_then(|data| data.end.as_ref()).is_some_and(|end| end.enough)
    }

    /// Milliseconds until the first reply; of a greeting, since the connection was made. `None` also where the log tells no
    /// times.
    pub fn wait(&self) -> Option<i128> {
        self.waited().map(|waited| waited.as_millis())
    }

    /// Milliseconds until the final reply; `None` also where the log tells no times.
    pub fn took(&self) -> Option<i128> {
        self.lasted().map(|lasted| lasted.as_millis())
    }

    /// Until the first reply; of a greeting, since the connection was made.
    pub fn waited(&self) -> Option<SignedDuration> {
        self.until(self.preliminary.first().or(self.reply.as_ref())?)
    }

    /// Until the final reply.
    pub fn lasted(&self) -> Option<SignedDuration> {
        self.until(self.reply.as_ref()?)
    }

    /// A clock that was set back tells nothing.
    fn until(&self, answer: &Answer) -> Option<SignedDuration> {
        Some(answer.at.duration_since(self.begun()?)).filter(|time| !time.is_negative())
    }

    /// Since when the server is waited for; `None` for what it said unasked, and where the log tells no times.
    fn begun(&self) -> Option<Timestamp> {
        let at = self.command.as_ref().map(|_| self.at).or(self.connected.map(|(at, _)| at));
        at.filter(|at| *at != UNTIMED)
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::model::transcript::{Direction, Line};

    /// The lines of a dialogue: `C:` sent, `S:` the first line of a reply, `+` one that continues it, `N:` a note. `@3`
    /// in front: on connection 3. `wait 300`: seconds go by.
    pub(in crate::model) fn lines(dialogue: &str) -> Vec<Line> {
        let mut at = Timestamp::UNIX_EPOCH;
        let mut lines = Vec::new();
        for typed in dialogue.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (connection, typed) = match typed.strip_prefix('@').and_then(|rest| rest.split_once(' ')) {
                Some((connection, rest)) => (connection.parse().unwrap(), rest),
                None => (1, typed),
            };
            let (kind, text) = typed.split_once(' ').unwrap();
            if kind == "wait" {
                at += jiff::SignedDuration::from_secs(text.parse().unwrap());
                continue;
            }
            at += jiff::SignedDuration::from_millis(10);
            let direction = match kind {
                "C:" => Direction::Sent,
                "S:" | "+" => Direction::Received,
                _ => Direction::Note,
            };
            let code = if kind == "S:" { text[..3].parse().ok() } else { None };
            let (seq, connection) = (lines.len() as u64 + 1, ConnectionId(connection));
            let text = text.to_owned();
            lines.push(Line { seq, at, connection, direction, code, text, raw: None, transfer: None });
        }
        lines
    }

    pub(in crate::model) fn joined(dialogue: &str) -> Exchanges {
        let mut exchanges = Exchanges::new(1000);
        for line in lines(dialogue) {
            exchanges.push(&line);
        }
        exchanges
    }

    #[test]
    fn a_clock_that_was_set_back_tells_no_duration() {
        let exchanges = joined("C: NOOP\n S: 200 ok\n C: RETR x\n wait -5\n S: 150 go\n S: 226 done");
        let took: Vec<_> = exchanges.iter().map(|exchange| (exchange.wait(), exchange.took())).collect();
        assert_eq!(took, [(Some(10), Some(10)), (None, None)]);
    }

    fn pairs(exchanges: &Exchanges) -> Vec<(u32, &str, Option<u16>)> {
        exchanges.iter().map(|exchange| (exchange.connection.0, exchange.verb(), exchange.code())).collect()
    }

    #[test]
    fn connections_that_talk_at_once_are_kept_apart() {
        let exchanges = joined(
            "N: Connected to 192.0.2.1:21 in 3 ms\n S: 220 hello\n @2 S: 120 soon\n C: FEAT\n @2 S: 220 other\n \
             S: 211-Features\n +  MDTM\n @2 C: RETR x\n + 211 End\n @2 S: 150 go\n \
             @2 N: Data connection: 12 bytes in 9 ms, first after 7 ms, TLS 1.3, session resumed, TLS13_X in 4 ms\n \
             @2 S: 226 done",
        );
        let expected = [(1, "", Some(220)), (2, "", Some(220)), (1, "FEAT", Some(211)), (2, "RETR", Some(226))];
        assert_eq!(pairs(&exchanges), expected);
        let all: Vec<_> = exchanges.iter().collect();
        assert_eq!(all[2].peer, "192.0.2.1".parse().ok());
        assert_eq!((all[3].wait(), all[3].took(), all[3].argument()), (Some(20), Some(40), "x"));
        let data = all[3].data.as_deref().unwrap();
        let end = data.end.clone().unwrap();
        assert_eq!((data.resumed(), data.bytes(), data.rate(), end.clean), (Some(true), Some(12), Some(2400), true));
        assert_eq!((end.first, end.took, end.fault), (Some(7), 9, None));
        let (version, cipher) = ("TLS 1.3".to_owned(), "TLS13_X".to_owned());
        assert_eq!(end.tls, Some(DataTls { version, cipher, resumed: true, handshake: 4 }));
        assert!(all[0].first && all[1].first && !all[2].first);
        assert_eq!(exchanges.before(3).map(|exchange| exchange.seq).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn a_data_connection_belongs_to_its_command() {
        let exchanges = joined(
            "N: Connected to 192.0.2.1:21 in 3 ms\n S: 220 hi\n C: EPSV\n S: 229 (|||5000|)\n \
             N: Data connection to 192.0.2.1:5000 is open after 4 ms\n C: RETR a\n C: EPSV\n S: 150 go\n \
             N: Data connection: 5 bytes in 2 ms\n S: 226 done\n S: 229 (|||5001|)\n \
             N: Data connection to 192.0.2.1:5001 is open after 6 ms\n C: RETR b\n S: 150 go\n \
             N: Data connection: it was silent, for long, TLS 1.2, session not resumed\n S: 426 broken\n \
             C: PORT 192,0,2,9,4,1\n S: 200 ok\n C: LIST\n N: Data connection from 192.0.2.1:20 is open\n S: 150 go\n \
             N: Data connection: 9 bytes in 2 ms, ended without close_notify\n S: 226 done",
        );
        let all: Vec<_> = exchanges.iter().collect();
        let of = |verb: &str, argument: &str| {
            let found = all.iter().find(|exchange| exchange.verb() == verb && exchange.argument() == argument).unwrap();
            found.data.as_deref().unwrap()
        };
        let (a, b, list) = (of("RETR", "a"), of("RETR", "b"), of("LIST", ""));
        assert_eq!((a.asked, a.with.as_str(), a.connecting, a.bytes()), (Some(1), "192.0.2.1:5000", 4, Some(5)));
        assert_eq!((b.asked, b.with.as_str(), b.connecting, b.bytes()), (Some(3), "192.0.2.1:5001", 6, None));
        let end = b.end.as_ref().unwrap();
        assert_eq!(
            (end.fault.as_deref(), b.resumed(), end.clean),
            (Some("it was silent, for long"), Some(false), false)
        );
        assert_eq!((list.active, list.with.as_str(), list.asked), (true, "192.0.2.1:20", Some(5)));
        assert!(!list.end.as_ref().unwrap().clean && list.rate() == Some(4500));
        assert_eq!((all[0].connected.map(|(_, took)| took), all[0].first), (Some(3), true));
    }

    #[test]
    fn a_range_that_was_ended_early_is_no_failure() {
        let exchanges = joined(
            "S: 220 hi\n C: RETR a\n S: 150 go\n N: Data connection: 5 bytes in 2 ms, first after 1 ms, ended behind the range \
             that was wanted\n C: ABOR\n S: 426 broken\n S: 225 nothing to abort\n C: RETR b\n S: 150 go\n \
             N: Data connection: the data connection broke: reset\n S: 426 broken",
        );
        let ended: Vec<_> = exchanges.iter().filter(|exchange| exchange.verb() == "RETR").collect();
        assert_eq!(ended.iter().map(|exchange| exchange.code()).collect::<Vec<_>>(), [Some(426), Some(426)]);
        assert_eq!(ended.iter().map(|exchange| exchange.failed()).collect::<Vec<_>>(), [false, true]);
        assert_eq!(ended[0].data.as_ref().unwrap().bytes(), Some(5));
    }

    #[test]
    fn lines_know_where_they_belong() {
        let lines = lines(
            "N: Looking up h\n S: 220 hi\n C: AUTH TLS\n S: 234 go\n N: TLS 1.3, X, certificate sha256 ab\n C: FEAT\n \
             S: 211-a\n + 211 End",
        );
        let mut exchanges = Exchanges::new(100);
        let numbers: Vec<_> = lines.iter().map(|line| exchanges.push(line).number).collect();
        let (greeting, auth, feat) = (Some(0), Some(1), Some(2));
        assert_eq!(numbers, [None, greeting, auth, auth, auth, feat, feat, feat]);
        assert_eq!(exchanges.get(1).unwrap().secured, Some(lines[4].at));
    }

    #[test]
    fn replies_pay_the_oldest_of_commands_that_were_sent_together() {
        let exchanges =
            joined("S: 220 hi\n C: RETR x\n C: EPSV\n S: 150 go\n S: 226 done\n S: 229 (|||5000|)\n S: 421 bye");
        let expected = [(1, "", Some(220)), (1, "RETR", Some(226)), (1, "EPSV", Some(229)), (1, "", Some(421))];
        assert_eq!(pairs(&exchanges), expected);
    }

    #[test]
    fn a_path_answers_pwd_even_before_cwd_is_answered() {
        let exchanges = joined("S: 220 hi\n C: CWD /\n C: PWD\n S: 257 \"/\"\n S: 250 ok");
        assert_eq!(pairs(&exchanges), [(1, "", Some(220)), (1, "CWD", Some(250)), (1, "PWD", Some(257))]);
    }

    #[test]
    fn what_is_broken_off_says_so() {
        let mut exchanges = joined("S: 220 hi\n C: RETR x\n S: 150 go");
        assert_eq!(exchanges.close(ConnectionId(1)), [1]);
        assert!(exchanges.get(1).unwrap().broken && !exchanges.get(0).unwrap().broken);
    }

    #[test]
    fn a_million_lines_stay_within_the_bound() {
        let lines = lines("C: NOOP\n S: 200 ok");
        let mut exchanges = Exchanges::new(1000);
        for _ in 0..500_000 {
            for line in &lines {
                exchanges.push(line);
            }
        }
        assert_eq!(exchanges.numbers(), 499_000..500_000);
        assert!(exchanges.get(0).is_none() && exchanges.get(499_999).unwrap().code() == Some(200));
        exchanges.forget(u64::MAX);
        assert!(exchanges.numbers().is_empty());
    }
}
