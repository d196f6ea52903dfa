//! A message and its key, looked at before they are written anywhere: what is wrong is said to whoever writes it, and
//! not much later to whoever delivers it.

use crate::EngineError;
use hongyan_core::{Message, number};
use hongyan_endpoint::{Bilingual, Flaw, Invalid};
use serde_json::Value;

/// The longest idempotency key that a gateway takes, in bytes.
const LONGEST_KEY: usize = 255;
/// The longest key in an outbox, in bytes: an index holds it.
const LONGEST_OUTBOX_KEY: usize = 1_000;

/// Checks that a text is a message as `POST /v1/messages` takes it. Which accounts there are, and what they can send,
/// only a gateway knows.
///
/// # Errors
/// [`crate::Kind::Argument`]: where the JSON breaks off, or which field is wrong. The field's value is never repeated.
pub fn check_message(text: &str) -> Result<(), EngineError> {
    let message: Message = hongyan_endpoint::from_json(text.as_bytes()).map_err(|invalid| wrong(&invalid))?;
    if message.to.is_empty() {
        let why = (
            "needs at least one recipient, such as {\"userid\": \"zhangsan\"}",
            "至少需要一个接收人，如 {\"userid\": \"zhangsan\"}",
        );
        return Err(field("to", why));
    }
    message.content.form().map(drop).map_err(|unfit| {
        let name = if unfit.field.is_empty() { "content".into() } else { format!("content.{}", unfit.field) };
        field(&name, unfit.text())
    })
}

/// Reads a message that [`check_message`] has found right.
pub(crate) fn read_message(text: &str) -> Result<Value, EngineError> {
    check_message(text)?;
    let kept = number::of_message(text).map_err(|path| {
        let why =
            ("is a number that 64 bits cannot hold: write it in quotes", "是 64 位无法容纳的数字，请写成带引号的文本");
        field(&path, why)
    })?;
    serde_json::from_str(&kept).map_err(|error| EngineError::argument(error.to_string()))
}

/// Checks an idempotency key as a gateway does.
///
/// # Errors
/// [`crate::Kind::Argument`].
pub fn check_key(key: &str) -> Result<(), EngineError> {
    if (1..=LONGEST_KEY).contains(&key.len()) && key.bytes().all(|b| b.is_ascii_graphic()) {
        return Ok(());
    }
    Err(EngineError::argument(format!(
        "the key has to be 1 to {LONGEST_KEY} visible ASCII characters · 键须为 1 至 255 个可见 ASCII 字符"
    )))
}

/// Checks a key for an outbox. The relay makes it fit a header where it does not, so it may be any text.
///
/// # Errors
/// [`crate::Kind::Argument`].
pub fn check_outbox_key(key: &str) -> Result<(), EngineError> {
    if (1..=LONGEST_OUTBOX_KEY).contains(&key.len()) {
        return Ok(());
    }
    Err(EngineError::argument(format!(
        "the key has to be 1 to {LONGEST_OUTBOX_KEY} bytes long; leave it out for a random one · 键须为 1 至 {LONGEST_OUTBOX_KEY} 字节"
    )))
}

fn field(name: &str, why: impl Into<Bilingual>) -> EngineError {
    let Bilingual { en, zh } = why.into();
    EngineError::argument(format!("the message's field {name}: {en} · {zh}"))
}

/// Without the value, which may be a secret.
fn wrong(invalid: &Invalid) -> EngineError {
    let Bilingual { en, zh } = invalid.flaw.text();
    match (&invalid.flaw, invalid.field.as_str()) {
        (Flaw::Syntax { .. }, _) => {
            EngineError::argument(format!("the message is not JSON: {en} · 消息不是合法的 JSON：{zh}"))
        }
        (_, "") => EngineError::argument(format!("the message: {en} · {zh}")),
        (_, name) => field(name, (en, zh)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_taken_as_the_gateway_takes_it() {
        for text in [
            r#"{"to":[{"userid":"zhangsan"}],"content":{"text":"盘后对账完成"}}"#,
            r#" {"to":[{"all":true}],"via":["ding"],"content":{"title":"t","markdown":"**b**"},"priority":"high"} "#,
        ] {
            assert_eq!(check_message(text), Ok(()), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_is_named_by_its_field_and_never_quoted() {
        for (text, expected) in [
            ("", "not JSON"),
            ("{\"to\":[", "line 1, column 7"),
            (r#"{"to":[{"userid":"a"}],"content":{"text":"x"}} {}"#, "trailing"),
            ("[]", "the message: "),
            (r#"{"content":{"text":"x"}}"#, "field to: is missing"),
            (r#"{"to":[],"content":{"text":"x"}}"#, "field to: needs"),
            (r#"{"to":"canary","content":{"text":"x"}}"#, "field to: expected a list, found a string"),
            (r#"{"to":[{"userid":"a"}],"content":{"txet":"canary"}}"#, "field content.txet: there is no such field"),
            (r#"{"to":[{"userid":"a"}],"content":{}}"#, "field content: one of"),
            (r#"{"to":[{"userid":"a"}],"content":{"text":" "}}"#, "field content.text: is empty"),
            (r#"{"to":[{"userid":"a"}],"content":{"text":"x"},"priority":"canary"}"#, "field priority: expected"),
        ] {
            let fault = check_message(text).unwrap_err();
            assert!(fault.message.contains(expected), "{text}: {fault}");
            assert!(!fault.message.contains("canary"), "{text}: {fault}");
        }
        let deep = "[".repeat(100_000);
        assert!(check_message(&format!("{{\"to\":{deep}")).is_err());
    }

    #[test]
    fn a_key_is_what_fits_a_header_and_in_an_outbox_any_text() {
        assert!(check_outbox_key("订单 17").is_ok() && check_outbox_key("").is_err());
        assert!(check_outbox_key(&"x".repeat(1_001)).is_err());
        assert_eq!(check_key("order-17/paid"), Ok(()));
        for key in ["", "a b", "键", "a\n", &"x".repeat(256)] {
            assert!(check_key(key).is_err(), "{key:?}");
        }
    }
}
