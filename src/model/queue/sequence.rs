//! Ids in an order that a million of them do not make slow: found by index and by place, taken out and put in anywhere.

use super::TransferId;

/// Ids in one chunk at most; a full one is split.
const CHUNK: usize = 512;

/// Ids ordered by their places: numbers that somebody else keeps, and that say nothing but what comes first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sequence {
    chunks: Vec<Chunk>,
    len: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Chunk {
    /// No id in it has a place before this one.
    first: i64,
    ids: Vec<TransferId>,
}

impl Sequence {
    /// How many ids.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The id at `index`.
    pub fn get(&self, mut index: usize) -> Option<&TransferId> {
        for chunk in &self.chunks {
            if let Some(id) = chunk.ids.get(index) {
                return Some(id);
            }
            index -= chunk.ids.len();
        }
        None
    }

    /// All ids, in order.
    pub fn iter(&self) -> impl Iterator<Item = &TransferId> + Clone {
        self.chunks.iter().flat_map(|chunk| &chunk.ids)
    }

    /// Where `id` is, whose place is `place`.
    pub fn position(&self, place: i64, id: TransferId) -> Option<usize> {
        let (chunk, at) = self.find(place, id)?;
        let before: usize = self.chunks[..chunk].iter().map(|chunk| chunk.ids.len()).sum();
        Some(before + at)
    }

    /// Puts `id` in at `place`; `place_of` tells the places of the others.
    pub fn insert(&mut self, place: i64, id: TransferId, place_of: impl Fn(TransferId) -> i64) {
        self.len += 1;
        let Some(index) = self.chunk_of(place) else {
            match self.chunks.first_mut() {
                Some(chunk) if chunk.ids.len() < CHUNK => {
                    chunk.first = place;
                    chunk.ids.insert(0, id);
                }
                _ => self.chunks.insert(0, Chunk { first: place, ids: vec![id] }),
            }
            return;
        };
        let is_last = index + 1 == self.chunks.len();
        let chunk = &mut self.chunks[index];
        let at = match chunk.ids.last() {
            Some(last) if place_of(*last) > place => chunk.ids.partition_point(|other| place_of(*other) <= place),
            _ => chunk.ids.len(),
        };
        if chunk.ids.len() < CHUNK {
            chunk.ids.insert(at, id);
        } else if at == chunk.ids.len() && is_last {
            // What comes one behind the other leaves full chunks behind.
            self.chunks.push(Chunk { first: place, ids: vec![id] });
        } else {
            let second = chunk.ids.split_off(CHUNK / 2);
            let (ids, at) = (second, at);
            let mut second = Chunk { first: place_of(ids[0]), ids };
            if at > CHUNK / 2 {
                second.ids.insert(at - CHUNK / 2, id);
            } else {
                chunk.ids.insert(at, id);
            }
            self.chunks.insert(index + 1, second);
        }
    }

    /// Takes `id` out, whose place is `place`.
    pub fn remove(&mut self, place: i64, id: TransferId) {
        let Some((index, at)) = self.find(place, id) else { return };
        self.len -= 1;
        let ids = &mut self.chunks[index].ids;
        ids.remove(at);
        if ids.is_empty() {
            self.chunks.remove(index);
        } else if ids.len() < CHUNK / 8 && ids.capacity() > CHUNK / 2 {
            ids.shrink_to(CHUNK / 4);
        }
    }

    /// The last chunk that may hold `place`.
    fn chunk_of(&self, place: i64) -> Option<usize> {
        self.chunks.partition_point(|chunk| chunk.first <= place).checked_sub(1)
    }

    fn find(&self, place: i64, id: TransferId) -> Option<(usize, usize)> {
        let mut index = self.chunk_of(place)?;
        loop {
            let chunk = &self.chunks[index];
            if let Some(at) = chunk.ids.iter().position(|other| *other == id) {
                return Some((index, at));
            }
            // Ids of one place may begin in the chunk before.
            index = index.checked_sub(1).filter(|_| chunk.first == place)?;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::*;

    #[test]
    fn ids_are_where_their_places_put_them() {
        let (mut sequence, mut plain, mut places) = (Sequence::default(), Vec::new(), HashMap::new());
        let mut random = 7_u64;
        for step in 0..6_000_u64 {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let id = TransferId(random >> 40 & 0xfff);
            if let Some(place) = places.remove(&id) {
                assert_eq!(sequence.position(place, id), plain.iter().position(|other| *other == (place, id)));
                sequence.remove(place, id);
                plain.retain(|(_, other)| *other != id);
            } else {
                let place = i64::try_from(random >> 50).unwrap() * 10_000 + i64::try_from(step).unwrap();
                sequence.insert(place, id, |id| places[&id]);
                places.insert(id, place);
                let at = plain.partition_point(|(other, _)| *other <= place);
                plain.insert(at, (place, id));
            }
            assert_eq!(sequence.len(), plain.len());
        }
        assert!(sequence.iter().eq(plain.iter().map(|(_, id)| id)));
        assert!((0..plain.len()).all(|index| sequence.get(index) == Some(&plain[index].1)));
        assert_eq!(sequence.get(plain.len()), None);
    }
}
