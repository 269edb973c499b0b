//! `sites`: what `--site` can name.

use serde::Serialize;

use super::front::Front;
use super::status::{Status, Stop};
use crate::model::url::host_part;
use crate::model::{Security, Site};

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
        let rows: Vec<_> = sites.sites.iter().map(|site| Row { name: name(site), url: url(site) }).collect();
        front.results.json(&rows);
        return Ok(Status::Done);
    }
    let width = sites.sites.iter().map(|site| name(site).chars().count()).max().unwrap_or(0);
    for site in &sites.sites {
        let name = name(site);
        front.results.line(&if long { format!("{name:width$}  {}", url(site)) } else { name });
    }
    Ok(Status::Done)
}

/// With its folder, so that it is the only one.
fn name(site: &Site) -> String {
    if site.folder.is_empty() { site.name.clone() } else { format!("{}/{}", site.folder, site.name) }
}

fn url(site: &Site) -> String {
    let scheme = match site.security {
        Security::Try | Security::Never => "ftp",
        Security::Explicit => "ftpes",
        Security::Implicit => "ftps",
    };
    let host = host_part(&site.host);
    let user = if site.user.is_empty() { String::new() } else { format!("{}@", site.user) };
    let port = site.port.map_or_else(String::new, |port| format!(":{port}"));
    format!("{scheme}://{user}{host}{port}/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_is_named_so_that_it_is_found_again() {
        let site = Site {
            name: "Home".into(),
            folder: "A/B".into(),
            host: "::1".into(),
            port: Some(2121),
            user: "me".into(),
            security: Security::Explicit,
            ..Site::default()
        };
        assert_eq!((name(&site).as_str(), url(&site).as_str()), ("A/B/Home", "ftpes://me@[::1]:2121/"));
        let sites = crate::model::Sites { sites: vec![site.clone()], ..Default::default() };
        assert_eq!(sites.find(&name(&site)), Some(&site));
    }
}
