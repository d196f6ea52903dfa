//! WeCom's envelope: `errcode` and `errmsg` beside the reply's own members, HTTP 200 either way.

use crate::WeCom;
use hongyan_endpoint::{Fault, Platform, Sealed, lenient};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

#[derive(Deserialize)]
struct Envelope {
    #[serde(default, deserialize_with = "lenient::integer_opt")]
    errcode: Option<i64>,
    #[serde(default, deserialize_with = "words")]
    errmsg: String,
}

/// A scalar as text; anything else must not hide the code beside it.
fn words<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(lenient::text(Value::deserialize(from)?).unwrap_or_default())
}

/// Success is `errcode` 0, written: a proxy's 200 without one must never pass for a sent message. (Only downloads
/// of files leave it out, and those are not JSON.) <https://developer.work.weixin.qq.com/document/path/90313>
pub(crate) fn open(status: u16, body: &[u8]) -> Result<(), Fault> {
    let unlike = |what: &str| Fault::not_the_platforms(status, what);
    // serde reads a list as a struct by position; an envelope is an object.
    if !body.trim_ascii_start().starts_with(b"{") {
        return Err(unlike("not a JSON object"));
    }
    // The parser's own text would quote the answer, which may hold a token.
    let envelope: Envelope =
        serde_json::from_slice(body).map_err(|error| unlike(&format!("unreadable at column {}", error.column())))?;
    match envelope.errcode {
        Some(0) if (200..300).contains(&status) => Ok(()),
        Some(0) if status >= 500 => Err(unlike("with errcode 0")),
        // Whoever refuses and says that it went well may have let it through.
        Some(0) => Err(Fault::transport("net.not_json", format!("HTTP {status} with errcode 0"))),
        None => Err(unlike("without an errcode")),
        Some(code) => {
            let code = code.to_string();
            let known = WeCom::error_code(&code);
            Err(Fault::refused(code, envelope.errmsg, known))
        }
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
