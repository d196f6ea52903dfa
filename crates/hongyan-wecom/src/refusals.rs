//! What WeCom refuses a call with; some operations declare codes of their own.

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

/// The platform's refusal of a call that it cannot read, in its own words: never ours, never a library's.
fn unreadable(spec: &Spec, invalid: &Invalid) -> Fault {
    let (code, text) = spec.refusal(invalid).unwrap_or_else(|| {
        let (code, text) = match invalid.flaw {
            // Whatever is wrong with the form, no file has arrived.
            _ if spec.body == Body::Multipart => ("44001", "empty media data"),
            _ if invalid.field.is_empty() => ("40058", "invalid Request Parameter"),
            Flaw::Missing => ("40058", "{} missing. invalid Request Parameter"),
            _ => ("40058", "{}. invalid Request Parameter"),
        };
        (code, invalid.put_into(text))
    });
    WeCom::refused(code, text)
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
                assert!(refused.error_code().is_some(), "{}: {}", spec.name, refused.code());
                seen += 1;
            }
        }
        assert!(seen > 80, "{seen}");
    }
}
