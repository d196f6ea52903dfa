//! A scripted server: one answer to everything but the login, and a record of what came.

use hongyan_channel::{Account, AccountConfig};
use hongyan_core::{Address, AddressKind, Call, CallFile, Content, DeliveryId, Outcome, Target, Time};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// What the server does with a call.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Status and body.
    Says(u16, Value),
    /// A page of whoever stands in front of the platform: status and further header lines.
    Gate(u16, &'static str),
    /// Reads it and hangs up.
    HangsUp,
}

/// One request: its target and its body.
#[derive(Debug, Clone)]
pub(crate) struct Came {
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

pub(crate) struct Server {
    pub(crate) base: String,
    pub(crate) came: Arc<Mutex<Vec<Came>>>,
}

impl Server {
    /// Serves for as long as the runtime lives.
    pub(crate) async fn start(answer: Answer) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let came: Arc<Mutex<Vec<Came>>> = Arc::default();
        let record = Arc::clone(&came);
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let (record, answer) = (Arc::clone(&record), answer.clone());
                tokio::spawn(async move {
                    let mut read = Vec::new();
                    let end = loop {
                        if let Some(end) = read.windows(4).position(|four| four == b"\r\n\r\n") {
                            break end + 4;
                        }
                        let mut buffer = [0; 4_096];
                        match stream.read(&mut buffer).await {
                            Ok(n) if n > 0 => read.extend_from_slice(&buffer[..n]),
                            _ => return,
                        }
                    };
                    let head = String::from_utf8_lossy(&read[..end]).into_owned();
                    let length = head.lines().find_map(|line| {
                        let (name, value) = line.split_once(':')?;
                        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
                    });
                    let mut body = read.split_off(end);
                    while body.len() < length.unwrap_or_default() {
                        let mut buffer = [0; 65_536];
                        match stream.read(&mut buffer).await {
                            Ok(n) if n > 0 => body.extend_from_slice(&buffer[..n]),
                            _ => return,
                        }
                    }
                    let (status, lines, reply) = if head.contains("/gettoken") {
                        (200, "", json!({"errcode": 0, "access_token": "canary-token", "expires_in": 7_200}))
                    } else {
                        record.lock().unwrap().push(Came { head, body });
                        match answer {
                            Answer::Says(status, reply) => (status, "", reply),
                            Answer::Gate(status, lines) => (status, lines, json!("<html>gate</html>")),
                            Answer::HangsUp => return,
                        }
                    };
                    let reply = reply.to_string();
                    let text = format!(
                        "HTTP/1.1 {status} X\r\n{lines}content-type: application/json\r\ncontent-length: {}\r\nconnection: \
                         close\r\n\r\n{reply}",
                        reply.len()
                    );
                    let _ = stream.write_all(text.as_bytes()).await;
                });
            }
        });
        Self { base, came }
    }

    /// What came last.
    pub(crate) fn last(&self) -> Came {
        self.came.lock().unwrap().last().cloned().expect("a call came")
    }
}

/// The channels that call over HTTP.
pub(crate) const CHANNELS: [&str; 5] = ["dingtalk", "wecom", "dingtalk-robot", "wecom-robot", "webhook"];

/// An account of a channel whose platform is at `base`; every secret holds `canary`.
pub(crate) fn account(channel: &str, base: &str) -> Account {
    account_with(channel, base, json!({}))
}

/// As [`account`], with more keys.
pub(crate) fn account_with(channel: &str, base: &str, more: Value) -> Account {
    let config = match channel {
        "dingtalk" => json!({"app_key": "dingsample", "app_secret": "canary-1", "agent_id": 1, "base_url": base}),
        "wecom" => json!({"corp_id": "wwsample", "secret": "canary-1", "agent_id": 1, "base_url": base}),
        "dingtalk-robot" => json!({"access_token": "canary-1", "secret": "SECcanary-2", "base_url": base}),
        "wecom-robot" => json!({"key": "canary-1", "base_url": base}),
        _ => json!({"url": format!("{base}/hook/canary-1"), "secret": "canary-2", "allow_private": true}),
    };
    let mut config = config;
    config["channel"] = channel.into();
    config.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let config: AccountConfig = serde_json::from_value(config).unwrap();
    assert!(!format!("{config:?}").contains("canary"), "no secret in Debug");
    config.open("sample").unwrap()
}

pub(crate) fn content(value: Value) -> Content {
    serde_json::from_value(value).unwrap()
}

/// Somebody whom the channel reaches.
pub(crate) fn somebody() -> Vec<Target> {
    vec![Target { index: 0, address: Address::new(AddressKind::Userid, "li"), resolved: None }]
}

pub(crate) async fn deliver(
    account: &Account,
    content: &Content,
    file: Option<CallFile<'_>>,
    targets: &[Target],
) -> Outcome {
    let id: DeliveryId = serde_json::from_value(json!("m0000000000001.1")).unwrap();
    let made_at = Time::from_millis(1_790_000_000_000);
    account.channel.deliver(&Call { id, content, file, targets, made_at }).await
}
