//! The rows themselves, found by id. Rows that came together lie together, in a block that the worker and the window share:
//! a row is copied only once it is changed by itself. So a million waiting rows are in memory once.

use std::collections::HashMap;

use super::rows::{Row, Rows};
use crate::model::transfer::{Transfer, TransferId};

/// Ids of one page; they are given out one after another.
const PAGE: usize = 256;

/// Where a row lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Slot {
    Empty,
    Shared { block: u32, at: u32 },
    Own(u32),
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Block {
    rows: Rows,
    /// Rows of it that have neither left nor been changed.
    left: usize,
}

/// Rows by id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Store {
    pages: HashMap<u64, Page>,
    blocks: Shelf<Block>,
    own: Shelf<Transfer>,
    len: usize,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Page {
    slots: Slots,
    used: usize,
}

/// Where the rows of a page lie. Most pages are never told of but once, by a walk or by the journal: they need no list.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Slots {
    /// All of them one behind the other in a block, from `at` on.
    Run {
        block: u32,
        at: u32,
    },
    Each(Box<[Slot]>),
}

impl Page {
    fn slot(&self, index: usize) -> Slot {
        match &self.slots {
            Slots::Run { block, at } => Slot::Shared { block: *block, at: at + short(index) },
            Slots::Each(slots) => slots[index],
        }
    }

    fn set(&mut self, index: usize, slot: Slot) -> Slot {
        if let Slots::Run { .. } = self.slots {
            self.slots = Slots::Each((0..PAGE).map(|index| self.slot(index)).collect());
        }
        match &mut self.slots {
            Slots::Each(slots) => std::mem::replace(&mut slots[index], slot),
            Slots::Run { .. } => Slot::Empty,
        }
    }

    fn shrink(&mut self) {
        let Slots::Each(slots) = &self.slots else { return };
        let Slot::Shared { block, at } = slots[0] else { return };
        if (0..).zip(slots).all(|(index, slot)| *slot == Slot::Shared { block, at: at + short(index) }) {
            self.slots = Slots::Run { block, at };
        }
    }
}

impl Store {
    pub(super) fn len(&self) -> usize {
        self.len
    }

    pub(super) fn get(&self, id: TransferId) -> Option<Row<'_>> {
        match self.slot(id) {
            Slot::Empty => None,
            Slot::Shared { block, at } => self.blocks.get(block)?.rows.get(at as usize),
            Slot::Own(at) => self.own.get(at).map(Transfer::row),
        }
    }

    /// The rows that came together, if `id` is the first of them.
    pub(super) fn begun_by(&self, id: TransferId) -> Option<&Rows> {
        match self.slot(id) {
            Slot::Shared { block, at: 0 } => self.blocks.get(block).map(|block| &block.rows),
            _ => None,
        }
    }

    /// The row, copied out of its block.
    pub(super) fn get_mut(&mut self, id: TransferId) -> Option<&mut Transfer> {
        if let Slot::Shared { .. } = self.slot(id) {
            let row = self.get(id)?.to_transfer();
            self.release(id);
            let at = self.own.add(row);
            self.set(id, Slot::Own(at));
        }
        match self.slot(id) {
            Slot::Own(at) => self.own.get_mut(at),
            _ => None,
        }
    }

    /// Puts rows in, instead of those that have their ids.
    pub(super) fn put(&mut self, rows: Rows) {
        let left = rows.len();
        let block = self.blocks.add(Block { rows: rows.clone(), left });
        for (at, row) in (0_u32..).zip(rows.iter()) {
            self.release(row.id);
            self.set(row.id, Slot::Shared { block, at });
        }
        if rows.is_empty() {
            self.blocks.remove(block);
        }
        let mut last = None;
        for page in rows.iter().map(|row| page_of(row.id)) {
            if last.replace(page) != Some(page)
                && let Some(page) = self.pages.get_mut(&page)
            {
                page.shrink();
            }
        }
    }

    pub(super) fn remove(&mut self, id: TransferId) {
        self.release(id);
        self.set(id, Slot::Empty);
    }

    fn slot(&self, id: TransferId) -> Slot {
        self.pages.get(&page_of(id)).map_or(Slot::Empty, |page| page.slot(index(id)))
    }

    fn set(&mut self, id: TransferId, slot: Slot) {
        let empty = || Page { slots: Slots::Each(vec![Slot::Empty; PAGE].into()), used: 0 };
        let page = self.pages.entry(page_of(id)).or_insert_with(empty);
        let old = page.set(index(id), slot);
        match (old == Slot::Empty, slot == Slot::Empty) {
            (true, false) => (page.used, self.len) = (page.used + 1, self.len + 1),
            (false, true) => (page.used, self.len) = (page.used - 1, self.len - 1),
            _ => {}
        }
        if page.used == 0 {
            self.pages.remove(&page_of(id));
        }
    }

    /// Gives up what the slot of `id` points to.
    fn release(&mut self, id: TransferId) {
        match self.slot(id) {
            Slot::Empty => {}
            Slot::Own(at) => self.own.remove(at),
            Slot::Shared { block, .. } => {
                let Some(shared) = self.blocks.get_mut(block) else { return };
                shared.left -= 1;
                if shared.left == 0 {
                    self.blocks.remove(block);
                }
            }
        }
    }
}

fn page_of(id: TransferId) -> u64 {
    id.0 / PAGE as u64
}

fn index(id: TransferId) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "less than a page")]
    let index = (id.0 % PAGE as u64) as usize;
    index
}

#[expect(clippy::cast_possible_truncation, reason = "less than a page")]
fn short(index: usize) -> u32 {
    index as u32
}

/// Things that are found again by the number that they got.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Shelf<T> {
    things: Vec<Option<T>>,
    free: Vec<u32>,
}

impl<T> Default for Shelf<T> {
    fn default() -> Self {
        Self { things: Vec::new(), free: Vec::new() }
    }
}

impl<T> Shelf<T> {
    fn add(&mut self, thing: T) -> u32 {
        if let Some(at) = self.free.pop() {
            self.things[at as usize] = Some(thing);
            return at;
        }
        self.things.push(Some(thing));
        #[expect(clippy::cast_possible_truncation, reason = "the queue holds two million rows at most")]
        let at = (self.things.len() - 1) as u32;
        at
    }

    fn get(&self, at: u32) -> Option<&T> {
        self.things.get(at as usize)?.as_ref()
    }

    fn get_mut(&mut self, at: u32) -> Option<&mut T> {
        self.things.get_mut(at as usize)?.as_mut()
    }

    fn remove(&mut self, at: u32) {
        self.things[at as usize] = None;
        self.free.push(at);
        if self.free.len() == self.things.len() {
            *self = Self::default();
        }
    }
}
