//! From an address to an open stream: name, TCP, proxy, TLS; and why there is none.

use crate::{
    Failure, NetFault, Proxy,
    guard::{Private, Resolver},
    link::{Mode, Stream},
    proxy::{ProxyConnector, ProxyRefused},
    reply::fault,
    trust::Untrusted,
};
use http::Uri;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{AlertDescription, ClientConfig};
use std::{error::Error, time::Duration};
use tower_service::Service;

/// How to get there.
pub(crate) struct Dial<'a> {
    pub(crate) mode: Mode,
    pub(crate) proxy: Option<&'a Proxy>,
    pub(crate) refuse_private: bool,
    /// Of each TCP connection that is tried, in [`Mode::Strict`].
    pub(crate) connect_timeout: Duration,
}

impl Dial<'_> {
    /// The proxy itself, where it is to pass on what is said in clear.
    pub(crate) fn asked_of_proxy(&self, secure: bool) -> Option<&Proxy> {
        self.proxy.filter(|_| self.mode == Mode::Raw && !secure)
    }

    /// Opens a stream; `tls` for `https`.
    pub(crate) async fn open(&self, to: &Uri, tls: Option<ClientConfig>) -> Result<Box<dyn Stream>, NetFault> {
        if let Some(proxy) = self.asked_of_proxy(tls.is_some()) {
            let mut tcp = self.connector(Resolver::new(false));
            return Ok(Box::new(tcp.call(proxy.address.clone()).await.map_err(|error| unreached(&error))?));
        }
        // The proxy itself may be anywhere; behind it names are resolved by the proxy.
        let resolver = Resolver::new(self.refuse_private && self.proxy.is_none());
        let mut connector = ProxyConnector::new(self.connector(resolver), self.proxy);
        match tls {
            None => Ok(Box::new(connector.call(to.clone()).await.map_err(|error| unreached(&*error))?)),
            Some(tls) => {
                let https = HttpsConnectorBuilder::new().with_tls_config(tls).https_only().enable_http1();
                let mut tls = https.wrap_connector(connector);
                Ok(Box::new(tls.call(to.clone()).await.map_err(|error| unreached(&*error))?))
            }
        }
    }

    fn connector(&self, resolver: Resolver) -> HttpConnector<Resolver> {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        tcp.set_connect_timeout((self.mode == Mode::Strict).then_some(self.connect_timeout));
        tcp
    }
}

/// The step at which connecting ended.
fn unreached(error: &(dyn Error + 'static)) -> NetFault {
    let mut failure = Failure::Connect;
    let mut innermost = error;
    for cause in causes(error) {
        innermost = cause;
        if cause.is::<Private>() {
            return fault(Failure::Private, Private.to_string());
        }
        if let Some(refused) = cause.downcast_ref::<ProxyRefused>() {
            return fault(Failure::Proxy, refused.to_string());
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            failure = Failure::Tls;
            if let Some(untrusted) = Untrusted::in_error(tls) {
                return fault(Failure::Untrusted, untrusted.to_string());
            }
        }
    }
    fault(failure, innermost.to_string())
}

/// Why a TLS handshake failed that somebody else made, with a set-up of ours: mail.
#[must_use]
pub fn handshake_fault(error: &(dyn Error + 'static)) -> NetFault {
    let NetFault { failure, message, .. } = unreached(error);
    fault(if failure == Failure::Untrusted { failure } else { Failure::Tls }, message)
}

/// The alert by which a server refuses whoever calls, below an exchange's error.
pub(crate) fn refused_identity(error: &(dyn Error + 'static)) -> Option<String> {
    causes(error).find_map(|cause| {
        let alert = match cause.downcast_ref::<rustls::Error>()? {
            rustls::Error::AlertReceived(alert) => *alert,
            _ => return None,
        };
        let of_identity = matches!(
            alert,
            AlertDescription::CertificateRequired
                | AlertDescription::BadCertificate
                | AlertDescription::UnsupportedCertificate
                | AlertDescription::CertificateRevoked
                | AlertDescription::CertificateExpired
                | AlertDescription::CertificateUnknown
                | AlertDescription::UnknownCA
                | AlertDescription::AccessDenied
        );
        of_identity.then(|| format!("{alert:?}"))
    })
}

/// An error and what is below it.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&cause| {
        // An io::Error calls its inner error's source its own, which leaves out the inner error itself.
        let inner = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        inner.map(|inner| -> &(dyn Error + 'static) { inner }).or_else(|| cause.source())
    })
}
