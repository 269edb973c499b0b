//! What to do with a transfer whose target exists: the rules, without any file or server.

use crate::model::question::Facts;
use crate::model::{IfExists, Modified, Precision};

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
            (Some(source), Some(target)) if !is_newer(source, target) => Verdict::Skip,
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

/// Whether `source` is newer than `target` by more than the coarser of the two can be wrong.
fn is_newer(source: &Modified, target: &Modified) -> bool {
    let grain = |modified: &Modified| match modified.precision {
        Precision::Day => 86_400,
        Precision::Minute => 60,
        // FAT keeps every second second.
        Precision::Second | Precision::Millisecond => 2,
    };
    source.unix_seconds() - target.unix_seconds() >= grain(source).max(grain(target))
}

/// `name (1).ext`, `name (2).ext`… for a target that must keep its name.
pub(super) fn numbered(name: &str, number: u32) -> String {
    match name.rfind('.').filter(|dot| *dot > 0) {
        Some(dot) => format!("{} ({number}){}", &name[..dot], &name[dot..]),
        None => format!("{name} ({number})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        assert_eq!(decide(IfExists::Overwrite, &old, &new), Verdict::Write);
        assert_eq!(decide(IfExists::Skip, &old, &new), Verdict::Skip);
        assert_eq!(decide(IfExists::Rename, &old, &new), Verdict::Rename);
        assert_eq!(decide(IfExists::Ask, &old, &new), Verdict::Ask);
    }

    #[test]
    fn what_is_not_known_is_never_taken_for_equal() {
        let (known, unknown) = (facts(10, 5), Facts::default());
        for rule in [IfExists::Newer, IfExists::Size, IfExists::Resume] {
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
    }

    #[test]
    fn numbers_go_before_the_extension() {
        assert_eq!(numbered("a.tar.gz", 1), "a.tar (1).gz");
        assert_eq!(numbered("README", 2), "README (2)");
        assert_eq!(numbered(".bashrc", 1), ".bashrc (1)");
    }
}
