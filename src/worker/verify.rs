//! How a transfer is known to be complete: by the server's word, by size, and with `--verify` by checksum.

use std::fmt::Write as _;
use std::io::{self, Read};

use sha2::{Digest, Sha256};

use super::disk::Part;
use super::retry::Trouble;
use super::transfer::Job;
use crate::ftp::{Operation, Outcome};
use crate::model::transfer::Proof;
use crate::model::{Cause, RemotePath};

/// Hexadecimal digits of a SHA-256.
const DIGITS: usize = 64;
const BUFFER: usize = 256 * 1024;

/// A download whose part is whole: `size` is what the server said, where it did.
pub(super) async fn download(job: &Job, what: &str, part: &Part, size: Option<u64>) -> Result<Proof, Trouble> {
    if job.context.run.ascii {
        return Ok(Proof::Reply);
    }
    let mut proof = if size.is_some() { Proof::Size } else { Proof::Reply };
    if job.context.run.verify {
        let path = job.row.remote();
        let here = part.length().map_err(|error| Trouble::disk(what, &error))?;
        proof = proof.max(again(job, what, &path, here).await?);
        let file = part.path();
        let here = async || {
            job.blocking(what, move || hash(&file).map_err(|e| super::disk::Error::new("read", file, e))).await
        };
        if let Some(there) = checksum(job, &path).await? {
            compare(what, &here().await?, &there)?;
            proof = Proof::Checksum;
        }
    }
    Ok(proof)
}

/// An upload that the server confirmed: `bytes` is its size here, and `there` what SIZE said of it, if it was answered.
pub(super) async fn upload(
    job: &Job,
    what: &str,
    path: &RemotePath,
    bytes: u64,
    there: Option<u64>,
) -> Result<Proof, Trouble> {
    if job.context.run.ascii {
        return Ok(Proof::Reply);
    }
    let mut proof = match there {
        Some(there) => same_size(what, there, bytes)?,
        None => again(job, what, path, bytes).await?,
    };
    if job.context.run.verify
        && let Some(there) = checksum(job, path).await?
    {
        let file = job.row.folder.local.join(super::disk::to_os(job.row.local_name()));
        let here = move || hash(&file).map_err(|error| super::disk::Error::new("read", file, error));
        compare(what, &job.blocking(what, here).await?, &there)?;
        proof = Proof::Checksum;
    }
    Ok(proof)
}

/// Asks for the size (once more) and compares it.
async fn again(job: &Job, what: &str, path: &RemotePath, here: u64) -> Result<Proof, Trouble> {
    match job.remote_facts(path).await?.and_then(|facts| facts.size) {
        Some(there) => same_size(what, there, here),
        None => Ok(Proof::Reply),
    }
}

fn same_size(what: &str, there: u64, here: u64) -> Result<Proof, Trouble> {
    if there == here {
        return Ok(Proof::Size);
    }
    let why = format!("it has {there} bytes on the server and {here} here");
    Err(Trouble::new(what, why, Cause::Differs, true))
}

/// The file's SHA-256 as the server computes it, where it can.
async fn checksum(job: &Job, path: &RemotePath) -> Result<Option<String>, Trouble> {
    let Some(link) = &job.link else { return Ok(None) };
    let features = link.connection.server().features.clone();
    let upper = features.iter().map(|feature| feature.to_ascii_uppercase()).collect::<Vec<_>>();
    let mut lines = Vec::new();
    if let Some(hash) = upper.iter().find(|feature| feature.starts_with("HASH ") && feature.contains("SHA-256")) {
        if !hash.contains("SHA-256*") {
            lines.push("OPTS HASH SHA-256".to_owned());
        }
        lines.push(format!("HASH {}", path.as_str()));
    } else if upper.iter().any(|feature| feature.starts_with("XSHA256")) {
        lines.push(format!("XSHA256 \"{}\"", path.as_str()));
    }
    let mut found = None;
    for line in lines {
        match job.operate(Operation::Raw { line }, "Could not compute the checksum of", path).await {
            Ok(Outcome::Replies(replies)) => found = replies.iter().flatten().find_map(|line| hexadecimal(line)),
            Ok(_) => {}
            Err(trouble) if trouble.is_refusal() => return Ok(None),
            Err(trouble) => return Err(trouble),
        }
    }
    Ok(found)
}

fn compare(what: &str, here: &str, there: &str) -> Result<(), Trouble> {
    if here == there {
        return Ok(());
    }
    let why = format!("the SHA-256 on the server is {there}, and {here} here");
    Err(Trouble::new(what, why, Cause::Differs, true))
}

/// The word of a reply that is a SHA-256.
fn hexadecimal(line: &str) -> Option<String> {
    let is_hash = |word: &&str| word.len() == DIGITS && word.bytes().all(|byte| byte.is_ascii_hexdigit());
    line.split_whitespace().rfind(is_hash).map(str::to_ascii_lowercase)
}

fn hash(path: &std::path::Path) -> io::Result<String> {
    let (mut file, mut hasher, mut buffer) = (std::fs::File::open(path)?, Sha256::new(), vec![0; BUFFER]);
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            count => hasher.update(&buffer[..count]),
        }
    }
    Ok(hasher.finalize().iter().fold(String::with_capacity(DIGITS), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_found_in_every_form_of_reply() {
        let sum = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08";
        for reply in [format!("213 SHA-256 0-4 {sum} f"), format!("250 {sum}"), format!("220 {sum} name")] {
            assert_eq!(hexadecimal(&reply).as_deref(), Some(sum.to_lowercase().as_str()));
        }
        assert_eq!(hexadecimal("550 no such file"), None);
    }

    #[test]
    fn the_checksum_of_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("f");
        std::fs::write(&path, b"test").unwrap();
        assert_eq!(hash(&path).unwrap(), "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08");
    }
}
