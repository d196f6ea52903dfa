//! The dispatcher: a lane per account, from the outbox to the channel and back to the ledger.
//!
//! A lane leases what is due (never more than it can send at once), hands each delivery to its channel, lets
//! [`hongyan_core::settle`] decide and writes the decision down. The backlog stays on disk. What it leaves to
//! others: accepting (the routes), remembering ([`Outbox`]), carrying out ([`hongyan_core::Channel`]).

use hongyan_channel::Account;
use hongyan_core::{Clock, DeliveryId, MessageId, Outbox, Reason, StoreError};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// Who is told of what the dispatcher does: metrics, and whoever waits for a message.
pub trait Observer: Send + Sync + 'static {
    /// One call was made; `class` is `taken` or the fault's class.
    fn attempted(&self, account: &str, class: &'static str, took: Duration);

    /// A delivery's state changed.
    fn changed(&self, delivery: DeliveryId);
}

/// All lanes.
pub struct Dispatcher {
    _accounts: BTreeMap<Arc<str>, Account>,
}

/// What a recall did, delivery by delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecallReport {
    /// In order.
    pub deliveries: Vec<DeliveryRecall>,
}

/// What a recall did to one delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryRecall {
    /// Which.
    pub id: DeliveryId,
    /// Its account.
    pub account: String,
    /// `recalled`, `cancelled` (it had not been sent), `impossible` (the channel cannot) or `failed`.
    pub result: &'static str,
    /// Why, where it did not work.
    pub reason: Option<Reason>,
}

impl Dispatcher {
    /// Starts a lane per account. Deliveries that a dead process left behind are settled first.
    #[must_use]
    pub fn start(
        _outbox: Arc<dyn Outbox>,
        accounts: BTreeMap<Arc<str>, Account>,
        _clock: Arc<dyn Clock>,
        _observer: Arc<dyn Observer>,
    ) -> Arc<Self> {
        Arc::new(Self { _accounts: accounts })
    }

    /// Tells an account's lane that something is due. Cheap; call it after each accept.
    pub fn wake(&self, _account: &str) {}

    /// Takes a message back: what was not sent is cancelled, what was sent is recalled where the channel can.
    /// `None` when there is no such message.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn recall(&self, _id: MessageId) -> Result<Option<RecallReport>, StoreError> {
        Ok(None)
    }

    /// Stops leasing and waits for the calls under way, at most `patience`.
    pub async fn stop(&self, _patience: Duration) {}
}
