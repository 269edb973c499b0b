//! Speed limits by the day of the week and the time of day. Pure: the time is handed in.

use jiff::civil::{DateTime, Time};
use serde::{Deserialize, Serialize};

/// Rows of the table.
pub const MOST_SLOTS: usize = 100;

/// Limits for some hours of some days.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Slot {
    /// On which days it begins, from Monday on.
    pub days: [bool; 7],
    /// When it begins.
    pub from: Time,
    /// When it ends: on the next day, where that is not later. The same time: after a whole day.
    pub to: Time,
    /// Bytes a second towards this machine; 0 for no limit.
    pub down: u64,
    /// Bytes a second towards servers; 0 for no limit.
    pub up: u64,
}

impl Default for Slot {
    fn default() -> Self {
        let weekdays = [true, true, true, true, true, false, false];
        let at = |hour| Time::constant(hour, 0, 0, 0);
        Self { days: weekdays, from: at(8), to: at(18), down: 1_000_000, up: 1_000_000 }
    }
}

impl Slot {
    /// Whether its hours are now.
    pub fn holds(&self, now: DateTime) -> bool {
        let on = |date: jiff::civil::Date| {
            let day = usize::try_from(date.weekday().to_monday_zero_offset()).unwrap_or_default();
            self.days.get(day) == Some(&true)
        };
        let (time, today) = (now.time(), on(now.date()));
        if self.from < self.to {
            return today && (self.from..self.to).contains(&time);
        }
        let since_yesterday = now.date().yesterday().is_ok_and(on);
        today && time >= self.from || since_yesterday && time < self.to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-23 is a Monday.
    fn at(day: i8, hour: i8, minute: i8) -> DateTime {
        jiff::civil::date(2026, 11, 22 + day).at(hour, minute, 0, 0)
    }

    #[test]
    fn hours_hold_on_their_days() {
        let slot = Slot::default();
        for (now, holds) in [
            (at(1, 8, 0), true),
            (at(1, 7, 59), false),
            (at(5, 17, 59), true),
            (at(5, 18, 0), false),
            (at(6, 12, 0), false),
        ] {
            assert_eq!(slot.holds(now), holds, "{now}");
        }
    }

    #[test]
    fn a_night_belongs_to_the_day_on_which_it_begins() {
        let hour = |hour| Time::constant(hour, 0, 0, 0);
        let monday = [true, false, false, false, false, false, false];
        let night = Slot { days: monday, from: hour(22), to: hour(6), ..Slot::default() };
        for (now, holds) in [
            (at(1, 21, 59), false),
            (at(1, 22, 0), true),
            (at(2, 5, 59), true),
            (at(2, 6, 0), false),
            (at(1, 3, 0), false),
            (at(2, 23, 0), false),
        ] {
            assert_eq!(night.holds(now), holds, "{now}");
        }
        let whole = Slot { days: monday, from: hour(0), to: hour(0), ..Slot::default() };
        assert_eq!([at(1, 0, 0), at(1, 23, 59), at(2, 0, 0)].map(|now| whole.holds(now)), [true, true, false]);
    }
}
