//! What may be tried again, and when; and the one place where errors become what a person reads.

use std::io;
use std::time::Duration;

use super::disk;
use crate::ftp::{self, DataFault};
use crate::model::{Cause, Failure, IfExists};
use crate::net;

/// The wait after the first failure; each further one doubles it.
const FIRST_WAIT: Duration = Duration::from_secs(2);
/// The longest wait.
const LONGEST_WAIT: Duration = Duration::from_secs(60);
/// Bytes that a transfer must get further by, for its earlier failures to be forgiven.
pub(super) const ADVANCE: u64 = 1 << 20;

/// A failure, and what the worker must know about it beyond what a person reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) failure: Failure,
    pub(super) kind: Kind,
}

/// What follows from a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing but itself.
    Plain,
    /// The control connection is gone; on another one it may work at once.
    Lost,
    /// The server takes no more connections: wait for one that is open.
    TooMany,
    /// The server cannot be reached, or lets nobody in: no row of its will do better.
    NoConnection,
    /// The TLS session cannot be resumed as the server wants it: TLS 1.2 only, from now on.
    NeedsTls12,
    /// The server does not bear what was tried to save time: that is known from now on.
    Learned,
    /// The server does not go on at an offset.
    NoRestart,
    /// No space is left here: whatever comes next fails too, until a person has made some.
    DiskFull,
    /// The server has no space, or grants no more of it: the next upload fails too (RFC 959 4.2.2).
    ServerFull,
    /// The server cannot make or take a data connection. Where this machine has got another address meanwhile, no control
    /// connection that is older will have one again.
    NoData,
    /// Somebody said stop.
    Stopped,
    /// A person has said what to do with a target that exists: the row begins anew, in its turn.
    Answered(IfExists),
}

impl Trouble {
    /// Something that no error stands for.
    pub(super) fn new(what: impl Into<String>, why: impl Into<String>, cause: Cause, again: bool) -> Self {
        Self { failure: Failure { what: what.into(), why: plain(why.into()), cause, again }, kind: Kind::Plain }
    }

    /// Somebody said stop.
    pub(super) fn stopped(what: impl Into<String>) -> Self {
        Self { kind: Kind::Stopped, ..Self::new(what, "stopped", Cause::Cancelled, false) }
    }

    /// A person has said what to do with a target that exists.
    pub(super) fn answered(choice: IfExists) -> Self {
        Self { kind: Kind::Answered(choice), ..Self::new("Answered", "it begins anew", Cause::Cancelled, true) }
    }

    /// The system refused `what`.
    pub(super) fn local(what: impl Into<String>, error: &io::Error) -> Self {
        let trouble = Self::new(what, error.to_string(), Cause::Local, error.kind() == io::ErrorKind::Interrupted);
        if is_full(error) { trouble.without_room() } else { trouble }
    }

    /// The local disk refused, while `what` was attempted.
    pub(super) fn disk(what: impl Into<String>, error: &disk::Error) -> Self {
        let trouble = Self::new(what, error.to_string(), Cause::Local, false);
        if error.is_full() { trouble.without_room() } else { trouble }
    }

    /// The disk is full. That is no matter of waiting, but the same may be tried again once there is room.
    fn without_room(mut self) -> Self {
        (self.kind, self.failure.again) = (Kind::DiskFull, true);
        self
    }

    /// There is no connection any more.
    pub(super) fn lost(what: impl Into<String>) -> Self {
        Self { kind: Kind::Lost, ..Self::new(what, "the connection is closed", Cause::Network, true) }
    }

    /// Whether the server answered, and said no for good.
    pub(super) fn is_refusal(&self) -> bool {
        self.failure.cause == Cause::Refused && !self.failure.again && self.kind == Kind::Plain
    }

    /// Whether the server itself says that it takes nobody for the moment.
    pub(super) fn is_busy(&self) -> bool {
        let code = self.failure.why.split([' ', '-']).next().unwrap_or_default();
        self.failure.again && code.len() == 3 && code.parse().is_ok_and(is_transient)
    }

    /// `what` failed on an open connection.
    pub(super) fn of(what: impl Into<String>, error: &net::Error) -> Self {
        let (cause, again) = judge(error);
        let mut trouble = Self::new(what, error.to_string(), cause, again);
        trouble.kind = match error {
            net::Error::NeedsTls12 => Kind::NeedsTls12,
            net::Error::Ftp(ftp::Error::Overlap | ftp::Error::NoActive) => Kind::Learned,
            net::Error::Local(error) if is_full(error) => Kind::DiskFull,
            net::Error::Ftp(ftp::Error::Data { fault: DataFault::Local(why), .. }) if says_full(why) => Kind::DiskFull,
            // Refused now, or known from before.
            net::Error::Ftp(ftp::Error::Refused { verb: "REST", .. } | ftp::Error::Unsupported("REST")) => {
                Kind::NoRestart
            }
            net::Error::Ftp(ftp::Error::Cancelled) => Kind::Stopped,
            net::Error::Ftp(ftp::Error::Refused { code: 452 | 552, .. }) => Kind::ServerFull,
            net::Error::Ftp(ftp::Error::Refused { code: 425, .. }) => Kind::NoData,
            net::Error::Ftp(ftp::Error::Data { reply: Some(reply), .. }) if begins(reply, &["452", "552"]) => {
                Kind::ServerFull
            }
            net::Error::Ftp(ftp::Error::Data { reply: Some(reply), .. }) if begins(reply, &["425"]) => Kind::NoData,
            net::Error::Ftp(ftp::Error::Closed(_) | ftp::Error::OutOfStep(_)) | net::Error::Network { .. } => {
                Kind::Lost
            }
            _ => Kind::Plain,
        };
        if trouble.kind == Kind::DiskFull { trouble.without_room() } else { trouble }
    }

    /// No connection could be made.
    pub(super) fn connecting(what: impl Into<String>, error: &net::Error) -> Self {
        let mut trouble = Self::of(what, error);
        // The headline says as much.
        if let Some((address, why)) =
            trouble.failure.why.strip_prefix("Connecting to ").and_then(|rest| rest.split_once(": "))
        {
            let is_named = trouble.failure.what.ends_with(&format!(" {address}"));
            trouble.failure.why = if is_named { why.to_owned() } else { format!("{address}: {why}") };
        }
        trouble.kind = match trouble.kind {
            Kind::Stopped | Kind::NeedsTls12 => trouble.kind,
            _ if is_too_many(error) => Kind::TooMany,
            _ => Kind::NoConnection,
        };
        if trouble.kind == Kind::TooMany {
            trouble.failure.again = true;
        }
        trouble
    }
}

fn begins(reply: &str, codes: &[&str]) -> bool {
    codes.iter().any(|code| reply.starts_with(code))
}

/// Without the number that the operating system gives an error, and that the standard library writes behind its words.
fn plain(mut why: String) -> String {
    while let Some(start) = why.find(" (os error ") {
        let Some(length) = why[start..].find(')') else { break };
        why.replace_range(start..=start + length, "");
    }
    why
}

/// Which layer said no, and whether trying the same again can help.
fn judge(error: &net::Error) -> (Cause, bool) {
    match error {
        net::Error::Network { .. } | net::Error::Timeout { .. } => (Cause::Network, true),
        net::Error::Key { password, .. } => (if *password { Cause::LogIn } else { Cause::Local }, false),
        net::Error::Proxy { login: true, .. } => (Cause::LogIn, false),
        net::Error::Proxy { .. } => (Cause::Network, true),
        net::Error::Untrusted(_) | net::Error::Tls { .. } => (Cause::Tls, false),
        net::Error::NeedsTls12 => (Cause::Tls, true),
        net::Error::Local(_) => (Cause::Local, false),
        net::Error::Ftp(error) => match error {
            ftp::Error::Refused { verb, code, .. } => {
                let cause = if is_login(verb) { Cause::LogIn } else { Cause::Refused };
                (cause, is_transient(*code))
            }
            ftp::Error::Gateway(_) => (Cause::LogIn, false),
            ftp::Error::ActiveThroughProxy => (Cause::Network, false),
            ftp::Error::NoTls(_) => (Cause::Tls, false),
            ftp::Error::OutOfStep(_) | ftp::Error::Overlap => (Cause::Protocol, true),
            ftp::Error::NoActive => (Cause::Network, true),
            ftp::Error::Limit(_) => (Cause::Limit, false),
            ftp::Error::Closed(words) => (Cause::Network, words.as_deref().is_none_or(|words| !words.starts_with('5'))),
            ftp::Error::Data { fault, reply } => judge_data(fault, reply.as_deref()),
            ftp::Error::Argument | ftp::Error::Charset(_) | ftp::Error::Withheld(_) => (Cause::Local, false),
            ftp::Error::Unsupported(_) => (Cause::Refused, false),
            ftp::Error::Cancelled => (Cause::Cancelled, false),
        },
    }
}

fn judge_data(fault: &DataFault, reply: Option<&str>) -> (Cause, bool) {
    let refused = reply.is_some_and(|reply| reply.starts_with('5'));
    match fault {
        DataFault::Local(_) => (Cause::Local, false),
        DataFault::Limit | DataFault::Enough => (Cause::Limit, false),
        _ if refused => (Cause::Refused, false),
        DataFault::Tls(_) => (Cause::Tls, true),
        DataFault::Connect(_) | DataFault::Network(_) | DataFault::Silent(_) => (Cause::Network, true),
    }
}

/// RFC 959 4.2: 4yz may be tried again, 5yz not.
fn is_transient(code: u16) -> bool {
    (400..500).contains(&code)
}

fn is_login(verb: &str) -> bool {
    matches!(verb, "USER" | "PASS" | "ACCT")
}

/// The server's words, if it refused the password: asking for another one makes sense. It does not where USER was refused
/// already.
pub(super) fn refused_login(error: &net::Error) -> Option<String> {
    match error {
        net::Error::Ftp(ftp::Error::Refused { verb: "PASS" | "ACCT", code, reply }) if !is_transient(*code) => {
            Some(reply.clone())
        }
        _ => None,
    }
    .filter(|_| !is_too_many(error))
}

/// Why the proxy did not let its user in, if that was the reason.
pub(super) fn refused_by_proxy(error: &net::Error) -> Option<String> {
    match error {
        net::Error::Proxy { login: true, .. } | net::Error::Ftp(ftp::Error::Gateway(_)) => Some(error.to_string()),
        _ => None,
    }
}

/// Whether the server only says that it has too many connections: 421 or 530 with such words.
pub(super) fn is_too_many(error: &net::Error) -> bool {
    let words = match error {
        net::Error::Ftp(ftp::Error::Refused { code: 421 | 530, reply, .. }) => reply,
        net::Error::Ftp(ftp::Error::Closed(Some(words))) if words.starts_with("421") || words.starts_with("530") => {
            words
        }
        _ => return false,
    };
    let words = words.to_lowercase();
    let says = ["too many", "maximum", "max ", "limit", "already connected", "no more connections", "server is full"];
    says.iter().any(|phrase| words.contains(phrase))
}

/// Whether the server said 421 instead of doing what it was asked for.
pub(super) fn is_leaving(error: &net::Error) -> bool {
    match error {
        net::Error::Ftp(ftp::Error::Refused { code, .. }) => *code == 421,
        net::Error::Ftp(ftp::Error::Closed(Some(words))) => words.starts_with("421"),
        _ => false,
    }
}

fn is_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}

fn says_full(words: &str) -> bool {
    let words = words.to_lowercase();
    ["no space left", "not enough space", "quota exceeded"].iter().any(|phrase| words.contains(phrase))
}

/// How long to wait after the `failures`-th failure in a row; `salt` spreads rows that failed together over an eighth.
pub(super) fn wait(failures: u16, salt: u64) -> Duration {
    let doublings = u32::from(failures.saturating_sub(1)).min(16);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    let share = u32::try_from(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32).unwrap_or(0);
    wait + (wait / 8).mul_f64(f64::from(share) / f64::from(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(verb: &'static str, code: u16, reply: &str) -> net::Error {
        net::Error::Ftp(ftp::Error::Refused { verb, code, reply: reply.into() })
    }

    #[test]
    fn words_hold_no_numbers_of_the_system() {
        let trouble = Trouble::new("x", "connection refused (os error 111) (425 no)", Cause::Network, true);
        assert_eq!(trouble.failure.why, "connection refused (425 no)");
    }

    #[test]
    fn what_failed_is_said_once() {
        let why = |what: &str| {
            let error = net::Error::Timeout { what: "Connecting to [::1]:21".into(), seconds: 5 };
            Trouble::connecting(format!("Could not connect to {what}"), &error).failure.why
        };
        assert_eq!(why("[::1]:21"), "no answer within 5 s");
        assert_eq!(why("ftp.example.org"), "[::1]:21: no answer within 5 s");
    }

    #[test]
    fn only_4yz_and_trouble_on_the_way_may_be_tried_again() {
        let again = |error: &net::Error| Trouble::of("x", error).failure.again;
        assert!(again(&refused("RETR", 450, "450 busy")));
        assert!(!again(&refused("RETR", 550, "550 No such file")));
        assert!(again(&net::Error::Ftp(ftp::Error::Closed(None))));
        assert!(again(&net::Error::Timeout { what: "x".into(), seconds: 1 }));
        assert!(!again(&net::Error::Ftp(ftp::Error::Limit("line"))));
        assert!(!again(&net::Error::Local(io::Error::from(io::ErrorKind::PermissionDenied))));
        let data =
            |fault, reply: Option<&str>| net::Error::Ftp(ftp::Error::Data { fault, reply: reply.map(str::to_owned) });
        assert!(again(&data(DataFault::Network("reset".into()), Some("426 aborted"))));
        assert!(!again(&data(DataFault::Network("reset".into()), Some("552 quota"))));
        assert!(!again(&data(DataFault::Local("denied".into()), Some("426 aborted"))));
    }

    #[test]
    fn the_servers_own_words_are_the_reason() {
        let failure = Trouble::of("Could not open /x", &refused("RETR", 550, "550 Failed to open file.")).failure;
        assert_eq!(failure.to_string(), "Could not open /x: 550 Failed to open file.");
        assert_eq!(failure.cause, Cause::Refused);
        assert_eq!(Trouble::of("x", &refused("PASS", 530, "530 No.")).failure.cause, Cause::LogIn);
    }

    #[test]
    fn too_many_connections_are_no_wrong_password() {
        for words in [
            "530 Sorry, the maximum number of clients (3) for this user are already connected.",
            "530 Too many users, please try again later",
        ] {
            let error = refused("PASS", 530, words);
            assert_eq!(Trouble::connecting("x", &error).kind, Kind::TooMany, "{words}");
            assert!(Trouble::connecting("x", &error).failure.again && refused_login(&error).is_none());
        }
        let greeting =
            ftp::Error::Closed(Some("421 There are too many connections from your internet address.".into()));
        assert_eq!(Trouble::connecting("x", &net::Error::Ftp(greeting)).kind, Kind::TooMany);
        let wrong = refused("PASS", 530, "530 Login incorrect.");
        assert_eq!(Trouble::connecting("x", &wrong).kind, Kind::NoConnection);
        assert_eq!(refused_login(&wrong).as_deref(), Some("530 Login incorrect."));
        let unwelcome = refused("USER", 530, "530 User may not log in here.");
        assert_eq!(refused_login(&unwelcome), None, "no other password helps");
        let leaving = ftp::Error::Closed(Some("421 Timeout.".into()));
        assert_eq!(Trouble::connecting("x", &net::Error::Ftp(leaving)).kind, Kind::NoConnection);
    }

    #[test]
    fn a_server_that_is_busy_says_so() {
        let is_busy = |error: net::Error| Trouble::connecting("x", &error).is_busy();
        assert!(is_busy(net::Error::Ftp(ftp::Error::Closed(Some("421 Come back later.".into())))));
        assert!(is_busy(refused("PASS", 451, "451 Try later.")));
        assert!(!is_busy(refused("PASS", 530, "530 No.")));
        assert!(!is_busy(net::Error::Ftp(ftp::Error::Closed(None))));
        let silent = net::Error::Timeout { what: "Connecting to 45.1.1.1:21".into(), seconds: 5 };
        assert!(!is_busy(silent));
    }

    #[test]
    fn a_server_that_leaves_has_not_done_what_it_was_asked_for() {
        assert!(is_leaving(&net::Error::Ftp(ftp::Error::Closed(Some("421 Timeout.".into())))));
        assert!(is_leaving(&refused("DELE", 421, "421 Idle.")));
        assert!(!is_leaving(&net::Error::Ftp(ftp::Error::Closed(None))), "it may have done it before");
        assert!(!is_leaving(&refused("DELE", 450, "450 Busy.")));
    }

    #[test]
    fn a_full_disk_is_told_from_other_local_trouble() {
        assert_eq!(Trouble::local("x", &io::Error::from(io::ErrorKind::StorageFull)).kind, Kind::DiskFull);
        assert_eq!(Trouble::local("x", &io::Error::from(io::ErrorKind::PermissionDenied)).kind, Kind::Plain);
        let fault = DataFault::Local("No space left on device (os error 28)".into());
        let error = net::Error::Ftp(ftp::Error::Data { fault, reply: None });
        assert_eq!(Trouble::of("x", &error).kind, Kind::DiskFull);
        let all = [Trouble::of("x", &error), Trouble::local("x", &io::Error::from(io::ErrorKind::StorageFull))];
        assert!(all.iter().all(|trouble| trouble.failure.again), "once there is room");
    }

    #[test]
    fn waits_grow_to_a_cap_and_differ_between_rows() {
        assert!(wait(1, 0) >= FIRST_WAIT && wait(1, u64::MAX) <= FIRST_WAIT * 9 / 8);
        assert!((1..20).all(|n| wait(n, 7) <= wait(n + 1, 7)));
        assert!(wait(u16::MAX, 3) <= LONGEST_WAIT * 9 / 8);
        assert_ne!(wait(3, 1), wait(3, 2));
    }
}
