//! The rows of a pane: which entries, in which order, which of them are selected. Everything is worked out here, once a
//! change, so that drawing only looks it up.

use std::collections::HashSet;
use std::ops::RangeInclusive;
use std::sync::Arc;

use jiff::Zoned;

use super::order::order;
use crate::model::file_columns::Column;
use crate::model::filter::{FilterSide, Filters, Ready};
use crate::model::{Entry, Listing, LocalListing, Place};

/// A listing of either side.
#[derive(Clone, Debug)]
pub enum Content {
    /// Of this machine.
    Local(Arc<LocalListing>),
    /// Of the server.
    Remote(Arc<Listing>),
}

impl Content {
    /// What is in it, in no order.
    pub fn entries(&self) -> &[Entry] {
        match self {
            Self::Local(listing) => &listing.entries,
            Self::Remote(listing) => &listing.entries,
        }
    }

    /// The folder.
    pub fn place(&self) -> Place {
        match self {
            Self::Local(listing) => Place::Local(listing.path.clone()),
            Self::Remote(listing) => Place::Remote(listing.path.clone()),
        }
    }

    /// Whether both are the same snapshot.
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Local(a), Self::Local(b)) => Arc::ptr_eq(a, b),
            (Self::Remote(a), Self::Remote(b)) => Arc::ptr_eq(a, b),
            _ => false,
        }
    }
}

/// By which column rows are sorted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sort {
    /// The column.
    pub column: Column,
    /// From the last to the first.
    pub descending: bool,
}

/// How many, and how much.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum {
    /// Files, links and whatever is no folder.
    pub files: u64,
    /// Folders.
    pub folders: u64,
    /// Bytes of the files.
    pub bytes: u64,
}

impl Sum {
    fn of<'a>(entries: impl Iterator<Item = &'a Entry>) -> Self {
        entries.fold(Self::default(), |mut sum, entry| {
            if entry.is_directory() {
                sum.folders += 1;
            } else {
                sum.files += 1;
                sum.bytes = sum.bytes.saturating_add(entry.size.unwrap_or(0));
            }
            sum
        })
    }

    /// Files and folders.
    pub fn rows(&self) -> u64 {
        self.files + self.folders
    }
}

/// How a click or a key changes the selection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// Only this row.
    Only,
    /// This row as well, or no longer.
    Toggle,
    /// From where the selection began to this row.
    Range,
    /// Only the cursor moves.
    Cursor,
}

/// The rows of a pane.
#[derive(Debug)]
pub struct Rows {
    content: Option<Content>,
    sort: Sort,
    filter: String,
    hidden: bool,
    /// The filters that count, and what they were made of and on which day.
    filters: (Ready, Filters, Zoned),
    stale: bool,
    order: Vec<u32>,
    /// The row of each entry; `NOWHERE` for those that are filtered out.
    rank: Vec<u32>,
    selected: Vec<bool>,
    cursor: Option<u32>,
    anchor: Option<u32>,
    /// Of all rows.
    pub sum: Sum,
    /// Of the selected rows.
    pub selection: Sum,
    /// Entries that are not shown, because they are hidden or do not match the filter.
    pub unseen: usize,
    /// Those of them that filters hide.
    pub filtered: usize,
    /// The row in which the cursor stays, because what it was on is gone.
    stay_at: Option<usize>,
    land_on: Option<String>,
}

const NOWHERE: u32 = u32::MAX;

impl Default for Rows {
    fn default() -> Self {
        Self {
            content: None,
            sort: Sort { column: Column::Name, descending: false },
            filter: String::new(),
            hidden: true,
            filters: (Ready::default(), Filters::default(), Zoned::default()),
            stale: false,
            order: Vec::new(),
            rank: Vec::new(),
            selected: Vec::new(),
            cursor: None,
            anchor: None,
            sum: Sum::default(),
            selection: Sum::default(),
            unseen: 0,
            filtered: 0,
            land_on: None,
            stay_at: None,
        }
    }
}

impl Rows {
    /// Takes over a listing, if it is another one. In the same folder, selection and cursor stay with their names.
    /// True when it was another folder.
    pub fn take(&mut self, content: Option<Content>) -> bool {
        let same = match (&self.content, &content) {
            (Some(old), Some(new)) => old.is_same(new),
            (None, None) => true,
            _ => false,
        };
        if same {
            return false;
        }
        let place = |content: &Option<Content>| content.as_ref().map(Content::place);
        let moved = place(&self.content) != place(&content);
        let kept = if moved { None } else { Some(self.names()) };
        self.content = content;
        let count = self.entries().len();
        self.selected = vec![false; count];
        (self.cursor, self.anchor) = (None, None);
        if let Some(kept) = kept {
            self.restore(&kept);
        } else {
            (self.land_on, self.stay_at) = (None, None);
        }
        self.stale = true;
        moved
    }

    /// Names of the selected rows, of the cursor and of the anchor, to find them again in the next listing.
    fn names(&self) -> Kept {
        let name = |index: Option<u32>| Some(self.entry(index?)?.name.clone());
        let selected = self.selected_entries().map(|entry| entry.name.clone()).collect();
        Kept { selected, cursor: name(self.cursor), row: self.cursor(), anchor: name(self.anchor) }
    }

    fn restore(&mut self, kept: &Kept) {
        let Some(content) = self.content.clone() else { return };
        for (index, entry) in content.entries().iter().enumerate() {
            self.selected[index] = kept.selected.contains(&entry.name);
            if kept.cursor.as_ref() == Some(&entry.name) {
                self.cursor = u32::try_from(index).ok();
            }
            if kept.anchor.as_ref() == Some(&entry.name) {
                self.anchor = u32::try_from(index).ok();
            }
        }
        self.stay_at = kept.row.filter(|_| self.cursor.is_none());
    }

    /// Once a row called `name` is there, it is selected, unless another is before.
    pub fn land_on(&mut self, name: String) {
        self.land_on = Some(name);
        self.stale = true;
    }

    /// As [`Rows::land_on`], for what is being made: a row that has the name already is another.
    pub fn land_on_new(&mut self, name: String) {
        if self.entries().iter().all(|entry| entry.name != name) {
            self.land_on(name);
        }
    }

    /// Whether names that begin with a dot are rows.
    pub fn show_hidden(&mut self, hidden: bool) {
        self.stale |= self.hidden != hidden;
        self.hidden = hidden;
    }

    /// Only names that hold `filter` are rows.
    pub fn filter(&mut self, filter: &str) {
        if self.filter != filter {
            self.filter = filter.to_owned();
            self.stale = true;
        }
    }

    /// What these filters hide on this side is no row.
    pub fn leave_out(&mut self, filters: &Filters, side: FilterSide, now: &Zoned) {
        let (_, known, then) = &self.filters;
        if known != filters || then.date() != now.date() || then.time_zone() != now.time_zone() {
            self.filters = (filters.ready(side), filters.clone(), now.clone());
            self.stale = true;
        }
    }

    /// Another order.
    pub fn sort_by(&mut self, sort: Sort) {
        self.stale |= self.sort != sort;
        self.sort = sort;
    }

    /// The order.
    pub fn sort(&self) -> Sort {
        self.sort
    }

    /// Whether [`Rows::arrange`] has something to do.
    pub fn is_stale(&self) -> bool {
        self.stale
    }

    /// Works out rows and sums, if something changed. True when the cursor landed on a row that was asked for.
    pub fn arrange(&mut self) -> bool {
        if !std::mem::take(&mut self.stale) {
            return false;
        }
        let Some(content) = self.content.clone() else {
            let (filter, filters) = (self.filter.clone(), self.filters.clone());
            *self = Self { sort: self.sort, hidden: self.hidden, filter, filters, ..Self::default() };
            return false;
        };
        let entries = content.entries();
        self.order = order(entries, self.sort, &self.filter, self.hidden);
        let (ready, _, now) = &self.filters;
        self.filtered = 0;
        if !ready.is_empty() {
            let before = self.order.len();
            let folder = folder(&content);
            self.order.retain(|index| !ready.hides(&entries[*index as usize], &folder, now));
            self.filtered = before - self.order.len();
        }
        self.rank = vec![NOWHERE; entries.len()];
        for (row, index) in (0u32..).zip(&self.order) {
            self.rank[*index as usize] = row;
        }
        self.unseen = entries.len() - self.order.len();
        for (index, rank) in self.rank.iter().enumerate() {
            self.selected[index] &= *rank != NOWHERE;
        }
        self.sum = Sum::of(self.order.iter().map(|index| &entries[*index as usize]));
        // What the cursor was on is gone: it stays where that was.
        if let (Some(row), Some(last)) = (self.stay_at.take(), self.len().checked_sub(1)) {
            self.cursor = self.index(row.min(last));
        }
        let named = |name: &String| entries.iter().position(|entry| entry.name == *name);
        let landed = self.land_on.as_ref().and_then(named).and_then(|index| self.row_of(u32::try_from(index).ok()?));
        if let Some(row) = landed {
            self.pick(row, Pick::Only);
        }
        self.recount();
        landed.is_some()
    }

    fn recount(&mut self) {
        let Some(content) = &self.content else { return };
        let selected = content.entries().iter().zip(&self.selected).filter(|(_, selected)| **selected);
        self.selection = Sum::of(selected.map(|(entry, _)| entry));
    }

    /// The listing.
    pub fn content(&self) -> Option<&Content> {
        self.content.as_ref()
    }

    fn entries(&self) -> &[Entry] {
        self.content.as_ref().map_or(&[], Content::entries)
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }

    /// The number of the entry in `row`.
    pub fn index(&self, row: usize) -> Option<u32> {
        self.order.get(row).copied()
    }

    /// The entry called `index`.
    pub fn entry(&self, index: u32) -> Option<&Entry> {
        self.entries().get(index as usize)
    }

    /// The entry in `row`.
    pub fn at(&self, row: usize) -> Option<&Entry> {
        self.entry(self.index(row)?)
    }

    /// The row of the entry called `index`.
    pub fn row_of(&self, index: u32) -> Option<usize> {
        self.rank.get(index as usize).filter(|rank| **rank != NOWHERE).map(|rank| *rank as usize)
    }

    /// Whether `row` is selected.
    pub fn is_selected(&self, row: usize) -> bool {
        self.index(row).is_some_and(|index| self.selected[index as usize])
    }

    /// The row with the cursor.
    pub fn cursor(&self) -> Option<usize> {
        self.row_of(self.cursor?)
    }

    /// The selected entries, in the order of the rows.
    pub fn selected_entries(&self) -> impl Iterator<Item = &Entry> {
        self.order.iter().filter(|index| self.selected[**index as usize]).filter_map(|index| self.entry(*index))
    }

    /// Changes cursor and selection.
    pub fn pick(&mut self, row: usize, pick: Pick) {
        let Some(index) = self.index(row) else { return };
        self.land_on = None;
        match pick {
            Pick::Only => {
                self.selected.fill(false);
                self.selected[index as usize] = true;
                self.anchor = Some(index);
            }
            Pick::Toggle => {
                self.selected[index as usize] ^= true;
                self.anchor = Some(index);
            }
            Pick::Range => {
                let from = self.anchor.and_then(|anchor| self.row_of(anchor)).unwrap_or(row);
                self.selected.fill(false);
                for row in span(from, row) {
                    self.selected[self.order[row] as usize] = true;
                }
                self.anchor = self.index(from);
            }
            Pick::Cursor => {}
        }
        self.cursor = Some(index);
        self.recount();
    }

    /// Selects all rows.
    pub fn select_all(&mut self) {
        for index in &self.order {
            self.selected[*index as usize] = true;
        }
        self.recount();
    }

    /// Selects the rows that are not, and only them.
    pub fn invert(&mut self) {
        for index in &self.order {
            self.selected[*index as usize] ^= true;
        }
        self.recount();
    }

    /// Selects nothing.
    pub fn select_none(&mut self) {
        self.selected.fill(false);
        self.recount();
    }

    /// The next row after the cursor whose name begins with `typed`; the cursor's own row while more is typed.
    pub fn starting_with(&self, typed: &str, more: bool) -> Option<usize> {
        let typed = typed.to_lowercase();
        let start = self.cursor().map_or(0, |cursor| if more { cursor } else { cursor + 1 });
        let rows = (start..self.len()).chain(0..start.min(self.len()));
        let mut rows = rows.filter(|row| self.at(*row).is_some_and(|entry| starts(&entry.name, &typed)));
        rows.next()
    }
}

struct Kept {
    selected: HashSet<String>,
    cursor: Option<String>,
    row: Option<usize>,
    anchor: Option<String>,
}

fn starts(name: &str, lower: &str) -> bool {
    let mut name = name.chars().flat_map(char::to_lowercase);
    lower.chars().all(|c| name.next() == Some(c))
}

fn span(a: usize, b: usize) -> RangeInclusive<usize> {
    a.min(b)..=a.max(b)
}

/// The folder's path as filters are asked about it.
fn folder(content: &Content) -> String {
    match content.place() {
        Place::Local(path) => path.to_string_lossy().into_owned(),
        Place::Remote(path) => path.as_str().to_owned(),
    }
}

#[cfg(test)]
mod tests;
