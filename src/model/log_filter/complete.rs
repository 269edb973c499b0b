//! What a half-typed filter could go on with: keys, and the values that are known.

use std::ops::Range;

use super::read::{KEYS, words};
use super::test::State;
use crate::model::code;

/// Most completions that are offered at once.
const MOST: usize = 12;

/// What each key finds.
const FOUND: [&str; KEYS.len()] = [
    "the reply's code",
    "the command",
    "files and folders that commands name",
    "a state",
    "who spoke",
    "one connection",
    "time to the final reply",
    "time to the first reply",
    "bytes of a transfer or listing",
];

const DIRECTIONS: [(&str, &str); 3] =
    [("in", "what the server sent"), ("out", "what was sent to it"), ("note", "what was done or noticed")];
const CLASSES: [(&str, &str); 5] = [
    ("1xx", "preliminary replies"),
    ("2xx", "completions"),
    ("3xx", "intermediate replies"),
    ("4xx", "transient errors"),
    ("5xx", "permanent errors"),
];
const TIMES: [(&str, &str); 3] = [(">500ms", "longer than half a second"), (">5s", "longer"), ("<50ms", "shorter")];
const SIZES: [(&str, &str); 3] = [(">1M", "more than a million"), (">100M", "more"), ("<10k", "less")];
/// The commands that logs hold most.
const VERBS: [(&str, &str); 24] = [
    ("RETR", "download"),
    ("STOR", "upload"),
    ("APPE", "upload, added at the end"),
    ("LIST", "listing"),
    ("MLSD", "listing for programs"),
    ("CWD", "go to a folder"),
    ("PWD", "which folder"),
    ("DELE", "delete a file"),
    ("MKD", "make a folder"),
    ("RMD", "delete a folder"),
    ("RNFR", "rename from"),
    ("RNTO", "rename to"),
    ("SIZE", "size of a file"),
    ("MDTM", "time of a file"),
    ("MFMT", "set the time"),
    ("SITE", "what only this server knows"),
    ("REST", "where to resume"),
    ("EPSV", "passive mode"),
    ("PASV", "passive mode, older"),
    ("EPRT", "active mode"),
    ("PORT", "active mode, older"),
    ("USER", "log-in"),
    ("AUTH", "encryption"),
    ("NOOP", "keep-alive"),
];

/// What can stand in the place of the word at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The characters that it takes the place of.
    pub place: Range<usize>,
    /// What is written there: a key with its colon, or a value.
    pub text: String,
    /// What it finds.
    pub help: &'static str,
}

/// What the word that ends at the character `cursor` of `typed` could become, the likeliest first.
pub fn complete(typed: &str, cursor: usize) -> Vec<Completion> {
    let before: String = typed.chars().take(cursor).collect();
    let Ok(words) = words(&before) else { return Vec::new() };
    if words.last().is_some_and(|word| word.pattern) {
        return Vec::new();
    }
    let begun = words.into_iter().next_back();
    let begun = begun.filter(|_| !before.ends_with(char::is_whitespace)).unwrap_or_default();
    let offer = |start: &str, known: &[(&'static str, &'static str)], colon: &str| -> Vec<Completion> {
        let place = cursor - start.chars().count()..cursor;
        let fits = |word: &str| {
            word.len() > start.len() && word.get(..start.len()).is_some_and(|head| head.eq_ignore_ascii_case(start))
        };
        let fitting = known.iter().filter(|(word, _)| fits(word)).take(MOST);
        fitting.map(|(word, help)| Completion { place: place.clone(), text: format!("{word}{colon}"), help }).collect()
    };
    let Some(key) = begun.key else {
        let keys: Vec<_> = KEYS.iter().zip(FOUND).map(|((key, _), found)| (*key, found)).collect();
        return offer(&begun.value, &keys, ":");
    };
    let start = begun.value.rsplit(',').next().unwrap_or_default();
    match key.as_str() {
        "code" => codes(start, cursor, offer(start, &CLASSES, "")),
        "verb" => offer(start, &VERBS, ""),
        "dir" => offer(start, &DIRECTIONS, ""),
        "is" => offer(start, &State::ALL.map(|(word, _, help)| (word, help)), ""),
        "took" | "wait" => offer(start, &TIMES, ""),
        "bytes" => offer(start, &SIZES, ""),
        _ => Vec::new(),
    }
}

/// The classes, and the known codes that begin with what is there of one.
fn codes(start: &str, cursor: usize, mut offered: Vec<Completion>) -> Vec<Completion> {
    if !start.is_empty() && start.len() < 3 {
        let place = cursor - start.chars().count()..cursor;
        let known = code::MEANINGS.iter().map(|meaning| (meaning.code.to_string(), meaning.name));
        let known = known.filter(|(code, _)| code.starts_with(start));
        offered.extend(known.map(|(text, help)| Completion { place: place.clone(), text, help }));
        offered.truncate(MOST);
    }
    offered
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(typed: &str) -> Vec<String> {
        complete(typed, typed.chars().count()).into_iter().map(|completion| completion.text).collect()
    }

    #[test]
    fn keys_and_values_are_completed() {
        assert_eq!(texts("").len(), KEYS.len());
        assert_eq!(texts("ö -ve"), ["verb:"]);
        assert_eq!(texts("verb:st"), ["STOR"]);
        assert_eq!(texts("verb:STOR,RET"), ["RETR"]);
        assert_eq!(texts("is:s"), ["slow"]);
        assert_eq!(texts("-dir:"), ["in", "out", "note"]);
        assert_eq!(texts("code:53"), ["530", "532", "533", "534", "535", "536", "537"]);
        assert_eq!(texts("code:"), ["1xx", "2xx", "3xx", "4xx", "5xx"]);
        for nothing in ["xyz", "code:550", "file:a", "\"ve", "/ve", "/ve/", "C:\\x", "verb:STOR"] {
            assert!(texts(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn a_completion_takes_the_place_of_what_was_begun() {
        let typed = "é verb:re x";
        let completion = complete(typed, 9).remove(0);
        assert_eq!((completion.place, completion.text.as_str()), (7..9, "RETR"));
    }
}
