//! Pushes of the sandbox into the gateway: verified, answered in time, kept once.

use crate::{
    commands::{code, run},
    stage::{PUSH_KEY, PUSH_TOKEN, Stage, text},
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

async fn kept(stage: &Stage, account: &str) -> Vec<Value> {
    let (status, said) = stage.call("GET", &format!("/v1/callbacks?account={account}"), None).await;
    assert_eq!(status, 200, "{said}");
    said["callbacks"].as_array().unwrap().clone()
}

/// The first kept push of an event, once it is there.
async fn pushed(stage: &Stage, account: &str, event: &str) -> Value {
    for _ in 0..200 {
        if let Some(push) = kept(stage, account).await.into_iter().find(|push| push["event"] == event) {
            return push;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("no {event} came to {account}: {:?} {}", kept(stage, account).await, stage.inspect("callbacks").await);
}

fn register(stage: &Stage, url: &str) {
    let url = format!("url={url}");
    let (token, key) = (format!("token={PUSH_TOKEN}"), format!("aes_key={PUSH_KEY}"));
    let tags = "call_back_tag=[\"user_add_org\",\"user_modify_org\",\"user_leave_org\"]";
    let said = run(stage, &["call", "dingtalk", "callback.register", &url, &token, &key, tags, "--account", "ding"]);
    assert_eq!(code(&said), 0, "{said:?}");
}

async fn set_wecom(stage: &Stage) {
    let setting = json!({"platform": "wecom", "url": format!("{}/callbacks/wecom", stage.base), "token": PUSH_TOKEN,
        "encoding_aes_key": PUSH_KEY});
    stage.tell("callbacks", &setting).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_contacts_is_pushed_by_both_platforms_and_kept() {
    let stage = Stage::complete("").await;
    register(&stage, &format!("{}/callbacks/ding", stage.base));
    set_wecom(&stage).await;
    // Somebody joins, through the gateway's official path.
    let token = stage.ding_token().await;
    let person = json!({"userid": "xinren", "name": "新人", "mobile": "13900009999", "dept_id_list": "2"});
    let made = stage.post(&format!("/topapi/v2/user/create?access_token={token}"), &person).await;
    assert_eq!(made["errcode"], 0, "{made}");
    let ding = pushed(&stage, "ding", "user_add_org").await;
    assert_eq!(ding["body"]["UserId"], json!(["xinren"]), "{ding}");
    let wecom = pushed(&stage, "wecom", "change_contact").await;
    assert_eq!(
        (&wecom["body"]["ChangeType"], &wecom["body"]["UserID"]),
        (&json!("create_user"), &json!("xinren")),
        "{wecom}"
    );
    // Answered in time and as it should be: nothing is tried again.
    let counts = stage.inspect("callbacks").await;
    let receivers = counts["callbacks"].as_array().unwrap();
    assert!(!receivers.is_empty());
    for receiver in receivers {
        let none = |name: &str| receiver["counts"][name] == 0;
        assert!(["refused", "given_up", "lost"].into_iter().all(none), "{counts}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_people_say_and_click_is_kept() {
    let stage = Stage::complete("").await;
    set_wecom(&stage).await;
    stage.tell("phones/lisi/say", &json!({"platform": "wecom", "text": "在吗 <&>"})).await;
    let said = pushed(&stage, "wecom", "text").await;
    assert_eq!(
        (&said["body"]["FromUserName"], &said["body"]["Content"]),
        (&json!("lisi"), &json!("在吗 <&>")),
        "{said}"
    );

    // A card that asks: sent and updated by its code on the official path.
    let token = stage.wecom_token().await;
    let agent = stage.sandbox.credentials()["wecom"]["agent_id"].clone();
    let card = json!({"card_type": "button_interaction", "main_title": {"title": "重启?"}, "task_id": "t1",
        "button_list": [{"text": "好", "style": 1, "key": "ok"}, {"text": "不", "style": 2, "key": "no"}]});
    let message = json!({"touser": "lisi", "msgtype": "template_card", "agentid": agent, "template_card": card});
    let sent = stage.post(&format!("/cgi-bin/message/send?access_token={token}"), &message).await;
    assert_eq!(sent["errcode"], 0, "{sent}");
    assert!(!text(&sent, "/response_code").is_empty(), "{sent}");
    stage.tell("phones/lisi/click", &json!({"key": "ok"})).await;
    let click = pushed(&stage, "wecom", "template_card_event").await;
    assert_eq!((&click["body"]["EventKey"], &click["body"]["TaskId"]), (&json!("ok"), &json!("t1")), "{click}");
    let fresh = text(&click, "/body/ResponseCode");
    let update =
        json!({"userids": ["lisi"], "agentid": agent, "response_code": fresh, "button": {"replace_name": "已重启"}});
    let updated = stage.post(&format!("/cgi-bin/message/update_template_card?access_token={token}"), &update).await;
    assert_eq!(updated["errcode"], 0, "{updated}");
    assert_eq!(stage.copies("lisi", "wecom", "已重启").await, 1);
}

/// The address of somebody who passes pushes on, and answers all but the second: the first is `check_url`.
async fn lossy(target: String) -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let http = hongyan_net::Http::new(hongyan_net::Options::default());
        for turn in 1.. {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut read = Vec::new();
            let (head, body) = loop {
                let mut buffer = [0; 4096];
                let count = stream.read(&mut buffer).await.unwrap();
                read.extend_from_slice(&buffer[..count]);
                let text = String::from_utf8_lossy(&read).into_owned();
                let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                let length = head.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().unwrap())
                });
                if body.len() >= length.unwrap_or(0) || count == 0 {
                    break (head.to_owned(), body.to_owned());
                }
            };
            let query = head.split(' ').nth(1).and_then(|path| path.split_once('?')).map_or("", |(_, query)| query);
            let request = http::Request::post(format!("{target}?{query}")).header("content-type", "application/json");
            let reply = http.send(request.body(body.into()).unwrap()).await.unwrap();
            if turn == 2 {
                continue;
            }
            let head = format!(
                "HTTP/1.1 {} OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                reply.status,
                reply.body.len()
            );
            stream.write_all(&[head.as_bytes(), &reply.body].concat()).await.unwrap();
        }
    });
    format!("http://{address}/push")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_push_whose_answer_was_lost_comes_again_and_is_kept_once() {
    let stage = Stage::complete("").await;
    // Between the two stands somebody who loses the first answer.
    let lossy = lossy(format!("{}/callbacks/ding", stage.base)).await;
    register(&stage, &lossy);
    let event = json!({"platform": "dingtalk", "event": "user_leave_org", "members": {"UserId": ["lisi"]}});
    stage.tell("events", &event).await;
    pushed(&stage, "ding", "user_leave_org").await;
    let mut counted = String::new();
    for _ in 0..100 {
        // Each time anew: the platform may learn only now that its first push had no answer.
        stage.tell("clock", &json!({"advance_ms": 11_000})).await;
        let request = http::Request::get(format!("{}/metrics", stage.base));
        let request = request.header("authorization", format!("Bearer {}", stage.key)).body(String::new().into());
        let reply = stage.http.send(request.unwrap()).await.unwrap();
        counted = String::from_utf8_lossy(&reply.body).into_owned();
        if counted.contains(r#"hongyan_callbacks_total{account="ding",outcome="repeat"} 1"#) {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(counted.contains(r#"hongyan_callbacks_total{account="ding",outcome="repeat"} 1"#), "{counted}");
    assert_eq!(kept(&stage, "ding").await.len(), 1);
}
