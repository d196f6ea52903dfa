//! Calls that are passed on with the account's own credential, and the platform's answers.

use crate::{application::Application, operations::Operation, platform::PlatformKind, services::Services};
use axum::{body::Body, response::Response};
use bytes::Bytes;
use hongyan_core::Rest;
use hongyan_endpoint::{Effect, Fault, Refusal, Sealed, Spec, harmless_json};
use hongyan_net::Reply;
use hongyan_platform_client::Raw;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// Headers of the platform's answer that are the caller's business.
const PASSED_BACK: [&str; 5] = ["content-type", "content-disposition", "error-code", "error-msg", "retry-after"];

/// An answer as a platform gives it.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl From<Sealed> for Answer {
    fn from(sealed: Sealed) -> Self {
        let header = |(name, value): (&'static str, String)| {
            Some((HeaderName::from_static(name), HeaderValue::from_str(&value).ok()?))
        };
        Self {
            status: sealed.status,
            headers: sealed.headers.into_iter().filter_map(header).collect(),
            body: sealed.body.into(),
        }
    }
}

impl Answer {
    pub(crate) fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.body));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::BAD_GATEWAY);
        *response.headers_mut() = self.headers;
        response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }
}

/// Passes a call on with the account's own token.
pub(crate) async fn forward(services: &Services, from: &Application, operation: Operation, raw: &Raw) -> Answer {
    let Operation { platform, declared } = operation;
    let (spec, call) = (declared.spec(), from.caller.forward(declared, raw));
    passed_back(platform, spec, &from.account, ask(services, platform, spec, &from.account, call).await)
}

/// What the platform answers to a call of an account's; that it is busy, while the account rests.
pub(crate) async fn ask<T>(
    services: &Services,
    platform: PlatformKind,
    spec: &Spec,
    account: &str,
    call: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let asked = services.dispatcher.ask(account, call).await;
    asked.unwrap_or_else(|rest| Err(resting(services, platform, spec, &rest)))
}

/// The platform is busy until the account is tried next.
pub(crate) fn resting(services: &Services, platform: PlatformKind, spec: &Spec, rest: &Rest) -> Fault {
    platform.refuse(spec, Refusal::Busy).not_before(rest.until.since(services.clock.now()))
}

/// The platform's answer as it came, or what stands in its place.
pub(crate) fn passed_back(
    platform: PlatformKind,
    spec: &'static Spec,
    account: &str,
    answer: Result<Reply, Fault>,
) -> Answer {
    match answer {
        Ok(reply) => {
            let passed = PASSED_BACK.iter().filter_map(|name| {
                let value = reply.headers.get(*name)?.clone();
                Some((HeaderName::from_static(name), value))
            });
            let headers: HeaderMap = passed.collect();
            let json =
                headers.get(header::CONTENT_TYPE).is_none_or(|kind| kind.as_bytes().starts_with(b"application/json"));
            let body = if json { harmless_json(reply.body.into()).into() } else { reply.body };
            Answer { status: reply.status, headers, body }
        }
        Err(fault) => {
            tracing::warn!(account, %fault, "a call was not passed on");
            let timeout = matches!(fault.code(), "net.timeout" | "net.lost" | "net.too_large");
            let mut sealed = platform.seal(spec, Err(&platform.own_words(spec, fault)));
            // Whether the call was made is not known: an answer with 200 would say that it was not.
            if timeout && spec.effect != Effect::Read {
                sealed.status = StatusCode::GATEWAY_TIMEOUT.as_u16();
            }
            sealed.into()
        }
    }
}
