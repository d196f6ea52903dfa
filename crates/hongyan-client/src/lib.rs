//! A gateway's REST interface as everybody calls it who is not the gateway: command line, relay, plug-ins.
//!
//! ```no_run
//! # async fn demo() -> Result<(), hongyan_client::Fault> {
//! use hongyan_net::Secret;
//! use hongyan_client::Gateway;
//! use serde_json::json;
//!
//! let gateway = Gateway::new("http://127.0.0.1:7300", Secret::new("the key that the gateway printed"));
//! let message = json!({"to": [{"userid": "zhangsan"}], "content": {"text": "盘后对账完成"}});
//! let accepted = gateway.submit(&message, Some("reconcile-2026-11-22")).await?;
//! println!("{}", accepted["id"]);
//! # Ok(()) }
//! ```
//!
//! What a key may do and what a message must be is the gateway's to say; its problem documents arrive as [`Fault`]s.

mod fault;
mod gateway;

pub use fault::{Fault, Kind};
pub use gateway::{Gateway, encode};
