//! Connections that transfer: how many each server takes, and those that wait to be used again.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::connect::Link;
use super::memory::Key;
use crate::model::{Course, Event, Failure, Settings, Site};

/// A connection that nobody uses is closed after this long: others may want the server's place.
const KEEP: Duration = Duration::from_secs(30);
/// A server that said "too many" is asked for more than it allowed after this long.
const GROW_AFTER: Duration = Duration::from_secs(300);

/// Files that wait for the disk at most: a slow one must not pile them up.
const MOST_WRITING: usize = 16;

/// Transfers that leave their connection to others while a person is asked about them, at most.
const MOST_PARKED: usize = 100;

/// What is known of a server's connections.
#[derive(Default)]
struct Server {
    running: usize,
    idle: Vec<(Link, Instant)>,
    /// The most that it allowed, and when it said so.
    limit: Option<(usize, Instant)>,
    /// The lowest limit that people have been told of.
    told: Option<usize>,
    /// The limit that is remembered over the end of the program.
    remembered: Option<usize>,
    /// Whether it was looked up what is remembered.
    looked_up: bool,
    /// It could not be reached: nothing is begun before this.
    not_before: Option<Instant>,
    /// Tabs that connect to it for the rows that wait.
    awaited: usize,
}

/// Connections that help with the file of another, and can be done without.
#[derive(Default)]
pub(super) struct Helpers {
    all: usize,
    servers: HashMap<Arc<Key>, usize>,
}

impl Helpers {
    pub(super) fn add(&mut self, key: &Arc<Key>, count: usize) {
        self.all += count;
        *self.servers.entry(key.clone()).or_default() += count;
    }

    pub(super) fn is_empty(&self) -> bool {
        self.all == 0
    }

    fn of(&self, key: &Arc<Key>) -> usize {
        self.servers.get(key).copied().unwrap_or(0)
    }
}

/// All servers.
#[derive(Default)]
pub(super) struct Pool {
    servers: HashMap<Arc<Key>, Server>,
    running: usize,
    /// Those of them that download.
    down: usize,
    /// Transfers that need no connection any more, but whose files the disk is still writing.
    writing: usize,
    /// Transfers that wait for a person, without a connection.
    parked: usize,
}

impl Pool {
    /// Whether one more transfer of that direction may begin at the server.
    pub(super) fn has_room(&self, key: &Arc<Key>, site: &Site, course: Course, settings: &Settings) -> bool {
        self.would_have_room(key, site, course, settings, &Helpers::default())
    }

    /// The same if these helpers, which download, were gone.
    pub(super) fn would_have_room(
        &self,
        key: &Arc<Key>,
        site: &Site,
        course: Course,
        settings: &Settings,
        helpers: &Helpers,
    ) -> bool {
        let (of_its_way, most) = match course {
            Course::Download => (self.down - helpers.all.min(self.down), settings.connections_down),
            Course::Upload => (self.running - self.down, settings.connections_up),
        };
        let is_full = most > 0 && of_its_way >= usize::from(most);
        let running = self.running - helpers.all.min(self.running);
        if is_full || running >= usize::from(settings.connections.max(1)) || self.writing >= MOST_WRITING {
            return false;
        }
        let Some(server) = self.servers.get(key) else { return true };
        let wanted = usize::from(site.connections.unwrap_or(settings.connections).max(1));
        let limit = server.limit.map_or(wanted, |(limit, _)| limit.min(wanted));
        let here = server.running - helpers.of(key).min(server.running);
        here < limit && server.awaited == 0 && server.not_before.is_none_or(|then| then <= Instant::now())
    }

    /// Whether it is still to be looked up what an earlier run found out; says so once.
    pub(super) fn is_new(&mut self, key: &Arc<Key>) -> bool {
        !std::mem::replace(&mut self.servers.entry(key.clone()).or_default().looked_up, true)
    }

    /// An earlier run found out how many connections the server takes. After a while it is asked for more.
    pub(super) fn remember(&mut self, key: &Arc<Key>, limit: usize) {
        let server = self.servers.entry(key.clone()).or_default();
        server.limit = Some((limit.max(1), Instant::now()));
        (server.told, server.remembered) = (Some(limit), Some(limit));
    }

    /// Whether more connections are open than what is remembered allows: then it is forgotten.
    pub(super) fn outgrew(&mut self, key: &Arc<Key>) -> bool {
        let Some(server) = self.servers.get_mut(key) else { return false };
        let outgrew = server.remembered.is_some_and(|limit| server.running + server.idle.len() > limit);
        if outgrew {
            (server.remembered, server.told) = (None, None);
        }
        outgrew
    }

    /// A transfer begins; with a connection that waited for it, if there is one.
    pub(super) fn begin(&mut self, key: &Arc<Key>, course: Course) -> Option<Link> {
        self.count(key, course);
        let server = self.servers.entry(key.clone()).or_default();
        while let Some((link, _)) = server.idle.pop() {
            if link.is_open() && link.fits(key) {
                return Some(link);
            }
            close(link);
        }
        None
    }

    /// A transfer has a place.
    pub(super) fn count(&mut self, key: &Arc<Key>, course: Course) {
        self.running += 1;
        self.down += usize::from(course == Course::Download);
        self.servers.entry(key.clone()).or_default().running += 1;
    }

    /// A transfer ended, and leaves its connection if that can be used again.
    pub(super) fn end(&mut self, key: &Arc<Key>, course: Course, link: Option<Link>) {
        self.running = self.running.saturating_sub(1);
        self.down = self.down.saturating_sub(usize::from(course == Course::Download)).min(self.running);
        let server = self.servers.entry(key.clone()).or_default();
        server.running = server.running.saturating_sub(1);
        if let Some(link) = link {
            server.not_before = None;
            server.idle.push((link, Instant::now()));
        }
    }

    /// A tab connects for the rows of the server, which wait for that.
    pub(super) fn awaits(&mut self, key: &Arc<Key>) {
        self.servers.entry(key.clone()).or_default().awaited += 1;
    }

    /// It has connected, or could not.
    pub(super) fn has_come(&mut self, key: &Arc<Key>) {
        let server = self.servers.entry(key.clone()).or_default();
        server.awaited = server.awaited.saturating_sub(1);
    }

    /// A connection that was made for something else is for transfers now.
    pub(super) fn lend(&mut self, key: &Arc<Key>, link: Link) {
        self.servers.entry(key.clone()).or_default().idle.push((link, Instant::now()));
    }

    /// A transfer waits for a person. Beyond [`MOST_PARKED`] it keeps its place, so that no more are begun; says whether it
    /// has left it.
    pub(super) fn park(&mut self, key: &Arc<Key>, course: Course, link: Option<Link>) -> bool {
        let leaves = self.may_park();
        if leaves {
            self.parks();
            self.end(key, course, link);
        } else if let Some(link) = link {
            close(link);
        }
        leaves
    }

    /// A transfer that had left its place to wait for a person has ended.
    pub(super) fn unpark(&mut self) {
        self.parked = self.parked.saturating_sub(1);
    }

    /// Whether one more transfer may leave its place to wait for a person.
    pub(super) fn may_park(&self) -> bool {
        self.parked < MOST_PARKED
    }

    /// A transfer that has no place waits for a person.
    pub(super) fn parks(&mut self) {
        self.parked += 1;
    }

    /// What is left of a transfer is the disk's work.
    pub(super) fn writes(&mut self) {
        self.writing += 1;
    }

    /// The disk has done its work.
    pub(super) fn written(&mut self) {
        self.writing = self.writing.saturating_sub(1);
    }

    /// The server said that it takes no more. Gives back how many it takes now, the last one not counted, and whether that
    /// is less than ever: call it after [`Pool::end`]. `None`: not even one.
    pub(super) fn crowded(&mut self, key: &Arc<Key>) -> Option<(usize, bool)> {
        let now = Instant::now();
        let server = self.servers.entry(key.clone()).or_default();
        let open = server.running + server.idle.len();
        server.limit = Some((open.max(1), now));
        if open == 0 {
            server.not_before = Some(now + Duration::from_secs(1));
        }
        let is_news = open > 0 && server.told.is_none_or(|told| open < told);
        if is_news {
            (server.told, server.remembered) = (Some(open), Some(open));
        }
        (open > 0).then_some((open, is_news))
    }

    /// Nothing is begun at the server for a while.
    pub(super) fn wait(&mut self, key: &Arc<Key>, wait: Duration) {
        self.servers.entry(key.clone()).or_default().not_before = Some(Instant::now() + wait);
    }

    /// A connection that nobody uses, for something that is no transfer.
    pub(super) fn spare(&mut self, key: &Arc<Key>) -> Option<Link> {
        let (link, _) = self.servers.get_mut(key)?.idle.pop()?;
        link.is_open().then_some(link)
    }

    /// A connection is wanted for something else: closes one that nobody uses.
    pub(super) fn make_room(&mut self, key: &Arc<Key>) {
        if let Some((link, _)) = self.servers.get_mut(key).and_then(|server| server.idle.pop()) {
            close(link);
        }
    }

    /// Closes what nobody used for long or what is closed at the other end, and forgets limits that are old. Says when to
    /// call again.
    pub(super) fn tidy(&mut self) -> Option<Instant> {
        let now = Instant::now();
        let mut next: Option<Instant> = None;
        let mut sooner = |then: Instant| next = Some(next.map_or(then, |next: Instant| next.min(then)));
        for server in self.servers.values_mut() {
            for (link, since) in std::mem::take(&mut server.idle) {
                if link.is_open() && now < since + KEEP {
                    sooner(since + KEEP);
                    server.idle.push((link, since));
                } else {
                    close(link);
                }
            }
            if server.limit.is_some_and(|(_, since)| now >= since + GROW_AFTER) {
                server.limit = None;
            }
            match server.not_before {
                Some(then) if then > now => sooner(then),
                _ => server.not_before = None,
            }
        }
        next
    }

    /// All connections that wait, to be closed.
    pub(super) fn take_idle(&mut self) -> Vec<Link> {
        let idle = self.servers.values_mut().flat_map(|server| server.idle.drain(..));
        idle.map(|(link, _)| link).collect()
    }
}

/// In its own time.
fn close(link: Link) {
    tokio::spawn(link.close());
}

/// What a person is told when a server takes fewer connections than were wanted.
pub(super) fn too_many(site: &Site, limit: usize, failure: &Failure) -> Event {
    let connections = if limit == 1 { "connection" } else { "connections" };
    let words = format!("{} takes {limit} {connections} for transfers at once: {}", site.title(), failure.why);
    Event::TooMany { host: site.host.clone(), port: site.port(), words }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOWN: Course = Course::Download;

    fn server() -> (Arc<Key>, Site, Settings) {
        let site = Site { host: "h".into(), ..Site::default() };
        (Arc::new(Key::of(&site)), site, Settings::default())
    }

    #[test]
    fn no_more_begin_than_the_settings_the_site_and_the_server_allow() {
        let (key, site, settings) = server();
        let mut pool = Pool::default();
        let count = |pool: &mut Pool, site: &Site| {
            let mut count = 0;
            while pool.has_room(&key, site, DOWN, &settings) {
                assert!(pool.begin(&key, DOWN).is_none());
                count += 1;
            }
            (0..count).for_each(|_| pool.end(&key, DOWN, None));
            count
        };
        assert_eq!(count(&mut pool, &site), 4);
        assert_eq!(count(&mut pool, &Site { connections: Some(2), ..site.clone() }), 2);
        assert_eq!(count(&mut pool, &Site { connections: Some(0), ..site.clone() }), 1);
        for _ in 0..3 {
            pool.begin(&key, DOWN);
        }
        pool.end(&key, DOWN, None);
        assert_eq!(pool.crowded(&key), Some((2, true)), "two were open when the third was refused");
        assert_eq!(pool.crowded(&key), Some((2, false)), "people know");
        pool.end(&key, DOWN, None);
        pool.end(&key, DOWN, None);
        assert_eq!(count(&mut pool, &site), 2);
    }

    #[test]
    fn each_direction_has_a_cap_of_its_own() {
        let (key, site, settings) = server();
        let settings = Settings { connections_down: 1, connections_up: 2, ..settings };
        let mut pool = Pool::default();
        pool.begin(&key, DOWN);
        let has_room = |pool: &Pool, course| pool.has_room(&key, &site, course, &settings);
        assert_eq!([DOWN, Course::Upload].map(|course| has_room(&pool, course)), [false, true]);
        (0..2).for_each(|_| drop(pool.begin(&key, Course::Upload)));
        assert_eq!([DOWN, Course::Upload].map(|course| has_room(&pool, course)), [false, false]);
        pool.end(&key, DOWN, None);
        assert_eq!([DOWN, Course::Upload].map(|course| has_room(&pool, course)), [true, false]);
    }

    #[test]
    fn what_an_earlier_run_found_out_holds_until_it_is_outgrown() {
        let (key, site, settings) = server();
        let mut pool = Pool::default();
        assert!(pool.is_new(&key));
        pool.remember(&key, 2);
        assert!(!pool.is_new(&key));
        (0..2).for_each(|_| drop(pool.begin(&key, DOWN)));
        assert!(!pool.has_room(&key, &site, DOWN, &settings) && !pool.outgrew(&key));
        // It is asked for more after a while, and takes it.
        pool.begin(&key, DOWN);
        assert!(pool.outgrew(&key) && !pool.outgrew(&key));
        pool.end(&key, DOWN, None);
        assert_eq!(pool.crowded(&key), Some((2, true)), "and people hear of it again");
    }

    #[test]
    fn a_slow_disk_holds_up_the_next_only_when_much_waits_for_it() {
        let (key, site, settings) = server();
        let mut pool = Pool::default();
        for _ in 0..MOST_WRITING {
            assert!(pool.has_room(&key, &site, DOWN, &settings));
            pool.begin(&key, DOWN);
            pool.writes();
            pool.end(&key, DOWN, None);
        }
        assert!(!pool.has_room(&key, &site, DOWN, &settings));
        pool.written();
        assert!(pool.has_room(&key, &site, DOWN, &settings));
    }

    #[test]
    fn who_waits_for_a_person_holds_up_nobody_until_there_are_many() {
        let (key, site, settings) = server();
        let mut pool = Pool::default();
        for _ in 0..MOST_PARKED {
            pool.begin(&key, DOWN);
            assert!(pool.park(&key, DOWN, None));
        }
        assert!(pool.has_room(&key, &site, DOWN, &settings));
        for _ in 0..4 {
            pool.begin(&key, DOWN);
            assert!(!pool.park(&key, DOWN, None), "the next ones keep their places");
        }
        assert!(!pool.has_room(&key, &site, DOWN, &settings));
        pool.unpark();
        pool.end(&key, DOWN, None);
        assert!(pool.has_room(&key, &site, DOWN, &settings));
    }

    #[test]
    fn a_server_that_takes_nobody_is_given_a_moment_but_not_given_up() {
        let (key, site, settings) = server();
        let mut pool = Pool::default();
        pool.begin(&key, DOWN);
        pool.end(&key, DOWN, None);
        assert_eq!(pool.crowded(&key), None);
        assert!(!pool.has_room(&key, &site, DOWN, &settings));
        assert!(pool.tidy().is_some(), "it is looked at again");
        pool.wait(&key, Duration::ZERO);
        assert!(pool.has_room(&key, &site, DOWN, &settings));
    }
}
