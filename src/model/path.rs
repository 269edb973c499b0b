//! Paths on the server, and names that are not valid text.
//!
//! Text on the wire is decoded without loss: a byte that the connection's charset cannot decode becomes one private
//! character (see [`escape_byte`]) that [`unescape_char`] turns back, so every name that was listed can be sent back.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// First of the 256 private characters (plane 16, the last block) that stand for bytes which are not text.
const ESCAPE: u32 = 0x10_FE00;

/// The private character that stands for `byte` in a decoded name.
pub fn escape_byte(byte: u8) -> char {
    char::from_u32(ESCAPE + u32::from(byte)).unwrap_or(char::REPLACEMENT_CHARACTER)
}

/// The byte that `c` stands for, if it is one of the private characters of [`escape_byte`].
pub fn unescape_char(c: char) -> Option<u8> {
    u8::try_from(u32::from(c).checked_sub(ESCAPE)?).ok()
}

/// Decodes UTF-8 without loss: what is not UTF-8, and the private characters themselves, become escapes.
pub fn decode_utf8(bytes: &[u8]) -> String {
    if bytes.is_ascii() {
        return String::from_utf8_lossy(bytes).into_owned(); // no escapes possible, and by far the most names
    }
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            if unescape_char(c).is_some() {
                let mut buffer = [0; 4];
                text.extend(c.encode_utf8(&mut buffer).bytes().map(escape_byte));
            } else {
                text.push(c);
            }
        }
        text.extend(chunk.invalid().iter().copied().map(escape_byte));
    }
    text
}

/// The exact inverse of [`decode_utf8`].
pub fn encode_utf8(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut buffer = [0; 4];
    for c in text.chars() {
        match unescape_char(c) {
            Some(byte) => bytes.push(byte),
            None => bytes.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
        }
    }
    bytes
}

/// `name` as systems know it for which capitals and small letters are one, and the ways to write an accent: two names that
/// are folded alike may be one file.
pub fn folded(name: &str) -> String {
    if name.is_ascii() {
        return name.to_ascii_lowercase();
    }
    icu_normalizer::ComposingNormalizerBorrowed::new_nfc().normalize(&name.to_lowercase()).into_owned()
}

/// `text` with every escape as U+FFFD, for people and for JSON.
pub fn shown(text: &str) -> String {
    text.chars().map(|c| if unescape_char(c).is_some() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

/// Begins a path as a person typed it: what it means is known once the server is.
const TYPED: &str = "~/";

/// An absolute path on the server, in the form that PWD gave it: components separated by `/`, none empty, `.` or `..`.
/// Only rows of the queue whose server has not been reached have one as a person typed it: see [`RemotePath::of_typed`].
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RemotePath(String);

impl RemotePath {
    /// `/`.
    pub fn root() -> Self {
        Self("/".to_owned())
    }

    /// Normalises `text`: repeated and trailing slashes go, `.` and `..` are resolved, a missing leading slash is added.
    pub fn new(text: &str) -> Self {
        let mut components: Vec<&str> = Vec::new();
        for component in text.split('/') {
            match component {
                "" | "." => {}
                ".." => {
                    components.pop();
                }
                name => components.push(name),
            }
        }
        Self(format!("/{}", components.join("/")))
    }

    /// What a person typed, to be resolved once the server has told the log-in folder and how it writes paths. It has no
    /// name where it does not plainly end with one.
    pub fn of_typed(text: &str) -> Self {
        let text = if text.len() > 1 { text.strip_suffix('/').unwrap_or(text) } else { text };
        let name = text.rsplit_once('/').map_or(text, |(_, name)| name);
        let end = if name.is_empty() || is_safe_name(name) { "" } else { "/" };
        Self(format!("{TYPED}{text}{end}"))
    }

    /// What a person typed, if that is all that is known.
    pub fn typed(&self) -> Option<&str> {
        let text = self.0.strip_prefix(TYPED)?;
        Some(if text.len() > 1 { text.strip_suffix('/').unwrap_or(text) } else { text })
    }

    /// A path as it was kept: normal, or as it was typed.
    pub fn of_kept(text: &str) -> Self {
        if text.starts_with(TYPED) { Self(text.to_owned()) } else { Self::new(text) }
    }

    /// What a person typed, seen from this path: absolute if it starts with `/`, else below this path.
    pub fn resolve(&self, typed: &str) -> Self {
        if typed.starts_with('/') { Self::new(typed) } else { Self::new(&format!("{}/{typed}", self.0)) }
    }

    /// The entry `name` of this directory. `name` is one component as a listing gave it.
    pub fn join(&self, name: &str) -> Self {
        if self.0.ends_with('/') { Self(format!("{}{name}", self.0)) } else { Self(format!("{}/{name}", self.0)) }
    }

    /// The directory that holds this path; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let (parent, _) = self.0.rsplit_once('/').filter(|_| !self.is_root())?;
        Some(if matches!(parent, "" | "~" | "~/") { Self(format!("{parent}/")) } else { Self(parent.to_owned()) })
    }

    /// The last component; empty for the root.
    pub fn name(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(_, name)| name)
    }

    /// Whether this is `/`.
    pub fn is_root(&self) -> bool {
        self.0 == "/"
    }

    /// Whether `self` is `other` or lies below it.
    pub fn is_within(&self, other: &Self) -> bool {
        other.is_root() || self.0 == other.0 || self.0.strip_prefix(&other.0).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The components from the root down.
    pub fn components(&self) -> impl Iterator<Item = &str> {
        self.0.split('/').filter(|component| !component.is_empty())
    }

    /// The path as sent, before the charset's encoding; may hold the private characters of [`escape_byte`].
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RemotePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.strip_prefix(TYPED).filter(|text| text.starts_with('/')).unwrap_or(&self.0);
        f.write_str(&shown(text))
    }
}

/// A file or folder on either side.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Place {
    /// On this machine, absolute.
    Local(PathBuf),
    /// On the tab's server.
    Remote(RemotePath),
}

/// Whether `name`, which a server sent, may become one component of a local path.
///
/// Both separators, drive letters, streams (`a:b`), control characters and the dot names are refused on every
/// platform: a listing that holds them is broken or hostile, and what is refused is never written anywhere.
pub fn is_safe_name(name: &str) -> bool {
    !name.is_empty()
        && name != "."
        && name != ".."
        && !name.bytes().any(|byte| matches!(byte, b'/' | b'\\' | b'\0' | b'\r' | b'\n'))
        && (name.is_ascii() || !name.chars().any(hides_ascii))
        && !has_drive_prefix(name)
}

/// Only bytes that are not text are escaped, so an escaped ASCII byte (`/`, above all) was forged.
fn hides_ascii(c: char) -> bool {
    unescape_char(c).is_some_and(|byte| byte.is_ascii())
}

fn has_drive_prefix(name: &str) -> bool {
    let mut chars = name.chars();
    matches!((chars.next(), chars.next()), (Some(letter), Some(':')) if letter.is_ascii_alphabetic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undecodable_bytes_survive_the_way_there_and_back() {
        for bytes in [&b"plain"[..], b"caf\xe9", "\u{10FE41}x".as_bytes(), b"\xff\xfe\x00", "日本".as_bytes()] {
            assert_eq!(encode_utf8(&decode_utf8(bytes)), bytes);
        }
        assert_eq!(shown(&decode_utf8(b"caf\xe9")), "caf\u{fffd}");
    }

    #[test]
    fn paths_are_normal() {
        assert_eq!(RemotePath::new("//a/./b/../c/").as_str(), "/a/c");
        assert_eq!(RemotePath::new("../..").as_str(), "/");
        let path = RemotePath::root().join("a").join("b");
        assert_eq!((path.as_str(), path.name()), ("/a/b", "b"));
        assert_eq!(path.parent(), Some(RemotePath::new("/a")));
        assert_eq!(RemotePath::new("/a").parent(), Some(RemotePath::root()));
        assert_eq!(RemotePath::root().parent(), None);
        assert_eq!(path.resolve("../x").as_str(), "/a/x");
        assert!(path.is_within(&RemotePath::new("/a")) && !RemotePath::new("/ab").is_within(&RemotePath::new("/a")));
    }

    #[test]
    fn what_was_typed_is_kept_until_it_can_be_resolved() {
        for (typed, shown, name) in [
            ("", "~/", ""),
            ("a", "~/a", "a"),
            ("a/b/", "~/a/b", "b"),
            ("/", "/", ""),
            ("/etc", "/etc", "etc"),
            ("/etc/x", "/etc/x", "x"),
            ("..", "~/../", ""),
            ("a/..", "~/a/../", ""),
            ("C:\\a", "~/C:\\a/", ""),
        ] {
            let path = RemotePath::of_typed(typed);
            assert_eq!((path.to_string().as_str(), path.name()), (shown, name), "{typed}");
            assert_eq!(path.typed(), Some(typed.strip_suffix('/').filter(|text| !text.is_empty()).unwrap_or(typed)));
            assert_eq!(RemotePath::of_kept(path.as_str()), path);
            let below = path.join("n");
            assert_eq!((below.name(), below.parent().unwrap().typed()), ("n", path.typed()), "{typed}");
            if !name.is_empty() {
                assert_eq!(path.parent().unwrap().join(name), path, "{typed}");
            }
        }
        assert_eq!((RemotePath::new("/~/a").typed(), RemotePath::of_kept("~").as_str()), (None, "/~"));
    }

    #[test]
    fn names_that_leave_the_folder_are_refused() {
        for name in ["", ".", "..", "../x", "/etc/x", "a/b", "a\\b", "C:\\x", "c:x", "a\0b", "a\rb", "a\nb"] {
            assert!(!is_safe_name(name), "{name:?}");
        }
        let forged = format!("..{}x", escape_byte(b'/'));
        assert!(!is_safe_name(&forged) && is_safe_name(&format!("caf{}", escape_byte(0xe9))));
        for name in ["...", "a b", " lead", "trail ", "-rf", "|sh", "ä:b", "x:", ".hidden"] {
            assert!(is_safe_name(name) == (name != "x:"), "{name:?}");
        }
    }
}
