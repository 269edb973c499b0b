//! Checksums that servers compute: how one is asked for, and where the reply holds it.
//!
//! HASH with its algorithms is draft-bryan-ftpext-hash; before it servers had a command for each (XSHA256, XMD5, XCRC),
//! MD5 (draft-twine-ftpmd5) or words after SITE.

use super::command::{Command, Verb};
use super::error::Error;

/// How a checksum is computed, weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Algorithm {
    /// CRC-32 as in zip.
    Crc32,
    /// MD5 (RFC 1321).
    Md5,
    /// SHA-1 (RFC 3174).
    Sha1,
    /// SHA-256 (RFC 6234).
    Sha256,
    /// SHA-512 (RFC 6234).
    Sha512,
}

use self::Algorithm::{Crc32, Md5, Sha1, Sha256, Sha512};

/// The names that HASH has for them.
const NAMES: [(&str, Algorithm); 8] = [
    ("SHA-512", Sha512),
    ("SHA512", Sha512),
    ("SHA-256", Sha256),
    ("SHA256", Sha256),
    ("SHA-1", Sha1),
    ("SHA1", Sha1),
    ("MD5", Md5),
    ("CRC32", Crc32),
];

/// The commands that servers had before HASH, as FEAT lists them.
const COMMANDS: [(&str, Algorithm); 9] = [
    ("XSHA512", Sha512),
    ("XSHA256", Sha256),
    ("XSHA1", Sha1),
    ("XSHA", Sha1),
    ("XMD5", Md5),
    ("MD5", Md5),
    ("SITE MD5", Md5),
    ("XCRC", Crc32),
    ("SITE CRC", Crc32),
];

/// The best checksum that a server offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// How it is computed.
    pub algorithm: Algorithm,
    /// What HASH calls the algorithm, where it does not compute that unasked.
    select: Option<String>,
    command: &'static str,
}

impl Offer {
    /// The strongest of what FEAT lists; of two that are beyond doubt, the one that takes one command.
    pub fn of(features: &[String]) -> Option<Self> {
        let mut offers = Vec::new();
        for feature in features {
            let feature = feature.trim().to_ascii_uppercase();
            if let Some(list) = feature.strip_prefix("HASH ") {
                offers.extend(list.split([';', ',', ' ']).filter_map(Self::hash));
            }
            let is_command = |name: &str| {
                feature == name || feature.strip_prefix(name).is_some_and(|rest| rest.starts_with([' ', ';']))
            };
            let found = COMMANDS.iter().filter(|(name, _)| is_command(name));
            offers.extend(found.map(|(command, algorithm)| Self { algorithm: *algorithm, select: None, command }));
        }
        offers.into_iter().max_by_key(|offer| (offer.algorithm.min(Sha256), offer.select.is_none(), offer.algorithm))
    }

    /// One of the algorithms of HASH; `*` marks the one that is selected.
    fn hash(word: &str) -> Option<Self> {
        let name = word.trim_end_matches('*');
        let algorithm = NAMES.iter().find(|(known, _)| *known == name)?.1;
        let select = (name == word).then(|| name.to_owned());
        Some(Self { algorithm, select, command: "HASH" })
    }

    /// What is said first, so that HASH means this algorithm.
    pub(super) fn selection(&self) -> Result<Option<Command>, Error> {
        self.select.as_ref().map(|name| Command::with(Verb::Opts, format!("HASH {name}"))).transpose()
    }

    /// What is said to get the checksum of the file whose path is sent as `path`.
    pub(super) fn request(&self, path: &[u8]) -> Result<Command, Error> {
        // Behind XCRC and its like may follow a range, so that a name with blanks stands in quotes there, and only that:
        // some servers take quotes for a part of the name. For the others the rest of the line is the name.
        let quote: &[u8] = if self.command.starts_with('X') && path.contains(&b' ') { b"\"" } else { b"" };
        Command::typed([self.command.as_bytes(), b" ", quote, path, quote].concat())
    }
}

impl Algorithm {
    /// Its name, as a person reads it.
    pub fn name(self) -> &'static str {
        match self {
            Crc32 => "CRC-32",
            Md5 => "MD5",
            Sha1 => "SHA-1",
            Sha256 => "SHA-256",
            Sha512 => "SHA-512",
        }
    }

    fn digits(self) -> usize {
        match self {
            Crc32 => 8,
            Md5 => 32,
            Sha1 => 40,
            Sha256 => 64,
            Sha512 => 128,
        }
    }

    /// The checksum in the `texts` of a reply's lines, in lower case: the one word that can be it. The name that was
    /// sent, `path`, is none, and neither is the checksum of another algorithm that a reply to HASH names.
    pub(super) fn find(self, texts: &[String], path: &str) -> Option<String> {
        let last = path.rsplit('/').next().unwrap_or(path);
        let quoted = format!("\"{path}\"");
        let mut found = None;
        for text in texts {
            let named = text.split_whitespace().next().and_then(|word| NAMES.iter().find(|(name, _)| *name == word));
            if named.is_some_and(|(_, algorithm)| *algorithm != self) {
                return None; // OPTS had no effect
            }
            let names = [quoted.as_str(), path, last].into_iter().filter(|name| !name.is_empty());
            let rest = names.fold(text.trim(), |text, name| {
                let text = text.strip_suffix(name).filter(|rest| rest.ends_with(' ')).unwrap_or(text);
                text.strip_prefix(name).filter(|rest| rest.starts_with(' ')).unwrap_or(text).trim()
            });
            for word in rest.split_whitespace().filter(|word| self.is_checksum(word, rest)) {
                let word = format!("{:0>width$}", word.to_ascii_lowercase(), width = self.digits());
                match &found {
                    Some(before) if *before != word => return None, // nobody knows which
                    _ => found = Some(word),
                }
            }
        }
        found
    }

    /// Some servers leave out the noughts that a CRC begins with.
    fn is_checksum(self, word: &str, alone: &str) -> bool {
        let is_short = self == Crc32 && word == alone && word.len() <= self.digits();
        (is_short || word.len() == self.digits()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUM: &str = "9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08";

    fn offer(features: &[&str]) -> Option<Offer> {
        Offer::of(&features.iter().map(|&feature| feature.to_owned()).collect::<Vec<_>>())
    }

    /// What is said for the file `path`.
    fn said(offer: &Offer, path: &str) -> Vec<String> {
        let commands = offer.selection().unwrap().into_iter().chain([offer.request(path.as_bytes()).unwrap()]);
        commands.map(|command| command.to_string()).collect()
    }

    #[test]
    fn a_checksum_is_found_in_every_form_of_reply() {
        for text in [
            format!("SHA-256 0-4 {SUM} f"),
            SUM.to_owned(),
            format!("{SUM} name"),
            format!("\"/a b\" {SUM}"),
            format!("/a b {SUM}"),
        ] {
            assert_eq!(Sha256.find(&[text], "/a b").as_deref(), Some(SUM.to_lowercase().as_str()));
        }
        assert_eq!(Sha256.find(&["no such file".to_owned()], "f"), None);
        assert_eq!(Crc32.find(&["XCRC 0A1B2C3D".to_owned()], "f").as_deref(), Some("0a1b2c3d"));
        assert_eq!(Crc32.find(&["A1B2C3D".to_owned()], "f").as_deref(), Some("0a1b2c3d"), "without its nought");
        assert_eq!(Md5.find(&[format!("SHA-256 0-4 {SUM} f")], "f"), None, "OPTS had no effect");
    }

    #[test]
    fn a_name_that_looks_like_a_checksum_is_not_taken_for_one() {
        let name = format!("/files/{}", "0".repeat(64));
        let text = format!("SHA-256 0-4 {SUM} {name}");
        assert_eq!(Sha256.find(&[text], &name), Some(SUM.to_lowercase()));
        let wrong = format!("SHA-256 0-4 {} {SUM}", "1".repeat(64));
        assert_eq!(Sha256.find(&[wrong], &format!("/{SUM}")), Some("1".repeat(64)));
        let both = format!("{SUM} {}", "2".repeat(64));
        assert_eq!(Sha256.find(&[both], "/f"), None, "nobody knows which");
    }

    #[test]
    fn the_strongest_is_asked_for_and_with_one_command_where_that_is_as_good() {
        let all = offer(&["HASH CRC32;MD5;SHA-1*;SHA-256;SHA-512", "XCRC", "XMD5", "XSHA", "XSHA256"]).unwrap();
        assert_eq!(said(&all, "/a b"), ["XSHA256 \"/a b\""]);
        assert_eq!(said(&all, "/a"), ["XSHA256 /a"]);
        let hash = offer(&["HASH SHA-256;SHA-512;SHA-1*;MD5", "XCRC"]).unwrap();
        assert_eq!(said(&hash, "/a b"), ["OPTS HASH SHA-512", "HASH /a b"]);
        let selected = offer(&["HASH SHA-256*;SHA-512"]).unwrap();
        assert_eq!((selected.algorithm, said(&selected, "f")), (Sha256, vec!["HASH f".to_owned()]));
        assert_eq!(offer(&["XCRC \"f\" s e", "XMD5 f"]).unwrap().algorithm, Md5);
        assert_eq!(said(&offer(&["SITE MD5"]).unwrap(), "a b"), ["SITE MD5 a b"], "libunftp takes no quotes");
        assert_eq!(offer(&["MDTM", "SIZE", "XCRCX", "HASH whirlpool"]), None);
    }
}
