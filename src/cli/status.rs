//! How a run ends: exit statuses, and what leads to them.

use crate::model::{Cause, Failure};

/// The exit statuses of the command line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    /// All done.
    Done,
    /// Something was not transferred, or the server refused.
    Failed,
    /// Wrong usage.
    Usage,
    /// No connection, or TLS or the log-in failed.
    NoConnection,
    /// Interrupted.
    Interrupted,
}

impl Status {
    /// As the shell sees it.
    pub(super) fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NoConnection => 3,
            Self::Interrupted => 130,
        }
    }

    /// Of something that failed on a server that was reached.
    pub(super) fn of(failure: &Failure) -> Self {
        match failure.cause {
            Cause::Network | Cause::Tls | Cause::LogIn => Self::NoConnection,
            Cause::Refused | Cause::Protocol | Cause::Local | Cause::Limit | Cause::Differs | Cause::Cancelled => {
                Self::Failed
            }
        }
    }
}

/// Why a run stops before it has done all.
#[derive(Debug)]
pub(super) enum Stop {
    /// The arguments make no sense together.
    Usage(String),
    /// No connection, for this reason.
    NoConnection(String),
    /// An action failed.
    Failed(Failure),
    /// Something on this machine.
    Local(String),
    /// Ctrl-C.
    Interrupted,
}

impl Stop {
    /// The exit status that it leads to.
    pub(super) fn status(&self) -> Status {
        match self {
            Self::Usage(_) => Status::Usage,
            Self::NoConnection(_) => Status::NoConnection,
            Self::Failed(failure) => Status::of(failure),
            Self::Local(_) => Status::Failed,
            Self::Interrupted => Status::Interrupted,
        }
    }
}

impl std::fmt::Display for Stop {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Usage(text) | Self::NoConnection(text) | Self::Local(text) => f.write_str(text),
            Self::Failed(failure) => failure.fmt(f),
            Self::Interrupted => f.write_str("interrupted"),
        }
    }
}
