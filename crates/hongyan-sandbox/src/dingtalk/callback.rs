//! Who is told over HTTP. Tokens and keys stay in here.

use super::credentials::Credentials;
use crate::world::event::Destination;
use hongyan_dingtalk::callback::Callback;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Events, to the address that was registered.
pub(crate) const EVENTS: Destination = Destination("dingtalk");
/// What is said to the robot, to the robot's address.
pub(crate) const ROBOT: Destination = Destination("dingtalk_robot");

/// The one address for events. No `Debug`: it holds the keys.
#[derive(Clone)]
pub(crate) struct Hook {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) aes_key: String,
    /// `None`: all, as when the console was used.
    pub(crate) tags: Option<Vec<String>>,
    pub(crate) seal: Callback,
}

impl Hook {
    pub(super) fn wants(&self, kind: &str) -> bool {
        self.tags.as_ref().is_none_or(|tags| tags.iter().any(|tag| tag == kind))
    }
}

/// All receivers over HTTP.
#[derive(Default)]
pub(crate) struct Callbacks {
    pub(crate) events: Option<Hook>,
    /// Where the robot sends what it hears.
    pub(crate) robot: Option<String>,
}

/// One address and its keys, as a file keeps them. No `Debug`.
#[derive(Serialize, Deserialize)]
struct Keys {
    url: String,
    token: String,
    key: String,
    /// What was registered for; none where the console was used.
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Callbacks {
    /// What a file keeps of the receivers.
    pub(super) fn snapshot(&self) -> [(&'static str, Value); 2] {
        let keys = |hook: &Hook| Keys {
            url: hook.url.clone(),
            token: hook.token.clone(),
            key: hook.aes_key.clone(),
            tags: hook.tags.clone(),
        };
        [("dingtalk", json!(self.events.as_ref().map(keys))), ("robot", json!(self.robot))]
    }

    /// What a file kept; the addresses are not asked again. A key that is none is left out.
    pub(super) fn restored(events: Value, robot: Value, credentials: &Credentials) -> serde_json::Result<Self> {
        let events: Option<Keys> = serde_json::from_value(events)?;
        let hook = |Keys { url, token, key: aes_key, tags }| {
            let owner = if tags.is_none() { &credentials.app_key } else { &credentials.corp_id };
            let seal = Callback::new(token.as_str(), &aes_key, owner.as_str()).ok()?;
            Some(Hook { url, token, aes_key, tags, seal })
        };
        Ok(Self { events: events.and_then(hook), robot: serde_json::from_value(robot)? })
    }
}
