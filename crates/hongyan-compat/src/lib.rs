//! The platforms' own paths and `/api/dingtalkserve/*`: whoever wrote for a platform, or for such a facade, changes the
//! host and nothing else.
//!
//! Sends go through [`hongyan_intake::Intake`] into the outbox, everything else is passed on with the account's own token.
//! The gateway mounts [`OfficialApi`] and [`Facade`]; nothing that accepts or sends depends on this crate.

mod application;
mod arrival;
mod config;
mod facade;
mod follow;
mod forward;
mod login;
mod official;
mod operations;
mod platform;
mod robot;
mod send;
mod services;
mod throttle;
mod tokens;

pub use config::{FacadeConfig, OfficialConfig};
pub use facade::Facade;
pub use official::OfficialApi;
pub use services::Services;
