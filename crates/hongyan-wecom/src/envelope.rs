//! WeCom's envelope: `errcode` and `errmsg` beside the reply's own members, HTTP 200 either way.

use crate::WeCom;
use hongyan_endpoint::{Fault, Platform, Sealed, lenient};
use serde::Deserialize;
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "lenient::integer_opt")]
    errcode: Option<i64>,
    #[serde(default, deserialize_with = "lenient::text")]
    errmsg: String,
}

/// A refusal is an `errcode` other than 0; a few calls omit it on success.
/// <https://developer.work.weixin.qq.com/document/path/90313>
pub(crate) fn open(status: u16, body: &[u8]) -> Result<(), Fault> {
    let envelope: Result<Envelope, _> = serde_json::from_slice(body);
    match envelope {
        Ok(Envelope { errcode: Some(code), errmsg }) if code != 0 => {
            let code = code.to_string();
            let known = WeCom::known(&code);
            Err(Fault::refused(code, errmsg, known))
        }
        _ if status >= 500 => Err(Fault::transport("net.status", format!("HTTP {status}"))),
        Ok(_) if status == 200 => Ok(()),
        Ok(_) => Err(Fault::transport("net.not_json", format!("HTTP {status} without an errcode"))),
        Err(error) => Err(Fault::transport("net.not_json", format!("HTTP {status}: {error}"))),
    }
}

/// The other direction; failures carry the headers that were seen on the wire.
pub(crate) fn seal(reply: Result<Value, &Fault>) -> Sealed {
    match reply {
        Ok(Value::Object(members)) => {
            let mut body = Map::from_iter([("errcode".into(), json!(0)), ("errmsg".into(), json!("ok"))]);
            body.extend(members);
            Sealed::json(200, &Value::Object(body))
        }
        Ok(_) => Sealed::json(200, &json!({"errcode": 0, "errmsg": "ok"})),
        Err(fault) => {
            let code: i64 = fault.code().parse().unwrap_or(-1);
            let mut sealed = Sealed::json(200, &json!({"errcode": code, "errmsg": fault.message()}));
            sealed.headers.push(("error-code", code.to_string()));
            sealed
                .headers
                .push(("error-msg", fault.message().chars().filter(|c| c.is_ascii_graphic() || *c == ' ').collect()));
            sealed
        }
    }
}
