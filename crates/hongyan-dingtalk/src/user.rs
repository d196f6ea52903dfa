//! People: from a mobile number to a userid.

use crate::DingTalk;
use hongyan_endpoint::endpoints;
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Finds a member by mobile number (frozen since 2021, still answering).
    GetByMobileV1 -> UseridFoundV1 {
        "user.get_by_mobile", GET "/user/get_by_mobile",
        auth: AccessToken, effect: Read,
        limits: [rate(20, SECOND, Scope::App)],
        source: "https://open.dingtalk.com/document/orgapp/retrieve-userid-from-mobile-phone-number",
    }
    /// Finds a member by mobile number.
    GetByMobile -> UseridFound {
        "user.getbymobile", POST "/topapi/v2/user/getbymobile",
        auth: AccessToken, effect: Read,
        limits: [chars("mobile", 15), rate(20, SECOND, Scope::App)],
        source: "https://open.dingtalk.com/document/orgapp/query-users-by-phone-number",
    }
}

/// Request of `user/get_by_mobile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetByMobileV1 {
    /// The number.
    pub mobile: String,
}

/// Reply of `user/get_by_mobile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseridFoundV1 {
    /// The member.
    pub userid: String,
}

/// Request of `topapi/v2/user/getbymobile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetByMobile {
    /// The number, at most 15 characters.
    pub mobile: String,
}

/// Reply of `topapi/v2/user/getbymobile`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UseridFound {
    /// The wrapped member.
    pub result: Found,
}

/// Member of [`UseridFound`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The member.
    pub userid: String,
}
