//! Passwords in the operating system's vault; where there is none, in memory for this session. Never in a file.
//!
//! The vault may ask a person to unlock it and may never answer, so one thread of its own talks to it and callers wait
//! for a bounded time.

use std::collections::HashMap;
use std::fmt;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use keyring::Entry;

use crate::model::Secret;

/// What names this program in the vault.
const SERVICE: &str = "longshore";
/// How long a person has to unlock the vault.
const PATIENCE: Duration = Duration::from_secs(60);
/// Requests that wait for the vault's thread; no more are ever under way than there are connections.
const MOST_REQUESTS: usize = 64;

/// Where a password is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// In the vault.
    Vault,
    /// In memory until the program ends, and why.
    SessionOnly(String),
}

/// The vault. All calls block.
pub struct Vault {
    session: Mutex<Session>,
    vault: Option<SyncSender<Request>>,
}

#[derive(Default)]
struct Session {
    passwords: HashMap<String, Secret>,
    /// Why the vault cannot be used, once that is known.
    why: Option<String>,
}

enum Request {
    Get(String, SyncSender<Result<Option<Secret>, String>>),
    Set(String, Secret, SyncSender<Result<(), String>>),
    Forget(String, SyncSender<Result<(), String>>),
}

impl Vault {
    /// The operating system's vault. It is first touched when it is first needed.
    pub fn open() -> Self {
        Self::over(|| Ok(Box::new(System)))
    }

    /// A vault that keeps nothing longer than the session, because of `why`.
    pub fn session_only(why: impl Into<String>) -> Self {
        Self { session: Mutex::new(Session { why: Some(why.into()), ..Session::default() }), vault: None }
    }

    fn over(open: impl FnOnce() -> Result<Box<dyn Store>, String> + Send + 'static) -> Self {
        let (requests, receiver) = sync_channel(MOST_REQUESTS);
        let thread = std::thread::Builder::new().name("vault".to_owned()).spawn(move || serve(open(), &receiver));
        match thread {
            Ok(_) => Self { session: Mutex::default(), vault: Some(requests) },
            Err(error) => Self::session_only(error.to_string()),
        }
    }

    /// The password of `key` (`Site::vault_key`, `Proxy::title`), if it is kept.
    pub fn get(&self, key: &str) -> Option<Secret> {
        if let Some(secret) = self.session().passwords.get(key) {
            return Some(secret.clone());
        }
        match self.ask(|answer| Request::Get(key.to_owned(), answer)) {
            Ok(secret) => secret,
            Err(why) => {
                self.session().why = Some(why);
                None
            }
        }
    }

    /// Keeps the password of `key`, in the vault where that is possible.
    pub fn set(&self, key: &str, password: &Secret) -> Kept {
        match self.ask(|answer| Request::Set(key.to_owned(), password.clone(), answer)) {
            Ok(()) => {
                let mut session = self.session();
                session.passwords.remove(key);
                session.why = None;
                Kept::Vault
            }
            Err(why) => {
                let mut session = self.session();
                session.passwords.insert(key.to_owned(), password.clone());
                session.why = Some(why.clone());
                Kept::SessionOnly(why)
            }
        }
    }

    /// Forgets the password of `key`, in the vault and in memory. An error says that the vault may still have it.
    pub fn forget(&self, key: &str) -> Result<(), String> {
        self.session().passwords.remove(key);
        match self.ask(|answer| Request::Forget(key.to_owned(), answer)) {
            Ok(()) => Ok(()),
            // Without a vault there is nothing that it could still have.
            Err(_) if self.vault.is_none() => Ok(()),
            Err(why) => Err(why),
        }
    }

    /// Why the vault could not be used the last time that it was asked.
    pub fn why(&self) -> Option<String> {
        self.session().why.clone()
    }

    fn ask<T>(&self, request: impl FnOnce(SyncSender<Result<T, String>>) -> Request) -> Result<T, String> {
        let no_vault = || self.why().unwrap_or_else(|| "there is no vault".to_owned());
        let Some(vault) = &self.vault else { return Err(no_vault()) };
        let (answer, answers) = sync_channel(1);
        vault.try_send(request(answer)).map_err(|_| "the vault does not answer".to_owned())?;
        match answers.recv_timeout(PATIENCE) {
            Ok(result) => result,
            Err(RecvTimeoutError::Timeout) => Err(format!("the vault has not answered for {} s", PATIENCE.as_secs())),
            Err(RecvTimeoutError::Disconnected) => Err("the vault's thread has ended".to_owned()),
        }
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Vault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vault")
    }
}

/// Runs until the vault is dropped. Who no longer waits for an answer does not get one.
fn serve(store: Result<Box<dyn Store>, String>, requests: &Receiver<Request>) {
    for request in requests {
        let store = store.as_ref().map_err(Clone::clone);
        match request {
            Request::Get(key, answer) => drop(answer.send(store.and_then(|store| store.get(&key)))),
            Request::Set(key, secret, answer) => drop(answer.send(store.and_then(|store| store.set(&key, &secret)))),
            Request::Forget(key, answer) => drop(answer.send(store.and_then(|store| store.forget(&key)))),
        }
    }
}

/// Something that keeps passwords.
trait Store {
    fn get(&self, key: &str) -> Result<Option<Secret>, String>;
    fn set(&self, key: &str, secret: &Secret) -> Result<(), String>;
    fn forget(&self, key: &str) -> Result<(), String>;
}

/// Secret Service, Keychain or Credential Manager.
struct System;

impl System {
    fn entry(key: &str) -> Result<Entry, String> {
        Entry::new(SERVICE, key).map_err(|error| match Entry::store_status() {
            Err(status) => plain(status),
            Ok(()) => plain(&error),
        })
    }
}

impl Store for System {
    fn get(&self, key: &str) -> Result<Option<Secret>, String> {
        match Self::entry(key)?.get_password() {
            Ok(password) => Ok(Some(Secret::new(password))),
            Err(keyring::Error::NoEntry) => Ok(None),
            Err(error) => Err(plain(&error)),
        }
    }

    fn set(&self, key: &str, secret: &Secret) -> Result<(), String> {
        Self::entry(key)?.set_password(secret.expose()).map_err(|error| plain(&error))
    }

    fn forget(&self, key: &str) -> Result<(), String> {
        // Where there is no vault, there is nothing that it could still have.
        if Entry::store_status().is_err() {
            return Ok(());
        }
        match Self::entry(key)?.delete_credential() {
            Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
            Err(error) => Err(plain(&error)),
        }
    }
}

/// The vault's words, without anything that it holds: some of its errors carry the bytes of a password.
fn plain(error: &keyring::Error) -> String {
    match error {
        keyring::Error::BadEncoding(_) | keyring::Error::BadDataFormat(..) => {
            "what the vault holds is not a password of this program".to_owned()
        }
        keyring::Error::Ambiguous(_) => "the vault holds more than one password for it".to_owned(),
        error => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    /// A vault in memory that can be locked.
    #[derive(Clone, Default)]
    struct Fake(Arc<Mutex<(HashMap<String, Secret>, bool)>>);

    impl Fake {
        fn use_it<T>(&self, act: impl FnOnce(&mut HashMap<String, Secret>) -> T) -> Result<T, String> {
            let mut fake = self.0.lock().unwrap();
            if fake.1 { Err("it is locked".to_owned()) } else { Ok(act(&mut fake.0)) }
        }
    }

    impl Store for Fake {
        fn get(&self, key: &str) -> Result<Option<Secret>, String> {
            self.use_it(|passwords| passwords.get(key).cloned())
        }
        fn set(&self, key: &str, secret: &Secret) -> Result<(), String> {
            self.use_it(|passwords| drop(passwords.insert(key.to_owned(), secret.clone())))
        }
        fn forget(&self, key: &str) -> Result<(), String> {
            self.use_it(|passwords| drop(passwords.remove(key)))
        }
    }

    fn over(fake: &Fake) -> Vault {
        let fake = fake.clone();
        Vault::over(move || Ok(Box::new(fake)))
    }

    #[test]
    fn passwords_outlive_the_session_in_the_vault() {
        let fake = Fake::default();
        let vault = over(&fake);
        assert_eq!(vault.get("a"), None);
        assert_eq!(vault.set("a", &Secret::new("one")), Kept::Vault);
        assert_eq!(vault.set("b", &Secret::new("two")), Kept::Vault);
        let vault = over(&fake);
        assert_eq!(vault.get("a"), Some(Secret::new("one")));
        assert_eq!(vault.forget("a"), Ok(()));
        assert_eq!(vault.get("a"), None);
        assert_eq!(vault.get("b"), Some(Secret::new("two")));
        assert_eq!(vault.why(), None);
    }

    #[test]
    fn without_a_vault_passwords_last_for_the_session_and_it_says_why() {
        let vault = Vault::over(|| Err("no D-Bus".to_owned()));
        assert_eq!(vault.set("a", &Secret::new("one")), Kept::SessionOnly("no D-Bus".to_owned()));
        assert_eq!(vault.get("a"), Some(Secret::new("one")));
        assert_eq!(vault.get("b"), None);
        assert_eq!(vault.why().as_deref(), Some("no D-Bus"));
        let vault = Vault::session_only("not wanted");
        assert_eq!(vault.set("a", &Secret::new("one")), Kept::SessionOnly("not wanted".to_owned()));
        assert_eq!(vault.forget("a"), Ok(()));
        assert_eq!(vault.get("a"), None);
    }

    #[test]
    fn a_vault_that_is_unlocked_later_is_used_again() {
        let fake = Fake::default();
        let vault = over(&fake);
        fake.0.lock().unwrap().1 = true;
        assert_eq!(vault.set("a", &Secret::new("one")), Kept::SessionOnly("it is locked".to_owned()));
        assert!(vault.forget("b").is_err(), "it may still be there");
        fake.0.lock().unwrap().1 = false;
        assert_eq!(vault.set("a", &Secret::new("new")), Kept::Vault);
        assert_eq!(vault.get("a"), Some(Secret::new("new")), "not the one that was kept for the session");
        assert_eq!(vault.why(), None);
    }

    #[test]
    fn nothing_prints_a_password() {
        let vault = Vault::session_only("x");
        vault.set("a", &Secret::new("hunter2"));
        assert!(!format!("{vault:?}").contains("hunter2"));
        let error = keyring::Error::BadEncoding(b"hunter2".to_vec());
        assert!(!plain(&error).contains("hunter2") && !plain(&error).contains("104"));
    }
}
