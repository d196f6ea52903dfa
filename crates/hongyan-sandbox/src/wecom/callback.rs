//! Where messages and events are pushed. Tokens and keys stay in here.

use crate::world::event::Destination;
use hongyan_net::Secret;
use hongyan_wecom::callback::Callback;
use serde::{Deserialize, Serialize};

/// The way of messages and events.
pub(crate) const DESTINATION: Destination = Destination("wecom");

/// The address of the application, or one that an import names. No `Debug`: it holds the keys.
#[derive(Clone)]
pub(crate) struct Hook {
    pub(crate) url: String,
    pub(crate) token: String,
    pub(crate) encoding_aes_key: String,
    pub(crate) seal: Callback,
}

/// The application's address, once there is one.
#[derive(Default)]
pub(crate) struct OwnHook(pub(crate) Option<Hook>);

/// An address and its keys, as a file keeps them. No `Debug`.
#[derive(Serialize, Deserialize)]
pub(super) struct Keys {
    url: String,
    token: String,
    key: String,
    /// The other platform's; always none.
    #[serde(default)]
    tags: Option<Vec<String>>,
}

impl Hook {
    pub(super) fn keys(&self) -> Keys {
        let Self { url, token, encoding_aes_key, .. } = self;
        Keys { url: url.clone(), token: token.clone(), key: encoding_aes_key.clone(), tags: None }
    }
}

impl Keys {
    /// The address is not asked again. `None` for a key that is none.
    pub(super) fn restored(self, corp_id: &str) -> Option<Hook> {
        let Self { url, token, key: encoding_aes_key, .. } = self;
        let seal = Callback::new(Secret::new(token.as_str()), &encoding_aes_key, corp_id).ok()?;
        Some(Hook { url, token, encoding_aes_key, seal })
    }
}
