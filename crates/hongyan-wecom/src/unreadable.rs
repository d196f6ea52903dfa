//! What a call is refused with when a field is missing or unfit: some operations declare codes of their own.

use crate::WeCom;
use hongyan_endpoint::{Body, Fault, Flaw, Invalid, Platform, Spec};

/// The platform's refusal of a call that it cannot read, in its own words: never ours, never a library's.
#[must_use]
pub fn unreadable(spec: &Spec, invalid: &Invalid) -> Fault {
    let (code, words) = spec.refusal(invalid).unwrap_or_else(|| {
        let (code, words) = match invalid.flaw {
            // Whatever is wrong with the form, no file has arrived.
            _ if spec.body == Body::Multipart => ("44001", "empty media data"),
            _ if invalid.field.is_empty() => ("40058", "invalid Request Parameter"),
            Flaw::Missing => ("40058", "{} missing. invalid Request Parameter"),
            _ => ("40058", "{}. invalid Request Parameter"),
        };
        (code, invalid.put_into(words))
    });
    Fault::refused(code, words, WeCom::known(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::Wire;

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
