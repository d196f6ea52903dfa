//! TLS towards a mail server: verified always, against the public roots or one private authority.

use hongyan_endpoint::Fault;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
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
    /// For the server `host`; `ca_pem` replaces the public roots, so that a private server cannot be
    /// impersonated with a public certificate.
    pub(crate) fn new(host: &str, ca_pem: Option<&str>) -> Result<Self, Fault> {
        let mut roots = RootCertStore::empty();
        match ca_pem {
            None => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Some(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                    let certificate = certificate.map_err(|error| invalid(format!("ca_pem: {error}")))?;
                    roots.add(certificate).map_err(|error| invalid(format!("ca_pem: {error}")))?;
                }
                if roots.is_empty() {
                    return Err(invalid("ca_pem holds no certificate"));
                }
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| invalid(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name =
            ServerName::try_from(host.to_owned()).map_err(|_| invalid(format!("{host:?} is not a host name")))?;
        Ok(Self { connector: TlsConnector::from(Arc::new(config)), name })
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
        assert!(TlsSetup::new("localhost", None).is_ok());
        assert!(TlsSetup::new("127.0.0.1", None).is_ok());
        assert!(TlsSetup::new("not a host", None).is_err());
        assert!(TlsSetup::new("localhost", Some("nothing")).is_err());
    }
}
