//! `hongyan status ID`: what became of a message, for every recipient.

use crate::{args::Message, exit::Exit, remote::Gateway, table::Cell, words};
use anyhow::Context;
use hongyan_api::RecipientList;
use hongyan_endpoint::with_code;
use serde_json::{Value, json};

pub(crate) async fn run(args: &Message, json: bool) -> anyhow::Result<Exit> {
    show(&Gateway::open(&args.remote)?, &args.id, json).await
}

/// Fetches and prints a message with its ledger.
pub(crate) async fn show(gateway: &Gateway, id: &str, json: bool) -> anyhow::Result<Exit> {
    let message = gateway.call("GET", &format!("/v1/messages/{id}"), &[], None).await?;
    let recipients = gateway.call("GET", &format!("/v1/messages/{id}/recipients"), &[], None).await?;
    let state = message.get("state").and_then(Value::as_str).unwrap_or_default().to_owned();
    if json {
        println!("{}", json!({"message": message, "recipients": recipients["recipients"]}));
        return Ok(Exit::of_state(&state));
    }
    anstream::println!("message {id}: {state}");
    print_deliveries(&message);
    print_ledger(&recipients)?;
    Ok(Exit::of_state(&state))
}

/// Prints the ledger's answer.
pub(crate) fn print_ledger(recipients: &Value) -> anyhow::Result<()> {
    let list: RecipientList =
        serde_json::from_value(recipients.clone()).context("the gateway's ledger is of another version")?;
    words::print_ledger(&list.recipients);
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
                Cell::from(text(&call["at"])),
                Cell::from(format!("{} ms", call["took_ms"])),
                Cell::from(text(&call["class"])),
                Cell::from(with_code(&text(&call["code"]), &text(&call["words"]))),
            ]);
        }
    }
    if !rows.is_empty() {
        crate::table::print(
            &["DELIVERY 投递", "ACCOUNT", "CALLED AT 调用", "TOOK", "OUTCOME", "PLATFORM SAID 平台应答"],
            &rows,
        );
        println!();
    }
}
