//! Every reply code: what it means, what is likely the cause, what to do.

/// What the first digit says (RFC 959 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// 1yz: begun; another reply follows.
    Preliminary,
    /// 2yz: done.
    Completion,
    /// 3yz: fine so far; the next command of the sequence is awaited.
    Intermediate,
    /// 4yz: not done, but the same may work later.
    Transient,
    /// 5yz: not done, and the same would fail again.
    Permanent,
    /// 6yz: a protected reply (RFC 2228).
    Protected,
}

impl Class {
    /// The class of `code`; `None` for what is no reply code.
    pub fn of(code: u16) -> Option<Self> {
        match code / 100 {
            1 => Some(Self::Preliminary),
            2 => Some(Self::Completion),
            3 => Some(Self::Intermediate),
            4 => Some(Self::Transient),
            5 => Some(Self::Permanent),
            6 => Some(Self::Protected),
            _ => None,
        }
    }

    /// Its name in RFC 959.
    pub fn name(self) -> &'static str {
        match self {
            Self::Preliminary => "preliminary",
            Self::Completion => "completion",
            Self::Intermediate => "intermediate",
            Self::Transient => "transient negative",
            Self::Permanent => "permanent negative",
            Self::Protected => "protected",
        }
    }

    /// What it means, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Preliminary => "The server has begun; another reply follows when it is done.",
            Self::Completion => "The server has done what was asked.",
            Self::Intermediate => "Fine so far; the server waits for the next command of this sequence.",
            Self::Transient => "It did not work this time, but the same may work later.",
            Self::Permanent => "It did not work, and asking the same again will not help.",
            Self::Protected => "The reply itself is encrypted or signed.",
        }
    }
}

/// What the second digit says (RFC 959 4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Group {
    /// x0z.
    Syntax,
    /// x1z.
    Information,
    /// x2z.
    Connections,
    /// x3z.
    Authentication,
    /// x4z.
    Unassigned,
    /// x5z.
    FileSystem,
}

impl Group {
    /// The group of `code`; `None` where the second digit means nothing.
    pub fn of(code: u16) -> Option<Self> {
        match code / 10 % 10 {
            0 => Some(Self::Syntax),
            1 => Some(Self::Information),
            2 => Some(Self::Connections),
            3 => Some(Self::Authentication),
            4 => Some(Self::Unassigned),
            5 => Some(Self::FileSystem),
            _ => None,
        }
    }

    /// What it is about.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Syntax => "It is about the command itself: its spelling, or whether the server knows it.",
            Self::Information => "It gives information, such as status or help.",
            Self::Connections => "It is about the control connection or a data connection.",
            Self::Authentication => "It is about the log-in, the account or encryption.",
            Self::Unassigned => "RFC 959 gives this second digit no meaning.",
            Self::FileSystem => "It is about the files on the server.",
        }
    }
}

/// What is known about one code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The code.
    pub code: u16,
    /// A few words that name it.
    pub name: &'static str,
    /// What it says.
    pub meaning: &'static str,
    /// What is likely behind it.
    pub cause: &'static str,
    /// What a person can do.
    pub remedy: &'static str,
}

/// All that can be said about a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// The code.
    pub code: u16,
    /// The reading of its first digit.
    pub class: Option<Class>,
    /// The reading of its second digit.
    pub group: Option<Group>,
    /// The code's own meaning, if it is a known one.
    pub known: Option<&'static Meaning>,
}

impl Explanation {
    /// A few words that name the code: its own, or those of its class.
    pub fn name(&self) -> &'static str {
        self.known.map(|meaning| meaning.name).or(self.class.map(Class::name)).unwrap_or("not an FTP reply")
    }
}

/// Explains any code.
pub fn explain(code: u16) -> Explanation {
    let class = Class::of(code);
    let known = MEANINGS.binary_search_by_key(&code, |meaning| meaning.code).ok().map(|index| &MEANINGS[index]);
    Explanation { code, class, group: class.and_then(|_| Group::of(code)), known }
}

const fn known(
    code: u16,
    name: &'static str,
    meaning: &'static str,
    cause: &'static str,
    remedy: &'static str,
) -> Meaning {
    Meaning { code, name, meaning, cause, remedy }
}

const NOTHING: &str = "Nothing needs to be done.";

/// The known codes, in order: those of RFC 959, then of 2228, 2428, 2640, 4217 and 7151, and what servers made their own.
pub const MEANINGS: &[Meaning] = &[
    known(
        110,
        "restart marker",
        "The server names a point from which a broken transfer could be taken up again.",
        "The transfer runs in a mode with restart markers (`MARK yours = mine`).",
        NOTHING,
    ),
    known(
        120,
        "ready in a few minutes",
        "The server will be ready later; it says in how many minutes.",
        "It is starting up, or busy with maintenance.",
        "Wait. If it takes longer than announced, connect again.",
    ),
    known(
        125,
        "transfer starts",
        "The data connection is open already, and the transfer starts.",
        "The server reuses a connection that was made before.",
        NOTHING,
    ),
    known(
        150,
        "transfer begins",
        "The request is fine; the server opens the data connection and begins.",
        "A listing, a download or an upload was asked for. Another reply follows at its end.",
        "Nothing, unless no other reply follows: then the data connection cannot be made, mostly because of a firewall. \
         Try the other mode, passive or active.",
    ),
    known(200, "command done", "The server has carried out the command.", "All is well.", NOTHING),
    known(
        202,
        "not needed here",
        "The server has no use for this command, and goes on as if it had been done.",
        "The command is for other kinds of servers, such as ALLO where space need not be reserved.",
        NOTHING,
    ),
    known(
        211,
        "status or features",
        "The server tells its status, or which extensions it has (FEAT).",
        "It was asked.",
        NOTHING,
    ),
    known(212, "directory status", "The server tells about a directory.", "It was asked (STAT).", NOTHING),
    known(
        213,
        "file status",
        "The server tells about a file: its size (SIZE), its time of modification (MDTM), or more (STAT).",
        "It was asked.",
        NOTHING,
    ),
    known(214, "help", "A text for people about the server or a command.", "It was asked for help.", NOTHING),
    known(
        215,
        "system type",
        "The server names its operating system. Many say UNIX whatever they run on.",
        "It was asked (SYST).",
        NOTHING,
    ),
    known(
        220,
        "ready",
        "The server greets and is ready for a log-in, or accepts the host name (HOST).",
        "The connection was made.",
        NOTHING,
    ),
    known(
        221,
        "goodbye",
        "The server closes the control connection.",
        "The session was ended (QUIT), or the server ends it.",
        "Nothing; connect again to go on working.",
    ),
    known(
        225,
        "data connection open, idle",
        "A data connection is open and no transfer is under way.",
        "A transfer was broken off, or there was none to break off (ABOR).",
        NOTHING,
    ),
    known(
        226,
        "transfer complete",
        "The data connection is closed; the server has sent or received everything it was asked to.",
        "The transfer or listing ended well, or breaking it off did.",
        "Nothing. Note that a server says this also of an upload that was cut off in the middle: only equal sizes prove \
         that a file is whole.",
    ),
    known(
        227,
        "passive mode",
        "The server listens for a data connection and names the address and port (the last two numbers are the port).",
        "Passive mode was asked for (PASV). Behind a router the address is often a private one, which nobody outside can \
         reach; Longshore always connects to the server it already talks to.",
        "Nothing, unless the data connection fails: then the server's passive ports are closed by a firewall.",
    ),
    known(
        228,
        "long passive mode",
        "The server listens for a data connection and names a long address (LPSV).",
        "An old form of passive mode for other networks than today's internet.",
        NOTHING,
    ),
    known(
        229,
        "extended passive mode",
        "The server listens for a data connection; it names only the port, between bars.",
        "Extended passive mode was asked for (EPSV), which works over IPv6 and through most routers.",
        "Nothing, unless the data connection fails: then the server's passive ports are closed by a firewall.",
    ),
    known(230, "logged in", "The user is logged in.", "User name and password were accepted.", NOTHING),
    known(231, "logged out", "The user is logged out; the service has ended.", "The session was ended.", NOTHING),
    known(
        232,
        "log-out noted",
        "The user will be logged out when the transfer is done; or the log-in succeeded by the security exchange alone.",
        "The session was ended during a transfer, or a certificate took the place of a password.",
        NOTHING,
    ),
    known(
        234,
        "TLS agreed",
        "The server agrees to encrypt the control connection; the TLS handshake follows at once.",
        "TLS was asked for (AUTH TLS).",
        NOTHING,
    ),
    known(
        235,
        "security exchange done",
        "The exchange of security data has succeeded.",
        "A security mechanism such as Kerberos was used (ADAT).",
        NOTHING,
    ),
    known(
        250,
        "file action done",
        "What was asked of a file or folder is done: gone there, renamed, deleted; with some servers also a transfer.",
        "All is well.",
        NOTHING,
    ),
    known(
        257,
        "path",
        "The server names a folder between quotation marks: the current one (PWD), or the one that was made (MKD).",
        "It was asked, or a folder was made.",
        NOTHING,
    ),
    known(
        331,
        "password wanted",
        "The user name is fine so far; the server wants the password. Most servers say this for unknown users too.",
        "A log-in is under way.",
        NOTHING,
    ),
    known(
        332,
        "account wanted",
        "The server wants an account besides user and password.",
        "Some mainframes and firewalls ask for one.",
        "Enter the account in the site manager.",
    ),
    known(
        334,
        "security data wanted",
        "The security mechanism is accepted; the server wants security data.",
        "A mechanism such as Kerberos was asked for.",
        "Choose TLS instead, if the server has it.",
    ),
    known(
        335,
        "more security data wanted",
        "The security data are fine so far; the server wants more.",
        "An exchange of security data is under way.",
        NOTHING,
    ),
    known(
        336,
        "challenge",
        "The user name is fine; the server sends a challenge that the password must answer.",
        "The server uses one-time passwords.",
        "Work out the one-time password for this challenge and log in with it.",
    ),
    known(
        350,
        "waits for the next step",
        "The server has noted this and waits for the command that goes with it.",
        "A file is being renamed (RNFR, then RNTO), or a transfer resumed (REST, then RETR or STOR).",
        NOTHING,
    ),
    known(
        421,
        "service closes",
        "The server closes the control connection.",
        "Nothing was sent for too long, there are too many connections from this address or for this user, or the server \
         is shutting down. The words of the reply mostly say which.",
        "Connect again. If there are too many connections, allow fewer in the settings of the site; if it was silence, \
         turn on keep-alive.",
    ),
    known(
        425,
        "no data connection",
        "The server could not open the data connection.",
        "A firewall or router stands in the way, on either side; or with TLS the server wants the data connection to \
         resume the session of the control connection.",
        "Switch between passive and active mode. If that does not help, ask the host which ports its firewall leaves open.",
    ),
    known(
        426,
        "transfer broken off",
        "The data connection broke, and the transfer with it.",
        "The network failed, somebody cancelled, or a firewall closed a connection that it took for idle.",
        "Resume the transfer; what was transferred is not lost.",
    ),
    known(
        430,
        "wrong user or password",
        "User name or password are not valid.",
        "A misspelt name or password, or an account that is closed.",
        "Check both, also for blanks that were copied along; then log in again.",
    ),
    known(
        431,
        "no resource for security",
        "The server lacks something that it needs for encryption.",
        "Its certificate is missing or broken, or it is out of some resource.",
        "Try again later. If it stays so, tell the host that TLS does not work on this server.",
    ),
    known(
        434,
        "host not available",
        "The host that was asked for is not available here.",
        "A server for several hosts does not know this one, or has switched it off.",
        "Check the host name.",
    ),
    known(
        450,
        "file busy",
        "The file or folder cannot be had right now. Some servers say this for one that is not there, or for an empty folder.",
        "Another program or session uses it; often an upload that was just broken off still holds it.",
        "Wait a minute and try again. If it goes on, look whether the file is there.",
    ),
    known(
        451,
        "error on the server",
        "The server broke it off because of an error of its own.",
        "A full or failing disk, an overloaded machine, or a restart point the server cannot honour.",
        "Try again. If it goes on, send the host the text of this reply.",
    ),
    known(
        452,
        "no space right now",
        "There is not enough space on the server.",
        "The server's disk is full.",
        "Delete something on the server, or ask the host for space; then try again.",
    ),
    known(
        500,
        "command not recognised",
        "The server does not understand the command.",
        "It does not have it, or the line was too long.",
        "Nothing, if it is a command that Longshore only tried: it uses another one then. For a typed command: check its \
         spelling.",
    ),
    known(
        501,
        "parameters not understood",
        "The server knows the command, but not what came with it.",
        "A name or value that it cannot take, or a form that this server does not have.",
        "Check the name for unusual characters. For a typed command: see the server's HELP.",
    ),
    known(
        502,
        "command not implemented",
        "The server does not have this command.",
        "It is an older or smaller server, or the host has switched the command off.",
        "Nothing, if Longshore only tried it. Otherwise there is no way on this server.",
    ),
    known(
        503,
        "wrong order of commands",
        "The command is fine, but something must come before it.",
        "A step is missing: USER before PASS, RNFR before RNTO, TLS before PROT, or a log-in.",
        "Log in again. For typed commands: send the missing step first.",
    ),
    known(
        504,
        "not for this parameter",
        "The server has the command, but not with this parameter.",
        "A kind of encryption, transfer type or option that it lacks.",
        "Choose another setting; with AUTH the server may lack TLS.",
    ),
    known(
        521,
        "data connection not possible so",
        "The data connection cannot be made at this level of protection; some servers use this code for a folder that exists.",
        "The server wants the data connection encrypted, or not encrypted; or a folder of that name is there.",
        "Choose the encryption the server wants; for MKD nothing needs to be done if the folder is there.",
    ),
    known(
        522,
        "protocol or TLS refused",
        "The server does not support this network protocol and names those it has: 1 is IPv4, 2 is IPv6. With TLS it says \
         that the data connection is not encrypted, or did not resume the control connection's session.",
        "IPv6 where the server has only IPv4; or a server that insists on encrypted data, or on the resumption of TLS \
         sessions.",
        "Longshore tries the other command by itself. If it is about encryption, switch the site to explicit TLS; if about \
         resumption, look at the note in the log.",
    ),
    known(
        530,
        "not logged in",
        "The server refuses the log-in, or wants one first.",
        "Wrong user or password, an account that is locked or may not use FTP, too many connections, or a server that \
         lets nobody in without TLS. Its words mostly say which.",
        "Check user name and password. If the text speaks of TLS or SSL, choose explicit TLS; if of connections, \
         allow fewer.",
    ),
    known(
        532,
        "account needed to store",
        "The server wants an account before it stores files.",
        "The user may read here, but not write without one.",
        "Enter the account in the site manager.",
    ),
    known(
        533,
        "protection required",
        "The server refuses this command at the present level of protection.",
        "It wants the control connection to be encrypted.",
        "Choose explicit TLS.",
    ),
    known(
        534,
        "refused by policy",
        "The server refuses this for reasons of its policy: TLS is required, or not allowed here.",
        "The host has set the server up so.",
        "Choose the encryption the server's words ask for.",
    ),
    known(
        535,
        "security check failed",
        "The security data did not pass: a bad certificate, signature or hash.",
        "A client certificate that is not accepted, or an exchange that went wrong.",
        "Check which certificate or key the host expects.",
    ),
    known(
        536,
        "protection level not supported",
        "The server does not support this level of protection for data connections.",
        "It lacks encrypted data connections (PROT P) with this mechanism.",
        "Ask the host for a server that encrypts data, or transfer without encryption if nothing is secret.",
    ),
    known(
        537,
        "protection not supported for this",
        "The command cannot be protected in the way that was asked for.",
        "The security mechanism has no such protection.",
        "Choose TLS.",
    ),
    known(
        550,
        "not there, or not allowed",
        "The file or folder cannot be had: it is not there, access to it is not allowed, or something is in the way, such \
         as a folder that is not empty or exists already.",
        "A misspelt name (capitals count on most servers), missing permissions, or a folder that changed since it was listed.",
        "Refresh the folder and look whether the name is there. If it is, check its permissions and those of its folder.",
    ),
    known(
        551,
        "page type unknown",
        "Broken off, because the server does not know the type of page.",
        "Files with pages exist on a few old systems only.",
        "Transfer the file as a plain file, in binary type.",
    ),
    known(
        552,
        "over quota",
        "Broken off, because the space for this user or folder is used up.",
        "The account's quota is full, or the file is larger than the server allows.",
        "Delete something on the server or ask the host for more space, then resume.",
    ),
    known(
        553,
        "name not allowed",
        "The server does not accept this file name, or does not let this user write here.",
        "Characters the server forbids, a name that is too long, a file that may not be replaced, or a folder without \
         permission to write.",
        "Give the file a simpler name, or check the permissions of the folder.",
    ),
    known(
        631,
        "protected reply (integrity)",
        "The reply is signed; the real one is inside.",
        "A security mechanism of RFC 2228 other than TLS protects the replies.",
        "Choose TLS instead, if the server has it.",
    ),
    known(
        632,
        "protected reply (private)",
        "The reply is signed and encrypted; the real one is inside.",
        "A security mechanism of RFC 2228 other than TLS protects the replies.",
        "Choose TLS instead, if the server has it.",
    ),
    known(
        633,
        "protected reply (confidential)",
        "The reply is encrypted; the real one is inside.",
        "A security mechanism of RFC 2228 other than TLS protects the replies.",
        "Choose TLS instead, if the server has it.",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    /// The codes of RFC 959's list of replies.
    const SOURCE: [u16; 39] = [
        110, 120, 125, 150, 200, 202, 211, 212, 213, 214, 215, 220, 221, 225, 226, 227, 230, 250, 257, 331, 332, 350,
        421, 425, 426, 450, 451, 452, 500, 501, 502, 503, 504, 530, 532, 550, 551, 552, 553,
    ];

    /// Those of later RFCs and of wide use.
    const LATER: [u16; 22] =
        [228, 229, 231, 232, 234, 235, 334, 335, 336, 430, 431, 434, 521, 522, 533, 534, 535, 536, 537, 631, 632, 633];

    #[test]
    fn every_code_is_explained() {
        for code in SOURCE.into_iter().chain(LATER) {
            let explanation = explain(code);
            let known = explanation.known.unwrap_or_else(|| panic!("{code} is not explained"));
            assert_eq!(known.code, code);
            for text in [known.name, known.meaning, known.cause, known.remedy] {
                assert!(!text.is_empty() && !text.contains("  "), "{code}: {text:?}");
            }
            for sentence in [known.meaning, known.cause, known.remedy] {
                assert!(sentence.ends_with('.'), "{code}: {sentence:?}");
            }
            assert!(explanation.class.is_some() && explanation.group.is_some(), "{code}");
        }
        assert_eq!(MEANINGS.len(), SOURCE.len() + LATER.len());
    }

    #[test]
    fn the_codes_are_in_order() {
        assert!(MEANINGS.windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn digits_are_read_for_any_code() {
        let explanation = explain(459);
        assert_eq!((explanation.class, explanation.group), (Some(Class::Transient), Some(Group::FileSystem)));
        assert_eq!((explanation.known, explanation.name()), (None, "transient negative"));
        assert_eq!(explain(298).group, None);
        for code in [0, 99, 700, 999, u16::MAX] {
            let explanation = explain(code);
            assert_eq!((explanation.class, explanation.group), (None, None), "{code}");
            assert_eq!(explanation.name(), "not an FTP reply");
        }
        assert_eq!(explain(550).name(), "not there, or not allowed");
        assert_eq!(Class::of(226).map(Class::name), Some("completion"));
    }
}
