//! The token custodian: one login in flight for any number of callers, and its result is everybody's, good or bad.
//!
//! A token is renewed before it lapses and replaced once when the platform refuses it. A login that fails is not made
//! again at once: until its pause is over, whoever needs a token is told what the last one met. Repeated wrong secrets
//! get the caller's address banned, so their pauses are longer.

use crate::{Client, Login};
use hongyan_endpoint::{About, Class, Fault};
use hongyan_net::Secret;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{sync::watch, time::Instant};

/// Renew this long before the end, or a quarter of the life before it where that is less.
const EARLY: Duration = Duration::from_secs(600);
/// After a refused credential: first pause, doubled at each further refusal. WeCom bans an address for an hour.
const REFUSED: Pauses = Pauses { first: Duration::from_secs(30), longest: Duration::from_secs(3_600) };
/// After a login that met anything else.
const FAILED: Pauses = Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(60) };

/// Growing pauses.
struct Pauses {
    first: Duration,
    longest: Duration,
}

impl Pauses {
    fn after(&self, last: Option<Duration>) -> Duration {
        last.map_or(self.first, |last| (last * 2).clamp(self.first, self.longest))
    }
}

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
    /// The last login met something else; not tried again before the pause ends.
    Failed(Fault),
}

/// What a login brought.
type Outcome = Result<Arc<Token>, Fault>;

/// Keeps one application's token.
pub struct Custodian<P: Login> {
    credential: P::Credential,
    // A std mutex: never held across await.
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    token: Option<Arc<Token>>,
    failed: Option<Failed>,
    /// The login under way; `None` in it until there is an outcome.
    under_way: Option<watch::Receiver<Option<Outcome>>>,
}

struct Failed {
    fault: Fault,
    until: Instant,
    pause: Duration,
}

impl Failed {
    /// What whoever asks meanwhile is told.
    fn still(&self, now: Instant) -> Fault {
        self.fault.clone().not_before(self.until.saturating_duration_since(now))
    }
}

impl<P: Login> Custodian<P> {
    pub(crate) fn new(credential: P::Credential) -> Self {
        Self { credential, held: Mutex::default() }
    }

    /// The token: the cached one, else one login for all who wait.
    pub(crate) async fn get(self: &Arc<Self>, client: &Client<P>) -> Outcome {
        let waiting = {
            let mut held = self.lock();
            let now = Instant::now();
            if let Some(token) = held.token.as_ref().filter(|token| now < token.ends) {
                let token = Arc::clone(token);
                if now >= token.renew_from && !held.rests(now) {
                    self.join(&mut held, client);
                }
                return Ok(token);
            }
            self.join_unless_resting(&mut held, now, client)?
        };
        outcome(waiting).await
    }

    /// The token after `refused` was refused: another one if somebody has it already, else one login.
    pub(crate) async fn replace(self: &Arc<Self>, refused: &Arc<Token>, client: &Client<P>) -> Outcome {
        let waiting = {
            let mut held = self.lock();
            let now = Instant::now();
            if held.token.as_ref().is_some_and(|token| Arc::ptr_eq(token, refused)) {
                held.token = None;
            }
            if let Some(token) = held.token.as_ref().filter(|token| now < token.ends) {
                return Ok(Arc::clone(token));
            }
            self.join_unless_resting(&mut held, now, client)?
        };
        outcome(waiting).await
    }

    /// A new token whatever is held, and whatever pause there is.
    pub(crate) async fn renew(self: &Arc<Self>, client: &Client<P>) -> Outcome {
        let waiting = self.join(&mut self.lock(), client);
        outcome(waiting).await
    }

    pub(crate) fn state(&self) -> TokenState {
        let held = self.lock();
        match (&held.token, &held.failed) {
            (Some(token), _) if token.ends > Instant::now() => TokenState::Fresh(token.ends - Instant::now()),
            (_, Some(failed)) if failed.fault.class() == Class::Permanent => TokenState::Refused(failed.fault.clone()),
            (_, Some(failed)) => TokenState::Failed(failed.fault.clone()),
            _ => TokenState::None,
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn join_unless_resting(
        self: &Arc<Self>,
        held: &mut Held,
        now: Instant,
        client: &Client<P>,
    ) -> Result<watch::Receiver<Option<Outcome>>, Fault> {
        match &held.failed {
            Some(failed) if held.under_way.is_none() && now < failed.until => Err(failed.still(now)),
            _ => Ok(self.join(held, client)),
        }
    }

    /// The login under way, or a new one. It is a task of its own: nobody's time-out ends it for the others.
    fn join(self: &Arc<Self>, held: &mut Held, client: &Client<P>) -> watch::Receiver<Option<Outcome>> {
        if let Some(under_way) = &held.under_way {
            // A task that ended without an outcome was ended from outside.
            if under_way.has_changed().is_ok() || under_way.borrow().is_some() {
                return under_way.clone();
            }
        }
        let (told, under_way) = watch::channel(None);
        held.under_way = Some(under_way.clone());
        let (custodian, client) = (Arc::clone(self), client.clone());
        tokio::spawn(async move {
            let outcome = client.bare(&P::login(&custodian.credential)).await;
            let outcome = custodian.settle(outcome.map(P::token));
            told.send_replace(Some(outcome));
        });
        under_way
    }

    /// Writes down what a login brought.
    fn settle(&self, outcome: Result<(String, Duration), Fault>) -> Outcome {
        let now = Instant::now();
        let mut held = self.lock();
        held.under_way = None;
        match outcome {
            Ok((text, life)) => {
                let text = Secret::token(text);
                let token = Arc::new(Token { text, ends: now + life, renew_from: now + life - EARLY.min(life / 4) });
                held.token = Some(Arc::clone(&token));
                held.failed = None;
                Ok(token)
            }
            Err(fault) => {
                let fault = of_login(fault);
                let (pauses, named) = match fault.class() {
                    Class::Permanent => (REFUSED, None),
                    Class::Retryable { after } | Class::Throttled { after } => (FAILED, after),
                    Class::RefreshToken | Class::Ambiguous => (FAILED, None),
                };
                let pause = pauses.after(held.failed.as_ref().map(|failed| failed.pause));
                let until = now + pause.max(named.unwrap_or_default());
                let failed = Failed { fault, until, pause };
                let told = failed.still(now);
                if held.token.as_ref().is_some_and(|token| now < token.ends) {
                    tracing::warn!(fault = %told, "early renewal of the token failed; the old one serves on");
                }
                held.failed = Some(failed);
                Err(told)
            }
        }
    }
}

impl Held {
    fn rests(&self, now: Instant) -> bool {
        self.failed.as_ref().is_some_and(|failed| now < failed.until)
    }
}

/// What a login meets says nothing of the message that waits for it; and a code for a bad token speaks of the secret.
fn of_login(fault: Fault) -> Fault {
    let fault = match fault.class() {
        Class::RefreshToken => fault.with_class(Class::Permanent),
        _ => fault,
    };
    match fault.about() {
        About::Network => fault,
        About::Message | About::Audience | About::Account => fault.with_about(About::Account),
    }
}

async fn outcome(mut waiting: watch::Receiver<Option<Outcome>>) -> Outcome {
    match waiting.wait_for(Option::is_some).await {
        Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(interrupted())),
        Err(_) => Err(interrupted()),
    }
}

/// The runtime of the login ended before its answer came.
fn interrupted() -> Fault {
    Fault::transport("net.lost", "the login was interrupted").with_about(About::Account)
}
