//! `/callbacks/{account}`: what the platforms push to us, opened by the account's channel, kept once, answered.
//!
//! A push is on disk before it is answered, so that one that could not be kept is pushed again. Everything that is
//! wrong with one is answered alike: a stranger shall not learn where he failed. What is done about a callback is left
//! to whoever reads `GET /v1/callbacks`.

use crate::metrics::Metrics;
use axum::{body::Body, response::Response};
use hongyan_channel::{AccountConfig, CallbackReceiver, CallbackRefused, CallbackRequest};
use hongyan_core::{CallbackLog, Clock, NewCallback};
use hongyan_endpoint::{Invalid, pairs};
use hongyan_intake::Bodies;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use std::{collections::BTreeMap, sync::Arc};

/// Every callback's path begins so; the account's name follows.
const PREFIX: &str = "/callbacks/";
/// The largest push.
const MAX_BYTES: usize = 256 << 10;

/// Answers the platforms' pushes.
pub(crate) struct Callbacks {
    /// By account.
    receivers: BTreeMap<Arc<str>, Box<dyn CallbackReceiver>>,
    bodies: Arc<Bodies>,
    log: Arc<dyn CallbackLog>,
    clock: Arc<dyn Clock>,
    metrics: Arc<Metrics>,
}

impl Callbacks {
    /// For every account with callback settings.
    ///
    /// # Errors
    /// The first settings that cannot be used, without a secret.
    pub(crate) fn open(
        accounts: &BTreeMap<String, AccountConfig>,
        bodies: Arc<Bodies>,
        log: Arc<dyn CallbackLog>,
        clock: Arc<dyn Clock>,
        metrics: Arc<Metrics>,
    ) -> Result<Self, Invalid> {
        let open = |(name, account): (&String, &AccountConfig)| match account.callback_receiver() {
            Ok(receiver) => Ok(receiver.map(|receiver| (Arc::from(name.as_str()), receiver))),
            Err(invalid) => Err(invalid.within(name).within("accounts")),
        };
        let receivers = accounts.iter().filter_map(|entry| open(entry).transpose()).collect::<Result<_, _>>()?;
        Ok(Self { receivers, bodies, log, clock, metrics })
    }

    /// Answers a request if its path is a callback's.
    pub(crate) async fn answer(&self, parts: &Parts, body: &mut Body) -> Option<Response> {
        let (account, receiver) = self.receivers.get_key_value(parts.uri.path().strip_prefix(PREFIX)?)?;
        let read = self.bodies.read_any(account, body, &parts.headers, MAX_BYTES).await;
        let opened = match (&read, &parts.method) {
            (Err(problem), _) => Err(CallbackRefused(problem.detail.clone())),
            (Ok(body), method @ &(Method::GET | Method::POST)) => {
                let query: Vec<(String, String)> = pairs(parts.uri.query().unwrap_or_default()).collect();
                let request = CallbackRequest { is_get: method == Method::GET, query: &query, body };
                receiver.open(&request, self.clock.now())
            }
            (Ok(_), method) => Err(CallbackRefused(format!("{method} is not what platforms push with"))),
        };
        let opened = match opened {
            Ok(opened) => opened,
            Err(CallbackRefused(reason)) => {
                tracing::warn!(%account, reason, "a callback was refused");
                self.metrics.callback(account, "refused");
                return Some(plain(StatusCode::FORBIDDEN, "text/plain; charset=utf-8", b"refused\n".to_vec()));
            }
        };
        let (kind, answer) = opened.answer;
        if let Some(key) = opened.key {
            let (event, at) = (opened.event, self.clock.now());
            let callback =
                NewCallback { account: account.to_string(), key, event: event.clone(), at, body: opened.body };
            match self.log.keep_callback(callback).await {
                Ok(new) => {
                    self.metrics.callback(account, if new { "new" } else { "repeat" });
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
}

fn plain(status: StatusCode, kind: &'static str, body: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
