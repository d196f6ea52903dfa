//! The httpClient functions: `httpGet`, `httpPost`, `httpPut`, `httpDelete`, `sendEmail` and `emailSmtpConfig`, as
//! people know them from scripts inside an analytic database, and safer than they were.
//!
//! ```no_run
//! use hongyan_functions::{Blocking, Functions, HttpCall, HttpMethod, Params, Profile};
//!
//! let functions = Blocking::new(Functions::new(Profile::safe()));
//! let mut call = HttpCall::new(HttpMethod::Get, "https://www.example.com/search");
//! call.params = Params::Pairs(vec![("q".into(), "鸿雁".into())]);
//! let result = functions.http(&call)?;
//! println!("{} after {} s: {}", result.response_code, result.elapsed, result.text_lossy());
//! # Ok::<(), hongyan_functions::FunctionError>(())
//! ```
//!
//! An answer is a result whatever its status; only a call that brought none is an error. What the functions take
//! in a language without types, and how they refuse it, is stated once, in [`Value`] and [`ArgumentError`]; reading
//! a script, a row or a C string is left to their hosts.

mod argument;
mod blocking;
mod call;
mod clock;
mod compose;
mod encode;
mod environment;
mod error;
mod functions;
mod header;
mod mail;
mod profile;
mod provider;
mod raw;
mod reroute;
mod target;
mod value;

pub use argument::ArgumentError;
pub use blocking::Blocking;
pub use call::{Config, Headers, HttpCall, HttpMethod, HttpResult, MailCall, MailContent, MailResult, Params};
pub use error::{FunctionError, Kind};
pub use functions::Functions;
pub use profile::{Profile, SWITCHES, Switch};
pub use reroute::{MailServer, Reroute};
pub use value::{Value, smtp_config_arguments};

/// The `User-Agent` of every call that brings none.
pub const USER_AGENT: &str = concat!("hongyan/", env!("CARGO_PKG_VERSION"));
