//! What a call is refused with when a field is missing or unfit: each host has its own words, and some operations
//! declare codes of their own.

use crate::{DingTalk, new_style};
use hongyan_endpoint::{Fault, Invalid, Platform, Spec};

/// The refusals of most old operations.
pub(crate) const MISSING: (&str, &str) = ("40035", "缺少参数 {}");
pub(crate) const INVALID: (&str, &str) = ("40035", "不合法的参数 {}");

/// The platform's refusal of a call that it cannot read, in its own words: never ours, never a library's.
#[must_use]
pub fn unreadable(spec: &Spec, invalid: &Invalid) -> Fault {
    let missing = invalid.misses(invalid.top());
    let (code, words) = spec.refusal(invalid).unwrap_or_else(|| {
        let (code, words) = match missing {
            true if new_style(spec) => ("parameter.invalid", "{} 不能为空"),
            false if new_style(spec) => ("parameter.invalid", "参数错误 {}"),
            _ if spec.path.starts_with("/topapi/") => ("400002", "参数错误 {}"),
            true => MISSING,
            false => INVALID,
        };
        (code, invalid.put_into(words))
    });
    Fault::refused(code, words, DingTalk::known(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::{Platform, Wire};

    #[test]
    fn every_refusal_is_in_the_platforms_own_words() {
        let mut seen = 0;
        for declared in DingTalk::endpoints() {
            let spec = declared.spec();
            for body in ["", "{}", "[]", "{", "{\"userid\":{}}", "{\"msg\":[1]}", "{\"agent_id\":\"x\"}"] {
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
        assert!(seen > 200, "{seen}");
    }
}
