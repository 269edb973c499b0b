//! `sites`: what `--site` can name.

use serde::Serialize;

use super::front::Front;
use super::status::{Status, Stop};
use crate::model::{Site, url};

/// A site. It holds no secret.
#[derive(Serialize)]
struct Row {
    name: String,
    url: String,
}

/// Lists the sites.
pub(super) fn sites(front: &mut Front, long: bool) -> Result<Status, Stop> {
    let sites = front.sites.clone();
    if front.options.json {
        let rows: Vec<_> = sites.sites.iter().map(|site| Row { name: name(site), url: url::of(site, None) }).collect();
        front.results.json(&rows);
        return Ok(Status::Done);
    }
    let width = sites.sites.iter().map(|site| name(site).chars().count()).max().unwrap_or(0);
    for site in &sites.sites {
        let name = name(site);
        front.results.line(&if long { format!("{name:width$}  {}", url::of(site, None)) } else { name });
    }
    Ok(Status::Done)
}

/// With its folder, so that it is the only one.
fn name(site: &Site) -> String {
    if site.folder.is_empty() { site.name.clone() } else { format!("{}/{}", site.folder, site.name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_named_so_that_it_is_found_again() {
        let site = Site { name: "Home".into(), folder: "A/B".into(), host: "h".into(), ..Site::default() };
        assert_eq!(name(&site), "A/B/Home");
        let sites = crate::model::Sites { sites: vec![site.clone()], ..Default::default() };
        assert_eq!(sites.find(&name(&site)), Some(&site));
    }
}
