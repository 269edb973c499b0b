//! Filters: what is not shown in a pane and not taken along by a walk. Pure: the moment and its zone are handed in.

mod ready;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

pub use ready::Ready;

use super::path::shown;

/// Filters that are kept.
pub const MOST_FILTERS: usize = 1_000;
/// Conditions of a filter; as many as FileZilla keeps.
pub const MOST_CONDITIONS: usize = 1_000;
/// Bytes of a condition's value, and of a name.
pub const LONGEST_VALUE: usize = 2_000;

/// All filters, and the sets that say which of them are on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filters {
    /// Whether any of them counts.
    pub enabled: bool,
    /// The set in use, by its place in `sets`.
    pub current: usize,
    /// The filters.
    pub filters: Vec<Filter>,
    /// Which of them are on; the first is what is in use without a name.
    pub sets: Vec<Set>,
}

/// What is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Filter {
    /// What it is called.
    pub name: String,
    /// Whether it is about files, and whatever is no folder.
    pub files: bool,
    /// Whether it is about folders.
    pub folders: bool,
    /// How many of the conditions must hold.
    pub matching: Matching,
    /// Whether capitals count.
    pub match_case: bool,
    /// What is asked of an entry.
    pub conditions: Vec<Condition>,
}

impl Default for Filter {
    fn default() -> Self {
        Self {
            name: String::new(),
            files: true,
            folders: true,
            matching: Matching::Any,
            match_case: false,
            conditions: Vec::new(),
        }
    }
}

/// How many of a filter's conditions must hold: of those that ask for something that is known of the entry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Matching {
    /// Each.
    All,
    /// At least one.
    #[default]
    Any,
    /// Not one.
    None,
    /// Not each.
    NotAll,
}

/// Which filters are on, by their names.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Set {
    /// Empty: the set without a name.
    pub name: String,
    /// On this machine's side.
    pub local: BTreeSet<String>,
    /// On the server's side.
    pub remote: BTreeSet<String>,
}

/// What is asked of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// Of its name.
    Name(TextIs, String),
    /// Of the path of the folder that it lies in. FileZilla ends those of this machine, and not those of a server, with a
    /// separator: on this machine's side it is enough that `/home/me` or `/home/me/` fits.
    Path(TextIs, String),
    /// Of its size in bytes.
    Size(NumberIs, u64),
    /// Of its day: `2026-11-29`, or a number of days before today.
    Date(DayIs, String),
    /// Of its permissions: whether all bits of `0o…` are set, or none of them.
    Permission(u16, bool),
    /// Of an attribute of Windows by its number in FileZilla, which no server and no other system tells: kept, never known.
    Attribute(u8, bool),
}

/// How a text is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TextIs {
    /// Holds the value.
    Contains,
    /// Is the value.
    Equals,
    /// Begins with it.
    Begins,
    /// Ends with it.
    Ends,
    /// Matches it as a regular expression.
    Regex,
    /// Does not hold it.
    ContainsNot,
    /// Matches it as a pattern: `*`, `?`, `[abc]`. One with a `/` is compared with the whole path.
    Glob,
}

/// How a size is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberIs {
    /// More.
    Greater,
    /// As much.
    Equals,
    /// Not as much.
    EqualsNot,
    /// Less.
    Less,
}

/// How a day is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayIs {
    /// Before it.
    Before,
    /// On it.
    Equals,
    /// Not on it.
    EqualsNot,
    /// After it.
    After,
}

/// The side that an entry is on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterSide {
    /// This machine.
    Local,
    /// The server.
    Remote,
}

impl Default for Filters {
    fn default() -> Self {
        let any =
            |name: &str, conditions: Vec<Condition>| Filter { name: name.into(), conditions, ..Filter::default() };
        let is = |how, values: &[&str]| values.iter().map(|value| Condition::Name(how, (*value).into())).collect();
        let images = ["bmp", "gif", "jpeg", "jpg", "png", "svg", "tif", "tiff", "webp"];
        let images = images.map(|ending| Condition::Name(TextIs::Ends, format!(".{ending}"))).to_vec();
        let temporary = [is(TextIs::Ends, &["~", ".bak", ".tmp", ".swp", ".part"]), is(TextIs::Begins, &["#", ".#"])];
        Self {
            enabled: true,
            current: 0,
            filters: vec![
                Filter {
                    files: false,
                    ..any(
                        "Source control directories",
                        is(TextIs::Equals, &["CVS", ".git", ".svn", ".hg", ".bzr", "_darcs"]),
                    )
                },
                Filter {
                    folders: false,
                    ..any("Useless Explorer files", is(TextIs::Equals, &["Thumbs.db", "desktop.ini"]))
                },
                Filter { folders: false, ..any("Temporary and backup files", temporary.concat()) },
                Filter {
                    folders: false,
                    ..any("Configuration files", is(TextIs::Ends, &[".conf", ".cfg", ".ini", "config", ".htaccess"]))
                },
                Filter { folders: false, matching: Matching::None, ..any("Show only images", images) },
            ],
            sets: vec![Set::default()],
        }
    }
}

impl Filters {
    /// The set in use.
    pub fn set(&self) -> Option<&Set> {
        self.sets.get(self.current)
    }

    /// The set in use, made where there is none.
    pub fn set_mut(&mut self) -> &mut Set {
        if self.sets.is_empty() {
            self.sets.push(Set::default());
        }
        self.current = self.current.min(self.sets.len() - 1);
        &mut self.sets[self.current]
    }

    /// What is wrong with one of them, in words.
    pub fn check(&self) -> Result<(), String> {
        let mut names = BTreeSet::new();
        for filter in &self.filters {
            if filter.name.trim().is_empty() {
                return Err("A filter has no name".to_owned());
            }
            if !names.insert(&filter.name) {
                return Err(format!("Two filters are called “{}”", shown(&filter.name)));
            }
            filter.check().map_err(|why| format!("{}: {why}", shown(&filter.name)))?;
        }
        Ok(())
    }

    /// Whether the filter called `name` is switched on for a side, in the set in use.
    pub fn is_on(&self, name: &str, side: FilterSide) -> bool {
        self.set().is_some_and(|set| set.on(side).contains(name))
    }

    /// Switches the filter called `name` on or off for a side, in the set in use.
    pub fn switch(&mut self, name: &str, side: FilterSide, on: bool) {
        let set = self.set_mut();
        let names = if side == FilterSide::Local { &mut set.local } else { &mut set.remote };
        if on {
            names.insert(name.to_owned());
        } else {
            names.remove(name);
        }
    }

    /// Adds a filter, under another name where its own is taken; says where it is.
    pub fn add(&mut self, mut filter: Filter) -> usize {
        let is_taken = |name: &str| self.filters.iter().any(|other| other.name == name);
        let wanted = filter.name.clone();
        let mut number = 1;
        while is_taken(&filter.name) {
            number += 1;
            filter.name = format!("{wanted} {number}");
        }
        self.filters.push(filter);
        self.filters.len() - 1
    }

    /// Gives a filter another name; it stays on where it is on. Says whether it could: not where another one is called so.
    pub fn rename(&mut self, index: usize, name: &str) -> bool {
        if self.filters.iter().enumerate().any(|(other, filter)| other != index && filter.name == name) {
            return false;
        }
        let Some(filter) = self.filters.get_mut(index) else { return false };
        let old = std::mem::replace(&mut filter.name, name.to_owned());
        for names in self.sets.iter_mut().flat_map(|set| [&mut set.local, &mut set.remote]) {
            if names.remove(&old) {
                names.insert(name.to_owned());
            }
        }
        true
    }

    /// Removes a filter, also from the sets.
    pub fn remove(&mut self, index: usize) {
        if index >= self.filters.len() {
            return;
        }
        let gone = self.filters.remove(index);
        for names in self.sets.iter_mut().flat_map(|set| [&mut set.local, &mut set.remote]) {
            names.remove(&gone.name);
        }
    }

    /// Takes in the filters and sets of another program: those of the same names are replaced. Which set is in use stays.
    /// The names of filters for which there is no room come back.
    pub fn merge(&mut self, other: Self) -> Vec<String> {
        let mut too_many = Vec::new();
        for filter in other.filters {
            match self.filters.iter().position(|known| known.name == filter.name) {
                Some(index) => self.filters[index] = filter,
                None if self.filters.len() < MOST_FILTERS => self.filters.push(filter),
                None => too_many.push(filter.name),
            }
        }
        for set in other.sets.into_iter().filter(|set| !set.name.is_empty()) {
            match self.sets.iter_mut().find(|known| known.name == set.name) {
                Some(known) => *known = set,
                None => {
                    self.set_mut();
                    self.sets.push(set);
                }
            }
        }
        too_many
    }

    /// Whether any filter is switched on, counting or not.
    pub fn has_any_on(&self) -> bool {
        self.set().is_some_and(|set| !set.local.is_empty() || !set.remote.is_empty())
    }

    /// The filters that count on a side, ready to be asked. What is wrong with one leaves it out.
    pub fn ready(&self, side: FilterSide) -> Ready {
        let Some(set) = self.set().filter(|_| self.enabled) else { return Ready::default() };
        let filters = self.filters.iter().filter(|filter| set.on(side).contains(&filter.name));
        Ready(filters.filter_map(|filter| filter.ready(side).ok()).collect())
    }

    /// Only these filters, on both sides: those called by `names`, one for what matches a pattern of `exclude`, and one
    /// for files that match none of `include`. Why that cannot be, in words.
    pub fn only(&self, names: &[String], exclude: &[String], include: &[String]) -> Result<Self, String> {
        let mut filters = Vec::new();
        for name in names {
            let found = self.filters.iter().find(|filter| filter.name.eq_ignore_ascii_case(name));
            let known = || self.filters.iter().map(|filter| format!("“{}”", shown(&filter.name))).collect::<Vec<_>>();
            filters.push(
                found.cloned().ok_or_else(|| {
                    format!("no filter is called “{}”; there are {}", shown(name), known().join(", "))
                })?,
            );
        }
        let globs = |globs: &[String]| globs.iter().map(|glob| Condition::Name(TextIs::Glob, glob.clone())).collect();
        if !exclude.is_empty() {
            let conditions = globs(exclude);
            filters.push(Filter { name: "--exclude".into(), match_case: true, conditions, ..Filter::default() });
        }
        if !include.is_empty() {
            let (conditions, matching) = (globs(include), Matching::None);
            let name = "--include".into();
            filters.push(Filter { name, folders: false, match_case: true, matching, conditions, ..Filter::default() });
        }
        for filter in &filters {
            filter.check().map_err(|why| format!("{}: {why}", filter.name))?;
        }
        let on: BTreeSet<String> = filters.iter().map(|filter| filter.name.clone()).collect();
        let set = Set { name: String::new(), local: on.clone(), remote: on };
        Ok(Self { enabled: true, current: 0, filters, sets: vec![set] })
    }
}

impl Set {
    /// The names of the filters that are on for a side.
    fn on(&self, side: FilterSide) -> &BTreeSet<String> {
        match side {
            FilterSide::Local => &self.local,
            FilterSide::Remote => &self.remote,
        }
    }
}

impl Filter {
    /// What is wrong with it, in words.
    pub fn check(&self) -> Result<(), String> {
        self.ready(FilterSide::Local).map(|_| ())
    }
}

#[cfg(test)]
mod tests;
