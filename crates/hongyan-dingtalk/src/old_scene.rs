//! Scene groups (场景群), older host: create, get, and the message by a robot of the template, still current.

use crate::{
    DingTalk, read,
    refusals::{INVALID, MISSING},
};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::Value;

endpoints! { DingTalk;
    /// Makes a group from a template (closed to new applications); the same `uuid` gives the same group.
    CreateSceneGroup -> SceneGroupCreated {
        "scene_v1.create", POST "/topapi/im/chat/scenegroup/create",
        auth: AccessToken, effect: Send,
        refuses: [MissingAny => MISSING, Anything => INVALID],
        limits: [
            items("user_ids", 999) => "665033", items("subadmin_ids", 999) => "665033", chars("uuid", 64) => "40035",
            rate(20, SECOND, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/isvapp/create-group",
    }
    /// Gives a scene group.
    GetSceneGroup -> SceneGroupGiven {
        "scene_v1.get", POST "/topapi/im/chat/scenegroup/get",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_chat_read"),
        refuses: [unfit("open_conversation_id") => NO_GROUP, MissingAny => MISSING, Anything => INVALID],
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/queries-the-basic-information-of-a-scenario-group",
    }
    /// Sends a message to a scene group by a robot of its template (the path is spelt so).
    SendToSceneGroup -> SceneMessageSent {
        "scene_v1.send", POST "/topapi/im/chat/scencegroup/message/send_v2",
        auth: AccessToken, effect: Send, needs: Permission("qyapi_chat_manage"),
        refuses: [
            unfit("target_open_conversation_id") => NO_GROUP, unfit("robot_code") => ("660002", "机器人编码为空"),
            unfit("msg_template_id") => ("660024", "消息模板为空"), MissingAny => MISSING, Anything => INVALID,
        ],
        limits: [items("at_mobiles", 50) => "40035", items("at_users", 50) => "40035", rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/group-template-robot-message",
    }
}

/// The refusal of a call that names no group.
const NO_GROUP: (&str, &str) = ("660001", "群会话ID为空");

/// Request of `scenegroup/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CreateSceneGroup {
    /// Its name.
    pub title: String,
    /// The template.
    pub template_id: String,
    /// The owner.
    pub owner_user_id: String,
    /// User ids joined with commas, at most 999.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_ids: Option<String>,
    /// User ids joined with commas, at most 999.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subadmin_ids: Option<String>,
    /// Key against repetition, at most 64 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uuid: Option<String>,
    /// Media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub icon: Option<String>,
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

/// Reply of `scenegroup/create`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneGroupCreated {
    /// True.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// The group.
    pub result: NewSceneGroup,
}

/// Member of [`SceneGroupCreated`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewSceneGroup {
    /// The group.
    pub open_conversation_id: String,
    /// The same, older id.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub chat_id: Option<String>,
}

/// Request of `scenegroup/get`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetSceneGroup {
    /// The group.
    pub open_conversation_id: String,
}

/// Reply of `scenegroup/get`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SceneGroupGiven {
    /// True.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// The group.
    pub result: SceneGroup,
}

/// Member of [`SceneGroupGiven`].
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SceneGroup {
    /// The group.
    pub open_conversation_id: String,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub title: String,
    /// The template.
    #[serde(default, deserialize_with = "lenient::text")]
    pub template_id: String,
    /// Its owner.
    #[serde(default, deserialize_with = "lenient::text")]
    pub owner_staff_id: String,
    /// Members who manage it too.
    #[serde(default, deserialize_with = "lenient::list")]
    pub sub_admin_staff_ids: Vec<String>,
    /// Media id.
    #[serde(default, deserialize_with = "lenient::text")]
    pub icon: String,
    /// To join it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub group_url: String,
    /// Its rules, each a text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub management_options: Option<Value>,
}

/// Request of `message/send_v2`.
///
/// Templates for internal applications: `inner_app_template_text{content}`, `_photo{img_media_id}` (in the media
/// map), `_markdown{title,markdown_content}`, `_action_card{title,markdown,btn_orientation,btn_title_1..4,
/// action_url_1..4}`. Without receivers the whole group gets it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendToSceneGroup {
    /// The group.
    pub target_open_conversation_id: String,
    /// The message template.
    pub msg_template_id: String,
    /// The robot.
    pub robot_code: String,
    /// A JSON text: placeholder to text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msg_param_map: Option<String>,
    /// A JSON text: placeholder to media id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub msg_media_id_param_map: Option<String>,
    /// Only for these, joined with commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver_user_ids: Option<String>,
    /// Only for these, joined with commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver_union_ids: Option<String>,
    /// Only for these, joined with commas.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub receiver_mobiles: Option<String>,
    /// Mentioned, joined with commas, at most 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_mobiles: Option<String>,
    /// Mentioned, joined with commas, at most 50.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_users: Option<String>,
    /// Mentions everybody.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub is_at_all: Option<bool>,
}

/// Reply of `message/send_v2`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SceneMessageSent {
    /// True.
    #[serde(default, deserialize_with = "read::flag")]
    pub success: bool,
    /// Works as a robot's `processQueryKey`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub open_msg_id: String,
}
