//! A call as it arrived: request line, query, headers and body, made into what declarations read.

use bytes::Bytes;
use hongyan_endpoint::Wire;
use http::{HeaderMap, Uri, header::CONTENT_TYPE};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Headers that matter to a platform: the one that a credential may travel in, and the boundary of a form of files.
const HEADERS: [&str; 2] = ["x-acs-dingtalk-access-token", "content-type"];

/// Reads a call. Form-encoded bodies of `/topapi/*` become JSON, as DingTalk's gateway treats them alike.
pub(crate) fn read(method: &'static str, uri: &Uri, headers: &HeaderMap, body: &Bytes) -> Wire {
    let path = uri.path();
    let form = path.starts_with("/topapi/")
        && headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"));
    // Command-line clients say "form" of everything they post: what opens a brace is JSON all the same.
    let form = form && body.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{');
    let body = if form { form_to_json(body) } else { body.to_vec() };
    let header = |name: &&str| {
        let value = headers.get(*name)?.to_str().ok()?;
        Some(((*name).to_owned(), value.to_owned()))
    };
    Wire {
        method,
        path: path.to_owned(),
        query: pairs(uri.query().unwrap_or_default()).collect(),
        headers: HEADERS.iter().filter_map(header).collect(),
        body,
    }
}

/// Pairs of a query or a form, decoded; what is not UTF-8 is replaced.
pub(crate) fn pairs(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    text.split('&').filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decode(name), decode(value))
    })
}

fn decode(text: &str) -> String {
    if !text.contains(['%', '+']) {
        return text.to_owned();
    }
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}

fn form_to_json(body: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(body);
    let members: Map<String, Value> = pairs(&text).map(|(name, value)| (name, Value::String(value))).collect();
    Value::Object(members).to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_form_becomes_json_on_topapi_only() {
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, "application/x-www-form-urlencoded; charset=UTF-8".parse().unwrap());
        let body = Bytes::from("agent_id=1&msg=%7B%22a%22%3A+1%7D");
        let call = read("POST", &"/topapi/x?access_token=t%2Bu".parse().unwrap(), &headers, &body);
        assert_eq!(call.query("access_token"), Some("t+u"));
        let json: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(json, json!({"agent_id": "1", "msg": "{\"a\": 1}"}));
        assert_eq!(read("POST", &"/cgi-bin/x".parse().unwrap(), &headers, &body).body, body);
        let json = Bytes::from(" {}");
        assert_eq!(read("POST", &"/topapi/x".parse().unwrap(), &headers, &json).body, json);
    }
}
