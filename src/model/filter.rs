//! Filters: what is not shown in a pane and not taken along by a walk. Pure: today's date is handed in.

use std::collections::BTreeSet;

use jiff::civil::Date;
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use super::listing::Entry;
use super::path::shown;
use super::permissions;

/// Filters that are kept.
pub const MOST_FILTERS: usize = 1_000;
/// Conditions of a filter.
pub const MOST_CONDITIONS: usize = 200;
/// Bytes of a condition's value, and of a name.
pub const LONGEST_VALUE: usize = 1_000;
/// Bytes that a compiled regular expression may take.
const REGEX_SIZE: usize = 1 << 20;

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

/// How many of a filter's conditions must hold.
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
    /// Of the path of the folder that it lies in.
    Path(TextIs, String),
    /// Of its size in bytes.
    Size(NumberIs, u64),
    /// Of its day: `2026-11-29`, or a number of days before today.
    Date(DayIs, String),
    /// Of its permissions: whether all bits of `0o…` are set, or none of them.
    Permission(u16, bool),
    /// Of an attribute of Windows by its number in FileZilla, which no server and no other system tells: kept, never met.
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
    pub fn merge(&mut self, other: Self) {
        for filter in other.filters {
            match self.filters.iter().position(|known| known.name == filter.name) {
                Some(index) => self.filters[index] = filter,
                None if self.filters.len() < MOST_FILTERS => self.filters.push(filter),
                None => {}
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
    }

    /// Whether any filter is switched on, counting or not.
    pub fn has_any_on(&self) -> bool {
        self.set().is_some_and(|set| !set.local.is_empty() || !set.remote.is_empty())
    }

    /// The filters that count on a side, ready to be asked. What is wrong with one leaves it out.
    pub fn ready(&self, side: FilterSide) -> Ready {
        let Some(set) = self.set().filter(|_| self.enabled) else { return Ready::default() };
        let filters = self.filters.iter().filter(|filter| set.on(side).contains(&filter.name));
        Ready(filters.filter_map(|filter| filter.ready().ok()).collect())
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
            filter.ready().map_err(|why| format!("{}: {why}", filter.name))?;
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
        self.ready().map(|_| ())
    }

    fn ready(&self) -> Result<ReadyFilter, String> {
        if self.conditions.is_empty() {
            return Err("It has no condition".to_owned());
        }
        if self.conditions.len() > MOST_CONDITIONS {
            return Err(format!("It has more than {MOST_CONDITIONS} conditions"));
        }
        let tests = self.conditions.iter().map(|condition| Test::of(condition, self.match_case));
        let tests = tests.collect::<Result<_, _>>()?;
        Ok(ReadyFilter { files: self.files, folders: self.folders, matching: self.matching, tests })
    }
}

/// Filters that count, ready to be asked.
#[derive(Clone, Debug, Default)]
pub struct Ready(Vec<ReadyFilter>);

impl Ready {
    /// Whether nothing is left out.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `entry` in the folder `path` is left out.
    pub fn hides(&self, entry: &Entry, path: &str, today: Date) -> bool {
        self.0.iter().any(|filter| filter.hides(entry, path, today))
    }
}

#[derive(Clone, Debug)]
struct ReadyFilter {
    files: bool,
    folders: bool,
    matching: Matching,
    tests: Vec<Test>,
}

impl ReadyFilter {
    fn hides(&self, entry: &Entry, path: &str, today: Date) -> bool {
        if !(if entry.is_directory() { self.folders } else { self.files }) {
            return false;
        }
        let mut tests = self.tests.iter().map(|test| test.holds(entry, path, today));
        match self.matching {
            Matching::All => tests.all(|holds| holds),
            Matching::Any => tests.any(|holds| holds),
            Matching::None => !tests.any(|holds| holds),
            Matching::NotAll => !tests.all(|holds| holds),
        }
    }
}

/// A condition, ready to be asked.
#[derive(Clone, Debug)]
enum Test {
    Name(Text),
    Path(Text),
    WholePath(Text),
    Size(NumberIs, u64),
    Day(DayIs, Day),
    Permission(u16, bool),
    Never,
}

#[derive(Clone, Debug)]
enum Text {
    Plain { how: TextIs, value: String, folded: bool },
    Matches(Box<Regex>),
}

#[derive(Clone, Copy, Debug)]
enum Day {
    On(Date),
    Ago(i32),
}

impl Test {
    fn of(condition: &Condition, match_case: bool) -> Result<Self, String> {
        Ok(match condition {
            Condition::Name(TextIs::Glob, glob) if glob.contains('/') => {
                Self::WholePath(Text::of(TextIs::Glob, glob, match_case)?)
            }
            Condition::Name(how, value) => Self::Name(Text::of(*how, value, match_case)?),
            Condition::Path(how, value) => Self::Path(Text::of(*how, value, match_case)?),
            Condition::Size(how, size) => Self::Size(*how, *size),
            Condition::Date(how, value) => Self::Day(*how, Day::parse(value)?),
            Condition::Permission(bits, set) => Self::Permission(*bits, *set),
            Condition::Attribute(..) => Self::Never,
        })
    }

    /// What is not known of the entry holds in no condition.
    fn holds(&self, entry: &Entry, path: &str, today: Date) -> bool {
        match self {
            Self::Name(text) => text.holds(&entry.name),
            Self::Path(text) => text.holds(path),
            Self::WholePath(text) => text.holds(&format!("{}/{}", path.trim_end_matches('/'), entry.name)),
            Self::Size(how, size) => entry.size.is_some_and(|known| match how {
                NumberIs::Greater => known > *size,
                NumberIs::Equals => known == *size,
                NumberIs::EqualsNot => known != *size,
                NumberIs::Less => known < *size,
            }),
            Self::Day(how, day) => {
                let day = match day {
                    Day::On(day) => *day,
                    Day::Ago(days) => today.saturating_sub(jiff::Span::new().days(*days)),
                };
                entry.modified.map(|modified| modified.at.date()).is_some_and(|known| match how {
                    DayIs::Before => known < day,
                    DayIs::Equals => known == day,
                    DayIs::EqualsNot => known != day,
                    DayIs::After => known > day,
                })
            }
            Self::Permission(bits, set) => entry
                .permissions
                .as_deref()
                .and_then(mode)
                .is_some_and(|mode| if *set { mode & bits == *bits } else { mode & bits == 0 }),
            Self::Never => false,
        }
    }
}

impl Text {
    fn of(how: TextIs, value: &str, match_case: bool) -> Result<Self, String> {
        if value.is_empty() {
            return Err("A condition has no value".to_owned());
        }
        if value.len() > LONGEST_VALUE {
            return Err(format!("A value has at most {LONGEST_VALUE} bytes"));
        }
        let expression = match how {
            TextIs::Regex => value.to_owned(),
            TextIs::Glob => regex_of_glob(value),
            _ => {
                let value = if match_case { value.to_owned() } else { value.to_lowercase() };
                return Ok(Self::Plain { how, value, folded: !match_case });
            }
        };
        let built = RegexBuilder::new(&expression).case_insensitive(!match_case).size_limit(REGEX_SIZE).build();
        built.map(|regex| Self::Matches(Box::new(regex))).map_err(|error| match error {
            regex::Error::CompiledTooBig(_) => format!("“{}” is too large a regular expression", shown(value)),
            _ => format!(
                "“{}” is no {}",
                shown(value),
                if how == TextIs::Glob { "pattern" } else { "regular expression" }
            ),
        })
    }

    fn holds(&self, text: &str) -> bool {
        match self {
            Self::Matches(regex) => regex.is_match(text),
            Self::Plain { how, value, folded: true } => compare(*how, &text.to_lowercase(), value),
            Self::Plain { how, value, folded: false } => compare(*how, text, value),
        }
    }
}

fn compare(how: TextIs, text: &str, value: &str) -> bool {
    match how {
        TextIs::Equals => text == value,
        TextIs::Begins => text.starts_with(value),
        TextIs::Ends => text.ends_with(value),
        TextIs::ContainsNot => !text.contains(value),
        TextIs::Contains | TextIs::Regex | TextIs::Glob => text.contains(value),
    }
}

/// `*` is anything but a slash, `**` anything, `?` one character, `[a-z]` and `[!a-z]` one of these or none of these.
/// With a slash in it, it may begin at any folder.
fn regex_of_glob(glob: &str) -> String {
    let mut made = String::from(if glob.contains('/') && !glob.starts_with('/') { "(?s)^(?:.*/)?" } else { "(?s)^" });
    let mut rest = glob;
    while let Some(first) = rest.chars().next() {
        rest = &rest[first.len_utf8()..];
        match first {
            '*' if rest.starts_with('*') => {
                rest = &rest[1..];
                made.push_str(".*");
            }
            '*' => made.push_str("[^/]*"),
            '?' => made.push_str("[^/]"),
            '[' if rest.get(1..).is_some_and(|rest| rest.contains(']')) => {
                let end = 1 + rest[1..].find(']').unwrap_or(0);
                let (negated, class) = match rest[..end].strip_prefix('!') {
                    Some(class) => ("^", class),
                    None => ("", &rest[..end]),
                };
                let class = class.replace('\\', "\\\\").replace('[', "\\[").replace('&', "\\&").replace('^', "\\^");
                made.push_str(&format!("[{negated}{class}]"));
                rest = &rest[end + 1..];
            }
            other => made.push_str(&regex::escape(other.encode_utf8(&mut [0; 4]))),
        }
    }
    made.push('$');
    made
}

impl Day {
    fn parse(value: &str) -> Result<Self, String> {
        let value = value.trim();
        if let Ok(days) = value.parse::<u16>() {
            return Ok(Self::Ago(i32::from(days)));
        }
        value
            .parse()
            .map(Self::On)
            .map_err(|_| format!("“{}” is no day such as 2026-11-29, and no number", shown(value)))
    }
}

/// The bits that a server's words for permissions stand for: `rwxr-xr-x`, `0644`.
fn mode(permissions: &str) -> Option<u16> {
    if let Some(mode) = permissions::octal(permissions) {
        return Some(mode);
    }
    let letters = permissions.as_bytes().get(..9)?;
    let known = letters.iter().zip(b"rwxrwxrwx").all(|(letter, usual)| letter == usual || b"-sStTlL".contains(letter));
    known.then(|| letters.iter().fold(0, |mode, letter| mode << 1 | u16::from(b"rwxst".contains(letter))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, Modified, Precision};

    const TODAY: Date = jiff::civil::date(2026, 11, 29);

    fn entry(name: &str) -> Entry {
        Entry { size: Some(1_000), permissions: Some("rwxr-x---".into()), ..Entry::new(name, Kind::File) }
    }

    fn hides(filter: &Filter, entry: &Entry, path: &str) -> bool {
        Ready(vec![filter.ready().unwrap()]).hides(entry, path, TODAY)
    }

    fn one(condition: Condition) -> Filter {
        Filter { conditions: vec![condition], ..Filter::default() }
    }

    #[test]
    fn texts_are_compared() {
        use TextIs::*;
        for (how, value, name, holds) in [
            (Contains, "ead", "README", true),
            (Equals, "readme", "README", true),
            (Equals, "read", "README", false),
            (Begins, "RE", "readme", true),
            (Ends, ".TXT", "a.txt", true),
            (Regex, r"^a\d+$", "A12", true),
            (Regex, r"^a\d+$", "a12b", false),
            (ContainsNot, "x", "abc", true),
            (Glob, "*.txt", "a.TXT", true),
            (Glob, "*.txt", "a.txt.gz", false),
            (Glob, "a?[0-9]", "ab7", true),
            (Glob, "a[!0-9]", "a7", false),
            (Glob, "a.b", "aXb", false),
            (Glob, "[", "[", true),
            (Glob, "pub/*.iso", "a.iso", true),
            (Glob, "/x/pub/*.iso", "a.iso", true),
            (Glob, "/pub/*.iso", "a.iso", false),
        ] {
            assert_eq!(
                hides(&one(Condition::Name(how, value.into())), &entry(name), "/x/pub"),
                holds,
                "{how:?} {value} {name}"
            );
        }
        let exact = Filter { match_case: true, ..one(Condition::Name(Equals, "readme".into())) };
        assert!(!hides(&exact, &entry("README"), "/"));
        assert!(hides(&one(Condition::Path(Begins, "/x".into())), &entry("a"), "/x/pub"));
    }

    #[test]
    fn sizes_days_and_permissions_are_compared_where_they_are_known() {
        let at = "2026-11-20T12:00:00".parse().unwrap();
        let known = Entry { modified: Some(Modified { at, precision: Precision::Second, utc: true }), ..entry("a") };
        let unknown = Entry::new("a", Kind::File);
        for (condition, holds) in [
            (Condition::Size(NumberIs::Greater, 999), true),
            (Condition::Size(NumberIs::Less, 1_000), false),
            (Condition::Size(NumberIs::Equals, 1_000), true),
            (Condition::Size(NumberIs::EqualsNot, 1_000), false),
            (Condition::Date(DayIs::Before, "2026-11-21".into()), true),
            (Condition::Date(DayIs::Equals, "2026-11-20".into()), true),
            (Condition::Date(DayIs::EqualsNot, "2026-11-20".into()), false),
            (Condition::Date(DayIs::After, "2026-11-20".into()), false),
            (Condition::Date(DayIs::Before, "7".into()), true),
            (Condition::Date(DayIs::After, "10".into()), true),
            (Condition::Permission(0o100, true), true),
            (Condition::Permission(0o004, true), false),
            (Condition::Permission(0o007, false), true),
            (Condition::Attribute(1, true), false),
        ] {
            assert_eq!(hides(&one(condition.clone()), &known, "/"), holds, "{condition:?}");
            assert!(!hides(&one(condition), &unknown, "/"), "what is not known is not left out");
        }
        assert_eq!((mode("0644"), mode("rwsr-x--T"), mode("adfr")), (Some(0o644), Some(0o750), None));
    }

    #[test]
    fn as_many_conditions_hold_as_are_wanted() {
        let (yes, no) = (Condition::Size(NumberIs::Greater, 0), Condition::Size(NumberIs::Greater, 5_000));
        for (matching, both, one, none) in [
            (Matching::All, true, false, false),
            (Matching::Any, true, true, false),
            (Matching::None, false, false, true),
            (Matching::NotAll, false, true, true),
        ] {
            let of = |conditions: [&Condition; 2]| Filter {
                matching,
                conditions: conditions.map(Clone::clone).to_vec(),
                ..Filter::default()
            };
            let said =
                [of([&yes, &yes]), of([&yes, &no]), of([&no, &no])].map(|filter| hides(&filter, &entry("a"), "/"));
            assert_eq!(said, [both, one, none], "{matching:?}");
        }
        let folder = Entry::new("a", Kind::Directory);
        let files = Filter { folders: false, ..one(Condition::Name(TextIs::Equals, "a".into())) };
        assert_eq!((hides(&files, &folder, "/"), hides(&files, &entry("a"), "/")), (false, true));
    }

    #[test]
    fn the_shipped_filters_are_good_and_off() {
        let mut filters = Filters::default();
        for filter in &filters.filters {
            filter.check().unwrap();
        }
        assert!(!filters.has_any_on() && filters.ready(FilterSide::Local).is_empty());
        filters.set_mut().remote = filters.filters.iter().map(|filter| filter.name.clone()).take(3).collect();
        let ready = filters.ready(FilterSide::Remote);
        let git = Entry::new(".git", Kind::Directory);
        let hidden = [git, entry("Thumbs.db"), entry("a.txt~"), entry("a.png"), entry("a.txt")];
        assert_eq!(hidden.map(|entry| ready.hides(&entry, "/", TODAY)), [true, true, true, false, false]);
        assert!(filters.ready(FilterSide::Local).is_empty());
        filters.enabled = false;
        assert!(filters.ready(FilterSide::Remote).is_empty());
    }

    #[test]
    fn filters_are_added_renamed_and_removed_with_what_is_on() {
        let mut filters = Filters::default();
        let index = filters.add(one(Condition::Size(NumberIs::Greater, 1)));
        assert!(filters.check().unwrap_err().contains("no name"));
        assert!(!filters.rename(index, "Useless Explorer files"), "it is taken");
        assert!(filters.rename(index, "Large") && filters.check().is_ok());
        filters.switch("Large", FilterSide::Local, true);
        assert!(filters.rename(index, "Larger"));
        assert!(filters.is_on("Larger", FilterSide::Local) && !filters.is_on("Large", FilterSide::Local));
        assert!(!filters.is_on("Larger", FilterSide::Remote));
        let second = filters.add(Filter { name: "Larger".into(), ..Filter::default() });
        assert_eq!(filters.filters[second].name, "Larger 2");
        assert!(filters.check().unwrap_err().contains("Larger 2: It has no condition"));
        filters.remove(second);
        filters.remove(index);
        assert!(filters.check().is_ok() && !filters.has_any_on());
    }

    #[test]
    fn another_programs_filters_join_ours() {
        let mut filters = Filters::default();
        let (known, count) = (filters.filters[0].name.clone(), filters.filters.len());
        let theirs = Filter { name: known.clone(), ..one(Condition::Size(NumberIs::Less, 5)) };
        let new = Filter { name: "New".into(), ..theirs.clone() };
        let set = Set { name: "Work".into(), local: [known].into(), ..Set::default() };
        let sets = vec![Set::default(), set.clone()];
        filters.merge(Filters { filters: vec![theirs.clone(), new.clone()], sets: sets.clone(), ..Filters::default() });
        assert_eq!(
            (filters.filters.len(), &filters.filters[0], filters.filters.last()),
            (count + 1, &theirs, Some(&new))
        );
        assert_eq!((&filters.sets, filters.current), (&sets, 0));
    }

    #[test]
    fn filters_of_one_run_are_said_by_patterns_and_names() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let all = Filters::default();
        let only = all.only(&words(&["useless explorer files"]), &words(&["*.o"]), &words(&["*.c", "*.o"])).unwrap();
        let ready = only.ready(FilterSide::Local);
        let folder = Entry::new("src", Kind::Directory);
        let said = [entry("a.c"), entry("a.o"), entry("a.h"), entry("Thumbs.db"), folder];
        assert_eq!(said.map(|entry| ready.hides(&entry, "/", TODAY)), [false, true, true, true, false]);
        assert!(all.only(&words(&["none"]), &[], &[]).unwrap_err().contains("“Show only images”"));
        assert!(all.only(&[], &words(&["[z-a]"]), &[]).unwrap_err().contains("is no pattern"));
    }

    #[test]
    fn an_expression_that_cannot_be_is_refused() {
        for (value, why) in [("(", "is no regular"), ("(a{1000}){1000}", "too large"), ("", "no value")] {
            let error = one(Condition::Name(TextIs::Regex, value.into())).check().unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert!(one(Condition::Date(DayIs::Before, "soon".into())).check().is_err());
        assert!(Filter::default().check().is_err(), "a filter without conditions would hide all or nothing");
    }
}
