//! The gateway's answers, as far as a row is concerned. Pure.

use hongyan_client::{Fault, Kind};
use hongyan_core::Time;
use serde_json::Value;

/// After this long in `sent` no platform is expected to take it back, in milliseconds: DingTalk tells seconds after a
/// call whom it did not deliver to.
const SECOND_THOUGHTS_MS: i64 = 20_000;
/// Looks at what is under way are at most so far apart, in milliseconds.
const LONGEST_MS: i64 = 600_000;
/// Looks at what waits for somebody's decision are between these apart, likewise.
const HELD_MS: (i64, i64) = (60_000, 3_600_000);
/// The shortest, likewise.
const SHORTEST_MS: i64 = 250;
/// People that an error names.
const NAMED: usize = 3;

/// What a call's fault means for the rows in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Nothing will go through before somebody acts.
    NoAccess,
    /// The same call may go through later; the gateway has not read it.
    NotRead,
    /// Likewise, but it may have been read.
    MaybeRead,
    /// Something in it will never be taken.
    Refused,
}

pub(crate) fn meaning(fault: &Fault) -> Meaning {
    match fault.kind {
        Kind::Invalid => Meaning::NoAccess,
        Kind::Unreachable => Meaning::NotRead,
        Kind::NoAnswer | Kind::Foreign => Meaning::MaybeRead,
        // One message's account may be closed to the key while others are not.
        Kind::Refused(403) if fault.code == "account_forbidden" => Meaning::Refused,
        Kind::Refused(401 | 403) => Meaning::NoAccess,
        // A disk that fails may have taken it first.
        Kind::Refused(503) if fault.code == "store_unavailable" => Meaning::MaybeRead,
        Kind::Refused(429 | 503) => Meaning::NotRead,
        // 404 and 405 are about the path: something else answers there.
        Kind::Refused(404 | 405 | 408) => Meaning::MaybeRead,
        Kind::Refused(status) if status >= 500 => Meaning::MaybeRead,
        Kind::Refused(_) => Meaning::Refused,
    }
}

/// What a look at a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) state: String,
    /// When to look again, milliseconds since the epoch; `None` when nothing will change any more.
    pub(crate) poll_at: Option<i64>,
}

/// Reads `GET /v1/messages/{id}`. `since` is when its state was first seen; `has_receipts` says of an account whether
/// its platform has more to say after it took a call.
pub(crate) fn fate(message: &Value, seen: (&str, i64), now: i64, has_receipts: impl Fn(&str) -> bool) -> Option<Fate> {
    let state = message["state"].as_str()?.to_owned();
    let since = if seen.0 == state { seen.1 } else { now };
    let deliveries = || message["deliveries"].as_array().into_iter().flatten();
    let widening = |shortest, longest| now.saturating_add((now.saturating_sub(since) / 2).clamp(shortest, longest));
    let usual = widening(SHORTEST_MS, LONGEST_MS);
    let poll_at = match state.as_str() {
        "pending" | "unknown" => {
            let busy = deliveries().any(|d| d["state"] == "sending");
            let dues: Vec<i64> = deliveries().filter_map(|d| millis(&d["due"])).collect();
            match dues.iter().min() {
                _ if busy => Some(usual),
                // Nothing happens before it is due: a message for tomorrow costs a look an hour.
                Some(due) if *due > now => {
                    Some((due.saturating_add(SHORTEST_MS)).clamp(now, now.saturating_add(HELD_MS.1)))
                }
                Some(_) => Some(usual),
                None if state == "unknown" => Some(widening(HELD_MS.0, HELD_MS.1)),
                None => Some(usual),
            }
        }
        _ => {
            let sent = message["recipients"]["sent"].as_u64().unwrap_or(0) > 0;
            let ends = deliveries()
                .filter(|d| d["account"].as_str().is_some_and(&has_receipts))
                .filter_map(|d| millis(&d["sent_at"]))
                .map(|at| at.saturating_add(SECOND_THOUGHTS_MS))
                .filter(|end| *end > now)
                .max();
            ends.filter(|_| sent).map(|end| usual.min(end))
        }
    };
    Some(Fate { state, poll_at })
}

/// Who did not get it and why, from `GET /v1/messages/{id}/recipients`; `None` when everybody did.
pub(crate) fn error(ledger: &Value) -> Option<String> {
    let rows = ledger["recipients"].as_array()?;
    let bad: Vec<&Value> = rows
        .iter()
        .filter(|row| matches!(row["state"].as_str(), Some("refused" | "failed" | "unknown" | "expired")))
        .collect();
    let first = bad.first()?;
    let words: Vec<String> = bad.iter().take(NAMED).map(|row| one(row)).collect();
    let more = if bad.len() > NAMED { "; …" } else { "" };
    if rows.len() == 1 {
        return Some(one(first));
    }
    Some(format!("{} of {}: {}{more}", bad.len(), rows.len(), words.join("; ")))
}

fn one(row: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let address = row["address"].as_object().and_then(|a| a.iter().next());
    let who = address.map(|(kind, value)| format!("{kind} {}", text(value))).unwrap_or_default();
    let reason = &row["reason"];
    let why: Vec<String> = ["code", "message"]
        .iter()
        .map(|name| &reason[*name])
        .filter(|v| !v.is_null())
        .map(text)
        .filter(|t| !t.is_empty())
        .collect();
    let why = if why.is_empty() { String::new() } else { format!(", {}", why.join(" ")) };
    format!("{who} {}{why}", text(&row["state"]))
}

fn millis(value: &Value) -> Option<i64> {
    Some(serde_json::from_value::<Time>(value.clone()).ok()?.millis())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// Ten minutes after the epoch, in the forms of both sides.
    const NOW: i64 = 600_000;

    fn poll_at(message: &Value, since: i64) -> Option<i64> {
        let state = message["state"].as_str().unwrap().to_owned();
        fate(message, (&state, since), NOW, |account| account == "ding").unwrap().poll_at
    }

    #[test]
    fn looks_widen_with_the_time_that_nothing_changed() {
        let pending = json!({"state": "pending", "deliveries": [{"state": "pending", "due": "1970-01-01T00:09:00Z"}]});
        assert_eq!(poll_at(&pending, NOW), Some(NOW + SHORTEST_MS));
        assert_eq!(poll_at(&pending, NOW - 60_000), Some(NOW + 30_000));
        assert_eq!(poll_at(&pending, NOW - 86_400_000), Some(NOW + LONGEST_MS));
        // Another state than was known counts from now.
        let fresh = fate(&pending, ("unknown", 0), NOW, |_| false).unwrap();
        assert_eq!(fresh.poll_at, Some(NOW + SHORTEST_MS));
    }

    #[test]
    fn a_message_for_later_is_looked_at_when_it_is_due() {
        let later = |due: &str| json!({"state": "pending", "deliveries": [{"state": "pending", "due": due}]});
        assert_eq!(poll_at(&later("1970-01-01T00:30:00Z"), 0), Some(1_800_000 + SHORTEST_MS));
        assert_eq!(poll_at(&later("2099-01-01T00:00:00Z"), 0), Some(NOW + HELD_MS.1));
    }

    #[test]
    fn what_somebody_has_to_decide_is_looked_at_rarely() {
        let held = json!({"state": "unknown", "deliveries": [{"state": "unknown", "due": null}]});
        assert_eq!(poll_at(&held, NOW), Some(NOW + HELD_MS.0));
        assert_eq!(poll_at(&held, NOW - 86_400_000), Some(NOW + HELD_MS.1));
        let under_way = json!({"state": "unknown", "deliveries": [{"state": "sending", "due": null}]});
        assert_eq!(poll_at(&under_way, NOW), Some(NOW + SHORTEST_MS));
    }

    #[test]
    fn a_final_state_is_final_at_once_or_when_the_platform_had_time_to_think() {
        let sent = |account: &str, count: u64, at: &str| {
            json!({"state": "sent", "recipients": {"sent": count, "read": 1},
                   "deliveries": [{"account": account, "state": "sent", "sent_at": at}]})
        };
        let (just, long_ago) = ("1970-01-01T00:09:59Z", "1970-01-01T00:01:00Z");
        assert_eq!(poll_at(&sent("mail", 1, just), NOW), None);
        assert_eq!(poll_at(&sent("ding", 1, just), NOW), Some(NOW + SHORTEST_MS));
        assert_eq!(poll_at(&sent("ding", 1, just), 0), Some(599_000 + SECOND_THOUGHTS_MS));
        assert_eq!(poll_at(&sent("ding", 1, long_ago), NOW), None);
        assert_eq!(poll_at(&sent("ding", 0, just), NOW), None);
        let failed = json!({"state": "failed", "recipients": {"refused": 1}, "deliveries": []});
        assert_eq!(poll_at(&failed, NOW), None);
        assert!(fate(&json!({"hello": 1}), ("sent", 0), NOW, |_| false).is_none());
    }

    #[test]
    fn faults_are_sorted_by_what_may_be_done_next() {
        let of = |kind, code: &str| meaning(&Fault { code: code.into(), ..Fault::new(kind, "", "") });
        for (kind, code, expected) in [
            (Kind::Unreachable, "", Meaning::NotRead),
            (Kind::NoAnswer, "", Meaning::MaybeRead),
            (Kind::Foreign, "", Meaning::MaybeRead),
            (Kind::Refused(503), "busy", Meaning::NotRead),
            (Kind::Refused(500), "store_failed", Meaning::MaybeRead),
            (Kind::Refused(503), "store_unavailable", Meaning::MaybeRead),
            (Kind::Refused(404), "not_found", Meaning::MaybeRead),
            (Kind::Refused(401), "unauthorized", Meaning::NoAccess),
            (Kind::Refused(403), "forbidden", Meaning::NoAccess),
            (Kind::Refused(403), "account_forbidden", Meaning::Refused),
            (Kind::Refused(409), "idempotency_conflict", Meaning::Refused),
            (Kind::Refused(422), "invalid_field", Meaning::Refused),
        ] {
            assert_eq!(of(kind, code), expected, "{kind:?} {code}");
        }
    }

    #[test]
    fn an_error_names_three_and_counts_all() {
        let row = |n: u32| json!({"address": {"userid": format!("u{n}")}, "state": "refused", "reason": {"code": "60111", "message": ""}});
        let four = json!({"recipients": [row(1), row(2), row(3), row(4), {"address": {"all": true}, "state": "sent"}]});
        let said = error(&four).unwrap();
        assert_eq!(said, "4 of 5: userid u1 refused, 60111; userid u2 refused, 60111; userid u3 refused, 60111; …");
        assert_eq!(error(&json!({"recipients": [{"address": {"all": true}, "state": "read"}]})), None);
    }
}
