//! `/callbacks/{account}`: what the platforms push to us, verified, decrypted, kept once, answered.
//!
//! A push is on disk before it is answered, so that one that could not be kept is pushed again. Everything that is
//! wrong with one is answered alike: a stranger shall not learn where he failed. What is done about a callback is left
//! to whoever reads `GET /v1/callbacks`.

mod dingtalk;
mod wecom;

use crate::{app::App, body, config::Config};
use axum::{body::Body, response::Response};
use bytes::Bytes;
use data_encoding::HEXLOWER;
use hongyan_channel::{AccountConfig, CallbackConfig, ChannelConfig, NO_CALLBACK};
use hongyan_core::{NewCallback, Time};
use hongyan_endpoint::{Invalid, bilingual};
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Every callback's path begins so; the account's name follows.
const PREFIX: &str = "/callbacks/";
/// The largest push.
const MAX_BYTES: usize = 256 << 10;

/// Who receives an account's pushes.
pub(crate) struct Receiver {
    kind: Kind,
    /// How old a push may be; `None` for any age.
    max_age: Option<Duration>,
}

enum Kind {
    DingTalk(hongyan_dingtalk::callback::Callback),
    WeCom(hongyan_wecom::callback::Callback),
}

/// A push that is none, for whatever reason. The words are for the log.
#[derive(Debug)]
struct Refused(String);

/// A push that was opened.
struct Opened {
    /// Of the account, the same for a push and its repeats; `None` for a question that is not kept.
    key: Option<String>,
    event: String,
    body: serde_json::Value,
    /// The answer to it.
    answer: (&'static str, Vec<u8>),
}

impl Receiver {
    /// Reads an account's callback settings; `None` when it has none.
    ///
    /// # Errors
    /// What is wrong with them, without a secret.
    pub(crate) fn open(account: &AccountConfig) -> Result<Option<Self>, Invalid> {
        let Some(CallbackConfig { token, aes_key, owner, max_age_s }) = &account.callback else { return Ok(None) };
        let token = token.read_for("callback.token")?;
        let key = aes_key.read_for("callback.aes_key")?;
        let wrong = |why: String| Invalid::unfit("callback.aes_key", bilingual!("{why}"; "不可用（{why}）"));
        let owner = |own: &str| owner.clone().unwrap_or_else(|| own.to_owned());
        let kind = match &account.channel {
            ChannelConfig::DingTalk(config) => Kind::DingTalk(
                hongyan_dingtalk::callback::Callback::new(token.expose(), key.expose(), owner(&config.app_key))
                    .map_err(|error| wrong(error.to_string()))?,
            ),
            ChannelConfig::WeCom(config) => Kind::WeCom(
                hongyan_wecom::callback::Callback::new(token, key.expose(), &owner(&config.corp_id))
                    .map_err(|error| wrong(error.to_string()))?,
            ),
            _ => return Err(Invalid::unfit("callback", NO_CALLBACK)),
        };
        let max_age = (*max_age_s > 0).then(|| Duration::from_secs(*max_age_s));
        Ok(Some(Self { kind, max_age }))
    }

    /// Every account's, by name.
    ///
    /// # Errors
    /// The first one that cannot be opened.
    pub(crate) fn open_all(config: &Config) -> Result<BTreeMap<Arc<str>, Self>, String> {
        let open = |(name, account): (&String, &AccountConfig)| match Self::open(account) {
            Ok(receiver) => Ok(receiver.map(|receiver| (Arc::from(name.as_str()), receiver))),
            Err(invalid) => Err(invalid.within(name).within("accounts").to_string()),
        };
        config.accounts.iter().filter_map(|entry| open(entry).transpose()).collect()
    }

    /// Refuses a push that was signed too long ago, or will be. A timestamp that is no number is taken as it stands.
    fn check_age(&self, timestamp: &str, now: Time) -> Result<(), Refused> {
        /// From here on it counts milliseconds: as seconds it would be the year 5138.
        const MILLIS_FROM: i64 = 100_000_000_000;
        let (Some(max), Ok(number)) = (self.max_age, timestamp.trim().parse::<i64>()) else { return Ok(()) };
        let at = Time::from_millis(if number.abs() < MILLIS_FROM { number.saturating_mul(1_000) } else { number });
        let away = now.since(at).max(at.since(now));
        if away > max { Err(Refused(format!("its timestamp is {} s away", away.as_secs()))) } else { Ok(()) }
    }
}

/// Answers a request if its path is a callback's.
pub(crate) async fn answer(app: &App, parts: &Parts, body: &mut Body) -> Option<Response> {
    let (account, receiver) = app.receivers.get_key_value(parts.uri.path().strip_prefix(PREFIX)?)?;
    let read = body::read_any(app, account, body, &parts.headers, MAX_BYTES).await;
    let opened = match (&read, &parts.method) {
        (Err(problem), _) => Err(Refused(problem.detail.clone())),
        (Ok(bytes), &(Method::GET | Method::POST)) => open(receiver, app.clock.now(), parts, bytes),
        (Ok(_), method) => Err(Refused(format!("{method} is not what platforms push with"))),
    };
    let opened = match opened {
        Ok(opened) => opened,
        Err(Refused(words)) => {
            tracing::warn!(%account, reason = words, "a callback was refused");
            app.watch.metrics.callback(account, "refused");
            return Some(plain(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", b"refused\n".to_vec()));
        }
    };
    let (kind, answer) = opened.answer;
    if let Some(key) = opened.key {
        let event = opened.event;
        let callback = NewCallback {
            account: account.to_string(),
            key,
            event: event.clone(),
            at: app.clock.now(),
            body: opened.body,
        };
        match app.store.keep_callback(callback).await {
            Ok(new) => {
                app.watch.metrics.callback(account, if new { "new" } else { "repeat" });
                tracing::info!(%account, event, new, "a callback");
            }
            Err(error) => {
                // Not answered as taken, so that the platform pushes it again.
                tracing::error!(%account, %error, "a callback was not kept");
                return Some(plain(StatusCode::SERVICE_UNAVAILABLE, "text/plain; charset=utf-8", Vec::new()));
            }
        }
    }
    Some(plain(StatusCode::OK, kind, answer))
}

fn open(receiver: &Receiver, now: Time, parts: &Parts, bytes: &Bytes) -> Result<Opened, Refused> {
    let query: Vec<(String, String)> = hongyan_endpoint::pairs(parts.uri.query().unwrap_or_default()).collect();
    match &receiver.kind {
        Kind::DingTalk(callback) => dingtalk::open(receiver, callback, now, &query, bytes),
        Kind::WeCom(callback) => wecom::open(receiver, callback, now, &parts.method, &query, bytes),
    }
}

fn plain(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// A text that is the same for the same content.
fn digest(text: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(text.as_bytes()))
}
