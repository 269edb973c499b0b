//! `filters.xml`: filters, and the sets that say which of them are on.

use crate::model::filter::{Condition, DayIs, Filter, Filters, LONGEST_VALUE, Matching, NumberIs, Set, TextIs};
use crate::model::xml::Element;

/// Filters below `root`; `None` where it has none.
pub(super) fn read(root: &Element) -> Option<Filters> {
    let filters: Vec<Filter> = root.child("Filters")?.children.iter().filter_map(filter).collect();
    let name_of = |index: usize| filters.get(index).map(|filter| filter.name.clone());
    let set = |element: &Element| {
        let mut set = Set { name: element.text_of("Name").to_owned(), ..Set::default() };
        for (index, item) in element.children.iter().filter(|child| child.name == "Item").enumerate() {
            let Some(name) = name_of(index) else { break };
            if item.text_of("Local").trim() == "1" {
                set.local.insert(name.clone());
            }
            if item.text_of("Remote").trim() == "1" {
                set.remote.insert(name);
            }
        }
        set
    };
    let sets = root.child("Sets");
    let current = sets.and_then(|sets| sets.attribute("Current")?.parse().ok()).unwrap_or(0);
    let sets: Vec<Set> = sets.map(|sets| sets.children.iter().map(set).collect()).unwrap_or_default();
    Some(Filters { enabled: true, current, filters, sets })
}

fn filter(element: &Element) -> Option<Filter> {
    let name = element.text_of("Name").trim();
    if element.name != "Filter" || name.is_empty() || name.len() > LONGEST_VALUE {
        return None;
    }
    let is_on = |child: &str| element.text_of(child).trim() == "1";
    let matching = match element.text_of("MatchType").trim() {
        "Any" => Matching::Any,
        "None" => Matching::None,
        "Not all" => Matching::NotAll,
        _ => Matching::All,
    };
    let conditions = element.child("Conditions")?.children.iter().filter_map(condition).collect();
    let filter = Filter {
        name: name.to_owned(),
        files: is_on("ApplyToFiles"),
        folders: is_on("ApplyToDirs"),
        matching,
        match_case: is_on("MatchCase"),
        conditions,
    };
    filter.check().is_ok().then_some(filter)
}

fn condition(element: &Element) -> Option<Condition> {
    let how: usize = element.number_of("Condition")?;
    let value = element.text_of("Value");
    let is_set = || value.trim() != "0";
    Some(match element.number_of::<u8>("Type")? {
        0 => Condition::Name(*TEXTS.get(how)?, value.to_owned()),
        1 => Condition::Size(*NUMBERS.get(how)?, value.trim().parse().ok()?),
        2 => Condition::Attribute(u8::try_from(how).ok()?, is_set()),
        // Owner, group and others; read, write and execute of each.
        3 => Condition::Permission(0o400_u16.checked_shr(u32::try_from(how).ok()?).filter(|bit| *bit > 0)?, is_set()),
        4 => Condition::Path(*TEXTS.get(how)?, value.to_owned()),
        5 => Condition::Date(*DAYS.get(how)?, value.trim().to_owned()),
        _ => return None,
    })
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
        filezilla::read(&text, &|text| text.into()).unwrap().filters
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
        let filters = filezilla::read(text, &|text| text.into()).unwrap().filters.unwrap();
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
        let condition = |kind: u8, how: u8, value: &str| {
            format!("<Condition><Type>{kind}</Type><Condition>{how}</Condition><Value>{value}</Value></Condition>")
        };
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
        assert!(filezilla::read("<x/>", &|text| text.into()).is_err());
    }
}
