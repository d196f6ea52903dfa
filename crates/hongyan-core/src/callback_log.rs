//! The callbacks that platforms push: kept once, read in order.

use crate::{StoreError, Time};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Callbacks that are kept; older ones go.
pub const KEPT_CALLBACKS: i64 = 100_000;

/// A callback that was verified and decrypted.
#[derive(Debug, Clone, PartialEq)]
pub struct NewCallback {
    /// The account that it was pushed to.
    pub account: String,
    /// The same for a push and its repeats.
    pub key: String,
    /// What it is, in the platform's word: `user_add_org`, `template_card_event`, `text`.
    pub event: String,
    /// When it came.
    pub at: Time,
    /// What it says, as a JSON object.
    pub body: Value,
}

/// A callback as `/v1/callbacks` shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallbackRow {
    /// Grows with each callback; the cursor.
    pub id: i64,
    /// The account that it was pushed to.
    pub account: String,
    /// What it is, in the platform's word.
    pub event: String,
    /// When it came.
    pub at: Time,
    /// What it says: DingTalk's JSON as it came, WeCom's XML with an object member per element.
    pub body: Value,
}

/// Where callbacks are kept.
#[async_trait]
pub trait CallbackLog: Send + Sync + 'static {
    /// Keeps a callback; `false` when one with its account and key is kept already.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn keep_callback(&self, callback: NewCallback) -> Result<bool, StoreError>;

    /// Callbacks after the one with the id `after`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn callbacks(&self, account: Option<&str>, after: i64, limit: usize) -> Result<Vec<CallbackRow>, StoreError>;
}
