//! Application robots (企业机器人): to people, to groups, recall, read state, DING, files that were sent to it.
//!
//! `msgParam` is a JSON **text**. A send has no key against repetition, and takes no mention. Robots of a group's own
//! webhook are in [`crate::webhook`].

use crate::{DingTalk, read};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

endpoints! { DingTalk;
    /// Sends a message to people, one to one. Not all need be served: the reply names the others.
    SendToPeople -> PeopleSent {
        "robot.batch_send", POST "/v1.0/robot/oToMessages/batchSend",
        auth: AcsHeader, effect: Send, role: Send(RobotToPeople), needs: Permission("qyapi_robot_sendmsg"),
        refuses: [
            unfit("userIds") => ("invalidParameter.userIds.empty", "userIds 不能为空"), unfit("msgKey") => NO_KEY,
            unfit("msgParam") => BAD_PARAM, unfit("robotCode") => NO_ROBOT,
        ],
        limits: [items("userIds", 20) => "invalidParameter.userIds.overMax", rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/chatbots-send-one-on-one-chat-messages-in-batches",
    }
    /// Sends a message to a group.
    SendToGroup -> GroupSent {
        "robot.group_send", POST "/v1.0/robot/groupMessages/send",
        auth: AcsHeader, effect: Send, role: Send(RobotToChat), needs: Permission("qyapi_robot_sendmsg"),
        refuses: [
            unfit("openConversationId") => NO_GROUP, unfit("msgKey") => NO_KEY, unfit("msgParam") => BAD_PARAM,
            unfit("robotCode") => NO_ROBOT,
        ],
        limits: [bytes("msgParam", 15_000) => "invalidParameter.msgParam.tooLong", rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/the-robot-sends-a-group-message",
    }
    /// Takes back messages to people of the last 24 hours (lower-case t in this path).
    RecallFromPeople -> Recalled {
        "robot.batch_recall", POST "/v1.0/robot/otoMessages/batchRecall",
        auth: AcsHeader, effect: Idempotent, role: Recall(RobotToPeople, "processQueryKeys"),
        needs: Permission("qyapi_robot_sendmsg"),
        refuses: [unfit("robotCode") => NO_ROBOT],
        limits: [
            within_hours(24) => "robot.processQueryKey.expired",
            items("processQueryKeys", 20) => "invalidParameter.processQueryKeys.overMax",
            rate(20, SECOND, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/orgapp/batch-message-recall-chat",
    }
    /// Takes back messages to a group of the last 24 hours.
    RecallFromGroup -> Recalled {
        "robot.group_recall", POST "/v1.0/robot/groupMessages/recall",
        auth: AcsHeader, effect: Idempotent, role: Recall(RobotToChat, "processQueryKeys"),
        needs: Permission("qyapi_robot_sendmsg"),
        refuses: [unfit("openConversationId") => NO_GROUP, unfit("robotCode") => NO_ROBOT],
        limits: [
            within_hours(24) => "robot.processQueryKey.expired",
            items("processQueryKeys", 20) => "invalidParameter.processQueryKeys.overMax",
            rate(20, SECOND, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/orgapp/enterprise-chatbot-withdraws-internal-group-messages",
    }
    /// Tells who has read a message to people; for 24 hours.
    GetReadStatus -> ReadStatusGiven {
        "robot.read_status", GET "/v1.0/robot/oToMessages/readStatus",
        auth: AcsHeader, effect: Read, role: Readers(RobotToPeople, "processQueryKey"),
        needs: Permission("qyapi_robot_sendmsg"),
        refuses: [unfit("processQueryKey") => NO_QUERY_KEY, unfit("robotCode") => NO_ROBOT],
        limits: [within_hours(24) => "robot.processQueryKey.expired", rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/chatbot-batch-query-the-read-status-of-messages",
    }
    /// Tells who has read a message to a group, page by page.
    GetGroupReaders -> GroupReadersGiven {
        "robot.group_query", POST "/v1.0/robot/groupMessages/query",
        auth: AcsHeader, effect: Read, role: Readers(RobotToChat, "processQueryKey"),
        needs: Permission("qyapi_robot_sendmsg"),
        refuses: [unfit("processQueryKey") => NO_QUERY_KEY],
        limits: [within_hours(24) => "robot.processQueryKey.expired", rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/chatbot-queries-the-read-status-of-a-message",
    }
    /// Sends a DING: in the client, by text message or by telephone (paid editions).
    SendDing -> DingSent {
        "robot.ding", POST "/v1.0/robot/ding/send",
        auth: AcsHeader, effect: Send, needs: Permission("Premium.Ding.Write"),
        refuses: [
            unfit("content") => ("invalidParameter.content.empty", "content 不能为空"),
            unfit("remindType") => ("invalidParameter.remindType.invalid", "remindType 为 1、2 或 3"),
            unfit("robotCode") => NO_ROBOT,
        ],
        limits: [
            items("receiverUserIdList", 200) => "ding.receivercount.limit", rate(6_000, MINUTE, RateScope::App),
            rate(20, SECOND, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/orgapp/robot-sends-nail-message",
    }
    /// Gives the address of a file that somebody sent to the robot, for a while.
    GetFile -> FileGiven {
        "robot.file_download", POST "/v1.0/robot/messageFiles/download",
        auth: AcsHeader, effect: Read, needs: Permission("qyapi_robot_sendmsg"),
        refuses: [
            unfit("downloadCode") => ("miss.param.downloadCode", "downloadCode 不能为空"),
            unfit("robotCode") => NO_ROBOT,
        ],
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/isvapp/download-the-file-content-of-the-robot-receiving-message",
    }
}

/// The refusals of a call that names no robot, no group, no template, no message.
const NO_ROBOT: (&str, &str) = ("invalidParameter.robotCode.empty", "robotCode 不能为空");
const NO_GROUP: (&str, &str) = ("miss.openConversationId", "openConversationId 不能为空");
const NO_KEY: (&str, &str) = ("invalidParameter.msgKey.empty", "msgKey 不能为空");
const NO_QUERY_KEY: (&str, &str) = ("miss.param.processQueryKey", "processQueryKey 不能为空");
/// The refusal of a template's parameters that are none.
const BAD_PARAM: (&str, &str) = ("invalidParameter.msgParam.invalid", "msgParam 应为 JSON 字符串");

/// Request of `oToMessages/batchSend`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendToPeople {
    /// The robot.
    pub robot_code: String,
    /// At most 20.
    #[serde(default, deserialize_with = "lenient::list")]
    pub user_ids: Vec<String>,
    /// The kind of message, as `sampleText` or `sampleMarkdown`.
    pub msg_key: String,
    /// A JSON text of the members of that kind.
    pub msg_param: String,
}

/// Reply of `oToMessages/batchSend`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PeopleSent {
    /// For recall and read state.
    #[serde(default, deserialize_with = "lenient::text")]
    pub process_query_key: String,
    /// Unknown: not sent.
    #[serde(default, deserialize_with = "lenient::list")]
    pub invalid_staff_id_list: Vec<String>,
    /// Throttled: not sent, send to these again later.
    #[serde(default, deserialize_with = "lenient::list")]
    pub flow_controlled_staff_id_list: Vec<String>,
    /// Filtered: not sent.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "lenient::list")]
    pub filtered_staff_id_list: Vec<String>,
}

/// Request of `groupMessages/send`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendToGroup {
    /// The robot.
    pub robot_code: String,
    /// The group.
    pub open_conversation_id: String,
    /// The kind of message, as `sampleText` or `sampleMarkdown`.
    pub msg_key: String,
    /// A JSON text of the members of that kind.
    pub msg_param: String,
    /// Required where the robot was installed as a cool app.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cool_app_code: Option<String>,
    /// Of the group, where one is needed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
}

/// Reply of `groupMessages/send`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupSent {
    /// For recall and read state.
    #[serde(default, deserialize_with = "lenient::text")]
    pub process_query_key: String,
}

/// Request of `otoMessages/batchRecall`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecallFromPeople {
    /// The robot.
    pub robot_code: String,
    /// At most 20.
    #[serde(default, deserialize_with = "lenient::list")]
    pub process_query_keys: Vec<String>,
}

/// Request of `groupMessages/recall`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecallFromGroup {
    /// The robot.
    pub robot_code: String,
    /// The group.
    pub open_conversation_id: String,
    /// At most 20.
    #[serde(default, deserialize_with = "lenient::list")]
    pub process_query_keys: Vec<String>,
}

/// Reply of both recalls.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recalled {
    /// Taken back.
    #[serde(default, deserialize_with = "lenient::list")]
    pub success_result: Vec<String>,
    /// Not taken back: key to code.
    #[serde(default, deserialize_with = "read::map")]
    pub failed_result: BTreeMap<String, String>,
}

/// Request of `oToMessages/readStatus`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetReadStatus {
    /// The robot.
    pub robot_code: String,
    /// From the send.
    pub process_query_key: String,
}

/// Reply of `oToMessages/readStatus`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReadStatusGiven {
    /// `SUCCESS`, `RECALLED` or `PROCESSING`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub send_status: String,
    /// One for each receiver.
    #[serde(default, deserialize_with = "read::rows")]
    pub message_read_info_list: Vec<Reader>,
}

/// One receiver in [`ReadStatusGiven`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Reader {
    /// Name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// The member.
    #[serde(default, deserialize_with = "lenient::text")]
    pub user_id: String,
    /// `READ` or `UNREAD`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub read_status: String,
}

/// Request of `groupMessages/query`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetGroupReaders {
    /// From the send.
    pub process_query_key: String,
    /// The group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_conversation_id: Option<String>,
    /// The robot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub robot_code: Option<String>,
    /// At most 200.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub max_results: Option<i64>,
    /// From the page before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_token: Option<String>,
}

/// Reply of `groupMessages/query`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GroupReadersGiven {
    /// `SUCCESS`, `RECALLED` or `PROCESSING`.
    #[serde(default, deserialize_with = "lenient::text")]
    pub send_status: String,
    /// Who has read it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub read_user_ids: Vec<String>,
    /// Whether there are more.
    #[serde(default, deserialize_with = "read::flag")]
    pub has_more: bool,
    /// For the next page.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "read::text_opt")]
    pub next_token: Option<String>,
}

/// Request of `ding/send`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SendDing {
    /// The robot.
    pub robot_code: String,
    /// 1 in the client, 2 by text message, 3 by telephone.
    #[serde(deserialize_with = "lenient::integer")]
    pub remind_type: i64,
    /// At most 200 in the client, else 20.
    #[serde(default, deserialize_with = "lenient::list")]
    pub receiver_user_id_list: Vec<String>,
    /// The words.
    pub content: String,
    /// The voice that reads them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub call_voice: Option<String>,
}

/// Reply of `ding/send`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DingSent {
    /// The DING.
    #[serde(default, deserialize_with = "lenient::text")]
    pub open_ding_id: String,
    /// Not reached: user id to code.
    #[serde(default, deserialize_with = "read::map")]
    pub failed_list: BTreeMap<String, String>,
}

/// Request of `messageFiles/download`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetFile {
    /// From the message that came.
    pub download_code: String,
    /// The robot.
    pub robot_code: String,
}

/// Reply of `messageFiles/download`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FileGiven {
    /// Good for a while, for whoever has it.
    pub download_url: String,
}
