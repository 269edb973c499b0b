//! From the greeting to a session that is ready: HOST, AUTH, USER, PASS, ACCT, SYST, FEAT, OPTS, PBSZ, PROT, TYPE, PWD.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::super::command::{Command, Verb};
use super::super::control::{Control, Tls};
use super::super::error::Error;
use super::super::feature::Features;
use super::super::reply::{Class, Reply};
use super::gateway::{self, Scripted};
use super::{Got, Next, Outcome, Step, TransferType};
use crate::model::{HostCommand, Security};

/// The first operation of a session.
#[derive(Debug, Default)]
pub(crate) struct LogIn {
    /// AUTH SSL was tried, because the server does not know AUTH TLS. PBSZ and PROT follow all the same.
    tried_ssl: bool,
    /// The form of names was asked for.
    asked_names: bool,
    /// What is still to be said to the FTP proxy, and whether the command that waits logs in at the proxy itself.
    script: VecDeque<Scripted>,
    at_proxy: Option<bool>,
    /// What is still to be asked, one by one, where commands may not be sent together.
    to_ask: VecDeque<Command>,
    /// How many of these questions wait for their replies.
    asked: usize,
    /// All questions went out together, before FEAT was answered.
    at_once: bool,
    /// PASS went out together with USER, and whether the server took the user without it.
    with_password: bool,
    is_in: bool,
    /// The server said that it serves no user without HOST, and whether the reply to PASS was still owed then.
    wants_host: bool,
    host_after_password: bool,
}

/// Servers that are known to bear several commands in one packet, by their greeting.
const MODERN: [&str; 6] = ["vsftpd", "proftpd", "pure-ftpd", "pyftpdlib", "filezilla server", "microsoft ftp service"];

impl LogIn {
    pub(crate) fn step(&mut self, got: Got<'_>, control: &mut Control) -> Step {
        use Class::{Completion, Intermediate, Preliminary};
        match got {
            Got::Start => match control.greeting.take() {
                Some(greeting) => self.step(Got::Reply(Verb::Greeting, greeting.class(), &greeting), control),
                None => Ok(Next::Wait),
            },
            Got::Reply(_, Preliminary, _) => Ok(Next::Wait),
            Got::Reply(Verb::Greeting, Completion, reply) => {
                control.ahead.greeted(reply);
                // It lists PRET, and has all files in one place: to announce each would only hold up the port for it.
                control.no_pret |= reply.says("pure-ftpd");
                self.at_once = MODERN.iter().any(|name| reply.says(name));
                self.greeted(reply, control)
            }
            Got::Reply(Verb::Auth, Completion | Intermediate, _) => {
                control.secure();
                Ok(Next::Wait)
            }
            Got::Reply(Verb::Auth, _, reply) => self.no_tls(reply, control),
            Got::Secured => {
                if !control.owes_nothing() || control.greeting.is_some() {
                    return Ok(Next::Wait); // implicit TLS: the greeting comes after the handshake
                }
                self.name_host(control)
            }
            Got::Reply(Verb::Host, class, reply) => {
                if class != Completion {
                    // What is refused before TLS may be taken under it.
                    control.known.no_host |= class == Class::Permanent && !starts_tls(control);
                    let words = control.words(reply);
                    control
                        .note(format!("The server does not take the name of its host, and goes on without: {words}"));
                }
                self.host_is_named(control)
            }
            Got::Reply(verb, class, reply) if self.at_proxy.is_some() => self.scripted(verb, class, reply, control),
            Got::Reply(Verb::Pass, ..) if std::mem::take(&mut self.host_after_password) => {
                self.name_wanted_host(control)
            }
            Got::Reply(verb @ (Verb::User | Verb::Pass), _, reply) if self.must_name_host(reply, control) => {
                let words = control.words(reply);
                control.note(format!("The server wants the name of its host first: {words}"));
                self.wants_host = true;
                self.host_after_password = verb == Verb::User && self.with_password;
                if self.host_after_password { Ok(Next::Wait) } else { self.name_wanted_host(control) }
            }
            Got::Reply(verb @ (Verb::User | Verb::Pass), class, reply) if self.with_password => {
                self.both_answered(verb, class, reply, control)
            }
            Got::Reply(Verb::User | Verb::Pass | Verb::Acct, Completion, _) => self.logged_in(control),
            Got::Reply(Verb::User, Intermediate, reply) if reply.code() != 332 => {
                control.send(password(control)?);
                Ok(Next::Wait)
            }
            Got::Reply(verb @ (Verb::User | Verb::Pass), Intermediate, reply) if reply.code() == 332 => {
                self.account(verb, reply, control)
            }
            Got::Reply(Verb::Syst, class, reply) => {
                if class == Completion {
                    control.system = control.shown(reply.text());
                }
                if self.at_once {
                    return self.next_question(control);
                }
                // Only its reply says whether this is a server that one may ask several things at once.
                control.send(Command::new(Verb::Feat));
                Ok(Next::Wait)
            }
            Got::Reply(Verb::Feat, class, reply) => {
                if class == Completion {
                    control.features = Features::read(reply);
                    control.known.takes_host = control.features.has("HOST");
                }
                control.pipelining = !control.features.lines().is_empty() && !control.known.no_pipelining;
                if self.at_once {
                    // UTF-8 was asked for already; some servers want to hear CLNT before that.
                    control.preface = introductions(control, control.features.has("CLNT"))?;
                    return self.next_question(control);
                }
                self.settle(control)
            }
            Got::Reply(Verb::Prot, class, reply) if control.config.clear_data => {
                if class != Completion {
                    return Err(control.refused(Verb::Prot, reply));
                }
                control.note("Data connections are not encrypted, as the site says: files can be read on the way");
                self.next_question(control)
            }
            Got::Reply(Verb::Ccc, Completion, _) => {
                control.clear();
                Ok(Next::Wait)
            }
            Got::Reply(Verb::Ccc, _, reply) => {
                let words = control.words(reply);
                control.note(format!("The control connection stays encrypted: {words}"));
                Ok(Next::Done(Outcome::LoggedIn))
            }
            Got::Cleared => {
                control.note("Control connection not encrypted from here on, as the site says");
                Ok(Next::Done(Outcome::LoggedIn))
            }
            Got::Reply(Verb::Prot, class, reply) => {
                control.protected = class == Completion || control.config.security == Security::Implicit;
                if !control.protected {
                    return Err(control.refused(Verb::Prot, reply));
                }
                self.next_question(control)
            }
            Got::Reply(Verb::Type, class, _) => {
                control.kind = (class == Completion).then_some(TransferType::Image);
                self.next_question(control)
            }
            Got::Reply(Verb::Pwd, class, reply) => {
                if class == Completion {
                    control.arrive(reply);
                    self.ask_for_slashes(control)?;
                }
                self.next_question(control)
            }
            Got::Reply(Verb::Clnt | Verb::Opts | Verb::Pbsz | Verb::Site, _, _) => self.next_question(control),
            Got::Reply(verb, _, reply) => Err(control.refused(verb, reply)),
            Got::Listening(_) | Got::DataOpen | Got::DataDone(_) => Ok(Next::Wait),
        }
    }

    fn greeted(&mut self, reply: &Reply, control: &mut Control) -> Step {
        match control.config.security {
            _ if control.config.gateway.is_some() => self.user(control),
            Security::Implicit | Security::Never if reply.code() == 230 => self.logged_in(control),
            _ => self.name_host(control),
        }
    }

    /// HOST (RFC 7151) comes before AUTH, so that the server can show this host's certificate, and again under TLS,
    /// because nobody vouches for what went before.
    fn name_host(&mut self, control: &mut Control) -> Step {
        let host = &control.config.host;
        let address = host.parse::<IpAddr>().ok();
        let wanted = match control.config.host_command {
            HostCommand::Auto => control.known.takes_host && !control.known.no_host && address.is_none(),
            HostCommand::Always => true,
            HostCommand::Never => false,
        };
        if !wanted {
            return self.host_is_named(control);
        }
        let name = if address.is_some_and(|ip| ip.is_ipv6()) { format!("[{host}]") } else { host.clone() };
        control.send(Command::with(Verb::Host, name)?);
        Ok(Next::Wait)
    }

    /// Whether the server now says for the first time that it serves no user before HOST, as IIS does where several hosts
    /// share an address. Without a log-in it is not known that it has HOST.
    fn must_name_host(&self, reply: &Reply, control: &Control) -> bool {
        let says = ["hostname is expected", "use host", "host first"].iter().any(|words| reply.says(words));
        says && !self.wants_host
            && control.config.host_command == HostCommand::Auto
            && control.config.host.parse::<IpAddr>().is_err()
    }

    fn name_wanted_host(&mut self, control: &mut Control) -> Step {
        control.send(Command::with(Verb::Host, control.config.host.clone())?);
        Ok(Next::Wait)
    }

    fn host_is_named(&mut self, control: &mut Control) -> Step {
        if !starts_tls(control) {
            return self.user(control);
        }
        control.send(Command::with(Verb::Auth, "TLS")?);
        Ok(Next::Wait)
    }

    /// AUTH was refused. In clear it goes on only where that was allowed and the server does not know TLS: one that has a
    /// passing trouble with it (4yz), or that denies it for its policy (534), is not one that has none.
    fn no_tls(&mut self, reply: &Reply, control: &mut Control) -> Step {
        if matches!(reply.code(), 500 | 502 | 504) && !std::mem::replace(&mut self.tried_ssl, true) {
            control.send(Command::with(Verb::Auth, "SSL")?);
            return Ok(Next::Wait);
        }
        if control.config.security != Security::Try || !knows_no_auth(reply) {
            return Err(Error::NoTls(control.words(reply)));
        }
        let words = control.words(reply);
        control.note(format!(
            "WARNING: the server does not know TLS ({words}): everything goes in clear from here on, the password too"
        ));
        self.user(control)
    }

    fn user(&mut self, control: &mut Control) -> Step {
        if let Some(gateway) = control.config.gateway.clone() {
            if control.config.security != Security::Never {
                control.note("There is no TLS through an FTP proxy: everything goes in clear, the password too");
            }
            self.script = gateway::commands(&gateway, control)?;
            return self.say_next(control);
        }
        let user = control.charset.encode(&control.config.credentials.user)?;
        let mut commands = vec![Command::with(Verb::User, user)?];
        // In clear no password leaves before the server wants it: it may want TLS first, unless it has just said that it
        // does not know it.
        let may_tell = control.tls == Tls::Secure || control.config.security == Security::Try;
        self.with_password = self.at_once && may_tell && !control.known.no_pipelining;
        if self.with_password {
            commands.push(password(control)?);
        }
        control.send_all(commands);
        Ok(Next::Wait)
    }

    /// USER or PASS was answered, which were sent together.
    fn both_answered(&mut self, verb: Verb, class: Class, reply: &Reply, control: &mut Control) -> Step {
        match (verb, class) {
            (Verb::User, Class::Completion) => {
                self.is_in = true;
                Ok(Next::Wait)
            }
            (Verb::User, Class::Intermediate) if reply.code() != 332 => Ok(Next::Wait),
            (Verb::Pass, _) if self.is_in => self.logged_in(control),
            (Verb::Pass, Class::Completion) => self.logged_in(control),
            (Verb::Pass, Class::Intermediate) if reply.code() == 332 => self.account(verb, reply, control),
            _ => {
                // An account before the password, or a password that came too early: this server wants one after the other.
                control.known.no_pipelining |= matches!(reply.code(), 332 | 503);
                Err(control.refused(verb, reply))
            }
        }
    }

    /// The next command of the script; after the last one we are in.
    fn say_next(&mut self, control: &mut Control) -> Step {
        let Some(Scripted { command, at_proxy }) = self.script.pop_front() else {
            self.at_proxy = None;
            return self.logged_in(control);
        };
        self.at_proxy = Some(at_proxy);
        control.send(command);
        Ok(Next::Wait)
    }

    fn scripted(&mut self, verb: Verb, class: Class, reply: &Reply, control: &mut Control) -> Step {
        let awaits_more = class == Class::Intermediate;
        if class != Class::Completion && (!awaits_more || self.script.is_empty()) {
            return Err(match self.at_proxy {
                Some(true) => Error::Gateway(control.words(reply)),
                _ => control.refused(verb, reply),
            });
        }
        // Who is in already is not asked for a password, nor for an account.
        let superfluous: &[Verb] = match verb {
            Verb::User if !awaits_more => &[Verb::Pass, Verb::Acct],
            Verb::Pass if !awaits_more => &[Verb::Acct],
            _ => &[],
        };
        while self.script.front().is_some_and(|next| superfluous.contains(&next.command.verb())) {
            self.script.pop_front();
        }
        self.say_next(control)
    }

    fn account(&mut self, verb: Verb, reply: &Reply, control: &mut Control) -> Step {
        let Some(account) = control.config.credentials.account.as_deref().filter(|account| !account.is_empty()) else {
            return Err(control.refused(verb, reply));
        };
        let account = control.charset.encode(account)?;
        control.send(Command::with(Verb::Acct, account)?);
        Ok(Next::Wait)
    }

    fn logged_in(&mut self, control: &mut Control) -> Step {
        control.logged_in = true;
        // A server that knows TLS is a modern one, too.
        self.at_once |= control.tls == Tls::Secure;
        self.at_once &= !control.known.no_pipelining && control.config.gateway.is_none();
        if !self.at_once {
            control.send(Command::new(Verb::Syst));
            return Ok(Next::Wait);
        }
        let mut commands = vec![Command::new(Verb::Syst), Command::new(Verb::Feat)];
        if control.charset.is_utf8() {
            commands.push(Command::with(Verb::Opts, "UTF8 ON")?); // whatever it answers
        }
        commands.extend(needs(control)?);
        control.pipelining = true;
        self.asked = commands.len();
        control.send_all(commands);
        Ok(Next::Wait)
    }

    /// Asks for what the session needs, in one packet where the server is a modern one.
    fn settle(&mut self, control: &mut Control) -> Step {
        let mut commands = introductions(control, true)?;
        commands.extend(needs(control)?);
        if control.pipelining {
            self.asked = commands.len();
            control.send_all(commands);
            return Ok(Next::Wait);
        }
        self.to_ask.extend(commands);
        self.asked = 1;
        self.next_question(control)
    }

    /// OS/400 names files by library (`QGPL/A.MBR`) until it is told to speak of its file system (`/QSYS.LIB/...`).
    fn ask_for_slashes(&mut self, control: &Control) -> Result<(), Error> {
        if control.home.is_none()
            && control.system.contains("OS/400")
            && !std::mem::replace(&mut self.asked_names, true)
        {
            self.to_ask.extend([Command::with(Verb::Site, "NAMEFMT 1")?, Command::new(Verb::Pwd)]);
        }
        Ok(())
    }

    /// One question is answered.
    fn next_question(&mut self, control: &mut Control) -> Step {
        self.asked = self.asked.saturating_sub(1);
        match self.to_ask.pop_front() {
            Some(command) => {
                self.asked += 1;
                control.send(command);
                Ok(Next::Wait)
            }
            None if self.asked > 0 => Ok(Next::Wait),
            None if control.config.clear_control && control.tls == Tls::Secure => {
                control.send(Command::new(Verb::Ccc));
                Ok(Next::Wait)
            }
            None => Ok(Next::Done(Outcome::LoggedIn)),
        }
    }
}

fn password(control: &Control) -> Result<Command, Error> {
    let password = control.charset.encode(control.config.credentials.password.expose())?;
    Command::with(Verb::Pass, password)
}

/// What is said to a server that lists it: nothing waits for the answer.
fn introductions(control: &Control, with_utf8: bool) -> Result<Vec<Command>, Error> {
    let mut commands = Vec::new();
    if control.features.has("CLNT") {
        commands.push(Command::with(Verb::Clnt, concat!("Longshore/", env!("CARGO_PKG_VERSION")))?);
    }
    if with_utf8 && control.charset.is_utf8() && control.features.has("UTF8") {
        commands.push(Command::with(Verb::Opts, "UTF8 ON")?);
    }
    if let Some(facts) = control.features.facts_to_ask_for() {
        commands.push(Command::with(Verb::Opts, facts)?);
    }
    Ok(commands)
}

/// What every session needs.
fn needs(control: &Control) -> Result<Vec<Command>, Error> {
    let mut commands = Vec::new();
    if control.tls == Tls::Secure {
        commands.push(Command::with(Verb::Pbsz, "0")?);
        commands.push(Command::with(Verb::Prot, if control.config.clear_data { "C" } else { "P" })?);
    }
    commands.push(Command::with(Verb::Type, "I")?);
    commands.push(Command::new(Verb::Pwd));
    Ok(commands)
}

/// Whether AUTH is still to come.
fn starts_tls(control: &Control) -> bool {
    matches!(control.config.security, Security::Explicit | Security::Try) && control.tls == Tls::Clear
}

/// Whether a refusal of AUTH says that the server does not know it (RFC 4217 4: 500, 502; 504 for the mechanism). Servers
/// without TLS, vsftpd among them, answer every command before the log-in with "530 Please login with USER and PASS.", "530
/// Not logged in" and the like.
fn knows_no_auth(reply: &Reply) -> bool {
    match reply.code() {
        500 | 502 | 504 => true,
        530 => ["login", "log in", "logged in"].iter().any(|words| reply.says(words)),
        _ => false,
    }
}
