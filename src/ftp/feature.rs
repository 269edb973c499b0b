//! What a server can do beyond RFC 959: FEAT (RFC 2389), and the facts of MLST (RFC 3659 7.8).

use super::reply::Reply;

/// The facts that are of use to us, in lower case.
const WANTED_FACTS: [&str; 12] = [
    "type",
    "size",
    "modify",
    "perm",
    "unique",
    "unix.mode",
    "unix.owner",
    "unix.group",
    "unix.ownername",
    "unix.groupname",
    "unix.uid",
    "unix.gid",
];

/// The reply to FEAT.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Features {
    lines: Vec<String>,
}

impl Features {
    /// Reads a reply; one that refuses, or that has no lines between the first and the last, names no feature.
    pub fn read(reply: &Reply) -> Self {
        if reply.is_negative() {
            return Self::default();
        }
        let lines = reply.inner().map(|line| String::from_utf8_lossy(line).trim().to_owned());
        Self { lines: lines.filter(|line| !line.is_empty()).collect() }
    }

    /// Its lines, trimmed.
    pub fn lines(&self) -> &[String] {
        &self.lines
    }

    /// Whether a line begins with `name`, in whatever case. MLST implies MLSD and the reverse.
    pub fn has(&self, name: &str) -> bool {
        match name {
            "MLSD" | "MLST" => self.argument("MLST").is_some() || self.argument("MLSD").is_some(),
            _ => self.argument(name).is_some(),
        }
    }

    /// What follows `name` on its line.
    fn argument(&self, name: &str) -> Option<&str> {
        self.lines.iter().find_map(|line| {
            let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            word.eq_ignore_ascii_case(name).then_some(rest.trim())
        })
    }

    /// The argument of `OPTS MLST` that asks for the facts we can use, where some of them are off (no `*`).
    pub fn facts_to_ask_for(&self) -> Option<String> {
        let facts = self.argument("MLST")?.split(';').map(str::trim).filter(|fact| !fact.is_empty());
        let (mut names, mut some_are_off) = (String::new(), false);
        for fact in facts {
            let name = fact.trim_end_matches('*');
            if WANTED_FACTS.contains(&name.to_ascii_lowercase().as_str()) {
                some_are_off |= name == fact;
                names.push_str(name);
                names.push(';');
            }
        }
        some_are_off.then(|| format!("MLST {names}"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::reply::reply;
    use super::*;

    fn features(text: &str) -> Features {
        Features::read(&reply(text))
    }

    #[test]
    fn lines_in_every_shape() {
        let f = features(
            "211-Features:\n mdtm\nSIZE\n   REST STREAM\n211-UTF8\n MLST type*;size*;\n SITE CHMOD;UTIME\n211 End",
        );
        assert_eq!(f.lines(), ["mdtm", "SIZE", "REST STREAM", "UTF8", "MLST type*;size*;", "SITE CHMOD;UTIME"]);
        for name in ["MDTM", "SIZE", "REST", "UTF8", "MLST", "MLSD", "SITE"] {
            assert!(f.has(name), "{name}");
        }
        assert!(!f.has("MFMT") && !f.has("MLS"));
    }

    #[test]
    fn none_is_fine() {
        for text in ["500 what?", "502 no", "530 log in first", "211 no features", "211-F\n211 End", "221 none"] {
            assert_eq!(features(text), Features::default(), "{text}");
        }
    }

    #[test]
    fn only_facts_that_are_off_are_asked_for() {
        assert_eq!(features("211-\n MLST type*;size*;modify*;media-type;\n211 .").facts_to_ask_for(), None);
        assert_eq!(
            features("211-\n MLST Type*;Size;lang*;UNIX.mode;\n211 .").facts_to_ask_for().as_deref(),
            Some("MLST Type;Size;UNIX.mode;")
        );
        assert_eq!(features("211-\n MLSD\n211 .").facts_to_ask_for(), None);
    }
}
