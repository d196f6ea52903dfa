//! Where the platform's interface lives: for firewalls that let only named addresses through.

use crate::{WeCom, callback::CallbackIps};
use hongyan_endpoint::endpoints;
use serde::{Deserialize, Serialize};

endpoints! { WeCom;
    /// Lists the addresses behind the interface's name; they change over time.
    GetApiDomainIp -> CallbackIps {
        "address.get_api_domain_ip", GET "/cgi-bin/get_api_domain_ip",
        auth: AccessToken, effect: Read,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/92520",
    }
}

/// Request of `get_api_domain_ip`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetApiDomainIp {}
