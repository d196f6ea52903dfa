//! callbacks
use crate::WeCom;
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
endpoints! { WeCom;
    /// Lists the addresses that callbacks come from; they change over time.
    GetCallbackIp -> CallbackIps {
        "callback.getcallbackip", GET "/cgi-bin/getcallbackip",
        auth: AccessToken, effect: Read,
        limits: [rate(10_000, MINUTE, Scope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90930",
    }
}

/// Request of `getcallbackip`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetCallbackIp {}

/// Reply of `getcallbackip`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackIps {
    /// Addresses, some with wildcards.
    #[serde(default, deserialize_with = "lenient::list")]
    pub ip_list: Vec<String>,
}
