//! Passwords that are not a server's: of proxies, and of keys.

use super::connect::{Context, VAULT_PATIENCE, Wanted};
use super::retry::{Kind, Trouble};
use super::{Input, retry};
use crate::model::{Answer, Ask, Cause, Proxy, ProxyKind, Secret, Settings, Site};
use crate::net::{self, ClientCertificate, Through};

/// One that is asked for.
pub(super) struct Needed {
    /// Its name in the vault.
    key: String,
    /// Whose it is, as a person reads it.
    of: String,
    /// Given for this run.
    given: Option<Secret>,
    /// Why the last one was not good.
    refused: Option<String>,
    /// What was tried last, and whether the vault is to keep it.
    tried: Option<(Secret, bool)>,
}

impl Needed {
    fn new(key: String, of: String, given: Option<Secret>) -> Self {
        Self { key, of, given, refused: None, tried: None }
    }

    /// Given, remembered, from the vault, or asked for. An error if there is none.
    async fn get(&mut self, context: &Context, wanted: &Wanted<'_>, what: &str) -> Result<Secret, Trouble> {
        if let Some((secret, _)) = self.tried.as_ref().filter(|_| self.refused.is_none()) {
            return Ok(secret.clone());
        }
        let known = context.memory.secret(&self.key);
        let mut secret = known.or_else(|| self.given.clone().filter(|_| self.refused.is_none()));
        if secret.is_none() && self.refused.is_none() {
            secret = from_vault(context, &self.key).await;
        }
        let (secret, remember) = match secret {
            Some(secret) => (secret, false),
            None => self.ask(context, wanted, what).await?,
        };
        context.memory.keep_secret(&self.key, secret.clone());
        self.tried = Some((secret.clone(), remember));
        self.refused = None;
        Ok(secret)
    }

    async fn ask(&self, context: &Context, wanted: &Wanted<'_>, what: &str) -> Result<(Secret, bool), Trouble> {
        let ask = Ask::Secret { of: self.of.clone(), refused: self.refused.clone() };
        match context.ask(wanted.tab, ask, wanted.cancel).await {
            Some(Answer::Password { password, remember }) => Ok((password, remember)),
            _ if wanted.cancel.is_cancelled() => Err(Trouble::stopped(what)),
            _ => {
                let why = self.refused.clone().unwrap_or_else(|| format!("no password is known for {}", self.of));
                Err(Trouble { kind: Kind::NoConnection, ..Trouble::new(what, why, Cause::LogIn, false) })
            }
        }
    }

    /// It was not good; whether another one can be asked for.
    fn refuse(&mut self, context: &Context, words: String) -> bool {
        if let Some((secret, _)) = self.tried.take() {
            context.memory.forget_secret(&self.key, &secret);
        }
        self.refused = Some(words);
        !context.run.unattended
    }

    /// It was good: the vault keeps it, if the person said so.
    async fn keep(&mut self, context: &Context) {
        if let Some((secret, true)) = self.tried.take() {
            let (key, of) = (self.key.clone(), self.of.clone());
            context.tell(Input::KeepSecret { key, of, password: Some(secret) }).await;
        }
    }
}

/// The secrets that a connection to a site needs beside the log-in.
pub(super) struct Secrets {
    proxy: Option<Proxy>,
    of_proxy: Option<Needed>,
    certificate: Option<ClientCertificate>,
    /// Only where the key is under a password.
    of_key: Option<Needed>,
}

impl Secrets {
    pub(super) fn new(context: &Context, site: &Site) -> Self {
        let proxy = proxy(&context.settings(), site);
        let of_proxy = proxy.as_ref().filter(|proxy| !proxy.user.is_empty()).map(|proxy| {
            let title = proxy.title();
            Needed::new(title.clone(), format!("the proxy {title}"), context.run.proxy_password.clone())
        });
        let certificate = site.certificate.clone();
        let certificate =
            certificate.map(|certificate| ClientCertificate { certificate, key: site.key.clone(), password: None });
        Self { proxy, of_proxy, certificate, of_key: None }
    }

    /// The client certificate, with the password of its key where that is known to be needed.
    pub(super) async fn certificate(
        &mut self,
        context: &Context,
        wanted: &Wanted<'_>,
        what: &str,
    ) -> Result<Option<ClientCertificate>, Trouble> {
        let Some(mut certificate) = self.certificate.clone() else { return Ok(None) };
        if let Some(needed) = &mut self.of_key {
            certificate.password = Some(needed.get(context, wanted, what).await?);
        }
        Ok(Some(certificate))
    }

    /// The proxy, with its password.
    pub(super) async fn through(
        &mut self,
        context: &Context,
        wanted: &Wanted<'_>,
        what: &str,
    ) -> Result<Option<Through>, Trouble> {
        let Some(proxy) = self.proxy.clone() else { return Ok(None) };
        if proxy.host.is_empty() {
            let trouble = Trouble::new(what, "the proxy has no host", Cause::Network, false);
            return Err(Trouble { kind: Kind::NoConnection, ..trouble });
        }
        let password = match &mut self.of_proxy {
            Some(needed) => needed.get(context, wanted, what).await?,
            None => Secret::default(),
        };
        Ok(Some(Through { proxy, password }))
    }

    /// Whether `error` says that one of them was missing or wrong, and another one can be asked for.
    pub(super) fn refused(&mut self, context: &Context, error: &net::Error) -> bool {
        if let net::Error::Key { path, password: true, .. } = error {
            return match &mut self.of_key {
                Some(needed) => needed.refuse(context, error.to_string()),
                None => {
                    let path = path.display();
                    let given = context.run.key_password.clone();
                    self.of_key = Some(Needed::new(format!("key://{path}"), format!("the key {path}"), given));
                    true
                }
            };
        }
        match (retry::refused_by_proxy(error), &mut self.of_proxy) {
            (Some(words), Some(needed)) => needed.refuse(context, words),
            _ => false,
        }
    }

    /// They were good.
    pub(super) async fn keep(&mut self, context: &Context) {
        for needed in [&mut self.of_proxy, &mut self.of_key].into_iter().flatten() {
            needed.keep(context).await;
        }
    }
}

/// What stands between us and the site: its own proxy, else that of the settings.
pub(super) fn proxy(settings: &Settings, site: &Site) -> Option<Proxy> {
    let proxy = site.proxy.as_ref().unwrap_or(&settings.proxy);
    (proxy.kind != ProxyKind::None).then(|| proxy.clone())
}

/// What the vault has for `key`.
pub(super) async fn from_vault(context: &Context, key: &str) -> Option<Secret> {
    let (vault, key) = (context.vault.clone(), key.to_owned());
    let asked = tokio::task::spawn_blocking(move || vault.get(&key));
    tokio::time::timeout(VAULT_PATIENCE, asked).await.ok()?.ok()?
}
