//! Access tokens of an internal application, in three forms.
//!
//! All are accepted by both hosts. Asking again while one lives renews the same one.

use crate::DingTalk;
use hongyan_endpoint::{endpoints, lenient};
use serde::{Deserialize, Deserializer, Serialize, de::Error};

endpoints! { DingTalk;
    /// Gives an internal application's access token; asking again renews the same one.
    GetToken -> TokenGiven {
        "token.get", GET "/gettoken",
        auth: None, effect: Idempotent, role: Login(Query),
        refuses: [Anything => ("40035", "缺少参数 corpid or appkey")],
        limits: [],
        source: "https://open.dingtalk.com/document/orgapp/obtain-orgapp-token",
    }
    /// Gives an internal application's access token (new style); asking again renews the same one.
    GetAccessToken -> AccessTokenGiven {
        "token.create", POST "/v1.0/oauth2/accessToken",
        auth: None, effect: Idempotent, role: Login(Body),
        limits: [],
        source: "https://open.dingtalk.com/document/development/obtain-the-access-token-of-an-internal-app",
    }
    /// Gives the token of an application, internal or of a vendor, in one company (unified form).
    GetCompanyToken -> TokenGiven {
        "token.company", POST "/v1.0/oauth2/{corpId}/token",
        auth: None, effect: Idempotent, role: Login(Client),
        limits: [],
        source: "https://open.dingtalk.com/document/development/api-gettoken",
    }
}

/// Request of `gettoken`: an application's pair, or the older one of a company.
#[derive(Clone, Default, PartialEq, Eq, Serialize)]
pub struct GetToken {
    /// Client ID.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub appkey: String,
    /// Client Secret.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub appsecret: String,
    /// The company: the older pair, in place of the two above.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub corpid: String,
    /// The company's secret, or an application's.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub corpsecret: String,
}

/// Either pair as it arrives.
#[derive(Deserialize)]
struct Pairs {
    appkey: Option<String>,
    appsecret: Option<String>,
    corpid: Option<String>,
    corpsecret: Option<String>,
}

impl<'de> Deserialize<'de> for GetToken {
    /// Without the older pair, the newer one is what is missing.
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let Pairs { appkey, appsecret, corpid, corpsecret } = Pairs::deserialize(from)?;
        if corpid.is_none() && appkey.is_none() {
            return Err(D::Error::missing_field("appkey"));
        }
        if corpid.is_none() && appsecret.is_none() {
            return Err(D::Error::missing_field("appsecret"));
        }
        let [appkey, appsecret, corpid, corpsecret] =
            [appkey, appsecret, corpid, corpsecret].map(Option::unwrap_or_default);
        Ok(Self { appkey, appsecret, corpid, corpsecret })
    }
}

/// Reply of `gettoken` and of the unified form.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenGiven {
    /// Opaque.
    pub access_token: String,
    /// Life in seconds, 7200; very old answers lack it.
    #[serde(default = "two_hours", deserialize_with = "lenient::integer")]
    pub expires_in: i64,
}

/// Request of `oauth2/accessToken`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GetAccessToken {
    /// Client ID.
    pub app_key: String,
    /// Client Secret.
    pub app_secret: String,
}

/// Reply of `oauth2/accessToken`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccessTokenGiven {
    /// Opaque.
    pub access_token: String,
    /// Life in seconds, 7200; here without the `s`.
    #[serde(default = "two_hours", deserialize_with = "lenient::integer")]
    pub expire_in: i64,
}

/// Request of `oauth2/{corpId}/token`.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GetCompanyToken {
    /// The company; in the path.
    #[serde(rename = "corpId")]
    pub corp_id: String,
    /// Client ID.
    pub client_id: String,
    /// Client Secret.
    pub client_secret: String,
    /// `client_credentials`.
    #[serde(default)]
    pub grant_type: String,
}

const fn two_hours() -> i64 {
    7_200
}
