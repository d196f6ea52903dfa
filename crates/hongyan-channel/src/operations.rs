//! Declared operations with their types erased: what `hongyan call` and the checks of an account call by name.
//!
//! Messages do not go here: they are the channels' work, which keeps limits and knows lost replies.

use crate::{AccountConfig, ChannelConfig, SecretRef, robot::Hook};
use async_trait::async_trait;
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::{Declared, Fault, Invalid, Platform, Spec};
use hongyan_net::{Http, Options, Reply, Secret};
use hongyan_platform_client::{Client, Login, Raw};
use hongyan_wecom::WeCom;
use serde_json::Value;
use std::time::Duration;

/// A platform whose operations can be called by name.
pub struct Operations {
    /// The platform's name, which is its channel's too.
    pub platform: &'static str,
    /// Every declared operation.
    pub list: fn() -> Vec<&'static dyn Declared>,
    /// The platform's own base URL for an operation.
    pub base: fn(&Spec) -> &'static str,
}

/// Every platform with declared operations.
pub static PLATFORMS: &[Operations] = &[
    Operations { platform: DingTalk::NAME, list: DingTalk::endpoints, base: DingTalk::base },
    Operations { platform: WeCom::NAME, list: WeCom::endpoints, base: WeCom::base },
];

/// The operations of a platform.
#[must_use]
pub fn operations(platform: &str) -> Option<&'static Operations> {
    PLATFORMS.iter().find(|row| row.platform == platform)
}

/// An account that makes any of its platform's calls.
#[async_trait]
pub trait Caller: Send + Sync {
    /// Makes one call: the request's fields in, the answer's JSON out.
    ///
    /// # Errors
    /// As [`Client::call_declared`].
    async fn call(&self, operation: &dyn Declared, request: Value) -> Result<Value, Fault>;

    /// Passes a foreign call on with the account's own token.
    ///
    /// # Errors
    /// As [`Client::forward`].
    async fn forward(&self, operation: &dyn Declared, call: &Raw) -> Result<Reply, Fault>;

    /// Logs in now, whatever is cached.
    ///
    /// # Errors
    /// As [`Client::log_in`].
    async fn log_in(&self) -> Result<(), Fault>;
}

#[async_trait]
impl<P: Login> Caller for Client<P> {
    async fn call(&self, operation: &dyn Declared, request: Value) -> Result<Value, Fault> {
        self.call_declared(operation, request).await
    }

    async fn forward(&self, operation: &dyn Declared, call: &Raw) -> Result<Reply, Fault> {
        Self::forward(self, operation, call).await
    }

    async fn log_in(&self) -> Result<(), Fault> {
        Self::log_in(self).await
    }
}

/// Files travel by it too, so it takes longer and carries more than a message: a minute, 24 MiB.
pub(crate) fn files_too(options: &Options) -> Http {
    Http::new(Options { timeout: Duration::from_secs(60), max_body_bytes: 24 << 20, ..options.clone() })
}

/// A field of requests that the account itself knows, under the names that operations give it.
pub struct OwnField<'a> {
    /// Names without letter case and underscores: `appkey` stands for `app_key` and `appKey`.
    pub names: &'static [&'static str],
    /// What it holds.
    pub value: OwnValue<'a>,
}

/// What an [`OwnField`] holds.
pub enum OwnValue<'a> {
    /// An id, which may be shown.
    Open(Value),
    /// A secret, which may not, and is not read before it is needed.
    Secret(&'a SecretRef),
}

impl AccountConfig {
    /// The channel's name, as in `channel = "…"`.
    #[must_use]
    pub fn channel_name(&self) -> &'static str {
        match &self.channel {
            ChannelConfig::DingTalk(_) => DingTalk::NAME,
            ChannelConfig::WeCom(_) => WeCom::NAME,
            ChannelConfig::Mail(_) => "mail",
            ChannelConfig::DingTalkRobot(_) => "dingtalk-robot",
            ChannelConfig::WeComRobot(_) => "wecom-robot",
            ChannelConfig::Webhook(_) => "webhook",
        }
    }

    /// What stands in place of the platform's own hosts.
    #[must_use]
    pub fn base_url(&self) -> Option<&str> {
        match &self.channel {
            ChannelConfig::DingTalk(config) => config.base_url.as_deref(),
            ChannelConfig::WeCom(config) => config.base_url.as_deref(),
            ChannelConfig::DingTalkRobot(config) => config.base_url.as_deref(),
            ChannelConfig::WeComRobot(config) => config.base_url.as_deref(),
            ChannelConfig::Mail(_) | ChannelConfig::Webhook(_) => None,
        }
    }

    /// The account's secret, where it has one.
    #[must_use]
    pub fn secret(&self) -> Option<&SecretRef> {
        match &self.channel {
            ChannelConfig::DingTalk(config) => Some(&config.app_secret),
            ChannelConfig::WeCom(config) => Some(&config.secret),
            ChannelConfig::Mail(config) => config.password.as_ref(),
            ChannelConfig::DingTalkRobot(config) => Some(&config.access_token),
            ChannelConfig::WeComRobot(config) => Some(&config.key),
            ChannelConfig::Webhook(config) => config.secret.as_ref(),
        }
    }

    /// The credential in the address of a group's robot; `None` of any other account, or when it cannot be read.
    #[must_use]
    pub fn robot_credential(&self) -> Option<Secret> {
        let hook = match &self.channel {
            ChannelConfig::DingTalkRobot(config) => Hook::read(&config.access_token, "access_token"),
            ChannelConfig::WeComRobot(config) => Hook::read(&config.key, "key"),
            _ => return None,
        };
        hook.ok().map(|hook| hook.credential)
    }

    /// The request fields that the account knows by itself: its ids and its secret.
    #[must_use]
    pub fn own_fields(&self) -> Vec<OwnField<'_>> {
        let open = |names, value: Value| OwnField { names, value: OwnValue::Open(value) };
        let secret = |names, value| OwnField { names, value: OwnValue::Secret(value) };
        match &self.channel {
            ChannelConfig::DingTalk(config) => vec![
                open(&["appkey", "clientid"], config.app_key.as_str().into()),
                secret(&["appsecret", "clientsecret"], &config.app_secret),
                open(&["agentid"], config.agent_id.into()),
            ]
            .into_iter()
            .chain(config.corp_id.as_deref().map(|corp_id| open(&["corpid"], corp_id.into())))
            .collect(),
            ChannelConfig::WeCom(config) => vec![
                open(&["corpid"], config.corp_id.as_str().into()),
                secret(&["corpsecret"], &config.secret),
                open(&["agentid"], config.agent_id.into()),
            ],
            // A robot's credential opens its own webhook and no operation of the platform.
            ChannelConfig::Mail(_)
            | ChannelConfig::DingTalkRobot(_)
            | ChannelConfig::WeComRobot(_)
            | ChannelConfig::Webhook(_) => Vec::new(),
        }
    }

    /// Reads the secret and gives the account's client for its platform's operations; `None` for channels
    /// without any: mail, webhooks, and robots, whose credential opens their own webhook only.
    ///
    /// # Errors
    /// What is wrong, and with which key; never a value.
    pub fn caller(&self) -> Result<Option<Box<dyn Caller>>, Invalid> {
        let http = Http::new(self.http_options()?);
        Ok(match &self.channel {
            ChannelConfig::DingTalk(config) => Some(Box::new(Client::<DingTalk>::new(
                http,
                config.base_url.as_deref(),
                config.credential().map_err(|error| error.at("app_secret"))?,
            ))),
            ChannelConfig::WeCom(config) => Some(Box::new(Client::<WeCom>::new(
                http,
                config.base_url.as_deref(),
                config.credential().map_err(|error| error.at("secret"))?,
            ))),
            ChannelConfig::Mail(_)
            | ChannelConfig::DingTalkRobot(_)
            | ChannelConfig::WeComRobot(_)
            | ChannelConfig::Webhook(_) => None,
        })
    }
}
