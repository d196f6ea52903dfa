//! WeCom 企业微信: its operations, its envelope, its error table.
//!
//! Each family is a module that declares its operations at its head; adding one is one entry there and one
//! fixture in `fixtures/`. Facts are cited by document page.

pub mod address;
pub mod agent;
pub mod appchat;
pub mod batch;
pub mod callback;
pub mod content;
pub mod department;
pub mod done;
mod envelope;
mod faults;
pub mod md5;
pub mod media;
pub mod menu;
pub mod message;
pub mod oauth;
pub mod openid;
mod refusals;
pub mod tag;
pub mod token;
pub mod user;
pub mod webhook;

use hongyan_endpoint::{Answer, Declared, Endpoint, ErrorCode, Fault, Platform, Sealed, Spec, file};
use hongyan_net::Secret;
use hongyan_platform_client::Login;
use std::time::Duration;

/// The platform.
pub enum WeCom {}

impl Platform for WeCom {
    const NAME: &'static str = "wecom";

    fn base(_: &Spec) -> &'static str {
        "https://qyapi.weixin.qq.com"
    }

    fn endpoints() -> Vec<&'static dyn Declared> {
        [
            token::ENDPOINTS,
            message::ENDPOINTS,
            appchat::ENDPOINTS,
            media::ENDPOINTS,
            user::ENDPOINTS,
            batch::ENDPOINTS,
            department::ENDPOINTS,
            tag::ENDPOINTS,
            webhook::ENDPOINTS,
            callback::ENDPOINTS,
            oauth::ENDPOINTS,
            openid::ENDPOINTS,
            agent::ENDPOINTS,
            menu::ENDPOINTS,
            address::ENDPOINTS,
        ]
        .concat()
    }

    fn error_codes() -> &'static [ErrorCode] {
        &faults::ERROR_CODES
    }

    fn open(_: &Spec, status: u16, body: &[u8]) -> Result<(), Fault> {
        envelope::open(status, body)
    }

    fn seal(spec: &Spec, reply: Result<serde_json::Value, &Fault>) -> Sealed {
        if spec.answer == Answer::File
            && let Ok(reply) = &reply
            && let Some(sealed) = file::seal(reply)
        {
            return sealed;
        }
        envelope::seal(reply)
    }
}

/// One self-built application of one company.
#[derive(Debug, Clone)]
pub struct Credential {
    /// `ww…`
    pub corp_id: String,
    /// The application's secret.
    pub secret: Secret,
}

impl Login for WeCom {
    type Credential = Credential;
    type Call = token::GetToken;

    fn login(credential: &Credential) -> token::GetToken {
        token::GetToken { corpid: credential.corp_id.clone(), corpsecret: credential.secret.expose().to_owned() }
    }

    fn token(reply: <token::GetToken as Endpoint>::Reply) -> (String, Duration) {
        (reply.access_token, Duration::from_secs(u64::try_from(reply.expires_in).unwrap_or(0)))
    }
}
