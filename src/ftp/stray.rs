//! Words of a server that answer nothing that was said to it.

use super::command::Verb;

/// Whether `code` can only be the answer to another command than `verb`: then every later answer would be taken for
/// another command's too, and a DELE or a STOR would count as done that was not. Codes that servers are known to use
/// freely (200, 250, 4yz, 5yz) tell nothing, and a command that is not known here may be answered by any.
pub(super) fn answers_another(verb: Verb, code: u16) -> bool {
    use Verb::{Cdup, Cwd, Dele, Epsv, Greeting, Mdtm, Mkd, Mlst, Other, Pasv, Pwd, Rest, Rmd, Rnfr, Rnto, Size};
    let strict = is_of_files(verb) || verb.moves_data();
    // Their success has many codes.
    let lenient = matches!(verb, Cdup | Dele | Mkd | Mlst | Rmd | Rnto);
    match code {
        120 => verb != Greeting,
        125 | 150 => is_of_files(verb) || opens_session(verb),
        211 | 214 | 215 | 230 | 232 | 234 | 331..=336 => strict,
        213 => strict && !matches!(verb, Size | Mdtm | Mlst),
        // Two servers answer EPSV ALL with 220.
        220 | 221 => is_of_files(verb) && verb != Epsv,
        226 => (opens_session(verb) || is_of_files(verb)) && !lenient,
        227..=229 => !matches!(verb, Epsv | Pasv | Other),
        257 => (opens_session(verb) || strict) && !lenient && !matches!(verb, Cwd | Pwd),
        350 => (opens_session(verb) || strict) && !matches!(verb, Rest | Rnfr),
        _ => false,
    }
}

/// Commands about files and ways to them, whose answers are the same everywhere.
fn is_of_files(verb: Verb) -> bool {
    use Verb::{Cdup, Cwd, Dele, Eprt, Epsv, Mdtm, Mkd, Mlst, Pasv, Port, Pret, Pwd, Rest, Rmd, Rnfr, Rnto, Size};
    matches!(
        verb,
        Cdup | Cwd
            | Dele
            | Eprt
            | Epsv
            | Mdtm
            | Mkd
            | Mlst
            | Pasv
            | Port
            | Pret
            | Pwd
            | Rest
            | Rmd
            | Rnfr
            | Rnto
            | Size
    )
}

/// Commands of a log-in.
fn opens_session(verb: Verb) -> bool {
    use Verb::{Acct, Auth, Clnt, Feat, Greeting, Host, Opts, Pass, Pbsz, Prot, Syst, User};
    matches!(verb, Acct | Auth | Clnt | Feat | Greeting | Host | Opts | Pass | Pbsz | Prot | Syst | User)
}

/// The protocol that a greeting belongs to, if it is a well-known one.
pub(super) fn not_ftp(line: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 7] = [
        (b"SSH-", "an SSH server (SFTP is another protocol)"),
        (b"HTTP/", "a web server"),
        (b"<", "a web server"),
        (b"* OK", "an IMAP server"),
        (b"+OK", "a POP3 server"),
        (b"RFB ", "a VNC server"),
        (b"@RSYNCD", "an rsync server"),
    ];
    known.iter().find(|(start, _)| line.starts_with(start)).map(|(_, protocol)| *protocol)
}
