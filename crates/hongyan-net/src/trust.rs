//! Whose certificates a connection believes.

use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, RootCertStore, SignatureScheme,
    client::{
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};
use std::sync::Arc;

/// Whose certificates are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// The authorities of the public web.
    #[default]
    Public,
    /// These alone, as PEM, in place of the public ones.
    Authority(String),
    /// Anybody's, so that whoever stands between can read and change everything. `name_checked` says whether the
    /// certificate must at least bear the host's name.
    DangerousAnyone {
        /// Whether the host's name is compared.
        name_checked: bool,
    },
}

impl Trust {
    /// A client's set-up, TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// A sentence when the authority's PEM holds no usable certificate.
    pub fn client_config(&self) -> Result<ClientConfig, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let mut roots = RootCertStore::empty();
        match self {
            Self::Public => roots.extend(webpki_roots::TLS_SERVER_ROOTS.iter().cloned()),
            Self::Authority(pem) => {
                for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
                    let certificate = certificate.map_err(|error| format!("ca_pem: {error}"))?;
                    roots.add(certificate).map_err(|error| format!("ca_pem: {error}"))?;
                }
                if roots.is_empty() {
                    return Err("ca_pem holds no certificate".into());
                }
            }
            Self::DangerousAnyone { name_checked } => {
                let anyone = Anyone { provider, name_checked: *name_checked };
                return Ok(builder
                    .dangerous()
                    .with_custom_certificate_verifier(Arc::new(anyone))
                    .with_no_client_auth());
            }
        }
        Ok(builder.with_root_certificates(roots).with_no_client_auth())
    }
}

/// Believes every chain. The handshake's signature is still checked: the other side has the certificate's key.
#[derive(Debug)]
struct Anyone {
    provider: Arc<CryptoProvider>,
    name_checked: bool,
}

impl ServerCertVerifier for Anyone {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.name_checked {
            let certificate = ParsedCertificate::try_from(end_entity)
                .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
            verify_server_name(&certificate, server_name)?;
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, cert, dss, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::Trust;

    #[test]
    fn an_authority_must_be_one() {
        assert!(Trust::Public.client_config().is_ok());
        assert!(Trust::DangerousAnyone { name_checked: true }.client_config().is_ok());
        assert_eq!(
            Trust::Authority("nothing".into()).client_config().err().as_deref(),
            Some("ca_pem holds no certificate")
        );
    }
}
