//! Names and paths as bytes of the wire, and back, without loss (RFC 2640 for UTF-8).

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{DecoderResult, EncoderResult, Encoding};

use super::error::Error;
use crate::model::path::{decode_utf8, encode_utf8, escape_byte, unescape_char};

/// The charset of a server's names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charset(Option<&'static Encoding>);

/// Longest byte sequence of one character in any charset of `encoding_rs` that has no shift states.
const LONGEST: usize = 4;

impl Charset {
    /// `None` is UTF-8, and so are the charsets in which no name can be sent (UTF-16, `replacement`).
    pub fn new(encoding: Option<&'static Encoding>) -> Self {
        let usable = |encoding: &&'static Encoding| {
            encoding.output_encoding() == *encoding && *encoding != encoding_rs::UTF_8 && encoding.is_ascii_compatible()
        };
        Self(encoding.filter(usable))
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        self.0.map_or("UTF-8", Encoding::name)
    }

    /// Whether it is UTF-8.
    pub fn is_utf8(self) -> bool {
        self.0.is_none()
    }

    /// Decodes a name: each byte that is not text becomes a private character (`path::escape_byte`).
    pub fn decode(self, bytes: &[u8]) -> String {
        let Some(encoding) = self.0 else { return decode_utf8(bytes) };
        let mut text = String::with_capacity(bytes.len());
        let mut rest = bytes;
        while let Some(&first) = rest.first() {
            let whole = (1..=LONGEST.min(rest.len())).find_map(|length| {
                let c = single_character(encoding, &rest[..length])?;
                Some((c, length))
            });
            let (c, length) = whole.unwrap_or((escape_byte(first), 1));
            text.push(c);
            rest = &rest[length..];
        }
        text
    }

    /// Encodes a name; the exact inverse of [`decode`](Self::decode).
    pub fn encode(self, text: &str) -> Result<Vec<u8>, Error> {
        let Some(encoding) = self.0 else { return Ok(encode_utf8(text)) };
        let mut bytes = Vec::with_capacity(text.len());
        let mut buffer = [0; 4];
        for c in text.chars() {
            match unescape_char(c) {
                Some(byte) => bytes.push(byte),
                None => bytes.extend(
                    encode_strictly(encoding, c.encode_utf8(&mut buffer)).ok_or(Error::Charset(encoding.name()))?,
                ),
            }
        }
        Ok(bytes)
    }
}

/// So many bytes of names decide on a guess.
const GUESSED_FROM: usize = 64 * 1024;

/// The charset that names seem to be in, which were decoded as UTF-8 and were not all UTF-8.
pub fn guess<'a>(names: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    let undecoded = |name: &&str| !name.is_ascii() && name.chars().any(|c| unescape_char(c).is_some());
    let mut bytes = Vec::new();
    for name in names.filter(undecoded) {
        bytes.extend(encode_utf8(name));
        bytes.push(b'\n');
        if bytes.len() > GUESSED_FROM {
            break;
        }
    }
    if bytes.is_empty() {
        return None;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(&bytes, true);
    let charset = Charset::new(Some(detector.guess(None, Utf8Detection::Deny)));
    (!charset.is_utf8()).then(|| charset.name())
}

/// The character that `bytes` are, if they are exactly one, and it is sent as these bytes again.
fn single_character(encoding: &'static Encoding, bytes: &[u8]) -> Option<char> {
    let mut text = String::with_capacity(16);
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    let mut chars = text.chars();
    let c = chars.next().filter(|c| unescape_char(*c).is_none())?;
    let faithful = result == DecoderResult::InputEmpty
        && chars.next().is_none()
        && encode_strictly(encoding, &text).is_some_and(|encoded| encoded == bytes);
    faithful.then_some(c)
}

fn encode_strictly(encoding: &'static Encoding, text: &str) -> Option<Vec<u8>> {
    let mut encoder = encoding.new_encoder();
    let capacity = encoder.max_buffer_length_from_utf8_without_replacement(text.len())?;
    let mut bytes = Vec::with_capacity(capacity);
    let (result, _) = encoder.encode_from_utf8_to_vec_without_replacement(text, &mut bytes, true);
    (result == EncoderResult::InputEmpty).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn charset(label: &str) -> Charset {
        Charset::new(Encoding::for_label(label.as_bytes()))
    }

    #[test]
    fn every_byte_string_survives() {
        let all: Vec<u8> = (0..=255).collect();
        let pairs: Vec<u8> = (0x80..=0xff_u8).flat_map(|a| [a, a ^ 0x55, a, b'A', 0x5c]).collect();
        for label in ["windows-1251", "iso-8859-1", "shift_jis", "gbk", "big5", "euc-kr", "gb18030", "koi8-r", "utf-8"]
        {
            for bytes in [&all, &pairs] {
                let charset = charset(label);
                assert_eq!(charset.encode(&charset.decode(bytes)).unwrap(), *bytes, "{label}");
            }
        }
    }

    #[test]
    fn names_are_read() {
        assert_eq!(charset("windows-1251").decode(b"\xcf\xf0\xe8\xe2\xe5\xf2"), "Привет");
        assert_eq!(charset("shift_jis").decode(b"\x93\xfa\x96\x7b.txt"), "日本.txt");
        assert_eq!(charset("windows-1251").encode("Привет").unwrap(), b"\xcf\xf0\xe8\xe2\xe5\xf2");
    }

    #[test]
    fn what_a_charset_lacks_is_an_error_and_not_a_guess() {
        assert_eq!(charset("windows-1251").encode("日"), Err(Error::Charset("windows-1251")));
    }

    #[test]
    fn charsets_that_cannot_be_sent_are_utf8() {
        for label in ["utf-16", "utf-16be", "iso-2022-kr", "iso-2022-jp", "utf-8"] {
            assert!(charset(label).is_utf8(), "{label}");
        }
    }
}
