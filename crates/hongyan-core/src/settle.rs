//! The one decision after each attempt: [`settle`] takes what the channel said and gives what the ledger will say.

use crate::{
    Backoff, Dedup, DeliveryState, LONGEST_PAUSE, Outcome, Reason, RecipientState, TargetResult, Time, is_untouched,
};
use hongyan_endpoint::{Class, Fault};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What to do when a reply was lost and the platform recognises no repeats.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnUnknown {
    /// Send again, flagged `maybe_twice`.
    #[default]
    Resend,
    /// Keep it as `unknown` until somebody decides.
    Hold,
}

/// What to do with content that the platform would swallow as a repeat.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnRepeat {
    /// Say so: `refused`, reason `repeated`.
    #[default]
    Refuse,
    /// Add the time to the text, so that it arrives.
    Stamp,
}

/// An account's rules for [`settle`].
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    /// How the platform recognises repeats.
    pub dedup: Dedup,
    /// What to do where it does not.
    pub on_unknown: OnUnknown,
    /// What to do where it does, but would not any more: the window or the day is over.
    pub on_late: OnUnknown,
    /// Delays between attempts.
    pub backoff: Backoff,
    /// Attempts before a dead letter.
    pub max_attempts: u32,
    /// For how long a delivery waits for an account that cannot send.
    pub give_up_after: Duration,
}

/// What a call is that may have been made before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repeat {
    /// The platform takes it for the first one.
    Recognised,
    /// It may arrive twice, and the account says that it may.
    MaybeTwice,
    /// It must not be made until somebody decides.
    Held,
}

/// A repeat that is judged now is with the platform by then: what waits for a token or a connection, and the spread
/// between the two clocks.
const UNDER_WAY: Duration = Duration::from_secs(60);

impl Policy {
    /// Judges a repeat, made at `at`, of a call that was first made at `first`.
    #[must_use]
    pub fn repeat(&self, first: Time, at: Time) -> Repeat {
        let end = at + UNDER_WAY;
        // A clock that was set back past the first call says nothing about how long ago it was.
        let known = first <= end;
        let (recognised, otherwise) = match self.dedup {
            Dedup::SameContentPerDay => (known && first.china_day() == end.china_day(), self.on_late),
            Dedup::IdenticalWithin(window) | Dedup::KeyedFor(window) => {
                (known && end.since(first) < window, self.on_late)
            }
            Dedup::None | Dedup::MessageId => (false, self.on_unknown),
        };
        match otherwise {
            _ if recognised => Repeat::Recognised,
            OnUnknown::Resend => Repeat::MaybeTwice,
            OnUnknown::Hold => Repeat::Held,
        }
    }
}

/// One attempt, as [`settle`] sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Attempt {
    /// Earlier attempts that counted.
    pub attempts: u32,
    /// When the first attempt with a lost reply was made: what is taken now may have arrived before.
    pub repeat_of: Option<Time>,
    /// [`crate::Claim::first_call_at`]: a repeat is judged by it.
    pub first_call_at: Time,
    /// When this call began.
    pub began: Time,
    /// Not after.
    pub expires_at: Option<Time>,
    /// When it was due this time.
    pub due: Time,
    /// When it was due first: as it was accepted, or at its `send_at`.
    pub first_due: Time,
    /// Now.
    pub now: Time,
    /// Picks the jitter.
    pub seed: u64,
}

/// What the ledger will say after an attempt.
#[derive(Debug, Clone, PartialEq)]
pub struct Settled {
    /// The delivery's new state.
    pub state: DeliveryState,
    /// When to try again; `None` for never.
    pub due: Option<Time>,
    /// Whether it counts against [`Policy::max_attempts`].
    pub counts: bool,
    /// The state of every recipient that is still pending (or unknown) and not in `exceptions`.
    pub rest: (RecipientState, Option<Reason>),
    /// The others.
    pub exceptions: Vec<TargetResult>,
}

/// Decides what becomes of a delivery after an attempt.
///
/// A retryable fault goes back to the outbox, a permanent one is a dead letter, a lost reply is repeated
/// only where the platform recognises repeats or the account says so. What is not about the message leaves it waiting;
/// whether the account's lane rests is [`crate::Standing`]'s to say.
#[must_use]
pub fn settle(outcome: Outcome, attempt: &Attempt, policy: &Policy) -> Settled {
    let &Attempt { attempts, repeat_of: repeat, first_call_at: first, expires_at, due, now, seed, .. } = attempt;
    match outcome {
        Outcome::Taken { exceptions, .. } => taken(exceptions, attempt, policy),
        Outcome::Failed { fault, exceptions } => {
            let retry_at = |after: Option<Duration>| {
                now + policy.backoff.delay(attempts, seed).max(after.unwrap_or_default().min(LONGEST_PAUSE))
            };
            let put_off = exceptions.iter().any(|e| e.state == RecipientState::Pending);
            let dead = |state, reason: Reason| {
                let end = match state {
                    DeliveryState::Expired => RecipientState::Expired,
                    _ => RecipientState::Failed,
                };
                Settled {
                    state,
                    due: None,
                    counts: true,
                    rest: (end, Some(reason)),
                    exceptions: ended(exceptions.clone(), end),
                }
            };
            let again = |due: Time, counts: bool| {
                if expires_at.is_some_and(|end| due > end) {
                    return dead(DeliveryState::Expired, Reason::ours("expired"));
                }
                // By then the platform would not take it for the first one.
                if repeat.is_some() && policy.repeat(first, due) == Repeat::Held {
                    return Settled { counts, ..held(exceptions.clone()) };
                }
                // A repeat that failed cleanly leaves the first attempt as unknown as it was.
                let (state, rest) = if repeat.is_some() {
                    (DeliveryState::Unknown, RecipientState::Unknown)
                } else {
                    (DeliveryState::Pending, RecipientState::Pending)
                };
                Settled {
                    state,
                    due: Some(due),
                    counts,
                    rest: (rest, Some(Reason::of(&fault))),
                    exceptions: exceptions.clone(),
                }
            };
            match fault.class() {
                // It keeps its place: what was due before others leaves before them.
                _ if is_untouched(&fault) => again(due, false),
                Class::Throttled { after } => again(retry_at(after), false),
                // The account's trouble, not the message's: it ends with the time that such a delivery waits.
                Class::RefreshToken if policy.backoff.waited(attempts) < policy.give_up_after => {
                    again(retry_at(None), true)
                }
                Class::Retryable { .. } if attempts + 1 >= policy.max_attempts => {
                    dead(DeliveryState::Failed, Reason::of(&fault))
                }
                Class::Retryable { after } => again(retry_at(after), true),
                // All were refused, but some of them only for now.
                Class::Permanent if put_off && attempts + 1 < policy.max_attempts => again(retry_at(None), true),
                Class::Permanent | Class::RefreshToken => {
                    let mut settled = dead(DeliveryState::Failed, Reason::of(&fault));
                    if repeat.is_some() {
                        settled.state = DeliveryState::Unknown;
                        settled.rest = (RecipientState::Unknown, Some(Reason::of(&fault)));
                    }
                    settled
                }
                Class::Ambiguous => ambiguous(&fault, exceptions, attempt, policy),
            }
        }
    }
}

/// What leaves later than this is marked.
const LATE_AFTER: Duration = Duration::from_secs(1_800);

fn taken(exceptions: Vec<TargetResult>, attempt: &Attempt, policy: &Policy) -> Settled {
    let &Attempt { attempts, repeat_of: repeat, first_call_at: first, began, first_due, now, seed, .. } = attempt;
    let put_off = exceptions.iter().any(|e| e.state == RecipientState::Pending);
    let last = attempts + 1 >= policy.max_attempts;
    let exceptions = if last { ended(exceptions, RecipientState::Failed) } else { exceptions };
    let reason = repeat.map(|_| match policy.repeat(first, began) {
        Repeat::Recognised => Reason::ours("deduplicated"),
        Repeat::MaybeTwice | Repeat::Held => Reason::ours("maybe_twice"),
    });
    // What may have come twice is said first, whatever else there is to say of a copy that arrived.
    let exceptions = exceptions
        .into_iter()
        .map(|one| match one.state {
            RecipientState::Sent => TargetResult { reason: reason.clone().or(one.reason), ..one },
            _ => one,
        })
        .collect::<Vec<_>>();
    let reason = reason.or_else(|| (now.since(first_due) >= LATE_AFTER).then(|| Reason::ours("late")));
    let again = put_off && !last;
    Settled {
        state: if again { DeliveryState::Pending } else { DeliveryState::Sent },
        due: again.then(|| now + policy.backoff.delay(attempts, seed)),
        counts: true,
        rest: (RecipientState::Sent, reason),
        exceptions,
    }
}

/// No further attempt: those who were put off are where the delivery ends.
fn ended(exceptions: Vec<TargetResult>, end: RecipientState) -> Vec<TargetResult> {
    let settle =
        |e: TargetResult| if e.state == RecipientState::Pending { TargetResult { state: end, ..e } } else { e };
    exceptions.into_iter().map(settle).collect()
}

fn ambiguous(fault: &Fault, exceptions: Vec<TargetResult>, attempt: &Attempt, policy: &Policy) -> Settled {
    let &Attempt { attempts, first_call_at: first, expires_at, now, seed, .. } = attempt;
    let due = now + policy.backoff.delay(attempts, seed);
    let safe = policy.repeat(first, due) != Repeat::Held;
    let again = safe && attempts + 1 < policy.max_attempts && expires_at.is_none_or(|end| due <= end);
    let settled = held(exceptions);
    if again {
        Settled { due: Some(due), rest: (RecipientState::Unknown, Some(Reason::of(fault))), ..settled }
    } else {
        settled
    }
}

/// It may have arrived, and nothing is done before somebody decides.
#[must_use]
pub fn held(exceptions: Vec<TargetResult>) -> Settled {
    Settled {
        state: DeliveryState::Unknown,
        due: None,
        counts: true,
        rest: (RecipientState::Unknown, Some(Reason::ours("held"))),
        exceptions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use hongyan_endpoint::About;

    fn policy(dedup: Dedup, on_unknown: OnUnknown) -> Policy {
        let (on_late, backoff) = (OnUnknown::Hold, Backoff::default());
        Policy { dedup, on_unknown, on_late, backoff, max_attempts: 4, give_up_after: Duration::from_secs(3 * 86_400) }
    }

    const NOW: Time = Time::from_millis(1_790_000_000_000);
    const WINDOW: Dedup = Dedup::IdenticalWithin(Duration::from_secs(1_800));

    fn after(attempts: u32, repeat_of: Option<Time>) -> Attempt {
        let first_call_at = repeat_of.unwrap_or(NOW);
        let due = NOW - Duration::from_secs(60);
        let (began, now, first_due) = (NOW, NOW, due);
        Attempt { attempts, repeat_of, first_call_at, began, expires_at: None, due, first_due, now, seed: 7 }
    }

    fn failed(class: Class) -> Outcome {
        Outcome::failed(Fault::refused("1", "words", None).with_class(class))
    }

    #[test]
    fn each_class_ends_in_its_state() {
        use DeliveryState as D;
        use RecipientState as R;
        let cases = [
            (Class::RETRY, 0, D::Pending, R::Pending, true, true),
            (Class::RETRY, 3, D::Failed, R::Failed, false, true),
            (Class::throttled(60), 9, D::Pending, R::Pending, true, false),
            (Class::Permanent, 0, D::Failed, R::Failed, false, true),
            (Class::RefreshToken, 0, D::Pending, R::Pending, true, true),
            (Class::RefreshToken, 3, D::Pending, R::Pending, true, true),
            (Class::RefreshToken, 500, D::Failed, R::Failed, false, true),
            (Class::Ambiguous, 0, D::Unknown, R::Unknown, true, true),
            (Class::Ambiguous, 3, D::Unknown, R::Unknown, false, true),
        ];
        for (class, attempts, state, rest, again, counts) in cases {
            let settled = settle(failed(class), &after(attempts, None), &policy(WINDOW, OnUnknown::Hold));
            assert_eq!(
                (settled.state, settled.rest.0, settled.due.is_some(), settled.counts),
                (state, rest, again, counts),
                "{class:?} after {attempts}"
            );
        }
    }

    #[test]
    fn what_nobody_has_seen_keeps_its_place_and_its_attempts() {
        let refused_login = Fault::refused("40001", "", None).with_about(About::Account);
        let faults = [
            Fault::transport("net.connect", ""),
            Fault::transport("net.tls", ""),
            Fault::transport("net.throttled", "HTTP 429"),
            Fault::transport("net.unavailable", "HTTP 503"),
            refused_login.clone(),
            refused_login.with_class(Class::RETRY),
        ];
        for fault in faults {
            // As many attempts as there can be, and more.
            let settled = settle(Outcome::failed(fault.clone()), &after(99, None), &policy(WINDOW, OnUnknown::Hold));
            let due = after(99, None).due;
            assert_eq!(
                (settled.state, settled.due, settled.counts),
                (DeliveryState::Pending, Some(due), false),
                "{fault:?}"
            );
        }
        let status = Fault::transport("net.status", "HTTP 502").with_class(Class::Ambiguous);
        let settled = settle(Outcome::failed(status), &after(0, None), &policy(Dedup::None, OnUnknown::Hold));
        assert_eq!((settled.state, settled.due), (DeliveryState::Unknown, None), "it may have been acted on");
    }

    #[test]
    fn a_platform_that_asks_for_a_day_is_asked_again_within_the_hour() {
        let settled = settle(failed(Class::throttled(86_400)), &after(0, None), &policy(WINDOW, OnUnknown::Hold));
        assert_eq!(settled.due, Some(NOW + LONGEST_PAUSE));
    }

    #[test]
    fn what_leaves_half_an_hour_late_says_so() {
        let taken = || Outcome::Taken { handle: None, exceptions: Vec::new() };
        for (late, code) in [(1_799, None), (1_800, Some("late"))] {
            let first_due = NOW - Duration::from_secs(late);
            let attempt = Attempt { first_due, ..after(0, None) };
            let reason = settle(taken(), &attempt, &policy(WINDOW, OnUnknown::Hold)).rest.1;
            assert_eq!(reason.as_ref().map(|reason| reason.code.as_str()), code);
        }
    }

    #[test]
    fn a_lost_reply_is_repeated_only_where_the_platform_or_the_account_says_so() {
        for (dedup, on_unknown, again) in [
            (WINDOW, OnUnknown::Hold, true),
            (Dedup::SameContentPerDay, OnUnknown::Hold, true),
            (Dedup::MessageId, OnUnknown::Resend, true),
            (Dedup::MessageId, OnUnknown::Hold, false),
            (Dedup::None, OnUnknown::Hold, false),
        ] {
            let settled = settle(failed(Class::Ambiguous), &after(0, None), &policy(dedup, on_unknown));
            assert_eq!(settled.due.is_some(), again, "{dedup:?} {on_unknown:?}");
        }
        let long_ago = NOW - Duration::from_secs(1_799);
        let settled = settle(failed(Class::Ambiguous), &after(1, Some(long_ago)), &policy(WINDOW, OnUnknown::Resend));
        assert_eq!(settled.due, None, "outside the window a repeat would arrive twice");
    }

    fn at(text: &str) -> Time {
        serde_json::from_str(&format!("\"2026-12-01T{text}+08:00\"")).unwrap()
    }

    #[test]
    fn a_repeat_is_judged_by_the_first_calls_time() {
        let day = Dedup::SameContentPerDay;
        let minute = Duration::from_secs(60);
        let (first, midnight) = (at("22:00:00"), at("23:59:59") + Duration::from_secs(1));
        let end = first + Duration::from_secs(1_800);
        for (dedup, when, expected) in [
            (WINDOW, first, Repeat::Recognised),
            (WINDOW, end - minute - Duration::from_millis(1), Repeat::Recognised),
            // It would be under way when the window ends.
            (WINDOW, end - minute, Repeat::Held),
            (WINDOW, end + minute, Repeat::Held),
            (Dedup::KeyedFor(Duration::from_secs(600)), first + Duration::from_secs(539), Repeat::Recognised),
            (Dedup::KeyedFor(Duration::from_secs(600)), first + Duration::from_secs(541), Repeat::Held),
            (day, midnight - minute - Duration::from_millis(1), Repeat::Recognised),
            (day, midnight - minute, Repeat::Held),
            (day, midnight + minute, Repeat::Held),
            (Dedup::None, first, Repeat::Held),
            (Dedup::MessageId, first, Repeat::Held),
            // The clock was set back: nobody knows how long ago the first call was.
            (WINDOW, first - minute, Repeat::Recognised),
            (WINDOW, first - minute - Duration::from_millis(1), Repeat::Held),
            (day, first - Duration::from_secs(3_600), Repeat::Held),
        ] {
            assert_eq!(policy(dedup, OnUnknown::Hold).repeat(first, when), expected, "{dedup:?} at {when}");
        }
    }

    #[test]
    fn where_a_repeat_is_not_recognised_the_account_decides() {
        for (dedup, on_unknown, on_late, expected) in [
            (WINDOW, OnUnknown::Resend, OnUnknown::Hold, Repeat::Held),
            (WINDOW, OnUnknown::Resend, OnUnknown::Resend, Repeat::MaybeTwice),
            (Dedup::SameContentPerDay, OnUnknown::Resend, OnUnknown::Resend, Repeat::MaybeTwice),
            (Dedup::None, OnUnknown::Resend, OnUnknown::Hold, Repeat::MaybeTwice),
            (Dedup::None, OnUnknown::Hold, OnUnknown::Hold, Repeat::Held),
        ] {
            let policy = Policy { on_late, ..policy(dedup, on_unknown) };
            let late = NOW + Duration::from_secs(86_400);
            assert_eq!(policy.repeat(NOW, late), expected, "{dedup:?} {on_unknown:?} {on_late:?}");
        }
    }

    #[test]
    fn a_late_repeat_is_held_or_said_to_be_one() {
        let long_ago = Some(NOW - Duration::from_secs(3_600));
        let resend = Policy { on_late: OnUnknown::Resend, ..policy(WINDOW, OnUnknown::Resend) };
        let hold = policy(WINDOW, OnUnknown::Resend);
        for class in [Class::RETRY, Class::throttled(60), Class::Ambiguous] {
            let settled = settle(failed(class), &after(1, long_ago), &hold);
            let reason = settled.rest.1.unwrap().code;
            assert_eq!(
                (settled.state, settled.due, reason.as_str()),
                (DeliveryState::Unknown, None, "held"),
                "{class:?}"
            );
            let settled = settle(failed(class), &after(1, long_ago), &resend);
            assert!(settled.state == DeliveryState::Unknown && settled.due.is_some(), "{class:?}");
        }
        let taken = Outcome::Taken { handle: None, exceptions: Vec::new() };
        assert_eq!(settle(taken, &after(1, long_ago), &resend).rest.1.unwrap().code, "maybe_twice");
    }

    #[test]
    fn what_was_repeated_says_so() {
        let taken = || Outcome::Taken { handle: None, exceptions: Vec::new() };
        for (dedup, code) in [(WINDOW, "deduplicated"), (Dedup::MessageId, "maybe_twice")] {
            let settled = settle(taken(), &after(1, Some(NOW)), &policy(dedup, OnUnknown::Resend));
            assert_eq!(settled.rest.1.unwrap().code, code);
        }
        assert_eq!(settle(taken(), &after(0, None), &policy(WINDOW, OnUnknown::Hold)).rest.1, None);
    }

    #[test]
    fn a_recipient_that_was_put_off_is_tried_again_and_fails_at_the_end() {
        let outcome = || Outcome::Taken {
            handle: None,
            exceptions: vec![TargetResult { index: 1, state: RecipientState::Pending, reason: None }],
        };
        let policy = policy(Dedup::MessageId, OnUnknown::Resend);
        let first = settle(outcome(), &after(0, None), &policy);
        assert_eq!((first.state, first.rest.0), (DeliveryState::Pending, RecipientState::Sent));
        let last = settle(outcome(), &after(3, None), &policy);
        assert_eq!((last.state, last.exceptions[0].state), (DeliveryState::Sent, RecipientState::Failed));
    }

    #[test]
    fn all_refused_but_some_only_for_now_is_tried_again_for_those() {
        let outcome = || Outcome::Failed {
            fault: Fault::refused("550", "", None),
            exceptions: vec![
                TargetResult { index: 0, state: RecipientState::Refused, reason: None },
                TargetResult { index: 1, state: RecipientState::Pending, reason: None },
            ],
        };
        let policy = policy(Dedup::MessageId, OnUnknown::Resend);
        assert_eq!(settle(outcome(), &after(0, None), &policy).state, DeliveryState::Pending);
        let last = settle(outcome(), &after(3, None), &policy);
        assert_eq!((last.state, last.exceptions[1].state), (DeliveryState::Failed, RecipientState::Failed));
    }

    #[test]
    fn a_retry_after_the_end_is_expired() {
        let settled = settle(
            failed(Class::RETRY),
            &Attempt { expires_at: Some(NOW), ..after(0, None) },
            &policy(WINDOW, OnUnknown::Hold),
        );
        assert_eq!((settled.state, settled.rest.0), (DeliveryState::Expired, RecipientState::Expired));
    }
}
