//! WeCom's group robots.

use crate::{raw::Raw, wecom::Corp, wecom_media::PNG};
use serde_json::{Value, json};

struct Robot {
    raw: Raw,
    key: String,
}

impl Robot {
    async fn start() -> Self {
        let raw = Raw::start().await;
        let key = raw.credentials["wecom"]["robot"]["key"].as_str().unwrap().to_owned();
        Self { raw, key }
    }

    async fn say(&self, body: Value) -> Value {
        self.raw.post(&format!("/cgi-bin/webhook/send?key={}", self.key), body).await
    }

    async fn upload(&self, kind: &str, bytes: &[u8]) -> Value {
        let target = format!("/cgi-bin/webhook/upload_media?key={}&type={kind}", self.key);
        self.raw.form(&target, "a.txt", bytes).await.json()
    }
}

fn text(content: &str) -> Value {
    json!({"msgtype": "text", "text": {"content": content}})
}

#[tokio::test]
async fn a_robot_speaks_in_its_chat_in_every_kind() {
    let robot = Robot::start().await;
    let file = robot.upload("file", b"123456").await;
    assert_eq!((&file["errmsg"], &file["type"]), (&json!("ok"), &json!("file")), "{file}");
    let voice = robot.upload("voice", b"#!AMR\n1").await;
    let image = json!({"base64": "iVBORw0KGgo=", "md5": "E9DD2797018CAD79186E03E8C5AEC8DC"});
    for (kind, content) in [
        ("text", json!({"content": "磁盘 91%", "mentioned_list": ["lisi"], "mentioned_mobile_list": ["@all"]})),
        ("markdown", json!({"content": "## 日终\n<font color=\"info\">成功</font> <@lisi>"})),
        ("markdown_v2", json!({"content": "| 节点 |\n| :-- |\n| dn-3 |"})),
        ("image", image),
        ("news", json!({"articles": [{"title": "周报", "url": "https://example.com/w31"}]})),
        ("file", json!({"media_id": file["media_id"]})),
        ("voice", json!({"media_id": voice["media_id"]})),
        (
            "template_card",
            json!({"card_type": "text_notice", "main_title": {"title": "日终完成"},
                "card_action": {"type": 1, "url": "https://example.com/d"}}),
        ),
    ] {
        let said = robot.say(json!({"msgtype": kind, kind: content})).await;
        assert_eq!(said, json!({"errcode": 0, "errmsg": "ok"}), "{kind}");
    }
    for userid in ["zhangsan", "lisi", "wangwu"] {
        let shown = robot.raw.phone(userid).await;
        assert_eq!((shown.len(), &shown[0]["group"]["id"]), (8, &json!("sandboxchat01")));
        assert_eq!(shown[0]["content"]["text"]["mentioned_list"], json!(["lisi"]));
    }
}

#[tokio::test]
async fn what_a_robot_must_not_say_is_refused() {
    let robot = Robot::start().await;
    for (body, code) in [
        (json!({}), 93017),
        (json!({"text": {"content": "x"}}), 40008),
        (json!({"msgtype": "textcard"}), 40008),
        (text(""), 44004),
        (text(&"x".repeat(2_049)), 40058),
        (json!({"msgtype": "markdown", "markdown": {"content": "x".repeat(4_097)}}), 40058),
        (json!({"msgtype": "markdown_v2", "markdown_v2": {"content": "x".repeat(4_097)}}), 40058),
        (json!({"msgtype": "image", "image": {"base64": "iVBORw0KGgo=", "md5": "0".repeat(32)}}), 301_019),
        (json!({"msgtype": "image", "image": {"base64": "YWJj", "md5": "900150983cd24fb0d6963f7d28e17f72"}}), 40123),
        (json!({"msgtype": "image", "image": {"base64": "data:", "md5": "0".repeat(32)}}), 40058),
        (json!({"msgtype": "news", "news": {"articles": []}}), 40063),
        (json!({"msgtype": "file", "file": {"media_id": "x"}}), 40007),
        (json!({"msgtype": "template_card", "template_card": {"card_type": "vote_interaction"}}), 42031),
    ] {
        assert_eq!(robot.say(body.clone()).await["errcode"], code, "{body}");
    }
    let long = robot.say(json!({"msgtype": "markdown", "markdown": {"content": "x".repeat(4_097)}})).await;
    let words = long["errmsg"].as_str().unwrap();
    assert!(
        words.starts_with("markdown.content exceed max length 4096. invalid Request Parameter, hint: ["),
        "{words}"
    );
    for key in ["", "?key=", "?key=00000000-0000-4000-8000-000000000001"] {
        let reply = robot.raw.call("POST", &format!("/cgi-bin/webhook/send{key}"), &text("x")).await;
        assert_eq!((reply.status, &reply.json()["errcode"]), (200, &json!(93000)));
    }
    assert_eq!(robot.upload("image", PNG).await["errcode"], 40004);
    assert_eq!(robot.upload("voice", b"no voice").await["errcode"], 301_017);
}

#[tokio::test]
async fn a_robot_says_twenty_things_a_minute() {
    let robot = Robot::start().await;
    for i in 0..20 {
        assert_eq!(robot.say(text(&i.to_string())).await["errcode"], 0);
    }
    assert_eq!(robot.say(text("more")).await["errcode"], 45009);
    robot.raw.advance(60_000).await;
    assert_eq!(robot.say(text("later")).await["errcode"], 0);
    robot.raw.post("/sandbox/settings", json!({"limits": {"people": false}})).await;
    for i in 0..30 {
        assert_eq!(robot.say(text(&i.to_string())).await["errcode"], 0);
    }
}

#[tokio::test]
async fn files_belong_to_the_robot_that_brought_them() {
    let corp = Corp::start().await;
    let first = corp.raw.credentials["wecom"]["robot"]["key"].as_str().unwrap().to_owned();
    let second = corp.raw.post("/sandbox/robots", json!({"platform": "wecom", "name": "第二个"})).await;
    let second = second["key"].as_str().unwrap().to_owned();
    let send = |key: &str| format!("/cgi-bin/webhook/send?key={key}");
    let upload = format!("/cgi-bin/webhook/upload_media?key={first}&type=file");
    let file = corp.raw.form(&upload, "a.txt", b"123456").await.json()["media_id"].clone();
    let body = json!({"msgtype": "file", "file": {"media_id": file}});
    assert_eq!(corp.raw.post(&send(&first), body.clone()).await["errcode"], 0);
    assert_eq!(corp.raw.post(&send(&second), body.clone()).await["errcode"], 40007);
    let mut message = body;
    message["touser"] = json!("lisi");
    message["agentid"] = json!(corp.agent);
    assert_eq!(corp.post("/cgi-bin/message/send", message).await["errcode"], 40007);
    let own = corp.upload("file", "a.txt", b"123456").await["media_id"].clone();
    let body = json!({"msgtype": "file", "file": {"media_id": own}});
    assert_eq!(corp.raw.post(&send(&first), body).await["errcode"], 40007);
}

#[tokio::test]
async fn further_robots_join_chats_and_can_be_switched_off() {
    let corp = Corp::start().await;
    corp.post("/cgi-bin/appchat/create", json!({"userlist": ["sunqi", "zhouba"], "chatid": "night"})).await;
    let robot = corp.raw.post("/sandbox/robots", json!({"platform": "wecom", "chat": "night"})).await;
    let send = format!("/cgi-bin/webhook/send?key={}", robot["key"].as_str().unwrap());
    assert_eq!(corp.raw.post(&send, text("夜盘")).await["errcode"], 0);
    assert_eq!(corp.raw.phone("zhouba").await[0]["group"]["id"], "night");
    assert!(corp.raw.phone("lisi").await.is_empty());
    let off = corp.raw.post("/sandbox/robots", json!({"platform": "wecom", "disabled": true})).await;
    let send = format!("/cgi-bin/webhook/send?key={}", off["key"].as_str().unwrap());
    assert_eq!(corp.raw.post(&send, text("x")).await["errcode"], 93004);
    for order in [json!({"platform": "wecom", "chat": "nowhere"}), json!({"platform": "smoke"})] {
        assert_eq!(corp.raw.call("POST", "/sandbox/robots", &order).await.status, 400, "{order}");
    }
}
