//! Registering an address for events. What is pushed there is read by [`crate::callback`].
//!
//! Registering makes the platform push `check_url` at once; it succeeds when the encrypted `success` comes back.

use crate::{DingTalk, read, reply::Done};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::Value;

endpoints! { DingTalk;
    /// Registers the company's one address.
    RegisterCallback -> Done {
        "callback.register", POST "/call_back/register_call_back",
        auth: AccessToken, effect: Idempotent,
        refuses: [Misread => ("71010", "json格式错误")],
        limits: [chars("token", 63), chars("aes_key", 43), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/register-callback-events",
    }
    /// Changes the address that is registered.
    UpdateCallback -> Done {
        "callback.update", POST "/call_back/update_call_back",
        auth: AccessToken, effect: Idempotent,
        refuses: [Misread => ("71010", "json格式错误")],
        limits: [chars("token", 63), chars("aes_key", 43), rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/update-event-interface",
    }
    /// Gives what is registered.
    GetCallback -> CallbackGiven {
        "callback.get", GET "/call_back/get_call_back",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/query-subscribed-events",
    }
    /// Removes the address.
    DeleteCallback -> Done {
        "callback.delete", GET "/call_back/delete_call_back",
        auth: AccessToken, effect: Idempotent,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/delete-an-event-callback-interface",
    }
    /// Gives events that could not be pushed, up to 200.
    GetFailedCallbacks -> FailedCallbacks {
        "callback.failed", GET "/call_back/get_call_back_failed_result",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_base"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/obtain-the-event-list-of-failed-push-messages",
    }
}

/// Request of `register_call_back`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegisterCallback {
    /// Event types.
    #[serde(default, deserialize_with = "lenient::list")]
    pub call_back_tag: Vec<String>,
    /// 6 to 63 characters; goes into signatures.
    pub token: String,
    /// 43 letters and digits.
    pub aes_key: String,
    /// Where to push.
    pub url: String,
}

/// Request of `update_call_back`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UpdateCallback {
    /// Event types.
    #[serde(default, deserialize_with = "lenient::list")]
    pub call_back_tag: Vec<String>,
    /// 6 to 63 characters; goes into signatures.
    pub token: String,
    /// 43 letters and digits.
    pub aes_key: String,
    /// Where to push.
    pub url: String,
}

/// Request of `get_call_back`: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetCallback {}

/// Reply of `get_call_back`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackGiven {
    /// Event types.
    #[serde(default, deserialize_with = "lenient::list")]
    pub call_back_tag: Vec<String>,
    /// Goes into signatures.
    #[serde(default, deserialize_with = "lenient::text")]
    pub token: String,
    /// 43 letters and digits.
    #[serde(default, deserialize_with = "lenient::text")]
    pub aes_key: String,
    /// Where it is pushed.
    #[serde(default, deserialize_with = "lenient::text")]
    pub url: String,
}

/// Request of `delete_call_back`: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteCallback {}

/// Request of `get_call_back_failed_result`: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetFailedCallbacks {}

/// Reply of `get_call_back_failed_result`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct FailedCallbacks {
    /// Whether there are more.
    #[serde(default, deserialize_with = "read::flag")]
    pub has_more: bool,
    /// Each with `call_back_tag`, `event_time` (milliseconds) and a member named by the tag.
    #[serde(default, deserialize_with = "read::rows")]
    pub failed_list: Vec<Value>,
}
