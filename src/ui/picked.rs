//! The rows of a list that a person chose, by mouse and keyboard.

use std::collections::HashSet;
use std::hash::Hash;

use eframe::egui::{Key, Modifiers, Ui};

use super::list::Scroll;
use super::menu;

/// The rows that a person chose, by what they stand for; it survives that rows come, go and move.
#[derive(Clone, Debug)]
pub struct Picked<K> {
    keys: HashSet<K>,
    /// Where a range begins.
    anchor: Option<K>,
    /// Where the keyboard is.
    cursor: Option<K>,
}

impl<K> Default for Picked<K> {
    fn default() -> Self {
        Self { keys: HashSet::new(), anchor: None, cursor: None }
    }
}

impl<K: Copy + Eq + Hash> Picked<K> {
    /// Whether `key` is chosen.
    pub fn contains(&self, key: K) -> bool {
        self.keys.contains(&key)
    }

    /// Lets go of those that `keep` refuses.
    pub fn retain(&mut self, keep: impl Fn(K) -> bool) {
        self.keys.retain(|key| keep(*key));
    }

    /// How many are chosen, among them perhaps some that are gone.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether none is chosen.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// The chosen ones, in no order.
    pub fn iter(&self) -> impl Iterator<Item = K> {
        self.keys.iter().copied()
    }

    /// Where the keyboard is.
    pub fn cursor(&self) -> Option<K> {
        self.cursor
    }

    /// Chooses none.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.anchor = None;
        self.cursor = None;
    }

    /// Chooses `key` only.
    pub fn only(&mut self, key: K) {
        self.keys.clear();
        self.keys.insert(key);
        self.anchor = Some(key);
        self.cursor = Some(key);
    }

    /// Chooses all of `keys`.
    pub fn all(&mut self, keys: impl Iterator<Item = K>) {
        self.keys = keys.collect();
    }

    /// A click: Ctrl turns over one, Shift takes the range from the last click, else it is the only one.
    pub fn click(&mut self, key: K, modifiers: Modifiers, order: &impl Order<K>) {
        if modifiers.shift {
            self.extend_to(key, order);
        } else if modifiers.command {
            if !self.keys.remove(&key) {
                self.keys.insert(key);
            }
            self.anchor = Some(key);
            self.cursor = Some(key);
        } else {
            self.only(key);
        }
    }

    /// Chooses the range from the anchor to `key`.
    pub fn extend_to(&mut self, key: K, order: &impl Order<K>) {
        let anchor = self.anchor.unwrap_or(key);
        if let (Some(from), Some(to)) = (order.row(anchor), order.row(key)) {
            self.keys = (from.min(to)..=from.max(to)).filter_map(|row| order.key(row)).collect();
        } else {
            self.only(key);
        }
        self.anchor = Some(anchor);
        self.cursor = Some(key);
    }

    /// The row whose menu is asked for by key in a focused list: the one with the cursor, else the first in view.
    pub fn menu_by_key(&mut self, ui: &Ui, order: &impl Order<K>, scroll: &mut Scroll) -> Option<K> {
        if !menu::is_asked_for(ui) {
            return None;
        }
        let key = self.cursor.filter(|key| order.row(*key).is_some()).or_else(|| order.key(scroll.first()))?;
        if !self.contains(key) {
            self.only(key);
        }
        scroll.reveal(order.row(key)?);
        Some(key)
    }

    /// The keys that a focused list takes: arrows, Page Up and Down, Home, End, with Shift a range; Ctrl+A all.
    pub fn keyboard(&mut self, ui: &Ui, order: &impl Order<K>, scroll: &mut Scroll) -> bool {
        let count = order.count();
        if count == 0 {
            return false;
        }
        if ui.input_mut(|input| input.consume_key(Modifiers::COMMAND, Key::A)) {
            self.all((0..count).filter_map(|row| order.key(row)));
            return true;
        }
        let page = scroll.page();
        let steps: [(Key, &dyn Fn(usize) -> usize); 6] = [
            (Key::ArrowUp, &|row| row.saturating_sub(1)),
            (Key::ArrowDown, &|row| row + 1),
            (Key::PageUp, &|row| row.saturating_sub(page)),
            (Key::PageDown, &|row| row + page),
            (Key::Home, &|_| 0),
            (Key::End, &|_| usize::MAX),
        ];
        for (key, step) in steps {
            // Shift first: a pattern without modifiers matches it as well.
            let shift = ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, key));
            let plain = !shift && ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
            if !plain && !shift {
                continue;
            }
            let from = self.cursor.and_then(|cursor| order.row(cursor));
            // Without a cursor it begins with what is seen.
            let row = match (from, key) {
                (Some(row), _) => step(row).min(count - 1),
                (None, Key::Home) => 0,
                (None, Key::End) => count - 1,
                (None, Key::ArrowUp | Key::PageUp) => (scroll.first() + page - 1).min(count - 1),
                (None, _) => scroll.first().min(count - 1),
            };
            if let Some(key) = order.key(row) {
                if shift {
                    self.extend_to(key, order)
                } else {
                    self.only(key)
                }
                scroll.reveal(row);
            }
            return true;
        }
        false
    }
}

/// Which row stands for what.
pub trait Order<K> {
    /// How many rows there are.
    fn count(&self) -> usize;
    /// What `row` stands for.
    fn key(&self, row: usize) -> Option<K>;
    /// The row of `key`.
    fn row(&self, key: K) -> Option<usize>;
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Numbers(Vec<u64>);

    impl Order<u64> for Numbers {
        fn count(&self) -> usize {
            self.0.len()
        }
        fn key(&self, row: usize) -> Option<u64> {
            self.0.get(row).copied()
        }
        fn row(&self, key: u64) -> Option<usize> {
            self.0.iter().position(|other| *other == key)
        }
    }

    fn sorted(picked: &Picked<u64>) -> Vec<u64> {
        let mut keys: Vec<_> = picked.iter().collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn clicks_choose_one_several_or_a_range() {
        let order = Numbers(vec![7, 3, 9, 5, 1]);
        let mut picked = Picked::default();
        picked.click(3, Modifiers::NONE, &order);
        picked.click(5, Modifiers::SHIFT, &order);
        assert_eq!(sorted(&picked), [3, 5, 9]);
        picked.click(7, Modifiers::SHIFT, &order);
        assert_eq!(sorted(&picked), [3, 7], "the range turns around where it began");
        picked.click(1, Modifiers::COMMAND, &order);
        picked.click(3, Modifiers::COMMAND, &order);
        assert_eq!(sorted(&picked), [1, 7]);
        picked.click(9, Modifiers::NONE, &order);
        assert_eq!(sorted(&picked), [9]);
    }

    #[test]
    fn the_anchor_may_be_gone() {
        let mut picked = Picked::default();
        picked.click(3, Modifiers::NONE, &Numbers(vec![3, 4]));
        picked.click(5, Modifiers::SHIFT, &Numbers(vec![4, 5]));
        assert_eq!(sorted(&picked), [5]);
    }
}
