//! Reads what travels as text: the `msg` of a work notification or a chat message, and lists with commas. What a
//! message must be is the platform's to say.

use crate::route::refuse;
use hongyan_dingtalk::{DingTalk, content};
use hongyan_endpoint::Fault;
use serde_json::{Map, Value};

/// Checks a message; form posts and some clients send the object as text, so text that is an object counts as one.
///
/// # Errors
/// The platform's refusal, as [`content::check`] has it; 34014 for what is no object.
pub(super) fn read(msg: Value) -> Result<Map<String, Value>, Fault> {
    let msg = match msg {
        Value::Object(msg) => msg,
        Value::String(text) => {
            serde_json::from_str(&text).map_err(|_| refuse::<DingTalk>("34014", "消息JSON不完整"))?
        }
        _ => return Err(refuse::<DingTalk>("34014", "消息JSON不完整")),
    };
    content::check(&msg).map_err(|unfit| refuse::<DingTalk>(unfit.code, content::words(&unfit)))?;
    Ok(msg)
}

/// The items of a list that is one text with commas.
pub(super) fn split(list: Option<&str>) -> Vec<String> {
    let items = list.unwrap_or_default().split(',').map(str::trim);
    items.filter(|item| !item.is_empty()).map(Into::into).collect()
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
