//! What WeCom refuses a call with; some fields have codes of their own when they are missing.

use crate::WeCom;
use hongyan_endpoint::{Body, Fault, Flaw, Invalid, Method, PlatformServer, Refusal, Sealed, Spec, Wire};

/// What the platform's paths begin with.
const PATHS: &str = "/cgi-bin/";

impl PlatformServer for WeCom {
    fn refuse(spec: &Spec, why: Refusal<'_>) -> Fault {
        let (code, text) = match why {
            Refusal::TokenMissing => ("41001", "access_token missing".into()),
            Refusal::TokenInvalid => ("40014", "invalid access_token".into()),
            Refusal::TokenExpired => ("42001", "access_token expired".into()),
            Refusal::Method if spec.method == Method::GET => ("43001", "require GET method".into()),
            Refusal::Method => ("40058", "POST expected, invalid Request Parameter".into()),
            Refusal::Unreadable { invalid, .. } => return unreadable(spec, invalid),
            Refusal::TooLarge if spec.body == Body::Multipart => ("45001", "media size out of limit".into()),
            Refusal::TooLarge => ("45002", "message content size out of limit".into()),
            Refusal::Content(what) => ("40058", format!("{what}, invalid Request Parameter")),
            Refusal::Busy => ("-1", "system busy".into()),
            Refusal::Throttled => ("45009", "api freq out of limit".into()),
            Refusal::Forbidden(words) => ("48002", words.into()),
            Refusal::Address { .. } => ("60020", "not allow to access from your ip".into()),
            Refusal::Range => ("40146", "invalid range header".into()),
        };
        Self::refused(code, text)
    }

    /// It minds only a `GET` in a `POST`'s place.
    fn takes_method(spec: &Spec, call: &Wire) -> bool {
        spec.method == Method::GET || call.method == spec.method.as_str()
    }

    fn has_path(path: &str) -> bool {
        path.starts_with(PATHS)
    }

    fn no_such_path(_: &str) -> Sealed {
        let headers = vec![("content-type", "text/plain".to_owned())];
        Sealed { status: 404, headers, body: b"404 page not found\n".to_vec() }
    }
}

/// Operations (all of a family with a `.` at the end), field that is missing, code, words.
const FIELDS: &[(&[&str], &str, &str, &str)] = &[
    (&["token.get"], "corpid", "41002", "corpid missing"),
    (&["token.get"], "corpsecret", "41004", "corpsecret missing"),
    (&["message.send", "appchat.send", "webhook.send"], "msgtype", "40008", "invalid message type"),
    (&["appchat.update", "appchat.get", "appchat.send"], "chatid", "86201", "chatid missing"),
    (&["media.get"], "media_id", "41006", "media_id missing"),
    (&["user.get", "user.delete", "user.convert_to_openid"], "userid", "41009", "userid missing"),
    (&["user.list", "user.simplelist"], "department_id", "60123", "invalid department id"),
    (&["tag.get", "tag.update", "tag.delete", "tag.addtagusers", "tag.deltagusers"], "tagid", "41017", "tagid missing"),
    (&["message.update_template_card", "agent.", "menu."], "agentid", "41011", "agentid missing"),
    (&["message.update_template_card"], "response_code", "60140", "invalid response_code"),
];

/// The platform's refusal of a call that it cannot read, in its own words: never ours, never a library's.
fn unreadable(spec: &Spec, invalid: &Invalid) -> Fault {
    let say = |code: &str, words: String| WeCom::refused(code, words);
    let named = |name: &&str| *name == spec.name || (name.ends_with('.') && spec.name.starts_with(*name));
    let own = FIELDS.iter().find(|(names, field, ..)| invalid.misses(field) && names.iter().any(named));
    match own {
        Some((.., code, words)) => say(code, (*words).to_owned()),
        // Whatever is wrong with the form, no file has arrived.
        None if spec.body == Body::Multipart => say("44001", "empty media data".into()),
        None if invalid.field.is_empty() => say("40058", "invalid Request Parameter".into()),
        None if invalid.flaw == Flaw::Missing => {
            say("40058", format!("{} missing. invalid Request Parameter", invalid.field))
        }
        None => say("40058", format!("{}. invalid Request Parameter", invalid.field)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::Platform;

    #[test]
    fn every_refusal_is_in_the_platforms_own_words() {
        let mut seen = 0;
        for declared in WeCom::endpoints() {
            let spec = declared.spec();
            for body in ["", "{}", "[]", "{", "{\"userid\":{}}", "{\"agentid\":\"x\"}", "{\"chatid\":[1]}"] {
                let call = Wire { method: "POST", path: spec.path.into(), body: body.into(), ..Wire::default() };
                let Err(invalid) = declared.reread(&call) else { continue };
                let refused = unreadable(spec, &invalid);
                let words = refused.message();
                for foreign in ["expected", "field `", "invalid type", "EOF", "line ", "column", "is missing", "struct"]
                {
                    assert!(!words.contains(foreign), "{}: {words}", spec.name);
                }
                assert!(refused.known().is_some(), "{}: {}", spec.name, refused.code());
                seen += 1;
            }
        }
        assert!(seen > 80, "{seen}");
    }
}
