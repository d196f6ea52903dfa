//! DingTalk's own Stream client for Python, unmodified, against the sandbox.

use crate::raw::Raw;
use serde_json::{Value, json};
use std::{path::Path, process::Stdio, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, BufReader, Lines},
    process::{Child, ChildStdout, Command},
    time::{sleep, timeout},
};

struct Foreign {
    said: Lines<BufReader<ChildStdout>>,
    // Ends when its standard input does, and is killed at the latest with this.
    _child: Child,
}

impl Foreign {
    async fn start(raw: &Raw) -> Self {
        let python = std::env::var("HONGYAN_TEST_PYTHON").unwrap_or_else(|_| "python3".into());
        let found = Command::new(&python).args(["-c", "import dingtalk_stream"]).stderr(Stdio::null()).status().await;
        assert!(
            found.is_ok_and(|status| status.success()),
            "{python} cannot import dingtalk_stream: run `cargo xtask ci`, which installs it, or set HONGYAN_TEST_PYTHON"
        );
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/foreign/dingtalk_stream_echo.py");
        let d = &raw.credentials["dingtalk"];
        let mut child = Command::new(&python)
            .arg(script)
            .args([d["app_key"].as_str().unwrap(), d["app_secret"].as_str().unwrap()])
            .env("DINGTALK_OPENAPI_ENDPOINT", raw.sandbox.base())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        Self { said: BufReader::new(child.stdout.take().unwrap()).lines(), _child: child }
    }

    async fn hear(&mut self) -> Value {
        let line = timeout(Duration::from_secs(30), self.said.next_line()).await.expect("a line").unwrap().unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

async fn connected(raw: &Raw) {
    for _ in 0..600 {
        if raw.get("/sandbox/callbacks").await["stream"]["connections"] != json!([]) {
            return;
        }
        sleep(Duration::from_millis(50)).await;
    }
    panic!("nobody connected");
}

async fn delivered(raw: &Raw, count: u64) {
    for _ in 0..200 {
        if raw.get("/sandbox/callbacks").await["stream"]["counts"]["delivered"] == count {
            return;
        }
        sleep(Duration::from_millis(25)).await;
    }
    panic!("{}", raw.get("/sandbox/callbacks").await);
}

#[tokio::test]
async fn the_platform_s_own_client_hears_events_and_echoes_what_is_said() {
    let raw = Raw::start().await;
    let mut foreign = Foreign::start(&raw).await;
    connected(&raw).await;
    let event = json!({"platform": "dingtalk", "event": "user_add_org", "members": {"UserId": ["zhangsan"]}});
    raw.post("/sandbox/events", event).await;
    let heard = foreign.hear().await;
    assert_eq!((&heard["event"], &heard["corp"]), (&json!("user_add_org"), &json!("dingsandboxcorp")));
    assert_eq!(heard["data"]["userId"], json!(["zhangsan"]));
    delivered(&raw, 1).await;

    raw.post("/sandbox/phones/zhangsan/say", json!({"platform": "dingtalk", "text": "磁盘满了吗?"})).await;
    let heard = foreign.hear().await;
    assert_eq!((&heard["heard"], &heard["by"]), (&json!("磁盘满了吗?"), &json!("zhangsan")));
    assert_eq!(heard["answered"]["errcode"], 0, "{heard}");
    let phone = raw.phone("zhangsan").await;
    assert_eq!(phone[0]["content"]["text"]["content"], "echo: 磁盘满了吗?");
    delivered(&raw, 2).await;
}
