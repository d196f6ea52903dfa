//! A vendor's tokens, new style: for its suite, for each company that installed it, and what a company allowed.
//!
//! The older forms, signed, are in [`crate::isv`].

use crate::{DingTalk, read};
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Serialize};
use serde_json::Value;

endpoints! { DingTalk;
    /// Gives the suite's own token.
    GetSuiteAccessToken -> SuiteTokenGiven {
        "suite.token", POST "/v1.0/oauth2/suiteAccessToken",
        auth: None, effect: Idempotent, role: Grant,
        limits: [],
        source: "https://open.dingtalk.com/document/development/obtains-the-suite-acess-token-of-third-party-enterprise-applications",
    }
    /// Gives a token for a company that installed the suite; asking again gives a new one.
    GetCorpAccessToken -> SuiteTokenGiven {
        "suite.corp_token", POST "/v1.0/oauth2/corpAccessToken",
        auth: None, effect: Idempotent, role: Grant,
        limits: [],
        source: "https://open.dingtalk.com/document/development/obtain-the-access-token-of-the-third-party-application-authorization-enterprise",
    }
    /// Tells what a company allowed the suite; the token is the suite's.
    GetCorpAuth -> CorpAuthGiven {
        "suite.auth_info", GET "/v1.0/oauth2/apps/authInfo",
        auth: AcsHeader, effect: Read, needs: Suite,
        limits: [rate(20, SECOND, RateScope::App)],
        source: "https://open.dingtalk.com/document/development/obtains-the-authorization-information-after-the-enterprise-activates-the-application-1",
    }
}

/// Request of `oauth2/suiteAccessToken`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetSuiteAccessToken {
    /// SuiteKey.
    pub suite_key: String,
    /// SuiteSecret.
    pub suite_secret: String,
    /// The newest one pushed.
    pub suite_ticket: String,
}

/// Request of `oauth2/corpAccessToken`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetCorpAccessToken {
    /// SuiteKey.
    pub suite_key: String,
    /// SuiteSecret.
    pub suite_secret: String,
    /// The company.
    pub auth_corp_id: String,
    /// The newest one pushed.
    pub suite_ticket: String,
}

/// Reply of both token operations.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SuiteTokenGiven {
    /// Opaque.
    pub access_token: String,
    /// Life in seconds, 7200.
    #[serde(deserialize_with = "lenient::integer")]
    pub expire_in: i64,
}

/// Request of `oauth2/apps/authInfo`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetCorpAuth {
    /// The company.
    pub auth_corp_id: String,
}

/// Reply of `oauth2/apps/authInfo`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CorpAuthGiven {
    /// The applications of the suite in the company.
    pub auth_app_info: AuthApp,
    /// The company, free-form.
    pub auth_corp_info: Value,
    /// Who allowed it.
    pub auth_user_info: AuthUser,
}

/// Member of [`CorpAuthGiven`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthApp {
    /// One object for each instance; its agent id is the one of work notifications.
    #[serde(default, deserialize_with = "read::rows")]
    pub agent_list: Vec<Value>,
}

/// Member of [`CorpAuthGiven`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthUser {
    /// Administrator of the company.
    pub user_id: String,
}
