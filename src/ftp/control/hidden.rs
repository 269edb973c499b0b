//! The transcript, and server words as a person reads them: with the secrets in them hidden.

use std::fmt;

use super::Control;
use crate::ftp::command::mask;
use crate::ftp::reply::Received;
use crate::ftp::traffic::Output;
use crate::model::{Direction, Record};

/// Secrets shorter than this are masked as whole words only, so that a transcript stays readable.
const SHORT_SECRET: usize = 4;

/// What was sent as a secret, to hide it where the server says it again.
#[derive(Default)]
pub(super) struct Secrets(pub(super) Vec<Vec<u8>>);

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

    /// Server words as a person reads them: lossy, and with secrets hidden.
    pub(crate) fn shown(&self, line: &[u8]) -> String {
        let line = self.masked(line).unwrap_or_else(|| line.to_vec());
        String::from_utf8_lossy(&line).trim_end().to_owned()
    }

    fn masked(&self, line: &[u8]) -> Option<Vec<u8>> {
        let answers_secret = self.answers_secret || self.owed.front().is_some_and(|owed| owed.hidden);
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

pub(super) fn record(direction: Direction, code: Option<u16>, line: &[u8]) -> Record {
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
