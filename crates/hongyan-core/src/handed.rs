//! Ids that were handed out in a platform's place, and the way back from the platform's own.
//!
//! Whoever calls an official path and gets no reply in time is given a number of ours; asked for progress, result or
//! recall with it (or with the platform's own id), the gateway finds the message again.

use crate::{DeliveryId, MessageId, StoreError};
use async_trait::async_trait;

/// Numbers of ours are greater than this one: beyond any task of a platform, and below 2^53, up to which JavaScript
/// counts exactly.
pub const HANDED_AFTER: i64 = 1 << 52;

/// Where handed-out ids are kept. Part of [`crate::Outbox`].
#[async_trait]
pub trait Handed: Send + Sync + 'static {
    /// A number greater than [`HANDED_AFTER`] for a message; asked again for the same message, the same one. It is
    /// never given to another message.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn hand_out(&self, message: MessageId) -> Result<i64, StoreError>;

    /// The message of a number that was handed out, as long as the message is kept.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn handed_out(&self, number: i64) -> Result<Option<MessageId>, StoreError>;

    /// The delivery of an account to which the platform gave this id (`task_id`, `msgid`); the newest where it gave
    /// the same to several.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sent_as(&self, account: &str, handle: &str) -> Result<Option<DeliveryId>, StoreError>;
}
