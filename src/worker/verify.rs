//! How a transfer is known to be complete: by the server's word, by size, and by checksum where the server offers one.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use super::browse::Browser;
use super::checksum::of_file;
use super::disk::{self, Part};
use super::download;
use super::retry::Trouble;
use super::transfer::{Job, remote_name};
use super::walk::{self, LookUp};
use crate::ftp::checksum::Offer;
use crate::ftp::{self, Algorithm, Operation, Outcome};
use crate::model::question::Facts;
use crate::model::transfer::Proof;
use crate::model::{Cause, RemotePath, Report};
use crate::net::{self, Body};

/// A download whose part is whole: `size` is what the server said, where it did.
pub(super) async fn download(job: &Job, what: &str, part: &Part, size: Option<u64>) -> Result<Proof, Trouble> {
    if job.row.is_text() {
        return Ok(Proof::Reply);
    }
    let mut proof = if size.is_some() { Proof::Size } else { Proof::Reply };
    let (path, here) = (job.row.remote(), part.length().map_err(|error| Trouble::disk(what, &error))?);
    if job.context.run.verify {
        proof = proof.max(again(job, what, &path, here, true).await?.unwrap_or(Proof::Reply));
    }
    if let Some(there) = checksum(job, &path, here).await? {
        let file = part.reader().map_err(|error| Trouble::disk(what, &error))?;
        compare_here(job, what, there, move || Ok(file)).await?;
        proof = Proof::Checksum;
    }
    Ok(proof)
}

/// An upload that the server confirmed: `bytes` is its size here, and `there` what SIZE said of it, if it was answered. Where
/// its data connection was not closed in order, the server's word is no proof.
pub(super) async fn upload(
    job: &Job,
    what: &str,
    path: &RemotePath,
    bytes: u64,
    there: Option<u64>,
    clean: bool,
) -> Result<Proof, Trouble> {
    let unless_cut = |proof: Proof| match proof {
        Proof::Reply if !clean => {
            let why = "the server reset the data connection, and does not tell how much it has";
            Err(Trouble::new(what, why, Cause::Differs, true))
        }
        proof => Ok(proof),
    };
    if job.row.is_text() {
        return unless_cut(Proof::Reply);
    }
    let proof = match there {
        Some(there) => same_size(what, there, bytes)?,
        None => again(job, what, path, bytes, job.context.run.verify || !clean).await?.ok_or_else(|| {
            let why = "the server has said that it took it, and does not have it under this name";
            Trouble::new(what, why, Cause::Differs, false)
        })?,
    };
    let file = job.row.folder.local.join(disk::to_os(job.row.local_name()));
    match checksum(job, path, bytes).await? {
        Some(there) => compare_here(job, what, there, move || File::open(file)).await.map(|()| Proof::Checksum),
        None => unless_cut(proof),
    }
}

/// Compares a file here with the server's because a person wants to know, however large it is. Of a download that was cut
/// that is its part: what else may be there under the file's name is another one.
pub(super) async fn by_hand(on: &mut Browser, local: PathBuf, path: RemotePath) -> Result<Report, Trouble> {
    let what = format!("Could not verify {path}");
    let part = disk::part_of(&local);
    let held = download::begun(&on.context.journal, &remote_name(&on.site, &path), &part);
    let held = held.map_err(|error| Trouble::disk(&*what, &error))?;
    let local = if held.is_some() { part } else { local };
    let unread = |error: &io::Error| {
        let why = format!("{}: {error}", local.display());
        Trouble::new(what.clone(), why, Cause::Local, false)
    };
    let here = local.metadata().map_err(|error| unread(&error))?.len();
    let facts = Operation::Facts { path: path.clone() };
    let (outcome, _) = on.operate(facts, "Could not verify", &path.to_string()).await?;
    let there = if let Outcome::Facts { size, .. } = outcome { size } else { None };
    let differs = format!("{path} is not the same on both sides");
    match (there, held) {
        (Some(there), Some(held)) if held != there => {
            let why = format!("{held} of {there} bytes are here so far, in {}", local.display());
            return Err(Trouble::new(format!("{path} is not whole here"), why, Cause::Differs, true));
        }
        (Some(there), _) => drop(same_size(&differs, there, here)?),
        (None, _) => {}
    }
    let still = held.map_or_else(String::new, |_| format!(". Here it is still called {}", local.display()));
    let same = |how: String| Ok(Report::Said(format!("{path} is the same on both sides: {how}{still}")));
    if let Some(offer) = on.checksums() {
        let algorithm = offer.algorithm;
        let operation = Operation::Checksum { path: path.clone(), offer };
        match on.operate(operation, "Could not compute the checksum of", &path.to_string()).await {
            Ok((Outcome::Checksum(Some(there)), _)) => {
                let file = local.clone();
                let read = tokio::task::spawn_blocking(move || of_file(algorithm, &File::open(file)?)).await;
                let here = read.map_err(io::Error::other).flatten().map_err(|error| unread(&error))?;
                compare(&differs, algorithm, &here, &there)?;
                return same(format!("the {} is {here}", algorithm.name()));
            }
            Err(trouble) if !trouble.is_refusal() => return Err(trouble),
            _ => {}
        }
    }
    match there {
        Some(there) => same(format!("{there} bytes. The server computes no checksum to be sure of what is in it")),
        None => Err(Trouble::new(what, "the server tells neither its size nor a checksum", Cause::Refused, false)),
    }
}

/// Asks for the size (once more) and compares it. Where the server cannot tell of one file, or says that there is none, its
/// folder is listed: a list that lacks the file says that it is not there, and none says nothing, as in a folder that takes
/// files and shows none. What is only not known is looked up where somebody wants it `for_sure`. `None`: it is not there.
async fn again(job: &Job, what: &str, path: &RemotePath, here: u64, for_sure: bool) -> Result<Option<Proof>, Trouble> {
    let Some(link) = &job.link else { return Err(Trouble::lost(what)) };
    let facts = Operation::Facts { path: path.clone() };
    let is_unknown = match link.connection.run(facts, Body::None, Some(job.row.id), &job.cancel).await {
        Ok((Outcome::Facts { size: Some(there), .. }, _)) => return same_size(what, there, here).map(Some),
        Ok(_) => true,
        Err(net::Error::Ftp(ftp::Error::Refused { code: 500..=504, .. } | ftp::Error::Unsupported(_))) => true,
        Err(error) => match Trouble::of(what, &error) {
            trouble if trouble.is_refusal() => false,
            trouble => return Err(trouble),
        },
    };
    if is_unknown && !for_sure {
        return Ok(Some(Proof::Reply));
    }
    match walk::look_up(job, path).await? {
        LookUp::Is(Facts { size: Some(there), .. }) => same_size(what, there, here).map(Some),
        // Servers do not show all.
        LookUp::Absent { is_empty: false } if !path.name().starts_with('.') => Ok(None),
        _ => Ok(Some(Proof::Reply)),
    }
}

fn same_size(what: &str, there: u64, here: u64) -> Result<Proof, Trouble> {
    if there == here {
        return Ok(Proof::Size);
    }
    let why = format!("it has {there} bytes on the server and {here} here");
    Err(Trouble::new(what, why, Cause::Differs, true))
}

/// What the server computes of a file that has `bytes`, where it can and that is wanted.
async fn checksum(job: &Job, path: &RemotePath, bytes: u64) -> Result<Option<(Algorithm, String)>, Trouble> {
    let is_wanted = job.context.run.verify || (bytes > 0 && bytes <= job.settings.verify_up_to);
    let server = job.link.as_ref().filter(|link| is_wanted && link.is_open()).map(|link| link.connection.server());
    let Some(offer) = server.and_then(|server| Offer::of(&server.features)) else { return Ok(None) };
    let algorithm = offer.algorithm;
    job.gauge.step("Comparing checksums");
    let operation = Operation::Checksum { path: path.clone(), offer };
    match job.operate(operation, "Could not compute the checksum of", path).await {
        Ok(Outcome::Checksum(there)) => Ok(there.map(|there| (algorithm, there))),
        // A refusal, or a connection that ends here, takes nothing from what the file has proved already.
        Err(trouble) if job.context.run.verify && !trouble.is_refusal() => Err(trouble),
        _ => Ok(None),
    }
}

/// Compares it with that of the file here, which `open` opens.
async fn compare_here(
    job: &Job,
    what: &str,
    (algorithm, there): (Algorithm, String),
    open: impl FnOnce() -> io::Result<File> + Send + 'static,
) -> Result<(), Trouble> {
    let local = job.row.folder.local.join(disk::to_os(job.row.local_name()));
    let read = move || of_file(algorithm, &open()?);
    let here = move || read().map_err(|error| disk::Error::new("read", local, error));
    compare(what, algorithm, &job.blocking(what, here).await?, &there)
}

fn compare(what: &str, algorithm: Algorithm, here: &str, there: &str) -> Result<(), Trouble> {
    if here == there {
        return Ok(());
    }
    let why = format!("the {} on the server is {there}, and {here} here", algorithm.name());
    Err(Trouble::new(what, why, Cause::Differs, true))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_that_differs_is_told_with_both() {
        assert!(compare("x", Algorithm::Md5, "aa", "aa").is_ok());
        let trouble = compare("x", Algorithm::Md5, "aa", "bb").unwrap_err();
        assert_eq!(trouble.failure.why, "the MD5 on the server is bb, and aa here");
        assert!(trouble.failure.cause == Cause::Differs && trouble.failure.again);
    }
}
