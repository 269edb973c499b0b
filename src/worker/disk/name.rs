//! Names: from a server's to one that this platform can hold, and back.

use std::ffi::{OsStr, OsString};

use super::PART;
use crate::model::path::{self, folded};

/// Longest name that Linux, macOS and Windows take; bytes on the first, UTF-16 units on the others.
const LONGEST: usize = 255;

/// Text in the form of `path::decode_utf8` as the system writes it.
pub fn to_os(name: &str) -> OsString {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStringExt;
        OsString::from_vec(path::encode_utf8(name))
    }
    #[cfg(not(unix))]
    {
        OsString::from(name)
    }
}

/// A name of the system's as text in the form of `path::decode_utf8`.
pub fn from_os(name: &OsStr) -> String {
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt;
        path::decode_utf8(name.as_bytes())
    }
    #[cfg(not(unix))]
    {
        name.to_string_lossy().into_owned()
    }
}

/// The name that a file which the server calls `name` gets on this machine.
pub fn local_name(name: &str) -> String {
    if cfg!(windows) {
        for_windows(name)
    } else if cfg!(target_os = "macos") {
        // APFS takes UTF-8 only.
        escape(name, |c| path::unescape_char(c).is_some())
    } else {
        name.to_owned()
    }
}

/// The name that a local file which is called `name` gets on the server: the inverse of [`local_name`].
pub fn server_name(name: &str) -> String {
    let original = if cfg!(any(windows, target_os = "macos")) { unescape(name) } else { name.to_owned() };
    // Only what this program made is undone: `100%41` of a person stays.
    if local_name(&original) == name { original } else { name.to_owned() }
}

/// Two names of one folder with the same key are one file on this machine.
pub fn collision_key(name: &str) -> String {
    if cfg!(any(windows, target_os = "macos")) { folded(name) } else { name.to_owned() }
}

/// What `name` is called until it is whole. A name without room for the suffix is cut, and told apart by a hash.
pub(super) fn part(name: &OsStr) -> OsString {
    let mut part = name.to_owned();
    if name.len() + PART.len() > LONGEST {
        let text = from_os(name);
        let room = LONGEST - PART.len() - "~0123456789abcdef".len();
        // The escapes of bytes that are not text are four bytes long here and one on the disk, never the other way.
        let cut = (0..=room.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        part = to_os(&format!("{}~{:016x}", &text[..cut], hash(name.as_encoded_bytes())));
    }
    part.push(PART);
    part
}

/// FNV-1a: the same in each version of the program, unlike the hashes of the standard library.
fn hash(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// `name.ext` as `name (number).ext`.
pub(in super::super) fn numbered(name: &str, number: u32) -> String {
    match name.rfind('.') {
        Some(dot) if dot > 0 => format!("{} ({number}){}", &name[..dot], &name[dot..]),
        _ => format!("{name} ({number})"),
    }
}

/// Reserved characters, reserved names, and a dot or space at the end, as `%XX`.
fn for_windows(name: &str) -> String {
    let name = escape(name, |c| c.is_ascii_control() || "<>:\"/\\|?*".contains(c) || path::unescape_char(c).is_some());
    let mut name = match name.chars().last() {
        Some(last @ ('.' | ' ')) => format!("{}{}", &name[..name.len() - 1], percent(last as u8)),
        _ => name,
    };
    if is_device(&name) {
        let first = name.remove(0);
        name.insert_str(0, &percent(first as u8));
    }
    name
}

/// Windows opens a device for these, whatever follows the first dot.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or("").trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        let number = stem.strip_prefix(prefix).and_then(|rest| {
            let mut chars = rest.chars();
            chars.next().filter(|_| chars.next().is_none())
        });
        number.is_some_and(|c| c.is_ascii_digit() || "¹²³".contains(c))
    };
    ["CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$"].contains(&stem.as_str()) || numbered("COM") || numbered("LPT")
}

/// Puts `%XX` for each character that `bad` names, and for a `%` that would be read as the start of one.
fn escape(name: &str, bad: impl Fn(char) -> bool) -> String {
    let mut escaped = String::with_capacity(name.len());
    for (at, c) in name.char_indices() {
        let ambiguous = c == '%' && escaped_byte(&name[at..]).is_some();
        match path::unescape_char(c).or_else(|| u8::try_from(u32::from(c)).ok()) {
            Some(byte) if bad(c) || ambiguous => escaped.push_str(&percent(byte)),
            _ => escaped.push(c),
        }
    }
    escaped
}

fn unescape(name: &str) -> String {
    let mut plain = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(c) = rest.chars().next() {
        match escaped_byte(rest) {
            Some(byte) => {
                plain.push(if byte.is_ascii() { char::from(byte) } else { path::escape_byte(byte) });
                rest = &rest[3..];
            }
            None => {
                plain.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    plain
}

/// The byte that `text` begins with, where that is written as `%XX`.
fn escaped_byte(text: &str) -> Option<u8> {
    let digits = text.strip_prefix('%')?.get(..2)?;
    if digits.starts_with('+') { None } else { u8::from_str_radix(digits, 16).ok() }
}

fn percent(byte: u8) -> String {
    format!("%{byte:02X}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_gets_names_that_it_can_hold_and_that_can_be_read_back() {
        for (server, local) in [
            ("plain.txt", "plain.txt"),
            ("CON", "%43ON"),
            ("nul.txt", "%6Eul.txt"),
            ("COM1", "%43OM1"),
            ("com¹.log", "%63om¹.log"),
            ("LPT1.log", "%4CPT1.log"),
            ("COMMON", "COMMON"),
            ("f:stream", "f%3Astream"),
            ("a?b", "a%3Fb"),
            ("a<b>|\"*", "a%3Cb%3E%7C%22%2A"),
            ("a.", "a%2E"),
            ("a ", "a%20"),
            ("...", "..%2E"),
            ("tab\there", "tab%09here"),
            ("100%", "100%"),
            ("100%41", "100%2541"),
            ("caf\u{10fee9}", "caf%E9"),
            ("日本", "日本"),
        ] {
            assert_eq!(for_windows(server), local, "{server}");
            assert_eq!(unescape(local), server, "{local}");
        }
    }

    #[test]
    fn names_that_are_not_text_reach_the_disk_as_they_were() {
        let name = to_os("caf\u{10fee9}");
        if cfg!(unix) {
            assert_eq!(name.as_encoded_bytes(), b"caf\xe9");
        }
        assert_eq!(from_os(&name), "caf\u{10fee9}");
        assert_eq!(server_name(&local_name("a:b?.")), "a:b?.");
        assert_eq!(server_name("100%41"), "100%41");
    }

    #[test]
    fn a_part_has_room_for_its_suffix() {
        assert_eq!(part(OsStr::new("a.iso")), "a.iso.part");
        let (long, other) = ("ä".repeat(127), format!("{}b", "ä".repeat(126)));
        let (first, second) = (part(OsStr::new(&long)), part(OsStr::new(&other)));
        assert!(first.len() <= LONGEST && second.len() <= LONGEST, "{} {}", first.len(), second.len());
        assert_ne!(first, second);
        assert!(first.to_string_lossy().ends_with(PART));
    }

    #[test]
    fn numbers_go_before_the_extension() {
        assert_eq!(numbered("a.tar.gz", 1), "a.tar (1).gz");
        assert_eq!(numbered("Makefile", 2), "Makefile (2)");
        assert_eq!(numbered(".profile", 3), ".profile (3)");
    }
}
