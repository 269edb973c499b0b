//! What to do with a transfer whose target exists: the rules, without any file or server.

use std::cmp::Ordering;

use crate::model::question::Facts;
use crate::model::{IfExists, exists};

/// What a rule decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Write the target anew.
    Write,
    /// Leave it.
    Skip,
    /// Go on at this byte: the target holds those before it.
    Continue(u64),
    /// The target has all bytes already.
    Complete,
    /// The target is larger than the source: there is no end to add to.
    TooLarge,
    /// Find another name.
    Rename,
    /// A person must decide.
    Ask,
}

/// Applies `rule` where the target exists.
pub(super) fn decide(rule: IfExists, source: &Facts, target: &Facts) -> Verdict {
    match rule {
        IfExists::Ask => Verdict::Ask,
        IfExists::Overwrite => Verdict::Write,
        IfExists::Skip => Verdict::Skip,
        IfExists::Rename => Verdict::Rename,
        IfExists::Newer => match (&source.modified, &target.modified) {
            (Some(_), Some(_)) if exists::times(source, target) != Some(Ordering::Greater) => Verdict::Skip,
            _ => Verdict::Write,
        },
        IfExists::SizeOrTime => match (exists::sizes(source, target), exists::times(source, target)) {
            (Some(Ordering::Equal), Some(Ordering::Equal)) => Verdict::Skip,
            _ => Verdict::Write,
        },
        IfExists::Size => match (source.size, target.size) {
            (Some(source), Some(target)) if source == target => Verdict::Skip,
            _ => Verdict::Write,
        },
        IfExists::Resume => match (source.size, target.size) {
            (Some(source), Some(target)) if target == source => Verdict::Complete,
            (Some(source), Some(target)) if target > source => Verdict::TooLarge,
            (Some(_), Some(0)) | (_, None) | (None, Some(_)) => Verdict::Write,
            (Some(_), Some(target)) => Verdict::Continue(target),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Modified, Precision};

    fn facts(size: u64, second: i64) -> Facts {
        let at = jiff::Timestamp::from_second(second).unwrap();
        Facts { size: Some(size), modified: Some(Modified::from_timestamp(at)) }
    }

    #[test]
    fn every_rule() {
        let (old, new) = (facts(10, 1_000_000), facts(20, 1_000_100));
        assert_eq!(decide(IfExists::Newer, &new, &old), Verdict::Write);
        assert_eq!(decide(IfExists::Newer, &old, &new), Verdict::Skip);
        assert_eq!(decide(IfExists::Newer, &old, &old), Verdict::Skip);
        assert_eq!(decide(IfExists::Size, &old, &new), Verdict::Write);
        assert_eq!(decide(IfExists::Size, &old, &old), Verdict::Skip);
        assert_eq!(decide(IfExists::Resume, &new, &old), Verdict::Continue(10));
        assert_eq!(decide(IfExists::Resume, &old, &old), Verdict::Complete);
        assert_eq!(decide(IfExists::Resume, &old, &new), Verdict::TooLarge);
        assert_eq!(decide(IfExists::Resume, &old, &facts(0, 0)), Verdict::Write);
        assert_eq!(decide(IfExists::SizeOrTime, &old, &old), Verdict::Skip);
        assert_eq!(decide(IfExists::SizeOrTime, &old, &facts(10, 1_000_100)), Verdict::Write);
        assert_eq!(decide(IfExists::SizeOrTime, &old, &facts(11, 1_000_000)), Verdict::Write);
        assert_eq!(decide(IfExists::Overwrite, &old, &new), Verdict::Write);
        assert_eq!(decide(IfExists::Skip, &old, &new), Verdict::Skip);
        assert_eq!(decide(IfExists::Rename, &old, &new), Verdict::Rename);
        assert_eq!(decide(IfExists::Ask, &old, &new), Verdict::Ask);
    }

    #[test]
    fn what_is_not_known_is_never_taken_for_equal() {
        let (known, unknown) = (facts(10, 5), Facts::default());
        for rule in [IfExists::Newer, IfExists::Size, IfExists::SizeOrTime, IfExists::Resume] {
            assert_eq!(decide(rule, &unknown, &known), Verdict::Write, "{rule:?}");
            assert_eq!(decide(rule, &known, &unknown), Verdict::Write, "{rule:?}");
        }
    }

    #[test]
    fn a_coarse_time_is_not_newer_within_its_grain() {
        let minute = |facts: Facts| Facts {
            modified: facts.modified.map(|modified| Modified { precision: Precision::Minute, ..modified }),
            ..facts
        };
        assert_eq!(decide(IfExists::Newer, &facts(1, 1_000_030), &minute(facts(1, 1_000_000))), Verdict::Skip);
        assert_eq!(decide(IfExists::Newer, &facts(1, 1_000_090), &minute(facts(1, 1_000_000))), Verdict::Write);
        let listed = minute(facts(1, 1_000_000));
        assert_eq!(decide(IfExists::SizeOrTime, &listed, &listed), Verdict::Write, "the seconds are not known");
    }
}
