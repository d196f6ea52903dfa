//! A store as a whole, by reader: lanes have a [`Queue`], callers a [`Ledger`], operators an [`Admin`].
//!
//! One contract test (`hongyan-store`) runs against every implementation.

use crate::{CallbackLog, ChatDirectory, DeliveryState, FileStore, IssuedIds, KeyRow, Ledger, Queue, StoreError, Time};
use async_trait::async_trait;

/// Everything that a gateway remembers.
pub trait Store: Queue + Ledger + Admin + IssuedIds + CallbackLog + FileStore + ChatDirectory {}

impl<S: Queue + Ledger + Admin + IssuedIds + CallbackLog + FileStore + ChatDirectory> Store for S {}

/// What the gateway needs to run: keys, gauges, room.
#[async_trait]
pub trait Admin: Send + Sync + 'static {
    /// Writes a little and says whether it is on disk, where the next start will find it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] says what stands in the way.
    async fn check_writable(&self, now: Time) -> Result<(), StoreError>;

    /// How many deliveries are in each state, by account. For gauges; may be some seconds old.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn depths(&self) -> Result<Vec<(String, DeliveryState, u64)>, StoreError>;

    /// Forgets messages made before `before` that have nothing waiting, at most `limit`. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn forget(&self, before: Time, limit: usize) -> Result<u64, StoreError>;

    /// Every key, revoked ones too, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn keys(&self) -> Result<Vec<KeyRow>, StoreError>;

    /// Keeps a new key.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn add_key(&self, key: KeyRow) -> Result<(), StoreError>;

    /// Revokes a key by its id; `false` when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn revoke_key(&self, id: &str, now: Time) -> Result<bool, StoreError>;
}
