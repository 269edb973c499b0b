//! The transcript, and server words as a person reads them: with the secrets in them hidden.

use std::fmt;

use super::Control;
use crate::ftp::command::{Command, HIDDEN, mask};
use crate::ftp::reply::Received;
use crate::ftp::traffic::Output;
use crate::model::{Direction, Record};

/// Secrets shorter than this are masked as whole words only, so that a transcript stays readable.
const SHORT_SECRET: usize = 6;
/// Shorter words among several that are a secret are words like any other.
const LEAST_WORD: usize = 3;
/// So much of a secret at the end of half a line is hidden.
const LEAST_BEGINNING: usize = 4;

/// What was sent as a secret, to hide it where the server says it again.
#[derive(Default)]
pub(super) struct Secrets(Vec<Vec<u8>>);

impl Secrets {
    /// Keeps a secret and, if it is `several`, each of its words behind it.
    pub(super) fn keep(&mut self, secret: &[u8], several: bool) {
        let words = secret.split(u8::is_ascii_whitespace).filter(|word| several && word.len() >= LEAST_WORD);
        for secret in std::iter::once(secret).filter(|secret| !secret.is_empty()).chain(words) {
            if !self.0.iter().any(|kept| kept == secret) {
                self.0.push(secret.to_vec());
            }
        }
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("****")
    }
}

impl Control {
    pub(crate) fn note(&mut self, text: impl Into<String>) {
        let record = Record { direction: Direction::Note, code: None, text: text.into(), raw: None };
        self.put(Output::Log(record));
    }

    /// Puts a line that came in into the transcript, with the secrets in it hidden.
    pub(crate) fn log_received(&mut self, received: &Received) {
        let record = match self.masked(&received.line) {
            Some(masked) => Record {
                direction: Direction::Received,
                code: received.code,
                text: String::from_utf8_lossy(&masked).into_owned(),
                raw: None,
            },
            None => record(Direction::Received, received.code, &received.line),
        };
        self.put(Output::Log(record));
    }

    /// Puts a command that is sent into the transcript, with the secrets in it hidden: a path may come from a server that
    /// says one in its replies.
    pub(super) fn log_sent(&mut self, command: &Command) {
        let hidden = match command.shown_bytes() {
            None => Some(command.to_string()),
            Some(line) => self.masked_argument(command, line),
        };
        self.put(Output::Log(match (hidden, command.shown_bytes()) {
            (None, Some(line)) => record(Direction::Sent, None, line),
            (hidden, _) => {
                Record { direction: Direction::Sent, code: None, text: hidden.unwrap_or_default(), raw: None }
            }
        }));
    }

    /// The line of a command in whose argument a secret stands. What we say in words of our own holds none, but may look so.
    fn masked_argument(&self, command: &Command, line: &[u8]) -> Option<String> {
        let from = line.iter().position(u8::is_ascii_whitespace).filter(|_| command.verb().names_files())?;
        let argument = self.hide(&line[from..], false)?;
        Some(String::from_utf8_lossy(&[&line[..from], &argument].concat()).into_owned())
    }

    /// Server words as a person reads them: lossy, and with secrets hidden.
    pub(crate) fn shown(&self, line: &[u8]) -> String {
        let line = self.masked(line).unwrap_or_else(|| line.to_vec());
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    /// The same of a line that has not ended: its last bytes may be the beginning of a secret.
    pub(crate) fn shown_in_part(&self, line: &[u8]) -> String {
        let mut line = self.masked(line).unwrap_or_else(|| line.to_vec());
        let beginning =
            |secret: &Vec<u8>| (LEAST_BEGINNING..secret.len()).rev().find(|length| line.ends_with(&secret[..*length]));
        if let Some(length) = self.secrets.0.iter().filter_map(beginning).max() {
            line.truncate(line.len() - length);
            line.extend_from_slice(HIDDEN.as_bytes());
        }
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    fn masked(&self, line: &[u8]) -> Option<Vec<u8>> {
        self.hide(line, self.answers_secret || self.owed.front().is_some_and(|owed| owed.hidden))
    }

    /// The line with stars for the secrets in it; with `answers_secret` also for one that is the user's name.
    fn hide(&self, line: &[u8], answers_secret: bool) -> Option<Vec<u8>> {
        let mut masked: Option<Vec<u8>> = None;
        for secret in &self.secrets.0 {
            let known_anyway = secret.as_slice() == self.config.credentials.user.as_bytes();
            if known_anyway && !answers_secret {
                continue; // stars in place of the user's name would say what the password is
            }
            let current = masked.as_deref().unwrap_or(line);
            if !current.windows(secret.len()).any(|there| there == secret.as_slice()) {
                continue;
            }
            let is_word = secret.iter().all(u8::is_ascii_alphanumeric);
            let as_word = is_word && secret.len() < SHORT_SECRET;
            let hidden = if as_word { mask_words(current, secret) } else { mask(current, secret) };
            masked = hidden.or(masked);
        }
        masked
    }
}

fn record(direction: Direction, code: Option<u16>, line: &[u8]) -> Record {
    match std::str::from_utf8(line) {
        Ok(text) => Record { direction, code, text: text.to_owned(), raw: None },
        Err(_) => Record { direction, code, text: String::from_utf8_lossy(line).into_owned(), raw: Some(line.into()) },
    }
}

/// Like [`mask`], but only where `secret` stands between other characters than letters and digits.
fn mask_words(line: &[u8], secret: &[u8]) -> Option<Vec<u8>> {
    let mut changed = false;
    let words = line.split_inclusive(|byte| !byte.is_ascii_alphanumeric()).flat_map(|word| {
        let (word, end) = match word.split_last() {
            Some((last, word)) if !last.is_ascii_alphanumeric() => (word, std::slice::from_ref(last)),
            _ => (word, &[][..]),
        };
        let hidden = (word == secret).then(|| mask(word, secret)).flatten();
        changed |= hidden.is_some();
        [hidden.unwrap_or_else(|| word.to_vec()), end.to_vec()].concat()
    });
    let masked = words.collect();
    changed.then_some(masked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_secrets_are_masked_as_words() {
        assert_eq!(mask_words(b"530 no ab, (ab) cab ab", b"ab").unwrap(), b"530 no ****, (****) cab ****");
        assert_eq!(mask_words(b"530 cab", b"ab"), None);
    }
}
