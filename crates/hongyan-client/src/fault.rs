//! What stands between a call and its answer.

use serde_json::Value;
use std::fmt;

/// How far a call got, and so what may be done next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The address or a header is none: nothing was sent.
    Invalid,
    /// Nobody answers there: nothing was sent.
    Unreachable,
    /// It may have been read; no answer came. Repeat with the same idempotency key.
    NoAnswer,
    /// Something answers that is no gateway.
    Foreign,
    /// The gateway refused it, with this HTTP status.
    Refused(u16),
}

/// A call without the answer that was hoped for. Its text holds no key.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// How far it got.
    pub kind: Kind,
    /// The problem document's `code`, such as `invalid_request`; empty where there is none.
    pub code: String,
    /// The problem document's `field`; empty where there is none.
    pub field: String,
    /// In a sentence, with what to do next.
    pub message: String,
    /// The same in Chinese.
    pub message_zh: String,
}

impl Fault {
    /// A fault that is no problem document.
    #[must_use]
    pub fn new(kind: Kind, message: impl Into<String>, message_zh: impl Into<String>) -> Self {
        let (message, message_zh) = (message.into(), message_zh.into());
        Self { kind, code: String::new(), field: String::new(), message, message_zh }
    }

    /// Reads a problem document (RFC 9457), such as stands beside a refused message of a batch.
    #[must_use]
    pub fn of_problem(status: u16, document: &Value) -> Self {
        let text = |name: &str| document.get(name).and_then(Value::as_str).unwrap_or_default();
        let (field, detail, detail_zh) = (text("field"), text("detail"), text("detail_zh"));
        let head = |words: &str, colon: &str| match (field, words) {
            ("", words) => format!("{words} (HTTP {status})"),
            (field, "") => format!("{field} (HTTP {status})"),
            (field, words) => format!("{field}{colon}{words} (HTTP {status})"),
        };
        let mut message = head(text("title"), ": ");
        if !detail.is_empty() {
            message = format!("{message}: {detail}");
        }
        let mut message_zh = head(if detail_zh.is_empty() { detail } else { detail_zh }, "：");
        let advice = &document["error"]["advice"];
        if let (Some(en), Some(zh)) = (advice["en"].as_str(), advice["zh"].as_str()) {
            message = format!("{message} → {en} · {zh}");
            message_zh = format!("{message_zh} → {zh}");
        }
        // It may have been done: nobody knows yet.
        let kind = if text("code") == "platform_unknown" { Kind::NoAnswer } else { Kind::Refused(status) };
        Self { kind, code: text("code").into(), field: field.into(), message, message_zh }
    }

    /// Whether the same call may succeed later: nobody answered, or the gateway asked for patience (429, 5xx).
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.kind {
            Kind::Unreachable | Kind::NoAnswer => true,
            Kind::Refused(status) => status == 429 || status >= 500,
            Kind::Invalid | Kind::Foreign => false,
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_problem_document_becomes_a_sentence_that_names_the_field_and_what_to_do() {
        let fault = Fault::of_problem(
            422,
            &json!({"title": "too long", "field": "content.text", "detail": "2,100 bytes", "code": "too_long",
                    "detail_zh": "2,100 字节", "error": {"advice": {"en": "shorten it", "zh": "缩短"}}}),
        );
        assert_eq!(fault.message, "content.text: too long (HTTP 422): 2,100 bytes → shorten it · 缩短");
        assert_eq!(fault.message_zh, "content.text：2,100 字节 (HTTP 422) → 缩短");
        assert_eq!((fault.kind, fault.code.as_str()), (Kind::Refused(422), "too_long"));
        assert_eq!(fault.field, "content.text");
        assert!(!fault.is_transient());
    }

    #[test]
    fn what_nobody_knows_yet_is_no_refusal() {
        let fault = Fault::of_problem(502, &json!({"title": "no answer", "code": "platform_unknown"}));
        assert_eq!(fault.kind, Kind::NoAnswer);
        for (kind, transient) in [
            (Kind::Refused(503), true),
            (Kind::Refused(429), true),
            (Kind::Refused(409), false),
            (Kind::Foreign, false),
        ] {
            assert_eq!(Fault::new(kind, "", "").is_transient(), transient, "{kind:?}");
        }
    }
}
