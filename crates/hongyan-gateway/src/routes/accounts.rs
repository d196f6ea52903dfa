//! Accounts: how they are doing, what they can do, and what a code of theirs means.

use super::{app::App, call::Call, platform};
use hongyan_api::{AccountCheck, AccountList, AccountRow, Code, LastErrorRow, Problem, RateRow, ReachRow};
use hongyan_channel::Account;
use hongyan_core::{LastError, Rate};
use hongyan_dispatch::AccountStanding;
use hongyan_intake::reply::{self, Reply};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

/// `GET /v1/accounts`
pub(super) async fn list(app: &Arc<App>, call: &Call) -> Reply {
    let caller = call.caller()?;
    let depths = app.store.depths().await.map_err(reply::store)?;
    let accounts = app
        .intake
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
        rest: rest.map(|rest| platform::rest_row(app, &account.name, rest)),
        last_error: last_error.map(|last| {
            let LastError { reason, class, at } = last;
            LastErrorRow { at, error: platform::account_error(app, &account.name, class, reason) }
        }),
    }
}

/// `POST /v1/accounts/{name}/check`
pub(super) async fn check(app: &Arc<App>, call: &Call) -> Reply {
    let name = call.param("name");
    let account = app
        .intake
        .accounts
        .get(name)
        .ok_or_else(|| Problem::new(Code::NotFound, "there is no such account", "没有这个账号").at("name"))?;
    call.caller()?.check_accounts([name])?;
    let fault = account.channel.probe().await.err();
    match &fault {
        None => app.dispatcher.try_now(name),
        Some(fault) => app.dispatcher.note_error(name, fault),
    }
    let error = fault.map(|fault| platform::of_fault(app, name, &fault));
    reply::ok(&AccountCheck { account: name.to_owned(), ok: error.is_none(), error })
}
