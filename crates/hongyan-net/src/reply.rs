//! What a call brings: an answer, or how far it got.

use bytes::Bytes;
use std::{fmt, time::Duration};

/// An answer, whatever its status.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Headers as they came.
    pub headers: http::HeaderMap,
    /// The whole body, at most [`Options::max_body_bytes`](crate::Options::max_body_bytes).
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

/// An answer, whatever its status, with its head as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RawReply {
    /// HTTP status.
    pub status: u16,
    /// Status line, headers and the empty line, as they came.
    pub head: String,
    /// The whole body as it came, after chunking.
    pub body: Bytes,
}

/// How far a failed call got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    /// The address is not of the public internet: nothing was sent.
    Private,
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
            Self::Private | Self::Connect => "net.connect",
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
            Self::Private | Self::Connect | Self::Proxy | Self::Tls | Self::Untrusted | Self::Request => true,
            Self::Timeout | Self::Lost | Self::TooLarge => false,
        }
    }
}

/// A call without an answer. Its text names neither the URL nor any header: both may hold credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NetFault {
    /// How far the call got.
    pub failure: Failure,
    /// Whether a time-out ended it.
    pub timed_out: bool,
    /// What the network said.
    pub message: String,
}

impl fmt::Display for NetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for NetFault {}

pub(crate) fn fault(failure: Failure, message: impl Into<String>) -> NetFault {
    NetFault { failure, timed_out: false, message: message.into() }
}

pub(crate) fn timed_out(failure: Failure, message: String) -> NetFault {
    NetFault { timed_out: true, ..fault(failure, message) }
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
