//! What an upload is called: while it comes, when it is whole, and beside a file that stays.

use super::super::retry::Trouble;
use super::super::transfer::{Job, remote_name};
use crate::ftp::{self, Operation};
use crate::model::{Cause, RemotePath, Site, Transfer};
use crate::net::{self, Body};

/// Numbers tried for `name (1)`.
const MOST_COPIES: u32 = 1000;
/// What the name of an upload ends with until it is whole, on sites that want that.
const TEMPORARY: &str = ".filepart";

/// Where the bytes go: to the file's name, or to one of their own until they are whole.
pub(super) fn place(site: &Site, row: &Transfer) -> RemotePath {
    if site.temporary_names { row.folder.remote.join(&format!("{}{TEMPORARY}", row.remote_name)) } else { row.remote() }
}

/// A whole upload of `size` bytes takes its name. Some servers rename onto nothing that is there; what is goes only where it
/// may be replaced.
pub(super) async fn take_name(job: &Job, replaces: bool, size: u64) -> Result<(), Trouble> {
    let (from, to) = (place(&job.site, &job.row), job.row.remote());
    if from == to {
        return Ok(());
    }
    let what = format!("Could not rename {from}");
    let rename = || Operation::Rename { from: from.clone(), to: to.clone() };
    let Some(link) = &job.link else { return Err(Trouble::lost(what)) };
    let Err(error) = link.connection.run(rename(), Body::None, Some(job.row.id), &job.cancel).await else {
        return is_renamed(job, &from, &to, size).await;
    };
    // A server that renames nothing at all, or not this file, would not do it either when the other one is gone.
    let may_be_in_the_way = matches!(error, net::Error::Ftp(ftp::Error::Refused { verb: "RNTO", .. }));
    let trouble = Trouble::of(what, &error);
    // What is there goes only for something that is whole: a server may have done away with what it was sent.
    if !(replaces
        && may_be_in_the_way
        && trouble.is_refusal()
        && job.remote_facts(&to).await?.is_some()
        && job.remote_facts(&from).await?.is_some())
    {
        return Err(trouble);
    }
    job.operate(Operation::Delete { path: to.clone() }, "Could not replace", &to).await?;
    job.operate(rename(), "Could not rename", &from).await?;
    is_renamed(job, &from, &to, size).await
}

/// Some servers say that they have renamed what they have not. One that tells nothing of the file is believed.
async fn is_renamed(job: &Job, from: &RemotePath, to: &RemotePath, size: u64) -> Result<(), Trouble> {
    let is_it = match job.remote_facts(to).await? {
        Some(facts) => job.row.is_text() || facts.size.is_none_or(|there| there == size),
        None => job.remote_facts(from).await?.is_none(),
    };
    if is_it {
        return Ok(());
    }
    let why = format!("the server said that it has renamed {from}, and has not");
    Err(Trouble::new(format!("Could not rename {from}"), why, Cause::Differs, false))
}

pub(super) async fn free_name(job: &Job, what: &str) -> Result<String, Trouble> {
    let (pattern, now) = job.copies();
    for number in 1..=MOST_COPIES {
        let name = pattern.name(&job.row.remote_name, number, now);
        let path = job.row.folder.remote.join(&name);
        // The server does not see yet what another row has chosen.
        if job.target_facts(&path).await?.is_none() && job.context.memory.claim(remote_name(&job.site, &path)) {
            return Ok(name);
        }
    }
    Err(Trouble::new(what, "every name like it is taken on the server", Cause::Limit, false))
}
