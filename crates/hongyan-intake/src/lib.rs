//! Accepting messages: who calls, what they hand in, what is wrong with it, what is stored of it.
//!
//! [`Intake`] checks and plans a message, keeps its file, stores it and wakes the lanes; [`Bodies`] reads what callers
//! send within limits; [`ApiKeys`] says who calls; [`Waiting`] lets a caller wait for the outcome. The gateway's routes and
//! the platforms' own paths stand on it. Sending is left to `hongyan-dispatch`, paths and configuration files to the
//! crates above.

mod bodies;
mod files;
mod intake;
pub mod keys;
mod mails;
mod peer;
pub mod reply;
mod shares;
mod table_content;
mod template;
mod waiting;

pub use bodies::{Bodies, HasShare, discard, message, parse};
pub use files::{ANY_TYPE, Files, checked};
pub use intake::{Checked, Intake, RouteConfig};
pub use keys::{ApiKeys, Caller};
pub use peer::Peer;
pub use shares::{Share, Shares};
pub use table_content::Shows;
pub use template::{TemplateConfig, Templates};
pub use waiting::{Ticket, Waiting, WaitsFor};
