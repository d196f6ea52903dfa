//! Internal groups, current operations, and the way from a `chatid` to an `openConversationId`.

use crate::{DingTalk, read, reply::Success};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Makes a group; there is no key against repetition.
    CreateGroup -> GroupCreated {
        "group.create", POST "/v1.0/im/group/create",
        auth: AcsHeader, effect: Send, needs: Permission("qyapi_chat_manage"),
        limits: [chars("name", 20), rate(20, SECOND, RateScope::App)],
        source: "https://help.dingtalk.io/zh/open/development/create-common-group-new-version-v2",
    }
    /// Changes a group: name, owner, who is in it, its rules.
    UpdateGroup -> Success {
        "group.update", POST "/v1.0/im/group/update",
        auth: AcsHeader, effect: Idempotent, needs: Permission("qyapi_chat_manage"),
        limits: [chars("name", 20), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/api-updategroup",
    }
    /// Gives the `openConversationId` of a `chatid`.
    ConvertChatId -> ChatIdConverted {
        "group.convert", POST "/v1.0/im/chat/{chatId}/convertToOpenConversationId",
        auth: AcsHeader, effect: Read, needs: Permission("qyapi_chat_read"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/obtain-group-openconversationid",
    }
}

/// Request of `im/group/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CreateGroup {
    /// 1 to 20 characters.
    pub name: String,
    /// Within the application's scope.
    pub owner: String,
    /// The members.
    #[serde(default, deserialize_with = "lenient::list")]
    pub useridlist: Vec<String>,
    /// `emp` or `ext`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_type: Option<String>,
    /// 2 internal (default); 0 ordinary, for those allowed.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub conversation_tag: Option<i64>,
    /// External contacts.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub extidlist: Vec<String>,
    /// Media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its rules.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_options: Option<ManagementOptions>,
}

/// Rules of a group, each 0 (default) or 1.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ManagementOptions {
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

/// Reply of `im/group/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupCreated {
    /// 2 an internal group.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub conversation_tag: Option<i64>,
    /// For robots.
    pub open_conversation_id: String,
    /// For the older operations.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub chatid: Option<String>,
}

/// Request of `im/group/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateGroup {
    /// The group.
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
    /// Members to add.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub add_useridlist: Vec<String>,
    /// Members to remove.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub del_useridlist: Vec<String>,
    /// External contacts to add.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub add_extidlist: Vec<String>,
    /// External contacts to remove.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub del_extidlist: Vec<String>,
    /// Media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Its rules.
    #[serde(rename = "managementOptions", default, skip_serializing_if = "Option::is_none")]
    pub management_options: Option<ManagementOptions>,
}

/// Request of `convertToOpenConversationId`: the path and nothing else.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConvertChatId {
    /// The chat; in the path.
    pub chat_id: String,
}

/// Reply of `convertToOpenConversationId`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChatIdConverted {
    /// The same chat.
    pub open_conversation_id: String,
}
