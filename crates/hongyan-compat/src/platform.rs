//! One of the platforms, as the official paths need it: its operations, its refusals, its envelope.

use data_encoding::HEXLOWER;
use hongyan_api::{Code, Problem};
use hongyan_dingtalk::DingTalk;
use hongyan_endpoint::{Class, Declared, Fault, Origin, Platform, PlatformServer, Refusal, Sealed, Spec, Wire};
use hongyan_wecom::WeCom;
use serde_json::{Value, json};
use std::time::Duration;

/// Which platform.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PlatformKind {
    DingTalk,
    WeCom,
}

impl PlatformKind {
    pub(crate) const ALL: [Self; 2] = [Self::DingTalk, Self::WeCom];

    pub(crate) fn operations(self) -> Vec<&'static dyn Declared> {
        match self {
            Self::DingTalk => DingTalk::endpoints(),
            Self::WeCom => WeCom::endpoints(),
        }
    }

    /// A refusal with one of the platform's codes and this text.
    pub(crate) fn refused(self, code: &str, text: impl Into<String>) -> Fault {
        match self {
            Self::DingTalk => DingTalk::refused(code, text),
            Self::WeCom => WeCom::refused(code, text),
        }
    }

    /// The platform's refusal for a reason. One that is busy asks for a second's patience.
    pub(crate) fn refuse(self, spec: &Spec, why: Refusal<'_>) -> Fault {
        let busy = matches!(why, Refusal::Busy);
        let fault = match self {
            Self::DingTalk => DingTalk::refuse(spec, why),
            Self::WeCom => WeCom::refuse(spec, why),
        };
        if busy { fault.not_before(Duration::from_secs(1)) } else { fault }
    }

    /// Whether an operation answers to the call's method.
    pub(crate) fn takes_method(self, spec: &Spec, call: &Wire) -> bool {
        match self {
            Self::DingTalk => DingTalk::takes_method(spec, call),
            Self::WeCom => WeCom::takes_method(spec, call),
        }
    }

    /// The platform's refusal in an answer.
    pub(crate) fn open(self, spec: &Spec, status: u16, body: &[u8]) -> Result<(), Fault> {
        match self {
            Self::DingTalk => DingTalk::open(spec, status, body),
            Self::WeCom => WeCom::open(spec, status, body),
        }
    }

    /// The platform's envelope around a reply or a refusal, with an id of this request where it has one, and a
    /// `Retry-After` where the refusal names a time.
    pub(crate) fn seal(self, spec: &Spec, reply: Result<Value, &Fault>) -> Sealed {
        let after = reply.as_ref().err().and_then(|fault| match fault.class() {
            Class::Retryable { after } | Class::Throttled { after } => after,
            Class::RefreshToken | Class::Permanent | Class::Ambiguous => None,
        });
        let mut sealed = match self {
            Self::DingTalk => with_request_id(DingTalk::seal(spec, reply)),
            Self::WeCom => WeCom::seal(spec, reply),
        };
        if let Some(after) = after {
            sealed.headers.push(("retry-after", after.as_millis().div_ceil(1_000).max(1).to_string()));
        }
        sealed
    }

    /// The application may not do this: what a key without the scope gets.
    pub(crate) fn forbidden(self, spec: &Spec, scope: &str) -> Fault {
        let words = format!("the API key lacks the scope {scope} 该 API 密钥缺少 {scope} 权限");
        self.refuse(spec, Refusal::Forbidden(&words))
    }

    /// A fault in the platform's words: a transport failure has no code of the platform's, and is said to be "busy".
    pub(crate) fn own_words(self, spec: &Spec, fault: Fault) -> Fault {
        if Origin::of(fault.code()) == Origin::Platform { fault } else { self.refuse(spec, Refusal::Busy) }
    }

    /// What the gateway has against a message, in the platform's code.
    pub(crate) fn of_problem(self, spec: &Spec, problem: &Problem) -> Fault {
        if problem.status >= 500 {
            return self.refuse(spec, Refusal::Busy);
        }
        if problem.code == Code::AccountForbidden.name() {
            return self.forbidden(spec, "send");
        }
        match &problem.platform_code {
            Some(code) => self.refused(code, problem.detail.as_str()),
            None => self.refuse(spec, Refusal::Content(&problem.detail)),
        }
    }

    /// The answer to a path of a platform's kind at which there is no operation; `None` for any other path.
    pub(crate) fn no_such_path(path: &str) -> Option<Sealed> {
        if DingTalk::has_path(path) {
            return Some(with_request_id(DingTalk::no_such_path(path)));
        }
        WeCom::has_path(path).then(|| WeCom::no_such_path(path))
    }
}

/// The answer with an id of this request, where it has a member for it.
fn with_request_id(mut sealed: Sealed) -> Sealed {
    if let Ok(mut body) = serde_json::from_slice::<Value>(&sealed.body)
        && let Some(name) = ["request_id", "requestid"].into_iter().find(|name| body.get(*name).is_some())
    {
        body[name] = json!(request_id());
        sealed.body = body.to_string().into_bytes();
    }
    sealed
}

/// Twelve characters that name one request; empty when the machine gives no random bytes.
fn request_id() -> String {
    let mut random = [0_u8; 6];
    if getrandom::fill(&mut random).is_err() {
        return String::new();
    }
    HEXLOWER.encode(&random)
}
