//! Moving rows by hand: which new places make which order, so that no more rows than need be get another place.

use std::collections::HashSet;

use super::{Place, Queue, STRIDE, Section, TransferId};

impl Queue {
    /// The places that rows must get so that `ids` are moved to `place`, among those that are not finished.
    pub fn arrange(&self, ids: &[TransferId], place: Place) -> Vec<(TransferId, i64)> {
        let mut moved: Vec<(i64, TransferId)> = ids
            .iter()
            .filter_map(|id| self.get(*id))
            .filter(|row| Section::of(row.phase) == Section::Active)
            .map(|row| (row.place, row.id))
            .collect();
        moved.sort_unstable();
        moved.dedup();
        let Some(count) = i64::try_from(moved.len()).ok().filter(|count| *count > 0) else { return Vec::new() };
        match place {
            Place::Top => {
                let first = self.active.get(0).map_or(0, |id| self.place(*id)) - STRIDE * count;
                (0..).zip(moved).map(|(n, (_, id))| (id, first + STRIDE * n)).collect()
            }
            Place::Bottom => {
                let first = self.next_place();
                (0..).zip(moved).map(|(n, (_, id))| (id, first + STRIDE * n)).collect()
            }
            Place::Up => self.step(&moved, true),
            Place::Down => self.step(&moved, false),
            Place::Before(target) => self.between(&moved, target),
        }
    }

    fn place(&self, id: TransferId) -> i64 {
        self.get(id).map_or(0, |row| row.place)
    }

    /// Each run of rows that stand together changes places with the one before it, or behind it.
    fn step(&self, moved: &[(i64, TransferId)], up: bool) -> Vec<(TransferId, i64)> {
        let at: Vec<usize> = moved.iter().filter_map(|(place, id)| self.active.position(*place, *id)).collect();
        let mut places = Vec::new();
        for run in at.chunk_by(|one, next| one + 1 == *next) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            let range = match up {
                true if *first == 0 => continue,
                true => *first - 1..=*last,
                false if *last + 1 == self.active.len() => continue,
                false => *first..=*last + 1,
            };
            let ids: Vec<TransferId> = range.filter_map(|index| self.active.get(index)).copied().collect();
            let mut turned = ids.clone();
            if up {
                turned.rotate_left(1)
            } else {
                turned.rotate_right(1)
            }
            places.extend(turned.into_iter().zip(ids.into_iter().map(|id| self.place(id))));
        }
        places
    }

    /// Rows go right before `target`; where there is no room between two places, those behind it make some.
    fn between(&self, moved: &[(i64, TransferId)], target: TransferId) -> Vec<(TransferId, i64)> {
        let among: HashSet<TransferId> = moved.iter().map(|(_, id)| *id).collect();
        let Some(start) = self.position(target).filter(|_| self.active_has(target)) else { return Vec::new() };
        let mut before = start;
        let mut floor = None;
        while let Some(index) = before.checked_sub(1) {
            before = index;
            if let Some(id) = self.active.get(index).filter(|id| !among.contains(id)) {
                floor = Some(self.place(*id));
                break;
            }
        }
        let mut order: Vec<TransferId> = moved.iter().map(|(_, id)| *id).collect();
        let mut behind = (start..).map_while(|index| self.active.get(index)).filter(|id| !among.contains(id));
        let (floor, step) = loop {
            let wanted = i64::try_from(order.len()).unwrap_or(i64::MAX - 1) + 1;
            let next = behind.next();
            let ceiling = next.map_or_else(|| self.next_place() + STRIDE * wanted, |id| self.place(*id));
            let floor = floor.unwrap_or(ceiling - STRIDE * wanted);
            let step = (ceiling - floor) / wanted;
            match next {
                Some(id) if step < 1 => order.push(*id),
                _ => break (floor, step),
            }
        };
        (1..).zip(order).map(|(n, id)| (id, floor + step * n)).collect()
    }

    fn active_has(&self, id: TransferId) -> bool {
        self.get(id).is_some_and(|row| Section::of(row.phase) == Section::Active)
    }
}
