//! A mailbox as a channel.

use crate::secret::SecretRef;
use serde::Deserialize;

/// `channel = "mail"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// A provider's name, such as `qq`: gives host, port and TLS.
    #[serde(default)]
    pub provider: Option<String>,
    /// The server.
    #[serde(default)]
    pub host: Option<String>,
    /// Its port.
    #[serde(default)]
    pub port: Option<u16>,
    /// `starttls`, `implicit` or `dangerous_none`.
    #[serde(default)]
    pub tls: Option<String>,
    /// PEM of a private certificate authority.
    #[serde(default)]
    pub ca_file: Option<std::path::PathBuf>,
    /// The login.
    #[serde(default)]
    pub username: Option<String>,
    /// Password or authorisation code.
    #[serde(default)]
    pub password: Option<SecretRef>,
    /// `Ops <robot@example.com>`; the login when absent.
    #[serde(default)]
    pub from: Option<String>,
}

/// A mailbox's way out.
pub struct MailChannel;
