//! What went wrong with a request, as a problem document (RFC 9457).

use crate::{AccountError, RestRow};
use hongyan_endpoint::Bilingual;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, time::Duration};

/// The media type of a problem document.
pub const CONTENT_TYPE: &str = "application/problem+json";

/// A problem document. `title` is the same for all problems of a `code`; `detail` is about this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// `urn:hongyan:problem:` and the code.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// What kind of problem it is, in English.
    pub title: Cow<'static, str>,
    /// The HTTP status.
    pub status: u16,
    /// What is wrong here and what would do, in English.
    pub detail: String,
    /// The same, in Chinese.
    pub detail_zh: String,
    /// For programs: one of a fixed list.
    pub code: Cow<'static, str>,
    /// Where in the request: a dotted path into the body, or the name of a header or query parameter.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// The code by which the platform itself would refuse it, where it has one for that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform_code: Option<Cow<'static, str>>,
    /// What the platform said, where it is a platform's refusal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Box<AccountError>>,
    /// Why the account rests and until when, where that is why it was not asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rest: Option<Box<RestRow>>,
    /// Seconds that the answer's `Retry-After` names; a `503` names 1 without it.
    #[serde(skip)]
    pub retry_after: Option<u64>,
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $status:literal $text:literal $en:literal $zh:literal;)*) => {
        /// The kinds of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Code { $($(#[$doc])* $name),* }

        impl Code {
            /// Every code.
            pub const EVERY: &[Self] = &[$(Self::$name),*];

            /// As in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str { match self { $(Self::$name => $text),* } }

            /// The HTTP status.
            #[must_use]
            pub const fn status(self) -> u16 { match self { $(Self::$name => $status),* } }

            /// Title, in English.
            #[must_use]
            pub const fn title(self) -> &'static str { match self { $(Self::$name => $en),* } }

            /// Title, in Chinese.
            #[must_use]
            pub const fn title_zh(self) -> &'static str { match self { $(Self::$name => $zh),* } }

            const fn urn(self) -> &'static str {
                match self { $(Self::$name => concat!("urn:hongyan:problem:", $text)),* }
            }
        }
    };
}

codes! {
    /// The body is not JSON.
    MalformedJson = 400 "malformed_json" "The body is not JSON" "请求体不是合法的 JSON";
    /// A query parameter is unknown or has a bad value.
    InvalidQuery = 400 "invalid_query" "A query parameter is not as it should be" "查询参数不正确";
    /// A header has a bad value.
    InvalidHeader = 400 "invalid_header" "A header is not as it should be" "请求头不正确";
    /// No key, or one that is not known.
    Unauthorized = 401 "unauthorized" "A valid API key is needed" "需要有效的 API 密钥";
    /// The key lacks the scope.
    Forbidden = 403 "forbidden" "The API key may not do this" "该 API 密钥无此权限";
    /// The key may not use the account.
    AccountForbidden = 403 "account_forbidden" "The API key may not use this account" "该 API 密钥不可使用此账号";
    /// There is nothing at this path, or no such message, account, file, person or chat.
    NotFound = 404 "not_found" "There is no such thing here" "资源不存在";
    /// The path exists, the method does not.
    MethodNotAllowed = 405 "method_not_allowed" "The method does not fit the path" "该路径不支持此方法";
    /// The body did not arrive in time.
    Timeout = 408 "timeout" "The request did not arrive in time" "请求未及时到达";
    /// The idempotency key came with another body before.
    IdempotencyConflict = 409 "idempotency_conflict" "The idempotency key was used with another body"
        "幂等键已用于不同的请求体";
    /// The body is too large.
    TooLarge = 413 "too_large" "The body is too large" "请求体过大";
    /// The body is not declared as what the path takes: JSON nearly everywhere.
    UnsupportedMediaType = 415 "unsupported_media_type" "The body has to be JSON" "请求体必须是 JSON";
    /// A field that does not exist.
    UnknownField = 422 "unknown_field" "The body has an unknown field" "请求体含有未知字段";
    /// A field with a wrong type or value.
    InvalidField = 422 "invalid_field" "A field is not as it should be" "字段不正确";
    /// The account's kind of channel has nothing of the sort.
    NotOffered = 422 "not_offered" "The account has no such thing" "该账号不支持此功能";
    /// The platform refused what it was asked; `error` has its message.
    PlatformRefused = 422 "platform_refused" "The platform refused it" "平台拒绝了该请求";
    /// Something that nobody foresaw.
    Internal = 500 "internal" "Something went wrong inside the gateway" "网关内部错误";
    /// The store failed.
    StoreFailed = 500 "store_failed" "The store failed" "存储失败";
    /// The platform cannot be reached, does not work, or does not let the application in.
    PlatformFailed = 502 "platform_failed" "The platform did not do it" "平台未能完成该请求";
    /// The platform's reply was lost: it may have been done.
    PlatformUnknown = 504 "platform_unknown" "The platform's reply was lost: it may have been done"
        "平台应答丢失：可能已经完成";
    /// There is no room for another file.
    NoRoom = 507 "no_room" "There is no room for another file" "文件存储空间已满";
    /// The platform's quota is spent for now.
    PlatformThrottled = 503 "platform_throttled" "The platform's quota is spent for now" "平台限流，请稍后重试";
    /// The account cannot log in or be reached, and rests; `rest` says why and until when. Nothing was asked.
    AccountRests = 503 "account_rests" "The account rests: it cannot log in or be reached for now"
        "账号暂停：目前无法登录或连接";
    /// The store's hand-off is full, or the gateway is not ready.
    Busy = 503 "busy" "The gateway is busy: try again shortly" "网关繁忙，请稍后重试";
    /// The store cannot be used for now: its disk is full or read-only, its file is locked or gone. Nothing was taken.
    StoreUnavailable = 503 "store_unavailable" "The store cannot be used for now: try again later"
        "存储暂不可用，请稍后重试";
    /// The store cannot be written.
    NotReady = 503 "not_ready" "The gateway is not ready" "网关未就绪";
}

impl Problem {
    /// A problem with its particulars in both languages.
    #[must_use]
    pub fn new(code: Code, detail: impl Into<String>, detail_zh: impl Into<String>) -> Self {
        Self {
            kind: Cow::Borrowed(code.urn()),
            title: Cow::Borrowed(code.title()),
            status: code.status(),
            detail: detail.into(),
            detail_zh: detail_zh.into(),
            code: Cow::Borrowed(code.name()),
            field: None,
            platform_code: None,
            error: None,
            rest: None,
            retry_after: None,
        }
    }

    /// A problem that has no particulars beyond its title.
    #[must_use]
    pub fn bare(code: Code) -> Self {
        Self::new(code, code.title(), code.title_zh())
    }

    /// A problem with one field. Without a field's name it is the body as a whole.
    #[must_use]
    pub fn field(code: Code, field: impl Into<String>, detail: impl Into<Bilingual>) -> Self {
        let (field, Bilingual { en, zh }) = (field.into(), detail.into());
        let problem = Self::new(code, en, zh);
        if field.is_empty() { problem } else { problem.at(field) }
    }

    /// The same problem, for which a platform has this code; an empty one is none.
    #[must_use]
    pub fn with_platform_code(mut self, code: &'static str) -> Self {
        self.platform_code = (!code.is_empty()).then_some(Cow::Borrowed(code));
        self
    }

    /// The same problem, with what the platform said.
    #[must_use]
    pub fn because(mut self, error: AccountError) -> Self {
        self.error = Some(Box::new(error));
        self
    }

    /// The same problem, to be tried again after so long: whole seconds, rounded up, at least one.
    #[must_use]
    pub fn after(mut self, pause: Duration) -> Self {
        let whole = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
        self.retry_after = Some(whole.max(1));
        self
    }

    /// The same problem, at this field.
    #[must_use]
    pub fn at(mut self, field: impl Into<String>) -> Self {
        self.field = Some(field.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_written_as_rfc_9457_names_its_members() {
        let problem = Problem::field(Code::InvalidField, "to[0]", ("names nobody", "没有收件人"));
        let json = serde_json::to_value(&problem).unwrap();
        assert_eq!(json["type"], "urn:hongyan:problem:invalid_field");
        assert_eq!(json["status"], 422);
        assert_eq!(json["field"], "to[0]");
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
    }

    #[test]
    fn codes_are_not_repeated() {
        let mut names: Vec<&str> = Code::EVERY.iter().map(|code| code.name()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Code::EVERY.len());
    }
}
