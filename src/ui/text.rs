//! How sizes, rates, times and names are written for a person.

use std::borrow::Cow;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

pub use crate::model::visible::visible;
use crate::model::{Modified, Precision, UNTIMED, permissions};

/// Permissions as `ls -l` writes them, where a server says them in octal digits: `0644` is `rw-r--r--`.
pub fn permissions(said: &str) -> Cow<'_, str> {
    permissions::octal(said).map_or_else(|| visible(said), |mode| permissions::letters(u32::from(mode)).into())
}

/// Today and the zone of this machine, against which times are written.
#[derive(Clone, Debug)]
pub struct Clock {
    now: Zoned,
    stands: bool,
}

impl Clock {
    /// The system's.
    pub fn system() -> Self {
        Self { now: Zoned::now(), stands: false }
    }

    /// At `now`, for tests and pictures.
    pub fn at(now: Zoned) -> Self {
        Self { now, stands: true }
    }

    /// Goes on to the present moment, where it is the system's: once a frame, which then has one time everywhere.
    pub fn tick(&mut self) {
        if !self.stands {
            self.now = Zoned::now();
        }
    }

    /// The moment.
    pub fn now(&self) -> &Zoned {
        &self.now
    }

    fn today(&self) -> Date {
        self.now.date()
    }

    /// This machine's zone.
    pub fn zone(&self) -> TimeZone {
        self.now.time_zone().clone()
    }

    fn local(&self, modified: &Modified) -> DateTime {
        modified.local(self.now.time_zone())
    }

    /// `today 9:12`, `2 May 18:03`, `3 May 2024`: as short as it stays clear.
    pub fn relative(&self, modified: &Modified) -> String {
        let at = self.local(modified);
        let (date, today) = (at.date(), self.today());
        let exact = modified.precision != Precision::Day;
        let day = if date == today {
            "today".to_owned()
        } else if today.yesterday().is_ok_and(|yesterday| yesterday == date) {
            "yesterday".to_owned()
        } else if date.year() == today.year() {
            format!("{} {}", date.day(), month(date))
        } else {
            return format!("{} {} {}", date.day(), month(date), date.year());
        };
        if exact { format!("{day} {}:{:02}", at.hour(), at.minute()) } else { day }
    }

    /// All that is known of the time: `2026-05-02 18:03:11`, and whose zone it is in.
    pub fn exact(&self, modified: &Modified) -> String {
        let at = self.local(modified);
        let text = match modified.precision {
            Precision::Day => at.strftime("%Y-%m-%d").to_string(),
            Precision::Minute => at.strftime("%Y-%m-%d %H:%M").to_string(),
            Precision::Second => at.strftime("%Y-%m-%d %H:%M:%S").to_string(),
            Precision::Millisecond => at.strftime("%Y-%m-%d %H:%M:%S%.3f").to_string(),
        };
        if modified.utc { text } else { format!("{text} (the server's own time)") }
    }

    /// The time of day of a line of the log: `12:03:41.204`.
    pub fn time_of_day(&self, at: Timestamp) -> String {
        if at == UNTIMED {
            return "\u{2013}".to_owned();
        }
        at.to_zoned(self.zone()).strftime("%H:%M:%S%.3f").to_string()
    }

    /// The whole of a moment: `2026-05-02 12:03:41.204`.
    pub fn moment(&self, at: Timestamp) -> String {
        if at == UNTIMED {
            return "the log does not say".to_owned();
        }
        at.to_zoned(self.zone()).strftime("%Y-%m-%d %H:%M:%S%.3f").to_string()
    }
}

fn month(date: Date) -> &'static str {
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    MONTHS[usize::try_from(date.month() - 1).unwrap_or(0) % MONTHS.len()]
}

/// `4.1 KB`: three digits at most, one unit, 1 KB = 1000 bytes.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 6] = ["KB", "MB", "GB", "TB", "PB", "EB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut value = bytes as f64 / 1000.0;
    let mut unit = 0;
    while value >= 999.5 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if value < 9.95 { format!("{value:.1} {}", UNITS[unit]) } else { format!("{value:.0} {}", UNITS[unit]) }
}

/// `84 MB/s`; `0` for nothing.
pub fn rate(bytes: u64) -> String {
    if bytes == 0 { "0".to_owned() } else { format!("{}/s", size(bytes)) }
}

/// All digits, in groups: `1 234 567 bytes`.
pub fn exact_size(bytes: u64) -> String {
    format!("{} {}", grouped(bytes), if bytes == 1 { "byte" } else { "bytes" })
}

/// `0:12`, `41:03`, `2:05:00`.
pub fn duration(seconds: u64) -> String {
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// The time between two moments: `+0.040`, `+1:02:03.004`.
pub fn elapsed(from: Timestamp, to: Timestamp) -> String {
    let milliseconds = to.duration_since(from).as_millis();
    let (sign, milliseconds) = if milliseconds < 0 { ('−', -milliseconds) } else { ('+', milliseconds) };
    let (seconds, rest) = (milliseconds / 1000, milliseconds % 1000);
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{sign}{seconds}.{rest:03}"),
        (0, minutes, seconds) => format!("{sign}{minutes}:{seconds:02}.{rest:03}"),
        (hours, minutes, seconds) => format!("{sign}{hours}:{minutes:02}:{seconds:02}.{rest:03}"),
    }
}

/// `47 ms`, `1.250 s`.
pub fn milliseconds(milliseconds: i128) -> String {
    if milliseconds < 1000 {
        format!("{milliseconds} ms")
    } else {
        format!("{}.{:03} s", milliseconds / 1000, milliseconds % 1000)
    }
}

/// Digits in groups of three.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::with_capacity(digits.len() * 2);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{2009}');
        }
        text.push(digit);
    }
    text
}

/// `1 file`, `12 files`.
pub fn count(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", grouped(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clock() -> Clock {
        Clock::at("2026-05-12T10:00:00+02:00[Europe/Berlin]".parse().unwrap())
    }

    fn modified(text: &str, precision: Precision, utc: bool) -> Modified {
        Modified { at: text.parse().unwrap(), precision, utc }
    }

    #[test]
    fn permissions_are_written_one_way() {
        for (said, shown) in [("0644", "rw-r--r--"), ("777", "rwxrwxrwx"), ("4755", "rwsr-xr-x"), ("1770", "rwxrwx--T")]
        {
            assert_eq!(permissions(said), shown);
        }
        for same in ["rw-r--r--", "R----F--", "0648", "12", ""] {
            assert_eq!(permissions(same), same);
        }
    }

    #[test]
    fn times_are_short_and_exact() {
        let clock = clock();
        let relative = |text, precision, utc| clock.relative(&modified(text, precision, utc));
        assert_eq!(relative("2026-05-12T07:12:00", Precision::Second, true), "today 9:12");
        assert_eq!(relative("2026-05-11T23:59:00", Precision::Minute, false), "yesterday 23:59");
        assert_eq!(relative("2026-05-02T18:03:00", Precision::Minute, false), "2 May 18:03");
        assert_eq!(relative("2026-05-03T00:00:00", Precision::Day, false), "3 May");
        assert_eq!(relative("2024-02-29T12:00:00", Precision::Second, true), "29 Feb 2024");
        let exact = clock.exact(&modified("2026-05-12T07:12:05.250", Precision::Millisecond, true));
        assert_eq!(exact, "2026-05-12 09:12:05.250");
        assert!(clock.exact(&modified("2026-05-12T07:12:00", Precision::Minute, false)).contains("server"));
    }

    #[test]
    fn the_systems_clock_goes_and_a_given_one_stands() {
        let noon: Zoned = "2026-05-12T12:00:00Z[UTC]".parse().unwrap();
        let mut given = Clock::at(noon.clone());
        given.tick();
        assert_eq!(given.now(), &noon);
        let mut systems = Clock { now: noon.clone(), stands: false };
        systems.tick();
        assert_ne!(systems.now(), &noon);
    }

    #[test]
    fn times_between_moments_are_short() {
        let at = |milliseconds: i64| Timestamp::from_millisecond(milliseconds).unwrap();
        let elapsed = |milliseconds: i64| elapsed(at(1000), at(1000 + milliseconds));
        assert_eq!(
            [0, 40, 61_000, 3_723_004, -5].map(elapsed),
            ["+0.000", "+0.040", "+1:01.000", "+1:02:03.004", "−0.005"]
        );
    }

    #[test]
    fn sizes_have_one_unit() {
        let sizes = [0, 999, 1000, 4_096, 9_949, 9_950, 84_000_000, 999_499_999, 999_500_000, u64::MAX].map(size);
        let expected = ["0 B", "999 B", "1.0 KB", "4.1 KB", "9.9 KB", "10 KB", "84 MB", "999 MB", "1.0 GB", "18 EB"];
        assert_eq!(sizes, expected);
        assert_eq!(exact_size(1_234_567), "1\u{2009}234\u{2009}567 bytes");
        assert_eq!((duration(12), duration(2463), duration(7500)), ("0:12".into(), "41:03".into(), "2:05:00".into()));
    }
}
