//! Opening a control connection, with all that may have to be asked or learned on the way.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tokio::sync::{Notify, mpsc, oneshot};

use super::journal::Journal;
use super::limits::Limits;
use super::memory::{Key, Memory};
use super::questions::Asked;
use super::ready::Backlogs;
use super::retry::{self, Kind, Trouble};
use super::scribe::Scribe;
use super::secret::{self, Secrets, from_vault};
use super::settle::Settles;
use super::store::{Learned, Store};
use super::vault::Vault;
use super::{Input, News};
use crate::ftp::{self, Known};
use crate::model::question::CertificateDoubt;
use crate::model::{
    Answer, Ask, Cause, ConnectionId, Credentials, Event, Login, Proxy, Run, Secret, Security, Settings, Site, TabId,
    TransferId,
};
use crate::net::{self, Backlog, Cancel, ClientCertificate, Connection, Dial, Log, Roots, Through, Trust};

/// Log-ins that are tried, passwords that are asked for and TLS versions that are changed in one go, at most.
const MOST_DIALS: u32 = 8;
/// How long the system's vault may take: it may show a dialog of its own.
pub(super) const VAULT_PATIENCE: Duration = Duration::from_secs(60);
/// RFC 1635 wants an address; a real one is nobody's business.
const ANONYMOUS_PASSWORD: &str = "anonymous@";
/// Behind what a server says for having no TLS, where it had some.
const TLS_HAS_GONE: &str = ". It had TLS before: somebody may be in between. If it really has none any more, choose no TLS \
                            for it";

/// What all tasks of the worker share.
#[derive(Clone)]
pub(super) struct Context {
    /// To the worker's loop.
    pub(super) inputs: mpsc::Sender<Input>,
    pub(super) memory: Arc<Memory>,
    pub(super) store: Arc<Store>,
    pub(super) vault: Arc<Vault>,
    pub(super) journal: Arc<Journal>,
    pub(super) scribe: Arc<Scribe>,
    pub(super) settles: Arc<Settles>,
    pub(super) run: Arc<Run>,
    pub(super) roots: Arc<Roots>,
    pub(super) log: Log,
    pub(super) limits: Arc<Limits>,
    /// Changed by the worker's loop only.
    pub(super) settings: Arc<Mutex<Arc<Settings>>>,
    /// The number of the newest connection.
    pub(super) connections: Arc<AtomicU32>,
    pub(super) closed: Closed,
    /// How many rows of each server wait.
    pub(super) backlogs: Arc<Backlogs>,
}

impl Context {
    /// The settings as they are now.
    pub(super) fn settings(&self) -> Arc<Settings> {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Tells the worker's loop; false when it has ended.
    pub(super) async fn tell(&self, input: Input) -> bool {
        self.inputs.send(input).await.is_ok()
    }

    /// Sends news about a transfer.
    pub(super) async fn news(&self, id: TransferId, news: News) {
        self.tell(Input::News(id, news)).await;
    }

    /// Asks, and waits for the answer. `None`: nobody can answer any more, or `cancel` came first.
    pub(super) async fn ask(&self, tab: Option<TabId>, ask: Ask, cancel: &Cancel) -> Option<Answer> {
        let (reply, answer) = oneshot::channel();
        self.tell(Input::Asked(Asked { tab, ask, reply })).await;
        let answer = tokio::select! {
            answer = answer => answer.ok(),
            () = cancel.cancelled() => None,
        };
        if answer.is_none() {
            self.tell(Input::Unasked).await;
        }
        answer
    }
}

/// Connections that were closed and of which the front has not been told. As many as there were connections, at most.
#[derive(Clone, Default)]
pub(super) struct Closed(Arc<(Mutex<Vec<ConnectionId>>, Notify)>);

impl Closed {
    fn add(&self, id: ConnectionId) {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner).push(id);
        self.0.1.notify_one();
    }

    pub(super) fn take(&self) -> Vec<ConnectionId> {
        std::mem::take(&mut *self.0.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) async fn wait(&self) {
        self.0.1.notified().await;
    }
}

/// The number of a connection in the transcript; the front hears of its end when this is dropped.
struct Number {
    id: ConnectionId,
    closed: Closed,
}

impl Drop for Number {
    fn drop(&mut self) {
        self.closed.add(self.id);
    }
}

/// An open control connection that is logged in. A transfer and the one that follows on it share one.
#[derive(Clone)]
pub(super) struct Link {
    pub(super) connection: Arc<Connection>,
    pub(super) key: Arc<Key>,
    pub(super) site: Arc<Site>,
    credentials: Credentials,
    proxy: Option<Proxy>,
    settings: Arc<Mutex<Arc<Settings>>>,
    memory: Arc<Memory>,
    store: Arc<Store>,
    number: Arc<Number>,
}

impl Link {
    /// Whether it can be used.
    pub(super) fn is_open(&self) -> bool {
        self.connection.is_open()
    }

    /// Whether it was opened as a connection to `site` would be opened now.
    pub(super) fn fits(&self, key: &Arc<Key>) -> bool {
        let settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if secret::proxy(&settings, &self.site) != self.proxy {
            return false;
        }
        let learned = self.store.learned(&self.site.host, self.site.port());
        if learned.wants_tls12(&self.site)
            && self.connection.server().tls.as_ref().is_some_and(|tls| tls.version == "TLS 1.3")
        {
            return false; // another connection has found out that its data connections would be refused
        }
        self.key == *key && self.memory.credentials(key).is_none_or(|credentials| credentials == self.credentials)
    }

    /// Says goodbye. Bounded.
    pub(super) async fn close(self) {
        self.learn(false);
        let Self { connection, number, .. } = self;
        // Whoever shares it goes on.
        if let Ok(connection) = Arc::try_unwrap(connection) {
            connection.close().await;
        }
        drop(number);
    }

    /// Keeps what the session has learned about its server.
    pub(super) fn learn(&self, tls12_only: bool) {
        let before = self.store.learned(&self.site.host, self.site.port());
        let known = self.connection.known();
        let learned = Learned {
            // Another connection may have found out meanwhile what this one has not.
            known: Known {
                waits: known.waits.or(before.known.waits),
                comes: known.comes.or(before.known.comes),
                ..known
            },
            tls12_only: tls12_only || before.tls12_only,
            tls: before.tls || self.connection.server().tls.is_some(),
            ..before.clone()
        };
        if learned != before {
            // What cannot be kept is learned again.
            let _ = self.store.learn(&self.site.host, self.site.port(), &learned);
        }
    }
}

/// What is to be reached, and for whom.
pub(super) struct Wanted<'a> {
    pub(super) site: &'a Arc<Site>,
    pub(super) key: &'a Arc<Key>,
    /// The tab it browses for; `None` for one that transfers.
    pub(super) tab: Option<TabId>,
    pub(super) cancel: &'a Cancel,
    /// Hears what is being done.
    pub(super) step: &'a (dyn Fn(String) + Send + Sync),
}

/// A connection for transfers.
pub(super) async fn for_transfers(
    context: &Context,
    site: &Arc<Site>,
    key: &Arc<Key>,
    cancel: &Cancel,
) -> Result<Link, Trouble> {
    connect(context, &Wanted { site, key, tab: None, cancel, step: &|_| {} }).await
}

/// Connects and logs in; asks for what is missing.
pub(super) async fn connect(context: &Context, wanted: &Wanted<'_>) -> Result<Link, Trouble> {
    let what = format!("Could not connect to {}", wanted.site.title());
    let (mut refused, mut keep) = (None, false);
    let mut secrets = Secrets::new(context, wanted.site);
    for _ in 0..MOST_DIALS {
        let (credentials, remember) = credentials(context, wanted, &what, refused.take()).await?;
        keep |= remember;
        let through = secrets.through(context, wanted, &what).await?;
        let certificate = secrets.certificate(context, wanted, &what).await?;
        let error = match dial(context, wanted, &credentials, (through, certificate)).await {
            Ok(link) => {
                secrets.keep(context).await;
                if keep {
                    // Only one that the server took.
                    let password = Some(credentials.password);
                    context.tell(Input::KeepPassword { site: wanted.site.clone(), password }).await;
                }
                return Ok(link);
            }
            Err(error) => error,
        };
        if wanted.cancel.is_cancelled() {
            return Err(Trouble::stopped(what));
        }
        match &error {
            net::Error::Untrusted(doubt) => trust(context, wanted, &what, doubt).await?,
            net::Error::NeedsTls12 => needs_tls12(context, wanted.site),
            error if secrets.refused(context, error) => {}
            _ => match retry::refused_login(&error).filter(|_| wanted.site.login != Login::Anonymous) {
                Some(words) if !context.run.unattended => {
                    keep = false;
                    context.memory.forget_credentials(wanted.key, Some(&credentials));
                    refused = Some(words);
                }
                _ => {
                    let mut trouble = Trouble::connecting(what, &error);
                    if trouble.failure.cause == Cause::LogIn && trouble.kind != Kind::TooMany {
                        trouble.failure.what = format!("Could not log in to {}", wanted.site.title());
                    }
                    let had_tls = || context.store.learned(&wanted.site.host, wanted.site.port()).tls;
                    if matches!(error, net::Error::Ftp(ftp::Error::NoTls(_))) && had_tls() {
                        trouble.failure.why += TLS_HAS_GONE;
                    }
                    return Err(trouble);
                }
            },
        }
    }
    Err(Trouble { kind: Kind::NoConnection, ..Trouble::new(what, "too many tries", Cause::LogIn, false) })
}

/// Remembers that data connections to this server need TLS 1.2.
fn needs_tls12(context: &Context, site: &Site) {
    let learned = context.store.learned(&site.host, site.port());
    // What cannot be kept is learned again.
    let _ = context.store.learn(&site.host, site.port(), &Learned { tls12_only: true, ..learned });
}

async fn dial(
    context: &Context,
    wanted: &Wanted<'_>,
    credentials: &Credentials,
    (proxy, certificate): (Option<Through>, Option<ClientCertificate>),
) -> Result<Link, net::Error> {
    let settings = context.settings();
    let learned = context.store.learned(&wanted.site.host, wanted.site.port());
    let id = ConnectionId(context.connections.fetch_add(1, Ordering::Relaxed) + 1);
    let number = Number { id, closed: context.closed.clone() };
    context.tell(Input::Event(Event::Opened { connection: id, tab: wanted.tab, site: wanted.site.clone() })).await;
    let mut site = wanted.site.clone();
    if site.security == Security::Try && learned.tls {
        // A server that spoke TLS before and does not now is no reason to send the password in clear.
        site = Arc::new(Site { security: Security::Explicit, ..Site::clone(&site) });
    }
    let tls12_only = learned.wants_tls12(&site);
    let way = proxy.as_ref().map(|through| through.proxy.clone());
    let dial = Dial {
        site,
        proxy,
        certificate,
        key_log: context.run.tls_keylog,
        credentials: credentials.clone(),
        known: learned.known,
        id,
        timeout: Duration::from_secs(u64::from(settings.timeout.max(1))),
        trust: Trust::new(context.roots.clone(), trusted(context, wanted.site)),
        active_ports: settings.active_ports,
        external_address: settings.external_address,
        tls12_only,
        log: context.log.clone(),
        // A tab's connection serves a person, not the queue, unless nobody browses.
        backlog: if wanted.tab.is_some() && !context.run.bare {
            Backlog::default()
        } else {
            context.backlogs.of(wanted.key)
        },
        keep_alive: (settings.keep_alive > 0).then(|| Duration::from_secs(u64::from(settings.keep_alive))),
    };
    let opened = tokio::select! {
        opened = net::open(dial, |step| (wanted.step)(step)) => opened,
        () = wanted.cancel.cancelled() => Err(net::Error::Ftp(crate::ftp::Error::Cancelled)),
    };
    let connection = opened?;
    let link = Link {
        connection: Arc::new(connection),
        key: wanted.key.clone(),
        site: wanted.site.clone(),
        credentials: credentials.clone(),
        proxy: way,
        settings: context.settings.clone(),
        memory: context.memory.clone(),
        store: context.store.clone(),
        number: Arc::new(number),
    };
    link.learn(false);
    Ok(link)
}

/// The fingerprints that are trusted for the site: on the command line, in this run, and from earlier runs.
fn trusted(context: &Context, site: &Site) -> Vec<String> {
    let mut trusted = context.run.trusted.clone();
    trusted.extend(context.memory.trusted(site));
    trusted.extend(context.store.trusted(&site.host, site.port()));
    trusted
}

/// What logs in: given, remembered, from the vault, or asked for; and whether the vault is to keep it.
async fn credentials(
    context: &Context,
    wanted: &Wanted<'_>,
    what: &str,
    refused: Option<String>,
) -> Result<(Credentials, bool), Trouble> {
    let site = wanted.site;
    let account = (!site.account.is_empty()).then(|| site.account.clone());
    let with = |password| Credentials { user: site.user().to_owned(), password, account };
    if let Some(known) = context.memory.credentials(wanted.key) {
        return Ok((known, false));
    }
    if site.login == Login::Anonymous {
        return Ok((with(Secret::new(ANONYMOUS_PASSWORD)), false));
    }
    if site.login == Login::Normal
        && refused.is_none()
        && let Some(password) = from_vault(context, &site.vault_key()).await
    {
        let credentials = with(password);
        context.memory.keep_credentials(wanted.key, credentials.clone());
        return Ok((credentials, false));
    }
    let why = refused.clone().unwrap_or_else(|| format!("no password is known for {}", site.user()));
    let ask = Ask::Password { host: site.address(), user: site.user().to_owned(), refused };
    match context.ask(wanted.tab, ask, wanted.cancel).await {
        Some(Answer::Password { password, remember }) => {
            let credentials = with(password);
            context.memory.keep_credentials(wanted.key, credentials.clone());
            Ok((credentials, remember && site.login == Login::Normal))
        }
        _ if wanted.cancel.is_cancelled() => Err(Trouble::stopped(what)),
        _ => Err(Trouble { kind: Kind::NoConnection, ..Trouble::new(what, why, Cause::LogIn, false) }),
    }
}

/// What a person is told of a doubt: another certificate was only trusted before if it was not named for this run.
fn as_asked(context: &Context, site: &Site, doubt: &CertificateDoubt) -> CertificateDoubt {
    let is_known = |old: &String| {
        context.memory.trusted(site).contains(old) || context.store.trusted(&site.host, site.port()).contains(old)
    };
    match &doubt.previously {
        Some(old) if !is_known(old) => {
            let problem = format!("{}, and is not the one that --trust names", doubt.problem);
            CertificateDoubt { problem, previously: None, ..doubt.clone() }
        }
        _ => doubt.clone(),
    }
}

/// Asks whether the certificate is to be trusted; an error if not.
async fn trust(context: &Context, wanted: &Wanted<'_>, what: &str, doubt: &CertificateDoubt) -> Result<(), Trouble> {
    let fingerprint = doubt.chain.first().map(|certificate| certificate.sha256.clone()).unwrap_or_default();
    let doubt = &as_asked(context, wanted.site, doubt);
    let ask = Ask::Certificate(Box::new(doubt.clone()));
    match context.ask(wanted.tab, ask, wanted.cancel).await {
        Some(Answer::Trust { remember }) => {
            context.memory.trust(&doubt.host, doubt.port, &fingerprint);
            if remember {
                let (host, port) = (doubt.host.clone(), doubt.port);
                context.tell(Input::KeepTrust { host, port, sha256: fingerprint }).await;
            }
            Ok(())
        }
        _ if wanted.cancel.is_cancelled() => Err(Trouble::stopped(what)),
        _ => {
            let changed = doubt.previously.as_ref().map(|old| format!("; it was {old} before")).unwrap_or_default();
            let why = format!("the certificate is not trusted: it {} (SHA-256 {fingerprint}{changed})", doubt.problem);
            Err(Trouble { kind: Kind::NoConnection, ..Trouble::new(what, why, Cause::Tls, false) })
        }
    }
}
