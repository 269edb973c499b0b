//! What an exchange tells on top of its code: rules that look at it and at what came before it on its connection.

use std::net::{IpAddr, Ipv4Addr};

use super::exchange::Exchange;
use super::transcript::ConnectionId;

/// How many exchanges before one are looked at; a log-in and its AUTH, and a transfer and its SIZE, lie within.
const REACH: usize = 200;
/// Seconds without a command behind which a 421 is taken for the end of the server's patience.
const SILENCE: i64 = 30;

/// What a person can do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Connect to the address that the server names in its replies to PASV.
    TrustServersAddress,
    /// Let the server open data connections.
    TryActive,
    /// Ask for data connections with EPSV.
    TryEpsv,
    /// Ask for data connections with PASV.
    TryPasv,
    /// Open at most so many connections to this site; `None`: fewer than now.
    LowerConnections(Option<u32>),
    /// Say something every so many seconds.
    KeepAlive(u32),
    /// Log in under TLS (AUTH TLS).
    SwitchToExplicitTls,
    /// List the folder again.
    Refresh,
    /// Look at the permissions.
    ShowPermissions,
    /// Hold the queue.
    PauseQueue,
    /// Compare the sizes, and transfer the file again if they differ.
    Verify,
    /// Transfer the file again.
    FetchAgain,
    /// Connect again.
    Reconnect,
}

impl Remedy {
    /// What it offers, as an order.
    pub fn words(self) -> String {
        match self {
            Self::TrustServersAddress => "Use the address that the server gives".to_owned(),
            Self::TryActive => "Try active mode".to_owned(),
            Self::TryEpsv => "Try passive mode with EPSV".to_owned(),
            Self::TryPasv => "Try passive mode with PASV".to_owned(),
            Self::LowerConnections(Some(most)) => format!("Open at most {most} connections to this site"),
            Self::LowerConnections(None) => "Open fewer connections to this site".to_owned(),
            Self::KeepAlive(every) => format!("Keep the connection alive every {every} seconds"),
            Self::SwitchToExplicitTls => "Switch the site to explicit TLS".to_owned(),
            Self::Refresh => "List the folder again".to_owned(),
            Self::ShowPermissions => "Show the permissions".to_owned(),
            Self::PauseQueue => "Hold the queue".to_owned(),
            Self::Verify => "Verify it by size and checksum".to_owned(),
            Self::FetchAgain => "Transfer it again".to_owned(),
            Self::Reconnect => "Connect again".to_owned(),
        }
    }

    /// Its name for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::TrustServersAddress => "trust-servers-address",
            Self::TryActive => "try-active",
            Self::TryEpsv => "try-epsv",
            Self::TryPasv => "try-pasv",
            Self::LowerConnections(_) => "lower-connections",
            Self::KeepAlive(_) => "keep-alive",
            Self::SwitchToExplicitTls => "switch-to-explicit-tls",
            Self::Refresh => "refresh",
            Self::ShowPermissions => "show-permissions",
            Self::PauseQueue => "pause-queue",
            Self::Verify => "verify",
            Self::FetchAgain => "fetch-again",
            Self::Reconnect => "reconnect",
        }
    }
}

/// What a rule has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// What happened, for somebody who is no network engineer.
    pub said: String,
    /// What can be done.
    pub remedies: Vec<Remedy>,
    /// Where it is written, for somebody who is one.
    pub source: &'static str,
}

/// What came before an exchange on its connection, newest first.
type Before<'a> = &'a [&'a Exchange];

/// A rule; `None` where it has nothing to say.
type Rule = fn(&Exchange, Before<'_>) -> Option<Finding>;

const RULES: [Rule; 12] = [
    address,
    data_blocked,
    unknown_way,
    resumption,
    too_many,
    silence,
    wants_tls,
    file_refused,
    no_space,
    unproved,
    enough,
    out_of_step,
];

/// What the rules find in `exchange`; `before` holds what came before it on its connection, newest first.
pub fn findings<'a>(exchange: &Exchange, before: impl Iterator<Item = &'a Exchange>) -> Vec<Finding> {
    let before: Vec<&Exchange> = before.take(REACH).collect();
    RULES.iter().filter_map(|rule| rule(exchange, &before)).collect()
}

fn finding(
    rule: &'static str,
    said: impl Into<String>,
    remedies: impl Into<Vec<Remedy>>,
    source: &'static str,
) -> Option<Finding> {
    Some(Finding { rule, said: said.into(), remedies: remedies.into(), source })
}

fn has(text: &str, words: &[&str]) -> bool {
    let text = text.to_ascii_lowercase();
    words.iter().any(|word| text.contains(word))
}

fn is_ours(ip: Ipv4Addr) -> bool {
    ip.is_private() || ip.is_loopback() || ip.is_link_local()
}

/// The address in a reply to PASV.
fn named(text: &str) -> Option<Ipv4Addr> {
    let rest = text.get(3..)?;
    let numbers = rest.get(rest.find(|c: char| c.is_ascii_digit())?..)?;
    let end = numbers.find(|c: char| !c.is_ascii_digit() && c != ',').unwrap_or(numbers.len());
    let numbers: Vec<u8> = numbers[..end].split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
    let [a, b, c, d, _, _] = numbers[..] else { return None };
    Some(Ipv4Addr::new(a, b, c, d))
}

fn address(exchange: &Exchange, _: Before<'_>) -> Option<Finding> {
    let named = named(exchange.text()).filter(|_| exchange.code() == Some(227))?;
    let Some(IpAddr::V4(peer)) = exchange.peer else { return None };
    if named == peer || !(named.is_unspecified() || is_ours(named) && !is_ours(peer)) {
        return None;
    }
    let said = format!(
        "The server says that it waits at {named}, an address that cannot be reached from outside: it does not know its \
         own public one. {peer}, to which the connection is already, is used instead, unless the site trusts the server's."
    );
    finding("address", said, [Remedy::TrustServersAddress], "RFC 959 4.1.2 (PASV); RFC 2577 section 3")
}

/// What last asked for a data connection.
fn way<'a>(before: Before<'a>) -> Option<&'a str> {
    before.iter().map(|earlier| earlier.verb()).find(|verb| matches!(*verb, "EPSV" | "PASV" | "EPRT" | "PORT"))
}

fn names_resumption(text: &str) -> bool {
    has(text, &["reuse", "resum"])
}

fn data_blocked(exchange: &Exchange, before: Before<'_>) -> Option<Finding> {
    let refused = exchange.code() == Some(425) && !names_resumption(exchange.text());
    // A port was named, and before anything was transferred another way was asked for.
    let way = if refused {
        way(before)
    } else if exchange.unmade {
        Some(exchange.verb())
    } else if matches!(exchange.verb(), "EPSV" | "PASV" | "EPRT" | "PORT") {
        let earlier = before.first().filter(|earlier| matches!(earlier.code(), Some(227 | 229)))?;
        Some(earlier.verb()).filter(|earlier| *earlier != exchange.verb())
    } else {
        return None;
    };
    let (said, remedies) = match way {
        Some("EPRT" | "PORT") => (
            "The server could not connect to this machine: a firewall or router on this side lets nobody in.",
            vec![Remedy::TryEpsv, Remedy::TryPasv],
        ),
        Some("EPSV") => (
            "The connection for the data could not be made: a firewall, mostly on the server's side, closes the port \
             that the server named.",
            vec![Remedy::TryPasv, Remedy::TryActive],
        ),
        _ => (
            "The connection for the data could not be made: a firewall, mostly on the server's side, closes the port \
             that the server named.",
            vec![Remedy::TryEpsv, Remedy::TryActive],
        ),
    };
    finding("data-blocked", said, remedies, "RFC 959 3.2; RFC 1579; RFC 2428")
}

fn unknown_way(exchange: &Exchange, _: Before<'_>) -> Option<Finding> {
    let instead = match exchange.verb() {
        "EPSV" => "PASV",
        "EPRT" => "PORT",
        _ => return None,
    };
    if !matches!(exchange.code(), Some(500..=504 | 522)) {
        return None;
    }
    let said = format!(
        "The server does not know {}, the newer way to a data connection. {instead}, the older one, does the same; \
         Longshore falls back to it by itself.",
        exchange.verb()
    );
    finding("unknown-way", said, [], "RFC 2428 sections 2 and 3")
}

fn resumption(exchange: &Exchange, _: Before<'_>) -> Option<Finding> {
    if !matches!(exchange.code(), Some(522 | 425 | 450)) || !names_resumption(exchange.text()) {
        return None;
    }
    let happened = match exchange.data.as_ref().and_then(|data| data.resumed()) {
        Some(true) => "It was resumed, so that the server is wrong here.",
        Some(false) => "It was not resumed: a new session was made.",
        None => "Whether it was resumed, the log does not tell.",
    };
    let said = format!(
        "The server wants proof that the data connection comes from the same client: its TLS session must resume that \
         of the control connection. {happened}"
    );
    finding("resumption", said, [Remedy::Reconnect], "RFC 4217 section 10.2; RFC 8446 section 2.2")
}

fn too_many(exchange: &Exchange, _: Before<'_>) -> Option<Finding> {
    let text = exchange.text();
    let capped = has(text, &["too many", "maximum", "connection limit", "limit reached", "max connections"]);
    if !matches!(exchange.code(), Some(530 | 421)) || !capped {
        return None;
    }
    let rest = text.get(3..).unwrap_or_default();
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit()).filter_map(|digits| digits.parse::<u32>().ok());
    let most = numbers.rfind(|number| (1..=64).contains(number));
    let allows = most.map_or_else(String::new, |most| format!(" It names {most}."));
    let said = format!(
        "The server allows only so many connections at once from one user or one address, and they are taken.{allows} \
         Connections that were broken off count until the server notices."
    );
    finding("too-many", said, [Remedy::LowerConnections(most)], "RFC 959 4.2 (421, 530)")
}

fn silence(exchange: &Exchange, before: Before<'_>) -> Option<Finding> {
    if exchange.code() != Some(421) || too_many(exchange, before).is_some() {
        return None;
    }
    let last = before.first().map(|earlier| earlier.reply.as_ref().map_or(earlier.at, |reply| reply.at))?;
    let quiet = exchange.reply.as_ref()?.at.duration_since(last).as_secs();
    let named = has(exchange.text(), &["timeout", "time-out", "timed out", "idle", "inactiv", "no transfer"]);
    if quiet < SILENCE && !(named && quiet > 0) {
        return None;
    }
    let every = u32::try_from(quiet / 2).unwrap_or(u32::MAX).max(1);
    let said =
        format!("Nothing was said for {quiet} seconds, and the server closes connections that are idle so long.");
    finding("silence", said, [Remedy::KeepAlive(every), Remedy::Reconnect], "RFC 959 4.2 (421)")
}

fn wants_tls(exchange: &Exchange, before: Before<'_>) -> Option<Finding> {
    let code = exchange.code()?;
    let auth = before.iter().find(|earlier| earlier.verb() == "AUTH").and_then(|auth| auth.code());
    let log_in = matches!(exchange.verb(), "USER" | "PASS" | "ACCT");
    let refused = auth.is_some_and(|code| code >= 400);
    let named = has(exchange.text(), &["tls", "ssl", "encrypt", "secure", "non-anonymous sessions must"]);
    // 522 has other meanings too.
    let level = matches!(code, 521 | 534 | 536) || code == 522 && named && !names_resumption(exchange.text());
    let (said, remedies) = match code {
        530 if log_in && refused => (
            "The server would not encrypt the connection, and then refused the log-in: it may want TLS in another way, \
             or the name or password is wrong.",
            vec![Remedy::SwitchToExplicitTls],
        ),
        530 | 550 | 421 if log_in && auth.is_none() && named => {
            ("The server lets nobody log in without encryption.", vec![Remedy::SwitchToExplicitTls])
        }
        _ if level && (auth.is_none() || refused) => {
            ("By its rules the server refuses what is not encrypted.", vec![Remedy::SwitchToExplicitTls])
        }
        _ if level => (
            "The server wants another protection of the data than was chosen: mostly encryption (PROT P), which the \
             site's settings may turn off.",
            vec![Remedy::Reconnect],
        ),
        _ => return None,
    };
    finding("wants-tls", said, remedies, "RFC 4217 sections 4 and 9; RFC 2228 section 5")
}

fn file_refused(exchange: &Exchange, before: Before<'_>) -> Option<Finding> {
    let verb = exchange.verb();
    if exchange.code() != Some(550) || !matches!(verb, "CWD" | "RETR" | "STOR" | "APPE" | "DELE" | "MKD" | "RMD") {
        return None;
    }
    let (text, name) = (exchange.text(), exchange.argument());
    let asked = |verbs: &[&str]| {
        let same = |earlier: &&&Exchange| verbs.contains(&earlier.verb()) && earlier.argument() == name;
        before.iter().find(same).and_then(|earlier| earlier.code())
    };
    // Whether it was there by the last that is known of it.
    let was_there = match asked(&["SIZE", "MDTM", "RETR", "STOR", "CWD", "DELE", "RMD", "MKD", "MLST"]) {
        Some(213 | 226 | 250 | 257) if asked(&["DELE", "RMD"]) != Some(250) => Some(true),
        Some(250 | 550) => Some(false),
        _ => None,
    };
    let makes = matches!(verb, "MKD" | "STOR" | "APPE");
    let (said, remedies) = if has(text, &["permission", "denied", "not allowed", "prohibited", "read-only"]) {
        ("The server does not allow it: the user who is logged in lacks the right.", vec![Remedy::ShowPermissions])
    } else if has(text, &["not empty"]) {
        ("The folder is not empty, and the server deletes only empty ones.", vec![Remedy::Refresh])
    } else if verb == "MKD" && (has(text, &["exist"]) || was_there == Some(true)) {
        ("A folder or file of this name is there already.", vec![Remedy::Refresh])
    } else if has(text, &["no such", "not found", "not exist", "doesn't exist", "cannot find", "can't find"]) {
        let said =
            if makes { "The folder that it should go into is not there." } else { "There is nothing of this name." };
        (said, vec![Remedy::Refresh])
    } else if was_there == Some(true) {
        ("It was there a moment ago, so that most likely the right is lacking.", vec![Remedy::ShowPermissions])
    } else if was_there == Some(false) && !makes {
        ("The server has said before that there is nothing of this name.", vec![Remedy::Refresh])
    } else {
        (
            "It is not there, or the user who is logged in may not do this: the server does not say which.",
            vec![Remedy::Refresh, Remedy::ShowPermissions],
        )
    };
    finding("file-refused", said, remedies, "RFC 959 5.4 (550)")
}

fn no_space(exchange: &Exchange, _: Before<'_>) -> Option<Finding> {
    let said = match exchange.code()? {
        552 => "The space that this account may use is full: its quota is reached.",
        452 => "The server's disk is full, or nearly so.",
        _ => return None,
    };
    finding("no-space", said, [Remedy::PauseQueue], "RFC 959 4.2 (452, 552)")
}

fn unproved(exchange: &Exchange, before: Before<'_>) -> Option<Finding> {
    if exchange.broken && !exchange.preliminary.is_empty() && is_transfer(exchange) {
        let said =
            "The connection ended before the server said that the transfer is complete: what arrived may be a part.";
        return unproved_for(said);
    }
    if exchange.verb() == "RETR" {
        let until = until(exchange, before)?;
        let told = before.iter().take_while(|earlier| is_one_matter(exchange, earlier));
        let size = told.filter(|earlier| earlier.argument() == exchange.argument()).find_map(|earlier| earlier.size)?;
        // Some servers say 0 of what they do not know.
        return (size != 0 && size != until).then(|| {
            unproved_for(format!(
                "The server says that the transfer is complete, but {until} bytes are there of a file that it had said to \
                 have {size}."
            ))
        })?;
    }
    let size = exchange.size?;
    let at = before.iter().position(|earlier| is_transfer(earlier) || !is_one_matter(exchange, earlier))?;
    let transfer = before[at];
    if transfer.argument() != exchange.argument() || exchange.transfer != transfer.transfer {
        return None;
    }
    let until = until(transfer, &before[at + 1..]).filter(|until| *until != size)?;
    match transfer.verb() {
        "RETR" if size == 0 => None,
        "RETR" => unproved_for(format!(
            "The server said that the transfer is complete, but {until} bytes are there of a file that by its word has \
             {size}."
        )),
        _ => unproved_for(format!(
            "The server said that the transfer is complete, but {until} bytes were sent, and by its word the file has \
             {size} now."
        )),
    }
}

/// Whether nothing between the two can have changed the file, or which one its name means.
fn is_one_matter(exchange: &Exchange, earlier: &Exchange) -> bool {
    exchange.transfer == earlier.transfer
        && !earlier.moves_data()
        && !matches!(earlier.verb(), "DELE" | "RNFR" | "RNTO" | "CWD" | "CDUP" | "SITE")
}

fn unproved_for(said: impl Into<String>) -> Option<Finding> {
    finding("unproved", said, [Remedy::Verify, Remedy::FetchAgain], "RFC 959 5.4 (226); RFC 3659 section 4")
}

fn is_transfer(exchange: &Exchange) -> bool {
    matches!(exchange.verb(), "RETR" | "STOR" | "APPE")
}

/// Up to where a transfer that the server calls complete went in its file, where that can be told.
fn until(transfer: &Exchange, before: Before<'_>) -> Option<u64> {
    let is_plain = matches!(transfer.verb(), "RETR" | "STOR") && !transfer.text && !transfer.was_enough();
    if !is_plain || transfer.code() != Some(226) {
        return None;
    }
    let restart = match before.first().filter(|earlier| earlier.verb() == "REST" && earlier.code() == Some(350)) {
        Some(rest) => rest.argument().trim().parse().ok()?,
        None => 0,
    };
    transfer.data.as_ref()?.bytes()?.checked_add(restart)
}

fn enough(exchange: &Exchange, _: Before<'_>) -> Option<Finding> {
    let said = "All of the range of the file that this connection was to fetch has come, and Longshore ended it: other \
                connections fetch the rest. The server calls that broken off.";
    exchange.was_enough().then(|| finding("range", said, [], "RFC 959 4.1.3 (REST, ABOR)")).flatten()
}

fn out_of_step(exchange: &Exchange, _: Before<'_>) -> Option<Finding> {
    let code = exchange.code()?;
    let verb = exchange.verb();
    let stray = exchange.command.is_none() && !exchange.first && !matches!(code, 421 | 221);
    let anothers = exchange.command.is_some()
        && match code {
            227 => !matches!(verb, "PASV" | "CPSV" | "P@SW"),
            229 => verb != "EPSV",
            234 => verb != "AUTH",
            257 => !matches!(verb, "PWD" | "XPWD" | "MKD" | "XMKD" | "SITE" | "CWD" | "STAT"),
            _ => false,
        };
    let said = match (stray, anothers) {
        (true, _) => format!("The server sent {code} though nothing was asked: it and Longshore are out of step."),
        (_, true) => format!("{code} is no answer to {verb}: it and Longshore are out of step."),
        _ => return None,
    };
    let said = format!("{said} Nothing more should be sent on this connection before it is made anew.");
    finding("out-of-step", said, [Remedy::Reconnect], "RFC 959 5.4; RFC 2577 section 2")
}

/// `Server answered 550, not there, or not allowed, to DELE x, after 40 ms`: the exchange as a sentence.
pub fn sentence(exchange: &Exchange) -> String {
    let ConnectionId(connection) = exchange.connection;
    let asked = exchange.command.as_deref();
    match (&exchange.reply, asked) {
        (Some(reply), Some(command)) => {
            let name = super::code::explain(reply.code).name();
            let after = exchange.took().map_or_else(String::new, |took| format!(", after {took} ms"));
            let unmade = if exchange.unmade { ", but there was no data connection" } else { "" };
            format!("Server answered {}, {name}, to {command}{after}{unmade}, on connection {connection}", reply.code)
        }
        (Some(reply), None) => {
            format!(
                "Server said {}, {}, on connection {connection}",
                reply.code,
                super::code::explain(reply.code).name()
            )
        }
        (None, Some(command)) => format!("Server has not answered {command}, on connection {connection}"),
        (None, None) => format!("Server began to speak, on connection {connection}"),
    }
}

#[cfg(test)]
mod tests;
