//! Trouble on demand: what a network, a proxy or the platform itself can do to a call.
//!
//! A rule matches calls by path, skips some, strikes a number of times and is gone. Status and `Retry-After` of any
//! answer are the rule's to say, whoever's words it carries. Trouble of single people (refused, failed) belongs to
//! [`crate::world`], trouble of the mail server to its own module.

use serde::{Deserialize, Serialize};
use std::{
    fmt,
    str::FromStr,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

/// Rules in force at most.
const KEPT: usize = 1_000;

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The answer takes `value` milliseconds longer; combines with any other.
    LatencyMs,
    /// HTTP status `value` (502) with a proxy's words instead of the platform's answer.
    #[serde(rename = "status_5xx")]
    Status5xx,
    /// HTTP status `value` (503) with a gate's words instead of the platform's answer: 429, 503, 401, …
    Status,
    /// An HTML page with status `value` (503).
    Html,
    /// An HTML page with status 200, as block pages come.
    #[serde(rename = "html_200")]
    Html200,
    /// The call takes effect; the JSON of its answer is cut in half (a complete HTTP answer).
    Truncated,
    /// The call takes effect; the connection breaks in the middle of the answer's body.
    CutBody,
    /// The network's gate refuses the address: status 200 and a JSON that is no platform's.
    Deny,
    /// The call takes effect; its answer has the code as text and no empty lists, as some answers do.
    Quirks,
    /// Status 200 and no body.
    Empty,
    /// A redirect, status `value` (302), to another host.
    Redirect,
    /// The connection closes without an answer; nothing happened.
    DropBefore,
    /// The connection closes without an answer; the call took effect.
    DropAfter,
    /// The platform's own throttle code: DingTalk 90018, WeCom 45009.
    Throttle,
    /// The application's token is revoked just before the call.
    TokenRevoked,
    /// The application's token lapses just before the call.
    TokenExpired,
    /// The platform's "system busy", -1.
    Busy,
    /// The platform's refusal with the code `value`.
    Code,
}

/// Every kind with its name, as rules write it.
const KINDS: [(&str, FaultKind); 18] = [
    ("latency_ms", FaultKind::LatencyMs),
    ("status_5xx", FaultKind::Status5xx),
    ("status", FaultKind::Status),
    ("html", FaultKind::Html),
    ("html_200", FaultKind::Html200),
    ("truncated", FaultKind::Truncated),
    ("cut_body", FaultKind::CutBody),
    ("deny", FaultKind::Deny),
    ("quirks", FaultKind::Quirks),
    ("empty", FaultKind::Empty),
    ("redirect", FaultKind::Redirect),
    ("drop_before", FaultKind::DropBefore),
    ("drop_after", FaultKind::DropAfter),
    ("throttle", FaultKind::Throttle),
    ("token_revoked", FaultKind::TokenRevoked),
    ("token_expired", FaultKind::TokenExpired),
    ("busy", FaultKind::Busy),
    ("code", FaultKind::Code),
];

impl FaultKind {
    /// As rules write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        KINDS.iter().find(|(_, kind)| *kind == self).map_or("", |(name, _)| name)
    }

    /// Whether the call's effect comes before the trouble by its nature.
    const fn strikes_after(self) -> bool {
        matches!(self, Self::Truncated | Self::CutBody | Self::DropAfter | Self::Quirks)
    }
}

/// What an answer says of the time to wait: both forms of RFC 9110, and what is neither.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Wait", into = "Wait")]
pub enum RetryAfter {
    /// So many seconds: `30`.
    Seconds(u64),
    /// The date so many seconds from the answer, by the machine's clock as the `Date` beside it: `"date+30"`.
    Date(i64),
    /// These words as they are: `"soon"`.
    Words(String),
}

/// As a rule writes it.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Wait {
    Seconds(u64),
    Words(String),
}

impl From<Wait> for RetryAfter {
    fn from(wait: Wait) -> Self {
        match wait {
            Wait::Seconds(seconds) => Self::Seconds(seconds),
            Wait::Words(words) => words.as_str().into(),
        }
    }
}

impl From<&str> for RetryAfter {
    fn from(words: &str) -> Self {
        let date = words.strip_prefix("date").filter(|rest| rest.starts_with(['+', '-']));
        match (date.and_then(|rest| rest.parse().ok()), words.parse()) {
            (Some(from_now), _) => Self::Date(from_now),
            (None, Ok(seconds)) => Self::Seconds(seconds),
            (None, Err(_)) => Self::Words(words.to_owned()),
        }
    }
}

impl From<RetryAfter> for Wait {
    fn from(after: RetryAfter) -> Self {
        match after {
            RetryAfter::Seconds(seconds) => Self::Seconds(seconds),
            RetryAfter::Date(from_now) => Self::Words(format!("date{from_now:+}")),
            RetryAfter::Words(words) => Self::Words(words),
        }
    }
}

impl RetryAfter {
    /// The header's value, at this time of the machine in milliseconds.
    #[must_use]
    pub(crate) fn value(&self, machine_ms: i64) -> String {
        match self {
            Self::Seconds(seconds) => seconds.to_string(),
            Self::Date(from_now) => {
                let at = machine_ms.div_euclid(1_000).saturating_add(*from_now);
                let at = jiff::Timestamp::from_second(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
                jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap_or_default()
            }
            Self::Words(words) => words.clone(),
        }
    }
}

/// One order of trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Prefix of the path; with a `*`, which stands for anything, the whole path.
    #[serde(rename = "match")]
    pub path: String,
    /// What goes wrong.
    pub kind: FaultKind,
    /// Milliseconds, a status or a code, as the kind says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<i64>,
    /// Strikes left; absent: until it is taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// Matching calls to let through first.
    #[serde(default)]
    pub skip: u64,
    /// Strikes each so-manieth matching call only; absent: each.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub every: Option<u64>,
    /// For the kinds that replace the answer, and for latency: let the call take effect first, as a proxy's late 502
    /// does.
    #[serde(default)]
    pub after: bool,
    /// The HTTP status of the answer, whoever's words it carries: a platform's refusal with a 429, say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The answer's `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<RetryAfter>,
    /// Whether DingTalk's older host wraps the refusal (errcode 88, the code in `sub_code`), against its habit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrapped: Option<bool>,
}

impl FaultRule {
    /// A rule that strikes each call below a path until it is taken back.
    #[must_use]
    pub fn new(kind: FaultKind, path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            kind,
            value: None,
            count: None,
            skip: 0,
            every: None,
            after: false,
            status: None,
            retry_after: None,
            wrapped: None,
        }
    }

    fn matches(&self, path: &str) -> bool {
        let Some((first, rest)) = self.path.split_once('*') else { return path.starts_with(&self.path) };
        let Some(mut path) = path.strip_prefix(first) else { return false };
        let mut parts = rest.split('*').peekable();
        while let Some(part) = parts.next() {
            if parts.peek().is_none() {
                return path.ends_with(part);
            }
            // The first place where it fits leaves the most to the others.
            let Some(at) = path.find(part) else { return false };
            path = &path[at + part.len()..];
        }
        true
    }
}

/// A rule in force.
#[derive(Debug)]
struct Active {
    rule: FaultRule,
    /// Matching calls since the last strike, for `every`.
    passed: u64,
}

impl From<FaultRule> for Active {
    fn from(rule: FaultRule) -> Self {
        Self { rule, passed: 0 }
    }
}

impl Active {
    /// Whether this matching call is due; counts it.
    fn due(&mut self) -> bool {
        if self.rule.skip > 0 {
            self.rule.skip -= 1;
            return false;
        }
        if let Some(every) = self.rule.every {
            self.passed += 1;
            if self.passed < every {
                return false;
            }
            self.passed = 0;
        }
        match &mut self.rule.count {
            Some(0) => return false,
            Some(count) => *count -= 1,
            None => {}
        }
        true
    }
}

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRule(String);

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: a rule is KIND[=VALUE][@RETRY_AFTER]:PATH[:COUNT], with KIND one of", self.0)?;
        KINDS.iter().try_for_each(|(name, _)| write!(f, " {name}"))
    }
}

impl std::error::Error for BadRule {}

impl FromStr for FaultRule {
    type Err = BadRule;

    /// Reads `KIND[=VALUE][@RETRY_AFTER]:PATH[:COUNT]`, as in `drop_after:/cgi-bin/message/send:1` or
    /// `status=429@30:/gettoken`.
    fn from_str(text: &str) -> Result<Self, BadRule> {
        let bad = || BadRule(text.to_owned());
        let mut parts = text.splitn(3, ':');
        let kind = parts.next().unwrap_or_default();
        let (kind, retry_after) = match kind.split_once('@') {
            Some((kind, after)) => (kind, Some(after.into())),
            None => (kind, None),
        };
        let (kind, value) = match kind.split_once('=') {
            Some((kind, value)) => (kind, Some(value.parse().map_err(|_| bad())?)),
            None => (kind, None),
        };
        let kind = KINDS.iter().find(|(name, _)| *name == kind).ok_or_else(bad)?.1;
        let path = parts.next().filter(|path| path.starts_with(['/', '*'])).ok_or_else(bad)?.to_owned();
        let count = parts.next().map(|count| count.parse().map_err(|_| bad())).transpose()?;
        Ok(Self { value, count, retry_after, ..Self::new(kind, path) })
    }
}

/// What one call suffers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Strike {
    /// Before the call takes effect.
    pub(crate) latency: Duration,
    /// Between effect and answer.
    pub(crate) latency_after: Duration,
    pub(crate) kind: Option<FaultKind>,
    pub(crate) value: Option<i64>,
    /// The call takes effect before the trouble.
    pub(crate) after: bool,
    pub(crate) status: Option<u16>,
    pub(crate) retry_after: Option<RetryAfter>,
    pub(crate) wrapped: Option<bool>,
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    /// Most calls meet no rule at all and take no lock.
    any: AtomicBool,
    rules: Mutex<Vec<Active>>,
}

impl Faults {
    pub(crate) fn new(rules: Vec<FaultRule>) -> Self {
        Self {
            any: AtomicBool::new(!rules.is_empty()),
            rules: Mutex::new(rules.into_iter().map(Active::from).collect()),
        }
    }

    /// Adds a rule. Of more than are kept the oldest goes.
    pub(crate) fn order(&self, rule: FaultRule) {
        self.change(|rules| {
            if rules.len() >= KEPT {
                rules.remove(0);
            }
            rules.push(rule.into());
        });
    }

    pub(crate) fn clear(&self) {
        self.change(Vec::clear);
    }

    pub(crate) fn rules(&self) -> Vec<FaultRule> {
        let rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        rules.iter().map(|active| active.rule.clone()).collect()
    }

    fn change(&self, how: impl FnOnce(&mut Vec<Active>)) {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        how(&mut rules);
        self.any.store(!rules.is_empty(), Ordering::Release);
    }

    /// What this call suffers: all latencies, and the first other trouble that is due.
    pub(crate) fn strike(&self, path: &str) -> Strike {
        let mut strike = Strike::default();
        if !self.any.load(Ordering::Acquire) {
            return strike;
        }
        self.change(|rules| {
            for active in rules.iter_mut().filter(|active| active.rule.matches(path)) {
                let latency = active.rule.kind == FaultKind::LatencyMs;
                if (!latency && strike.kind.is_some()) || !active.due() {
                    continue;
                }
                let rule = &active.rule;
                if latency {
                    let wait = Duration::from_millis(rule.value.and_then(|v| v.try_into().ok()).unwrap_or(1000));
                    *(if rule.after { &mut strike.latency_after } else { &mut strike.latency }) += wait;
                } else {
                    strike.kind = Some(rule.kind);
                    strike.value = rule.value;
                    strike.after = rule.after || rule.kind.strikes_after();
                    strike.status = rule.status.filter(|status| (200..600).contains(status));
                    strike.retry_after.clone_from(&rule.retry_after);
                    strike.wrapped = rule.wrapped;
                }
            }
            rules.retain(|active| active.rule.count != Some(0));
        });
        strike
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_rule_is_read_from_one_word() {
        let rule: FaultRule = "latency_ms=250:/cgi-bin:3".parse().unwrap();
        assert_eq!((rule.kind, rule.value, rule.count), (FaultKind::LatencyMs, Some(250), Some(3)));
        let rule: FaultRule = "drop_after:/topapi".parse().unwrap();
        assert_eq!((rule.path.as_str(), rule.count), ("/topapi", None));
        let rule: FaultRule = "status=429@30:/gettoken:2".parse().unwrap();
        assert_eq!((rule.kind, rule.value, rule.count), (FaultKind::Status, Some(429), Some(2)));
        assert_eq!(rule.retry_after, Some(RetryAfter::Seconds(30)));
        let rule: FaultRule = "throttle@date+5:/x".parse().unwrap();
        assert_eq!((rule.kind, rule.retry_after), (FaultKind::Throttle, Some(RetryAfter::Date(5))));
        for bad in ["", "nonsense:/x", "busy", "busy:x", "busy:/x:many", "latency_ms=long:/x"] {
            assert!(bad.parse::<FaultRule>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rule_skips_then_strikes_then_is_gone() {
        let mut rule: FaultRule = "busy:/a:2".parse().unwrap();
        rule.skip = 1;
        let faults = Faults::new(vec![rule]);
        let struck: Vec<bool> = (0..5).map(|_| faults.strike("/a/b").kind.is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert!(faults.rules().is_empty());
        assert_eq!(faults.strike("/b").kind, None);
    }

    #[test]
    fn a_rule_may_strike_each_third_call() {
        let mut rule: FaultRule = "token_revoked:/a:2".parse().unwrap();
        rule.every = Some(3);
        let faults = Faults::new(vec![rule]);
        let struck: Vec<bool> = (0..8).map(|_| faults.strike("/a/b").kind.is_some()).collect();
        assert_eq!(struck, [false, false, true, false, false, true, false, false]);
    }

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, path, fits) in [
            ("/topapi/", "/topapi/user/get", true),
            ("/topapi/", "/gettoken", false),
            ("*token", "/gettoken", true),
            ("*token", "/cgi-bin/gettoken", true),
            ("*token", "/gettoken/x", false),
            ("/*/gettoken", "/cgi-bin/gettoken", true),
            ("/*/gettoken", "/gettoken", false),
            ("/topapi/*/user/*", "/topapi/v2/user/get", true),
            ("/topapi/*/user/*", "/topapi/v2/department/get", false),
            ("/v1.0/contact/users/*", "/v1.0/contact/users/me", true),
            ("*", "/anything", true),
            ("*send*send", "/send", false),
            ("*send*send", "/message/send/send", true),
        ] {
            assert_eq!(FaultRule::new(FaultKind::Busy, pattern).matches(path), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn the_time_to_wait_comes_in_both_forms() {
        // 2026-12-01 04:00:00 UTC.
        let now = 1_796_097_600_000;
        for (written, sent) in [
            (json!(30), "30"),
            (json!("30"), "30"),
            (json!("date+30"), "Tue, 01 Dec 2026 04:00:30 GMT"),
            (json!("date-5"), "Tue, 01 Dec 2026 03:59:55 GMT"),
            (json!("soon"), "soon"),
            (json!("Tue, 01 Dec 2026 04:00:07 GMT"), "Tue, 01 Dec 2026 04:00:07 GMT"),
        ] {
            let after: RetryAfter = serde_json::from_value(written.clone()).unwrap();
            assert_eq!(after.value(now), sent, "{written}");
            let again = serde_json::from_value(serde_json::to_value(&after).unwrap());
            assert_eq!(again.unwrap_or(RetryAfter::Seconds(0)), after, "{written}");
        }
    }

    #[test]
    fn latency_combines_with_another_trouble() {
        let faults =
            Faults::new(vec!["latency_ms=5:/".parse().unwrap(), "busy:/".parse().unwrap(), "empty:/".parse().unwrap()]);
        let strike = faults.strike("/x");
        assert_eq!((strike.latency.as_millis(), strike.kind), (5, Some(FaultKind::Busy)));
    }

    #[test]
    fn the_names_agree_with_the_wire() {
        for (name, kind) in KINDS {
            assert_eq!(serde_json::to_value(kind).unwrap(), name);
        }
    }
}
