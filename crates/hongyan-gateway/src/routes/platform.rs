//! What a platform's refusal is to a caller who asked through the gateway.

use super::accounts::{advice, rest_row};
use crate::app::App;
use hongyan_api::{AccountError, Code, Problem};
use hongyan_channel::Account;
use hongyan_core::{Missing, Reason, Rest};
use hongyan_endpoint::{Class, Fault, Responsible, with_code};

/// A fault as account checks tell it: class, code, message, advice.
pub(super) fn error(app: &App, account: &str, fault: &Fault) -> AccountError {
    AccountError {
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
        Class::Permanent => match fault.error_code().map(|known| known.responsible) {
            Some(Responsible::Sender) => Code::PlatformRefused,
            // Neither the caller nor the request can help it.
            Some(Responsible::Admin | Responsible::Operator | Responsible::Hongyan) | None => Code::PlatformFailed,
        },
    };
    let error = error(app, &account.name, fault);
    let (means_en, means_zh) =
        error.advice.as_ref().map_or(("", ""), |advice| (advice.means_en.as_str(), advice.means_zh.as_str()));
    let say = |parts: [&str; 3]| parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ");
    let said = &error.reason.message;
    let detail = format!("account {}: {}", account.name, say([fault.code(), means_en, said]));
    let detail_zh = format!("账号 {}：{}", account.name, say([fault.code(), means_zh, said]));
    let problem = Problem::new(code, detail, detail_zh).because(error);
    match fault.class() {
        Class::Throttled { after: Some(after) } => problem.after(after),
        _ => problem,
    }
}

/// What a platform answers to a call that is no message, or why its account was not asked. `named` as in [`problem`].
pub(super) async fn ask<T>(
    app: &App,
    account: &Account,
    named: &[Missing],
    call: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Problem> {
    match app.dispatcher.ask(&account.name, call).await {
        Ok(answered) => answered.map_err(|fault| problem(app, account, &fault, named)),
        Err(rest) => Err(resting(app, &account.name, rest)),
    }
}

/// The account rests: why, and when it is worth to ask again.
pub(super) fn resting(app: &App, account: &str, rest: Rest) -> Problem {
    let rest = rest_row(app, account, rest);
    let cause = with_code(&rest.cause.reason.code, &rest.cause.reason.message);
    let detail = format!("account {account}: rests since {} until {}: {cause}", rest.since, rest.until);
    let detail_zh = format!("账号 {account}：自 {} 起暂停，{} 再试：{cause}", rest.since, rest.until);
    let pause = rest.until.since(app.clock.now());
    let problem = Problem::new(Code::AccountRests, detail, detail_zh).at("account").after(pause);
    Problem { rest: Some(Box::new(rest)), ..problem }
}
