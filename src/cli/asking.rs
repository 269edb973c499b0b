//! Questions of the worker: answered from the options, or by the person at the terminal, or with no.

use std::collections::HashMap;
use std::io::{self, BufRead, IsTerminal, Write};
use std::sync::mpsc::{RecvTimeoutError, sync_channel};
use std::thread;

use super::front::LOOK;
use super::interrupt::Interrupt;
use super::output::visible;
use crate::model::question::{CertificateDoubt, Facts, FileExists, Scope};
use crate::model::{Answer, Ask, Course, IfExists, Secret};

/// How often a person may mistype a password.
const TRIES: u32 = 3;

/// The variable that may hold the password.
const VARIABLE: &str = "LONGSHORE_PASSWORD";

/// Who answers, and with what.
pub(super) struct Asker {
    /// From `--password-stdin` or the variable, in this order.
    password: Option<Secret>,
    if_exists: Option<IfExists>,
    /// What the person said for all files that go this way: some of their questions are on the way already.
    for_all: HashMap<Course, IfExists>,
    attended: bool,
    refused: u32,
    interrupt: Interrupt,
    /// Fingerprint and problem of a certificate that nobody trusted, for the message in the end.
    pub(super) doubted: Option<Box<CertificateDoubt>>,
}

impl Asker {
    /// Reads the password where the options say that it comes from.
    pub(super) fn new(from_stdin: bool, if_exists: Option<IfExists>, interrupt: Interrupt) -> Result<Self, String> {
        let password = given_password(from_stdin)?;
        let attended = !from_stdin && io::stdin().is_terminal() && io::stderr().is_terminal();
        let if_exists = if_exists.filter(|choice| *choice != IfExists::Ask);
        Ok(Self { password, if_exists, for_all: HashMap::new(), attended, refused: 0, interrupt, doubted: None })
    }

    /// Whether a person is there.
    pub(super) fn is_attended(&self) -> bool {
        self.attended
    }

    /// The password for those who have none of their own.
    pub(super) fn password(&self) -> Option<&Secret> {
        self.password.as_ref()
    }

    /// What to do with targets that exist.
    pub(super) fn if_exists(&self) -> IfExists {
        self.if_exists.unwrap_or(if self.attended { IfExists::Ask } else { IfExists::Skip })
    }

    /// The same, where the person may have said something for all that go this way.
    fn choice(&self, course: Course) -> IfExists {
        self.for_all.get(&course).copied().unwrap_or_else(|| self.if_exists())
    }

    /// Whether a skipped file is a failure: nobody has decided that it be skipped.
    pub(super) fn skipping_fails(&self) -> bool {
        self.if_exists.is_none() && !self.attended
    }

    /// Whether [`Self::answer`] will write to the terminal.
    pub(super) fn needs_terminal(&self, ask: &Ask) -> bool {
        self.attended
            && match ask {
                Ask::FileExists(both) => self.choice(both.course) == IfExists::Ask,
                Ask::Certificate(_) => true,
                Ask::Password { refused, .. } => self.password.is_none() || refused.is_some(),
                Ask::Secret { .. } => true,
            }
    }

    /// Decides.
    pub(super) fn answer(&mut self, ask: &Ask) -> Answer {
        match ask {
            Ask::FileExists(both) => match self.choice(both.course) {
                IfExists::Ask => self.ask_about_file(both),
                choice => Answer::Exists { choice, scope: Scope::Session, only: Some(both.course) },
            },
            Ask::Certificate(doubt) => {
                let answer = if self.attended { self.ask_about_certificate(doubt) } else { Answer::Refuse };
                if answer == Answer::Refuse {
                    self.doubted = Some(doubt.clone());
                }
                answer
            }
            Ask::Password { host, user, refused } => self.give_password(host, user, refused.as_deref()),
            // Never with the server's password: it is nobody else's business.
            Ask::Secret { of, refused } => self.ask_for(&format!("Password of {}: ", visible(of)), refused.as_deref()),
        }
    }

    fn give_password(&mut self, host: &str, user: &str, refused: Option<&str>) -> Answer {
        if let (Some(password), None) = (&self.password, refused) {
            return Answer::Password { password: password.clone(), remember: false };
        }
        self.ask_for(&format!("Password of {} at {}: ", visible(user), visible(host)), refused)
    }

    /// Asks at the terminal, where somebody is there.
    fn ask_for(&mut self, prompt: &str, refused: Option<&str>) -> Answer {
        if let Some(words) = refused.filter(|_| self.attended) {
            self.refused += 1;
            write(&format!("{words}\n"));
        }
        if !self.attended || self.refused >= TRIES {
            return Answer::Refuse;
        }
        match rpassword::prompt_password(prompt) {
            Ok(password) => Answer::Password { password: Secret::new(password), remember: false },
            Err(error) => {
                if error.kind() == io::ErrorKind::Interrupted {
                    self.interrupt.raise();
                }
                Answer::Refuse
            }
        }
    }

    fn ask_about_file(&mut self, both: &FileExists) -> Answer {
        let (target, source) = match both.course {
            Course::Download => (&both.local, &both.remote),
            Course::Upload => (&both.remote, &both.local),
        };
        write(&format!("{target} exists: {}\n", facts(&both.target)));
        write(&format!("  to replace it with {source}: {}\n", facts(&both.source)));
        let question = "  [o]verwrite, if [n]ewer, if si[z]e differs, if size or [t]ime differ, [r]esume, [k]eep both, [s]kip; capital for all: ";
        loop {
            let Some(word) = self.word(question) else { return Answer::Refuse };
            let choice = match word.to_lowercase().as_str() {
                "o" => IfExists::Overwrite,
                "n" => IfExists::Newer,
                "z" => IfExists::Size,
                "t" => IfExists::SizeOrTime,
                "r" => IfExists::Resume,
                "k" => IfExists::Rename,
                "s" => IfExists::Skip,
                _ => continue,
            };
            let for_all = word.chars().all(char::is_uppercase);
            if for_all {
                self.for_all.insert(both.course, choice);
            }
            let scope = if for_all { Scope::Session } else { Scope::File };
            return Answer::Exists { choice, scope, only: Some(both.course) };
        }
    }

    fn ask_about_certificate(&self, doubt: &CertificateDoubt) -> Answer {
        write(&format!("The certificate of {}:{} is not trusted: it {}\n", doubt.host, doubt.port, doubt.problem));
        if let Some(previously) = &doubt.previously {
            write(&format!("  IT HAS CHANGED. The one that was trusted before had the SHA-256 {previously}\n"));
        }
        for certificate in &doubt.chain {
            write(&format!("  subject  {}\n", certificate.subject));
            write(&format!("  issuer   {}\n", certificate.issuer));
            write(&format!("  for      {}\n", certificate.names.join(", ")));
            write(&format!("  valid    {} to {}\n", certificate.not_before, certificate.not_after));
            write(&format!("  SHA-256  {}\n\n", certificate.sha256));
        }
        loop {
            match self.word("  Trust it [o]nce, [a]lways for this host and port, or [n]ot: ").as_deref() {
                Some("o") => return Answer::Trust { remember: false },
                Some("a") => return Answer::Trust { remember: true },
                Some("n") | None => return Answer::Refuse,
                Some(_) => {}
            }
        }
    }

    /// One word from the terminal; `None` at its end, and when the run is to end.
    fn word(&self, question: &str) -> Option<String> {
        write(question);
        let (sender, line) = sync_channel(1);
        // A read cannot be broken off: a thread that still waits for a line ends with the process.
        thread::spawn(move || {
            let mut line = String::new();
            let is_there = matches!(io::stdin().lock().read_line(&mut line), Ok(1..));
            let _ = sender.send(is_there.then(|| line.trim().to_owned()));
        });
        loop {
            match line.recv_timeout(LOOK) {
                Ok(word) => return word,
                Err(RecvTimeoutError::Timeout) if !self.interrupt.is_raised() => {}
                Err(_) => {
                    write("\n");
                    return None;
                }
            }
        }
    }
}

/// The password from standard input, if it is said to come from there, else from the environment.
pub fn given_password(from_stdin: bool) -> Result<Option<Secret>, String> {
    if from_stdin {
        first_line(io::stdin().lock()).map(Some)
    } else {
        Ok(std::env::var(VARIABLE).ok().map(Secret::new))
    }
}

fn first_line(mut stream: impl BufRead) -> Result<Secret, String> {
    let mut line = String::new();
    match stream.read_line(&mut line) {
        Ok(0) => Err("--password-stdin: standard input is empty".to_owned()),
        Ok(_) => {
            Ok(Secret::new(line.strip_suffix('\n').map_or(&*line, |line| line.strip_suffix('\r').unwrap_or(line))))
        }
        Err(error) => Err(format!("--password-stdin: {error}")),
    }
}

fn facts(facts: &Facts) -> String {
    let size = facts.size.map_or_else(|| "size not known".to_owned(), |size| format!("{size} bytes"));
    let Some(modified) = facts.modified else { return size };
    format!("{size}, {}", super::listing::time(&modified))
}

/// Writes to the terminal; line breaks are ours, all else that it could obey is escaped.
fn write(text: &str) {
    let lines: Vec<_> = text.split('\n').map(visible).collect();
    let mut stderr = io::stderr().lock();
    // Whoever closed standard error cannot be asked; reading the answer then ends with `None`.
    let _ = stderr.write_all(lines.join("\n").as_bytes()).and_then(|()| stderr.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asker(if_exists: Option<IfExists>, password: Option<&str>) -> Asker {
        let password = password.map(Secret::new);
        Asker {
            password,
            if_exists,
            for_all: HashMap::new(),
            attended: false,
            refused: 0,
            interrupt: Interrupt::default(),
            doubted: None,
        }
    }

    fn password(refused: Option<&str>) -> Ask {
        Ask::Password { host: "h".into(), user: "me".into(), refused: refused.map(str::to_owned) }
    }

    #[test]
    fn a_password_that_was_refused_is_not_given_again() {
        let mut asker = asker(None, Some("x"));
        let given = Answer::Password { password: Secret::new("x"), remember: false };
        assert_eq!(asker.answer(&password(None)), given);
        assert_eq!(asker.answer(&password(Some("530 no"))), Answer::Refuse);
    }

    #[test]
    fn nobody_there_trusts_nothing_and_skips() {
        let mut asker = asker(None, None);
        let doubt = CertificateDoubt {
            host: "h".into(),
            port: 21,
            problem: "self-signed".into(),
            previously: None,
            chain: vec![],
        };
        assert_eq!(asker.answer(&Ask::Certificate(Box::new(doubt.clone()))), Answer::Refuse);
        assert_eq!(asker.doubted.as_deref(), Some(&doubt));
        assert_eq!(asker.answer(&password(None)), Answer::Refuse);
        assert_eq!(asker.if_exists(), IfExists::Skip);
        assert!(asker.skipping_fails(), "nobody decided it");
    }

    #[test]
    fn what_was_decided_beforehand_is_no_failure() {
        let asker = asker(Some(IfExists::Skip), None);
        assert_eq!((asker.if_exists(), asker.skipping_fails()), (IfExists::Skip, false));
    }

    #[test]
    fn the_password_is_the_first_line_of_standard_input() {
        assert_eq!(first_line(&b"pass word \r\nrest\n"[..]), Ok(Secret::new("pass word ")));
        assert_eq!(first_line(&b"end"[..]), Ok(Secret::new("end")));
        assert!(first_line(&b""[..]).is_err());
    }
}
