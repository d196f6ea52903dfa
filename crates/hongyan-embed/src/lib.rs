//! Hongyan inside somebody else's program: what the C ABI and the databases' extensions have in common.
//!
//! ```no_run
//! use hongyan_embed::{Engine, HttpArguments, HttpMethod};
//!
//! let engine = Engine::new();
//! let arguments = HttpArguments { url: "https://www.example.com/search", params: Some(r#"{"q": "鸿雁"}"#), ..Default::default() };
//! println!("{}", hongyan_embed::http_json(&engine.http(HttpMethod::Get, &arguments)?));
//! # Ok::<(), hongyan_embed::EngineError>(())
//! ```
//!
//! [`Engine`] blocks, takes texts and lives through a fork. How a host calls is the host's part; what the functions do
//! is `hongyan-functions`', what a gateway says `hongyan-client`'s.

mod arguments;
mod engine;
mod fault;
mod ledger;
mod message;
mod results;
mod runtime;
mod settings;

pub use arguments::{HttpArguments, MailArguments};
pub use engine::Engine;
pub use fault::{EngineError, Kind};
pub use hongyan_functions::{HttpMethod, HttpResult, MailResult};
pub use ledger::LedgerRow;
pub use message::{check_key, check_message, check_outbox_key};
pub use results::{http_json, mail_json};
