//! What a restart finds.

use crate::{
    raw::Raw,
    receiver::{Receiver, at_once},
};
use hongyan_sandbox::{Sandbox, SandboxOptions};
use serde_json::json;
use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

fn file(name: &str) -> PathBuf {
    let path = std::env::temp_dir().join(format!("hongyan-sandbox-{name}-{}.json", std::process::id()));
    let _ = fs::remove_file(&path);
    path
}

fn options(path: &std::path::Path) -> SandboxOptions {
    SandboxOptions { smtp_listen: None, state: Some(path.to_owned()), ..SandboxOptions::default() }
}

#[tokio::test]
async fn a_restart_finds_credentials_tokens_people_callbacks_and_the_clock() {
    let path = file("restart");
    let raw = Raw::with(options(&path)).await;
    let receiver = Receiver::start(|_| at_once(200, "")).await;
    raw.post("/sandbox/callbacks", json!({"platform": "dingtalk_robot", "url": receiver.url})).await;
    raw.advance(86_400_000).await;
    let (ding, wecom) = (raw.ding_token().await, raw.wecom_token().await);
    raw.post("/sandbox/people/lisi", json!({"dingtalk": "forbidden:143105"})).await;
    let (before, now) = (raw.credentials, raw.sandbox.clock().now_ms());
    raw.sandbox.stop().await;
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

    let sandbox = Sandbox::start(options(&path)).await.unwrap();
    let credentials = sandbox.credentials();
    let raw = Raw { sandbox, credentials };
    for (platform, name) in [("dingtalk", "app_secret"), ("wecom", "secret")] {
        assert_eq!(raw.credentials[platform][name], before[platform][name]);
    }
    assert!(raw.sandbox.clock().now_ms() >= now);
    assert_eq!((raw.ding_token().await, raw.wecom_token().await), (ding, wecom));
    assert_eq!(raw.get("/sandbox/people/lisi").await["dingtalk"], "forbidden:143105");
    raw.post("/sandbox/phones/zhangsan/say", json!({"platform": "dingtalk", "text": "still there?"})).await;
    receiver.wait(1).await;
    let _ = fs::remove_file(&path);
}

#[tokio::test]
async fn a_restart_finds_groups_and_their_robots_on_both_platforms() {
    let path = file("groups");
    let raw = Raw::with(options(&path)).await;
    let (ding, wecom) = (raw.ding_token().await, raw.wecom_token().await);
    let group = json!({"name": "War room", "owner": "zhangsan", "useridlist": ["zhangsan", "lisi"]});
    let chat = raw.post(&format!("/chat/create?access_token={ding}"), group).await;
    let chat = chat["chatid"].as_str().unwrap().to_owned();
    let robot = raw.post("/sandbox/robots", json!({"chat": chat, "keyword": "告警", "ips": ["127.0.0.0/8"]})).await;
    let group = json!({"name": "夜班", "chatid": "night01", "userlist": ["zhangsan", "lisi"]});
    raw.post(&format!("/cgi-bin/appchat/create?access_token={wecom}"), group).await;
    let key = raw.post("/sandbox/robots", json!({"platform": "wecom", "chat": "night01"})).await["key"].clone();
    let chats = raw.get("/sandbox/chats").await;
    raw.sandbox.stop().await;

    let sandbox = Sandbox::start(options(&path)).await.unwrap();
    let credentials = sandbox.credentials();
    let raw = Raw { sandbox, credentials };
    assert_eq!(raw.get("/sandbox/chats").await, chats);
    let text = json!({"msgtype": "text", "text": {"content": "告警"}});
    let hook = robot["access_token"].as_str().unwrap();
    assert_eq!(raw.post(&format!("/robot/send?access_token={hook}"), text.clone()).await["errcode"], 0);
    let key = key.as_str().unwrap();
    assert_eq!(raw.post(&format!("/cgi-bin/webhook/send?key={key}"), text).await["errcode"], 0);
    let phone = raw.phone("lisi").await;
    assert_eq!(phone.len(), 2, "{phone:?}");
    let _ = fs::remove_file(&path);
}

#[tokio::test]
async fn a_file_that_is_not_ours_is_refused_and_not_quoted() {
    let path = file("broken");
    for content in ["not json", r#"{"version": "canary-secret"}"#, r#"{"version": 7}"#] {
        fs::write(&path, content).unwrap();
        let error = Sandbox::start(options(&path)).await.unwrap_err().to_string();
        assert!(error.contains("state") && !error.contains("canary"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content, "it is left as it was");
    }
    let _ = fs::remove_file(&path);
    assert!(Sandbox::start(options(&path.join("no-such-folder"))).await.is_err());
}
