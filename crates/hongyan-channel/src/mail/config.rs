//! A mailbox's configuration.

use super::MailChannel;
use crate::{
    factory::{ChannelFactory, DAY, OpenedChannel},
    secret::SecretRef,
};
use hongyan_core::{Bilingual, bilingual};
use hongyan_endpoint::Invalid;
use hongyan_mail::{MailerConfig, Preset, Tls};
use hongyan_net::Options;
use serde::Deserialize;
use std::{path::PathBuf, time::Duration};

/// `channel = "mail"`. Explicit settings win over the provider's.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MailConfig {
    /// A provider's name, such as `qq`: gives host, port and TLS.
    #[serde(default)]
    pub provider: Option<String>,
    /// The server.
    #[serde(default)]
    pub host: Option<String>,
    /// Its port; 465 for `implicit`, 587 otherwise.
    #[serde(default)]
    pub port: Option<u16>,
    /// `starttls` (the default), `implicit` or `dangerous_none`.
    #[serde(default)]
    pub tls: Option<Tls>,
    /// PEM file of the only certificate authority to trust: for a private server.
    #[serde(default)]
    pub ca_file: Option<PathBuf>,
    /// The login.
    #[serde(default)]
    pub username: Option<String>,
    /// Password or authorisation code.
    #[serde(default)]
    pub password: Option<SecretRef>,
    /// `Ops <robot@example.com>`; the login when absent, as most providers demand.
    #[serde(default)]
    pub from: Option<String>,
    /// Connections at once; providers want 1 to 3.
    #[serde(default)]
    pub connections: Option<usize>,
    /// Mails after which a connection is closed and another opened.
    #[serde(default)]
    pub messages_per_connection: Option<usize>,
    /// Whether `To` names everybody in the message's `to`; else each sees only that a mail was sent to several.
    #[serde(default)]
    pub show_recipients: bool,
    /// Whether everybody gets a mail of their own. There are no copies then.
    #[serde(default)]
    pub per_person: bool,
}

impl ChannelFactory for MailConfig {
    fn open(&self, _options: &Options) -> Result<OpenedChannel, Invalid> {
        MailChannel::open(self).map(OpenedChannel::alone)
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        self.password.iter().map(|password| ("password", password)).collect()
    }

    fn server(&self) -> Option<String> {
        self.host.as_ref().map(|host| format!("smtp://{host}"))
    }

    fn gives_up_after(&self) -> Duration {
        // RFC 5321, section 4.5.4.1: at least four to five days.
        DAY * 5
    }

    fn is_over_http() -> bool {
        false
    }
}

impl MailConfig {
    /// The provider, as named or as the login's address tells.
    ///
    /// # Errors
    /// The name is none that we know.
    pub fn preset(&self) -> Result<Option<&'static Preset>, Invalid> {
        Ok(match &self.provider {
            Some(name) => Some(hongyan_mail::preset(name).ok_or_else(|| {
                let names: Vec<&str> = hongyan_mail::PRESETS.iter().map(|p| p.name).collect();
                let (en, zh) = (names.join(", "), names.join("、"));
                let why = bilingual!(
                    "{name:?} is none of {en}; give host instead";
                    "{name:?} 不是 {zh} 之一；也可改写 host"
                );
                Invalid::unfit("provider", why)
            })?),
            None if self.host.is_none() => self.username.as_deref().and_then(hongyan_mail::preset_for_address),
            None => None,
        })
    }

    /// Reads the secret and the authority's certificate: the server, the login and the bounds.
    ///
    /// # Errors
    /// What is wrong, and with which key.
    pub fn mailer(&self) -> Result<MailerConfig, Invalid> {
        let named = self.preset()?;
        let host = self.host.as_deref().or(named.map(|p| p.host));
        let host = host.ok_or_else(|| Invalid::missing("host"))?;
        let tls = self.tls.or(named.map(|p| p.tls)).unwrap_or(Tls::Starttls);
        let port = self.port.or(named.map(|p| p.port)).unwrap_or(if tls == Tls::Implicit { 465 } else { 587 });
        let mut mailer = MailerConfig::new(host, port, tls);
        mailer.username = self.username.clone();
        mailer.password = self.password.as_ref().map(|password| password.read_for("password")).transpose()?;
        if let Some(path) = &self.ca_file {
            mailer.ca_pem = Some(crate::secret::read_file("ca_file", path)?);
        }
        if self.show_recipients && self.per_person {
            let why = Bilingual::fixed(
                "and show_recipients exclude each other: a mail of one's own names one",
                "与 show_recipients 不能同时使用：单独的邮件只写一个收件人",
            );
            return Err(Invalid::unfit("per_person", why));
        }
        mailer.connections = self.connections.unwrap_or(mailer.connections).max(1);
        mailer.messages_per_connection = self.messages_per_connection.unwrap_or(mailer.messages_per_connection).max(1);
        Ok(mailer)
    }
}
