//! The outbox table in somebody's own database, and the relay that delivers it.
//!
//! A row that the user's transaction commits becomes a message, a row that it rolls back does not; what became of the
//! message is written back to the row.
//!
//! ```
//! # let folder = std::env::temp_dir().join(format!("hongyan-relay-doc-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! # let path = folder.join("shop.db");
//! use hongyan_relay::{Create, DEFAULT_TABLE, OutboxTable};
//!
//! let table = OutboxTable::open(&path, DEFAULT_TABLE, Create::IfMissing)?;
//! let message = r#"{"to": [{"userid": "zhangsan"}], "content": {"text": "订单 17 已付款"}}"#;
//! let row = table.put(message, Some("order-17-paid"))?;
//! assert_eq!(row.state, "waiting");
//! assert_eq!(table.put(message, Some("order-17-paid"))?.id, row.id);
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), hongyan_relay::Fault>(())
//! ```
//!
//! What the gateway is and says is `hongyan-client`'s; how a message fares is the gateway's.

mod answer;
mod fault;
mod hand_over;
mod name;
mod outbox_table;
mod pace;
mod poll;
mod relay;
mod row;
mod work;

pub use fault::{Fault, Kind};
pub use name::{DEFAULT_TABLE, OUTBOX_SQL, sql};
pub use outbox_table::{Create, OutboxTable};
pub use relay::{Options, Summary, relay};
pub use row::{Change, Row};
