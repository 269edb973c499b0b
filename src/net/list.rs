//! A directory of the server, as a listing.

use super::{Body, Cancel, Connection, Error};
use crate::ftp::listing::Hints;
use crate::ftp::{self, Operation, Outcome, listing};
use crate::model::{Listing, RawListing, RemotePath};

impl Connection {
    /// Lists a directory.
    pub async fn list(&self, path: &RemotePath, cancel: &Cancel) -> Result<Listing, Error> {
        self.read_directory(path, true, cancel).await
    }

    /// Lists a directory whose files are to be fetched: where MDTM tells each one's time on the way, no zone is asked for.
    pub async fn list_to_fetch(&self, path: &RemotePath, cancel: &Cancel) -> Result<Listing, Error> {
        let is_known = self.known().zone.is_some() || self.server().site.zone.is_some();
        self.read_directory(path, is_known || !self.has_mdtm_alone(), cancel).await
    }

    async fn read_directory(&self, path: &RemotePath, with_zone: bool, cancel: &Cancel) -> Result<Listing, Error> {
        let (outcome, bytes) = self.run(Operation::List { path: path.clone() }, Body::None, None, cancel).await?;
        let (method, real) = match outcome {
            Outcome::Listed { method, path } => (method, path),
            _ => (ftp::Method::List, None),
        };
        let at = jiff::Timestamp::now();
        let today = jiff::Zoned::now().datetime();
        let encoding = self.encoding();
        let last = self.known().dialect;
        let path = real.unwrap_or_else(|| path.clone());
        let folder = path.clone();
        // A listing of 100,000 lines takes a while, and other connections must not wait for it.
        let parsing = tokio::task::spawn_blocking(move || {
            let hints = Hints { dialect: last.as_deref(), folder: Some(&folder), ..Hints::default() };
            let parsed = listing::parse_like(&bytes, method, today, encoding, hints);
            (parsed, bytes)
        });
        let (mut parsed, bytes) = parsing.await.map_err(|error| Error::Local(std::io::Error::other(error)))?;
        if !parsed.whole {
            // What is missing would look as if it were not there.
            return Err(ftp::Error::Limit("listing").into());
        }
        if method == ftp::Method::List && !parsed.entries.is_empty() {
            self.heard_dialect(parsed.dialect);
            if with_zone && let Some(zone) = self.zone_of_list(&path, &parsed.entries, cancel).await {
                for modified in parsed.entries.iter_mut().filter_map(|entry| entry.modified.as_mut()) {
                    *modified = modified.in_zone(&zone);
                }
            }
        }
        Ok(Listing {
            path,
            entries: parsed.entries,
            dialect: parsed.dialect.to_owned(),
            refused: parsed.refused,
            at,
            raw: RawListing::new(bytes, parsed.spans),
            guess: parsed.guess,
        })
    }
}
