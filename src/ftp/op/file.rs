//! Single commands about a file or a directory, and their short sequences.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::super::command::{Command, Verb};
use super::super::control::Control;
use super::super::error::Error;
use super::super::fact::{self, Facts};
use super::super::reply::{Class, Reply};
use super::enter::Entering;
use super::{Got, Next, Operation, Outcome, Step, TransferType};
use crate::model::RemotePath;

/// One of these operations under way.
#[derive(Debug)]
pub(crate) struct File {
    operation: Operation,
    entering: Option<Entering>,
    facts: Facts,
    /// Why SIZE was refused.
    no_size: Option<Error>,
}

impl File {
    pub(crate) fn new(operation: Operation) -> Self {
        Self { operation, entering: None, facts: Facts::default(), no_size: None }
    }

    pub(crate) fn step(&mut self, got: Got<'_>, control: &mut Control) -> Step {
        use Class::{Completion, Intermediate, Permanent, Preliminary};
        if let Some(entering) = &mut self.entering {
            let Some(said) = entering.step(got, control)? else { return Ok(Next::Wait) };
            if let Operation::ChangeDirectory { path, .. } = &self.operation {
                control.entered = Some((path.clone(), said.clone()));
            }
            return Ok(Next::Done(Outcome::Directory(said)));
        }
        match got {
            Got::Start => self.start(control),
            Got::Reply(_, Preliminary, _) => Ok(Next::Wait),
            Got::Reply(Verb::Cwd, ..) => self.left_directory(control),
            Got::Reply(Verb::Mlst, class, reply) => self.listed(class, reply, control),
            Got::Reply(Verb::Type, class, reply) => {
                control.kind = (class == Completion).then_some(TransferType::Image);
                if class != Completion {
                    return Err(control.refused(Verb::Type, reply));
                }
                self.size_and_time(control)
            }
            Got::Reply(Verb::Size, class, reply) => {
                self.facts.size = (class == Completion).then(|| fact::size(reply.text())).flatten();
                self.no_size = (class != Completion).then(|| control.refused(Verb::Size, reply));
                if !control.pipelining {
                    self.ask_for_time(control)?;
                }
                Ok(Next::Wait)
            }
            Got::Reply(Verb::Mdtm, class, reply) if matches!(self.operation, Operation::Facts { .. }) => {
                self.facts.modified = (class == Completion).then(|| fact::time(reply.text())).flatten();
                if control.pipelining && class == Completion && self.facts.modified.is_none() {
                    self.turn_round(reply, control);
                }
                match self.no_size.take().filter(|_| class != Completion) {
                    Some(refused) => Err(refused),
                    None => self.known(),
                }
            }
            Got::Reply(Verb::Mdtm, Completion, reply) if !is_touched(Verb::Mdtm, Completion, reply) => {
                Err(Error::Unsupported("MFMT"))
            }
            Got::Reply(Verb::Rnfr, Intermediate, _) => self.rename(control),
            Got::Reply(Verb::Noop, Completion | Permanent, _) | Got::Reply(Verb::Quit, ..) => {
                Ok(Next::Done(Outcome::Done)) // whatever it says, it is alive, or will not be
            }
            Got::Reply(Verb::Rnfr, ..)
            | Got::Reply(_, Intermediate | Class::Transient | Permanent | Class::Protected, _) => {
                let Got::Reply(verb, _, reply) = got else { return Ok(Next::Wait) };
                Err(control.refused(verb, reply))
            }
            Got::Reply(verb, Completion, reply) => match &self.operation {
                Operation::Checksum { path, offer } if verb == Verb::Opts => {
                    control.send(offer.request(&control.file_path(path)?)?);
                    Ok(Next::Wait)
                }
                Operation::Checksum { path, offer } => {
                    let sent = control.shown(&control.file_path(path)?);
                    let lines = reply.inner().chain([reply.text()]).map(|line| control.shown(line)).collect::<Vec<_>>();
                    Ok(Next::Done(Outcome::Checksum(offer.algorithm.find(&lines, &sent))))
                }
                _ => Ok(Next::Done(Outcome::Done)),
            },
            Got::Secured | Got::Cleared | Got::Listening(_) | Got::DataOpen | Got::DataDone(_) => Ok(Next::Wait),
        }
    }

    fn start(&mut self, control: &mut Control) -> Step {
        let command = match &self.operation {
            Operation::ChangeDirectory { path, moves } => {
                self.entering = Some(Entering::begin(path.clone(), *moves, control)?);
                return Ok(Next::Wait);
            }
            Operation::MakeDirectory { path } => Command::with(Verb::Mkd, control.directory_path(path)?)?,
            Operation::RemoveDirectory { path } => match outside(path, control) {
                Some(parent) => Command::with(Verb::Cwd, control.directory_path(&parent)?)?,
                None => Command::with(Verb::Rmd, control.directory_path(path)?)?,
            },
            Operation::Delete { path } => Command::with(Verb::Dele, control.file_path(path)?)?,
            // Both are named from within one directory.
            Operation::Rename { from, to } if control.paths.is_relative() && from.parent() != to.parent() => {
                return Err(Error::Unsupported("moving a file to another directory"));
            }
            Operation::Rename { from, to } => {
                Command::with(Verb::Rnto, control.file_path(to)?)?; // or the server would be left with half a sequence
                Command::with(Verb::Rnfr, control.file_path(from)?)?
            }
            Operation::Chmod { path, mode } => chmod(path, *mode, control)?,
            Operation::SetModified { .. } => return self.set_modified(control),
            Operation::Facts { path } if control.features.has("MLST") => {
                Command::with(Verb::Mlst, control.file_path(path)?)?
            }
            Operation::Facts { .. } => return self.ask_for_facts(control),
            Operation::Checksum { path, offer } => {
                let request = offer.request(&control.file_path(path)?)?; // or HASH would be left with another algorithm
                offer.selection()?.unwrap_or(request)
            }
            Operation::NoOperation => Command::new(Verb::Noop),
            Operation::Quit => Command::new(Verb::Quit),
            _ => return Err(Error::Unsupported("the operation")),
        };
        control.send(command);
        Ok(Next::Wait)
    }

    /// Whether the way out was open or not, the directory is removed now.
    fn left_directory(&mut self, control: &mut Control) -> Step {
        let Operation::RemoveDirectory { path } = &self.operation else { return Ok(Next::Wait) };
        control.directory = None;
        control.send(Command::with(Verb::Rmd, control.directory_path(path)?)?);
        Ok(Next::Wait)
    }

    fn rename(&mut self, control: &mut Control) -> Step {
        let Operation::Rename { to, .. } = &self.operation else { return Ok(Next::Wait) };
        control.directory = None; // it may have been below
        control.send(Command::with(Verb::Rnto, control.file_path(to)?)?);
        Ok(Next::Wait)
    }

    fn set_modified(&mut self, control: &mut Control) -> Step {
        let Operation::SetModified { path, at } = &self.operation else { return Ok(Next::Wait) };
        control.send(touch(path, *at, control)?);
        Ok(Next::Wait)
    }

    fn listed(&mut self, class: Class, reply: &Reply, control: &mut Control) -> Step {
        self.facts = Facts::read(reply);
        match class {
            Class::Completion if self.facts != Facts::default() => self.known(),
            Class::Completion => self.ask_for_facts(control), // it said nothing
            _ if (500..=504).contains(&reply.code()) => self.ask_for_facts(control),
            _ => Err(control.refused(Verb::Mlst, reply)),
        }
    }

    /// SIZE and MDTM. SIZE depends on TYPE (RFC 3659 4), and some servers refuse it in text mode.
    fn ask_for_facts(&mut self, control: &mut Control) -> Step {
        if control.kind == Some(TransferType::Image) {
            return self.size_and_time(control);
        }
        control.kind = None;
        control.send(Command::with(Verb::Type, "I")?);
        Ok(Next::Wait)
    }

    fn size_and_time(&mut self, control: &mut Control) -> Step {
        let Operation::Facts { path } = &self.operation else { return Ok(Next::Wait) };
        let path = control.file_path(path)?;
        let size = Command::with(Verb::Size, &path)?;
        if control.pipelining {
            control.send_all([size, Command::with(Verb::Mdtm, &path)?]);
        } else {
            control.send(size);
        }
        Ok(Next::Wait)
    }

    /// MDTM was answered with no time: that was the size, if what came for the size was a time.
    fn turn_round(&mut self, reply: &Reply, control: &mut Control) {
        let time = self.facts.size.and_then(|digits| fact::time(digits.to_string().as_bytes()));
        if time.is_some() {
            control.answered_out_of_order();
            self.facts = Facts { size: fact::size(reply.text()), modified: time, ..self.facts };
        }
    }

    fn ask_for_time(&self, control: &mut Control) -> Result<(), Error> {
        let Operation::Facts { path } = &self.operation else { return Ok(()) };
        control.send(Command::with(Verb::Mdtm, control.file_path(path)?)?);
        Ok(())
    }

    fn known(&self) -> Step {
        let Facts { size, modified, directory } = self.facts;
        Ok(Next::Done(Outcome::Facts { size, modified, directory }))
    }
}

/// SITE CHMOD, as most servers of Unix have it.
pub(super) fn chmod(path: &RemotePath, mode: u16, control: &Control) -> Result<Command, Error> {
    Command::with(Verb::Site, [format!("CHMOD {mode:03o} ").into_bytes(), control.file_path(path)?].concat())
}

/// MFMT; where a server does not know that, SITE UTIME with three times in UTC, or the form of MDTM with two arguments
/// that vsftpd has.
pub(super) fn touch(path: &RemotePath, at: Timestamp, control: &Control) -> Result<Command, Error> {
    let (features, path) = (&control.features, control.file_path(path)?);
    let time = at.to_zoned(TimeZone::UTC).strftime("%Y%m%d%H%M%S").to_string();
    let has_utime = || features.lines().iter().any(|line| line.trim().eq_ignore_ascii_case("SITE UTIME"));
    if features.has("MFMT") || features.lines().is_empty() {
        Command::with(Verb::Mfmt, [time.as_bytes(), b" ", &path].concat())
    } else if has_utime() {
        let times = format!(" {time} {time} {time} UTC");
        Command::with(Verb::Site, [b"UTIME ", &path[..], times.as_bytes()].concat())
    } else if features.has("MDTM") {
        Command::with(Verb::Mdtm, [time.as_bytes(), b" ", &path].concat())
    } else {
        Err(Error::Unsupported("MFMT"))
    }
}

/// Whether a reply says that a file has its time: a server that knows MDTM with one argument only has looked for a file
/// whose name is the time, and may have found it.
pub(super) fn is_touched(verb: Verb, class: Class, reply: &Reply) -> bool {
    class == Class::Completion && (verb != Verb::Mdtm || fact::time(reply.text()).is_none())
}

/// A directory outside of `path`, if the current one is in it: few servers remove the ground that they stand on.
fn outside(path: &RemotePath, control: &Control) -> Option<RemotePath> {
    control.directory.as_ref().filter(|directory| directory.is_within(path)).and_then(|_| path.parent())
}
