//! The order of the rows of a pane.

use std::cmp::Ordering;

use super::rows::Sort;
use crate::model::Entry;
use crate::model::file_columns::Column;

/// Indices of the entries that are shown, in the order wanted: folders first.
pub(super) fn order(entries: &[Entry], sort: Sort, filter: &str, hidden: bool) -> Vec<u32> {
    let filter = filter.to_lowercase();
    let keys: Vec<String> = entries.iter().map(|entry| entry.name.to_lowercase()).collect();
    let seen = |index: &usize| (hidden || !keys[*index].starts_with('.')) && keys[*index].contains(&filter);
    let mut order: Vec<u32> = (0..entries.len()).filter(seen).filter_map(|index| u32::try_from(index).ok()).collect();
    order.sort_unstable_by(|a, b| {
        let (a, b) = (*a as usize, *b as usize);
        let (x, y) = (&entries[a], &entries[b]);
        let by_name = || natural(&keys[a], &keys[b]).then_with(|| x.name.cmp(&y.name));
        let by_column = match sort.column {
            Column::Name => Ordering::Equal,
            Column::Size => x.size.cmp(&y.size),
            Column::Modified => {
                let seconds = |entry: &Entry| entry.modified.map(|modified| modified.unix_seconds());
                seconds(x).cmp(&seconds(y))
            }
            Column::Permissions => x.permissions.cmp(&y.permissions),
            Column::Owner => by_owner(x.owner.as_deref(), y.owner.as_deref()),
            Column::Group => by_owner(x.group.as_deref(), y.group.as_deref()),
        };
        // Names ascend within equal values, whichever way the values go.
        let ordering = match (sort.column, sort.descending) {
            (Column::Name, false) => by_name(),
            (Column::Name, true) => by_name().reverse(),
            (_, false) => by_column.then_with(by_name),
            (_, true) => by_column.reverse().then_with(by_name),
        };
        y.is_directory().cmp(&x.is_directory()).then(ordering)
    });
    order
}

/// Names and numbers of owners; what the server did not say comes first.
fn by_owner(a: Option<&str>, b: Option<&str>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => natural(a, b),
        _ => a.is_some().cmp(&b.is_some()),
    }
}

/// Compares as a person does: runs of digits by their value, so that `file 9` stands before `file 10`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (a.first(), b.first()) {
            (None, None) => return Ordering::Equal,
            (None, _) => return Ordering::Less,
            (_, None) => return Ordering::Greater,
            (Some(x), Some(y)) if x.is_ascii_digit() && y.is_ascii_digit() => {
                let (m, n) = (digits(a), digits(b));
                let (value_a, value_b) = (trim(&a[..m]), trim(&b[..n]));
                let ordering = value_a.len().cmp(&value_b.len()).then_with(|| value_a.cmp(value_b));
                if ordering != Ordering::Equal {
                    return ordering;
                }
                (a, b) = (&a[m..], &b[n..]);
            }
            // UTF-8 compares byte by byte as its characters do.
            (Some(x), Some(y)) if x != y => return x.cmp(y),
            _ => (a, b) = (&a[1..], &b[1..]),
        }
    }
}

fn digits(text: &[u8]) -> usize {
    text.iter().take_while(|byte| byte.is_ascii_digit()).count()
}

fn trim(digits: &[u8]) -> &[u8] {
    let zeros = digits.iter().take_while(|digit| **digit == b'0').count();
    &digits[zeros..]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    #[test]
    fn owners_are_sorted_by_the_value_of_their_numbers() {
        let mut entries: Vec<Entry> = ["a", "b", "c", "d"].map(|name| Entry::new(name, Kind::File)).into();
        for (entry, owner) in entries.iter_mut().zip(["1234", "999", "me"]) {
            entry.owner = Some(owner.into());
        }
        let sort = Sort { column: Column::Owner, descending: false };
        assert_eq!(order(&entries, sort, "", true), [3, 1, 0, 2]);
    }
}
