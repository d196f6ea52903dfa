//! Work notifications (工作通知): send, progress, result, recall.
//!
//! Taking a notice is not delivering it: the reply is a task, and its result says who got it.

use crate::DingTalk;
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

endpoints! { DingTalk;
    /// Sends a work notification to people, departments or everybody.
    SendNotice -> NoticeTaken {
        "notice.send", POST "/topapi/message/corpconversation/asyncsend_v2",
        auth: AccessToken, effect: Send, role: Send(People), needs: Permission("qyapi_base"),
        limits: [
            items("userid_list", 100) => "40032", items("dept_id_list", 20) => "40066", bytes("msg", 2048) => "45002",
            rate(20, SECOND, RateScope::App), rate(500, DAY, RateScope::Recipient) => "143105",
        ],
        source: "https://open.dingtalk.com/document/orgapp/asynchronous-sending-of-enterprise-session-messages",
    }
    /// Tells how far a task is.
    GetSendProgress -> SendProgress {
        "notice.progress", POST "/topapi/message/corpconversation/getsendprogress",
        auth: AccessToken, effect: Read, role: Progress("task_id"), needs: Permission("qyapi_base"),
        limits: [within_hours(24), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/obtain-the-sending-progress-of-asynchronous-sending-of-enterprise-session",
    }
    /// Tells what became of a task, person by person; for 24 hours.
    GetSendResult -> SendResultGiven {
        "notice.result", POST "/topapi/message/corpconversation/getsendresult",
        auth: AccessToken, effect: Read, role: Result("task_id"), needs: Permission("qyapi_base"),
        limits: [within_hours(24), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/gets-the-result-of-sending-messages-asynchronously-to-the-enterprise",
    }
    /// Takes back a task of the last 24 hours.
    RecallNotice -> NoticeRecalled {
        "notice.recall", POST "/topapi/message/corpconversation/recall",
        auth: AccessToken, effect: Idempotent, role: Recall(People, "msg_task_id"), needs: Permission("qyapi_base"),
        limits: [within_hours(24), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/notification-of-work-withdrawal",
    }
}

/// Request of `asyncsend_v2`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct SendNotice {
    /// The application's instance in the company.
    #[serde(deserialize_with = "lenient::integer")]
    pub agent_id: i64,
    /// User ids joined with commas, at most 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userid_list: Option<String>,
    /// Department ids joined with commas, at most 20; with all below them. Not empty when present.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dept_id_list: Option<String>,
    /// Everybody; at most three times a day.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::boolean_opt")]
    pub to_all_user: Option<bool>,
    /// The message object, at most 2048 bytes.
    pub msg: Value,
    /// What else a request says, such as `enable_id_trans`.
    #[serde(flatten)]
    pub rest: Map<String, Value>,
}

/// Reply of `asyncsend_v2`: queued, not delivered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeTaken {
    /// For progress, result and recall.
    #[serde(deserialize_with = "lenient::integer")]
    pub task_id: i64,
}

/// Request of `getsendprogress`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetSendProgress {
    /// As in the send.
    #[serde(deserialize_with = "lenient::integer")]
    pub agent_id: i64,
    /// From the send's reply.
    #[serde(deserialize_with = "lenient::integer")]
    pub task_id: i64,
}

/// Reply of `getsendprogress`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendProgress {
    /// How far.
    pub progress: Progress,
}

/// Member of [`SendProgress`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// 0 to 100.
    #[serde(deserialize_with = "lenient::integer")]
    pub progress_in_percent: i64,
    /// 0 not started, 1 running, 2 done.
    #[serde(deserialize_with = "lenient::integer")]
    pub status: i64,
}

/// Request of `getsendresult`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetSendResult {
    /// As in the send.
    #[serde(deserialize_with = "lenient::integer")]
    pub agent_id: i64,
    /// From the send's reply.
    #[serde(deserialize_with = "lenient::integer")]
    pub task_id: i64,
}

/// Reply of `getsendresult`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendResultGiven {
    /// Who fared how.
    pub send_result: SendResult,
}

/// Member of [`SendResultGiven`]. Old documents show comma-joined strings for the lists; both are read.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendResult {
    /// Unknown to the company.
    #[serde(default, deserialize_with = "lenient::list")]
    pub invalid_user_id_list: Vec<String>,
    /// Filtered by flow control: not sent.
    #[serde(default, deserialize_with = "lenient::list")]
    pub forbidden_user_id_list: Vec<String>,
    /// Delivery failed; may be sent again.
    #[serde(default, deserialize_with = "lenient::list")]
    pub failed_user_id_list: Vec<String>,
    /// Have seen it.
    #[serde(default, deserialize_with = "lenient::list")]
    pub read_user_id_list: Vec<String>,
    /// Have it, unseen.
    #[serde(default, deserialize_with = "lenient::list")]
    pub unread_user_id_list: Vec<String>,
    /// Unknown departments.
    #[serde(default, deserialize_with = "lenient::list")]
    pub invalid_dept_id_list: Vec<String>,
    /// Why each one of `forbidden_user_id_list` was filtered.
    #[serde(default, deserialize_with = "null_is_empty", skip_serializing_if = "Vec::is_empty")]
    pub forbidden_list: Vec<Forbidden>,
}

fn null_is_empty<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Vec<Forbidden>, D::Error> {
    Option::<Vec<Forbidden>>::deserialize(from).map(Option::unwrap_or_default)
}

/// One filtered person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Forbidden {
    /// 143103 to 143206, as a string.
    #[serde(deserialize_with = "lenient::text")]
    pub code: String,
    /// The threshold that was passed.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub count: i64,
    /// Who.
    #[serde(deserialize_with = "lenient::text")]
    pub userid: String,
}

/// Request of `recall`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecallNotice {
    /// As in the send.
    #[serde(deserialize_with = "lenient::integer")]
    pub agent_id: i64,
    /// The task; named differently here.
    #[serde(deserialize_with = "lenient::integer")]
    pub msg_task_id: i64,
}

/// Reply of `recall`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeRecalled {}
