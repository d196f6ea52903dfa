//! E-mail: what a message looks like, how it is handed to a mail server, and what the server's answer means.
//!
//! ```no_run
//! # async fn demo() -> Result<(), Box<dyn std::error::Error>> {
//! use hongyan_mail::{Mail, Mailer, MailerConfig, Party, Shown, preset};
//! use hongyan_net::Secret;
//!
//! let preset = preset("163").ok_or("no such provider")?;
//! let mut config = MailerConfig::new(preset.host, preset.port, preset.tls);
//! config.username = Some("alarm@163.com".into());
//! config.password = Some(Secret::new("the authorization code, not the password"));
//! let mailer = Mailer::new(config)?;
//!
//! let mail = Mail {
//!     from: Party::new("alarm@163.com").named("值班报警"),
//!     to: Shown::Neutral,
//!     cc: Vec::new(),
//!     reply_to: Vec::new(),
//!     subject: "磁盘将满".into(),
//!     text: Some("剩余 5%".into()),
//!     html: None,
//!     attachments: Vec::new(),
//!     date_ms: 1_796_090_400_000,
//!     message_id: "0190f3a2@alarm.example".into(),
//! };
//! let sent = mailer.send("alarm@163.com", &["li@example.com", "wang@example.com"], &mail.build()?).await?;
//! for (index, fault) in &sent.refused {
//!     println!("recipient {index} was refused: {fault}");
//! }
//! # Ok(()) }
//! ```
//!
//! When to repeat, how fast to go and what to remember is left to the caller: every fault says by its
//! [`Class`](hongyan_endpoint::Class) what would be right.

mod connection;
mod faults;
mod html;
mod message;
mod pool;
mod presets;
mod reply;
mod smtp;
mod tls;
mod wire;

pub use faults::{ERROR_CODES, error_code, refusal};
pub use html::{has_markup, plain_of};
pub use message::{Attachment, Mail, Party, Shown};
pub use presets::{PRESETS, Preset, preset, preset_for_address};
pub use smtp::{Mailer, MailerConfig, SendFault, Sent};
pub use tls::Tls;
