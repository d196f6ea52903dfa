//! The wall clock of a running gateway is set: nothing waits for the size of the step, and nothing ends too early.

use crate::stage::Stage;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const DAY_MS: i64 = 86_400_000;
const SEND: &str = "/cgi-bin/message/send";

/// Retries after a second or so, receipts too.
const SLOWER: [(&str, &str); 2] = [
    ("first_retry_ms = 40\nlongest_retry_ms = 400", "first_retry_ms = 1500"),
    ("receipts_after_ms = 100", "receipts_after_ms = 1500"),
];

/// A gateway that starts with its clock off by so much.
async fn stage(by_ms: i64) -> Stage {
    let mut stage = Stage::dark("").await;
    stage.configure(|config| SLOWER.iter().fold(config.to_owned(), |text, (from, to)| text.replace(from, to)));
    stage.set_clock(by_ms);
    stage.start();
    stage
}

fn message(account: &str, words: &str) -> Value {
    json!({"to": [{"userid": "lisi"}], "via": [account], "content": {"text": words}})
}

async fn tried(stage: &Stage, id: &str) {
    stage.until(id, "tried once", |message| message["deliveries"][0]["attempts"] == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_back_a_day_keeps_neither_a_retry_nor_a_receipt() {
    let stage = stage(DAY_MS).await;
    stage.order_fault(&format!("busy:{SEND}:1"));
    let retried = stage.send(&message("wecom", "稍后重试")).await;
    tried(&stage, &retried).await;
    let read = stage.send(&message("ding", "等回执")).await;
    stage.until(&read, "taken", |message| message["deliveries"][0]["sent_at"].is_string()).await;
    stage.set_clock(0);
    stage.until_state(&retried, "sent").await;
    let has_receipt = |message: &Value| message["recipients"]["unread"] == 1;
    stage.until(&read, "with its receipt", has_receipt).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_down_while_the_clock_was_ahead_leaves_at_the_next_start() {
    let mut stage = stage(DAY_MS).await;
    stage.order_fault(&format!("busy:{SEND}:1"));
    let id = stage.send(&message("wecom", "开机前的时钟")).await;
    tried(&stage, &id).await;
    stage.kill();
    stage.set_clock(0);
    stage.start();
    stage.until_state(&id, "sent").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clock_that_is_set_forward_four_days_ends_nothing_before_its_time() {
    let stage = stage(0).await;
    stage.order_fault(&format!("busy:{SEND}:3"));
    let mut waiting = Vec::new();
    for words in ["一", "二", "三"] {
        waiting.push(stage.send(&message("wecom", words)).await);
    }
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let accounts = stage.call("GET", "/v1/accounts", None).await.1;
        let wecom = accounts["accounts"].as_array().unwrap().iter().find(|one| one["name"] == "wecom").unwrap();
        if let Some(rest) = wecom["rest"].as_object() {
            assert_eq!(
                (&rest["cause"]["class"], &rest["cause"]["reason"]["code"]),
                (&json!("retryable"), &json!("-1"))
            );
            assert_eq!(wecom["last_error"]["reason"]["code"], "-1");
            break;
        }
        assert!(Instant::now() < deadline, "{accounts}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // More days than any message waits for its account; so few have passed, though.
    stage.set_clock(4 * DAY_MS);
    for id in &waiting {
        stage.until_state(id, "sent").await;
    }
}
