//! What two processes have changed since both read the same.

use std::collections::HashSet;

use toml::Value;

use super::file::Document;
use crate::model::{Site, Sites};

/// Servers that quickconnect remembers.
const MOST_RECENT: usize = 20;

/// `mine` where it differs from `base`, else `theirs`; what this version does not know stays.
pub(super) fn values(base: &Document, theirs: &Document, mine: &Document) -> Document {
    let mut merged = theirs.clone();
    for (key, value) in mine {
        match (base.get(key), theirs.get(key), value) {
            (old, Some(Value::Table(theirs)), Value::Table(mine)) => {
                let empty = Document::new();
                let base = old.and_then(Value::as_table).unwrap_or(&empty);
                merged.insert(key.clone(), Value::Table(values(base, theirs, mine)));
            }
            (Some(old), Some(_), mine) if old == mine => {}
            _ => drop(merged.insert(key.clone(), value.clone())),
        }
    }
    // What is `None` now has no line.
    for key in base.keys() {
        if !mine.contains_key(key) && is_known(key) && merged.get(key) == base.get(key) {
            merged.remove(key);
        }
    }
    merged
}

/// Settings that may have no line. Other lines that this version does not write belong to a newer one.
fn is_known(key: &str) -> bool {
    ["active_ports", "external_address", "local", "port", "window"].contains(&key)
}

/// `mine`, with the sites and folders that `theirs` has and neither `base` nor `mine` had.
pub(super) fn sites(base: &Sites, theirs: &Sites, mine: &Sites) -> Sites {
    let mut merged = mine.clone();
    let name = |site: &Site| (site.folder.clone(), site.name.clone());
    let known: HashSet<_> = base.sites.iter().chain(&mine.sites).map(name).collect();
    merged.sites.extend(theirs.sites.iter().filter(|site| !known.contains(&name(site))).cloned());
    for site in &mut merged.sites {
        // What only they have changed is theirs.
        let same = |other: &&Site| name(other) == name(site);
        if let (Some(old), Some(new)) = (base.sites.iter().find(same), theirs.sites.iter().find(same))
            && old == site
        {
            *site = new.clone();
        }
    }
    // What only they have deleted is gone.
    let there: HashSet<_> = theirs.sites.iter().map(name).collect();
    merged.sites.retain(|site| !base.sites.contains(site) || there.contains(&name(site)));
    let known: HashSet<_> = base.folders.iter().chain(&mine.folders).collect();
    merged.folders.extend(theirs.folders.iter().filter(|folder| !known.contains(folder)).cloned());
    let known: HashSet<_> = base.recent.iter().chain(&mine.recent).collect();
    let new = theirs.recent.iter().filter(|site| !known.contains(site)).cloned();
    merged.recent.extend(new);
    merged.recent.truncate(MOST_RECENT.max(mine.recent.len()));
    merged
}
