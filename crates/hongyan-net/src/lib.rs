//! The one HTTP client with finite time-outs, verified TLS, bounded bodies and no redirects.
//!
//! ```no_run
//! # async fn demo() -> Result<(), hongyan_net::NetFault> {
//! let http = hongyan_net::Http::new(hongyan_net::Options::default());
//! let reply = http.get("https://qyapi.weixin.qq.com/").await?;
//! assert!(reply.body.len() <= http.options().max_body_bytes);
//! # Ok(()) }
//! ```
//!
//! What an answer means is left to the platform crates; who is called, to their declarations.

mod certificate;
mod connect;
mod gate;
mod guard;
mod head;
mod heads;
mod http;
mod link;
mod pool;
mod proxy;
mod redact;
mod reply;
mod request;
mod trust;
mod watched;

pub use connect::handshake_fault;
pub use gate::BeforeWrite;
pub use guard::is_public;
pub use heads::{Heads, Requests};
pub use http::{Http, Options, RawCall};
pub use proxy::{NotAProxy, Proxy, is_loopback};
pub use redact::{Cleaning, Secret, clean, clean_body};
pub use reply::{Failure, NetFault, RawReply, Reply};
pub use trust::{Identity, Trust};
pub use watched::{Watch, Watched};
