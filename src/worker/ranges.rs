//! Which bytes of a file are there: ranges that neither overlap nor touch, in order.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

/// Some of a file's bytes. Kept in the journal as `0-1000,5000-6000`; the ends are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ranges(Vec<Range<u64>>);

impl Ranges {
    /// The first `length` bytes.
    pub fn first(length: u64) -> Self {
        let mut first = Self::default();
        first.insert(0..length);
        first
    }

    /// These as well.
    pub fn insert(&mut self, new: Range<u64>) {
        if new.is_empty() {
            return;
        }
        let (touching, mut others): (Vec<_>, Vec<_>) =
            self.0.drain(..).partition(|range| range.start <= new.end && new.start <= range.end);
        let start = touching.iter().map(|range| range.start).min().unwrap_or(new.start).min(new.start);
        let end = touching.iter().map(|range| range.end).max().unwrap_or(new.end).max(new.end);
        others.push(start..end);
        others.sort_by_key(|range| range.start);
        self.0 = others;
    }

    /// Without what lies behind the first `length` bytes.
    pub fn cut(&mut self, length: u64) {
        self.0.retain_mut(|range| {
            range.end = range.end.min(length);
            range.start < range.end
        });
    }

    /// Whether all of these are there.
    pub fn contains(&self, wanted: &Range<u64>) -> bool {
        wanted.is_empty() || self.0.iter().any(|range| range.start <= wanted.start && wanted.end <= range.end)
    }

    /// What lacks of a file of `size` bytes.
    pub fn holes(&self, size: u64) -> Vec<Range<u64>> {
        let starts = std::iter::once(0).chain(self.0.iter().map(|range| range.end));
        let ends = self.0.iter().map(|range| range.start).chain([size]);
        starts.zip(ends).map(|(start, end)| start..end.min(size)).filter(|hole| !hole.is_empty()).collect()
    }

    /// How many bytes there are.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|range| range.end - range.start).sum()
    }

    /// How many there are from the start of the file on.
    pub fn prefix(&self) -> u64 {
        self.0.first().filter(|first| first.start == 0).map_or(0, |first| first.end)
    }

    /// Where the last of them ends.
    pub fn end(&self) -> u64 {
        self.0.last().map_or(0, |last| last.end)
    }

    /// Whether they all lie at the start of the file, without a hole.
    pub fn is_prefix(&self) -> bool {
        self.total() == self.prefix()
    }
}

impl fmt::Display for Ranges {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{}-{}", range.start, range.end)?;
        }
        Ok(())
    }
}

/// What is not such a text: nothing of it is trusted.
#[derive(Debug, PartialEq, Eq)]
pub struct Malformed;

impl FromStr for Ranges {
    type Err = Malformed;

    fn from_str(text: &str) -> Result<Self, Malformed> {
        let mut ranges = Self::default();
        for range in text.split(',').filter(|range| !range.is_empty()) {
            let (start, end) = range.split_once('-').ok_or(Malformed)?;
            let number = |digits: &str| digits.parse::<u64>().map_err(|_| Malformed);
            let (start, end) = (number(start)?, number(end)?);
            if start >= end {
                return Err(Malformed);
            }
            ranges.insert(start..end);
        }
        Ok(ranges)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_grow_together_and_holes_are_what_lacks() {
        let mut ranges = Ranges::default();
        for range in [10..20, 40..50, 20..30, 5..12, 60..60] {
            ranges.insert(range);
        }
        assert_eq!(ranges.to_string(), "5-30,40-50");
        assert_eq!(ranges.holes(60), [0..5, 30..40, 50..60]);
        assert_eq!(ranges.holes(45), [0..5, 30..40], "what lies behind the end is no hole");
        assert_eq!((ranges.total(), ranges.prefix(), ranges.is_prefix()), (35, 0, false));
        assert!(ranges.contains(&(6..30)) && !ranges.contains(&(6..31)) && ranges.contains(&(99..99)));
        ranges.insert(0..100);
        assert_eq!((ranges.total(), ranges.prefix(), ranges.is_prefix()), (100, 100, true));
        assert_eq!(ranges.holes(100), []);
        ranges.cut(7);
        assert_eq!(ranges, Ranges::first(7));
        ranges.cut(0);
        assert_eq!((ranges.to_string().as_str(), ranges.holes(1)[0].clone()), ("", 0..1));
    }

    #[test]
    fn what_is_kept_reads_back_and_what_is_odd_does_not() {
        for text in ["", "0-1", "5-30,40-50"] {
            assert_eq!(text.parse::<Ranges>().unwrap().to_string(), text);
        }
        for text in ["x", "1", "5-5", "9-3", "1-2,x-y", "-1-4", "1-99999999999999999999"] {
            assert_eq!(text.parse::<Ranges>(), Err(Malformed), "{text}");
        }
    }
}
