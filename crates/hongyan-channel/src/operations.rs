//! Declared operations with their types erased: what `hongyan call` and the checks of an account call by name.
//!
//! Messages do not go here: they are the channels' work, which keeps limits and knows lost replies.

use crate::SecretRef;
use async_trait::async_trait;
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::{Declared, Fault, Platform, Spec};
use hongyan_net::{Http, Options, Reply};
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

impl<'a> OwnField<'a> {
    pub(crate) fn open(names: &'static [&'static str], value: impl Into<Value>) -> Self {
        Self { names, value: OwnValue::Open(value.into()) }
    }

    pub(crate) const fn secret(names: &'static [&'static str], secret: &'a SecretRef) -> Self {
        Self { names, value: OwnValue::Secret(secret) }
    }
}

/// What an [`OwnField`] holds.
pub enum OwnValue<'a> {
    /// An id, which may be shown.
    Open(Value),
    /// A secret, which may not, and is not read before it is needed.
    Secret(&'a SecretRef),
}
