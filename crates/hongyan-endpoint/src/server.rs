//! The server half of a platform: how it refuses a call, and what it reads of one that arrived.
//!
//! Each platform crate writes it once, beside its envelope. The sandbox and the gateway's official paths both read it,
//! so that a refusal has the same code and the same text wherever a client meets it:
//!
//! ```text
//! let fault = P::refuse(spec, Refusal::TokenMissing);
//! let answer = P::seal(spec, Err(&fault));
//! ```

use crate::{Fault, Invalid, Platform, Sealed, Spec, Wire};
use serde_json::{Map, Value};
use std::net::IpAddr;

/// Why a server refuses a call.
#[derive(Debug, Clone, Copy)]
pub enum Refusal<'a> {
    /// The call carries no token.
    TokenMissing,
    /// The token was never given out, or was taken back.
    TokenInvalid,
    /// The token was given out and has expired.
    TokenExpired,
    /// `GET` where `POST` is expected, or the other way.
    Method,
    /// The body or one of its fields cannot be read.
    Unreadable {
        /// What is wrong.
        invalid: &'a Invalid,
        /// Whether the fields came as an HTML form.
        form: bool,
    },
    /// The body is larger than the platform takes.
    TooLarge,
    /// The message has the right form, and the platform does not take its content; this is what is wrong with it.
    Content(&'a str),
    /// The server has no capacity now; the same call may succeed later.
    Busy,
    /// Too many calls in a short time.
    Throttled,
    /// The caller lacks the permission; these are the words.
    Forbidden(&'a str),
    /// The caller's address is not among those that may call.
    Address {
        /// The address.
        ip: IpAddr,
        /// The application that the token stands for.
        application: &'a str,
    },
    /// The file does not have the range of bytes that was asked for.
    Range,
}

/// What a platform's servers answer beside the replies of its operations.
pub trait PlatformServer: Platform {
    /// The platform's code and text for a reason, at this operation.
    fn refuse(spec: &Spec, why: Refusal<'_>) -> Fault;

    /// Whether the operation answers to the call's method. Not every platform insists on the declared one.
    fn takes_method(spec: &Spec, call: &Wire) -> bool;

    /// Whether an operation that is not declared would have this path.
    fn has_path(path: &str) -> bool;

    /// The answer to a path at which there is no operation.
    fn no_such_path(path: &str) -> Sealed;

    /// A refusal with one of the platform's codes and this text; its class is the table's.
    #[must_use]
    fn refused(code: &str, text: impl Into<String>) -> Fault {
        Fault::refused(code, text, Self::error_code(code))
    }
}

/// Headers of a call that matter to a platform, in lower case: a token, the kind of the body, the part of a file.
const HEADERS: [&str; 3] = ["x-acs-dingtalk-access-token", "content-type", "range"];

impl Wire {
    /// A call as it arrived. `query` is the raw query without its `?`; `header` gives a header's value by its name in
    /// lower case.
    #[must_use]
    pub fn arrived<'a>(
        method: &'static str,
        path: &str,
        query: &str,
        header: impl Fn(&'static str) -> Option<&'a str>,
        body: Vec<u8>,
    ) -> Self {
        let headers = HEADERS.into_iter().filter_map(|name| Some((name.to_owned(), header(name)?.to_owned())));
        Self { method, path: path.to_owned(), query: pairs(query).collect(), headers: headers.collect(), body }
    }

    /// Whether the body is of this media type, whatever parameters stand behind it; upper and lower case are alike.
    #[must_use]
    pub fn is_of_type(&self, media_type: &str) -> bool {
        let header = self.headers.iter().find(|(name, _)| name == "content-type");
        header
            .and_then(|(_, value)| value.get(..media_type.len()))
            .is_some_and(|it| it.eq_ignore_ascii_case(media_type))
    }
}

/// The pairs of a query or a form, decoded, in order; what is not UTF-8 is replaced.
pub fn pairs(text: &str) -> impl Iterator<Item = (String, String)> + '_ {
    form_urlencoded::parse(text.as_bytes()).into_owned()
}

/// A form as an object of texts; of several values of one name the last counts.
#[must_use]
pub fn form(body: &[u8]) -> Map<String, Value> {
    pairs(&String::from_utf8_lossy(body)).map(|(name, value)| (name, Value::String(value))).collect()
}
