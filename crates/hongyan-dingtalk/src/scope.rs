//! What a token may see of the company.

use crate::{DingTalk, read};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};

endpoints! { DingTalk;
    /// Tells which departments, people and fields the token may see.
    GetScopes -> ScopesGiven {
        "auth.scopes", GET "/auth/scopes",
        auth: AccessToken, effect: Read, needs: Permission("qyapi_base"),
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/orgapp/obtain-corpsecret-authorization-scope",
    }
}

/// Request of `auth/scopes`: nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetScopes {}

/// Reply of `auth/scopes`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScopesGiven {
    /// Fields of a member.
    #[serde(default, deserialize_with = "lenient::list")]
    pub auth_user_field: Vec<String>,
    /// Fields that need a condition.
    #[serde(default, deserialize_with = "lenient::list")]
    pub condition_field: Vec<String>,
    /// Whom.
    pub auth_org_scopes: OrgScopes,
}

/// Member of [`ScopesGiven`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrgScopes {
    /// Departments, with all below them; 1 is everybody.
    #[serde(default, deserialize_with = "read::ids")]
    pub authed_dept: Vec<i64>,
    /// Single members.
    #[serde(default, deserialize_with = "lenient::list")]
    pub authed_user: Vec<String>,
}
