//! What a route says of itself: how it is called, what it takes, what it answers.

use crate::{Code, Problem, operation::Operation};
use hongyan_core::Scope;
use schemars::{Schema, SchemaGenerator};
use std::time::Duration;

/// One call of the gateway.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// How it is called.
    pub method: Method,
    /// Its path; what stands in braces is a parameter.
    pub path: &'static str,
    /// What the key must be allowed; `None`: no key is needed.
    pub scope: Option<Scope>,
    /// Which call it is.
    pub operation: Operation,
    /// One sentence, in English.
    pub summary_en: &'static str,
    /// One sentence, in Chinese.
    pub summary_zh: &'static str,
    /// The schema of its body; `None`: it takes none.
    pub request: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// Whether its body is a file: the bytes themselves, or a form that holds them.
    pub upload: bool,
    /// The schema of its reply; `None`: not JSON.
    pub response: Option<fn(&mut SchemaGenerator) -> Schema>,
    /// The reply's media type.
    pub media_type: &'static str,
    /// Query parameters; any other is refused.
    pub query: &'static [Param],
    /// Whether exactly one of the query parameters is given.
    pub one_of_query: bool,
    /// Whether any query is let pass unread: probes and browsers add their own.
    pub any_query: bool,
    /// Whether `Idempotency-Key` means something to it.
    pub idempotent: bool,
    /// The answer when it is done.
    pub success: Status,
    /// Problems of this call alone; [`Self::answers`] adds those that follow from its key, body and query.
    pub errors: &'static [Status],
}

impl Route {
    /// Whether this is one of its query parameters.
    #[must_use]
    pub fn takes(&self, name: &str) -> bool {
        self.query.iter().any(|param| match param.name.strip_suffix("KEY") {
            Some(before) => name.len() > before.len() && name.starts_with(before),
            None => param.name == name,
        })
    }

    /// Every answer, by status; each status stands once, with every code of it.
    #[must_use]
    pub fn answers(&self) -> Vec<Answer> {
        let sets: [(bool, &[Status]); 5] = [
            (true, &[self.success]),
            (true, self.errors),
            (self.request.is_some(), JSON_BODY),
            (!self.query.is_empty(), &[BAD_QUERY]),
            (self.scope.is_some(), WITH_KEY),
        ];
        let mut answers: Vec<Answer> = Vec::new();
        for &Status { status, codes, en, reply } in
            sets.into_iter().filter(|(holds, _)| *holds).flat_map(|(_, set)| set)
        {
            match answers.iter_mut().find(|one| one.status == status) {
                Some(answer) => answer.codes.extend(codes),
                None => answers.push(Answer { status, codes: codes.to_vec(), en, reply }),
            }
        }
        for answer in &mut answers {
            answer.codes.sort_unstable();
            answer.codes.dedup();
        }
        answers.sort_by_key(|answer| answer.status);
        answers
    }

    /// Whether a problem is one of those that the call can answer.
    #[must_use]
    pub fn can_answer(&self, problem: &Problem) -> bool {
        self.answers().iter().flat_map(|answer| &answer.codes).any(|code| code.name() == problem.code)
    }
}

/// One answer of a call.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// The problems that it can be; none where the call was done.
    pub codes: Vec<Code>,
    /// When, in English.
    pub en: &'static str,
    /// As [`Status::reply`].
    pub reply: bool,
}

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// `GET`, and `HEAD` with it.
    Get,
    /// `POST`.
    Post,
}

impl Method {
    /// As on the wire.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
        }
    }
}

/// A query parameter.
#[derive(Debug, Clone, Copy)]
pub struct Param {
    /// Its name; `label.KEY` stands for any key.
    pub name: &'static str,
    /// What it holds.
    pub kind: ParamKind,
    /// Whether it has to be there.
    pub required: bool,
    /// What it does, in English.
    pub en: &'static str,
    /// What it does, in Chinese.
    pub zh: &'static str,
}

/// What a query parameter holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParamKind {
    /// Any text.
    Text,
    /// A line with at least one visible character.
    Line,
    /// A file's name.
    FileName,
    /// 1 to [`MAX_PAGE`], [`DEFAULT_PAGE`] where it is absent.
    Limit,
    /// A number that an answer has named.
    Number,
    /// The id of a message that an answer has named.
    MessageId,
    /// The id of a file that an answer has named.
    FileId,
    /// The number of a department.
    Department,
    /// A moment with its zone.
    Time,
    /// A time to wait, at most [`LONGEST_WAIT`].
    Wait,
    /// A recipient's state.
    State,
}

/// The most entries of a page.
pub const MAX_PAGE: usize = 1_000;
/// Entries of a page where the caller does not say.
pub const DEFAULT_PAGE: usize = 50;
/// The most messages of one batch.
pub const MAX_BATCH: usize = 1_000;
/// The most user ids in one request about a group chat.
pub const MAX_MEMBERS: usize = 1_000;
/// The longest wait for an outcome.
pub const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// A status that a call may answer with.
#[derive(Debug, Clone, Copy)]
pub struct Status {
    /// The HTTP status.
    pub status: u16,
    /// The problems that it can be, each of this status; none where the call was done.
    pub codes: &'static [Code],
    /// When, in English.
    pub en: &'static str,
    /// Whether its body may be the call's own reply; below 300 it always is, else a problem document too.
    pub reply: bool,
}

/// A status of a call that was done.
pub(crate) const fn done(status: u16, en: &'static str) -> Status {
    Status { status, codes: &[], en, reply: true }
}

/// A status of problems; all of `codes` have it.
pub(crate) const fn problem(codes: &'static [Code], en: &'static str) -> Status {
    Status { status: codes[0].status(), codes, en, reply: false }
}

/// A message whose own `Idempotency-Key` was used.
pub(crate) const CONFLICT: Status =
    problem(&[Code::IdempotencyConflict], "the idempotency key was used with another body");
pub(crate) const NO_SUCH: Status = problem(&[Code::NotFound], "there is no such message, account or file");
pub(crate) const LATE: Status = problem(&[Code::Timeout], "the body did not arrive in time");
pub(crate) const BAD_FIELD: Status =
    problem(&[Code::InvalidField, Code::UnknownField], "a field is unknown or has a wrong value; `field` names it");
pub(crate) const BUSY: Status =
    problem(&[Code::Busy, Code::StoreUnavailable], "the store is busy: try again after `Retry-After` seconds");
pub(crate) const NO_ROOM: Status =
    problem(&[Code::NoRoom], "there is no room: deliveries wait for the files that are kept");
pub(crate) const RESTS: Status =
    problem(&[Code::AccountRests], "an account rests, or the gateway is busy: try again after `Retry-After` seconds");
const BAD_QUERY: Status = problem(&[Code::InvalidQuery], "a query parameter is unknown or has a wrong value");

/// Problems of every call with a key.
const WITH_KEY: &[Status] = &[
    problem(
        &[Code::InvalidQuery, Code::InvalidHeader],
        "the path, a header or a query parameter is not as it should be",
    ),
    problem(&[Code::Unauthorized], "no key, or one that is not known"),
    problem(&[Code::Forbidden, Code::AccountForbidden], "the key may not do this, or not with this account"),
    problem(&[Code::Internal, Code::StoreFailed], "the store failed, or something that nobody foresaw"),
    problem(&[Code::Busy, Code::StoreUnavailable], "the gateway is busy: try again after `Retry-After` seconds"),
];
/// Problems of every call whose body is JSON.
const JSON_BODY: &[Status] = &[
    problem(&[Code::MalformedJson, Code::InvalidHeader, Code::InvalidQuery], "malformed JSON, header or query"),
    LATE,
    problem(&[Code::TooLarge], "the body is too large"),
    problem(&[Code::UnsupportedMediaType], "the body is not declared as JSON"),
];
/// Problems of a call that asks a platform.
pub(crate) const ASKS: &[Status] = &[
    problem(&[Code::NotFound], "there is no such account, or the platform knows no such thing"),
    problem(
        &[Code::NotOffered, Code::PlatformRefused, Code::InvalidField, Code::UnknownField],
        "a field has a wrong value, the account has no such thing, or the platform refused it",
    ),
    problem(
        &[Code::PlatformFailed],
        "the platform cannot be reached or does not let the application in; `error` says why",
    ),
    problem(
        &[Code::PlatformThrottled, Code::AccountRests],
        "the platform's quota is spent for now, the account rests, or the store is busy",
    ),
];
/// Problems of a call that changes something at a platform.
pub(crate) const CHANGES: &[Status] = &[
    ASKS[0],
    ASKS[1],
    ASKS[2],
    ASKS[3],
    problem(&[Code::PlatformUnknown], "the platform's reply was lost: it may have been done"),
];
