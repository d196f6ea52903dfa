//! What DingTalk refuses a call with: each host has its own words, and some operations declare codes of their own.

use crate::{DingTalk, faults, new_style, topapi};
use hongyan_endpoint::{Body, Fault, Invalid, Method, Pair, PlatformServer, Refusal, Role, Sealed, Spec, Wire};
use serde_json::json;

/// Families of the older host's paths, beside `/topapi/`.
const OLDER: [&str; 9] =
    ["/auth/", "/call_back/", "/chat/", "/department/", "/media/", "/message/", "/robot/", "/service/", "/user/"];
/// The new-style host's paths.
const NEWER: [&str; 2] = ["/v1.0/", "/v2.0/"];
/// Characters of a path that an answer repeats.
const PATH_CHARS: usize = 200;

impl PlatformServer for DingTalk {
    fn refused(code: &str, text: impl Into<String>) -> Fault {
        let text = text.into();
        let row = faults::of(code, &text);
        Fault::refused(code, text, row)
    }

    fn refuse(spec: &Spec, why: Refusal<'_>) -> Fault {
        let (new, topapi) = (new_style(spec), spec.path.starts_with(topapi::PATHS));
        let (code, text) = match why {
            Refusal::TokenMissing if new => {
                ("AuthenticationFailed.MissingParameter", "缺少 x-acs-dingtalk-access-token".into())
            }
            Refusal::TokenMissing if topapi => ("40000", "access_token is blank".into()),
            Refusal::TokenMissing => ("41001", "缺少access_token参数".into()),
            Refusal::TokenInvalid | Refusal::TokenExpired if new => {
                ("InvalidAuthentication", "不合法的access_token".into())
            }
            // The gateway before `/topapi/` does not tell an expired token from a wrong one; the older paths do.
            Refusal::TokenExpired if !topapi => ("42001", "access_token已过期".into()),
            Refusal::TokenInvalid | Refusal::TokenExpired => ("40014", "不合法的access_token".into()),
            Refusal::Method if spec.method == Method::GET => ("43001", "需要GET请求".into()),
            Refusal::Method => ("43002", "需要POST请求".into()),
            Refusal::Unreadable { invalid, form: true } if topapi && !invalid.field.is_empty() => {
                return topapi::refused(invalid);
            }
            Refusal::Unreadable { invalid, .. } => return unreadable(spec, invalid),
            Refusal::TooLarge if new => ("parameter.invalid", "the body is too large 请求体过大".into()),
            Refusal::TooLarge if spec.body == Body::Multipart => ("45001", "多媒体文件大小超过限制".into()),
            Refusal::TooLarge => ("45002", "消息内容大小超过限制".into()),
            Refusal::Content(what) => ("34014", format!("消息JSON不完整: {what}")),
            Refusal::Busy if new => ("ServiceUnavailable", "系统繁忙".into()),
            Refusal::Busy => ("-1", "系统繁忙".into()),
            Refusal::Throttled => {
                let code = if new { "Forbidden.AccessDenied.QpsLimitForAppkeyAndApi" } else { "90018" };
                (code, "应用调用该接口的QPS超限,请1秒后重试".into())
            }
            Refusal::Forbidden(words) => {
                let code = if new { "Forbidden.AccessDenied.AccessTokenPermissionDenied" } else { "60011" };
                (code, words.into())
            }
            Refusal::Address { ip, application } => {
                let code = if new { "Forbidden.AccessDenied.IpNotInWhiteList" } else { "60020" };
                (code, format!("访问ip不在白名单之中,request ip={ip} appKey({application})"))
            }
            Refusal::Range => ("416", "Requested Range Not Satisfiable".into()),
        };
        Self::refused(code, text)
    }

    /// The login answers to both methods; the gateway before `/topapi/` reads the query's fields whatever the method.
    fn takes_method(spec: &Spec, call: &Wire) -> bool {
        let in_query = || call.query.iter().any(|(name, _)| name != "access_token");
        call.method == spec.method.as_str()
            || spec.role == Role::Login(Pair::Query)
            || (spec.path.starts_with(topapi::PATHS) && in_query())
    }

    fn has_path(path: &str) -> bool {
        [topapi::PATHS].iter().chain(&NEWER).chain(&OLDER).any(|family| path.starts_with(family))
    }

    fn no_such_path(path: &str) -> Sealed {
        if NEWER.iter().any(|family| path.starts_with(family)) {
            let words = "Specified api is not found, please check your url and version.";
            let body = json!({"code": "InvalidAction.NotFound", "requestid": "sandbox", "message": words});
            return Sealed::json(404, &body);
        }
        let Some(name) = path.strip_prefix(topapi::PATHS) else {
            return Sealed::json(200, &json!({"errcode": 404, "errmsg": "请求的URI地址不存在"}));
        };
        let name: String = name.chars().take(PATH_CHARS).collect();
        let words = format!("不合法ApiName,ApiName = dingtalk.oapi.{}", name.replace('/', "."));
        let errmsg = format!("Invalid method[submsg={words}]");
        Sealed::json(200, &json!({"errcode": 22, "sub_msg": words, "errmsg": errmsg, "request_id": "sandbox"}))
    }
}

/// The refusals of most old operations.
pub(crate) const MISSING: (&str, &str) = ("40035", "缺少参数 {}");
pub(crate) const INVALID: (&str, &str) = ("40035", "不合法的参数 {}");

/// The platform's refusal of a call that it cannot read, in its own words: never ours, never a library's.
fn unreadable(spec: &Spec, invalid: &Invalid) -> Fault {
    let missing = invalid.misses(invalid.top());
    let (code, text) = spec.refusal(invalid).unwrap_or_else(|| {
        let (code, text) = match missing {
            true if new_style(spec) => ("parameter.invalid", "{} 不能为空"),
            false if new_style(spec) => ("parameter.invalid", "参数错误 {}"),
            _ if spec.path.starts_with(topapi::PATHS) => ("400002", "参数错误 {}"),
            true => MISSING,
            false => INVALID,
        };
        (code, invalid.put_into(text))
    });
    DingTalk::refused(code, text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::Platform;

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
                assert!(refused.error_code().is_some(), "{}: {}", spec.name, refused.code());
                seen += 1;
            }
        }
        assert!(seen > 200, "{seen}");
    }
}
