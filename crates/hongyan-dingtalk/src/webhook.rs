//! Custom robots (群自定义机器人): a webhook into one group, and the answer into a session.
//!
//! The token in the address is the credential; [`sign`] writes the signature of a robot that asks for one. The body
//! is written in another dialect than [`crate::notice`]'s: camel case.

use crate::{DingTalk, mac, read, reply::Done};
use hongyan_endpoint::{Endpoint, endpoints, lenient};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;

endpoints! { DingTalk;
    /// Sends a message to the webhook's group; the body at most 20000 bytes, then 10 minutes of rest past the rate.
    SendWebhook -> Done {
        "webhook.send", POST "/robot/send",
        query: ["access_token", "timestamp", "sign"],
        auth: None, effect: Send, role: Send(Webhook),
        limits: [
            bytes("", 20_000) => "460101", items("at.atMobiles", 50) => "40035",
            items("at.atUserIds", 50) => "40035", rate(20, MINUTE, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/orgapp/custom-robots-send-group-messages",
    }
    /// Answers a message that came to a robot, through the address that came with it.
    AnswerSession -> Done {
        "webhook.answer", POST "/robot/sendBySession",
        query: ["session"],
        auth: None, effect: Send, role: Send(Session),
        limits: [],
        source: "https://open.dingtalk.com/document/orgapp/robot-reply-and-send-messages",
    }
}

/// Request of `robot/send`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendWebhook {
    /// The webhook's own token, in the query; not an application's.
    pub access_token: String,
    /// Milliseconds, in the query with `sign`; more than an hour off is refused.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub timestamp: Option<String>,
    /// Of [`sign`], in the query.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign: Option<String>,
    /// What is said.
    #[serde(flatten, deserialize_with = "hongyan_endpoint::strict::flattened")]
    pub message: Message,
    /// Key against repetition; how long it lives is not published.
    #[serde(rename = "msgUuid", default, skip_serializing_if = "Option::is_none")]
    pub msg_uuid: Option<String>,
}

/// Request of `robot/sendBySession`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerSession {
    /// From `sessionWebhook`, in the query; it is the credential.
    pub session: String,
    /// What is said.
    #[serde(flatten, deserialize_with = "hongyan_endpoint::strict::flattened")]
    pub message: Message,
}

/// What a custom robot says: `msgtype` and the member of that name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// `text`, `link`, `markdown`, `actionCard`, `feedCard`; `empty` answers nothing.
    pub msgtype: String,
    /// Words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// A page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Link>,
    /// Words with form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub markdown: Option<Markdown>,
    /// Words with buttons.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_card: Option<ActionCard>,
    /// Pages with pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub feed_card: Option<FeedCard>,
    /// Who is mentioned; not with `link` and `feedCard`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<At>,
}

/// Member of [`Message`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// The words.
    #[serde(deserialize_with = "lenient::text")]
    pub content: String,
}

/// Member of [`Message`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Link {
    /// Title.
    pub title: String,
    /// Words below it.
    pub text: String,
    /// Where it leads.
    pub message_url: String,
    /// Picture.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pic_url: Option<String>,
}

/// Member of [`Message`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Markdown {
    /// Shown in the list of chats only.
    #[serde(deserialize_with = "lenient::text")]
    pub title: String,
    /// In the platform's subset.
    #[serde(deserialize_with = "lenient::text")]
    pub text: String,
}

/// Member of [`Message`]: one button for all, or several; never both.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionCard {
    /// Shown in the list of chats only.
    pub title: String,
    /// Markdown, in the platform's subset.
    pub text: String,
    /// The one button.
    #[serde(rename = "singleTitle", default, skip_serializing_if = "Option::is_none")]
    pub single_title: Option<String>,
    /// Where it leads.
    #[serde(rename = "singleURL", default, skip_serializing_if = "Option::is_none")]
    pub single_url: Option<String>,
    /// Ignored beside the one button.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "read::rows")]
    pub btns: Vec<Button>,
    /// `0` below one another, `1` side by side.
    #[serde(
        rename = "btnOrientation",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "read::text_opt"
    )]
    pub btn_orientation: Option<String>,
    /// `1` hides the sender's picture.
    #[serde(
        rename = "hideAvatar",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "read::text_opt"
    )]
    pub hide_avatar: Option<String>,
}

/// Member of [`ActionCard`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// Its words.
    pub title: String,
    /// Where it leads.
    #[serde(rename = "actionURL")]
    pub action_url: String,
}

/// Member of [`Message`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeedCard {
    /// The pages.
    #[serde(default, deserialize_with = "read::rows")]
    pub links: Vec<Feed>,
}

/// Member of [`FeedCard`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feed {
    /// Title.
    pub title: String,
    /// Where it leads.
    #[serde(rename = "messageURL")]
    pub message_url: String,
    /// Picture.
    #[serde(rename = "picURL")]
    pub pic_url: String,
}

/// Who is mentioned, at most 50; the text must hold `@number` or `@userid` for each.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct At {
    /// By mobile number.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub at_mobiles: Vec<String>,
    /// By user id.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub at_user_ids: Vec<String>,
    /// Everybody.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_at_all: Option<bool>,
}

/// The `sign` of a webhook with that setting: base64 of HMAC-SHA256 keyed with the secret over `timestamp\nsecret`.
///
/// Plain base64: the wire percent-encodes it, once. A robot that receives over HTTP finds the same in the header
/// `sign`, made with the application's secret: [`signed`] compares.
#[must_use]
pub fn sign(secret: &str, timestamp_ms: i64) -> String {
    mac::base64(secret, &format!("{timestamp_ms}\n{secret}"))
}

/// Whether `claimed` is [`sign`]; the time that it takes does not tell how much of it is right.
///
/// That the timestamp is within [`SKEW_MS`] is the caller's to check.
#[must_use]
pub fn signed(claimed: &str, secret: &str, timestamp_ms: i64) -> bool {
    claimed.as_bytes().ct_eq(sign(secret, timestamp_ms).as_bytes()).into()
}

/// How far a signature's timestamp may be off, in milliseconds: one hour.
pub const SKEW_MS: i64 = 3_600_000;

/// How many bytes the whole body may take.
pub const MAX_BODY_BYTES: usize = SendWebhook::SPEC.max_bytes("").unwrap();

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::Endpoint;
    use serde_json::{Value, json};

    #[test]
    fn the_signature_is_the_references_and_travels_encoded_once() {
        let call = SendWebhook {
            access_token: "0000samplehook0000".into(),
            timestamp: Some("1700000000000".into()),
            sign: Some(sign("SECtestsecret000", 1_700_000_000_000)),
            ..SendWebhook::default()
        };
        assert_eq!(call.sign.as_deref(), Some("72uxug/x6Fzw4RgzK/Sh4cPb2+NQZ9PZrSkbW+8IThY="));
        let encoded = "&sign=72uxug%2Fx6Fzw4RgzK%2FSh4cPb2%2BNQZ9PZrSkbW%2B8IThY%3D";
        assert!(call.encode().unwrap().target().ends_with(encoded));
        assert!(signed(call.sign.as_deref().unwrap(), "SECtestsecret000", 1_700_000_000_000));
        assert!(!signed(call.sign.as_deref().unwrap(), "SECtestsecret000", 1_700_000_000_001));
        assert!(!signed("", "SECtestsecret000", 1_700_000_000_000));
    }

    #[test]
    fn a_body_of_each_kind_is_read_and_written_without_loss() {
        for body in [
            json!({"msgtype": "text", "text": {"content": "hi"}, "at": {"isAtAll": true}}),
            json!({"msgtype": "link", "link": {"title": "t", "text": "d", "messageUrl": "https://example.com", "picUrl": ""}}),
            json!({"msgtype": "markdown", "markdown": {"title": "t", "text": "#### a"}, "at": {"atMobiles": ["13800000001"]}}),
            json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "b", "singleTitle": "Open",
                "singleURL": "https://example.com", "btnOrientation": "0"}}),
            json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "b", "btns": [{"title": "Yes",
                "actionURL": "https://example.com/y"}], "btnOrientation": "1"}}),
            json!({"msgtype": "feedCard", "feedCard": {"links": [{"title": "a", "messageURL": "https://example.com/a",
                "picURL": "https://example.com/a.png"}]}}),
            json!({"msgtype": "empty"}),
        ] {
            let message: Message = serde_json::from_value(body.clone()).unwrap();
            let wire = SendWebhook { message, ..SendWebhook::default() }.encode().unwrap();
            assert_eq!(serde_json::from_slice::<Value>(&wire.body).unwrap(), body);
            let read = SendWebhook::decode(&wire).unwrap();
            assert_eq!(serde_json::to_value(&read.message).unwrap(), body);
        }
    }
}
