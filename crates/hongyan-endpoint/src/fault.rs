//! What went wrong, classed by what to do next.

use crate::harmless;
use std::{fmt, time::Duration};

/// What a fault means for the caller. The platform's table assigns it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Nothing was accepted: back off with jitter, honouring `after`.
    Retryable {
        /// The least time to wait, where the platform names one.
        after: Option<Duration>,
    },
    /// The credential was refused: one refresh for all waiters, one repeat, then [`Class::Permanent`].
    RefreshToken,
    /// A quota is spent: rest that quota's bucket; not counted as an attempt.
    Throttled {
        /// How long the quota stays spent, where known.
        after: Option<Duration>,
    },
    /// It will never succeed as it is: dead letter, with the advice.
    Permanent,
    /// It may have been accepted: keep as *unknown* and look before repeating.
    Ambiguous,
}

impl Class {
    /// [`Class::Retryable`] without a named delay, for tables.
    pub const RETRY: Self = Self::Retryable { after: None };

    /// [`Class::Throttled`] for so many seconds, for tables.
    #[must_use]
    pub const fn throttled(seconds: u64) -> Self {
        Self::Throttled { after: Some(Duration::from_secs(seconds)) }
    }

    /// The class's name, for ledger rows and metrics.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Retryable { .. } => "retryable",
            Self::RefreshToken => "refresh_token",
            Self::Throttled { .. } => "throttled",
            Self::Permanent => "permanent",
            Self::Ambiguous => "ambiguous",
        }
    }
}

/// Who has to act before it can succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Nobody: hongyan repeats it by itself.
    Hongyan,
    /// Whoever wrote the message: content, addresses, sizes.
    Sender,
    /// The platform's administrator of the company: permissions, visibility, quotas.
    Admin,
    /// Whoever runs this gateway: credentials, network, clock.
    Operator,
}

/// One row of a platform's error table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Known {
    /// The platform's code, as text.
    pub code: &'static str,
    /// What it means for the caller.
    pub class: Class,
    /// Who has to act.
    pub who: Who,
    /// What it says, in English.
    pub en: &'static str,
    /// What it says, in Chinese.
    pub zh: &'static str,
    /// What to do, in English.
    pub advice_en: &'static str,
    /// What to do, in Chinese.
    pub advice_zh: &'static str,
}

/// A row for a fault table: code, class, who acts, meaning (en, zh), advice (en, zh).
#[must_use]
pub const fn known(
    code: &'static str,
    class: Class,
    who: Who,
    (en, zh): (&'static str, &'static str),
    (advice_en, advice_zh): (&'static str, &'static str),
) -> Known {
    Known { code, class, who, en, zh, advice_en, advice_zh }
}

/// A refusal or a failed call: class, code, words, advice.
///
/// Never holds a credential: `message` is the platform's text or ours, not the URL that was called. Never holds a
/// control character either.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    class: Class,
    code: String,
    message: String,
    operation: &'static str,
    known: Option<&'static Known>,
}

impl Fault {
    /// A refusal by the platform, with its code and words. Unknown codes are [`Class::Permanent`].
    #[must_use]
    pub fn refused(code: impl Into<String>, message: impl Into<String>, known: Option<&'static Known>) -> Self {
        Self {
            class: known.map_or(Class::Permanent, |row| row.class),
            code: harmless(&code.into()).into_owned(),
            message: harmless(&message.into()).into_owned(),
            operation: "",
            known,
        }
    }

    /// A call that failed on the way; `code` is one of [`TRANSPORT_FAULTS`].
    #[must_use]
    pub fn transport(code: &'static str, message: impl Into<String>) -> Self {
        Self::refused(code, message, TRANSPORT_FAULTS.iter().find(|row| row.code == code))
    }

    /// The same fault under another class: a lost reply to a send becomes [`Class::Ambiguous`].
    #[must_use]
    pub fn with_class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// The same fault with the name of the operation that met it.
    #[must_use]
    pub fn during(mut self, operation: &'static str) -> Self {
        self.operation = operation;
        self
    }

    /// What to do next.
    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    /// The platform's code (the inner `sub_code` where it wraps), or a transport code such as `net.timeout`.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.code
    }

    /// The platform's own words.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The operation that met it, or an empty string.
    #[must_use]
    pub fn operation(&self) -> &'static str {
        self.operation
    }

    /// The table's row, when the code is known.
    #[must_use]
    pub fn known(&self) -> Option<&'static Known> {
        self.known
    }

    /// What to do, in English; empty when the code is unknown.
    #[must_use]
    pub fn advice(&self) -> &'static str {
        self.known.map_or("", |row| row.advice_en)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.operation.is_empty() {
            write!(f, "{}: ", self.operation)?;
        }
        write!(f, "{} {}", self.code, self.message)?;
        if let Some(row) = self.known {
            write!(f, " ({}; {})", row.en, row.advice_en)?;
        }
        Ok(())
    }
}

impl std::error::Error for Fault {}

/// Faults of the way, the same for every platform.
pub static TRANSPORT_FAULTS: &[Known] = &[
    known(
        "net.connect",
        Class::RETRY,
        Who::Operator,
        ("the platform could not be reached", "无法连接到平台"),
        ("check the network, DNS and any proxy; hongyan keeps trying", "请检查网络、DNS 和代理;鸿雁会继续重试"),
    ),
    known(
        "net.tls",
        Class::RETRY,
        Who::Operator,
        ("the certificate was not accepted", "证书校验未通过"),
        (
            "check base_url, the machine's clock and any intercepting proxy",
            "请检查 base_url、本机时钟以及拦截 TLS 的代理",
        ),
    ),
    known(
        "net.timeout",
        Class::RETRY,
        Who::Hongyan,
        ("no answer within the time-out", "超时未收到应答"),
        ("for a send the outcome is unknown; see the delivery", "若为发送,结果未知;请查看该投递"),
    ),
    known(
        "net.lost",
        Class::RETRY,
        Who::Hongyan,
        ("the connection broke before the answer", "应答前连接中断"),
        ("for a send the outcome is unknown; see the delivery", "若为发送,结果未知;请查看该投递"),
    ),
    known(
        "net.not_json",
        Class::RETRY,
        Who::Operator,
        ("the answer was not the platform's", "应答不是平台的格式"),
        (
            "a proxy or a block page answered in the platform's place; check base_url and the egress address",
            "可能是代理或拦截页代替平台作答;请检查 base_url 和出口 IP",
        ),
    ),
    known(
        "net.status",
        Class::RETRY,
        Who::Hongyan,
        ("the platform answered with a server error", "平台返回服务器错误"),
        ("hongyan keeps trying", "鸿雁会继续重试"),
    ),
    known(
        "net.redirect",
        Class::Permanent,
        Who::Operator,
        ("the answer was a redirect, which is not followed", "应答是重定向,不予跟随"),
        ("correct base_url: a credential never follows a redirect", "请更正 base_url:凭证绝不跟随重定向"),
    ),
    known(
        "net.too_large",
        Class::Permanent,
        Who::Operator,
        ("the answer was larger than allowed", "应答超过允许的大小"),
        ("check what answers at base_url", "请检查 base_url 处的服务"),
    ),
    known(
        "request.invalid",
        Class::Permanent,
        Who::Sender,
        ("the call could not be written", "请求无法生成"),
        ("correct the field that the message names", "请更正提示中的字段"),
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_code_is_permanent() {
        assert_eq!(Fault::refused("123456", "?", None).class(), Class::Permanent);
    }

    #[test]
    fn display_names_operation_code_words_and_advice() {
        let text = Fault::transport("net.timeout", "5 s passed").during("message.send").to_string();
        assert!(text.starts_with("message.send: net.timeout 5 s passed ("), "{text}");
    }
}
