//! One control connection, as a value.

use super::command::Verb;
use super::config::{Config, Known};
use super::control::{Control, MAX_PRELIMINARIES, Tls};
use super::error::{Ended, Error};
use super::feature::Features;
use super::op::{Got, Next, Operation, Outcome, Task};
use super::pipeline::Asked;
use super::reply::{Class, Decoder, Malformed, Reply};
use super::stray::{answers_another, not_ftp};
use super::traffic::{Follows, Input, Output};
use crate::model::{PathSyntax, RemotePath};

/// One control connection: bytes and events go in, records, bytes and requests come out.
///
/// 1. After each [`handle`](Self::handle), [`poll`](Self::poll) is drained to `None`.
/// 2. Each reply that is not preliminary pays the oldest command that is owed one; a reply that nothing owes closes the
///    session. An operation ends only when nothing is owed to it, so a cancelled one leaves nothing behind.
/// 3. At the change to TLS nothing of a reply may be pending: bytes that came early are an attack.
#[derive(Debug)]
pub struct Session {
    control: Control,
    decoder: Decoder,
    running: Option<Running>,
    /// How many replies the bytes at hand may hold: a reply cannot answer what was sent after it came.
    payable: usize,
    closed: bool,
}

/// The operation under way.
#[derive(Debug)]
struct Running {
    task: Task,
    logs_in: bool,
    quits: bool,
    /// How it ends, as soon as nothing is owed. Once this is known the task hears of nothing more.
    ending: Option<Ended>,
}

impl Session {
    /// Waits for the greeting; with implicit TLS, for the handshake before it.
    pub fn new(config: Config) -> Self {
        Self { control: Control::new(config), decoder: Decoder::default(), running: None, payable: 0, closed: false }
    }

    /// Takes what happened. Before the next call, [`poll`](Self::poll) until `None`.
    pub fn handle(&mut self, input: Input<'_>) {
        debug_assert!(self.control.is_drained() || matches!(input, Input::Begin(_) | Input::Secured), "poll first");
        if self.closed {
            if let Input::Begin(_) = input {
                self.control.put(Output::Done(Err(Error::Closed(None))));
            }
            return;
        }
        match input {
            Input::Bytes(bytes) => self.bytes(bytes),
            Input::Begin(operation) => self.begin(operation),
            Input::Secured => {
                if self.control.tls == Tls::Shaking {
                    self.control.tls = Tls::Secure;
                    self.tell(Got::Secured);
                }
            }
            Input::Cleared => {
                if self.control.tls == Tls::Ending {
                    self.control.tls = Tls::Ended;
                    self.tell(Got::Cleared);
                }
            }
            Input::Listening(address) if self.control.has_data() => self.tell(Got::Listening(address)),
            Input::Listening(address) => {
                if let Err(error) = self.control.name_next(address) {
                    self.die(error);
                }
            }
            Input::Follows(follows) => self.follows(follows),
            Input::Unwanted => {
                if self.control.pipeline.is_asked() {
                    self.unwanted();
                }
            }
            Input::DataOpen if self.control.has_data() => self.tell(Got::DataOpen),
            Input::DataOpen => {
                if !self.control.opened_early() {
                    self.control.opened_ahead();
                }
            }
            Input::DataDone(result) if self.control.has_data() => {
                self.control.data_is_over();
                self.tell(Got::DataDone(result));
                // What else it wants, nobody is there to be asked for.
                if let Some(error) = self.control.gone.clone().filter(|_| !self.closed) {
                    self.die(error);
                }
            }
            Input::DataDone(_) => {
                if self.control.pipeline.forget() {
                    self.die(Error::OutOfStep("the data connection of the next file is gone".to_owned()));
                } else {
                    self.control.lost_ahead();
                }
            }
            Input::KeepAlive => {
                if self.running.as_ref().is_some_and(|running| running.ending.is_none()) {
                    self.control.keep_alive();
                }
            }
            Input::Quiet => self.quiet(),
            Input::Cancel => self.cancel(),
            Input::Closed => self.server_closed(),
        }
    }

    /// What the session wants, oldest first.
    pub fn poll(&mut self) -> Option<Output> {
        self.control.output()
    }

    /// What was learned about the server, also before this session.
    pub fn known(&self) -> &Known {
        &self.control.known
    }

    /// What the server can do.
    pub fn features(&self) -> &Features {
        &self.control.features
    }

    /// The reply to SYST, without the code.
    pub fn system(&self) -> &str {
        &self.control.system
    }

    /// The directory after the log-in.
    pub fn home(&self) -> Option<&RemotePath> {
        self.control.home.as_ref()
    }

    /// The form of paths.
    pub fn paths(&self) -> PathSyntax {
        self.control.paths
    }

    /// The name of the charset of names.
    pub fn encoding_name(&self) -> &str {
        self.control.charset.name()
    }

    /// Whether the control connection is under TLS.
    pub fn is_secure(&self) -> bool {
        self.control.tls == Tls::Secure
    }

    /// Whether the data connection, if there is one, was made ahead and belongs to no operation yet.
    pub fn is_ahead(&self) -> bool {
        self.control.ahead.is_made() || self.control.pipeline.is_asked()
    }

    /// Whether the server can connect to us, where we are now; `None`: nobody knows.
    pub fn comes(&self) -> Option<bool> {
        self.control.comes()
    }

    /// Whether no operation is under way, and no reply is owed but to what was asked for ahead.
    pub fn is_idle(&self) -> bool {
        let owes_nothing = self.control.owes_nothing();
        let is_paid = owes_nothing || self.control.pipeline.is_asked() && self.control.owes_only_early();
        !self.closed && self.running.is_none() && is_paid
    }

    /// Whether every command has its final reply.
    pub fn owes_nothing(&self) -> bool {
        self.control.owes_nothing()
    }

    /// Whether the operation under way has ended, and only replies are owed to it.
    pub fn is_ending(&self) -> bool {
        self.running.as_ref().is_some_and(|running| running.ending.is_some())
    }

    /// Whether the server may be done with a reply, though it ended it with another code: only its silence can tell.
    pub fn reply_seems_over(&self) -> bool {
        self.decoder.seems_over() && !self.is_leaving()
    }

    /// Whether the control connection is over, and only the data of a transfer that the server has confirmed are not:
    /// nothing more is read from it.
    pub fn is_leaving(&self) -> bool {
        self.control.gone.is_some() && !self.closed
    }

    /// Whether the session can never be used again.
    pub fn is_closed(&self) -> bool {
        self.closed
    }

    fn follows(&mut self, follows: Follows) {
        if self.is_leaving() {
            return;
        }
        let Follows { more, expected, next, far, may_try, comes } = follows;
        (self.control.ahead.wanted, self.control.ahead.expected) = (more, expected);
        self.control.pipeline.follows(next, far, may_try);
        // That it does not work is the surer word.
        if let Some(well) = comes.filter(|well| !well || self.control.comes().is_none()) {
            self.control.came(well);
        }
    }

    fn begin(&mut self, operation: Operation) {
        debug_assert!(self.running.is_none(), "one operation at a time");
        let too_early = !self.control.logged_in && !matches!(operation, Operation::LogIn | Operation::Quit);
        if self.running.is_some() || too_early {
            let error = Error::OutOfStep("an operation was begun before its time".to_owned());
            self.control.put(Output::Done(Err(error)));
            return;
        }
        let quits = operation == Operation::Quit;
        if quits || matches!(operation, Operation::Raw { .. }) {
            self.control.drop_ahead(); // what is typed may ask for another port
        }
        if !matches!(operation, Operation::List { .. }) {
            self.control.entered = None;
        }
        let logs_in = operation == Operation::LogIn;
        let asked = self.control.take_asked(&operation);
        let task = match &asked {
            Ok(Some(asked)) => Task::under_way(operation, asked.exchange(&self.control)),
            _ => Task::new(operation, &self.control),
        };
        self.running = Some(Running { task, logs_in, quits, ending: None });
        match asked {
            Ok(None) => self.tell(Got::Start),
            Ok(Some(asked)) => self.catch_up(asked),
            Err(()) => self.unwanted(),
        }
    }

    /// What was asked for ahead is not begun. Its replies, and the server that comes to us, would be taken for those of
    /// another file.
    fn unwanted(&mut self) {
        self.control.note("The file that was asked for ahead is not wanted any more: the connection is closed");
        self.die(Error::Closed(None));
    }

    /// Tells an operation what has happened of it before it began.
    fn catch_up(&mut self, asked: Asked) {
        if asked.open {
            self.tell(Got::DataOpen);
        }
        for (verb, class, reply) in &asked.answers {
            self.tell(Got::Reply(*verb, *class, reply));
        }
    }

    fn bytes(&mut self, mut bytes: &[u8]) {
        if bytes.is_empty() || self.is_leaving() {
            return;
        }
        match self.control.tls {
            Tls::Shaking => {
                return self.die(Error::OutOfStep("the server sent bytes in clear into the TLS handshake".to_owned()));
            }
            Tls::Ending => return self.die(Error::OutOfStep(BEFORE_CLEAR.to_owned())),
            Tls::Clear | Tls::Secure | Tls::Ended => {}
        }
        // What came in one piece was all said before anything in it could be answered.
        self.payable = self.control.count_owed();
        loop {
            let received = match self.decoder.next(&mut bytes) {
                Ok(Some(received)) => received,
                Ok(None) => return,
                Err(malformed) => return self.malformed(malformed),
            };
            self.control.log_received(&received);
            if let Some(reply) = received.reply {
                self.reply(&reply);
            }
            if self.closed || self.is_leaving() {
                return;
            }
            if self.control.tls == Tls::Shaking && !(bytes.is_empty() && self.decoder.is_empty()) {
                let what = "the server sent more in clear after it agreed to TLS: somebody may be in between";
                return self.die(Error::OutOfStep(what.to_owned()));
            }
            if self.control.tls == Tls::Ending && !(bytes.is_empty() && self.decoder.is_empty()) {
                return self.die(Error::OutOfStep(BEFORE_CLEAR.to_owned()));
            }
        }
    }

    fn quiet(&mut self) {
        if !self.reply_seems_over() {
            return;
        }
        self.control.note("The server ended a reply with another code than it began it with, and says no more");
        match self.decoder.end_here(self.payable) {
            Ok(replies) => {
                for reply in replies {
                    if !self.closed {
                        self.reply(&reply);
                    }
                }
            }
            Err(malformed) => self.malformed(malformed),
        }
    }

    fn reply(&mut self, reply: &Reply) {
        if reply.code() == 421 {
            return self.leave(Error::Closed(Some(self.control.words(reply))));
        }
        if self.control.repeats_end_of_transfer(reply) {
            return self.control.note("The server said twice that the transfer has ended");
        }
        let Some(front) = self.control.front().filter(|_| self.payable > 0) else {
            let words = self.control.words(reply);
            return self.die(Error::OutOfStep(format!("nothing was asked, and the server said {words}")));
        };
        let (verb, heard, ahead, early, leads) = (front.verb, front.heard, front.ahead, front.early, front.leads);
        if self.control.answers_at_once(reply) {
            self.payable -= 1;
            return self.end_if_paid();
        }
        if self.control.overtakes(reply) {
            self.control.does_not_wait();
            return self.die(Error::Overlap);
        }
        if leads && answers_another(verb, reply.code()) {
            // It works on both commands at once (pyftpdlib), and answers them in any order.
            self.control.came(false);
            self.control.note("The server answered RETR before PORT: it is asked for one after the other from now on");
            return self.die(Error::NoActive);
        }
        if answers_another(verb, reply.code()) {
            let words = self.control.words(reply);
            return self.die(Error::OutOfStep(format!("{} was asked, and the server said {words}", verb.name())));
        }
        if reply.class() == Class::Preliminary && !self.control.preliminary_is_final() {
            if self.control.count_preliminary() {
                let what = format!("more than {MAX_PRELIMINARIES} preliminary replies to {}", verb.name());
                return self.die(Error::OutOfStep(what));
            }
        } else {
            self.payable -= 1;
            self.control.pay(reply.class());
        }
        if ahead && reply.class() != Class::Preliminary {
            self.control.port_named(reply.class(), reply);
        }
        if early {
            self.control.answered_early(verb, reply.class(), reply);
        }
        if verb == Verb::Greeting && self.running.is_none() {
            self.control.greeting = Some(reply.clone());
        } else if heard {
            return self.tell(Got::Reply(verb, reply.class(), reply));
        }
        self.end_if_paid();
    }

    /// Tells the operation what happened, and does what it says.
    fn tell(&mut self, got: Got<'_>) {
        if let Some(running) = self.running.as_mut().filter(|running| running.ending.is_none()) {
            match running.task.step(got, &mut self.control) {
                Ok(Next::Wait) => {}
                Ok(Next::Done(outcome)) => running.ending = Some(Ok(outcome)),
                // The server is busy with trying to reach us, and hears nothing else.
                Err(error @ Error::NoActive) => return self.die(error),
                Err(error) => {
                    running.ending = Some(Err(error));
                    self.control.abort();
                }
            }
        }
        self.end_if_paid();
    }

    fn end_if_paid(&mut self) {
        let ended = self.running.as_ref().is_some_and(|running| running.ending.is_some());
        if !ended || !self.control.owes_only_early() {
            return;
        }
        let Some(Running { quits, ending: Some(ending), .. }) = self.running.take() else { return };
        debug_assert!(!self.control.has_data(), "an operation ended and left a data connection behind");
        self.control.drop_data();
        self.control.put(Output::Done(ending));
        if quits || self.control.gone.is_some() {
            self.closed = true;
            self.control.put(Output::Close);
        }
    }

    fn cancel(&mut self) {
        let Some(running) = self.running.as_mut() else { return };
        let waits_for_greeting = self.control.front().is_some_and(|owed| owed.verb == Verb::Greeting);
        if waits_for_greeting || matches!(self.control.tls, Tls::Shaking | Tls::Ending) {
            return self.die(Error::Cancelled);
        }
        if running.ending.is_none() {
            running.ending = Some(Err(Error::Cancelled));
            self.control.abort();
        }
        self.end_if_paid();
    }

    fn server_closed(&mut self) {
        if let Some(error) = self.control.gone.clone() {
            return self.die(error);
        }
        let ending = self.running.as_ref().and_then(|running| running.ending.as_ref());
        if self.control.fails_at_epsv() && ending != Some(&Err(Error::Cancelled)) {
            self.control.known.no_epsv = true;
            self.control.note("The connection did not outlive EPSV: from now on PASV is asked where it can be");
        } else if self.control.asked_ahead() && self.is_ending() {
            self.control.does_not_wait(); // it has swallowed what was asked during the transfer
        }
        if self.control.tls == Tls::Shaking {
            return self.die(Error::NoTls("it closed the connection during the handshake".to_owned()));
        }
        let words = match self.decoder.pending() {
            [] => self.control.shown(self.decoder.last_words()),
            pending => self.control.shown_in_part(pending),
        };
        self.leave(Error::Closed((!words.is_empty()).then_some(words)));
    }

    /// The control connection is over. Where the server has confirmed the transfer under way, that ends well with its data;
    /// else all ends here.
    fn leave(&mut self, error: Error) {
        let is_confirmed = |running: &Running| running.ending.is_none() && running.task.is_confirmed();
        if !self.control.has_data() || !self.running.as_ref().is_some_and(is_confirmed) {
            return self.die(error);
        }
        self.control.note(format!("The server has confirmed the transfer: its data are waited for ({error})"));
        self.control.go(error);
    }

    fn malformed(&mut self, malformed: Malformed) {
        let greets = self.control.front().is_some_and(|owed| owed.verb == Verb::Greeting);
        let error = match malformed {
            Malformed::Limit(what) => Error::Limit(what),
            Malformed::Nul if greets && self.decoder.pending().first() == Some(&TLS_ALERT) => {
                Error::OutOfStep("this port speaks TLS from the first byte: use implicit TLS".to_owned())
            }
            Malformed::Nul => Error::OutOfStep("a NUL in a reply".to_owned()),
            Malformed::NotAReply(line) => {
                self.control.log_received(&super::reply::Received { code: None, line: line.clone(), reply: None });
                let words: String = self.control.shown(&line).chars().take(SHOWN_OF_NO_REPLY).collect();
                Error::OutOfStep(match not_ftp(&line).filter(|_| greets) {
                    Some(protocol) => format!("this is not an FTP server but {protocol}: {words}"),
                    None => format!("this is not a reply: {words}"),
                })
            }
        };
        self.die(error);
    }

    /// Ends for good: what is under way fails with `error`, unless it had failed before.
    fn die(&mut self, error: Error) {
        self.closed = true;
        let logs_in = self.running.as_ref().is_some_and(|running| running.logs_in && running.ending.is_none());
        if logs_in && self.control.pipelining && self.control.count_owed() > 1 && error != Error::Cancelled {
            self.control.known.no_pipelining = true; // it does not bear several questions at once
        }
        self.control.forget_ahead();
        self.control.drop_ahead();
        self.control.drop_asked();
        self.control.drop_data();
        if let Some(running) = self.running.take() {
            let closing = matches!(error, Error::Closed(_)) && running.quits;
            let ending = running.ending.unwrap_or(if closing { Ok(Outcome::Done) } else { Err(error) });
            self.control.put(Output::Done(ending));
        } else {
            self.control.note(format!("The connection is closed: {error}"));
        }
        self.control.put(Output::Close);
    }
}

/// What is said between the agreement to end TLS and its end belongs to nobody.
const BEFORE_CLEAR: &str = "the server sent more before TLS had ended: somebody may be in between";
/// The first byte of a TLS alert record: a TLS server's answer to a line of text.
const TLS_ALERT: u8 = 0x15;
/// How many characters of a line that is no reply go into an error.
const SHOWN_OF_NO_REPLY: usize = 120;
