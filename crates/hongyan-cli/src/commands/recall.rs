//! `hongyan recall ID`: takes a message back and says, delivery by delivery, what happened.

use super::status;
use crate::out::say;
use crate::{
    args::Message,
    exit::Exit,
    lang::told,
    ledger,
    listing::{self, Cell},
    progress,
    remote::{Gateway, encode, other_version},
};
use anyhow::Context;
use hongyan_api::RecallReport;
use serde_json::{Value, json};

pub(crate) async fn run(args: &Message, json: bool) -> anyhow::Result<Exit> {
    let gateway = Gateway::open(&args.remote)?;
    let report = recall(&gateway, &args.id).await?;
    if json {
        say!("{report}");
    } else {
        print_report(&report)?;
        let recipients = gateway.call("GET", &format!("/v1/messages/{}/recipients", args.id), &[], None).await?;
        status::print_ledger(&recipients)?;
    }
    let done = |d: &Value| matches!(d["result"].as_str(), Some("recalled" | "cancelled"));
    let all = report["deliveries"].as_array().is_some_and(|deliveries| deliveries.iter().all(done));
    Ok(if all { Exit::Done } else { Exit::Failed })
}

/// Asks for the recall.
pub(crate) async fn recall(gateway: &Gateway, id: &str) -> anyhow::Result<Value> {
    let path = format!("/v1/messages/{}/recall", encode(id));
    progress::during(told!("taking back" ; "正在撤回"), gateway.call("POST", &path, &[], Some(&json!({})))).await
}

/// Prints what became of each delivery.
pub(crate) fn print_report(report: &Value) -> anyhow::Result<()> {
    let report: RecallReport = serde_json::from_value(report.clone()).with_context(other_version)?;
    let rows: Vec<Vec<Cell>> = report
        .deliveries
        .iter()
        .map(|delivery| {
            vec![
                delivery.id.to_string().into(),
                delivery.account.as_str().into(),
                Cell::state(&delivery.result),
                ledger::explain(delivery.reason.as_ref(), delivery.advice.as_ref()).into(),
            ]
        })
        .collect();
    listing::print(&["DELIVERY 投递", "ACCOUNT 账号", "RECALL 撤回", "REASON 原因"], &rows);
    say!();
    Ok(())
}
