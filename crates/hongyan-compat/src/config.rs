//! `[official]` and `[facade]`.

use serde::Deserialize;

/// The platforms' own paths on this gateway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfficialConfig {
    /// Whether they are answered.
    pub enabled: bool,
    /// How long a send's caller waits for the platform's reply, in milliseconds.
    pub wait_ms: u64,
}

/// `/api/dingtalkserve/*`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FacadeConfig {
    /// The DingTalk account that it stands for; `None`: there is no facade.
    pub account: Option<String>,
    /// Whether callers on this machine need no key.
    pub open_on_loopback: bool,
}
