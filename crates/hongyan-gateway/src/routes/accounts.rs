//! Accounts: how they are doing, what they can do, and what a code of theirs means.

use super::{Call, platform};
use crate::{
    app::App,
    reply::{self, Reply},
};
use hongyan_api::{
    AccountCheck, AccountError, AccountList, AccountRow, Advice, Code, LastErrorRow, Problem, RateRow, ReachRow,
    RestRow,
};
use hongyan_channel::Account;
use hongyan_core::{LastError, Rate, Reason, Rest};
use hongyan_dispatch::AccountStanding;
use hongyan_endpoint::Responsible;
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// What to do about a reason's code, by the account's platform or by hongyan itself.
pub(super) fn advice(app: &App, account: &str, code: &str) -> Option<Advice> {
    let known = app
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

/// `GET /v1/accounts`
pub(super) async fn list(app: &Arc<App>, call: &Call) -> Reply {
    let caller = call.caller()?;
    let depths = app.store.depths().await.map_err(reply::store)?;
    let accounts = app
        .accounts
        .values()
        .filter(|account| caller.barred([account.name.as_ref()]).is_none())
        .map(|account| {
            let deliveries = depths
                .iter()
                .filter(|(name, _, _)| **name == *account.name)
                .map(|(_, state, count)| (state.name().to_owned(), *count))
                .collect();
            row(app, account, deliveries)
        })
        .collect();
    reply::ok(&AccountList { accounts })
}

fn row(app: &App, account: &Account, deliveries: BTreeMap<String, u64>) -> AccountRow {
    let capabilities = account.channel.capabilities();
    let health = account.channel.health();
    let AccountStanding { rest, last_error } = app.dispatcher.standing(&account.name).unwrap_or_default();
    let rates = |rates: &[Rate]| {
        rates
            .iter()
            .map(|rate| RateRow { max: rate.max, per_ms: u64::try_from(rate.per.as_millis()).unwrap_or(u64::MAX) })
            .collect()
    };
    AccountRow {
        name: account.name.to_string(),
        channel: capabilities.channel.to_owned(),
        token: health.token,
        reaches: capabilities
            .groups
            .iter()
            .map(|group| ReachRow {
                kinds: group.kinds.iter().map(|kind| kind.name().to_owned()).collect(),
                max: group.max as u64,
            })
            .collect(),
        formats: capabilities.formats.iter().map(|format| format.name().to_owned()).collect(),
        attachments: capabilities.attachments,
        concurrency: account.concurrency as u64,
        rates: rates(&account.rates),
        recipient_rates: rates(&account.recipient_rates),
        recall_seconds: capabilities.recall_for.as_ref().map(Duration::as_secs),
        receipts_seconds: capabilities.receipts_for.as_ref().map(Duration::as_secs),
        deliveries,
        rest: rest.map(|rest| rest_row(app, &account.name, rest)),
        last_error: last_error.map(|last| {
            let LastError { reason, class, at } = last;
            LastErrorRow { at, error: error(app, &account.name, class, reason) }
        }),
    }
}

fn error(app: &App, account: &str, class: &str, reason: Reason) -> AccountError {
    AccountError { class: class.to_owned(), advice: advice(app, account, &reason.code), reason }
}

/// Why an account rests, as answers tell it.
pub(super) fn rest_row(app: &App, account: &str, rest: Rest) -> RestRow {
    let Rest { cause, class, since, until } = rest;
    RestRow { cause: error(app, account, class, cause), since, until }
}

/// `POST /v1/accounts/{name}/check`
pub(super) async fn check(app: &Arc<App>, call: &Call) -> Reply {
    let name = call.param("name");
    let account = app
        .accounts
        .get(name)
        .ok_or_else(|| Problem::new(Code::NotFound, "there is no such account", "没有这个账号").at("name"))?;
    app.admit(call.caller()?, [name])?;
    let fault = account.channel.probe().await.err();
    match &fault {
        None => app.dispatcher.try_now(name),
        Some(fault) => app.dispatcher.note_error(name, fault),
    }
    let error = fault.map(|fault| platform::error(app, name, &fault));
    reply::ok(&AccountCheck { account: name.to_owned(), ok: error.is_none(), error })
}
