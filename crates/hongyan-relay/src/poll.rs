//! Asking for the state of messages under way: bounded in each round, so that ten thousand of them cost no storm of calls.

use crate::{
    Fault, Kind,
    answer::{self, Meaning, fate, meaning},
    work::{Due, Found},
};
use hongyan_client::Gateway;
use serde_json::Value;
use std::{
    collections::HashSet,
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::task::JoinSet;

/// Calls under way at once.
const AT_ONCE: usize = 16;
/// A message that the gateway does not show to this key is asked for again after so long, in milliseconds.
const CLOSED_MS: i64 = 3_600_000;
/// How long the accounts are remembered.
const ACCOUNTS_FOR: Duration = Duration::from_secs(60);

/// Which accounts say more after they took a call.
#[derive(Debug, Default)]
pub(crate) struct Accounts {
    /// Those that say all at once; an account that is not named here is given time.
    silent: Arc<HashSet<String>>,
    read_at: Option<Instant>,
}

impl Accounts {
    /// As far as the gateway tells; what it does not tell costs nothing but calls.
    async fn silent(&mut self, gateway: &Gateway) -> Arc<HashSet<String>> {
        if self.read_at.is_none_or(|at| at.elapsed() > ACCOUNTS_FOR) {
            self.read_at = Some(Instant::now());
            if let Ok(list) = gateway.call("GET", "/v1/accounts", &[], None).await {
                let rows = list["accounts"].as_array().into_iter().flatten();
                let silent = rows.filter(|row| row["receipts_seconds"].is_null());
                self.silent = Arc::new(silent.filter_map(|row| Some(row["name"].as_str()?.to_owned())).collect());
            }
        }
        Arc::clone(&self.silent)
    }
}

/// What a round found.
#[derive(Debug, Default)]
pub(crate) struct Polled {
    pub(crate) found: Vec<Found>,
    /// What stood in the way of the rest, if anything did.
    pub(crate) fault: Option<hongyan_client::Fault>,
    /// Nothing will go through before somebody acts.
    pub(crate) stop: Option<Fault>,
}

/// Asks for the state of rows' messages. Those that the gateway did not answer for stay due.
pub(crate) async fn poll(gateway: &Gateway, accounts: &mut Accounts, rows: Vec<Due>, now: i64) -> Polled {
    let silent = accounts.silent(gateway).await;
    let mut polled = Polled::default();
    let mut calls = JoinSet::new();
    let mut rows = rows.into_iter();
    loop {
        while calls.len() < AT_ONCE && polled.fault.is_none() {
            let Some(row) = rows.next() else { break };
            calls.spawn(one(gateway.clone(), row, now, Arc::clone(&silent)));
        }
        let Some(done) = calls.join_next().await else { return polled };
        match done {
            Ok(Ok(found)) => polled.found.push(found),
            Ok(Err(fault)) => {
                if meaning(&fault) == Meaning::NoAccess {
                    let message = format!(
                        "{}: the relay needs a key with the scope read beside send · 需要具备 read 权限的密钥",
                        fault.message
                    );
                    polled.stop = Some(Fault::new(Kind::Access, message));
                }
                polled.fault = Some(fault);
            }
            // A row whose task panicked stays due.
            Err(error) => tracing::error!(%error, "asking for a message's state panicked"),
        }
    }
}

async fn one(
    gateway: Gateway,
    row: Due,
    now: i64,
    silent: Arc<HashSet<String>>,
) -> Result<Found, hongyan_client::Fault> {
    let message: Value = match gateway.status(&row.message_id).await {
        Ok(message) => message,
        Err(fault) if fault.kind == hongyan_client::Kind::Refused(404) && fault.code == "not_found" => {
            let error = "the gateway has forgotten the message: this is the last that was known · 网关已遗忘该消息";
            // What was under way when it was last seen may have arrived.
            let state = if row.state == "pending" { "unknown".into() } else { row.state.clone() };
            return Ok(Found { state, error: Some(error.into()), poll_at: None, row });
        }
        // This one is closed to the key: the others are not held up by it.
        Err(fault) if meaning(&fault) == Meaning::Refused => {
            let poll_at = Some(now.saturating_add(CLOSED_MS));
            return Ok(Found { state: row.state.clone(), error: Some(fault.message), poll_at, row });
        }
        Err(fault) => return Err(fault),
    };
    let seen = (row.state.as_str(), row.since);
    let Some(fate) = fate(&message, seen, now, |account| !silent.contains(account)) else {
        return Err(hongyan_client::Fault::new(
            hongyan_client::Kind::Foreign,
            "the gateway's answer names no state: is it a hongyan gateway?",
            "网关的应答没有状态：它是鸿雁网关吗？",
        ));
    };
    let error = match fate.state.as_str() {
        "partial" | "failed" | "expired" | "unknown" if fate.state != row.state || fate.poll_at.is_none() => {
            answer::error(&gateway.recipients(&row.message_id).await?)
        }
        "partial" | "failed" | "expired" | "unknown" => row.error.clone(),
        _ => None,
    };
    Ok(Found { state: fate.state, error, poll_at: fate.poll_at, row })
}
