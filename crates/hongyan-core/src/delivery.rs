//! The life of a delivery: states, outcomes, and the one decision after each attempt.
//!
//! [`settle`] is the state machine: it takes what the channel said and gives what the ledger will say.

use crate::{Backoff, Dedup, LONGEST_PAUSE, Time, is_untouched};
use hongyan_endpoint::{Class, ErrorCode, Fault, Responsible, error_code as row};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Waits for its due time.
    Pending,
    /// A call may be on its way.
    Sending,
    /// The platform took it.
    Sent,
    /// It will not be tried again by itself: a dead letter.
    Failed,
    /// It may have been taken; with a due time it will be repeated, without it is held.
    Unknown,
    /// Taken back.
    Recalled,
    /// Its time ran out.
    Expired,
    /// Called off before it was sent.
    Cancelled,
}

/// What is known of one recipient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum RecipientState {
    /// Not sent yet.
    Pending,
    /// The platform took it for them.
    Sent,
    /// They have seen it.
    Read,
    /// It is with them, unseen.
    Unread,
    /// The platform would not take it for them; the reason says why.
    Refused,
    /// It could not be sent.
    Failed,
    /// It may have reached them.
    Unknown,
    /// Taken back.
    Recalled,
    /// Its time ran out first.
    Expired,
    /// Called off.
    Cancelled,
}

macro_rules! named_states {
    ($type:ident { $($variant:ident = $number:literal $name:literal),* $(,)? }) => {
        impl $type {
            /// Every state.
            pub const EVERY: &[Self] = &[$(Self::$variant),*];

            /// As in JSON.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name),* }
            }

            /// The number that stores keep. Never reused.
            #[must_use]
            pub const fn number(self) -> i64 {
                match self { $(Self::$variant => $number),* }
            }

            /// The state of that number.
            #[must_use]
            pub const fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)* _ => None }
            }

            /// The state of that name.
            #[must_use]
            pub fn from_name(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }
        }
    };
}

named_states!(DeliveryState {
    Pending = 0 "pending", Sending = 1 "sending", Sent = 2 "sent", Failed = 3 "failed",
    Unknown = 4 "unknown", Recalled = 5 "recalled", Expired = 6 "expired", Cancelled = 7 "cancelled",
});
named_states!(RecipientState {
    Pending = 0 "pending", Sent = 1 "sent", Read = 2 "read", Unread = 3 "unread", Refused = 4 "refused",
    Failed = 5 "failed", Unknown = 6 "unknown", Recalled = 7 "recalled", Expired = 8 "expired", Cancelled = 9 "cancelled",
});

/// Why a recipient is in its state: the platform's code (or one of [`Reason::TABLE`]) and what it said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Reason {
    /// The platform's code, or ours.
    pub code: String,
    /// What the platform said, as it said it; may be empty.
    pub message: String,
}

impl Reason {
    /// A reason with our code, without a message of the platform.
    #[must_use]
    pub fn ours(code: &'static str) -> Self {
        debug_assert!(Self::TABLE.iter().any(|row| row.code == code), "{code} is not in the table");
        Self { code: code.into(), message: String::new() }
    }

    /// The reason that a fault gives.
    #[must_use]
    pub fn of(fault: &Fault) -> Self {
        Self { code: fault.code().into(), message: fault.message().into() }
    }

    /// The row of [`Self::TABLE`] for one of our codes.
    #[must_use]
    pub fn error_code(code: &str) -> Option<&'static ErrorCode> {
        Self::TABLE.iter().find(|row| row.code == code)
    }

    /// Reasons that are not a platform's code: list names, and what hongyan itself decided.
    pub const TABLE: &'static [ErrorCode] = &[
        row(
            "invalid_recipient",
            Class::Permanent,
            Responsible::Sender,
            ("the platform knows no such recipient, or the app may not see them", "平台查无此人，或不在应用可见范围内"),
            (
                "check the id, and the app's visible range in the admin console",
                "请核对 ID，并在管理后台检查应用可见范围",
            ),
        ),
        row(
            "unlicensed",
            Class::Permanent,
            Responsible::Admin,
            ("the recipient has no interface licence", "接收人没有接口许可"),
            ("assign a licence in the admin console", "请在管理后台分配许可"),
        ),
        row(
            "platform_failed",
            Class::RETRY,
            Responsible::Hongyan,
            ("the platform could not deliver to them", "平台投递失败"),
            ("retry the message", "请重试该消息"),
        ),
        row(
            "repeated",
            Class::Permanent,
            Responsible::Sender,
            (
                "the same content went to them already and the platform would swallow it",
                "相同内容已发给此人，平台会丢弃",
            ),
            (
                "change the text, or set on_repeat = \"stamp\" on the account",
                "请修改内容，或为账号设置 on_repeat = \"stamp\"",
            ),
        ),
        row(
            "deduplicated",
            Class::Permanent,
            Responsible::Hongyan,
            (
                "a reply was lost and the call made again; the platform brings equal calls only once",
                "应答丢失后重发；平台对相同请求只送达一次",
            ),
            ("nothing to do", "无需处理"),
        ),
        row(
            "maybe_twice",
            Class::Permanent,
            Responsible::Sender,
            (
                "a reply was lost and the message was sent again: it may have arrived twice",
                "应答丢失后重发，可能收到两次",
            ),
            (
                "nothing to do; see on_unknown to hold such messages instead",
                "无需处理；如需改为挂起，请设置 on_unknown",
            ),
        ),
        row(
            "late",
            Class::Permanent,
            Responsible::Hongyan,
            ("it left more than 30 minutes after it was due", "晚于应发时间 30 分钟以上才发出"),
            (
                "nothing to do; see GET /v1/accounts for what kept the account",
                "无需处理；账号受阻原因见 GET /v1/accounts",
            ),
        ),
        row(
            "gave_up",
            Class::Permanent,
            Responsible::Operator,
            ("its account could not send for longer than give_up_after", "账号无法发送的时间超过 give_up_after"),
            (
                "see GET /v1/accounts for what stands in the way, then retry the message",
                "请在 GET /v1/accounts 查看原因，排除后重试该消息",
            ),
        ),
        row(
            "held",
            Class::Ambiguous,
            Responsible::Sender,
            ("the reply was lost; it may have arrived, and is held", "应答丢失，可能已送达，已挂起"),
            ("ask the recipient, then retry or leave it", "请向接收人确认后重试或搁置"),
        ),
        row(
            "truncated",
            Class::Permanent,
            Responsible::Sender,
            ("the platform took it and shows only its beginning", "平台已接收，但超长部分会被截断"),
            (
                "shorten it, link to the rest, or set long_text = \"split\" on the account",
                "请缩短内容、改为链接，或为账号设置 long_text = \"split\"",
            ),
        ),
        row(
            "interrupted",
            Class::Ambiguous,
            Responsible::Hongyan,
            ("the gateway stopped while the call was under way", "调用进行中网关停止"),
            ("nothing to do", "无需处理"),
        ),
        row(
            "attempt_panicked",
            Class::RETRY,
            Responsible::Hongyan,
            ("a mistake inside the gateway ended the attempt", "网关内部错误中断了本次尝试"),
            ("report it with the gateway's log of that moment", "请附上当时的网关日志反馈该问题"),
        ),
        row(
            "store_unavailable",
            Class::RETRY,
            Responsible::Admin,
            ("the gateway's own store could not be used; nothing was sent", "网关自身的存储不可用，未发送"),
            ("see /readyz and the gateway's log", "请查看 /readyz 与网关日志"),
        ),
        row(
            "unreadable",
            Class::Permanent,
            Responsible::Admin,
            (
                "its stored row cannot be read: a newer version wrote it, or it is damaged",
                "存储的记录无法读取：由更新版本写入，或已损坏",
            ),
            ("retry it with the version that wrote it, or send a new message", "请用写入它的版本重试，或重新发送"),
        ),
        row(
            "expired",
            Class::Permanent,
            Responsible::Sender,
            ("expires_at passed first", "已过 expires_at"),
            ("send a new message if it still matters", "如仍需要请重新发送"),
        ),
        row(
            "cancelled",
            Class::Permanent,
            Responsible::Sender,
            ("called off before it was sent", "发送前已取消"),
            ("nothing to do", "无需处理"),
        ),
        row(
            "cannot_recall",
            Class::Permanent,
            Responsible::Sender,
            ("this channel cannot take a message back", "该渠道不支持撤回"),
            ("send a correction instead", "请改为发送更正"),
        ),
        row(
            "cannot_upload",
            Class::Permanent,
            Responsible::Sender,
            ("this channel takes no such file", "该渠道不支持此类文件"),
            ("send a link to the file, or another form", "请改为发送文件链接或其他形式"),
        ),
        row(
            "no_file",
            Class::Permanent,
            Responsible::Sender,
            ("the file that the message names is not kept here", "消息引用的文件不存在"),
            ("hand it in again by POST /v1/media and send a new message", "请用 POST /v1/media 重新上传，再发新消息"),
        ),
        row(
            "not_mentioned",
            Class::Permanent,
            Responsible::Sender,
            ("the group has it, but a message of this kind cannot mention them", "群内已送达，但该类消息无法 @ 到此人"),
            (
                "send text or markdown to mention people; on WeCom, markdown mentions user ids only",
                "如需 @ 人请发送 text 或 markdown；企业微信的 markdown 只能 @ userid",
            ),
        ),
        row(
            "no_read_list",
            Class::Permanent,
            Responsible::Sender,
            ("the platform does not tell who read this", "平台不提供该消息的已读名单"),
            ("nothing to do", "无需处理"),
        ),
        row(
            "too_late",
            Class::Permanent,
            Responsible::Sender,
            ("the platform takes messages back for a day only", "平台仅支持在一天内撤回"),
            ("send a correction instead", "请改为发送更正"),
        ),
        row(
            "account_rests",
            Class::RETRY,
            Responsible::Admin,
            ("its account cannot log in or be reached, and rests", "账号无法登录或连接，暂停中"),
            (
                "see GET /v1/accounts for what stands in the way and when it is tried next, then ask again",
                "请在 GET /v1/accounts 查看原因与下次尝试时间，之后重试",
            ),
        ),
        row(
            "under_way",
            Class::RETRY,
            Responsible::Hongyan,
            ("its call is under way, or its reply was lost", "调用进行中，或应答已丢失"),
            ("ask again when the delivery has settled", "待投递有结果后再试"),
        ),
    ];
}

/// What a channel says of one call.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The platform took the call. Recipients that are not named are [`RecipientState::Sent`]; a named
    /// one that is [`RecipientState::Pending`] was put off and is to be tried again.
    Taken {
        /// The platform's id for it (`task_id`, `msgid`), if it has one.
        handle: Option<String>,
        /// Recipients that fared otherwise.
        exceptions: Vec<TargetResult>,
    },
    /// The call as a whole failed. `exceptions` may still say more of single recipients.
    Failed {
        /// Why.
        fault: Fault,
        /// Recipients of whom more is known.
        exceptions: Vec<TargetResult>,
    },
}

impl Outcome {
    /// A failure that says nothing of single recipients.
    #[must_use]
    pub fn failed(fault: Fault) -> Self {
        Self::Failed { fault, exceptions: Vec::new() }
    }
}

/// What is known of one recipient after a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetResult {
    /// [`crate::Target::index`].
    pub index: u32,
    /// The state.
    pub state: RecipientState,
    /// Why.
    pub reason: Option<Reason>,
}

/// What a look at the receipts found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReceiptReport {
    /// The recipients of whom the platform said something.
    pub results: Vec<TargetResult>,
    /// Whether the platform has worked through the call. When not, look again soon.
    pub finished: bool,
}

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

    #[test]
    fn numbers_and_names_of_states_are_each_others_inverse() {
        for state in DeliveryState::EVERY {
            assert_eq!(DeliveryState::from_number(state.number()), Some(*state));
            assert_eq!(DeliveryState::from_name(state.name()), Some(*state));
        }
        for state in RecipientState::EVERY {
            assert_eq!(RecipientState::from_number(state.number()), Some(*state));
            assert_eq!(RecipientState::from_name(state.name()), Some(*state));
        }
    }
}
