//! What a platform's refusal is to a caller who asked through the gateway.

use super::accounts::advice;
use crate::app::App;
use hongyan_api::{AccountTrouble, Code, Problem};
use hongyan_channel::Account;
use hongyan_core::{Missing, Reason};
use hongyan_endpoint::{Class, Fault, Who};

/// A fault as account checks tell it: class, code, words, advice.
pub(super) fn trouble(app: &App, account: &str, fault: &Fault) -> AccountTrouble {
    AccountTrouble {
        class: fault.class().name().to_owned(),
        advice: advice(app, account, fault.code()),
        reason: Reason::of(fault),
    }
}

/// A fault as a problem. `named`: what the request's address names, so that its absence is a `404`.
pub(super) fn problem(app: &App, account: &Account, fault: &Fault, named: &[Missing]) -> Problem {
    let missing = account.channel.missing(fault.code());
    let code = match fault.class() {
        _ if missing.is_some_and(|missing| named.contains(&missing)) => Code::NotFound,
        Class::Throttled { .. } => Code::PlatformThrottled,
        Class::Ambiguous => Code::PlatformUnknown,
        Class::Retryable { .. } | Class::RefreshToken => Code::PlatformFailed,
        Class::Permanent => match fault.known().map(|known| known.who) {
            Some(Who::Sender) => Code::PlatformRefused,
            // Neither the caller nor the request can help it.
            Some(Who::Admin | Who::Operator | Who::Hongyan) | None => Code::PlatformFailed,
        },
    };
    let trouble = trouble(app, &account.name, fault);
    let (means_en, means_zh) =
        trouble.advice.as_ref().map_or(("", ""), |advice| (advice.means_en.as_str(), advice.means_zh.as_str()));
    let say = |parts: [&str; 3]| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let words = &trouble.reason.words;
    let detail = format!("account {}: {}", account.name, say([fault.code(), means_en, words]));
    let detail_zh = format!("账号 {}：{}", account.name, say([fault.code(), means_zh, words]));
    Problem::new(code, detail, detail_zh).because(trouble)
}
