//! API keys: what is kept of them. The key itself is shown once and never stored.

use crate::Time;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a key may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Hand in, recall, retry and cancel messages.
    Send,
    /// Look at messages and accounts.
    Read,
    /// Everything, keys included.
    Admin,
}

impl Scope {
    /// Every scope.
    pub const EVERY: [Self; 3] = [Self::Send, Self::Read, Self::Admin];

    /// As in JSON and on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Send => "send",
            Self::Read => "read",
            Self::Admin => "admin",
        }
    }

    /// The scope of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::EVERY.into_iter().find(|scope| scope.name() == name)
    }
}

/// A key as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRow {
    /// Public part, also the key's visible prefix.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// SHA-256 of the whole key: it is random, so a slow hash would protect nothing.
    pub hash: [u8; 32],
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// The accounts it may use; empty for all.
    pub accounts: Vec<String>,
    /// When it was made.
    pub made_at: Time,
    /// Since when it is refused.
    pub revoked_at: Option<Time>,
}
