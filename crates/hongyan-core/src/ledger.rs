//! What callers use of a store: messages taken in, shown, listed, called off.

use crate::{
    Address, CallHandle, Content, DeliveryId, DeliveryState, MessageId, Priority, Reason, RecipientState, StoreError,
    Time,
};
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Messages, from the moment they are accepted. Whatever a method acknowledges is on disk (fsynced) when its future
/// resolves.
#[async_trait]
pub trait Ledger: Send + Sync + 'static {
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

/// What became of one message of [`Ledger::accept`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Accepted {
    /// It is on disk.
    New(MessageId),
    /// The idempotency key had brought it before: this is that message.
    Before(MessageId),
    /// The idempotency key was used with another body.
    Conflict(MessageId),
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
    /// Derived from its recipients'.
    pub state: MessageState,
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
    pub handles: Vec<CallHandle>,
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

/// A message's state: what its recipients' states come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MessageState {
    /// Somebody's is still to be sent.
    Pending,
    /// Nothing waits, and somebody's may have arrived.
    Unknown,
    /// It reached everybody.
    Sent,
    /// It reached some.
    Partial,
    /// It reached nobody, or was taken back from all whom it had reached.
    Recalled,
    /// It reached nobody.
    Failed,
    /// Its time ran out first.
    Expired,
    /// It was called off.
    Cancelled,
}

impl MessageState {
    /// From how many recipients are in each state.
    #[must_use]
    pub fn of(recipients: &BTreeMap<RecipientState, u64>) -> Self {
        use RecipientState as S;
        let any = |states: &[S]| states.iter().any(|s| recipients.get(s).is_some_and(|n| *n > 0));
        let arrived = any(&[S::Sent, S::Read, S::Unread]);
        if any(&[S::Pending]) {
            Self::Pending
        } else if any(&[S::Unknown]) {
            Self::Unknown
        } else if arrived && any(&[S::Refused, S::Failed, S::Expired, S::Cancelled]) {
            Self::Partial
        } else if arrived {
            Self::Sent
        } else if any(&[S::Recalled]) {
            Self::Recalled
        } else if any(&[S::Refused, S::Failed]) {
            Self::Failed
        } else if any(&[S::Expired]) {
            Self::Expired
        } else {
            Self::Cancelled
        }
    }

    /// As in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Unknown => "unknown",
            Self::Sent => "sent",
            Self::Partial => "partial",
            Self::Recalled => "recalled",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        }
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
            assert_eq!(MessageState::of(&counts).name(), expected, "{states:?}");
        }
    }
}
