//! Which connection fetches which range of a file, where several do.
//!
//! There is one rule. A connection that has nothing to do takes a hole; where there is none, it takes the second half of the
//! largest range under way, if what is left of that would still take a while. So the first one begins with the whole file,
//! the others divide it as they come, a slow connection is relieved of half of its rest again and again, and a fast line,
//! where no other connection would be open in time, is left to one. To end a range early costs the server's 426 and on some
//! servers the connection, so nothing is taken from a range that will soon be whole.
//!
//! A range that does not begin with the file is fetched from a little before: these bytes are compared with what is there as
//! soon as it is. That is how a server is found out that ignores REST, or a file that has changed between.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::download::OVERLAP;
use super::ranges::Ranges;
use crate::net::Span;

/// A range of which less is left is not divided…
const LEAST: u64 = 512 * 1024;
/// …nor one that will be whole within this time.
const SOON: Duration = Duration::from_secs(2);

/// The ranges of one file.
#[derive(Debug)]
pub(super) struct Plan {
    size: u64,
    /// What is there, of ranges that are over and of earlier attempts.
    held: Ranges,
    under_way: Vec<UnderWay>,
    /// Of ranges that are over: what is to be compared with what lies before them.
    seams: Vec<Seam>,
    /// The data have ended where the file ends, and the server has said that this is all.
    confirmed: bool,
}

#[derive(Debug)]
struct UnderWay {
    span: Arc<Span>,
    since: Instant,
    is_checked: bool,
}

/// Bytes that were fetched a second time, and must be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seam {
    pub(super) at: u64,
    pub(super) bytes: Vec<u8>,
    /// Whether the file has other bytes there to compare them with.
    pub(super) is_covered: bool,
}

impl Plan {
    /// `held` is there. The last byte is fetched once more, with what lies before it: whether it is the last, only the end
    /// of the data can tell.
    pub(super) fn new(size: u64, mut held: Ranges) -> Self {
        held.cut(size.saturating_sub(1));
        Self { size, held, under_way: Vec::new(), seams: Vec::new(), confirmed: false }
    }

    /// A range for a connection that has nothing to do.
    pub(super) fn take(&mut self, now: Instant) -> Option<Arc<Span>> {
        let range = match self.holes().into_iter().next() {
            Some(hole) => hole,
            None => {
                let span = self.widest(now)?;
                let (claimed, end) = (span.claimed(), span.end());
                let middle = claimed + (end - claimed) / 2;
                // It may have come further meanwhile.
                span.shorten(middle).then_some(middle..end)?
            }
        };
        let span = Arc::new(Span::new(range.start, range.end, self.size, OVERLAP));
        self.under_way.push(UnderWay { span: span.clone(), since: now, is_checked: false });
        Some(span)
    }

    /// Whether one more connection would be of use.
    pub(super) fn has_work(&self, now: Instant) -> bool {
        !self.holes().is_empty() || self.widest(now).is_some()
    }

    /// A range is over, at whatever point; `confirmed`: with the data, and the server's word that they were all.
    pub(super) fn end(&mut self, span: &Arc<Span>, confirmed: bool) {
        span.close();
        self.under_way.retain(|other| !Arc::ptr_eq(&other.span, span));
        let written = span.written();
        self.confirmed |= confirmed && written == self.size;
        if written > span.from() {
            let end = if self.confirmed { written } else { written.min(self.size - 1) };
            self.held.insert(span.from()..end);
            self.seams.push(Seam { at: span.offset(), bytes: span.head(), is_covered: false });
        }
        // Where nothing came of it, whoever is on the way to it goes on.
        for hole in self.holes() {
            if let Some(before) = self.under_way.iter().find(|other| other.span.end() == hole.start) {
                before.span.lengthen(hole.end);
            }
        }
    }

    /// What is there, that of ranges under way as well.
    pub(super) fn held(&self) -> Ranges {
        let mut held = self.held.clone();
        self.under_way.iter().for_each(|other| held.insert(other.span.from()..other.span.written()));
        held
    }

    /// How many connections are at it.
    pub(super) fn busy(&self) -> usize {
        self.under_way.len()
    }

    /// Whether nothing lacks, and the end of the file is known to be its end.
    pub(super) fn is_whole(&self) -> bool {
        self.confirmed && self.held.prefix() == self.size
    }

    /// What can be compared now and was not. Of ranges under way also what cannot be yet: it may tell all the same.
    pub(super) fn seams(&mut self) -> Vec<Seam> {
        let held = self.held();
        let covered = |seam: &Seam| held.contains(&(seam.at..seam.at + seam.bytes.len() as u64));
        let (mut ready, open): (Vec<_>, Vec<_>) = self.seams.drain(..).partition(covered);
        self.seams = open;
        for other in self.under_way.iter_mut().filter(|other| !other.is_checked && other.span.head_left() == 0) {
            let seam = Seam { at: other.span.offset(), bytes: other.span.head(), is_covered: false };
            other.is_checked = covered(&seam);
            ready.push(Seam { is_covered: other.is_checked, ..seam });
        }
        ready.iter_mut().for_each(|seam| seam.is_covered = covered(seam));
        ready.retain(|seam| !seam.bytes.is_empty());
        ready
    }

    /// Only the range that began with the file, and so without REST, is trusted, if it is under way: it goes on to the end.
    /// False: there is nothing to go on with.
    pub(super) fn fall_back(&mut self) -> bool {
        (self.held, self.confirmed) = (Ranges::default(), false);
        self.seams.clear();
        let first = self.under_way.iter().find(|other| other.span.from() == 0);
        first.is_some_and(|first| first.span.lengthen(self.size) || first.span.end() == self.size)
    }

    /// What nobody fetches and is not there.
    fn holes(&self) -> Vec<std::ops::Range<u64>> {
        let mut taken = self.held.clone();
        self.under_way.iter().for_each(|other| taken.insert(other.span.from()..other.span.end()));
        taken.holes(self.size)
    }

    /// The largest range under way that is worth to be divided.
    fn widest(&self, now: Instant) -> Option<&Arc<Span>> {
        let done = |other: &UnderWay| u128::from(other.span.taken() - other.span.from());
        let left = |other: &UnderWay| u128::from(other.span.end().saturating_sub(other.span.claimed()));
        // Bytes a second; one that has just begun is as fast as the others.
        let rate = |other: &UnderWay| {
            let passed = now.saturating_duration_since(other.since);
            let is_known = done(other) > 0 || passed >= SOON;
            is_known.then(|| done(other) * 1000 / passed.as_millis().max(1))
        };
        let usual = self.under_way.iter().filter_map(rate).max()?;
        let takes = |other: &UnderWay| left(other) * 1000 / rate(other).unwrap_or(usual).max(1);
        let worth = |other: &&UnderWay| left(other) >= u128::from(LEAST) && takes(other) >= SOON.as_millis();
        self.under_way.iter().filter(worth).max_by_key(|other| left(other)).map(|other| &other.span)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MB: u64 = 1_000_000;

    fn range(span: &Span) -> std::ops::Range<u64> {
        span.from()..span.end()
    }

    #[test]
    fn the_first_begins_with_all_and_the_others_halve_what_is_left() {
        let (mut plan, begin) = (Plan::new(100 * MB, Ranges::default()), Instant::now());
        let first = plan.take(begin).unwrap();
        assert_eq!(range(&first), 0..100 * MB);
        assert!(!plan.has_work(begin), "nobody knows how fast it is");
        first.advance(MB);
        let now = begin + Duration::from_millis(100);
        let second = plan.take(now).unwrap();
        assert_eq!((range(&first).end, range(&second)), (50_500_000, 50_500_000..100 * MB));
        assert_eq!(second.offset(), 50_500_000 - OVERLAP);
        let third = plan.take(now).unwrap();
        assert_eq!(range(&third), 75_250_000..100 * MB, "one that has just begun counts as the others");
    }

    #[test]
    fn what_is_soon_whole_is_left_alone_and_what_is_slow_is_not() {
        let (mut plan, begin) = (Plan::new(100 * MB, Ranges::default()), Instant::now());
        let first = plan.take(begin).unwrap();
        first.advance(60 * MB);
        assert!(!plan.has_work(begin + Duration::from_secs(1)), "it takes less than a second more");
        let later = begin + Duration::from_secs(60);
        assert!(plan.has_work(later));
        first.advance(39_600_000);
        assert!(!plan.has_work(later), "there is little left, however slow it is");
    }

    #[test]
    fn a_connection_that_brings_nothing_gives_its_range_back() {
        let (mut plan, begin) = (Plan::new(100 * MB, Ranges::default()), Instant::now());
        let first = plan.take(begin).unwrap();
        first.advance(MB);
        let now = begin + Duration::from_millis(100);
        let second = plan.take(now).unwrap();
        plan.end(&second, false);
        assert_eq!(range(&first), 0..100 * MB);
        let second = plan.take(now).unwrap();
        second.advance(MB);
        plan.end(&second, false);
        assert_eq!(plan.take(now).map(|third| range(&third)), Some(51_500_000..100 * MB), "what it brought is kept");
        assert_eq!(plan.held().to_string(), "0-1000000,50500000-51500000");
    }

    #[test]
    fn what_was_fetched_twice_is_compared_as_soon_as_both_are_there() {
        let held = "0-1000000,5000000-6000000".parse().unwrap();
        let (mut plan, begin) = (Plan::new(10 * MB, held), Instant::now());
        let (first, second) = (plan.take(begin).unwrap(), plan.take(begin).unwrap());
        assert_eq!([range(&first), range(&second)], [MB..5 * MB, 6 * MB..10 * MB]);
        let head = vec![7; second.head_left()];
        second.put_head(&head);
        let seam = Seam { at: 6 * MB - OVERLAP, bytes: head, is_covered: true };
        assert_eq!(plan.seams(), [seam]);
        assert_eq!(plan.seams(), [], "once");
        first.put_head(b"abc");
        first.advance(4 * MB);
        plan.end(&first, false);
        assert_eq!(plan.seams().len(), 1, "whatever came of it");
        second.advance(4 * MB);
        assert!(!plan.is_whole());
        plan.end(&second, true);
        assert!(plan.is_whole());
    }

    #[test]
    fn that_the_last_byte_is_the_last_is_found_out_in_any_case() {
        let (mut plan, begin) = (Plan::new(MB, Ranges::first(MB)), Instant::now());
        let span = plan.take(begin).unwrap();
        assert_eq!((range(&span), span.offset()), (MB - 1..MB, MB - 1 - OVERLAP));
        span.advance(1);
        plan.end(&span, false);
        assert!(!plan.is_whole(), "the server did not say so");
        let span = plan.take(begin).unwrap();
        span.advance(1);
        plan.end(&span, true);
        assert!(plan.is_whole());
    }

    #[test]
    fn only_what_came_without_rest_outlasts_a_server_that_lies() {
        let (mut plan, begin) = (Plan::new(100 * MB, Ranges::default()), Instant::now());
        let first = plan.take(begin).unwrap();
        first.advance(MB);
        let second = plan.take(begin + Duration::from_millis(100)).unwrap();
        second.advance(MB);
        plan.end(&second, false);
        assert!(plan.fall_back());
        assert_eq!((range(&first), plan.held()), (0..100 * MB, Ranges::first(MB)));
        plan.end(&first, false);
        assert!(!plan.fall_back());
        assert_eq!(plan.held(), Ranges::default());
    }
}
