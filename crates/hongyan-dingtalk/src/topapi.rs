//! What the gateway before `/topapi/*` reads of a call, whatever its type says.
//!
//! JSON counts unless the type says form; the fields of a form are texts (JSON text for an object), in either of a
//! form's two types; what the query holds counts as well, and a form may carry the token. JSON text *under* the form's
//! type is one field of a strange name, so the first required one is missing. That last point is inferred: nobody has
//! shown the platform's answer, so whoever reads may ask to take it.

use crate::DingTalk;
use hongyan_endpoint::{Fault, Flaw, Invalid, PlatformServer, Wire, file, form, pairs};
use serde_json::{Map, Value};

/// What the gateway's paths begin with.
pub(crate) const PATHS: &str = "/topapi/";
const FORM: &str = "application/x-www-form-urlencoded";
const PARTS: &str = "multipart/form-data";
const TOKEN: &str = "access_token";

/// Brings the fields of a call into one JSON body, and its token into the query; a call that is none of the gateway's
/// stays as it is. `json_in_forms` takes JSON text under the form's type, too.
pub fn gather(call: &mut Wire, json_in_forms: bool) {
    if !call.path.starts_with(PATHS) {
        return;
    }
    let braces = call.body.trim_ascii_start().first() == Some(&b'{');
    let form = if call.is_of_type(FORM) && !(json_in_forms && braces) {
        Some(form(&call.body))
    } else if call.is_of_type(PARTS) {
        let kind = call.headers.iter().find(|(name, _)| name == "content-type").map_or("", |(_, kind)| kind.as_str());
        // What is no form is refused as what it is: a body that cannot be read.
        let Ok(fields) = file::fields(kind, &call.body) else { return };
        Some(fields)
    } else {
        None
    };
    let in_form = form.is_some();
    let in_query = call.query.iter().any(|(name, _)| name != TOKEN);
    let mut members = match form {
        Some(members) => members,
        // JSON as it came, where nothing is to be added.
        None if !in_query => return,
        None if call.body.trim_ascii().is_empty() => Map::new(),
        None => match serde_json::from_slice(&call.body) {
            Ok(Value::Object(members)) => members,
            _ => return,
        },
    };
    for (name, value) in call.query.iter().filter(|(name, _)| name != TOKEN) {
        members.entry(name.clone()).or_insert_with(|| value.clone().into());
    }
    if in_form
        && let Some(Value::String(token)) = members.shift_remove(TOKEN)
        && call.query(TOKEN).is_none()
    {
        call.query.push((TOKEN.into(), token));
    }
    call.body = Value::Object(members).to_string().into_bytes();
}

/// Whether a call's body may hold its token: it is a form, and of this gateway.
#[must_use]
pub fn may_hold_token(call: &Wire) -> bool {
    call.path.starts_with(PATHS) && call.is_of_type(FORM)
}

/// A form's text without the token; the rest as it came.
#[must_use]
pub fn without_token(body: &[u8]) -> Vec<u8> {
    let named = |pair: &&[u8]| {
        let pair = std::str::from_utf8(pair).unwrap_or_default();
        pairs(pair).next().is_some_and(|(name, _)| name == TOKEN)
    };
    body.split(|byte| *byte == b'&').filter(|pair| !named(pair)).collect::<Vec<_>>().join(&b'&')
}

/// The refusal of a form that lacks an argument or has one of the wrong kind: bare, and not the one of JSON's fields.
pub(crate) fn refused(invalid: &Invalid) -> Fault {
    let (code, words) = if invalid.flaw == Flaw::Missing { ("40", "Missing required") } else { ("41", "Invalid") };
    DingTalk::refused(code, format!("{words} arguments:{}", invalid.top()))
}

/// Whether a call came as a form.
#[must_use]
pub fn is_form(call: &Wire) -> bool {
    call.is_of_type(FORM) || call.is_of_type(PARTS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn gathered(kind: Option<&str>, target: &str, body: &str, json_in_forms: bool) -> (Value, Option<String>) {
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let mut call = Wire {
            method: "POST",
            path: path.into(),
            query: pairs(query).collect(),
            headers: kind.map(|kind| ("content-type".into(), kind.into())).into_iter().collect(),
            body: body.into(),
        };
        gather(&mut call, json_in_forms);
        let token = call.query(TOKEN).map(str::to_owned);
        (serde_json::from_slice(&call.body).unwrap_or_else(|_| json!(String::from_utf8_lossy(&call.body))), token)
    }

    #[test]
    fn each_form_of_a_body_is_read_as_the_gateway_reads_it() {
        const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";
        const PARTS: &str = "multipart/form-data; boundary=x";
        let part = "--x\r\ncontent-disposition: form-data; name=\"msg\"\r\n\r\n{\"a\": 1}\r\n--x--";
        let msg = json!({"msg": {"a": 1}});
        let text = json!({"msg": "{\"a\": 1}"});
        let json = msg.to_string();
        for (kind, target, body, expected) in [
            (Some("application/json"), "/topapi/x", json.as_str(), &msg),
            (Some("text/plain;charset=UTF-8"), "/topapi/x", &json, &msg),
            (None, "/topapi/x", &json, &msg),
            (Some(FORM), "/topapi/x", "msg=%7B%22a%22%3A+1%7D", &text),
            (Some("Application/X-WWW-Form-Urlencoded"), "/topapi/x", "msg=%7B%22a%22%3A+1%7D", &text),
            (Some(PARTS), "/topapi/x", part, &text),
            (None, "/topapi/x?access_token=t&msg=%7B%22a%22%3A+1%7D", "", &text),
            (Some("application/json"), "/topapi/x?n=1", &json, &json!({"msg": {"a": 1}, "n": "1"})),
            (Some("application/json"), "/topapi/x?msg=no", &json, &msg),
            (Some(FORM), "/topapi/x", &json, &json!({"{\"msg\":{\"a\":1}}": ""})),
            (Some("application/json"), "/topapi/x", "{broken", &json!("{broken")),
            (Some(PARTS), "/topapi/x", "broken", &json!("broken")),
            (Some(FORM), "/chat/send", "a=1", &json!("a=1")),
        ] {
            assert_eq!(&gathered(kind, target, body, false).0, expected, "{kind:?} {target} {body}");
        }
        assert_eq!(gathered(Some(FORM), "/topapi/x", &json, true).0, msg);
        assert_eq!(gathered(Some(FORM), "/topapi/x", "a=1", true).0, json!({"a": "1"}));
    }

    #[test]
    fn a_form_may_carry_the_token() {
        let form = "application/x-www-form-urlencoded";
        let (body, token) = gathered(Some(form), "/topapi/x", "access_token=a%2Bb&n=1", false);
        assert_eq!((body, token.as_deref()), (json!({"n": "1"}), Some("a+b")));
        let (body, token) = gathered(Some(form), "/topapi/x?access_token=q", "access_token=f&n=1", false);
        assert_eq!((body, token.as_deref()), (json!({"n": "1"}), Some("q")));
        for (form, rest) in [
            ("access_token=t&a=%E6%9D%8E&b", "a=%E6%9D%8E&b"),
            ("a=1&access%5Ftoken=t", "a=1"),
            ("access_token", ""),
            ("a=access_token&xaccess_token=1", "a=access_token&xaccess_token=1"),
        ] {
            assert_eq!(without_token(form.as_bytes()), rest.as_bytes());
        }
        // In JSON it is a member like any other.
        let (_, token) = gathered(None, "/topapi/x", r#"{"access_token":"a"}"#, false);
        assert_eq!(token, None);
    }
}
