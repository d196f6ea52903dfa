//! The login calls of both platforms: the application's own pair, or an account's name with an API key.

use crate::{
    application::Application,
    platform::PlatformKind,
    services::Services,
    throttle::LoginThrottle,
    tokens::{Holder, Tokens},
};
use hongyan_dingtalk::token as dingtalk;
use hongyan_endpoint::{Fault, Invalid, Pair, Refusal, Role, Sealed, Spec, Wire};
use hongyan_intake::Caller;
use hongyan_wecom::token as wecom;
use http::request::Parts;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use subtle::ConstantTimeEq;

/// Who can log in, what they get, and who guessed.
pub(crate) struct Logins {
    pub(crate) applications: Vec<Application>,
    pub(crate) tokens: Tokens,
    pub(crate) throttle: LoginThrottle,
}

/// Answers a login.
pub(crate) async fn answer(
    services: &Services,
    logins: &Logins,
    platform: PlatformKind,
    spec: &'static Spec,
    call: &Wire,
    parts: &Parts,
) -> Sealed {
    match token(services, logins, platform, spec, call, parts).await {
        Ok(reply) => platform.seal(spec, Ok(reply)),
        Err(fault) => platform.seal(spec, Err(&fault)),
    }
}

async fn token(
    services: &Services,
    logins: &Logins,
    platform: PlatformKind,
    spec: &'static Spec,
    call: &Wire,
    parts: &Parts,
) -> Result<Value, Fault> {
    let (id, secret) = pair(platform, spec, call)?;
    // Only the older form of DingTalk's first login names a company; the other ids are the application's.
    let of_company = (platform, spec.role) == (PlatformKind::DingTalk, Role::Login(Pair::Query))
        && !both(call, "appkey", "appsecret");
    // One that was made a moment ago.
    services.keys.recognise_new(&secret).await;
    let holder =
        holder(&logins.applications, &|key| services.keys.recognise(key), platform, (&id, of_company), &secret);
    let found = holder.ok_or_else(|| wrong_pair(&logins.applications, platform, spec, call, &id));
    let credential = [id.as_bytes(), b"\0", secret.as_bytes()].concat();
    let holder = logins.throttle.answer(services.clock.now(), (platform, spec), parts, &credential, found).await?;
    let (access_token, life) = logins.tokens.issue(platform, holder, services.clock.now());
    let expires_in = i64::try_from(life.as_secs()).unwrap_or_default().max(1);
    let reply = match (platform, spec.role) {
        (PlatformKind::WeCom, _) => serde_json::to_value(wecom::TokenGiven { access_token, expires_in }),
        (_, Role::Login(Pair::Body)) => {
            serde_json::to_value(dingtalk::AccessTokenGiven { access_token, expire_in: expires_in })
        }
        _ => serde_json::to_value(dingtalk::TokenGiven { access_token, expires_in }),
    };
    reply.map_err(|_| platform.refuse(spec, Refusal::Busy))
}

fn both(call: &Wire, id: &str, secret: &str) -> bool {
    [id, secret].iter().all(|name| call.query(name).is_some_and(|text| !text.is_empty()))
}

/// Id and secret, wherever the operation has them.
fn pair(platform: PlatformKind, spec: &'static Spec, call: &Wire) -> Result<(String, String), Fault> {
    let filled = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    let in_query = |name: &str| filled(call.query(name));
    match (platform, spec.role) {
        (PlatformKind::WeCom, _) => {
            let id = in_query("corpid").ok_or_else(|| platform.refused("41002", "corpid missing"))?;
            Ok((id, in_query("corpsecret").ok_or_else(|| platform.refused("41004", "corpsecret missing"))?))
        }
        // Only the query counts.
        (PlatformKind::DingTalk, Role::Login(Pair::Query)) => in_query("appkey")
            .zip(in_query("appsecret"))
            .or_else(|| in_query("corpid").zip(in_query("corpsecret")))
            .ok_or_else(|| platform.refused("40035", "缺少参数 corpid or appkey")),
        (PlatformKind::DingTalk, role) => {
            let body: Map<String, Value> = serde_json::from_slice(&call.body).map_err(|_| {
                platform.refuse(spec, Refusal::Unreadable { invalid: &Invalid::no_object(), form: false })
            })?;
            let member = |name: &str| {
                filled(body.get(name).and_then(Value::as_str)).ok_or_else(|| {
                    platform.refuse(spec, Refusal::Unreadable { invalid: &Invalid::missing(name), form: false })
                })
            };
            if role == Role::Login(Pair::Body) {
                return Ok((member("appKey")?, member("appSecret")?));
            }
            if body.get("grant_type").and_then(Value::as_str) != Some("client_credentials") {
                return Err(platform.refused("unsupported.grant.type", "grant_type 须为 client_credentials"));
            }
            Ok((member("client_id")?, member("client_secret")?))
        }
    }
}

/// Whose pair this is: that of an account, or the name (or id) of an account and a key that may use it.
fn holder(
    applications: &[Application],
    recognise: &dyn Fn(&str) -> Option<Arc<Caller>>,
    platform: PlatformKind,
    (id, of_company): (&str, bool),
    secret: &str,
) -> Option<Holder> {
    let given: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
    let own_id = |one: &Application| one.id == id || (of_company && one.corp_id.as_deref() == Some(id));
    let named = |one: &&Application| one.platform == platform && (own_id(one) || &*one.account == id);
    // Every account is looked at, so that the time taken tells nothing of which one it was.
    let own = applications.iter().filter(named).fold(None, |found, one| {
        let same = bool::from(given.ct_eq(&one.secret_hash)) && own_id(one);
        found.or(same.then_some(one))
    });
    if let Some(one) = own {
        return Some(Holder { account: Arc::clone(&one.account), key: None });
    }
    let caller = recognise(secret)?;
    let mut usable = applications.iter().filter(named).filter(|one| caller.barred([&*one.account]).is_none());
    // An account's name is one account; a company's id may be several, and then nobody knows which is meant.
    let exact = usable.clone().find(|one| &*one.account == id);
    let one = match exact {
        Some(one) => one,
        None => usable.next().filter(|_| usable.next().is_none())?,
    };
    Some(Holder { account: Arc::clone(&one.account), key: Some(caller.id.clone()) })
}

/// The platform's own words for a pair that is none.
fn wrong_pair(applications: &[Application], platform: PlatformKind, spec: &Spec, call: &Wire, id: &str) -> Fault {
    match (platform, spec.role) {
        (PlatformKind::WeCom, _) => {
            let known =
                applications.iter().any(|one| one.platform == platform && (one.id == id || &*one.account == id));
            if known {
                platform.refused("40001", "invalid credential")
            } else {
                platform.refused("40013", "invalid corpid")
            }
        }
        (PlatformKind::DingTalk, Role::Login(Pair::Query)) if call.query("appkey").is_none_or(str::is_empty) => {
            platform.refused("40089", "不合法的corpid或corpsecret")
        }
        (PlatformKind::DingTalk, Role::Login(Pair::Query)) => platform.refused("40096", "不合法的appKey或appSecret"),
        (PlatformKind::DingTalk, Role::Login(Pair::Body)) => {
            platform.refused("invalidClientIdOrSecret", "无效的clientId或者clientSecret")
        }
        (PlatformKind::DingTalk, _) => platform.refused("invalid.client", "无效的client_id或者client_secret"),
    }
}
