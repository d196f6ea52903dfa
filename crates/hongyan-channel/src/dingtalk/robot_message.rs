//! A message in one of the robot's own kinds, given as `native` with `msgKey` and `msgParam`.

use hongyan_core::{Content, Flaw, Unfit};
use hongyan_dingtalk::robot::SendToGroup;
use hongyan_endpoint::Endpoint;
use serde_json::{Map, Value};

/// A message in a kind of the robot's own.
#[derive(Debug, Clone, Copy)]
pub(super) struct RobotMessage<'a> {
    pub(super) msg_key: &'a str,
    /// A JSON text.
    pub(super) msg_param: &'a str,
    /// A member that is neither.
    pub(super) other: Option<&'a str>,
}

/// The robot's message that a content is, if it is one.
pub(super) fn message_of(content: &Content) -> Option<RobotMessage<'_>> {
    let native = content.native.as_ref()?.as_object()?;
    let text = |name: &str| native.get(name).and_then(Value::as_str);
    let msg_key = text("msgKey")?;
    let other = native.keys().map(String::as_str).find(|name| !matches!(*name, "msgKey" | "msgParam"));
    Some(RobotMessage { msg_key, msg_param: text("msgParam").unwrap_or_default(), other })
}

impl RobotMessage<'_> {
    /// What is wrong with it, as far as that is known; the rest is the platform's to say.
    pub(super) fn check(&self) -> Result<(), Unfit> {
        if let Some(other) = self.other {
            let why = ("is none of msgKey and msgParam", "不是 msgKey、msgParam 之一");
            return Err(Unfit::new(format!("native.{other}"), Flaw::unfit(why)));
        }
        if serde_json::from_str::<Map<String, Value>>(self.msg_param).is_err() {
            let why = ("is not the text of a JSON object", "不是 JSON 对象的文本");
            return Err(Unfit::new("native.msgParam", Flaw::unfit(why)));
        }
        match SendToGroup::SPEC.max_bytes("msgParam").filter(|max| self.msg_param.len() > *max) {
            Some(max) => Err(Unfit::new("native.msgParam", Flaw::bytes(self.msg_param.len(), max))),
            None => Ok(()),
        }
    }
}
