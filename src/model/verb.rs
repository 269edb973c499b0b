//! The commands of FTP with a line of help each: what a field for raw commands completes.

use std::collections::BTreeSet;

/// Commands that are taken from a reply to HELP, at most.
const MOST_LISTED: usize = 200;

/// A command that can be typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verb {
    /// As it is sent, with the word behind SITE.
    pub name: &'static str,
    /// What stands behind it; empty for nothing.
    pub arguments: &'static str,
    /// What it does.
    pub help: &'static str,
}

const fn verb(name: &'static str, arguments: &'static str, help: &'static str) -> Verb {
    Verb { name, arguments, help }
}

/// All that are known, in alphabetical order.
pub const VERBS: [Verb; 67] = [
    verb("ABOR", "", "stops the transfer that is under way"),
    verb("ACCT", "account", "names an account, after the password"),
    verb("ALLO", "bytes", "asks for room before an upload"),
    verb("APPE", "file", "adds what is sent to the end of a file"),
    verb("AUTH", "TLS", "asks for an encrypted control connection"),
    verb("CCC", "", "goes back to a control connection in clear"),
    verb("CDUP", "", "goes to the folder above"),
    verb("CLNT", "name", "tells the server which program this is"),
    verb("CSID", "facts", "tells the server about this program, and asks about it"),
    verb("CWD", "folder", "goes to a folder"),
    verb("DELE", "file", "deletes a file"),
    verb("EPRT", "|1|address|port|", "names an address and port to which the server connects"),
    verb("EPSV", "", "asks for a port to which we connect"),
    verb("FEAT", "", "lists what the server can do beyond RFC 959"),
    verb("HASH", "file", "asks for a file's checksum"),
    verb("HELP", "command", "says which commands the server knows, or how one is used"),
    verb("HOST", "name", "names the host that is meant, before the log-in"),
    verb("LANG", "language", "asks for replies in another language"),
    verb("LIST", "folder", "lists a folder as text for people"),
    verb("MDTM", "file", "asks when a file was changed"),
    verb("MFCT", "time file", "sets when a file was made"),
    verb("MFF", "facts file", "sets facts of a file"),
    verb("MFMT", "time file", "sets when a file was changed"),
    verb("MKD", "folder", "makes a folder"),
    verb("MLSD", "folder", "lists a folder as facts for programs"),
    verb("MLST", "file", "tells the facts of one file, on the control connection"),
    verb("MODE", "S", "chooses how data are sent: stream, block or compressed"),
    verb("NLST", "folder", "lists the names in a folder"),
    verb("NOOP", "", "does nothing, so that the connection stays open"),
    verb("OPTS", "command options", "sets options of a command, such as UTF8 ON"),
    verb("PASS", "password", "logs in"),
    verb("PASV", "", "asks for an address and port to which we connect"),
    verb("PBSZ", "0", "sets the size of protected blocks, before PROT"),
    verb("PORT", "a,b,c,d,high,low", "names an address and port to which the server connects"),
    verb("PRET", "command", "says which transfer follows, before PASV"),
    verb("PROT", "P", "chooses whether data are encrypted: P, or C for clear"),
    verb("PWD", "", "says in which folder the session is"),
    verb("QUIT", "", "ends the session"),
    verb("REIN", "", "starts the session anew, without a log-in"),
    verb("REST", "bytes", "sets where the next transfer begins"),
    verb("RETR", "file", "fetches a file"),
    verb("RMD", "folder", "deletes an empty folder"),
    verb("RMDA", "folder", "deletes a folder with all that is in it"),
    verb("RNFR", "name", "names what is to be renamed"),
    verb("RNTO", "name", "names what it is to be called"),
    verb("SITE CHMOD", "mode file", "changes the permissions of a file"),
    verb("SITE HELP", "", "lists the server's own commands"),
    verb("SITE IDLE", "seconds", "sets how long the server bears silence"),
    verb("SITE UMASK", "mask", "sets the permissions that new files do not get"),
    verb("SITE UTIME", "file times", "sets the times of a file"),
    verb("SITE WHO", "", "lists who is connected"),
    verb("SITE ZONE", "", "tells the server's time zone"),
    verb("SIZE", "file", "asks for a file's size"),
    verb("SMNT", "name", "mounts another file system"),
    verb("STAT", "name", "tells the server's state, or lists on the control connection"),
    verb("STOR", "file", "stores a file, and replaces one that is there"),
    verb("STOU", "", "stores a file under a name that the server makes up"),
    verb("STRU", "F", "chooses the structure of files: file, record or page"),
    verb("SYST", "", "says what kind of system the server is"),
    verb("THMB", "format file", "fetches a small picture of a file"),
    verb("TYPE", "I", "chooses how bytes are sent: I for images, A for text"),
    verb("USER", "name", "names who logs in"),
    verb("XCRC", "file", "asks for a file's CRC-32"),
    verb("XMD5", "file", "asks for a file's MD5"),
    verb("XPWD", "", "says in which folder the session is, for old servers"),
    verb("XSHA1", "file", "asks for a file's SHA-1"),
    verb("XSHA256", "file", "asks for a file's SHA-256"),
];

/// A command that what is typed can become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is typed then.
    pub typed: String,
    /// What stands behind it.
    pub arguments: &'static str,
    /// What it does.
    pub help: &'static str,
    /// Where the server has named it, if it has.
    pub named: Option<Named>,
}

/// Where a server names a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Named {
    /// In its reply to FEAT.
    Feat,
    /// In its reply to HELP or SITE HELP.
    Help,
}

/// What `typed` can become: those first that the server has named in `features`, or in its reply to HELP. Nothing where it
/// is whole.
pub fn completions(typed: &str, features: &[String], help: &BTreeSet<String>) -> Vec<Completion> {
    let typed = typed.trim_start().to_ascii_uppercase();
    if typed.is_empty() {
        return Vec::new();
    }
    let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    let named = |name: &str| {
        let in_feat = features.iter().any(|line| first(line) == name);
        if in_feat { Some(Named::Feat) } else { help.contains(name).then_some(Named::Help) }
    };
    let begins = |name: &str| name.starts_with(&typed) && name.len() > typed.len();
    let known = VERBS.iter().filter(|verb| begins(verb.name)).map(|verb| Completion {
        typed: verb.name.to_owned(),
        arguments: verb.arguments,
        help: verb.help,
        named: named(verb.name),
    });
    let is_known = |name: &str| VERBS.iter().any(|verb| verb.name == name);
    let is_verb =
        |name: &String| (3..=8).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let others = features.iter().map(|line| first(line)).filter(is_verb).chain(help.iter().cloned());
    let others = others.filter(|name| begins(name) && !is_known(name));
    let others = others.map(|name| Completion { named: named(&name), typed: name, arguments: "", help: "" });
    let mut all: Vec<Completion> = known.chain(others).collect();
    all.sort_by(|a, b| (a.named.is_none(), &a.typed).cmp(&(b.named.is_none(), &b.typed)));
    all.dedup_by(|a, b| a.typed == b.typed);
    all
}

/// Whether a typed command asks which commands there are: `Some("")` for HELP, and for SITE HELP what stands before each.
pub fn asks_for_help(typed: &str) -> Option<&'static str> {
    let words: Vec<String> = typed.split_whitespace().map(str::to_ascii_uppercase).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["HELP"] => Some(""),
        ["SITE", "HELP"] | ["HELP", "SITE"] => Some("SITE "),
        _ => None,
    }
}

/// The commands that a reply to HELP lists, with `before` in front of each: words in capitals between its first and its
/// last line. Those with a star the server does not implement.
pub fn listed(reply: &[String], before: &str) -> BTreeSet<String> {
    let Some((_, [lines @ .., _])) = reply.split_first().filter(|(first, _)| first.starts_with("21")) else {
        return BTreeSet::new();
    };
    let is_verb = |word: &&str| {
        (3..=8).contains(&word.len())
            && word.starts_with(|first: char| first.is_ascii_uppercase())
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
    };
    let code = &reply[0][..3];
    let words =
        lines.iter().map(|line| line.strip_prefix(code).map_or(line.as_str(), |rest| rest.trim_start_matches('-')));
    let words = words.flat_map(str::split_whitespace).filter(is_verb).take(MOST_LISTED);
    words.map(|word| format!("{before}{word}")).collect()
}

/// What stands behind a verb that is typed whole, and what it does.
pub fn help(typed: &str) -> Option<&'static Verb> {
    let typed = typed.trim_start().to_ascii_uppercase();
    let is = |verb: &&Verb| typed.strip_prefix(verb.name).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '));
    VERBS.iter().filter(is).max_by_key(|verb| verb.name.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(typed: &str, features: &[&str]) -> Vec<String> {
        let features: Vec<String> = features.iter().map(|line| (*line).to_owned()).collect();
        completions(typed, &features, &BTreeSet::new()).into_iter().map(|found| found.typed).collect()
    }

    #[test]
    fn verbs_are_in_order_and_each_has_help() {
        assert!(VERBS.windows(2).all(|two| two[0].name < two[1].name));
        assert!(VERBS.iter().all(|verb| !verb.help.is_empty() && verb.name == verb.name.to_uppercase()));
    }

    #[test]
    fn what_is_typed_is_completed() {
        assert_eq!(names("re", &[]), ["REIN", "REST", "RETR"]);
        assert_eq!(
            names("re", &["MDTM", "REST STREAM"]),
            ["REST", "REIN", "RETR"],
            "what the server named comes first"
        );
        assert_eq!(names("site c", &[]), ["SITE CHMOD"]);
        assert_eq!(names("XS", &["XSHA512", "size", "UTF8", "XSVN x;y"]), ["XSHA512", "XSVN", "XSHA1", "XSHA256"]);
        assert!(names("RETR", &[]).is_empty() && names("", &[]).is_empty() && names("RETR x", &[]).is_empty());
    }

    fn reply(text: &str) -> Vec<String> {
        text.lines().map(str::to_owned).collect()
    }

    #[test]
    fn what_help_lists_is_offered_too() {
        let proftpd = "214-The following commands are recognized (* =>'s unimplemented):\n CWD     XCWD    SMNT*   QUIT\n \
            RANG    REST    MFMT\n214 Direct comments to root@HOST";
        let all = listed(&reply(proftpd), "");
        assert_eq!(Vec::from_iter(&all), ["CWD", "MFMT", "QUIT", "RANG", "REST", "XCWD"]);
        let found = completions("r", &["REST STREAM".to_owned()], &all);
        let found: Vec<_> = found.iter().map(|found| (found.typed.as_str(), found.named)).collect();
        assert_eq!(found[..3], [("RANG", Some(Named::Help)), ("REST", Some(Named::Feat)), ("REIN", None)]);
        let site = "214-The following SITE commands are recognized\n214-CHMOD <sp> mode <sp> file\n UTIME <sp> \
            YYYYMMDDhhmm[ss] <sp> path\n QUOTA\n214 ok";
        let all = listed(&reply(site), asks_for_help(" site help ").unwrap());
        assert_eq!(Vec::from_iter(&all), ["SITE CHMOD", "SITE QUOTA", "SITE UTIME"]);
        assert_eq!(completions("site q", &[], &all)[0].typed, "SITE QUOTA");
        for none in ["214 HELP HELP HELP", "500-NO\n SUCH\n500 THING", "", "214-é\n\n"] {
            assert!(listed(&reply(none), "").is_empty(), "{none}");
        }
        assert_eq!([asks_for_help("help"), asks_for_help("HELP STOR"), asks_for_help("")], [Some(""), None, None]);
    }

    #[test]
    fn a_whole_verb_has_help() {
        assert_eq!(help("rest 5").map(|verb| verb.name), Some("REST"));
        assert_eq!(help("SITE CHMOD 644 x").map(|verb| verb.name), Some("SITE CHMOD"));
        assert_eq!((help("RESTART"), help("SITE X"), help("")), (None, None, None));
    }
}
