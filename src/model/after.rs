//! What happens after the last transfer.

/// What a person wants done once nothing is left to transfer. It holds for one time, and never for the next run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AfterLast {
    /// Nothing.
    #[default]
    Nothing,
    /// Tell the person, also where the window is not in sight.
    Notify,
    /// Run `Settings::after_command`.
    Command,
    /// Close all connections.
    Disconnect,
    /// End the program.
    Quit,
    /// Send the machine to sleep.
    Sleep,
}

impl AfterLast {
    /// All, in the order of menus.
    pub const ALL: [Self; 6] = [Self::Nothing, Self::Notify, Self::Command, Self::Disconnect, Self::Quit, Self::Sleep];

    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "Do nothing",
            Self::Notify => "Notify me",
            Self::Command => "Run the command",
            Self::Disconnect => "Disconnect",
            Self::Quit => "Quit",
            Self::Sleep => "Sleep",
        }
    }
}

/// The words of a command line, the first of which is the program: blanks part them, `'…'` and `"…"` keep them together, and
/// `\` takes the next character as it is, but not within `'…'`. No shell has a part in it: `$`, `*`, `;`, `|` and `>` are
/// characters like others. Why it is none, in words.
pub fn words(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut characters = line.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            (_, Some('\'')) if character != '\'' => word.get_or_insert_default().push(character),
            ('\\', _) => {
                let next = characters.next().ok_or("It ends with a backslash")?;
                word.get_or_insert_default().push(next);
            }
            ('\'' | '"', None) => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (_, Some(open)) if character == open => quote = None,
            (_, None) if character.is_whitespace() => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    if quote.is_some() {
        return Err("A quotation has no end");
    }
    words.extend(word);
    match words.first().map(String::as_str) {
        None | Some("") => Err("No program is named"),
        Some(_) => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_parted_as_it_looks() {
        for (line, expected) in [
            ("true", &["true"][..]),
            ("  a  b\tc ", &["a", "b", "c"]),
            (r#"say "two words" 'and more' x'y'z"#, &["say", "two words", "and more", "xyz"]),
            (r#"a "" 'b"c' "d'e" \"f\ g"#, &["a", "", "b\"c", "d'e", "\"f g"]),
            (r"a 'b\c' $HOME *.txt ; rm > x", &["a", "b\\c", "$HOME", "*.txt", ";", "rm", ">", "x"]),
        ] {
            assert_eq!(words(line).unwrap(), expected, "{line}");
        }
        for line in ["", "  ", "'a", "\"", "a\\", "'' b"] {
            assert!(words(line).is_err(), "{line}");
        }
    }
}
