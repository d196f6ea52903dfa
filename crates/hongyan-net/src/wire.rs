//! HTTP/1.1 for calls that somebody else worded: whatever address, headers and bounds each brings, and the answer's
//! head as it came.
//!
//! Beside [`Http`](crate::Http), which the platforms' clients use: there one set of bounds holds for all calls and
//! answers are headers by name. Here a proxy may differ by call, plain `http` goes through it as it stands (many
//! proxies tunnel to port 443 alone), and connections are driven by the calling task, which makes it quick on a
//! current-thread runtime. Redirects are answers like any other; nothing is decompressed.

use crate::{
    Proxy, Trust,
    connect::{Cause, Dial, Unreached},
    guard::{Private, is_public},
    http::innermost,
    link::{BARE_LINE_FEED, Broken, Exchanged, Link, Reading, Stream},
    proxy::{address, is_loopback},
};
use bytes::Bytes;
use http::{HeaderValue, Method, Request, Uri, header, uri::Scheme};
use http_body_util::Full;
use rustls::ClientConfig;
use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{
        Arc, Mutex, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Longest time that a connection lies idle and is used again. Servers close idle ones after a minute or so.
const MAX_IDLE: Duration = Duration::from_secs(55);
/// The same for requests that must not be repeated by guess: a connection that closes at that very moment leaves
/// their outcome unknown, and most servers keep one for five seconds at least.
const MAX_IDLE_ONCE: Duration = Duration::from_secs(3);
/// Idle connections kept for one destination.
const IDLE_PER_HOST: usize = 32;
/// Destinations whose connections are kept.
const DESTINATIONS: usize = 256;

/// What holds for all calls of one [`Wire`].
#[derive(Debug, Clone, Default)]
pub struct WireOptions {
    /// Whose certificates are believed.
    pub trust: Trust,
    /// For name, TCP and TLS together; `None` is as long as the call may take.
    pub connect_timeout: Option<Duration>,
}

/// One call.
#[derive(Debug)]
pub struct WireCall {
    /// Method, absolute `http` or `https` address, headers and body. `Host` is added where it is missing.
    pub request: Request<Bytes>,
    /// From the first step to the last byte in; `None` is without end.
    pub timeout: Option<Duration>,
    /// Of the answer's body.
    pub max_body_bytes: usize,
    /// How it goes out; loopback addresses go through it too.
    pub proxy: Option<Proxy>,
    /// Whether addresses that are not of the public internet are refused, as [`crate::is_public`] has
    /// it. The proxy itself may be anywhere.
    pub refuse_private: bool,
}

/// An answer, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireReply {
    /// HTTP status.
    pub status: u16,
    /// Status line, headers and the empty line, as they came.
    pub head: String,
    /// The whole body as it came, after chunking.
    pub body: Bytes,
}

/// How a call failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFailure {
    /// The address is not of the public internet.
    Private,
    /// No connection.
    Connect,
    /// The certificate was refused.
    Tls,
    /// No whole answer in time.
    Timeout,
    /// The connection broke, or what came was not HTTP.
    Lost,
    /// The answer is larger than allowed.
    TooLarge,
    /// The request or the set-up itself is wrong.
    Request,
}

/// A call without an answer. Its text names neither the address nor any header: both may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WireFault {
    /// How it failed.
    pub failure: WireFailure,
    /// Whether the request may have been read, so that its effect is unknown.
    pub may_have_arrived: bool,
    /// What the network said.
    pub message: String,
}

impl fmt::Display for WireFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for WireFault {}

fn fault(failure: WireFailure, message: impl Into<String>) -> WireFault {
    WireFault { failure, may_have_arrived: false, message: message.into() }
}

/// Where a connection leads. Calls with equal destinations share connections.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Destination {
    secure: bool,
    authority: String,
    /// The proxy with its login: another login, another connection.
    proxy: Option<(String, Option<Box<str>>)>,
    refuse_private: bool,
}

/// The client: cheap to clone, one set of connections for all clones. Opens and prepares nothing before a call
/// needs it.
#[derive(Clone)]
pub struct Wire {
    shared: Arc<Shared>,
}

struct Shared {
    options: WireOptions,
    tls: OnceLock<Result<ClientConfig, String>>,
    idle: Mutex<HashMap<Destination, Vec<Link>>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

impl Wire {
    /// A client with its own connections.
    #[must_use]
    pub fn new(options: WireOptions) -> Self {
        Self { shared: Arc::new(Shared { options, tls: OnceLock::new(), idle: Mutex::default() }) }
    }

    /// Carries out one call.
    ///
    /// A kept connection that turns out to be closed is replaced without a word where the request cannot have
    /// arrived or its method may be repeated (GET, HEAD, OPTIONS, PUT, DELETE).
    ///
    /// # Errors
    /// [`WireFault`] with how it failed and whether it may have arrived.
    pub async fn send(&self, call: WireCall) -> Result<WireReply, WireFault> {
        let left = AtomicBool::new(false);
        let Some(limit) = call.timeout else { return self.carry_out(call, &left).await };
        match tokio::time::timeout(limit, self.carry_out(call, &left)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(WireFault {
                failure: WireFailure::Timeout,
                may_have_arrived: left.load(Ordering::Relaxed),
                message: format!("no answer within {} ms", limit.as_millis()),
            }),
        }
    }

    async fn carry_out(&self, call: WireCall, left: &AtomicBool) -> Result<WireReply, WireFault> {
        let WireCall { request, max_body_bytes, proxy, refuse_private, .. } = call;
        let to = request.uri().clone();
        let secure = to.scheme() == Some(&Scheme::HTTPS);
        if to.host().is_none_or(str::is_empty) || !(secure || to.scheme() == Some(&Scheme::HTTP)) {
            return Err(fault(WireFailure::Request, "the address is not http:// or https:// with a host"));
        }
        if refuse_private && (address(&to).is_some_and(|to| !is_public(to)) || is_loopback(&to)) {
            return Err(fault(WireFailure::Private, Private.to_string()));
        }
        let again = request.method().is_idempotent();
        let mut request = on_the_wire(request, &to, secure, proxy.as_ref());
        let destination = Destination {
            secure,
            authority: to.authority().map(|it| it.as_str().to_ascii_lowercase()).unwrap_or_default(),
            proxy: proxy
                .as_ref()
                .map(|it| (it.host_and_port(), it.authorization.as_ref().map(|login| login.expose().into()))),
            refuse_private,
        };
        if !again {
            // What must not be repeated must not meet a connection that has closed meanwhile. A current-thread
            // runtime looks at its sockets only while it waits.
            tokio::task::yield_now().await;
        }
        let mut kept = self.take(&destination, if again { MAX_IDLE } else { MAX_IDLE_ONCE });
        // Kept only where it may be needed: a new connection is not given a second chance.
        let mut repeat = (again && kept.is_some()).then(|| request.clone());
        loop {
            let mut link = match kept.take() {
                Some(link) => link,
                None => self.open(&to, secure, proxy.as_ref(), refuse_private).await?,
            };
            left.store(true, Ordering::Relaxed);
            match link.exchange(request, max_body_bytes).await {
                Ok(Exchanged { status, head, body, .. }) => {
                    if link.settle().await {
                        self.keep(destination, link);
                    }
                    return Ok(WireReply { status, head, body });
                }
                // It died while it lay idle: nobody needs to know.
                Err(Broken::Unsent(unsent)) if link.reused => request = *unsent,
                Err(Broken::Unanswered(error)) if link.reused && !error.is_parse() => match repeat.take() {
                    Some(again) => request = again,
                    None => return Err(explain(Broken::Unanswered(error), max_body_bytes)),
                },
                Err(broken) => return Err(explain(broken, max_body_bytes)),
            }
            left.store(false, Ordering::Relaxed);
        }
    }

    async fn open(
        &self,
        to: &Uri,
        secure: bool,
        proxy: Option<&Proxy>,
        refuse_private: bool,
    ) -> Result<Link, WireFault> {
        let opening = self.connect(to, secure, proxy, refuse_private);
        let stream = match self.shared.options.connect_timeout {
            None => opening.await?,
            Some(limit) => tokio::time::timeout(limit, opening)
                .await
                .map_err(|_| fault(WireFailure::Timeout, format!("no connection within {} ms", limit.as_millis())))??,
        };
        Link::open(stream, Reading::Lenient).await.map_err(|error| fault(WireFailure::Lost, innermost(&error)))
    }

    async fn connect(
        &self,
        to: &Uri,
        secure: bool,
        proxy: Option<&Proxy>,
        refuse_private: bool,
    ) -> Result<Box<dyn Stream>, WireFault> {
        let dial = Dial { proxy, refuse_private, spare_loopback: false, connect_timeout: None };
        let opened = match proxy {
            Some(proxy) if !secure => dial.open_to_proxy(proxy).await,
            _ => dial.open(to, if secure { Some(self.tls()?) } else { None }).await,
        };
        opened.map_err(unreached)
    }

    fn tls(&self) -> Result<ClientConfig, WireFault> {
        let set_up = self.shared.tls.get_or_init(|| self.shared.options.trust.client_config());
        set_up.clone().map_err(|why| fault(WireFailure::Request, why))
    }

    fn take(&self, destination: &Destination, max_idle: Duration) -> Option<Link> {
        loop {
            let mut link = self.with(|idle| idle.get_mut(destination)?.pop())?;
            if link.is_within(max_idle) && link.is_ready() {
                return Some(link);
            }
        }
    }

    fn keep(&self, destination: Destination, link: Link) {
        self.with(|idle| {
            if idle.len() >= DESTINATIONS && !idle.contains_key(&destination) {
                // Scripts that call ever new hosts do not need the old ones' connections.
                idle.clear();
            }
            let links = idle.entry(destination).or_default();
            if links.len() < IDLE_PER_HOST {
                links.push(link);
            }
        });
    }

    // A std mutex: never held across await. What it guards stays whole even if a holder panicked.
    fn with<T>(&self, work: impl FnOnce(&mut HashMap<Destination, Vec<Link>>) -> T) -> T {
        work(&mut self.shared.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The request as the first reader gets it: a path for the server, or the whole address for a proxy.
pub(crate) fn on_the_wire(
    mut request: Request<Bytes>,
    to: &Uri,
    secure: bool,
    proxy: Option<&Proxy>,
) -> Request<Full<Bytes>> {
    let usual = if secure { ":443" } else { ":80" };
    let authority = to.authority().map(|it| it.as_str()).unwrap_or_default();
    let host = authority.strip_suffix(usual).unwrap_or(authority);
    if !request.headers().contains_key(header::HOST)
        && let Ok(host) = HeaderValue::from_str(host)
    {
        // At the head, where servers expect it.
        let rest = std::mem::take(request.headers_mut());
        let headers = request.headers_mut();
        headers.reserve(rest.len() + 2);
        headers.insert(header::HOST, host);
        headers.extend(rest);
    }
    if request.body().is_empty() && matches!(*request.method(), Method::POST | Method::PUT | Method::PATCH) {
        // Many servers refuse such a request without a length, and none would be written for an empty body.
        request.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
    }
    match proxy {
        Some(proxy) if !secure => {
            if let Some(login) = proxy.authorization.as_ref().and_then(|it| HeaderValue::from_str(it.expose()).ok()) {
                request.headers_mut().insert(header::PROXY_AUTHORIZATION, login);
            }
        }
        _ => {
            let path = to.path_and_query().cloned();
            *request.uri_mut() = path.map_or_else(|| Uri::from_static("/"), Uri::from);
        }
    }
    request.map(Full::new)
}

fn unreached(unreached: Unreached) -> WireFault {
    let failure = match unreached.cause {
        Cause::Private => WireFailure::Private,
        Cause::Tls | Cause::Untrusted => WireFailure::Tls,
        Cause::Proxy | Cause::Connect => WireFailure::Connect,
    };
    fault(failure, unreached.message)
}

fn explain(broken: Broken, max_body_bytes: usize) -> WireFault {
    let (failure, may_have_arrived, message) = match broken {
        Broken::Unsent(_) => (WireFailure::Lost, false, "the server closed the connection at once".to_owned()),
        Broken::Unanswered(error) | Broken::Cut(error) => (WireFailure::Lost, true, innermost(&error)),
        Broken::BareLineFeed => (WireFailure::Lost, true, BARE_LINE_FEED.to_owned()),
        Broken::TooLarge => (WireFailure::TooLarge, true, format!("more than {max_body_bytes} bytes")),
    };
    WireFault { failure, may_have_arrived, message }
}
