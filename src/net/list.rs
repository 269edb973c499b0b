//! A directory of the server, as a listing.

use super::{Body, Cancel, Connection, Error};
use crate::ftp::{self, Operation, Outcome, listing};
use crate::model::{Listing, RemotePath};

impl Connection {
    /// Lists a directory.
    pub async fn list(&self, path: &RemotePath, cancel: &Cancel) -> Result<Listing, Error> {
        let (outcome, bytes) = self.run(Operation::List { path: path.clone() }, Body::None, None, cancel).await?;
        let (method, real) = match outcome {
            Outcome::Listed { method, path } => (method, path),
            _ => (ftp::Method::List, None),
        };
        let at = jiff::Timestamp::now();
        let today = jiff::Zoned::now().datetime();
        let encoding = self.encoding();
        // A listing of 100,000 lines takes a while, and other connections must not wait for it.
        let parsing = tokio::task::spawn_blocking(move || listing::parse(&bytes, method, today, encoding));
        let parsed = parsing.await.map_err(|error| Error::Local(std::io::Error::other(error)))?;
        if !parsed.whole {
            // What is missing would look as if it were not there.
            return Err(ftp::Error::Limit("listing").into());
        }
        Ok(Listing {
            path: real.unwrap_or_else(|| path.clone()),
            entries: parsed.entries,
            dialect: parsed.dialect.to_owned(),
            refused: parsed.refused,
            at,
        })
    }
}
