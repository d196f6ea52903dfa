//! A vendor's older operations (`/service/*`): signed, or with the suite's token in the query.
//!
//! [`sign`] writes the signature that most of them carry; the credentials travel in the query, so every request
//! here is kept out of `Debug`.

use crate::{DingTalk, mac, read, reply::Done};
use hongyan_endpoint::{DeclaredRefusal, endpoints, lenient, refusals};
use serde::{Deserialize, Serialize};
use serde_json::Value;

endpoints! { DingTalk;
    /// Gives a token for a company that installed the suite or custom app.
    GetCorpToken -> CorpTokenGiven {
        "isv.get_corp_token", POST "/service/get_corp_token",
        query: ["accessKey", "timestamp", "suiteTicket", "signature", "suite_access_token"],
        auth: None, effect: Idempotent, role: Grant,
        refuses: VENDOR,
        limits: [],
        source: "https://open.dingtalk.com/document/isvapp/obtains-the-enterprise-authorized-credential",
    }
    /// Tells what a company allowed: its data, the administrator, the agent ids.
    GetAuthInfo -> AuthInfoGiven {
        "isv.get_auth_info", POST "/service/get_auth_info",
        query: ["accessKey", "timestamp", "suiteTicket", "signature"],
        auth: None, effect: Read,
        refuses: VENDOR,
        limits: [],
        source: "https://open.dingtalk.com/document/isvapp/obtains-the-basic-information-of-an-enterprise",
    }
    /// Gives the suite's own token.
    GetSuiteToken -> SuiteTokenGiven {
        "isv.get_suite_token", POST "/service/get_suite_token",
        auth: None, effect: Idempotent, role: Grant,
        refuses: VENDOR,
        limits: [],
        source: "https://open.dingtalk.com/document/isvapp/obtain-application-suite-ticket",
    }
    /// Changes a temporary code for a permanent one; the temporary one is spent by it.
    GetPermanentCode -> PermanentCodeGiven {
        "isv.get_permanent_code", POST "/service/get_permanent_code",
        query: ["suite_access_token"],
        auth: None, effect: Send, role: Grant,
        refuses: VENDOR,
        limits: [],
        source: "https://open.dingtalk.com/document/isvapp/obtain-a-permanent-authorization-code",
    }
    /// Activates the suite in a company.
    ActivateSuite -> Done {
        "isv.activate_suite", POST "/service/activate_suite",
        query: ["suite_access_token"],
        auth: None, effect: Idempotent,
        refuses: VENDOR,
        limits: [],
        source: "https://open.dingtalk.com/document/isvapp/activate-suite",
    }
    /// Tells of an instance of the suite's application in a company.
    GetAgent -> AgentGiven {
        "isv.get_agent", POST "/service/get_agent",
        query: ["suite_access_token", "timestamp", "suiteTicket", "signature"],
        auth: None, effect: Read,
        refuses: VENDOR,
        limits: [],
        source: "https://open.dingtalk.com/document/isvapp/obtains-application-information-of-an-enterprise",
    }
    /// Lists companies that installed the application and did not activate it.
    GetUnactiveCorps -> UnactiveCorpsGiven {
        "isv.get_unactive_corp", POST "/service/get_unactive_corp",
        query: ["suite_access_token"],
        auth: None, effect: Read,
        refuses: VENDOR,
        limits: [],
        source: "https://open.dingtalk.com/document/isvapp/obtains-a-list-of-enterprises-whose-applications-are-not-activated",
    }
}

/// What is missing of a vendor's call has a code of its own for most fields.
const VENDOR: &[DeclaredRefusal] = {
    use hongyan_endpoint::When::*;
    const EMPTY: &str = "缺少参数 {}";
    refusals!([
        Missing("suite_key") => ("41021", EMPTY),
        Missing("suite_access_token") => ("41022", EMPTY),
        Missing("suite_ticket") => ("41023", EMPTY),
        Missing("suite_secret") => ("41024", EMPTY),
        Missing("permanent_code") => ("41025", EMPTY),
        Missing("tmp_auth_code") => ("41026", EMPTY),
        Missing("timestamp") => ("853001", EMPTY),
        Missing("accessKey") => ("853003", EMPTY),
        Missing("signature") => ("853004", EMPTY),
    ])
};

/// Request of `get_corp_token`: signed; or, in its older form, with the suite's token and the permanent code.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetCorpToken {
    /// SuiteKey or CustomKey.
    #[serde(rename = "accessKey", default, skip_serializing_if = "String::is_empty")]
    pub access_key: String,
    /// Milliseconds, now; more than a minute off is refused.
    #[serde(default, skip_serializing_if = "String::is_empty", deserialize_with = "lenient::text")]
    pub timestamp: String,
    /// The newest one pushed; any text for a custom app.
    #[serde(rename = "suiteTicket", default, skip_serializing_if = "String::is_empty")]
    pub suite_ticket: String,
    /// Of [`sign`].
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub signature: String,
    /// The suite's token, in the query: the older form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite_access_token: Option<String>,
    /// The company.
    pub auth_corpid: String,
    /// Of the company: the older form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub permanent_code: Option<String>,
}

/// Reply of `get_corp_token`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpTokenGiven {
    /// Opaque.
    pub access_token: String,
    /// Life in seconds, 7200.
    #[serde(deserialize_with = "lenient::integer")]
    pub expires_in: i64,
}

/// Request of `get_auth_info`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetAuthInfo {
    /// SuiteKey or CustomKey.
    #[serde(rename = "accessKey")]
    pub access_key: String,
    /// Milliseconds, now; more than a minute off is refused.
    #[serde(deserialize_with = "lenient::text")]
    pub timestamp: String,
    /// The newest one pushed; any text for a custom app.
    #[serde(rename = "suiteTicket")]
    pub suite_ticket: String,
    /// Of [`sign`].
    pub signature: String,
    /// The company.
    pub auth_corpid: String,
    /// For suites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suite_key: Option<String>,
}

/// Member of [`AuthInfoGiven`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuthInfo {
    /// One for each instance.
    #[serde(default, deserialize_with = "read::rows")]
    pub agent: Vec<Agent>,
}

/// Reply of `get_auth_info`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct AuthInfoGiven {
    /// The company.
    pub auth_corp_info: CorpInfo,
    /// Who allowed it.
    pub auth_user_info: AuthUser,
    /// What was allowed.
    pub auth_info: AuthInfo,
    /// Of service windows, free-form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub channel_auth_info: Option<Value>,
    /// Of the market, free-form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth_market_info: Option<Value>,
}

/// The company of [`AuthInfoGiven`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpInfo {
    /// The company.
    pub corpid: String,
    /// Short name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub corp_name: String,
    /// Full name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub full_corp_name: String,
    /// 0 a company.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub corp_type: Option<i64>,
    /// 0 not certified, 1 senior, 2 middle, 3 junior.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub auth_level: Option<i64>,
    /// Whether it is certified.
    #[serde(default, deserialize_with = "read::flag")]
    pub is_authenticated: bool,
    /// Its trade.
    #[serde(default, deserialize_with = "lenient::text")]
    pub industry: String,
    /// Who brought it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub auth_channel: String,
    /// Of what kind that is.
    #[serde(default, deserialize_with = "lenient::text")]
    pub auth_channel_type: String,
    /// To join it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub invite_code: String,
    /// To join it.
    #[serde(default, deserialize_with = "lenient::text")]
    pub invite_url: String,
    /// Of its order.
    #[serde(default, deserialize_with = "lenient::text")]
    pub license_code: String,
    /// Picture.
    #[serde(default, deserialize_with = "lenient::text")]
    pub corp_logo_url: String,
}

/// Who allowed it, in [`AuthInfoGiven`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthUser {
    /// Administrator.
    pub user_id: String,
}

/// One instance in [`AuthInfo`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// The `agent_id` of work notifications in that company.
    #[serde(deserialize_with = "lenient::integer")]
    pub agentid: i64,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub agent_name: String,
    /// Picture.
    #[serde(default, deserialize_with = "lenient::text")]
    pub logo_url: String,
    /// The application.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub appid: Option<i64>,
    /// Administrators of the application.
    #[serde(default, deserialize_with = "lenient::list")]
    pub admin_list: Vec<String>,
}

/// Request of `get_suite_token`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetSuiteToken {
    /// SuiteKey.
    pub suite_key: String,
    /// SuiteSecret.
    pub suite_secret: String,
    /// The newest one pushed.
    pub suite_ticket: String,
}

/// Reply of `get_suite_token`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SuiteTokenGiven {
    /// Opaque.
    pub suite_access_token: String,
    /// Life in seconds, 7200.
    #[serde(deserialize_with = "lenient::integer")]
    pub expires_in: i64,
}

/// Request of `get_permanent_code`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetPermanentCode {
    /// The suite's token, in the query.
    pub suite_access_token: String,
    /// Good for one use.
    pub tmp_auth_code: String,
}

/// Reply of `get_permanent_code`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PermanentCodeGiven {
    /// Of the company, for the suite.
    pub permanent_code: String,
    /// The company.
    pub auth_corp_info: CorpName,
}

/// Member of [`PermanentCodeGiven`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CorpName {
    /// The company.
    pub corpid: String,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub corp_name: String,
}

/// Request of `activate_suite`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivateSuite {
    /// The suite's token, in the query.
    pub suite_access_token: String,
    /// SuiteKey.
    pub suite_key: String,
    /// The company.
    pub auth_corpid: String,
    /// Of the company.
    pub permanent_code: String,
}

/// Request of `get_agent`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetAgent {
    /// The suite's token, in the query.
    pub suite_access_token: String,
    /// Milliseconds, now; more than a minute off is refused.
    #[serde(deserialize_with = "lenient::text")]
    pub timestamp: String,
    /// The newest one pushed; any text for a custom app.
    #[serde(rename = "suiteTicket")]
    pub suite_ticket: String,
    /// Of [`sign`].
    pub signature: String,
    /// SuiteKey.
    pub suite_key: String,
    /// The company.
    pub auth_corpid: String,
    /// From `get_auth_info`.
    #[serde(deserialize_with = "lenient::text")]
    pub agentid: String,
}

/// Reply of `get_agent`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentGiven {
    /// The instance.
    #[serde(deserialize_with = "lenient::integer")]
    pub agentid: i64,
    /// Its name.
    #[serde(default, deserialize_with = "lenient::text")]
    pub name: String,
    /// Picture.
    #[serde(default, deserialize_with = "lenient::text")]
    pub logo_url: String,
    /// What it is for.
    #[serde(default, deserialize_with = "lenient::text")]
    pub description: String,
    /// 0 disabled, 1 normal, 2 to be activated.
    #[serde(deserialize_with = "lenient::integer")]
    pub close: i64,
}

/// Request of `get_unactive_corp`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetUnactiveCorps {
    /// The suite's token, in the query.
    pub suite_access_token: String,
    /// The application.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub app_id: Option<i64>,
}

/// Reply of `get_unactive_corp`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnactiveCorpsGiven {
    /// The application.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "lenient::integer_opt")]
    pub app_id: Option<i64>,
    /// Companies.
    #[serde(default, deserialize_with = "lenient::list")]
    pub corp_list: Vec<String>,
    /// Whether there are more.
    #[serde(default, deserialize_with = "read::flag")]
    pub has_more: bool,
}

/// The `signature` of `/service/*`: base64 of HMAC-SHA256 keyed with the suite's secret over `timestamp\nticket`.
///
/// Plain base64: the wire percent-encodes it. `timestamp_ms` goes into the query with it.
#[must_use]
pub fn sign(suite_secret: &str, timestamp_ms: i64, suite_ticket: &str) -> String {
    mac::base64(suite_secret, &format!("{timestamp_ms}\n{suite_ticket}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::Endpoint;

    #[test]
    fn the_signature_is_the_references_and_travels_encoded() {
        let signature = sign("suitesecret000", 1_700_000_000_000, "TestSuiteTicket");
        assert_eq!(signature, "ZemHAtbLfQotVqs+QLXrEIZK7ILpSqX7qUywQXUk6zE=");
        let call = GetCorpToken {
            access_key: "suitesample".into(),
            timestamp: "1700000000000".into(),
            suite_ticket: "TestSuiteTicket".into(),
            signature,
            auth_corpid: "dingsamplecorp".into(),
            ..GetCorpToken::default()
        };
        let wire = call.encode().unwrap();
        assert!(wire.target().ends_with("&signature=ZemHAtbLfQotVqs%2BQLXrEIZK7ILpSqX7qUywQXUk6zE%3D"));
        assert_eq!(wire.body, br#"{"auth_corpid":"dingsamplecorp"}"#);
    }
}
