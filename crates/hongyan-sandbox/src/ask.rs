//! A question to an address before an operation decides: whether the address is the application's.

use bytes::Bytes;
use hongyan_net::Reply;
use http::Request;
use std::time::Duration;

/// One question over HTTP, and how its answer is judged.
pub(crate) struct Question {
    /// `None` where the system gives no random bytes: the address counts as unreachable then.
    pub(crate) request: Option<Request<Bytes>>,
    pub(crate) timeout: Duration,
    pub(crate) judge: Box<dyn Fn(&Reply) -> AddressReply + Send + Sync>,
}

/// What the address answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressReply {
    /// As it must.
    Valid,
    /// Not in time, not at all, or with another status than 200.
    Unreachable,
    /// Something that is not what the platform asked for.
    Otherwise,
    /// Not signed with the token.
    Signature,
    /// Not sealed with the key.
    Shut,
    /// Sealed for somebody else.
    Owner,
}

impl AddressReply {
    pub(crate) const fn describe(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Unreachable => "the address cannot be reached in time, or does not answer with HTTP 200",
            Self::Otherwise => "the answer is not what the platform asked for",
            Self::Signature => "the answer's signature does not match",
            Self::Shut => "the answer cannot be decrypted",
            Self::Owner => "the answer is for another owner",
        }
    }
}

/// Whether an address can be asked or pushed to at all: `http` or `https`, and a host.
pub(crate) fn is_address(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

/// Sixteen fresh bytes; `None` where the system gives none, and then nothing is pushed.
pub(crate) fn random() -> Option<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).ok().map(|()| bytes)
}

/// An address with more in its query.
pub(crate) fn with_query(url: &str, pairs: &[(&str, &str)]) -> String {
    use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
    let url = url.split_once('#').map_or(url, |(before, _)| before);
    let mut full = url.to_owned();
    for (i, (name, value)) in pairs.iter().enumerate() {
        full.push(if i == 0 && !url.contains('?') { '?' } else { '&' });
        full.push_str(name);
        full.push('=');
        full.extend(utf8_percent_encode(value, NON_ALPHANUMERIC));
    }
    full
}
