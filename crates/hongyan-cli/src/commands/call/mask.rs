//! Credentials never reach the screen: by the names that the platforms give them.

use hongyan_endpoint::Wire;
use serde_json::Value;

/// What stands in place of a credential.
pub(crate) const HIDDEN: &str = "***";

/// Whether a field of that name carries a credential.
fn is_secret(name: &str) -> bool {
    let name = fold(name);
    // `nextToken` and the like say where a list goes on.
    let continues = ["nexttoken", "pagetoken", "synctoken"].contains(&name.as_str());
    !continues
        && (["secret", "password", "aeskey", "signature"].iter().any(|part| name.contains(part))
            || ["token", "ticket", "webhook", "permanentcode", "authcode"].iter().any(|end| name.ends_with(end)))
}

/// In a query `key` is a robot's credential; in a body it names a button.
fn is_secret_in_query(name: &str) -> bool {
    is_secret(name) || ["key", "sign"].contains(&name)
}

/// A name without letter case and underscores: `app_key`, `appKey` and `appkey` are one.
pub(super) fn fold(name: &str) -> String {
    name.chars().filter(|c| *c != '_' && *c != '-').flat_map(char::to_lowercase).collect()
}

/// The same JSON with [`HIDDEN`] in place of every credential.
pub(super) fn masked(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| {
                let hide = is_secret(&name) && matches!(&value, Value::String(text) if !text.is_empty());
                let value = if hide { HIDDEN.into() } else { masked(value) };
                (name, value)
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(masked).collect()),
        other => other,
    }
}

/// The same call with [`HIDDEN`] in place of every credential.
pub(super) fn wire(mut wire: Wire) -> Wire {
    for (name, value) in wire.query.iter_mut().chain(&mut wire.headers) {
        if is_secret_in_query(name) {
            HIDDEN.clone_into(value);
        }
    }
    if let Ok(body) = serde_json::from_slice::<Value>(&wire.body) {
        wire.body = masked(body).to_string().into_bytes();
    }
    wire
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn credentials_are_hidden_at_every_depth_and_the_rest_is_left() {
        let value = json!({"access_token": "a", "appSecret": "b", "list": [{"EncodingAESKey": "c", "userid": "li"}],
            "next_token": "page2", "token_count": 3, "expires_in": 7200});
        let expected = json!({"access_token": "***", "appSecret": "***", "list": [{"EncodingAESKey": "***", "userid": "li"}],
            "next_token": "page2", "token_count": 3, "expires_in": 7200});
        assert_eq!(masked(value), expected);
    }

    #[test]
    fn a_call_is_hidden_in_query_header_and_body() {
        let call = Wire {
            query: vec![
                ("corpsecret".into(), "canary".into()),
                ("key".into(), "canary".into()),
                ("corpid".into(), "ww1".into()),
            ],
            headers: vec![("x-acs-dingtalk-access-token".into(), "canary".into())],
            body: br#"{"suite_ticket":"canary"}"#.to_vec(),
            ..Wire::default()
        };
        let shown = format!("{:?} {}", wire(call.clone()), String::from_utf8_lossy(&wire(call).body));
        assert!(!shown.contains("canary") && shown.contains("ww1"), "{shown}");
    }
}
