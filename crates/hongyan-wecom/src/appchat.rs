//! Group chats that the application creates: create, change, read, send. Write-only: nothing comes back from them.
//!
//! Only self-built applications that see the root department may use them, and only chats of their own.
//! <https://developer.work.weixin.qq.com/document/path/90245>

use crate::{
    WeCom,
    content::{self, Place},
    done::Done,
};
use hongyan_endpoint::{Endpoint, Flaw, Unfit, endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

endpoints! { WeCom;
    /// Creates a group chat of members of the company.
    CreateChat -> ChatCreated {
        "appchat.create", POST "/cgi-bin/appchat/create",
        auth: AccessToken, effect: Send, needs: Application,
        limits: [
            items("userlist", 2000) => "86006", chars("name", 50), bytes("chatid", 32) => "86205",
            rate(1000, DAY, RateScope::Corp),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/90245",
    }
    /// Changes a chat's name, owner or members; what is left out stays.
    UpdateChat -> Done {
        "appchat.update", POST "/cgi-bin/appchat/update",
        auth: AccessToken, effect: Idempotent, needs: Application,
        refuses: [missing("chatid") => NO_CHAT],
        limits: [chars("name", 50), rate(1000, HOUR, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/98913",
    }
    /// Reads a chat: name, owner, members.
    GetChat -> ChatRead {
        "appchat.get", GET "/cgi-bin/appchat/get",
        auth: AccessToken, effect: Read, needs: Application,
        refuses: [missing("chatid") => NO_CHAT],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/98914",
    }
    /// Sends a message to a chat. There is no duplicate check and no recall.
    SendChat -> ChatSent {
        "appchat.send", POST "/cgi-bin/appchat/send",
        auth: AccessToken, effect: Send, role: Send(Chat), needs: Application,
        refuses: [missing("msgtype") => content::NO_TYPE, missing("chatid") => NO_CHAT],
        limits: [
            bytes("text.content", 2048), bytes("markdown.content", 2048) => "45002",
            rate(200, MINUTE, RateScope::Recipient), rate(10_000, DAY, RateScope::Recipient),
            rate(20_000, MINUTE, RateScope::Corp), rate(150_000, HOUR, RateScope::Corp),
        ],
        source: "https://developer.work.weixin.qq.com/document/path/90248",
    }
}

/// The refusal of a call that names no chat.
const NO_CHAT: (&str, &str) = ("86201", "chatid missing");

/// The fewest members of a chat.
pub const MIN_MEMBERS: usize = 2;
/// The most members of a chat; the application counts as one of them.
pub const MAX_MEMBERS: usize = CreateChat::SPEC.max_items("userlist").unwrap();

/// Request of `appchat/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateChat {
    /// At most 50 characters, cut beyond.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
    /// One of `userlist`; a member by chance when left out.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub owner: String,
    /// 2 to 2000 different user ids.
    #[serde(default)]
    pub userlist: Vec<String>,
    /// At most 32 letters and digits, new; generated when left out. Choose it, and an unknown outcome can be
    /// looked up: a second creation answers 86215.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub chatid: String,
}

impl CreateChat {
    /// What the platform refuses before it looks at who the members are.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        let mut members: Vec<String> = self.userlist.iter().map(|id| id.to_ascii_lowercase()).collect();
        members.sort_unstable();
        members.dedup();
        if members.is_empty() {
            return Err(Unfit::coded("86204", "userlist", Flaw::Missing));
        }
        if !(MIN_MEMBERS..=MAX_MEMBERS).contains(&members.len()) {
            return Err(Unfit::coded(
                "86006",
                "userlist",
                Flaw::unfit(("a chat has 2 to 2000 members", "群聊须有 2 至 2000 个成员")),
            ));
        }
        if !self.owner.is_empty() && members.binary_search(&self.owner.to_ascii_lowercase()).is_err() {
            return Err(Unfit::coded("86207", "owner", Flaw::unfit(("is not in userlist", "不在 userlist 中"))));
        }
        if let Some(code) = Self::SPEC.exceeded("chatid", self.chatid.len()) {
            return Err(Unfit::coded(code, "chatid", Flaw::unfit(("is longer than 32 characters", "超过 32 个字符"))));
        }
        if !self.chatid.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(Unfit::coded(
                "86001",
                "chatid",
                Flaw::unfit(("holds more than letters and digits", "只能含字母和数字")),
            ));
        }
        Ok(())
    }
}

/// Reply of `appchat/create`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatCreated {
    /// Names the chat from now on.
    #[serde(deserialize_with = "lenient::text")]
    pub chatid: String,
}

/// Request of `appchat/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateChat {
    /// The chat.
    pub chatid: String,
    /// A new name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// A new owner; wanted when the old one leaves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Who joins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_user_list: Vec<String>,
    /// Who leaves.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub del_user_list: Vec<String>,
}

/// Request of `appchat/get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetChat {
    /// The chat.
    pub chatid: String,
}

/// Reply of `appchat/get`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatRead {
    /// The chat.
    pub chat_info: ChatInfo,
}

/// A chat as it is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatInfo {
    /// Its id.
    #[serde(deserialize_with = "lenient::text")]
    pub chatid: String,
    /// Its name; may be empty.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// The owner's user id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub owner: String,
    /// The members' user ids.
    #[serde(default, deserialize_with = "lenient::list")]
    pub userlist: Vec<String>,
    /// 0 normal, 1 a course's group.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub chat_type: Option<i64>,
}

/// Request of `appchat/send`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SendChat {
    /// The chat.
    pub chatid: String,
    /// Names the member of `content` that carries it; neither template cards nor mini-program notices.
    pub msgtype: String,
    /// The object named by `msgtype` ([`content::Content::to_map`] writes it), and nothing else.
    #[serde(flatten)]
    pub content: Map<String, Value>,
    /// 1: confidential.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub safe: Option<i64>,
}

impl SendChat {
    /// What the platform refuses before it looks the chat up.
    ///
    /// # Errors
    /// [`Unfit`] naming the field and the platform's code.
    pub fn check(&self) -> Result<(), Unfit> {
        if self.chatid.is_empty() {
            return Err(Unfit::coded("86201", "chatid", Flaw::Missing));
        }
        if self.msgtype == "news" && self.safe.unwrap_or_default() != 0 {
            return Err(Unfit::coded(
                "40074",
                "safe",
                Flaw::unfit(("news cannot be confidential", "图文消息不能设为保密")),
            ));
        }
        content::check(Place::Chat, &self.msgtype, &self.content)
    }
}

/// Reply of `appchat/send`: no more than that it was taken. Lists that older platforms gave are read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatSent {
    /// Members that were not reached.
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub invaliduser: Vec<String>,
    /// Departments likewise.
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub invalidparty: Vec<String>,
}
