//! DingTalk's envelopes, both directions side by side.
//!
//! The legacy host answers HTTP 200 with `errcode`; on `/topapi/*` a refusal by its gateway is wrapped: `errcode`
//! 88 and the real code as a **string** in `sub_code`. The new-style host answers 4xx or 5xx with a `code` in words.

use crate::{DingTalk, new_style};
use hongyan_endpoint::{Class, Effect, Fault, PlatformServer, Sealed, Spec, lenient};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

/// The wrapper's own code.
const WRAPPED: i64 = 88;
/// The `status` of the answer that blocks an address.
const BLOCKED: i64 = 1111;

#[derive(Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "lenient::integer_opt")]
    errcode: Option<i64>,
    #[serde(default, deserialize_with = "words")]
    errmsg: String,
    #[serde(default, deserialize_with = "words")]
    sub_code: String,
    #[serde(default, deserialize_with = "words")]
    sub_msg: String,
    /// New style.
    #[serde(default, deserialize_with = "words")]
    code: String,
    #[serde(default, deserialize_with = "words")]
    message: String,
    #[serde(default, deserialize_with = "words")]
    requestid: String,
    /// `{"status":1111,"wait":5,"punish":"deny",…}` blocks an address.
    #[serde(default, deserialize_with = "words")]
    punish: String,
    #[serde(default, deserialize_with = "words")]
    status: String,
}

/// A scalar as text; a list or an object is no word of an envelope (a reply may use the name for its own).
fn words<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(lenient::text(Value::deserialize(from)?).unwrap_or_default())
}

/// Success is `errcode` 0 on the legacy host, a 2xx without a refusal's members on the new one.
pub(crate) fn open(spec: &Spec, status: u16, body: &[u8]) -> Result<(), Fault> {
    read(spec, status, body).map_err(|fault| by_effect(spec, status, fault))
}

fn read(spec: &Spec, status: u16, body: &[u8]) -> Result<(), Fault> {
    let unlike = |what: &str| Fault::not_the_platforms(status, what);
    // serde reads a list as a struct by position; an envelope is an object.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(unlike("not a JSON object"));
    }
    // The parser's own text would quote the answer, which may hold a token.
    let envelope: Envelope =
        serde_json::from_slice(body).map_err(|error| unlike(&format!("unreadable at column {}", error.column())))?;
    if envelope.errcode.is_none() && (!envelope.punish.is_empty() || envelope.status == BLOCKED.to_string()) {
        return Err(refused("ip.blocked", "the platform blocks this address".into()));
    }
    let success = (200..300).contains(&status);
    match envelope.errcode {
        Some(0) if success => Ok(()),
        Some(0) if status >= 500 => Err(unlike("with errcode 0")),
        // Whoever refuses and says that it went well may have let it through.
        Some(0) => Err(Fault::transport("net.not_json", format!("HTTP {status} with errcode 0"))),
        Some(WRAPPED) => Err(unwrap(envelope)),
        Some(code) => {
            let words = if envelope.sub_msg.is_empty() { envelope.errmsg } else { envelope.sub_msg };
            Err(refused(&code.to_string(), words))
        }
        // The same code comes with different statuses: a request id beside a code marks a refusal even with 200.
        None if !envelope.code.is_empty() && (!success || !envelope.requestid.is_empty()) => {
            Err(refused(&envelope.code, envelope.message))
        }
        None if success && new_style(spec) => Ok(()),
        None => Err(unlike("without a code")),
    }
}

/// What the table cannot know: a lost answer leaves only a send's outcome open, and a code that we do not know
/// is no verdict on the request when it comes with a 5xx.
fn by_effect(spec: &Spec, status: u16, fault: Fault) -> Fault {
    let lost = status == 504 || fault.class() == Class::Ambiguous || (status >= 500 && fault.error_code().is_none());
    match spec.effect {
        _ if !lost || fault.class() == Class::RefreshToken => fault,
        Effect::Send => fault.with_class(Class::Ambiguous),
        Effect::Read | Effect::Idempotent => fault.with_class(Class::RETRY),
    }
}

/// The real code: `sub_code`, else `subcode=NNN` out of the text; without either the gateway's login timed out.
fn unwrap(envelope: Envelope) -> Fault {
    let code = if envelope.sub_code.is_empty() {
        let rest = envelope.errmsg.split_once("subcode=").map_or("", |(_, rest)| rest);
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')));
        rest[..end.unwrap_or(rest.len())].to_owned()
    } else {
        envelope.sub_code
    };
    // The upstream's time-out comes as 15 with this sub_code, and may come wrapped.
    let code = match code.trim() {
        "" => "88",
        "isp.top-remote-connection-timeout" => "15",
        code => code,
    };
    refused(code, if envelope.sub_msg.is_empty() { envelope.errmsg } else { envelope.sub_msg })
}

fn refused(code: &str, words: String) -> Fault {
    DingTalk::refused(code, words)
}

/// Codes that the gateway in front of `/topapi/*` answers, wrapped.
const GATEWAY_CODES: [&str; 8] = ["40000", "40014", "41001", "42001", "60011", "60020", "90002", "90018"];

pub(crate) fn seal(spec: &Spec, reply: Result<Value, &Fault>) -> Sealed {
    let topapi = spec.path.starts_with("/topapi/");
    match reply {
        Err(fault) if fault.code() == "ip.blocked" => Sealed::json(
            200,
            &json!({"status": BLOCKED, "wait": 5, "source": "x5", "punish": "deny", "uuid": "sandbox"}),
        ),
        Ok(reply) if new_style(spec) => Sealed::json(200, &reply),
        Ok(reply) => {
            let mut body = Map::from_iter([("errcode".into(), json!(0)), ("errmsg".into(), json!("ok"))]);
            if let Value::Object(members) = reply {
                body.extend(members);
            }
            if topapi {
                body.insert("request_id".into(), json!("sandbox"));
            }
            Sealed::json(200, &Value::Object(body))
        }
        Err(fault) if new_style(spec) => {
            let status = match fault.class() {
                Class::Retryable { .. } => 500,
                _ if fault.code() == "param.callbackRouteKeyExist" => 500,
                _ if fault.code() == "504" => 504,
                _ if fault.code() == "unauthorized.client" => 401,
                _ if fault.code().starts_with("Forbidden.") => 403,
                _ => 400,
            };
            let body = json!({"code": fault.code(), "requestid": "sandbox", "message": fault.message()});
            Sealed::json(status, &body)
        }
        Err(fault) if topapi && GATEWAY_CODES.contains(&fault.code()) => {
            Sealed::json(200, &wrap(fault.code(), fault.message()))
        }
        Err(fault) => {
            let code: i64 = fault.code().parse().unwrap_or(-1);
            let mut body = json!({"errcode": code, "errmsg": fault.message()});
            if topapi {
                body["request_id"] = json!("sandbox");
            }
            Sealed::json(200, &body)
        }
    }
}

fn wrap(code: &str, words: &str) -> Value {
    let errmsg = format!("ding talk error[subcode={code},submsg={words}]");
    json!({"errcode": WRAPPED, "sub_code": code, "sub_msg": words, "errmsg": errmsg, "request_id": "sandbox"})
}

/// A refusal of the older host in the other envelope: the real code within 88, or bare. Which paths wrap has changed
/// over the years, so clients read both; what is no such refusal stays as it is.
#[must_use]
pub fn rewrapped(mut sealed: Sealed, wrapped: bool) -> Sealed {
    let Ok(body) = serde_json::from_slice::<Value>(&sealed.body) else { return sealed };
    let text = |name: &str| body[name].as_str().unwrap_or_default();
    let body = match (body["errcode"].as_i64(), wrapped) {
        (Some(code), true) if code != 0 && code != WRAPPED => wrap(&code.to_string(), text("errmsg")),
        (Some(WRAPPED), false) => {
            let Ok(code) = text("sub_code").parse::<i64>() else { return sealed };
            json!({"errcode": code, "errmsg": text("sub_msg")})
        }
        _ => return sealed,
    };
    sealed.body = body.to_string().into_bytes();
    sealed
}
