//! Who signed in: from the code of a sign-in page to a member. Building the page's address is the caller's work.

use crate::WeCom;
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use std::fmt;

endpoints! { WeCom;
    /// Names the member behind a sign-in code; a code serves once, for five minutes.
    GetUserInfo -> UserInfo {
        "auth.getuserinfo", GET "/cgi-bin/auth/getuserinfo",
        auth: AccessToken, effect: Read, needs: Application,
        limits: [rate(10_000, MINUTE, RateScope::Corp)],
        source: "https://developer.work.weixin.qq.com/document/path/91023",
    }
}

/// Request of `auth/getuserinfo`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUserInfo {
    /// At most 512 bytes, as the redirect carried it.
    pub code: String,
}

/// The code signs somebody in: it is not shown.
impl fmt::Debug for GetUserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GetUserInfo(…)")
    }
}

/// Reply of `auth/getuserinfo`: a member or somebody from outside.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserInfo {
    /// A member of the company. Old platforms wrote `UserId`.
    #[serde(
        default,
        alias = "UserId",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::text_opt"
    )]
    pub userid: Option<String>,
    /// Opens the member's sensitive fields, where the sign-in asked for them.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub user_ticket: Option<String>,
    /// Somebody who is not a member. Old platforms wrote `OpenId`.
    #[serde(
        default,
        alias = "OpenId",
        skip_serializing_if = "Option::is_none",
        deserialize_with = "lenient::text_opt"
    )]
    pub openid: Option<String>,
    /// Somebody from outside whom a member knows.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub external_userid: Option<String>,
}

/// Without the ticket.
impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo")
            .field("userid", &self.userid)
            .field("openid", &self.openid)
            .field("external_userid", &self.external_userid)
            .finish_non_exhaustive()
    }
}
