//! What a work notification's `msg` must be: one message type, complete, within its bounds.

use crate::route::refuse;
use hongyan_dingtalk::{DingTalk, notice::SendNotice};
use hongyan_endpoint::{Endpoint, Fault};
use serde_json::{Map, Value};

/// Members that each type cannot do without.
const REQUIRED: [(&str, &[&str]); 8] = [
    ("text", &["content"]),
    ("image", &["media_id"]),
    ("voice", &["media_id", "duration"]),
    ("file", &["media_id"]),
    ("link", &["messageUrl", "picUrl", "title", "text"]),
    ("oa", &["message_url"]),
    ("markdown", &["title", "text"]),
    ("action_card", &["title", "markdown"]),
];
/// Bounds in characters on single members, from the words of 34016.
const BOUNDS: [(&str, &str, usize); 5] = [
    ("text", "content", 5_000),
    ("markdown", "text", 5_000),
    ("action_card", "markdown", 5_000),
    ("action_card", "single_title", 20),
    ("action_card", "single_url", 500),
];

/// Checks a message; form posts and some clients send the object as text, so text that is an object counts as one.
///
/// # Errors
/// The platform's refusal: type 40008, structure 34014, text empty 44004, too large 45002 or 34016.
pub(super) fn read(msg: Value) -> Result<Map<String, Value>, Fault> {
    let msg = match msg {
        Value::Object(msg) => msg,
        Value::String(text) => {
            serde_json::from_str(&text).map_err(|_| refuse::<DingTalk>("34014", "消息JSON不完整"))?
        }
        _ => return Err(refuse::<DingTalk>("34014", "消息JSON不完整")),
    };
    let Some(kind) = msg.get("msgtype").and_then(Value::as_str) else {
        return Err(refuse::<DingTalk>("40008", "不合法的消息类型"));
    };
    let Some((kind, required)) = REQUIRED.iter().find(|(name, _)| *name == kind) else {
        return Err(refuse::<DingTalk>("40008", format!("不合法的消息类型: {kind}")));
    };
    let Some(content) = msg.get(*kind).and_then(Value::as_object) else {
        return Err(incomplete(kind));
    };
    let filled = |name: &str| match content.get(name) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Number(_)) => true,
        _ => false,
    };
    if *kind == "text" && content.get("content").and_then(Value::as_str).is_some_and(str::is_empty) {
        return Err(refuse::<DingTalk>("44004", "文本消息内容为空"));
    }
    if let Some(missing) = required.iter().find(|name| !filled(name)) {
        return Err(incomplete(&format!("{kind}.{missing}")));
    }
    match *kind {
        "oa" => oa(content)?,
        "action_card" => action_card(content)?,
        "voice" => voice(content)?,
        _ => {}
    }
    for (_, name, max) in BOUNDS.iter().filter(|(of, ..)| of == kind) {
        if content.get(*name).and_then(Value::as_str).is_some_and(|text| text.chars().count() > *max) {
            return Err(refuse::<DingTalk>("34016", format!("消息体过长: {kind}.{name} 最多 {max}")));
        }
    }
    // Measured as compact JSON: what a form post or a client without spaces sends.
    let size = Counted::of(&msg);
    match SendNotice::SPEC.max_bytes("msg") {
        Some(max) if size > max => Err(refuse::<DingTalk>("45002", format!("消息内容大小超过限制: {size} > {max}"))),
        _ => Ok(msg),
    }
}

fn incomplete(what: &str) -> Fault {
    refuse::<DingTalk>("34014", format!("消息JSON不完整: {what}"))
}

fn oa(content: &Map<String, Value>) -> Result<(), Fault> {
    let head = content.get("head").and_then(Value::as_object).ok_or_else(|| incomplete("oa.head"))?;
    for name in ["bgcolor", "text"] {
        if !head.get(name).is_some_and(Value::is_string) {
            return Err(incomplete(&format!("oa.head.{name}")));
        }
    }
    content.get("body").filter(|body| body.is_object()).map(|_| ()).ok_or_else(|| incomplete("oa.body"))
}

/// Either one button for the whole card or a list of buttons, never both.
fn action_card(content: &Map<String, Value>) -> Result<(), Fault> {
    let text = |name: &str| content.get(name).and_then(Value::as_str).is_some_and(|text| !text.is_empty());
    let buttons = content.get("btn_json_list");
    match (text("single_title") && text("single_url"), buttons) {
        (true, None | Some(Value::Null)) => Ok(()),
        (false, Some(list)) => {
            let items = match list {
                Value::Array(items) => items.clone(),
                Value::String(text) => serde_json::from_str(text).unwrap_or_default(),
                _ => Vec::new(),
            };
            let whole = |button: &Value| button["title"].is_string() && button["action_url"].is_string();
            if items.is_empty() || !items.iter().all(whole) {
                return Err(incomplete("action_card.btn_json_list"));
            }
            if list.to_string().chars().count() > 1_000 {
                return Err(refuse::<DingTalk>("34016", "消息体过长: action_card.btn_json_list 最多 1000"));
            }
            Ok(())
        }
        _ => Err(incomplete("action_card: single_title 与 btn_json_list 二选一")),
    }
}

fn voice(content: &Map<String, Value>) -> Result<(), Fault> {
    let seconds = match &content["duration"] {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    match seconds {
        Some(1..60) => Ok(()),
        _ => Err(refuse::<DingTalk>("400002", "参数错误: voice.duration 应为小于 60 的正整数")),
    }
}

/// Counts what is written and keeps none of it.
struct Counted(usize);

impl Counted {
    fn of(value: &Map<String, Value>) -> usize {
        let mut counted = Self(0);
        // Cannot fail: the sink takes everything.
        let _ = serde_json::to_writer(&mut counted, value);
        counted.0
    }
}

impl std::io::Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn code(msg: Value) -> String {
        read(msg).map_or_else(|fault| fault.code().to_owned(), |_| "0".into())
    }

    #[test]
    fn every_message_of_the_reference_is_accepted() {
        for msg in [
            json!({"msgtype":"text","text":{"content":"hello"}}),
            json!({"msgtype":"image","image":{"media_id":"@lADO"}}),
            json!({"msgtype":"voice","voice":{"media_id":"@lADO","duration":"10"}}),
            json!({"msgtype":"file","file":{"media_id":"@lADO"}}),
            json!({"msgtype":"link","link":{"messageUrl":"https://example.com","picUrl":"@l","title":"t","text":"d"}}),
            json!({"msgtype":"markdown","markdown":{"title":"t","text":"# h1\n* item"}}),
            json!({"msgtype":"action_card","action_card":{"title":"t","markdown":"b","single_title":"Open","single_url":"https://example.com"}}),
            json!({"msgtype":"action_card","action_card":{"title":"t","markdown":"b","btn_orientation":"1","btn_json_list":[{"title":"Y","action_url":"https://example.com/y"}]}}),
            json!({"msgtype":"oa","oa":{"message_url":"https://example.com","head":{"bgcolor":"FFBBBBBB","text":"h"},"body":{"title":"T"}}}),
            json!(r#"{"msgtype":"text","text":{"content":"as a form sends it"}}"#),
        ] {
            assert_eq!(code(msg.clone()), "0", "{msg}");
        }
    }

    #[test]
    fn each_flaw_has_its_code() {
        for (msg, expected) in [
            (json!({"text":{"content":"x"}}), "40008"),
            (json!({"msgtype":"smoke"}), "40008"),
            (json!({"msgtype":"text"}), "34014"),
            (json!({"msgtype":"text","text":"x"}), "34014"),
            (json!("{broken"), "34014"),
            (json!([1]), "34014"),
            (json!({"msgtype":"text","text":{"content":""}}), "44004"),
            (json!({"msgtype":"markdown","markdown":{"text":"x"}}), "34014"),
            (json!({"msgtype":"voice","voice":{"media_id":"@l","duration":"61"}}), "400002"),
            (json!({"msgtype":"action_card","action_card":{"title":"t","markdown":"b"}}), "34014"),
            (json!({"msgtype":"text","text":{"content":"字".repeat(700)}}), "45002"),
            (
                json!({"msgtype":"action_card","action_card":{"title":"t","markdown":"b","single_title":"x".repeat(21),"single_url":"u"}}),
                "34016",
            ),
        ] {
            assert_eq!(code(msg.clone()), expected, "{msg}");
        }
    }
}
