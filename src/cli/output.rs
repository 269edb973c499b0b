//! The two streams: results on standard output, everything else on standard error.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::OnceLock;

use super::status::Status;
use crate::model::path::{encode_utf8, unescape_char};
use crate::model::url::masked;
use crate::model::visible::{escaped, is_hiding};

/// Results. A reader that has gone away (`| head`) is no failure: what comes after is dropped.
pub(super) struct Results {
    stream: BufWriter<Box<dyn Write>>,
    terminal: bool,
    closed: bool,
    failed: bool,
}

impl Results {
    /// On standard output.
    pub(super) fn new() -> Self {
        let stdout = io::stdout();
        let terminal = stdout.is_terminal();
        Self::to(stdout, terminal)
    }

    /// On `stream`, which may be a terminal.
    pub(super) fn to(stream: impl Write + 'static, terminal: bool) -> Self {
        Self { stream: BufWriter::new(Box::new(stream)), terminal, closed: false, failed: false }
    }

    /// One line of text in which a server may have a word: escaped for a terminal, the exact bytes for a program.
    pub(super) fn line(&mut self, text: &str) {
        let mut bytes = if self.terminal { visible(text).into_bytes() } else { encode_utf8(text) };
        bytes.push(b'\n');
        self.write(&bytes);
    }

    /// One line of JSON, with escapes for everything that a terminal could obey, or hide.
    pub(super) fn json(&mut self, value: &impl serde::Serialize) {
        if let Ok(mut bytes) = serde_json::to_vec(value).map(escaped) {
            bytes.push(b'\n');
            self.write(&bytes);
        }
    }

    /// How a run ends that would have ended so: one whose results are lost has not done all.
    pub(super) fn end(&self, status: Status) -> Status {
        if self.failed && status == Status::Done { Status::Failed } else { status }
    }

    /// Hands over what was written so far.
    pub(super) fn flush(&mut self) {
        let result = self.stream.flush();
        self.judge(result);
    }

    fn write(&mut self, bytes: &[u8]) {
        if !self.closed {
            let result = self.stream.write_all(bytes);
            self.judge(result);
        }
    }

    fn judge(&mut self, result: io::Result<()>) {
        if let Err(error) = result
            && !std::mem::replace(&mut self.closed, true)
            && error.kind() != io::ErrorKind::BrokenPipe
        {
            self.failed = true;
            complain(&format!("could not write the results: {error}"));
        }
    }
}

/// One line on standard error: what failed, on what, in whose words.
pub fn complain(text: &str) {
    aside(&without_passwords(&format!("longshore: {text}")));
}

/// What was typed wrong, as clap says it: with help that was asked for on standard output, with the exit status that it wants.
pub fn explain_usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    let shown = without_passwords(&text);
    if shown == text {
        error.exit();
    }
    // Nobody is left to tell when standard error is closed.
    let _ = io::stderr().lock().write_all(shown.as_bytes());
    Status::Usage.code().into()
}

/// `text` without the passwords of URLs that were typed as arguments: whatever quotes those, quotes them so.
fn without_passwords(text: &str) -> String {
    static SECRET: OnceLock<Vec<(String, String)>> = OnceLock::new();
    let secret = SECRET.get_or_init(|| {
        let arguments = std::env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
        arguments.filter_map(|argument| hidden(&argument)).collect()
    });
    secret.iter().fold(text.to_owned(), |text, (with, without)| text.replace(with, without))
}

/// An argument from where it may be quoted, and how it is to be: a URL may stand behind an option's name.
fn hidden(argument: &str) -> Option<(String, String)> {
    let url = argument.find("://").map_or(argument, |at| &argument[at..]);
    let shown = masked(url);
    (shown != url).then(|| (url.to_owned(), shown))
}

/// One line on standard error.
pub(super) fn aside(text: &str) {
    // Nobody is left to tell when standard error is closed.
    let _ = writeln!(io::stderr().lock(), "{}", visible(text));
}

/// `text` on one line, with everything that a terminal could obey, or hide, as an escape.
pub(super) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push_str("\\t"),
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            c if unescape_char(c).is_some() => shown.push(char::REPLACEMENT_CHARACTER),
            c if c.is_ascii_control() => shown.push_str(&format!("\\x{:02x}", u32::from(c))),
            c if c.is_control() || is_hiding(c) => shown.push_str(&format!("\\u{{{:x}}}", u32::from(c))),
            c => shown.push(c),
        }
    }
    shown
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::model::path::decode_utf8;

    /// Keeps what is written.
    #[derive(Clone, Default)]
    pub(in crate::cli) struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Kept {
        pub(in crate::cli) fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    impl Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_reader_that_has_gone_away_is_no_failure() {
        let mut results = Results::to(Gone, false);
        results.line("x");
        results.flush();
        assert!(results.closed);
        results.line("y");
        results.flush();
    }

    #[test]
    fn passwords_of_arguments_are_not_quoted() {
        let pair = |with: &str, without: &str| Some((with.to_owned(), without.to_owned()));
        assert_eq!(hidden("ftp://u:p@h/x"), pair("://u:p@h/x", "://u:****@h/x"));
        assert_eq!(hidden("--output=ftp://u:p@h"), pair("://u:p@h", "://u:****@h"));
        assert_eq!(hidden("u:p@h"), pair("u:p@h", "u:****@h"));
        assert_eq!((hidden("ftp://u@h/a:b"), hidden("--json")), (None, None));
    }

    #[test]
    fn a_terminal_obeys_nobody_but_us() {
        assert_eq!(visible("\x1b[31mred\x07\u{9b}1m"), "\\x1b[31mred\\x07\\u{9b}1m");
        assert_eq!(visible("rtl\u{202e}gpj.exe"), "rtl\\u{202e}gpj.exe");
        assert_eq!(visible("two\r\nlines\t"), "two\\r\\nlines\\t");
        assert_eq!(visible("Grüße 日本 😀"), "Grüße 日本 😀");
        assert_eq!(visible(&decode_utf8(b"caf\xe9")), "caf\u{fffd}");
    }
}
