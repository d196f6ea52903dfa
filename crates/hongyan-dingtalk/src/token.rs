//! Access tokens. <https://open.dingtalk.com/document/orgapp/obtain-orgapp-token>

use crate::DingTalk;
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Gives an internal application's access token; asking again renews the same one.
    GetToken -> TokenGiven {
        "token.get", GET "/gettoken",
        auth: None, effect: Idempotent,
        limits: [],
        source: "https://open.dingtalk.com/document/orgapp/obtain-orgapp-token",
    }
}

/// Request of `gettoken`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetToken {
    /// Client ID.
    pub appkey: String,
    /// Client Secret.
    pub appsecret: String,
}

/// Reply of `gettoken`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenGiven {
    /// Opaque.
    pub access_token: String,
    /// Life in seconds, 7200; very old answers lack it.
    #[serde(default = "two_hours", deserialize_with = "lenient::integer")]
    pub expires_in: i64,
}

const fn two_hours() -> i64 {
    7_200
}
