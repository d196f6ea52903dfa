//! DingTalk's envelopes, both directions side by side.
//!
//! The legacy host answers HTTP 200 with `errcode`; on `/topapi/*` a refusal by its gateway is wrapped: `errcode`
//! 88 and the real code as a **string** in `sub_code`. The new-style host answers 4xx or 5xx with a `code` in words.

use crate::{DingTalk, new_style};
use hongyan_endpoint::{Class, Fault, Platform, Sealed, Spec, lenient};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The wrapper's own code.
const WRAPPED: i64 = 88;

#[derive(Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "lenient::integer_opt")]
    errcode: Option<i64>,
    #[serde(default, deserialize_with = "lenient::text")]
    errmsg: String,
    #[serde(default, deserialize_with = "lenient::text")]
    sub_code: String,
    #[serde(default, deserialize_with = "lenient::text")]
    sub_msg: String,
    /// New style.
    #[serde(default, deserialize_with = "lenient::text")]
    code: String,
    #[serde(default, deserialize_with = "lenient::text")]
    message: String,
    /// The answer that blocks an address: `{"status":1111,"wait":5,"punish":"deny",…}`.
    #[serde(default, deserialize_with = "lenient::text")]
    punish: String,
}

pub(crate) fn open(status: u16, body: &[u8]) -> Result<(), Fault> {
    let envelope: Envelope = match serde_json::from_slice(body) {
        Ok(envelope) => envelope,
        Err(_) if status >= 500 => return Err(Fault::transport("net.status", format!("HTTP {status}"))),
        Err(error) => return Err(Fault::transport("net.not_json", format!("HTTP {status}: {error}"))),
    };
    if !envelope.punish.is_empty() {
        return Err(refused("ip.blocked", "the platform blocks this address".into()));
    }
    match envelope.errcode {
        Some(0) => Ok(()),
        Some(WRAPPED) => Err(unwrap(envelope)),
        Some(15) if !envelope.sub_code.is_empty() => Err(refused("15", envelope.sub_msg)),
        Some(code) => {
            let words = if envelope.sub_msg.is_empty() { envelope.errmsg } else { envelope.sub_msg };
            Err(refused(&code.to_string(), words))
        }
        None if !envelope.code.is_empty() && status != 200 => Err(refused(&envelope.code, envelope.message)),
        None if status >= 500 => Err(Fault::transport("net.status", format!("HTTP {status}"))),
        None if status == 200 => Ok(()),
        None => Err(Fault::transport("net.not_json", format!("HTTP {status} without a code"))),
    }
}

/// The real code: `sub_code`, else `subcode=NNN` out of the text; without either the gateway's login timed out.
fn unwrap(envelope: Envelope) -> Fault {
    let code = if envelope.sub_code.is_empty() {
        let digits = envelope.errmsg.split_once("subcode=").map_or("", |(_, rest)| rest);
        digits.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default().to_owned()
    } else {
        envelope.sub_code
    };
    if code.is_empty() {
        return refused("88", envelope.errmsg).with_class(Class::RETRY);
    }
    refused(&code, if envelope.sub_msg.is_empty() { envelope.errmsg } else { envelope.sub_msg })
}

fn refused(code: &str, words: String) -> Fault {
    Fault::refused(code, words, DingTalk::known(code))
}

/// Codes that the gateway in front of `/topapi/*` answers, wrapped.
const GATEWAY_CODES: [&str; 8] = ["40000", "40014", "41001", "42001", "60011", "60020", "90002", "90018"];

pub(crate) fn seal(spec: &Spec, reply: Result<Value, &Fault>) -> Sealed {
    let topapi = spec.path.starts_with("/topapi/");
    match reply {
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
                _ if fault.code().starts_with("Forbidden.") => 403,
                _ => 400,
            };
            let body = json!({"code": fault.code(), "requestid": "sandbox", "message": fault.message()});
            Sealed::json(status, &body)
        }
        Err(fault) if topapi && GATEWAY_CODES.contains(&fault.code()) => {
            let errmsg = format!("ding talk error[subcode={},submsg={}]", fault.code(), fault.message());
            Sealed::json(
                200,
                &json!({"errcode": WRAPPED, "sub_code": fault.code(), "sub_msg": fault.message(), "errmsg": errmsg, "request_id": "sandbox"}),
            )
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
