//! The decoder of replies, exactly as RFC 959 4.2 says it.

use std::fmt;

pub use crate::model::code::Class;

/// Longest line of a reply, without its end.
pub const MAX_LINE: usize = 8192;
/// Most lines of one reply: `STAT` of a directory is one reply.
pub const MAX_LINES: usize = 10_000;
/// Most bytes of one reply.
pub const MAX_REPLY: usize = 1 << 20;
/// Most empty lines between two replies.
pub const MAX_BLANK_LINES: usize = 100;

/// A whole reply.
#[derive(Clone, PartialEq, Eq)]
pub struct Reply {
    code: u16,
    lines: Vec<Vec<u8>>,
}

impl Reply {
    /// The three digits.
    pub fn code(&self) -> u16 {
        self.code
    }

    /// What the first digit says.
    pub fn class(&self) -> Class {
        // The decoder takes no other first digit than 1 to 5.
        Class::of(self.code).unwrap_or(Class::Permanent)
    }

    /// Whether the server refused.
    pub fn is_negative(&self) -> bool {
        self.class() >= Class::Transient
    }

    /// All lines with their codes, without their ends.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &[u8]> + ExactSizeIterator {
        self.lines.iter().map(Vec::as_slice)
    }

    /// The lines between the first and the last one, without a repeated `ddd-` (RFC 2228 servers put it on each line).
    pub fn inner(&self) -> impl Iterator<Item = &[u8]> {
        let prefix = format!("{}-", self.code).into_bytes();
        let end = self.lines.len().saturating_sub(1).max(1);
        self.lines[1.min(self.lines.len())..end]
            .iter()
            .map(move |line| line.strip_prefix(prefix.as_slice()).unwrap_or(line.as_slice()))
    }

    /// The last line without its code.
    pub fn text(&self) -> &[u8] {
        self.lines.last().and_then(|line| line.get(4..)).unwrap_or_default()
    }

    /// The line that tells a person most: the last one with words in it.
    pub fn telling_line(&self) -> &[u8] {
        let has_words = |line: &&Vec<u8>| line.get(4..).is_some_and(|text| !text.trim_ascii().is_empty());
        self.lines.iter().rev().find(has_words).or(self.lines.last()).map_or(&[], Vec::as_slice)
    }

    /// Whether any line holds `words`, in whatever case. `words` must be in lower case.
    pub fn says(&self, words: &str) -> bool {
        self.lines.iter().any(|line| String::from_utf8_lossy(line).to_lowercase().contains(words))
    }
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Reply({}, {} lines)", self.code, self.lines.len()) // the lines may hold a secret
    }
}

/// A line that came in.
#[derive(Debug, PartialEq, Eq)]
pub struct Received {
    /// The code, where the line begins a reply.
    pub code: Option<u16>,
    /// The line, without its end.
    pub line: Vec<u8>,
    /// The reply that it completes.
    pub reply: Option<Reply>,
}

/// Why bytes are not replies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A NUL.
    Nul,
    /// A line outside of a multi-line reply that does not begin with a code.
    NotAReply(Vec<u8>),
    /// More than is allowed.
    Limit(&'static str),
}

/// Makes replies of bytes, however these are cut.
#[derive(Debug, Default)]
pub struct Decoder {
    line: Vec<u8>,
    open: Option<Reply>,
    size: usize,
    blank: usize,
}

impl Decoder {
    /// Whether nothing of a line or a reply is pending.
    pub fn is_empty(&self) -> bool {
        self.line.is_empty() && self.open.is_none()
    }

    /// What is pending of a line.
    pub fn pending(&self) -> &[u8] {
        self.line.trim_ascii()
    }

    /// What is pending, for a person: a server that closes may end neither its last line nor its last reply.
    pub fn last_words(&self) -> &[u8] {
        match &self.open {
            Some(open) if self.pending().is_empty() => open.telling_line(),
            _ => self.pending(),
        }
    }

    /// Whether a reply of several lines has a line that would end one of another code, and nothing behind it. RFC 959 4.2
    /// has it go on; some servers mean its end.
    pub fn seems_over(&self) -> bool {
        self.line.is_empty()
            && self.open.as_ref().is_some_and(|open| open.lines.last().is_some_and(|line| ends_some_reply(line)))
    }

    /// The replies that are over if one [`seems_over`](Self::seems_over): as many as are `owed`, if there are so many such
    /// lines, the last of them each a reply of its own.
    pub fn end_here(&mut self, owed: usize) -> Result<Vec<Reply>, Malformed> {
        let Some(mut open) = self.open.take().filter(|_| self.line.is_empty()) else { return Ok(Vec::new()) };
        let ends: Vec<usize> = (1..open.lines.len()).filter(|at| ends_some_reply(&open.lines[*at])).collect();
        let Some(end) = ends.iter().rev().take(owed.max(1)).next_back() else {
            self.open = Some(open);
            return Ok(Vec::new());
        };
        let later = open.lines.split_off(end + 1);
        if let Some(last) = open.lines.last().and_then(|line| code(line))
            && Class::of(last) != Class::of(open.code)
        {
            open.code = last; // a refusal behind a welcome is a refusal
        }
        let mut replies = vec![open];
        for line in later {
            replies.extend(self.begin_or_continue(line)?.reply);
        }
        Ok(replies)
    }

    /// Takes bytes from the front of `input` up to the end of a line. `None`: all are taken, and no line is complete.
    pub fn next(&mut self, input: &mut &[u8]) -> Result<Option<Received>, Malformed> {
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            match byte {
                b'\n' => return self.end_of_line().map(Some),
                0 => return Err(Malformed::Nul),
                b'\r' if self.line.is_empty() => {} // LF CR ends lines of some servers
                _ if self.line.len() >= MAX_LINE && byte != b'\r' => return Err(Malformed::Limit("reply line")),
                _ if self.line.len() > MAX_LINE => return Err(Malformed::Limit("reply line")),
                _ => self.line.push(byte),
            }
        }
        Ok(None)
    }

    fn end_of_line(&mut self) -> Result<Received, Malformed> {
        let mut line = std::mem::take(&mut self.line);
        while line.last() == Some(&b'\r') {
            line.pop();
        }
        self.begin_or_continue(line)
    }

    fn begin_or_continue(&mut self, line: Vec<u8>) -> Result<Received, Malformed> {
        match self.open.take() {
            Some(open) => self.continue_reply(open, line),
            None => self.begin_reply(line),
        }
    }

    fn begin_reply(&mut self, line: Vec<u8>) -> Result<Received, Malformed> {
        if line.trim_ascii().is_empty() {
            self.blank += 1;
            if self.blank > MAX_BLANK_LINES {
                return Err(Malformed::Limit("run of empty lines"));
            }
            return Ok(Received { code: None, line, reply: None });
        }
        self.blank = 0;
        let Some(code) = code(&line) else { return Err(Malformed::NotAReply(line)) };
        let reply = Reply { code, lines: vec![line.clone()] };
        match line.get(3) {
            None | Some(b' ') => Ok(Received { code: Some(code), line, reply: Some(reply) }),
            Some(b'-') => {
                self.size = line.len();
                self.open = Some(reply);
                Ok(Received { code: Some(code), line, reply: None })
            }
            Some(_) => Err(Malformed::NotAReply(line)),
        }
    }

    fn continue_reply(&mut self, mut open: Reply, line: Vec<u8>) -> Result<Received, Malformed> {
        self.size += line.len();
        if self.size > MAX_REPLY || open.lines.len() >= MAX_LINES {
            return Err(Malformed::Limit("reply"));
        }
        open.lines.push(line.clone());
        let ends = code(&line) == Some(open.code) && ends_some_reply(&line);
        if ends {
            return Ok(Received { code: None, line, reply: Some(open) });
        }
        self.open = Some(open);
        Ok(Received { code: None, line, reply: None })
    }
}

/// Whether `line` is the last one of a reply, whichever that is.
fn ends_some_reply(line: &[u8]) -> bool {
    code(line).is_some() && matches!(line.get(3), None | Some(b' '))
}

/// The three digits at the start of `line`; the first one is 1 to 5.
fn code(line: &[u8]) -> Option<u16> {
    let digits = line.get(..3)?;
    if !matches!(digits[0], b'1'..=b'5') || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    Some(digits.iter().fold(0, |code, digit| code * 10 + u16::from(digit - b'0')))
}

#[cfg(test)]
pub(crate) fn reply(text: &str) -> Reply {
    let mut decoder = Decoder::default();
    let mut input = text.as_bytes();
    loop {
        match decoder.next(&mut input) {
            Ok(Some(Received { reply: Some(reply), .. })) => return reply,
            Ok(Some(_)) => {}
            Ok(None) => input = b"\n",
            Err(error) => panic!("{text:?}: {error:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(mut bytes: &[u8]) -> Result<Vec<Reply>, Malformed> {
        let (mut decoder, mut replies) = (Decoder::default(), Vec::new());
        while let Some(received) = decoder.next(&mut bytes)? {
            replies.extend(received.reply);
        }
        Ok(replies)
    }

    fn codes_and_lines(bytes: &[u8]) -> Vec<(u16, usize)> {
        decode(bytes).unwrap().iter().map(|reply| (reply.code(), reply.lines().len())).collect()
    }

    #[test]
    fn a_reply_ends_at_its_own_code_and_a_space_only() {
        assert_eq!(codes_and_lines(b"230-hi\r\n226 not the end\r\n  230 no\r\n230-no\r\n230 ok\r\n"), [(230, 5)]);
        assert_eq!(codes_and_lines(b"211-Features:\r\n MDTM\r\n211 End\r\n200 x\r\n"), [(211, 3), (200, 1)]);
        assert_eq!(codes_and_lines(b"230-a\r\n\r\n2300 bytes\r\n230\r\n"), [(230, 4)]);
    }

    #[test]
    fn line_ends_of_every_kind() {
        assert_eq!(
            codes_and_lines(b"220 a\n230 b\r\r\n\r\n\n331 c\n\r250\r\n226 \r\n"),
            [(220, 1), (230, 1), (331, 1), (250, 1), (226, 1)]
        );
        assert_eq!(decode(b"220 a\r\r\n").unwrap()[0].lines().next(), Some(&b"220 a"[..]));
    }

    #[test]
    fn it_does_not_matter_how_bytes_are_cut() {
        let bytes = "230-\u{e4}\u{65e5}\r\n 1\r\n230 ok\r\n150 x\r\n226\r\n".as_bytes();
        let whole = decode(bytes).unwrap();
        for size in 1..bytes.len() {
            let (mut decoder, mut replies) = (Decoder::default(), Vec::new());
            for mut piece in bytes.chunks(size) {
                while let Some(received) = decoder.next(&mut piece).unwrap() {
                    replies.extend(received.reply);
                }
            }
            assert_eq!(replies, whole, "pieces of {size}");
            assert!(decoder.is_empty());
        }
    }

    #[test]
    fn what_is_not_a_reply() {
        for line in ["SSH-2.0-OpenSSH", "777 OK?", "099 x", "22 x", "2200 x", "220x", " 220 x", "x213 5", "6 31"] {
            let bytes = format!("{line}\r\n");
            assert_eq!(decode(bytes.as_bytes()), Err(Malformed::NotAReply(line.into())), "{line}");
        }
        assert_eq!(decode(b"230 logged\0in\r\n"), Err(Malformed::Nul));
        assert_eq!(decode(b"\x15\x03\x01\0\x02"), Err(Malformed::Nul));
    }

    #[test]
    fn everything_has_a_limit() {
        let line = |length: usize| [b"220 ".to_vec(), vec![b'A'; length - 4], b"\r\n".to_vec()].concat();
        assert!(decode(&line(MAX_LINE)).is_ok());
        assert_eq!(decode(&line(MAX_LINE + 1)), Err(Malformed::Limit("reply line")));
        assert_eq!(decode(&vec![b'\r'; 10 * MAX_LINE]), Ok(vec![]));
        assert_eq!(decode(&[b"2".to_vec(), vec![b'\r'; MAX_LINE + 2]].concat()), Err(Malformed::Limit("reply line")));
        assert_eq!(decode(&b"230-x\r\n".repeat(MAX_LINES + 1)), Err(Malformed::Limit("reply")));
        assert_eq!(decode(&[b"230-".to_vec(), line(8000).repeat(132)].concat()), Err(Malformed::Limit("reply")));
        assert_eq!(decode(&b"\r\n".repeat(MAX_BLANK_LINES + 1)), Err(Malformed::Limit("run of empty lines")));
    }

    #[test]
    fn the_lines_between() {
        let inner = |text: &str| reply(text).inner().map(<[u8]>::to_vec).collect::<Vec<_>>();
        assert_eq!(inner("211-F\n UTF8\n211-MDTM\n211 End"), [b" UTF8".to_vec(), b"MDTM".to_vec()]);
        assert!(inner("211 none").is_empty() && inner("211-a\n211 b").is_empty());
    }

    #[test]
    fn a_reply_does_not_print_itself() {
        assert!(!format!("{:?}", reply("530 bad password hunter2")).contains("hunter2"));
        assert_eq!(reply("550-Why not\n550 ").telling_line(), b"550-Why not");
    }
}
