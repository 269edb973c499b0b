//! A directory of the server, as a listing.

use super::{Body, Cancel, Collected, Connection, Error};
use crate::ftp::listing::{Hints, Parsed};
use crate::ftp::{self, DataFault, Operation, Outcome, listing};
use crate::model::{Listing, RawListing, RemotePath};

/// A directory as it was listed and read.
struct Read {
    /// As the server says it, where it does.
    path: RemotePath,
    method: ftp::Method,
    parsed: Parsed,
    bytes: Collected,
    at: jiff::Timestamp,
}

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
        let mut read = self.read_lines(path, false, cancel).await?;
        if read.method == ftp::Method::Mlsd && read.parsed.unread {
            self.note("Nothing of what MLSD has sent can be read: LIST is asked instead".to_owned());
            match self.read_lines(path, true, cancel).await {
                Err(Error::Ftp(ftp::Error::Refused { .. })) => {} // then a person sees at least what came
                other => read = other?,
            }
        }
        let Read { path, method, mut parsed, bytes, at } = read;
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

    /// Asks for the directory, and reads what comes.
    async fn read_lines(&self, path: &RemotePath, without_mlsd: bool, cancel: &Cancel) -> Result<Read, Error> {
        let operation = Operation::List { path: path.clone(), without_mlsd };
        let (outcome, bytes) = self.collect_lines(&operation, cancel).await?;
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
        let (parsed, bytes) = parsing.await.map_err(|error| Error::Local(std::io::Error::other(error)))?;
        if !parsed.whole {
            // What is missing would look as if it were not there.
            return Err(ftp::Error::Limit("listing").into());
        }
        Ok(Read { path, method, parsed, bytes, at })
    }

    /// What the server sends as the directory. In clear, what is between can end a data connection as the server itself
    /// does, and a server whose bytes were taken says that all is well: it shows by a line without its end. Some servers
    /// never end the last line; theirs is the same when it is asked for again.
    async fn collect_lines(&self, operation: &Operation, cancel: &Cancel) -> Result<(Outcome, Collected), Error> {
        let (outcome, bytes) = self.run(operation.clone(), Body::None, None, cancel).await?;
        if is_whole(&bytes) || self.ends_no_listing() {
            return Ok((outcome, bytes));
        }
        self.note("The listing ended within a line: it is asked for once more".to_owned());
        let (outcome, again) = self.run(operation.clone(), Body::None, None, cancel).await?;
        if !is_whole(&again) {
            if again != bytes {
                let fault = DataFault::Network("the listing ended within a line".to_owned());
                return Err(ftp::Error::Data { fault, reply: None }.into());
            }
            self.heard_no_end();
        }
        Ok((outcome, again))
    }
}

/// Whether nothing is missing of the last line.
fn is_whole(listing: &[u8]) -> bool {
    matches!(listing.last(), None | Some(b'\n' | b'\r'))
}
