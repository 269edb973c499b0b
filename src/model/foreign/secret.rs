//! Secrets in the logs of other programs, which are hidden as they are in our own.

use crate::model::transcript::Direction;

/// What stands for a secret, whatever its length.
const HIDDEN: &str = "****";
/// The words after SITE that change a password.
const SITE_WORDS: [&str; 6] = ["PSWD", "PASS", "PASSWD", "CPWD", "CHPASS", "PASSWORD"];
/// Shorter ones are words that stand in replies by chance.
const SHORTEST: usize = 4;
/// Most secrets of a log that are looked for in what follows.
const MOST: usize = 64;

/// The secrets of a log so far.
#[derive(Debug, Default)]
pub(super) struct Secrets(Vec<String>);

impl Secrets {
    /// `text` without the secret that it sends, without those that were sent before, and without passwords in URLs.
    pub(super) fn hide(&mut self, direction: Direction, text: &str) -> String {
        let mut text = match secret_start(text).filter(|_| direction == Direction::Sent) {
            Some(start) => {
                let secret = text[start..].trim();
                let stars = secret.chars().all(|c| c == '*');
                if !stars && secret.len() >= SHORTEST && self.0.len() < MOST && !self.0.iter().any(|old| old == secret)
                {
                    self.0.push(secret.to_owned());
                }
                format!("{}{HIDDEN}", &text[..start])
            }
            None => text.to_owned(),
        };
        for secret in &self.0 {
            if text.contains(secret.as_str()) {
                text = text.replace(secret.as_str(), HIDDEN);
            }
        }
        hide_in_urls(text)
    }
}

/// Where the secret of a command begins, if it holds one.
fn secret_start(command: &str) -> Option<usize> {
    let (verb, argument) = command.split_once(' ')?;
    let start = verb.len() + 1;
    match verb.to_ascii_uppercase().as_str() {
        "PASS" | "ACCT" | "ADAT" => Some(start),
        "SITE" => {
            let word = argument.split(' ').next().unwrap_or_default();
            let secret = SITE_WORDS.contains(&word.to_ascii_uppercase().as_str()) && argument.len() > word.len();
            secret.then_some(start + word.len() + 1)
        }
        _ => None,
    }
}

/// `ftp://user:****@host`.
fn hide_in_urls(text: String) -> String {
    let mut hidden = String::new();
    let mut rest = text.as_str();
    while let Some(begin) = rest.find("://").map(|at| at + 3) {
        let authority = &rest[begin..];
        let end = authority.find(['/', ' ', '"', '\'']).unwrap_or(authority.len());
        let at = authority[..end].rfind('@');
        let colon = authority.find(':').filter(|colon| at.is_some_and(|at| *colon < at));
        let (Some(at), Some(colon)) = (at, colon) else {
            hidden.push_str(&rest[..begin]);
            rest = authority;
            continue;
        };
        hidden.push_str(&rest[..=begin + colon]);
        hidden.push_str(HIDDEN);
        rest = &authority[at..];
    }
    if hidden.is_empty() { text } else { hidden + rest }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_hidden_wherever_they_stand() {
        let mut secrets = Secrets::default();
        for (direction, text, shown) in [
            (Direction::Sent, "USER hunter2x", "USER hunter2x"),
            (Direction::Sent, "PASS hunter2", "PASS ****"),
            (Direction::Received, "530 hunter2 is wrong", "530 **** is wrong"),
            (Direction::Sent, "PASS ********", "PASS ****"),
            (Direction::Sent, "pass ", "pass ****"),
            (Direction::Sent, "ACCT abc", "ACCT ****"),
            (Direction::Received, "230 abc", "230 abc"),
            (Direction::Sent, "SITE pswd old new", "SITE pswd ****"),
            (Direction::Sent, "SITE CHMOD 644 x", "SITE CHMOD 644 x"),
            (Direction::Note, "get ftp://me:pa:s@s@h/x and http://h/", "get ftp://me:****@h/x and http://h/"),
            (Direction::Note, "ftp://h:21/x@y", "ftp://h:21/x@y"),
            (Direction::Note, "://", "://"),
        ] {
            assert_eq!(secrets.hide(direction, text), shown, "{text}");
        }
    }
}
