//! Trouble on demand: what a network, a proxy or the platform itself can do to a call.
//!
//! A rule matches calls by path prefix, skips some, strikes a number of times and is gone. Trouble of single
//! people (refused, failed) belongs to [`crate::world`], trouble of the mail server to its own module.

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
const KINDS: [(&str, FaultKind); 17] = [
    ("latency_ms", FaultKind::LatencyMs),
    ("status_5xx", FaultKind::Status5xx),
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

/// One order of trouble.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultRule {
    /// Prefix of the path.
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
    /// For the kinds that replace the answer: let the call take effect first, as a proxy's late 502 does.
    #[serde(default)]
    pub after: bool,
}

/// A rule that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadRule(String);

impl fmt::Display for BadRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: a rule is KIND[=VALUE]:PATH[:COUNT], with KIND one of", self.0)?;
        KINDS.iter().try_for_each(|(name, _)| write!(f, " {name}"))
    }
}

impl std::error::Error for BadRule {}

impl FromStr for FaultRule {
    type Err = BadRule;

    /// Reads `KIND[=VALUE]:PATH[:COUNT]`, as in `drop_after:/cgi-bin/message/send:1`.
    fn from_str(text: &str) -> Result<Self, BadRule> {
        let bad = || BadRule(text.to_owned());
        let mut parts = text.splitn(3, ':');
        let kind = parts.next().unwrap_or_default();
        let (kind, value) = match kind.split_once('=') {
            Some((kind, value)) => (kind, Some(value.parse().map_err(|_| bad())?)),
            None => (kind, None),
        };
        let kind = KINDS.iter().find(|(name, _)| *name == kind).ok_or_else(bad)?.1;
        let path = parts.next().filter(|path| path.starts_with('/')).ok_or_else(bad)?.to_owned();
        let count = parts.next().map(|count| count.parse().map_err(|_| bad())).transpose()?;
        Ok(Self { path, kind, value, count, skip: 0, after: false })
    }
}

/// What one call suffers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Strike {
    pub(crate) latency: Duration,
    pub(crate) kind: Option<FaultKind>,
    pub(crate) value: Option<i64>,
    /// The call takes effect before the trouble.
    pub(crate) after: bool,
}

/// The rules in force.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    /// Most calls meet no rule at all and take no lock.
    any: AtomicBool,
    rules: Mutex<Vec<FaultRule>>,
}

impl Trouble {
    pub(crate) fn new(rules: Vec<FaultRule>) -> Self {
        Self { any: AtomicBool::new(!rules.is_empty()), rules: Mutex::new(rules) }
    }

    /// Adds a rule. Of more than are kept the oldest goes.
    pub(crate) fn order(&self, rule: FaultRule) {
        self.change(|rules| {
            if rules.len() >= KEPT {
                rules.remove(0);
            }
            rules.push(rule);
        });
    }

    pub(crate) fn clear(&self) {
        self.change(Vec::clear);
    }

    pub(crate) fn rules(&self) -> Vec<FaultRule> {
        self.rules.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, how: impl FnOnce(&mut Vec<FaultRule>)) {
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
            for rule in rules.iter_mut().filter(|rule| path.starts_with(&rule.path)) {
                let latency = rule.kind == FaultKind::LatencyMs;
                if !latency && strike.kind.is_some() {
                    continue;
                }
                if rule.skip > 0 {
                    rule.skip -= 1;
                    continue;
                }
                if let Some(count) = &mut rule.count {
                    if *count == 0 {
                        continue;
                    }
                    *count -= 1;
                }
                if latency {
                    strike.latency += Duration::from_millis(rule.value.and_then(|v| v.try_into().ok()).unwrap_or(1000));
                } else {
                    strike.kind = Some(rule.kind);
                    strike.value = rule.value;
                    strike.after = rule.after || rule.kind.strikes_after();
                }
            }
            rules.retain(|rule| rule.count != Some(0));
        });
        strike
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_read_from_one_word() {
        let rule: FaultRule = "latency_ms=250:/cgi-bin:3".parse().unwrap();
        assert_eq!((rule.kind, rule.value, rule.count), (FaultKind::LatencyMs, Some(250), Some(3)));
        let rule: FaultRule = "drop_after:/topapi".parse().unwrap();
        assert_eq!((rule.path.as_str(), rule.count), ("/topapi", None));
        for bad in ["", "nonsense:/x", "busy", "busy:x", "busy:/x:many", "latency_ms=long:/x"] {
            assert!(bad.parse::<FaultRule>().is_err(), "{bad}");
        }
    }

    #[test]
    fn a_rule_skips_then_strikes_then_is_gone() {
        let mut rule: FaultRule = "busy:/a:2".parse().unwrap();
        rule.skip = 1;
        let trouble = Trouble::new(vec![rule]);
        let struck: Vec<bool> = (0..5).map(|_| trouble.strike("/a/b").kind.is_some()).collect();
        assert_eq!(struck, [false, true, true, false, false]);
        assert!(trouble.rules().is_empty());
        assert_eq!(trouble.strike("/b").kind, None);
    }

    #[test]
    fn latency_combines_with_another_trouble() {
        let trouble = Trouble::new(vec![
            "latency_ms=5:/".parse().unwrap(),
            "busy:/".parse().unwrap(),
            "empty:/".parse().unwrap(),
        ]);
        let strike = trouble.strike("/x");
        assert_eq!((strike.latency.as_millis(), strike.kind), (5, Some(FaultKind::Busy)));
    }

    #[test]
    fn the_names_agree_with_the_wire() {
        for (name, kind) in KINDS {
            assert_eq!(serde_json::to_value(kind).unwrap(), name);
        }
    }
}
