//! `hongyan status ID`: what became of a message, for every recipient.

use crate::lang::told;
use crate::out::say;
use crate::{
    args::Status,
    exit::Exit,
    ledger,
    listing::{self, Cell},
    remote::{Gateway, encode, other_version},
};
use anyhow::Context;
use hongyan_api::RecipientList;
use hongyan_endpoint::with_code;
use serde_json::{Value, json};
use std::time::Duration;

/// How often a watched message is looked at.
const LOOK: Duration = Duration::from_millis(500);

pub(crate) async fn run(args: &Status, json: bool) -> anyhow::Result<Exit> {
    let gateway = Gateway::open(&args.message.remote)?;
    let id = &args.message.id;
    if args.watch {
        return watch(&gateway, id, json).await;
    }
    if args.csv {
        return export(&gateway, id).await;
    }
    show(&gateway, id, json).await
}

/// Fetches and prints a message with its ledger.
pub(crate) async fn show(gateway: &Gateway, id: &str, json: bool) -> anyhow::Result<Exit> {
    let (message, recipients) = fetch(gateway, id).await?;
    let state = message.get("state").and_then(Value::as_str).unwrap_or_default().to_owned();
    if json {
        say!("{}", json!({"message": message, "recipients": recipients["recipients"]}));
        return Ok(Exit::of_state(&state));
    }
    say_state(id, &state);
    print_deliveries(&message);
    print_ledger(&recipients)?;
    Ok(Exit::of_state(&state))
}

fn say_state(id: &str, state: &str) {
    let (id, state) = (hongyan_endpoint::harmless(id), hongyan_endpoint::harmless(state));
    say!("{}", told!("message {id}: {state}" ; "消息 {id}：{state}"));
}

async fn fetch(gateway: &Gateway, id: &str) -> anyhow::Result<(Value, Value)> {
    let message = gateway.call("GET", &format!("/v1/messages/{}", encode(id)), &[], None).await?;
    let recipients = gateway.call("GET", &format!("/v1/messages/{}/recipients", encode(id)), &[], None).await?;
    Ok((message, recipients))
}

/// Shows the rows of the ledger that change, as they change, until the message is settled.
async fn watch(gateway: &Gateway, id: &str, json: bool) -> anyhow::Result<Exit> {
    let mut known: Vec<Value> = Vec::new();
    loop {
        let (message, recipients) = fetch(gateway, id).await?;
        let rows = recipients["recipients"].as_array().cloned().unwrap_or_default();
        let changed: Vec<&Value> =
            rows.iter().enumerate().filter(|(at, row)| known.get(*at) != Some(*row)).map(|(_, row)| row).collect();
        if json {
            changed.iter().for_each(|row| say!("{row}"));
        } else if !changed.is_empty() {
            print_ledger(&json!({"recipients": changed}))?;
        }
        known = rows;
        let state = message["state"].as_str().unwrap_or_default();
        if !matches!(state, "pending" | "unknown") || crate::out::is_closed() {
            if !json {
                say_state(id, state);
            }
            return Ok(Exit::of_state(state));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// The ledger as CSV.
async fn export(gateway: &Gateway, id: &str) -> anyhow::Result<Exit> {
    const COLUMNS: [&str; 9] =
        ["delivery", "account", "recipient", "resolved", "state", "code", "message", "advice", "at"];
    let (message, recipients) = fetch(gateway, id).await?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list: RecipientList = serde_json::from_value(recipients.clone()).with_context(other_version)?;
    let rows = list.recipients.iter().zip(recipients["recipients"].as_array().into_iter().flatten());
    let rows = rows.map(|(typed, row)| {
        [
            text(&row["delivery"]),
            text(&row["account"]),
            typed.row.address.to_string(),
            text(&row["resolved"]),
            text(&row["state"]),
            text(&row["reason"]["code"]),
            text(&row["reason"]["message"]),
            text(&row["advice"]["en"]),
            crate::when::local(&text(&row["at"])),
        ]
    });
    listing::print_csv(&COLUMNS, rows, true)?;
    Ok(Exit::of_state(message["state"].as_str().unwrap_or_default()))
}

/// Prints the ledger's answer.
pub(crate) fn print_ledger(recipients: &Value) -> anyhow::Result<()> {
    let list: RecipientList = serde_json::from_value(recipients.clone()).with_context(other_version)?;
    ledger::print_ledger(&list.recipients);
    Ok(())
}

/// Every call made, with the platform's own words: only where there is more to say than "taken".
fn print_deliveries(message: &Value) {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut rows = Vec::new();
    for delivery in message["deliveries"].as_array().into_iter().flatten() {
        for call in delivery["history"].as_array().into_iter().flatten() {
            rows.push(vec![
                Cell::from(text(&delivery["id"])),
                Cell::from(text(&delivery["account"])),
                Cell::time(&text(&call["at"])),
                Cell::from(format!("{} ms", call["took_ms"])),
                Cell::from(text(&call["class"])),
                Cell::from(with_code(&text(&call["code"]), &text(&call["message"]))),
            ]);
        }
    }
    if !rows.is_empty() {
        listing::print(
            &["DELIVERY 投递", "ACCOUNT", "CALLED AT 调用", "TOOK", "OUTCOME", "PLATFORM SAID 平台应答"],
            &rows,
        );
        say!();
    }
}
