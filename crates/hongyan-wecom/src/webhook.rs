//! Group robots (消息推送): send and upload with the robot's key. No token, no message id, no recall, no duplicate check.
//!
//! The key is the credential: give it to `Client::call_with`, and log neither it nor the address that holds it.
//! <https://developer.work.weixin.qq.com/document/path/99110>

use crate::{
    WeCom,
    content::{self, Place},
    done::Done,
    media::{MediaUploaded, UploadMedia, check_file},
};
use hongyan_endpoint::{File, Flaw, Unfit, endpoints};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

endpoints! { WeCom;
    /// Sends a message to the group that the robot lives in.
    SendWebhook -> Done {
        "webhook.send", POST "/cgi-bin/webhook/send",
        auth: Key, effect: Send, role: Send(Webhook),
        refuses: [missing("msgtype") => content::NO_TYPE],
        limits: [
            bytes("text.content", 2048) => "40058", bytes("markdown.content", 4096) => "40058",
            bytes("markdown_v2.content", 4096) => "40058",
            rate(20, MINUTE, RateScope::App),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/99110",
    }
    /// Uploads a file that only this robot can send, for three days.
    UploadWebhookMedia -> MediaUploaded {
        "webhook.upload_media", POST "/cgi-bin/webhook/upload_media",
        query: ["type"],
        body: Multipart,
        auth: Key, effect: Idempotent, role: Upload,
        limits: [bytes("media", 20_971_520)],
        source: "https://developer.work.weixin.qq.com/document/path/99110",
    }
}

/// Request of `webhook/send`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SendWebhook {
    /// Names the member of `content` that carries it.
    #[serde(default)]
    pub msgtype: String,
    /// The object named by `msgtype` ([`content::Content::to_map`] writes it), and nothing else.
    #[serde(flatten)]
    pub content: Map<String, Value>,
}

impl SendWebhook {
    /// What the platform refuses, whatever the robot.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        content::check(Place::Robot, &self.msgtype, &self.content)
    }
}

/// Request of `webhook/upload_media`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UploadWebhookMedia {
    /// `file` or `voice`.
    #[serde(rename = "type", default)]
    pub kind: String,
    /// More than 5 bytes; a file at most 20 MB, a voice 2 MB of amr and a minute.
    #[serde(flatten, with = "crate::media::part")]
    pub media: File,
}

impl UploadWebhookMedia {
    /// What the platform refuses.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        let max = UploadMedia::max_bytes(&self.kind).filter(|_| matches!(self.kind.as_str(), "file" | "voice"));
        let Some(max) = max else {
            return Err(Unfit::coded(
                "40004",
                "type",
                Flaw::unfit(("is none of file, voice", "不是 file、voice 之一")),
            ));
        };
        check_file(&self.media, max, &self.kind)
    }
}
