//! With a client that is not ours: Python's wechatpy, as its own users would drive it.

use crate::raw::Raw;
use std::{path::Path, process::Stdio};
use tokio::process::Command;

#[tokio::test]
async fn wechatpy_finds_wecom_in_the_sandbox() {
    let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
    let found = Command::new(&python).args(["-c", "import wechatpy"]).stderr(Stdio::null()).status().await;
    assert!(
        found.is_ok_and(|status| status.success()),
        "{python} cannot import wechatpy: run `cargo xtask ci`, which installs it, or set HONGYAN_TEST_PYTHON"
    );
    let raw = Raw::start().await;
    // Its buttons would tell somebody.
    raw.post("/sandbox/settings", serde_json::json!({"wecom_app_writes": false})).await;
    let w = &raw.credentials["wecom"];
    let text = |name: &str| w[name].as_str().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/wechatpy_client.py");
    let run = Command::new(&python)
        .arg(script)
        .env("SANDBOX_BASE", text("base"))
        .env("SANDBOX_CORP_ID", text("corp_id"))
        .env("SANDBOX_SECRET", text("secret"))
        .env("SANDBOX_CONTACTS_SECRET", text("contacts_secret"))
        .env("SANDBOX_AGENT_ID", w["agent_id"].to_string())
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let (said, failed) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success(), "{said}\n{failed}");
    assert_eq!(said.lines().filter(|line| line.starts_with("ok ")).count(), 14, "{said}");
}
