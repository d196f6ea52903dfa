//! A member's id in WeChat's terms, as payments want it, and back.

use crate::{WeCom, user};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { WeCom;
    /// Turns a member's id into an openid.
    ConvertToOpenid -> Openid {
        "user.convert_to_openid", POST "/cgi-bin/user/convert_to_openid",
        auth: AccessToken, effect: Read,
        refuses: [missing("userid") => user::NO_USER],
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90202",
    }
    /// Turns an openid back into a member's id.
    ConvertToUserid -> Userid {
        "user.convert_to_userid", POST "/cgi-bin/user/convert_to_userid",
        auth: AccessToken, effect: Read,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/90202",
    }
}

/// Request of `user/convert_to_openid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvertToOpenid {
    /// The member.
    pub userid: String,
}

/// Reply of `user/convert_to_openid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Openid {
    /// Of the member, in this company.
    #[serde(default, deserialize_with = "lenient::text")]
    pub openid: String,
}

/// Request of `user/convert_to_userid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConvertToUserid {
    /// As it came with a payment.
    pub openid: String,
}

/// Reply of `user/convert_to_userid`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Userid {
    /// The member.
    #[serde(default, deserialize_with = "lenient::text")]
    pub userid: String,
}
