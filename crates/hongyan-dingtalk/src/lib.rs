//! DingTalk 钉钉: its operations on both hosts, its envelopes, its error table.
//!
//! Each family is a module that declares its operations at its head; adding one is one entry there and one
//! fixture in `fixtures/`. Facts are cited by document page.

pub mod callback;
pub mod card;
pub mod chat;
pub mod content;
pub mod conversation;
pub mod department;
pub mod department_edit;
mod envelope;
mod faults;
pub mod group;
pub mod isv;
pub mod login;
mod mac;
pub mod media;
pub mod notice;
pub mod notice_extra;
pub mod old_department;
pub mod old_scene;
pub mod old_user;
pub mod old_user_edit;
mod read;
mod refusals;
pub mod reply;
pub mod robot;
pub mod scene;
pub mod scope;
pub mod stream;
pub mod subscription;
pub mod suite;
pub mod token;
pub mod topapi;
pub mod user;
pub mod user_edit;
pub mod webhook;

pub use envelope::rewrapped;

use hongyan_endpoint::{Declared, Endpoint, ErrorCode, Fault, Platform, Sealed, Spec};
use hongyan_net::Secret;
use hongyan_platform_client::Login;
use std::time::Duration;

/// The platform.
pub enum DingTalk {}

/// Paths that the platform answers under an older or another spelling too, each with the declared one; its own examples
/// and clients use them.
pub const ALIASES: [(&str, &str); 2] =
    [("/user/getuseridbyunionid", "/user/getUseridByUnionid"), ("/user/list", "/user/listbypage")];

/// The declared spelling of a path: the path itself, mostly.
#[must_use]
pub fn declared_path(path: &str) -> &str {
    ALIASES.iter().find(|(alias, _)| *alias == path).map_or(path, |(_, path)| path)
}

impl Platform for DingTalk {
    const NAME: &'static str = "dingtalk";

    /// New-style paths carry their version and live on a host of their own.
    fn base(spec: &Spec) -> &'static str {
        if new_style(spec) { "https://api.dingtalk.com" } else { "https://oapi.dingtalk.com" }
    }

    fn endpoints() -> Vec<&'static dyn Declared> {
        [
            token::ENDPOINTS,
            suite::ENDPOINTS,
            isv::ENDPOINTS,
            scope::ENDPOINTS,
            user::ENDPOINTS,
            user_edit::ENDPOINTS,
            department::ENDPOINTS,
            department_edit::ENDPOINTS,
            old_user::ENDPOINTS,
            old_user_edit::ENDPOINTS,
            old_department::ENDPOINTS,
            notice::ENDPOINTS,
            notice_extra::ENDPOINTS,
            chat::ENDPOINTS,
            group::ENDPOINTS,
            scene::ENDPOINTS,
            old_scene::ENDPOINTS,
            conversation::ENDPOINTS,
            webhook::ENDPOINTS,
            robot::ENDPOINTS,
            media::ENDPOINTS,
            subscription::ENDPOINTS,
            stream::ENDPOINTS,
            card::ENDPOINTS,
            login::ENDPOINTS,
        ]
        .concat()
    }

    fn error_codes() -> &'static [ErrorCode] {
        &faults::ERROR_CODES
    }

    fn error_code(code: &str) -> Option<&'static ErrorCode> {
        faults::look_up(code)
    }

    fn open(spec: &Spec, status: u16, body: &[u8]) -> Result<(), Fault> {
        envelope::open(spec, status, body)
    }

    fn seal(spec: &Spec, reply: Result<serde_json::Value, &Fault>) -> Sealed {
        envelope::seal(spec, reply)
    }
}

/// Whether an operation lives on the new-style host.
#[must_use]
pub fn new_style(spec: &Spec) -> bool {
    spec.path.starts_with("/v1.0/") || spec.path.starts_with("/v2.0/")
}

/// One internal application of one company.
#[derive(Debug, Clone)]
pub struct Credential {
    /// `AppKey`, also called Client ID.
    pub app_key: String,
    /// `AppSecret`, also called Client Secret.
    pub app_secret: Secret,
}

impl Login for DingTalk {
    type Credential = Credential;
    type Call = token::GetToken;

    fn login(credential: &Credential) -> token::GetToken {
        token::GetToken {
            appkey: credential.app_key.clone(),
            appsecret: credential.app_secret.expose().to_owned(),
            ..token::GetToken::default()
        }
    }

    fn token(reply: <token::GetToken as Endpoint>::Reply) -> (String, Duration) {
        (reply.access_token, Duration::from_secs(u64::try_from(reply.expires_in).unwrap_or(0)))
    }
}
