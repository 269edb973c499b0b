//! Speed limits: for all transfers, by the time of the week, and for those of one site.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::civil::DateTime;

use super::memory::Key;
use crate::model::{Course, Settings, Site};
use crate::net::Pace;

/// Limits of their own, with the rates that they were set to.
type Own = HashMap<(Arc<Key>, Course), (Pace, u64)>;

/// What transfers draw from.
#[derive(Debug, Default)]
pub(super) struct Limits {
    down: Pace,
    up: Pace,
    /// Of the servers whose sites have limits of their own, by direction.
    sites: Mutex<Own>,
}

impl Limits {
    /// As the settings have them at `now`.
    pub(super) fn set(&self, settings: &Settings, now: DateTime) {
        let (down, up) = settings.limits(now);
        for (pace, rate) in [(&self.down, down), (&self.up, up)] {
            // To set it lets go of all that wait.
            if pace.rate() != rate {
                pace.set(rate);
            }
        }
    }

    /// What a transfer of a site draws from.
    pub(super) fn of(&self, key: &Arc<Key>, site: &Site, course: Course) -> Pace {
        let (outer, rate) = match course {
            Course::Download => (&self.down, site.limit_down),
            Course::Upload => (&self.up, site.limit_up),
        };
        let mut sites = self.sites.lock().unwrap_or_else(PoisonError::into_inner);
        if rate == 0 && !sites.contains_key(&(key.clone(), course)) {
            return outer.clone();
        }
        let (pace, known) = sites.entry((key.clone(), course)).or_insert_with(|| (Pace::within(outer, rate), rate));
        // The site was changed: that holds for what runs, too.
        if *known != rate {
            pace.set(rate);
            *known = rate;
        }
        pace.clone()
    }
}

/// How long until the next minute begins: no sooner does the schedule say anything else.
pub(super) fn until_next_minute(now: DateTime) -> Duration {
    Duration::from_secs(60 - u64::try_from(now.second()).unwrap_or(0).min(59))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::model::schedule::Slot;

    #[test]
    fn limits_follow_the_clock_and_the_site() {
        let slot = Slot { days: [true; 7], down: 5_000, up: 0, ..Slot::default() };
        let settings = Settings { limit_down: 9_000, limit_up: 8_000, schedule: vec![slot], ..Settings::default() };
        let (limits, day) = (Limits::default(), date(2026, 11, 29));
        let site = Site { host: "h".into(), limit_down: 7_000, ..Site::default() };
        let key = Arc::new(Key::of(&site));
        let of = |course| limits.of(&key, &site, course).rate();
        limits.set(&settings, day.at(7, 59, 0, 0));
        assert_eq!((of(Course::Download), of(Course::Upload)), (7_000, 8_000));
        limits.set(&settings, day.at(8, 0, 0, 0));
        assert_eq!((of(Course::Download), of(Course::Upload)), (5_000, 0));
        let running = limits.of(&key, &site, Course::Download);
        let freed = Site { limit_down: 0, ..site.clone() };
        limits.set(&Settings::default(), day.at(8, 0, 0, 0));
        assert_eq!(running.rate(), 7_000);
        assert_eq!(limits.of(&key, &freed, Course::Download).rate(), 0);
        assert_eq!(running.rate(), 0, "what runs is let go");
        assert_eq!(Key::of(&freed), *key, "limits make no other server");
        assert_eq!(until_next_minute(day.at(8, 0, 59, 0)), Duration::from_secs(1));
    }
}
