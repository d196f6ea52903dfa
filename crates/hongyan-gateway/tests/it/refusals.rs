//! Never "sent" because HTTP said 200: every code of the tables and the odd answers of real life, through the
//! whole gateway to the ledger.

use crate::{
    TestGateway,
    platform::{Answer, Platform},
};
use hongyan_channel::catalogue;
use hongyan_gateway::Config;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};

/// A platform's name, its account's own keys, and a reply that is a success.
const PLATFORMS: [(&str, &str, &str); 2] = [
    (
        "dingtalk",
        "app_key = \"dingsample\"\napp_secret = \"invented\"",
        r#"{"errcode":0,"errmsg":"ok","task_id":256271667526}"#,
    ),
    ("wecom", "corp_id = \"wwsample\"\nsecret = \"invented\"", r#"{"errcode":0,"errmsg":"ok","msgid":"sample"}"#),
];

/// Answers with HTTP 200 that are no success, in shapes that no table has.
fn odd() -> Vec<Vec<u8>> {
    let deep = format!(r#"{{"errcode":{}0{}}}"#, "[".repeat(5_000), "]".repeat(5_000));
    let texts = [
        r#"{"errcode":"40014","errmsg":"as text"}"#,
        r#"{"errcode":" 40035 "}"#,
        r#"{"errcode":-1}"#,
        r#"{"errcode":null,"errmsg":"ok"}"#,
        r#"{"errcode":true}"#,
        r#"{"errcode":""}"#,
        r#"{"errcode":0.5}"#,
        r#"{"errcode":[0]}"#,
        r#"{"errcode":{"errcode":0}}"#,
        r#"{"errcode":0,"errcode":40014}"#,
        r#"{"errcode":99999999999999999999}"#,
        r#"{"errmsg":"ok"}"#,
        r#"{"errmsg":"ok","task_id":1,"msgid":"m"}"#,
        r#"{"task_id":1,"msgid":"m"}"#,
        r#"{"ok":true}"#,
        r#"{"success":true}"#,
        r#"{"code":0,"msg":"success"}"#,
        "{}",
        "[]",
        "null",
        "0",
        "true",
        r#""ok""#,
        "ok",
        "",
        " \r\n",
        r#"{"errcode":0,"errmsg":"ok","task_id":2562"#,
        r#"{"errcode":0,"errmsg":"ok"} {"errcode":40014}"#,
        "<!DOCTYPE html><html><body>Access denied</body></html>",
        "<xml><errcode>0</errcode></xml>",
        "callback({\"errcode\":0,\"errmsg\":\"ok\"})",
        r#"{"errcode":88,"sub_code":"40014","sub_msg":"不合法的access_token","errmsg":"ding talk error"}"#,
        r#"{"errcode":88,"errmsg":"ding talk error[subcode=90018,submsg=QPS]"}"#,
        r#"{"errcode":88,"sub_code":"isv.sample-code","errmsg":"e"}"#,
        r#"{"errcode":88}"#,
        r#"{"status":1111,"wait":5,"source":"x5","punish":"deny","uuid":"sample"}"#,
        r#"{"code":"InvalidAuthentication","requestid":"r","message":"words"}"#,
        r#"{"errcode":123456789,"errmsg":"a code that nobody has seen"}"#,
        r#"{"errcode":500,"errmsg":"未知错误"}"#,
        r#"{"errcode":404,"errmsg":"请求的URI地址不存在"}"#,
        deep.as_str(),
    ];
    let mut all: Vec<Vec<u8>> = texts.iter().map(|text| text.as_bytes().to_vec()).collect();
    all.extend([b"\xff\xfe{\"errcode\":0}".to_vec(), b"\x1f\x8b\x08\x00".to_vec(), vec![b' '; 5 << 20]]);
    all.push(format!("\u{feff}{}", r#"{"errcode":60011,"errmsg":"behind a byte-order mark"}"#).into_bytes());
    all
}

/// Every answer of one platform's corpus.
fn corpus(platform: &str) -> Vec<Vec<u8>> {
    let codes = catalogue().into_iter().filter(|entry| entry.table == platform).map(|entry| entry.row.code);
    let said = codes.filter(|code| !code.ends_with(".*")).map(|code| match code.parse::<i64>() {
        Ok(number) => json!({"errcode": number, "errmsg": "refused", "task_id": 1, "msgid": "m"}),
        Err(_) => json!({"code": code, "requestid": "r", "message": "refused"}),
    });
    said.map(|body| body.to_string().into_bytes()).chain(odd()).collect()
}

/// Accounts `dingtalk-0`, `dingtalk-1`, …, each with a base URL of its own; the last of a platform is the control.
fn config(platform: &Platform, counts: &[usize]) -> String {
    let mut text = String::from("[server]\nlisten = \"127.0.0.1:0\"\nmax_batch_bytes = 16777216\n");
    for ((name, keys, _), count) in PLATFORMS.iter().zip(counts) {
        for i in 0..=*count {
            text.push_str(&format!(
                "[accounts.{name}-{i}]\nchannel = \"{name}\"\n{keys}\nagent_id = 1\nmax_attempts = 2\nfirst_retry_ms = 1\n\
                 on_unknown = \"hold\"\nreceipts_after_ms = 0\nbase_url = \"http://{}/{name}-{i}\"\n",
                platform.address
            ));
        }
    }
    text
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_refusal_with_http_200_is_ever_sent() {
    let corpora: Vec<Vec<Vec<u8>>> = PLATFORMS.iter().map(|(name, ..)| corpus(name)).collect();
    let counts: Vec<usize> = corpora.iter().map(Vec::len).collect();
    let bodies = Arc::new(corpora);
    let script = {
        let bodies = Arc::clone(&bodies);
        move |first: &str, _: &str| {
            let (name, number) = first.rsplit_once('-').unwrap();
            let at = PLATFORMS.iter().position(|(platform, ..)| *platform == name).unwrap();
            let body = bodies[at].get(number.parse::<usize>().unwrap()).cloned();
            Answer::ok(body.unwrap_or_else(|| PLATFORMS[at].2.into()))
        }
    };
    let platform = Platform::start(script).await;
    let config = Config::parse(&config(&platform, &counts), None, []).unwrap();
    let accounts = config.open_accounts().unwrap();
    let names: Vec<String> = accounts.keys().map(ToString::to_string).collect();
    assert!(names.len() >= 80 * 2, "{}", names.len());
    let gateway = TestGateway::start_on(config, accounts).await;

    let mut ids = Vec::new();
    for names in names.chunks(500) {
        let messages: Vec<Value> = names
            .iter()
            .map(|name| json!({"to": [{"userid": "zhangsan"}], "via": [name], "content": {"text": "hi"}}))
            .collect();
        let answer = gateway.post("/v1/messages/batch", &json!({"messages": messages}).to_string()).await;
        assert_eq!(answer.status, 202, "{}", answer.text());
        let results = answer.json()["results"].as_array().unwrap().clone();
        ids.extend(names.iter().cloned().zip(results.iter().map(|r| r["id"].as_str().unwrap().to_owned())));
    }
    let mut sent = Vec::new();
    let mut tally = std::collections::BTreeMap::<String, usize>::new();
    for (account, id) in ids {
        let row = attempted(&gateway, &id).await;
        assert!(row["deliveries"][0]["attempts"].as_u64().is_some(), "{row}");
        let states = gateway.get(&format!("/v1/messages/{id}/recipients")).await.json();
        let recipient = &states["recipients"][0];
        let state = recipient["state"].as_str().unwrap().to_owned();
        if state == "sent" {
            sent.push(account.clone());
        } else if state != "pending" {
            assert!(!recipient["reason"]["code"].as_str().unwrap().is_empty(), "{account}: {recipient}");
        }
        *tally.entry(state).or_default() += 1;
    }
    let controls: Vec<String> =
        PLATFORMS.iter().zip(&counts).map(|((name, ..), count)| format!("{name}-{count}")).collect();
    assert_eq!(sent, controls, "only the answers that are successes; {tally:?}");
    let calls = platform.heard();
    let asked =
        |account: &str| calls.iter().any(|head| head.contains(&format!("/{account}/")) && !head.contains("gettoken"));
    assert!(names.iter().all(|name| asked(name)), "every account made its call");
    gateway.stop().await;
}

/// The message once its first call has been settled.
async fn attempted(gateway: &TestGateway, id: &str) -> Value {
    for _ in 0..600 {
        let row = gateway.get(&format!("/v1/messages/{id}")).await.json();
        if row["deliveries"][0]["history"].as_array().is_some_and(|calls| !calls.is_empty()) {
            return row;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{id} was not attempted within thirty seconds");
}
