//! What was attempted, with whom, and why it did not work. Never a secret.

use std::io;
use std::path::PathBuf;

use crate::ftp;
use crate::model::question::CertificateDoubt;

/// Why a connection could not be made, or an operation on it failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system or the network said no.
    #[error("{what}: {source}")]
    Network {
        /// What was attempted, with whom.
        what: String,
        /// Why not.
        source: io::Error,
    },
    /// Nothing came for too long.
    #[error("{what}: no answer within {seconds} s")]
    Timeout {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
    },
    /// The proxy opened no way to the server.
    #[error("{what}: {why}")]
    Proxy {
        /// Which proxy, and to whom.
        what: String,
        /// Why not: its words, if it has any.
        why: String,
        /// It does not let this user in.
        login: bool,
    },
    /// The client certificate, or its key, cannot be used.
    #[error("{}: {why}", path.display())]
    Key {
        /// The file.
        path: PathBuf,
        /// Why not.
        why: String,
        /// A password for it is missing, or wrong.
        password: bool,
    },
    /// Nothing vouches for the server's certificate. Nothing secret was sent.
    #[error("the certificate of {}:{} is not trusted: it {}", .0.host, .0.port, .0.problem)]
    Untrusted(Box<CertificateDoubt>),
    /// TLS could not be set up on the control connection.
    #[error("{what}: {why}")]
    Tls {
        /// With whom.
        what: String,
        /// Why not.
        why: String,
    },
    /// The server wants every data connection to resume the TLS session of the control connection, and TLS 1.3 has no
    /// ticket left for that (each is good for one connection). With TLS 1.2 it works: dial again with `tls12_only`.
    #[error("the server wants TLS sessions to be resumed, which needs TLS 1.2 here")]
    NeedsTls12,
    /// The dialogue with the server.
    #[error(transparent)]
    Ftp(#[from] ftp::Error),
    /// The local file.
    #[error(transparent)]
    Local(io::Error),
}

impl Error {
    /// The network said no to `what`.
    pub(super) fn network(what: impl Into<String>, source: io::Error) -> Self {
        Self::Network { what: what.into(), source }
    }

    /// The control connection is closed; with the server's last words.
    pub(super) fn closed(words: Option<String>) -> Self {
        Self::Ftp(ftp::Error::Closed(words))
    }
}
