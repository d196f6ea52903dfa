//! HTTP/1.1 over pooled connections.

use crate::{
    BeforeWrite, Identity, Trust,
    connect::{Cause, Dial, Unreached, refused_identity},
    link::{BARE_LINE_FEED, Broken, Link, Reading},
    pool::{Origin, Pool},
    proxy::Proxy,
    redact::{Cleaning, clean, clean_body, clean_headers},
    wire::on_the_wire,
};
use bytes::Bytes;
use http::{Request, Uri, uri::Scheme};
use rustls::ClientConfig;
use std::{
    fmt,
    sync::{Arc, OnceLock},
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

/// The longest pause that an answer can ask for.
const LONGEST_PAUSE: Duration = Duration::from_secs(3_600);

impl Reply {
    /// The pause that the answer asks for, in seconds or as a date; at most an hour.
    ///
    /// A date is read against the answer's own `Date`, so that no clock but the sender's is asked; without one it says
    /// nothing.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        let text = |name: http::HeaderName| self.headers.get(name)?.to_str().ok().map(str::trim);
        let asked = text(http::header::RETRY_AFTER)?;
        let pause = if !asked.is_empty() && asked.bytes().all(|byte| byte.is_ascii_digit()) {
            // Too many digits are more than an hour in any case.
            asked.parse().map_or(LONGEST_PAUSE, Duration::from_secs)
        } else {
            let until = httpdate::parse_http_date(asked).ok()?;
            let now = httpdate::parse_http_date(text(http::header::DATE)?).ok()?;
            until.duration_since(now).unwrap_or_default()
        };
        Some(pause.min(LONGEST_PAUSE))
    }
}

/// How far a failed call got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// No connection: nothing was sent.
    Connect,
    /// The proxy refused the tunnel: nothing was sent.
    Proxy,
    /// No encrypted connection: nothing was sent.
    Tls,
    /// The certificate is of an authority that is not trusted, which the message names: nothing was sent.
    Untrusted,
    /// The request may have been read; no answer came in time.
    Timeout,
    /// The request may have been read; the connection broke.
    Lost,
    /// The answer is larger than allowed; it was acted on.
    TooLarge,
    /// The request itself could not be built.
    Request,
}

impl Failure {
    /// The fault's code, as the tables have it.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Connect => "net.connect",
            Self::Proxy => "net.proxy",
            Self::Tls => "net.tls",
            Self::Untrusted => "net.untrusted",
            Self::Timeout => "net.timeout",
            Self::Lost => "net.lost",
            Self::TooLarge => "net.too_large",
            Self::Request => "request.invalid",
        }
    }

    /// Whether the other side cannot have acted on the call.
    #[must_use]
    pub const fn came_before_the_call(self) -> bool {
        match self {
            Self::Connect | Self::Proxy | Self::Tls | Self::Untrusted | Self::Request => true,
            Self::Timeout | Self::Lost | Self::TooLarge => false,
        }
    }
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
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    tls: OnceLock<Result<ClientConfig, String>>,
    pool: Arc<Pool>,
}

/// How often a request is written anew because the connection had closed before it.
const TRIES: usize = 4;

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
        let request = http::Request::get(url)
            .body(Bytes::new())
            .map_err(|e| NetFault { failure: Failure::Request, message: e.to_string() })?;
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
        let mut reply = self
            .carry_out(request)
            .await
            .map_err(|fault| NetFault { message: clean(&fault.message).into_owned(), ..fault })?;
        clean_headers(&mut reply.headers, cleaning);
        reply.body = clean_body(reply.body, cleaning);
        Ok(reply)
    }

    async fn carry_out(&self, mut request: Request<Bytes>) -> Result<Reply, NetFault> {
        let to = request.uri().clone();
        let origin = origin(&to)?;
        let gate = request.extensions_mut().remove::<BeforeWrite>();
        let Options { timeout, max_body_bytes, .. } = self.shared.options;
        let again = request.method().is_idempotent();
        let mut request = on_the_wire(request, &to, origin.secure, None);
        if !again {
            // What must not be repeated must not meet a connection that has closed meanwhile. A current-thread runtime
            // looks at its sockets only while it waits.
            tokio::task::yield_now().await;
        }
        for _ in 0..TRIES {
            let mut link = match self.shared.pool.take(&origin) {
                Some(link) => link,
                None => self.open(&to, origin.secure).await?,
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
            match tokio::time::timeout(timeout, link.exchange(request, max_body_bytes)).await {
                Err(_) => return Err(fault(Failure::Timeout, format!("no answer within {timeout:?}"))),
                Ok(Ok(exchanged)) => {
                    if link.settle().await {
                        self.shared.pool.keep(origin, link);
                    }
                    return Ok(Reply { status: exchanged.status, headers: exchanged.headers, body: exchanged.body });
                }
                Ok(Err(Broken::Unsent(unsent))) => request = *unsent,
                Ok(Err(Broken::Unanswered(error))) => match repeat {
                    Some(same) if !error.is_parse() => request = same,
                    _ => return Err(unanswered(&error)),
                },
                Ok(Err(Broken::Cut(error))) => return Err(fault(Failure::Lost, innermost(&error))),
                Ok(Err(Broken::BareLineFeed)) => return Err(fault(Failure::Lost, BARE_LINE_FEED)),
                Ok(Err(Broken::TooLarge)) => {
                    return Err(fault(Failure::TooLarge, format!("more than {max_body_bytes} bytes")));
                }
            }
        }
        Err(fault(Failure::Connect, "the server closes every connection at once"))
    }

    async fn open(&self, to: &Uri, secure: bool) -> Result<Link, NetFault> {
        let options = &self.shared.options;
        let dial = Dial {
            proxy: options.proxy.as_ref(),
            refuse_private: options.refuse_private,
            spare_loopback: true,
            connect_timeout: Some(options.connect_timeout),
        };
        let tls = if secure { Some(self.tls()?) } else { None };
        let opening = async {
            let stream = dial.open(to, tls).await.map_err(unreached)?;
            Link::open(stream, Reading::Strict).await.map_err(|error| fault(Failure::Connect, innermost(&error)))
        };
        match tokio::time::timeout(options.connect_timeout, opening).await {
            Ok(opened) => opened,
            Err(_) => Err(fault(Failure::Connect, format!("no connection within {:?}", options.connect_timeout))),
        }
    }

    fn tls(&self) -> Result<ClientConfig, NetFault> {
        let set_up = self.shared.tls.get_or_init(|| self.shared.options.client_config());
        set_up.clone().map_err(|why| fault(Failure::Request, why))
    }
}

fn fault(failure: Failure, message: impl Into<String>) -> NetFault {
    NetFault { failure, message: message.into() }
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

fn origin(to: &Uri) -> Result<Origin, NetFault> {
    let secure = to.scheme() == Some(&Scheme::HTTPS);
    if to.host().is_none_or(str::is_empty) || !(secure || to.scheme() == Some(&Scheme::HTTP)) {
        return Err(fault(Failure::Request, "the address is not http:// or https:// with a host"));
    }
    let authority = to.authority().map(|it| it.as_str().to_ascii_lowercase()).unwrap_or_default();
    Ok(Origin { secure, authority })
}

fn unreached(unreached: Unreached) -> NetFault {
    let failure = match unreached.cause {
        Cause::Private | Cause::Connect => Failure::Connect,
        Cause::Proxy => Failure::Proxy,
        Cause::Tls => Failure::Tls,
        Cause::Untrusted => Failure::Untrusted,
    };
    fault(failure, unreached.message)
}

/// The cause at the bottom of the chain: the layers above it repeat the URL, which may hold a credential.
pub(crate) fn innermost(error: &(dyn std::error::Error + 'static)) -> String {
    let mut cause = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(headers: &[(&str, &str)]) -> Option<u64> {
        let name = |name: &str| name.parse::<http::HeaderName>().unwrap();
        let headers = headers.iter().map(|(key, value)| (name(key), value.parse().unwrap())).collect();
        Reply { status: 429, headers, body: Bytes::new() }.retry_after().map(|pause| pause.as_secs())
    }

    #[test]
    fn a_pause_is_read_in_seconds_and_as_a_date_and_is_bounded() {
        let date = ("date", "Tue, 01 Dec 2026 09:00:00 GMT");
        for (value, pause) in [
            ("7", Some(7)),
            (" 7 ", Some(7)),
            ("0", Some(0)),
            ("86400", Some(3_600)),
            ("99999999999999999999999", Some(3_600)),
            ("Tue, 01 Dec 2026 09:00:30 GMT", Some(30)),
            ("Tuesday, 01-Dec-26 09:00:30 GMT", Some(30)),
            ("Tue, 01 Dec 2026 08:00:00 GMT", Some(0)),
            ("Wed, 02 Dec 2026 09:00:00 GMT", Some(3_600)),
            ("-1", None),
            ("1.5", None),
            ("soon", None),
            ("", None),
        ] {
            assert_eq!(asked(&[("retry-after", value), date]), pause, "{value:?}");
        }
        assert_eq!(asked(&[("retry-after", "Tue, 01 Dec 2026 09:00:30 GMT")]), None);
        assert_eq!(asked(&[date]), None);
    }
}
