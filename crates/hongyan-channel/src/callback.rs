//! What the platforms push to an account: verified, decrypted and read by its channel.
//!
//! Keeping a push once and answering it over HTTP is left to the gateway.

use hongyan_core::Time;
use hongyan_net::Secret;
use std::time::Duration;

/// Opens the pushes of one account.
pub trait CallbackReceiver: Send + Sync {
    /// Verifies and decrypts a push, or a platform's question whether the address is ours.
    ///
    /// # Errors
    /// [`CallbackRefused`]: a wrong signature or key, another receiver, a body that is none of the platform's.
    fn open(&self, request: &CallbackRequest<'_>, now: Time) -> Result<Opened, CallbackRefused>;
}

/// A request to a callback's address.
#[derive(Debug, Clone, Copy)]
pub struct CallbackRequest<'a> {
    /// `GET`, which only asks whether the address is ours; else `POST`.
    pub is_get: bool,
    /// Names and values, decoded, in order.
    pub query: &'a [(String, String)],
    /// The body.
    pub body: &'a [u8],
}

impl CallbackRequest<'_> {
    /// The first value of one of these names; empty where there is none.
    pub(crate) fn value(&self, names: &[&str]) -> &str {
        self.query.iter().find(|(name, _)| names.contains(&name.as_str())).map_or("", |(_, value)| value)
    }
}

/// Why a push is refused; for the log alone, without a secret: a stranger shall not learn where he failed.
#[derive(Debug)]
pub struct CallbackRefused(pub String);

/// A push that was opened.
#[derive(Debug)]
pub struct Opened {
    /// The same for a push and its repeats; `None` for a question that is not kept.
    pub key: Option<String>,
    /// The platform's name of the event; empty for such a question.
    pub event: String,
    /// What it says.
    pub body: serde_json::Value,
    /// The answer's media type and bytes.
    pub answer: (&'static str, Vec<u8>),
}

/// What opens an account's pushes.
pub struct CallbackKeys {
    /// Signs them.
    pub(crate) token: Secret,
    /// Encrypts them.
    pub(crate) key: Secret,
    /// For whom they are encrypted, where it is not the account's own id.
    pub(crate) owner: Option<String>,
    pub(crate) max_age: MaxAge,
}

/// How old a push may be, or how far ahead.
#[derive(Debug, Clone, Copy)]
pub(crate) struct MaxAge(pub(crate) Option<Duration>);

impl MaxAge {
    /// Refuses a push that was signed too long ago, or will be. A timestamp that is no number is taken as it stands.
    pub(crate) fn check(self, timestamp: &str, now: Time) -> Result<(), CallbackRefused> {
        /// From here on it counts milliseconds: as seconds it would be the year 5138.
        const MILLIS_FROM: i64 = 100_000_000_000;
        let (Some(max), Ok(number)) = (self.0, timestamp.trim().parse::<i64>()) else { return Ok(()) };
        let at = Time::from_millis(if number.abs() < MILLIS_FROM { number.saturating_mul(1_000) } else { number });
        let away = now.since(at).max(at.since(now));
        if away > max { Err(CallbackRefused(format!("its timestamp is {} s away", away.as_secs()))) } else { Ok(()) }
    }
}
