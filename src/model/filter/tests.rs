//! Filters and what they leave out.

use jiff::Zoned;

use super::ready::mode;
use super::*;
use crate::model::{Entry, Kind, Modified, Precision};

/// In a zone that is two hours ahead of UTC.
fn now() -> Zoned {
    "2026-11-29T12:00:00+02:00[+02:00]".parse().unwrap()
}

fn entry(name: &str) -> Entry {
    Entry { size: Some(1_000), permissions: Some("rwxr-x---".into()), ..Entry::new(name, Kind::File) }
}

fn hides(filter: &Filter, entry: &Entry, path: &str) -> bool {
    hides_on(FilterSide::Remote, filter, entry, path)
}

fn hides_on(side: FilterSide, filter: &Filter, entry: &Entry, path: &str) -> bool {
    Ready(vec![filter.ready(side).unwrap()]).hides(entry, path, &now())
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
fn a_folder_of_this_machine_fits_with_and_without_a_separator_at_its_end() {
    use TextIs::*;
    let with_separators = |text: &str| text.replace('/', std::path::MAIN_SEPARATOR_STR);
    for (how, value, path, local, remote) in [
        (Equals, "/home/me/", "/home/me", true, false),
        (Equals, "/home/me", "/home/me", true, true),
        (Ends, "/build/", "/home/build", true, false),
        (Ends, "build", "/home/build", true, true),
        (Contains, "/build/", "/home/build", true, false),
        (ContainsNot, "/build/", "/home/build", false, true),
        (ContainsNot, "/build/", "/home/builds", true, true),
        (Equals, "/", "/", true, true),
        (Equals, "//", "/", false, false),
    ] {
        let filter = one(Condition::Path(how, with_separators(value)));
        let said = [FilterSide::Local, FilterSide::Remote]
            .map(|side| hides_on(side, &filter, &entry("a"), &with_separators(path)));
        assert_eq!(said, [local, remote], "{how:?} {value} {path}");
    }
    for expression in ["[/\\\\]build[/\\\\]$", "build$"] {
        let filter = one(Condition::Path(Regex, expression.into()));
        assert!(hides_on(FilterSide::Local, &filter, &entry("a"), &with_separators("/home/build")), "{expression}");
    }
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
        for matching in [Matching::Any, Matching::All, Matching::None, Matching::NotAll] {
            let filter = Filter { matching, ..one(condition.clone()) };
            assert!(!hides(&filter, &unknown, "/"), "what is not known is not left out: {filter:?}");
        }
    }
    assert_eq!((mode("0644"), mode("rwsr-x--T"), mode("adfr")), (Some(0o644), Some(0o750), None));
}

#[test]
fn a_day_is_the_one_that_is_shown_here() {
    let at = "2026-11-28T22:30:00".parse().unwrap();
    let is = |utc, precision, value: &str| {
        let entry = Entry { modified: Some(Modified { at, precision, utc }), ..entry("a") };
        hides(&one(Condition::Date(DayIs::Equals, value.into())), &entry, "/")
    };
    assert!(
        is(true, Precision::Second, "2026-11-29") && is(true, Precision::Minute, "0"),
        "half an hour after midnight"
    );
    assert!(is(false, Precision::Second, "2026-11-28"), "a time of another zone stays as it is");
    assert!(is(true, Precision::Day, "2026-11-28"), "and so does a day");
}

#[test]
fn conditions_that_ask_for_what_is_not_known_do_not_count() {
    let unknown = Entry::new("a.txt", Kind::File);
    let ends = |ending: &str| Condition::Name(TextIs::Ends, ending.into());
    for condition in [
        Condition::Size(NumberIs::Less, 5),
        Condition::Date(DayIs::Before, "7".into()),
        Condition::Permission(0o400, true),
        Condition::Attribute(0, true),
    ] {
        for (matching, with_one_that_holds, with_one_that_does_not) in [
            (Matching::All, true, false),
            (Matching::Any, true, false),
            (Matching::None, false, true),
            (Matching::NotAll, false, true),
        ] {
            let said = [ends(".txt"), ends(".png")].map(|known| {
                let conditions = vec![condition.clone(), known];
                hides(&Filter { matching, conditions, ..Filter::default() }, &unknown, "/")
            });
            assert_eq!(said, [with_one_that_holds, with_one_that_does_not], "{matching:?} {condition:?}");
        }
    }
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
        let said = [of([&yes, &yes]), of([&yes, &no]), of([&no, &no])].map(|filter| hides(&filter, &entry("a"), "/"));
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
    assert_eq!(hidden.map(|entry| ready.hides(&entry, "/", &now())), [true, true, true, false, false]);
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
    let other = Filters { filters: vec![theirs.clone(), new.clone()], sets: sets.clone(), ..Filters::default() };
    assert!(filters.merge(other.clone()).is_empty());
    assert_eq!((filters.filters.len(), &filters.filters[0], filters.filters.last()), (count + 1, &theirs, Some(&new)));
    assert_eq!((&filters.sets, filters.current), (&sets, 0));
    filters.filters = vec![theirs; MOST_FILTERS];
    assert_eq!((filters.merge(other), filters.filters.len()), (vec!["New".to_owned()], MOST_FILTERS));
}

#[test]
fn filters_of_one_run_are_said_by_patterns_and_names() {
    let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    let all = Filters::default();
    let only = all.only(&words(&["useless explorer files"]), &words(&["*.o"]), &words(&["*.c", "*.o"])).unwrap();
    let ready = only.ready(FilterSide::Local);
    let folder = Entry::new("src", Kind::Directory);
    let said = [entry("a.c"), entry("a.o"), entry("a.h"), entry("Thumbs.db"), folder];
    assert_eq!(said.map(|entry| ready.hides(&entry, "/", &now())), [false, true, true, true, false]);
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
