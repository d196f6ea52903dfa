//! What every channel keeps, whatever its platform: each class is reached, and no error shows a secret.

use crate::server::{Answer, CHANNELS, Server, account, content, deliver, somebody};
use hongyan_core::{Dedup, Outcome};
use hongyan_endpoint::{About, Class, Fault};
use serde_json::{Value, json};

/// What a platform says when it takes a call.
fn fine(channel: &str) -> Value {
    match channel {
        "dingtalk" => json!({"errcode": 0, "errmsg": "ok", "task_id": 7}),
        "wecom" => json!({"errcode": 0, "errmsg": "ok", "msgid": "M7"}),
        _ => json!({"errcode": 0, "errmsg": "ok"}),
    }
}

/// A refusal in a platform's words, which quote the credential where the platform has only that one.
fn refusal(channel: &str, code: i64) -> Answer {
    match channel {
        "webhook" => Answer::Says(u16::try_from(code).unwrap(), json!({"error": "canary-1"})),
        "dingtalk" | "wecom" => Answer::Says(200, json!({"errcode": code, "errmsg": "no"})),
        "wecom-robot" => Answer::Says(200, json!({"errcode": code, "errmsg": "no, canary-1"})),
        _ => Answer::Says(200, json!({"errcode": code, "errmsg": "no, canary-1 and SECcanary-2"})),
    }
}

async fn outcome(channel: &str, answer: Answer) -> Result<Option<String>, Fault> {
    let server = Server::start(answer).await;
    let account = account(channel, &server.base);
    match deliver(&account, &content(json!({"text": "磁盘已满"})), None, &somebody()).await {
        Outcome::Taken { handle, .. } => Ok(handle.map(|handle| handle.as_str().to_owned())),
        Outcome::Failed { fault, .. } => {
            let shown = format!("{fault} {fault:?}");
            assert!(!shown.contains("canary"), "{channel}: {shown}");
            assert!(!fault.operation().is_empty() && !fault.message().is_empty(), "{channel}: {shown}");
            Err(fault)
        }
    }
}

#[tokio::test]
async fn what_is_taken_has_the_handle_that_the_platform_gave() {
    for (channel, expected) in CHANNELS.iter().zip([Some("7"), Some("M7"), None, None, None]) {
        let handle = outcome(channel, Answer::Says(200, fine(channel))).await.unwrap();
        assert_eq!(handle.as_deref(), expected, "{channel}");
    }
}

#[tokio::test]
async fn each_class_of_refusal_is_reached() {
    // Busy, throttled, refused: by each platform's own code.
    let codes =
        [[-1, 90_018, 40_056], [-1, 45_009, 40_056], [-1, 660_026, 300_005], [-1, 45_009, 93_000], [425, 429, 404]];
    for (channel, codes) in CHANNELS.iter().zip(codes) {
        for (code, class) in codes.into_iter().zip(["retryable", "throttled", "permanent"]) {
            let fault = outcome(channel, refusal(channel, code)).await.unwrap_err();
            assert_eq!(fault.class().name(), class, "{channel} {code}: {fault}");
        }
    }
}

#[tokio::test]
async fn a_gate_that_says_when_to_come_again_took_nothing_on_any_channel() {
    let date = "date: Tue, 01 Dec 2026 09:00:00 GMT\r\nretry-after: Tue, 01 Dec 2026 09:00:40 GMT\r\n";
    for channel in CHANNELS {
        for (status, lines, seconds) in [
            (429, "retry-after: 7\r\n", Some(7)),
            (429, "", None),
            (503, "retry-after: 7\r\n", Some(7)),
            (503, date, Some(40)),
        ] {
            let fault = outcome(channel, Answer::Gate(status, lines)).await.unwrap_err();
            let class = Class::Throttled { after: seconds.map(std::time::Duration::from_secs) };
            assert_eq!(
                (fault.class(), fault.about()),
                (class, About::Network),
                "{channel} {status} {lines:?}: {fault}"
            );
        }
        for status in [502, 503, 504] {
            let fault = outcome(channel, Answer::Gate(status, "")).await.unwrap_err();
            assert_eq!(
                (fault.class(), fault.about()),
                (Class::Ambiguous, About::Network),
                "{channel} {status}: {fault}"
            );
        }
        let fault = outcome(channel, Answer::Gate(407, "")).await.unwrap_err();
        assert_eq!((fault.class(), fault.about()), (Class::RETRY, About::Network), "{channel}: {fault}");
    }
}

#[tokio::test]
async fn a_lost_reply_to_a_send_is_ambiguous_and_a_closed_door_is_not() {
    for channel in CHANNELS {
        let fault = outcome(channel, Answer::HangsUp).await.unwrap_err();
        assert_eq!(fault.class(), Class::Ambiguous, "{channel}: {fault}");
        let closed = account(channel, "http://127.0.0.1:1");
        let Outcome::Failed { fault, .. } = deliver(&closed, &content(json!({"text": "a"})), None, &somebody()).await
        else {
            panic!("{channel} delivered to nobody");
        };
        assert_eq!((fault.class().name(), fault.code()), ("retryable", "net.connect"), "{channel}");
        assert!(!format!("{fault:?}").contains("canary"), "{channel}: {fault:?}");
    }
}

#[tokio::test]
async fn a_repeat_of_a_lost_call_carries_the_same_key() {
    for (channel, place) in [("dingtalk-robot", "msgUuid"), ("webhook", "x-hongyan-id")] {
        let server = Server::start(Answer::HangsUp).await;
        let account = account(channel, &server.base);
        for _ in 0..2 {
            deliver(&account, &content(json!({"text": "a"})), None, &somebody()).await;
        }
        let came = server.came.lock().unwrap().clone();
        // The keep-alive pool may have tried a dead connection of its own accord; never with another key.
        assert!(came.len() >= 2);
        for one in came {
            let text = format!("{}{}", one.head, String::from_utf8_lossy(&one.body));
            assert!(text.contains(place) && text.contains("m0000000000001.1"), "{channel}: {text}");
        }
        let dedup = account.channel.capabilities().dedup;
        assert!(matches!(dedup, Dedup::KeyedFor(_) | Dedup::MessageId), "{channel}");
    }
}

#[tokio::test]
async fn what_cannot_be_recalled_says_so() {
    for (channel, handle) in [("dingtalk", "chat:chat1:msg1"), ("wecom", "chat:c1")] {
        let account = account(channel, "http://127.0.0.1:1");
        let recall = account.channel.recall().unwrap();
        let fault = recall.take_back(&handle.into()).await.unwrap_err();
        assert_eq!((fault.code(), fault.class()), ("cannot_recall", Class::Permanent), "{channel}");
        assert_eq!(recall.window(&handle.into()), None, "{channel}: and it is known before");
    }
    for channel in ["dingtalk-robot", "wecom-robot", "webhook"] {
        let account = account(channel, "http://127.0.0.1:1");
        assert!(account.channel.recall().is_none(), "{channel}");
    }
    for channel in CHANNELS {
        let account = account(channel, "http://127.0.0.1:1");
        let capabilities = account.channel.capabilities();
        assert_eq!(account.channel.recall().is_some(), capabilities.recall_for.is_some(), "{channel}");
        assert_eq!(account.channel.receipts().is_some(), capabilities.receipts_for.is_some(), "{channel}");
        assert!(account.channel.explain("cannot_recall").is_some(), "{channel}");
    }
    for (channel, handle) in [("dingtalk", "256271667526"), ("dingtalk", "robot:cid1:k"), ("wecom", "msgid1")] {
        let account = account(channel, "http://127.0.0.1:1");
        let recall = account.channel.recall().unwrap();
        assert_eq!(recall.window(&handle.into()), account.channel.capabilities().recall_for, "{channel} {handle}");
    }
}

#[tokio::test]
async fn a_probe_tells_a_robot_that_is_well_from_one_that_is_gone() {
    for (channel, well, gone) in [("dingtalk-robot", 400_105, 300_005), ("wecom-robot", 40_008, 93_000)] {
        for (code, expected) in [(well, true), (gone, false)] {
            let server = Server::start(refusal(channel, code)).await;
            let probed = account(channel, &server.base).channel.probe().await;
            assert_eq!(probed.is_ok(), expected, "{channel} {code}: {probed:?}");
            assert!(!format!("{probed:?}").contains("canary"));
        }
    }
    for (status, expected) in [(405, true), (200, true), (403, false), (503, false)] {
        let server = Server::start(Answer::Says(status, json!({}))).await;
        assert_eq!(account("webhook", &server.base).channel.probe().await.is_ok(), expected, "{status}");
    }
}

#[tokio::test]
async fn a_private_webhook_is_refused_before_any_call() {
    let config = json!({"channel": "webhook", "url": "https://10.0.0.1/canary"});
    let config: hongyan_channel::AccountConfig = serde_json::from_value(config).unwrap();
    let words = config.open("hook").err().unwrap();
    assert!(words.to_string().contains("allow_private") && !words.to_string().contains("canary"), "{words}");
}

#[tokio::test]
async fn a_webhook_is_signed_over_its_timestamp_and_body() {
    let server = Server::start(Answer::Says(204, json!({}))).await;
    deliver(&account("webhook", &server.base), &content(json!({"text": "a"})), None, &somebody()).await;
    let came = server.last();
    assert!(came.head.contains("x-hongyan-signature: sha256=") && came.head.contains("x-hongyan-timestamp: "));
    let body: Value = serde_json::from_slice(&came.body).unwrap();
    assert_eq!(body["to"], json!([{"userid": "li"}]));
    assert_eq!((&body["id"], &body["content"]), (&json!("m0000000000001.1"), &json!({"text": "a"})));
}
