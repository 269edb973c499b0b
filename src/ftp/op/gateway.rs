//! The log-in through an FTP proxy: a script of commands with places for what logs in here and there.

use std::collections::VecDeque;

use super::super::command::Command;
use super::super::config::Gateway;
use super::super::control::Control;
use super::super::error::Error;
use crate::model::Secret;
use crate::model::url::host_part;

/// Most commands of a script.
const MOST_COMMANDS: usize = 16;
/// The server's port that need not be said.
const FTP_PORT: u16 = 21;

/// A command of the script.
#[derive(Debug)]
pub(super) struct Scripted {
    pub(super) command: Command,
    /// It logs in at the proxy, not at the server.
    pub(super) at_proxy: bool,
}

/// The commands of the script. A line that logs in at the proxy only is left out where it has no user, and one about an
/// account where there is none.
pub(super) fn commands(gateway: &Gateway, control: &Control) -> Result<VecDeque<Scripted>, Error> {
    let mut commands = VecDeque::new();
    for line in gateway.script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let has = |place: &str| line.contains(place);
        let at_proxy = (has("%s") || has("%w")) && !has("%u") && !has("%p");
        let account = control.config.credentials.account.as_deref().unwrap_or_default();
        if (at_proxy && gateway.user.is_empty()) || (has("%a") && account.is_empty()) {
            continue;
        }
        if commands.len() == MOST_COMMANDS {
            return Err(Error::Gateway(format!("the script has more than {MOST_COMMANDS} commands")));
        }
        let (bytes, secret) = filled(line, gateway, control)?;
        commands.push_back(Scripted { command: Command::scripted(bytes, secret)?, at_proxy });
    }
    if commands.is_empty() {
        return Err(Error::Gateway("the script has no commands".to_owned()));
    }
    Ok(commands)
}

/// A line with all its places filled, and where its first secret begins.
fn filled(line: &str, gateway: &Gateway, control: &Control) -> Result<(Vec<u8>, Option<usize>), Error> {
    let credentials = &control.config.credentials;
    let (mut bytes, mut secret, mut rest) = (Vec::new(), None, line);
    while let Some(percent) = rest.find('%') {
        bytes.extend(control.charset.encode(&rest[..percent])?);
        let place = rest[percent + 1..].chars().next();
        let hidden = matches!(place, Some('p' | 'w' | 'a'));
        let text = match place {
            Some('h') => host(&control.config.host, gateway.port),
            Some('u') => credentials.user.clone(),
            Some('p') => credentials.password.expose().to_owned(),
            Some('a') => credentials.account.clone().unwrap_or_default(),
            Some('s') => gateway.user.clone(),
            Some('w') => Secret::expose(&gateway.password).to_owned(),
            Some('%') => "%".to_owned(),
            _ => return Err(Error::Gateway("the script has a % without a meaning".to_owned())),
        };
        if hidden {
            secret = secret.or(Some(bytes.len()));
        }
        bytes.extend(control.charset.encode(&text)?);
        rest = &rest[percent + 2..];
    }
    bytes.extend(control.charset.encode(rest)?);
    if gateway.user.is_empty() && line.ends_with("%s") {
        bytes.truncate(bytes.trim_ascii_end().len()); // `USER me@host ` without the proxy's user
    }
    Ok((bytes, secret))
}

fn host(host: &str, port: u16) -> String {
    if port == FTP_PORT {
        return host.to_owned();
    }
    format!("{}:{port}", host_part(host))
}
