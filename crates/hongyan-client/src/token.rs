//! The token custodian: one refresh in flight for any number of callers.
//!
//! A token is renewed before it lapses, replaced once when the platform refuses it, and a credential that the
//! platform refused is not tried again at once: repeated wrong secrets get the caller's address banned.

use crate::{Client, Login};
use hongyan_endpoint::{Class, Fault};
use hongyan_net::Secret;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::time::Instant;

/// Renew this long before the end, or a quarter of the life before it where that is less.
const EARLY: Duration = Duration::from_secs(600);
/// After a refused credential: first pause, doubled at each further refusal.
const FIRST_PAUSE: Duration = Duration::from_secs(30);
/// The longest pause. WeCom bans an address for an hour.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

/// A token in use.
pub(crate) struct Token {
    /// The credential itself: for the wire.
    pub(crate) text: Secret,
    ends: Instant,
    renew_from: Instant,
}

/// How an application's token is. Never the token.
#[derive(Debug, Clone, PartialEq)]
pub enum TokenState {
    /// Not fetched yet.
    None,
    /// Good for so long.
    Fresh(Duration),
    /// The platform refused the credential; not tried again before the pause ends.
    Refused(Fault),
}

/// Keeps one application's token.
pub struct Custodian<P: Login> {
    credential: P::Credential,
    // A std mutex: never held across await.
    held: Mutex<Held>,
    /// Held by whoever refreshes.
    refreshing: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Held {
    token: Option<Arc<Token>>,
    refused: Option<Refused>,
}

struct Refused {
    fault: Fault,
    until: Instant,
    pause: Duration,
}

impl<P: Login> Custodian<P> {
    pub(crate) fn new(credential: P::Credential) -> Self {
        Self { credential, held: Mutex::default(), refreshing: tokio::sync::Mutex::default() }
    }

    /// The token: the cached one, else one refresh for all who wait.
    pub(crate) async fn get(self: &Arc<Self>, client: &Client<P>) -> Result<Arc<Token>, Fault> {
        if let Some(token) = self.cached()? {
            if Instant::now() >= token.renew_from {
                self.renew_in_background(client);
            }
            return Ok(token);
        }
        let _guard = self.refreshing.lock().await;
        match self.cached()? {
            Some(token) => Ok(token),
            None => self.log_in(client).await,
        }
    }

    /// The token after `refused` was refused: another one if somebody has it already, else one refresh.
    pub(crate) async fn replace(&self, refused: &Arc<Token>, client: &Client<P>) -> Result<Arc<Token>, Fault> {
        let _guard = self.refreshing.lock().await;
        {
            let mut held = self.lock();
            if held.token.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
                held.token = None;
            }
        }
        match self.cached()? {
            Some(token) => Ok(token),
            None => self.log_in(client).await,
        }
    }

    /// A new token whatever is held; clears a pause.
    pub(crate) async fn renew(&self, client: &Client<P>) -> Result<Arc<Token>, Fault> {
        let _guard = self.refreshing.lock().await;
        self.log_in(client).await
    }

    pub(crate) fn state(&self) -> TokenState {
        let held = self.lock();
        match (&held.token, &held.refused) {
            (Some(token), _) if token.ends > Instant::now() => TokenState::Fresh(token.ends - Instant::now()),
            (_, Some(refused)) => TokenState::Refused(refused.fault.clone()),
            _ => TokenState::None,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The token that is good now; an error while a refused credential rests.
    fn cached(&self) -> Result<Option<Arc<Token>>, Fault> {
        let held = self.lock();
        let now = Instant::now();
        if let Some(token) = held.token.as_ref().filter(|token| now < token.ends) {
            return Ok(Some(Arc::clone(token)));
        }
        match &held.refused {
            Some(refused) if now < refused.until => Err(refused.fault.clone()),
            _ => Ok(None),
        }
    }

    /// Called with `refreshing` held.
    async fn log_in(&self, client: &Client<P>) -> Result<Arc<Token>, Fault> {
        let outcome = client.bare(&P::login(&self.credential)).await;
        let now = Instant::now();
        let mut held = self.lock();
        match outcome {
            Ok(reply) => {
                let (text, life) = P::token(reply);
                let text = Secret::token(text);
                let token = Arc::new(Token { text, ends: now + life, renew_from: now + life - EARLY.min(life / 4) });
                held.token = Some(Arc::clone(&token));
                held.refused = None;
                Ok(token)
            }
            Err(fault) => {
                // On the login itself a "refresh the token" code says that the credential is wrong.
                let fault = match fault.class() {
                    Class::RefreshToken => fault.with_class(Class::Permanent),
                    _ => fault,
                };
                if fault.class() == Class::Permanent {
                    let pause = held.refused.as_ref().map_or(FIRST_PAUSE, |r| (r.pause * 2).min(LONGEST_PAUSE));
                    held.refused = Some(Refused { fault: fault.clone(), until: now + pause, pause });
                }
                Err(fault)
            }
        }
    }

    fn renew_in_background(self: &Arc<Self>, client: &Client<P>) {
        let (custodian, client) = (Arc::clone(self), client.clone());
        tokio::spawn(async move {
            // Somebody who refreshes already does it for everybody.
            let Ok(_guard) = custodian.refreshing.try_lock() else { return };
            let due = custodian.lock().token.as_ref().is_none_or(|token| Instant::now() >= token.renew_from);
            if due && let Err(fault) = custodian.log_in(&client).await {
                tracing::warn!(%fault, "early renewal of the token failed; the old one serves on");
            }
        });
    }
}
