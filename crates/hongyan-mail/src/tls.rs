//! TLS towards a mail server: verified always, against the public roots or one private authority.

use crate::MailerConfig;
use hongyan_endpoint::Fault;
use hongyan_net::Trust;
use rustls::pki_types::ServerName;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio_rustls::TlsConnector;

/// How TLS begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tls {
    /// With the first byte: port 465 as a rule (RFC 8314).
    Implicit,
    /// After `STARTTLS`, without which nothing is sent: port 587 as a rule (RFC 3207).
    Starttls,
    /// Never. Mail and password travel in the open: for tests and for a relay on the same machine.
    DangerousNone,
}

/// What a handshake needs.
#[derive(Clone)]
pub(crate) struct TlsSetup {
    pub(crate) connector: TlsConnector,
    pub(crate) name: ServerName<'static>,
}

impl TlsSetup {
    /// For the account's server; `ca_pem` replaces the public roots, so that a private server cannot be
    /// impersonated with a public certificate.
    pub(crate) fn new(config: &MailerConfig) -> Result<Self, Fault> {
        let trust = match &config.ca_pem {
            _ if config.dangerous_accept_any_certificate => Trust::DangerousAnyone { name_checked: false },
            Some(pem) => Trust::Authority(pem.clone()),
            None => Trust::Public,
        };
        let set_up = trust.client_config().map_err(invalid)?;
        let name = ServerName::try_from(config.host.clone())
            .map_err(|_| invalid(format!("{:?} is not a host name", config.host)))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(set_up)), name })
    }
}

fn invalid(message: impl Into<String>) -> Fault {
    Fault::transport("request.invalid", message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_modes_have_their_names() {
        let names: Vec<_> = [Tls::Implicit, Tls::Starttls, Tls::DangerousNone]
            .iter()
            .map(|tls| serde_json::to_string(tls).unwrap())
            .collect();
        assert_eq!(names, [r#""implicit""#, r#""starttls""#, r#""dangerous_none""#]);
    }

    #[test]
    fn a_private_authority_must_be_one() {
        let set_up = |host: &str, ca_pem: Option<&str>| {
            let mut config = MailerConfig::new(host, 465, Tls::Implicit);
            config.ca_pem = ca_pem.map(str::to_owned);
            TlsSetup::new(&config)
        };
        assert!(set_up("localhost", None).is_ok());
        assert!(set_up("127.0.0.1", None).is_ok());
        assert!(set_up("not a host", None).is_err());
        assert!(set_up("localhost", Some("nothing")).is_err());
    }
}
