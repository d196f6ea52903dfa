//! Access tokens. <https://developer.work.weixin.qq.com/document/path/91039>

use crate::WeCom;
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { WeCom;
    /// Gives an application's access token; the same one until it lapses.
    GetToken -> TokenGiven {
        "token.get", GET "/cgi-bin/gettoken",
        auth: None, effect: Idempotent, role: Login(Query),
        refuses: [
            missing("corpid") => ("41002", "corpid missing"),
            missing("corpsecret") => ("41004", "corpsecret missing"),
        ],
        limits: [],
        source: "https://developer.work.weixin.qq.com/document/path/91039",
    }
}

/// Request of `gettoken`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetToken {
    /// Company id, `ww…`.
    pub corpid: String,
    /// Secret of one application.
    pub corpsecret: String,
}

/// Reply of `gettoken`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenGiven {
    /// At most 512 bytes; opaque.
    pub access_token: String,
    /// Life in seconds, normally 7200.
    #[serde(default = "two_hours", deserialize_with = "lenient::integer")]
    pub expires_in: i64,
}

const fn two_hours() -> i64 {
    7_200
}
