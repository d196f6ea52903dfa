//! What DingTalk refuses a call with: each page has its own codes, each host its own words.

use crate::{DingTalk, new_style, topapi};
use hongyan_endpoint::{Body, Fault, Flaw, Invalid, Method, PlatformServer, Refusal, Sealed, Spec, Wire};
use serde_json::json;

/// Families of the older host's paths, beside `/topapi/`.
const OLDER: [&str; 9] =
    ["/auth/", "/call_back/", "/chat/", "/department/", "/media/", "/message/", "/robot/", "/service/", "/user/"];
/// The new-style host's paths.
const NEWER: [&str; 2] = ["/v1.0/", "/v2.0/"];
/// Characters of a path that an answer repeats.
const PATH_CHARS: usize = 200;

impl PlatformServer for DingTalk {
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
            || spec.name == "token.get"
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

/// Operation, field, code, words.
const FIELDS: [(&str, &str, &str, &str); 37] = [
    ("chat.create", "name", "40035", "缺少参数 name"),
    ("chat.create", "owner", "49013", "群主不能为空"),
    ("chat.update", "chatid", "49000", "缺少参数 chatid"),
    ("chat.get", "chatid", "49000", "缺少参数 chatid"),
    ("chat.send", "chatid", "34001", "不合法的会话id"),
    ("chat.send", "msg", "34014", "消息JSON不完整"),
    ("chat.getReadList", "messageId", "40035", "缺少参数 messageId"),
    ("chat.getReadList", "cursor", "40068", "不合法的偏移量"),
    ("chat.getReadList", "size", "40069", "不合法的分页大小"),
    ("conversation.send", "sender", "40012", "不合法的发送者"),
    ("conversation.send", "cid", "40016", "不合法的会话id"),
    ("conversation.send", "msg", "34014", "消息JSON不完整"),
    ("media.upload", "type", "40004", "不合法的媒体文件类型"),
    ("media.upload", "media", "41005", "缺少多媒体文件数据"),
    ("scene_v1.get", "open_conversation_id", "660001", "群会话ID为空"),
    ("scene_v1.send", "target_open_conversation_id", "660001", "群会话ID为空"),
    ("scene_v1.send", "robot_code", "660002", "机器人编码为空"),
    ("scene_v1.send", "msg_template_id", "660024", "消息模板为空"),
    ("robot.batch_send", "userIds", "invalidParameter.userIds.empty", "userIds 不能为空"),
    ("robot.batch_send", "msgKey", "invalidParameter.msgKey.empty", "msgKey 不能为空"),
    ("robot.batch_send", "msgParam", "invalidParameter.msgParam.invalid", "msgParam 应为 JSON 字符串"),
    ("robot.group_send", "openConversationId", "miss.openConversationId", "openConversationId 不能为空"),
    ("robot.group_send", "msgKey", "invalidParameter.msgKey.empty", "msgKey 不能为空"),
    ("robot.group_send", "msgParam", "invalidParameter.msgParam.invalid", "msgParam 应为 JSON 字符串"),
    ("robot.group_recall", "openConversationId", "miss.openConversationId", "openConversationId 不能为空"),
    ("robot.group_query", "processQueryKey", "miss.param.processQueryKey", "processQueryKey 不能为空"),
    ("robot.read_status", "processQueryKey", "miss.param.processQueryKey", "processQueryKey 不能为空"),
    ("robot.ding", "content", "invalidParameter.content.empty", "content 不能为空"),
    ("robot.ding", "remindType", "invalidParameter.remindType.invalid", "remindType 为 1、2 或 3"),
    ("robot.file_download", "downloadCode", "miss.param.downloadCode", "downloadCode 不能为空"),
    ("robot.batch_send", "robotCode", ROBOT.0, ROBOT.1),
    ("robot.group_send", "robotCode", ROBOT.0, ROBOT.1),
    ("robot.batch_recall", "robotCode", ROBOT.0, ROBOT.1),
    ("robot.group_recall", "robotCode", ROBOT.0, ROBOT.1),
    ("robot.read_status", "robotCode", ROBOT.0, ROBOT.1),
    ("robot.ding", "robotCode", ROBOT.0, ROBOT.1),
    ("robot.file_download", "robotCode", ROBOT.0, ROBOT.1),
];
const ROBOT: (&str, &str) = ("invalidParameter.robotCode.empty", "robotCode 不能为空");

/// What is missing of a card, in the pages' own codes.
const CARDS: [(&str, &str); 9] = [
    ("outTrackId", "param.outTrackIdEmpty"),
    ("openSpaceId", "param.openSpaceIdEmpty"),
    ("cardTemplateId", "param.cardTemplateIdEmpty"),
    ("cardData", "param.cardPublicDataEmpty"),
    ("callbackRouteKey", "param.callbackRouteKeyEmpty"),
    ("callbackUrl", "param.callbackUrlEmpty"),
    ("key", "param.stream.keyEmpty"),
    ("content", "param.stream.contentEmpty"),
    ("guid", "param.stream.guidEmpty"),
];

/// What is missing of a vendor's older operations has a code of its own for most fields.
const VENDORS: [(&str, &str); 9] = [
    ("suite_key", "41021"),
    ("suite_access_token", "41022"),
    ("suite_ticket", "41023"),
    ("suite_secret", "41024"),
    ("permanent_code", "41025"),
    ("tmp_auth_code", "41026"),
    ("timestamp", "853001"),
    ("accessKey", "853003"),
    ("signature", "853004"),
];

/// The platform's refusal of a call that it cannot read, in its own words: never ours, never a library's.
fn unreadable(spec: &Spec, invalid: &Invalid) -> Fault {
    let say = |code: &str, words: String| DingTalk::refused(code, words);
    let field = invalid.top();
    let missing = invalid.misses(field);
    if let Some((.., code, words)) = FIELDS.iter().find(|(name, of, ..)| *name == spec.name && *of == field) {
        return say(code, (*words).to_owned());
    }
    match spec.name {
        "token.get" => say("40035", "缺少参数 corpid or appkey".into()),
        "chat.create" if field == "useridlist" && missing => say("49010", "群成员列表不能为空".into()),
        "chat.create" | "chat.update" if field.ends_with("idlist") => say("40031", "不合法的userid列表".into()),
        "chat.create" | "chat.update" | "chat.send" | "conversation.send" if field.is_empty() => {
            say("43009", "需要JSON格式的请求体".into())
        }
        "media.upload" if invalid.flaw == Flaw::NoForm => say("43008", "需要multipart/form-data".into()),
        "media.upload" => say("41005", "缺少多媒体文件数据".into()),
        "callback.register" | "callback.update" if !missing => say("71010", "json格式错误".into()),
        name if name.starts_with("isv.") && missing && VENDORS.iter().any(|(of, _)| *of == field) => {
            let code = VENDORS.iter().find(|(of, _)| *of == field).map_or("40035", |(_, code)| code);
            say(code, format!("缺少参数 {field}"))
        }
        name if name.starts_with("card.") && invalid.flaw == Flaw::NoObject => say("param.empty", "参数为空".into()),
        name if name.starts_with("card.") && missing => {
            let code = CARDS.iter().find(|(of, _)| *of == field).map_or("param.empty", |(_, code)| code);
            say(code, format!("{field} 不能为空"))
        }
        name if (name.starts_with("scene_v1.") || name == "notice.status_bar") && missing => {
            say("40035", format!("缺少参数 {field}"))
        }
        name if name.starts_with("scene_v1.") || name == "notice.status_bar" => {
            say("40035", about("不合法的参数", &invalid.field))
        }
        _ if new_style(spec) && missing => say("parameter.invalid", format!("{field} 不能为空")),
        _ if new_style(spec) => say("parameter.invalid", about("参数错误", &invalid.field)),
        _ if spec.path.starts_with(topapi::PATHS) => say("400002", about("参数错误", &invalid.field)),
        _ if missing => say("40035", format!("缺少参数 {field}")),
        _ => say("40035", about("不合法的参数", &invalid.field)),
    }
}

/// The words, and the field that they are about where it is one.
fn about(words: &str, field: &str) -> String {
    if field.is_empty() { words.to_owned() } else { format!("{words} {field}") }
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
                assert!(refused.known().is_some(), "{}: {}", spec.name, refused.code());
                seen += 1;
            }
        }
        assert!(seen > 200, "{seen}");
    }
}
