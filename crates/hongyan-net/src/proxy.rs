//! Connections through a forward proxy.
//!
//! Calls go through `CONNECT`, so that the proxy sees host and port and nothing of the call. Deciding whether there is a proxy is the configuration's affair: nothing is taken from the
//! environment here.

use crate::{Secret, guard::Resolver};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, Uri, uri};
use hyper_util::{
    client::legacy::connect::{HttpConnector, proxy::Tunnel},
    rt::TokioIo,
};
use std::{
    error::Error,
    fmt,
    future::Future,
    net::IpAddr,
    pin::Pin,
    task::{Context, Poll},
};
use tokio::net::TcpStream;
use tower_service::Service;

/// A forward proxy, from `http://[USER:PASSWORD@]HOST:PORT`.
#[derive(Clone)]
pub struct Proxy {
    pub(crate) address: Uri,
    pub(crate) authorization: Option<Secret>,
    /// As a proxy's page may repeat it, which undoes the header's encoding.
    _password: Option<Secret>,
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxy").field("address", &self.address).finish_non_exhaustive()
    }
}

/// A text that names no proxy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAProxy;

impl fmt::Display for NotAProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected http://HOST:PORT, with USER:PASSWORD@ before the host where the proxy asks for it")
    }
}

impl Error for NotAProxy {}

impl Proxy {
    /// Reads `http://[USER:PASSWORD@]HOST:PORT`; user and password are sent as they stand.
    ///
    /// # Errors
    /// [`NotAProxy`], which never repeats the text: it may hold a password.
    pub fn parse(text: &str) -> Result<Self, NotAProxy> {
        let rest = text.trim().strip_prefix("http://").ok_or(NotAProxy)?;
        let (credentials, host) = rest.rsplit_once('@').map_or((None, rest), |(c, host)| (Some(c), host));
        let address: Uri = format!("http://{}", host.trim_end_matches('/')).parse().map_err(|_| NotAProxy)?;
        let named = address.host().is_some_and(|host| !host.is_empty()) && address.port_u16().is_some();
        if !named || !matches!(address.path(), "" | "/") {
            return Err(NotAProxy);
        }
        let proxy = Self { address, authorization: None, _password: None };
        match credentials.map(|c| c.split_once(':').unwrap_or((c, ""))) {
            Some((user, password)) => proxy.with_login(user, password),
            None => Ok(proxy),
        }
    }

    /// The same proxy, with a login of its own.
    ///
    /// # Errors
    /// [`NotAProxy`] when the user's name is empty or holds a colon.
    pub fn with_login(mut self, user: &str, password: &str) -> Result<Self, NotAProxy> {
        if user.is_empty() || user.contains(':') {
            return Err(NotAProxy);
        }
        self._password = Some(Secret::new(password));
        self.authorization = Some(Secret::new(format!("Basic {}", STANDARD.encode(format!("{user}:{password}")))));
        Ok(self)
    }

    /// The login as a header; base64 is a header value always.
    pub(crate) fn authorization(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(self.authorization.as_ref()?.expose()).ok()
    }

    /// Host and port, for people.
    #[must_use]
    pub fn host_and_port(&self) -> String {
        self.address.authority().map(ToString::to_string).unwrap_or_default()
    }
}

/// The proxy answered, and refused the tunnel. Says what it answered.
#[derive(Debug)]
pub(crate) struct ProxyRefused(String);

impl fmt::Display for ProxyRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the proxy refused the tunnel: {}", self.0)
    }
}

impl Error for ProxyRefused {}

/// Connects directly, or through a tunnel where there is a proxy.
#[derive(Clone)]
pub(crate) enum ProxyConnector {
    Direct(HttpConnector<Resolver>),
    Tunnel(Tunnel<HttpConnector<Resolver>>),
}

impl ProxyConnector {
    pub(crate) fn new(connector: HttpConnector<Resolver>, proxy: Option<&Proxy>) -> Self {
        let Some(proxy) = proxy else { return Self::Direct(connector) };
        let tunnel = Tunnel::new(proxy.address.clone(), connector);
        Self::Tunnel(match proxy.authorization() {
            Some(line) => tunnel.with_auth(line),
            None => tunnel,
        })
    }
}

type Connecting = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, Box<dyn Error + Send + Sync>>> + Send>>;

impl Service<Uri> for ProxyConnector {
    type Response = TokioIo<TcpStream>;
    type Error = Box<dyn Error + Send + Sync>;
    type Future = Connecting;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        // Neither connector ever makes a caller wait.
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, to: Uri) -> Connecting {
        match self {
            Self::Tunnel(tunnel) => {
                let connecting = tunnel.call(with_port(to));
                Box::pin(async move {
                    connecting.await.map_err(|error| match error.source() {
                        // The connection to the proxy, which has a cause of its own.
                        Some(_) => error.into(),
                        None => ProxyRefused(error.to_string()).into(),
                    })
                })
            }
            Self::Direct(direct) => {
                let connecting = direct.call(to);
                Box::pin(async move { connecting.await.map_err(Into::into) })
            }
        }
    }
}

/// The address that a host is, if it is no name.
pub(crate) fn address(to: &Uri) -> Option<IpAddr> {
    to.host()?.trim_matches(['[', ']']).parse().ok()
}

/// Whether an address leads to this machine, by its host alone: `localhost`, `127.0.0.0/8`, `::1`.
#[must_use]
pub fn is_loopback(to: &Uri) -> bool {
    to.host().is_some_and(|host| host.eq_ignore_ascii_case("localhost"))
        || address(to).is_some_and(|address| address.is_loopback())
}

/// A tunnel takes 443 where no port is named; for `http` that is not meant.
fn with_port(to: Uri) -> Uri {
    if to.port().is_some() || to.scheme() != Some(&uri::Scheme::HTTP) {
        return to;
    }
    let host = to.host().unwrap_or_default().to_owned();
    let mut parts = to.clone().into_parts();
    parts.authority = format!("{host}:80").parse().ok();
    Uri::from_parts(parts).unwrap_or(to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_has_a_host_and_a_port_and_keeps_its_password_to_itself() {
        let proxy = Proxy::parse("http://ops:canary-p@ss@proxy.example.com:3128/").unwrap();
        assert_eq!(proxy.host_and_port(), "proxy.example.com:3128");
        let line = proxy.authorization.as_ref().unwrap().expose().to_owned();
        assert_eq!(STANDARD.decode(line.strip_prefix("Basic ").unwrap()).unwrap(), b"ops:canary-p@ss");
        assert!(!format!("{proxy:?}").contains("canary"));
        for bad in ["", "proxy:3128", "https://proxy:3128", "http://proxy", "http://proxy:1/x", "http://:a@proxy:1"] {
            assert_eq!(Proxy::parse(bad).err(), Some(NotAProxy), "{bad}");
        }
    }

    #[test]
    fn loopback_is_never_asked_of_a_proxy() {
        for (uri, expected) in [
            ("http://127.0.0.1:1/", true),
            ("http://[::1]:1/", true),
            ("http://localhost/", true),
            ("https://oapi.dingtalk.com/", false),
        ] {
            assert_eq!(is_loopback(&uri.parse().unwrap()), expected, "{uri}");
        }
        assert_eq!(with_port("http://a.example/".parse().unwrap()).port_u16(), Some(80));
        assert_eq!(with_port("https://a.example/".parse().unwrap()).port_u16(), None);
    }
}
