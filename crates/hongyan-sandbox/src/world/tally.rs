//! What the sandbox counts, and its memory of recent calls. Neither ever holds a token, a secret or a body.

use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};

/// Calls remembered.
const KEPT: usize = 10_000;

/// Counters since the start or the last reset.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct Tally {
    /// Calls by path; unknown paths count as `other`.
    pub(crate) calls: BTreeMap<&'static str, u64>,
    /// Faults struck, by kind.
    pub(crate) faults: BTreeMap<&'static str, u64>,
    #[serde(flatten)]
    platforms: BTreeMap<&'static str, PlatformTally>,
    /// The same content reached the same phone from the same application again: so many surplus copies.
    pub(crate) duplicates: u64,
}

impl Tally {
    /// Nothing counted yet of these platforms.
    pub(crate) fn new(platforms: impl Iterator<Item = &'static str>) -> Self {
        Self { platforms: platforms.map(|name| (name, PlatformTally::default())).collect(), ..Self::default() }
    }

    /// The counters of a platform.
    pub(crate) fn of(&mut self, platform: &'static str) -> &mut PlatformTally {
        self.platforms.entry(platform).or_default()
    }
}

/// Counters of one platform.
#[derive(Debug, Default, Clone, Serialize)]
pub(crate) struct PlatformTally {
    /// Send calls accepted (errcode 0).
    pub(crate) sends: u64,
    /// Messages that reached a phone: one per person.
    pub(crate) effects: u64,
    /// WeCom: whole requests swallowed by the duplicate check. DingTalk: people filtered with 143106.
    pub(crate) swallowed: u64,
    /// DingTalk: people filtered for any reason.
    pub(crate) forbidden: u64,
    /// WeCom: messages discarded without a word (per-person frequency).
    pub(crate) dropped: u64,
    /// Sends recalled.
    pub(crate) recalls: u64,
}

/// One call that was answered, or not.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct CountedCall {
    pub(crate) seq: u64,
    pub(crate) at_ms: i64,
    pub(crate) method: &'static str,
    pub(crate) path: std::borrow::Cow<'static, str>,
    /// The platform's code, `0` for success; empty when trouble struck before.
    pub(crate) code: std::borrow::Cow<'static, str>,
    /// The trouble that struck.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) fault: Option<&'static str>,
}

/// The recent calls.
#[derive(Debug, Default)]
pub(crate) struct Calls {
    recent: VecDeque<CountedCall>,
    last: u64,
}

impl Calls {
    pub(crate) fn record(&mut self, mut call: CountedCall) {
        self.last += 1;
        call.seq = self.last;
        if self.recent.len() >= KEPT {
            self.recent.pop_front();
        }
        self.recent.push_back(call);
    }

    /// Calls whose path starts so, after the one with that number.
    pub(crate) fn list(&self, path: &str, since: u64) -> Value {
        let calls: Vec<&CountedCall> =
            self.recent.iter().filter(|call| call.seq > since && call.path.starts_with(path)).collect();
        json!({"last": self.last, "calls": calls})
    }
}
