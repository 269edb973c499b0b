//! `ls`.

use serde::Serialize;

use super::front::Front;
use super::options::Options;
use super::status::{Status, Stop};
use super::target;
use crate::model::path::shown;
use crate::model::{Cause, Entry, Kind, LeftOut, Modified, Precision, TabId, permissions};

/// An entry as the contract has it.
#[derive(Serialize)]
struct Row<'a> {
    name: String,
    kind: &'static str,
    size: Option<u64>,
    modified: Option<String>,
    modified_precision: Option<&'static str>,
    permissions: Option<&'a str>,
    owner: Option<String>,
    group: Option<String>,
    target: Option<String>,
}

/// Lists a folder; or a file, where the path is one.
pub(super) fn ls(front: &mut Front, text: Option<&str>, long: bool) -> Result<Status, Stop> {
    let target = target::target(&site_folder(front, text)?, &front.options, &front.sites)?;
    let tab = TabId(0);
    let server = front.connect(tab, &target)?;
    let path = target.resolve(&server.home, server.paths);
    let failure = match front.list(tab, &path)? {
        Ok(listing) => {
            for LeftOut { line, is_read } in &listing.refused {
                let why = if *is_read { "its name must not be used" } else { "it could not be read" };
                front.note(&format!("{path}: left out, {why}: {line}"));
            }
            print(front, &listing.entries, long);
            return Ok(Status::Done);
        }
        Err(failure) => failure,
    };
    // It may be a file. What cannot be listed because of the connection is not looked for again.
    if let (Cause::Refused, Some(parent)) = (failure.cause, path.parent())
        && let Ok(listing) = front.list(tab, &parent)?
        && let Some(entry) = listing.entries.iter().find(|entry| entry.name == path.name() && entry.kind == Kind::File)
    {
        print(front, std::slice::from_ref(entry), long);
        return Ok(Status::Done);
    }
    Err(Stop::Failed(failure))
}

/// What is listed if nothing is named: the folder of the site, if it has one.
fn site_folder(front: &Front, text: Option<&str>) -> Result<String, Stop> {
    match (text, &front.options.site) {
        (Some(text), _) => Ok(text.to_owned()),
        (None, Some(name)) => Ok(front.sites.find(name).and_then(|site| site.remote.clone()).unwrap_or_default()),
        (None, None) => Err(Stop::Usage("ls needs a URL, or --site NAME".to_owned())),
    }
}

fn print(front: &mut Front, entries: &[Entry], long: bool) {
    let Options { json, .. } = front.options;
    if json {
        front.results.json(&entries.iter().map(row).collect::<Vec<_>>());
        return;
    }
    let mut entries: Vec<_> = entries.iter().collect();
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    if !long {
        for entry in entries {
            front.results.line(&entry.name);
        }
        return;
    }
    let rows: Vec<[String; 5]> = entries.iter().map(|entry| columns(entry)).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: [usize; 5] = std::array::from_fn(width);
    for (entry, [mode, owner, group, size, time]) in entries.iter().zip(&rows) {
        let [a, b, c, d, e] = widths;
        let arrow = entry.target.as_deref().map_or_else(String::new, |target| format!(" -> {target}"));
        let text = format!("{mode:a$} {owner:b$} {group:c$} {size:>d$} {time:e$} {}{arrow}", entry.name);
        front.results.line(&text);
    }
}

fn columns(entry: &Entry) -> [String; 5] {
    let unknown = || "-".to_owned();
    let letter = match entry.kind {
        Kind::Directory => 'd',
        Kind::File => '-',
        Kind::Link => 'l',
        Kind::Other => '?',
    };
    [
        format!("{letter}{}", entry.permissions.as_deref().map_or_else(String::new, letters)),
        entry.owner.as_deref().map_or_else(unknown, shown),
        entry.group.as_deref().map_or_else(unknown, shown),
        entry.size.map_or_else(unknown, |size| size.to_string()),
        entry.modified.as_ref().map_or_else(unknown, time),
    ]
}

/// Permissions as `ls` writes them: some servers say them as octal digits.
fn letters(said: &str) -> String {
    let octal = (3..=5).contains(&said.len()) && said.bytes().all(|byte| (b'0'..=b'7').contains(&byte));
    let Some(mode) = u16::from_str_radix(said, 8).ok().filter(|_| octal) else { return said.to_owned() };
    permissions::letters(u32::from(mode))
}

/// A time as a person reads it, no more exact than it is known; `Z` if it is UTC.
pub(super) fn time(modified: &Modified) -> String {
    let format = match modified.precision {
        Precision::Day => "%Y-%m-%d",
        Precision::Minute => "%Y-%m-%d %H:%M",
        Precision::Second | Precision::Millisecond => "%Y-%m-%d %H:%M:%S",
    };
    let zone = if modified.utc && modified.precision != Precision::Day { "Z" } else { "" };
    format!("{}{zone}", modified.at.strftime(format))
}

fn row(entry: &Entry) -> Row<'_> {
    Row {
        name: shown(&entry.name),
        kind: match entry.kind {
            Kind::File => "file",
            Kind::Directory => "dir",
            Kind::Link => "link",
            Kind::Other => "other",
        },
        size: entry.size,
        modified: entry.modified.as_ref().map(rfc3339),
        modified_precision: entry.modified.map(|modified| match modified.precision {
            Precision::Day => "day",
            Precision::Minute => "minute",
            Precision::Second => "second",
            Precision::Millisecond => "millisecond",
        }),
        permissions: entry.permissions.as_deref(),
        owner: entry.owner.as_deref().map(shown),
        group: entry.group.as_deref().map(shown),
        target: entry.target.as_deref().map(shown),
    }
}

fn rfc3339(modified: &Modified) -> String {
    let format = match modified.precision {
        Precision::Millisecond => "%Y-%m-%dT%H:%M:%S%.3f",
        Precision::Day | Precision::Minute | Precision::Second => "%Y-%m-%dT%H:%M:%S",
    };
    format!("{}{}", modified.at.strftime(format), if modified.utc { "Z" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn modified(precision: Precision, utc: bool) -> Modified {
        Modified { at: "2026-03-04T05:06:07.089".parse().unwrap(), precision, utc }
    }

    #[test]
    fn an_entry_has_exactly_the_fields_of_the_contract() {
        let bare = serde_json::to_string(&row(&Entry::new("a", Kind::Other))).unwrap();
        assert_eq!(
            bare,
            "{\"name\":\"a\",\"kind\":\"other\",\"size\":null,\"modified\":null,\"modified_precision\":null,\
             \"permissions\":null,\"owner\":null,\"group\":null,\"target\":null}"
        );
        let full = Entry {
            size: Some(12),
            modified: Some(modified(Precision::Second, true)),
            permissions: Some("rwxrwxrwx".into()),
            owner: Some("me".into()),
            group: Some("users".into()),
            target: Some("b".into()),
            ..Entry::new("a\u{10fee9}", Kind::Link)
        };
        assert_eq!(
            serde_json::to_string(&row(&full)).unwrap(),
            "{\"name\":\"a\u{fffd}\",\"kind\":\"link\",\"size\":12,\"modified\":\"2026-03-04T05:06:07Z\",\
             \"modified_precision\":\"second\",\"permissions\":\"rwxrwxrwx\",\"owner\":\"me\",\"group\":\"users\",\
             \"target\":\"b\"}"
        );
    }

    #[test]
    fn permissions_are_letters_whatever_the_server_wrote() {
        let shown = ["0644", "755", "1777", "06711", "rwxr-x---", "elradfmw"].map(letters);
        let expected = ["rw-r--r--", "rwxr-xr-x", "rwxrwxrwt", "rws--s--x", "rwxr-x---", "elradfmw"];
        assert_eq!(shown, expected);
    }

    #[test]
    fn times_have_a_zone_only_where_it_is_known() {
        assert_eq!(rfc3339(&modified(Precision::Millisecond, true)), "2026-03-04T05:06:07.089Z");
        assert_eq!(rfc3339(&modified(Precision::Minute, false)), "2026-03-04T05:06:07");
        assert_eq!(time(&modified(Precision::Day, false)), "2026-03-04");
        assert_eq!(time(&modified(Precision::Minute, true)), "2026-03-04 05:06Z");
    }
}
