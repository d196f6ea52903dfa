//! An ordinary message (普通消息) into a conversation that a person chose in the client.

use crate::{
    DingTalk,
    chat::{NO_JSON, NO_MESSAGE},
};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::Value;

endpoints! { DingTalk;
    /// Sends a message in a member's name (closed to new applications).
    SendToConversation -> ConversationSent {
        "conversation.send", POST "/message/send_to_conversation",
        auth: AccessToken, effect: Send,
        refuses: [
            unfit("sender") => ("40012", "不合法的发送者"), unfit("cid") => ("40016", "不合法的会话id"),
            unfit("msg") => NO_MESSAGE, Whole => NO_JSON,
        ],
        limits: [bytes("msg", 2048), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/send-normal-messages-1",
    }
}

/// Request of `message/send_to_conversation`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SendToConversation {
    /// A member of the conversation.
    pub sender: String,
    /// From the client: for one use, within 24 hours.
    pub cid: String,
    /// The message object, at most 2048 bytes.
    pub msg: Value,
}

/// Reply of `message/send_to_conversation`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConversationSent {
    /// User ids of the calling company, joined with `|`; others get nothing.
    #[serde(default, deserialize_with = "lenient::text")]
    pub receiver: String,
}
