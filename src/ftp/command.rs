//! Verbs and arguments, the only encoder, and the only printer of commands.

use std::fmt;

use super::error::Error;

macro_rules! verbs {
    ($($verb:ident $name:literal,)*) => {
        /// What a command asks for. `Greeting` is what is owed before the first command.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // the names are those of the RFCs
        pub enum Verb { Greeting, Other, $($verb,)* }

        impl Verb {
            /// As it is sent.
            pub fn name(self) -> &'static str {
                match self {
                    Self::Greeting => "the greeting",
                    Self::Other => "the command",
                    $(Self::$verb => $name,)*
                }
            }

            /// The verb that a person typed.
            pub fn named(name: &str) -> Self {
                match name.to_ascii_uppercase().as_str() {
                    $($name => Self::$verb,)*
                    _ => Self::Other,
                }
            }
        }
    };
}

verbs! {
    Abor "ABOR", Acct "ACCT", Allo "ALLO", Appe "APPE", Auth "AUTH", Ccc "CCC", Cdup "CDUP", Clnt "CLNT", Cwd "CWD",
    Dele "DELE", Eprt "EPRT", Epsv "EPSV", Feat "FEAT", Hash "HASH", Help "HELP", Host "HOST", List "LIST", Md5 "MD5",
    Mdtm "MDTM", Mfmt "MFMT", Mkd "MKD",
    Mlsd "MLSD", Mlst "MLST", Mode "MODE", Nlst "NLST", Noop "NOOP", Opts "OPTS", Pass "PASS", Pasv "PASV",
    Pbsz "PBSZ", Port "PORT", Pret "PRET", Prot "PROT", Pwd "PWD", Quit "QUIT", Rein "REIN", Rest "REST", Retr "RETR", Rmd "RMD",
    Rnfr "RNFR", Rnto "RNTO", Site "SITE", Size "SIZE", Smnt "SMNT", Stat "STAT", Stor "STOR", Stou "STOU",
    Stru "STRU", Syst "SYST", Type "TYPE", User "USER", Xcrc "XCRC", Xcup "XCUP", Xcwd "XCWD",
    Xmd5 "XMD5", Xsha "XSHA", Xsha1 "XSHA1", Xsha256 "XSHA256", Xsha512 "XSHA512",
}

impl Verb {
    /// Whether it needs a data connection.
    pub fn moves_data(self) -> bool {
        self.sends_data() || matches!(self, Self::List | Self::Nlst | Self::Mlsd | Self::Retr)
    }

    /// Whether its argument is chosen by the server or a person: a name, a path. Else it is a word that we always say.
    pub(crate) fn names_files(self) -> bool {
        use Verb::{Allo, Auth, Clnt, Eprt, Host, Mode, Opts, Pbsz, Port, Prot, Rest, Stru, Type, User};
        !matches!(self, Allo | Auth | Clnt | Eprt | Host | Mode | Opts | Pbsz | Port | Prot | Rest | Stru | Type | User)
    }

    /// Whether data go from us to the server.
    pub fn sends_data(self) -> bool {
        matches!(self, Self::Stor | Self::Appe | Self::Stou)
    }
}

/// What stands for a secret, whatever its length.
pub(crate) const HIDDEN: &str = "****";

/// The words after SITE that change a password.
const SECRET_SITE_WORDS: [&str; 6] = ["PSWD", "PASS", "PASSWD", "CPWD", "CHPASS", "PASSWORD"];

/// A command that can be sent: one line without CR, LF or NUL.
#[derive(Clone, PartialEq, Eq)]
pub struct Command {
    verb: Verb,
    line: Vec<u8>,
    secret: Option<usize>,
}

impl Command {
    /// A command without an argument.
    pub fn new(verb: Verb) -> Self {
        Self { verb, line: verb.name().as_bytes().to_vec(), secret: None }
    }

    /// A command with an argument.
    pub fn with(verb: Verb, argument: impl AsRef<[u8]>) -> Result<Self, Error> {
        let mut line = verb.name().as_bytes().to_vec();
        line.push(b' ');
        line.extend_from_slice(argument.as_ref());
        Self::from_line(verb, line)
    }

    /// A command as a person typed it, already in the bytes of the charset.
    pub fn typed(line: Vec<u8>) -> Result<Self, Error> {
        let start = line.len() - line.trim_ascii_start().len();
        let line = line[start..].to_vec();
        let word = line.split(u8::is_ascii_whitespace).next().unwrap_or_default();
        if word.is_empty() {
            return Err(Error::Withheld("an empty command"));
        }
        Self::from_line(Verb::named(&String::from_utf8_lossy(word)), line)
    }

    /// A command of a proxy's script, whose secrets begin at `secret`, if it holds any.
    pub(crate) fn scripted(line: Vec<u8>, secret: Option<usize>) -> Result<Self, Error> {
        let command = Self::typed(line)?;
        Ok(Self { secret: [command.secret, secret].into_iter().flatten().min(), ..command })
    }

    fn from_line(verb: Verb, line: Vec<u8>) -> Result<Self, Error> {
        if line.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0)) {
            return Err(Error::Argument);
        }
        let secret = secret_start(verb, &line);
        Ok(Self { verb, line, secret })
    }

    /// What it asks for.
    pub fn verb(&self) -> Verb {
        self.verb
    }

    /// The argument's bytes, without the blanks around it.
    pub fn argument(&self) -> &[u8] {
        let blank = self.line.iter().position(u8::is_ascii_whitespace).unwrap_or(self.line.len());
        self.line[blank..].trim_ascii()
    }

    /// The secret in it.
    pub fn secret(&self) -> Option<&[u8]> {
        self.secret.map(|start| self.line[start..].trim_ascii()).filter(|secret| !secret.is_empty())
    }

    /// The line, unless it holds a secret.
    pub fn shown_bytes(&self) -> Option<&[u8]> {
        self.secret.is_none().then_some(&self.line)
    }

    /// Appends it as it is sent, with CR LF.
    pub fn encode(&self, bytes: &mut Vec<u8>) {
        bytes.extend_from_slice(&self.line);
        bytes.extend_from_slice(b"\r\n");
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.secret.unwrap_or(self.line.len());
        f.write_str(&String::from_utf8_lossy(&self.line[..end]))?;
        if self.secret.is_some() { f.write_str(HIDDEN) } else { Ok(()) }
    }
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Command({self})")
    }
}

/// Where the secret of a line begins, if it holds one.
fn secret_start(verb: Verb, line: &[u8]) -> Option<usize> {
    let after_word = |from: usize| {
        let start = from + line[from..].iter().position(|byte| !byte.is_ascii_whitespace())?;
        Some((start, line[start..].iter().position(u8::is_ascii_whitespace).map_or(line.len(), |end| start + end)))
    };
    let (_, verb_end) = after_word(0)?;
    match verb {
        Verb::Pass | Verb::Acct => Some(verb_end + 1).filter(|start| *start <= line.len()),
        Verb::Site => {
            let (start, end) = after_word(verb_end)?;
            let word = String::from_utf8_lossy(&line[start..end]).to_ascii_uppercase();
            (SECRET_SITE_WORDS.contains(&word.as_str()) && end < line.len()).then_some(end + 1)
        }
        _ => None,
    }
}

/// Replaces every occurrence of `secret` in `line` by stars. `None`: there is none.
pub(crate) fn mask(line: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    if secret.is_empty() || line.len() < secret.len() {
        return None;
    }
    let (mut masked, mut rest, mut found) = (Vec::with_capacity(line.len()), line, false);
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix(secret) {
            masked.extend_from_slice(HIDDEN.as_bytes());
            rest = after;
            found = true;
        } else {
            masked.push(rest[0]);
            rest = &rest[1..];
        }
    }
    found.then_some(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn typed(line: &str) -> Command {
        Command::typed(line.as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn a_command_is_one_line() {
        let mut bytes = Vec::new();
        Command::with(Verb::Retr, b"/a b\xff").unwrap().encode(&mut bytes);
        Command::new(Verb::Noop).encode(&mut bytes);
        assert_eq!(bytes, b"RETR /a b\xff\r\nNOOP\r\n");
        for attack in ["a\r\nDELE b", "a\rb", "a\nb", "a\0b"] {
            for verb in [Verb::User, Verb::Pass, Verb::Acct, Verb::Cwd, Verb::Site] {
                assert_eq!(Command::with(verb, attack), Err(Error::Argument));
            }
            assert_eq!(Command::typed(attack.as_bytes().to_vec()), Err(Error::Argument));
        }
        assert!(Command::typed(b"  ".to_vec()).is_err());
    }

    #[test]
    fn secrets_are_never_printed() {
        for (line, shown) in [
            ("PASS hunter2", "PASS ****"),
            ("pass  hunter2", "pass ****"),
            ("PASS ", "PASS ****"),
            ("ACCT x", "ACCT ****"),
            ("SITE PSWD old new", "SITE PSWD ****"),
            ("site  passwd a", "site  passwd ****"),
            ("SITE CHMOD 644 PASS", "SITE CHMOD 644 PASS"),
            ("  USER me", "USER me"),
            ("LIST -a", "LIST -a"),
        ] {
            assert_eq!(typed(line).to_string(), shown);
            assert!(!format!("{:?}", typed(line)).contains("hunter2"));
        }
        assert_eq!(typed("PASS").to_string(), "PASS");
        assert_eq!(Command::with(Verb::Pass, "").unwrap().to_string(), "PASS ****");
        assert_eq!(typed("SITE PSWD a b").secret(), Some(&b"a b"[..]));
    }

    #[test]
    fn what_was_typed_is_known() {
        assert_eq!(typed("retr x").verb(), Verb::Retr);
        assert_eq!(typed("XFOO x").verb(), Verb::Other);
        assert_eq!(typed("TYPE  A N ").argument(), b"A N");
        assert_eq!(typed("NOOP").argument(), b"");
    }

    #[test]
    fn an_echoed_secret_is_masked() {
        assert_eq!(mask(b"530 bad password hunter2, hunter2!", b"hunter2").unwrap(), b"530 bad password ****, ****!");
        assert_eq!(mask(b"530 no", b"hunter2"), None);
        assert_eq!(mask(b"530 no", b""), None);
    }
}
