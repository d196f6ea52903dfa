//! Application messages: send and recall. <https://developer.work.weixin.qq.com/document/path/90235>

use crate::WeCom;
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

endpoints! { WeCom;
    /// Sends an application message to members, departments or tags.
    SendMessage -> MessageSent {
        "message.send", POST "/cgi-bin/message/send",
        auth: AccessToken, effect: Send,
        limits: [
            items("touser", 1000), items("toparty", 100), items("totag", 100),
            bytes("text.content", 2048), bytes("markdown.content", 2048),
            rate(30, MINUTE, Scope::Recipient), rate(1000, HOUR, Scope::Recipient),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/90236",
    }
    /// Takes back a message of the last 24 hours.
    RecallMessage -> MessageRecalled {
        "message.recall", POST "/cgi-bin/message/recall",
        auth: AccessToken, effect: Idempotent,
        limits: [rate(10_000, MINUTE, Scope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/94867",
    }
}

/// The longest `duplicate_check_interval`, in seconds; the default is 1800.
pub const DUPLICATE_CHECK_MAX_SECONDS: u32 = 14_400;
/// How long a message can be recalled, in hours.
pub const RECALL_HOURS: u32 = 24;

/// Request of `message/send`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SendMessage {
    /// User ids joined with `|`, at most 1000; `@all` for everybody visible.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub touser: String,
    /// Department ids joined with `|`, at most 100.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub toparty: String,
    /// Tag ids joined with `|`, at most 100.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub totag: String,
    /// Names the member of `content` that carries it.
    pub msgtype: String,
    /// The application.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub agentid: i64,
    /// The object named by `msgtype`, and nothing else.
    #[serde(flatten)]
    pub content: Map<String, Value>,
    /// 1: an identical request within the interval is delivered once.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub enable_duplicate_check: Option<i64>,
    /// Seconds, default 1800, at most 14400.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub duplicate_check_interval: Option<i64>,
}

/// Reply of `message/send`: taken, except for those listed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageSent {
    /// Members that do not exist or are not visible, lower-cased.
    #[serde(default, deserialize_with = "lenient::list", serialize_with = "bars")]
    pub invaliduser: Vec<String>,
    /// Departments likewise.
    #[serde(default, deserialize_with = "lenient::list", serialize_with = "bars")]
    pub invalidparty: Vec<String>,
    /// Tags likewise.
    #[serde(default, deserialize_with = "lenient::list", serialize_with = "bars")]
    pub invalidtag: Vec<String>,
    /// Members without an interface licence.
    #[serde(
        default,
        deserialize_with = "lenient::list",
        serialize_with = "bars",
        skip_serializing_if = "Vec::is_empty"
    )]
    pub unlicenseduser: Vec<String>,
    /// For the recall.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub msgid: String,
}

/// WeCom joins lists with bars.
fn bars<S: serde::Serializer>(list: &[String], to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&list.join("|"))
}

/// Request of `message/recall`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallMessage {
    /// As `message/send` gave it.
    pub msgid: String,
}

/// Reply of `message/recall`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessageRecalled {}
