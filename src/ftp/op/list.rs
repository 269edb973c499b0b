//! Listing a directory: CWD into it, then MLSD or LIST without an argument, which no server takes for a pattern.

use super::super::command::{Command, Verb};
use super::super::control::Control;
use super::super::error::{DataFault, Error};
use super::super::exchange::{Exchange, Joined};
use super::super::reply::Reply;
use super::enter::Entering;
use super::{Got, Method, Next, Outcome, Step};
use crate::model::RemotePath;

/// What some servers say instead of sending an empty listing.
const EMPTY: [&str; 5] = ["no files", "no members", "no data sets", "no entries", "directory is empty"];
/// What vsftpd says after the empty listing of a directory that it may not read.
const UNREADABLE: &str = "failed to open directory";

/// The commands that list, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lister {
    Mlsd,
    /// With hidden files: not a command of any RFC, but most servers hand it to `ls`.
    ListAll,
    List,
}

/// A directory being listed.
#[derive(Debug)]
pub(crate) struct List {
    path: RemotePath,
    entering: Option<Entering>,
    /// As PWD says it.
    said: Option<RemotePath>,
    lister: Lister,
    pub(super) exchange: Option<Exchange>,
    /// MLSD was refused, or has sent what cannot be read, while LIST is asked whether that is MLSD's fault.
    mlsd_in_doubt: bool,
    /// What `LIST -a` came to, while LIST is asked whether that is true.
    in_doubt: bool,
}

impl List {
    pub(crate) fn new(path: RemotePath, without_mlsd: bool) -> Self {
        Self {
            path,
            entering: None,
            said: None,
            lister: Lister::Mlsd,
            exchange: None,
            mlsd_in_doubt: without_mlsd,
            in_doubt: false,
        }
    }

    pub(crate) fn step(&mut self, got: Got<'_>, control: &mut Control) -> Step {
        if let Some(exchange) = &mut self.exchange {
            return match exchange.step(got, control)? {
                Some(joined) => self.judge(joined, control),
                None => Ok(Next::Wait),
            };
        }
        match got {
            Got::Start => {
                if let Some((_, said)) = control.entered.take().filter(|(path, _)| *path == self.path) {
                    self.said = said;
                    self.lister = self.first_lister(control);
                    return self.ask(control);
                }
                self.entering = Some(Entering::begin(self.path.clone(), false, control)?);
                Ok(Next::Wait)
            }
            got => {
                let Some(entering) = &mut self.entering else { return Ok(Next::Wait) };
                let Some(said) = entering.step(got, control)? else { return Ok(Next::Wait) };
                self.said = said;
                self.lister = self.first_lister(control);
                self.ask(control)
            }
        }
    }

    fn first_lister(&self, control: &Control) -> Lister {
        let has_mlsd = control.features.has("MLSD") && !control.known.no_mlsd && !self.mlsd_in_doubt;
        if has_mlsd { Lister::Mlsd } else { usual_lister(control) }
    }

    fn ask(&mut self, control: &mut Control) -> Step {
        control.settle_before_transfer()?;
        let command = match self.lister {
            Lister::Mlsd => Command::new(Verb::Mlsd),
            Lister::ListAll => Command::with(Verb::List, "-a")?,
            Lister::List => Command::new(Verb::List),
        };
        self.exchange = Some(Exchange::begin(command, None, control)?);
        Ok(Next::Wait)
    }

    fn ask_with(&mut self, lister: Lister, control: &mut Control) -> Step {
        self.lister = lister;
        self.ask(control)
    }

    fn judge(&mut self, joined: Joined, control: &mut Control) -> Step {
        let reply = joined.reply.clone();
        let verb = if self.lister == Lister::Mlsd { Verb::Mlsd } else { Verb::List };
        match (self.lister, joined.verdict(verb, control)) {
            (_, Ok(end)) if !end.clean => {
                let fault = DataFault::Network("it ended without TLS saying so: the listing may be cut".to_owned());
                Err(Error::Data { fault, reply: Some(control.words(&reply)) })
            }
            (_, Ok(end)) if end.bytes == 0 && reply.says(UNREADABLE) => Err(control.refused(verb, &reply)),
            (Lister::ListAll, Ok(end)) if end.bytes == 0 => {
                self.in_doubt = true; // `-a` may have been taken for a name
                self.ask_with(Lister::List, control)
            }
            (_, Ok(end)) => {
                control.known.no_list_all |= self.in_doubt && end.bytes > 0;
                control.known.no_mlsd |= self.mlsd_in_doubt && end.bytes > 0;
                self.done()
            }
            (Lister::Mlsd | Lister::List, Err(Error::Refused { .. })) if says_empty(&reply) => self.done(),
            // At the end of the data the next file was asked for, and has the next data connection.
            (_, Err(error)) if control.pipeline.is_asked() => Err(error),
            (Lister::Mlsd, Err(Error::Refused { code: 500..=504, .. })) => {
                control.known.no_mlsd = true;
                self.ask_with(usual_lister(control), control)
            }
            // The directory is there, and another command may list it.
            (Lister::Mlsd, Err(Error::Refused { code: 505..=529 | 531..=599, .. })) => {
                self.mlsd_in_doubt = true;
                self.ask_with(usual_lister(control), control)
            }
            (Lister::ListAll, Err(Error::Refused { .. })) if reply.is_negative() && reply.code() != 530 => {
                self.in_doubt = true;
                self.ask_with(Lister::List, control)
            }
            (_, Err(error)) => Err(error),
        }
    }

    fn done(&mut self) -> Step {
        let method = if self.lister == Lister::Mlsd { Method::Mlsd } else { Method::List };
        Ok(Next::Done(Outcome::Listed { method, path: self.said.take() }))
    }
}

/// Whether a refusal means that the directory, which is there, holds nothing.
fn says_empty(reply: &Reply) -> bool {
    let silent = reply.lines().all(|line| line.get(4..).unwrap_or_default().trim_ascii().is_empty());
    matches!(reply.code(), 450 | 550) && (silent || EMPTY.iter().any(|words| reply.says(words)))
}

/// `LIST -a` where the server is a Unix or does not say; elsewhere `-a` would be a name.
fn usual_lister(control: &Control) -> Lister {
    let unix = control.system.is_empty() || control.system.to_lowercase().contains("unix");
    if unix && !control.known.no_list_all { Lister::ListAll } else { Lister::List }
}
