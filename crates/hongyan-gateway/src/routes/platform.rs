//! What a platform's refusal is to a caller who asked through the gateway.

use super::app::App;
use hongyan_api::{AccountError, Advice, Code, Problem, RestRow};
use hongyan_channel::Account;
use hongyan_core::{Missing, Reason, Rest};
use hongyan_endpoint::{Class, Fault, Responsible, with_code};

/// What to do about a reason's code, by the account's platform or by hongyan itself.
pub(super) fn advice(app: &App, account: &str, code: &str) -> Option<Advice> {
    let known = app
        .intake
        .accounts
        .get(account)
        .and_then(|account| account.channel.explain(code))
        .or_else(|| Reason::error_code(code))?;
    let who = match known.responsible {
        Responsible::Hongyan => "hongyan",
        Responsible::Sender => "sender",
        Responsible::Admin => "admin",
        Responsible::Operator => "operator",
    };
    Some(Advice {
        means_en: known.en.into(),
        means_zh: known.zh.into(),
        en: known.advice_en.into(),
        zh: known.advice_zh.into(),
        who: who.into(),
    })
}

/// A reason as answers tell it: class, code, message, advice.
pub(super) fn account_error(app: &App, account: &str, class: &str, reason: Reason) -> AccountError {
    AccountError { class: class.to_owned(), advice: advice(app, account, &reason.code), reason }
}

/// Why an account rests, as answers tell it.
pub(super) fn rest_row(app: &App, account: &str, rest: Rest) -> RestRow {
    let Rest { cause, class, since, until } = rest;
    RestRow { cause: account_error(app, account, class, cause), since, until }
}

/// As [`account_error`], of a fault.
pub(super) fn of_fault(app: &App, account: &str, fault: &Fault) -> AccountError {
    account_error(app, account, fault.class().name(), Reason::of(fault))
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
    let error = of_fault(app, &account.name, fault);
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
