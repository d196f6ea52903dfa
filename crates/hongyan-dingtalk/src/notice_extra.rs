//! Work notifications besides the plain send of [`crate::notice`]: the status bar of a sent one, and templates.

use crate::{
    DingTalk,
    refusals::{INVALID, MISSING},
    reply::Done,
};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Changes the status bar of an OA message that was sent; for 7 days.
    UpdateStatusBar -> Done {
        "notice.status_bar", POST "/topapi/message/corpconversation/status_bar/update",
        auth: AccessToken, effect: Idempotent, needs: Permission("qyapi_base"),
        refuses: [MissingAny => MISSING, Anything => INVALID],
        limits: [within_hours(168), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/update-work-notification-status-bar",
    }
    /// Sends a work notification from a template (vendors only).
    SendByTemplate -> TemplateTaken {
        "notice.sendbytemplate", POST "/topapi/message/corpconversation/sendbytemplate",
        auth: AccessToken, effect: Send, needs: Permission("qyapi_base"),
        limits: [
            items("userid_list", 5000), items("dept_id_list", 500), rate(100, DAY, RateScope::Recipient),
            rate(20, SECOND, RateScope::App),
        ],
        source: "https://open.dingtalk.com/document/isvapp/work-notification-templating-send-notification-interface",
    }
}

/// Request of `status_bar/update`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateStatusBar {
    /// As in the send.
    #[serde(deserialize_with = "lenient::integer")]
    pub agent_id: i64,
    /// From the send's reply.
    #[serde(deserialize_with = "lenient::integer")]
    pub task_id: i64,
    /// The words.
    pub status_value: String,
    /// `0xFF` and six hex digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_bg: Option<String>,
}

/// Request of `sendbytemplate`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendByTemplate {
    /// The application's instance in the company.
    #[serde(deserialize_with = "lenient::integer")]
    pub agent_id: i64,
    /// Approved by the platform.
    pub template_id: String,
    /// User ids joined with commas, at most 5000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub userid_list: Option<String>,
    /// Department ids joined with commas, at most 500; not both empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dept_id_list: Option<String>,
    /// A JSON text: name to text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
}

/// Reply of `sendbytemplate`: queued, not delivered.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateTaken {
    /// For progress and result.
    #[serde(deserialize_with = "lenient::integer")]
    pub task_id: i64,
}
