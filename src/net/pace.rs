//! Speed limits: one bucket that any number of transfers draw from.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

/// What may flow at once after a pause, so that a limit is reached on average and not only at best.
const BURST: Duration = Duration::from_millis(100);
/// Parts of a second that one portion may take. Those who wait share it, so that each of many transfers under one limit has
/// its turn as often as a single one, and what is measured of it stays calm.
const PORTIONS_PER_SECOND: u64 = 20;
const SMALLEST_PORTION: u64 = 512;

/// A speed limit, shared by its clones. Transfers that draw from it get their turns in the order in which they ask.
#[derive(Clone, Debug, Default)]
pub struct Pace(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    bucket: Mutex<Bucket>,
    changed: Notify,
    /// How many wait for their turn.
    waiting: AtomicU64,
    /// Another limit, which holds as well.
    outer: Option<Pace>,
}

#[derive(Debug, Default)]
struct Bucket {
    /// Bytes a second; 0 for no limit.
    rate: u64,
    /// When all that was promised so far has flowed.
    booked: Option<Instant>,
}

impl Pace {
    /// `rate` bytes a second; 0 for no limit.
    pub fn new(rate: u64) -> Self {
        let pace = Self::default();
        pace.set(rate);
        pace
    }

    /// A limit of `rate` for some of what draws from `outer`.
    pub fn within(outer: &Self, rate: u64) -> Self {
        let pace = Self(Arc::new(Shared { outer: Some(outer.clone()), ..Shared::default() }));
        pace.set(rate);
        pace
    }

    /// No limit.
    pub fn unlimited() -> Self {
        Self::default()
    }

    /// Another limit from now on, for all clones.
    pub fn set(&self, rate: u64) {
        *self.bucket() = Bucket { rate, booked: None };
        self.0.changed.notify_waiters();
    }

    /// Bytes a second, by the narrower limit of both; 0 for no limit.
    pub fn rate(&self) -> u64 {
        let own = self.bucket().rate;
        let outer = self.0.outer.as_ref().map_or(0, Self::rate);
        if own == 0 || outer == 0 { own.max(outer) } else { own.min(outer) }
    }

    /// The most bytes, up to `most`, that should be drawn at once: the least of what each limit has for each of those who
    /// draw from it. So who has a narrow limit of its own reaches that beside others, if it is not more than its share.
    pub(super) fn portion(&self, most: usize) -> usize {
        let portions = self.chain().filter_map(|pace| {
            let rate = Some(pace.bucket().rate).filter(|rate| *rate > 0)?;
            Some(rate / PORTIONS_PER_SECOND / (pace.0.waiting.load(Ordering::Relaxed) + 1))
        });
        let Some(portion) = portions.min() else { return most };
        usize::try_from(portion.max(SMALLEST_PORTION)).unwrap_or(most).min(most)
    }

    /// One more waits for its turn until what this gives is dropped.
    pub(super) fn waits(&self) -> Waits<'_> {
        for pace in self.chain() {
            pace.0.waiting.fetch_add(1, Ordering::Relaxed);
        }
        Waits(self)
    }

    /// It and what is around it.
    fn chain(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |pace| pace.0.outer.as_ref())
    }

    /// Waits until `bytes` more may have flowed.
    pub(super) async fn take(&self, bytes: usize) {
        let changed = self.0.changed.notified();
        let outer = async {
            match &self.0.outer {
                Some(outer) => outer.0.changed.notified().await,
                None => std::future::pending().await,
            }
        };
        let Some(until) = self.book(bytes, Instant::now()) else { return };
        let _waits = self.waits();
        tokio::select! {
            () = tokio::time::sleep_until(until) => {}
            () = changed => {}
            () = outer => {}
        }
    }

    /// Until when `bytes` more must wait; `None`: they need not.
    pub(super) fn book(&self, bytes: usize, now: Instant) -> Option<Instant> {
        let outer = self.0.outer.as_ref().and_then(|outer| outer.book(bytes, now));
        self.book_own(bytes, now).max(outer)
    }

    fn book_own(&self, bytes: usize, now: Instant) -> Option<Instant> {
        let mut bucket = self.bucket();
        let rate = Some(bucket.rate).filter(|rate| *rate > 0)?;
        let start = bucket.booked.map_or(now, |booked| booked.max(now.checked_sub(BURST).unwrap_or(now)));
        let nanos = (bytes as u128 * 1_000_000_000 / u128::from(rate)).min(u128::from(u64::MAX));
        let until = start + Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        bucket.booked = Some(until);
        (until > now).then_some(until)
    }

    fn bucket(&self) -> MutexGuard<'_, Bucket> {
        self.0.bucket.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One who waits, as long as it lives: who is cancelled waits no longer.
pub(super) struct Waits<'a>(&'a Pace);

impl Drop for Waits<'_> {
    fn drop(&mut self) {
        for pace in self.0.chain() {
            pace.0.waiting.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Four transfers of 50 portions under one limit, on a clock that stands still while they wait.
    #[test]
    fn many_transfers_share_one_limit_in_turns() {
        let pace = Pace::new(100_000);
        let start = Instant::now();
        let mut ready = [start; 4];
        for turn in 0..200 {
            // Whoever waits least asks next.
            let next = (0..4).min_by_key(|i| (ready[*i], (i + 4 - turn % 4) % 4)).unwrap();
            let clones = pace.clone();
            ready[next] = clones.book(1_000, ready[next]).unwrap_or(ready[next]);
        }
        let ends: Vec<_> = ready.iter().map(|end| (*end - start).as_millis()).collect();
        assert!(ends.iter().all(|end| (1_950..=2_000).contains(end)), "{ends:?}");
    }

    #[test]
    fn a_pause_does_not_save_up_more_than_a_burst() {
        let pace = Pace::new(1_000);
        let start = Instant::now();
        assert_eq!(pace.book(500, start), Some(start + Duration::from_millis(500)));
        let later = start + Duration::from_secs(60);
        assert_eq!(pace.book(100, later), None);
        assert_eq!(pace.book(500, later), Some(later + Duration::from_millis(500)));
        assert_eq!(Pace::unlimited().book(usize::MAX, start), None);
    }

    #[test]
    fn a_limit_within_another_obeys_both() {
        let outer = Pace::new(100_000);
        let (narrow, wide, free) =
            (Pace::within(&outer, 10_000), Pace::within(&outer, 500_000), Pace::within(&outer, 0));
        assert_eq!([&narrow, &wide, &free].map(Pace::rate), [10_000, 100_000, 100_000]);
        let start = Instant::now();
        let after = |ms| Some(start + Duration::from_millis(ms));
        assert_eq!(narrow.book(1_000, start), after(100));
        assert_eq!(wide.book(9_000, start), after(100), "the first one has drawn from the outer limit too");
        assert_eq!(free.book(1_000, start), after(110));
        outer.set(0);
        assert_eq!((wide.rate(), free.rate(), free.book(1 << 30, start)), (500_000, 0, None));
    }

    /// One with a limit of its own, and one without, under a limit for both, for ten seconds.
    #[test]
    fn a_narrow_limit_is_reached_beside_others() {
        for (narrow, shares) in
            [(500_000, [500_000, 2_500_000]), (1_000_000, [1_000_000, 2_000_000]), (2_000_000, [1_500_000; 2])]
        {
            let outer = Pace::new(3_000_000);
            let paces = [Pace::within(&outer, narrow), Pace::within(&outer, 0)];
            let portions = [0, 1].map(|asks: usize| {
                let _other = paces[1 - asks].waits();
                paces[asks].portion(1 << 20)
            });
            let start = Instant::now();
            let (mut ready, mut moved) = ([start; 2], [0_u64; 2]);
            loop {
                let next = usize::from(ready[1] < ready[0]);
                if ready[next] > start + Duration::from_secs(10) {
                    break;
                }
                moved[next] += portions[next] as u64;
                ready[next] = paces[next].book(portions[next], ready[next]).unwrap_or(ready[next]);
            }
            for (moved, share) in moved.iter().zip(shares) {
                let ratio = *moved as f64 / (share as f64 * 10.0);
                assert!((0.97..=1.03).contains(&ratio), "{narrow}: {moved} of {share} a second, by {portions:?}");
            }
        }
    }

    #[tokio::test]
    async fn each_of_many_has_its_turn_as_often_as_a_single_one() {
        let outer = Pace::new(2_000_000);
        let pace = Pace::within(&outer, 0);
        assert_eq!(pace.portion(1 << 20), 100_000);
        let mut waiting = tokio::task::JoinSet::new();
        for _ in 0..39 {
            let pace = pace.clone();
            waiting.spawn(async move { pace.take(usize::MAX).await });
        }
        tokio::task::yield_now().await;
        assert_eq!((pace.portion(1 << 20), outer.portion(1 << 20)), (2_500, 2_500));
        waiting.shutdown().await;
        assert_eq!(pace.portion(1 << 20), 100_000, "who was cancelled waits no longer");
    }

    #[tokio::test]
    async fn a_new_limit_holds_at_once() {
        let pace = Pace::new(1);
        let waiting = pace.clone();
        let task = tokio::spawn(async move { waiting.take(1_000_000).await });
        tokio::time::sleep(Duration::from_millis(10)).await;
        pace.set(0);
        tokio::time::timeout(Duration::from_secs(60), task).await.unwrap().unwrap();
        assert_eq!((pace.portion(4096), Pace::new(200_000).portion(1 << 20)), (4096, 10_000));
    }
}
