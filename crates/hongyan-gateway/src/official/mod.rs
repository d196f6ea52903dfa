//! The platforms' own paths on the gateway: whoever wrote for them changes the host and nothing else.
//!
//! A caller logs in ([`login`]) and gets a token of ours ([`tokens`]). Sends go through outbox and ledger ([`send`]),
//! questions about them find their way back ([`follow`]), and everything else is passed on with the account's own
//! token. Every answer, refusals included, is worded as the platform words it ([`platform`]).

mod arrival;
mod follow;
mod login;
mod operations;
mod platform;
mod robot;
mod send;
mod slow;
mod tokens;

pub(crate) use operations::Operation;
pub(crate) use platform::PlatformKind;

use crate::{app::App, body, config::Config, keys::Caller, shares::Share};
use axum::{body::Body, response::Response};
use bytes::Bytes;
use hongyan_channel::{Account, ChannelConfig};
use hongyan_core::{Channel, Rest, Scope, StoreError};
use hongyan_dingtalk::topapi;
use hongyan_endpoint::{
    Auth, Body as BodyForm, Effect, Invalid, Reach, Refusal, Role, Sealed, Spec, Wire, harmless_json,
};
use hongyan_net::Reply;
use hongyan_platform_client::Raw;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, request::Parts};
use sha2::{Digest, Sha256};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// The largest upload that is passed on: the platforms' largest file (20 MB) and the form around it.
const MAX_UPLOAD: usize = (20 << 20) + (64 << 10);
/// The largest body of a login.
const MAX_LOGIN: usize = 64 << 10;
/// The largest other body that is passed on: eight articles of 666 KB each, and what stands around them.
const MAX_BODY: usize = 8 << 20;
/// Headers of the platform's answer that are the caller's business.
const PASSED_BACK: [&str; 5] = ["content-type", "content-disposition", "error-code", "error-msg", "retry-after"];

/// An account whose platform has paths of its own.
pub(crate) struct Application {
    /// Its name in the configuration.
    pub(crate) account: Arc<str>,
    pub(crate) platform: PlatformKind,
    /// `AppKey` or `CorpId`.
    pub(crate) id: String,
    /// Its company, where it is named beside an `AppKey`.
    corp_id: Option<String>,
    pub(crate) agent_id: i64,
    /// Of the application's robot; DingTalk's alone.
    pub(crate) robot_code: Option<String>,
    /// SHA-256: the secret itself is its client's.
    secret_hash: [u8; 32],
    pub(crate) caller: Arc<dyn hongyan_channel::Caller>,
    pub(crate) channel: Arc<dyn Channel>,
}

/// What the official paths share.
pub(crate) struct Doors {
    operations: operations::OperationsByPath,
    tokens: tokens::Tokens,
    applications: Vec<Application>,
    robots: Vec<robot::Robot>,
    slow: slow::Slow,
}

impl Doors {
    /// # Errors
    /// When the machine gives no random bytes.
    pub(crate) fn open(config: &Config, accounts: &BTreeMap<Arc<str>, Account>) -> Result<Self, StoreError> {
        let applications = config
            .accounts
            .iter()
            .filter_map(|(name, settings)| {
                let account = accounts.get(name.as_str())?;
                let (platform, id, corp_id, agent_id, robot_code) = match &settings.channel {
                    ChannelConfig::DingTalk(config) => {
                        let robot_code = config.robot_code.as_ref().unwrap_or(&config.app_key);
                        let (id, corp_id) = (config.app_key.clone(), config.corp_id.clone());
                        (PlatformKind::DingTalk, id, corp_id, config.agent_id, Some(robot_code.clone()))
                    }
                    ChannelConfig::WeCom(config) => {
                        (PlatformKind::WeCom, config.corp_id.clone(), None, config.agent_id, None)
                    }
                    _ => return None,
                };
                // It was read when the account was opened; should it be gone since, there is no login with it.
                let secret = settings.secret()?.read().ok()?;
                Some(Application {
                    account: Arc::clone(&account.name),
                    platform,
                    id,
                    corp_id,
                    agent_id,
                    robot_code,
                    secret_hash: Sha256::digest(secret.expose().as_bytes()).into(),
                    caller: Arc::clone(account.caller.as_ref()?),
                    channel: Arc::clone(&account.channel),
                })
            })
            .collect();
        Ok(Self {
            operations: operations::OperationsByPath::new(),
            tokens: tokens::Tokens::new()?,
            applications,
            robots: robot::open(config, accounts),
            slow: slow::Slow::default(),
        })
    }

    /// The application of an account.
    pub(crate) fn application(&self, account: &str) -> Option<&Application> {
        self.applications.iter().find(|one| &*one.account == account)
    }

    /// A declared operation by its name.
    pub(crate) fn operation(&self, platform: PlatformKind, name: &str) -> Option<Operation> {
        self.operations.named(platform, name)
    }
}

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

/// Answers a request if its path is a platform's.
pub(crate) async fn answer(app: &App, parts: &Parts, body: &mut Body) -> Option<Response> {
    if !app.config.official.enabled {
        return None;
    }
    let path = parts.uri.path();
    let Some(operation) = app.doors.operations.find(parts.method.as_str(), path) else {
        return PlatformKind::no_such_path(path).map(|sealed| Answer::from(sealed).into_response());
    };
    let answer = match admitted(app, operation, parts, body).await {
        Ok(answer) => answer,
        Err(fault) => operation.platform.seal(operation.declared.spec(), Err(&fault)).into(),
    };
    Some(answer.into_response())
}

type Fault = hongyan_endpoint::Fault;

async fn admitted(app: &App, operation: Operation, parts: &Parts, body: &mut Body) -> Result<Answer, Fault> {
    let Operation { platform, declared } = operation;
    let spec = declared.spec();
    let mut call = arrival::head(parts);
    let either = matches!(parts.method, http::Method::GET | http::Method::POST);
    let right_method = parts.method.as_str() == spec.method.as_str() || (either && platform.takes_method(spec, &call));
    if matches!(spec.role, Role::Login(_)) {
        if !right_method {
            return Err(platform.refuse(spec, Refusal::Method));
        }
        let bytes = read(app, "login", platform, spec, parts, body, MAX_LOGIN).await?;
        call.body = bytes.to_vec();
        return Ok(login::answer(app, platform, spec, &call, parts).await.into());
    }
    if !(either || right_method) {
        return Err(platform.refuse(spec, Refusal::Method));
    }
    let upload = spec.body == BodyForm::Multipart;
    let large = if upload { MAX_UPLOAD } else { MAX_BODY };
    if !matches!(spec.auth, Auth::AccessToken | Auth::AcsHeader) {
        if !matches!((spec.role, spec.auth), (Role::Send(Reach::Webhook), _) | (Role::Upload, Auth::Key)) {
            // Vendors' calls carry a credential of their own, which is none of an account's.
            return Err(platform.forbidden(spec, "none 无"));
        }
        let (from, caller) = robot::whose(app, platform, spec, &call, parts).await?;
        let (_place, bytes) = read_large(app, &caller.id, platform, spec, parts, body, large).await?;
        call.body = bytes.to_vec();
        if right_method
            && !upload
            && let Some(asked) = robot::read(platform, &call)
        {
            return Ok(send::carry(app, &caller, &from.account, &from.channel, platform, spec, asked).await.into());
        }
        return Ok(robot::forward(app, from, platform, operation, parts, bytes).await);
    }
    let form = if !upload && spec.auth.extract(&call).is_none() && topapi::may_hold_token(&call) {
        let bytes = read(app, "form", platform, spec, parts, body, large).await?;
        gather(&mut call, &bytes);
        Some(topapi::without_token(&bytes))
    } else {
        None
    };
    let (from, caller) = whose(app, platform, spec, &call)?;
    allow(platform, spec, &caller)?;
    let (_place, bytes) = match form {
        Some(rest) => (None, rest.into()),
        None => {
            let read = read_large(app, &caller.id, platform, spec, parts, body, large).await?;
            if !upload {
                gather(&mut call, &read.1);
            }
            read
        }
    };
    let credential = arrival::credential(spec.auth);
    let raw = arrival::raw(parts, &credential.iter().map(String::as_str).collect::<Vec<_>>(), bytes);
    if !right_method {
        // What the platform makes of it, it says itself.
        return Ok(forward(app, from, operation, &raw).await);
    }
    Ok(perform(app, &caller, from, operation, &call, &raw).await)
}

/// Gives a call its body, as `/topapi/*` reads it.
fn gather(call: &mut Wire, bytes: &[u8]) {
    call.body = bytes.to_vec();
    // Nobody has shown that the platform refuses JSON under a form's type, so it is not refused here.
    topapi::gather(call, true);
}

/// Reads a body of up to `most` bytes; an upload has one of the places for them.
async fn read_large(
    app: &App,
    caller: &str,
    platform: PlatformKind,
    spec: &Spec,
    parts: &Parts,
    body: &mut Body,
    most: usize,
) -> Result<(Option<Share>, Bytes), Fault> {
    let upload = spec.body == BodyForm::Multipart;
    let place = if upload { Some(place(app, platform, spec, caller).await?) } else { None };
    let bytes = read(app, caller, platform, spec, parts, body, most.max(app.config.server.max_body_bytes)).await?;
    Ok((place, bytes))
}

/// Carries a call out for a caller who may make it.
pub(crate) async fn perform(
    app: &App,
    caller: &Caller,
    from: &Application,
    operation: Operation,
    call: &Wire,
    raw: &Raw,
) -> Answer {
    let Operation { platform, declared } = operation;
    let spec = declared.spec();
    if let Some(kind) = send::is_send(spec)
        && from.channel.capabilities().group_of(kind).is_some()
        && let Some(sealed) = send::answer(app, caller, from, platform, spec, call).await
    {
        return sealed.into();
    }
    if let Some(field) = spec.role.id_field()
        && let Some(sealed) = follow::answer(app, from, platform, declared, field, call).await
    {
        return sealed.into();
    }
    forward(app, from, operation, raw).await
}

/// Passes a call on with the account's own token.
async fn forward(app: &App, from: &Application, operation: Operation, raw: &Raw) -> Answer {
    let Operation { platform, declared } = operation;
    let (spec, call) = (declared.spec(), from.caller.forward(declared, raw));
    passed_back(platform, spec, &from.account, ask(app, platform, spec, &from.account, call).await)
}

/// What the platform answers to a call of an account's; that it is busy, while the account rests.
async fn ask<T>(
    app: &App,
    platform: PlatformKind,
    spec: &Spec,
    account: &str,
    call: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let asked = app.dispatcher.ask(account, call).await;
    asked.unwrap_or_else(|rest| Err(resting(app, platform, spec, &rest)))
}

/// The platform is busy until the account is tried next.
fn resting(app: &App, platform: PlatformKind, spec: &Spec, rest: &Rest) -> Fault {
    platform.refuse(spec, Refusal::Busy).not_before(rest.until.since(app.clock.now()))
}

/// The platform's answer as it came, or what stands in its place.
fn passed_back(platform: PlatformKind, spec: &'static Spec, account: &str, answer: Result<Reply, Fault>) -> Answer {
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
            let mut sealed = platform.seal(spec, Err(&follow::spoken(platform, spec, fault)));
            // Whether the call was made is not known: an answer with 200 would say that it was not.
            if timeout && spec.effect != Effect::Read {
                sealed.status = StatusCode::GATEWAY_TIMEOUT.as_u16();
            }
            sealed.into()
        }
    }
}

/// One of the places for uploads.
async fn place(app: &App, platform: PlatformKind, spec: &Spec, caller: &str) -> Result<Share, Fault> {
    let patience = Duration::from_millis(app.config.server.body_timeout_ms);
    app.uploads.take(caller, 1, patience).await.ok_or_else(|| platform.refuse(spec, Refusal::Busy))
}

async fn read(
    app: &App,
    caller: &str,
    platform: PlatformKind,
    spec: &Spec,
    parts: &Parts,
    body: &mut Body,
    limit: usize,
) -> Result<Bytes, Fault> {
    body::read_any(app, caller, body, &parts.headers, limit).await.map_err(|problem| match problem.status {
        413 => platform.refuse(spec, Refusal::TooLarge),
        _ => {
            let invalid = Invalid::whole((problem.detail, problem.detail_zh));
            platform.refuse(spec, Refusal::Unreadable { invalid: &invalid, form: false })
        }
    })
}

/// Whose token came with the call.
fn whose<'a>(
    app: &'a App,
    platform: PlatformKind,
    spec: &Spec,
    call: &Wire,
) -> Result<(&'a Application, Arc<Caller>), Fault> {
    let token = spec.auth.extract(call).ok_or_else(|| platform.refuse(spec, Refusal::TokenMissing))?;
    let holder = match app.doors.tokens.standing(token, app.clock.now()) {
        tokens::Standing::Valid(holder) => holder,
        tokens::Standing::Lapsed => return Err(platform.refuse(spec, Refusal::TokenExpired)),
        tokens::Standing::Unknown => return Err(platform.refuse(spec, Refusal::TokenInvalid)),
    };
    let from = app.doors.application(&holder.account).filter(|one| one.platform == platform);
    let caller = match &holder.key {
        None => Some(Arc::new(Caller::owner(&holder.account))),
        // A key that was revoked takes its tokens with it; so does one that may no longer use the account.
        Some(key) => app.ring.get(key).filter(|caller| caller.barred([&*holder.account]).is_none()),
    };
    from.zip(caller).ok_or_else(|| platform.refuse(spec, Refusal::TokenInvalid))
}

/// Refuses a key that lacks the scope for an operation.
fn allow(platform: PlatformKind, spec: &Spec, caller: &Caller) -> Result<(), Fault> {
    let wanted = scopes(spec.role);
    if wanted.iter().any(|scope| caller.may(*scope)) {
        return Ok(());
    }
    Err(platform.forbidden(spec, wanted.first().map_or("admin", |scope| scope.name())))
}

/// The scopes of which a key has one, for an operation of this role.
fn scopes(role: Role) -> &'static [Scope] {
    match role {
        // What was sent is asked about by whoever sent it.
        role if role.tells_of_send() => &[Scope::Send, Scope::Read],
        // A message that shows a file begins with its upload.
        Role::Send(_) | Role::Recall(..) | Role::Upload => &[Scope::Send],
        Role::Read => &[Scope::Read],
        _ => &[Scope::Admin],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_sends_may_ask_about_it_and_take_it_back_whatever_said_it() {
        let table = operations::OperationsByPath::new();
        let of = |platform, name| scopes(table.named(platform, name).unwrap().declared.spec().role);
        for name in ["notice.send", "notice.recall", "robot.batch_send", "robot.batch_recall", "robot.group_recall"] {
            assert_eq!(of(PlatformKind::DingTalk, name), [Scope::Send], "{name}");
        }
        for name in ["notice.result", "chat.getReadList", "robot.read_status", "robot.group_query"] {
            assert_eq!(of(PlatformKind::DingTalk, name), [Scope::Send, Scope::Read], "{name}");
        }
        assert_eq!(of(PlatformKind::DingTalk, "robot.ding"), [Scope::Admin]);
        assert_eq!(of(PlatformKind::WeCom, "media.uploadimg"), [Scope::Send]);
        assert_eq!(of(PlatformKind::WeCom, "user.get"), [Scope::Read]);
    }
}
