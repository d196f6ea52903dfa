//! Group chats, older operations: internal applications only, closed to new ones but for [`GetChat`].
//!
//! A chat has two ids: `chatid` here, `openConversationId` in [`crate::group`] and for robots.

use crate::{DingTalk, read, reply::Done};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

endpoints! { DingTalk;
    /// Makes a group chat.
    CreateChat -> ChatCreated {
        "chat.create", POST "/chat/create",
        auth: AccessToken, effect: Send,
        refuses: [
            unfit("name") => ("40035", "缺少参数 name"), unfit("owner") => ("49013", "群主不能为空"),
            missing("useridlist") => ("49010", "群成员列表不能为空"), unfit("useridlist") => BAD_LIST,
            unfit("extidlist") => BAD_LIST, Whole => NO_JSON,
        ],
        limits: [chars("name", 20) => "400002", items("useridlist", 40) => "49011", rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/session-management-creates-groups",
    }
    /// Changes a group chat: name, owner, who is in it, its rules.
    UpdateChat -> Done {
        "chat.update", POST "/chat/update",
        auth: AccessToken, effect: Idempotent,
        refuses: [
            unfit("chatid") => NO_CHAT, unfit("add_useridlist") => BAD_LIST, unfit("del_useridlist") => BAD_LIST,
            unfit("add_extidlist") => BAD_LIST, unfit("del_extidlist") => BAD_LIST, Whole => NO_JSON,
        ],
        limits: [
            chars("name", 20) => "49015", items("add_useridlist", 40) => "49011",
            items("del_useridlist", 40) => "49011", rate(20, SECOND, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/orgapp/modify-a-group-session",
    }
    /// Gives a group chat.
    GetChat -> ChatGiven {
        "chat.get", GET "/chat/get",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_chat_read"),
        refuses: [unfit("chatid") => NO_CHAT],
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/obtain-a-group-session",
    }
    /// Sends a message to a group chat, in the name of the company.
    SendToChat -> ChatSent {
        "chat.send", POST "/chat/send",
        auth: AccessToken, effect: Send, role: Send(Chat),
        refuses: [unfit("chatid") => ("34001", "不合法的会话id"), unfit("msg") => NO_MESSAGE, Whole => NO_JSON],
        limits: [bytes("msg", 2048), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/send-group-messages",
    }
    /// Lists who has read a message, page by page.
    GetReadList -> ReadListGiven {
        "chat.getReadList", GET "/chat/getReadList",
        auth: AccessToken, effect: Read, role: Readers(Chat, "messageId"),
        refuses: [
            unfit("messageId") => ("40035", "缺少参数 messageId"), unfit("cursor") => ("40068", "不合法的偏移量"),
            unfit("size") => ("40069", "不合法的分页大小"),
        ],
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/queries-the-list-of-people-who-have-read-a-group",
    }
}

/// The refusal of a call that names no chat.
const NO_CHAT: (&str, &str) = ("49000", "缺少参数 chatid");
/// The refusal of a list of people that is none.
const BAD_LIST: (&str, &str) = ("40031", "不合法的userid列表");
/// The refusal of a body that is not JSON.
pub(crate) const NO_JSON: (&str, &str) = ("43009", "需要JSON格式的请求体");
/// The refusal of a message that is none.
pub(crate) const NO_MESSAGE: (&str, &str) = ("34014", "消息JSON不完整");

/// Request of `chat/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateChat {
    /// 1 to 20 characters.
    pub name: String,
    /// Must be in `useridlist`.
    pub owner: String,
    /// At most 40 in one call, 1000 in a group. A JSON text in its place is refused, as the platform does (40031).
    pub useridlist: Vec<String>,
    /// 2 an internal group.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub conversation_tag: Option<i64>,
    /// External contacts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extidlist: Vec<String>,
    /// Media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// `emp` or `ext`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_type: Option<String>,
    /// 1: only the owner may mention everybody.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub mention_all_authority: Option<i64>,
    /// 1: new members see older messages.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub show_history_type: Option<i64>,
    /// 1: joining needs approval.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub validation_type: Option<i64>,
    /// 1: the group can be found.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub searchable: Option<i64>,
    /// 1: nobody may write.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub chat_banned_type: Option<i64>,
    /// 1: only the owner manages it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub management_type: Option<i64>,
}

/// Reply of `chat/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatCreated {
    /// For the operations here.
    pub chatid: String,
    /// For robots and the new style; older answers lack it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_conversation_id: Option<String>,
    /// 2 an internal group.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub conversation_tag: Option<i64>,
}

/// Request of `chat/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateChat {
    /// Only of a chat that `chat/create` made.
    pub chatid: String,
    /// 1 to 20 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Must be a member.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// `emp` or `ext`.
    #[serde(rename = "ownerType", default, skip_serializing_if = "Option::is_none")]
    pub owner_type: Option<String>,
    /// At most 40; not also in `del_useridlist`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_useridlist: Vec<String>,
    /// At most 40.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub del_useridlist: Vec<String>,
    /// External contacts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub add_extidlist: Vec<String>,
    /// External contacts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub del_extidlist: Vec<String>,
    /// Media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Bans writing.
    #[serde(
        rename = "isBan",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::boolean_opt"
    )]
    pub is_ban: Option<bool>,
    /// 1: only the owner may mention everybody.
    #[serde(
        rename = "mentionAllAuthority",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub mention_all_authority: Option<i64>,
    /// 1: new members see older messages.
    #[serde(
        rename = "showHistoryType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub show_history_type: Option<i64>,
    /// 1: joining needs approval.
    #[serde(
        rename = "validationType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub validation_type: Option<i64>,
    /// 1: the group can be found.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub searchable: Option<i64>,
    /// 1: nobody may write.
    #[serde(
        rename = "chatBannedType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub chat_banned_type: Option<i64>,
    /// 1: only the owner manages it.
    #[serde(
        rename = "managementType",
        default,
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::integer_opt"
    )]
    pub management_type: Option<i64>,
}

/// Request of `chat/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetChat {
    /// The chat.
    pub chatid: String,
}

/// Reply of `chat/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChatGiven {
    /// The chat.
    pub chat_info: Chat,
}

/// Member of [`ChatGiven`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Chat {
    /// The chat.
    #[serde(default, deserialize_with = "lenient::text")]
    pub chatid: String,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// Its owner.
    #[serde(default, deserialize_with = "lenient::text")]
    pub owner: String,
    /// Its members.
    #[serde(default, deserialize_with = "lenient::list")]
    pub useridlist: Vec<String>,
    /// External contacts in it.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub extidlist: Vec<String>,
    /// 2 an internal group.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub conversation_tag: Option<i64>,
    /// Media id.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub icon: Option<String>,
    /// 1 normal, 2 disbanded.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub status: Option<i64>,
    /// 1: only the owner may mention everybody.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub mention_all_authority: Option<i64>,
    /// 1: new members see older messages.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub show_history_type: Option<i64>,
    /// 1: joining needs approval.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub validation_type: Option<i64>,
    /// 1: the group can be found.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub searchable: Option<i64>,
    /// 1: nobody may write.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub chat_banned_type: Option<i64>,
    /// 1: only the owner manages it.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub management_type: Option<i64>,
}

/// Request of `chat/send`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SendToChat {
    /// The chat.
    pub chatid: String,
    /// The message object, at most 2048 bytes.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub msg: Value,
    /// The oldest form has the message's members here, beside `chatid`, and no `msg`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Reply of `chat/send`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatSent {
    /// For [`GetReadList`].
    #[serde(default, deserialize_with = "lenient::text")]
    pub message_id: String,
}

/// Request of `chat/getReadList`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetReadList {
    /// From the send.
    pub message_id: String,
    /// 0 first.
    #[serde(deserialize_with = "lenient::integer")]
    pub cursor: i64,
    /// At most 100 and the group's size.
    #[serde(deserialize_with = "lenient::integer")]
    pub size: i64,
}

/// Reply of `chat/getReadList`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadListGiven {
    /// Absent on the last page.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub next_cursor: Option<i64>,
    /// Who has read it; absent when nobody has.
    #[serde(
        rename = "readUserIdList",
        default,
        skip_serializing_if = "Vec::is_empty",
        deserialize_with = "lenient::list"
    )]
    pub read_user_id_list: Vec<String>,
}
