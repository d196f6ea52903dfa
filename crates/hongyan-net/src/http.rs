//! HTTP/1.1 over pooled connections.

use crate::{
    guard::Resolver,
    proxy::{Proxy, Way},
    redact::{Cleaning, clean, clean_body, clean_headers},
};
use bytes::Bytes;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use std::{fmt, sync::Once, time::Duration};

/// Bounds of every call. All finite.
#[derive(Debug, Clone)]
pub struct Options {
    /// For the TCP connection alone.
    pub connect_timeout: Duration,
    /// From the first byte out to the last byte in.
    pub timeout: Duration,
    /// Of the answer.
    pub max_body_bytes: usize,
    /// Idle connections kept per host.
    pub idle_per_host: usize,
    /// Through which calls go out; loopback addresses are always called directly.
    pub proxy: Option<Proxy>,
    /// Whether addresses that are not of the public internet are refused, as [`crate::is_public`] has it.
    pub refuse_private: bool,
}

impl Default for Options {
    /// 5 s to connect, 10 s in all (the platforms' own gateways give up after 3 s), 4 MiB, 32 connections.
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            max_body_bytes: 4 << 20,
            idle_per_host: 32,
            proxy: None,
            refuse_private: false,
        }
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers as they came.
    pub headers: http::HeaderMap,
    /// The whole body, at most [`Options::max_body_bytes`].
    pub body: Bytes,
}

/// How far a failed call got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection: nothing was sent.
    Connect,
    /// The certificate was refused: nothing was sent.
    Tls,
    /// The request may have been read; no answer came in time.
    Timeout,
    /// The request may have been read; the connection broke.
    Lost,
    /// The answer is larger than allowed; it was acted on.
    TooLarge,
    /// The request itself could not be built.
    Request,
}

/// A call without an answer. Its text names neither the URL nor any header: both may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetFault {
    /// How far the call got.
    pub failure: Failure,
    /// What the network said.
    pub message: String,
}

impl fmt::Display for NetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NetFault {}

/// The client: cheap to clone, one pool for all clones.
#[derive(Clone)]
pub struct Http {
    client: Client<HttpsConnector<Way>, Full<Bytes>>,
    options: Options,
}

/// Installs ring as the process's TLS provider. Call once at start; later calls do nothing.
pub(crate) fn install_tls_provider() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // An error only says that a provider is installed already, which is what is wanted.
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
}

impl Http {
    /// A client with its own pool.
    #[must_use]
    pub fn new(options: Options) -> Self {
        install_tls_provider();
        let tcp = |resolver: Resolver| {
            let mut tcp = HttpConnector::new_with_resolver(resolver);
            tcp.enforce_http(false);
            tcp.set_nodelay(true);
            tcp.set_connect_timeout(Some(options.connect_timeout));
            tcp
        };
        let connector = HttpsConnectorBuilder::new()
            .with_webpki_roots()
            .https_or_http()
            .enable_http1()
            .wrap_connector(Way::new(tcp, options.proxy.as_ref(), options.refuse_private));
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(options.idle_per_host)
            .build(connector);
        Self { client, options }
    }

    /// The bounds in force.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// A `GET` without headers of its own.
    ///
    /// # Errors
    /// As [`Http::send`].
    pub async fn get(&self, url: &str) -> Result<Reply, NetFault> {
        let request = http::Request::get(url)
            .body(Bytes::new())
            .map_err(|e| NetFault { failure: Failure::Request, message: e.to_string() })?;
        self.send(request).await
    }

    /// Carries out one call. Redirects are answers like any other. Whatever comes back holds no secret that this
    /// process knows: see [`crate::clean`].
    ///
    /// # Errors
    /// [`NetFault`] with how far it got.
    pub async fn send(&self, request: http::Request<Bytes>) -> Result<Reply, NetFault> {
        self.send_cleaning(request, Cleaning::Every).await
    }

    /// As [`Self::send`], with a word on what is left standing in the answer.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_cleaning(&self, request: http::Request<Bytes>, cleaning: Cleaning) -> Result<Reply, NetFault> {
        let mut reply = self
            .within_time(request)
            .await
            .map_err(|fault| NetFault { message: clean(&fault.message).into_owned(), ..fault })?;
        clean_headers(&mut reply.headers, cleaning);
        reply.body = clean_body(reply.body, cleaning);
        Ok(reply)
    }

    async fn within_time(&self, request: http::Request<Bytes>) -> Result<Reply, NetFault> {
        match tokio::time::timeout(self.options.timeout, self.exchange(request)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(NetFault {
                failure: Failure::Timeout,
                message: format!("no answer within {:?}", self.options.timeout),
            }),
        }
    }

    async fn exchange(&self, request: http::Request<Bytes>) -> Result<Reply, NetFault> {
        let response = self
            .client
            .request(request.map(Full::new))
            .await
            .map_err(|error| NetFault { failure: failure_of(&error), message: innermost(&error) })?;
        let (head, body) = response.into_parts();
        let body = Limited::new(body, self.options.max_body_bytes).collect().await.map_err(|error| {
            if error.is::<LengthLimitError>() {
                NetFault {
                    failure: Failure::TooLarge,
                    message: format!("more than {} bytes", self.options.max_body_bytes),
                }
            } else {
                NetFault { failure: Failure::Lost, message: innermost(&*error) }
            }
        })?;
        Ok(Reply { status: head.status.as_u16(), headers: head.headers, body: body.to_bytes() })
    }
}

fn failure_of(error: &hyper_util::client::legacy::Error) -> Failure {
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        let tls = cause.is::<rustls::Error>()
            || cause
                .downcast_ref::<std::io::Error>()
                .and_then(std::io::Error::get_ref)
                .is_some_and(|e| e.is::<rustls::Error>());
        if tls {
            return Failure::Tls;
        }
        source = cause.source();
    }
    if error.is_connect() { Failure::Connect } else { Failure::Lost }
}

/// The cause at the bottom of the chain: the layers above it repeat the URL, which may hold a credential.
pub(crate) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
