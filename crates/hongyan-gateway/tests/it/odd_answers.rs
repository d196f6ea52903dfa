//! What stands between us and a platform in real life: none of it is a success, and none of it gets a token.

use crate::{
    TestGateway,
    platform::{Answer, Platform},
};
use hongyan_gateway::Config;
use serde_json::{Value, json};
use std::time::Duration;

const CHANNELS: [(&str, &str); 2] = [
    ("dingtalk", "app_key = \"dingsample\"\napp_secret = \"invented\""),
    ("wecom", "corp_id = \"wwsample\"\nsecret = \"invented\""),
];

fn account(name: &str, channel: usize, platform: &Platform) -> String {
    let (kind, keys) = CHANNELS[channel];
    format!(
        "[accounts.{kind}-{name}]\nchannel = \"{kind}\"\n{keys}\nagent_id = 1\nmax_attempts = 1\non_unknown = \"hold\"\n\
         base_url = \"http://{}/{name}\"\n",
        platform.address
    )
}

async fn outcome(gateway: &TestGateway, account: &str) -> (Value, Value) {
    let message = json!({"to": [{"userid": "zhangsan"}], "via": [account], "content": {"text": "hi"}});
    let answer = gateway.post("/v1/messages?wait=15s", &message.to_string()).await;
    assert_eq!(answer.status, 202, "{}", answer.text());
    let id = answer.json()["id"].as_str().unwrap().to_owned();
    let row = gateway.get(&format!("/v1/messages/{id}")).await.json();
    let recipients = gateway.get(&format!("/v1/messages/{id}/recipients")).await.json();
    (row["deliveries"][0].clone(), recipients["recipients"][0].clone())
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_nobody_follows_it_with_a_token() {
    let trap = Platform::start(|_, _| Answer::ok(r#"{"errcode":0,"errmsg":"ok","task_id":1,"msgid":"m"}"#)).await;
    let to = format!("http://{}/trap/topapi/message/corpconversation/asyncsend_v2", trap.address);
    let platform = Platform::start(move |first, _| Answer {
        status: first.trim_start_matches('r').parse().unwrap(),
        headers: vec![("location", to.clone())],
        body: Vec::new(),
    })
    .await;
    let statuses = ["r301", "r302", "r303", "r307", "r308"];
    let accounts = statuses.iter().flat_map(|status| (0..2).map(|channel| account(status, channel, &platform)));
    let config = format!("[server]\nlisten = \"127.0.0.1:0\"\n{}", accounts.collect::<String>());
    let config = Config::parse(&config, None, []).unwrap();
    let opened = config.open_accounts().unwrap();
    let names: Vec<String> = opened.keys().map(ToString::to_string).collect();
    let gateway = TestGateway::start_on(config, opened).await;
    for name in &names {
        let (delivery, recipient) = outcome(&gateway, name).await;
        assert_eq!(delivery["history"][0]["code"], "net.redirect", "{name}: {delivery}");
        // Whoever redirects may have acted before: it is not said to have failed.
        assert_eq!(recipient["state"], "unknown", "{name}: {recipient}");
    }
    assert_eq!(trap.heard(), Vec::<String>::new());
    assert!(platform.heard().iter().any(|head| head.contains("access_token=sampletoken")), "the calls were made");
    gateway.stop().await;
}

#[tokio::test]
async fn fifty_megabytes_and_a_page_of_a_proxy_are_no_success() {
    let platform = Platform::start(|first, _| match first {
        "huge" => Answer::ok(vec![b' '; 50 << 20]),
        "page502" => Answer { status: 502, headers: Vec::new(), body: b"<html>Bad Gateway</html>".to_vec() },
        "ok403" => {
            Answer { status: 403, headers: Vec::new(), body: br#"{"errcode":0,"errmsg":"ok","task_id":1}"#.to_vec() }
        }
        _ => unreachable!("{first}"),
    })
    .await;
    let all = [("huge", "unknown", "net.too_large"), ("page502", "", ""), ("ok403", "", "")];
    let accounts = all.iter().flat_map(|(name, ..)| (0..2).map(|channel| account(name, channel, &platform)));
    let config = format!("[server]\nlisten = \"127.0.0.1:0\"\n{}", accounts.collect::<String>());
    let config = Config::parse(&config, None, []).unwrap();
    let opened = config.open_accounts().unwrap();
    let gateway = TestGateway::start_on(config, opened).await;
    for (name, state, code) in all {
        for (channel, _) in CHANNELS {
            let began = std::time::Instant::now();
            let (delivery, recipient) = outcome(&gateway, &format!("{channel}-{name}")).await;
            assert!(began.elapsed() < Duration::from_secs(14), "{name}: it did not end by itself");
            let (got, reason) = (recipient["state"].as_str().unwrap(), recipient["reason"]["code"].as_str().unwrap());
            // A send that may have been acted on is unknown, whatever stood in its answer's place.
            assert!(["failed", "unknown"].contains(&got), "{name}: {delivery} {recipient}");
            if !state.is_empty() {
                assert_eq!((got, delivery["history"][0]["code"].as_str().unwrap()), (state, code), "{recipient}");
            }
            assert!(!reason.is_empty());
        }
    }
    gateway.stop().await;
}
