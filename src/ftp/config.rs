//! What a session is told before the first byte: the site, and what was learned about its server.

use std::net::IpAddr;

use encoding_rs::Encoding;
use jiff::Timestamp;

use crate::model::{Credentials, HostCommand, Mode, PathSyntax, Secret, Security};

/// What a session must be told before the first byte.
#[derive(Clone, Debug)]
pub struct Config {
    /// The host as a person named it.
    pub host: String,
    /// The server's end of the control connection: the only address that data connections are made to. `None`: only the
    /// proxy that carries the connections knows it.
    pub peer: Option<IpAddr>,
    /// A proxy carries the connections, so that the server cannot connect to us.
    pub tunnel: bool,
    /// The FTP proxy that the control connection is with, if it is not with the server.
    pub gateway: Option<Gateway>,
    /// Our end of the control connection.
    pub local: IpAddr,
    /// TLS or not.
    pub security: Security,
    /// PROT C: data connections stay in clear under TLS.
    pub clear_data: bool,
    /// CCC: the control connection goes on in clear after the log-in.
    pub clear_control: bool,
    /// What logs in.
    pub credentials: Credentials,
    /// Who opens data connections.
    pub mode: Mode,
    /// Data connections go to the address that the server names, wherever that is: only where a person wants it.
    pub trust_address: bool,
    /// Whether HOST names the host before the log-in.
    pub host_command: HostCommand,
    /// The charset of names; `None`: UTF-8.
    pub encoding: Option<&'static Encoding>,
    /// The form of paths; `None`: what SYST and PWD tell.
    pub paths: Option<PathSyntax>,
    /// What earlier sessions with this server have learned.
    pub known: Known,
}

/// An FTP proxy, and how to log in through it.
#[derive(Clone, Debug)]
pub struct Gateway {
    /// Its log-in: see `model::Proxy::script`.
    pub script: String,
    /// Who logs in at the proxy; empty: nobody.
    pub user: String,
    /// With what.
    pub password: Secret,
    /// The server's port.
    pub port: u16,
}

/// What was learned about a server, so that no later session has to learn it again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// EPSV is refused, or its port cannot be reached: use PASV.
    pub no_epsv: bool,
    /// EPRT is refused: use PORT.
    pub no_eprt: bool,
    /// Passive data connections cannot be made: use active mode (`Mode::Auto` only).
    pub no_passive: bool,
    /// MLSD is announced but does not work: use LIST.
    pub no_mlsd: bool,
    /// `LIST -a` takes `-a` for a path: use LIST alone.
    pub no_list_all: bool,
    /// Answers to commands that were sent together come in another order: send them one by one.
    pub no_pipelining: bool,
    /// FEAT names HOST: the next session can name the host before it logs in.
    pub takes_host: bool,
    /// HOST was refused all the same: use it only where the site says so.
    pub no_host: bool,
    /// The dialect of its last LIST, which breaks ties (`listing::parse_like`).
    pub dialect: Option<String>,
    /// The zone of the times in LIST, once it was measured by MDTM.
    pub zone: Option<Zone>,
    /// MDTM tells the server's own time, as LIST does, and not UTC.
    pub own_time: bool,
    /// Whether commands wait while the server sends a file (vsftpd, ProFTPD), or are refused or carried out at once
    /// (Pure-FTPd, pyftpdlib); `None`: nobody knows.
    pub waits: Option<bool>,
    /// Whether the server can connect to us, by the last try.
    pub comes: Option<Comes>,
}

/// Whether a server can connect to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Comes {
    /// Our end's address: it tells nothing of another network.
    pub to: IpAddr,
    /// It can.
    pub well: bool,
}

/// The zone of the times that a server lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Zone {
    /// East of Greenwich.
    pub minutes: i16,
    /// When it was measured: summer time begins and ends.
    pub at: Timestamp,
}
