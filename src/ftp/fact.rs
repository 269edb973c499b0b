//! Facts about a file: the replies to SIZE, MDTM and MLST (RFC 3659 3, 4, 7).

use super::reply::Reply;
use jiff::civil::DateTime;

use crate::model::{Modified, Precision};

/// Digits of a fraction of a second that are read.
const FRACTION: usize = 9;

/// What MLST says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// In bytes.
    pub size: Option<u64>,
    /// In UTC.
    pub modified: Option<Modified>,
    /// Whether it is a directory, where that was said.
    pub directory: Option<bool>,
}

impl Facts {
    /// Reads every line of facts: some servers spread them over two. What they say of a link is not what it leads to, so that
    /// it is nothing.
    pub fn read(reply: &Reply) -> Self {
        let mut facts = Self::default();
        if reply.inner().any(|line| line.to_ascii_lowercase().windows(5).any(|window| window == b"slink")) {
            return facts;
        }
        for line in reply.inner() {
            let line = line.trim_ascii_start();
            let end = line.iter().position(|byte| *byte == b' ').unwrap_or(line.len());
            line[..end].split(|byte| *byte == b';').for_each(|fact| facts.take(fact));
        }
        facts
    }

    fn take(&mut self, fact: &[u8]) {
        let Some(equals) = fact.iter().position(|byte| *byte == b'=') else { return };
        let (name, value) = (fact[..equals].to_ascii_lowercase(), &fact[equals + 1..]);
        match name.as_slice() {
            b"size" => self.size = size(value).or(self.size),
            b"modify" => self.modified = time(value).or(self.modified),
            b"type" => {
                self.directory = match value.to_ascii_lowercase().as_slice() {
                    b"file" => Some(false),
                    b"dir" | b"cdir" | b"pdir" => Some(true),
                    _ => None,
                }
            }
            _ => {}
        }
    }
}

/// The size in `213 1234`, and in `213 file: 213, Size =1234`: the last number that stands alone.
pub fn size(text: &[u8]) -> Option<u64> {
    let word = text.trim_ascii().rsplit(|byte| matches!(byte, b' ' | b'\t' | b'=' | b':')).next()?;
    let digits = word.iter().all(u8::is_ascii_digit).then_some(word)?;
    std::str::from_utf8(digits).ok()?.parse().ok()
}

/// The time in `213 20150910161739.123`, in UTC.
pub fn time(text: &[u8]) -> Option<Modified> {
    let text = text.trim_ascii();
    let (whole, fraction) = text.split_at_checked(14)?;
    let digits = |text: &[u8]| text.iter().all(u8::is_ascii_digit);
    if !digits(whole) || !fraction.split_first().is_none_or(|(point, rest)| *point == b'.' && digits(rest)) {
        return None;
    }
    let fraction = &fraction[..fraction.len().min(1 + FRACTION)];
    let number = |digits: &[u8]| std::str::from_utf8(digits).ok()?.parse::<i32>().ok();
    let field = |from: usize| number(whole.get(from..from + 2)?).and_then(|value| i8::try_from(value).ok());
    let year = number(&whole[..4]).and_then(|year| i16::try_from(year).ok()).filter(|year| *year > 0)?;
    let nanoseconds = number(&[fraction.get(1..).unwrap_or_default(), &b"000000000"[..]].concat()[..FRACTION])?;
    let precision = if fraction.is_empty() { Precision::Second } else { Precision::Millisecond };
    let at = DateTime::new(year, field(4)?, field(6)?, field(8)?, field(10)?, field(12)?, nanoseconds).ok()?;
    Some(Modified { at, precision, utc: true })
}

#[cfg(test)]
mod tests {
    use super::super::reply::reply;
    use super::*;

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("1234", Some(1234)),
            ("012", Some(12)),
            ("file: 213, Size =51", Some(51)),
            (" 7 ", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("-1", None),
            ("0x10", None),
            ("1e9", None),
            ("", None),
        ] {
            assert_eq!(size(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn times() {
        let read = |text: &str| time(text.as_bytes()).map(|modified| modified.at.to_string());
        assert_eq!(read("20150910161739").as_deref(), Some("2015-09-10T16:17:39"));
        assert_eq!(read("20150910161739.123").as_deref(), Some("2015-09-10T16:17:39.123"));
        let long = format!("20371231000000.{}", "9".repeat(100_000));
        assert_eq!(read(&long).as_deref(), Some("2037-12-31T00:00:00.999999999"));
        for text in
            ["2015091016173", "xxxxxxxxxxxxxxxxxxxxx", "20261332256199", "00000101000000", "20150910161739.x", ""]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn facts() {
        let read = |text: &str| Facts::read(&reply(text));
        let facts = read("250-Listing\n Type=file;Size=42;Modify=20201213202400;UNIX.mode=0644; /a;b=c d\n250 End");
        assert_eq!((facts.size, facts.directory), (Some(42), Some(false)));
        assert_eq!(facts.modified.unwrap().at.to_string(), "2020-12-13T20:24:00");
        let facts = read("250-File data\n Type=dir;Size=0; x\n Modify=20201213202400; x\n250 End");
        assert_eq!((facts.size, facts.directory, facts.modified.is_some()), (Some(0), Some(true), true));
        for nothing in ["250 Malformed response", "250- Listing foo\n\n250 End", "250-\n name only\n250 End"] {
            assert_eq!(read(nothing), Facts::default(), "{nothing}");
        }
    }
}
