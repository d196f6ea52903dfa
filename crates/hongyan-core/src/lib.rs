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
mod content;
mod directory;
mod file_store;
mod handle;
mod id;
mod issued;
mod keys;
mod ledger;
mod message;
pub mod number;
mod outage;
mod outcome;
mod plan;
mod queue;
mod reason;
mod repeats;
mod rest;
mod schedule;
mod settle;
mod state;
mod store;
mod store_error;
pub mod table;

pub use address::{Address, AddressKind, Mailbox, names_several};
pub use callback_log::{CallbackLog, CallbackRow, KEPT_CALLBACKS, NewCallback};
pub use capability::{Capabilities, Dedup, Group, Rate};
pub use channel::{
    Call, CallFile, Channel, FileUse, Health, Missing, Naming, Recall, Receipts, Resolution, Target, TokenHealth,
    Uploaded, Uploads,
};
pub use clock::{Clock, Moment, Steps, Tick, Time};
pub use content::{Attachment, Button, Card, Content, Format, Link, MailHead, Media, Templated};
pub use directory::{Chat, ChatChange, ChatDirectory, ChatRow, Chats, Contacts, Department, NewChat, Person};
pub use file_store::{FileRow, FileStore};
pub use handle::CallHandle;
pub use hongyan_endpoint::{Bilingual, Flaw, Unfit, Unit, bilingual};
pub use id::{DeliveryId, IdSource, MessageId};
pub use issued::{ISSUED_AFTER, IssuedIds};
pub use keys::{KeyRow, Scope};
pub use ledger::{
    Accepted, AttemptRow, DeliveryRow, Filter, Idempotency, Ledger, LedgerRow, MessageRow, MessageState, NewDelivery,
    NewMessage, Page, Part, Recalled, Wording,
};
pub use message::{Message, Priority};
pub use outage::{LastError, Outage, Rest, Room, is_untouched};
pub use outcome::{Outcome, ReceiptReport, TargetResult};
pub use plan::{Plan, PlanError, plan};
pub use queue::{Claim, Queue, ReceiptTask, Settlement};
pub use reason::Reason;
pub use repeats::Repeats;
pub use rest::{Change, LONGEST_PAUSE, Standing};
pub use schedule::{Backoff, Bucket, Meter, Turn, receipt_delay};
pub use settle::{Attempt, OnRepeat, OnUnknown, Policy, Repeat, Settled, held, settle};
pub use state::{DeliveryState, RecipientState};
pub use store::{Admin, Store};
pub use store_error::{Obstacle, StoreError};
pub use table::{Attach, Kept, Side, Table};
