//! The stages of an exchange on a scale of time: what a waterfall draws.

use jiff::Timestamp;

use super::exchange::Exchange;

/// What time went by with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A connection was being made: of the data, or with the greeting, of the commands.
    Connecting,
    /// The server had not answered.
    Waiting,
    /// TLS was being agreed on.
    Securing,
    /// No byte had come.
    FirstByte,
    /// Bytes went over the data connection.
    Moving,
    /// All bytes had gone, and the final reply had not come.
    Ending,
}

impl Kind {
    /// All, in the order in which they come.
    pub const ALL: [Self; 6] =
        [Self::Connecting, Self::Waiting, Self::Securing, Self::FirstByte, Self::Moving, Self::Ending];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "Connecting",
            Self::Waiting => "Waiting for the reply",
            Self::Securing => "TLS handshake",
            Self::FirstByte => "Waiting for the first byte",
            Self::Moving => "Data",
            Self::Ending => "Waiting for the final reply",
        }
    }
}

/// A part of the time of an exchange, in microseconds since its command was sent; what was done before is negative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stage {
    /// What it went by with.
    pub kind: Kind,
    /// From when.
    pub from: i64,
    /// Until when, never before `from`.
    pub to: i64,
}

/// The stages of `exchange` as far as it got, in order and without overlaps.
pub fn stages(exchange: &Exchange) -> Vec<Stage> {
    let since = |at: Timestamp| microseconds(exchange.at, at);
    let mut stages = Vec::with_capacity(6);
    let mut begun = None;
    let mut add = |kind, from: i64, to: i64| {
        // What overlaps is counted once: it is the earlier that had to end first.
        let from = begun.map_or(from, |end: i64| from.max(end));
        if to > from {
            stages.push(Stage { kind, from, to });
        }
        begun = Some(from.max(to));
    };
    if let Some((at, took)) = exchange.connected {
        let made = since(at);
        add(Kind::Connecting, made - took * 1000, made);
        if let Some(secured) = exchange.secured.filter(|_| exchange.command.is_none()) {
            add(Kind::Securing, made, since(secured));
        }
        let greeted = exchange.preliminary.first().or(exchange.reply.as_ref());
        add(Kind::Waiting, made, greeted.map_or(0, |reply| since(reply.at)));
    }
    let data = exchange.data.as_deref();
    if let Some((data, opened)) = data.and_then(|data| Some((data, data.opened?)))
        && since(opened) <= 0
    {
        add(Kind::Connecting, since(opened) - data.connecting * 1000, since(opened));
    }
    let first = exchange.preliminary.first().or(exchange.reply.as_ref()).map(|reply| since(reply.at));
    add(Kind::Waiting, 0, first.unwrap_or(0));
    if let Some(secured) = exchange.secured.filter(|_| exchange.command.is_some()) {
        add(Kind::Securing, first.unwrap_or(0), since(secured));
    }
    if let Some((data, end)) = data.and_then(|data| Some((data, data.end.as_ref()?))) {
        let used = since(end.at) - end.took * 1000;
        if let Some(opened) = data.opened.map(since).filter(|opened| *opened > 0) {
            add(Kind::Connecting, opened - data.connecting * 1000, opened);
        }
        let secured = used + end.tls.as_ref().map_or(0, |tls| tls.handshake * 1000);
        add(Kind::Securing, used, secured);
        let first = end.first.map_or(secured, |first| used + first * 1000);
        add(Kind::FirstByte, secured, first);
        add(Kind::Moving, first, since(end.at));
    }
    let last = exchange.reply.as_ref().map(|reply| since(reply.at));
    if let Some(last) = last.filter(|_| !exchange.preliminary.is_empty()) {
        add(Kind::Ending, first.unwrap_or(0), last);
    }
    stages
}

/// What `exchange` is waiting for at the moment `now`; `None` where it has ended.
pub fn under_way(exchange: &Exchange, now: Timestamp) -> Option<Stage> {
    if exchange.reply.is_some() || exchange.broken {
        return None;
    }
    let ended = exchange.data.as_deref().and_then(|data| data.end.as_ref());
    let kind = match (exchange.preliminary.is_empty(), ended) {
        (true, _) => Kind::Waiting,
        (false, None) => Kind::Moving,
        (false, Some(_)) => Kind::Ending,
    };
    let from = extent(exchange).1;
    Some(Stage { kind, from, to: microseconds(exchange.at, now).max(from) })
}

/// From when to when an exchange goes, in microseconds since its command was sent.
pub fn extent(exchange: &Exchange) -> (i64, i64) {
    let stages = stages(exchange);
    let from = stages.first().map_or(0, |stage| stage.from).min(0);
    (from, stages.last().map_or(0, |stage| stage.to).max(0))
}

/// From `from` to `to`.
pub fn microseconds(from: Timestamp, to: Timestamp) -> i64 {
    i64::try_from(to.duration_since(from).as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::exchange::tests::joined;
    use super::*;

    /// Stages of the last exchange of a dialogue whose lines are 10 ms apart, in milliseconds.
    fn of(dialogue: &str) -> Vec<(Kind, i64, i64)> {
        let exchanges = joined(dialogue);
        let last = exchanges.iter().last().unwrap();
        let stages = stages(last);
        assert!(stages.windows(2).all(|two| two[0].to <= two[1].from), "{stages:?}");
        assert_eq!(extent(last), (stages[0].from.min(0), stages.last().unwrap().to));
        stages.into_iter().map(|stage| (stage.kind, stage.from / 1000, stage.to / 1000)).collect()
    }

    #[test]
    fn a_download_has_all_stages() {
        use Kind::{Connecting, Ending, FirstByte, Moving, Securing, Waiting};
        let stages = of(
            "C: EPSV\nS: 229 (|||5000|)\nN: Data connection to 192.0.2.1:5000 is open after 4 ms\nC: RETR a\n\
             S: 150 go\nwait 1\n\
             N: Data connection: 9 bytes in 1000 ms, first after 30 ms, TLS 1.3, session resumed, X in 20 ms\nS: 226 ok",
        );
        let expected = [
            (Connecting, -14, -10),
            (Waiting, 0, 10),
            (Securing, 20, 40),
            (FirstByte, 40, 50),
            (Moving, 50, 1020),
            (Ending, 1020, 1030),
        ];
        assert_eq!(stages, expected);
    }

    #[test]
    fn what_is_under_way_goes_on_until_now() {
        let at = |dialogue: &str, later: i64| {
            let exchanges = joined(dialogue);
            let last = exchanges.iter().last().unwrap();
            let now = last.at + jiff::SignedDuration::from_millis(later);
            under_way(last, now).map(|stage| (stage.kind, stage.from / 1000, stage.to / 1000))
        };
        assert_eq!(at("C: NOOP", 50), Some((Kind::Waiting, 0, 50)));
        let moving = "C: EPSV\nS: 229 (|||5000|)\nC: RETR a\nS: 150 go";
        assert_eq!(at(moving, 50), Some((Kind::Moving, 10, 50)));
        assert_eq!(at(moving, 5), Some((Kind::Moving, 10, 10)), "a clock that was set back");
        let ended = format!("{moving}\nN: Data connection: 9 bytes in 5 ms");
        assert_eq!(at(&ended, 50), Some((Kind::Ending, 20, 50)));
        assert_eq!(at("C: NOOP\nS: 200 ok", 50), None);
    }

    #[test]
    fn short_exchanges_only_wait() {
        assert_eq!(of("C: NOOP\nS: 200 ok"), [(Kind::Waiting, 0, 10)]);
        let secured = of("C: AUTH TLS\nS: 234 go\nN: TLS 1.3, X, certificate sha256 ab");
        assert_eq!(secured, [(Kind::Waiting, 0, 10), (Kind::Securing, 10, 20)]);
        let greeting = of("N: Connected to 192.0.2.1:21 in 3 ms\nS: 220 hi");
        assert_eq!(greeting, [(Kind::Connecting, -13, -10), (Kind::Waiting, -10, 0)]);
    }

    #[test]
    fn in_active_mode_the_server_connects_after_the_command() {
        let stages = of("C: PORT 1,2,3,4,5,6\nS: 200 ok\nC: LIST\nS: 150 go\n\
             N: Data connection from 192.0.2.1:20 is open\nN: Data connection: 9 bytes in 5 ms\nS: 226 ok");
        assert_eq!(stages, [(Kind::Waiting, 0, 10), (Kind::Moving, 25, 30), (Kind::Ending, 30, 40)]);
    }
}
