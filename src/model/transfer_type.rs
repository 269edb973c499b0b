//! What goes as text (TYPE A), and what as it is (TYPE I).

use serde::{Deserialize, Serialize};

use super::settings::Settings;

/// Words of the list of extensions that count; more than that is no list that a person reads.
pub const MOST_EXTENSIONS: usize = 1_000;
/// The longest extension, in bytes.
pub const LONGEST_EXTENSION: usize = 40;
/// The extensions of what is text unless a person wants it otherwise.
pub const EXTENSIONS: &str = "am asp bat c cfm cgi conf cpp css dhtml diz h hpp htm html in inc java js jsp lua m4 mak md md5 \
                              nfo nsh nsi pas patch php phtml pl po py qmail sh sha1 sha256 shtml sql svg tcl tpl txt vbs \
                              xhtml xml xrc";

/// How files go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TransferType {
    /// As they are (TYPE I).
    #[default]
    Binary,
    /// As text (TYPE A): each side has its own line ends.
    Text,
    /// Each as its name says. Of rows of the queue only folders have it, and what may be one: they pass it on to their files.
    Auto,
}

impl TransferType {
    /// All, as they are offered.
    pub const ALL: [Self; 3] = [Self::Auto, Self::Binary, Self::Text];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Auto => "Automatic",
            Self::Binary => "Binary",
            Self::Text => "Text",
        }
    }
}

/// Whether a file of this name is text: its extension is in the list. What begins with a dot is not, whatever comes after it.
pub fn is_text(name: &str, settings: &Settings) -> bool {
    let Some((_, extension)) = name.rsplit_once('.').filter(|_| !name.starts_with('.')) else { return false };
    !extension.is_empty() && extensions(&settings.text_extensions).any(|listed| listed.eq_ignore_ascii_case(extension))
}

/// The extensions of a list, which may be written as `txt`, `.txt` or `*.txt`, with blanks, commas, semicolons or bars in between.
fn extensions(list: &str) -> impl Iterator<Item = &str> {
    let words = list.split(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|')).filter(|word| !word.is_empty());
    words.take(MOST_EXTENSIONS).map(|word| word.trim_start_matches('*').trim_start_matches('.'))
}

/// Whether all of a list can be used; else what is wrong with it, in words.
pub fn check(list: &str) -> Result<(), String> {
    let is_wrong = |word: &&str| {
        word.is_empty()
            || word.len() > LONGEST_EXTENSION
            || word.contains(['.', '*', '?', '/', '\\'])
            || word.contains(char::is_control)
    };
    if let Some(word) = extensions(list).find(is_wrong) {
        let shown: String = word.chars().take(LONGEST_EXTENSION).collect();
        return Err(format!("“{shown}” is no extension, and fits no file"));
    }
    if extensions(list).count() == MOST_EXTENSIONS {
        return Err(format!("Only the first {MOST_EXTENSIONS} extensions count"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_say_what_is_text() {
        let settings = Settings::default();
        for name in ["a.txt", "INDEX.HTML", "a.b.c", "two words.md", "x..py", "\u{fc}.sha256"] {
            assert!(is_text(name, &settings), "{name}");
        }
        for name in ["", "a", "txt", ".txt", ".bashrc", ".a.txt", "a.", "a.txt.gz", "a.png", "a.tx", "a.txtx", "a txt"]
        {
            assert!(!is_text(name, &settings), "{name}");
        }
    }

    #[test]
    fn a_list_is_read_however_it_is_written() {
        for list in ["log csv", ".log, *.csv", "csv|log", "  LOG;\n;csv\t"] {
            let settings = Settings { text_extensions: list.to_owned(), ..Settings::default() };
            assert!(
                is_text("a.log", &settings) && is_text("a.csv", &settings) && !is_text("a.txt", &settings),
                "{list}"
            );
            assert_eq!(check(list), Ok(()), "{list}");
        }
        for list in ["", "*"] {
            let none = Settings { text_extensions: list.to_owned(), ..Settings::default() };
            assert!(!is_text("a.txt", &none) && !is_text("a.", &none), "{list}");
        }
        assert_eq!(check(""), Ok(()));
        assert_eq!(check(EXTENSIONS), Ok(()));
    }

    #[test]
    fn a_list_is_bounded_and_its_mistakes_are_told() {
        for list in ["txt tar.gz", "*", ".", "a/b", "t?t", &"x".repeat(41)] {
            assert!(check(list).is_err(), "{list}");
        }
        let many = "x ".repeat(MOST_EXTENSIONS) + "txt";
        assert!(check(&many).unwrap_err().contains("first 1000"));
        assert!(!is_text("a.txt", &Settings { text_extensions: many, ..Settings::default() }));
    }
}
