//! What a channel calls a call.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The name that a channel gives a call when the platform took it, kept with the delivery. Only the channel spells and
/// reads it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(transparent)]
pub struct CallHandle(String);

impl CallHandle {
    /// As it is stored.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for CallHandle {
    fn from(text: T) -> Self {
        Self(text.into())
    }
}
