//! WeCom's group chats.

use crate::{wecom::Corp, wecom_media::PNG};
use serde_json::{Value, json};

const CREATE: &str = "/cgi-bin/appchat/create";
const UPDATE: &str = "/cgi-bin/appchat/update";
const GET: &str = "/cgi-bin/appchat/get";
const SEND: &str = "/cgi-bin/appchat/send";

#[tokio::test]
async fn a_chat_is_created_changed_read_and_written_to() {
    let corp = Corp::start().await;
    let body = json!({"name": "量".repeat(60), "owner": "LiSi", "userlist": ["lisi", "WangWu", "zhaoliu", "lisi"],
        "chatid": "quantalert01"});
    let created = corp.post(CREATE, body.clone()).await;
    assert_eq!(created, json!({"errcode": 0, "errmsg": "ok", "chatid": "quantalert01"}));
    assert_eq!(corp.post(CREATE, body).await["errcode"], 86215);
    let chat = corp.get(GET, "chatid=quantalert01").await["chat_info"].clone();
    assert_eq!(chat["name"].as_str().unwrap().chars().count(), 50);
    assert_eq!((&chat["owner"], &chat["userlist"]), (&json!("lisi"), &json!(["lisi", "wangwu", "zhaoliu"])));
    assert_eq!(chat["chat_type"], 0);

    let change =
        json!({"chatid": "quantalert01", "name": "夜盘", "add_user_list": ["sunqi"], "del_user_list": ["zhaoliu"]});
    assert_eq!(corp.post(UPDATE, change).await["errcode"], 0);
    let sent = corp.post(
        SEND,
        json!({"chatid": "quantalert01", "msgtype": "text",
        "text": {"content": "收盘完成", "mentioned_list": ["lisi", "@all"]}, "safe": 0}),
    );
    assert_eq!(sent.await, json!({"errcode": 0, "errmsg": "ok"}));
    let shown = corp.raw.phone("sunqi").await;
    assert_eq!(
        (&shown[0]["group"]["id"], &shown[0]["content"]["text"]["content"]),
        (&json!("quantalert01"), &json!("收盘完成"))
    );
    assert!(corp.raw.phone("zhaoliu").await.is_empty());
    let chats = corp.raw.get("/sandbox/chats").await;
    let chat = chats["chats"].as_array().unwrap().iter().find(|chat| chat["id"] == "quantalert01").unwrap().clone();
    assert_eq!((&chat["name"], &chat["messages"][0]["from"]["app"]), (&json!("夜盘"), &json!(corp.agent)));
}

#[tokio::test]
async fn a_chat_without_a_name_or_an_id_gets_what_it_needs() {
    let corp = Corp::start().await;
    let created = corp.post(CREATE, json!({"userlist": ["lisi", "wangwu"]})).await;
    let id = created["chatid"].as_str().unwrap();
    assert!(id.len() <= 32 && id.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    let chat = corp.get(GET, &format!("chatid={id}")).await["chat_info"].clone();
    assert!(chat["userlist"].as_array().unwrap().contains(&chat["owner"]), "{chat}");
}

#[tokio::test]
async fn what_no_chat_can_be_is_refused() {
    let corp = Corp::start().await;
    for (body, code) in [
        (json!({}), 86204),
        (json!({"userlist": []}), 86204),
        (json!({"userlist": ["lisi"]}), 86006),
        (json!({"userlist": ["lisi", "LISI"]}), 86006),
        (json!({"userlist": ["lisi", "wangwu"], "owner": "zhangsan"}), 86207),
        (json!({"userlist": ["lisi", "ghost01"]}), 86216),
        (json!({"userlist": ["lisi", "outsider"]}), 86216),
        (json!({"userlist": ["lisi", "wangwu"], "chatid": "a b"}), 86001),
        (json!({"userlist": ["lisi", "wangwu"], "chatid": "a".repeat(33)}), 86205),
        (json!({"userlist": "lisi"}), 40058),
    ] {
        assert_eq!(corp.post(CREATE, body.clone()).await["errcode"], code, "{body}");
    }
    for (body, code) in [
        (json!({}), 86201),
        (json!({"chatid": "nowhere"}), 86003),
        (json!({"chatid": "sandboxchat01", "del_user_list": ["zhangsan"]}), 86203),
        (json!({"chatid": "sandboxchat01", "del_user_list": ["zhangsan"], "owner": "zhangsan"}), 86207),
        (json!({"chatid": "sandboxchat01", "del_user_list": ["zhaoliu"]}), 86216),
        (json!({"chatid": "sandboxchat01", "add_user_list": ["ghost01"]}), 86216),
        (json!({"chatid": "sandboxchat01", "del_user_list": ["lisi", "wangwu"]}), 86006),
    ] {
        assert_eq!(corp.post(UPDATE, body.clone()).await["errcode"], code, "{body}");
    }
    for (query, code) in [("", 86201), ("chatid=", 86201), ("chatid=nowhere", 86003)] {
        assert_eq!(corp.get(GET, query).await["errcode"], code, "{query}");
    }
    let to = |chat: &str, kind: &str, content: Value| json!({"chatid": chat, "msgtype": kind, kind: content});
    for (body, code) in [
        (to("nowhere", "text", json!({"content": "x"})), 86003),
        (to("sandboxchat01", "text", json!({"content": ""})), 44004),
        (to("sandboxchat01", "markdown", json!({"content": "x".repeat(2_049)})), 45002),
        (to("sandboxchat01", "image", json!({"media_id": "x"})), 40007),
        (to("sandboxchat01", "template_card", json!({})), 40008),
        (to("sandboxchat01", "smoke", json!({})), 40008),
        (json!({"chatid": "sandboxchat01"}), 40008),
        (json!({"msgtype": "text", "text": {"content": "x"}}), 86201),
    ] {
        assert_eq!(corp.post(SEND, body.clone()).await["errcode"], code, "{body}");
    }
    assert_eq!(corp.raw.stats().await["wecom"]["sends"], 0);
}

#[tokio::test]
async fn every_kind_that_goes_to_a_chat_is_taken() {
    let corp = Corp::start().await;
    let image = corp.upload("image", "a.png", PNG).await["media_id"].clone();
    let voice = corp.upload("voice", "a.amr", b"#!AMR\n1").await["media_id"].clone();
    let video = corp.upload("video", "a.mp4", b"\0\0\0\x18ftypmp42").await["media_id"].clone();
    let file = corp.upload("file", "a.txt", b"123456").await["media_id"].clone();
    for (kind, content) in [
        ("image", json!({"media_id": image})),
        ("voice", json!({"media_id": voice})),
        ("video", json!({"media_id": video, "title": "演示", "description": "回放"})),
        ("file", json!({"media_id": file})),
        (
            "textcard",
            json!({"title": "审批", "description": "待办", "url": "https://example.com/t/9", "btntxt": "打开"}),
        ),
        ("news", json!({"articles": [{"title": "周报", "url": "https://example.com/w31"}]})),
        ("mpnews", json!({"articles": [{"title": "周报", "thumb_media_id": image, "content": "<p>正文</p>"}]})),
        ("markdown", json!({"content": "**行情延迟**"})),
    ] {
        let sent = corp.post(SEND, json!({"chatid": "sandboxchat01", "msgtype": kind, kind: content})).await;
        assert_eq!(sent["errcode"], 0, "{kind}: {sent}");
    }
    assert_eq!(corp.raw.phone("wangwu").await.len(), 8);
}

#[tokio::test]
async fn only_who_sees_the_root_has_chats_and_members_get_no_more_than_their_share() {
    let corp = Corp::start().await;
    corp.raw.post("/sandbox/settings", json!({"wecom_root_visible": false})).await;
    assert_eq!(corp.post(CREATE, json!({"userlist": ["lisi", "wangwu"]})).await["errcode"], 60011);
    assert_eq!(corp.get(GET, "chatid=sandboxchat01").await["errcode"], 60011);
    corp.raw.post("/sandbox/settings", json!({"wecom_root_visible": true})).await;
    let mut last = Value::Null;
    for i in 0..202 {
        let body = json!({"chatid": "sandboxchat01", "msgtype": "text", "text": {"content": i.to_string()}});
        last = corp.post(SEND, body).await;
    }
    assert_eq!(last["errcode"], 0);
    assert_eq!(corp.raw.phone("lisi").await.len(), 200);
    assert_eq!(corp.raw.stats().await["wecom"]["dropped"], 6);
}
