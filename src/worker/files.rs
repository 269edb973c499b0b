//! Single changes of files and folders, on either side.

use std::path::PathBuf;

use super::browse::{Browser, entry_of};
use super::retry::Trouble;
use super::verify;
use crate::ftp::{Operation, Outcome};
use crate::model::{Cause, FileAction, Place, RemotePath, Report};

/// Lines that are shown of what a raw command brings on a data connection.
const MOST_LINES: usize = 10_000;

/// On the server.
pub(super) async fn remote(on: &mut Browser, action: FileAction) -> Result<Report, Trouble> {
    match action {
        FileAction::MakeDirectory(Place::Remote(path)) => {
            let operation = Operation::MakeDirectory { path: path.clone() };
            on.operate(operation, "Could not make the folder", &path.to_string()).await?;
        }
        FileAction::Rename { from: Place::Remote(from), to: Place::Remote(to) } => {
            free(on, &from, &to).await?;
            let operation = Operation::Rename { from: from.clone(), to };
            on.operate(operation, "Could not rename", &from.to_string()).await?;
        }
        FileAction::Verify { local, remote } => return verify::by_hand(on, local, remote).await,
        FileAction::Raw(line) => {
            let (outcome, data) = on.operate(Operation::Raw { line }, "Could not send the command", "").await?;
            return Ok(Report::Replies(replies(outcome, &data)));
        }
        _ => return Err(Trouble::new("Could not do it", "both ends must be on the server", Cause::Local, false)),
    }
    Ok(Report::Done)
}

/// RNTO onto a file that is there replaces it on most servers, without a word. Whoever types commands knows what RNTO
/// does; everybody else is told.
async fn free(on: &mut Browser, from: &RemotePath, to: &RemotePath) -> Result<(), Trouble> {
    if on.context.run.bare || from == to {
        return Ok(());
    }
    let taken = if entry_of(on.shown(), to).is_some() {
        true
    } else if from.as_str().to_lowercase() == to.as_str().to_lowercase() {
        false // where case does not count, it would find the file itself
    } else {
        // What is shown may be old, and some files are never listed.
        match on.operate(Operation::Facts { path: to.clone() }, "Could not look for", &to.to_string()).await {
            Ok(_) => true,
            Err(trouble) if trouble.is_refusal() => false,
            Err(trouble) => return Err(trouble),
        }
    };
    if taken {
        let why = format!("{to} is there already");
        return Err(Trouble::new(format!("Could not rename {from}"), why, Cause::Refused, false));
    }
    Ok(())
}

/// The replies; what came on the data connection stands before the last of them, as it did in time.
fn replies(outcome: Outcome, data: &[u8]) -> Vec<Vec<String>> {
    let Outcome::Replies(mut replies) = outcome else { return Vec::new() };
    if !data.is_empty() {
        let text = String::from_utf8_lossy(data);
        let lines = text.lines().take(MOST_LINES).map(str::to_owned).collect();
        replies.insert(replies.len().saturating_sub(1), lines);
    }
    replies
}

/// Whether it may change what a listing shows. A typed command that only asks does not: a listing after it would push its
/// reply out of sight.
pub(super) fn changes(action: &FileAction) -> bool {
    const VERBS: [&str; 16] = [
        "STOR", "STOU", "APPE", "DELE", "RMD", "XRMD", "MKD", "XMKD", "RNTO", "SITE", "MFMT", "MFCT", "MFF", "MDTM",
        "SMNT", "REIN",
    ];
    let line = match action {
        FileAction::Raw(line) => line,
        FileAction::Verify { .. } => return false,
        _ => return true,
    };
    let verb = line.split_whitespace().next().unwrap_or_default();
    VERBS.iter().any(|other| verb.eq_ignore_ascii_case(other))
}

/// Which side an action is about.
pub(super) enum Side {
    Local,
    Remote,
    /// It names both, or nothing at all.
    Neither,
}

pub(super) fn side(action: &FileAction) -> Side {
    let of = |places: &[&Place]| {
        if places.iter().all(|place| matches!(place, Place::Local(_))) {
            Side::Local
        } else if places.iter().all(|place| matches!(place, Place::Remote(_))) {
            Side::Remote
        } else {
            Side::Neither
        }
    };
    match action {
        FileAction::MakeDirectory(place) => of(&[place]),
        FileAction::Rename { from, to } => of(&[from, to]),
        FileAction::Delete(places) | FileAction::Chmod { places, .. } => of(&places.iter().collect::<Vec<_>>()),
        FileAction::Copy { .. } => Side::Local,
        FileAction::Verify { .. } | FileAction::Raw(_) => Side::Remote,
    }
}

/// The local and the remote ones of `places`.
pub(super) fn split(places: Vec<Place>) -> (Vec<PathBuf>, Vec<RemotePath>) {
    let (mut local, mut remote) = (Vec::new(), Vec::new());
    for place in places {
        match place {
            Place::Local(path) => local.push(path),
            Place::Remote(path) => remote.push(path),
        }
    }
    (local, remote)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn actions_that_mix_the_sides_are_told() {
        let (local, remote) = (Place::Local("/a".into()), Place::Remote(RemotePath::root()));
        assert!(matches!(side(&FileAction::Delete(vec![local.clone()])), Side::Local));
        assert!(matches!(side(&FileAction::Delete(vec![remote.clone()])), Side::Remote));
        assert!(matches!(side(&FileAction::Rename { from: local, to: remote }), Side::Neither));
    }

    #[test]
    fn commands_that_only_ask_change_nothing() {
        let raw = |line: &str| changes(&FileAction::Raw(line.into()));
        assert!(raw("mkd x") && raw("SITE CHMOD 644 x") && raw("DELE x"));
        assert!(!raw("SYST") && !raw("stat") && !raw("FOO") && !raw(""));
    }

    #[test]
    fn what_a_raw_command_lists_stands_between_its_replies() {
        let outcome = Outcome::Replies(vec![vec!["150 here".into()], vec!["226 done".into()]]);
        let shown = replies(outcome, b"a\r\nb\r\n");
        assert_eq!(shown, [vec!["150 here"], vec!["a", "b"], vec!["226 done"]]);
    }
}
