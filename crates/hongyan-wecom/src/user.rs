//! Members: from what a business system knows to a userid.

use crate::WeCom;
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { WeCom;
    /// Finds a member by mobile number.
    GetUserid -> UseridFound {
        "user.getuserid", POST "/cgi-bin/user/getuserid",
        auth: AccessToken, effect: Read,
        limits: [bytes("mobile", 32), rate(10_000, MINUTE, Scope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/95402",
    }
    /// Finds a member by mail address.
    GetUseridByEmail -> UseridFound {
        "user.get_userid_by_email", POST "/cgi-bin/user/get_userid_by_email",
        auth: AccessToken, effect: Read,
        limits: [rate(10_000, MINUTE, Scope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/95895",
    }
}

/// Request of `user/getuserid`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUserid {
    /// 5 to 32 bytes.
    pub mobile: String,
}

/// Request of `user/get_userid_by_email`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUseridByEmail {
    /// The address.
    pub email: String,
    /// 1 the company's mail (default), 2 a personal one.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub email_type: Option<i64>,
}

/// Reply of both.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseridFound {
    /// The member.
    pub userid: String,
}
