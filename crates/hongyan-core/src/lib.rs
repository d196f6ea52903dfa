//! What decides: messages, addresses, plans, deliveries, schedules, and the traits that effects implement.
//!
//! No platform, no socket, no clock but the one it is handed: a test of anything here is a table.
//!
//! ```
//! use hongyan_core::{Address, AddressKind};
//! let address: Address = serde_json::from_str(r#"{"mobile": "13800000001"}"#).unwrap();
//! assert_eq!(address.kind, AddressKind::Mobile);
//! ```
//!
//! Channels (`hongyan-channel`) and stores (`hongyan-store`) implement [`Channel`] and [`Store`].

mod address;
mod callback_log;
mod capability;
mod channel;
pub mod clock;
mod delivery;
mod directory;
mod file_store;
mod id;
mod issued;
mod keys;
mod ledger;
mod message;
pub mod number;
mod plan;
mod queue;
mod repeats;
mod rest;
mod schedule;
mod store;
mod store_error;
pub mod table;

pub use address::{Address, AddressKind, Mailbox, names_several};
pub use callback_log::{CallbackLog, CallbackRow, KEPT_CALLBACKS, NewCallback};
pub use capability::{Capabilities, Dedup, Group, Rate};
pub use channel::{
    Call, CallFile, Channel, FileUse, Health, Missing, Naming, Recall, Receipts, Resolution, Target, Uploaded, Uploads,
};
pub use clock::{Clock, Moment, Steps, Tick, Time};
pub use delivery::{
    Attempt, DeliveryState, OnRepeat, OnUnknown, Outcome, Policy, Reason, ReceiptReport, RecipientState, Repeat,
    Settled, TargetResult, held, settle,
};
pub use directory::{Chat, ChatChange, ChatDirectory, ChatRow, Chats, Contacts, Department, NewChat, Person};
pub use file_store::{FileRow, FileStore};
pub use hongyan_endpoint::{Bilingual, Flaw, Unfit, Unit, bilingual};
pub use id::{DeliveryId, IdSource, MessageId};
pub use issued::{ISSUED_AFTER, IssuedIds};
pub use keys::{KeyRow, Scope};
pub use ledger::{
    Accepted, AttemptRow, DeliveryRow, Filter, Idempotency, Ledger, LedgerRow, MessageRow, NewDelivery, NewMessage,
    Page, Part, Recalled, Wording, derive_state,
};
pub use message::{Attachment, Button, Card, Content, Format, Link, MailHead, Media, Message, Priority, Templated};
pub use plan::{Plan, PlanError, PlannedDelivery, plan};
pub use queue::{Claim, Queue, ReceiptTask, Settlement};
pub use repeats::Repeats;
pub use rest::{Change, LONGEST_PAUSE, LastError, Outage, Rest, Room, Standing, is_untouched};
pub use schedule::{Backoff, Bucket, Meter, Turn, receipt_delay};
pub use store::{Admin, Store};
pub use store_error::{Obstacle, StoreError};
pub use table::{Attach, Kept, Side, Table};
