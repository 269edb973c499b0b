//! What every connection must know about its server, learned once in a run: log-in, certificates, folders.
//!
//! The worker's loop and its tasks share one. Nothing here waits, and no secret leaves it but to log in.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use crate::model::{Course, Credentials, IfExists, RemotePath, Secret, Site, TransferId};

/// What makes two sites the same server for a connection: all that it is opened with, and nothing that is for people.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key(Site);

impl Key {
    pub(super) fn of(site: &Site) -> Self {
        Self(Site {
            name: String::new(),
            folder: String::new(),
            host: site.host.to_ascii_lowercase(),
            port: Some(site.port()),
            user: site.user().to_owned(),
            local: None,
            remote: None,
            connections: None,
            segments: None,
            limit_down: 0,
            limit_up: 0,
            comments: String::new(),
            bookmarks: Vec::new(),
            ..site.clone()
        })
    }

    /// Who logs in where, whatever the way there.
    fn login(&self) -> LoginKey {
        (self.0.host.clone(), self.0.port(), self.0.user.clone(), self.0.account.clone())
    }
}

type LoginKey = (String, u16, String, String);

/// Everything that is remembered, behind one lock that is never held over a wait.
#[derive(Default)]
pub(super) struct Memory(Mutex<Inner>);

#[derive(Default)]
struct Inner {
    credentials: HashMap<LoginKey, Credentials>,
    /// Passwords of proxies and keys, by their key in the vault.
    secrets: HashMap<String, Secret>,
    /// Fingerprints that a person trusts, by host and port.
    trusted: HashMap<(String, u16), Vec<String>>,
    /// Directories that are there, by server: made or seen by a transfer.
    directories: HashMap<Key, HashSet<RemotePath>>,
    /// What names folders that were listed, whatever they are called: see [`Memory::leads_back`].
    identities: HashMap<Key, HashMap<RemotePath, String>>,
    /// How often they were forgotten.
    forgotten: u64,
    /// Folders that were listed for the permissions of their files, oldest first.
    permissions: VecDeque<(Key, RemotePath, Arc<Permissions>)>,
    /// What a person decided for all files of a batch, by direction; of what was restored there is only one.
    batches: HashMap<(Option<TransferId>, Course), IfExists>,
    /// What a person decided for all files of this run, by direction.
    exists: HashMap<Course, IfExists>,
    /// Servers that do not go on where they are told to.
    no_segments: HashSet<Key>,
    /// Names that rows have chosen for their copies on servers: nobody else takes one in this run.
    claimed: HashSet<String>,
    /// Rows whose segments did not fit together.
    in_one: HashSet<TransferId>,
}

/// Permissions of the files of a folder, by their names.
type Permissions = HashMap<String, u16>;

/// Folders whose permissions are remembered.
const MOST_PERMISSIONS: usize = 32;
/// Directories remembered of one server; beyond that they are asked for again.
const MOST_DIRECTORIES: usize = 100_000;

impl Memory {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // Each change is a single insertion or removal, so what a panicking thread left is whole.
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Takes the name of a copy, unless another row has.
    pub(super) fn claim(&self, remote: String) -> bool {
        self.inner().claimed.insert(remote)
    }

    pub(super) fn credentials(&self, key: &Key) -> Option<Credentials> {
        self.inner().credentials.get(&key.login()).cloned()
    }

    pub(super) fn keep_credentials(&self, key: &Key, credentials: Credentials) {
        self.inner().credentials.insert(key.login(), credentials);
    }

    /// Forgets them, unless others have been given since `refused` was tried.
    pub(super) fn forget_credentials(&self, key: &Key, refused: Option<&Credentials>) {
        let mut inner = self.inner();
        if refused.is_none() || inner.credentials.get(&key.login()) == refused {
            inner.credentials.remove(&key.login());
        }
    }

    /// The password of a proxy or a key.
    pub(super) fn secret(&self, key: &str) -> Option<Secret> {
        self.inner().secrets.get(key).cloned()
    }

    pub(super) fn keep_secret(&self, key: &str, secret: Secret) {
        self.inner().secrets.insert(key.to_owned(), secret);
    }

    /// Forgets it, unless another one has been given since `refused` was tried.
    pub(super) fn forget_secret(&self, key: &str, refused: &Secret) {
        let mut inner = self.inner();
        if inner.secrets.get(key) == Some(refused) {
            inner.secrets.remove(key);
        }
    }

    pub(super) fn trusted(&self, site: &Site) -> Vec<String> {
        self.inner().trusted.get(&(site.host.to_ascii_lowercase(), site.port())).cloned().unwrap_or_default()
    }

    pub(super) fn trust(&self, host: &str, port: u16, sha256: &str) {
        let mut inner = self.inner();
        let list = inner.trusted.entry((host.to_ascii_lowercase(), port)).or_default();
        if !list.iter().any(|known| known == sha256) {
            list.push(sha256.to_owned());
        }
    }

    /// Whether the directory was there when a transfer last looked.
    pub(super) fn has_directory(&self, key: &Key, path: &RemotePath) -> bool {
        self.inner().directories.get(key).is_some_and(|paths| paths.contains(path))
    }

    /// How often directories were forgotten.
    pub(super) fn forgotten(&self) -> u64 {
        self.inner().forgotten
    }

    pub(super) fn saw_directory(&self, key: &Key, path: RemotePath) {
        let mut inner = self.inner();
        let paths = inner.directories.entry(key.clone()).or_default();
        if paths.len() >= MOST_DIRECTORIES {
            paths.clear();
        }
        paths.insert(path);
    }

    /// Whether the folder `path`, which is `identity`, is one of those above it: a link that leads back. It is remembered for
    /// those below.
    pub(super) fn leads_back(&self, key: &Key, path: RemotePath, identity: String) -> bool {
        let mut inner = self.inner();
        let known = inner.identities.entry(key.clone()).or_default();
        let mut above = path.parent();
        while let Some(folder) = above {
            if known.get(&folder) == Some(&identity) {
                return true;
            }
            above = folder.parent();
        }
        if known.len() >= MOST_DIRECTORIES {
            known.clear();
        }
        known.insert(path, identity);
        false
    }

    /// After a deletion, a change of name, or a refusal that says otherwise, nothing is sure any more.
    pub(super) fn forget_directories(&self, key: &Key) {
        let mut inner = self.inner();
        inner.directories.remove(key);
        inner.forgotten += 1;
    }

    /// What a listing of the folder said of its files, if one was asked for that.
    pub(super) fn permissions(&self, key: &Key, folder: &RemotePath) -> Option<Arc<Permissions>> {
        let inner = self.inner();
        inner.permissions.iter().find(|(of, path, _)| of == key && path == folder).map(|(_, _, known)| known.clone())
    }

    pub(super) fn keep_permissions(&self, key: &Key, folder: RemotePath, known: Permissions) -> Arc<Permissions> {
        let (mut inner, known) = (self.inner(), Arc::new(known));
        if inner.permissions.len() >= MOST_PERMISSIONS {
            inner.permissions.pop_front();
        }
        inner.permissions.push_back((key.clone(), folder, known.clone()));
        known
    }

    /// What a person decided for the files of this batch in this direction, or for all of this run.
    pub(super) fn exists(&self, batch: Option<TransferId>, course: Course) -> Option<IfExists> {
        let inner = self.inner();
        inner.batches.get(&(batch, course)).or_else(|| inner.exists.get(&course)).copied()
    }

    pub(super) fn decide_batch(&self, batch: Option<TransferId>, course: Course, choice: IfExists) {
        self.inner().batches.insert((batch, course), choice);
    }

    /// For all files to come; what was decided for batches before no longer holds.
    pub(super) fn decide_session(&self, course: Course, choice: IfExists) {
        let mut inner = self.inner();
        inner.batches.retain(|(_, decided), _| *decided != course);
        inner.exists.insert(course, choice);
    }

    /// Whether a row may be fetched over several connections of the server.
    pub(super) fn may_be_divided(&self, key: &Key, id: TransferId) -> bool {
        let inner = self.inner();
        !inner.no_segments.contains(key) && !inner.in_one.contains(&id)
    }

    /// The server does not go on where it is told to.
    pub(super) fn divides_nothing(&self, key: &Key) {
        self.inner().no_segments.insert(key.clone());
    }

    /// What several connections brought of the row did not fit together.
    pub(super) fn keep_in_one(&self, id: TransferId) {
        self.inner().in_one.insert(id);
    }

    /// A decision for a batch holds until the queue is empty.
    pub(super) fn forget_batches(&self) {
        self.inner().batches.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Login, Security};

    fn credentials(password: &str) -> Credentials {
        Credentials { user: "me".into(), password: Secret::new(password), account: None }
    }

    #[test]
    fn a_refused_password_does_not_take_a_newer_one_with_it() {
        let site = Site { host: "H".into(), user: "me".into(), login: Login::Normal, ..Site::default() };
        let (memory, key) = (Memory::default(), Key::of(&site));
        memory.keep_credentials(&key, credentials("new"));
        memory.forget_credentials(&key, Some(&credentials("old")));
        assert_eq!(memory.credentials(&key), Some(credentials("new")));
        memory.forget_credentials(&key, Some(&credentials("new")));
        assert_eq!(memory.credentials(&key), None);
    }

    #[test]
    fn another_account_is_another_log_in() {
        let site = Site { host: "h".into(), user: "me".into(), account: "one".into(), ..Site::default() };
        let memory = Memory::default();
        memory.keep_credentials(&Key::of(&site), credentials("x"));
        assert_eq!(memory.credentials(&Key::of(&site)), Some(credentials("x")));
        let site = Site { account: "two".into(), ..site };
        assert_eq!(memory.credentials(&Key::of(&site)), None, "the account that is kept with it is the old one");
    }

    #[test]
    fn what_is_decided_for_a_batch_holds_for_no_other() {
        let (memory, one, other) = (Memory::default(), Some(TransferId(1)), Some(TransferId(2)));
        memory.decide_batch(one, Course::Upload, IfExists::Skip);
        assert_eq!(memory.exists(one, Course::Upload), Some(IfExists::Skip));
        assert_eq!((memory.exists(one, Course::Download), memory.exists(other, Course::Upload)), (None, None));
        memory.decide_session(Course::Upload, IfExists::Overwrite);
        assert_eq!(memory.exists(one, Course::Upload), Some(IfExists::Overwrite), "the last word counts");
        memory.decide_batch(one, Course::Upload, IfExists::Skip);
        memory.forget_batches();
        assert_eq!(memory.exists(one, Course::Upload), Some(IfExists::Overwrite), "the session goes on");
    }

    #[test]
    fn sites_that_differ_only_in_what_people_see_share_connections() {
        let site = Site { host: "Host".into(), ..Site::default() };
        let named = Site { host: "host".into(), name: "x".into(), port: Some(21), ..Site::default() };
        assert_eq!(Key::of(&site), Key::of(&named));
        assert_ne!(Key::of(&site), Key::of(&Site { security: Security::Never, ..site.clone() }));
    }
}
