//! What the worker must be told before it can go on, and the answers.

use super::TabId;
use super::listing::Modified;
use super::settings::IfExists;
use super::site::Secret;
use super::transfer::{Course, TransferId};

/// Names a question until it is answered or withdrawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct QuestionId(pub u64);

/// Something only a person can decide. Exactly one `Action::Answer` with its id ends it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// To answer with.
    pub id: QuestionId,
    /// The tab it belongs to; `None` for the queue.
    pub tab: Option<TabId>,
    /// What is asked.
    pub ask: Ask,
}

/// The questions there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    /// The target of a transfer is there already.
    FileExists(Box<FileExists>),
    /// The server's certificate is not trusted.
    Certificate(Box<CertificateDoubt>),
    /// A password is missing, or was refused.
    Password {
        /// The server: its host, with the port if that is not the usual one.
        host: String,
        /// The user who logs in.
        user: String,
        /// The server's words, when a password was refused.
        refused: Option<String>,
    },
    /// A password that is not a server's is missing, or was wrong.
    Secret {
        /// Whose: `the proxy socks5://me@host:1080`, `the key /home/me/key.pem`.
        of: String,
        /// Why the one before was not good.
        refused: Option<String>,
    },
}

/// Both sides of a transfer whose target exists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileExists {
    /// The transfer that waits.
    pub transfer: TransferId,
    /// Up or down.
    pub course: Course,
    /// The local file, as a person reads it.
    pub local: String,
    /// The remote file, as a person reads it.
    pub remote: String,
    /// Size and time of what is there.
    pub target: Facts,
    /// Size and time of what would replace it.
    pub source: Facts,
    /// How the new one would be called beside it, if that is free.
    pub renamed: String,
}

/// What two files are compared by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// In bytes, where known.
    pub size: Option<u64>,
    /// Time of modification, where known.
    pub modified: Option<Modified>,
}

/// A certificate chain that nothing vouches for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateDoubt {
    /// The host that was to be reached.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Why it is not trusted: `self-signed`, `expired`, `is for another host`…
    pub problem: String,
    /// The fingerprint that was trusted before, when it is another one now: an alarm, not a routine.
    pub previously: Option<String>,
    /// The server's own certificate first.
    pub chain: Vec<Certificate>,
}

/// What a person can compare of a certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Distinguished name.
    pub subject: String,
    /// Distinguished name.
    pub issuer: String,
    /// Alternative names: hosts and addresses it is valid for.
    pub names: Vec<String>,
    /// First day of validity, `YYYY-MM-DD`.
    pub not_before: String,
    /// Last day of validity, `YYYY-MM-DD`.
    pub not_after: String,
    /// SHA-256 of the certificate: 64 hexadecimal digits in lower case.
    pub sha256: String,
}

/// For which files an answer to `FileExists` holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// The one that was asked about.
    #[default]
    File,
    /// All that were put into the queue with it.
    Batch,
    /// All, until the program ends.
    Session,
}

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To `FileExists`. `IfExists::Ask` is not an answer.
    Exists {
        /// What to do with this file.
        choice: IfExists,
        /// For which files it holds.
        scope: Scope,
        /// Beyond this file, only one way; `None`: both.
        only: Option<Course>,
    },
    /// To `Certificate`: go on.
    Trust {
        /// And from now on, for this host and port.
        remember: bool,
    },
    /// To `Password` and `Secret`.
    Password {
        /// PASS, or what was asked for.
        password: Secret,
        /// Keep it in the vault.
        remember: bool,
    },
    /// To any: no. The file is skipped; the connection is not made.
    Refuse,
}
