//! Who signed in: from the code of a page inside the client, or of a sign-in page, to a member.

use crate::{DingTalk, read, reply::Wrapped};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use std::fmt;

endpoints! { DingTalk;
    /// Names the member behind a code of the client (免登); it serves once, for five minutes.
    GetUserInfo -> UserInfoGiven {
        "login.user_info", POST "/topapi/v2/user/getuserinfo",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_base"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/obtain-the-userid-of-a-user-by-using-the-log-free",
    }
    /// Gives the token of a person, for the code of a sign-in page or to renew one.
    GetUserToken -> UserTokenGiven {
        "login.user_token", POST "/v1.0/oauth2/userAccessToken",
        auth: None, effect: Idempotent, role: Grant,
        limits: [],
        source: "https://open.dingtalk.com/document/orgapp/obtain-user-token",
    }
    /// Reads a person of the contacts with a person's token: `me` is whose token it is.
    GetContact -> ContactGiven {
        "login.contact", GET "/v1.0/contact/users/{unionId}",
        auth: AcsHeader, effect: Read, needs: Person,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/dingtalk-retrieve-user-information",
    }
}

/// Request of `topapi/v2/user/getuserinfo`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUserInfo {
    /// As the client gave it.
    pub code: String,
}

/// The code signs somebody in: it is not shown.
impl fmt::Debug for GetUserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GetUserInfo(…)")
    }
}

/// Reply of `topapi/v2/user/getuserinfo`.
pub type UserInfoGiven = Wrapped<UserInfo>;

/// Member of [`UserInfoGiven`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserInfo {
    /// The member.
    pub userid: String,
    /// The device.
    #[serde(default, deserialize_with = "lenient::text")]
    pub device_id: String,
    /// Whether an administrator.
    #[serde(default, deserialize_with = "read::flag")]
    pub sys: bool,
    /// 1 main administrator, 2 sub-administrator, 100 boss, 0 other.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub sys_level: i64,
    /// Of the person, in this application's developer.
    #[serde(default, deserialize_with = "lenient::text")]
    pub unionid: String,
    /// Of the main account.
    #[serde(default, deserialize_with = "lenient::text")]
    pub associated_unionid: String,
    /// Their name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
}

/// Request of `oauth2/userAccessToken`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetUserToken {
    /// The application.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// With `authorization_code`: of the sign-in page.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub code: Option<String>,
    /// With `refresh_token`: of the answer before.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub refresh_token: Option<String>,
    /// `authorization_code` or `refresh_token`.
    #[serde(default)]
    pub grant_type: String,
}

/// Reply of `oauth2/userAccessToken`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserTokenGiven {
    /// Opaque.
    pub access_token: String,
    /// Opaque; for 30 days.
    #[serde(default, deserialize_with = "lenient::text")]
    pub refresh_token: String,
    /// Life in seconds, 7200.
    #[serde(default, deserialize_with = "lenient::integer")]
    pub expire_in: i64,
    /// The company that was chosen.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::text_opt")]
    pub corp_id: Option<String>,
}

/// Request of `contact/users/{unionId}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetContact {
    /// The person, or `me`.
    pub union_id: String,
}

/// Reply of `contact/users/{unionId}`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ContactGiven {
    /// Their name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub nick: String,
    /// Their picture.
    #[serde(default, deserialize_with = "lenient::text")]
    pub avatar_url: String,
    /// Where the permission was granted.
    #[serde(default, deserialize_with = "lenient::text")]
    pub mobile: String,
    /// Of the person, in this application.
    #[serde(default, deserialize_with = "lenient::text")]
    pub open_id: String,
    /// Of the person, in this application's developer.
    #[serde(default, deserialize_with = "lenient::text")]
    pub union_id: String,
    /// Their own address.
    #[serde(default, deserialize_with = "lenient::text")]
    pub email: String,
    /// Country's code of the mobile.
    #[serde(default, deserialize_with = "lenient::text")]
    pub state_code: String,
}
