//! The bodies of requests and replies that are not `hongyan-core`'s own.

use crate::Problem;
use hongyan_core::{
    Address, Chat, ChatRow, DeliveryId, Department, FileRow, LedgerRow, Message, MessageId, MessageRow, NewChat, Part,
    Person, Reason, Time, TokenHealth,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What `POST /v1/messages` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct MessageAccepted {
    /// The message's id.
    pub id: MessageId,
    /// `pending`, or what was known when `wait` ended; `forgotten` when an idempotency key outlived its message.
    pub state: String,
    /// The calls that it becomes.
    pub deliveries: Vec<DeliveryStub>,
    /// With `wait` only: whether the platforms have said of every recipient what became of the message. `false`: the
    /// time was up before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settled: Option<bool>,
}

/// A delivery, in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryStub {
    /// Its id.
    pub id: DeliveryId,
    /// The account.
    pub account: String,
    /// How many recipients it has.
    pub recipients: u64,
}

/// What `POST /v1/messages/batch` takes; a bare array of messages will do too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MessageBatch {
    /// 1 to 1,000 messages.
    pub messages: Vec<Message>,
    /// An idempotency key for each message, in order: the same key with the same bytes is the same message, here and
    /// with the header of `POST /v1/messages`. Instead of the header; as many as there are messages.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<String>>,
}

/// What `POST /v1/messages/batch` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchResult {
    /// How many were accepted, now or before.
    pub accepted: usize,
    /// How many were not.
    pub refused: usize,
    /// One per message, in order.
    pub results: Vec<BatchItem>,
}

/// What became of one message of a batch: an id, or a problem.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchItem {
    /// The message's place in the batch, from 0.
    pub index: usize,
    /// Its id, when it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<MessageId>,
    /// `pending`, when it was accepted now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Whether the idempotency key had brought it before.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub replay: bool,
    /// Why it was not accepted; `field` is relative to the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<Problem>,
}

/// What `POST /v1/messages/plan` answers. Nothing was stored, nothing will be sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanReport {
    /// The calls that the message would become.
    pub deliveries: Vec<PlannedCall>,
    /// What it costs.
    pub cost: PlannedCost,
}

/// One call of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedCall {
    /// The account.
    pub account: String,
    /// Its kind of channel.
    pub channel: String,
    /// Whom the call is for.
    pub recipients: Vec<Address>,
    /// Which part of the content it carries; absent when it carries all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<Part>,
    /// What these recipients will read, as it is sent; absent for what has no words, such as a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shows: Option<String>,
    /// The file that goes out with this call, such as the one that the whole of a table is in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<String>,
    /// At most this many look-ups come before it; those in the directory's cache cost nothing.
    pub lookups: u64,
}

/// API calls that a plan costs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlannedCost {
    /// Calls that send.
    pub sends: u64,
    /// Look-ups, at most.
    pub lookups: u64,
    /// Both together, at most.
    pub calls: u64,
}

/// What `GET /v1/messages` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct MessagePage {
    /// Newest first.
    pub messages: Vec<MessageRow>,
    /// `cursor` of the next page; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What `GET /v1/callbacks` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CallbackPage {
    /// Oldest first.
    pub callbacks: Vec<hongyan_core::CallbackRow>,
    /// `after` of the next page; absent when there is nothing more yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_after: Option<i64>,
}

/// What `GET /v1/messages/{id}/recipients` answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecipientList {
    /// In order of delivery and number.
    pub recipients: Vec<RecipientRow>,
}

/// One recipient, with what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RecipientRow {
    /// As the ledger has it.
    #[serde(flatten)]
    pub row: LedgerRow,
    /// What it means and what to do, where the reason is a known one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
}

/// What a reason means and what to do about it, from the error tables.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Advice {
    /// What it means, in English.
    pub means_en: String,
    /// What it means, in Chinese.
    pub means_zh: String,
    /// What to do, in English.
    pub en: String,
    /// What to do, in Chinese.
    pub zh: String,
    /// Who has to act: `hongyan`, `sender`, `admin` or `operator`.
    pub who: String,
}

/// What `POST /v1/messages/{id}/recall` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecallReport {
    /// The message.
    pub id: MessageId,
    /// In order.
    pub deliveries: Vec<DeliveryRecall>,
}

/// What a recall did to one delivery.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryRecall {
    /// Which.
    pub id: DeliveryId,
    /// Its account.
    pub account: String,
    /// `recalled`, `cancelled` (it had not been sent), `impossible` (the channel cannot) or `failed`.
    pub result: String,
    /// Why, where it did not work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<Reason>,
    /// What the reason means and what to do, where it is a known one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
}

/// What `POST /v1/messages/{id}/retry` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RetryReport {
    /// The message.
    pub id: MessageId,
    /// How many deliveries are due again.
    pub deliveries: u32,
}

/// What `POST /v1/messages/{id}/cancel` answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CancelReport {
    /// The message.
    pub id: MessageId,
    /// How many deliveries were called off.
    pub deliveries: u32,
}

/// What `GET /v1/accounts` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountList {
    /// In order of their names.
    pub accounts: Vec<AccountRow>,
}

/// An account: how it is doing and what it can do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountRow {
    /// Its name in the configuration.
    pub name: String,
    /// Its kind of channel.
    pub channel: String,
    /// Of the access token, never the token.
    pub token: TokenHealth,
    /// The recipient lists of one call.
    pub reaches: Vec<ReachRow>,
    /// The forms of content that it carries.
    pub formats: Vec<String>,
    /// Whether files can travel with a message.
    pub attachments: bool,
    /// Calls in flight at once.
    pub concurrency: u64,
    /// The limits on its calls.
    pub rates: Vec<RateRow>,
    /// The limits on messages to one recipient.
    pub recipient_rates: Vec<RateRow>,
    /// For how many seconds a message can be recalled; `null` when it cannot.
    pub recall_seconds: Option<u64>,
    /// For how many seconds receipts can be asked for; `null` when the reply says all there is.
    pub receipts_seconds: Option<u64>,
    /// How many deliveries are in each state; may be some seconds old.
    pub deliveries: BTreeMap<String, u64>,
    /// While the account cannot send: why, since when, and when it is tried next. Its messages wait meanwhile.
    #[serde(default)]
    pub rest: Option<RestRow>,
    /// What went wrong last, whatever became of it; `null` when nothing has since the gateway started.
    #[serde(default)]
    pub last_error: Option<LastErrorRow>,
}

/// Why an account rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RestRow {
    /// The fault, with what to do about it.
    pub cause: AccountError,
    /// Since when it cannot send.
    pub since: Time,
    /// When it is tried next; a time that has passed: with the next message.
    pub until: Time,
}

/// The last thing that went wrong with an account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LastErrorRow {
    /// When.
    pub at: Time,
    /// The fault, with what to do about it.
    #[serde(flatten)]
    pub error: AccountError,
}

/// One recipient list of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReachRow {
    /// The kinds of address that travel in it.
    pub kinds: Vec<String>,
    /// Entries per call.
    pub max: u64,
}

/// At most `max` per span of `per_ms` milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RateRow {
    /// How many.
    pub max: u32,
    /// The span, in milliseconds.
    pub per_ms: u64,
}

/// What `POST /v1/accounts/{name}/check` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountCheck {
    /// The account.
    pub account: String,
    /// Whether logging in worked.
    pub ok: bool,
    /// Why it did not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<AccountError>,
}

/// What went wrong between an account and its platform.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AccountError {
    /// The fault's class.
    pub class: String,
    /// The platform's code, and what it said.
    pub reason: Reason,
    /// What to do, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
}

/// What `GET /v1/media` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FileList {
    /// Newest first.
    pub files: Vec<FileRow>,
    /// `cursor` of the next page; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// What `POST /v1/chats` takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChatOrder {
    /// The account whose application makes the chat.
    pub account: String,
    /// Its name: at most 50 characters at WeCom, 20 at DingTalk.
    pub name: String,
    /// User id of the owner; WeCom takes a member by chance when it is absent, DingTalk needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// User ids, the owner's too.
    pub members: Vec<String>,
    /// An id of one's own (WeCom): letters and digits, at most 32.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl ChatOrder {
    /// The account, and the chat to be made.
    #[must_use]
    pub fn split(self) -> (String, NewChat) {
        let Self { account, name, owner, members, id } = self;
        (account, NewChat { name, owner, members, id })
    }
}

/// What `GET /v1/chats` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChatList {
    /// Those that hongyan made, newest first.
    pub chats: Vec<ChatRow>,
}

/// A group chat as the platform has it: what `GET /v1/chats/{account}/{id}` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChatPage {
    /// The account.
    pub account: String,
    /// The chat.
    #[serde(flatten)]
    pub chat: Chat,
}

/// What `POST /v1/chats/{account}/{id}` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChatChanged {
    /// The account.
    pub account: String,
    /// The platform's id of the chat that was changed.
    pub id: String,
}

/// What `GET /v1/messages/{id}/readers` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReaderReport {
    /// The message.
    pub id: MessageId,
    /// Its deliveries into group chats, in order; empty when it went to none.
    pub chats: Vec<ChatReaders>,
}

/// Who has read what was sent into one group chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ChatReaders {
    /// The delivery.
    pub id: DeliveryId,
    /// Its account.
    pub account: String,
    /// The chat's id.
    pub chat: String,
    /// User ids of those who have read it; absent when that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub readers: Option<Vec<String>>,
    /// Why it is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<AccountError>,
}

/// What `GET /v1/contacts/{account}/departments/{id}/members` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonList {
    /// In the platform's order.
    pub people: Vec<Person>,
}

/// What `GET /v1/contacts/{account}/departments` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DepartmentList {
    /// In the platform's order.
    pub departments: Vec<Department>,
}

/// What `GET /healthz` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Live {
    /// `ok`.
    pub status: String,
    /// The gateway's version.
    pub version: String,
}

/// What `GET /readyz` answers when the store can be written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ready {
    /// `ready`.
    pub status: String,
}
