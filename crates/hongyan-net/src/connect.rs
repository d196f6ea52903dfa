//! From an address to an open stream: name, TCP, proxy, TLS; and why there is none.

use crate::{
    Failure, NetFault, Proxy,
    guard::{Private, Resolver},
    link::Stream,
    proxy::{ProxyConnector, Refused},
    trust::Untrusted,
};
use http::Uri;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use rustls::{AlertDescription, ClientConfig};
use std::{error::Error, time::Duration};
use tower_service::Service;

/// Why there is no connection. Nothing was sent.
#[derive(Debug)]
pub(crate) struct Unreached {
    pub(crate) cause: Cause,
    /// What the network said.
    pub(crate) message: String,
}

/// The step at which connecting ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The address is not of the public internet.
    Private,
    /// The proxy is there and refused the tunnel.
    Proxy,
    /// The certificate was refused, or the other side speaks no TLS.
    Tls,
    /// The certificate leads to nobody who is trusted.
    Untrusted,
    /// Everything else: the name, the connection.
    Connect,
}

/// How to get there.
pub(crate) struct Dial<'a> {
    pub(crate) proxy: Option<&'a Proxy>,
    pub(crate) refuse_private: bool,
    /// Whether loopback addresses are called directly though there is a proxy.
    pub(crate) spare_loopback: bool,
    /// Of each TCP connection that is tried.
    pub(crate) connect_timeout: Option<Duration>,
}

impl Dial<'_> {
    /// Opens a stream; `tls` for `https`.
    pub(crate) async fn open(&self, to: &Uri, tls: Option<ClientConfig>) -> Result<Box<dyn Stream>, Unreached> {
        let mut connector = ProxyConnector::new(|resolver| self.connector(resolver), self.proxy, self.refuse_private);
        if !self.spare_loopback {
            connector = connector.for_every_address();
        }
        match tls {
            None => Ok(Box::new(connector.call(to.clone()).await.map_err(|error| unreached(&*error))?)),
            Some(tls) => {
                let mut tls: HttpsConnector<ProxyConnector> = HttpsConnectorBuilder::new()
                    .with_tls_config(tls)
                    .https_only()
                    .enable_http1()
                    .wrap_connector(connector);
                Ok(Box::new(tls.call(to.clone()).await.map_err(|error| unreached(&*error))?))
            }
        }
    }

    /// Opens a stream to the proxy itself, which is to pass on what is said in clear.
    pub(crate) async fn open_to_proxy(&self, proxy: &Proxy) -> Result<Box<dyn Stream>, Unreached> {
        let mut tcp = self.connector(Resolver::new(false));
        Ok(Box::new(tcp.call(proxy.address.clone()).await.map_err(|error| unreached(&error))?))
    }

    fn connector(&self, resolver: Resolver) -> HttpConnector<Resolver> {
        let mut tcp = HttpConnector::new_with_resolver(resolver);
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        tcp.set_connect_timeout(self.connect_timeout);
        tcp
    }
}

fn unreached(error: &(dyn Error + 'static)) -> Unreached {
    let mut found = Cause::Connect;
    let mut innermost = error;
    for cause in causes(error) {
        innermost = cause;
        if cause.is::<Private>() {
            return Unreached { cause: Cause::Private, message: Private.to_string() };
        }
        if let Some(refused) = cause.downcast_ref::<Refused>() {
            return Unreached { cause: Cause::Proxy, message: refused.to_string() };
        }
        if let Some(tls) = cause.downcast_ref::<rustls::Error>() {
            found = Cause::Tls;
            if let Some(untrusted) = Untrusted::in_error(tls) {
                return Unreached { cause: Cause::Untrusted, message: untrusted.to_string() };
            }
        }
    }
    Unreached { cause: found, message: innermost.to_string() }
}

/// Why a TLS handshake failed that somebody else made, with a set-up of ours: mail.
#[must_use]
pub fn handshake_fault(error: &(dyn Error + 'static)) -> NetFault {
    let unreached = unreached(error);
    let failure = if unreached.cause == Cause::Untrusted { Failure::Untrusted } else { Failure::Tls };
    NetFault { failure, message: unreached.message }
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
