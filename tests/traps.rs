//! Every known trap of FTP has its test, and every test of the table is there.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const TABLE: &str = include_str!("data/traps.txt");
/// Traps of hostile servers, of servers that differ, and faults of transfers.
const NUMBERS: [(char, usize); 3] = [('H', 70), ('I', 110), ('F', 50)];

#[test]
fn every_trap_has_a_test_that_is_there() {
    let mut seen = BTreeSet::new();
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let [id, _, place] = line.split(" | ").collect::<Vec<_>>()[..] else { panic!("{line}") };
        assert!(seen.insert(id.to_owned()), "{id} is there twice");
        let (file, name) = place.split_once(": ").unwrap_or_else(|| panic!("{line}"));
        if file == "by design" {
            continue;
        }
        let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).expect(line);
        let is_scene = file.ends_with(".txt") && text.contains(&format!("\n== {name}"));
        let is_test = file.ends_with(".rs") && text.contains(&format!("fn {name}("));
        assert!(is_scene || is_test, "{line}");
    }
    let all = NUMBERS.iter().flat_map(|(letter, last)| (1..=*last).map(move |number| format!("{letter}{number:02}")));
    assert_eq!(seen, all.collect());
}
