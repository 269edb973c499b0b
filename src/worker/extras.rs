//! What the worker knows of rows beyond what people see. Rows that came together share most of it, and what a listing said of
//! each is small: a million rows that wait must not take more than themselves.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::model::question::Facts;
use crate::model::{IfExists, Modified, TransferId};

/// What is known of a row's target before it is begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Target {
    /// Nobody has looked.
    #[default]
    Unknown,
    /// Its folder has just been made, or did not list it.
    Absent,
    /// It was listed.
    Is(Facts),
}

/// What was known of a row when it was put in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Listed {
    /// The target, if its folder was listed.
    pub(super) target: Target,
    /// The source's time, where a listing said it.
    pub(super) modified: Option<Modified>,
    /// The source's permissions, where a listing said them.
    pub(super) permissions: Option<u16>,
}

/// What the worker knows of a row; lost at the end of the run, and done without.
#[derive(Clone, Debug, Default)]
pub(super) struct Extra {
    /// The folders that were walked from the row that a person put in down to this one.
    pub(super) above: Option<Arc<Above>>,
    pub(super) listed: Listed,
    /// The first row of the batch that it was put in with; `None` for rows of an earlier run.
    pub(super) batch: Option<TransferId>,
    /// What a person said about a target that exists.
    pub(super) decided: Option<IfExists>,
    /// It was begun for nothing, to find out what its server bears.
    pub(super) has_learned: bool,
    /// The connections of tabs were given up for it once.
    pub(super) has_yielded: bool,
    /// What is at the upload's target may be its own work.
    pub(super) begun: bool,
    /// A person wants it as if nobody had tried it.
    pub(super) anew: bool,
    /// Failures since it last got further.
    pub(super) failures: u16,
    /// How far it got.
    pub(super) best: u64,
}

/// A folder that was walked, under the name that it really has, and those above it.
#[derive(Debug)]
pub(super) struct Above {
    pub(super) real: String,
    pub(super) depth: u16,
    pub(super) above: Option<Arc<Above>>,
}

impl Above {
    /// Whether `real` is this folder or one above it: a link that leads back.
    pub(super) fn holds(&self, real: &str) -> bool {
        self.real == real || self.above.as_ref().is_some_and(|above| above.holds(real))
    }
}

/// What is known of all rows.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Of rows of which more is known than when they were put in.
    each: HashMap<TransferId, Extra>,
    /// Of all others, by the first of them.
    runs: BTreeMap<TransferId, Run>,
}

/// Rows that were put in together, with numbers that follow one another.
#[derive(Debug)]
struct Run {
    above: Option<Arc<Above>>,
    batch: Option<TransferId>,
    /// `None` for rows that are gone, or are among `Extras::each`.
    rows: Box<[Option<Lean>]>,
    left: usize,
    /// Targets that were listed, by the numbers of their rows, which ascend.
    targets: Box<[(usize, Facts)]>,
}

/// What is different in each row.
#[derive(Clone, Copy, Debug)]
struct Lean {
    modified: Option<Modified>,
    permissions: Option<u16>,
    is_absent: bool,
}

impl Extras {
    /// What is known of rows that are put in now, in the order of their numbers.
    pub(super) fn add(&mut self, above: Option<&Arc<Above>>, batch: Option<TransferId>, rows: &[(TransferId, Listed)]) {
        for rows in rows.chunk_by(|(one, _), (next, _)| one.0 + 1 == next.0) {
            let lean = rows.iter().map(|(_, Listed { target, modified, permissions })| {
                Some(Lean { modified: *modified, permissions: *permissions, is_absent: *target == Target::Absent })
            });
            let targets = rows.iter().enumerate().filter_map(|(at, (_, listed))| match listed.target {
                Target::Is(facts) => Some((at, facts)),
                Target::Unknown | Target::Absent => None,
            });
            let (left, above) = (rows.len(), above.cloned());
            let run = Run { above, batch, rows: lean.collect(), left, targets: targets.collect() };
            self.runs.insert(rows[0].0, run);
        }
    }

    /// What is known of a row, to be changed.
    pub(super) fn of(&mut self, id: TransferId) -> &mut Extra {
        let listed = self.take(id);
        self.each.entry(id).or_insert_with(|| listed.unwrap_or_default())
    }

    /// The first row of the batch of a row; `None` for rows of an earlier run.
    pub(super) fn batch(&self, id: TransferId) -> Option<TransferId> {
        match self.each.get(&id) {
            Some(extra) => extra.batch,
            None => {
                let (first, run) = self.runs.range(..=id).next_back()?;
                run.rows.get(usize::try_from(id.0 - first.0).ok()?)?.and(run.batch)
            }
        }
    }

    /// The row is gone, or done.
    pub(super) fn remove(&mut self, id: TransferId) {
        if self.each.remove(&id).is_none() {
            self.take(id);
        }
    }

    fn take(&mut self, id: TransferId) -> Option<Extra> {
        let (first, run) = self.runs.range_mut(..=id).next_back()?;
        let (first, at) = (*first, usize::try_from(id.0 - first.0).ok()?);
        let Lean { modified, permissions, is_absent } = run.rows.get_mut(at)?.take()?;
        let target = match run.targets.binary_search_by_key(&at, |(at, _)| *at) {
            Ok(found) => Target::Is(run.targets[found].1),
            Err(_) if is_absent => Target::Absent,
            Err(_) => Target::Unknown,
        };
        let listed = Listed { target, modified, permissions };
        let extra = Extra { above: run.above.clone(), listed, batch: run.batch, ..Extra::default() };
        run.left -= 1;
        if run.left == 0 {
            self.runs.remove(&first);
        }
        Some(extra)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn little_is_kept_of_a_row_that_waits() {
        assert!(size_of::<Option<Lean>>() <= 24, "{} bytes a row", size_of::<Option<Lean>>());
    }

    #[test]
    fn rows_know_what_was_listed_of_them() {
        let mut extras = Extras::default();
        let above = Arc::new(Above { real: "/a".to_owned(), depth: 0, above: None });
        let facts = Facts { size: Some(7), modified: None };
        let listed = |target, permissions| Listed { target, modified: None, permissions };
        let rows = [
            (TransferId(5), listed(Target::Absent, Some(0o644))),
            (TransferId(6), listed(Target::Is(facts), None)),
            (TransferId(9), listed(Target::Unknown, None)),
            (TransferId(10), listed(Target::Absent, None)),
        ];
        extras.add(Some(&above), Some(TransferId(3)), &rows);
        let batches = [4, 5, 6, 7, 9, 10, 11].map(|id| extras.batch(TransferId(id)).is_some());
        assert_eq!(batches, [false, true, true, false, true, true, false]);
        for (id, listed) in rows {
            let extra = extras.of(id);
            assert!(extra.listed == listed && extra.batch == Some(TransferId(3)) && extra.above.is_some(), "{id:?}");
            extra.failures = 2;
        }
        assert!(extras.runs.is_empty(), "each is known once");
        assert_eq!((extras.of(TransferId(6)).failures, extras.batch(TransferId(6))), (2, Some(TransferId(3))));
    }

    #[test]
    fn nothing_is_known_of_a_row_that_is_done() {
        let mut extras = Extras::default();
        extras.add(None, Some(TransferId(1)), &[1, 2, 3].map(|id| (TransferId(id), Listed::default())));
        extras.of(TransferId(2)).best = 9;
        (0..2).for_each(|_| [1, 2].map(TransferId).into_iter().for_each(|id| extras.remove(id)));
        assert_eq!([1, 2, 3].map(|id| extras.batch(TransferId(id)).is_some()), [false, false, true]);
        assert_eq!(extras.of(TransferId(2)).best, 0);
        extras.remove(TransferId(3));
        assert!(extras.runs.is_empty() && extras.each.len() == 1);
    }
}
