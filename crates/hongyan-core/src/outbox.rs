//! The trait that remembers: messages, deliveries, the ledger.
//!
//! Whatever a method acknowledges is on disk (fsynced) when its future resolves. One contract test
//! (`hongyan-store`) runs against every implementation.

use crate::{
    Address, Content, DeliveryId, DeliveryState, Handed, Inbox, MessageId, Outage, Priority, Reason, RecipientState,
    Target, TargetResult, Time,
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// A durable outbox and ledger.
#[async_trait]
pub trait Outbox: Handed + Inbox + Send + Sync + 'static {
    /// Takes messages in, all or none of each; one result per message, in order.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the hand-off is full (nothing was taken), else [`StoreError::Failed`].
    async fn accept(&self, messages: Vec<NewMessage>) -> Result<Vec<Accepted>, StoreError>;

    /// What [`Self::accept`] would say of a message with this key, if the key is known: never [`Accepted::New`].
    ///
    /// # Errors
    /// [`StoreError`].
    async fn keyed(&self, key: Idempotency) -> Result<Option<Accepted>, StoreError>;

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

    /// Writes a little and says whether it is on disk, where the next start will find it.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] says what stands in the way.
    async fn check_writable(&self, now: Time) -> Result<(), StoreError>;

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

    /// One message with its deliveries.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn message(&self, id: MessageId) -> Result<Option<MessageRow>, StoreError>;

    /// The ledger of a message, a row per recipient, in order of delivery and number.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn recipients(&self, id: MessageId) -> Result<Vec<LedgerRow>, StoreError>;

    /// Messages, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn list(&self, filter: Filter) -> Result<Page, StoreError>;

    /// Calls off what has not been sent: deliveries that are `pending` become `cancelled`, with their pending
    /// recipients. Returns how many deliveries; `None` when there is no such message.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn cancel(&self, id: MessageId, now: Time) -> Result<Option<u32>, StoreError>;

    /// Makes what did not arrive due again: deliveries that are `failed`, `expired`, held `unknown` or `sent` with
    /// recipients that were refused or failed. Those recipients become `pending`; attempts start anew.
    /// Returns how many deliveries; `None` when there is no such message.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn retry(&self, id: MessageId, now: Time) -> Result<Option<u32>, StoreError>;

    /// Writes down what became of a recall, delivery by delivery.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn recalled(&self, results: Vec<Recalled>, now: Time) -> Result<(), StoreError>;

    /// How many deliveries are in each state, by account. For gauges; may be some seconds old.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn depths(&self) -> Result<Vec<(String, DeliveryState, u64)>, StoreError>;

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

    /// How many calls an account made since a time, by when they had ended, to the end of that second; oldest first.
    /// They are those that [`Self::settle`] was given an attempt of, and those that [`Self::orphans`] handed over. For
    /// going on within the account's limits after a restart; calls are known for a day.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn calls_since(&self, account: &str, since: Time) -> Result<Vec<(Time, u32)>, StoreError>;

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

    /// Forgets messages made before `before` that have nothing waiting, at most `limit`. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`].
    async fn forget(&self, before: Time, limit: usize) -> Result<u64, StoreError>;
}

/// Why a store did not do it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The hand-off to the writer is full; nothing was taken. Try again shortly.
    #[error("the store is busy: try again shortly")]
    Busy,
    /// There is no room for another file.
    #[error("the store has no room for another file")]
    Full,
    /// The store as a whole cannot be used now; nothing is acknowledged while that lasts. What was asked may or may not
    /// have been written.
    #[error("the store cannot be used, {0}: {1}")]
    Unavailable(Obstacle, String),
    /// The store did not do this one thing; what was asked may or may not have been written.
    #[error("the store failed: {0}")]
    Failed(String),
}

/// What stands between a store and its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Obstacle {
    /// The disk, or the quota on it, is full.
    Full,
    /// The file or its disk can only be read.
    ReadOnly,
    /// Another process holds the file's write lock.
    Locked,
    /// The file, its log or its folder was deleted, renamed, replaced or emptied while the store was open.
    Gone,
    /// Reading or writing fails.
    Broken,
}

impl Obstacle {
    /// Every obstacle.
    pub const EVERY: &[Self] = &[Self::Full, Self::ReadOnly, Self::Locked, Self::Gone, Self::Broken];

    /// What it is, in English and in Chinese.
    #[must_use]
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Full => ("its disk is full", "磁盘已满"),
            Self::ReadOnly => ("its file can only be read", "文件只读"),
            Self::Locked => ("another process has locked its file", "文件被其他进程锁定"),
            Self::Gone => (
                "its file or log was deleted, renamed, replaced or emptied: put it back, or start the gateway anew",
                "文件或日志被删除、改名、替换或清空：请恢复原文件，或重启网关",
            ),
            Self::Broken => ("its file cannot be read or written", "文件无法读写"),
        }
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.words().0)
    }
}

/// A message to take in.
#[derive(Debug, Clone, PartialEq)]
pub struct NewMessage {
    /// Its id, made by the caller's [`crate::IdSource`].
    pub id: MessageId,
    /// When it was accepted.
    pub at: Time,
    /// What it says, as JSON of [`Content`] with templates filled.
    pub content: String,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its priority.
    pub priority: Priority,
    /// Not before.
    pub send_at: Option<Time>,
    /// Not after.
    pub expires_at: Option<Time>,
    /// The caller's idempotency key.
    pub idempotency: Option<Idempotency>,
    /// At least one.
    pub deliveries: Vec<NewDelivery>,
    /// What deliveries say that do not say the content as it stands, each as JSON of [`Content`].
    pub wordings: Vec<String>,
}

/// A delivery of a [`NewMessage`]; numbered from 1 in order.
#[derive(Debug, Clone, PartialEq)]
pub struct NewDelivery {
    /// The account's name.
    pub account: String,
    /// In order; numbered from 0. Their `via` is not kept.
    pub recipients: Vec<Address>,
    /// Which part of the content it carries. Parts follow each other: one that is not the first is not due before the
    /// delivery with the number before it has ended.
    pub part: Option<Part>,
    /// What it says.
    pub wording: Wording,
}

/// What a delivery says, settled when its message is accepted: neither a later setting nor a later version changes it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wording {
    /// The message's content as it stands.
    #[default]
    Whole,
    /// That of [`NewMessage::wordings`] with this index: a part, a table's words, a text with the time in it.
    Own(u32),
    /// What the channel makes of the content when it is sent: a whole table as data, and messages of versions that
    /// kept no wordings.
    Made,
}

/// One of several parts of a content that is too long for one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Part {
    /// From 1.
    pub number: u32,
    /// How many there are; at least 2.
    pub of: u32,
}

impl Part {
    /// Whether another one follows.
    #[must_use]
    pub const fn has_next(self) -> bool {
        self.number < self.of
    }
}

/// An idempotency key: within `scope`, the same key with the same body is the same request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Idempotency {
    /// Whose key it is (the API key's id).
    pub scope: String,
    /// As the caller sent it.
    pub key: String,
    /// SHA-256 of the request's body.
    pub body_hash: [u8; 32],
}

/// What became of one message of [`Outbox::accept`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is on disk.
    New(MessageId),
    /// The idempotency key had brought it before: this is that message.
    Before(MessageId),
    /// The idempotency key was used with another body.
    Conflict(MessageId),
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
    /// Whether `content` is what goes out; when not, the channel makes its part of it ([`Wording::Made`]).
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
    /// from before a crash. By [`Outbox::sent_since`]: when the platform took it.
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
    pub handle: Option<String>,
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

/// One call, for the history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AttemptRow {
    /// When the call began.
    pub at: Time,
    /// How long it took, in milliseconds.
    pub took_ms: u64,
    /// The platform's code; `0` (or SMTP `250`) when it took the call.
    pub code: String,
    /// What the platform said, as it said it.
    #[serde(alias = "words")] // Histories that earlier versions wrote.
    pub message: String,
    /// `taken`, or the fault's class.
    pub class: String,
}

/// Receipts to look at.
#[derive(Debug, Clone, PartialEq)]
pub struct ReceiptTask {
    /// Which.
    pub id: DeliveryId,
    /// The platform's ids for its calls, oldest first: more than one after a retry.
    pub handles: Vec<String>,
    /// When the platform took it.
    pub sent_at: Time,
    /// How often receipts were looked at.
    pub looks: u32,
    /// Whether an earlier reply was lost, so that what the platform calls a repeat had arrived.
    pub repeated: bool,
    /// Every recipient of the call that is `sent`, `unread` or `read`.
    pub targets: Vec<Target>,
}

/// What became of a recall of one delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Recalled {
    /// Which.
    pub id: DeliveryId,
    /// `Ok`: its sent, read and unread recipients are `recalled`. `Err`: why not, kept in the history.
    pub result: Result<(), AttemptRow>,
}

/// A message as the ledger shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessageRow {
    /// Its id.
    pub id: MessageId,
    /// When it was accepted.
    pub at: Time,
    /// Derived by [`derive_state`]: `pending`, `unknown`, `sent`, `partial`, `failed`, `recalled`, `cancelled`, `expired`.
    pub state: String,
    /// What it says.
    pub content: Content,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// Its priority.
    pub priority: Priority,
    /// Not before.
    pub send_at: Option<Time>,
    /// Not after.
    pub expires_at: Option<Time>,
    /// How many recipients are in each state.
    pub recipients: BTreeMap<RecipientState, u64>,
    /// Its deliveries, in order.
    pub deliveries: Vec<DeliveryRow>,
    /// What of it could not be read, by field: a newer version wrote it, or it is damaged. Absent when all could.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unreadable: Vec<String>,
}

/// A delivery as the ledger shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryRow {
    /// Its id.
    pub id: DeliveryId,
    /// The account.
    pub account: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How many recipients it has.
    pub recipients: u64,
    /// Which part of the content it carries; absent when it carries all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// Attempts that counted.
    pub attempts: u32,
    /// When it is tried (again).
    pub due: Option<Time>,
    /// The platform's ids for its calls, oldest first: more than one after a retry.
    pub handles: Vec<String>,
    /// When the platform took it.
    pub sent_at: Option<Time>,
    /// Whether an earlier reply was lost.
    pub repeated: bool,
    /// Every call made, oldest first; the last 20.
    pub history: Vec<AttemptRow>,
}

/// One recipient as the ledger shows them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LedgerRow {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The account.
    pub account: String,
    /// Which part of the content the delivery carries; absent when it carries all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// As the business system named them.
    pub address: Address,
    /// The platform's id, once looked up.
    pub resolved: Option<String>,
    /// What is known of them.
    pub state: RecipientState,
    /// Why.
    pub reason: Option<Reason>,
    /// Since when.
    pub at: Time,
}

/// Which messages to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// With at least one recipient in this state.
    pub state: Option<RecipientState>,
    /// With a delivery through this account.
    pub account: Option<String>,
    /// With a recipient of this address value (or platform id).
    pub recipient: Option<String>,
    /// With all these labels.
    pub labels: BTreeMap<String, String>,
    /// Older than this one.
    pub before: Option<MessageId>,
    /// Accepted at or after this time.
    pub since: Option<Time>,
    /// Accepted before this time.
    pub until: Option<Time>,
    /// At most this many, 1 to 1000.
    pub limit: usize,
}

/// A page of messages.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Page {
    /// Newest first.
    pub messages: Vec<MessageRow>,
    /// [`Filter::before`] of the next page; `None` at the end.
    pub next: Option<MessageId>,
}

/// A message's state, from how many recipients are in each.
#[must_use]
pub fn derive_state(recipients: &BTreeMap<RecipientState, u64>) -> &'static str {
    use RecipientState as S;
    let any = |states: &[S]| states.iter().any(|s| recipients.get(s).is_some_and(|n| *n > 0));
    let arrived = any(&[S::Sent, S::Read, S::Unread]);
    if any(&[S::Pending]) {
        "pending"
    } else if any(&[S::Unknown]) {
        "unknown"
    } else if arrived && any(&[S::Refused, S::Failed, S::Expired, S::Cancelled]) {
        "partial"
    } else if arrived {
        "sent"
    } else if any(&[S::Recalled]) {
        "recalled"
    } else if any(&[S::Refused, S::Failed]) {
        "failed"
    } else if any(&[S::Expired]) {
        "expired"
    } else {
        "cancelled"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use RecipientState as S;

    #[test]
    fn a_message_state_is_derived_from_its_recipients() {
        let cases: [(&[S], &str); 9] = [
            (&[S::Pending, S::Sent], "pending"),
            (&[S::Unknown, S::Sent], "unknown"),
            (&[S::Read, S::Unread], "sent"),
            (&[S::Read, S::Refused], "partial"),
            (&[S::Recalled, S::Refused], "recalled"),
            (&[S::Refused], "failed"),
            (&[S::Failed, S::Expired], "failed"),
            (&[S::Expired], "expired"),
            (&[S::Cancelled], "cancelled"),
        ];
        for (states, expected) in cases {
            let counts = states.iter().map(|s| (*s, 1)).collect();
            assert_eq!(derive_state(&counts), expected, "{states:?}");
        }
    }
}
