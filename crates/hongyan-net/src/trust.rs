//! Whose certificates a connection believes, and what is said of one that it does not.

use crate::{Secret, certificate::Names};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
        verify_server_name,
    },
    crypto::{CryptoProvider, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::ParsedCertificate,
};
use std::{
    fmt,
    sync::{Arc, LazyLock},
};

/// Whose certificates are believed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Trust {
    /// The authorities of the public web, and those of this machine: its own store, or what `SSL_CERT_FILE` and
    /// `SSL_CERT_DIR` name in its place.
    #[default]
    Public,
    /// These alone, as PEM, in place of the public ones: authorities, or the server's own certificate.
    Authority(String),
    /// Anybody's, so that whoever stands between can read and change everything. `name_checked` says whether the
    /// certificate must at least bear the host's name.
    DangerousAnyone {
        /// Whether the host's name is compared.
        name_checked: bool,
    },
}

/// What we show to a server that asks who calls.
#[derive(Debug, Clone)]
pub struct Identity {
    /// Our certificate and those between it and its authority, as PEM.
    pub certificates: String,
    /// Its private key, as PEM.
    pub key: Secret,
}

/// The built-in authorities and this machine's, read once.
static PUBLIC: LazyLock<Arc<RootCertStore>> = LazyLock::new(|| {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    // A machine without a store, or with a damaged certificate in it, still has the built-in ones.
    let _ = roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Arc::new(roots)
});

impl Trust {
    /// A client's set-up, TLS 1.2 and 1.3.
    ///
    /// # Errors
    /// A sentence when the authority's PEM holds no usable certificate.
    pub fn client_config(&self) -> Result<ClientConfig, String> {
        self.client_config_as(None)
    }

    /// The same, with what is shown to a server that asks who calls.
    ///
    /// # Errors
    /// A sentence when a PEM does not hold what it should; it never repeats the key.
    pub fn client_config_as(&self, identity: Option<&Identity>) -> Result<ClientConfig, String> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| error.to_string())?;
        let chain = match self {
            Self::Public => Chain::trusted(Arc::clone(&PUBLIC), Vec::new(), &provider)?,
            Self::Authority(pem) => {
                let certificates = certificates(pem).map_err(|error| format!("the authority's PEM: {error}"))?;
                let mut roots = RootCertStore::empty();
                for certificate in &certificates {
                    roots.add(certificate.clone()).map_err(|error| format!("the authority's PEM: {error}"))?;
                }
                if roots.is_empty() {
                    return Err("there is no certificate in the authority's PEM".into());
                }
                Chain::trusted(Arc::new(roots), certificates, &provider)?
            }
            Self::DangerousAnyone { name_checked } => Chain::Anyone { name_checked: *name_checked },
        };
        let builder = builder.dangerous().with_custom_certificate_verifier(Arc::new(Verifier { provider, chain }));
        let Some(identity) = identity else { return Ok(builder.with_no_client_auth()) };
        let chain = certificates(&identity.certificates).map_err(|error| format!("client_cert: {error}"))?;
        if chain.is_empty() {
            return Err("client_cert holds no certificate".into());
        }
        let key = PrivateKeyDer::from_pem_slice(identity.key.expose().as_bytes())
            .map_err(|_| "client_key holds no private key in PEM (one with a password is not read)".to_owned())?;
        builder.with_client_auth_cert(chain, key).map_err(|error| format!("client_key: {error}"))
    }
}

fn certificates(pem: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).map(|read| read.map_err(|error| error.to_string())).collect()
}

/// A chain that leads to nobody who is trusted: who should be, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Untrusted {
    host: String,
    /// Whose signature is missing among the trusted.
    issuer: String,
    self_signed: bool,
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, issuer, self_signed } = self;
        if *self_signed {
            write!(f, "the certificate of {host} is signed by itself ({issuer}), and is not trusted")
        } else {
            write!(f, "the certificate of {host} was issued by {issuer}, which is not trusted")
        }
    }
}

impl std::error::Error for Untrusted {}

impl Untrusted {
    fn of(host: &ServerName<'_>, end_entity: &[u8], between: &[CertificateDer<'_>]) -> Option<Self> {
        let own = Names::of(end_entity)?;
        let self_signed = own.is_self_issued();
        let mut last = own;
        // Each at most once: who issues in a circle is issued by nobody.
        for _ in between {
            let above = between.iter().filter_map(|der| Names::of(der)).find(|above| last.is_issued_by(above));
            match above {
                Some(above) if !last.is_self_issued() => last = above,
                _ => break,
            }
        }
        Some(Self { host: host.to_str().into_owned(), issuer: last.issuer(), self_signed })
    }

    /// What a verifier's refusal says, if it says this.
    pub(crate) fn in_error(error: &Error) -> Option<&Self> {
        match error {
            Error::InvalidCertificate(CertificateError::Other(OtherError(inner))) => inner.downcast_ref(),
            _ => None,
        }
    }
}

/// Says who is not trusted, and takes a server's own certificate as its own authority. The handshake's signature is
/// always checked: the other side has the certificate's key.
#[derive(Debug)]
struct Verifier {
    provider: Arc<CryptoProvider>,
    chain: Chain,
}

/// Which chains are believed.
#[derive(Debug)]
enum Chain {
    /// Those that lead to an authority, and `named`, certificates that the configuration names one by one.
    Trusted { usual: Arc<WebPkiServerVerifier>, named: Vec<CertificateDer<'static>> },
    /// Every one.
    Anyone { name_checked: bool },
}

impl Chain {
    fn trusted(
        roots: Arc<RootCertStore>,
        named: Vec<CertificateDer<'static>>,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Self, String> {
        let usual = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(provider)).build();
        Ok(Self::Trusted { usual: usual.map_err(|error| error.to_string())?, named })
    }
}

fn check_name(end_entity: &CertificateDer<'_>, server_name: &ServerName<'_>) -> Result<(), Error> {
    let certificate = ParsedCertificate::try_from(end_entity)
        .map_err(|_| Error::InvalidCertificate(CertificateError::BadEncoding))?;
    verify_server_name(&certificate, server_name)
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let (usual, named) = match &self.chain {
            Chain::Trusted { usual, named } => (usual, named),
            Chain::Anyone { name_checked } => {
                if *name_checked {
                    check_name(end_entity, server_name)?;
                }
                return Ok(ServerCertVerified::assertion());
            }
        };
        match usual.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now) {
            // Most self-signed certificates call themselves authorities, which no server's certificate may be. What
            // is named byte for byte needs no authority; its dates were judged before that, its name is now.
            Err(Error::InvalidCertificate(CertificateError::Other(_) | CertificateError::UnknownIssuer))
                if named.contains(end_entity) =>
            {
                check_name(end_entity, server_name)?;
                Ok(ServerCertVerified::assertion())
            }
            // An authority that has another's name signs badly.
            Err(Error::InvalidCertificate(
                error @ (CertificateError::UnknownIssuer | CertificateError::BadSignature | CertificateError::Other(_)),
            )) => {
                let untrusted = Untrusted::of(server_name, end_entity, intermediates);
                // What calls itself an authority is refused as a server's certificate before anything else is looked at.
                let told = untrusted.filter(|it| it.self_signed || !matches!(error, CertificateError::Other(_)));
                Err(Error::InvalidCertificate(match told {
                    Some(untrusted) => CertificateError::Other(OtherError(Arc::new(untrusted))),
                    None => error,
                }))
            }
            verified => verified,
        }
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
            Some("there is no certificate in the authority's PEM")
        );
    }
}
