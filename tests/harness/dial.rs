//! Connections to a server without the worker.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use longshore::ftp::Known;
use longshore::model::{ConnectionId, Credentials, Login, Secret, Site};
use longshore::net::{Backlog, Dial, Log, Roots, Trust};

/// A log-in as the site's user, straight, with nothing learned and nothing special asked for.
pub fn dial(site: Site, password: &str, roots: &[PathBuf], log: Log) -> Dial {
    let credentials = Credentials { user: site.user.clone(), password: Secret::new(password), account: None };
    Dial {
        site: Arc::new(Site { login: Login::Normal, ..site }),
        credentials,
        known: Known::default(),
        id: ConnectionId(1),
        timeout: Duration::from_secs(20),
        trust: Trust::new(Arc::new(Roots::new(roots).unwrap()), []),
        active_ports: None,
        proxy: None,
        external_address: None,
        certificate: None,
        key_log: false,
        tls12_only: false,
        log,
        keep_alive: None,
        backlog: Backlog::default(),
    }
}
