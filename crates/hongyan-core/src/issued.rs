//! Ids that are issued in a platform's place, and the way back from the platform's own.
//!
//! Whoever calls an official path and gets no reply in time is given a number of ours; asked for progress, result or
//! recall with it (or with the platform's own id), the gateway finds the message again.

use crate::{DeliveryId, MessageId, StoreError};
use async_trait::async_trait;

/// Numbers of ours are greater than this one: beyond any task of a platform, and below 2^53, up to which JavaScript
/// counts exactly.
pub const ISSUED_AFTER: i64 = 1 << 52;

/// Where issued ids are kept.
#[async_trait]
pub trait IssuedIds: Send + Sync + 'static {
    /// A number greater than [`ISSUED_AFTER`] for a message; asked again for the same message, the same one. It is
    /// never given to another message.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn issue(&self, message: MessageId) -> Result<i64, StoreError>;

    /// The message of a number that was issued, as long as the message is kept.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn issued(&self, number: i64) -> Result<Option<MessageId>, StoreError>;

    /// The delivery of an account to which the platform gave this id (`task_id`, `msgid`); the newest where it gave
    /// the same to several.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sent_as(&self, account: &str, handle: &str) -> Result<Option<DeliveryId>, StoreError>;
}
