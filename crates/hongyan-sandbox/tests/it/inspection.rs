//! The inspection API.

use crate::raw::Raw;
use hongyan_sandbox::{Sandbox, SandboxOptions};
use serde_json::{Value, json};

#[tokio::test]
async fn it_says_what_is_here() {
    let raw = Raw::start().await;
    let here = raw.get("/sandbox").await;
    assert!(here["people"].as_u64().unwrap() >= 200 && here["departments"].as_u64().unwrap() >= 20);
    assert_eq!(here["operations"].as_array().unwrap().len(), 12);
    let company = raw.get("/sandbox/company").await;
    assert_eq!(company["people"][0]["userid"], "zhangsan");
    assert_eq!(company["people"][0]["email"], "zhangsan@example.com");
}

#[tokio::test]
async fn no_credential_is_ever_shown() {
    let raw = Raw::start().await;
    let mut secrets = vec![raw.ding_token().await, raw.wecom_token().await];
    for (platform, name) in [("dingtalk", "app_secret"), ("wecom", "secret")] {
        secrets.push(raw.credentials[platform][name].as_str().unwrap().to_owned());
    }
    for page in ["", "/company", "/calls", "/stats", "/settings", "/faults", "/clock", "/phones/zhangsan"] {
        let text = raw.get(&format!("/sandbox{page}")).await.to_string();
        assert!(secrets.iter().all(|secret| !text.contains(secret.as_str())), "{page}");
    }
    assert!(secrets.iter().all(|secret| !format!("{:?}", raw.sandbox).contains(secret.as_str())));
}

#[tokio::test]
async fn calls_are_listed_from_where_one_left_off() {
    let raw = Raw::start().await;
    raw.get("/gettoken").await;
    raw.get("/cgi-bin/gettoken").await;
    let calls = raw.get("/sandbox/calls").await;
    assert_eq!(calls["calls"][0]["path"], "/gettoken");
    assert_eq!((&calls["calls"][1]["code"], &calls["last"]), (&json!("41002"), &json!(2)));
    raw.get("/nowhere?secret=1").await;
    let calls = raw.get("/sandbox/calls?since=2").await;
    assert_eq!(calls["calls"].as_array().unwrap().len(), 1);
    assert_eq!(calls["calls"][0]["path"], "/nowhere");
    let stats = raw.stats().await;
    assert_eq!((&stats["calls"]["/gettoken"], &stats["calls"]["other"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn a_reset_begins_anew_with_the_same_credentials() {
    let raw = Raw::start().await;
    let token = raw.ding_token().await;
    raw.post("/sandbox/people/zhangsan", json!({"dingtalk": "failed"})).await;
    raw.post("/sandbox/faults", json!({"match": "/", "kind": "busy"})).await;
    assert_eq!(raw.call("POST", "/sandbox/reset", &Value::Null).await.status, 200);
    assert_eq!(raw.get("/sandbox/people/zhangsan").await["dingtalk"], "ok");
    assert_ne!(raw.ding_token().await, token);
}

#[tokio::test]
async fn what_cannot_be_understood_is_a_400_and_what_is_not_there_a_404() {
    let raw = Raw::start().await;
    for (method, path, body, status) in [
        ("POST", "/sandbox/clock", json!({"advance_ms": -1}), 400),
        ("POST", "/sandbox/clock", json!({}), 400),
        ("POST", "/sandbox/faults", json!({"match": "/", "kind": "earthquake"}), 400),
        ("POST", "/sandbox/people/zhangsan", json!({"wecom": "failed"}), 400),
        ("POST", "/sandbox/people/zhangsan", json!({"dingtalk": "sulking"}), 400),
        ("POST", "/sandbox/settings", json!({"gravity": 1}), 400),
        ("POST", "/sandbox/tokens/revoke", json!({"platform": "x"}), 400),
        ("GET", "/sandbox/calls?since=x", Value::Null, 400),
        ("GET", "/sandbox/phones/nobody", Value::Null, 404),
        ("GET", "/sandbox/nowhere", Value::Null, 404),
        ("PUT", "/sandbox", Value::Null, 404),
        ("GET", "/sandbox/mail", Value::Null, 404),
    ] {
        let reply = raw.call(method, path, &body).await;
        assert_eq!(reply.status, status, "{method} {path} {body}");
        assert!(reply.json()["error"].is_string());
    }
}

#[tokio::test]
async fn a_stopped_sandbox_frees_its_port() {
    let sandbox = Sandbox::start(SandboxOptions { smtp_listen: None, ..SandboxOptions::default() }).await.unwrap();
    let address = sandbox.address();
    sandbox.stop().await;
    Sandbox::start(SandboxOptions { listen: address, smtp_listen: None, ..SandboxOptions::default() }).await.unwrap();
}

#[tokio::test]
async fn secrets_differ_from_start_to_start_unless_fixed() {
    let secret = |fixed_credentials| async move {
        let options = SandboxOptions { fixed_credentials, smtp_listen: None, ..SandboxOptions::default() };
        Raw::with(options).await.credentials["wecom"]["secret"].clone()
    };
    assert_ne!(secret(false).await, secret(false).await);
    assert_eq!(secret(true).await, secret(true).await);
}
