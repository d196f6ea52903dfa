//! Every form of content through every kind of account, as it lies on people's phones in the end.

use crate::{
    commands::{code, run},
    stage::Stage,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n-a-picture";
const UPLOAD: [(&str, &str, &str); 2] = [
    ("ding", "/media/upload", "/topapi/message/corpconversation/asyncsend_v2"),
    ("wecom", "/cgi-bin/media/upload", "/cgi-bin/message/send"),
];

fn file(name: &str, bytes: &[u8]) -> Value {
    json!({"name": name, "base64": STANDARD.encode(bytes)})
}

fn button(title: &str) -> Value {
    json!({"title": title, "url": "https://example.com/1"})
}

/// Each form, and what it is on the phone when it came through `ding`, `wecom`, `dingbot`, `wecombot`; empty where the
/// account has no way to carry it.
fn forms() -> Vec<(Value, [&'static str; 4])> {
    let page = json!({"title": "看板", "text": "第 31 周", "url": "https://example.com"});
    let mut pictured = page.clone();
    pictured["picture"] = json!("https://example.com/p.png");
    // One page is to WeCom what `link` makes of it: it must differ, or the platform takes it for a repeat.
    let other = json!({"title": "周报", "url": "https://example.com", "picture": "https://example.com/p.png"});
    let mut voice = file("a.amr", b"#!AMR\n-a-voice");
    voice["seconds"] = json!(3);
    vec![
        (json!({"text": "磁盘 91%"}), ["text"; 4]),
        (json!({"title": "告警", "markdown": "**磁盘** 91%"}), ["markdown"; 4]),
        (json!({"image": file("a.png", PNG)}), ["image", "image", "", "image"]),
        (json!({"file": file("日报.pdf", b"%PDF-1.7 a report")}), ["file", "file", "", "file"]),
        (json!({ "voice": voice }), ["voice", "voice", "", "voice"]),
        (json!({"video": file("a.mp4", b"\0\0\0\x20ftypisom-a-film")}), ["file", "video", "", "file"]),
        (json!({ "link": page }), ["oa", "news", "link", "news"]),
        (json!({ "link": pictured }), ["link", "news", "link", "news"]),
        (
            json!({"title": "审批", "card": {"markdown": "请看", "buttons": [button("查看")]}}),
            ["action_card", "textcard", "actionCard", "markdown"],
        ),
        (
            json!({"title": "审批", "card": {"markdown": "请选", "buttons": [button("同意"), button("拒绝")]}}),
            ["action_card", "markdown", "actionCard", "markdown"],
        ),
        (json!({ "news": [page, pictured] }), ["markdown", "news", "markdown", "news"]),
        (json!({ "news": [other] }), ["markdown", "news", "feedCard", "news"]),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_form_arrives_as_each_account_has_it() {
    let stage = Stage::complete("").await;
    for (content, kinds) in forms() {
        for (account, kind) in ["ding", "wecom", "dingbot", "wecombot"].into_iter().zip(kinds) {
            let to = if account.ends_with("bot") { json!({"all": true}) } else { json!({"userid": "zhangsan"}) };
            let message = json!({"to": [to], "via": [account], "content": content});
            if kind.is_empty() {
                let (status, said) = stage.call("POST", "/v1/messages", Some(&message)).await;
                assert_eq!(status, 422, "{account} {content}: {said}");
                continue;
            }
            let platform = if account.starts_with("ding") { "dingtalk" } else { "wecom" };
            let known = stage.phone("zhangsan", platform).await.len();
            let id = stage.send(&message).await;
            let ledger = stage.until_state(&id, "sent").await;
            let shown = stage.comes("zhangsan", platform, known).await;
            assert_eq!(shown["content"]["msgtype"], kind, "{account} {content}: {shown} {ledger:?}");
            assert!(shown["content"][kind].is_object(), "{shown}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_platforms_own_objects_arrive_as_they_are() {
    let stage = Stage::complete("").await;
    let card = json!({"card_type": "text_notice", "main_title": {"title": "原生"}, "emphasis_content": {"title": "1"},
        "card_action": {"type": 1, "url": "https://example.com"}});
    for (account, native, kind) in [
        (
            "ding",
            json!({"msgtype": "oa", "oa": {"message_url": "https://example.com",
            "head": {"bgcolor": "FFBBBBBB", "text": "头"}, "body": {"title": "原生"}}}),
            "oa",
        ),
        ("wecom", json!({"msgtype": "template_card", "template_card": card}), "template_card"),
        (
            "dingbot",
            json!({"msgtype": "text", "text": {"content": "原生"}, "at": {"atMobiles": ["13800000001"]}}),
            "text",
        ),
        ("wecombot", json!({"msgtype": "markdown_v2", "markdown_v2": {"content": "# 原生"}}), "markdown_v2"),
    ] {
        let to = if account.ends_with("bot") { json!({"all": true}) } else { json!({"userid": "zhangsan"}) };
        let platform = if account.starts_with("ding") { "dingtalk" } else { "wecom" };
        let known = stage.phone("zhangsan", platform).await.len();
        let id = stage.send(&json!({"to": [to], "via": [account], "content": {"native": native}})).await;
        stage.until_state(&id, "sent").await;
        let shown = stage.comes("zhangsan", platform, known).await;
        assert_eq!(shown["content"]["msgtype"], kind, "{account}: {shown}");
        assert!(shown.to_string().contains("原生"), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_that_goes_twice_is_uploaded_once_and_again_when_the_platform_forgot_it() {
    let stage = Stage::open("").await;
    let path = stage.folder.0.join("图.png");
    std::fs::write(&path, PNG).unwrap();
    let picture = path.to_str().unwrap();
    for (account, upload, send) in UPLOAD {
        for person in ["zhangsan", "lisi"] {
            let sent = run(&stage, &["send", "--to", person, "--via", account, "--image", picture, "--wait", "20"]);
            assert_eq!(code(&sent), 0, "{sent:?}");
        }
        assert_eq!(stage.calls(upload).await, 1, "{account}");
        // The platform does not know it any more: one upload, one call more, and the ledger sees one attempt.
        stage.order_fault(&format!("code=40007:{send}:1"));
        let sent = run(&stage, &["send", "--to", "wangwu", "--via", account, "--image", picture, "--wait", "20"]);
        assert_eq!(code(&sent), 0, "{account} {sent:?}");
        assert_eq!(stage.calls(upload).await, 2, "{account}");
        // It will not hear of the fresh one either: that is the end of it.
        stage.order_fault(&format!("code=40007:{send}:9"));
        let before = stage.calls(send).await;
        let sent = run(&stage, &["send", "--to", "zhaoliu", "--via", account, "--image", picture, "--wait", "20"]);
        assert_ne!(code(&sent), 0, "{account} {sent:?}");
        assert_eq!((stage.calls(upload).await, stage.calls(send).await), (3, before + 2), "{account}");
        let clear = http::Request::delete(format!("{}/sandbox/faults", stage.sandbox.base()));
        stage.http.send(clear.body(String::new().into()).unwrap()).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_of_wecom_is_uploaded_anew_after_its_three_days() {
    let stage = Stage::open("").await;
    let picture = json!({"image": file("a.png", PNG)});
    for person in ["zhangsan", "lisi"] {
        let id = stage.send(&json!({"to": [{"userid": person}], "via": ["wecom"], "content": picture})).await;
        stage.until_state(&id, "sent").await;
    }
    assert_eq!(stage.calls("/cgi-bin/media/upload").await, 1);
    stage.tell("clock", &json!({"advance_ms": 73 * 3_600_000})).await;
    let id = stage.send(&json!({"to": [{"userid": "wangwu"}], "via": ["wecom"], "content": picture})).await;
    stage.until_state(&id, "sent").await;
    assert_eq!(stage.calls("/cgi-bin/media/upload").await, 2);
    assert_eq!(stage.phone("wangwu", "wecom").await[0]["content"]["msgtype"], "image");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_a_platform_will_not_take_is_refused_before_it_is_accepted() {
    let stage = Stage::complete("").await;
    for (account, content, words) in [
        ("ding", json!({"image": file("a.webp", b"RIFF-a-picture")}), "40005"),
        ("wecom", json!({"image": file("a.gif", b"GIF89a-a-picture")}), "40123"),
        ("wecom", json!({"file": file("a.txt", b"12345")}), "40006"),
        ("wecombot", json!({"voice": file("a.mp3", b"ID3-a-voice")}), "301017"),
    ] {
        let to = if account.ends_with("bot") { json!({"all": true}) } else { json!({"userid": "zhangsan"}) };
        let message = json!({"to": [to], "via": [account], "content": content});
        let (status, said) = stage.call("POST", "/v1/messages", Some(&message)).await;
        assert_eq!(status, 422, "{account} {words}: {said}");
        assert!(said.to_string().contains(words) && said["field"].as_str().unwrap().ends_with("base64"), "{said}");
    }
    // Kept beforehand it is no other.
    let put = |name: &str, bytes: Vec<u8>| {
        let path = stage.folder.0.join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let voice = put("a.amr", [b"#!AMR".to_vec(), vec![0; 2 << 20]].concat());
    let picture = put("a.png", [PNG.to_vec(), vec![0; 2 << 20]].concat());
    for (account, to, args, words) in [
        ("ding", "zhangsan", &["--voice", &voice, "--seconds", "3"][..], "40006"),
        ("wecom", "zhangsan", &["--voice", &voice], "301016"),
        ("wecombot", "all", &["--image", &picture], "40009"),
    ] {
        let sent = run(&stage, &[&["send", "--via", account, "--to", to], args].concat());
        assert!(code(&sent) != 0 && String::from_utf8_lossy(&sent.stderr).contains(words), "{account} {sent:?}");
    }
    // A text goes to DingTalk, whose page does not list it: such files were seen to arrive.
    let text = put("a.txt", b"a text file".to_vec());
    let sent = run(&stage, &["send", "--via", "ding", "--to", "zhangsan", "--file", &text, "--wait", "20"]);
    assert_eq!(code(&sent), 0, "{sent:?}");
    // A picture that is too large for a robot is not for an application.
    let sent = run(&stage, &["send", "--via", "wecom", "--to", "zhangsan", "--image", &picture, "--wait", "20"]);
    assert_eq!(code(&sent), 0, "{sent:?}");
    let messages = stage.call("GET", "/v1/messages", None).await.1;
    assert_eq!(messages["messages"].as_array().unwrap().len(), 2, "{messages}");
}
