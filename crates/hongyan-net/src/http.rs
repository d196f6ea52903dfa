//! HTTP/1.1 over pooled connections: for the platforms' clients, and for calls that somebody else worded.

use crate::{
    BeforeWrite, Failure, Identity, NetFault, RawReply, Reply, Trust,
    connect::{Dial, refused_identity},
    guard::{Private, is_public},
    link::{BARE_LINE_FEED, Broken, Exchanged, Link, Mode},
    pool::{Destination, Pool},
    proxy::{Proxy, address, is_loopback},
    redact::{Cleaning, clean, clean_body, clean_headers},
    reply::{fault, timed_out},
    request::on_the_wire,
};
use bytes::Bytes;
use http::{Request, Uri, uri::Scheme};
use rustls::ClientConfig;
use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Bounds of every call. All finite.
#[derive(Debug, Clone)]
pub struct Options {
    /// For name, TCP, proxy and TLS together.
    pub connect_timeout: Duration,
    /// From the first byte out to the last byte in; connecting and [`BeforeWrite`] come before it.
    pub timeout: Duration,
    /// Of the answer.
    pub max_body_bytes: usize,
    /// For how long an idle connection is kept. A platform that closes one at the moment at which a send is written
    /// leaves the send's outcome open, so it is less than servers and their balancers wait.
    pub idle_timeout: Duration,
    /// Whose certificates are believed.
    pub trust: Trust,
    /// What is shown to a server that asks who calls.
    pub identity: Option<Identity>,
    /// Through which calls go out; loopback addresses are always called directly.
    pub proxy: Option<Proxy>,
    /// Whether addresses that are not of the public internet are refused, as [`crate::is_public`] has it.
    pub refuse_private: bool,
}

impl Default for Options {
    /// 5 s to connect, 10 s for the call (the platforms' own gateways give up after 3 s), 4 MiB, 10 s idle (the
    /// balancers of the larger clouds close after 15 s).
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            timeout: Duration::from_secs(10),
            max_body_bytes: 4 << 20,
            idle_timeout: Duration::from_secs(10),
            trust: Trust::Public,
            identity: None,
            proxy: None,
            refuse_private: false,
        }
    }
}

impl Options {
    /// The set-up of TLS.
    ///
    /// # Errors
    /// A sentence when a PEM does not hold what it should.
    pub fn client_config(&self) -> Result<ClientConfig, String> {
        self.trust.client_config_as(self.identity.as_ref())
    }
}

/// A call that somebody else worded: proxy and bounds are its own, and its answer's head is wanted as it came.
///
/// Header names are written `As-These`; plain `http` is asked of the proxy by its whole address (many proxies tunnel to
/// port 443 alone); loopback addresses go through the proxy too.
#[derive(Debug)]
pub struct RawCall {
    /// Method, absolute `http` or `https` address, headers and body. `Host` is added where it is missing.
    pub request: Request<Bytes>,
    /// From the first step to the last byte in; `None` is without end.
    pub timeout: Option<Duration>,
    /// Of the answer's body.
    pub max_body_bytes: usize,
    /// Through which it goes out, in place of [`Options::proxy`].
    pub proxy: Option<Proxy>,
    /// As [`Options::refuse_private`]. The proxy itself may be anywhere.
    pub refuse_private: bool,
}

/// What holds for one call.
struct Bounds<'a> {
    mode: Mode,
    proxy: Option<&'a Proxy>,
    refuse_private: bool,
    max_body_bytes: usize,
    /// Of one exchange, without connecting.
    timeout: Option<Duration>,
}

/// The client: cheap to clone, one pool for all clones.
#[derive(Clone)]
pub struct Http {
    shared: Arc<Shared>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("options", &self.shared.options).finish_non_exhaustive()
    }
}

struct Shared {
    options: Options,
    tls: OnceLock<Result<ClientConfig, String>>,
    pool: Arc<Pool>,
}

/// How often a request is written anew because the connection had closed before it.
const TRIES: usize = 4;
/// For how long a connection has lain idle at most when a raw call uses it whose method must not be repeated: most
/// servers keep one for five seconds at least.
const MAX_IDLE_ONCE: Duration = Duration::from_secs(3);

impl Http {
    /// A client with its own pool. Opens and prepares nothing before a call needs it.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let pool = Pool::new(options.idle_timeout);
        Self { shared: Arc::new(Shared { options, tls: OnceLock::new(), pool }) }
    }

    /// The bounds in force.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// A `GET` without headers of its own.
    ///
    /// # Errors
    /// As [`Http::send`].
    pub async fn get(&self, url: &str) -> Result<Reply, NetFault> {
        let request = http::Request::get(url).body(Bytes::new()).map_err(|e| fault(Failure::Request, e.to_string()))?;
        self.send(request).await
    }

    /// Carries out one call. Redirects are answers like any other. Whatever comes back holds no secret that this
    /// process knows: see [`crate::clean`].
    ///
    /// A kept connection that turns out to be closed is replaced without a word where the request cannot have arrived,
    /// or its method may be repeated. A [`BeforeWrite`] among the request's extensions is passed first.
    ///
    /// # Errors
    /// [`NetFault`] with how far it got.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Reply, NetFault> {
        self.send_cleaning(request, Cleaning::Every).await
    }

    /// As [`Self::send`], with a word on what is left standing in the answer.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn send_cleaning(&self, request: Request<Bytes>, cleaning: Cleaning) -> Result<Reply, NetFault> {
        let Options { timeout, max_body_bytes, proxy, refuse_private, .. } = &self.shared.options;
        let bounds = Bounds {
            mode: Mode::Strict,
            proxy: proxy.as_ref(),
            refuse_private: *refuse_private,
            max_body_bytes: *max_body_bytes,
            timeout: Some(*timeout),
        };
        let Exchanged { status, mut headers, body, .. } = self
            .carry_out(request, &bounds, &AtomicBool::default())
            .await
            .map_err(|fault| NetFault { message: clean(&fault.message).into_owned(), ..fault })?;
        clean_headers(&mut headers, cleaning);
        Ok(Reply { status, headers, body: clean_body(body, cleaning) })
    }

    /// Carries out a call that somebody else worded. Redirects are answers like any other; nothing is decompressed, and
    /// nothing is cleaned: whoever made the call reads the answer as it came.
    ///
    /// # Errors
    /// As [`Self::send`]; after its own time-out [`Failure::Timeout`], or [`Failure::Connect`] where nothing was sent by
    /// then.
    pub async fn send_raw(&self, call: RawCall) -> Result<RawReply, NetFault> {
        let RawCall { request, timeout, max_body_bytes, proxy, refuse_private } = call;
        let bounds = Bounds { mode: Mode::Raw, proxy: proxy.as_ref(), refuse_private, max_body_bytes, timeout: None };
        let written = AtomicBool::default();
        let work = self.carry_out(request, &bounds, &written);
        let Exchanged { status, head, body, .. } = match timeout {
            None => work.await?,
            Some(limit) => tokio::time::timeout(limit, work).await.unwrap_or_else(|_| {
                let failure = if written.load(Ordering::Relaxed) { Failure::Timeout } else { Failure::Connect };
                Err(timed_out(failure, format!("no answer within {} ms", limit.as_millis())))
            })?,
        };
        Ok(RawReply { status, head, body })
    }

    /// `written` says whether the request may have been read.
    async fn carry_out(
        &self,
        mut request: Request<Bytes>,
        bounds: &Bounds<'_>,
        written: &AtomicBool,
    ) -> Result<Exchanged, NetFault> {
        let Shared { options, pool, .. } = &*self.shared;
        let to = request.uri().clone();
        let secure = to.scheme() == Some(&Scheme::HTTPS);
        if to.host().is_none_or(str::is_empty) || !(secure || to.scheme() == Some(&Scheme::HTTP)) {
            return Err(fault(Failure::Request, "the address is not http:// or https:// with a host"));
        }
        // An address needs no resolver, which would judge it.
        if bounds.refuse_private && (address(&to).is_some_and(|to| !is_public(to)) || is_loopback(&to)) {
            return Err(fault(Failure::Private, Private.to_string()));
        }
        let dial = Dial {
            mode: bounds.mode,
            proxy: bounds.proxy.filter(|_| bounds.mode == Mode::Raw || !is_loopback(&to)),
            refuse_private: bounds.refuse_private,
            connect_timeout: options.connect_timeout,
        };
        let destination = Destination::of(&to, secure, &dial);
        let gate = request.extensions_mut().remove::<BeforeWrite>();
        let again = request.method().is_idempotent();
        let mut request = on_the_wire(request, &to, dial.asked_of_proxy(secure));
        let mut max_idle = options.idle_timeout;
        if !again {
            if bounds.mode == Mode::Raw {
                max_idle = max_idle.min(MAX_IDLE_ONCE);
            }
            // What must not be repeated must not meet a connection that has closed meanwhile. A current-thread runtime
            // looks at its sockets only while it waits.
            tokio::task::yield_now().await;
        }
        for _ in 0..TRIES {
            written.store(false, Ordering::Relaxed);
            let mut link = match pool.take(&destination, max_idle) {
                Some(link) => link,
                None => self.open(&to, secure, &dial).await?,
            };
            if let Some(gate) = &gate {
                gate.pass().await;
                // It may have closed meanwhile; the next one is counted anew.
                if !link.is_ready() {
                    continue;
                }
            }
            // Kept only where it may be needed: a new connection is not given a second chance.
            let repeat = (again && link.reused).then(|| request.clone());
            written.store(true, Ordering::Relaxed);
            let exchange = link.exchange(request, bounds.max_body_bytes);
            let exchanged = match bounds.timeout {
                None => exchange.await,
                Some(limit) => tokio::time::timeout(limit, exchange)
                    .await
                    .map_err(|_| timed_out(Failure::Timeout, format!("no answer within {limit:?}")))?,
            };
            match exchanged {
                Ok(exchanged) => {
                    if link.settle().await {
                        pool.keep(destination, link);
                    }
                    return Ok(exchanged);
                }
                Err(Broken::Unsent(unsent)) => request = *unsent,
                Err(Broken::Unanswered(error)) => match repeat {
                    Some(same) if !error.is_parse() => request = same,
                    _ => return Err(unanswered(&error)),
                },
                Err(Broken::Cut(error)) => return Err(fault(Failure::Lost, innermost(&error))),
                Err(Broken::BareLineFeed) => return Err(fault(Failure::Lost, BARE_LINE_FEED)),
                Err(Broken::TooLarge) => {
                    return Err(fault(Failure::TooLarge, format!("more than {} bytes", bounds.max_body_bytes)));
                }
            }
        }
        Err(fault(Failure::Connect, "the server closes every connection at once"))
    }

    async fn open(&self, to: &Uri, secure: bool, dial: &Dial<'_>) -> Result<Link, NetFault> {
        let tls = if secure { Some(self.tls()?) } else { None };
        let opening = async {
            let stream = dial.open(to, tls).await?;
            Link::open(stream, dial.mode).await.map_err(|error| fault(Failure::Connect, innermost(&error)))
        };
        let limit = self.shared.options.connect_timeout;
        tokio::time::timeout(limit, opening)
            .await
            .map_err(|_| timed_out(Failure::Connect, format!("no connection within {} ms", limit.as_millis())))?
    }

    fn tls(&self) -> Result<ClientConfig, NetFault> {
        let set_up = self.shared.tls.get_or_init(|| self.shared.options.client_config());
        set_up.clone().map_err(|why| fault(Failure::Request, why))
    }
}

/// A server that wants to know who calls says so only after the request was written, and reads none of it.
fn unanswered(error: &hyper::Error) -> NetFault {
    match refused_identity(error) {
        Some(refusal) => {
            fault(Failure::Tls, format!("the server refused our certificate, or the lack of one: {refusal}"))
        }
        None => fault(Failure::Lost, innermost(error)),
    }
}

/// The cause at the bottom of the chain: the layers above it repeat the URL, which may hold a credential.
pub(crate) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}
