//! Scene groups (场景群): made from a template, new style.
//!
//! The older forms are in [`crate::old_scene`], where also their messages are sent.

use crate::{DingTalk, read, reply::Success};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::Value;

endpoints! { DingTalk;
    /// Makes a group from a template; the same `uuid` gives the same group.
    CreateSceneGroup -> SceneGroupCreated {
        "scene.create", POST "/v1.0/im/sceneGroup/create",
        auth: AcsHeader, effect: Send, needs: Permission("qyapi_chat_manage"),
        limits: [chars("title", 30), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/create-a-scene-group",
    }
    /// Changes a scene group.
    UpdateSceneGroup -> Success {
        "scene.update", POST "/v1.0/im/sceneGroup/update",
        auth: AcsHeader, effect: Idempotent, needs: Permission("qyapi_chat_manage"),
        limits: [chars("title", 30), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/api-updatescenegroup",
    }
    /// Disbands a scene group.
    DisbandSceneGroup -> Success {
        "scene.disband", POST "/v1.0/im/chat/scenegroup/disband",
        auth: AcsHeader, effect: Idempotent, needs: Permission("qyapi_chat_manage"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/api-dsbandopenscenegroup",
    }
    /// Adds members; a group holds 1000.
    AddSceneMembers -> Success {
        "scene.member_add", POST "/v1.0/im/sceneGroup/member/add",
        auth: AcsHeader, effect: Idempotent, needs: Permission("qyapi_chat_manage"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/api-addscenegroupmember",
    }
    /// Removes members.
    DeleteSceneMembers -> Success {
        "scene.member_delete", POST "/v1.0/im/sceneGroup/member/delete",
        auth: AcsHeader, effect: Idempotent, needs: Permission("qyapi_chat_manage"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/api-removescenegroupmember",
    }
    /// Gives a scene group.
    GetSceneGroup -> SceneGroup {
        "scene.query", POST "/v1.0/im/sceneGroups/query",
        auth: AcsHeader, effect: Read, needs: Permission("qyapi_chat_manage"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/query-group-information",
    }
    /// Lists the members, up to 1000 in one answer.
    ListSceneMembers -> SceneMembers {
        "scene.members", POST "/v1.0/im/sceneGroups/members/batchQuery",
        auth: AcsHeader, effect: Read, needs: Permission("qyapi_chat_manage"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/query-group-members",
    }
    /// Makes a group from a template, as the platform's own clients do; the pages do not tell of it.
    MakeSceneGroup -> SceneGroupMade {
        "scene.make", POST "/v1.0/im/sceneGroups",
        auth: AcsHeader, effect: Send,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/create-a-scene-group",
    }
}

/// Request of `sceneGroup/create`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct CreateSceneGroup {
    /// At most 30 characters.
    pub title: String,
    /// The template.
    pub template_id: String,
    /// The owner.
    pub owner_user_id: String,
    /// The members.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub user_ids: Vec<String>,
    /// Members who manage it too.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub subadmin_ids: Vec<String>,
    /// Media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Key against repetition; how long it lives is not published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Its rules, free-form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_options: Option<Value>,
}

/// Reply of `sceneGroup/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneGroupCreated {
    /// The group.
    pub open_conversation_id: String,
    /// The same, older id.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub chat_id: Option<String>,
}

/// Request of `sceneGroup/update`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct UpdateSceneGroup {
    /// The group.
    pub open_conversation_id: String,
    /// At most 30 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// The new owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner_user_id: Option<String>,
    /// Its rules, free-form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_options: Option<Value>,
}

/// Request of `scenegroup/disband`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DisbandSceneGroup {
    /// The group.
    pub open_conversation_id: String,
}

/// Request of `member/add`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AddSceneMembers {
    /// The group.
    pub open_conversation_id: String,
    /// Members.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub user_ids: Vec<String>,
    /// The same people by unionid.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub union_ids: Vec<String>,
}

/// Request of `member/delete`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteSceneMembers {
    /// The group.
    pub open_conversation_id: String,
    /// Members.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub user_ids: Vec<String>,
    /// The same people by unionid.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub union_ids: Vec<String>,
}

/// Request of `sceneGroups/query`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetSceneGroup {
    /// The group.
    pub open_conversation_id: String,
    /// Of the cool app that is installed in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cool_app_code: Option<String>,
}

/// Reply of `sceneGroups/query`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SceneGroup {
    /// True.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// The group.
    pub open_conversation_id: String,
    /// The template.
    #[serde(default, deserialize_with = "lenient::text")]
    pub template_id: String,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub title: String,
    /// Its owner.
    #[serde(default, deserialize_with = "lenient::text")]
    pub owner_user_id: String,
    /// Media id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub icon: String,
    /// To join it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub group_url: String,
    /// 1 normal.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub status: Option<i64>,
}

/// Request of `members/batchQuery`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListSceneMembers {
    /// The group.
    pub open_conversation_id: String,
    /// How many.
    #[serde(deserialize_with = "lenient::integer")]
    pub max_results: i64,
    /// From the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
    /// Of the cool app that is installed in it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cool_app_code: Option<String>,
}

/// Reply of `members/batchQuery`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SceneMembers {
    /// True.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// User ids.
    #[serde(default, deserialize_with = "lenient::list")]
    pub member_user_ids: Vec<String>,
    /// Whether there are more.
    #[serde(default, deserialize_with = "read::flag")]
    pub has_more: bool,
    /// For the next page.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub next_token: Option<String>,
    /// Those who have no user id here.
    #[serde(default, deserialize_with = "lenient::list")]
    pub union_id_list: Vec<String>,
    /// User id to name in the group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub staff_id_nick_map: Option<Value>,
}

/// Request of `sceneGroups`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MakeSceneGroup {
    /// Its name.
    pub group_name: String,
    /// The owner.
    pub group_owner_id: String,
    /// The template.
    pub template_id: String,
    /// The members.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub user_id_list: Vec<String>,
    /// Media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
    /// Key against repetition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Free-form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<Value>,
    /// Its rules, free-form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_options: Option<Value>,
}

/// Reply of `sceneGroups`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SceneGroupMade {
    /// The group.
    pub open_conversation_id: String,
}
