//! The platforms' own paths on the gateway: whoever wrote for them changes the host and nothing else.
//!
//! A caller logs in ([`login`]) and gets a token of ours ([`crate::tokens`]). Sends go through outbox and ledger ([`send`]),
//! questions about them find their way back ([`follow`]), and everything else is passed on with the account's own
//! token. Every answer, refusals included, is worded as the platform words it ([`crate::platform`]).

use crate::{
    application::{self, Application},
    arrival, follow,
    forward::{Answer, forward},
    login::{self, Logins},
    operations::{Operation, OperationsByPath},
    platform::PlatformKind,
    robot::{self, Robot},
    send,
    services::Services,
    throttle::LoginThrottle,
    tokens::{TokenState, Tokens},
};
use axum::{body::Body, response::Response};
use bytes::Bytes;
use hongyan_channel::{Account, AccountConfig};
use hongyan_core::{Scope, StoreError};
use hongyan_dingtalk::topapi;
use hongyan_endpoint::{Auth, Body as BodyForm, Fault, Invalid, Reach, Refusal, Role, Spec, Wire};
use hongyan_intake::{Caller, Share};
use hongyan_platform_client::Raw;
use http::request::Parts;
use std::{collections::BTreeMap, sync::Arc};

/// The largest upload that is passed on: the platforms' largest file (20 MB) and the form around it.
const MAX_UPLOAD: usize = (20 << 20) + (64 << 10);
/// The largest body of a login.
const MAX_LOGIN: usize = 64 << 10;
/// The largest other body that is passed on: eight articles of 666 KB each, and what stands around them.
const MAX_BODY: usize = 8 << 20;
/// Answers the platforms' own paths.
pub struct OfficialApi {
    pub(crate) services: Services,
    operations: OperationsByPath,
    logins: Logins,
    robots: Vec<Robot>,
}

impl OfficialApi {
    /// Over the configured accounts.
    ///
    /// # Errors
    /// [`StoreError::Failed`] when the machine gives no random bytes.
    pub fn open(
        services: Services,
        config: &BTreeMap<String, AccountConfig>,
        accounts: &BTreeMap<Arc<str>, Account>,
    ) -> Result<Self, StoreError> {
        let applications = application::open(config, accounts);
        Ok(Self {
            services,
            operations: OperationsByPath::new(),
            logins: Logins { applications, tokens: Tokens::new()?, throttle: LoginThrottle::default() },
            robots: robot::open(config, accounts),
        })
    }

    /// The application of an account.
    pub(crate) fn application(&self, account: &str) -> Option<&Application> {
        application::of(&self.logins.applications, account)
    }

    /// A declared operation by its name.
    pub(crate) fn operation(&self, platform: PlatformKind, name: &str) -> Option<Operation> {
        self.operations.named(platform, name)
    }

    /// Answers a request if its path is a platform's.
    pub async fn answer(&self, parts: &Parts, body: &mut Body) -> Option<Response> {
        let path = parts.uri.path();
        let Some(operation) = self.operations.find(parts.method.as_str(), path) else {
            return PlatformKind::no_such_path(path).map(|sealed| Answer::from(sealed).into_response());
        };
        let answer = match self.dispatch(operation, parts, body).await {
            Ok(answer) => answer,
            Err(fault) => operation.platform.seal(operation.declared.spec(), Err(&fault)).into(),
        };
        Some(answer.into_response())
    }

    async fn dispatch(&self, operation: Operation, parts: &Parts, body: &mut Body) -> Result<Answer, Fault> {
        let Operation { platform, declared } = operation;
        let spec = declared.spec();
        let mut call = arrival::head(parts);
        let either = matches!(parts.method, http::Method::GET | http::Method::POST);
        let right_method =
            parts.method.as_str() == spec.method.as_str() || (either && platform.takes_method(spec, &call));
        if matches!(spec.role, Role::Login(_)) {
            if !right_method {
                return Err(platform.refuse(spec, Refusal::Method));
            }
            let bytes = self.read("login", platform, spec, parts, body, MAX_LOGIN).await?;
            call.body = bytes.to_vec();
            return Ok(login::answer(&self.services, &self.logins, platform, spec, &call, parts).await.into());
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
            let (from, caller) = robot::authenticate(
                &self.services,
                &self.robots,
                &self.logins.throttle,
                (platform, spec),
                &call,
                parts,
            )
            .await?;
            let (_place, bytes) = self.read_large(&caller.id, platform, spec, parts, body, large).await?;
            call.body = bytes.to_vec();
            if right_method
                && !upload
                && let Some(request) = robot::read(platform, &call)
            {
                return Ok(send::accept(
                    &self.services,
                    &caller,
                    &from.account,
                    &from.channel,
                    platform,
                    spec,
                    request,
                )
                .await
                .into());
            }
            return Ok(robot::forward(&self.services, from, platform, operation, parts, bytes).await);
        }
        let form = if !upload && spec.auth.extract(&call).is_none() && topapi::may_hold_token(&call) {
            let bytes = self.read("form", platform, spec, parts, body, large).await?;
            gather(&mut call, &bytes);
            Some(topapi::without_token(&bytes))
        } else {
            None
        };
        let (from, caller) = self.authenticate(platform, spec, &call)?;
        check_scope(platform, spec, &caller)?;
        let (_place, bytes) = match form {
            Some(rest) => (None, rest.into()),
            None => {
                let read = self.read_large(&caller.id, platform, spec, parts, body, large).await?;
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
            return Ok(forward(&self.services, from, operation, &raw).await);
        }
        Ok(self.perform(&caller, from, operation, &call, &raw).await)
    }

    /// Reads a body of up to `most` bytes; an upload has one of the places for them.
    async fn read_large(
        &self,
        caller: &str,
        platform: PlatformKind,
        spec: &Spec,
        parts: &Parts,
        body: &mut Body,
        most: usize,
    ) -> Result<(Option<Share>, Bytes), Fault> {
        let upload = spec.body == BodyForm::Multipart;
        let place = if upload { Some(self.place(platform, spec, caller).await?) } else { None };
        let bytes = self.read(caller, platform, spec, parts, body, most.max(self.services.max_body_bytes)).await?;
        Ok((place, bytes))
    }

    /// Carries a call out for a caller who may make it.
    pub(crate) async fn perform(
        &self,
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
            && let Some(sealed) = send::answer(&self.services, caller, from, platform, spec, call).await
        {
            return sealed.into();
        }
        if let Some(field) = spec.role.id_field()
            && let Some(sealed) = follow::answer(&self.services, from, platform, declared, field, call).await
        {
            return sealed.into();
        }
        forward(&self.services, from, operation, raw).await
    }

    /// One of the places for uploads.
    async fn place(&self, platform: PlatformKind, spec: &Spec, caller: &str) -> Result<Share, Fault> {
        self.services.bodies.place(caller).await.map_err(|_| platform.refuse(spec, Refusal::Busy))
    }

    async fn read(
        &self,
        caller: &str,
        platform: PlatformKind,
        spec: &Spec,
        parts: &Parts,
        body: &mut Body,
        limit: usize,
    ) -> Result<Bytes, Fault> {
        self.services.bodies.read_any(caller, body, &parts.headers, limit).await.map_err(|problem| {
            match problem.status {
                413 => platform.refuse(spec, Refusal::TooLarge),
                _ => {
                    let invalid = Invalid::entire((problem.detail, problem.detail_zh));
                    platform.refuse(spec, Refusal::Unreadable { invalid: &invalid, form: false })
                }
            }
        })
    }

    /// Whose token came with the call.
    fn authenticate<'a>(
        &'a self,
        platform: PlatformKind,
        spec: &Spec,
        call: &Wire,
    ) -> Result<(&'a Application, Arc<Caller>), Fault> {
        let token = spec.auth.extract(call).ok_or_else(|| platform.refuse(spec, Refusal::TokenMissing))?;
        let holder = match self.logins.tokens.state(token, self.services.clock.now()) {
            TokenState::Valid(holder) => holder,
            TokenState::Expired => return Err(platform.refuse(spec, Refusal::TokenExpired)),
            TokenState::Unknown => return Err(platform.refuse(spec, Refusal::TokenInvalid)),
        };
        let from = self.application(&holder.account).filter(|one| one.platform == platform);
        let caller = match &holder.key {
            None => Some(Arc::new(Caller::owner(&holder.account))),
            // A key that was revoked takes its tokens with it; so does one that may no longer use the account.
            Some(key) => self.services.keys.get(key).filter(|caller| caller.barred([&*holder.account]).is_none()),
        };
        from.zip(caller).ok_or_else(|| platform.refuse(spec, Refusal::TokenInvalid))
    }
}

/// Gives a call its body, as `/topapi/*` reads it.
fn gather(call: &mut Wire, bytes: &[u8]) {
    call.body = bytes.to_vec();
    // Nobody has shown that the platform refuses JSON under a form's type, so it is not refused here.
    topapi::gather(call, true);
}

/// Refuses a key that lacks the scope for an operation.
fn check_scope(platform: PlatformKind, spec: &Spec, caller: &Caller) -> Result<(), Fault> {
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
        let table = OperationsByPath::new();
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
