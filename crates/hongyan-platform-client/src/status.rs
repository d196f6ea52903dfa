//! What an answer's HTTP status says, where the platform's table does not.
//!
//! Both platforms answer in their own envelopes, most of the time with HTTP 200. What answers otherwise is a gate in
//! front of them, or an interface newer than our table: then the status is the one thing that everybody means alike.

use hongyan_endpoint::{About, Class, Effect, Fault};
use std::time::Duration;

/// Classes a refusal by its status too. A code that the table knows keeps its class, but for how long a quota is spent,
/// which the answer knows better; and a refusal by a gate (429, or 503 with `Retry-After`) is never ambiguous.
pub(crate) fn judge(fault: Fault, effect: Effect, status: u16, retry_after: Option<Duration>) -> Fault {
    let gate = match (status, retry_after) {
        (429, _) => Some("net.throttled"),
        (503, Some(_)) => Some("net.unavailable"),
        _ => None,
    };
    let by_table = !fault.is_transport() && fault.error_code().is_some();
    match (gate, fault.class()) {
        (_, Class::Throttled { after }) => fault.with_class(Class::Throttled { after: retry_after.or(after) }),
        (_, Class::Retryable { after }) if by_table => {
            fault.with_class(Class::Retryable { after: retry_after.or(after) })
        }
        (_, Class::Permanent | Class::RefreshToken) if by_table => fault,
        // The table's own open outcome, and what no table knows, before a gate that says that it let nothing through.
        (Some(code), _) => throttled(fault, code, retry_after),
        (None, _) if by_table || fault.is_transport() => fault,
        (None, _) => match status {
            401 => fault.with_class(Class::RefreshToken).with_about(About::Account),
            408 | 425 => fault.with_class(Class::Retryable { after: retry_after }),
            500.. if effect == Effect::Send => fault.with_class(Class::Ambiguous),
            500.. => fault.with_class(Class::Retryable { after: retry_after }),
            _ => fault,
        },
    }
}

/// The platform's own words stay; a page of somebody's becomes ours.
fn throttled(fault: Fault, code: &'static str, retry_after: Option<Duration>) -> Fault {
    let ours = Fault::transport(code, fault.message()).during(fault.operation());
    let class = retry_after.map_or(ours.class(), |after| Class::Throttled { after: Some(after) });
    if fault.is_transport() { ours.with_class(class) } else { fault.with_class(class).with_about(About::Network) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::{ErrorCode, Responsible, error_code};

    static BUSY: ErrorCode = error_code("busy", Class::RETRY, Responsible::Hongyan, ("", ""), ("", ""));
    static QUOTA: ErrorCode = error_code("quota", Class::throttled(300), Responsible::Hongyan, ("", ""), ("", ""));
    static NOBODY: ErrorCode = error_code("nobody", Class::Permanent, Responsible::Sender, ("", ""), ("", ""));
    static TOKEN: ErrorCode = error_code("token", Class::RefreshToken, Responsible::Hongyan, ("", ""), ("", ""));
    static OPEN: ErrorCode = error_code("open", Class::Ambiguous, Responsible::Hongyan, ("", ""), ("", ""));

    fn said(code: &str) -> Fault {
        let row = [&BUSY, &QUOTA, &NOBODY, &TOKEN, &OPEN].into_iter().find(|row| row.code == code);
        Fault::refused(code, "w", row)
    }

    fn page(status: u16) -> Fault {
        Fault::not_the_platforms(status, "not a JSON object")
    }

    #[test]
    fn the_table_comes_first_then_the_status() {
        let seconds = Duration::from_secs;
        let (send, read) = (Effect::Send, Effect::Read);
        let throttled = |s| Class::Throttled { after: Some(seconds(s)) };
        for (fault, effect, status, after, code, class, about) in [
            // A gate's own answer.
            (page(429), send, 429, None, "net.throttled", Class::Throttled { after: None }, About::Network),
            (page(429), send, 429, Some(7), "net.throttled", throttled(7), About::Network),
            (page(429), read, 429, Some(0), "net.throttled", throttled(0), About::Network),
            (page(503), send, 503, Some(7), "net.unavailable", throttled(7), About::Network),
            (page(503), send, 503, None, "net.status", Class::RETRY, About::Network),
            (page(502), read, 502, Some(7), "net.status", Class::RETRY, About::Network),
            (page(403), send, 403, None, "net.gate", Class::RETRY, About::Network),
            (page(413), send, 413, None, "net.too_long", Class::Permanent, About::Message),
            (page(200), send, 200, None, "net.not_json", Class::RETRY, About::Message),
            // A code of the table.
            (said("quota"), send, 429, None, "quota", throttled(300), About::Message),
            (said("quota"), send, 200, Some(9), "quota", throttled(9), About::Message),
            (said("busy"), send, 503, Some(9), "busy", Class::Retryable { after: Some(seconds(9)) }, About::Message),
            (said("nobody"), send, 429, Some(9), "nobody", Class::Permanent, About::Message),
            (said("token"), send, 429, None, "token", Class::RefreshToken, About::Account),
            (said("open"), send, 429, None, "open", Class::Throttled { after: None }, About::Network),
            (said("open"), send, 500, None, "open", Class::Ambiguous, About::Message),
            // A code of no table.
            (said("?"), send, 200, None, "?", Class::Permanent, About::Message),
            (said("?"), send, 400, None, "?", Class::Permanent, About::Message),
            (said("?"), send, 403, None, "?", Class::Permanent, About::Message),
            (said("?"), send, 401, None, "?", Class::RefreshToken, About::Account),
            (said("?"), send, 408, None, "?", Class::RETRY, About::Message),
            (said("?"), send, 425, Some(3), "?", Class::Retryable { after: Some(seconds(3)) }, About::Message),
            (said("?"), send, 429, Some(3), "?", throttled(3), About::Network),
            (said("?"), send, 503, Some(3), "?", throttled(3), About::Network),
            (said("?"), send, 500, None, "?", Class::Ambiguous, About::Message),
            (said("?"), read, 500, None, "?", Class::RETRY, About::Message),
        ] {
            let asked = format!("{} {status} {after:?}", fault.code());
            let judged = judge(fault, effect, status, after.map(seconds));
            assert_eq!((judged.code(), judged.class(), judged.about()), (code, class, about), "{asked}");
        }
    }
}
