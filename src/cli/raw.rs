//! `raw`: commands as typed.

use serde::Serialize;

use super::front::Front;
use super::status::{Status, Stop};
use super::target;
use crate::model::path::shown;
use crate::model::{FileAction, Report, TabId};

/// What a command brought.
#[derive(Serialize)]
struct Row<'a> {
    command: &'a str,
    replies: Vec<Vec<String>>,
}

/// Sends each command and prints the replies.
pub(super) fn raw(front: &mut Front, words: &[String]) -> Result<Status, Stop> {
    let (server, commands) = match (&front.options.site, words) {
        (Some(_), commands) => ("", commands),
        (None, [url, commands @ ..]) => (url.as_str(), commands),
        (None, []) => ("", words),
    };
    if commands.is_empty() {
        return Err(Stop::Usage("raw needs a URL and at least one COMMAND".to_owned()));
    }
    let target = target::target(server, &front.options, &front.sites)?;
    let tab = TabId(0);
    front.connect(tab, &target)?;
    let mut status = Status::Done;
    for command in commands {
        let replies = match front.change(tab, FileAction::Raw(command.clone()))? {
            Ok(Report::Replies(replies)) => replies,
            Ok(Report::Done | Report::Said(_)) => Vec::new(),
            Err(failure) => return Err(Stop::Failed(failure)),
        };
        // 4yz and 5yz: the server refused.
        let is_refusal = |line: &String| line.starts_with(['4', '5']);
        if replies.last().and_then(|reply| reply.last()).is_some_and(is_refusal) {
            status = Status::Failed;
        }
        if front.options.json {
            let replies = replies.iter().map(|reply| reply.iter().map(|line| shown(line)).collect()).collect();
            front.results.json(&Row { command, replies });
        } else {
            replies.iter().flatten().for_each(|line| front.results.line(line));
        }
        front.results.flush();
    }
    Ok(status)
}
