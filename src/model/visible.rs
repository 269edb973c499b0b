//! Text of servers made harmless: what would control or mislead whoever reads it becomes a symbol.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::path;

/// `text` as it may be drawn: control characters as their pictures, characters that turn or hide text by their number.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| c.is_control() || is_hiding(c) || path::unescape_char(c).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut drawn = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match u32::from(c) {
            _ if path::unescape_char(c).is_some() => drawn.push(char::REPLACEMENT_CHARACTER),
            code @ 0..0x20 => drawn.push(char::from_u32(0x2400 + code).unwrap_or(char::REPLACEMENT_CHARACTER)),
            0x7F => drawn.push('\u{2421}'),
            code if c.is_control() || is_hiding(c) => {
                // Writing to a string cannot fail.
                let _ = write!(drawn, "[U+{code:04X}]");
            }
            _ => drawn.push(c),
        }
    }
    Cow::Owned(drawn)
}

/// JSON in which what a terminal could obey, or hide, is written as escapes: it says the same to a program.
pub fn escaped(json: Vec<u8>) -> Vec<u8> {
    let misleads = |c: char| c == '\u{7f}' || !c.is_ascii() && (c.is_control() || is_hiding(c));
    let Ok(text) = str::from_utf8(&json) else { return json };
    if !text.chars().any(misleads) {
        return json;
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if misleads(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a string cannot fail.
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe.into_bytes()
}

/// Characters that are not seen themselves but change what is: bidirectional controls, zero widths, soft hyphens.
pub fn is_hiding(c: char) -> bool {
    matches!(c,
        '\u{AD}' | '\u{61C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{FEFF}' | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hides_in_a_name() {
        assert_eq!(visible("plain ä 日本"), "plain ä 日本");
        assert_eq!(visible("a\r\nb\u{7f}"), "a\u{240d}\u{240a}b\u{2421}");
        assert_eq!(visible("evil\u{202e}gpj.exe"), "evil[U+202E]gpj.exe");
        assert_eq!(visible(&path::decode_utf8(b"caf\xe9")), "caf\u{fffd}");
    }

    #[test]
    fn json_says_the_same_and_hides_nothing() {
        let name = "ä日\u{202e}gpj\u{9b}31m\u{7f}\u{e0041}\u{1b}";
        let safe = String::from_utf8(escaped(serde_json::to_vec(name).unwrap())).unwrap();
        assert_eq!(safe, r#""ä日\u202egpj\u009b31m\u007f\udb40\udc41\u001b""#);
        assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), name);
    }
}
