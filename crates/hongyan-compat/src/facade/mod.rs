//! `/api/dingtalkserve/*`: short routes over one DingTalk account, by the table of `hongyan-api`.
//!
//! A route is checked here, made into the platform's own call, and then goes the way of the official paths: sends
//! through outbox and ledger, the rest passed on. Every answer is `{"success": …}`.

mod fields;

use crate::{
    application::Application, config::FacadeConfig, official::OfficialApi, operations::Operation,
    platform::PlatformKind,
};
use axum::{body::Body, response::Response};
use hongyan_api::{FACADE, FacadeRoute, OWNER_NOT_A_MEMBER};
use hongyan_endpoint::{Fault, Reach, Role, Wire, form, pairs};
use hongyan_intake::{Caller, Peer, reply};
use hongyan_platform_client::Raw;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Every path of the facade begins so.
const PREFIX: &str = "/api/dingtalkserve/";

/// Why a request is refused.
struct Refused {
    status: StatusCode,
    body: Value,
}

impl Refused {
    fn text(status: StatusCode, words: impl Into<String>) -> Self {
        Self { status, body: json!({"success": false, "msg": words.into()}) }
    }

    /// What a parameter lacks.
    fn param(words: impl Into<String>) -> Self {
        Self::text(StatusCode::OK, words)
    }

    /// The platform's refusal: its code outside, the inner one where it wraps, and its words.
    fn platform(fault: &Fault, answered: &[u8]) -> Self {
        let said: Map<String, Value> = serde_json::from_slice(answered).unwrap_or_default();
        let code = fault.code();
        let own = || code.parse::<i64>().map_or_else(|_| json!(code), |number| json!(number));
        let errcode = said.get("errcode").cloned().unwrap_or_else(own);
        let words = if fault.message().is_empty() { fault.advice() } else { fault.message() };
        let body = json!({
            "success": false,
            "msg": format!("{code} {words}"),
            "errcode": errcode,
            "sub_code": code,
            "errmsg": words,
        });
        Self { status: StatusCode::OK, body }
    }
}

/// `/api/dingtalkserve/*`, over one account.
pub struct Facade {
    official: Arc<OfficialApi>,
    account: String,
    open_on_loopback: bool,
}

impl Facade {
    /// `None` where no account is configured for it.
    #[must_use]
    pub fn open(config: &FacadeConfig, official: Arc<OfficialApi>) -> Option<Self> {
        Some(Self { official, account: config.account.clone()?, open_on_loopback: config.open_on_loopback })
    }

    /// Answers a request if its path is one of the facade's.
    pub async fn answer(&self, parts: &Parts, body: &mut Body) -> Option<Response> {
        let path = parts.uri.path();
        if !path.starts_with(PREFIX) {
            return None;
        }
        Some(match self.work(parts, body).await {
            Ok(data) => reply::json(StatusCode::OK, &json!({"success": true, "data": data})),
            Err(Refused { status, body }) => {
                let mut response = reply::json(status, &body);
                if status == StatusCode::METHOD_NOT_ALLOWED {
                    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
                }
                if status == StatusCode::UNAUTHORIZED {
                    let challenge = HeaderValue::from_static("Bearer realm=\"hongyan\"");
                    response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
                }
                response
            }
        })
    }

    async fn work(&self, parts: &Parts, body: &mut Body) -> Result<Value, Refused> {
        let route = FACADE.iter().find(|route| route.path == parts.uri.path());
        let found =
            route.and_then(|route| Some((route, self.official.operation(PlatformKind::DingTalk, route.operation)?)));
        let (route, operation) =
            found.ok_or_else(|| Refused::text(StatusCode::NOT_FOUND, "there is no such route 没有这个接口"))?;
        if parts.method != Method::POST {
            return Err(Refused::text(StatusCode::METHOD_NOT_ALLOWED, "POST expected 请使用 POST"));
        }
        let caller = self.authenticate(route, operation.declared.spec().role, parts).await?;
        let fields = self.read(&caller.id, parts, body).await?;
        let request = fields::check(route, &fields).map_err(Refused::param)?;
        let from = self.official.application(&self.account).ok_or_else(|| unknown_account(&self.account))?;
        self.call(&caller, from, operation, request).await
    }

    /// Who calls: a key in the header or the query; nobody in particular from this machine, where that is configured.
    async fn authenticate(&self, route: &FacadeRoute, role: Role, parts: &Parts) -> Result<Arc<Caller>, Refused> {
        let given = key(parts);
        if given.is_none() && self.open_on_loopback && is_local(parts) {
            return Ok(Arc::new(Caller::owner(&self.account)));
        }
        let caller = match given {
            Some(key) => self.official.services.keys.recognise_new(&key).await,
            None => None,
        };
        let caller = caller.ok_or_else(|| {
            let words = "send Authorization: Bearer KEY with a key that is in force 请使用有效的 API 密钥";
            Refused::text(StatusCode::UNAUTHORIZED, words)
        })?;
        // What was sent is asked about by whoever sent it.
        let may = caller.may(route.scope) || (role.tells_of_send() && caller.may(hongyan_core::Scope::Send));
        if !may {
            let scope = route.scope.name();
            let words = format!("the API key lacks the scope {scope} 该 API 密钥缺少 {scope} 权限");
            return Err(Refused::text(StatusCode::FORBIDDEN, words));
        }
        if let Some(account) = caller.barred([&*self.account]) {
            let words = format!("the API key may not use account {account} 该 API 密钥不可使用账号 {account}");
            return Err(Refused::text(StatusCode::FORBIDDEN, words));
        }
        Ok(caller)
    }

    /// The parameters: a JSON object, or a form.
    async fn read(&self, caller: &str, parts: &Parts, body: &mut Body) -> Result<Map<String, Value>, Refused> {
        let limit = self.official.services.max_body_bytes;
        let bytes =
            self.official.services.bodies.read_any(caller, body, &parts.headers, limit).await.map_err(|problem| {
                let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::BAD_REQUEST);
                Refused::text(status, format!("{} {}", problem.detail, problem.detail_zh))
            })?;
        let text = bytes.trim_ascii();
        // Command-line clients say "form" of everything they post; nobody says "JSON" of a form.
        let kind = parts.headers.get(header::CONTENT_TYPE).map(HeaderValue::as_bytes).unwrap_or_default();
        let json = kind.get(..16).is_some_and(|kind| kind.eq_ignore_ascii_case(b"application/json"));
        let bytes = match text.first() {
            // Nothing at all is no parameter; blanks are no JSON.
            None if bytes.is_empty() || !json => return Ok(Map::new()),
            None => Vec::new(),
            Some(b'{' | b'[') => text.to_vec(),
            Some(_) if json => text.to_vec(),
            Some(_) => Value::Object(form(text)).to_string().into_bytes(),
        };
        // An id in figures keeps all of them.
        let kept = std::str::from_utf8(&bytes).map(hongyan_core::number::quoted).unwrap_or_default();
        serde_json::from_str(&kept).map_err(|_| {
            Refused::text(
                StatusCode::BAD_REQUEST,
                "the body is neither a JSON object nor a form 请求体不是 JSON 对象或表单",
            )
        })
    }

    /// Makes the platform's own call of it.
    async fn call(
        &self,
        caller: &Caller,
        from: &Application,
        operation: Operation,
        mut request: Map<String, Value>,
    ) -> Result<Value, Refused> {
        let spec = operation.declared.spec();
        if request.contains_key("owner") && !fields::owner_is_member(&request) {
            return Err(Refused::param(OWNER_NOT_A_MEMBER));
        }
        if matches!(spec.role, Role::Send(Reach::People) | Role::Progress(_) | Role::Result(_)) {
            request.insert("agent_id".into(), json!(from.agent_id));
        }
        let wire = operation
            .declared
            .dry_run(Value::Object(request))
            .map_err(|invalid| Refused::param(format!("参数错误: {invalid}")))?;
        let raw = passed_on(&wire);
        let answer = self.official.perform(caller, from, operation, &wire, &raw).await;
        match PlatformKind::DingTalk.open(spec, answer.status, &answer.body) {
            Ok(()) => Ok(serde_json::from_slice(&answer.body).unwrap_or_default()),
            Err(fault) => Err(Refused::platform(&fault, &answer.body)),
        }
    }
}

fn unknown_account(account: &str) -> Refused {
    Refused::text(StatusCode::SERVICE_UNAVAILABLE, format!("account {account} is not open 账号 {account} 未打开"))
}

fn key(parts: &Parts) -> Option<String> {
    let bearer = parts.headers.get(header::AUTHORIZATION).map(|value| {
        let value = value.to_str().unwrap_or_default();
        let (scheme, key) = value.split_once(' ').unwrap_or_default();
        if scheme.eq_ignore_ascii_case("bearer") { key.trim().to_owned() } else { String::new() }
    });
    bearer.or_else(|| {
        pairs(parts.uri.query().unwrap_or_default()).find(|(name, _)| name == "key").map(|(_, value)| value)
    })
}

/// Whether nobody but this machine can have sent it: a proxy on this machine speaks for others and says so.
fn is_local(parts: &Parts) -> bool {
    let spoken_for = |headers: &HeaderMap| {
        ["forwarded", "x-forwarded-for", "x-real-ip", "via"].iter().any(|name| headers.contains_key(*name))
    };
    // A page in somebody's browser on this machine is not this machine's script.
    let page = parts.headers.contains_key(header::ORIGIN) || parts.headers.contains_key("sec-fetch-site");
    parts.extensions.get::<Peer>().is_some_and(|peer| peer.0.is_loopback()) && !spoken_for(&parts.headers) && !page
}

fn passed_on(wire: &Wire) -> Raw {
    let target = wire.target();
    let query = target.split_once('?').map_or("", |(_, query)| query);
    Raw {
        method: wire.method.parse().unwrap_or_default(),
        path: wire.path.clone(),
        query: query.to_owned(),
        content_type: (!wire.body.is_empty()).then(|| HeaderValue::from_static("application/json; charset=utf-8")),
        body: wire.body.clone().into(),
    }
}
