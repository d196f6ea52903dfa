//! What is known of an operation, as constants: nothing here is computed at run time.

use crate::Wire;
use std::time::Duration;

/// One second, for [`rate`].
pub const SECOND: Duration = Duration::from_secs(1);
/// One minute, for [`rate`].
pub const MINUTE: Duration = Duration::from_secs(60);
/// One hour, for [`rate`].
pub const HOUR: Duration = Duration::from_secs(3_600);
/// One day, for [`rate`].
pub const DAY: Duration = Duration::from_secs(86_400);

/// One declared operation.
#[derive(Debug)]
pub struct Spec {
    /// Unique within the platform: `family.verb`, also the fixture's file name.
    pub name: &'static str,
    /// The doc comment of the declaration.
    pub doc: &'static str,
    /// HTTP method.
    pub method: Method,
    /// Path from the host's root; a segment in braces names the field that stands there.
    pub path: &'static str,
    /// Fields that travel in the query although the call has a body.
    pub query: &'static [&'static str],
    /// How the fields of a `POST` are written.
    pub body: Body,
    /// What a successful answer is.
    pub answer: Answer,
    /// How the call proves who it is.
    pub auth: Auth,
    /// What happens when the call is made twice.
    pub effect: Effect,
    /// Every published bound on the request.
    pub limits: &'static [Limit],
    /// The page that the declaration was taken from.
    pub source: &'static str,
}

impl Spec {
    /// How many items the field may hold, by the declaration.
    #[must_use]
    pub const fn max_items(&self, field: &str) -> Option<usize> {
        let mut i = 0;
        while i < self.limits.len() {
            if let Limit::Items { field: f, max } = self.limits[i]
                && same(f, field)
            {
                return Some(max);
            }
            i += 1;
        }
        None
    }

    /// How many bytes of UTF-8 the field may hold, by the declaration.
    #[must_use]
    pub const fn max_bytes(&self, field: &str) -> Option<usize> {
        let mut i = 0;
        while i < self.limits.len() {
            if let Limit::Bytes { field: f, max } = self.limits[i]
                && same(f, field)
            {
                return Some(max);
            }
            i += 1;
        }
        None
    }

    /// How many characters the field may hold, by the declaration.
    #[must_use]
    pub const fn max_chars(&self, field: &str) -> Option<usize> {
        let mut i = 0;
        while i < self.limits.len() {
            if let Limit::Chars { field: f, max } = self.limits[i]
                && same(f, field)
            {
                return Some(max);
            }
            i += 1;
        }
        None
    }

    /// Whether a path as it stands on the request line is this operation's.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        crate::path::fields(self.path, path).is_some()
    }

    /// The declared rates: calls (or recipients) allowed per span and scope.
    pub fn rates(&self) -> impl Iterator<Item = (u32, Duration, Scope)> + '_ {
        self.limits.iter().filter_map(|limit| match *limit {
            Limit::Rate { max, per, scope } => Some((max, per, scope)),
            _ => None,
        })
    }
}

/// `==` on strings is not const yet.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut i = 0;
    while i < a.len() {
        if a[i] != b[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// The HTTP methods that the platforms use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// All fields travel in the query.
    GET,
    /// Fields travel in a JSON body unless the declaration says otherwise.
    POST,
    /// As `POST`.
    PUT,
}

impl Method {
    /// By its name on the request line; `None` for one that no platform uses.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        [Self::GET, Self::POST, Self::PUT].into_iter().find(|method| method.as_str() == name)
    }

    /// As on the request line.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::GET => "GET",
            Self::POST => "POST",
            Self::PUT => "PUT",
        }
    }
}

/// How the fields of a `POST` are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Body {
    /// One JSON object.
    Json,
    /// `multipart/form-data`: text parts and [`File`](crate::File) parts.
    Multipart,
}

/// What a successful answer is; a refusal is an envelope either way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// The platform's envelope, as JSON.
    Json,
    /// The bytes of a [`File`](crate::File), told from an envelope by the answer's head.
    File,
}

/// How a call proves who it is: both halves, [`Auth::attach`] and [`Auth::extract`], side by side.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    /// No credential beside what the fields carry.
    None,
    /// The query parameter `access_token`.
    AccessToken,
    /// The header `x-acs-dingtalk-access-token` (DingTalk's new-style host).
    AcsHeader,
    /// The query parameter `key`: a group robot's own credential, never the application's token.
    Key,
}

/// The parameter of [`Auth::AccessToken`].
const ACCESS_TOKEN: &str = "access_token";
/// The parameter of [`Auth::Key`].
const KEY: &str = "key";
/// The header of [`Auth::AcsHeader`].
const ACS_HEADER: &str = "x-acs-dingtalk-access-token";

impl Auth {
    /// Puts the token where the platform expects it.
    pub fn attach(self, token: &str, call: &mut Wire) {
        match self {
            Self::None => {}
            Self::AccessToken => call.query.push((ACCESS_TOKEN.into(), token.into())),
            Self::AcsHeader => call.headers.push((ACS_HEADER.into(), token.into())),
            Self::Key => call.query.push((KEY.into(), token.into())),
        }
    }

    /// Finds the token of a call that arrived; `None` when it carries none (or an empty one).
    #[must_use]
    pub fn extract(self, call: &Wire) -> Option<&str> {
        let (list, name) = match self {
            Self::None => return None,
            Self::AccessToken => (&call.query, ACCESS_TOKEN),
            Self::AcsHeader => (&call.headers, ACS_HEADER),
            Self::Key => (&call.query, KEY),
        };
        list.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str()).filter(|token| !token.is_empty())
    }
}

/// What happens when the call is made twice, which decides what a lost reply means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Changes nothing: repeat at will.
    Read,
    /// A second call leaves things as the first did: repeat at will.
    Idempotent,
    /// A second call may reach people twice: a lost reply is ambiguous.
    Send,
}

/// Whose quota a rate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// The calling application.
    App,
    /// One person, from one application.
    Recipient,
    /// The company, over all applications.
    Corp,
}

/// A published bound. Fields are dotted paths into the request, in the platform's spelling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// A list (or a joined string of items) holds at most so many.
    Items {
        /// Dotted path.
        field: &'static str,
        /// Items.
        max: usize,
    },
    /// A string (or a whole JSON object) takes at most so many bytes of UTF-8.
    Bytes {
        /// Dotted path.
        field: &'static str,
        /// Bytes.
        max: usize,
    },
    /// A string holds at most so many characters.
    Chars {
        /// Dotted path.
        field: &'static str,
        /// Unicode scalar values.
        max: usize,
    },
    /// At most so many calls (or recipients) per span.
    Rate {
        /// Calls.
        max: u32,
        /// The span.
        per: Duration,
        /// Whose quota it is.
        scope: Scope,
    },
}

/// See [`Limit::Items`].
#[must_use]
pub const fn items(field: &'static str, max: usize) -> Limit {
    Limit::Items { field, max }
}

/// See [`Limit::Bytes`].
#[must_use]
pub const fn bytes(field: &'static str, max: usize) -> Limit {
    Limit::Bytes { field, max }
}

/// See [`Limit::Chars`].
#[must_use]
pub const fn chars(field: &'static str, max: usize) -> Limit {
    Limit::Chars { field, max }
}

/// See [`Limit::Rate`].
#[must_use]
pub const fn rate(max: u32, per: Duration, scope: Scope) -> Limit {
    Limit::Rate { max, per, scope }
}
