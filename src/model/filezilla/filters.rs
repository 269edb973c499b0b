//! `filters.xml`: filters, and the sets that say which of them are on.

use crate::model::filter::{
    Condition, DayIs, Filter, Filters, LONGEST_VALUE, MOST_CONDITIONS, Matching, NumberIs, Set, TextIs,
};
use crate::model::visible::visible;
use crate::model::xml::Element;

/// Filters below `root`, `None` where it has none; and those that are left out, each by its name and why.
pub(super) fn read(root: &Element) -> (Option<Filters>, Vec<String>) {
    let Some(all) = root.child("Filters") else { return (None, Vec::new()) };
    let (mut filters, mut refused) = (Vec::new(), Vec::new());
    // By the places that they have in the file, which is how sets name them.
    let mut names: Vec<Option<String>> = Vec::new();
    for element in all.children.iter().filter(|child| child.name == "Filter") {
        let read = filter(element);
        names.push(read.as_ref().ok().map(|filter| filter.name.clone()));
        match read {
            Ok(filter) => filters.push(filter),
            Err(why) => refused.push(format!("“{}”, {why}", visible(element.text_of("Name").trim()))),
        }
    }
    let set = |element: &Element| {
        let mut set = Set { name: element.text_of("Name").to_owned(), ..Set::default() };
        let items = element.children.iter().filter(|child| child.name == "Item");
        for (name, item) in names.iter().zip(items).filter_map(|(name, item)| Some((name.as_ref()?, item))) {
            if item.text_of("Local").trim() == "1" {
                set.local.insert(name.clone());
            }
            if item.text_of("Remote").trim() == "1" {
                set.remote.insert(name.clone());
            }
        }
        set
    };
    let sets = root.child("Sets");
    let current = sets.and_then(|sets| sets.attribute("Current")?.parse().ok()).unwrap_or(0);
    let sets: Vec<Set> = sets.map(|sets| sets.children.iter().map(set).collect()).unwrap_or_default();
    (Some(Filters { enabled: true, current, filters, sets }), refused)
}

/// A filter, or why it is left out. It is left out whole: without one of its conditions it could hide more than before.
fn filter(element: &Element) -> Result<Filter, String> {
    let name = element.text_of("Name").trim();
    if name.is_empty() || name.len() > LONGEST_VALUE {
        return Err(format!("which has no name of at most {LONGEST_VALUE} bytes"));
    }
    let is_on = |child: &str| element.text_of(child).trim() == "1";
    let matching = match element.text_of("MatchType").trim() {
        "Any" => Matching::Any,
        "None" => Matching::None,
        "Not all" => Matching::NotAll,
        _ => Matching::All,
    };
    let conditions = element.child("Conditions").map_or(&[][..], |conditions| &conditions.children);
    let conditions = conditions.iter().filter_map(|element| condition(element).transpose());
    let filter = Filter {
        name: name.to_owned(),
        files: is_on("ApplyToFiles"),
        folders: is_on("ApplyToDirs"),
        matching,
        match_case: is_on("MatchCase"),
        conditions: conditions.collect::<Result<_, _>>()?,
    };
    if filter.check().is_ok() { Ok(filter) } else { Err(why(&filter)) }
}

/// Why `filter` cannot be one of ours.
fn why(filter: &Filter) -> String {
    if filter.conditions.is_empty() {
        return "which has no condition".to_owned();
    }
    if filter.conditions.len() > MOST_CONDITIONS {
        return format!("which has more than {MOST_CONDITIONS} conditions");
    }
    let is_good = |condition: &Condition| {
        Filter { conditions: vec![condition.clone()], match_case: filter.match_case, ..Filter::default() }
            .check()
            .is_ok()
    };
    match filter.conditions.iter().find(|condition| !is_good(condition)) {
        Some(Condition::Name(TextIs::Regex, value) | Condition::Path(TextIs::Regex, value))
            if value.len() <= LONGEST_VALUE =>
        {
            "whose regular expression is not known here".to_owned()
        }
        Some(Condition::Date(..)) => "whose day is none".to_owned(),
        _ => format!("which has a value of more than {LONGEST_VALUE} bytes"),
    }
}

/// A condition; `None` for one that FileZilla passes over as well: of another type, or without a value.
fn condition(element: &Element) -> Result<Option<Condition>, String> {
    let value = element.text_of("Value");
    let Some(kind @ 0..=5) = element.number_of::<u8>("Type").filter(|_| !value.is_empty()) else { return Ok(None) };
    let how: usize = element.number_of("Condition").unwrap_or(0);
    let is_set = || value.trim() != "0";
    let known = || match kind {
        0 => Some(Condition::Name(*TEXTS.get(how)?, value.to_owned())),
        1 => Some(Condition::Size(*NUMBERS.get(how)?, value.trim().parse().ok()?)),
        2 => Some(Condition::Attribute(u8::try_from(how).ok()?, is_set())),
        // Owner, group and others; read, write and execute of each.
        3 => Some(Condition::Permission(
            0o400_u16.checked_shr(u32::try_from(how).ok()?).filter(|bit| *bit > 0)?,
            is_set(),
        )),
        4 => Some(Condition::Path(*TEXTS.get(how)?, value.to_owned())),
        _ => Some(Condition::Date(*DAYS.get(how)?, value.trim().to_owned())),
    };
    known().map(Some).ok_or_else(|| "which has a condition that is not known here".to_owned())
}

const TEXTS: [TextIs; 6] =
    [TextIs::Contains, TextIs::Equals, TextIs::Begins, TextIs::Ends, TextIs::Regex, TextIs::ContainsNot];
const NUMBERS: [NumberIs; 4] = [NumberIs::Greater, NumberIs::Equals, NumberIs::EqualsNot, NumberIs::Less];
const DAYS: [DayIs; 4] = [DayIs::Before, DayIs::Equals, DayIs::EqualsNot, DayIs::After];

#[cfg(test)]
mod tests {
    use crate::model::filezilla;
    use crate::model::filter::FilterSide;

    use super::*;

    fn read(inside: &str) -> Option<Filters> {
        let text = format!("<?xml version=\"1.0\"?><FileZilla3 version=\"3.63.0\">{inside}</FileZilla3>");
        filezilla::read(text.as_bytes(), &|text| text.into()).unwrap().filters
    }

    fn refused(inside: &str) -> Vec<String> {
        filezilla::read(format!("<FileZilla3>{inside}</FileZilla3>").as_bytes(), &|text| text.into()).unwrap().refused
    }

    fn condition(kind: u8, how: u8, value: &str) -> String {
        format!("<Condition><Type>{kind}</Type><Condition>{how}</Condition><Value>{value}</Value></Condition>")
    }

    fn one(name: &str, conditions: &str) -> String {
        format!(
            "<Filter><Name>{name}</Name><ApplyToFiles>1</ApplyToFiles><ApplyToDirs>0</ApplyToDirs><MatchType>Not all\
             </MatchType><MatchCase>1</MatchCase><Conditions>{conditions}</Conditions></Filter>"
        )
    }

    #[test]
    fn what_filezilla_wrote_is_read() {
        let text = include_str!("../../../tests/data/filezilla/filters.xml");
        let filters = filezilla::read(text.as_bytes(), &|text| text.into()).unwrap().filters.unwrap();
        let names: Vec<&str> = filters.filters.iter().map(|filter| filter.name.as_str()).collect();
        let [vcs, explorer, backups, configuration, images] = names.as_slice() else { panic!("{names:?}") };
        assert_eq!(
            (*vcs, *configuration, *images),
            ("Source control directories", "Configuration files", "Show only images")
        );
        for (side, on) in [(FilterSide::Local, *explorer), (FilterSide::Remote, *backups)] {
            let others = names.iter().filter(|name| **name != on);
            assert!(filters.is_on(on, side) && others.clone().all(|name| !filters.is_on(name, side)), "{side:?}");
        }
        let images = &filters.filters[4];
        assert_eq!(
            (images.files, images.folders, images.matching, images.conditions.len()),
            (true, false, Matching::None, 4)
        );
    }

    #[test]
    fn filters_and_sets_are_read() {
        let conditions = [
            condition(0, 4, "^a&lt;\\d+$"),
            condition(1, 3, "5000"),
            condition(2, 1, "1"),
            condition(3, 2, "0"),
            condition(4, 5, "/tmp"),
            condition(5, 1, "2026-11-29"),
            condition(9, 0, "x"),
        ];
        let first = one("First", &conditions.concat());
        let second = one("Second", &condition(0, 3, ".o"));
        let broken = one("Broken", &condition(0, 4, "("));
        let sets = "<Sets Current=\"1\"><Set><Item><Local>0</Local><Remote>1</Remote></Item></Set>\
                    <Set><Name>Work</Name><Item><Local>1</Local><Remote>0</Remote></Item><Item><Local>1</Local>\
                    <Remote>1</Remote></Item></Set></Sets>";
        let filters = read(&format!("<Filters>{first}{second}{broken}</Filters>{sets}")).unwrap();
        assert_eq!(filters.filters.len(), 2, "one that cannot be asked is left out");
        let filter = &filters.filters[0];
        assert_eq!(
            (filter.files, filter.folders, filter.matching, filter.match_case),
            (true, false, Matching::NotAll, true)
        );
        let expected = [
            Condition::Name(TextIs::Regex, "^a<\\d+$".into()),
            Condition::Size(NumberIs::Less, 5000),
            Condition::Attribute(1, true),
            Condition::Permission(0o100, false),
            Condition::Path(TextIs::ContainsNot, "/tmp".into()),
            Condition::Date(DayIs::Equals, "2026-11-29".into()),
        ];
        assert_eq!(filter.conditions, expected);
        assert_eq!((filters.current, filters.sets.len()), (1, 2));
        assert_eq!(filters.sets[0].remote, ["First".to_owned()].into());
        assert_eq!(filters.sets[1].local, ["First".to_owned(), "Second".to_owned()].into());
        assert_eq!(read(""), None);
        assert!(filezilla::read(&b"<x/>"[..], &|text| text.into()).is_err());
    }

    #[test]
    fn filters_that_are_left_out_keep_their_places_in_sets_and_are_told() {
        let long = condition(0, 0, &"x".repeat(LONGEST_VALUE + 1));
        let filters = [
            one("NoPhp", &condition(0, 4, "^(?!.*php)")),
            one("First", &condition(0, 3, ".o")),
            one("Empty", &condition(0, 0, "")),
            one("Late", &condition(5, 0, "soon")),
            one("Long", &long),
            one("Huge", &condition(1, 0, "-1")),
            one("Second", &(condition(0, 0, "") + &condition(0, 3, ".a"))),
        ];
        let item = |local: bool| format!("<Item><Local>{}</Local><Remote>0</Remote></Item>", u8::from(local));
        let items = [true, false, true, true, true, true, true].map(item).concat();
        let inside = format!("<Filters>{}</Filters><Sets><Set>{items}</Set></Sets>", filters.concat());
        let held = read(&inside).unwrap();
        assert_eq!(held.sets[0].local, ["Second".to_owned()].into());
        let names: Vec<&str> = held.filters.iter().map(|filter| filter.name.as_str()).collect();
        assert_eq!(names, ["First", "Second"]);
        assert_eq!(held.filters[1].conditions, [Condition::Name(TextIs::Ends, ".a".into())]);
        let expected = [
            "“NoPhp”, whose regular expression is not known here",
            "“Empty”, which has no condition",
            "“Late”, whose day is none",
            "“Long”, which has a value of more than 2000 bytes",
            "“Huge”, which has a condition that is not known here",
        ];
        assert_eq!(refused(&inside), expected);
    }

    #[test]
    fn as_many_conditions_as_filezilla_has_are_read() {
        let many = |count: usize| format!("<Filters>{}</Filters>", one("Many", &condition(0, 3, ".o").repeat(count)));
        assert_eq!(read(&many(1000)).unwrap().filters[0].conditions.len(), 1000);
        assert_eq!(refused(&many(1001)), ["“Many”, which has more than 1000 conditions"]);
    }
}
