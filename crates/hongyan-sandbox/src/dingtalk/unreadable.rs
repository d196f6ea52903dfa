//! What a call is refused with when a field is missing or of the wrong kind: each page has its own codes.

use crate::route::refuse;
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::{Fault, Invalid, Spec};

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

/// The refusal of an operation that has codes of its own; `None` leaves it to the host's general ones.
pub(super) fn of(spec: &Spec, invalid: &Invalid) -> Option<Fault> {
    let (field, missing) = field(invalid);
    if let Some((.., code, words)) = FIELDS.iter().find(|(name, of, ..)| *name == spec.name && *of == field) {
        return Some(refuse::<DingTalk>(code, *words));
    }
    let say = |code: &str, words: String| Some(refuse::<DingTalk>(code, words));
    match spec.name {
        "chat.create" if field == "useridlist" && missing => say("49010", "群成员列表不能为空".into()),
        "chat.create" | "chat.update" if field.ends_with("idlist") => say("40031", "不合法的userid列表".into()),
        "chat.create" | "chat.update" | "chat.send" | "conversation.send" if field.is_empty() => {
            say("43009", "需要JSON格式的请求体".into())
        }
        "media.upload" if invalid.message.ends_with("is expected") => say("43008", "需要multipart/form-data".into()),
        "media.upload" => say("41005", "缺少多媒体文件数据".into()),
        "webhook.send" | "webhook.answer" if missing => say("40035", format!("缺少参数 {field}")),
        name if name.starts_with("scene_v1.") || name == "notice.status_bar" => {
            say("40035", format!("不合法的参数: {invalid}"))
        }
        _ => None,
    }
}

/// The field that a refusal is about, without what lies below it, and whether it is missing.
fn field(invalid: &Invalid) -> (&str, bool) {
    let head = invalid.field.split(['.', '[']).next().unwrap_or_default();
    let missing = invalid.message.strip_prefix("missing field `").and_then(|rest| rest.split('`').next());
    match missing {
        Some(name) if head.is_empty() => (name, true),
        // Something is missing within the field.
        Some(_) => (head, false),
        None => (head, false),
    }
}
