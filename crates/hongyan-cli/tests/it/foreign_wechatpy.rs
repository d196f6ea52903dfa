//! With a client that is not ours: Python's wechatpy, whose host is the gateway.

use crate::stage::{Stage, text};
use std::{collections::BTreeMap, path::Path, process::Stdio};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

#[tokio::test(flavor = "multi_thread")]
async fn wechatpy_finds_wecom_in_the_gateway() {
    let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let found = Command::new(&python).args(["-c", "import wechatpy"]).stderr(Stdio::null()).status().await;
    assert!(
        found.is_ok_and(|status| status.success()),
        "{python} cannot import wechatpy: run `cargo xtask ci`, which installs it, or set HONGYAN_TEST_PYTHON"
    );
    let mut stage = Stage::open("").await;
    stage.tell("settings", &serde_json::json!({"wecom_app_writes": false})).await;
    let said = stage.sandbox.credentials();
    let mut run = Command::new(&python)
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/wechatpy_gateway.py"))
        .env("GATEWAY_BASE", &stage.base)
        .env("SANDBOX_BASE", stage.sandbox.base())
        .env("CORP_ID", text(&said, "/wecom/corp_id"))
        .env("SECRET", text(&said, "/wecom/secret"))
        .env("AGENT_ID", said["wecom"]["agent_id"].to_string())
        .env("ACCOUNT", "wecom")
        .env("KEY", &stage.key)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let mut held = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if line == "restart" {
            stage.kill();
            stage.start();
            let base = format!("{}\n", stage.base);
            run.stdin.as_mut().unwrap().write_all(base.as_bytes()).await.unwrap();
        } else {
            held.push(line);
        }
    }
    let mut failed = String::new();
    run.stderr.take().unwrap().read_to_string(&mut failed).await.unwrap();
    assert!(run.wait().await.unwrap().success(), "{held:#?}\n{failed}");
    assert_eq!(held.len(), 10, "{held:#?}");

    // What the library was told is what the ledger says.
    let (_, all) = stage.call("GET", "/v1/messages?limit=100", None).await;
    let mut rows = BTreeMap::<String, u32>::new();
    for message in all["messages"].as_array().unwrap() {
        for row in stage.ledger(message["id"].as_str().unwrap()).await {
            let code = row["reason"]["code"].as_str().unwrap_or("-");
            *rows.entry(format!("{} {code}", row["state"].as_str().unwrap())).or_default() += 1;
        }
    }
    let rows: Vec<_> = rows.iter().map(|(row, count)| (row.as_str(), *count)).collect();
    assert_eq!(
        rows,
        [
            // A file and a chat that do not exist.
            ("failed 40007", 1),
            // A markdown that is too long: passed on, and refused by the platform itself.
            ("failed 45002", 1),
            ("failed 86003", 1),
            ("recalled -", 1),
            // ghost01, alone and beside somebody.
            ("refused 81013", 1),
            ("refused invalid_recipient", 1),
            ("sent -", 18),
        ]
    );
}
