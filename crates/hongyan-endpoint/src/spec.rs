//! What is known of an operation, as constants: nothing here is computed at run time.

use crate::{DeclaredRefusal, Needs, Role, Wire};
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
#[derive(Debug, Clone, Copy)]
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
    /// What the operation is to a message.
    pub role: Role,
    /// What its caller must hold beside a token.
    pub needs: Needs,
    /// What the platform answers to a call that it cannot read, where the operation has codes of its own: the first
    /// that fits.
    pub refuses: &'static [DeclaredRefusal],
    /// Every published bound on the request.
    pub limits: &'static [Limit],
    /// The page that the declaration was taken from.
    pub source: &'static str,
}

impl Spec {
    /// How many items the field may hold, by the declaration.
    #[must_use]
    pub const fn max_items(&self, field: &str) -> Option<usize> {
        self.max(Unit::Items, field)
    }

    /// How many bytes of UTF-8 the field may hold, by the declaration; the whole body, if `field` is empty.
    #[must_use]
    pub const fn max_bytes(&self, field: &str) -> Option<usize> {
        self.max(Unit::Bytes, field)
    }

    /// How many characters the field may hold, by the declaration.
    #[must_use]
    pub const fn max_chars(&self, field: &str) -> Option<usize> {
        self.max(Unit::Chars, field)
    }

    const fn max(&self, of: Unit, field: &str) -> Option<usize> {
        let mut i = 0;
        while i < self.limits.len() {
            if let Bound::Size { field: f, max, unit } = self.limits[i].bound
                && unit as u8 == of as u8
                && same(f, field)
            {
                return Some(max);
            }
            i += 1;
        }
        None
    }

    /// How many calls (or recipients) of a scope a span allows, by the declaration.
    #[must_use]
    pub const fn rate(&self, of: RateScope, within: Duration) -> Option<u32> {
        let mut i = 0;
        while i < self.limits.len() {
            if let Bound::Rate { max, per, scope } = self.limits[i].bound
                && scope as u8 == of as u8
                && per.as_millis() == within.as_millis()
            {
                return Some(max);
            }
            i += 1;
        }
        None
    }

    /// For how long after a send (or an upload) the operation serves, by the declaration.
    #[must_use]
    pub const fn within(&self) -> Option<Duration> {
        let mut i = 0;
        while i < self.limits.len() {
            if let Bound::Within(span) = self.limits[i].bound {
                return Some(span);
            }
            i += 1;
        }
        None
    }

    /// The seconds that a field stands for when it is left out, and the most that it may hold.
    #[must_use]
    pub const fn seconds(&self, field: &str) -> Option<(u32, u32)> {
        let mut i = 0;
        while i < self.limits.len() {
            if let Bound::Seconds { field: f, default, max } = self.limits[i].bound
                && same(f, field)
            {
                return Some((default, max));
            }
            i += 1;
        }
        None
    }

    /// The code of the limit that a field of this size exceeds, empty where the declaration names none; `None` while
    /// no limit is exceeded.
    #[must_use]
    pub fn exceeded(&self, field: &str, size: usize) -> Option<&'static str> {
        self.limits.iter().find_map(|limit| match limit.bound {
            Bound::Size { field: f, max, .. } if f == field && size > max => Some(limit.code),
            _ => None,
        })
    }

    /// Whether a path as it stands on the request line is this operation's.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        crate::path::fields(self.path, path).is_some()
    }

    /// The declared rates: calls (or recipients) allowed per span and scope.
    pub fn rates(&self) -> impl Iterator<Item = (u32, Duration, RateScope)> + '_ {
        self.limits.iter().filter_map(|limit| match limit.bound {
            Bound::Rate { max, per, scope } => Some((max, per, scope)),
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
pub enum RateScope {
    /// The calling application.
    App,
    /// One person, from one application.
    Recipient,
    /// The company, over all applications.
    Corp,
}

/// A published limit and the code with which the platform refuses what exceeds it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// What is bounded.
    pub bound: Bound,
    /// The platform's code; empty where none is declared.
    pub code: &'static str,
}

impl Limit {
    /// The limit, refused with this code.
    #[must_use]
    pub const fn refused_with(self, code: &'static str) -> Self {
        Self { code, ..self }
    }
}

/// What a limit bounds. Fields are dotted paths into the request, in the platform's spelling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Bound {
    /// A field, or the whole body where the path is empty, holds at most so much.
    Size {
        /// Dotted path.
        field: &'static str,
        /// How many.
        max: usize,
        /// Of what.
        unit: Unit,
    },
    /// At most so many calls (or recipients) per span.
    Rate {
        /// Calls.
        max: u32,
        /// The span.
        per: Duration,
        /// Whose quota it is.
        scope: RateScope,
    },
    /// The operation serves for so long after the send (or the upload) that it is about.
    Within(Duration),
    /// A field that holds seconds.
    Seconds {
        /// Dotted path.
        field: &'static str,
        /// When it is left out.
        default: u32,
        /// The most.
        max: u32,
    },
}

/// What is counted of a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Members of a list, or of a joined string of them.
    Items,
    /// Bytes of UTF-8 of a string, or of a whole JSON object.
    Bytes,
    /// Unicode scalar values of a string.
    Chars,
}

const fn size(field: &'static str, max: usize, unit: Unit) -> Limit {
    Limit { bound: Bound::Size { field, max, unit }, code: "" }
}

/// At most so many items, see [`Unit::Items`].
#[must_use]
pub const fn items(field: &'static str, max: usize) -> Limit {
    size(field, max, Unit::Items)
}

/// At most so many bytes, see [`Unit::Bytes`].
#[must_use]
pub const fn bytes(field: &'static str, max: usize) -> Limit {
    size(field, max, Unit::Bytes)
}

/// At most so many characters, see [`Unit::Chars`].
#[must_use]
pub const fn chars(field: &'static str, max: usize) -> Limit {
    size(field, max, Unit::Chars)
}

/// See [`Bound::Rate`].
#[must_use]
pub const fn rate(max: u32, per: Duration, scope: RateScope) -> Limit {
    Limit { bound: Bound::Rate { max, per, scope }, code: "" }
}

/// So many hours, see [`Bound::Within`].
#[must_use]
pub const fn within_hours(hours: u64) -> Limit {
    Limit { bound: Bound::Within(Duration::from_secs(hours * HOUR.as_secs())), code: "" }
}

/// See [`Bound::Seconds`].
#[must_use]
pub const fn seconds(field: &'static str, default: u32, max: u32) -> Limit {
    Limit { bound: Bound::Seconds { field, default, max }, code: "" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Needs, Role};

    const SPEC: Spec = Spec {
        name: "letter.send",
        doc: "",
        method: Method::POST,
        path: "/letters",
        query: &[],
        body: Body::Json,
        answer: Answer::Json,
        auth: Auth::None,
        effect: Effect::Send,
        role: Role::of(Effect::Send),
        needs: Needs::Token,
        refuses: &[],
        limits: &[
            items("to", 2).refused_with("40032"),
            bytes("text", 8),
            within_hours(24),
            seconds("interval", 1_800, 14_400),
            rate(30, MINUTE, RateScope::Recipient),
        ],
        source: "",
    };

    #[test]
    fn a_limit_is_read_by_its_field_and_unit() {
        assert_eq!((SPEC.max_items("to"), SPEC.max_bytes("to"), SPEC.max_bytes("text")), (Some(2), None, Some(8)));
        assert_eq!((SPEC.exceeded("to", 2), SPEC.exceeded("to", 3)), (None, Some("40032")));
        assert_eq!((SPEC.exceeded("text", 9), SPEC.exceeded("other", 9)), (Some(""), None));
        assert_eq!(SPEC.within(), Some(DAY));
        assert_eq!((SPEC.rate(RateScope::Recipient, MINUTE), SPEC.rate(RateScope::App, MINUTE)), (Some(30), None));
        assert_eq!(SPEC.seconds("interval"), Some((1_800, 14_400)));
        assert_eq!(SPEC.rates().collect::<Vec<_>>(), [(30, MINUTE, RateScope::Recipient)]);
        assert_eq!(SPEC.role, Role::Manage);
    }
}
