//! The gateway's own store in trouble: nothing is acknowledged that would be lost, nothing sticks once it is over.

use crate::stage::Stage;
use serde_json::{Value, json};
use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

fn store(stage: &Stage) -> PathBuf {
    stage.folder.0.join("hongyan.db")
}

pub(crate) fn message(account: &str, words: &str) -> Value {
    json!({"to": [{"userid": "zhangsan"}], "via": [account], "content": {"text": words}})
}

/// Status, `Retry-After` and code of a send.
pub(crate) async fn send(stage: &Stage) -> (u16, Option<String>, Value) {
    let request = http::Request::post(format!("{}/v1/messages", stage.base))
        .header("authorization", format!("Bearer {}", stage.key))
        .header("content-type", "application/json")
        .body(message("ding", "写不进").to_string().into())
        .unwrap();
    let reply = stage.http.send(request).await.unwrap();
    let after = reply.headers.get("retry-after").map(|value| value.to_str().unwrap().to_owned());
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    (reply.status, after, body["code"].clone())
}

async fn ready(stage: &Stage) -> (u16, Value) {
    let reply = stage.http.get(&format!("{}/readyz", stage.base)).await.unwrap();
    let body: Value = serde_json::from_slice(&reply.body).unwrap();
    (reply.status, body["code"].clone())
}

pub(crate) async fn until_ready(stage: &Stage, status: u16) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while ready(stage).await.0 != status {
        assert!(Instant::now() < deadline, "/readyz is not {status} in time");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_waits_for_a_store_that_another_process_has_locked() {
    let stage = Stage::open("").await;
    // The calls are under way when the store is locked, and end while it is.
    stage.order_fault("latency_ms=400:/topapi/message:3");
    stage.order_fault("latency_ms=400:/cgi-bin/message:3");
    let mut sent = Vec::new();
    for account in ["ding", "wecom"] {
        for n in 0..3 {
            let words = format!("{account} 锁 {n}");
            sent.push((stage.send(&message(account, &words)).await, account, words));
        }
    }
    for (id, ..) in &sent {
        stage.until(id, "under way", |message| message["deliveries"][0]["state"] != "pending").await;
    }
    let other = rusqlite::Connection::open(store(&stage)).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    until_ready(&stage, 503).await;
    assert_eq!(send(&stage).await, (503, Some("1".into()), json!("store_unavailable")));
    other.execute_batch("COMMIT").unwrap();
    // Without a restart.
    for (id, account, words) in &sent {
        stage.until(id, "sent", |message| message["state"] == "sent").await;
        assert_eq!(stage.message(id).await["deliveries"][0]["repeated"], false, "{words}");
        let platform = if *account == "ding" { "dingtalk" } else { "wecom" };
        assert_eq!(stage.copies("zhangsan", platform, words).await, 1, "{words}");
    }
    until_ready(&stage, 200).await;
    assert_eq!(send(&stage).await.0, 202);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_accepted_while_the_stores_file_is_away() {
    let mut stage = Stage::open("").await;
    let before = stage.send(&message("ding", "之前")).await;
    stage.until_state(&before, "sent").await;
    let away = stage.folder.0.join("away.db");
    std::fs::rename(store(&stage), &away).unwrap();
    assert_eq!(send(&stage).await, (503, Some("1".into()), json!("store_unavailable")));
    until_ready(&stage, 503).await;
    assert_eq!(ready(&stage).await.1, "store_unavailable");
    std::fs::rename(&away, store(&stage)).unwrap();
    until_ready(&stage, 200).await;
    let after = stage.send(&message("ding", "之后")).await;
    stage.kill();
    stage.start();
    for id in [before, after] {
        stage.until_state(&id, "sent").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_log_was_deleted_says_so_and_loses_nothing() {
    let mut stage = Stage::open("").await;
    let id = stage.send(&message("ding", "日志")).await;
    stage.until_state(&id, "sent").await;
    std::fs::remove_file(stage.folder.0.join("hongyan.db-wal")).unwrap();
    assert_eq!(send(&stage).await.0, 503);
    stage.kill();
    stage.start();
    stage.until_state(&id, "sent").await;
    assert_eq!(send(&stage).await.0, 202);
}
