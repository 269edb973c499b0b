//! How fast files move that are over before their own speed is known: of many small ones no other speed shows.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::model::{Course, Delta, Kind, Phase, Queue};

/// The speed is that of so long…
const WINDOW: Duration = Duration::from_secs(3);
/// …or since they began to end, but of no shorter time.
const LEAST: Duration = Duration::from_secs(1);
/// Ends that are closer together than this are summed.
const STEP: Duration = Duration::from_millis(100);

/// The bytes of transfers that have ended lately, as far as their own speed did not tell of them.
#[derive(Debug, Default)]
pub struct Ended {
    /// By time; down and up.
    sums: VecDeque<(Instant, [u64; 2])>,
}

impl Ended {
    /// Notes what is about to happen to `queue`.
    pub fn note(&mut self, delta: &Delta, queue: &Queue, now: Instant) {
        let Delta::Phase(id, Phase::Done(done)) = delta else { return };
        let Some(row) = queue.get(*id).filter(|row| row.kind != Kind::Directory) else { return };
        let told = match row.phase {
            Phase::Running(running) => running.done.max(done.resumed_from),
            _ => done.resumed_from,
        };
        self.sums.retain(|(at, _)| now.duration_since(*at) < WINDOW);
        if self.sums.back().is_none_or(|(at, _)| now.duration_since(*at) >= STEP) {
            self.sums.push_back((now, [0; 2]));
        }
        if let Some((_, sums)) = self.sums.back_mut() {
            let sum = &mut sums[usize::from(row.course == Course::Upload)];
            *sum = sum.saturating_add(done.bytes.saturating_sub(told));
        }
    }

    /// Bytes a second of one direction.
    pub fn rate(&self, course: Course, now: Instant) -> u64 {
        let mut recent = self.sums.iter().filter(|(at, _)| now.duration_since(*at) < WINDOW).peekable();
        let since = recent.peek().map_or(WINDOW, |(first, _)| now.duration_since(*first)).max(LEAST);
        let sum = recent.fold(0_u64, |sum, (_, sums)| sum.saturating_add(sums[usize::from(course == Course::Upload)]));
        u64::try_from(u128::from(sum) * 1000 / since.as_millis()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::transfer::{Done, Folder, Priority, Proof, Running};
    use crate::model::{RemotePath, Site, Transfer, TransferId, TransferType};

    fn row(id: u64, course: Course, running: Running) -> Transfer {
        let site = Arc::new(Site::default());
        Transfer {
            id: TransferId(id),
            course,
            kind: Kind::File,
            folder: Arc::new(Folder { site, local: "/l".into(), remote: RemotePath::root(), below: 0 }),
            remote_name: "f".into(),
            local_name: None,
            size: Some(3000),
            phase: Phase::Running(Box::new(running)),
            attempts: 1,
            if_exists: None,
            priority: Priority::default(),
            transfer_type: TransferType::Binary,
            place: i64::try_from(id).unwrap(),
        }
    }

    #[test]
    fn what_has_ended_lately_counts_as_far_as_it_was_not_told() {
        let (mut queue, mut ended, start) = (Queue::default(), Ended::default(), Instant::now());
        let told = Running { done: 2400, ..Running::default() };
        let rows = vec![
            row(1, Course::Download, Running::default()),
            row(2, Course::Download, told.clone()),
            row(3, Course::Upload, told),
        ];
        queue.apply(Delta::Add(rows.into()));
        let done = Done {
            bytes: 3000,
            resumed_from: 0,
            milliseconds: 1,
            proof: Proof::Size,
            at: jiff::Timestamp::UNIX_EPOCH,
            left_out: 0,
        };
        for (id, second) in [(1, 0), (2, 1), (3, 1)] {
            let delta = Delta::Phase(TransferId(id), Phase::Done(Box::new(done)));
            ended.note(&delta, &queue, start + Duration::from_secs(second));
            queue.apply(delta);
        }
        let at = |second| start + Duration::from_secs(second);
        assert_eq!(ended.rate(Course::Download, at(1)), 3600);
        assert_eq!(ended.rate(Course::Upload, at(1)), 600);
        assert_eq!((ended.rate(Course::Download, at(3)), ended.rate(Course::Download, at(4))), (300, 0));
    }
}
