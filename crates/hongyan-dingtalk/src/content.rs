//! What a `msg` must be: one message type, complete, within its bounds. Work notifications, chats and messages to a
//! conversation take the same objects ([`check`]); [`robot`] reads the other dialect, of the group's own robots.
//!
//! Lengths that the platform only advises are left alone.
//!
//! ```
//! use hongyan_dingtalk::content;
//! let msg = serde_json::json!({"msgtype": "text", "text": {"content": "字".repeat(700)}});
//! let unfit = content::check(msg.as_object().unwrap()).unwrap_err();
//! assert_eq!((unfit.code, unfit.field.as_str()), ("45002", "msg"));
//! ```

use crate::{
    notice::SendNotice,
    webhook::{ActionCard, MAX_BODY_BYTES, Message},
};
use hongyan_endpoint::{Endpoint, Flaw, Unfit, Unit};
use serde::Serialize;
use serde_json::{Map, Value};

/// The platform's words for what [`check`] and [`robot`] refuse.
#[must_use]
pub fn words(unfit: &Unfit) -> String {
    let Unfit { field, flaw, .. } = unfit;
    match (unfit.code, flaw) {
        ("40008", Flaw::Missing) => "不合法的消息类型".into(),
        ("40008", Flaw::NotKind(kind)) => format!("不合法的消息类型: {kind}"),
        ("400105", Flaw::NotKind(kind)) => format!("不支持的消息类型: {kind}"),
        ("44004", _) => "文本消息内容为空".into(),
        ("34014", Flaw::Unfit(why)) => format!("消息JSON不完整: {field}: {why:#}"),
        ("34014", _) => format!("消息JSON不完整: {field}"),
        ("34016", Flaw::TooLong { limit, .. }) => format!("消息体过长: {field} 最多 {limit}"),
        ("45002", Flaw::TooLong { size, limit, .. }) => format!("消息内容大小超过限制: {size} > {limit}"),
        ("400002", flaw) => format!("参数错误: {field} {:#}", flaw.text()),
        ("40035", _) => format!("缺少参数 {field}"),
        ("460101", Flaw::TooLong { size, limit, .. }) => format!("message too long, exceed {limit} bytes: {size}"),
        (_, flaw) => format!("{:#}", flaw.text()),
    }
}

fn incomplete(field: impl Into<String>) -> Unfit {
    Unfit::coded("34014", field, Flaw::Missing)
}

fn too_long(field: impl Into<String>, size: usize, limit: usize) -> Unfit {
    Unfit::coded("34016", field, Flaw::TooLong { size, limit, unit: Unit::Chars })
}

fn no_kind(code: &'static str, kind: &str) -> Unfit {
    Unfit::coded(code, "msgtype", Flaw::NotKind(kind.to_owned()))
}

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
    ("action_card", "single_title", SINGLE_TITLE_CHARS),
    ("action_card", "single_url", SINGLE_URL_CHARS),
];
/// The longest label of a card's only button, in characters.
pub const SINGLE_TITLE_CHARS: usize = 20;
/// The longest address of a card's only button, in characters.
pub const SINGLE_URL_CHARS: usize = 500;
/// The longest list of buttons, as JSON, in characters.
pub const BUTTONS_CHARS: usize = 1_000;

/// Checks a message object.
///
/// # Errors
/// [`Unfit`]: type 40008, structure 34014, text empty 44004, a voice's length 400002, too large 45002 or 34016.
pub fn check(msg: &Map<String, Value>) -> Result<(), Unfit> {
    let Some(kind) = msg.get("msgtype").and_then(Value::as_str) else {
        return Err(Unfit::coded("40008", "msgtype", Flaw::Missing));
    };
    let Some((kind, required)) = REQUIRED.iter().find(|(name, _)| *name == kind) else {
        return Err(no_kind("40008", kind));
    };
    let Some(content) = msg.get(*kind).and_then(Value::as_object) else {
        return Err(incomplete(*kind));
    };
    let filled = |name: &str| match content.get(name) {
        Some(Value::String(text)) => !text.is_empty(),
        Some(Value::Number(_)) => true,
        _ => false,
    };
    if *kind == "text" && content.get("content").and_then(Value::as_str).is_some_and(str::is_empty) {
        return Err(Unfit::coded("44004", "text.content", Flaw::Empty));
    }
    if let Some(missing) = required.iter().find(|name| !filled(name)) {
        return Err(incomplete(format!("{kind}.{missing}")));
    }
    match *kind {
        "oa" => oa(content)?,
        "action_card" => action_card(content)?,
        "voice" => voice(content)?,
        _ => {}
    }
    for (_, name, max) in BOUNDS.iter().filter(|(of, ..)| of == kind) {
        let size = content.get(*name).and_then(Value::as_str).map_or(0, |text| text.chars().count());
        if size > *max {
            return Err(too_long(format!("{kind}.{name}"), size, *max));
        }
    }
    // Measured as compact JSON: what a form post or a client without spaces sends.
    let size = Counted::of(msg);
    match SendNotice::SPEC.max_bytes("msg") {
        Some(max) if size > max => Err(Unfit::coded("45002", "msg", Flaw::bytes(size, max))),
        _ => Ok(()),
    }
}

fn oa(content: &Map<String, Value>) -> Result<(), Unfit> {
    let head = content.get("head").and_then(Value::as_object).ok_or_else(|| incomplete("oa.head"))?;
    for name in ["bgcolor", "text"] {
        if !head.get(name).is_some_and(Value::is_string) {
            return Err(incomplete(format!("oa.head.{name}")));
        }
    }
    content.get("body").filter(|body| body.is_object()).map(|_| ()).ok_or_else(|| incomplete("oa.body"))
}

/// Either one button for the whole card or a list of buttons, never both.
fn action_card(content: &Map<String, Value>) -> Result<(), Unfit> {
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
            let complete = |button: &Value| button["title"].is_string() && button["action_url"].is_string();
            if items.is_empty() || !items.iter().all(complete) {
                return Err(incomplete("action_card.btn_json_list"));
            }
            let size = list.to_string().chars().count();
            if size > BUTTONS_CHARS {
                return Err(too_long("action_card.btn_json_list", size, BUTTONS_CHARS));
            }
            Ok(())
        }
        _ => {
            let why = ("needs either single_title or btn_json_list", "single_title 与 btn_json_list 二选一");
            Err(Unfit::coded("34014", "action_card", Flaw::unfit(why)))
        }
    }
}

fn voice(content: &Map<String, Value>) -> Result<(), Unfit> {
    let seconds = match &content["duration"] {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64(),
    };
    match seconds {
        Some(1..60) => Ok(()),
        _ => {
            let why = ("is no positive integer below 60", "应为小于 60 的正整数");
            Err(Unfit::coded("400002", "voice.duration", Flaw::unfit(why)))
        }
    }
}

/// Checks what a group's own robot says (`robot/send`, `robot/sendBySession`).
///
/// # Errors
/// [`Unfit`]: type 400105, what is missing 40035, too large 460101.
pub fn robot(message: &Message) -> Result<(), Unfit> {
    let missing = |field: &str| Unfit::coded("40035", field, Flaw::Missing);
    let filled = |field: &'static str, text: &str| if text.is_empty() { Err(missing(field)) } else { Ok(()) };
    match message.msgtype.as_str() {
        "text" => filled("text.content", &message.text.as_ref().ok_or_else(|| missing("text"))?.content)?,
        "markdown" => {
            let markdown = message.markdown.as_ref().ok_or_else(|| missing("markdown"))?;
            filled("markdown.title", &markdown.title)?;
            filled("markdown.text", &markdown.text)?;
        }
        "link" => {
            let link = message.link.as_ref().ok_or_else(|| missing("link"))?;
            filled("link.title", &link.title)?;
            filled("link.text", &link.text)?;
            filled("link.messageUrl", &link.message_url)?;
        }
        "actionCard" => {
            let card = message.action_card.as_ref().ok_or_else(|| missing("actionCard"))?;
            filled("actionCard.title", &card.title)?;
            filled("actionCard.text", &card.text)?;
            robot_buttons(card).map_err(missing)?;
        }
        "feedCard" => {
            let links = &message.feed_card.as_ref().ok_or_else(|| missing("feedCard"))?.links;
            if links.is_empty() {
                return Err(missing("feedCard.links"));
            }
            for link in links {
                filled("feedCard.links.title", &link.title)?;
                filled("feedCard.links.messageURL", &link.message_url)?;
                filled("feedCard.links.picURL", &link.pic_url)?;
            }
        }
        other => return Err(no_kind("400105", other)),
    }
    let size = Counted::of(message);
    if size > MAX_BODY_BYTES {
        return Err(Unfit::coded("460101", "msg", Flaw::bytes(size, MAX_BODY_BYTES)));
    }
    Ok(())
}

/// The single button wins over the list; the field that is missing where there is neither.
fn robot_buttons(card: &ActionCard) -> Result<(), &'static str> {
    let given = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
    match (given(&card.single_title), given(&card.single_url)) {
        (true, true) => Ok(()),
        (true, false) => Err("actionCard.singleURL"),
        (false, true) => Err("actionCard.singleTitle"),
        (false, false) if card.btns.is_empty() => Err("actionCard.btns"),
        (false, false) if card.btns.iter().any(|button| button.title.is_empty() || button.action_url.is_empty()) => {
            Err("actionCard.btns")
        }
        (false, false) => Ok(()),
    }
}

/// Counts what is written and keeps none of it.
struct Counted(usize);

impl Counted {
    fn of(value: &impl Serialize) -> usize {
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

    fn field(msg: &Value) -> (String, String) {
        check(msg.as_object().unwrap()).map_or_else(|e| (e.code.into(), e.field), |()| ("0".into(), String::new()))
    }

    #[test]
    fn a_flaw_names_its_field() {
        for (msg, code, at) in [
            (json!({"text": {"content": "x"}}), "40008", "msgtype"),
            (json!({"msgtype": "text", "text": {"content": ""}}), "44004", "text.content"),
            (json!({"msgtype": "markdown", "markdown": {"text": "x"}}), "34014", "markdown.title"),
            (json!({"msgtype": "voice", "voice": {"media_id": "@l", "duration": "61"}}), "400002", "voice.duration"),
            (json!({"msgtype": "action_card", "action_card": {"title": "t", "markdown": "b"}}), "34014", "action_card"),
            (json!({"msgtype": "text", "text": {"content": "字".repeat(700)}}), "45002", "msg"),
            (json!({"msgtype": "image", "image": {"media_id": "@l"}}), "0", ""),
        ] {
            assert_eq!(field(&msg), (code.into(), at.into()), "{msg}");
        }
    }

    #[test]
    fn a_robot_is_told_what_is_missing_and_what_is_too_much() {
        let read = |value: Value| serde_json::from_value::<Message>(value).unwrap();
        let code = |value| robot(&read(value)).map_or_else(|unfit| unfit.code, |()| "0");
        assert_eq!(code(json!({"msgtype": "text", "text": {"content": "a"}})), "0");
        assert_eq!(code(json!({"msgtype": "text", "text": {"content": ""}})), "40035");
        assert_eq!(code(json!({"msgtype": "action_card"})), "400105");
        assert_eq!(code(json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "b"}})), "40035");
        assert_eq!(code(json!({"msgtype": "feedCard", "feedCard": {"links": []}})), "40035");
        assert_eq!(code(json!({"msgtype": "text", "text": {"content": "字".repeat(7_000)}})), "460101");
    }
}
