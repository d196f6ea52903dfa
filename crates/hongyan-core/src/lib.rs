//! What decides: messages, addresses, plans, deliveries, schedules, and the two traits that effects implement.
//!
//! No platform, no socket, no clock but the one it is handed: a test of anything here is a table.
//!
//! ```
//! use hongyan_core::{Address, AddressKind};
//! let address: Address = serde_json::from_str(r#"{"mobile": "13800000001"}"#).unwrap();
//! assert_eq!(address.kind, AddressKind::Mobile);
//! ```
//!
//! Channels (`hongyan-channel`) and stores (`hongyan-store`) implement [`Channel`] and [`Outbox`].

mod address;
mod capability;
mod channel;
pub mod clock;
mod delivery;
mod directory;
mod handed;
mod id;
mod inbox;
mod keys;
mod library;
mod message;
pub mod number;
mod outbox;
mod plan;
mod repeats;
mod rest;
mod schedule;
pub mod table;

pub use address::{Address, AddressKind, Mailbox, names_several};
pub use capability::{Capabilities, Dedup, Group, Rate};
pub use channel::{Call, CallFile, Channel, FileUse, Health, Missing, Naming, Resolution, Target, Unfit, Uploaded};
pub use clock::{Clock, Moment, Steps, Tick, Time};
pub use delivery::{
    Attempt, DeliveryState, OnRepeat, OnUnknown, Outcome, Policy, Reason, Receipts, RecipientState, Repeat, Settled,
    TargetResult, held, settle,
};
pub use directory::{Chat, ChatChange, Chats, Contacts, Department, NewChat, Person};
pub use handed::{HANDED_AFTER, Handed};
pub use id::{DeliveryId, IdSource, MessageId};
pub use inbox::{CallbackRow, Inbox, KEPT_CALLBACKS, NewCallback};
pub use keys::{KeyRow, Keys, Scope};
pub use library::{ChatRow, FileRow, Library};
pub use message::{Attachment, Button, Card, Content, Format, Link, MailHead, Media, Message, Priority, Templated};
pub use outbox::{
    Accepted, AttemptRow, Claim, DeliveryRow, Filter, Idempotency, LedgerRow, MessageRow, NewDelivery, NewMessage,
    Obstacle, Outbox, Page, Part, Recalled, ReceiptTask, Settlement, StoreError, Wording, derive_state,
};
pub use plan::{Plan, PlanError, PlannedDelivery, plan};
pub use repeats::Repeats;
pub use rest::{Change, LONGEST_PAUSE, LastError, Outage, Rest, Room, Standing, is_untouched};
pub use schedule::{Backoff, Bucket, Meter, Turn, receipt_delay};
pub use table::{Attach, Kept, Side, Table};
