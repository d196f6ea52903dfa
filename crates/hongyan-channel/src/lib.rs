//! One module per channel: its configuration, its capabilities, its delivery.
//!
//! [`AccountConfig`] is what stands under `[accounts.NAME]`; [`AccountConfig::open`] makes a
//! [`hongyan_core::Channel`] of it. Deciding what to send when is left to `hongyan-core` and the gateway.

mod account;
mod account_config;
mod audience;
mod callback;
mod catalogue;
mod dingtalk;
mod dingtalk_robot;
mod directory;
mod factory;
mod mail;
mod missing;
mod operations;
mod published;
mod refusal;
mod render;
mod robot;
mod secret;
mod table_view;
mod target;
mod transport;
mod webhook;
mod wecom;
mod wecom_robot;

pub use account::Account;
pub use account_config::{AccountConfig, CallbackConfig, Common, LongText, RateConfig, Span};
pub use callback::{CallbackReceiver, CallbackRefused, CallbackRequest, Opened};
pub use catalogue::{Entry, TABLES, catalogue, explain};
pub use dingtalk::{DingTalkChannel, DingTalkConfig};
pub use dingtalk_robot::{DingTalkRobotChannel, DingTalkRobotConfig};
pub use factory::{CHANNELS, ChannelConfig, ChannelFactory, OpenedChannel};
pub use mail::{MailChannel, MailConfig};
pub use operations::{Caller, Operations, OwnField, OwnValue, PLATFORMS, operations};
pub use robot::RobotCaller;
pub use secret::{SecretError, SecretRef};
pub use transport::TransportConfig;
pub use webhook::{WebhookChannel, WebhookConfig};
pub use wecom::{WeComChannel, WeComConfig};
pub use wecom_robot::{WeComRobotChannel, WeComRobotConfig};
