//! What lanes use of a store: deliveries leased and settled, receipts, and what an account's past says of its limits.

use crate::{
    AttemptRow, CallHandle, Content, DeliveryId, DeliveryState, Outage, Part, Reason, RecipientState, StoreError,
    Target, TargetResult, Time,
};
use async_trait::async_trait;
use std::sync::Arc;

/// What is to be sent, by account. Whatever a method acknowledges is on disk (fsynced) when its future resolves.
#[async_trait]
pub trait Queue: Send + Sync + 'static {
    /// Leases up to `limit` due deliveries of an account: they are `sending` until settled or until `lease`.
    /// Higher priority first, then the earlier due time. Deliveries past `expires_at` are leased too, and so are those
    /// whose row cannot be read ([`Claim::unreadable`]); the caller settles them. `now` is written down with the lease,
    /// as the time before which no call was made ([`Claim::first_call_at`]).
    ///
    /// # Errors
    /// [`StoreError`].
    async fn claim(&self, account: &str, now: Time, lease: Time, limit: usize) -> Result<Vec<Claim>, StoreError>;

    /// Leases the deliveries of an account that are `sending` under a lease that ended before `now`: a process
    /// died over them. Same shape as [`Self::claim`]; the caller settles them as ambiguous. The time of the earlier
    /// lease stays written down.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn orphans(&self, account: &str, now: Time, lease: Time) -> Result<Vec<Claim>, StoreError>;

    /// Lets the leases of these deliveries go on until `lease`; of those that are not `sending` nothing changes.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn renew(&self, deliveries: Vec<DeliveryId>, lease: Time) -> Result<(), StoreError>;

    /// Writes down the platform's ids that were looked up, before they are used.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn resolved(&self, delivery: DeliveryId, ids: Vec<(u32, String)>) -> Result<(), StoreError>;

    /// Writes down what became of claimed deliveries.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn settle(&self, settlements: Vec<Settlement>) -> Result<(), StoreError>;

    /// The earliest due time of an account's deliveries that wait, if any.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn next_due(&self, account: &str) -> Result<Option<Time>, StoreError>;

    /// When the next of an account's waiting deliveries expires, whether or not that time has passed. Walks over all
    /// that waits of the account.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn next_end(&self, account: &str) -> Result<Option<Time>, StoreError>;

    /// Leases up to `limit` waiting deliveries of an account whose `expires_at` has passed. Same shape as
    /// [`Self::claim`].
    ///
    /// # Errors
    /// [`StoreError`].
    async fn expired(&self, account: &str, now: Time, lease: Time, limit: usize) -> Result<Vec<Claim>, StoreError>;

    /// Deliveries whose receipts are due, earliest first; each is given a new receipt time of `again` at once,
    /// so that a crash only delays the look.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn receipts_due(
        &self,
        account: &str,
        now: Time,
        again: Time,
        limit: usize,
    ) -> Result<Vec<ReceiptTask>, StoreError>;

    /// The earliest receipt time of an account, if any.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn next_receipt(&self, account: &str) -> Result<Option<Time>, StoreError>;

    /// Writes down receipts and when to look again (`None`: never). Only recipients in `sent`, `read`, `unread`
    /// (or `unknown`) change.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn received(
        &self,
        delivery: DeliveryId,
        results: Vec<TargetResult>,
        again: Option<Time>,
    ) -> Result<(), StoreError>;

    /// What an account sent since a time, as it was claimed, by id from the one after `after`: for remembering
    /// after a restart what the platform would take for a repeat.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn sent_since(
        &self,
        account: &str,
        since: Time,
        after: Option<DeliveryId>,
        limit: usize,
    ) -> Result<Vec<Claim>, StoreError>;

    /// How many calls an account made since a time, by when they had ended, to the end of that second; oldest first.
    /// They are those that [`Self::settle`] was given an attempt of, and those that [`Self::orphans`] handed over. For
    /// going on within the account's limits after a restart; calls are known for a day.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn calls_since(&self, account: &str, since: Time) -> Result<Vec<(Time, u32)>, StoreError>;

    /// When an account could not send, as [`Self::keep_outages`] was told last; oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn outages(&self, account: &str) -> Result<Vec<Outage>, StoreError>;

    /// Writes down when an account could not send, in place of what was written down before.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn keep_outages(&self, account: &str, outages: Vec<Outage>) -> Result<(), StoreError>;

    /// The wall clock was set by so many milliseconds: what an account's deliveries wait for moves with it, be
    /// it a retry, a place in the line or a look at receipts. What waits for its `send_at` stays. Returns how many moved.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn clock_stepped(&self, account: &str, by_ms: i64) -> Result<u64, StoreError>;

    /// Makes due now what an account's deliveries wait for although no pause is as long as `longest`, and there is none
    /// before a first call: it was written down when the clock was ahead. What waits for its `send_at` stays. Returns
    /// how many.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn reanchor(&self, account: &str, now: Time, longest: std::time::Duration) -> Result<u64, StoreError>;
}

/// A leased delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Which.
    pub id: DeliveryId,
    /// When its message was accepted.
    pub made_at: Time,
    /// When it was due this time.
    pub due: Time,
    /// When it was due first: as its message was accepted, or at its `send_at`.
    pub first_due: Time,
    /// What it says; shared between deliveries of a message claimed together. Empty when `unreadable`.
    pub content: Arc<Content>,
    /// Whether `content` is what goes out; when not, the channel makes its part of it ([`crate::Wording::Made`]).
    pub ready: bool,
    /// Which part of it this delivery carries; `None` for all of it.
    pub part: Option<Part>,
    /// The recipients that are still `pending` or `unknown`.
    pub targets: Vec<Target>,
    /// Those of them whose address cannot be read, by [`Target::index`]; they are not in `targets`.
    pub unreadable_targets: Vec<u32>,
    /// Attempts that counted so far.
    pub attempts: u32,
    /// When the first attempt with a lost reply was made, if there was one: this is a repeat.
    pub repeat_of: Option<Time>,
    /// No call that the platform may know was made before: [`Self::repeat_of`], else the moment of the lease, kept
    /// from before a crash. By [`Queue::sent_since`]: when the platform took it.
    pub first_call_at: Time,
    /// Not after.
    pub expires_at: Option<Time>,
    /// What of its row could not be read: a newer version wrote it, or it is damaged. It cannot be sent.
    pub unreadable: Option<String>,
}

/// What became of a claimed delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Settlement {
    /// Which.
    pub id: DeliveryId,
    /// Its new state.
    pub state: DeliveryState,
    /// When to try again.
    pub due: Option<Time>,
    /// The counter's new value.
    pub attempts: u32,
    /// As [`Claim::repeat_of`], from now on.
    pub repeat_of: Option<Time>,
    /// The platform's id for the call, added to those that are there.
    pub handle: Option<CallHandle>,
    /// When to look at receipts first.
    pub receipt_at: Option<Time>,
    /// The state of every recipient in `pending` or `unknown` that is not named below.
    pub rest: (RecipientState, Option<Reason>),
    /// The others.
    pub exceptions: Vec<TargetResult>,
    /// For the delivery's history; `None` when no call was made.
    pub attempt: Option<AttemptRow>,
    /// When.
    pub at: Time,
}

/// Receipts to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiptTask {
    /// Which.
    pub id: DeliveryId,
    /// The platform's ids for its calls, oldest first: more than one after a retry.
    pub handles: Vec<CallHandle>,
    /// When the platform took it.
    pub sent_at: Time,
    /// How often receipts were looked at.
    pub looks: u32,
    /// Whether an earlier reply was lost, so that what the platform calls a repeat had arrived.
    pub repeated: bool,
    /// Every recipient of the call that is `sent`, `unread` or `read`.
    pub targets: Vec<Target>,
}
