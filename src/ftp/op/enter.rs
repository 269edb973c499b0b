//! CWD into a directory, and PWD, which says its real path.

use super::super::command::{Command, Verb};
use super::super::control::Control;
use super::super::error::Error;
use super::super::reply::Class;
use super::Got;
use crate::model::RemotePath;

/// A directory being made the current one: with both commands in one packet where the server is a modern one.
///
/// libunftp works on several commands at once, and so the 257 of PWD, which has less to do, can come before CWD is
/// refused: taken in their order, the wrong directory would be listed under the name of the missing one.
#[derive(Debug)]
pub(crate) struct Entering {
    path: RemotePath,
    /// What answered CWD was a 257, which may have been meant for PWD.
    early: bool,
}

/// What PWD says, if it can.
type Said = Option<RemotePath>;

impl Entering {
    /// With `moves` a data connection will be wanted next, wherever this leads: it is made ahead.
    pub(crate) fn begin(path: RemotePath, moves: bool, control: &mut Control) -> Result<Self, Error> {
        let there = Command::with(Verb::Cwd, control.directory_path(&path)?)?;
        if control.pipelining {
            let port = if moves { control.first_port() } else { None };
            control.send_with_ahead([there, Command::new(Verb::Pwd)], port);
        } else {
            control.send(there);
        }
        Ok(Self { path, early: false })
    }

    /// `Some` when the directory is the current one.
    pub(crate) fn step(&mut self, got: Got<'_>, control: &mut Control) -> Result<Option<Said>, Error> {
        match got {
            Got::Reply(_, Class::Preliminary, _) => Ok(None),
            Got::Reply(Verb::Cwd, Class::Completion, reply) => {
                control.directory = Some(self.path.clone());
                self.early = control.pipelining && reply.code() == 257;
                if !control.pipelining {
                    control.send(Command::new(Verb::Pwd));
                }
                Ok(None)
            }
            Got::Reply(Verb::Pwd, class, reply) if self.early && reply.code() != 257 => {
                control.answered_out_of_order();
                if class == Class::Completion {
                    return Ok(Some(None));
                }
                control.directory = None;
                Err(control.refused(Verb::Cwd, reply))
            }
            Got::Reply(Verb::Pwd, class, reply) => {
                Ok(Some(if class == Class::Completion { control.pathname(reply) } else { None }))
            }
            Got::Reply(verb, _, reply) => Err(control.refused(verb, reply)),
            _ => Ok(None),
        }
    }
}
