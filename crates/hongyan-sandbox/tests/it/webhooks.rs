//! Custom robots: their guards, their bodies, their rest; and answers into a robot's session.

use crate::{
    acs::{Ding, encoded, text},
    raw::parse,
};
use hongyan_dingtalk::webhook::sign;
use serde_json::{Value, json};

/// A robot of the first group; gives its address.
async fn robot(ding: &Ding, guard: Value) -> String {
    let made = ding.raw.post("/sandbox/robots", guard).await;
    let token = made["access_token"].as_str().unwrap_or_else(|| panic!("{made}"));
    assert_eq!(token.len(), 64);
    format!("/robot/send?access_token={token}")
}

/// The address of the robot that the company starts with, signed now.
fn signed(ding: &Ding, off_ms: i64) -> String {
    let robot = &ding.raw.credentials["dingtalk"]["robot"];
    let (token, secret) = (robot["access_token"].as_str().unwrap(), robot["secret"].as_str().unwrap());
    let now = ding.raw.sandbox.clock().now_ms() + off_ms;
    format!("/robot/send?access_token={token}&timestamp={now}&sign={}", encoded(&sign(secret, now)))
}

#[tokio::test]
async fn the_first_robot_asks_for_a_signature_and_its_words_reach_the_group() {
    let ding = Ding::start().await;
    assert_eq!(ding.raw.post(&signed(&ding, 0), text("alarm")).await, json!({"errcode": 0, "errmsg": "ok"}));
    let shown = &ding.raw.phone("wangwu").await[0];
    assert_eq!((&shown["group"]["id"], &shown["content"]), (&json!(ding.cid), &text("alarm")));
    let token = ding.raw.credentials["dingtalk"]["robot"]["access_token"].as_str().unwrap().to_owned();
    let bare = format!("/robot/send?access_token={token}");
    let now = ding.raw.sandbox.clock().now_ms();
    // Far from the machine's own time too, from which the tests' noon is less than a day away.
    for (target, words) in [
        (bare.clone(), "sign not match"),
        (format!("{bare}&timestamp={now}"), "sign not match"),
        (format!("{bare}&timestamp={now}&sign=nonsense"), "sign not match"),
        (format!("{bare}&timestamp=soon&sign=x"), "invalid timestamp"),
        (signed(&ding, -90_000_000), "invalid timestamp"),
        (signed(&ding, 90_000_000), "invalid timestamp"),
        // Encoded twice, as a classic mistake has it.
        (signed(&ding, 0).replace('%', "%25"), "sign not match"),
    ] {
        let reply = ding.raw.post(&target, text("x")).await;
        assert_eq!((&reply["errcode"], &reply["errmsg"]), (&json!(310_000), &json!(words)), "{target}");
    }
    assert_eq!(ding.raw.post(&signed(&ding, -3_000_000), text("late")).await["errcode"], 0);
}

#[tokio::test]
async fn the_call_is_judged_before_its_message() {
    let ding = Ding::start().await;
    let to = robot(&ding, json!({})).await;
    assert_eq!(ding.raw.get(&to).await["errcode"], 43002);
    for kind in ["application/x-www-form-urlencoded", "text/plain"] {
        let reply = parse(&ding.raw.send("POST", &to, kind, &text("x").to_string()).await);
        assert_eq!((reply.status, &reply.json()["errcode"]), (200, &json!(43004)));
    }
    assert_eq!(ding.raw.post("/robot/send", text("x")).await["errcode"], 40035);
    assert_eq!(ding.raw.post("/robot/send?access_token=none", text("x")).await["errcode"], 300_005);
    assert_eq!(ding.raw.post(&to, text(&"x".repeat(20_000))).await["errcode"], 460_101);
    assert_eq!(ding.raw.call("POST", &to, &Value::Null).await.json()["errcode"], 40035);
    let charset = parse(&ding.raw.send("POST", &to, "application/json; charset=utf-8", &text("x").to_string()).await);
    assert_eq!(charset.json()["errcode"], 0);
    let large = text(&"x".repeat(19_900));
    assert_eq!(ding.raw.post(&to, large).await["errcode"], 0);
}

#[tokio::test]
async fn keywords_addresses_and_a_stop_are_refused_with_their_codes() {
    let ding = Ding::start().await;
    let words = robot(&ding, json!({"keywords": ["报警", "alarm"]})).await;
    let reply = ding.raw.post(&words, text("hello")).await;
    assert_eq!((&reply["errcode"], &reply["errmsg"]), (&json!(310_000), &json!("keywords not in content")));
    assert_eq!(ding.raw.post(&words, text("磁盘报警")).await["errcode"], 0);
    let titled = json!({"msgtype": "markdown", "markdown": {"title": "alarm", "text": "x"}});
    assert_eq!(ding.raw.post(&words, titled).await["errcode"], 0);
    let far = robot(&ding, json!({"ips": ["203.0.113.0/24"]})).await;
    assert_eq!(ding.raw.post(&far, text("x")).await["errmsg"], "ip 127.0.0.1 not in whitelist");
    let near = robot(&ding, json!({"ips": ["203.0.113.7", "127.0.0.0/8"]})).await;
    assert_eq!(ding.raw.post(&near, text("x")).await["errcode"], 0);
    let token = near.rsplit_once('=').unwrap().1;
    ding.raw.post("/sandbox/robots", json!({"access_token": token, "stopped": true})).await;
    assert_eq!(ding.raw.post(&near, text("x")).await["errcode"], 400_102);
    let wrong = ding.raw.call("POST", "/sandbox/robots", &json!({"ips": ["::1"]})).await;
    assert_eq!(wrong.status, 400);
}

#[tokio::test]
async fn the_twenty_first_message_within_a_minute_sends_the_robot_to_rest() {
    let ding = Ding::start().await;
    let (to, other) = (robot(&ding, json!({})).await, robot(&ding, json!({})).await);
    for i in 0..20 {
        assert_eq!(ding.raw.post(&to, text(&format!("no. {i}"))).await["errcode"], 0);
    }
    assert_eq!(ding.raw.post(&to, text("one more")).await["errcode"], 660_026);
    assert_eq!(ding.raw.post(&other, text("another robot")).await["errcode"], 0);
    ding.raw.advance(590_000).await;
    assert_eq!(ding.raw.post(&to, text("too early")).await["errcode"], 660_026);
    ding.raw.advance(11_000).await;
    assert_eq!(ding.raw.post(&to, text("rested")).await["errcode"], 0);
    ding.raw.post("/sandbox/settings", json!({"limits": {"people": false}})).await;
    for i in 0..30 {
        assert_eq!(ding.raw.post(&to, text(&format!("unlimited {i}"))).await["errcode"], 0);
    }
}

#[tokio::test]
async fn a_repeated_uuid_is_said_once() {
    let ding = Ding::start().await;
    let to = robot(&ding, json!({})).await;
    let mut body = text("once");
    body["msgUuid"] = json!("6f1c");
    for _ in 0..3 {
        assert_eq!(ding.raw.post(&to, body.clone()).await["errcode"], 0);
    }
    assert_eq!(ding.raw.phone("lisi").await.len(), 1);
    body["msgUuid"] = json!("6f1d");
    ding.raw.post(&to, body).await;
    assert_eq!(ding.raw.phone("lisi").await.len(), 2);
}

#[tokio::test]
async fn each_kind_of_message_is_taken_whole_or_refused() {
    let ding = Ding::start().await;
    let to = robot(&ding, json!({})).await;
    for body in [
        json!({"msgtype": "link", "link": {"title": "t", "text": "d", "messageUrl": "https://example.com", "picUrl": ""}}),
        json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "b", "singleTitle": "Open", "singleURL": "https://example.com", "btnOrientation": "0"}}),
        json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "b", "btnOrientation": "1", "btns": [
            {"title": "Yes", "actionURL": "https://example.com/y"}, {"title": "No", "actionURL": "https://example.com/n"}]}}),
        json!({"msgtype": "feedCard", "feedCard": {"links": [{"title": "a", "messageURL": "https://example.com/a", "picURL": "https://example.com/a.png"}]}}),
    ] {
        assert_eq!(ding.raw.post(&to, body.clone()).await["errcode"], 0, "{body}");
        assert_eq!(ding.raw.phone("lisi").await.last().unwrap()["content"], body);
    }
    for (body, code) in [
        (json!({}), 40035),
        (json!({"msgtype": "smoke"}), 400_105),
        (json!({"msgtype": "empty"}), 400_105),
        (json!({"msgtype": "text"}), 40035),
        (json!({"msgtype": "text", "text": "x"}), 40035),
        (text(""), 40035),
        (json!({"msgtype": "markdown", "markdown": {"text": "x"}}), 40035),
        (json!({"msgtype": "markdown", "markdown": {"title": "", "text": "x"}}), 40035),
        (json!({"msgtype": "link", "link": {"title": "t", "text": "d"}}), 40035),
        (json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "b"}}), 40035),
        (json!({"msgtype": "actionCard", "actionCard": {"title": "t", "text": "b", "singleTitle": "x"}}), 40035),
        (json!({"msgtype": "feedCard", "feedCard": {"links": []}}), 40035),
        (json!({"msgtype": "text", "text": {"content": "x"}, "at": {"atMobiles": vec!["1"; 51]}}), 40035),
    ] {
        assert_eq!(ding.raw.post(&to, body.clone()).await["errcode"], code, "{body}");
    }
}

#[tokio::test]
async fn whom_the_text_does_not_name_is_not_called() {
    let ding = Ding::start().await;
    let to = robot(&ding, json!({})).await;
    let body = json!({"msgtype": "text", "text": {"content": "alarm @13800000001 @wangwu @19900000000"},
        "at": {"atMobiles": ["13800000001", "13800000002", "19900000000"], "atUserIds": ["wangwu", "sunqi"], "isAtAll": "false"}});
    assert_eq!(ding.raw.post(&to, body).await["errcode"], 0);
    assert_eq!(ding.said(&ding.cid).await[0]["mentions"], json!(["zhangsan", "wangwu"]));
}

#[tokio::test]
async fn an_answer_reaches_the_session_while_it_lives() {
    let ding = Ding::start().await;
    let open = async |place: Value| {
        let opened = ding.raw.post("/sandbox/sessions", place).await;
        let url = opened["sessionWebhook"].as_str().unwrap();
        url[url.find("/robot/").unwrap()..].to_owned()
    };
    let to = open(json!({"people": ["sunqi"]})).await;
    assert_eq!(ding.raw.post(&to, text("answer")).await["errcode"], 0);
    assert_eq!(ding.raw.phone("sunqi").await[0]["content"], text("answer"));
    assert_eq!(ding.raw.post(&to, json!({"msgtype": "empty"})).await["errcode"], 0);
    assert_eq!(ding.raw.phone("sunqi").await.len(), 1);
    assert_eq!(ding.raw.post(&to, json!({"msgtype": "smoke"})).await["errcode"], 400_105);
    let group = open(json!({"chat": ding.cid})).await;
    assert_eq!(ding.raw.post(&group, text("to all")).await["errcode"], 0);
    assert_eq!(ding.said(&ding.cid).await.len(), 1);
    assert_eq!(ding.raw.post("/robot/sendBySession?session=none", text("x")).await["errcode"], 300_001);
    ding.raw.advance(90 * 60_000).await;
    assert_eq!(ding.raw.post(&to, text("late")).await["errcode"], 300_001);
}
