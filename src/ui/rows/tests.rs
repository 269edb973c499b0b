//! Which entries a pane shows, in which order, and what stays selected.

use super::*;
use crate::model::Kind;
use crate::model::filter::{Condition, Filter, TextIs};

fn content(path: &str, names: &[&str]) -> Option<Content> {
    let entry = |name: &&str| {
        let kind = if name.ends_with('/') { Kind::Directory } else { Kind::File };
        let mut entry = Entry::new(name.trim_end_matches('/'), kind);
        entry.size = (kind == Kind::File).then_some(name.len() as u64);
        entry
    };
    let entries = names.iter().map(entry).collect();
    Some(Content::Local(Arc::new(LocalListing { path: path.into(), entries })))
}

fn rows(names: &[&str]) -> Rows {
    let mut rows = Rows::default();
    rows.take(content("/a", names));
    rows.arrange();
    rows
}

fn shown(rows: &Rows) -> Vec<&str> {
    (0..rows.len()).map(|row| rows.at(row).unwrap().name.as_str()).collect()
}

fn selected(rows: &Rows) -> Vec<&str> {
    rows.selected_entries().map(|entry| entry.name.as_str()).collect()
}

#[test]
fn folders_come_first_and_numbers_count() {
    let mut rows = rows(&["b10", "B9", "z/", "a", "Ärger", ".x"]);
    assert_eq!(shown(&rows), ["z", ".x", "a", "B9", "b10", "Ärger"]);
    rows.sort_by(Sort { column: Column::Name, descending: true });
    rows.arrange();
    assert_eq!(shown(&rows), ["z", "Ärger", "b10", "B9", "a", ".x"]);
    rows.sort_by(Sort { column: Column::Size, descending: false });
    rows.arrange();
    assert_eq!(shown(&rows), ["z", "a", ".x", "B9", "b10", "Ärger"]);
    let mut filters = Filters::default();
    let filter =
        Filter { name: "f".into(), conditions: vec![Condition::Name(TextIs::Glob, "b*".into())], ..Filter::default() };
    filters.filters.push(filter);
    filters.set_mut().local.insert("f".into());
    rows.leave_out(&filters, FilterSide::Local, &Zoned::default());
    assert!(rows.is_stale());
    rows.arrange();
    assert_eq!((shown(&rows), rows.unseen, rows.filtered), (vec!["z", "a", ".x", "Ärger"], 2, 2));
    filters.enabled = false;
    rows.leave_out(&filters, FilterSide::Local, &Zoned::default());
    rows.show_hidden(false);
    rows.filter("B");
    rows.arrange();
    assert_eq!((shown(&rows), rows.unseen), (vec!["B9", "b10"], 4));
}

#[test]
fn a_selection_grows_from_where_it_began() {
    let mut rows = rows(&["a", "b", "c", "d", "e"]);
    rows.pick(1, Pick::Only);
    rows.pick(3, Pick::Range);
    assert_eq!(selected(&rows), ["b", "c", "d"]);
    rows.pick(0, Pick::Range);
    assert_eq!(selected(&rows), ["a", "b"]);
    rows.pick(4, Pick::Toggle);
    rows.pick(0, Pick::Toggle);
    assert_eq!((selected(&rows), rows.selection.bytes), (vec!["b", "e"], 2));
    rows.invert();
    assert_eq!(selected(&rows), ["a", "c", "d"]);
    rows.select_all();
    assert_eq!((rows.selection, rows.selection.rows()), (rows.sum, 5));
}

#[test]
fn a_refresh_keeps_the_selection_and_another_folder_does_not() {
    let mut rows = rows(&["a", "b", "c"]);
    rows.pick(1, Pick::Only);
    rows.pick(2, Pick::Toggle);
    assert!(!rows.take(content("/a", &["0", "c", "b", "d"])));
    rows.arrange();
    assert_eq!(selected(&rows), ["b", "c"]);
    assert_eq!(rows.at(rows.cursor().unwrap()).unwrap().name, "c");
    assert!(rows.take(content("/other", &["b", "c"])));
    rows.land_on("c".into());
    assert!(rows.arrange());
    assert_eq!(selected(&rows), ["c"]);
}

#[test]
fn what_is_filtered_out_is_not_selected() {
    let mut rows = rows(&["a1", "b1", "a2"]);
    rows.select_all();
    rows.filter("a");
    rows.arrange();
    assert_eq!((selected(&rows), rows.selection.rows()), (vec!["a1", "a2"], 2));
}

#[test]
fn typing_goes_to_names() {
    let mut rows = rows(&["alpha", "Beta", "bravo", "Ölberg"]);
    assert_eq!(rows.starting_with("b", false), Some(1));
    rows.pick(1, Pick::Only);
    assert_eq!(rows.starting_with("b", false), Some(2));
    assert_eq!(rows.starting_with("br", true), Some(2));
    assert_eq!(rows.starting_with("ö", false), Some(3));
    assert_eq!(rows.starting_with("x", false), None);
}
